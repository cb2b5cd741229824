package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"

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
