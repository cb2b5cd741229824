package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// asProposed is the value of "nothing said of the restart of agents".
const asProposed = "proposed"

func agentsStep() *Step {
	return &Step{
		ID: Agents, Title: "ECS agents", Kind: One, For: answers.Workload.EC2,
		Ask:  text("How are the ECS agents restarted?"),
		Help: text("The agent on each instance keeps the addresses that it was given for up to 12 hours, so it uses new endpoints only once it is restarted. Running tasks go on meanwhile. Only tasks that start afterwards use the endpoints."),
		// Where every agent is new enough, or none is there yet, there is nothing to ask.
		Applies: func(s State) bool {
			return s.Ans.Workload.EC2() && len(restarted(restarts(s.restarting("")))) > 0
		},
		Needs: func(s State) []inventory.Request {
			rs := append(append(network(s), things(s)...), inventory.Request{Part: inventory.PartServices})
			if s.Ans.VPC != "" {
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
			if err := pick("way", One, agentOptions(s), v); err != nil {
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
				return "Run Command/by hand"
			}
			return map[string]string{answers.RestartSSM: "Run Command", answers.RestartReboot: "by a reboot", answers.RestartCommands: "by hand", answers.RestartNone: "left alone"}[s.Ans.Agent.Restart]
		},
	}
}

// runsAgents tells whether there are agents that the answers are about. It makes no plan,
// since it is asked for each frame; so it counts those that need no restart too.
func (s State) runsAgents() bool {
	named := s.Ans.Agent.Clusters
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		if len(named) > 0 && !slices.Contains(named, c.Name) && !slices.Contains(named, c.ARN) {
			continue
		}
		for j := range c.ContainerInstances {
			h := &c.ContainerInstances[j]
			if h.Own() && (h.VPC == s.Ans.VPC || h.VPC == "" && slices.Contains(vpcsOf(s.Inv, "", []string{h.Subnet}), s.Ans.VPC)) {
				return true
			}
		}
	}
	return false
}

// restarting is the plan as it would be with a way of restarting agents.
func (s State) restarting(way string) *plan.Plan {
	ans := s.Ans.Clone()
	ans.Agent.Restart = way
	return s.build(ans)
}

// restarts are the restarts that a plan holds, one a cluster.
func restarts(p *plan.Plan) []plan.AgentRestart {
	var out []plan.AgentRestart
	for _, a := range p.Actions {
		if r, ok := a.Spec.(plan.AgentRestart); ok && a.Op == plan.Run {
			out = append(out, r)
		}
	}
	return out
}

// restarted are the hosts of all clusters.
func restarted(rs []plan.AgentRestart) []plan.Host {
	var out []plan.Host
	for _, r := range rs {
		out = append(out, r.Hosts...)
	}
	return out
}

func agentOptions(s State) []Option {
	proposed, ssm, commands, reboot := s.restarting(""), s.restarting(answers.RestartSSM), s.restarting(answers.RestartCommands), s.restarting(answers.RestartReboot)
	left := count(len(restarted(restarts(proposed))), "agent", "agents")
	const runCommand = "Run Command of AWS Systems Manager runs a small script on an instance, without a login. It goes through the instances a few at a time and one zone after the other. The agents of these must be connected again before the next ones follow."
	options := []Option{
		{Value: asProposed, Label: "Run Command where it can", Hint: ways(proposed), Recommended: true,
			Details: runCommand + " Where Systems Manager does not reach an instance now, you get the commands for somebody with a login.\n\n" + s.hostsOf(proposed, false)},
		{Value: answers.RestartSSM, Label: "Run Command for all", Hint: ways(ssm) + dearer(proposed, ssm, ", %.0f %s/month"),
			Details: s.allByRunCommand(proposed, ssm) + "\n\n" + runCommand + "\n\n" + s.hostsOf(ssm, false)},
		{Value: answers.RestartReboot, Label: "Drain and reboot", Hint: ways(reboot),
			Details: "Each instance is drained: nothing new starts on it, and what Amazon ECS runs for a service moves to other instances as far as there is room. Once it is empty it is rebooted, and taken back when its agent is connected; one after the other. That takes no login and no Systems Manager, but the longest. What nothing starts again, such as jobs of AWS Batch, is waited for, up to an hour an instance.\n\n" + s.hostsOf(reboot, false)},
		{Value: answers.RestartCommands, Label: "Show me the commands", Hint: ways(commands),
			Details: "Nothing is run on the instances. The result lists the commands, for somebody with a login, and that the agents use the endpoints stays unproven until then. Best go one zone after the other too, and look whether the agents are connected again in between.\n\n" + s.hostsOf(commands, false) + byHand(commands)},
		{Value: answers.RestartNone, Label: "Leave them as they are", Hint: "within 12 hours",
			Details: fmt.Sprintf("Nothing is restarted. %s with addresses from before the endpoints: each uses the endpoints when it next asks for addresses, within 12 hours, or when its instance is rebooted or replaced. Until then it stays on the way that it has. Where that is none, it gets no work from Amazon ECS meanwhile.\n\n", capital(left)) + s.hostsOf(proposed, true)},
	}
	for i := range options {
		options[i].Details = strings.TrimSpace(options[i].Details)
	}
	return options
}

// capital begins a sentence with a count.
func capital(count string) string {
	if strings.HasPrefix(count, "1 ") {
		return "There is " + count
	}
	return "There are " + count
}

// ways say in a few words how many agents a plan restarts in which way.
func ways(p *plan.Plan) string {
	command, hand, reboot := 0, 0, 0
	for _, h := range restarted(restarts(p)) {
		switch {
		case h.Reboot:
			reboot++
		case h.Hand == "":
			command++
		default:
			hand++
		}
	}
	switch {
	case reboot > 0:
		return fmt.Sprintf("%d by a reboot", reboot)
	case hand == 0:
		return fmt.Sprintf("%d by Run Command", command)
	case command == 0:
		return fmt.Sprintf("%d by hand", hand)
	}
	return fmt.Sprintf("%d by Run Command, %d by hand", command, hand)
}

// dearer says what a plan costs more a month than another one; nothing if it does not.
func dearer(than, p *plan.Plan, format string) string {
	if more := p.Cost.Monthly - than.Cost.Monthly; more >= 0.005 {
		return fmt.Sprintf(format, more, p.Cost.Currency)
	}
	return ""
}

// allByRunCommand says what it takes to reach all instances.
func (s State) allByRunCommand(proposed, ssm *plan.Plan) string {
	var made []string
	for _, a := range ssm.Actions {
		if old := proposed.Action(a.ID); a.Op == plan.Create && strings.HasPrefix(string(a.ID), "endpoint/") && (old == nil || old.Op != plan.Create) {
			made = append(made, strings.TrimPrefix(string(a.ID), "endpoint/"))
		}
	}
	out := "No endpoint has to be made for it."
	if len(made) > 0 {
		out = fmt.Sprintf("For that the plan also makes %s (%s), through which Systems Manager reaches instances without another way out%s.",
			count(len(made), "endpoint", "endpoints"), strings.Join(made, ", "), dearer(proposed, ssm, ": about %.2f %s a month more"))
	}
	if slices.ContainsFunc(restarted(restarts(ssm)), func(h plan.Host) bool { return h.Awaited }) {
		out += " Then it waits until Systems Manager reaches the instances. An instance where no SSM Agent runs, or whose role does not allow it (AmazonSSMManagedInstanceCore), is never reached: the restart fails there after a while, and says so."
	}
	return out
}

// hostsOf says for each cluster what a plan does with which instance, unless they are
// left alone, and how the agents are now.
func (s State) hostsOf(p *plan.Plan, alone bool) string {
	var b strings.Builder
	for _, r := range restarts(p) {
		if alone {
			fmt.Fprintf(&b, "Cluster %s: %s left alone\n%s", r.Cluster, count(len(r.Hosts), "agent", "agents"), s.agentsOf(r))
			continue
		}
		fmt.Fprintf(&b, "Cluster %s: %s to restart\n", r.Cluster, count(len(r.Hosts), "agent", "agents"))
		line := func(how, why string, which func(plan.Host) bool) {
			var ids []string
			for _, h := range r.Hosts {
				if which(h) {
					ids = append(ids, h.Instance)
				}
			}
			if len(ids) > 0 {
				fmt.Fprintf(&b, "  %s: %s%s\n", how, strings.Join(upTo(ids), ", "), why)
			}
		}
		line("Run Command reaches now", "", func(h plan.Host) bool { return h.Hand == "" && !h.Awaited && !h.Reboot })
		line("Run Command, once Systems Manager reaches them", "", func(h plan.Host) bool { return h.Hand == "" && h.Awaited })
		line("Drained and rebooted", "", func(h plan.Host) bool { return h.Reboot })
		var reasons []string
		for _, h := range r.Hosts {
			if h.Hand != "" {
				reasons = append(reasons, h.Hand)
			}
		}
		for _, why := range unique(reasons) {
			line("By hand", " ("+strings.TrimSuffix(why, ".")+")", func(h plan.Host) bool { return h.Hand == why })
		}
		b.WriteString(s.agentsOf(r))
	}
	for _, f := range p.Findings {
		if f.Rule == "E-AGENT1251" && f.Severity == plan.Block {
			fmt.Fprintf(&b, "\n%s This stops the plan. %s\n", f.Message, f.Fix)
		}
	}
	return b.String()
}

// agentsOf says how the agents that are to be restarted are now.
func (s State) agentsOf(r plan.AgentRestart) string {
	connected, known := 0, 0
	var versions []string
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for _, h := range c.ContainerInstances {
			if c.ARN != r.ARN || !slices.ContainsFunc(r.Hosts, func(x plan.Host) bool { return x.ARN == h.ARN }) {
				continue
			}
			known++
			if h.Connected {
				connected++
			}
			if h.AgentVersion != "" {
				versions = append(versions, h.AgentVersion)
			}
		}
	}
	if known == 0 {
		return ""
	}
	out := fmt.Sprintf("  Connected to Amazon ECS now: %d of %d\n", connected, known)
	if len(versions) > 0 {
		slices.Sort(versions)
		out += "  Versions of the agent: " + strings.Join(upTo(slices.Compact(versions)), ", ") + "\n"
	}
	return out
}

// byHand are the commands that a plan leaves to somebody with a login.
func byHand(p *plan.Plan) string {
	var out []string
	for _, r := range restarts(p) {
		out = append(out, r.ByHand()...)
	}
	if len(out) == 0 {
		return ""
	}
	return "\n" + strings.Join(out, "\n\n")
}
