package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Price of AWS Client VPN in us-east-1, from memory: 10 cents an hour for an associated
// subnet, and 5 for each client as long as it is connected.
const vpnMonthly = 0.10 * hours

// The names under which a run is given the certificates and keys that are made for a
// Client VPN.
const (
	InputVPNCA     = "vpn-ca"
	InputServer    = "vpn-server-certificate"
	InputServerKey = "vpn-server-key"
	InputClient    = "vpn-client-certificate"
	InputClientKey = "vpn-client-key"
)

// ClientVPNCertificate is the row of the certificate that clients of a Client VPN have.
const ClientVPNCertificate ID = "certificate/vpn-client"

// clientVPNGroup is the name of the security group of a Client VPN.
func clientVPNGroup(env string) string { return "privatelink-wizard-" + env + "-client-vpn" }

// clientVPNName is its tag Name.
func clientVPNName(env string) string { return "airflow-" + env }

// clientVPNLabel is the name by which its certificates are called, as a label of a DNS
// name with room for what stands before it (a common name has at most 64 characters).
func clientVPNLabel(env string) string {
	name := strings.ReplaceAll(strings.ToLower(clientVPNName(env)), "_", "-")
	return strings.TrimRight(name[:min(len(name), 57)], "-")
}

// matchClientVPN plans an AWS Client VPN endpoint into the VPC (Amazon MWAA user guide,
// tutorial with a Client VPN; Client VPN administrator guide). Clients need no DNS server
// of the VPC: the web server's host name is one of public DNS, with private addresses.
func (b *builder) matchClientVPN(w *way) {
	v, name, there := b.ans.Airflow.ClientVPN, clientVPNName(w.env.Name), b.vpn(w)
	group, _ := b.wayGroup("client-vpn", clientVPNGroup(w.env.Name), "Clients on their way to the Airflow web server, made by PrivateLink Wizard")
	b.admitWay(w, "client-vpn", group, "the security group of the Client VPN")
	server := b.vpnCertificate(w, "vpn-server", "server", v.ServerCertificate, InputServer, InputServerKey)
	client := b.vpnCertificate(w, "vpn-client", "client", v.ClientCertificate, InputClient, InputClientKey)

	a := Action{ID: ID("client-vpn/" + w.env.Name), Op: Create, Rules: []string{"W-CVPNCIDR", "W-CVPNKEY"}, Summary: fmt.Sprintf("Create Client VPN %s with addresses of %s for its clients", name, b.clientCIDR(w)),
		Why:  "People connect to it with a VPN client and a certificate, and are in the VPC then. Only what is for the VPC goes through it (split tunnel). The addresses of its clients cannot be changed later.",
		Spec: ClientVPN{Environment: w.env.Name, VPC: b.vpc.ID, CIDR: b.clientCIDR(w), Groups: []Value{group}, Server: server, Client: client, Label: clientVPNLabel(w.env.Name), Tags: b.tags(name)}}
	if there != nil {
		a.Op, a.Existing, a.Summary = Keep, there.ID, "Client VPN "+inventory.Label(name, there.ID)+" is there"
	}
	b.p.Actions = append(b.p.Actions, a)
	b.serves(a.ID, "Client VPN "+name+" is available")

	subnet := b.clientVPNSubnet(w)
	s := Action{ID: a.ID + "/subnet", Op: Create, Rules: []string{"W-ACCESS"}, Summary: "Associate subnet " + b.subnetLabel(subnet) + " with it", Spec: ClientVPNSubnet{Endpoint: From(a.ID), Subnet: subnet},
		Why: "Clients get into the VPC there, and have the security group of the Client VPN. It takes minutes, and is what costs by the hour."}
	if x := there.association(subnet); x != nil {
		s.Op, s.Existing, s.Summary = Keep, x.ID, "Subnet "+b.subnetLabel(subnet)+" is associated with it"
	} else {
		b.costs("the Client VPN, beside $0.05 an hour for each person who is connected", vpnMonthly)
	}
	b.p.Actions = append(b.p.Actions, s)
	b.serves(s.ID, "subnet "+subnet+" is associated with it")

	cidr := b.vpc.CIDRs[0]
	// One after the other: AWS refuses changes of an endpoint while another is under way.
	r := Action{ID: a.ID + "/authorization", Op: Create, After: []ID{s.ID}, Rules: []string{"W-ACCESS"}, Summary: "Let its clients reach " + cidr + ", the VPC", Spec: ClientVPNAccess{Endpoint: From(a.ID), CIDR: cidr},
		Why: "A Client VPN lets nobody through until a rule says where to. Security groups still decide what they reach there."}
	if there.authorizes(cidr) {
		r.Op, r.Existing, r.Summary = Keep, cidr, "Its clients may reach "+cidr+", the VPC"
	}
	b.p.Actions = append(b.p.Actions, r)
	b.serves(r.ID, "its clients may reach "+cidr)
	b.wayClaims = append(b.wayClaims, Claim{Action: a.ID, Kind: Inside, Says: "a browser on a computer that is connected to it opens the web server and sees the log-in page"})
}

// vpn is the Client VPN that is there, for its methods to speak of; it may be none.
func (b *builder) vpn(w *way) *clientVPN {
	return (*clientVPN)(w.seen.ClientVPN(b.tags(clientVPNName(w.env.Name))["Name"]))
}

// clientVPN is one that may not be there.
type clientVPN inventory.ClientVPN

func (v *clientVPN) association(subnet string) *inventory.Association {
	if v == nil {
		return nil
	}
	for i := range v.Associations {
		if v.Associations[i].Subnet == subnet {
			return &v.Associations[i]
		}
	}
	return nil
}

func (v *clientVPN) authorizes(cidr string) bool {
	return v != nil && slices.Contains(v.Authorized, cidr)
}

// clientCIDR are the addresses of clients: those that it has, else those asked for, else
// some that suit.
func (b *builder) clientCIDR(w *way) string {
	if v := b.vpn(w); v != nil {
		return v.CIDR
	}
	return cmp.Or(b.ans.Airflow.ClientVPN.CIDR, SuggestClientCIDR(b.vpc.CIDRs))
}

// clientVPNSubnet is the subnet asked for, else one that is associated, else the
// environment's first.
func (b *builder) clientVPNSubnet(w *way) string {
	if s := b.ans.Airflow.ClientVPN.Subnet; s != "" {
		return s
	}
	if v := b.vpn(w); v != nil && len(v.Associations) > 0 {
		return v.Associations[0].Subnet
	}
	return cmp.Or(append(slices.Clone(w.env.Subnets), "")...)
}

func (b *builder) subnetLabel(id string) string {
	if s := b.net.Subnet(id); s != nil {
		return inventory.Label(s.Name, s.ID)
	}
	return id
}

// vpnCertificate plans one of both certificates: that which is named, else one that was
// made before, else it is made.
func (b *builder) vpnCertificate(w *way, part, side, given, body, key string) Value {
	label := clientVPNLabel(w.env.Name)
	a := Action{ID: ID("certificate/" + part), Rules: []string{"W-CVPNKEY"}}
	spec := Certificate{ARN: given, Domain: side + "." + label}
	if made := w.seen.CertificateFor(spec.Domain, answers.CertificateImport); given == "" && made != nil {
		spec.ARN = made.ARN
	}
	if spec.ARN != "" {
		a.Op, a.Existing, a.Summary = Keep, spec.ARN, "The "+side+" certificate is there"
		a.Why = "It is in ACM, in the Region of the Client VPN, where it has to be."
	} else {
		folder := clientVPNName(w.env.Name) + "-vpn/"
		spec.Body, spec.Key, spec.Chain, spec.Tags = body, key, InputVPNCA, b.tags(spec.Domain)
		for _, f := range [][2]string{{InputVPNCA, "ca.pem"}, {InputServer, "server.pem"}, {InputServerKey, "server.key"}, {InputClient, "client.pem"}, {InputClientKey, "client.key"}} {
			spec.inputs = append(spec.inputs, Input{Name: f[0], File: folder + f[1], Made: label})
		}
		// Right before they are of use: a key that is made is not kept where the run goes no further.
		a.After = []ID{ID("security-group-rule/" + w.group.ID + "/in/client-vpn")}
		a.Op, a.Summary = Create, "Make a "+side+" certificate, "+spec.Domain+", and import it"
		a.Why = "A Client VPN and its clients know each other by certificates of ACM (mutual authentication). Its key is made on this computer, RSA 2048, which is the longest that Client VPN takes. It holds for 825 days."
		if side == "client" {
			a.Why += " The key goes into the client's file as well: whoever has that file gets into the VPC."
		}
	}
	a.Spec = spec
	b.p.Actions = append(b.p.Actions, a)
	b.wayClaims = append(b.wayClaims, Claim{Action: a.ID, Kind: Issued, Says: "the " + side + " certificate is issued"})
	return From(a.ID)
}

// serves claims that a part of a Client VPN is in the state in which it serves.
func (b *builder) serves(id ID, says string) {
	b.wayClaims = append(b.wayClaims, Claim{Action: id, Kind: Serves, Says: says})
}

// ClientFileSays tells of the file of a Client VPN's client, which was there and is kept,
// or was written, with the client's key in it or without.
func ClientFileSays(name string, kept, key bool) []string {
	first := name + " is in this folder. It holds a private key: whoever has the file gets into the VPC."
	switch {
	case kept:
		first = name + " is there already, and is kept."
	case !key:
		first = name + " is in this folder, without the client's certificate and private key, which are not known here: add them at its end, between <cert> and </cert>, and <key> and </key>."
	}
	return []string{first, "Connect with it by the AWS VPN Client (File, Manage Profiles), or by: sudo openvpn --config " + name}
}
