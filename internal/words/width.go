package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is the number of columns that a text takes in a terminal. Escape sequences for colors take none.
func Width(s string) int {
	n, escape := 0, false
	for _, r := range s {
		switch {
		case escape:
			escape = r != 'm'
		case r == '\x1b':
			escape = true
		default:
			n += RuneWidth(r)
		}
	}
	return n
}

// RuneWidth is the number of columns of a character.
func RuneWidth(r rune) int {
	switch {
	case r < utf8.RuneSelf: // nearly all characters; the tables are slower
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0x3000 && r <= 0x303F, r >= 0xFF01 && r <= 0xFF60, r >= 0x1F300 && r <= 0x1FAFF:
		return 2
	}
	return 1
}

// Cut cuts a text to a width of at least 1 and marks the cut with an ellipsis.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return strings.TrimRight(first(s, width-1), " ") + "…"
}

// CutMiddle cuts a text in its middle, because the end of an id tells it from others.
func CutMiddle(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	r := []rune(s)
	from, n := len(r), 0
	for from > 0 && n+RuneWidth(r[from-1]) <= width/2 {
		from--
		n += RuneWidth(r[from])
	}
	return first(s, width-1-n) + "…" + string(r[from:])
}

// Pad fills a text with spaces to a width.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(width-Width(s), 0)) }

// Lines breaks a text at spaces into lines of a width; the first one has another width. A longer word has a line of
// its own and is not cut.
func Lines(text string, first, rest int) []string {
	out := []string{""}
	width := first
	for _, w := range strings.Fields(text) {
		l := &out[len(out)-1]
		switch {
		case *l == "":
			*l = w
		case Width(*l)+1+Width(w) > width:
			out, width = append(out, w), rest
		default:
			*l += " " + w
		}
	}
	return out
}

// first returns the start of a text that fits into a width.
func first(s string, width int) string {
	n := 0
	for i, r := range s {
		if n += RuneWidth(r); n > width {
			return s[:i]
		}
	}
	return s
}
