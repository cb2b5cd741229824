package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// verdict is the result of one claim.
type verdict struct {
	state  State
	detail string
}

// measureAgain are the waits before a claim that does not hold is measured again, because AWS
// shows some changes with a delay.
var measureAgain = []time.Duration{2 * time.Second, 4 * time.Second}

// interfacesTake is how much longer the claim about new network interfaces of an existing
// endpoint may take. The state of the endpoint remains available during this time.
const interfacesTake = 12

// prove measures every claim, reports each, and counts those that were not measured. If one of them
// is a claim that the answers ask for, the proof as a whole is not proved.
func (r *runner) prove(ctx context.Context) (Proof, int) {
	verdicts := r.measure(ctx)
	for i := 0; r.again(verdicts, i); i++ {
		if !sleep(ctx, measureAgain[min(i, len(measureAgain)-1)]) {
			break
		}
		verdicts = r.measure(ctx)
	}
	unproven, asked := 0, false
	proof := ProofUnproven
	for i, c := range r.plan.Claims {
		v := verdicts[i]
		r.emit(c.Change, v.state, "%s", v.detail)
		switch {
		case v.state == Failed:
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

// again reports whether a claim that does not hold may still become true.
func (r *runner) again(vs []verdict, tries int) bool {
	late := true
	for i, v := range vs {
		if v.state != Failed {
			continue
		}
		c := r.plan.Claims[i]
		a := r.plan.Change(c.Change)
		late = late && c.Late() && a != nil && a.Op == resource.Modify && r.state[c.Change] == Done
	}
	return failed(vs) && (tries < len(measureAgain) || late && tries < interfacesTake)
}

func failed(vs []verdict) bool {
	for _, v := range vs {
		if v.state == Failed {
			return true
		}
	}
	return false
}

// measurement is a claim's check with all values set.
type measurement struct {
	check resource.Check
	in    map[string]any
	expr  string
	key   string
	err   error
}

// said is the answer of AWS to a call.
type said struct {
	data any
	err  error
}

// measure evaluates all claims in parallel. It makes each distinct call once.
func (r *runner) measure(ctx context.Context) []verdict {
	out := make([]verdict, len(r.plan.Claims))
	todo := make([]*measurement, len(r.plan.Claims))
	answers := map[string]*said{}
	var all sync.WaitGroup
	for i, c := range r.plan.Claims {
		check, ok := c.Check(r.plan.Change(c.Change))
		if look := c.Look(); !ok || look != "" && r.state[look] != Done {
			out[i] = verdict{Unproven, c.Says}
			continue
		}
		m := &measurement{check: check}
		todo[i] = m
		if m.in, m.expr, m.err = check.Call.Bind(r.value, ""); m.err != nil {
			continue
		}
		m.key = resource.Call{Service: check.Call.Service, Op: check.Call.Op, In: m.in}.Key()
		if answers[m.key] == nil {
			a := &said{}
			answers[m.key] = a
			all.Go(func() { a.data, a.err = r.Caller.Call(ctx, check.Call.Service, check.Call.Op, m.in) })
		}
	}
	all.Wait()
	for i, m := range todo {
		if m != nil {
			out[i] = judge(r.plan.Claims[i], m, answers[m.key])
		}
	}
	return out
}

func judge(c resource.Claim, m *measurement, a *said) verdict {
	err := m.err
	if err == nil {
		err = a.err
	}
	var got any
	if err == nil {
		got, err = resource.Query(m.expr, a.data)
	}
	result := ""
	if err == nil {
		result = m.check.Read(resource.Text(got))
	}
	var d interface{ Denied() bool }
	switch {
	case errors.As(err, &d) && d.Denied(): // a claim that was not measured is not false
		return verdict{Unproven, fmt.Sprintf("%s (not measured: %v)", c.Says, err)}
	case err != nil:
		return verdict{Failed, fmt.Sprintf("%s: cannot measure it: %v", c.Says, err)}
	case strings.HasPrefix(result, resource.Undecided):
		return verdict{Unproven, fmt.Sprintf("%s (%s)", c.Says, result)}
	case result != m.check.Want:
		return verdict{Failed, c.Says + ": this does not hold. " + shown(result, m.check.Want)}
	}
	return verdict{Proved, c.Says}
}

// shown returns what AWS shows, if it says more than no.
func shown(got, want string) string {
	switch got {
	case "no", "None":
		return "AWS does not show it. It may have been changed after the run."
	}
	return fmt.Sprintf("AWS shows %q, the plan needs %q.", got, want)
}
