package inventory

import (
	"fmt"
	"slices"
	"strings"
)

// Network is the content of one VPC.
type Network struct {
	VPC              string          `json:"vpc"`
	DNSSupport       bool            `json:"dns_support"`
	DNSHostnames     bool            `json:"dns_hostnames"`
	DomainServers    []string        `json:"domain_servers,omitempty"` // of the DHCP options
	Subnets          []Subnet        `json:"subnets,omitempty"`
	RouteTables      []RouteTable    `json:"route_tables,omitempty"`
	InternetGateways []string        `json:"internet_gateways,omitempty"` // in snapshots of earlier versions; nothing reads it
	NATGateways      []NATGateway    `json:"nat_gateways,omitempty"`
	SecurityGroups   []SecurityGroup `json:"security_groups,omitempty"`
	Endpoints        []Endpoint      `json:"endpoints,omitempty"`
	Interfaces       []Interface     `json:"interfaces,omitempty"`
	NetworkACLs      []NetworkACL    `json:"network_acls,omitempty"`
	// PrefixLists are those of AWS's services, and those of rules and routes that could be read.
	PrefixLists []PrefixList `json:"prefix_lists,omitempty"`
	// BlockPublicAccess is the mode of VPC Block Public Access of the VPC, as in Subnet.
	BlockPublicAccess string            `json:"block_public_access,omitempty"`
	Encryption        EncryptionControl `json:"encryption_control,omitzero"`
	HostedZones       []HostedZone      `json:"hosted_zones,omitempty"` // private ones associated with the VPC
	Resolver          Resolver          `json:"resolver"`               // what else answers its DNS queries
}

// Subnet is a subnet of a VPC.
type Subnet struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	VPC      string   `json:"vpc"`
	Zone     string   `json:"zone"`
	ZoneID   string   `json:"zone_id,omitempty"`
	CIDR     string   `json:"cidr,omitempty"`
	IPv6     []string `json:"ipv6,omitempty"`
	Free     int      `json:"free"` // free IPv4 addresses
	Owner    string   `json:"owner"`
	PublicIP bool     `json:"public_ip,omitempty"` // assigns public addresses at launch
	IPv6Only bool     `json:"ipv6_only,omitempty"`
	// DNS64 means that the Amazon-provided DNS server returns IPv6 addresses for names that have only
	// IPv4 addresses.
	DNS64 bool `json:"dns64,omitempty"`
	// BlockPublicAccess is the mode of VPC Block Public Access with its exclusions applied: empty or
	// off, block-bidirectional or block-ingress.
	BlockPublicAccess string `json:"block_public_access,omitempty"`
}

// EncryptionControl is the state of VPC Encryption Controls.
type EncryptionControl struct {
	Mode  string `json:"mode,omitempty"`  // monitor, enforce; empty: none
	State string `json:"state,omitempty"` // available, creating, …
	// Exclusions are the kinds of resource with an enabled exclusion, by AWS's names: InternetGateway,
	// NatGateway, …
	Exclusions []string `json:"exclusions,omitempty"`
}

// RouteTable is a route table with its explicitly associated subnets. Main is the table of all
// other subnets.
type RouteTable struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Main    bool     `json:"main,omitempty"`
	Subnets []string `json:"subnets,omitempty"`
	Routes  []Route  `json:"routes,omitempty"`
}

// Route is one route. Target is the id of its target of any kind ("local" for the VPC itself).
type Route struct {
	CIDR       string `json:"cidr,omitempty"` // IPv4 or IPv6
	PrefixList string `json:"prefix_list,omitempty"`
	Target     string `json:"target"`
	Blackhole  bool   `json:"blackhole,omitempty"`
	Propagated bool   `json:"propagated,omitempty"` // by a virtual private gateway
}

// NATGateway is a NAT gateway of a VPC. It is in a subnet, or it is regional and has a route table of
// its own.
type NATGateway struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"`
	State      string `json:"state"`
	Public     bool   `json:"public"`
	Subnet     string `json:"subnet,omitempty"`
	Regional   bool   `json:"regional,omitempty"`
	RouteTable string `json:"route_table,omitempty"` // of a regional one
}

// SecurityGroup is a security group with its rules.
type SecurityGroup struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	VPC         string            `json:"vpc"`
	Owner       string            `json:"owner,omitempty"`
	Rules       []GroupRule       `json:"rules,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// GroupRule is one rule of a security group with exactly one source or
// destination: CIDR (IPv4 or IPv6), Group or PrefixList.
type GroupRule struct {
	ID         string `json:"id,omitempty"`
	Egress     bool   `json:"egress,omitempty"`
	Protocol   string `json:"protocol"` // tcp, udp, icmp, a number, or -1 for all
	From       int    `json:"from"`     // -1 with protocol -1
	To         int    `json:"to"`
	CIDR       string `json:"cidr,omitempty"`
	Group      string `json:"group,omitempty"`
	PrefixList string `json:"prefix_list,omitempty"`
}

// Endpoint is a VPC endpoint.
type Endpoint struct {
	ID               string   `json:"id"`
	Name             string   `json:"name,omitempty"`
	Type             string   `json:"type"` // Interface, Gateway, GatewayLoadBalancer, …
	Service          string   `json:"service"`
	State            string   `json:"state"` // lower case, as AWS returns it
	Subnets          []string `json:"subnets,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	RouteTables      []string `json:"route_tables,omitempty"`
	Interfaces       []string `json:"interfaces,omitempty"`
	PrivateDNS       bool     `json:"private_dns,omitempty"`
	DNSNames         []string `json:"dns_names,omitempty"`
	Policy           string   `json:"policy,omitempty"`
	IPType           string   `json:"ip_type,omitempty"`
	RequesterManaged bool     `json:"requester_managed,omitempty"`
	// InboundOnly means that private DNS answers only queries from outside the VPC
	// (PrivateDnsOnlyForInboundResolverEndpoint, for Amazon S3).
	InboundOnly bool              `json:"inbound_only,omitempty"`
	Created     string            `json:"created,omitempty"`    // RFC 3339, UTC
	LastError   string            `json:"last_error,omitempty"` // "code: message"
	Tags        map[string]string `json:"tags,omitempty"`
}

// Interface is an elastic network interface.
type Interface struct {
	ID               string   `json:"id"`
	Subnet           string   `json:"subnet"`
	Zone             string   `json:"zone,omitempty"`
	Type             string   `json:"type"`
	Status           string   `json:"status"`
	Description      string   `json:"description,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	IP               string   `json:"ip,omitempty"`
	PublicIP         bool     `json:"public_ip,omitempty"` // has a public address
	Instance         string   `json:"instance,omitempty"`  // attached EC2 instance
	RequesterManaged bool     `json:"requester_managed,omitempty"`
	RequesterID      string   `json:"requester_id,omitempty"`
}

// NetworkACL is a network ACL with its subnets.
type NetworkACL struct {
	ID      string     `json:"id"`
	Default bool       `json:"default,omitempty"`
	Subnets []string   `json:"subnets,omitempty"`
	Entries []ACLEntry `json:"entries"`
}

// ACLEntry is one entry. The matching entry with the lowest number decides.
type ACLEntry struct {
	Number   int    `json:"number"`
	Egress   bool   `json:"egress,omitempty"`
	Allow    bool   `json:"allow,omitempty"`
	Protocol string `json:"protocol"` // number as text, -1 for all
	CIDR     string `json:"cidr"`
	From     int    `json:"from,omitempty"`
	To       int    `json:"to,omitempty"`
}

// PrefixList is a managed prefix list with its entries: of a service of AWS, such as Amazon S3, or of
// a customer. The name is known only for those of the Region's services.
type PrefixList struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	CIDRs []string `json:"cidrs,omitempty"`
}

// HostedZone is a private hosted zone of Route 53.
type HostedZone struct {
	ID    string `json:"id"`
	Name  string `json:"name"`            // without the final dot
	Owner string `json:"owner,omitempty"` // an account, or a service of AWS
}

// Network returns the network of a VPC, or nil if it is not loaded.
func (inv *Inventory) Network(vpc string) *Network {
	return find(inv.Networks, func(n *Network) bool { return n.VPC == vpc })
}

// Subnet returns a subnet by id, or nil.
func (n *Network) Subnet(id string) *Subnet {
	return find(n.Subnets, func(s *Subnet) bool { return s.ID == id })
}

// Group returns a security group by id, or nil.
func (n *Network) Group(id string) *SecurityGroup {
	return find(n.SecurityGroups, func(g *SecurityGroup) bool { return g.ID == id })
}

// RouteTableOf returns the route table of a subnet: its associated one, else the VPC's main
// table, or nil if route tables are unknown.
func (n *Network) RouteTableOf(subnet string) *RouteTable {
	if t := find(n.RouteTables, func(t *RouteTable) bool { return slices.Contains(t.Subnets, subnet) }); t != nil {
		return t
	}
	return find(n.RouteTables, func(t *RouteTable) bool { return t.Main })
}

// ACLOf returns the network ACL of a subnet: its associated one, else the default one, or nil if
// network ACLs are unknown.
func (n *Network) ACLOf(subnet string) *NetworkACL {
	if a := find(n.NetworkACLs, func(a *NetworkACL) bool { return slices.Contains(a.Subnets, subnet) }); a != nil {
		return a
	}
	return find(n.NetworkACLs, func(a *NetworkACL) bool { return a.Default })
}

// CheckNetwork reports whether a snapshot contains the network of a VPC of it. A network without a
// route table is not complete: every VPC has a main route table (Amazon VPC user guide, Configure
// route tables). A list that AWS denied is a gap.
func (inv *Inventory) CheckNetwork(vpc string) error {
	if inv.VPC(vpc) == nil {
		return nil // the answers reference a VPC that does not exist
	}
	n := inv.Network(vpc)
	if n == nil || !inv.Has(Request{Part: PartNetwork, VPC: vpc}) {
		return fmt.Errorf("it does not contain the network of %s; write it again with --vpc %s", vpc, vpc)
	}
	if _, denied := inv.Gap("ec2:DescribeRouteTables"); len(n.RouteTables) == 0 && !denied {
		return fmt.Errorf("its network of %s is empty: it has no route table, and every VPC has one; write it again with --vpc %s", vpc, vpc)
	}
	return nil
}

var networkPart = part{
	name: PartNetwork, title: "the network of the VPC",
	calls: []string{
		"ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeRouteTables",
		"ec2:DescribeNatGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcEndpoints",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeNetworkAcls", "ec2:DescribePrefixLists", "ec2:GetManagedPrefixListEntries", "route53:ListHostedZonesByVPC",
		resolverCall, "route53resolver:ListResolverRules", "route53resolver:ListFirewallRuleGroupAssociations",
		"route53profiles:ListProfileAssociations", "route53profiles:ListProfileResourceAssociations",
	},
	ofVPC: func(*Inventory, string) bool { return true },
	merge: func(inv, f *Inventory, r Request) {
		inv.Networks = join(single(f.Network(r.VPC)), inv.Networks, func(n *Network) string { return n.VPC })
	},
	unread: func(vpc string) *Inventory { return &Inventory{Networks: []Network{{VPC: vpc}}} },
	mask: func(m *mask, inv *Inventory) {
		for n := range items(inv.Networks) {
			for s := range items(n.Subnets) {
				m.str(&s.Name, m.text)
				m.str(&s.Owner, m.text)
			}
			for t := range items(n.RouteTables) {
				m.str(&t.Name, m.text)
				for r := range items(t.Routes) {
					m.str(&r.Target, m.target)
				}
			}
			for g := range items(n.NATGateways) {
				m.str(&g.Name, m.text)
			}
			for g := range items(n.SecurityGroups) {
				if g.Name != "default" {
					m.str(&g.Name, m.name)
				}
				g.Description = ""
				m.str(&g.Owner, m.text)
				g.Tags = m.tags(g.Tags)
			}
			for e := range items(n.Endpoints) {
				m.str(&e.Name, m.text)
				e.Tags = m.tags(e.Tags)
				m.str(&e.Policy, m.policy)
				m.all(e.DNSNames, m.host)
				e.LastError = "" // AWS's message contains names
			}
			for z := range items(n.HostedZones) {
				m.str(&z.Name, m.host)
				m.str(&z.Owner, m.owner)
			}
			for r := range items(n.Resolver.Rules) {
				m.str(&r.Domain, m.host)
			}
			for x := range items(n.Interfaces) {
				m.str(&x.Description, m.description)
				m.str(&x.RequesterID, m.owner)
			}
		}
	},
}

// description masks the description of a network interface, but not what shows the AWS service that it belongs to.
func (m *mask) description(d string) string {
	if strings.HasPrefix(d, "arn:") {
		return m.arn(d)
	}
	lower := strings.ToLower(d)
	for _, word := range []string{":ecs:", "sagemaker", "codebuild", "glue", "ELB", "RDSNetworkInterface", "VPC Endpoint Interface", "NAT Gateway"} {
		if at := strings.Index(lower, strings.ToLower(word)); at >= 0 && len(lower) == len(d) {
			return m.text(d[:at]) + d[at:at+len(word)] + m.text(d[at+len(word):])
		}
	}
	return m.text(d)
}
