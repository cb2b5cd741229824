// Package plan turns an inventory and answers into a plan: changes to apply, findings, claims to
// verify afterwards, and the cost. It is pure: the same input gives the same bytes.
package plan

import (
	"encoding/json"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Version is the version of the plan's JSON form.
const Version = 1

// ID identifies a change: "endpoint/ecr.api".
type ID string

// Op is what a change does.
type Op string

// The ops of a change. Nothing is ever deleted, replaced or restricted.
const (
	Create Op = "create"
	Modify Op = "modify"
	Keep   Op = "keep"
	Run    Op = "run"
)

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

// Value is a literal, the output of another change, or a secret that the run holds; exactly one is
// set.
type Value struct {
	Lit   string
	From  ID
	Input string
}

// Lit returns a literal value.
func Lit(s string) Value { return Value{Lit: s} }

// From returns a value that is the output id of another change.
func From(id ID) Value { return Value{From: id} }

// MarshalJSON writes a literal as a string, a reference as {"ref": ID} and a
// secret as {"input": NAME}.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.From != "":
		return json.Marshal(map[string]string{"ref": string(v.From)})
	case v.Input != "":
		return json.Marshal(map[string]string{"input": v.Input})
	}
	return json.Marshal(v.Lit)
}

// Need is the verdict on one endpoint service, with a text for the user.
type Need struct {
	Service string  `json:"service"` // service code: "ecr.api"
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
}

// Change is one change of the plan.
type Change struct {
	ID       ID
	Op       Op
	After    []ID     // order, in addition to the references of the spec
	Existing string   // AWS id, for keep and modify
	Rules    []string // rules that this change satisfies
	Summary  string
	Why      string
	Spec     Spec
	Before   map[string]any // the present state, with the keys of Spec.Properties
}

// MarshalJSON writes the change in its contracted form.
func (a Change) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID         ID             `json:"id"`
		Op         Op             `json:"op"`
		Kind       string         `json:"kind"`
		After      []ID           `json:"after"`
		Existing   string         `json:"existing,omitempty"`
		Summary    string         `json:"summary"`
		Why        string         `json:"why"`
		Rules      []string       `json:"rules"`
		Properties map[string]any `json:"properties"`
		Before     map[string]any `json:"before,omitempty"`
	}{a.ID, a.Op, a.Spec.Kind(), nonNil(a.Deps()), a.Existing, a.Summary, a.Why, nonNil(a.Rules), a.Spec.Properties(), a.Before})
}

// Finding is what a rule reports about the account as it will be after the plan is applied.
type Finding struct {
	Rule     string         `json:"rule"`
	Severity Severity       `json:"severity"`
	Resource string         `json:"resource,omitempty"`
	Message  string         `json:"message"`
	Fix      string         `json:"fix,omitempty"`
	Changes  []ID           `json:"rows,omitempty"`
	Patch    *answers.Patch `json:"patch,omitempty"` // the fix by a single key
}

// Cost is what the plan adds to the monthly bill.
type Cost struct {
	Currency string  `json:"currency"`
	Monthly  float64 `json:"monthly"`
	Basis    string  `json:"basis"`
}

// Plan is the single source of truth: it is reviewed, applied, exported and verified.
type Plan struct {
	Version   int              `json:"version"`
	Account   string           `json:"account"`
	Partition string           `json:"partition"`
	Region    string           `json:"region"`
	VPC       string           `json:"vpc"`
	VPCName   string           `json:"vpc_name,omitempty"`
	Workload  answers.Workload `json:"workload"`
	Needs     []Need           `json:"needs"`
	Changes   []Change         `json:"actions"`
	Findings  []Finding        `json:"findings"`
	Claims    []Claim          `json:"claims"`
	Gaps      []inventory.Gap  `json:"gaps"`
	Cost      Cost             `json:"cost"`

	names names // for the text form
}

// Change returns a change by id; nil if it does not exist.
func (p *Plan) Change(id ID) *Change {
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
		if a.Op != Keep {
			n++
		}
	}
	return n
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
