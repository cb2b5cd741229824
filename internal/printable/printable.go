// Package printable decides which characters of foreign text may reach a terminal.
package printable

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unsafe reports whether a character can change what a terminal shows: a control character (C0, C1
// and DEL), a character that changes the direction of text, or a line or paragraph separator.
func Unsafe(r rune) bool {
	if r < utf8.RuneSelf { // nearly all characters; the tables are slower
		return unicode.IsControl(r)
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Line returns a text as one line: each unsafe character becomes a space, line ends and tabs
// included. Foreign text cannot add a line of its own to the output then.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if Unsafe(r) {
			return ' '
		}
		return r
	}, s)
}

// Decode returns the bytes of a text file without a byte order mark, which editors and PowerShell
// add. It returns an error for UTF-16, with or without a mark.
func Decode(data []byte) ([]byte, error) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, errUTF16
		}
	}
	if len(data) >= 4 && (data[0] == 0) != (data[1] == 0) && (data[0] == 0) == (data[2] == 0) && (data[1] == 0) == (data[3] == 0) {
		return nil, errUTF16 // the first two characters are ASCII
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

var errUTF16 = errors.New("is UTF-16; save it as UTF-8")
