package cause

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// privateDNSOff: without private DNS, the default name of a service leads to its public addresses (AWS PrivateLink guide, Access AWS services
// through AWS PrivateLink).
func (a *Account) privateDNSOff(q Query) Result {
	if q.Service == "" {
		return a.anyWithoutDNS()
	}
	if catalog.Lookup(q.Service).Type == catalog.Gateway {
		return excluded(no("dns", "a gateway endpoint needs no private DNS"))
	}
	e, r := a.exists(q.Service)
	if e == nil {
		return r
	}
	id := inventory.Label(e.Name, e.ID)
	if e.PrivateDNS && !e.InboundOnly {
		return excluded(no("dns", "private DNS of %s is on", id))
	}
	certain, unsure := judged(a.findings(q.Service), q.Service, "G-DNSDKR", "G-DNSOFF")
	switch {
	case len(unsure) > 0 && len(certain) == 0:
		return undecided(yes("dns", "private DNS of %s is off", id), unknown("dns", "%s", phrase(unsure[0].Message)))
	case len(certain) == 0 && slices.ContainsFunc(a.net.HostedZones, func(z inventory.HostedZone) bool { return !z.OfService() && a.covers(z, q.Service) }):
		return undecided(yes("dns", "private DNS of %s is off", id), unknown("zone", "not decided: a private hosted zone answers the name of the service, and its records are not read"))
	}
	return confirmed(yes("dns", "private DNS of %s is off", id))
}

// anyWithoutDNS decides the same for all services that the workload needs.
func (a *Account) anyWithoutDNS() Result {
	if r, ok := a.anyExists(); !ok {
		return r
	}
	var facts []Fact
	for _, n := range a.p.Needs {
		if needed(n) && catalog.Lookup(n.Service).Type == catalog.Interface {
			if r := a.privateDNSOff(Query{Service: n.Service}); r.State != Excluded {
				facts = append(facts, r.Facts...)
				if r.State == Confirmed {
					return confirmed(facts...)
				}
			}
		}
	}
	if facts = unique(facts); len(facts) > 0 {
		return undecided(facts...)
	}
	return excluded(no("dns", "private DNS is on for each endpoint that the workload uses"))
}

// covers reports whether a private hosted zone answers a private name of a service.
func (a *Account) covers(z inventory.HostedZone, service string) bool {
	return slices.ContainsFunc(a.scope.PrivateNames(service), func(name string) bool {
		name = strings.TrimPrefix(name, "*.")
		return name == z.Name || strings.HasSuffix(name, "."+z.Name)
	})
}

// vpcDNSOff: private DNS needs both DNS attributes of the VPC (Amazon VPC user guide, DNS attributes for your VPC).
func (a *Account) vpcDNSOff(Query) Result {
	if f, hidden := a.unread("dns", "ec2:DescribeVpcAttribute"); hidden {
		return undecided(f)
	}
	var off []string
	if !a.net.DNSSupport {
		off = append(off, "DNS support")
	}
	if !a.net.DNSHostnames {
		off = append(off, "DNS hostnames")
	}
	if len(off) > 0 {
		return confirmed(yes("dns", "%s of %s %s off", words.And(off), a.vpc(), plural(len(off), "is", "are")))
	}
	return excluded(no("dns", "DNS support and DNS hostnames of %s are on", a.vpc()))
}

// dnsResolver: only the Amazon-provided DNS server resolves private names, and Resolver rules can forward them (Amazon VPC user guide, DNS
// attributes for your VPC; Amazon Route 53 developer guide, Using rules to control which queries are forwarded to your network).
func (a *Account) dnsResolver(q Query) Result {
	if f, hidden := a.unread("dns", "ec2:DescribeDhcpOptions"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("dns", slices.Concat(a.findings(q.Service), a.p.Findings), q.Service, "G-FWD"); ok {
		return r
	}
	if servers := a.net.DomainServers; len(servers) > 0 && !slices.Contains(servers, "AmazonProvidedDNS") {
		return undecided(yes("dns", "the DHCP options of %s use the DNS servers %s", a.vpc(), strings.Join(servers, ", ")),
			unknown("dns", "not decided: the account does not show whether they forward the names to the Route 53 Resolver of the VPC"))
	}
	if f, hidden := a.unread("dns", "route53resolver:ListResolverRuleAssociations", "route53resolver:ListResolverRules"); hidden {
		return undecided(f)
	}
	return excluded(no("dns", "%s uses the Amazon-provided DNS server", a.vpc()))
}

// dnsConflict: only one endpoint of a VPC can have a private DNS name. AWS rejects the second one.
func (a *Account) dnsConflict(q Query) Result {
	if f, hidden := a.unread("endpoint", "ec2:DescribeVpcEndpoints"); hidden {
		return undecided(f)
	}
	var facts []Fact
	for _, e := range a.net.Endpoints {
		if e.PrivateDNS && e.State != "deleted" && q.Service != "" && catalog.CodeOf(e.Service) == q.Service {
			facts = append(facts, yes("endpoint", "%s has the private DNS name of %s, in state %s", inventory.Label(e.Name, e.ID), q.Service, e.State))
		}
	}
	if len(facts) > 0 {
		return confirmed(facts...)
	}
	ofEndpoints := slices.DeleteFunc(slices.Clone(a.p.Findings), func(f plan.Finding) bool { return kindOf(&f) != DNSConflict })
	if r, ok := ruled("endpoint", ofEndpoints, q.Service, "G-DNSCONFLICT"); ok {
		return r
	}
	if a.shared() != nil {
		return undecided(unknown("endpoint", "not visible: only the owner of %s sees its endpoints", a.vpc()))
	}
	if q.Service == "" {
		return undecided(unknown("endpoint", "not decided: the service of the name is not known"))
	}
	return excluded(no("endpoint", "no endpoint of %s has the private DNS name of %s", a.vpc(), q.Service))
}

// dnsZone: a private hosted zone answers a name for the whole VPC, also without a record for it (Amazon Route 53 developer guide,
// Considerations when working with a private hosted zone).
func (a *Account) dnsZone(q Query) Result {
	if f, hidden := a.unread("zone", "route53:ListHostedZonesByVPC"); hidden {
		return undecided(f)
	}
	all := slices.Concat(a.findings(q.Service), a.p.Findings)
	certain, unsure := judged(all, q.Service, "G-ZONE")
	if r, ok := decided("zone", certain, unsure); ok && r.State == Confirmed {
		return r
	}
	var services []string
	for _, n := range a.p.Needs {
		if needed(n) && q.Service == "" {
			services = append(services, n.Service)
		}
	}
	if q.Service != "" {
		services = []string{q.Service}
	}
	var facts []Fact
	for _, z := range a.net.HostedZones {
		for _, s := range services {
			if !z.OfService() && a.covers(z, s) {
				facts = append(facts, yes("zone", "private hosted zone %s (%s) answers the names of %s", z.Name, z.ID, s))
			}
		}
	}
	switch {
	case len(facts) > 0 && q.Service != "" && !a.dnsServed(q.Service): // AWS then rejects private DNS, or the zone answers
		return confirmed(facts...)
	case len(facts) > 0:
		return undecided(append(facts, unknown("zone", "not decided: the records of the zone are not read"))...)
	case len(unsure) > 0:
		return undecided(texts(Unknown, "zone", unsure)...)
	}
	return excluded(no("zone", "no private hosted zone of %s has the name", a.vpc()))
}

// dnsServed reports whether the endpoint of a service has private DNS.
func (a *Account) dnsServed(service string) bool {
	e, _ := a.endpoint(service)
	return e != nil && e.PrivateDNS
}
