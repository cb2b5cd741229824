package cause_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// of returns the answer for a world after its service was set to run no task.
func of(w *plantest.World) []string {
	w.Service().Desired, w.Service().Running = 2, 0
	return cause.Of(&w.Inv, w.Ans, w.Plan()).Lines()
}

func TestCauses(t *testing.T) {
	const state, found, not = "Service prod/web runs 0 of 2 tasks.", "The plan contains the fix.", "The plan does not fix this."
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
			"1. The tasks have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs: the VPC has no endpoints for them, and the subnets have no internet route. " + found,
			"2. DNS hostnames is off in VPC prod, so the names of AWS services do not resolve to endpoints. " + found}},
		{"a VPC of another account", func(w *plantest.World) {
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].Owner = "999999999999"
			}
		}, []string{state,
			"1. Endpoints of this VPC are visible only to its owner, account 999999999999, so it is not known whether those for s3, ecr.api, ecr.dkr, secretsmanager and logs exist. Without them, the tasks have no network path, because the subnets have no internet route. " + not}},
		{"a log group that does not exist", func(w *plantest.World) {
			complete(w)
			w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartLogGroups, Name: "/ecs/web"})
			w.Def().Containers[0].LogGroup = "/ecs/web"
		}, []string{state,
			"1. Log group /ecs/web does not exist, and the log driver does not create it. A container with the awslogs driver then does not start. " + found}},
		{"a registry outside AWS", func(w *plantest.World) {
			w.Def().Containers = []inventory.Container{{Name: "web", Image: "registry.example.com/web:1", LogDriver: "none"}}
		}, []string{state,
			"1. web:7 pulls registry.example.com/web:1 from a registry outside AWS. No VPC endpoint exists for this registry, and there is no internet access from app-a (subnet-a), app-b (subnet-b), app-c (subnet-c). " + not,
			"2. web:7 pulls registry.example.com/web:1 without credentials. If registry.example.com needs a user name and password, the pull fails. In that case, store them in a secret of AWS Secrets Manager, and register a revision of the definition that references the secret (answers file: registry with secret and definition). " + not}},
	} {
		w := plantest.New()
		tt.set(w)
		if d := cmp.Diff(tt.want, of(w)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestRegistryCauses: credentials that are missing are a cause that the plan fixes only with all of its changes, up to the deployment.
func TestRegistryCauses(t *testing.T) {
	const pulls = "web:7 pulls registry.example.com/team/app:1 without credentials. If registry.example.com needs a user name and password, the pull fails."
	for _, tt := range []struct {
		name string
		set  func(*plantest.World)
		want []resource.ID
		text string
	}{
		{"no definition in the answers", func(w *plantest.World) { w.Ans.Registry.Definition = "" }, nil,
			pulls + " In that case, store them in a secret of AWS Secrets Manager, and register a revision of the definition that references the secret (answers file: registry with secret and definition)."},
		{"no deployment", func(*plantest.World) {}, []resource.ID{"role-policy/app-execution", "task-definition/web"},
			pulls + " A service uses the new revision only after you update it (answers file: registry.update_service)."},
		{"a deployment", func(w *plantest.World) { w.Ans.Registry.UpdateService, w.Ans.Service = true, "prod/web" },
			[]resource.ID{"role-policy/app-execution", "task-definition/web", "service/prod/web"}, pulls},
		{"a new secret", func(w *plantest.World) {
			w.Ans.Registry.Secret, w.Ans.Registry.Value, w.Ans.Registry.Username = "prod/new", answers.RegistrySet, "team"
			w.Ans.Registry.UpdateService, w.Ans.Service = true, "prod/web"
		}, []resource.ID{"secret/registry", "role-policy/app-execution", "task-definition/web", "service/prod/web"}, pulls},
	} {
		w := plantest.New()
		plantest.Registry(w)
		tt.set(w)
		p := w.Plan()
		why := cause.Of(&w.Inv, w.Ans, p)
		last := why.Causes[len(why.Causes)-1]
		if last.Text != tt.text || !slices.Equal(last.Changes, tt.want) {
			t.Errorf("%s: %q fixed by %v", tt.name, last.Text, last.Changes)
		}
		if got, want := last.Title(p, 78), "web:7 may lack credentials for registry.example.com"; got != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// TestAgentCauses: without its ECS agent, an instance gets no tasks, so that the path of the agents comes first if they are not connected.
func TestAgentCauses(t *testing.T) {
	w := plantest.New()
	plantest.BatchOnEC2(w)
	show := func() (string, []string) {
		p := w.Plan()
		why := cause.Of(&w.Inv, w.Ans, p)
		return why.Title(p, 80), why.Lines()
	}
	hosts := w.Inv.Cluster("AWSBatch-nightly").ContainerInstances
	hosts[0].Connected = false
	const (
		agents = "The ECS agents have no network path to ecs-agent, ecs-telemetry and ecs: the VPC has no endpoints for them, and the subnets have no internet route. The plan contains the fix."
		jobs   = "The jobs have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs: the VPC has no endpoints for them, and the subnets have no internet route. The plan contains the fix."
	)
	title, lines := show()
	if title != "nightly does not start: its ECS agents have no network path (and 1 more cause)" {
		t.Error(title)
	}
	if d := cmp.Diff([]string{"In compute environment nightly, 1 of 2 ECS agents is not connected.", "1. " + agents, "2. " + jobs}, lines); d != "" {
		t.Error(d)
	}
	hosts[0].Connected, w.Environment().Status = true, "INVALID"
	if _, lines = show(); len(lines) != 4 || lines[2] != "2. "+jobs || lines[3] != "3. "+agents {
		t.Errorf("agents are connected: %q", lines)
	}
	hosts[0].Connected = false // both reports are about one environment
	if title, _ = show(); !strings.HasPrefix(title, "nightly does not start: ") {
		t.Error(title)
	}
}

// TestDrainedInstances: the plan activates instances that an interrupted run left drained.
func TestDrainedInstances(t *testing.T) {
	w := plantest.New()
	plantest.OnEC2(w)
	complete(w)
	w.Host().Status, w.Host().Tags = "DRAINING", map[string]string{resource.RestartTag + "draining": "vpce-1"}
	const want = "1. An interrupted run left 1 container instance of cluster prod drained. Amazon ECS starts no tasks on a draining instance. The plan contains the fix."
	if got := of(w); len(got) < 2 || got[1] != want {
		t.Errorf("%q", got)
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
