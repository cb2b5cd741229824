package steps

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// chosen returns the name of the resource that the endpoints serve; empty if it does not
// exist yet.
func chosen(ans answers.Answers) string { return families.Of(ans.Workload).Named.NameIn(ans) }

// kindOf returns the noun for the chosen resource.
func kindOf(ans answers.Answers) string { return families.Of(ans.Workload).Named.KindOf(chosen(ans)) }

// find finds the chosen resource. It returns false without a name, for an unknown name,
// and for a resource of another workload.
func find(inv *inventory.Inventory, ans answers.Answers) (workload.Place, bool) {
	name := chosen(ans)
	if name == "" {
		return workload.Place{}, false
	}
	return families.Of(ans.Workload).Locate(inv, name)
}

// VPCs returns the known VPCs of the workload. Their networks are likely to be needed next.
// Without a workload it returns the VPCs of all services.
func VPCs(inv *inventory.Inventory, w answers.Workload) []string {
	return slices.DeleteFunc(workload.Unique(families.Of(w).VPCs(inv)), func(id string) bool { return id == "" })
}

// runsIn returns the subnets and security groups of the chosen resource according to the
// plan; nil if the network is not known.
func runsIn(inv *inventory.Inventory, ans answers.Answers) []string {
	if inv.Network(ans.VPC) == nil {
		return nil
	}
	ans.Clients, ans.Subnets = nil, nil
	return plan.ScopeOf(inv, ans).RunsIn()
}
