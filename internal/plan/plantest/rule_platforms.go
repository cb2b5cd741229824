package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var platformsCases = []Case{
	{Rule: "E-PV", Severity: plan.Warn, Caught: func(w *World) { w.Service().PlatformVersion = "1.3.0" }, Says: "Service web asks for Fargate platform version 1.3.0", Alone: with(windows, func(w *World) { w.Service().PlatformVersion = "1.0.0" })},
	{Rule: "E-PV", Severity: plan.Warn, Caught: with(Batch, func(w *World) { w.Inv.Batch.Definitions[0].PlatformVersion = "1.2.0" }), Says: "Job definition web:7", Alone: with(Batch, func(w *World) { w.Inv.Batch.Definitions[0].PlatformVersion = "LATEST" })},
	{Rule: "E-IPV6ONLY", Severity: plan.Warn, Caught: func(w *World) { w.Net().Subnets[0].IPv6Only = true }, Says: "app-a", Alone: func(w *World) { w.Net().Subnets[3].IPv6Only = true }},
}
