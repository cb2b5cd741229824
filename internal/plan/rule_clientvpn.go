package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// vpnAddresses checks the address range for VPN clients.
func (b *builder) vpnAddresses(w *accessMethod) []Finding {
	asked, cidr := b.Ans.Airflow.ClientVPN.CIDR, b.clientCIDR(w)
	f := Finding{Severity: Block, Resource: "mwaa.client_vpn.cidr", Changes: []resource.ID{resource.ID("client-vpn/" + w.env.Name)}, Fix: "Enter another CIDR block on the screen Access method (answers file: remove mwaa.client_vpn.cidr, and the plan chooses a free block). It cannot be changed after the Client VPN is created."}
	if there := b.vpn(w); there != nil {
		if asked == "" || asked == cidr {
			return nil
		}
		f.Resource, f.Message, f.Fix = there.ID, fmt.Sprintf("The clients of Client VPN %s have addresses of %s, not of %s. This cannot be changed.", there.ID, cidr, asked), "Remove cidr, or delete that Client VPN first."
		return []Finding{f}
	}
	if cidr == "" {
		f.Message, f.Fix = "No address block for clients is free outside the blocks of the VPC.", "Set cidr to a block between /12 and /22."
		return []Finding{f}
	}
	problem := ClientCIDRProblem(cidr, b.vpc.CIDRs)
	if problem == "" {
		return nil
	}
	f.Message = "Clients cannot have these addresses: " + problem + "."
	return []Finding{f}
}

// accessCertificates checks the certificates in the answers.
func (b *builder) accessCertificates(w *accessMethod) []Finding {
	var out []Finding
	switch b.Ans.Airflow.WayIn {
	case answers.ByLoadBalancer:
		return b.balancerCertificate(w)
	case answers.ByClientVPN:
		for _, arn := range vpnGiven(b.Ans.Airflow.ClientVPN) {
			if f := b.certificateThere(w, arn, "A Client VPN"); f != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

// vpnKeys checks the key types of certificates, as far as ACM shows them. The ACM reference writes
// RSA_2048 on one page and RSA-2048 on another.
func (b *builder) vpnKeys(w *accessMethod) []Finding {
	var out []Finding
	for _, arn := range vpnGiven(b.Ans.Airflow.ClientVPN) {
		c := w.seen.CertificateFor("", arn)
		if c == nil || c.Key == "" || slices.Contains([]string{"RSA-1024", "RSA-2048"}, strings.ReplaceAll(c.Key, "_", "-")) {
			continue
		}
		out = append(out, Finding{Severity: Error, Resource: arn, Message: fmt.Sprintf("The key of the certificate of %s is %s. A Client VPN needs an RSA key of 1024 or 2048 bits.", c.Domain, c.Key),
			Fix: "Set certificates with RSA 2048 keys, or remove them, and the plan creates them."})
	}
	return out
}

// vpnGiven returns the certificates in the answers.
func vpnGiven(v answers.ClientVPN) []string {
	return slices.DeleteFunc([]string{v.ServerCertificate, v.ClientCertificate}, func(arn string) bool { return arn == "" })
}
