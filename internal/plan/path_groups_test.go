package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// small returns an account with three small subnets of both families, each with 16 addresses of IPv4 and
// 8 of IPv6.
func small() *plantest.World {
	w := plantest.New()
	w.Ans.IPAddressType = "dualstack"
	for i := range w.Net().Subnets[:3] {
		s := &w.Net().Subnets[i]
		s.CIDR, s.IPv6 = fmt.Sprintf("10.0.%d.0/28", i), []string{fmt.Sprintf("2001:db8:0:%d::/125", i)}
	}
	return w
}

var smallBlocks = rapid.SampledFrom([]string{"0.0.0.0/0", "::/0", "10.0.0.0/16", "10.0.0.0/28", "10.0.0.0/29", "10.0.0.8/29", "10.0.0.8/30", "10.0.0.12/30", "10.0.1.0/29", "10.0.1.8/29", "10.0.0.0/23", "10.0.2.0/24", "10.0.2.5/32",
	"2001:db8::/32", "2001:db8::/126", "2001:db8::4/126", "2001:db8:0:1::/64", "2001:db8:0:2::/125", "2001:db8:0:2::/127"})

// drawRule draws a rule of a security group by block or by one of the lists pl-0 and pl-1, which were
// read, and pl-9, which was not.
func drawRule(egress bool) *rapid.Generator[inventory.GroupRule] {
	return rapid.Custom(func(t *rapid.T) inventory.GroupRule {
		r := inventory.GroupRule{Egress: egress != (rapid.IntRange(0, 9).Draw(t, "other direction") == 0), Protocol: rapid.SampledFrom([]string{"tcp", "tcp", "6", "-1", "udp", "17", "50"}).Draw(t, "protocol"), From: -1, To: -1}
		if r.Protocol == "tcp" || r.Protocol == "6" || r.Protocol == "udp" || r.Protocol == "17" {
			r.From, r.To = rapid.SampledFrom([]int{0, 443, 444}).Draw(t, "from"), rapid.SampledFrom([]int{442, 443, 65535}).Draw(t, "to")
		}
		switch rapid.IntRange(0, 9).Draw(t, "peer") {
		case 0, 1:
			r.PrefixList = fmt.Sprint("pl-", rapid.IntRange(0, 1).Draw(t, "list"))
		case 2:
			r.PrefixList = "pl-9"
		case 3:
			r.Group = rapid.SampledFrom([]string{"sg-peer-of-another-vpc", "sg-deleted"}).Draw(t, "group")
		default:
			r.CIDR = smallBlocks.Draw(t, "block")
		}
		return r
	})
}

// allowed is what rules do to TCP 443 from or to one block, judged address by address: "no", "yes", or
// "perhaps" if a list that was not read decides.
func allowed(rules []inventory.GroupRule, lists []inventory.PrefixList, egress bool, block string) string {
	out := "yes"
	p := netip.MustParsePrefix(block)
	for a := p.Addr(); p.Contains(a); a = a.Next() {
		one := "no"
		for _, r := range rules {
			tcp := r.Protocol == "-1" || (r.Protocol == "tcp" || r.Protocol == "6") && r.From <= 443 && r.To >= 443
			if r.Egress != egress || !tcp {
				continue
			}
			blocks := []string{r.CIDR}
			if r.PrefixList != "" {
				i := slices.IndexFunc(lists, func(l inventory.PrefixList) bool { return l.ID == r.PrefixList })
				if i < 0 {
					one = strings.Replace(one, "no", "perhaps", 1)
					continue
				}
				blocks = lists[i].CIDRs
			}
			if slices.ContainsFunc(blocks, func(b string) bool { return b != "" && netip.MustParsePrefix(b).Contains(a) }) {
				one = "yes"
			}
		}
		switch {
		case one == "no":
			return "no"
		case one == "perhaps":
			out = one
		}
	}
	return out
}

// Rules of an endpoint's group together agree with a judgement of each address.
func TestRulesByAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := small()
		w.Service().Groups = nil // so that its addresses count
		for i := range 2 {
			w.Net().PrefixLists = append(w.Net().PrefixLists, inventory.PrefixList{ID: fmt.Sprint("pl-", i), CIDRs: rapid.SliceOfN(smallBlocks, 0, 3).Draw(t, "list")})
		}
		group := inventory.SecurityGroup{ID: "sg-own", Rules: rapid.SliceOfN(drawRule(false), 0, 7).Draw(t, "rules")}
		w.Group(group)
		w.Ans.SecurityGroups = []string{"sg-own"}
		got := plan.ScopeOf(&w.Inv, w.Ans).NotAllowed(&group)
		perhaps := false
		for _, s := range w.Net().Subnets[:3] {
			for _, block := range append([]string{s.CIDR}, s.IPv6...) {
				want := allowed(group.Rules, w.Net().PrefixLists, false, block)
				perhaps = perhaps || want == "perhaps"
				if slices.Contains(got, block) != (want == "no") {
					t.Fatalf("%+v\n%+v: %s is %s, and not allowed are %q", group.Rules, w.Net().PrefixLists, block, want, got)
				}
			}
		}
		f := finding(w.Plan(), "G-SG443")
		if want := len(got) > 0 || perhaps; (f != nil) != want || f != nil && (f.Severity == plan.Error) != (len(got) > 0) {
			t.Fatalf("%+v\n%+v: %+v", group.Rules, w.Net().PrefixLists, f)
		}
	})
}

// Outbound rules of the workload's group together agree with a judgement of each address of the
// endpoints' subnets.
func TestOutboundRulesByAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := small()
		need := []string{"awslogs"} // without Amazon S3
		w.Ans.Needs = &need
		for i := range 2 {
			w.Net().PrefixLists = append(w.Net().PrefixLists, inventory.PrefixList{ID: fmt.Sprint("pl-", i), CIDRs: rapid.SliceOfN(smallBlocks, 0, 3).Draw(t, "list")})
		}
		rules := rapid.SliceOfN(drawRule(true), 0, 7).Draw(t, "rules")
		w.Net().SecurityGroups[0].Rules = rules
		want := "yes"
		for _, s := range w.Net().Subnets[:3] {
			for _, block := range append([]string{s.CIDR}, s.IPv6...) {
				switch one := allowed(rules, w.Net().PrefixLists, true, block); {
				case one == "no", want == "no":
					want = "no"
				case one == "perhaps":
					want = one
				}
			}
		}
		got := "yes"
		if f := finding(w.Plan(), "G-SGEGRESS"); f != nil {
			got = map[plan.Severity]string{plan.Error: "no", plan.Warn: "perhaps"}[f.Severity]
		}
		if got != want {
			t.Fatalf("%+v\n%+v: %s, want %s", rules, w.Net().PrefixLists, got, want)
		}
	})
}

// Several rules together also allow other clients of the VPC: of both families, and by prefix list.
func TestOtherClientsByUnions(t *testing.T) {
	tcp := func(cidrs ...string) []inventory.GroupRule {
		var out []inventory.GroupRule
		for _, c := range cidrs {
			r := inventory.GroupRule{Protocol: "tcp", From: 1, To: 443, CIDR: c}
			if !strings.Contains(c, "/") {
				r.CIDR, r.PrefixList = "", c
			}
			out = append(out, r)
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		ip    string // of the other client; empty: any of its subnet
		ipv6  bool
		rules []inventory.GroupRule
		shut  bool
		warn  bool
	}{
		{"one address", "10.0.100.9", false, tcp("10.0.0.0/18", "10.0.100.0/28"), false, false},
		{"another address", "10.0.100.99", false, tcp("10.0.0.0/18", "10.0.100.0/28"), true, false},
		{"two halves of its subnet", "", false, tcp("10.0.0.0/18", "10.0.100.0/25", "10.0.100.128/25"), false, false},
		{"one half of its subnet", "", false, tcp("10.0.0.0/18", "10.0.100.0/25"), true, false},
		{"the entries of a list", "10.0.100.9", false, tcp("10.0.0.0/18", "pl-own"), false, false},
		{"a list that lacks it", "10.0.100.200", false, tcp("10.0.0.0/18", "pl-own"), true, false},
		{"a list that was not read", "10.0.100.200", false, tcp("10.0.0.0/18", "pl-9"), false, true},
		{"IPv6 too", "10.0.100.9", true, tcp("10.0.0.0/16", "2001:db8::/33", "2001:db8:8000::/33"), false, false},
		{"not IPv6", "10.0.100.9", true, tcp("10.0.0.0/16", "2001:db8::/64"), true, false},
	} {
		w := plantest.New()
		plantest.Elsewhere(w)
		n := w.Net()
		n.Interfaces[len(n.Interfaces)-1].IP = tt.ip
		n.PrefixLists = append(n.PrefixLists, inventory.PrefixList{ID: "pl-own", CIDRs: []string{"10.0.100.0/26", "10.0.100.64/26"}})
		if tt.ipv6 {
			w.Ans.IPAddressType = "dualstack"
			for i := range n.Subnets {
				n.Subnets[i].IPv6 = []string{fmt.Sprintf("2001:db8:0:%d::/64", i)}
			}
		}
		w.Group(inventory.SecurityGroup{ID: "sg-own", Rules: tt.rules})
		w.Ans.SecurityGroups = []string{"sg-own"}
		if f := finding(w.Plan(), "G-SHUTOUT"); (f != nil) != (tt.shut || tt.warn) || f != nil && (f.Severity == plan.Warn) != tt.warn {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}
