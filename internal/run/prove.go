package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/call"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// verdict is the outcome of one claim.
type verdict struct {
	state  State
	detail string
}

// measureAgain says how long to wait before a claim that does not hold is measured
// once more: AWS shows some changes a moment late.
var measureAgain = []time.Duration{2 * time.Second, 4 * time.Second}

// prove measures every claim anew and reports each.
func (r *runner) prove(ctx context.Context) Proof {
	verdicts := r.measure(ctx)
	for _, pause := range measureAgain {
		if !failed(verdicts) || !sleep(ctx, pause) {
			break
		}
		verdicts = r.measure(ctx)
	}
	proof := ProofUnproven
	for i, c := range r.plan.Claims {
		v := verdicts[i]
		r.emit(c.Action, v.state, "%s", v.detail)
		switch {
		case v.state == Failed:
			proof = ProofFailed
		case v.state == Proved && proof == ProofUnproven:
			proof = ProofProved
		}
	}
	return proof
}

func failed(vs []verdict) bool {
	for _, v := range vs {
		if v.state == Failed {
			return true
		}
	}
	return false
}

// measure judges all claims, making each distinct call once.
func (r *runner) measure(ctx context.Context) []verdict {
	out := make([]verdict, len(r.plan.Claims))
	type asked struct {
		once sync.Once
		data any
		err  error
	}
	var mu sync.Mutex
	calls := map[string]*asked{}
	answer := func(c call.Call, in map[string]any) (any, error) {
		key := call.Call{Service: c.Service, Op: c.Op, In: in}.Key()
		mu.Lock()
		a := calls[key]
		if a == nil {
			a = &asked{}
			calls[key] = a
		}
		mu.Unlock()
		a.once.Do(func() { a.data, a.err = r.Caller.Call(ctx, c.Service, c.Op, in) })
		return a.data, a.err
	}
	var all sync.WaitGroup
	for i, c := range r.plan.Claims {
		check, ok := call.CheckFor(r.plan, c)
		if !ok {
			out[i] = verdict{Unproven, c.Says + " (not looked at)"}
			continue
		}
		all.Go(func() { out[i] = r.judge(c, check, answer) })
	}
	all.Wait()
	return out
}

func (r *runner) judge(c plan.Claim, check call.Check, answer func(call.Call, map[string]any) (any, error)) verdict {
	in, expr, err := check.Call.Bind(r.value, "")
	if err == nil {
		var data, got any
		if data, err = answer(check.Call, in); err == nil {
			if got, err = call.Query(expr, data); err == nil {
				if text := call.Text(got); text != check.Want {
					return verdict{Failed, c.Says + ": not so. " + shown(text, check.Want)}
				}
				return verdict{Proved, c.Says}
			}
		}
	}
	return verdict{Failed, fmt.Sprintf("%s: could not be measured: %v", c.Says, err)}
}

// shown tells what AWS shows where that says more than no.
func shown(got, want string) string {
	switch got {
	case "no", "None":
		return "AWS no longer shows it; somebody may have changed it since."
	}
	return fmt.Sprintf("AWS shows %q, and the plan wants %q.", got, want)
}
