package steps

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Values of the shortcut.
const (
	ToReview  = "review"
	ToAccess  = "way-in" // the access method of a private web server
	ToLogin   = "login"  // the credentials of a private registry
	EveryStep = "all"
)

// shortcutStep stores no answer. It only selects the next step.
func shortcutStep() *Step {
	opts := func(s State) []Option {
		from := "the " + kindOf(s.Ans.Answers) + " " + chosen(s.Ans.Answers)
		agents, lastStep := "", ""
		groups := "The plan creates a security group for the endpoints."
		network := fmt.Sprintf("The wizard uses the network of %s and the AWS services that its %s use. ", from, s.workload().Many)
		if s.workload().Definition == "" {
			network = "The wizard uses the network of " + from + ". "
		}
		if len(airflowGroups(s)) > 0 {
			groups = "The endpoints use the security groups of the environment."
		}
		if s.workload().OwnHosts {
			agents = " Running ECS agents are restarted with Run Command if Systems Manager can reach them. The others you must restart yourself. The result lists the commands."
			lastStep = ", and the restart of ECS agents"
		}
		registry := ""
		if asksRegistry(s) {
			registry = fmt.Sprintf(" Some images are not in Amazon ECR. If their registry needs a user name and password that the %s do not have yet, go through every step.", s.workload().Many)
		}
		access := []Option(nil)
		if e := s.airflowChosen(); e != nil {
			access = []Option{{Value: ToAccess, Label: "Choose an access method, then review", Recommended: lacksAccess(s), Details: "The web server of " + e.Name + " is private. The plan can also create a load balancer, a bastion, or a VPN.\n\n" + s.comparison()}}
		}
		if withoutLogin(s) {
			access = append(access, Option{Value: ToLogin, Label: "Add registry credentials, then review", Recommended: lacksLogin(s),
				Details: fmt.Sprintf("Some images of the %s come from a registry outside AWS without credentials.\n\n%s\n\nThe wizard asks for the name of a secret and for the user name. It proposes the rest. It asks for the password when you apply the plan.", s.workload().Many, pulled(s.pullers()))})
		}
		return append([]Option{
			{Value: ToReview, Label: "Review the plan now",
				Details: network + groups + agents + registry + "\n\nThe review shows every change before it is applied. From there you can go back."},
			{Value: EveryStep, Label: "Go through every step",
				Details: "VPC, subnets, AWS services, security groups, and endpoint policy" + lastStep + ". The proposals come from " + from + ". Press Enter to accept a proposal."},
		}, access...)
	}
	return &Step{
		ID: Shortcut, Title: "Next step", Kind: One, Of: Service,
		Terms: []*terms.Term{terms.InterfaceEndpoint, terms.VPC, terms.PrivateDNS, terms.SecurityGroup},
		Ask: func(s State) string {
			return "The " + kindOf(s.Ans.Answers) + " provides the other answers. How do you want to continue?"
		},
		Help:    text("Each option ends with the same review. Nothing changes before you confirm the plan."),
		Applies: func(s State) bool { return chosen(s.Ans.Answers) != "" },
		Needs: func(s State) []inventory.Request {
			rs := chosenNetwork(s)
			if s.airflowChosen() != nil { // an option compares the prices of access methods
				rs = append(rs, inventory.Request{Part: inventory.PartPrices})
			}
			return rs
		},
		Options:  opts,
		Selected: func(s State) []string { return first(opts(s)) },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("option", One, opts(s), v); err != nil {
				return Change{}, err
			}
			s.Ans.Ways.Brief = v[0] == ToLogin
			switch {
			case v[0] == ToAccess:
				return Change{Answers: s.Ans, Again: AccessMethod}, nil
			case v[0] == ToLogin:
				c, err := setRegistry(s, []string{optionCreate})
				c.Again = registryName
				return c, err
			case v[0] == ToReview && !s.Ans.Airflow.WayWhole():
				a := s.Ans.Clone()
				cleared := clearAccess(&a.Airflow)
				return Change{Answers: a, Cleared: cleared}, nil
			case v[0] == ToReview && unanswered(s):
				a := s.Ans.Clone()
				a.Registry, a.Ways = answers.Registry{}, Ways{}
				return Change{Answers: a, Cleared: []string{"the registry credentials (not all questions were answered)"}}, nil
			}
			return Change{Answers: s.Ans}, nil
		},
		Short: func(State) string { return "" },
	}
}

// lacksAccess reports whether a private web server has no access method that the account shows.
func lacksAccess(s State) bool {
	return slices.ContainsFunc(s.build(s.Ans).Findings, func(f plan.Finding) bool { return f.Rule == "W-ACCESS" })
}

// chosenNetwork requests the network of the VPC of the chosen service or environment. It
// requests the networks of all VPCs while that VPC is not known.
func chosenNetwork(s State) []inventory.Request {
	if s.Ans.VPC != "" || chosen(s.Ans.Answers) == "" {
		return network(s)
	}
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	for _, v := range s.Inv.VPCs {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: v.ID})
	}
	return rs
}
