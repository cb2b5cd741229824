package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var subnetsCases = []Case{
	{Rule: "G-ONESUBAZ", Severity: plan.Error, Caught: func(w *World) { w.Ans.Subnets = []string{"subnet-a", "subnet-data", "subnet-b"} }, Says: "both in Availability Zone us-east-1a", Alone: func(w *World) { w.Ans.Subnets = []string{"subnet-data", "subnet-b"} }, Fixed: true},
	{Rule: "G-AZSUP", Severity: plan.Error, Caught: func(w *World) {
		w.Ans.Subnets = []string{"subnet-a", "subnet-b"}
		w.EndpointService("logs").Zones = []string{Region + "b", Region + "c"}
	}, Says: "not available in Availability Zone us-east-1a", Alone: func(w *World) { w.EndpointService("logs").Zones = []string{Region + "b", Region + "c"} }, Fixed: true},
	{Rule: "G-AZSUP", Severity: plan.Error, Caught: func(w *World) { w.EndpointService("logs").Zones = []string{Region + "f"} }, Says: "not available in the Availability Zones of the workload", Alone: func(*World) {}},
	{Rule: "G-TWOAZ", Severity: plan.Warn, Caught: func(w *World) { w.Ans.Subnets = []string{"subnet-a"} }, Says: "One Availability Zone only", Alone: func(w *World) { w.Ans.Subnets = []string{"subnet-a", "subnet-b"} }},
	{Rule: "G-IPFREE", Severity: plan.Error, Caught: func(w *World) { w.Net().Subnets[0].Free = 3 }, Says: "has 3 free addresses left, and the plan needs 4", Alone: func(w *World) { w.Net().Subnets[0].Free = 4 }},
}
