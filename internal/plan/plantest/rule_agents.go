package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var agentsCases = []Case{
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, func(w *World) { w.Host().AgentVersion = "1.24.0" }), Says: "i-prod-0 (1.24.0)", Alone: with(OnEC2, func(w *World) { w.Host().AgentVersion = "1.25.1" })},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(BatchOnEC2, func(w *World) { w.Inv.Clusters[1].ContainerInstances[0].AgentVersion = "1.9.0" }), Says: "(1.9.0)", Alone: BatchOnEC2},
	{Rule: "E-AGENT1251", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Hosts("legacy", "sg-hosts", "1.24.0"); w.Ans.Agent.Clusters = []string{"prod"} }), Says: "Cluster legacy", Alone: OnEC2},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, known, func(w *World) { w.Host().AgentVersion = "1.24.0" }), Says: "(1.24.0)", Fixed: true,
		Alone: with(OnEC2, known, func(w *World) { w.Host().AgentVersion, w.Ans.Agent.Update = "1.24.0", true })},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, known, func(w *World) {
		w.Host().AgentVersion, w.Host().Connected, w.Ans.Agent.Update = "1.24.0", false, true
	}), Says: "(1.24.0)", Alone: with(OnEC2, known)},
	{Rule: "E-AGENTOFF", Severity: plan.Warn, Caught: with(OnEC2, nat, func(w *World) { w.Host().Connected = false }), Says: "1 container instance in cluster prod are not connected", Alone: with(OnEC2, func(w *World) { w.Host().Connected = false })},
	{Rule: "E-DRAINED", Severity: plan.Info, Caught: with(OnEC2, drained("vpce-1 vpce-2")), Says: "drained 1 container instance of cluster prod", Alone: with(OnEC2, drained(""))}, // by somebody else
	{Rule: "E-DRAINED", Severity: plan.Warn, Caught: with(OnEC2, drained("vpce-1 vpce-2"), func(w *World) {
		w.Hosts("other", "sg-hosts", "1.86.2")
		w.Ans.Agent.Clusters = []string{"other"}
	}), Says: "cluster prod", Alone: with(OnEC2, drained("no"))},
	{Rule: "E-RESTART", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Hosts("other", "sg-hosts", "1.86.2"); w.Ans.Agent.Clusters = []string{"prod"} }), Says: "Cluster other", Alone: OnEC2},
	{Rule: "E-RESTART", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Ans.Agent.Restart = "none" }), Says: "does not restart", Alone: OnEC2},
}

// drained sets a container instance to DRAINING, with a tag of this program if there is a value.
func drained(value string) func(*World) {
	return func(w *World) {
		w.Host().Status = "DRAINING"
		if value != "" {
			w.Host().Tags = map[string]string{resource.RestartTag + "draining": value}
		}
	}
}
