package policy

import "strings"

// answer is yes, no, or perhaps where a policy speaks of what is not known here.
type answer int

const (
	no answer = iota
	perhaps
	yes
)

func (a answer) not() answer { return yes - a }

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}

// best asks each of the values and keeps the best answer.
func best[T any](values []T, ask func(T) answer) answer {
	out := no
	for _, v := range values {
		if out = max(out, ask(v)); out == yes {
			break
		}
	}
	return out
}

// covers tells whether a pattern with the wildcards * and ? matches all that a
// wanted pattern matches: only * takes in a *, only ? or * a ?.
func covers(pattern, wanted string) bool {
	p, w, star, back := 0, 0, -1, 0
	for w < len(wanted) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, w
			p++
		case p < len(pattern) && (pattern[p] == '?' && wanted[w] != '*' || pattern[p] == wanted[w]):
			p++
			w++
		case star >= 0:
			back++
			p, w = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// meet tells whether there is a text that both patterns match.
func meet(a, b string) bool {
	for i := 0; i < len(a) && i < len(b) && a[i] != '*' && b[i] != '*'; i++ {
		if a[i] != b[i] && a[i] != '?' && b[i] != '?' {
			return false // most pairs part here, long before the table below
		}
	}
	// row[j]: a from i and b from j have a text in common.
	row := make([]bool, len(b)+1)
	row[len(b)] = true
	for j := len(b) - 1; j >= 0 && b[j] == '*'; j-- {
		row[j] = true
	}
	for i := len(a) - 1; i >= 0; i-- {
		next := row
		row = make([]bool, len(b)+1)
		row[len(b)] = a[i] == '*' && next[len(b)]
		for j := len(b) - 1; j >= 0; j-- {
			switch {
			case a[i] == '*' || b[j] == '*':
				row[j] = next[j] || row[j+1] // the * ends, or takes in one more of the other
			case a[i] == b[j] || a[i] == '?' || b[j] == '?':
				row[j] = next[j+1]
			}
		}
	}
	return row[0]
}

// matches asks whether one of a policy's patterns takes in what is wanted:
// perhaps where only a part of it, or where the pattern holds a variable.
func matches(patterns []string, wanted string) answer {
	return best(patterns, func(p string) answer {
		open, variable := withoutVariables(p)
		switch {
		case !variable && covers(p, wanted):
			return yes
		case meet(open, wanted):
			return perhaps
		}
		return no
	})
}

// withoutVariables puts a * where a policy variable stands, ${aws:username}, and
// tells whether there was one.
func withoutVariables(p string) (string, bool) {
	found := false
	for {
		before, rest, ok := strings.Cut(p, "${")
		if !ok {
			return p, found
		}
		_, after, ok := strings.Cut(rest, "}")
		if !ok {
			return p, found
		}
		p, found = before+"*"+after, true
	}
}
