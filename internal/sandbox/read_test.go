package sandbox_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

var ctx = context.Background()

func TestFilters(t *testing.T) {
	c := ec2Of(open(t, named("half-done")))
	type search func(f []types.Filter) ([]string, error)
	vpcs := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.Vpcs, func(v types.Vpc) *string { return v.VpcId }), nil
	}
	subnets := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.Subnets, func(v types.Subnet) *string { return v.SubnetId }), nil
	}
	tables := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.RouteTables, func(v types.RouteTable) *string { return v.RouteTableId }), nil
	}
	acls := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.NetworkAcls, func(v types.NetworkAcl) *string { return v.NetworkAclId }), nil
	}
	groups := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.SecurityGroups, func(v types.SecurityGroup) *string { return v.GroupId }), nil
	}
	interfaces := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.NetworkInterfaces, func(v types.NetworkInterface) *string { return v.NetworkInterfaceId }), nil
	}
	endpoints := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.VpcEndpoints, func(v types.VpcEndpoint) *string { return v.VpcEndpointId }), nil
	}
	lists := func(f []types.Filter) ([]string, error) {
		out, err := c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: f})
		if err != nil {
			return nil, err
		}
		return ids(out.PrefixLists, func(v types.PrefixList) *string { return v.PrefixListName }), nil
	}
	for _, tt := range []struct {
		name   string
		search search
		filter []string
		want   []string
		code   string
	}{
		{"by name tag", vpcs, []string{"tag:Name", "orders"}, []string{"vpc-0b2c3d4e5f6a70001"}, ""},
		{"by name tag, none", vpcs, []string{"tag:Name", "order"}, nil, ""},
		{"by cidr", vpcs, []string{"cidr", "10.20.0.0/16"}, []string{"vpc-0b2c3d4e5f6a70001"}, ""},
		{"wildcards", subnets, []string{"tag:Name", "data-?", "nothing"}, []string{"subnet-0b2c3d4e5f6a72001", "subnet-0b2c3d4e5f6a72002", "subnet-0b2c3d4e5f6a72003"}, ""},
		{"wildcard in the middle", subnets, []string{"subnet-id", "subnet-*72002"}, []string{"subnet-0b2c3d4e5f6a72002"}, ""},
		{"tag key", endpoints, []string{"tag-key", "GuardDuty*"}, []string{"vpce-0b2c3d4e5f6a76005"}, ""},
		{"zone id", subnets, []string{"availability-zone-id", "use1-az1"}, []string{"subnet-0b2c3d4e5f6a71002", "subnet-0b2c3d4e5f6a72002"}, ""},
		{"explicit association", tables, []string{"association.subnet-id", "subnet-0b2c3d4e5f6a71002"}, []string{"rtb-0b2c3d4e5f6a71001"}, ""},
		{"main table", tables, []string{"association.main", "true"}, []string{"rtb-0b2c3d4e5f6a70001"}, ""},
		{"route to a prefix list", tables, []string{"route.destination-prefix-list-id", "pl-63a5400a"}, []string{"rtb-0b2c3d4e5f6a70001"}, ""},
		{"acl of a subnet", acls, []string{"association.subnet-id", "subnet-0b2c3d4e5f6a71002"}, []string{"acl-0b2c3d4e5f6a70001"}, ""},
		{"groups by name", groups, []string{"group-name", "orders-*"}, []string{"sg-0b2c3d4e5f6a74001", "sg-0b2c3d4e5f6a74002", "sg-0b2c3d4e5f6a74004"}, ""},
		{"groups by rule", groups, []string{"ip-permission.cidr", "10.20.9.0/24"}, []string{"sg-0b2c3d4e5f6a74003"}, ""},
		{"groups by referenced group", groups, []string{"ip-permission.group-id", "sg-0b2c3d4e5f6a74001"}, []string{"sg-0b2c3d4e5f6a74002"}, ""},
		{"interfaces by group", interfaces, []string{"group-id", "sg-0b2c3d4e5f6a74002"}, []string{"eni-0b2c3d4e5f6a75003"}, ""},
		{"interfaces by type", interfaces, []string{"interface-type", "interface"}, []string{"eni-0b2c3d4e5f6a75001", "eni-0b2c3d4e5f6a75002", "eni-0b2c3d4e5f6a75003"}, ""},
		{"interfaces by description", interfaces, []string{"description", "RDS*"}, []string{"eni-0b2c3d4e5f6a75003"}, ""},
		{"endpoints by state", endpoints, []string{"vpc-endpoint-state", "failed"}, []string{"vpce-0b2c3d4e5f6a76004"}, ""},
		{"endpoints by type", endpoints, []string{"vpc-endpoint-type", "Gateway"}, []string{"vpce-0b2c3d4e5f6a76002"}, ""},
		{"endpoints by service", endpoints, []string{"service-name", "com.amazonaws.us-east-1.ecr.api"}, []string{"vpce-0b2c3d4e5f6a76001"}, ""},
		{"prefix lists by name", lists, []string{"prefix-list-name", "com.amazonaws.us-east-1.s3"}, []string{"com.amazonaws.us-east-1.s3"}, ""},
		{"unknown filter", subnets, []string{"colour", "blue"}, nil, "InvalidParameterValue"},
		{"filter of another kind", vpcs, []string{"vpc-endpoint-id", "x"}, nil, "InvalidParameterValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.search(filters(tt.filter...))
			wantCode(t, err, tt.code)
			if !slices.Equal(got, tt.want) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	a := open(t, named(""))
	for region, want := range map[string]string{
		"us-east-1":     "arn:aws:sts::123456789012:assumed-role/Admin/practice",
		"cn-north-1":    "arn:aws-cn:sts::123456789012:assumed-role/Admin/practice",
		"us-gov-west-1": "arn:aws-us-gov:sts::123456789012:assumed-role/Admin/practice",
	} {
		out := must(sts.NewFromConfig(config(a, region)).GetCallerIdentity(ctx, nil))(t)
		if aws.ToString(out.Arn) != want || aws.ToString(out.Account) != "123456789012" {
			t.Errorf("%s: %s in %s", region, aws.ToString(out.Arn), aws.ToString(out.Account))
		}
	}
}

func TestTaskDefinition(t *testing.T) {
	c := ecsOf(open(t, named("")))
	clusters := must(c.ListClusters(ctx, &ecs.ListClustersInput{}))(t)
	if want := []string{"arn:aws:ecs:us-east-1:123456789012:cluster/prod", "arn:aws:ecs:us-east-1:123456789012:cluster/legacy"}; !slices.Equal(clusters.ClusterArns[:2], want) {
		t.Fatalf("clusters %q", clusters.ClusterArns)
	}
	d := must(c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")}))(t)
	if d.TaskDefinition.Revision != 7 || aws.ToString(d.TaskDefinition.ContainerDefinitions[0].Image) != "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2" {
		t.Errorf("%+v", d.TaskDefinition)
	}
	if got := d.TaskDefinition.RegisteredAt; got == nil || got.Year() != 2026 {
		t.Errorf("registered at %v", got)
	}
}

// rich is a VPC with everything that the built-in scenarios do not have.
const rich = `
Region: us-east-1
VPC: vpc-0f000000000000001
DhcpOptions:
  - {DhcpOptionsId: dopt-0f000000000000001, DhcpConfigurations: [{Key: domain-name-servers, Values: [{Value: 10.0.0.10}, {Value: 10.0.0.11}]}]}
Vpcs:
  - {VpcId: vpc-0f000000000000001, CidrBlock: 10.0.0.0/16, DhcpOptionsId: dopt-0f000000000000001}
Subnets:
  - {SubnetId: subnet-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/24}
InternetGateways:
  - {InternetGatewayId: igw-0f000000000000001, Attachments: [{VpcId: vpc-0f000000000000001}]}
EgressOnlyInternetGateways:
  - {EgressOnlyInternetGatewayId: eigw-0f000000000000001, Attachments: [{VpcId: vpc-0f000000000000001}], Tags: {Name: out}}
NatGateways:
  - {NatGatewayId: nat-0f000000000000001, VpcId: vpc-0f000000000000001, SubnetId: subnet-0f000000000000001}
  - {NatGatewayId: nat-0f000000000000002, VpcId: vpc-0f000000000000001, SubnetId: subnet-0f000000000000001, State: failed}
ECS:
  clusters: [{clusterName: default}]
  containerInstances:
    - containerInstanceArn: default/0f00000000000000000000000000000a
      ec2InstanceId: i-0f000000000000001
      status: ACTIVE
      agentConnected: true
      versionInfo: {agentVersion: 1.98.0}
      attributes: [{name: ecs.vpc-id, value: vpc-0f000000000000001}]
      registeredAt: 2026-01-05T09:00:00Z
      tags: [{key: team, value: payments}]
    - {containerInstanceArn: default/0f00000000000000000000000000000b, ec2InstanceId: i-0f000000000000002, status: DEREGISTERING}
`

func openRich(t *testing.T) *sandbox.Account {
	t.Helper()
	return must(sandbox.OpenYAML(rich))(t)
}

func TestGateways(t *testing.T) {
	c := ec2Of(openRich(t))
	nats := must(c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{"vpc-0f000000000000001"}}, {Name: aws.String("state"), Values: []string{"available", "pending"}},
	}}))(t).NatGateways
	if len(nats) != 1 || nats[0].State != "available" || nats[0].ConnectivityType != "public" {
		t.Errorf("%+v", nats)
	}
	igws := must(c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filters("attachment.vpc-id", "vpc-0f000000000000001")}))(t).InternetGateways
	if len(igws) != 1 || igws[0].Attachments[0].State != "available" {
		t.Errorf("%+v", igws)
	}
	if none := must(c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filters("attachment.vpc-id", "vpc-0f000000000000002")}))(t); len(none.InternetGateways) != 0 {
		t.Errorf("%+v", none.InternetGateways)
	}
	dhcp := must(c.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{Filters: filters("value", "10.0.0.1?")}))(t).DhcpOptions
	if len(dhcp) != 1 || *dhcp[0].DhcpConfigurations[0].Values[1].Value != "10.0.0.11" {
		t.Errorf("%+v", dhcp)
	}
	lists := must(c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: filters("prefix-list-name", "com.amazonaws.us-east-1.s3")}))(t).PrefixLists
	if len(lists) != 1 || *lists[0].PrefixListId != "pl-63a5400a" || len(lists[0].Cidrs) == 0 {
		t.Errorf("%+v", lists)
	}
}

func TestContainerInstances(t *testing.T) {
	c := ecsOf(openRich(t))
	arns := must(c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{}))(t).ContainerInstanceArns
	if want := []string{"arn:aws:ecs:us-east-1:123456789012:container-instance/default/0f00000000000000000000000000000a"}; !slices.Equal(arns, want) {
		t.Fatalf("%q, want %q: an instance that is being deregistered is listed only on request", arns, want)
	}
	out := must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: append(arns, "nope")}))(t)
	i := out.ContainerInstances[0]
	if *i.VersionInfo.AgentVersion != "1.98.0" || !i.AgentConnected || *i.Attributes[0].Value != "vpc-0f000000000000001" || len(i.Tags) != 0 || len(out.Failures) != 1 {
		t.Errorf("%+v", out)
	}
	if got := must(c.DescribeClusters(ctx, nil))(t).Clusters[0].RegisteredContainerInstancesCount; got != 1 {
		t.Errorf("%d registered instances", got)
	}
}

func TestUnknownIDs(t *testing.T) {
	c := ec2Of(openRich(t))
	const digits = "-0f0000000000000ff"
	for code, try := range map[string]func() error{
		"InvalidVpcID.NotFound": func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc" + digits}})
			return err
		},
		"InvalidSubnetID.NotFound": func() error {
			_, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet" + digits}})
			return err
		},
		"InvalidRouteTableID.NotFound": func() error {
			_, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{"rtb" + digits}})
			return err
		},
		"InvalidGroup.NotFound": func() error {
			_, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg" + digits}})
			return err
		},
		"InvalidSecurityGroupRuleId.NotFound": func() error {
			_, err := c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"sgr" + digits}})
			return err
		},
		"InvalidNetworkAclID.NotFound": func() error {
			_, err := c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{"acl" + digits}})
			return err
		},
		"InvalidNetworkInterfaceID.NotFound": func() error {
			_, err := c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"eni" + digits}})
			return err
		},
		"InvalidInternetGatewayID.NotFound": func() error {
			_, err := c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{"igw" + digits}})
			return err
		},
		"InvalidVpcEndpointId.NotFound": func() error {
			_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{"vpce" + digits}})
			return err
		},
		"InvalidVpcEndpointId.Malformed": func() error {
			_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{"logs"}})
			return err
		},
		"InvalidDhcpOptionID.NotFound": func() error {
			_, err := c.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{"dopt" + digits}})
			return err
		},
		"NatGatewayNotFound": func() error {
			_, err := c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{"nat" + digits}})
			return err
		},
		"InvalidPrefixListID.NotFound": func() error {
			_, err := c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{PrefixListIds: []string{"pl" + digits}})
			return err
		},
	} {
		wantCode(t, try(), code)
	}
	_, err := c.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1z"}})
	wantCode(t, err, "InvalidParameterValue")
	zones, err := c.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{ZoneIds: []string{"use1-az3"}})
	wantCode(t, err, "")
	if len(zones.AvailabilityZones) != 1 || *zones.AvailabilityZones[0].ZoneName != "us-east-1e" {
		t.Errorf("%+v", zones.AvailabilityZones)
	}
	_, err = c.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{"us-east-9"}})
	wantCode(t, err, "InvalidParameterValue")
}
