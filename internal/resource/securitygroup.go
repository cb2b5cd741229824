package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// SecurityGroup is the group of the endpoints.
type SecurityGroup struct {
	VPC         string            `aws:"VpcId,ref"`
	Name        string            `aws:"GroupName"`
	Description string            `aws:"Description"`
	Tags        map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (SecurityGroup) Kind() string { return "security-group" }

// Terms implements Spec.
func (SecurityGroup) Terms() []*terms.Term {
	return []*terms.Term{terms.SecurityGroup, terms.NetworkACL}
}

// Cells implements Spec.
func (s SecurityGroup) Cells(p Names, _ Change) Cells {
	return Cells{"security group", s.Name, p.VPCText(), ""}
}

// terraform declares the outbound rule that AWS gives each new group, because the provider removes it.
// Source: https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/security_group.html.markdown
func (s SecurityGroup) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_security_group", "id", a.Existing)
	}
	out := block("aws_security_group", snaked(s, "GroupName", "name"))
	out.Blocks = append(out.Blocks, Block{Type: "aws_vpc_security_group_egress_rule", Part: " all outbound", Fields: []Attribute{
		{"security_group_id", From(a.ID)}, {"ip_protocol", "-1"}, {"cidr_ipv4", "0.0.0.0/0"}, {"description", "All traffic, as in each new security group"}}})
	return out
}

// Steps implements Spec.
func (s SecurityGroup) Steps(a Change) Steps {
	out := expr("SecurityGroups[0].GroupId")
	if a.Op == Keep {
		find := ec2("DescribeSecurityGroups", filters("group-id", a.Existing), out)
		return Steps{Find: &find}
	}
	find := ec2("DescribeSecurityGroups", filters("vpc-id", value(Ref(s.VPC)), "group-name", s.Name), out)
	now := ec2("DescribeSecurityGroups", filters("group-id", From(a.ID)), expr("SecurityGroups[0].{inbound_rules: IpPermissions, outbound_rules: IpPermissionsEgress}"))
	in := request(s)
	tag(in, "security-group", s.Tags)
	return Steps{
		Find: &find,
		Do:   []Call{ec2("CreateSecurityGroup", in, expr("GroupId"), "InvalidGroup.Duplicate")},
		Undo: []Call{ec2("DeleteSecurityGroup", map[string]any{"GroupId": From(a.ID)}, nil, "InvalidGroup.NotFound")},
		Now:  &now,
	}
}

func (SecurityGroup) tagged(vpc string) Tagged {
	return Tagged{alike(SecurityGroup{VPC: vpc}), "security group", ec2("DescribeSecurityGroups", byTag(vpc), expr("SecurityGroups[].[GroupId, GroupName]"))}
}

// CloudFormation leaves the outbound rule of a new group that allows everything, as the API does, if the template has no
// outbound rules in the group itself.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
func (s SecurityGroup) cloudFormation(Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::EC2::SecurityGroup", Fields: named(s, "Description", "GroupDescription"), Output: "GroupId"}}}
}
