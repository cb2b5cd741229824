package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// Diagnosis is an explanation of messages, compared with an account.
type Diagnosis struct {
	doctor.Report
	// Answers are those of a plan that removes the confirmed causes; nil if none does.
	Answers *answers.Answers
}

// explaining is a message to explain, and what is known about it.
type explaining struct {
	text     string
	report   doctor.Report // from the text alone
	compared *Diagnosis    // with the open account; nil until it was compared
	with     string        // the key of the account that it was compared with
}

// mostTyped is the maximum size of a message in bytes. Of a longer text its end is kept.
const mostTyped = 256 << 10

// set replaces the text.
func (e *explaining) set(text string) {
	if n := len(text) - mostTyped; n > 0 {
		text = strings.ToValidUTF8(text[n:], "")
	}
	e.text, e.compared, e.report = text, nil, doctor.Report{}
	if strings.TrimSpace(text) != "" {
		e.report = doctor.Explain(doctor.Source{Text: text})
		e.report.FixFromText()
	}
}

// shown returns the report to show.
func (e *explaining) shown() doctor.Report {
	if e.compared != nil {
		return e.compared.Report
	}
	return e.report
}

// written returns the report as a text, with the messages themselves if quoted is true.
func (e *explaining) written(quoted bool, width int) string {
	return strings.Join(doctor.Lines(e.shown().All(quoted), width), "\n")
}

// empty reports whether there is nothing to explain yet.
func (e *explaining) empty() bool { return strings.TrimSpace(e.text) == "" && e.compared == nil }

// Actions of the explanation.
const (
	explainCompare = "compare"
	explainFix     = "fix"
	explainAgain   = "again"
	explainCopy    = "copy"
)

// actions returns what the user can do next. The first one is the most likely.
func (e *explaining) actions(a *app) []steps.Option {
	var out []steps.Option
	if e.compared != nil && e.compared.Answers != nil {
		out = append(out, steps.Option{Value: explainFix, Label: "Plan this fix", Hint: "a plan that you review first"})
	}
	if e.compared == nil {
		label := "Compare with an account"
		switch {
		case a.session != nil && strings.TrimSpace(e.text) == "":
			label = "Read the account's messages"
		case a.session != nil:
			label = "Compare with the account"
		case strings.TrimSpace(e.text) == "":
			label = "Read an account's messages"
		}
		out = append(out, steps.Option{Value: explainCompare, Label: label, Hint: "only reads"})
	}
	if !e.empty() {
		out = append(out, steps.Option{Value: explainAgain, Label: "Explain another message"},
			steps.Option{Value: explainCopy, Label: "Copy the explanation", Hint: "as text for a ticket"})
	}
	return out
}

// explainHelp is below the question.
func (a *app) explainHelp() string {
	if a.session == nil {
		return "Paste it, from a log or the console. The wizard reads it on this computer and sends it nowhere."
	}
	return "Paste it, from a log or the console. The wizard compares it with the account. It sends it nowhere."
}

// explainAsk is the question, and explainBrief the same on a narrow screen.
const (
	explainAsk   = "Which error message should the wizard explain?"
	explainBrief = "Paste the error message to explain."
)

// explainScreen explains a pasted message.
type explainScreen struct {
	*explaining
	scroller
	focus     int // of the buttons from 1 on; 0 is the text
	comparing bool
	since     int // frame of the spinner at the start
	cancel    context.CancelFunc
	err       error
}

func (s *explainScreen) stepID() string           { return atExplain }
func (s *explainScreen) terms(*app) []*terms.Term { return homeTerms }
func (s *explainScreen) typing() bool             { return s.focus == 0 && !s.comparing && s.err == nil }
func (s *explainScreen) keys(a *app) []key.Binding {
	switch {
	case s.comparing:
		return []key.Binding{renamed(keys.back, "cancel")}
	case s.err != nil:
		return []key.Binding{keys.retry, keys.back}
	case s.focus == 0:
		return []key.Binding{keys.nextButton, keys.clear, renamed(keys.read, "scroll"), keys.typing, bindEsc}
	}
	return []key.Binding{keys.nextButton, renamed(keys.press, "press"), renamed(keys.read, "scroll"), keys.back}
}

// enter compares the message if the user chose an account for it.
func (s *explainScreen) enter(a *app) tea.Cmd {
	if s.compared != nil && (a.session == nil || s.with != a.account.Key) {
		s.compared = nil // of another account
	}
	if a.compares { // an account was opened for it, or the question about one was left
		a.compares = false
		if a.session != nil {
			return s.compare(a)
		}
	}
	s.focus = min(s.focus, len(s.actions(a)))
	return nil
}

// insert appends pasted text.
func (s *explainScreen) insert(text string) {
	if s.comparing {
		return
	}
	s.err, s.focus = nil, 0
	s.set(s.text + lineFeeds(text))
	s.view.GotoTop()
}

func (s *explainScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if s.comparing || s.err != nil {
		switch {
		case is(k, keys.back):
			s.stop()
			s.err = nil
		case s.err != nil && is(k, keys.retry):
			if device := deviceOf(s.err); device != "" {
				return a.push(newCodeScreen(device, "", s.compare))
			}
			return s.compare(a)
		}
		return nil
	}
	actions := s.actions(a)
	switch {
	case name == "esc":
		return a.pop()
	case name == "tab", s.focus > 0 && name == "right":
		s.focus = (s.focus + 1) % (len(actions) + 1)
	case name == "shift+tab", s.focus > 0 && name == "left":
		s.focus = (s.focus + len(actions)) % (len(actions) + 1)
	case name == "up", name == "down", name == "pgup", name == "pgdown":
		s.scroller.press(k)
	case s.focus > 0 && is(k, keys.press):
		return s.act(a, actions[s.focus-1].Value)
	case s.focus > 0:
		s.scroller.press(k)
	case name == "enter":
		s.set(s.text + "\n")
	case is(k, keys.clear):
		s.set("")
	case name == "backspace":
		_, n := utf8.DecodeLastRuneInString(s.text)
		s.set(s.text[:len(s.text)-n])
	case k.Text != "":
		s.set(s.text + k.Text)
	}
	return nil
}

// act does what a button says.
func (s *explainScreen) act(a *app, action string) tea.Cmd {
	switch action {
	case explainFix:
		a.planFix(s.compared)
	case explainCompare:
		if a.session != nil {
			return s.compare(a)
		}
		a.compares = true
		_ = a.home().askCompare(a, func(acc Account) { a.run(a.open(acc)) })
	case explainAgain:
		s.set("")
		s.focus = 0
	case explainCopy:
		a.copy(s.written(true, copyWidth))
	}
	return nil
}

// copyWidth is the width of a copied explanation.
const copyWidth = 80

// planFix continues with the plan that removes the causes.
func (a *app) planFix(d *Diagnosis) {
	a.takeFix(d)
	a.askNext(nil)
}

// takeFix takes the answers of the plan that removes the causes, with the names and tags that a new plan starts with.
func (a *app) takeFix(d *Diagnosis) {
	ans, start := d.Answers.Clone(), a.newAnswers()
	ans.Prefix, ans.Tags = start.Prefix, start.Tags
	a.take(ans)
}

// take replaces the answers by those of another plan.
func (a *app) take(ans answers.Answers) {
	a.ans, a.accepted, a.drafts = steps.Answers{Answers: ans}, nil, map[string]string{}
}

// askCompare asks for the account to compare a message with.
func (s *accounts) askCompare(p prompter, then func(Account)) error {
	return p.Select(&prompt{id: atExplain, title: "Account", terms: homeTerms, needs: func() []inventory.Request { return nil }, make: func() question {
		q := question{title: "Account", ask: "Which account should the wizard compare the message with?", help: "It only reads the account."}
		if s.own != nil {
			q.options = append(q.options, steps.Option{Value: ownAccount, Label: cmp.Or(s.own.Title, "AWS account"), Hint: strings.TrimPrefix(s.own.Settings.Region+", "+s.own.Settings.marked(), ", "), Details: s.ownDetails()})
			if s.own.Settings.Region == "" {
				q.options[0].Problem = "choose a Region on the first screen"
			}
		}
		for _, acc := range s.others {
			q.options = append(q.options, steps.Option{Value: acc.Key, Label: acc.Title, Hint: acc.Hint, Details: acc.Details})
		}
		for _, acc := range s.sandbox {
			q.options = append(q.options, steps.Option{Value: acc.Key, Label: acc.Title, Hint: acc.Hint, Details: acc.Details})
		}
		q.chosen = []string{q.options[0].Value}
		return q
	}}, func(value string) error {
		then(s.account(value))
		return nil
	})
}

// diagnosedMsg contains what the account says about a message.
type diagnosedMsg struct {
	screen *explainScreen
	found  Diagnosis
	err    error
}

// compare compares the message with the open account.
func (s *explainScreen) compare(a *app) tea.Cmd {
	s.comparing, s.err, s.since = true, nil, a.frame
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(a.work.ctx)
	session, text := a.session, s.text
	return tea.Batch(a.tick(), a.work.cmd(func(context.Context) tea.Msg {
		found, err := session.Diagnose(ctx, text)
		return diagnosedMsg{s, found, err}
	}))
}

// stop stops a comparison.
func (s *explainScreen) stop() {
	if s.comparing {
		s.cancel()
		s.comparing = false
	}
}

// diagnosed shows what the account says.
func (s *explainScreen) diagnosed(a *app, m diagnosedMsg) tea.Cmd {
	if m.screen != s || !s.comparing {
		return nil
	}
	s.cancel()
	s.comparing, s.err = false, m.err
	if m.err == nil {
		s.compared, s.with = &m.found, a.account.Key
		s.focus = 1
		s.view.GotoTop()
	}
	return nil
}

func (s *explainScreen) render(a *app, w, h int) []string {
	ask := explainAsk
	if words.Width(ask) > w {
		ask = explainBrief
	}
	title := a.st.title.Render(ask)
	switch {
	case s.comparing:
		out := []string{title, ""}
		if line := a.spin(s.since, "Comparing with "+a.account.name()+" …"); line != "" {
			out = append(out, line, "", a.st.dim.Render("Nothing is changed. Esc cancels."))
		}
		return out
	case s.err != nil:
		return append([]string{title, ""}, failure(a, "the account", s.err, "Fix the cause and press r to try again, or press Esc to go back.", w)...)
	}
	small := h < 14
	out := []string{title}
	if small && !s.empty() { // the explanation needs the line
		out = nil
	}
	if !small {
		out = append(out, paint(a.st.dim, wrap(a.explainHelp(), w))...)
		out = append(out, "")
	}
	most := max(h/5, 4)
	if small {
		most = 1
	}
	out = append(out, s.field(a, w, most)...)
	foot := s.buttonLines(a, w)
	if small { // the focused button, and what fits beside it
		foot = rowsOf(s.buttons(a)[max(s.focus-1, 0):], w)[:1]
	}
	if s.empty() {
		return append(tall(out, h-len(foot)), foot...)
	}
	out = append(out, s.rule(a, w))
	body := explainLines(&a.st, s.shown().All(false), w)
	return slices.Concat(out, s.window(&a.st, body, h-len(out)-len(foot)), foot)
}

// field shows the text in at most a number of lines: its beginning, which people recognize, and the line with the cursor.
func (s *explainScreen) field(a *app, w, most int) []string {
	prompt, cursor := a.st.dim.Render("> "), ""
	if s.typing() {
		prompt, cursor = a.st.accent.Render("> "), a.st.chosen.Render(" ")
	}
	text := cleanText(s.text)
	if most == 1 { // a line break at the end has no space
		text = strings.TrimRight(text, "\n ")
	}
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, strings.Split(ansi.Wrap(line, max(w-3, 1), " "), "\n")...)
	}
	last := lines[len(lines)-1]
	switch n := len(lines) - most; {
	case n > 0 && most == 1:
		lines = []string{cut(lines[0], max(w-5, 1)) + " …"}
	case n > 0 && most == 2:
		lines = []string{lines[0], "… " + cut(last, max(w-5, 1))}
	case n > 0:
		lines = append(slices.Clone(lines[:most-2]), a.st.dim.Render("… "+words.Counted(n+1, "more line", "more lines")), last)
	}
	for i := range lines {
		lead := "  "
		if i == 0 {
			lead = prompt
		}
		if i == len(lines)-1 {
			lines[i] += cursor
		}
		lines[i] = lead + lines[i]
	}
	return lines
}

// rule separates the message from its explanation, and says what it matches.
func (s *explainScreen) rule(a *app, w int) string {
	label := ""
	if d := s.compared; d != nil && d.Workload != nil {
		label = " compared with " + cmp.Or(d.Workload.Name, string(d.Workload.Kind)) + " ─"
	} else if d != nil {
		label = " not compared ─"
	} else if m := s.report.Messages; len(m) > 0 && m[0].Details.Service != "" {
		label = " " + m[0].Details.Service + " ─"
	}
	label = cut(label, w)
	return a.st.dim.Render(strings.Repeat("─", max(w-words.Width(label), 0)) + label)
}

// buttonLines renders the buttons, in several lines if the width asks for it.
func (s *explainScreen) buttonLines(a *app, w int) []string { return rowsOf(s.buttons(a), w) }

// rowsOf puts texts beside each other into lines of a width.
func rowsOf(texts []string, w int) []string {
	out := []string{""}
	for _, text := range texts {
		last := &out[len(out)-1]
		switch {
		case *last == "":
			*last = text
		case words.Width(*last)+1+words.Width(text) > w:
			out = append(out, text)
		default:
			*last += " " + text
		}
	}
	return out
}

// buttons returns the rendered buttons.
func (s *explainScreen) buttons(a *app) []string {
	var out []string
	for i, o := range s.actions(a) {
		text, style := "  "+o.Label+"  ", a.st.button
		if s.focus == i+1 {
			text, style = "[ "+o.Label+" ]", a.st.chosen
		}
		out = append(out, style.Render(text))
	}
	return out
}

// explainLines renders rows with the colors of their marks.
func explainLines(st *styles, rows []doctor.Row, w int) []string {
	marks := map[doctor.Mark]lipgloss.Style{doctor.Yes: st.good, doctor.No: st.dim, doctor.Unknown: st.warn}
	var out []string
	for _, l := range doctor.Wrapped(rows, w) {
		text := cleanText(l.Text)
		switch {
		case l.Heading:
			out = append(out, st.title.Render(text))
		case l.Code: // a command must not be cut
			out = append(out, paint(st.accent, strings.Split(ansi.Hardwrap(text, max(w, 1), true), "\n"))...)
		case l.Mark != "":
			before, after, _ := strings.Cut(text, l.Mark.Symbol())
			out = append(out, before+marks[l.Mark].Render(l.Mark.Symbol())+after)
		default:
			out = append(out, text)
		}
	}
	return out
}

// explainMessage is the explanation for the line prompter.
func (p *lines) explainMessage() error {
	for {
		e := p.message
		if e.empty() {
			p.say("\n%s\n%s Then type a line with only a period. A period in the first line reads the messages of an account.", explainAsk, p.explainHelp())
			text, err := p.text()
			if err != nil {
				return err
			}
			e.set(text)
		}
		if !e.empty() {
			p.say("\n%s", e.written(false, cmp.Or(p.width(), copyWidth)))
		}
		help := "The explanation above shows what the message says."
		if e.empty() {
			help = "An account has the messages of its tasks, services, agents, jobs and environments."
		}
		options := append(slices.DeleteFunc(e.actions(p.app), func(o steps.Option) bool { return o.Value == explainCopy }), steps.Option{Value: "leave", Label: "Quit"})
		v, err := p.choose("Next", "What should the wizard do next?", help, options[0].Value, options, homeTerms)
		switch {
		case err == errBack:
			if e.empty() {
				return errBack
			}
			e.set("")
			continue
		case err != nil:
			return err
		}
		switch v {
		case "leave":
			return errLeft
		case explainAgain:
			e.set("")
		case explainFix:
			p.takeFix(e.compared)
			if err := p.review(); err != errBack {
				return err
			}
		case explainCompare:
			if err := p.compareMessage(e); err != nil && err != errBack {
				return err
			}
		}
	}
}

// explainErrors explains the errors of a run.
func (p *lines) explainErrors(text string) error {
	e := &explaining{}
	e.set(text)
	if err := p.compareMessage(e); err != nil {
		return err
	}
	p.say("\n%s", e.written(false, cmp.Or(p.width(), copyWidth)))
	return nil
}

// compareMessage compares a message with an account, and opens one first if none is open.
func (p *lines) compareMessage(e *explaining) error {
	if p.session == nil {
		var acc Account
		if err := p.home().accounts.askCompare(p, func(chosen Account) { acc = chosen }); err != nil {
			return err
		}
		if err := p.openAccount(acc); err != nil {
			return err
		}
	}
	return p.trying(func() (tried string, err error) {
		p.say("Comparing with %s …", p.account.name())
		found, err := p.session.Diagnose(p.ctx, e.text)
		if err == nil {
			e.compared, e.with = &found, p.account.Key
		}
		return p.account.name(), err
	})
}

// text reads lines until one that is only a period.
func (p *lines) text() (string, error) {
	var out []string
	size := 0
	for {
		p.prompt(fmt.Sprintf("%d>", len(out)+1))
		line, err := p.next(false)
		switch {
		case err != nil:
			return "", err
		case strings.TrimSpace(line) == ".":
			return strings.Join(out, "\n"), nil
		case len(out) == 0 && strings.EqualFold(strings.TrimSpace(line), "b"):
			return "", errBack
		case len(out) == 0 && strings.EqualFold(strings.TrimSpace(line), "q"):
			return "", errLeft
		case size < mostTyped:
			out = append(out, line)
			size += len(line)
			if strings.TrimSpace(line) == "" {
				p.say("To end the text, type a line with only a period.")
			}
		}
	}
}
