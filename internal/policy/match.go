package policy

import "strings"

// answer is yes, no, or perhaps if the policy depends on facts that are not known here.
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

// best evaluates each value and returns the best answer.
func best[T any](values []T, ask func(T) answer) answer {
	out := no
	for _, v := range values {
		if out = max(out, ask(v)); out == yes {
			break
		}
	}
	return out
}

// covers reports whether a pattern with the wildcards * and ? matches everything that another
// pattern matches: only * matches a *, only ? or * match a ?.
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

// meet reports whether a text exists that both patterns match.
func meet(a, b string) bool {
	for i := 0; i < len(a) && i < len(b) && a[i] != '*' && b[i] != '*'; i++ {
		if a[i] != b[i] && a[i] != '?' && b[i] != '?' {
			return false // most pairs differ here, so that the table below is not needed
		}
	}
	// row[j]: a from i and b from j match a common text.
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
				row[j] = next[j] || row[j+1] // the * ends, or matches one more character
			case a[i] == b[j] || a[i] == '?' || b[j] == '?':
				row[j] = next[j+1]
			}
		}
	}
	return row[0]
}

// matches reports whether one of a policy's patterns includes the request's: perhaps if it includes
// only a part, or contains a variable.
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

// withoutVariables replaces policy variables such as ${aws:username} with * and reports whether the
// text contains one.
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
