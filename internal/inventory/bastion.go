package inventory

import (
	"slices"
	"strings"
)

// InstanceProfile is an instance profile. It gives EC2 instances a role.
type InstanceProfile struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // ARN; empty: no role
}

// Bastion is a running or pending instance of this program.
type Bastion struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"` // see BastionName
	State      string   `json:"state"`
	Subnet     string   `json:"subnet"`
	Groups     []string `json:"groups,omitempty"`
	KeyPair    string   `json:"key_pair,omitempty"`
	Profile    string   `json:"profile,omitempty"` // ARN of its instance profile
	PrivateIP  string   `json:"private_ip,omitempty"`
	PublicIP   string   `json:"public_ip,omitempty"`
	PublicName string   `json:"public_name,omitempty"`
}

// BastionProfile is the name of the instance profile that a plan creates, and of the role in it.
const BastionProfile = "privatelink-wizard-bastion"

// BastionName returns the name of the bastion of an environment.
func BastionName(environment string) string { return "airflow-" + environment + "-bastion" }

// Bastion returns the bastion of an environment, or nil.
func (w *Access) Bastion(environment string) *Bastion {
	return find(w.Bastions, func(b *Bastion) bool { return b.Name == BastionName(environment) })
}

// Profile returns an instance profile by name, or nil.
func (w *Access) Profile(name string) *InstanceProfile {
	return find(w.Profiles, func(p *InstanceProfile) bool { return p.Name == name })
}

// bastions masks the resources of bastions. Names that a plan uses to find its own resources keep
// their form.
func (m *mask) bastions(w *Access) {
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
