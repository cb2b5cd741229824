package plan

import (
	"net/netip"
	"slices"
	"strconv"
)

// ClientCIDRProblem returns why a Client VPN in a VPC with these blocks cannot use the block for its
// clients, or an empty text (rule W-CVPNCIDR; Client VPN administrator guide, rules and best
// practices). The block cannot be changed later.
func ClientCIDRProblem(client string, vpc []string) string {
	p, err := netip.ParsePrefix(client)
	switch {
	case err != nil:
		return strconv.Quote(client) + " must be an address block, such as 172.16.0.0/22"
	case !p.Addr().Is4():
		return client + " is not IPv4"
	case p != p.Masked():
		return client + " must be the start of a block: " + p.Masked().String() + " contains it"
	case p.Bits() < 12:
		return client + " is too large: a Client VPN supports blocks from /12 to /22"
	case p.Bits() > 22:
		return client + " is too small: a Client VPN supports blocks from /12 to /22"
	}
	if i := slices.IndexFunc(vpc, func(v string) bool { return overlaps(client, v) }); i >= 0 {
		return client + " overlaps " + vpc[i] + " of the VPC"
	}
	return ""
}

// SuggestClientCIDR returns a block for the clients of a Client VPN that does not overlap the VPC's
// blocks: the one of AWS's tutorial, if possible. A VPC has few blocks of at most /16, so that one
// is found. For other blocks it may return an empty text.
func SuggestClientCIDR(vpc []string) string {
	candidates := []string{"172.16.0.0/22", "10.100.0.0/22", "192.168.0.0/22"}
	for i := 101; i < 256; i++ {
		candidates = append(candidates, "10."+strconv.Itoa(i)+".0.0/22")
	}
	for _, c := range candidates {
		if ClientCIDRProblem(c, vpc) == "" {
			return c
		}
	}
	return ""
}
