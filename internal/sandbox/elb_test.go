package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const (
	airflowCert = "arn:aws:acm:us-west-2:123456789012:certificate/0c1a2b3c-4d5e-4000-8000-00000000000"
)

// balancing is an account with private environments, before there is a load balancer.
type balancing struct {
	*testing.T
	*clock
	a   *sandbox.Account
	c   *elb.Client
	ec2 *ec2.Client
}

func newBalancing(t *testing.T, scenario string) balancing {
	now := newClock()
	o := now.options()
	o.Scenario = scenario
	a := open(t, o)
	return balancing{t, now, a, elb.NewFromConfig(config(a, "us-west-2")), ec2.NewFromConfig(config(a, "us-west-2"))}
}

func (b balancing) group(in elb.CreateTargetGroupInput) (string, error) {
	out, err := b.c.CreateTargetGroup(ctx, &in)
	if err != nil {
		return "", err
	}
	return *out.TargetGroups[0].TargetGroupArn, nil
}

// webGroup is the target group that a web server needs.
func webGroup(name string) elb.CreateTargetGroupInput {
	return elb.CreateTargetGroupInput{
		Name: &name, Protocol: "HTTPS", Port: aws.Int32(443), VpcId: aws.String(airflowVPC), TargetType: "ip", HealthCheckProtocol: "HTTPS", HealthCheckPort: aws.String("443"),
		HealthCheckPath: aws.String("/"), Matcher: &types.Matcher{HttpCode: aws.String("200,302")},
	}
}

func (b balancing) balancer(in elb.CreateLoadBalancerInput) (types.LoadBalancer, error) {
	out, err := b.c.CreateLoadBalancer(ctx, &in)
	if err != nil {
		return types.LoadBalancer{}, err
	}
	return out.LoadBalancers[0], nil
}

func innerBalancer(name string, groups ...string) elb.CreateLoadBalancerInput {
	return elb.CreateLoadBalancerInput{Name: &name, Scheme: "internal", Subnets: []string{airflowA, airflowB}, SecurityGroups: groups}
}

func (b balancing) listen(balancer, group string, change func(*elb.CreateListenerInput)) error {
	in := &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Protocol: "HTTPS", Port: aws.Int32(443), Certificates: []types.Certificate{{CertificateArn: aws.String(airflowCert + "1")}},
		DefaultActions: []types.Action{{Type: "forward", TargetGroupArn: &group}},
	}
	change(in)
	_, err := b.c.CreateListener(ctx, in)
	return err
}

func (b balancing) register(group string, addresses ...string) error {
	in := &elb.RegisterTargetsInput{TargetGroupArn: &group}
	for _, a := range addresses {
		in.Targets = append(in.Targets, types.TargetDescription{Id: aws.String(a)})
	}
	_, err := b.c.RegisterTargets(ctx, in)
	return err
}

// health says of each target how it is, and why.
func (b balancing) health(group string) string {
	b.Helper()
	var all []string
	for _, d := range must(b.c.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group}))(b.T).TargetHealthDescriptions {
		all = append(all, strings.TrimSpace(fmt.Sprint(*d.Target.Id, " ", d.TargetHealth.State, " ", d.TargetHealth.Reason)))
	}
	return strings.Join(all, "; ")
}

func (b balancing) wantHealth(group, want string) {
	b.Helper()
	if got := b.health(group); got != want {
		b.Errorf("health is %q, want %q", got, want)
	}
}

func (b balancing) interfacesOf(filter ...string) []ec2types.NetworkInterface {
	b.Helper()
	return must(b.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filters(filter...)}))(b.T).NetworkInterfaces
}

func nothing(*elb.CreateListenerInput) {}

// TestLoadBalancer goes the way from nothing to healthy targets, and back.
func TestLoadBalancer(t *testing.T) {
	b := newBalancing(t, "mwaa-private")
	sg := *must(b.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("balancer"), Description: aws.String("balancer"), VpcId: aws.String(airflowVPC)}))(t).GroupId
	group := must(b.group(webGroup("airflow")))(t)
	if again := must(b.group(webGroup("airflow")))(t); again != group {
		t.Errorf("the same again is %s", again)
	}
	wantCode(t, b.register(group, "10.192.20.7", "10.193.0.4"), "InvalidTarget")
	wantCode(t, b.register(group, "10.192.20.7", "10.192.21.7", "10.192.21.99"), "")
	b.wantHealth(group, "10.192.20.7 unused Target.NotInUse; 10.192.21.7 unused Target.NotInUse; 10.192.21.99 unused Target.NotInUse")

	lb := must(b.balancer(innerBalancer("airflow", sg)))(t)
	if lb.State.Code != "provisioning" || lb.Scheme != "internal" || !strings.HasPrefix(*lb.DNSName, "internal-airflow-") || len(lb.AvailabilityZones) != 2 || *lb.VpcId != airflowVPC {
		t.Errorf("%+v", lb)
	}
	arn := *lb.LoadBalancerArn
	wantCode(t, b.listen(arn, group, nothing), "")
	wantCode(t, b.listen(arn, group, nothing), "") // the same again
	wantCode(t, b.listen(arn, group, func(in *elb.CreateListenerInput) { in.Protocol, in.Certificates = "HTTP", nil }), "DuplicateListener")
	b.wantHealth(group, "10.192.20.7 initial Elb.RegistrationInProgress; 10.192.21.7 initial Elb.RegistrationInProgress; 10.192.21.99 initial Elb.RegistrationInProgress")
	b.pass(200 * time.Second)
	if state := must(b.c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"airflow"}}))(t).LoadBalancers[0].State.Code; state != "active" {
		t.Errorf("it is %s", state)
	}
	// The environment's group does not let the load balancer in yet.
	b.wantHealth(group, "10.192.20.7 unhealthy Target.Timeout; 10.192.21.7 unhealthy Target.Timeout; 10.192.21.99 unhealthy Target.Timeout")
	must(b.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(airflowNightly), IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &sg}}}}}))(t)
	b.wantHealth(group, "10.192.20.7 healthy; 10.192.21.7 healthy; 10.192.21.99 unhealthy Target.Timeout")
	modify := func(in elb.ModifyTargetGroupInput) {
		t.Helper()
		in.TargetGroupArn = &group
		must(b.c.ModifyTargetGroup(ctx, &in))(t)
	}
	modify(elb.ModifyTargetGroupInput{Matcher: &types.Matcher{HttpCode: aws.String("200")}})
	b.wantHealth(group, "10.192.20.7 unhealthy Target.ResponseCodeMismatch; 10.192.21.7 unhealthy Target.ResponseCodeMismatch; 10.192.21.99 unhealthy Target.Timeout")
	modify(elb.ModifyTargetGroupInput{Matcher: &types.Matcher{HttpCode: aws.String("200-399")}, HealthCheckPort: aws.String("80")})
	b.wantHealth(group, "10.192.20.7 unhealthy Target.Timeout; 10.192.21.7 unhealthy Target.Timeout; 10.192.21.99 unhealthy Target.Timeout")
	modify(elb.ModifyTargetGroupInput{HealthCheckPort: aws.String("traffic-port")})
	must(b.c.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{{Id: aws.String("10.192.21.99")}}}))(t)
	b.wantHealth(group, "10.192.20.7 healthy; 10.192.21.7 healthy; 10.192.21.99 draining Target.DeregistrationInProgress")
	b.pass(5 * time.Minute)
	b.wantHealth(group, "10.192.20.7 healthy; 10.192.21.7 healthy")

	held := b.interfacesOf("description", "ELB "+arn[strings.Index(arn, "app/"):])
	if len(held) != 2 || !*held[0].RequesterManaged || *held[0].RequesterId != "amazon-elb" || *held[0].Groups[0].GroupId != sg || held[0].Association != nil {
		t.Errorf("%+v", held)
	}
	_, err := acm.NewFromConfig(config(b.a, "us-west-2")).DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: aws.String(airflowCert + "1")})
	wantCode(t, err, "ResourceInUseException")
	_, err = b.c.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &group})
	wantCode(t, err, "ResourceInUse")
	if found := must(b.c.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{LoadBalancerArn: &arn}))(t).TargetGroups; len(found) != 1 || !slices.Equal(found[0].LoadBalancerArns, []string{arn}) {
		t.Errorf("%+v", found)
	}

	must(b.c.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &arn}))(t)
	_, err = b.c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	wantCode(t, err, "LoadBalancerNotFound")
	must(b.c.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &group}))(t)
	_, err = b.c.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"airflow"}})
	wantCode(t, err, "TargetGroupNotFound")
	must(b.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(airflowNightly), IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &sg}}}}}))(t)
	_, err = b.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &sg})
	wantCode(t, err, "DependencyViolation") // the interfaces go later
	b.pass(time.Minute)
	must(b.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &sg}))(t)
}

// TestLoadBalancerRefusals: what ELB refuses, and its error codes.
func TestLoadBalancerRefusals(t *testing.T) {
	b := newBalancing(t, "mwaa-private")
	group := must(b.group(webGroup("airflow")))(t)
	lb := *must(b.balancer(innerBalancer("airflow", airflowNightly)))(t).LoadBalancerArn
	groups := func(want string, change func(*elb.CreateTargetGroupInput)) {
		t.Helper()
		in := webGroup("other")
		change(&in)
		_, err := b.group(in)
		wantCode(t, err, want)
	}
	groups("DuplicateTargetGroupName", func(in *elb.CreateTargetGroupInput) {
		in.Name, in.Matcher.HttpCode = aws.String("airflow"), aws.String("200")
	})
	groups("ValidationError", func(in *elb.CreateTargetGroupInput) { in.Matcher.HttpCode = aws.String("100") })
	groups("ValidationError", func(in *elb.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-0123456789abcdef0") })
	for _, name := range []string{"-a", "a-", "a_b", strings.Repeat("a", 33), "internal-a"} {
		groups("ValidationError", func(in *elb.CreateTargetGroupInput) { in.Name = &name })
		_, err := b.balancer(innerBalancer(name, airflowNightly))
		wantCode(t, err, "ValidationError")
	}
	// Without a type, targets are instances.
	plain := must(b.group(elb.CreateTargetGroupInput{Name: aws.String("plain"), Protocol: "HTTP", Port: aws.Int32(80), VpcId: aws.String(airflowVPC)}))(t)
	wantCode(t, b.register(plain, "10.192.20.7"), "InvalidTarget")
	wantCode(t, b.register(group, "nightly"), "ValidationError")
	var names []string
	pages := elb.NewDescribeTargetGroupsPaginator(b.c, &elb.DescribeTargetGroupsInput{PageSize: aws.Int32(1)})
	for pages.HasMorePages() && len(names) < 9 {
		for _, g := range must(pages.NextPage(ctx))(t).TargetGroups {
			names = append(names, *g.TargetGroupName)
		}
	}
	if !slices.Equal(names, []string{"airflow", "plain"}) {
		t.Errorf("pages hold %q", names)
	}

	balancers := func(want string, change func(*elb.CreateLoadBalancerInput)) {
		t.Helper()
		in := innerBalancer("other", airflowNightly)
		change(&in)
		_, err := b.balancer(in)
		wantCode(t, err, want)
	}
	balancers("DuplicateLoadBalancerName", func(in *elb.CreateLoadBalancerInput) {
		in.Name, in.SecurityGroups = aws.String("airflow"), []string{airflowReports}
	})
	balancers("ValidationError", func(in *elb.CreateLoadBalancerInput) { in.Subnets = in.Subnets[:1] })
	balancers("InvalidConfigurationRequest", func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{airflowA, airflowPublicA} })
	balancers("SubnetNotFound", func(in *elb.CreateLoadBalancerInput) { in.Subnets[1] = "subnet-0123456789abcdef0" })
	balancers("InvalidSecurityGroup", func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-0123456789abcdef0"} })
	balancers("InvalidConfigurationRequest", func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = slices.Repeat(in.SecurityGroups, 6) })
	// Without a scheme, it faces the internet.
	public := must(b.balancer(elb.CreateLoadBalancerInput{Name: aws.String("public"), Subnets: []string{airflowA, airflowB}}))(t)
	if public.Scheme != "internet-facing" || strings.HasPrefix(*public.DNSName, "internal-") || len(public.SecurityGroups) != 1 {
		t.Errorf("%+v", public)
	}
	if i := b.interfacesOf("description", "ELB app/public/*"); len(i) != 2 || i[0].Association == nil {
		t.Errorf("%+v", i)
	}
	closed := must(b.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{airflowA}}))(t).Subnets[0]
	if *closed.AvailableIpAddressCount != 251-8-2 {
		t.Errorf("%d addresses are free", *closed.AvailableIpAddressCount)
	}

	for want, change := range map[string]func(*elb.CreateListenerInput){
		"CertificateNotFound": func(in *elb.CreateListenerInput) {
			*in.Certificates[0].CertificateArn = strings.Replace(airflowCert+"1", "us-west-2", "us-east-1", 1)
		},
		"UnsupportedCertificate": func(in *elb.CreateListenerInput) { *in.Certificates[0].CertificateArn = airflowCert + "2" },
		"ValidationError":        func(in *elb.CreateListenerInput) { in.Certificates = nil },
		"SSLPolicyNotFound":      func(in *elb.CreateListenerInput) { in.SslPolicy = aws.String("TLS-1.3") },
		"TargetGroupNotFound":    func(in *elb.CreateListenerInput) { in.DefaultActions[0].TargetGroupArn = &lb },
		"LoadBalancerNotFound":   func(in *elb.CreateListenerInput) { in.LoadBalancerArn = &group },
	} {
		wantCode(t, b.listen(lb, group, change), want)
	}
	wantCode(t, b.listen(lb, group, func(in *elb.CreateListenerInput) { *in.Certificates[0].CertificateArn = airflowCert + "3" }), "UnsupportedCertificate") // still pending
	wantCode(t, b.listen(lb, group, nothing), "")
	wantCode(t, b.listen(*public.LoadBalancerArn, group, nothing), "TargetGroupAssociationLimit")
}

// TestLoadBalancerScenario: what this program created earlier, with one target that nothing uses any more.
func TestLoadBalancerScenario(t *testing.T) {
	b := newBalancing(t, "mwaa-load-balancer")
	lb := must(b.c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"airflow-nightly"}}))(t).LoadBalancers[0]
	g := must(b.c.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{LoadBalancerArn: lb.LoadBalancerArn}))(t).TargetGroups[0]
	if lb.State.Code != "active" || *g.TargetGroupName != "airflow-nightly" {
		t.Errorf("%+v %+v", lb, g)
	}
	b.wantHealth(*g.TargetGroupArn, "10.192.20.7 healthy; 10.192.21.40 unhealthy Target.Timeout")
	wantCode(t, b.register(*g.TargetGroupArn, "10.192.21.7"), "")
	b.pass(time.Minute)
	b.wantHealth(*g.TargetGroupArn, "10.192.20.7 healthy; 10.192.21.40 unhealthy Target.Timeout; 10.192.21.7 healthy")
	l := must(b.c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: lb.LoadBalancerArn}))(t).Listeners[0]
	for _, arn := range []*string{lb.LoadBalancerArn, g.TargetGroupArn, l.ListenerArn} {
		got := map[string]string{}
		for _, tag := range must(b.c.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{*arn}}))(t).TagDescriptions[0].Tags {
			got[*tag.Key] = *tag.Value
		}
		if fmt.Sprint(got) != "map[ManagedBy:privatelink-wizard Name:airflow-nightly]" {
			t.Errorf("%s: %v", *arn, got)
		}
	}
	must(b.c.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: l.ListenerArn}))(t)
	if !strings.HasPrefix(b.health(*g.TargetGroupArn), "10.192.20.7 unused") {
		t.Error(b.health(*g.TargetGroupArn))
	}
	_, dump := own(t, b.a, "GET", "/_sandbox/account", "")
	for _, want := range []string{`"LoadBalancerName": "airflow-nightly"`, `"TargetGroupName": "airflow-nightly"`, `"Id": "10.192.21.40"`, `"DomainName": "flows.example.com"`, `"Name": "example.com."`} {
		if !strings.Contains(dump, want) {
			t.Errorf("the account does not show %s", want)
		}
	}
}

func TestLoadBalancingAttributes(t *testing.T) {
	b := newBalancing(t, "mwaa-private")
	balancer := must(b.balancer(innerBalancer("web", airflowNightly)))(t)
	group := must(b.group(webGroup("web")))(t)
	if err := b.listen(*balancer.LoadBalancerArn, group, nothing); err != nil {
		t.Fatal(err)
	}
	listener := must(b.c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancer.LoadBalancerArn}))(t).Listeners[0].ListenerArn

	protect := func(on string) []types.LoadBalancerAttribute {
		t.Helper()
		return must(b.c.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{
			{Key: aws.String("deletion_protection.enabled"), Value: &on}, {Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("120")},
		}}))(t).Attributes
	}
	protect("true")
	_, err := b.c.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: balancer.LoadBalancerArn})
	wantCode(t, err, "OperationNotPermitted")
	changed := protect("false")
	all := must(b.c.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn}))(t).Attributes
	values := map[string]string{}
	for _, a := range all {
		values[*a.Key] = aws.ToString(a.Value)
	}
	if len(changed) != len(all) || values["deletion_protection.enabled"] != "false" || values["idle_timeout.timeout_seconds"] != "120" || values["routing.http2.enabled"] != "true" {
		t.Errorf("%v", values)
	}
	_, err = b.c.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{{Key: aws.String("x"), Value: aws.String("1")}}})
	wantCode(t, err, "ValidationError")

	must(b.c.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []types.TargetGroupAttribute{{Key: aws.String("stickiness.enabled"), Value: aws.String("true")}}}))(t)
	if got := must(b.c.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &group}))(t).Attributes; !slices.ContainsFunc(got, func(a types.TargetGroupAttribute) bool {
		return *a.Key == "stickiness.enabled" && *a.Value == "true"
	}) {
		t.Errorf("%+v", got)
	}
	must(b.c.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: listener, Attributes: []types.ListenerAttribute{{Key: aws.String("routing.http.response.server.enabled"), Value: aws.String("false")}}}))(t)
	if got := must(b.c.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: listener}))(t).Attributes; len(got) != 1 || *got[0].Value != "false" {
		t.Errorf("%+v", got)
	}
	if got := must(b.c.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: balancer.LoadBalancerArn}))(t); got.MinimumLoadBalancerCapacity != nil || len(got.CapacityReservationState) != 0 {
		t.Errorf("%+v", got)
	}
	_, err = b.c.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: aws.String(*listener + "0")})
	wantCode(t, err, "ListenerNotFound")

	arns := []string{*balancer.LoadBalancerArn, group, *listener}
	must(b.c.AddTags(ctx, &elb.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(b.c.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: arns, TagKeys: []string{"a"}}))(t)
	for _, d := range must(b.c.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns}))(t).TagDescriptions {
		if len(d.Tags) != 1 || *d.Tags[0].Key != "b" {
			t.Errorf("%+v", d)
		}
	}
	_, err = b.c.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{group, *balancer.LoadBalancerArn + "0"}, Tags: []types.Tag{{Key: aws.String("c"), Value: aws.String("1")}}})
	wantCode(t, err, "LoadBalancerNotFound")
}
