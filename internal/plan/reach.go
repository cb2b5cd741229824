package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
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
	for _, r := range s.runners {
		var set []string
		for _, g := range unique(r.groups) {
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
		if len(r.groups) > 0 || len(s.groups) == 0 {
			continue
		}
		for _, id := range r.subnets { // its groups are not known
			if sub := s.net.Subnet(id); sub != nil && s.isClient[id] && !seen[id] {
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
	if sub.CIDR != "" && s.ans.IPType() != answers.IPv6 {
		out = append(out, sub.CIDR)
	}
	if s.ans.IPType() != answers.IPv4 {
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
func opens(r inventory.GroupRule, egress bool) bool {
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
	group Value
	label string
}

// held returns the rules of one group.
func held(g *inventory.SecurityGroup, ref Value) []heldRule {
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
	covering := func(cidr string) (heldRule, bool) {
		for _, r := range rules {
			if opens(r.GroupRule, false) && r.CIDR != "" && covers(r.CIDR, cidr) {
				return r, true
			}
		}
		return heldRule{}, false
	}
	if src.cidr != "" {
		if r, ok := covering(src.cidr); ok {
			return []heldRule{r}
		}
		return nil
	}
	for _, r := range rules {
		if opens(r.GroupRule, false) && slices.Contains(src.groups, r.Group) {
			return []heldRule{r}
		}
	}
	var out []heldRule
	for _, block := range s.blocksOf(s.clients) {
		r, ok := covering(block)
		if !ok {
			return nil
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// notAllowed returns the sources that the rules do not allow.
func (s *scope) notAllowed(rules []heldRule) []string {
	var out []string
	for _, src := range s.sources() {
		if len(s.allowingRules(rules, src)) == 0 {
			out = append(out, src.String())
		}
	}
	return out
}

// leaves returns the rules of a client's groups that allow outbound TCP 443: to a group of the
// endpoint, or to all of its addresses; none if they do not.
func (s *scope) leaves(gs []*inventory.SecurityGroup, to []string, groups []string) []heldRule {
	var rules []heldRule
	for _, g := range gs {
		for _, r := range held(g, Lit(g.ID)) {
			if opens(r.GroupRule, true) {
				rules = append(rules, r)
			}
		}
	}
	for _, r := range rules {
		if r.Group != "" && slices.Contains(groups, r.Group) {
			return []heldRule{r}
		}
	}
	var out []heldRule
	for _, block := range to {
		i := slices.IndexFunc(rules, func(r heldRule) bool { return r.CIDR != "" && covers(r.CIDR, block) })
		if i < 0 { // the account's own prefix lists are not read, so a list may contain the addresses
			i = slices.IndexFunc(rules, s.unread)
		}
		if i < 0 {
			return nil
		}
		if !slices.Contains(out, rules[i]) {
			out = append(out, rules[i])
		}
	}
	return out
}

// unread reports whether a rule references a prefix list that is not managed by AWS.
func (s *scope) unread(r heldRule) bool {
	return r.PrefixList != "" && !slices.ContainsFunc(s.net.PrefixLists, func(p inventory.PrefixList) bool { return p.ID == r.PrefixList })
}

// groupsOf returns the security groups of a source.
func (s *scope) groupsOf(src source) []*inventory.SecurityGroup {
	var out []*inventory.SecurityGroup
	for _, id := range src.groups {
		if g := s.net.Group(id); g != nil {
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
	for _, i := range s.net.Interfaces {
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
	return slices.DeleteFunc(slices.Clone(s.others), func(i inventory.Interface) bool {
		addrs := []string{i.IP + "/32"}
		if sub := s.net.Subnet(i.Subnet); sub != nil && (i.IP == "" || s.ans.IPType() != answers.IPv4) {
			addrs = s.blocks(sub) // it may have any address of the subnet
		}
		in := func(test func(heldRule) bool) bool {
			return slices.ContainsFunc(rules, func(r heldRule) bool { return opens(r.GroupRule, false) && test(r) })
		}
		if in(func(r heldRule) bool { return r.Group != "" && slices.Contains(i.Groups, r.Group) }) {
			return true
		}
		return !slices.ContainsFunc(addrs, func(addr string) bool { return !in(func(r heldRule) bool { return covers(r.CIDR, addr) }) })
	})
}

// aclBlocks returns why network ACLs deny TCP 443 from a client subnet to an endpoint's subnet or
// the response traffic; empty if they allow it or are not known.
func (s *scope) aclBlocks(from, to *inventory.Subnet) string {
	if from.ID == to.ID { // network ACLs do not apply inside a subnet
		return ""
	}
	way := [2]string{from.ID, to.ID}
	why, known := s.blocked[way]
	if !known {
		why = s.findBlock(from, to)
		s.blocked[way] = why
	}
	return why
}

func (s *scope) findBlock(from, to *inventory.Subnet) string {
	const ephemeral, top = 32768, 60999 // the ephemeral ports of Linux; other systems use a part of this range
	for _, leg := range []struct {
		sub         *inventory.Subnet
		egress      bool
		peer        string
		first, last int
	}{
		{from, true, to.CIDR, port, port},
		{to, false, from.CIDR, port, port},
		{to, true, from.CIDR, ephemeral, top},
		{from, false, to.CIDR, ephemeral, top},
	} {
		acl := s.net.ACLOf(leg.sub.ID)
		if acl == nil || leg.peer == "" {
			continue
		}
		if n, ok := decide(acl, leg.egress, leg.peer, leg.first, leg.last); !ok {
			way := "into"
			if leg.egress {
				way = "out of"
			}
			ports := fmt.Sprint(leg.first)
			if leg.last != leg.first {
				ports = fmt.Sprintf("%d-%d", leg.first, leg.last)
			}
			return fmt.Sprintf("network ACL %s, %s: TCP %s %s %s is denied", acl.ID, entryName(n), ports, way, inventory.Label(leg.sub.Name, leg.sub.ID))
		}
	}
	return ""
}

// decide evaluates the entries of a network ACL in their order, as AWS does: the first entry that
// matches decides. A deny that affects part of the traffic counts as a denial. An allow counts if it
// covers all of it.
func decide(acl *inventory.NetworkACL, egress bool, peer string, first, last int) (int, bool) {
	for _, e := range acl.Entries {
		if e.Egress != egress || e.Protocol != "-1" && e.Protocol != "6" || !overlaps(e.CIDR, peer) {
			continue
		}
		from, to := e.From, e.To
		if e.Protocol == "-1" {
			from, to = 0, 65535
		}
		if to < first || from > last {
			continue
		}
		if !e.Allow {
			return e.Number, false
		}
		if covers(e.CIDR, peer) && from <= first && last <= to {
			return e.Number, true
		}
	}
	return 32767, false
}

func entryName(n int) string {
	if n == 32767 {
		return "last entry (*)"
	}
	return fmt.Sprintf("entry %d", n)
}
