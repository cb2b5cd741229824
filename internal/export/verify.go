package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// proof prints the checks of all claims.
func (s *script) proof() error {
	var all []resource.ID
	for _, a := range s.plan.Changes {
		all = append(all, a.ID)
	}
	if len(s.waits) > len(s.awaited) {
		s.heading("Wait until everything is ready")
		s.waitFor(all)
	}
	if len(s.plan.Claims) == 0 {
		return nil
	}
	s.heading("Verification")
	s.line("doing='verifying the result'")
	s.line("say \"$doing\"\n")
	var claims []int
	for i := range s.plan.Claims {
		claims = append(claims, i)
	}
	s.checksOf("check_all", claims)
	s.line("\nverify check_all %s", s.pauses())
	return nil
}

// gate prints the checks of the claims about some changes. They must hold before the script goes on, unless
// everything that waits for them exists.
func (s *script) gate(i int, a resource.Change, steps resource.Steps) error {
	var claims []int
	for i, c := range s.plan.Claims {
		if _, ok := s.checks[i]; ok && slices.Contains(steps.Verify.Changes, c.Change) && c.Look() == "" {
			claims = append(claims, i)
		}
	}
	function := fmt.Sprintf("check_%d", i+1)
	s.checksOf(function, claims)
	var ids []string
	for _, o := range s.plan.Waiting(a.ID) {
		ids = append(ids, "$"+s.variables[o.ID])
	}
	mode := "$mode == apply"
	if s.others != nil { // a check verifies what the tool created, before the tool turns private DNS on
		var existing []string
		for _, id := range steps.Verify.Changes {
			existing = append(existing, "$"+s.variables[id])
		}
		mode = fmt.Sprintf("($mode == apply || $mode == check && \" %s \" != *\" $unknown \"*)", strings.Join(existing, " "))
	}
	s.line("if [[ %s && \" %s \" == *\" $unknown \"* ]]; then", mode, strings.Join(ids, " "))
	s.line("  verify %s 2 4\n  if [[ $failed -gt 0 || $unproven -gt 0 ]]; then\n    stop 1 %s", function, quote(shown(steps.Verify.Help)))
	s.line("  fi\nfi\nid=%s\n%s=$id\ncompleted %s", quote(steps.Out), s.variables[a.ID], s.variables[a.ID])
	return nil
}

// checksOf prints a function that checks claims.
func (s *script) checksOf(function string, claims []int) {
	s.line("%s() {", function)
	var read []*listing
	for _, i := range claims {
		if c, ok := s.checks[i]; ok && !slices.Contains(read, c.list) {
			read = append(read, c.list)
			s.line("  read_%s", c.list.name)
		}
	}
	for _, i := range claims {
		claim := s.plan.Claims[i]
		change, says := quote(s.rowName(claim.Change)), quote(shown(claim.Says))
		c, ok := s.checks[i]
		if !ok {
			s.text("  not_verified "+change, says)
			continue
		}
		words := []string{c.list.name}
		switch {
		case c.Found:
			s.text("  check_found "+c.list.name+" "+quote(c.row), says)
			continue
		case c.Item != nil:
			words = append(words, quote(c.row), s.print.quote(s.print.value(c.Item.Of)))
		default:
			words = append(words, quote(c.row))
		}
		if c.Traffic != nil {
			words = append(words, change+" \\\n    "+says)
			line := width
			for _, t := range c.Traffic {
				next := quote(t.String())
				if line+len(next) > width {
					words[len(words)-1] += " \\\n    " + next
					line = len(next)
				} else {
					words[len(words)-1] += " " + next
				}
				line += 1 + len(next)
			}
		} else {
			s.text("  check "+strings.Join(append(words, change, quote(c.Want)), " "), says)
			continue
		}
		s.line("  check_acl %s", strings.Join(words, " "))
	}
	s.line("}")
}

// text prints a command with a text as its last argument, on a line of its own if the line would be too long.
func (s *script) text(command, text string) {
	const long = 120
	if len(command)+len(text) < long {
		s.line("%s %s", command, text)
		return
	}
	indent := command[:len(command)-len(strings.TrimLeft(command, " "))]
	s.line("%s \\\n%s  %s", command, indent, text)
}

// pauses returns the seconds between measurements, as in run. They are longer after a change of
// an existing resource, because its state does not show when the change is complete.
func (s *script) pauses() string {
	if slices.ContainsFunc(s.plan.Changes, func(a resource.Change) bool { return a.Op == resource.Modify }) {
		return "2 4 4 4 4 4 4 4 4 4 4 4"
	}
	return "2 4"
}
