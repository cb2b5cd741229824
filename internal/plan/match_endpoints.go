package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// dnsNames are the DNS attributes of a VPC with their verb.
var dnsNames = map[resource.ID]string{dnsSupportID: "DNS support is", dnsHostnamesID: "DNS hostnames are"}

var (
	_ = matchAt(10, (*builder).matchDNS)
	_ = matchAt(30, (*builder).matchEndpoints)
)

// matchDNS plans the two VPC attributes that private DNS needs.
func (b *builder) matchDNS() {
	_, interfaces := b.needed()
	if !b.Ans.DNS() || !slices.ContainsFunc(interfaces, func(w catalog.Verdict) bool { return b.named(b.serviceName(w.Code)) }) {
		return
	}
	for _, at := range []struct {
		id        resource.ID
		name, api string
		on        bool
		after     []resource.ID
		say       string
	}{
		{dnsSupportID, "DNS support", "enableDnsSupport", b.Net.DNSSupport, nil, textRules["G-DNSALL"]},
		{dnsHostnamesID, "DNS hostnames", "enableDnsHostnames", b.Net.DNSHostnames, []resource.ID{dnsSupportID}, textRules["G-DNSDELAY"]},
	} {
		if at.on && b.plansVPC() { // AWS creates a VPC with it
			continue
		}
		if b.plansVPC() {
			at.after = nil
		}
		a := resource.Change{ID: at.id, Op: resource.Keep, Existing: b.vpc.ID, After: at.after, Rules: []string{"G-DNSATTR"},
			Spec:    resource.VPCAttribute{VPC: b.vpc.ID, Attribute: at.api},
			Summary: dnsNames[at.id] + " enabled for the VPC",
			Why:     "Private DNS for endpoints needs both DNS attributes of the VPC. " + at.say,
		}
		if !at.on {
			a.Op, a.Summary = resource.Modify, "Turn on "+at.name+" of the VPC"
			if b.plansVPC() {
				a.Existing = ""
			}
			a.Before = map[string]any{resource.Snake(at.api): false}
			a.Why += " The change affects the whole VPC: names of AWS resources in it start to resolve to private addresses."
		}
		b.p.Changes = append(b.p.Changes, a)
	}
}

// needed returns the verdicts for the endpoints that the plan needs, by type.
func (b *builder) needed() (gateways, interfaces []catalog.Verdict) {
	for _, w := range b.verdicts {
		switch {
		case !w.Needed:
		case catalog.Lookup(w.Code).Type == catalog.Gateway:
			gateways = append(gateways, w)
		default:
			interfaces = append(interfaces, w)
		}
	}
	return gateways, interfaces
}

// matchEndpoints plans the endpoints, gateway endpoints first.
func (b *builder) matchEndpoints() {
	gateways, interfaces := b.needed()
	for _, w := range gateways {
		b.matchGateway(w)
	}
	for _, w := range interfaces {
		b.matchInterface(w)
	}
}

func (s *scope) serviceName(code string) string {
	return catalog.Lookup(code).ServiceName(s.Partition(), s.Ans.Region)
}

// healthy reports whether an endpoint can be used, now or soon.
func healthy(e *inventory.Endpoint) bool { return e.State == "available" || e.State == "pending" }

// existing returns the best existing endpoint of a service. One with private DNS comes first,
// because a second endpoint cannot have the same private DNS name.
func (b *builder) existing(service, typ string) *inventory.Endpoint {
	var best *inventory.Endpoint
	for i := range b.Net.Endpoints {
		e := &b.Net.Endpoints[i]
		if e.Service != service || !strings.EqualFold(e.Type, typ) || !healthy(e) {
			continue
		}
		if best == nil || e.PrivateDNS && !best.PrivateDNS || e.PrivateDNS == best.PrivateDNS && best.RequesterManaged && !e.RequesterManaged {
			best = e
		}
	}
	return best
}

// beside returns the ids of the endpoints of a service, beside which the plan creates another one.
func (b *builder) beside(service, typ string) []string {
	var out []string
	for _, e := range b.Net.Endpoints {
		if e.Service == service && strings.EqualFold(e.Type, typ) {
			out = append(out, e.ID)
		}
	}
	return out
}

// gateways returns the usable gateway endpoints of a service. The one with most of the route tables
// comes first, because the plan adds missing tables to it.
func (b *builder) gateways(service string, tables []string) []*inventory.Endpoint {
	var out []*inventory.Endpoint
	for i := range b.Net.Endpoints {
		if x := &b.Net.Endpoints[i]; x.Service == service && strings.EqualFold(x.Type, catalog.Gateway) && healthy(x) {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(x, y *inventory.Endpoint) int {
		if n := len(servedBy(y, tables)) - len(servedBy(x, tables)); n != 0 || x.RequesterManaged == y.RequesterManaged {
			return n
		}
		if x.RequesterManaged { // the wizard must not change it
			return 1
		}
		return -1
	})
	return out
}

// servedBy returns those of the route tables that have the route of a gateway endpoint.
func servedBy(x *inventory.Endpoint, tables []string) []string {
	return slices.DeleteFunc(slices.Clone(tables), func(t string) bool { return !slices.Contains(x.RouteTables, t) })
}

// unserved returns those of the route tables that have the route of none of the gateway endpoints. A table with the
// route of one of them cannot get a second route.
func unserved(by []*inventory.Endpoint, tables []string) []string {
	return slices.DeleteFunc(slices.Clone(tables), func(t string) bool {
		return slices.ContainsFunc(by, func(x *inventory.Endpoint) bool { return slices.Contains(x.RouteTables, t) })
	})
}

// clientTables returns the route tables of the subnets of the workload.
func (b *builder) clientTables() []string {
	var out []string
	for _, c := range b.clients {
		if t := b.Net.RouteTableOf(c.ID); t != nil {
			out = append(out, t.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (b *builder) matchGateway(w catalog.Verdict) {
	service := b.serviceName(w.Code)
	e := &endpoint{code: w.Code, service: service, typ: catalog.Gateway, id: resource.ID("endpoint/" + w.Code)}
	tables := b.clientTables()
	if len(tables) == 0 { // the route tables are not known; A-GAP reports it
		return
	}
	a := resource.Change{ID: e.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why}
	if w.Code == "s3" {
		a.Why += " A gateway endpoint adds a route and has no hourly price. " + b.Workload.S3Why
	}
	there := b.gateways(service, tables)
	if len(there) == 0 {
		note := b.newPolicy(e)
		a.Why = strings.TrimSpace(a.Why + " " + note)
		a.Op, a.Spec = resource.Create, resource.GatewayEndpoint{VPC: b.vpc.ID, Service: service, RouteTables: tables, IPType: b.gatewayIPType(service), Policy: e.policy, Tags: b.tags(b.endpointName(w.Code)), Others: b.beside(service, e.typ)}
		a.Summary = fmt.Sprintf("Create the %s gateway endpoint in %s", w.Code, words.Count(len(tables), "route table"))
		e.tables, e.newTables = tables, tables
		b.add(a, e)
		return
	}
	missing := unserved(there, tables)
	e.existing = there[0]
	others := slices.DeleteFunc(slices.Clone(there[1:]), func(x *inventory.Endpoint) bool { return len(servedBy(x, tables)) == 0 })
	b.reuseGateway(&a, e, servedBy(e.existing, tables), missing, len(others) > 0)
	b.add(a, e)
	for _, x := range others {
		// The workload uses this endpoint too, so that its claims and its policy are checked as
		// well.
		o := &endpoint{code: w.Code, service: service, typ: catalog.Gateway, id: e.id + resource.ID("@"+x.ID), existing: x}
		a := resource.Change{ID: o.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why + " A route table accepts one endpoint of a service, and this endpoint serves part of the workload's route tables."}
		b.reuseGateway(&a, o, servedBy(x, tables), nil, true)
		b.add(a, o)
	}
}

// gatewayTables returns the route tables of the workload that will have a route to a gateway
// endpoint of the service.
func (b *builder) gatewayTables(code string) []string {
	var out []string
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway && e.code == code {
			out = append(out, e.tables...)
		}
	}
	return out
}

// reuseGateway keeps an existing gateway endpoint or adds what it lacks. If several exist, the
// change says which one it is.
func (b *builder) reuseGateway(a *resource.Change, e *endpoint, served, missing []string, several bool) {
	x := e.existing
	name := fmt.Sprintf("%s gateway endpoint", e.code)
	if several {
		name += " " + inventory.Label(x.Name, x.ID)
	}
	b.asIs(e)
	a.Existing = x.ID
	e.tables, e.newTables = append(served, missing...), missing
	change, before := resource.EndpointChange{VPC: b.vpc.ID, Service: e.service, Type: catalog.Gateway, Endpoint: x.ID, AddRouteTables: missing}, map[string]any{}
	var what []string
	if len(missing) > 0 {
		what = append(what, words.Count(len(missing), "route table"))
		before["route_table_ids"] = nonNil(x.RouteTables)
		a.Rules = append(a.Rules, "G-GWROUTE")
		a.Why += " The endpoint exists, but subnets cannot reach it if their route table has no route to it. They use another path, if they have one."
	}
	if added, why := b.addPolicy(e, &change, before); added != "" {
		what = append(what, added)
		a.Rules = append(a.Rules, "E-S3POL")
		a.Why += " " + why
	}
	if len(what) == 0 {
		a.Op, a.Spec = resource.Keep, resource.GatewayEndpoint{VPC: b.vpc.ID, Service: e.service, RouteTables: x.RouteTables, KeptPolicy: x.Policy}
		a.Summary = fmt.Sprintf("The %s serves every route table of the workload", name)
		if several {
			a.Summary = fmt.Sprintf("The %s serves %s of the workload", name, words.Count(len(served), "route table"))
		}
		return
	}
	e.changed = true
	a.Op, a.Spec, a.Before = resource.Modify, change, before
	a.Summary = additions(what, "the "+name)
}

// additions returns the summary of what a change adds to an endpoint. Statements are added to its
// policy, which exists already.
func additions(what []string, to string) string {
	const ofPolicy = "to its policy"
	if what[len(what)-1] != ofPolicy {
		return fmt.Sprintf("Add %s to %s", strings.Join(what, " and "), to)
	}
	if len(what) == 1 {
		return "Add to the policy of " + to
	}
	return fmt.Sprintf("Add %s to %s, and add to its policy", strings.Join(what[:len(what)-1], " and "), to)
}

// usable returns the existing interface endpoint of a service for the workload. An endpoint that AWS created for
// itself without private DNS does not serve the workload, and it does not block a new one.
func (b *builder) usable(service string) *inventory.Endpoint {
	x := b.existing(service, catalog.Interface)
	if x != nil && x.RequesterManaged && !x.PrivateDNS && b.Ans.DNS() {
		return nil
	}
	return x
}

func (b *builder) matchInterface(w catalog.Verdict) {
	service := b.serviceName(w.Code)
	e := &endpoint{code: w.Code, service: service, typ: catalog.Interface, id: resource.ID("endpoint/" + w.Code), existing: b.usable(service)}
	a := resource.Change{ID: e.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why}
	if e.existing == nil {
		e.subnets, e.dns = b.endpointSubnetsFor(service), b.Ans.DNS() && b.named(service)
		e.newSubnets, e.late = e.subnets, e.dns && b.phased()
		e.groups = b.groupsForNew()
		b.openPorts(e)
		a.Why = strings.TrimSpace(a.Why+" "+b.newPolicy(e)) + " " + textRules["Q-BW"]
		a.Op = resource.Create
		if e.dns && !e.late {
			a.After = b.dnsChanges()
		}
		a.Spec = resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: service, Subnets: ids(e.subnets), Groups: e.groups, PrivateDNS: e.dns && !e.late,
			IPType: b.Ans.IPType(), Policy: e.policy, Tags: b.tags(b.endpointName(w.Code)), Others: b.beside(service, e.typ), Later: e.late}
		a.Summary = fmt.Sprintf("Create the %s interface endpoint in %s", w.Code, zones(e.subnets))
		if dropped := len(b.endpointSubnets) - len(e.subnets); dropped > 0 {
			a.Why += fmt.Sprintf(" The service is not available in the zone of %s, so the plan leaves that out. Clients in that zone reach the endpoint in the other zones.", words.Count(dropped, "chosen subnet"))
		}
		b.add(a, e)
		return
	}
	b.reuse(&a, e)
	b.add(a, e)
}

// asIs sets an endpoint to the state of the existing one.
func (b *builder) asIs(e *endpoint) {
	x := e.existing
	for _, id := range x.Subnets {
		if s := b.Net.Subnet(id); s != nil {
			e.subnets = append(e.subnets, s)
		}
	}
	e.owned, e.dns, e.groups = x.RequesterManaged, x.PrivateDNS, resource.Literals(x.Groups)
	if !policy.Full(x.Policy) {
		e.policy = x.Policy
	}
}

// reuse keeps an existing endpoint or adds what it lacks.
func (b *builder) reuse(a *resource.Change, e *endpoint) {
	x := e.existing
	b.asIs(e)
	a.Existing = x.ID
	have := map[string]bool{}
	for _, s := range e.subnets {
		have[s.Zone] = true
	}
	change := resource.EndpointChange{VPC: b.vpc.ID, Service: e.service, Type: catalog.Interface, Endpoint: x.ID}
	before := map[string]any{}
	var what, whys []string
	for _, s := range b.endpointSubnetsFor(e.service) {
		if !have[s.Zone] && !e.owned {
			have[s.Zone] = true
			change.AddSubnets = append(change.AddSubnets, s.ID)
			e.newSubnets, e.subnets = append(e.newSubnets, s), append(e.subnets, s)
		}
	}
	if n := len(change.AddSubnets); n > 0 {
		before["subnet_ids"] = nonNil(x.Subnets)
		what = append(what, "a network interface in "+zones(e.newSubnets))
		whys = append(whys, "It does not have a network interface in every zone of the workload.")
	}
	turnsOn := b.Ans.DNS() && !x.PrivateDNS && b.named(e.service)
	if turnsOn && len(b.sameZones(e)) > 0 && b.answeredElsewhere(e) {
		// In the VPC of central endpoints, such zones lead to the endpoints (AWS whitepaper Building a Scalable
		// and Secure Multi-VPC AWS Network Infrastructure, Centralized access to VPC private endpoints).
		// G-ZONE reports them.
		turnsOn = false
		a.Why += " Its private DNS stays off, because a private hosted zone in this VPC already has its name."
	}
	missing := b.notAllowed(e)
	shut := turnsOn && len(b.blockedOthers(b.rulesOf(e))) > 0
	if len(missing) > 0 || shut {
		added := b.groupsForNew()
		b.openPorts(&endpoint{code: e.code, groups: added, dns: turnsOn || x.PrivateDNS})
		if !subset(added, e.groups) {
			change.AddGroups = slices.DeleteFunc(added, func(v resource.Value) bool { return slices.Contains(e.groups, v) })
			e.groups = append(e.groups, change.AddGroups...)
			before["security_group_ids"] = nonNil(x.Groups)
			what = append(what, words.Count(len(change.AddGroups), "security group"))
			if len(missing) > 0 {
				traits := catalog.TraitsOf(e.code)
				whys = append(whys, fmt.Sprintf("Its security groups do not allow traffic from %s on TCP %s.", strings.Join(missing, ", "), catalog.PortsText(catalog.PortsOf(e.code), traits.OneOf)))
			}
			if shut {
				whys = append(whys, "Its security groups would block other clients in the VPC when private DNS is on.")
			}
		}
		a.Rules = append(a.Rules, "G-SG443")
		if shut {
			a.Rules = append(a.Rules, "G-SHUTOUT")
		}
	}
	e.dns, e.late = turnsOn || e.dns, turnsOn && b.phased()
	if turnsOn && !e.late {
		change.PrivateDNS = true
		a.After = b.dnsChanges()
		before["private_dns_enabled"] = false
		what = append(what, "private DNS names")
		whys = append(whys, "Without private DNS no client finds the endpoint. With private DNS the whole VPC uses it.")
	}
	if added, why := b.addPolicy(e, &change, before); added != "" {
		what, whys = append(what, added), append(whys, why)
		a.Rules = append(a.Rules, "G-POLADD")
	}
	if len(what) == 0 {
		a.Op = resource.Keep
		a.Spec = resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: e.service, Subnets: x.Subnets, Groups: e.groups, PrivateDNS: x.PrivateDNS, IPType: x.IPType, KeptPolicy: x.Policy, Later: e.late}
		a.Summary = fmt.Sprintf("The %s interface endpoint exists and allows traffic from the workload", e.code)
		return
	}
	e.changed = true
	a.Op, a.Spec, a.Before = resource.Modify, change, before
	a.Summary = additions(what, fmt.Sprintf("the %s interface endpoint", e.code))
	a.Why += " " + strings.Join(whys, " ")
}

// endpointSubnetsFor returns the chosen subnets in Availability Zones that have the service. A subnet that
// the user chose is not dropped silently; G-AZSUP reports it.
func (b *builder) endpointSubnetsFor(service string) []*inventory.Subnet {
	svc := b.Inv.Service(service, catalog.Interface)
	if svc == nil || b.chosen || len(svc.Zones) == 0 {
		return b.endpointSubnets
	}
	return slices.DeleteFunc(slices.Clone(b.endpointSubnets), func(s *inventory.Subnet) bool { return !slices.Contains(svc.Zones, s.Zone) })
}

// dnsChanges returns the changes that private DNS waits for.
func (b *builder) dnsChanges() []resource.ID {
	if !b.Ans.DNS() {
		return nil
	}
	if b.plansVPC() {
		return []resource.ID{dnsHostnamesID}
	}
	return []resource.ID{dnsHostnamesID, dnsSupportID}
}

// zones lists the Availability Zones of subnets: "us-east-1a, us-east-1b".
func zones(subs []*inventory.Subnet) string {
	var out []string
	for _, s := range subs {
		out = append(out, s.Zone)
	}
	if len(out) == 0 {
		return "no zone"
	}
	return strings.Join(out, ", ")
}

func subset(a, b []resource.Value) bool {
	return !slices.ContainsFunc(a, func(v resource.Value) bool { return !slices.Contains(b, v) })
}
