package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

func answersOf() answers.Answers { return answers.Answers{Version: answers.Version} }

// stepScreen asks one step's question.
type stepScreen struct {
	step  *steps.Step
	ready bool
	wait  wait
	pick  *picker
	page  listPage
}

func newStepScreen(s *steps.Step) *stepScreen { return &stepScreen{step: s} }

func (s *stepScreen) station() string { return s.step.ID }
func (s *stepScreen) list() *picker   { return s.pick }

// enter makes the list once all it is made from is there. While it is shown,
// parts that arrive late do not disturb it.
func (s *stepScreen) enter(a *app) tea.Cmd {
	st := a.state()
	ready, cmd := s.wait.ready(a, s.step.Needs(st))
	if !ready {
		s.ready = false
		return cmd
	}
	if s.ready {
		return nil
	}
	s.ready = true
	opts := s.step.Options(st)
	s.pick = pickerOf(opts, s.step.Kind == steps.Many, s.step.Selected(st))
	byRow := make([]string, 0, len(s.pick.rows))
	n := 0
	for i := range s.pick.rows { // headings have no option
		if s.pick.rows[i].heading {
			byRow = append(byRow, "")
			continue
		}
		byRow = append(byRow, opts[n].Details)
		n++
	}
	s.page = listPage{title: s.step.Title, ask: s.step.Ask, help: s.step.Help, notes: steps.Notes(st, s.step),
		details: func(i int) string { return byRow[i] }}
	return nil
}

func (s *stepScreen) keys(a *app) []key.Binding {
	switch {
	case !s.ready:
		if _, err := s.wait.failure(a); err != nil {
			return []key.Binding{keys.retry, keys.back}
		}
		return []key.Binding{keys.back}
	case s.pick.filtering:
		return []key.Binding{keys.typing, called(keys.choose, s.enterDoes()), keys.clearFilter}
	}
	ks := []key.Binding{keys.move}
	if s.pick.many {
		ks = append(ks, keys.toggle)
	}
	return append(ks, called(keys.choose, s.enterDoes()), keys.filter, keys.back)
}

func (s *stepScreen) enterDoes() string {
	switch {
	case s.pick.many && s.pick.filtering:
		return "end find"
	case s.pick.many:
		return "go on"
	}
	return "choose"
}

func (s *stepScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	if !s.ready {
		switch {
		case is(k, keys.back):
			return a.pop()
		case is(k, keys.retry):
			return a.retry(s.wait.missing)
		}
		return nil
	}
	switch {
	case !s.pick.filtering && s.page.press(k):
	case s.pick.press(k):
	case is(k, keys.choose):
		return s.choose(a)
	case is(k, keys.back):
		return a.pop()
	}
	return nil
}

// choose stores the answer and goes on; what it cleared is said.
func (s *stepScreen) choose(a *app) tea.Cmd {
	v := s.pick.chosen()
	if len(v) == 0 && s.step.Kind == steps.One {
		a.warn("This line only says something. Choose another one.")
		return nil
	}
	ch, err := s.step.Set(a.state(), v)
	if err != nil {
		a.warn("%s", sentence(err.Error()))
		return nil
	}
	a.ans = steps.Settle(steps.State{Inv: &a.inv, Ans: ch.Answers, Build: a.opts.Build})
	if len(ch.Cleared) > 0 {
		a.say("Changed. Cleared, since it depended on the old answer: %s.", strings.Join(ch.Cleared, ", "))
	}
	next := a.after(s.step)
	if s.step.ID == steps.Shortcut && v[0] == steps.ToReview {
		next = newReviewScreen()
	}
	s.ready = false // made anew from the answers on coming back
	return tea.Batch(a.prefetch(), a.push(next))
}

// sentence turns an error text into one.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// after is the screen that follows a step.
func (a *app) after(step *steps.Step) screen {
	found := false
	for _, s := range a.steps {
		if found && s.Applies(a.state()) {
			return newStepScreen(s)
		}
		found = found || s == step
	}
	return newReviewScreen()
}

func (s *stepScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.step.Title, w)
	}
	return s.page.render(&a.st, s.pick, w, h)
}
