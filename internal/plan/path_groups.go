package plan

import (
	"net/netip"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

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
		for _, r := range held(g, resource.Ref(g.ID)) {
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
