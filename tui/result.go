package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// result is the result of a run and the next steps.
type result struct {
	plan  *plan.Plan // nil after an undo
	text  []passage
	tasks bool     // running tasks that do not use the endpoints yet can be replaced
	last  *Earlier // the run, if something of it can be reverted
	id    string   // of the step in the sidebar
	was   bool     // something of the workload did not run before
	wrong string   // the errors of changes and checks that failed

	explained []*terms.Term
}

// resultScreen shows a result.
type resultScreen struct {
	*result
	scroller
	all     bool     // what is collapsed is shown
	running []string // what of the workload does not run after the apply
	reread  bool     // running is known
}

// passage is a paragraph. Its wrapped lines have the same indent.
type passage struct {
	text   string
	indent string
	tone   tone
	strong bool
	// oneLine cuts the text instead of wrapping it.
	oneLine bool
	// command are the quoted arguments of a command, in place of the text.
	command []string
	opens   bool // heading of a section that is closed at first
	folded  bool // part of such a section
}

func newResult(a *app, p *progress, o *outcome) *result {
	s := &result{plan: p.plan, last: o.last, id: atResult, explained: terms.Join(p.attentionTerms(), verifyTerms), was: !p.stopping && o.summary.Failed+o.summary.Skipped == 0 && len(plan.ScopeOf(&a.inv, a.ans.Answers).NotRunning()) > 0}
	for _, act := range p.plan.Changes { // so that a new plan does not store the credentials again
		typed := slices.ContainsFunc(act.Inputs(), func(in resource.Input) bool { return in.File == "" })
		a.stored = a.stored || typed && p.ended(act.ID)
	}
	s.headline(p, o)
	s.amounts(p, o)
	s.rows(p, o, run.Failed, "Failed", markNo, bad, (*task).any)
	s.rows(p, o, run.Skipped, "Stopped before it was complete", "!", warning, (*task).stopped)
	s.rows(p, o, run.Skipped, "Not started", markSkipped, warning, func(t *task) bool { return !t.stopped() })
	verified, unverified, failed := checks(p)
	s.list("Failed checks", markNo, bad, failed)
	s.wrong = strings.Join(append(p.errors(), failed...), "\n")
	s.list("Not verified from here", markUnsure, warning, unverified)
	s.rows(p, o, run.Unproven, "Manual steps", plan.MarkManual, warning, (*task).byUser)
	s.rows(p, o, run.Unproven, "Not verified", markUnsure, warning, func(t *task) bool { return !t.byUser() })
	s.remains(o)
	s.next(a, p, o)
	s.rows(p, o, run.Done, "Applied", markDone, good, (*task).any)
	s.folded(func() { s.list("Verified", markDone, good, verified) })
	s.folded(func() { s.rows(p, o, run.Kept, "Unchanged", "=", quiet, (*task).any) })
	return s
}

// remains lists what a run that was not complete leaves behind.
func (s *result) remains(o *outcome) {
	for i, line := range o.summary.Remains() {
		if i == 0 {
			s.heading("What remains")
		}
		text := strings.TrimLeft(line, " ")
		s.add(warning, "  "+line[:len(line)-len(text)], "%s", cleanText(text))
	}
}

func (s *result) add(t tone, indent, format string, args ...any) {
	s.text = append(s.text, passage{text: fmt.Sprintf(format, args...), indent: indent, tone: t})
}

// command adds a command.
func (s *result) command(quoted []string) {
	for i := range quoted {
		quoted[i] = clean(quoted[i])
	}
	s.text = append(s.text, passage{command: quoted, indent: "    "})
}

// folded adds a section that is shown with its first line only, until the user opens it.
func (s *result) folded(add func()) {
	from := len(s.text)
	add()
	for i := range s.text[from:] {
		if p := &s.text[from+i]; i < 2 { // an empty line and the heading
			p.opens = i == 1
		} else {
			p.folded = true
		}
	}
}

func (s *result) heading(text string) {
	s.text = append(s.text, passage{}, passage{text: text, strong: true})
}

// headline adds one or two lines with the outcome.
func (s *result) headline(p *progress, o *outcome) {
	sum := o.summary
	done, ended := words.Count(sum.Done, "change")+" applied", "The run ended with an error"
	if p.undo != nil {
		done, ended = words.Count(sum.Done, "step")+" reverted", "The undo ended with an error"
	}
	switch {
	case p.stopping:
		text := "! Stopped. " + done
		if n := stoppedTasks(p); n > 0 {
			text += fmt.Sprintf(", %d stopped before completion", n)
		}
		s.add(warning, "", "%s, %d not started.", text, sum.Skipped-stoppedTasks(p))
	case o.err != nil:
		s.add(bad, "", "%s %s: %s", markNo, ended, cleanText(o.err.Error()))
	case len(sum.Missing) > 0:
		s.add(bad, "", "%s Nothing was changed: %s missing.", markNo, words.Counted(len(sum.Missing), "permission is", "permissions are"))
	case sum.Failed+sum.Skipped > 0, sum.Expired:
		s.add(bad, "", "%s Not completed: %s, %d failed, %d not started.", markNo, done, sum.Failed, sum.Skipped)
	case p.undo != nil && o.last != nil:
		s.add(warning, "", "! %s. Not everything that the run created or changed was reverted.", done)
	case p.undo != nil:
		s.add(good, "", "%s Undone. %s.", markDone, done)
	case sum.Proof == run.ProofFailed:
		done := "Applied, but the"
		if p.verifies() {
			done = "Nothing was changed. The"
		}
		s.add(bad, "", "%s %s verification failed.", markNo, done)
	case sum.Proof == run.ProofProved && sum.Done == 0:
		s.add(good, "", "%s Nothing was changed. %s.", markDone, checked(p))
	case sum.Proof == run.ProofProved:
		s.add(good, "", "%s Applied. %s.", markDone, checked(p))
	case p.verifies():
		s.add(warning, "", "%s Nothing was changed. %s.", markUnsure, checked(p))
	default:
		s.add(warning, "", "%s Applied. %s.", markUnsure, checked(p))
	}
}

// amounts adds the counts of the changes, the time and the cost.
func (s *result) amounts(p *progress, o *outcome) {
	if p.verifies() || p.stopping || o.summary.Done+o.summary.Kept == 0 {
		return
	}
	line := words.Count(o.summary.Done, "change") + ", " + fmt.Sprintf("%d unchanged, in %s", o.summary.Kept, clock(p.to.Sub(p.from)))
	if o.summary.Failed+o.summary.Skipped == 0 {
		line += "; " + p.plan.Cost.Text()
	}
	s.add(quiet, "  ", "%s.", line)
}

// checked counts the results of the checks and the manual steps.
func checked(p *progress) string {
	verified, unverified, _ := checks(p)
	text := words.Counted(len(verified), "check", "checks") + " verified"
	if n := len(unverified); n > 0 {
		text += fmt.Sprintf(", %d not verified", n)
	}
	if n := manualSteps(p); n > 0 {
		text += ", " + words.Counted(n, "manual step", "manual steps") + " left for you"
	}
	return text
}

// stoppedTasks counts the changes that had started when the run was stopped.
func stoppedTasks(p *progress) int {
	n := 0
	for _, t := range p.tasks {
		if t.stopped() {
			n++
		}
	}
	return n
}

// rows lists the changes with a state, with their ids and messages.
func (s *result) rows(p *progress, o *outcome, state run.State, title, mark string, t tone, only func(*task) bool) {
	first := true
	for _, task := range p.tasks {
		if task.state != state || !only(task) {
			continue
		}
		if first {
			s.heading(title)
			first = false
		}
		id := clean(o.summary.IDs[task.id])
		if task.runs { // a change that runs commands has no id
			id = ""
		}
		s.identified(mark, t, id, task.label)
		if task.detail != "" && state != run.Done && state != run.Kept {
			s.add(plain, "    ", "%s", strings.TrimPrefix(task.detail, task.label+": "))
		}
		if len(task.manual) > 0 && (state == run.Failed || state == run.Skipped) { // other states have it in the detail
			s.add(plain, "    ", "Manual step: %s", cleanText(strings.Join(task.manual, " ")))
		}
	}
}

// longID is the shortest length of an id with its own line, so that it is never cut.
const longID = 26

// identified adds a label with its id. A short id is first.
func (s *result) identified(mark string, t tone, id, label string) {
	switch {
	case id == "":
		s.add(t, "  ", "%s %s", mark, label)
	case len(id) < longID:
		s.add(t, "  ", "%s %s  %s", mark, id, label)
	default:
		s.add(t, "  ", "%s %s", mark, label)
		s.add(plain, "    ", "%s", id)
	}
}

// named is a label with its id. An ARN is last, because it leaves no space for the label.
func named(id, label string) string {
	if strings.HasPrefix(id, "arn:") {
		return label + "  " + id
	}
	return id + "  " + label
}

// manualSteps counts the changes that are manual steps.
func manualSteps(p *progress) int {
	n := 0
	for _, t := range p.tasks {
		if t.state == run.Unproven && t.byUser() {
			n++
		}
	}
	return n
}

// checks returns the results of the verification: of changes, and of other checks.
func checks(p *progress) (verified, unverified, failed []string) {
	for _, t := range p.tasks {
		verified = append(verified, t.verified...)
		unverified = append(unverified, t.unverified...)
		failed = append(failed, t.failed...)
	}
	for _, e := range p.others {
		switch e.State {
		case run.Proved:
			verified = append(verified, cleanText(e.Detail))
		case run.Unproven:
			unverified = append(unverified, cleanText(e.Detail))
		case run.Failed:
			failed = append(failed, cleanText(e.Detail))
		}
	}
	return verified, unverified, failed
}

// list adds the results of checks. A check that was not possible is never reported as
// verified.
func (s *result) list(title, mark string, t tone, lines []string) {
	if len(lines) == 0 {
		return
	}
	s.heading(fmt.Sprintf("%s (%d)", title, len(lines)))
	for _, l := range lines {
		s.add(t, "  ", "%s %s", mark, l)
	}
}

// next adds the next steps.
func (s *result) next(a *app, p *progress, o *outcome) {
	before := len(s.text)
	s.heading("Next steps")
	defer func() {
		if len(s.text) == before+2 { // nothing but the heading
			s.text = s.text[:before]
		}
	}()
	sum := o.summary
	for _, line := range sum.Next {
		s.add(plain, "  ", "%s", cleanText(line))
	}
	again := "press r for a new plan"
	if a.plain {
		again = "choose Create a new plan"
	}
	switch {
	case p.stopping && sum.Failed == 0:
		s.add(plain, "  ", "To continue, %s, or start the wizard again with the same answers. It keeps what exists.", again)
	case o.err != nil, sum.Failed > 0, sum.Skipped > 0:
		s.add(plain, "  ", "Fix the errors above. Then %s, or start the wizard again with the same answers. It keeps what exists and applies the remaining changes.", again)
	case sum.Proof == run.ProofFailed:
		s.add(plain, "  ", "DNS changes can take some minutes. Then %s, or start the wizard again with the same answers, to verify again. It keeps what is correct.", again)
	case s.advice(a, p, o):
	case len(sum.Next) > 0:
	case sum.Done > 0 && families.Of(a.ans.Workload).AfterApply != "":
		s.add(plain, "  ", "%s", families.Of(a.ans.Workload).AfterApply)
	case sum.Done > 0:
		s.oldTasks(a, p)
	}
	if s.last != nil && !a.plain {
		later := ""
		if !a.account.Practice {
			later = " You can also run wizard undo later."
		}
		s.add(plain, "  ", "To undo this run, press u.%s", later)
	}
	if len(a.accepted) > 0 {
		s.add(plain, "  ", "Accepted findings are for this run only. On the command line, add --accept %s.", strings.Join(a.accepted, " --accept "))
	}
}

// advice adds the next step with the result of a change. It returns false if no change has one.
func (s *result) advice(a *app, p *progress, o *outcome) bool {
	for _, act := range s.plan.Changes {
		if t := p.byID[act.ID]; t == nil || t.state != run.Done {
			continue
		}
		advice, ok := act.Advice(clean(o.summary.IDs[act.ID]), a.inv.Region, s.plan.Changes)
		if !ok {
			continue
		}
		s.add(plain, "  ", "%s", advice.Text)
		if len(advice.Command) > 0 {
			s.command(a.account.withProfile(shellCommand(slices.Concat(advice.Command...)))[0])
		}
		return true
	}
	return false
}

// mostNamed is the maximum number of listed services.
const mostNamed = 5

// oldTasks adds the tasks that do not use the endpoints yet, and how to replace them.
func (s *result) oldTasks(a *app, p *progress) {
	newTasks := "New tasks"
	for _, t := range p.tasks {
		if t.texts.Before != "" && t.state == run.Unproven {
			newTasks = "Tasks that start after " + t.texts.Before
		}
	}
	s.add(plain, "  ", "%s use the endpoints. Running tasks keep their connections until they are replaced.", newTasks)
	names := plan.ScopeOf(&a.inv, a.ans.Answers).WithTasks()
	s.tasks = len(names) > 0 && len(a.ans.Redeploy) == 0
	how := "now, run:"
	switch {
	case s.tasks && a.plain:
		how = "now, choose Replace running tasks below, or run:"
	case s.tasks:
		how = "now, press t or run:"
	case a.account.Practice:
		how = "now, in a real account, run:"
	}
	switch {
	case len(names) == 1:
		s.add(plain, "  ", "To replace the tasks of %s %s", clean(names[0]), how)
	case len(names) > 1:
		shown := strings.Join(names[:min(len(names), mostNamed)], ", ")
		if more := len(names) - mostNamed; more > 0 {
			shown += fmt.Sprintf(" and %d more", more)
		}
		s.add(plain, "  ", "Services with running tasks: %s. To replace the tasks of one service %s", clean(shown), how)
	case strings.Contains(a.ans.Service, "/"):
		names = []string{a.ans.Service}
		s.add(plain, "  ", "Amazon ECS retries failed tasks. To start tasks of %s %s", clean(a.ans.Service), how)
	default:
		s.add(plain, "  ", "Amazon ECS retries failed tasks.")
		return
	}
	cluster, name, _ := strings.Cut(names[0], "/")
	update := shellCommand([]string{"aws", "ecs", "update-service", "--cluster", cluster, "--service", name, "--force-new-deployment", "--region", a.inv.Region})
	s.command(a.account.withProfile(update)[0])
}

func (s *resultScreen) stepID() string { return s.id }

func (s *resultScreen) terms(*app) []*terms.Term {
	if s.plan == nil {
		return undoTerms
	}
	return s.explained
}

// enter reads what of the workload runs now.
func (s *resultScreen) enter(a *app) tea.Cmd {
	if s.plan == nil || s.plan.ToApply() == 0 || s.reread {
		return nil
	}
	inv, ans, session := a.inv, a.ans.Answers, a.session
	inv.Loaded, inv.Gaps = slices.Clone(inv.Loaded), slices.Clone(inv.Gaps) // Merge changes them
	parts := families.Of(ans.Workload).Parts
	return a.work.cmd(func(ctx context.Context) tea.Msg {
		var rs []inventory.Request
		for _, p := range parts {
			rs = append(rs, inventory.Request{Part: p})
		}
		found, errs := loadParts(ctx, session, rs)
		if errors.Join(errs...) != nil {
			return nil
		}
		for _, f := range found {
			inv.Merge(f)
		}
		return runningMsg{s, plan.ScopeOf(&inv, ans).NotRunning()}
	})
}

// runningMsg contains what of the workload does not run after an apply.
type runningMsg struct {
	screen  *resultScreen
	running []string
}

func (s *resultScreen) keys(*app) []key.Binding {
	ks := []key.Binding{keys.move, keys.again}
	if s.id == atEarlier {
		ks[1] = renamed(keys.back, "first screen")
	}
	if s.tasks {
		ks = append(ks, keys.tasks)
	}
	if s.last != nil {
		ks = append(ks, keys.undo)
	}
	if len(s.commands()) > 0 {
		ks = append(ks, renamed(keys.copy, "copy command"))
	}
	if s.folds() {
		ks = append(ks, renamed(keys.toggle, map[bool]string{false: "show all", true: "show less"}[s.all]))
	}
	if s.explains() {
		ks = append(ks, keys.explain)
	}
	if s.plan != nil {
		ks = append(ks, renamed(keys.save, "save"), renamed(keys.export, "export"), keys.cost)
	}
	return ks
}

// explains reports whether errors, or what does not run yet, can be explained.
func (s *resultScreen) explains() bool {
	return s.id != atEarlier && (s.wrong != "" || len(s.running) > 0)
}

// explain explains the errors of the run. Without any, it explains the messages of what does not run.
func (s *resultScreen) explain(a *app) tea.Cmd {
	e := &explaining{}
	e.set(s.wrong)
	screen := &explainScreen{explaining: e}
	return tea.Batch(a.push(screen), screen.compare(a))
}

// commands returns the commands of the result.
func (s *result) commands() []string {
	var out []string
	for _, p := range s.text {
		if p.command != nil {
			out = append(out, strings.Join(p.command, " "))
		}
	}
	return out
}

// folds reports whether a part of the result is closed.
func (s *result) folds() bool {
	return slices.ContainsFunc(s.text, func(p passage) bool { return p.folded })
}

func (s *resultScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.scroller.press(k):
	case s.folds() && is(k, keys.toggle):
		s.all = !s.all
	case len(s.commands()) > 0 && is(k, keys.copy):
		a.copy(strings.Join(s.commands(), "\n"))
	case s.id == atEarlier && is(k, keys.back):
		return a.restart()
	case s.id != atEarlier && is(k, keys.again):
		a.readAgain(nil)
	case s.last != nil && is(k, keys.undo):
		if s.id == atEarlier {
			return a.push(newUndoScreen(s.last, atEarlier))
		}
		return a.push(newUndoScreen(s.last, atUndo))
	case s.explains() && is(k, keys.explain):
		return s.explain(a)
	case s.tasks && is(k, keys.tasks):
		a.readAgain(a.stepOf(steps.Redeploy))
	case s.plan != nil && is(k, keys.cost):
		return a.push(costScreen(s.plan, s.id))
	case s.plan != nil && is(k, keys.save):
		return a.write(answersFile(a))
	case s.plan != nil && is(k, keys.export):
		return a.export(a.exportOf(s.plan, a.created()))
	}
	return nil
}

func (s *resultScreen) render(a *app, w, h int) []string {
	var text []passage
	for _, p := range s.text {
		switch {
		case p.folded && !s.all:
			continue
		case p.opens && !s.all:
			p.text += "  (space shows)"
		case p.text == "Next steps" && len(s.running) > 0:
			text = append(text, passage{text: "Not running yet", strong: true})
			for _, line := range s.running {
				text = append(text, passage{text: "! " + clean(line), indent: "  ", tone: warning})
			}
			text = append(text, passage{})
		case p.text == "Next steps" && s.reread && s.was:
			text = append(text, passage{text: markDone + " What did not run before runs now.", indent: "  ", tone: good}, passage{})
		}
		text = append(text, p)
	}
	return append([]string{a.st.title.Render("Result")}, s.window(&a.st, passages(&a.st, text, w), h-1)...)
}

// unmarked returns a text without the mark at its beginning.
func unmarked(text string) string {
	if r, size := utf8.DecodeRuneInString(text); !unicode.IsLetter(r) && !unicode.IsDigit(r) && strings.HasPrefix(text[size:], " ") {
		return text[size+1:]
	}
	return text
}

// indented wraps a passage. Lines after the first one start to the right of the mark.
func indented(style lipgloss.Style, indent, text string, w int) []string {
	if text == "" {
		return []string{""}
	}
	hang := ""
	if unmarked(text) != text {
		hang = "  "
	}
	var out []string
	for i, l := range wrap(text, w-len(indent)-len(hang)) {
		if i > 0 {
			l = hang + l
		}
		out = append(out, indent+style.Render(l))
	}
	return out
}
