package sandbox

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// checker reports contradictions within one scenario.
type checker struct {
	*testing.T
	r *region
}

func TestScenariosHoldTogether(t *testing.T) {
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			a, err := New(Options{Scenario: s.Name})
			if err != nil {
				t.Fatal(err)
			}
			c := checker{t, a.region(s.Region)}
			if c.r.vpcs.ByID[s.VPC] == nil {
				t.Errorf("%s does not exist", s.VPC)
			}
			c.ids()
			c.addresses()
			c.routes()
			c.acls()
			c.interfaces()
			c.endpoints()
			c.ecs()
			c.hosts()
			c.batch()
			c.mwaa()
			c.balancers()
			for _, z := range c.r.HostedZones {
				for _, id := range z.VPCs {
					c.has(c.r.vpcs.ByID[id] != nil, z.HostedZoneId, id)
				}
			}
		})
	}
}

func (c checker) has(ok bool, who, what string) {
	c.Helper()
	if !ok {
		c.Errorf("%s: no such %s, or not in its VPC", who, what)
	}
}

func checkIDs[T any](c checker, k idKind, t *store.Table[T]) {
	c.Helper()
	if len(t.ByID) != len(t.List) {
		c.Errorf("%d of the %s ids are duplicates", len(t.List)-len(t.ByID), k.Prefix)
	}
	for id := range t.ByID {
		if err := k.check(id); err != nil {
			c.Error(err.Message)
		}
	}
}

func (c checker) ids() {
	checkIDs(c, idVPC, &c.r.vpcs)
	checkIDs(c, idDHCPOptions, &c.r.dhcpOptions)
	checkIDs(c, idSubnet, &c.r.subnets)
	checkIDs(c, idRouteTable, &c.r.routeTables)
	checkIDs(c, idIGW, &c.r.igws)
	checkIDs(c, idEIGW, &c.r.eigws)
	checkIDs(c, idNAT, &c.r.nats)
	checkIDs(c, idACL, &c.r.acls)
	checkIDs(c, idGroup, &c.r.groups)
	checkIDs(c, idInterface, &c.r.interfaces)
	checkIDs(c, idEndpoint, &c.r.endpoints)
	rules := store.Table[groupRule]{}
	for _, g := range c.r.groups.List {
		c.has(c.r.vpcs.ByID[g.VpcId] != nil, g.GroupId, g.VpcId)
		for _, rule := range g.Rules {
			rules.Add(rule.SecurityGroupRuleId, rule)
			if ref := rule.ReferencedGroupInfo; ref != nil {
				c.group(g.GroupId, ref.GroupId, g.VpcId)
			}
		}
	}
	checkIDs(c, idGroupRule, &rules)
}

func (c checker) group(who, id, vpcID string) {
	c.Helper()
	g := c.r.groups.ByID[id]
	c.has(g != nil && g.VpcId == vpcID, who, id)
}

func (c checker) subnet(who, id, vpcID string) {
	c.Helper()
	s := c.r.subnets.ByID[id]
	c.has(s != nil && s.VpcId == vpcID, who, id)
}

// addresses checks that subnets are inside the blocks of their VPC and do not overlap.
func (c checker) addresses() {
	blocks := map[string][]netip.Prefix{}
	for _, v := range c.r.vpcs.List {
		c.has(c.r.dhcpOptions.ByID[v.DhcpOptionsId] != nil, v.VpcId, v.DhcpOptionsId)
		for _, a := range v.CidrBlockAssociationSet {
			p := netip.MustParsePrefix(a.CidrBlock)
			if p != p.Masked() || p.Bits() < 16 || p.Bits() > 28 {
				c.Errorf("%s: %s is not a valid block of a VPC", v.VpcId, p)
			}
			blocks[v.VpcId] = append(blocks[v.VpcId], p)
		}
		if len(blocks[v.VpcId]) > 5 {
			c.Errorf("%s has %d blocks", v.VpcId, len(blocks[v.VpcId]))
		}
	}
	taken := map[string][]netip.Prefix{}
	for _, s := range c.r.subnets.List {
		p := netip.MustParsePrefix(s.CidrBlock)
		if p != p.Masked() || p.Bits() > 28 {
			c.Errorf("%s: %s is not a valid block of a subnet", s.SubnetId, p)
		}
		if !slices.ContainsFunc(blocks[s.VpcId], func(b netip.Prefix) bool { return b.Contains(p.Addr()) && b.Bits() <= p.Bits() }) {
			c.Errorf("%s: %s is outside %v", s.SubnetId, p, blocks[s.VpcId])
		}
		taken[s.VpcId] = append(taken[s.VpcId], p)
		if !slices.ContainsFunc(c.r.catalog.zones(), func(z zone) bool { return z.Name == s.AvailabilityZone }) {
			c.Errorf("%s: no zone %s", s.SubnetId, s.AvailabilityZone)
		}
		if v := c.r.vpcs.ByID[s.VpcId]; v != nil && v.OwnerId != s.OwnerId {
			c.Errorf("%s is of %s, its VPC of %s", s.SubnetId, s.OwnerId, v.OwnerId)
		}
		if n := c.r.freeAddresses(s); n < 0 {
			c.Errorf("%s has %d free addresses", s.SubnetId, n)
		}
	}
	for id, list := range taken {
		slices.SortFunc(list, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
		for i := range len(list) - 1 {
			if list[i].Overlaps(list[i+1]) {
				c.Errorf("%s: %s and %s overlap", id, list[i], list[i+1])
			}
		}
	}
}

func (c checker) routes() {
	mains, tables := map[string]int{}, map[string]int{}
	for _, t := range c.r.routeTables.List {
		for _, a := range t.Associations {
			if a.Main {
				mains[t.VpcId]++
			} else {
				c.subnet(t.RouteTableId, a.SubnetId, t.VpcId)
				tables[a.SubnetId]++
			}
		}
		for _, to := range t.Routes {
			switch id := to.GatewayId + to.NatGatewayId + to.TransitGatewayId; {
			case to.State == "blackhole" || id == "local":
			case strings.HasPrefix(id, "igw-"):
				g := c.r.igws.ByID[id]
				c.has(g != nil && g.Attachments[0].VpcId == t.VpcId, t.RouteTableId, id)
			case strings.HasPrefix(id, "nat-"):
				g := c.r.nats.ByID[id]
				c.has(g != nil && g.VpcId == t.VpcId, t.RouteTableId, id)
			case strings.HasPrefix(id, "vpce-"):
				e := c.r.endpoints.ByID[id]
				c.has(e != nil && e.VpcId == t.VpcId, t.RouteTableId, id)
			case strings.HasPrefix(id, "tgw-"): // the sandbox has no transit gateways, only routes to them
				if err := (idKind{Prefix: "tgw"}).check(id); err != nil {
					c.Error(err.Message)
				}
			default:
				c.Errorf("%s: a route to %q", t.RouteTableId, id)
			}
		}
	}
	for _, v := range c.r.vpcs.List {
		if mains[v.VpcId] != 1 {
			c.Errorf("%s has %d main route tables", v.VpcId, mains[v.VpcId])
		}
	}
	for id, n := range tables {
		if n > 1 {
			c.Errorf("%s has %d route tables", id, n)
		}
	}
	for _, g := range c.r.nats.List {
		c.subnet(g.NatGatewayId, g.SubnetId, g.VpcId)
		for _, a := range g.NatGatewayAddresses {
			i := c.r.interfaces.ByID[a.NetworkInterfaceId]
			c.has(i != nil && i.SubnetId == g.SubnetId && i.PrivateIpAddress == a.PrivateIp, g.NatGatewayId, a.NetworkInterfaceId)
		}
	}
}

func (c checker) acls() {
	acls := map[string]int{}
	for _, a := range c.r.acls.List {
		for _, as := range a.Associations {
			c.subnet(a.NetworkAclId, as.SubnetId, a.VpcId)
			acls[as.SubnetId]++
		}
	}
	for _, s := range c.r.subnets.List {
		if acls[s.SubnetId] != 1 {
			c.Errorf("%s has %d network ACLs", s.SubnetId, acls[s.SubnetId])
		}
	}
}

// interfaces checks that interfaces have addresses of their subnets, without the first four and
// the last, which AWS reserves.
func (c checker) interfaces() {
	type at struct {
		subnet  string
		address netip.Addr
	}
	taken := map[at]string{}
	for _, i := range c.r.interfaces.List {
		c.subnet(i.NetworkInterfaceId, i.SubnetId, i.VpcId)
		p := netip.MustParsePrefix(c.r.subnets.ByID[i.SubnetId].CidrBlock)
		for _, private := range i.PrivateIpAddresses {
			a := netip.MustParseAddr(private.PrivateIpAddress)
			first := p.Addr()
			for range 4 {
				first = first.Next()
			}
			if !p.Contains(a) || a.Less(first) || !p.Contains(a.Next()) {
				c.Errorf("%s: %s is not a valid address of an interface in %s", i.NetworkInterfaceId, a, p)
			}
			if other := taken[at{i.SubnetId, a}]; other != "" {
				c.Errorf("%s and %s are both at %s", other, i.NetworkInterfaceId, a)
			}
			taken[at{i.SubnetId, a}] = i.NetworkInterfaceId
		}
		for _, g := range i.Groups {
			c.group(i.NetworkInterfaceId, g.GroupId, i.VpcId)
		}
	}
}

func (c checker) endpoints() {
	for _, e := range c.r.endpoints.List {
		for _, id := range e.SubnetIds {
			c.subnet(e.VpcEndpointId, id, e.VpcId)
		}
		for _, g := range e.Groups {
			c.group(e.VpcEndpointId, g.GroupId, e.VpcId)
		}
		for _, id := range e.NetworkInterfaceIds {
			c.has(c.r.interfaces.ByID[id] != nil, e.VpcEndpointId, id)
		}
		if e.VpcEndpointType == interfaceType && len(e.SubnetIds) == 0 || e.VpcEndpointType == gatewayType && len(e.RouteTableIds) == 0 {
			c.Errorf("%s is in no subnet or route table", e.VpcEndpointId)
		}
		if err := checkPolicy(e.service, e.PolicyDocument); err != nil && e.service.VpcEndpointPolicySupported {
			c.Errorf("%s: %s", e.VpcEndpointId, err.Message)
		}
	}
}

// ecs checks that every definition is in the Region's partition, and that the resources of every
// service exist.
func (c checker) ecs() {
	clusters, definitions, services := map[string]bool{}, map[string]bool{}, map[string]bool{}
	once := func(seen map[string]bool, arn string) {
		if seen[arn] || !strings.HasPrefix(arn, "arn:"+c.r.Partition+":ecs:"+c.r.Name+":"+store.AccountID+":") {
			c.Errorf("the ARN %s is a duplicate or of another Region or partition", arn)
		}
		seen[arn] = true
	}
	for _, cl := range c.r.ECS.Clusters {
		once(clusters, cl.ClusterArn)
	}
	for _, d := range c.r.ECS.TaskDefinitions {
		once(definitions, d.TaskDefinitionArn)
		c.roles(d.TaskDefinitionArn, d.ExecutionRoleArn, d.TaskRoleArn)
		for _, container := range d.ContainerDefinitions {
			c.image(d.TaskDefinitionArn, container.Image)
			for _, secret := range container.Secrets {
				if strings.HasPrefix(secret.ValueFrom, "arn:") && !strings.HasPrefix(secret.ValueFrom, "arn:"+c.r.Partition+":") {
					c.Errorf("%s: secret %s", d.TaskDefinitionArn, secret.ValueFrom)
				}
			}
		}
	}
	for _, s := range c.r.ECS.Services {
		once(services, s.ServiceArn)
		c.has(clusters[s.ClusterArn], s.ServiceName, s.ClusterArn)
		c.has(definitions[s.TaskDefinition], s.ServiceName, s.TaskDefinition)
		if s.NetworkConfiguration == nil {
			continue
		}
		n := s.NetworkConfiguration.AwsvpcConfiguration
		vpcID := ""
		if first := c.r.subnets.ByID[n.Subnets[0]]; first != nil {
			vpcID = first.VpcId
		}
		for _, id := range n.Subnets {
			c.subnet(s.ServiceName, id, vpcID)
		}
		for _, id := range n.SecurityGroups {
			c.group(s.ServiceName, id, vpcID)
		}
	}
	for _, t := range c.r.ECS.Tasks {
		c.has(clusters[t.ClusterArn], t.TaskArn, t.ClusterArn)
		c.has(definitions[t.TaskDefinitionArn], t.TaskArn, t.TaskDefinitionArn)
		c.has(t.ContainerInstanceArn == "" || c.r.instanceOf(t) != nil, t.TaskArn, t.ContainerInstanceArn)
	}
}

func (c checker) roles(who string, arns ...string) {
	c.Helper()
	for _, arn := range arns {
		c.has(arn == "" || slices.ContainsFunc(c.r.iam.Roles, func(r *iam.Role) bool { return r.Arn == arn }), who, arn)
	}
}

// image reports images of Amazon ECR in another Region or partition.
func (c checker) image(who, image string) {
	c.Helper()
	if strings.Contains(image, ".dkr.ecr.") && !strings.Contains(image, ".dkr.ecr."+c.r.Name+"."+c.r.catalog.suffix()+"/") {
		c.Errorf("%s: image %s", who, image)
	}
}

// hosts checks that the images of instances exist, and the instances and clusters of container
// instances.
func (c checker) hosts() {
	for _, i := range c.r.instances.List {
		c.subnet(i.InstanceId, i.SubnetId, i.VpcId)
		c.has(c.r.images.ByID[i.ImageId] != nil, i.InstanceId, i.ImageId)
		for _, g := range i.SecurityGroups {
			c.group(i.InstanceId, g.GroupId, i.VpcId)
		}
	}
	for _, i := range c.r.ECS.ContainerInstances {
		c.has(c.r.instances.ByID[i.Ec2InstanceId] != nil, i.ContainerInstanceArn, i.Ec2InstanceId)
		c.has(c.r.ECS.cluster(c.r, i.cluster) != nil, i.ContainerInstanceArn, i.cluster)
	}
}

func (c checker) batch() {
	environments := map[string]bool{}
	for _, e := range c.r.Batch.ComputeEnvironments {
		environments[e.ComputeEnvironmentArn] = true
		c.roles(e.ComputeEnvironmentArn, e.ServiceRole)
		vpcID := ""
		if first := c.r.subnets.ByID[e.ComputeResources.Subnets[0]]; first != nil {
			vpcID = first.VpcId
		}
		for _, id := range e.ComputeResources.Subnets {
			c.subnet(e.ComputeEnvironmentName, id, vpcID)
		}
		for _, id := range e.ComputeResources.SecurityGroupIds {
			c.group(e.ComputeEnvironmentName, id, vpcID)
		}
	}
	for _, q := range c.r.Batch.JobQueues {
		for _, p := range q.ComputeEnvironmentOrder {
			c.has(environments[p.ComputeEnvironment], q.JobQueueName, p.ComputeEnvironment)
		}
	}
	for _, d := range c.r.Batch.JobDefinitions {
		if len(d.EksProperties) > 0 {
			continue
		}
		for _, task := range d.tasks() {
			c.roles(d.JobDefinitionArn, task.TaskRoleArn, task.JobRoleArn, task.ExecutionRoleArn)
			for _, container := range task.Containers {
				c.image(d.JobDefinitionArn, container.Image)
			}
		}
		if err := c.r.checkJobDefinition(d); err != nil {
			c.Errorf("%s: %s", d.JobDefinitionArn, err.Message)
		}
	}
}

func TestLargeIsTheSameEachTime(t *testing.T) {
	first, again := wire.EncodeJSON(makeLarge()), wire.EncodeJSON(makeLarge())
	if !bytes.Equal(first, again) || len(first) < 1e6 {
		t.Errorf("%d and %d bytes", len(first), len(again))
	}
}

// mwaa checks that an environment has two zones, and endpoints in both unless it waits for them.
func (c checker) mwaa() {
	for _, e := range c.r.MWAA {
		subnets := e.NetworkConfiguration.SubnetIds
		vpcID := c.r.subnets.ByID[subnets[0]].VpcId
		for _, id := range subnets {
			c.subnet(e.Name, id, vpcID)
		}
		for _, id := range e.NetworkConfiguration.SecurityGroupIds {
			c.group(e.Name, id, vpcID)
		}
		c.roles(e.Name, e.ExecutionRoleArn)
		for _, s := range e.services() {
			if c.r.mwaaEndpoint(e, s) == nil && e.Status != mwaaPending {
				c.Errorf("%s has no endpoint to %s", e.Name, s)
			}
		}
	}
}

// balancers checks that the resources of a load balancer exist, and the targets of alias records.
func (c checker) balancers() {
	for _, b := range c.r.elb.balancers.List {
		for _, z := range b.AvailabilityZones {
			c.subnet(b.LoadBalancerName, z.SubnetId, b.VpcId)
			c.has(c.r.subnets.ByID[z.SubnetId].AvailabilityZone == z.ZoneName, b.LoadBalancerName, z.ZoneName)
		}
		for _, id := range b.SecurityGroups {
			c.group(b.LoadBalancerName, id, b.VpcId)
		}
	}
	for _, l := range c.r.elb.listeners.List {
		b, g := c.r.elb.balancers.ByID[l.LoadBalancerArn], c.r.elb.targetGroups.ByID[l.DefaultActions[0].TargetGroupArn]
		c.has(b != nil && g != nil && b.VpcId == g.VpcId, l.ListenerArn, l.DefaultActions[0].TargetGroupArn)
		if err := c.r.checkTLS(l); err != nil {
			c.Errorf("%s: %s", l.ListenerArn, err.Message)
		}
		for _, target := range g.Targets {
			if err := c.r.checkTarget(g, *target); err != nil {
				c.Errorf("%s: %s", g.TargetGroupName, err.Message)
			}
		}
	}
	for _, z := range c.r.HostedZones {
		for _, record := range z.Records {
			c.has(record.AliasTarget == nil || c.r.aliasTarget(z, record.AliasTarget, record.Type), record.Name, "target")
		}
	}
}
