package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

func needsStep() *Step {
	return &Step{
		ID: "needs", Title: "AWS services", Kind: Many,
		Terms: []*terms.Term{terms.InterfaceEndpoint, terms.GatewayEndpoint, terms.Routes, terms.PullThroughCache},
		Ask: func(s State) string {
			if s.future() {
				return "What will the " + s.workload().Many + " use?"
			}
			return "Which AWS services do the " + s.workload().Many + " use?"
		},
		Help: func(s State) string {
			if s.future() {
				return futureHelp(s)
			}
			if why := plan.ScopeOf(s.Inv, s.Ans.Answers).Unseen(); why != "" {
				return fmt.Sprintf("%s Select everything that the %s use. Each interface endpoint has a cost per hour and zone.", why, s.workload().Many)
			}
			return fmt.Sprintf("The wizard selected the services that your %s use. The plan creates endpoints for the selected services. Each interface endpoint has a cost per hour and zone.", s.workload().Many)
		},
		Applies: always,
		Needs: func(s State) []inventory.Request {
			return append(append(network(s), workloadParts(s.workload())...), inventory.Request{Part: inventory.PartServices})
		},
		Options:  needsOptions,
		Selected: selectedNeeds,
		Set: func(s State, v []string) (Change, error) {
			if err := pick("need", Many, needsOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Needs = nil
			if s.workload().ServiceCalls && len(v) == 0 { // the plan always includes what every environment needs
				return Change{Answers: a}, nil
			}
			// An answer equal to what the account shows is not stored. If it shows only part, it is.
			scope := plan.ScopeOf(s.Inv, s.Ans.Answers)
			if shown := scope.Shown(); len(shown) == 0 || !same(v, shown) || scope.Unseen() != "" {
				chosen := append([]string{}, v...)
				a.Needs = &chosen
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			switch {
			case s.Ans.Needs == nil && chosen(s.Ans.Answers) == "":
				return ""
			case s.Ans.Needs == nil:
				return "from the account"
			case len(*s.Ans.Needs) == 0:
				return "none"
			}
			return strings.Join(*s.Ans.Needs, " ")
		},
	}
}

func selectedNeeds(s State) []string {
	if s.Ans.Needs != nil {
		return *s.Ans.Needs
	}
	shown := shownNeeds(s)
	if len(shown) == 0 && chosen(s.Ans.Answers) == "" && s.workload().Definition != "" {
		return []string{"ecr", "awslogs"} // nearly every new workload uses these
	}
	return shown
}

// future reports whether the answers create the VPC and name nothing that runs in the account, so that the account cannot
// show what is in use.
func (s State) future() bool { return creates(s) && chosen(s.Ans.Answers) == "" }

// futureHelp says where the images of a new VPC can come from.
func futureHelp(s State) string {
	if s.Ans.NewVPC.Route() == answers.InternetNone {
		return fmt.Sprintf("Without an internet route, %s pull images only from Amazon ECR in %s. Other images need a NAT gateway (go back to the VPC) or a pull-through cache of Amazon ECR.", s.workload().Many, s.Inv.Region)
	}
	return "Each selected use gets its endpoints. Images of other registries are pulled through the NAT gateway."
}

// otherImages says how images outside Amazon ECR reach a VPC without an internet route. For the first pull see E-ECRPTC.
const otherImages = "\n\nImages of other registries cannot be pulled without an internet route. A pull-through cache rule of Amazon ECR copies them into your registry. Its first pull needs the internet. With a NAT gateway, all images can be pulled."

// planWithoutNeeds builds the plan without the user's answer about AWS services.
func (s State) planWithoutNeeds() *plan.Plan {
	ans := s.Ans.Clone()
	ans.Needs = nil
	return s.build(ans)
}

// shownNeeds returns the uses that are visible in the account.
func shownNeeds(s State) []string { return plan.ScopeOf(s.Inv, s.Ans.Answers).Shown() }

func verdictsOf(p *plan.Plan) map[string]plan.Need {
	out := map[string]plan.Need{}
	for _, n := range p.Needs {
		out[n.Service] = n
	}
	return out
}

func needsOptions(s State) []Option {
	uses := s.workload().Uses
	var ids []string
	for _, u := range uses {
		ids = append(ids, u.ID)
	}
	all := s.Ans.Clone()
	all.Needs = &ids
	shown := s.planWithoutNeeds()
	scope := plan.ScopeOf(s.Inv, s.Ans.Answers)
	seen, unseen := scope.Shown(), scope.Unseen()
	shownVerdicts, ifSelected := verdictsOf(shown), verdictsOf(s.build(all))

	out := agentNeeds(s, shown)
	for _, u := range uses {
		o := Option{Value: u.ID, Label: u.Label, Hint: "not found", Section: "Uses of the " + s.workload().Many}
		verdicts, lead := ifSelected, "This use was not found in the account."
		switch {
		case s.future():
			o.Hint, lead = "", ""
		case unseen != "":
			o.Hint, lead = "not known", "The account does not show whether the "+s.workload().Many+" use it. "+unseen
		}
		n := shownVerdicts[u.Services[0]]
		switch {
		case slices.Contains(seen, u.ID):
			verdicts, lead = shownVerdicts, "This use was found in the account:"
			if s.future() {
				lead = "The new " + s.firstKind() + " uses it:"
			}
			o.Hint = "recommended"
			if n.Verdict == plan.Required {
				o.Hint = "required"
			}
		case (u.ID == "efs" || u.ID == "insights") && n.Verdict == plan.NotNeeded && n.Why != "":
			lead = n.Why // a feature that looks like this use but does not need the endpoint
			fallthrough
		default:
			lead = strings.TrimSpace(lead + " If you select it:")
		}
		var b strings.Builder
		b.WriteString(u.Details + "\n\n" + lead)
		why := ""
		for _, code := range u.Services { // a reason that repeats is written once
			n := verdicts[code]
			fmt.Fprintf(&b, "\n%s: %s.", code, cmp.Or(string(n.Verdict), "endpoint"))
			if n.Why != why {
				b.WriteString(" " + n.Why)
			}
			why = n.Why
		}
		if u.ID == "ecr" && s.future() && s.Ans.NewVPC.Route() == answers.InternetNone {
			b.WriteString(otherImages)
		}
		o.Details = b.String()
		out = append(out, o)
	}
	for _, n := range shown.Needs {
		if n.Verdict == plan.NotNeeded && !hasUse(uses, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: "not needed", Details: n.Why, Section: "Not needed"})
		}
	}
	return out
}

// agentNeeds returns the endpoints that are always needed: those of the ECS agent, and
// those of every Airflow environment.
func agentNeeds(s State, p *plan.Plan) []Option {
	w := s.workload()
	if !w.OwnHosts && !w.AWSHosts && !w.ServiceCalls && !catalog.NewRegion(s.Inv.Region) {
		return nil // the agent of Fargate uses the network of AWS there
	}
	var out []Option
	for _, n := range p.Needs {
		always := w.ServiceCalls && n.Verdict != plan.NotNeeded
		if always || n.Verdict == plan.Required && slices.Contains(catalog.ECSEndpoints, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: string(n.Verdict), Details: n.Why, Section: "Always needed"})
		}
	}
	return out
}

// hasUse reports whether a service is part of a use in the list. The three ECS endpoints
// do not count: their uses in the list are not the common ones.
func hasUse(uses []workload.Use, code string) bool {
	for _, u := range uses {
		if slices.Contains(u.Services, code) && !slices.Contains(catalog.ECSEndpoints, code) {
			return true
		}
	}
	return false
}
