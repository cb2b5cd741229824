package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
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
	if !policy.Full(x.Policy) {
		e.policy = x.Policy
	}
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

func checkPolicySupport(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if svc := b.Inv.Service(e.service, e.typ); e.chosen && svc != nil && !svc.PolicySupported {
			out = append(out, Finding{Severity: Error, Resource: e.service, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("%s does not support endpoint policies.", e.service),
				Fix:     "Remove endpoint_policy." + e.code + " from the answers file."})
		}
	}
	return out
}

// checkPolicyShape checks the policies that the plan sets, and reports policies of the answers that
// it does not set.
func checkPolicyShape(b *builder) []Finding {
	var out []Finding
	for _, word := range b.Ans.EndpointPolicy.Files() {
		if _, read := b.files.Policies[word]; !read {
			out = append(out, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: word, Message: "The policy file " + word + " was not read.", Fix: "Plan with the answers file that references it."})
		}
	}
	out = append(out, b.refused...)
	for _, e := range b.kept {
		out = append(out, Finding{Rule: "G-POLADD", Severity: Warn, Resource: e.existing.ID, Changes: []resource.ID{e.id},
			Message: fmt.Sprintf("Endpoint %s for %s allows everything. To restrict an existing endpoint could block others, so it stays unchanged.", inventory.Label(e.existing.Name, e.existing.ID), e.code),
			Fix:     "Remove endpoint_policy." + e.code + " from the answers file, or change that policy yourself."})
	}
	for _, e := range b.endpoints {
		if !e.chosen {
			continue
		}
		doc, err := policy.Parse(e.policy)
		if err != nil {
			out = append(out, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: e.service, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("The policy for %s cannot be used: %v.", e.code, err), Fix: "Correct the file."})
			continue
		}
		for _, p := range doc.Problems(e.code, e.typ == catalog.Gateway) {
			f := Finding{Rule: p.Rule, Severity: Error, Resource: e.service, Changes: []resource.ID{e.id}, Message: fmt.Sprintf("The policy for %s: %s", e.code, p.Message), Fix: p.Fix}
			if p.Rule == "G-POLMAX" {
				f.Severity = Block
			}
			out = append(out, f)
		}
	}
	return append(append(out, b.policyAgents()...), b.policyOthers()...)
}

// policyOthers reports other clients in the VPC that private DNS sends to a policy without their
// permissions.
func (b *builder) policyOthers() []Finding {
	var codes []string
	var rows []resource.ID
	for _, e := range b.interfaces() {
		wakes := e.dns && (e.existing == nil || !e.existing.PrivateDNS || b.activatesDNS())
		if wakes && e.policy != "" && !policy.Full(e.policy) && len(b.others) > 0 {
			codes, rows = append(codes, e.code), append(rows, e.id)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	return []Finding{{Rule: "G-SHUTOUT", Severity: Warn, Resource: b.vpc.ID, Changes: rows,
		Message: fmt.Sprintf("Private DNS sends the whole VPC to endpoints with policies that do not allow everything: %s. AWS may deny what %s of other clients do there: %s.", strings.Join(codes, ", "), words.Count(len(b.others), "network interface"), some(b.others)),
		Fix:     "Choose Full access on the screen Endpoint policy (answers file: endpoint_policy: full), or allow what the other clients do."}}
}

// policyAgents reports policies of the three ECS endpoints that block agents, or that cannot be
// decided.
func (b *builder) policyAgents() []Finding {
	facts := b.policyFacts()
	severity := Warn
	if facts.Instances {
		severity = Block
	}
	facts.Instances, facts.Callers, facts.ServiceConnect = true, false, false
	var out []Finding
	for _, e := range b.endpoints {
		if !slices.Contains(catalog.ECSEndpoints, e.code) {
			continue
		}
		j := b.judgePolicy(e, policy.Grants(e.code, facts))
		if len(j.denied) > 0 {
			out = append(out, Finding{Rule: "G-POLAGENT", Severity: severity, Resource: b.whose(e), Changes: []resource.ID{e.id}, Patch: j.patch(b),
				Message: fmt.Sprintf("The policy of the %s endpoint does not allow ECS agents what they need: %s. Container instances would lose their connection.%s", e.code, words.UpTo(texts(j.denied), 4), because(j.denied)),
				Fix:     j.fix(b, "Add those actions to the policy, or set endpoint_policy."+e.code+" to full or least-privilege in the answers file. If f is offered, it does this on the screen.")})
		}
		out = append(out, b.undecided(j, "G-POLAGENT", "what ECS agents need")...)
	}
	return out
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

// misshapen reports whether the policy that the plan sets does not have the structure of a policy.
func (b *builder) misshapen(e *endpoint) bool {
	doc, err := policy.Parse(e.policy)
	return err != nil || slices.ContainsFunc(doc.Problems(e.code, e.typ == catalog.Gateway), func(p policy.Problem) bool { return p.Rule == "G-POLSHAPE" || p.Rule == "G-POLPRIN" })
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

// undecided returns the finding for calls that the policy may allow or not. They never count as
// allowed.
func (b *builder) undecided(j policyResult, rule, what string) []Finding {
	if len(j.undecided) == 0 {
		return nil
	}
	e := j.endpoint
	return []Finding{{Rule: rule, Severity: Warn, Resource: b.whose(e), Changes: []resource.ID{e.id}, Patch: j.patch(b),
		Message: fmt.Sprintf("The wizard cannot decide whether the policy of the %s endpoint allows %s: %s.%s", e.code, what, byResource(texts(j.undecided)), because(j.undecided)),
		Fix:     j.fix(b, fmt.Sprintf("Check these statements against the calls of the workload. Or choose %s for %s under endpoint_policy: the plan then adds statements that certainly allow them, and shows the policy before and after.", j.word, e.code))}}
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

func checkPolicyAllows(b *builder) []Finding {
	if b.Workload.ServiceCalls {
		return nil // W-POLICY reports these
	}
	facts := b.policyFacts()
	var out []Finding
	for _, e := range b.endpoints {
		if slices.Contains(catalog.ECSEndpoints, e.code) && (!facts.ServiceConnect || facts.Instances) || e.typ == catalog.Gateway && e.code == "s3" {
			continue // G-POLAGENT and E-S3POL report these
		}
		j := b.judgePolicy(e, b.grantsOf(e))
		if len(j.denied) > 0 {
			out = append(out, b.narrow(j, fmt.Sprintf("The policy of the %s endpoint does not allow what this workload does: %s.%s", e.code, words.UpTo(texts(j.denied), 4), because(j.denied))))
		}
		out = append(out, b.undecided(j, "", "what this workload does")...)
	}
	return out
}

// narrow returns the finding for a policy that allows too little for the workload.
func (b *builder) narrow(j policyResult, message string) Finding {
	e := j.endpoint
	f := Finding{Severity: Warn, Resource: b.whose(e), Changes: []resource.ID{e.id}, Patch: j.patch(b), Message: message,
		Fix: j.fix(b, fmt.Sprintf("Press f on the review screen (answers file: set endpoint_policy.%s to %s). The plan then adds what is missing and shows the policy before and after.", e.code, j.word))}
	if b.carries(e) || slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Code == e.code && w.Required }) {
		f.Severity = Error
	}
	return f
}

// carries reports whether the workload certainly uses an endpoint, also where it has internet access:
// private DNS and the route of a gateway endpoint leave no other path to the service.
func (b *builder) carries(e *endpoint) bool { return e.typ == catalog.Gateway || e.dns }

// checkS3Policy checks the policies of S3 gateway endpoints. The bucket of Amazon ECR's layers and
// the public buckets of the ECS agent, Amazon Linux and Systems Manager belong to accounts of AWS, so
// a condition on the customer's account or organization denies them (IAM user guide,
// aws:ResourceOrgID; aws-samples/data-perimeter-policy-examples, service-owned resources).
func checkS3Policy(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway || e.code != "s3" || b.Workload.ServiceCalls {
			continue
		}
		j := b.judgePolicy(e, b.grantsOf(e))
		if len(j.denied) > 0 {
			out = append(out, b.narrow(j, fmt.Sprintf("The policy of the S3 gateway endpoint does not allow what this workload downloads, including image layers of Amazon ECR: %s.%s", words.UpTo(texts(j.denied), 4), because(j.denied))))
		}
		out = append(out, b.undecided(j, "", "what this workload downloads")...)
		public := slices.DeleteFunc(slices.Clone(j.optional), func(l policy.Lack) bool { return !l.AWSOwned || l.Unsure || l.Because == "" })
		if len(public) > 0 {
			out = append(out, Finding{Severity: Warn, Resource: b.whose(e), Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("The policy of the S3 gateway endpoint denies downloads of the instances from public buckets of AWS: %s.%s", words.UpTo(texts(public), 4), because(public)),
				Fix:     "If the instances use them, allow s3:GetObject on these buckets without that condition."})
		}
	}
	return out
}

// checkRoleConditions checks the endpoint conditions that execution roles put on pulls from Amazon
// ECR.
func checkRoleConditions(b *builder) []Finding {
	var out []Finding
	for _, arn := range b.executionRoles() {
		role := b.Inv.Role(arn)
		if role == nil {
			continue
		}
		found := len(out)
		for _, c := range policy.ECRConditions(role.Documents()...) {
			out = append(out, b.judgeCondition(role, role.Policies[c.Document].Name, c)...)
		}
		if len(out) == found {
			out = append(out, b.judgePulls(role)...)
		}
	}
	return out
}

// named returns the policies of a role with their names.
func named(role *inventory.Role) []policy.RolePolicy {
	var out []policy.RolePolicy
	for _, p := range role.Policies {
		out = append(out, policy.RolePolicy{Name: p.Name, Document: p.Document})
	}
	return out
}

// judgePulls reports execution roles with conditions or statements that deny pulls from Amazon ECR,
// or that leave them undecided. Permissions that no statement is about are not reported: a repository
// policy may grant them.
func (b *builder) judgePulls(role *inventory.Role) []Finding {
	facts := b.policyFacts()
	facts.MWAA, facts.Repositories = false, nil
	for _, d := range b.Definitions {
		for _, c := range d.Containers {
			if img := parseImage(c.Image); d.ExecutionRole == role.ARN && img.region == b.Ans.Region {
				facts.Repositories = append(facts.Repositories, img.repository(facts.Partition))
			}
		}
	}
	if len(facts.Repositories) == 0 {
		return nil
	}
	caller := policy.Caller{Account: b.Inv.Account, Region: b.Ans.Region, Roles: []string{role.ARN}}
	for _, e := range b.ecrEndpoints() {
		caller.ThroughEndpoint, caller.VPC = true, b.Ans.VPC
		if caller.Endpoint = ""; e.existing != nil {
			caller.Endpoint = e.existing.ID
		}
	}
	var denied, undecided []policy.Lack
	for _, l := range policy.RoleLacks(policy.Grants("ecr.api", facts), caller, named(role)...) {
		l.Role = ""
		switch {
		case l.Unsure:
			undecided = append(undecided, l)
		case l.Because != "":
			denied = append(denied, l)
		}
	}
	var out []Finding
	if len(denied) > 0 {
		out = append(out, Finding{Severity: Error, Resource: role.ARN, Message: fmt.Sprintf("Policies of execution role %s deny pulls from Amazon ECR: %s.%s", role.Name, byResource(texts(denied)), because(denied)),
			Fix: "Change these statements of the role."})
	}
	if len(undecided) > 0 {
		out = append(out, Finding{Severity: Warn, Resource: role.ARN, Message: fmt.Sprintf("The wizard cannot decide whether execution role %s allows pulls from Amazon ECR: %s.%s", role.Name, byResource(texts(undecided)), because(undecided)),
			Fix: "Check these statements of the role against pulls through the endpoints."})
	}
	return out
}

func (b *builder) judgeCondition(role *inventory.Role, name string, c policy.Condition) []Finding {
	var out []Finding
	f := Finding{Severity: Error, Resource: role.ARN}
	at := fmt.Sprintf("Policy %s of execution role %s", name, role.Name)
	if slices.Contains(c.Actions, "ecr:GetAuthorizationToken") {
		f.Message = at + " puts a condition (" + c.Key + ") on ecr:GetAuthorizationToken, which does not support it: AWS denies the login to Amazon ECR."
		f.Fix = "Put the condition on ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer and ecr:BatchGetImage only."
		out = append(out, f)
	}
	var want []string
	if strings.EqualFold(c.Key, "aws:SourceVpc") {
		want = []string{b.Ans.VPC}
	} else {
		for _, e := range b.ecrEndpoints() {
			if e.existing != nil {
				want = append(want, e.existing.ID)
			} else {
				want = append(want, "the id of the new "+e.code+" endpoint")
			}
		}
	}
	missing := slices.DeleteFunc(want, func(v string) bool { return c.Allows(v) })
	if len(missing) > 0 {
		f.Message = fmt.Sprintf("%s allows pulls from Amazon ECR only if %s is %s. The condition lacks %s, so AWS denies pulls through the endpoints.", at, c.Key, strings.Join(c.Values, " or "), strings.Join(missing, " and "))
		f.Fix = "Add the missing values to the condition. The ids of new endpoints are known after they are created."
		out = append(out, f)
	}
	return out
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
		pulls := slices.ContainsFunc(d.Containers, func(c inventory.Container) bool { return parseImage(c.Image).region != "" })
		if d.ExecutionRole != "" && pulls && !slices.Contains(out, d.ExecutionRole) {
			out = append(out, d.ExecutionRole)
		}
	}
	return out
}
