package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
)

// field is a line of editable text, an input of huh.
type field struct {
	st    *styles
	input *huh.Input
	text  *string
	label string
	width int
}

func newField(st *styles, label, text string) *field {
	text = clean(text)
	f := &field{st: st, text: &text, label: label}
	f.create(0)
	return f
}

// create creates the input for a width. An input does not find the part of a long text to show after its width has changed,
// so a resize creates it again, with the cursor at the end.
func (f *field) create(width int) {
	f.width = width
	f.input = huh.NewInput().Prompt(f.label + " ")
	f.input.WithTheme(huh.ThemeFunc(func(bool) *huh.Styles { return f.st.form })).WithKeyMap(fieldKeys).WithWidth(width)
	f.input.Value(f.text) // after the width
	f.input.Focus()
}

// fieldKeys has no keys that leave a field, because the screens handle them.
var fieldKeys = &huh.KeyMap{}

// typed is implemented by screens that accept pasted text.
type typed interface{ insert(string) }

// lineFeeds returns pasted text with line feeds. A terminal sends carriage returns for those of the copied text.
func lineFeeds(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// value returns the text.
func (f *field) value() string { return *f.text }

// insert inserts text at the cursor.
func (f *field) insert(s string) { f.update(tea.PasteMsg{Content: clean(s)}) }

// edit handles the keys that change the text or move the cursor.
func (f *field) edit(k tea.KeyPressMsg) {
	if is(k, keys.clear) {
		*f.text = ""
		f.create(f.width)
		return
	}
	f.update(k)
}

// update drops the commands of the input: they would make the cursor blink, or start a program that reads the clipboard.
func (f *field) update(m tea.Msg) { f.input.Update(m) }

// line renders the field. If the text is longer than the line, it shows the part around the cursor.
func (f *field) line(w int) string {
	if w != f.width {
		f.create(w)
	}
	return strings.TrimRight(f.input.View(), " ")
}

// typingKeys returns the keys of a question with a text. The keys to continue and to go back
// are first, because the help bar can be cut.
func typingKeys() []key.Binding {
	return []key.Binding{renamed(keys.choose, "continue"), bindEsc, renamed(keys.read, "scroll"), keys.typing, keys.del}
}
