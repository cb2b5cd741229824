package netmap

import (
	"cmp"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Limits of the picture. What exceeds them becomes a line with a count.
const (
	mostZones     = 3
	mostTables    = 4
	mostEndpoints = 7 // lines in a subnet
	mostIdle      = 2 // subnets of a zone and route table with nothing in them

	boxesFrom = 80 // columns; below, the picture is a list
	sideFrom  = 110
	sideTable = 26 // columns of a route table beside the zones
	outside   = 15 // columns beside the VPC for what its routes lead to
	leastSide = 30 // columns of a zone beside route tables
	mostBox   = 48
)

// Step is how far a run is with a change.
type Step int

// The steps of a change during a run.
const (
	Pending Step = iota
	Working
	Done
	Failed
)

// View selects what is drawn.
type View struct {
	After bool // as it will be after the plan
	// Focus is the index of the focused object; -1 for none.
	Focus int
	// Step returns how far a run is with a change; nil without a run.
	Step func(resource.ID) Step
}

func (v View) step(id resource.ID) Step {
	if v.Step == nil {
		return Pending
	}
	return v.Step(id)
}

// Object is something in the picture that can have the focus. One of the fields is set.
type Object struct {
	Subnet    *Subnet
	Interface *Interface
	Need      *Need
	// Tables are route tables with the same routes to the internet and to endpoints, or those that a line sums up.
	Tables []*Table
	// Subnets are what a line sums up.
	Subnets []*Subnet

	in      *Subnet // that the interface is in
	x, y, w int
}

// Layout is where everything is in a picture of some width.
type Layout struct {
	Width, Height int
	Objects       []Object

	m      *Map
	after  bool
	blocks []block
	frame  int // columns of the VPC's frame
}

// block is a part of the picture that is drawn only if some of it is visible.
type block struct {
	y, h int
	draw func(*grid, View)
}

// Lines returns the part of the picture that fits into a height, with the focused object.
func (m *Map) Lines(width, height int, v View) []Line {
	l := m.Layout(width, v.After)
	return l.Lines(l.Top(0, height, v.Focus), height, v)
}

// Layout arranges the map for a width, now or after the plan.
func (m *Map) Layout(width int, after bool) *Layout {
	if !after && m.now != nil {
		return m.now.Layout(width, after)
	}
	l := &Layout{Width: width, m: m, after: after}
	if m.absent {
		l.add(1, func(g *grid, _ View) { g.put(0, 0, words.CutMiddle(m.absence(), width), Plain) })
	} else if width < boxesFrom {
		l.list()
	} else {
		l.boxes()
	}
	slices.SortStableFunc(l.Objects, func(a, b Object) int { return cmp.Or(a.y-b.y, a.x-b.x) })
	return l
}

// Lines returns some lines of the picture.
func (l *Layout) Lines(top, height int, v View) []Line {
	var out []Line
	for _, b := range l.blocks {
		if b.y+b.h <= top || b.y >= top+height {
			continue
		}
		g := newGrid(l.Width, b.h)
		b.draw(g, v)
		if v.Focus >= 0 && v.Focus < len(l.Objects) {
			if o := l.Objects[v.Focus]; o.y >= b.y && o.y < b.y+b.h {
				g.focus(o.x, o.y-b.y, o.w)
			}
		}
		lines := g.lines()
		out = append(out, lines[max(top-b.y, 0):min(b.h, top+height-b.y)]...)
	}
	return out
}

// Top returns the first visible line for a focused object, as near to the present one as possible.
func (l *Layout) Top(top, height, focus int) int {
	if focus >= 0 && focus < len(l.Objects) {
		y := l.Objects[focus].y
		if y < top+1 {
			top = y - 1 // the line above it belongs to it
		}
		if focus == 0 {
			top = 0
		}
		top = max(top, y-height+1)
	}
	return max(min(top, l.Height-height), 0)
}

// Move returns the object that the focus moves to: dy lines below, or dx columns beside.
func (l *Layout) Move(focus, dx, dy int) int {
	if focus < 0 || focus >= len(l.Objects) {
		return 0
	}
	from, best, least := l.Objects[focus], focus, 0
	for i, o := range l.Objects {
		down, right := o.y-from.y, o.x-from.x
		var far int
		switch {
		case dy != 0 && down*dy > 0 && o.x < from.x+from.w && from.x < o.x+o.w: // below or above some of it
			far = 100*abs(down) + abs(right)
		case dy != 0 && down*dy > 0:
			far = 100*abs(down) + 400*abs(right)
		case dx != 0 && right*dx > 0:
			far = abs(right) + 12*abs(down)
		default:
			continue
		}
		if best == focus || far < least {
			best, least = i, far
		}
	}
	return best
}

// Page returns the object that is about as many lines below.
func (l *Layout) Page(focus, lines int) int {
	if focus < 0 || focus >= len(l.Objects) {
		return 0
	}
	y, best := l.Objects[focus].y+lines, focus
	for i, o := range l.Objects {
		if abs(o.y-y) < abs(l.Objects[best].y-y) {
			best = i
		}
	}
	return best
}

// Find returns the index of an object of another layout; the first one if it is not in this layout.
func (l *Layout) Find(o *Object) int {
	if o == nil {
		return 0
	}
	for i, x := range l.Objects {
		switch {
		case o.Interface != nil && x.Interface != nil && same(o.Interface.Endpoint.ID, x.Interface.Endpoint.ID, x.Interface == o.Interface) && same(o.in.ID, x.in.ID, x.in == o.in),
			o.Need != nil && x.Need != nil && x.Need.Service == o.Need.Service,
			o.Subnet != nil && x.Subnet != nil && same(o.Subnet.ID, x.Subnet.ID, x.Subnet == o.Subnet),
			len(o.Tables) > 0 && len(x.Tables) > 0 && same(o.Tables[0].ID, x.Tables[0].ID, x.Tables[0] == o.Tables[0]):
			return i
		}
	}
	if o.in != nil { // the interface does not exist in this view
		return l.Find(&Object{Subnet: o.in})
	}
	return 0
}

// same reports whether two objects are the same: they have the same id, or they are one object. The views of a VPC that a
// run created in part have different objects with the same ids.
func same(a, b string, one bool) bool { return one || a != "" && a == b }

func abs(n int) int { return max(n, -n) }

// add adds a block below the others.
func (l *Layout) add(h int, draw func(*grid, View), objects ...Object) {
	for _, o := range objects {
		o.y += l.Height
		l.Objects = append(l.Objects, o)
	}
	l.blocks = append(l.blocks, block{l.Height, h, draw})
	l.Height += h
}

// inner adds a block inside the frame of the VPC.
func (l *Layout) inner(h int, draw func(*grid, View), objects ...Object) {
	l.add(h, func(g *grid, v View) {
		for y := range h {
			g.put(0, y, "│", Wire)
			g.put(l.frame-1, y, "│", Wire)
		}
		draw(g, v)
	}, objects...)
}

// shownZones returns the zones that are drawn, and the others.
func (m *Map) shownZones() (shown, rest []*Zone) {
	zones := slices.Clone(m.Zones)
	if len(zones) <= mostZones {
		return zones, nil
	}
	rank := func(z *Zone) int {
		switch {
		case z.Workload:
			return 0
		case slices.ContainsFunc(z.Subnets, func(s *Subnet) bool { return s.busy(true) }):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(zones, func(a, b *Zone) int { return rank(a) - rank(b) })
	shown = zones[:mostZones]
	slices.SortFunc(shown, func(a, b *Zone) int { return cmp.Compare(a.Name, b.Name) })
	return shown, zones[mostZones:]
}
