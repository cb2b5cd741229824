package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// What each scenario shows, from the view of its callers.

func endpoint(vpc, service string, private bool, subnets ...string) *ec2.CreateVpcEndpointInput {
	return &ec2.CreateVpcEndpointInput{
		VpcEndpointType: "Interface", VpcId: &vpc, ServiceName: &service, SubnetIds: subnets, PrivateDnsEnabled: &private,
	}
}

func serviceNames(t *testing.T, c *ec2.Client) []string {
	t.Helper()
	return must(c.DescribeVpcEndpointServices(ctx, nil))(t).ServiceNames
}

func TestConflict(t *testing.T) {
	const vpc, appA = "vpc-0c3d4e5f6a7b80001", "subnet-0c3d4e5f6a7b81002"
	now := &clock{}
	a := open(t, sandbox.Options{Scenario: "conflict", Now: now.now})
	c := ec2Of(a)
	create := func(service string) error {
		_, err := c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.us-east-1."+service, true, appA))
		now.pass(10 * time.Second) // the calls are throttled
		return err
	}
	if err := create("logs"); code(err) != "InvalidParameter" || !strings.Contains(message(err), "enableDnsHostnames") {
		t.Errorf("with DNS host names off: %v", err)
	}
	must(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(vpc), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))(t)
	wantCode(t, create("logs"), "")
	for _, service := range []string{"secretsmanager", "ecr.api"} {
		if err := create(service); code(err) != "InvalidParameter" || !strings.Contains(message(err), "conflicting DNS domain") {
			t.Errorf("%s: %v", service, err)
		}
	}
	zones := must(route53.NewFromConfig(config(a, "us-east-1")).ListHostedZonesByVPC(ctx, &route53.ListHostedZonesByVPCInput{VPCId: aws.String(vpc), VPCRegion: "us-east-1"}))(t)
	if z := zones.HostedZoneSummaries; len(z) != 1 || *z[0].Name != "secretsmanager.us-east-1.amazonaws.com." || *z[0].Owner.OwningAccount != "999999999999" {
		t.Errorf("%+v", z)
	}
	old := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", "com.amazonaws.us-east-1.ecr.api")}))(t).VpcEndpoints
	if len(old) != 1 || old[0].State != "deleting" || !*old[0].PrivateDnsEnabled {
		t.Fatalf("%+v", old)
	}
	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*old[0].VpcEndpointId}}))(t)
	now.pass(time.Minute)
	wantCode(t, create("ecr.api"), "")
	servers := must(c.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{Filters: filters("key", "domain-name-servers")}))(t).DhcpOptions
	if len(servers) != 1 || !strings.HasPrefix(*servers[0].DhcpConfigurations[1].Values[0].Value, "10.") {
		t.Errorf("%+v", servers)
	}
}

// TestSharedVPC uses the account of a participant, who can see the VPC but not change it.
func TestSharedVPC(t *testing.T) {
	const vpc, owner = "vpc-0d4e5f6a7b8c90001", "210987654321"
	c := ec2Of(open(t, named("shared-vpc")))
	if v := must(c.DescribeVpcs(ctx, nil))(t).Vpcs; len(v) != 1 || *v[0].OwnerId != owner {
		t.Errorf("%+v", v)
	}
	subnets := must(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters("owner-id", owner)}))(t).Subnets
	if len(subnets) != 3 || !strings.Contains(*subnets[0].SubnetArn, ":"+owner+":subnet/") {
		t.Errorf("%+v", subnets)
	}
	tables := must(c.DescribeRouteTables(ctx, nil))(t).RouteTables
	acls := must(c.DescribeNetworkAcls(ctx, nil))(t).NetworkAcls
	if len(tables) != 2 || *tables[0].OwnerId != owner || len(acls) != 1 || *acls[0].OwnerId != owner {
		t.Errorf("%+v %+v", tables, acls)
	}
	for _, g := range must(c.DescribeSecurityGroups(ctx, nil))(t).SecurityGroups {
		if *g.GroupName == "default" || *g.OwnerId != "123456789012" {
			t.Errorf("%+v", g)
		}
	}
	if out := must(c.DescribeVpcEndpoints(ctx, nil))(t); len(out.VpcEndpoints) != 0 {
		t.Errorf("%+v", out.VpcEndpoints)
	}
	_, err := c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.us-east-1.logs", true, *subnets[0].SubnetId))
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: aws.String(vpc), ServiceName: aws.String("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{*tables[0].RouteTableId}})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(vpc), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: tables[0].RouteTableId, DestinationCidrBlock: aws.String("10.99.0.0/16"), TransitGatewayId: aws.String("tgw-0d4e5f6a7b8c90001")})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: acls[0].NetworkAclId, RuleNumber: aws.Int32(90), Egress: aws.Bool(true),
		Protocol: aws.String("-1"), RuleAction: "deny", CidrBlock: aws.String("0.0.0.0/0")})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: aws.String(vpc), GroupName: aws.String("own"), Description: aws.String("a participant may have groups")})
	wantCode(t, err, "")
}

func TestChina(t *testing.T) {
	const vpc, region = "vpc-0e5f6a7b8c9d00001", "cn-northwest-1"
	a := open(t, named("china"))
	c := ec2.NewFromConfig(config(a, region))
	if arn := *must(sts.NewFromConfig(config(a, region)).GetCallerIdentity(ctx, nil))(t).Arn; !strings.HasPrefix(arn, "arn:aws-cn:") {
		t.Error(arn)
	}
	names := serviceNames(t, c)
	for _, name := range []string{"cn.com.amazonaws.cn-northwest-1.ecr.api", "cn.com.amazonaws.cn-northwest-1.ecr.dkr", "com.amazonaws.cn-northwest-1.logs",
		"com.amazonaws.cn-northwest-1.secretsmanager", "com.amazonaws.cn-northwest-1.s3"} {
		if !slices.Contains(names, name) {
			t.Errorf("no %s", name)
		}
	}
	_, err := c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.cn-northwest-1.ecr.api", true, "subnet-0e5f6a7b8c9d01001"))
	wantCode(t, err, "InvalidServiceName")
	out := must(c.CreateVpcEndpoint(ctx, endpoint(vpc, "cn.com.amazonaws.cn-northwest-1.ecr.api", true, "subnet-0e5f6a7b8c9d01001")))(t)
	if dns := ids(out.VpcEndpoint.DnsEntries, func(e types.DnsEntry) *string { return e.DnsName }); !slices.Contains(dns, "api.ecr.cn-northwest-1.amazonaws.com.cn") {
		t.Errorf("%q", dns)
	}
	task := must(ecs.NewFromConfig(config(a, region)).DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("catalogue")}))(t).TaskDefinition
	if !strings.HasPrefix(*task.TaskDefinitionArn, "arn:aws-cn:ecs:cn-northwest-1:") || !strings.Contains(*task.ContainerDefinitions[0].Image, ".amazonaws.com.cn/") {
		t.Errorf("%s %s", *task.TaskDefinitionArn, *task.ContainerDefinitions[0].Image)
	}
	if vpcs := must(ec2Of(a).DescribeVpcs(ctx, nil))(t).Vpcs; len(vpcs) != 0 {
		t.Errorf("in us-east-1: %+v", vpcs)
	}
}

func TestNewRegion(t *testing.T) {
	const vpc, region = "vpc-0f6a7b8c9d0e10001", "ca-west-1"
	c := ec2.NewFromConfig(config(open(t, named("new-region")), region))
	names := serviceNames(t, c)
	for _, service := range []string{"ecs", "ecs-agent", "ecs-telemetry", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3"} {
		if !slices.Contains(names, "com.amazonaws.ca-west-1."+service) {
			t.Errorf("no %s", service)
		}
	}
	_, err := c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.ca-west-1.ec2messages", true, "subnet-0f6a7b8c9d0e11001"))
	wantCode(t, err, "InvalidServiceName")
	_, err = c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.ca-west-1.ecs-agent", true, "subnet-0f6a7b8c9d0e11001"))
	wantCode(t, err, "")
}

func TestCrowded(t *testing.T) {
	const vpc, appA, appC = "vpc-0a7b8c9d0e1f20001", "subnet-0a7b8c9d0e1f21001", "subnet-0a7b8c9d0e1f21003"
	c := ec2Of(open(t, named("crowded")))
	free := func() int32 {
		return *must(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{appA}}))(t).Subnets[0].AvailableIpAddressCount
	}
	if free() != 2 {
		t.Errorf("%d free addresses, want 2", free())
	}
	for state, want := range map[string]int{"blackhole": 1, "active": 6} {
		if got := len(must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters("route.state", state)}))(t).RouteTables); got != want {
			t.Errorf("%d route tables with %s routes, want %d", got, state, want)
		}
	}
	if g := must(c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: filters("vpc-id", vpc)}))(t).NatGateways; len(g) != 1 || g[0].State != "available" {
		t.Errorf("%+v", g)
	}
	if acls := must(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filters("entry.rule-number", "90")}))(t).NetworkAcls; len(acls) != 1 || acls[0].Entries[0].RuleAction != "deny" {
		t.Errorf("%+v", acls)
	}
	s3 := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("vpc-endpoint-type", "Gateway")}))(t).VpcEndpoints
	if len(s3) != 1 || strings.Contains(*s3[0].PolicyDocument, "starport") {
		t.Errorf("%+v", s3)
	}
	for i, tt := range []struct{ service, subnet, code string }{
		{"logs", appA, ""}, {"kms", appA, ""}, {"ssm", appA, "InsufficientFreeAddressesInSubnet"}, {"ssm", appC, "VpcEndpointLimitExceeded"},
	} {
		_, err := c.CreateVpcEndpoint(ctx, endpoint(vpc, "com.amazonaws.us-east-1."+tt.service, true, tt.subnet))
		if code(err) != tt.code {
			t.Errorf("endpoint %d: %v, want %q", i+1, err, tt.code)
		}
	}
	if free() != 0 {
		t.Errorf("%d free addresses, want none", free())
	}
}
