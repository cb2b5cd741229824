package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var iptypeCases = []Case{
	{Rule: "G-IPTYPE", Severity: plan.Error, Caught: func(w *World) { w.Ans.IPAddressType = "dualstack" }, Says: "uses address type dualstack", Alone: func(w *World) { w.Ans.IPAddressType = "ipv4" }},
}
