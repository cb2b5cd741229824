package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// verdict is the result of one claim.
type verdict struct {
	state  State
	detail string
	at     time.Time
	final  bool // it need not be measured again
	shown  bool // it was reported
}

// lasts is how long a verdict or an answer of AWS is valid. A run can take much longer.
const lasts = time.Minute

// measureAgain are the waits before a claim that does not hold is measured again, because AWS
// shows some changes with a delay.
var measureAgain = []time.Duration{2 * time.Second, 4 * time.Second}

// interfacesTake is how much longer the claim about new network interfaces of an existing
// endpoint may take. The state of the endpoint remains available during this time.
const interfacesTake = 12

// verify measures the claims about a change that was applied, as soon as it is ready. What does not hold yet is
// measured again at the end.
func (r *runner) verify(ctx context.Context, a resource.Change) {
	r.mu.Lock()
	applied := r.state[a.ID] == Done
	r.mu.Unlock()
	if !applied || r.stopped(ctx) {
		return
	}
	r.measure(ctx, 0, func(c resource.Claim) bool { return c.Change == a.ID && c.Look() == "" }, func(v verdict) bool { return v.state == Proved })
}

// gate ends when every claim about some changes holds that can be measured. What cannot be decided does not hold. If
// everything that waits for it exists, there is nothing to verify before it.
func (r *runner) gate(ctx context.Context, a resource.Change, s resource.Steps) {
	for _, id := range s.Verify.Changes { // it measures the same claims
		<-r.verified[id]
	}
	defer r.setID(a.ID, s.Out)
	if !slices.ContainsFunc(r.plan.Waiting(a.ID), func(o resource.Change) bool {
		id, err := r.read(ctx, o, *o.Steps().Find, r.latest(a))
		return err != nil || id == ""
	}) {
		r.end(a.ID, Kept, "%s", s.Out)
		return
	}
	measured := func(c resource.Claim) bool {
		_, can := c.Check(r.plan.Change(c.Change))
		return can && c.Look() == "" && slices.Contains(s.Verify.Changes, c.Change)
	}
	calls := r.starting(ctx)
	for i := 0; ; i++ {
		r.measure(calls, r.reads.now(), measured, func(v verdict) bool { return v.state == Proved })
		if r.stopped(ctx) {
			r.end(a.ID, Skipped, "%s", r.reason("stopped before completion"))
			return
		}
		var open []string
		for i, c := range r.plan.Claims {
			if v := r.verdicts[i]; measured(c) && v.state != Proved {
				open = append(open, v.detail)
			}
		}
		switch {
		case len(open) == 0:
			r.end(a.ID, Done, "%s", s.Out)
			return
		case i == len(measureAgain):
			r.end(a.ID, Failed, "%s. %s", strings.Join(open, "; "), s.Verify.Help)
			return
		}
		sleep(calls, r.pace.scaled(measureAgain[i]))
	}
}

// prove measures every other claim, reports each, and counts those that were not measured. If one of them
// is a claim that the answers ask for, the proof as a whole is not proved.
func (r *runner) prove(ctx context.Context) (Proof, int) {
	for i, v := range r.verdicts {
		if r.Now().Sub(v.at) > r.reads.lasts {
			r.verdicts[i].final = false
		}
	}
	// What the run did not change was read before. All else is read again.
	kept := func(c resource.Claim) bool { return r.state[c.Change] == Kept }
	all := func(resource.Claim) bool { return true }
	last := func(v verdict) bool { return v.state != Failed }
	r.measure(ctx, 0, kept, last)
	r.measure(ctx, r.reads.now(), all, last)
	for i := 0; r.again(i); i++ {
		if !sleep(ctx, r.pace.scaled(measureAgain[min(i, len(measureAgain)-1)])) {
			break
		}
		r.measure(ctx, r.reads.now(), all, last)
	}
	unproven, asked := 0, false
	proof := ProofUnproven
	for i, c := range r.plan.Claims {
		v := r.verdicts[i]
		switch {
		case v.state == Failed:
			r.emit(c.Change, v.state, "%s", v.detail)
			proof = ProofFailed
		case v.state == Proved && proof == ProofUnproven:
			proof = ProofProved
		case v.state == Unproven:
			unproven++
			asked = asked || c.Asked
		}
	}
	if asked && proof == ProofProved {
		proof = ProofUnproven
	}
	return proof, unproven
}

// again reports whether claims that do not hold may still become true.
func (r *runner) again(tries int) bool {
	late := true
	for i, v := range r.verdicts {
		if v.state != Failed {
			continue
		}
		c := r.plan.Claims[i]
		a := r.plan.Change(c.Change)
		late = late && c.Late() && a != nil && a.Op == resource.Modify && r.state[c.Change] == Done
	}
	return failed(r.verdicts) && (tries < len(measureAgain) || late && tries < interfacesTake)
}

func failed(vs []verdict) bool {
	for _, v := range vs {
		if v.state == Failed {
			return true
		}
	}
	return false
}

// measure evaluates, in parallel, those of the claims without a verdict that are selected, with answers since a
// moment and since the last write to what a claim is about. It reports each verdict that is final.
func (r *runner) measure(ctx context.Context, since moment, selected func(resource.Claim) bool, final func(verdict) bool) {
	var all sync.WaitGroup
	for i, c := range r.plan.Claims {
		if !selected(c) || r.verdicts[i].final {
			continue
		}
		all.Go(func() {
			before := r.verdicts[i]
			v := r.judge(ctx, c, since)
			v.at, v.shown = r.Now(), before.shown && before.state == v.state
			r.verdicts[i] = v
		})
	}
	all.Wait()
	for i, c := range r.plan.Claims {
		if !selected(c) {
			continue
		}
		if v := &r.verdicts[i]; !v.final && v.state != "" && final(*v) {
			v.final = true
			if !v.shown {
				v.shown = true
				r.emit(c.Change, v.state, "%s", v.detail)
			}
		}
	}
}

// judge measures one claim.
func (r *runner) judge(ctx context.Context, c resource.Claim, since moment) verdict {
	check, ok := c.Check(r.plan.Change(c.Change))
	if look := c.Look(); !ok || look != "" && r.state[look] != Done {
		return verdict{state: Unproven, detail: c.Says}
	}
	if r.unchanged[c.Change] { // its value was read and compared
		return verdict{state: Proved, detail: c.Says}
	}
	got, err := r.ask(ctx, check.Call, max(since, r.written(c, check)), "")
	result := ""
	if err == nil {
		result = check.Read(resource.Text(got))
	}
	switch {
	case refused(err), ended(err): // a claim that was not measured is not false
		return verdict{state: Unproven, detail: fmt.Sprintf("%s (not measured: %v)", c.Says, err)}
	case err != nil:
		return verdict{state: Failed, detail: fmt.Sprintf("%s: cannot measure it: %v", c.Says, err)}
	case strings.HasPrefix(result, resource.Undecided):
		return verdict{state: Unproven, detail: fmt.Sprintf("%s (%s)", c.Says, result)}
	case result != check.Want:
		return verdict{state: Failed, detail: c.Says + ": this does not hold. " + shown(result, check.Want)}
	}
	return verdict{state: Proved, detail: c.Says}
}

// written returns the last moment of a write to what a claim is about: what its change depends on, and what its check
// references.
func (r *runner) written(c resource.Claim, check resource.Check) moment {
	r.mu.Lock()
	last := r.since[c.Change]
	r.mu.Unlock()
	_, _, _ = check.Call.Bind(func(v resource.Value) (string, error) {
		r.mu.Lock()
		last = max(last, r.wrote[v.From])
		r.mu.Unlock()
		return r.value(v)
	}, "")
	return last
}

// shown returns what AWS shows, if it says more than no.
func shown(got, want string) string {
	switch got {
	case "no", "None":
		return "AWS does not show it. It may have been changed after the run."
	}
	return fmt.Sprintf("AWS shows %q, the plan needs %q.", got, want)
}
