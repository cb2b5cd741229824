package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// nextScreen asks what to do with a reviewed plan.
type nextScreen struct {
	plan *plan.Plan
	pick *picker
	page listPage
}

func newNextScreen(a *app, p *plan.Plan) *nextScreen {
	opts := a.nextOptions(p)
	s := &nextScreen{plan: p, pick: pickerOf(opts, false, nil), page: listPage{
		title: "Apply or export", ask: nextAsk(p),
		help: "Applying and running the exported script lead to the same result.", details: func(i int) string { return opts[i].Details }}}
	return s
}

func nextAsk(p *plan.Plan) string {
	return "What do you want to do with the plan for " + inventory.Label(p.VPCName, p.VPC) + "?"
}

// nextOptions are what can be done with a plan. A plan that asks for nothing is an
// end too.
func (a *app) nextOptions(p *plan.Plan) []steps.Option {
	if nothingToDo(p) && len(p.Stops(a.accepted)) == 0 {
		a.ended = true
	}
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
	if n := len(p.Stops(a.accepted)); n > 0 {
		apply.Problem = countOf(n, "finding stops it", "findings stop it")
		export.Problem = apply.Problem
	}
	return []steps.Option{apply, export,
		{Value: "save", Label: "Save the answers", Hint: "a small YAML file", Details: "Writes what you answered, so that the same plan can be made again without questions: wizard plan --answers FILE" + a.acceptFlags() + ". It holds no secrets."},
		{Value: "back", Label: "Back to the review"},
	}
}

func (s *nextScreen) station() string    { return atApply }
func (s *nextScreen) list() *picker      { return s.pick }
func (s *nextScreen) about() *listPage   { return &s.page }
func (s *nextScreen) enter(*app) tea.Cmd { return nil }

func (s *nextScreen) keys(*app) []key.Binding {
	if s.pick.filtering {
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	return []key.Binding{keys.move, keys.choose, keys.back}
}

func (s *nextScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.page.press(s.pick, k):
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
		return a.push(newSaveForm(a))
	}
	return a.pop()
}

// apply asks for what the plan has to be given, then whether it shall be carried out.
func (s *nextScreen) apply(a *app) tea.Cmd {
	ask, given := a.inputs(s.plan)
	if len(ask) > 0 {
		return a.push(newInputScreen(s.plan, ask, given))
	}
	return a.confirm(s.plan, given)
}

// confirm asks once more before a plan that changes something is carried out.
func (a *app) confirm(p *plan.Plan, given map[string]secret.Text) tea.Cmd {
	start := func(a *app) tea.Cmd {
		a.dropInputs()
		return a.push(newProgressScreen(p, given))
	}
	if p.Changes() == 0 {
		return start(a)
	}
	return a.ask(newDialog("Apply the plan?", a.agreeTo(p), "Back", "Apply", start))
}

// agreeTo says what is about to be done, and where.
func (a *app) agreeTo(p *plan.Plan) string {
	where := "account " + a.inv.Account
	if a.account.Practice {
		where = "the practice account"
	}
	text := fmt.Sprintf("In %s, %s, VPC %s:\n%s; %s.", where, p.Region, inventory.Label(p.VPCName, p.VPC), counts(p), costLine(p))
	if len(a.accepted) > 0 {
		text += "\nAccepted: " + strings.Join(a.accepted, ", ") + "."
	}
	return text
}

func (s *nextScreen) render(a *app, w, h int) []string {
	return s.page.render(&a.st, s.pick, w, h)
}
