package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
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
	f := policy.Facts{Partition: b.partition(), Region: b.ans.Region, Account: b.inv.Account, MWAA: b.ans.Workload.MWAA()}
	looked, others := b.clusters()
	f.Instances = b.ans.Workload.EC2() || len(looked)+len(others) > 0
	add := func(to *[]string, ref string) {
		if ref != "" && !slices.Contains(*to, ref) {
			*to = append(*to, ref)
		}
	}
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			if img := parseImage(c.Image); img.region == b.ans.Region {
				add(&f.Repositories, img.repository(f.Partition))
			}
			for _, ref := range c.Secrets {
				if secretKind(ref) == "secretsmanager" {
					add(&f.Secrets, ref)
				} else {
					add(&f.Parameters, ref)
				}
			}
			add(&f.Secrets, c.Credentials)
			if b.ans.Workload.Batch() && c.LogGroup == "" && (c.LogDriver == "" || c.LogDriver == "awslogs") {
				add(&f.LogGroups, "/aws/batch/job") // the log group of AWS Batch by default
			}
			add(&f.LogGroups, c.LogGroup)
			for _, file := range c.EnvFiles {
				add(&f.Objects, file)
			}
		}
	}
	for _, e := range b.airflows {
		add(&f.Buckets, e.Bucket)
		add(&f.Keys, e.KMSKey)
		for _, g := range e.LogGroups {
			add(&f.LogGroups, strings.TrimSuffix(g, ":*"))
		}
	}
	if b.registry != nil {
		add(&f.Secrets, strings.TrimSuffix(b.registry.arn, "-??????"))
	}
	f.RunCommand = b.ans.Workload.EC2() && b.ans.Agent.RunsCommands()
	f.Callers = b.ans.Needs != nil && slices.Contains(*b.ans.Needs, "workload-api")
	for _, svc := range b.services {
		f.ServiceConnect = f.ServiceConnect || svc.ServiceConnect
		if c := b.clusterOf(svc); c != nil {
			add(&f.Keys, c.ExecKMSKey)
		}
	}
	if b.halfRead() { // unknown workloads must not be blocked
		f.Repositories, f.Secrets, f.Parameters, f.LogGroups, f.Objects, f.Keys = nil, nil, nil, nil, nil, nil
	}
	return f
}

// halfRead reports whether a denied or unfinished read hides running workloads.
func (b *builder) halfRead() bool {
	return slices.ContainsFunc(b.inv.Gaps, func(g inventory.Gap) bool { return slices.Contains(b.workloadGaps(), g.Call) })
}

// repository returns the ARN of the repository of an Amazon ECR image.
func (i image) repository(partition string) string {
	_, path, _ := strings.Cut(i.ref, "/")
	path, _, _ = strings.Cut(path, "@")
	if at := strings.LastIndexByte(path, ':'); at >= 0 {
		path = path[:at]
	}
	return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", partition, i.region, i.account, path)
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
	return policy.Mark(b.ans.PolicyFiles[word]), "Its policy comes from " + word + "."
}

// newPolicy returns the policy of a new endpoint. A service without policy support gets none, unless
// the answers set one.
func (b *builder) newPolicy(e *endpoint) (note string) {
	_, named := b.ans.EndpointPolicy.ByService[e.code]
	e.policy, note = b.document(e.code, b.ans.EndpointPolicy.For(e.code))
	e.chosen = e.policy != ""
	if svc := b.inv.Service(e.service, e.typ); e.chosen && !named && svc != nil && !svc.PolicySupported {
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
func (b *builder) addPolicy(e *endpoint, change *EndpointChange, before map[string]any) (what, why string) {
	x := e.existing
	if !policy.Full(x.Policy) {
		e.policy = x.Policy
	}
	word, named := b.ans.EndpointPolicy.ByService[e.code]
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
		b.refused = append(b.refused, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: x.ID, Changes: []ID{e.id},
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
		if svc := b.inv.Service(e.service, e.typ); e.chosen && svc != nil && !svc.PolicySupported {
			out = append(out, Finding{Severity: Error, Resource: e.service, Changes: []ID{e.id},
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
	for _, word := range b.ans.EndpointPolicy.Files() {
		if _, read := b.ans.PolicyFiles[word]; !read {
			out = append(out, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: word, Message: "The policy file " + word + " was not read.", Fix: "Plan with the answers file that references it."})
		}
	}
	out = append(out, b.refused...)
	for _, e := range b.kept {
		out = append(out, Finding{Rule: "G-POLADD", Severity: Warn, Resource: e.existing.ID, Changes: []ID{e.id},
			Message: fmt.Sprintf("Endpoint %s for %s allows everything. To restrict an existing endpoint could block others, so it stays unchanged.", inventory.Label(e.existing.Name, e.existing.ID), e.code),
			Fix:     "Remove endpoint_policy." + e.code + " from the answers file, or change that policy yourself."})
	}
	for _, e := range b.endpoints {
		if !e.chosen {
			continue
		}
		doc, err := policy.Parse(e.policy)
		if err != nil {
			out = append(out, Finding{Rule: "G-POLSHAPE", Severity: Error, Resource: e.service, Changes: []ID{e.id},
				Message: fmt.Sprintf("The policy for %s cannot be used: %v.", e.code, err), Fix: "Correct the file."})
			continue
		}
		for _, p := range doc.Problems(e.code, e.typ == catalog.Gateway) {
			f := Finding{Rule: p.Rule, Severity: Error, Resource: e.service, Changes: []ID{e.id}, Message: fmt.Sprintf("The policy for %s: %s", e.code, p.Message), Fix: p.Fix}
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
	var rows []ID
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
		Message: fmt.Sprintf("Private DNS sends the whole VPC to endpoints with policies that do not allow everything: %s. AWS may deny what %s of other clients do there: %s.", strings.Join(codes, ", "), count(len(b.others), "network interface"), some(b.others)),
		Fix:     "Choose Full access on the screen Endpoint policy (answers file: endpoint_policy: full), or allow what the other clients do."}}
}

// policyAgents reports policies of the three ECS endpoints that block agents.
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
		if lacks := b.lacks(e, facts); len(lacks) > 0 {
			out = append(out, Finding{Rule: "G-POLAGENT", Severity: severity, Resource: b.whose(e), Changes: []ID{e.id}, Patch: b.widen(e),
				Message: fmt.Sprintf("The policy of the %s endpoint does not allow ECS agents what they need: %s. Container instances would lose their connection.", e.code, upTo(lacks, 4)),
				Fix:     "Add those actions to the policy, or set endpoint_policy." + e.code + " to full or least-privilege in the answers file. If f is offered, it does this on the screen."})
		}
	}
	return out
}

// lacks returns the actions of the workload that an endpoint's policy certainly does not allow.
func (b *builder) lacks(e *endpoint, facts policy.Facts) []string {
	return b.lacksOf(e, policy.Grants(e.code, facts))
}

// lacksOf does the same for a list of grants.
func (b *builder) lacksOf(e *endpoint, grants []policy.Grant) []string {
	if e.policy == "" {
		return nil
	}
	doc, err := policy.Parse(e.policy)
	if err != nil {
		return nil // G-POLSHAPE reports it
	}
	caller := policy.Caller{Account: b.inv.Account, VPC: b.ans.VPC}
	if e.existing != nil {
		caller.Endpoint = e.existing.ID
	}
	var out []string
	for _, l := range doc.Lacks(grants, caller) {
		if !l.Unsure && !l.Optional {
			out = append(out, l.String())
		}
	}
	return out
}

func (b *builder) whose(e *endpoint) string {
	if e.existing != nil {
		return e.existing.ID
	}
	return e.service
}

// widen returns the patch for a policy that allows too little.
func (b *builder) widen(e *endpoint) *answers.Patch {
	if e.owned {
		return nil
	}
	return &answers.Patch{EndpointPolicy: map[string]string{e.code: answers.PolicyLeast}}
}

func checkPolicyAllows(b *builder) []Finding {
	facts := b.policyFacts()
	var out []Finding
	for _, e := range b.endpoints {
		if slices.Contains(catalog.ECSEndpoints, e.code) && !facts.ServiceConnect || e.typ == catalog.Gateway && e.code == "s3" {
			continue // G-POLAGENT and E-S3POL report these
		}
		lacks := b.lacks(e, facts)
		if len(lacks) == 0 || slices.Contains(catalog.ECSEndpoints, e.code) && facts.Instances {
			continue
		}
		out = append(out, b.narrow(e, fmt.Sprintf("The policy of the %s endpoint does not allow what this workload does: %s.", e.code, upTo(lacks, 4))))
	}
	return out
}

// narrow returns the finding for a policy that allows too little for the workload.
func (b *builder) narrow(e *endpoint, message string) Finding {
	f := Finding{Severity: Warn, Resource: b.whose(e), Changes: []ID{e.id}, Patch: b.widen(e), Message: message,
		Fix: fmt.Sprintf("Press f on the review screen (answers file: set endpoint_policy.%s to least-privilege). The plan then adds what is missing and shows the policy before and after.", e.code)}
	if slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Code == e.code && w.Required }) {
		f.Severity = Error
	}
	return f
}

func checkS3Policy(b *builder) []Finding {
	facts := b.policyFacts()
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway || e.code != "s3" {
			continue
		}
		lacks := b.lacks(e, facts)
		if len(lacks) == 0 {
			continue
		}
		out = append(out, b.narrow(e, fmt.Sprintf("The policy of the S3 gateway endpoint does not allow what this workload downloads, including image layers of Amazon ECR: %s.", upTo(lacks, 4))))
	}
	return out
}

// checkRoleConditions checks the endpoint conditions that execution roles put on pulls from Amazon
// ECR.
func checkRoleConditions(b *builder) []Finding {
	var out []Finding
	for _, arn := range b.executionRoles() {
		role := b.inv.Role(arn)
		if role == nil {
			continue
		}
		for _, c := range policy.ECRConditions(role.Documents()...) {
			out = append(out, b.judgeCondition(role, role.Policies[c.Document].Name, c)...)
		}
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
		want = []string{b.ans.VPC}
	} else {
		for _, code := range []string{"ecr.api", "ecr.dkr"} {
			if e := b.endpoint(ID("endpoint/" + code)); e != nil && e.existing != nil {
				want = append(want, e.existing.ID)
			} else if e != nil {
				want = append(want, "the id of the new "+code+" endpoint")
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

// executionRoles returns the execution roles of containers with images from Amazon ECR.
func (s *scope) executionRoles() []string {
	var out []string
	for _, e := range s.airflows {
		if e.ExecutionRole != "" {
			out = append(out, e.ExecutionRole)
		}
	}
	for _, d := range s.definitions() {
		pulls := slices.ContainsFunc(d.Containers, func(c inventory.Container) bool { return parseImage(c.Image).region != "" })
		if d.ExecutionRole != "" && pulls && !slices.Contains(out, d.ExecutionRole) {
			out = append(out, d.ExecutionRole)
		}
	}
	return out
}
