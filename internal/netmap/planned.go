package netmap

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// The account ahead of a plan has a new VPC with the ids of its changes, such as "subnet/private-us-east-1a". The map keeps
// them as changes and shows names in their place, because nothing in AWS has such an id.

// Beginnings of the ids of planned gateways.
const (
	plannedIGW = "internet-gateway/"
	plannedNAT = "nat-gateway/"
)

// planned reports whether an id is that of a change of the plan. An ARN, which a route can have as its target, is not.
func planned(id string) bool { return strings.Contains(id, "/") && !strings.HasPrefix(id, "arn:") }

// idOrChange returns an id as that of an existing resource, or as that of the change that creates it.
func idOrChange(id string) (string, resource.ID) {
	if planned(id) {
		return "", resource.ID(id)
	}
	return id, ""
}

// NAT is a NAT gateway. A planned one has no id.
type NAT struct {
	inventory.NATGateway
	Change resource.ID // that creates it; empty if it exists
}

// line returns the line of a NAT gateway in its subnet.
func (n NAT) line() entry {
	switch {
	case n.Change != "":
		return entry{text: "◇ NAT gateway", tone: Planned, change: n.Change}
	case n.State != "available":
		return entry{text: "× NAT gateway", tone: Error, mark: safe(n.State), marked: Error}
	}
	return entry{text: "◆ NAT gateway", tone: Public}
}

// addNow adds what exists of a new VPC: parts of it, if an earlier run was interrupted, otherwise nothing.
func (m *Map) addNow(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) {
	if m.planned != "" {
		m.now = &Map{Name: m.Name, absent: true}
		return
	}
	_, then := plan.Ahead(inv, ans)
	then.NewVPC = nil
	then.Clients = slices.DeleteFunc(slices.Clone(then.Clients), planned)
	m.now = of(inv, then, p)
	m.now.prefix = m.prefix
	for _, e := range m.Endpoints {
		for _, was := range m.now.Endpoints {
			if e.ID != "" && e.ID == was.ID {
				e.Now = was.Now
			}
		}
	}
	for i := range m.Needs {
		for _, was := range m.now.Needs {
			if m.Needs[i].Service == was.Service {
				m.Needs[i].Now = was.Now
			}
		}
	}
}

// absence returns the sentence about a VPC that does not exist.
func (m *Map) absence() string { return "VPC " + m.Name + " does not exist yet." }

// createRoute notes which change creates a route.
func (d *drawing) createRoute(a *resource.Change, s resource.Route) {
	t := d.tables[s.Table]
	if a.Op != resource.Create || t == nil {
		return
	}
	for i := range t.Routes {
		if t.Routes[i].CIDR == s.CIDR {
			t.Routes[i].Change = a.ID
		}
	}
}

// nameRoutes names the targets of all routes.
func (d *drawing) nameRoutes() {
	for _, t := range d.Tables {
		for i := range t.Routes {
			r := &t.Routes[i]
			r.To, r.Via = d.nameOf(r.Target), d.via(r.Target)
		}
	}
}

// nameOf returns an id as texts show it: the name of what does not exist yet.
func (d *drawing) nameOf(id string) string {
	if !planned(id) {
		return safe(id)
	}
	if t := d.tables[id]; t != nil && t.Name != "" {
		return t.Name
	}
	if a := d.plan.Change(resource.ID(id)); a != nil && a.Spec != nil {
		return safe(a.Spec.Cells(d.plan, *a).Name)
	}
	kind, _, _ := strings.Cut(id, "/")
	return safe("new " + strings.ReplaceAll(kind, "-", " "))
}

// via returns what a NAT gateway or internet gateway is; empty for other targets.
func (d *drawing) via(id string) string {
	for _, g := range d.net.NATGateways {
		if s := d.subnets[g.Subnet]; g.ID == id && g.Regional {
			return "regional NAT gateway"
		} else if g.ID == id && s != nil {
			return "NAT gateway in " + s.Zone.Short()
		}
	}
	switch {
	case strings.HasPrefix(id, "nat-"):
		return "NAT gateway"
	case strings.HasPrefix(id, "igw-"), strings.HasPrefix(id, plannedIGW):
		return "internet gateway"
	}
	return ""
}

// everywhere is the destination of a default route.
const everywhere = "0.0.0.0/0"

// defaultRoute returns the default route of a table; a route without a destination if it has none.
func (t *Table) defaultRoute() Route {
	for _, r := range t.Routes {
		if r.CIDR == everywhere {
			return r
		}
	}
	return Route{}
}

// tableChanges returns the changes that create route tables.
func tableChanges(tables []*Table) []resource.ID {
	var out []resource.ID
	for _, t := range tables {
		if t.Change != "" {
			out = append(out, t.Change)
		}
	}
	return out
}

// internetPart returns the route to the internet of route tables that lead to the same. In a new VPC it has the zone of
// the NAT gateway, and the state if the plan creates the route.
func (l *Layout) internetPart(tables []*Table, v View) part {
	p := internetPart(tables[0])
	via, changes := "", []resource.ID{}
	for i, t := range tables {
		r := t.defaultRoute()
		switch {
		case i == 0:
			via = r.Via
		case r.Via != via:
			via = "NAT gateway per zone"
		}
		if r.Change != "" {
			changes = append(changes, r.Change)
		}
	}
	if l.m.prefix == "" || p.tone != Muted || via == "" || !strings.Contains(via, p.text) {
		return p
	}
	p.text = via
	if len(changes) > 0 {
		return part{v.symbol(changes...) + " " + p.text, v.tone(changes...)}
	}
	return part{"◆ " + p.text, Existing}
}

// routeParts returns the routes of tables that lead to the same.
func (l *Layout) routeParts(tables []*Table, v View) []part {
	p := l.internetPart(tables, v)
	out := []part{p}
	if tables[0].defaultRoute().CIDR != "" {
		out = []part{{everywhere + " → ", Muted}, p}
	}
	for _, p := range l.gatewayParts(tables[0], v) {
		out = append(out, part{" · ", Muted}, p)
	}
	return out
}

// regionalPart returns the line of a regional NAT gateway.
func (l *Layout) regionalPart(n NAT, v View) part {
	const text = " regional NAT gateway, all zones"
	if n.Change == "" {
		e := n.line()
		symbol, _, _ := strings.Cut(e.text, " ")
		return part{strings.TrimSpace(symbol + text + " " + e.mark), e.tone}
	}
	return part{v.symbol(n.Change) + text, v.tone(n.Change)}
}

// mark returns the symbol in front of the name of a VPC that the plan creates.
func (m *Map) mark(v View) string {
	if m.planned == "" {
		return ""
	}
	return v.symbol(m.planned) + " "
}

// short returns a name in a new VPC without what all names begin with, and without the zone at its end.
func (m *Map) short(name, zone string) string {
	if m.prefix == "" {
		return name
	}
	return cmp.Or(strings.TrimSuffix(strings.TrimPrefix(name, m.prefix+"-"), "-"+zone), name)
}

// shortTable returns the name of a route table in the same form: "private-1a".
func (m *Map) shortTable(t *Table) string {
	name := m.short(t.Label(), "")
	if m.prefix == "" {
		return name
	}
	for _, z := range m.Zones {
		if rest, ok := strings.CutSuffix(name, "-"+z.Name); ok {
			return rest + "-" + z.Short()
		}
	}
	return name
}

// within returns the part of a block that differs from the block of the VPC: ".16.0/20" for 10.0.16.0/20 in 10.0.0.0/16.
func (m *Map) within(cidr string) string {
	first, _, _ := strings.Cut(m.CIDRs, ",")
	block, err := netip.ParsePrefix(first)
	if err != nil || !block.Addr().Is4() {
		return cidr
	}
	parts := strings.SplitN(cidr, ".", block.Bits()/8+1)
	if len(parts) <= block.Bits()/8 {
		return cidr
	}
	return "." + parts[len(parts)-1]
}

// steps returns how far a run is with several changes: failed if one is, done if all are.
func (v View) steps(ids []resource.ID) Step {
	count := map[Step]int{}
	for _, id := range ids {
		count[v.step(id)]++
	}
	switch {
	case count[Failed] > 0:
		return Failed
	case count[Done] == len(ids):
		return Done
	case count[Working]+count[Done] > 0:
		return Working
	}
	return Pending
}

// symbol returns the symbol of what changes create.
func (v View) symbol(ids ...resource.ID) string {
	return map[Step]string{Pending: "◇", Working: "…", Done: "◆", Failed: "×"}[v.steps(ids)]
}

// tone returns the tone of this symbol.
func (v View) tone(ids ...resource.ID) Tone {
	return map[Step]Tone{Pending: Planned, Working: Warning, Done: Existing, Failed: Error}[v.steps(ids)]
}

// symbolOf returns a text that begins with the symbol of what a change creates.
func (v View) symbolOf(id resource.ID, text string) string {
	if id == "" {
		return text
	}
	return strings.Replace(text, "◇", v.symbol(id), 1)
}
