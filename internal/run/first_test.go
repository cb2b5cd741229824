package run_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// firstWorkload is a workload that the plan creates in the scenario closed.
var (
	firstWorkload = answers.First{Name: "shop", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2"}
	firstClients  = []string{"subnet-0a1b2c3d4e5f61001", "subnet-0a1b2c3d4e5f61002", "sg-0a1b2c3d4e5f64002"}
)

// withFirst is a plan with a first workload.
func (a *account) withFirst(ans answers.Answers) *plan.Plan {
	a.t.Helper()
	ans.Version, ans.Region, ans.VPC, ans.First = 1, "us-east-1", a.vpc, firstWorkload
	return plan.Build(a.known(ans), ans)
}

// TestFirstWorkloadRuns tests that the run ends with a running task or job, and that the next plan changes nothing.
func TestFirstWorkloadRuns(t *testing.T) {
	for name, tt := range map[string]struct {
		ans    answers.Answers
		change resource.ID
		says   string
	}{
		"service":                 {answers.Answers{Workload: answers.ECSFargate, Clients: firstClients}, "ecs-service/shop", "service shop has 1 running task"},
		"service, new group":      {answers.Answers{Workload: answers.ECSFargate, Clients: firstClients[:2]}, "ecs-service/shop", "service shop has 1 running task"},
		"service, in two phases":  {answers.Answers{Workload: answers.ECSFargate, Clients: firstClients, TwoPhases: new(true)}, "ecs-service/shop", "service shop has 1 running task"},
		"job":                     {answers.Answers{Workload: answers.BatchFargate, Clients: firstClients}, "job/shop", "job shop runs or has succeeded"},
		"job, new security group": {answers.Answers{Workload: answers.BatchFargate, Clients: firstClients[:2]}, "job/shop", "job shop runs or has succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "closed")
				p := a.withFirst(tt.ans)
				if s := p.Stops(nil); len(s) > 0 {
					t.Fatalf("the plan stops: %+v", s)
				}
				s, events := a.apply(t.Context(), p, nil)
				if s.Failed+s.Skipped+s.Open > 0 || s.Proof != run.ProofProved {
					t.Fatalf("%+v\n%s", s, failures(events))
				}
				if e := find(events, tt.change, run.Proved); e == nil || !strings.Contains(e.Detail, tt.says) {
					t.Errorf("%+v", e)
				}
				time.Sleep(time.Hour)
				again := a.withFirst(tt.ans)
				for _, c := range again.Changes {
					if c.Op != resource.Keep && c.ID != "job/shop" {
						t.Errorf("the next plan has %s %s", c.Op, c.ID)
					}
				}
				before := len(a.ops)
				if s, events := a.apply(t.Context(), again, nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.Done > 0 {
					t.Errorf("%+v\n%s", s, failures(events))
				}
				for _, op := range a.ops[before:] {
					if !resource.Reads(op) {
						t.Errorf("the second run calls %s", op)
					}
				}
			})
		})
	}
}

// TestFirstWorkloadThatCannotStart tests that the service fails with the reason of AWS if its tasks do not reach Amazon ECR.
func TestFirstWorkloadThatCannotStart(t *testing.T) {
	for w, want := range map[answers.Workload]struct {
		change resource.ID
		says   string
	}{
		answers.ECSFargate:   {"ecs-service/shop", "deployment failed: tasks failed to start"},
		answers.BatchFargate: {"job/shop", "ResourceInitializationError: unable to pull secrets or registry auth"},
	} {
		synctest.Test(t, func(t *testing.T) {
			later()
			a := open(t, "closed")
			p := a.withFirst(answers.Answers{Workload: w, Clients: firstClients})
			group := ""
			var events []run.Event
			s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Emit: func(e run.Event) {
				events = append(events, e)
				if e.Change == "security-group/endpoints" && e.State == run.Done {
					group = e.Detail
				}
				if e.Change == want.change && e.State == run.Started {
					a.revoke(group)
				}
			}})
			if e := find(events, want.change, run.Failed); s.Failed != 1 || e == nil || !strings.Contains(e.Detail, want.says) {
				t.Errorf("%s: %+v\n%+v", w, s, e)
			}
		})
	}
}

// TestFirstWorkloadWithTakenNames tests that the run stops before it changes a service of somebody else that appeared
// after the plan was made.
func TestFirstWorkloadWithTakenNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "closed")
		p := a.withFirst(answers.Answers{Workload: answers.ECSFargate, Clients: firstClients})
		a.call("ecs", "RegisterTaskDefinition", map[string]any{"family": "shop", "containerDefinitions": []any{map[string]any{"name": "x", "image": "other", "memory": 128}}})
		s, events := a.apply(t.Context(), p, nil)
		e := find(events, "task-definition/shop", run.Failed)
		if s.Failed == 0 || e == nil || !strings.Contains(e.Detail, "the account differs from the plan: ") || !strings.Contains(e.Detail, "image other (plan: 123456789012") {
			t.Errorf("%+v\n%+v", s, e)
		}
		if n := a.calls("CreateService"); n > 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// TestFirstWorkloadLogsIn tests that the definition of a first workload has the credentials of a private registry, and
// that its new role may read the secret: without that, its task does not start.
func TestFirstWorkloadLogsIn(t *testing.T) {
	for w, change := range map[answers.Workload]resource.ID{answers.ECSFargate: "ecs-service/shop", answers.BatchFargate: "job/shop"} {
		synctest.Test(t, func(t *testing.T) {
			later()
			a := open(t, "registry")
			ans := answers.Answers{Version: 1, Workload: w, Region: "us-east-1", VPC: a.vpc, Clients: []string{"subnet-0c2d3e4f5a6b71001", "sg-0c2d3e4f5a6b74001"},
				First: answers.First{Name: "shop", Image: "registry.example.com/team/app:1"}, Registry: answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team"}}
			p := plan.Build(a.known(ans), ans)
			if s := p.Stops(nil); len(s) > 0 {
				t.Fatalf("the plan stops: %+v", s)
			}
			s, events := a.login(p, canary)
			if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
				t.Fatalf("%+v\n%s", s, failures(events))
			}
			if e := find(events, change, run.Proved); e == nil {
				t.Errorf("%s is not verified", change)
			}
			ans.Registry.Value, ans.Registry.Username = answers.RegistryKeep, ""
			for _, c := range plan.Build(a.known(ans), ans).Changes {
				if c.Op != resource.Keep && c.ID != "job/shop" {
					t.Errorf("%s: the next plan has %s %s", w, c.Op, c.ID)
				}
			}
		})
	}
}
