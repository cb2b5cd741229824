package export

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// declarations are the changes of a plan as a language declares them.
type declarations struct {
	all      *plan.Plan
	of       map[resource.ID]resource.Declared
	declared map[resource.ID]bool   // changes that the language applies; the script applies the others
	why      map[resource.ID]string // why the script creates or modifies something
}

// declare finds out which changes a language can apply. A change that follows one of the script is the script's too, because the
// script runs last.
func declare(p *plan.Plan, how func(resource.Change) resource.Declared) declarations {
	d := declarations{p, map[resource.ID]resource.Declared{}, map[resource.ID]bool{}, map[resource.ID]string{}}
	for i := range p.Changes {
		a := &p.Changes[i]
		if a.Op == resource.Run {
			continue
		}
		one := how(*a)
		if a.Op == resource.Keep {
			d.of[a.ID] = one
			continue
		}
		why := one.Why
		for _, id := range ahead(p, a.ID) {
			run := p.Change(id)
			if why == "" && run.Op == resource.Run && run.Steps().Verify == nil && slices.ContainsFunc(ahead(p, id), func(id resource.ID) bool { return d.declared[id] }) {
				why = "It comes after " + string(id) + ", which needs what this code creates."
			}
		}
		for _, id := range d.direct(a) {
			if before := p.Change(id); why == "" && before.Op != resource.Keep && !d.declared[id] {
				why = "It needs " + string(id) + "."
			}
		}
		if why != "" {
			d.why[a.ID] = why
			continue
		}
		d.of[a.ID], d.declared[a.ID] = one, true
	}
	return d
}

// before returns the changes that must be applied before a change, directly or before what the script only runs or verifies,
// in the order of the plan.
func (d declarations) before(a *resource.Change) []resource.ID {
	var out []resource.ID
	for _, id := range d.direct(a) {
		if d.declared[id] {
			out = append(out, id)
		}
	}
	return out
}

// direct returns the changes that must be applied before a change. What only runs or is kept is replaced by what must be applied
// before it.
func (d declarations) direct(a *resource.Change) []resource.ID {
	seen := map[resource.ID]bool{}
	var find func(*resource.Change)
	find = func(a *resource.Change) {
		for _, id := range a.Deps() {
			before := d.all.Change(id)
			if before == nil || seen[id] {
				continue
			}
			seen[id] = true
			if before.Op == resource.Run || before.Op == resource.Keep {
				find(before)
			}
		}
	}
	find(a)
	var out []resource.ID
	for _, b := range d.all.Changes {
		if seen[b.ID] && b.Op != resource.Run && b.Op != resource.Keep {
			out = append(out, b.ID)
		}
	}
	return out
}

// ahead returns the changes that come before a change, also indirectly.
func ahead(p *plan.Plan, id resource.ID) []resource.ID {
	var out []resource.ID
	var add func(resource.ID)
	add = func(id resource.ID) {
		c := p.Change(id)
		if c == nil {
			return
		}
		for _, d := range c.Deps() {
			if p.Change(d) != nil && !slices.Contains(out, d) {
				out = append(out, d)
				add(d)
			}
		}
	}
	add(id)
	return out
}

// scriptFirst returns the changes of the script that come before some that the tool applies. Nothing that the tool applies comes before them.
func scriptFirst(p *plan.Plan, has func(resource.ID) bool) []resource.ID {
	var out []resource.ID
	for _, a := range p.Changes {
		if a.Op == resource.Keep || has(a.ID) || slices.ContainsFunc(ahead(p, a.ID), has) {
			continue
		}
		if slices.ContainsFunc(p.Changes, func(c resource.Change) bool { return has(c.ID) && slices.Contains(ahead(p, c.ID), a.ID) }) {
			out = append(out, a.ID)
		}
	}
	return out
}

// left returns the changes that create or modify something and that the language cannot express.
func (d declarations) left() []resource.Change {
	var out []resource.Change
	for _, a := range d.all.Changes {
		if d.why[a.ID] != "" {
			out = append(out, a)
		}
	}
	return out
}

// joined returns the attributes of two declarations of one resource. Lists of the same name are joined, and of other values the
// second one is used.
func joined(first, second []resource.Attribute) []resource.Attribute {
	out := slices.Clone(first)
	for _, f := range second {
		i := slices.IndexFunc(out, func(o resource.Attribute) bool { return o.Name == f.Name })
		if i < 0 {
			i = slices.IndexFunc(out, func(o resource.Attribute) bool { return strings.EqualFold(o.Name, "tags") })
			if i < 0 {
				i = len(out)
			}
			out = slices.Insert(out, i, f)
			continue
		}
		switch before := out[i].Value.(type) {
		case []string:
			more, _ := f.Value.([]string)
			f.Value = slices.Concat(before, more)
		case []resource.Nested:
			more, _ := f.Value.([]resource.Nested)
			f.Value = slices.Concat(before, more)
		}
		out[i] = f
	}
	return out
}

// references calls found with the key of each other resource that attributes refer to, and whether it is an attribute of that resource
// and not its output.
func references(v any, found func(key string, attribute bool)) {
	switch v := v.(type) {
	case []resource.Attribute:
		for _, f := range v {
			references(f.Value, found)
		}
	case resource.Nested:
		references([]resource.Attribute(v), found)
	case []resource.Nested:
		for _, one := range v {
			references(one, found)
		}
	case conditional:
		references(v.later, found)
		references(v.before, found)
	case resource.Value:
		if v.From != "" {
			found(string(v.From), false)
		}
	case []resource.Value:
		for _, one := range v {
			references(one, found)
		}
	case resource.Document:
		references([]resource.Value(v), found)
	case resource.Of:
		found(v.Key, true)
	case []resource.Of:
		for _, one := range v {
			found(one.Key, true)
		}
	case resource.JSON:
		references(v.Data, found)
	case map[string]any:
		for _, one := range v {
			references(one, found)
		}
	case []any:
		for _, one := range v {
			references(one, found)
		}
	}
}
