package netmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// leastSketch is the number of columns of a zone below which a sketch is a list. A block of a subnet fits into them.
const leastSketch = 10

// Sketch returns a small picture of the VPC after the plan, for a place beside a form: subnets, route tables and their
// routes. It fits in 38 columns and 16 lines with three zones. With more zones, or in less space, it is a list. No line is
// wider than the width, and there are not more lines than the height.
func Sketch(m *Map, width, height int) []Line {
	s := &sketch{Layout: &Layout{Width: width, frame: width, m: m, after: true}}
	zones, others := m.shownZones()
	n := max(len(zones), 1)
	s.cw = (width - 4 - (n - 1)) / n
	if len(others) == 0 && len(zones) > 0 && s.cw >= leastSketch && s.boxes(zones) && s.Height <= height {
		return s.Lines(0, height, View{Focus: -1})
	}
	s.Layout = &Layout{Width: width, frame: width, m: m, after: true}
	s.list(height)
	return s.Lines(0, height, View{Focus: -1})
}

// sketch is a small picture while it is made.
type sketch struct {
	*Layout
	cw int // columns of a zone
}

// boxes draws the zones beside each other. It returns false if a zone has several subnets with the same route table, which
// are too many for a small picture.
func (s *sketch) boxes(zones []*Zone) bool {
	m := s.m
	s.title(true)
	s.inner(1, func(g *grid, _ View) {
		for i, z := range zones {
			name := z.Name
			if words.Width(name) > s.cw {
				name = z.Short()
			}
			g.put(s.column(i), 0, words.Cut(name, s.cw), Muted)
		}
	})
	bands, rest := m.bands(zones, true)
	if len(rest) > 0 {
		return false
	}
	slices.SortStableFunc(bands, func(a, b band) int { // public subnets above, nearer to the internet
		return cmp.Compare(b.public(), a.public())
	})
	for _, b := range bands {
		if b.slots() > 1 {
			return false
		}
		if b.public() == 0 {
			s.regional()
		}
		s.band(b)
	}
	s.add(1, func(g *grid, _ View) {
		g.rule(1, s.frame-1, 0)
		g.put(0, 0, "└", Wire)
		g.put(s.frame-1, 0, "┘", Wire)
	})
	return true
}

// column returns the first column of a zone.
func (s *sketch) column(i int) int { return 2 + i*(s.cw+1) }

// public returns 1 if the subnets are public, otherwise 0.
func (b band) public() int {
	for _, c := range b.cols {
		for _, i := range c {
			if i.subnet != nil && i.subnet.Public {
				return 1
			}
		}
	}
	return 0
}

// title draws the name of the VPC: as the upper side of the frame, or as a line.
func (s *sketch) title(framed bool) {
	s.add(1, func(g *grid, v View) {
		text := s.m.mark(v) + strings.TrimSpace(cmp.Or(s.m.Name, s.m.VPC)+" "+s.m.CIDRs)
		if !framed {
			g.put(0, 0, words.CutMiddle("VPC "+text, s.Width), Title)
			return
		}
		g.rule(1, s.frame-1, 0)
		g.put(0, 0, "┌", Wire)
		g.put(s.frame-1, 0, "┐", Wire)
		g.put(1, 0, " "+words.CutMiddle(text, s.frame-4)+" ", Title)
	})
}

// regional adds the lines of regional NAT gateways, which are in no subnet.
func (s *sketch) regional() {
	for _, n := range s.m.Regional {
		s.inner(1, func(g *grid, v View) { g.texts(2, 0, s.frame-2, []part{s.regionalPart(n, v)}) })
	}
}

// band draws the boxes of subnets with the same route table, the table, and its routes.
func (s *sketch) band(b band) {
	texts := make([][]part, len(b.cols))
	h := 0
	for i, c := range b.cols {
		if len(c) > 0 {
			texts[i] = s.inside(c[0])
			h = max(h, len(texts[i])+2)
		}
	}
	var centers []int
	for i, c := range b.cols {
		if len(c) > 0 {
			centers = append(centers, s.column(i)+s.cw/2)
		}
	}
	s.inner(h, func(g *grid, _ View) {
		for i, c := range b.cols {
			if len(c) == 0 {
				continue
			}
			x := s.column(i)
			box(g, x, 0, s.cw, h, "", Wire)
			g.put(x+1, 0, "──", Wire)
			title, at := s.name(c[0]), x+1
			if words.Width(title)+4 <= s.cw {
				title = " " + title + " "
			}
			g.put(at, 0, words.CutMiddle(title, s.cw-2), c[0].tone())
			for y, p := range texts[i] {
				pad := 0
				if words.Width(p.text) <= s.cw-4 {
					pad = 1
				}
				g.put(x+1+pad, y+1, words.CutMiddle(p.text, s.cw-2-pad), p.tone)
			}
			g.put(x+s.cw/2, h-1, "┬", Wire)
		}
	})
	from, to := centers[0], centers[len(centers)-1]
	s.inner(1, func(g *grid, v View) {
		g.rule(from, to, 0)
		for _, c := range centers {
			g.put(c, 0, "┴", Wire)
		}
		g.put(to, 0, "┘", Wire)
		g.put(from, 0, "└", Wire)
		end := s.frame - 2
		if to > from {
			end = to - 1
		}
		if x := g.texts(from+2, 0, end, s.tableName(b.tables, end-from-2, v)); x <= end {
			g.put(from+1, 0, " ", Wire)
			g.put(x, 0, " ", Wire)
		}
	})
	for _, parts := range s.routes(b.tables) {
		s.inner(1, func(g *grid, _ View) { g.texts(2, 0, s.frame-2, parts) })
	}
}

// tableName returns the names of route tables in the longest form that fits: "private-1a, -1b", "private × 2", "private".
func (s *sketch) tableName(tables []*Table, width int, v View) []part {
	if len(tables) < 2 {
		return s.nameParts(tables, width, v)
	}
	name := s.m.shortTable(tables[0])
	if at := strings.LastIndexAny(name, "-_ "); at > 0 {
		name = name[:at]
	}
	parts := s.nameParts(tables, s.Width, v)
	last := &parts[len(parts)-1]
	for _, shorter := range []string{fmt.Sprintf("%s × %d", name, len(tables)), name} {
		if widthOf(parts) > width {
			last.text = shorter
		}
	}
	return parts
}

// name returns the title of a subnet. In a VPC that exists, a planned subnet has a symbol; in a planned one all are planned.
func (s *sketch) name(i item) string {
	if i.subnet == nil {
		return fmt.Sprintf("%d subnets", len(i.idle))
	}
	name := s.m.short(i.subnet.Label(), i.subnet.Zone.Name)
	if i.subnet.Change != "" && s.m.planned == "" {
		name = View{}.symbol(i.subnet.Change) + " " + name
	}
	return name
}

// inside returns the lines in the box of a subnet.
func (s *sketch) inside(i item) []part {
	if i.subnet == nil {
		return nil
	}
	cidr := i.subnet.CIDR
	if words.Width(cidr) > s.cw-4 {
		cidr = s.m.within(cidr)
	}
	if words.Width(cidr) > s.cw-2 {
		cidr = strings.TrimPrefix(cidr, ".")
	}
	out := []part{{cidr, Plain}}
	for _, n := range i.subnet.NAT {
		e := n.line()
		if words.Width(e.text) > s.cw-2 {
			e.text = strings.TrimSuffix(e.text, " gateway")
		}
		out = append(out, part{e.text, e.tone})
	}
	return out
}

// routes returns the routes of tables that lead to the same, one a line.
func (s *sketch) routes(tables []*Table) [][]part {
	if len(tables) == 0 {
		return nil
	}
	t, v := tables[0], View{}
	const column = len(everywhere)
	row := func(to string, p part) []part { return []part{{words.Pad(to, column) + " → ", Muted}, p} }
	internet := s.internetPart(tables, v)
	var out [][]part
	if t.defaultRoute().CIDR != "" {
		out = append(out, row(everywhere, internet))
	} else {
		out = append(out, []part{{"no internet route", Muted}})
	}
	for _, e := range t.Gateways {
		p := part{"◆ gateway endpoint", Existing}
		if !slices.Contains(e.Tables, t.ID) {
			p = part{"◇ gateway endpoint", Planned}
		}
		out = append(out, row(e.Code, p))
	}
	return out
}

// list draws the VPC as a list. If it has more subnets than the height allows, the last zones become a line with counts.
func (s *sketch) list(height int) {
	m := s.m
	s.title(false)
	var below [][]part
	for _, n := range m.Regional {
		below = append(below, []part{s.regionalPart(n, View{})})
	}
	for _, tables := range m.groups() {
		below = append(below, s.nameParts(tables, s.Width, View{}))
		for _, parts := range s.routes(tables) {
			below = append(below, append([]part{{"  ", Plain}}, parts...))
		}
	}
	add := func(parts []part) { s.add(1, func(g *grid, _ View) { g.texts(0, 0, s.Width, parts) }) }
	room := height - s.Height - len(below)
	for i, z := range m.Zones {
		more := m.Zones[i:]
		if len(subnetsOf(more)) > room && len(z.Subnets)+min(len(more)-1, 1) > room {
			add([]part{{fmt.Sprintf("+ %s, %s", words.Count(len(more), "zone"), words.Count(len(subnetsOf(more)), "subnet")), Muted}})
			break
		}
		room -= len(z.Subnets)
		for _, sub := range z.Subnets {
			parts := []part{{z.Short() + " ", Muted}, {s.name(item{subnet: sub}), item{subnet: sub}.tone()}, {" " + sub.CIDR, Plain}}
			for _, n := range sub.NAT {
				e := n.line()
				parts = append(parts, part{" " + strings.TrimSuffix(e.text, " gateway"), e.tone})
			}
			add(parts)
		}
	}
	for _, parts := range below {
		add(parts)
	}
}
