package sandbox_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

func serviceName(code string) *string { return aws.String("com.amazonaws.us-east-1." + code) }

// wanted is a request for an interface endpoint in two subnets of the VPC.
func wanted(service string) *ec2.CreateVpcEndpointInput {
	return &ec2.CreateVpcEndpointInput{
		VpcId: aws.String(vpcID), ServiceName: serviceName(service), VpcEndpointType: types.VpcEndpointTypeInterface,
		SubnetIds: []string{appA, appB}, SecurityGroupIds: []string{appGroup}, PrivateDnsEnabled: aws.Bool(true),
	}
}

func gateway(tables ...string) *ec2.CreateVpcEndpointInput {
	return &ec2.CreateVpcEndpointInput{
		VpcId: aws.String(vpcID), ServiceName: serviceName("s3"), VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: tables,
	}
}

func create(t *testing.T, c *ec2.Client, in *ec2.CreateVpcEndpointInput) *types.VpcEndpoint {
	t.Helper()
	return must(c.CreateVpcEndpoint(ctx, in))(t).VpcEndpoint
}

func show(t *testing.T, c *ec2.Client, id *string) types.VpcEndpoint {
	t.Helper()
	return must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}}))(t).VpcEndpoints[0]
}

func freeAddresses(t *testing.T, c *ec2.Client, subnet string) int32 {
	t.Helper()
	return *must(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}))(t).Subnets[0].AvailableIpAddressCount
}

func TestCreateRefuses(t *testing.T) {
	change := func(service string, f func(*ec2.CreateVpcEndpointInput)) *ec2.CreateVpcEndpointInput {
		in := wanted(service)
		f(in)
		return in
	}
	for _, tt := range []struct {
		name    string
		in      *ec2.CreateVpcEndpointInput
		code    string
		message string // a part of it
	}{
		{"no such VPC", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.VpcId = aws.String("vpc-00000000000000099") }), "InvalidVpcId.NotFound", ""},
		{"malformed VPC", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.VpcId = aws.String("prod") }), "InvalidVpcId.Malformed", ""},
		{"no such service", wanted("lgos"), "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.lgos' does not exist"},
		{"service of another Region", change("", func(in *ec2.CreateVpcEndpointInput) { in.ServiceName = aws.String("com.amazonaws.us-west-2.logs") }), "InvalidServiceName", ""},
		{"the default type is Gateway", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.VpcEndpointType = "" }),
			"InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface])."},
		{"zone without the service", change("airflow.api", func(in *ec2.CreateVpcEndpointInput) {
			in.VpcId, in.SubnetIds, in.SecurityGroupIds = aws.String(defaultVPC), []string{publicA, publicE}, []string{otherGroup}
		}), "InvalidParameter", "does not support the availability zone of the subnet: " + publicE},
		{"two subnets in a zone", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{appA, dataA} }),
			"DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of " + dataA},
		{"subnet of another VPC", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{publicA} }), "InvalidParameter", publicA},
		{"no such subnet", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{"subnet-00000000000000099"} }), "InvalidSubnetId.NotFound", ""},
		{"group of another VPC", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.SecurityGroupIds = []string{otherGroup} }), "InvalidParameter", otherGroup},
		{"no such group", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.SecurityGroupIds = []string{"sg-00000000000000099"} }), "InvalidGroup.NotFound", ""},
		{"no such route table", gateway("rtb-00000000000000099"), "InvalidRouteTableId.NotFound", ""},
		{"route tables for an interface endpoint", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.RouteTableIds = []string{appTable} }), "InvalidParameter", "Route table IDs"},
		{"subnets for a gateway", change("s3", func(in *ec2.CreateVpcEndpointInput) { in.VpcEndpointType = "Gateway" }), "InvalidParameter", "Subnet IDs"},
		{"address type", change("ec2messages", func(in *ec2.CreateVpcEndpointInput) { in.IpAddressType = "dualstack" }), "InvalidParameter", "ipv4"},
		{"address type that the subnets lack", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.IpAddressType = "dualstack" }), "InvalidParameter", appA},
		{"policy that is not JSON", change("logs", func(in *ec2.CreateVpcEndpointInput) { in.PolicyDocument = aws.String("{") }), "InvalidPolicyDocument", ""},
		{"policy without a principal", change("logs", func(in *ec2.CreateVpcEndpointInput) {
			in.PolicyDocument = aws.String(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
		}), "InvalidPolicyDocument", "Principal"},
		{"policy that is too long", change("logs", func(in *ec2.CreateVpcEndpointInput) {
			in.PolicyDocument = aws.String(`{"Statement":[]` + strings.Repeat(" ", 20480) + "}")
		}), "InvalidPolicyDocument", "20480"},
		{"private DNS of a service without a name", wanted("iot.data"), "InvalidParameter", "does not provide a private DNS name"},
		{"private DNS of S3 without its gateway", wanted("s3"), "InvalidParameter", "must have a Gateway endpoint for the service"},
		{"tags for something else", change("logs", func(in *ec2.CreateVpcEndpointInput) {
			in.TagSpecifications = []types.TagSpecification{{ResourceType: "vpc", Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}
		}), "InvalidParameterValue", "vpc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := ec2Of(open(t, named("")))
			_, err := c.CreateVpcEndpoint(ctx, tt.in)
			wantCode(t, err, tt.code)
			if !strings.Contains(message(err), tt.message) {
				t.Errorf("message %q, want %q in it", message(err), tt.message)
			}
			if left := must(c.DescribeVpcEndpoints(ctx, nil))(t).VpcEndpoints; len(left) != 0 {
				t.Errorf("it created %+v", left)
			}
		})
	}
}

func TestInterfaceEndpoint(t *testing.T) {
	clock := newClock()
	c := ec2Of(open(t, clock.options()))
	before := freeAddresses(t, c, appA)
	in := wanted("ecr.dkr")
	in.TagSpecifications = []types.TagSpecification{{ResourceType: "vpc-endpoint", Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("payments")}}}}
	made := create(t, c, in)

	if made.State != "pending" || made.VpcEndpointType != "Interface" || !*made.PrivateDnsEnabled || *made.RequesterManaged {
		t.Errorf("%+v", made)
	}
	if got := ids(made.Groups, func(g types.SecurityGroupIdentifier) *string { return g.GroupId }); !slices.Equal(got, []string{appGroup}) {
		t.Errorf("groups %q", got)
	}
	if !slices.Equal(made.SubnetIds, []string{appA, appB}) || len(made.NetworkInterfaceIds) != 2 || *made.Tags[0].Value != "payments" {
		t.Errorf("%+v", made)
	}
	var names []string
	for _, e := range made.DnsEntries {
		names = append(names, strings.Replace(*e.DnsName, *made.VpcEndpointId, "ID", 1))
	}
	if len(names) != 5 || !strings.HasSuffix(names[0], ".dkr.ecr.us-east-1.vpce.amazonaws.com") || !strings.Contains(names[1], "-us-east-1a.") ||
		names[3] != "*.dkr.ecr.us-east-1.amazonaws.com" {
		t.Errorf("names %q", names)
	}
	if *made.DnsEntries[0].HostedZoneId == *made.DnsEntries[3].HostedZoneId {
		t.Error("public and private names share a hosted zone")
	}

	interfaces := func() []types.NetworkInterface {
		return must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: made.NetworkInterfaceIds}))(t).NetworkInterfaces
	}
	for _, i := range interfaces() {
		if i.InterfaceType != "vpc_endpoint" || !*i.RequesterManaged || *i.Description != "VPC Endpoint Interface "+*made.VpcEndpointId || i.Status != "pending" {
			t.Errorf("%+v", i)
		}
		cidr := netip.MustParsePrefix(*must(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{*i.SubnetId}}))(t).Subnets[0].CidrBlock)
		if !cidr.Contains(netip.MustParseAddr(*i.PrivateIpAddress)) {
			t.Errorf("%s is not in %s", *i.PrivateIpAddress, cidr)
		}
	}
	if got := *interfaces()[0].PrivateIpAddress; got != "10.0.0.4" {
		t.Errorf("address %s, want the lowest that AWS does not reserve", got)
	}
	if got := freeAddresses(t, c, appA); got != before-1 {
		t.Errorf("%d addresses are free, want %d", got, before-1)
	}

	clock.pass(30 * time.Second)
	if got := show(t, c, made.VpcEndpointId).State; got != "pending" {
		t.Errorf("after 30 s it is %s", got)
	}
	clock.pass(30 * time.Second)
	if got := show(t, c, made.VpcEndpointId).State; got != "available" {
		t.Errorf("after 60 s it is %s", got)
	}
	if got := interfaces()[0].Status; got != "in-use" {
		t.Errorf("its interface is %s", got)
	}

	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t)
	if got := show(t, c, made.VpcEndpointId).State; got != "deleting" {
		t.Errorf("deleted, it is %s", got)
	}
	_, err := c.CreateVpcEndpoint(ctx, wanted("ecr.dkr"))
	wantCode(t, err, "InvalidParameter") // its names still exist
	clock.pass(20 * time.Second)
	_, err = c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}})
	wantCode(t, err, "InvalidVpcEndpointId.NotFound")
	_, err = c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: made.NetworkInterfaceIds})
	wantCode(t, err, "InvalidNetworkInterfaceID.NotFound")
	if got := freeAddresses(t, c, appA); got != before {
		t.Errorf("%d addresses are free, want %d", got, before)
	}
	create(t, c, wanted("ecr.dkr"))
}

func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ec2Of(open(t, sandbox.Options{Speed: 10}))
		made := create(t, c, wanted("logs"))
		start := time.Now()
		for show(t, c, made.VpcEndpointId).State == "pending" {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(start); took < 3500*time.Millisecond || took > 5500*time.Millisecond {
			t.Errorf("ten times faster than AWS it took %v", took)
		}
	})
}

func TestDefaults(t *testing.T) {
	c := ec2Of(open(t, named("")))
	in := wanted("logs")
	in.SecurityGroupIds, in.PrivateDnsEnabled = nil, nil
	made := create(t, c, in)
	if *made.Groups[0].GroupId != mainGroup || *made.Groups[0].GroupName != "default" {
		t.Errorf("groups %+v, want the VPC's default one", made.Groups)
	}
	if !*made.PrivateDnsEnabled || made.IpAddressType != "ipv4" || !strings.Contains(*made.PolicyDocument, `"Principal":"*"`) {
		t.Errorf("%+v", made)
	}
	in = wanted("s3")
	in.PrivateDnsEnabled = nil
	if made := create(t, c, in); *made.PrivateDnsEnabled || !strings.HasPrefix(*made.DnsEntries[0].DnsName, "*.vpce-") {
		t.Errorf("S3 interface endpoint %+v", made)
	}
}

func TestPrivateDNS(t *testing.T) {
	c := ec2Of(open(t, fast(named(""))))
	attribute := func(support, hostnames *types.AttributeBooleanValue) {
		t.Helper()
		must(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(vpcID), EnableDnsSupport: support, EnableDnsHostnames: hostnames}))(t)
	}
	on, off := &types.AttributeBooleanValue{Value: aws.Bool(true)}, &types.AttributeBooleanValue{Value: aws.Bool(false)}

	attribute(nil, off)
	_, err := c.CreateVpcEndpoint(ctx, wanted("logs"))
	wantCode(t, err, "InvalidParameter")
	if want := "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for " + vpcID; message(err) != want {
		t.Errorf("message %q, want %q", message(err), want)
	}
	in := wanted("logs")
	in.PrivateDnsEnabled = aws.Bool(false)
	without := create(t, c, in)
	if len(without.DnsEntries) != 3 {
		t.Errorf("without private DNS: %+v", without.DnsEntries)
	}

	attribute(nil, on)
	with := create(t, c, wanted("logs")) // an endpoint without private DNS does not conflict with it
	_, err = c.CreateVpcEndpoint(ctx, wanted("logs"))
	want := "private-dns-enabled cannot be set because there is already a conflicting DNS domain for logs.us-east-1.amazonaws.com in the VPC " + vpcID
	if code(err) != "InvalidParameter" || message(err) != want {
		t.Errorf("%v, want %q", err, want)
	}

	modify := func(id *string, on bool) error {
		_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, PrivateDnsEnabled: aws.Bool(on)})
		return err
	}
	wantCode(t, modify(without.VpcEndpointId, true), "InvalidParameter")
	wantCode(t, modify(with.VpcEndpointId, false), "")
	wantCode(t, modify(without.VpcEndpointId, true), "")
	if got := show(t, c, without.VpcEndpointId); !*got.PrivateDnsEnabled || len(got.DnsEntries) != 4 {
		t.Errorf("%+v", got)
	}

	attribute(off, nil)
	_, err = c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(vpcID), EnableDnsHostnames: on})
	wantCode(t, err, "InvalidParameterCombination")
	_, err = c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(vpcID), EnableDnsSupport: on, EnableDnsHostnames: on})
	wantCode(t, err, "InvalidParameterCombination")
	got := must(c.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: aws.String(vpcID), Attribute: "enableDnsSupport"}))(t)
	if *got.EnableDnsSupport.Value || got.EnableDnsHostnames != nil {
		t.Errorf("%+v", got)
	}
}

func TestGatewayEndpoint(t *testing.T) {
	c := ec2Of(open(t, fast(named(""))))
	routes := func(table string) []types.Route {
		return must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}}))(t).RouteTables[0].Routes
	}
	made := create(t, c, gateway(appTable))
	if made.State != "available" || made.VpcEndpointType != "Gateway" || len(made.NetworkInterfaceIds)+len(made.DnsEntries) != 0 {
		t.Errorf("%+v", made)
	}
	got := routes(appTable)[1]
	if *got.DestinationPrefixListId != "pl-63a5400a" || *got.GatewayId != *made.VpcEndpointId || got.State != "active" {
		t.Errorf("route %+v", got)
	}

	_, err := c.CreateVpcEndpoint(ctx, gateway(mainTable, appTable))
	if want := "route table " + appTable + " already has a route with destination-prefix-list-id pl-63a5400a"; code(err) != "RouteAlreadyExists" || message(err) != want {
		t.Errorf("%v, want %q", err, want)
	}
	if len(routes(mainTable)) != 1 {
		t.Error("a rejected request created a route")
	}
	modify := func(in *ec2.ModifyVpcEndpointInput) error {
		in.VpcEndpointId = made.VpcEndpointId
		_, err := c.ModifyVpcEndpoint(ctx, in)
		return err
	}
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{AddRouteTableIds: []string{appTable}}), "RouteAlreadyExists")
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{AddSubnetIds: []string{appA}}), "InvalidParameter")
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{AddRouteTableIds: []string{mainTable}}), "")
	if len(routes(mainTable)) != 2 {
		t.Error("the added table has no route")
	}
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{RemoveRouteTableIds: []string{mainTable}}), "")
	if got := show(t, c, made.VpcEndpointId); len(routes(mainTable)) != 1 || !slices.Equal(got.RouteTableIds, []string{appTable}) {
		t.Errorf("after removing: %+v", got)
	}
	_, err = c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: aws.String(appTable), DestinationPrefixListId: aws.String("pl-63a5400a")})
	wantCode(t, err, "InvalidParameterValue")

	// If its gateway endpoint exists, the interface endpoint of S3 can have private DNS.
	if made := create(t, c, wanted("s3")); !*made.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint {
		t.Errorf("%+v", made.DnsOptions)
	}

	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t)
	if len(routes(appTable)) != 1 {
		t.Error("the route outlives its endpoint")
	}
}

func TestClientToken(t *testing.T) {
	clock := newClock()
	c := ec2Of(open(t, clock.options()))
	in := wanted("logs")
	in.ClientToken = aws.String("11111111-2222-3333-4444-555555555555")
	first := must(c.CreateVpcEndpoint(ctx, in))(t)
	if aws.ToString(first.ClientToken) != *in.ClientToken {
		t.Errorf("token %q", aws.ToString(first.ClientToken))
	}
	clock.pass(2 * time.Minute)
	again := create(t, c, in)
	if *again.VpcEndpointId != *first.VpcEndpoint.VpcEndpointId || again.State != "available" {
		t.Errorf("%+v", again)
	}
	in.SubnetIds = []string{appA}
	_, err := c.CreateVpcEndpoint(ctx, in)
	wantCode(t, err, "IdempotentParameterMismatch")
	if all := must(c.DescribeVpcEndpoints(ctx, nil))(t).VpcEndpoints; len(all) != 1 {
		t.Errorf("%d endpoints", len(all))
	}

	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*again.VpcEndpointId}}))(t)
	clock.pass(time.Minute)
	if later := create(t, c, in); *later.VpcEndpointId == *again.VpcEndpointId {
		t.Error("the token replays a deleted endpoint")
	}
}

func TestThrottling(t *testing.T) {
	clock := newClock()
	c := ec2Of(open(t, clock.options()))
	dry := wanted("logs")
	dry.DryRun = aws.Bool(true)
	for _, want := range []string{"DryRunOperation", "DryRunOperation", "DryRunOperation", "DryRunOperation", "RequestLimitExceeded", "RequestLimitExceeded"} {
		_, err := c.CreateVpcEndpoint(ctx, dry)
		wantCode(t, err, want)
	}
	clock.pass(4 * time.Second) // 1.2 tokens: throttled calls used none
	_, err := c.CreateVpcEndpoint(ctx, dry)
	wantCode(t, err, "DryRunOperation")
	_, err = c.CreateVpcEndpoint(ctx, dry)
	wantCode(t, err, "RequestLimitExceeded")
	must(c.DescribeVpcEndpoints(ctx, nil))(t) // other operations are not throttled
}

func TestSDKWaitsOutThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := config(open(t, named("")), "us-east-1")
		conf.RetryMaxAttempts = 10
		c := ec2.NewFromConfig(conf)
		for _, s := range []string{"logs", "ecr.api", "ecr.dkr", "secretsmanager", "ssm", "ssmmessages"} {
			create(t, c, wanted(s))
		}
	})
}

func TestQuotas(t *testing.T) {
	c := ec2Of(open(t, fast(named(""))))
	in := wanted("logs")
	in.PrivateDnsEnabled = aws.Bool(false)
	for range 50 {
		create(t, c, in)
	}
	_, err := c.CreateVpcEndpoint(ctx, in)
	wantCode(t, err, "VpcEndpointLimitExceeded")
	for range 20 {
		create(t, c, gateway())
	}
	_, err = c.CreateVpcEndpoint(ctx, gateway())
	wantCode(t, err, "VpcEndpointLimitExceeded")
}

func TestModifyInterfaceEndpoint(t *testing.T) {
	c := ec2Of(open(t, fast(named(""))))
	in := wanted("logs")
	in.SubnetIds = []string{appA}
	made := create(t, c, in)
	modify := func(in *ec2.ModifyVpcEndpointInput) error {
		in.VpcEndpointId = made.VpcEndpointId
		_, err := c.ModifyVpcEndpoint(ctx, in)
		return err
	}
	before := show(t, c, made.VpcEndpointId)
	policy := aws.String(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"logs:*","Resource":"*"}]}`)
	for code, in := range map[string]*ec2.ModifyVpcEndpointInput{
		"DuplicateSubnetsInSameZone":  {PolicyDocument: policy, AddSubnetIds: []string{dataA}, RemoveSubnetIds: []string{appA}},
		"InvalidGroup.NotFound":       {PolicyDocument: policy, AddSubnetIds: []string{appB}, AddSecurityGroupIds: []string{"sg-00000000000000099"}},
		"InvalidPolicyDocument":       {PolicyDocument: aws.String("no"), AddSubnetIds: []string{appB}},
		"InvalidParameter":            {PolicyDocument: policy, RemoveSecurityGroupIds: []string{appGroup}},
		"InvalidParameterCombination": {PolicyDocument: policy, ResetPolicy: aws.Bool(true)},
	} {
		wantCode(t, modify(in), code)
		if after := show(t, c, made.VpcEndpointId); fmt.Sprintf("%+v", after.SubnetIds) != fmt.Sprintf("%+v", before.SubnetIds) || *after.PolicyDocument != *before.PolicyDocument {
			t.Errorf("%s: a rejected request changed it to %+v", code, after)
		}
	}
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{
		AddSubnetIds: []string{appB}, AddSecurityGroupIds: []string{dbGroup}, RemoveSecurityGroupIds: []string{appGroup}, PolicyDocument: policy,
	}), "")
	after := show(t, c, made.VpcEndpointId)
	if !slices.Equal(after.SubnetIds, []string{appA, appB}) || len(after.Groups) != 1 || *after.Groups[0].GroupId != dbGroup || *after.PolicyDocument != *policy ||
		len(after.DnsEntries) != 4 {
		t.Errorf("%+v", after)
	}
	for _, i := range must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: after.NetworkInterfaceIds}))(t).NetworkInterfaces {
		if *i.Groups[0].GroupId != dbGroup {
			t.Errorf("%s has %+v", *i.NetworkInterfaceId, i.Groups)
		}
	}
	wantCode(t, modify(&ec2.ModifyVpcEndpointInput{RemoveSubnetIds: []string{appA}, ResetPolicy: aws.Bool(true)}), "")
	after = show(t, c, made.VpcEndpointId)
	if !slices.Equal(after.SubnetIds, []string{appB}) || len(after.NetworkInterfaceIds) != 1 || *after.PolicyDocument != *before.PolicyDocument {
		t.Errorf("%+v", after)
	}
}

func TestNotTheUsersEndpoint(t *testing.T) {
	c := ec2Of(open(t, named("half-done")))
	const managed, failed = "vpce-0b2c3d4e5f6a76005", "vpce-0b2c3d4e5f6a76004"
	_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: aws.String(managed), ResetPolicy: aws.Bool(true)})
	wantCode(t, err, "OperationNotPermitted")
	out := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{managed, "vpce-00000000000000099", failed}}))(t)
	var got []string
	for _, u := range out.Unsuccessful {
		got = append(got, *u.ResourceId+" "+*u.Error.Code)
	}
	if want := []string{managed + " OperationNotPermitted", "vpce-00000000000000099 InvalidVpcEndpointId.NotFound"}; !slices.Equal(got, want) {
		t.Errorf("unsuccessful %q, want %q", got, want)
	}
	if e := show(t, c, aws.String(failed)); e.State != "deleting" || *e.LastError.Code != "InternalError" {
		t.Errorf("%+v", e)
	}
}

func TestServices(t *testing.T) {
	a := open(t, named(""))
	c := ec2Of(a)
	all := must(c.DescribeVpcEndpointServices(ctx, nil))(t)
	var s3 []string
	for _, d := range all.ServiceDetails {
		if *d.ServiceName == *serviceName("s3") {
			s3 = append(s3, string(d.ServiceType[0].ServiceType))
		}
	}
	if !slices.Equal(s3, []string{"Gateway", "Interface"}) {
		t.Errorf("S3 is listed as %q", s3)
	}
	if len(all.ServiceNames) >= len(all.ServiceDetails) || !slices.Contains(all.ServiceNames, *serviceName("ecs-telemetry")) {
		t.Errorf("%d names, %d details", len(all.ServiceNames), len(all.ServiceDetails))
	}
	one := must(c.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{*serviceName("batch")}}))(t).ServiceDetails
	if len(one) != 1 || slices.Contains(one[0].AvailabilityZones, "us-east-1e") || *one[0].PrivateDnsName != "batch.us-east-1.amazonaws.com" || *one[0].Owner != "amazon" {
		t.Errorf("%+v", one)
	}
	_, err := c.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.us-east-1.nope"}})
	wantCode(t, err, "InvalidServiceName")
	none := must(c.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{Filters: filters("service-name", "com.amazonaws.us-east-1.nope")}))(t)
	if len(none.ServiceDetails) != 0 {
		t.Errorf("%+v", none.ServiceDetails)
	}

	for region, want := range map[string]map[string]bool{
		"eu-west-1":      {"com.amazonaws.eu-west-1.ecr.api": true, "com.amazonaws.eu-west-1.ec2messages": true, "com.amazonaws.eu-west-1.batch-fips": false},
		"ca-west-1":      {"com.amazonaws.ca-west-1.ecs-agent": true, "com.amazonaws.ca-west-1.ec2messages": false},
		"ap-northeast-3": {"com.amazonaws.ap-northeast-3.batch": false, "com.amazonaws.ap-northeast-3.ecs": true},
		"cn-north-1": {
			"cn.com.amazonaws.cn-north-1.ecr.api": true, "com.amazonaws.cn-north-1.ecr.api": false, "com.amazonaws.cn-north-1.logs": true,
			"com.amazonaws.cn-north-1.s3": true, "cn.com.amazonaws.cn-north-1.s3": true,
		},
	} {
		out := must(ec2.NewFromConfig(config(a, region)).DescribeVpcEndpointServices(ctx, nil))(t)
		for name, listed := range want {
			if slices.Contains(out.ServiceNames, name) != listed {
				t.Errorf("%s listed in %s: %v, want %v", name, region, !listed, listed)
			}
		}
	}
}
