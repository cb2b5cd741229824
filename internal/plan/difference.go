package plan

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Differences returns what is different in a later plan for the same answers, as sentences: other changes, other calls for
// the same change, and new findings that stop it. It is empty if both plans do the same. Reasons and warnings are not
// compared, because they can contain counts that change while nothing in the plan does.
func (p *Plan) Differences(later *Plan) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, a := range later.Changes {
		was := p.Change(a.ID)
		switch {
		case was == nil:
			say("New: %s (%s).", a.Summary, opText(a))
		case was.Op != a.Op && was.Summary == a.Summary:
			say("%s: before %s, now %s.", a.Summary, opText(*was), opText(a))
		case was.Op != a.Op:
			say("Before: %s (%s). Now: %s (%s).", was.Summary, opText(*was), a.Summary, opText(a))
		case was.Summary != a.Summary:
			say("Before: %s. Now: %s.", was.Summary, a.Summary)
		case does(*was) != does(a):
			say("Changed: %s. Its details are different.", a.Summary)
		}
	}
	for _, a := range p.Changes {
		if later.Change(a.ID) == nil {
			say("No longer in the plan: %s (%s).", a.Summary, opText(a))
		}
	}
	known := p.Stops(nil)
	for _, f := range later.Stops(nil) {
		if !slices.ContainsFunc(known, func(o Finding) bool { return o.Rule == f.Rule && o.Resource == f.Resource }) {
			say("New %s %s: %s", f.Severity.Text(), f.Rule, f.Message)
		}
	}
	return out
}

// opText returns what a plan does with a change, such as "to create".
func opText(a resource.Change) string {
	for _, g := range Groups {
		if g.has(a) {
			return g.count(1)[len("1 "):]
		}
	}
	return string(a.Op)
}

// does returns what a change does, as text: its properties, its calls and its order.
func does(a resource.Change) string {
	b, err := json.Marshal([]any{a.Existing, resource.Properties(a.Spec), a.Before, a.Deps(), a.Steps()})
	if err != nil {
		panic(fmt.Sprintf("plan: %s: %v", a.ID, err)) // a bug: it contains a value that cannot be sent
	}
	return string(b)
}
