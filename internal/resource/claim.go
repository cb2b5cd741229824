package resource

import (
	"bytes"
	"encoding/json"
)

// ClaimKind is the kind of a claim.
type ClaimKind string

// Claim is one statement that must be true after the plan is applied.
type Claim struct {
	Change ID
	Says   string // the claim as a text
	// Asked means that the answers ask to verify this (proof). If it is not verified, the proof as a
	// whole is not proved.
	Asked bool
	VPC   string
	Measure
}

// Claims returns what must be true of the change after it is applied.
func (a Change) Claims() []Claim {
	s, ok := a.Spec.(interface{ claims(Change) []Claim })
	if !ok {
		return nil
	}
	out := s.claims(a)
	for i := range out {
		out[i].Change = a.ID
	}
	return out
}

// Measure is how a claim is verified: each kind has its own fields.
type Measure interface {
	// Kind returns the contracted name of the kind of claim.
	Kind() ClaimKind
	// check returns the measurement, with the change of the claim; false if AWS's API cannot
	// measure it.
	check(Claim, *Change) (Check, bool)
}

// ClaimJSON is the contracted JSON form of a claim, without the fields of its measure.
type ClaimJSON struct {
	// Change is the id of the change.
	Change ID        `json:"action"`
	Kind   ClaimKind `json:"kind"`
	// Says is the claim as a text.
	Says string `json:"says"`
	// Asked means that the answers ask to verify this (proof). If it is not verified, the proof as a
	// whole is not proved.
	Asked bool   `json:"asked,omitempty"`
	VPC   string `json:"vpc,omitempty"`
}

// MarshalJSON writes the claim in its contracted form: the fields of the measure follow its own.
func (c Claim) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(ClaimJSON{c.Change, c.Kind(), c.Says, c.Asked, c.VPC})
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(c.Measure)
	if err != nil || len(more) == len("{}") {
		return own, err
	}
	return append(append(bytes.TrimSuffix(own, []byte("}")), ','), more[1:]...), nil
}

// Check returns the measurement of the claim of a change. It returns false if AWS's API cannot measure
// the claim, only a host inside the VPC. Many claims share the answer of one call, see Call.Key.
func (c Claim) Check(a *Change) (Check, bool) { return c.Measure.check(c, a) }

// Foreign returns the claim if another tool applies its change: it does not rely on what only this program knows.
func (c Claim) Foreign(a Change) Claim {
	if m, ok := c.Measure.(interface{ foreign(Change) Claim }); ok && a.Op == Create {
		return m.foreign(a)
	}
	return c
}

// Measurable reports whether the wizard can verify the claim without the user.
func (c Claim) Measurable() bool {
	switch c.Measure.(type) {
	case Inside, Opened:
		return false
	}
	return true
}

// Look returns the change that made the measurement; empty if the verification makes it.
func (c Claim) Look() ID {
	if m, ok := c.Measure.(interface{ look() ID }); ok {
		return m.look()
	}
	return ""
}

// Late reports whether AWS may show the result of a modification some time after the call.
func (c Claim) Late() bool {
	_, ok := c.Measure.(interface{ late() })
	return ok
}

// Inside is a claim that only a client inside the VPC can verify.
type Inside struct{}

// Kind implements Measure.
func (Inside) Kind() ClaimKind { return "inside" }

func (Inside) check(Claim, *Change) (Check, bool) { return Check{}, false }

// Opened claims that people open the web server, which a browser shows.
type Opened struct{}

// Kind implements Measure.
func (Opened) Kind() ClaimKind { return "opened" }

func (Opened) check(Claim, *Change) (Check, bool) { return Check{}, false }

// WayIn claims that a resource of an access method exists.
type WayIn struct{}

// Kind implements Measure.
func (WayIn) Kind() ClaimKind { return "way-in" }

func (WayIn) check(_ Claim, a *Change) (Check, bool) { return found(a) }

func yes(c Call) (Check, bool) { return equals(c, "yes") }

func equals(c Call, want string) (Check, bool) { return Check{Call: c, Want: want}, true }

// found measures a claim with the Find call of its change, or of its last part that has one.
func found(a *Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	steps := a.Steps()
	find := steps.Find
	for _, p := range steps.Parts {
		if p.Find != nil {
			find = p.Find
		}
	}
	if find == nil {
		return Check{}, false
	}
	return Check{Call: Call{Service: find.Service, Op: find.Op, In: find.In, Out: holds("(", find.Out, ")")}, Want: "yes", Found: !steps.InParts()}, true
}
