package sandbox_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const largeVPC = "vpc-0b8c9d0e1f2a30001"

func TestLarge(t *testing.T) {
	all := sandbox.Scenarios()
	if last := all[len(all)-1]; last.Name != "large" || last.VPC != largeVPC || last.Region != "us-east-1" {
		t.Fatalf("%+v is last", last)
	}
	a := open(t, named("large"))
	c := ec2Of(a)
	subnets := func(pageSize *int32, f []types.Filter) (found []string) {
		for p := ec2.NewDescribeSubnetsPaginator(c, &ec2.DescribeSubnetsInput{Filters: f, MaxResults: pageSize}); p.HasMorePages(); {
			found = append(found, ids(must(p.NextPage(ctx))(t).Subnets, func(s types.Subnet) *string { return s.SubnetId })...)
		}
		return found
	}
	everything := subnets(nil, nil)
	if slices.Sort(everything); len(everything) != 10000 || len(slices.Compact(everything)) != 10000 {
		t.Errorf("%d subnets, want 10000 different ones", len(everything))
	}
	inVPC := subnets(aws.Int32(300), filters("vpc-id", largeVPC))
	if slices.Sort(inVPC); len(inVPC) != 1000 || len(slices.Compact(inVPC)) != 1000 {
		t.Errorf("%d subnets in the VPC, want 1000 different ones", len(inVPC))
	}
	if one := subnets(nil, append(filters("vpc-id", largeVPC), filters("tag:Name", "team-001-a0")...)); len(one) != 1 {
		t.Errorf("team-001-a0 is %q", one)
	}
	if vpcs := must(c.DescribeVpcs(ctx, nil))(t).Vpcs; len(vpcs) != 200 {
		t.Errorf("%d VPCs, want 200", len(vpcs))
	}
	groups, ownGroups := 0, 0
	for p := ec2.NewDescribeSecurityGroupsPaginator(c, &ec2.DescribeSecurityGroupsInput{}); p.HasMorePages(); {
		for _, g := range must(p.NextPage(ctx))(t).SecurityGroups {
			groups++
			if *g.VpcId == largeVPC {
				ownGroups++
			}
		}
	}
	if groups != 5000 || ownGroups != 500 {
		t.Errorf("%d groups, %d in the VPC; want 5000 and 500", groups, ownGroups)
	}
	interfaces := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filters("vpc-id", largeVPC)}))(t).NetworkInterfaces
	if len(interfaces) != 300 {
		t.Errorf("%d interfaces in the VPC, want 300", len(interfaces))
	}
	_, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: aws.String(largeVPC), GroupName: aws.String("one-more"), Description: aws.String("one more")})
	wantCode(t, err, "") // the account has a raised quota

	clusters, most, services := 0, 0, 0
	for p := ecs.NewListClustersPaginator(ecsOf(a), nil); p.HasMorePages(); {
		for _, arn := range must(p.NextPage(ctx))(t).ClusterArns {
			n := len(must(ecsOf(a).ListServices(ctx, &ecs.ListServicesInput{Cluster: &arn}))(t).ServiceArns)
			clusters, services, most = clusters+1, services+n, max(most, n)
		}
	}
	if clusters != 500 || most != 2 || services < 400 {
		t.Errorf("%d clusters, %d services, at most %d in one", clusters, services, most)
	}
}

// BenchmarkStart measures opening a scenario. The first run includes reading the catalog.
func BenchmarkStart(b *testing.B) {
	for _, name := range []string{"closed", "crowded", "large"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := sandbox.New(named(name)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLarge measures single calls of the large account.
func BenchmarkLarge(b *testing.B) {
	a, err := sandbox.New(named("large"))
	if err != nil {
		b.Fatal(err)
	}
	for _, query := range []string{
		"Action=DescribeSubnets", "Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1=" + largeVPC,
		"Action=DescribeVpcs", "Action=DescribeRouteTables&Filter.1.Name=vpc-id&Filter.1.Value.1=" + largeVPC,
		"Action=DescribeSecurityGroups&Filter.1.Name=vpc-id&Filter.1.Value.1=" + largeVPC,
		"Action=DescribeSecurityGroupRules", "Action=DescribeNetworkInterfaces&Filter.1.Name=vpc-id&Filter.1.Value.1=" + largeVPC,
		"Action=DescribeNetworkAcls&Filter.1.Name=vpc-id&Filter.1.Value.1=" + largeVPC,
		"Action=DescribeVpcEndpoints", "Action=DescribeVpcEndpointServices",
	} {
		b.Run(strings.TrimPrefix(query, "Action="), func(b *testing.B) {
			for b.Loop() {
				call(b, a, "ec2", "", query+"&Version=2016-11-15")
			}
		})
	}
	for _, tt := range [][2]string{
		{"ListClusters", `{}`}, {"DescribeClusters", `{"clusters":["team-001","team-499"],"include":["SETTINGS","STATISTICS"]}`},
		{"ListServices", `{"cluster":"team-499"}`}, {"DescribeServices", `{"cluster":"team-499","services":["api"]}`},
		{"DescribeTaskDefinition", `{"taskDefinition":"team-499-api:1"}`},
	} {
		b.Run(tt[0], func(b *testing.B) {
			for b.Loop() {
				call(b, a, "ecs", "AmazonEC2ContainerServiceV20141113."+tt[0], tt[1])
			}
		})
	}
}

func call(b *testing.B, a *sandbox.Account, service, target, body string) {
	b.Helper()
	req := httptest.NewRequest("POST", "http://sandbox/", strings.NewReader(body))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	if target == "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		req.Header.Set("X-Amz-Target", target)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	if w.Code != 200 {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
}
