package resource

// LoadBalancer is an application load balancer.
type LoadBalancer struct {
	Name    string
	Scheme  string // internal or internet-facing
	Subnets []string
	Groups  []Value
	Tags    map[string]string
}

// Kind implements Spec.
func (LoadBalancer) Kind() string { return "load-balancer" }

func (s LoadBalancer) refs() []ID { return refsOf(s.Groups...) }

// Properties implements Spec.
func (s LoadBalancer) Properties() map[string]any {
	return props("name", s.Name, "type", "application", "scheme", s.Scheme, "subnets", s.Subnets, "security_groups", s.Groups, "tags", s.Tags)
}

// Cells implements Spec.
func (s LoadBalancer) Cells(p Names, _ Change) Cells {
	return Cells{"load balancer", s.Name, p.ZonesText(s.Subnets), Joined(s.Scheme, p.GroupsText(s.Groups))}
}

// Steps implements Spec.
func (s LoadBalancer) Steps(a Change) Steps {
	find := elb("DescribeLoadBalancers", map[string]any{"Names": []any{s.Name}}, expr("LoadBalancers[0].LoadBalancerArn"))
	find.Absent = []string{"LoadBalancerNotFound"}
	out := Steps{Find: &find,
		Until: &Until{Call: elb("DescribeLoadBalancers", map[string]any{"LoadBalancerArns": []any{From(a.ID)}}, expr("LoadBalancers[].[LoadBalancerArn, State.Code]")),
			Want: "active", Fail: []string{"failed"}, Every: 15, Limit: 900, What: "LoadBalancers[].[LoadBalancerArn, State.Reason || '']"}}
	if a.Op == Keep {
		return out
	}
	in := map[string]any{"Name": s.Name, "Type": "application", "Scheme": s.Scheme, "Subnets": list(s.Subnets), "SecurityGroups": values(s.Groups), "Tags": tagList(s.Tags)}
	out.Do = []Call{elb("CreateLoadBalancer", in, expr("LoadBalancers[0].LoadBalancerArn"), "DuplicateLoadBalancerName")}
	out.Undo = []Call{elb("DeleteLoadBalancer", map[string]any{"LoadBalancerArn": From(a.ID)}, nil)}
	return out
}

func elb(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "elbv2", Op: op, In: in, Out: out, Done: done}
}

// prices is without traffic: Elastic Load Balancing pricing, from memory.
func (LoadBalancer) prices() []Price { return []Price{{"the load balancer", 0.0225 * Hours}} }
