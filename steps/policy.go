package steps

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func policyOptions(s State) []Option {
	return []Option{
		{Value: answers.PolicyFull, Label: "Full access", Hint: "what AWS attaches by default", Recommended: true,
			Details: s.word("The endpoint lets every request through. Who may do what is still decided by IAM: the task's roles are checked as ever.\n\nYou can change the policy of an endpoint later without making it anew.")},
		{Value: answers.PolicyLeast, Label: "Least privilege", Hint: "only what was seen in use",
			Details: s.word("Each endpoint that is made lets only those actions through that the workload was seen to need, from this account. The review shows every policy before it is attached.\n\nWhat was not seen is cut off. That may be Systems Manager and ECS Exec, GuardDuty, Service Connect, and whatever the code in your tasks, or anything else in the VPC, asks of these services.")},
		{Value: answers.PolicyExample, Label: "Example of the AWS guides", Hint: "for practice",
			Details: "The policies that the AWS user guides show as examples. There are two: for the endpoint batch (SubmitJob, ListJobs, DescribeJobs) and for the endpoint ecs (CreateCluster, ListClusters). All other endpoints get full access.\n\nThe one for ecs does not let an ECS agent register, so container instances stop working with it."},
	}
}

func policyStep() *Step {
	return &Step{
		ID: "policy", Title: "Policy", Kind: One,
		Ask:     text("Which endpoint policy?"),
		Help:    text("An endpoint policy is a second gate beside IAM: it says which requests may pass through the endpoint. It gives nobody a right that IAM does not give. A policy of your own, or another one for each service, can be named in the answers file (endpoint_policy)."),
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
