package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// Rows that other rows refer to.
const (
	groupID        ID = "security-group/endpoints"
	dnsSupportID   ID = "vpc-attribute/dns-support"
	dnsHostnamesID ID = "vpc-attribute/dns-hostnames"
	gatewayS3      ID = "endpoint/s3"
)

// ManagedBy is the tag by which we know what we made.
const ManagedBy = "ManagedBy"

// Owner is the value of that tag.
const Owner = "privatelink-wizard"

// GroupName is the name of the security group that the plan makes for endpoints.
const GroupName = "privatelink-wizard-endpoints"

// Build makes the plan in three passes: what is needed, how that matches what is
// there, and what the rules say of the account as it will be. Partial answers
// give what can be said so far.
func Build(inv *inventory.Inventory, ans answers.Answers) *Plan {
	s := newScope(inv, ans)
	b := &builder{scope: s, p: &Plan{
		Version: Version, Account: inv.Account, Partition: inv.Partition, Region: s.ans.Region, VPC: ans.VPC, Workload: ans.Workload,
		Needs: []Need{}, Actions: []Action{}, Findings: []Finding{}, Claims: []Claim{}, Gaps: slices.Clone(nonNil(inv.Gaps)),
		Cost: Cost{Currency: "USD"},
	}}
	if b.vpc != nil {
		b.p.VPCName = b.vpc.Name
	}
	b.verdicts = b.wants()
	for _, w := range b.verdicts {
		v := NotNeeded
		if w.Needed {
			v = Recommended
		}
		if w.Required {
			v = Required
		}
		b.p.Needs = append(b.p.Needs, Need{Service: w.Code, Verdict: v, Why: w.Why})
	}
	if b.vpc != nil && len(b.clients) > 0 {
		b.match()
		b.prove()
		b.price()
	}
	b.check()
	return b.p
}

// builder holds the plan in the making, and for each endpoint that will be there
// what it will be like, so that rules judge the result and not the start.
type builder struct {
	*scope
	p        *Plan
	verdicts []catalog.Want
	ends     []*end
	// group is the plan's own security group as it will be; nil until needed.
	group *inventory.SecurityGroup
	// added are the rules that the plan adds to it.
	added []inventory.GroupRule
	// self are the rules that it adds to groups of Airflow environments.
	self []inventory.GroupRule
	// kept are endpoints whose full access the answers would narrow, which the plan
	// does not do.
	kept    []*end
	refused []Finding     // of policies that could not be added
	facts   *policy.Facts // once they were asked for
	groupAt Value         // how rows refer to the group
	way     *way          // in to the web server; nil where none is asked for
	// wayClaims are what must be true of it; monthly is what it and others add to the bill.
	wayClaims []Claim
	monthly   []priced
}

// end is an endpoint as it will be once the plan is carried out.
type end struct {
	code     string
	service  string
	typ      string
	id       ID
	existing *inventory.Endpoint // nil: it is made
	changed  bool
	owned    bool // made by an AWS service: not ours to change
	// env is the Airflow environment whose own endpoint it is, which finds it without
	// private names; nil for all others.
	env       *inventory.Airflow
	subnets   []*inventory.Subnet
	newPlace  []*inventory.Subnet // where it gets a new interface
	groups    []Value
	tables    []string // route tables of the workload that it will be in
	newTables []string // those of them that it is not in yet
	dns       bool
	policy    string // JSON; empty is full access
	chosen    bool   // the plan sets that policy
}

func (b *builder) match() {
	var gateways, interfaces []catalog.Want
	for _, w := range b.verdicts {
		switch {
		case !w.Needed:
		case catalog.Lookup(w.Code).Type == catalog.Gateway:
			gateways = append(gateways, w)
		default:
			interfaces = append(interfaces, w)
		}
	}
	if len(interfaces) > 0 && b.ans.DNS() {
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
	b.matchWay()
	b.matchUpdates()
	b.matchRegistry()
	b.matchAgents()
	b.matchLooks()
	b.matchTask()
	b.matchDeployments()
	b.order()
}

// matchDNS asks for the two VPC attributes that private DNS needs.
func (b *builder) matchDNS() {
	for _, at := range []struct {
		id        ID
		name, api string
		on        bool
		after     []ID
		say       string
	}{
		{dnsSupportID, "DNS support", "enableDnsSupport", b.net.DNSSupport, nil, says["G-DNSALL"]},
		{dnsHostnamesID, "DNS hostnames", "enableDnsHostnames", b.net.DNSHostnames, []ID{dnsSupportID}, says["G-DNSDELAY"]},
	} {
		a := Action{ID: at.id, Op: Keep, Existing: b.vpc.ID, After: at.after, Rules: []string{"G-DNSATTR"},
			Spec:    VPCAttribute{VPC: b.vpc.ID, Attribute: at.api},
			Summary: at.name + " of the VPC is on",
			Why:     "Private DNS names of endpoints need both DNS attributes of the VPC. " + at.say,
		}
		if !at.on {
			a.Op, a.Summary = Modify, "Turn on "+at.name+" of the VPC"
			a.Before = map[string]any{snake(at.api): false}
			a.Why += " It applies to the whole VPC: names of AWS resources in it start to resolve to private addresses."
		}
		b.p.Actions = append(b.p.Actions, a)
	}
}

func (b *builder) serviceName(code string) string {
	return catalog.Lookup(code).ServiceName(b.partition(), b.ans.Region)
}

func (s *scope) partition() string {
	switch {
	case s.inv.Partition != "":
		return s.inv.Partition
	case strings.HasPrefix(s.ans.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(s.ans.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// healthy states of an endpoint that can be used, or soon can.
func healthy(e *inventory.Endpoint) bool { return e.State == "available" || e.State == "pending" }

// existing finds the endpoint of a service that would serve best: one with private
// DNS first, since a second one cannot have it.
func (b *builder) existing(service, typ string) *inventory.Endpoint {
	var best *inventory.Endpoint
	for i := range b.net.Endpoints {
		e := &b.net.Endpoints[i]
		if e.Service != service || !strings.EqualFold(e.Type, typ) || !healthy(e) {
			continue
		}
		if best == nil || e.PrivateDNS && !best.PrivateDNS || e.PrivateDNS == best.PrivateDNS && best.RequesterManaged && !e.RequesterManaged {
			best = e
		}
	}
	return best
}

// gateways finds the gateway endpoints of a service that can be used: the one that
// serves most of the tables first, since what is missing is added to it.
func (b *builder) gateways(service string, tables []string) []*inventory.Endpoint {
	var out []*inventory.Endpoint
	for i := range b.net.Endpoints {
		if x := &b.net.Endpoints[i]; x.Service == service && strings.EqualFold(x.Type, catalog.Gateway) && healthy(x) {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(x, y *inventory.Endpoint) int {
		if n := len(servedBy(y, tables)) - len(servedBy(x, tables)); n != 0 || x.RequesterManaged == y.RequesterManaged {
			return n
		}
		if x.RequesterManaged { // which is not ours to change
			return 1
		}
		return -1
	})
	return out
}

// servedBy are those of the tables that a gateway endpoint is in.
func servedBy(x *inventory.Endpoint, tables []string) []string {
	return slices.DeleteFunc(slices.Clone(tables), func(t string) bool { return !slices.Contains(x.RouteTables, t) })
}

func (b *builder) matchGateway(w catalog.Want) {
	service := b.serviceName(w.Code)
	e := &end{code: w.Code, service: service, typ: catalog.Gateway, id: ID("endpoint/" + w.Code)}
	var tables []string
	for _, c := range b.clients {
		if t := b.net.RouteTableOf(c.ID); t != nil {
			tables = append(tables, t.ID)
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	if len(tables) == 0 { // the route tables are not known; A-GAP says so
		return
	}
	a := Action{ID: e.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why}
	if w.Code == "s3" {
		a.Why += " A gateway endpoint is a route, has no hourly price, and is what " + b.layers() + "."
	}
	there := b.gateways(service, tables)
	if len(there) == 0 {
		note := b.newPolicy(e)
		a.Why = strings.TrimSpace(a.Why + " " + note)
		a.Op, a.Spec = Create, GatewayEndpoint{VPC: b.vpc.ID, Service: service, RouteTables: tables, Policy: e.policy, Tags: b.tags("privatelink-wizard " + w.Code)}
		a.Summary = fmt.Sprintf("Create the %s gateway endpoint in %s", w.Code, count(len(tables), "route table"))
		e.tables, e.newTables = tables, tables
		b.add(a, e)
		return
	}
	// A table that another gateway endpoint of the service serves cannot get a second route.
	missing := slices.DeleteFunc(slices.Clone(tables), func(t string) bool {
		return slices.ContainsFunc(there, func(x *inventory.Endpoint) bool { return slices.Contains(x.RouteTables, t) })
	})
	e.existing = there[0]
	others := slices.DeleteFunc(slices.Clone(there[1:]), func(x *inventory.Endpoint) bool { return len(servedBy(x, tables)) == 0 })
	b.reuseGateway(&a, e, servedBy(e.existing, tables), missing, len(others) > 0)
	b.add(a, e)
	for _, x := range others {
		// What it serves goes by it, so it is claimed and its policy judged as well.
		o := &end{code: w.Code, service: service, typ: catalog.Gateway, id: e.id + ID("@"+x.ID), existing: x}
		a := Action{ID: o.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why + " A route table takes one endpoint for a service, and this one serves a part of the workload's tables."}
		b.reuseGateway(&a, o, servedBy(x, tables), nil, true)
		b.add(a, o)
	}
}

// gatewayTables are the route tables of the workload in which the gateway endpoints
// of a service will be.
func (b *builder) gatewayTables(code string) []string {
	var out []string
	for _, e := range b.ends {
		if e.typ == catalog.Gateway && e.code == code {
			out = append(out, e.tables...)
		}
	}
	return out
}

// reuseGateway keeps a gateway endpoint that is there, or adds what it lacks. Where it
// is one of several, the row tells which.
func (b *builder) reuseGateway(a *Action, e *end, served, missing []string, several bool) {
	x := e.existing
	name := fmt.Sprintf("%s gateway endpoint", e.code)
	if several {
		name += " " + inventory.Label(x.Name, x.ID)
	}
	a.Existing, e.owned = x.ID, x.RequesterManaged
	e.tables, e.newTables = append(served, missing...), missing
	change, before := EndpointChange{VPC: b.vpc.ID, Service: e.service, Type: catalog.Gateway, Endpoint: x.ID, AddRouteTables: missing}, map[string]any{}
	var what []string
	if len(missing) > 0 {
		what = append(what, count(len(missing), "route table"))
		before["route_table_ids"] = nonNil(x.RouteTables)
		a.Rules = append(a.Rules, "G-GWROUTE")
		a.Why += " The endpoint is there, but subnets whose route table does not name it cannot reach it; they use another way out, if they have one."
	}
	if added, why := b.addPolicy(e, &change, before); added != "" {
		what = append(what, added)
		a.Rules = append(a.Rules, "E-S3POL")
		a.Why += " " + why
	}
	if len(what) == 0 {
		a.Op, a.Spec = Keep, GatewayEndpoint{VPC: b.vpc.ID, Service: e.service, RouteTables: x.RouteTables}
		a.Summary = fmt.Sprintf("The %s serves every route table of the workload", name)
		if several {
			a.Summary = fmt.Sprintf("The %s serves %s of the workload", name, count(len(served), "route table"))
		}
		return
	}
	e.changed = true
	a.Op, a.Spec, a.Before = Modify, change, before
	a.Summary = additions(what, "the "+name)
}

// additions words what a row adds to an endpoint. A policy is added to, not added.
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

func (b *builder) matchInterface(w catalog.Want) {
	service := b.serviceName(w.Code)
	e := &end{code: w.Code, service: service, typ: catalog.Interface, id: ID("endpoint/" + w.Code), existing: b.existing(service, catalog.Interface)}
	a := Action{ID: e.id, Rules: append([]string{"G-TYPE"}, w.Rules...), Why: w.Why}
	// One that AWS made for itself without private DNS does not serve us, and is not in our way.
	if x := e.existing; x != nil && x.RequesterManaged && !x.PrivateDNS && b.ans.DNS() {
		e.existing = nil
	}
	if e.existing == nil {
		e.subnets, e.dns = b.placesFor(service), b.ans.DNS()
		e.newPlace = e.subnets
		e.groups = b.groupsForNew()
		a.Why = strings.TrimSpace(a.Why + " " + b.newPolicy(e))
		a.Op = Create
		a.After = b.dnsRows()
		a.Spec = InterfaceEndpoint{VPC: b.vpc.ID, Service: service, Subnets: ids(e.subnets), Groups: e.groups, PrivateDNS: e.dns,
			IPType: b.ans.IPType(), Policy: e.policy, Tags: b.tags("privatelink-wizard " + w.Code)}
		a.Summary = fmt.Sprintf("Create the %s interface endpoint in %s", w.Code, zones(e.subnets))
		if dropped := len(b.places) - len(e.subnets); dropped > 0 {
			a.Why += fmt.Sprintf(" The service is not in the zone of %s, which is left out; clients there reach it in the other zones.", count(dropped, "chosen subnet"))
		}
		b.add(a, e)
		return
	}
	b.reuse(&a, e)
	b.add(a, e)
}

// reuse keeps an endpoint that is there, or adds what it lacks.
func (b *builder) reuse(a *Action, e *end) {
	x := e.existing
	a.Existing, e.owned = x.ID, x.RequesterManaged
	have := map[string]bool{}
	for _, id := range x.Subnets {
		if s := b.net.Subnet(id); s != nil {
			e.subnets = append(e.subnets, s)
			have[s.Zone] = true
		}
	}
	change := EndpointChange{VPC: b.vpc.ID, Service: e.service, Type: catalog.Interface, Endpoint: x.ID}
	before := map[string]any{}
	var what, whys []string
	for _, s := range b.placesFor(e.service) {
		if !have[s.Zone] && !e.owned {
			have[s.Zone] = true
			change.AddSubnets = append(change.AddSubnets, s.ID)
			e.newPlace, e.subnets = append(e.newPlace, s), append(e.subnets, s)
		}
	}
	if n := len(change.AddSubnets); n > 0 {
		before["subnet_ids"] = nonNil(x.Subnets)
		what = append(what, "an interface in "+zones(e.newPlace))
		whys = append(whys, "It has no interface in every zone of the workload yet.")
	}
	for _, g := range x.Groups {
		e.groups = append(e.groups, Lit(g))
	}
	turnsOn := b.ans.DNS() && !x.PrivateDNS
	missing := b.unadmitted(b.rulesOf(e))
	shut := turnsOn && len(b.shutOut(b.rulesOf(e))) > 0
	if len(missing) > 0 || shut {
		added := b.groupsForNew()
		if !subset(added, e.groups) {
			change.AddGroups = slices.DeleteFunc(added, func(v Value) bool { return slices.Contains(e.groups, v) })
			e.groups = append(e.groups, change.AddGroups...)
			before["security_group_ids"] = nonNil(x.Groups)
			what = append(what, count(len(change.AddGroups), "security group"))
			if len(missing) > 0 {
				whys = append(whys, "Its security groups do not admit "+strings.Join(missing, ", ")+" on TCP 443.")
			}
			if shut {
				whys = append(whys, "Its security groups would shut out what else runs in the VPC once private DNS is on.")
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
		a.After = b.dnsRows()
		before["private_dns_enabled"] = false
		what = append(what, "private DNS names")
		whys = append(whys, "Without private DNS names nothing finds it; with them the whole VPC uses it.")
	}
	if added, why := b.addPolicy(e, &change, before); added != "" {
		what, whys = append(what, added), append(whys, why)
		a.Rules = append(a.Rules, "G-POLADD")
	}
	if len(what) == 0 {
		a.Op = Keep
		a.Spec = InterfaceEndpoint{VPC: b.vpc.ID, Service: e.service, Subnets: x.Subnets, Groups: e.groups, PrivateDNS: x.PrivateDNS, IPType: x.IPType}
		a.Summary = fmt.Sprintf("The %s interface endpoint is there and admits the workload", e.code)
		return
	}
	e.changed = true
	a.Op, a.Spec, a.Before = Modify, change, before
	a.Summary = additions(what, fmt.Sprintf("the %s interface endpoint", e.code))
	a.Why += " " + strings.Join(whys, " ")
}

// placesFor are the chosen subnets in whose zone the service is. What the user
// chose by name is not dropped silently: G-AZSUP speaks.
func (b *builder) placesFor(service string) []*inventory.Subnet {
	svc := b.inv.Service(service, catalog.Interface)
	if svc == nil || b.chosen || len(svc.Zones) == 0 {
		return b.places
	}
	return slices.DeleteFunc(slices.Clone(b.places), func(s *inventory.Subnet) bool { return !slices.Contains(svc.Zones, s.Zone) })
}

// dnsRows are the rows that private DNS waits for.
func (b *builder) dnsRows() []ID {
	if !b.ans.DNS() {
		return nil
	}
	return []ID{dnsHostnamesID, dnsSupportID}
}

// groupsForNew are the groups that new endpoints get: the user's, else the plan's own.
func (b *builder) groupsForNew() []Value {
	if len(b.ans.SecurityGroups) > 0 {
		var out []Value
		for _, g := range unique(b.ans.SecurityGroups) {
			out = append(out, Lit(g))
		}
		return out
	}
	if gs := b.airflowGroups(); len(gs) > 0 {
		return gs
	}
	if b.group == nil {
		b.ownGroup()
	}
	return []Value{b.groupAt}
}

// ownGroup plans the group of the endpoints, or finds the one that an earlier run
// made, and the rules that it needs.
func (b *builder) ownGroup() {
	name := GroupName
	for n := 2; ; n++ {
		g := b.groupNamed(name)
		if g == nil || g.Tags[ManagedBy] == Owner {
			b.group = g
			break
		}
		name = fmt.Sprintf("%s-%d", GroupName, n) // somebody else's group has our name
	}
	const description = "HTTPS to VPC endpoints, made by PrivateLink Wizard"
	a := Action{ID: groupID, Rules: []string{"G-SG443"},
		Why:  "The endpoints' interfaces need a security group that admits TCP 443 from the workload. Its own group leaves those of others as they are.",
		Spec: SecurityGroup{VPC: b.vpc.ID, Name: name, Description: description, Tags: b.tags(name)},
	}
	b.groupAt = From(groupID)
	if b.group == nil {
		b.group = &inventory.SecurityGroup{Name: name, VPC: b.vpc.ID}
		a.Op, a.Summary = Create, "Create a security group for the endpoints"
	} else {
		a.Op, a.Existing, a.Summary = Keep, b.group.ID, "The endpoints' security group is there"
		b.groupAt = Lit(b.group.ID)
	}
	b.p.Actions = append(b.p.Actions, a)
	whole := len(b.others) > 0
	var srcs []source
	for _, src := range b.sources() {
		srcs = append(srcs, src.key())
	}
	if whole {
		srcs = nil
		for _, cidr := range b.vpc.CIDRs {
			srcs = append(srcs, source{cidr: cidr})
		}
		if b.ans.IPType() != answers.IPv4 {
			for _, cidr := range b.vpc.IPv6 {
				srcs = append(srcs, source{cidr: cidr})
			}
		}
	}
	for _, src := range srcs {
		b.admit(a, src, whole)
	}
}

func (b *builder) groupNamed(name string) *inventory.SecurityGroup {
	for i := range b.net.SecurityGroups {
		if b.net.SecurityGroups[i].Name == name {
			return &b.net.SecurityGroups[i]
		}
	}
	return nil
}

// admit plans the rule that lets a source into the endpoints' group, unless a rule
// that is there does so already.
func (b *builder) admit(group Action, src source, whole bool) {
	peer := strings.Join(src.groups, "")
	r := Action{
		ID: ID("security-group-rule/endpoints/in/" + src.String()), Rules: []string{"G-SG443"}, After: []ID{groupID},
		Spec: GroupRule{Group: b.groupAt, CIDR: src.cidr, Peer: Lit(peer), Description: "HTTPS from the workload"},
		Why:  "Endpoints answer on TCP 443, and a security group lets nothing in by itself.",
	}
	from := src.String()
	if g := b.net.Group(peer); g != nil {
		from = "security group " + inventory.Label(g.Name, g.ID)
	}
	if whole {
		r.Rules = append(r.Rules, "G-SHUTOUT")
		r.Why += fmt.Sprintf(" Private DNS changes the path for the whole VPC, and %s of others would be shut out otherwise; so the whole VPC is admitted.",
			count(len(b.others), "network interface"))
	}
	rule := inventory.GroupRule{Protocol: "tcp", From: port, To: port, CIDR: src.cidr, Group: peer}
	have := b.admits(held(b.group, b.groupAt), src)
	switch {
	case len(have) == 0 && group.Op == Create:
		r.Op, r.Summary = Create, "Admit TCP 443 from "+from+" to the endpoints' group"
		b.added = append(b.added, rule)
	case len(have) == 0:
		r.Op, r.Existing, r.Summary = Modify, group.Existing, "Admit TCP 443 from "+from+" to the endpoints' group"
		r.Before = map[string]any{"ingress": ruleTexts(b.group.Rules)}
		b.added = append(b.added, rule)
	case slices.ContainsFunc(have, func(h heldRule) bool { h.ID = ""; return h.GroupRule == rule }):
		r.Op, r.Existing, r.Summary = Keep, group.Existing, "TCP 443 from "+from+" is admitted"
	default: // a wider rule does it: nothing to make, and nothing of ours to keep
		return
	}
	b.p.Actions = append(b.p.Actions, r)
}

// ruleTexts shows the ingress rules of a group, for before and after.
func ruleTexts(rules []inventory.GroupRule) []string {
	out := []string{}
	for _, r := range rules {
		if !r.Egress {
			out = append(out, ruleText(r))
		}
	}
	return out
}

func ruleText(r inventory.GroupRule) string {
	what := r.Protocol + " " + fmt.Sprint(r.From)
	if r.To != r.From {
		what += fmt.Sprintf("-%d", r.To)
	}
	if r.Protocol == "-1" {
		what = "all traffic"
	}
	return what + " from " + r.CIDR + r.Group + r.PrefixList
}

// tags are those of the answers and the one by which we know our own.
func (b *builder) tags(name string) map[string]string {
	out := map[string]string{"Name": name}
	maps.Copy(out, b.ans.Tags)
	out[ManagedBy] = Owner
	return out
}

// ownTags are the tags of what has a name of its own.
func (b *builder) ownTags() map[string]string {
	out := b.tags("")
	delete(out, "Name")
	return out
}

func (b *builder) add(a Action, e *end) {
	b.p.Actions = append(b.p.Actions, a)
	b.ends = append(b.ends, e)
}

// order adds the order that values do not imply: rules before the endpoints that
// rely on them, so that no name leads to an endpoint that lets nobody in, and the
// S3 gateway before Amazon ECR. Then it sorts the rows accordingly.
func (b *builder) order() {
	var rules []ID
	for _, a := range b.p.Actions {
		if a.Spec.Kind() == "security-group-rule" && (slices.Contains(a.Rules, "G-SG443") || slices.Contains(a.Rules, "W-SG")) { // by which endpoints are reached
			rules = append(rules, a.ID)
		}
	}
	var s3 []ID
	for _, e := range b.ends {
		if e.typ == catalog.Gateway && e.code == "s3" {
			s3 = append(s3, e.id)
		}
	}
	for i := range b.p.Actions {
		a := &b.p.Actions[i]
		if a.Op == Keep || a.Spec.Kind() != "vpc-endpoint" {
			continue
		}
		if e := b.end(a.ID); e.typ == catalog.Interface {
			if slices.Contains(e.groups, b.groupAt) && b.group != nil {
				a.After = append(a.After, rules...)
			}
			a.After = append(a.After, b.selfRows(e)...)
			if strings.HasPrefix(e.code, "ecr.") {
				a.After = append(a.After, s3...)
			}
		}
	}
	b.serial()
	b.p.Actions = topological(b.p.Actions)
}

func (b *builder) end(id ID) *end {
	for _, e := range b.ends {
		if e.id == id {
			return e
		}
	}
	return nil
}

// rank keeps rows of a kind together where their order is free.
func rank(a Action) string {
	kinds := map[string]int{"agent-update": 0, "vpc-attribute": 1, "security-group": 2, "security-group-rule": 3, "vpc-endpoint": 4, "secret": 5, "role": 6, "role-policy": 7,
		"instance-profile": 8, "instance": 13,
		"job-definition": 8, "task-definition": 8, "agent-restart": 9, "environment-wait": 9, "inside-look": 10, "task-look": 11, "service": 12,
		"certificate": 13, "target-group": 14, "targets": 15, "load-balancer": 16, "listener": 17, "record": 18, "target-health": 19, "environment-option": 20,
		"client-vpn": 21, "client-vpn-subnet": 22, "client-vpn-authorization": 23}
	code, _, _ := strings.Cut(strings.TrimPrefix(string(a.ID), "endpoint/"), "@")
	return fmt.Sprintf("%02d/%03d/%s", kinds[a.Spec.Kind()], catalog.Rank(code), a.ID)
}

// topological sorts rows so that each comes after what it depends on, in a stable
// order otherwise.
func topological(rows []Action) []Action {
	slices.SortStableFunc(rows, func(a, c Action) int { return strings.Compare(rank(a), rank(c)) })
	var out []Action
	done := map[ID]bool{}
	for len(rows) > 0 {
		i := slices.IndexFunc(rows, func(a Action) bool {
			return !slices.ContainsFunc(a.Deps(), func(d ID) bool {
				return !done[d] && slices.ContainsFunc(rows, func(o Action) bool { return o.ID == d })
			})
		})
		i = max(i, 0) // a cycle cannot be built from these rows; never loop for ever
		done[rows[i].ID] = true
		out = append(out, rows[i])
		rows = slices.Delete(rows, i, i+1)
	}
	return out
}

// secretMonthly is the price of a secret (AWS Secrets Manager pricing, from memory), in
// US dollars.
const secretMonthly = 0.40

// hourly is the price of one interface of an interface endpoint in us-east-1, in
// US cents (AWS PrivateLink pricing).
const hourly = 1

// hours in the month of AWS's own examples.
const hours = 730

func (b *builder) price() {
	n := 0
	for _, e := range b.ends {
		n += len(e.newPlace)
	}
	if secret := b.p.Action(secretID); secret != nil && secret.Op == Create {
		b.costs("the new secret", secretMonthly)
	}
	var parts []string
	for _, m := range b.monthly {
		b.p.Cost.Monthly += m.monthly
		parts = append(parts, fmt.Sprintf("$%.2f for %s (the us-east-1 price)", m.monthly, m.what))
	}
	b.p.Cost.Basis = strings.Join(parts, ", and ")
	if n == 0 && len(parts) == 0 {
		b.p.Cost.Basis = "nothing new that is billed by the hour"
	}
	if n == 0 {
		return
	}
	b.p.Cost.Monthly += float64(n*hours*hourly) / 100
	if len(parts) > 0 {
		b.p.Cost.Basis += ", and "
	}
	b.p.Cost.Basis += fmt.Sprintf("%s × %d hours × $%.2f (the us-east-1 price), and about $0.01 for each GB; "+says["C-COST"], count(n, "new endpoint interface"), hours, hourly/100.0)
	if b.ans.Region != "us-east-1" {
		b.p.Cost.Basis += "; other Regions have other prices"
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "s") {
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// zones names the zones of subnets: "us-east-1a, us-east-1b".
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

func subset(a, b []Value) bool {
	return !slices.ContainsFunc(a, func(v Value) bool { return !slices.Contains(b, v) })
}
