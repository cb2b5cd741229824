package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// accounts is what the first question offers.
type accounts struct {
	own      *Account  // nil if no AWS account can be opened
	profiles []Account // nil until they are read
	sandbox  []Account // the sandbox accounts
	others   []Account
	runs     []*Earlier // that can be reverted
	recent   recents    // answers of earlier plans
	known    string     // the identity in the open account
	opened   Account
	scenario string // key of the sandbox account with the focus in the list of them; may be empty
	focus    string // the option with the focus
}

// accountScreen is the first screen. It asks for the user's own AWS account, the sandbox, or an earlier run.
type accountScreen struct {
	*accounts
	pick *picker
	page listPage
}

// Values of the options that are not the key of an account.
const (
	ownAccount   = "own"
	ownProfile   = "profile"
	ownRegion    = "region"
	sandboxes    = "sandboxes"
	undoRun      = "undo"
	explainError = "explain"
	// The answers of an earlier plan.
	earlierAnswers = "earlier answers"
	markOpensAll   = "▾" // behind a value that has a list of values
)

// newAccounts has the focus on the account with a key. Without one, the focus is on the AWS account of the user if it has
// settings, and on the sandbox if not.
func newAccounts(b Backend, first string) *accounts {
	s := &accounts{own: b.Own(""), focus: first}
	for _, acc := range b.Accounts() {
		if acc.Practice {
			s.sandbox = append(s.sandbox, acc)
		} else {
			s.others = append(s.others, acc)
		}
	}
	switch {
	case s.own != nil && (first == s.own.Key || first == "" && !s.own.Settings.None):
		s.focus = ownAccount
	case slices.ContainsFunc(s.sandbox, func(acc Account) bool { return first == "" || acc.Key == first }):
		s.focus, s.scenario = sandboxes, first
	}
	return s
}

func newAccountScreen(b Backend, first string) *accountScreen {
	s := &accountScreen{accounts: newAccounts(b, first)}
	s.offer(s.focus)
	return s
}

// question asks what to do, with the focus on one option. The line prompter asks for the profile and the Region after this
// question, so it does not list them.
func (s *accounts) question(lines bool, focus string) question {
	var opts []steps.Option
	if own := s.own; own != nil {
		set := own.Settings
		o := steps.Option{Value: ownAccount, Label: "Plan endpoints in an AWS account", Details: s.ownDetails()}
		if set.Endpoint != "" {
			o.Label = "Plan endpoints in the account at " + set.Endpoint
		}
		if lines {
			o.Hint = cmp.Or(set.Region, "no Region") + ", " + set.marked()
			if set.Profile != "" {
				o.Hint = "profile " + set.Profile + ", " + o.Hint
			}
			opts = append(opts, o)
		} else {
			opts = append(opts, o,
				steps.Option{Value: ownProfile, Label: "  Profile  " + cmp.Or(set.Profile, "none") + " " + markOpensAll, Hint: set.marked(),
					Details: s.missing() + "The profile sets the credentials and the Region. Enter shows the profiles of the AWS configuration files, and r reads the files again.\n\n" +
						"The wizard cannot see a variable that you set in another terminal, such as AWS_PROFILE.\n\n" +
						"To keep a profile for each start: wizard config set profile PROFILE"},
				steps.Option{Value: ownRegion, Label: "  Region   " + cmp.Or(set.Region, "none") + " " + markOpensAll, Hint: cmp.Or(set.From, "! choose a Region"),
					Details: "The wizard reads one Region and plans in it. Enter shows the Regions.\n\nTo keep a Region for each start: wizard config set region REGION"})
		}
	}
	opts = append(opts, s.recent.options()...)
	for _, acc := range s.others {
		opts = append(opts, steps.Option{Value: acc.Key, Label: acc.Title, Hint: acc.Hint, Details: acc.Details})
	}
	if len(s.sandbox) > 0 {
		text := "An AWS account inside this program. Nothing in it is real or costs money.\n"
		for _, acc := range s.sandbox {
			text += "\n  " + fit(acc.Scenario, 21) + "  " + acc.Hint
		}
		opts = append(opts, steps.Option{Value: sandboxes, Label: "Try the sandbox", Hint: "free, no credentials", Details: text})
	}
	opts = append(opts, steps.Option{Value: explainError, Label: "Explain an error message", Hint: "from a log or the console",
		Details: "Paste the error of a task, a service, an agent, a job or an environment. The wizard says what failed, lists the causes, and names the next check. It sends the text nowhere.\n\nWith an account, a sandbox or a snapshot, it checks each cause, and plans the fix."})
	if len(s.runs) > 0 {
		opts = append(opts, steps.Option{Value: undoRun, Label: "Undo an earlier run", Hint: words.Count(len(s.runs), "run") + " on this computer",
			Details: "Reverts what a run created or changed in an AWS account. The wizard compares the run with the account first, shows what it would revert, and asks for confirmation."})
	}
	return question{title: "Account", terms: homeTerms, ask: "What should the wizard do?", options: opts, chosen: []string{focus},
		help: "It finds the VPC endpoints that your workload needs, shows what is missing, and verifies what you apply."}
}

// offer creates the list, with the focus on an option.
func (s *accountScreen) offer(focus string) {
	was, page := s.pick, s.page
	q := s.question(false, focus)
	s.pick, s.page = listOf(&q, false)
	s.page.last = func(r *row) string {
		if r.value == ownAccount {
			return s.own.Settings.marked()
		}
		return cmp.Or(r.hint, r.off)
	}
	s.page.open, s.page.scroll, s.page.of = page.open, page.scroll, page.of
	if was != nil {
		s.pick.filtering = was.filtering
		if was.filter != "" {
			s.pick.setFilter(was.filter)
		}
	}
}

// update creates the options again. The focus stays where it is.
func (s *accountScreen) update() {
	focus := ""
	if r := s.pick.under(); r != nil {
		focus = r.value
	}
	s.offer(focus)
}

// runsMsg contains the runs that can be reverted.
type runsMsg struct{ runs []*Earlier }

// readRuns reads the runs. It is a command, so that the first frame does not wait for it.
func (s *accountScreen) readRuns(a *app) tea.Cmd {
	flag := s.flag()
	return a.work.cmd(func(context.Context) tea.Msg { return runsMsg{a.backend.Runs(flag)} })
}

// home returns the first screen.
func (a *app) home() *accountScreen { return a.stack[0].(*accountScreen) }

// restart goes back to the first screen after an undo of an earlier run.
func (a *app) restart() tea.Cmd {
	a.stack = a.stack[:1]
	return tea.Batch(a.home().readRuns(a), a.home().readRecent(a), a.top().enter(a))
}

func (s *accountScreen) stepID() string { return atAccount }
func (s *accountScreen) terms(*app) []*terms.Term {
	if r := s.pick.under(); r != nil && r.value == undoRun {
		return undoTerms
	}
	return homeTerms
}
func (s *accountScreen) list() *picker    { return s.pick }
func (s *accountScreen) about() *listPage { return &s.page }

// enter shows the identity in the opened account.
func (s *accountScreen) enter(a *app) tea.Cmd {
	if a.session != nil && a.inv.Has(identity) {
		s.opened, s.known = a.account, fmt.Sprintf("Account %s, as %s", a.inv.Account, a.inv.Caller)
		s.update()
		return s.readRecent(a) // a plan of this session can be among them
	}
	return nil
}

func (s *accountScreen) keys(*app) []key.Binding {
	if s.pick.filtering {
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	ks := []key.Binding{keys.move, keys.choose}
	switch s.onOwn() {
	case ownProfile:
		ks = append(ks, renamed(keys.open, "profile"))
	case ownRegion:
		ks = append(ks, renamed(keys.open, "Region"))
	}
	if len(s.runs) > 0 {
		ks = append(ks, keys.undo)
	}
	if s.own != nil {
		ks = append(ks, renamed(keys.retry, "read again"))
	}
	return append(ks, keys.filter)
}

// onOwn returns the setting that the focused line is about; empty if it is not about the account of the user.
func (s *accountScreen) onOwn() string {
	switch r := s.pick.under(); {
	case r == nil:
	case r.value == ownRegion:
		return ownRegion
	case r.value == ownAccount || r.value == ownProfile:
		return ownProfile
	}
	return ""
}

func (s *accountScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.page.press(s.pick, k):
	case len(s.runs) > 0 && is(k, keys.undo):
		a.undoEarlier(s.runs)
	case s.own != nil && is(k, keys.retry):
		a.say("The AWS configuration files were read again.")
		return tea.Batch(s.readSettings(a), s.readRuns(a), s.readRecent(a))
	case is(k, keys.open) && s.onOwn() != "":
		return s.change(a, s.onOwn())
	case is(k, keys.choose):
		if v := s.pick.chosen(); len(v) == 1 {
			return s.choose(a, v[0])
		}
	}
	return nil
}

func (s *accountScreen) render(a *app, w, h int) []string {
	return s.page.render(&a.st, s.pick, w, h)
}

// choose continues with an option.
func (s *accountScreen) choose(a *app, value string) tea.Cmd {
	switch value {
	case undoRun:
		a.undoEarlier(s.runs)
		return nil
	case earlierAnswers:
		if len(s.recent.all) == 0 {
			a.warn("%s", sentence(s.recent.err.Error()))
			return nil
		}
		_ = askRecent(a, &s.recent, func(e *Recent) error { // the answer is a later message
			a.continueWith(e)
			return nil
		})
		return nil
	case explainError:
		return a.push(&explainScreen{explaining: a.message})
	case ownProfile, ownRegion:
		return s.change(a, value)
	case ownAccount:
		if s.own.Settings.Region == "" {
			a.warn("Choose a Region first.")
			return s.change(a, ownRegion)
		}
	case sandboxes:
		if len(s.sandbox) > 1 {
			a.askScenario(s)
			return nil
		}
	}
	a.choose(s.account(value))
	return nil
}

// account returns the account of an option or with a key.
func (s *accounts) account(value string) Account {
	switch {
	case value == ownAccount || s.own != nil && value == s.own.Key:
		return *s.own
	case value == sandboxes:
		return s.sandbox[0]
	}
	for _, acc := range slices.Concat(s.sandbox, s.others) {
		if acc.Key == value {
			return acc
		}
	}
	return Account{Key: value, Title: value}
}

// askScenario asks for the scenario of the sandbox on a screen.
func (a *app) askScenario(s *accountScreen) {
	_ = s.askScenario(a, a.choose) // the answer is a later message
}

// askScenario asks for the scenario of the sandbox. The focus is on the one that was chosen before.
func (s *accounts) askScenario(p prompter, then func(Account)) error {
	return p.Select(instant("Sandbox", func() question {
		q := question{title: "Sandbox", ask: "Which scenario should the wizard open?", chosen: []string{s.scenario},
			help: "A sandbox is an AWS account inside this program. Nothing in it is real or costs money."}
		for _, acc := range s.sandbox {
			q.options = append(q.options, steps.Option{Value: acc.Key, Label: acc.Scenario, Hint: fit(acc.Workload, 10) + "  " + acc.Hint, Details: acc.Details})
		}
		return q
	}), func(value string) error {
		s.scenario = value
		then(s.account(value))
		return nil
	})
}

// identity must be loaded before the first question.
var identity = inventory.Request{Part: inventory.PartIdentity}
