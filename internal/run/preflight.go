package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Permissions is the id in the events of the check of permissions, which belongs to no change.
const Permissions resource.ID = "permissions"

// Missing is a permission that the caller does not have.
type Missing struct {
	Permission string        `json:"permission"` // the IAM action
	Changes    []resource.ID `json:"actions"`    // the changes that need it
}

// getPermissions is the next step if permissions are missing, with the list of them.
const getPermissions = "You do not have these permissions: %s. Nothing was changed. `wizard plan --iam-policy` with the same answers prints the policy with all permissions, for the administrator of the account."

// verdicts on a permission. The zero value is that nothing is known.
const (
	undecided = iota
	allowed
	denied
)

// need is an IAM action that the changes of a plan need.
type need struct {
	action  string
	changes []resource.ID
	calls   []resource.Call // the calls of the operation with this name
	verdict int
}

// needsOf returns what the changes of a plan need. Actions that AWS checks only in some accounts are not included, because
// the run may succeed without them.
func needsOf(p *plan.Plan) []*need {
	var out []*need
	for _, a := range p.Changes {
		for _, c := range a.Steps().Writes() {
			for i, permission := range c.Permissions() {
				if permission.Sometimes || resource.Reads(c.Op) {
					continue
				}
				at := slices.IndexFunc(out, func(n *need) bool { return n.action == permission.Action })
				if at < 0 {
					at, out = len(out), append(out, &need{action: permission.Action})
				}
				n := out[at]
				if !slices.Contains(n.changes, a.ID) {
					n.changes = append(n.changes, a.ID)
				}
				if i == 0 {
					n.calls = append(n.calls, c)
				}
			}
		}
	}
	return out
}

// preflight tries each permission that the changes need, before anything is written, and returns those that are missing. It
// makes no call if nothing will be written.
func (r *runner) preflight(ctx context.Context) []Missing {
	needs := needsOf(r.plan)
	if !r.Preflight || len(needs) == 0 || r.stopped(ctx) {
		return nil
	}
	r.emit(Permissions, Started, "Check permissions")
	r.simulate(ctx, needs)
	for _, n := range needs {
		if n.verdict == undecided && !r.stopped(ctx) {
			n.verdict = r.dryRun(ctx, n)
		}
	}
	var out []Missing
	var unknown []string
	for _, n := range needs {
		switch n.verdict {
		case undecided:
			unknown = append(unknown, n.action)
		case denied:
			out = append(out, Missing{n.action, n.changes})
		}
	}
	if len(unknown) > 0 && !r.stopped(ctx) {
		text := fmt.Sprintf("%d operations are allowed", len(unknown))
		if len(unknown) == 1 {
			text = "1 operation is allowed"
		}
		r.emit(Permissions, Unproven, "Not known whether %s: %s", text, strings.Join(unknown, ", "))
	}
	return out
}

// refuse ends all changes, because permissions are missing.
func (r *runner) refuse(missing []Missing) Summary {
	s := Summary{State: summary, IDs: r.ids, Proof: ProofUnproven, Missing: missing}
	lacks := map[resource.ID][]string{}
	var all []string
	for _, m := range missing {
		all = append(all, m.Permission)
		for _, id := range m.Changes {
			lacks[id] = append(lacks[id], m.Permission)
		}
	}
	for _, a := range r.plan.Changes {
		if of := lacks[a.ID]; len(of) > 0 {
			s.Failed++
			r.end(a.ID, Failed, "not started, because you do not have the permission %s", strings.Join(of, ", "))
		} else {
			s.Skipped++
			r.end(a.ID, Skipped, "not started, because permissions for other changes are missing")
		}
	}
	s.Next = []string{fmt.Sprintf(getPermissions, strings.Join(all, ", "))}
	return s
}

// principal returns the ARN of the user or role with the policies of a caller, and the name of the role of temporary
// credentials. Both are empty for the root user and for federated users, because IAM does not simulate them. Source:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func principal(caller string) (arn, role string) {
	parts := strings.SplitN(caller, ":", 6)
	if len(parts) < 6 {
		return "", ""
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch parts[2] + " " + kind {
	case "iam user", "iam role":
		return caller, ""
	case "sts assumed-role":
		role, _, _ = strings.Cut(name, "/")
		return "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + role, role
	}
	return "", ""
}

// simulating is how long the simulation may take. IAM may not be reachable from a private network.
const simulating = 10 * time.Second

// simulate sets the verdicts with the simulation of IAM, as far as that is possible.
func (r *runner) simulate(ctx context.Context, needs []*need) {
	ctx, cancel := r.session.within(ctx, simulating)
	defer cancel()
	text := func(service, op string, in map[string]any, expr string) (string, error) {
		data, err := r.Caller.Call(ctx, service, op, in)
		if err != nil {
			return "", err
		}
		v, err := resource.Query(expr, data)
		return resource.Text(v), err
	}
	caller, err := text("sts", "GetCallerIdentity", map[string]any{}, "Arn")
	if err != nil {
		return
	}
	of, role := principal(caller)
	if of == "" {
		return
	}
	// Global services are called in one Region: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
	regions := map[string][]*need{}
	for _, n := range needs {
		region := r.plan.Region
		if strings.HasPrefix(n.action, "iam:") || strings.HasPrefix(n.action, "route53:") {
			if region = ""; r.plan.Partition == "aws" {
				region = "us-east-1"
			}
		}
		regions[region] = append(regions[region], n)
	}
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		found, err := r.decisions(ctx, of, region, regions[region], nil)
		if codeOf(err) == "NoSuchEntity" && role != "" { // its ARN has a path, which that of the caller lacks
			if of, err = text("iam", "GetRole", map[string]any{"RoleName": role}, "Role.Arn"); err == nil {
				found, err = r.decisions(ctx, of, region, regions[region], nil)
			}
		}
		if err != nil {
			return
		}
		var doubtful []*need
		for _, n := range regions[region] {
			if n.verdict = found[n.action]; n.verdict == denied {
				doubtful = append(doubtful, n)
			}
		}
		if len(doubtful) == 0 {
			continue
		}
		// A policy may allow the action on some resources only. What it allows on a resource of the plan is not missing.
		some, err := r.decisions(ctx, of, region, doubtful, resourcesOf(r.plan))
		for _, n := range doubtful {
			if err != nil || some[n.action] != denied {
				n.verdict = undecided
			}
		}
	}
}

// decisions returns what IAM decides on each action, on all resources or on some. An action is denied if it is denied on each
// of them. A decision that lacks a condition key is none.
func (r *runner) decisions(ctx context.Context, of, region string, needs []*need, resources []any) (map[string]int, error) {
	var actions []any
	for _, n := range needs {
		actions = append(actions, n.action)
	}
	in := map[string]any{"PolicySourceArn": of, "ActionNames": actions}
	if len(resources) > 0 {
		in["ResourceArns"] = resources
	}
	if region != "" {
		in["ContextEntries"] = []any{map[string]any{"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": []any{region}}}
	}
	data, err := r.Caller.Call(ctx, "iam", "SimulatePrincipalPolicy", in)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	var answer struct {
		EvaluationResults []struct {
			EvalActionName, EvalDecision string
			MissingContextValues         []string
			ResourceSpecificResults      []struct {
				EvalResourceDecision string
				MissingContextValues []string
			}
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	out, unsure := map[string]int{}, map[string]bool{}
	for _, e := range answer.EvaluationResults {
		yes, lacks := e.EvalDecision == "allowed", len(e.MissingContextValues) > 0
		for _, of := range e.ResourceSpecificResults {
			yes, lacks = yes || of.EvalResourceDecision == "allowed", lacks || len(of.MissingContextValues) > 0
		}
		switch {
		case yes:
			out[e.EvalActionName] = allowed
		case lacks || e.EvalDecision != "implicitDeny" && e.EvalDecision != "explicitDeny":
			unsure[e.EvalActionName] = true
		case out[e.EvalActionName] == undecided:
			out[e.EvalActionName] = denied
		}
	}
	for action := range unsure {
		if out[action] == denied {
			out[action] = undecided
		}
	}
	return out, nil
}

// dryRun makes a dry run of one call of the operation. AWS limits the rate of CreateVpcEndpoint, which a dry run counts for.
func (r *runner) dryRun(ctx context.Context, n *need) int {
	for _, c := range n.calls {
		in, _, err := c.Bind(r.value, "dry-run")
		if !c.DryRun() || c.Op == "CreateVpcEndpoint" || c.Base != nil || err != nil { // an error: it needs something that does not exist yet
			continue
		}
		in = maps.Clone(in)
		in["DryRun"] = true
		_, err = r.Caller.Call(ctx, c.Service, c.Op, in)
		var d interface{ Denied() bool }
		switch {
		case codeOf(err) == "DryRunOperation":
			return allowed
		case errors.As(err, &d) && d.Denied():
			return denied
		}
		return undecided
	}
	return undecided
}

// named are the ARNs of resources that a request names, by service and field, after the partition. The characters after the name are those that AWS adds.
var named = map[string][]string{
	"iam RoleName":            {"iam::ACCOUNT:role/NAME"},
	"iam InstanceProfileName": {"iam::ACCOUNT:instance-profile/NAME"},
	"secretsmanager Name":     {"secretsmanager:REGION:ACCOUNT:secret:NAME-000000"},
	"secretsmanager SecretId": {"secretsmanager:REGION:ACCOUNT:secret:NAME-000000"},
	"logs logGroupName":       {"logs:REGION:ACCOUNT:log-group:NAME", "logs:REGION:ACCOUNT:log-group:NAME:log-stream:"},
	"mwaa Name":               {"airflow:REGION:ACCOUNT:environment/NAME"},
	"elbv2 Name":              {"elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/0000000000000000", "elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/0000000000000000"},
	"batch jobDefinitionName": {"batch:REGION:ACCOUNT:job-definition/NAME"},
	"batch jobQueueName":      {"batch:REGION:ACCOUNT:job-queue/NAME"},
	"ecs clusterName":         {"ecs:REGION:ACCOUNT:cluster/NAME"},
	"ecs serviceName":         {"ecs:REGION:ACCOUNT:service/NAME/NAME"},
	"ecs family":              {"ecs:REGION:ACCOUNT:task-definition/NAME:1"},

	"batch computeEnvironmentName": {"batch:REGION:ACCOUNT:compute-environment/NAME"},
	"route53 HostedZoneId":         {"route53:::hostedzone/NAME"},
	"ssm DocumentName":             {"ssm:REGION::document/NAME"},
	"acm DomainName":               {"acm:REGION:ACCOUNT:certificate/00000000-0000-0000-0000-000000000000"},
	"acm Certificate":              {"acm:REGION:ACCOUNT:certificate/00000000-0000-0000-0000-000000000000"},
}

// types are the types of resources of Amazon EC2 by the prefix of their ids.
var types = map[string]string{"vpc": "vpc", "subnet": "subnet", "sg": "security-group", "rtb": "route-table", "vpce": "vpc-endpoint", "i": "instance", "cvpn-endpoint": "client-vpn-endpoint"}

// resourcesOf returns ARNs of the resources in the requests of a plan. Those that do not exist yet have invented ids.
func resourcesOf(p *plan.Plan) []any {
	found := map[string]bool{}
	add := func(form, name string) {
		found["arn:"+p.Partition+":"+strings.NewReplacer("REGION", p.Region, "ACCOUNT", p.Account, "NAME", name).Replace(form)] = true
	}
	form := regexp.MustCompile(`^([a-z]+(?:-[a-z]+)?)-[0-9a-f]{8,17}$`)
	ec2 := func(id string) bool {
		m := form.FindStringSubmatch(id)
		if m == nil || types[m[1]] == "" {
			return false
		}
		add("ec2:REGION:ACCOUNT:"+types[m[1]]+"/NAME", id)
		return true
	}
	for prefix := range types {
		ec2(prefix + "-00000000000000000")
	}
	var walk func(service, field string, v any)
	walk = func(service, field string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(service, k, e)
			}
		case []any:
			for _, e := range v {
				walk(service, field, e)
			}
		case resource.Value:
			walk(service, field, v.Lit)
		case string:
			switch {
			case strings.HasPrefix(v, "arn:"):
				found[v] = true
			case v != "" && !ec2(v):
				for _, form := range named[service+" "+field] {
					add(form, v)
				}
			}
		case resource.Blob: // a certificate has no name before it exists
			walk(service, field, v.Input)
		}
	}
	for _, a := range p.Changes {
		walk("", "", a.Existing)
		for _, c := range a.Steps().Writes() {
			walk(c.Service, "", c.In)
			if c.Base != nil {
				walk(c.Base.Service, "", c.Base.In)
			}
		}
	}
	var out []any
	for _, arn := range slices.Sorted(maps.Keys(found)) {
		out = append(out, arn)
	}
	return out
}
