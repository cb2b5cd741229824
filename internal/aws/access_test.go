package aws

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var accessOfVPC1 = inventory.Request{Part: inventory.PartAccess, VPC: "vpc-1"}

// cannedAccess is a load balancer in front of one of two target groups, each list in two
// pages, beside what a way in cannot be made of.
func cannedAccess(op string, _ int, in url.Values) (int, string, error) {
	_, name, _ := strings.Cut(op, ":")
	second := in.Get("Marker") != "" || in.Get("marker") != "" || strings.Contains(in.Get("json"), "NextToken")
	elb := func(pages ...string) (int, string, error) {
		body := pages[0]
		if second {
			body = pages[1]
		}
		return 200, fmt.Sprintf(`<%sResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><%sResult>%s</%sResult></%sResponse>`, name, name, body, name, name), nil
	}
	group := func(name, vpc, kind, protocol string) string {
		return fmt.Sprintf(`<member><TargetGroupArn>arn:tg/%s</TargetGroupArn><TargetGroupName>%s</TargetGroupName><Protocol>%s</Protocol><Port>443</Port><VpcId>%s</VpcId><TargetType>%s</TargetType>
<Matcher><HttpCode>200,302</HttpCode></Matcher><LoadBalancerArns><member>arn:lb/b</member></LoadBalancerArns></member>`, name, name, protocol, vpc, kind)
	}
	balancer := func(name, vpc, kind string) string {
		return fmt.Sprintf(`<member><LoadBalancerArn>arn:lb/%s</LoadBalancerArn><LoadBalancerName>%s</LoadBalancerName><Scheme>internal</Scheme><DNSName>%s.elb.example.com</DNSName><Type>%s</Type><VpcId>%s</VpcId><State><Code>active</Code></State>
<AvailabilityZones><member><SubnetId>subnet-2</SubnetId></member><member><SubnetId>subnet-1</SubnetId></member></AvailabilityZones><SecurityGroups><member>sg-1</member></SecurityGroups></member>`, name, name, name, kind, vpc)
	}
	const more = "<NextMarker>more</NextMarker>"
	switch op {
	case "elasticloadbalancing:DescribeTargetGroups":
		return elb("<TargetGroups>"+group("b", "vpc-1", "ip", "HTTPS")+group("other", "vpc-2", "ip", "HTTPS")+"</TargetGroups>"+more,
			"<TargetGroups>"+group("hosts", "vpc-1", "instance", "HTTPS")+group("plain", "vpc-1", "ip", "HTTP")+group("a", "vpc-1", "ip", "HTTPS")+"</TargetGroups>")
	case "elasticloadbalancing:DescribeTargetHealth":
		return elb(`<TargetHealthDescriptions><member><Target><Id>10.0.2.7</Id><Port>443</Port></Target><TargetHealth><State>unhealthy</State><Reason>Target.Timeout</Reason></TargetHealth></member>
<member><Target><Id>10.0.1.7</Id><Port>443</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>`)
	case "elasticloadbalancing:DescribeLoadBalancers":
		return elb("<LoadBalancers>"+balancer("far", "vpc-2", "application")+balancer("net", "vpc-1", "network")+"</LoadBalancers>"+more,
			"<LoadBalancers>"+balancer("c", "vpc-1", "application")+balancer("b", "vpc-1", "application")+"</LoadBalancers>")
	case "elasticloadbalancing:DescribeListeners":
		return elb("<Listeners></Listeners>"+more, `<Listeners><member><ListenerArn>arn:l/1</ListenerArn><Protocol>HTTPS</Protocol><Port>443</Port><Certificates><member><CertificateArn>arn:c/1</CertificateArn></member></Certificates>
<DefaultActions><member><Type>forward</Type><TargetGroupArn>arn:tg/b</TargetGroupArn></member></DefaultActions></member></Listeners>`)
	case "acm:ListCertificates":
		if second {
			return 200, `{"CertificateSummaryList":[{"CertificateArn":"arn:c/1","DomainName":"a.example.com","Status":"PENDING_VALIDATION","Type":"AMAZON_ISSUED"}]}`, nil
		}
		return 200, `{"CertificateSummaryList":[{"CertificateArn":"arn:c/2","DomainName":"example.com","SubjectAlternativeNameSummaries":["example.com","*.example.com"],"Status":"ISSUED","Type":"IMPORTED","NotAfter":1767603600}],"NextToken":"more"}`, nil
	case "route53:ListHostedZones":
		zone := func(id, name string, private bool) string {
			return fmt.Sprintf(`<HostedZone><Id>/hostedzone/%s</Id><Name>%s.</Name><CallerReference>r</CallerReference><Config><PrivateZone>%v</PrivateZone></Config></HostedZone>`, id, name, private)
		}
		if second {
			return 200, `<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>` + zone("Z1", "example.com", false) + `</HostedZones><Marker>Z1</Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`, nil
		}
		return 200, `<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>` + zone("Z2", "example.org", false) + zone("Z3", "shop.internal", true) +
			`</HostedZones><IsTruncated>true</IsTruncated><NextMarker>Z1</NextMarker><MaxItems>100</MaxItems></ListHostedZonesResponse>`, nil
	}
	switch op { // other access methods: no resources
	case "ec2:DescribeClientVpnEndpoints", "ec2:DescribeKeyPairs", "ec2:DescribeInstances":
		return 200, "<" + name + "Response></" + name + "Response>", nil
	case "iam:ListInstanceProfiles":
		return 200, "<ListInstanceProfilesResponse><ListInstanceProfilesResult><InstanceProfiles></InstanceProfiles><IsTruncated>false</IsTruncated></ListInstanceProfilesResult></ListInstanceProfilesResponse>", nil
	}
	return refuse(op, 400, "InvalidAction", "canned answers know no "+op)
}

func loadAccess(t *testing.T, s *stub) inventory.Inventory {
	t.Helper()
	got, err := open(t, s).Load(t.Context(), accessOfVPC1)
	if err != nil || len(got.Access) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	return got
}

func TestLoadAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: cannedAccess}
		begun := time.Now()
		got := loadAccess(t, s)
		target := []inventory.Target{{Address: "10.0.1.7", State: "healthy"}, {Address: "10.0.2.7", State: "unhealthy", Reason: "Target.Timeout"}}
		balancer := func(name string, listeners ...inventory.Listener) inventory.LoadBalancer {
			return inventory.LoadBalancer{ARN: "arn:lb/" + name, Name: name, Scheme: "internal", DNSName: name + ".elb.example.com", State: "active", Subnets: []string{"subnet-1", "subnet-2"}, Groups: []string{"sg-1"}, Listeners: listeners}
		}
		group := func(name string) inventory.TargetGroup {
			return inventory.TargetGroup{ARN: "arn:tg/" + name, Name: name, Protocol: "HTTPS", Port: 443, Type: "ip", Matcher: "200,302", LoadBalancers: []string{"arn:lb/b"}, Targets: target}
		}
		want := inventory.Access{VPC: "vpc-1",
			LoadBalancers: []inventory.LoadBalancer{balancer("b", inventory.Listener{ARN: "arn:l/1", Protocol: "HTTPS", Port: 443, Certificates: []string{"arn:c/1"}, TargetGroups: []string{"arn:tg/b"}}), balancer("c")},
			TargetGroups:  []inventory.TargetGroup{group("a"), group("b")},
			Certificates: []inventory.Certificate{{ARN: "arn:c/1", Domain: "a.example.com", Status: "PENDING_VALIDATION", Type: "AMAZON_ISSUED"},
				{ARN: "arn:c/2", Domain: "example.com", Names: []string{"*.example.com", "example.com"}, Status: "ISSUED", Type: "IMPORTED", Until: "2026-01-05T09:00:00Z"}},
			Domains: []inventory.HostedZone{{ID: "Z1", Name: "example.com"}, {ID: "Z2", Name: "example.org"}},
		}
		if d := cmp.Diff(want, got.Access[0]); d != "" || len(got.Gaps) > 0 {
			t.Error(d, got.Gaps)
		}
		// Two pages of target groups, two of load balancers, two of listeners.
		if took := time.Since(begun).Round(answerTime); took != 6*answerTime {
			t.Errorf("the longest chain took %v", took)
		}
	})
}

// TestLoadAccessDenied: each call that is refused is a gap by its name, and the rest is
// loaded all the same.
func TestLoadAccessDenied(t *testing.T) {
	for op, left := range map[string]string{
		"elasticloadbalancing:DescribeTargetGroups":  "2 balancers, 0 groups, 2 certificates, 2 domains",
		"elasticloadbalancing:DescribeTargetHealth":  "2 balancers, 2 groups, 2 certificates, 2 domains",
		"elasticloadbalancing:DescribeLoadBalancers": "0 balancers, 2 groups, 2 certificates, 2 domains",
		"elasticloadbalancing:DescribeListeners":     "2 balancers, 2 groups, 2 certificates, 2 domains",
		"acm:ListCertificates":                       "2 balancers, 2 groups, 0 certificates, 2 domains",
		"route53:ListHostedZones":                    "2 balancers, 2 groups, 2 certificates, 0 domains",
	} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := loadAccess(t, &stub{answer: func(asked string, n int, in url.Values) (int, string, error) {
					if asked == op {
						return refuse(op, 403, "AccessDenied", "no")
					}
					return cannedAccess(asked, n, in)
				}})
				w := got.Access[0]
				if s := fmt.Sprintf("%d balancers, %d groups, %d certificates, %d domains", len(w.LoadBalancers), len(w.TargetGroups), len(w.Certificates), len(w.Domains)); s != left {
					t.Errorf("there are %s; want %s", s, left)
				}
				if g, ok := got.Gap(op); !ok || g.Code != "AccessDenied" || len(got.Gaps) != 1 {
					t.Errorf("%+v", got.Gaps)
				}
			})
		})
	}
}

// TestLoadManyTargetGroups: of more than fifty the rest is a gap.
func TestLoadManyTargetGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			status, body, err := cannedAccess(op, n, in)
			if op == "elasticloadbalancing:DescribeTargetGroups" {
				before, after, _ := strings.Cut(body, "<member><TargetGroupArn>arn:tg/hosts")
				for i := range 60 {
					before += fmt.Sprintf("<member><TargetGroupArn>arn:tg/%02d</TargetGroupArn><Protocol>HTTPS</Protocol><VpcId>vpc-1</VpcId><TargetType>ip</TargetType></member>", i)
				}
				if after != "" {
					body = before + "<member><TargetGroupArn>arn:tg/hosts" + after
				}
			}
			return status, body, err
		}}
		got := loadAccess(t, s)
		if g, ok := got.Gap("elasticloadbalancing:DescribeTargetHealth"); !ok || g.Code != inventory.NotAllRead || len(got.Access[0].TargetGroups) != mostTargetGroups || s.calls["elasticloadbalancing:DescribeTargetHealth"] != mostTargetGroups {
			t.Errorf("%+v, %d groups, %v", got.Gaps, len(got.Access[0].TargetGroups), s.calls)
		}
	})
}
