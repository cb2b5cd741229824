package sandbox

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Hosts, and whether their agents reach Amazon ECS.

const (
	rebootTime     = 50 * time.Second // until an instance runs its agent again
	agentStartTime = 5 * time.Second  // until an agent has registered, if it has a network path
	agentLossTime  = time.Minute      // until a lost connection is shown

	// privateAgent is the first version of the agent that can use VPC endpoints.
	privateAgent = "1.25.1"
)

// agentServices are the endpoints that an agent needs. It needs all of them.
var agentServices = []string{"ecs", "ecs-agent", "ecs-telemetry"}

type rebootIn struct {
	DryRun      bool
	InstanceIds []string `ec2:"InstanceId,required"`
}

// rebootInstances reboots all instances or none.
func (r *region) rebootInstances(in rebootIn) (returnOut, *wire.Error) {
	var hosts []*instance
	for _, id := range in.InstanceIds {
		i, err := find(&r.instances, idInstance, id)
		if err != nil {
			return returnOut{}, err
		}
		if i.State.Name != "running" {
			return returnOut{}, wire.Fail("IncorrectState", "The instance '%s' is not in the 'running' state.", id)
		}
		hosts = append(hosts, i)
	}
	for _, i := range hosts {
		r.reboot(i)
	}
	return returnOut{true}, nil
}

// reboot ends everything that runs on a host. Its ECS agent and SSM Agent are not connected until
// the host is up again.
func (r *region) reboot(host *instance) {
	host.bootsUntil = r.Plus(r.Now(), rebootTime)
	r.restartAgent(host, r.Now(), rebootTime+agentStartTime)
	r.stopTasksOn(host, "Host EC2 (instance "+host.InstanceId+") was rebooted.")
}

// restartAgent disconnects the agent of a host until it starts to connect again. The agent does
// not register again: the container instance stays the same. Tasks continue to run.
func (r *region) restartAgent(host *instance, at time.Time, takes time.Duration) {
	for _, i := range r.ECS.ContainerInstances {
		if i.Ec2InstanceId != host.InstanceId || i.Status == "INACTIVE" {
			continue
		}
		i.AgentConnected, i.byEndpoint, i.lostAt = false, false, time.Time{}
		i.connectsFrom = r.Plus(at, takes)
		if i.stubborn {
			i.connectsFrom = time.Time{}
		}
	}
}

// settleAgent connects a restarted agent as soon as a network path exists. An agent that was
// never restarted does not reconnect, because it keeps the addresses that it resolved before.
func (r *region) settleAgent(i *ecsContainerInstance) {
	host := r.instances.ByID[i.Ec2InstanceId]
	switch {
	case host == nil:
	case i.AgentConnected:
		r.keepAgent(i, host)
	case !i.connectsFrom.IsZero() && !r.Now().Before(i.connectsFrom) && r.agentReaches(i, host):
		i.AgentConnected, i.connectsFrom, i.byEndpoint = true, time.Time{}, r.usesEndpoints(i, host)
		i.Version++
	}
}

// keepAgent checks the connection of an agent. A connection through the internet stays until the
// agent restarts, even if endpoints are created. A connection through an endpoint ends if the
// endpoint is deleted or denies it; then the agent keeps trying.
func (r *region) keepAgent(i *ecsContainerInstance, host *instance) {
	switch {
	case !i.byEndpoint || r.agentReaches(i, host):
		i.lostAt = time.Time{}
	case i.lostAt.IsZero():
		i.lostAt = r.Now()
	case r.Passed(i.lostAt, agentLossTime):
		i.AgentConnected, i.byEndpoint, i.lostAt, i.connectsFrom = false, false, time.Time{}, r.Now()
		i.Version++
	}
}

func (i *ecsContainerInstance) private() bool {
	return compareVersions(i.VersionInfo.AgentVersion, privateAgent) >= 0
}

func (r *region) agentReaches(i *ecsContainerInstance, host *instance) bool {
	return !slices.ContainsFunc(agentServices, func(s string) bool { return !r.reaches(host, s, i.private()) })
}

func (r *region) usesEndpoints(i *ecsContainerInstance, host *instance) bool {
	return i.private() && slices.ContainsFunc(agentServices, func(s string) bool { return r.lookUp(host.VpcId, r.nameOf(s)).endpoint != nil })
}

// peer is one side of a connection.
type peer struct {
	address    netip.Addr
	groups     []groupIdentifier
	subnet     string // "" = outside the VPC
	prefixList string // the prefix list of the address, which security groups and routes can reference
}

func peerOf(i *networkInterface) peer {
	p := peer{groups: i.Groups, subnet: i.SubnetId}
	p.address, _ = netip.ParseAddr(i.PrivateIpAddress) // an interface without an IPv4 address reaches nothing by IPv4
	return p
}

// reaches reports whether HTTPS from an instance reaches a service. private tells whether the
// program can use endpoints.
func (r *region) reaches(host *instance, service string, private bool) bool {
	return slices.ContainsFunc(r.interfacesOf(host.InstanceId), func(from *networkInterface) bool { return r.gets(from, service, private) })
}

// gets reports whether HTTPS from an interface reaches a service. If an endpoint has the
// service's private DNS name in the VPC, only that endpoint can be used.
func (r *region) gets(from *networkInterface, service string, private bool) bool {
	found := r.lookUp(from.VpcId, r.nameOf(service))
	switch {
	case len(found.addresses) == 0:
		return false
	case found.endpoint == nil || !private:
		return r.getsOut(from, service == "s3")
	}
	return slices.ContainsFunc(found.interfaces, func(to *networkInterface) bool { return r.allowsHTTPS(peerOf(from), peerOf(to)) })
}

// getsOut reports whether an interface reaches AWS's public addresses. With s3, a gateway
// endpoint is enough.
func (r *region) getsOut(from *networkInterface, s3 bool) bool {
	if s3 {
		if id := r.gatewayRoute(from.SubnetId); id != "" {
			first := netip.MustParsePrefix(r.prefixLists.ByID[id].Cidrs[0]).Addr().Next()
			return r.allowsHTTPS(peerOf(from), peer{address: first, prefixList: id})
		}
	}
	return r.routeOut(from) && r.allowsHTTPS(peerOf(from), peer{address: publicAddress("")})
}

// gatewayRoute returns the prefix list of S3 if a subnet has a route to it; "" otherwise.
func (r *region) gatewayRoute(subnetID string) string {
	t := r.tableOf(subnetID)
	if t == nil {
		return ""
	}
	for _, route := range t.Routes {
		if l := r.prefixLists.ByID[route.DestinationPrefixListId]; l != nil && strings.HasSuffix(l.PrefixListName, ".s3") && r.endpoints.ByID[route.GatewayId] != nil {
			return l.PrefixListId
		}
	}
	return ""
}

// lookup is the answer of a VPC's resolvers for a name. Without addresses, the name does not
// exist.
type lookup struct {
	addresses  []netip.Addr
	endpoint   *vpcEndpoint // the endpoint with these addresses; nil = public addresses
	interfaces []*networkInterface
}

// lookUp resolves a name like a host in a VPC. Only the Amazon resolver knows private names; the
// customer's own resolvers return the public addresses.
func (r *region) lookUp(vpcID, name string) lookup {
	v := r.vpcs.ByID[vpcID]
	if e := r.endpointCalled(name); e != nil {
		return r.lookUpEndpoint(e, name) // the endpoint's own names are public
	}
	if r.amazonResolves(v) {
		if !v.EnableDnsSupport {
			return lookup{}
		}
		if e := r.endpointNamed(v, name); e != nil {
			return r.lookUpEndpoint(e, "")
		}
		for _, z := range r.HostedZones {
			if slices.Contains(z.VPCs, vpcID) && strings.HasSuffix("."+name, "."+strings.TrimSuffix(z.Name, ".")) {
				return lookup{} // the zone answers for the name, and its content is unknown
			}
		}
	}
	if slices.ContainsFunc(r.services, func(s *serviceDetail) bool { return s.named(name) }) {
		return lookup{addresses: []netip.Addr{publicAddress(name)}}
	}
	return lookup{}
}

// lookUpEndpoint returns the addresses of an endpoint. If the name contains a zone, it returns
// only the interface in that zone.
func (r *region) lookUpEndpoint(e *vpcEndpoint, name string) lookup {
	found := lookup{endpoint: e}
	zonal := strings.Contains(name, "-"+r.Name)
	for _, id := range e.NetworkInterfaceIds {
		if i := r.interfaces.ByID[id]; !zonal || strings.Contains(name, "-"+i.AvailabilityZone+".") {
			found.interfaces = append(found.interfaces, i)
			found.addresses = append(found.addresses, i.addresses()...)
		}
	}
	return found
}

// amazonResolves reports whether the hosts of a VPC use the Amazon resolver. They use the first
// server of their DHCP options.
func (r *region) amazonResolves(v *vpc) bool {
	options := r.dhcpOptions.ByID[v.DhcpOptionsId]
	if options == nil {
		return true
	}
	block, err := netip.ParsePrefix(v.CidrBlock)
	for _, c := range options.DhcpConfigurations {
		if c.Key == "domain-name-servers" && len(c.Values) > 0 {
			first := c.Values[0].Value
			return first == "AmazonProvidedDNS" || first == "169.254.169.253" || err == nil && first == block.Addr().Next().Next().String()
		}
	}
	return true
}

// endpointNamed finds the endpoint that has a private name in a VPC.
func (r *region) endpointNamed(v *vpc, name string) *vpcEndpoint {
	if !v.EnableDnsHostnames {
		return nil
	}
	for _, e := range r.endpoints.List {
		if e.VpcId == v.VpcId && e.VpcEndpointType == interfaceType && e.PrivateDnsEnabled && e.service.named(name) && r.endpointState(e) == "available" {
			return e
		}
	}
	return nil
}

// named reports whether a name is one of the service's private DNS names.
func (s *serviceDetail) named(name string) bool {
	return slices.ContainsFunc(s.PrivateDnsNames, func(n privateDNSName) bool {
		suffix, wild := strings.CutPrefix(n.PrivateDnsName, "*")
		return n.PrivateDnsName == name || wild && strings.HasSuffix(name, suffix)
	})
}

// nameOf returns the host name of a service; "" if the Region does not have it.
func (r *region) nameOf(service string) string {
	for _, s := range r.services {
		if _, of, _ := strings.Cut(s.ServiceName, "."+r.Name+"."); of == service && s.PrivateDnsName != "" {
			return s.PrivateDnsName
		}
	}
	return ""
}

// publicAddress returns an invented public AWS address for a name.
func publicAddress(name string) netip.Addr {
	var b [2]byte
	_, _ = fmt.Sscanf(store.Hash(name, 4), "%02x%02x", &b[0], &b[1]) // hash returns hexadecimal digits
	return netip.AddrFrom4([4]byte{52, 94, b[0], b[1]})
}

func (i *networkInterface) addresses() []netip.Addr {
	var all []netip.Addr
	for _, a := range i.PrivateIpAddresses {
		all = append(all, netip.MustParseAddr(a.PrivateIpAddress))
	}
	for _, a := range i.Ipv6Addresses {
		all = append(all, netip.MustParseAddr(a.Ipv6Address))
	}
	return all
}

// routeOut reports whether an interface has a route to the internet that VPC Block Public Access does not
// block. The sandbox assumes that a transit gateway leads to the internet.
func (r *region) routeOut(i *networkInterface) bool {
	if r.subnets.ByID[i.SubnetId].BlockPublicAccessStates.InternetGatewayBlockMode == "block-bidirectional" {
		return false
	}
	t := r.tableOf(i.SubnetId)
	return t != nil && slices.ContainsFunc(t.Routes, func(route route) bool {
		if route.DestinationCidrBlock != "0.0.0.0/0" || route.State != "active" {
			return false
		}
		if r.igws.ByID[route.GatewayId] != nil {
			return i.Association != nil
		}
		nat := r.nats.ByID[route.NatGatewayId]
		return nat != nil && nat.State == "available" && nat.ConnectivityType == "public" && r.natRouted(nat) || route.TransitGatewayId != ""
	})
}

// natRouted reports whether the routes of a NAT gateway's own subnet, or of a regional one's route
// table, lead to an internet gateway.
func (r *region) natRouted(nat *natGateway) bool {
	t := r.routeTables.ByID[nat.RouteTableId]
	if nat.SubnetId != "" {
		t = r.tableOf(nat.SubnetId)
	}
	return t != nil && slices.ContainsFunc(t.Routes, func(route route) bool {
		return route.DestinationCidrBlock == "0.0.0.0/0" && route.State == "active" && r.igws.ByID[route.GatewayId] != nil
	})
}

// tableOf returns the route table of a subnet: its own, or the VPC's main route table.
func (r *region) tableOf(subnetID string) *routeTable {
	var main *routeTable
	for _, t := range r.routeTables.List {
		for _, a := range t.Associations {
			switch {
			case a.SubnetId == subnetID:
				return t
			case a.Main && t.VpcId == r.subnets.ByID[subnetID].VpcId:
				main = t
			}
		}
	}
	return main
}

const httpsPort = 443

// ephemeralPorts are the lowest and highest port that Linux uses for outgoing connections. The
// responses use these ports.
var ephemeralPorts = []int32{32768, 60999}

// allowsHTTPS reports whether security groups and network ACLs allow an HTTPS connection.
// Security groups are stateful, ACLs are not.
func (r *region) allowsHTTPS(from, to peer) bool {
	if !r.groupsAllow(from, to, true) || to.subnet != "" && !r.groupsAllow(to, from, false) {
		return false
	}
	if from.subnet == to.subnet {
		return true // ACLs apply only between subnets
	}
	if !r.aclAllows(from.subnet, true, to.address, httpsPort) || !r.aclAllows(to.subnet, false, from.address, httpsPort) {
		return false
	}
	for _, port := range ephemeralPorts {
		if !r.aclAllows(to.subnet, true, from.address, port) || !r.aclAllows(from.subnet, false, to.address, port) {
			return false
		}
	}
	return true
}

// groupsAllow reports whether a rule of one side's security groups allows the other side.
func (r *region) groupsAllow(one, other peer, egress bool) bool {
	return slices.ContainsFunc(one.groups, func(g groupIdentifier) bool {
		return slices.ContainsFunc(r.groups.ByID[g.GroupId].Rules, func(rule *groupRule) bool {
			ports := rule.IpProtocol == "-1" || rule.IpProtocol == "tcp" && (rule.FromPort == -1 || rule.FromPort <= httpsPort && httpsPort <= rule.ToPort)
			if rule.IsEgress != egress || !ports {
				return false
			}
			if rule.PrefixListId != "" {
				l := r.prefixLists.ByID[rule.PrefixListId]
				return rule.PrefixListId == other.prefixList || l != nil && l.OwnerId != "" && slices.ContainsFunc(l.Cidrs, func(c string) bool { return covers(c, other.address) })
			}
			if ref := rule.ReferencedGroupInfo; ref != nil {
				return slices.ContainsFunc(other.groups, func(g groupIdentifier) bool { return g.GroupId == ref.GroupId })
			}
			return covers(rule.CidrIpv4, other.address)
		})
	})
}

func covers(cidr string, a netip.Addr) bool {
	p, err := netip.ParsePrefix(cidr)
	return err == nil && p.Contains(a)
}

// aclAllows uses the first entry that matches, like ACLs.
func (r *region) aclAllows(subnetID string, egress bool, other netip.Addr, port int32) bool {
	if subnetID == "" {
		return true
	}
	for _, acl := range r.acls.List {
		if !slices.ContainsFunc(acl.Associations, func(a aclAssociation) bool { return a.SubnetId == subnetID }) {
			continue
		}
		for _, e := range acl.Entries { // in order of rule number
			ports := e.Protocol == "-1" || e.Protocol == "6" && (e.PortRange == nil || e.PortRange.From <= port && port <= e.PortRange.To)
			if e.Egress == egress && ports && covers(e.CidrBlock, other) {
				return e.RuleAction == "allow"
			}
		}
		return false
	}
	return true
}
