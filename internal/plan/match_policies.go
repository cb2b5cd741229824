package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// policyFacts returns the facts for composing and checking policies.
func (b *builder) policyFacts() policy.Facts {
	if b.facts == nil {
		f := b.findFacts()
		b.facts = &f
	}
	return *b.facts
}

func (b *builder) findFacts() policy.Facts {
	f := policy.Facts{Partition: b.Partition(), Region: b.Ans.Region, Account: b.Inv.Account, MWAA: b.Workload.ServiceCalls}
	looked, others := b.clusters()
	f.Instances = b.Workload.OwnHosts || b.Workload.AWSHosts || len(looked)+len(others) > 0
	add := func(to *[]string, ref string) {
		if ref != "" && !slices.Contains(*to, ref) {
			*to = append(*to, ref)
		}
	}
	anySecret, anyLogGroup := false, false
	logs := func(c *inventory.Container) {
		switch c.LogsTo() {
		case inventory.ToLogs:
			group := b.logGroup(c)
			anyLogGroup = anyLogGroup || group == inventory.AnyGroup
			add(&f.LogGroups, group)
		case inventory.ToS3:
			add(&f.LogBuckets, cmp.Or(c.LogBucket, "*"))
		}
	}
	secret := func(ref string) {
		if secretKind(ref) == "secretsmanager" {
			add(&f.Secrets, ref)
		} else {
			add(&f.Parameters, ref)
		}
	}
	for _, d := range b.Definitions {
		for _, ref := range d.VolumeSecrets {
			secret(ref)
		}
		for _, c := range d.Containers {
			if img := parseImage(c.Image); img.region == b.Ans.Region {
				add(&f.Repositories, img.repository(f.Partition))
			}
			for _, ref := range c.Secrets {
				secret(ref)
			}
			add(&f.Secrets, c.Credentials)
			anySecret = anySecret || c.DomainSecret
			if b.Workload.LogsByDefault(&c) {
				add(&f.LogGroups, b.logGroup(&c))
			}
			logs(&c)
			anyLogGroup = anyLogGroup || slices.Contains(c.Collects(), "collector-logs")
			for _, file := range slices.Concat(c.EnvFiles, c.Files) {
				add(&f.Objects, file)
			}
		}
	}
	for _, e := range b.Airflows {
		add(&f.Buckets, e.Bucket)
		add(&f.Keys, e.KMSKey)
		for _, g := range e.LogGroups {
			add(&f.LogGroups, strings.TrimSuffix(g, ":*"))
		}
	}
	if b.registry != nil {
		add(&f.Secrets, strings.TrimSuffix(b.registry.arn, "-??????"))
	}
	f.RunCommand = b.Workload.OwnHosts && b.Ans.Agent.RunsCommands()
	for _, c := range slices.Concat(looked, others) {
		for _, h := range c.hosts {
			family := b.host(h).Family
			f.Bottlerocket, f.UnknownHosts = f.Bottlerocket || family == hosts.Bottlerocket, f.UnknownHosts || family == hosts.Unknown
		}
	}
	f.Callers = b.Ans.Needs != nil && slices.Contains(*b.Ans.Needs, "workload-api")
	for _, svc := range b.Services {
		f.ServiceConnect = f.ServiceConnect || svc.ServiceConnect
		if svc.Proxy != nil {
			logs(svc.Proxy)
			for _, ref := range svc.Proxy.Secrets {
				secret(ref)
			}
		}
		if c := b.ClusterOf(svc); c != nil {
			add(&f.Keys, c.ExecKMSKey)
			if svc.Exec {
				add(&f.LogGroups, c.ExecLogGroup)
				add(&f.LogBuckets, c.ExecBucket)
			}
		}
	}
	if anySecret {
		f.Secrets = nil // a credential spec references one that the definition does not show
	}
	if anyLogGroup {
		f.LogGroups = nil // the configuration of a collector has its log groups
	}
	if b.halfRead() { // unknown workloads must not be blocked
		f.Repositories, f.Secrets, f.Parameters, f.LogGroups, f.Objects, f.Keys = nil, nil, nil, nil, nil, nil
	}
	return f
}

// halfRead reports whether a denied or unfinished read hides running workloads.
func (b *builder) halfRead() bool {
	return slices.ContainsFunc(b.Inv.Gaps, func(g inventory.Gap) bool { return slices.Contains(b.Workload.Reads, g.Call) })
}

// document returns the policy for a value of endpoint_policy, with notes about it; empty means full
// access.
func (b *builder) document(code, word string) (doc, note string) {
	switch word {
	case "", answers.PolicyFull:
		return "", ""
	case answers.PolicyLeast:
		doc, cuts := policy.Least(code, b.policyFacts())
		note := "Its policy allows only what this workload does."
		if b.halfRead() {
			note = "Its policy allows what workloads of this kind do in this account: the workload could not be read completely."
		}
		if len(cuts) > 0 {
			note += " It may block: " + strings.Join(cuts, " ")
		}
		return doc, note
	case answers.PolicyExample:
		doc, note, ok := policy.Example(code, b.policyFacts())
		if !ok {
			return "", "The AWS guides have no example policy for it, so it gets full access."
		}
		return policy.Mark(doc), note
	}
	return policy.Mark(b.files.Policies[word]), "Its policy comes from " + word + "."
}

// newPolicy returns the policy of a new endpoint. A service without policy support gets none, unless
// the answers set one.
func (b *builder) newPolicy(e *endpoint) (note string) {
	_, named := b.Ans.EndpointPolicy.ByService[e.code]
	e.policy, note = b.document(e.code, b.Ans.EndpointPolicy.For(e.code))
	e.chosen = e.policy != ""
	if svc := b.Inv.Service(e.service, e.typ); e.chosen && !named && svc != nil && !svc.PolicySupported {
		e.policy, e.chosen = "", false
		return "The service does not support endpoint policies, so the endpoint has full access."
	}
	if e.chosen {
		note += " " + textRules["G-POLDELAY"]
	}
	return note
}

// addPolicy adds the statements that the answers ask for to the policy of an existing endpoint.
// Existing statements are never restricted, because others may rely on them.
func (b *builder) addPolicy(e *endpoint, change *resource.EndpointChange, before map[string]any) (what, why string) {
	x := e.existing
	word, named := b.Ans.EndpointPolicy.ByService[e.code]
	if !named || e.owned {
		return "", ""
	}
	doc, note := b.document(e.code, word)
	if doc == "" {
		doc = policy.Mark(policy.Default)
	}
	switch {
	case policy.Full(doc) && e.policy == "":
		return "", ""
	case e.policy == "":
		b.kept = append(b.kept, e)
		return "", ""
	}
	sum, err := policy.Add(x.Policy, doc)
	if err != nil {
		b.refused = append(b.refused, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: x.ID, Changes: []resource.ID{e.id},
			Message: fmt.Sprintf("The chosen policy for %s cannot be added to the policy of endpoint %s: %v.", e.code, x.ID, err),
			Fix:     "Correct it. The plan only adds to an existing policy, so it must allow and not deny."})
		return "", ""
	}
	if len(policy.Changed(x.Policy, sum)) == 0 {
		return "", ""
	}
	doc = policy.Mark(sum)
	e.policy, e.chosen = doc, true
	change.Policy = doc
	before["policy_document"] = x.Policy
	added := "The plan adds statements and keeps the existing ones. The details show the policy before and after."
	if word == answers.PolicyFull {
		added = "The plan adds one statement that allows all actions, and keeps the existing ones. The details show the policy before and after."
	}
	return "to its policy", strings.TrimSpace(note + " " + added + " " + textRules["G-POLDELAY"])
}

// policyResult is what the policy of an endpoint means for the calls of the workload.
type policyResult struct {
	endpoint          *endpoint
	grants            []policy.Grant
	denied, undecided []policy.Lack // of the calls that are not optional
	optional          []policy.Lack
	word              string // the value of endpoint_policy that adds what is missing
}

// judgePolicy decides whether the policy of an endpoint allows grants. A policy that G-POLSHAPE or
// G-POLPRIN reports is not decided again.
func (b *builder) judgePolicy(e *endpoint, grants []policy.Grant) policyResult {
	out := policyResult{endpoint: e, grants: grants, word: answers.PolicyLeast}
	if e.policy == "" || e.chosen && b.misshapen(e) {
		return out
	}
	for _, l := range policy.Lacks(e.policy, grants, b.caller(e)) {
		switch {
		case l.Optional:
			out.optional = append(out.optional, l)
		case l.Unsure:
			out.undecided = append(out.undecided, l)
		default:
			out.denied = append(out.denied, l)
		}
	}
	return out
}

// caller returns what is known about the callers at an endpoint.
func (b *builder) caller(e *endpoint) policy.Caller {
	c := policy.Caller{Account: b.Inv.Account, VPC: b.Ans.VPC, Region: b.Ans.Region}
	if e.existing != nil {
		c.Endpoint = e.existing.ID
	}
	return c
}

// extends reports whether the plan can change the policy so that it certainly allows the grants. It
// only adds statements to an existing policy, which is not enough if a Deny decides.
func (j policyResult) extends(b *builder) bool {
	e := j.endpoint
	if e.owned {
		return false
	}
	doc, _ := b.document(e.code, j.word)
	if doc == "" {
		doc = policy.Default
	}
	if e.existing != nil {
		sum, err := policy.Add(e.existing.Policy, doc)
		if err != nil {
			return false
		}
		doc = sum
	}
	return !slices.ContainsFunc(policy.Lacks(doc, j.grants, b.caller(e)), func(l policy.Lack) bool { return !l.Optional })
}

// patch returns the patch that extends the policy; nil if it would not help.
func (j policyResult) patch(b *builder) *answers.Patch {
	if !j.extends(b) {
		return nil
	}
	return &answers.Patch{EndpointPolicy: map[string]string{j.endpoint.code: j.word}}
}

// fix returns the given fix, or what to do if the plan cannot fix the policy.
func (j policyResult) fix(b *builder, fix string) string {
	switch {
	case j.endpoint.owned:
		return "An AWS service manages this endpoint. Change its policy there, or use another endpoint."
	case !j.extends(b):
		return "Change the policy yourself. The plan only adds statements, and that is not enough here: a Deny overrides every Allow."
	}
	return fix
}

// texts returns the actions and resources of lacks.
func texts(lacks []policy.Lack) []string {
	var out []string
	for _, l := range lacks {
		out = append(out, l.String())
	}
	return out
}

// because returns a sentence with what decided the lacks; empty if no statement is about them.
func because(lacks []policy.Lack) string {
	var out []string
	for _, l := range lacks {
		if l.Because != "" && !slices.Contains(out, l.Because) {
			out = append(out, l.Because)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " Reason: " + words.UpTo(out, 3) + "."
}

var _ = matchAt(120, (*builder).notePolicies)

// notePolicies adds to the changes of kept endpoints what their policies mean, so that no endpoint
// with a policy that denies or cannot be decided is described as fit.
func (b *builder) notePolicies() {
	for _, e := range b.endpoints {
		c := b.p.Change(e.id)
		if c == nil || c.Op != resource.Keep || e.env != nil {
			continue
		}
		switch j := b.judgePolicy(e, b.grantsOf(e)); {
		case len(j.denied) > 0:
			c.Summary += ", but its policy does not allow what the workload does"
		case len(j.undecided) > 0:
			c.Summary += ", but the wizard cannot decide whether its policy allows what the workload does"
		}
	}
}

// grantsOf returns what the workload does through an endpoint.
func (b *builder) grantsOf(e *endpoint) []policy.Grant {
	facts := b.policyFacts()
	if b.Workload.ServiceCalls {
		if b.onlyForSessions(e.code) {
			return nil // bastionPolicies judges it
		}
		return policy.EnvironmentGrants(e.code, facts)
	}
	if grants := policy.Grants(e.code, facts); len(grants) > 0 || e.chosen {
		return grants // a user that chooses a policy for unknown calls knows these calls
	}
	return policy.AnyCall(e.code)
}

func (b *builder) whose(e *endpoint) string {
	if e.existing != nil {
		return e.existing.ID
	}
	return e.service
}

// roles returns the roles of the workload that rules read: those that pull images, and those that create
// log groups.
func (s *scope) roles() []string {
	out := s.executionRoles()
	for _, l := range s.loggers() {
		if l.CreatesGroup() && l.role != "" {
			out = append(out, l.role)
		}
	}
	return workload.Unique(out)
}

// executionRoles returns the execution roles of containers with images from Amazon ECR.
func (s *scope) executionRoles() []string {
	var out []string
	for _, e := range s.Airflows {
		if e.ExecutionRole != "" {
			out = append(out, e.ExecutionRole)
		}
	}
	for _, d := range s.Definitions {
		if s.planned(d) { // its role may not exist yet
			continue
		}
		pulls := s.first != nil || slices.ContainsFunc(d.Containers, func(c inventory.Container) bool { return parseImage(c.Image).region != "" })
		if d.ExecutionRole != "" && pulls && !slices.Contains(out, d.ExecutionRole) {
			out = append(out, d.ExecutionRole)
		}
	}
	return out
}
