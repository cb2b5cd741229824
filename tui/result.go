package tui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// resultScreen says what came of it and what to do next.
type resultScreen struct {
	plan   *plan.Plan
	text   []passage
	top    int
	height int
	lines  int
	tasks  bool // some that do not use the endpoints yet may run
}

// passage is a paragraph; wrapped lines keep its indent.
type passage struct {
	text   string
	indent string
	tone   tone
	strong bool
	// oneLine text is cut, not wrapped.
	oneLine bool
}

func newResultScreen(a *app, p *progressScreen, o *outcome) *resultScreen {
	s := &resultScreen{plan: p.plan, height: 10}
	for _, in := range p.plan.Inputs() { // what is put in is not put in again by looking again
		a.putIn = a.putIn || in.Name == plan.RegistryInput && p.ended("secret/registry")
	}
	s.headline(p, o)
	s.rows(p, o, run.Failed, "Failed", markNo, bad)
	s.rows(p, o, run.Skipped, "Skipped", "–", warning)
	proved, doubt, refuted := measured(p)
	s.said("Proof failed", markNo, bad, refuted)
	s.rows(p, o, run.Done, "Made or changed", markDone, good)
	s.rows(p, o, run.Unproven, "Still to be done by you, and unproven until then", ">", warning)
	s.next(a, p, o)
	s.said("Unproven: not looked at, so not known", "?", warning, doubt)
	s.said("Proved", markDone, good, proved)
	s.rows(p, o, run.Kept, "Kept as it was", "=", quiet)
	return s
}

func (s *resultScreen) add(t tone, indent, format string, args ...any) {
	s.text = append(s.text, passage{text: fmt.Sprintf(format, args...), indent: indent, tone: t})
}

func (s *resultScreen) heading(text string) {
	s.text = append(s.text, passage{}, passage{text: text, strong: true})
}

// headline says in a line or two how it ended.
func (s *resultScreen) headline(p *progressScreen, o *outcome) {
	sum := o.summary
	switch {
	case p.stopping:
		s.add(warning, "", "! Stopped. What was in flight was finished: %d made or changed, %d not begun.", sum.Done, sum.Skipped)
	case o.err != nil:
		s.add(bad, "", "%s The run ended early: %s", markNo, cleanText(o.err.Error()))
	case sum.Failed > 0:
		s.add(bad, "", "%s Not finished: %d made or changed, %d failed, %d skipped because of that.", markNo, sum.Done, sum.Failed, sum.Skipped)
	case sum.Proof == run.ProofFailed:
		s.add(bad, "", "%s All was made, but the proof failed: something does not work yet.", markNo)
	case sum.Proof == run.ProofProved && sum.Done == 0:
		s.add(good, "", "%s Proved: all that was measured holds. Nothing was changed.", markDone)
	case sum.Proof == run.ProofProved:
		s.add(good, "", "%s Done, and proved: all that was measured holds.", markDone)
	default:
		s.add(warning, "", "? Done, but unproven: nothing was measured, so it is not known to work.")
	}
	if n := leftOver(p); n > 0 {
		s.add(warning, "", "> %s left to you: see below.", countOf(n, "thing is", "things are"))
	}
	if _, doubt, _ := measured(p); len(doubt) > 0 && sum.Proof != run.ProofUnproven {
		s.add(warning, "", "? %s unproven: see below.", countOf(len(doubt), "thing is", "things are"))
	}
}

// rows lists the rows that ended in a state, with their ids and what was said.
func (s *resultScreen) rows(p *progressScreen, o *outcome, state run.State, title, mark string, t tone) {
	first := true
	for _, task := range p.tasks {
		if task.state != state {
			continue
		}
		if first {
			s.heading(title)
			first = false
		}
		line := task.label
		if id := clean(o.summary.IDs[task.id]); id != "" && !task.runs { // what was run made nothing with an id
			line = id + "  " + line
			if strings.HasPrefix(id, "arn:") { // which leaves no room for what it is
				line = task.label + "  " + id
			}
		}
		s.text = append(s.text, passage{text: mark + " " + line, indent: "  ", tone: t, oneLine: true})
		if task.detail != "" && state != run.Done && state != run.Kept {
			s.add(plain, "    ", "%s", task.detail)
		}
		if len(task.hand) > 0 && (state == run.Failed || state == run.Skipped) { // an unproven row says it itself
			s.add(plain, "    ", "Left to you in any case: %s", cleanText(strings.Join(task.hand, " ")))
		}
	}
}

// leftOver counts the rows that the user carries out.
func leftOver(p *progressScreen) int {
	n := 0
	for _, t := range p.tasks {
		if t.state == run.Unproven {
			n++
		}
	}
	return n
}

// measured gathers what the proof said, of rows and of things beside them.
func measured(p *progressScreen) (proved, doubt, refuted []string) {
	for _, t := range p.tasks {
		proved = append(proved, t.proved...)
		doubt = append(doubt, t.doubt...)
		refuted = append(refuted, t.refuted...)
	}
	for _, e := range p.others {
		switch e.State {
		case run.Proved:
			proved = append(proved, cleanText(e.Detail))
		case run.Unproven:
			doubt = append(doubt, cleanText(e.Detail))
		case run.Failed:
			refuted = append(refuted, cleanText(e.Detail))
		}
	}
	return proved, doubt, refuted
}

// said lists what the proof said. What is unproven stands in that very word: it is
// never called working.
func (s *resultScreen) said(title, mark string, t tone, lines []string) {
	if len(lines) == 0 {
		return
	}
	s.heading(fmt.Sprintf("%s (%d)", title, len(lines)))
	for _, l := range lines {
		s.add(t, "  ", "%s %s", mark, l)
	}
}

// next says what there is to do now.
func (s *resultScreen) next(a *app, p *progressScreen, o *outcome) {
	s.heading("What now")
	sum := o.summary
	for _, line := range sum.Next {
		s.add(plain, "  ", "%s", cleanText(line))
	}
	again := "press r to look again"
	if a.plain {
		again = "look again"
	}
	switch {
	case p.stopping && sum.Failed == 0:
		s.add(plain, "  ", "To do the rest, %s, or start the wizard again with the same answers. What was made is found and kept.", again)
	case o.err != nil, sum.Failed > 0, sum.Skipped > 0:
		s.add(plain, "  ", "Put right what is named above, then %s, or start the wizard again with the same answers. What was made is found and kept; only the rest is done.", again)
	case sum.Proof == run.ProofFailed:
		s.add(plain, "  ", "AWS may need some minutes more for DNS. Then %s, or start the wizard again with the same answers: it changes nothing that is right, and measures again.", again)
	case s.revision(a, p, o):
	case len(sum.Next) > 0:
	case sum.Done > 0 && a.ans.Workload.MWAA():
		s.add(plain, "  ", "The way is there for the environment, whose parts find the endpoints by themselves. Run a DAG to see it work; people need a way of their own to a private web server.")
	case sum.Done > 0 && a.ans.Workload.Batch():
		s.add(plain, "  ", "The way is there for jobs that start from now on. Jobs that failed for want of it can be submitted again.")
	case sum.Done > 0:
		s.oldTasks(a, p)
	}
	if len(a.accepted) > 0 {
		s.add(plain, "  ", "What you accepted holds for this run; on the command line it is%s.", a.acceptFlags())
	}
	if !a.plain {
		s.add(plain, "  ", "r looks at the account again and makes a new plan, s saves the answers, e exports the plan as a script, q leaves.")
	}
}

// revision says who runs a new revision of a definition, where there is one and no
// endpoint was made; false if there is nothing of it to say.
func (s *resultScreen) revision(a *app, p *progressScreen, o *outcome) bool {
	var made *plan.Action
	for i := range s.plan.Actions {
		act := &s.plan.Actions[i]
		t := p.byID[act.ID]
		if _, ok := act.Spec.(plan.Definition); ok && t != nil && t.state == run.Done {
			made = act
		}
	}
	if made == nil {
		return false
	}
	arn := o.summary.IDs[made.ID]
	name := clean(arn[strings.LastIndex(arn, "/")+1:])
	for _, act := range s.plan.Actions {
		if _, ok := act.Spec.(plan.ServiceDeployment); ok {
			s.add(plain, "  ", "Tasks that start from now on are of revision %s, which logs in at the registry.", name)
			return true
		}
	}
	if a.ans.Workload.Batch() {
		s.add(plain, "  ", "Jobs that are submitted with %s log in at the registry; what names an older revision does not.", name)
		return true
	}
	s.add(plain, "  ", "The old revision stays, and services go on with it until they are given %s, which logs in at the registry.", name)
	if cluster, service, ok := strings.Cut(a.ans.Service, "/"); ok {
		s.add(plain, "    ", "aws ecs update-service --cluster %s --service %s \\\n  --task-definition %s --region %s", shellWord(cluster), shellWord(service), shellWord(name), a.inv.Region)
	}
	return true
}

// mostNamed is how many services are named at most.
const mostNamed = 5

// oldTasks says which tasks do not use the endpoints yet, and how they are replaced.
func (s *resultScreen) oldTasks(a *app, p *progressScreen) {
	since := "from now on"
	for _, t := range p.tasks {
		if t.restart && t.state == run.Unproven {
			since = "once the agents are restarted"
		}
	}
	s.add(plain, "  ", "Only tasks that start %s use the endpoints; services keep their running tasks until they are replaced.", since)
	names := plan.Look(&a.inv, a.ans).WithTasks()
	s.tasks = len(names) > 0 && len(a.ans.Redeploy) == 0
	how := "at once:"
	switch {
	case s.tasks && a.plain:
		how = "at once, choose it below, or by yourself:"
	case s.tasks:
		how = "at once, press t, or by yourself:"
	case a.account.Practice:
		how = "at once, in a real account:"
	}
	switch {
	case len(names) == 1:
		s.add(plain, "  ", "To replace those of %s %s", clean(names[0]), how)
	case len(names) > 1:
		shown := strings.Join(names[:min(len(names), mostNamed)], ", ")
		if more := len(names) - mostNamed; more > 0 {
			shown += fmt.Sprintf(" and %d more", more)
		}
		s.add(plain, "  ", "With running tasks: %s. To replace those of one %s", clean(shown), how)
	case strings.Contains(a.ans.Service, "/"):
		names = []string{a.ans.Service}
		s.add(plain, "  ", "Tasks that failed to start are tried again by ECS. To start those of %s %s", clean(a.ans.Service), how)
	default:
		s.add(plain, "  ", "Tasks that failed to start are tried again by ECS.")
		return
	}
	cluster, name, _ := strings.Cut(names[0], "/")
	s.add(plain, "    ", "aws ecs update-service --cluster %s --service %s \\\n  --force-new-deployment --region %s", shellWord(cluster), shellWord(name), a.inv.Region)
}

func (s *resultScreen) station() string    { return atResult }
func (s *resultScreen) enter(*app) tea.Cmd { return nil }

func (s *resultScreen) keys(*app) []key.Binding {
	if s.tasks {
		return []key.Binding{keys.move, keys.again, keys.tasks, called(keys.save, "save"), called(keys.export, "export")}
	}
	return []key.Binding{keys.move, keys.again, keys.save, keys.export}
}

func (s *resultScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	end := max(s.lines-s.height, 0)
	switch {
	case is(k, keys.up):
		s.top--
	case is(k, keys.down):
		s.top++
	case is(k, keys.pageUp):
		s.top -= s.height - 1
	case is(k, keys.pageDown):
		s.top += s.height - 1
	case is(k, keys.home):
		s.top = 0
	case is(k, keys.end):
		s.top = end
	case is(k, keys.again):
		return a.lookAgain(newReviewScreen())
	case s.tasks && is(k, keys.tasks):
		return a.lookAgain(newStepScreen(a.stepOf(steps.Redeploy)))
	case is(k, keys.save):
		return a.push(newSaveForm(a))
	case is(k, keys.export):
		return a.push(newExportForm(s.plan))
	}
	s.top = min(max(s.top, 0), end)
	return nil
}

func (s *resultScreen) render(a *app, w, h int) []string {
	var lines []string
	for _, p := range s.text {
		style := a.st.tone(p.tone)
		if p.strong {
			style = a.st.title
		}
		if p.oneLine {
			lines = append(lines, p.indent+style.Render(cut(p.text, w-len(p.indent))))
			continue
		}
		lines = append(lines, indented(style, p.indent, p.text, w)...)
	}
	s.lines, s.height = len(lines), max(h-2, 1)
	s.top = min(s.top, max(len(lines)-s.height, 0))
	out := append([]string{a.st.title.Render("Result")}, tall(lines[s.top:], s.height)...)
	if rest := len(lines) - s.top - s.height; rest > 0 {
		return append(out, a.st.dim.Render("… "+countOf(rest, "more line", "more lines")+": ↓"))
	}
	return out
}

// unmarked is a text without the mark that it begins with.
func unmarked(text string) string {
	if r, size := utf8.DecodeRuneInString(text); !unicode.IsLetter(r) && strings.HasPrefix(text[size:], " ") {
		return text[size+1:]
	}
	return text
}

// indented wraps a passage; what follows a mark stays to the right of it.
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
