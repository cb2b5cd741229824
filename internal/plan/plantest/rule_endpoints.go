package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var endpointsCases = []Case{
	{Rule: "G-SHARED", Severity: plan.Block, Caught: func(w *World) { w.Net().Subnets[0].Owner = "999999999999" }, Says: "999999999999", Alone: func(w *World) { w.Net().Subnets[3].Owner = "999999999999" }},
	{Rule: "G-OWNED", Severity: plan.Block, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged, e.Groups = true, []string{"sg-default"} }), Says: "only that service can change it",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged = true })},
	{Rule: "G-STATE", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.State, e.LastError = "failed", "InternalError: no" }), Says: "InternalError: no",
		Alone: having(Ready("kms"), func(e *inventory.Endpoint) { e.State = "failed" })},
	{Rule: "G-STATE", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "deleting" }), Says: "vpce-logs for logs is in state deleting", Alone: having(Ready("logs"), nil)},
	{Rule: "E-GUARD", Severity: plan.Info, Caught: having(Ready("guardduty-data"), nil), Says: "GuardDuty did not create it", Alone: having(Ready("sts"), nil)},
	{Rule: "E-GUARD", Severity: plan.Info, Caught: having(Ready("guardduty-data"), func(e *inventory.Endpoint) { e.RequesterManaged = true }), Says: "GuardDuty created endpoint", Alone: having(Ready("sts"), nil)},
}
