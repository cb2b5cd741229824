package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// checkGatewayRoute reports routes to Amazon S3 that prevent the route of the plan. The VPC can have
// endpoints that are not seen: if their list was not read, and in a shared VPC, where a participant does
// not see the owner's endpoints (AWS PrivateLink guide, Share your subnets). A blackhole route has no
// usable target in any case.
func checkGatewayRoute(b *builder) []Finding {
	e, pl := b.endpoint(gatewayS3), b.s3List()
	if e == nil || pl == "" {
		return nil
	}
	var out []Finding
	for _, t := range b.Net.RouteTables {
		if !slices.Contains(b.gatewayTables("s3"), t.ID) {
			continue
		}
		for _, r := range t.Routes {
			// G-STATE reports routes to other endpoints of the service.
			known := slices.ContainsFunc(b.Net.Endpoints, func(x inventory.Endpoint) bool { return x.ID == r.Target && (healthy(&x) || x.Service == e.service) })
			if r.PrefixList == pl && !known && (r.Blackhole || b.seesEndpoints(t.ID)) {
				out = append(out, Finding{Severity: Error, Resource: t.ID, Changes: []resource.ID{e.id},
					Message: fmt.Sprintf("Route table %s already routes Amazon S3 (%s) to %s, which is not a usable endpoint of this VPC.", inventory.Label(t.Name, t.ID), pl, r.Target),
					Fix:     "Remove that route first: a route table accepts one endpoint route per service."})
			}
		}
	}
	return out
}

// seesEndpoints reports whether the account would see the endpoint of a route in a route table.
func (b *builder) seesEndpoints(table string) bool {
	_, unread := b.Inv.Gap("ec2:DescribeVpcEndpoints")
	return !unread && !slices.ContainsFunc(b.clients, func(c *inventory.Subnet) bool {
		t := b.Net.RouteTableOf(c.ID)
		return t != nil && t.ID == table && b.ofAnother(c)
	})
}

// ofAnother reports whether another account shares a subnet with this one.
func (b *builder) ofAnother(s *inventory.Subnet) bool {
	return s.Owner != "" && b.Inv.Account != "" && s.Owner != b.Inv.Account
}

// routesTo returns those of the route tables that have a route to a target.
func (b *builder) routesTo(target string, tables []string) []string {
	var out []string
	for _, t := range b.Net.RouteTables {
		if slices.Contains(tables, t.ID) && slices.ContainsFunc(t.Routes, func(r inventory.Route) bool { return r.Target == target }) {
			out = append(out, inventory.Label(t.Name, t.ID))
		}
	}
	return out
}

// fromOutside are the kinds of target that connect other networks to the VPC.
var fromOutside = map[string]string{"tgw": "transit gateway", "vgw": "virtual private gateway", "pcx": "VPC peering"}

func checkGatewayReach(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway || e.id != resource.ID("endpoint/"+e.code) { // the first finding for a service covers all of it
			continue
		}
		tables := b.gatewayTables(e.code)
		var ways []string
		for _, t := range b.Net.RouteTables {
			for _, r := range t.Routes {
				kind, _, _ := strings.Cut(r.Target, "-")
				if what := fromOutside[kind]; what != "" && !r.Blackhole && slices.Contains(tables, t.ID) {
					ways = append(ways, what+" "+r.Target)
				}
			}
		}
		if len(ways) > 0 {
			slices.Sort(ways)
			out = append(out, Finding{Severity: Warn, Resource: b.vpc.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("The VPC is connected to other networks (%s). The %s gateway endpoint serves this VPC only: clients in those networks cannot use it.", words.UpTo(slices.Compact(ways), 3), e.code),
				Fix:     "Nothing to do for this workload. Clients outside the VPC need an interface endpoint or another path to the service."})
		}
	}
	return out
}

func checkGatewayDNS(b *builder) []Finding {
	amazon := len(b.Net.DomainServers) == 0 || slices.Contains(b.Net.DomainServers, "AmazonProvidedDNS")
	if b.Net.DNSSupport && b.Net.DNSHostnames || !amazon || b.p.Change(dnsHostnamesID) != nil {
		return nil // on, not used, or fixed by the plan
	}
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway {
			return []Finding{{Severity: Warn, Resource: b.vpc.ID, Changes: []resource.ID{e.id},
				Message: "DNS support or DNS hostnames of the VPC is off. With the Amazon-provided DNS server, a gateway endpoint needs both.",
				Fix:     "Turn both on (answers file: private_dns: true adds it to a plan that creates interface endpoints)."}}
		}
	}
	return nil
}

func checkS3Interface(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Needed && strings.HasPrefix(w.Code, "ecr.") })
	name := catalog.Entry{Code: "s3", Type: catalog.Interface, China: true}.ServiceName(b.Partition(), b.Ans.Region)
	var out []Finding
	for _, x := range b.Net.Endpoints {
		if wanted && x.Service == name && x.Type == catalog.Interface && x.PrivateDNS && !x.InboundOnly && healthy(&x) {
			f := Finding{Severity: Warn, Resource: x.ID,
				Message: fmt.Sprintf("Interface endpoint %s uses the name of Amazon S3 in the whole VPC. Amazon ECR downloads image layers from Amazon S3. The Amazon ECS user guide does not allow an interface endpoint for this; the Amazon ECR user guide does.", inventory.Label(x.Name, x.ID)),
				Fix:     "Set its private DNS to inbound resolver endpoints only (PrivateDnsOnlyForInboundResolverEndpoint), so that the VPC uses the gateway endpoint."}
			out = append(out, f.on(b, "s3"))
		}
	}
	return out
}

func checkGatewayCut(b *builder) []Finding {
	a := b.p.Change(gatewayS3)
	if a == nil || a.Op == resource.Keep {
		return nil
	}
	e := b.endpoint(gatewayS3)
	live := 0
	for _, i := range b.inUse {
		if t := b.Net.RouteTableOf(i.Subnet); t != nil && slices.Contains(e.newTables, t.ID) && b.egressOfID(i.Subnet) != catalog.Closed {
			live++
		}
	}
	if live == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(e.newTables, ", "), Changes: []resource.ID{gatewayS3},
		Message: fmt.Sprintf("%s in these subnets may have open connections to Amazon S3. Adding the route interrupts them, and Amazon S3 then sees private source addresses.", words.Count(live, "network interface")),
		Fix:     "Apply the plan when an interruption is acceptable. Check bucket policies for aws:SourceIp (use aws:VpcSourceIp instead)."}}
}

func (b *builder) egressOfID(subnet string) catalog.Egress {
	if s := b.Net.Subnet(subnet); s != nil {
		return b.egressOf(s)
	}
	return catalog.Maybe
}
