package netmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// flowchart is a flowchart of Mermaid while it is written.
type flowchart struct {
	*Map
	b       strings.Builder
	indent  int
	links   []string
	classes map[string][]string // nodes of each class
}

// Mermaid returns the network after the plan as a flowchart of Mermaid, which the viewers of Markdown of many ticket systems draw: zones with subnets,
// route tables, and endpoints with their states.
func (m *Map) Mermaid() string {
	f := &flowchart{Map: m, classes: map[string][]string{}}
	f.line("flowchart LR")
	f.indent++
	f.open("vpc", line("VPC", m.mark(View{}), m.Name, m.VPC, m.CIDRs))
	zones, others := m.shownZones()
	bands, rest := m.bands(zones, true)
	names := map[*Subnet]string{}
	for i, z := range zones {
		f.open(fmt.Sprintf("zone%d", i+1), line(z.Name))
		for t, b := range bands {
			for n, one := range fewer(b.cols[i]) {
				f.subnet(fmt.Sprintf("subnet%d_%d_%d", i+1, t+1, n+1), fmt.Sprintf("table%d", t+1), one, names)
			}
		}
		f.close()
	}
	for i, b := range bands {
		f.table(fmt.Sprintf("table%d", i+1), b)
	}
	for i, n := range m.Regional {
		f.node(fmt.Sprintf("regional%d", i+1), (&Layout{}).regionalPart(n, View{}).text)
	}
	if len(rest) > 0 {
		f.node("tables", tablesText(rest))
	}
	if len(others) > 0 {
		f.node("zones", m.zonesText(others))
	}
	f.endpoints(zones, names)
	f.close()
	for _, l := range f.links {
		f.line(l)
	}
	for _, c := range []struct{ name, style string }{{"planned", "stroke-dasharray:5 4"}, {"blocked", "stroke-width:3px,stroke:#cf222e"}} {
		if of := f.classes[c.name]; len(of) > 0 {
			f.line("classDef " + c.name + " " + c.style)
			f.line("class " + strings.Join(of, ",") + " " + c.name)
		}
	}
	return f.b.String()
}

// mostInChart is the number of subnets of a zone and route table in a flowchart: viewers draw no large ones.
const mostInChart = 6

// fewer returns the first subnets, and the others as one item.
func fewer(of []item) []item {
	if len(of) <= mostInChart {
		return of
	}
	out, rest := slices.Clone(of[:mostInChart-1]), item{}
	for _, one := range of[mostInChart-1:] {
		if rest.idle = append(rest.idle, one.idle...); one.subnet != nil {
			rest.idle = append(rest.idle, one.subnet)
		}
	}
	return append(out, rest)
}

func (f *flowchart) line(text string) {
	f.b.WriteString(strings.Repeat("  ", f.indent) + text + "\n")
}

// open begins a part of the chart.
func (f *flowchart) open(id, title string) {
	f.line("subgraph " + id + `["` + mermaidText(title) + `"]`)
	f.indent++
}

func (f *flowchart) close() {
	f.indent--
	f.line("end")
}

// node adds a node with lines of text.
func (f *flowchart) node(id string, lines ...string) {
	var out []string
	for _, l := range lines {
		if l != "" {
			out = append(out, mermaidText(l))
		}
	}
	f.line(id + `["` + strings.Join(out, "<br/>") + `"]`)
}

// link adds a line between nodes.
func (f *flowchart) link(from, how, to string) {
	f.links = append(f.links, from+" "+how+" "+to)
}

// subnet adds a subnet, or a node for several with nothing in them, and its link to the route table.
func (f *flowchart) subnet(id, table string, one item, names map[*Subnet]string) {
	f.link(id, "---", table)
	if one.subnet == nil {
		f.node(id, words.Count(len(one.idle), "more subnet"))
		if slices.ContainsFunc(one.idle, func(s *Subnet) bool { return s.Workload }) && slices.ContainsFunc(f.Endpoints, needed) {
			f.link(id, "-->", "interfaces")
		}
		return
	}
	s := one.subnet
	title := s.Label()
	if s.Change != "" {
		title = View{}.symbol(s.Change) + " " + title
		f.classes["planned"] = append(f.classes["planned"], id)
	}
	lines := []string{title, s.CIDR, f.runs(s).text}
	if n := len(s.Others); n > 0 {
		lines = append(lines, words.Count(n, "other interface"))
	}
	for _, n := range s.NAT {
		e := n.line()
		lines = append(lines, line(e.text, e.mark))
	}
	for _, r := range s.Planned {
		lines = append(lines, "◇ "+r.Kind+" "+r.Name)
	}
	f.node(id, lines...)
	names[s] = id
}

// table adds route tables that lead to the same, with their gateway endpoints.
func (f *flowchart) table(id string, b band) {
	t := b.first()
	if t == nil {
		f.node(id, "route table not known")
		return
	}
	l := &Layout{Width: boxesFrom, m: f.Map, after: true}
	title := words.Counted(len(b.tables), "route table", "route tables")
	if len(b.tables) == 1 {
		title = "route table"
	}
	changes := tableChanges(b.tables)
	if len(changes) > 0 {
		title = View{}.symbol(changes...) + " " + title
		f.classes["planned"] = append(f.classes["planned"], id)
	}
	lines := []string{title + " " + f.labelOf(b.tables), l.internetPart(b.tables, View{}).text}
	for _, p := range l.gatewayParts(t, View{}) {
		if p.tone == Error && strings.HasPrefix(p.text, "× no ") || p.tone == Muted {
			lines = append(lines, p.text)
		}
	}
	f.node(id, lines...)
	for _, e := range t.Gateways {
		if i := slices.Index(f.Endpoints, e); i >= 0 {
			f.link(id, "-->", endpointNode(i))
		}
	}
}

// endpointNode is the id of the node of an endpoint.
func endpointNode(i int) string { return fmt.Sprintf("endpoint%d", i+1) }

// needed reports whether an endpoint is an interface endpoint that the workload uses.
func needed(e *Endpoint) bool { return !strings.EqualFold(e.Type, catalog.Gateway) && e.Change != "" }

// endpoints adds the endpoints, and the links of the subnets of the workload to the interface endpoints.
func (f *flowchart) endpoints(zones []*Zone, names map[*Subnet]string) {
	unused := 0
	var shown []int
	for i, e := range f.Endpoints {
		switch {
		case strings.EqualFold(e.Type, catalog.Gateway):
			if len(e.Tables)+len(e.NewTables) > 0 {
				f.endpoint(i, e.Code+" gateway endpoint")
			}
		case needed(e):
			shown = append(shown, i)
		default:
			unused++
		}
	}
	if unused > 0 {
		f.node("unused", words.Count(unused, "other interface endpoint"), "not used by the workload")
	}
	if len(shown) == 0 {
		return
	}
	f.open("interfaces", "Interface endpoints")
	for _, i := range shown {
		e := f.Endpoints[i]
		var in []string
		for _, z := range f.Zones {
			if slices.ContainsFunc(z.Subnets, func(s *Subnet) bool {
				return slices.ContainsFunc(s.Endpoints, func(x *Interface) bool { return x.Endpoint == e })
			}) {
				in = append(in, z.Short())
			}
		}
		title := e.Code
		if len(in) > 0 {
			title += " in " + words.UpTo(in, 6)
		}
		f.endpoint(i, title)
	}
	f.close()
	for _, z := range zones {
		for _, s := range z.Subnets {
			if s.Workload && names[s] != "" {
				f.link(names[s], "-->", "interfaces")
			}
		}
	}
}

// endpoint adds an endpoint with its state after the plan.
func (f *flowchart) endpoint(i int, title string) {
	e := f.Endpoints[i]
	symbol, state, class := "◆", "exists", ""
	switch at := e.After; {
	case at.State == Blocked || at.State == Broken:
		symbol, class = "×", "blocked"
		if state, _, _ = strings.Cut(line(at.Why...), ": "); at.State == Blocked {
			state = "blocked: " + state
		}
	case e.Planned:
		symbol, state, class = "◇", "planned", "planned"
	case at.State == Undecided:
		state = "exists, could not be decided"
	case e.Plan != "":
		state = "exists, the plan changes it"
	case at.State == Unused:
		state = "exists, not used by the workload"
	}
	id := endpointNode(i)
	f.node(id, symbol+" "+title, e.ID, state)
	if class != "" {
		f.classes[class] = append(f.classes[class], id)
	}
}

// mermaidText escapes a text for a quoted label of Mermaid: nothing in it ends the label, begins a comment or Markdown, or is HTML.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range safe(text) {
		switch {
		case strings.ContainsRune("\"#&<>`%\\{}[]|;", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
