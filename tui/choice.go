package tui

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// newAnswers returns the answers that a new plan begins with.
func (a *app) newAnswers() steps.Answers {
	start := a.opts.Start.Clone()
	start.Version = answers.Version
	return steps.Answers{Answers: start}
}

// choiceScreen asks for one option of a list, or for several.
type choiceScreen struct {
	*prompt
	many  bool
	take  func([]string) error
	ready bool
	wait  wait
	pick  *picker
	page  listPage
}

// Select implements prompter.
func (a *app) Select(p *prompt, take func(string) error) error {
	a.run(a.push(&choiceScreen{prompt: p, take: func(v []string) error { return take(v[0]) }}))
	return nil
}

// MultiSelect implements prompter.
func (a *app) MultiSelect(p *prompt, take func([]string) error) error {
	a.run(a.push(&choiceScreen{prompt: p, many: true, take: take}))
	return nil
}

func (s *choiceScreen) stepID() string           { return s.id }
func (s *choiceScreen) terms(*app) []*terms.Term { return s.prompt.terms }
func (s *choiceScreen) list() *picker            { return s.pick }
func (s *choiceScreen) about() *listPage         { return &s.page }

// enter creates the list when all its parts are loaded. Parts that arrive later do not change
// a visible list.
func (s *choiceScreen) enter(a *app) tea.Cmd {
	ready, cmd := s.wait.ready(a, s.needs())
	if !ready {
		s.ready = false
		return cmd
	}
	if !s.ready {
		s.ready = true
		q := s.make()
		s.pick, s.page = listOf(&q, s.many)
	}
	return nil
}

// listOf returns the list of a question and its page.
func listOf(q *question, many bool) (*picker, listPage) {
	pick := pickerOf(q.options, many, q.chosen)
	option := make([]int, 0, len(pick.rows)) // of each row
	n := 0
	for i := range pick.rows { // headings are not options
		option = append(option, n)
		if !pick.rows[i].heading {
			n++
		}
	}
	details := q.details
	return pick, listPage{ask: q.ask, help: q.help, notes: q.notes, details: func(i int) string {
		if pick.rows[i].heading {
			return ""
		}
		return details(option[i])
	}}
}

func (s *choiceScreen) keys(a *app) []key.Binding {
	switch {
	case !s.ready:
		return s.wait.keys(a)
	case s.pick.filtering:
		return []key.Binding{keys.typing, renamed(keys.choose, s.enterDoes()), keys.clearFilter}
	}
	ks := []key.Binding{keys.move}
	if s.many {
		ks = append(ks, keys.toggle)
	}
	return append(ks, renamed(keys.choose, s.enterDoes()), keys.filter, keys.back)
}

func (s *choiceScreen) enterDoes() string {
	switch {
	case s.many && s.pick.filtering:
		return "end filter"
	case s.many:
		return "continue"
	}
	return "choose"
}

func (s *choiceScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		s.choose(a)
	case is(k, keys.back):
		return a.pop()
	}
	return nil
}

// choose takes the answer.
func (s *choiceScreen) choose(a *app) {
	v := s.pick.chosen()
	if len(v) == 0 && !s.many {
		a.warn("This row is information only. Choose another one.")
		return
	}
	s.ready = false // created again from the answers when the user returns
	if err := s.take(v); err != nil {
		s.ready = true
		text := sentence(err.Error())
		if errors.Is(err, steps.ErrNoSubnet) {
			text += " Press Space to select the marked subnet (▸)."
		}
		a.warn("%s", text)
	}
}

func (s *choiceScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.title, w)
	}
	return s.page.render(&a.st, s.pick, w, h)
}

// askNext asks the next question, or shows the review after the last one. It returns to the screen of a question that was
// asked before.
func (a *app) askNext(next *steps.Step) {
	a.run(a.prefetch())
	if next == nil {
		a.run(a.push(newReviewScreen()))
		return
	}
	for i, s := range a.stack[:len(a.stack)-1] {
		if s.stepID() == next.ID {
			a.stack = a.stack[:i+1]
			a.run(s.enter(a))
			return
		}
	}
	_ = a.askStep(a, next, a.askNext) // the answer is a later message
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
		cleared = "These answers depended on the previous one and were cleared: " + strings.Join(ch.Cleared, ", ") + "."
	}
	switch {
	case ch.Again != "":
		next = a.stepOf(ch.Again)
	case s.ID == steps.Shortcut && v[0] == steps.ToReview:
		return nil, cleared, nil
	default:
		for _, later := range a.steps[slices.Index(a.steps, s)+1:] {
			if later.Applies(a.state()) {
				next = later
				break
			}
		}
	}
	if !a.ans.Ways.Brief || next == nil {
		return next, cleared, nil
	}
	switch {
	case cmp.Or(next.Of, next.ID) != steps.Registry:
		return nil, cleared, nil
	case next.Settled && len(steps.Missing(&a.inv, next.Needs(a.state()))) == 0:
		if following, _, err := a.answer(next, next.Selected(a.state())); err == nil {
			return following, cleared, nil
		}
	}
	return next, cleared, nil
}

// sentence formats an error text as a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if service, op, ok := strings.Cut(s, ":"); ok && !strings.Contains(service, " ") && op != "" && op[0] >= 'A' && op[0] <= 'Z' {
		return s + "." // an API call, such as sts:GetCallerIdentity
	}
	return words.Capital(s) + "."
}
