package tui

import (
	"reflect"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

func answersOf() steps.Answers {
	return steps.Answers{Answers: answers.Answers{Version: answers.Version}}
}

// stepScreen asks the question of one step.
type stepScreen struct {
	step  *steps.Step
	ready bool
	wait  wait
	pick  *picker
	page  listPage
}

func newStepScreen(s *steps.Step) *stepScreen { return &stepScreen{step: s} }

func (s *stepScreen) stepID() string   { return s.step.ID }
func (s *stepScreen) list() *picker    { return s.pick }
func (s *stepScreen) about() *listPage { return &s.page }

// enter creates the list when all its parts are loaded. Parts that arrive later do not change
// a visible list.
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
	s.make(st)
	return nil
}

// make creates the list of options.
func (s *stepScreen) make(st steps.State) {
	opts := s.step.Options(st)
	s.pick = pickerOf(opts, s.step.Kind == steps.Many, s.step.Selected(st))
	byRow := make([]string, 0, len(s.pick.rows))
	n := 0
	for i := range s.pick.rows { // headings are not options
		if s.pick.rows[i].heading {
			byRow = append(byRow, "")
			continue
		}
		byRow = append(byRow, opts[n].Details)
		n++
	}
	s.page = listPage{title: s.step.Title, ask: s.step.Ask(st), help: s.step.Help(st), notes: steps.Notes(st, s.step),
		details: func(i int) string { return byRow[i] }}
}

func (s *stepScreen) keys(a *app) []key.Binding {
	switch {
	case !s.ready:
		return s.wait.keys(a)
	case s.pick.filtering:
		return []key.Binding{keys.typing, renamed(keys.choose, s.enterDoes()), keys.clearFilter}
	}
	ks := []key.Binding{keys.move}
	if s.pick.many {
		ks = append(ks, keys.toggle)
	}
	return append(ks, renamed(keys.choose, s.enterDoes()), keys.filter, keys.back)
}

func (s *stepScreen) enterDoes() string {
	switch {
	case s.pick.many && s.pick.filtering:
		return "end filter"
	case s.pick.many:
		return "continue"
	}
	return "choose"
}

func (s *stepScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		return s.choose(a)
	case is(k, keys.back):
		return a.pop()
	}
	return nil
}

// choose stores the answer and continues. It shows which answers were cleared.
func (s *stepScreen) choose(a *app) tea.Cmd {
	v := s.pick.chosen()
	if len(v) == 0 && s.step.Kind == steps.One {
		a.warn("This row is information only. Choose another one.")
		return nil
	}
	next, cleared, err := a.answer(s.step, v)
	if err != nil {
		a.warn("%s", sentence(err.Error()))
		return nil
	}
	if cleared != "" {
		a.say("%s", cleared)
	}
	s.ready = false // created again from the answers when the user returns
	return a.goOn(next)
}

// goOn shows the next question, or the review after the last one. If the question was asked
// before, goOn returns to its screen.
func (a *app) goOn(next *steps.Step) tea.Cmd {
	if next == nil {
		return tea.Batch(a.prefetch(), a.push(newReviewScreen()))
	}
	for i, s := range a.stack[:len(a.stack)-1] {
		if s.stepID() == next.ID {
			a.stack = a.stack[:i+1]
			return tea.Batch(a.prefetch(), s.enter(a))
		}
	}
	return tea.Batch(a.prefetch(), a.push(screenOf(next)))
}

// screenOf returns the screen of a question.
func screenOf(s *steps.Step) screen {
	if s.Kind == steps.Text {
		return newTextScreen(s)
	}
	return newStepScreen(s)
}

// answer stores an answer. It returns the next step (nil for the review) and a message about
// the cleared answers.
func (a *app) answer(s *steps.Step, v []string) (next *steps.Step, cleared string, err error) {
	if strings.HasSuffix(s.Key, "_file") && len(v) == 1 {
		v = []string{a.path(v[0])}
	}
	ch, err := s.Set(a.state(), v)
	if err != nil {
		return nil, "", err
	}
	old := a.ans
	a.ans = ch.Answers
	a.ans = steps.Settle(a.state())
	if len(a.accepted) > 0 && !reflect.DeepEqual(old, a.ans) {
		// The findings were accepted for another plan.
		ch.Cleared = append(ch.Cleared, "accepted findings ("+strings.Join(a.accepted, ", ")+")")
		a.accepted = nil
	}
	if len(ch.Cleared) > 0 {
		cleared = "Cleared answers that depended on the old one: " + strings.Join(ch.Cleared, ", ") + "."
	}
	switch {
	case ch.Again != "":
		return a.stepOf(ch.Again), cleared, nil
	case s.ID == steps.Shortcut && v[0] == steps.ToReview:
		return nil, cleared, nil
	}
	for _, later := range a.steps[slices.Index(a.steps, s)+1:] {
		if later.Applies(a.state()) {
			return later, cleared, nil
		}
	}
	return nil, cleared, nil
}

// sentence formats an error text as a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return capital(s) + "."
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (s *stepScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.step.Title, w)
	}
	return s.page.render(&a.st, s.pick, w, h)
}
