// Package resource has everything that the product knows about each kind of resource: its fields, the
// calls that find, create, change, await and revert it, its columns in a plan, and the measurements
// that verify it. One file per kind. It has no side effects: run makes the calls through the SDK, and
// export prints them as AWS CLI commands.
package resource

import (
	"encoding/json"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// ManagedBy is the key of the tag on everything that the wizard creates.
const ManagedBy = "ManagedBy"

// Owner is the value of that tag.
const Owner = "privatelink-wizard"

// Modifier is a spec that knows the value of a modified property afterwards, if its
// properties do not have it; empty means that they do. New resources have no id, so their names are used.
type Modifier interface {
	After(n Names, key string) string
}

// ID identifies a change: "endpoint/ecr.api".
type ID string

// Op is what a change does.
type Op string

// The ops of a change of a plan. It never deletes, replaces or restricts anything.
const (
	Create Op = "create"
	Modify Op = "modify"
	Keep   Op = "keep"
	Run    Op = "run"
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

// Ref returns the value for the id of a resource of a network. A resource that the plan creates has the id of its change
// until it exists, such as "subnet/private-us-east-1a". No id of a VPC, a subnet, a route table, a gateway or a security
// group of AWS contains a slash.
func Ref(id string) Value {
	if strings.Contains(id, "/") {
		return From(ID(id))
	}
	return Lit(id)
}

// Refs returns the values for ids.
func Refs(ids []string) []Value {
	out := make([]Value, len(ids))
	for i, id := range ids {
		out[i] = Ref(id)
	}
	return out
}

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

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(data []byte) error {
	var other struct {
		Ref   ID
		Input string
	}
	if json.Unmarshal(data, &v.Lit) == nil {
		return nil
	}
	err := json.Unmarshal(data, &other)
	v.From, v.Input = other.Ref, other.Input
	return err
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
	Before   map[string]any // the present state, with the keys of Properties
}

// ChangeJSON is the contracted JSON form of a change.
type ChangeJSON struct {
	// ID identifies the change.
	ID ID `json:"id"`
	// Op is what the change does. A change that keeps a resource changes nothing.
	Op Op `json:"op"`
	// Kind is the kind of what is created, changed or run.
	Kind string `json:"kind"`
	// After are the changes that must be applied before this one.
	After []ID `json:"after"`
	// Existing is the AWS id of the resource, for keep and modify.
	Existing string `json:"existing,omitempty"`
	// Summary is the change on one line.
	Summary string `json:"summary"`
	// Why is the reason for the change.
	Why string `json:"why"`
	// Rules are the rules that this change satisfies.
	Rules []string `json:"rules"`
	// Properties are the planned state.
	Properties map[string]any `json:"properties"`
	// Before is the present state, with the keys of properties.
	Before map[string]any `json:"before,omitempty"`
}

// MarshalJSON writes the change in its contracted form.
func (a Change) MarshalJSON() ([]byte, error) {
	return json.Marshal(ChangeJSON{a.ID, a.Op, a.Spec.Kind(), append([]ID{}, a.Deps()...), a.Existing, a.Summary, a.Why, append([]string{}, a.Rules...), Properties(a.Spec), a.Before})
}

// Spec is what a change creates, keeps or modifies: one of Kinds.
type Spec interface {
	// Kind returns the contracted name of the kind.
	Kind() string
	// Steps returns the calls of a change with this spec.
	Steps(Change) Steps
	// Cells returns the change in columns.
	Cells(Names, Change) Cells
	// Terms returns the terms that explain such a change, the most important one first.
	Terms() []*terms.Term
}

// Snake converts enableDnsSupport and EnableDnsSupport to enable_dns_support.
func Snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Waits reports whether the change only waits for AWS.
func (a Change) Waits() bool {
	_, ok := a.Spec.(interface{ onlyWaits() })
	return ok
}

// Manual reports whether the wizard leaves the whole change to the user.
func (a Change) Manual() bool {
	s, ok := a.Spec.(interface{ manual() bool })
	return ok && s.manual()
}

// PartlyManual reports whether the wizard leaves a part of the change to the user, and does the rest.
func (a Change) PartlyManual() bool {
	s, ok := a.Spec.(interface{ ByHand() []string })
	return ok && !a.Manual() && len(s.ByHand()) > 0
}

// Steps returns the calls of the change.
func (a Change) Steps() Steps { return a.Spec.Steps(a) }
