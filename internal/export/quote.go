package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// quote writes a text as one shell word.
func quote(s string) string { return words.Shell(s) }

// word is an unfinished shell word: literal text and references to variables.
type word []piece

type piece struct{ lit, variable string }

func lit(s string) word { return word{{lit: s}} }

// merged joins adjacent literal pieces and drops empty ones.
func (w word) merged() word {
	var out word
	for _, p := range w {
		switch n := len(out); {
		case p == piece{}:
		case p.variable == "" && n > 0 && out[n-1].variable == "":
			out[n-1].lit += p.lit
		default:
			out = append(out, p)
		}
	}
	return out
}

// quote returns the word with expanded variables and everything else literal.
func (w word) quote() string {
	w = w.merged()
	if len(w) == 0 {
		return quote("")
	}
	if len(w) == 1 && w[0].variable == "" {
		return quote(w[0].lit)
	}
	// Each piece, because two pieces can contain the parts of one character.
	if !slices.ContainsFunc(w, func(p piece) bool { return !words.Showable(p.lit) || strings.ContainsAny(p.lit, "\"\\") }) {
		return w.lines()
	}
	var b strings.Builder
	for _, p := range w {
		switch {
		case p.variable != "":
			b.WriteString(word{p}.lines())
		case p.lit != "":
			b.WriteString(inner(p.lit))
		}
	}
	return b.String()
}

// lines writes the word in double quotes, over several lines if it holds line ends.
func (w word) lines() string {
	w = w.merged()
	var b strings.Builder
	b.WriteByte('"')
	for i, p := range w {
		switch {
		case p.variable == "":
			b.WriteString(words.Escape(p.lit))
		case i+1 < len(w) && continues(w[i+1].lit) || strings.HasSuffix(p.variable, "]"):
			b.WriteString("${" + p.variable + "}")
		default:
			b.WriteString("$" + p.variable)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// inner quotes a piece that stands beside an expansion in double quotes: always in
// single quotes or $'…', so that the two can be told apart.
func inner(s string) string {
	if words.Showable(s) && !strings.ContainsAny(s, "'$`\\") {
		return "'" + s + "'"
	}
	return words.ANSI(s)
}

// continues reports whether a text after a variable's name would become part of it.
func continues(s string) bool {
	if s == "" {
		return false
	}
	c := s[0]
	return c == '_' || c == '[' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// shown makes names safe in comments and messages: it escapes characters that
// are not printable as Go does.
func shown(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for _, r := range s {
		if r == '\uFFFD' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := fmt.Sprintf("%+q", r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

const width = 92

// comment writes a text as lines that begin with lead, wrapped between words.
func comment(lead, text string) string {
	return wrap(lead, lead, text)
}

// wrap is like comment, with a different lead for the first line.
func wrap(first, rest, text string) string {
	var b strings.Builder
	line := first
	empty := true
	for _, w := range strings.Fields(shown(text)) {
		if empty && strings.HasPrefix(strings.ToLower(w), "shellcheck") {
			w = "(" + w + ")" // otherwise shellcheck would read it as a directive
		}
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, empty = rest, true
			if strings.HasPrefix(strings.ToLower(w), "shellcheck") {
				w = "(" + w + ")"
			}
		}
		if !empty {
			line += " "
		}
		line += w
		empty = false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
