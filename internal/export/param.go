package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// param is a value at the top of the script that its calls use: the account, the Region, the VPC, or a list of ids.
type param struct {
	name string
	ids  []string // one, or those of a list
	list bool
}

// String returns the assignment.
func (p param) String() string {
	if !p.list {
		return p.name + "='" + p.ids[0] + "'"
	}
	var words []string
	for _, id := range p.ids {
		words = append(words, quote(id))
	}
	return p.name + "=(" + strings.Join(words, " ") + ")"
}

// used reports whether a script uses the parameter.
func (p param) used(script string) bool {
	return strings.Contains(script, "$"+p.name) || strings.Contains(script, "${"+p.name)
}

// harmless is text that is the same in quotes of both kinds.
var harmless = pattern.New(`^[\pL\pN_./:,@%+=-]+$`)

// parameters returns the parameters of a plan's script: the account, the Region, the VPC, and what many of its requests contain.
func parameters(p *plan.Plan) []param {
	out := []param{{name: "account", ids: []string{p.Account}}, {name: "region", ids: []string{p.Region}}}
	if resource.Ref(p.VPC).From == "" {
		out = append(out, param{name: "vpc", ids: []string{p.VPC}})
	}
	type use struct {
		field string
		ids   []string
		list  bool
		n     int
	}
	var uses []*use
	for _, a := range p.Changes {
		for _, c := range a.Steps().Calls() {
			for _, field := range slices.Sorted(maps.Keys(c.In)) {
				ids, list := literals(c.In[field])
				if text, ok := c.In[field].(string); ok && len(text) > 20 && harmless().MatchString(text) {
					ids = []string{text}
				}
				if len(ids) == 0 {
					continue
				}
				i := slices.IndexFunc(uses, func(u *use) bool { return slices.Equal(u.ids, ids) })
				if i < 0 {
					i, uses = len(uses), append(uses, &use{field: strings.TrimPrefix(field, "Add"), ids: ids, list: list})
				}
				uses[i].n++
			}
		}
	}
	taken := map[string]bool{}
	for _, u := range uses {
		least := 6 // a text must be in many requests
		if u.list {
			least = 2
		}
		known := slices.ContainsFunc(out, func(p param) bool {
			return slices.ContainsFunc(u.ids, func(id string) bool { return slices.Contains(p.ids, id) })
		})
		if u.n < least || known || !slices.ContainsFunc(u.ids, func(id string) bool { return strings.ContainsAny(id, "0123456789") }) {
			continue
		}
		name := strings.ReplaceAll(kebab(strings.TrimSuffix(u.field, "Ids")), "-", "_")
		if strings.HasSuffix(u.field, "Ids") {
			name += "s"
		}
		base := name
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		taken[name] = true
		out = append(out, param{name: name, ids: u.ids, list: u.list})
	}
	// Longer values first, because they can contain the others.
	slices.SortStableFunc(out[2:], func(x, y param) int { return len(y.ids[0]) - len(x.ids[0]) })
	return append(out[2:], out[:2]...)
}

// literals returns the texts of a list that contains nothing else.
func literals(v any) ([]string, bool) {
	items, ok := v.([]any)
	var out []string
	for _, item := range items {
		switch item := item.(type) {
		case string:
			out = append(out, item)
		case resource.Value:
			if item.Lit == "" {
				return nil, false
			}
			out = append(out, item.Lit)
		default:
			return nil, false
		}
	}
	return out, ok && len(out) > 0 && !slices.Contains(out, "")
}

// whole returns the parameter with exactly these ids as a shell word.
func (p printer) whole(v any) (string, bool) {
	ids, ok := literals(v)
	if !ok {
		return "", false
	}
	for _, one := range p.params {
		if one.list && slices.Equal(one.ids, ids) {
			return `"${` + one.name + `[@]}"`, true
		}
	}
	return "", false
}

// replaced returns a word with the values of parameters replaced by references to them.
func (p printer) replaced(w word) word {
	for _, one := range p.params {
		for i, id := range one.ids {
			name := one.name
			if one.list {
				name = fmt.Sprintf("%s[%d]", one.name, i)
			}
			var out word
			for _, piece := range w {
				if piece.variable != "" {
					out = append(out, piece)
					continue
				}
				for n, text := range strings.Split(piece.lit, id) {
					if n > 0 {
						out = append(out, word{{variable: name}}[0])
					}
					out = append(out, lit(text)...)
				}
			}
			w = out
		}
	}
	return w
}

// quote returns a word as bash reads it, with references to parameters.
func (p printer) quote(w word) string { return p.replaced(w).quote() }

// lines is like quote, always in double quotes.
func (p printer) lines(w word) string { return p.replaced(w).lines() }
