package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// clean makes text from AWS safe to print on one line: it removes escape sequences, and
// control and format characters. It also removes joiners and variation selectors, because
// terminals use different widths for the joined characters.
func clean(s string) string { return scrub(s, false) }

// cleanText is clean for longer texts. It keeps line breaks.
func cleanText(s string) string { return scrub(s, true) }

func scrub(s string, lines bool) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && !(lines && s[i] == '\n') || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == unicode.ReplacementChar:
			return -1
		case r == '\u2028' || r == '\u2029':
			return ' '
		}
		return r
	}, ansi.Strip(s))
}
