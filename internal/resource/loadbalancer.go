package resource

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// LoadBalancer is an application load balancer.
type LoadBalancer struct {
	Name    string            `aws:"Name"`
	Scheme  string            `aws:"Scheme"` // internal or internet-facing
	Subnets []string          `aws:"Subnets"`
	Groups  []Value           `aws:"SecurityGroups"`
	Tags    map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (LoadBalancer) Kind() string { return "load-balancer" }

// Terms implements Spec.
func (LoadBalancer) Terms() []*terms.Term {
	return []*terms.Term{terms.PrivateWebServer, terms.SecurityGroup}
}

func (LoadBalancer) constants() []field { return []field{{"Type", "application"}} }

// Cells implements Spec.
func (s LoadBalancer) Cells(p Names, _ Change) Cells {
	return Cells{"load balancer", s.Name, p.ZonesText(s.Subnets), Joined(s.Scheme, p.GroupsText(s.Groups))}
}

func (s LoadBalancer) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_lb", "name", s.Name)
	}
	return block("aws_lb", with(snaked(s, "Scheme", "", "Type", "load_balancer_type"), Attribute{"internal", s.Scheme == "internal"}))
}

// Steps implements Spec.
func (s LoadBalancer) Steps(a Change) Steps {
	find := elb("DescribeLoadBalancers", map[string]any{"Names": []any{s.Name}}, expr("LoadBalancers[0].LoadBalancerArn"))
	all := slices.Concat([]need{needs(expr("Scheme==", Lit(s.Scheme)), "'scheme '", "Scheme || ''", "' (plan: '", Lit(s.Scheme), "')'"),
		needs(expr("Type=='application'"), "'type '", "Type || ''", "' (plan: application)'"), needs(expr("State.Code!='failed'"), "'state '", "State.Code", "' (plan: active)'")},
		needsAll("subnets", "AvailabilityZones[].SubnetId", Literals(s.Subnets)), needsAll("security groups", "SecurityGroups", s.Groups))
	id, other := place("LoadBalancers", "LoadBalancerArn", expr("LoadBalancerArn"), all...)
	find.Absent = []string{"LoadBalancerNotFound"}
	out := Steps{Find: &find,
		Until: &Until{Call: elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{From(a.ID)}}, expr("LoadBalancers[].[LoadBalancerArn, State.Code]")),
			Want: "active", Fail: []string{"failed"}, Every: 15, Limit: 900, What: "LoadBalancers[].[LoadBalancerArn, State.Reason || '']"}}
	if a.Op == Keep {
		return out
	}
	find.Out, out.Other = id, other
	in := request(s)
	in["Tags"] = tagList(s.Tags)
	out.Do = []Call{elb("CreateLoadBalancer", in, expr("LoadBalancers[0].LoadBalancerArn"), "DuplicateLoadBalancerName")}
	out.Undo = []Call{elb("DeleteLoadBalancer", map[string]any{"LoadBalancerArn": From(a.ID)}, nil)}
	return out
}

func elb(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "elbv2", Op: op, In: in, Out: out, Done: done}
}

// uses implements billed. The capacity units depend on the traffic (https://aws.amazon.com/elasticloadbalancing/pricing/).
func (LoadBalancer) uses() []Use { return []Use{{price.BalancerHour, 1}, {Item: price.BalancerUnit}} }

func (s LoadBalancer) cloudFormation(a Change) Declared {
	return block("AWS::ElasticLoadBalancingV2::LoadBalancer", requested(a))
}
