package inventory

import (
	"slices"
	"strings"
)

var identityPart = part{
	name: PartIdentity, title: "your identity", calls: []string{"sts:GetCallerIdentity"},
	merge: func(inv, f *Inventory, _ Request) {
		inv.Account, inv.Partition, inv.Region, inv.Caller = f.Account, f.Partition, f.Region, f.Caller
	},
	mask: func(m *mask, inv *Inventory) {
		m.str(&inv.Account, m.text)
		m.str(&inv.Caller, m.arn)
	},
}

// VPC is a virtual private cloud. Its content is in Network.
type VPC struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	CIDRs   []string `json:"cidrs"` // associated IPv4 blocks, the primary block first
	IPv6    []string `json:"ipv6,omitempty"`
	Default bool     `json:"default,omitempty"`
	Owner   string   `json:"owner"`
	DHCP    string   `json:"dhcp,omitempty"`
	Managed bool     `json:"managed,omitempty"` // has the tag of this program
}

// VPC returns a VPC by id, or nil.
func (inv *Inventory) VPC(id string) *VPC {
	return find(inv.VPCs, func(v *VPC) bool { return v.ID == id })
}

var vpcsPart = part{
	name: PartVPCs, title: "the VPCs", calls: []string{"ec2:DescribeVpcs"},
	merge: func(inv, f *Inventory, _ Request) { inv.VPCs = f.VPCs },
	mask: func(m *mask, inv *Inventory) {
		for v := range items(inv.VPCs) {
			m.str(&v.Name, m.text)
			m.str(&v.Owner, m.text)
		}
	},
}

// EndpointService is a service with endpoints in the Region. Amazon S3 appears once for each
// type.
type EndpointService struct {
	Name            string   `json:"name"`
	Type            string   `json:"type"` // Interface or Gateway
	Zones           []string `json:"zones,omitempty"`
	PrivateNames    []string `json:"private_names,omitempty"`
	PolicySupported bool     `json:"policy_supported"`
	Managed         bool     `json:"managed,omitempty"` // the service creates its endpoints itself
	IPTypes         []string `json:"ip_types,omitempty"`
}

// Service returns an endpoint service by name and type, or nil if the Region does not list it.
func (inv *Inventory) Service(name, typ string) *EndpointService {
	return find(inv.Services, func(s *EndpointService) bool { return s.Name == name && s.Type == typ })
}

var servicesPart = part{
	name: PartServices, title: "the endpoint services of the Region", calls: []string{"ec2:DescribeVpcEndpointServices"},
	merge: func(inv, f *Inventory, _ Request) { inv.Services = f.Services },
	prepare: func(m *mask, inv *Inventory) {
		for _, s := range inv.Services {
			for _, name := range slices.Concat(s.PrivateNames, []string{s.Name}) {
				for _, label := range strings.Split(name, ".") {
					m.labels[label] = true
				}
			}
		}
	},
}

// Quotas are the applied limits of the account in the Region; 0 means unknown. The used number is
// included for limits that count beyond one VPC.
type Quotas struct {
	InterfaceEndpoints int `json:"interface_endpoints,omitempty"`  // for each VPC, L-29B6F2EB
	GatewayEndpoints   int `json:"gateway_endpoints,omitempty"`    // in the Region, L-1B52E74A
	GroupsPerInterface int `json:"groups_per_interface,omitempty"` // L-2AFB9258
	RulesPerGroup      int `json:"rules_per_group,omitempty"`      // for each direction and address family, L-0EA8095F
	// UsedGateways are the gateway endpoints of the whole Region.
	UsedGateways int `json:"used_gateways,omitempty"`
}

var quotasPart = part{
	name: PartQuotas, title: "the quotas of the account", calls: []string{"servicequotas:ListServiceQuotas"},
	merge: func(inv, f *Inventory, _ Request) { inv.Quotas = f.Quotas },
}

// Cache is a pull-through cache rule of Amazon ECR. Upstream is the host of its upstream registry.
type Cache struct {
	Prefix   string `json:"prefix"` // of the repositories; ROOT means all
	Upstream string `json:"upstream,omitempty"`
}

var cachesPart = part{
	name: PartCaches, title: "the pull-through cache rules of Amazon ECR", calls: []string{"ecr:DescribePullThroughCacheRules"},
	merge: func(inv, f *Inventory, _ Request) { inv.Caches = f.Caches },
	mask: func(m *mask, inv *Inventory) {
		for c := range items(inv.Caches) {
			m.str(&c.Prefix, m.path)
			m.str(&c.Upstream, m.registry)
		}
	},
}

var pricesPart = part{
	name: PartPrices, title: "the prices of AWS", calls: []string{"pricing:GetProducts"},
	merge: func(inv, f *Inventory, _ Request) { inv.Prices = f.Prices },
}
