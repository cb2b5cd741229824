package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// managed returns an account with container instances that Run Command reaches.
func managed(w *plantest.World) {
	plantest.OnEC2(w)
	for _, i := range []string{"i-prod-0", "i-prod-1"} {
		w.Inv.Hosts = append(w.Inv.Hosts, inventory.Host{Instance: i, VPC: vpc, State: "running", AMIName: "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64",
			Profile: "arn:aws:iam::123456789012:instance-profile/hosts", Ping: "Online", PlatformType: "Linux", PlatformName: "Amazon Linux", PlatformVersion: "2023"})
	}
}

func restart(t *testing.T, w *plantest.World) (resource.Change, resource.AgentRestart) {
	t.Helper()
	a := w.Plan().Change("agents/prod")
	if a == nil {
		t.Fatal("no change restarts the agents")
	}
	return *a, a.Spec.(resource.AgentRestart)
}

func TestRestartWaitsForTheThree(t *testing.T) {
	w := plantest.New()
	managed(w)
	a, s := restart(t, w)
	for _, code := range catalog.ECSEndpoints {
		if !slices.Contains(a.Deps(), resource.ID("endpoint/"+code)) {
			t.Errorf("it does not wait for %s: %v", code, a.Deps())
		}
	}
	if a.Op != resource.Run || len(s.Hosts) != 2 || s.Hosts[0].Hand != "" {
		t.Errorf("%s %+v", a.Op, s)
	}
}

// TestHowHostsAreRestarted checks that each instance is restarted by Run Command if it is reached,
// otherwise with a manual step and its reason.
func TestHowHostsAreRestarted(t *testing.T) {
	for name, tt := range map[string]struct {
		change  func(*plantest.World)
		hand    string // a part of the reason; empty: by Run Command
		awaited bool
	}{
		"online":               {func(*plantest.World) {}, "", false},
		"commands were chosen": {func(w *plantest.World) { w.Ans.Agent.Restart = "commands" }, "run the commands yourself", false},
		"not registered":       {func(w *plantest.World) { w.Inv.Hosts[0].Ping = "" }, "not registered in Systems Manager", false},
		"connection lost":      {func(w *plantest.World) { w.Inv.Hosts[0].Ping = "ConnectionLost" }, "ConnectionLost", false},
		"without a profile":    {func(w *plantest.World) { w.Inv.Hosts[0].Ping, w.Inv.Hosts[0].Profile = "", "" }, "no instance profile", false},
		"not read":             {func(w *plantest.World) { w.Inv.Hosts = nil }, "could not be read", false},
		"not registered, with existing endpoints": {func(w *plantest.World) {
			w.Inv.Hosts[0].Ping, w.Ans.Agent.Restart = "", "ssm"
			w.Group(plantest.Wide())
			w.Endpoint(plantest.Ready("ssm"))
			w.Endpoint(plantest.Ready("ssmmessages"))
		}, "not registered in Systems Manager", false},
		"after the endpoints exist": {func(w *plantest.World) { w.Inv.Hosts[0].Ping = ""; w.Ans.Agent.Restart = "ssm" }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			managed(w)
			tt.change(w)
			a, s := restart(t, w)
			h := s.Hosts[0]
			if tt.hand == "" && h.Hand != "" || !strings.Contains(h.Hand, tt.hand) || h.Awaited != tt.awaited {
				t.Errorf("%+v", h)
			}
			if tt.hand != "" && !strings.Contains(a.Why, "i-prod-0") {
				t.Errorf("the change does not list it: %s", a.Why)
			}
			if tt.awaited && (!slices.Contains(a.Deps(), "endpoint/ssm") || !slices.Contains(a.Deps(), "endpoint/ssmmessages")) {
				t.Errorf("it does not wait for the Systems Manager endpoints: %v", a.Deps())
			}
		})
	}
}

// TestRestartMemory checks that an agent is restarted for newer endpoints, unless the tags of its
// instance list exactly these endpoints.
func TestRestartMemory(t *testing.T) {
	w := plantest.New()
	managed(w)
	w.Group(plantest.Wide())
	for _, code := range catalog.ECSEndpoints {
		e := plantest.Ready(code)
		e.Created = "2026-06-01T00:00:00Z"
		w.Endpoint(e)
	}
	hosts := w.Inv.Clusters[0].ContainerInstances
	ran := func() []string {
		_, s := restart(t, w)
		var out []string
		for _, h := range s.Hosts {
			out = append(out, h.Instance)
		}
		return out
	}
	if got := ran(); len(got) != 2 {
		t.Errorf("agents older than the endpoints: %v", got)
	}
	hosts[0].Tags = map[string]string{}
	for _, code := range catalog.ECSEndpoints {
		hosts[0].Tags[resource.RestartTag+code] = "vpce-" + code
	}
	if got := ran(); !slices.Equal(got, []string{"i-prod-1"}) {
		t.Errorf("one was restarted for these endpoints: %v", got)
	}
	hosts[1].Registered = "2026-06-02T00:00:00Z" // joined later
	if a, _ := restart(t, w); a.Op != resource.Keep {
		t.Errorf("one was restarted, one joined later: %s %s", a.Op, a.Summary)
	}
	hosts[0].Tags[resource.RestartTag+"ecs"] = "vpce-of-before"
	if got := ran(); !slices.Equal(got, []string{"i-prod-0"}) {
		t.Errorf("one of the endpoints is new: %v", got)
	}
}

func TestLooksFromInside(t *testing.T) {
	w := plantest.New()
	managed(w)
	p := w.Plan()
	look := p.Change("inside/us-east-1a")
	if look == nil || p.Change("inside/us-east-1b") == nil || p.Change("inside/us-east-1c") != nil {
		t.Fatal("one check per zone with an instance", rows(p))
	}
	s := look.Spec.(resource.InsideLook)
	if !slices.Contains(s.Names, "123456789012.dkr.ecr.us-east-1.amazonaws.com") || !slices.Contains(s.Names, "ecs.us-east-1.amazonaws.com") {
		t.Errorf("names %v", s.Names)
	}
	if !slices.Contains(look.Deps(), "agents/prod") {
		t.Errorf("it checks before the agents are restarted: %v", look.Deps())
	}
	seen := 0
	for _, c := range p.Claims {
		if c.Kind() == "inside" {
			t.Errorf("still not verified: %s", c.Says)
		}
		if m, ok := c.Measure.(resource.Seen); ok {
			seen++
			if !slices.Equal(m.Prefixes, []string{"10.0.0.", "10.0.1."}) {
				t.Errorf("addresses with the prefix %v", m.Prefixes)
			}
		}
	}
	if want := 2 * len(s.Names); seen != want {
		t.Errorf("%d claims from inside, want %d", seen, want)
	}
	w.Ans.Agent.Restart = "commands"
	if p := w.Plan(); p.Change("inside/us-east-1a") != nil {
		t.Error("it uses Run Command although the answers choose commands")
	}
}

// TestUpdatesOnlySuitableAgents tests that the plan updates agents where Amazon ECS offers it, and that
// the others are found.
func TestUpdatesOnlySuitableAgents(t *testing.T) {
	for ami, can := range map[string]bool{"amzn2-ami-ecs-hvm-2.0.20250610-x86_64-ebs": true, "amzn2-ami-ecs-hvm-2.0.20250610-arm64-ebs": false, "ubuntu-22.04": false} {
		w := plantest.New()
		managed(w)
		w.Ans.Agent.Update = true
		for i := range w.Inv.Hosts {
			w.Inv.Hosts[i].AMIName = ami
		}
		w.Host().AgentVersion = "1.24.0"
		p := w.Plan()
		if planned, found := p.Change("agent-update/prod") != nil, len(findings(p, "E-AGENT1251")) > 0; planned != can || found == can {
			t.Errorf("%s: update planned %v, finding %v", ami, planned, found)
		}
	}
}

// TestNoLookForOtherCharacters: a snapshot can contain names that no script may contain.
func TestNoLookForOtherCharacters(t *testing.T) {
	for account, looks := range map[string]bool{"123456789012": true, "1234\x1b[2J": false} {
		w := plantest.New()
		managed(w)
		w.Inv.Account = account
		looked := false
		for _, a := range w.Plan().Changes {
			if s, ok := a.Spec.(resource.InsideLook); ok {
				looked = true
				a.Steps() // panics for such a name
				if slices.ContainsFunc(s.Names, func(n string) bool { return strings.HasPrefix(n, account+".dkr.ecr") }) != looks {
					t.Errorf("%q: %q", account, s.Names)
				}
			}
		}
		if !looked {
			t.Errorf("%q: no check from inside", account)
		}
	}
}
