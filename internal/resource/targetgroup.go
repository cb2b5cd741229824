package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// TargetGroup is a target group of addresses for HTTPS.
type TargetGroup struct {
	VPC  string            `aws:"VpcId"`
	Name string            `aws:"Name"`
	Tags map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (TargetGroup) Kind() string { return "target-group" }

// Terms implements Spec.
func (TargetGroup) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (TargetGroup) constants() []field {
	return []field{{"TargetType", "ip"}, {"Protocol", "HTTPS"}, {"Port", 443}, {"HealthCheckProtocol", "HTTPS"}, {"HealthCheckPath", "/"}, {"Matcher", "200,302"}}
}

// Cells implements Spec.
func (s TargetGroup) Cells(p Names, _ Change) Cells {
	return Cells{"target group", s.Name, p.VPCText(), "HTTPS 443, IP addresses"}
}

func (s TargetGroup) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_lb_target_group", "name", s.Name)
	}
	return block("aws_lb_target_group", with(snaked(s, "HealthCheckProtocol", "", "HealthCheckPath", "", "Matcher", ""),
		Attribute{"health_check", Nested{{"protocol", "HTTPS"}, {"path", "/"}, {"port", "443"}, {"matcher", "200,302"},
			{"healthy_threshold", 5}, {"unhealthy_threshold", 2}}})) // as AWS does for HTTPS; the provider sends 3 for both
}

// Steps implements Spec.
func (s TargetGroup) Steps(a Change) Steps {
	find := elb("DescribeTargetGroups", map[string]any{"Names": []any{s.Name}}, nil)
	id, other := place("TargetGroups", "TargetGroupArn", expr("TargetGroupArn"), needs(expr("Protocol=='HTTPS'"), "'protocol '", "Protocol || ''", "' (plan: HTTPS)'"),
		needs(expr("to_string(Port)=='443'"), "'port '", "to_string(Port)", "' (plan: 443)'"), needs(expr("TargetType=='ip'"), "'target type '", "TargetType || ''", "' (plan: ip)'"),
		needs(expr("VpcId==", Lit(s.VPC)), "'VPC '", "VpcId || ''", "' (plan: '", Lit(s.VPC), "')'"))
	find.Out = id
	find.Absent = []string{"TargetGroupNotFound"}
	if a.Op == Keep { // its settings were judged when the plan was made
		find.Out = expr("TargetGroups[0].TargetGroupArn")
		return Steps{Find: &find}
	}
	in := request(s)
	in["HealthCheckPort"], in["Matcher"], in["Tags"] = "443", map[string]any{"HttpCode": in["Matcher"]}, tagList(s.Tags)
	return Steps{Find: &find, Other: other, Do: []Call{elb("CreateTargetGroup", in, expr("TargetGroups[0].TargetGroupArn"), "DuplicateTargetGroupName")},
		Undo: []Call{elb("DeleteTargetGroup", map[string]any{"TargetGroupArn": From(a.ID)}, nil)}}
}

func (s TargetGroup) cloudFormation(a Change) Declared {
	return block("AWS::ElasticLoadBalancingV2::TargetGroup", requested(a))
}
