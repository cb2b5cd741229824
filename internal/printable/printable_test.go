package printable_test

import (
	"testing"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// Every character that Unicode calls a control character, a bidirectional control or a separator of
// lines is unsafe, and no letter, digit or sign is.
func TestUnsafe(t *testing.T) {
	listed := map[rune]bool{0x61c: true, 0x200e: true, 0x200f: true, 0x2028: true, 0x2029: true}
	for r := rune(0x202a); r <= 0x202e; r++ {
		listed[r] = true
	}
	for r := rune(0x2066); r <= 0x2069; r++ {
		listed[r] = true
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := r < 0x20 || r >= 0x7f && r <= 0x9f || listed[r]
		if got := printable.Unsafe(r); got != want {
			t.Errorf("U+%04X: %v", r, got)
		}
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{"": "", "prod ü 日本": "prod ü 日本", "a\nb\tc\x1b[2J\x7f\u0085\u202e\u2028": "a b c [2J    "} {
		if got := printable.Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	for in, want := range map[string]string{"": "", "{": "{", "{}": "{}", "\ufeff{}": "{}", "\ufeff": "", "a\x00b": "a\x00b", "a\x00bc": "a\x00bc", "\x00\x00ab": "\x00\x00ab"} {
		if got, err := printable.Decode([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}", "{\x00}\x00", "\x00{\x00}", "\xff\xfe"} {
		if _, err := printable.Decode([]byte(in)); err == nil {
			t.Errorf("%q is read", in)
		}
	}
}
