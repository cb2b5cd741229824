package plan

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Now returns the findings about the existing endpoints of the workload as the account is, with the ids that their
// changes have in a plan. The rules are those of a plan: here they judge a plan that changes nothing.
func Now(inv *inventory.Inventory, ans answers.Answers) []Finding {
	b := newBuilder(inv, ans, Files{})
	if b.vpc == nil || len(b.clients) == 0 || b.plansVPC() {
		return nil
	}
	var out []Finding
	gateways, interfaces := b.needed()
	tables := b.clientTables()
	for _, w := range gateways {
		service := b.serviceName(w.Code)
		all := b.gateways(service, tables)
		id := resource.ID("endpoint/" + w.Code)
		for i, x := range all {
			e := &endpoint{code: w.Code, service: service, typ: catalog.Gateway, id: id, existing: x, tables: servedBy(x, tables)}
			if i > 0 {
				e.id += resource.ID("@" + x.ID)
			}
			b.asIs(e)
			b.endpoints = append(b.endpoints, e)
		}
		if missing := unserved(all, tables); len(all) > 0 && len(missing) > 0 {
			out = append(out, Finding{Rule: "G-GWROUTE", Severity: Error, Resource: strings.Join(missing, ", "), Changes: []resource.ID{id},
				Message: fmt.Sprintf("No route to the %s gateway endpoint in %s.", w.Code, strings.Join(missing, ", "))})
		}
	}
	var named []resource.ID
	for _, w := range interfaces {
		service := b.serviceName(w.Code)
		e := &endpoint{code: w.Code, service: service, typ: catalog.Interface, id: resource.ID("endpoint/" + w.Code), existing: b.usable(service)}
		if e.existing == nil {
			continue
		}
		b.asIs(e)
		b.endpoints = append(b.endpoints, e)
		if e.dns {
			named = append(named, e.id)
		}
	}
	for _, env := range b.Airflows {
		for _, o := range ownEndpoints(env) {
			if x := b.existing(o.service, catalog.Interface); x != nil {
				e := &endpoint{code: env.Name + "-" + o.kind, service: o.service, typ: catalog.Interface, id: ownID(env, o.kind), existing: x, env: env}
				b.asIs(e)
				b.endpoints = append(b.endpoints, e)
			}
		}
	}
	if _, unread := inv.Gap("ec2:DescribeVpcAttribute"); len(named) > 0 && !unread && !(b.Net.DNSSupport && b.Net.DNSHostnames) {
		out = append(out, Finding{Rule: "G-DNSATTR", Severity: Error, Resource: b.vpc.ID, Changes: named,
			Message: "DNS support or DNS hostnames of the VPC is off, so private DNS of the endpoint has no effect."})
	}
	b.check()
	b.p.Findings = append(out, b.p.Findings...)
	b.nameNew()
	return b.p.Findings
}
