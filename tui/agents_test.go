package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// What is answered on the way leads review the plan, is kept on the way back, and is
// cleared with the thing that it is for.
func TestTheWayOfRestartingAgents(t *testing.T) {
	f := newFake()
	withInstances(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(toAgents...)
		d.sees("How should the ECS agents be restarted?", "2 endpoints, $29 per month", "up to 12 hours")
		if !slices.Contains(f.loads, inventory.Request{Part: inventory.PartHosts, VPC: "vpc-0a1"}) {
			t.Error("which instances Systems Manager reaches was not read")
		}
		d.press("choose:run command on all", "enter")
		d.sees("about $73.00 per month")
		d.press("esc", "esc")
		d.sees("▸ Run Command on all")
		d.press("choose:no restart", "enter")
		d.missesAll("to run")
		if a := d.a.ans.Agent; a.Restart != answers.RestartNone || !slices.Equal(a.Clusters, []string{"workers"}) {
			t.Errorf("%+v", a)
		}
		for range 10 { // to the clusters
			d.press("esc")
		}
		d.sees("Which ECS cluster or service needs endpoints?")
		d.press("choose:workers/mail")
		d.sees("the cluster workers, the VPC vpc-0a1, the restart of the ECS agents, the subnets and security groups of the container instances")
		if d.a.ans.Agent.Restart != "" {
			t.Error("it is still answered")
		}
	})
}

// A workload without agents has no station for them.
func TestTheRailShowsAgentsOnEC2Only(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate)...)
		if strings.Contains(d.screen(), "ECS agents") {
			t.Errorf("on Fargate:\n%s", d.screen())
		}
		d.press("esc", "choose:"+onEC2)
		if !strings.Contains(d.screen(), "· ECS agents") {
			t.Errorf("on EC2:\n%s", d.screen())
		}
	})
}

// The part that a restart has come to stands below its row in one line, at every size,
// and stays when the run tells how it goes.
func TestProgressShowsThePartOfARestart(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		f := newFake()
		restarting(f)
		play(t, f, Options{}, func(d *driver) {
			d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
			applyingOnEC2(d)
			d.a.opts.Width, d.a.opts.Height = 0, 0
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			fits(t, d, size[0], size[1])
			lines := strings.Split(d.screen(), "\n")
			at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "restarting") })
			if at < 0 || !strings.Contains(lines[at], "cluster workers") {
				t.Fatalf("%v: the row is not shown:\n%s", size, d.screen())
			}
			if !strings.Contains(lines[at+1], "  wait until the agen") || strings.Count(d.screen(), "wait until") != 1 {
				t.Errorf("%v: its part is not shown below it:\n%s", size, d.screen())
			}
			s := d.a.top().(*progressScreen)
			// The row of the part comes with the first part and goes with the last: it does
			// not flicker in between.
			for i, detail := range []string{"i-02 is not connected", "asking for its state: no such host; asking again", "restart the agents of us-east-1b: i-03", "1f-command is InProgress",
				"restart the agents of us-east-1b: " + strings.Repeat("i-0123456789abcdef0, ", 5)} {
				s.take(run.Event{Time: t0, Change: "agents/workers", State: run.Waiting, Detail: detail})
				fits(t, d, size[0], size[1])
				want := []string{"wait until", "wait until", "restart the agents", "restart the agents", "restart the agents"}[i]
				if now := strings.Split(d.screen(), "\n"); !strings.Contains(now[at+1], want) || strings.Contains(d.screen(), "1f-command") {
					t.Errorf("%v: after %q:\n%s", size, detail, d.screen())
				}
			}
			s.take(run.Event{Time: t0.Add(time.Minute), Change: "agents/workers", State: run.Done})
			d.missesAll("restart the agents of")
			d.press("ctrl+c")
		})
	}
}

// A row that waits says how long it may take, whatever the room: then the rest is cut.
func TestWaitingSaysHowLongAtMost(t *testing.T) {
	p := &plan.Plan{Changes: []resource.Change{
		{ID: "endpoint/logs", Op: resource.Create, Summary: "Interface endpoint for logs in two zones", Spec: resource.InterfaceEndpoint{}},
		{ID: "agents/a", Op: resource.Run, Summary: "Restart a", Spec: resource.AgentRestart{Cluster: "a"}}}}
	s := &progressScreen{progress: newProgress(p)}
	a := newApp(t.Context(), newFake(), Options{})
	a.now, s.started = t0.Add(2*time.Second), t0
	shows := func(w int, want ...string) {
		t.Helper()
		text := ansi.Strip(strings.Join(s.render(a, w, 12), "\n"))
		for _, line := range want {
			if !strings.Contains(text, line) {
				t.Errorf("%q is not shown at %d columns:\n%s", line, w, text)
			}
		}
	}
	for id, limit := range map[resource.ID]int{"endpoint/logs": 600, "agents/a": 90} {
		s.take(run.Event{Time: t0, Change: id, State: run.Started})
		s.take(run.Event{Time: t0, Change: id, State: run.Waiting, Detail: "wait until it is ready to be used", Limit: limit})
	}
	shows(80, "The wizard waits up to 10 min.", "waiting for AWS  0:02", "wait until it is ready to be used, up to 90 s")
	shows(40, "Interface endpoint        0 of 1  0:02", "wait until it is read…, up to 90 s")
	s.take(run.Event{Time: t0, Change: "endpoint/logs", State: run.Waiting, Detail: "AWS limits how fast this may be called; trying again"})
	shows(80, "AWS limits how fast this may be called; trying again", "waiting for AWS  0:02")
	s.take(run.Event{Time: t0.Add(time.Second), Change: "endpoint/logs", State: run.Done})
	shows(80, "Applying the plan: 1 of 2 applied", "done  0:01")
}

// Restarts of several clusters go side by side, each with its own line.
func TestSeveralRestartsEachShowTheirPart(t *testing.T) {
	p := &plan.Plan{Changes: []resource.Change{
		{ID: "agents/a", Op: resource.Run, Summary: "Restart a", Spec: resource.AgentRestart{Cluster: "a"}},
		{ID: "agents/b", Op: resource.Run, Summary: "Restart b", Spec: resource.AgentRestart{Cluster: "b"}}}}
	s := &progressScreen{progress: newProgress(p)}
	for _, id := range []resource.ID{"agents/a", "agents/b"} {
		s.take(run.Event{Change: id, State: run.Started})
		s.take(run.Event{Change: id, State: run.Waiting, Detail: "restart the agents of zone-" + string(id)})
	}
	s.take(run.Event{Change: "agents/a", State: run.Waiting, Detail: "i-1 is not connected"})
	a := newApp(t.Context(), newFake(), Options{Now: func() time.Time { return t0 }})
	text := ansi.Strip(strings.Join(s.render(a, 80, 20), "\n"))
	for _, want := range []string{"zone-agents/a (not connected)", "zone-agents/b\n", "Running tasks continue."} {
		if !strings.Contains(text+"\n", want) {
			t.Errorf("%q is not shown:\n%s", want, text)
		}
	}
}

func TestPlainTellsThePartsOfARestart(t *testing.T) {
	f := newFake()
	notBack(f)
	// The empty lines take what is proposed in six steps, and replace no task.
	r, out := plainly(t, f, Options{}, sandboxAccount, onEC2, wholeCluster, everyQuestion, "", "", "", "", "", "", "run command on all", "", applyNow, "apply", leaveNow)
	if r.Outcome != Failed || f.applied != 1 {
		t.Errorf("%+v", r)
	}
	says(t, out, "How should the ECS agents be restarted?", ". Run Command on all - 2 endpoints, $29 per month", "Agents to restart\nCluster: workers\nus-east-1a\n  i-01 (Amazon Linux 2023): Run Command\n",
		"i-02 (Amazon Linux 2023): Run Command, when Systems Manager can reach it",
		"restarting: Restart the ECS agents of 2 container instances in cluster workers\n", "restarting: restart the agents of us-east-1a: i-01, i-02\n",
		"restart the agents of us-east-1a: i-01, i-02 (InProgress)\n", "wait for Systems Manager to reach us-east-1a: i-01, i-02, up to 15 min\n", "wait for Systems Manager to reach us-east-1a: i-01, i-02 (not reached yet)\n",
		"failed: Restart the ECS agents", "wait until the agent of i-02 is connected: still not connected after 300 seconds")
	if n := strings.Count(out, "i-02 is connected (not connected)"); n != 1 {
		t.Errorf("the same was said %d times", n)
	}
}

// A restart that failed does not hide what is a manual step.
func TestAFailedRestartStillSaysWhatIsLeftToTheUser(t *testing.T) {
	f := newFake()
	notBack(f)
	play(t, f, Options{Width: 120, Height: 50}, func(d *driver) {
		applyingOnEC2(d)
		d.sees("i-02 is connected: still not connected after 300 seconds", "Manual step: On i-02", "sudo systemctl restart ecs")
	})
}

func TestServicesWithRunningTasksAreNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		services  int // beside those of the account
		answers   answers.Answers
		done      int
		says, not []string
	}{
		"one":           {0, answers.Answers{Workload: answers.ECSEC2, Service: "workers"}, 1, []string{"To replace the tasks of workers/mail now, press t or run:", "aws --profile 'my lab' ecs update-service --cluster workers --service mail"}, []string{"prod/legacy"}},
		"of the VPC":    {0, answers.Answers{Workload: answers.ECSFargate}, 1, []string{"Amazon ECS retries failed tasks."}, []string{"update-service", "legacy"}},
		"few":           {3, answers.Answers{Workload: answers.ECSFargate}, 1, []string{"Services with running tasks: prod/s0, prod/s1, prod/s2. To replace the tasks of one service now, press t or run:", "--service s0"}, nil},
		"many":          {9, answers.Answers{Workload: answers.ECSFargate}, 1, []string{"prod/s3, prod/s4 and 4 more. To replace"}, []string{"prod/s5"}},
		"the named one": {9, answers.Answers{Workload: answers.ECSFargate, Service: "prod/s7"}, 1, []string{"To replace the tasks of prod/s7 now, press t or run:"}, []string{"prod/s0"}},
		"nothing done":  {9, answers.Answers{Workload: answers.ECSFargate}, 0, nil, []string{"update-service", "New tasks"}},
		"jobs":          {9, answers.Answers{Workload: answers.BatchEC2, ComputeEnvironment: "nightly"}, 1, []string{"New jobs use the endpoints"}, []string{"update-service"}},
	} {
		f := newFake()
		withInstances(f)
		for i := range tt.services {
			f.inv.Clusters[0].Services = append(f.inv.Clusters[0].Services, inventory.Service{Name: fmt.Sprint("s", i), LaunchType: "FARGATE", VPC: "vpc-0a1", Subnets: []string{"subnet-0a"}, Running: 1})
		}
		a := newApp(t.Context(), f, Options{Now: func() time.Time { return t0 }})
		a.inv, a.ans.Answers = f.inv, tt.answers
		a.ans.VPC, a.account.Settings = "vpc-0a1", &Settings{Flag: "my lab"}
		var text strings.Builder
		for _, p := range newResult(a, newProgress(&plan.Plan{}), &outcome{summary: run.Summary{Done: tt.done, Proof: run.ProofProved}}).text {
			text.WriteString(p.text + strings.Join(p.command, " ") + "\n")
		}
		if tt.done > 0 && !families.Of(tt.answers.Workload).Jobs {
			tt.says = append(tt.says, "New tasks use the endpoints. Running tasks keep their connections until they are replaced.")
		}
		for _, want := range tt.says {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, text.String())
			}
		}
		for _, no := range tt.not {
			if strings.Contains(text.String(), no) {
				t.Errorf("%s: %q is said:\n%s", name, no, text.String())
			}
		}
	}
}

// Running tasks are replaced on the way from the result, where nothing is ticked before,
// through a plan like any other.
func TestRunningTasksAreReplacedFromTheResult(t *testing.T) {
	f := newFake()
	withInstances(f)
	play(t, f, Options{}, func(d *driver) {
		applyingOnEC2(d)
		d.sees("t replace tasks")
		d.press("t")
		d.sees("Which services should replace their running tasks?", "[ ] workers/mail")
		d.press("tick:workers/mail", "enter")
		d.sees("Plan for shop (vpc-0a1)")
		if !slices.Equal(d.a.ans.Redeploy, []string{"workers/mail"}) || f.applied != 1 {
			t.Errorf("%v, applied %d times", d.a.ans.Redeploy, f.applied)
		}
	})
	f = newFake()
	withInstances(f)
	_, out := plainly(t, f, Options{}, sandboxAccount, onEC2, wholeCluster, planNow, applyNow, "apply", "replace running tasks", "workers/mail", "q")
	says(t, out, ". Replace running tasks - asks for the services", "1. [ ] workers/mail", "Plan for shop")
}

// TestPlainListsNoRestartThatIsDone: agents that use the endpoints already are not listed as to restart.
func TestPlainListsNoRestartThatIsDone(t *testing.T) {
	for op, listed := range map[resource.Op]bool{resource.Run: true, resource.Keep: false} {
		f := newFake()
		see := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
			p := build(inv, ans)
			p.Changes = append(p.Changes, resource.Change{ID: "agents/workers", Op: op, Summary: "restart", Spec: resource.AgentRestart{Cluster: "workers", Hosts: []resource.Host{{Instance: "i-01", Zone: "us-east-1a"}}}})
			return p
		}
		_, out := plainly(t, f, Options{Build: see}, slices.Concat(plainReview, []string{leaveNow})...)
		if strings.Contains(out, "Agents to restart\nCluster: workers\n") != listed {
			t.Errorf("%s: %s", op, out)
		}
	}
}
