package plantest

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var servicesCases = []Case{
	{Rule: "G-SVCEXISTS", Severity: plan.Block, Caught: func(w *World) {
		w.Ans.Extra = []string{"dynamodb"}
		w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1.dynamodb", Type: "Interface"})
	}, Says: "us-east-1 has no gateway endpoint service com.amazonaws.us-east-1.dynamodb", Alone: func(w *World) { w.Ans.Extra = []string{"sts"} }},
	{Rule: "G-SVCEXISTS", Severity: plan.Block, Caught: func(w *World) { w.Inv.Services = w.Inv.Services[1:] }, Says: "ecr.api", Alone: func(w *World) {
		w.Inv.Services = slices.DeleteFunc(w.Inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".batch") })
	}},
	{Rule: "G-BATCHREG", Severity: plan.Info, Caught: with(Batch, inRegion("ap-northeast-3"), only("workload-api")), Says: "follows the Region's list", Alone: with(Batch, only("workload-api"))},
	{Rule: "G-BATCHREG", Severity: plan.Block, Caught: with(Batch, inRegion("ap-southeast-3"), only("workload-api"), func(w *World) {
		w.Inv.Services = slices.DeleteFunc(w.Inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".batch") })
	}), Says: "no interface endpoint in ap-southeast-3", Alone: with(Batch, inRegion("ap-southeast-3"))},
}
