package answers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// ipTypes are the IP address types in the order of the screens.
var ipTypes = []string{IPv4, DualStack, IPv6}

// AWS limits for tags. A resource can have 50. The difference is for tags that the plan and AWS
// services add.
const (
	maxTags     = 45
	maxTagKey   = 128
	maxTagValue = 256
)

// policies are the predefined endpoint policies.
var policies = []string{PolicyFull, PolicyLeast, PolicyExample}

// restarts are the methods to restart agents.
var restarts = []string{RestartSSM, RestartReboot, RestartCommands, RestartNone}

var (
	accountShape     = regexp.MustCompile(`^[0-9]{12}$`)
	regionShape      = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}$`)
	nameShape        = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	serviceCodeShape = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
)

// Valid returns the problem of one value of a key of the answers file, or of one item where the
// key takes a list. It returns nil if the value is valid. Screens and the file report the same
// messages.
func Valid(key, value string) error {
	if problem := invalid(key, value); problem != "" {
		return fmt.Errorf("%s", problem)
	}
	return nil
}

func invalid(key, v string) string {
	if problem := unprintable(v); problem != "" {
		return problem
	}
	if strings.TrimSpace(v) == "" {
		return "is empty; write a value or remove it"
	}
	switch key {
	case "account":
		if !accountShape.MatchString(v) {
			return "is not an account number; it must have exactly 12 digits, in quotes"
		}
	case "workload":
		return invalidWorkload(v)
	case "region":
		if !regionShape.MatchString(v) {
			return "is not a Region; write its code, such as eu-central-1"
		}
	case "service":
		if c, svc, has := strings.Cut(v, "/"); !named(c, 255) || has && !named(svc, 255) {
			return "is not a service; write CLUSTER/NAME, such as prod/web, or CLUSTER for all services of a cluster"
		}
	case "registry.secret", "registry.value", "registry.username", "registry.description", "registry.kms_key", "registry.role", "registry.ecr_condition",
		"registry.definition", "registry.containers", "registry.job.name", "registry.job.image", "registry.job.vcpu", "registry.job.memory":
		return invalidRegistry(strings.TrimPrefix(key, "registry."), v)
	case "proof.task", "redeploy":
		if c, svc, has := strings.Cut(v, "/"); !has || !named(c, 255) || !named(svc, 255) {
			return "is not a service; write CLUSTER/NAME, such as prod/web"
		}
	case "compute_environment":
		if !named(v, 128) {
			return "is not the name of a compute environment; use at most 128 letters, digits, - and _"
		}
	case "vpc", "subnets", "clients", "security_groups":
		// These keys take ids or Name tags. A Name tag may have any character that a tag value
		// may have.
		if n := utf8.RuneCountInString(v); n > maxTagValue {
			return fmt.Sprintf("has %d characters; the limit for ids and Name tags is %d", n, maxTagValue)
		}
	case "needs":
		if !slices.Contains(Needs, v) {
			return "is not a need" + suggest(v, Needs) + "; supported: " + words(Needs)
		}
	case "extra":
		if i := strings.Index(v, "amazonaws."); i >= 0 {
			return "is the service name of one Region; write only the service code, such as sts or ecr.api"
		}
		if !serviceCodeShape.MatchString(v) {
			return "is not a service code; write one such as sts or ecr.api"
		}
	case "ip_address_type":
		if !slices.Contains(ipTypes, v) {
			return "is not an IP address type" + suggest(v, ipTypes) + "; supported: " + words(ipTypes)
		}
	case "endpoint_policy":
		return invalidPolicy(v)
	case clustersKey:
		if !named(v, 255) {
			return "is not the name of a cluster; use at most 255 letters, digits, - and _"
		}
	case "agent.restart":
		if !slices.Contains(restarts, v) {
			return "is not a method to restart agents" + suggest(v, restarts) + "; supported: " + words(restarts)
		}
	}
	if strings.HasPrefix(key, "mwaa.") {
		return invalidAirflow(key, v)
	}
	return ""
}

// invalidPolicy accepts every text with a dot or a slash as a path. The reader of the file
// detects whether the path exists.
func invalidPolicy(v string) string {
	if slices.Contains(policies, v) || strings.ContainsAny(v, "./") {
		return ""
	}
	return "is not an endpoint policy" + suggest(v, policies) + "; supported: " + words(policies) + ", or a file that has a dot or a slash in its path, such as ./s3.json"
}

// Key returns the key of the answers file that selects this policy, as File.Error takes it. If
// several keys do, it returns the first.
func (p Policy) Key(v string) string {
	const all = "endpoint_policy"
	for _, code := range slices.Sorted(maps.Keys(p.ByService)) {
		if p.ByService[code] == v {
			return all + "." + code
		}
	}
	if len(p.ByService) > 0 {
		return all + "." + defaultPolicy
	}
	return all
}

// combinations reports answers that contradict each other. It checks only keys with a value,
// because a file may omit the workload.
func (f *File) combinations(a Answers) Errors {
	var out Errors
	fail := func(path, text, problem string) {
		e := f.Error(path, problem)
		e.Text = text
		out = append(out, e)
	}
	ecs, batch := words(Services), words([]Workload{BatchFargate, BatchEC2})
	switch {
	case a.Workload == "":
	case a.Workload.Batch():
		if a.Service != "" {
			fail("service", a.Service, fmt.Sprintf("is supported only for the workloads %s, not for %s; use compute_environment or remove it", ecs, a.Workload))
		}
		for path, at := range f.positions {
			if at.text == serviceConnect && strings.HasPrefix(path, "needs[") {
				fail(path, serviceConnect, fmt.Sprintf("is supported only for the workloads %s, not for %s; remove it", ecs, a.Workload))
			}
		}
	case a.ComputeEnvironment != "":
		instead := "a service"
		if a.Workload.MWAA() {
			instead = "mwaa.environment"
		}
		fail("compute_environment", a.ComputeEnvironment, fmt.Sprintf("is supported only for the workloads %s, not for %s; use %s or remove it", batch, a.Workload, instead))
	}
	f.airflowCombinations(a, fail)
	out = append(out, f.registry(a)...)
	if a.Workload != "" && a.Workload != ECSFargate && a.Proof.Task != "" {
		fail("proof.task", a.Proof.Task, fmt.Sprintf("is supported only for the workload %s, not for %s; remove it", ECSFargate, a.Workload))
	}
	if (a.Workload.Batch() || a.Workload.MWAA()) && len(a.Redeploy) > 0 {
		fail("redeploy", "", fmt.Sprintf("is supported only for the workloads %s, because only their services keep running tasks, not for %s; remove it", ecs, a.Workload))
	}
	if a.Workload != "" && !a.Workload.EC2() && (a.Agent.Restart != "" || len(a.Agent.Clusters) > 0) {
		fail("agent", "", fmt.Sprintf("is supported only for the workloads %s, because only there you run the ECS agents, not for %s; remove it", words([]Workload{ECSEC2, BatchEC2}), a.Workload))
	}
	return out
}

// serviceConnect is the only need that only ECS services have.
const serviceConnect = "service-connect"

// named reports whether a text is a valid name of a cluster, service or environment. The length
// is not part of the expression: a counted repetition would add a millisecond to every start.
func named(v string, most int) bool { return len(v) <= most && nameShape.MatchString(v) }

func invalidWorkload(v string) string {
	w := Workload(v)
	if slices.Contains(Supported, w) {
		return ""
	}
	return "is not a workload" + suggest(v, Supported) + "; supported: " + words(Supported)
}

func invalidTag(key, value string) string {
	if problem := cmpFirst(unprintable(key), unprintable(value)); problem != "" {
		return problem
	}
	switch {
	case strings.TrimSpace(key) == "":
		return "is empty; the key of a tag must not be empty"
	case utf8.RuneCountInString(key) > maxTagKey:
		return fmt.Sprintf("is too long; the limit for the key of a tag is %d characters", maxTagKey)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return "begins with aws:, which is reserved by AWS"
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Sprintf("has a value that is too long; the limit for the value of a tag is %d characters", maxTagValue)
	}
	return ""
}

func cmpFirst(problems ...string) string {
	for _, p := range problems {
		if p != "" {
			return p
		}
	}
	return ""
}

// unprintable rejects characters that no id, name or tag has and that would disturb the terminal.
func unprintable(v string) string {
	if !utf8.ValidString(v) {
		return "is not UTF-8 text"
	}
	for _, r := range v {
		if printable.Unsafe(r) || r == '\uFEFF' {
			return fmt.Sprintf("contains the character U+%04X, which is not allowed; write it on one line", r)
		}
	}
	return ""
}

// words joins the supported values with commas.
func words[T ~string](in []T) string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// suggest returns the most similar supported value if it is similar enough to be a typing error.
func suggest[T ~string](v string, among []T) string {
	best, at := "", len([]rune(v))/3+1
	for _, w := range among {
		if d := typo.Distance(strings.ToLower(v), string(w)); d <= at && (best == "" || d < typo.Distance(strings.ToLower(v), best)) {
			best = string(w)
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// Missing returns the keys that every plan requires and that have no value yet.
func (a Answers) Missing() []string {
	var out []string
	if a.Workload == "" {
		out = append(out, "workload")
	}
	if a.VPC == "" {
		out = append(out, "vpc")
	}
	return out
}
