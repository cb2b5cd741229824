package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	progressbar "charm.land/bubbles/v2/progress"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// event is an event of a run. The last event has the outcome.
type event struct {
	run.Event
	end *outcome
}

// eventsMsg contains the events since the previous eventsMsg.
type eventsMsg struct{ events []event }

// doing applies a plan, or reverts a run. When stop is closed, it ends after the current calls.
type doing func(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) outcome

// applying returns what applies a plan, unless the account has moved since the review. It empties the secret texts at the end.
func (a *app) applying(p *plan.Plan, given map[string]secret.Text) doing {
	session, moved, ans := a.session, a.moved(p), a.ans.Clone()
	return func(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) outcome {
		defer clear(given)
		if lines, err := moved(ctx); err != nil || len(lines) > 0 {
			return outcome{err: err, moved: lines}
		}
		summary, err := session.Apply(ctx, p, given, stop, emit)
		if err == nil || summary.Done+summary.Kept+summary.Failed > 0 { // the run reached AWS
			a.work.remember(session, ans.Answers)
		}
		return outcome{summary: summary, err: err, last: session.Last()}
	}
}

// progressScreen shows the progress of an apply or of an undo.
type progressScreen struct {
	*progress
	do      doing
	events  chan event
	started time.Time

	free bool // the user scrolled; otherwise the view follows the current change
	scroller
}

func (s *progressScreen) stepID() string {
	if s.undo != nil {
		return s.undo.id
	}
	return atApply
}

func (s *progressScreen) terms(*app) []*terms.Term {
	if s.undo != nil {
		return undoTerms
	}
	return terms.Join(s.attentionTerms(), verifyTerms)
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
			a.chart = nil
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
		if a.chart != nil {
			a.say("The run has ended. Close the map to see its result.")
		}
		if a.departing { // ended by a signal: perhaps no user reads a result
			return a.leave()
		}
		if s.undo != nil {
			return a.push(&resultScreen{result: newUndoResult(a, s.progress, e.end)})
		}
		shown := newResult(a, s.progress, e.end)
		a.result.Commands = shown.commands()
		return a.push(&resultScreen{result: shown})
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

// bar is the progress bar of terminals that support one.
func (s *progressScreen) bar(a *app) *tea.ProgressBar {
	state := tea.ProgressBarDefault
	for _, t := range s.tasks {
		if t.state == run.Failed || len(t.failed) > 0 {
			state = tea.ProgressBarError
		}
	}
	if s.paused != nil {
		state = tea.ProgressBarWarning
	}
	return tea.NewProgressBar(state, int(s.fraction(a.now, a.speed())*100))
}

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
	if s.scroller.press(k) {
		s.free = !s.view.AtBottom() // at the end the view follows again
	}
	return nil
}

// clock formats a duration, such as 0:04 or 12:30.
func clock(d time.Duration) string {
	d = max(d, 0)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// usually formats the time that AWS usually needs; empty if it is not known, or too short to matter.
func usually(typical [2]int, speed float64) string {
	low, high := time.Duration(float64(typical[0])/speed*float64(time.Second)), time.Duration(float64(typical[1])/speed*float64(time.Second))
	if high < 2*time.Second {
		return ""
	}
	return "usually " + clock(low) + " to " + clock(high)
}

// speed is how much faster than AWS the account works.
func (a *app) speed() float64 { return max(a.account.Speed, 1) }

// heading returns the title with the counts.
func (s *progressScreen) heading() string {
	done, of := s.done()
	checked, checks := s.checked()
	switch {
	case s.stopping:
		return fmt.Sprintf("Stopping: %d of %d applied", done, of)
	case s.paused != nil:
		return "Paused: the credentials have expired"
	case s.undo != nil:
		return fmt.Sprintf("Reverting the run of %s: %d of %d", s.undo.of.when(), done, of)
	case s.verifies(), s.applied():
		return fmt.Sprintf("Verifying the result: %d of %s", checked, words.Count(checks, "check"))
	}
	return fmt.Sprintf("Applying the plan: %d of %d applied", done, of)
}

func (s *progressScreen) render(a *app, w, h int) []string {
	title, right := s.heading(), clock(a.now.Sub(s.started))
	late := a.now.Sub(s.started).Seconds() > float64(s.typical()[1])/a.speed() // the estimate was wrong
	if text := usually(s.typical(), a.speed()); text != "" && !late && s.undo == nil && !s.verifies() && w >= narrow {
		right += ", " + text
	}
	fraction := s.fraction(a.now, a.speed())
	bar := progressbar.New(progressbar.WithWidth(max(w-6, 8)), progressbar.WithoutPercentage(), progressbar.WithFillCharacters('█', '░'), progressbar.WithColors(a.st.good.GetForeground()))
	bar.EmptyColor = a.st.dim.GetForeground()
	out := []string{a.st.title.Render(fit(title, w-ansi.StringWidth(right)-2)) + "  " + a.st.dim.Render(right),
		bar.ViewAs(fraction) + fmt.Sprintf(" %3d %%", int(fraction*100))}
	switch {
	case s.paused != nil && !s.stopping:
		out = append(out, s.pauseText(a, w, h-len(out))...)
	case s.stopping:
		out = append(out, a.st.warn.Render(cut("! Stopping. Ctrl-C again: quit now.", w)))
		out = append(out, paint(a.st.dim, wrap(strings.TrimSpace(finishes), w))...)
	default:
		out = append(out, a.st.dim.Render(cut(s.waitText(), w)))
	}
	if h > 10 {
		out = append(out, "")
	}
	rest := max(h-len(out), 1)
	lines, at := s.list(a, w, rest)
	shown := s.visible(lines, rest)
	if !s.free {
		s.follow(at)
		shown = s.visible(lines, rest)
	}
	out = append(out, shown...)
	left := h - len(out)
	calls := s.callLines(a, w, left)
	out = append(out, calls...)
	if stop := s.stopRule(w); !s.stopping && s.paused == nil && h-len(out) > len(stop) {
		out = append(append(tall(out, h-len(stop)-1), ""), paint(a.st.dim, stop)...)
	}
	return out
}

// stopRule says what Ctrl-C does before anybody needs it.
func (s *progressScreen) stopRule(w int) []string {
	if s.verifies() {
		return wrap("Nothing is changed. Ctrl-C stops.", w)
	}
	return wrap("To stop: Ctrl-C finishes the calls in flight, starts no new ones, and lists what exists and what it costs. Ctrl-C again quits immediately.", w)
}

// list renders the phases with their changes: all of them if they fit, otherwise only those that need attention. It returns
// the line of the first change in progress, or of the first one that has not ended.
func (s *progressScreen) list(a *app, w, h int) (lines []string, at int) {
	all := len(s.phases) + len(s.tasks) + 2
	at, open := -1, -1
	add := func(line string, working, over bool) {
		if working && at < 0 {
			at = len(lines)
		}
		if !over && open < 0 {
			open = len(lines)
		}
		lines = append(lines, cut(line, w))
	}
	change := func(t *task) {
		add("  "+a.taskLine(t, w-2), t.working(), t.over())
		if now := t.now(); now != "" {
			most := t.atMost()
			lines = append(lines, a.st.dim.Render("      "+cut(now, w-6-len(most))+most))
		}
	}
	for _, p := range s.phases {
		add(s.phaseLine(a, p, w), false, true)
		for _, t := range p.tasks {
			if all <= h || t.working() || t.state == run.Failed || t.state == run.Unproven || len(t.failed) > 0 || t.state == run.Skipped {
				change(t)
			}
		}
	}
	kept := 0
	for _, t := range s.tasks {
		if t.kept {
			kept++
		}
	}
	if done, of := s.checked(); of > 0 {
		mark, style := markTodo, a.st.dim
		switch {
		case done == of:
			mark, style = markDone, a.st.good
		case s.applied():
			mark, style = spinning[a.frame%len(spinning)], a.st.accent
		}
		add(style.Render(mark)+" "+columnsOf("Checks", fmt.Sprintf("%d of %d", done, of), "", w-2), false, true)
	}
	switch {
	case s.verifies():
		for _, t := range s.tasks {
			change(t)
		}
	case kept > 0 && all <= h:
		add(a.st.dim.Render("= "+words.Counted(kept, "unchanged resource is", "unchanged resources are")+" not counted."), false, true)
	}
	switch {
	case at >= 0:
		return lines, at
	case open >= 0:
		return lines, open
	}
	return lines, max(len(lines)-1, 0)
}

// phaseLine renders the title of a phase, how many of its changes are applied, and the time.
func (s *progressScreen) phaseLine(a *app, p *phase, w int) string {
	done, working, failed, skipped, started := 0, 0, 0, 0, 0
	var begun, ended time.Time
	for _, t := range p.tasks {
		switch {
		case t.state == run.Failed || len(t.failed) > 0:
			failed++
		case t.state == run.Skipped:
			skipped++
		case t.over():
			done++
		case t.working():
			working++
		}
		if t.begun.IsZero() {
			continue
		}
		started++
		if begun.IsZero() || t.begun.Before(begun) {
			begun = t.begun
		}
		if end := cmp.Or(t.ended, a.now); end.After(ended) {
			ended = end
		}
	}
	mark, style := markTodo, a.st.dim
	switch {
	case failed > 0:
		mark, style = markNo, a.st.bad
	case skipped > 0:
		mark, style = "!", a.st.warn
	case done == len(p.tasks):
		mark, style = markDone, a.st.good
	case working > 0 || started > 0:
		mark, style = spinning[a.frame%len(spinning)], a.st.accent
	}
	times := ""
	if started > 0 {
		times = clock(ended.Sub(begun))
	}
	if text := usually(p.typical, a.speed()); text != "" && done < len(p.tasks) && w >= narrow {
		times = strings.TrimLeft(times+", "+text, ", ")
	}
	return style.Render(mark) + " " + columnsOf(p.title, fmt.Sprintf("%d of %d", done, len(p.tasks)), times, w-2)
}

// columnsOf joins a title, a count and a right-aligned text.
func columnsOf(title, count, right string, w int) string {
	line := fit(title, min(24, max(w-ansi.StringWidth(right)-len(count)-4, 8))) + "  " + count
	if gap := w - ansi.StringWidth(line) - ansi.StringWidth(right); right != "" && gap > 0 {
		line += strings.Repeat(" ", gap) + right
	}
	return line
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
		if strings.Contains(c.Detail, "LimitExceeded") || strings.Contains(c.Detail, "Throttl") {
			line += ": too many calls for AWS, tried again"
		}
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
	if s.news == "" {
		return ""
	}
	most := 0
	for _, t := range s.tasks {
		if t.state == run.Waiting {
			most = max(most, t.limit)
		}
	}
	if most > 0 {
		return s.news + ". The wizard waits up to " + minutes(most) + "."
	}
	return s.news
}

// follow scrolls to this line, with the two next ones.
func (s *progressScreen) follow(at int) {
	top, h := s.view.YOffset(), s.view.Height()
	if last := at + min(2, h-1); last >= top+h {
		top = last - h + 1
	}
	s.view.SetYOffset(min(top, at))
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
	state := t.stateText(t.state)
	switch {
	case len(t.failed) > 0:
		mark, style, state = markNo, a.st.bad, state+", verification failed"
	case len(t.verified) > 0:
		state += ", verified"
	case len(t.unverified) > 0 && t.state != run.Unproven:
		state += ", not verified"
	}
	if !t.begun.IsZero() && t.state != run.Kept && t.state != run.Unproven {
		state += "  " + clock(cmp.Or(t.ended, a.now).Sub(t.begun))
	}
	name := t.name
	if t.kept {
		name = t.label
	}
	sw := ansi.StringWidth(state)
	return cut(style.Render(mark)+" "+fit(name, max(w-sw-4, 8))+"  "+style.Render(state), w)
}
