package tui

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// prompter asks the user. It has two implementations: app shows screens, and lines asks one line at a time.
//
// A method calls take with the answer, and asks again with its error until take accepts the answer. The lines return after
// that, or with the reason why they have no answer, such as errBack. The screens return immediately, because their answer is
// a later message.
type prompter interface {
	// Select asks for one option, and MultiSelect for any number of them.
	Select(p *prompt, take func(value string) error) error
	MultiSelect(p *prompt, take func(values []string) error) error
	// Input asks for a text in one line.
	Input(p *prompt, take func(text string) error) error
	// Form asks for a value of each field.
	Form(p *prompt, take func(values []string) error) error
	// Secret asks for a text that nobody must see. It can have several lines.
	Secret(in resource.Input, take func(secret.Text) error) error
	// Confirm asks before something is changed. Keys that were typed ahead do not confirm.
	Confirm(c confirmation, do func() error) error
	// say shows a message.
	say(format string, args ...any)
}

// prompt is a question of the flow, and what must be read before it can be asked.
type prompt struct {
	id    string // of the step in the sidebar
	group string // texts of one group share a screen; empty for a text without a group
	title string // while something is read
	needs func() []inventory.Request
	make  func() question
	// preview returns the answers with the values of a form, and why they are not valid.
	preview func(values []string) (steps.Answers, error)
	terms   []*terms.Term // that explain the question
}

// question is what a prompter shows.
type question struct {
	title, ask, help string
	notes            []string // warnings
	options          []steps.Option
	chosen           []string      // values that are chosen before the user answers; of a text, the proposal
	empty            bool          // the text can be empty
	fields           []steps.Field // of a form
	terms            []*terms.Term // that explain it; a prompt sets its own
}

// details returns the details of an option.
func (q *question) details(i int) string { return q.options[i].Details }

// confirmation is a question before something is changed.
type confirmation struct {
	title, text string
	facts       []fact // above the text
	terms       []*terms.Term
	yes         string // label of the button; the line prompter asks for it as a word
	plan        *plan.Plan
}

// promptOf returns the question of a step.
func (a *app) promptOf(s *steps.Step) *prompt {
	return &prompt{id: s.ID, group: s.Of, title: s.Title, terms: s.Terms, needs: func() []inventory.Request { return s.Needs(a.state()) }, make: func() question {
		st := a.state()
		q := question{title: s.Title, ask: s.Ask(st), help: s.Help(st), notes: steps.Notes(st, s), chosen: s.Selected(st), empty: s.Empty}
		switch s.Kind {
		case steps.Text:
		case steps.Form:
			q.fields = s.Fields(st)
		default:
			q.options = s.Options(st)
		}
		return q
	}, preview: func(v []string) (steps.Answers, error) {
		c, err := s.Set(a.state(), v)
		return c.Answers, err
	}}
}

// askStep asks the question of a step, stores the answer, and calls then with the next step.
func (a *app) askStep(p prompter, s *steps.Step, then func(next *steps.Step)) error {
	take := func(v []string) error {
		next, cleared, err := a.answer(s, v)
		if err != nil {
			return err
		}
		if cleared != "" {
			p.say("%s", cleared)
		}
		then(next)
		return nil
	}
	one := func(v string) error { return take([]string{v}) }
	switch s.Kind {
	case steps.Many:
		return p.MultiSelect(a.promptOf(s), take)
	case steps.Text:
		return p.Input(a.promptOf(s), one)
	case steps.Form:
		return p.Form(a.promptOf(s), take)
	}
	return p.Select(a.promptOf(s), one)
}

// askToApply asks for the secret texts of a plan, and then for confirmation. A plan without changes needs none.
func (a *app) askToApply(p prompter, pl *plan.Plan, do func(given map[string]secret.Text) error) error {
	ask, given := a.inputs(pl)
	return a.askSecrets(p, ask, given, func() error {
		if pl.ToApply() == 0 {
			return do(given)
		}
		return p.Confirm(confirmation{title: "Apply this plan?", facts: a.agreeTo(pl), terms: applyTerms, yes: "Apply", plan: pl}, func() error { return do(given) })
	})
}

// askSecrets asks for secret texts, one after the other.
func (a *app) askSecrets(p prompter, ask []resource.Input, given map[string]secret.Text, then func() error) error {
	if len(ask) == 0 {
		return then()
	}
	return p.Secret(ask[0], func(t secret.Text) error {
		given[ask[0].Name] = t
		return a.askSecrets(p, ask[1:], given, then)
	})
}

// askToAccept asks before the errors of a rule are accepted.
func (a *app) askToAccept(p prompter, pl *plan.Plan, f *plan.Finding, then func()) error {
	return p.Confirm(confirmation{title: "Accept this error?", text: acceptMeans(pl, f), terms: findingTerms(pl, f), yes: "Accept"}, func() error {
		p.say("%s", a.acceptRule(f))
		then()
		return nil
	})
}
