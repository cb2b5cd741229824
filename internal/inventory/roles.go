package inventory

// PartRoles fills one of Roles. Its requests name the role.
const PartRoles Part = "roles"

// Role is an IAM role with its policies.
type Role struct {
	ARN      string       `json:"arn"`
	Name     string       `json:"name"`
	Policies []RolePolicy `json:"policies,omitempty"`
}

// Documents returns the documents of its policies.
func (r *Role) Documents() []string {
	var out []string
	for _, p := range r.Policies {
		out = append(out, p.Document)
	}
	return out
}

// RolePolicy is a policy of a role, inline or attached.
type RolePolicy struct {
	Name     string `json:"name"`
	ARN      string `json:"arn,omitempty"` // of an attached one
	Document string `json:"document"`      // JSON
}

// Role returns a role by ARN, or nil if it is not loaded.
func (inv *Inventory) Role(arn string) *Role {
	return find(inv.Roles, func(r *Role) bool { return r.ARN == arn })
}

var rolesPart = part{
	name:  PartRoles,
	title: "the policies of the roles in use",
	calls: []string{"iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"},
	cut: func(inv *Inventory, r Request, loaded bool) (*Inventory, bool) {
		return &Inventory{Roles: single(inv.Role(r.Role))}, loaded
	},
	merge: func(inv, f *Inventory, _ Request) {
		inv.Roles = join(f.Roles, inv.Roles, func(r *Role) string { return r.ARN })
	},
	documents: func(inv *Inventory, each func(string)) {
		for _, r := range inv.Roles {
			for _, p := range r.Policies {
				each(p.Document)
			}
		}
	},
	mask: func(m *mask, inv *Inventory) {
		for r := range items(inv.Roles) {
			m.str(&r.ARN, m.arn)
			m.str(&r.Name, m.path)
			for p := range items(r.Policies) {
				if p.ARN != "" && m.arn(p.ARN) == p.ARN {
					continue // of AWS itself and public
				}
				m.str(&p.ARN, m.arn)
				m.str(&p.Name, m.path)
				m.str(&p.Document, m.policy)
			}
		}
	},
}
