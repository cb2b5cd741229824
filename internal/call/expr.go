package call

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// The expressions are evaluated by the AWS CLI (Python's jmespath) and by
// go-jmespath alike. So that neither stops with an error where a field is absent,
// they filter lists rather than call contains, and turn a list that may be absent
// into one that is not by [Field][]. They hold neither backticks nor dollar signs,
// which a shell would read: numbers are compared as text.

// expr joins pieces of an expression: strings stand for themselves, a plan.Value
// becomes a text in quotes.
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

// text is a JMESPath raw string. What no id, address or name of AWS holds is left
// out: a mangled text finds nothing, where an open quote would change the question.
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

// holds turns a condition into yes or no.
func holds(condition ...any) []plan.Value {
	return expr(append(condition, " && 'yes' || 'no'")...)
}
