package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

func checkShared(b *builder) []Finding {
	rows := map[string][]resource.ID{} // changes that affect a subnet
	for _, e := range b.endpoints {
		touched := e.newSubnets
		if len(e.newTables) > 0 {
			for _, c := range b.clients {
				if t := b.Net.RouteTableOf(c.ID); t != nil && slices.Contains(e.newTables, t.ID) {
					touched = append(touched, c)
				}
			}
		}
		for _, s := range touched {
			rows[s.ID] = append(rows[s.ID], e.id)
		}
	}
	var out []Finding
	for _, s := range b.Net.Subnets {
		if b.ofAnother(&s) && len(rows[s.ID]) > 0 {
			out = append(out, Finding{Severity: Block, Resource: s.ID, Changes: rows[s.ID],
				Message: fmt.Sprintf("Subnet %s is shared by account %s. Participants cannot create, modify or see endpoints in it.", inventory.Label(s.Name, s.ID), s.Owner),
				Fix:     fmt.Sprintf("Ask account %s to write a snapshot (wizard snapshot --out FILE). Make the plan from it with --snapshot FILE, and apply it in that account. That account does not see your services, so set clients and needs in the answers file.", s.Owner)})
		}
	}
	return out
}

func checkOwned(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.owned && e.changed {
			out = append(out, Finding{Severity: Block, Resource: e.existing.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("An AWS service created %s for %s, and only that service can change it. The endpoint lacks what this workload needs.", e.existing.ID, e.code),
				Fix:     "Change it with the service that created it, or remove the need."})
		}
	}
	return out
}

func checkState(b *builder) []Finding {
	var out []Finding
	for _, x := range b.Net.Endpoints {
		i := slices.IndexFunc(b.endpoints, func(e *endpoint) bool { return e.service == x.Service && strings.EqualFold(e.typ, x.Type) })
		if i < 0 || healthy(&x) {
			continue
		}
		e := b.endpoints[i]
		why := ""
		if x.LastError != "" {
			why = " AWS reports: " + x.LastError + "."
		}
		f := Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{e.id}, Fix: "Find the cause, delete the endpoint, then plan again.",
			Message: fmt.Sprintf("Endpoint %s for %s is in state %s and is not used.%s", x.ID, e.code, x.State, why)}
		if x.State == "deleting" {
			f.Fix = "Wait until it is deleted, then plan again."
		}
		if e.typ == catalog.Interface {
			f.Fix += " Its private DNS names can block a new endpoint."
		}
		in := b.routesTo(x.ID, b.gatewayTables(e.code))
		switch {
		case len(in) > 0: // AWS rejects a second route while the first one exists
			f.Message += " Its route still exists in " + strings.Join(in, ", ") + "."
		case e.existing != nil: // another endpoint serves the workload
			f.Severity = Info
		case e.typ == catalog.Gateway && x.State == "deleting":
			f.Severity, f.Fix = Info, "Nothing to do: the plan creates a new endpoint, and AWS deletes this one."
		}
		out = append(out, f)
	}
	return out
}

func checkGuardDuty(b *builder) []Finding {
	var out []Finding
	for _, x := range b.Net.Endpoints {
		if catalog.CodeOf(x.Service) == "guardduty-data" {
			creator := fmt.Sprintf("GuardDuty created endpoint %s for Runtime Monitoring.", x.ID)
			if !x.RequesterManaged {
				creator = fmt.Sprintf("Endpoint %s is for GuardDuty Runtime Monitoring, and GuardDuty did not create it.", x.ID)
			}
			out = append(out, Finding{Severity: Info, Resource: x.ID,
				Message: creator + " The plan does not change it. The image of its agent comes from Amazon ECR, so policies of the ECR and S3 endpoints must allow it."})
		}
	}
	return out
}
