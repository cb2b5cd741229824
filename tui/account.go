package tui

import (
	"cmp"
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// accountScreen asks for the account, or for an earlier run.
type accountScreen struct {
	accounts []Account
	runs     []*Earlier // that can be reverted
	first    string     // key of the account with the focus; may be empty
	pick     *picker
	page     listPage

	opening bool
	since   int
	err     error
	trying  Account
}

// newAccountScreen has the focus on an account; without one, on the first sandbox account.
func newAccountScreen(accounts []Account, runs []*Earlier, first string) *accountScreen {
	s := &accountScreen{accounts: accounts, first: first}
	s.offer(runs)
	return s
}

// undoRun is the value of the option that is not an account.
const undoRun = "undo"

// accountQuestion asks for the account, or for an earlier run.
func accountQuestion(accounts []Account, runs []*Earlier, first string) question {
	q := question{title: "Account", ask: "Which account should the wizard use?",
		help: "The wizard finds the VPC endpoints that your workload needs, shows what is missing, applies what you confirm, and verifies the result."}
	own := 0 // where the option is: after the accounts that are not sandboxes
	for i, acc := range accounts {
		q.options = append(q.options, steps.Option{Value: acc.Key, Label: acc.Title, Hint: acc.Hint, Section: acc.Group, Details: acc.Details})
		if acc.Practice && q.chosen == nil || acc.Key == first {
			q.chosen = []string{acc.Key}
		}
		if !acc.Practice {
			own = i + 1
		}
	}
	if len(runs) > 0 && own > 0 {
		q.options = slices.Insert(q.options, own, steps.Option{Value: undoRun, Label: "Undo an earlier run", Hint: words.Count(len(runs), "run") + " on this computer", Section: accounts[own-1].Group,
			Details: "Reverts what a run created or changed in an AWS account. The wizard compares the run with the account first, shows what it would revert, and asks for confirmation."})
	}
	return q
}

// offer sets the runs that can be reverted. The cursor stays on its option.
func (s *accountScreen) offer(runs []*Earlier) {
	s.runs = runs
	was := s.pick
	q := accountQuestion(s.accounts, runs, s.first)
	s.pick, s.page = listOf(&q, false)
	if was == nil {
		return
	}
	if was.filter != "" {
		s.pick.setFilter(was.filter)
	}
	s.pick.filtering = was.filtering
	if r := was.under(); r != nil {
		if at := slices.IndexFunc(s.pick.shown, func(i int) bool { return s.pick.rows[i].value == r.value }); at >= 0 {
			s.pick.cursor = at
		}
	}
}

// runsMsg contains the runs that can be reverted.
type runsMsg struct{ runs []*Earlier }

// readRuns reads the runs. It is a command, so that the first frame does not wait for it.
func (a *app) readRuns() tea.Cmd {
	return a.work.cmd(func(context.Context) tea.Msg { return runsMsg{a.backend.Runs()} })
}

// restart goes back to the first screen after an undo of an earlier run.
func (a *app) restart() tea.Cmd {
	a.stack = a.stack[:1]
	return tea.Batch(a.readRuns(), a.top().enter(a))
}

func (s *accountScreen) stepID() string { return atAccount }
func (s *accountScreen) list() *picker  { return s.pick }
func (s *accountScreen) about() *listPage {
	if s.err != nil { // the error replaces the list
		return nil
	}
	return &s.page
}

// identity must be loaded before the first question.
var identity = inventory.Request{Part: inventory.PartIdentity}

// enter continues when the identity of the caller is loaded.
func (s *accountScreen) enter(a *app) tea.Cmd {
	if !s.opening || a.session == nil {
		return nil
	}
	if err := a.loads.failed[identity]; err != nil {
		s.opening, s.err = false, err
		return nil
	}
	if !a.inv.Has(identity) {
		return a.tick()
	}
	s.opening = false
	a.askNext(a.steps[0])
	return nil
}

func (s *accountScreen) keys(*app) []key.Binding {
	switch {
	case s.opening:
		return []key.Binding{renamed(keys.back, "cancel")}
	case s.err != nil:
		return []key.Binding{keys.retry, keys.back}
	case s.pick.filtering:
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	ks := []key.Binding{keys.move, keys.choose, keys.filter}
	if len(s.runs) > 0 {
		ks = append(ks, keys.undo)
	}
	return ks
}

func (s *accountScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.opening:
		if is(k, keys.back) {
			a.era++ // pending messages are dropped
			s.opening, a.session, a.account = false, nil, Account{}
		}
	case s.err != nil:
		switch {
		case is(k, keys.retry):
			return s.open(a, s.trying.Key)
		case is(k, keys.back):
			s.err = nil
		}
	case s.page.press(s.pick, k):
	case len(s.runs) > 0 && is(k, keys.undo):
		a.undoEarlier(s.runs)
	case is(k, keys.choose):
		if v := s.pick.chosen(); len(v) == 1 {
			if v[0] == undoRun {
				a.undoEarlier(s.runs)
				return nil
			}
			if a.session != nil && a.account.Key == v[0] { // the same account: answers are kept
				a.askNext(a.steps[0])
				return nil
			}
			return s.open(a, v[0])
		}
	}
	return nil
}

// accountOf returns the account with a key. The key can be one that is not in the list.
func accountOf(all []Account, key string) Account {
	for _, acc := range all {
		if acc.Key == key {
			return acc
		}
	}
	return Account{Key: key, Title: key}
}

// name returns the account's name in a sentence.
func (acc Account) name() string { return clean(cmp.Or(acc.Name, acc.Title)) }

// opens is the message while an account is opened.
func (acc Account) opens() string { return "Reading " + acc.name() + " …" }

// openedMsg contains the session.
type openedMsg struct {
	era     int
	session Session
	err     error
}

// open opens an account and drops the data of the previous one.
func (s *accountScreen) open(a *app, key string) tea.Cmd {
	s.trying = accountOf(s.accounts, key)
	if a.forget() {
		a.say(forgotten)
	}
	s.opening, s.err, s.since = true, nil, a.frame
	era := a.era
	return tea.Batch(a.tick(), a.work.cmd(func(ctx context.Context) tea.Msg {
		session, err := a.backend.Open(ctx, key)
		return openedMsg{era, session, err}
	}))
}

const forgotten = "The account changed. The answers were cleared."

// forget drops all data of the account. It reports whether answers were lost.
func (a *app) forget() bool {
	had := a.session != nil && a.ans.Workload != ""
	a.era++
	a.session, a.account, a.inv, a.loads = nil, Account{}, inventory.Inventory{}, newLoads()
	a.ans, a.accepted, a.drafts = answersOf(), nil, map[string]string{}
	return had
}

func (a *app) opened(m openedMsg) tea.Cmd {
	s, ok := a.top().(*accountScreen)
	if !ok || m.era != a.era {
		return nil
	}
	if m.err != nil {
		s.opening, s.err = false, m.err
		return nil
	}
	a.session, a.account = m.session, s.trying
	return tea.Batch(a.prefetch(), s.enter(a))
}

func (s *accountScreen) render(a *app, w, h int) []string {
	switch {
	case s.opening:
		out := []string{a.st.title.Render(clean(s.trying.Title)), ""}
		if line := a.spin(s.since, s.trying.opens()); line != "" {
			out = append(out, line, "", a.st.dim.Render("Esc cancels."))
		}
		return out
	case s.err != nil:
		return append([]string{a.st.title.Render(clean(s.trying.Title)), ""},
			failure(a, s.trying.name(), s.err, "Fix the cause and press r to try again, or press Esc to choose another account. The sandbox accounts need no credentials.", w)...)
	}
	return s.page.render(&a.st, s.pick, w, h)
}
