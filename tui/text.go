package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// textScreen asks the question of a step with a typed text.
type textScreen struct {
	step  *steps.Step
	ready bool
	wait  wait
	field
	shown string // initial text of the field
	err   error
	page  textPage
}

func newTextScreen(s *steps.Step) *textScreen { return &textScreen{step: s} }

func (s *textScreen) stepID() string { return s.step.ID }

// enter fills the field when all parts for the proposal are loaded. A draft that the user
// typed before has priority over the proposal.
func (s *textScreen) enter(a *app) tea.Cmd {
	st := a.state()
	ready, cmd := s.wait.ready(a, s.step.Needs(st))
	if !ready {
		s.keep(a)
		s.ready = false
		return cmd
	}
	if s.ready {
		return nil
	}
	s.ready = true
	s.make(st)
	if draft, typed := a.drafts[s.step.ID]; typed {
		s.field = newField(draft)
	}
	return nil
}

func (s *textScreen) make(st steps.State) {
	s.shown, s.err = strings.Join(s.step.Selected(st), ""), nil
	s.field = newField(s.shown)
	s.page = textPage{title: s.step.Title, ask: s.step.Ask(st), help: s.step.Help(st), notes: steps.Notes(st, s.step)}
}

// keep stores the typed text as a draft.
func (s *textScreen) keep(a *app) {
	if s.ready && s.value() != s.shown {
		a.drafts[s.step.ID] = s.value()
	}
}

// insert inserts pasted text.
func (s *textScreen) insert(text string) {
	if s.ready {
		s.err = nil
		s.field.insert(text)
	}
}

func (s *textScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	return typingKeys()
}

func (s *textScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case is(k, keys.choose):
		return s.take(a)
	case is(k, bindEsc):
		s.keep(a)
		s.ready = false
		return a.pop()
	case s.page.turn(k):
	default:
		s.err = nil
		s.edit(k)
	}
	return nil
}

// take stores the answer and continues.
func (s *textScreen) take(a *app) tea.Cmd {
	next, cleared, err := a.answer(s.step, []string{s.value()})
	if err != nil {
		s.err = err
		return nil
	}
	if cleared != "" {
		a.say("%s", cleared)
	}
	delete(a.drafts, s.step.ID)
	s.ready = false // created again from the answers when the user returns
	return a.goOn(next)
}

func (s *textScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.step.Title, w)
	}
	var below []string
	switch {
	case s.err != nil:
		below = paint(a.st.bad, wrap("! "+sentence(cleanText(s.err.Error())), w))
	case s.step.Empty && s.value() == "":
		below = []string{a.st.dim.Render("Optional: the field can be empty.")}
	}
	return s.page.render(&a.st, s.line(&a.st, ">", w), below, w, h)
}

// textPage is the layout of screens with a text field: the question, the field, and a help
// text that can be scrolled.
type textPage struct {
	title, ask, help string
	notes            []string // warnings above the field
	body             listPage // only for scrolling
}

// turn scrolls the help. It returns false for other keys.
func (p *textPage) turn(k tea.KeyPressMsg) bool {
	by, ok := map[string]int{"down": 1, "up": -1, "pgdown": 5, "pgup": -5}[k.String()]
	p.body.scroll = max(p.body.scroll+by, 0)
	return ok
}

// render renders the page into w columns and h lines. The lines below the field are always
// visible.
func (p *textPage) render(st *styles, field string, below []string, w, h int) []string {
	out := []string{cut(st.title.Render(clean(p.title)), w)}
	out = append(out, wrap(cleanText(p.ask), w)...)
	for _, n := range p.notes {
		out = append(out, paint(st.warn, wrap("! "+clean(n), w))...)
	}
	if len(out)+len(below)+2 < h {
		out = append(out, "")
	}
	if over := len(out) + 1 + len(below) - h; over > 0 { // the title and the field stay
		out = append(out[:1], out[min(1+over, len(out)):]...)
	}
	out = append(append(out, field), below...)
	rest := h - len(out) - 1
	if rest < 2 {
		return tall(out, h)
	}
	help := wrap(cleanText(p.help), w)
	return append(append(out, ""), paint(st.dim, p.body.window(st, help, w, rest, "↓"))...)
}
