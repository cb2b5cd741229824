package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// uses describe the words of answers.Needs; services are the endpoints that the
// word stands for, the telling one first.
var uses = map[string]struct {
	label, detail string
	services      []string
}{
	"ecr":             {"Pull images from Amazon ECR", "Each task fetches its image as it starts. That takes two interface endpoints, and the S3 gateway endpoint (free) since ECR keeps the image layers in Amazon S3.", []string{"ecr.dkr", "ecr.api", "s3"}},
	"secretsmanager":  {"Read secrets from Secrets Manager", "Secrets in the task definition are read before the containers start. Without a way there the task stops with ResourceInitializationError.", []string{"secretsmanager"}},
	"awslogs":         {"Write logs to CloudWatch Logs", "The awslogs driver opens its log stream as the container starts. Without a way there the task does not start.", []string{"logs"}},
	"ssm-parameters":  {"Read Systems Manager parameters", "Parameters in the task definition are read before the containers start.", []string{"ssm"}},
	"exec":            {"Open a shell with ECS Exec", "ECS Exec opens a channel from the task to Systems Manager.", []string{"ssmmessages"}},
	"exec-kms":        {"Encrypt ECS Exec with a KMS key", "A cluster that names a KMS key for ECS Exec needs AWS KMS too.", []string{"kms"}},
	"service-connect": {"Talk by ECS Service Connect", "The Service Connect proxy in each task is told by ECS where the others are.", []string{"ecs-agent"}},
	"env-files":       {"Read environment files from Amazon S3", "environmentFiles are fetched from Amazon S3 as the task starts. The gateway endpoint is free.", []string{"s3"}},
}

func needsStep() *Step {
	return &Step{
		ID: "needs", Title: "Needs", Kind: Many,
		Ask:     "What do the tasks use?",
		Help:    "Ticked is what the account shows that your tasks use. Each interface endpoint costs by the hour and zone, so none is made that nothing uses.",
		Applies: always,
		Needs: func(s State) []inventory.Request {
			return append(network(s), inventory.Request{Part: inventory.PartClusters}, inventory.Request{Part: inventory.PartServices})
		},
		Options:  needsOptions,
		Selected: selectedNeeds,
		Set: func(s State, v []string) (Change, error) {
			if err := pick("need", Many, needsOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Needs = nil
			if shown := shownNeeds(s); len(shown) == 0 || !same(v, shown) { // what the account shows needs no saying
				chosen := append([]string{}, v...)
				a.Needs = &chosen
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			switch {
			case s.Ans.Needs == nil && s.Ans.Service == "":
				return ""
			case s.Ans.Needs == nil:
				return "as the account shows"
			case len(*s.Ans.Needs) == 0:
				return "nothing"
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
	if len(shown) == 0 && s.Ans.Service == "" {
		return []string{"ecr", "awslogs"} // a service that is yet to be made will hardly do without
	}
	return shown
}

// unsaid is the plan as it would be if the user had said nothing of needs.
func (s State) unsaid() *plan.Plan {
	ans := s.Ans.Clone()
	ans.Needs = nil
	return s.build(ans)
}

// shownNeeds are the words that the account itself shows to be used.
func shownNeeds(s State) []string { return plan.Look(s.Inv, s.Ans).Shown() }

func verdictsOf(p *plan.Plan) map[string]plan.Need {
	out := map[string]plan.Need{}
	for _, n := range p.Needs {
		out[n.Service] = n
	}
	return out
}

func needsOptions(s State) []Option {
	all, words := s.Ans.Clone(), slices.Clone(answers.Needs)
	all.Needs = &words
	shown := s.unsaid()
	seen := shownNeeds(s)
	shownVerdicts, ifTicked := verdictsOf(shown), verdictsOf(s.build(all))

	var out []Option
	for _, w := range answers.Needs {
		u := uses[w]
		o := Option{Value: w, Label: u.label, Hint: "not seen", Section: "What the tasks may use"}
		verdicts, lead := ifTicked, "Nothing in the account shows this use. If you tick it:"
		if slices.Contains(seen, w) {
			verdicts, lead = shownVerdicts, "The account shows this use:"
			o.Hint = "recommended"
			if n := verdicts[u.services[0]]; n.Verdict == plan.Required {
				o.Hint = "required"
			}
		}
		var b strings.Builder
		b.WriteString(u.detail + "\n\n" + lead)
		why := ""
		for _, code := range u.services { // often all for the same reason, which is said once
			n := verdicts[code]
			fmt.Fprintf(&b, "\n%s: %s.", code, cmp.Or(string(n.Verdict), "endpoint"))
			if n.Why != why {
				b.WriteString(" " + n.Why)
			}
			why = n.Why
		}
		o.Details = b.String()
		out = append(out, o)
	}
	for _, n := range shown.Needs {
		if n.Verdict == plan.NotNeeded && !coveredByWord(n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: "not needed", Details: n.Why, Section: "Not needed, and why"})
		}
	}
	return out
}

// coveredByWord tells whether a service has a line of its own already. The ECS
// endpoints have one by Service Connect only, which is not what people look for.
func coveredByWord(code string) bool {
	for w, u := range uses {
		if w != "service-connect" && slices.Contains(u.services, code) {
			return true
		}
	}
	return false
}
