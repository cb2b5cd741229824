package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// openScreen opens an account and reads the identity of the caller. Then the first question replaces it.
type openScreen struct {
	account Account
	earlier *Recent // with the answers to continue with; nil without
	since   int
	coded   bool // a code of an MFA device was typed
	err     error
}

// choose continues with an account. If it is open, its answers are kept.
func (a *app) choose(acc Account) {
	if a.session != nil && acc.same(a.account) {
		a.askNext(a.steps[0])
		return
	}
	a.run(a.open(acc))
}

// open opens an account and drops the data of the previous one.
func (a *app) open(acc Account) tea.Cmd { return a.openFor(acc, nil) }

// openFor is open, and continues with the answers of an earlier plan if it gets one.
func (a *app) openFor(acc Account, earlier *Recent) tea.Cmd {
	s := &openScreen{account: acc, earlier: earlier}
	a.stack = append(a.stack, s)
	return s.open(a)
}

func (s *openScreen) open(a *app) tea.Cmd {
	if a.forget() {
		a.say(forgotten)
	}
	s.err, s.coded, s.since = nil, false, a.frame
	era := a.era
	return tea.Batch(a.tick(), a.work.cmd(func(ctx context.Context) tea.Msg {
		session, err := a.backend.Open(ctx, s.account)
		return openedMsg{era, session, err}
	}))
}

const forgotten = "The account changed. The answers were cleared."

// forget drops all data of the account. It reports whether answers were lost.
func (a *app) forget() bool {
	had := a.session != nil && a.ans.Workload != ""
	a.era++
	a.session, a.account, a.inv, a.loads = nil, Account{}, inventory.Inventory{}, newLoads()
	a.ans, a.accepted, a.drafts = a.newAnswers(), nil, map[string]string{}
	return had
}

// openedMsg contains the session.
type openedMsg struct {
	era     int
	session Session
	err     error
}

func (a *app) opened(m openedMsg) tea.Cmd {
	s, ok := a.top().(*openScreen)
	if !ok || m.era != a.era {
		return nil
	}
	if m.err != nil {
		s.err = m.err
		return nil
	}
	a.session, a.account = m.session, s.account
	return tea.Batch(a.prefetch(), s.enter(a))
}

func (s *openScreen) stepID() string { return atAccount }

func (s *openScreen) terms(*app) []*terms.Term { return homeTerms }

// enter continues when the identity of the caller is loaded.
func (s *openScreen) enter(a *app) tea.Cmd {
	if a.session == nil || s.err != nil {
		return nil
	}
	if err := a.loads.failed[identity]; err != nil {
		if device := deviceOf(err); device != "" {
			why := ""
			if s.coded {
				why = err.Error()
			}
			return a.push(newCodeScreen(device, why, s.readCoded))
		}
		s.err = err
		return nil
	}
	if !a.inv.Has(identity) {
		return a.tick()
	}
	if a.account.Settings != nil && a.h >= 18 { // below, the header has to do
		text := a.identified()
		if a.notice == forgotten {
			text = forgotten + " " + text
		}
		a.say("%s", text)
	}
	a.stack = a.stack[:len(a.stack)-1]
	if a.compares { // back to the message, without the question about the account
		a.stack = slices.DeleteFunc(a.stack, func(s screen) bool { c, ok := s.(*choiceScreen); return ok && c.id == atExplain })
		return a.top().enter(a)
	}
	if s.earlier != nil {
		return a.push(&takeScreen{of: s.earlier})
	}
	a.askNext(a.steps[0])
	return nil
}

// readCoded reads the account again with a code of an MFA device.
func (s *openScreen) readCoded(a *app) tea.Cmd {
	s.coded, s.since = true, a.frame
	clear(a.loads.failed)
	return tea.Batch(a.tick(), a.request([]inventory.Request{identity}), a.prefetch())
}

// identified says which account is open, and where its credentials come from.
func (a *app) identified() string {
	text := fmt.Sprintf("%s, account %s, %s, as %s", a.account.Title, a.inv.Account, a.inv.Region, a.inv.Caller)
	if set := a.account.Settings; set != nil && set.Credentials != "" {
		text += ". Credentials: " + set.Credentials + "."
	}
	return text
}

func (s *openScreen) keys(*app) []key.Binding {
	if s.err != nil {
		return []key.Binding{keys.retry, keys.back}
	}
	return []key.Binding{renamed(keys.back, "cancel")}
}

func (s *openScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, keys.back):
		return s.cancel(a)
	case s.err != nil && is(k, keys.retry):
		return s.open(a)
	}
	return nil
}

// cancel goes back. Pending messages are dropped.
func (s *openScreen) cancel(a *app) tea.Cmd {
	a.era++
	a.session, a.account = nil, Account{}
	return a.pop()
}

func (s *openScreen) render(a *app, w, h int) []string {
	out := []string{a.st.title.Render(clean(s.account.Title)), ""}
	if s.err != nil {
		return append(out, failure(a, s.account.name(), s.err, "Fix the cause and press r to try again, or press Esc to choose another account. The sandbox needs no credentials.", w)...)
	}
	if line := a.spin(s.since, s.account.opens()); line != "" {
		out = append(out, line, "", a.st.dim.Render("Esc cancels."))
	}
	return out
}

// name returns the account's name in a sentence.
func (acc Account) name() string { return clean(cmp.Or(acc.Name, acc.Title)) }

// opens is the message while an account is opened.
func (acc Account) opens() string { return "Reading " + acc.name() + " …" }

// deviceOf returns the MFA device with a code that would prevent an error; empty if no code would.
func deviceOf(err error) string {
	var e interface{ MFA() string }
	if errors.As(err, &e) {
		return e.MFA()
	}
	return ""
}

// codeScreen asks for the code of an MFA device. It shows only a dot for each digit.
type codeScreen struct {
	secretScreen
	next func(a *app) tea.Cmd // tries again with the code
}

// newCodeScreen shows why a code is needed again; empty the first time.
func newCodeScreen(device, why string, next func(a *app) tea.Cmd) *codeScreen {
	if why != "" {
		why = strings.TrimSuffix(cleanText(why), ".") + "."
	}
	return &codeScreen{secretScreen{err: why, page: textPage{ask: codeAsk, help: codeHelp(device)}}, next}
}

const (
	codeAsk  = "Which code does the MFA device show?"
	notACode = "The code must have 6 digits."
)

func codeHelp(device string) string {
	return "The profile assumes a role with the MFA device " + device + ".\n\nThe code is not shown. The wizard sends it to AWS STS once and stores it nowhere."
}

func (s *codeScreen) stepID() string { return atAccount }

func (s *codeScreen) terms(*app) []*terms.Term { return homeTerms }

func (s *codeScreen) keys(*app) []key.Binding {
	return []key.Binding{renamed(keys.choose, "continue"), bindEsc, bind("0-9", "type", "0-9"), keys.del, keys.clear}
}

func (s *codeScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, bindEsc):
		s.forget()
		a.stack = a.stack[:len(a.stack)-1]
		if s, ok := a.top().(*openScreen); ok {
			return s.cancel(a)
		}
		return a.top().enter(a)
	case is(k, keys.choose):
		code, ok := mfaCode(string(s.typed))
		if !ok {
			s.err = notACode
			return nil
		}
		a.backend.Code(code)
		s.forget()
		a.stack = a.stack[:len(a.stack)-1]
		return s.next(a)
	}
	return s.secretScreen.press(a, k)
}

// mfaCode returns a code without the spaces that devices show. It is a sequence of six digits:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func mfaCode(typed string) (code string, ok bool) {
	code = strings.ReplaceAll(typed, " ", "")
	return code, len(code) == 6 && strings.Trim(code, "0123456789") == ""
}
