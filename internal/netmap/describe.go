package netmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Detail is a line about an object: a label with a text.
type Detail struct {
	Label, Text string
	Tone        Tone
}

// notYet is about what the plan creates.
var notYet = Detail{"State", "planned: does not exist yet", Planned}

// line returns texts on one line.
func line(texts ...string) string { return strings.Join(strings.Fields(strings.Join(texts, " ")), " ") }

// ID returns the id of an object in AWS; empty if it has none or several.
func (o Object) ID() string {
	switch {
	case o.Interface != nil:
		return o.Interface.ID
	case o.Need != nil && o.Need.Endpoint != nil:
		return o.Need.Endpoint.ID
	case o.Subnet != nil:
		return o.Subnet.ID
	case len(o.Tables) == 1:
		return o.Tables[0].ID
	}
	return ""
}

// Describe returns the title of an object, with whole ids, and what is known about it.
func (m *Map) Describe(o Object, after bool) (title string, out []Detail) {
	switch {
	case o.Interface != nil:
		return m.describeInterface(o.Interface, o.in, after)
	case o.Need != nil:
		return m.describeNeed(o.Need, after)
	case len(o.Tables) == 1:
		return o.Tables[0].describe(after)
	case o.Subnet != nil:
		return m.describeSubnet(o.Subnet, after)
	case len(o.Tables) > 0:
		for _, t := range o.Tables {
			name, _ := t.describe(after)
			text := name + ": " + t.internetText()
			if r := t.defaultRoute(); m.prefix != "" && r.Via != "" { // similar tables of a new VPC lead to different gateways
				text += " " + r.To
			}
			if t.Change != "" {
				text += ", planned"
			}
			out = append(out, Detail{"", text, Plain})
		}
		return strings.TrimPrefix(tablesText(o.Tables), "+ "), out
	}
	for _, s := range o.Subnets {
		out = append(out, Detail{s.Zone.Short(), line(s.ID, s.Name, s.CIDR) + ", " + s.Internet, Plain})
	}
	return words.Count(len(o.Subnets), "subnet"), out
}

func (m *Map) describeSubnet(s *Subnet, after bool) (string, []Detail) {
	zone := Detail{"Zone", strings.Join(strings.Fields(s.Zone.Name+" "+s.Zone.ID+" "+s.CIDR), " "), Plain}
	if !s.IPv6Only {
		zone.Text += ", " + words.Thousands(s.Free) + " free"
	}
	table := "route table not known"
	if s.Table != nil {
		table = line(s.Table.ID, s.Table.Name)
	}
	var out []Detail
	if s.Change != "" {
		out = append(out, notYet)
	}
	out = append(out, Detail{"Internet", s.Internet + " (" + table + ")", Plain})
	runs := strings.TrimLeft(m.runs(s).text, "●○ ")
	if len(s.Runs) > 0 && !m.named {
		runs = words.UpTo(s.Runs, 4) + ": " + runs
	}
	out = append(out, Detail{"Runs", runs, Plain}, zone)
	for _, g := range s.NAT {
		if g.Change != "" {
			out = append(out, Detail{"NAT", "◇ " + safe(g.Name) + ", planned", Planned})
		} else {
			out = append(out, Detail{"NAT", g.ID + ", " + safe(g.State), Plain})
		}
	}
	for i, x := range s.Others {
		if i == 8 {
			out = append(out, Detail{"Others", fmt.Sprintf("and %d more", len(s.Others)-i), Muted})
			break
		}
		out = append(out, Detail{"Others", strings.Join(strings.Fields(x.ID+" "+x.IP+" "+x.Description), " "), Plain})
	}
	for _, x := range s.shown(after) {
		at := x.At(after)
		symbol, text := "◆ ", at.text()
		if x.Planned {
			symbol = "◇ "
			if at.State == Reachable {
				text = "planned"
			}
		}
		out = append(out, Detail{"Endpoint", symbol + x.Code + " " + x.ID + " " + text, tones[at.State]})
	}
	if after {
		for _, r := range s.Planned {
			out = append(out, Detail{"Planned", "◇ " + r.Kind + " " + r.Name, Planned})
		}
	}
	return line("subnet", s.ID, s.Name), out
}

func (m *Map) describeInterface(x *Interface, s *Subnet, after bool) (string, []Detail) {
	title := x.Code + " in " + s.Label()
	if x.ID != "" {
		title += "  " + x.ID
	}
	out := x.Endpoint.details(after)
	if x.ENI != "" {
		out = append(out, Detail{"Interface", strings.TrimSpace(x.ENI + " " + x.IP), Plain})
	}
	if x.Planned {
		out = append(out, Detail{"Interface", "planned in " + cmp.Or(s.ID, s.Name), Planned})
	}
	return title, out
}

// details returns what is known about an endpoint.
func (e *Endpoint) details(after bool) []Detail {
	at := e.At(after)
	out := []Detail{{"State", at.text(), tones[at.State]}}
	if e.Planned && at.State <= Reachable {
		out[0] = notYet
	}
	for i, why := range at.Why {
		if i > 0 {
			out = append(out, Detail{"", why, tones[at.State]})
		}
	}
	if e.Plan != "" {
		out = append(out, Detail{"Plan", e.Plan, Planned})
	}
	out = append(out, Detail{"Service", e.Service, Plain})
	if strings.EqualFold(e.Type, "Gateway") {
		return append(out, Detail{"Routes", cmp.Or(strings.Join(e.tablesAt(after), ", "), "in no route table"), Plain})
	}
	dns := map[bool]string{true: "on", false: "off"}[e.PrivateDNS]
	if e.TurnsOn && !e.PrivateDNS {
		dns = "off now, on after the plan"
	}
	return append(out, Detail{"DNS", "private DNS " + dns, Plain}, Detail{"Groups", cmp.Or(strings.Join(e.Groups, ", "), "none"), Plain})
}

func (m *Map) describeNeed(n *Need, after bool) (string, []Detail) {
	if n.Endpoint == nil {
		text, tone := n.text(after)
		return n.Service, []Detail{{"State", text, tone}}
	}
	return strings.TrimSpace(n.Service + "  " + n.Endpoint.ID), n.Endpoint.details(after)
}

// internetText returns the routes to the internet of the subnets with the table.
func (t *Table) internetText() string {
	return cmp.Or(strings.Join(t.Internet, " or "), "no subnet uses this table")
}

func (t *Table) describe(after bool) (string, []Detail) {
	title := line("route table", t.ID, t.Name)
	if t.Main {
		title += " (main)"
	}
	var out []Detail
	if t.Change != "" {
		out = append(out, notYet)
	}
	out = append(out, Detail{"Internet", t.internetText(), internetPart(t).tone})
	for _, r := range t.Routes {
		d := Detail{"Route", cmp.Or(r.CIDR, r.PrefixList) + " → " + r.To, Plain}
		if r.Change != "" && !after {
			continue
		}
		if r.Change != "" {
			d = Detail{"Route", "◇ " + d.Text + ", planned", Planned}
		}
		if r.Blackhole {
			d.Text, d.Tone = "× "+d.Text+", blackhole", Error
		}
		out = append(out, d)
	}
	for _, e := range t.Gateways {
		if after && !slices.Contains(e.Tables, t.ID) {
			out = append(out, Detail{"Route", "◇ " + e.Code + " → gateway endpoint, planned", Planned})
		}
	}
	var in []string
	for _, s := range t.Subnets {
		in = append(in, s.Label())
	}
	return title, append(out, Detail{"Subnets", cmp.Or(words.UpTo(in, 8), "none"), Plain})
}
