package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var aclCases = []Case{
	{Rule: "G-NACL", Severity: plan.Error, Caught: Deny(50, true), Says: "entry 50", Alone: Deny(200, true)},
	{Rule: "G-NACL", Severity: plan.Warn, Caught: func(w *World) {
		w.denyACL(inventory.ACLEntry{Number: 50, Egress: true, Protocol: "6", CIDR: "10.0.1.0/25", From: 443, To: 443})
	}, Says: "a part of the addresses or ports", Alone: Deny(50, true)},
	{Rule: "G-NACL", Severity: plan.Error, Caught: Deny(50, false), Says: "into", Alone: func(w *World) {
		w.Ans.Clients, w.Ans.Subnets = []string{"subnet-a"}, []string{"subnet-a"}
		Deny(50, false)(w)
	}},
}
