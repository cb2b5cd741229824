package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// task is the progress of one change of the plan.
type task struct {
	id           resource.ID
	label        string // what it does, as a sentence
	name         string // what it is about, without its kind
	kept         bool   // nothing is applied
	runs         bool   // the change runs commands
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

// errors returns why changes failed, as AWS words it.
func (p *progress) errors() []string {
	var out []string
	for _, t := range p.tasks {
		if t.state == run.Failed && t.detail != "" {
			out = append(out, t.detail)
		}
	}
	return out
}

// over reports whether the task has ended. Its verification can follow.
func (t *task) over() bool {
	switch t.state {
	case run.Done, run.Kept, run.Failed, run.Skipped, run.Unproven:
		return true
	}
	return false
}

// phase is the changes of one kind that something applies. They often run at the same time.
type phase struct {
	title   string
	tasks   []*task
	typical [2]int // seconds that AWS usually needs; zero if it is not known
}

// progress is the state of a run: of an apply, or of an undo.
type progress struct {
	plan *plan.Plan
	// undo is set if the plan reverts an earlier run.
	undo     *reverting
	tasks    []*task
	phases   []*phase // without unchanged resources
	byID     map[resource.ID]*task
	others   []run.Event // events without a change of the plan
	calls    []run.Event // that change something
	stopping bool
	news     string // the last message about waiting
	reading  bool   // the account is read again, and nothing has started
	checking bool   // permissions are checked, and nothing has started
	paused   *run.Pause
	from, to time.Time // of the first and the last event
}

func newProgress(p *plan.Plan) *progress {
	s := &progress{plan: p, byID: map[resource.ID]*task{}}
	for _, act := range p.Changes {
		t := &task{id: act.ID, label: clean(act.Summary), runs: act.Op == resource.Run, texts: act.Progress(), manual: act.Steps().Left, states: stateTexts, kept: act.Op == resource.Keep}
		s.tasks = append(s.tasks, t)
		s.byID[act.ID] = t
		if t.kept {
			continue
		}
		row := p.Row(act)
		t.name = strings.TrimSpace(row[1] + "  " + row[2])
		i := slices.IndexFunc(s.phases, func(ph *phase) bool { return ph.title == words.Capital(row[0]) })
		if i < 0 {
			i = len(s.phases)
			s.phases = append(s.phases, &phase{title: words.Capital(row[0]), typical: t.texts.Typical})
		}
		s.phases[i].tasks = append(s.phases[i].tasks, t)
	}
	return s
}

// newUndoProgress is the progress of an undo.
func newUndoProgress(u *reverting) *progress {
	p := &plan.Plan{Changes: run.Reverting(u.left)}
	s := &progress{plan: p, undo: u, byID: map[resource.ID]*task{}, phases: []*phase{{title: "Steps of the run"}}}
	for _, act := range p.Changes {
		t := &task{id: act.ID, label: clean(act.Summary), name: clean(act.Summary), texts: act.Progress(), manual: act.Steps().Left, states: undoTexts}
		s.tasks, s.byID[act.ID] = append(s.tasks, t), t
		s.phases[0].tasks = append(s.phases[0].tasks, t)
	}
	return s
}

// take applies one event to its task.
func (s *progress) take(e run.Event) {
	t := s.byID[e.Change]
	detail := cleanText(e.Detail)
	if s.from.IsZero() {
		s.from = e.Time
	}
	s.to = e.Time
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
	if t.limit <= 0 {
		return ""
	}
	return ", up to " + minutes(t.limit)
}

// minutes formats a number of seconds.
func minutes(seconds int) string {
	if seconds%60 == 0 {
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d s", seconds)
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

// done counts the changes that have ended, and all changes. Unchanged resources do not count.
func (s *progress) done() (done, of int) {
	for _, t := range s.tasks {
		if t.kept {
			continue
		}
		of++
		if t.over() && t.state != run.Failed && t.state != run.Skipped {
			done++
		}
	}
	return done, of
}

// applied reports whether all changes have ended, so that the rest is verification.
func (s *progress) applied() bool {
	return !slices.ContainsFunc(s.tasks, func(t *task) bool { return !t.kept && !t.over() })
}

// checked counts the results of the verification, and the claims of the plan.
func (s *progress) checked() (done, of int) {
	if s.undo != nil {
		return 0, 0
	}
	verified, unverified, failed := checks(s)
	of = max(len(s.plan.Claims), len(verified)+len(unverified)+len(failed))
	return len(verified) + len(unverified) + len(failed), of
}

// typical is the time that AWS usually needs, in seconds; zero if it is not known, as for an undo.
func (s *progress) typical() [2]int {
	if s.undo != nil {
		return [2]int{}
	}
	return resource.Typical(s.plan.Changes)
}

// fraction is how much of a run is done, from 0 to 1. A change counts as much as AWS usually needs for it, and a change in
// progress by its time.
func (s *progress) fraction(now time.Time, speed float64) float64 {
	// Seconds of a change without a typical time, and of one that runs commands. A change in progress is never complete.
	const short, long, most = 2.0, 60.0, 0.9
	done, of := 0.0, 0.0
	for _, p := range s.phases {
		for _, t := range p.tasks {
			weight := max(float64(p.typical[1])/speed, short)
			if t.runs {
				weight = max(weight, long/speed)
			}
			of += weight
			switch {
			case t.over():
				done += weight
			case t.working() && !t.begun.IsZero():
				done += weight * min(max(now.Sub(t.begun).Seconds(), 0)/weight, most)
			}
		}
	}
	if checked, claims := s.checked(); claims > 0 {
		done, of = done+short*float64(checked)/float64(claims), of+short
	}
	if of == 0 {
		return 0
	}
	return done / of
}

// verifies reports whether nothing is changed.
func (s *progress) verifies() bool { return s.undo == nil && s.plan.ToApply() == 0 }

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

// ended reports whether a change was applied or already existed.
func (s *progress) ended(id resource.ID) bool {
	t := s.byID[id]
	return t != nil && (t.state == run.Done || t.state == run.Kept)
}
