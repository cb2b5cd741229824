package sandbox

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Hosts, and whether the agents on them find their way to Amazon ECS.

const (
	rebootTime     = 50 * time.Second // until an instance runs its agent again
	agentStartTime = 5 * time.Second  // until an agent has registered, if it gets through
	agentLossTime  = time.Minute      // until the loss of a connection shows

	// privateAgent is the first version of the agent that can use VPC endpoints.
	privateAgent = "1.25.1"
)

// agentServices are the endpoints that an agent needs, all of them.
var agentServices = []string{"ecs", "ecs-agent", "ecs-telemetry"}

type rebootIn struct {
	DryRun      bool
	InstanceIds []string `ec2:"InstanceId,required"`
}

// rebootInstances restarts all of the instances or none.
func (r *region) rebootInstances(in rebootIn) (returnOut, *apiError) {
	var hosts []*instance
	for _, id := range in.InstanceIds {
		i, err := find(&r.instances, idInstance, id)
		if err != nil {
			return returnOut{}, err
		}
		if i.State.Name != "running" {
			return returnOut{}, fail("IncorrectState", "The instance '%s' is not in the 'running' state.", id)
		}
		hosts = append(hosts, i)
	}
	for _, i := range hosts {
		r.reboot(i)
	}
	return returnOut{true}, nil
}

// reboot ends what runs on a host; its agents, that of ECS and that of Systems Manager, are away until it is up again.
func (r *region) reboot(host *instance) {
	host.bootsUntil = r.now().Add(r.account.after(rebootTime))
	r.restartAgent(host, r.now(), rebootTime+agentStartTime)
	r.stopTasksOn(host, "Host EC2 (instance "+host.InstanceId+") was rebooted.")
}

// restartAgent takes the agent of a host away, until it tries to connect again. It registers nothing anew: the container instance
// stays what it is. Tasks go on.
func (r *region) restartAgent(host *instance, at time.Time, takes time.Duration) {
	for _, i := range r.ecs.ContainerInstances {
		if i.Ec2InstanceId != host.InstanceId {
			continue
		}
		i.AgentConnected, i.byEndpoint, i.lostAt = false, false, time.Time{}
		i.connectsFrom = at.Add(r.account.after(takes))
		if i.stubborn {
			i.connectsFrom = time.Time{}
		}
	}
}

// settleAgent lets an agent that has started anew connect as soon as there is a way. One that was away from the beginning does not
// come back by itself: it holds on to the address that it was once told.
func (r *region) settleAgent(i *ecsContainerInstance) {
	host := r.instances.byID[i.Ec2InstanceId]
	switch {
	case host == nil:
	case i.AgentConnected:
		r.keepAgent(i, host)
	case !i.connectsFrom.IsZero() && !r.now().Before(i.connectsFrom) && r.agentReaches(i, host):
		i.AgentConnected, i.connectsFrom, i.byEndpoint = true, time.Time{}, r.usesEndpoints(i, host)
		i.Version++
	}
}

// keepAgent: a connection by way of the internet holds until the agent is restarted, whatever is made in the VPC meanwhile. One by
// way of an endpoint breaks when the endpoint goes or shuts it out; then the agent goes on trying.
func (r *region) keepAgent(i *ecsContainerInstance, host *instance) {
	switch {
	case !i.byEndpoint || r.agentReaches(i, host):
		i.lostAt = time.Time{}
	case i.lostAt.IsZero():
		i.lostAt = r.now()
	case !r.now().Before(i.lostAt.Add(r.account.after(agentLossTime))):
		i.AgentConnected, i.byEndpoint, i.lostAt, i.connectsFrom = false, false, time.Time{}, r.now()
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

// peer is one end of a connection.
type peer struct {
	address    netip.Addr
	groups     []groupIdentifier
	subnet     string // "" = outside
	prefixList string // that the address is in, where security groups and routes can name it
}

func peerOf(i *networkInterface) peer {
	p := peer{groups: i.Groups, subnet: i.SubnetId}
	p.address, _ = netip.ParseAddr(i.PrivateIpAddress) // an interface without one reaches nothing by IPv4
	return p
}

// reaches says whether HTTPS gets from an instance to a service; private says whether the program can use endpoints at all.
func (r *region) reaches(host *instance, service string, private bool) bool {
	return slices.ContainsFunc(r.interfacesOf(host.InstanceId), func(from *networkInterface) bool { return r.gets(from, service, private) })
}

// gets says whether HTTPS gets from an interface to a service. Where an endpoint has taken over the service's name in the VPC, it is
// that endpoint or nothing.
func (r *region) gets(from *networkInterface, service string, private bool) bool {
	found := r.lookUp(from.VpcId, r.nameOf(service))
	switch {
	case len(found.addresses) == 0:
		return false
	case found.endpoint == nil || !private:
		return r.getsOut(from, service == "s3")
	}
	return slices.ContainsFunc(found.interfaces, func(to *networkInterface) bool { return r.admits(peerOf(from), peerOf(to)) })
}

// getsOut says whether an interface reaches the public addresses of AWS: those of S3 through a gateway endpoint too.
func (r *region) getsOut(from *networkInterface, s3 bool) bool {
	if s3 {
		if id := r.gatewayRoute(from.SubnetId); id != "" {
			first := netip.MustParsePrefix(r.prefixLists.byID[id].Cidrs[0]).Addr().Next()
			return r.admits(peerOf(from), peer{address: first, prefixList: id})
		}
	}
	return r.routeOut(from) && r.admits(peerOf(from), peer{address: publicAddress("")})
}

// gatewayRoute is the prefix list of S3 if a subnet has a route to it; "" if it has none.
func (r *region) gatewayRoute(subnetID string) string {
	t := r.tableOf(subnetID)
	if t == nil {
		return ""
	}
	for _, route := range t.Routes {
		if l := r.prefixLists.byID[route.DestinationPrefixListId]; l != nil && strings.HasSuffix(l.PrefixListName, ".s3") && r.endpoints.byID[route.GatewayId] != nil {
			return l.PrefixListId
		}
	}
	return ""
}

// lookup is what the resolvers of a VPC say of a name; no addresses: they know none.
type lookup struct {
	addresses  []netip.Addr
	endpoint   *vpcEndpoint // whose addresses they are; nil = public ones
	interfaces []*networkInterface
}

// lookUp resolves a name as a host in a VPC would. Only Amazon's resolver knows private names; one of the customer's own answers
// with the public addresses.
func (r *region) lookUp(vpcID, name string) lookup {
	v := r.vpcs.byID[vpcID]
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
		for _, z := range r.zones {
			if slices.Contains(z.VPCs, vpcID) && strings.HasSuffix("."+name, "."+strings.TrimSuffix(z.Name, ".")) {
				return lookup{} // the zone answers for the name, and nobody knows what it holds
			}
		}
	}
	if slices.ContainsFunc(r.services, func(s *serviceDetail) bool { return s.named(name) }) {
		return lookup{addresses: []netip.Addr{publicAddress(name)}}
	}
	return lookup{}
}

// lookUpEndpoint gives the addresses of an endpoint: of its interface in one zone, if the name names that.
func (r *region) lookUpEndpoint(e *vpcEndpoint, name string) lookup {
	found := lookup{endpoint: e}
	zonal := strings.Contains(name, "-"+r.catalog.Name)
	for _, id := range e.NetworkInterfaceIds {
		if i := r.interfaces.byID[id]; !zonal || strings.Contains(name, "-"+i.AvailabilityZone+".") {
			found.interfaces = append(found.interfaces, i)
			found.addresses = append(found.addresses, i.addresses()...)
		}
	}
	return found
}

// amazonResolves says whether the hosts of a VPC ask Amazon's resolver. They ask the first of those that DHCP tells them of.
func (r *region) amazonResolves(v *vpc) bool {
	options := r.dhcpOptions.byID[v.DhcpOptionsId]
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

// endpointNamed finds the endpoint that answers to a name in a VPC.
func (r *region) endpointNamed(v *vpc, name string) *vpcEndpoint {
	if !v.EnableDnsHostnames {
		return nil
	}
	for _, e := range r.endpoints.list {
		if e.VpcId == v.VpcId && e.VpcEndpointType == interfaceType && e.PrivateDnsEnabled && e.service.named(name) && r.endpointState(e) == "available" {
			return e
		}
	}
	return nil
}

// named says whether a name is one of the service's own.
func (s *serviceDetail) named(name string) bool {
	return slices.ContainsFunc(s.PrivateDnsNames, func(n privateDNSName) bool {
		suffix, wild := strings.CutPrefix(n.PrivateDnsName, "*")
		return n.PrivateDnsName == name || wild && strings.HasSuffix(name, suffix)
	})
}

// nameOf is the name under which clients call a service; "" if the Region does not have it.
func (r *region) nameOf(service string) string {
	for _, s := range r.services {
		if _, of, _ := strings.Cut(s.ServiceName, "."+r.catalog.Name+"."); of == service && s.PrivateDnsName != "" {
			return s.PrivateDnsName
		}
	}
	return ""
}

// publicAddress makes up an address of AWS's for a name.
func publicAddress(name string) netip.Addr {
	var b [2]byte
	_, _ = fmt.Sscanf(hash(name, 4), "%02x%02x", &b[0], &b[1]) // hash gives hexadecimal digits
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

// routeOut says whether an interface has a way to the internet; what is behind a transit gateway is taken to have one.
func (r *region) routeOut(i *networkInterface) bool {
	t := r.tableOf(i.SubnetId)
	return t != nil && slices.ContainsFunc(t.Routes, func(route route) bool {
		if route.DestinationCidrBlock != "0.0.0.0/0" || route.State != "active" {
			return false
		}
		if r.igws.byID[route.GatewayId] != nil {
			return i.Association != nil
		}
		nat := r.nats.byID[route.NatGatewayId]
		return nat != nil && nat.State == "available" && nat.ConnectivityType == "public" || route.TransitGatewayId != ""
	})
}

// tableOf is the route table of a subnet: its own, or the VPC's main one.
func (r *region) tableOf(subnetID string) *routeTable {
	var main *routeTable
	for _, t := range r.routeTables.list {
		for _, a := range t.Associations {
			switch {
			case a.SubnetId == subnetID:
				return t
			case a.Main && t.VpcId == r.subnets.byID[subnetID].VpcId:
				main = t
			}
		}
	}
	return main
}

const httpsPort = 443

// ephemeralPorts are the lowest and the highest port from which Linux connects; the answers go there.
var ephemeralPorts = []int32{32768, 60999}

// admits says whether security groups and network ACLs let an HTTPS connection through. Groups remember connections; ACLs don't.
func (r *region) admits(from, to peer) bool {
	if !r.groupsAdmit(from, to, true) || to.subnet != "" && !r.groupsAdmit(to, from, false) {
		return false
	}
	if from.subnet == to.subnet {
		return true // ACLs stand between subnets
	}
	if !r.aclAdmits(from.subnet, true, to.address, httpsPort) || !r.aclAdmits(to.subnet, false, from.address, httpsPort) {
		return false
	}
	for _, port := range ephemeralPorts {
		if !r.aclAdmits(to.subnet, true, from.address, port) || !r.aclAdmits(from.subnet, false, to.address, port) {
			return false
		}
	}
	return true
}

// groupsAdmit says whether a rule of one end's groups names the other end.
func (r *region) groupsAdmit(one, other peer, egress bool) bool {
	return slices.ContainsFunc(one.groups, func(g groupIdentifier) bool {
		return slices.ContainsFunc(r.groups.byID[g.GroupId].Rules, func(rule *groupRule) bool {
			ports := rule.IpProtocol == "-1" || rule.IpProtocol == "tcp" && (rule.FromPort == -1 || rule.FromPort <= httpsPort && httpsPort <= rule.ToPort)
			if rule.IsEgress != egress || !ports {
				return false
			}
			if rule.PrefixListId != "" {
				return rule.PrefixListId == other.prefixList
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

// aclAdmits takes the first entry that matches, as ACLs do.
func (r *region) aclAdmits(subnetID string, egress bool, other netip.Addr, port int32) bool {
	if subnetID == "" {
		return true
	}
	for _, acl := range r.acls.list {
		if !slices.ContainsFunc(acl.Associations, func(a aclAssociation) bool { return a.SubnetId == subnetID }) {
			continue
		}
		for _, e := range acl.Entries { // sorted by number
			ports := e.Protocol == "-1" || e.Protocol == "6" && (e.PortRange == nil || e.PortRange.From <= port && port <= e.PortRange.To)
			if e.Egress == egress && ports && covers(e.CidrBlock, other) {
				return e.RuleAction == "allow"
			}
		}
		return false
	}
	return true
}
