package aws

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// The rules come in two pages. One association is being deleted, one rule is not in the list of rules
// because another account shares it without being listed, and one is of another VPC.
func cannedRules(in url.Values) (int, string, error) {
	if !strings.Contains(in.Get("json"), "NextToken") {
		return 200, `{"ResolverRules":[{"Id":"rslvr-rr-1","DomainName":"Corp.Example.","RuleType":"FORWARD"},{"Id":"rslvr-rr-2","DomainName":".","RuleType":"FORWARD"}],"NextToken":"two"}`, nil
	}
	return 200, `{"ResolverRules":[{"Id":"rslvr-rr-3","DomainName":"amazonaws.com.","RuleType":"SYSTEM"},{"Id":"rslvr-rr-9","DomainName":"other.example.","RuleType":"FORWARD"},
{"Id":"rslvr-autodefined-rr-internet-resolver","DomainName":".","RuleType":"RECURSIVE"},{"Id":"rslvr-rr-5","DomainName":"profile.example.","RuleType":"FORWARD"}]}`, nil
}

const (
	cannedRuleAssociations = `{"ResolverRuleAssociations":[{"ResolverRuleId":"rslvr-rr-2","VPCId":"vpc-1","Status":"COMPLETE"},{"ResolverRuleId":"rslvr-rr-1","VPCId":"vpc-1","Status":"CREATING"},
{"ResolverRuleId":"rslvr-rr-3","VPCId":"vpc-1","Status":"OVERRIDDEN"},{"ResolverRuleId":"rslvr-rr-9","VPCId":"vpc-1","Status":"DELETING"},{"ResolverRuleId":"rslvr-rr-9","VPCId":"vpc-2","Status":"COMPLETE"},
{"ResolverRuleId":"rslvr-rr-4","VPCId":"vpc-1","Status":"COMPLETE"},{"ResolverRuleId":"rslvr-autodefined-rr-internet-resolver","VPCId":"vpc-1","Status":"COMPLETE"}]}`
	cannedFirewalls = `{"FirewallRuleGroupAssociations":[{"FirewallRuleGroupId":"rslvr-frg-2","VpcId":"vpc-1","Status":"COMPLETE"},{"FirewallRuleGroupId":"rslvr-frg-3","VpcId":"vpc-1","Status":"DELETING"}]}`
	cannedProfiles  = `{"ProfileAssociations":[{"ProfileId":"rp-1","ResourceId":"vpc-1","Status":"COMPLETE"},{"ProfileId":"rp-2","ResourceId":"vpc-2","Status":"COMPLETE"}]}`

	cannedProfileResources = `{"ProfileResourceAssociations":[{"ResourceArn":"arn:aws:route53:::hostedzone/Z9","ResourceType":"x"},{"ResourceArn":"arn:aws:route53resolver:us-east-1:210987654321:resolver-rule/rslvr-rr-5"},
{"ResourceArn":"arn:aws:route53resolver:us-east-1:210987654321:firewall-rule-group/rslvr-frg-1"},{"ResourceArn":"arn:aws:ec2:us-east-1:210987654321:vpc-endpoint/vpce-0a"}]}`
)

func TestLoadsWhatAnswersNames(t *testing.T) {
	request := inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-1"}
	want := inventory.Resolver{
		Rules: []inventory.ResolverRule{
			{ID: "rslvr-rr-1", Domain: "corp.example", Type: "FORWARD"}, {ID: "rslvr-rr-2", Domain: ".", Type: "FORWARD"},
			{ID: "rslvr-rr-3", Domain: "amazonaws.com", Type: "SYSTEM"}, {ID: "rslvr-rr-4"}, {ID: "rslvr-rr-5", Domain: "profile.example", Type: "FORWARD", Profile: "rp-1"},
		},
		Firewalls: []string{"rslvr-frg-1", "rslvr-frg-2"},
		Profiles:  []inventory.DNSProfile{{ID: "rp-1", Zones: []string{"Z9"}, Other: []string{"vpce-0a"}}},
	}
	synctest.Test(t, func(t *testing.T) {
		got, err := open(t, &stub{}).Load(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Networks[0].Resolver); d != "" {
			t.Error(d)
		}
	})
	// Without the list of rules, their domains are not known, and that is not "no rules".
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "route53resolver:ListResolverRules" {
				return refuse(op, 400, "AccessDeniedException", "no")
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), request)
		if err != nil || len(got.Gaps) != 1 {
			t.Fatalf("%v %+v", err, got.Gaps)
		}
		for _, r := range got.Networks[0].Resolver.Rules {
			if r.Domain != "" || r.Type != "" {
				t.Errorf("%+v", r)
			}
		}
		if len(got.Networks[0].Resolver.Rules) != 5 {
			t.Errorf("%+v", got.Networks[0].Resolver.Rules)
		}
	})
}

// A Region without Resolver or Profiles has no host for them. The rest of the network is still read.
func TestARegionWithoutResolver(t *testing.T) {
	for _, service := range []string{"route53resolver:", "route53profiles:"} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
				if strings.HasPrefix(op, service) {
					return 0, "", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}
				}
				return canned(op, n, in)
			}}
			got, err := open(t, s).Load(t.Context(), inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-1"})
			if err != nil || len(got.Gaps) == 0 || len(got.Networks[0].Subnets) == 0 {
				t.Fatalf("%s: %v %+v", service, err, got.Gaps)
			}
			for _, g := range got.Gaps {
				if g.Code != inventory.NotOffered || !strings.HasPrefix(g.Call, service) {
					t.Errorf("%+v", g)
				}
			}
		})
	}
}
