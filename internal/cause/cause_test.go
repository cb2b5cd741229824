package cause_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// of returns the answer for a world after its service was set to run no task.
func of(w *plantest.World) []string {
	w.Service().Desired, w.Service().Running = 2, 0
	return cause.Of(&w.Inv, w.Ans, w.Plan()).Lines()
}

func TestCauses(t *testing.T) {
	const state, found = "Service prod/web runs 0 of 2 tasks.", "The plan contains the fix."
	for _, tt := range []struct {
		name string
		set  func(*plantest.World)
		want []string
	}{
		{"no endpoint and no internet route", func(*plantest.World) {}, []string{state,
			"1. The tasks have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs: the VPC has no endpoints for them, and the subnets have no internet route. " + found}},
		{"a NAT gateway", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
			w.NAT()
		}, []string{state, "The wizard found no cause in the network or in the definitions."}},
		{"internet routes in some of the subnets", func(w *plantest.World) {
			w.Net().RouteTables[1].Subnets = []string{"subnet-b", "subnet-c"}
			w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: "rtb-nat", Subnets: []string{"subnet-a"},
				Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}, {CIDR: "0.0.0.0/0", Target: "nat-1"}}})
			w.NAT()
		}, []string{state,
			"1. The tasks have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs: the VPC has no endpoints for them, and subnets app-b (subnet-b), app-c (subnet-c) have no internet route. " + found}},
		{"DNS attributes", func(w *plantest.World) { w.Net().DNSHostnames = false }, []string{state,
			"1. DNS hostnames is off in VPC prod, so the names of AWS services do not resolve to endpoints. " + found,
			"2. The tasks have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs: the VPC has no endpoints for them, and the subnets have no internet route. " + found}},
		{"a registry outside AWS", func(w *plantest.World) {
			w.Def().Containers = []inventory.Container{{Name: "web", Image: "registry.example.com/web:1", LogDriver: "none"}}
		}, []string{state,
			"1. web:7 pulls registry.example.com/web:1 from a registry outside AWS. No VPC endpoint exists for this registry, and there is no internet access from app-a (subnet-a), app-b (subnet-b), app-c (subnet-c).",
			"2. web:7 pulls registry.example.com/web:1 without credentials. If this registry needs a user name and password, the pull fails (see the step Registry secret)."}},
	} {
		w := plantest.New()
		tt.set(w)
		if d := cmp.Diff(tt.want, of(w)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestNothingIsSaidOfARunningWorkload: a cause is only given for what does not run.
func TestNothingIsSaidOfARunningWorkload(t *testing.T) {
	w := plantest.New()
	w.Service().Desired, w.Service().Running = 2, 2
	if a := cause.Of(&w.Inv, w.Ans, w.Plan()); a != nil || a.Lines() != nil {
		t.Errorf("%+v", a)
	}
}

// TestDeniedReads: what could not be read may hide a cause.
func TestDeniedReads(t *testing.T) {
	w := plantest.New()
	w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "iam:GetRolePolicy", Code: "AccessDenied"})
	if got := strings.Join(of(w), "\n"); !strings.HasSuffix(got, "1 read of the account was denied or failed, so a cause may be missing.") {
		t.Error(got)
	}
}
