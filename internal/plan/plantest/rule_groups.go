package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var groupsCases = []Case{
	{Rule: "G-SG443", Severity: plan.Error, Caught: ownGroups("sg-default"), Says: "do not allow TCP 443 from sg-app", Alone: ownGroups("sg-wide"), Fixed: true},
	{Rule: "G-SG443", Severity: plan.Warn, Caught: with(ownGroups("sg-listed"), func(w *World) {
		w.Group(inventory.SecurityGroup{ID: "sg-listed", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-own"}}})
	}), Says: "by prefix list pl-own", Alone: with(ownGroups("sg-halves"), func(w *World) {
		w.Group(inventory.SecurityGroup{ID: "sg-halves", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/17"}, {Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.128.0/17"},
			{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/25"}}})
	})},
	{Rule: "G-SG443", Severity: plan.Error, Caught: with(ownGroups("sg-listed"), listed("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/25")), Says: "do not allow TCP 443 from sg-app", Alone: with(ownGroups("sg-listed"), listed("10.0.0.0/23", "10.0.2.0/25", "10.0.2.128/25")), Fixed: true},
	{Rule: "G-SHUTOUT", Severity: plan.Error, Caught: with(Elsewhere, Narrow, ownGroups("sg-narrow")), Says: "eni-9 (10.0.100.9 in subnet-data)", Alone: with(Elsewhere, ownGroups("sg-wide")), Fixed: true},
	{Rule: "G-SHUTOUT", Severity: plan.Warn, Caught: with(Elsewhere, Narrow, having(Ready("logs"), func(e *inventory.Endpoint) { e.Groups = []string{"sg-narrow"} })), Says: "The security groups of the existing logs endpoint block", Alone: with(Elsewhere, having(Ready("logs"), nil))},
	{Rule: "G-PHASES", Severity: plan.Warn, Caught: with(nat, Elsewhere, func(w *World) { w.Net().Interfaces[0].Subnet, w.Ans.TwoPhases = "subnet-a", new(false) }), Says: "1 network interface may use another path now: eni-9", Alone: with(nat, Elsewhere, func(w *World) { w.Net().Interfaces[0].Subnet = "subnet-a" }), Fixed: true},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: func(w *World) { w.Net().SecurityGroups[0].Rules = nil }, Says: "does not allow outbound TCP 443", Alone: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}
	}, Says: "Amazon S3", Alone: func(*World) {}},
	{Rule: "G-SGEGRESS", Severity: plan.Warn, Caught: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}, Says: "by prefix list pl-own", Alone: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: with(listed("10.0.0.0/23"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 400, To: 500, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}), Says: "does not allow outbound TCP 443 to the ecr.api endpoint", Alone: with(listed("10.0.0.0/23", "10.0.2.0/24"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 400, To: 500, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	})},
}
