package sandbox

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// iamAPI is IAM. The simulation of the caller's policies needs to know what the sandbox denies.
var iamAPI = func() service {
	api := store.On(iam.API, func(r *region) *iam.State { return r.iam })
	api.Operations["SimulatePrincipalPolicy"] = wire.QueryOp((*region).simulatePrincipalPolicy)
	return api
}()

type simulateIn struct {
	PolicySourceArn string   `ec2:",required"`
	ActionNames     []string `ec2:",required"`
	ResourceArns    []string
	ContextEntries  []contextEntry
	MaxItems        *int32
	Marker          string
}

type contextEntry struct {
	ContextKeyName   string
	ContextKeyType   string
	ContextKeyValues []string
}

type simulateOut struct {
	EvaluationResults []evaluation
	IsTruncated       bool
	Marker            string
}

type evaluation struct {
	EvalActionName       string
	EvalResourceName     string
	EvalDecision         string
	MissingContextValues []string
}

// simulatePrincipalPolicy evaluates the policies of the caller, who may do everything that the sandbox does not deny.
// With the code of another error, the list of denied operations is an outage, so nothing is denied.
func (r *region) simulatePrincipalPolicy(in simulateIn) (simulateOut, *wire.Error) {
	if in.PolicySourceArn != r.ARN("iam", "role/Admin") {
		return simulateOut{}, wire.Fail("NoSuchEntity", "The principal %s cannot be found.", in.PolicySourceArn)
	}
	denied := r.account.denied
	if !slices.Contains([]string{"", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, denied.Code) {
		denied.Operations = nil
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var all []evaluation
	for _, action := range in.ActionNames {
		if !strings.Contains(action, ":") {
			return simulateOut{}, wire.Fail("InvalidInput", "Invalid Entity Arn: %s", action)
		}
		for _, resource := range resources {
			e := evaluation{EvalActionName: action, EvalResourceName: resource, EvalDecision: "allowed"}
			if slices.Contains(denied.Operations, action) {
				e.EvalDecision = "implicitDeny"
			}
			all = append(all, e)
		}
	}
	page, next, err := store.Page(&simulationPages, all, in.MaxItems, in.Marker)
	return simulateOut{page, next != "", next}, err
}

// simulationPages are the pages of a simulation: 100 results, or as many as the caller sets, up to 1000. Source:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
var simulationPages = store.Pager{
	Size: 100, Least: 1, Most: 1000,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationError", "Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", size)
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ValidationError", "Invalid Marker.") },
}
