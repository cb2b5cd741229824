package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var gatewaysCases = []Case{
	{Rule: "G-GWDUP", Severity: plan.Error, Caught: func(w *World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-deleted", Blackhole: true})
	}, Says: "vpce-deleted", Alone: func(w *World) {
		w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-deleted"})
	}},
	{Rule: "G-GWCUT", Severity: plan.Warn, Caught: with(nat, func(w *World) {
		w.Iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}), Says: "Adding the route interrupts them", Alone: func(w *World) {
		w.Iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}},
	{Rule: "G-GWREACH", Severity: plan.Warn, Caught: func(w *World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "192.168.0.0/16", Target: "tgw-1"})
	}, Says: "transit gateway tgw-1", Alone: func(w *World) {
		w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{CIDR: "192.168.0.0/16", Target: "tgw-1"})
	}},
	{Rule: "G-GWDNS", Severity: plan.Warn, Caught: with(only("env-files"), func(w *World) { w.Net().DNSHostnames = false }), Says: "needs both", Alone: func(w *World) { w.Net().DNSHostnames = false }},
	{Rule: "G-S3IF", Severity: plan.Warn, Caught: having(Ready("s3"), nil), Says: "vpce-s3 uses the name of Amazon S3", Alone: having(Ready("s3"), func(e *inventory.Endpoint) { e.InboundOnly = true })},
}
