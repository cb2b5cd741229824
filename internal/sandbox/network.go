package sandbox

import (
	"net/netip"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Read operations of the network: Regions, Availability Zones, VPCs and their resources.

type regionInfo struct {
	RegionName  string
	Endpoint    string `ec2:"regionEndpoint"`
	OptInStatus string
}

type describeRegionsIn struct {
	DryRun      bool
	RegionNames []string `ec2:"RegionName"`
	AllRegions  bool
	Filters     []filter `ec2:"Filter"`
}

type describeRegionsOut struct {
	Regions []regionInfo `ec2:"regionInfo"`
}

var regionKind = &kind[*regionInfo]{filters: `region-name endpoint opt-in-status`}

func (r *region) describeRegions(in describeRegionsIn) (describeRegionsOut, *wire.Error) {
	var all []*regionInfo
	for _, c := range regionCatalogs() {
		if c.Partition == r.Partition {
			all = append(all, &regionInfo{c.Name, "ec2." + c.Name + "." + c.suffix(), c.optInStatus()})
		}
	}
	for _, name := range in.RegionNames {
		if !slices.ContainsFunc(all, func(i *regionInfo) bool { return i.RegionName == name }) {
			return describeRegionsOut{}, wire.Fail("InvalidParameterValue", "Invalid region names: [%s]", name)
		}
	}
	if len(in.RegionNames) > 0 {
		all = slices.DeleteFunc(all, func(i *regionInfo) bool { return !slices.Contains(in.RegionNames, i.RegionName) })
	}
	found, _, err := sift(regionKind, all, query{filters: in.Filters})
	return describeRegionsOut{store.Copies(found, nil)}, err
}

type zoneInfo struct {
	ZoneName           string
	ZoneId             string
	State              string `ec2:"zoneState"`
	RegionName         string
	GroupName          string
	NetworkBorderGroup string
	ZoneType           string
	OptInStatus        string
	Messages           []string `ec2:"messageSet"`
}

type describeZonesIn struct {
	DryRun               bool
	ZoneNames            []string `ec2:"ZoneName"`
	ZoneIds              []string `ec2:"ZoneId"`
	AllAvailabilityZones bool
	Filters              []filter `ec2:"Filter"`
}

type describeZonesOut struct {
	AvailabilityZones []zoneInfo `ec2:"availabilityZoneInfo"`
}

var zoneKind = &kind[*zoneInfo]{filters: `zone-name zone-id zone-type region-name group-name state opt-in-status`}

func (r *region) describeAvailabilityZones(in describeZonesIn) (describeZonesOut, *wire.Error) {
	var all []*zoneInfo
	for _, z := range r.catalog.zones() {
		all = append(all, &zoneInfo{
			ZoneName: z.Name, ZoneId: z.ID, State: "available", RegionName: r.Name, GroupName: r.Name + "-zg-1",
			NetworkBorderGroup: r.Name, ZoneType: "availability-zone", OptInStatus: "opt-in-not-required",
		})
	}
	for _, wanted := range []struct {
		values []string
		of     func(*zoneInfo) string
		what   string
	}{
		{in.ZoneNames, func(z *zoneInfo) string { return z.ZoneName }, "Invalid availability zone: [%s]"},
		{in.ZoneIds, func(z *zoneInfo) string { return z.ZoneId }, "Invalid availability zone-id: [%s]"},
	} {
		for _, v := range wanted.values {
			if !slices.ContainsFunc(all, func(z *zoneInfo) bool { return wanted.of(z) == v }) {
				return describeZonesOut{}, wire.Fail("InvalidParameterValue", wanted.what, v)
			}
		}
		if len(wanted.values) > 0 {
			all = slices.DeleteFunc(all, func(z *zoneInfo) bool { return !slices.Contains(wanted.values, wanted.of(z)) })
		}
	}
	found, _, err := sift(zoneKind, all, query{filters: in.Filters})
	return describeZonesOut{store.Copies(found, nil)}, err
}

var vpcKind = &kind[*vpc]{
	ids: idVPC, tags: func(v *vpc) store.Tags { return v.Tags }, min: 5, max: 1000,
	filters: `vpc-id cidr=CidrBlock dhcp-options-id owner-id state is-default isDefault
		cidr-block-association.cidr-block=CidrBlockAssociationSet.CidrBlock
		cidr-block-association.association-id=CidrBlockAssociationSet.AssociationId
		cidr-block-association.state=CidrBlockAssociationSet.CidrBlockState.State
		ipv6-cidr-block-association.ipv6-cidr-block=Ipv6CidrBlockAssociationSet.Ipv6CidrBlock`,
}

type vpcAttributeIn struct {
	DryRun    bool
	VpcId     string `ec2:",required"`
	Attribute string `ec2:",required"`
}

type boolValue struct{ Value bool }

type vpcAttributeOut struct {
	VpcId                            string
	EnableDnsSupport                 *boolValue
	EnableDnsHostnames               *boolValue
	EnableNetworkAddressUsageMetrics *boolValue
}

func (r *region) describeVpcAttribute(in vpcAttributeIn) (vpcAttributeOut, *wire.Error) {
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return vpcAttributeOut{}, err
	}
	out := vpcAttributeOut{VpcId: v.VpcId}
	switch in.Attribute {
	case "enableDnsSupport":
		out.EnableDnsSupport = &boolValue{v.EnableDnsSupport}
	case "enableDnsHostnames":
		out.EnableDnsHostnames = &boolValue{v.EnableDnsHostnames}
	case "enableNetworkAddressUsageMetrics":
		out.EnableNetworkAddressUsageMetrics = &boolValue{v.EnableNetworkAddressUsageMetrics}
	default:
		return out, wire.Fail("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
	}
	return out, nil
}

type modifyVpcAttributeIn struct {
	VpcId                            string `ec2:",required"`
	EnableDnsSupport                 *boolValue
	EnableDnsHostnames               *boolValue
	EnableNetworkAddressUsageMetrics *boolValue
}

type returnOut struct{ Return bool }

// owned rejects operations that only the owner of a VPC can use, not a participant with shared
// subnets. AWS's documentation says that they are rejected. The code and the message are those of
// a similar error (CreateSubnet), so for endpoints they are an assumption.
func owned(v *vpc, operation string) *wire.Error {
	if v.OwnerId == store.AccountID {
		return nil
	}
	return wire.Fail("UnauthorizedOperation", "You are not authorized to perform %s operation. A subnet in this vpc is shared but the provided object is not owned by you", operation)
}

func (r *region) modifyVpcAttribute(in modifyVpcAttributeIn) (returnOut, *wire.Error) {
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return returnOut{}, err
	}
	if err := owned(v, "ModifyVpcAttribute"); err != nil {
		return returnOut{}, err
	}
	given := 0
	for _, value := range []*boolValue{in.EnableDnsSupport, in.EnableDnsHostnames, in.EnableNetworkAddressUsageMetrics} {
		if value != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return returnOut{}, wire.Fail("InvalidParameterCombination", "No attributes specified.")
	case given > 1:
		return returnOut{}, wire.Fail("InvalidParameterCombination", "Fields for multiple attribute types specified. Modify one attribute at a time.")
	case in.EnableDnsSupport != nil:
		v.EnableDnsSupport = in.EnableDnsSupport.Value
	case in.EnableDnsHostnames != nil:
		if in.EnableDnsHostnames.Value && !v.EnableDnsSupport {
			return returnOut{}, wire.Fail("InvalidParameterCombination", "DNS hostnames can only be enabled for %s if DNS support is enabled.", v.VpcId)
		}
		v.EnableDnsHostnames = in.EnableDnsHostnames.Value
	default:
		v.EnableNetworkAddressUsageMetrics = in.EnableNetworkAddressUsageMetrics.Value
	}
	return returnOut{true}, nil
}

var dhcpKind = &kind[*dhcpOptions]{
	ids: idDHCPOptions, tags: func(d *dhcpOptions) store.Tags { return d.Tags }, min: 5, max: 1000,
	filters: `dhcp-options-id owner-id key=DhcpConfigurations.Key value=DhcpConfigurations.Values.Value`,
}

var subnetKind = &kind[*subnet]{
	ids: idSubnet, tags: func(s *subnet) store.Tags { return s.Tags }, min: 5, max: 1000,
	filters: `subnet-id subnet-arn vpc-id availability-zone availabilityZone availability-zone-id cidr-block cidr=CidrBlock owner-id state
		default-for-az map-public-ip-on-launch ipv6-native enable-dns64
		ipv6-cidr-block-association.ipv6-cidr-block=Ipv6CidrBlockAssociationSet.Ipv6CidrBlock`,
}

func (r *region) fillSubnet(s *subnet) { s.AvailableIpAddressCount = r.freeAddresses(s) }

// freeAddresses counts the free addresses of a subnet. AWS reserves the first four and the last.
func (r *region) freeAddresses(s *subnet) int32 {
	if s.CidrBlock == "" {
		return 0
	}
	used := 0
	for a := range r.addresses[s.SubnetId] {
		if a.Is4() {
			used++
		}
	}
	return int32(1<<(32-netip.MustParsePrefix(s.CidrBlock).Bits()) - 5 - used)
}

var routeTableKind = &kind[*routeTable]{
	ids: idRouteTable, tags: func(t *routeTable) store.Tags { return t.Tags }, min: 5, max: 100,
	filters: `route-table-id vpc-id owner-id association.route-table-association-id=Associations.RouteTableAssociationId
		association.route-table-id=Associations.RouteTableId association.subnet-id=Associations.SubnetId
		association.gateway-id=Associations.GatewayId association.main=Associations.Main
		route.destination-cidr-block=Routes.DestinationCidrBlock route.destination-ipv6-cidr-block=Routes.DestinationIpv6CidrBlock
		route.destination-prefix-list-id=Routes.DestinationPrefixListId route.gateway-id=Routes.GatewayId
		route.nat-gateway-id=Routes.NatGatewayId route.transit-gateway-id=Routes.TransitGatewayId
		route.vpc-peering-connection-id=Routes.VpcPeeringConnectionId
		route.egress-only-internet-gateway-id=Routes.EgressOnlyInternetGatewayId route.instance-id=Routes.InstanceId
		route.origin=Routes.Origin route.state=Routes.State`,
}

var igwKind = &kind[*internetGateway]{
	ids: idIGW, tags: func(g *internetGateway) store.Tags { return g.Tags }, min: 5, max: 1000,
	filters: `internet-gateway-id owner-id attachment.state=Attachments.State attachment.vpc-id=Attachments.VpcId`,
}

var natKind = &kind[*natGateway]{
	ids: idNAT, tags: func(g *natGateway) store.Tags { return g.Tags }, min: 5, max: 1000,
	filters: `nat-gateway-id state subnet-id vpc-id`,
}

type describeInterfacesIn struct {
	describeIn
	NetworkInterfaceIds     []string `ec2:"NetworkInterfaceId"`
	IncludeManagedResources bool
}

type describeInterfacesOut struct {
	NetworkInterfaces []networkInterface `ec2:"networkInterfaceSet"`
	NextToken         string
}

var interfaceKind = &kind[*networkInterface]{
	ids: idInterface, tags: func(i *networkInterface) store.Tags { return i.TagSet }, min: 5, max: 1000,
	filters: `network-interface-id subnet-id vpc-id availability-zone availability-zone-id description interface-type mac-address owner-id
		requester-id requester-managed source-dest-check status private-ip-address private-dns-name
		addresses.private-ip-address=PrivateIpAddresses.PrivateIpAddress addresses.primary=PrivateIpAddresses.Primary
		group-id=Groups.GroupId group-name=Groups.GroupName ipv6-addresses.ipv6-address=Ipv6Addresses.Ipv6Address
		association.public-ip=Association.PublicIp attachment.attachment-id=Attachment.AttachmentId
		attachment.instance-id=Attachment.InstanceId attachment.instance-owner-id=Attachment.InstanceOwnerId attachment.device-index=Attachment.DeviceIndex attachment.status=Attachment.Status`,
}

func (r *region) describeNetworkInterfaces(in describeInterfacesIn) (describeInterfacesOut, *wire.Error) {
	for _, i := range r.interfaces.List {
		r.fillInterface(i)
	}
	found, next, err := list(interfaceKind, &r.interfaces, in.query(in.NetworkInterfaceIds))
	return describeInterfacesOut{store.Copies(found, nil), next}, err
}

var aclKind = &kind[*networkACL]{
	ids: idACL, tags: func(a *networkACL) store.Tags { return a.Tags }, min: 5, max: 1000,
	filters: `network-acl-id vpc-id owner-id default=IsDefault association.association-id=Associations.NetworkAclAssociationId
		association.network-acl-id=Associations.NetworkAclId association.subnet-id=Associations.SubnetId entry.cidr=Entries.CidrBlock
		entry.ipv6-cidr=Entries.Ipv6CidrBlock entry.protocol=Entries.Protocol entry.rule-action=Entries.RuleAction
		entry.rule-number=Entries.RuleNumber entry.egress=Entries.Egress`,
}

type describePrefixListsIn struct {
	describeIn
	PrefixListIds []string `ec2:"PrefixListId"`
}

type describePrefixListsOut struct {
	PrefixLists []prefixList `ec2:"prefixListSet"`
	NextToken   string
}

var prefixListKind = &kind[*prefixList]{
	ids: idPrefixList, min: 5, max: 1000,
	filters: `prefix-list-id prefix-list-name`,
}

func (r *region) describePrefixLists(in describePrefixListsIn) (describePrefixListsOut, *wire.Error) {
	found, next, err := list(prefixListKind, &r.prefixLists, in.query(in.PrefixListIds))
	found = slices.DeleteFunc(found, func(p *prefixList) bool { return p.OwnerId != "" }) // those of customers
	return describePrefixListsOut{store.Copies(found, nil), next}, err
}
