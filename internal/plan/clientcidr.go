package plan

import (
	"net/netip"
	"slices"
	"strconv"
)

// ClientCIDRProblem says why a Client VPN cannot give its clients addresses of that block
// where the VPC has these, or nothing (rule W-CVPNCIDR; Client VPN administrator guide,
// rules and best practices). The block cannot be changed later.
func ClientCIDRProblem(client string, vpc []string) string {
	p, err := netip.ParsePrefix(client)
	switch {
	case err != nil:
		return strconv.Quote(client) + " is no block of addresses, such as 172.16.0.0/22"
	case !p.Addr().Is4():
		return client + " is not IPv4"
	case p != p.Masked():
		return client + " is no block: " + p.Masked().String() + " is the one around it"
	case p.Bits() < 12:
		return client + " is too large: a Client VPN takes blocks from /12 to /22"
	case p.Bits() > 22:
		return client + " is too small: a Client VPN takes blocks from /12 to /22"
	}
	if i := slices.IndexFunc(vpc, func(v string) bool { return overlaps(client, v) }); i >= 0 {
		return client + " overlaps " + vpc[i] + " of the VPC"
	}
	return ""
}

// SuggestClientCIDR gives a block for the clients of a Client VPN that does not overlap the
// VPC's: that of AWS's tutorial where it can be. A VPC's blocks are at most /16 and few, so
// that it finds one; of others it may find none, and gives nothing.
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
