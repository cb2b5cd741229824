package steps

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func policyStep() *Step {
	opts := []Option{{Value: answers.PolicyFull, Label: "Full access", Hint: "what AWS attaches by default", Recommended: true,
		Details: "The endpoint lets every request through. Who may do what is still decided by IAM: the task's roles are checked as ever.\n\nAn endpoint policy can narrow this further. This version makes endpoints with full access; you can change the policy of an endpoint later without making it anew."}}
	return &Step{
		ID: "policy", Title: "Policy", Kind: One,
		Ask:      "Which endpoint policy?",
		Help:     "An endpoint policy is a second gate beside IAM: it says which requests may pass through the endpoint. It gives nobody a right that IAM does not give.",
		Applies:  always,
		Needs:    func(State) []inventory.Request { return nil },
		Options:  func(State) []Option { return opts },
		Selected: func(State) []string { return []string{answers.PolicyFull} },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("policy", One, opts, v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.EndpointPolicy = v[0]
			return Change{Answers: a}, nil
		},
		Short: func(s State) string { return s.Ans.EndpointPolicy },
	}
}
