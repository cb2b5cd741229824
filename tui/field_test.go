package tui

import (
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// TestFieldShowsTheCursor: the line fits, and the cursor is on it, also after a resize.
func TestFieldShowsTheCursor(t *testing.T) {
	st, cursor := newStyles(true), regexp.MustCompile(`\x1b\[7m[^\x1b]`)
	for _, text := range []string{"", "answers.yaml", strings.Repeat("0123456789", 20), strings.Repeat("日本", 50)} {
		f := newField(&st, "Name:", text)
		for at := len([]rune(text)); at >= 0; at-- {
			for _, w := range []int{80, 40, 20, 60} {
				line := f.line(w)
				if ansi.StringWidth(line) > w || !cursor.MatchString(line) {
					t.Fatalf("%d columns, cursor at %d of %q: %q", w, at, text, line)
				}
			}
			f.edit(tea.KeyPressMsg{Code: tea.KeyLeft})
		}
		if f.edit(pressOf(t, "ctrl+u")); f.value() != "" {
			t.Errorf("%q", f.value())
		}
		if f.insert("a\x1b[31mb\nc"); strings.ContainsAny(f.value(), "\x1b\n") {
			t.Errorf("%q", f.value())
		}
	}
}

// TestFieldGrows: an input of huh keeps the width of its first window, so the field creates it again.
func TestFieldGrows(t *testing.T) {
	st := newStyles(true)
	text := strings.Repeat("0123456789", 5)
	f := newField(&st, ">", text)
	if line := ansi.Strip(f.line(20)); strings.Contains(line, text) {
		t.Errorf("20 columns: %q", line)
	}
	if line := ansi.Strip(f.line(80)); !strings.Contains(line, "> "+text) || strings.Contains(line, "\n") {
		t.Errorf("80 columns: %q", line)
	}
}
