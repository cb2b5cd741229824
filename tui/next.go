package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// nextScreen asks for the next action after the review.
type nextScreen struct {
	plan *plan.Plan
	pick *picker
	page listPage
}

func newNextScreen(a *app, p *plan.Plan) *nextScreen {
	opts := a.nextOptions(p)
	s := &nextScreen{plan: p, pick: pickerOf(opts, false, nil), page: listPage{
		title: "Apply or export", ask: nextAsk(p),
		help: "Apply and the exported script have the same result.", details: func(i int) string { return opts[i].Details }}}
	return s
}

func nextAsk(p *plan.Plan) string {
	return "What should the wizard do with the plan for " + inventory.Label(p.VPCName, p.VPC) + "?"
}

// nextOptions returns the actions for a plan. A plan without changes and without findings
// also ends the wizard with success.
func (a *app) nextOptions(p *plan.Plan) []steps.Option {
	if nothingToDo(p) && len(p.Stops(a.accepted)) == 0 {
		a.ended = true
	}
	apply := steps.Option{Value: "apply", Label: "Apply the plan", Hint: p.Counts(),
		Details: "The wizard applies the changes in order, waits until each endpoint is available, and verifies the result. It asks for confirmation first.\n\nCtrl-C stops it after the calls in flight. It never deletes existing resources or removes their permissions."}
	if nothingToDo(p) {
		apply.Label, apply.Hint = "Verify only", "no changes"
		apply.Details = "Checks endpoint states, DNS, security group rules, and routes. It only reads."
	}
	apply.Problem = a.account.ReadOnly
	export := steps.Option{Value: "export", Label: "Export a script", Hint: "bash, for the AWS CLI",
		Details: "A bash script with the AWS CLI commands of the plan. You can run it again: it keeps existing resources. Use it for a change request, or if another person has the permissions."}
	if p.ToApply() == 0 && !nothingToDo(p) {
		apply.Problem, export.Problem = "the plan is empty", "the plan is empty"
	}
	if n := len(p.Stops(a.accepted)); n > 0 {
		apply.Problem = words.Counted(n, "unresolved finding", "unresolved findings")
		export.Problem = apply.Problem
	}
	return []steps.Option{apply, export,
		{Value: "save", Label: "Save the answers", Hint: "YAML file", Details: "A file with your answers. To create the same plan later without questions, run: " + strings.Join(append([]string{"wizard plan --answers FILE"}, a.commandFlags()...), " ") + ". The file contains no secrets."},
		{Value: "back", Label: "Go back"},
	}
}

func (s *nextScreen) stepID() string     { return atApply }
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
		a.warn("%s: %s. Press Esc to go back to the review, which shows the fix.", r.label, r.off)
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

// apply asks for the secret texts of the plan and then for confirmation.
func (s *nextScreen) apply(a *app) tea.Cmd {
	ask, given := a.inputs(s.plan)
	if len(ask) > 0 {
		return a.push(newInputScreen(s.plan, ask, given))
	}
	return a.confirm(s.plan, given)
}

// confirm asks for confirmation of a plan with changes. It starts other plans directly.
func (a *app) confirm(p *plan.Plan, given map[string]secret.Text) tea.Cmd {
	start := func(a *app) tea.Cmd {
		a.dropInputs()
		return a.push(newProgressScreen(p, a.applying(p, given)))
	}
	if p.ToApply() == 0 {
		return start(a)
	}
	return a.ask(newDialog("Apply this plan?", a.agreeTo(p), "Back", "Apply", start))
}

// agreeTo describes the changes and the account for the confirmation.
func (a *app) agreeTo(p *plan.Plan) string {
	where := "account " + a.inv.Account
	if a.account.Practice {
		where = "the sandbox account"
	}
	text := fmt.Sprintf("In %s, %s, VPC %s:\n%s; %s.", where, p.Region, inventory.Label(p.VPCName, p.VPC), p.Counts(), costLine(p))
	for _, c := range p.Changes {
		save := c.Steps().Save
		switch {
		case save == nil, c.Op == resource.Keep:
		case save.Given:
			text += fmt.Sprintf("\nOn this computer, it writes %s to the current folder.", save.Name)
		default:
			text += fmt.Sprintf("\nOn this computer, it writes %s, with a private key, to the current folder, and the keys to the folder %s.", save.Name, save.Folder)
		}
	}
	if len(a.accepted) > 0 {
		text += "\nAccepted: " + strings.Join(a.accepted, ", ") + "."
	}
	return text
}

func (s *nextScreen) render(a *app, w, h int) []string {
	return s.page.render(&a.st, s.pick, w, h)
}
