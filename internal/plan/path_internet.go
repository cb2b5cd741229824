package plan

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// exit is how a subnet reaches the internet. It is about the IPv4 addresses of the internet: those of
// AWS services, too. An IPv6-only subnet reaches them through NAT64.
type exit struct {
	text   string // the route, as screens show it
	egress catalog.Egress
	public bool   // through an internet gateway, which serves only public addresses
	six    bool   // IPv6 traffic reaches the internet
	doubt  string // why it cannot be decided, as a sentence, if something else than the target is the reason
}

// WayOut returns a subnet's route to the internet as a text, and whether it works. An internet
// gateway serves only public addresses.
func WayOut(inv *inventory.Inventory, n *inventory.Network, sub *inventory.Subnet) (text string, e catalog.Egress) {
	x := exitOf(inv, n, n.RouteTableOf, sub)
	return x.text, x.egress
}

// exitOf returns how a subnet reaches the internet. Only its own route table, and those of NAT
// gateways, are evaluated. The function tableOf returns the route table of a subnet.
func exitOf(inv *inventory.Inventory, n *inventory.Network, tableOf func(string) *inventory.RouteTable, sub *inventory.Subnet) exit {
	_, unread := inv.Gap("ec2:DescribeNatGateways")
	e := exits{n: n, tableOf: tableOf, unread: unread}
	table := tableOf(sub.ID)
	if table == nil {
		return exit{text: "routes not known", egress: catalog.Maybe, doubt: "The routes of the subnets were not read."}
	}
	x := e.through(table, sub, internet4)
	if sub.IPv6Only {
		x = e.translated(table, sub)
	}
	if sub.IPv6Only || len(sub.IPv6) > 0 {
		if v6 := e.through(table, sub, internet6); v6.egress == catalog.Open {
			x.six = true
			if x.egress == catalog.Closed {
				x.text = v6.text + ", IPv6 only"
			}
		}
	}
	return x
}

// exits evaluates the routes of one VPC.
type exits struct {
	n       *inventory.Network
	tableOf func(string) *inventory.RouteTable
	unread  bool     // the NAT gateways
	passed  []string // NAT gateways on the path
}

// noInternet is the text of no route to the internet.
const noInternet = "no internet"

// Blocks of the internet: all addresses, and those of them that are not on the internet (IANA's
// special-purpose address registries).
var (
	internet4 = space{"0.0.0.0/0", parsed("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3")}
	internet6 = space{"2000::/3", nil}
	nat64     = space{"64:ff9b::/96", nil}
)

// space is a block of addresses without some blocks in it.
type space struct {
	block   string
	without []netip.Prefix
}

func parsed(text string) []netip.Prefix {
	var out []netip.Prefix
	for _, block := range strings.Fields(text) {
		if p, err := netip.ParsePrefix(block); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// mostElse is the largest part of the internet that may take another route than the rest, such as the
// public addresses of a company. This limit is of this program: no page of AWS has one.
const mostElse = 1.0 / 16

// through returns how the routes of a table lead to the addresses of a space. AWS uses the most
// specific route for each address (Amazon VPC user guide, How route priority works), so that two
// routes can together be a default route.
func (e exits) through(table *inventory.RouteTable, sub *inventory.Subnet, to space) exit {
	routes, unread := destinations(e.n, table)
	share := map[catalog.Egress]float64{}
	best, size := map[catalog.Egress]exit{}, map[exit]float64{}
	verdicts := map[*inventory.Route]exit{}
	add := func(x exit, part float64) {
		share[x.egress] += part
		size[x] += part
		if size[x] > size[best[x.egress]] {
			best[x.egress] = x
		}
	}
	walk(routes, netip.MustParsePrefix(to.block), to.without, func(block netip.Prefix, winners []destination) {
		part := math.Exp2(-float64(block.Bits()))
		if len(winners) == 0 {
			add(exit{text: noInternet, egress: catalog.Closed}, part)
			return
		}
		var x exit
		for i, w := range winners {
			one, known := verdicts[w.route]
			if !known {
				one = e.target(w.route, sub, to)
				verdicts[w.route] = one
			}
			if i > 0 && one.egress != x.egress { // AWS chooses one of them, and does not show which
				one = exit{text: one.text + " or " + x.text, egress: catalog.Maybe, doubt: "Two prefix lists in the routes contain the same addresses, and AWS does not show which route it uses."}
			}
			x = one
		}
		if x.egress != catalog.Unknown { // inside the VPC, or a gateway endpoint
			add(x, part)
		}
	})
	total := share[catalog.Open] + share[catalog.Maybe] + share[catalog.Closed]
	out := best[catalog.Closed]
	switch rest := total * (1 - mostElse); {
	case share[catalog.Open] >= rest && total > 0:
		out = best[catalog.Open]
	case share[catalog.Maybe] >= rest && total > 0:
		out = best[catalog.Maybe]
	case share[catalog.Open] > 0:
		out = exit{text: best[catalog.Open].text + " for a part of the internet", egress: catalog.Maybe, doubt: "The routes lead only a part of the internet's addresses out of the VPC, and which of them the workload needs is not known."}
	case share[catalog.Maybe] > total*mostElse:
		out = best[catalog.Maybe]
		out.text += " for a part of the internet"
	}
	for _, r := range unread {
		if x := e.target(r, sub, to); x.egress != catalog.Unknown && x.egress != out.egress {
			return exit{text: out.text + ", prefix list not read", egress: catalog.Maybe, doubt: "A route uses prefix list " + r.PrefixList + ", and its addresses were not read."}
		}
	}
	if out.text == "" {
		out = exit{text: noInternet, egress: catalog.Closed} // the VPC contains all of it
	}
	return out
}

// translated returns how an IPv6-only subnet reaches IPv4 addresses: the DNS server returns addresses
// in 64:ff9b::/96 for them, which a NAT gateway translates (Amazon VPC user guide, DNS64 and NAT64).
func (e exits) translated(table *inventory.RouteTable, sub *inventory.Subnet) exit {
	x := e.through(table, sub, nat64)
	own := len(e.n.DomainServers) > 0 && !slices.Contains(e.n.DomainServers, "AmazonProvidedDNS")
	switch {
	case sub.DNS64 || x.egress == catalog.Closed:
		return x
	case own: // it can do the same
		return exit{text: x.text + ", DNS64 not known", egress: catalog.Maybe, doubt: "The VPC has its own DNS servers, and whether they do DNS64 is not known."}
	}
	return exit{text: x.text + " without DNS64, no internet", egress: catalog.Closed}
}

// noTransit are kinds of target that lead to no network with internet access. A VPC peering connection
// does not lead to a gateway of the other VPC (Amazon VPC peering guide, How VPC peering connections
// work).
var noTransit = map[string]string{"pcx": "VPC peering"}

// target returns where the target of a route leads the traffic of a subnet. The egress of traffic that
// stays inside the VPC or goes to a gateway endpoint is Unknown.
func (e exits) target(r *inventory.Route, sub *inventory.Subnet, to space) exit {
	kind, _, _ := strings.Cut(r.Target, "-")
	if resource.ID(r.Target) == gatewayID { // the plan creates it
		kind = "igw"
	}
	v6 := to.block == internet6.block
	switch {
	case r.Target == "local", slices.ContainsFunc(e.n.Endpoints, func(x inventory.Endpoint) bool { return x.ID == r.Target && x.Type == catalog.Gateway }):
		return exit{}
	case r.Blackhole:
		return exit{text: "blackhole route", egress: catalog.Closed}
	case kind == "igw" && to.block == nat64.block, kind == "eigw" && !v6, kind == "nat" && v6:
		return exit{text: noInternet, egress: catalog.Closed} // these do not translate
	case kind == "igw":
		return e.unlessExcluded(exclusionIGW, viaInternetGateway, e.gateway(sub, !v6))
	case kind == "eigw":
		return e.unlessExcluded("EgressOnlyInternetGateway", viaEgressOnly, blocked(viaEgressOnly, sub.BlockPublicAccess, false))
	case kind == "nat":
		return e.unlessExcluded("NatGateway", "NAT gateway", e.nat(r.Target, sub))
	case noTransit[kind] != "":
		return exit{text: noTransit[kind] + ", no internet", egress: catalog.Closed}
	}
	return exit{text: "default route to " + cmp.Or(r.Target, "a target that is not known"), egress: catalog.Maybe}
}

// The texts of gateways.
const (
	viaInternetGateway = "internet gateway"
	viaEgressOnly      = "egress-only internet gateway"
)

// gateway returns the verdict on a route to an internet gateway from a subnet.
func (e exits) gateway(sub *inventory.Subnet, public bool) exit {
	x := blocked(viaInternetGateway, sub.BlockPublicAccess, true)
	x.public = public && x.egress == catalog.Open
	return x
}

// blocked returns the verdict on a gateway with VPC Block Public Access in a mode. The mode
// block-bidirectional blocks internet gateways and egress-only internet gateways. The mode
// block-ingress blocks internet gateways, but not the traffic of NAT gateways and egress-only internet
// gateways (Amazon VPC user guide, VPC BPA basics, and Advanced example).
func blocked(text, mode string, ingress bool) exit {
	switch {
	case mode == "" || mode == "off" || mode == blockIngress && !ingress:
		return exit{text: text, egress: catalog.Open}
	case mode == blockIngress, mode == blockAll:
		return exit{text: text + " blocked by VPC Block Public Access", egress: catalog.Closed}
	}
	return exit{text: text, egress: catalog.Maybe, doubt: "VPC Block Public Access is in mode " + mode + ", which this version does not know."}
}

// The modes of VPC Block Public Access.
const (
	blockAll     = "block-bidirectional"
	blockIngress = "block-ingress"
)

// nat returns where a NAT gateway leads. Its own routes decide: it is in a subnet, or a regional one
// has a route table (Amazon VPC user guide, NAT gateways, and Regional NAT gateways). An internet
// gateway drops the traffic of a private NAT gateway.
func (e exits) nat(id string, from *inventory.Subnet) exit {
	cannot := func(text, why string) exit {
		return exit{text: "NAT gateway, " + text, egress: catalog.Maybe, doubt: "NAT gateway " + id + " " + why}
	}
	i := slices.IndexFunc(e.n.NATGateways, func(g inventory.NATGateway) bool { return g.ID == id })
	switch {
	case i < 0 && e.unread:
		return cannot("not read", "was not read (ec2:DescribeNatGateways).")
	case i < 0: // of the owner of a shared VPC, or created a moment ago
		return cannot("not seen", "was not seen in the VPC.")
	}
	g := e.n.NATGateways[i]
	name := "NAT gateway"
	if !g.Public {
		name = "private NAT gateway"
	}
	if g.State != "available" {
		return exit{text: name + " in state " + g.State + ", no internet", egress: catalog.Closed}
	}
	if slices.Contains(e.passed, id) {
		return exit{text: name + ", no internet", egress: catalog.Closed} // its route leads back to it
	}
	e.passed = append(slices.Clone(e.passed), id)
	at := inventory.Subnet{ID: g.Subnet, BlockPublicAccess: e.n.BlockPublicAccess}
	var table *inventory.RouteTable
	switch j := slices.IndexFunc(e.n.Subnets, func(s inventory.Subnet) bool { return s.ID == g.Subnet }); {
	case g.Regional:
		if j := slices.IndexFunc(e.n.RouteTables, func(t inventory.RouteTable) bool { return t.ID == g.RouteTable }); j >= 0 {
			table = &e.n.RouteTables[j]
		}
	case j >= 0:
		at = e.n.Subnets[j]
		table = e.tableOf(at.ID)
	}
	if table == nil {
		return cannot("its routes not known", "has routes that were not read.")
	}
	mode := at.BlockPublicAccess
	at.BlockPublicAccess = "" // the mode for traffic of NAT gateways is below
	x := e.through(table, &at, internet4)
	switch {
	case x.public && !g.Public:
		return exit{text: name + ", no internet", egress: catalog.Closed}
	case x.public && x.egress == catalog.Open:
		// The pages do not say whether the subnet of the workload or of the NAT gateway must have the
		// exclusion.
		here, there := blocked(name, from.BlockPublicAccess, false), blocked(name, mode, false)
		if here.egress != there.egress {
			return exit{text: name + ", perhaps blocked by VPC Block Public Access", egress: catalog.Maybe,
				doubt: "VPC Block Public Access blocks either the subnet of the workload or NAT gateway " + id + ", but not both. AWS does not document which of them counts."}
		}
		return here
	case x.egress == catalog.Closed:
		return exit{text: name + " without an internet route", egress: catalog.Closed}
	}
	x.text, x.public = name+", then "+x.text, false
	return x
}

// exclusionIGW is the exclusion of VPC Encryption Controls for internet gateways.
const exclusionIGW = "InternetGateway"

// unlessExcluded returns the verdict on a gateway if VPC Encryption Controls accept it. In enforce mode
// a VPC has such a gateway only with an exclusion (Amazon VPC user guide, Enforce VPC encryption in
// transit).
func (e exits) unlessExcluded(kind, text string, x exit) exit {
	if !enforces(e.n.Encryption) || x.egress == catalog.Closed || slices.Contains(e.n.Encryption.Exclusions, kind) {
		return x
	}
	return exit{text: text + ", no exclusion in VPC Encryption Controls", egress: catalog.Maybe, public: x.public,
		doubt: "VPC Encryption Controls are in enforce mode without an exclusion for this kind of gateway (" + text + "), so its traffic may be refused."}
}

// enforces reports whether VPC Encryption Controls are in enforce mode or become so.
func enforces(c inventory.EncryptionControl) bool {
	return c.Mode == "enforce" && c.State != "deleting" && c.State != "deleted" && !strings.HasSuffix(c.State, "failed") || c.State == "enforce-in-progress"
}

// destination is one block of addresses of a route. A route with a prefix list has several.
type destination struct {
	block netip.Prefix
	route *inventory.Route
}

// destinations returns the blocks of the routes of a table, and the routes with a prefix list that was
// not read.
func destinations(n *inventory.Network, table *inventory.RouteTable) (out []destination, unread []*inventory.Route) {
	for i := range table.Routes {
		r := &table.Routes[i]
		blocks := []string{r.CIDR}
		if r.PrefixList != "" {
			list := listOf(n, r.PrefixList)
			if list == nil {
				unread = append(unread, r)
				continue
			}
			blocks = list.CIDRs
		}
		for _, p := range parsed(strings.Join(blocks, " ")) {
			out = append(out, destination{p, r})
		}
	}
	return out, unread
}

// listOf returns a prefix list; nil if its addresses were not read.
func listOf(n *inventory.Network, id string) *inventory.PrefixList {
	i := slices.IndexFunc(n.PrefixLists, func(p inventory.PrefixList) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &n.PrefixLists[i]
}

// walk divides a block into parts with the same most specific route, and visits each part with the
// routes that AWS may use for it; none if no route contains it. It leaves out some blocks.
func walk(routes []destination, block netip.Prefix, without []netip.Prefix, visit func(netip.Prefix, []destination)) {
	if slices.ContainsFunc(without, func(p netip.Prefix) bool { return p.Bits() <= block.Bits() && p.Overlaps(block) }) {
		return
	}
	inside := func(p netip.Prefix) bool { return p.Bits() > block.Bits() && p.Overlaps(block) }
	if !slices.ContainsFunc(without, inside) && !slices.ContainsFunc(routes, func(d destination) bool { return inside(d.block) }) {
		visit(block, winners(routes, block))
		return
	}
	routes = slices.DeleteFunc(slices.Clone(routes), func(d destination) bool { return !d.block.Overlaps(block) })
	low, high := resource.Halves(block)
	walk(routes, low, without, visit)
	walk(routes, high, without, visit)
}

// winners returns the routes that AWS may use for a block, of those that contain all of it: the most
// specific one; of routes with the same block a static one, then one with a prefix list, then a propagated one.
// Of several prefix lists AWS chooses one at random (Amazon VPC user guide, How route priority works).
func winners(routes []destination, block netip.Prefix) []destination {
	var out []destination
	for _, d := range routes {
		if d.block.Bits() > block.Bits() || !d.block.Overlaps(block) {
			continue
		}
		order := 1
		if len(out) > 0 {
			order = cmp.Or(cmp.Compare(d.block.Bits(), out[0].block.Bits()), cmp.Compare(priority(d.route), priority(out[0].route)))
		}
		switch {
		case order > 0:
			out = []destination{d}
		case order == 0:
			out = append(out, d)
		}
	}
	return out
}

func priority(r *inventory.Route) int {
	switch {
	case r.Propagated:
		return 0
	case r.PrefixList != "":
		return 1
	}
	return 2
}
