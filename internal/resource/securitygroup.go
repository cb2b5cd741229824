package resource

// SecurityGroup is the group of the endpoints.
type SecurityGroup struct {
	VPC         string
	Name        string
	Description string
	Tags        map[string]string
}

// Kind implements Spec.
func (SecurityGroup) Kind() string { return "security-group" }

func (SecurityGroup) refs() []ID { return nil }

// Properties implements Spec.
func (s SecurityGroup) Properties() map[string]any {
	return props("vpc_id", s.VPC, "group_name", s.Name, "description", s.Description, "tags", s.Tags)
}

// Cells implements Spec.
func (s SecurityGroup) Cells(p Names, _ Change) Cells {
	return Cells{"security group", s.Name, p.VPCText(), ""}
}

// Steps implements Spec.
func (s SecurityGroup) Steps(a Change) Steps {
	out := expr("SecurityGroups[0].GroupId")
	if a.Op == Keep {
		find := ec2("DescribeSecurityGroups", filters("group-id", a.Existing), out)
		return Steps{Find: &find}
	}
	find := ec2("DescribeSecurityGroups", filters("vpc-id", s.VPC, "group-name", s.Name), out)
	in := map[string]any{"VpcId": s.VPC, "GroupName": s.Name, "Description": s.Description}
	tag(in, "security-group", s.Tags)
	return Steps{
		Find: &find,
		Do:   []Call{ec2("CreateSecurityGroup", in, expr("GroupId"), "InvalidGroup.Duplicate")},
		Undo: []Call{ec2("DeleteSecurityGroup", map[string]any{"GroupId": From(a.ID)}, nil, "InvalidGroup.NotFound")},
	}
}
