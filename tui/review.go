package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// reviewScreen shows the plan before anything is made.
type reviewScreen struct {
	ready bool
	wait  wait
	plan  *plan.Plan
	pick  *picker
	page  listPage
	lines []reviewLine // one a row of the list
}

// reviewLine is what a row of the review stands for; one is set.
type reviewLine struct {
	finding *plan.Finding
	action  *plan.Action
	text    string
}

func newReviewScreen() *reviewScreen { return &reviewScreen{} }

func (s *reviewScreen) station() string  { return atReview }
func (s *reviewScreen) list() *picker    { return s.pick }
func (s *reviewScreen) about() *listPage { return &s.page }

func (s *reviewScreen) enter(a *app) tea.Cmd {
	ready, cmd := s.wait.ready(a, steps.Requests(&a.inv, a.ans))
	if !ready {
		s.ready = false
		return cmd
	}
	if !s.ready {
		s.ready = true
		s.make(a)
	}
	return nil
}

// make builds the plan from the answers and lists it.
func (s *reviewScreen) make(a *app) {
	s.plan = a.opts.Build(&a.inv, a.ans)
	var rows []row
	s.lines = nil
	add := func(r row, l reviewLine) { rows, s.lines = append(rows, r), append(s.lines, l) }
	heading := func(format string, args ...any) {
		add(row{heading: true, label: fmt.Sprintf(format, args...)}, reviewLine{})
	}
	found := slices.Clone(s.plan.Findings)
	slices.SortStableFunc(found, func(x, y plan.Finding) int { return severityRank(x.Severity) - severityRank(y.Severity) })
	if len(found) > 0 {
		heading("Findings")
	}
	for i := range found {
		f := &found[i]
		mark, t := severityMark(f.Severity)
		word := string(f.Severity)
		switch {
		case a.lets(f):
			mark, t, word = "!", warning, word+" (accepted)"
		case f.Patch != nil:
			word += " (f fixes it)"
		}
		add(row{label: word + ": " + clean(f.Message), mark: mark, tone: t}, reviewLine{finding: f})
	}
	for _, group := range []struct {
		op    plan.Op
		title string
		mark  string
		tone  tone
	}{{plan.Create, "To make", "+", good}, {plan.Modify, "To change", "~", warning}, {plan.Run, "To run", ">", plain}, {plan.Keep, "Stays as it is", "=", quiet}} {
		first := true
		for i := range s.plan.Actions {
			act := &s.plan.Actions[i]
			if act.Op != group.op {
				continue
			}
			if first {
				heading("%s", group.title)
				first = false
			}
			add(row{label: clean(act.Summary), mark: group.mark, tone: group.tone}, reviewLine{action: act})
		}
	}
	if unneeded := notNeeded(s.plan); len(unneeded) > 0 {
		heading("Not needed")
		for _, n := range unneeded {
			add(row{label: clean(n.Service), mark: "–", tone: quiet, info: true}, reviewLine{text: n.Why})
		}
	}
	heading("Cost")
	add(row{label: costLine(s.plan), mark: "$", tone: plain, info: true}, reviewLine{text: s.plan.Cost.Basis + "\n\nEndpoints cost by the hour from the moment they exist, used or not. Gateway endpoints are free."})

	s.pick = newPicker(rows, false, nil)
	s.page = listPage{title: "Review", ask: a.verdict(s.plan), help: s.help(a), notes: gapNotes(s.plan), details: func(i int) string { return s.details(a, i) }}
}

// lets tells whether a finding stops nothing because its rule was accepted.
func (a *app) lets(f *plan.Finding) bool {
	return f.Severity == plan.Error && slices.Contains(a.accepted, f.Rule)
}

// nothingToDo tells whether all is as it should be, and not only unknown.
func nothingToDo(p *plan.Plan) bool {
	return p.Changes() == 0 && (len(p.Actions) > 0 || len(notNeeded(p)) == len(p.Needs))
}

func notNeeded(p *plan.Plan) []plan.Need {
	return slices.DeleteFunc(slices.Clone(p.Needs), func(n plan.Need) bool { return n.Verdict != plan.NotNeeded })
}

func gapNotes(p *plan.Plan) []string {
	var out []string
	for _, g := range p.Gaps {
		out = append(out, fmt.Sprintf("Not seen: AWS refused %s (%s).", g.Call, g.Code))
	}
	return out
}

func costLine(p *plan.Plan) string {
	if p.Cost.Monthly == 0 {
		return "nothing added to the monthly bill"
	}
	return fmt.Sprintf("about %.2f %s a month", p.Cost.Monthly, p.Cost.Currency)
}

// counts says how many rows of each op there are.
func counts(p *plan.Plan) string {
	n := map[plan.Op]int{}
	for _, act := range p.Actions {
		n[act.Op]++
	}
	var parts []string
	for _, c := range []struct {
		op   plan.Op
		word string
	}{{plan.Create, "to make"}, {plan.Modify, "to change"}, {plan.Run, "to run"}, {plan.Keep, "there already"}} {
		if n[c.op] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[c.op], c.word))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// verdict is what there is to say about a plan before anything else.
func (a *app) verdict(p *plan.Plan) string {
	stops := p.Stops(a.accepted)
	switch {
	case len(stops) > 0:
		return fmt.Sprintf("%s must be put right before this can be applied. See the details of each.", countOf(len(stops), "finding", "findings"))
	case nothingToDo(p) && len(p.Actions) > 0:
		return "Nothing to do: all that is needed is there."
	case p.Changes() == 0 && !nothingToDo(p):
		return "The plan is empty although something is needed: the VPC, or the subnets that the workload runs in, are not known. Go back to choose them."
	case p.Changes() == 0:
		return "Nothing to do: this workload needs no endpoint as it is set up."
	}
	text := fmt.Sprintf("This is the plan for %s: %s; %s.", clean(inventory.Label(p.VPCName, p.VPC)), counts(p), costLine(p))
	if len(a.accepted) > 0 {
		text += " Accepted: " + strings.Join(a.accepted, ", ") + "."
	}
	return text
}

func (s *reviewScreen) help(a *app) string {
	if s.plan.Changes() == 0 {
		return "Enter shows what you can do next."
	}
	made := "Nothing has been made yet."
	if a.result.Applied != nil {
		made = "This is for the account as it is now; nothing of it has been made yet."
	}
	return made + " Go through the lines to see why each is there. Enter shows what you can do with the plan."
}

func (s *reviewScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	if s.pick.filtering {
		return []key.Binding{keys.typing, called(keys.choose, "go on"), keys.clearFilter}
	}
	ks := []key.Binding{keys.move, called(keys.choose, "go on")}
	f := s.finding()
	if f != nil && f.Patch != nil {
		ks = append(ks, keys.fix)
	}
	switch {
	case f != nil && a.lets(f):
		ks = append(ks, called(keys.accept, "take back"))
	case f != nil && f.Severity == plan.Error:
		ks = append(ks, keys.accept)
	}
	return append(ks, keys.filter, keys.back)
}

// finding is the one under the cursor; nil if it is not on one.
func (s *reviewScreen) finding() *plan.Finding {
	if i := s.pick.at(); i >= 0 {
		return s.lines[i].finding
	}
	return nil
}

func (s *reviewScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case !s.pick.filtering && is(k, keys.fix):
		f := s.finding()
		if f == nil || f.Patch == nil {
			a.warn("There is no one-key fix for this line.")
			return nil
		}
		a.say("%s", a.fix(f))
		s.make(a)
	case !s.pick.filtering && is(k, keys.accept):
		return s.accept(a)
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		return a.push(newNextScreen(a, s.plan))
	case is(k, keys.back):
		s.ready = false
		return a.pop()
	}
	return nil
}

// fix takes a finding's one-key fix into the answers, and says so.
func (a *app) fix(f *plan.Finding) string {
	a.ans = f.Patch.Apply(a.ans)
	return "The fix for " + f.Rule + " is in your answers, and the plan was made anew."
}

// accept lets the rule under the cursor pass once that was confirmed, or takes that
// back.
func (s *reviewScreen) accept(a *app) tea.Cmd {
	f := s.finding()
	switch {
	case f == nil || f.Severity != plan.Error && f.Severity != plan.Block:
		a.warn("There is nothing to accept in this line.")
		return nil
	case f.Severity == plan.Block:
		a.warn("What blocks the plan cannot be accepted, only put right.")
		return nil
	case a.lets(f):
		a.say("%s", a.unlet(f))
		s.again(a)
		return nil
	}
	return a.ask(newDialog("Accept "+f.Rule+"?", acceptMeans(s.plan, f), "Back", "Accept", func(a *app) tea.Cmd {
		a.say("%s", a.let(f))
		s.again(a)
		return nil
	}))
}

// again lists the plan anew, with the cursor where it was.
func (s *reviewScreen) again(a *app) {
	at := s.pick.at()
	s.make(a)
	s.pick.cursor = at
}

// let accepts a finding's rule, and says so.
func (a *app) let(f *plan.Finding) string {
	a.accepted = append(a.accepted, f.Rule)
	return f.Rule + " is accepted in this run."
}

// unlet takes that back, and says so.
func (a *app) unlet(f *plan.Finding) string {
	a.accepted = slices.DeleteFunc(a.accepted, func(r string) bool { return r == f.Rule })
	return f.Rule + " is no longer accepted."
}

// acceptMeans says what one lets pass by accepting a finding's rule.
func acceptMeans(p *plan.Plan, f *plan.Finding) string {
	n := 0
	for _, other := range p.Findings {
		if other.Rule == f.Rule && other.Severity == plan.Error {
			n++
		}
	}
	text := f.Message + "\n\n"
	if n > 1 {
		text = fmt.Sprintf("%s\n\nThis accepts all %d errors of the rule. ", f.Message, n)
	}
	return text + "Accepting means that the plan can be carried out or exported although this stands; something may not work afterwards. It holds for this run only and is not kept in saved answers; on the command line it is --accept " + f.Rule + "."
}

func (s *reviewScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, "Review", w)
	}
	return s.page.render(&a.st, s.pick, w, h)
}

func severityRank(s plan.Severity) int {
	return slices.Index([]plan.Severity{plan.Block, plan.Error, plan.Warn, plan.Info}, s)
}

func severityMark(s plan.Severity) (string, tone) {
	switch s {
	case plan.Block, plan.Error:
		return markNo, bad
	case plan.Warn:
		return "!", warning
	}
	return "i", plain
}

// details tell of a line what a row of the list has no room for.
func (s *reviewScreen) details(a *app, i int) string {
	l := s.lines[i]
	var b strings.Builder
	switch {
	case l.finding != nil:
		writeFinding(&b, l.finding, a.lets(l.finding))
	case l.action != nil:
		writeAction(&b, l.action)
		for j := range s.plan.Findings {
			if f := &s.plan.Findings[j]; slices.Contains(f.Rows, l.action.ID) {
				b.WriteString("\n")
				writeFinding(&b, f, a.lets(f))
			}
		}
	default:
		b.WriteString(l.text)
	}
	return b.String()
}

func writeFinding(b *strings.Builder, f *plan.Finding, accepted bool) {
	fmt.Fprintf(b, "%s: %s\n", f.Severity, f.Message)
	if f.Resource != "" {
		fmt.Fprintf(b, "Concerns: %s\n", f.Resource)
	}
	if f.Fix != "" {
		fmt.Fprintf(b, "What to do: %s\n", f.Fix)
	}
	if f.Patch != nil {
		b.WriteString("Press f to do that in this plan.\n")
	}
	switch {
	case accepted:
		b.WriteString("You accepted this in this run; press a to take that back.\n")
	case f.Severity == plan.Block:
		b.WriteString("This plan cannot be applied as long as this stands.\n")
	case f.Severity == plan.Error:
		fmt.Fprintf(b, "This stops the plan. Who knows better can let it pass: press a, or on the command line --accept %s.\n", f.Rule)
	}
	fmt.Fprintf(b, "Rule: %s\n", f.Rule)
}

func writeAction(b *strings.Builder, act *plan.Action) {
	b.WriteString(act.Summary + "\n")
	if act.Why != "" {
		b.WriteString("Why: " + act.Why + "\n")
	}
	if act.Existing != "" {
		b.WriteString("Id: " + act.Existing + "\n")
	}
	if len(act.Before) > 0 {
		b.WriteString("\nAs it is:\n")
		writeProperties(b, act.Before)
		b.WriteString("What is added:\n")
	} else {
		b.WriteString("\n")
	}
	switch spec := act.Spec.(type) {
	case nil:
	case plan.AgentRestart:
		b.WriteString(restartedHosts(spec))
	default:
		writeProperties(b, spec.Properties())
	}
	if len(act.Rules) > 0 {
		b.WriteString("Rules: " + strings.Join(act.Rules, ", ") + "\n")
	}
}

// restartedHosts lists by zone the instances of a restart, and how each is reached.
func restartedHosts(s plan.AgentRestart) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Cluster: %s\n", s.Cluster)
	for i, h := range s.Hosts {
		if i == 0 || h.Zone != s.Hosts[i-1].Zone {
			b.WriteString(cmp.Or(h.Zone, "Zone not known") + "\n")
		}
		way := "Run Command"
		switch {
		case h.Hand != "":
			way = "by hand: " + h.Hand
		case h.Reboot:
			way = "drained and rebooted"
		case h.Awaited:
			way = "Run Command, once Systems Manager reaches it"
		}
		fmt.Fprintf(&b, "  %s (%s): %s\n", h.Instance, cmp.Or(h.Family, "unknown"), way)
	}
	return b.String()
}

func writeProperties(b *strings.Builder, props map[string]any) {
	names := make([]string, 0, len(props))
	for name := range props {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(b, "  %s: %s\n", name, shown(props[name]))
	}
}

// shown prints a property's value for people.
func shown(v any) string {
	switch v := v.(type) {
	case plan.Value:
		switch {
		case v.From != "":
			return "the id of " + string(v.From)
		case v.Input != "":
			return "(a secret, not shown)"
		}
		return v.Lit
	case []plan.Value:
		var out []string
		for _, x := range v {
			out = append(out, shown(x))
		}
		return strings.Join(out, ", ")
	case []string:
		return strings.Join(v, ", ")
	case map[string]string:
		var out []string
		for k, x := range v {
			out = append(out, k+"="+x)
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return fmt.Sprint(v)
}
