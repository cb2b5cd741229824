package plan_test

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestManagedInstances tests plans for tasks and for the instances that Amazon ECS launches.
func TestManagedInstances(t *testing.T) {
	for what, change := range map[string]func(*plantest.World){
		"tasks with a network of their own": func(*plantest.World) {},
		"tasks in the network of the host":  func(w *plantest.World) { w.Service().Subnets, w.Service().Groups = nil, nil },
		"a service in the answers":          func(w *plantest.World) { w.Ans.Service = "prod/web" },
		"a cluster in the answers": func(w *plantest.World) {
			w.Ans.Service, w.Inv.Clusters[0].Services = "prod", nil
			w.Ans.Needs = &[]string{"ecr"}
		},
	} {
		w := plantest.New()
		plantest.OnManaged(w)
		change(w)
		p := w.Plan()
		got := rows(p)
		for _, id := range []resource.ID{"endpoint/ecs-agent", "endpoint/ecs-telemetry", "endpoint/ecs", "endpoint/ecr.dkr", "security-group-rule/endpoints/in/sg-managed"} {
			if got[id] != resource.Create {
				t.Errorf("%s: %s is %q", what, id, got[id])
			}
		}
		runsIn := plan.ScopeOf(&w.Inv, w.Ans).RunsIn()
		if !slices.Contains(runsIn, "subnet-data") || !slices.Contains(runsIn, "sg-managed") {
			t.Errorf("%s: the workload runs in %v", what, runsIn)
		}
		if slices.ContainsFunc(p.Changes, func(a resource.Change) bool { return a.Spec.Kind() == "agent-restart" }) {
			t.Errorf("%s: agents that AWS runs are restarted", what)
		}
	}
	// A capacity provider in another VPC, or of a cluster without a service of the plan, is not the workload's.
	w := plantest.New()
	plantest.OnManaged(w)
	w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:other", Name: "other", ManagedProviders: []inventory.ManagedProvider{{Name: "other", VPC: vpc, Subnets: []string{"subnet-data"}, Groups: []string{"sg-other"}}}})
	w.Inv.Clusters[0].ManagedProviders[0].Subnets = []string{"subnet-elsewhere"}
	if runsIn := plan.ScopeOf(&w.Inv, w.Ans).RunsIn(); slices.Contains(runsIn, "subnet-data") || slices.Contains(runsIn, "sg-managed") {
		t.Errorf("the workload runs in %v", runsIn)
	}
}

// TestManagedNetworkIsNeeded tests the stop of a plan if the network of the instances could not be read.
func TestManagedNetworkIsNeeded(t *testing.T) {
	for _, code := range []string{"AccessDeniedException", "InternalFailure"} {
		w := plantest.New()
		plantest.OnManaged(w)
		w.Inv.Clusters[0].ManagedProviders = nil
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ecs:DescribeCapacityProviders", Code: code})
		if f := finding(w.Plan(), "A-GAP"); f == nil || f.Severity != plan.Error {
			t.Errorf("%s: %+v", code, f)
		}
	}
}
