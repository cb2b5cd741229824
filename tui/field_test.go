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
		f := newField(text)
		for range len([]rune(text)) + 1 {
			for _, w := range []int{80, 40, 20, 60} {
				line := f.line(&st, "Name:", w)
				if ansi.StringWidth(line) > w || !cursor.MatchString(line) {
					t.Fatalf("%d columns, cursor at %d of %q: %q", w, f.input.Position(), text, line)
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
