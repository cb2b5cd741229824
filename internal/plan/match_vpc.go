package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var _ = matchAt(5, (*builder).matchVPC)

// IDs of the changes of a new VPC that do not depend on a zone.
const (
	vpcID        resource.ID = answers.PlannedVPC
	gatewayID    resource.ID = "internet-gateway/new"
	attachmentID resource.ID = "internet-gateway-attachment/new"
	publicRoute  resource.ID = "route/public"
	flowLogID    resource.ID = "flow-log/new"
)

// exists reports whether an id is that of AWS, not that of a planned change.
func exists(id string) bool { return id != "" && !strings.Contains(id, "/") }

// place adds a change that creates a resource, or keeps the one that an earlier run created.
func (b *builder) place(a resource.Change, id string) {
	a.Op = resource.Create
	if exists(id) {
		a.Op, a.Existing = resource.Keep, id
	}
	a.Rules = append(a.Rules, "V-NEW")
	b.p.Changes = append(b.p.Changes, a)
}

// matchVPC plans a new VPC: everything that has no endpoint in it.
func (b *builder) matchVPC() {
	l := b.layout
	if l == nil {
		return
	}
	b.place(resource.Change{ID: vpcID, Summary: fmt.Sprintf("Create VPC %s with the block %s", l.spec.Name, l.vpc.CIDRs[0]),
		Why:  "The workload needs a VPC. Other VPCs and their traffic stay as they are.",
		Spec: resource.VPC{Name: l.spec.Name, CIDR: l.vpc.CIDRs[0], Tags: b.tags(l.spec.Name)}}, l.vpc.ID)
	for _, s := range l.subnets {
		why := "The workload and the network interfaces of the endpoints run in private subnets: no address in them is public. One subnet in each zone keeps the workload running if a zone fails."
		if s.role == "public" {
			why = "A NAT gateway needs a subnet with a route to the internet gateway. Nothing else runs in it, and it assigns no public addresses."
		}
		b.place(resource.Change{ID: resource.ID("subnet/" + s.key()), Summary: fmt.Sprintf("Create the %s subnet %s in %s", s.role, s.CIDR, s.Zone), Why: why,
			Spec: resource.Subnet{VPC: l.vpc.ID, Name: s.Name, CIDR: s.CIDR, Zone: s.Zone, Tags: b.tags(s.Name)}}, s.ID)
	}
	b.matchGateways()
	for _, t := range l.tables {
		b.matchTable(t)
	}
	for _, s := range l.subnets {
		id := s.ID
		if t := l.existingTable(s.ID); t == "" || t != s.table {
			id = ""
		}
		spec := resource.RouteTableAssociation{VPC: l.vpc.ID, Table: s.table, Subnet: s.ID, Name: s.Name}
		a := resource.Change{ID: resource.ID("route-table-association/" + s.key()), Summary: fmt.Sprintf("Give subnet %s its route table", s.Name),
			Why: "A subnet without a route table of its own uses the main route table of the VPC.", Spec: spec}
		b.place(a, id)
	}
	b.matchWorkloadGroup()
	if l.spec.FlowLogs != "" {
		b.place(resource.Change{ID: flowLogID, Summary: "Send the flow logs of the VPC to " + l.spec.FlowLogs,
			Why:  "Flow logs record which connections were accepted and rejected. Amazon CloudWatch prices for vended logs apply.",
			Spec: resource.FlowLog{VPC: l.vpc.ID, Bucket: l.spec.FlowLogs, Tags: b.tags(l.prefix + "-flow-logs")}}, "")
	}
}

// existingTable returns the route table that is associated with a subnet now; empty if none is.
func (l *layout) existingTable(subnet string) string {
	if l.existing == nil {
		return ""
	}
	for _, t := range l.existing.RouteTables {
		if slices.Contains(t.Subnets, subnet) {
			return t.ID
		}
	}
	return ""
}

// matchGateways plans the internet gateway, and the NAT gateways with their addresses.
func (b *builder) matchGateways() {
	l := b.layout
	if l.gateway == "" {
		return
	}
	name := l.prefix + "-igw"
	b.place(resource.Change{ID: gatewayID, Summary: "Create an internet gateway",
		Why:  "A NAT gateway sends its traffic through the internet gateway of the VPC. Private subnets have no route to it.",
		Spec: resource.InternetGateway{Name: name, Tags: b.tags(name)}}, l.gateway)
	b.place(resource.Change{ID: attachmentID, Summary: "Attach the internet gateway to the VPC", Why: "An internet gateway works only for the VPC that has it attached.",
		Spec: resource.InternetGatewayAttachment{Name: name, VPC: l.vpc.ID, Gateway: l.gateway}}, l.gateway)
	for _, n := range l.nats {
		a := resource.Change{ID: resource.ID("nat-gateway/" + n.key), After: []resource.ID{attachmentID}}
		spec := resource.NATGateway{VPC: l.vpc.ID, Name: n.name, Subnet: n.subnet, Zone: n.zone, Tags: b.tags(n.name)}
		if n.subnet == "" {
			spec.Regional, spec.Spans = true, len(l.zones)
			a.Summary, a.Why = "Create a regional NAT gateway", "It gives private subnets in all zones a route to the internet. AWS adds it to zones with workloads, and manages its public addresses."
		} else {
			address := resource.ID("elastic-ip/" + n.zone)
			a.After = append(a.After, publicRoute, resource.ID("route-table-association/public-"+n.zone))
			a.Summary = "Create a NAT gateway in " + n.zone
			a.Why = "It gives private subnets a route to the internet. Nothing on the internet can open a connection to them."
			if l.spec.Route() == answers.InternetNAT && len(l.zones) > 1 {
				a.Why += fmt.Sprintf(" It is the only one: if zone %s fails, the other zones have no route to the internet.", n.zone)
			}
			if !exists(n.id) { // an existing gateway has its address
				spec.Address = string(address)
				ip := l.prefix + "-nat-" + n.zone
				b.place(resource.Change{ID: address, Summary: "Allocate an Elastic IP address for the NAT gateway in " + n.zone, Why: "A NAT gateway needs a public address.",
					Spec: resource.ElasticIP{Name: ip, Tags: b.tags(ip)}}, "")
			}
		}
		a.Spec = spec
		b.place(a, n.id)
	}
}

// matchTable plans a route table and its default route.
func (b *builder) matchTable(t newTable) {
	l := b.layout
	why := "The route table of the private subnets has no route to the internet."
	switch {
	case t.gateway:
		why = "The route table of the public subnets leads to the internet gateway."
	case t.nat != "":
		why = "The route table of the private subnets leads to the NAT gateway."
	}
	b.place(resource.Change{ID: resource.ID("route-table/" + t.key), Summary: "Create the route table " + t.name, Why: why,
		Spec: resource.RouteTable{VPC: l.vpc.ID, Name: t.name, Tags: b.tags(t.name)}}, t.id)
	if !t.gateway && t.nat == "" {
		return
	}
	route := resource.Change{ID: resource.ID("route/" + t.key)}
	spec, to := resource.Route{VPC: l.vpc.ID, Table: t.id, CIDR: anywhere, NAT: t.nat}, "the NAT gateway"
	if t.gateway {
		spec.Gateway, to = l.gateway, "the internet gateway"
		route.After = []resource.ID{attachmentID}
	}
	spec.Name = t.name
	route.Spec = spec
	route.Why = "All traffic without a more specific route takes it. Routes inside the VPC are more specific."
	route.Summary = fmt.Sprintf("Route %s of %s to %s", anywhere, t.name, to)
	id := ""
	if l.existingRoute(t.id) != "" {
		id = t.id
	}
	b.place(route, id)
}

// existingRoute returns the target of the default route that a route table has now; empty if it has none.
func (l *layout) existingRoute(table string) string {
	if l.existing == nil {
		return ""
	}
	for _, t := range l.existing.RouteTables {
		if i := slices.IndexFunc(t.Routes, func(r inventory.Route) bool { return r.CIDR == anywhere }); t.ID == table && i >= 0 {
			return t.Routes[i].Target
		}
	}
	return ""
}

var _ = matchAt(116, (*builder).noteTables)

// noteTables adds to the reasons of new route tables that a gateway endpoint of the plan adds a route to them.
func (b *builder) noteTables() {
	if b.layout == nil {
		return
	}
	for _, t := range b.layout.tables {
		for _, e := range b.endpoints {
			if !strings.EqualFold(e.typ, catalog.Gateway) || !slices.Contains(e.tables, t.id) {
				continue
			}
			if a := b.p.Change(resource.ID("route-table/" + t.key)); a != nil {
				a.Why += fmt.Sprintf(" The gateway endpoint for %s adds a route to it.", e.code)
			}
			if a := b.p.Change(resource.ID("route/" + t.key)); a != nil {
				a.Why += fmt.Sprintf(" So is the route to the gateway endpoint for %s.", e.code)
			}
		}
	}
}

// matchWorkloadGroup plans the security group of the workload.
func (b *builder) matchWorkloadGroup() {
	l := b.layout
	name := l.prefix + "-workload"
	b.place(resource.Change{ID: workloadGroup, Summary: "Create a security group for the workload",
		Why:  fmt.Sprintf("The %s need a security group. It allows no inbound traffic, and all outbound traffic. The endpoints allow traffic from it.", b.Workload.Many),
		Spec: resource.SecurityGroup{VPC: l.vpc.ID, Name: name, Description: "Workload in private subnets", Tags: b.tags(name)}}, l.group)
}

// nameNew writes the names of what the plan creates in texts, in place of the ids of its changes.
func (b *builder) nameNew() {
	l := b.layout
	if l == nil {
		return
	}
	var pairs []string
	name := func(id, name string) {
		if !exists(id) && id != "" {
			pairs = append(pairs, " ("+id+")", "", id, name)
		}
	}
	for _, s := range l.subnets {
		name(s.ID, s.Name)
	}
	for _, t := range l.tables {
		name(t.id, t.name)
	}
	for _, n := range l.nats {
		name(n.id, n.name)
	}
	name(l.group, l.prefix+"-workload")
	name(l.gateway, l.prefix+"-igw")
	name(l.vpc.ID, "VPC "+l.spec.Name)
	named := strings.NewReplacer(pairs...)
	for i := range b.p.Changes {
		a := &b.p.Changes[i]
		a.Summary, a.Why = named.Replace(a.Summary), named.Replace(a.Why)
	}
	for i := range b.p.Claims {
		b.p.Claims[i].Says = named.Replace(b.p.Claims[i].Says)
	}
	for i := range b.p.Findings {
		f := &b.p.Findings[i]
		f.Message, f.Fix, f.Resource = named.Replace(f.Message), named.Replace(f.Fix), named.Replace(f.Resource)
		if f.Patch != nil && slices.ContainsFunc(slices.Concat(f.Patch.Subnets, f.Patch.Clients), func(id string) bool { return !exists(id) }) {
			f.Patch = nil // the answers cannot list what does not exist
		}
	}
}

// prefix returns the beginning of the names of new resources; empty if the answers give none.
func (b *builder) prefix() string {
	switch {
	case b.Ans.Prefix != "":
		return b.Ans.Prefix
	case b.Ans.Creates():
		return b.Ans.NewVPC.Name
	}
	return ""
}

// endpointName returns the Name tag of an endpoint.
func (b *builder) endpointName(code string) string {
	if p := b.prefix(); p != "" {
		return p + "-" + code
	}
	return "privatelink-wizard " + code
}
