package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// waiter is a function of the script that waits for all changes with the same poll.
type waiter struct {
	name  string
	until *resource.Until
	rows  []resource.Change
}

// findWaiters groups the changes that need a wait by their poll.
func (s *script) findWaiters() {
	for _, a := range s.plan.Changes {
		u := a.Steps().Until
		if u == nil {
			continue
		}
		i := slices.IndexFunc(s.waiters, func(w *waiter) bool {
			return w.until.Call.Key() == u.Call.Key() && slices.Equal(w.until.Call.Out, u.Call.Out) && w.until.Want == u.Want
		})
		if i < 0 {
			i = len(s.waiters)
			name := "wait_" + noName().ReplaceAllString(u.Want, "_")
			if slices.ContainsFunc(s.waiters, func(w *waiter) bool { return w.name == name }) {
				name = fmt.Sprintf("%s_%d", name, i+1)
			}
			s.waiters = append(s.waiters, &waiter{name: name, until: u})
		}
		s.waiters[i].rows = append(s.waiters[i].rows, a)
	}
}

// waits prints the functions that wait.
func (s *script) waits() error {
	for _, w := range s.waiters {
		u := w.until
		s.line("")
		s.b.WriteString(comment("# ", fmt.Sprintf("%s CHANGE ID [CHANGE ID]...: waits until all of these are %s.", w.name, u.Want)))
		s.line("%s() {", w.name)
		s.line("  local i j told='' waited=0")
		s.line("  if [[ $dry_run == yes ]]; then\n    return 0\n  fi")
		s.line("  doing=%s\n  say \"$doing\"", quote("waiting until everything is "+u.Want))
		s.line("  never=%s", quote(strings.Join(u.Fail, " ")))
		s.line("  while true; do")
		command, err := s.command("    ", "ask", u.Call)
		if err != nil {
			return err
		}
		s.line("%s", command)
		s.line("    pending=''\n    broken=''")
		s.line("    for ((i = 1; i < $#; i += 2)); do\n      j=$((i + 1))\n      judge \"${!i}\" \"${!j}\" %s\n    done", quote(u.Want))
		s.line("    if [[ -n $broken ]]; then")
		s.line("      say \"These will never be %s:$broken\"", escape(u.Want))
		if u.What != "" {
			what := u.Call
			what.Out = []resource.Value{resource.Lit(u.What)}
			command, err := s.command("      ", "ask", what)
			if err != nil {
				return err
			}
			s.line("%s", command)
			s.line("      if [[ -n $reply ]]; then\n        say \"$reply\"\n      fi")
		}
		s.line("      exit 1\n    fi")
		s.line("    if [[ -z $pending ]]; then\n      return 0\n    fi")
		s.line("    if [[ $pending != \"$told\" ]]; then\n      say \"  not ready yet:$pending\"\n      told=$pending\n    fi")
		s.line("    if [[ $waited -ge %d ]]; then", u.Limit)
		s.line("      stop 1 \"After $waited seconds these are still not %s:$pending\"\n    fi", escape(u.Want))
		s.line("    sleep %d\n    waited=$((waited + %d))", u.Every, u.Every)
		s.line("  done\n}")
	}
	return nil
}

// wait prints the wait for those changes that need one.
func (s *script) wait(rows []resource.Change) {
	for _, w := range s.waiters {
		var words []string
		for _, a := range rows {
			if slices.ContainsFunc(w.rows, func(o resource.Change) bool { return o.ID == a.ID }) {
				words = append(words, quote(string(a.ID))+` "$`+s.variables[a.ID]+`"`)
			}
		}
		if len(words) > 0 {
			s.line("%s", layout("", w.name, words))
		}
	}
}

// waitBefore prints the wait for the changes that a change depends on. Changes before it that no other one needs are
// not awaited, so that the script creates as much as possible before the first wait.
func (s *script) waitBefore(a resource.Change) {
	if a.Op == resource.Keep {
		return
	}
	var rows []resource.Change
	for _, id := range a.Deps() {
		if d := s.plan.Change(id); d != nil && !s.awaited[id] {
			s.awaited[id] = true
			rows = append(rows, *d)
		}
	}
	s.wait(rows)
}

// proof prints the measurements of all claims.
func (s *script) proof() error {
	if len(s.plan.Claims) == 0 {
		return nil
	}
	s.heading("Verification")
	s.line("doing='verifying the result'")
	s.line("say \"$doing\"\n")
	inside, err := s.measurement("measure", s.plan.Claims)
	if err != nil {
		return err
	}
	s.line("\nverify measure %s", s.pauses())
	for _, c := range inside {
		s.line("say %s", quote(shown("  not verified  "+string(c.Change)+": "+c.Says)))
	}
	return nil
}

// gate prints the measurements of the claims about some changes. They must hold before the script goes on, unless
// everything that waits for them exists.
func (s *script) gate(i int, a resource.Change, steps resource.Steps) error {
	claims := slices.DeleteFunc(slices.Clone(s.plan.Claims), func(c resource.Claim) bool {
		return !slices.Contains(steps.Verify.Changes, c.Change) || c.Look() != ""
	})
	function := fmt.Sprintf("check_%d", i+1)
	if _, err := s.measurement(function, claims); err != nil {
		return err
	}
	var ids []string
	for _, o := range s.plan.Waiting(a.ID) {
		ids = append(ids, "$"+s.variables[o.ID])
	}
	s.line("if [[ $dry_run == no && \" %s \" == *\" $unknown \"* ]]; then", strings.Join(ids, " "))
	s.line("  verify %s 2 4\n  if [[ $failed -gt 0 || $unproven -gt 0 ]]; then\n    stop 1 %s", function, quote(shown(steps.Verify.Help)))
	s.line("  fi\nfi\n%s=%s", s.variables[a.ID], quote(steps.Out))
	return nil
}

// measurement prints a function that makes each measurement of claims once and evaluates all of them. It returns the claims
// that a script cannot measure.
func (s *script) measurement(function string, claims []resource.Claim) (inside []resource.Claim, err error) {
	type question struct {
		call   resource.Call
		checks []resource.Check
		claims []resource.Claim
	}
	var questions []*question
	for _, c := range claims {
		check, ok := c.Check(s.plan.Change(c.Change))
		if !ok {
			inside = append(inside, c)
			continue
		}
		i := slices.IndexFunc(questions, func(q *question) bool { return q.call.Key() == check.Call.Key() })
		if i < 0 {
			questions, i = append(questions, &question{call: check.Call}), len(questions)
		}
		questions[i].checks = append(questions[i].checks, check)
		questions[i].claims = append(questions[i].claims, c)
	}
	s.line("# %s makes each call once and evaluates all its claims.", function)
	s.line("%s() {\n  verdicts=''\n  failed=0\n  unproven=0", function)
	for _, q := range questions {
		words, err := s.print.words(q.call)
		if err != nil {
			return nil, err
		}
		query := lit("[\n")
		for i, c := range q.checks {
			if i > 0 {
				query = append(query, lit(",\n")...)
			}
			query = append(append(append(query, lit("  [")...), s.print.expression(c.Call.Out)...), lit("]")...)
		}
		query = append(query, lit("\n]")...)
		s.line("%s", layout("  ", "ask", append(words, "--query "+query.lines())))
		for i, c := range q.claims {
			function, words := "claim", []string{fmt.Sprint(i + 1), fmt.Sprint(len(q.claims)), quote(string(c.Change))}
			if q.checks[i].Traffic == nil {
				words = append(words, quote(q.checks[i].Want), quote(shown(c.Says)))
			} else {
				function, words = "acl_claim", append(words, quote(shown(c.Says)))
				for _, t := range q.checks[i].Traffic {
					words = append(words, quote(t.String()))
				}
			}
			s.line("%s", layout("  ", function, words))
		}
	}
	s.line("}")
	return inside, nil
}

// pauses returns the seconds between measurements, as in run. They are longer after a change of
// an existing resource, because its state does not show when the change is complete.
func (s *script) pauses() string {
	if slices.ContainsFunc(s.plan.Changes, func(a resource.Change) bool { return a.Op == resource.Modify }) {
		return "2 4 4 4 4 4 4 4 4 4 4 4"
	}
	return "2 4"
}
