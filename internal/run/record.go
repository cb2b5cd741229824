package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Step is what a run created or changed, with the calls that find and revert it. It contains no secret. It is recorded
// before its call; later records of it have only its id, or the state at the end of the run.
type Step struct {
	Change  resource.ID
	Number  int           `json:",omitempty"` // of the part of the change
	Op      resource.Op   // of the change
	Summary string        // what the run did
	ID      string        `json:",omitempty"` // of the result; empty: the call was about to be made
	Unsure  bool          `json:",omitempty"` // AWS did not answer the call, so the result may be of another run
	After   []resource.ID // the changes before it, also indirectly
	Monthly float64       `json:",omitempty"` // what the change adds to the monthly bill, in its first part; 0 also if the price was not known
	// Find returns the id if the step has an effect: Exists reads what others may change of it, or is the same. Other
	// returns how it differs. Own is in the place of the id.
	Find, Exists *resource.Call    `json:",omitempty"`
	Other        string            `json:",omitempty"`
	Undo         *resource.Call    `json:",omitempty"`
	Deleted      *resource.Until   `json:",omitempty"`
	Affects      *resource.Affects `json:",omitempty"`
	Stays        string            `json:",omitempty"` // what remains after Undo, or why there is none
	// Was is what Exists returned at the end of the run.
	Was json.RawMessage `json:",omitempty"`
}

// Own is in the place of the id of the result in the calls of a step.
const Own = "<id>"

// record keeps a step before its call is made.
func (r *runner) record(a resource.Change, s step) error {
	if !r.recorded(s) {
		return nil
	}
	kept, failed := r.kept(a, s)
	kept.Unsure = true
	return r.keep(kept, failed)
}

// kept returns a step with the calls that find and revert it.
func (r *runner) kept(a resource.Change, s step) (Step, error) {
	kept := Step{Change: a.ID, Number: s.number, Op: a.Op, Summary: s.label, After: r.before(a), Stays: s.Stays}
	if s.number == 0 {
		kept.Monthly, _ = r.plan.Monthly(a)
	}
	var failed error
	fixed := func(c *resource.Call) *resource.Call {
		if c == nil {
			return nil
		}
		call, err := r.fixed(a, *c)
		failed = errors.Join(failed, err)
		return &call
	}
	kept.Find, kept.Exists = fixed(s.Find), fixed(s.Now)
	if len(s.Other) > 0 {
		other := *s.Find
		other.Out = s.Other
		kept.Other = fixed(&other).Out[0].Lit
	}
	if len(s.Undo) > 0 {
		kept.Undo = fixed(&s.Undo[0])
	}
	if s.Deleted != nil {
		until := *s.Deleted
		until.Call = *fixed(&until.Call)
		kept.Deleted = &until
	}
	if s.Affects != nil {
		kept.Affects = &resource.Affects{Names: *fixed(&s.Affects.Names), Clients: *fixed(&s.Affects.Clients)}
	}
	return kept, failed
}

// recordID keeps the id of the result of a step. It is sure that the id is of the call if AWS answered.
func (r *runner) recordID(a resource.Change, s step, id string, sure bool) error {
	if !r.recorded(s) {
		return nil
	}
	return r.keep(Step{Change: a.ID, Number: s.number, ID: id, Unsure: !sure}, nil)
}

// recorded reports whether a step is kept: there is something to revert, or to say about it.
func (r *runner) recorded(s step) bool { return r.Record != nil && (len(s.Undo) > 0 || s.Stays != "") }

// keep hands a step to the record.
func (r *runner) keep(s Step, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.steps = Merge(r.steps, s)
		err = r.Record(s)
	}
	if err != nil {
		return fmt.Errorf("keep a record of this step: %w", err)
	}
	return nil
}

// fixed returns a call without references. Own is in the place of the output of the change itself.
func (r *runner) fixed(a resource.Change, c resource.Call) (resource.Call, error) {
	in, out, err := c.Bind(func(v resource.Value) (string, error) {
		switch {
		case v.From == a.ID:
			return Own, nil
		case v.Input != "": // is not recorded
			return "", fmt.Errorf("%s:%s needs %s", c.Service, c.Op, v.Input)
		}
		return r.value(v)
	}, r.token(a))
	if err != nil {
		return c, err
	}
	call := resource.Call{Service: c.Service, Op: c.Op, In: in, Out: []resource.Value{resource.Lit(out)}, Done: c.Done, Absent: c.Absent, Busy: c.Busy}
	if c.Base != nil {
		base, err := r.fixed(a, *c.Base)
		if err != nil {
			return c, err
		}
		call.Base = &base
	}
	return call, nil
}

// before returns the changes that a change needs, also indirectly.
func (r *runner) before(a resource.Change) []resource.ID {
	var out []resource.ID
	var add func(resource.Change)
	add = func(a resource.Change) {
		for _, id := range a.Deps() {
			if d := r.plan.Change(id); d != nil && !slices.Contains(out, id) {
				out = append(out, id)
				add(*d)
			}
		}
	}
	add(a)
	slices.Sort(out)
	return out
}

// recordStates keeps how AWS shows what the run created, so that a later undo sees what others changed since. What
// cannot be read is not recorded.
func (r *runner) recordStates(ctx context.Context) {
	if r.Record == nil {
		return
	}
	ctx, cancel := r.finish(ctx)
	defer cancel()
	since := r.reads.now() // the same answer serves all steps that read it
	for _, s := range slices.Clone(r.steps) {
		if s.Exists == nil || s.ID == "" {
			continue
		}
		v, err := r.ask(ctx, own(*s.Exists, s.ID), since, "")
		if err != nil || !resource.Found(v) {
			continue
		}
		was, err := json.Marshal(v)
		_ = r.keep(Step{Change: s.Change, Number: s.Number, Was: was}, err)
	}
}

// own returns a call of a step about a resource.
func own(c resource.Call, id string) resource.Call {
	c.In, _ = replaced(c.In, id).(map[string]any)
	c.Out = []resource.Value{resource.Lit(strings.ReplaceAll(c.Out[0].Lit, Own, id))}
	if c.Base != nil {
		c.Base = new(own(*c.Base, id))
	}
	return c
}

func replaced(v any, id string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = replaced(e, id)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = replaced(e, id)
		}
		return out
	case string:
		return strings.ReplaceAll(v, Own, id)
	}
	return v
}

// Merge adds a recorded step to those before it: a new one, or the id or the state at the end of the run of one of them.
func Merge(steps []Step, s Step) []Step {
	at := slices.IndexFunc(steps, func(o Step) bool { return o.Change == s.Change && o.Number == s.Number })
	if at < 0 {
		return append(steps, s)
	}
	if s.ID != "" {
		steps[at].ID, steps[at].Unsure = s.ID, s.Unsure
	}
	if s.Was != nil {
		steps[at].Was = s.Was
	}
	return steps
}
