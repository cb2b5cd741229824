package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var routesCases = []Case{
	{Rule: "G-ROUTE", Severity: plan.Error, Caught: routed(inventory.Route{CIDR: "10.0.1.0/24", Target: "eni-deleted", Blackhole: true}), Says: "Route table rtb-app sends traffic to 10.0.1.0/24 to eni-deleted, which does not exist",
		Alone: routed(inventory.Route{CIDR: "10.0.100.0/24", Target: "eni-deleted", Blackhole: true})},
	{Rule: "G-ROUTE", Severity: plan.Warn, Caught: with(listed("10.0.1.0/24"), routed(inventory.Route{PrefixList: "pl-own", Target: "tgw-1"})), Says: "sends traffic to prefix list pl-own to tgw-1", Alone: with(listed("10.0.0.0/8"), routed(inventory.Route{PrefixList: "pl-own", Target: "tgw-1"}))},
	{Rule: "G-ROUTE", Severity: plan.Warn, Caught: routed(inventory.Route{CIDR: "10.0.1.0/24", Target: "vpce-firewall"}), Says: "to vpce-firewall", Alone: routed(inventory.Route{CIDR: "0.0.0.0/0", Target: "vpce-firewall"})},
}
