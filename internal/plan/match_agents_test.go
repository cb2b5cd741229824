package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// served returns an account with the three ECS endpoints, created at a given time. Its instances
// registered on 2026-01-01.
func served(created string) *plantest.World {
	w := plantest.New()
	plantest.OnEC2(w)
	w.Group(plantest.Wide())
	for _, code := range catalog.ECSEndpoints {
		e := plantest.Ready(code)
		e.Created = created
		w.Endpoint(e)
	}
	return w
}

func restarts(w *plantest.World) int {
	return len(w.Plan().Change("agents/prod").Spec.(resource.AgentRestart).Hosts)
}

// Mutation 2: E-RESTART remembers restarts.
func TestOnlyAgentsOlderThanTheEndpointsAreRestarted(t *testing.T) {
	if n := restarts(served("2026-01-02T00:00:00Z")); n != 2 {
		t.Errorf("%d agents that are older than the endpoints are restarted, not 2", n)
	}
	if n := restarts(served("2025-12-31T00:00:00Z")); n != 0 {
		t.Errorf("%d agents that are younger than the endpoints are restarted", n)
	}
	w := served("2026-01-02T00:00:00Z")
	w.Host().Tags = map[string]string{}
	for _, code := range catalog.ECSEndpoints {
		w.Host().Tags[resource.RestartTag+code] = "vpce-" + code
	}
	if n := restarts(w); n != 1 {
		t.Errorf("%d agents are restarted, not the one without the tags", n)
	}
	w.Host().Tags[resource.RestartTag+"ecs"] = "vpce-before" // of a deleted endpoint
	if n := restarts(w); n != 2 {
		t.Errorf("%d agents are restarted: the tag of another endpoint counts", n)
	}
}

// Mutation 4: container instances of others in the VPC must not cause a block for Fargate.
func TestPolicyThatCutsOthersAgentsOffBlocks(t *testing.T) {
	w := plantest.New()
	w.Ans.Needs = &[]string{"workload-api"}
	w.Ans.EndpointPolicy.Default = "example"
	if f := finding(w.Plan(), "G-POLAGENT"); f == nil || f.Severity != plan.Warn {
		t.Errorf("%+v", f)
	}
	w.Hosts("other", "sg-hosts", "1.86.2")
	if f := finding(w.Plan(), "G-POLAGENT"); f == nil || f.Severity != plan.Block {
		t.Errorf("container instances run in the VPC: %+v", f)
	}
}

// Mutation 10: the agents of managed and external instances are not restarted.
func TestManagedAndExternalInstancesAreNotHosts(t *testing.T) {
	for name, set := range map[string]func(*inventory.ContainerInstance){
		"managed":  func(c *inventory.ContainerInstance) { c.Managed = true },
		"external": func(c *inventory.ContainerInstance) { c.External = true },
	} {
		w := plantest.New()
		plantest.OnEC2(w)
		set(w.Host())
		if n := restarts(w); n != 1 {
			t.Errorf("%s: %d agents are restarted, not 1", name, n)
		}
	}
}

// Mutation 11: an endpoint of an AWS service gets no more subnets.
func TestEndpointOfAWSGetsNoSubnets(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	e := plantest.Ready("logs")
	e.RequesterManaged, e.Subnets = true, []string{"subnet-a"}
	w.Endpoint(e)
	if a := w.Plan().Change("endpoint/logs"); a.Op != resource.Keep {
		t.Errorf("%s %+v", a.Op, a.Spec)
	}
	if f := finding(w.Plan(), "G-OWNED"); f != nil {
		t.Errorf("%+v", f)
	}
}

// Mutation 12: private names that the plan activates are new to the agents.
func TestAgentsAreRestartedWhereTheirNamesWake(t *testing.T) {
	w := served("2025-12-31T00:00:00Z")
	w.Net().DNSHostnames = false
	if n := restarts(w); n != 2 {
		t.Errorf("%d agents are restarted although private names were off when they started", n)
	}
}

// Mutation 16: Run Command uses the Systems Manager endpoints.
func TestRestartsWaitForSystemsManager(t *testing.T) {
	w := plantest.New()
	plantest.OnEC2(w)
	w.Ans.Agent.Restart = answers.RestartSSM
	for _, c := range w.Inv.Clusters[0].ContainerInstances {
		w.Inv.Hosts = append(w.Inv.Hosts, inventory.Host{Instance: c.Instance, VPC: plantest.VPC, Profile: "arn:p", Ping: "ConnectionLost", PlatformName: "Amazon Linux", PlatformVersion: "2023"})
	}
	deps := w.Plan().Change("agents/prod").Deps()
	for _, id := range []resource.ID{"endpoint/ssm", "endpoint/ssmmessages"} {
		if !slices.Contains(deps, id) {
			t.Errorf("the restarts do not wait for %s: %v", id, deps)
		}
	}
}

// An instance that this program drained is activated or its restart continues; one that somebody else drains is not
// touched.
func TestDrainedInstancesAreActivated(t *testing.T) {
	const ours = "vpce-1 vpce-2 vpce-3"
	for name, tt := range map[string]struct {
		restart, tag   string
		young          bool // the agents use the endpoints already
		reboot, active []string
		hand           string
	}{
		"its restart continues":              {restart: answers.RestartReboot, tag: ours, reboot: []string{"i-prod-0", "i-prod-1"}},
		"somebody else drains it":            {restart: answers.RestartReboot, reboot: []string{"i-prod-1"}, hand: "i-prod-0"},
		"it was restarted already":           {restart: answers.RestartReboot, tag: ours, young: true, active: []string{"i-prod-0"}},
		"it was set to ACTIVE":               {restart: answers.RestartReboot, tag: "no", young: true},
		"Run Command restarts the agents":    {tag: ours, active: []string{"i-prod-0"}},
		"no agent is restarted":              {restart: answers.RestartNone, tag: ours, active: []string{"i-prod-0"}},
		"no agent is restarted, not drained": {restart: answers.RestartNone},
	} {
		t.Run(name, func(t *testing.T) {
			w := served("2026-01-02T00:00:00Z")
			if tt.young {
				w = served("2025-12-31T00:00:00Z")
			}
			w.Ans.Agent.Restart = tt.restart
			w.Host().Status, w.Host().Tags = "DRAINING", map[string]string{}
			if tt.tag != "" {
				w.Host().Tags[resource.RestartTag+"draining"] = tt.tag
			}
			var reboot, active []string
			hand := ""
			if a := w.Plan().Change("agents/prod"); a != nil {
				spec := a.Spec.(resource.AgentRestart)
				for _, h := range spec.Hosts {
					if h.Reboot {
						reboot = append(reboot, h.Instance)
					}
					if strings.Contains(h.Hand, "drains") {
						hand += h.Instance
					}
				}
				for _, h := range spec.Drained {
					active = append(active, h.Instance)
				}
				if len(active) > 0 && a.Op != resource.Run {
					t.Errorf("%s: %s", a.Op, a.Summary)
				}
			}
			if !slices.Equal(reboot, tt.reboot) || !slices.Equal(active, tt.active) || hand != tt.hand {
				t.Errorf("reboots %v, activates %v, manual %q", reboot, active, hand)
			}
		})
	}
}

// TestRebootsStopTasks: a reboot moves tasks, so the plan must not say that they continue.
func TestRebootsStopTasks(t *testing.T) {
	for restart, continues := range map[string]bool{answers.RestartReboot: false, answers.RestartCommands: true} {
		w := served("2026-01-02T00:00:00Z")
		w.Ans.Agent.Restart = restart
		why := w.Plan().Change("agents/prod").Why
		if strings.Contains(why, "Running tasks continue") != continues || strings.Contains(why, "its tasks move") == continues || !strings.Contains(why, "NO_PROXY") {
			t.Errorf("%s: %s", restart, why)
		}
	}
}
