package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// port is where every endpoint listens.
const port = 443

// source is who wants to reach an endpoint: interfaces that carry all of these
// security groups, or addresses.
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

// key is the source as a rule of our own names it: AWS adds the groups of an
// interface up, so one of them is enough.
func (s source) key() source {
	if len(s.groups) > 1 {
		return source{groups: s.groups[:1]}
	}
	return s
}

// sources are whom the endpoints must admit: the clients' groups where they are
// known, else the addresses of their subnets. The groups that one runner's containers
// carry together are one source; a set needs no rule of its own where one with fewer
// of its groups has one.
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
		for _, id := range r.subnets { // what it carries is not known
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

// blocks are a subnet's addresses of the families that endpoints answer on.
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

// opens tells whether a rule lets TCP 443 through.
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

// heldRule is a rule with the group that holds it, as rows refer to it.
type heldRule struct {
	inventory.GroupRule
	group Value
	label string
}

// held are the rules of one group.
func held(g *inventory.SecurityGroup, ref Value) []heldRule {
	var out []heldRule
	for _, r := range g.Rules {
		out = append(out, heldRule{r, ref, inventory.Label(g.Name, g.ID)})
	}
	return out
}

// admits finds the rules that let a source in; none if it is not let in. A group
// is let in by name, or by rules for addresses that together cover every client
// subnet, since that is where the group's interfaces are.
func (s *scope) admits(rules []heldRule, src source) []heldRule {
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

// unadmitted are the sources that rules do not let in.
func (s *scope) unadmitted(rules []heldRule) []string {
	var out []string
	for _, src := range s.sources() {
		if len(s.admits(rules, src)) == 0 {
			out = append(out, src.String())
		}
	}
	return out
}

// leaves finds the rules by which the groups of a client let TCP 443 out: to a
// group of the endpoint, or to all of its addresses; none if they do not.
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
		if i < 0 { // the account's own prefix lists are not read, so one may hold it
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

// unread tells whether a rule names a prefix list that is none of AWS's.
func (s *scope) unread(r heldRule) bool {
	return r.PrefixList != "" && !slices.ContainsFunc(s.net.PrefixLists, func(p inventory.PrefixList) bool { return p.ID == r.PrefixList })
}

// groupsOf are the security groups of a source.
func (s *scope) groupsOf(src source) []*inventory.SecurityGroup {
	var out []*inventory.SecurityGroup
	for _, id := range src.groups {
		if g := s.net.Group(id); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// covers tells whether the outer block holds all of the inner one.
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

// overlaps tells whether two blocks share an address.
func overlaps(a, b string) bool { return covers(a, b) || covers(b, a) }

// ownCode marks interfaces that AWS manages but in which the account's own code
// runs, which calls AWS services as a task does.
var ownCode = []string{":ecs:", "sagemaker", "codebuild", "glue"}

// findInUse finds the interfaces that count as workloads: not those of endpoints, nor
// what AWS services manage for themselves.
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

// findOthers finds the interfaces in use that are not the workload's: outside its
// subnets, or inside them without any of its groups.
func (s *scope) findOthers() []inventory.Interface {
	return slices.DeleteFunc(slices.Clone(s.inUse), func(i inventory.Interface) bool {
		in := s.isClient[i.Subnet]
		ours := len(s.groups) == 0 || slices.ContainsFunc(s.groups, func(g string) bool { return slices.Contains(i.Groups, g) })
		return in && ours
	})
}

// shutOut are the interfaces among others that no rule admits.
func (s *scope) shutOut(rules []heldRule) []inventory.Interface {
	return slices.DeleteFunc(slices.Clone(s.others), func(i inventory.Interface) bool {
		addrs := []string{i.IP + "/32"}
		if sub := s.net.Subnet(i.Subnet); sub != nil && (i.IP == "" || s.ans.IPType() != answers.IPv4) {
			addrs = s.blocks(sub) // any of its addresses may be it
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

// aclBlocks says why network ACLs stop TCP 443 from a client subnet to an
// endpoint's subnet and back; empty if they let it pass or are not known.
func (s *scope) aclBlocks(from, to *inventory.Subnet) string {
	if from.ID == to.ID { // traffic inside a subnet meets no ACL
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
	const ephemeral, top = 32768, 60999 // what Linux answers to; other systems use a part of it
	for _, leg := range []struct {
		sub        *inventory.Subnet
		egress     bool
		peer       string
		first, end int
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
		if n, ok := decide(acl, leg.egress, leg.peer, leg.first, leg.end); !ok {
			way := "into"
			if leg.egress {
				way = "out of"
			}
			ports := fmt.Sprint(leg.first)
			if leg.end != leg.first {
				ports = fmt.Sprintf("%d-%d", leg.first, leg.end)
			}
			return fmt.Sprintf("network ACL %s, %s: TCP %s %s %s is denied", acl.ID, entryName(n), ports, way, inventory.Label(leg.sub.Name, leg.sub.ID))
		}
	}
	return ""
}

// decide walks a network ACL in order, which its entries stand in, as AWS does: the
// lowest entry that matches decides. A deny that touches any of the traffic counts as a denial; an allow
// counts when it covers all of it.
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
