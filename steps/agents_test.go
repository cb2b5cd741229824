package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// fleet is an account with two container instances without an internet route. Run Command
// can reach the first one. Plans are real ones.
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
	return State{Inv: &w.Inv, Ans: Answers{Answers: w.Ans}}
}

func TestAgentsStepNeedsAgentsToRestart(t *testing.T) {
	for name, tt := range map[string]struct {
		s    State
		want bool
	}{
		"instances":    {fleet(), true},
		"no restart":   {fleet(func(w *plantest.World) { w.Ans.Agent.Restart = answers.RestartNone }), true}, // to choose again
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
					h.Tags[resource.RestartTag+code] = "vpce-" + code
				}
			}
		}), false},
	} {
		if got := step(t, Agents).Applies(tt.s); got != tt.want {
			t.Errorf("%s: asked is %v", name, got)
		}
	}
}

func TestRestartOptions(t *testing.T) {
	s := fleet()
	st := step(t, Agents)
	if got := st.Selected(s); !slices.Equal(got, []string{asProposed}) || st.Short(s) != "Run Command" {
		t.Errorf("proposed %v, short %q", got, st.Short(s))
	}
	if !slices.Contains(st.Needs(s), inventory.Request{Part: inventory.PartHosts, VPC: plantest.VPC}) {
		t.Error("the step does not read which instances Run Command can reach")
	}
	for _, tt := range []struct{ value, stored, short string }{
		{answers.RestartSSM, answers.RestartSSM, "Run Command"}, {answers.RestartCommands, answers.RestartCommands, "manual step"},
		{answers.RestartReboot, answers.RestartReboot, "reboot"},
		{answers.RestartNone, answers.RestartNone, "none"}, {asProposed, "", "Run Command"},
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
			t.Errorf("%q was accepted", no)
		}
	}
	for _, want := range []string{"12 hours", "Running tasks continue", "after a restart"} {
		if !strings.Contains(st.Help(s), want) {
			t.Errorf("the help does not say %q", want)
		}
	}
}

// TestRestartTexts checks that the texts come from the plan of each option.
func TestRestartTexts(t *testing.T) {
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
		{"proposed", asProposed, "1 by the wizard, 1 by you", fleet(old), []string{"one zone after the other", "Cluster prod: 2 agents to restart", "  Run Command, can be reached now: i-prod-0\n",
			"  Manual step: i-prod-1 (it is not registered in Systems Manager", "Connected to Amazon ECS now: 1 of 2", "Agent versions: 1.24.0, 1.86.2",
			"older than 1.25.1", "i-prod-1 (1.24.0)", "This blocks the plan. Update them"}, []string{"you chose to run the commands yourself"}},
		{"proposed after another answer", asProposed, "1 by the wizard, 1 by you", fleet(func(w *plantest.World) { w.Ans.Agent.Restart = answers.RestartCommands }),
			[]string{"Run Command, can be reached now: i-prod-0"}, []string{"you chose to run the commands yourself", "1.25.1"}},
		{"no profile", asProposed, "1 by the wizard, 1 by you", fleet(func(w *plantest.World) { w.Inv.Hosts[1].Profile = "" }), []string{"Manual step: i-prod-1 (it has no instance profile, which Systems Manager needs)"}, nil},
		{"all by Run Command", answers.RestartSSM, "2 endpoints, $29 per month", fleet(), []string{"also creates 2 endpoints (ssm, ssmmessages)", "about $29.20 per month more", "waits until Systems Manager can reach",
			"Run Command, can be reached now: i-prod-0\n", "Run Command, when Systems Manager can reach them: i-prod-1\n"}, nil},
		{"they are reached", answers.RestartSSM, "2 by the wizard", fleet(open), []string{"This needs no additional endpoint.", "Run Command, can be reached now: i-prod-0, i-prod-1"}, []string{"waits until", "per month"}},
		{"commands", answers.RestartCommands, "0 by the wizard, 2 by you", fleet(), []string{"sudo systemctl restart ecs", "Manual step: i-prod-0, i-prod-1 (you chose to run the commands yourself)", "not verified"}, nil},
		{"none", answers.RestartNone, "up to 12 hours", fleet(), []string{"2 agents keep the old addresses", "up to 12 hours", "Cluster prod: 2 agents not restarted\n  Connected to Amazon ECS now: 2 of 2"}, []string{"to restart"}},
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

func TestOtherChoiceClearsTheRestart(t *testing.T) {
	const restart = "the restart of the ECS agents"
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
		"not created":           {"workers", Service, notCreated, true},
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
		if slices.Contains(cleared, restart) != tt.clears || (s.Ans.Agent.Restart == "") != tt.clears || s.Ans.Agent.Update == tt.clears {
			t.Errorf("%s: cleared %q, restart %q", name, cleared, s.Ans.Agent.Restart)
		}
	}
}
