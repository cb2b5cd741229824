package export

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// undo prints the function that reverts what the script created or changed, in the reverse order. The record of the script
// shows what that is.
func (s *script) undo() error {
	s.heading("Undo")
	s.b.WriteString(comment("# ", "Reverts what this script created or added, the last change first. Nothing else is touched."))
	s.line("undo_changes() {\n  doing='reverting what this script created'\n  some_recorded")
	for _, a := range s.plan.Changes {
		s.line("  recorded %s %s", s.variables[a.ID], quote(s.rowName(a.ID)))
	}
	var deleting []resource.Change
	wait := func(needed bool) {
		if needed {
			s.waitAll("  ", "wait_gone", s.gone, deleting)
			deleting = nil
		}
	}
	for _, a := range slices.Backward(s.plan.Changes) {
		if a.Op == resource.Keep || s.others.has(a.ID) {
			continue
		}
		steps := a.Steps()
		wait(slices.ContainsFunc(deleting, func(d resource.Change) bool { return slices.Contains(d.Deps(), a.ID) }))
		if !steps.InParts() {
			if err := s.undoOf(a, steps, ""); err != nil {
				return err
			}
			if steps.Deleted != nil {
				deleting = append(deleting, a)
			}
			continue
		}
		if slices.ContainsFunc(steps.Parts, func(p resource.Part) bool { return p.Of != nil }) {
			s.line("  if mine %s %s; then\n    say '  This is not reverted.'\n  fi", s.variables[a.ID], quote(s.rowName(a.ID)))
		}
		for n, p := range slices.Backward(steps.Parts) {
			if p.Of != nil { // nothing of it is reverted
				continue
			}
			if err := s.undoOf(a, p.Steps, fmt.Sprintf(" %d", n+1)); err != nil {
				return err
			}
			if p.Deleted != nil && len(p.Undo) > 0 {
				if err := s.deleted(a, *p.Deleted); err != nil {
					return err
				}
			}
		}
	}
	wait(true)
	s.line("  undone\n}")
	return nil
}

// undoOf prints the calls that revert a change or one of its parts.
func (s *script) undoOf(a resource.Change, steps resource.Steps, where string) error {
	if one := s.finding[part{change: a.ID}]; where == "" && one != nil {
		where = " " + one.list.name
	}
	if len(steps.Undo) == 0 && steps.Stays == "" || len(steps.Do) == 0 {
		return nil
	}
	s.line("  if mine %s %s%s; then", s.variables[a.ID], quote(s.rowName(a.ID)), where)
	for _, c := range steps.Undo {
		if err := s.revert("    ", c); err != nil {
			return err
		}
	}
	if steps.Stays != "" {
		s.line("    say %s", quote("  "+shown(steps.Stays)))
	}
	if len(steps.Undo) > 0 {
		s.line("    reverted")
	}
	s.line("  fi")
	return nil
}

// deleted prints the wait until AWS has deleted a resource that a part of a change created.
func (s *script) deleted(a resource.Change, u resource.Until) error {
	s.line("  if [[ $%s != \"$unknown\" ]]; then", s.variables[a.ID])
	err := s.await("    ", a, u)
	s.line("  fi")
	return err
}
