package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// field is a line of editable text.
type field struct {
	text []rune
	at   int // position of the cursor
}

func newField(text string) field { return field{[]rune(text), len([]rune(text))} }

// typed is implemented by screens that accept pasted text.
type typed interface{ insert(string) }

// insert inserts text at the cursor.
func (f *field) insert(s string) {
	r := []rune(clean(s))
	f.text = append(f.text[:f.at:f.at], append(r, f.text[f.at:]...)...)
	f.at += len(r)
}

// edit handles the keys that change the text or move the cursor.
func (f *field) edit(k tea.KeyPressMsg) {
	switch k.String() {
	case "left":
		f.at = max(f.at-1, 0)
	case "right":
		f.at = min(f.at+1, len(f.text))
	case "home", "ctrl+a":
		f.at = 0
	case "end", "ctrl+e":
		f.at = len(f.text)
	case "backspace":
		if f.at > 0 {
			f.text = append(f.text[:f.at-1:f.at-1], f.text[f.at:]...)
			f.at--
		}
	case "delete":
		if f.at < len(f.text) {
			f.text = append(f.text[:f.at:f.at], f.text[f.at+1:]...)
		}
	case "ctrl+u":
		f.text, f.at = nil, 0
	default:
		if k.Text != "" {
			f.insert(k.Text)
		}
	}
}

// line renders the label and the field. If the text is longer than the line, it shows the
// part around the cursor.
func (f *field) line(st *styles, label string, w int) string {
	under, rest := " ", ""
	if f.at < len(f.text) {
		under, rest = string(f.text[f.at]), string(f.text[f.at+1:])
	}
	space := w - ansi.StringWidth(label) - 1 - ansi.StringWidth(under)
	before := string(f.text[:f.at])
	if over := ansi.StringWidth(before) - space; over > 0 {
		before = "…" + ansi.TruncateLeft(before, over+1, "")
	}
	return cut(st.accent.Render(label)+" "+before+st.chosen.Render(under)+rest, w)
}

// typingKeys returns the keys of a question with a text. The keys to continue and to go back
// are first, because the help bar can be cut.
func typingKeys() []key.Binding {
	return []key.Binding{renamed(keys.choose, "continue"), bindEsc, renamed(keys.read, "scroll"), keys.typing, keys.del}
}
