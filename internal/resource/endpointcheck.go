package resource

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// EndpointCheck verifies endpoints before clients are sent to them. It changes nothing.
type EndpointCheck struct {
	Endpoints []Value `aws:"VpcEndpointIds"`
}

// Kind implements Spec.
func (EndpointCheck) Kind() string { return "endpoint-check" }

// Terms implements Spec.
func (EndpointCheck) Terms() []*terms.Term { return []*terms.Term{terms.TwoPhases, terms.Verification} }

// Cells implements Spec.
func (s EndpointCheck) Cells(Names, Change) Cells {
	return Cells{"verification", words.Count(len(s.Endpoints), "endpoint"), "", "before private DNS is on"}
}

// Steps implements Spec.
func (s EndpointCheck) Steps(Change) Steps {
	return Steps{Out: "verified", Verify: &Verify{refs(s), "Private DNS stays off, and the workloads keep their present path. Fix this, then create a new plan. To turn private DNS on without this verification, set two_phases: false in the answers file."}}
}

func (EndpointCheck) progress() Progress {
	return Progress{Doing: "verifying", Meanwhile: "Workloads use their present path until the endpoints are verified."}
}
