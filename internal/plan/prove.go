package plan

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// prove writes down what must be true afterwards, each claim with the evidence
// that the plan relies on, so that a change behind our back is seen.
func (b *builder) prove() {
	for _, id := range []ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Action(id); a != nil {
			b.claim(Claim{Action: id, Kind: DNSAttr, Attribute: a.Spec.(VPCAttribute).Attribute, Says: a.Spec.(VPCAttribute).Attribute + " of the VPC is on"})
		}
	}
	first := true
	for _, e := range b.ends {
		b.claim(Claim{Action: e.id, Kind: Available, Says: "endpoint " + e.code + " is available"})
		if e.typ == catalog.Gateway {
			for _, t := range e.tables {
				b.claim(Claim{Action: e.id, Kind: Routed, RouteTable: t, Says: fmt.Sprintf("route table %s sends %s to the endpoint", t, e.code)})
			}
			continue
		}
		subs := ids(e.subnets)
		slices.Sort(subs)
		b.claim(Claim{Action: e.id, Kind: Interfaces, Subnets: subs, Says: fmt.Sprintf("endpoint %s has an interface in %s", e.code, zones(e.subnets))})
		if e.dns {
			b.claim(Claim{Action: e.id, Kind: PrivateDNS, Says: "the default names of " + e.code + " lead to the endpoint inside the VPC"})
		}
		b.proveAdmission(e)
		if first {
			first = false
			b.proveACLs(e)
		}
	}
	if len(b.ends) > 0 {
		b.claim(Claim{Action: b.ends[len(b.ends)-1].id, Kind: Inside, Says: "seen from inside the VPC: the private names resolve to the endpoints' addresses, and TCP 443 answers"})
	}
}

func (b *builder) claim(c Claim) {
	c.VPC = b.vpc.ID
	b.p.Claims = append(b.p.Claims, c)
}

// proveAdmission names the rules, in and out, by which each source reaches the
// endpoint. A source without one is a finding, not a claim.
func (b *builder) proveAdmission(e *end) {
	rules := b.rulesOf(e)
	for _, src := range b.sources() {
		for _, r := range b.admits(rules, src) {
			b.claim(Claim{Action: e.id, Kind: Attached, Group: &r.group, Says: fmt.Sprintf("endpoint %s has security group %s", e.code, r.label)})
			b.claim(Claim{Action: e.id, Kind: Admits, Group: &r.group, Rule: ruleOf(r.GroupRule), Says: fmt.Sprintf("%s admits %s to %s (%s)", r.label, src, e.code, ruleText(r.GroupRule))})
		}
	}
	for _, id := range b.groups {
		g := b.net.Group(id)
		if r := leaves(g, cidrs(e.subnets), literals(e.groups)); r != nil {
			v := Lit(id)
			b.claim(Claim{Action: e.id, Kind: Admits, Group: &v, Rule: ruleOf(*r), Says: fmt.Sprintf("%s lets TCP 443 out to %s", inventory.Label(g.Name, id), e.code)})
		}
	}
	b.p.Claims = uniqueClaims(b.p.Claims)
}

func uniqueClaims(cs []Claim) []Claim {
	var out []Claim
	seen := map[string]bool{}
	for _, c := range cs {
		key := fmt.Sprint(c.Action, c.Kind, c.Says)
		if !seen[key] {
			seen[key] = true
			out = append(out, c)
		}
	}
	return out
}

func ruleOf(r inventory.GroupRule) *Rule {
	return &Rule{Egress: r.Egress, Protocol: r.Protocol, From: r.From, To: r.To, CIDR: r.CIDR, Peer: r.Group, PrefixList: r.PrefixList}
}

// proveACLs pins the network ACLs on the way, if they let the traffic pass now.
func (b *builder) proveACLs(e *end) {
	seen := map[string]bool{}
	for _, subs := range [][]*inventory.Subnet{b.clients, e.subnets} {
		for _, s := range subs {
			acl := b.net.ACLOf(s.ID)
			if acl == nil || seen[acl.ID] {
				continue
			}
			seen[acl.ID] = true
			b.claim(Claim{Action: e.id, Kind: ACL, NetworkACL: acl.ID, Entries: ACLText(*acl), Says: "network ACL " + acl.ID + " lets it pass as it did when the plan was made"})
		}
	}
}
