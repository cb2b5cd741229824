package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// grace is the time during which a new dialog ignores keys, so that keys that were typed
// ahead or are held down do not answer it. Each of these keys starts the time again.
const grace = 700 * time.Millisecond

// gateMsg ends the grace period of the dialog with this number.
type gateMsg struct{ number int }

// dialog is a question with two buttons. The safe one is first and has the focus.
type dialog struct {
	title, text string
	buttons     [2]string
	chosen      int
	yes         func(*app) tea.Cmd

	listening bool
	number    int // of the current gate; each gate has its own number
}

func newDialog(title, text, no, yes string, do func(*app) tea.Cmd) *dialog {
	return &dialog{title: title, text: text, buttons: [2]string{no, yes}, yes: do}
}

// ask shows a dialog.
func (a *app) ask(d *dialog) tea.Cmd {
	a.dialog = d
	return d.wait(a)
}

// wait starts the grace period.
func (d *dialog) wait(a *app) tea.Cmd {
	a.gates++
	n := a.gates
	d.number = n
	return tea.Tick(grace, func(time.Time) tea.Msg { return gateMsg{n} })
}

func (d *dialog) gate(m gateMsg) {
	if m.number == d.number {
		d.listening = true
	}
}

func (d *dialog) keys() []key.Binding {
	if !d.listening {
		return []key.Binding{renamed(keys.back, d.buttons[0])}
	}
	return []key.Binding{keys.left, keys.right, keys.press, renamed(keys.back, d.buttons[0])}
}

func (d *dialog) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case k.String() == "esc":
		a.dialog = nil
	case !d.listening:
		return d.wait(a)
	case k.IsRepeat:
	case is(k, keys.left):
		d.chosen = 0
	case is(k, keys.right):
		d.chosen = 1
	case is(k, keys.press):
		a.dialog = nil
		if d.chosen == 1 {
			return d.yes(a)
		}
	}
	return nil
}

func (d *dialog) render(a *app, w, h int) []string {
	title, text := a.st.title.Render(cut(clean(d.title), w)), wrap(cleanText(d.text), w)
	tight := len(text) > h-7 // the text says what is confirmed, so blank lines and the hint give way to it
	out := []string{title, ""}
	if tight {
		out = out[:1]
		text = text[:min(len(text), max(h-2, 0))] // the buttons always stay visible
	}
	out = append(out, text...)
	line := ""
	for i, b := range d.buttons {
		if i == d.chosen {
			line += a.st.chosen.Render("[ "+b+" ]") + "   "
		} else {
			line += a.st.button.Render("  "+b+"  ") + "   "
		}
	}
	if tight {
		if out = append(out, "  "+line); len(out) >= h {
			return out
		}
	} else {
		out = append(out, "", "  "+line, "")
	}
	if !d.listening {
		return append(out, paint(a.st.dim, wrap("The buttons are active in less than 1 second.", w))...)
	}
	return append(out, a.st.dim.Render(cut("Press → to select "+d.buttons[1]+", then Enter. Enter alone: "+d.buttons[0]+".", w)))
}
