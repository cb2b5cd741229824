package tui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// accountScreen asks which account to open.
type accountScreen struct {
	accounts []Account
	pick     *picker
	page     listPage

	opening bool
	since   int
	err     error
	trying  Account
}

func newAccountScreen(accounts []Account) *accountScreen {
	var rows []row
	for _, acc := range accounts {
		rows = append(rows, row{value: acc.Key, label: clean(acc.Title)})
	}
	return &accountScreen{accounts: accounts, pick: newPicker(rows, false, nil), page: listPage{
		title: "Account", ask: "Where do you want to work?",
		help:    "This wizard finds out which VPC endpoints your workload needs, shows what is there and what is missing, makes what you agree to, and proves that it works.",
		details: func(i int) string { return accounts[i].Details },
	}}
}

func (s *accountScreen) station() string { return atAccount }
func (s *accountScreen) list() *picker   { return s.pick }
func (s *accountScreen) about() *listPage {
	if s.err != nil { // which stands in the place of the list
		return nil
	}
	return &s.page
}

// identity is what must be known before the questions begin.
var identity = inventory.Request{Part: inventory.PartIdentity}

// enter goes on as soon as it is known whose account this is.
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
	return a.push(newStepScreen(a.steps[0]))
}

func (s *accountScreen) keys(*app) []key.Binding {
	switch {
	case s.opening:
		return []key.Binding{called(keys.back, "cancel")}
	case s.err != nil:
		return []key.Binding{keys.retry, keys.back}
	case s.pick.filtering:
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	return []key.Binding{keys.move, keys.choose, keys.filter}
}

func (s *accountScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.opening:
		if is(k, keys.back) {
			a.era++ // what is on its way is dropped
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
	case is(k, keys.choose):
		if v := s.pick.chosen(); len(v) == 1 {
			if a.session != nil && a.account.Key == v[0] { // the same again: all is kept
				return a.push(newStepScreen(a.steps[0]))
			}
			return s.open(a, v[0])
		}
	}
	return nil
}

// accountOf is the account with a key, which may be one that is not offered.
func accountOf(all []Account, key string) Account {
	for _, acc := range all {
		if acc.Key == key {
			return acc
		}
	}
	return Account{Key: key, Title: key}
}

// openedMsg brings the session.
type openedMsg struct {
	era     int
	session Session
	err     error
}

// open opens an account; what was known of another one is forgotten.
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

const forgotten = "Another account: the answers of the last one are cleared."

// forget drops what is known of an account, and tells whether answers were lost.
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
		if line := a.spin(s.since, "Opening the account and asking who you are …"); line != "" {
			out = append(out, line, "", a.st.dim.Render("Esc cancels."))
		}
		return out
	case s.err != nil:
		return append([]string{a.st.title.Render(clean(s.trying.Title)), ""},
			failure(a, "Opening "+clean(s.trying.Title)+" (sts:GetCallerIdentity)", s.err, "Press r to try again once that is put right, or Esc to choose another account. The practice account needs no credentials.", w)...)
	}
	return s.page.render(&a.st, s.pick, w, h)
}
