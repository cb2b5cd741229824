package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// reviewed records that a plan was shown. A plan without changes and without findings also ends the wizard with success.
func (a *app) reviewed(p *plan.Plan) {
	if nothingToDo(p) && len(p.Stops(a.accepted)) == 0 {
		a.ended = true
	}
}

// blocked says why a plan can be neither applied nor exported; empty if it can.
func (a *app) blocked(p *plan.Plan) string {
	switch n := len(p.Stops(a.accepted)); {
	case n > 0:
		return words.Counted(n, "unresolved finding", "unresolved findings")
	case p.ToApply() == 0 && !nothingToDo(p):
		return "the plan is empty"
	case len(p.Changes) == 0:
		return "the plan has no changes and no checks"
	}
	return ""
}

// nextQuestion asks for the next action after the review.
func (a *app) nextQuestion(p *plan.Plan) question {
	apply := steps.Option{Value: "apply", Label: "Apply the plan", Hint: p.Counts(),
		Details: "The wizard applies the changes in order, waits until each endpoint is available, and verifies the result. It asks for confirmation first.\n\nCtrl-C stops it after the calls in flight. It never deletes existing resources or removes their permissions."}
	if nothingToDo(p) {
		apply.Label, apply.Hint = "Verify only", "no changes"
		apply.Details = "Checks endpoint states, DNS, security group rules, and routes. It only reads."
	}
	export := steps.Option{Value: "export", Label: "Export a script", Hint: "bash, for the AWS CLI",
		Details: "A bash script with the AWS CLI commands of the plan. You can run it again: it keeps existing resources. Use it for a change request, or if another person has the permissions."}
	export.Problem = a.blocked(p)
	apply.Problem = cmp.Or(export.Problem, a.account.ReadOnly)
	return question{title: "Apply or export", ask: "What should the wizard do with the plan for " + inventory.Label(p.VPCName, p.VPC) + "?",
		help: "Apply and the exported script have the same result.", options: []steps.Option{apply, export,
			{Value: "save", Label: "Save the answers", Hint: "YAML file", Details: "A file with your answers. To create the same plan later without questions, run: " + strings.Join(append([]string{"wizard plan --answers FILE"}, a.commandFlags()...), " ") + ". The file contains no secrets."},
			{Value: "back", Label: "Go back"},
		}}
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
