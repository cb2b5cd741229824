package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shell writes a text as one shell word that every bash since 3.2 reads back byte
// for byte, and that shows no reader something else than it holds.
func Shell(s string) string {
	switch {
	case s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !bare(r) }) && s[0] != '-' && s[0] != '=':
		return s
	case !Showable(s):
		return ANSI(s)
	case !strings.ContainsAny(s, "'$`\\"):
		return "'" + s + "'"
	}
	// Use double quotes, because shellcheck reports a $ in single quotes as a mistake.
	return `"` + Escape(s) + `"`
}

// bare reports whether no shell reads anything into a character.
func bare(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./:,@%+=-", r)
}

// Escape makes a text safe inside double quotes of a shell.
func Escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}

// Showable reports whether a script can contain a text unchanged: no control
// characters, no invisible characters, no characters similar to quotes.
func Showable(s string) bool {
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

// ANSI returns a text as $'…' for a shell with the bytes that are not printable in octal,
// because bash 3.2 does not support \u.
func ANSI(s string) string {
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
		case !(r == utf8.RuneError && n == 1) && Showable(part):
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
