package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

// vpnAddresses judges the addresses that clients are to get.
func (b *builder) vpnAddresses(w *way) []Finding {
	asked, cidr := b.ans.Airflow.ClientVPN.CIDR, b.clientCIDR(w)
	f := Finding{Severity: Block, Resource: "mwaa.client_vpn.cidr", Rows: []ID{ID("client-vpn/" + w.env.Name)}, Fix: "Remove cidr, and a block that suits is taken. It cannot be changed once the Client VPN is made."}
	if there := b.vpn(w); there != nil {
		if asked == "" || asked == cidr {
			return nil
		}
		f.Resource, f.Message, f.Fix = there.ID, fmt.Sprintf("The clients of Client VPN %s have addresses of %s, and not of %s. That cannot be changed.", there.ID, cidr, asked), "Remove cidr, or delete that Client VPN first."
		return []Finding{f}
	}
	if cidr == "" {
		f.Message, f.Fix = "No block of addresses for clients is free beside those of the VPC.", "Name one under cidr, between /12 and /22."
		return []Finding{f}
	}
	problem := ClientCIDRProblem(cidr, b.vpc.CIDRs)
	if problem == "" {
		return nil
	}
	f.Message = "Clients cannot have these addresses: " + problem + "."
	return []Finding{f}
}

// wayCertificates judges certificates that the answers name.
func (b *builder) wayCertificates(w *way) []Finding {
	var out []Finding
	switch b.ans.Airflow.WayIn {
	case answers.ByLoadBalancer:
		return b.balancerCertificate(w)
	case answers.ByClientVPN:
		for _, arn := range vpnGiven(b.ans.Airflow.ClientVPN) {
			if f := b.certificateThere(w, arn, "A Client VPN"); f != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

// vpnKeys judges what kinds of keys certificates have, as far as ACM tells: as RSA_2048 in
// one place of its reference and RSA-2048 in another.
func (b *builder) vpnKeys(w *way) []Finding {
	var out []Finding
	for _, arn := range vpnGiven(b.ans.Airflow.ClientVPN) {
		c := w.seen.CertificateFor("", arn)
		if c == nil || c.Key == "" || slices.Contains([]string{"RSA-1024", "RSA-2048"}, strings.ReplaceAll(c.Key, "_", "-")) {
			continue
		}
		out = append(out, Finding{Severity: Error, Resource: arn, Message: fmt.Sprintf("The key of the certificate of %s is %s. A Client VPN takes RSA keys of 1024 or 2048 bits.", c.Domain, c.Key),
			Fix: "Name certificates with keys of RSA 2048, or none, and they are made."})
	}
	return out
}

// vpnGiven are the certificates that the answers name.
func vpnGiven(v answers.ClientVPN) []string {
	return slices.DeleteFunc([]string{v.ServerCertificate, v.ClientCertificate}, func(arn string) bool { return arn == "" })
}
