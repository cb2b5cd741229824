package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// mostValues is the maximum number of values of one element that a line about a statement shows.
const mostValues = 5

// Statements compares the statements of two policies. It returns a line for each statement that was added, removed or changed, and
// for each other element that changed, and whether the policies say the same. The order of statements and of values, a single value
// or a list of one, and white space do not count. An empty policy is AWS's default. Text that is not JSON is only compared as it is,
// and has no lines.
func Statements(before, after string) (lines []string, same bool) {
	a, errA := parsed(before)
	b, errB := parsed(after)
	if errA != nil || errB != nil {
		return nil, before == after
	}
	removed, added := rest(a.statements, b.statements), rest(b.statements, a.statements)
	for _, s := range a.others() {
		if !slices.Contains(b.others(), s) {
			lines = append(lines, "removed: "+s)
		}
	}
	for _, s := range b.others() {
		if !slices.Contains(a.others(), s) {
			lines = append(lines, "added: "+s)
		}
	}
	for _, s := range removed {
		i := slices.IndexFunc(added, func(t statement) bool { return t.sid == s.sid && s.sid != "" || len(removed) == 1 && len(added) == 1 })
		if i < 0 {
			lines = append(lines, "removed "+s.line())
			continue
		}
		lines = append(lines, s.difference(added[i]))
		added = slices.Delete(slices.Clone(added), i, i+1)
	}
	for _, s := range added {
		lines = append(lines, "added "+s.line())
	}
	return lines, len(lines) == 0
}

func parsed(doc string) (*Document, error) {
	if strings.TrimSpace(doc) == "" {
		doc = Default
	}
	return Parse(doc)
}

// others returns the elements of the document beside its statements.
func (d *Document) others() []string {
	var out []string
	for i, key := range d.root.keys {
		if key != "Statement" {
			out = append(out, key+" "+strings.Join(d.root.items[i].values(""), ", "))
		}
	}
	if d.root.kind != '{' {
		out = append(out, d.root.print(true))
	}
	return out
}

// rest returns the statements of a that b does not have.
func rest(a, b []statement) []statement {
	count := map[string]int{}
	for _, s := range b {
		count[s.full()]++
	}
	var out []statement
	for _, s := range a {
		if count[s.full()]--; count[s.full()] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// element is an element of a statement with its values, in their order as text.
type element struct {
	key    string
	values []string
}

// elements returns the elements in the usual order.
func (s statement) elements() []element {
	if s.kind != '{' {
		return []element{{"Text", []string{s.print(true)}}}
	}
	var out []element
	sorted := s.sorted()
	for i, key := range sorted.keys {
		values := sorted.items[i].values("")
		slices.Sort(values)
		out = append(out, element{key, slices.Compact(values)})
	}
	return out
}

// values returns the scalars in a value. Those in an object have its keys before them.
func (n *node) values(before string) []string {
	switch n.kind {
	case '{':
		if len(n.items) == 0 {
			return []string{before + "{}"}
		}
		var out []string
		for i, key := range n.keys {
			out = append(out, n.items[i].values(before+key+" ")...)
		}
		return out
	case '[':
		if len(n.items) == 0 {
			return []string{before + "[]"}
		}
		var out []string
		for _, item := range n.items {
			out = append(out, item.values(before)...)
		}
		return out
	}
	return []string{before + n.value}
}

// full is the whole statement as one text.
func (s statement) full() string {
	var out []string
	for _, e := range s.elements() {
		out = append(out, fmt.Sprintf("%s %q", e.key, e.values))
	}
	return strings.Join(out, "; ")
}

// called is the statement with its Sid, if it has one.
func (s statement) called() string {
	if s.sid == "" {
		return "statement"
	}
	return "statement " + s.sid
}

// line is the shortened statement.
func (s statement) line() string {
	var out []string
	for _, e := range s.elements() {
		if e.key != "Sid" {
			out = append(out, e.key+" "+words.UpTo(e.values, mostValues))
		}
	}
	return s.called() + ": " + strings.Join(out, "; ")
}

// difference is what another version of the statement has in addition, and what it lacks.
func (s statement) difference(now statement) string {
	var out []string
	put := func(what string, from, to []element) {
		for _, e := range from {
			var values []string
			i := slices.IndexFunc(to, func(o element) bool { return o.key == e.key })
			for _, v := range e.values {
				if i < 0 || !slices.Contains(to[i].values, v) {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				out = append(out, what+" "+e.key+" "+words.UpTo(values, mostValues))
			}
		}
	}
	put("without", s.elements(), now.elements())
	put("with", now.elements(), s.elements())
	return "changed " + s.called() + ": now " + strings.Join(out, "; ")
}
