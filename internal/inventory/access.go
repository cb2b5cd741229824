package inventory

import (
	"slices"
	"strings"
)

// Access are the resources in one VPC, or usable in it, for access methods to a private web server.
type Access struct {
	VPC           string         `json:"vpc"`
	LoadBalancers []LoadBalancer `json:"load_balancers,omitempty"` // those in front of TargetGroups
	TargetGroups  []TargetGroup  `json:"target_groups,omitempty"`  // target type ip, protocol HTTPS
	Certificates  []Certificate  `json:"certificates,omitempty"`   // of the Region
	Domains       []HostedZone   `json:"domains,omitempty"`        // public hosted zones

	KeyPairs   []string          `json:"key_pairs,omitempty"` // names, of the Region
	Profiles   []InstanceProfile `json:"instance_profiles,omitempty"`
	Bastions   []Bastion         `json:"bastions,omitempty"`
	ClientVPNs []ClientVPN       `json:"client_vpns,omitempty"`
}

// LoadBalancer is an Application Load Balancer.
type LoadBalancer struct {
	ARN       string     `json:"arn"`
	Name      string     `json:"name"`
	Scheme    string     `json:"scheme"` // internal or internet-facing
	DNSName   string     `json:"dns_name,omitempty"`
	State     string     `json:"state"`
	Subnets   []string   `json:"subnets"`
	Groups    []string   `json:"groups,omitempty"`
	Listeners []Listener `json:"listeners,omitempty"`
}

// Listener is a listener of a load balancer.
type Listener struct {
	ARN          string   `json:"arn"`
	Protocol     string   `json:"protocol"`
	Port         int      `json:"port"`
	Certificates []string `json:"certificates,omitempty"` // the default one
	TargetGroups []string `json:"target_groups,omitempty"`
}

// TargetGroup is a target group of a load balancer.
type TargetGroup struct {
	ARN           string   `json:"arn"`
	Name          string   `json:"name"`
	Protocol      string   `json:"protocol"`
	Port          int      `json:"port"`
	Type          string   `json:"type"`    // ip, …
	Matcher       string   `json:"matcher"` // codes that count as healthy
	LoadBalancers []string `json:"load_balancers,omitempty"`
	Targets       []Target `json:"targets,omitempty"`
}

// Target is a registered address of a target group.
type Target struct {
	Address string `json:"address"`
	State   string `json:"state"` // healthy, unhealthy, initial, unused, draining, …
	Reason  string `json:"reason,omitempty"`
}

// Certificate is a certificate in AWS Certificate Manager.
type Certificate struct {
	ARN    string   `json:"arn"`
	Domain string   `json:"domain"`
	Names  []string `json:"names,omitempty"` // covered domain names
	Status string   `json:"status"`          // ISSUED, PENDING_VALIDATION, EXPIRED, …
	Type   string   `json:"type"`            // AMAZON_ISSUED, IMPORTED, …
	Until  string   `json:"until,omitempty"` // RFC 3339
	Key    string   `json:"key,omitempty"`   // kind of its key: RSA-2048, as ACM lists it, …
}

// CertificateIssued is the status of a certificate that can be used.
const CertificateIssued = "ISSUED"

// Way returns the access methods in a VPC, or nil if they were not loaded.
func (inv *Inventory) Way(vpc string) *Access {
	return find(inv.Access, func(w *Access) bool { return w.VPC == vpc })
}

// CertificateFor returns the certificate for a domain: the one with the given ARN, otherwise one
// that covers the domain and was requested or imported as given, issued ones first.
func (w *Access) CertificateFor(domain, asked string) *Certificate {
	if strings.HasPrefix(asked, "arn:") {
		return find(w.Certificates, func(c *Certificate) bool { return c.ARN == asked })
	}
	made := map[string]string{"request": "AMAZON_ISSUED", "import": "IMPORTED"}[asked]
	for _, status := range []string{CertificateIssued, "PENDING_VALIDATION"} {
		if c := find(w.Certificates, func(c *Certificate) bool { return c.Type == made && c.Status == status && c.Covers(domain) }); c != nil {
			return c
		}
	}
	return nil
}

// Covers reports whether the certificate covers a domain.
func (c *Certificate) Covers(domain string) bool {
	_, parent, _ := strings.Cut(domain, ".")
	return slices.ContainsFunc(append(slices.Clone(c.Names), c.Domain), func(name string) bool { return name == domain || name == "*."+parent })
}

// TargetGroup returns a target group by name, or nil.
func (w *Access) TargetGroup(name string) *TargetGroup {
	return find(w.TargetGroups, func(t *TargetGroup) bool { return t.Name == name })
}

// LoadBalancer returns a load balancer by name, or nil.
func (w *Access) LoadBalancer(name string) *LoadBalancer {
	return find(w.LoadBalancers, func(l *LoadBalancer) bool { return l.Name == name })
}

// Listener returns the listener on a port, or nil.
func (l *LoadBalancer) Listener(port int) *Listener {
	return find(l.Listeners, func(x *Listener) bool { return x.Port == port })
}

// Addresses returns the registered addresses without those that are draining.
func (t *TargetGroup) Addresses() []string {
	var out []string
	for _, x := range t.Targets {
		if x.State != "draining" {
			out = append(out, x.Address)
		}
	}
	slices.Sort(out)
	return out
}

// ClientVPN is an AWS Client VPN endpoint.
type ClientVPN struct {
	ID                string        `json:"id"`
	Name              string        `json:"name,omitempty"`
	CIDR              string        `json:"cidr"`  // addresses of its clients
	State             string        `json:"state"` // pending-associate, available
	ServerCertificate string        `json:"server_certificate,omitempty"`
	ClientCertificate string        `json:"client_certificate,omitempty"` // clients need a certificate of its chain
	Associations      []Association `json:"associations,omitempty"`
	Authorized        []string      `json:"authorized,omitempty"` // CIDR blocks that all clients may reach
}

// Association is a target network of a Client VPN endpoint.
type Association struct {
	ID     string `json:"id"`
	Subnet string `json:"subnet"`
	State  string `json:"state"` // associating, associated
}

// ClientVPN returns a Client VPN endpoint by its Name tag, or nil.
func (w *Access) ClientVPN(name string) *ClientVPN {
	return find(w.ClientVPNs, func(v *ClientVPN) bool { return v.Name == name })
}

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

var accessPart = part{
	name: PartAccess, title: "certificates, key pairs, and load balancers for access methods",
	calls: []string{
		"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeLoadBalancers",
		"ec2:DescribeKeyPairs", "iam:ListInstanceProfiles", "ec2:DescribeInstances",
		"elasticloadbalancing:DescribeListeners", "acm:ListCertificates", "route53:ListHostedZones",
		"ec2:DescribeClientVpnEndpoints", "ec2:DescribeClientVpnTargetNetworks", "ec2:DescribeClientVpnAuthorizationRules",
	},
	ofVPC: func(inv *Inventory, vpc string) bool {
		return slices.ContainsFunc(inv.MWAA, func(e Airflow) bool { return e.VPC == vpc && e.Private() })
	},
	merge: func(inv, f *Inventory, r Request) {
		others := keep(inv.Access, func(w *Access) bool { return w.VPC != r.VPC })
		inv.Access = join(single(f.Way(r.VPC)), others, func(w *Access) string { return w.VPC })
	},
	unread: func(vpc string) *Inventory { return &Inventory{Access: []Access{{VPC: vpc}}} },
	mask: func(m *mask, inv *Inventory) {
		for w := range items(inv.Access) {
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
			for l := range items(w.LoadBalancers) {
				m.str(&l.ARN, m.arn)
				m.str(&l.Name, m.name)
				m.str(&l.DNSName, m.host)
				for x := range items(l.Listeners) {
					m.str(&x.ARN, m.arn)
					m.all(x.Certificates, m.arn)
					m.all(x.TargetGroups, m.arn)
				}
			}
			for t := range items(w.TargetGroups) {
				m.str(&t.ARN, m.arn)
				m.str(&t.Name, m.name)
				m.all(t.LoadBalancers, m.arn)
			}
			for c := range items(w.Certificates) {
				m.str(&c.ARN, m.arn)
				m.str(&c.Domain, m.host)
				m.all(c.Names, m.host)
			}
			for v := range items(w.ClientVPNs) {
				m.str(&v.Name, m.name)
				m.str(&v.ServerCertificate, m.arn)
				m.str(&v.ClientCertificate, m.arn)
			}
			for z := range items(w.Domains) {
				m.str(&z.Name, m.host)
				m.str(&z.Owner, m.owner)
			}
		}
	},
}
