package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// asProposed is the value of the proposed restart. It stores no answer.
const asProposed = "proposed"

func agentsStep() *Step {
	return &Step{
		ID: Agents, Title: "ECS agents", Kind: One, For: func(w *workload.Workload) bool { return w.OwnHosts },
		Terms: []*terms.Term{terms.AgentRestart, terms.PrivateDNS},
		Ask:   text("How should the ECS agents be restarted?"),
		Help: func(s State) string {
			return fmt.Sprintf("A running agent keeps old addresses for up to 12 hours. It uses the new endpoints after a restart. Running %s continue.", s.workload().Many)
		},
		// There is nothing to ask if no agent runs, or if every agent started after the endpoints.
		Applies: func(s State) bool {
			return existing(s) && s.workload().OwnHosts && len(restarted(s.restarting(""))) > 0
		},
		Needs: func(s State) []inventory.Request {
			rs := append(append(network(s), workloadParts(s.workload())...), inventory.Request{Part: inventory.PartServices})
			if s.Ans.VPC != "" && existing(s) {
				rs = append(rs, inventory.Request{Part: inventory.PartHosts, VPC: s.Ans.VPC})
			}
			return rs
		},
		Options: agentOptions,
		Selected: func(s State) []string {
			if s.Ans.Agent.Restart == "" {
				return []string{asProposed}
			}
			return []string{s.Ans.Agent.Restart}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("option", One, agentOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Agent.Restart = v[0]
			if v[0] == asProposed {
				a.Agent.Restart = ""
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			if s.Ans.Agent.Restart == "" && s.runsAgents() {
				return "Run Command"
			}
			return map[string]string{answers.RestartSSM: "Run Command", answers.RestartReboot: "reboot", answers.RestartCommands: "manual step", answers.RestartNone: "none"}[s.Ans.Agent.Restart]
		},
	}
}

// runsAgents reports whether the chosen clusters have agents. It runs for each frame, so it
// builds no plan and also counts agents that need no restart.
func (s State) runsAgents() bool {
	named := s.Ans.Agent.Clusters
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		if len(named) > 0 && !slices.Contains(named, c.Name) && !slices.Contains(named, c.ARN) {
			continue
		}
		for j := range c.ContainerInstances {
			h := &c.ContainerInstances[j]
			if h.Own() && (h.VPC == s.Ans.VPC || h.VPC == "" && slices.Contains(workload.VPCsOf(s.Inv, "", []string{h.Subnet}), s.Ans.VPC)) {
				return true
			}
		}
	}
	return false
}

// restarting builds the plan with the given method for the restart of agents.
func (s State) restarting(method string) *plan.Plan {
	ans := s.Ans.Clone()
	ans.Agent.Restart = method
	return s.build(ans)
}

// restarted returns the instances of all restarts of a plan.
func restarted(p *plan.Plan) []resource.Host {
	var out []resource.Host
	for _, r := range p.Restarts() {
		out = append(out, r.Hosts...)
	}
	return out
}

func agentOptions(s State) []Option {
	proposed, ssm, commands, reboot := s.restarting(""), s.restarting(answers.RestartSSM), s.restarting(answers.RestartCommands), s.restarting(answers.RestartReboot)
	left := words.Counted(len(restarted(proposed)), "agent keeps", "agents keep")
	const runCommand = "Run Command of AWS Systems Manager runs a short script on each instance, in small groups and one zone after the other. The next group starts when all agents of the group are connected again."
	options := []Option{
		{Value: asProposed, Label: "Run Command, if reachable", Hint: methods(proposed), Recommended: true,
			Details: runCommand + " If Systems Manager cannot reach an instance, you must restart the agent yourself. The result lists the commands.\n\n" + s.hostsOf(proposed, false)},
		{Value: answers.RestartSSM, Label: "Run Command on all", Hint: cmp.Or(addedEndpoints(proposed, ssm), methods(ssm)),
			Details: s.allByRunCommand(proposed, ssm) + "\n\n" + runCommand + "\n\n" + s.hostsOf(ssm, false)},
		{Value: answers.RestartReboot, Label: "Drain and reboot", Hint: methods(reboot),
			Details: fmt.Sprintf("One instance after the other is drained: no new %[1]s start on it. Amazon ECS moves the containers of services to other instances with free capacity. The empty instance is rebooted, and becomes active again when its agent is connected. This needs no Systems Manager, but it takes the longest. The wizard waits up to 1 hour per instance for %[1]s that do not move.\n\n", s.workload().Many) + s.hostsOf(reboot, false)},
		{Value: answers.RestartCommands, Label: "Commands only", Hint: methods(commands),
			Details: "The wizard runs nothing on the instances. The result lists the commands as a manual step. Until you run them, the use of the endpoints is not verified. Restart one zone after the other, and check that the agents are connected again before you continue.\n\n" + s.hostsOf(commands, false) + manualCommands(commands)},
		{Value: answers.RestartNone, Label: "No restart", Hint: "up to 12 hours",
			Details: fmt.Sprintf("Nothing is restarted. %s the old addresses until the next DNS lookup, up to 12 hours, or until the instance is rebooted or replaced. If the agent has no other network path, Amazon ECS cannot start %s on the instance until then.\n\n", left, s.workload().Many) + s.hostsOf(proposed, true)},
	}
	for i := range options {
		options[i].Details = strings.TrimSpace(options[i].Details)
	}
	return options
}

// methods returns the number of agents that a plan restarts with each method.
func methods(p *plan.Plan) string {
	command, reboot, manual := resource.RestartMethods(restarted(p))
	switch {
	case reboot > 0:
		return fmt.Sprintf("%d by the wizard", reboot)
	case manual == 0:
		return fmt.Sprintf("%d by the wizard", command)
	}
	return fmt.Sprintf("%d by the wizard, %d by you", command, manual)
}

// addedEndpoints returns how many endpoints a plan creates that base does not, and their cost;
// empty if there are none.
func addedEndpoints(base, p *plan.Plan) string {
	if n := len(newEndpoints(base, p)); n > 0 {
		return words.Counted(n, "endpoint", "endpoints") + extraCost(base, p, ", $%.0f per month")
	}
	return ""
}

// newEndpoints returns the services with endpoints that a plan creates and base does not.
func newEndpoints(base, p *plan.Plan) []string {
	var out []string
	for _, a := range p.Changes {
		if old := base.Change(a.ID); a.Op == resource.Create && a.Code() != "" && (old == nil || old.Op != resource.Create) {
			out = append(out, a.Code())
		}
	}
	return out
}

// extraCost formats the additional cost of a plan per month, in dollars; empty if it costs
// no more than base.
func extraCost(base, p *plan.Plan, format string) string {
	if more := p.Cost.Monthly - base.Cost.Monthly; more >= 0.005 {
		return fmt.Sprintf(format, more)
	}
	return ""
}

// allByRunCommand describes what Run Command needs to reach all instances.
func (s State) allByRunCommand(proposed, ssm *plan.Plan) string {
	created := newEndpoints(proposed, ssm)
	out := "This needs no additional endpoint."
	if len(created) > 0 {
		out = fmt.Sprintf("The plan also creates %s (%s), because instances without an internet route need them for Systems Manager%s.",
			words.Counted(len(created), "endpoint", "endpoints"), strings.Join(created, ", "), extraCost(proposed, ssm, ": about $%.2f per month more"))
	}
	if slices.ContainsFunc(restarted(ssm), func(h resource.Host) bool { return h.Awaited }) {
		out += " The wizard then waits until Systems Manager can reach the instances. This fails for an instance without the SSM Agent, or with a role that does not have the policy AmazonSSMManagedInstanceCore."
	}
	return out
}

// hostsOf lists the instances of each cluster by restart method, and the state of their
// agents. With unchanged it lists only how many agents are not restarted.
func (s State) hostsOf(p *plan.Plan, unchanged bool) string {
	var b strings.Builder
	for _, r := range p.Restarts() {
		if unchanged {
			fmt.Fprintf(&b, "Cluster %s: %s not restarted\n%s", r.Cluster, words.Counted(len(r.Hosts), "agent", "agents"), s.agentsOf(r.ARN, r.Hosts))
			continue
		}
		fmt.Fprintf(&b, "Cluster %s: %s to restart\n", r.Cluster, words.Counted(len(r.Hosts), "agent", "agents"))
		line := func(method, reason string, selects func(resource.Host) bool) {
			var ids []string
			for _, h := range r.Hosts {
				if selects(h) {
					ids = append(ids, h.Instance)
				}
			}
			if len(ids) > 0 {
				fmt.Fprintf(&b, "  %s: %s%s\n", method, strings.Join(workload.UpTo(ids), ", "), reason)
			}
		}
		line("Run Command, can be reached now", "", func(h resource.Host) bool { return h.Hand == "" && !h.Awaited && !h.Reboot })
		line("Run Command, when Systems Manager can reach them", "", func(h resource.Host) bool { return h.Hand == "" && h.Awaited })
		line("Drain and reboot", "", func(h resource.Host) bool { return h.Reboot })
		var reasons []string
		for _, h := range r.Hosts {
			if h.Hand != "" {
				reasons = append(reasons, h.Hand)
			}
		}
		for _, why := range workload.Unique(reasons) {
			line("Manual step", " ("+strings.TrimSuffix(why, ".")+")", func(h resource.Host) bool { return h.Hand == why })
		}
		b.WriteString(s.agentsOf(r.ARN, r.Hosts))
	}
	for _, f := range p.Findings {
		if f.Rule == "E-AGENT1251" && f.Severity == plan.Block {
			fmt.Fprintf(&b, "\n%s This blocks the plan. %s\n", f.Message, f.Fix)
		}
	}
	return b.String()
}

// agentsOf describes the current state of the agents of some instances of a cluster, by ARN.
func (s State) agentsOf(cluster string, hosts []resource.Host) string {
	connected, found := 0, 0
	var versions []string
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for _, h := range c.ContainerInstances {
			if c.ARN != cluster || !slices.ContainsFunc(hosts, func(x resource.Host) bool { return x.ARN == h.ARN }) {
				continue
			}
			found++
			if h.Connected {
				connected++
			}
			if h.AgentVersion != "" {
				versions = append(versions, h.AgentVersion)
			}
		}
	}
	if found == 0 {
		return ""
	}
	out := fmt.Sprintf("  Connected to Amazon ECS now: %d of %d\n", connected, found)
	if len(versions) > 0 {
		slices.Sort(versions)
		out += "  Agent versions: " + strings.Join(workload.UpTo(slices.Compact(versions)), ", ") + "\n"
	}
	return out
}

// manualCommands returns the commands for the manual steps of a plan.
func manualCommands(p *plan.Plan) string {
	var out []string
	for _, r := range p.Restarts() {
		out = append(out, r.ByHand()...)
	}
	if len(out) == 0 {
		return ""
	}
	return "\n" + strings.Join(out, "\n\n")
}
