package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
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
}

// reviewLine is the content of a row. One field is set.
type reviewLine struct {
	finding *plan.Finding
	action  *resource.Change
	text    string
}

func newReviewScreen() *reviewScreen { return &reviewScreen{} }

func (s *reviewScreen) stepID() string   { return atReview }
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
		severity := f.Severity.Text()
		switch {
		case a.isAccepted(f):
			mark, t, severity = "!", warning, severity+" (accepted)"
		}
		add(row{label: severity + ": " + clean(f.Message), mark: mark, tone: t}, reviewLine{finding: f})
	}
	for _, group := range plan.Groups {
		for i, act := range group.Of(s.plan) {
			if i == 0 {
				heading("%s", group.Title)
			}
			add(row{label: clean(act.Summary), mark: group.Mark, tone: groupTones[group.Tone]}, reviewLine{action: s.plan.Change(act.ID)})
		}
	}
	for _, group := range []struct {
		title   string
		verdict plan.Verdict
	}{{"Not known", plan.Unknown}, {"Not needed", plan.NotNeeded}} {
		for i, n := range withVerdict(s.plan, group.verdict) {
			if i == 0 {
				heading("%s", group.title)
			}
			add(row{label: clean(n.Service), mark: markSkipped, tone: quiet, info: true}, reviewLine{text: n.Why})
		}
	}
	heading("Cost")
	add(row{label: costLine(s.plan), mark: "$", tone: plain, info: true}, reviewLine{text: s.plan.Cost.Basis + "\n\nInterface endpoints have a cost per hour, used or not. Gateway endpoints are free."})

	s.pick = newPicker(rows, false, nil)
	s.page = listPage{ask: a.verdict(s.plan), help: s.help(a), notes: gapNotes(s.plan), details: func(i int) string { return s.details(a, i) }}
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

func costLine(p *plan.Plan) string {
	if p.Cost.Monthly == 0 {
		return "no additional cost"
	}
	return fmt.Sprintf("about $%.2f per month", p.Cost.Monthly)
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
	text := fmt.Sprintf("Plan for %s: %s; %s.", clean(inventory.Label(p.VPCName, p.VPC)), p.Counts(), costLine(p))
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
		help := "Fix the findings first."
		switch {
		case fix && accept:
			help = "Fix or accept the findings first: select one and press f to fix it, or a to accept it, if the key is shown below."
		case fix:
			help = "Fix the findings first: select one and press f to fix it, if the key is shown below."
		case accept:
			help = "Fix or accept the findings first: select one and press a to accept it, if the key is shown below."
		}
		return help + " You can still save the answers (s)."
	}
	if nothingToDo(s.plan) {
		return "Press Enter to verify what exists. Verify only reads."
	}
	if s.plan.ToApply() == 0 {
		return ""
	}
	state := "Nothing is changed yet."
	if a.result.Applied != nil {
		state = "This is a new plan. Its changes are not applied yet."
	}
	return state + " The details show the reason for each change. Press Enter to apply, or e to export."
}

func (s *reviewScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	if s.pick.filtering {
		return []key.Binding{keys.typing, renamed(keys.choose, "continue"), keys.clearFilter}
	}
	enter := "apply"
	if nothingToDo(s.plan) {
		enter = "verify"
	}
	ks := []key.Binding{keys.move, renamed(keys.choose, enter)}
	f := s.finding()
	if f != nil && f.Patch != nil {
		fix := "set " + patchText(f.Patch)
		if a.w < sidebarFrom {
			fix = "fix"
		}
		ks = append(ks, renamed(keys.fix, fix))
	}
	switch {
	case f != nil && a.isAccepted(f):
		ks = append(ks, renamed(keys.accept, "stop accepting"))
	case f != nil && f.Severity == plan.Error:
		ks = append(ks, keys.accept)
	}
	return append(ks, renamed(keys.export, "export"), renamed(keys.save, "save"), keys.filter, keys.back)
}

// finding returns the finding under the cursor; nil for other rows.
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
			a.warn("This row has no fix for the plan.")
			return nil
		}
		a.say("%s", a.fix(f))
		s.make(a)
	case !s.pick.filtering && is(k, keys.accept):
		return s.accept(a)
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		s.apply(a)
	case is(k, keys.export):
		if off := a.blocked(s.plan); off != "" {
			a.warn("Cannot export: %s.", off)
			return nil
		}
		return a.write(exportFile(s.plan))
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
		at := slices.IndexFunc(s.lines, func(l reviewLine) bool {
			return l.finding != nil && (l.finding.Severity == plan.Block || l.finding.Severity == plan.Error && !a.isAccepted(l.finding))
		})
		if i := slices.Index(s.pick.shown, at); i >= 0 {
			s.pick.cursor = i
		}
		return
	}
	if why := a.account.ReadOnly; why != "" {
		a.warn("Cannot apply: %s.", why)
		return
	}
	_ = a.askToApply(a, s.plan, func(given map[string]secret.Text) error { // the answers are later messages
		a.dropSecrets()
		a.run(a.push(newProgressScreen(s.plan, a.applying(s.plan, given))))
		return nil
	})
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
	at := s.pick.at()
	s.make(a)
	s.pick.cursor = at
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
