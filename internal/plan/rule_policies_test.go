package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// The policies of existing endpoints, and what each means for every workload.
var existingPolicies = map[string]struct{ document, means string }{
	"none":           {"", "allowed"},
	"full access":    {policy.Default, "allowed"},
	"other calls":    {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"example:Call","Resource":"*"}]}`, "denied"},
	"a Deny":         {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`, "denied"},
	"a condition":    {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}]}`, "undecided"},
	"a new operator": {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringSounds":{"aws:SourceVpc":"x"}}}]}`, "undecided"},
	"not a policy":   {`{"Statement":`, "undecided"},
}

// meaning returns what the findings of a rule and the change say about the policy of an endpoint.
func meaning(t *testing.T, p *plan.Plan, id resource.ID, rules ...string) string {
	t.Helper()
	said := "allowed"
	for _, f := range p.Findings {
		if !slices.Contains(f.Changes, id) || !slices.Contains(rules, f.Rule) {
			continue
		}
		switch undecided := strings.Contains(f.Message, "cannot decide whether"); {
		case undecided && f.Severity != plan.Warn:
			t.Errorf("%s is undecided with severity %s", id, f.Severity)
		case undecided:
			said = "undecided"
		default:
			return "denied"
		}
	}
	return said
}

// reused returns the plan for an account that has all endpoints already, each with this policy.
func reused(t *testing.T, change func(*plantest.World), document string) (*plan.Plan, []resource.ID) {
	t.Helper()
	w := plantest.New()
	change(w)
	planned := w.Plan()
	w.Group(plantest.Wide())
	var ids []resource.ID
	for _, c := range planned.Changes {
		code, ok := strings.CutPrefix(string(c.ID), "endpoint/")
		if !ok || c.Op != resource.Create {
			continue
		}
		e := plantest.Ready(code)
		if _, gateway := c.Spec.(resource.GatewayEndpoint); gateway {
			e = inventory.Endpoint{ID: "vpce-" + code, Type: "Gateway", Service: e.Service, State: "available", RouteTables: []string{"rtb-app"}}
		}
		e.Policy = document
		w.Endpoint(e)
		ids = append(ids, c.ID)
	}
	if len(ids) == 0 {
		t.Fatal("no endpoints")
	}
	return w.Plan(), ids
}

// The policy of every endpoint that a workload uses is judged: it is allowed, denied or undecided, and
// only an allowed one leaves the endpoint without a finding and its summary without a remark.
func TestEveryEndpointPolicyIsJudged(t *testing.T) {
	airflow := []string{"secretsmanager", "ssm-parameters", "workload-api"}
	for name, c := range map[string]struct {
		change func(*plantest.World)
		rules  []string
		least  int // number of endpoints
	}{
		"Amazon ECS on Fargate": {func(w *plantest.World) { w.Ans.Extra = []string{"sts", "elasticfilesystem", "batch"} }, []string{"G-POLADD", "E-S3POL", "G-POLAGENT"}, 6},
		"Amazon ECS on EC2":     {plantest.OnEC2, []string{"G-POLADD", "E-S3POL", "G-POLAGENT"}, 7},
		"AWS Batch":             {plantest.Batch, []string{"G-POLADD", "E-S3POL", "G-POLAGENT"}, 4},
		"Amazon MWAA": {func(w *plantest.World) {
			plantest.Airflow(w)
			service := *w.EndpointService("airflow.env")
			service.Name = strings.Replace(service.Name, ".env", ".ops", 1)
			w.Inv.Services = append(w.Inv.Services, service)
			w.Ans.Needs, w.Ans.Airflow.Endpoints, w.Ans.Extra = &airflow, answers.Endpoints2023, []string{"sts"}
		}, []string{"W-POLICY"}, 13},
	} {
		for policyName, x := range existingPolicies {
			t.Run(name+", "+policyName, func(t *testing.T) {
				p, ids := reused(t, c.change, x.document)
				if len(ids) < c.least {
					t.Errorf("only %v", ids)
				}
				for _, id := range ids {
					if said := meaning(t, p, id, c.rules...); said != x.means {
						t.Errorf("%s: %s", id, said)
					}
					summary := p.Change(id).Summary
					remark := map[string]string{"denied": "its policy does not allow", "undecided": "cannot decide whether its policy"}[x.means]
					if !strings.Contains(summary, remark) || remark == "" && strings.Contains(summary, "policy") {
						t.Errorf("%s: %s", id, summary)
					}
				}
			})
		}
	}
}

// The plan only adds statements, so it offers no patch if a Deny decides.
func TestNoPatchAgainstADeny(t *testing.T) {
	for name, x := range existingPolicies {
		p, _ := reused(t, func(*plantest.World) {}, x.document)
		for _, f := range p.Findings {
			if f.Rule != "G-POLADD" && f.Rule != "E-S3POL" {
				continue
			}
			helps := !strings.Contains(x.document, "Deny") && name != "not a policy"
			if helps != (f.Patch != nil) || helps == strings.Contains(f.Fix, "a Deny overrides") {
				t.Errorf("%s: patch %+v, fix %q", name, f.Patch, f.Fix)
			}
		}
	}
}

// TestLeastPrivilegeByHosts tests that the families of the container instances reach the policies: those
// of Bottlerocket pull images of AWS.
func TestLeastPrivilegeByHosts(t *testing.T) {
	for ami, want := range map[string]bool{"bottlerocket-aws-ecs-2-x86_64-v1.32.0-cacc4ce9": true, "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64": false, "own-image": true} {
		w := plantest.New()
		managed(w)
		w.Ans.EndpointPolicy.Default = answers.PolicyLeast
		for i := range w.Inv.Hosts {
			w.Inv.Hosts[i].AMIName, w.Inv.Hosts[i].PlatformName, w.Inv.Hosts[i].PlatformVersion = ami, "", ""
		}
		doc := fmt.Sprint(resource.Properties(w.Plan().Change("endpoint/ecr.dkr").Spec)["policy_document"])
		if !strings.Contains(doc, "ecr:BatchGetImage") || strings.Contains(doc, "repository/bottlerocket-control") != want {
			t.Errorf("%s: %s", ami, doc)
		}
	}
}
