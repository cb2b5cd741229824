package answers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// ipTypes are the address types, in the order that they are offered.
var ipTypes = []string{IPv4, DualStack, IPv6}

// Limits of AWS on tags. A resource takes 50; the rest is left for those that the
// plan and AWS's own services add.
const (
	maxTags     = 45
	maxTagKey   = 128
	maxTagValue = 256
)

// policies are the endpoint policies that need no file.
var policies = []string{PolicyFull, PolicyLeast, PolicyExample}

// restarts are the ways of restarting agents.
var restarts = []string{RestartSSM, RestartReboot, RestartCommands, RestartNone}

var (
	accountShape     = regexp.MustCompile(`^[0-9]{12}$`)
	regionShape      = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}$`)
	nameShape        = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	serviceCodeShape = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
)

// Valid says what is wrong with one value of a key of the answers file, or with
// one item where the key takes a list; nil means nothing. Screens and the file
// refuse the same things in the same words.
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
			return "is no account number; it has exactly 12 digits, in quotes"
		}
	case "workload":
		return invalidWorkload(v)
	case "region":
		if !regionShape.MatchString(v) {
			return "is no Region; write its code, such as eu-central-1"
		}
	case "service":
		if c, svc, has := strings.Cut(v, "/"); !named(c, 255) || has && !named(svc, 255) {
			return "is no service; write CLUSTER/NAME, such as prod/web, or CLUSTER for all of a cluster"
		}
	case "registry.secret", "registry.value", "registry.username", "registry.description", "registry.kms_key", "registry.role", "registry.ecr_condition",
		"registry.definition", "registry.containers", "registry.job.name", "registry.job.image", "registry.job.vcpu", "registry.job.memory":
		return invalidRegistry(strings.TrimPrefix(key, "registry."), v)
	case "proof.task", "redeploy":
		if c, svc, has := strings.Cut(v, "/"); !has || !named(c, 255) || !named(svc, 255) {
			return "is no service; write CLUSTER/NAME, such as prod/web"
		}
	case "compute_environment":
		if !named(v, 128) {
			return "is no name of a compute environment; it has at most 128 letters, digits, - and _"
		}
	case "vpc", "subnets", "clients", "security_groups":
		// Ids or Name tags, which may be anything that a tag may be.
		if n := utf8.RuneCountInString(v); n > maxTagValue {
			return fmt.Sprintf("has %d characters; neither ids nor Name tags have more than %d", n, maxTagValue)
		}
	case "needs":
		if !slices.Contains(Needs, v) {
			return "is not a need" + suggest(v, Needs) + "; allowed are " + words(Needs)
		}
	case "extra":
		if i := strings.Index(v, "amazonaws."); i >= 0 {
			return "is a service name of one Region; write the service code alone, such as sts or ecr.api"
		}
		if !serviceCodeShape.MatchString(v) {
			return "is no service code; write it as in sts or ecr.api"
		}
	case "ip_address_type":
		if !slices.Contains(ipTypes, v) {
			return "is no address type" + suggest(v, ipTypes) + "; allowed are " + words(ipTypes)
		}
	case "endpoint_policy":
		return invalidPolicy(v)
	case clustersKey:
		if !named(v, 255) {
			return "is no name of a cluster; it has at most 255 letters, digits, - and _"
		}
	case "agent.restart":
		if !slices.Contains(restarts, v) {
			return "is no way to restart an agent" + suggest(v, restarts) + "; allowed are " + words(restarts)
		}
	}
	if strings.HasPrefix(key, "mwaa.") {
		return invalidAirflow(key, v)
	}
	return ""
}

// invalidPolicy takes every text with a dot or a slash for a path; whoever reads the
// file finds out whether it is one.
func invalidPolicy(v string) string {
	if slices.Contains(policies, v) || strings.ContainsAny(v, "./") {
		return ""
	}
	return "is no endpoint policy" + suggest(v, policies) + "; allowed are " + words(policies) + ", or a file with a dot or a slash in its path, such as ./s3.json"
}

// Key is the key under which a policy is chosen, as File.Error takes it; the first
// one where there are several.
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

// combinations finds answers that do not go together. It judges only what was said,
// since a file may leave the workload open.
func (f *File) combinations(a Answers) Errors {
	var out Errors
	fail := func(path, text, problem string) {
		e := f.Error(path, problem)
		e.Text = text
		out = append(out, e)
	}
	ecs, batch := words([]Workload{ECSFargate, ECSEC2}), words([]Workload{BatchFargate, BatchEC2})
	switch {
	case a.Workload == "":
	case a.Workload.Batch():
		if a.Service != "" {
			fail("service", a.Service, fmt.Sprintf("goes with the workloads %s, not with %s; name a compute_environment or remove it", ecs, a.Workload))
		}
		for path, at := range f.places {
			if at.text == serviceConnect && strings.HasPrefix(path, "needs[") {
				fail(path, serviceConnect, fmt.Sprintf("goes with the workloads %s, not with %s; remove it", ecs, a.Workload))
			}
		}
	case a.ComputeEnvironment != "":
		instead := "a service"
		if a.Workload.MWAA() {
			instead = "mwaa.environment"
		}
		fail("compute_environment", a.ComputeEnvironment, fmt.Sprintf("goes with the workloads %s, not with %s; name %s or remove it", batch, a.Workload, instead))
	}
	f.airflowCombinations(a, fail)
	out = append(out, f.registry(a)...)
	if a.Workload != "" && a.Workload != ECSFargate && a.Proof.Task != "" {
		fail("proof.task", a.Proof.Task, fmt.Sprintf("goes with the workload %s, not with %s; remove it", ECSFargate, a.Workload))
	}
	if (a.Workload.Batch() || a.Workload.MWAA()) && len(a.Redeploy) > 0 {
		fail("redeploy", "", fmt.Sprintf("goes with the workloads %s, whose services keep running tasks, not with %s; remove it", ecs, a.Workload))
	}
	if a.Workload != "" && !a.Workload.EC2() && (a.Agent.Restart != "" || len(a.Agent.Clusters) > 0) {
		fail("agent", "", fmt.Sprintf("goes with the workloads %s, whose instances run an ECS agent, not with %s; remove it", words([]Workload{ECSEC2, BatchEC2}), a.Workload))
	}
	return out
}

// serviceConnect is the one need that only services of ECS have.
const serviceConnect = "service-connect"

// named tells whether a text can be the name of a cluster, service or environment. Its
// length stands beside the expression: counted in it, it would take a millisecond of
// every start to compile.
func named(v string, most int) bool { return len(v) <= most && nameShape.MatchString(v) }

func invalidWorkload(v string) string {
	w := Workload(v)
	if slices.Contains(Supported, w) {
		return ""
	}
	return "is no workload" + suggest(v, Supported) + "; allowed are " + words(Supported)
}

func invalidTag(key, value string) string {
	if problem := cmpFirst(unprintable(key), unprintable(value)); problem != "" {
		return problem
	}
	switch {
	case strings.TrimSpace(key) == "":
		return "is empty; a tag needs a key"
	case utf8.RuneCountInString(key) > maxTagKey:
		return fmt.Sprintf("is too long; the key of a tag has at most %d characters", maxTagKey)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return "begins with aws:, which AWS keeps for itself"
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Sprintf("has a value that is too long; the value of a tag has at most %d characters", maxTagValue)
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

// unprintable finds what no id, name or tag holds, and what would disturb the
// terminal that shows it.
func unprintable(v string) string {
	if !utf8.ValidString(v) {
		return "is not UTF-8 text"
	}
	for _, r := range v {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' {
			return fmt.Sprintf("holds the character U+%04X, which is not allowed; write it on one line", r)
		}
	}
	return ""
}

// words lists what is allowed.
func words[T ~string](in []T) string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// suggest names the nearest word, if one is near enough to be a slip.
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

// Missing are the keys that no plan can do without and that hold nothing yet.
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
