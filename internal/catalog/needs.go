package catalog

import (
	"slices"
	"strings"
)

// Egress says whether the subnets that a workload runs in reach the internet.
type Egress int

// Closed means that at least one subnet has no way out; Maybe that one leaves
// by something that cannot be seen from here, such as a transit gateway; Unknown
// that it is not known yet where the workload runs.
const (
	Unknown Egress = iota
	Open
	Maybe
	Closed
)

// Facts are what is known of a workload. Uses maps a word of the answers file
// ("ecr", "awslogs", …) to what shows it: "web:7 pulls 1234….dkr.ecr…/web:1".
type Facts struct {
	Uses   map[string][]string
	Egress Egress
	Region string
	Extra  []string // further endpoints asked for, by service code
}

// Want is a verdict on one endpoint.
type Want struct {
	Code     string
	Needed   bool // false: not needed, Why says why
	Required bool // false, with Needed: recommended
	Why      string
	Rules    []string
}

// word says which endpoints a use of the workload wants, and in whose rule.
type word struct {
	word  string
	codes []string
	rule  string
	why   string // "tasks pull private images from Amazon ECR"
	not   string // why not, when nothing shows the use
}

// words follow the matrix of the ECS and ECR guides for Fargate.
var words = []word{
	{"ecr", []string{"ecr.api", "ecr.dkr", "s3"}, "E-ECRPAIR", "Tasks pull private images from Amazon ECR, which takes both ECR endpoints and the S3 gateway.", "No task pulls a private image of this Region's Amazon ECR."},
	{"env-files", []string{"s3"}, "E-ECRPAIR", "Tasks read environment files from Amazon S3.", ""},
	{"secretsmanager", []string{"secretsmanager"}, "E-SECRETS", "Tasks read secrets from Secrets Manager as they start.", "No task names a secret of Secrets Manager."},
	{"awslogs", []string{"logs"}, "E-LOGS", "Tasks write to CloudWatch Logs with the awslogs driver; where it cannot be reached they do not start.", "No task logs to CloudWatch Logs."},
	{"ssm-parameters", []string{"ssm"}, "E-SSMPARAM", "Tasks read Systems Manager parameters as they start.", "No task names a Systems Manager parameter."},
	{"exec", []string{"ssmmessages"}, "E-EXEC", "ECS Exec opens its channels through it.", "ECS Exec is off."},
	{"exec-kms", []string{"kms"}, "E-EXECKMS", "ECS Exec sessions are encrypted with a KMS key, which the task asks for itself.", "No ECS Exec session uses a KMS key. (A secret with a customer key is decrypted by Secrets Manager, not by the task.)"},
	{"service-connect", []string{"ecs-agent"}, "E-SC-CLOSED", "Service Connect manages its proxies through the ecs-agent endpoint.", ""},
}

// RuleOf is the rule that a word of the needs stands for; empty for words that the
// catalogue does not know.
func RuleOf(name string) string {
	for _, w := range words {
		if w.word == name {
			return w.rule
		}
	}
	return ""
}

// ecsThree are the endpoints of the ECS agent and API.
var ecsThree = []string{"ecs-agent", "ecs-telemetry", "ecs"}

// Wants gives the verdict on every endpoint that people look for when they run
// ECS on Fargate, in catalogue order.
func Wants(f Facts) []Want {
	wants := map[string]*Want{}
	need := func(code, rule, why string, required bool) {
		w := wants[code]
		if w == nil {
			w = &Want{Code: code}
			wants[code] = w
		}
		w.Why = strings.TrimSpace(w.Why + " " + why)
		w.Needed, w.Required = true, w.Required || required
		if rule != "" && !slices.Contains(w.Rules, rule) {
			w.Rules = append(w.Rules, rule)
		}
	}
	for _, w := range words {
		shown := f.Uses[w.word]
		if len(shown) == 0 {
			continue
		}
		why := w.why
		if s := strings.Join(shown, "; "); s != "" {
			why += " Seen: " + s + "."
		}
		for _, code := range w.codes {
			need(code, w.rule, why, f.Egress == Closed)
		}
	}
	if NewRegion(f.Region) {
		for _, code := range ecsThree {
			need(code, "E-NEWREGION", f.Region+" was introduced after 23 December 2023: Amazon ECS wants all three of its endpoints there.", true)
		}
	}
	for _, code := range f.Extra {
		need(code, "", "Asked for under extra.", false)
	}
	for _, w := range wants {
		if e := Lookup(w.Code); e.UsedFor != "" {
			w.Why = "Carries " + e.UsedFor + ". " + w.Why
		}
		switch {
		case w.Required:
		case f.Egress == Open:
			w.Why += " The subnets reach the internet, so it works without; with the endpoint the traffic stays inside AWS."
		case f.Egress == Maybe:
			w.Why += " The default route leaves by something whose far end cannot be seen from here; if it does not reach the internet, this is required."
		}
	}
	refuse := func(code, why string) {
		if wants[code] == nil && why != "" {
			wants[code] = &Want{Code: code, Why: why}
		}
	}
	for _, w := range words {
		for _, code := range w.codes {
			refuse(code, w.not)
		}
	}
	for _, code := range ecsThree {
		refuse(code, "Tasks on Fargate do not need the ECS endpoints: AWS runs the agent. They are for container instances (EC2), and for code in the VPC that calls the Amazon ECS API.")
	}
	out := make([]Want, 0, len(wants))
	for _, w := range wants {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Want) int {
		if r := Rank(a.Code) - Rank(b.Code); r != 0 {
			return r
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out
}
