package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// RestartTag begins the tags on a container instance that name the endpoints for
// which its agent was restarted, since no API of AWS shows a restart; the service
// code of the endpoint follows.
const RestartTag = "privatelink-wizard:"

// oldestAgent is the first version of the ECS agent that works with endpoints
// (Amazon ECS developer guide, VPC endpoints).
const oldestAgent = "1.25.1"

// serial makes the three ECS endpoints wait for each other where container
// instances run in the VPC: the agents there would otherwise be handed names that
// are not private yet.
func (b *builder) serial() {
	looked, others := b.clusters()
	if len(looked)+len(others) == 0 {
		return
	}
	var before *Action
	for _, code := range catalog.Three {
		a := b.p.Action(ID("endpoint/" + code))
		if a == nil || a.Op == Keep {
			continue
		}
		a.Rules = append(a.Rules, "E-ORDER")
		if before != nil {
			a.After = append(a.After, before.ID)
			a.Why += fmt.Sprintf(" Container instances run in this VPC, so it waits until %s is available: an agent that found this one first would be sent to names that are not private yet.", strings.TrimPrefix(string(before.ID), "endpoint/"))
		}
		before = a
	}
}

// matchAgents plans the restart of agents that ran before the endpoints: they keep
// the addresses that they were given for up to twelve hours.
func (b *builder) matchAgents() {
	if b.ans.Agent.Restart == answers.RestartNone {
		return // a finding says what that means
	}
	looked, _ := b.clusters()
	for _, c := range looked {
		a := Action{ID: ID("agents/" + c.Name), Op: Run, Existing: c.ARN, Rules: []string{"E-RESTART"},
			Why: "An agent keeps the addresses that it was given for up to 12 hours; a restart makes it ask anew, through the endpoints. Running tasks go on meanwhile. Only tasks that start afterwards use the endpoints. " + says["E-PROXY"]}
		spec := AgentRestart{Cluster: c.Name, ARN: c.ARN, Endpoints: map[string]Value{}}
		for _, code := range catalog.Three {
			if e := b.end(ID("endpoint/" + code)); e != nil {
				spec.Endpoints[code] = From(e.id)
			}
		}
		for _, h := range b.outdatedOf(c) {
			spec.Hosts = append(spec.Hosts, b.host(h))
		}
		slices.SortFunc(spec.Hosts, func(x, y Host) int { return strings.Compare(x.Zone+x.Instance, y.Zone+y.Instance) })
		a.Summary = fmt.Sprintf("Restart the ECS agents of %s in cluster %s", count(len(spec.Hosts), "container instance"), c.Name)
		byCommand := slices.DeleteFunc(slices.Clone(spec.Hosts), func(h Host) bool { return h.Hand != "" })
		switch {
		case len(spec.Hosts) == 0:
			a.Op, a.Why = Keep, "Their agents were started after the endpoints were made, or were restarted since."
			a.Summary = fmt.Sprintf("The ECS agents of cluster %s use the endpoints", c.Name)
		case b.ans.Agent.Restart == answers.RestartReboot:
			a.Why += " Each instance is drained, so that its tasks move to others as far as there is room, rebooted once no task runs on it, and taken back when its agent is connected; one after the other, zone by zone. Tasks that nothing starts again, such as those of AWS Batch, are waited for."
			a.Summary = fmt.Sprintf("Drain and reboot %s of cluster %s", count(len(spec.Hosts), "container instance"), c.Name)
		case len(byCommand) == 0:
			a.Summary = fmt.Sprintf("Left to you: restart the ECS agents of %s in cluster %s", count(len(spec.Hosts), "container instance"), c.Name)
			if b.ans.Agent.Restart == "" {
				a.Why += " (agent: {restart: ssm} would make the endpoints of Systems Manager and have Run Command do it; agent: {restart: reboot} drains and reboots the instances.)"
			}
		default:
			a.Why += fmt.Sprintf(" Run Command does it on %s, a few at a time and one zone after the other; each agent must be connected again before the next ones follow.", count(len(byCommand), "instance"))
			for _, code := range []string{"ssm", "ssmmessages"} {
				if e := b.end(ID("endpoint/" + code)); e != nil {
					a.After = append(a.After, e.id)
				}
			}
		}
		if hand := spec.ByHand(); len(hand) > 0 {
			a.Why += " This is left to you. " + strings.Join(hand, " ")
		}
		a.Spec = spec
		b.p.Actions = append(b.p.Actions, a)
	}
}

// host says how the agent of a container instance is restarted, and why not by Run
// Command where it is not.
func (b *builder) host(c inventory.ContainerInstance) Host {
	h := Host{ARN: c.ARN, Instance: c.Instance, Zone: c.Zone}
	known := b.machines[c.Instance]
	seen := hosts.Seen{OS: c.OS, OSFamily: c.OSFamily, External: c.External, Managed: c.Managed}
	if known != nil {
		seen.AMIName, seen.PlatformName, seen.PlatformVersion, seen.PlatformType = known.AMIName, known.PlatformName, known.PlatformVersion, known.PlatformType
	}
	h.Family = hosts.FamilyOf(seen)
	way := hosts.RunCommand(h.Family)
	// Without the endpoints that the plan makes, one that Systems Manager never knew
	// would be waited for in vain.
	made := b.makes("ssm") || b.makes("ssmmessages")
	switch {
	case b.ans.Agent.Restart == answers.RestartReboot:
		h.Reboot = true
	case b.ans.Agent.Restart == answers.RestartCommands:
		h.Hand = "commands were chosen"
	case known == nil:
		h.Hand = "what EC2 and Systems Manager know of it could not be read"
	case known.State != "" && known.State != "running":
		h.Hand = "it is " + known.State + ", and its agent starts anew when it does"
	case way.Document == "":
		h.Hand = way.Why
	case known.Ping == "Online":
	case known.Profile == "":
		h.Hand = "it has no instance profile, which Systems Manager needs"
	case b.ans.Agent.Restart == answers.RestartSSM && (made || known.Ping != ""):
		h.Awaited = true
	case known.Ping == "":
		h.Hand = "Systems Manager does not know it: its SSM Agent does not run, its role lacks AmazonSSMManagedInstanceCore, or it cannot reach Systems Manager"
	default:
		h.Hand = "Systems Manager has lost touch with it: " + known.Ping
	}
	return h
}

// makes tells whether the plan makes the endpoint of a service.
func (b *builder) makes(code string) bool {
	e := b.end(ID("endpoint/" + code))
	return e != nil && (e.existing == nil || e.changed)
}

// ByHand says what is left to somebody who can log in to the instances, one text for
// each way and reason.
func (s AgentRestart) ByHand() []string {
	type kind struct{ why, how string }
	var order []kind
	ids := map[kind][]string{}
	for _, h := range s.Hosts {
		if h.Hand == "" {
			continue
		}
		k := kind{h.Hand, byHand(h.Family)}
		if ids[k] == nil {
			order = append(order, k)
		}
		ids[k] = append(ids[k], h.Instance)
	}
	var out []string
	for _, k := range order {
		out = append(out, fmt.Sprintf("On %s (%s): %s", strings.Join(ids[k], ", "), k.why, k.how))
	}
	return out
}

// byHand says how an agent is restarted by somebody with a login: the better way,
// what AWS's guide gives, and the reason.
func byHand(f hosts.Family) string {
	how := hosts.BySSH(f)
	text := "no command does it."
	switch better, page := quoted(how.Better), quoted(how.Page); {
	case better != "" && page != "":
		text = fmt.Sprintf("run %s. Better not %s, which AWS's guide gives:", better, page)
	case better+page != "":
		text = fmt.Sprintf("run %s.", better+page)
	}
	return strings.TrimSpace(text + " " + how.Why)
}

func quoted(commands []string) string {
	var out []string
	for _, c := range commands {
		out = append(out, "`"+c+"`")
	}
	return strings.Join(out, " and ")
}

// outdated tells whether an agent started before one of the three endpoints was
// there under its private name, and was not restarted for it since.
func (b *builder) outdated(h inventory.ContainerInstance) bool {
	for _, code := range catalog.Three {
		e := b.end(ID("endpoint/" + code))
		switch {
		case e == nil:
		case e.existing == nil, e.dns && !e.existing.PrivateDNS, e.dns && b.wakesDNS():
			return true
		case h.Tags[RestartTag+code] != e.existing.ID && (h.Registered == "" || e.existing.Created == "" || h.Registered < e.existing.Created):
			return true
		}
	}
	return false
}

// outdatedOf are the container instances of a cluster with such agents.
func (b *builder) outdatedOf(c cluster) []inventory.ContainerInstance {
	return slices.DeleteFunc(slices.Clone(c.hosts), func(h inventory.ContainerInstance) bool { return !b.outdated(h) })
}

// checkOtherAgents tells of agents in the VPC that the endpoints affect and that the
// plan does not restart.
func checkOtherAgents(b *builder) []Finding {
	looked, others := b.clusters()
	if b.ans.Agent.Restart == answers.RestartNone {
		others = append(others, looked...)
	}
	var out []Finding
	for _, c := range others {
		n := 0
		for _, h := range b.outdatedOf(c) {
			if !tooOld(h) { // E-AGENT1251 speaks of those
				n++
			}
		}
		if n == 0 {
			continue
		}
		fix := "Name the cluster under agent.clusters in a plan for ecs-ec2 or batch-ec2, or restart its agents yourself."
		if b.ans.Agent.Restart == answers.RestartNone && slices.ContainsFunc(looked, func(l cluster) bool { return l.ARN == c.ARN }) {
			fix = "Choose another way under agent.restart, or restart the agents yourself."
		}
		out = append(out, Finding{Rule: "E-RESTART", Severity: Warn, Resource: c.ARN, Fix: fix,
			Message: fmt.Sprintf("Cluster %s has %s in this VPC whose agents this plan does not restart. They take up the ECS endpoints when they next ask for their addresses, within 12 hours, or when they are restarted.", c.Name, count(n, "container instance")),
		})
	}
	return out
}

// tooOld tells whether an agent does not work with endpoints, as far as its version is
// known.
func tooOld(h inventory.ContainerInstance) bool {
	return h.AgentVersion != "" && before(h.AgentVersion, oldestAgent)
}

// tooOldOf are the container instances of a cluster with such agents, and those of them that Amazon ECS can update: connected ones on Amazon
// Linux (Amazon ECS developer guide, updating the agent).
func (b *builder) tooOldOf(c cluster) (all, updatable []inventory.ContainerInstance) {
	for _, h := range c.hosts {
		if !tooOld(h) {
			continue
		}
		all = append(all, h)
		switch b.host(h).Family {
		case hosts.AmazonLinux1, hosts.AmazonLinux2, hosts.AmazonLinux2023:
			if h.Connected {
				updatable = append(updatable, h)
			}
		}
	}
	return all, updatable
}

// matchUpdates plans the updates that the answers ask for, before the endpoints that
// the old agents do not work with.
func (b *builder) matchUpdates() {
	looked, _ := b.clusters()
	for _, c := range looked {
		_, can := b.tooOldOf(c)
		if !b.ans.Agent.Update || len(can) == 0 {
			continue
		}
		spec := AgentUpdate{Cluster: c.Name, ARN: c.ARN, Version: map[string]string{}}
		for _, h := range can {
			spec.Hosts = append(spec.Hosts, b.host(h))
			spec.Version[h.Instance] = h.AgentVersion
		}
		a := Action{ID: ID("agent-update/" + c.Name), Op: Run, Existing: c.ARN, Rules: []string{"E-AGENT1251"}, Spec: spec,
			Summary: fmt.Sprintf("Update the ECS agents of %s in cluster %s", count(len(can), "container instance"), c.Name),
			Why:     "Agents older than " + oldestAgent + " do not work with endpoints. Amazon ECS downloads a newer one on the instance and starts it; running tasks go on meanwhile. It is done before the endpoints are made, while the agents still have the way by which they are connected now."}
		b.p.Actions = append(b.p.Actions, a)
		for _, code := range catalog.Three {
			if e := b.p.Action(ID("endpoint/" + code)); e != nil && e.Op != Keep {
				e.After = append(e.After, a.ID)
			}
		}
	}
}

func checkAgentVersion(b *builder) []Finding {
	looked, others := b.clusters()
	var out []Finding
	find := func(c cluster, severity Severity) {
		all, can := b.tooOldOf(c)
		if b.ans.Agent.Update && severity == Block { // those have a row
			all = slices.DeleteFunc(all, func(h inventory.ContainerInstance) bool {
				return slices.ContainsFunc(can, func(o inventory.ContainerInstance) bool { return o.ARN == h.ARN })
			})
			can = nil
		}
		if len(all) == 0 || severity == Warn && !b.threeWanted() {
			return
		}
		var old []string
		for _, h := range all {
			old = append(old, fmt.Sprintf("%s (%s)", h.Instance, h.AgentVersion))
		}
		f := Finding{Rule: "E-AGENT1251", Severity: severity, Resource: c.ARN,
			Message: fmt.Sprintf("Cluster %s has ECS agents older than %s, which do not work with endpoints: %s.", c.Name, oldestAgent, upTo(old, 5)),
			Fix:     "Update them: start instances from a current AMI, or `yum update ecs-init` and a restart. Or leave the cluster out with agent.clusters."}
		if severity == Warn {
			f.Message += " They may lose their connection once the private names are in effect, which is so for the whole VPC."
			f.Fix = "Update them: start instances from a current AMI, or `yum update ecs-init` and a restart."
		}
		if severity == Block && len(can) > 0 {
			f.Fix = fmt.Sprintf("Amazon ECS can update %d of them: agent: {update: true} makes it part of the plan. Or start instances from a current AMI, or leave the cluster out with agent.clusters.", len(can))
			f.Patch = &answers.Patch{AgentUpdate: true}
		}
		out = append(out, f)
	}
	for _, c := range looked {
		find(c, Block)
	}
	for _, c := range others {
		find(c, Warn)
	}
	return out
}

// threeWanted tells whether the plan touches one of the three ECS endpoints.
func (b *builder) threeWanted() bool {
	return slices.ContainsFunc(catalog.Three, func(code string) bool { return b.end(ID("endpoint/"+code)) != nil })
}

func checkAgentOff(b *builder) []Finding {
	looked, _ := b.clusters()
	var out []Finding
	for _, c := range looked {
		var off []string
		for _, h := range c.hosts {
			// Without a way out they wait for the endpoints that the plan makes.
			waits := b.egressOfID(h.Subnet) == catalog.Closed && b.outdated(h)
			if !h.Connected && !waits {
				off = append(off, h.Instance)
			}
		}
		if len(off) > 0 {
			out = append(out, Finding{Severity: Warn, Resource: c.ARN,
				Message: fmt.Sprintf("The ECS agents of %s in cluster %s are not connected now, and not for want of the endpoints: %s.", count(len(off), "container instance"), c.Name, upTo(off, 5)),
				Fix:     "See what is wrong first (/var/log/ecs/ecs-agent.log on the instance): a restart may not help."})
		}
	}
	return out
}

func checkManaged(b *builder) []Finding {
	var out []Finding
	managed := func(resource, what string) {
		out = append(out, Finding{Severity: Warn, Resource: resource,
			Message: what + " runs on instances that AWS manages. AWS runs their agents too, so nothing is restarted there; in subnets without public addresses they may need a NAT gateway (AWS Batch API reference).",
			Fix:     "See the guide of ECS Managed Instances for the network that they need."})
	}
	for i := range b.inv.Clusters {
		c := &b.inv.Clusters[i]
		for _, svc := range c.Services {
			if svc.LaunchType == "MANAGED_INSTANCES" && b.ans.Workload.EC2() && (b.ans.Service == "" || strings.HasPrefix(b.ans.Service+"/", c.Name+"/")) && b.holds(svc.Subnets) {
				managed(svc.ARN, "Service "+c.Name+"/"+svc.Name)
			}
		}
	}
	for _, e := range b.environments {
		if !e.OnFargate() && !e.OnEC2() && e.Orchestration != "EKS" {
			managed(e.ARN, fmt.Sprintf("Compute environment %s (%s)", e.Name, e.Type))
		}
	}
	return out
}

func checkEKS(b *builder) []Finding {
	var out []Finding
	for _, e := range b.environments {
		if e.Orchestration == "EKS" {
			out = append(out, Finding{Severity: Block, Resource: e.ARN, Message: fmt.Sprintf("Compute environment %s runs on Amazon EKS, which this program does not plan.", e.Name),
				Fix: "Choose one that runs on Amazon ECS."})
		}
	}
	return out
}

// upTo lists up to n texts.
func upTo(ss []string, n int) string {
	if len(ss) > n {
		return strings.Join(ss[:n], ", ") + fmt.Sprintf(" and %d more", len(ss)-n)
	}
	return strings.Join(ss, ", ")
}
