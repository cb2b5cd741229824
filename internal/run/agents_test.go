package run_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// clusters are those where these tests restart agents, by scenario.
var clusters = map[string]string{"closed": "prod", "stubborn": "depot"}

const (
	prodHosts  = "i-0a1b2c3d4e5f6600" // 1 to 4; 1 and 4 are in one zone
	depotHosts = "i-0a2b3c4d5e6f7600" // 1 to 4; 2 and 3 are in one zone, 3 is stubborn, 4 is out of Run Command's reach
)

// later is a time after all that the scenarios tell of: a bubble begins in 2000, when
// no instance had registered.
func later() { time.Sleep(time.Until(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))) }

// hosts looks at all that a plan for container instances reads.
func (a *account) hosts() *inventory.Inventory {
	a.t.Helper()
	inv := a.inventory()
	f, err := a.Load(a.t.Context(), inventory.Request{Part: inventory.PartHosts, VPC: a.vpc})
	if err != nil {
		a.t.Fatal(err)
	}
	inv.Merge(f)
	return inv
}

func (a *account) onEC2(inv *inventory.Inventory, cluster, restart string) *plan.Plan {
	a.t.Helper()
	p := plan.Build(inv, answers.Answers{Workload: answers.ECSEC2, Region: "us-east-1", VPC: a.vpc, Service: cluster, Agent: answers.Agent{Clusters: []string{cluster}, Restart: restart}})
	if s := p.Stops(nil); len(s) > 0 {
		a.t.Fatalf("the plan stops: %+v", s)
	}
	return p
}

// restarts counts how often an agent was restarted by Run Command, by the last sign of
// the instance id.
func (a *account) restarts() map[string]int {
	out := map[string]int{}
	region := a.dump()["Regions"].(map[string]any)["us-east-1"].(map[string]any)
	commands, _ := region["Commands"].([]any)
	for _, c := range commands {
		c := c.(map[string]any)
		if comment, _ := c["Comment"].(string); strings.Contains(comment, " check ") {
			continue // a look from inside
		}
		for _, id := range c["InstanceIds"].([]any) {
			out[last(id.(string))]++
		}
	}
	return out
}

// marked are the instances that carry the marks of all three endpoints.
func (a *account) marked(cluster string, ids map[resource.ID]string) []string {
	var out []string
	for _, c := range a.hosts().Clusters {
		for _, h := range c.ContainerInstances {
			missing := slices.ContainsFunc(catalog.ECSEndpoints, func(code string) bool {
				id := ids[resource.ID("endpoint/"+code)]
				return id == "" || h.Tags[resource.RestartTag+code] != id
			})
			if c.Name == cluster && !missing {
				out = append(out, last(h.Instance))
			}
		}
	}
	slices.Sort(out)
	return out
}

func last(id string) string { return id[len(id)-1:] }

// toRestart lists the instances where a plan restarts the agent with Run Command.
func toRestart(p *plan.Plan, cluster string) []string {
	var out []string
	for _, h := range p.Change(resource.ID("agents/" + cluster)).Spec.(resource.AgentRestart).Hosts {
		if h.Hand == "" {
			out = append(out, last(h.Instance))
		}
	}
	return out
}

func keepsAgents(t *testing.T, p *plan.Plan) {
	t.Helper()
	for _, r := range p.Changes {
		if _, look := r.Spec.(resource.InsideLook); r.Op != resource.Keep && !look {
			t.Errorf("still to do: %s %s: %s", r.Op, r.ID, r.Summary)
		}
	}
}

// TestThreeOneAfterTheOther: whenever one of the three endpoints of ECS is asked for,
// those before it are available.
func TestThreeOneAfterTheOther(t *testing.T) {
	for scenario, cluster := range clusters {
		t.Run(scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, scenario)
				p := a.onEC2(a.hosts(), cluster, answers.RestartNone)
				var made []string
				watching := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
					name, _ := in["ServiceName"].(string)
					if code := strings.TrimPrefix(name, "com.amazonaws.us-east-1."); op == "CreateVpcEndpoint" && slices.Contains(catalog.ECSEndpoints, code) {
						if !slices.Contains(made, code) {
							made = append(made, code)
						}
						for _, e := range a.inventory().Network(a.vpc).Endpoints {
							if other := strings.TrimPrefix(e.Service, "com.amazonaws.us-east-1."); slices.Contains(catalog.ECSEndpoints, other) && e.State != "available" {
								t.Errorf("%s is asked for while %s is %s", code, other, e.State)
							}
						}
					}
					return a.Call(ctx, service, op, in)
				})
				if s := run.Apply(t.Context(), p, run.Options{Caller: watching, RunID: "r", Now: time.Now}); s.Failed+s.Skipped > 0 {
					t.Errorf("%+v", s)
				}
				if !slices.Equal(made, catalog.ECSEndpoints) {
					t.Errorf("the order was %v, want %v", made, catalog.ECSEndpoints)
				}
			})
		})
	}
}

// TestAgentsAreRestartedOnce: apply, then the same plan again, then a new one.
func TestAgentsAreRestartedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "closed")
		p := a.onEC2(a.hosts(), "prod", answers.RestartSSM)
		start := time.Now()
		s, events := a.apply(t.Context(), p, nil)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		t.Logf("%d rows in %s of AWS's time, %d calls", len(p.Changes), time.Since(start), len(a.ops))
		once := map[string]int{"1": 1, "2": 1, "3": 1, "4": 1}
		if d := cmp.Diff(once, a.restarts()); d != "" {
			t.Error("restarts (-want +got)", d)
		}
		if got := a.marked("prod", s.IDs); len(got) != 4 {
			t.Errorf("marked: %v", got)
		}
		if again, _ := a.apply(t.Context(), p, nil); again.Failed+again.Skipped > 0 || again.Proof != run.ProofProved {
			t.Errorf("same plan again: %+v", again)
		}
		next := a.onEC2(a.hosts(), "prod", answers.RestartSSM)
		keepsAgents(t, next)
		if s, _ := a.apply(t.Context(), next, nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Errorf("second plan: %+v", s)
		}
		if d := cmp.Diff(once, a.restarts()); d != "" {
			t.Error("restarts after three runs (-want +got)", d)
		}

		// A new endpoint in place of one of the three: again for each.
		a.meddle("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{s.IDs["endpoint/ecs-telemetry"]}})
		time.Sleep(time.Minute) // deleting takes a while
		s, events = a.apply(t.Context(), a.onEC2(a.hosts(), "prod", answers.RestartSSM), nil)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Errorf("%+v\n%+v", s, events)
		}
		if d := cmp.Diff(map[string]int{"1": 2, "2": 2, "3": 2, "4": 2}, a.restarts()); d != "" {
			t.Error("restarts for the new endpoint (-want +got)", d)
		}
	})
}

// TestAgentThatDoesNotComeBack: the row fails and names the instance. No agent is restarted again: a second run waits
// for this one.
func TestAgentThatDoesNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "stubborn")
		s, events := a.apply(t.Context(), a.onEC2(a.hosts(), "depot", ""), nil)
		e := find(events, "agents/depot", run.Failed)
		if e == nil || !strings.Contains(e.Detail, depotHosts+"3") || !strings.Contains(e.Detail, "not connected") {
			t.Fatalf("%+v %+v", e, s)
		}
		for _, other := range []string{"1", "2", "4"} {
			if strings.Contains(e.Detail, depotHosts+other) {
				t.Errorf("%s is blamed too: %s", other, e.Detail)
			}
		}
		if s.Failed != 1 || s.Proof != run.ProofUnproven {
			t.Errorf("%+v", s)
		}
		if got := a.marked("depot", s.IDs); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("marked as restarted: %v", got)
		}
		again := a.onEC2(a.hosts(), "depot", "")
		if got := toRestart(again, "depot"); !slices.Equal(got, []string{"3"}) {
			t.Errorf("the second plan restarts %v", got)
		}
		s, _ = a.apply(t.Context(), again, nil)
		if s.Failed != 1 || s.Proof == run.ProofProved {
			t.Errorf("second run: %+v", s)
		}
		if d := cmp.Diff(map[string]int{"1": 1, "2": 1, "3": 1}, a.restarts()); d != "" {
			t.Error("restarts (-want +got)", d)
		}
	})
}

// TestRestartAfterKill: a new run continues a run that was stopped, from what the
// account then has.
func TestRestartAfterKill(t *testing.T) {
	for name, at := range map[string]struct {
		op     string // the run is left in the midst of this call
		nth    int
		before map[string]int // restarts by then
	}{
		"before the restart":       {"DescribeInstanceInformation", 1, map[string]int{}},
		"after that of one zone":   {"TagResource", 4, map[string]int{"1": 1, "4": 1}},
		"before that of the third": {"TagResource", 6, map[string]int{"1": 1, "4": 1, "2": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "closed")
				p := a.onEC2(a.hosts(), "prod", answers.RestartSSM)
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				var mu sync.Mutex
				n := 0
				a.tap = func(op string) {
					mu.Lock()
					defer mu.Unlock()
					if op == at.op {
						if n++; n == at.nth {
							kill()
						}
					}
				}
				s, events := a.apply(ctx, p, nil)
				if e := find(events, "agents/prod", run.Skipped); e == nil || !strings.Contains(e.Detail, "stopped") || s.Failed > 0 || s.Proof != run.ProofUnproven {
					t.Fatalf("%+v %+v", e, s)
				}
				if d := cmp.Diff(at.before, a.restarts()); d != "" {
					t.Fatal("restarts when it was left (-want +got)", d)
				}
				a.tap = nil
				again := a.onEC2(a.hosts(), "prod", answers.RestartSSM)
				if got := len(toRestart(again, "prod")); got != 4-len(at.before) {
					t.Errorf("the new plan restarts %d agents", got)
				}
				s, events = a.apply(t.Context(), again, nil)
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
					t.Errorf("%+v\n%+v", s, events)
				}
				if d := cmp.Diff(map[string]int{"1": 1, "2": 1, "3": 1, "4": 1}, a.restarts()); d != "" {
					t.Error("restarts (-want +got)", d)
				}
				keepsAgents(t, a.onEC2(a.hosts(), "prod", answers.RestartSSM))
			})
		})
	}
}

// TestRestartByCommands: a manual step is shown with every command, is neither done nor
// failed, and does not count as verified.
func TestRestartByCommands(t *testing.T) {
	for scenario, cluster := range clusters {
		t.Run(scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, scenario)
				p := a.onEC2(a.hosts(), cluster, answers.RestartCommands)
				id := resource.ID("agents/" + cluster)
				s, events := a.apply(t.Context(), p, nil)
				if s.Failed+s.Skipped > 0 || s.Open != 1 || s.Done != p.ToApply()-1 || s.Proof != run.ProofProved || s.Unproven == 0 {
					t.Errorf("%+v", s)
				}
				if find(events, id, run.Done) != nil || find(events, id, run.Proved) != nil {
					t.Error("what was not done is called done or proved")
				}
				e := find(events, id, run.Unproven)
				if e == nil {
					t.Fatalf("%+v", events)
				}
				for _, h := range p.Change(id).Spec.(resource.AgentRestart).Hosts {
					if !strings.Contains(e.Detail, h.Instance) {
						t.Errorf("%s is not named: %s", h.Instance, e.Detail)
					}
				}
				for _, c := range []string{"sudo systemctl restart ecs", "sudo docker stop ecs-agent", "sudo docker start ecs-agent"} {
					if !strings.Contains(e.Detail, "`"+c+"`") {
						t.Errorf("%s is not among the commands: %s", c, e.Detail)
					}
				}
				if len(a.restarts()) > 0 {
					t.Errorf("restarted all the same: %v", a.restarts())
				}
			})
		})
	}
}

// TestSomeByHand: those that Run Command reaches are restarted, the others are left.
func TestSomeByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "stubborn")
		inv := a.hosts()
		p := a.onEC2(inv, "depot", "")
		row := p.Change("agents/depot")
		s := row.Spec.(resource.AgentRestart)
		s.Hosts = slices.DeleteFunc(s.Hosts, func(h resource.Host) bool { return h.Instance == depotHosts+"3" }) // all but the stubborn one
		row.Spec = s
		p.Claims = slices.DeleteFunc(p.Claims, func(c resource.Claim) bool { return c.Kind() == "agents" })
		sum, events := a.apply(t.Context(), p, nil)
		if sum.Failed+sum.Skipped > 0 || sum.Open != 1 || sum.Proof != run.ProofProved {
			t.Errorf("%+v", sum)
		}
		if e := find(events, "agents/depot", run.Unproven); e == nil || !strings.Contains(e.Detail, depotHosts+"4") || strings.Contains(e.Detail, depotHosts+"1") {
			t.Errorf("%+v", e)
		}
		if d := cmp.Diff(map[string]int{"1": 1, "2": 1}, a.restarts()); d != "" {
			t.Error("restarts (-want +got)", d)
		}
	})
}

// TestInstanceThatJoinsLater started its agent after the endpoints existed. The
// sandbox account takes no new instances, so the test adds it to the inventory.
func TestInstanceThatJoinsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "closed")
		a.apply(t.Context(), a.onEC2(a.hosts(), "prod", answers.RestartSSM), nil)
		time.Sleep(time.Hour)
		for name, joined := range map[string]struct {
			at   time.Time
			want []string
		}{
			"after the endpoints":  {time.Now(), nil},
			"before the endpoints": {time.Now().AddDate(-1, 0, 0), []string{"9"}},
		} {
			inv := a.hosts()
			for i := range inv.Clusters {
				if c := &inv.Clusters[i]; c.Name == "prod" {
					h := c.ContainerInstances[0]
					h.Instance, h.ARN, h.Tags = prodHosts+"9", h.ARN+"9", nil
					h.Registered = joined.at.UTC().Format(time.RFC3339)
					c.ContainerInstances = append(c.ContainerInstances, h)
				}
			}
			for i := range inv.Hosts {
				if inv.Hosts[i].Instance == prodHosts+"1" {
					h := inv.Hosts[i]
					h.Instance = prodHosts + "9"
					inv.Hosts = append(inv.Hosts, h)
					break
				}
			}
			p := a.onEC2(inv, "prod", answers.RestartSSM)
			if got := toRestart(p, "prod"); !slices.Equal(got, joined.want) {
				t.Errorf("%s: restarts %v, want %v", name, got, joined.want)
			}
			if len(joined.want) == 0 {
				keepsAgents(t, p)
			}
		}
	})
}

// TestSabotageOfAgentsIsCaught: between what was done and its proof, somebody takes
// the way of the agents.
func TestSabotageOfAgentsIsCaught(t *testing.T) {
	for name, tt := range map[string]struct {
		meddle func(a *account, ids map[string]string)
		names  []string // the culprits, each in the words for one claim that does not hold
	}{
		"the ingress rule is revoked": {func(a *account, ids map[string]string) { a.revoke(ids["security-group/endpoints"]) }, []string{"allows traffic from sg-0a1b2c3d4e5f64003 to ecs-agent"}},
		"a network ACL entry is added": {func(a *account, _ map[string]string) {
			a.addToACL(mainACL, aclEntry{1, false, "deny", "6", "10.0.0.0/16", 443, 443})
		}, []string{"denied by entry 1: in 443-443"}},
		"the rule is revoked until the agents lose their connection": {func(a *account, ids map[string]string) {
			a.revoke(ids["security-group/endpoints"])
			a.hosts() // the loss shows a while after somebody first could have seen it
			time.Sleep(2 * time.Minute)
		}, []string{"allows traffic from sg-0a1b2c3d4e5f64003 to ecs-agent", prodHosts + "1, " + prodHosts + "2, " + prodHosts + "3, " + prodHosts + "4"}},
		"a host is rebooted": {func(a *account, _ map[string]string) {
			a.meddle("RebootInstances", map[string]any{"InstanceIds": []any{prodHosts + "2"}})
		}, []string{"not connected: " + prodHosts + "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "closed")
				p := a.onEC2(a.hosts(), "prod", answers.RestartSSM)
				ids := map[string]string{}
				var events []run.Event
				ended := map[resource.ID]bool{}
				var later atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
				s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: now, Emit: func(e run.Event) {
					events = append(events, e)
					switch e.State {
					case run.Done, run.Kept, run.Failed, run.Skipped, run.Unproven:
					default:
						return
					}
					if ended[e.Change] || len(ended) == len(p.Changes) {
						return
					}
					ended[e.Change], ids[string(e.Change)] = true, e.Detail
					if len(ended) == len(p.Changes) { // what was verified before is verified again a while later
						tt.meddle(a, ids)
						later.Store(int64(2 * time.Minute))
					}
				}})
				if s.Proof != run.ProofFailed || s.Failed+s.Skipped != 0 {
					t.Fatalf("%+v\n%v", s, slices.Sorted(maps.Keys(ended)))
				}
				for _, culprit := range tt.names {
					if !slices.ContainsFunc(events, func(e run.Event) bool { return e.State == run.Failed && strings.Contains(e.Detail, culprit) }) {
						t.Errorf("%q is not named: %s", culprit, failures(events))
					}
				}
			})
		})
	}
}

func failures(events []run.Event) string {
	var out strings.Builder
	for _, e := range events {
		if e.State == run.Failed {
			fmt.Fprintf(&out, "\n%s: %s", e.Change, e.Detail)
		}
	}
	return out.String()
}

func (a *account) revoke(group string) {
	a.t.Helper()
	a.meddle("RevokeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
		"IpRanges": []any{map[string]any{"CidrIp": "10.0.0.0/16"}}}}})
}
