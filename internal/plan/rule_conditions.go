package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

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
