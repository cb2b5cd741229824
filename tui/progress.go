package tui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// feed is one thing that a run has to say; the last one is how it ended.
type feed struct {
	event run.Event
	end   *outcome
}

// eventsMsg brings what the run said since the last one.
type eventsMsg struct{ feeds []feed }

// task is a row of the plan as it is carried out.
type task struct {
	id            plan.ID
	label         string
	runs, restart bool      // something is run, which is the restart of agents
	hand          []string  // what of a restart is left to somebody with a login
	part          string    // of several that it is carried out in: what is done now
	state         run.State // empty: its turn has not come
	detail        string
	limit         int // seconds that what is waited for takes at most; 0 if nothing says so
	begun, ended  time.Time
	proved, doubt []string // what was measured of it, and what was not
	refuted       []string // what was measured and does not hold
}

// over tells whether nothing more happens to the task itself.
func (t *task) over() bool {
	switch t.state {
	case run.Done, run.Kept, run.Failed, run.Skipped, run.Unproven:
		return true
	}
	return false
}

// progressScreen shows a plan being carried out.
type progressScreen struct {
	plan     *plan.Plan
	given    map[string]secret.Text // what the run is given; it is emptied when that has ended
	tasks    []*task
	byID     map[plan.ID]*task
	others   []run.Event // of no row of the plan
	feeds    chan feed
	stopping bool
	started  time.Time
	news     string // what was said last of something that is waited for

	free   bool // the user scrolls; else the view follows the work
	top    int
	height int
	lines  int
}

func newProgressScreen(p *plan.Plan, given map[string]secret.Text) *progressScreen {
	s := &progressScreen{plan: p, given: given, byID: map[plan.ID]*task{}, height: 10}
	for _, act := range p.Actions {
		spec, restart := act.Spec.(plan.AgentRestart)
		t := &task{id: act.ID, label: clean(act.Summary), runs: act.Op == plan.Run, restart: restart, hand: spec.ByHand()}
		s.tasks = append(s.tasks, t)
		s.byID[act.ID] = t
	}
	return s
}

func (s *progressScreen) station() string { return atApply }

// enter starts the run, once.
func (s *progressScreen) enter(a *app) tea.Cmd {
	if s.feeds != nil {
		return nil
	}
	s.feeds = make(chan feed, 64)
	s.started = a.opts.Now()
	a.now = s.started
	return tea.Batch(a.tick(), a.work.apply(a.session, s.plan, s.given, s.feeds), a.work.listen(s.feeds))
}

// apply makes the command that carries the plan out.
func (w *work) apply(session Session, p *plan.Plan, given map[string]secret.Text, feeds chan<- feed) tea.Cmd {
	send := func(f feed) {
		select {
		case feeds <- f:
		case <-w.over: // the program has ended, the run goes on to its own end
		}
	}
	return func() tea.Msg {
		if !w.begin(true) {
			return nil
		}
		defer w.wg.Done()
		summary, err := session.Apply(w.applying, p, given, w.stop, func(e run.Event) { send(feed{event: e}) })
		clear(given)
		w.final = outcome{summary, err}
		close(w.applied)
		send(feed{end: &outcome{summary, err}})
		return nil
	}
}

// listen makes the command that brings the next events, all that are there.
func (w *work) listen(feeds <-chan feed) tea.Cmd {
	return func() tea.Msg {
		var m eventsMsg
		select {
		case f := <-feeds:
			m.feeds = append(m.feeds, f)
		case <-w.over:
			return nil
		}
		for {
			select {
			case f := <-feeds:
				m.feeds = append(m.feeds, f)
			default:
				return m
			}
		}
	}
}

// watch takes events in, and goes on to the result when the run has ended.
func (a *app) watch(m eventsMsg) tea.Cmd {
	s, ok := a.top().(*progressScreen)
	if !ok {
		return nil
	}
	for _, f := range m.feeds {
		if f.end == nil {
			s.take(f.event)
			continue
		}
		a.dialog = nil
		a.result.Applied, a.result.Err = &f.end.summary, f.end.err
		a.result.Outcome = exitCode(f.end, s.stopping)
		a.ended = true
		a.work.ready()
		if a.departing { // told to end by a signal: there may be nobody to read a result
			return a.leave()
		}
		return a.push(newResultScreen(a, s, f.end))
	}
	return a.work.listen(s.feeds)
}

// exitCode is what an apply leaves behind.
func exitCode(o *outcome, stopped bool) int {
	switch {
	case stopped:
		return Left
	case o.err != nil || o.summary.Failed > 0 || o.summary.Skipped > 0 || o.summary.Proof == run.ProofFailed:
		return Failed
	}
	return Done
}

// take applies one event to its task.
func (s *progressScreen) take(e run.Event) {
	t := s.byID[e.Action]
	if t == nil {
		s.others = append(s.others, e)
		return
	}
	detail := cleanText(e.Detail)
	switch e.State {
	case run.Proved:
		t.proved = append(t.proved, detail)
		return
	case run.Unproven:
		if t.over() {
			t.doubt = append(t.doubt, detail)
			return
		} // else it is left to the user, so nobody here knows what comes of it
	case run.Started:
		t.begun = e.Time
	case run.Waiting:
		if t.runs { // it says on a line of its own what it does
			detail = t.waits(detail)
		} else {
			s.news = detail
		}
	case run.Failed:
		if t.over() { // it was made, but did not pass its proof
			t.refuted = append(t.refuted, detail)
			return
		}
	}
	t.state, t.detail, t.limit = e.State, detail, e.Limit
	if t.over() && t.ended.IsZero() {
		t.ended = e.Time
	}
}

// waits says what something that is run waits for. A run tells first which part it comes to, then
// how that goes: both are shown, so that the part does not vanish as soon as it begins.
func (t *task) waits(detail string) string {
	of, how, ok := strings.Cut(detail, " is ")
	switch {
	case ok && !strings.Contains(of, " "): // "i-01 is not connected"
	case strings.HasSuffix(detail, " again"): // what will be tried again
		how = detail
	default:
		t.part = detail
	}
	if t.part == "" || t.part == detail {
		return detail
	}
	return t.part + " (" + how + ")"
}

// working tells whether the task is being carried out.
func (t *task) working() bool { return t.state == run.Started || t.state == run.Waiting }

// now is the line below a task that says what it does at the moment; mostly empty.
func (t *task) now() string {
	if !t.working() || t.part == "" {
		return ""
	}
	return t.detail
}

// atMost says how long what the task waits for may take.
func (t *task) atMost() string {
	switch {
	case t.limit <= 0:
		return ""
	case t.limit%60 == 0:
		return fmt.Sprintf(", up to %d min", t.limit/60)
	}
	return fmt.Sprintf(", up to %d s", t.limit)
}

// word says what a state means for the task.
func (t *task) word(s run.State) string {
	switch w := stateWords[s]; {
	case s != run.Started && s != run.Waiting, !t.runs:
		return cmp.Or(w, string(s))
	case t.restart:
		return "restarting"
	}
	return "running"
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

// bar is the progress that the terminal may show in its own place.
func (s *progressScreen) bar() *tea.ProgressBar {
	state := tea.ProgressBarDefault
	for _, t := range s.tasks {
		if t.state == run.Failed || len(t.refuted) > 0 {
			state = tea.ProgressBarError
		}
	}
	return tea.NewProgressBar(state, s.done()*100/max(len(s.tasks), 1))
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

// seconds prints a duration the way people count while they wait.
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
		title = "Stopping: finishing what is in flight"
	case s.done() == len(s.tasks):
		title = "Measuring that it works"
	}
	n, of := s.done(), len(s.tasks)
	width := min(max(w-24, 8), 40)
	full := n * width / max(of, 1)
	out := []string{a.st.title.Render(title),
		a.st.good.Render(strings.Repeat("█", full)) + a.st.dim.Render(strings.Repeat("░", width-full)) + fmt.Sprintf("  %d of %d  %s", n, of, seconds(a.now.Sub(s.started)))}
	if s.stopping {
		out = append(out, a.st.warn.Render(cut("! Nothing new is started. Ctrl-C again does not wait for AWS.", w)))
	} else {
		out = append(out, a.st.dim.Render(cut(s.said(), w)))
	}
	out = append(out, "")
	s.height = max(h-len(out), 1)
	at := s.layout()
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
	return out
}

// said is what there is to know while one waits.
func (s *progressScreen) said() string {
	makes, restarts, runs := false, false, false
	for _, t := range s.tasks {
		if t.working() {
			makes, restarts, runs = makes || !t.runs, restarts || t.restart, runs || t.runs
		}
	}
	switch {
	case restarts && !makes:
		return "Running tasks go on meanwhile."
	case runs && !makes:
		return ""
	}
	return cmp.Or(s.news, "An interface endpoint takes AWS a minute or two.")
}

// layout counts the lines of the list, and finds the one of the first task that is at
// work, else of the first that is not over.
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

// follow keeps that line in view.
func (s *progressScreen) follow(at int) {
	if at < s.top {
		s.top = at
	}
	if last := at + min(2, s.height-1); last >= s.top+s.height { // and what comes next
		s.top = last - s.height + 1
	}
}

// stateWords say of each state what it means.
var stateWords = map[run.State]string{
	"": "to do", run.Started: "making", run.Waiting: "waiting for AWS", run.Done: "done",
	run.Kept: "kept", run.Failed: "failed", run.Skipped: "skipped",
	run.Unproven: "left to you",
}

func (a *app) taskLine(t *task, w int) string {
	mark, style := markTodo, a.st.dim
	switch t.state {
	case run.Started, run.Waiting:
		mark, style = spinner[a.frame%len(spinner)], a.st.accent
	case run.Done:
		mark, style = markDone, a.st.good
	case run.Kept:
		mark, style = "=", a.st.text
	case run.Failed:
		mark, style = markNo, a.st.bad
	case run.Skipped:
		mark, style = "–", a.st.warn
	case run.Unproven:
		mark, style = ">", a.st.warn
	}
	word, most := t.word(t.state), ""
	if !t.runs { // what is run says it on the line below, of each of its parts
		most = t.atMost()
	}
	switch {
	case most != "" && w < 50: // the label needs the room, and the spinner says that one waits
		word = ""
	case most != "":
		word = "waiting"
	case len(t.refuted) > 0:
		mark, style, word = markNo, a.st.bad, word+", proof failed"
	case len(t.proved) > 0:
		word += ", proved"
	case len(t.doubt) > 0 || t.state == run.Unproven:
		word += ", unproven"
	}
	if !t.begun.IsZero() && t.state != run.Kept && t.state != run.Unproven {
		end := t.ended
		if end.IsZero() {
			end = a.now
		}
		word += " " + seconds(end.Sub(t.begun))
	}
	word = strings.TrimLeft(word+most, " ,")
	ww := ansi.StringWidth(word)
	line := style.Render(mark+" "+fit(t.label, max(w-ww-4, 8))) + "  " + style.Render(word)
	return cut(line, w)
}

// ended tells whether a row is as it shall be.
func (s *progressScreen) ended(id plan.ID) bool {
	t := s.byID[id]
	return t != nil && (t.state == run.Done || t.state == run.Kept)
}
