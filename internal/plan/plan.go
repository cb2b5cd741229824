// Package plan turns an inventory and answers into a plan: changes to apply, findings, claims to
// verify afterwards, and the cost. It is pure: the same input gives the same bytes.
//
// Build is in build.go. Files match_… compare what the workload needs with what exists, and plan the
// changes. Files path_… follow the network: security groups, subnets, and routes, also to the
// internet. Files rule_… report findings about the account as it will be.
package plan

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Version is the version of the plan's JSON form.
const Version = 1

// Verdict is whether a workload needs an endpoint.
type Verdict string

// The verdicts.
const (
	Required    Verdict = "required"
	Recommended Verdict = "recommended"
	NotNeeded   Verdict = "not-needed"
	// Unknown means that the account does not show whether the workload needs it.
	Unknown Verdict = "unknown"
)

// Severity is the effect of a finding on apply.
type Severity string

// Block and Error stop apply. Users can accept an Error, but never a Block.
const (
	Block Severity = "block"
	Error Severity = "error"
	Warn  Severity = "warn"
	Info  Severity = "info"
)

// Need is the verdict on one endpoint service, with a text for the user.
type Need struct {
	Service string  `json:"service"` // service code: "ecr.api"
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
}

// Finding is what a rule reports about the account as it will be after the plan is applied.
type Finding struct {
	// Rule is the rule ID, such as W-POLICY.
	Rule string `json:"rule"`
	// Severity is the effect on apply and export. block and error stop both. --accept accepts an error.
	Severity Severity `json:"severity"`
	// Resource is what the finding is about.
	Resource string `json:"resource,omitempty"`
	// Message is the problem.
	Message string `json:"message"`
	// Fix is what to do.
	Fix string `json:"fix,omitempty"`
	// Changes are the ids of the changes that the finding is about.
	Changes []resource.ID `json:"rows,omitempty"`
	// Patch is a change to the answers that fixes the problem.
	Patch *answers.Patch `json:"patch,omitempty"`
	// Undecided means that the account does not show whether the problem exists.
	Undecided bool `json:"-"`
}

// Plan is the single source of truth: it is reviewed, applied, exported and verified.
type Plan struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Account is the account number.
	Account string `json:"account"`
	// Partition is the AWS partition, such as aws or aws-cn.
	Partition string `json:"partition"`
	Region    string `json:"region"`
	// VPC is the id of the VPC, or that of the change that creates it.
	VPC string `json:"vpc"`
	// VPCName is the Name tag of the VPC.
	VPCName  string           `json:"vpc_name,omitempty"`
	Workload answers.Workload `json:"workload"`
	// Needs has a verdict for each endpoint service.
	Needs []Need `json:"needs"`
	// Changes are in the order of their dependencies.
	Changes []resource.Change `json:"actions"`
	// Findings are problems that the plan does not fix.
	Findings []Finding `json:"findings"`
	// Claims are what must be true after the plan is applied.
	Claims []resource.Claim `json:"claims"`
	// Gaps are the calls that AWS denied or that failed, so that the plan may lack something.
	Gaps []inventory.Gap `json:"gaps"`
	Cost Cost            `json:"cost"`
	// Prices are those that were loaded. They are not part of the JSON form, because the cost has what it needs of them.
	Prices price.List `json:"-"`

	names names // for the text form
}

// Change returns a change by id; nil if it does not exist.
func (p *Plan) Change(id resource.ID) *resource.Change {
	for i := range p.Changes {
		if p.Changes[i].ID == id {
			return &p.Changes[i]
		}
	}
	return nil
}

// ToApply counts the changes that apply makes: unchanged resources do not count.
func (p *Plan) ToApply() int {
	n := 0
	for _, a := range p.Changes {
		if a.Op != resource.Keep {
			n++
		}
	}
	return n
}

// Inputs returns the inputs that applying the plan needs, each once.
func (p *Plan) Inputs() []resource.Input {
	var out []resource.Input
	for _, a := range p.Changes {
		out = append(out, a.Inputs()...)
	}
	return workload.Unique(out)
}

// Follows reports whether a change depends on one that creates a resource, and on one that modifies a
// resource. Other parts of AWS may not know these for a moment.
func (p *Plan) Follows(a resource.Change) (created, modified bool) {
	for _, id := range a.Deps() {
		if d := p.Change(id); d != nil {
			created, modified = created || d.Op == resource.Create, modified || d.Op == resource.Modify
		}
	}
	return created, modified
}

// Waiting returns the changes that wait for a change, also indirectly, and that show whether they were applied.
func (p *Plan) Waiting(id resource.ID) []resource.Change {
	after, out := []resource.ID{id}, []resource.Change(nil)
	for _, a := range p.Changes { // they are in order
		if a.Steps().Find != nil && slices.ContainsFunc(a.Deps(), func(id resource.ID) bool { return slices.Contains(after, id) }) {
			after, out = append(after, a.ID), append(out, a)
		}
	}
	return out
}

// Stops returns the findings that stop apply and export: blocks, and errors of rules that are not
// accepted.
func (p *Plan) Stops(accepted []string) []Finding {
	var out []Finding
	for _, f := range p.Findings {
		if f.Severity == Block || f.Severity == Error && !slices.Contains(accepted, f.Rule) {
			out = append(out, f)
		}
	}
	return out
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
