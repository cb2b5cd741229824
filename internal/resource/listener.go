package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// Listener is HTTPS 443 of a load balancer.
type Listener struct {
	LoadBalancer Value             `aws:"LoadBalancerArn"`
	Certificate  Value             `aws:"CertificateArn"`
	TargetGroup  Value             `aws:"TargetGroupArn"`
	Domain       string            // the domain of the certificate
	Recorded     bool              // the plan creates its DNS record
	Tags         map[string]string `aws:"Tags"`
}

// sslPolicy is the default of the AWS console.
const sslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// Kind implements Spec.
func (Listener) Kind() string { return "listener" }

// Terms implements Spec.
func (Listener) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (Listener) constants() []field { return []field{{"Protocol", "HTTPS"}, {"Port", 443}} }

// Cells implements Spec.
func (s Listener) Cells(p Names, _ Change) Cells {
	return Cells{"listener", "HTTPS 443", p.ResourceName(s.LoadBalancer), "certificate for " + s.Domain}
}

func (s Listener) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_lb_listener", "arn", a.Existing)
	}
	return block("aws_lb_listener", []Attribute{{"load_balancer_arn", s.LoadBalancer}, {"port", 443}, {"protocol", "HTTPS"}, {"ssl_policy", sslPolicy}, {"certificate_arn", s.Certificate},
		{"default_action", Nested{{"type", "forward"}, {"target_group_arn", s.TargetGroup}}}, {"tags", s.Tags}})
}

// Steps implements Spec.
func (s Listener) Steps(a Change) Steps {
	find := elb("DescribeListeners", map[string]any{"LoadBalancerArn": value(s.LoadBalancer)}, expr("Listeners[?to_string(Port)=='443' && Protocol=='HTTPS'].ListenerArn | [0]"))
	id, other := place("Listeners", "ListenerArn", expr("to_string(Port)=='443'"), append(needsAll("certificates", "Certificates[].CertificateArn", []Value{s.Certificate}),
		needs(expr("Protocol=='HTTPS'"), "'protocol '", "Protocol || ''", "' (plan: HTTPS)'"),
		needs(expr("DefaultActions[?TargetGroupArn==", s.TargetGroup, "]"), "'it forwards to '", "join(', ', [DefaultActions[].TargetGroupArn][])", "' (plan: '", s.TargetGroup, "')'"))...)
	before, between := "Create this record in the DNS of the domain: ", " CNAME "
	if s.Recorded {
		before, between = "DNS record: ", " points to "
	}
	tell := elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{value(s.LoadBalancer)}},
		expr("[[join('', [", Lit(before+s.Domain+between), ", LoadBalancers[0].DNSName])], [", Lit("Open https://"+s.Domain+" from an allowed network"), "]]"))
	if a.Op == Keep {
		return Steps{Find: &find, Tell: &tell}
	}
	find.Out = id
	in := map[string]any{"LoadBalancerArn": value(s.LoadBalancer), "Protocol": "HTTPS", "Port": 443, "Certificates": []any{map[string]any{"CertificateArn": value(s.Certificate)}},
		"SslPolicy":      sslPolicy,
		"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": value(s.TargetGroup)}}, "Tags": tagList(s.Tags)}
	return Steps{Find: &find, Other: other, Tell: &tell, Do: []Call{elb("CreateListener", in, expr("Listeners[0].ListenerArn"), "DuplicateListener")},
		Undo: []Call{elb("DeleteListener", map[string]any{"ListenerArn": From(a.ID)}, nil)}}
}

func (s Listener) cloudFormation(a Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::ElasticLoadBalancingV2::Listener", Fields: requested(a, "Tags", ""), Without: "CloudFormation has no tags for listeners."}}}
}
