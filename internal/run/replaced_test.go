package run_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// deregister removes container instances from a cluster, by the last sign of their instance ids.
func (a *account) deregister(from string, ids ...string) {
	a.t.Helper()
	c := ecs.NewFromConfig(sdk.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: a.box}, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	for _, cluster := range a.hosts().Clusters {
		for _, h := range cluster.ContainerInstances {
			if cluster.Name != from || !slices.Contains(ids, last(h.Instance)) {
				continue
			}
			if _, err := c.DeregisterContainerInstance(context.Background(), &ecs.DeregisterContainerInstanceInput{Cluster: &cluster.Name, ContainerInstance: &h.ARN, Force: new(true)}); err != nil {
				a.t.Error(err)
			}
		}
	}
}

// wrote is a changing call, except of Run Command: a check from inside sends one in each run.
func (a *account) wrote() string {
	for _, op := range a.ops {
		if accounttest.Changes(op) && op != "SendCommand" {
			return op
		}
	}
	return ""
}

// only leaves the agents of some instances in a plan, by the last sign of their instance ids.
func only(p *plan.Plan, ids ...string) {
	row := p.Change("agents/prod")
	spec := row.Spec.(resource.AgentRestart)
	spec.Hosts = slices.DeleteFunc(spec.Hosts, func(h resource.Host) bool { return !slices.Contains(ids, last(h.Instance)) })
	row.Spec = spec
	p.Claims = slices.DeleteFunc(p.Claims, func(c resource.Claim) bool { return c.Change == row.ID })
	p.Claims = append(p.Claims, row.Claims()...)
}

// TestReplacedInstance deregisters container instances after the plan. The agents of the others are restarted once, and the run
// names those that it skipped. A second run changes nothing and reads the instances once.
func TestReplacedInstance(t *testing.T) {
	for name, tt := range map[string]struct {
		restart string
		planned []string // agents of the plan; nil: all
		gone    []string
		at      string // the instances are deregistered during the first call of this operation; empty: before the run
		after   time.Duration
		want    map[string]int // restarts or reboots
	}{
		"the first of a group":             {restart: answers.RestartSSM, gone: []string{"1"}, want: map[string]int{"2": 1, "3": 1, "4": 1}},
		"the last of a group":              {restart: answers.RestartSSM, gone: []string{"4"}, want: map[string]int{"1": 1, "2": 1, "3": 1}},
		"a group":                          {restart: answers.RestartSSM, gone: []string{"1", "4"}, want: map[string]int{"2": 1, "3": 1}},
		"alone in its zone":                {restart: answers.RestartSSM, gone: []string{"2"}, want: map[string]int{"1": 1, "3": 1, "4": 1}},
		"the only one":                     {restart: answers.RestartSSM, planned: []string{"2"}, gone: []string{"2"}, want: map[string]int{}},
		"long ago":                         {restart: answers.RestartSSM, gone: []string{"4"}, after: 2 * time.Hour, want: map[string]int{"1": 1, "2": 1, "3": 1}},
		"after the command":                {restart: answers.RestartSSM, gone: []string{"4"}, at: "SendCommand", want: map[string]int{"1": 1, "2": 1, "3": 1, "4": 1}},
		"the first to reboot":              {restart: answers.RestartReboot, gone: []string{"1"}, want: map[string]int{"2": 1, "3": 1, "4": 1}},
		"the last to reboot":               {restart: answers.RestartReboot, gone: []string{"3"}, want: map[string]int{"1": 1, "2": 1, "4": 1}},
		"the only one to reboot":           {restart: answers.RestartReboot, planned: []string{"2"}, gone: []string{"2"}, want: map[string]int{}},
		"by its scale-in while it drained": {restart: answers.RestartReboot, gone: []string{"1"}, at: "UpdateContainerInstancesState", want: map[string]int{"2": 1, "3": 1, "4": 1}},
		"while it rebooted":                {restart: answers.RestartReboot, gone: []string{"1"}, at: "RebootInstances", want: map[string]int{"1": 1, "2": 1, "3": 1, "4": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "closed")
				p := a.onEC2(a.hosts(), "prod", tt.restart)
				if tt.planned != nil {
					only(p, tt.planned...)
				}
				if tt.at == "" {
					a.deregister("prod", tt.gone...)
				}
				time.Sleep(tt.after)
				reboots := map[string]int{}
				caller := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
					out, err := a.Call(ctx, service, op, in)
					if op == "RebootInstances" && err == nil {
						reboots[last(in["InstanceIds"].([]any)[0].(string))]++
					}
					if op == tt.at {
						tt.at = ""
						a.deregister("prod", tt.gone...)
					}
					return out, err
				})
				var events []run.Event
				s := run.Apply(t.Context(), p, run.Options{Caller: caller, RunID: "first", Now: time.Now, Emit: func(e run.Event) { events = append(events, e) }})
				if s.Failed+s.Skipped > 0 || s.Open != 1 || s.Proof == run.ProofFailed || s.Unproven == 0 {
					t.Errorf("%+v%s", s, failures(events))
				}
				e := find(events, "agents/prod", run.Unproven)
				if e == nil {
					t.Fatalf("%+v", events)
				}
				for _, id := range []string{"1", "2", "3", "4"} {
					text := "Container instance " + prodHosts + id + " is no longer registered in cluster prod, so it is skipped. If another instance replaced it, create a new plan."
					if n := strings.Count(e.Detail, text); n != strings.Count(strings.Join(tt.gone, ""), id) {
						t.Errorf("%q is shown %d times: %s", text, n, e.Detail)
					}
				}
				if !slices.ContainsFunc(events, func(e run.Event) bool {
					return e.State == run.Waiting && strings.Contains(e.Detail, prodHosts+tt.gone[0]+" is no longer registered")
				}) {
					t.Error("no progress shows what is skipped")
				}
				restarted := func() map[string]int {
					if tt.restart == answers.RestartReboot {
						return reboots
					}
					return a.restarts()
				}
				if d := cmp.Diff(tt.want, restarted()); d != "" {
					t.Error("restarts (-want +got)", d)
				}
				for _, c := range a.hosts().Clusters {
					for _, h := range c.ContainerInstances {
						if c.Name == "prod" && h.Status != "ACTIVE" {
							t.Errorf("%s is %s", h.Instance, h.Status)
						}
					}
				}

				a.ops = nil
				s, events = a.apply(t.Context(), p, nil)
				if s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
					t.Errorf("again: %+v%s", s, failures(events))
				}
				if n := a.calls("DescribeContainerInstances"); len(tt.planned) != 1 && n != 1 {
					t.Errorf("the second run read the instances %d times", n)
				}
				if d := cmp.Diff(tt.want, restarted()) + a.wrote(); d != "" {
					t.Error("the second run changes something", d)
				}
			})
		})
	}
}

// TestReplacedInstanceIsNotUpdated deregisters one of two instances with old agents after the plan.
func TestReplacedInstanceIsNotUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "old-agents")
		p := plan.Build(a.hosts(), answers.Answers{Workload: answers.ECSEC2, Region: "us-east-1", VPC: a.vpc, Service: "attic", Agent: answers.Agent{Clusters: []string{"attic"}, Restart: answers.RestartNone, Update: true}})
		hosts := p.Change("agent-update/attic").Spec.(resource.AgentUpdate).Hosts
		if len(hosts) != 2 {
			t.Fatalf("%+v", hosts)
		}
		a.deregister("attic", last(hosts[0].Instance))
		s, events := a.apply(t.Context(), p, nil)
		e := find(events, "agent-update/attic", run.Unproven)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.Unproven == 0 || e == nil || !strings.Contains(e.Detail, hosts[0].Instance) || strings.Contains(e.Detail, hosts[1].Instance) {
			t.Errorf("%+v %+v%s", s, e, failures(events))
		}
		if n := a.calls("UpdateContainerAgent"); n != 1 {
			t.Errorf("%d agents were updated", n)
		}
		a.ops = nil
		if s, events = a.apply(t.Context(), p, nil); s.Failed+s.Skipped > 0 || a.wrote() != "" || a.calls("DescribeContainerInstances") != 1 {
			t.Errorf("again: %+v%s", s, failures(events))
		}
	})
}

// TestSecondRunReadsAgentsOnce: if nothing is to be done, one call reads all container instances, and nothing is written.
func TestSecondRunReadsAgentsOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		scenario, cluster string
		agent             answers.Agent
	}{
		"Run Command": {"closed", "prod", answers.Agent{Restart: answers.RestartSSM}},
		"reboot":      {"closed", "prod", answers.Agent{Restart: answers.RestartReboot}},
		"update":      {"old-agents", "attic", answers.Agent{Restart: answers.RestartNone, Update: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, tt.scenario)
				tt.agent.Clusters = []string{tt.cluster}
				p := plan.Build(a.hosts(), answers.Answers{Workload: answers.ECSEC2, Region: "us-east-1", VPC: a.vpc, Service: tt.cluster, Agent: tt.agent})
				if s := p.Stops(nil); len(s) > 0 {
					t.Fatalf("the plan stops: %+v", s)
				}
				if s, events := a.apply(t.Context(), p, nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
					t.Fatalf("%+v%s", s, failures(events))
				}
				a.ops = nil
				s, events := a.apply(t.Context(), p, nil)
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || find(events, "agents/prod", run.Done) != nil {
					t.Errorf("%+v%s", s, failures(events))
				}
				if n := a.calls("DescribeContainerInstances"); n != 1 {
					t.Errorf("the container instances were read %d times", n)
				}
				if op := a.wrote(); op != "" {
					t.Errorf("the second run calls %s", op)
				}
			})
		})
	}
}

// TestDrainThatFails: the message says which instance was drained, and what became of it.
func TestDrainThatFails(t *testing.T) {
	const instance = prodHosts + "2"
	for name, tt := range map[string]struct {
		busy     bool     // a task that no service moves runs on the instance
		refuse   []string // states that the instance cannot be set to
		says     []string
		draining bool
	}{
		"refused":                           {refuse: []string{"DRAINING"}, says: []string{"drain " + instance + ": denied", "Done to revert this: record on " + instance + " that it is active"}},
		"never empty":                       {busy: true, says: []string{"drain " + instance + ": still draining after 3600 seconds", "AWS Batch jobs", "Done to revert this: activate instance " + instance}},
		"never empty, and cannot be undone": {busy: true, refuse: []string{"ACTIVE"}, draining: true, says: []string{"drain " + instance, "activate instance " + instance + ": denied", "Instance " + instance + " may be left DRAINING", "aws ecs update-container-instances-state --cluster prod --container-instances ARN --status ACTIVE --region us-east-1`."}},
		"not activated at the end":          {refuse: []string{"ACTIVE"}, draining: true, says: []string{"activate instance " + instance + ": denied", "aws ecs update-container-instances-state --cluster prod --container-instances ARN --status ACTIVE --region us-east-1`."}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "closed")
				p := a.onEC2(a.hosts(), "prod", answers.RestartReboot)
				only(p, "2")
				arn := p.Change("agents/prod").Spec.(resource.AgentRestart).Hosts[0].ARN
				caller := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
					if state, _ := in["status"].(string); op == "UpdateContainerInstancesState" && slices.Contains(tt.refuse, state) {
						return nil, errors.New("denied")
					}
					out, err := a.Call(ctx, service, op, in)
					if op == "DescribeContainerInstances" && err == nil && tt.busy {
						for _, i := range out.(map[string]any)["containerInstances"].([]any) {
							i.(map[string]any)["runningTasksCount"] = 1
						}
					}
					return out, err
				})
				var events []run.Event
				s := run.Apply(t.Context(), p, run.Options{Caller: caller, RunID: "first", Now: time.Now, Emit: func(e run.Event) { events = append(events, e) }})
				e := find(events, "agents/prod", run.Failed)
				if e == nil {
					t.Fatalf("%+v\n%+v", s, events)
				}
				for _, text := range tt.says {
					if text = strings.ReplaceAll(text, "ARN", arn); !strings.Contains(e.Detail, text) {
						t.Errorf("%q is not in: %s", text, e.Detail)
					}
				}
				for _, c := range a.hosts().Clusters {
					for _, h := range c.ContainerInstances {
						if h.Instance == instance && (h.Status == "DRAINING") != tt.draining {
							t.Errorf("%s is %s", h.Instance, h.Status)
						}
					}
				}
			})
		})
	}
}
