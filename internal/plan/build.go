package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// IDs of changes that other changes refer to.
const (
	groupID        resource.ID = "security-group/endpoints"
	dnsSupportID   resource.ID = "vpc-attribute/dns-support"
	dnsHostnamesID resource.ID = "vpc-attribute/dns-hostnames"
	gatewayS3      resource.ID = "endpoint/s3"
)

// GroupName is the name of the security group that the plan creates for endpoints.
const GroupName = "privatelink-wizard-endpoints"

// Build makes the plan in three passes: what the workload needs, how existing resources meet it, and
// what the rules find in the account as it will be after the plan. With partial answers it returns
// what they allow so far.
func Build(inv *inventory.Inventory, ans answers.Answers) *Plan {
	return BuildWith(inv, ans, Files{})
}

// Files is what the caller read of the files that the answers reference.
type Files struct {
	// Policies are the contents of the endpoint policy files, by path.
	Policies map[string]string
	// Problems are those of the certificate and key files of the load balancer. The caller finds
	// them, because the check needs the key and the current time.
	Problems []FileProblem
}

// FileProblem is a problem with a file.
type FileProblem struct {
	File, Message string
	Warn          bool
}

// BuildWith is Build for answers that reference files.
func BuildWith(inv *inventory.Inventory, ans answers.Answers, files Files) *Plan {
	s := newScope(inv, ans)
	b := &builder{scope: s, files: files, p: &Plan{
		Version: Version, Account: inv.Account, Partition: inv.Partition, Region: s.Ans.Region, VPC: ans.VPC, Workload: ans.Workload,
		Needs: []Need{}, Changes: []resource.Change{}, Findings: []Finding{}, Claims: []resource.Claim{}, Gaps: slices.Clone(nonNil(inv.Gaps)),
		Cost: Cost{Currency: "USD"},
	}}
	b.paths, b.detours, b.s3Addresses = sync.OnceValue(b.findPaths), sync.OnceValue(b.findDetours), sync.OnceValue(b.findS3Addresses)
	if b.vpc != nil {
		b.p.VPCName = b.vpc.Name
	}
	b.p.names = namesOf(b.Net)
	b.verdicts = b.findVerdicts()
	for _, w := range b.verdicts {
		v := NotNeeded
		switch {
		case w.Required:
			v = Required
		case w.Needed:
			v = Recommended
		case w.Unknown:
			v = Unknown
		}
		b.p.Needs = append(b.p.Needs, Need{Service: w.Code, Verdict: v, Why: w.Why})
	}
	if b.vpc != nil && len(b.clients) > 0 {
		b.match()
		b.addClaims()
		b.price()
	}
	b.check()
	return b.p
}

// builder holds the plan while it is built, and each endpoint as it will be after the plan. Rules
// check that result, not the present state.
type builder struct {
	*scope
	files     Files
	p         *Plan
	verdicts  []catalog.Verdict
	endpoints []*endpoint
	// group is the plan's own security group as it will be; nil until it is needed.
	group *inventory.SecurityGroup
	// added are the rules that the plan adds to that group.
	added []inventory.GroupRule
	// self are the rules that the plan adds to groups of Airflow environments.
	self []inventory.GroupRule
	// kept are existing endpoints with full access that the answers would restrict. The plan does
	// not restrict them.
	kept    []*endpoint
	refused []Finding     // policies that could not be extended
	facts   *policy.Facts // cached by policyFacts
	// Claims and rules share these. They are found once, after matching.
	paths       func() []path
	detours     func() []*detour
	s3Addresses func() []string
	groupAt     resource.Value // how changes refer to the group
	access      *accessMethod  // to the web server; nil if the answers ask for none
	cycle       []resource.ID  // changes that wait for each other
	// accessClaims are the claims about the access method.
	accessClaims []resource.Claim
}

// endpoint is an endpoint as it will be after the plan is applied.
type endpoint struct {
	code     string
	service  string
	typ      string
	id       resource.ID
	existing *inventory.Endpoint // nil: the plan creates it
	changed  bool
	owned    bool // created by an AWS service: the wizard must not change it
	// env is the Airflow environment that uses this endpoint as its own. It finds the endpoint
	// without private DNS. Nil for all other endpoints.
	env        *inventory.Airflow
	subnets    []*inventory.Subnet
	newSubnets []*inventory.Subnet // subnets where it gets a new network interface
	groups     []resource.Value
	tables     []string // the workload's route tables that will have its route
	newTables  []string // those of them that do not have the route yet
	dns        bool
	policy     string // JSON; empty means full access
	chosen     bool   // the plan sets that policy
}

func (b *builder) match() {
	var gateways, interfaces []catalog.Verdict
	for _, w := range b.verdicts {
		switch {
		case !w.Needed:
		case catalog.Lookup(w.Code).Type == catalog.Gateway:
			gateways = append(gateways, w)
		default:
			interfaces = append(interfaces, w)
		}
	}
	if b.Ans.DNS() && slices.ContainsFunc(interfaces, func(w catalog.Verdict) bool { return b.named(b.serviceName(w.Code)) }) {
		b.matchDNS()
	}
	b.matchAirflow()
	for _, w := range gateways {
		b.matchGateway(w)
	}
	for _, w := range interfaces {
		b.matchInterface(w)
	}
	b.matchOwnEndpoints()
	b.matchAccess()
	b.matchUpdates()
	b.matchRegistry()
	b.matchAgents()
	b.matchLooks()
	b.matchTask()
	b.matchDeployments()
	b.notePolicies()
	b.order()
}

// dnsNames are the DNS attributes of a VPC with their verb.
var dnsNames = map[resource.ID]string{dnsSupportID: "DNS support is", dnsHostnamesID: "DNS hostnames are"}

// matchDNS plans the two VPC attributes that private DNS needs.
func (b *builder) matchDNS() {
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
		a := resource.Change{ID: at.id, Op: resource.Keep, Existing: b.vpc.ID, After: at.after, Rules: []string{"G-DNSATTR"},
			Spec:    resource.VPCAttribute{VPC: b.vpc.ID, Attribute: at.api},
			Summary: dnsNames[at.id] + " enabled for the VPC",
			Why:     "Private DNS for endpoints needs both DNS attributes of the VPC. " + at.say,
		}
		if !at.on {
			a.Op, a.Summary = resource.Modify, "Turn on "+at.name+" of the VPC"
			a.Before = map[string]any{resource.Snake(at.api): false}
			a.Why += " The change affects the whole VPC: names of AWS resources in it start to resolve to private addresses."
		}
		b.p.Changes = append(b.p.Changes, a)
	}
}

func (b *builder) serviceName(code string) string {
	return catalog.Lookup(code).ServiceName(b.Partition(), b.Ans.Region)
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

func (b *builder) matchGateway(w catalog.Verdict) {
	service := b.serviceName(w.Code)
	e := &endpoint{code: w.Code, service: service, typ: catalog.Gateway, id: resource.ID("endpoint/" + w.Code)}
	var tables []string
	for _, c := range b.clients {
		if t := b.Net.RouteTableOf(c.ID); t != nil {
			tables = append(tables, t.ID)
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
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
		a.Op, a.Spec = resource.Create, resource.GatewayEndpoint{VPC: b.vpc.ID, Service: service, RouteTables: tables, IPType: b.gatewayIPType(service), Policy: e.policy, Tags: b.tags("privatelink-wizard " + w.Code)}
		a.Summary = fmt.Sprintf("Create the %s gateway endpoint in %s", w.Code, words.Count(len(tables), "route table"))
		e.tables, e.newTables = tables, tables
		b.add(a, e)
		return
	}
	// A table with the route of another gateway endpoint of the service cannot get a second route.
	missing := slices.DeleteFunc(slices.Clone(tables), func(t string) bool {
		return slices.ContainsFunc(there, func(x *inventory.Endpoint) bool { return slices.Contains(x.RouteTables, t) })
	})
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
	a.Existing, e.owned = x.ID, x.RequesterManaged
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
		a.Op, a.Spec = resource.Keep, resource.GatewayEndpoint{VPC: b.vpc.ID, Service: e.service, RouteTables: x.RouteTables}
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

func (b *builder) matchInterface(w catalog.Verdict) {
	service := b.serviceName(w.Code)
	e := &endpoint{code: w.Code, service: service, typ: catalog.Interface, id: resource.ID("endpoint/" + w.Code), existing: b.existing(service, catalog.Interface)}
	a := resource.Change{ID: e.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why}
	// An endpoint that AWS created for itself without private DNS does not serve the workload, and
	// it does not block a new one.
	if x := e.existing; x != nil && x.RequesterManaged && !x.PrivateDNS && b.Ans.DNS() {
		e.existing = nil
	}
	if e.existing == nil {
		e.subnets, e.dns = b.endpointSubnetsFor(service), b.Ans.DNS() && b.named(service)
		e.newSubnets = e.subnets
		e.groups = b.groupsForNew()
		b.openPorts(e)
		a.Why = strings.TrimSpace(a.Why+" "+b.newPolicy(e)) + " " + textRules["Q-BW"]
		a.Op = resource.Create
		if e.dns {
			a.After = b.dnsChanges()
		}
		a.Spec = resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: service, Subnets: ids(e.subnets), Groups: e.groups, PrivateDNS: e.dns,
			IPType: b.Ans.IPType(), Policy: e.policy, Tags: b.tags("privatelink-wizard " + w.Code)}
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

// reuse keeps an existing endpoint or adds what it lacks.
func (b *builder) reuse(a *resource.Change, e *endpoint) {
	x := e.existing
	a.Existing, e.owned = x.ID, x.RequesterManaged
	have := map[string]bool{}
	for _, id := range x.Subnets {
		if s := b.Net.Subnet(id); s != nil {
			e.subnets = append(e.subnets, s)
			have[s.Zone] = true
		}
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
	for _, g := range x.Groups {
		e.groups = append(e.groups, resource.Lit(g))
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
	e.dns = x.PrivateDNS
	if turnsOn {
		change.PrivateDNS, e.dns = true, true
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
		a.Spec = resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: e.service, Subnets: x.Subnets, Groups: e.groups, PrivateDNS: x.PrivateDNS, IPType: x.IPType}
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
	return []resource.ID{dnsHostnamesID, dnsSupportID}
}

// groupsForNew returns the groups of new endpoints: the groups in the answers, otherwise the plan's
// own group.
func (b *builder) groupsForNew() []resource.Value {
	if len(b.Ans.SecurityGroups) > 0 {
		var out []resource.Value
		for _, g := range workload.Unique(b.Ans.SecurityGroups) {
			out = append(out, resource.Lit(g))
		}
		return out
	}
	if gs := b.airflowGroups(); len(gs) > 0 {
		return gs
	}
	if b.group == nil {
		b.ownGroup()
	}
	return []resource.Value{b.groupAt}
}

// ownGroup plans the security group of the endpoints, or finds the group that an earlier run
// created, and the rules that it needs.
func (b *builder) ownGroup() {
	name := GroupName
	for n := 2; ; n++ {
		g := b.groupNamed(name)
		if g == nil || g.Tags[resource.ManagedBy] == resource.Owner {
			b.group = g
			break
		}
		name = fmt.Sprintf("%s-%d", GroupName, n) // a group of somebody else has this name
	}
	const description = "HTTPS to VPC endpoints, made by PrivateLink Wizard"
	a := resource.Change{ID: groupID, Rules: []string{"G-SG443"},
		Why:  "The endpoints' network interfaces need a security group that allows TCP 443 from the workload. A separate group leaves existing groups unchanged.",
		Spec: resource.SecurityGroup{VPC: b.vpc.ID, Name: name, Description: description, Tags: b.tags(name)},
	}
	b.groupAt = resource.From(groupID)
	if b.group == nil {
		b.group = &inventory.SecurityGroup{Name: name, VPC: b.vpc.ID}
		a.Op, a.Summary = resource.Create, "Create a security group for the endpoints"
	} else {
		a.Op, a.Existing, a.Summary = resource.Keep, b.group.ID, "The endpoints' security group exists"
		b.groupAt = resource.Lit(b.group.ID)
	}
	b.p.Changes = append(b.p.Changes, a)
	b.allowPorts([]catalog.Ports{catalog.HTTPS}, b.Ans.DNS() && slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool {
		return w.Needed && catalog.Lookup(w.Code).Type == catalog.Interface && catalog.UsesHTTPS(w.Code) && b.named(b.serviceName(w.Code))
	}))
}

// allowPorts plans the rules that allow ports to the endpoints' group: from the workload, or from the
// whole VPC if private DNS leads other clients to the endpoints too.
func (b *builder) allowPorts(ports []catalog.Ports, dns bool) {
	whole := dns && len(b.others) > 0
	var srcs []source
	switch {
	case whole:
		blocks := b.vpc.CIDRs
		if b.Ans.IPType() != answers.IPv4 {
			blocks = slices.Concat(blocks, b.vpc.IPv6)
		}
		for _, cidr := range blocks {
			srcs = append(srcs, source{cidr: cidr})
		}
	default:
		for _, src := range b.sources() {
			srcs = append(srcs, src.key())
		}
	}
	for _, p := range ports {
		for _, src := range srcs {
			b.planInboundRule(src, p, whole)
		}
	}
}

func (b *builder) groupNamed(name string) *inventory.SecurityGroup {
	for i := range b.Net.SecurityGroups {
		if b.Net.SecurityGroups[i].Name == name {
			return &b.Net.SecurityGroups[i]
		}
	}
	return nil
}

// planInboundRule plans the rule that allows ports from a source to the endpoints' group, unless it is
// planned already or existing rules allow them.
func (b *builder) planInboundRule(src source, ports catalog.Ports, whole bool) {
	group, peer, clients := b.p.Change(groupID), strings.Join(src.groups, ""), "the workload"
	if whole {
		clients = "the VPC"
	}
	r := resource.Change{
		ID: resource.ID("security-group-rule/endpoints/in/" + src.String()), Rules: []string{"G-SG443"}, After: []resource.ID{groupID},
		Spec: resource.GroupRule{Group: b.groupAt, CIDR: src.cidr, Peer: resource.Lit(peer), Description: "HTTPS from " + clients},
		Why:  "Endpoints listen on TCP 443, and a security group without rules allows no inbound traffic.",
	}
	if ports != catalog.HTTPS {
		r.ID, r.Rules = r.ID+resource.ID("/tcp-"+ports.String()), []string{"G-PORTS"}
		r.Spec = resource.GroupRule{Group: b.groupAt, CIDR: src.cidr, Peer: resource.Lit(peer), Port: ports.First, LastPort: ports.Last, Description: "From " + clients}
		r.Why = fmt.Sprintf("Clients of %s connect to TCP %s.", b.usersOf(ports), ports)
	}
	if b.p.Change(r.ID) != nil {
		return
	}
	tcp := "TCP " + ports.String()
	from := src.String()
	if g := b.Net.Group(peer); g != nil {
		from = "security group " + inventory.Label(g.Name, g.ID)
	}
	if whole {
		r.Rules = append(r.Rules, "G-SHUTOUT")
		r.Why += fmt.Sprintf(" Private DNS changes the path for the whole VPC. %s of other clients would be blocked without this rule, so it allows the whole VPC.",
			words.Count(len(b.others), "network interface"))
	}
	rule := inventory.GroupRule{Protocol: "tcp", From: ports.First, To: ports.Last, CIDR: src.cidr, Group: peer}
	have := b.allowingPorts(held(b.group, b.groupAt), src, ports)
	switch {
	case len(have) == 0 && group.Op == resource.Create:
		r.Op, r.Summary = resource.Create, "Allow "+tcp+" from "+from+" to the endpoints' group"
		b.added = append(b.added, rule)
	case len(have) == 0:
		r.Op, r.Existing, r.Summary = resource.Modify, group.Existing, "Allow "+tcp+" from "+from+" to the endpoints' group"
		r.Before = map[string]any{"ingress": ruleTexts(b.group.Rules)}
		b.added = append(b.added, rule)
	case slices.ContainsFunc(have, func(h heldRule) bool { h.ID = ""; return h.GroupRule == rule }):
		r.Op, r.Existing, r.Summary = resource.Keep, group.Existing, tcp+" from "+from+" is allowed"
	default: // a wider rule allows it: nothing to create, and nothing of ours to keep
		return
	}
	b.p.Changes = append(b.p.Changes, r)
}

// ruleTexts returns the ingress rules of a group as texts, for before and after.
func ruleTexts(rules []inventory.GroupRule) []string {
	out := []string{}
	for _, r := range rules {
		if !r.Egress {
			out = append(out, resource.RuleText(r))
		}
	}
	return out
}

// tags returns the tags of the answers and the tag that marks resources of the wizard.
func (b *builder) tags(name string) map[string]string {
	out := map[string]string{"Name": name}
	maps.Copy(out, b.Ans.Tags)
	out[resource.ManagedBy] = resource.Owner
	return out
}

// ownTags returns the tags of a resource that has a name without a Name tag.
func (b *builder) ownTags() map[string]string {
	out := b.tags("")
	delete(out, "Name")
	return out
}

func (b *builder) add(a resource.Change, e *endpoint) {
	b.p.Changes = append(b.p.Changes, a)
	b.endpoints = append(b.endpoints, e)
}

// order adds dependencies that values do not imply: security group rules before the endpoints that
// rely on them, so that no name leads to an endpoint that blocks its clients, and the S3 gateway
// endpoint before Amazon ECR. Then it sorts the changes.
func (b *builder) order() {
	var rules []resource.ID
	for _, a := range b.p.Changes {
		if a.Spec.Kind() == "security-group-rule" && slices.ContainsFunc(a.Rules, func(r string) bool { return r == "G-SG443" || r == "G-PORTS" || r == "W-SG" }) { // rules that make endpoints reachable
			rules = append(rules, a.ID)
		}
	}
	var s3 []resource.ID
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway && e.code == "s3" {
			s3 = append(s3, e.id)
		}
	}
	for i := range b.p.Changes {
		a := &b.p.Changes[i]
		if a.Op == resource.Keep || a.Spec.Kind() != "vpc-endpoint" {
			continue
		}
		if e := b.endpoint(a.ID); e.typ == catalog.Interface {
			if slices.Contains(e.groups, b.groupAt) && b.group != nil {
				a.After = append(a.After, rules...)
			}
			a.After = append(a.After, b.selfChanges(e)...)
			if pulls(e.code) {
				a.After = append(a.After, s3...)
			}
		}
	}
	b.serial()
	b.p.Changes, b.cycle = topological(b.p.Changes)
}

func (b *builder) endpoint(id resource.ID) *endpoint {
	for _, e := range b.endpoints {
		if e.id == id {
			return e
		}
	}
	return nil
}

// rank keeps changes of one kind together where their order does not matter.
func rank(a resource.Change) string {
	code, _, _ := strings.Cut(strings.TrimPrefix(string(a.ID), "endpoint/"), "@")
	first := 0
	if r, ok := a.Spec.(resource.GroupRule); ok {
		first = r.TCP()
	}
	return fmt.Sprintf("%02d/%03d/%05d/%s", a.Place(), catalog.Rank(code), first, a.ID)
}

// topological sorts changes so that each follows the changes it depends on, in a stable order
// otherwise. It also returns the changes that wait for each other: nothing could apply them.
func topological(rows []resource.Change) (sorted []resource.Change, cycle []resource.ID) {
	slices.SortStableFunc(rows, func(a, c resource.Change) int { return strings.Compare(rank(a), rank(c)) })
	out := []resource.Change{}
	deps, open := map[resource.ID][]resource.ID{}, map[resource.ID]bool{}
	for _, a := range rows {
		deps[a.ID], open[a.ID] = a.Deps(), true
	}
	for len(rows) > 0 {
		i := slices.IndexFunc(rows, func(a resource.Change) bool {
			return !slices.ContainsFunc(deps[a.ID], func(d resource.ID) bool { return open[d] })
		})
		if i < 0 {
			for _, a := range rows {
				cycle = append(cycle, a.ID)
			}
			return append(out, rows...), cycle
		}
		open[rows[i].ID] = false
		out = append(out, rows[i])
		rows = slices.Delete(rows, i, i+1)
	}
	return out, nil
}

func (b *builder) price() {
	n := 0
	var parts []string
	for _, a := range b.p.Changes {
		n += a.Interfaces()
		for _, p := range a.Prices() {
			b.p.Cost.Monthly += p.Monthly
			parts = append(parts, fmt.Sprintf("$%.2f for %s (the us-east-1 price)", p.Monthly, p.What))
		}
	}
	b.p.Cost.Basis = strings.Join(parts, ", and ")
	if n == 0 && len(parts) == 0 {
		b.p.Cost.Basis = "no new resources that are billed by the hour"
	}
	if n == 0 {
		return
	}
	b.p.Cost.Monthly += float64(n*resource.Hours*resource.InterfaceCents) / 100
	if len(parts) > 0 {
		b.p.Cost.Basis += ", and "
	}
	b.p.Cost.Basis += fmt.Sprintf("%s × %d hours × $%.2f (the us-east-1 price), and about $0.01 per GB; "+textRules["C-COST"], words.Count(n, "new endpoint interface"), resource.Hours, resource.InterfaceCents/100.0)
	if b.Ans.Region != "us-east-1" {
		b.p.Cost.Basis += "; prices differ in other Regions"
	}
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
