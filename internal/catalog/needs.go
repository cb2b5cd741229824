package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Egress is whether the subnets of a workload reach the internet.
type Egress int

// Closed means that at least one subnet has no internet access. Maybe means that the wizard cannot
// decide it: a default route leads to a network that it cannot see, such as one behind a transit
// gateway, or something was not read. Unknown means that
// the workload's subnets are not known yet.
const (
	Unknown Egress = iota
	Open
	Maybe
	Closed
)

// Facts are the known facts of a workload. Uses maps a need of the answers file ("ecr", "awslogs",
// …) to its evidence: "web:7 pulls 1234….dkr.ecr…/web:1".
type Facts struct {
	Uses   map[string][]string
	Egress Egress
	Doubt  string // why Egress is Maybe, as a sentence; empty if the target of the default route is the reason
	IPv6   bool   // Egress is Closed, and the subnets reach the internet with IPv6
	Region string
	Extra  []string // other endpoints in the answers, by service code

	Own Own // of a workload that runs neither tasks nor jobs; nil otherwise
	// Sessions is whether a bastion that is reached with Session Manager has internet access; Open
	// if no such bastion is planned.
	Sessions Egress

	Nouns     Nouns // Tasks if it is empty
	API       API   // that of Amazon ECS if it is empty
	Instances bool  // on container instances of the account; on Fargate otherwise
	Managed   bool  // on instances that Amazon ECS manages
	// OldPlatform means that everything runs on a Fargate platform version before 1.4.0, which uses
	// a separate network interface for the login to Amazon ECR.
	OldPlatform bool
	// RunCommand means that Run Command should restart the agents of the instances.
	RunCommand bool
	// Listed means that the answers list the needs. The account can then show uses that are not needed.
	Listed bool
	// Unseen is why the account does not show everything that the workload uses; empty if it does.
	// A use that was not seen is then unknown: it is not "not needed".
	Unseen string
	// OldSSMAgent means that an instance runs an SSM Agent before 3.3.40.0.
	OldSSMAgent bool
}

// Own decides which endpoints a workload needs that runs neither tasks nor jobs. It calls the function
// for each of them.
type Own interface {
	Needs(f Facts, need func(code, rule, why string, required bool))
	NotNeeded(f Facts, notNeeded func(code, why string))
}

// Verdict is a verdict on one endpoint.
type Verdict struct {
	Code     string
	Needed   bool // false: not needed, with the reason in Why
	Required bool // false, with Needed: recommended
	Unknown  bool // with Needed false: the account does not show whether it is needed
	Why      string
	Rules    []string
}

// Nouns are the nouns for what a workload runs.
type Nouns struct{ one, many, capital string }

// Tasks are those of Amazon ECS, and Jobs those of AWS Batch.
var (
	Tasks = Nouns{"task", "tasks", "Tasks"}
	Jobs  = Nouns{"job", "jobs", "Jobs"}
)

// API is the endpoint for code in the VPC that calls the workload's own API, with the reason, and why it
// is not needed otherwise.
type API struct{ Code, Why, Not string }

// needRule lists the endpoints of a need and the rule that asks for them.
type needRule struct {
	need     string // as in the answers file
	codes    []string
	rule     string
	why      string
	not      string // why not, if the account shows no such need
	optional bool   // recommended at most: nothing fails without it
}

// needRules follow the matrix of the AWS Batch, ECS and ECR guides. Since 2025-06-25 log drivers are
// non-blocking by default, so a container can also run and lose its logs (Amazon ECS API reference,
// LogConfiguration). FireLens sends with the plug-in in its options (Amazon ECS developer guide,
// FireLens).
func needRules(n Nouns) []needRule {
	return []needRule{
		{need: "ecr", codes: []string{"ecr.api", "ecr.dkr", "s3"}, rule: "E-ECRPAIR", why: fmt.Sprintf("%s pull private images from Amazon ECR. Without internet access, this needs both ECR endpoints and the S3 gateway endpoint.", n.capital),
			not: fmt.Sprintf("No %s pulls a private image from Amazon ECR in this Region.", n.one)},
		{need: FIPS("ecr"), codes: []string{"ecr.api", "ecr-fips.api", "ecr-fips.dkr", "s3"}, rule: "E-ECRPAIR", why: fmt.Sprintf("%s pull private images by the FIPS name of Amazon ECR, which only the FIPS endpoints have. AWS does not document which name of the API such a pull uses, so the plan has both.", n.capital)},
		{need: "env-files", codes: []string{"s3"}, rule: "E-ECRPAIR", why: fmt.Sprintf("%s read environment files from Amazon S3.", n.capital)},
		{need: "secretsmanager", codes: []string{"secretsmanager"}, rule: "E-SECRETS", why: fmt.Sprintf("%s read secrets from Secrets Manager when they start.", n.capital),
			not: fmt.Sprintf("No %s uses a secret of Secrets Manager.", n.one)},
		{need: "awslogs", codes: []string{"logs"}, rule: "E-LOGS", why: fmt.Sprintf("%s write to CloudWatch Logs. Without a connection to it they may not start, or lose their logs.", n.capital),
			not: fmt.Sprintf("No %s logs to CloudWatch Logs.", n.one)},
		{need: "ssm-parameters", codes: []string{"ssm"}, rule: "E-SSMPARAM", why: fmt.Sprintf("%s read Systems Manager parameters when they start.", n.capital),
			not: fmt.Sprintf("No %s uses a Systems Manager parameter.", n.one)},
		{need: "exec", codes: []string{"ssmmessages"}, rule: "E-EXEC", why: "ECS Exec opens its sessions through it.", not: "ECS Exec is off."},
		{need: "exec-kms", codes: []string{"kms"}, rule: "E-EXECKMS", why: fmt.Sprintf("ECS Exec sessions are encrypted with a KMS key that the %s uses.", n.one),
			not: fmt.Sprintf("No ECS Exec session uses a KMS key. (Secrets Manager, not the %s, decrypts a secret with a customer managed key.)", n.one)},
		{need: "service-connect", codes: []string{"ecs-agent"}, rule: "E-SC-CLOSED", why: Says["E-SC"]},
		{need: "s3", codes: []string{"s3"}, rule: "E-S3", why: fmt.Sprintf("%s read or write objects in Amazon S3: configuration files of FireLens, credential specs, or logs.", n.capital)},
		{need: "firehose", codes: []string{"kinesis-firehose"}, rule: "E-FIRELENS", why: fmt.Sprintf("%s send logs to Amazon Data Firehose. Without a connection to it the log router loses them.", n.capital)},
		{need: "kinesis", codes: []string{"kinesis-streams"}, rule: "E-FIRELENS", why: fmt.Sprintf("%s send logs to Amazon Kinesis Data Streams. Without a connection to it the log router loses them.", n.capital)},
		{need: "efs", codes: []string{"elasticfilesystem"}, optional: true, why: fmt.Sprintf("Code in the %s calls the Amazon EFS API.", n.many)},
		{need: "insights", codes: []string{"monitoring"}, optional: true, why: fmt.Sprintf("A CloudWatch agent or collector next to the %s sends metrics.", n.many)},
		{need: "collector-logs", codes: []string{"logs"}, optional: true, why: fmt.Sprintf("A CloudWatch agent or collector next to the %s sends logs, or metrics in log events.", n.many)},
		{need: "xray", codes: []string{"xray"}, optional: true, why: fmt.Sprintf("An X-Ray daemon or collector next to the %s sends traces.", n.many)},
	}
}

// lookalikes are why an endpoint is not needed although the account shows a use that
// looks like a need for it.
var lookalikes = map[string]string{
	"efs":      "Containers mount Amazon EFS through its mount targets, on TCP 2049. This endpoint is only for code that calls the Amazon EFS API. If you have such code, add efs to the needs.",
	"insights": "Container Insights is on, and the cluster itself sends its data. This endpoint is for a CloudWatch agent or collector in a container. If you have one, add insights to the needs.",
}

// RuleOf returns the rule of a need; empty for needs that the catalog does not know,
// and for those that are only recommended.
func RuleOf(need string) string {
	for _, r := range needRules(Tasks) {
		if r.need == need {
			return r.rule
		}
	}
	return ""
}

// EndpointsOf returns the codes of the endpoints of a need.
func EndpointsOf(need string) []string {
	for _, r := range needRules(Tasks) {
		if r.need == need {
			return r.codes
		}
	}
	return nil
}

// ECSEndpoints are the endpoints of the ECS agent and API, in their order of creation where
// container instances run. The agent's endpoint comes first, because an agent that reaches
// the API through its endpoint is sent to the other two (Amazon ECS developer guide, VPC
// endpoints).
var ECSEndpoints = []string{"ecs-agent", "ecs-telemetry", "ecs"}

// Verdicts returns the verdict on every endpoint that users expect for the workload, in catalog order.
func Verdicts(f Facts) []Verdict {
	wants := map[string]*Verdict{}
	need := func(code, rule, why string, required bool) {
		w := wants[code]
		if w == nil {
			w = &Verdict{Code: code}
			wants[code] = w
		}
		w.Why = strings.TrimSpace(w.Why + " " + why)
		w.Needed, w.Required = true, w.Required || required
		if rule != "" && !slices.Contains(w.Rules, rule) {
			w.Rules = append(w.Rules, rule)
		}
	}
	noun, api := cmp.Or(f.Nouns, Tasks), cmp.Or(f.API, API{Code: "ecs", Why: "Code in the VPC calls the Amazon ECS API."})
	all := append(needRules(noun), needRule{need: "workload-api", codes: []string{api.Code}, optional: true, why: api.Why, not: api.Not})
	if f.Own != nil {
		all = nil
	}
	if f.Instances {
		for _, code := range ECSEndpoints {
			need(code, "E-ALL3", "The ECS agent of container instances needs all three ECS endpoints. With only some of them it falls back to public names.", true)
		}
	}
	if f.Managed {
		for _, code := range ECSEndpoints {
			need(code, "E-MANAGED", "AWS does not document which endpoints ECS Managed Instances need. Their agent runs in your subnets, so the plan has the three endpoints of the ECS agent.", f.Egress == Closed)
		}
	}
	if f.Instances && f.RunCommand {
		codes := []string{"ssm", "ssmmessages"}
		if f.OldSSMAgent {
			codes = append(codes, "ec2messages")
		}
		for _, code := range codes {
			need(code, "E-RESTART", "Run Command restarts the ECS agents. It reaches the instances through this endpoint.", f.Egress == Closed)
		}
	}
	if NewRegion(f.Region) && f.Own == nil {
		for _, code := range ECSEndpoints {
			need(code, "E-NEWREGION", f.Region+" was introduced after 23 December 2023: Amazon ECS needs all three of its endpoints there.", true)
		}
	}
	for _, r := range all {
		shown := f.Uses[r.need]
		if len(shown) == 0 {
			continue
		}
		why := r.why
		if s := strings.Join(shown, "; "); s != "" {
			why += " Found: " + s + "."
		}
		for _, code := range r.codes {
			required, also := f.Egress == Closed && !r.optional, ""
			if code == "ecr.api" && f.OldPlatform {
				required, also = false, " Platform versions before 1.4.0 log in to Amazon ECR without it; later ones need it."
			}
			need(code, r.rule, why+also, required)
		}
	}
	for _, code := range f.Extra {
		need(code, "", "Listed under extra.", false)
	}
	if f.Own != nil {
		f.Own.Needs(f, need)
	}
	for _, w := range wants {
		if e := Lookup(w.Code); e.UsedFor != "" && f.Own == nil { // reasons of its own contain this already
			w.Why = "Used for " + e.UsedFor + ". " + w.Why
		}
		switch {
		case f.Egress == Closed && f.IPv6:
			w.Why += " The subnets reach the internet with IPv6 only. The usual names of AWS services need IPv4, and only their dual-stack names work with IPv6."
		case w.Required && f.Instances && slices.Contains(ECSEndpoints, w.Code) && f.Egress == Open:
			w.Why += " The subnets have internet access, so the agents also work without them, with public names."
		case w.Required:
		case f.Egress == Open:
			w.Why += " The subnets have internet access, so it is optional. With the endpoint, the traffic stays inside AWS."
		case f.Egress == Maybe && f.Doubt != "":
			w.Why += " " + f.Doubt + " If the subnets do not reach the internet, this endpoint is required."
		case f.Egress == Maybe:
			w.Why += " The wizard cannot see where the default route ends. If it does not reach the internet, this endpoint is required."
		}
	}
	notNeeded := func(code, why string) {
		if wants[code] == nil && why != "" {
			wants[code] = &Verdict{Code: code, Why: why}
		}
	}
	for _, r := range all {
		for _, code := range r.codes {
			if seen := f.Uses[Seen(r.need)]; len(seen) > 0 {
				notNeeded(code, fmt.Sprintf("%s Found: %s.", lookalikes[r.need], strings.Join(seen, "; ")))
			}
			switch {
			case r.not == "":
			case f.Listed:
				notNeeded(code, "The answers do not list it under needs.")
			case f.Unseen != "" && wants[code] == nil:
				wants[code] = &Verdict{Code: code, Unknown: true, Why: "The wizard cannot tell whether it is needed. " + f.Unseen}
			default:
				notNeeded(code, r.not)
			}
		}
	}
	if f.Own != nil {
		f.Own.NotNeeded(f, notNeeded)
	} else if !f.Instances {
		for _, code := range ECSEndpoints {
			notNeeded(code, fargateOptional(noun))
		}
	}
	out := make([]Verdict, 0, len(wants))
	for _, w := range wants {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Verdict) int {
		if r := Rank(a.Code) - Rank(b.Code); r != 0 {
			return r
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out
}

// Seen is the key in Facts.Uses for something that looks like a need and is not one by itself.
func Seen(need string) string { return need + " (seen)" }

// FIPS is the key in Facts.Uses for a need by the FIPS names of its services.
func FIPS(need string) string { return need + " (FIPS)" }

// fargateOptional returns rule E-FARGATEOPT for tasks or jobs.
func fargateOptional(n Nouns) string {
	return fmt.Sprintf("%s on Fargate do not need the ECS endpoints: AWS runs the agent. They are for container instances (EC2), and for code in the VPC that calls the Amazon ECS API.", n.capital)
}
