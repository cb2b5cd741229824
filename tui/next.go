package tui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// nextScreen asks what to do with a reviewed plan.
type nextScreen struct {
	plan *plan.Plan
	pick *picker
	page listPage
}

func newNextScreen(a *app, p *plan.Plan) *nextScreen {
	apply := steps.Option{Value: "apply", Label: "Apply it now", Hint: counts(p),
		Details: "Makes what the review shows, in the right order, waits until AWS says that each endpoint is available, and then measures that it works. You are asked once more before it starts.\n\nCtrl-C stops it after what is in flight. What exists already is never deleted or narrowed."}
	if nothingToDo(p) {
		apply.Label, apply.Hint = "Prove that it works", "changes nothing"
		apply.Details = "Measures what this plan claims: states, DNS, rules, routes. It only reads."
	}
	apply.Problem = a.account.ReadOnly
	export := steps.Option{Value: "export", Label: "Export a script", Hint: "bash, for the AWS CLI",
		Details: "Writes the same plan as a bash script that uses the AWS CLI. It can be run again: what is there already is kept. Good for handing over to somebody with more rights, or for a change request."}
	if p.Changes() == 0 && !nothingToDo(p) {
		apply.Problem, export.Problem = "the plan is empty", "the plan is empty"
	}
	if n := len(p.Stops(nil)); n > 0 {
		apply.Problem = countOf(n, "finding stops it", "findings stop it")
		export.Problem = apply.Problem
	}
	opts := []steps.Option{apply, export,
		{Value: "save", Label: "Save the answers", Hint: "a small YAML file", Details: "Writes what you answered, so that the same plan can be made again without questions: wizard plan --answers FILE. It holds no secrets."},
		{Value: "back", Label: "Back to the review"},
	}
	s := &nextScreen{plan: p, pick: pickerOf(opts, false, nil), page: listPage{
		title: "Apply or export", ask: "What do you want to do with the plan for " + inventory.Label(p.VPCName, p.VPC) + "?",
		help: "Applying and running the exported script lead to the same result.", details: func(i int) string { return opts[i].Details }}}
	if nothingToDo(p) && len(p.Stops(nil)) == 0 {
		a.ended = true // that is an end too
	}
	return s
}

func (s *nextScreen) station() string    { return atApply }
func (s *nextScreen) list() *picker      { return s.pick }
func (s *nextScreen) enter(*app) tea.Cmd { return nil }

func (s *nextScreen) keys(*app) []key.Binding {
	if s.pick.filtering {
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	return []key.Binding{keys.move, keys.choose, keys.back}
}

func (s *nextScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.pick.filtering && s.page.press(k):
	case s.pick.press(k):
	case is(k, keys.choose):
		return s.choose(a)
	case is(k, keys.back):
		return a.pop()
	}
	return nil
}

func (s *nextScreen) choose(a *app) tea.Cmd {
	r := s.pick.under()
	if r == nil {
		return nil
	}
	if r.off != "" {
		a.warn("%s: %s. The review says what to do about it; Esc goes back to it.", r.label, r.off)
		return nil
	}
	switch r.value {
	case "apply":
		return s.apply(a)
	case "export":
		return a.push(newExportForm(s.plan))
	case "save":
		return a.push(newSaveForm())
	}
	return a.pop()
}

func (s *nextScreen) apply(a *app) tea.Cmd {
	start := func(a *app) tea.Cmd { return a.push(newProgressScreen(s.plan)) }
	if s.plan.Changes() == 0 {
		return start(a)
	}
	where := "account " + a.inv.Account
	if a.account.Practice {
		where = "the practice account"
	}
	text := fmt.Sprintf("In %s, %s, VPC %s:\n%s; %s.", where, s.plan.Region, inventory.Label(s.plan.VPCName, s.plan.VPC), counts(s.plan), costLine(s.plan))
	return a.ask(newDialog("Apply the plan?", text, "Back", "Apply", start))
}

func (s *nextScreen) render(a *app, w, h int) []string {
	return s.page.render(&a.st, s.pick, w, h)
}
