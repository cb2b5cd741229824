package plan

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// oldestAgent is the first version of the ECS agent that works with endpoints
// (Amazon ECS developer guide, VPC endpoints).
const oldestAgent = "1.25.1"

// tooOld reports whether the version of an agent is known and does not work with endpoints.
func tooOld(h inventory.ContainerInstance) bool {
	return h.AgentVersion != "" && before(h.AgentVersion, oldestAgent)
}

// tooOldOf returns the container instances of a cluster with such agents, and those that Amazon ECS
// can update: connected instances with a suitable AMI.
func (b *builder) tooOldOf(c cluster) (all, updatable []inventory.ContainerInstance) {
	for _, h := range c.hosts {
		if !tooOld(h) {
			continue
		}
		all = append(all, h)
		if m := b.machines[h.Instance]; h.Connected && m != nil && hosts.AgentUpdatable(m.AMIName) {
			updatable = append(updatable, h)
		}
	}
	return all, updatable
}

func checkAgentVersion(b *builder) []Finding {
	looked, others := b.clusters()
	var out []Finding
	find := func(c cluster, severity Severity) {
		all, can := b.tooOldOf(c)
		if b.Ans.Agent.Update && severity == Block { // the plan updates those
			all = slices.DeleteFunc(all, func(h inventory.ContainerInstance) bool {
				return slices.ContainsFunc(can, func(o inventory.ContainerInstance) bool { return o.ARN == h.ARN })
			})
			can = nil
		}
		if len(all) == 0 || severity == Warn && !b.plansECSEndpoints() {
			return
		}
		var old []string
		for _, h := range all {
			old = append(old, fmt.Sprintf("%s (%s)", h.Instance, h.AgentVersion))
		}
		f := Finding{Rule: "E-AGENT1251", Severity: severity, Resource: c.ARN,
			Message: fmt.Sprintf("Cluster %s has ECS agents older than %s, which do not work with endpoints: %s.", c.Name, oldestAgent, words.UpTo(old, 5)),
			Fix:     "Update them: start instances from a current AMI, or run `yum update ecs-init` and restart the agent. Or remove the cluster from agent.clusters in the answers file."}
		if severity == Warn {
			f.Message += " Private DNS affects the whole VPC, so these agents can lose the connection to Amazon ECS."
			f.Fix = "Update them: start instances from a current AMI, or run `yum update ecs-init` and restart the agent."
		}
		if severity == Block && len(can) > 0 {
			f.Fix = fmt.Sprintf("Amazon ECS can update %d of them: press f on the review screen to add this to the plan (answers file: agent.update: true). Or start instances from a current AMI, or remove the cluster from agent.clusters in the answers file.", len(can))
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

func checkAgentOff(b *builder) []Finding {
	looked, _ := b.clusters()
	var out []Finding
	for _, c := range looked {
		var off []string
		for _, h := range c.hosts {
			// Without internet access they wait for the endpoints that the plan creates.
			waits := b.egressOfID(h.Subnet) == catalog.Closed && b.outdated(h)
			if !h.Connected && !waits {
				off = append(off, h.Instance)
			}
		}
		if len(off) > 0 {
			out = append(out, Finding{Severity: Warn, Resource: c.ARN,
				Message: fmt.Sprintf("The ECS agents of %s in cluster %s are not connected, and missing endpoints are not the reason: %s.", words.Count(len(off), "container instance"), c.Name, words.UpTo(off, 5)),
				Fix:     "Find the cause first (/var/log/ecs/ecs-agent.log on the instance): a restart may not help."})
		}
	}
	return out
}

// checkDrained reports instances that an earlier run drained and did not set to ACTIVE. Amazon ECS starts no tasks on
// them (Amazon ECS developer guide, Draining Amazon ECS container instances).
func checkDrained(b *builder) []Finding {
	looked, others := b.clusters()
	var out []Finding
	find := func(c cluster, severity Severity, fix string) {
		var ids []string
		for _, h := range c.hosts {
			if h.Status == "DRAINING" && resource.Drained(h.Tags) {
				ids = append(ids, h.Instance)
			}
		}
		if len(ids) > 0 {
			out = append(out, Finding{Severity: severity, Resource: c.ARN, Fix: fix,
				Message: fmt.Sprintf("An earlier run of this program drained %s of cluster %s to restart the agent, and ended before it set them to ACTIVE again: %s. Amazon ECS starts no tasks on a draining instance.", words.Count(len(ids), "container instance"), c.Name, words.UpTo(ids, 5))})
		}
	}
	for _, c := range looked {
		find(c, Info, "Nothing to do: the plan continues the restart, or sets the instance to ACTIVE.")
	}
	for _, c := range others {
		find(c, Warn, "Set the instance to ACTIVE yourself (aws ecs update-container-instances-state), or add the cluster to agent.clusters in the answers file of a plan for ecs-ec2 or batch-ec2.")
	}
	return out
}

// checkOtherAgents reports agents in the VPC that the endpoints affect and that the plan does not
// restart.
func checkOtherAgents(b *builder) []Finding {
	looked, others := b.clusters()
	if b.Ans.Agent.Restart == answers.RestartNone {
		others = append(others, looked...)
	}
	var out []Finding
	for _, c := range others {
		n := 0
		for _, h := range b.outdatedOf(c) {
			if !tooOld(h) { // E-AGENT1251 reports those
				n++
			}
		}
		if n == 0 {
			continue
		}
		fix := "Restart its agents yourself, or add the cluster to agent.clusters in the answers file of a plan for ecs-ec2 or batch-ec2."
		if b.Ans.Agent.Restart == answers.RestartNone && slices.ContainsFunc(looked, func(l cluster) bool { return l.ARN == c.ARN }) {
			fix = "Choose another option on the screen ECS agents (answers file: agent.restart), or restart the agents yourself."
		}
		out = append(out, Finding{Rule: "E-RESTART", Severity: Warn, Resource: c.ARN, Fix: fix,
			Message: fmt.Sprintf("Cluster %s has %s in this VPC with agents that this plan does not restart. The agents use the endpoints after their next discovery call (within 12 hours) or after a restart.", c.Name, words.Count(n, "container instance")),
		})
	}
	return out
}
