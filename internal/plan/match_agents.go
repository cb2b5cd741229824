package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

var _ = matchAt(80, (*builder).matchAgents)

// matchAgents plans the restart of agents that started before the endpoints existed. An agent keeps
// the addresses that it received for up to 12 hours. Instances that an earlier run drained are set to ACTIVE.
func (b *builder) matchAgents() {
	none := b.Ans.Agent.Restart == answers.RestartNone // checkOtherAgents reports what that means
	looked, _ := b.clusters()
	for _, c := range looked {
		a := resource.Change{ID: resource.ID("agents/" + c.Name), Op: resource.Run, Existing: c.ARN, Rules: []string{"E-RESTART"},
			Why: "An agent keeps the addresses that it received for up to 12 hours. After a restart it asks again and uses the endpoints."}
		spec := resource.AgentRestart{Cluster: c.Name, ARN: c.ARN, Endpoints: map[string]resource.Value{}}
		for _, code := range catalog.ECSEndpoints {
			if e := b.endpoint(resource.ID("endpoint/" + code)); e != nil {
				spec.Endpoints[code] = resource.From(e.id)
			}
		}
		for _, h := range c.hosts {
			host := b.host(h)
			restart := !none && b.outdated(h)
			if restart {
				spec.Hosts = append(spec.Hosts, host)
			}
			if resource.Drained(h.Tags) && !(restart && host.Reboot) { // a reboot activates it
				spec.Drained = append(spec.Drained, host)
			}
		}
		if none && len(spec.Drained) == 0 {
			continue
		}
		byZone := func(x, y resource.Host) int { return strings.Compare(x.Zone+x.Instance, y.Zone+y.Instance) }
		slices.SortFunc(spec.Hosts, byZone)
		slices.SortFunc(spec.Drained, byZone)
		a.Summary = fmt.Sprintf("Restart the ECS agents of %s in cluster %s", words.Count(len(spec.Hosts), "container instance"), c.Name)
		byCommand := slices.DeleteFunc(slices.Clone(spec.Hosts), func(h resource.Host) bool { return h.Hand != "" })
		reboot := b.Ans.Agent.Restart == answers.RestartReboot
		if !reboot { // a reboot stops the tasks
			a.Why += " Running tasks continue. Only tasks that start afterwards use the endpoints."
		}
		a.Why += " " + textRules["E-PROXY"]
		switch {
		case len(spec.Hosts) == 0 && len(spec.Drained) > 0:
			a.Why = "An earlier run drained them and ended before it set them to ACTIVE again. Amazon ECS starts no tasks on a draining instance."
			a.Summary = fmt.Sprintf("Set %s of cluster %s to ACTIVE", words.Count(len(spec.Drained), "container instance"), c.Name)
		case len(spec.Hosts) == 0:
			a.Op, a.Why = resource.Keep, "The agents started after the endpoints were created, or have been restarted since."
			a.Summary = fmt.Sprintf("The ECS agents of cluster %s use the endpoints", c.Name)
		case reboot:
			a.Why += " Each instance is drained, so that its tasks move to other instances with free capacity. It is rebooted when no task runs on it, and set to active when its agent is connected. Instances are rebooted one after the other, zone by zone. Tasks that no service starts again, such as AWS Batch jobs, run to their end first."
			a.Summary = fmt.Sprintf("Drain and reboot %s of cluster %s", words.Count(len(spec.Hosts), "container instance"), c.Name)
		case len(byCommand) == 0:
			a.Summary = fmt.Sprintf("Manual step: restart the ECS agents of %s in cluster %s", words.Count(len(spec.Hosts), "container instance"), c.Name)
			if b.Ans.Agent.Restart == "" {
				a.Why += " Other options on the screen ECS agents: Run Command on all creates the Systems Manager endpoints and restarts the agents (answers file: agent.restart: ssm). Drain and reboot needs no Systems Manager (answers file: agent.restart: reboot)."
			}
		default:
			a.Why += fmt.Sprintf(" Run Command restarts them on %s, a few at a time and one zone after the other. Each agent must be connected again before the next ones are restarted.", words.Count(len(byCommand), "instance"))
			for _, code := range []string{"ssm", "ssmmessages"} {
				if e := b.endpoint(resource.ID("endpoint/" + code)); e != nil {
					a.After = append(a.After, e.id)
				}
			}
		}
		if len(spec.Hosts) > 0 && len(spec.Drained) > 0 {
			a.Why += fmt.Sprintf(" %s that an earlier run drained are set to ACTIVE first.", words.Count(len(spec.Drained), "instance"))
		}
		if hand := spec.ByHand(); len(hand) > 0 {
			a.Why += " Manual step: " + strings.Join(hand, " ")
		}
		a.Spec = spec
		b.p.Changes = append(b.p.Changes, a)
	}
}

// Restarts returns the changes that restart ECS agents, one per cluster.
func (p *Plan) Restarts() []resource.AgentRestart {
	var out []resource.AgentRestart
	for _, a := range p.Changes {
		if r, ok := a.Spec.(resource.AgentRestart); ok && a.Op == resource.Run && len(r.Hosts) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// host returns how the agent of a container instance is restarted, and the reason where Run Command
// does not restart it.
func (b *builder) host(c inventory.ContainerInstance) resource.Host {
	h := resource.Host{ARN: c.ARN, Instance: c.Instance, Zone: c.Zone}
	known := b.machines[c.Instance]
	seen := hosts.Seen{OS: c.OS, OSFamily: c.OSFamily, External: c.External, Managed: c.Managed}
	if known != nil {
		seen.AMIName, seen.PlatformName, seen.PlatformVersion, seen.PlatformType = known.AMIName, known.PlatformName, known.PlatformVersion, known.PlatformType
	}
	h.Family = hosts.FamilyOf(seen)
	way := hosts.RunCommand(h.Family)
	// Without the endpoints that the plan creates, the run would wait in vain for an instance that
	// Systems Manager has never seen.
	made := b.makes("ssm") || b.makes("ssmmessages")
	switch {
	case b.Ans.Agent.Restart == answers.RestartReboot && c.Status == "DRAINING" && !resource.Drained(c.Tags):
		h.Hand = "somebody else drains the instance"
	case b.Ans.Agent.Restart == answers.RestartReboot:
		h.Reboot = true
	case b.Ans.Agent.Restart == answers.RestartCommands:
		h.Hand = "you chose to run the commands yourself"
	case known == nil:
		h.Hand = "EC2 and Systems Manager data about it could not be read"
	case known.State != "" && known.State != "running":
		h.Hand = "the instance is " + known.State + "; its agent starts again with the instance"
	case way.Document == "":
		h.Hand = way.Why
	case known.Ping == "Online":
	case known.Profile == "":
		h.Hand = "it has no instance profile, which Systems Manager needs"
	case b.Ans.Agent.Restart == answers.RestartSSM && (made || known.Ping != ""):
		h.Awaited = true
	case known.Ping == "":
		h.Hand = "it is not registered in Systems Manager: its SSM Agent does not run, its role lacks AmazonSSMManagedInstanceCore, or it cannot reach Systems Manager"
	default:
		h.Hand = "Systems Manager cannot reach the instance (status " + known.Ping + ")"
	}
	return h
}

// makes reports whether the plan creates or modifies the endpoint of a service.
func (b *builder) makes(code string) bool {
	e := b.endpoint(resource.ID("endpoint/" + code))
	return e != nil && (e.existing == nil || e.changed || e.late)
}

// outdated reports whether an agent started before one of the three endpoints existed with its
// private name, and has not been restarted for that endpoint since.
func (b *builder) outdated(h inventory.ContainerInstance) bool {
	for _, code := range catalog.ECSEndpoints {
		e := b.endpoint(resource.ID("endpoint/" + code))
		switch {
		case e == nil:
		case e.existing == nil, e.dns && !e.existing.PrivateDNS, e.dns && b.activatesDNS():
			return true
		case h.Tags[resource.RestartTag+code] != e.existing.ID && (h.Registered == "" || e.existing.Created == "" || h.Registered < e.existing.Created):
			return true
		}
	}
	return false
}

// outdatedOf returns the container instances of a cluster with such agents.
func (b *builder) outdatedOf(c cluster) []inventory.ContainerInstance {
	return slices.DeleteFunc(slices.Clone(c.hosts), func(h inventory.ContainerInstance) bool { return !b.outdated(h) })
}

var _ = matchAt(60, (*builder).matchUpdates)

// matchUpdates plans the agent updates that the answers ask for. They run before the endpoints,
// because the old agents do not work with endpoints.
func (b *builder) matchUpdates() {
	looked, _ := b.clusters()
	for _, c := range looked {
		_, can := b.tooOldOf(c)
		if !b.Ans.Agent.Update || len(can) == 0 {
			continue
		}
		spec := resource.AgentUpdate{Cluster: c.Name, ARN: c.ARN, Version: map[string]string{}}
		for _, h := range can {
			spec.Hosts = append(spec.Hosts, b.host(h))
			spec.Version[h.Instance] = h.AgentVersion
		}
		a := resource.Change{ID: resource.ID("agent-update/" + c.Name), Op: resource.Run, Existing: c.ARN, Rules: []string{"E-AGENT1251"}, Spec: spec,
			Summary: fmt.Sprintf("Update the ECS agents of %s in cluster %s", words.Count(len(can), "container instance"), c.Name),
			Why:     "Agents older than " + oldestAgent + " do not work with endpoints. Amazon ECS downloads a newer agent to the instance and starts it. Running tasks continue. The update runs before the endpoints are created, while the agents are still connected on their present path."}
		b.p.Changes = append(b.p.Changes, a)
		for _, code := range catalog.ECSEndpoints {
			id := resource.ID("endpoint/" + code)
			for _, id := range slices.Compact([]resource.ID{id, b.leading(id)}) {
				if e := b.p.Change(id); e != nil && e.Op != resource.Keep {
					e.After = append(e.After, a.ID)
				}
			}
		}
	}
}

// plansECSEndpoints reports whether the plan contains one of the three ECS endpoints.
func (b *builder) plansECSEndpoints() bool {
	return slices.ContainsFunc(catalog.ECSEndpoints, func(code string) bool { return b.endpoint(resource.ID("endpoint/"+code)) != nil })
}
