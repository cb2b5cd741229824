package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// fleet is an account with two container instances without a way out, of which Run
// Command reaches the first; plans are the real ones.
func fleet(change ...func(*plantest.World)) State {
	w := plantest.New()
	plantest.OnEC2(w)
	w.Ans.Agent.Clusters = []string{"prod"}
	w.Inv.Hosts = []inventory.Host{
		{Instance: "i-prod-0", VPC: plantest.VPC, AMIName: "al2023-ami-ecs-hvm-2023", Profile: "arn:p", Ping: "Online", PlatformName: "Amazon Linux", PlatformVersion: "2023"},
		{Instance: "i-prod-1", VPC: plantest.VPC, AMIName: "al2023-ami-ecs-hvm-2023", Profile: "arn:p"},
	}
	for _, c := range change {
		c(w)
	}
	return State{Inv: &w.Inv, Ans: w.Ans}
}

func TestAgentsAreAskedForOnlyWhereOneIsToBeRestarted(t *testing.T) {
	for name, tt := range map[string]struct {
		s    State
		want bool
	}{
		"instances":    {fleet(), true},
		"left alone":   {fleet(func(w *plantest.World) { w.Ans.Agent.Restart = answers.RestartNone }), true}, // to choose again
		"no instances": {fleet(func(w *plantest.World) { w.Inv.Cluster("prod").ContainerInstances = nil }), false},
		"Fargate":      {fleet(func(w *plantest.World) { w.Ans.Workload = answers.ECSFargate }), false},
		"all restarted": {fleet(func(w *plantest.World) {
			w.Group(plantest.Wide())
			for _, code := range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
				w.Endpoint(plantest.Ready(code))
			}
			for i := range w.Inv.Cluster("prod").ContainerInstances {
				h := &w.Inv.Cluster("prod").ContainerInstances[i]
				h.Tags = map[string]string{}
				for _, code := range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
					h.Tags[plan.RestartTag+code] = "vpce-" + code
				}
			}
		}), false},
	} {
		if got := step(t, Agents).Applies(tt.s); got != tt.want {
			t.Errorf("%s: asked is %v", name, got)
		}
	}
}

func TestWaysToRestartAgents(t *testing.T) {
	s := fleet()
	st := step(t, Agents)
	if got := st.Selected(s); !slices.Equal(got, []string{asProposed}) || st.Short(s) != "Run Command/by hand" {
		t.Errorf("proposed %v, short %q", got, st.Short(s))
	}
	if !slices.Contains(st.Needs(s), inventory.Request{Part: inventory.PartHosts, VPC: plantest.VPC}) {
		t.Error("which instances Run Command reaches is not read")
	}
	for _, tt := range []struct{ value, stored, short string }{
		{answers.RestartSSM, answers.RestartSSM, "Run Command"}, {answers.RestartCommands, answers.RestartCommands, "by hand"},
		{answers.RestartReboot, answers.RestartReboot, "by a reboot"},
		{answers.RestartNone, answers.RestartNone, "left alone"}, {asProposed, "", "Run Command/by hand"},
	} {
		set(t, &s, Agents, tt.value)
		if s.Ans.Agent.Restart != tt.stored || st.Short(s) != tt.short || !slices.Equal(st.Selected(s), []string{tt.value}) || !slices.Equal(s.Ans.Agent.Clusters, []string{"prod"}) {
			t.Errorf("%s: %+v, short %q, selected %v", tt.value, s.Ans.Agent, st.Short(s), st.Selected(s))
		}
	}
	for name, change := range map[string]func(*plantest.World){
		"no instances":      func(w *plantest.World) { w.Inv.Cluster("prod").ContainerInstances = nil },
		"in another VPC":    func(w *plantest.World) { w.Ans.VPC = "vpc-other" },
		"in other clusters": func(w *plantest.World) { w.Ans.Agent.Clusters = []string{"other"} },
	} {
		if s := fleet(change); st.Short(s) != "" {
			t.Errorf("%s: short %q", name, st.Short(s))
		}
	}
	for _, no := range []string{"sometimes", ""} {
		if _, err := st.Set(s, []string{no}); err == nil {
			t.Errorf("%q was taken", no)
		}
	}
	for _, want := range []string{"12 hours", "Running tasks go on", "Only tasks that start afterwards"} {
		if !strings.Contains(st.Help(s), want) {
			t.Errorf("the help does not say %q", want)
		}
	}
}

// What is said of the account is what the plan says, whatever was answered before.
func TestWhatIsSaidOfAgents(t *testing.T) {
	old := func(w *plantest.World) {
		h := &w.Inv.Cluster("prod").ContainerInstances[1]
		h.AgentVersion, h.Connected = "1.24.0", false
	}
	open := func(w *plantest.World) {
		for i := range w.Inv.Hosts {
			w.Inv.Hosts[i].Ping, w.Inv.Hosts[i].PlatformName, w.Inv.Hosts[i].PlatformVersion = "Online", "Amazon Linux", "2"
		}
		w.Group(plantest.Wide())
		for _, code := range []string{"ssm", "ssmmessages"} {
			w.Endpoint(plantest.Ready(code))
		}
	}
	for _, tt := range []struct {
		name, value, hint string
		s                 State
		says, not         []string
	}{
		{"proposed", asProposed, "1 by Run Command, 1 by hand", fleet(old), []string{"one zone after the other", "Cluster prod: 2 agents to restart", "  Run Command reaches now: i-prod-0\n",
			"  By hand: i-prod-1 (Systems Manager does not know it", "Connected to Amazon ECS now: 1 of 2", "Versions of the agent: 1.24.0, 1.86.2",
			"older than 1.25.1", "i-prod-1 (1.24.0)", "This stops the plan. Update them"}, []string{"commands were chosen"}},
		{"proposed after another way", asProposed, "1 by Run Command, 1 by hand", fleet(func(w *plantest.World) { w.Ans.Agent.Restart = answers.RestartCommands }),
			[]string{"Run Command reaches now: i-prod-0"}, []string{"commands were chosen", "1.25.1"}},
		{"no profile", asProposed, "1 by Run Command, 1 by hand", fleet(func(w *plantest.World) { w.Inv.Hosts[1].Profile = "" }), []string{"By hand: i-prod-1 (it has no instance profile, which Systems Manager needs)"}, nil},
		{"all by Run Command", answers.RestartSSM, "2 by Run Command, 29 USD/month", fleet(), []string{"also makes 2 endpoints (ssm, ssmmessages)", "about 29.20 USD a month more", "waits until Systems Manager reaches",
			"Run Command reaches now: i-prod-0\n", "Run Command, once Systems Manager reaches them: i-prod-1\n"}, nil},
		{"they are reached", answers.RestartSSM, "2 by Run Command", fleet(open), []string{"No endpoint has to be made for it.", "Run Command reaches now: i-prod-0, i-prod-1"}, []string{"waits until", "a month"}},
		{"commands", answers.RestartCommands, "2 by hand", fleet(), []string{"sudo systemctl restart ecs", "By hand: i-prod-0, i-prod-1 (commands were chosen)", "unproven"}, nil},
		{"none", answers.RestartNone, "within 12 hours", fleet(), []string{"There are 2 agents with addresses from before", "within 12 hours", "Cluster prod: 2 agents left alone\n  Connected to Amazon ECS now: 2 of 2"}, []string{"to restart"}},
	} {
		o := option(t, tt.s, Agents, tt.value)
		if o.Hint != tt.hint {
			t.Errorf("%s: hint %q", tt.name, o.Hint)
		}
		for _, want := range tt.says {
			if !strings.Contains(o.Details+"\n", want) {
				t.Errorf("%s does not say %q:\n%s", tt.name, want, o.Details)
			}
		}
		for _, no := range tt.not {
			if strings.Contains(o.Details, no) {
				t.Errorf("%s says %q:\n%s", tt.name, no, o.Details)
			}
		}
	}
}

func TestAnotherThingClearsTheWayOfRestarting(t *testing.T) {
	const said = "how the ECS agents are restarted"
	on := func(name string) State {
		s := state(yard(), answers.Answers{Workload: answers.ECSEC2})
		set(t, &s, Service, name)
		s.Ans.Agent.Restart, s.Ans.Agent.Update = answers.RestartCommands, true
		return s
	}
	for name, tt := range map[string]struct {
		of, step, value string
		clears          bool
	}{
		"another cluster":       {"workers", Service, "wide", true},
		"not there":             {"workers", Service, notThere, true},
		"another VPC":           {"workers", "vpc", "vpc-default", true},
		"its other VPC":         {"wide", "vpc", "vpc-other", true},
		"another workload":      {"workers", "workload", string(answers.BatchEC2), true},
		"a workload without it": {"workers", "workload", string(answers.ECSFargate), true},
		"the same cluster":      {"workers", Service, "workers", false},
		"the same VPC":          {"workers", "vpc", "vpc-shop", false},
		"another policy":        {"workers", "policy", answers.PolicyLeast, false},
	} {
		s := on(tt.of)
		cleared := set(t, &s, tt.step, tt.value)
		if slices.Contains(cleared, said) != tt.clears || (s.Ans.Agent.Restart == "") != tt.clears || s.Ans.Agent.Update == tt.clears {
			t.Errorf("%s: cleared %q, restart %q", name, cleared, s.Ans.Agent.Restart)
		}
	}
}
