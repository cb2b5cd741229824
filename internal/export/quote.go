package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// bare is text that no shell reads anything into.
var bare = pattern.New(`^[A-Za-z0-9_./:,@%+=-]+$`)

// quote writes a text as one shell word that every bash since 3.2 reads back byte
// for byte, and that shows no reader something else than it holds.
func quote(s string) string {
	switch {
	case bare().MatchString(s) && s[0] != '-' && s[0] != '=':
		return s
	case !showable(s):
		return ansi(s)
	case !strings.ContainsAny(s, "'$`\\"):
		return "'" + s + "'"
	}
	// Use double quotes, because shellcheck reports a $ in single quotes as a mistake.
	return `"` + escape(s) + `"`
}

// escape makes a text safe inside double quotes.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}

// showable reports whether a script can contain a text unchanged: no control
// characters, no invisible characters, no characters similar to quotes.
func showable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.In(r, unicode.Pi, unicode.Pf) || r >= 0x2018 && r <= 0x201f {
			return false
		}
	}
	return true
}

// ansi returns a text as $'…' with the bytes that are not printable in octal,
// because bash 3.2 does not support \u.
func ansi(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch part := s[:n]; {
		case part == "\x00":
			// A shell word cannot contain it. Such requests were rejected before.
		case part == "'" || part == `\`:
			b.WriteString(`\` + part)
		case part == "\n":
			b.WriteString(`\n`)
		case part == "\t":
			b.WriteString(`\t`)
		case !(r == utf8.RuneError && n == 1) && showable(part):
			b.WriteString(part)
		default:
			for i := range len(part) {
				fmt.Fprintf(&b, `\%03o`, part[i])
			}
		}
		s = s[n:]
	}
	b.WriteByte('\'')
	return b.String()
}

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
	if !slices.ContainsFunc(w, func(p piece) bool { return !showable(p.lit) || strings.ContainsAny(p.lit, "\"\\") }) {
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
			b.WriteString(escape(p.lit))
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
	if showable(s) && !strings.ContainsAny(s, "'$`\\") {
		return "'" + s + "'"
	}
	return ansi(s)
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
