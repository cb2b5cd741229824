package sandbox_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53profiles"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// TestResolver reads the rules of a VPC in pages of one, its DNS Firewall and its profile.
func TestResolver(t *testing.T) {
	const vpc = "vpc-0c3d4e5f6a7b80001"
	a := open(t, sandbox.Options{Scenario: "conflict"})
	c := route53resolver.NewFromConfig(config(a, "us-east-1"))
	var ids []string
	pages := route53resolver.NewListResolverRuleAssociationsPaginator(c, &route53resolver.ListResolverRuleAssociationsInput{
		MaxResults: aws.Int32(1), Filters: []types.Filter{{Name: aws.String("VPCId"), Values: []string{vpc}}}})
	for pages.HasMorePages() {
		for _, x := range must(pages.NextPage(ctx))(t).ResolverRuleAssociations {
			if *x.VPCId != vpc || x.Status != "COMPLETE" {
				t.Errorf("%+v", x)
			}
			ids = append(ids, *x.ResolverRuleId)
		}
	}
	if !slices.Equal(ids, []string{"rslvr-rr-0c3d4e5f6a7b81001", "rslvr-autodefined-rr-internet-resolver"}) {
		t.Errorf("associations: %v", ids)
	}
	rules := map[string]types.ResolverRule{}
	all := route53resolver.NewListResolverRulesPaginator(c, &route53resolver.ListResolverRulesInput{MaxResults: aws.Int32(1)})
	for all.HasMorePages() {
		for _, r := range must(all.NextPage(ctx))(t).ResolverRules {
			rules[*r.Id] = r
		}
	}
	if r := rules[ids[0]]; len(rules) != 2 || *r.DomainName != "corp.example.com." || r.RuleType != "FORWARD" || rules[ids[1]].RuleType != "RECURSIVE" {
		t.Errorf("rules: %+v", rules)
	}
	groups := must(c.ListFirewallRuleGroupAssociations(ctx, &route53resolver.ListFirewallRuleGroupAssociationsInput{VpcId: aws.String(vpc)}))(t).FirewallRuleGroupAssociations
	if len(groups) != 1 || *groups[0].FirewallRuleGroupId != "rslvr-frg-0c3d4e5f6a7b81001" {
		t.Errorf("groups: %+v", groups)
	}
	if other := must(c.ListFirewallRuleGroupAssociations(ctx, &route53resolver.ListFirewallRuleGroupAssociationsInput{VpcId: aws.String("vpc-0")}))(t); len(other.FirewallRuleGroupAssociations) != 0 {
		t.Errorf("another VPC: %+v", other.FirewallRuleGroupAssociations)
	}
	_, err := c.ListResolverRules(ctx, &route53resolver.ListResolverRulesInput{MaxResults: aws.Int32(101)})
	wantCode(t, err, "InvalidParameterException")

	p := route53profiles.NewFromConfig(config(a, "us-east-1"))
	associated := must(p.ListProfileAssociations(ctx, &route53profiles.ListProfileAssociationsInput{ResourceId: aws.String(vpc)}))(t).ProfileAssociations
	if len(associated) != 1 || *associated[0].ProfileId != "rp-0c3d4e5f6a7b8100" {
		t.Fatalf("profiles: %+v", associated)
	}
	resources := must(p.ListProfileResourceAssociations(ctx, &route53profiles.ListProfileResourceAssociationsInput{ProfileId: associated[0].ProfileId}))(t).ProfileResourceAssociations
	if len(resources) != 1 || *resources[0].ResourceArn != "arn:aws:route53:::hostedzone/Z0D3D4E5F6A7B8C9D0E1" {
		t.Errorf("resources: %+v", resources)
	}
	_, err = p.ListProfileResourceAssociations(ctx, &route53profiles.ListProfileResourceAssociationsInput{ProfileId: aws.String("rp-none")})
	wantCode(t, err, "ResourceNotFoundException")
}

// A gateway endpoint has the address type that it is created with.
func TestAddressTypeOfGateways(t *testing.T) {
	a := open(t, sandbox.Options{Scenario: "closed"})
	vpcs := must(ec2Of(a).DescribeVpcs(ctx, nil))(t).Vpcs
	for want, asked := range map[string]string{"ipv4": "", "dualstack": "dualstack"} {
		made := must(ec2Of(a).CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: vpcs[0].VpcId, VpcEndpointType: "Gateway", ServiceName: aws.String("com.amazonaws.us-east-1.s3"), IpAddressType: ec2types.IpAddressType(asked)}))(t).VpcEndpoint
		if string(made.IpAddressType) != want {
			t.Errorf("%q: %s", asked, made.IpAddressType)
		}
	}
}
