package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const deletingTime = 20 * time.Second

// own calls one of the sandbox's own paths.
func own(t *testing.T, a *sandbox.Account, method, path, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(method, "http://sandbox"+path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestScenarios(t *testing.T) {
	var got []string
	for _, s := range sandbox.Scenarios() {
		got = append(got, s.Name)
		if s.Shows == "" || s.Region == "" || !strings.HasPrefix(s.VPC, "vpc-") {
			t.Errorf("%+v", s)
		}
		a := open(t, named(s.Name))
		_, dump := own(t, a, "GET", "/_sandbox/account", "")
		if !strings.Contains(dump, s.VPC) {
			t.Errorf("%s is not about %s", s.Name, s.VPC)
		}
		for _, id := range regexp.MustCompile(`"\w+Id": "([a-z]+-[^"]*)"`).FindAllStringSubmatch(dump, -1) {
			if !regexp.MustCompile(`^[a-z-]+-([0-9a-f]{17}|[0-9a-f]{8})$`).MatchString(id[1]) && !strings.HasPrefix(id[1], "amazon-") {
				t.Errorf("%s: id %q", s.Name, id[1])
			}
		}
	}
	if want := []string{"closed", "half-done", "conflict", "shared-vpc", "china", "new-region", "crowded", "stubborn", "old-agents", "registry", "managed-instances", "mwaa-private", "mwaa-public", "mwaa-customer-pending", "mwaa-load-balancer", "empty", "first-steps", "large"}; !slices.Equal(got, want) {
		t.Errorf("scenarios %q, want %q", got, want)
	}
	_, err := sandbox.New(sandbox.Options{Scenario: "opne"})
	if err == nil || !strings.Contains(err.Error(), "closed, half-done") {
		t.Errorf("error %v, want the supported scenarios in it", err)
	}
}

func TestOtherRegions(t *testing.T) {
	a := open(t, named(""))
	c := ec2.NewFromConfig(config(a, "eu-west-1"))
	if out := must(c.DescribeVpcs(ctx, nil))(t); len(out.Vpcs) != 0 {
		t.Errorf("VPCs in eu-west-1: %+v", out.Vpcs)
	}
	zones := must(c.DescribeAvailabilityZones(ctx, nil))(t).AvailabilityZones
	if len(zones) != 3 || *zones[0].ZoneName != "eu-west-1a" || *zones[0].ZoneId != "euw1-az1" {
		t.Errorf("%+v", zones)
	}
	regions := ids(must(c.DescribeRegions(ctx, nil))(t).Regions, func(r types.Region) *string { return r.RegionName })
	if !slices.Contains(regions, "ca-west-1") || slices.Contains(regions, "cn-north-1") {
		t.Errorf("Regions %q", regions)
	}
	if out := must(ecs.NewFromConfig(config(a, "eu-west-1")).ListClusters(ctx, nil))(t); len(out.ClusterArns) != 0 {
		t.Errorf("clusters in eu-west-1: %q", out.ClusterArns)
	}
	if _, dump := own(t, a, "GET", "/_sandbox/account", ""); strings.Contains(dump, "eu-west-1") {
		t.Error("an empty Region is in the dump")
	}

	_, err := ec2.NewFromConfig(config(a, "us-east-9")).DescribeVpcs(ctx, nil)
	wantCode(t, err, "AuthFailure")
	_, err = sts.NewFromConfig(config(a, "us-east-9")).GetCallerIdentity(ctx, nil)
	wantCode(t, err, "SignatureDoesNotMatch")
	_, err = ecs.NewFromConfig(config(a, "us-east-9")).ListClusters(ctx, nil)
	wantCode(t, err, "InvalidSignatureException")
}

func TestUnsigned(t *testing.T) {
	a := open(t, named(""))
	for _, tt := range []struct {
		name, body string
		header     http.Header
		status     int
		reply      string
	}{
		{"EC2", "Action=DescribeVpcs&Version=2016-11-15", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 403,
			"<Response><Errors><Error><Code>MissingAuthenticationToken</Code>"},
		{"STS", "Action=GetCallerIdentity&Version=2011-06-15", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 403,
			"<Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>"},
		{"ECS", "{}", http.Header{"X-Amz-Target": {"AmazonEC2ContainerServiceV20141113.ListClusters"}}, 400, `"__type":"MissingAuthenticationTokenException"`},
	} {
		req := httptest.NewRequest("POST", "http://sandbox/", strings.NewReader(tt.body))
		req.Header = tt.header
		w := httptest.NewRecorder()
		a.ServeHTTP(w, req)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.reply) {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	// A presigned URL is signed too.
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "http://sandbox/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"+
		"&X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=0", nil))
	if w.Code != 200 {
		t.Errorf("presigned: %d %s", w.Code, w.Body)
	}
}

func TestNotImplemented(t *testing.T) {
	conf := config(open(t, named("")), "us-east-1")
	var log bytes.Buffer
	conf.HTTPClient = &http.Client{Transport: open(t, sandbox.Options{Log: &log})}
	conf.RetryMaxAttempts = 5
	_, err := ec2.NewFromConfig(conf).DescribeVolumes(ctx, nil)
	wantCode(t, err, "NotImplemented")
	if !strings.Contains(message(err), "ec2:DescribeVolumes") {
		t.Errorf("message %q", message(err))
	}
	_, err = ecs.NewFromConfig(conf).ListDaemons(ctx, &ecs.ListDaemonsInput{})
	wantCode(t, err, "NotImplemented")
	if calls := strings.Count(log.String(), "\n"); calls != 2 {
		t.Errorf("the SDK called %d times, want 2:\n%s", calls, &log)
	}
	if want := "ec2.DescribeVolumes us-east-1 501 NotImplemented\n"; !strings.Contains(log.String(), want) {
		t.Errorf("log %q, want %q in it", &log, want)
	}
	_, err = ec2.NewFromConfig(conf).DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceRegions: []string{"us-east-1"}})
	wantCode(t, err, "")
	_, err = ec2.NewFromConfig(conf).CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: aws.String(vpcID), ServiceName: serviceName("logs"), ServiceNetworkArn: aws.String("arn:aws:vpc-lattice:…"),
	})
	wantCode(t, err, "UnknownParameter")
}

func TestMissingAndMalformed(t *testing.T) {
	a := open(t, named(""))
	post := func(body string) string {
		req := httptest.NewRequest("POST", "http://sandbox/", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, req)
		return regexp.MustCompile(`<Code>(.*)</Code>`).FindString(w.Body.String())
	}
	for body, want := range map[string]string{
		"Action=DescribeVpcAttribute&VpcId=" + vpcID:    "<Code>MissingParameter</Code>",
		"Action=DescribeVpcs&MaxResults=many":           "<Code>InvalidParameterValue</Code>",
		"Action=DescribeVpcs&DryRun=perhaps":            "<Code>InvalidParameterValue</Code>",
		"Action=DescribeVpcs&Filter.x.Name=vpc-id":      "<Code>UnknownParameter</Code>",
		"Action=DescribeVpcs&Filter.1.Nmae=vpc-id":      "<Code>UnknownParameter</Code>",
		"Action=DescribeVpcs&DryRun=true":               "<Code>DryRunOperation</Code>",
		"Action=DescribeVpcs&VpcId.1=vpc-1":             "<Code>InvalidVpcID.Malformed</Code>",
		"Action=DescribeSubnets&SubnetId.1=subnet-0a1b": "<Code>InvalidSubnetID.Malformed</Code>",
		"Action=DescribeVpcs":                           "",
	} {
		if got := post(body); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	a := open(t, named(""))
	c := ec2Of(a)
	var got []string
	pages := 0
	p := ec2.NewDescribeSubnetsPaginator(c, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(5)})
	for p.HasMorePages() {
		out := must(p.NextPage(ctx))(t)
		got = append(got, ids(out.Subnets, func(s types.Subnet) *string { return s.SubnetId })...)
		pages++
	}
	all := ids(must(c.DescribeSubnets(ctx, nil))(t).Subnets, func(s types.Subnet) *string { return s.SubnetId })
	if pages != 3 || len(all) != 12 || !slices.Equal(got, all) {
		t.Errorf("%d pages: %q, want %q", pages, got, all)
	}

	var names []string
	in := &ec2.DescribeVpcEndpointServicesInput{MaxResults: aws.Int32(7)} // the SDK has no paginator for it
	for more := true; more; more = in.NextToken != nil {
		out := must(c.DescribeVpcEndpointServices(ctx, in))(t)
		if len(out.ServiceDetails) > 7 {
			t.Errorf("a page of %d", len(out.ServiceDetails))
		}
		names = append(names, out.ServiceNames...)
		in.NextToken = out.NextToken
	}
	if want := must(c.DescribeVpcEndpointServices(ctx, nil))(t).ServiceNames; !slices.Equal(slices.Compact(names), want) {
		t.Errorf("names %q, want %q", names, want)
	}

	for _, tt := range []struct {
		in   *ec2.DescribeSubnetsInput
		code string
	}{
		{&ec2.DescribeSubnetsInput{MaxResults: aws.Int32(4)}, "InvalidParameterValue"},
		{&ec2.DescribeSubnetsInput{MaxResults: aws.Int32(1001)}, "InvalidParameterValue"},
		{&ec2.DescribeSubnetsInput{NextToken: aws.String("next")}, "InvalidNextToken"},
	} {
		_, err := c.DescribeSubnets(ctx, tt.in)
		wantCode(t, err, tt.code)
	}
	_, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{MaxResults: aws.Int32(101)})
	wantCode(t, err, "InvalidParameterValue")

	e := ecsOf(a)
	_, err = e.ListClusters(ctx, &ecs.ListClustersInput{MaxResults: aws.Int32(101)})
	wantCode(t, err, "InvalidParameterException")
	_, err = e.ListClusters(ctx, &ecs.ListClustersInput{NextToken: aws.String("next")})
	wantCode(t, err, "InvalidParameterException")
	services := ecs.NewListServicesPaginator(e, &ecs.ListServicesInput{Cluster: aws.String("prod"), MaxResults: aws.Int32(1)})
	var arns []string
	for services.HasMorePages() {
		page := must(services.NextPage(ctx))(t).ServiceArns
		if len(page) != 1 {
			t.Errorf("a page of %d", len(page))
		}
		arns = append(arns, page...)
	}
	if want := must(e.ListServices(ctx, &ecs.ListServicesInput{Cluster: aws.String("prod")}))(t).ServiceArns; len(want) < 2 || !slices.Equal(arns, want) {
		t.Errorf("services %q, want %q", arns, want)
	}
}

// Every write operation with DryRun must leave the account unchanged.
func TestDryRun(t *testing.T) {
	a := open(t, fast(named("")))
	c := ec2Of(a)
	endpoint := create(t, c, wanted("logs")).VpcEndpointId
	time.Sleep(2 * time.Millisecond) // until it is available
	_, before := own(t, a, "GET", "/_sandbox/account", "")
	dry, group := aws.Bool(true), aws.String(appGroup)
	for name, try := range map[string]func() error{
		"CreateVpcEndpoint": func() error {
			in := wanted("ssm")
			in.DryRun = dry
			_, err := c.CreateVpcEndpoint(ctx, in)
			return err
		},
		"ModifyVpcEndpoint": func() error {
			_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{DryRun: dry, VpcEndpointId: endpoint, AddSubnetIds: []string{appC}})
			return err
		},
		"DeleteVpcEndpoints": func() error {
			_, err := c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{DryRun: dry, VpcEndpointIds: []string{*endpoint}})
			return err
		},
		"CreateSecurityGroup": func() error {
			_, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{DryRun: dry, GroupName: aws.String("g"), Description: aws.String("d"), VpcId: aws.String(vpcID)})
			return err
		},
		"DeleteSecurityGroup": func() error {
			_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{DryRun: dry, GroupId: group})
			return err
		},
		"AuthorizeSecurityGroupIngress": func() error {
			_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{DryRun: dry, GroupId: group, IpPermissions: fromRange("10.0.0.0/16")})
			return err
		},
		"AuthorizeSecurityGroupEgress": func() error {
			_, err := c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{DryRun: dry, GroupId: group, IpPermissions: fromRange("10.0.0.0/16")})
			return err
		},
		"RevokeSecurityGroupIngress": func() error {
			_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{DryRun: dry, GroupId: group, IpPermissions: fromRange("10.0.0.0/16")})
			return err
		},
		"RevokeSecurityGroupEgress": func() error {
			_, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{DryRun: dry, GroupId: group, IpPermissions: fromRange("10.0.0.0/16")})
			return err
		},
		"CreateTags": func() error {
			_, err := c.CreateTags(ctx, &ec2.CreateTagsInput{DryRun: dry, Resources: []string{vpcID}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
			return err
		},
		"CreateRoute": func() error {
			_, err := c.CreateRoute(ctx, &ec2.CreateRouteInput{DryRun: dry, RouteTableId: aws.String(appTable), DestinationCidrBlock: aws.String("10.9.0.0/16"), TransitGatewayId: aws.String("tgw-1")})
			return err
		},
		"DeleteRoute": func() error {
			_, err := c.DeleteRoute(ctx, &ec2.DeleteRouteInput{DryRun: dry, RouteTableId: aws.String("rtb-0a1b2c3d4e5f60002"), DestinationCidrBlock: aws.String("0.0.0.0/0")})
			return err
		},
		"CreateNetworkAclEntry": func() error {
			_, err := c.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{DryRun: dry, NetworkAclId: aws.String(mainACL), RuleNumber: aws.Int32(1), Egress: aws.Bool(false),
				Protocol: aws.String("-1"), RuleAction: "deny", CidrBlock: aws.String("0.0.0.0/0")})
			return err
		},
	} {
		if got := code(try()); got != "DryRunOperation" {
			t.Errorf("%s: %q", name, got)
		}
		if _, after := own(t, a, "GET", "/_sandbox/account", ""); after != before {
			t.Fatalf("%s changed the account", name)
		}
	}
}

func TestTags(t *testing.T) {
	c := ec2Of(open(t, named("")))
	set := func(resources []string, keyAndValue ...string) error {
		_, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: resources, Tags: []types.Tag{{Key: &keyAndValue[0], Value: &keyAndValue[1]}}})
		return err
	}
	get := func() map[string]string {
		all := map[string]string{}
		for _, tag := range must(c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{vpcID}}))(t).Vpcs[0].Tags {
			all[*tag.Key] = *tag.Value
		}
		return all
	}
	wantCode(t, set([]string{vpcID, appA}, "team", "payments"), "")
	wantCode(t, set([]string{vpcID, "subnet-00000000000000099"}, "team", "orders"), "InvalidSubnetID.NotFound")
	wantCode(t, set([]string{vpcID}, "aws:team", "orders"), "InvalidParameterValue")
	wantCode(t, set([]string{"thing-1"}, "team", "orders"), "InvalidID")
	if got := get(); len(got) != 2 || got["team"] != "payments" || got["Name"] != "prod" {
		t.Errorf("tags %v", got)
	}
	wantCode(t, set([]string{vpcID}, "team", "orders"), "")
	if got := get(); len(got) != 2 || got["team"] != "orders" {
		t.Errorf("tags %v", got)
	}
}

func TestSabotage(t *testing.T) {
	c := ec2Of(open(t, named("")))
	entry := func(number int32) error {
		_, err := c.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: aws.String(mainACL), RuleNumber: &number, Egress: aws.Bool(true), Protocol: aws.String("6"),
			RuleAction: "deny", CidrBlock: aws.String("10.0.0.0/16"), PortRange: &types.PortRange{From: aws.Int32(443), To: aws.Int32(443)}})
		return err
	}
	wantCode(t, entry(90), "")
	wantCode(t, entry(90), "NetworkAclEntryAlreadyExists")
	wantCode(t, entry(40000), "InvalidParameterValue")
	entries := must(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{mainACL}}))(t).NetworkAcls[0].Entries
	if *entries[0].RuleNumber != 90 || *entries[0].PortRange.From != 443 || *entries[2].RuleNumber != 32767 || !*entries[2].Egress {
		t.Errorf("%+v", entries)
	}
	route := func(table, target string) error {
		_, err := c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &target})
		return err
	}
	wantCode(t, route(appTable, "igw-0a1b2c3d4e5f60002"), "InvalidParameterValue") // attached to the other VPC
	wantCode(t, route(appTable, "vgw-0a1b2c3d4e5f60002"), "")
	wantCode(t, route(appTable, "vgw-0a1b2c3d4e5f60002"), "RouteAlreadyExists")
	unroute := func(cidr string) error {
		_, err := c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: aws.String(appTable), DestinationCidrBlock: &cidr})
		return err
	}
	wantCode(t, unroute("10.0.0.0/16"), "InvalidParameterValue")
	wantCode(t, unroute("0.0.0.0/0"), "")
	wantCode(t, unroute("0.0.0.0/0"), "InvalidRoute.NotFound")
}

func TestECS(t *testing.T) {
	a := open(t, named(""))
	c := ecsOf(a)
	clusters := must(c.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"prod", "nope"}}))(t)
	if len(clusters.Clusters) != 1 || len(clusters.Clusters[0].Settings) != 0 || *clusters.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v", clusters)
	}
	clusters = must(c.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"prod"}, Include: []ecstypes.ClusterField{"SETTINGS", "STATISTICS"}}))(t)
	if len(clusters.Clusters[0].Settings) != 1 || len(clusters.Clusters[0].Statistics) != 6 {
		t.Errorf("%+v", clusters.Clusters[0])
	}
	_, err := c.ListServices(ctx, &ecs.ListServicesInput{Cluster: aws.String("nope")})
	wantCode(t, err, "ClusterNotFoundException")
	_, err = c.ListServices(ctx, &ecs.ListServicesInput{})
	wantCode(t, err, "ClusterNotFoundException") // the cluster "default" does not exist
	services := must(c.ListServices(ctx, &ecs.ListServicesInput{Cluster: aws.String("prod"), LaunchType: "FARGATE"}))(t).ServiceArns
	out := must(c.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: append(services, "nope")}))(t)
	s := out.Services[0]
	if *s.ServiceName != "web" || s.DesiredCount != 2 || s.RunningCount != 0 || s.LaunchType != "FARGATE" || *s.PlatformVersion != "1.4.0" ||
		!slices.Equal(s.NetworkConfiguration.AwsvpcConfiguration.Subnets, []string{appA, appB, appC}) || len(s.Deployments) != 1 || len(out.Failures) != 1 {
		t.Errorf("%+v", out)
	}
	_, err = c.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: make([]string, 11)})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web:99")})
	wantCode(t, err, "ClientException")
	_, err = c.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("web"), PlacementStrategy: []ecstypes.PlacementStrategy{{Type: "random"}}})
	wantCode(t, err, "SerializationException") // not supported, and not ignored
	_, account := own(t, a, "GET", "/_sandbox/account", "")
	arn := regexp.MustCompile(`"taskArn": "(.+)"`).FindStringSubmatch(account)[1]
	task := must(c.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: []string{arn}}))(t).Tasks[0]
	if !strings.HasPrefix(*task.StoppedReason, "ResourceInitializationError: unable to pull secrets") || task.StopCode != "TaskFailedToStart" {
		t.Errorf("%+v", task)
	}
}

func TestDenied(t *testing.T) {
	a := open(t, named(""))
	c := ec2Of(a)
	deny := func(body string) int {
		status, _ := own(t, a, "POST", "/_sandbox/deny", body)
		return status
	}
	if got := deny(`{"operations":["ec2:DescribeVpcs","ecs:ListClusters","sts:GetCallerIdentity"]}`); got != 204 {
		t.Fatalf("status %d", got)
	}
	_, err := c.DescribeVpcs(ctx, nil)
	wantCode(t, err, "UnauthorizedOperation")
	if want := "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/Admin/practice is not authorized to perform: ec2:DescribeVpcs"; !strings.HasPrefix(message(err), want) {
		t.Errorf("message %q", message(err))
	}
	_, err = ecsOf(a).ListClusters(ctx, nil)
	wantCode(t, err, "AccessDeniedException")
	_, err = stsOf(a).GetCallerIdentity(ctx, nil)
	wantCode(t, err, "AccessDenied")
	_, err = c.DescribeSubnets(ctx, nil)
	wantCode(t, err, "")

	deny(`{"operations":["ec2:DescribeVpcs"],"code":"Unavailable"}`)
	_, err = c.DescribeVpcs(ctx, nil)
	wantCode(t, err, "Unavailable")
	_, err = ecsOf(a).ListClusters(ctx, nil)
	wantCode(t, err, "")
	for _, bad := range []string{`{"operations":["ec2:Nope"]}`, `{"operation":["ec2:DescribeVpcs"]}`, ``} {
		if got := deny(bad); got != 400 {
			t.Errorf("%s: status %d", bad, got)
		}
	}
	deny(`{"operations":[]}`)
	_, err = c.DescribeVpcs(ctx, nil)
	wantCode(t, err, "")
}

func TestDumpAndReset(t *testing.T) {
	clock := newClock()
	a := open(t, clock.options())
	c := ec2Of(a)
	_, start := own(t, a, "GET", "/_sandbox/account", "")
	if !json.Valid([]byte(start)) {
		t.Fatal("not JSON")
	}
	made := func() (id string) {
		id = *create(t, c, wanted("logs")).VpcEndpointId
		must(c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpcID}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))(t)
		return id
	}
	first := made()
	_, changed := own(t, a, "GET", "/_sandbox/account", "")
	if changed == start || !strings.Contains(changed, `"State": "pending"`) || !strings.Contains(changed, first) {
		t.Error("the dump does not show the endpoint")
	}
	if status, _ := own(t, a, "POST", "/_sandbox/reset", ""); status != 204 {
		t.Errorf("reset: %d", status)
	}
	if _, again := own(t, a, "GET", "/_sandbox/account", ""); again != start {
		t.Error("reset does not restore the scenario")
	}
	if second := made(); second != first {
		t.Errorf("ids are %s and then %s: not counted", first, second)
	}
	if _, again := own(t, a, "GET", "/_sandbox/account", ""); again != changed {
		t.Error("the same calls gave a different account")
	}
	for path, method := range map[string]string{"/_sandbox/": "GET", "/_sandbox/accounts": "GET", "/_sandbox/reset": "GET"} {
		if status, body := own(t, a, method, path, ""); status != 404 || !strings.Contains(body, "/_sandbox/account") {
			t.Errorf("%s %s: %d %s", method, path, status, body)
		}
	}
}

func TestContext(t *testing.T) {
	a := open(t, named(""))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	req, _ := http.NewRequestWithContext(gone, "GET", "http://sandbox/_sandbox/account", io.NopCloser(strings.NewReader("")))
	if resp, err := a.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("answer %v, error %v", resp, err)
	}
}

func TestManyCallers(t *testing.T) {
	a := open(t, fast(named("")))
	c := ec2Of(a)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				in := wanted("logs")
				in.PrivateDnsEnabled = aws.Bool(false)
				if _, err := c.CreateVpcEndpoint(ctx, in); err != nil && code(err) != "RequestLimitExceeded" {
					t.Error(err)
				}
				if _, err := c.DescribeNetworkInterfaces(ctx, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestTagsAreListedAndDeleted(t *testing.T) {
	c := ec2Of(open(t, named("closed")))
	list := func(filter ...string) (all []string) {
		t.Helper()
		pages := ec2.NewDescribeTagsPaginator(c, &ec2.DescribeTagsInput{Filters: filters(filter...)})
		for pages.HasMorePages() {
			for _, d := range must(pages.NextPage(ctx))(t).Tags {
				all = append(all, fmt.Sprint(*d.ResourceId, " ", d.ResourceType, " ", *d.Key, "=", *d.Value))
			}
		}
		return all
	}
	if got, want := list("resource-id", vpcID), []string{vpcID + " vpc Name=prod"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := list("resource-type", "subnet"); len(got) != 6 {
		t.Errorf("%q", got)
	}
	must(c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpcID}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	remove := func(code string, resource string, tags ...types.Tag) {
		t.Helper()
		_, err := c.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{vpcID, resource}, Tags: tags})
		wantCode(t, err, code)
	}
	remove("InvalidSubnetID.NotFound", "subnet-0123456789abcdef0", types.Tag{Key: aws.String("a")})
	remove("", appA, types.Tag{Key: aws.String("a")}, types.Tag{Key: aws.String("b"), Value: aws.String("other")})
	if got := list("resource-id", vpcID); len(got) != 2 {
		t.Errorf("%q", got)
	}
	remove("", appA)
	if got := list("resource-id", vpcID, appA); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestAddressesWithoutNames(t *testing.T) {
	c := ec2Of(open(t, named("closed")))
	a := must(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	got := must(c.DescribeAddressesAttribute(ctx, &ec2.DescribeAddressesAttributeInput{AllocationIds: []string{*a.AllocationId}, Attribute: "domain-name"}))(t).Addresses
	if len(got) != 1 || *got[0].PublicIp != *a.PublicIp || got[0].PtrRecord != nil {
		t.Errorf("%+v", got)
	}
	_, err := c.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: aws.String("eipassoc-0123456789abcdef0")})
	wantCode(t, err, "InvalidAssociationID.NotFound")
}
