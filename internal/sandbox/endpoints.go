package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

const (
	fullAccess = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`

	maxPolicyLength        = 20480
	provisioningTime       = 45 * time.Second // average time of an interface endpoint
	deletingTime           = 20 * time.Second
	createBucketCapacity   = 4
	createBucketPerSecond  = 0.3
	gatewayType            = "Gateway"
	interfaceType          = "Interface"
	endpointInterfaceType  = "vpc_endpoint"
	endpointInterfaceOwner = "727180483921" // the AWS account that creates the interfaces of endpoints
)

var endpointKind = &kind[*vpcEndpoint]{
	ids: idEndpoint, tags: func(e *vpcEndpoint) store.Tags { return e.Tags }, min: 1, max: 1000,
	filters: `vpc-endpoint-id vpc-endpoint-type vpc-endpoint-state=State vpc-id service-name service-region ip-address-type`,
}

// shownEndpoints returns the endpoints with their current states.
func (r *region) shownEndpoints() *store.Table[vpcEndpoint] {
	shown := &store.Table[vpcEndpoint]{}
	for _, e := range r.endpoints.List {
		c := *e
		c.State = r.endpointState(e)
		shown.Add(c.VpcEndpointId, &c)
	}
	return shown
}

// endpointState derives the state from the times of creation and deletion, so nothing has to run
// while time passes.
func (r *region) endpointState(e *vpcEndpoint) string {
	switch {
	case !e.deletedAt.IsZero():
		return "deleting"
	case e.State != "":
		return e.State
	case !r.Passed(e.CreationTimestamp, r.provisioning(e.ServiceName)):
		return "pending"
	}
	return "available"
}

// provisioning returns a duration that differs slightly between services and is always the same
// for one service, unless the account has one duration for all.
func (r *region) provisioning(service string) time.Duration {
	if r.account.provisioning > 0 {
		return r.account.provisioning
	}
	var sum int
	for _, c := range service {
		sum += int(c)
	}
	return provisioningTime + time.Duration(sum%21-10)*time.Second
}

func (r *region) settleEndpoints() {
	for _, e := range slices.Clone(r.endpoints.List) {
		if !e.deletedAt.IsZero() && r.Passed(e.deletedAt, deletingTime) {
			r.dropEndpoint(e)
		}
	}
}

func (r *region) dropEndpoint(e *vpcEndpoint) {
	for _, id := range slices.Clone(e.NetworkInterfaceIds) {
		r.dropInterface(e, id)
	}
	for _, id := range e.RouteTableIds {
		r.dropEndpointRoute(id, e)
	}
	r.endpoints.Remove(e.VpcEndpointId)
	r.tokens.Forget(e) // the token would create a new endpoint
}

type describeServicesIn struct {
	describeIn
	ServiceNames   []string `ec2:"ServiceName"`
	ServiceRegions []string `ec2:"ServiceRegion"`
}

type describeServicesOut struct {
	ServiceNames   []string        `ec2:"serviceNameSet"`
	ServiceDetails []serviceDetail `ec2:"serviceDetailSet"`
	NextToken      string
}

var serviceKind = &kind[*serviceDetail]{
	tags: func(s *serviceDetail) store.Tags { return s.Tags }, min: 1, max: 1000,
	filters: `service-name service-type=ServiceType.ServiceType owner supported-ip-address-types service-region`,
}

// describeVpcEndpointServices pages by details. The service names on a page are those of its
// details.
func (r *region) describeVpcEndpointServices(in describeServicesIn) (describeServicesOut, *wire.Error) {
	all := slices.Clone(r.services)
	for _, name := range in.ServiceNames {
		if !slices.ContainsFunc(all, func(s *serviceDetail) bool { return s.ServiceName == name }) {
			return describeServicesOut{}, unknownService(name)
		}
	}
	all = slices.DeleteFunc(all, func(s *serviceDetail) bool {
		return len(in.ServiceNames) > 0 && !slices.Contains(in.ServiceNames, s.ServiceName) ||
			len(in.ServiceRegions) > 0 && !slices.Contains(in.ServiceRegions, s.ServiceRegion)
	})
	found, next, err := sift(serviceKind, all, in.query(nil))
	out := describeServicesOut{ServiceDetails: store.Copies(found, nil), NextToken: next}
	for _, s := range found {
		out.ServiceNames = append(out.ServiceNames, s.ServiceName)
	}
	out.ServiceNames = slices.Compact(out.ServiceNames)
	return out, err
}

func unknownService(name string) *wire.Error {
	return wire.Fail("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}

type tagSpecification struct {
	ResourceType string
	Tags         []store.Tag `ec2:"Tag"`
}

type createEndpointIn struct {
	DryRun            bool
	VpcEndpointType   string
	VpcId             string `ec2:",required"`
	ServiceName       string `ec2:",required"`
	ServiceRegion     string
	PolicyDocument    string
	RouteTableIds     []string `ec2:"RouteTableId"`
	SubnetIds         []string `ec2:"SubnetId"`
	SecurityGroupIds  []string `ec2:"SecurityGroupId"`
	IpAddressType     string
	DnsOptions        *dnsOptions
	ClientToken       string
	PrivateDnsEnabled *bool
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

type createEndpointOut struct {
	VpcEndpoint vpcEndpoint
	ClientToken string
}

// throttled limits the rate of an operation.
func throttled(run operation) operation {
	return func(r *region, c *wire.Call) (any, *wire.Error) {
		if !r.createBucket.Take(r.Time(), createBucketCapacity, createBucketPerSecond*r.Speed) {
			return nil, wire.Fail("RequestLimitExceeded", "Request limit exceeded.")
		}
		return run(r, c)
	}
}

// createVpcEndpoint returns the existing endpoint in its current state if the client token was
// used before.
func (r *region) createVpcEndpoint(in createEndpointIn) (createEndpointOut, *wire.Error) {
	e, err := store.Once(r.tokens, "CreateVpcEndpoint", in.ClientToken, in, func() (*vpcEndpoint, *wire.Error) { return r.buildEndpoint(in) })
	if err != nil {
		return createEndpointOut{}, err
	}
	out := createEndpointOut{*e, in.ClientToken}
	out.VpcEndpoint.State = r.endpointState(e)
	return out, nil
}

func (r *region) buildEndpoint(in createEndpointIn) (*vpcEndpoint, *wire.Error) {
	if in.VpcEndpointType == "" {
		in.VpcEndpointType = gatewayType
	}
	v, err := find(&r.vpcs, endpointVPC, in.VpcId)
	if err != nil {
		return nil, err
	}
	if err := owned(v, "CreateVpcEndpoint"); err != nil {
		return nil, err
	}
	if in.ServiceRegion != "" && in.ServiceRegion != r.Name {
		return nil, notSupported("VPC endpoints for services of another Region (ServiceRegion)")
	}
	service, err := r.findService(in.ServiceName, in.VpcEndpointType)
	if err != nil {
		return nil, err
	}
	e := &vpcEndpoint{
		VpcEndpointType: in.VpcEndpointType, VpcId: v.VpcId, ServiceName: service.ServiceName, ServiceRegion: r.Name,
		PolicyDocument: fullAccess, OwnerId: store.AccountID, CreationTimestamp: r.Now(), service: service,
	}
	if in.PolicyDocument != "" {
		if err := checkPolicy(service, in.PolicyDocument); err != nil {
			return nil, err
		}
		e.PolicyDocument = in.PolicyDocument
	}
	if e.Tags, err = createTagsOf(in.TagSpecifications, "vpc-endpoint"); err != nil {
		return nil, err
	}
	if in.VpcEndpointType == gatewayType {
		err = r.buildGateway(e, in)
	} else {
		err = r.buildInterface(e, v, in)
	}
	return e, err
}

func notSupported(what string) *wire.Error {
	return wire.Fail("NotImplemented", "The sandbox does not support %s.", what)
}

func (r *region) findService(name, kind string) (*serviceDetail, *wire.Error) {
	if kind != gatewayType && kind != interfaceType {
		return nil, notSupported("VPC endpoints of type " + kind)
	}
	var kinds []string
	for _, s := range r.services {
		if s.ServiceName != name {
			continue
		}
		if s.kind() == kind {
			return s, nil
		}
		kinds = append(kinds, s.kind())
	}
	if kinds == nil {
		return nil, unknownService(name)
	}
	return nil, wire.Fail("InvalidParameter", "Endpoint type (%s) does not match available service types ([%s]).", kind, strings.Join(kinds, ", "))
}

func (r *region) buildGateway(e *vpcEndpoint, in createEndpointIn) *wire.Error {
	switch {
	case len(in.SubnetIds) > 0:
		return wire.Fail("InvalidParameter", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	case len(in.SecurityGroupIds) > 0:
		return wire.Fail("InvalidParameter", "Security group IDs are only supported for Interface type VPC Endpoint.")
	case in.PrivateDnsEnabled != nil && *in.PrivateDnsEnabled:
		return wire.Fail("InvalidParameter", "Private DNS can only be enabled for Interface type VPC Endpoint.")
	case in.DnsOptions != nil && in.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint != nil:
		return wire.Fail("InvalidParameter", "DnsOptions PrivateDnsOnlyForInboundResolverEndpoint is applicable only to Interface VPC Endpoints.")
	}
	if err := checkIPType(e.service, in.IpAddressType); err != nil {
		return err
	}
	gateways := 0
	for _, other := range r.endpoints.List {
		if other.VpcEndpointType == gatewayType {
			gateways++
		}
	}
	if gateways >= r.quota(quotaGatewayEndpoints) {
		return limitExceeded()
	}
	tables, err := r.freeTables(e, in.RouteTableIds)
	if err != nil {
		return err
	}
	e.IpAddressType = cmp.Or(in.IpAddressType, "ipv4")
	e.State = "available"
	r.addEndpoint(e)
	r.addEndpointRoutes(e, tables)
	return nil
}

func limitExceeded() *wire.Error {
	return wire.Fail("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
}

func (r *region) addEndpoint(e *vpcEndpoint) {
	if e.VpcEndpointId == "" {
		e.VpcEndpointId = r.Counters.ID("vpce")
	}
	r.endpoints.Add(e.VpcEndpointId, e)
}

// endpointPrefixList returns the prefix list in the routes of a gateway endpoint.
func (r *region) endpointPrefixList(e *vpcEndpoint) string {
	for _, p := range r.prefixLists.List {
		if p.PrefixListName == e.ServiceName {
			return p.PrefixListId
		}
	}
	return ""
}

// freeTables finds route tables that can have the endpoint's route.
func (r *region) freeTables(e *vpcEndpoint, ids []string) ([]*routeTable, *wire.Error) {
	pl := r.endpointPrefixList(e)
	var tables []*routeTable
	for _, id := range ids {
		t, err := find(&r.routeTables, endpointRouteTable, id)
		if err != nil {
			return nil, err
		}
		if t.VpcId != e.VpcId {
			return nil, wire.Fail("InvalidParameter", "The route table %s does not belong to the VPC %s", id, e.VpcId)
		}
		if slices.Contains(tables, t) || slices.ContainsFunc(t.Routes, func(r route) bool { return r.DestinationPrefixListId == pl }) {
			return nil, wire.Fail("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", id, pl)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (r *region) addEndpointRoutes(e *vpcEndpoint, tables []*routeTable) {
	for _, t := range tables {
		e.RouteTableIds = append(e.RouteTableIds, t.RouteTableId)
		t.Routes = append(t.Routes, route{routeFields: routeFields{DestinationPrefixListId: r.endpointPrefixList(e), GatewayId: e.VpcEndpointId}, Origin: "CreateRoute", State: "active"})
	}
}

func (r *region) dropEndpointRoute(table string, e *vpcEndpoint) {
	if t, ok := r.routeTables.ByID[table]; ok {
		t.Routes = slices.DeleteFunc(t.Routes, func(r route) bool { return r.GatewayId == e.VpcEndpointId })
	}
}

func (r *region) buildInterface(e *vpcEndpoint, v *vpc, in createEndpointIn) *wire.Error {
	if len(in.RouteTableIds) > 0 {
		return wire.Fail("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
	}
	if err := checkIPType(e.service, in.IpAddressType); err != nil {
		return err
	}
	e.IpAddressType = in.IpAddressType
	if e.IpAddressType == "" {
		e.IpAddressType = e.service.SupportedIpAddressTypes[0]
	}
	e.DnsOptions = &dnsOptions{DnsRecordIpType: e.IpAddressType}
	// AWS enables private DNS by default, except for services that also have a gateway endpoint.
	e.PrivateDnsEnabled = e.service.PrivateDnsName != "" && !r.hasGateway(e.ServiceName)
	if in.PrivateDnsEnabled != nil {
		e.PrivateDnsEnabled = *in.PrivateDnsEnabled
	}
	if err := r.setDNSOptions(e, in.DnsOptions); err != nil {
		return err
	}
	if e.PrivateDnsEnabled {
		if err := r.checkPrivateDNS(e, v); err != nil {
			return err
		}
	}
	subnets, err := r.checkSubnets(e, in.SubnetIds)
	if err != nil {
		return err
	}
	groups := in.SecurityGroupIds
	if len(groups) == 0 {
		groups = []string{r.defaultGroup(v.VpcId).GroupId}
	}
	if e.Groups, err = r.checkGroups(e.VpcId, nil, groups); err != nil {
		return err
	}
	interfaces := 0
	for _, other := range r.endpoints.List {
		if other.VpcEndpointType == interfaceType && other.VpcId == v.VpcId {
			interfaces++
		}
	}
	if interfaces >= r.quota(quotaInterfaceEndpoints) {
		return limitExceeded()
	}
	r.addEndpoint(e)
	for _, s := range subnets {
		r.addInterface(e, s)
	}
	r.setDNSEntries(e)
	return nil
}

func checkIPType(s *serviceDetail, ipType string) *wire.Error {
	if ipType == "" || slices.Contains(s.SupportedIpAddressTypes, ipType) {
		return nil
	}
	return wire.Fail("InvalidParameter", "The IP address type %s is not supported by the VPC endpoint service %s. Supported: %s", ipType, s.ServiceName,
		strings.Join(s.SupportedIpAddressTypes, ", "))
}

func (r *region) hasGateway(service string) bool {
	_, err := r.findService(service, gatewayType)
	return err == nil
}

// setDNSOptions applies the options of a request. If the service has a gateway endpoint too,
// private DNS is by default for inbound resolver endpoints only, and requires that gateway
// endpoint.
func (r *region) setDNSOptions(e *vpcEndpoint, given *dnsOptions) *wire.Error {
	o := *e.DnsOptions
	if given != nil {
		if given.DnsRecordIpType != "" {
			o.DnsRecordIpType = given.DnsRecordIpType
		}
		if given.PrivateDnsOnlyForInboundResolverEndpoint != nil {
			o.PrivateDnsOnlyForInboundResolverEndpoint = given.PrivateDnsOnlyForInboundResolverEndpoint
		}
	}
	if !slices.Contains([]string{"ipv4", "ipv6", "dualstack", "service-defined"}, o.DnsRecordIpType) {
		return wire.Fail("InvalidParameterValue", "Invalid value '%s' for DnsRecordIpType", o.DnsRecordIpType)
	}
	if e.PrivateDnsEnabled && r.hasGateway(e.ServiceName) {
		if o.PrivateDnsOnlyForInboundResolverEndpoint == nil {
			on := true
			o.PrivateDnsOnlyForInboundResolverEndpoint = &on
		}
		if *o.PrivateDnsOnlyForInboundResolverEndpoint && !slices.ContainsFunc(r.endpoints.List, func(other *vpcEndpoint) bool {
			return other.VpcId == e.VpcId && other.ServiceName == e.ServiceName && other.VpcEndpointType == gatewayType
		}) {
			return wire.Fail("InvalidParameter", "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC %s must have a Gateway endpoint for the service.", e.VpcId)
		}
	}
	e.DnsOptions = &o
	return nil
}

func (r *region) checkPrivateDNS(e *vpcEndpoint, v *vpc) *wire.Error {
	if e.service.PrivateDnsName == "" {
		return wire.Fail("InvalidParameter", "Private DNS can't be enabled because the service %s does not provide a private DNS name.", e.ServiceName)
	}
	if !v.EnableDnsSupport || !v.EnableDnsHostnames {
		return wire.Fail("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", v.VpcId)
	}
	for _, name := range e.service.PrivateDnsNames {
		if r.zoneOf(v.VpcId, name.PrivateDnsName) != nil {
			return wire.Fail("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", name.PrivateDnsName, v.VpcId)
		}
	}
	for _, other := range r.endpoints.List {
		if other == e || other.VpcId != v.VpcId || !other.PrivateDnsEnabled || other.State == "failed" {
			continue
		}
		for _, name := range e.service.PrivateDnsNames {
			if slices.Contains(other.service.PrivateDnsNames, name) {
				return wire.Fail("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s",
					strings.TrimPrefix(name.PrivateDnsName, "*."), v.VpcId)
			}
		}
	}
	return nil
}

// checkSubnets finds subnets that can each have an interface of the endpoint. Its current subnets
// count too, even if the same request removes them.
func (r *region) checkSubnets(e *vpcEndpoint, ids []string) ([]*subnet, *wire.Error) {
	taken := map[string]bool{}
	for _, id := range e.SubnetIds {
		taken[r.subnets.ByID[id].AvailabilityZone] = true
	}
	var subnets []*subnet
	for _, id := range ids {
		s, err := find(&r.subnets, endpointSubnet, id)
		switch {
		case err != nil:
			return nil, err
		case s.VpcId != e.VpcId:
			return nil, wire.Fail("InvalidParameter", "The subnet %s does not belong to the VPC %s", id, e.VpcId)
		case s.OwnerId != store.AccountID:
			return nil, wire.Fail("OperationNotPermitted", "VPC endpoints cannot be created in the subnet %s, which is shared by the account %s", id, s.OwnerId)
		case !slices.Contains(e.service.AvailabilityZones, s.AvailabilityZone):
			return nil, wire.Fail("InvalidParameter", "The VPC endpoint service %s does not support the availability zone of the subnet: %s.", e.ServiceName, id)
		case taken[s.AvailabilityZone]:
			return nil, wire.Fail("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s", id)
		}
		v4, v6 := s.CidrBlock != "", len(s.Ipv6CidrBlockAssociationSet) > 0
		if e.IpAddressType == "ipv4" && !v4 || e.IpAddressType == "dualstack" && !(v4 && v6) || e.IpAddressType == "ipv6" && (v4 || !v6) {
			return nil, wire.Fail("InvalidParameter", "The IP address type %s is not supported by the subnet %s", e.IpAddressType, id)
		}
		if v4 && r.freeAddresses(s) < 1 {
			return nil, wire.Fail("InsufficientFreeAddressesInSubnet", "Insufficient free addresses in subnet '%s'", id)
		}
		taken[s.AvailabilityZone] = true
		subnets = append(subnets, s)
	}
	return subnets, nil
}

// checkGroups adds security groups of a VPC to the current groups.
func (r *region) checkGroups(vpcID string, before []groupIdentifier, ids []string) ([]groupIdentifier, *wire.Error) {
	groups := slices.Clone(before)
	for _, id := range ids {
		g, err := find(&r.groups, idGroup, id)
		if err != nil {
			return nil, err
		}
		if g.VpcId != vpcID {
			return nil, wire.Fail("InvalidParameter", "The security group %s does not belong to the VPC %s", id, vpcID)
		}
		if one := (groupIdentifier{g.GroupId, g.GroupName}); !slices.Contains(groups, one) {
			groups = append(groups, one)
		}
	}
	if len(groups) > r.quota(quotaGroupsPerInterface) {
		return nil, wire.Fail("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	return groups, nil
}

// checkPolicy checks an endpoint policy as far as AWS does on creation.
func checkPolicy(s *serviceDetail, document string) *wire.Error {
	if !s.VpcEndpointPolicySupported {
		return wire.Fail("InvalidParameter", "The VPC endpoint service %s does not support endpoint policies.", s.ServiceName)
	}
	if len(document) > maxPolicyLength {
		return wire.Fail("InvalidPolicyDocument", "The policy is longer than %d characters.", maxPolicyLength)
	}
	var policy struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return wire.Fail("InvalidPolicyDocument", "The policy is not valid JSON: %v", err)
	}
	var statements []map[string]any
	if json.Unmarshal(policy.Statement, &statements) != nil {
		var single map[string]any
		if json.Unmarshal(policy.Statement, &single) != nil {
			return wire.Fail("InvalidPolicyDocument", "The policy has no Statement.")
		}
		statements = append(statements, single)
	}
	for _, st := range statements {
		for _, names := range [][]string{{"Effect"}, {"Principal", "NotPrincipal"}, {"Action", "NotAction"}, {"Resource", "NotResource"}} {
			if !slices.ContainsFunc(names, func(n string) bool { return st[n] != nil }) {
				return wire.Fail("InvalidPolicyDocument", "A statement of the policy has no %s.", names[0])
			}
		}
	}
	return nil
}

// addInterface creates an interface of the endpoint in a subnet, with the lowest free address.
func (r *region) addInterface(e *vpcEndpoint, s *subnet) {
	i := &networkInterface{
		NetworkInterfaceId: r.Counters.ID("eni"), InterfaceType: endpointInterfaceType, Description: "VPC Endpoint Interface " + e.VpcEndpointId,
		SubnetId: s.SubnetId, VpcId: s.VpcId, AvailabilityZone: s.AvailabilityZone, AvailabilityZoneId: s.AvailabilityZoneId, Groups: e.Groups,
		OwnerId: store.AccountID, RequesterId: endpointInterfaceOwner, RequesterManaged: true, SourceDestCheck: true, endpoint: e,
		Attachment: &interfaceAttachment{
			AttachmentId: r.Counters.ID("ela-attach"), AttachTime: e.CreationTimestamp, DeviceIndex: 1, InstanceOwnerId: "amazon-aws", Status: "attached",
		},
	}
	if e.IpAddressType != "ipv6" {
		i.PrivateIpAddress = r.freeAddress(s.SubnetId, s.CidrBlock)
	}
	if e.IpAddressType != "ipv4" {
		i.Ipv6Addresses = []ipv6Address{{r.freeAddress(s.SubnetId, s.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)}}
	}
	r.putInterface(i)
	e.SubnetIds = append(e.SubnetIds, s.SubnetId)
	e.NetworkInterfaceIds = append(e.NetworkInterfaceIds, i.NetworkInterfaceId)
}

// freeAddress returns the lowest free address after the first four, which AWS reserves. The
// caller has checked that one exists.
func (r *region) freeAddress(subnetID, cidr string) string {
	a := netip.MustParsePrefix(cidr).Addr()
	for range 4 {
		a = a.Next()
	}
	for r.addresses[subnetID][a] {
		a = a.Next()
	}
	return a.String()
}

// putInterface stores an interface and reserves its addresses.
func (r *region) putInterface(i *networkInterface) {
	var addresses []string
	if i.PrivateIpAddress != "" {
		i.PrivateDnsName = "ip-" + strings.ReplaceAll(i.PrivateIpAddress, ".", "-") + ".ec2.internal"
		if r.Name != "us-east-1" {
			i.PrivateDnsName = strings.TrimSuffix(i.PrivateDnsName, "ec2.internal") + r.Name + ".compute.internal"
		}
		if i.PrivateIpAddresses == nil {
			i.PrivateIpAddresses = []privateAddress{{Primary: true, PrivateDnsName: i.PrivateDnsName, PrivateIpAddress: i.PrivateIpAddress}}
		}
	}
	for _, a := range i.PrivateIpAddresses {
		addresses = append(addresses, a.PrivateIpAddress)
	}
	for _, a := range i.Ipv6Addresses {
		addresses = append(addresses, a.Ipv6Address)
	}
	if r.addresses[i.SubnetId] == nil {
		r.addresses[i.SubnetId] = map[netip.Addr]bool{}
	}
	for _, a := range addresses {
		r.addresses[i.SubnetId][netip.MustParseAddr(a)] = true
	}
	mac := store.Hash(i.NetworkInterfaceId, 10)
	i.MacAddress = fmt.Sprintf("0a:%s:%s:%s:%s:%s", mac[0:2], mac[2:4], mac[4:6], mac[6:8], mac[8:10])
	r.interfaces.Add(i.NetworkInterfaceId, i)
}

func (r *region) dropInterface(e *vpcEndpoint, id string) {
	i := r.interfaces.ByID[id]
	r.removeInterface(i)
	e.NetworkInterfaceIds = slices.DeleteFunc(e.NetworkInterfaceIds, func(other string) bool { return other == id })
	e.SubnetIds = slices.DeleteFunc(e.SubnetIds, func(subnet string) bool { return subnet == i.SubnetId })
}

// removeInterface deletes an interface and frees its addresses.
func (r *region) removeInterface(i *networkInterface) {
	for _, a := range i.PrivateIpAddresses {
		delete(r.addresses[i.SubnetId], netip.MustParseAddr(a.PrivateIpAddress))
	}
	for _, a := range i.Ipv6Addresses {
		delete(r.addresses[i.SubnetId], netip.MustParseAddr(a.Ipv6Address))
	}
	r.interfaces.Remove(i.NetworkInterfaceId)
}

// fillInterface sets the status of an endpoint's interface from the endpoint's state.
func (r *region) fillInterface(i *networkInterface) {
	if i.endpoint != nil {
		i.Status = "in-use"
		if r.endpointState(i.endpoint) == "pending" {
			i.Status = "pending"
		}
	}
}

// setDNSEntries sets the DNS names of an endpoint: one for the Region, one for each zone, and the
// service's own names if private DNS is enabled.
func (r *region) setDNSEntries(e *vpcEndpoint) {
	public := hostedZone("vpce " + r.Name)
	private := hostedZone(e.VpcEndpointId)
	base := e.service.BaseEndpointDnsNames[0]
	name := e.VpcEndpointId + "-" + store.Hash(e.VpcEndpointId, 8)
	if r.hasGateway(e.ServiceName) {
		name = "*." + name // buckets and tables have their own host names
	}
	e.DnsEntries = []dnsEntry{{name + "." + base, public}}
	for _, id := range e.SubnetIds {
		e.DnsEntries = append(e.DnsEntries, dnsEntry{name + "-" + r.subnets.ByID[id].AvailabilityZone + "." + base, public})
	}
	if e.PrivateDnsEnabled {
		for _, n := range e.service.PrivateDnsNames {
			e.DnsEntries = append(e.DnsEntries, dnsEntry{n.PrivateDnsName, private})
		}
	}
}

func hostedZone(of string) string { return "Z" + strings.ToUpper(store.Hash(of, 19)) }

type modifyEndpointIn struct {
	DryRun                 bool
	VpcEndpointId          string `ec2:",required"`
	ResetPolicy            bool
	PolicyDocument         string
	AddRouteTableIds       []string `ec2:"AddRouteTableId"`
	RemoveRouteTableIds    []string `ec2:"RemoveRouteTableId"`
	AddSubnetIds           []string `ec2:"AddSubnetId"`
	RemoveSubnetIds        []string `ec2:"RemoveSubnetId"`
	AddSecurityGroupIds    []string `ec2:"AddSecurityGroupId"`
	RemoveSecurityGroupIds []string `ec2:"RemoveSecurityGroupId"`
	IpAddressType          string
	DnsOptions             *dnsOptions
	PrivateDnsEnabled      *bool
}

// modifyVpcEndpoint works on a copy until everything is checked, so a rejected request changes
// nothing.
func (r *region) modifyVpcEndpoint(in modifyEndpointIn) (returnOut, *wire.Error) {
	e, err := find(&r.endpoints, idEndpoint, in.VpcEndpointId)
	if err != nil {
		return returnOut{}, err
	}
	if e.RequesterManaged {
		return returnOut{}, requesterManaged(e)
	}
	if state := r.endpointState(e); state == "deleting" || state == "failed" {
		return returnOut{}, wire.Fail("IncorrectState", "The VPC endpoint %s is in the state %s and cannot be modified", e.VpcEndpointId, state)
	}
	next := *e
	switch {
	case in.ResetPolicy && in.PolicyDocument != "":
		return returnOut{}, wire.Fail("InvalidParameterCombination", "PolicyDocument and ResetPolicy cannot be used together")
	case in.ResetPolicy:
		next.PolicyDocument = fullAccess
	case in.PolicyDocument != "":
		if err := checkPolicy(e.service, in.PolicyDocument); err != nil {
			return returnOut{}, err
		}
		next.PolicyDocument = in.PolicyDocument
	}
	if e.VpcEndpointType == gatewayType {
		err = r.modifyGateway(e, next, in)
	} else {
		err = r.modifyInterface(e, next, in)
	}
	return returnOut{err == nil}, err
}

func requesterManaged(e *vpcEndpoint) *wire.Error {
	return wire.Fail("OperationNotPermitted", "Operation is not permitted for requester-managed VPC endpoint %s", e.VpcEndpointId)
}

func (r *region) modifyGateway(e *vpcEndpoint, next vpcEndpoint, in modifyEndpointIn) *wire.Error {
	if len(in.AddSubnetIds)+len(in.RemoveSubnetIds) > 0 {
		return wire.Fail("InvalidParameter", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	}
	if len(in.AddSecurityGroupIds)+len(in.RemoveSecurityGroupIds) > 0 {
		return wire.Fail("InvalidParameter", "Security group IDs are only supported for Interface type VPC Endpoint.")
	}
	if in.PrivateDnsEnabled != nil && *in.PrivateDnsEnabled {
		return wire.Fail("InvalidParameter", "Private DNS can only be enabled for Interface type VPC Endpoint.")
	}
	if err := checkIPType(e.service, in.IpAddressType); err != nil {
		return err
	}
	for _, id := range in.RemoveRouteTableIds {
		if !slices.Contains(e.RouteTableIds, id) {
			return wire.Fail("InvalidParameter", "The route table %s is not associated with the VPC endpoint %s", id, e.VpcEndpointId)
		}
	}
	tables, err := r.freeTables(e, in.AddRouteTableIds)
	if err != nil {
		return err
	}
	*e = next
	for _, id := range in.RemoveRouteTableIds {
		r.dropEndpointRoute(id, e)
		e.RouteTableIds = slices.DeleteFunc(slices.Clone(e.RouteTableIds), func(other string) bool { return other == id })
	}
	r.addEndpointRoutes(e, tables)
	return nil
}

func (r *region) modifyInterface(e *vpcEndpoint, next vpcEndpoint, in modifyEndpointIn) *wire.Error {
	if len(in.AddRouteTableIds)+len(in.RemoveRouteTableIds) > 0 {
		return wire.Fail("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
	}
	if in.IpAddressType != "" && in.IpAddressType != e.IpAddressType {
		return notSupported("changing the IP address type of a VPC endpoint")
	}
	if in.PrivateDnsEnabled != nil {
		next.PrivateDnsEnabled = *in.PrivateDnsEnabled
	}
	if in.DnsOptions != nil || next.PrivateDnsEnabled && !e.PrivateDnsEnabled {
		if err := r.setDNSOptions(&next, in.DnsOptions); err != nil {
			return err
		}
	}
	if next.PrivateDnsEnabled && !e.PrivateDnsEnabled {
		if err := r.checkPrivateDNS(&next, r.vpcs.ByID[e.VpcId]); err != nil {
			return err
		}
	}
	for _, id := range in.RemoveSubnetIds {
		if !slices.Contains(e.SubnetIds, id) {
			return wire.Fail("InvalidParameter", "The subnet %s is not associated with the VPC endpoint %s", id, e.VpcEndpointId)
		}
	}
	subnets, err := r.checkSubnets(e, in.AddSubnetIds)
	if err != nil {
		return err
	}
	next.Groups = slices.Clone(e.Groups)
	for _, id := range in.RemoveSecurityGroupIds {
		before := len(next.Groups)
		next.Groups = slices.DeleteFunc(next.Groups, func(g groupIdentifier) bool { return g.GroupId == id })
		if len(next.Groups) == before {
			return wire.Fail("InvalidParameter", "The security group %s is not associated with the VPC endpoint %s", id, e.VpcEndpointId)
		}
	}
	if next.Groups, err = r.checkGroups(next.VpcId, next.Groups, in.AddSecurityGroupIds); err != nil {
		return err
	}
	if len(next.Groups) == 0 {
		return wire.Fail("InvalidParameter", "An Interface VPC Endpoint must always have at least one Security Group")
	}
	*e = next
	for _, id := range slices.Clone(e.NetworkInterfaceIds) {
		i := r.interfaces.ByID[id]
		i.Groups = e.Groups
		if slices.Contains(in.RemoveSubnetIds, i.SubnetId) {
			r.dropInterface(e, id)
		}
	}
	for _, s := range subnets {
		r.addInterface(e, s)
	}
	r.setDNSEntries(e)
	return nil
}

type deleteEndpointsIn struct {
	DryRun         bool
	VpcEndpointIds []string `ec2:"VpcEndpointId,required"`
}

type unsuccessfulItem struct {
	ResourceId string
	Error      itemError
}

type itemError struct {
	Code    string
	Message string
}

type deleteEndpointsOut struct{ Unsuccessful []unsuccessfulItem }

// deleteVpcEndpoints always returns 200; failures are in the body.
func (r *region) deleteVpcEndpoints(in deleteEndpointsIn) (deleteEndpointsOut, *wire.Error) {
	var out deleteEndpointsOut
	for _, id := range in.VpcEndpointIds {
		e, err := find(&r.endpoints, idEndpoint, id)
		if err == nil && e.RequesterManaged {
			err = requesterManaged(e)
		}
		switch {
		case err != nil:
			out.Unsuccessful = append(out.Unsuccessful, unsuccessfulItem{id, itemError{err.Code, err.Message}})
		case e.VpcEndpointType == gatewayType:
			r.dropEndpoint(e)
		case e.deletedAt.IsZero():
			e.deletedAt = r.Now()
		}
	}
	return out, nil
}
