// Package plan turns an inventory and answers into a plan: rows to carry out,
// findings, claims to prove afterwards, and the cost. It is pure: the same input
// gives the same bytes.
package plan

import (
	"encoding/json"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Version is the version of the plan's JSON form.
const Version = 1

// ID names a row: "endpoint/ecr.api".
type ID string

// Op says what a row does.
type Op string

// The ops of a row. Nothing is ever deleted, replaced or narrowed.
const (
	Create Op = "create"
	Modify Op = "modify"
	Keep   Op = "keep"
	Run    Op = "run"
)

// Verdict says whether a workload needs an endpoint.
type Verdict string

// The verdicts.
const (
	Required    Verdict = "required"
	Recommended Verdict = "recommended"
	NotNeeded   Verdict = "not-needed"
)

// Severity says what a finding does to apply.
type Severity string

// Block and Error stop apply; an Error may be accepted, a Block never.
const (
	Block Severity = "block"
	Error Severity = "error"
	Warn  Severity = "warn"
	Info  Severity = "info"
)

// Value is a literal, the output of another row, or a secret that the run holds;
// exactly one is set.
type Value struct {
	Lit   string
	From  ID
	Input string
}

// Lit makes a literal value.
func Lit(s string) Value { return Value{Lit: s} }

// From makes a value that is another row's output id.
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

// Need is the verdict on one endpoint service, in the words of the user.
type Need struct {
	Service string  `json:"service"` // service code: "ecr.api"
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
}

// Action is one row of the plan.
type Action struct {
	ID       ID
	Op       Op
	After    []ID     // order, besides what the spec refers to
	Existing string   // AWS id, for keep and modify
	Rules    []string // rules that this row satisfies
	Summary  string
	Why      string
	Spec     Spec
	Before   map[string]any // what a modify row finds, in the terms of Spec.Properties
}

// MarshalJSON writes the row as contracted.
func (a Action) MarshalJSON() ([]byte, error) {
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

// Finding is what a rule has to say about the account as it will be once the
// plan is carried out.
type Finding struct {
	Rule     string         `json:"rule"`
	Severity Severity       `json:"severity"`
	Resource string         `json:"resource,omitempty"`
	Message  string         `json:"message"`
	Fix      string         `json:"fix,omitempty"`
	Rows     []ID           `json:"rows,omitempty"`
	Patch    *answers.Patch `json:"patch,omitempty"` // the one-key fix
}

// Cost is what the plan adds to the bill each month.
type Cost struct {
	Currency string  `json:"currency"`
	Monthly  float64 `json:"monthly"`
	Basis    string  `json:"basis"`
}

// Plan is the single source of truth: what is reviewed, run, exported and proven.
type Plan struct {
	Version   int              `json:"version"`
	Account   string           `json:"account"`
	Partition string           `json:"partition"`
	Region    string           `json:"region"`
	VPC       string           `json:"vpc"`
	VPCName   string           `json:"vpc_name,omitempty"`
	Workload  answers.Workload `json:"workload"`
	Needs     []Need           `json:"needs"`
	Actions   []Action         `json:"actions"`
	Findings  []Finding        `json:"findings"`
	Claims    []Claim          `json:"claims"`
	Gaps      []inventory.Gap  `json:"gaps"`
	Cost      Cost             `json:"cost"`
}

// Action finds a row by id; nil if there is none.
func (p *Plan) Action(id ID) *Action {
	for i := range p.Actions {
		if p.Actions[i].ID == id {
			return &p.Actions[i]
		}
	}
	return nil
}

// Changes counts the rows that change something.
func (p *Plan) Changes() int {
	n := 0
	for _, a := range p.Actions {
		if a.Op != Keep {
			n++
		}
	}
	return n
}

// Stops are the findings that stop apply and export: blocks, and errors whose
// rule is not accepted.
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
