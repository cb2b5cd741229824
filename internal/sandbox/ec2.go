package sandbox

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var ec2API = service{
	Service: wire.Service{Protocol: wire.EC2Query},
	Operations: map[string]operation{
		"DescribeRegions":                      wire.QueryOp((*region).describeRegions),
		"DescribeAvailabilityZones":            wire.QueryOp((*region).describeAvailabilityZones),
		"DescribeVpcs":                         describe(vpcKind, "VpcId", "vpcSet", func(r *region) *store.Table[vpc] { return &r.vpcs }, nil),
		"DescribeVpcAttribute":                 wire.QueryOp((*region).describeVpcAttribute),
		"DescribeDhcpOptions":                  describe(dhcpKind, "DhcpOptionsId", "dhcpOptionsSet", func(r *region) *store.Table[dhcpOptions] { return &r.dhcpOptions }, nil),
		"DescribeSubnets":                      describe(subnetKind, "SubnetId", "subnetSet", func(r *region) *store.Table[subnet] { return &r.subnets }, (*region).fillSubnet),
		"DescribeRouteTables":                  describe(routeTableKind, "RouteTableId", "routeTableSet", func(r *region) *store.Table[routeTable] { return &r.routeTables }, nil),
		"DescribeInternetGateways":             describe(igwKind, "InternetGatewayId", "internetGatewaySet", func(r *region) *store.Table[internetGateway] { return &r.igws }, nil),
		"DescribeNatGateways":                  describe(natKind, "NatGatewayId", "natGatewaySet", func(r *region) *store.Table[natGateway] { return &r.nats }, nil),
		"DescribeNetworkInterfaces":            wire.QueryOp((*region).describeNetworkInterfaces),
		"DescribeNetworkAcls":                  describe(aclKind, "NetworkAclId", "networkAclSet", func(r *region) *store.Table[networkACL] { return &r.acls }, nil),
		"DescribeInstances":                    wire.QueryOp((*region).describeInstances),
		"DescribeImages":                       wire.QueryOp((*region).describeImages),
		"RebootInstances":                      wire.QueryOp((*region).rebootInstances),
		"RunInstances":                         wire.QueryOp((*region).runInstances),
		"TerminateInstances":                   wire.QueryOp((*region).terminateInstances),
		"DescribeInstanceAttribute":            wire.QueryOp((*region).describeInstanceAttribute),
		"ModifyInstanceAttribute":              wire.QueryOp((*region).modifyInstanceAttribute),
		"DescribeInstanceTypes":                wire.QueryOp((*region).describeInstanceTypes),
		"DescribeInstanceCreditSpecifications": wire.QueryOp((*region).describeInstanceCredits),
		"DescribeInstanceStatus":               wire.QueryOp((*region).describeInstanceStatus),
		"DescribeKeyPairs":                     wire.QueryOp((*region).describeKeyPairs),
		"DescribePrefixLists":                  wire.QueryOp((*region).describePrefixLists),
		"GetManagedPrefixListEntries":          wire.QueryOp((*region).getManagedPrefixListEntries),
		"DescribeSecurityGroups":               wire.QueryOp((*region).describeSecurityGroups),
		"DescribeSecurityGroupRules":           describe(ruleKind, "SecurityGroupRuleId", "securityGroupRuleSet", (*region).groupRules, nil),
		"DescribeVpcEndpoints":                 describe(endpointKind, "VpcEndpointId", "vpcEndpointSet", (*region).shownEndpoints, nil),
		"DescribeVpcEndpointServices":          wire.QueryOp((*region).describeVpcEndpointServices),
		"ModifyVpcAttribute":                   wire.QueryOp((*region).modifyVpcAttribute),
		"CreateVpcEndpoint":                    throttled(wire.QueryOp((*region).createVpcEndpoint)),
		"ModifyVpcEndpoint":                    wire.QueryOp((*region).modifyVpcEndpoint),
		"DeleteVpcEndpoints":                   wire.QueryOp((*region).deleteVpcEndpoints),
		"CreateSecurityGroup":                  wire.QueryOp((*region).createSecurityGroup),
		"DeleteSecurityGroup":                  wire.QueryOp((*region).deleteSecurityGroup),
		"AuthorizeSecurityGroupIngress":        wire.QueryOp((*region).authorizeIngress),
		"AuthorizeSecurityGroupEgress":         wire.QueryOp((*region).authorizeEgress),
		"RevokeSecurityGroupIngress":           wire.QueryOp((*region).revokeIngress),
		"RevokeSecurityGroupEgress":            wire.QueryOp((*region).revokeEgress),
		"ModifySecurityGroupRules":             wire.QueryOp((*region).modifyRules),
		"CreateTags":                           wire.QueryOp((*region).createTags),
		"DescribeTags":                         wire.QueryOp((*region).describeTags),
		"DeleteTags":                           wire.QueryOp((*region).deleteTags),
		"CreateRoute":                          wire.QueryOp((*region).createRoute),
		"DeleteRoute":                          wire.QueryOp((*region).deleteRoute),
		"CreateVpc":                            wire.QueryOp((*region).createVpc),
		"DeleteVpc":                            wire.QueryOp((*region).deleteVpc),
		"CreateSubnet":                         wire.QueryOp((*region).createSubnet),
		"DeleteSubnet":                         wire.QueryOp((*region).deleteSubnet),
		"ModifySubnetAttribute":                wire.QueryOp((*region).modifySubnetAttribute),
		"CreateRouteTable":                     wire.QueryOp((*region).createRouteTable),
		"DeleteRouteTable":                     wire.QueryOp((*region).deleteRouteTable),
		"AssociateRouteTable":                  wire.QueryOp((*region).associateRouteTable),
		"DisassociateRouteTable":               wire.QueryOp((*region).disassociateRouteTable),
		"CreateInternetGateway":                wire.QueryOp((*region).createInternetGateway),
		"AttachInternetGateway":                wire.QueryOp((*region).attachInternetGateway),
		"DetachInternetGateway":                wire.QueryOp((*region).detachInternetGateway),
		"DeleteInternetGateway":                wire.QueryOp((*region).deleteInternetGateway),
		"AllocateAddress":                      wire.QueryOp((*region).allocateAddress),
		"ReleaseAddress":                       wire.QueryOp((*region).releaseAddress),
		"DescribeAddresses":                    wire.QueryOp((*region).describeAddresses),
		"DescribeAddressesAttribute":           wire.QueryOp((*region).describeAddressesAttribute),
		"DisassociateAddress":                  wire.QueryOp((*region).disassociateAddress),
		"CreateNatGateway":                     wire.QueryOp((*region).createNatGateway),
		"DeleteNatGateway":                     wire.QueryOp((*region).deleteNatGateway),
		"CreateFlowLogs":                       wire.QueryOp((*region).createFlowLogs),
		"DeleteFlowLogs":                       wire.QueryOp((*region).deleteFlowLogs),
		"DescribeFlowLogs":                     describe(flowLogKind, "FlowLogId", "flowLogSet", (*region).shownFlowLogs, nil),
		"DescribeVpcPeeringConnections":        describe(peeringKind, "VpcPeeringConnectionId", "vpcPeeringConnectionSet", func(r *region) *store.Table[peeringConnection] { return &r.peerings }, nil),
		"CreateNetworkAclEntry":                wire.QueryOp((*region).createNetworkAclEntry),

		"DescribeVpcBlockPublicAccessOptions": wire.QueryOp((*region).describeBlockOptions),
		"CreateClientVpnEndpoint":             wire.QueryOp((*region).createClientVPN),
		"DescribeClientVpnEndpoints":          describe(vpnKind, "ClientVpnEndpointId", "clientVpnEndpoint", func(r *region) *store.Table[clientVPN] { return &r.vpns }, nil),
		"DeleteClientVpnEndpoint":             wire.QueryOp((*region).deleteClientVPN),
		"AssociateClientVpnTargetNetwork":     wire.QueryOp((*region).associateVPN),
		"DescribeClientVpnTargetNetworks":     wire.QueryOp((*region).describeVPNNetworks),
		"DisassociateClientVpnTargetNetwork":  wire.QueryOp((*region).disassociateVPN),
		"AuthorizeClientVpnIngress":           wire.QueryOp((*region).authorizeVPN),
		"DescribeClientVpnAuthorizationRules": wire.QueryOp((*region).describeVPNRules),
		"RevokeClientVpnIngress":              wire.QueryOp((*region).revokeVPN),
		"ExportClientVpnClientConfiguration":  wire.QueryOp((*region).exportVPN),
	},
	Dump: func(r *region) map[string]any {
		for _, i := range r.interfaces.List {
			r.fillInterface(i)
		}
		return map[string]any{
			"DhcpOptions": store.Copies(r.dhcpOptions.List, nil), "Vpcs": store.Copies(r.vpcs.List, nil), "Subnets": store.Copies(r.subnets.List, r.fillSubnet),
			"RouteTables": store.Copies(r.routeTables.List, nil), "InternetGateways": store.Copies(r.igws.List, nil),
			"EgressOnlyInternetGateways": store.Copies(r.eigws.List, nil), "NatGateways": r.shownNATs(), "NetworkAcls": store.Copies(r.acls.List, nil),
			"SecurityGroups": store.Copies(r.groups.List, nil), "NetworkInterfaces": store.Copies(r.interfaces.List, nil), "Images": store.Copies(r.images.List, nil),
			"Instances": store.Copies(r.instances.List, r.fillInstance), "KeyPairs": store.Copies(r.keyPairs.List, nil), "ClientVpnEndpoints": store.Copies(r.vpns.List, nil),
			"VpcEndpoints": r.shownEndpoints().List, "Addresses": store.Copies(r.elasticIPs.List, nil), "FlowLogs": store.Copies(r.shownFlowLogs().List, nil),
			"VpcPeeringConnections": store.Copies(r.peerings.List, nil), "BlockPublicAccess": r.BlockPublicAccess,
		}
	},
}

// ec2Content is the part of a scenario for Amazon EC2. load adds what belongs to a VPC and is left
// out: its main route table, network ACL and default group. Their ids have the digits of the VPC's
// id.
type ec2Content struct {
	DhcpOptions                []*dhcpOptions
	Vpcs                       []*vpc
	Subnets                    []*subnet
	RouteTables                []*routeTable
	InternetGateways           []*internetGateway
	EgressOnlyInternetGateways []*egressOnlyInternetGateway
	NatGateways                []*natGateway
	Addresses                  []*elasticAddress // of NAT gateways only if they have tags
	FlowLogs                   []*flowLog
	VpcPeeringConnections      []*peeringConnection
	PrefixLists                []*prefixList // of customers
	NetworkAcls                []*networkACL
	SecurityGroups             []*securityGroup
	NetworkInterfaces          []*networkInterface
	Images                     []*image
	Instances                  []*instance
	VpcEndpoints               []*vpcEndpoint
	KeyPairs                   []*keyPair
}

// ec2State is the state of Amazon EC2 in a Region.
type ec2State struct {
	services     []*serviceDetail // endpoint services that are available
	dhcpOptions  store.Table[dhcpOptions]
	vpcs         store.Table[vpc]
	subnets      store.Table[subnet]
	routeTables  store.Table[routeTable]
	igws         store.Table[internetGateway]
	eigws        store.Table[egressOnlyInternetGateway]
	nats         store.Table[natGateway]
	elasticIPs   store.Table[elasticAddress]
	flowLogs     store.Table[flowLog]
	peerings     store.Table[peeringConnection]
	acls         store.Table[networkACL]
	groups       store.Table[securityGroup]
	interfaces   store.Table[networkInterface]
	images       store.Table[image]
	instances    store.Table[instance]
	endpoints    store.Table[vpcEndpoint]
	prefixLists  store.Table[prefixList]
	addresses    map[string]map[netip.Addr]bool // addresses in use, by subnet
	createBucket store.Bucket
	keyPairs     store.Table[keyPair]
	vpns         store.Table[clientVPN]
}

func newEC2State(c *regionCatalog) ec2State {
	s := ec2State{services: c.services(), addresses: map[string]map[netip.Addr]bool{}}
	for _, p := range c.gatewayPrefixLists() {
		s.prefixLists.Add(p.PrefixListId, p)
	}
	return s
}

// loadEC2 adds the endpoint services of MWAA's environments too, because endpoints can use them.
func (r *region) loadEC2(s *scenario) *wire.Error {
	r.loadVPCs(s)
	for _, p := range s.PrefixLists {
		p.OwnerId = cmp.Or(p.OwnerId, store.AccountID)
		r.prefixLists.Add(p.PrefixListId, p)
	}
	r.loadTables(s)
	r.loadGateways(s)
	r.loadFlowLogs(s)
	if err := r.loadPeerings(s); err != nil {
		return err
	}
	r.loadGroups(s)
	for _, i := range s.NetworkInterfaces {
		r.loadInterface(i)
	}
	r.loadImages(s)
	r.loadKeyPairs(s)
	r.loadInstances(s)
	for _, e := range s.MWAA {
		r.addMWAAServices(e)
	}
	for _, e := range s.VpcEndpoints {
		if err := r.loadEndpoint(e); err != nil {
			return wire.Fail(err.Code, "%s: %s", e.VpcEndpointId, err.Message)
		}
	}
	return nil
}

func (r *region) loadInterface(i *networkInterface) {
	sub := r.subnets.ByID[i.SubnetId]
	i.VpcId, i.AvailabilityZone, i.AvailabilityZoneId, i.OwnerId = sub.VpcId, sub.AvailabilityZone, sub.AvailabilityZoneId, store.AccountID
	r.nameGroups(i.Groups)
	i.Status = cmp.Or(i.Status, "in-use")
	i.InterfaceType = cmp.Or(i.InterfaceType, "interface")
	i.SourceDestCheck = true
	if i.Attachment == nil && i.Status == "in-use" {
		i.Attachment = &interfaceAttachment{
			AttachmentId: "eni-attach-" + store.Hash(i.NetworkInterfaceId, 17), AttachTime: store.Loaded, DeviceIndex: 1, InstanceOwnerId: i.RequesterId, Status: "attached",
		}
	}
	r.putInterface(i)
}

func available(s *string) { *s = cmp.Or(*s, "available") }

func (r *region) loadVPCs(s *scenario) {
	for _, d := range s.DhcpOptions {
		d.OwnerId = cmp.Or(d.OwnerId, store.AccountID)
		r.dhcpOptions.Add(d.DhcpOptionsId, d)
	}
	for _, v := range s.Vpcs {
		available(&v.State)
		v.OwnerId, v.InstanceTenancy = cmp.Or(v.OwnerId, store.AccountID), "default"
		if v.CidrBlockAssociationSet == nil {
			v.CidrBlockAssociationSet = []cidrAssociation{{AssociationId: "vpc-cidr-assoc-" + store.Hash(v.VpcId, 17), CidrBlock: v.CidrBlock}}
		}
		for i := range v.CidrBlockAssociationSet {
			v.CidrBlockAssociationSet[i].CidrBlockState.State = "associated"
		}
		for i := range v.Ipv6CidrBlockAssociationSet {
			v.Ipv6CidrBlockAssociationSet[i].Ipv6CidrBlockState.State = "associated"
		}
		if v.BlockPublicAccessStates == nil {
			v.BlockPublicAccessStates = &blockPublicAccess{r.blockMode()}
		}
		r.vpcs.Add(v.VpcId, v)
	}
	zones := map[string]string{} // ids by name
	for _, z := range r.catalog.zones() {
		zones[z.Name] = z.ID
	}
	for _, sub := range s.Subnets {
		available(&sub.State)
		sub.OwnerId = cmp.Or(sub.OwnerId, store.AccountID)
		sub.AvailabilityZoneId = zones[sub.AvailabilityZone]
		sub.SubnetArn = r.ARNOf(sub.OwnerId, "ec2", "subnet/"+sub.SubnetId)
		for i := range sub.Ipv6CidrBlockAssociationSet {
			sub.Ipv6CidrBlockAssociationSet[i].Ipv6CidrBlockState.State = "associated"
		}
		if sub.BlockPublicAccessStates == nil {
			sub.BlockPublicAccessStates = &blockPublicAccess{r.blockMode()}
		}
		r.subnets.Add(sub.SubnetId, sub)
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
		t.OwnerId = r.vpcs.ByID[t.VpcId].OwnerId
		for i := range t.Associations {
			a := &t.Associations[i]
			a.RouteTableId = t.RouteTableId
			a.RouteTableAssociationId = "rtbassoc-" + store.Hash(t.RouteTableId+a.SubnetId+a.GatewayId, 17)
			a.AssociationState.State = "associated"
		}
		for i := range t.Routes {
			t.Routes[i].Origin = "CreateRoute"
			t.Routes[i].State = cmp.Or(t.Routes[i].State, "active")
		}
		t.Routes = append(r.vpcs.ByID[t.VpcId].localRoutes(), t.Routes...)
		r.routeTables.Add(t.RouteTableId, t)
	}
	for _, a := range s.NetworkAcls {
		a.OwnerId = r.vpcs.ByID[a.VpcId].OwnerId
		for i := range a.Associations {
			a.Associations[i].NetworkAclId = a.NetworkAclId
			a.Associations[i].NetworkAclAssociationId = "aclassoc-" + store.Hash(a.Associations[i].SubnetId, 17)
		}
		a.denyRest()
		r.acls.Add(a.NetworkAclId, a)
	}
}

// defaultACL returns the network ACL that AWS creates with a VPC. It allows all traffic.
func defaultACL(id, vpcID string) *networkACL {
	return &networkACL{NetworkAclId: id, VpcId: vpcID, IsDefault: true, Entries: []aclEntry{
		{RuleNumber: 100, Egress: true, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0"},
		{RuleNumber: 100, Egress: false, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0"},
	}}
}

// denyRest adds the last entries of every network ACL, which nobody can delete.
func (a *networkACL) denyRest() {
	for _, egress := range []bool{true, false} {
		a.Entries = append(a.Entries, aclEntry{RuleNumber: 32767, Egress: egress, Protocol: "-1", RuleAction: "deny", CidrBlock: "0.0.0.0/0"})
	}
	sortEntries(a.Entries)
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
		a := defaultACL("acl-"+digits(v.VpcId), v.VpcId)
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
		g.OwnerId = store.AccountID
		for i := range g.Attachments {
			available(&g.Attachments[i].State)
		}
		r.igws.Add(g.InternetGatewayId, g)
	}
	for _, g := range s.EgressOnlyInternetGateways {
		for i := range g.Attachments {
			g.Attachments[i].State = cmp.Or(g.Attachments[i].State, "attached")
		}
		r.eigws.Add(g.EgressOnlyInternetGatewayId, g)
	}
	for _, a := range s.Addresses {
		r.addAddress(a)
	}
	for _, g := range s.NatGateways {
		r.loadNAT(g)
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
		if !hasDefault[v.VpcId] && v.OwnerId == store.AccountID {
			s.SecurityGroups = append(s.SecurityGroups, defaultGroup("sg-"+digits(v.VpcId), v.VpcId))
		}
	}
	for _, g := range s.SecurityGroups {
		r.loadGroup(g)
	}
}

// defaultGroup returns the security group that AWS creates with a VPC
// (https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html).
func defaultGroup(id, vpcID string) *securityGroup {
	return &securityGroup{GroupId: id, GroupName: "default", Description: "default VPC security group", VpcId: vpcID, Rules: []*groupRule{
		{IpProtocol: "-1", ReferencedGroupInfo: &referencedGroup{GroupId: id}},
		{IsEgress: true, IpProtocol: "-1", CidrIpv4: "0.0.0.0/0"},
	}}
}

// loadGroup stores a group and completes its rules.
func (r *region) loadGroup(g *securityGroup) {
	rules := g.Rules
	g.Rules = nil
	r.addGroup(g)
	for _, rule := range rules {
		if rule.IpProtocol == "-1" {
			rule.FromPort, rule.ToPort = -1, -1
		}
		if rule.ReferencedGroupInfo != nil {
			rule.ReferencedGroupInfo.UserId, rule.ReferencedGroupInfo.VpcId = store.AccountID, g.VpcId
		}
		r.addRule(g, rule)
	}
}

func (r *region) nameGroups(groups []groupIdentifier) {
	for i := range groups {
		groups[i].GroupName = r.groups.ByID[groups[i].GroupId].GroupName
	}
}

// loadEndpoint creates the interfaces or routes of an endpoint in a scenario.
func (r *region) loadEndpoint(e *vpcEndpoint) *wire.Error {
	service, err := r.findService(e.ServiceName, e.VpcEndpointType)
	if err != nil {
		return err
	}
	e.service, e.ServiceRegion, e.OwnerId = service, r.Name, store.AccountID
	e.PolicyDocument = cmp.Or(e.PolicyDocument, fullAccess)
	e.IpAddressType = cmp.Or(e.IpAddressType, "ipv4")
	if e.CreationTimestamp.IsZero() {
		e.CreationTimestamp = store.Loaded
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
