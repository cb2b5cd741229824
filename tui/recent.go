package tui

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// Recent has the answers of an earlier plan in an AWS account.
type Recent struct {
	Time    time.Time
	Answers answers.Answers
	// Account is the one to open: with the profile and the Region of that plan.
	Account Account
}

// recents are the answers of earlier plans, and why they could not be read.
type recents struct {
	all []*Recent
	err error
}

// recentMsg contains the answers of earlier plans.
type recentMsg struct{ recents }

// readRecent reads the answers of earlier plans. It is a command, so that the first frame does not wait for it.
func (s *accountScreen) readRecent(a *app) tea.Cmd {
	return a.work.cmd(func(context.Context) tea.Msg { return recentMsg{recentOf(a.backend)} })
}

func recentOf(b Backend) (r recents) {
	all, err := b.Recent()
	for i := range all {
		r.all = append(r.all, &all[i])
	}
	r.err = err
	return r
}

// options returns the option of the first screen. Without earlier answers, it has none.
func (r *recents) options() []steps.Option {
	o := steps.Option{Value: earlierAnswers, Label: "Continue with earlier answers", Hint: words.Count(len(r.all), "plan") + " on this computer",
		Details: "Opens the account of an earlier plan with your credentials, and shows the plan that its answers lead to now. You can change each answer. Nothing is changed before you confirm a plan."}
	switch {
	case r.err != nil && len(r.all) == 0:
		o.Hint, o.Problem = "", r.err.Error()
	case r.err != nil:
		o.Hint, o.Details = o.Hint+", others cannot be read", "! "+sentence(r.err.Error())+"\n\n"+o.Details
	case len(r.all) == 0:
		return nil
	}
	return []steps.Option{o}
}

// question asks for the plan to continue with.
func (r *recents) question() question {
	q := question{title: "Earlier answers", ask: "Which plan should the wizard continue with?",
		help: "The wizard opens the account of the plan with your credentials, and compares the answers with it. Nothing is changed before you confirm a plan."}
	for i, e := range r.all {
		what := strings.TrimPrefix(families.Of(e.Answers.Workload).Title, "Amazon ")
		q.options = append(q.options, steps.Option{Value: strconv.Itoa(i), Label: e.when() + "  " + what, Hint: e.account() + ", " + e.vpc(), Details: e.details()})
	}
	return q
}

// askRecent asks for an earlier plan, and calls then with it.
func askRecent(p prompter, r *recents, then func(*Recent) error) error {
	return p.Select(instant("Earlier answers", r.question), func(v string) error {
		i, _ := strconv.Atoi(v)
		return then(r.all[i])
	})
}

func (e *Recent) when() string { return minute(e.Time) }

// account returns what tells the account of the plan from others: the profile, because people know it better than the number.
func (e *Recent) account() string {
	profile := ""
	if set := e.Account.Settings; set != nil {
		profile = cmp.Or(set.Profile, set.Flag)
	}
	return cmp.Or(profile, e.Answers.Account, "no profile")
}

// vpc returns the VPC of the plan.
func (e *Recent) vpc() string {
	if e.Answers.Creates() {
		return "new VPC"
	}
	return cmp.Or(e.Answers.VPC, e.Answers.Region)
}

// details lists the account and the main answers.
func (e *Recent) details() string {
	const label = 18
	profile := "none"
	if set := e.Account.Settings; set != nil {
		profile = cmp.Or(set.Profile, set.Flag, profile)
	}
	text := ""
	add := func(title, value string) {
		if value != "" {
			text += fit(title, label) + value + "\n"
		}
	}
	add("Account", e.Answers.Account)
	add("Region", e.Answers.Region)
	add("Profile", profile)
	s := steps.State{Inv: &inventory.Inventory{}, Ans: steps.Answers{Answers: e.Answers}}
	for _, step := range steps.All() {
		if step.Of != "" || step.For != nil && !step.For(families.Of(e.Answers.Workload)) {
			continue
		}
		add(step.Title, step.Short(s))
	}
	return text
}

// continueWith opens the account of an earlier plan, if it is not open, and takes the answers.
func (a *app) continueWith(e *Recent) {
	if a.session != nil && e.Account.same(a.account) {
		a.run(a.push(&takeScreen{of: e}))
		return
	}
	a.run(a.openFor(e.Account, e))
}

// takeScreen reads what the answers of an earlier plan need, and compares them with the account. Then the review replaces it.
type takeScreen struct {
	of   *Recent
	wait wait
}

func (s *takeScreen) stepID() string            { return atAccount }
func (s *takeScreen) terms(*app) []*terms.Term  { return homeTerms }
func (s *takeScreen) keys(a *app) []key.Binding { return s.wait.keys(a) }
func (s *takeScreen) title() string             { return "Answers of " + s.of.when() }
func (s *takeScreen) render(a *app, w, _ int) []string {
	return s.wait.render(a, s.title(), w)
}

func (s *takeScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd { return s.wait.press(a, k) }

func (s *takeScreen) enter(a *app) tea.Cmd {
	ans, problems, missing := steps.Check(&a.inv, s.of.Answers, func(r inventory.Request) bool { return isAbsent(a.loads.failed[r]) })
	if len(missing) > 0 {
		_, cmd := s.wait.ready(a, missing)
		return cmd
	}
	a.stack = a.stack[:len(a.stack)-1]
	below := len(a.stack)
	_ = a.takeAnswers(a, ans, problems, func(next *steps.Step) { // the answer is a later message
		a.stack = a.stack[:below]
		_ = a.askStep(a, a.steps[0], a.askNext) // from the review, Esc goes to the questions
		if next != a.steps[0] {
			a.askNext(next)
		}
	})
	return nil
}

// isAbsent reports whether AWS answered that what a call is about does not exist.
func isAbsent(err error) bool {
	var e interface{ NotFound() bool }
	return errors.As(err, &e) && e.NotFound()
}

// takeAnswers takes the answers of an earlier plan, and calls then with the next step: nil is the review. If answers do not fit
// the account, it shows them first.
func (a *app) takeAnswers(p prompter, ans answers.Answers, problems []steps.Problem, then func(next *steps.Step)) error {
	if len(problems) == 0 {
		a.take(ans)
		then(nil)
		return nil
	}
	s := a.state()
	s.Ans = steps.Answers{Answers: ans}
	fit := steps.Adapt(s, problems)
	var next *steps.Step
	if fit.Next != "" {
		next = a.stepOf(fit.Next)
	}
	return p.Select(instant("Earlier answers", func() question { return problemsQuestion(&fit, next, ans.Account) }), func(string) error {
		a.take(fit.Answers.Answers)
		then(next)
		return nil
	})
}

// problemsQuestion shows the answers that do not fit the account. If they are for another account, with the number before, the option
// says which account the plan is for now.
func problemsQuestion(fit *steps.Adapted, next *steps.Step, before string) question {
	n := len(fit.Problems)
	q := question{title: "Earlier answers", ask: words.Counted(n, "answer does", "answers do") + " not fit the account. How should the wizard continue?",
		help: "The other answers are kept. Nothing was changed."}
	o := steps.Option{Value: "continue", Label: "Review the plan", Hint: "with the other answers", Details: strings.Join(fit.Problems, "\n\n")}
	if next != nil {
		o.Label, o.Hint = "Answer the open questions", "first: "+next.Title
	}
	if now := fit.Answers.Account; now != before {
		o.Hint = "in account " + now
	}
	if len(fit.Cleared) > 0 {
		o.Details += "\n\nRemoved, because they depend on these answers: " + strings.Join(fit.Cleared, ", ") + "."
	}
	q.options = []steps.Option{o}
	for _, p := range fit.Problems { // rows, because a small screen has no space for their texts above the option
		q.options = append(q.options, steps.Option{Section: "Answers that do not fit", Info: true, Label: p, Details: p})
	}
	return q
}

// continueEarlier asks for an earlier plan, opens its account and takes its answers.
func (p *lines) continueEarlier(home *accounts) (acc Account, err error) {
	var of *Recent
	err = askRecent(p, &home.recent, func(chosen *Recent) error {
		of = chosen
		return nil
	})
	if err != nil {
		return acc, err
	}
	acc = of.Account
	if p.session == nil || !acc.same(p.account) {
		if err := p.openAccount(acc); err != nil {
			return acc, err
		}
	}
	absent := map[inventory.Request]bool{}
	for {
		ans, problems, missing := steps.Check(&p.inv, of.Answers, func(r inventory.Request) bool { return absent[r] })
		if len(missing) == 0 {
			return acc, p.takeAnswers(p, ans, problems, func(next *steps.Step) {
				p.from = []*steps.Step{p.steps[0]}
				if next != p.steps[0] {
					p.from = append(p.from, next)
				}
			})
		}
		if err := p.trying(func() (string, error) {
			missing = steps.Missing(&p.inv, missing)
			p.say("%s", reading(missing))
			return p.loadOr(missing, absent)
		}); err != nil {
			return acc, err
		}
	}
}

// minute is a time as lists show it.
func minute(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// remember keeps the answers of a plan on this computer. An error does not stop anything; the result of the program has it.
func (w *work) remember(s Session, ans answers.Answers) {
	if err := s.Remember(ans); err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.forgotten = err
	}
}
