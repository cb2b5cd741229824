package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// port is the port of every endpoint.
const port = 443

// source is a client of an endpoint: network interfaces with all of these security groups, or
// addresses.
type source struct {
	groups []string
	cidr   string
}

func (s source) String() string {
	if len(s.groups) > 0 {
		return strings.Join(s.groups, " with ")
	}
	return s.cidr
}

// key returns the source as the plan's own rule references it. AWS combines the groups of a network
// interface, so one of them is enough.
func (s source) key() source {
	if len(s.groups) > 1 {
		return source{groups: s.groups[:1]}
	}
	return s
}

// sources returns the clients that the endpoints must allow: the clients' groups if they are known,
// otherwise the addresses of their subnets. The groups that one runner's containers use together are
// one source. A set needs no rule of its own if a smaller set of its groups has one.
func (s *scope) sources() []source {
	var sets [][]string
	var out []source
	seen, taken := map[string]bool{}, map[string]bool{}
	for _, r := range s.Runners {
		var set []string
		for _, g := range workload.Unique(r.Groups) {
			if s.isClient[g] {
				set = append(set, g)
				taken[g] = true
			}
		}
		slices.Sort(set)
		if key := strings.Join(set, " "); len(set) > 0 && !seen[key] {
			seen[key] = true
			sets = append(sets, set)
		}
		if len(r.Groups) > 0 || len(s.groups) == 0 {
			continue
		}
		for _, id := range r.Subnets { // its groups are not known
			if sub := s.Net.Subnet(id); sub != nil && s.isClient[id] && !seen[id] {
				seen[id] = true
				for _, cidr := range s.blocks(sub) {
					out = append(out, source{cidr: cidr})
				}
			}
		}
	}
	for _, g := range s.groups {
		if !taken[g] {
			sets = append(sets, []string{g})
		}
	}
	slices.SortStableFunc(sets, func(x, y []string) int { return len(x) - len(y) })
	var kept []source
	for _, set := range sets {
		within := func(o source) bool {
			return !slices.ContainsFunc(o.groups, func(g string) bool { return !slices.Contains(set, g) })
		}
		if !slices.ContainsFunc(kept, within) {
			kept = append(kept, source{groups: set})
		}
	}
	if out = append(kept, out...); len(out) > 0 {
		return out
	}
	for _, c := range s.clients {
		for _, cidr := range s.blocks(c) {
			out = append(out, source{cidr: cidr})
		}
	}
	return out
}

// blocks returns a subnet's addresses of the families that the endpoints use.
func (s *scope) blocks(sub *inventory.Subnet) []string {
	var out []string
	if sub.CIDR != "" && s.Ans.IPType() != answers.IPv6 {
		out = append(out, sub.CIDR)
	}
	if s.Ans.IPType() != answers.IPv4 {
		out = append(out, sub.IPv6...)
	}
	return out
}

func (s *scope) blocksOf(subs []*inventory.Subnet) []string {
	var out []string
	for _, sub := range subs {
		out = append(out, s.blocks(sub)...)
	}
	return out
}

// opens reports whether a rule allows TCP 443.
func opens(r inventory.GroupRule, egress bool) bool { return opensPort(r, egress, port) }

// opensPort reports whether a rule allows TCP on a port.
func opensPort(r inventory.GroupRule, egress bool, port int) bool {
	if r.Egress != egress {
		return false
	}
	switch r.Protocol {
	case "-1":
		return true
	case "tcp", "6":
		return r.From <= port && port <= r.To
	}
	return false
}

// heldRule is a rule with its group, as changes refer to it.
type heldRule struct {
	inventory.GroupRule
	group resource.Value
	label string
}

// held returns the rules of one group.
func held(g *inventory.SecurityGroup, ref resource.Value) []heldRule {
	var out []heldRule
	for _, r := range g.Rules {
		out = append(out, heldRule{r, ref, inventory.Label(g.Name, g.ID)})
	}
	return out
}

// allowingRules returns the rules that allow traffic from a source; none if it is not allowed. A group is
// allowed by its id, or by rules for addresses that together cover every client subnet, because the
// group's network interfaces are in these subnets.
func (s *scope) allowingRules(rules []heldRule, src source) []heldRule {
	return s.allowingPort(rules, src, port)
}

// allowingPort returns the same for a port.
func (s *scope) allowingPort(rules []heldRule, src source, port int) []heldRule {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r heldRule) bool { return !opensPort(r.GroupRule, false, port) })
	if src.cidr != "" {
		return s.covering(rules, []string{src.cidr})
	}
	for _, r := range rules {
		if slices.Contains(src.groups, r.Group) {
			return []heldRule{r}
		}
	}
	return s.covering(rules, s.blocksOf(s.clients))
}

// covering returns the rules that together contain all addresses of the blocks; none if they do not.
// A prefix list that was not read may contain the addresses.
func (s *scope) covering(rules []heldRule, blocks []string) []heldRule {
	var out []heldRule
	for _, block := range blocks {
		if i := s.oneCovers(rules, block); i >= 0 {
			if !slices.Contains(out, rules[i]) {
				out = append(out, rules[i])
			}
			continue
		}
		var some []heldRule
		rest := []string{block}
		for _, r := range rules {
			left := rest
			for _, cidr := range s.addresses(r) {
				left = subtractAll(left, cidr)
			}
			if !slices.Equal(left, rest) {
				some, rest = append(some, r), left
			}
		}
		if len(rest) > 0 {
			i := slices.IndexFunc(rules, s.unread)
			if i < 0 {
				return nil
			}
			some = append(some, rules[i])
		}
		for _, r := range some {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// oneCovers returns the index of a rule that contains all addresses of a block; -1 if none does.
func (s *scope) oneCovers(rules []heldRule, block string) int {
	return slices.IndexFunc(rules, func(r heldRule) bool {
		if r.PrefixList == "" {
			return covers(r.CIDR, block)
		}
		return slices.ContainsFunc(s.addresses(r), func(cidr string) bool { return covers(cidr, block) })
	})
}

// addresses returns the blocks of a rule's source or destination: its own, or the entries of its
// prefix list if they were read.
func (s *scope) addresses(r heldRule) []string {
	if r.PrefixList == "" {
		return []string{r.CIDR}
	}
	if list := listOf(s.Net.Network, r.PrefixList); list != nil {
		return list.CIDRs
	}
	return nil
}

// leaves returns the rules of a client's groups that allow outbound TCP 443: to a group of the
// endpoint, or to all of its addresses; none if they do not.
func (s *scope) leaves(gs []*inventory.SecurityGroup, to []string, groups []string) []heldRule {
	return s.leavesPort(gs, to, groups, port)
}

// leavesPort returns the same for a port.
func (s *scope) leavesPort(gs []*inventory.SecurityGroup, to []string, groups []string, port int) []heldRule {
	var rules []heldRule
	for _, g := range gs {
		for _, r := range held(g, resource.Lit(g.ID)) {
			if opensPort(r.GroupRule, true, port) {
				rules = append(rules, r)
			}
		}
	}
	for _, r := range rules {
		if r.Group != "" && slices.Contains(groups, r.Group) {
			return []heldRule{r}
		}
	}
	return s.covering(rules, to)
}

// unread reports whether a rule references a prefix list with addresses that were not read.
func (s *scope) unread(r heldRule) bool {
	return r.PrefixList != "" && listOf(s.Net.Network, r.PrefixList) == nil
}

// groupsOf returns the security groups of a source.
func (s *scope) groupsOf(src source) []*inventory.SecurityGroup {
	var out []*inventory.SecurityGroup
	for _, id := range src.groups {
		if g := s.Net.Group(id); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// covers reports whether the outer block contains all of the inner block.
func covers(outer, inner string) bool {
	o, err := netip.ParsePrefix(outer)
	if err != nil {
		return false
	}
	i, err := netip.ParsePrefix(inner)
	if err != nil {
		return false
	}
	return o.Bits() <= i.Bits() && o.Contains(i.Addr())
}

// overlaps reports whether two blocks share an address.
func overlaps(a, b string) bool { return covers(a, b) || covers(b, a) }

// ownCode are marks of AWS-managed network interfaces with code of the account behind them. That
// code calls AWS services as a task does.
var ownCode = []string{":ecs:", "sagemaker", "codebuild", "glue"}

// findInUse returns the network interfaces that count as workloads. Those of endpoints, and those
// that AWS services use for themselves, do not count.
func (s *scope) findInUse() []inventory.Interface {
	var out []inventory.Interface
	for _, i := range s.Net.Interfaces {
		text := strings.ToLower(i.Description)
		own := i.Type == "lambda" || slices.ContainsFunc(ownCode, func(word string) bool { return strings.Contains(text, word) })
		if i.Status != "in-use" || i.Type == "vpc_endpoint" || i.RequesterManaged && !own {
			continue
		}
		out = append(out, i)
	}
	return out
}

// findOthers returns the network interfaces in use that are not the workload's: outside its subnets,
// or inside them without any of its groups.
func (s *scope) findOthers() []inventory.Interface {
	return slices.DeleteFunc(slices.Clone(s.inUse), func(i inventory.Interface) bool {
		in := s.isClient[i.Subnet]
		ours := len(s.groups) == 0 || slices.ContainsFunc(s.groups, func(g string) bool { return slices.Contains(i.Groups, g) })
		return in && ours
	})
}

// blockedOthers returns the network interfaces of other clients that no rule allows.
func (s *scope) blockedOthers(rules []heldRule) []inventory.Interface {
	shut, _ := s.judgeOthers(rules)
	return shut
}

// judgeOthers returns the network interfaces of other clients that no rule allows, and those that only
// a prefix list may allow, because its addresses were not read.
func (s *scope) judgeOthers(rules []heldRule) (shut, unsure []inventory.Interface) {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r heldRule) bool { return !opens(r.GroupRule, false) })
	for _, i := range s.others {
		addrs := []string{i.IP + "/32"}
		if sub := s.Net.Subnet(i.Subnet); sub != nil && (i.IP == "" || s.Ans.IPType() != answers.IPv4) {
			addrs = s.blocks(sub) // it may have any address of the subnet
		}
		group := slices.ContainsFunc(rules, func(r heldRule) bool { return r.Group != "" && slices.Contains(i.Groups, r.Group) })
		if group || !slices.ContainsFunc(addrs, func(addr string) bool { return s.oneCovers(rules, addr) < 0 }) {
			continue
		}
		switch by := s.covering(rules, addrs); {
		case len(by) == 0:
			shut = append(shut, i)
		case slices.ContainsFunc(by, s.unread):
			unsure = append(unsure, i)
		}
	}
	return shut, unsure
}

// The ephemeral ports of Linux, where responses arrive; those of other systems overlap them (Amazon
// VPC user guide, Ephemeral ports).
const ephemeral, ephemeralTop = 32768, 60999

// leg is traffic on a path with the subnet that its network ACL applies to.
type leg struct {
	sub *inventory.Subnet
	resource.Traffic
}

func traffic(egress bool, from, to int, blocks []string) resource.Traffic {
	return resource.Traffic{Egress: egress, From: from, To: to, Blocks: blocks}
}

// legs returns the traffic of connections from one subnet to a port in another, and of the
// responses. Network ACLs are stateless, and they do not apply inside a subnet (Amazon VPC user guide,
// Network ACL basics).
func (s *scope) legs(from, to *inventory.Subnet, port int) []leg {
	return s.legsTo(from, to, catalog.Ports{First: port, Last: port})
}

// legsTo returns the same for a range of ports.
func (s *scope) legsTo(from, to *inventory.Subnet, ports catalog.Ports) []leg {
	if from.ID == to.ID {
		return nil
	}
	there, back := sameFamily(s.blocks(to), s.blocks(from)), sameFamily(s.blocks(from), s.blocks(to))
	if len(there) == 0 || len(back) == 0 {
		return nil
	}
	return []leg{
		{from, traffic(true, ports.First, ports.Last, there)},
		{to, traffic(false, ports.First, ports.Last, back)},
		{to, traffic(true, ephemeral, ephemeralTop, back)},
		{from, traffic(false, ephemeral, ephemeralTop, there)},
	}
}

// path is a pair of subnets between which connections to endpoints go.
type path struct {
	from, to *inventory.Subnet
	ends     []resource.ID // the endpoints with an interface in to
	legs     []leg
}

// findPaths returns the paths from the subnets of the workload to those of interface endpoints, each
// once: many endpoints have the same subnets.
func (b *builder) findPaths() []path {
	ends := map[string][]resource.ID{}
	interfaces := slices.DeleteFunc(b.interfaces(), func(e *endpoint) bool { return !plain(e) })
	for _, e := range interfaces {
		for _, to := range e.subnets {
			ends[to.ID] = append(ends[to.ID], e.id)
		}
	}
	var out []path
	seen := map[string]bool{}
	for _, e := range interfaces {
		var subnets []*inventory.Subnet
		for _, to := range e.subnets {
			if !seen[to.ID] {
				seen[to.ID] = true
				subnets = append(subnets, to)
			}
		}
		for _, from := range b.clients {
			for _, to := range subnets {
				out = append(out, path{from, to, ends[to.ID], b.legs(from, to, port)})
			}
		}
	}
	return out
}

// astray returns the routes for the addresses of a block in the VPC that do not lead there by the local
// route.
func astray(routes []destination, block string) []*inventory.Route {
	to, err := netip.ParsePrefix(block)
	if err != nil {
		return nil
	}
	var out []*inventory.Route
	walk(routes, to, nil, func(_ netip.Prefix, winners []destination) {
		for _, w := range winners {
			if (w.route.Target != "local" || w.route.Blackhole) && !slices.Contains(out, w.route) {
				out = append(out, w.route)
			}
		}
	})
	return out
}

// sameFamily returns the blocks of address families that the peer has too.
func sameFamily(blocks, peer []string) []string {
	v6 := func(b string) bool { return strings.Contains(b, ":") }
	return slices.DeleteFunc(slices.Clone(blocks), func(b string) bool {
		return !slices.ContainsFunc(peer, func(p string) bool { return v6(p) == v6(b) })
	})
}

// denial is a leg that the network ACL of its subnet denies.
type denial struct {
	leg
	acl   *inventory.NetworkACL
	entry int  // number of the first entry that denies some of it
	whole bool // it denies all of it, so that no connection works; otherwise a part
}

// String describes the denial, for example "network ACL acl-1, entry 50: TCP 443 out of app-a is
// denied".
func (d denial) String() string {
	return d.text(inventory.Label(d.sub.Name, d.sub.ID))
}

func (d denial) text(where string) string {
	way := "into"
	if d.Egress {
		way = "out of"
	}
	ports := fmt.Sprint(d.From)
	if d.To != d.From {
		ports = fmt.Sprintf("%d-%d", d.From, d.To)
	}
	what := "is denied"
	if !d.whole {
		what = "is denied for a part of the addresses or ports, and which of them are used is not known"
	}
	return fmt.Sprintf("network ACL %s, %s: TCP %s %s %s %s", d.acl.ID, resource.EntryName(d.entry), ports, way, where, what)
}

// severity returns the severity of a denial: an error if no connection works.
func (d denial) severity() Severity {
	if d.whole {
		return Error
	}
	return Warn
}

// denies returns the first leg that network ACLs deny as a whole, otherwise the first that they deny
// in part; nil if they allow all legs or are not known.
func (s *scope) denies(legs []leg) *denial {
	var part *denial
	for _, l := range legs {
		acl := s.Net.ACLOf(l.sub.ID)
		if acl == nil {
			continue
		}
		allowed, entry := resource.WeighACL(acl.Entries, l.Traffic)
		switch {
		case entry == 0:
		case !allowed:
			return &denial{l, acl, entry, true}
		case part == nil:
			part = &denial{l, acl, entry, false}
		}
	}
	return part
}

// detour is a route that does not lead traffic between the workload and an endpoint inside the VPC.
type detour struct {
	table *inventory.RouteTable
	route inventory.Route
	to    []resource.ID // the endpoints
}

// findDetours returns such routes of the subnets of the workload and of the endpoints. A route can be
// more specific than the local route, or replace its target. AWS uses the most specific one (Amazon VPC
// user guide, Subnet route tables, and How route priority works).
func (b *builder) findDetours() []*detour {
	var out []*detour
	routes := map[*inventory.RouteTable][]destination{}
	add := func(ends []resource.ID, from, to *inventory.Subnet) {
		t := b.Net.RouteTableOf(from.ID)
		if t == nil {
			return
		}
		if _, known := routes[t]; !known {
			all, _ := destinations(b.Net.Network, t)
			// A VPC has blocks of /16 at most, so its local route is more specific than these, even if it was not read.
			routes[t] = slices.DeleteFunc(all, func(d destination) bool { return d.block.Bits() < 16 })
		}
		for _, block := range sameFamily(b.blocks(to), b.blocks(from)) {
			for _, r := range astray(routes[t], block) {
				i := slices.IndexFunc(out, func(d *detour) bool { return d.table == t && d.route == *r })
				if i < 0 {
					i = len(out)
					out = append(out, &detour{t, *r, nil})
				}
				out[i].to = workload.Unique(append(out[i].to, ends...))
			}
		}
	}
	for _, p := range b.paths() {
		if p.from.ID != p.to.ID {
			add(p.ends, p.from, p.to)
			add(p.ends, p.to, p.from) // the responses
		}
	}
	return out
}
