package inventory

import "slices"

// Host is the data of EC2 and Systems Manager about an instance.
type Host struct {
	Instance        string `json:"instance"`
	VPC             string `json:"vpc"`
	State           string `json:"state,omitempty"` // running, stopped, …
	AMIName         string `json:"ami_name,omitempty"`
	Profile         string `json:"profile,omitempty"` // ARN of the instance profile; empty: none
	Ping            string `json:"ping,omitempty"`    // Online, ConnectionLost, Inactive; empty: not known to Systems Manager
	SSMAgent        string `json:"ssm_agent,omitempty"`
	PlatformType    string `json:"platform_type,omitempty"` // Linux, Windows, MacOS
	PlatformName    string `json:"platform_name,omitempty"`
	PlatformVersion string `json:"platform_version,omitempty"`
}

// Host returns an instance by id, or nil if it is not loaded.
func (inv *Inventory) Host(instance string) *Host {
	return find(inv.Hosts, func(h *Host) bool { return h.Instance == instance })
}

var hostsPart = part{
	name: PartHosts, title: "which instances Systems Manager reaches",
	calls: []string{"ec2:DescribeInstances", "ec2:DescribeImages", "ssm:DescribeInstanceInformation"},
	ofVPC: func(inv *Inventory, vpc string) bool {
		return slices.ContainsFunc(inv.Clusters, func(c Cluster) bool {
			return slices.ContainsFunc(c.ContainerInstances, func(i ContainerInstance) bool { return i.VPC == vpc })
		})
	},
	merge: func(inv, f *Inventory, r Request) {
		others := keep(inv.Hosts, func(h *Host) bool { return h.VPC != r.VPC })
		inv.Hosts = join(keep(f.Hosts, func(h *Host) bool { return h.VPC == r.VPC }), others, func(h *Host) string { return h.Instance })
	},
	mask: func(m *mask, inv *Inventory) {
		for h := range items(inv.Hosts) {
			m.str(&h.AMIName, m.ami)
			m.str(&h.Profile, m.arn)
		}
	},
}
