package policy

// RoleAllows reports whether the policies of a role allow an action, as far as they alone decide.
// Other policies, such as those of an organization, are not seen. sure is false if that cannot be
// decided: allowed is false then.
func RoleAllows(action, resource string, documents ...string) (allowed, sure bool) {
	var policies []RolePolicy
	for _, d := range documents {
		policies = append(policies, RolePolicy{Document: d})
	}
	ls := RoleLacks([]Grant{{Actions: []string{action}, Resources: []string{resource}}}, Caller{}, policies...)
	return len(ls) == 0, len(ls) == 0 || !ls[0].Unsure
}

// RoleLacksEverywhere returns the lack of an action on some resource, if the resource that it is needed
// on is not known. ok is true if the policies allow the action on one of the resources that their
// statements list.
func RoleLacksEverywhere(action string, caller Caller, policies ...RolePolicy) (lack Lack, ok bool) {
	lack = Lack{Action: action, Resource: "the resource"}
	for _, p := range policies {
		d, err := Parse(p.Document)
		if err != nil {
			lack.Unsure, lack.Because = true, "policy "+p.Name+", the document cannot be read: "+err.Error()
			continue
		}
		for _, s := range d.statements {
			if s.effect == "Deny" || s.mentions(action) == no {
				continue
			}
			resources := s.resource.strings()
			if len(resources) == 0 {
				resources = []string{"*"}
			}
			for _, resource := range resources {
				ls := RoleLacks([]Grant{{Actions: []string{action}, Resources: []string{resource}}}, caller, policies...)
				if len(ls) == 0 {
					return Lack{}, true
				}
				if ls[0].Unsure {
					lack.Unsure, lack.Because = true, ls[0].Because
				}
			}
		}
	}
	return lack, false
}
