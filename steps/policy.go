package steps

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

func policyOptions(s State) []Option {
	return []Option{
		{Value: answers.PolicyFull, Label: "Full access", Hint: "the default of AWS", Recommended: true,
			Details: fmt.Sprintf("The endpoint allows all requests. The IAM policies of the %s still apply.\n\nYou can change the policy of an endpoint later.", s.workload().Many)},
		{Value: answers.PolicyLeast, Label: "Least privilege", Hint: "only what is in use",
			Details: fmt.Sprintf("Each new endpoint allows only the actions that the wizard found in use, and only from this account. The review shows every policy.\n\nAll other requests are denied. This can affect Systems Manager, ECS Exec, GuardDuty, Service Connect, calls by the code of your %s, and other clients in the VPC.", s.workload().Many)},
		{Value: answers.PolicyExample, Label: "Examples of the AWS guides", Hint: "for learning only",
			Details: "The two example policies of the AWS user guides: for the batch endpoint (SubmitJob, ListJobs, DescribeJobs) and for the ecs endpoint (CreateCluster, ListClusters). All other endpoints get full access.\n\nThe example for ecs does not allow an ECS agent to register, so container instances stop working."},
	}
}

func policyStep() *Step {
	return &Step{
		ID: "policy", Title: "Endpoint policy", Kind: One,
		Terms:   []*terms.Term{terms.EndpointPolicy, terms.InterfaceEndpoint},
		Ask:     text("Which policy should the endpoints use?"),
		Help:    text("It limits the requests that an endpoint allows, in addition to IAM. For your own policies, use an answers file (endpoint_policy)."),
		Applies: always,
		Needs:   func(State) []inventory.Request { return nil },
		Options: policyOptions,
		Selected: func(s State) []string {
			if s.Ans.EndpointPolicy.Default == "" {
				return []string{answers.PolicyFull}
			}
			return []string{s.Ans.EndpointPolicy.Default}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("policy", One, policyOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.EndpointPolicy.Default = v[0]
			return Change{Answers: a}, nil
		},
		Short: func(s State) string { return s.Ans.EndpointPolicy.Default },
	}
}
