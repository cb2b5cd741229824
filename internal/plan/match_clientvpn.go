package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// clientVPNLabel returns the DNS label for the names of its certificates. It leaves room for a
// prefix, because a common name has at most 64 characters.
func clientVPNLabel(env string) string {
	name := strings.ReplaceAll(strings.ToLower(inventory.ClientVPNName(env)), "_", "-")
	return strings.TrimRight(name[:min(len(name), 57)], "-")
}

// vpnKeys returns the folder for the certificates and keys of a new Client VPN. The folder around it stays: the run
// also writes the client's file to it.
func vpnKeys(env string) string { return inventory.ClientVPNName(env) + "-vpn/keys" }

// matchClientVPN plans an AWS Client VPN endpoint into the VPC (Amazon MWAA user guide, tutorial
// with a Client VPN; Client VPN administrator guide). Clients need no DNS server of the VPC: public
// DNS resolves the web server's host name to private addresses.
func (b *builder) matchClientVPN(w *accessMethod) {
	v, name, there := b.Ans.Airflow.ClientVPN, inventory.ClientVPNName(w.env.Name), b.vpn(w)
	group, _ := b.accessGroup("client-vpn", inventory.AccessGroup(w.env.Name, inventory.ClientVPNGroup), "Clients on their way to the Airflow web server, made by PrivateLink Wizard")
	b.allowAccess(w, "client-vpn", group, "the security group of the Client VPN")
	server := b.vpnCertificate(w, "vpn-server", "server", v.ServerCertificate, resource.InputServer, resource.InputServerKey)
	client := b.vpnCertificate(w, "vpn-client", "client", v.ClientCertificate, resource.InputClient, resource.InputClientKey)

	a := resource.Change{ID: resource.ID("client-vpn/" + w.env.Name), Op: resource.Create, Rules: []string{"W-CVPNCIDR", "W-CVPNKEY"}, Summary: fmt.Sprintf("Create Client VPN %s with the client addresses %s", name, b.clientCIDR(w)),
		Why:  "People connect with a VPN client and a certificate, and can then reach the VPC. Only traffic to the VPC uses the connection (split tunnel). The client addresses cannot be changed later.",
		Spec: resource.ClientVPN{Environment: w.env.Name, VPC: b.vpc.ID, CIDR: b.clientCIDR(w), Groups: []resource.Value{group}, Server: server, Client: client, Label: clientVPNLabel(w.env.Name), Keys: vpnKeys(w.env.Name), Given: v.ClientCertificate != "", Tags: b.tags(name)}}
	if there != nil {
		a.Op, a.Existing, a.Summary = resource.Keep, there.ID, "Client VPN "+inventory.Label(name, there.ID)+" exists"
	}
	b.p.Changes = append(b.p.Changes, a)
	b.serves(a.ID, "Client VPN "+name+" is available")

	subnet := b.clientVPNSubnet(w)
	s := resource.Change{ID: a.ID + "/subnet", Op: resource.Create, Rules: []string{"W-ACCESS"}, Summary: "Associate subnet " + b.subnetLabel(subnet) + " with it", Spec: resource.ClientVPNSubnet{Endpoint: resource.From(a.ID), Subnet: subnet},
		Why: "Clients enter the VPC through this subnet and use the security group of the Client VPN. The association takes minutes, and it is billed per hour."}
	if x := there.association(subnet); x != nil {
		s.Op, s.Existing, s.Summary = resource.Keep, x.ID, "Subnet "+b.subnetLabel(subnet)+" is associated with it"
	}
	b.p.Changes = append(b.p.Changes, s)
	b.serves(s.ID, "subnet "+subnet+" is associated with it")

	cidr := b.vpc.CIDRs[0]
	// One after the other: AWS rejects a change of a Client VPN endpoint while another change is in
	// progress.
	r := resource.Change{ID: a.ID + "/authorization", Op: resource.Create, After: []resource.ID{s.ID}, Rules: []string{"W-ACCESS"}, Summary: "Allow its clients to reach " + cidr + ", the VPC", Spec: resource.ClientVPNAccess{Endpoint: resource.From(a.ID), CIDR: cidr},
		Why: "A Client VPN forwards no traffic without an authorization rule. Security groups still restrict what clients reach in the VPC."}
	if there.authorizes(cidr) {
		r.Op, r.Existing, r.Summary = resource.Keep, cidr, "Its clients may reach "+cidr+", the VPC"
	}
	b.p.Changes = append(b.p.Changes, r)
	b.serves(r.ID, "its clients may reach "+cidr)
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: a.ID, Says: "a browser on a connected computer opens the web server and shows the log-in page", Measure: resource.Inside{}})
}

// vpn returns the existing Client VPN; nil if none exists. Its methods accept nil.
func (b *builder) vpn(w *accessMethod) *clientVPN {
	return (*clientVPN)(w.seen.ClientVPN(b.tags(inventory.ClientVPNName(w.env.Name))["Name"]))
}

// clientVPN is a Client VPN that may be nil.
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

// clientCIDR returns the client addresses: those of the existing Client VPN, otherwise those of the
// answers, otherwise a suitable block.
func (b *builder) clientCIDR(w *accessMethod) string {
	if v := b.vpn(w); v != nil {
		return v.CIDR
	}
	return cmp.Or(b.Ans.Airflow.ClientVPN.CIDR, SuggestClientCIDR(b.vpc.CIDRs))
}

// clientVPNSubnet returns the subnet of the answers, otherwise an associated subnet, otherwise the
// environment's first subnet.
func (b *builder) clientVPNSubnet(w *accessMethod) string {
	if s := b.Ans.Airflow.ClientVPN.Subnet; s != "" {
		return s
	}
	if v := b.vpn(w); v != nil && len(v.Associations) > 0 {
		return v.Associations[0].Subnet
	}
	return cmp.Or(append(slices.Clone(w.env.Subnets), "")...)
}

func (b *builder) subnetLabel(id string) string {
	if s := b.Net.Subnet(id); s != nil {
		return inventory.Label(s.Name, s.ID)
	}
	return id
}

// vpnCertificate plans one of the two certificates: the certificate of the answers, otherwise one of
// an earlier run, otherwise a new one.
func (b *builder) vpnCertificate(w *accessMethod, part, side, given, body, key string) resource.Value {
	label := clientVPNLabel(w.env.Name)
	a := resource.Change{ID: resource.ID("certificate/" + part), Rules: []string{"W-CVPNKEY"}}
	spec := resource.Certificate{ARN: given, Domain: side + "." + label}
	if made := w.seen.CertificateFor(spec.Domain, answers.CertificateImport); given == "" && made != nil {
		spec.ARN = made.ARN
	}
	if spec.ARN != "" {
		a.Op, a.Existing, a.Summary = resource.Keep, spec.ARN, "The "+side+" certificate exists"
		a.Why = "It is in ACM in the Region of the Client VPN, as required."
	} else {
		spec.Body, spec.Key, spec.Chain, spec.Tags = body, key, resource.InputVPNCA, b.tags(spec.Domain)
		for _, f := range [][2]string{{resource.InputVPNCA, "ca.pem"}, {resource.InputServer, "server.pem"}, {resource.InputServerKey, "server.key"}, {resource.InputClient, "client.pem"}, {resource.InputClientKey, "client.key"}} {
			spec.Files = append(spec.Files, resource.Input{Name: f[0], File: vpnKeys(w.env.Name) + "/" + f[1], Made: label})
		}
		// The certificate is imported shortly before it is used.
		a.After = []resource.ID{resource.ID("security-group-rule/" + w.group.ID + "/in/client-vpn")}
		a.Op, a.Summary = resource.Create, "Create a "+side+" certificate, "+spec.Domain+", and import it"
		a.Why = "A Client VPN and its clients identify each other with ACM certificates (mutual authentication). The key is created on this computer, RSA 2048, the longest key that Client VPN supports. The certificate is valid for 825 days."
		if side == "client" {
			a.Why += " The client's file also contains the key: anybody with that file can connect to the VPC."
		}
	}
	a.Spec = spec
	b.p.Changes = append(b.p.Changes, a)
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: a.ID, Says: "the " + side + " certificate is issued", Measure: resource.Issued{}})
	return resource.From(a.ID)
}

// serves claims that a part of a Client VPN is in the state that serves clients.
func (b *builder) serves(id resource.ID, text string) {
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: id, Says: text, Measure: resource.Serves{}})
}
