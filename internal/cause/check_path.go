package cause

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// endpointMissing: without an endpoint, only an internet route leads to a service (AWS PrivateLink guide, Access an AWS service using an
// interface VPC endpoint).
func (a *Account) endpointMissing(q Query) Result {
	if q.Service == "" {
		return a.anyMissing()
	}
	e, r := a.exists(q.Service)
	if e != nil {
		return excluded(no("endpoint", "%s is the %s endpoint of %s, in state %s", inventory.Label(e.Name, e.ID), q.Service, a.vpc(), e.State))
	}
	if r.State == Undecided {
		return undecided(append(r.Facts, a.route())...)
	}
	missing := yes("endpoint", "%s has no %s endpoint", a.vpc(), q.Service)
	if _, other := a.endpoint(q.Service); other != nil {
		missing = yes("endpoint", "%s, the %s endpoint of %s, is in state %s", inventory.Label(other.Name, other.ID), q.Service, a.vpc(), other.State)
	}
	switch route := a.route(); route.Mark {
	case Yes:
		return confirmed(missing, route)
	case No:
		return excluded(missing, route)
	default:
		return undecided(missing, route)
	}
}

// anyMissing decides the same for all services that the workload needs.
func (a *Account) anyMissing() Result {
	var services []string
	for _, n := range a.p.Needs {
		if needed(n) {
			services = append(services, n.Service)
		}
	}
	if len(services) == 0 {
		return undecided(unknown("endpoint", "not decided: it is not known what the workload needs"))
	}
	return a.missing(services)
}

// missing decides the same for services: it is confirmed if the endpoint of one of them is missing.
func (a *Account) missing(services []string) Result {
	var codes []string
	var broken []Fact
	var open, unsure *Result
	for _, s := range services {
		switch r := a.endpointMissing(Query{Kind: EndpointMissing, Service: s}); r.State {
		case Confirmed:
			if _, other := a.endpoint(s); other != nil {
				broken = append(broken, r.Facts[0])
			} else {
				codes = append(codes, s)
			}
		case Undecided:
			unsure = &r
		default:
			open = &r
		}
	}
	switch {
	case len(codes) > 0:
		return confirmed(append([]Fact{yes("endpoint", "%s has no %s for %s", a.vpc(), plural(len(codes), "endpoint", "endpoints"), words.And(codes))}, append(broken, a.route())...)...)
	case len(broken) > 0:
		return confirmed(append(broken, a.route())...)
	case unsure != nil:
		return *unsure
	case open != nil && a.route().Mark == No:
		return excluded(a.route())
	}
	return excluded(no("endpoint", "%s has an endpoint for each service that the workload needs", a.vpc()))
}

// served returns the result for a cause on the path to the internet if an endpoint serves the call; ok is false otherwise.
func (a *Account) served(service string) (r Result, ok bool) {
	if service == "" {
		return Result{}, false
	}
	if e, _ := a.exists(service); e != nil {
		return excluded(no("endpoint", "%s is the %s endpoint of %s, so calls need no internet route", inventory.Label(e.Name, e.ID), service, a.vpc())), true
	}
	return Result{}, false
}

func (a *Account) noInternetPath(q Query) Result {
	if r, ok := a.served(q.Service); ok {
		return r
	}
	switch f := a.route(); f.Mark {
	case Yes:
		if q.Service == "" && q.Host == "" { // it is about the workload as a whole
			if r := a.anyMissing(); r.State == Excluded {
				return undecided(append([]Fact{f}, r.Facts...)...)
			}
		}
		return confirmed(f)
	case No:
		return excluded(f)
	default:
		return undecided(f)
	}
}

// routeMissing: a gateway endpoint serves the subnets with its route only (AWS PrivateLink guide, Gateway endpoints), and tasks with a public
// address need a route to an internet gateway (Amazon VPC user guide, Internet gateways).
func (a *Account) routeMissing(q Query) Result {
	if q.Service != "" && catalog.Lookup(q.Service).Type == catalog.Gateway {
		return a.gatewayRoute(q.Service)
	}
	if r, ok := a.served(q.Service); ok {
		return r
	}
	f := a.route()
	if f.Mark != Yes {
		if f.Mark == No {
			return excluded(f)
		}
		return undecided(f)
	}
	facts, should := []Fact{f}, false
	for _, r := range a.scope.Workload().Runners {
		for _, id := range r.Subnets {
			s := a.net.Subnet(id)
			if s == nil {
				continue
			}
			if text, public, _ := a.scope.Internet(s); r.Public && !public {
				should = true
				facts = append(facts, yes("route", "the %s have public addresses, and the route table of %s has no route to an internet gateway (%s)", a.many, label(s), text))
			}
		}
	}
	for _, s := range a.subnets() {
		if t := a.net.RouteTableOf(s.ID); t != nil {
			for _, x := range t.Routes {
				if x.Blackhole {
					should = true
					facts = append(facts, yes("route", "the route of %s to %s leads to %s, which does not exist or is not available (blackhole)", label(s), x.CIDR+x.PrefixList, x.Target))
				}
			}
		}
	}
	names, of, _ := a.scope.Offline()
	if open := of - len(names); open > 0 {
		should = true
		facts = append(facts, yes("route", "%s of the workload %s an internet route", words.Count(open, "other subnet"), plural(open, "has", "have")))
	}
	facts = unique(facts)
	if should {
		return confirmed(facts...)
	}
	return undecided(append(facts, unknown("route", "not decided: the account does not show whether the subnets should have one"))...)
}

// gatewayRoute decides whether subnets lack the route to a gateway endpoint that exists.
func (a *Account) gatewayRoute(service string) Result {
	e, r := a.exists(service)
	if e == nil {
		return r
	}
	if f, hidden := a.unread("route", "ec2:DescribeRouteTables"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("route", a.findings(service), service, "G-GWROUTE"); ok {
		return r
	}
	return excluded(no("route", "the subnets have a route to %s, the %s endpoint", inventory.Label(e.Name, e.ID), service))
}

// noPublicAddress: an internet gateway serves only public addresses (Amazon VPC user guide, Internet gateways).
func (a *Account) noPublicAddress(q Query) Result {
	if r, ok := a.served(q.Service); ok {
		return r
	}
	if f := a.route(); f.Mark == Unknown {
		return undecided(f)
	}
	var facts []Fact
	faces := false
	for _, s := range a.subnets() {
		_, public, egress := a.scope.Internet(s)
		faces = faces || public
		if public && egress == catalog.Closed {
			facts = append(facts, yes("address", "%s has a route to an internet gateway, and its %s have no public address", label(s), a.many))
		}
	}
	switch {
	case len(facts) > 0:
		return confirmed(facts...)
	case faces:
		return excluded(no("address", "the %s have public addresses", a.many))
	}
	return excluded(no("route", "the subnets have no route to an internet gateway, so a public address has no use"))
}

// endpointGroup: the security groups of an interface endpoint must allow TCP 443 from its clients (AWS PrivateLink guide, Access an AWS
// service using an interface VPC endpoint).
func (a *Account) endpointGroup(q Query) Result {
	if q.Service != "" {
		if catalog.Lookup(q.Service).Type == catalog.Gateway {
			return excluded(no("endpoint", "a gateway endpoint has no security groups"))
		}
		if e, r := a.exists(q.Service); e == nil {
			return r
		}
	} else if r, ok := a.anyExists(); !ok {
		return r
	}
	if f, hidden := a.unread("group", "ec2:DescribeVpcEndpoints", "ec2:DescribeSecurityGroups"); hidden {
		return undecided(f)
	}
	if !a.scope.Clients() {
		return undecided(unknown("group", "not decided: the subnets and security groups of the workload are not known"))
	}
	if r, ok := ruled("group", a.findings(q.Service), q.Service, "G-SG443"); ok {
		return r
	}
	return excluded(no("group", "the security groups of %s allow TCP 443 from the workload", which(q.Service)))
}

// which names the endpoint of a service, or all of them.
func which(service string) string {
	if service == "" {
		return "the endpoints"
	}
	return "the " + service + " endpoint"
}

// place names the endpoint of a service, or where the plan creates it if none exists.
func (a *Account) place(service string) string {
	if e, other := a.endpoint(service); e == nil && other == nil {
		return "the subnets of the endpoints in the plan"
	}
	return which(service)
}

// egressGroup: the security groups of the workload must allow TCP 443 to the endpoints, and to the addresses of Amazon S3 (Amazon VPC user
// guide, Security group rules; AWS PrivateLink guide, Gateway endpoints).
func (a *Account) egressGroup(q Query) Result {
	if f, hidden := a.unread("group", "ec2:DescribeSecurityGroups"); hidden {
		return undecided(f)
	}
	closed, part, known := a.scope.ToInternet()
	gateway := q.Service != "" && catalog.Lookup(q.Service).Type == catalog.Gateway
	var certain, unsure []plan.Finding
	for _, f := range slices.Concat(a.findings(q.Service), a.p.Findings) {
		// A finding has the first interface endpoint that is not allowed, and Amazon S3.
		if f.Rule != "G-SGEGRESS" || q.Service != "" && !slices.ContainsFunc(f.Changes, func(id resource.ID) bool { return isEndpoint(id, "s3") == gateway }) {
			continue
		}
		if f.Undecided {
			unsure = append(unsure, f)
		} else {
			certain = append(certain, f)
		}
	}
	if r, ok := decided("group", certain, unsure); ok && (q.Service != "" || r.State == Confirmed) {
		return r
	}
	switch {
	case len(closed) > 0:
		return confirmed(yes("group", "%s allows no outbound TCP 443", words.UpTo(closed, mostSubnets)))
	case !known:
		return undecided(unknown("group", "not decided: the security groups of the workload are not known"))
	case len(part) == 0:
		return excluded(no("group", "the security groups of the workload allow TCP 443 to all addresses"))
	case q.Service != "" && a.judges(q.Service):
		return excluded(no("group", "the security groups of the workload allow TCP 443 to %s", a.place(q.Service)))
	}
	return undecided(unknown("group", "not decided: %s allows TCP 443 to some addresses only", words.UpTo(part, mostSubnets)))
}

// judges reports whether the rules judge the path to the endpoint of a service: it exists, or the plan creates it.
func (a *Account) judges(service string) bool {
	e, _ := a.endpoint(service)
	return e != nil || a.p.Change(endpointID(service)) != nil
}

// ingressGroup: a target must allow the traffic of its load balancer (Elastic Load Balancing user guide, Security groups for your Application
// Load Balancer). The load balancers of services are not read.
func (a *Account) ingressGroup(Query) Result {
	if f, hidden := a.unread("group", "ec2:DescribeSecurityGroups"); hidden {
		return undecided(f)
	}
	var none []string
	for _, id := range a.scope.RunsIn() {
		if g := a.net.Group(id); g != nil && !slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { return !r.Egress }) {
			none = append(none, inventory.Label(g.Name, g.ID))
		}
	}
	for _, r := range a.scope.Workload().Runners {
		for _, id := range r.Groups {
			if g := a.net.Group(id); g != nil && !slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { return !r.Egress }) {
				none = append(none, inventory.Label(g.Name, g.ID))
			}
		}
	}
	if slices.Sort(none); len(none) > 0 {
		none = slices.Compact(none)
		return confirmed(yes("group", "%s %s no inbound rule", words.UpTo(none, mostSubnets), plural(len(none), "has", "have")))
	}
	return undecided(unknown("group", "not decided: the wizard does not read the load balancer of the service"))
}

// networkACL: network ACLs must allow TCP 443 and the ports of the answers (Amazon VPC user guide, Network ACL basics).
func (a *Account) networkACL(q Query) Result {
	if f, hidden := a.unread("acl", "ec2:DescribeNetworkAcls"); hidden {
		return undecided(f)
	}
	all := slices.Concat(a.findings(q.Service), a.p.Findings)
	if r, ok := ruled("acl", all, q.Service, "G-NACL"); ok {
		return r
	}
	if q.Service == "" {
		if r, ok := ruled("acl", all, "", "W-NACL"); ok {
			return r
		}
	}
	plain := true
	for _, s := range a.subnets() {
		acl := a.net.ACLOf(s.ID)
		if acl == nil {
			return undecided(unknown("acl", "not decided: the network ACL of %s is not known", label(s)))
		}
		plain = plain && allowsAll(acl)
	}
	switch {
	case len(a.subnets()) == 0:
		return undecided(unknown("acl", "not decided: the subnets of the workload are not known"))
	case plain && q.Service == "":
		return excluded(no("acl", "the network ACLs of the subnets allow all traffic"))
	case q.Service != "" && a.judges(q.Service):
		return excluded(no("acl", "the network ACLs allow TCP 443 to %s and the response traffic", a.place(q.Service)))
	case plain:
		return excluded(no("acl", "the network ACLs of the subnets allow all traffic"))
	}
	return undecided(unknown("acl", "not decided: the network ACLs of the subnets deny a part of the traffic"))
}

// allowsAll reports whether a network ACL allows all IPv4 traffic before it denies any. The entry with the lowest number decides (Amazon VPC
// user guide, Network ACL rules).
func allowsAll(acl *inventory.NetworkACL) bool {
	for _, egress := range []bool{false, true} {
		first := inventory.ACLEntry{Number: 1 << 16}
		for _, e := range acl.Entries {
			if e.Egress == egress && !strings.Contains(e.CIDR, ":") && e.Number < first.Number {
				first = e
			}
		}
		if !first.Allow || first.Protocol != "-1" || first.CIDR != "0.0.0.0/0" {
			return false
		}
	}
	return true
}

func (a *Account) ipFamily(q Query) Result {
	if r, ok := a.served(q.Service); ok {
		return r
	}
	if f := a.route(); f.Mark == Unknown {
		return undecided(f)
	}
	if a.scope.OnlyIPv6() {
		return confirmed(yes("route", "the subnets reach the internet with IPv6 and not with IPv4"))
	}
	if !slices.ContainsFunc(a.subnets(), func(s *inventory.Subnet) bool { return s.IPv6Only || len(s.IPv6) > 0 }) {
		return excluded(no("address", "the subnets have no IPv6 addresses"))
	}
	return undecided(unknown("address", "not decided: the subnets have IPv4 and IPv6 addresses"))
}

// unique returns each fact once.
func unique(facts []Fact) []Fact {
	var out []Fact
	for _, f := range facts {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}
