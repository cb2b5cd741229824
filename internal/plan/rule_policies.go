package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

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

// misshapen reports whether the policy that the plan sets does not have the structure of a policy.
func (b *builder) misshapen(e *endpoint) bool {
	doc, err := policy.Parse(e.policy)
	return err != nil || slices.ContainsFunc(doc.Problems(e.code, e.typ == catalog.Gateway), func(p policy.Problem) bool { return p.Rule == "G-POLSHAPE" || p.Rule == "G-POLPRIN" })
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

// undecided returns the finding for calls that the policy may allow or not. They never count as
// allowed.
func (b *builder) undecided(j policyResult, rule, what string) []Finding {
	if len(j.undecided) == 0 {
		return nil
	}
	e := j.endpoint
	return []Finding{{Rule: rule, Severity: Warn, Undecided: true, Resource: b.whose(e), Changes: []resource.ID{e.id}, Patch: j.patch(b),
		Message: fmt.Sprintf("The wizard cannot decide whether the policy of the %s endpoint allows %s: %s.%s", e.code, what, byResource(texts(j.undecided)), because(j.undecided)),
		Fix:     j.fix(b, fmt.Sprintf("Check these statements against the calls of the workload. Or choose %s for %s under endpoint_policy: the plan then adds statements that certainly allow them, and shows the policy before and after.", j.word, e.code))}}
}

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
