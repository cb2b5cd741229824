package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// reverting is an earlier run that can be reverted, compared with the account.
type reverting struct {
	of      *Earlier
	id      string     // atUndo or atEarlier
	found   []run.Left // what became of the steps
	left    []run.Left // found, with what is not reverted
	changed bool       // what somebody else changed is also reverted
	asks    bool       // there is a choice about what somebody else changed
}

// undoScreen compares an earlier run with the account, and asks whether to revert it.
type undoScreen struct {
	*reverting
	buttons
	scroller

	comparing bool
	since     int // frame of the spinner at the start
	begun     bool
	cancel    context.CancelFunc
	err       error
}

func newUndoScreen(of *Earlier, id string) *undoScreen {
	return &undoScreen{reverting: &reverting{of: of, id: id}}
}

func (s *undoScreen) stepID() string { return s.id }

func (s *undoScreen) terms(*app) []*terms.Term { return undoTerms }

// enter begins the comparison on the first call.
func (s *undoScreen) enter(a *app) tea.Cmd {
	if s.begun {
		return nil
	}
	s.begun = true
	return s.compare(a)
}

// comparedMsg contains what became of the steps of a run.
type comparedMsg struct {
	screen *undoScreen
	found  []run.Left
	err    error
}

func (s *undoScreen) compare(a *app) tea.Cmd {
	s.comparing, s.err, s.since = true, nil, a.frame
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(a.work.ctx)
	return tea.Batch(a.tick(), a.work.cmd(func(context.Context) tea.Msg {
		found, err := s.of.Compare(ctx)
		return comparedMsg{s, found, err}
	}))
}

// compared shows what became of the steps.
func (s *undoScreen) compared(a *app, m comparedMsg) tea.Cmd {
	if m.screen != s {
		return nil
	}
	s.cancel()
	s.comparing, s.err, s.found = false, m.err, m.found
	if m.err != nil {
		return nil
	}
	s.choose(false)
	s.listening = false
	return s.wait(a)
}

// choose decides whether what somebody else changed is also reverted. The focus goes to Back, because the button for undo
// then does something else.
func (s *undoScreen) choose(changed bool) {
	s.reverting.choose(changed)
	s.chosen, s.labels = 0, [2]string{"Back", s.action()}
}

// choose decides whether what somebody else changed is also reverted.
func (r *reverting) choose(changed bool) {
	r.changed, r.left = changed, run.Choose(r.found, changed)
	r.asks = len(run.Reverting(run.Choose(r.found, true))) > len(run.Reverting(run.Choose(r.found, false)))
}

// action is what an undo does; empty if nothing can be reverted.
func (r *reverting) action() string {
	switch {
	case len(run.Reverting(r.left)) > 0:
		return "Undo"
	case slices.ContainsFunc(r.left, run.Left.Kept):
		return ""
	}
	return "Mark as undone"
}

// run returns what reverts the run.
func (s *reverting) run() doing {
	of, left := s.of, s.left
	return func(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) outcome {
		summary, err := of.Undo(ctx, left, stop, emit)
		o := outcome{summary: summary, err: err, undid: of}
		if err != nil || summary.Failed+summary.Skipped > 0 || slices.ContainsFunc(left, run.Left.Kept) {
			o.last = of
		}
		return o
	}
}

func (s *undoScreen) keys(*app) []key.Binding {
	switch {
	case s.comparing:
		return []key.Binding{keys.back}
	case s.err != nil:
		return []key.Binding{keys.retry, keys.back}
	}
	ks := []key.Binding{keys.read}
	if s.asks {
		ks = append(ks, keys.others)
	}
	if s.listening && s.labels[1] != "" {
		ks = append(ks, keys.choice)
	}
	return append(ks, renamed(keys.retry, "compare again"), keys.back)
}

func (s *undoScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	if s.comparing || s.err != nil {
		switch {
		case is(k, keys.back):
			return s.leave(a)
		case s.err != nil && is(k, keys.retry):
			if device := deviceOf(s.err); device != "" {
				return a.push(newCodeScreen(device, "", s.compare))
			}
			return s.compare(a)
		}
		return nil
	}
	switch {
	case s.scroller.press(k):
	case is(k, keys.retry):
		return s.compare(a)
	case s.asks && is(k, keys.others):
		s.choose(!s.changed)
	default:
		switch pressed, cmd := s.buttons.press(a, k); pressed {
		case 0:
			return s.leave(a)
		case 1:
			return a.push(&progressScreen{progress: newUndoProgress(s.reverting), do: s.run()})
		default:
			return cmd
		}
	}
	return nil
}

func (s *undoScreen) leave(a *app) tea.Cmd {
	s.cancel()
	return a.pop()
}

func (s *undoScreen) render(a *app, w, h int) []string {
	title := a.st.title.Render("Undo the run of " + s.of.when() + "?")
	switch {
	case s.comparing:
		out := []string{title, ""}
		if line := a.spin(s.since, comparing); line != "" {
			out = append(out, line, "", a.st.dim.Render("Nothing is changed. Esc goes back."))
		}
		return out
	case s.err != nil:
		return append([]string{title, ""}, failure(a, "what became of the run", s.err, "Fix the cause and press r to try again, or press Esc to go back.", w)...)
	}
	head, foot, list := []string{title}, []string{cut(s.line(&a.st), w)}, s.list(a, w)
	if s.asks {
		box, text := "[ ] ", alsoChanged
		if s.changed {
			box = "[x] "
		}
		if len(box+text) > w {
			text = alsoShort
		}
		foot = slices.Insert(foot, 0, a.st.warn.Render(cut(box+text, w)))
	}
	if h < 16 { // there is no space for more
		head = append(head, s.brief(w)...)
		list = slices.Insert(list, 0, cut(clean(s.of.Run.Account+", "+s.where()), w))
	} else {
		head = append(append(head, s.counts(a, w)...), "")
		foot = append(append([]string{""}, foot...), s.hint(&a.st, w)...)
	}
	return slices.Concat(head, s.window(&a.st, list, h-len(head)-len(foot)), foot)
}

const (
	comparing   = "Comparing the run with the account …"
	alsoChanged = "Also revert what somebody else changed"
	alsoShort   = "Also what somebody else changed"
)

// where is the place of the run.
func (s *reverting) where() string {
	if vpc := s.of.Run.VPC; vpc != "" {
		return s.of.Run.Region + ", VPC " + vpc
	}
	return s.of.Run.Region
}

// amounts counts what an undo does.
func (s *reverting) amounts() (deletes, restores, stays int, less string) {
	for _, l := range s.left {
		switch {
		case l.Fate == run.Absent:
		case l.Fate != run.AsCreated:
			stays++
		case l.Op == resource.Create:
			deletes++
		default:
			restores++
		}
	}
	if m := run.Monthly(s.left); m > 0 {
		less = fmt.Sprintf("about $%.2f per month less", m)
	}
	return deletes, restores, stays, less
}

// brief says what an undo does, on a small screen.
func (s *reverting) brief(w int) []string {
	deletes, restores, stays, less := s.amounts()
	out := []string{cut(fmt.Sprintf("Deletes %d, restores %d, keeps %d", deletes, restores, stays), w)}
	if less != "" {
		out = append(out, cut(words.Capital(less), w))
	}
	return out
}

// counts says where the run was made, and what an undo does.
func (s *reverting) counts(a *app, w int) []string {
	deletes, restores, stays, less := s.amounts()
	account := s.of.Run.Account
	if s.id == atUndo {
		account += " (" + a.account.Title + ")"
	}
	keeps := "everything that existed before"
	if stays > 0 {
		keeps += ", and " + words.Count(stays, "step") + " of the run"
	}
	rows := [][2]string{{"Account", account}, {"Region", s.where()}}
	if deletes > 0 {
		rows = append(rows, [2]string{"Deletes", words.Count(deletes, "resource") + " that the run created"})
	}
	if restores > 0 {
		rows = append(rows, [2]string{"Restores", words.Count(restores, "resource") + " that the run changed"})
	}
	if less != "" {
		rows = append(rows, [2]string{"Cost", less})
	}
	rows = append(rows, [2]string{"Keeps", keeps})
	var out []string
	for _, row := range rows {
		out = append(out, cut(a.st.dim.Render(fit(row[0], 10))+" "+clean(row[1]), w))
	}
	return out
}

// stateFrom is the minimum width of the list with the state beside each step.
const stateFrom = 70

// list renders the steps: what is reverted, in order, what stays and why, and what does not exist any more.
func (s *undoScreen) list(a *app, w int) []string {
	found := s.fates()
	var out []string
	for i, part := range run.Sections(s.left) {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, a.st.title.Render(cut(part.Title, w)))
		for _, l := range part.Steps {
			was := found[l.Name()]
			mark, style := markSkipped, a.st.bad
			switch {
			case l.Fate == run.Absent:
				mark, style = markTodo, a.st.dim
			case l.Fate != run.AsCreated && was.Doubtful():
				mark, style = "!", a.st.warn
			case l.Fate != run.AsCreated:
				mark, style = "=", a.st.text
			case l.Op != resource.Create:
				mark, style = "~", a.st.warn
			}
			out = append(out, a.stepLine(l, mark, string(was.Fate), style, w))
			for _, note := range notes(l, was) {
				out = append(out, indented(a.st.dim, "    ", cleanText(note), w)...)
			}
		}
	}
	for i, text := range run.Affected(s.left) {
		if i == 0 {
			out = append(append(out, ""), indented(a.st.warn, "", "! "+text, w)...)
			continue
		}
		out = append(out, indented(a.st.text, "  ", cleanText(text), w)...)
	}
	return out
}

// fates returns what became of each step.
func (s *reverting) fates() map[resource.ID]run.Left {
	out := map[resource.ID]run.Left{}
	for _, l := range s.found {
		out[l.Name()] = l
	}
	return out
}

// notes returns how a step differs from what the run did, why it stays, and what stays of it.
func notes(l, was run.Left) []string {
	var out []string
	if l.Fate == run.AsCreated && was.Doubtful() {
		out = append(out, was.About())
	}
	if text := l.About(); text != "" && text != string(l.Fate) {
		out = append(out, text)
	}
	return out
}

// stepLine renders a step: its id, what the run did, and the state now.
func (a *app) stepLine(l run.Left, mark, state string, style lipgloss.Style, w int) string {
	id, what := clean(cmp.Or(l.ID, string(l.Change))), clean(l.Summary)
	text := mark + " "
	if w >= stateFrom {
		w -= ansi.StringWidth(state) + 2
	} else {
		state = ""
	}
	text += short(id, max(w/2-2, 12)) + "  "
	text += what
	if state != "" {
		return style.Render(fit(text, w)) + "  " + a.st.dim.Render(state)
	}
	return style.Render(cut(text, w))
}

// short shortens an id in the middle, because its end distinguishes it.
func short(id string, w int) string {
	n := ansi.StringWidth(id)
	if n <= w {
		return id
	}
	begin := strings.IndexAny(id, "-:/") + 1
	begin = min(max(begin, 1), w/2)
	return ansi.Cut(id, 0, begin) + "…" + ansi.Cut(id, n-(w-begin-1), n)
}

// undoLegend explains the marks of the steps.
const undoLegend = "Marks: – deletes, ~ restores, = stays, ! changed since or not known, · missing."

// newUndoResult shows the result of an undo.
func newUndoResult(a *app, p *progress, o *outcome) *result {
	a.stored = false // a secret has its former value, or does not exist
	s := &result{last: o.last, id: p.undo.id}
	s.headline(p, o)
	s.rows(p, o, run.Failed, "Failed", markNo, bad, (*task).any)
	s.rows(p, o, run.Skipped, "Stopped before it was complete", "!", warning, (*task).stopped)
	s.rows(p, o, run.Skipped, "Not started", markSkipped, warning, func(t *task) bool { return !t.stopped() })
	s.rows(p, o, run.Done, "Reverted", markDone, good, (*task).any)
	s.rows(p, o, run.Kept, "Did not exist any more", "=", quiet, (*task).any)
	s.stays(p)
	s.remains(o)
	s.heading("Next steps")
	for _, line := range o.summary.Next {
		s.add(plain, "  ", "%s", cleanText(line))
	}
	again, fresh := "press u", "press r"
	if a.plain {
		again, fresh = "choose Undo this run", "choose Create a new plan"
	}
	if o.last != nil {
		s.add(plain, "  ", "To continue, %s. Undo then reverts what is left.", again)
	}
	switch {
	case s.id == atUndo:
		s.add(plain, "  ", "To read the account again for a new plan, %s.", fresh)
	case !a.plain:
		s.add(plain, "  ", "To choose an account or another run, press Esc.")
	}
	return s
}

// stays lists what an undo did not revert, and what AWS keeps of what it reverted.
func (s *result) stays(p *progress) {
	first := true
	for _, l := range p.undo.left {
		reverted := p.byID[l.Name()]
		text := l.About()
		if l.Fate == run.Absent || reverted != nil && (text == "" || reverted.state != run.Done) {
			continue
		}
		if first {
			s.heading("Stays")
			first = false
		}
		s.text = append(s.text, passage{text: "= " + named(clean(cmp.Or(l.ID, string(l.Change))), clean(l.Summary)), indent: "  ", oneLine: true})
		s.add(quiet, "    ", "%s", cleanText(text))
	}
}
