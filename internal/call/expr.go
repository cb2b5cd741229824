package call

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// The AWS CLI (Python's jmespath) and go-jmespath both evaluate the expressions. To avoid errors
// for absent fields in either, they filter lists instead of calling contains, and write [Field][]
// for a list that may be absent. They contain no backticks or dollar signs, which a shell would
// interpret, and compare numbers as text.

// expr joins pieces of an expression. A string is used as it is, a plan.Value becomes a quoted
// text.
func expr(pieces ...any) []plan.Value {
	var out []plan.Value
	lit := func(s string) {
		if n := len(out); n > 0 && out[n-1].From == "" && out[n-1].Input == "" {
			out[n-1].Lit += s
		} else {
			out = append(out, plan.Lit(s))
		}
	}
	for _, p := range pieces {
		switch p := p.(type) {
		case string:
			lit(p)
		case plan.Value:
			if p.From == "" && p.Input == "" {
				lit(text(p.Lit))
				continue
			}
			lit("'")
			out = append(out, p)
			lit("'")
		case []plan.Value:
			for _, v := range p {
				if v.From == "" && v.Input == "" {
					lit(v.Lit)
				} else {
					out = append(out, v)
				}
			}
		default:
			panic("call: neither text nor a value in an expression")
		}
	}
	return out
}

// text returns a JMESPath raw string. It drops characters that no id, address or name of AWS
// contains. A shortened text finds nothing, while an open quote would change the expression.
func text(s string) string {
	return "'" + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune("'\"\\`$", r) {
			return -1
		}
		return r
	}, s) + "'"
}

// and joins conditions.
func and(conditions ...[]plan.Value) []plan.Value {
	var out []any
	for i, c := range conditions {
		if i > 0 {
			out = append(out, " && ")
		}
		out = append(out, c)
	}
	return expr(out...)
}

// holds converts a condition to yes or no.
func holds(condition ...any) []plan.Value {
	return expr(append(condition, " && 'yes' || 'no'")...)
}
