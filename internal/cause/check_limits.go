package cause

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// capacity decides nothing: an inventory has neither the maximum of vCPUs nor the instance types of a compute environment.
func (a *Account) capacity(Query) Result {
	return undecided(unknown("capacity", "not read: maxvCpus and the instance types of compute environments, and what jobs and tasks ask for"))
}

// quota decides about the quotas of endpoints. Other quotas are not read.
func (a *Account) quota(Query) Result {
	if r, ok := ruled("quota", a.p.Findings, "", "Q-IF", "Q-GW", "Q-SG"); ok {
		return r
	}
	return undecided(no("quota", "the quotas of VPC endpoints are not used up"), unknown("quota", "not read: other quotas"))
}

// noFreeAddress: each network interface takes an address of its subnet (Amazon VPC user guide, Subnet CIDR blocks).
func (a *Account) noFreeAddress(q Query) Result {
	if f, hidden := a.unread("subnet", "ec2:DescribeSubnets"); hidden {
		return undecided(f)
	}
	var full, free []Fact
	subnets, exact := a.named(q.IDs)
	for _, s := range subnets {
		switch {
		case s.IPv6Only:
		case s.Free == 0:
			full = append(full, yes("subnet", "%s has no free address", label(s)))
		default:
			free = append(free, no("subnet", "%s has %s", label(s), words.Count(s.Free, "free address")))
		}
	}
	switch {
	case len(full) > 0:
		return confirmed(full...)
	case len(free) == 0:
		return undecided(unknown("subnet", "not read: the subnet"))
	}
	if r, ok := ruled("subnet", a.p.Findings, "", "G-IPFREE"); ok {
		return r
	}
	return only(exact, "subnet", free...)
}

// zoneUnsupported: a service has endpoints in some Availability Zones only (Amazon EC2 API reference, ServiceDetail).
func (a *Account) zoneUnsupported(q Query) Result {
	if f, hidden := a.unread("zone", "ec2:DescribeVpcEndpointServices", "ec2:DescribeSubnets"); hidden {
		return undecided(f)
	}
	if q.Service == "" {
		if r, ok := ruled("zone", a.p.Findings, "", "G-AZSUP"); ok {
			return r
		}
		return undecided(unknown("zone", "not decided: the service is not known"))
	}
	svc := a.service(q.Service)
	subnets, exact := a.named(q.IDs)
	if svc == nil || len(svc.Zones) == 0 || len(subnets) == 0 {
		return undecided(unknown("zone", "not read: the Availability Zones of %s", q.Service))
	}
	var out, in []Fact
	for _, s := range subnets {
		if slices.Contains(svc.Zones, s.Zone) {
			in = append(in, no("zone", "%s offers %s, the Availability Zone of %s", q.Service, s.Zone, label(s)))
		} else {
			out = append(out, yes("zone", "%s does not offer %s, the Availability Zone of %s; it offers %s", q.Service, s.Zone, label(s), strings.Join(svc.Zones, ", ")))
		}
	}
	if len(out) > 0 {
		return confirmed(out...)
	}
	return only(exact, "subnet", in...)
}

// service returns the endpoint service of a code in the Region, of the type that workloads use.
func (a *Account) service(code string) *inventory.EndpointService {
	typ := catalog.Lookup(code).Type
	for i := range a.inv.Services {
		if s := &a.inv.Services[i]; catalog.CodeOf(s.Name) == code && s.Type == typ {
			return s
		}
	}
	return nil
}

// zoneDuplicate: an endpoint can use one subnet per Availability Zone (AWS PrivateLink guide, Access AWS services through AWS PrivateLink), and an
// environment of Amazon MWAA needs two zones.
func (a *Account) zoneDuplicate(q Query) Result {
	if f, hidden := a.unread("zone", "ec2:DescribeSubnets"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("zone", a.p.Findings, "", "G-ONESUBAZ", "W-SUB2"); ok && r.State == Confirmed {
		return r
	}
	named, exact := a.named(q.IDs)
	if len(named) == 0 {
		return undecided(unknown("zone", "not read: the subnet"))
	}
	others := append(slices.Clone(named), a.subnets()...)
	if e, _ := a.endpoint(q.Service); e != nil && q.Service != "" {
		for _, id := range e.Subnets {
			if s := a.net.Subnet(id); s != nil {
				others = append(others, s)
			}
		}
	}
	var facts []Fact
	for _, s := range named {
		for _, o := range others {
			if o.ID != s.ID && o.Zone == s.Zone {
				facts = append(facts, yes("zone", "%s and %s are both in Availability Zone %s", label(s), label(o), s.Zone))
			}
		}
	}
	if facts = unique(facts); len(facts) > 0 {
		return confirmed(facts...)
	}
	return only(exact, "subnet", no("zone", "each subnet of the workload is in an Availability Zone of its own"))
}

func (a *Account) regionMismatch(q Query) Result {
	switch {
	case q.Region == "":
		return undecided(unknown("region", "not decided: the message has no Region"))
	case q.Region != a.inv.Region:
		return confirmed(yes("region", "the message is about %s, and the account was read in %s", q.Region, a.inv.Region))
	}
	return excluded(no("region", "the message is about %s, the Region of the account", q.Region))
}

// routeConflict: a route table accepts one endpoint route per service (AWS PrivateLink guide, Gateway endpoints).
func (a *Account) routeConflict(q Query) Result {
	if f, hidden := a.unread("route", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("route", a.p.Findings, q.Service, "G-GWDUP"); ok {
		return r
	}
	tables := slices.DeleteFunc(slices.Clone(q.IDs), func(id string) bool { return !strings.HasPrefix(id, "rtb-") })
	var facts []Fact
	for _, t := range a.net.RouteTables {
		for _, r := range t.Routes {
			if strings.HasPrefix(r.Target, "vpce-") && r.PrefixList != "" && (len(tables) == 0 || slices.Contains(tables, t.ID)) {
				facts = append(facts, yes("route", "%s has a route for %s to endpoint %s", inventory.Label(t.Name, t.ID), r.PrefixList, r.Target))
			}
		}
	}
	for _, e := range a.net.Endpoints {
		if strings.EqualFold(e.Type, catalog.Gateway) && len(facts) == 0 && slices.ContainsFunc(e.RouteTables, func(id string) bool { return len(tables) == 0 || slices.Contains(tables, id) }) {
			facts = append(facts, yes("endpoint", "%s, the %s endpoint, has the route tables %s", inventory.Label(e.Name, e.ID), catalog.CodeOf(e.Service), words.UpTo(e.RouteTables, mostSubnets)))
		}
	}
	if len(facts) > 0 {
		return confirmed(facts...)
	}
	return excluded(no("route", "no route table has a route to a gateway endpoint"))
}

// gatewayFirst: an interface endpoint of Amazon S3 with private DNS only for inbound resolver endpoints needs a gateway endpoint (AWS
// PrivateLink guide, Interface endpoints for Amazon S3: Private DNS).
func (a *Account) gatewayFirst(Query) Result {
	e, r := a.exists("s3")
	switch {
	case e != nil:
		return excluded(no("endpoint", "%s is the gateway endpoint for s3", inventory.Label(e.Name, e.ID)))
	case r.State == Undecided:
		return r
	}
	return confirmed(yes("endpoint", "%s has no gateway endpoint for s3", a.vpc()))
}

func (a *Account) endpointType(q Query) Result {
	if f, hidden := a.unread("service", "ec2:DescribeVpcEndpointServices"); hidden {
		return undecided(f)
	}
	var types []string
	for _, s := range a.inv.Services {
		if q.Service != "" && catalog.CodeOf(s.Name) == q.Service {
			types = append(types, s.Type)
		}
	}
	slices.Sort(types)
	switch types = slices.Compact(types); len(types) {
	case 0:
		return undecided(unknown("service", "not read: the types of the service"))
	case 1:
		return confirmed(yes("service", "%s has endpoints of type %s only", q.Service, types[0]))
	}
	return undecided(unknown("service", "not decided: %s has endpoints of the types %s", q.Service, words.And(types)))
}
