package plan

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// A plan for a new VPC judges an account that has this VPC: the layout adds it to the inventory, and everything after that
// treats it like an existing one. What does not exist yet has the id of its change, such as "subnet/private-us-east-1a".

// Ahead returns the account with the new VPC of the answers in it, and the answers with its subnets and security group as
// those of the workload. Without a new VPC both are unchanged.
func Ahead(inv *inventory.Inventory, ans answers.Answers) (*inventory.Inventory, answers.Answers) {
	inv, ans, _ = ahead(inv, ans)
	return inv, ans
}

func ahead(inv *inventory.Inventory, ans answers.Answers) (*inventory.Inventory, answers.Answers, *layout) {
	if !ans.Creates() {
		return inv, ans, nil
	}
	inv = without(inv)
	var zones []string
	for {
		l := newLayout(inv, ans, zones)
		with, then := l.add(inv, ans)
		if len(ans.NewVPC.Zones.Names) > 0 || zones != nil {
			return with, then, l
		}
		// The services that the workload needs decide which zones fit. They do not depend on the zones.
		if zones = fittingZones(newScopeIn(with, then, l)); slices.Equal(zones, l.zones) {
			return with, then, l
		}
	}
}

// without returns the account without a VPC that an earlier call planned.
func without(inv *inventory.Inventory) *inventory.Inventory {
	if inv.VPC(answers.PlannedVPC) == nil {
		return inv
	}
	out := *inv
	out.VPCs = slices.DeleteFunc(slices.Clone(inv.VPCs), func(v inventory.VPC) bool { return v.ID == answers.PlannedVPC })
	out.Networks = slices.DeleteFunc(slices.Clone(inv.Networks), func(n inventory.Network) bool { return n.VPC == answers.PlannedVPC })
	out.Loaded = slices.DeleteFunc(slices.Clone(inv.Loaded), func(r inventory.Request) bool { return r.VPC == answers.PlannedVPC })
	return &out
}

// layout is a new VPC with all that is in it, as it will be.
type layout struct {
	spec     answers.NewVPC
	prefix   string // of names
	vpc      inventory.VPC
	net      inventory.Network
	block    netip.Prefix
	zones    []string
	existing *inventory.Network // of an earlier run; nil if the VPC does not exist
	subnets  []newSubnet
	tables   []newTable
	nats     []newNAT
	gateway  string    // id of the internet gateway; empty if it needs none
	group    string    // id of the workload's security group
	small    []Finding // why the block has no place for the subnets
}

// newSubnet is a subnet of a new VPC, with its route table.
type newSubnet struct {
	inventory.Subnet
	role  string // private or public
	table string // id
}

// key is the part of the ids of its changes.
func (s newSubnet) key() string { return s.role + "-" + s.Zone }

// newTable is a route table of a new VPC. Its default route leads to a NAT gateway, to the internet gateway or nowhere.
type newTable struct {
	id, name, key string
	nat           string // id
	gateway       bool
}

// newNAT is a NAT gateway of a new VPC.
type newNAT struct {
	id, name, key string
	zone, subnet  string // empty for a regional one
}

// newLayout lays out a new VPC. Zones are those that the plan prefers; nil if they are not known yet.
func newLayout(inv *inventory.Inventory, ans answers.Answers, zones []string) *layout {
	l := &layout{spec: *ans.NewVPC, prefix: cmp.Or(ans.Prefix, ans.NewVPC.Name)}
	if v := ManagedVPC(inv, *ans.NewVPC); v != nil && inv.Network(v.ID) != nil {
		l.vpc, l.existing = *v, inv.Network(v.ID)
		l.net = *l.existing
		l.net.Subnets, l.net.RouteTables, l.net.SecurityGroups = slices.Clone(l.net.Subnets), slices.Clone(l.net.RouteTables), slices.Clone(l.net.SecurityGroups)
		for i := range l.net.RouteTables {
			t := &l.net.RouteTables[i]
			t.Subnets, t.Routes = slices.Clone(t.Subnets), slices.Clone(t.Routes)
		}
		l.net.NATGateways = slices.Clone(l.net.NATGateways)
	} else {
		l.vpc = inventory.VPC{ID: answers.PlannedVPC, Name: l.spec.Name, CIDRs: []string{blockFor(inv, l.spec)}, Owner: inv.Account, Managed: true}
		l.net = fresh(inv, l.vpc)
	}
	l.block = parsedBlock(l.vpc.CIDRs[0])
	l.chooseZones(inv, zones)
	l.addSubnets(inv)
	l.addRoutes(inv)
	l.addGroup(inv)
	return l
}

// ManagedVPC returns the VPC that an earlier run created for the same answers; nil if none did.
func ManagedVPC(inv *inventory.Inventory, spec answers.NewVPC) *inventory.VPC {
	for i, v := range inv.VPCs {
		if v.Managed && v.Name == spec.Name && (spec.CIDR == "" || len(v.CIDRs) > 0 && v.CIDRs[0] == spec.CIDR) {
			return &inv.VPCs[i]
		}
	}
	return nil
}

// blockFor returns the block of the new VPC: that of the answers, otherwise the first free block of 10.0.0.0/8.
func blockFor(inv *inventory.Inventory, spec answers.NewVPC) string {
	if spec.CIDR != "" {
		return spec.CIDR
	}
	return FreeBlock(inv)
}

// FreeBlock returns the first block of 10.0.0.0/8 with 65,536 addresses that overlaps no VPC of the Region and no VPC that
// is peered with one; empty if there is none.
func FreeBlock(inv *inventory.Inventory) string {
	for n := range 256 {
		block := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n)}), 16)
		if len(overlapping(inv, block)) == 0 {
			return block.String()
		}
	}
	return ""
}

// overlap is a VPC with an overlapping block.
type overlap struct{ vpc, label, block string }

// overlapping returns the VPCs of the Region, and those that are peered with them, with a block that overlaps another.
func overlapping(inv *inventory.Inventory, block netip.Prefix) []overlap {
	var out []overlap
	hits := func(cidrs []string) string {
		for _, c := range cidrs {
			if p, err := netip.ParsePrefix(c); err == nil && p.Overlaps(block) {
				return c
			}
		}
		return ""
	}
	for _, v := range inv.VPCs {
		if c := hits(v.CIDRs); c != "" && v.ID != answers.PlannedVPC {
			out = append(out, overlap{v.ID, inventory.Label(v.Name, v.ID), c})
		}
	}
	for _, p := range inv.Creation.Peers {
		if c := hits(p.CIDRs); c != "" && inv.VPC(p.VPC) == nil {
			out = append(out, overlap{p.VPC, p.VPC + " of account " + p.Account + ", which is peered with a VPC of this account", c})
		}
	}
	return out
}

func parsedBlock(cidr string) netip.Prefix {
	p, _ := netip.ParsePrefix(cidr) // the answers and the account have valid blocks; an empty one is not valid
	return p
}

// fresh is what every VPC has when AWS creates it through its API: a main route table with the local route, a default network
// ACL that allows all traffic, a default security group, and DNS support (Amazon VPC user guide, VPC basics, Default network
// ACL, Default security groups; EC2 API reference, CreateVpc and ModifyVpcAttribute).
func fresh(inv *inventory.Inventory, v inventory.VPC) inventory.Network {
	local := inventory.Route{CIDR: v.CIDRs[0], Target: "local"}
	all := inventory.ACLEntry{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}
	none := inventory.ACLEntry{Number: 32767, Protocol: "-1", CIDR: "0.0.0.0/0"}
	out, noneOut := all, none
	out.Egress, noneOut.Egress = true, true
	return inventory.Network{VPC: v.ID, DNSSupport: true, BlockPublicAccess: inv.Creation.BlockPublicAccess,
		DomainServers: []string{"AmazonProvidedDNS"},
		RouteTables:   []inventory.RouteTable{{ID: "route-table/main", Name: "main route table", Main: true, Routes: []inventory.Route{local}}},
		NetworkACLs:   []inventory.NetworkACL{{ID: "network-acl/default", Default: true, Entries: []inventory.ACLEntry{all, none, out, noneOut}}},
		SecurityGroups: []inventory.SecurityGroup{{ID: "security-group/default", Name: "default", VPC: v.ID, Owner: v.Owner, Rules: []inventory.GroupRule{
			{Protocol: "-1", From: -1, To: -1, Group: "security-group/default"}, {Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}}},
		PrefixLists: serviceLists(inv),
	}
}

// serviceLists returns the prefix lists of the Region's services, which every VPC has.
func serviceLists(inv *inventory.Inventory) []inventory.PrefixList {
	for _, n := range inv.Networks {
		if lists := slices.DeleteFunc(slices.Clone(n.PrefixLists), func(p inventory.PrefixList) bool { return p.Name == "" }); len(lists) > 0 {
			return lists
		}
	}
	return nil
}

// chooseZones chooses the zones of the VPC: those of the answers, otherwise the preferred ones, otherwise the first ones of
// the Region.
func (l *layout) chooseZones(inv *inventory.Inventory, preferred []string) {
	known := l.known(inv)
	if names := l.spec.Zones.Names; len(names) > 0 {
		l.zones = slices.Clone(names)
		slices.Sort(l.zones)
		return
	}
	want := l.spec.Zones.Number()
	if l.existing != nil { // the zones of an earlier run stay
		for _, s := range l.existing.Subnets {
			if !slices.Contains(l.zones, s.Zone) {
				l.zones = append(l.zones, s.Zone)
			}
		}
		slices.Sort(l.zones)
		l.zones = l.zones[:min(want, len(l.zones))]
	}
	for _, z := range slices.Concat(preferred, known) {
		if len(l.zones) < want && !slices.Contains(l.zones, z) {
			l.zones = append(l.zones, z)
		}
	}
	slices.Sort(l.zones)
}

// known returns the zones of the Region: as AWS lists them, otherwise those of the endpoint services.
func (l *layout) known(inv *inventory.Inventory) []string {
	var out []string
	for _, z := range inv.Creation.Zones {
		out = append(out, z.Name)
	}
	if len(out) == 0 {
		for _, s := range inv.Services {
			out = append(out, s.Zones...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fittingZones returns the zones of the Region that have every interface endpoint service of the plan first, then the others.
func fittingZones(s *scope) []string {
	misses := map[string]int{}
	l := s.layout
	for _, w := range s.findVerdicts() {
		if !w.Needed || catalog.Lookup(w.Code).Type != catalog.Interface {
			continue
		}
		svc := s.Inv.Service(s.serviceName(w.Code), catalog.Interface)
		if svc == nil || len(svc.Zones) == 0 {
			continue
		}
		for _, z := range l.known(s.Inv) {
			if !slices.Contains(svc.Zones, z) {
				misses[z]++
			}
		}
	}
	zones := l.known(s.Inv)
	slices.SortStableFunc(zones, func(a, b string) int { return cmp.Compare(misses[a], misses[b]) })
	zones = zones[:min(len(zones), l.spec.Zones.Number())]
	slices.Sort(zones)
	return zones
}

// privateBits returns the size of the private subnets: a sixteenth of the VPC, or more if it is small. AWS allows subnets
// from /16 to /28 (Amazon VPC user guide, Subnet CIDR blocks).
func (l *layout) privateBits() int {
	if l.spec.PrivateSize != "" {
		n, _ := strconv.Atoi(l.spec.PrivateSize[1:]) // checked with the answers
		return n
	}
	parts := len(l.zones)
	if l.public() > 0 {
		parts++ // the first part is for the public subnets
	}
	fewest := l.block.Bits() + bits.Len(uint(max(parts, 1)-1))
	return max(fewest, min(l.block.Bits()+4, 24))
}

// publicBits returns the size of the public subnets, which have NAT gateways only.
func (l *layout) publicBits(private int) int {
	if l.spec.PublicSize != "" {
		n, _ := strconv.Atoi(l.spec.PublicSize[1:]) // checked with the answers
		return n
	}
	return min(28, max(24, private+bits.Len(uint(max(l.public(), 1)-1))))
}

// public returns the number of public subnets.
func (l *layout) public() int {
	switch l.spec.Route() {
	case answers.InternetNAT:
		return min(1, len(l.zones))
	case answers.InternetNATPerZone:
		return len(l.zones)
	}
	return 0
}

// subnetAt returns the subnet with a number in the block of the VPC; false if the block has no such subnet.
func (l *layout) subnetAt(size, n int) (netip.Prefix, bool) {
	if !l.block.IsValid() || size < l.block.Bits() || size > 28 || n >= 1<<(size-l.block.Bits()) {
		return netip.Prefix{}, false
	}
	base := l.block.Addr().As4()
	var at [4]byte
	binary.BigEndian.PutUint32(at[:], binary.BigEndian.Uint32(base[:])+uint32(n)<<(32-size))
	return netip.PrefixFrom(netip.AddrFrom4(at), size), true
}

// addSubnets adds the public and private subnets. Public subnets have the first addresses, and the private subnets begin
// with the first block of their own size after those.
func (l *layout) addSubnets(inv *inventory.Inventory) {
	private := l.privateBits()
	public := l.publicBits(private)
	first := 0
	if n := l.public(); n > 0 {
		last := n<<(32-public) - 1     // the last address of the public subnets
		first = last>>(32-private) + 1 // the first private subnet after it
	}
	missing := 0
	place := func(role, zone string, size, n int) {
		s := newSubnet{role: role, Subnet: inventory.Subnet{ID: "subnet/" + role + "-" + zone, Name: l.prefix + "-" + role + "-" + zone, VPC: l.vpc.ID, Zone: zone,
			Free: 1<<(32-size) - reserved, Owner: inv.Account, BlockPublicAccess: l.net.BlockPublicAccess}}
		p, ok := l.subnetAt(size, n)
		if have := l.sameSubnet(s.Subnet, p.String()); have != nil {
			s.Subnet = *have
			l.subnets = append(l.subnets, s)
			return
		}
		for ok && l.taken(p) { // by a subnet of an earlier run, for answers with another internet route
			n++
			p, ok = l.subnetAt(size, n)
		}
		if !ok {
			missing++
			return
		}
		s.CIDR = p.String()
		l.net.Subnets = append(l.net.Subnets, s.Subnet)
		l.subnets = append(l.subnets, s)
	}
	for i := range l.public() {
		place("public", l.zones[i], public, i)
	}
	for i, z := range l.zones {
		place("private", z, private, first+i)
	}
	if missing > 0 && l.block.IsValid() { // V-CIDR reports that no block is free
		l.small = append(l.small, Finding{Severity: Block, Resource: l.vpc.CIDRs[0],
			Message: fmt.Sprintf("The block %s has no place for the subnets of %d zones: private subnets of /%d each%s.", l.vpc.CIDRs[0], len(l.zones), private, map[bool]string{true: fmt.Sprintf(", and public subnets of /%d each", public)}[l.public() > 0]),
			Fix:     "Choose a larger block, fewer zones or smaller subnets (answers file: vpc.create.cidr, zones, private_size)."})
	}
}

// reserved is the number of addresses that AWS reserves in every subnet: the first four and the last (Amazon VPC user guide,
// Subnet CIDR blocks).
const reserved = 5

// sameSubnet returns the existing subnet in the zone of a planned one that has its block, otherwise its name; nil if none exists.
func (l *layout) sameSubnet(planned inventory.Subnet, cidr string) *inventory.Subnet {
	if l.existing == nil {
		return nil
	}
	for _, same := range []func(inventory.Subnet) bool{
		func(s inventory.Subnet) bool { return s.CIDR == cidr },
		func(s inventory.Subnet) bool { return s.Name == planned.Name },
	} {
		if i := slices.IndexFunc(l.existing.Subnets, func(s inventory.Subnet) bool { return s.Zone == planned.Zone && same(s) }); i >= 0 {
			return &l.existing.Subnets[i]
		}
	}
	return nil
}

// taken reports whether a subnet of the VPC overlaps a block.
func (l *layout) taken(block netip.Prefix) bool {
	return slices.ContainsFunc(l.net.Subnets, func(s inventory.Subnet) bool {
		p, err := netip.ParsePrefix(s.CIDR)
		return err == nil && p.Overlaps(block)
	})
}

// addRoutes adds the NAT gateways and route tables, and gives each subnet its table.
func (l *layout) addRoutes(inv *inventory.Inventory) {
	route := l.spec.Route()
	if route != answers.InternetNone {
		l.gateway = cmp.Or(l.attached(inv), string(gatewayID))
	}
	switch route {
	case answers.InternetRegional:
		l.nats = append(l.nats, newNAT{id: "nat-gateway/regional", key: "regional", name: l.prefix + "-nat"})
	case answers.InternetNAT, answers.InternetNATPerZone:
		for _, s := range l.subnets {
			if s.role == "public" {
				l.nats = append(l.nats, newNAT{id: "nat-gateway/" + s.Zone, key: s.Zone, name: l.prefix + "-nat-" + s.Zone, zone: s.Zone, subnet: s.ID})
			}
		}
		l.tables = append(l.tables, newTable{id: "route-table/public", key: "public", name: l.prefix + "-public", gateway: true})
	}
	if route == answers.InternetNATPerZone {
		for _, n := range l.nats {
			l.tables = append(l.tables, newTable{id: "route-table/private-" + n.zone, key: "private-" + n.zone, name: l.prefix + "-private-" + n.zone, nat: n.id})
		}
	} else {
		t := newTable{id: "route-table/private", key: "private", name: l.prefix + "-private"}
		if len(l.nats) > 0 {
			t.nat = l.nats[0].id
		}
		l.tables = append(l.tables, t)
	}
	l.matchNATs()
	l.matchTables()
	for i := range l.subnets {
		s := &l.subnets[i]
		key := s.role
		if s.role == "private" && route == answers.InternetNATPerZone {
			key = s.key()
		}
		n := slices.IndexFunc(l.tables, func(t newTable) bool { return t.key == key })
		if n < 0 {
			continue
		}
		s.table = l.tables[n].id
		if t := l.table(s.table); t != nil && !slices.Contains(t.Subnets, s.ID) {
			t.Subnets = append(t.Subnets, s.ID)
		}
	}
}

// attached returns the internet gateway of the VPC of an earlier run, by its attachment or a working route; empty if it has none. A
// VPC has one at most (Amazon VPC user guide, Amazon VPC quotas,
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways). The table of a regional NAT
// gateway has such a route too. A gateway that an earlier run did not attach is found by its tags when the plan is applied.
func (l *layout) attached(inv *inventory.Inventory) string {
	if l.existing == nil {
		return ""
	}
	for _, g := range inv.Creation.Gateways {
		if g.VPC == l.vpc.ID {
			return g.ID
		}
	}
	for _, t := range l.existing.RouteTables {
		for _, r := range t.Routes {
			if strings.HasPrefix(r.Target, "igw-") && !r.Blackhole {
				return r.Target
			}
		}
	}
	return ""
}

// matchNATs finds the NAT gateways of an earlier run, and adds the others to the network.
func (l *layout) matchNATs() {
	for i := range l.nats {
		n := &l.nats[i]
		planned := n.id
		for _, g := range l.net.NATGateways {
			if g.Name == n.name && g.Regional == (n.subnet == "") && g.State != "failed" && g.State != "deleting" {
				n.id = g.ID
			}
		}
		if n.id == planned {
			l.net.NATGateways = append(l.net.NATGateways, inventory.NATGateway{ID: n.id, Name: n.name, State: "available", Public: true, Subnet: n.subnet,
				Regional: n.subnet == "", RouteTable: map[bool]string{true: "route-table/of-nat"}[n.subnet == ""]})
			if n.subnet == "" { // AWS creates the route table of a regional one
				l.net.RouteTables = append(l.net.RouteTables, inventory.RouteTable{ID: "route-table/of-nat", Name: n.name, Routes: []inventory.Route{{CIDR: l.vpc.CIDRs[0], Target: "local"}, {CIDR: anywhere, Target: l.gateway}}})
			}
		}
		for j := range l.tables {
			if l.tables[j].nat == planned {
				l.tables[j].nat = n.id
			}
		}
	}
}

// matchTables finds the route tables of an earlier run, and adds the others and their default routes to the network.
func (l *layout) matchTables() {
	for i := range l.tables {
		t := &l.tables[i]
		j := slices.IndexFunc(l.net.RouteTables, func(have inventory.RouteTable) bool { return have.Name == t.name && !have.Main })
		if j >= 0 && l.existing != nil {
			t.id = l.net.RouteTables[j].ID
		} else {
			l.net.RouteTables = append(l.net.RouteTables, inventory.RouteTable{ID: t.id, Name: t.name, Routes: []inventory.Route{{CIDR: l.vpc.CIDRs[0], Target: "local"}}})
			j = len(l.net.RouteTables) - 1
		}
		have := &l.net.RouteTables[j]
		k := slices.IndexFunc(have.Routes, func(r inventory.Route) bool { return r.CIDR == anywhere })
		switch {
		case k < 0 && t.gateway:
			have.Routes = append(have.Routes, inventory.Route{CIDR: anywhere, Target: l.gateway})
		case k < 0 && t.nat != "":
			have.Routes = append(have.Routes, inventory.Route{CIDR: anywhere, Target: t.nat})
		}
	}
}

// table returns a route table of the network by id; nil if it does not exist.
func (l *layout) table(id string) *inventory.RouteTable {
	for i := range l.net.RouteTables {
		if l.net.RouteTables[i].ID == id {
			return &l.net.RouteTables[i]
		}
	}
	return nil
}

// workloadGroup is the id of the change that creates the workload's security group.
const workloadGroup = "security-group/workload"

// addGroup adds the security group of the workload. AWS gives a new group one rule, which allows all outbound traffic (Amazon
// VPC user guide, Security group rules).
func (l *layout) addGroup(inv *inventory.Inventory) {
	name := l.prefix + "-workload"
	for _, g := range l.net.SecurityGroups {
		if g.Name == name {
			l.group = g.ID
			return
		}
	}
	l.group = workloadGroup
	l.net.SecurityGroups = append(l.net.SecurityGroups, inventory.SecurityGroup{ID: l.group, Name: name, VPC: l.vpc.ID, Owner: inv.Account,
		Description: "Workload in private subnets", Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: anywhere}}})
}

// add returns the account with the VPC, and the answers about it.
func (l *layout) add(inv *inventory.Inventory, ans answers.Answers) (*inventory.Inventory, answers.Answers) {
	with := *inv
	ans = ans.Clone()
	ans.VPC = l.vpc.ID
	if l.existing == nil {
		with.VPCs = append(slices.Clone(inv.VPCs), l.vpc)
		with.Networks = append(slices.Clone(inv.Networks), l.net)
		with.Loaded = append(slices.Clone(inv.Loaded), inventory.Request{Part: inventory.PartNetwork, VPC: l.vpc.ID}, inventory.Request{Part: inventory.PartHosts, VPC: l.vpc.ID})
	} else {
		with.Networks = slices.Clone(inv.Networks)
		for i := range with.Networks {
			if with.Networks[i].VPC == l.vpc.ID {
				with.Networks[i] = l.net
			}
		}
	}
	if len(ans.Clients) == 0 {
		for _, s := range l.subnets {
			if s.role == "private" {
				ans.Clients = append(ans.Clients, s.ID)
			}
		}
		ans.Clients = append(ans.Clients, l.group)
	}
	return &with, ans
}
