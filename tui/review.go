package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// reviewScreen shows the plan before it is applied.
type reviewScreen struct {
	ready bool
	wait  wait
	plan  *plan.Plan
	pick  *picker
	page  listPage
	lines []reviewLine // one per row of the list
	all   bool         // unchanged resources have one row each
}

// reviewLine is the content of a row. One field is set; a cause can have the finding that reports it.
type reviewLine struct {
	finding *plan.Finding
	action  *resource.Change
	cause   *cause.Cause
	text    string
}

func newReviewScreen() *reviewScreen { return &reviewScreen{} }

func (s *reviewScreen) stepID() string { return atReview }

// terms are those of the focused line.
func (s *reviewScreen) terms(*app) []*terms.Term {
	if !s.ready {
		return planTerms
	}
	switch l := s.line(); {
	case l.finding != nil:
		return findingTerms(s.plan, l.finding)
	case l.cause != nil && len(l.cause.Changes) > 0:
		return changeTerms(s.plan, l.cause.Changes)
	case l.action != nil:
		return changeTerms(s.plan, []resource.ID{l.action.ID})
	}
	return planTerms
}

func (s *reviewScreen) list() *picker    { return s.pick }
func (s *reviewScreen) about() *listPage { return &s.page }

func (s *reviewScreen) enter(a *app) tea.Cmd {
	ready, cmd := s.wait.ready(a, steps.Requests(&a.inv, a.ans.Answers))
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

// make builds the plan from the answers and creates the rows.
func (s *reviewScreen) make(a *app) {
	s.plan = a.opts.Build(&a.inv, a.ans.Answers)
	a.reviewed(s.plan)
	var rows []row
	s.lines = nil
	add := func(r row, l reviewLine) { rows, s.lines = append(rows, r), append(s.lines, l) }
	heading := func(text string) { add(row{heading: true, label: clean(text)}, reviewLine{}) }
	found := slices.Clone(s.plan.Findings)
	slices.SortStableFunc(found, func(x, y plan.Finding) int { return severityRank(x.Severity) - severityRank(y.Severity) })
	finding := func(f *plan.Finding, kind, text string) {
		mark, t := severityMark(f.Severity)
		if a.isAccepted(f) {
			mark, t = "!", warning
		}
		add(row{cells: []string{kind, clean(text)}, mark: mark, tone: t, note: s.findingNote(a, f)}, reviewLine{finding: f})
	}
	caused := map[string]bool{} // messages of findings that are causes
	if why := cause.Of(&a.inv, a.ans.Answers, s.plan); why != nil {
		heading("Why it does not start")
		for _, state := range why.State {
			add(row{cells: []string{"", clean(state)}, mark: "!", tone: warning, info: true}, reviewLine{text: state})
		}
		for i := range why.Causes {
			c := &why.Causes[i]
			if c.Finding != nil {
				caused[c.Finding.Message] = true
				finding(c.Finding, "", c.Text)
				s.lines[len(s.lines)-1].cause = c
				continue
			}
			note := ""
			if len(c.Changes) > 0 {
				note = "planned"
			}
			add(row{cells: []string{"", clean(c.Text)}, mark: markNo, tone: bad, note: note}, reviewLine{cause: c})
		}
		if len(why.Causes) == 0 {
			add(row{cells: []string{"", "none found in the network or in the definitions"}, mark: markUnsure, tone: warning, info: true}, reviewLine{text: "The wizard found no cause in what it reads. The stopped reason of a task has more."})
		}
		if why.Unsure != "" {
			add(row{cells: []string{"", clean(why.Unsure)}, mark: markUnsure, tone: warning, info: true}, reviewLine{text: why.Unsure})
		}
	}
	found = slices.DeleteFunc(found, func(f plan.Finding) bool { return caused[f.Message] })
	for i := range found {
		if i == 0 {
			heading("Findings")
		}
		f := &found[i]
		finding(f, f.Severity.Text(), f.Message)
	}
	for _, group := range plan.Groups {
		of := group.Of(s.plan)
		for i, act := range of {
			if i == 0 {
				heading(group.Title)
			}
			if group.Tone == plan.ToneKeep && len(of) > mostKept && !s.all {
				add(row{cells: []string{fmt.Sprint(len(of)), "existing resources that the plan keeps"}, mark: group.Mark, tone: quiet, note: "space shows", info: true}, reviewLine{text: "Press Space to show them."})
				break
			}
			cells := s.plan.Row(act)
			add(row{cells: []string{cells[0], cells[1], s.place(act, cells)}, mark: group.Mark, tone: groupTones[group.Tone], note: s.changeNote(act)}, reviewLine{action: s.plan.Change(act.ID)})
		}
	}
	for i, group := range []struct {
		title   string
		verdict plan.Verdict
	}{{"not known", plan.Unknown}, {"not needed", plan.NotNeeded}} {
		var codes, whys []string
		for _, n := range withVerdict(s.plan, group.verdict) {
			codes, whys = append(codes, clean(n.Service)), append(whys, clean(n.Service)+": "+n.Why)
		}
		if len(codes) > 0 {
			if i == 0 || len(withVerdict(s.plan, plan.Unknown)) == 0 {
				heading("Endpoints without a change")
			}
			add(row{cells: []string{group.title, strings.Join(codes, ", ")}, mark: markSkipped, tone: quiet, info: true}, reviewLine{text: strings.Join(whys, "\n")})
		}
	}
	heading("Cost")
	for i, r := range costRows(s.plan.Cost) {
		text := r[1] + "\n\n" + s.plan.Cost.Basis + "\n\nInterface endpoints have a cost per hour, used or not. Gateway endpoints are free."
		note := ""
		if i == 0 {
			note = "$ shows"
		}
		add(row{cells: []string{r[0], clean(r[1])}, mark: "$", tone: plain, info: true, note: note}, reviewLine{text: text})
	}

	s.pick = newPicker(rows, false, nil)
	s.page = listPage{ask: a.verdict(s.plan), help: s.help(a), notes: gapNotes(s.plan), details: func(i int) string { return s.details(a, i) }}
	s.toStop(a)
}

// mostKept is the maximum number of unchanged resources with a row each.
const mostKept = 4

// findingNote says what can be done about a finding.
func (s *reviewScreen) findingNote(a *app, f *plan.Finding) string {
	switch {
	case a.isAccepted(f):
		return "accepted"
	case f.Patch != nil:
		return "f fix"
	case a.stepOfRule(f.Rule) != nil:
		return "b change"
	case f.Severity == plan.Error && !f.Refused():
		return "a accept"
	}
	return ""
}

// stepOfRule returns the question with the answers that a rule judges; nil if no answer of this workload changes it.
func (a *app) stepOfRule(rule string) *steps.Step {
	id := steps.OfRule(a.state(), rule)
	if i := slices.IndexFunc(a.steps, func(s *steps.Step) bool { return s.ID == id }); i >= 0 && a.steps[i].Applies(a.state()) {
		return a.steps[i]
	}
	return nil
}

// askAgain asks a question again, with those that belong to it, and returns to the review.
func (a *app) askAgain(s *steps.Step) {
	group := cmp.Or(s.Of, s.ID)
	var then func(*steps.Step)
	then = func(next *steps.Step) {
		if next != nil && cmp.Or(next.Of, next.ID) == group {
			_ = a.askStep(a, next, then) // the answer is a later message
			return
		}
		at := slices.IndexFunc(a.stack, func(s screen) bool { return s.stepID() == atReview })
		a.stack = a.stack[:at+1]
		a.run(tea.Batch(a.prefetch(), a.top().enter(a)))
	}
	_ = a.askStep(a, s, then)
}

// place is where a change is, and of a modified resource what is different.
func (s *reviewScreen) place(c resource.Change, cells []string) string {
	if c.Op != resource.Modify {
		return cells[2]
	}
	if place := strings.Join(slices.DeleteFunc([]string{cells[2], cells[3]}, func(t string) bool { return t == "" }), ", "); place != "" {
		return place
	}
	names := slices.Sorted(maps.Keys(c.Before))
	if len(names) == 0 {
		return ""
	}
	if was, ok := c.Before[names[0]].(bool); ok {
		return map[bool]string{false: "off → on", true: "on → off"}[was]
	}
	return clean(fmt.Sprintf("%s → %s", shown(s.plan, c.Before[names[0]]), shown(s.plan, resource.Properties(c.Spec)[names[0]])))
}

// changeNote is what a change costs per month.
func (s *reviewScreen) changeNote(c resource.Change) string {
	switch cost, known := s.plan.Monthly(c); {
	case c.Billed() && !known:
		return "unknown"
	case cost > 0:
		return fmt.Sprintf("$%.2f", cost)
	case c.Op == resource.Create && c.Code() != "":
		return "free"
	}
	return ""
}

// isAccepted reports whether a finding is an error with an accepted rule.
func (a *app) isAccepted(f *plan.Finding) bool {
	return f.Severity == plan.Error && slices.Contains(a.accepted, f.Rule)
}

// nothingToDo reports whether the plan has no changes because all needs are met.
func nothingToDo(p *plan.Plan) bool {
	return p.ToApply() == 0 && (len(p.Changes) > 0 || len(withVerdict(p, plan.NotNeeded)) == len(p.Needs))
}

func withVerdict(p *plan.Plan, v plan.Verdict) []plan.Need {
	return slices.DeleteFunc(slices.Clone(p.Needs), func(n plan.Need) bool { return n.Verdict != v })
}

func gapNotes(p *plan.Plan) []string {
	var out []string
	for _, g := range p.Gaps {
		out = append(out, "Not read: "+g.String()+".")
	}
	return out
}

// groupTones are the tones of the groups of changes.
var groupTones = map[plan.Tone]tone{plan.ToneCreate: good, plan.ToneModify: warning, plan.ToneRun: plain, plan.ToneWarning: warning, plan.ToneKeep: quiet}

// verdict returns the first sentence about a plan.
func (a *app) verdict(p *plan.Plan) string {
	stops := p.Stops(a.accepted)
	switch {
	case len(stops) > 0:
		return fmt.Sprintf("Cannot apply or export: %s.", words.Counted(len(stops), "unresolved finding", "unresolved findings"))
	case nothingToDo(p) && len(p.Changes) > 0:
		return "Nothing to do: all required resources exist."
	case p.ToApply() == 0 && !nothingToDo(p):
		return "The plan is empty because the VPC or the subnets of the workload are not known. Go back and choose them."
	case p.ToApply() == 0:
		return "Nothing to do: this workload needs no endpoints."
	}
	text := fmt.Sprintf("Plan for %s: %s; %s.", clean(p.VPCLabel()), p.Counts(), p.Cost.Text())
	if len(a.accepted) > 0 {
		text += " Accepted: " + strings.Join(a.accepted, ", ") + "."
	}
	return text
}

func (s *reviewScreen) help(a *app) string {
	if stops := s.plan.Stops(a.accepted); len(stops) > 0 {
		var fix, accept bool
		for _, f := range stops {
			fix = fix || f.Patch != nil
			accept = accept || f.Severity == plan.Error && !f.Refused()
		}
		help := "Fix the findings first"
		switch {
		case fix && accept:
			help = "Fix or accept the findings first: f fixes the selected one, a accepts it"
		case fix:
			help += ": f fixes the selected one"
		case accept:
			help = "Fix or accept the findings first: a accepts the selected one"
		}
		return help + ". s saves the answers, e writes a report."
	}
	if nothingToDo(s.plan) && a.blocked(s.plan) == "" {
		return "Press Enter to verify what exists. Verify only reads."
	}
	if s.plan.ToApply() == 0 {
		return ""
	}
	if a.result.Applied != nil {
		return "This is a new plan. Its changes are not applied yet. Enter asks for confirmation, e exports."
	}
	if ask, _ := a.inputs(s.plan); len(ask) > 0 {
		return "Nothing is changed yet. Enter asks for the password and then for confirmation, e exports."
	}
	return "Nothing is changed yet. Enter asks for confirmation, e exports."
}

func (s *reviewScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	if s.pick.filtering {
		return []key.Binding{keys.typing, renamed(keys.choose, "continue"), keys.clearFilter}
	}
	ks := []key.Binding{keys.move}
	blocked := a.blocked(s.plan) != ""
	switch {
	case blocked:
	case nothingToDo(s.plan):
		ks = append(ks, renamed(keys.choose, "verify"))
	default:
		ks = append(ks, renamed(keys.choose, "apply"))
	}
	f := s.finding()
	if f != nil && f.Patch != nil {
		ks = append(ks, keys.fix)
	}
	switch {
	case f != nil && a.isAccepted(f):
		ks = append(ks, renamed(keys.accept, "stop accepting"))
	case f != nil && f.Severity == plan.Error:
		ks = append(ks, keys.accept)
	}
	if f != nil && a.stepOfRule(f.Rule) != nil {
		ks = append(ks, renamed(keys.change, "change"))
	}
	ks = append(ks, keys.back)
	ks = append(ks, keys.command)
	switch {
	case !blocked:
		ks = append(ks, renamed(keys.export, "export"))
	case len(a.reports()) > 0:
		ks = append(ks, renamed(keys.export, "report"))
	}
	ks = append(ks, renamed(keys.save, "save"))
	if s.kept() > mostKept {
		ks = append(ks, renamed(keys.toggle, "all unchanged"))
	}
	return append(ks, keys.before, keys.copy, keys.console, keys.cost, keys.filter)
}

// kept counts the unchanged resources.
func (s *reviewScreen) kept() int { return len(s.plan.Changes) - s.plan.ToApply() }

// line returns the content of the row under the cursor.
func (s *reviewScreen) line() reviewLine {
	if i := s.pick.at(); i >= 0 {
		return s.lines[i]
	}
	return reviewLine{}
}

// finding returns the finding under the cursor; nil for other rows.
func (s *reviewScreen) finding() *plan.Finding { return s.line().finding }

func (s *reviewScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case !s.pick.filtering && is(k, keys.fix):
		f := s.finding()
		if f == nil || f.Patch == nil {
			a.warn("This row has no fix for the plan.")
			return nil
		}
		a.say("%s", a.fix(f))
		s.make(a)
	case !s.pick.filtering && is(k, keys.accept):
		return s.accept(a)
	case !s.pick.filtering && !s.page.open && is(k, keys.toggle):
		s.all = !s.all
		s.again(a)
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		s.apply(a)
	case is(k, keys.command):
		return s.commands(a)
	case is(k, keys.before):
		return s.difference(a)
	case is(k, keys.copy):
		s.copyID(a)
	case is(k, keys.cost):
		return a.push(costScreen(s.plan, atReview))
	case is(k, keys.console):
		s.showConsole(a)
	case is(k, keys.change):
		step := (*steps.Step)(nil)
		if f := s.finding(); f != nil {
			step = a.stepOfRule(f.Rule)
		}
		if step == nil {
			a.warn("No answer changes this row.")
			return nil
		}
		s.ready = false
		a.askAgain(step)
	case is(k, keys.export):
		if off := a.blocked(s.plan); off != "" && len(a.reports()) == 0 {
			a.warn("Cannot export: %s.", off)
			return nil
		}
		return a.export(a.exportOf(s.plan, false))
	case is(k, keys.save):
		return a.write(answersFile(a))
	case is(k, keys.back):
		s.ready = false
		return a.pop()
	}
	return nil
}

// apply asks for confirmation and applies the plan. If a finding stops it, the cursor goes to the finding.
func (s *reviewScreen) apply(a *app) {
	if off := a.blocked(s.plan); off != "" {
		a.warn("Cannot apply: %s.", off)
		s.toStop(a)
		return
	}
	if why := a.account.ReadOnly; why != "" {
		a.warn("Cannot apply: %s.", why)
		return
	}
	_ = a.askToApply(a, s.plan, func(given map[string]secret.Text) error { // the answers are later messages
		a.dropSecrets()
		a.run(a.push(&progressScreen{progress: newProgress(s.plan), do: a.applying(s.plan, given)}))
		return nil
	})
}

// toStop moves the cursor to the first finding that stops the plan; without one it stays.
func (s *reviewScreen) toStop(a *app) {
	at := slices.IndexFunc(s.lines, func(l reviewLine) bool {
		return l.finding != nil && (l.finding.Severity == plan.Block || l.finding.Severity == plan.Error && !a.isAccepted(l.finding))
	})
	if i := slices.Index(s.pick.shown, at); i >= 0 {
		s.pick.cursor = i
	}
}

// fix applies the fix of a finding to the answers and returns a message.
func (a *app) fix(f *plan.Finding) string {
	a.ans.Answers = f.Patch.Apply(a.ans.Answers)
	return "Set " + patchText(f.Patch) + ". The plan is updated."
}

// patchText describes what a fix sets.
func patchText(p *answers.Patch) string {
	var out []string
	if p.Subnets != nil {
		out = append(out, "endpoint subnets: "+strings.Join(p.Subnets, ", "))
	}
	if p.Clients != nil {
		out = append(out, "workload subnets: "+strings.Join(p.Clients, ", "))
	}
	if p.AdmitVPC {
		out = append(out, "security groups: a new group")
	}
	if p.PrivateDNS != nil {
		out = append(out, "private DNS: "+map[bool]string{true: "on", false: "off"}[*p.PrivateDNS])
	}
	if p.TwoPhases != nil {
		out = append(out, "private DNS: "+map[bool]string{true: "after the verification", false: "from the creation of the endpoints"}[*p.TwoPhases])
	}
	for _, code := range slices.Sorted(maps.Keys(p.EndpointPolicy)) {
		out = append(out, "endpoint policy "+code+": "+p.EndpointPolicy[code])
	}
	if p.AgentUpdate {
		out = append(out, "agent update: yes")
	}
	if p.RestoreSecret {
		out = append(out, "restore secret: yes")
	}
	return strings.Join(out, "; ")
}

// accept accepts the rule under the cursor after a confirmation. It stops accepting an
// accepted rule.
func (s *reviewScreen) accept(a *app) tea.Cmd {
	f := s.finding()
	switch {
	case f == nil || f.Severity != plan.Error && f.Severity != plan.Block:
		a.warn("This row has no error to accept.")
		return nil
	case f.Severity == plan.Block:
		a.warn("A blocker cannot be accepted. It must be fixed.")
		return nil
	case a.isAccepted(f):
		a.say("%s", a.unacceptRule(f))
		s.again(a)
		return nil
	}
	_ = a.askToAccept(a, s.plan, f, func() { s.again(a) }) // the answer is a later message
	return nil
}

// again creates the rows again and keeps the cursor.
func (s *reviewScreen) again(a *app) {
	at := s.pick.cursor
	s.make(a)
	s.pick.cursor = min(at, len(s.pick.shown)-1)
	s.pick.move(0)
}

// acceptRule accepts the rule of a finding and returns a message.
func (a *app) acceptRule(f *plan.Finding) string {
	a.accepted = append(a.accepted, f.Rule)
	return "Accepted " + f.Rule + " for this run."
}

// unacceptRule stops accepting the rule of a finding and returns a message.
func (a *app) unacceptRule(f *plan.Finding) string {
	a.accepted = slices.DeleteFunc(a.accepted, func(r string) bool { return r == f.Rule })
	return f.Rule + " is no longer accepted."
}

// acceptMeans explains the effect of accepting the rule of a finding.
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
	return text + "Accepting does not fix it: you can apply or export the plan, but the workload may not work. This is for this run only and is not saved with the answers. On the command line, add --accept " + f.Rule + "."
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

// details returns the details of a row.
func (s *reviewScreen) details(a *app, i int) string {
	l := s.lines[i]
	var b strings.Builder
	switch {
	case l.cause != nil && l.finding == nil:
		b.WriteString(l.cause.Text + "\n")
		for i, id := range l.cause.Changes {
			if i == 0 {
				b.WriteString("\nChanges of the plan that remove this cause\n")
			}
			c := s.plan.Change(id)
			cells := s.plan.Row(*c)
			b.WriteString("  " + strings.TrimSpace(cells[0]+" "+cells[1]+" "+s.place(*c, cells)) + "\n")
		}
	case l.finding != nil:
		writeFinding(&b, l.finding, a.isAccepted(l.finding))
	case l.action != nil:
		writeChange(&b, s.plan, l.action)
		for j := range s.plan.Findings {
			if f := &s.plan.Findings[j]; slices.Contains(f.Changes, l.action.ID) {
				b.WriteString("\n")
				writeFinding(&b, f, a.isAccepted(f))
			}
		}
	default:
		b.WriteString(l.text)
	}
	return b.String()
}

func writeFinding(b *strings.Builder, f *plan.Finding, accepted bool) {
	severity := f.Severity.Text()
	if accepted {
		severity += " (accepted)"
	}
	fmt.Fprintf(b, "%s: %s\n", severity, f.Message)
	if f.Fix != "" {
		fmt.Fprintf(b, "Fix: %s\n", f.Fix)
	}
	if f.Patch != nil {
		fmt.Fprintf(b, "Press f to set %s.\n", patchText(f.Patch))
	}
	if page := (plan.RuleInfo{ID: f.Rule}).Page(); page != "" {
		fmt.Fprintf(b, "Source: %s\n", page)
	}
	if f.Resource != "" {
		fmt.Fprintf(b, "Resource: %s\n", f.Resource)
	}
	switch {
	case accepted:
		b.WriteString("Accepted for this run. Press a to stop accepting it.\n")
	case f.Severity == plan.Block:
		b.WriteString("This finding blocks the plan until it is fixed.\n")
	case f.Severity == plan.Error:
		fmt.Fprintf(b, "This error blocks the plan. To accept it, press a, or add --accept %s on the command line.\n", f.Rule)
	}
	fmt.Fprintf(b, "Rule: %s\n", f.Rule)
}

func writeChange(b *strings.Builder, p *plan.Plan, act *resource.Change) {
	b.WriteString(act.Summary + "\n")
	if act.Why != "" {
		b.WriteString("Why: " + act.Why + "\n")
	}
	if act.Existing != "" {
		b.WriteString("Id: " + act.Existing + "\n")
	}
	if len(act.Before) > 0 {
		b.WriteString("\nCurrent:\n")
		writeProperties(b, p, act.Before)
		b.WriteString("Added:\n")
	} else {
		b.WriteString("\n")
	}
	if text := act.Details().Text; text != "" {
		b.WriteString(text)
	} else if act.Spec != nil {
		writeProperties(b, p, resource.Properties(act.Spec))
	}
	if len(act.Rules) > 0 {
		b.WriteString("Rules: " + strings.Join(act.Rules, ", ") + "\n")
	}
}

func writeProperties(b *strings.Builder, p *plan.Plan, props map[string]any) {
	names := make([]string, 0, len(props))
	for name := range props {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(b, "  %s: %s\n", name, shown(p, props[name]))
	}
}

// idOf returns the ID of an existing resource, or names the new one.
func idOf(p *plan.Plan, v resource.Value) string {
	act := p.Change(v.From)
	switch {
	case act == nil:
		return "(ID of " + string(v.From) + ")"
	case act.Existing != "":
		return act.Existing
	}
	return fmt.Sprintf("(ID of the new %s %s)", strings.ReplaceAll(act.Spec.Kind(), "-", " "), p.ResourceName(v))
}

// shown formats the value of a property.
func shown(p *plan.Plan, v any) string {
	switch v := v.(type) {
	case resource.Value:
		switch {
		case v.From != "":
			return idOf(p, v)
		case v.Input != "":
			return "(a secret, not shown)"
		}
		return v.Lit
	case []resource.Value:
		var out []string
		for _, x := range v {
			out = append(out, shown(p, x))
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
