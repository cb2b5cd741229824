package sandbox

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Creation and deletion of VPCs and subnets. The error codes are those of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.

// vpcTime is how long a new VPC is pending. AWS documents the state, not the time.
const vpcTime = 2 * time.Second

// inUse is AWS's error for the deletion of a resource that others need.
func inUse(what, id string) *wire.Error {
	return wire.Fail("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", what, id)
}

type createVpcIn struct {
	DryRun            bool
	CidrBlock         string
	InstanceTenancy   string
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`

	AmazonProvidedIpv6CidrBlock bool
}

type createVpcOut struct{ Vpc vpc }

// createVpc creates a VPC with its default parts: main route table, network ACL, security group and
// DHCP options (https://docs.aws.amazon.com/vpc/latest/userguide/create-vpc.html). DNS resolution is
// on and DNS host names are off
// (https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-support).
func (r *region) createVpc(in createVpcIn) (createVpcOut, *wire.Error) {
	if in.CidrBlock == "" {
		return createVpcOut{}, wire.Fail("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	cidr, err := blockOf(in.CidrBlock)
	if err != nil {
		return createVpcOut{}, err
	}
	// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: between /28 and /16.
	if cidr.Bits() < 16 || cidr.Bits() > 28 {
		return createVpcOut{}, wire.Fail("InvalidVpc.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	if in.InstanceTenancy != "" && in.InstanceTenancy != "default" {
		return createVpcOut{}, notSupported("VPCs with the instance tenancy '" + in.InstanceTenancy + "'")
	}
	if in.AmazonProvidedIpv6CidrBlock {
		return createVpcOut{}, notSupported("new VPCs with an IPv6 CIDR block")
	}
	own := 0
	for _, v := range r.vpcs.List {
		if v.OwnerId == store.AccountID {
			own++
		}
	}
	if own >= r.quota(quotaVPCs) {
		return createVpcOut{}, wire.Fail("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	given, err := createTagsOf(in.TagSpecifications, "vpc")
	if err != nil {
		return createVpcOut{}, err
	}
	v := &vpc{
		VpcId: r.Counters.ID("vpc"), CidrBlock: cidr.String(), DhcpOptionsId: r.defaultDHCP(), InstanceTenancy: "default", OwnerId: store.AccountID,
		State: "pending", Tags: given, EnableDnsSupport: true, availableAt: r.Plus(r.Now(), vpcTime),
		BlockPublicAccessStates: &blockPublicAccess{r.blockMode()},
	}
	v.CidrBlockAssociationSet = []cidrAssociation{{AssociationId: r.Counters.ID("vpc-cidr-assoc"), CidrBlock: v.CidrBlock, CidrBlockState: stateOnly{"associated"}}}
	r.vpcs.Add(v.VpcId, v)

	main := r.addRouteTable(v, nil)
	main.Associations = []routeTableAssociation{{
		RouteTableAssociationId: r.Counters.ID("rtbassoc"), RouteTableId: main.RouteTableId, Main: true, AssociationState: stateOnly{"associated"},
	}}
	a := defaultACL(r.Counters.ID("acl"), v.VpcId)
	a.OwnerId = store.AccountID
	a.denyRest()
	r.acls.Add(a.NetworkAclId, a)
	r.loadGroup(defaultGroup(r.Counters.ID("sg"), v.VpcId))
	return createVpcOut{*v}, nil
}

// blockOf reads an IPv4 CIDR block and clears its host bits, as AWS does.
func blockOf(cidr string) (netip.Prefix, *wire.Error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, wire.Fail("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	return p.Masked(), nil
}

// defaultDHCP returns the DHCP options that AWS creates in every Region: the DNS server of Amazon and
// the domain of the Region. A scenario can leave them out; then they exist as long as a VPC uses them.
func (r *region) defaultDHCP() string {
	domain := r.Name + ".compute.internal"
	if r.Name == "us-east-1" {
		domain = "ec2.internal"
	}
	wanted := []dhcpConfiguration{{"domain-name", []attributeValue{{domain}}}, {"domain-name-servers", []attributeValue{{"AmazonProvidedDNS"}}}}
	for _, d := range r.dhcpOptions.List {
		if d.OwnerId == store.AccountID && slices.EqualFunc(d.DhcpConfigurations, wanted, func(a, b dhcpConfiguration) bool { return a.Key == b.Key && slices.Equal(a.Values, b.Values) }) {
			return d.DhcpOptionsId
		}
	}
	d := &dhcpOptions{DhcpOptionsId: r.Counters.ID("dopt"), DhcpConfigurations: wanted, OwnerId: store.AccountID, implied: true}
	r.dhcpOptions.Add(d.DhcpOptionsId, d)
	return d.DhcpOptionsId
}

func (r *region) settleVPCs() {
	for _, v := range r.vpcs.List {
		if v.State == "pending" && !r.Now().Before(v.availableAt) {
			v.State = "available"
		}
	}
}

type vpcIn struct {
	DryRun bool
	VpcId  string `ec2:",required"`
}

// deleteVpc deletes a VPC with its default parts. Everything else in it must be deleted before
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html). Flow logs do not prevent
// it, and they remain: AWS's documents do not say that AWS deletes them.
func (r *region) deleteVpc(in vpcIn) (returnOut, *wire.Error) {
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return returnOut{}, err
	}
	if err := owned(v, "DeleteVpc"); err != nil {
		return returnOut{}, err
	}
	if r.vpcInUse(v.VpcId) {
		return returnOut{}, inUse("vpc", v.VpcId)
	}
	for _, t := range slices.Clone(r.routeTables.List) {
		if t.VpcId == v.VpcId {
			r.routeTables.Remove(t.RouteTableId)
		}
	}
	for _, a := range slices.Clone(r.acls.List) {
		if a.VpcId == v.VpcId {
			r.acls.Remove(a.NetworkAclId)
		}
	}
	r.groups.Remove(r.defaultGroup(v.VpcId).GroupId)
	r.vpcs.Remove(v.VpcId)
	if d := r.dhcpOptions.ByID[v.DhcpOptionsId]; d != nil && d.implied && !slices.ContainsFunc(r.vpcs.List, func(o *vpc) bool { return o.DhcpOptionsId == d.DhcpOptionsId }) {
		r.dhcpOptions.Remove(d.DhcpOptionsId)
	}
	return returnOut{true}, nil
}

// vpcInUse reports whether a VPC has more than its default parts.
func (r *region) vpcInUse(id string) bool {
	attached := func(list []gatewayAttachment) bool {
		return slices.ContainsFunc(list, func(a gatewayAttachment) bool { return a.VpcId == id })
	}
	return slices.ContainsFunc(r.subnets.List, func(s *subnet) bool { return s.VpcId == id }) ||
		slices.ContainsFunc(r.igws.List, func(g *internetGateway) bool { return attached(g.Attachments) }) ||
		slices.ContainsFunc(r.eigws.List, func(g *egressOnlyInternetGateway) bool { return attached(g.Attachments) }) ||
		slices.ContainsFunc(r.nats.List, func(g *natGateway) bool { return g.VpcId == id && g.exists() }) ||
		slices.ContainsFunc(r.endpoints.List, func(e *vpcEndpoint) bool { return e.VpcId == id }) ||
		slices.ContainsFunc(r.vpns.List, func(e *clientVPN) bool { return e.VpcId == id }) ||
		slices.ContainsFunc(r.interfaces.List, func(i *networkInterface) bool { return i.VpcId == id }) ||
		slices.ContainsFunc(r.groups.List, func(g *securityGroup) bool { return g.VpcId == id && g.GroupName != "default" }) ||
		slices.ContainsFunc(r.acls.List, func(a *networkACL) bool { return a.VpcId == id && !a.IsDefault }) ||
		slices.ContainsFunc(r.routeTables.List, func(t *routeTable) bool { return t.VpcId == id && !t.main() })
}

type createSubnetIn struct {
	DryRun             bool
	VpcId              string `ec2:",required"`
	CidrBlock          string
	AvailabilityZone   string
	AvailabilityZoneId string
	TagSpecifications  []tagSpecification `ec2:"TagSpecification"`
}

type createSubnetOut struct{ Subnet subnet }

// createSubnet creates a subnet, which uses the main route table and the default network ACL of the VPC.
// AWS chooses the zone if the request has none; the sandbox takes the first.
func (r *region) createSubnet(in createSubnetIn) (createSubnetOut, *wire.Error) {
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return createSubnetOut{}, err
	}
	if err := owned(v, "CreateSubnet"); err != nil {
		return createSubnetOut{}, err
	}
	at, err := r.availabilityZone(in.AvailabilityZone, in.AvailabilityZoneId)
	if err != nil {
		return createSubnetOut{}, err
	}
	if in.CidrBlock == "" {
		return createSubnetOut{}, wire.Fail("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	cidr, err := blockOf(in.CidrBlock)
	if err != nil {
		return createSubnetOut{}, err
	}
	// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: in a block of the VPC, at most /28.
	inside := slices.ContainsFunc(v.CidrBlockAssociationSet, func(a cidrAssociation) bool {
		block := netip.MustParsePrefix(a.CidrBlock)
		return block.Bits() <= cidr.Bits() && block.Contains(cidr.Addr())
	})
	if !inside || cidr.Bits() > 28 {
		return createSubnetOut{}, wire.Fail("InvalidSubnet.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	for _, other := range r.subnets.List {
		if other.VpcId == v.VpcId && other.CidrBlock != "" && netip.MustParsePrefix(other.CidrBlock).Overlaps(cidr) {
			return createSubnetOut{}, wire.Fail("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", in.CidrBlock)
		}
	}
	given, err := createTagsOf(in.TagSpecifications, "subnet")
	if err != nil {
		return createSubnetOut{}, err
	}
	s := &subnet{
		SubnetId: r.Counters.ID("subnet"), VpcId: v.VpcId, State: "available", CidrBlock: cidr.String(), AvailabilityZone: at.Name, AvailabilityZoneId: at.ID,
		OwnerId: store.AccountID, BlockPublicAccessStates: &blockPublicAccess{v.BlockPublicAccessStates.InternetGatewayBlockMode}, Tags: given,
	}
	s.SubnetArn = r.ARN("ec2", "subnet/"+s.SubnetId)
	r.subnets.Add(s.SubnetId, s)
	for _, a := range r.acls.List {
		if a.VpcId == v.VpcId && a.IsDefault {
			a.Associations = append(a.Associations, aclAssociation{r.Counters.ID("aclassoc"), a.NetworkAclId, s.SubnetId})
		}
	}
	out := *s
	r.fillSubnet(&out)
	return createSubnetOut{out}, nil
}

// availabilityZone finds an Availability Zone by name or by id.
func (r *region) availabilityZone(name, id string) (zone, *wire.Error) {
	zones := r.catalog.zones()
	var names []string
	for _, z := range zones {
		if (name != "" || id != "") && (name == "" || z.Name == name) && (id == "" || z.ID == id) {
			return z, nil
		}
		names = append(names, z.Name)
	}
	if name == "" && id == "" {
		return zones[0], nil
	}
	return zone{}, wire.Fail("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
		name+id, strings.Join(names, ", "))
}

type subnetIn struct {
	DryRun   bool
	SubnetId string `ec2:",required"`
}

// deleteSubnet deletes a subnet without network interfaces. Its associations with a route table and a
// network ACL end.
func (r *region) deleteSubnet(in subnetIn) (returnOut, *wire.Error) {
	s, err := r.ownSubnet(in.SubnetId, "DeleteSubnet")
	if err != nil {
		return returnOut{}, err
	}
	if slices.ContainsFunc(r.interfaces.List, func(i *networkInterface) bool { return i.SubnetId == s.SubnetId }) {
		return returnOut{}, inUse("subnet", s.SubnetId)
	}
	for _, t := range r.routeTables.List {
		t.Associations = slices.DeleteFunc(t.Associations, func(a routeTableAssociation) bool { return a.SubnetId == s.SubnetId })
	}
	for _, a := range r.acls.List {
		a.Associations = slices.DeleteFunc(a.Associations, func(as aclAssociation) bool { return as.SubnetId == s.SubnetId })
	}
	r.subnets.Remove(s.SubnetId)
	return returnOut{true}, nil
}

// ownSubnet finds a subnet of the account for an operation that only its owner can use.
func (r *region) ownSubnet(id, operation string) (*subnet, *wire.Error) {
	s, err := find(&r.subnets, idSubnet, id)
	if err != nil {
		return nil, err
	}
	return s, owned(r.vpcs.ByID[s.VpcId], operation)
}

type modifySubnetIn struct {
	SubnetId            string `ec2:",required"`
	MapPublicIpOnLaunch *boolValue
}

func (r *region) modifySubnetAttribute(in modifySubnetIn) (returnOut, *wire.Error) {
	s, err := r.ownSubnet(in.SubnetId, "ModifySubnetAttribute")
	if err != nil {
		return returnOut{}, err
	}
	if in.MapPublicIpOnLaunch == nil {
		return returnOut{}, wire.Fail("InvalidParameterCombination", "No attributes specified.")
	}
	s.MapPublicIpOnLaunch = in.MapPublicIpOnLaunch.Value
	return returnOut{true}, nil
}

// blockMode returns the mode of VPC Block Public Access of the account in the Region.
func (r *region) blockMode() string {
	if r.BlockPublicAccess == "" {
		return "off"
	}
	return r.BlockPublicAccess
}

type blockOptions struct {
	AwsAccountId             string
	AwsRegion                string
	State                    string
	InternetGatewayBlockMode string
	ManagedBy                string
	ExclusionsAllowed        string
}

type dryIn struct{ DryRun bool }

type blockOptionsOut struct{ VpcBlockPublicAccessOptions blockOptions }

// describeBlockOptions returns the settings of VPC Block Public Access. It blocks traffic, not the
// creation of gateways (https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html),
// so no operation of the sandbox is rejected because of it.
func (r *region) describeBlockOptions(dryIn) (blockOptionsOut, *wire.Error) {
	o := blockOptions{
		AwsAccountId: store.AccountID, AwsRegion: r.Name, State: "default-state", InternetGatewayBlockMode: r.blockMode(), ManagedBy: "account", ExclusionsAllowed: "allowed",
	}
	if r.BlockPublicAccess != "" {
		o.State = "update-complete"
	}
	return blockOptionsOut{o}, nil
}

// peeringConnection is a VPC peering connection. Scenarios contain them; no operation creates one.
type peeringConnection struct {
	VpcPeeringConnectionId string
	RequesterVpcInfo       peeredVPC
	AccepterVpcInfo        peeredVPC
	Status                 peeringStatus
	Tags                   store.Tags `ec2:"tagSet"`
}

type peeredVPC struct {
	VpcId        string
	OwnerId      string
	Region       string
	CidrBlock    string
	CidrBlockSet []cidrOnly
}

type cidrOnly struct{ CidrBlock string }

type peeringStatus struct{ Code, Message string }

var peeringKind = &kind[*peeringConnection]{
	ids: idPeering, tags: func(p *peeringConnection) store.Tags { return p.Tags }, min: 5, max: 1000,
	filters: `vpc-peering-connection-id status-code=Status.Code requester-vpc-info.vpc-id=RequesterVpcInfo.VpcId requester-vpc-info.owner-id=RequesterVpcInfo.OwnerId
		requester-vpc-info.cidr-block=RequesterVpcInfo.CidrBlock accepter-vpc-info.vpc-id=AccepterVpcInfo.VpcId accepter-vpc-info.owner-id=AccepterVpcInfo.OwnerId
		accepter-vpc-info.cidr-block=AccepterVpcInfo.CidrBlock`,
}

// loadPeerings completes the two VPCs of each connection.
func (r *region) loadPeerings(s *scenario) *wire.Error {
	for _, p := range s.VpcPeeringConnections {
		for _, v := range []*peeredVPC{&p.RequesterVpcInfo, &p.AccepterVpcInfo} {
			if own := r.vpcs.ByID[v.VpcId]; own != nil {
				v.CidrBlock, v.OwnerId, v.CidrBlockSet = own.CidrBlock, own.OwnerId, nil
				for _, a := range own.CidrBlockAssociationSet {
					v.CidrBlockSet = append(v.CidrBlockSet, cidrOnly{a.CidrBlock})
				}
			}
			if v.Region == "" {
				v.Region = r.Name
			}
			if v.CidrBlockSet == nil && v.CidrBlock != "" {
				v.CidrBlockSet = []cidrOnly{{v.CidrBlock}}
			}
		}
		if p.Status.Code == "" {
			p.Status = peeringStatus{"active", "Active"}
		}
		r.peerings.Add(p.VpcPeeringConnectionId, p)
	}
	switch r.BlockPublicAccess {
	case "", "block-bidirectional", "block-ingress":
		return nil
	}
	return wire.Fail("InvalidParameterValue", "BlockPublicAccess is %q; supported: block-bidirectional, block-ingress", r.BlockPublicAccess)
}
