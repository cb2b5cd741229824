package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// field is a line of editable text.
type field struct{ input textinput.Model }

func newField(text string) field {
	m := textinput.New()
	m.Prompt = ""
	m.KeyMap.Paste.SetEnabled(false) // would start a program that reads the clipboard; terminals paste by themselves
	st := textinput.Styles{Cursor: textinput.CursorStyle{Shape: tea.CursorBlock}}
	st.Focused.Text, st.Blurred.Text = lipgloss.NewStyle(), lipgloss.NewStyle()
	m.SetStyles(st)
	m.Focus()
	m.SetValue(clean(text))
	return field{m}
}

// typed is implemented by screens that accept pasted text.
type typed interface{ insert(string) }

// value returns the text.
func (f *field) value() string { return f.input.Value() }

// insert inserts text at the cursor.
func (f *field) insert(s string) { f.input, _ = f.input.Update(tea.PasteMsg{Content: clean(s)}) }

// edit handles the keys that change the text or move the cursor.
func (f *field) edit(k tea.KeyPressMsg) {
	if k.String() == "ctrl+u" {
		f.input.Reset()
		return
	}
	f.input, _ = f.input.Update(k)
}

// line renders the label and the field. If the text is longer than the line, it shows the
// part around the cursor.
func (f *field) line(st *styles, label string, w int) string {
	if width := max(w-ansi.StringWidth(label)-2, 1); width != f.input.Width() { // with a space before the text, and the cursor after it
		at := f.input.Position()
		f.input.SetWidth(width)
		f.input.CursorEnd() // the input finds the part to show only when the cursor leaves the old one
		f.input.SetCursor(at)
	}
	return cut(st.accent.Render(label)+" "+strings.TrimRight(f.input.View(), " "), w)
}

// typingKeys returns the keys of a question with a text. The keys to continue and to go back
// are first, because the help bar can be cut.
func typingKeys() []key.Binding {
	return []key.Binding{renamed(keys.choose, "continue"), bindEsc, renamed(keys.read, "scroll"), keys.typing, keys.del}
}
