package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// InstanceProfile gives a role to instances.
type InstanceProfile struct {
	Name string            `aws:"InstanceProfileName"`
	Role string            `aws:"RoleName"` // name
	Tags map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (InstanceProfile) Kind() string { return "instance-profile" }

// Terms implements Spec.
func (InstanceProfile) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

// Cells implements Spec.
func (s InstanceProfile) Cells(Names, Change) Cells {
	return Cells{"instance profile", s.Name, "role " + s.Role, ""}
}

func (s InstanceProfile) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_iam_instance_profile", "name", s.Name)
	}
	return block("aws_iam_instance_profile", snaked(s, "InstanceProfileName", "name", "RoleName", "role"))
}

// Steps creates an instance profile and adds a role to it.
func (s InstanceProfile) Steps(a Change) Steps {
	name := map[string]any{"InstanceProfileName": s.Name}
	both := request(s)
	find := func(out ...any) *Call {
		c := iam("GetInstanceProfile", name, expr(out...))
		c.Absent = []string{gone}
		return &c
	}
	_, other := place("[InstanceProfile]", "InstanceProfileName", expr("Roles"), needs(expr("Roles[?RoleName==", Lit(s.Role), "]"),
		"'its role is '", "join(', ', Roles[].RoleName)", "' (plan: '", Lit(s.Role), "')'"))
	with := find("InstanceProfile.Roles[?RoleName==", Lit(s.Role), "] && InstanceProfile.InstanceProfileName")
	if a.Op == Keep {
		return Steps{Find: with, Other: other}
	}
	create := Steps{Find: find("InstanceProfile.InstanceProfileName"), Undo: []Call{iam("DeleteInstanceProfile", name, nil, gone)},
		Do: []Call{iam("CreateInstanceProfile", map[string]any{"InstanceProfileName": s.Name, "Tags": tagList(s.Tags)}, expr("InstanceProfile.InstanceProfileName"), "EntityAlreadyExists")}}
	put := Steps{Find: with, Other: other, Do: []Call{iam("AddRoleToInstanceProfile", both, expr(Lit(s.Name)))}, Undo: []Call{iam("RemoveRoleFromInstanceProfile", both, nil, gone)}}
	return Steps{Parts: []Part{{Label: "create the instance profile", Steps: create}, {Label: "add role " + s.Role + " to it", Steps: put}}}
}

func (s InstanceProfile) cloudFormation(Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::IAM::InstanceProfile", Fields: []Attribute{{"InstanceProfileName", s.Name}, {"Roles", []string{s.Role}}},
		Without: "CloudFormation has no tags for instance profiles."}}}
}
