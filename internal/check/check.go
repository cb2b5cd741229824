// Package check reports whether an account is in sync with an answers file: what the plan would create or modify, and the
// findings that stop the plan. It is pure: the same plan gives the same report.
package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sarif"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Version is the version of the JSON form of a report.
const Version = 1

// Result is the result of a check.
type Result string

// The results. Findings that stop the plan come before changes, because the changes may then be wrong or incomplete.
const (
	InSync   Result = "in_sync"
	Changes  Result = "changes"
	Findings Result = "findings"
)

// Report is the result of a check with its reasons.
type Report struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Account is the account number.
	Account string `json:"account"`
	Region  string `json:"region"`
	// VPC is the id of the VPC, or that of the change that creates it.
	VPC string `json:"vpc"`
	// Result is findings if a finding stops the plan, otherwise changes if there is a change, otherwise in_sync.
	Result Result `json:"result"`
	// Changes are what the plan would create or modify. What it only runs or waits for, and manual steps, are not differences.
	Changes []Change `json:"changes"`
	// NotCompared are changes of the plan that are not differences, because no plan reads whether the account has them already.
	NotCompared []NotCompared `json:"not_compared"`
	// Findings are problems that the plan does not fix.
	Findings []Finding `json:"findings"`
	// Exit is the exit code of the command.
	Exit int `json:"exit"`

	plan     *plan.Plan
	accepted []string
}

// Change is a difference between the account and the answers. Its fields are those of a change of the plan.
type Change struct {
	// ID identifies the change.
	ID resource.ID `json:"id"`
	// Op is what the change does: create or modify.
	Op resource.Op `json:"op"`
	// Kind is the kind of what is created or modified.
	Kind string `json:"kind"`
	// Summary is the change on one line.
	Summary string `json:"summary"`
	// Existing is the AWS id of the resource, for modify.
	Existing string `json:"existing,omitempty"`
}

// NotCompared is a change of the plan that was not compared with the account.
type NotCompared struct {
	Change
	// Why is what no plan reads, as a sentence.
	Why string `json:"why"`
}

// Finding is a finding of the plan.
type Finding struct {
	plan.Finding
	// Accepted is true for an error of a rule that was accepted with --accept.
	Accepted bool `json:"accepted"`
}

// Of returns the report for a plan, without the exit code. Errors of the accepted rules do not stop it.
func Of(p *plan.Plan, accepted []string) Report {
	r := Report{Version: Version, Account: p.Account, Region: p.Region, VPC: p.VPC, Result: InSync, Changes: []Change{}, NotCompared: []NotCompared{}, Findings: []Finding{}, plan: p, accepted: accepted}
	for _, c := range p.Changes {
		if c.Op != resource.Create && c.Op != resource.Modify {
			continue
		}
		change := Change{c.ID, c.Op, c.Spec.Kind(), c.Summary, c.Existing}
		if why := c.Unread(); why != "" && !creates(p, c.Deps()) {
			r.NotCompared = append(r.NotCompared, NotCompared{change, why})
			continue
		}
		r.Changes = append(r.Changes, change)
	}
	for _, f := range p.Findings {
		r.Findings = append(r.Findings, Finding{f, f.Accepted(accepted)})
	}
	switch {
	case len(p.Stops(accepted)) > 0:
		r.Result = Findings
	case len(r.Changes) > 0:
		r.Result = Changes
	}
	return r
}

// creates reports whether the plan creates one of these changes. What depends on it does not exist either.
func creates(p *plan.Plan, ids []resource.ID) bool {
	return slices.ContainsFunc(ids, func(id resource.ID) bool {
		c := p.Change(id)
		return c != nil && c.Op == resource.Create
	})
}

// text returns a change on one line.
func (c Change) text() string {
	text := fmt.Sprintf("%s %s: %s", c.Op, c.ID, c.Summary)
	if c.Existing != "" {
		text += " (" + c.Existing + ")"
	}
	return text
}

// Lines returns one line for each difference, each change that was not compared and each finding.
func (r Report) Lines() []string {
	var out []string
	for _, c := range r.Changes {
		out = append(out, printable.Line(c.text()))
	}
	for _, c := range r.NotCompared {
		out = append(out, printable.Line("not compared "+c.text()+". "+c.Why))
	}
	for _, f := range r.Findings {
		text := f.Line()
		if f.Accepted {
			text = "accepted " + text
		}
		out = append(out, text)
	}
	return out
}

// Verdict returns the result on one line. The counts at its end include what is not a difference.
func (r Report) Verdict() string {
	changes := "no changes to make"
	if len(r.Changes) > 0 {
		changes = words.Count(len(r.Changes), "change") + " to make"
	}
	if vpc := r.plan.VPCLabel(); vpc != "" {
		changes += " in VPC " + vpc
	}
	out := []string{map[Result]string{InSync: "In sync: ", Changes: "Not in sync: ", Findings: "Unresolved findings, and "}[r.Result] + changes + "."}
	if n := len(r.NotCompared); n > 0 {
		out = append(out, words.Count(n, "change")+map[bool]string{true: " was", false: " were"}[n == 1]+" not compared.")
	}
	out = append(out, "Plan: "+r.plan.Counts()+".")
	if n := len(slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !f.Accepted })); n > 0 {
		out = append(out, "You accepted "+words.Count(n, "error")+".")
	}
	if r.Result == Findings {
		out = append(out, r.plan.Verdict(r.accepted)...)
	}
	return printable.Line(strings.Join(out, " "))
}

// change is the rule of all differences in a log.
var change = sarif.Rule{ID: "CHANGE", Text: "The account does not have what the answers file describes.",
	Help: "`wizard plan --explain` shows the reasons, and `wizard apply` makes the change."}

// notCompared is the rule of all changes in a log that were not compared.
var notCompared = sarif.Rule{ID: "NOT-COMPARED", Text: "A change of the plan was not compared with the account.",
	Help: "`wizard apply` finds out whether the account has it already, and then changes nothing."}

// SARIF returns the report as a SARIF 2.1.0 log, ready for a JSON encoder. The results are in the answers file; line returns the
// line that a finding is about, from 1.
func (r Report) SARIF(version, file string, line func(plan.Finding) int) any {
	var out []sarif.Result
	for _, c := range r.Changes {
		out = append(out, sarif.Result{Rule: change, Level: sarif.Error, Message: fmt.Sprintf("%s: %s.", c.ID, c.Summary), File: file, Line: 1, About: string(c.ID)})
	}
	for _, c := range r.NotCompared {
		out = append(out, sarif.Result{Rule: notCompared, Level: sarif.Note, Message: fmt.Sprintf("%s: %s. %s", c.ID, c.Summary, c.Why), File: file, Line: 1, About: string(c.ID)})
	}
	for _, f := range r.Findings {
		s := sarif.Result{Rule: ruleOf(f.Rule), Level: levels[f.Severity], Message: f.Message, File: file, Line: line(f.Finding), About: f.Rule + " " + f.Resource}
		if f.Fix != "" {
			s.Message += " Fix: " + f.Fix
		}
		if f.Accepted {
			s.Accepted = "accepted with --accept " + f.Rule
		}
		out = append(out, s)
	}
	return sarif.Log("wizard check", version, out)
}

var levels = map[plan.Severity]string{plan.Block: sarif.Error, plan.Error: sarif.Error, plan.Warn: sarif.Warning, plan.Info: sarif.Note}

// ruleOf returns a rule of the plan with its source and the page of the term that explains it.
func ruleOf(id string) sarif.Rule {
	all := plan.Rules()
	r := all[slices.IndexFunc(all, func(r plan.RuleInfo) bool { return r.ID == id })]
	return sarif.Rule{ID: r.ID, Text: r.Says, Help: "Source: " + r.Page() + ".", Page: r.Terms()[0].Page}
}
