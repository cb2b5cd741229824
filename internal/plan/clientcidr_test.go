package plan_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

func TestClientCIDRProblem(t *testing.T) {
	vpc := []string{"10.192.0.0/16", "10.200.4.0/24", "2001:db8::/56"}
	for client, says := range map[string]string{
		"172.16.0.0/22":   "",
		"100.64.0.0/22":   "",
		"172.16.0.0/12":   "",
		"10.128.0.0/12":   "",
		"10.192.0.0/12":   "overlaps 10.192.0.0/16",
		"10.200.0.0/16":   "overlaps 10.200.4.0/24",
		"10.192.128.0/22": "overlaps 10.192.0.0/16",
		"172.16.1.0/22":   "172.16.0.0/22 contains it",
		"10.0.0.0/11":     "too large",
		"172.16.0.0/23":   "too small",
		"2001:db8::/22":   "not IPv4",
		"172.16.0.0":      "must be an address block",
		"":                "must be an address block",
	} {
		if got := plan.ClientCIDRProblem(client, vpc); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%s: %q, not %q", client, got, says)
		}
	}
}

func TestSuggestClientCIDR(t *testing.T) {
	for _, tt := range []struct {
		vpc  []string
		want string
	}{
		{nil, "172.16.0.0/22"},
		{[]string{"10.192.0.0/16"}, "172.16.0.0/22"},
		{[]string{"172.16.0.0/16"}, "10.100.0.0/22"},
		{[]string{"172.16.2.0/24", "10.100.0.0/16"}, "192.168.0.0/22"},
		{[]string{"172.16.0.0/16", "10.100.0.0/16", "192.168.0.0/16", "10.101.0.0/28"}, "10.102.0.0/22"},
		{[]string{"0.0.0.0/0"}, ""},
	} {
		if got := plan.SuggestClientCIDR(tt.vpc); got != tt.want {
			t.Errorf("%v: %s, not %s", tt.vpc, got, tt.want)
		}
	}
}

// TestSuggestedClientCIDRsDoNotOverlap checks VPCs with up to 50 blocks, with a separate count of
// addresses.
func TestSuggestedClientCIDRsDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vpc := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			a := rapid.SampledFrom([]string{"10.%d.%d.0", "172.16.%[2]d.0", "192.168.%[2]d.0"}).Draw(t, "block")
			p := netip.MustParsePrefix(fmt.Sprintf(a+"/24", rapid.IntRange(100, 140).Draw(t, "second"), rapid.IntRange(0, 255).Draw(t, "third")))
			return netip.PrefixFrom(p.Addr(), rapid.IntRange(16, 28).Draw(t, "bits")).Masked().String()
		}), 0, 50).Draw(t, "vpc")
		got := plan.SuggestClientCIDR(vpc)
		p, err := netip.ParsePrefix(got)
		if err != nil || p.Bits() != 22 {
			t.Fatalf("%v: %q", vpc, got)
		}
		for _, v := range vpc {
			if p.Overlaps(netip.MustParsePrefix(v)) {
				t.Fatalf("%s overlaps %s", got, v)
			}
		}
	})
}
