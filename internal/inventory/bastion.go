package inventory

import (
	"slices"
	"strings"
)

// InstanceProfile is what gives EC2 instances a role.
type InstanceProfile struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // ARN; empty: it has none
}

// Bastion is an instance of ours that runs, or will soon.
type Bastion struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"` // as BastionName gives it
	State      string   `json:"state"`
	Subnet     string   `json:"subnet"`
	Groups     []string `json:"groups,omitempty"`
	KeyPair    string   `json:"key_pair,omitempty"`
	Profile    string   `json:"profile,omitempty"` // ARN of its instance profile
	PrivateIP  string   `json:"private_ip,omitempty"`
	PublicIP   string   `json:"public_ip,omitempty"`
	PublicName string   `json:"public_name,omitempty"`
}

// BastionProfile is the name of the instance profile, and of the role in it, that a
// plan makes.
const BastionProfile = "privatelink-wizard-bastion"

// BastionName is the name of the bastion of an environment.
func BastionName(environment string) string { return "airflow-" + environment + "-bastion" }

// Bastion finds the one of an environment.
func (w *Ways) Bastion(environment string) *Bastion {
	return find(w.Bastions, func(b *Bastion) bool { return b.Name == BastionName(environment) })
}

// Profile finds an instance profile by name.
func (w *Ways) Profile(name string) *InstanceProfile {
	return find(w.Profiles, func(p *InstanceProfile) bool { return p.Name == name })
}

// bastions masks what bastions are made of. Names by which a plan finds its own stay
// such names.
func (m *mask) bastions(w *Ways) {
	m.all(w.KeyPairs, m.name)
	slices.Sort(w.KeyPairs)
	for i := range w.Profiles {
		p := &w.Profiles[i]
		if p.Name != BastionProfile {
			m.str(&p.Name, m.name)
		}
		m.str(&p.Role, m.arn)
	}
	for i := range w.Bastions {
		b := &w.Bastions[i]
		m.str(&b.Name, func(s string) string {
			return BastionName(m.name(strings.TrimSuffix(strings.TrimPrefix(s, "airflow-"), "-bastion")))
		})
		m.str(&b.KeyPair, m.name)
		m.str(&b.Profile, m.arn)
		m.str(&b.PublicIP, func(string) string { return "192.0.2.1" })
		m.str(&b.PublicName, func(string) string { return "ec2-192-0-2-1.compute.amazonaws.com" })
	}
}
