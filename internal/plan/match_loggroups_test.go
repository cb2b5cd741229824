package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// newGroups returns the log groups that a plan creates.
func newGroups(p *plan.Plan) []string {
	var out []string
	for _, a := range p.Changes {
		if g, ok := a.Spec.(resource.LogGroup); ok && a.Op == resource.Create {
			out = append(out, g.Name)
		}
	}
	return out
}

// TestLogGroupsToCreate plans a log group if it is known that it does not exist and that its driver does
// not create it. The rule then reports only a role that may not create what its option asks for.
func TestLogGroupsToCreate(t *testing.T) {
	const here = "arn:aws:logs:us-east-1:123456789012:log-group:/app"
	may := func(w *plantest.World, action, resource string) {
		w.Def().ExecutionRole = granting(w, "start", action, resource)
		w.Def().TaskRole = w.Def().ExecutionRole
		w.Def().Containers[0].LogCreates = true
	}
	for _, tt := range []struct {
		name     string
		given    func(*plantest.World)
		created  bool
		findings int
	}{
		{"not asked to", func(w *plantest.World) { groupsRead(w) }, true, 0},
		{"exists", func(w *plantest.World) { groupsRead(w, "/app") }, false, 0},
		{"not read", func(*plantest.World) {}, false, 0},
		{"denied", func(w *plantest.World) { groupsRead(w); w.Gap("logs:DescribeLogGroups") }, false, 0},
		{"role may not", func(w *plantest.World) { groupsRead(w); may(w, "logs:CreateLogStream", "*") }, true, 1},
		{"role may", func(w *plantest.World) { groupsRead(w); may(w, "logs:CreateLogGroup", "*") }, false, 0},
		{"undecided", func(w *plantest.World) { groupsRead(w); may(w, "logs:CreateLogGroup", here) }, false, 1},
		{"role not read", func(w *plantest.World) { groupsRead(w); may(w, "logs:*", "*"); w.Inv.Roles = nil }, false, 1},
		{"role of the instance", func(w *plantest.World) { plantest.OnEC2(w); groupsRead(w); w.Def().Containers[0].LogCreates = true }, false, 1},
		{"router, not asked to", func(w *plantest.World) { w.Def().Containers[0].LogDriver = "awsfirelens:cloudwatch"; groupsRead(w) }, false, 0},
		{"router, role may not", func(w *plantest.World) {
			w.Def().Containers[0].LogDriver = "awsfirelens:cloudwatch"
			groupsRead(w)
			may(w, "logs:CreateLogStream", "*")
		}, true, 0},
		{"other Region", func(w *plantest.World) { w.Def().Containers[0].LogRegion = "ap-south-1"; groupsRead(w) }, false, 0},
		{"reserved name", func(w *plantest.World) { w.Def().Containers[0].LogGroup = "aws/app"; groupsRead(w) }, false, 1},
		{"name of a snapshot", func(w *plantest.World) { w.Def().Containers[0].LogGroup = "/app'$(x)"; groupsRead(w) }, false, 1},
	} {
		w := plantest.New()
		w.Def().Containers[0].LogGroup = "/app"
		tt.given(w)
		p := w.Plan()
		var want []string
		if tt.created {
			want = []string{"/app"}
		}
		if d := cmp.Diff(want, newGroups(p)); d != "" {
			t.Errorf("%s: created (-want +got)\n%s", tt.name, d)
		}
		if got := groupFindings(w); len(got) != tt.findings {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// TestLogGroupOfSeveral plans a log group once. New tasks start after it, and its claim is verified.
func TestLogGroupOfSeveral(t *testing.T) {
	w := plantest.New()
	w.Def().Containers[0].LogGroup = "/app"
	services(w, 2, func(_ int, d *inventory.TaskDefinition) { d.Containers[0].LogRegion = "us-east-1" })
	w.Ans.Redeploy = []string{"prod/web"}
	groupsRead(w)
	p := w.Plan()
	if d := cmp.Diff([]string{"/app"}, newGroups(p)); d != "" {
		t.Fatal(d)
	}
	a := p.Change("log-group//app")
	if !strings.HasPrefix(a.Why, "web:7, more0:7, more1:7 log to it. ") || !strings.Contains(a.Why, "storage is billed") {
		t.Error(a.Why)
	}
	if d := cmp.Diff(resource.LogGroup{Name: "/app", Tags: map[string]string{"ManagedBy": "privatelink-wizard"}}, a.Spec, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	after, claims := false, 0
	for _, id := range p.Change("service/prod/web").After {
		after = after || id == a.ID
	}
	for _, c := range p.Claims {
		if c.Change == a.ID && c.Kind() == "log-group" {
			claims++
		}
	}
	if !after || claims != 1 {
		t.Errorf("the deployment waits for it: %t; %d claims", after, claims)
	}
}
