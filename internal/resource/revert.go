package resource

import (
	"cmp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Reverted reverts one step of an earlier run. Only undo makes changes of this kind.
type Reverted struct {
	Label   string
	ID      string // of what the step created or changed
	Exists  Call   // returns something while the step has an effect
	Undo    Call
	Deleted *Until
}

// Kind implements Spec.
func (Reverted) Kind() string { return "reverted" }

// Terms implements Spec.
func (Reverted) Terms() []*terms.Term { return []*terms.Term{terms.Undo} }

// Cells implements Spec.
func (s Reverted) Cells(Names, Change) Cells { return Cells{"undo", s.ID, "", s.Label} }

// Steps reverts the step if it still has an effect.
func (s Reverted) Steps(Change) Steps {
	id := "'" + strings.ReplaceAll(s.ID, "'", `\'`) + "'"
	find, undo := s.Exists, s.Undo
	find.Out, find.None = expr("!(", find.Out, ") && "+id), s.ID
	undo.Out, undo.Busy = expr(id), InUse(undo)
	return Steps{Find: &find, Do: []Call{undo}, Until: s.Deleted}
}

// InUse returns the error code after which a call that reverts something is repeated, because AWS deletes what uses the resource
// late, such as network interfaces.
func InUse(c Call) string { return cmp.Or(c.Busy, "DependencyViolation") }

// stayer is a spec with texts of its own about what stays, in place of those of its steps.
type stayer interface{ stays(Change) []string }

// Stays returns what remains after the change is reverted, or what cannot be reverted, as sentences about the future. It is
// empty for a change that leaves nothing behind.
func (a Change) Stays() []string {
	if s, ok := a.Spec.(stayer); ok {
		return s.stays(a)
	}
	var out []string
	steps := a.Steps()
	for _, one := range append([]Part{{Steps: steps}}, steps.Parts...) {
		if one.Stays != "" && !slices.Contains(out, one.Stays) {
			out = append(out, one.Stays)
		}
	}
	return out
}
