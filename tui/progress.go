package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/progress"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// event is an event of a run. The last event has the outcome.
type event struct {
	run.Event
	end *outcome
}

// eventsMsg contains the events since the previous eventsMsg.
type eventsMsg struct{ events []event }

// task is the progress of one change of the plan.
type task struct {
	id           resource.ID
	label        string
	runs         bool // the change runs commands
	states       map[run.State]string
	texts        resource.Progress
	manual       []string  // manual steps of a restart
	part         string    // the current part of a change with several parts
	state        run.State // empty before the start
	detail       string
	limit        int // maximum wait in seconds; 0 if there is none
	begun, ended time.Time
	verified     []string // checks with a good result
	unverified   []string // checks that were not possible
	failed       []string // checks with a bad result
}

// over reports whether the task has ended. Its verification can follow.
func (t *task) over() bool {
	switch t.state {
	case run.Done, run.Kept, run.Failed, run.Skipped, run.Unproven:
		return true
	}
	return false
}

// doing applies a plan, or reverts a run. When stop is closed, it ends after the current calls.
type doing func(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) outcome

// applying returns what applies a plan, unless the account has moved since the review. It empties the secret texts at the end.
func (a *app) applying(p *plan.Plan, given map[string]secret.Text) doing {
	session, moved := a.session, a.moved(p)
	return func(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) outcome {
		defer clear(given)
		if lines, err := moved(ctx); err != nil || len(lines) > 0 {
			return outcome{err: err, moved: lines}
		}
		summary, err := session.Apply(ctx, p, given, stop, emit)
		return outcome{summary: summary, err: err, last: session.Last()}
	}
}

// progressScreen shows the progress of an apply or of an undo.
type progressScreen struct {
	plan *plan.Plan
	do   doing
	// undo is set if the plan reverts an earlier run.
	undo     *undoScreen
	tasks    []*task
	byID     map[resource.ID]*task
	others   []run.Event // events without a change of the plan
	events   chan event
	stopping bool
	started  time.Time
	news     string // the last message about waiting
	reading  bool   // the account is read again, and nothing has started
	checking bool   // permissions are checked, and nothing has started
	paused   *run.Pause
	calls    []run.Event // that change something

	free   bool // the user scrolled; otherwise the view follows the current task
	top    int
	height int
	lines  int
}

func newProgressScreen(p *plan.Plan, do doing) *progressScreen {
	s := &progressScreen{plan: p, do: do, byID: map[resource.ID]*task{}, height: 10}
	for _, act := range p.Changes {
		t := &task{id: act.ID, label: clean(act.Summary), runs: act.Op == resource.Run, texts: act.Progress(), manual: act.Steps().Left, states: stateTexts}
		s.tasks = append(s.tasks, t)
		s.byID[act.ID] = t
	}
	return s
}

// newUndoProgress shows the progress of an undo.
func newUndoProgress(u *undoScreen) *progressScreen {
	s := newProgressScreen(&plan.Plan{Changes: run.Reverting(u.left)}, u.reverting())
	s.undo = u
	for _, t := range s.tasks {
		t.runs, t.states = false, undoTexts
	}
	return s
}

func (s *progressScreen) stepID() string {
	if s.undo != nil {
		return s.undo.id
	}
	return atApply
}

// enter starts the run on the first call.
func (s *progressScreen) enter(a *app) tea.Cmd {
	if s.events != nil {
		return nil
	}
	s.events, s.reading = make(chan event, 64), s.undo == nil
	s.started = a.opts.Now()
	a.now = s.started
	return tea.Batch(a.tick(), a.work.apply(s.do, s.events), a.work.listen(s.events))
}

// apply returns the command that applies the plan, or reverts a run.
func (w *work) apply(do doing, events chan<- event) tea.Cmd {
	send := func(e event) {
		select {
		case events <- e:
		case <-w.over: // the program has ended, but the run continues to its end
		}
	}
	return func() tea.Msg {
		if !w.begin(true) {
			return nil
		}
		defer w.wg.Done()
		w.final = do(w.applying, w.stop, func(e run.Event) { send(event{Event: e}) })
		close(w.applied)
		final := w.final
		send(event{end: &final})
		return nil
	}
}

// listen returns the command that waits for the next event and returns all pending events.
func (w *work) listen(events <-chan event) tea.Cmd {
	return func() tea.Msg {
		var m eventsMsg
		select {
		case e := <-events:
			m.events = append(m.events, e)
		case <-w.over:
			return nil
		}
		for {
			select {
			case e := <-events:
				m.events = append(m.events, e)
			default:
				return m
			}
		}
	}
}

// watch handles events, and shows the result at the end of the run.
func (a *app) watch(m eventsMsg) tea.Cmd {
	s, ok := a.top().(*progressScreen)
	if !ok {
		return nil
	}
	for _, e := range m.events {
		if e.end == nil {
			s.take(e.Event)
			continue
		}
		a.dialog, a.notice = nil, ""
		if len(e.end.moved) > 0 {
			a.work.ready()
			if a.departing || s.stopping {
				return a.leave()
			}
			a.readAgain(nil)
			moved := &movedScreen{lines: e.end.moved, notice: a.notice}
			a.notice = ""
			return a.push(moved)
		}
		a.result.take(e.end, exitCode(e.end, s.stopping))
		a.ended = true
		a.work.ready()
		if a.departing { // ended by a signal: perhaps no user reads a result
			return a.leave()
		}
		if s.undo != nil {
			return a.push(newUndoResult(a, s, e.end))
		}
		return a.push(newResultScreen(a, s, e.end))
	}
	return a.work.listen(s.events)
}

// exitCode returns the exit code of an apply.
func exitCode(o *outcome, stopped bool) int {
	switch {
	case stopped:
		return Left
	case o.err != nil || !o.summary.Complete():
		return Failed
	}
	return Done
}

// take applies one event to its task.
func (s *progressScreen) take(e run.Event) {
	t := s.byID[e.Change]
	detail := cleanText(e.Detail)
	s.reading = false
	if e.Change == run.Credentials {
		s.paused = e.Pause
		return
	}
	if e.State == run.Called {
		s.calls = append(s.calls, e)
		return
	}
	if t == nil {
		s.others = append(s.others, e)
		s.checking = e.Change == run.Permissions && e.State == run.Started
		return
	}
	s.checking = false
	switch e.State {
	case run.Proved:
		t.verified = append(t.verified, detail)
		return
	case run.Unproven:
		if t.over() {
			t.unverified = append(t.unverified, detail)
			return
		} // otherwise it is a manual step
	case run.Started:
		t.begun = e.Time
	case run.Waiting:
		if t.runs { // the detail has its own line
			detail = t.waits(detail)
		} else {
			s.news = detail
		}
	case run.Failed:
		if t.over() { // the change was applied, but a check failed
			t.failed = append(t.failed, detail)
			return
		}
	}
	t.state, t.detail, t.limit = e.State, detail, e.Limit
	if t.over() && t.ended.IsZero() {
		t.ended = e.Time
	}
}

// waits returns the text for a waiting change that runs commands. The run reports first the
// part and then its progress. The text contains both.
func (t *task) waits(detail string) string {
	of, how, ok := strings.Cut(detail, " is ")
	switch {
	case ok && !strings.Contains(of, " "): // "i-01 is not connected"
	case strings.HasSuffix(detail, " again"): // a call that is tried again
		how = detail
	default:
		t.part = detail
	}
	if t.part == "" || t.part == detail {
		return detail
	}
	return t.part + " (" + how + ")"
}

// any is true for every task.
func (t *task) any() bool { return true }

// stopped reports whether the run was stopped when the task had started and was not complete.
func (t *task) stopped() bool { return t.state == run.Skipped && !t.begun.IsZero() }

// byUser reports whether the task has manual steps.
func (t *task) byUser() bool { return len(t.manual) > 0 }

// working reports whether the task is in progress.
func (t *task) working() bool { return t.state == run.Started || t.state == run.Waiting }

// now returns the line below a task with its current part; empty for most tasks.
func (t *task) now() string {
	if !t.working() || t.part == "" {
		return ""
	}
	return t.detail
}

// atMost returns the limit of the wait.
func (t *task) atMost() string {
	switch {
	case t.limit <= 0:
		return ""
	case t.limit%60 == 0:
		return fmt.Sprintf(", up to %d min", t.limit/60)
	}
	return fmt.Sprintf(", up to %d s", t.limit)
}

// stateText returns the text of a state of the task.
func (t *task) stateText(s run.State) string {
	switch w := t.states[s]; {
	case s == run.Skipped && t.stopped():
		return "stopped"
	case s == run.Unproven && !t.byUser():
		return "not verified"
	case s != run.Started && s != run.Waiting, !t.runs:
		return cmp.Or(w, string(s))
	}
	return cmp.Or(t.texts.Doing, "running")
}

func (s *progressScreen) done() int {
	n := 0
	for _, t := range s.tasks {
		if t.over() {
			n++
		}
	}
	return n
}

// bar is the progress bar of terminals that support one.
func (s *progressScreen) bar() *tea.ProgressBar {
	state := tea.ProgressBarDefault
	for _, t := range s.tasks {
		if t.state == run.Failed || len(t.failed) > 0 {
			state = tea.ProgressBarError
		}
	}
	if s.paused != nil {
		state = tea.ProgressBarWarning
	}
	return tea.NewProgressBar(state, s.done()*100/max(len(s.tasks), 1))
}

// verifies reports whether nothing is changed.
func (s *progressScreen) verifies() bool { return s.undo == nil && s.plan.ToApply() == 0 }

// notice is the notice after a key to quit.
func (s *progressScreen) notice() string {
	what := "applying the plan"
	switch {
	case s.undo != nil:
		what = "reverting the run"
	case s.verifies():
		what = "verifying the account"
	}
	return "The wizard is " + what + ". Ctrl-C: stop after the calls in flight. Ctrl-C twice: quit now."
}

func (s *progressScreen) keys(*app) []key.Binding {
	return []key.Binding{keys.move}
}

func (s *progressScreen) press(_ *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, keys.up):
		s.free, s.top = true, max(s.top-1, 0)
	case is(k, keys.down):
		s.top = min(s.top+1, max(s.lines-s.height, 0))
		s.free = s.top < max(s.lines-s.height, 0) // at the end the view follows again
	}
	return nil
}

// seconds formats a duration, such as 4.2s or 1m05s.
func seconds(d time.Duration) string {
	d = max(d, 0)
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

func (s *progressScreen) render(a *app, w, h int) []string {
	title := "Applying the plan"
	switch {
	case s.stopping:
		title = "Stopping"
	case s.paused != nil:
		title = "Paused: the credentials have expired"
	case s.undo != nil:
		title = "Reverting the run of " + s.undo.of.when()
	case s.done() == len(s.tasks), s.verifies():
		title = "Verifying the result"
	}
	n, of := s.done(), len(s.tasks)
	width := min(max(w-24, 8), 40)
	bar := progress.New(progress.WithWidth(width), progress.WithoutPercentage(), progress.WithFillCharacters('█', '░'), progress.WithColors(a.st.good.GetForeground()))
	bar.EmptyColor = a.st.dim.GetForeground()
	out := []string{a.st.title.Render(title),
		bar.ViewAs(float64(n)/float64(max(of, 1))) + fmt.Sprintf("  %d of %d  %s", n, of, seconds(a.now.Sub(s.started)))}
	if s.paused != nil && !s.stopping {
		out = append(out, s.pauseText(a, w, h-len(out))...)
	} else if s.stopping {
		out = append(out, a.st.warn.Render(cut("! Stopping. Ctrl-C again: quit now.", w)))
		out = append(out, paint(a.st.dim, wrap(strings.TrimSpace(finishes), w))...)
	} else {
		out = append(out, a.st.dim.Render(cut(s.waitText(), w)))
	}
	out = append(out, "")
	at := s.layout()
	calls := s.callLines(a, w, h-len(out)-s.lines)
	s.height = max(h-len(out)-len(calls), 1)
	if !s.free {
		s.follow(at)
	}
	s.top = max(min(s.top, s.lines-s.height), 0)
	line := 0
	for _, t := range s.tasks {
		for _, now := range []bool{false, true} {
			if now && t.now() == "" {
				continue
			}
			if line >= s.top && line < s.top+s.height {
				if now {
					most := t.atMost()
					out = append(out, a.st.dim.Render("  "+cut(t.now(), w-2-len(most))+most))
				} else {
					out = append(out, a.taskLine(t, w))
				}
			}
			line++
		}
	}
	return append(out, calls...)
}

// callLines returns the last calls that changed something, in the rows that the changes leave free.
func (s *progressScreen) callLines(a *app, w, free int) []string {
	const heading = 2 // an empty line and the title
	n := min(len(s.calls), free-heading)
	if n < 1 {
		return nil
	}
	out := []string{"", a.st.title.Render("Calls")}
	for _, c := range s.calls[len(s.calls)-n:] {
		line := c.Time.Format(time.TimeOnly) + "  " + cleanText(c.Detail)
		if c.Change != "" {
			line += "  " + string(c.Change)
		}
		out = append(out, a.st.dim.Render(cut(line, w)))
	}
	return out
}

// pauseText returns what the user has to do during a pause, and then the answer of AWS in the rest of the height.
func (s *progressScreen) pauseText(a *app, w, h int) []string {
	var space []string
	if h > 8 {
		space = []string{""}
	}
	out := slices.Clone(space)
	if s.paused.Command == "" {
		out = append(out, paint(a.st.warn, wrap(cleanText(s.paused.Step), w))...)
	} else { // on its own line, so that it can be copied
		out = append(out, a.st.warn.Render(cut("! Run in another terminal:", w)))
		out = append(out, space...)
		args := []string{clean(s.paused.Command)}
		if !strings.ContainsAny(args[0], `'"`) {
			args = strings.Fields(args[0])
		}
		for _, l := range commandLines(args, w-2) {
			out = append(out, "  "+l)
		}
	}
	out = append(out, space...)
	out = append(out, wrap(run.Continues, w)...)
	out = append(out, space...)
	answer := wrap(cleanText(s.paused.Answer), w)
	return append(out, paint(a.st.dim, answer[:min(len(answer), max(h-len(out)-4*len(space), 0))])...) // with space for some changes
}

// waitText returns the message during a wait.
func (s *progressScreen) waitText() string {
	switch {
	case s.reading:
		return "Reading the account again"
	case s.checking:
		return "Check permissions"
	case s.verifies():
		return "The wizard reads what the plan relies on, and changes nothing."
	}
	creates, runs, meanwhile := false, false, ""
	for _, t := range s.tasks {
		if t.working() {
			creates, runs, meanwhile = creates || !t.runs, runs || t.runs, cmp.Or(meanwhile, t.texts.Meanwhile)
		}
	}
	if runs && !creates {
		return meanwhile
	}
	if s.undo != nil {
		return cmp.Or(s.news, "Each step waits until what needs it is deleted.")
	}
	return cmp.Or(s.news, "AWS needs 1 to 2 minutes for an interface endpoint.")
}

// layout counts the lines of the list. It returns the line of the first task in progress, or
// of the first task that has not ended.
func (s *progressScreen) layout() (at int) {
	working, open := -1, -1
	s.lines = 0
	for _, t := range s.tasks {
		if working < 0 && t.working() {
			working = s.lines
		}
		if open < 0 && !t.over() {
			open = s.lines
		}
		s.lines++
		if t.now() != "" {
			s.lines++
		}
	}
	switch {
	case working >= 0:
		return working
	case open >= 0:
		return open
	}
	return s.lines - 1
}

// follow scrolls to this line.
func (s *progressScreen) follow(at int) {
	if at < s.top {
		s.top = at
	}
	if last := at + min(2, s.height-1); last >= s.top+s.height { // with the two next lines
		s.top = last - s.height + 1
	}
}

// stateTexts are the texts of the states.
var stateTexts = map[run.State]string{
	"": "pending", run.Started: "applying", run.Waiting: "waiting for AWS", run.Done: "done",
	run.Kept: "unchanged", run.Failed: "failed", run.Skipped: "not started",
	run.Proved: "verified", run.Unproven: "manual step",
}

// undoTexts are the texts of the states during an undo.
var undoTexts = map[run.State]string{
	"": "pending", run.Started: "reverting", run.Waiting: "waiting for AWS", run.Done: "reverted",
	run.Kept: "did not exist", run.Failed: "failed", run.Skipped: "not started",
}

func (a *app) taskLine(t *task, w int) string {
	mark, style := markTodo, a.st.dim
	switch t.state {
	case run.Started, run.Waiting:
		mark, style = spinning[a.frame%len(spinning)], a.st.accent
	case run.Done:
		mark, style = markDone, a.st.good
	case run.Kept:
		mark, style = "=", a.st.text
	case run.Failed:
		mark, style = markNo, a.st.bad
	case run.Skipped:
		mark, style = markSkipped, a.st.warn
		if t.stopped() {
			mark = "!"
		}
	case run.Unproven:
		mark, style = markUnsure, a.st.warn
		if t.byUser() {
			mark = plan.MarkManual
		}
	}
	state, most := t.stateText(t.state), ""
	if !t.runs { // a change that runs commands has the limit on the line of its part
		most = t.atMost()
	}
	switch {
	case most != "" && w < 50: // the label needs the space, and the spinner shows the wait
		state = ""
	case most != "":
		state = "waiting"
	case len(t.failed) > 0:
		mark, style, state = markNo, a.st.bad, state+", verification failed"
	case len(t.verified) > 0:
		state += ", verified"
	case len(t.unverified) > 0 && t.state != run.Unproven:
		state += ", not verified"
	}
	if !t.begun.IsZero() && t.state != run.Kept && t.state != run.Unproven {
		end := t.ended
		if end.IsZero() {
			end = a.now
		}
		state += " " + seconds(end.Sub(t.begun))
	}
	state = strings.TrimLeft(state+most, " ,")
	sw := ansi.StringWidth(state)
	line := style.Render(mark+" "+fit(t.label, max(w-sw-4, 8))) + "  " + style.Render(state)
	return cut(line, w)
}

// ended reports whether a change was applied or already existed.
func (s *progressScreen) ended(id resource.ID) bool {
	t := s.byID[id]
	return t != nil && (t.state == run.Done || t.state == run.Kept)
}
