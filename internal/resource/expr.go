package resource

import (
	"strings"
	"unicode"
)

// expr joins pieces of an expression. A string is used as it is, a Value becomes a quoted
// text.
func expr(pieces ...any) []Value {
	var out []Value
	lit := func(s string) {
		if n := len(out); n > 0 && out[n-1].From == "" && out[n-1].Input == "" {
			out[n-1].Lit += s
		} else {
			out = append(out, Lit(s))
		}
	}
	for _, p := range pieces {
		switch p := p.(type) {
		case string:
			lit(p)
		case Value:
			if p.From == "" && p.Input == "" {
				lit(text(p.Lit))
				continue
			}
			lit("'")
			out = append(out, p)
			lit("'")
		case []Value:
			for _, v := range p {
				if v.From == "" && v.Input == "" {
					lit(v.Lit)
				} else {
					out = append(out, v)
				}
			}
		default:
			panic("resource: neither text nor a value in an expression")
		}
	}
	return out
}

// text returns a JMESPath raw string. It drops characters that no id, address or name of AWS
// contains, except letters and digits of other alphabets. A shortened text finds nothing, while an open quote would change the expression.
func text(s string) string {
	return "'" + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' && !unicode.IsLetter(r) && !unicode.IsDigit(r) || strings.ContainsRune("'\"\\`$", r) {
			return -1
		}
		return r
	}, s) + "'"
}

// Quoted returns a text as JMESPath writes it in an expression.
func Quoted(s string) string { return text(s) }

// and joins conditions.
func and(conditions ...[]Value) []Value {
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
func holds(condition ...any) []Value {
	return expr(append(condition, " && 'yes' || 'no'")...)
}
