package inventory

// Creation is what a new VPC depends on. A call that gave no result is a gap, and what it would have shown
// is unknown.
type Creation struct {
	// Zones are the available Availability Zones of the Region, without Local Zones and Wavelength Zones.
	Zones []Zone `json:"zones,omitempty"`
	// BlockPublicAccess is the mode of VPC Block Public Access of the account in the Region: empty or off,
	// block-bidirectional or block-ingress.
	BlockPublicAccess string `json:"block_public_access,omitempty"`
	// Peers are VPCs in active or pending peering connections with VPCs of the account in the Region.
	Peers []Peer `json:"peers,omitempty"`
	// Gateways are the internet gateways that are attached to a VPC.
	Gateways []Gateway `json:"gateways,omitempty"`

	VPCs             Quota `json:"vpcs,omitzero"`              // of the account in the Region, L-F678F1CE
	InternetGateways Quota `json:"internet_gateways,omitzero"` // L-A4707A72
	NATGateways      Quota `json:"nat_gateways,omitzero"`      // the limit is for each zone, L-FE5A380F
	Addresses        Quota `json:"addresses,omitzero"`         // Elastic IP addresses, L-0263D0A3
}

// Zone is an Availability Zone. Its ID is the same in all accounts.
type Zone struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

// Peer is a VPC that is peered with a VPC of the account.
type Peer struct {
	VPC     string   `json:"vpc"`
	Account string   `json:"account,omitempty"`
	CIDRs   []string `json:"cidrs,omitempty"` // IPv4
}

// Gateway is an internet gateway with the VPC that has it attached.
type Gateway struct {
	ID  string `json:"id"`
	VPC string `json:"vpc"`
}

// Quota is a limit with the number that counts for it.
type Quota struct {
	Limit  int            `json:"limit,omitempty"` // 0: unknown
	Used   int            `json:"used,omitempty"`
	ByZone map[string]int `json:"by_zone,omitempty"` // the used number by Availability Zone, if the limit is for each zone
}

// creationPart also counts the VPCs, by the call of vpcsPart.
var creationPart = part{
	name: PartCreation, title: "what a new VPC depends on",
	calls: []string{
		"ec2:DescribeAvailabilityZones", "ec2:DescribeVpcBlockPublicAccessOptions", "ec2:DescribeVpcPeeringConnections",
		"ec2:DescribeInternetGateways", "ec2:DescribeAddresses", "ec2:DescribeNatGateways", "ec2:DescribeSubnets", "servicequotas:ListServiceQuotas",
	},
	merge: func(inv, f *Inventory, _ Request) { inv.Creation = f.Creation },
	mask: func(m *mask, inv *Inventory) {
		for p := range items(inv.Creation.Peers) {
			m.str(&p.Account, m.owner)
		}
	},
}
