package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// inputScreen asks for a text. Questions of one group that follow each other share a screen: an answered one is a line
// above the next one.
type inputScreen struct {
	*prompt
	take     func(string) error
	answered []*inputScreen // the questions above this one, with their answers

	ready bool
	wait  wait
	*field
	shown string // initial text of the field
	empty bool
	err   error
	page  textPage
}

// Input implements prompter.
func (a *app) Input(p *prompt, take func(string) error) error {
	s := &inputScreen{prompt: p, take: take}
	if above, ok := a.top().(*inputScreen); ok && p.group != "" && above.group == p.group {
		s.answered = append(slices.Clone(above.answered), above)
	}
	a.run(a.push(s))
	return nil
}

func (s *inputScreen) stepID() string { return s.id }

func (s *inputScreen) terms(*app) []*terms.Term { return s.prompt.terms }

// enter fills the field when all parts for the proposal are loaded. A draft that the user
// typed before has priority over the proposal.
func (s *inputScreen) enter(a *app) tea.Cmd {
	ready, cmd := s.wait.ready(a, s.needs())
	if !ready {
		s.keep(a)
		s.ready = false
		return cmd
	}
	if s.ready {
		return nil
	}
	q := s.make()
	s.ready, s.empty, s.err = true, q.empty, nil
	s.shown = strings.Join(q.chosen, "")
	s.page = textPage{ask: q.ask, help: q.help, notes: q.notes}
	text := s.shown
	if draft, typed := a.drafts[s.id]; typed {
		text = draft
	}
	s.field = newField(&a.st, ">", text)
	return nil
}

// keep stores the typed text as a draft.
func (s *inputScreen) keep(a *app) {
	if s.ready && s.value() != s.shown {
		a.drafts[s.id] = s.value()
	}
}

// insert inserts pasted text.
func (s *inputScreen) insert(text string) {
	if s.ready {
		s.err = nil
		s.field.insert(text)
	}
}

func (s *inputScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	return typingKeys()
}

func (s *inputScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case is(k, keys.choose):
		s.choose(a)
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

// choose takes the answer.
func (s *inputScreen) choose(a *app) {
	s.keep(a)
	s.ready = false // created again from the answers when the user returns
	if err := s.take(s.value()); err != nil {
		s.ready, s.err = true, err
		return
	}
	delete(a.drafts, s.id)
}

func (s *inputScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.title, w)
	}
	var above []string
	for _, q := range s.answered {
		above = append(above, cut(a.st.good.Render(markDone)+a.st.dim.Render(" "+clean(q.page.ask)+" ")+q.value(), w))
	}
	above = above[len(above)-min(len(above), h/4):]
	var below []string
	switch {
	case s.err != nil:
		below = paint(a.st.bad, wrap("! "+sentence(cleanText(s.err.Error())), w))
	case s.empty && s.value() == "":
		below = []string{a.st.dim.Render("Optional: the field can be empty.")}
	}
	return append(above, s.page.render(&a.st, s.line(w), below, w, h-len(above))...)
}

// textPage is the layout of screens with a text field: the question, the field, and a help
// text that can be scrolled.
type textPage struct {
	ask, help string
	notes     []string // warnings above the field
	body      listPage // only for scrolling
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
	out := paint(st.title, wrap(cleanText(p.ask), w))
	for _, n := range p.notes {
		out = append(out, paint(st.warn, wrap("! "+clean(n), w))...)
	}
	if len(out)+len(below)+2 < h {
		out = append(out, "")
	}
	if over := len(out) + 1 + len(below) - h; over > 0 { // the first line of the question and the field stay
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
