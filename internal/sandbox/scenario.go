package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
)

// Scenario describes one of the sandbox accounts.
type Scenario struct{ Name, Region, VPC, Shows string }

// Scenarios lists the sandbox accounts, in order.
func Scenarios() []Scenario {
	var all []Scenario
	for _, s := range heads() {
		all = append(all, Scenario{s.name, s.Region, s.VPC, s.Shows})
	}
	return all
}

// scenario is a file of assets/scenarios: the initial content of an account, in the format of
// AWS's API. Derived values are left out and added on load. If the file has no main route table,
// network ACL or default group for a VPC, load adds those too; their ids have the digits of the
// VPC's id.
type scenario struct {
	Order  int
	Region string
	VPC    string // that the scenario is about
	Shows  string
	Like   string // name of another scenario that this one extends

	DhcpOptions                []*dhcpOptions
	Vpcs                       []*vpc
	Subnets                    []*subnet
	RouteTables                []*routeTable
	InternetGateways           []*internetGateway
	EgressOnlyInternetGateways []*egressOnlyInternetGateway
	NatGateways                []*natGateway
	PrefixLists                []*prefixList // of customers
	NetworkAcls                []*networkACL
	SecurityGroups             []*securityGroup
	NetworkInterfaces          []*networkInterface
	Images                     []*image
	Instances                  []*instance
	VpcEndpoints               []*vpcEndpoint
	HostedZones                []*dnsZone
	Resolver                   resolverState
	Certificates               []*certificate
	TargetGroups               []*targetGroup
	LoadBalancers              []*loadBalancer
	Listeners                  []*listener
	ServiceQuotas              map[string]float64 // applied values of VPC quotas, by code
	ECS                        ecsState
	Batch                      batchState
	MWAA                       []*airflowEnvironment
	Roles                      []*iamRole
	Policies                   []*iamPolicy // customer managed policies
	InstanceProfiles           []*iamProfile
	KeyPairs                   []*keyPair
	KMS                        kmsState
	Secrets                    []*scenarioSecret

	name   string
	source []byte           // as JSON, for a reset
	make   func() *scenario // instead of a source, for generated content
}

// decodeYAML converts to JSON first, so that names can have AWS's spelling. It rejects unknown
// names.
func decodeYAML(source []byte, into any) error {
	b, err := yaml.YAMLToJSON(source)
	if err != nil {
		return err
	}
	return decodeStrict(b, into)
}

func decodeStrict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// scenarioNames lists the files. Starting one scenario does not read the others.
func scenarioNames() []string {
	files, err := fs.Glob(assets.Scenarios, "scenarios/*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".yaml")
	}
	return files
}

func readScenario(name string) *scenario {
	if name == largeName {
		return largeHead()
	}
	var source json.RawMessage
	mustLoad(name+".yaml", &source)
	s := &scenario{name: name, source: source}
	if err := decodeStrict(source, s); err != nil {
		panic(fmt.Errorf("embedded scenario %s: %w", name, err)) // tests load every file
	}
	if s.Like != "" {
		s.source = added(readScenario(s.Like).source, source)
	}
	return s
}

// added merges two lists of a scenario: an item of own replaces the item of base with the same
// identity, and other items are added at the end.
func added(base, own []byte) []byte {
	var into, from map[string]any
	if err := cmp.Or(json.Unmarshal(base, &into), json.Unmarshal(own, &from)); err != nil {
		panic(err) // both were read before
	}
	for key, v := range from {
		before, lists := into[key].([]any)
		if !lists {
			into[key] = v
			continue
		}
		for _, item := range v.([]any) {
			i := slices.IndexFunc(before, func(other any) bool { return identity(other) == identity(item) })
			if i < 0 {
				before, i = append(before, nil), len(before)
			}
			before[i] = item
		}
		into[key] = before
	}
	return encodeJSON(into)
}

// identity returns the member that identifies an item of a scenario, for kinds that a scenario
// can extend.
func identity(item any) string {
	m := item.(map[string]any)
	for _, key := range []string{"GroupId", "HostedZoneId", "CertificateArn", "Name"} {
		if id, ok := m[key].(string); ok {
			return id
		}
	}
	return ""
}

// readHead reads the first paragraph of a scenario: one key and one plain text per line. Every
// start reads it for all scenarios, and a YAML parser would be too slow.
func (s *scenario) readHead(text string) error {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Order":
			n, err := strconv.Atoi(value)
			if err != nil {
				return err
			}
			s.Order = n
		case "Region":
			s.Region = value
		case "VPC":
			s.VPC = value
		case "Shows":
			s.Shows = value
		default:
			if key != "" && !strings.HasPrefix(key, "#") {
				return fmt.Errorf("its first paragraph contains the unknown key %q", key)
			}
		}
	}
	return nil
}

// heads are the scenarios without their content. Only the first paragraph of each file is read,
// because the first screen needs the list.
var heads = sync.OnceValue(func() []*scenario {
	var all []*scenario
	for _, name := range scenarioNames() {
		file, err := assets.Scenarios.ReadFile("scenarios/" + name + ".yaml")
		if err != nil {
			panic(err) // scenarioNames has found it
		}
		s := &scenario{name: name}
		head, _, _ := bytes.Cut(file, []byte("\n\n"))
		if err := s.readHead(string(head)); err != nil {
			panic(fmt.Errorf("embedded scenario %s: %w", name, err)) // tests read every file
		}
		all = append(all, s)
	}
	all = append(all, largeHead())
	slices.SortFunc(all, func(a, b *scenario) int { return cmp.Compare(a.Order, b.Order) })
	return all
})

// Find returns one of the sandbox accounts. The error lists all names.
func Find(name string) (Scenario, error) {
	var known []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q (supported: %s)", name, strings.Join(known, ", "))
}

func findScenario(name string) (*scenario, error) {
	s, err := Find(cmp.Or(name, "closed"))
	if err != nil {
		return nil, err
	}
	return readScenario(s.Name), nil
}

func newRegion(a *Account, c *regionCatalog) *region {
	r := &region{account: a, catalog: c, services: c.services(), addresses: map[string]map[netip.Addr]bool{}, tokens: map[string]tokenUse{}}
	for _, p := range c.gatewayPrefixLists() {
		r.prefixLists.add(p.PrefixListId, p)
	}
	return r
}

// fill creates the initial content of the account, a new copy each time.
func (s *scenario) fill(into *scenario) error {
	if s.make != nil {
		*into = *s.make()
		return nil
	}
	return decodeStrict(s.source, into)
}

// load adds the scenario to its Region.
func (a *Account) load() error {
	var s scenario
	if err := a.scenario.fill(&s); err != nil {
		return err
	}
	r := a.region(s.Region)
	if r == nil {
		return fmt.Errorf("scenario %s: AWS has no Region %s", a.scenario.name, s.Region)
	}
	r.loadVPCs(&s)
	for _, p := range s.PrefixLists {
		p.OwnerId = cmp.Or(p.OwnerId, accountID)
		r.prefixLists.add(p.PrefixListId, p)
	}
	r.loadTables(&s)
	r.loadGateways(&s)
	r.loadGroups(&s)
	r.loadZones(s.HostedZones)
	r.loadResolver(s.Resolver)
	for _, i := range s.NetworkInterfaces {
		sub := r.subnets.byID[i.SubnetId]
		i.VpcId, i.AvailabilityZone, i.AvailabilityZoneId, i.OwnerId = sub.VpcId, sub.AvailabilityZone, sub.AvailabilityZoneId, accountID
		r.nameGroups(i.Groups)
		i.Status = cmp.Or(i.Status, "in-use")
		i.InterfaceType = cmp.Or(i.InterfaceType, "interface")
		i.SourceDestCheck = true
		if i.Attachment == nil && i.Status == "in-use" {
			i.Attachment = &interfaceAttachment{
				AttachmentId: "eni-attach-" + hash(i.NetworkInterfaceId, 17), AttachTime: scenarioTime, DeviceIndex: 1, InstanceOwnerId: i.RequesterId, Status: "attached",
			}
		}
		r.putInterface(i)
	}
	r.loadImages(&s)
	r.loadKeyPairs(&s)
	r.loadInstances(&s)
	r.loadMWAA(s.MWAA)
	for _, e := range s.VpcEndpoints {
		if err := r.loadEndpoint(e); err != nil {
			return fmt.Errorf("scenario %s: %s: %s", a.scenario.name, e.VpcEndpointId, err.Message)
		}
	}
	for _, e := range r.mwaa {
		if err := r.makeMWAAEndpoints(e); err != nil {
			return fmt.Errorf("scenario %s: %s: %s", a.scenario.name, e.Name, err.Message)
		}
	}
	r.loadCertificates(s.Certificates)
	r.loadELB(&s)
	r.quotas = s.ServiceQuotas
	r.ecs, r.batch = s.ECS, s.Batch
	r.batch.complete(r)
	r.ecs.complete(r)
	r.kms = s.KMS
	r.kms.complete(r)
	r.loadSecrets(s.Secrets)
	a.iam[r.catalog.Partition] = loadIAM(r, &s)
	r.loadManaged()
	return nil
}

// scenarioTime is when the content of a scenario was created, unless the scenario has a time.
var scenarioTime = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func available(s *string) { *s = cmp.Or(*s, "available") }

func (r *region) loadVPCs(s *scenario) {
	for _, d := range s.DhcpOptions {
		d.OwnerId = cmp.Or(d.OwnerId, accountID)
		r.dhcpOptions.add(d.DhcpOptionsId, d)
	}
	for _, v := range s.Vpcs {
		available(&v.State)
		v.OwnerId, v.InstanceTenancy = cmp.Or(v.OwnerId, accountID), "default"
		if v.CidrBlockAssociationSet == nil {
			v.CidrBlockAssociationSet = []cidrAssociation{{AssociationId: "vpc-cidr-assoc-" + hash(v.VpcId, 17), CidrBlock: v.CidrBlock}}
		}
		for i := range v.CidrBlockAssociationSet {
			v.CidrBlockAssociationSet[i].CidrBlockState.State = "associated"
		}
		for i := range v.Ipv6CidrBlockAssociationSet {
			v.Ipv6CidrBlockAssociationSet[i].Ipv6CidrBlockState.State = "associated"
		}
		if v.BlockPublicAccessStates == nil {
			v.BlockPublicAccessStates = &blockPublicAccess{"off"}
		}
		r.vpcs.add(v.VpcId, v)
	}
	zones := map[string]string{} // ids by name
	for _, z := range r.catalog.zones() {
		zones[z.Name] = z.ID
	}
	for _, sub := range s.Subnets {
		available(&sub.State)
		sub.OwnerId = cmp.Or(sub.OwnerId, accountID)
		sub.AvailabilityZoneId = zones[sub.AvailabilityZone]
		sub.SubnetArn = strings.Replace(r.arn("subnet", sub.SubnetId), accountID, sub.OwnerId, 1)
		for i := range sub.Ipv6CidrBlockAssociationSet {
			sub.Ipv6CidrBlockAssociationSet[i].Ipv6CidrBlockState.State = "associated"
		}
		if sub.BlockPublicAccessStates == nil {
			sub.BlockPublicAccessStates = &blockPublicAccess{"off"}
		}
		r.subnets.add(sub.SubnetId, sub)
	}
}

// digits returns the part of a VPC's id that the resources created with it share.
func digits(vpcID string) string { return strings.TrimPrefix(vpcID, "vpc-") }

func (r *region) loadTables(s *scenario) {
	for _, v := range s.Vpcs {
		hasMain := slices.ContainsFunc(s.RouteTables, func(t *routeTable) bool {
			return t.VpcId == v.VpcId && slices.ContainsFunc(t.Associations, func(a routeTableAssociation) bool { return a.Main })
		})
		if !hasMain {
			s.RouteTables = append(s.RouteTables, &routeTable{
				RouteTableId: "rtb-" + digits(v.VpcId), VpcId: v.VpcId, Associations: []routeTableAssociation{{Main: true}},
			})
		}
	}
	s.addDefaultACLs()
	for _, t := range s.RouteTables {
		t.OwnerId = r.vpcs.byID[t.VpcId].OwnerId
		for i := range t.Associations {
			a := &t.Associations[i]
			a.RouteTableId = t.RouteTableId
			a.RouteTableAssociationId = "rtbassoc-" + hash(t.RouteTableId+a.SubnetId+a.GatewayId, 17)
			a.AssociationState.State = "associated"
		}
		var local []route
		for _, c := range r.vpcs.byID[t.VpcId].CidrBlockAssociationSet {
			local = append(local, route{DestinationCidrBlock: c.CidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active"})
		}
		for _, c := range r.vpcs.byID[t.VpcId].Ipv6CidrBlockAssociationSet {
			local = append(local, route{DestinationIpv6CidrBlock: c.Ipv6CidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active"})
		}
		for i := range t.Routes {
			t.Routes[i].Origin = "CreateRoute"
			t.Routes[i].State = cmp.Or(t.Routes[i].State, "active")
		}
		t.Routes = append(local, t.Routes...)
		r.routeTables.add(t.RouteTableId, t)
	}
	for _, a := range s.NetworkAcls {
		a.OwnerId = r.vpcs.byID[a.VpcId].OwnerId
		for i := range a.Associations {
			a.Associations[i].NetworkAclId = a.NetworkAclId
			a.Associations[i].NetworkAclAssociationId = "aclassoc-" + hash(a.Associations[i].SubnetId, 17)
		}
		for _, egress := range []bool{true, false} {
			a.Entries = append(a.Entries, aclEntry{RuleNumber: 32767, Egress: egress, Protocol: "-1", RuleAction: "deny", CidrBlock: "0.0.0.0/0"})
		}
		sortEntries(a.Entries)
		r.acls.add(a.NetworkAclId, a)
	}
}

// addDefaultACLs gives each VPC the default network ACL, which allows all traffic, and associates
// it with all subnets without another ACL.
func (s *scenario) addDefaultACLs() {
	taken, missing := map[string]bool{}, map[string]*networkACL{}
	for _, a := range s.NetworkAcls {
		for _, as := range a.Associations {
			taken[as.SubnetId] = true
		}
	}
	for _, v := range s.Vpcs {
		if slices.ContainsFunc(s.NetworkAcls, func(a *networkACL) bool { return a.VpcId == v.VpcId && a.IsDefault }) {
			continue
		}
		a := &networkACL{NetworkAclId: "acl-" + digits(v.VpcId), VpcId: v.VpcId, IsDefault: true, Entries: []aclEntry{
			{RuleNumber: 100, Egress: true, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0"},
			{RuleNumber: 100, Egress: false, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0"},
		}}
		missing[v.VpcId] = a
		s.NetworkAcls = append(s.NetworkAcls, a)
	}
	for _, sub := range s.Subnets {
		if a := missing[sub.VpcId]; a != nil && !taken[sub.SubnetId] {
			a.Associations = append(a.Associations, aclAssociation{SubnetId: sub.SubnetId})
		}
	}
}

func (r *region) loadGateways(s *scenario) {
	for _, g := range s.InternetGateways {
		g.OwnerId = accountID
		for i := range g.Attachments {
			available(&g.Attachments[i].State)
		}
		r.igws.add(g.InternetGatewayId, g)
	}
	for _, g := range s.EgressOnlyInternetGateways {
		for i := range g.Attachments {
			g.Attachments[i].State = cmp.Or(g.Attachments[i].State, "attached")
		}
		r.eigws.add(g.EgressOnlyInternetGatewayId, g)
	}
	for _, g := range s.NatGateways {
		available(&g.State)
		g.ConnectivityType = cmp.Or(g.ConnectivityType, "public")
		g.AvailabilityMode = cmp.Or(g.AvailabilityMode, "zonal")
		g.CreateTime = scenarioTime
		r.nats.add(g.NatGatewayId, g)
	}
}

func (r *region) loadGroups(s *scenario) {
	hasDefault := map[string]bool{}
	for _, g := range s.SecurityGroups {
		hasDefault[g.VpcId] = hasDefault[g.VpcId] || g.GroupName == "default"
	}
	for _, v := range s.Vpcs {
		// The default group of a shared VPC belongs to its owner. A participant can neither see
		// nor use it.
		if !hasDefault[v.VpcId] && v.OwnerId == accountID {
			id := "sg-" + digits(v.VpcId)
			s.SecurityGroups = append(s.SecurityGroups, &securityGroup{
				GroupId: id, GroupName: "default", Description: "default VPC security group", VpcId: v.VpcId, Rules: []*groupRule{
					{IpProtocol: "-1", ReferencedGroupInfo: &referencedGroup{GroupId: id}},
					{IsEgress: true, IpProtocol: "-1", CidrIpv4: "0.0.0.0/0"},
				},
			})
		}
	}
	for _, g := range s.SecurityGroups {
		rules := g.Rules
		g.Rules = nil
		r.addGroup(g)
		for _, rule := range rules {
			if rule.IpProtocol == "-1" {
				rule.FromPort, rule.ToPort = -1, -1
			}
			if rule.ReferencedGroupInfo != nil {
				rule.ReferencedGroupInfo.UserId, rule.ReferencedGroupInfo.VpcId = accountID, g.VpcId
			}
			r.addRule(g, rule)
		}
	}
}

func (r *region) nameGroups(groups []groupIdentifier) {
	for i := range groups {
		groups[i].GroupName = r.groups.byID[groups[i].GroupId].GroupName
	}
}

// loadEndpoint creates the interfaces or routes of an endpoint in a scenario.
func (r *region) loadEndpoint(e *vpcEndpoint) *apiError {
	service, err := r.findService(e.ServiceName, e.VpcEndpointType)
	if err != nil {
		return err
	}
	e.service, e.ServiceRegion, e.OwnerId = service, r.catalog.Name, accountID
	e.PolicyDocument = cmp.Or(e.PolicyDocument, fullAccess)
	e.IpAddressType = cmp.Or(e.IpAddressType, "ipv4")
	if e.CreationTimestamp.IsZero() {
		e.CreationTimestamp = scenarioTime
	}
	available(&e.State)
	tables, subnets := e.RouteTableIds, e.SubnetIds
	e.RouteTableIds, e.SubnetIds = nil, nil
	found, err := r.freeTables(e, tables)
	if err != nil {
		return err
	}
	r.addEndpoint(e)
	r.addEndpointRoutes(e, found)
	if e.VpcEndpointType == gatewayType {
		return nil
	}
	e.DnsOptions = &dnsOptions{DnsRecordIpType: e.IpAddressType}
	r.nameGroups(e.Groups)
	if e.State == "failed" {
		e.SubnetIds = subnets // the subnets are stored, but have no interfaces
	} else {
		places, err := r.checkSubnets(e, subnets)
		if err != nil {
			return err
		}
		for _, s := range places {
			r.addInterface(e, s)
		}
	}
	r.setDNSEntries(e)
	return nil
}
