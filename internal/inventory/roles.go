package inventory

import "slices"

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

// mostRoles is the maximum number of roles in a snapshot.
const mostRoles = 50

var rolesPart = part{
	name: PartRoles, title: "the policies of the roles in use",
	calls: []string{"iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"},
	// named returns the execution roles, and the task roles that create log groups.
	named: func(inv *Inventory) []Request {
		var out []Request
		add := func(arn string) {
			if r := (Request{Part: PartRoles, Role: arn}); arn != "" && len(out) < mostRoles && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
		definitions := slices.Clone(inv.TaskDefinitions)
		for _, d := range inv.Batch.Definitions {
			definitions = append(definitions, d.TaskDefinition)
		}
		for _, d := range definitions {
			add(d.ExecutionRole)
		}
		for _, e := range inv.MWAA {
			add(e.ExecutionRole)
		}
		for _, d := range definitions {
			for _, c := range d.Containers {
				if c.CreatesGroup() {
					add(d.LogRole(&c))
				}
			}
		}
		return out
	},
	merge: func(inv, f *Inventory, r Request) {
		inv.Roles = join(single(f.Role(r.Role)), inv.Roles, func(r *Role) string { return r.ARN })
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
