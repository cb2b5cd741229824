package run

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// Speed is how much faster than AWS the account works, such as a sandbox account. Polls and the pace of calls
	// adapt to it. 0 means 1.
	Speed float64
	// Rate is how many calls per second are made of operations that AWS limits, after those that it allows at once. 0 is
	// slightly below the limit of each.
	Rate float64
	// Preflight tries each permission that the changes need before anything is written. Nothing is if one is missing.
	Preflight bool
	Emit      func(Event) // called from one goroutine at a time; nil is silent
	// Calls adds an event for each call that changes something: State Called, with the operation and its result.
	Calls bool
	// Inputs are the values for the plan's Inputs, by name.
	Inputs map[string]secret.Text
	// Save writes a file of the plan. It returns messages about it, and whether the file is complete. If it is nil, no
	// file is written.
	Save func(File) (texts []string, complete bool)
	// Record keeps a step of the run for Undo: before a call that changes something, and again with the id of the result,
	// before the next step. If it fails, the call is not made. If it is nil, nothing is kept.
	Record func(Step) error
	// Renew gets new credentials after the user has logged in again. If the credentials expire, the run pauses until it
	// succeeds. If it is nil, nobody can log in, and no more changes start.
	Renew func(context.Context) error
	// When Stop is closed, no further call starts except to take back what must not remain, and waits end; calls in
	// flight finish. Cancelling the context also ends those: it is then not known whether they were applied.
	Stop <-chan struct{}
}

// Apply applies the plan and verifies it. Changes run in parallel within their order. A
// change that already exists is kept. The claims about a change that is applied are measured as soon as it is ready,
// all others at the end. Events report failures, and the summary counts them.
func Apply(ctx context.Context, p *plan.Plan, o Options) Summary {
	r := newRunner(ctx, p, o)
	defer r.close()
	polling, enough := context.WithCancel(ctx)
	r.polls = &poller{ctx: polling, fetch: r.fetch, now: r.reads.now, scaled: r.pace.scaled, polling: map[string]*poll{}}
	for _, a := range p.Changes {
		r.ended[a.ID], r.verified[a.ID] = make(chan struct{}), make(chan struct{})
	}
	if missing := r.preflight(ctx); len(missing) > 0 {
		enough()
		return r.refuse(missing)
	}
	var rows sync.WaitGroup
	for _, a := range p.Changes {
		rows.Go(func() {
			func() {
				defer close(r.ended[a.ID])
				r.row(ctx, a)
			}()
			defer close(r.verified[a.ID])
			r.verify(ctx, a)
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
		if r.unanswered[a.ID] {
			s.Unknown = append(s.Unknown, a.ID)
		}
		if a.Billed() && r.ids[a.ID] != "" {
			monthly, _ := p.Monthly(a)
			s.Billed = append(s.Billed, Bill{a.ID, r.ids[a.ID], monthly})
		}
	}
	if s.Failed+s.Skipped == 0 {
		s.Billed = nil // it was reviewed as the cost of the plan
	}
	if s.Failed+s.Skipped == 0 && ctx.Err() == nil {
		s.Proof, s.Unproven = r.prove(ctx)
		s.Next = r.next(ctx)
	}
	r.save(ctx, &s)
	r.session.conclude(&s) // first, because the states are only for a later undo
	r.recordStates(ctx)
	return s
}

func newRunner(ctx context.Context, p *plan.Plan, o Options) *runner {
	pace := newPacer(cmp.Or(o.Speed, 1), o.Rate)
	starts, noMore := context.WithCancelCause(ctx)
	calls := &session{caller: o.Caller, renew: o.Renew, every: pace.scaled(renewEvery), ctx: starts, giveUp: noMore, started: time.Now()}
	o.Caller = calls
	r := &runner{Options: o, plan: p, pace: pace, session: calls, starts: starts, noMore: noMore,
		reads: &reads{caller: calls, clock: o.Now, lasts: pace.scaled(lasts), answers: map[string]*answer{}}, ids: map[resource.ID]string{}, state: map[resource.ID]State{},
		begun: map[resource.ID]bool{}, unanswered: map[resource.ID]bool{}, wrote: map[resource.ID]moment{}, unchanged: map[resource.ID]bool{}, others: map[resource.ID]bool{}, since: map[resource.ID]moment{}, ended: map[resource.ID]chan struct{}{}, verified: map[resource.ID]chan struct{}{}, verdicts: make([]verdict, len(p.Claims))}
	calls.emit = func(s State, p *Pause, detail string) {
		r.send(Event{Change: Credentials, State: s, Detail: detail, Pause: p})
	}
	calls.called = func(ctx context.Context, service, op string, in map[string]any, err error) {
		if !o.Calls || resource.Reads(op) || in["DryRun"] == true {
			return
		}
		result := "ok"
		if err != nil {
			result = cmp.Or(codeOf(err), "no answer")
		}
		r.emit(resource.ChangeOf(ctx), Called, "%s: %s", resource.Action(service, op), result)
	}
	go func() {
		select {
		case <-o.Stop:
			noMore(errStopped)
		case <-starts.Done():
		}
	}()
	return r
}

// close ends what newRunner started.
func (r *runner) close() {
	r.noMore(errStopped)
	r.session.wg.Wait()
}

// File is a file of the plan and what is known for it at the end of the run.
type File struct {
	resource.Save
	Config   string // as AWS returns it; empty if it does not
	Endpoint string // id of the Client VPN endpoint; empty if it is not known
	Number   string // serial number of the client's certificate in ACM; empty if it is not known
}

// save writes the files, also after a run that failed: the next one may not be needed for them.
func (r *runner) save(ctx context.Context, s *Summary) {
	for _, a := range r.plan.Changes {
		save := a.Steps().Save
		if save == nil || r.Options.Save == nil {
			continue
		}
		f := File{Save: *save, Endpoint: r.ids[a.ID]}
		for _, part := range []struct {
			call resource.Call
			text *string
		}{{save.Serial, &f.Number}, {save.Call, &f.Config}} {
			if r.unknown(part.call) {
				continue
			}
			var err error
			if *part.text, err = r.read(ctx, a, part.call, r.reads.now()); err != nil && ctx.Err() == nil && !ended(err) {
				s.Next = append(s.Next, fmt.Sprintf("%s: %v", a.ID, err))
			}
		}
		texts, complete := r.Options.Save(f)
		s.Next = append(s.Next, texts...)
		if !complete && !r.others[save.Client] { // the other run has the key
			s.Unsaved++
		}
	}
}

// unknown reports whether a call refers to something that the run has not created.
func (r *runner) unknown(c resource.Call) bool {
	_, _, err := c.Bind(r.value, "")
	return err != nil
}

// next collects the next steps for the user.
func (r *runner) next(ctx context.Context) []string {
	var out []string
	for _, a := range r.plan.Changes {
		tell := a.Steps().Tell
		if tell == nil {
			continue
		}
		v, err := r.ask(ctx, *tell, r.reads.now(), r.token(a))
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
	reads *reads
	// session is the Caller.
	session *session
	// starts ends when no more changes start. NoMore ends it, with the reason.
	starts context.Context
	noMore context.CancelCauseFunc

	mu    sync.Mutex // protects the following fields and Emit
	ids   map[resource.ID]string
	state map[resource.ID]State
	begun map[resource.ID]bool
	steps []Step // recorded
	// unanswered are the changes with a call that the end of the run cut off.
	unanswered map[resource.ID]bool
	// wrote is when the last changing call of a change was made. Since is the same of the changes that it depends
	// on: what was read later shows their effects.
	wrote, since map[resource.ID]moment
	verdicts     []verdict            // of the claims
	unchanged    map[resource.ID]bool // changes with a new value that the account has already
	// others are changes with a resource that another run created at the same time.
	others map[resource.ID]bool
	// These are read-only after the changes start. They are closed when a change has ended, and when its claims were
	// measured for the first time.
	ended, verified map[resource.ID]chan struct{}
}

func (r *runner) emit(id resource.ID, s State, format string, args ...any) {
	r.send(Event{Change: id, State: s, Detail: fmt.Sprintf(format, args...)})
}

// shortestLimit is the shortest limit of a wait in an account that is faster than AWS, in seconds: the computer is not faster.
const shortestLimit = 60

// limit is the maximum wait in seconds. It adapts to the speed of the account.
func (r *runner) limit(u resource.Until) int {
	return min(u.Limit, max(int(float64(u.Limit)/r.pace.speed), shortestLimit))
}

// waits reports a wait and its limit.
func (r *runner) waits(id resource.ID, u resource.Until, format string, args ...any) {
	r.send(Event{Change: id, State: Waiting, Detail: fmt.Sprintf(format, args...), Limit: r.limit(u)})
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

// mark adds a change to one of the sets of changes.
func (r *runner) mark(set map[resource.ID]bool, id resource.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	set[id] = true
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

// reason returns what became of a change, and why the run was stopped.
func (r *runner) reason(fate string) string {
	if context.Cause(r.starts) == errExpired {
		return fate + ": the credentials have expired"
	}
	return fate + ": stopped on request"
}

func (r *runner) stopped(ctx context.Context) bool { return r.starting(ctx).Err() != nil }

// starting returns the context of calls that have not started: it ends when the run is stopped, except for what
// must finish.
func (r *runner) starting(ctx context.Context) context.Context {
	if ctx.Value(finishing{}) != nil {
		return ctx
	}
	select {
	case <-r.Stop: // the goroutine that waits for it may be late
		r.noMore(errStopped)
	default:
	}
	return r.starts
}

// row applies one change.
func (r *runner) row(ctx context.Context, a resource.Change) {
	ctx = resource.ForChange(ctx, a.ID)
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
		r.end(a.ID, Skipped, "%s", r.reason("not started"))
		return
	}
	r.mu.Lock()
	r.begun[a.ID] = true
	var since moment
	for _, d := range a.Deps() {
		since = max(since, r.since[d], r.wrote[d])
	}
	r.since[a.ID] = since
	r.mu.Unlock()
	r.emit(a.ID, Started, "%s", a.Summary)
	steps := a.Steps()
	if steps.Verify != nil {
		r.gate(ctx, a, steps)
		return
	}
	if steps.InParts() {
		r.parts(ctx, a, steps)
		return
	}
	// What other changes wrote does not create the resource of this one, so they share what was read.
	id, made, err := r.make(ctx, a, step{Steps: steps, label: a.Summary}, 0)
	if errors.Is(err, errUnanswered) {
		r.end(a.ID, Skipped, "%v", err)
		return
	}
	if ended(err) {
		r.end(a.ID, Skipped, "%s", r.reason("stopped before completion"))
		return
	}
	if err != nil {
		r.end(a.ID, Failed, "%s: %v", a.Summary, err)
		return
	}
	r.setID(a.ID, id)
	if steps.Until != nil {
		waiting := r.starting(ctx)
		err := r.wait(waiting, a, *steps.Until, id, made, since)
		if err == nil && made && a.Op == resource.Modify {
			err = r.settle(waiting, a, *steps.Find)
		}
		if err != nil {
			if ended(err) {
				text := "%s exists, but was not ready when the run was stopped"
				if steps.Until.Missing == steps.Until.Want { // it waits for a deletion
					text = "%s was still being deleted when the run was stopped"
				}
				r.end(a.ID, Skipped, text, id)
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

// parts runs the parts of a change. If a manual step remains or parts were skipped, the change ends as not verified.
func (r *runner) parts(ctx context.Context, a resource.Change, s resource.Steps) {
	if s.Out != "" { // instead of the output of the last part
		defer r.setID(a.ID, s.Out)
	}
	left := slices.Clone(s.Left)
	if s.Complete != nil {
		switch over, err := r.read(ctx, a, *s.Complete, r.latest(a)); {
		case ended(err):
			r.end(a.ID, Skipped, "%s", r.reason("stopped before completion"))
			return
		case err != nil:
			r.end(a.ID, Failed, "%s: %v", a.Summary, err)
			return
		case over != "":
			s.Parts = nil
		}
	}
	made, begun := false, false
	var gone *resource.Subject
	for i, p := range s.Parts {
		if p.Of != nil && p.Of == gone {
			continue
		}
		at := ctx
		if p.Always {
			at = context.WithValue(ctx, finishing{}, true)
		}
		if p.Next {
			var cancel context.CancelFunc
			at, cancel = r.finish(ctx)
			defer cancel()
		}
		if r.stopped(at) {
			reverted, back := r.takeBack(ctx, a, s.Parts[i:], begun)
			if back != nil {
				r.end(a.ID, Failed, "stopped before: %s. %v", p.Label, back)
				return
			}
			r.end(a.ID, Skipped, "stopped before: %s", sentences(p.Label, reverted))
			return
		}
		did, err := false, error(nil)
		exists := true
		if i == 0 || s.Parts[i-1].Of != p.Of {
			exists, err = r.exists(at, a, p.Of, r.latest(a))
		}
		if err == nil && exists {
			did, err = r.part(at, a, i, p)
			made = made || did
			begun = !p.Always && (begun || did)
			if err != nil && !ended(err) {
				found, unread := r.exists(at, a, p.Of, r.reads.now())
				exists = found || unread != nil // the first error says more
			}
		}
		switch {
		case !exists:
			gone, begun = p.Of, false
			r.emit(a.ID, Waiting, "%s", gone.Gone)
			if !slices.Contains(left, gone.Gone) {
				left = append(left, gone.Gone)
			}
			continue
		case err == nil:
			continue
		}
		reverted := ""
		if !p.Always {
			var back error
			if reverted, back = r.takeBack(ctx, a, s.Parts[i+1:], begun || errors.Is(err, errUnanswered)); back != nil {
				r.end(a.ID, Failed, "%s: %v", p.Label, sentences(err.Error(), back.Error()))
				return
			}
		} else if p.Help != "" {
			reverted = p.Help
		}
		switch {
		case errors.Is(err, errUnanswered):
			r.end(a.ID, Skipped, "stopped at: %s: %s", p.Label, sentences(err.Error(), reverted))
		case ended(err):
			r.end(a.ID, Skipped, "stopped at: %s", sentences(p.Label, reverted))
		case s.Looks:
			r.end(a.ID, Unproven, "%s: %s", p.Label, sentences(err.Error(), reverted))
		default:
			r.end(a.ID, Failed, "%s: %s", p.Label, sentences(err.Error(), reverted))
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
	case len(left) > 0:
		r.end(a.ID, Unproven, "%s", strings.Join(left, " "))
	case made, s.Waits(): // the wait of a change that only waits is over
		r.end(a.ID, Done, "%s", out)
	default:
		r.end(a.ID, Kept, "%s", out)
	}
}

// exists reports whether AWS shows, since a moment, the subject of a part.
func (r *runner) exists(ctx context.Context, a resource.Change, of *resource.Subject, since moment) (bool, error) {
	if of == nil || of.Exists == nil {
		return true, nil
	}
	id, err := r.read(ctx, a, *of.Exists, since)
	return id != "", err
}

// finishing marks the context of calls that run even after the run was stopped.
type finishing struct{}

// finish returns the context of calls that run even after the run was cancelled.
func (r *runner) finish(ctx context.Context) (context.Context, context.CancelFunc) {
	return r.session.within(context.WithValue(context.WithoutCancel(ctx), finishing{}, true), inFlight)
}

// takeBack runs the next parts that must run after something was begun, and returns what they changed as a text. Those that
// follow later revert what was not begun. A part with a Find shows itself whether it has anything to revert, such as what
// an earlier run began.
func (r *runner) takeBack(ctx context.Context, a resource.Change, parts []resource.Part, begun bool) (string, error) {
	ctx, cancel := r.session.within(context.WithValue(ctx, finishing{}, true), inFlight)
	defer cancel()
	var did []string
	for _, p := range resource.Reverting(parts) {
		if !begun && p.Find == nil {
			continue
		}
		help := cmp.Or(p.Help, "Do this manually")
		if ctx.Err() != nil {
			return "", fmt.Errorf("not done, because the run was ended: %s. %s", p.Label, help)
		}
		made, err := r.part(ctx, a, 0, p)
		if err != nil {
			return "", fmt.Errorf("%s: %w. %s", p.Label, err, help)
		}
		if made {
			did = append(did, p.Label)
		}
	}
	if len(did) == 0 {
		return "", nil
	}
	return "Done to revert this: " + strings.Join(did, ", "), nil
}

// sentences joins two texts. The second one may be empty.
func sentences(a, b string) string {
	if b == "" {
		return a
	}
	return strings.TrimSuffix(a, ".") + ". " + b
}

// part runs one part of a change and reports whether it changed anything.
func (r *runner) part(ctx context.Context, a resource.Change, n int, p resource.Part) (bool, error) {
	r.mu.Lock()
	id, made, err := r.ids[a.ID], false, error(nil)
	r.mu.Unlock()
	switch {
	case p.Find != nil && len(p.Do) == 0:
		if over, err := r.read(ctx, a, *p.Find, r.reads.now()); err != nil || over != "" {
			return false, err
		}
	case p.Find != nil || len(p.Do) > 0:
		since := r.latest(a)
		if p.Always { // other runs may change what it reverts
			since = r.reads.now()
		}
		if id, made, err = r.make(ctx, a, step{p.Steps, p.Label, n}, since); err != nil {
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
	return made, r.wait(r.starting(ctx), a, *p.Until, id, made, r.latest(a))
}

// latest returns the last moment of a changing call of a change or of one that it depends on.
func (r *runner) latest(a resource.Change) moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.since[a.ID], r.wrote[a.ID])
}

// settle waits until AWS shows the change of an existing resource, because its state may not show
// it.
func (r *runner) settle(ctx context.Context, a resource.Change, find resource.Call) error {
	const tries = 60
	since := r.latest(a) // what the wait read may show it
	for try := range tries {
		id, err := r.read(ctx, a, find, since)
		if err != nil {
			return err
		}
		if id != "" {
			return nil
		}
		if !sleep(ctx, r.pace.scaled(min(time.Second<<min(try, 3), 5*time.Second))) {
			return ctx.Err()
		}
		since = r.reads.now()
	}
	return errors.New("AWS accepted the change but does not show it; run again to check")
}

// step is a change without parts, or one of its parts.
type step struct {
	resource.Steps
	label  string
	number int // of the part
}

// make finds or creates the resource of a change. It returns its id and whether it was created. What was read
// since a moment shows whether it exists.
func (r *runner) make(ctx context.Context, a resource.Change, s step, since moment) (id string, made bool, err error) {
	if s.Same != nil && r.same(ctx, *s.Same) {
		r.mark(r.unchanged, a.ID)
		return s.Same.ID, false, nil
	}
	if s.Find != nil && !r.cannotExist(s.Steps) {
		id, err = r.find(ctx, a, s.Steps, since)
		if err != nil || id != "" {
			return id, false, err
		}
		if len(s.Do) == 0 {
			return "", false, fmt.Errorf("%s no longer exists; read the account again and create a new plan", orID(a))
		}
	}
	if len(s.Do) == 0 {
		return id, true, nil
	}
	if sent := s.Do[0].Sent; sent != nil {
		if id, err = r.read(ctx, a, *sent, r.reads.now()); err != nil || id != "" {
			return id, err == nil, err
		}
	}
	if err := r.record(a, s); err != nil {
		return "", false, err
	}
	id, sure, err := r.do(ctx, a, s.Do[0], s.Find)
	if err == nil {
		err = r.recordID(a, s, id, sure)
	}
	if err == nil && s.First != nil {
		return r.first(ctx, a, s.Steps, id, sure)
	}
	if rejected(err) && (s.Find != nil || s.Do[0].Sent != nil) { // somebody may have created it in the meantime
		c := s.Do[0]
		c.Seen = nil // a rejected call has no effect
		if id := r.lookUp(ctx, a, c, s.Find); id != "" {
			return id, false, nil
		}
		if isDone(err, s.Do[0].Done) {
			err = fmt.Errorf("AWS reports that it exists but does not show it")
		}
	}
	return id, err == nil, err
}

// rejected reports whether AWS answered that it does not make a change, for another reason than a missing permission.
func rejected(err error) bool { return codeOf(err) != "" && !unsure(err) && !refused(err) }

// refused reports whether AWS refused a call because of the credentials or their permissions.
func refused(err error) bool {
	var e interface {
		Denied() bool
		NoCredentials() bool
	}
	return errors.As(err, &e) && (e.Denied() || e.NoCredentials())
}

// comparing are the waits before AWS is asked which of several new resources is the first. In the first one, what other
// runs created in the same second shows too. AWS may show a new resource late.
var comparing = []time.Duration{2 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// first returns the resource that all runs keep that created it at the same time. If that is not the one that this run
// created, it reverts its own. This also happens after the run was stopped. What was found after a call without an
// answer may be the resource of another run, so it is never reverted.
func (r *runner) first(ctx context.Context, a resource.Change, s resource.Steps, own string, sure bool) (id string, made bool, err error) {
	ctx, cancel := r.finish(ctx)
	defer cancel()
	r.setID(a.ID, own)
	for _, wait := range comparing {
		if !sleep(ctx, r.pace.scaled(wait)) {
			break
		}
		if id, err = r.read(ctx, a, *s.First, r.reads.now()); err == nil && id != "" {
			break
		}
	}
	if err != nil || id == "" || id == own || !sure {
		return own, true, nil
	}
	for _, undo := range s.Undo {
		if _, _, err := r.do(ctx, a, undo, nil); err != nil && !isDone(err, undo.Done) {
			return "", false, fmt.Errorf("another run created %s at the same time, and %s, which this run created, could not be deleted: %w. Delete it manually, or run again after that", id, own, err)
		}
	}
	r.mark(r.others, a.ID)
	r.emit(a.ID, Waiting, "another run created %s at the same time; %s, which this run created, was deleted", id, own)
	return id, false, nil
}

// find returns the id of what a change needs, if it exists. It is an error if something else exists in its place.
func (r *runner) find(ctx context.Context, a resource.Change, s resource.Steps, since moment) (string, error) {
	v, err := r.ask(ctx, *s.Find, since, r.token(a))
	switch {
	case absent(err, *s.Find): // nothing is in its place
		return s.Find.None, nil
	case err != nil:
		return "", err
	case resource.Found(v):
		return resource.Text(v), nil
	case len(s.Other) == 0:
		return "", nil
	}
	there := *s.Find
	there.Out = s.Other
	other, err := r.read(ctx, a, there, since)
	if err == nil && other != "" {
		err = fmt.Errorf(resource.Differs, other)
	}
	return "", err
}

// same reports whether the account has the new value already. It is not known if the value cannot be read. The
// answer can contain a secret, so it is not kept.
func (r *runner) same(ctx context.Context, s resource.Same) bool {
	want, err := r.value(s.Is)
	if err != nil {
		return false
	}
	in, expr, err := s.Call.Bind(r.value, "")
	if err != nil {
		return false
	}
	data, err := r.Caller.Call(ctx, s.Call.Service, s.Call.Op, in)
	if err != nil {
		return false
	}
	got, err := resource.Query(expr, data)
	return err == nil && resource.Text(got) == want
}

// cannotExist reports whether the resource is a part of what this run has just created, so that it need not be
// looked for. AWS must reject a second one.
func (r *runner) cannotExist(s resource.Steps) bool {
	part := false
	_, _, err := s.Find.Bind(func(v resource.Value) (string, error) {
		if a := r.plan.Change(v.From); a != nil && a.Op == resource.Create {
			r.mu.Lock()
			part = part || r.state[v.From] == Done
			r.mu.Unlock()
		}
		return r.value(v)
	}, "")
	return err == nil && part && len(s.Do) > 0 && len(s.Do[0].Done) > 0
}

func orID(a resource.Change) string {
	if a.Existing != "" {
		return a.Existing
	}
	return string(a.ID)
}

// bind returns the request of a call and the expression that reads its answer.
func (r *runner) bind(ctx context.Context, c resource.Call, token string) (in map[string]any, expr string, err error) {
	in, expr, err = c.Bind(r.value, token)
	if err != nil || c.Base == nil {
		return in, expr, err
	}
	begun, err := r.ask(ctx, *c.Base, r.reads.now(), token)
	if err != nil {
		return nil, "", err
	}
	base, ok := begun.(map[string]any)
	if !ok {
		return nil, "", fmt.Errorf("%s:%s returned nothing for the request", c.Base.Service, c.Base.Op)
	}
	base = maps.Clone(base) // others read the same answer
	maps.Copy(base, in)
	return base, expr, nil
}

// fetch returns the answer to a reading call that was made since a moment, with the expression that reads it.
func (r *runner) fetch(ctx context.Context, c resource.Call, since moment, token string) (data any, expr string, err error) {
	in, expr, err := r.bind(ctx, c, token)
	if err != nil {
		return nil, "", err
	}
	data, err = r.reads.get(ctx, since, c.Service, c.Op, in)
	return data, expr, err
}

// ask makes a reading call and evaluates its expression.
func (r *runner) ask(ctx context.Context, c resource.Call, since moment, token string) (any, error) {
	data, expr, err := r.fetch(ctx, c, since, token)
	if err != nil || expr == "" {
		return nil, err
	}
	return resource.Query(expr, data)
}

// read makes a reading call for a change. An empty text means that nothing was found.
func (r *runner) read(ctx context.Context, a resource.Change, c resource.Call, since moment) (string, error) {
	v, err := r.ask(ctx, c, since, r.token(a))
	if absent(err, c) {
		return c.None, nil
	}
	if err != nil || !resource.Found(v) {
		return "", err
	}
	return resource.Text(v), nil
}

// errUnanswered is the result of a call that the end of the run cut off.
var errUnanswered = errors.New("it may have been applied, because the run was ended before AWS answered. Run again: it finds what exists")

// ended reports whether an error only says that the run was stopped or ended.
func ended(err error) bool {
	return errors.Is(err, errStopped) || errors.Is(err, errUnanswered) || errors.Is(err, context.Canceled)
}

// inFlight is how long a changing call may take, with the look-up of a call without an answer.
const inFlight = 30 * time.Second

// do makes a changing call, at the pace that AWS allows. A call without an answer is looked up before it is made
// again. It is sure that the result is of this call if AWS answered.
func (r *runner) do(ctx context.Context, a resource.Change, c resource.Call, find *resource.Call) (id string, sure bool, err error) {
	again := r.pauses(a, c, find)
	err = r.pace.do(r.starting(ctx), attempt{
		call: c,
		send: func() error {
			flight, cancel := r.session.within(ctx, inFlight)
			defer cancel()
			shown := false // its effect has another cause, so it will not show whether AWS applied the call
			if c.Seen != nil {
				id, err := r.read(flight, a, *c.Seen, r.reads.now())
				shown = err != nil || id != ""
			}
			v, err := r.write(flight, a, c)
			if err == nil {
				id, sure = v, true
				return nil
			}
			if ctx.Err() != nil && (unsure(err) || errors.Is(err, context.Canceled)) {
				r.mark(r.unanswered, a.ID)
				return errUnanswered
			}
			if unsure(err) && !shown {
				looking, cancel := r.session.within(ctx, inFlight)
				defer cancel()
				if v := r.lookUp(looking, a, c, find); v != "" {
					id = v
					return nil
				}
			}
			return err
		},
		again: again,
		delayed: func(d time.Duration) {
			if d >= time.Second {
				r.emit(a.ID, Waiting, "AWS limits the rate of this call; it is made in %s", d.Round(time.Second))
			}
		},
	})
	return id, sure, err
}

// write makes a changing call.
func (r *runner) write(ctx context.Context, a resource.Change, c resource.Call) (string, error) {
	in, expr, err := r.bind(ctx, c, r.token(a))
	if err != nil {
		return "", err
	}
	data, err := r.Caller.Call(ctx, c.Service, c.Op, in)
	now := r.reads.now()
	r.mu.Lock()
	r.wrote[a.ID] = now
	r.mu.Unlock()
	if err != nil || expr == "" {
		return "", err
	}
	v, err := resource.Query(expr, data)
	if err != nil || !resource.Found(v) {
		return "", err
	}
	return resource.Text(v), nil
}

// lookups are the waits before AWS is asked again whether it applied a call without an answer. It may show a new
// resource late.
var lookups = []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second}

// effects are the further waits for a call that only its effect shows.
var effects = []time.Duration{6 * time.Second, 8 * time.Second}

// lookUp returns the id of what a call without an answer created, if AWS shows it. It did not exist before the
// call.
func (r *runner) lookUp(ctx context.Context, a resource.Change, c resource.Call, find *resource.Call) string {
	switch {
	case c.Seen != nil:
		find = c.Seen
	case c.Sent != nil:
		find = c.Sent
	case find == nil:
		return ""
	}
	waits := lookups
	if c.Seen != nil {
		waits = slices.Concat(lookups, effects)
	}
	for _, wait := range waits {
		if !sleep(ctx, r.pace.scaled(wait)) {
			return ""
		}
		if id, err := r.read(ctx, a, *find, r.reads.now()); err == nil && id != "" {
			return id
		}
	}
	return ""
}

// unsure reports whether AWS may have received and applied the call.
func unsure(err error) bool {
	var e interface{ Unsure() bool }
	return errors.As(err, &e) && e.Unsure()
}

// pauses returns a function that decides how long to wait before a failed call is repeated.
func (r *runner) pauses(a resource.Change, c resource.Call, find *resource.Call) func(error, int) (time.Duration, bool) {
	created, modified := r.plan.Follows(a)
	return func(err error, attempt int) (time.Duration, bool) {
		var t interface{ Throttled() bool }
		switch {
		case errors.As(err, &t) && t.Throttled():
			if attempt == 0 {
				r.emit(a.ID, Waiting, "AWS limits the rate of this call, for all users of the account together; trying again")
			}
			return min(250*time.Millisecond<<min(attempt, 3), 1500*time.Millisecond), attempt < 200
		case unsure(err) && (find != nil || c.Sent != nil || c.HasToken()):
			return time.Second << attempt, attempt < 2
		case c.Busy != "" && codeOf(err) == c.Busy:
			r.emit(a.ID, Waiting, "AWS still uses it; trying again")
			return min(time.Second<<min(attempt, 4), 15*time.Second), attempt < 45
		case created && (strings.HasSuffix(codeOf(err), ".NotFound") || codeOf(err) == "NoSuchEntity"), (created || modified) && c.RetryOn != "" && strings.Contains(err.Error(), c.RetryOn):
			return min(time.Second<<attempt, 4*time.Second), attempt < 5
		}
		return 0, false
	}
}

// token returns the idempotency token of a change. It is the same within a run, so that a repeated
// call creates nothing twice, and new in the next run, so that a deleted resource can be created
// again.
func (r *runner) token(a resource.Change) string {
	sum := sha256.Sum256([]byte(r.RunID + "\n" + string(a.ID)))
	return hex.EncodeToString(sum[:16])
}

// codeOf returns AWS's error code, if the error has one.
func codeOf(err error) string {
	var c interface{ ErrorCode() string }
	if errors.As(err, &c) {
		return c.ErrorCode()
	}
	return ""
}

// absent reports whether AWS answered a reading call that what it reads does not exist.
func absent(err error, c resource.Call) bool {
	return isDone(err, c.Absent) || c.None != "" && missing(err)
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
