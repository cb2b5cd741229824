package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// checkClients reports workloads outside the client subnets. If the answers give only the endpoints'
// subnets, these count as the client subnets. The route table, the internet access and the addresses
// of a workload in another subnet are then not checked.
func checkClients(b *builder) []Finding {
	if len(b.Ans.Clients) > 0 || len(b.Ans.Subnets) == 0 || len(b.endpoints) == 0 {
		return nil
	}
	var who, where, runsIn []string
	looked := map[string]bool{}
	look := func(name string, subnets []string) {
		missed := false
		for _, id := range subnets {
			sub := b.Net.Subnet(id)
			if sub == nil || slices.ContainsFunc(b.clients, func(c *inventory.Subnet) bool { return c.ID == id }) {
				continue
			}
			if label := inventory.Label(sub.Name, id); !looked[id] {
				looked[id], where = true, append(where, label)
			} else if name == "" { // reported by name
				continue
			}
			missed = true
		}
		if missed {
			who = append(who, cmp.Or(name, "a container instance"))
		}
	}
	for _, svc := range b.Services {
		look("service "+svc.Name, svc.Subnets)
	}
	for _, e := range b.Environments {
		look("compute environment "+e.Name, e.Subnets)
	}
	for _, e := range b.Airflows {
		look("environment "+e.Name, e.Subnets)
	}
	for _, r := range b.Runners {
		look("", r.Subnets)
		runsIn = append(append(runsIn, r.Subnets...), r.Groups...)
	}
	if len(who) == 0 {
		return nil
	}
	runsIn = slices.DeleteFunc(workload.Unique(runsIn), func(id string) bool { return b.Net.Subnet(id) == nil && b.Net.Group(id) == nil })
	who = workload.Unique(who)
	verb := "run"
	if len(who) == 1 {
		verb = "runs"
	}
	names := words.UpTo(who, 3)
	return []Finding{{Rule: "G-GWROUTE", Severity: Error, Resource: words.UpTo(where, 3), Patch: &answers.Patch{Clients: runsIn},
		Message: fmt.Sprintf("%s%s %s in subnets that are not among the clients: %s. The answers have no clients, so the endpoints' subnets are used. In other subnets the wizard checks no S3 route, internet access or security group.",
			strings.ToUpper(names[:1]), names[1:], verb, words.UpTo(where, 3)),
		Fix: "Select the subnets where the workload runs on the screen Workload subnets (answers file: clients): " + words.UpTo(runsIn, 8) + "."}}
}
