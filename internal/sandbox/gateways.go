package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Internet gateways, Elastic IP addresses and NAT gateways. The error codes are those of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.

const (
	// AWS documents the states of a NAT gateway, not how long they last. A failed or deleted gateway
	// remains visible for about an hour
	// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html).
	natTime        = 90 * time.Second
	natDeleting    = 40 * time.Second
	natVisible     = time.Hour
	natUnavailable = 20 * time.Second // until the creation fails

	natPending, natAvailable, natDeletingState, natDeleted, natFailed = "pending", "available", "deleting", "deleted", "failed"

	regionalMode = "regional"
)

type createIGWIn struct {
	DryRun            bool
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

type createIGWOut struct{ InternetGateway internetGateway }

func (r *region) createInternetGateway(in createIGWIn) (createIGWOut, *wire.Error) {
	if len(r.igws.List) >= r.quota(quotaInternetGateways) {
		return createIGWOut{}, wire.Fail("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
	}
	given, err := createTagsOf(in.TagSpecifications, "internet-gateway")
	if err != nil {
		return createIGWOut{}, err
	}
	g := &internetGateway{InternetGatewayId: r.Counters.ID("igw"), OwnerId: store.AccountID, Tags: given}
	r.igws.Add(g.InternetGatewayId, g)
	return createIGWOut{*g}, nil
}

type igwIn struct {
	DryRun            bool
	InternetGatewayId string `ec2:",required"`
}

type igwVPCIn struct {
	igwIn
	VpcId string `ec2:",required"`
}

func (r *region) gatewayAndVPC(in igwVPCIn, operation string) (*internetGateway, *vpc, *wire.Error) {
	g, err := find(&r.igws, idIGW, in.InternetGatewayId)
	if err != nil {
		return nil, nil, err
	}
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return nil, nil, err
	}
	return g, v, owned(v, operation)
}

func (g *internetGateway) attached(vpcID string) bool {
	return slices.ContainsFunc(g.Attachments, func(a gatewayAttachment) bool { return a.VpcId == vpcID })
}

// attachInternetGateway attaches a gateway to a VPC. Each has one attachment at most
// (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways).
func (r *region) attachInternetGateway(in igwVPCIn) (returnOut, *wire.Error) {
	g, v, err := r.gatewayAndVPC(in, "AttachInternetGateway")
	if err != nil {
		return returnOut{}, err
	}
	if len(g.Attachments) > 0 {
		return returnOut{}, wire.Fail("Resource.AlreadyAssociated", "resource %s is already attached to network %s", g.InternetGatewayId, g.Attachments[0].VpcId)
	}
	if r.attachedGateway(v.VpcId) != nil {
		return returnOut{}, wire.Fail("InvalidParameterValue", "Network %s already has an internet gateway attached", v.VpcId)
	}
	g.Attachments = []gatewayAttachment{{State: "available", VpcId: v.VpcId}}
	r.setRoutes(g.InternetGatewayId, "active")
	return returnOut{true}, nil
}

// attachedGateway returns the internet gateway of a VPC, or nil.
func (r *region) attachedGateway(vpcID string) *internetGateway {
	if i := slices.IndexFunc(r.igws.List, func(g *internetGateway) bool { return g.attached(vpcID) }); i >= 0 {
		return r.igws.List[i]
	}
	return nil
}

// detachInternetGateway detaches a gateway from a VPC without public addresses. Routes to it become
// blackholes.
func (r *region) detachInternetGateway(in igwVPCIn) (returnOut, *wire.Error) {
	g, v, err := r.gatewayAndVPC(in, "DetachInternetGateway")
	if err != nil {
		return returnOut{}, err
	}
	if !g.attached(v.VpcId) {
		return returnOut{}, wire.Fail("Gateway.NotAttached", "resource %s is not attached to network %s", g.InternetGatewayId, v.VpcId)
	}
	public := slices.ContainsFunc(r.interfaces.List, func(i *networkInterface) bool { return i.VpcId == v.VpcId && i.Association != nil }) ||
		slices.ContainsFunc(r.nats.List, func(n *natGateway) bool { return n.VpcId == v.VpcId && n.ConnectivityType == "public" && n.exists() })
	if public {
		return returnOut{}, wire.Fail("DependencyViolation", "Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", v.VpcId)
	}
	g.Attachments = nil
	r.setRoutes(g.InternetGatewayId, "blackhole")
	return returnOut{true}, nil
}

func (r *region) deleteInternetGateway(in igwIn) (returnOut, *wire.Error) {
	g, err := find(&r.igws, idIGW, in.InternetGatewayId)
	if err != nil {
		return returnOut{}, err
	}
	if len(g.Attachments) > 0 {
		return returnOut{}, inUse("internetGateway", g.InternetGatewayId)
	}
	r.igws.Remove(g.InternetGatewayId)
	return returnOut{true}, nil
}

// elasticAddress is an Elastic IP address.
type elasticAddress struct {
	AllocationId            string
	PublicIp                string
	Domain                  string
	NetworkBorderGroup      string
	PublicIpv4Pool          string
	AssociationId           string
	NetworkInterfaceId      string
	NetworkInterfaceOwnerId string
	PrivateIpAddress        string
	InstanceId              string
	ServiceManaged          string     // the service that manages it: rnat for regional NAT gateways
	Tags                    store.Tags `ec2:"tagSet"`
}

var addressKind = &kind[*elasticAddress]{
	ids: idAddress, tags: func(a *elasticAddress) store.Tags { return a.Tags }, max: 1000,
	filters: `allocation-id association-id instance-id network-border-group network-interface-id network-interface-owner-id private-ip-address public-ip`,
}

// addAddress stores an Elastic IP address. The sandbox uses addresses of documentation
// (https://www.rfc-editor.org/rfc/rfc5737).
func (r *region) addAddress(a *elasticAddress) *elasticAddress {
	for n := 1; a.PublicIp == ""; n++ {
		next := fmt.Sprintf("198.51.%d.%d", 100+n/255, n%255)
		if !slices.ContainsFunc(r.elasticIPs.List, func(o *elasticAddress) bool { return o.PublicIp == next }) && n%255 != 0 {
			a.PublicIp = next
		}
	}
	if a.AllocationId == "" {
		a.AllocationId = r.Counters.ID("eipalloc")
	}
	a.Domain, a.PublicIpv4Pool, a.NetworkBorderGroup = "vpc", cmp.Or(a.PublicIpv4Pool, "amazon"), cmp.Or(a.NetworkBorderGroup, r.Name)
	r.elasticIPs.Add(a.AllocationId, a)
	return a
}

type allocateIn struct {
	DryRun             bool
	Domain             string
	NetworkBorderGroup string
	TagSpecifications  []tagSpecification `ec2:"TagSpecification"`
}

type allocateOut struct {
	AllocationId       string
	PublicIp           string
	Domain             string
	NetworkBorderGroup string
	PublicIpv4Pool     string
}

// allocateAddress allocates an Elastic IP address. AWS's documents do not say whether addresses that a
// regional NAT gateway manages count for the quota; here they do not.
func (r *region) allocateAddress(in allocateIn) (allocateOut, *wire.Error) {
	if in.Domain != "" && in.Domain != "vpc" {
		return allocateOut{}, wire.Fail("InvalidParameterValue", "Invalid value '%s' for domain.", in.Domain)
	}
	if in.NetworkBorderGroup != "" && in.NetworkBorderGroup != r.Name {
		return allocateOut{}, notSupported("Elastic IP addresses of the network border group '" + in.NetworkBorderGroup + "'")
	}
	own := 0
	for _, a := range r.elasticIPs.List {
		if a.ServiceManaged == "" {
			own++
		}
	}
	if own >= r.quota(quotaAddresses) {
		return allocateOut{}, wire.Fail("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	given, err := createTagsOf(in.TagSpecifications, "elastic-ip")
	if err != nil {
		return allocateOut{}, err
	}
	a := r.addAddress(&elasticAddress{Tags: given})
	return allocateOut{a.AllocationId, a.PublicIp, a.Domain, a.NetworkBorderGroup, a.PublicIpv4Pool}, nil
}

type disassociateAddressIn struct {
	DryRun        bool
	AssociationId string `ec2:",required"`
}

// disassociateAddress rejects the association of a NAT gateway: like the release of its address, it ends with the gateway. The sandbox
// associates addresses with nothing else.
func (r *region) disassociateAddress(in disassociateAddressIn) (returnOut, *wire.Error) {
	if slices.ContainsFunc(r.elasticIPs.List, func(a *elasticAddress) bool { return a.AssociationId == in.AssociationId }) {
		return returnOut{}, noAddressPermission()
	}
	return returnOut{}, wire.Fail("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", in.AssociationId)
}

func noAddressPermission() *wire.Error {
	return wire.Fail("AuthFailure", "You do not have permission to access the specified resource.")
}

type releaseIn struct {
	DryRun             bool
	AllocationId       string `ec2:",required"`
	NetworkBorderGroup string
}

// releaseAddress releases an address that nothing uses. For the address of a NAT gateway AWS answers
// AuthFailure until the gateway is deleted (https://github.com/eformat/sno-for-100/issues/5).
func (r *region) releaseAddress(in releaseIn) (returnOut, *wire.Error) {
	a, err := find(&r.elasticIPs, idAddress, in.AllocationId)
	if err != nil {
		return returnOut{}, err
	}
	if a.AssociationId != "" || a.ServiceManaged != "" {
		return returnOut{}, noAddressPermission()
	}
	r.elasticIPs.Remove(a.AllocationId)
	return returnOut{true}, nil
}

type describeAddressesIn struct {
	DryRun        bool
	AllocationIds []string `ec2:"AllocationId"`
	PublicIps     []string `ec2:"PublicIp"`
	Filters       []filter `ec2:"Filter"`
}

type describeAddressesOut struct {
	Addresses []elasticAddress `ec2:"addressesSet"`
}

// describeAddresses has no pages.
func (r *region) describeAddresses(in describeAddressesIn) (describeAddressesOut, *wire.Error) {
	for _, public := range in.PublicIps {
		i := slices.IndexFunc(r.elasticIPs.List, func(a *elasticAddress) bool { return a.PublicIp == public })
		if i < 0 {
			return describeAddressesOut{}, wire.Fail("InvalidAddress.NotFound", "Address '%s' not found.", public)
		}
		in.AllocationIds = append(in.AllocationIds, r.elasticIPs.List[i].AllocationId)
	}
	found, _, err := list(addressKind, &r.elasticIPs, query{ids: in.AllocationIds, filters: in.Filters})
	return describeAddressesOut{store.Copies(found, nil)}, err
}

type addressesAttributeIn struct {
	DryRun        bool
	AllocationIds []string `ec2:"AllocationId"`
	Attribute     string
	MaxResults    *int32
	NextToken     string
}

type addressesAttributeOut struct {
	Addresses []addressAttribute `ec2:"addressSet"`
	NextToken string
}

type addressAttribute struct{ PublicIp, AllocationId string }

// describeAddressesAttribute lists addresses without a reverse DNS record: no operation of the sandbox creates one
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddressesAttribute.html).
func (r *region) describeAddressesAttribute(in addressesAttributeIn) (addressesAttributeOut, *wire.Error) {
	if in.Attribute != "" && in.Attribute != "domain-name" {
		return addressesAttributeOut{}, wire.Fail("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Valid values are: domain-name.", in.Attribute)
	}
	found, next, err := list(addressKind, &r.elasticIPs, query{ids: in.AllocationIds, maxResults: in.MaxResults, nextToken: in.NextToken})
	out := addressesAttributeOut{NextToken: next}
	for _, a := range found {
		out.Addresses = append(out.Addresses, addressAttribute{a.PublicIp, a.AllocationId})
	}
	return out, err
}

// exists reports whether a NAT gateway is more than a record of a deleted one or a failure.
func (g *natGateway) exists() bool { return g.State != natDeleted && g.State != natFailed }

type createNATIn struct {
	DryRun            bool
	AvailabilityMode  string
	ConnectivityType  string
	VpcId             string
	SubnetId          string
	AllocationId      string
	PrivateIpAddress  string
	ClientToken       string
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

type createNATOut struct {
	NatGateway  natGateway
	ClientToken string
}

// createNatGateway returns the existing gateway if the client token was used before.
func (r *region) createNatGateway(in createNATIn) (createNATOut, *wire.Error) {
	id, err := store.Once(r.tokens, "CreateNatGateway", in.ClientToken, in, func() (string, *wire.Error) { return r.buildNAT(in) })
	if err != nil {
		return createNATOut{}, err
	}
	g, err := find(&r.nats, idNAT, id)
	if err != nil {
		return createNATOut{}, err
	}
	return createNATOut{*g, in.ClientToken}, nil
}

func (r *region) buildNAT(in createNATIn) (string, *wire.Error) {
	g := &natGateway{
		State: natPending, ConnectivityType: cmp.Or(in.ConnectivityType, "public"), AvailabilityMode: cmp.Or(in.AvailabilityMode, "zonal"), CreateTime: r.Now(),
		changesAt: r.Plus(r.Now(), natTime),
	}
	if g.ConnectivityType != "public" && g.ConnectivityType != "private" {
		return "", wire.Fail("InvalidParameterValue", "Invalid value '%s' for connectivityType. Valid values are: public, private.", in.ConnectivityType)
	}
	var err *wire.Error
	if g.Tags, err = createTagsOf(in.TagSpecifications, "natgateway"); err != nil {
		return "", err
	}
	switch g.AvailabilityMode {
	case "zonal":
		err = r.buildZonalNAT(g, in)
	case regionalMode:
		err = r.buildRegionalNAT(g, in)
	default:
		err = wire.Fail("InvalidParameterValue", "Invalid value '%s' for availabilityMode. Valid values are: zonal, regional.", in.AvailabilityMode)
	}
	if err != nil {
		return "", err
	}
	if g.failure.Code != "" {
		g.changesAt = r.Plus(r.Now(), natUnavailable)
	}
	return g.NatGatewayId, nil
}

// checkNATs checks the quota of a zone. Gateways that are pending, available or being deleted count
// (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways).
func (r *region) checkNATs(zoneName string) *wire.Error {
	count, most := 0, r.quota(quotaNATGateways)
	for _, g := range r.nats.List {
		if g.exists() && slices.ContainsFunc(g.NatGatewayAddresses, func(a natGatewayAddress) bool { return a.AvailabilityZone == zoneName }) {
			count++
		}
	}
	if count >= most {
		return wire.Fail("NatGatewayLimitExceeded", "Performing this operation would exceed the limit of %d NAT gateways", most)
	}
	return nil
}

// buildZonalNAT creates a gateway in a subnet. If the VPC has no internet gateway, the subnet has no free
// address, or the Elastic IP address is in use, AWS creates the gateway and it fails later
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html, failureMessage).
func (r *region) buildZonalNAT(g *natGateway, in createNATIn) *wire.Error {
	switch {
	case in.SubnetId == "":
		return wire.Fail("MissingParameter", "The request must contain the parameter subnetId")
	case in.VpcId != "":
		return wire.Fail("InvalidParameterCombination", "The parameter vpcId is only supported for regional NAT gateways")
	case g.ConnectivityType == "public" && in.AllocationId == "":
		return wire.Fail("MissingParameter", "The request must contain the parameter allocationId")
	case g.ConnectivityType == "private" && in.AllocationId != "":
		return wire.Fail("InvalidParameterCombination", "The parameter allocationId is not supported for private NAT gateways")
	}
	s, err := r.ownSubnet(in.SubnetId, "CreateNatGateway")
	if err != nil {
		return err
	}
	var address *elasticAddress
	if in.AllocationId != "" {
		if address, err = find(&r.elasticIPs, idAddress, in.AllocationId); err != nil {
			return err
		}
	}
	if err := r.checkNATs(s.AvailabilityZone); err != nil {
		return err
	}
	switch {
	case r.freeAddresses(s) < 1:
		g.failure = itemError{"InsufficientFreeAddressesInSubnet", "Subnet has insufficient free addresses to create this NAT gateway"}
	case address != nil && r.attachedGateway(s.VpcId) == nil:
		g.failure = itemError{"Gateway.NotAttached", fmt.Sprintf("Network %s has no Internet gateway attached", s.VpcId)}
	case address != nil && address.AssociationId != "":
		g.failure = itemError{"Resource.AlreadyAssociated", fmt.Sprintf("Elastic IP address %s is already associated", address.AllocationId)}
	}
	r.addNAT(g, s.VpcId, s.SubnetId)
	at := natGatewayAddress{
		AllocationId: in.AllocationId, IsPrimary: true, Status: "associating", AvailabilityZone: s.AvailabilityZone, AvailabilityZoneId: s.AvailabilityZoneId,
	}
	if g.failure.Code == "" {
		i := &networkInterface{
			NetworkInterfaceId: r.Counters.ID("eni"), InterfaceType: "nat_gateway", Description: "Interface for NAT Gateway " + g.NatGatewayId, Status: "in-use",
			SubnetId: s.SubnetId, VpcId: s.VpcId, AvailabilityZone: s.AvailabilityZone, AvailabilityZoneId: s.AvailabilityZoneId, OwnerId: store.AccountID,
			RequesterManaged: true, PrivateIpAddress: cmp.Or(in.PrivateIpAddress, r.freeAddress(s.SubnetId, s.CidrBlock)), Attachment: &interfaceAttachment{
				AttachmentId: r.Counters.ID("ela-attach"), AttachTime: r.Now(), DeviceIndex: 1, InstanceOwnerId: "amazon-aws", Status: "attached",
			},
		}
		at.NetworkInterfaceId, at.PrivateIp = i.NetworkInterfaceId, i.PrivateIpAddress
		if address != nil {
			i.Association = &interfaceAssociation{IpOwnerId: store.AccountID, PublicIp: address.PublicIp, PublicDnsName: r.publicDNSName(address.PublicIp)}
			address.associate(r, i.NetworkInterfaceId, i.PrivateIpAddress)
			at.PublicIp, at.AssociationId = address.PublicIp, address.AssociationId
		}
		r.putInterface(i)
	}
	g.NatGatewayAddresses = []natGatewayAddress{at}
	return nil
}

func (a *elasticAddress) associate(r *region, networkInterface, private string) {
	a.AssociationId, a.NetworkInterfaceId, a.PrivateIpAddress = r.Counters.ID("eipassoc"), networkInterface, private
	if networkInterface != "" {
		a.NetworkInterfaceOwnerId = store.AccountID
	}
}

func (r *region) addNAT(g *natGateway, vpcID, subnetID string) {
	g.NatGatewayId, g.VpcId, g.SubnetId = r.Counters.ID("nat"), vpcID, subnetID
	r.nats.Add(g.NatGatewayId, g)
}

// buildRegionalNAT creates a regional gateway in automatic mode: without a subnet, with a route table of
// its own that has a route to the internet gateway, in the zones where the VPC has network interfaces, and
// with addresses that AWS manages
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html). AWS's documents do not
// say what happens in a VPC without network interfaces, or without an internet gateway; here the gateway
// begins in the zone of the first subnet, or fails as a zonal one.
func (r *region) buildRegionalNAT(g *natGateway, in createNATIn) *wire.Error {
	switch {
	case in.VpcId == "":
		return wire.Fail("MissingParameter", "The request must contain the parameter vpcId")
	case g.ConnectivityType == "private":
		return wire.Fail("InvalidParameterCombination", "Regional NAT gateways only support public connectivity")
	case in.SubnetId != "" || in.AllocationId != "" || in.PrivateIpAddress != "":
		return wire.Fail("InvalidParameterCombination", "The parameters subnetId, allocationId and privateIpAddress are not supported for regional NAT gateways")
	}
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return err
	}
	if err := owned(v, "CreateNatGateway"); err != nil {
		return err
	}
	zones := r.natZones(v.VpcId)
	for _, z := range zones {
		if err := r.checkNATs(z.Name); err != nil {
			return err
		}
	}
	g.AutoProvisionZones, g.AutoScalingIps = "enabled", "enabled"
	gateway := r.attachedGateway(v.VpcId)
	r.addNAT(g, v.VpcId, "")
	if gateway == nil {
		g.failure = itemError{"Gateway.NotAttached", fmt.Sprintf("Network %s has no Internet gateway attached", v.VpcId)}
		return nil
	}
	t := r.addRouteTable(v, nil)
	t.Routes = append(t.Routes, route{routeFields: routeFields{DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway.InternetGatewayId}, Origin: "CreateRoute", State: "active"})
	g.RouteTableId = t.RouteTableId
	for i, z := range zones {
		a := r.addAddress(&elasticAddress{ServiceManaged: "rnat"})
		a.associate(r, "", "")
		g.NatGatewayAddresses = append(g.NatGatewayAddresses, natGatewayAddress{
			AllocationId: a.AllocationId, AssociationId: a.AssociationId, PublicIp: a.PublicIp, IsPrimary: i == 0, Status: "associating", AvailabilityZone: z.Name, AvailabilityZoneId: z.ID,
		})
	}
	return nil
}

// natZones returns the zones of a new regional NAT gateway.
func (r *region) natZones(vpcID string) []zone {
	var zones []zone
	for _, z := range r.catalog.zones() {
		if slices.ContainsFunc(r.interfaces.List, func(i *networkInterface) bool { return i.VpcId == vpcID && i.AvailabilityZone == z.Name }) {
			zones = append(zones, z)
		}
	}
	if len(zones) > 0 {
		return zones
	}
	for _, s := range r.subnets.List {
		if s.VpcId == vpcID {
			return []zone{{s.AvailabilityZone, s.AvailabilityZoneId}}
		}
	}
	return r.catalog.zones()[:1]
}

type deleteNATIn struct {
	DryRun       bool
	NatGatewayId string `ec2:",required"`
}

type deleteNATOut struct{ NatGatewayId string }

// deleteNatGateway starts the deletion. The routes to the gateway remain as blackholes, and its Elastic IP
// address remains allocated (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html).
func (r *region) deleteNatGateway(in deleteNATIn) (deleteNATOut, *wire.Error) {
	g, err := find(&r.nats, idNAT, in.NatGatewayId)
	if err != nil {
		return deleteNATOut{}, err
	}
	if g.State != natDeletingState && g.State != natDeleted {
		g.State, g.changesAt = natDeletingState, r.Plus(r.Now(), natDeleting)
		r.setRoutes(g.NatGatewayId, "blackhole")
	}
	return deleteNATOut{g.NatGatewayId}, nil
}

func (r *region) settleNATs() {
	for _, g := range slices.Clone(r.nats.List) {
		if g.changesAt.IsZero() || r.Now().Before(g.changesAt) {
			continue
		}
		due := g.changesAt
		g.changesAt = time.Time{}
		switch {
		case g.State == natPending && g.failure.Code != "":
			g.State, g.FailureCode, g.FailureMessage = natFailed, g.failure.Code, g.failure.Message
			g.changesAt = r.Plus(due, natVisible)
			r.setRoutes(g.NatGatewayId, "blackhole")
		case g.State == natPending:
			g.State = natAvailable
			for i := range g.NatGatewayAddresses {
				g.NatGatewayAddresses[i].Status = "succeeded"
			}
		case g.State == natDeletingState:
			g.State, g.DeleteTime, g.changesAt = natDeleted, due, r.Plus(due, natVisible)
			r.freeNAT(g)
		default:
			r.nats.Remove(g.NatGatewayId)
		}
	}
}

// freeNAT deletes what belongs to a deleted NAT gateway.
func (r *region) freeNAT(g *natGateway) {
	for i := range g.NatGatewayAddresses {
		at := &g.NatGatewayAddresses[i]
		if eni := r.interfaces.ByID[at.NetworkInterfaceId]; eni != nil {
			r.removeInterface(eni)
		}
		a := r.elasticIPs.ByID[at.AllocationId]
		switch {
		case a == nil || at.AssociationId == "" || a.AssociationId != at.AssociationId:
		case a.ServiceManaged != "":
			r.elasticIPs.Remove(a.AllocationId)
		default:
			a.AssociationId, a.NetworkInterfaceId, a.NetworkInterfaceOwnerId, a.PrivateIpAddress = "", "", "", ""
		}
	}
	if g.RouteTableId != "" {
		r.routeTables.Remove(g.RouteTableId)
	}
}

// loadNAT completes a NAT gateway of a scenario, and adds its Elastic IP addresses unless the scenario
// contains them.
func (r *region) loadNAT(g *natGateway) {
	available(&g.State)
	g.ConnectivityType = cmp.Or(g.ConnectivityType, "public")
	g.AvailabilityMode = cmp.Or(g.AvailabilityMode, "zonal")
	g.CreateTime = store.Loaded
	for i := range g.NatGatewayAddresses {
		at := &g.NatGatewayAddresses[i]
		if s := r.subnets.ByID[g.SubnetId]; s != nil {
			at.AvailabilityZone, at.AvailabilityZoneId = s.AvailabilityZone, s.AvailabilityZoneId
		}
		if at.AllocationId == "" {
			continue
		}
		a := r.elasticIPs.ByID[at.AllocationId]
		if a == nil {
			a = r.addAddress(&elasticAddress{AllocationId: at.AllocationId, PublicIp: at.PublicIp})
			if g.AvailabilityMode == regionalMode {
				a.ServiceManaged = "rnat"
			}
		}
		a.AssociationId = "eipassoc-" + store.Hash(a.AllocationId, 17)
		a.NetworkInterfaceId, a.PrivateIpAddress = at.NetworkInterfaceId, at.PrivateIp
		if a.NetworkInterfaceId != "" {
			a.NetworkInterfaceOwnerId = store.AccountID
		}
		at.AssociationId, at.PublicIp = a.AssociationId, a.PublicIp
	}
	r.nats.Add(g.NatGatewayId, g)
}

// shownNATs are the NAT gateways of the dump: without the records of deleted ones, which disappear by
// themselves.
func (r *region) shownNATs() []natGateway {
	return slices.DeleteFunc(store.Copies(r.nats.List, nil), func(g natGateway) bool { return g.State == natDeleted })
}
