package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// addClaims adds the claims that must be true after the plan is applied, each with the evidence that the
// plan relies on, so that a change by others is noticed.
func (b *builder) addClaims() {
	for _, id := range []resource.ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Change(id); a != nil {
			b.claim(resource.Claim{Change: id, Says: dnsNames[id] + " enabled for the VPC", Measure: resource.DNSAttr{Attribute: a.Spec.(resource.VPCAttribute).Attribute}})
		}
	}
	for _, e := range b.endpoints {
		b.claim(resource.Claim{Change: e.id, Says: "endpoint " + e.code + " is available", Measure: resource.Available{}})
		if mark := policy.Sid(e.policy); e.chosen && mark != "" {
			b.claim(resource.Claim{Change: e.id, Says: "endpoint " + e.code + " has the chosen policy", Measure: resource.Policy{Mark: mark}})
		}
		if denied := b.judgePolicy(e, b.grantsOf(e)).denied; len(denied) > 0 { // an accepted error must still be verified
			b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("the policy of endpoint %s allows what the workload does: %s", e.code, words.UpTo(texts(denied), 4)), Measure: resource.PolicyAllows{Mark: policy.Sid(e.policy), Length: len([]rune(e.policy))}})
		}
		if e.typ == catalog.Gateway {
			for _, src := range b.sources() {
				if gs := b.groupsOf(src); len(gs) > 0 && e.id == gatewayS3 {
					b.claimOutbound(e.id, "Amazon S3", catalog.HTTPS, gs, b.leavesToS3(gs))
				}
			}
			for _, t := range e.tables {
				b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("route table %s sends %s to the endpoint", t, e.code), Measure: resource.Routed{RouteTable: resource.Ref(t)}})
			}
			continue
		}
		subs := ids(e.subnets)
		slices.Sort(subs)
		if len(subs) == 0 { // AWS rejects such an endpoint, and another rule reports it
			continue
		}
		b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("endpoint %s has an interface in %s", e.code, zones(e.subnets)), Measure: resource.Interfaces{Subnets: resource.Refs(subs)}})
		if e.dns {
			b.claim(resource.Claim{Change: b.leading(e.id), Says: "private DNS of endpoint " + e.code + " is on", Measure: resource.PrivateDNS{}})
		}
		b.claimInbound(e)
	}
	b.claimACLs()
	for _, d := range b.detours() { // an accepted error must still be verified
		if to := cmp.Or(d.route.CIDR, d.route.PrefixList); d.route.Blackhole {
			b.claim(resource.Claim{Change: d.to[0], Says: fmt.Sprintf("route table %s has no blackhole route to %s", inventory.Label(d.table.Name, d.table.ID), to), Measure: resource.Unblocked{RouteTable: resource.Ref(d.table.ID), Block: to}})
		}
	}
	b.claimAgents()
	b.claimAirflow()
	for _, c := range b.accessClaims {
		b.claim(c)
	}
	b.claimLooks()
	b.claimTasks()
	for _, a := range b.p.Changes { // those that the functions above did not add
		for _, c := range a.Claims() {
			b.claim(c)
		}
	}
	b.claimRegistry()
	b.p.Claims = uniqueClaims(b.p.Claims)
}

// claimAgents adds the claims about agents: those that the plan restarts or updates, and those that it
// does not restart.
func (b *builder) claimAgents() {
	if looked, _ := b.clusters(); b.Ans.Agent.Restart == answers.RestartNone {
		for _, c := range looked {
			if n := len(b.outdatedOf(c)); n > 0 && len(b.endpoints) > 0 {
				b.claim(resource.Claim{Change: b.endpoints[len(b.endpoints)-1].id, Says: fmt.Sprintf("the ECS agents of %s in cluster %s, which the plan does not restart, use the endpoints; this can take up to 12 hours", words.Count(n, "container instance"), c.Name), Measure: resource.Inside{}})
			}
		}
	}
	b.claimsOf(resource.AgentUpdate{}, resource.AgentRestart{})
}

// claimsOf adds the claims of all changes of some kinds.
func (b *builder) claimsOf(kinds ...resource.Spec) {
	for _, a := range b.p.Changes {
		if slices.ContainsFunc(kinds, func(s resource.Spec) bool { return s.Kind() == a.Spec.Kind() }) {
			for _, c := range a.Claims() {
				b.claim(c)
			}
		}
	}
}

func (b *builder) claim(c resource.Claim) {
	c.VPC = b.vpc.ID
	b.p.Claims = append(b.p.Claims, c)
}

// claimInbound claims the inbound and outbound rules that each source needs to reach the endpoint.
// A source without such rules is a finding, not a claim.
func (b *builder) claimInbound(e *endpoint) {
	rules := b.rulesOf(e)
	for _, src := range b.sources() {
		if e.env != nil && !slices.ContainsFunc(src.groups, func(g string) bool { return slices.Contains(e.env.Groups, g) }) {
			continue // of another environment
		}
		for _, p := range b.claimedPorts(e, src) {
			admitting := b.allowingPorts(rules, src, p)
			for _, r := range admitting {
				b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("endpoint %s has security group %s", e.code, r.label), Measure: resource.Attached{Group: r.group}})
				b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("%s allows traffic from %s to %s (%s)", r.label, src, e.code, resource.RuleText(r.GroupRule)), Measure: resource.Allows{Group: r.group, Rule: ruleOf(r.GroupRule)}})
			}
			if len(admitting) == 0 && len(e.groups) > 0 { // an accepted error must still be verified
				key := src.key()
				want := inventory.GroupRule{Protocol: "tcp", From: p.First, To: p.Last, CIDR: key.cidr, Group: strings.Join(key.groups, "")}
				b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("a security group of endpoint %s allows TCP %s from %s", e.code, p, src), Measure: resource.Allows{Group: e.groups[0], Rule: ruleOf(want)}})
			}
			if gs, to := b.groupsOf(src), b.blocksOf(e.subnets); len(gs) > 0 && len(to) > 0 {
				b.claimOutbound(e.id, e.code, p, gs, b.leavesPorts(gs, to, literals(e.groups), p))
			}
		}
	}
}

// claimedPorts returns the ports of an endpoint that a source relies on: all of them, or the allowed
// ones if a client uses one of them.
func (b *builder) claimedPorts(e *endpoint, src source) []catalog.Ports {
	ports := catalog.PortsOf(e.code)
	if !catalog.TraitsOf(e.code).OneOf {
		return ports
	}
	open := slices.DeleteFunc(slices.Clone(ports), func(p catalog.Ports) bool { return len(b.allowingPorts(b.rulesOf(e), src, p)) == 0 })
	if len(open) == 0 {
		return ports[:1]
	}
	return open
}

// claimOutbound claims the outbound rules that the workload's groups rely on.
func (b *builder) claimOutbound(id resource.ID, code string, ports catalog.Ports, gs []*inventory.SecurityGroup, rules []heldRule) {
	for _, r := range rules {
		b.claim(resource.Claim{Change: id, Says: fmt.Sprintf("%s allows outbound TCP %s to %s", r.label, ports, code), Measure: resource.Allows{Group: r.group, Rule: ruleOf(r.GroupRule)}})
	}
	if len(rules) == 0 {
		v := resource.Ref(gs[0].ID)
		want := inventory.GroupRule{Egress: true, Protocol: "tcp", From: ports.First, To: ports.Last, CIDR: "0.0.0.0/0"}
		b.claim(resource.Claim{Change: id, Says: fmt.Sprintf("%s allows outbound TCP %s to %s", labels(gs), ports, code), Measure: resource.Allows{Group: v, Rule: ruleOf(want)}})
	}
}

func uniqueClaims(cs []resource.Claim) []resource.Claim {
	out := []resource.Claim{}
	seen := map[string]bool{}
	for _, c := range cs {
		key := fmt.Sprint(c.Change, c.Kind(), c.Says)
		if !seen[key] {
			seen[key] = true
			out = append(out, c)
		}
	}
	return out
}

func ruleOf(r inventory.GroupRule) resource.Rule {
	return resource.Rule{Egress: r.Egress, Protocol: r.Protocol, From: r.From, To: r.To, CIDR: r.CIDR, Peer: resource.Ref(r.Group), PrefixList: r.PrefixList}
}

// claimACLs claims for each subnet on a path that its network ACL allows the traffic, also where the
// plan found that it does not, so that an accepted error fails the verification.
func (b *builder) claimACLs() {
	var order []*inventory.Subnet
	type key struct {
		subnet   string
		egress   bool
		from, to int
		blocks   string
	}
	claims, acls, seen := map[string]resource.Claim{}, map[string]*resource.ACL{}, map[key]bool{}
	add := func(id resource.ID, legs []leg) {
		for _, l := range legs {
			acl := b.Net.ACLOf(l.sub.ID)
			if acl == nil {
				continue
			}
			if acls[l.sub.ID] == nil {
				acls[l.sub.ID] = &resource.ACL{NetworkACL: acl.ID, Subnet: resource.Ref(l.sub.ID)}
				claims[l.sub.ID] = resource.Claim{Change: id, Says: fmt.Sprintf("the network ACL of subnet %s allows the traffic between the workload and the endpoints", inventory.Label(l.sub.Name, l.sub.ID))}
				order = append(order, l.sub)
			}
			if k := (key{l.sub.ID, l.Egress, l.From, l.To, strings.Join(l.Blocks, " ")}); !seen[k] {
				seen[k] = true
				acls[l.sub.ID].Traffic = append(acls[l.sub.ID].Traffic, l.Traffic)
			}
		}
	}
	for _, p := range b.paths() {
		add(p.ends[0], p.legs)
	}
	if b.endpoint(gatewayS3) != nil {
		for _, c := range b.clients {
			add(gatewayS3, b.legsToS3(c))
		}
	}
	for _, e := range b.Airflows {
		if own := b.endpoint(ownID(e, "database")); own != nil {
			add(own.id, b.databaseLegs(e))
		}
	}
	for _, sub := range order {
		c := claims[sub.ID]
		c.Measure = *acls[sub.ID]
		b.claim(c)
	}
}
