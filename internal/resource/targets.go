package resource

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Targets are addresses in a target group.
type Targets struct {
	TargetGroup Value    `aws:"TargetGroupArn"`
	Addresses   []string `aws:"Addresses"`
	Missing     []string // addresses that are not registered yet
}

// Kind implements Spec.
func (Targets) Kind() string { return "targets" }

// Terms implements Spec.
func (Targets) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (Targets) constants() []field { return []field{{"Port", 443}} }

// Cells implements Spec.
func (s Targets) Cells(p Names, _ Change) Cells {
	return Cells{"targets", strings.Join(s.Addresses, ", "), p.ResourceName(s.TargetGroup), ""}
}

func (s Targets) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	return Declared{Blocks: []Block{{Type: "aws_lb_target_group_attachment", Each: Literals(s.Missing), Output: "target_group_arn",
		Fields: []Attribute{{"target_group_arn", s.TargetGroup}, {"target_id", EachValue{}}, {"port", 443}}}}}
}

// Steps implements Spec.
func (s Targets) Steps(a Change) Steps {
	find := health(s.TargetGroup, allAre(s.Addresses, "TargetHealth.State!='draining'"), " && ", s.TargetGroup)
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	var list []any
	for _, ip := range s.Missing {
		list = append(list, map[string]any{"Id": ip, "Port": 443})
	}
	in := map[string]any{"TargetGroupArn": value(s.TargetGroup), "Targets": list}
	return Steps{Find: &find, Do: []Call{elb("RegisterTargets", in, expr(s.TargetGroup))}, Undo: []Call{elb("DeregisterTargets", in, nil)}}
}

// health reads the targets of a target group.
func health(group Value, out ...any) Call {
	return elb("DescribeTargetHealth", map[string]any{"TargetGroupArn": value(group)}, expr(out...))
}

// allAre is the condition that each address is a target that meets a further condition.
func allAre(addresses []string, more string) []Value {
	var out [][]Value
	for _, ip := range addresses {
		out = append(out, expr("TargetHealthDescriptions[?Target.Id==", Lit(ip), " && "+more+"]"))
	}
	return and(out...)
}

// Targets are an attribute of their group.
func (s Targets) cloudFormation(Change) Declared {
	if s.TargetGroup.From == "" {
		return cannot(Owned)
	}
	var all []Nested
	for _, ip := range s.Missing {
		all = append(all, Nested{{"Id", ip}, {"Port", 443}})
	}
	return Declared{Blocks: []Block{{Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Key: string(s.TargetGroup.From), Fields: []Attribute{{"Targets", all}}}}}
}
