package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestNotCompared: what no plan reads is not a difference, if what it depends on exists. The rest of the change is one.
func TestNotCompared(t *testing.T) {
	secret := resource.Secret{Name: "pull", Version: "w1"}
	restored := secret
	restored.Restore = true
	vpc := resource.Change{ID: "vpc/new", Op: resource.Create, Spec: resource.VPC{Name: "shop"}}
	balancer := func(op resource.Op) resource.Change {
		return resource.Change{ID: "load-balancer/web", Op: op, Spec: resource.LoadBalancer{Name: "web"}}
	}
	record := resource.Change{ID: "record/x", Op: resource.Create, Spec: resource.Record{LoadBalancer: resource.From("load-balancer/web")}}
	job := resource.Definition{Batch: true, Family: "run"}
	like := job
	like.Like = "arn:aws:batch:us-east-1:123456789012:job-definition/run:3"
	for name, tt := range map[string]struct {
		changes     []resource.Change
		notCompared []resource.ID
		result      Result
	}{
		"a value":                        {[]resource.Change{{ID: "secret/registry", Op: resource.Modify, Existing: "arn:s", Spec: secret}}, []resource.ID{"secret/registry"}, InSync},
		"a new secret":                   {[]resource.Change{{ID: "secret/registry", Op: resource.Create, Spec: secret}}, nil, Changes},
		"a deleted secret":               {[]resource.Change{{ID: "secret/registry", Op: resource.Modify, Spec: restored}}, nil, Changes},
		"a kept secret":                  {[]resource.Change{{ID: "secret/registry", Op: resource.Keep, Spec: secret}}, nil, InSync},
		"flow logs":                      {[]resource.Change{{ID: "flow-log/new", Op: resource.Create, Spec: resource.FlowLog{VPC: "vpc-1"}}}, []resource.ID{"flow-log/new"}, InSync},
		"flow logs of a planned VPC":     {[]resource.Change{vpc, {ID: "flow-log/new", Op: resource.Create, Spec: resource.FlowLog{VPC: "vpc/new"}}}, nil, Changes},
		"a record":                       {[]resource.Change{balancer(resource.Keep), record}, []resource.ID{"record/x"}, InSync},
		"a record of a planned balancer": {[]resource.Change{balancer(resource.Create), record}, nil, Changes},
		"a job definition":               {[]resource.Change{{ID: "job-definition/run", Op: resource.Create, Spec: like}}, []resource.ID{"job-definition/run"}, InSync},
		"a new job definition":           {[]resource.Change{{ID: "job-definition/run", Op: resource.Create, Spec: job}}, nil, Changes},
		"a value, and a difference":      {[]resource.Change{{ID: "secret/registry", Op: resource.Modify, Spec: secret}, vpc}, []resource.ID{"secret/registry"}, Changes},
	} {
		r := Of(&plan.Plan{Changes: tt.changes}, nil)
		var got []resource.ID
		for _, c := range r.NotCompared {
			got = append(got, c.ID)
			if !strings.HasSuffix(c.Why, ".") {
				t.Errorf("%s: %q", name, c.Why)
			}
		}
		if d := cmp.Diff(tt.notCompared, got); d != "" || r.Result != tt.result {
			t.Errorf("%s: %s%s", name, r.Result, d)
		}
		if said := strings.Contains(r.Verdict(), " was not compared."); said != (len(got) > 0) {
			t.Errorf("%s: %s", name, r.Verdict())
		}
	}
}
