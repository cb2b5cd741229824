package sandbox_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func createGroup(t *testing.T, c *ec2.Client, name string) *string {
	t.Helper()
	return must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String("for tests"), VpcId: aws.String(vpcID),
	}))(t).GroupId
}

// https is a permission for TCP 443.
func https(change func(*types.IpPermission)) []types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443)}
	change(&p)
	return []types.IpPermission{p}
}

func fromRange(cidr string) []types.IpPermission {
	return https(func(p *types.IpPermission) { p.IpRanges = []types.IpRange{{CidrIp: aws.String(cidr)}} })
}

func fromGroup(id string) []types.IpPermission {
	return https(func(p *types.IpPermission) { p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(id)}} })
}

func TestCreateGroup(t *testing.T) {
	c := ec2Of(open(t, named("")))
	id := createGroup(t, c, "endpoints")
	g := must(c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*id}}))(t).SecurityGroups[0]
	if len(g.IpPermissions) != 0 || len(g.IpPermissionsEgress) != 1 || *g.IpPermissionsEgress[0].IpRanges[0].CidrIp != "0.0.0.0/0" || g.IpPermissionsEgress[0].FromPort != nil {
		t.Errorf("%+v", g)
	}
	for _, tt := range []struct{ name, description, vpc, code string }{
		{"endpoints", "again", vpcID, "InvalidGroup.Duplicate"},
		{"endpoints", "elsewhere", defaultVPC, ""},
		{"default", "the default", vpcID, "InvalidGroup.Reserved"},
		{"sg-like", "an id", vpcID, "InvalidParameterValue"},
		{"ok", "größer", vpcID, "InvalidParameterValue"},
		{"ok", "no VPC", "vpc-00000000000000099", "InvalidVpcID.NotFound"},
		{"ok", "bad VPC", "vpc-1", "InvalidVpcID.Malformed"},
		{"in the default VPC", "no VPC given", "", ""},
	} {
		in := &ec2.CreateSecurityGroupInput{GroupName: &tt.name, Description: &tt.description}
		if tt.vpc != "" {
			in.VpcId = &tt.vpc
		}
		_, err := c.CreateSecurityGroup(ctx, in)
		if got := code(err); got != tt.code {
			t.Errorf("%s, %s: %q, want %q", tt.name, tt.description, got, tt.code)
		}
	}
}

func TestAuthorize(t *testing.T) {
	c := ec2Of(open(t, named("")))
	id := createGroup(t, c, "endpoints")
	permissions := https(func(p *types.IpPermission) {
		p.IpRanges = []types.IpRange{{CidrIp: aws.String("10.0.9.9/16"), Description: aws.String("the VPC")}, {CidrIp: aws.String("10.1.0.0/16")}}
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("2600:1f18::/56")}}
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(appGroup)}}
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: aws.String("pl-63a5400a")}}
	})
	out := must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: permissions,
		TagSpecifications: []types.TagSpecification{{ResourceType: "security-group-rule", Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}}))(t)
	if !*out.Return || len(out.SecurityGroupRules) != 5 {
		t.Fatalf("%d rules, want one for each source", len(out.SecurityGroupRules))
	}
	first := out.SecurityGroupRules[0]
	if *first.CidrIpv4 != "10.0.0.0/16" || *first.Description != "the VPC" || *first.IsEgress || *first.Tags[0].Value != "b" {
		t.Errorf("%+v", first)
	}
	shown := must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", *id)}))(t).SecurityGroupRules
	if len(shown) != 6 || *shown[0].FromPort != -1 || *shown[3].CidrIpv6 != "2600:1f18::/56" || *shown[4].PrefixListId != "pl-63a5400a" || *shown[5].ReferencedGroupInfo.GroupId != appGroup {
		t.Errorf("%+v", shown)
	}
	g := must(c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*id}}))(t).SecurityGroups[0]
	if len(g.IpPermissions) != 1 || len(g.IpPermissions[0].IpRanges) != 2 || *g.IpPermissions[0].FromPort != 443 {
		t.Errorf("%+v", g.IpPermissions)
	}

	for _, tt := range []struct {
		name string
		in   []types.IpPermission
		code string
	}{
		{"duplicate", fromRange("10.0.0.0/16"), "InvalidPermission.Duplicate"},
		{"one of two is a duplicate", append(fromRange("10.2.0.0/16"), fromRange("10.1.0.0/16")...), "InvalidPermission.Duplicate"},
		{"twice", append(fromRange("10.2.0.0/16"), fromRange("10.2.0.0/16")...), "InvalidParameterValue"},
		{"no CIDR", fromRange("10.0.0.300/16"), "InvalidParameterValue"},
		{"an address", fromRange("10.0.0.3"), "InvalidParameterValue"},
		{"IPv6 as IPv4", fromRange("2600::/56"), "InvalidParameterValue"},
		{"no such group", fromGroup("sg-00000000000000099"), "InvalidGroup.NotFound"},
		{"malformed group", fromGroup("sg-1"), "InvalidGroupId.Malformed"},
		{"group of another VPC", fromGroup(otherGroup), "InvalidGroup.NotFound"},
		{"no such prefix list", https(func(p *types.IpPermission) {
			p.PrefixListIds = []types.PrefixListId{{PrefixListId: aws.String("pl-00000000")}}
		}), "InvalidPrefixListID.NotFound"},
		{"no source", https(func(*types.IpPermission) {}), "MissingParameter"},
		{"no ports", https(func(p *types.IpPermission) {
			p.FromPort, p.IpRanges = nil, []types.IpRange{{CidrIp: aws.String("10.3.0.0/16")}}
		}), "InvalidParameterValue"},
		{"ports the wrong way round", https(func(p *types.IpPermission) {
			p.FromPort, p.IpRanges = aws.Int32(444), []types.IpRange{{CidrIp: aws.String("10.3.0.0/16")}}
		}), "InvalidParameterValue"},
		{"unknown protocol", https(func(p *types.IpPermission) {
			p.IpProtocol, p.IpRanges = aws.String("http"), []types.IpRange{{CidrIp: aws.String("10.3.0.0/16")}}
		}), "InvalidParameterValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: tt.in})
			wantCode(t, err, tt.code)
			left := must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", *id)}))(t).SecurityGroupRules
			if len(left) != 6 {
				t.Errorf("%d rules, want the 6 from before", len(left))
			}
		})
	}

	// The same source in the other direction is another rule.
	must(c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: id, IpPermissions: fromRange("10.0.0.0/16")}))(t)
}

func TestRulesLimit(t *testing.T) {
	c := ec2Of(open(t, named("")))
	id := createGroup(t, c, "endpoints")
	add := func(from, to int) error {
		permissions := https(func(p *types.IpPermission) {
			for i := from; i < to; i++ {
				p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(fmt.Sprintf("10.%d.0.0/16", i))})
			}
		})
		_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: permissions})
		return err
	}
	wantCode(t, add(0, 61), "RulesPerSecurityGroupLimitExceeded")
	wantCode(t, add(0, 60), "")
	wantCode(t, add(60, 61), "RulesPerSecurityGroupLimitExceeded")
	// IPv6 rules are counted separately.
	_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id,
		IpPermissions: https(func(p *types.IpPermission) { p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("2600::/56")}} })})
	wantCode(t, err, "")
	_, err = c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: fromGroup(appGroup)})
	wantCode(t, err, "RulesPerSecurityGroupLimitExceeded")
}

func TestRevoke(t *testing.T) {
	c := ec2Of(open(t, named("")))
	id := createGroup(t, c, "endpoints")
	var made []string
	for _, cidr := range []string{"10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"} {
		out := must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: fromRange(cidr)}))(t)
		made = append(made, *out.SecurityGroupRules[0].SecurityGroupRuleId)
	}
	revoke := func(in *ec2.RevokeSecurityGroupIngressInput) error {
		in.GroupId = id
		_, err := c.RevokeSecurityGroupIngress(ctx, in)
		return err
	}
	wantCode(t, revoke(&ec2.RevokeSecurityGroupIngressInput{IpPermissions: fromRange("10.9.0.0/16")}), "InvalidPermission.NotFound")
	wantCode(t, revoke(&ec2.RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{made[0], "sgr-0ffffffffffffffff"}}), "InvalidSecurityGroupRuleId.NotFound")
	out := must(c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: id, SecurityGroupRuleIds: made[:1]}))(t)
	if !*out.Return || len(out.RevokedSecurityGroupRules) != 1 || *out.RevokedSecurityGroupRules[0].CidrIpv4 != "10.0.0.0/16" {
		t.Errorf("%+v", out)
	}
	wantCode(t, revoke(&ec2.RevokeSecurityGroupIngressInput{IpPermissions: fromRange("10.1.0.0/16")}), "")
	_, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: id, SecurityGroupRuleIds: made[2:]})
	wantCode(t, err, "InvalidSecurityGroupRuleId.NotFound") // it is an ingress rule
	left := must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", *id)}))(t).SecurityGroupRules
	if got := ids(left, func(r types.SecurityGroupRule) *string { return r.SecurityGroupRuleId }); !slices.Contains(got, made[2]) || len(got) != 2 {
		t.Errorf("left are %q", got)
	}
}

func TestDeleteGroup(t *testing.T) {
	clock := newClock()
	c := ec2Of(open(t, clock.options()))
	remove := func(id string) error {
		_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
		return err
	}
	wantCode(t, remove(mainGroup), "CannotDelete")
	wantCode(t, remove(dbGroup), "DependencyViolation") // an interface uses it
	wantCode(t, remove("sg-00000000000000099"), "InvalidGroup.NotFound")

	source, target := createGroup(t, c, "source"), createGroup(t, c, "target")
	self := fromGroup(*source)
	must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: source, IpPermissions: self}))(t)
	must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: target, IpPermissions: self}))(t)
	wantCode(t, remove(*source), "DependencyViolation") // a rule of the other group references it
	wantCode(t, remove(*target), "")
	wantCode(t, remove(*source), "") // its own rule does not block the deletion

	group := createGroup(t, c, "endpoints")
	in := wanted("logs")
	in.SecurityGroupIds = []string{*group}
	made := create(t, c, in)
	wantCode(t, remove(*group), "DependencyViolation")
	must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t)
	wantCode(t, remove(*group), "DependencyViolation") // until the interfaces are deleted
	clock.pass(deletingTime)
	wantCode(t, remove(*group), "")
}

func TestModifySecurityGroupRules(t *testing.T) {
	c := ec2Of(open(t, named("closed")))
	rules := func() []types.SecurityGroupRule {
		t.Helper()
		return must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", appGroup)}))(t).SecurityGroupRules
	}
	modify := func(id string, rule types.SecurityGroupRuleRequest) error {
		_, err := c.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: aws.String(appGroup), SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &id, SecurityGroupRule: &rule}}})
		return err
	}
	before := rules()
	id := *before[0].SecurityGroupRuleId
	must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(appGroup), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIp: aws.String("10.0.0.0/16")}))(t)
	wantCode(t, modify(id, types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIpv4: aws.String("10.0.0.0/16")}), "InvalidPermission.Duplicate")
	wantCode(t, modify(id, types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443)}), "MissingParameter")
	wantCode(t, modify("sgr-0123456789abcdef0", types.SecurityGroupRuleRequest{IpProtocol: aws.String("-1"), CidrIpv4: aws.String("10.0.0.0/8")}), "InvalidSecurityGroupRuleId.NotFound")
	wantCode(t, modify(id, types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8443), ToPort: aws.Int32(8443), ReferencedGroupId: aws.String(dbGroup), Description: aws.String("d")}), "")
	if got := rules()[0]; *got.SecurityGroupRuleId != id || *got.FromPort != 8443 || got.CidrIpv4 != nil || *got.ReferencedGroupInfo.GroupId != dbGroup || *got.Description != "d" {
		t.Errorf("%+v", got)
	}
}
