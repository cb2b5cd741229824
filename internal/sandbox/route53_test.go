package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	dns "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const withZone = `
Order: 9
Region: us-east-1
VPC: vpc-0f000000000000001
Shows: a private hosted zone that answers for an endpoint's name
DhcpOptions:
  - {DhcpOptionsId: dopt-0f000000000000001}
Vpcs:
  - {VpcId: vpc-0f000000000000001, CidrBlock: 10.0.0.0/16, DhcpOptionsId: dopt-0f000000000000001, EnableDnsSupport: true, EnableDnsHostnames: true}
Subnets:
  - {SubnetId: subnet-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/24}
HostedZones:
  - {HostedZoneId: Z0F, Name: logs.us-east-1.amazonaws.com., VPCs: [vpc-0f000000000000001]}
`

func TestPrivateHostedZoneTakesAnEndpointsName(t *testing.T) {
	a := must(sandbox.OpenYAML(withZone))(t)
	zones := func(vpc string) (*route53.ListHostedZonesByVPCOutput, error) {
		return route53.NewFromConfig(config(a, "us-east-1")).ListHostedZonesByVPC(t.Context(), &route53.ListHostedZonesByVPCInput{VPCId: &vpc, VPCRegion: "us-east-1"})
	}
	out := must(zones("vpc-0f000000000000001"))(t)
	if len(out.HostedZoneSummaries) != 1 || *out.HostedZoneSummaries[0].HostedZoneId != "Z0F" || *out.HostedZoneSummaries[0].Name != "logs.us-east-1.amazonaws.com." || *out.HostedZoneSummaries[0].Owner.OwningAccount != "123456789012" {
		t.Errorf("%+v", out.HostedZoneSummaries)
	}
	_, err := zones("vpc-0f000000000000009")
	wantCode(t, err, "InvalidVPCId")

	create := func(service string) error {
		_, err := ec2Of(a).CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: aws.String("vpc-0f000000000000001"), VpcEndpointType: "Interface",
			ServiceName: aws.String("com.amazonaws.us-east-1." + service), SubnetIds: []string{"subnet-0f000000000000001"}, PrivateDnsEnabled: aws.Bool(true)})
		return err
	}
	wantCode(t, create("logs"), "InvalidParameter")
	wantCode(t, create("kms"), "")
}

func TestRecords(t *testing.T) {
	now := newClock()
	o := now.options()
	o.Scenario = "mwaa-load-balancer"
	a := open(t, o)
	c := route53.NewFromConfig(config(a, "us-west-2"))
	zones := must(c.ListHostedZones(ctx, &route53.ListHostedZonesInput{}))(t).HostedZones
	if len(zones) != 1 || *zones[0].Id != "/hostedzone/"+exampleZone || *zones[0].Name != "example.com." || zones[0].Config.PrivateZone || *zones[0].ResourceRecordSetCount != 4 {
		t.Fatalf("%+v", zones)
	}
	records := func(in route53.ListResourceRecordSetsInput) (all []string) {
		t.Helper()
		in.HostedZoneId = aws.String(exampleZone)
		pages := route53.NewListResourceRecordSetsPaginator(c, &in)
		for pages.HasMorePages() && len(all) < 20 {
			for _, set := range must(pages.NextPage(ctx))(t).ResourceRecordSets {
				all = append(all, *set.Name+" "+string(set.Type))
			}
		}
		return all
	}
	id := changeRecord(t, a, "CREATE", "*.Web.example.com", "A", "192.0.2.1")
	want := []string{"example.com. NS", "example.com. SOA", "airflow.example.com. A", "_eb603d7fc96f1e505bc40f4d26a097bc.airflow.example.com. CNAME", `\052.web.example.com. A`}
	if got := records(route53.ListResourceRecordSetsInput{MaxItems: aws.Int32(2)}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := records(route53.ListResourceRecordSetsInput{StartRecordName: aws.String("airflow.example.com"), StartRecordType: "A"}); !slices.Equal(got, want[2:]) {
		t.Errorf("from airflow on: %q", got)
	}
	state := func() dns.ChangeStatus {
		t.Helper()
		return must(c.GetChange(ctx, &route53.GetChangeInput{Id: &id}))(t).ChangeInfo.Status
	}
	if before := state(); before != "PENDING" {
		t.Error(before)
	}
	now.pass(time.Minute)
	if after := state(); after != "INSYNC" {
		t.Error(after)
	}

	plain := func(name, kind, value string) *dns.ResourceRecordSet {
		return &dns.ResourceRecordSet{Name: &name, Type: dns.RRType(kind), TTL: aws.Int64(300), ResourceRecords: []dns.ResourceRecord{{Value: &value}}}
	}
	alias := func(zone, target string) *dns.ResourceRecordSet {
		return &dns.ResourceRecordSet{Name: aws.String("ui.example.com"), Type: "A", AliasTarget: &dns.AliasTarget{HostedZoneId: &zone, DNSName: &target}}
	}
	shown := must(c.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(exampleZone), StartRecordName: aws.String("airflow.example.com")}))(t).ResourceRecordSets[0]
	balancer := shown.AliasTarget
	for _, tt := range []struct {
		action string
		set    *dns.ResourceRecordSet
		says   string // "" = it succeeds
	}{
		{"CREATE", plain("airflow.example.com", "A", "192.0.2.1"), "already exists"},
		{"CREATE", plain("airflow.example.com", "CNAME", "web.example.net"), "conflicting RRSet"},
		{"CREATE", plain("web.example.net", "A", "192.0.2.1"), "not permitted in zone"},
		{"DELETE", plain("none.example.com", "A", "192.0.2.1"), "was not found"},
		{"DELETE", plain("*.web.example.com", "A", "192.0.2.2"), "do not match"},
		{"DELETE", plain("*.web.example.com", "A", "192.0.2.1"), ""},
		{"UPSERT", plain("new.example.com", "A", "192.0.2.1"), ""},
		{"UPSERT", plain("new.example.com", "A", "192.0.2.2"), ""},
		{"CREATE", alias(*balancer.HostedZoneId, "internal-none-1.us-west-2.elb.amazonaws.com"), "target was not found"},
		{"CREATE", alias(exampleZone, *balancer.DNSName), "target was not found"},
		{"CREATE", alias(*balancer.HostedZoneId, strings.TrimSuffix(*balancer.DNSName, ".")), ""},
		{"DELETE", alias(*balancer.HostedZoneId, *balancer.DNSName), ""},
		{"DELETE", &shown, ""},
	} {
		_, err := tryRecord(t, a, tt.action, tt.set)
		if tt.says == "" {
			wantCode(t, err, "")
		} else if !strings.Contains(errorText(err), tt.says) || code(err) != "InvalidChangeBatch" {
			t.Errorf("%s %s %s: %v, want %q", tt.action, *tt.set.Name, tt.set.Type, err, tt.says)
		}
	}
	if got := records(route53.ListResourceRecordSetsInput{}); !slices.Equal(got, []string{want[0], want[1], want[3], "new.example.com. A"}) {
		t.Errorf("at the end: %q", got)
	}
	_, err := c.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String("ZNONE")})
	wantCode(t, err, "NoSuchHostedZone")
	_, err = c.GetChange(ctx, &route53.GetChangeInput{Id: aws.String("C1")})
	wantCode(t, err, "NoSuchChange")
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestGetHostedZone(t *testing.T) {
	c := route53.NewFromConfig(config(open(t, named("mwaa-private")), "us-west-2"))
	z := must(c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String(exampleZone)}))(t)
	if *z.HostedZone.Name != "example.com." || z.HostedZone.Config.PrivateZone || len(z.DelegationSet.NameServers) != 4 || len(z.VPCs) != 0 {
		t.Errorf("%+v %+v", z.HostedZone, z.DelegationSet)
	}
	_, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String("Z1")})
	wantCode(t, err, "NoSuchHostedZone")
}
