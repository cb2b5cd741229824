package plantest

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var quotasCases = []Case{
	{Rule: "Q-IF", Severity: plan.Block, Caught: func(w *World) { w.Inv.Quotas.InterfaceEndpoints = 3 }, Says: "The quota is 3 interface endpoints per VPC. 0 exist, and the plan needs 4 more", Alone: func(w *World) { w.Inv.Quotas.InterfaceEndpoints = 4 }},
	{Rule: "Q-IF", Severity: plan.Block, Caught: func(w *World) {
		for i := range 47 {
			w.Endpoint(inventory.Endpoint{ID: fmt.Sprint("vpce-", i), Type: "Interface", Service: "other", State: "available"})
		}
	}, Says: "AWS's default", Alone: func(w *World) {
		for i := range 47 {
			w.Endpoint(inventory.Endpoint{ID: fmt.Sprint("vpce-", i), Type: "Gateway", Service: "other", State: "available"})
		}
	}},
	{Rule: "Q-GW", Severity: plan.Block, Caught: func(w *World) { w.Inv.Quotas.UsedGateways = 20 }, Says: "20 gateway endpoints", Alone: func(w *World) { w.Inv.Quotas.UsedGateways, w.Inv.Quotas.GatewayEndpoints = 20, 21 }},
	{Rule: "Q-SG", Severity: plan.Error, Caught: func(w *World) {
		for i := range 6 {
			g := Wide()
			g.ID = fmt.Sprint("sg-wide-", i)
			w.Group(g)
			w.Ans.SecurityGroups = append(w.Ans.SecurityGroups, g.ID)
		}
	}, Says: "6 security groups", Alone: ownGroups("sg-wide")},
	{Rule: "Q-SG", Severity: plan.Error, Caught: func(w *World) { w.Inv.Quotas.RulesPerGroup = 2; w.Service().Groups = nil }, Says: "3 inbound rules", Alone: func(w *World) { w.Inv.Quotas.RulesPerGroup = 2 }},
}
