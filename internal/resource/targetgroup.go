package resource

// TargetGroup is a target group of addresses for HTTPS.
type TargetGroup struct {
	VPC  string
	Name string
	Tags map[string]string
}

// Kind implements Spec.
func (TargetGroup) Kind() string { return "target-group" }

func (TargetGroup) refs() []ID { return nil }

// Properties implements Spec.
func (s TargetGroup) Properties() map[string]any {
	return props("name", s.Name, "vpc_id", s.VPC, "target_type", "ip", "protocol", "HTTPS", "port", 443, "health_check_protocol", "HTTPS", "health_check_path", "/",
		"matcher", "200,302", "tags", s.Tags)
}

// Cells implements Spec.
func (s TargetGroup) Cells(p Names, _ Change) Cells {
	return Cells{"target group", s.Name, p.VPCText(), "HTTPS 443, IP addresses"}
}

// Steps implements Spec.
func (s TargetGroup) Steps(a Change) Steps {
	find := elb("DescribeTargetGroups", map[string]any{"Names": []any{s.Name}}, expr("TargetGroups[0].TargetGroupArn"))
	find.Absent = []string{"TargetGroupNotFound"}
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	in := map[string]any{"Name": s.Name, "VpcId": s.VPC, "TargetType": "ip", "Protocol": "HTTPS", "Port": 443, "HealthCheckProtocol": "HTTPS", "HealthCheckPort": "443",
		"HealthCheckPath": "/", "Matcher": map[string]any{"HttpCode": "200,302"}, "Tags": tagList(s.Tags)}
	return Steps{Find: &find, Do: []Call{elb("CreateTargetGroup", in, expr("TargetGroups[0].TargetGroupArn"), "DuplicateTargetGroupName")},
		Undo: []Call{elb("DeleteTargetGroup", map[string]any{"TargetGroupArn": From(a.ID)}, nil)}}
}
