package plan

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
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
