package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// finder is a function of the script that makes one reading call and finds what several changes need.
type finder struct {
	name   string
	call   resource.Call
	sought []*sought
}

// part is a part of a change. A change without parts is its own first part.
type part struct {
	change resource.ID
	number int
}

// sought is what a finder looks for: the resource of a change, or of a part of one.
type sought struct {
	part
	finder   string
	variable string // receives the id
	steps    resource.Steps
	keeps    string // what the plan keeps, so that it must exist
}

// findFinders groups what the changes look for by call. A call is made only after the ids that its expressions use were
// looked for.
func (s *script) findFinders() {
	found := map[resource.ID]int{} // the finder of a change
	for _, a := range s.plan.Changes {
		for _, one := range s.soughtBy(a) {
			first := 0
			for _, v := range append(one.steps.Find.Values(), one.steps.Other...) {
				if at, ok := found[v.From]; ok {
					first = max(first, at+1)
				}
			}
			at := slices.IndexFunc(s.finders[min(first, len(s.finders)):], func(f *finder) bool { return f.call.Key() == one.steps.Find.Key() })
			if at < 0 {
				at = len(s.finders)
				s.finders = append(s.finders, &finder{name: fmt.Sprintf("find_%d", at+1), call: *one.steps.Find})
			} else {
				at += first
			}
			s.finders[at].sought = append(s.finders[at].sought, one)
			found[a.ID] = at
			one.finder = s.finders[at].name
			s.finding[one.part] = one
		}
	}
}

// soughtBy returns what a change looks for. Of a change with parts these are the first part with an output, and the
// parts with a check for something else in their place.
func (s *script) soughtBy(a resource.Change) []*sought {
	steps, v := a.Steps(), s.variables[a.ID]
	if !steps.InParts() {
		if steps.Find == nil {
			return nil
		}
		one := &sought{part: part{change: a.ID}, variable: v, steps: steps}
		if len(steps.Do) == 0 && !slices.ContainsFunc(steps.Find.Values(), func(v resource.Value) bool { return v.From != "" }) {
			one.keeps = kept(a)
		}
		return []*sought{one}
	}
	var out []*sought
	for n, p := range steps.Parts {
		if p.Find == nil || len(p.Other) == 0 && (steps.Out != "" || len(out) > 0) {
			continue
		}
		one := &sought{part: part{a.ID, n}, variable: v, steps: p.Steps}
		if len(out) > 0 {
			one.variable = fmt.Sprintf("%s_part_%d", v, n+1)
		}
		out = append(out, one)
	}
	return out
}

// recall prints the command that sets $id to what a part of a change looks for; empty if no finder looks for it.
func (s *script) recall(p part) string {
	one := s.finding[p]
	if one == nil {
		return ""
	}
	return "recall " + one.variable + " " + one.finder
}

// compare prints the functions that look for resources, and a call of each of them before anything is changed.
func (s *script) compare() error {
	if len(s.plan.Changes) == 0 {
		return nil
	}
	s.heading("Compare the account with the plan")
	s.b.WriteString(comment("# ", "The answer to each query has two lines for each change: the id of what the plan needs, and how something else in its place differs. Such a difference ends the script here, before it changes anything."))
	s.line("doing='comparing the account with the plan'\nsay \"$doing\"")
	for _, a := range s.plan.Changes {
		s.line("%s=$unknown", s.variables[a.ID])
	}
	for _, f := range s.finders {
		for _, one := range f.sought {
			if one.variable != s.variables[one.change] {
				s.line("%s=$unknown", one.variable)
			}
		}
	}
	for _, f := range s.finders {
		if err := s.finder(f); err != nil {
			return err
		}
	}
	for _, f := range s.finders {
		s.line("%s", f.name)
	}
	return nil
}

// finder prints the function. The answer has two lines for each change: the id, and the difference.
func (s *script) finder(f *finder) error {
	words, err := s.print.words(f.call)
	if err != nil {
		return err
	}
	query := lit("[\n")
	for i, one := range f.sought {
		if i > 0 {
			query = append(query, lit(",\n")...)
		}
		other := one.steps.Other
		if len(other) == 0 {
			other = []resource.Value{resource.Lit("''")}
		}
		query = append(append(append(query, lit("  [")...), s.print.expression(one.steps.Find.Out)...), lit("],\n  [")...)
		query = append(append(query, s.print.expression(other)...), lit("]")...)
	}
	query = append(query, lit("\n]")...)
	s.line("%s() {", f.name)
	s.line("%s", layout("  ", "survey "+quote(strings.Join(f.call.Absent, " ")), append(words, "--query "+query.lines())))
	for i, one := range f.sought {
		kept := ""
		if one.keeps != "" {
			kept = " " + quote(shown(one.keeps))
		}
		s.line("  place %s %s %d %d%s", one.variable, quote(string(one.change)), i+1, len(f.sought), kept)
	}
	s.line("}")
	return nil
}
