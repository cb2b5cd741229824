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
)

// use describes a word of answers.Needs; services are the endpoints that the word
// stands for, the telling one first.
type use struct {
	label, detail string
	services      []string
}

var uses = map[string]use{
	"ecr":             {"Pull images from Amazon ECR", "The image of each task is fetched as it starts. That takes two interface endpoints, and the S3 gateway endpoint (free) since ECR keeps the image layers in Amazon S3.", []string{"ecr.dkr", "ecr.api", "s3"}},
	"secretsmanager":  {"Read secrets from Secrets Manager", "Secrets in the task definition are read before the containers start. Without a way there the task stops with ResourceInitializationError.", []string{"secretsmanager"}},
	"awslogs":         {"Write logs to CloudWatch Logs", "The awslogs driver opens its log stream as the container starts. Without a way there the task does not start.", []string{"logs"}},
	"ssm-parameters":  {"Read Systems Manager parameters", "Parameters in the task definition are read before the containers start.", []string{"ssm"}},
	"exec":            {"Open a shell with ECS Exec", "ECS Exec opens a channel from the task to Systems Manager.", []string{"ssmmessages"}},
	"exec-kms":        {"Encrypt ECS Exec with a KMS key", "A cluster that names a KMS key for ECS Exec needs AWS KMS too.", []string{"kms"}},
	"service-connect": {"Talk by ECS Service Connect", "The Service Connect proxy in each task is told by ECS where the others are.", []string{"ecs-agent"}},
	"env-files":       {"Read environment files from Amazon S3", "environmentFiles are fetched from Amazon S3 as the task starts. The gateway endpoint is free.", []string{"s3"}},
	"efs":             {"Call the Amazon EFS API", "For code in the tasks that makes or lists file systems. Mounting a file system does not need it: that goes to its mount targets in the VPC.", []string{"elasticfilesystem"}},
	"insights":        {"Send metrics to CloudWatch", "For a CloudWatch agent or another collector that runs as a container. Container Insights by itself does not need it.", []string{"monitoring"}},
	"workload-api":    {"Call the Amazon ECS API", "For code in the VPC that starts tasks or asks about them. The tasks themselves do not need it.", []string{"ecs"}},
}

// usesOf are the words that make sense for the workload.
func usesOf(s State) (words []string, of map[string]use) {
	switch {
	case s.Ans.Workload.MWAA():
		return answers.AirflowNeeds, airflowUses
	case !s.Ans.Workload.Batch():
		return answers.Needs, uses
	}
	of = map[string]use{}
	for _, w := range answers.Needs {
		if w == "service-connect" { // of services, which AWS Batch does not have
			continue
		}
		u := uses[w]
		u.label, u.detail = s.word(u.label), s.word(u.detail)
		words, of[w] = append(words, w), u
	}
	of["workload-api"] = use{"Call the AWS Batch API", "For code in the VPC that submits jobs or asks about them. The jobs themselves do not need it.", []string{"batch"}}
	return words, of
}

func needsStep() *Step {
	return &Step{
		ID: "needs", Title: "Needs", Kind: Many,
		Ask:     text("What do the tasks use?"),
		Help:    text("Ticked is what the account shows that your tasks use. Each interface endpoint costs by the hour and zone, so none is made that nothing uses."),
		Applies: always,
		Needs: func(s State) []inventory.Request {
			return append(append(network(s), things(s)...), inventory.Request{Part: inventory.PartServices})
		},
		Options:  needsOptions,
		Selected: selectedNeeds,
		Set: func(s State, v []string) (Change, error) {
			if err := pick("need", Many, needsOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Needs = nil
			if s.Ans.Workload.MWAA() && len(v) == 0 { // what every environment needs is planned anyway
				return Change{Answers: a}, nil
			}
			if shown := shownNeeds(s); len(shown) == 0 || !same(v, shown) { // what the account shows needs no saying
				chosen := append([]string{}, v...)
				a.Needs = &chosen
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			switch {
			case s.Ans.Needs == nil && chosen(s.Ans) == "":
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
	if len(shown) == 0 && chosen(s.Ans) == "" && !s.Ans.Workload.MWAA() {
		return []string{"ecr", "awslogs"} // what is yet to be made will hardly do without
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
	words, of := usesOf(s)
	all := s.Ans.Clone()
	all.Needs = &words
	shown := s.unsaid()
	seen := shownNeeds(s)
	shownVerdicts, ifTicked := verdictsOf(shown), verdictsOf(s.build(all))

	out := agentNeeds(s, shown)
	for _, w := range words {
		u := of[w]
		o := Option{Value: w, Label: u.label, Hint: "not seen", Section: s.word("What the tasks may use")}
		verdicts, lead := ifTicked, "Nothing in the account shows this use."
		n := shownVerdicts[u.services[0]]
		switch {
		case slices.Contains(seen, w):
			verdicts, lead = shownVerdicts, "The account shows this use:"
			o.Hint = "recommended"
			if n.Verdict == plan.Required {
				o.Hint = "required"
			}
		case (w == "efs" || w == "insights") && n.Verdict == plan.NotNeeded && n.Why != "":
			lead = n.Why // something is seen that people take for this use
			fallthrough
		default:
			lead += " If you tick it:"
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
		if n.Verdict == plan.NotNeeded && !coveredByWord(of, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: "not needed", Details: n.Why, Section: "Not needed, and why"})
		}
	}
	return out
}

// agentNeeds are the endpoints that the ECS agent needs, whatever the tasks use, and
// those of every Airflow environment.
func agentNeeds(s State, p *plan.Plan) []Option {
	if !s.Ans.Workload.EC2() && !s.Ans.Workload.MWAA() && !catalog.NewRegion(s.Inv.Region) {
		return nil // where the agent of Fargate is no concern of the user's
	}
	var out []Option
	for _, n := range p.Needs {
		airflow := s.Ans.Workload.MWAA() && n.Verdict != plan.NotNeeded
		if airflow || n.Verdict == plan.Required && slices.Contains(catalog.Three, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: string(n.Verdict), Details: n.Why, Section: "Needed in any case"})
		}
	}
	return out
}

// coveredByWord tells whether a service has a line of its own already. The ECS
// endpoints have one by what few people use them for, which is not what most look
// for.
func coveredByWord(of map[string]use, code string) bool {
	for _, u := range of {
		if slices.Contains(u.services, code) && !slices.Contains(catalog.Three, code) {
			return true
		}
	}
	return false
}
