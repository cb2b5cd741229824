package policy

import "strings"

// RoleAllows tells whether the policies of a role let it do something, as far as they
// alone decide: what another policy denies, such as that of an organization, is not
// seen here. sure is false where that hangs on a condition. An explicit Deny wins (IAM
// user guide, policy evaluation logic). Documents that are not JSON are passed over.
func RoleAllows(action, resource string, documents ...string) (allowed, sure bool) {
	r := request{action: action, resource: resource}
	allow, deny := no, no
	for _, raw := range documents {
		d, err := Parse(raw)
		if err != nil {
			continue
		}
		for _, s := range d.statements {
			s.principal, s.notPrincipal = str("*"), nil // a role's policies speak of nobody else
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

// RoleNames tells whether a statement of the role's policies allows an action, on
// whatever resources and under whatever conditions.
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
