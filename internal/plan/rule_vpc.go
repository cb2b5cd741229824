package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// vpcChecks are the rules about a new VPC.
var vpcChecks = []check{
	{"V-NAME", "The name of a new VPC must not be that of another VPC.", checkVPCName},
	{"V-CIDR", "The block of a new VPC must not overlap those of other VPCs.", checkVPCBlock},
	{"V-RANGE", "The block of a new VPC should be of private addresses.", checkVPCRange},
	{"V-SIZE", "The block of a new VPC must have place for its subnets.", checkVPCSize},
	{"V-ZONE", "The zones of a new VPC must exist and have every endpoint service of the plan.", checkVPCZones},
	{"V-QUOTA", "A new VPC must not exceed the quotas of the account.", checkVPCQuotas},
	{"V-BPA", "VPC Block Public Access must not block the internet route of a new VPC.", checkVPCBlocked},
	{"V-REGIONAL", "Regional NAT gateways do not exist in all partitions.", checkRegionalNAT},
	{"V-ONENAT", "One NAT gateway for several zones is a single point of failure.", checkOneNAT},
	{"V-ROUTES", "The subnets of the VPC of an earlier run keep their route tables and default routes.", checkKeptRoutes},
}

// plansVPC reports whether the plan creates the VPC.
func (b *builder) plansVPC() bool { return b.layout != nil && b.layout.existing == nil }

// checkVPCName: names need not be unique for AWS, but everything that finds the VPC by its name would find two. The wizard
// recognizes its own VPC by the name on a second run.
func checkVPCName(b *builder) []Finding {
	if !b.plansVPC() {
		return nil
	}
	for _, v := range b.Inv.VPCs {
		if v.Name == b.layout.spec.Name && v.ID != answers.PlannedVPC {
			fix := "Choose another name (answers file: vpc.create.name), or use that VPC (vpc: " + v.ID + ")."
			message := fmt.Sprintf("VPC %s has this name already.", v.ID)
			if v.Managed && len(v.CIDRs) > 0 {
				message = fmt.Sprintf("An earlier run created VPC %s with this name and the block %s.", v.ID, v.CIDRs[0])
			}
			return []Finding{{Severity: Block, Resource: v.Name, Message: message, Fix: fix, Changes: []resource.ID{vpcID}}}
		}
	}
	return nil
}

// checkVPCBlock: AWS accepts overlapping VPCs, but never a peering connection between them (Amazon VPC peering guide, VPC
// peering limitations).
func checkVPCBlock(b *builder) []Finding {
	if !b.plansVPC() {
		return nil
	}
	if !b.layout.block.IsValid() {
		return []Finding{{Severity: Block, Resource: "10.0.0.0/8",
			Message: "No block of 65,536 addresses in 10.0.0.0/8 is free of other VPCs.", Fix: "Choose a block yourself (answers file: vpc.create.cidr)."}}
	}
	var out []Finding
	for _, o := range overlapping(b.Inv, b.layout.block) {
		free := FreeBlock(b.Inv)
		fix := "Choose another block"
		if free != "" {
			fix += ", such as " + free
		}
		out = append(out, Finding{Severity: Block, Resource: b.layout.block.String(), Changes: []resource.ID{vpcID},
			Message: fmt.Sprintf("The block overlaps %s of VPC %s. Overlapping VPCs can never be connected.", o.block, o.label),
			Fix:     fix + " (answers file: vpc.create.cidr)."})
	}
	return out
}

// private are the ranges that AWS recommends for a VPC: RFC 1918, and RFC 6598 (Amazon VPC user guide, VPC CIDR blocks).
var private = parsed("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10")

// checkVPCRange also reports 172.17.0.0/16, which the pages of AWS advise against because services such as AWS Cloud9 and
// Amazon SageMaker AI use it, and because it is the default network of Docker on instances.
func checkVPCRange(b *builder) []Finding {
	if !b.plansVPC() || !b.layout.block.IsValid() {
		return nil
	}
	block := b.layout.block
	if docker := netip.MustParsePrefix("172.17.0.0/16"); docker.Overlaps(block) {
		return []Finding{{Severity: Warn, Resource: block.String(), Changes: []resource.ID{vpcID},
			Message: "The block overlaps 172.17.0.0/16, which Docker and some AWS services use for themselves.", Fix: "Choose another block (answers file: vpc.create.cidr)."}}
	}
	if slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(block.Addr()) && p.Bits() <= block.Bits() }) {
		return nil
	}
	return []Finding{{Severity: Error, Resource: block.String(), Changes: []resource.ID{vpcID},
		Message: "The block has public addresses (RFC 1918 and RFC 6598 list the private ones). The workload would not reach the hosts on the internet that have these addresses.",
		Fix:     "Choose a block of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10 (answers file: vpc.create.cidr)."}}
}

// fewestFree is the number of addresses for the workload in a subnet below which the wizard advises against it. Each Fargate
// task uses one. The number is of this program.
const fewestFree = 8

func checkVPCSize(b *builder) []Finding {
	if b.layout == nil {
		return nil
	}
	if len(b.layout.small) > 0 || !b.plansVPC() {
		return b.layout.small
	}
	for _, s := range b.layout.subnets {
		if s.role != "private" {
			continue
		}
		used := 0
		for _, e := range b.interfaces() {
			if slices.ContainsFunc(e.newSubnets, func(n *inventory.Subnet) bool { return n.ID == s.ID }) {
				used++
			}
		}
		if left := s.Free - used; left < fewestFree {
			return []Finding{{Severity: Error, Resource: s.CIDR, Changes: []resource.ID{resource.ID("subnet/" + s.key())},
				Message: fmt.Sprintf("The subnet %s has %s: AWS reserves %d, and the endpoints use %d. %s for the workload.", s.CIDR, words.Count(s.Free+reserved, "address"), reserved, used, strings.ToUpper(remain(left)[:1])+remain(left)[1:]),
				Fix:     "Choose a larger block for the VPC, or larger subnets (answers file: vpc.create.cidr, private_size)."}}
		}
	}
	return nil
}

func remain(n int) string {
	switch {
	case n < 1:
		return "none remains"
	case n == 1:
		return "1 remains"
	}
	return fmt.Sprintf("%d remain", n)
}

// checkVPCZones: an endpoint exists only in zones of its service (AWS PrivateLink guide, Subnets and Availability Zones).
func checkVPCZones(b *builder) []Finding {
	if !b.plansVPC() {
		return nil
	}
	l := b.layout
	known := l.known(b.Inv)
	var out []Finding
	fix := "Choose other zones (answers file: vpc.create.zones)."
	if len(known) > 0 {
		fix = fmt.Sprintf("Zones of the Region: %s (answers file: vpc.create.zones).", strings.Join(known, ", "))
	}
	for _, z := range l.zones {
		if len(known) > 0 && !slices.Contains(known, z) {
			out = append(out, Finding{Severity: Block, Resource: z, Changes: []resource.ID{vpcID}, Message: fmt.Sprintf("%s is not an available zone of %s for this account.", z, b.Ans.Region), Fix: fix})
			continue
		}
		var missing []string
		for _, w := range b.verdicts {
			if !w.Needed || catalog.Lookup(w.Code).Type != catalog.Interface {
				continue
			}
			if svc := b.Inv.Service(b.serviceName(w.Code), catalog.Interface); svc != nil && len(svc.Zones) > 0 && !slices.Contains(svc.Zones, z) {
				missing = append(missing, w.Code)
			}
		}
		if len(missing) > 0 {
			out = append(out, Finding{Severity: Error, Resource: z, Changes: []resource.ID{vpcID},
				Message: fmt.Sprintf("The zone %s does not have the endpoint service of %s. Clients in it reach the endpoint in another zone, if that zone works.", z, words.And(missing)), Fix: fix})
		}
	}
	if want := l.spec.Zones.Number(); len(l.zones) < want {
		out = append(out, Finding{Severity: Block, Resource: b.Ans.Region, Changes: []resource.ID{vpcID},
			Message: fmt.Sprintf("The Region has %s for this account, and the new VPC needs %d.", words.Count(len(known), "zone"), want), Fix: "Choose fewer zones (answers file: vpc.create.zones)."})
	}
	return out
}

// AWS's default quotas for what a new VPC needs (Amazon VPC user guide, Amazon VPC quotas; Amazon EC2 user guide, Elastic IP
// addresses).
const (
	defaultVPCs             = 5 // of a Region
	defaultInternetGateways = 5 // of a Region
	defaultNATGateways      = 5 // of an Availability Zone
	defaultAddresses        = 5 // of a Region
)

func checkVPCQuotas(b *builder) []Finding {
	if b.layout == nil {
		return nil
	}
	c := b.Inv.Creation
	made := func(kind string) int {
		n := 0
		for _, a := range b.p.Changes {
			if a.Op == resource.Create && a.Spec.Kind() == kind {
				n++
			}
		}
		return n
	}
	vpcs := c.VPCs
	if vpcs.Used == 0 { // the list of VPCs is always read
		vpcs.Used = len(slices.DeleteFunc(slices.Clone(b.Inv.VPCs), func(v inventory.VPC) bool {
			return v.ID == answers.PlannedVPC || v.Owner != b.Inv.Account && v.Owner != ""
		}))
	}
	var out []Finding
	over := func(what, code, service, kind string, q inventory.Quota, standard int, instead string) {
		n := made(kind)
		limit, note := b.limit(q.Limit, standard)
		if n == 0 || q.Used+n <= limit {
			return
		}
		out = append(out, Finding{Severity: Block, Resource: b.Ans.Region, Changes: []resource.ID{vpcID},
			Message: fmt.Sprintf("The quota is %s per Region%s. %d exist, and the plan needs %d more.", words.Count(limit, what), note, q.Used, n),
			Fix:     fmt.Sprintf("Request a higher quota (Service Quotas, %s, %s), or %s.", service, code, instead)})
	}
	over("VPC", "L-F678F1CE", "vpc", "vpc", vpcs, defaultVPCs, "delete a VPC that is not used")
	over("internet gateway", "L-A4707A72", "vpc", "internet-gateway", c.InternetGateways, defaultInternetGateways, "choose no internet route (answers file: vpc.create.internet: none)")
	over("Elastic IP address", "L-0263D0A3", "ec2", "elastic-ip", c.Addresses, defaultAddresses, "choose fewer NAT gateways (answers file: vpc.create.internet)")
	limit, note := b.limit(c.NATGateways.Limit, defaultNATGateways)
	for _, n := range b.layout.nats {
		if used := c.NATGateways.ByZone[n.zone]; n.zone != "" && !exists(n.id) && used >= limit {
			out = append(out, Finding{Severity: Block, Resource: n.zone, Changes: []resource.ID{resource.ID("nat-gateway/" + n.key)},
				Message: fmt.Sprintf("The quota is %s per Availability Zone%s. %d exist in %s.", words.Count(limit, "NAT gateway"), note, used, n.zone),
				Fix:     "Request a higher quota (Service Quotas, vpc, L-FE5A380F), or choose another zone or internet route (answers file: vpc.create)."})
		}
	}
	return out
}

// checkVPCBlocked: the mode block-bidirectional blocks the traffic of NAT gateways too (Amazon VPC user guide, VPC BPA basics).
func checkVPCBlocked(b *builder) []Finding {
	if b.layout == nil || b.layout.gateway == "" {
		return nil
	}
	mode := b.layout.net.BlockPublicAccess
	if mode == "" || mode == "off" || mode == blockIngress {
		return nil
	}
	return []Finding{{Severity: Block, Resource: b.Ans.Region, Changes: []resource.ID{gatewayID},
		Message: fmt.Sprintf("VPC Block Public Access of the account is in mode %s, so the NAT gateway would pass no traffic.", mode),
		Fix:     "Choose no internet route (answers file: vpc.create.internet: none), or ask the administrator of the account for an exclusion or another mode."}}
}

// checkRegionalNAT: AWS offers them in all commercial Regions, not in AWS GovCloud (US) and China (AWS Networking blog,
// Introducing Amazon VPC Regional NAT Gateway).
func checkRegionalNAT(b *builder) []Finding {
	if !b.plansVPC() || b.layout.spec.Route() != answers.InternetRegional || b.Partition() == "aws" {
		return nil
	}
	return []Finding{{Severity: Block, Resource: b.Ans.Region, Changes: []resource.ID{"nat-gateway/regional"},
		Message: "Regional NAT gateways do not exist in this partition.", Fix: "Choose nat or nat-per-zone (answers file: vpc.create.internet)."}}
}

func checkOneNAT(b *builder) []Finding {
	if !b.plansVPC() || b.layout.spec.Route() != answers.InternetNAT || len(b.layout.zones) < 2 || len(b.layout.nats) == 0 {
		return nil
	}
	return []Finding{{Severity: Info, Resource: b.layout.nats[0].zone, Changes: []resource.ID{resource.ID("nat-gateway/" + b.layout.nats[0].key)},
		Message: fmt.Sprintf("If zone %s fails, the other zones have no route to the internet. Endpoints do not need this route.", b.layout.nats[0].zone),
		Fix:     "For availability, choose nat-per-zone or regional-nat (answers file: vpc.create.internet)."}}
}

// checkKeptRoutes: a subnet is associated with one route table at a time, and a route table has one route to a destination (Amazon
// VPC user guide, Subnet route tables). The plan replaces neither, because running workloads use them.
func checkKeptRoutes(b *builder) []Finding {
	l := b.layout
	if l == nil || l.existing == nil {
		return nil
	}
	var out []Finding
	differs := func(id, change, message, fix string) {
		out = append(out, Finding{Severity: Block, Resource: id, Changes: []resource.ID{resource.ID(change)}, Message: message + " The plan does not replace what exists.",
			Fix: "Choose the internet route that VPC " + l.vpc.ID + " has (answers file: vpc.create.internet), or another name for another VPC (vpc.create.name). " + fix})
	}
	for _, s := range l.subnets {
		if have := l.existingTable(s.ID); have != "" && have != s.table {
			differs(s.ID, "route-table-association/"+s.key(), fmt.Sprintf("Subnet %s has route table %s, and internet: %s needs another one.", s.Name, have, l.spec.Route()),
				"Or remove the association, if nothing in the subnet needs it.")
		}
	}
	for _, t := range l.tables {
		to := t.nat
		if t.gateway {
			to = l.gateway
		}
		if have := l.existingRoute(t.id); have != "" && to != "" && have != to {
			if !exists(to) {
				to = "a new gateway"
			}
			differs(t.id, "route/"+t.key, fmt.Sprintf("Route table %s has a route %s to %s, and internet: %s needs it to %s.", t.name, anywhere, have, l.spec.Route(), to),
				"Or delete the route, if nothing needs it.")
		}
	}
	return out
}
