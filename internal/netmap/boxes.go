package netmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// item is a box of a zone: a subnet, or several with nothing in them.
type item struct {
	subnet *Subnet
	idle   []*Subnet
}

// band are route tables that lead to the same, with the boxes of their subnets in each zone.
type band struct {
	tables []*Table // empty: not known
	cols   [][]item
}

// first returns one of the route tables; nil if they are not known.
func (b band) first() *Table {
	if len(b.tables) == 0 {
		return nil
	}
	return b.tables[0]
}

func (b band) slots() int {
	n := 0
	for _, c := range b.cols {
		n = max(n, len(c))
	}
	return n
}

// groups returns the route tables that have subnets in sets that lead to the same.
func (m *Map) groups() [][]*Table {
	var out [][]*Table
	at := map[string]int{}
	for _, t := range m.Tables {
		if len(t.Subnets) == 0 {
			continue
		}
		key := fmt.Sprint(t.Workload, t.Internet, t.Egress, t.Missing, t.MissingNow)
		if r := t.defaultRoute(); m.prefix != "" {
			key += fmt.Sprint(t.Change == "", r.Change == "")
		}
		for _, e := range t.Gateways {
			key += fmt.Sprint(e.Code, e.ID, slices.Contains(e.Tables, t.ID))
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key], out = i, append(out, nil)
		}
		out[i] = append(out[i], t)
	}
	return out
}

// labelOf returns the names of route tables: "private-a, -b".
func (m *Map) labelOf(tables []*Table) string {
	var out []string
	first := m.shortTable(tables[0])
	for i, t := range tables {
		name := m.shortTable(t)
		if at := strings.LastIndexAny(first, "-_ "); i > 0 && at > 0 && t.Name != "" && strings.HasPrefix(name, first[:at]) {
			name = name[at:]
		}
		out = append(out, name)
	}
	if len(out) > 3 {
		return fmt.Sprintf("%s and %d more", out[0], len(out)-1)
	}
	return strings.Join(out, ", ")
}

// bands returns the route tables that are drawn with their subnets in the zones, and the others.
func (m *Map) bands(zones []*Zone, after bool) (out []band, rest []*Table) {
	of := map[*Table]int{}
	groups := m.groups()
	for i, g := range groups {
		for _, t := range g {
			of[t] = i
		}
	}
	groups = append(groups, nil) // subnets with a table that is not known
	cols := make([][][]*Subnet, len(groups))
	for i, z := range zones {
		for _, s := range z.Subnets {
			g := len(groups) - 1
			if s.Table != nil {
				g = of[s.Table]
			}
			if cols[g] == nil {
				cols[g] = make([][]*Subnet, len(zones))
			}
			cols[g][i] = append(cols[g][i], s)
		}
	}
	for g, tables := range groups {
		if cols[g] == nil {
			continue
		}
		if len(out) >= mostTables && len(tables) > 0 && !tables[0].Workload {
			rest = append(rest, tables...)
			continue
		}
		b := band{tables, make([][]item, len(zones))}
		for i, subnets := range cols[g] {
			var idle []item
			for _, s := range subnets {
				if s.busy(after) {
					b.cols[i] = append(b.cols[i], item{subnet: s})
				} else {
					idle = append(idle, item{subnet: s})
				}
			}
			if len(idle) > mostIdle {
				all := item{}
				for _, o := range idle {
					all.idle = append(all.idle, o.subnet)
				}
				idle = []item{all}
			}
			b.cols[i] = append(b.cols[i], idle...)
		}
		out = append(out, b)
	}
	return out, rest
}

// boxes lays the map out as boxes.
func (l *Layout) boxes() {
	zones, others := l.m.shownZones()
	n := max(len(zones), 1)
	side := l.Width >= sideFrom && (l.Width-outside-4-sideTable-3*n)/n >= leastSide
	l.frame = l.Width
	gap := 2
	cw := (l.frame - 4 - gap*(n-1)) / n
	if side {
		gap = 3
		l.frame = l.Width - outside
		cw = (l.frame - 4 - sideTable - gap*n) / n
	}
	cw = min(cw, mostBox)
	xs := make([]int, n)
	for i := range xs {
		xs[i] = 2 + i*(cw+gap)
	}
	tableX := xs[n-1] + cw + gap
	if side {
		l.frame = tableX + sideTable + 2
	}
	l.add(1, func(g *grid, v View) {
		g.rule(1, l.frame-1, 0)
		g.put(0, 0, "┌", Wire)
		g.put(l.frame-1, 0, "┐", Wire)
		title := "VPC " + l.m.mark(v) + strings.TrimSpace(l.m.Name+"  "+l.m.VPC) + "  " + l.m.CIDRs
		g.put(2, 0, " "+words.CutMiddle(title, l.frame-6)+" ", Title)
	})
	if len(zones) > 0 {
		l.inner(1, func(g *grid, _ View) {
			for i, z := range zones {
				name := z.Name
				if full := name + " (" + z.ID + ")"; z.ID != "" && words.Width(full) <= cw && side {
					name = full
				}
				g.put(xs[i], 0, words.CutMiddle(name, cw), Muted)
			}
			if side {
				g.put(tableX, 0, "Route tables", Muted)
			}
		})
	} else {
		text := "no subnets in this VPC"
		if len(l.m.Unread) > 0 {
			text = l.m.Unread[0]
		}
		l.inner(1, func(g *grid, _ View) { g.put(2, 0, words.Cut(text, l.frame-4), Warning) })
	}
	bands, rest := l.m.bands(zones, l.after)
	for _, b := range bands {
		if side {
			l.bandBeside(b, xs, cw, tableX)
		} else {
			l.bandAbove(b, xs, cw)
		}
	}
	for _, n := range l.m.Regional {
		l.inner(1, func(g *grid, v View) { g.texts(2, 0, l.frame-2, []part{l.regionalPart(n, v)}) })
	}
	if len(rest) > 0 {
		l.sum(l.inner, 2, tablesText(rest), Object{Tables: rest})
	}
	if len(others) > 0 {
		subnets := subnetsOf(others)
		l.sum(l.inner, 2, l.m.zonesText(others), Object{Subnets: subnets})
	}
	l.add(1, func(g *grid, _ View) {
		g.rule(1, l.frame-1, 0)
		g.put(0, 0, "└", Wire)
		g.put(l.frame-1, 0, "┘", Wire)
	})
	l.below()
}

// sum adds a line that sums up several things.
func (l *Layout) sum(add func(int, func(*grid, View), ...Object), x int, text string, o Object) {
	o.x, o.w = x-1, l.Width-x-2
	if l.frame > 0 {
		o.w = l.frame - x - 1
	}
	add(1, func(g *grid, _ View) { g.put(x, 0, words.Cut(text, o.w-1), Muted) }, o)
}

func subnetsOf(zones []*Zone) []*Subnet {
	var out []*Subnet
	for _, z := range zones {
		out = append(out, z.Subnets...)
	}
	return out
}

// zonesText sums up zones that are not drawn.
func (m *Map) zonesText(zones []*Zone) string {
	subnets := subnetsOf(zones)
	text := fmt.Sprintf("+ %s, %s", words.Count(len(zones), "zone"), words.Count(len(subnets), "subnet"))
	if runs := slices.ContainsFunc(subnets, func(s *Subnet) bool { return s.Workload }); !runs {
		return text + ", no " + m.units
	}
	return text + ", with " + m.units
}

// tablesText sums up route tables that are not drawn.
func tablesText(tables []*Table) string {
	n := 0
	for _, t := range tables {
		n += len(t.Subnets)
	}
	return fmt.Sprintf("+ %s, %s", words.Count(len(tables), "route table"), words.Count(n, "subnet"))
}

// row adds a row of boxes. Its function draws what else is in the row.
func (l *Layout) row(b band, slot int, xs []int, cw, least int, wide bool, more func(g *grid, h int, v View), objects ...Object) {
	h := least
	texts := make([][]entry, len(b.cols))
	for i, c := range b.cols {
		if slot < len(c) {
			texts[i] = l.entries(c[slot], cw-2, wide)
			h = max(h, len(texts[i])+2)
		}
	}
	for i, c := range b.cols {
		if slot >= len(c) {
			continue
		}
		o := Object{Subnet: c[slot].subnet, Subnets: c[slot].idle, x: xs[i] + 1, w: cw - 2}
		objects = append(objects, o)
		for y, e := range texts[i] {
			if e.object != nil {
				o := *e.object
				o.x, o.y, o.w = xs[i]+1, y+1, cw-2
				objects = append(objects, o)
			}
		}
	}
	l.inner(h, func(g *grid, v View) {
		for i, c := range b.cols {
			if slot < len(c) {
				box(g, xs[i], 0, cw, h, l.title(c[slot], cw-4, v), c[slot].tone())
				if s := c[slot].subnet; s != nil && s.Change != "" {
					g.put(xs[i]+2, 0, v.symbol(s.Change), v.tone(s.Change))
				}
				for y, e := range texts[i] {
					e.draw(g, xs[i]+2, y+1, cw-4, v)
				}
			}
		}
		more(g, h, v)
	}, objects...)
}

// box draws a box with a title.
func box(g *grid, x, y, w, h int, title string, t Tone) {
	g.rule(x+1, x+w-1, y)
	g.rule(x+1, x+w-1, y+h-1)
	for i := range h {
		g.put(x, y+i, "│", Wire)
		g.put(x+w-1, y+i, "│", Wire)
	}
	g.put(x, y, "┌", Wire)
	g.put(x+w-1, y, "┐", Wire)
	g.put(x, y+h-1, "└", Wire)
	g.put(x+w-1, y+h-1, "┘", Wire)
	g.put(x+1, y, " "+title+" ", t)
}

// title returns the name and the addresses of a subnet as they fit.
func (l *Layout) title(i item, width int, v View) string {
	if i.subnet == nil {
		return words.Cut(fmt.Sprintf("%d more subnets", len(i.idle)), width)
	}
	s, mark := i.subnet, ""
	if s.Change != "" {
		mark = v.symbol(s.Change) + " "
		width -= words.Width(mark)
	}
	name, cidr := l.m.short(s.Label(), s.Zone.Name), s.CIDR
	if l.m.prefix != "" && words.Width(name+" "+cidr) > width {
		cidr = l.m.within(cidr)
	}
	if room := width - words.Width(cidr) - 1; room >= min(words.Width(name), 6) {
		return mark + strings.TrimSpace(words.CutMiddle(name, room)+" "+cidr)
	}
	return mark + words.CutMiddle(name, width)
}

func (i item) tone() Tone {
	switch {
	case i.subnet == nil:
		return Muted
	case i.subnet.Public:
		return Public
	}
	return Private
}

// bandAbove draws the boxes of a route table, and the table as a wire below them.
func (l *Layout) bandAbove(b band, xs []int, cw int) {
	last := func(i int) int { return len(b.cols[i]) - 1 }
	for slot := range b.slots() {
		l.row(b, slot, xs, cw, 3, false, func(g *grid, h int, _ View) {
			for i := range b.cols {
				center := xs[i] + cw/2
				switch {
				case last(i) == slot:
					g.put(center, h-1, "┬", Wire)
				case last(i) >= 0 && last(i) < slot:
					for y := range h {
						g.put(center, y, "│", Wire)
					}
				}
			}
		})
	}
	var centers []int
	for i := range b.cols {
		if last(i) >= 0 {
			centers = append(centers, xs[i]+cw/2)
		}
	}
	from, to := centers[0], centers[len(centers)-1]
	room, start := to-from-3, from+2
	inWire := l.tableParts
	if l.m.prefix != "" { // the routes have a line of their own
		inWire = l.nameParts
	}
	parts := inWire(b.tables, room, View{})
	if widthOf(parts) > room { // it is longer than the wire: to the right, or to the left if that has more space
		right, left := l.frame-from-4, to-4
		room = max(right, left)
		parts = inWire(b.tables, room, View{})
		if left > right {
			start = max(to-1-widthOf(parts), 2)
		}
	}
	width := widthOf(parts)
	var objects []Object
	if len(b.tables) > 0 {
		objects = append(objects, Object{Tables: b.tables, x: start - 1, w: width + 2})
	}
	l.inner(1, func(g *grid, v View) {
		g.rule(from, to, 0)
		for _, c := range centers {
			g.put(c, 0, "┴", Wire)
		}
		g.put(from, 0, "└", Wire)
		g.put(to, 0, "┘", Wire)
		if from == to && start > from {
			g.put(from, 0, "└", Wire)
		}
		g.put(start-1, 0, " ", Wire)
		end := l.frame - 2
		if start < from {
			end = to - 1
		}
		if x := g.texts(start, 0, end, inWire(b.tables, room, v)); x < to || x < end && start > from {
			g.put(x, 0, " ", Wire)
		}
	}, objects...)
	if l.m.prefix != "" && len(b.tables) > 0 {
		l.inner(1, func(g *grid, v View) {
			parts := l.routeParts(b.tables, v)
			g.texts(max(min(start, l.frame-2-widthOf(parts)), 2), 0, l.frame-2, parts)
		})
	}
}

// part is a text with its tone.
type part struct {
	text string
	tone Tone
}

// tableParts returns route tables on one line: their names, gateway endpoints, and route to the internet.
func (l *Layout) tableParts(tables []*Table, width int, v View) []part {
	if len(tables) == 0 {
		return []part{{words.Cut("route table not known", width), Warning}}
	}
	var parts []part
	for _, p := range append(l.gatewayParts(tables[0], v), l.internetPart(tables, v)) {
		parts = append(parts, part{" · ", Muted}, p)
	}
	return append(l.nameParts(tables, width-widthOf(parts), v), parts...)
}

// nameParts returns the names of route tables, with their state if the plan creates them.
func (l *Layout) nameParts(tables []*Table, width int, v View) []part {
	if len(tables) == 0 {
		return []part{{words.Cut("route table not known", width), Warning}}
	}
	const least = 8 // columns of a name
	out := []part{{"rtb ", Plain}}
	if changes := tableChanges(tables); len(changes) > 0 {
		out = append(out, part{v.symbol(changes...) + " ", v.tone(changes...)})
	}
	return append(out, part{words.CutMiddle(l.m.labelOf(tables), max(width-widthOf(out), least)), Plain})
}

// widthOf is the number of columns of texts beside each other.
func widthOf(parts []part) int {
	n := 0
	for _, p := range parts {
		n += words.Width(p.text)
	}
	return n
}

// gatewayParts returns the gateway endpoints of a route table in the view. A run changes only their symbols.
func (l *Layout) gatewayParts(t *Table, v View) []part {
	var out []part
	for _, e := range t.Gateways {
		switch planned := !slices.Contains(e.Tables, t.ID); {
		case planned && l.after:
			p := part{"◇ " + e.Code + " gateway", Planned}
			switch v.step(e.Change) {
			case Done:
				p = part{"◆ " + e.Code + " gateway", Existing}
			case Failed:
				p = part{"× " + e.Code + " gateway", Error}
			}
			out = append(out, p)
		case !planned:
			p := part{"◆ " + e.Code + " gateway", Existing}
			if at := e.At(l.after).State; at == Blocked || at == Broken {
				p = part{"× " + e.Code + " gateway", Error}
			}
			out = append(out, p)
		}
	}
	missing := t.MissingNow
	if l.after {
		missing = t.Missing
	}
	for _, code := range missing {
		if t.Egress == catalog.Closed {
			out = append(out, part{"× no " + code + " route", Error})
		} else {
			out = append(out, part{"no " + code + " route", Muted})
		}
	}
	return out
}

// internetPart returns the route to the internet of a route table.
func internetPart(t *Table) part {
	text := strings.Join(t.Internet, " or ")
	switch {
	case len(t.Internet) == 0:
		return part{"no subnets", Muted}
	case strings.Contains(text, "blackhole"):
		return part{"× " + text, Error}
	case t.Egress == catalog.Maybe:
		return part{"? " + text, Warning}
	}
	return part{text, Muted}
}

// bandBeside draws the boxes of a route table, and the table in a box beside them.
func (l *Layout) bandBeside(b band, xs []int, cw, tableX int) {
	const wireY = 2
	t := b.first()
	inTable := func(v View) []part {
		if t == nil {
			return []part{{"not known", Warning}}
		}
		var out []part
		for _, t := range b.tables[:min(len(b.tables), 4)] {
			if t.Name != "" && t.ID != "" {
				out = append(out, part{t.ID, Muted})
			}
		}
		return append(append(out, l.gatewayParts(t, v)...), l.internetPart(b.tables, v))
	}
	high := len(inTable(View{}))
	bus := tableX - 2
	slots := b.slots()
	for slot := range slots {
		least := 4
		var objects []Object
		if slot == 0 {
			least = max(least, high+2)
			if t != nil {
				objects = append(objects, Object{Tables: b.tables, x: tableX + 1, w: sideTable - 2})
			}
		}
		l.row(b, slot, xs, cw, least, true, func(g *grid, h int, v View) {
			from := -1
			for i := range b.cols {
				has := slot < len(b.cols[i])
				if from >= 0 {
					g.rule(from, xs[i], wireY)
					if has {
						g.put(xs[i], wireY, "┤", Wire)
					} else {
						g.rule(xs[i], xs[i]+cw, wireY)
					}
				}
				if has {
					g.put(xs[i]+cw-1, wireY, "├", Wire)
				}
				if has || from >= 0 {
					from = xs[i] + cw
				}
			}
			if from >= 0 {
				g.rule(from, bus+1, wireY)
			}
			if slot > 0 {
				for y := range wireY {
					g.put(bus, y, "│", Wire)
				}
				g.put(bus, wireY, "┘", Wire)
			}
			if slot+1 < slots {
				for y := wireY + 1; y < h; y++ {
					g.put(bus, y, "│", Wire)
				}
				g.put(bus, wireY, map[bool]string{true: "┬", false: "┤"}[slot == 0], Wire)
			}
			if slot > 0 {
				return
			}
			g.rule(bus+1, tableX, wireY)
			title := "rtb not known"
			if t != nil {
				title = "rtb " + words.CutMiddle(l.m.labelOf(b.tables), sideTable-8)
				if changes := tableChanges(b.tables); len(changes) > 0 {
					title = "rtb " + v.symbol(changes...) + " " + words.CutMiddle(l.m.labelOf(b.tables), sideTable-10)
				}
			}
			box(g, tableX, 0, sideTable, max(high+2, 4), title, Plain)
			g.put(tableX, wireY, "┤", Wire)
			for y, p := range inTable(v) {
				g.put(tableX+2, y+1, words.CutMiddle(p.text, sideTable-4), p.tone)
				if to := l.leadsTo(t, y, high); to != "" {
					g.put(tableX+sideTable-1, y+1, "├─┼", Wire)
					x := g.put(tableX+sideTable+2, y+1, "──► ", Wire)
					g.put(x, y+1, words.Cut(to, outside-5), Plain)
				}
			}
		}, objects...)
	}
}

// leadsTo returns what a line of a route table leads to outside of the VPC; empty if it leads nowhere.
func (l *Layout) leadsTo(t *Table, line, of int) string {
	if t == nil {
		return ""
	}
	gateways := l.gatewayParts(t, View{})
	first := of - 1 - len(gateways)
	switch i := line - first; {
	case line == of-1 && t.Egress == catalog.Open:
		return "internet"
	case line == of-1 && t.Egress == catalog.Maybe:
		return "? internet"
	case i >= 0 && line < of-1:
		if p := gateways[i]; p.tone == Existing || p.tone == Planned {
			code, _, _ := strings.Cut(strings.TrimLeft(p.text, "◆◇ "), " ")
			return cmp.Or(map[string]string{"s3": "Amazon S3", "dynamodb": "Amazon DynamoDB"}[code], code)
		}
	}
	return ""
}

// entry is a line in a box.
type entry struct {
	text   string
	tone   Tone
	mark   string // at the end
	marked Tone
	object *Object
	change resource.ID // of the plan that creates or changes it
}

// draw draws a line of a box, with the state of a run.
func (e entry) draw(g *grid, x, y, w int, v View) {
	text, tone, mark, marked := e.text, e.tone, e.mark, e.marked
	if e.change != "" {
		switch v.step(e.change) {
		case Working:
			mark, marked = "…", Warning
		case Done:
			if created := strings.Replace(text, "◇", "◆", 1); created != text {
				text, tone, mark, marked = created, Existing, "✓", Works
			}
		case Failed:
			mark, marked = "×", Error
		}
	}
	room := w - words.Width(mark) - 1
	if mark == "" {
		room = w
	}
	g.put(x, y, words.CutMiddle(text, room), tone)
	g.put(x+w-words.Width(mark), y, mark, marked)
}

// entries returns the lines in the box of a subnet.
func (l *Layout) entries(i item, width int, wide bool) []entry {
	if i.subnet == nil {
		return []entry{{text: "nothing in them", tone: Muted}}
	}
	s := i.subnet
	free := ""
	if !s.IPv6Only {
		free = words.Thousands(s.Free) + " free"
	}
	var out []entry
	if wide {
		if s.Name != "" && s.ID != "" {
			out = append(out, entry{text: s.ID, tone: Muted})
		}
		out = append(out, entry{text: free, tone: Muted})
		free = ""
	}
	runs := l.m.runs(s)
	if words.Width(runs.text)+words.Width(free)+4 <= width {
		runs.mark, runs.marked = free, Muted
	}
	out = append(out, runs)
	if n := len(s.Others); n > 0 {
		out = append(out, entry{text: "■ " + words.Count(n, "other interface"), tone: Plain})
	}
	for _, g := range s.NAT {
		out = append(out, g.line())
	}
	shown := s.shown(l.after)
	var unused []*Interface
	if len(shown) > mostEndpoints { // first those that the workload does not use
		for i, x := range shown {
			if x.Change == "" {
				shown, unused = shown[:i], shown[i:]
				break
			}
		}
	}
	if len(shown)+min(len(unused), 1) > mostEndpoints {
		out = append(out, l.counted(s, shown, "endpoint")...)
	} else {
		for _, x := range shown {
			out = append(out, l.endpoint(s, x, wide))
		}
	}
	if len(unused) > 0 {
		out = append(out, l.counted(s, unused, "other endpoint")...)
	}
	if l.after {
		for _, r := range s.Planned {
			out = append(out, entry{text: "◇ " + r.Kind, tone: Planned, change: r.Change})
		}
	}
	return out
}

// runs returns the line with what runs in a subnet.
func (m *Map) runs(s *Subnet) entry {
	text := m.workloadText(s)
	switch {
	case s.Workload && text != "":
		return entry{text: "● " + text, tone: Works}
	case s.Workload && m.hides("ec2:DescribeNetworkInterfaces"):
		return entry{text: "● " + m.units + " not read", tone: Warning}
	case s.Workload && s.Change != "":
		return entry{text: "● " + m.units, tone: Works}
	case s.Workload:
		return entry{text: "● no " + m.units + " now", tone: Works}
	}
	return entry{text: "○ no " + m.units, tone: Muted}
}

// counted returns the endpoints of a subnet as counts.
func (l *Layout) counted(s *Subnet, shown []*Interface, what string) []entry {
	var out []entry
	for _, planned := range []bool{false, true} {
		n, marks := 0, map[State]int{}
		for _, x := range shown {
			if x.Planned == planned {
				n++
				marks[x.At(l.after).State]++
			}
		}
		if n == 0 {
			continue
		}
		e := entry{text: "◆ " + words.Count(n, what), tone: Existing, object: &Object{Subnet: s}}
		if planned {
			e.text, e.tone = "◇ "+words.Count(n, what), Planned
		}
		for _, state := range []State{Blocked, Broken, Undecided, Warned} {
			if k := marks[state]; k > 0 {
				if e.mark != "" {
					e.mark += " "
				} else {
					e.marked = tones[state]
				}
				e.mark += fmt.Sprintf("%s %d", marksOf[state], k)
			}
		}
		out = append(out, e)
	}
	return out
}

// marksOf are the symbols of states.
var marksOf = map[State]string{Broken: "×", Absent: "–", Unused: "–", Reachable: "✓", Warned: "!", Blocked: "×", Undecided: "?"}

// tones are the tones of these symbols.
var tones = map[State]Tone{Broken: Error, Unused: Muted, Absent: Muted, Reachable: Works, Warned: Warning, Blocked: Error, Undecided: Warning}

// endpoint returns the line of an endpoint in a subnet.
func (l *Layout) endpoint(s *Subnet, x *Interface, wide bool) entry {
	at := x.At(l.after)
	e := entry{text: "◆ " + x.Code, tone: Existing, mark: marksOf[at.State], marked: tones[at.State], object: &Object{Interface: x, in: s}}
	if wide && x.IP != "" {
		if parts := strings.Split(x.IP, "."); len(parts) == 4 {
			e.mark = "." + strings.Join(parts[2:], ".") + "  " + e.mark
		}
	}
	if l.after && x.Plan != "" {
		e.change = x.Change
	}
	if x.Planned {
		e.text, e.tone = "◇ "+x.Code, Planned
		if at.State == Reachable {
			e.mark, e.marked = "", Muted
			if wide {
				e.mark = "planned"
			}
		}
	}
	return e
}
