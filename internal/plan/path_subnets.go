package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

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
