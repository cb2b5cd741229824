package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// creator creates and deletes the parts of a VPC.
type creator struct {
	*testing.T
	*ec2.Client
	a   *sandbox.Account
	now *clock
}

func newCreator(t *testing.T, scenario string) creator {
	now := newClock()
	a := open(t, sandbox.Options{Scenario: scenario, Now: now.now})
	return creator{t, ec2Of(a), a, now}
}

func (c creator) dump() string {
	c.Helper()
	status, text := own(c.T, c.a, "GET", "/_sandbox/account", "")
	if status != 200 {
		c.Fatal(status, text)
	}
	return text
}

func isNamed(tags []types.Tag) bool {
	return len(tags) == 1 && *tags[0].Key == "Name" && *tags[0].Value == "new"
}

func (c creator) vpc(cidr string) string {
	c.Helper()
	return *must(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr, TagSpecifications: tag("vpc", "new")}))(c.T).Vpc.VpcId
}

func (c creator) subnet(vpc, cidr, zone string) string {
	c.Helper()
	return *must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: &zone, TagSpecifications: tag("subnet", "new")}))(c.T).Subnet.SubnetId
}

func (c creator) gateway(vpc string) string {
	c.Helper()
	id := *must(c.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: tag("internet-gateway", "new")}))(c.T).InternetGateway.InternetGatewayId
	must(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc}))(c.T)
	return id
}

func (c creator) table(vpc string) string {
	c.Helper()
	return *must(c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc, TagSpecifications: tag("route-table", "new")}))(c.T).RouteTable.RouteTableId
}

func (c creator) address() string {
	c.Helper()
	return *must(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: "vpc", TagSpecifications: tag("elastic-ip", "new")}))(c.T).AllocationId
}

func (c creator) nat(id string) types.NatGateway {
	c.Helper()
	list := must(c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}))(c.T).NatGateways
	if len(list) != 1 {
		c.Fatalf("%+v", list)
	}
	return list[0]
}

// settled waits until a NAT gateway has a state.
func (c creator) settled(id string, want types.NatGatewayState) types.NatGateway {
	c.Helper()
	for range 60 {
		if g := c.nat(id); g.State == want {
			return g
		}
		c.now.pass(5 * time.Second)
	}
	c.Fatalf("%s is %s", id, c.nat(id).State)
	return types.NatGateway{}
}

func TestNewVPCHasItsDefaultParts(t *testing.T) {
	c := newCreator(t, "closed")
	v := *must(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.3.4/16"), TagSpecifications: tag("vpc", "new")}))(t).Vpc
	if v.State != "pending" || *v.CidrBlock != "10.20.0.0/16" || !isNamed(v.Tags) || *v.IsDefault || *v.OwnerId != "123456789012" || *v.DhcpOptionsId != "dopt-0a1b2c3d4e5f60001" {
		t.Errorf("%+v", v)
	}
	c.now.pass(3 * time.Second)
	in := filters("vpc-id", *v.VpcId)
	if got := must(c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: in}))(t).Vpcs; len(got) != 1 || got[0].State != "available" {
		t.Errorf("%+v", got)
	}
	for attribute, want := range map[types.VpcAttributeName]bool{"enableDnsSupport": true, "enableDnsHostnames": false} {
		o := must(c.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: attribute}))(t)
		for _, value := range []*types.AttributeBooleanValue{o.EnableDnsSupport, o.EnableDnsHostnames} {
			if value != nil && *value.Value != want {
				t.Errorf("%s is %v", attribute, *value.Value)
			}
		}
	}
	tables := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: in}))(t).RouteTables
	if len(tables) != 1 || !*tables[0].Associations[0].Main || len(tables[0].Routes) != 1 || *tables[0].Routes[0].GatewayId != "local" {
		t.Errorf("%+v", tables)
	}
	acls := must(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: in}))(t).NetworkAcls
	if len(acls) != 1 || !*acls[0].IsDefault || len(acls[0].Entries) != 4 {
		t.Errorf("%+v", acls)
	}
	groups := must(c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: in}))(t).SecurityGroups
	if len(groups) != 1 || *groups[0].GroupName != "default" || *groups[0].IpPermissions[0].UserIdGroupPairs[0].GroupId != *groups[0].GroupId || *groups[0].IpPermissionsEgress[0].IpRanges[0].CidrIp != "0.0.0.0/0" {
		t.Errorf("%+v", groups)
	}
	s := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: aws.String("10.20.0.0/20"), AvailabilityZoneId: aws.String("use1-az3"), TagSpecifications: tag("subnet", "new")}))(t).Subnet
	if *s.AvailabilityZone != "us-east-1e" || *s.AvailableIpAddressCount != 4091 || *s.MapPublicIpOnLaunch || s.State != "available" || !isNamed(s.Tags) {
		t.Errorf("%+v", s)
	}
	must(c.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: s.SubnetId, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))(t)
	if got := must(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: in}))(t).Subnets; len(got) != 1 || !*got[0].MapPublicIpOnLaunch {
		t.Errorf("%+v", got)
	}
	if got := must(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filters("association.subnet-id", *s.SubnetId)}))(t).NetworkAcls; len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestCreateAndDeleteAll creates everything that a new VPC can have, and deletes it in the reverse order. Then
// the account is as before.
func TestCreateAndDeleteAll(t *testing.T) {
	for _, scenario := range []string{"closed", "conflict"} { // conflict has DHCP options of its own
		t.Run(scenario, func(t *testing.T) {
			c := newCreator(t, scenario)
			before := c.dump()
			v := c.vpc("10.20.0.0/16")
			public, private := c.subnet(v, "10.20.0.0/24", "us-east-1a"), c.subnet(v, "10.20.1.0/24", "us-east-1b")
			igw := c.gateway(v)
			open, closed := c.table(v), c.table(v)
			association := *must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &open, SubnetId: &public}))(t).AssociationId
			other := *must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &closed, SubnetId: &private}))(t).AssociationId
			must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &open, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &igw}))(t)
			address := c.address()
			created := *must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &public, AllocationId: &address, ClientToken: aws.String("zonal"), TagSpecifications: tag("natgateway", "new")}))(t).NatGateway
			nat := *created.NatGatewayId
			if created.State != "pending" || created.AvailabilityMode != "zonal" || !isNamed(created.Tags) {
				t.Errorf("%+v", created)
			}
			must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &closed, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &nat}))(t)
			regional := *must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{VpcId: &v, AvailabilityMode: "regional", ClientToken: aws.String("regional")}))(t).NatGateway.NatGatewayId
			must(cloudwatchlogs.NewFromConfig(config(c.a, "us-east-1")).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/vpc/new")}))(t)
			logs := must(c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{v}, ResourceType: "VPC", TrafficType: "REJECT", LogGroupName: aws.String("/vpc/new"),
				DeliverLogsPermissionArn: aws.String("arn:aws:iam::123456789012:role/flow-logs"), TagSpecifications: tag("vpc-flow-log", "new")}))(t).FlowLogIds

			g, r := c.settled(nat, "available"), c.settled(regional, "available")
			at := g.NatGatewayAddresses[0]
			if *at.AllocationId != address || at.PublicIp == nil || at.Status != "succeeded" || *at.PrivateIp != "10.20.0.4" {
				t.Errorf("%+v", at)
			}
			found := must(c.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters("network-interface-id", *at.NetworkInterfaceId)}))(t).Addresses
			if len(found) != 1 || *found[0].AllocationId != address || *found[0].PublicIp != *at.PublicIp || !isNamed(found[0].Tags) || *found[0].AssociationId != *at.AssociationId {
				t.Errorf("%+v", found)
			}
			// The zonal gateway is the only network interface, so the regional one begins in its zone.
			if r.AvailabilityMode != "regional" || r.SubnetId != nil || r.AutoProvisionZones != "enabled" || len(r.NatGatewayAddresses) != 1 || *r.NatGatewayAddresses[0].AvailabilityZone != "us-east-1a" {
				t.Errorf("%+v", r)
			}
			routes := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{*r.RouteTableId}}))(t).RouteTables[0].Routes
			if len(routes) != 2 || *routes[1].GatewayId != igw {
				t.Errorf("%+v", routes)
			}
			shown := must(c.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{Filter: filters("resource-id", v)}))(t).FlowLogs
			if len(shown) != 1 || *shown[0].FlowLogId != logs[0] || *shown[0].FlowLogStatus != "ACTIVE" || *shown[0].LogGroupName != "/vpc/new" || shown[0].TrafficType != "REJECT" ||
				!isNamed(shown[0].Tags) || *shown[0].DeliverLogsStatus != "FAILED" {
				t.Errorf("%+v", shown)
			}
			if after := c.dump(); !strings.Contains(after, nat) || !strings.Contains(after, address) || !strings.Contains(after, logs[0]) || !strings.Contains(after, association) {
				t.Error("the dump lacks new state")
			}

			// Whatever is in use cannot be deleted.
			for what, try := range map[string]func() error{
				"VPC": func() error { _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v}); return err },
				"subnet": func() error {
					_, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &public})
					return err
				},
				"table": func() error {
					_, err := c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &open})
					return err
				},
				"table of the regional gateway": func() error {
					_, err := c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: r.RouteTableId})
					return err
				},
				"main table": func() error {
					main := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(filters("vpc-id", v), filters("association.main", "true")...)}))(t).RouteTables[0].RouteTableId
					_, err := c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: main})
					return err
				},
				"attachment": func() error {
					_, err := c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v})
					return err
				},
				"gateway": func() error {
					_, err := c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &igw})
					return err
				},
			} {
				if err := try(); code(err) != "DependencyViolation" {
					t.Errorf("%s: %v", what, err)
				}
			}
			_, err := c.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &address})
			wantCode(t, err, "AuthFailure")

			must(c.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: logs}))(t)
			must(cloudwatchlogs.NewFromConfig(config(c.a, "us-east-1")).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/vpc/new")}))(t)
			for _, id := range []string{nat, regional} {
				must(c.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &id}))(t)
				if g := c.nat(id); g.State != "deleting" {
					t.Errorf("%+v", g)
				}
			}
			blackholes := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(filters("vpc-id", v), filters("route.state", "blackhole")...)}))(t).RouteTables
			if len(blackholes) != 1 || *blackholes[0].RouteTableId != closed {
				t.Errorf("%+v", blackholes)
			}
			for _, id := range []string{nat, regional} {
				c.settled(id, "deleted")
			}
			must(c.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &address}))(t)
			for _, id := range []string{association, other} {
				must(c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &id}))(t)
			}
			for _, id := range []string{open, closed} {
				must(c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &id}))(t)
			}
			must(c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v}))(t)
			must(c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &igw}))(t)
			for _, id := range []string{public, private} {
				must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id}))(t)
			}
			must(c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v}))(t)
			if d := cmp.Diff(strings.Split(before, "\n"), strings.Split(c.dump(), "\n")); d != "" {
				t.Errorf("the account differs (-before +after):\n%s", d)
			}
			// The records of deleted NAT gateways disappear.
			c.now.pass(2 * time.Hour)
			_, err = c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{nat}})
			wantCode(t, err, "NatGatewayNotFound")
		})
	}
}

func TestGroupsAndEndpointsKeepAVPC(t *testing.T) {
	c := newCreator(t, "closed")
	v := c.vpc("10.20.0.0/16")
	deleteVPC := func() error { _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v}); return err }
	group := must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &v, GroupName: aws.String("a"), Description: aws.String("a")}))(t).GroupId
	wantCode(t, deleteVPC(), "DependencyViolation")
	must(c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group}))(t)
	e := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String("com.amazonaws.us-east-1.s3")}))(t).VpcEndpoint.VpcEndpointId
	wantCode(t, deleteVPC(), "DependencyViolation")
	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e}}))(t)
	s := c.subnet(v, "10.20.0.0/24", "us-east-1a")
	in := endpoint(v, "com.amazonaws.us-east-1.logs", false, s)
	e = must(c.CreateVpcEndpoint(ctx, in))(t).VpcEndpoint.VpcEndpointId
	_, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s})
	wantCode(t, err, "DependencyViolation")
	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e}}))(t)
	_, err = c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s}) // its interface is deleted with the endpoint, which takes time
	wantCode(t, err, "DependencyViolation")
	c.now.pass(time.Minute)
	must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s}))(t)
	wantCode(t, deleteVPC(), "")
}

func TestCreationIsRejected(t *testing.T) {
	c := newCreator(t, "closed")
	v, elsewhere := c.vpc("10.20.0.0/16"), aws.String(vpcID)
	s := c.subnet(v, "10.20.0.0/24", "us-east-1a")
	table := c.table(v)
	must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &s}))(t)
	free, loose := c.table(v), *must(c.CreateInternetGateway(ctx, nil))(t).InternetGateway.InternetGatewayId
	attached := "igw-0a1b2c3d4e5f60002" // to the default VPC
	address := c.address()
	vpcOf := func(cidr string) func() error {
		return func() error { _, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr}); return err }
	}
	subnetOf := func(vpc, cidr, zone string) func() error {
		return func() error {
			_, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: &zone})
			return err
		}
	}
	routeTo := func(in ec2.CreateRouteInput) func() error {
		return func() error {
			in.RouteTableId, in.DestinationCidrBlock = &free, aws.String("0.0.0.0/0")
			_, err := c.CreateRoute(ctx, &in)
			return err
		}
	}
	natOf := func(in ec2.CreateNatGatewayInput) func() error {
		return func() error { _, err := c.CreateNatGateway(ctx, &in); return err }
	}
	const none = "-0123456789abcdef0"
	before := c.dump()
	for _, tt := range []struct {
		what, code string
		try        func() error
	}{
		{"too large a VPC", "InvalidVpc.Range", vpcOf("10.0.0.0/15")},
		{"too small a VPC", "InvalidVpc.Range", vpcOf("10.0.0.0/29")},
		{"no CIDR block", "InvalidParameterValue", vpcOf("10.0.0.0")},
		{"IPv6", "InvalidParameterValue", vpcOf("fd00::/16")},
		{"missing block", "MissingParameter", func() error { _, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{}); return err }},
		{"wrong tag type", "InvalidParameterValue", func() error {
			_, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tag("subnet", "new")})
			return err
		}},
		{"dry run", "DryRunOperation", func() error {
			_, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
			return err
		}},
		{"subnet outside", "InvalidSubnet.Range", subnetOf(v, "10.21.0.0/24", "us-east-1a")},
		{"subnet larger than the VPC", "InvalidSubnet.Range", subnetOf(v, "10.20.0.0/15", "us-east-1a")},
		{"too small a subnet", "InvalidSubnet.Range", subnetOf(v, "10.20.9.0/29", "us-east-1a")},
		{"overlap", "InvalidSubnet.Conflict", subnetOf(v, "10.20.0.128/25", "us-east-1b")},
		{"zone", "InvalidParameterValue", subnetOf(v, "10.20.9.0/24", "us-east-1z")},
		{"subnet of no VPC", "InvalidVpcID.NotFound", subnetOf("vpc"+none, "10.20.9.0/24", "us-east-1a")},
		{"second table", "Resource.AlreadyAssociated", func() error {
			_, err := c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &free, SubnetId: &s})
			return err
		}},
		{"table of another VPC", "InvalidParameterValue", func() error {
			_, err := c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: aws.String(appTable), SubnetId: &s})
			return err
		}},
		{"association", "InvalidAssociationID.NotFound", func() error {
			_, err := c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: aws.String("rtbassoc" + none)})
			return err
		}},
		{"main association", "InvalidParameterValue", func() error {
			main := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(filters("vpc-id", v), filters("association.main", "true")...)}))(t).RouteTables[0]
			_, err := c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: main.Associations[0].RouteTableAssociationId})
			return err
		}},
		{"gateway attached twice", "Resource.AlreadyAssociated", func() error {
			_, err := c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &attached, VpcId: &v})
			return err
		}},
		{"two gateways in a VPC", "InvalidParameterValue", func() error {
			_, err := c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &loose, VpcId: aws.String(defaultVPC)})
			return err
		}},
		{"gateway not attached", "Gateway.NotAttached", func() error {
			_, err := c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &loose, VpcId: &v})
			return err
		}},
		{"no gateway", "InvalidInternetGatewayID.NotFound", func() error {
			_, err := c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: aws.String("igw" + none)})
			return err
		}},
		{"route to no gateway", "InvalidGatewayID.NotFound", routeTo(ec2.CreateRouteInput{GatewayId: aws.String("igw" + none)})},
		{"route to a gateway that is not attached", "InvalidParameterValue", routeTo(ec2.CreateRouteInput{GatewayId: &loose})},
		{"route to no NAT gateway", "InvalidNatGatewayID.NotFound", routeTo(ec2.CreateRouteInput{NatGatewayId: aws.String("nat" + none)})},
		{"no address", "InvalidAllocationID.NotFound", func() error {
			_, err := c.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: aws.String("eipalloc" + none)})
			return err
		}},
		{"NAT gateway without an address", "MissingParameter", natOf(ec2.CreateNatGatewayInput{SubnetId: &s})},
		{"NAT gateway without a subnet", "MissingParameter", natOf(ec2.CreateNatGatewayInput{AllocationId: &address})},
		{"NAT gateway of no address", "InvalidAllocationID.NotFound", natOf(ec2.CreateNatGatewayInput{SubnetId: &s, AllocationId: aws.String("eipalloc" + none)})},
		{"regional without a VPC", "MissingParameter", natOf(ec2.CreateNatGatewayInput{AvailabilityMode: "regional"})},
		{"regional in a subnet", "InvalidParameterCombination", natOf(ec2.CreateNatGatewayInput{AvailabilityMode: "regional", VpcId: &v, SubnetId: &s})},
		{"private and regional", "InvalidParameterCombination", natOf(ec2.CreateNatGatewayInput{AvailabilityMode: "regional", VpcId: &v, ConnectivityType: "private"})},
		{"no NAT gateway", "NatGatewayNotFound", func() error {
			_, err := c.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String("nat" + none)})
			return err
		}},
		{"flow log without a role", "InvalidParameter", func() error {
			_, err := c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{v}, ResourceType: "VPC", TrafficType: "ALL", LogGroupName: aws.String("a")})
			return err
		}},
		{"flow log of no VPC", "InvalidVpcID.NotFound", func() error {
			_, err := c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{"vpc" + none}, ResourceType: "VPC", TrafficType: "ALL", LogGroupName: aws.String("a"), DeliverLogsPermissionArn: aws.String("r")})
			return err
		}},
		{"no flow log", "InvalidFlowLogId.NotFound", func() error {
			_, err := c.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{"fl" + none}})
			return err
		}},
		{"VPC in use", "DependencyViolation", func() error { _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: elsewhere}); return err }},
	} {
		if err := tt.try(); code(err) != tt.code {
			t.Errorf("%s: %v, want %s", tt.what, err, tt.code)
		}
	}
	if after := c.dump(); after != before {
		t.Errorf("a rejected call changed the account:\n%s", cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
	}
}

// TestCreationQuotas uses up each quota. The account has two VPCs and one internet gateway.
func TestCreationQuotas(t *testing.T) {
	c := newCreator(t, "closed")
	var vpcs []string
	for i := range 3 {
		vpcs = append(vpcs, c.vpc(fmt.Sprintf("10.%d.0.0/16", 20+i)))
	}
	_, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.30.0.0/16")})
	wantCode(t, err, "VpcLimitExceeded")
	for range 4 {
		must(c.CreateInternetGateway(ctx, nil))(t)
	}
	_, err = c.CreateInternetGateway(ctx, nil)
	wantCode(t, err, "InternetGatewayLimitExceeded")
	for range 5 {
		c.address()
	}
	_, err = c.AllocateAddress(ctx, nil)
	wantCode(t, err, "AddressLimitExceeded")
	first, other := c.subnet(vpcs[0], "10.20.0.0/24", "us-east-1a"), c.subnet(vpcs[0], "10.20.1.0/24", "us-east-1b")
	var nats []string
	for range 5 {
		nats = append(nats, *must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &first, ConnectivityType: "private"}))(t).NatGateway.NatGatewayId)
	}
	in := ec2.CreateNatGatewayInput{SubnetId: &first, ConnectivityType: "private"}
	_, err = c.CreateNatGateway(ctx, &in)
	wantCode(t, err, "NatGatewayLimitExceeded")
	_, err = c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &other, ConnectivityType: "private"}) // of each zone
	wantCode(t, err, "")
	must(c.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &nats[0]}))(t)
	_, err = c.CreateNatGateway(ctx, &in) // it counts until it is deleted
	wantCode(t, err, "NatGatewayLimitExceeded")
	c.settled(nats[0], "deleted")
	_, err = c.CreateNatGateway(ctx, &in)
	wantCode(t, err, "")
}

// TestNATGatewaysFail: AWS accepts the request, and the gateway fails later.
func TestNATGatewaysFail(t *testing.T) {
	c := newCreator(t, "closed")
	v := c.vpc("10.20.0.0/16")
	s, address := c.subnet(v, "10.20.0.0/24", "us-east-1a"), c.address()
	zonal := func() string {
		t.Helper()
		return *must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &s, AllocationId: &address}))(t).NatGateway.NatGatewayId
	}
	failed := func(id, code string) {
		t.Helper()
		if g := c.settled(id, "failed"); aws.ToString(g.FailureCode) != code || aws.ToString(g.FailureMessage) == "" {
			t.Errorf("%+v, want %s", g, code)
		}
	}
	regional := *must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{VpcId: &v, AvailabilityMode: "regional"}))(t).NatGateway.NatGatewayId
	failed(zonal(), "Gateway.NotAttached")
	failed(regional, "Gateway.NotAttached")
	c.gateway(v)
	working := zonal()
	failed(zonal(), "Resource.AlreadyAssociated")
	c.settled(working, "available")
	table := c.table(v)
	_, err := c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &regional})
	wantCode(t, err, "InvalidNatGatewayID.NotFound")
}

// TestCreationTokens: a client token returns what the first request created.
func TestCreationTokens(t *testing.T) {
	c := newCreator(t, "closed")
	v := c.vpc("10.20.0.0/16")
	c.gateway(v)
	for what, create := range map[string]func(token, name string) (string, error){
		"route table": func(token, name string) (string, error) {
			o, err := c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &v, ClientToken: &token, TagSpecifications: tag("route-table", name)})
			if err != nil {
				return "", err
			}
			return *o.RouteTable.RouteTableId, nil
		},
		"NAT gateway": func(token, name string) (string, error) {
			o, err := c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{VpcId: &v, AvailabilityMode: "regional", ClientToken: &token, TagSpecifications: tag("natgateway", name)})
			if err != nil {
				return "", err
			}
			return *o.NatGateway.NatGatewayId, nil
		},
		"flow log": func(token, name string) (string, error) {
			o, err := c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{v}, ResourceType: "VPC", TrafficType: "ALL", LogGroupName: &token, ClientToken: &token,
				DeliverLogsPermissionArn: aws.String("r"), TagSpecifications: tag("vpc-flow-log", name)})
			if err != nil {
				return "", err
			}
			return o.FlowLogIds[0], nil
		},
	} {
		first, err := create("one", "a")
		wantCode(t, err, "")
		again, err := create("one", "a")
		if err != nil || again != first {
			t.Errorf("%s: %s and %s, %v", what, first, again, err)
		}
		_, err = create("one", "b")
		wantCode(t, err, "IdempotentParameterMismatch")
		if other, err := create("two", "a"); err != nil || other == first {
			t.Errorf("%s: %s, %v", what, other, err)
		}
	}
}

func tag(kind types.ResourceType, name string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("Name"), Value: &name}}}}
}

// blocked is an account with VPC Block Public Access, peering connections and flow logs.
const blocked = `
Region: us-east-1
VPC: vpc-0e000000000000001
BlockPublicAccess: block-bidirectional
ServiceQuotas: {L-F678F1CE: 7}
Vpcs:
  - {VpcId: vpc-0e000000000000001, CidrBlock: 10.0.0.0/16}
Subnets:
  - {SubnetId: subnet-0e000000000000001, VpcId: vpc-0e000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/24}
Addresses:
  - {AllocationId: eipalloc-0e000000000000001, PublicIp: 203.0.113.9, Tags: {Name: nat}}
NatGateways:
  - NatGatewayId: nat-0e000000000000001
    VpcId: vpc-0e000000000000001
    SubnetId: subnet-0e000000000000001
    NatGatewayAddresses: [{AllocationId: eipalloc-0e000000000000001, IsPrimary: true}, {AllocationId: eipalloc-0e000000000000002, PublicIp: 203.0.113.10}]
FlowLogs:
  - {FlowLogId: fl-0e000000000000001, ResourceId: vpc-0e000000000000001, LogGroupName: /vpc/main, DeliverLogsPermissionArn: arn:aws:iam::123456789012:role/flow-logs}
Roles:
  - RoleName: flow-logs
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    RolePolicyList:
      - {PolicyName: deliver, PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}'}
VpcPeeringConnections:
  - VpcPeeringConnectionId: pcx-0e000000000000001
    RequesterVpcInfo: {VpcId: vpc-0e000000000000001}
    AccepterVpcInfo: {VpcId: vpc-0e000000000000009, OwnerId: "210987654321", CidrBlock: 10.50.0.0/16}
`

func TestStateOfAScenario(t *testing.T) {
	c := ec2Of(must(sandbox.OpenYAML(blocked))(t))
	o := must(c.DescribeVpcBlockPublicAccessOptions(ctx, nil))(t).VpcBlockPublicAccessOptions
	if o.InternetGatewayBlockMode != "block-bidirectional" || o.State != "update-complete" || *o.AwsRegion != "us-east-1" {
		t.Errorf("%+v", o)
	}
	// Block Public Access does not prevent anything from being created, and a new VPC has its mode.
	v := must(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")}))(t).Vpc
	s := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: aws.String("10.20.0.0/24")}))(t).Subnet
	if v.BlockPublicAccessStates.InternetGatewayBlockMode != "block-bidirectional" || s.BlockPublicAccessStates.InternetGatewayBlockMode != "block-bidirectional" {
		t.Errorf("%+v %+v", v, s)
	}
	igw := must(c.CreateInternetGateway(ctx, nil))(t).InternetGateway.InternetGatewayId
	must(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: igw, VpcId: v.VpcId}))(t)
	p := must(c.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{Filters: filters("status-code", "active")}))(t).VpcPeeringConnections
	if len(p) != 1 || *p[0].RequesterVpcInfo.CidrBlockSet[0].CidrBlock != "10.0.0.0/16" || *p[0].AccepterVpcInfo.CidrBlockSet[0].CidrBlock != "10.50.0.0/16" || *p[0].AccepterVpcInfo.OwnerId != "210987654321" {
		t.Errorf("%+v", p)
	}
	addresses := must(c.DescribeAddresses(ctx, nil))(t).Addresses
	got := ids(addresses, func(a types.Address) *string { return a.PublicIp })
	if !slices.Equal(got, []string{"203.0.113.9", "203.0.113.10"}) || addresses[0].AssociationId == nil || len(addresses[0].Tags) != 1 {
		t.Errorf("%+v", addresses)
	}
	if g := must(c.DescribeNatGateways(ctx, nil))(t).NatGateways[0]; *g.NatGatewayAddresses[0].PublicIp != "203.0.113.9" {
		t.Errorf("%+v", g)
	}
	if f := must(c.DescribeFlowLogs(ctx, nil))(t).FlowLogs; len(f) != 1 || *f[0].DeliverLogsStatus != "SUCCESS" || *f[0].LogDestination != "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/main" {
		t.Errorf("%+v", f)
	}
	off := ec2Of(open(t, named("closed")))
	if o := must(off.DescribeVpcBlockPublicAccessOptions(ctx, nil))(t).VpcBlockPublicAccessOptions; o.InternetGatewayBlockMode != "off" || o.State != "default-state" {
		t.Errorf("%+v", o)
	}
}

// TestSharedVPCIsOfItsOwner: a participant can change nothing in it.
func TestSharedVPCIsOfItsOwner(t *testing.T) {
	const vpc, subnet = "vpc-0d4e5f6a7b8c90001", "subnet-0d4e5f6a7b8c91001"
	c := newCreator(t, "shared-vpc")
	_, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String(vpc)})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: aws.String(vpc), CidrBlock: aws.String("10.60.200.0/24")})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: aws.String(subnet)})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: aws.String(vpc)})
	wantCode(t, err, "UnauthorizedOperation")
	c.vpc("10.20.0.0/16") // a VPC of another account does not count
}

// TestFlowLogsToADeniedBucket: AWS answers with the status 200 that it created no flow log. The request can be repeated.
func TestFlowLogsToADeniedBucket(t *testing.T) {
	c := ec2Of(open(t, named("empty")))
	in := &ec2.CreateFlowLogsInput{ResourceIds: []string{"vpc-0e4d5e6f7a8b90001"}, ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: aws.String("arn:aws:s3:::other-account-logs"), ClientToken: aws.String("a")}
	for range 2 {
		o := must(c.CreateFlowLogs(t.Context(), in))(t)
		if len(o.FlowLogIds) != 0 || len(o.Unsuccessful) != 1 || *o.Unsuccessful[0].ResourceId != "vpc-0e4d5e6f7a8b90001" || *o.Unsuccessful[0].Error.Code != "400" ||
			*o.Unsuccessful[0].Error.Message != "Access Denied for LogDestination: other-account-logs. Please check LogDestination permission" {
			t.Errorf("%+v", o)
		}
	}
	if o := must(c.DescribeFlowLogs(t.Context(), nil))(t); len(o.FlowLogs) != 0 {
		t.Errorf("%+v", o.FlowLogs)
	}
}
