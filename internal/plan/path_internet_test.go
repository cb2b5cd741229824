package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// to returns a route; a destination without a slash is a prefix list.
func to(destination, target string) inventory.Route {
	if !strings.Contains(destination, "/") {
		return inventory.Route{PrefixList: destination, Target: target}
	}
	return inventory.Route{CIDR: destination, Target: target}
}

func dead(r inventory.Route) inventory.Route { r.Blackhole = true; return r }

// vpcOf returns a network with a subnet "s" with these routes, and NAT gateways: nat-out leads to an
// internet gateway, nat-in has no route, nat-tgw leads to a transit gateway, nat-loop to itself. Those
// that begin with own- are private, those with reg- regional.
func vpcOf(routes ...inventory.Route) *inventory.Network {
	n := &inventory.Network{VPC: "vpc-1", DomainServers: []string{"AmazonProvidedDNS"}, Subnets: []inventory.Subnet{{ID: "s", CIDR: "10.0.0.0/24"}},
		RouteTables: []inventory.RouteTable{{ID: "rtb", Main: true}, {ID: "rtb-s", Subnets: []string{"s"}, Routes: append([]inventory.Route{to("10.0.0.0/16", "local")}, routes...)}},
		PrefixLists: []inventory.PrefixList{{ID: "pl-s3", Name: "com.amazonaws.us-east-1.s3", CIDRs: []string{"52.216.0.0/15"}}, {ID: "pl-all", CIDRs: []string{"0.0.0.0/1", "128.0.0.0/1"}}, {ID: "pl-low", CIDRs: []string{"0.0.0.0/1"}}, {ID: "pl-none"}},
		Endpoints:   []inventory.Endpoint{{ID: "vpce-s3", Type: "Gateway", State: "available"}}}
	for name, next := range map[string]string{"out": "igw-1", "in": "", "tgw": "tgw-1", "loop": "nat-loop", "twice": "nat-out"} {
		table := inventory.RouteTable{ID: "rtb-" + name, Subnets: []string{"s-" + name}}
		if next != "" {
			table.Routes = []inventory.Route{to("0.0.0.0/0", next)}
		}
		n.RouteTables = append(n.RouteTables, table)
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: "s-" + name, CIDR: "10.0.9.0/28"})
		n.NATGateways = append(n.NATGateways, inventory.NATGateway{ID: "nat-" + name, State: "available", Public: true, Subnet: "s-" + name},
			inventory.NATGateway{ID: "nat-own-" + name, State: "available", Subnet: "s-" + name},
			inventory.NATGateway{ID: "nat-reg-" + name, State: "available", Public: true, Regional: true, RouteTable: "rtb-" + name})
	}
	n.NATGateways = append(n.NATGateways, inventory.NATGateway{ID: "nat-pending", State: "pending", Public: true, Subnet: "s-out"}, inventory.NATGateway{ID: "nat-deleting", State: "deleting", Public: true, Subnet: "s-out"},
		inventory.NATGateway{ID: "nat-reg-far", State: "available", Public: true, Regional: true, RouteTable: "rtb-far"}, inventory.NATGateway{ID: "nat-old", State: "available", Public: true})
	return n
}

func TestWayOut(t *testing.T) {
	const none = "no internet"
	for _, tt := range []struct {
		name   string
		routes []inventory.Route
		text   string
		want   catalog.Egress
	}{
		{"internet gateway", []inventory.Route{to("0.0.0.0/0", "igw-1")}, "internet gateway", catalog.Open},
		{"NAT gateway", []inventory.Route{to("0.0.0.0/0", "nat-out")}, "NAT gateway", catalog.Open},
		{"NAT gateway without a route", []inventory.Route{to("0.0.0.0/0", "nat-in")}, "NAT gateway without an internet route", catalog.Closed},
		{"NAT gateway with a transit gateway", []inventory.Route{to("0.0.0.0/0", "nat-tgw")}, "NAT gateway, then default route to tgw-1", catalog.Maybe},
		{"NAT gateway that leads back", []inventory.Route{to("0.0.0.0/0", "nat-loop")}, "NAT gateway without an internet route", catalog.Closed},
		{"two NAT gateways", []inventory.Route{to("0.0.0.0/0", "nat-twice")}, "NAT gateway, then NAT gateway", catalog.Open},
		{"private NAT gateway", []inventory.Route{to("0.0.0.0/0", "nat-own-out")}, "private NAT gateway, no internet", catalog.Closed},
		{"private NAT gateway with a transit gateway", []inventory.Route{to("0.0.0.0/0", "nat-own-tgw")}, "private NAT gateway, then default route to tgw-1", catalog.Maybe},
		{"private NAT gateway with a public one", []inventory.Route{to("0.0.0.0/0", "nat-own-twice")}, "private NAT gateway, then NAT gateway", catalog.Open},
		{"regional NAT gateway", []inventory.Route{to("0.0.0.0/0", "nat-reg-out")}, "NAT gateway", catalog.Open},
		{"regional NAT gateway without a route", []inventory.Route{to("0.0.0.0/0", "nat-reg-in")}, "NAT gateway without an internet route", catalog.Closed},
		{"regional NAT gateway with a transit gateway", []inventory.Route{to("0.0.0.0/0", "nat-reg-tgw")}, "NAT gateway, then default route to tgw-1", catalog.Maybe},
		{"regional NAT gateway with a table that is not shown", []inventory.Route{to("0.0.0.0/0", "nat-reg-far")}, "NAT gateway, its routes not known", catalog.Maybe},
		{"NAT gateway of a snapshot without subnets", []inventory.Route{to("0.0.0.0/0", "nat-old")}, "NAT gateway, its routes not known", catalog.Maybe},
		{"pending NAT gateway", []inventory.Route{to("0.0.0.0/0", "nat-pending")}, "NAT gateway in state pending, no internet", catalog.Closed},
		{"NAT gateway in deletion", []inventory.Route{to("0.0.0.0/0", "nat-deleting")}, "NAT gateway in state deleting, no internet", catalog.Closed},
		{"NAT gateway of another account", []inventory.Route{to("0.0.0.0/0", "nat-theirs")}, "NAT gateway, not seen", catalog.Maybe},
		{"transit gateway", []inventory.Route{to("0.0.0.0/0", "tgw-1")}, "default route to tgw-1", catalog.Maybe},
		{"virtual private gateway", []inventory.Route{to("0.0.0.0/0", "vgw-1")}, "default route to vgw-1", catalog.Maybe},
		{"appliance", []inventory.Route{to("0.0.0.0/0", "eni-1")}, "default route to eni-1", catalog.Maybe},
		{"firewall", []inventory.Route{to("0.0.0.0/0", "vpce-fw")}, "default route to vpce-fw", catalog.Maybe},
		{"target not known", []inventory.Route{to("0.0.0.0/0", "")}, "default route to a target that is not known", catalog.Maybe},
		{"peering does not lead on", []inventory.Route{to("0.0.0.0/0", "pcx-1")}, "VPC peering, no internet", catalog.Closed},
		{"blackhole", []inventory.Route{dead(to("0.0.0.0/0", "nat-out"))}, "blackhole route", catalog.Closed},
		{"only local", nil, none, catalog.Closed},
		{"only a gateway endpoint", []inventory.Route{to("pl-s3", "vpce-s3")}, none, catalog.Closed},
		{"only private addresses", []inventory.Route{to("10.0.0.0/8", "tgw-1"), to("172.16.0.0/12", "tgw-1"), to("192.168.0.0/16", "igw-1")}, none, catalog.Closed},
		{"two halves", []inventory.Route{to("0.0.0.0/1", "nat-out"), to("128.0.0.0/1", "nat-out")}, "NAT gateway", catalog.Open},
		{"one half", []inventory.Route{to("0.0.0.0/1", "nat-out")}, "NAT gateway for a part of the internet", catalog.Maybe},
		{"halves to different gateways", []inventory.Route{to("0.0.0.0/1", "nat-out"), to("128.0.0.0/1", "nat-reg-out")}, "NAT gateway", catalog.Open},
		{"the halves win", []inventory.Route{to("0.0.0.0/0", "igw-1"), dead(to("0.0.0.0/1", "eni-1")), dead(to("128.0.0.0/1", "eni-1"))}, "blackhole route", catalog.Closed},
		{"a block of the company does not matter", []inventory.Route{to("0.0.0.0/0", "nat-out"), dead(to("198.51.0.0/16", "tgw-1"))}, "NAT gateway", catalog.Open},
		{"a quarter does", []inventory.Route{to("0.0.0.0/0", "nat-out"), dead(to("0.0.0.0/2", "tgw-1"))}, "NAT gateway for a part of the internet", catalog.Maybe},
		{"some blocks of AWS", []inventory.Route{to("52.94.0.0/16", "nat-out")}, "NAT gateway for a part of the internet", catalog.Maybe},
		{"a block of the company alone", []inventory.Route{to("198.51.0.0/16", "tgw-1")}, none, catalog.Closed},
		{"default route by prefix list", []inventory.Route{to("pl-all", "nat-out")}, "NAT gateway", catalog.Open},
		{"half of it by prefix list", []inventory.Route{to("pl-low", "nat-out")}, "NAT gateway for a part of the internet", catalog.Maybe},
		{"the rest of it by a wider route", []inventory.Route{to("pl-low", "nat-out"), to("0.0.0.0/0", "igw-1")}, "NAT gateway", catalog.Open},
		{"empty prefix list", []inventory.Route{to("pl-none", "nat-out")}, none, catalog.Closed},
		{"prefix list not read", []inventory.Route{to("pl-9", "nat-out")}, "no internet, prefix list not read", catalog.Maybe},
		{"prefix list not read, same verdict", []inventory.Route{to("pl-9", "igw-1"), to("0.0.0.0/0", "nat-out")}, "NAT gateway", catalog.Open},
		{"prefix list of a gateway endpoint not read", []inventory.Route{to("pl-9", "vpce-s3")}, "no internet", catalog.Closed},
		{"prefix list not read, inside the VPC", []inventory.Route{to("pl-9", "tgw-1"), to("0.0.0.0/0", "nat-out")}, "NAT gateway, prefix list not read", catalog.Maybe},
		{"a static route wins over a propagated one", []inventory.Route{{CIDR: "0.0.0.0/0", Target: "vgw-1", Propagated: true}, to("0.0.0.0/0", "nat-out")}, "NAT gateway", catalog.Open},
		{"a prefix list wins over a propagated route", []inventory.Route{{CIDR: "0.0.0.0/1", Target: "vgw-1", Propagated: true}, {CIDR: "128.0.0.0/1", Target: "vgw-1", Propagated: true}, to("pl-all", "nat-out")}, "NAT gateway", catalog.Open},
		{"IPv6 in a subnet without it", []inventory.Route{to("::/0", "eigw-1")}, none, catalog.Closed},
	} {
		n := vpcOf(tt.routes...)
		if text, e := plan.WayOut(&inventory.Inventory{}, n, &n.Subnets[0]); text != tt.text || e != tt.want {
			t.Errorf("%s: %q %v, want %q %v", tt.name, text, e, tt.text, tt.want)
		}
	}
	if text, e := plan.WayOut(&inventory.Inventory{}, &inventory.Network{}, &inventory.Subnet{}); e != catalog.Maybe || text != "routes not known" {
		t.Errorf("unknown routes: %q %v", text, e)
	}
	unread := &inventory.Inventory{Gaps: []inventory.Gap{{Call: "ec2:DescribeNatGateways", Code: "UnauthorizedOperation"}}}
	n := vpcOf(to("0.0.0.0/0", "nat-out"))
	n.NATGateways = nil
	if text, e := plan.WayOut(unread, n, &n.Subnets[0]); e != catalog.Maybe || text != "NAT gateway, not read" {
		t.Errorf("NAT gateways not read: %q %v", text, e)
	}
}

// TestWayOutIPv6 tests subnets with IPv6 addresses, beside IPv4 or alone.
func TestWayOutIPv6(t *testing.T) {
	for _, tt := range []struct {
		name   string
		routes []inventory.Route
		only   bool // IPv6
		dns64  bool
		own    bool // DNS servers
		text   string
		want   catalog.Egress
	}{
		{"egress-only", []inventory.Route{to("::/0", "eigw-1")}, false, false, false, "egress-only internet gateway, IPv6 only", catalog.Closed},
		{"internet gateway", []inventory.Route{to("::/0", "igw-1")}, false, false, false, "internet gateway, IPv6 only", catalog.Closed},
		{"both families", []inventory.Route{to("::/0", "eigw-1"), to("0.0.0.0/0", "nat-out")}, false, false, false, "NAT gateway", catalog.Open},
		{"half of it", []inventory.Route{to("2000::/4", "eigw-1")}, false, false, false, "no internet", catalog.Closed},
		{"blackhole", []inventory.Route{dead(to("::/0", "eigw-1"))}, false, false, false, "no internet", catalog.Closed},
		{"alone", []inventory.Route{to("::/0", "eigw-1")}, true, true, false, "egress-only internet gateway, IPv6 only", catalog.Closed},
		{"alone, IPv4 routes do not count", []inventory.Route{to("0.0.0.0/0", "nat-out")}, true, true, false, "no internet", catalog.Closed},
		{"NAT64", []inventory.Route{to("::/0", "eigw-1"), to("64:ff9b::/96", "nat-out")}, true, true, false, "NAT gateway", catalog.Open},
		{"NAT64 by a regional gateway", []inventory.Route{to("64:ff9b::/96", "nat-reg-out")}, true, true, false, "NAT gateway", catalog.Open},
		{"NAT64 by the default route", []inventory.Route{to("::/0", "nat-out")}, true, true, false, "NAT gateway", catalog.Open},
		{"NAT64 without a route of the gateway", []inventory.Route{to("64:ff9b::/96", "nat-in")}, true, true, false, "NAT gateway without an internet route", catalog.Closed},
		{"NAT64 to a transit gateway", []inventory.Route{to("64:ff9b::/96", "tgw-1")}, true, true, false, "default route to tgw-1", catalog.Maybe},
		{"NAT64 to an internet gateway", []inventory.Route{to("64:ff9b::/96", "igw-1")}, true, true, false, "no internet", catalog.Closed},
		{"NAT64 without DNS64", []inventory.Route{to("64:ff9b::/96", "nat-out")}, true, false, false, "NAT gateway without DNS64, no internet", catalog.Closed},
		{"NAT64 with other DNS servers", []inventory.Route{to("64:ff9b::/96", "nat-out")}, true, false, true, "NAT gateway, DNS64 not known", catalog.Maybe},
	} {
		n := vpcOf(tt.routes...)
		if tt.own {
			n.DomainServers = []string{"10.0.0.9"}
		}
		sub := &n.Subnets[0]
		sub.IPv6, sub.IPv6Only, sub.DNS64 = []string{"2001:db8::/64"}, tt.only, tt.dns64
		if text, e := plan.WayOut(&inventory.Inventory{}, n, sub); text != tt.text || e != tt.want {
			t.Errorf("%s: %q %v, want %q %v", tt.name, text, e, tt.text, tt.want)
		}
	}
}

// TestWayOutBlocked tries each mode of VPC Block Public Access in the subnet and in that of the NAT
// gateway.
func TestWayOutBlocked(t *testing.T) {
	const all, ingress = "block-bidirectional", "block-ingress"
	for _, tt := range []struct {
		target   string
		six      bool
		sub, nat string
		want     catalog.Egress
	}{
		{"igw-1", false, "", "", catalog.Open}, {"igw-1", false, "off", "", catalog.Open}, {"igw-1", false, ingress, "", catalog.Closed}, {"igw-1", false, all, "", catalog.Closed},
		{"igw-1", false, "block-new", "", catalog.Maybe},
		{"nat-out", false, ingress, ingress, catalog.Open}, {"nat-out", false, all, all, catalog.Closed}, {"nat-out", false, "", "", catalog.Open},
		{"nat-out", false, all, "", catalog.Maybe}, {"nat-out", false, "", all, catalog.Maybe}, {"nat-out", false, all, ingress, catalog.Maybe}, {"nat-out", false, ingress, "", catalog.Open},
		{"nat-reg-out", false, all, all, catalog.Closed}, {"nat-reg-out", false, ingress, ingress, catalog.Open}, {"nat-in", false, "", "", catalog.Closed},
		{"tgw-1", false, all, all, catalog.Maybe}, // private connectivity is not blocked
		{"eigw-1", true, "", "", catalog.Open}, {"eigw-1", true, ingress, "", catalog.Open}, {"eigw-1", true, all, "", catalog.Closed},
		{"igw-1", true, "", "", catalog.Open}, {"igw-1", true, ingress, "", catalog.Closed}, {"igw-1", true, all, "", catalog.Closed},
	} {
		destination := "0.0.0.0/0"
		if tt.six {
			destination = "::/0"
		}
		n := vpcOf(to(destination, tt.target))
		n.BlockPublicAccess = tt.nat
		for i := range n.Subnets {
			n.Subnets[i].BlockPublicAccess = tt.nat
		}
		sub := &n.Subnets[0]
		sub.BlockPublicAccess = tt.sub
		text, e := plan.WayOut(&inventory.Inventory{}, n, sub)
		if tt.six { // IPv4 is closed, and the text shows whether IPv6 is open
			sub.IPv6 = []string{"2001:db8::/64"}
			text, _ = plan.WayOut(&inventory.Inventory{}, n, sub)
			if e = catalog.Closed; strings.HasSuffix(text, ", IPv6 only") {
				e = catalog.Open
			}
		}
		if e != tt.want {
			t.Errorf("%+v: %q %v", tt, text, e)
		}
		if blocked := strings.Contains(text, "VPC Block Public Access"); blocked != (strings.HasPrefix(tt.sub+tt.nat, "block") && e != catalog.Open && tt.sub != "block-new" && tt.target != "tgw-1" && !tt.six) {
			t.Errorf("%+v: the text is %q", tt, text)
		}
	}
}

// TestWayOutEncrypted tries VPC Encryption Controls with and without an exclusion for each gateway.
func TestWayOutEncrypted(t *testing.T) {
	for target, kinds := range map[string][]string{"igw-1": {"InternetGateway"}, "nat-out": {"InternetGateway", "NatGateway"}} {
		for _, tt := range []struct {
			mode, state string
			exclusions  []string
			want        catalog.Egress
		}{
			{"", "", nil, catalog.Open}, {"monitor", "available", nil, catalog.Open}, {"enforce", "deleting", nil, catalog.Open}, {"enforce", "enforce-failed", nil, catalog.Open},
			{"enforce", "available", nil, catalog.Maybe}, {"monitor", "enforce-in-progress", nil, catalog.Maybe}, {"enforce", "available", kinds, catalog.Open},
			{"enforce", "available", []string{"Lambda", "EgressOnlyInternetGateway"}, catalog.Maybe}, {"enforce", "available", kinds[:len(kinds)-1], catalog.Maybe},
		} {
			n := vpcOf(to("0.0.0.0/0", target))
			n.Encryption = inventory.EncryptionControl{Mode: tt.mode, State: tt.state, Exclusions: tt.exclusions}
			if text, e := plan.WayOut(&inventory.Inventory{}, n, &n.Subnets[0]); e != tt.want || (e == catalog.Maybe) != strings.Contains(text, "VPC Encryption Controls") {
				t.Errorf("%s, %+v: %q %v", target, tt, text, e)
			}
		}
	}
}

// notInternet are blocks of /16 or larger that are not on the internet.
var notInternet = []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"}

// sixteens are the first addresses of the blocks of 65,536 addresses that are on the internet.
var sixteens = sync.OnceValue(func() []netip.Addr {
	var out []netip.Addr
	for i := range 1 << 16 {
		a := netip.AddrFrom4([4]byte{byte(i >> 8), byte(i)})
		if !slices.ContainsFunc(notInternet, func(b string) bool { return netip.MustParsePrefix(b).Contains(a) }) {
			out = append(out, a)
		}
	}
	return out
})

// bySixteens decides internet access like the product, but asks for each block of 65,536 addresses
// which of the routes AWS uses.
func bySixteens(n *inventory.Network, verdicts map[string]catalog.Egress) catalog.Egress {
	type one struct {
		block  netip.Prefix
		rank   int
		target string
	}
	var all []one
	for _, r := range n.RouteTables[1].Routes {
		blocks, rank := []string{r.CIDR}, 3
		if r.PrefixList != "" {
			rank = 2
			for _, p := range n.PrefixLists {
				if p.ID == r.PrefixList {
					blocks = p.CIDRs
				}
			}
		}
		if r.Propagated {
			rank = 1
		}
		for _, b := range blocks {
			all = append(all, one{netip.MustParsePrefix(b), rank, r.Target})
		}
	}
	count := map[catalog.Egress]int{}
	for _, a := range sixteens() {
		best, found := -1, catalog.Closed
		for _, o := range all {
			if !o.block.Contains(a) {
				continue
			}
			switch key := o.block.Bits()*10 + o.rank; {
			case key > best:
				best, found = key, verdicts[o.target]
			case key == best && verdicts[o.target] != found:
				found = catalog.Maybe
			}
		}
		count[found]++
	}
	total := count[catalog.Open] + count[catalog.Maybe] + count[catalog.Closed]
	switch {
	case 16*count[catalog.Open] >= 15*total && total > 0:
		return catalog.Open
	case count[catalog.Open] > 0 || 16*count[catalog.Maybe] > total:
		return catalog.Maybe
	}
	return catalog.Closed
}

// The longest match by parts agrees with the longest match for each address.
func TestRoutesByAddress(t *testing.T) {
	verdicts := map[string]catalog.Egress{"igw-1": catalog.Open, "nat-out": catalog.Open, "nat-in": catalog.Closed, "tgw-1": catalog.Maybe, "pcx-1": catalog.Closed, "local": catalog.Unknown}
	blocks := rapid.SampledFrom([]string{"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2", "192.0.0.0/2", "48.0.0.0/4", "10.0.0.0/8", "52.0.0.0/8", "52.216.0.0/15", "100.64.0.0/10", "198.51.0.0/16"})
	targets := rapid.SampledFrom([]string{"igw-1", "nat-out", "nat-in", "tgw-1", "pcx-1", "local"})
	rapid.Check(t, func(t *rapid.T) {
		n := vpcOf()
		n.PrefixLists = nil
		used := map[string]bool{"10.0.0.0/16": true}
		for i := range rapid.IntRange(0, 6).Draw(t, "routes") {
			r := inventory.Route{Target: targets.Draw(t, "target")}
			switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
			case kind == 0:
				r.PrefixList = fmt.Sprint("pl-", i)
				n.PrefixLists = append(n.PrefixLists, inventory.PrefixList{ID: r.PrefixList, CIDRs: rapid.SliceOfN(blocks, 0, 3).Draw(t, "list")})
			default:
				r.CIDR, r.Propagated = blocks.Draw(t, "block"), kind == 1
				if key := fmt.Sprint(r.CIDR, r.Propagated); used[key] { // AWS refuses a second route to the same block
					continue
				} else {
					used[key] = true
				}
			}
			n.RouteTables[1].Routes = append(n.RouteTables[1].Routes, r)
		}
		text, got := plan.WayOut(&inventory.Inventory{}, n, &n.Subnets[0])
		if want := bySixteens(n, verdicts); got != want {
			t.Fatalf("%+v\n%+v: %q %v, want %v", n.RouteTables[1].Routes, n.PrefixLists, text, got, want)
		}
	})
}

// A doubt is named where the verdict depends on it, and the message of a finding names the routes.
func TestInternetAccessInPlans(t *testing.T) {
	for _, tt := range []struct {
		name          string
		set           func(*plantest.World)
		verdict, text string // of ecr.api
		finding       string // a part of E-DOCKERHUB; empty: none
		severity      plan.Severity
	}{
		{"NAT gateway without a route", func(w *plantest.World) { w.Net().RouteTables[len(w.Net().RouteTables)-1].Routes = nil }, "required", "", "(NAT gateway without an internet route)", plan.Error},
		{"not read", func(w *plantest.World) { w.Net().NATGateways = nil; w.Gap("ec2:DescribeNatGateways") }, "recommended", "was not read (ec2:DescribeNatGateways). If the subnets do not reach the internet, this endpoint is required.", "", ""},
		{"transit gateway", func(w *plantest.World) { w.Net().RouteTables[1].Routes[1].Target = "tgw-1" }, "recommended", "cannot see where the default route ends", "", ""},
		{"one subnet blocked", func(w *plantest.World) { w.Net().Subnets[0].BlockPublicAccess = "block-bidirectional" }, "recommended", "AWS does not document which of them counts", "", ""},
		{"all subnets blocked", func(w *plantest.World) {
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].BlockPublicAccess = "block-bidirectional"
			}
		}, "required", "", "(NAT gateway blocked by VPC Block Public Access)", plan.Error},
		{"IPv6 only", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes[1] = to("::/0", "eigw-1")
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].IPv6 = []string{fmt.Sprintf("2001:db8:0:%d::/64", i)}
			}
		}, "required", "with IPv6 only", "whether this source has IPv6 addresses is not known", plan.Warn},
		{"IPv6 in one of the subnets", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes[1] = to("::/0", "eigw-1")
			w.Net().Subnets[0].IPv6 = []string{"2001:db8::/64"}
		}, "required", "", "no internet access from app-a (subnet-a), app-b (subnet-b), app-c (subnet-c) (egress-only internet gateway, IPv6 only)", plan.Error},
		{"public addresses are missing", func(w *plantest.World) { w.Net().RouteTables[1].Routes[1].Target = "igw-1" }, "required", "", "(internet gateway without public addresses)", plan.Error},
	} {
		w := plantest.New()
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, to("0.0.0.0/0", "nat-1"))
		w.NAT()
		w.Def().Containers = append(w.Def().Containers, inventory.Container{Name: "side", Image: "redis:7"})
		tt.set(w)
		p := w.Plan()
		for _, n := range p.Needs {
			if n.Service == "ecr.api" && (string(n.Verdict) != tt.verdict || !strings.Contains(n.Why, tt.text)) {
				t.Errorf("%s: %s: %s", tt.name, n.Verdict, n.Why)
			}
		}
		f := finding(p, "E-DOCKERHUB")
		if (f != nil) != (tt.finding != "") || f != nil && (!strings.Contains(f.Message, tt.finding) || f.Severity != tt.severity) {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}
