package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// guide is the help of a screen: a page for each term that the screen is about, and then the page of the keys.
type guide struct {
	terms []*terms.Term
	at    int // the page of the keys follows the terms
	text  scroller
}

// mostTerms is the maximum number of terms in the help of a screen. More would hide the one that matters.
const mostTerms = 5

// The terms of screens that have neither a step nor a change.
var (
	homeTerms   = []*terms.Term{terms.InterfaceEndpoint, terms.GatewayEndpoint, terms.Routes, terms.Undo}
	planTerms   = []*terms.Term{terms.InterfaceEndpoint, terms.GatewayEndpoint, terms.PrivateDNS, terms.Routes}
	undoTerms   = []*terms.Term{terms.Undo}
	applyTerms  = []*terms.Term{terms.Undo, terms.Verification}
	verifyTerms = []*terms.Term{terms.Verification, terms.FlowLogs, terms.Undo}
)

// terms returns the terms that the visible screen is about, the most important one first.
func (a *app) terms() []*terms.Term {
	var out []*terms.Term
	switch {
	case a.dialog != nil:
		out = a.dialog.terms
	case a.chart != nil:
		out = a.chart.terms()
	default:
		out = a.top().terms(a)
	}
	return out[:min(len(out), mostTerms)]
}

// termsBelow returns the terms of the screen that opened the visible one.
func (a *app) termsBelow() []*terms.Term {
	if len(a.stack) < 2 {
		return homeTerms
	}
	return a.stack[len(a.stack)-2].terms(a)
}

// changeTerms returns the terms of changes of a plan.
func changeTerms(p *plan.Plan, ids []resource.ID) []*terms.Term {
	var out []*terms.Term
	for _, id := range ids {
		if c := p.Change(id); c != nil && c.Spec != nil {
			out = append(out, c.Spec.Terms()...)
		}
	}
	return terms.Join(out)
}

// changesOf returns the terms of what a plan changes.
func changesOf(p *plan.Plan) []*terms.Term {
	var ids []resource.ID
	for _, c := range p.Changes {
		if c.Op != resource.Keep {
			ids = append(ids, c.ID)
		}
	}
	return changeTerms(p, ids)
}

// findingTerms returns the terms of a finding: those of its rule, and then those of its changes.
func findingTerms(p *plan.Plan, f *plan.Finding) []*terms.Term {
	return terms.Join((plan.RuleInfo{ID: f.Rule}).Terms(), changeTerms(p, f.Changes))
}

// attentionTerms returns the terms of the changes in progress and of those that failed.
func (s *progress) attentionTerms() []*terms.Term {
	var ids []resource.ID
	for _, t := range s.tasks {
		if t.working() || t.state == run.Failed || t.state == run.Unproven || len(t.failed) > 0 {
			ids = append(ids, t.id)
		}
	}
	return changeTerms(s.plan, ids)
}

// openGuide opens the help of the visible screen.
func (a *app) openGuide() { a.guide = &guide{terms: a.terms()} }

// closeGuide closes the help. Buttons below it ignore keys for a moment, because Enter also closes the help.
func (a *app) closeGuide() tea.Cmd {
	a.guide = nil
	if a.dialog != nil {
		a.dialog.listening = false
		return a.dialog.wait(a)
	}
	return nil
}

// term returns the term of the page; nil on the page of the keys.
func (g *guide) term() *terms.Term {
	if g.at < len(g.terms) {
		return g.terms[g.at]
	}
	return nil
}

// turn shows another page. After the last one, the first one follows.
func (g *guide) turn(by int) {
	pages := len(g.terms) + 1
	g.at, g.text = (g.at+by+pages)%pages, scroller{}
}

func (g *guide) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	a.notice = ""
	switch {
	case g.text.press(k):
	case is(k, keys.nextPage):
		g.turn(1)
	case is(k, keys.lastPage):
		g.turn(-1)
	case g.term() != nil && is(k, keys.console):
		url := g.term().Page
		a.run(tea.SetClipboard(url))
		a.say("AWS page, also copied:\n%s", url)
	case is(k, keys.closeHelp):
		return a.closeGuide()
	}
	return nil
}

func (g *guide) keys() []key.Binding {
	ks := []key.Binding{keys.closeHelp, keys.read}
	if len(g.terms) > 0 {
		ks = slices.Insert(ks, 0, keys.pages)
	}
	if g.term() != nil {
		ks = slices.Insert(ks, 2, renamed(keys.console, "AWS page"))
	}
	return ks
}

func (g *guide) render(a *app, w, h int) []string {
	title, lines := keysTitle, a.helpPage(w)
	if t := g.term(); t != nil {
		title, lines = t.Title, a.termPage(t, w)
	}
	head, foot := title, []string(nil)
	if n := len(g.terms) + 1; n > 1 {
		position := fmt.Sprintf("%d of %d", g.at+1, n)
		head = fit(title, w-len(position)-2)
		head = a.st.title.Render(head) + "  " + a.st.dim.Render(position)
		if h >= 14 {
			foot = append([]string{""}, g.titles(a, w)...)
		}
	} else {
		head = a.st.title.Render(cut(title, w))
	}
	if h < 10 { // the line is needed for the text
		lines = lines[1:]
	}
	out := append([]string{head}, g.text.window(&a.st, lines, h-1-len(foot))...)
	return append(out, foot...)
}

const keysTitle = "This screen and its keys"

// titles lists the pages, with a mark on the visible one.
func (g *guide) titles(a *app, w int) []string {
	const between = " · "
	out, line := []string(nil), ""
	for i := range len(g.terms) + 1 {
		title, style := "Keys", a.st.dim
		if i < len(g.terms) {
			title = g.terms[i].Title
		}
		if i == g.at {
			title, style = markCursor+" "+title, a.st.cursor
		}
		switch {
		case line == "":
		case ansi.StringWidth(line+between+title) > w:
			out, line = append(out, line), ""
		default:
			line += a.st.dim.Render(between)
		}
		line += style.Render(title)
	}
	return append(out, line)
}

// termPage renders the page of a term.
func (a *app) termPage(t *terms.Term, w int) []string {
	indent := ""
	if w >= narrow {
		indent = "  "
	}
	lines := []string{""}
	for _, l := range wrap(t.Text, min(w-2*len(indent), terms.Width)) {
		lines = append(lines, strings.TrimRight(indent+l, " "))
	}
	lines = append(lines, "", indent+a.st.dim.Render("Read on:"))
	for _, l := range wrap(t.Page, w-len(indent)) {
		lines = append(lines, indent+a.st.accent.Hyperlink(t.Page).Render(l)) // so that a part of the address opens all of it
	}
	return lines
}

// termText is the page of a term in the line prompter.
func termText(t *terms.Term) string {
	return t.Title + "\n\n" + t.Text + "\n\nRead on: " + t.Page
}

// teach prints the page of the first of some terms and lists the others. If a term is typed after the question mark, it
// prints the page of that term. It reports whether it printed a page.
func (p *lines) teach(typed string, about []*terms.Term) bool {
	for _, t := range terms.All {
		if strings.EqualFold(typed, t.ID) || strings.EqualFold(typed, t.Title) {
			p.say("\n%s", termText(t))
			return true
		}
	}
	if typed != "" || len(about) == 0 {
		return false
	}
	p.say("\n%s", termText(about[0]))
	var others []string
	for _, t := range about[1:] {
		others = append(others, "? "+t.ID)
	}
	if len(others) > 0 {
		p.say("More pages: type %s.", strings.Join(others, ", "))
	}
	return true
}
