package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var dnsCases = []Case{
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: with(having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "failed" }), func(w *World) {
		e := Ready("logs")
		e.ID, e.PrivateDNS = "vpce-2", false
		w.Endpoint(e)
	}), Says: "already has the private DNS name of logs",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "failed" })}, // G-STATE reports it
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: having(Ready("other"), func(e *inventory.Endpoint) { e.DNSNames = []string{"logs.us-east-1.amazonaws.com"} }), Says: "logs", Alone: having(Ready("other"), nil)},
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: func(w *World) {
		w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "logs.us-east-1.amazonaws.com", Owner: "999999999999"}}
	}, Says: "owned by 999999999999", Alone: func(w *World) {
		w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "kms.us-east-1.amazonaws.com"}, {ID: "Z2", Name: "shop.internal"}}
	}},
	{Rule: "G-DNSDKR", Severity: plan.Error, Caught: off, Says: "ecr.dkr", Alone: with(off, only("awslogs")), Fixed: true},
	{Rule: "G-DNSOFF", Severity: plan.Error, Caught: with(off, only("awslogs")), Says: "logs", Alone: func(*World) {}, Fixed: true},
	{Rule: "G-DNSOFF", Severity: plan.Info, Caught: with(off, only(), func(w *World) { w.Ans.Extra = []string{"batch"} }), Says: "--endpoint-url", Alone: func(*World) {}},
	{Rule: "G-R53DNS", Severity: plan.Warn, Caught: func(w *World) { w.Net().DomainServers = []string{"10.0.0.10"} }, Says: "10.0.0.10", Alone: func(w *World) { w.Net().DomainServers = []string{"10.0.0.10", "AmazonProvidedDNS"} }},
	{Rule: "G-NONAME", Severity: plan.Warn, Caught: extra("iot.data"), Says: "lists no private DNS name for iot.data", Alone: extra("iot", "iot.us-east-1.amazonaws.com")},
	{Rule: "G-NAMES", Severity: plan.Warn, Caught: extra("execute-api", "*.execute-api.us-east-1.amazonaws.com"), Says: "HTTP 403", Alone: with(extra("execute-api", "*.execute-api.us-east-1.amazonaws.com"), off, only())},
	{Rule: "G-NAMES", Severity: plan.Info, Caught: func(w *World) { w.Ans.Extra = []string{"sts"} }, Says: "stays public", Alone: extra("sns", "sns.us-east-1.amazonaws.com")},
}
