package catalog

import (
	"fmt"
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

	Airflow *Airflow // Amazon MWAA; nil otherwise

	Batch     bool // AWS Batch; Amazon ECS otherwise
	Instances bool // on container instances of the account; on Fargate otherwise
	// OldPlatform means that all of it runs on a Fargate platform version before
	// 1.4.0, which logs in to Amazon ECR by a network interface of its own.
	OldPlatform bool
	// RunCommand means that Run Command is to restart the agents of the instances.
	RunCommand bool
	// OldSSMAgent means that an instance runs an SSM Agent before 3.3.40.0.
	OldSSMAgent bool
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
	word     string
	codes    []string
	rule     string
	why      string // "Tasks pull private images from Amazon ECR"
	not      string // why not, when nothing shows the use
	optional bool   // recommended at most: nothing stops without it
}

// words follow the matrix of the AWS Batch, ECS and ECR guides. They speak of
// tasks; for AWS Batch, jobs takes the place.
var words = []word{
	{word: "ecr", codes: []string{"ecr.api", "ecr.dkr", "s3"}, rule: "E-ECRPAIR", why: "Tasks pull private images from Amazon ECR, which takes both ECR endpoints and the S3 gateway.", not: "No task pulls a private image of this Region's Amazon ECR."},
	{word: "env-files", codes: []string{"s3"}, rule: "E-ECRPAIR", why: "Tasks read environment files from Amazon S3."},
	{word: "secretsmanager", codes: []string{"secretsmanager"}, rule: "E-SECRETS", why: "Tasks read secrets from Secrets Manager as they start.", not: "No task names a secret of Secrets Manager."},
	{word: "awslogs", codes: []string{"logs"}, rule: "E-LOGS", why: "Tasks write to CloudWatch Logs with the awslogs driver; where it cannot be reached they do not start.", not: "No task logs to CloudWatch Logs."},
	{word: "ssm-parameters", codes: []string{"ssm"}, rule: "E-SSMPARAM", why: "Tasks read Systems Manager parameters as they start.", not: "No task names a Systems Manager parameter."},
	{word: "exec", codes: []string{"ssmmessages"}, rule: "E-EXEC", why: "ECS Exec opens its channels through it.", not: "ECS Exec is off."},
	{word: "exec-kms", codes: []string{"kms"}, rule: "E-EXECKMS", why: "ECS Exec sessions are encrypted with a KMS key, which the task asks for itself.", not: "No ECS Exec session uses a KMS key. (A secret with a customer key is decrypted by Secrets Manager, not by the task.)"},
	{word: "service-connect", codes: []string{"ecs-agent"}, rule: "E-SC-CLOSED", why: Says["E-SC"]},
	{word: "efs", codes: []string{"elasticfilesystem"}, optional: true, why: "Code in the tasks calls the Amazon EFS API."},
	{word: "insights", codes: []string{"monitoring"}, optional: true, why: "A CloudWatch agent or collector beside the tasks sends metrics."},
}

// callers is the word for code in the VPC that calls the workload's own API.
func callers(batch bool) word {
	if batch {
		return word{word: "workload-api", codes: []string{"batch"}, optional: true, why: "Code in the VPC calls the AWS Batch API. " + Says["E-BATCHALL"], not: Says["E-BATCHNEED"]}
	}
	return word{word: "workload-api", codes: []string{"ecs"}, optional: true, why: "Code in the VPC calls the Amazon ECS API."}
}

// unless says why an endpoint is not needed although something is seen that people
// take for a need of it.
var unless = map[string]string{
	"efs":      "Containers mount Amazon EFS through its mount targets, on TCP 2049. This endpoint is only for code that calls the Amazon EFS API; if there is such code, add efs to the needs.",
	"insights": "Container Insights is on, which the cluster reports by itself. This endpoint is for a CloudWatch agent or collector that runs as a container; if there is one, add insights to the needs.",
}

// RuleOf is the rule that a word of the needs stands for; empty for words that the
// catalogue does not know, and for those without which nothing stops.
func RuleOf(name string) string {
	for _, w := range words {
		if w.word == name {
			return w.rule
		}
	}
	return ""
}

// Three are the endpoints of the ECS agent and API, in the order in which they are
// made where container instances run: the agent's channel first, since an agent
// that finds the API through its endpoint is sent on to the other two (Amazon ECS
// developer guide, VPC endpoints).
var Three = []string{"ecs-agent", "ecs-telemetry", "ecs"}

// Wants gives the verdict on every endpoint that people look for when they run the
// workload, in catalogue order.
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
	say := func(s string) string { return s }
	if f.Batch {
		say = strings.NewReplacer("Tasks", "Jobs", "tasks", "jobs", "task", "job").Replace
	}
	all := append(slices.Clone(words), callers(f.Batch))
	if f.Airflow != nil { // which has neither tasks nor jobs
		all = nil
	}
	if f.Instances {
		for _, code := range Three {
			need(code, "E-ALL3", "The ECS agent of container instances needs all three ECS endpoints; with only some of them it falls back to public names.", true)
		}
	}
	if f.Instances && f.RunCommand {
		codes := []string{"ssm", "ssmmessages"}
		if f.OldSSMAgent {
			codes = append(codes, "ec2messages")
		}
		for _, code := range codes {
			need(code, "E-RESTART", "Run Command, by which the ECS agents are restarted, reaches the instances through it.", f.Egress == Closed)
		}
	}
	if NewRegion(f.Region) && f.Airflow == nil {
		for _, code := range Three {
			need(code, "E-NEWREGION", f.Region+" was introduced after 23 December 2023: Amazon ECS wants all three of its endpoints there.", true)
		}
	}
	for _, w := range all {
		shown := f.Uses[w.word]
		if len(shown) == 0 {
			continue
		}
		why := say(w.why)
		if s := strings.Join(shown, "; "); s != "" {
			why += " Seen: " + s + "."
		}
		for _, code := range w.codes {
			required, also := f.Egress == Closed && !w.optional, ""
			if code == "ecr.api" && f.OldPlatform {
				required, also = false, " Platform versions before 1.4.0 log in to Amazon ECR without it; later ones need it."
			}
			need(code, w.rule, why+also, required)
		}
	}
	for _, code := range f.Extra {
		need(code, "", "Asked for under extra.", false)
	}
	if f.Airflow != nil {
		wantAirflow(f, need)
	}
	for _, w := range wants {
		if e := Lookup(w.Code); e.UsedFor != "" && f.Airflow == nil { // whose reasons say it
			w.Why = "Carries " + e.UsedFor + ". " + w.Why
		}
		switch {
		case w.Required && f.Instances && slices.Contains(Three, w.Code) && f.Egress == Open:
			w.Why += " The subnets reach the internet, so the agents work without them too, by public names."
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
	for _, w := range all {
		for _, code := range w.codes {
			if seen := f.Uses[Seen(w.word)]; len(seen) > 0 {
				refuse(code, fmt.Sprintf("%s Seen: %s.", unless[w.word], strings.Join(seen, "; ")))
			}
			refuse(code, say(w.not))
		}
	}
	if f.Airflow != nil {
		refuseAirflow(f, refuse)
	} else if !f.Instances {
		for _, code := range Three {
			refuse(code, say(Says["E-FARGATEOPT"]))
		}
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

// Seen is the word under which Facts.Uses tells that something is seen which looks
// like a use and is none by itself.
func Seen(word string) string { return word + " (seen)" }
