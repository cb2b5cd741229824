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

// use describes one value of answers.Needs. services are the endpoints for this use; the
// first one is for this use only.
type use struct {
	label, detail string
	services      []string
}

// containerUses returns the uses of containers. The nouns are those of Amazon ECS or AWS
// Batch.
func containerUses(n nouns) map[string]use {
	return map[string]use{
		"ecr":             {"Pull images from Amazon ECR", fmt.Sprintf("Each %s pulls its images when it starts. Without internet access, this needs two interface endpoints, and the S3 gateway endpoint (free) because Amazon ECR stores image layers in Amazon S3.", n.one), []string{"ecr.dkr", "ecr.api", "s3"}},
		"secretsmanager":  {"Read secrets from Secrets Manager", fmt.Sprintf("Secrets of the %s are read before the containers start. Without a network path, the %s stops with ResourceInitializationError.", n.definition, n.one), []string{"secretsmanager"}},
		"awslogs":         {"Write logs to CloudWatch Logs", fmt.Sprintf("The awslogs log driver opens its log stream when the container starts. Without a network path, the %s may not start, or loses its logs.", n.one), []string{"logs"}},
		"ssm-parameters":  {"Read Systems Manager parameters", fmt.Sprintf("Parameters of the %s are read before the containers start.", n.definition), []string{"ssm"}},
		"exec":            {"Open a shell with ECS Exec", fmt.Sprintf("ECS Exec opens a channel from the %s to Systems Manager.", n.one), []string{"ssmmessages"}},
		"exec-kms":        {"Encrypt ECS Exec with a KMS key", "If the cluster sets a KMS key for ECS Exec, AWS KMS is needed too.", []string{"kms"}},
		"service-connect": {"Use ECS Service Connect", fmt.Sprintf("The Service Connect proxy in each %s gets the addresses of other services from Amazon ECS.", n.one), []string{"ecs-agent"}},
		"env-files":       {"Read environment files from Amazon S3", fmt.Sprintf("Files in environmentFiles are read from Amazon S3 when the %s starts. The gateway endpoint is free.", n.one), []string{"s3"}},
		"s3":              {"Read or write objects in Amazon S3", fmt.Sprintf("For configuration files of FireLens, credential specs, logs, and code in the %s. The gateway endpoint is free.", n.many), []string{"s3"}},
		"firehose":        {"Send logs to Amazon Data Firehose", "For FireLens with the plug-in kinesis_firehose or firehose.", []string{"kinesis-firehose"}},
		"kinesis":         {"Send logs to Amazon Kinesis Data Streams", "For FireLens with the plug-in kinesis_streams or kinesis.", []string{"kinesis-streams"}},
		"efs":             {"Call the Amazon EFS API", fmt.Sprintf("For code in the %s that creates or lists file systems. Mounting a file system does not need it, because the mount targets are in the VPC.", n.many), []string{"elasticfilesystem"}},
		"insights":        {"Send metrics to CloudWatch", "For a CloudWatch agent or another collector that runs as a container. Container Insights itself does not need it.", []string{"monitoring"}},
		"collector-logs":  {"Send logs of a collector to CloudWatch Logs", "For a CloudWatch agent or the AWS Distro for OpenTelemetry that runs as a container.", []string{"logs"}},
		"xray":            {"Send traces to AWS X-Ray", "For an X-Ray daemon or another collector that runs as a container.", []string{"xray"}},
		"workload-api":    {"Call the Amazon ECS API", fmt.Sprintf("For code in the VPC that starts or describes %[1]s. The %[1]s themselves do not need it.", n.many), []string{"ecs"}},
	}
}

// usesOf returns the uses that apply to the workload, in order, and their descriptions.
func usesOf(s State) (ids []string, of map[string]use) {
	switch {
	case s.Ans.Workload.MWAA():
		return answers.AirflowNeeds, airflowUses
	case !s.Ans.Workload.Batch():
		return answers.Needs, containerUses(s.nouns())
	}
	of = containerUses(s.nouns())
	for _, id := range answers.Needs {
		if id != "service-connect" { // AWS Batch has no services
			ids = append(ids, id)
		}
	}
	of["workload-api"] = use{"Call the AWS Batch API", "For code in the VPC that submits or describes jobs. The jobs themselves do not need it.", []string{"batch"}}
	return ids, of
}

func needsStep() *Step {
	return &Step{
		ID: "needs", Title: "AWS services", Kind: Many,
		Ask: func(s State) string { return "Which AWS services do the " + s.nouns().many + " use?" },
		Help: func(s State) string {
			if why := plan.ScopeOf(s.Inv, s.Ans.Answers).Unseen(); why != "" {
				return fmt.Sprintf("%s Select everything that the %s use. Each interface endpoint has a cost per hour and zone.", why, s.nouns().many)
			}
			return fmt.Sprintf("The wizard selected the services that your %s use. The plan creates endpoints for the selected services. Each interface endpoint has a cost per hour and zone.", s.nouns().many)
		},
		Applies: always,
		Needs: func(s State) []inventory.Request {
			return append(append(network(s), workloadParts(s)...), inventory.Request{Part: inventory.PartServices})
		},
		Options:  needsOptions,
		Selected: selectedNeeds,
		Set: func(s State, v []string) (Change, error) {
			if err := pick("need", Many, needsOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Needs = nil
			if s.Ans.Workload.MWAA() && len(v) == 0 { // the plan always includes what every environment needs
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
	if len(shown) == 0 && chosen(s.Ans.Answers) == "" && !s.Ans.Workload.MWAA() {
		return []string{"ecr", "awslogs"} // nearly every new workload uses these
	}
	return shown
}

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
	ids, of := usesOf(s)
	all := s.Ans.Clone()
	all.Needs = &ids
	shown := s.planWithoutNeeds()
	scope := plan.ScopeOf(s.Inv, s.Ans.Answers)
	seen, unseen := scope.Shown(), scope.Unseen()
	shownVerdicts, ifSelected := verdictsOf(shown), verdictsOf(s.build(all))

	out := agentNeeds(s, shown)
	for _, w := range ids {
		u := of[w]
		o := Option{Value: w, Label: u.label, Hint: "not found", Section: "Uses of the " + s.nouns().many}
		verdicts, lead := ifSelected, "This use was not found in the account."
		if unseen != "" {
			o.Hint, lead = "not known", "The account does not show whether the "+s.nouns().many+" use it. "+unseen
		}
		n := shownVerdicts[u.services[0]]
		switch {
		case slices.Contains(seen, w):
			verdicts, lead = shownVerdicts, "This use was found in the account:"
			o.Hint = "recommended"
			if n.Verdict == plan.Required {
				o.Hint = "required"
			}
		case (w == "efs" || w == "insights") && n.Verdict == plan.NotNeeded && n.Why != "":
			lead = n.Why // a feature that looks like this use but does not need the endpoint
			fallthrough
		default:
			lead += " If you select it:"
		}
		var b strings.Builder
		b.WriteString(u.detail + "\n\n" + lead)
		why := ""
		for _, code := range u.services { // a reason that repeats is written once
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
		if n.Verdict == plan.NotNeeded && !hasUse(of, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: "not needed", Details: n.Why, Section: "Not needed"})
		}
	}
	return out
}

// agentNeeds returns the endpoints that are always needed: those of the ECS agent, and
// those of every Airflow environment.
func agentNeeds(s State, p *plan.Plan) []Option {
	if !s.Ans.Workload.EC2() && !s.Ans.Workload.Managed() && !s.Ans.Workload.MWAA() && !catalog.NewRegion(s.Inv.Region) {
		return nil // the agent of Fargate uses the network of AWS there
	}
	var out []Option
	for _, n := range p.Needs {
		airflow := s.Ans.Workload.MWAA() && n.Verdict != plan.NotNeeded
		if airflow || n.Verdict == plan.Required && slices.Contains(catalog.ECSEndpoints, n.Service) {
			out = append(out, Option{Info: true, Label: n.Service, Hint: string(n.Verdict), Details: n.Why, Section: "Always needed"})
		}
	}
	return out
}

// hasUse reports whether a service is part of a use in the list. The three ECS endpoints
// do not count: their uses in the list are not the common ones.
func hasUse(of map[string]use, code string) bool {
	for _, u := range of {
		if slices.Contains(u.services, code) && !slices.Contains(catalog.ECSEndpoints, code) {
			return true
		}
	}
	return false
}
