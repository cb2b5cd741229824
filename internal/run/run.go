package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/call"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Caller makes one AWS call given as data and returns the answer in the spelling
// of the AWS CLI.
type Caller interface {
	Call(ctx context.Context, service, op string, in map[string]any) (any, error)
}

// Options say how a plan is carried out.
type Options struct {
	Caller Caller
	RunID  string           // makes idempotency tokens; new for each run
	Now    func() time.Time // for the events
	Emit   func(Event)      // called from one goroutine at a time; nil is silent
	// Inputs are what the plan's Inputs ask for, by name.
	Inputs map[string]secret.Text
	// Save writes a file that the plan leads to, and tells of it; nil writes none.
	Save func(File) []string
	// Stop, once closed, keeps rows from being started; what is in flight is
	// finished. Cancelling the context also stops the waiting.
	Stop <-chan struct{}
}

// Apply carries the plan out and then proves it. Rows run side by side within
// their order; a row whose find says that all is so already is kept. What failed
// is told by events and counted in the summary.
func Apply(ctx context.Context, p *plan.Plan, o Options) Summary {
	r := &runner{Options: o, plan: p, pace: newPacer(), ids: map[plan.ID]string{}, state: map[plan.ID]State{}, ended: map[plan.ID]chan struct{}{}}
	polling, enough := context.WithCancel(ctx)
	r.polls = &poller{ctx: polling, fetch: r.fetch, polling: map[string]*poll{}}
	for _, a := range p.Actions {
		r.ended[a.ID] = make(chan struct{})
	}
	var rows sync.WaitGroup
	for _, a := range p.Actions {
		rows.Go(func() {
			defer close(r.ended[a.ID])
			r.row(ctx, a)
		})
	}
	rows.Wait()
	enough()
	r.polls.running.Wait()
	s := Summary{State: summary, IDs: r.ids, Proof: ProofUnproven}
	for _, a := range p.Actions {
		switch r.state[a.ID] {
		case Unproven:
			s.Open++
		case Done:
			s.Done++
		case Kept:
			s.Kept++
		case Failed:
			s.Failed++
		default:
			s.Skipped++
		}
	}
	if s.Failed+s.Skipped == 0 && ctx.Err() == nil {
		s.Proof, s.Unproven = r.prove(ctx)
		s.Next = r.next(ctx)
	}
	s.Next = append(s.Next, r.save(ctx, s.Failed+s.Skipped == 0)...)
	return s
}

// File is the configuration of a Client VPN's clients.
type File struct {
	Name   string
	Label  string // that goes before the host in it
	Config string // as AWS gives it; empty where it does not
	// Made says that the client's certificate was imported by this run, so that the run's
	// inputs are its certificate and key.
	Made bool
}

// save has files written. A key that this run brought is nowhere else, so that it is saved
// even where the run did not end well.
func (r *runner) save(ctx context.Context, well bool) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), inFlight)
	defer cancel()
	var out []string
	for _, a := range r.plan.Actions {
		save := call.For(a).Save
		if save == nil || r.Options.Save == nil {
			continue
		}
		f := File{Name: save.Name, Label: save.Label, Made: r.state[save.Made] == Done}
		if !well && !f.Made {
			continue
		}
		v, err := r.ask(ctx, save.Call, "")
		if err != nil {
			out = append(out, fmt.Sprintf("%s: %v", a.ID, err))
		}
		f.Config, _ = v.(string)
		out = append(out, r.Options.Save(f)...)
	}
	return out
}

// next asks for what is to be said to whoever goes on from here.
func (r *runner) next(ctx context.Context) []string {
	var out []string
	for _, a := range r.plan.Actions {
		tell := call.For(a).Tell
		if tell == nil {
			continue
		}
		v, err := r.ask(ctx, *tell, "")
		if err != nil {
			out = append(out, fmt.Sprintf("%s: %v", a.ID, err))
			continue
		}
		lines, _ := v.([]any)
		for _, line := range lines {
			if texts, ok := line.([]any); ok && len(texts) == 1 {
				out = append(out, call.Text(texts[0]))
			}
		}
	}
	return out
}

// runner is one run.
type runner struct {
	Options
	plan  *plan.Plan
	pace  *pacer
	polls *poller

	mu    sync.Mutex // guards what follows and Emit
	ids   map[plan.ID]string
	state map[plan.ID]State
	ended map[plan.ID]chan struct{} // written before the rows start, read only after
}

func (r *runner) emit(id plan.ID, s State, format string, args ...any) {
	r.send(Event{Action: id, State: s, Detail: fmt.Sprintf(format, args...)})
}

// waits tells of something that is waited for, and how long that may take.
func (r *runner) waits(id plan.ID, u call.Until, format string, args ...any) {
	r.send(Event{Action: id, State: Waiting, Detail: fmt.Sprintf(format, args...), Limit: u.Limit})
}

func (r *runner) send(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Emit != nil {
		e.Time = r.Now()
		r.Emit(e)
	}
}

// end is how a row ends, once.
func (r *runner) end(id plan.ID, s State, format string, args ...any) {
	r.mu.Lock()
	r.state[id] = s
	r.mu.Unlock()
	r.emit(id, s, format, args...)
}

func (r *runner) setID(id plan.ID, v string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[id] = v
}

// value resolves a reference to another row's output.
func (r *runner) value(v plan.Value) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := r.ids[v.From]; v.From != "" && id != "" {
		return id, nil
	}
	if s, ok := r.Inputs[v.Input]; v.Input != "" && ok && !s.Empty() {
		return s.Reveal(), nil
	}
	return "", fmt.Errorf("the id of %s%s is not known", v.From, v.Input)
}

func (r *runner) stopped(ctx context.Context) bool {
	if ctx.Value(finishing{}) != nil {
		return false
	}
	select {
	case <-r.Stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// row carries one row out.
func (r *runner) row(ctx context.Context, a plan.Action) {
	for _, d := range a.Deps() {
		if c, ok := r.ended[d]; ok {
			<-c
		}
	}
	for _, d := range a.Deps() {
		r.mu.Lock()
		s, ok := r.state[d]
		r.mu.Unlock()
		// One that ended unproven has done what it could.
		if ok && s != Done && s != Kept && s != Unproven {
			r.end(a.ID, Skipped, "not started, since %s was not done", d)
			return
		}
	}
	if r.stopped(ctx) {
		r.end(a.ID, Skipped, "%v", errStopped)
		return
	}
	r.emit(a.ID, Started, "%s", a.Summary)
	steps := call.For(a)
	if steps.InParts() {
		r.parts(ctx, a, steps)
		return
	}
	id, made, err := r.make(ctx, a, steps)
	if errors.Is(err, errStopped) || errors.Is(err, context.Canceled) {
		r.end(a.ID, Skipped, "%v", errStopped)
		return
	}
	if err != nil {
		r.end(a.ID, Failed, "%s: %v", a.Summary, err)
		return
	}
	r.setID(a.ID, id)
	if steps.Until != nil {
		err := r.wait(ctx, a, *steps.Until, id)
		if err == nil && made && a.Op == plan.Modify {
			err = r.settle(ctx, *steps.Find)
		}
		if err != nil {
			if ctx.Err() != nil {
				r.end(a.ID, Skipped, "%s is there and was not yet ready when the run was left", id)
				return
			}
			r.end(a.ID, Failed, "%s: %v", id, err)
			return
		}
	}
	if made {
		r.end(a.ID, Done, "%s", id)
		return
	}
	r.end(a.ID, Kept, "%s", id)
}

// parts carries out a row part by part. What is left to somebody with a login makes
// it unproven.
func (r *runner) parts(ctx context.Context, a plan.Action, s call.Steps) {
	if s.Out != "" { // whatever the last part puts out
		defer r.setID(a.ID, s.Out)
	}
	made := false
	for i, p := range s.Parts {
		if p.Always {
			ctx = context.WithValue(ctx, finishing{}, true)
		}
		if r.stopped(ctx) {
			if back := r.takeBack(ctx, a, s.Parts[i:], made); back != nil {
				r.end(a.ID, Failed, "left before it came to: %s. %v", p.Label, back)
				return
			}
			r.end(a.ID, Skipped, "left before it came to: %s", p.Label)
			return
		}
		did, err := r.part(ctx, a, p)
		made = made || did
		if err == nil {
			continue
		}
		left := ctx.Err() != nil
		if back := r.takeBack(ctx, a, s.Parts[i+1:], made); back != nil {
			r.end(a.ID, Failed, "%s: %v. %v", p.Label, err, back)
			return
		}
		switch {
		case left:
			r.end(a.ID, Skipped, "left at: %s", p.Label)
		case s.Looks:
			r.end(a.ID, Unproven, "%s: %v", p.Label, err)
		default:
			r.end(a.ID, Failed, "%s: %v", p.Label, err)
		}
		return
	}
	out := s.Out
	if out == "" {
		r.mu.Lock()
		out = r.ids[a.ID]
		r.mu.Unlock()
	}
	switch {
	case len(s.Left) > 0:
		r.end(a.ID, Unproven, "%s", strings.Join(s.Left, " "))
	case made, s.Waits(): // which makes nothing, and has been waited for
		r.end(a.ID, Done, "%s", out)
	default:
		r.end(a.ID, Kept, "%s", out)
	}
}

// finishing marks the context of what is done even after the run was told to stop.
type finishing struct{}

// takeBack carries out those of the remaining parts that are always done once something
// was begun.
func (r *runner) takeBack(ctx context.Context, a plan.Action, parts []call.Part, begun bool) error {
	ctx, cancel := context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), finishing{}, true), inFlight)
	defer cancel()
	for _, p := range parts {
		if !p.Always || !begun {
			continue
		}
		if _, err := r.part(ctx, a, p); err != nil {
			return fmt.Errorf("%s: %w. Do it yourself", p.Label, err)
		}
	}
	return nil
}

// part carries out one part of a row, and tells whether anything was changed.
func (r *runner) part(ctx context.Context, a plan.Action, p call.Part) (bool, error) {
	r.mu.Lock()
	id, made, err := r.ids[a.ID], false, error(nil)
	r.mu.Unlock()
	if p.Find != nil || len(p.Do) > 0 {
		if id, made, err = r.make(ctx, a, p.Steps); err != nil {
			return false, err
		}
		r.setID(a.ID, id)
		if !made {
			return false, nil
		}
	}
	if p.Until == nil {
		if made {
			r.emit(a.ID, Waiting, "%s", p.Label)
		}
		return made, nil
	}
	r.waits(a.ID, *p.Until, "%s", p.Label)
	return made, r.wait(ctx, a, *p.Until, id)
}

// settle waits until AWS shows a change of something that was there already: its
// state may not tell.
func (r *runner) settle(ctx context.Context, find call.Call) error {
	const tries = 60
	for try := range tries {
		id, err := r.read(ctx, find)
		if err != nil {
			return err
		}
		if id != "" {
			return nil
		}
		if !sleep(ctx, min(time.Second<<min(try, 3), 5*time.Second)) {
			return ctx.Err()
		}
	}
	return errors.New("AWS took the change and does not show it; run again to look once more")
}

// make finds what the row wants or makes it, and returns its id and whether
// anything was made.
func (r *runner) make(ctx context.Context, a plan.Action, s call.Steps) (id string, made bool, err error) {
	if s.Find != nil {
		id, err = r.read(ctx, *s.Find)
		if err != nil {
			return "", false, err
		}
		if id != "" {
			return id, false, nil
		}
		if len(s.Do) == 0 {
			return "", false, fmt.Errorf("%s is no longer there; look again and make a new plan", orID(a))
		}
	}
	for _, c := range s.Do {
		out, err := r.do(ctx, a, c)
		if isDone(err, c.Done) && s.Find != nil { // somebody made it in between
			id, err = r.read(ctx, *s.Find)
			if err == nil && id == "" {
				err = fmt.Errorf("AWS says that it exists, and does not show it")
			}
			return id, false, err
		}
		if err != nil {
			return "", false, err
		}
		if out != "" {
			id = out
		}
	}
	return id, true, nil
}

func orID(a plan.Action) string {
	if a.Existing != "" {
		return a.Existing
	}
	return string(a.ID)
}

// fetch makes a call and returns its answer with the expression to read it by.
func (r *runner) fetch(ctx context.Context, c call.Call, token string) (data any, expr string, err error) {
	in, expr, err := c.Bind(r.value, token)
	if err != nil {
		return nil, "", err
	}
	if c.Base != nil {
		begun, err := r.ask(ctx, *c.Base, "")
		if err != nil {
			return nil, "", err
		}
		base, ok := begun.(map[string]any)
		if !ok {
			return nil, "", fmt.Errorf("%s:%s shows nothing to begin with", c.Base.Service, c.Base.Op)
		}
		for k, v := range in {
			base[k] = v
		}
		in = base
	}
	data, err = r.Caller.Call(ctx, c.Service, c.Op, in)
	return data, expr, err
}

// ask makes a call and evaluates its expression.
func (r *runner) ask(ctx context.Context, c call.Call, token string) (any, error) {
	data, expr, err := r.fetch(ctx, c, token)
	if err != nil || expr == "" {
		return nil, err
	}
	return call.Query(expr, data)
}

// read makes a reading call; no text means that nothing was found.
func (r *runner) read(ctx context.Context, c call.Call) (string, error) {
	v, err := r.ask(ctx, c, "")
	if isDone(err, c.Absent) {
		return "", nil
	}
	if err != nil || !call.Found(v) {
		return "", err
	}
	return call.Text(v), nil
}

// inFlight is how long a call that changes something may go on after the run was
// told to stop at once: its outcome must be known.
const inFlight = 30 * time.Second

// do makes a changing call, at the pace that AWS allows.
func (r *runner) do(ctx context.Context, a plan.Action, c call.Call) (string, error) {
	var id string
	err := r.pace.do(ctx, func() bool { return r.stopped(ctx) }, r.pauses(a), func() error {
		flight, cancel := context.WithTimeout(context.WithoutCancel(ctx), inFlight)
		defer cancel()
		v, err := r.ask(flight, c, r.token(a))
		if err == nil && call.Found(v) {
			id = call.Text(v)
		}
		return err
	})
	return id, err
}

// pauses decides how long to wait before a failed call is made again.
func (r *runner) pauses(a plan.Action) func(error, int) (time.Duration, bool) {
	// What was just made or changed may be unknown to other parts of AWS for a moment.
	made, changed := false, false
	for _, d := range a.Deps() {
		if b := r.plan.Action(d); b != nil {
			made = made || b.Op == plan.Create
			changed = changed || b.Op == plan.Modify
		}
	}
	return func(err error, attempt int) (time.Duration, bool) {
		var t interface{ Throttled() bool }
		switch {
		case errors.As(err, &t) && t.Throttled():
			if attempt == 0 {
				r.emit(a.ID, Waiting, "AWS limits how fast this may be called; trying again")
			}
			return min(250*time.Millisecond<<min(attempt, 3), 1500*time.Millisecond), attempt < 200
		case made && (strings.HasSuffix(codeOf(err), ".NotFound") || codeOf(err) == "NoSuchEntity" || codeOf(err) == "InvalidParameterValue" && strings.Contains(err.Error(), "IAM Instance Profile")), changed && strings.Contains(err.Error(), "enableDnsHostnames"):
			return min(time.Second<<attempt, 4*time.Second), attempt < 5
		}
		return 0, false
	}
}

// token makes the idempotency token of a row: the same within a run, so that a
// retried call makes nothing twice; new in the next, so that what was deleted can
// be made again.
func (r *runner) token(a plan.Action) string {
	t := r.RunID + "-" + strings.NewReplacer("/", "-", ".", "-").Replace(string(a.ID))
	return t[:min(len(t), 64)]
}

// codeOf is AWS's error code, if the error has one.
func codeOf(err error) string {
	var c interface{ ErrorCode() string }
	if errors.As(err, &c) {
		return c.ErrorCode()
	}
	return ""
}

func isDone(err error, done []string) bool {
	code := codeOf(err)
	for _, d := range done {
		if code != "" && d == code {
			return true
		}
	}
	return false
}
