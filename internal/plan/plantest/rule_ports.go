package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var portsCases = []Case{
	{Rule: "G-PORTS", Severity: plan.Error, Caught: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), ownGroups("sg-wide")), Says: "connect to TCP 9142",
		Alone: extra("cassandra", "cassandra.us-east-1.amazonaws.com")},
	{Rule: "G-PORTS", Severity: plan.Warn, Caught: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0"}, {Egress: true, Protocol: "tcp", From: 9142, To: 9142, PrefixList: "pl-own"}}
	}), Says: "cannot decide", Alone: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 9142, CIDR: "0.0.0.0/0"}}
	})},
}
