package inventory

import "slices"

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

// Bastion returns the bastion of an environment, or nil.
func (w *Access) Bastion(environment string) *Bastion {
	return find(w.Bastions, func(b *Bastion) bool { return b.Name == BastionName(environment) })
}

// Profile returns an instance profile by name, or nil.
func (w *Access) Profile(name string) *InstanceProfile {
	return find(w.Profiles, func(p *InstanceProfile) bool { return p.Name == name })
}

// bastions masks the resources of bastions.
func (m *mask) bastions(w *Access) {
	m.all(w.KeyPairs, m.text)
	slices.Sort(w.KeyPairs)
	for p := range items(w.Profiles) {
		m.str(&p.Name, m.name)
		m.str(&p.Role, m.arn)
	}
	for b := range items(w.Bastions) {
		m.str(&b.Name, m.name)
		m.str(&b.KeyPair, m.text)
		m.str(&b.Profile, m.arn)
		m.str(&b.PublicIP, func(string) string { return "192.0.2.1" })
		m.str(&b.PublicName, func(string) string { return "ec2-192-0-2-1.compute.amazonaws.com" })
	}
}
