package netmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// list lays the map out as a list, for narrow terminals.
func (l *Layout) list() {
	zones, others := l.m.shownZones()
	l.m.name(l)
	var idle []*Subnet
	for _, z := range zones {
		for _, s := range z.Subnets {
			if !s.busy(l.after) {
				idle = append(idle, s)
				continue
			}
			l.line(Object{Subnet: s}, func(v View) []part { return l.subnetParts(s, v) })
		}
	}
	if len(idle) > 0 {
		l.line(Object{Subnets: idle}, func(View) []part {
			return []part{{words.Counted(len(idle), "more subnet, nothing in it", "more subnets, nothing in them"), Muted}}
		})
	}
	if len(others) > 0 {
		l.line(Object{Subnets: subnetsOf(others)}, func(View) []part { return []part{{l.m.zonesText(others), Muted}} })
	}
	for _, n := range l.m.Regional {
		l.add(1, func(g *grid, v View) { g.texts(2, 0, l.Width, []part{l.regionalPart(n, v)}) })
	}
	var rest []*Table
	for i, tables := range l.m.groups() {
		if i >= mostTables && !tables[0].Workload {
			rest = append(rest, tables...)
			continue
		}
		l.line(Object{Tables: tables}, func(v View) []part { return l.tableParts(tables, l.Width-3, v) })
	}
	if len(rest) > 0 {
		l.line(Object{Tables: rest}, func(View) []part { return []part{{tablesText(rest), Muted}} })
	}
	l.below()
}

// name adds the line with the name of the VPC.
func (m *Map) name(l *Layout) {
	text := strings.TrimSpace(m.Name + " " + m.VPC)
	if m.Name != "" {
		text = m.Name + " " + m.CIDRs
	}
	l.add(1, func(g *grid, v View) { g.put(0, 0, words.CutMiddle("VPC "+m.mark(v)+text, l.Width), Title) })
}

// line adds a line that can have the focus.
func (l *Layout) line(o Object, parts func(View) []part) {
	o.x, o.w = 0, l.Width
	l.add(1, func(g *grid, v View) {
		g.texts(2, 0, l.Width, parts(v))
	}, o)
}

// subnetParts returns a subnet on one line: zone, name, what runs in it, its endpoints, and the worst of their states.
func (l *Layout) subnetParts(s *Subnet, v View) []part {
	runs := l.m.runs(s)
	shown := s.shown(l.after)
	worst, n := Reachable, 0
	for _, x := range shown {
		switch st := x.At(l.after).State; {
		case st > worst:
			worst, n = st, 1
		case st == worst:
			n++
		}
	}
	end := ""
	if worst > Reachable {
		end = fmt.Sprintf("%s %d", marksOf[worst], n)
	}
	created := 0
	for _, x := range shown {
		if x.Planned && v.step(x.Change) == Done {
			created++
		}
	}
	if created > 0 {
		end = fmt.Sprintf("✓ %d", created)
		worst = Reachable
	}
	planned := 0
	for _, x := range shown {
		if x.Planned {
			planned++
		}
	}
	endpoints := "no endpoints"
	if n := len(shown) - planned; n > 0 && planned > 0 {
		endpoints = fmt.Sprintf("◆ %d ◇ %d", n, planned)
	} else if n > 0 {
		endpoints = fmt.Sprintf("◆ %d", n)
	} else if planned > 0 {
		endpoints = fmt.Sprintf("◇ %d", planned)
	}
	zone := s.Zone.Short()
	told := min(10+(l.Width-40)/2, 20) // columns of what runs in it
	room := l.Width - 2 - words.Width(zone) - 1 - told - 1 - 13
	if len(shown) > 0 {
		endpoints = words.Pad(endpoints, 8)
	}
	name := part{words.Pad(words.CutMiddle(l.m.short(s.Label(), s.Zone.Name), room), room) + " ", item{subnet: s}.tone()}
	if s.Change != "" {
		name.text = words.Pad(v.symbol(s.Change)+" "+words.CutMiddle(l.m.short(s.Label(), s.Zone.Name), room-2), room) + " "
	}
	if l.m.prefix != "" && !s.Workload && len(s.NAT) > 0 {
		runs = s.NAT[0].line()
		runs.text = v.symbolOf(s.NAT[0].Change, runs.text)
	}
	return []part{{zone + " ", Muted}, name,
		{words.Pad(words.Cut(runs.text, told), told) + " ", runs.tone}, {endpoints, Existing}, {strings.TrimRight(" "+end, " "), tones[worst]}}
}

// below adds what is outside of the picture: gateways, missing endpoints, what could not be read, and the needs.
func (l *Layout) below() {
	const label = 9
	text := func(name string, value func(View) string, t Tone) {
		l.add(1, func(g *grid, v View) {
			g.put(0, 0, name, Muted)
			g.put(label, 0, words.Cut(value(v), l.Width-label), t)
		})
	}
	text("Outside", l.m.outside, Plain)
	var missing []string
	for _, n := range l.m.Needs {
		if n.Endpoint == nil && n.At(l.after).State == Absent || !l.after && n.Endpoint != nil && n.Endpoint.Planned {
			missing = append(missing, "◇ "+n.Service)
		}
	}
	if len(missing) > 0 {
		text("Missing", func(View) string { return strings.Join(missing, "  ") }, Planned)
	}
	for _, u := range l.m.Unread {
		l.add(1, func(g *grid, _ View) { g.put(0, 0, words.Cut("! "+u, l.Width), Warning) })
	}
	for i := range l.m.Needs {
		n := &l.m.Needs[i]
		if l.Width < boxesFrom && n.At(l.after).State < Warned { // there only what needs attention
			continue
		}
		l.line(Object{Need: n}, func(v View) []part { return l.needParts(n, v) })
	}
}

// outside lists the gateways that routes of the VPC lead to.
func (m *Map) outside(v View) string {
	if m.hides("ec2:DescribeRouteTables") {
		return "? route tables could not be read"
	}
	kinds := []struct{ prefix, one string }{{"igw-", "internet gateway"}, {plannedIGW, "internet gateway"}, {"nat-", "NAT gateway"}, {plannedNAT, "NAT gateway"},
		{"tgw-", "transit gateway"}, {"vgw-", "virtual private gateway"}, {"pcx-", "VPC peering"}, {"eigw-", "egress-only internet gateway"}}
	var out []string
	for _, k := range kinds {
		var ids, names []string
		var changes []resource.ID
		for _, t := range m.Tables {
			for _, r := range t.Routes {
				if strings.HasPrefix(r.Target, k.prefix) && planned(r.Target) == planned(k.prefix) && !slices.Contains(ids, r.Target) {
					ids, names = append(ids, r.Target), append(names, r.To)
					if planned(r.Target) {
						changes = append(changes, resource.ID(r.Target))
					}
				}
			}
		}
		mark := ""
		if len(changes) > 0 {
			mark = v.symbol(changes...) + " "
		}
		switch {
		case len(ids) == 1:
			out = append(out, mark+k.one+" "+names[0])
		case len(ids) > 1:
			out = append(out, fmt.Sprintf("%s%s × %d", mark, k.one, len(ids)))
		}
	}
	if len(out) == 0 {
		return "no route to an internet gateway, a NAT gateway or another network"
	}
	return strings.Join(out, ", ")
}

// needParts returns a needed service on one line.
func (l *Layout) needParts(n *Need, v View) []part {
	service, path := 20, 42
	if l.Width < sideFrom {
		service, path = 17, 36
	}
	text, tone := n.text(l.after)
	if n.Endpoint != nil && n.Endpoint.Planned {
		switch v.step(n.Endpoint.Change) {
		case Working:
			text, tone = "… waiting for AWS", Warning
		case Done:
			text, tone = "✓ available", Works
		case Failed:
			text, tone = "× failed", Error
		}
	}
	if l.Width < boxesFrom {
		return []part{{n.Service + " ", Plain}, {text, tone}}
	}
	end := max(l.Width-2-service-path, 12)
	return []part{{words.Pad(words.CutMiddle(n.Service, service-2), service), Plain}, {words.Pad(words.CutMiddle(n.path(l.after, path-2), path-2), path), Plain}, {words.Cut(text, end), tone}}
}

// path returns by what the workload reaches a service, for a width.
func (n *Need) path(after bool, width int) string {
	e := n.Endpoint
	if e == nil || e.Planned && !after {
		return "–"
	}
	places := words.Count(len(e.placesAt(after)), "subnet")
	kind := "interface endpoint"
	if strings.EqualFold(e.Type, catalog.Gateway) {
		kind, places = "gateway endpoint", words.Count(len(e.tablesAt(after)), "route table")
	}
	if e.Planned {
		return "◇ " + kind + ", " + places
	}
	return "◆ " + words.CutMiddle(e.ID, width-4-words.Width(places)) + ", " + places
}

// text returns the state of a need with its symbol.
func (n *Need) text(after bool) (string, Tone) {
	at := n.At(after)
	if at.State == Absent || n.Endpoint != nil && n.Endpoint.Planned && !after {
		if !n.Required {
			return "– no endpoint", Muted
		}
		return "× no endpoint", Error
	}
	if n.Endpoint != nil && n.Endpoint.Planned && at.State == Reachable {
		return "planned", Planned
	}
	if len(at.Why) > 0 {
		return marksOf[at.State] + " " + at.Why[0], tones[at.State]
	}
	return at.text(), tones[at.State]
}

// text returns a status with its symbol and the first reason.
func (s Status) text() string {
	why := ""
	if len(s.Why) > 0 {
		why = ": " + s.Why[0]
	}
	switch s.State {
	case Absent:
		return "– does not exist"
	case Unused:
		return "– not used by the workload"
	case Reachable:
		return "✓ reachable"
	case Warned:
		return "! reachable, with a warning" + why
	case Blocked:
		return "× blocked" + why
	case Broken:
		return "× state " + s.Why[0]
	}
	return "? could not be decided" + why
}

// placesAt returns the subnets of an endpoint in a view.
func (e *Endpoint) placesAt(after bool) []string {
	if after {
		return slices.Concat(e.subnets, e.newSubnets)
	}
	return e.subnets
}

// tablesAt returns the route tables of an endpoint in a view.
func (e *Endpoint) tablesAt(after bool) []string {
	if after {
		return slices.Concat(e.Tables, e.NewTables)
	}
	return e.Tables
}
