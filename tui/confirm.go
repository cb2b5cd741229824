package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// grace is the time during which new buttons ignore keys, so that keys that were typed
// ahead or are held down do not press them. Each of these keys starts the time again.
const grace = 425 * time.Millisecond

// gateMsg ends the grace period of the buttons with this number.
type gateMsg struct{ number int }

// buttons are two buttons. The safe one is first and has the focus. The second one may be missing.
type buttons struct {
	labels [2]string
	chosen int

	listening bool
	number    int // of the current gate; each gate has its own number
}

// wait starts the grace period.
func (b *buttons) wait(a *app) tea.Cmd {
	a.gates++
	n := a.gates
	b.number = n
	return tea.Tick(grace, func(time.Time) tea.Msg { return gateMsg{n} })
}

func (b *buttons) gate(m gateMsg) {
	if m.number == b.number {
		b.listening = true
	}
}

func (b *buttons) keys() []key.Binding {
	if !b.listening {
		return []key.Binding{renamed(keys.back, b.labels[0])}
	}
	return []key.Binding{keys.choice, renamed(keys.back, b.labels[0]), keys.help}
}

// press handles a key. It returns the index of the pressed button, or -1.
func (b *buttons) press(a *app, k tea.KeyPressMsg) (pressed int, cmd tea.Cmd) {
	switch {
	case k.String() == "esc":
		return 0, nil
	case !b.listening:
		return -1, b.wait(a)
	case k.IsRepeat:
	case is(k, keys.left):
		b.chosen = 0
	case is(k, keys.right) && b.labels[1] != "":
		b.chosen = 1
	case is(k, keys.press):
		return b.chosen, nil
	}
	return -1, nil
}

// line renders the buttons.
func (b *buttons) line(st *styles) string {
	line := "  "
	for i, label := range b.labels {
		switch {
		case label == "":
		case i == b.chosen:
			line += st.chosen.Render("[ "+label+" ]") + "   "
		default:
			line += st.button.Render("  "+label+"  ") + "   "
		}
	}
	return line
}

// hint says how to press the second button.
func (b *buttons) hint(st *styles, w int) []string {
	if !b.listening {
		return paint(st.dim, wrap("The buttons are active in less than 1 second.", w))
	}
	if b.labels[1] == "" {
		return nil
	}
	if b.chosen == 1 {
		return paint(st.warn, wrap("! Enter: "+b.labels[1]+". Press ← for "+b.labels[0]+".", w))
	}
	return paint(st.dim, wrap("Press → to select "+b.labels[1]+", then Enter. Enter alone: "+b.labels[0]+".", w))
}

// Confirm implements prompter. Back has the focus.
func (a *app) Confirm(c confirmation, do func() error) error {
	d := newDialog(c.title, c.text, "Back", c.yes, func(a *app) tea.Cmd {
		if err := do(); err != nil {
			a.warn("%s", sentence(err.Error()))
		}
		return nil
	})
	d.facts, d.terms, d.plan = c.facts, c.terms, c.plan
	a.run(a.ask(d))
	return nil
}

// dialog is a question with two buttons.
type dialog struct {
	title, text string
	facts       []fact // above the text
	terms       []*terms.Term
	buttons
	yes  func(*app) tea.Cmd
	plan *plan.Plan      // that is confirmed; nil: something else
	cost *documentScreen // covers the dialog
}

func newDialog(title, text, no, yes string, do func(*app) tea.Cmd) *dialog {
	return &dialog{title: title, text: text, terms: undoTerms, buttons: buttons{labels: [2]string{no, yes}}, yes: do}
}

// ask shows a dialog.
func (a *app) ask(d *dialog) tea.Cmd {
	a.dialog = d
	return d.wait(a)
}

func (d *dialog) keys() []key.Binding {
	switch {
	case d.cost != nil:
		return []key.Binding{keys.read, renamed(keys.back, "close")}
	case d.plan != nil:
		return append(d.buttons.keys(), keys.cost)
	}
	return d.buttons.keys()
}

func (d *dialog) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case d.cost != nil && is(k, keys.back):
		d.cost, d.listening = nil, false // the buttons are new to the eye
		return d.wait(a)
	case d.cost != nil:
		d.cost.scroller.press(k)
		return nil
	case d.plan != nil && is(k, keys.cost):
		d.cost = costScreen(d.plan, "")
		return nil
	}
	pressed, cmd := d.buttons.press(a, k)
	if pressed < 0 {
		return cmd
	}
	a.dialog = nil
	if pressed == 1 {
		return d.yes(a)
	}
	return nil
}

func (d *dialog) render(a *app, w, h int) []string {
	if d.cost != nil {
		return d.cost.render(a, w, h)
	}
	title, text := a.st.title.Render(cut(clean(d.title), w)), append(factLines(d.facts, factLabel, w), wrap(cleanText(d.text), w)...)
	tight := len(text) > h-7 // the text says what is confirmed, so blank lines and the hint give way to it
	out := []string{title, ""}
	if tight {
		out = out[:1]
		text = text[:min(len(text), max(h-2, 0))] // the buttons always stay visible
	}
	out = append(out, text...)
	if tight {
		if out = append(out, d.line(&a.st)); len(out) >= h {
			return out
		}
	} else {
		out = append(out, "", d.line(&a.st), "")
	}
	hint := d.hint(&a.st, w)
	return append(out, hint[:min(len(hint), max(h-len(out), 0))]...)
}
