package call

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

func elb(op string, in map[string]any, out []plan.Value, done ...string) Call {
	return Call{Service: "elbv2", Op: op, In: in, Out: out, Done: done}
}

func acm(op string, in map[string]any, out []plan.Value) Call {
	return Call{Service: "acm", Op: op, In: in, Out: out}
}

// KeyTypes must be listed in the request: without them ACM lists only certificates with RSA 1024
// and 2048 keys (API reference of ACM, Filters).
var KeyTypes = []any{"RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"}

// certificate keeps, imports or requests a certificate. ACM issues a requested certificate after
// DNS validation. The change creates the validation record if it knows the hosted zone.
func certificate(a plan.Change, s plan.Certificate) Steps {
	if a.Op == plan.Keep {
		find := acm("DescribeCertificate", map[string]any{"CertificateArn": s.ARN}, expr("Certificate.Status=='ISSUED' && Certificate.CertificateArn"))
		find.Absent = []string{"ResourceNotFoundException"}
		return Steps{Find: &find}
	}
	_, parent, _ := strings.Cut(s.Domain, ".")
	covers := func(field string) []plan.Value {
		return expr(field, "==", plan.Lit(s.Domain), " || ", field, "==", plan.Lit("*."+parent))
	}
	made, status := "AMAZON_ISSUED", []any{"ISSUED", "PENDING_VALIDATION"}
	if s.Body != "" {
		made, status = "IMPORTED", []any{"ISSUED"}
	}
	find := acm("ListCertificates", map[string]any{"CertificateStatuses": status, "Includes": map[string]any{"keyTypes": KeyTypes}},
		expr("CertificateSummaryList[?Type=='"+made+"' && (", covers("DomainName"), " || SubjectAlternativeNameSummaries[?", covers("@"), "])].CertificateArn | [0]"))
	undo := acm("DeleteCertificate", map[string]any{"CertificateArn": plan.From(a.ID)}, nil)
	undo.Done = []string{"ResourceNotFoundException"}
	if s.Body != "" {
		in := map[string]any{"Certificate": Blob{s.Body}, "PrivateKey": Blob{s.Key}, "Tags": tagList(s.Tags)}
		if s.Chain != "" {
			in["CertificateChain"] = Blob{s.Chain}
		}
		return Steps{Find: &find, Do: []Call{acm("ImportCertificate", in, expr("CertificateArn"))}, Undo: []Call{undo}}
	}
	describe := func(out []plan.Value) Call {
		return acm("DescribeCertificate", map[string]any{"CertificateArn": plan.From(a.ID)}, out)
	}
	proof := "Certificate.DomainValidationOptions[0].ResourceRecord."
	request := Part{Label: "request the certificate from ACM", Steps: Steps{Find: &find, Undo: []Call{undo},
		Do: []Call{acm("RequestCertificate", map[string]any{"DomainName": s.Domain, "ValidationMethod": "DNS", "Tags": tagList(s.Tags)}, expr("CertificateArn"))}}}
	named := Part{Label: "wait until ACM returns the validation record of the domain", Steps: Steps{Until: &Until{Call: describe(expr("[[Certificate.CertificateArn, ", proof+"Name && 'named' || Certificate.Status]]")),
		Want: "named", Fail: []string{"FAILED", "VALIDATION_TIMED_OUT", "REVOKED"}, Every: 5, Limit: 120}}}
	issued := Part{Label: "wait until the certificate is issued", Steps: Steps{Until: &Until{Call: describe(expr("[[Certificate.CertificateArn, Certificate.Status]]")),
		Want: "ISSUED", Fail: []string{"FAILED", "VALIDATION_TIMED_OUT", "REVOKED", "EXPIRED", "INACTIVE"}, Every: 15, Limit: 1800,
		What: "[[Certificate.CertificateArn, join(' ', [Certificate.FailureReason || 'the DNS of the domain needs this record:', " + proof + "Name || '', " + proof + "Type || '', " + proof + "Value || ''])]]",
		Help: "Create the record in the DNS of the domain, then run again to continue."}}}
	if s.Zone == "" {
		return Steps{Parts: []Part{request, named, issued}}
	}
	change := describe(expr("{ChangeBatch: {Changes: [{Action: 'UPSERT', ResourceRecordSet: {Name: " + proof + "Name, Type: " + proof + "Type, TTL: to_number('300'), ResourceRecords: [{Value: " + proof + "Value}]}}]}}"))
	done := describe(expr("Certificate.Status=='ISSUED' && Certificate.CertificateArn"))
	// The name of ACM's record is unique, so UPSERT never replaces a record of somebody else.
	prove := Part{Label: "create the validation record in hosted zone " + s.Zone, Steps: Steps{Find: &done, Do: []Call{{Service: "route53", Op: "ChangeResourceRecordSets", Base: &change, In: map[string]any{"HostedZoneId": s.Zone}, Out: expr(plan.From(a.ID))}}}}
	return Steps{Parts: []Part{request, named, prove, issued}}
}

func targetGroup(a plan.Change, s plan.TargetGroup) Steps {
	find := elb("DescribeTargetGroups", map[string]any{"Names": []any{s.Name}}, expr("TargetGroups[0].TargetGroupArn"))
	find.Absent = []string{"TargetGroupNotFound"}
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	in := map[string]any{"Name": s.Name, "VpcId": s.VPC, "TargetType": "ip", "Protocol": "HTTPS", "Port": 443, "HealthCheckProtocol": "HTTPS", "HealthCheckPort": "443",
		"HealthCheckPath": "/", "Matcher": map[string]any{"HttpCode": "200,302"}, "Tags": tagList(s.Tags)}
	return Steps{Find: &find, Do: []Call{elb("CreateTargetGroup", in, expr("TargetGroups[0].TargetGroupArn"), "DuplicateTargetGroupName")},
		Undo: []Call{elb("DeleteTargetGroup", map[string]any{"TargetGroupArn": plan.From(a.ID)}, nil)}}
}

// health reads the targets of a target group.
func health(group plan.Value, out ...any) Call {
	return elb("DescribeTargetHealth", map[string]any{"TargetGroupArn": value(group)}, expr(out...))
}

// allAre is the condition that each address is a target that meets a further condition.
func allAre(addresses []string, more string) []plan.Value {
	var out [][]plan.Value
	for _, ip := range addresses {
		out = append(out, expr("TargetHealthDescriptions[?Target.Id==", plan.Lit(ip), " && "+more+"]"))
	}
	return and(out...)
}

func allHealthy(addresses []string) []plan.Value {
	return allAre(addresses, "TargetHealth.State=='healthy'")
}

func targets(a plan.Change, s plan.Targets) Steps {
	find := health(s.TargetGroup, allAre(s.Addresses, "TargetHealth.State!='draining'"), " && ", s.TargetGroup)
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	var list []any
	for _, ip := range s.Missing {
		list = append(list, map[string]any{"Id": ip, "Port": 443})
	}
	in := map[string]any{"TargetGroupArn": value(s.TargetGroup), "Targets": list}
	return Steps{Find: &find, Do: []Call{elb("RegisterTargets", in, expr(s.TargetGroup))}, Undo: []Call{elb("DeregisterTargets", in, nil)}}
}

func loadBalancer(a plan.Change, s plan.LoadBalancer) Steps {
	find := elb("DescribeLoadBalancers", map[string]any{"Names": []any{s.Name}}, expr("LoadBalancers[0].LoadBalancerArn"))
	find.Absent = []string{"LoadBalancerNotFound"}
	out := Steps{Find: &find,
		Until: &Until{Call: elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{plan.From(a.ID)}}, expr("LoadBalancers[].[LoadBalancerArn, State.Code]")),
			Want: "active", Fail: []string{"failed"}, Every: 15, Limit: 900, What: "LoadBalancers[].[LoadBalancerArn, State.Reason || '']"}}
	if a.Op == plan.Keep {
		return out
	}
	in := map[string]any{"Name": s.Name, "Type": "application", "Scheme": s.Scheme, "Subnets": list(s.Subnets), "SecurityGroups": values(s.Groups), "Tags": tagList(s.Tags)}
	out.Do = []Call{elb("CreateLoadBalancer", in, expr("LoadBalancers[0].LoadBalancerArn"), "DuplicateLoadBalancerName")}
	out.Undo = []Call{elb("DeleteLoadBalancer", map[string]any{"LoadBalancerArn": plan.From(a.ID)}, nil)}
	return out
}

func listener(a plan.Change, s plan.Listener) Steps {
	find := elb("DescribeListeners", map[string]any{"LoadBalancerArn": value(s.LoadBalancer)}, expr("Listeners[?to_string(Port)=='443' && Protocol=='HTTPS'].ListenerArn | [0]"))
	before, between := "Create this record in the DNS of the domain: ", " CNAME "
	if s.Recorded {
		before, between = "DNS record: ", " points to "
	}
	tell := elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{value(s.LoadBalancer)}},
		expr("[[join('', [", plan.Lit(before+s.Domain+between), ", LoadBalancers[0].DNSName])], [", plan.Lit("Open https://"+s.Domain+" from an allowed network"), "]]"))
	if a.Op == plan.Keep {
		return Steps{Find: &find, Tell: &tell}
	}
	in := map[string]any{"LoadBalancerArn": value(s.LoadBalancer), "Protocol": "HTTPS", "Port": 443, "Certificates": []any{map[string]any{"CertificateArn": value(s.Certificate)}},
		"SslPolicy":      "ELBSecurityPolicy-TLS13-1-2-2021-06", // the default of the AWS console
		"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": value(s.TargetGroup)}}, "Tags": tagList(s.Tags)}
	return Steps{Find: &find, Tell: &tell, Do: []Call{elb("CreateListener", in, expr("Listeners[0].ListenerArn"), "DuplicateListener")},
		Undo: []Call{elb("DeleteListener", map[string]any{"ListenerArn": plan.From(a.ID)}, nil)}}
}

// targetHealth waits until the targets of a load balancer are healthy.
func targetHealth(_ plan.Change, s plan.TargetHealth) Steps {
	const name = "target-health"
	return Steps{Out: "healthy", Parts: []Part{{Label: fmt.Sprintf("wait until %s are healthy", strings.Join(s.Addresses, " and ")), Steps: Steps{Until: &Until{
		ID: name, Call: health(s.TargetGroup, "[['"+name+"', ", allHealthy(s.Addresses), " && 'healthy' || 'not-healthy']]"), Want: "healthy", Every: 10, Limit: 600,
		What: "[['" + name + "', join('; ', TargetHealthDescriptions[].join(' ', [Target.Id, TargetHealth.State, TargetHealth.Reason || '', TargetHealth.Description || '']))]]",
		Help: "Target.Timeout means that a security group or network ACL blocks the load balancer. Target.ResponseCodeMismatch means that the health check of the target group expects other codes than 200,302. Fix this, then run again to continue."}}}}}
}

// record creates the alias record of a load balancer. An existing record of the name is not
// replaced: AWS rejects a second one.
func record(a plan.Change, s plan.Record) Steps {
	in := map[string]any{"HostedZoneId": s.Zone, "StartRecordName": s.Domain}
	find := Call{Service: "route53", Op: "ListResourceRecordSets", In: in,
		Out: expr("ResourceRecordSets[?Name==", plan.Lit(s.Domain+"."), " && contains(AliasTarget.DNSName || '', ", plan.Lit(s.Name+"-"), ")].Name | [0]")}
	// The console adds the prefix dualstack to the name. Such a name works for every load
	// balancer.
	change := func(action string) Call {
		base := elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{value(s.LoadBalancer)}},
			expr("{ChangeBatch: {Changes: [{Action: '"+action+"', ResourceRecordSet: {Name: ", plan.Lit(s.Domain), ", Type: 'A', AliasTarget: {HostedZoneId: LoadBalancers[0].CanonicalHostedZoneId, DNSName: LoadBalancers[0].DNSName, EvaluateTargetHealth: Type=='none'}}}]}}"))
		return Call{Service: "route53", Op: "ChangeResourceRecordSets", Base: &base, In: map[string]any{"HostedZoneId": s.Zone}, Out: expr(plan.Lit(s.Domain))}
	}
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	return Steps{Find: &find, Do: []Call{change("CREATE")}, Undo: []Call{change("DELETE")}}
}

// environmentOption adds an option to those of an environment. The same call reads the existing
// options and sends them back, so none of them passes through the plan.
func environmentOption(a plan.Change, s plan.EnvironmentOption) Steps {
	options, option := "Environment.AirflowConfigurationOptions", `"`+s.Option+`"`
	find := environment(s.Environment, expr(options+"."+option+"==", plan.Lit(s.Value), " && Environment.Name"))
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	set := expr("{"+option+": ", plan.Lit(s.Value), "}")
	base := environment(s.Environment, expr("{Name: Environment.Name, AirflowConfigurationOptions: "+options+" && merge("+options+", ", set, ") || ", set, "}"))
	return Steps{Find: &find, Do: []Call{{Service: "mwaa", Op: "UpdateEnvironment", Base: &base, Out: expr(plan.Lit(s.Environment))}},
		Until: &Until{Call: environment(s.Environment, expr("[[Environment.Name, Environment.Status]]")), Want: "AVAILABLE", Fail: []string{"UPDATE_FAILED", "UNAVAILABLE", "DELETING", "DELETED"}, Every: 30, Limit: 5400,
			Help: "Amazon MWAA continues without this program: see its console. Run again to check.", What: "[[Environment.Name, Environment.LastUpdate.Error.ErrorMessage || '']]"}}
}
