package run

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Fate is what became of a step of an earlier run.
type Fate string

// The fates of a step.
const (
	AsCreated Fate = "as created"
	Changed   Fate = "changed since" // by somebody else
	Uncertain Fate = "not known"     // whether somebody else changed it, or whether it exists
	Absent    Fate = "missing"       // reverted, or it never had an effect
	Remains   Fate = "stays"         // cannot be reverted, or others need it
)

// Left is a step of an earlier run, and what became of it.
type Left struct {
	Step
	Fate   Fate
	Detail string // how it differs, why it is not known, or why it stays
	// Names are the DNS names that no longer lead to the resource after an undo. Clients are the network interfaces that
	// may use them; Unread says why they are not known.
	Names, Clients []string
	Unread         string
}

// Compare reads what became of the steps of an earlier run. It returns them in reverse, as Undo reverts them.
// If the run was partly reverted before, what is missing of a resource is not a change by somebody else.
func Compare(ctx context.Context, o Options, steps []Step, resumed bool) []Left {
	r := newRunner(ctx, &plan.Plan{}, o)
	defer r.close()
	since := r.reads.now()
	out := make([]Left, len(steps))
	var all sync.WaitGroup
	for i, s := range slices.Backward(steps) {
		all.Go(func() {
			l := r.compare(ctx, s, resumed, since)
			r.affects(ctx, &l, since)
			out[len(steps)-1-i] = l
		})
	}
	all.Wait()
	return out
}

// Tagged returns what exists in a VPC with the tag of this program, as the steps of a run without a record. What runs changed
// in other resources has no tag.
func Tagged(ctx context.Context, o Options, vpc string) ([]Step, error) {
	r := newRunner(ctx, &plan.Plan{}, o)
	defer r.close()
	var out []Step
	var before []resource.ID // of kinds that come first in a plan
	for _, kind := range resource.TaggedIn(vpc) {
		data, expr, err := r.fetch(ctx, kind.Call, r.reads.now(), "")
		if err != nil {
			return nil, err
		}
		names, err := pairs(expr, data)
		if err != nil {
			return nil, err
		}
		var same []resource.ID
		for _, id := range slices.Sorted(maps.Keys(names)) {
			a := kind.Change(id, names[id])
			s, err := r.kept(a, step{Steps: a.Steps(), label: a.Summary})
			if err != nil {
				return nil, err
			}
			s.ID, s.After = id, slices.Clone(before)
			out, same = append(out, s), append(same, a.ID)
		}
		before = append(before, same...)
	}
	return out, nil
}

func (r *runner) compare(ctx context.Context, s Step, resumed bool, since moment) Left {
	if s.Undo == nil {
		return Left{Step: s, Fate: Remains, Detail: s.Stays}
	}
	none := resource.Change{}
	if s.ID == "" { // the run ended before it recorded the answer
		id, err := r.read(ctx, none, own(*s.Find, ""), since)
		if err != nil {
			return Left{Step: s, Fate: Uncertain, Detail: err.Error()}
		}
		if id == "" {
			return Left{Step: s, Fate: Absent, Detail: "it was not created"}
		}
		s.ID = id
	}
	exists := s.Find
	if s.Exists != nil {
		exists = s.Exists
	}
	s.Exists = new(own(*exists, s.ID))
	now, err := r.ask(ctx, *s.Exists, since, "")
	switch {
	case isDone(err, exists.Absent), missing(err):
		return Left{Step: s, Fate: Absent}
	case err != nil:
		return Left{Step: s, Fate: Uncertain, Detail: err.Error()}
	case resource.Found(now) && s.Unsure:
		return Left{Step: s, Fate: Uncertain, Detail: "AWS did not answer the call that created or changed it, so that may be the work of another run"}
	case resource.Found(now) && exists == s.Find:
		return Left{Step: s, Fate: AsCreated}
	case resource.Found(now) && s.Was == nil:
		return Left{Step: s, Fate: Uncertain, Detail: "its state at the end of the run is not recorded, so a change by somebody else does not show"}
	case resource.Found(now):
		if d := differs(s.Was, now, resumed); d != "" {
			return Left{Step: s, Fate: Changed, Detail: d}
		}
		return Left{Step: s, Fate: AsCreated}
	case s.Other == "" || exists != s.Find:
		return Left{Step: s, Fate: Absent}
	}
	other := *s.Find
	other.Out = []resource.Value{resource.Lit(s.Other)}
	other = own(other, s.ID)
	text, err := r.read(ctx, none, other, since)
	switch {
	case err != nil:
		return Left{Step: s, Fate: Uncertain, Detail: err.Error()}
	case text == "":
		return Left{Step: s, Fate: Absent}
	}
	s.Exists = &other
	return Left{Step: s, Fate: Changed, Detail: text}
}

// affects reads who notices that a step is reverted.
func (r *runner) affects(ctx context.Context, l *Left, since moment) {
	if l.Affects == nil || l.ID == "" || l.Fate == Absent {
		return
	}
	list := func(c resource.Call) (out []string, err error) {
		v, err := r.ask(ctx, own(c, l.ID), since, "")
		items, _ := v.([]any)
		for _, item := range items {
			out = append(out, resource.Text(item))
		}
		return out, err
	}
	var err error
	if l.Names, err = list(l.Affects.Names); err != nil || len(l.Names) == 0 {
		return // the comparison says why the endpoint cannot be read
	}
	if l.Clients, err = list(l.Affects.Clients); err != nil {
		l.Unread = err.Error()
	}
}

// Affected says who is affected by an undo, as lines. It is empty if nothing is reverted.
func Affected(left []Left) []string {
	names, clients, unread, reverts := map[string]bool{}, map[string]bool{}, "", false
	for _, l := range left {
		if l.Fate != AsCreated {
			continue
		}
		reverts = true
		for _, n := range l.Names {
			names[n] = true
		}
		for _, c := range l.Clients {
			clients[c] = true
		}
		unread = cmp.Or(unread, l.Unread)
	}
	if !reverts {
		return nil
	}
	out := []string{"Workloads that use what is reverted lose it."}
	if len(names) == 0 {
		return out
	}
	out = append(out, "These names no longer lead to the endpoints:")
	for _, n := range slices.Sorted(maps.Keys(names)) {
		out = append(out, "  "+n)
	}
	switch n := len(clients); {
	case unread != "":
		out = append(out, "Not known how many network interfaces in the VPC may use these names: "+unread)
	case n == 0:
	case n == 1:
		out = append(out, "In the VPC, 1 network interface is not that of an endpoint. It may use these names.")
	default:
		out = append(out, fmt.Sprintf("In the VPC, %d network interfaces are not those of endpoints. They may use these names.", n))
	}
	return out
}

// missing reports whether AWS answered that what a call is about does not exist, or what contains it.
func missing(err error) bool {
	code := codeOf(err)
	return strings.Contains(code, "NotFound") || strings.HasPrefix(code, "NoSuch")
}

// differs says what others changed of a resource. Its fields are texts or lists.
func differs(was json.RawMessage, now any, resumed bool) string {
	var before map[string]any
	text, err := json.Marshal(now)
	var after map[string]any
	if err != nil || json.Unmarshal(was, &before) != nil || json.Unmarshal(text, &after) != nil {
		return "it is not what the run recorded"
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(after)) {
		name := strings.ReplaceAll(k, "_", " ")
		old, isList := before[k].([]any)
		list, listed := after[k].([]any)
		if !isList && !listed {
			if a, b := canonical(before[k]), canonical(after[k]); a != b {
				out = append(out, name+" changed")
			}
			continue
		}
		added, removed := without(list, old), without(old, list)
		if added > 0 {
			out = append(out, fmt.Sprintf("%s: %d added", name, added))
		}
		if removed > 0 && !resumed {
			out = append(out, fmt.Sprintf("%s: %d removed", name, removed))
		}
	}
	return strings.Join(out, ", ")
}

// without returns how many elements of a list are not in another one.
func without(list, other []any) int {
	has := map[string]bool{}
	for _, e := range other {
		has[canonical(e)] = true
	}
	n := 0
	for _, e := range list {
		if !has[canonical(e)] {
			n++
		}
	}
	return n
}

func canonical(v any) string {
	if s, ok := v.(string); ok { // a policy is JSON in a text
		var document any
		if json.Unmarshal([]byte(s), &document) == nil {
			v = document
		}
	}
	b, _ := json.Marshal(v) // sorts the keys
	return string(b)
}

// Choose returns the steps with the fate of those that are not reverted: what others changed, unless changed is set,
// and what such a step needs.
func Choose(left []Left, changed bool) []Left {
	out := slices.Clone(left)
	for i, l := range out {
		if changed && l.Doubtful() && l.Exists != nil && l.ID != "" {
			out[i].Fate = AsCreated
		}
		if out[i].Fate != AsCreated {
			continue
		}
		for _, o := range out[:i] {
			if o.needs(l.Step) && o.Kept() {
				out[i].Fate, out[i].Detail = Remains, fmt.Sprintf("%s needs it", o.ID)
			}
		}
	}
	return out
}

// Doubtful reports whether only the user can decide about the step: somebody changed it, or that is not known.
func (l Left) Doubtful() bool { return l.Fate == Changed || l.Fate == Uncertain }

// Kept reports whether the step could be reverted, and is not.
func (l Left) Kept() bool { return l.Doubtful() || l.Fate == Remains && l.Undo != nil }

// Section is a part of the list of steps of an undo.
type Section struct {
	Title string
	Steps []Left
}

// Sections returns the steps that Undo reverts, those that stay, and those that do not exist any more. An empty section is
// left out.
func Sections(left []Left) []Section {
	all := []Section{{Title: "Reverts, in this order"}, {Title: "Stays"}, {Title: "Does not exist any more"}}
	for _, l := range left {
		at := 1
		switch l.Fate {
		case AsCreated:
			at = 0
		case Absent:
			at = 2
		}
		all[at].Steps = append(all[at].Steps, l)
	}
	return slices.DeleteFunc(all, func(s Section) bool { return len(s.Steps) == 0 })
}

// About says what stays of a step that is reverted, and otherwise why it is not reverted. It may be empty.
func (l Left) About() string {
	switch {
	case l.Fate == AsCreated:
		return l.Stays
	case l.Doubtful() && l.Detail != "":
		return string(l.Fate) + ": " + l.Detail
	case l.Doubtful():
		return string(l.Fate)
	}
	return l.Detail
}

// Monthly returns what Undo takes off the monthly bill, in US dollars at the prices at the time of the run. It
// is 0 also if they were not known.
func Monthly(left []Left) float64 {
	sum := 0.0
	for _, l := range left {
		if l.Fate == AsCreated {
			sum += l.Step.Monthly
		}
	}
	return sum
}

// needs reports whether a step was made after another one because it needs it.
func (s Step) needs(o Step) bool {
	return slices.Contains(s.After, o.Change) || s.Change == o.Change && s.Number > o.Number
}

// Undo reverts the steps that Choose returned as created, each after those that need it, and waits until what it
// deletes no longer exists. Undo can be interrupted and run again. The plan has the account, the partition and the Region.
func Undo(ctx context.Context, of plan.Plan, left []Left, o Options) Summary {
	of.Changes = Reverting(left)
	return Apply(ctx, &of, o)
}

// Reverting returns the changes that Undo makes.
func Reverting(left []Left) []resource.Change {
	var out []resource.Change
	for _, l := range left {
		if l.Fate != AsCreated {
			continue
		}
		a := resource.Change{ID: l.Name(), Op: resource.Run, Existing: l.ID, Summary: "Revert: " + l.Summary,
			Spec: resource.Reverted{Label: l.Summary, ID: l.ID, Exists: *l.Exists, Undo: own(*l.Undo, l.ID), Deleted: l.Deleted}}
		for _, other := range left {
			if other.Fate == AsCreated && other.needs(l.Step) {
				a.After = append(a.After, other.Name())
			}
		}
		out = append(out, a)
	}
	return out
}

// Name identifies the step.
func (s Step) Name() resource.ID {
	if s.Number == 0 {
		return s.Change
	}
	return resource.ID(fmt.Sprintf("%s (part %d)", s.Change, s.Number+1))
}
