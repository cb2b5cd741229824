package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// Record is an alias record of Route 53 that leads to a load balancer.
type Record struct {
	Zone         string `aws:"HostedZoneId"`
	Domain       string `aws:"Name"`
	Name         string // of the load balancer
	LoadBalancer Value  `aws:"AliasTarget"`
}

// Kind implements Spec.
func (Record) Kind() string { return "record" }

// Terms implements Spec.
func (Record) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (Record) constants() []field { return []field{{"Type", "A"}} }

// Cells implements Spec.
func (s Record) Cells(Names, Change) Cells {
	return Cells{"DNS record", s.Domain, "hosted zone " + s.Zone, "alias of " + s.Name}
}

func (s Record) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	of := func(attribute string) Of { return Of{string(s.LoadBalancer.From), attribute} }
	out := block("aws_route53_record", []Attribute{{"zone_id", s.Zone}, {"name", s.Domain}, {"type", "A"},
		{"alias", Nested{{"name", of("dns_name")}, {"zone_id", of("zone_id")}, {"evaluate_target_health", false}}}})
	out.Blocks[0].Output = "name"
	return out
}

// Steps creates the alias record of a load balancer. An existing record of the name is not
// replaced: AWS rejects a second one.
func (s Record) Steps(a Change) Steps {
	in := map[string]any{"HostedZoneId": s.Zone, "StartRecordName": s.Domain}
	find := Call{Service: "route53", Op: "ListResourceRecordSets", In: in,
		Out: expr("ResourceRecordSets[?Name==", Lit(s.Domain+"."), " && contains(AliasTarget.DNSName || '', ", Lit(s.Name+"-"), ")].Name | [0]")}
	_, other := place("ResourceRecordSets", "Name", expr("Name==", Lit(s.Domain+"."), " && (Type=='A' || Type=='CNAME')"), needs(expr("contains(AliasTarget.DNSName || '', ", Lit(s.Name+"-"), ")"),
		"'it leads to '", "AliasTarget.DNSName || join(', ', [ResourceRecords[].Value][])", "' (plan: load balancer '", Lit(s.Name), "')'"))
	// The console adds the prefix dualstack to the name. Such a name works for every load
	// balancer.
	change := func(action string) Call {
		base := elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{value(s.LoadBalancer)}},
			expr("{ChangeBatch: {Changes: [{Action: '"+action+"', ResourceRecordSet: {Name: ", Lit(s.Domain), ", Type: 'A', AliasTarget: {HostedZoneId: LoadBalancers[0].CanonicalHostedZoneId, DNSName: LoadBalancers[0].DNSName, EvaluateTargetHealth: Type=='none'}}}]}}"))
		return Call{Service: "route53", Op: "ChangeResourceRecordSets", Base: &base, In: map[string]any{"HostedZoneId": s.Zone}, Out: expr(Lit(s.Domain + "."))} // the name as AWS shows it
	}
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	return Steps{Find: &find, Other: other, Do: []Call{change("CREATE")}, Undo: []Call{change("DELETE")}}
}

func (Record) unread(Change) string { return "A plan does not read the records of a hosted zone." }

func (s Record) cloudFormation(Change) Declared {
	of := func(attribute string) Of { return Of{string(s.LoadBalancer.From), attribute} }
	return block("AWS::Route53::RecordSet", set(named(s), "AliasTarget", Nested{{"DNSName", of("DNSName")}, {"EvaluateTargetHealth", false}, {"HostedZoneId", of("CanonicalHostedZoneID")}}))
}
