package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var managedCases = []Case{
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) {
		w.Service().LaunchType, w.Service().Subnets = "MANAGED_INSTANCES", []string{"subnet-a"}
	}), Says: "Service prod/web", Alone: OnEC2},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: OnManaged, Says: "does not document which endpoints", Alone: OnEC2},
	{Rule: "E-MANAGED", Severity: plan.Info, Caught: with(OnManaged, nat, func(w *World) { w.Inv.Clusters[0].ManagedProviders = nil }), Says: "does not document which endpoints", Alone: nat},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(BatchOnEC2, func(w *World) { w.Environment().Type = "ECS_MANAGED_INSTANCES" }), Says: "requires a NAT gateway", Alone: BatchOnEC2},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(BatchOnEC2, func(w *World) { w.Environment().Type = "ECS_MANAGED_INSTANCES" }), Says: "nightly", Alone: BatchOnEC2},
}
