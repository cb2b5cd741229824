package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// names are the names of resources in the account, by id. They are not part of the JSON
// form of a plan.
type names struct {
	groups map[string]string // security groups
	zones  map[string]string // Availability Zones of subnets
}

func namesOf(n *workload.Network) names {
	out := names{groups: map[string]string{}, zones: map[string]string{}}
	if n == nil {
		return out
	}
	for _, g := range n.SecurityGroups {
		out.groups[g.ID] = g.Name
	}
	for _, s := range n.Subnets {
		out.zones[s.ID] = s.Zone
	}
	return out
}

// Row returns a change in columns: kind, name, place and note, without control characters.
func (p *Plan) Row(a resource.Change) []string {
	c := a.Spec.Cells(p, a)
	if a.Existing != "" && a.Existing != p.VPC && a.Existing != c.Name && !strings.HasPrefix(a.Existing, "arn:") {
		c.Note = resource.Joined(c.Note, a.Existing)
	}
	row := []string{c.Kind, c.Name, c.Where, c.Note}
	for i := range row {
		row[i] = strings.Join(strings.Fields(printable.Line(row[i])), " ")
	}
	return row
}

// Subject names a change in a sentence: "ecr.api" for an endpoint, "security group X"
// for another resource.
func (p *Plan) Subject(a resource.Change) string {
	if code := a.Code(); code != "" {
		return code
	}
	c := a.Spec.Cells(p, a)
	out := c.Kind + " " + c.Name
	if a.Existing == p.VPC { // the plan has one VPC only
		out = c.Kind
	}
	if strings.HasPrefix(c.Where, "from ") {
		out += " " + c.Where
	}
	return out
}

// ResourceName is the name of the resource that a value refers to, or its id.
func (p *Plan) ResourceName(v resource.Value) string {
	switch {
	case v.Input != "":
		return "(" + v.Input + ")"
	case v.From == "":
		return cmp.Or(p.names.groups[v.Lit], v.Lit)
	}
	if a := p.Change(v.From); a != nil {
		return a.Spec.Cells(p, *a).Name
	}
	return string(v.From)
}

// ZonesText is the short form of the zones of subnets: "zones 1a, 1b".
func (p *Plan) ZonesText(subnets []string) string {
	var out []string
	for _, id := range subnets {
		z := p.names.zones[id]
		if z == "" {
			return words.Count(len(subnets), "subnet")
		}
		if short, ok := strings.CutPrefix(z, p.Region); ok && len(short) == 1 {
			z = p.Region[strings.LastIndex(p.Region, "-")+1:] + short
		}
		out = append(out, z)
	}
	slices.Sort(out)
	switch len(out) {
	case 0:
		return "no zone"
	case 1:
		return "zone " + out[0]
	}
	return "zones " + strings.Join(out, ", ")
}

// GroupsText lists security groups: "group endpoints".
func (p *Plan) GroupsText(groups []resource.Value) string {
	var out []string
	for _, g := range groups {
		out = append(out, p.ResourceName(g))
	}
	switch len(out) {
	case 0:
		return ""
	case 1:
		return "group " + out[0]
	}
	return "groups " + strings.Join(out, ", ")
}
