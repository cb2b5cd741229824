package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Caller makes one AWS call that is given as data. It returns the answer with the field names of
// the AWS CLI.
type Caller interface {
	Call(ctx context.Context, service, op string, in map[string]any) (any, error)
}

// Options configure a run.
type Options struct {
	Caller Caller
	RunID  string           // part of idempotency tokens; new for each run
	Now    func() time.Time // time of events
	Emit   func(Event)      // called from one goroutine at a time; nil is silent
	// Inputs are the values for the plan's Inputs, by name.
	Inputs map[string]secret.Text
	// Save writes a file of the plan and returns messages about it. If it is nil, no file is
	// written.
	Save func(File) []string
	// When Stop is closed, no further change starts; calls in flight finish. Cancelling the
	// context also stops the waiting.
	Stop <-chan struct{}
}

// Apply applies the plan and then verifies it. Changes run in parallel within their order. A
// change that already exists is kept. Events report failures, and the summary counts them.
func Apply(ctx context.Context, p *plan.Plan, o Options) Summary {
	r := &runner{Options: o, plan: p, pace: newPacer(), ids: map[resource.ID]string{}, state: map[resource.ID]State{}, begun: map[resource.ID]bool{}, ended: map[resource.ID]chan struct{}{}}
	polling, enough := context.WithCancel(ctx)
	r.polls = &poller{ctx: polling, fetch: r.fetch, polling: map[string]*poll{}}
	for _, a := range p.Changes {
		r.ended[a.ID] = make(chan struct{})
	}
	var rows sync.WaitGroup
	for _, a := range p.Changes {
		rows.Go(func() {
			defer close(r.ended[a.ID])
			r.row(ctx, a)
		})
	}
	rows.Wait()
	enough()
	r.polls.running.Wait()
	s := Summary{State: summary, IDs: r.ids, Proof: ProofUnproven}
	for _, a := range p.Changes {
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
			if r.begun[a.ID] {
				s.Stopped++
			}
		}
	}
	if s.Failed+s.Skipped == 0 && ctx.Err() == nil {
		s.Proof, s.Unproven = r.prove(ctx)
		s.Next = r.next(ctx)
	}
	s.Next = append(s.Next, r.save(ctx, s.Failed+s.Skipped == 0)...)
	return s
}

// File is the result of a call that is saved.
type File struct {
	resource.Save
	Config string // as AWS returns it; empty if it does not
	// HasKey reports that this run imported the certificate of the file, so that the run's inputs are
	// its certificate and key.
	HasKey bool
}

// save writes the files. The key that this run received exists nowhere else, so the file is
// written even if the run failed.
func (r *runner) save(ctx context.Context, well bool) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), inFlight)
	defer cancel()
	var out []string
	for _, a := range r.plan.Changes {
		save := a.Steps().Save
		if save == nil || r.Options.Save == nil {
			continue
		}
		f := File{Save: *save, HasKey: r.state[save.Made] == Done}
		if !well && !f.HasKey {
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

// next collects the next steps for the user.
func (r *runner) next(ctx context.Context) []string {
	var out []string
	for _, a := range r.plan.Changes {
		tell := a.Steps().Tell
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
				out = append(out, resource.Text(texts[0]))
			}
		}
	}
	return out
}

// runner is the state of one run.
type runner struct {
	Options
	plan  *plan.Plan
	pace  *pacer
	polls *poller

	mu    sync.Mutex // protects the following fields and Emit
	ids   map[resource.ID]string
	state map[resource.ID]State
	begun map[resource.ID]bool
	ended map[resource.ID]chan struct{} // read-only after the changes start
}

func (r *runner) emit(id resource.ID, s State, format string, args ...any) {
	r.send(Event{Change: id, State: s, Detail: fmt.Sprintf(format, args...)})
}

// waits reports a wait and its limit.
func (r *runner) waits(id resource.ID, u resource.Until, format string, args ...any) {
	r.send(Event{Change: id, State: Waiting, Detail: fmt.Sprintf(format, args...), Limit: u.Limit})
}

func (r *runner) send(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Emit != nil {
		e.Time = r.Now()
		r.Emit(e)
	}
}

// end ends a change. It is called once per change.
func (r *runner) end(id resource.ID, s State, format string, args ...any) {
	r.mu.Lock()
	r.state[id] = s
	r.mu.Unlock()
	r.emit(id, s, format, args...)
}

func (r *runner) setID(id resource.ID, v string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[id] = v
}

// value resolves a reference to the output of another change.
func (r *runner) value(v resource.Value) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := r.ids[v.From]; v.From != "" && id != "" {
		return id, nil
	}
	if s, ok := r.Inputs[v.Input]; v.Input != "" && ok && !s.Empty() {
		return s.Reveal(), nil
	}
	return "", fmt.Errorf("the id of %s%s is unknown", v.From, v.Input)
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

// row applies one change.
func (r *runner) row(ctx context.Context, a resource.Change) {
	for _, d := range a.Deps() {
		if c, ok := r.ended[d]; ok {
			<-c
		}
	}
	for _, d := range a.Deps() {
		r.mu.Lock()
		s, ok := r.state[d]
		r.mu.Unlock()
		// A change that is not verified is complete.
		if ok && s != Done && s != Kept && s != Unproven {
			r.end(a.ID, Skipped, "not started, because %s was not applied", d)
			return
		}
	}
	if r.stopped(ctx) {
		r.end(a.ID, Skipped, "%v", errStopped)
		return
	}
	r.mu.Lock()
	r.begun[a.ID] = true
	r.mu.Unlock()
	r.emit(a.ID, Started, "%s", a.Summary)
	steps := a.Steps()
	if steps.InParts() {
		r.parts(ctx, a, steps)
		return
	}
	id, made, err := r.make(ctx, a, steps)
	if errors.Is(err, errStopped) || errors.Is(err, context.Canceled) {
		r.end(a.ID, Skipped, "stopped on request before completion")
		return
	}
	if err != nil {
		r.end(a.ID, Failed, "%s: %v", a.Summary, err)
		return
	}
	r.setID(a.ID, id)
	if steps.Until != nil {
		err := r.wait(ctx, a, *steps.Until, id)
		if err == nil && made && a.Op == resource.Modify {
			err = r.settle(ctx, *steps.Find)
		}
		if err != nil {
			if ctx.Err() != nil {
				r.end(a.ID, Skipped, "%s exists, but was not ready when the run was stopped", id)
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

// parts runs the parts of a change. If a manual step remains, the change ends as not verified.
func (r *runner) parts(ctx context.Context, a resource.Change, s resource.Steps) {
	if s.Out != "" { // instead of the output of the last part
		defer r.setID(a.ID, s.Out)
	}
	made := false
	for i, p := range s.Parts {
		if p.Always {
			ctx = context.WithValue(ctx, finishing{}, true)
		}
		if r.stopped(ctx) {
			if back := r.takeBack(ctx, a, s.Parts[i:], made); back != nil {
				r.end(a.ID, Failed, "stopped before: %s. %v", p.Label, back)
				return
			}
			r.end(a.ID, Skipped, "stopped before: %s", p.Label)
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
			r.end(a.ID, Skipped, "stopped at: %s", p.Label)
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
	case made, s.Waits(): // the wait of a change that only waits is over
		r.end(a.ID, Done, "%s", out)
	default:
		r.end(a.ID, Kept, "%s", out)
	}
}

// finishing marks the context of calls that run even after the run was stopped.
type finishing struct{}

// takeBack runs the remaining parts that must run after something was begun.
func (r *runner) takeBack(ctx context.Context, a resource.Change, parts []resource.Part, begun bool) error {
	ctx, cancel := context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), finishing{}, true), inFlight)
	defer cancel()
	for _, p := range parts {
		if !p.Always || !begun {
			continue
		}
		if _, err := r.part(ctx, a, p); err != nil {
			return fmt.Errorf("%s: %w. Do this manually", p.Label, err)
		}
	}
	return nil
}

// part runs one part of a change and reports whether it changed anything.
func (r *runner) part(ctx context.Context, a resource.Change, p resource.Part) (bool, error) {
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

// settle waits until AWS shows the change of an existing resource, because its state may not show
// it.
func (r *runner) settle(ctx context.Context, find resource.Call) error {
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
	return errors.New("AWS accepted the change but does not show it; run again to check")
}

// make finds or creates the resource of a change. It returns its id and whether it was created.
func (r *runner) make(ctx context.Context, a resource.Change, s resource.Steps) (id string, made bool, err error) {
	if s.Find != nil {
		id, err = r.read(ctx, *s.Find)
		if err != nil {
			return "", false, err
		}
		if id != "" {
			return id, false, nil
		}
		if len(s.Do) == 0 {
			return "", false, fmt.Errorf("%s no longer exists; read the account again and create a new plan", orID(a))
		}
	}
	for _, c := range s.Do {
		out, err := r.do(ctx, a, c)
		if isDone(err, c.Done) && s.Find != nil { // somebody created it in the meantime
			id, err = r.read(ctx, *s.Find)
			if err == nil && id == "" {
				err = fmt.Errorf("AWS reports that it exists but does not show it")
			}
			return id, false, err
		}
		var e interface{ Unsure() bool }
		if errors.As(err, &e) && e.Unsure() && s.Find != nil && len(s.Do) == 1 {
			// No answer shows whether AWS created it. It did not exist before the call.
			if id, found := r.read(ctx, *s.Find); found == nil && id != "" {
				return id, true, nil
			}
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

func orID(a resource.Change) string {
	if a.Existing != "" {
		return a.Existing
	}
	return string(a.ID)
}

// fetch makes a call and returns its answer with the expression that reads it.
func (r *runner) fetch(ctx context.Context, c resource.Call, token string) (data any, expr string, err error) {
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
			return nil, "", fmt.Errorf("%s:%s returned nothing for the request", c.Base.Service, c.Base.Op)
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
func (r *runner) ask(ctx context.Context, c resource.Call, token string) (any, error) {
	data, expr, err := r.fetch(ctx, c, token)
	if err != nil || expr == "" {
		return nil, err
	}
	return resource.Query(expr, data)
}

// read makes a reading call. An empty text means that nothing was found.
func (r *runner) read(ctx context.Context, c resource.Call) (string, error) {
	v, err := r.ask(ctx, c, "")
	if isDone(err, c.Absent) {
		return "", nil
	}
	if err != nil || !resource.Found(v) {
		return "", err
	}
	return resource.Text(v), nil
}

// inFlight is how long a changing call may continue after the run was cancelled, because its
// result must be known.
const inFlight = 30 * time.Second

// do makes a changing call, at the pace that AWS allows.
func (r *runner) do(ctx context.Context, a resource.Change, c resource.Call) (string, error) {
	var id string
	err := r.pace.do(ctx, func() bool { return r.stopped(ctx) }, r.pauses(a, c), func() error {
		flight, cancel := context.WithTimeout(context.WithoutCancel(ctx), inFlight)
		defer cancel()
		v, err := r.ask(flight, c, r.token(a))
		if err == nil && resource.Found(v) {
			id = resource.Text(v)
		}
		return err
	})
	return id, err
}

// pauses returns a function that decides how long to wait before a failed call is repeated.
func (r *runner) pauses(a resource.Change, c resource.Call) func(error, int) (time.Duration, bool) {
	created, modified := r.plan.Follows(a)
	return func(err error, attempt int) (time.Duration, bool) {
		var t interface{ Throttled() bool }
		switch {
		case errors.As(err, &t) && t.Throttled():
			if attempt == 0 {
				r.emit(a.ID, Waiting, "AWS limits the rate of this call; trying again")
			}
			return min(250*time.Millisecond<<min(attempt, 3), 1500*time.Millisecond), attempt < 200
		case created && (strings.HasSuffix(codeOf(err), ".NotFound") || codeOf(err) == "NoSuchEntity"), (created || modified) && c.RetryOn != "" && strings.Contains(err.Error(), c.RetryOn):
			return min(time.Second<<attempt, 4*time.Second), attempt < 5
		}
		return 0, false
	}
}

// token returns the idempotency token of a change. It is the same within a run, so that a retried
// call creates nothing twice, and new in the next run, so that a deleted resource can be created
// again.
func (r *runner) token(a resource.Change) string {
	t := r.RunID + "-" + strings.NewReplacer("/", "-", ".", "-").Replace(string(a.ID))
	return t[:min(len(t), 64)]
}

// codeOf returns AWS's error code, if the error has one.
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
