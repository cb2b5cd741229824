package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// withTask is a plan that starts a task of prod/web in the end.
func (a *account) withTask() *plan.Plan {
	return plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Service: "prod/web", Proof: answers.Proof{Task: "prod/web"}})
}

// tasks are the one-off tasks of the account, and how they ended.
func (a *account) tasks() []string {
	region := a.dump()["Regions"].(map[string]any)["us-east-1"].(map[string]any)
	var out []string
	tasks, _ := region["ECS"].(map[string]any)["tasks"].([]any)
	for _, t := range tasks {
		t := t.(map[string]any)
		if t["startedBy"] == "privatelink-wizard" {
			out = append(out, fmt.Sprint(t["desiredStatus"], " ", t["stoppedReason"]))
		}
	}
	return out
}

// TestTaskShowsTheWay: a task starts once the endpoints exist, and is stopped.
func TestTaskShowsTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		s, events := a.apply(t.Context(), a.withTask(), nil)
		if s.Failed+s.Skipped+s.Open > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		if e := find(events, "task/prod/web", run.Proved); e == nil || !strings.Contains(e.Detail, "a task of prod/web starts") {
			t.Errorf("%+v", e)
		}
		if got := a.tasks(); len(got) != 1 || !strings.HasPrefix(got[0], "STOPPED") {
			t.Errorf("tasks: %v", got)
		}
	})
}

// TestTaskThatCannotStart: AWS's words for it are in the proof, which has failed.
func TestTaskThatCannotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.withTask()
		var events []run.Event
		var s run.Summary
		group := ""
		s = run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Emit: func(e run.Event) {
			events = append(events, e)
			if e.Change == "security-group/endpoints" && e.State == run.Done {
				group = e.Detail
			}
			if e.Change == "task/prod/web" && e.State == run.Started {
				a.revoke(group)
			}
		}})
		e := find(events, "task/prod/web", run.Failed)
		if s.Proof != run.ProofFailed || s.Failed != 0 || e == nil || !strings.Contains(e.Detail, "ResourceInitializationError") {
			t.Fatalf("%+v %+v", s, e)
		}
		if got := a.tasks(); len(got) != 1 || !strings.HasPrefix(got[0], "STOPPED") {
			t.Errorf("tasks: %v", got)
		}
	})
}

// TestTaskIsStoppedWhereverTheRunEnds: by a stop, or it is said by leaving, and where AWS no longer
// tells how the task is.
func TestTaskIsStoppedWhereverTheRunEnds(t *testing.T) {
	for name, soft := range map[string]bool{"stop": true, "leave": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				stop := make(chan struct{})
				a.tap = func(op string) {
					if op == "RunTask" {
						if soft {
							close(stop)
						} else {
							leave()
						}
					}
				}
				s, events := a.apply(ctx, a.withTask(), stop)
				time.Sleep(time.Minute)
				got := a.tasks()
				if len(got) != 1 || !strings.HasPrefix(got[0], "STOPPED") || (a.calls("StopTask") == 1) != soft {
					t.Errorf("tasks: %v\n%+v\n%+v", got, s, find(events, "task/prod/web", run.Skipped))
				}
				e := find(events, "task/prod/web", run.Failed)
				if told := e != nil && strings.Contains(e.Detail, "not done, because the run was ended: stop") && strings.Contains(e.Detail, "may have been applied"); told == soft {
					t.Errorf("%+v", events)
				}
			})
		})
	}
	t.Run("blind", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, "closed")
			p := a.withTask()
			a.deny("ecs:DescribeTasks")
			s, events := a.apply(t.Context(), p, nil)
			e := find(events, "task/prod/web", run.Unproven)
			if e == nil || !strings.Contains(e.Detail, "ecs:DescribeTasks") || s.Proof == run.ProofFailed || s.Open != 1 {
				t.Errorf("%+v %+v", s, events)
			}
			time.Sleep(time.Minute)
			if got := a.tasks(); len(got) != 1 || !strings.HasPrefix(got[0], "STOPPED") {
				t.Errorf("tasks: %v", got)
			}
		})
	})
	t.Run("it cannot be stopped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, "closed")
			p := a.withTask()
			refusing := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
				if op == "StopTask" {
					return nil, errors.New("AWS is away")
				}
				return a.Call(ctx, service, op, in)
			})
			var events []run.Event
			s := run.Apply(t.Context(), p, run.Options{Caller: refusing, RunID: "r", Now: time.Now, Emit: func(e run.Event) { events = append(events, e) }})
			if e := find(events, "task/prod/web", run.Unproven); s.Failed+s.Open != 1 || e == nil || !strings.Contains(e.Detail, "AWS is away") {
				t.Errorf("%+v %+v", s, events)
			}
		})
	})
}

// TestServiceReplacesItsTasks: once, however often a run asks for it.
func TestServiceReplacesItsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "closed")
		build := func() *plan.Plan {
			return plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Service: "prod/web", Redeploy: []string{"prod/web"}})
		}
		p := build()
		before := deploymentOf(a.inventory())
		s, events := a.apply(t.Context(), p, nil)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		after := deploymentOf(a.inventory())
		if after == before {
			t.Error("there is no new deployment")
		}
		if s, _ := a.apply(t.Context(), p, nil); s.Done != 0 || s.Proof != run.ProofProved {
			t.Errorf("same plan again: %+v", s)
		}
		next := build()
		if r := next.Change("service/prod/web"); r.Op != resource.Keep {
			t.Errorf("%+v", r)
		}
		if s, _ := a.apply(t.Context(), next, nil); s.Done != 0 || s.Failed > 0 {
			t.Errorf("second plan: %+v", s)
		}
		if again := deploymentOf(a.inventory()); again != after {
			t.Errorf("deployed %d times", 2)
		}
	})
}

func deploymentOf(inv *inventory.Inventory) string {
	for _, c := range inv.Clusters {
		for _, s := range c.Services {
			if c.Name == "prod" && s.Name == "web" {
				return s.Deployment
			}
		}
	}
	return ""
}

// TestAgentsAreUpdatedBeforeTheEndpoints that they would not work with.
func TestAgentsAreUpdatedBeforeTheEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "old-agents")
		build := func() *plan.Plan {
			return plan.Build(a.hosts(), answers.Answers{Workload: answers.ECSEC2, Region: "us-east-1", VPC: a.vpc, Service: "attic",
				Agent: answers.Agent{Clusters: []string{"attic"}, Restart: answers.RestartSSM, Update: true}})
		}
		p := build()
		if stops := p.Stops(nil); len(stops) > 0 {
			t.Fatalf("%+v", stops)
		}
		old := versions(a.hosts(), "attic")
		s, events := a.apply(t.Context(), p, nil)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		updated, made := -1, -1
		for i, e := range events {
			if e.Change == "agent-update/attic" && e.State == run.Done {
				updated = i
			}
			if e.Change == "endpoint/ecs-agent" && e.State == run.Started {
				made = i
			}
		}
		if updated < 0 || made < updated {
			t.Errorf("updated at %d, the first endpoint at %d", updated, made)
		}
		for id, v := range versions(a.hosts(), "attic") {
			if v == old[id] && v == "1.24.0" {
				t.Errorf("%s still has agent %s", id, v)
			}
		}
		next := build()
		keepsAgents(t, next)
		if s, _ := a.apply(t.Context(), next, nil); s.Done != 0 || s.Proof != run.ProofProved {
			t.Errorf("second run: %+v", s)
		}
	})
}

func versions(inv *inventory.Inventory, cluster string) map[string]string {
	out := map[string]string{}
	for _, c := range inv.Clusters {
		for _, h := range c.ContainerInstances {
			if c.Name == cluster {
				out[h.Instance] = h.AgentVersion
			}
		}
	}
	return out
}
