package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// TestLogGroupPermissions compares policies of an execution role with a log group that the driver
// creates. A policy that allows one of the two forms of the ARN leaves it undecided, and so does a
// policy that could not be read.
func TestLogGroupPermissions(t *testing.T) {
	const arn = "arn:aws:logs:us-east-1:123456789012:log-group:"
	for _, tt := range []struct{ name, action, resource, more, gap, says string }{
		{"everything", "logs:*", "*", "", "", ""},
		{"pattern", "logs:CreateLogGroup", arn + "/new*", "", "", ""},
		{"without :*", "logs:CreateLogGroup", arn + "/new", "", "", "cannot decide"},
		{"with :*", "logs:CreateLogGroup", arn + "/new:*", "", "", "cannot decide"},
		{"other group", "logs:CreateLogGroup", arn + "/old*", "", "", "does not allow it"},
		{"streams only", "logs:CreateLogStream", "*", "", "", "does not allow it"},
		{"denied", "logs:*", "*", `,{"Effect":"Deny","Action":"logs:CreateLogGroup","Resource":"*"}`, "", "does not allow it"},
		{"not all read", "logs:CreateLogStream", "*", "", "iam:GetPolicyVersion", "cannot decide"},
		{"denied, not all read", "logs:*", "*", `,{"Effect":"Deny","Action":"logs:CreateLogGroup","Resource":"*"}`, "iam:GetPolicyVersion", "does not allow it"},
	} {
		w := plantest.New()
		w.Def().ExecutionRole = "arn:aws:iam::" + plantest.Account + ":role/exec"
		w.Inv.Roles = []inventory.Role{{ARN: w.Def().ExecutionRole, Name: "exec", Policies: []inventory.RolePolicy{{Name: "logs",
			Document: `{"Statement":[{"Effect":"Allow","Action":"` + tt.action + `","Resource":"` + tt.resource + `"}` + tt.more + `]}`}}}}
		if tt.gap != "" {
			w.Gap(tt.gap)
		}
		w.Def().Containers[0].LogGroup, w.Def().Containers[0].LogCreates = "/new", true
		switch f := finding(w.Plan(), "E-LOGGROUP"); {
		case tt.says == "" && f != nil:
			t.Errorf("%s: %s", tt.name, f.Message)
		case tt.says != "" && (f == nil || !strings.Contains(f.Message, tt.says)):
			t.Errorf("%s: want %q, got %+v", tt.name, tt.says, f)
		}
	}
}

// granting gives the workload a role with one statement.
func granting(w *plantest.World, name, action, resource string) string {
	arn := "arn:aws:iam::" + plantest.Account + ":role/" + name
	w.Inv.Roles = append(w.Inv.Roles, inventory.Role{ARN: arn, Name: name, Policies: []inventory.RolePolicy{{Name: "p", Document: `{"Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`}}})
	return arn
}

// groupFindings returns the messages of the findings about log groups.
func groupFindings(w *plantest.World) []string {
	var out []string
	for _, f := range w.Plan().Findings {
		if f.Rule == "E-LOGGROUP" {
			out = append(out, f.Message)
		}
	}
	return out
}

// TestLogGroupNames judges groups of another Region, groups with a name that the options do not show,
// and the group of AWS Batch.
func TestLogGroupNames(t *testing.T) {
	const here, far = "arn:aws:logs:us-east-1:123456789012:log-group:", "arn:aws:logs:ap-south-1:123456789012:log-group:"
	for _, tt := range []struct {
		name, resource string
		c              inventory.Container
		batch          bool
		says           string
	}{
		{"far, allowed there", far + "/far*", inventory.Container{LogDriver: "awslogs", LogGroup: "/far", LogRegion: "ap-south-1"}, false, ""},
		{"far, allowed here", here + "/far*", inventory.Container{LogDriver: "awslogs", LogGroup: "/far", LogRegion: "ap-south-1"}, false, "creates the log group /far in ap-south-1 if it does not exist"},
		{"far by its host", far + "/far*", inventory.Container{LogDriver: "awsfirelens:cloudwatch", LogGroup: "/far", LogHost: "logs.ap-south-1.amazonaws.com"}, false, ""},
		{"variable, some groups", here + "/some*", inventory.Container{LogDriver: "awsfirelens:cloudwatch"}, false, "cannot decide"},
		{"variable, all groups", "*", inventory.Container{LogDriver: "awsfirelens:cloudwatch"}, false, ""},
		{"variable, other Region", far + "*", inventory.Container{LogDriver: "awsfirelens:cloudwatch"}, false, "a log group (the options do not show its name) if it does not exist, which needs logs:CreateLogGroup. The task role tasks does not allow it."},
		{"in a secret", here + "/some*", inventory.Container{LogDriver: "awslogs", LogGroup: inventory.AnyGroup}, false, "cannot decide"},
		{"job", here + "/aws/batch/job*", inventory.Container{LogDriver: "awslogs"}, true, ""},
		{"job, other group", here + "/jobs*", inventory.Container{LogDriver: "awslogs"}, true, "log group /aws/batch/job if"},
		{"job, in a secret", here + "/aws/batch/job*", inventory.Container{LogDriver: "awslogs", LogGroup: inventory.AnyGroup}, true, "cannot decide"},
	} {
		w := plantest.New()
		tt.c.Name, tt.c.Image, tt.c.LogCreates = "web", image, true
		w.Def().Containers[0] = tt.c
		w.Def().TaskRole = granting(w, "tasks", "logs:CreateLogGroup", tt.resource)
		w.Def().ExecutionRole = granting(w, "start", "logs:CreateLogGroup", tt.resource)
		if tt.batch {
			plantest.Batch(w)
		}
		switch got := groupFindings(w); {
		case tt.says == "" && len(got) > 0, tt.says != "" && (len(got) != 1 || !strings.Contains(got[0], tt.says)):
			t.Errorf("%s: want %q, got %q", tt.name, tt.says, got)
		case len(got) > 0 && emptyPlace.MatchString(got[0]):
			t.Errorf("%s: a place in the text is empty: %s", tt.name, got[0])
		}
	}
}

// TestLogGroupRegionOfCaller judges a condition on the Region of the request: it is that of the log group.
func TestLogGroupRegionOfCaller(t *testing.T) {
	for region, allowed := range map[string]bool{"ap-south-1": true, "us-east-1": false} {
		w := plantest.New()
		c := &w.Def().Containers[0]
		c.LogGroup, c.LogRegion, c.LogCreates = "/far", "ap-south-1", true
		w.Def().ExecutionRole = granting(w, "start", "logs:CreateLogGroup", "*")
		w.Inv.Roles[0].Policies[0].Document = `{"Statement":[{"Effect":"Allow","Action":"logs:CreateLogGroup","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"` + region + `"}}}]}`
		if got := groupFindings(w); (len(got) == 0) != allowed {
			t.Errorf("%s: %q", region, got)
		}
	}
}

// services adds services with the definition of the first one, each with a definition of its own.
func services(w *plantest.World, n int, change func(i int, d *inventory.TaskDefinition)) {
	for i := range n {
		d, svc := *w.Def(), *w.Service()
		d.Containers = slices.Clone(d.Containers)
		d.ARN, d.Family = fmt.Sprint("arn:more", i), fmt.Sprint("more", i)
		svc.ARN, svc.Name, svc.TaskDefinition = fmt.Sprint("arn:svc", i), fmt.Sprint("svc", i), d.ARN
		change(i, &d)
		w.Inv.TaskDefinitions = append(w.Inv.TaskDefinitions, d)
		w.Inv.Clusters[0].Services = append(w.Inv.Clusters[0].Services, svc)
	}
}

// TestLogGroupsOfOneRole has one finding for each role, kind and Region, with the groups that the role
// may not create.
func TestLogGroupsOfOneRole(t *testing.T) {
	w := plantest.New()
	w.Def().Containers[0].LogGroup, w.Def().Containers[0].LogCreates = "/app", true
	w.Def().ExecutionRole = granting(w, "start", "logs:CreateLogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/may*")
	services(w, 5, func(i int, d *inventory.TaskDefinition) {
		switch i {
		case 3:
			d.Containers[0].LogGroup = "/may/create"
		case 4:
			d.Containers[0].LogRegion = "ap-south-1"
		}
	})
	got := groupFindings(w)
	want := []string{
		"web:7, more0:7, more1:7 and 1 more create the log group /app if it does not exist, which needs logs:CreateLogGroup. The execution role start does not allow it.",
		"more4:7 creates the log group /app in ap-south-1 if it does not exist, which needs logs:CreateLogGroup. The execution role start does not allow it.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if f := finding(w.Plan(), "E-LOGGROUP"); !strings.Contains(f.Fix, "If the log group exists, nothing is needed.") {
		t.Error(f.Fix)
	}
}

// TestRolesOfLogGroups reads the role of every container that creates its log group, once, also without
// images of Amazon ECR and with internet access. The finding says if there are too many roles.
func TestRolesOfLogGroups(t *testing.T) {
	for _, nat := range []bool{false, true} {
		w := plantest.New()
		if nat {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
			w.NAT()
		}
		w.Def().ExecutionRole, w.Def().TaskRole = "arn:role/start", "arn:role/tasks"
		w.Def().Containers = []inventory.Container{
			{Name: "a", Image: "quay.io/a/b:1", LogDriver: "awslogs", LogGroup: "/a", LogCreates: true},
			{Name: "b", Image: "quay.io/a/b:1", LogDriver: "awslogs", LogGroup: "/b", LogCreates: true},
			{Name: "c", Image: "quay.io/a/b:1", LogDriver: "awsfirelens:cloudwatch", LogGroup: "/c", LogCreates: true},
		}
		if got := plan.ScopeOf(&w.Inv, w.Ans).Roles(); !slices.Equal(got, []string{"arn:role/start", "arn:role/tasks"}) {
			t.Errorf("internet access %t: %q", nat, got)
		}
		w.Def().Containers = w.Def().Containers[:1]
		w.Def().Containers[0].LogCreates = false
		if got := plan.ScopeOf(&w.Inv, w.Ans).Roles(); len(got) != 0 {
			t.Errorf("without awslogs-create-group: %q", got)
		}
	}
	w := plantest.New()
	services(w, 25, func(i int, d *inventory.TaskDefinition) {
		d.ExecutionRole, d.Containers[0].LogGroup, d.Containers[0].LogCreates = fmt.Sprint("arn:role/r", i), "/g", true
	})
	if got := plan.ScopeOf(&w.Inv, w.Ans).Roles(); len(got) != 20 {
		t.Errorf("%d roles: %q", len(got), got)
	}
	cut := 0
	for _, m := range groupFindings(w) {
		if strings.Contains(m, "reads the policies of at most 20 roles of a workload, and this one has 25") {
			cut++
		}
	}
	if cut != 5 {
		t.Errorf("%d findings about roles that are too many: %q", cut, groupFindings(w))
	}
}

// groupsRead adds the log groups that the definitions name to the inventory. Only the given ones exist.
func groupsRead(w *plantest.World, existing ...string) {
	w.Inv.Loaded = append(w.Inv.Loaded, plan.ScopeOf(&w.Inv, w.Ans).LogGroups()...)
	w.Inv.LogGroups = existing
}

// TestExistingLogGroups accepts a log group that exists. The finding about another one says whether it is
// known that it does not exist.
func TestExistingLogGroups(t *testing.T) {
	for _, tt := range []struct {
		name string
		read func(*plantest.World)
		says string // empty for no finding
	}{
		{"exists", func(w *plantest.World) { groupsRead(w, "/app") }, ""},
		{"does not exist", func(w *plantest.World) { groupsRead(w) }, "web:7 creates the log group /app, because it does not exist. This needs logs:CreateLogGroup. The wizard cannot decide whether the execution role start allows it."},
		{"another exists", func(w *plantest.World) { groupsRead(w, "/ap", "/app2") }, "because it does not exist."},
		{"denied", func(w *plantest.World) { groupsRead(w); w.Gap("logs:DescribeLogGroups") }, "web:7 creates the log group /app if it does not exist, which needs logs:CreateLogGroup. The wizard cannot decide whether the execution role start allows it. Reason: a policy allows only one of the two forms of the ARN, with and without :*. Whether the log group exists could not be read: AWS denied logs:DescribeLogGroups (UnauthorizedOperation)."},
		{"not requested", func(*plantest.World) {}, "creates the log group /app if it does not exist, which needs logs:CreateLogGroup."},
	} {
		w := plantest.New()
		w.Def().Containers[0].LogGroup, w.Def().Containers[0].LogCreates = "/app", true
		w.Def().ExecutionRole = granting(w, "start", "logs:CreateLogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/app")
		tt.read(w)
		got := groupFindings(w)
		if tt.says == "" && len(got) > 0 || tt.says != "" && (len(got) != 1 || !strings.Contains(got[0], tt.says)) {
			t.Errorf("%s: want %q, got %q", tt.name, tt.says, got)
		}
		f := finding(w.Plan(), "E-LOGGROUP")
		if missing := strings.Contains(tt.says, "because"); f != nil && strings.Contains(f.Fix, "If the log group exists") == missing {
			t.Errorf("%s: fix %q", tt.name, f.Fix)
		}
	}
}

// TestRequestedLogGroups requests the groups that containers and proxies of the Region name.
func TestRequestedLogGroups(t *testing.T) {
	w := plantest.New()
	w.Def().Containers = []inventory.Container{
		{Name: "a", LogDriver: "awslogs", LogGroup: "/a"},
		{Name: "b", LogDriver: "awsfirelens:cloudwatch", LogGroup: "/b"},
		{Name: "far", LogDriver: "awslogs", LogGroup: "/far", LogRegion: "ap-south-1"},
		{Name: "hidden", LogDriver: "awslogs", LogGroup: inventory.AnyGroup},
		{Name: "none", LogDriver: "awslogs"},
		{Name: "other", LogDriver: "awsfirelens:s3", LogGroup: "/s3"},
	}
	w.Service().Proxy = &inventory.Container{LogDriver: "awslogs", LogGroup: "/proxy"}
	want := []inventory.Request{{Part: inventory.PartLogGroups, Name: "/a /b /proxy"}}
	if got := plan.ScopeOf(&w.Inv, w.Ans).LogGroups(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestMissingLogGroup reports a log group that does not exist and that its driver does not create. A log
// router can have other settings. No plan can create this log group, because AWS reserves its name.
func TestMissingLogGroup(t *testing.T) {
	for driver, says := range map[string]string{
		"awslogs":                "Container web of web:7 logs to the log group aws/app, which does not exist. The awslogs driver does not create it, so the container does not start.",
		"awsfirelens:cloudwatch": "",
	} {
		w := plantest.New()
		w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogGroup = driver, "aws/app"
		if got := groupFindings(w); len(got) != 0 {
			t.Errorf("%s, not read: %q", driver, got)
		}
		groupsRead(w)
		if got := strings.Join(groupFindings(w), "\n"); got != says {
			t.Errorf("%s: want %q, got %q", driver, says, got)
		}
	}
}
