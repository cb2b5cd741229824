package policy

import "strings"

// RoleAllows reports whether the policies of a role allow an action, as far as they alone decide.
// Other policies, such as those of an organization, are not seen. sure is false if the result
// depends on a condition. An explicit Deny overrides every Allow (IAM user guide, policy evaluation
// logic). Documents that are not JSON are skipped.
func RoleAllows(action, resource string, documents ...string) (allowed, sure bool) {
	r := request{action: action, resource: resource}
	allow, deny := no, no
	for _, raw := range documents {
		d, err := Parse(raw)
		if err != nil {
			continue
		}
		for _, s := range d.statements {
			s.principal, s.notPrincipal = str("*"), nil // a role's policies are always about the role itself
			switch s.effect {
			case "Allow":
				allow = max(allow, s.applies(r))
			case "Deny":
				deny = max(deny, s.applies(r))
			}
		}
	}
	a := min(allow, deny.not())
	return a == yes, a != perhaps
}

// RoleNames reports whether a statement of the role's policies allows an action, for any resource
// and with any condition.
func RoleNames(action string, documents ...string) bool {
	for _, raw := range documents {
		d, err := Parse(raw)
		if err != nil {
			continue
		}
		for _, s := range d.statements {
			if s.effect == "Allow" && either(s.action, s.notAction, func(n *node) answer { return matches(lower(n.strings()), strings.ToLower(action)) }) != no {
				return true
			}
		}
	}
	return false
}
