package tui

import (
	"cmp"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
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
	var titles []string
	for _, f := range a.session.Formats() {
		titles = append(titles, f.Title)
	}
	export := steps.Option{Value: "export", Label: "Export the plan", Hint: strings.Join(titles, ", "),
		Details: "Files with the plan as code that you can read, keep and run later. Use them for a change request, or if another person has the permissions."}
	blocked := a.blocked(p)
	if reports := a.reports(); blocked != "" && len(reports) > 0 {
		export.Label, export.Hint = "Export a report of the plan", strings.Join(reports, ", ")
		export.Details = "A report for a ticket or a change request. The other formats are not offered: " + blocked + "."
	} else {
		export.Problem = blocked
	}
	apply.Problem = cmp.Or(blocked, a.account.ReadOnly)
	return question{title: "Apply or export", terms: terms.Join(changesOf(p), planTerms, applyTerms), ask: "What should the wizard do with the plan for " + p.VPCLabel() + "?",
		help: "Apply, and an export that you run, have the same result. A report only describes the plan.", options: []steps.Option{apply, export,
			{Value: "save", Label: "Save the answers", Hint: "YAML file", Details: "A file with your answers. To create the same plan later without questions, run: " + strings.Join(append([]string{"wizard plan --answers FILE"}, a.commandFlags()...), " ") + ". The file contains no secrets."},
			{Value: "back", Label: "Go back"},
		}}
}

// fact is a value with its label.
type fact struct{ label, value string }

// factLabel is the width of the labels of facts.
const factLabel = 10

// factLines renders facts: the second line of a value starts below the first one.
func factLines(facts []fact, label, w int) []string {
	var out []string
	for _, f := range facts {
		for i, part := range wrap(clean(f.value), w-label) {
			head := ""
			if i == 0 {
				head = f.label
			}
			out = append(out, fit(head, label)+part)
		}
	}
	return out
}

// agreeTo describes the changes and the account for the confirmation. The last facts give way on a small screen.
func (a *app) agreeTo(p *plan.Plan) []fact {
	where := "the sandbox account"
	if !a.account.Practice {
		where = a.inv.Account
	}
	rows := []fact{{"VPC", p.VPCLabel()}, {"Changes", p.Counts()}, {"Cost", p.Cost.Text()}}
	for _, c := range p.Changes {
		save := c.Steps().Save
		switch {
		case save == nil, c.Op == resource.Keep:
		case save.Given:
			rows = append(rows, fact{"Files", "writes " + save.Name})
		default:
			rows = append(rows, fact{"Files", "writes " + save.Name + ", with a private key"})
		}
	}
	if len(a.accepted) > 0 {
		rows = append(rows, fact{"Accepted", strings.Join(a.accepted, ", ")})
	}
	rows = append(rows, fact{"Account", where + ", " + p.Region})
	if !a.account.Practice && a.inv.Caller != "" {
		rows = append(rows, fact{"As", a.inv.Caller})
	}
	if text := usually(newProgress(p).typical(), a.speed()); text != "" {
		rows = append(rows, fact{"Time", text})
	}
	rows = append(rows, fact{"Undo", map[bool]string{false: "u on the result, or wizard undo", true: "u on the result"}[a.account.Practice]})
	return rows
}
