package steps

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Values of the shortcut.
const (
	ToReview  = "review"
	ToWay     = "way-in" // in to a private web server
	EveryStep = "all"
)

// shortcutStep stores nothing: it only says where to go next.
func shortcutStep() *Step {
	opts := func(s State) []Option {
		from := "the " + kindOf(s.Ans) + " " + chosen(s.Ans)
		agents, lastStep := "", ""
		groups := "The plan makes a security group for the endpoints."
		if len(airflowGroups(s)) > 0 {
			groups = "The endpoints get the security groups of the environment."
		}
		if s.Ans.Workload.EC2() {
			agents = " ECS agents that run already are restarted by Run Command where Systems Manager reaches them; for the others you get the commands."
			lastStep = ", and how ECS agents are restarted"
		}
		registry := ""
		if asksRegistry(s) {
			registry = s.word(" Images come from outside Amazon ECR: if their registry wants a user name and password that the tasks do not have yet, look at every step.")
		}
		way := []Option(nil)
		if e := s.airflowChosen(); e != nil {
			way = []Option{{Value: ToWay, Label: "To the way in for people, then the review", Details: "The web server of " + e.Name + " is private. A load balancer, a bastion or a VPN can be planned with the rest.\n\n" + comparison}}
		}
		return append([]Option{
			{Value: ToReview, Label: "Straight to the review", Recommended: true,
				Details: s.word("The network and what the tasks use are read from ") + from + ". " + groups + agents + registry + "\n\nThe review shows everything before anything is made, and you can come back from there."},
			{Value: EveryStep, Label: "Look at every step",
				Details: "Goes through VPC, subnets, needs, security group and policy" + lastStep + ", each filled in from " + from + ". Enter keeps what is proposed."},
		}, way...)
	}
	return &Step{
		ID: Shortcut, Title: "How to go on", Kind: One, Of: Service,
		Ask: func(s State) string {
			return "The other answers follow from the " + kindOf(s.Ans) + ". How do you want to go on?"
		},
		Help:     text("Both ways end at the same review. Nothing is made before you say so there."),
		Applies:  func(s State) bool { return chosen(s.Ans) != "" },
		Needs:    chosenNetwork,
		Options:  opts,
		Selected: func(State) []string { return []string{ToReview} },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("way", One, opts(s), v); err != nil {
				return Change{}, err
			}
			switch {
			case v[0] == ToWay:
				return Change{Answers: s.Ans, Again: WayIn}, nil
			case v[0] == ToReview && !s.Ans.Airflow.WayWhole():
				a := s.Ans.Clone()
				cleared := clearWay(&a.Airflow)
				return Change{Answers: a, Cleared: cleared}, nil
			case v[0] == ToReview && unanswered(s):
				a := s.Ans.Clone()
				a.Registry = answers.Registry{}
				return Change{Answers: a, Cleared: []string{"the credentials of a private registry, whose questions were not gone through"}}, nil
			}
			return Change{Answers: s.Ans}, nil
		},
		Short: func(State) string { return "" },
	}
}

// chosenNetwork asks for the network of the VPC of what was chosen, and for those
// of all VPCs while it is not known which one that is.
func chosenNetwork(s State) []inventory.Request {
	if s.Ans.VPC != "" || chosen(s.Ans) == "" {
		return network(s)
	}
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	for _, v := range s.Inv.VPCs {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: v.ID})
	}
	return rs
}
