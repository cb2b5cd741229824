package sandbox

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
)

// Read operations of the network: Regions, Availability Zones, VPCs and their resources.

type describeIn struct {
	DryRun     bool
	Filters    []filter `ec2:"Filter"`
	MaxResults *int32
	NextToken  string
}

func (in describeIn) query(ids []string) query {
	return query{ids, in.Filters, in.MaxResults, in.NextToken}
}

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

var regionKind = &kind[*regionInfo]{filters: map[string]func(*regionInfo) []string{
	"region-name":   one(func(r *regionInfo) string { return r.RegionName }),
	"endpoint":      one(func(r *regionInfo) string { return r.Endpoint }),
	"opt-in-status": one(func(r *regionInfo) string { return r.OptInStatus }),
}}

func (r *region) describeRegions(in describeRegionsIn) (describeRegionsOut, *apiError) {
	var all []*regionInfo
	for _, c := range regionCatalogs() {
		if c.Partition == r.catalog.Partition {
			all = append(all, &regionInfo{c.Name, "ec2." + c.Name + "." + c.suffix(), c.optInStatus()})
		}
	}
	for _, name := range in.RegionNames {
		if !slices.ContainsFunc(all, func(i *regionInfo) bool { return i.RegionName == name }) {
			return describeRegionsOut{}, fail("InvalidParameterValue", "Invalid region names: [%s]", name)
		}
	}
	if len(in.RegionNames) > 0 {
		all = slices.DeleteFunc(all, func(i *regionInfo) bool { return !slices.Contains(in.RegionNames, i.RegionName) })
	}
	found, _, err := sift(regionKind, all, query{filters: in.Filters})
	return describeRegionsOut{copies(found, nil)}, err
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

var zoneKind = &kind[*zoneInfo]{filters: map[string]func(*zoneInfo) []string{
	"zone-name":     one(func(z *zoneInfo) string { return z.ZoneName }),
	"zone-id":       one(func(z *zoneInfo) string { return z.ZoneId }),
	"zone-type":     one(func(z *zoneInfo) string { return z.ZoneType }),
	"region-name":   one(func(z *zoneInfo) string { return z.RegionName }),
	"group-name":    one(func(z *zoneInfo) string { return z.GroupName }),
	"state":         one(func(z *zoneInfo) string { return z.State }),
	"opt-in-status": one(func(z *zoneInfo) string { return z.OptInStatus }),
}}

func (r *region) describeAvailabilityZones(in describeZonesIn) (describeZonesOut, *apiError) {
	var all []*zoneInfo
	for _, z := range r.catalog.zones() {
		all = append(all, &zoneInfo{
			ZoneName: z.Name, ZoneId: z.ID, State: "available", RegionName: r.catalog.Name, GroupName: r.catalog.Name + "-zg-1",
			NetworkBorderGroup: r.catalog.Name, ZoneType: "availability-zone", OptInStatus: "opt-in-not-required",
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
				return describeZonesOut{}, fail("InvalidParameterValue", wanted.what, v)
			}
		}
		if len(wanted.values) > 0 {
			all = slices.DeleteFunc(all, func(z *zoneInfo) bool { return !slices.Contains(wanted.values, wanted.of(z)) })
		}
	}
	found, _, err := sift(zoneKind, all, query{filters: in.Filters})
	return describeZonesOut{copies(found, nil)}, err
}

type describeVpcsIn struct {
	describeIn
	VpcIds []string `ec2:"VpcId"`
}

type describeVpcsOut struct {
	Vpcs      []vpc `ec2:"vpcSet"`
	NextToken string
}

var vpcKind = &kind[*vpc]{
	ids: idVPC, tags: func(v *vpc) tags { return v.Tags }, min: 5, max: 1000,
	filters: map[string]func(*vpc) []string{
		"vpc-id":          one(func(v *vpc) string { return v.VpcId }),
		"cidr":            one(func(v *vpc) string { return v.CidrBlock }),
		"dhcp-options-id": one(func(v *vpc) string { return v.DhcpOptionsId }),
		"owner-id":        one(func(v *vpc) string { return v.OwnerId }),
		"state":           one(func(v *vpc) string { return v.State }),
		"is-default":      flag(func(v *vpc) bool { return v.IsDefault }),
		"isDefault":       flag(func(v *vpc) bool { return v.IsDefault }),
		"cidr-block-association.cidr-block": each(func(v *vpc) []cidrAssociation { return v.CidrBlockAssociationSet },
			func(a cidrAssociation) string { return a.CidrBlock }),
		"cidr-block-association.association-id": each(func(v *vpc) []cidrAssociation { return v.CidrBlockAssociationSet },
			func(a cidrAssociation) string { return a.AssociationId }),
		"cidr-block-association.state": each(func(v *vpc) []cidrAssociation { return v.CidrBlockAssociationSet },
			func(a cidrAssociation) string { return a.CidrBlockState.State }),
		"ipv6-cidr-block-association.ipv6-cidr-block": each(func(v *vpc) []ipv6CidrAssociation { return v.Ipv6CidrBlockAssociationSet },
			func(a ipv6CidrAssociation) string { return a.Ipv6CidrBlock }),
	},
}

func (r *region) describeVpcs(in describeVpcsIn) (describeVpcsOut, *apiError) {
	found, next, err := list(vpcKind, &r.vpcs, in.query(in.VpcIds))
	return describeVpcsOut{copies(found, nil), next}, err
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

func (r *region) describeVpcAttribute(in vpcAttributeIn) (vpcAttributeOut, *apiError) {
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
		return out, fail("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
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
func owned(v *vpc, operation string) *apiError {
	if v.OwnerId == accountID {
		return nil
	}
	return fail("UnauthorizedOperation", "You are not authorized to perform %s operation. A subnet in this vpc is shared but the provided object is not owned by you", operation)
}

func (r *region) modifyVpcAttribute(in modifyVpcAttributeIn) (returnOut, *apiError) {
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
		return returnOut{}, fail("InvalidParameterCombination", "No attributes specified.")
	case given > 1:
		return returnOut{}, fail("InvalidParameterCombination", "Fields for multiple attribute types specified. Modify one attribute at a time.")
	case in.EnableDnsSupport != nil:
		v.EnableDnsSupport = in.EnableDnsSupport.Value
	case in.EnableDnsHostnames != nil:
		if in.EnableDnsHostnames.Value && !v.EnableDnsSupport {
			return returnOut{}, fail("InvalidParameterCombination", "DNS hostnames can only be enabled for %s if DNS support is enabled.", v.VpcId)
		}
		v.EnableDnsHostnames = in.EnableDnsHostnames.Value
	default:
		v.EnableNetworkAddressUsageMetrics = in.EnableNetworkAddressUsageMetrics.Value
	}
	return returnOut{true}, nil
}

type describeDhcpOptionsIn struct {
	describeIn
	DhcpOptionsIds []string `ec2:"DhcpOptionsId"`
}

type describeDhcpOptionsOut struct {
	DhcpOptions []dhcpOptions `ec2:"dhcpOptionsSet"`
	NextToken   string
}

var dhcpKind = &kind[*dhcpOptions]{
	ids: idDHCPOptions, tags: func(d *dhcpOptions) tags { return d.Tags }, min: 5, max: 1000,
	filters: map[string]func(*dhcpOptions) []string{
		"dhcp-options-id": one(func(d *dhcpOptions) string { return d.DhcpOptionsId }),
		"owner-id":        one(func(d *dhcpOptions) string { return d.OwnerId }),
		"key": each(func(d *dhcpOptions) []dhcpConfiguration { return d.DhcpConfigurations },
			func(c dhcpConfiguration) string { return c.Key }),
		"value": func(d *dhcpOptions) []string {
			var values []string
			for _, c := range d.DhcpConfigurations {
				for _, v := range c.Values {
					values = append(values, v.Value)
				}
			}
			return values
		},
	},
}

func (r *region) describeDhcpOptions(in describeDhcpOptionsIn) (describeDhcpOptionsOut, *apiError) {
	found, next, err := list(dhcpKind, &r.dhcpOptions, in.query(in.DhcpOptionsIds))
	return describeDhcpOptionsOut{copies(found, nil), next}, err
}

type describeSubnetsIn struct {
	describeIn
	SubnetIds []string `ec2:"SubnetId"`
}

type describeSubnetsOut struct {
	Subnets   []subnet `ec2:"subnetSet"`
	NextToken string
}

var subnetKind = &kind[*subnet]{
	ids: idSubnet, tags: func(s *subnet) tags { return s.Tags }, min: 5, max: 1000,
	filters: map[string]func(*subnet) []string{
		"subnet-id":               one(func(s *subnet) string { return s.SubnetId }),
		"subnet-arn":              one(func(s *subnet) string { return s.SubnetArn }),
		"vpc-id":                  one(func(s *subnet) string { return s.VpcId }),
		"availability-zone":       one(func(s *subnet) string { return s.AvailabilityZone }),
		"availabilityZone":        one(func(s *subnet) string { return s.AvailabilityZone }),
		"availability-zone-id":    one(func(s *subnet) string { return s.AvailabilityZoneId }),
		"cidr-block":              one(func(s *subnet) string { return s.CidrBlock }),
		"cidr":                    one(func(s *subnet) string { return s.CidrBlock }),
		"owner-id":                one(func(s *subnet) string { return s.OwnerId }),
		"state":                   one(func(s *subnet) string { return s.State }),
		"default-for-az":          flag(func(s *subnet) bool { return s.DefaultForAz }),
		"map-public-ip-on-launch": flag(func(s *subnet) bool { return s.MapPublicIpOnLaunch }),
		"ipv6-native":             flag(func(s *subnet) bool { return s.Ipv6Native }),
		"enable-dns64":            flag(func(s *subnet) bool { return s.EnableDns64 }),
		"ipv6-cidr-block-association.ipv6-cidr-block": each(func(s *subnet) []ipv6CidrAssociation { return s.Ipv6CidrBlockAssociationSet },
			func(a ipv6CidrAssociation) string { return a.Ipv6CidrBlock }),
	},
}

func (r *region) describeSubnets(in describeSubnetsIn) (describeSubnetsOut, *apiError) {
	found, next, err := list(subnetKind, &r.subnets, in.query(in.SubnetIds))
	return describeSubnetsOut{copies(found, r.fillSubnet), next}, err
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

type describeRouteTablesIn struct {
	describeIn
	RouteTableIds []string `ec2:"RouteTableId"`
}

type describeRouteTablesOut struct {
	RouteTables []routeTable `ec2:"routeTableSet"`
	NextToken   string
}

func tableAssociations(t *routeTable) []routeTableAssociation { return t.Associations }
func tableRoutes(t *routeTable) []route                       { return t.Routes }

var routeTableKind = &kind[*routeTable]{
	ids: idRouteTable, tags: func(t *routeTable) tags { return t.Tags }, min: 5, max: 100,
	filters: map[string]func(*routeTable) []string{
		"route-table-id":                         one(func(t *routeTable) string { return t.RouteTableId }),
		"vpc-id":                                 one(func(t *routeTable) string { return t.VpcId }),
		"owner-id":                               one(func(t *routeTable) string { return t.OwnerId }),
		"association.route-table-association-id": each(tableAssociations, func(a routeTableAssociation) string { return a.RouteTableAssociationId }),
		"association.route-table-id":             each(tableAssociations, func(a routeTableAssociation) string { return a.RouteTableId }),
		"association.subnet-id":                  each(tableAssociations, func(a routeTableAssociation) string { return a.SubnetId }),
		"association.gateway-id":                 each(tableAssociations, func(a routeTableAssociation) string { return a.GatewayId }),
		"association.main":                       each(tableAssociations, func(a routeTableAssociation) string { return strconv.FormatBool(a.Main) }),
		"route.destination-cidr-block":           each(tableRoutes, func(r route) string { return r.DestinationCidrBlock }),
		"route.destination-ipv6-cidr-block":      each(tableRoutes, func(r route) string { return r.DestinationIpv6CidrBlock }),
		"route.destination-prefix-list-id":       each(tableRoutes, func(r route) string { return r.DestinationPrefixListId }),
		"route.gateway-id":                       each(tableRoutes, func(r route) string { return r.GatewayId }),
		"route.nat-gateway-id":                   each(tableRoutes, func(r route) string { return r.NatGatewayId }),
		"route.transit-gateway-id":               each(tableRoutes, func(r route) string { return r.TransitGatewayId }),
		"route.vpc-peering-connection-id":        each(tableRoutes, func(r route) string { return r.VpcPeeringConnectionId }),
		"route.egress-only-internet-gateway-id":  each(tableRoutes, func(r route) string { return r.EgressOnlyInternetGatewayId }),
		"route.instance-id":                      each(tableRoutes, func(r route) string { return r.InstanceId }),
		"route.origin":                           each(tableRoutes, func(r route) string { return r.Origin }),
		"route.state":                            each(tableRoutes, func(r route) string { return r.State }),
	},
}

func (r *region) describeRouteTables(in describeRouteTablesIn) (describeRouteTablesOut, *apiError) {
	found, next, err := list(routeTableKind, &r.routeTables, in.query(in.RouteTableIds))
	return describeRouteTablesOut{copies(found, nil), next}, err
}

type describeInternetGatewaysIn struct {
	describeIn
	InternetGatewayIds []string `ec2:"InternetGatewayId"`
}

type describeInternetGatewaysOut struct {
	InternetGateways []internetGateway `ec2:"internetGatewaySet"`
	NextToken        string
}

func igwAttachments(g *internetGateway) []gatewayAttachment { return g.Attachments }

var igwKind = &kind[*internetGateway]{
	ids: idIGW, tags: func(g *internetGateway) tags { return g.Tags }, min: 5, max: 1000,
	filters: map[string]func(*internetGateway) []string{
		"internet-gateway-id": one(func(g *internetGateway) string { return g.InternetGatewayId }),
		"owner-id":            one(func(g *internetGateway) string { return g.OwnerId }),
		"attachment.state":    each(igwAttachments, func(a gatewayAttachment) string { return a.State }),
		"attachment.vpc-id":   each(igwAttachments, func(a gatewayAttachment) string { return a.VpcId }),
	},
}

func (r *region) describeInternetGateways(in describeInternetGatewaysIn) (describeInternetGatewaysOut, *apiError) {
	found, next, err := list(igwKind, &r.igws, in.query(in.InternetGatewayIds))
	return describeInternetGatewaysOut{copies(found, nil), next}, err
}

type describeEgressOnlyIn struct {
	describeIn
	EgressOnlyInternetGatewayIds []string `ec2:"EgressOnlyInternetGatewayId"`
}

type describeEgressOnlyOut struct {
	EgressOnlyInternetGateways []egressOnlyInternetGateway `ec2:"egressOnlyInternetGatewaySet"`
	NextToken                  string
}

var eigwKind = &kind[*egressOnlyInternetGateway]{
	ids: idEIGW, tags: func(g *egressOnlyInternetGateway) tags { return g.Tags }, min: 5, max: 255,
}

func (r *region) describeEgressOnlyInternetGateways(in describeEgressOnlyIn) (describeEgressOnlyOut, *apiError) {
	found, next, err := list(eigwKind, &r.eigws, in.query(in.EgressOnlyInternetGatewayIds))
	return describeEgressOnlyOut{copies(found, nil), next}, err
}

type describeNatGatewaysIn struct {
	describeIn
	NatGatewayIds []string `ec2:"NatGatewayId"`
}

type describeNatGatewaysOut struct {
	NatGateways []natGateway `ec2:"natGatewaySet"`
	NextToken   string
}

var natKind = &kind[*natGateway]{
	ids: idNAT, tags: func(g *natGateway) tags { return g.Tags }, min: 5, max: 1000,
	filters: map[string]func(*natGateway) []string{
		"nat-gateway-id": one(func(g *natGateway) string { return g.NatGatewayId }),
		"state":          one(func(g *natGateway) string { return g.State }),
		"subnet-id":      one(func(g *natGateway) string { return g.SubnetId }),
		"vpc-id":         one(func(g *natGateway) string { return g.VpcId }),
	},
}

func (r *region) describeNatGateways(in describeNatGatewaysIn) (describeNatGatewaysOut, *apiError) {
	found, next, err := list(natKind, &r.nats, in.query(in.NatGatewayIds))
	return describeNatGatewaysOut{copies(found, nil), next}, err
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

func interfaceAddresses(i *networkInterface) []privateAddress { return i.PrivateIpAddresses }
func interfaceGroups(i *networkInterface) []groupIdentifier   { return i.Groups }

func attachmentField(field func(*interfaceAttachment) string) func(*networkInterface) []string {
	return func(i *networkInterface) []string {
		if i.Attachment == nil {
			return nil
		}
		return []string{field(i.Attachment)}
	}
}

var interfaceKind = &kind[*networkInterface]{
	ids: idInterface, tags: func(i *networkInterface) tags { return i.TagSet }, min: 5, max: 1000,
	filters: map[string]func(*networkInterface) []string{
		"network-interface-id":         one(func(i *networkInterface) string { return i.NetworkInterfaceId }),
		"subnet-id":                    one(func(i *networkInterface) string { return i.SubnetId }),
		"vpc-id":                       one(func(i *networkInterface) string { return i.VpcId }),
		"availability-zone":            one(func(i *networkInterface) string { return i.AvailabilityZone }),
		"availability-zone-id":         one(func(i *networkInterface) string { return i.AvailabilityZoneId }),
		"description":                  one(func(i *networkInterface) string { return i.Description }),
		"interface-type":               one(func(i *networkInterface) string { return i.InterfaceType }),
		"mac-address":                  one(func(i *networkInterface) string { return i.MacAddress }),
		"owner-id":                     one(func(i *networkInterface) string { return i.OwnerId }),
		"requester-id":                 one(func(i *networkInterface) string { return i.RequesterId }),
		"requester-managed":            flag(func(i *networkInterface) bool { return i.RequesterManaged }),
		"source-dest-check":            flag(func(i *networkInterface) bool { return i.SourceDestCheck }),
		"status":                       one(func(i *networkInterface) string { return i.Status }),
		"private-ip-address":           one(func(i *networkInterface) string { return i.PrivateIpAddress }),
		"private-dns-name":             one(func(i *networkInterface) string { return i.PrivateDnsName }),
		"addresses.private-ip-address": each(interfaceAddresses, func(a privateAddress) string { return a.PrivateIpAddress }),
		"addresses.primary":            each(interfaceAddresses, func(a privateAddress) string { return strconv.FormatBool(a.Primary) }),
		"group-id":                     each(interfaceGroups, func(g groupIdentifier) string { return g.GroupId }),
		"group-name":                   each(interfaceGroups, func(g groupIdentifier) string { return g.GroupName }),
		"ipv6-addresses.ipv6-address": each(func(i *networkInterface) []ipv6Address { return i.Ipv6Addresses },
			func(a ipv6Address) string { return a.Ipv6Address }),
		"association.public-ip": func(i *networkInterface) []string {
			if i.Association == nil {
				return nil
			}
			return []string{i.Association.PublicIp}
		},
		"attachment.attachment-id": attachmentField(func(a *interfaceAttachment) string { return a.AttachmentId }),
		"attachment.instance-id":   attachmentField(func(a *interfaceAttachment) string { return a.InstanceId }),
		"attachment.device-index":  attachmentField(func(a *interfaceAttachment) string { return strconv.Itoa(int(a.DeviceIndex)) }),
		"attachment.status":        attachmentField(func(a *interfaceAttachment) string { return a.Status }),
	},
}

func (r *region) describeNetworkInterfaces(in describeInterfacesIn) (describeInterfacesOut, *apiError) {
	for _, i := range r.interfaces.list {
		r.fillInterface(i)
	}
	found, next, err := list(interfaceKind, &r.interfaces, in.query(in.NetworkInterfaceIds))
	return describeInterfacesOut{copies(found, nil), next}, err
}

type describeACLsIn struct {
	describeIn
	NetworkAclIds []string `ec2:"NetworkAclId"`
}

type describeACLsOut struct {
	NetworkAcls []networkACL `ec2:"networkAclSet"`
	NextToken   string
}

func aclAssociations(a *networkACL) []aclAssociation { return a.Associations }
func aclEntries(a *networkACL) []aclEntry            { return a.Entries }

var aclKind = &kind[*networkACL]{
	ids: idACL, tags: func(a *networkACL) tags { return a.Tags }, min: 5, max: 1000,
	filters: map[string]func(*networkACL) []string{
		"network-acl-id":             one(func(a *networkACL) string { return a.NetworkAclId }),
		"vpc-id":                     one(func(a *networkACL) string { return a.VpcId }),
		"owner-id":                   one(func(a *networkACL) string { return a.OwnerId }),
		"default":                    flag(func(a *networkACL) bool { return a.IsDefault }),
		"association.association-id": each(aclAssociations, func(a aclAssociation) string { return a.NetworkAclAssociationId }),
		"association.network-acl-id": each(aclAssociations, func(a aclAssociation) string { return a.NetworkAclId }),
		"association.subnet-id":      each(aclAssociations, func(a aclAssociation) string { return a.SubnetId }),
		"entry.cidr":                 each(aclEntries, func(e aclEntry) string { return e.CidrBlock }),
		"entry.ipv6-cidr":            each(aclEntries, func(e aclEntry) string { return e.Ipv6CidrBlock }),
		"entry.protocol":             each(aclEntries, func(e aclEntry) string { return e.Protocol }),
		"entry.rule-action":          each(aclEntries, func(e aclEntry) string { return e.RuleAction }),
		"entry.rule-number":          each(aclEntries, func(e aclEntry) string { return strconv.Itoa(int(e.RuleNumber)) }),
		"entry.egress":               each(aclEntries, func(e aclEntry) string { return strconv.FormatBool(e.Egress) }),
	},
}

func (r *region) describeNetworkAcls(in describeACLsIn) (describeACLsOut, *apiError) {
	found, next, err := list(aclKind, &r.acls, in.query(in.NetworkAclIds))
	return describeACLsOut{copies(found, nil), next}, err
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
	filters: map[string]func(*prefixList) []string{
		"prefix-list-id":   one(func(p *prefixList) string { return p.PrefixListId }),
		"prefix-list-name": one(func(p *prefixList) string { return p.PrefixListName }),
	},
}

func (r *region) describePrefixLists(in describePrefixListsIn) (describePrefixListsOut, *apiError) {
	found, next, err := list(prefixListKind, &r.prefixLists, in.query(in.PrefixListIds))
	found = ofAWS(found)
	return describePrefixListsOut{copies(found, nil), next}, err
}

type managedPrefixList struct {
	PrefixListId   string
	PrefixListName string
	PrefixListArn  string
	AddressFamily  string
	State          string
	OwnerId        string
}

type describeManagedPrefixListsOut struct {
	PrefixLists []managedPrefixList `ec2:"prefixListSet"`
	NextToken   string
}

var managedPrefixListKind = &kind[*prefixList]{
	ids: idPrefixList, min: 1, max: 100,
	filters: map[string]func(*prefixList) []string{
		"prefix-list-id":   prefixListKind.filters["prefix-list-id"],
		"prefix-list-name": prefixListKind.filters["prefix-list-name"],
		"owner-id":         one(func(p *prefixList) string { return cmp.Or(p.OwnerId, "AWS") }),
	},
}

func (r *region) describeManagedPrefixLists(in describePrefixListsIn) (describeManagedPrefixListsOut, *apiError) {
	found, next, err := list(managedPrefixListKind, &r.prefixLists, in.query(in.PrefixListIds))
	out := describeManagedPrefixListsOut{NextToken: next}
	for _, p := range found {
		out.PrefixLists = append(out.PrefixLists, managedPrefixList{
			PrefixListId: p.PrefixListId, PrefixListName: p.PrefixListName, AddressFamily: "IPv4", State: "create-complete", OwnerId: cmp.Or(p.OwnerId, "AWS"),
			PrefixListArn: "arn:" + r.catalog.Partition + ":ec2:" + r.catalog.Name + ":" + cmp.Or(p.OwnerId, "aws") + ":prefix-list/" + p.PrefixListId,
		})
	}
	return out, err
}
