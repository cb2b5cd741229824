package resource

// InstanceProfile gives a role to instances.
type InstanceProfile struct {
	Name string
	Role string // name
	Tags map[string]string
}

// Kind implements Spec.
func (InstanceProfile) Kind() string { return "instance-profile" }

func (InstanceProfile) refs() []ID { return nil }

// Properties implements Spec.
func (s InstanceProfile) Properties() map[string]any {
	return props("instance_profile_name", s.Name, "role_name", s.Role, "tags", s.Tags)
}

// Cells implements Spec.
func (s InstanceProfile) Cells(Names, Change) Cells {
	return Cells{"instance profile", s.Name, "role " + s.Role, ""}
}

// Steps creates an instance profile and adds a role to it.
func (s InstanceProfile) Steps(a Change) Steps {
	name := map[string]any{"InstanceProfileName": s.Name}
	both := map[string]any{"InstanceProfileName": s.Name, "RoleName": s.Role}
	find := func(out ...any) *Call {
		c := iam("GetInstanceProfile", name, expr(out...))
		c.Absent = []string{gone}
		return &c
	}
	with := find("InstanceProfile.Roles[?RoleName==", Lit(s.Role), "] && InstanceProfile.InstanceProfileName")
	if a.Op == Keep {
		return Steps{Find: with}
	}
	create := Steps{Find: find("InstanceProfile.InstanceProfileName"), Undo: []Call{iam("DeleteInstanceProfile", name, nil, gone)},
		Do: []Call{iam("CreateInstanceProfile", map[string]any{"InstanceProfileName": s.Name, "Tags": tagList(s.Tags)}, expr("InstanceProfile.InstanceProfileName"), "EntityAlreadyExists")}}
	put := Steps{Find: with, Do: []Call{iam("AddRoleToInstanceProfile", both, expr(Lit(s.Name)))}, Undo: []Call{iam("RemoveRoleFromInstanceProfile", both, nil, gone)}}
	return Steps{Parts: []Part{{Label: "create the instance profile", Steps: create}, {Label: "add role " + s.Role + " to it", Steps: put}}}
}
