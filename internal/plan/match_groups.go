package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// groupsForNew returns the groups of new endpoints: the groups in the answers, otherwise the plan's
// own group.
func (b *builder) groupsForNew() []resource.Value {
	if len(b.Ans.SecurityGroups) > 0 {
		var out []resource.Value
		for _, g := range workload.Unique(b.Ans.SecurityGroups) {
			out = append(out, resource.Lit(g))
		}
		return out
	}
	if gs := b.airflowGroups(); len(gs) > 0 {
		return gs
	}
	if b.group == nil {
		b.ownGroup()
	}
	return []resource.Value{b.groupAt}
}

// ownGroup plans the security group of the endpoints, or finds the group that an earlier run
// created, and the rules that it needs.
func (b *builder) ownGroup() {
	own := GroupName
	if p := b.prefix(); p != "" {
		own = p + "-endpoints"
	}
	name := own
	for n := 2; ; n++ {
		g := b.groupNamed(name)
		if g == nil || g.Tags[resource.ManagedBy] == resource.Owner {
			b.group = g
			break
		}
		name = fmt.Sprintf("%s-%d", own, n) // a group of somebody else has this name
	}
	const description = "HTTPS to VPC endpoints, made by PrivateLink Wizard"
	a := resource.Change{ID: groupID, Rules: []string{"G-SG443"},
		Why:  "The endpoints' network interfaces need a security group that allows TCP 443 from the workload. A separate group leaves existing groups unchanged.",
		Spec: resource.SecurityGroup{VPC: b.vpc.ID, Name: name, Description: description, Tags: b.tags(name)},
	}
	b.groupAt = resource.From(groupID)
	if b.group == nil {
		b.group = &inventory.SecurityGroup{Name: name, VPC: b.vpc.ID}
		a.Op, a.Summary = resource.Create, "Create a security group for the endpoints"
	} else {
		a.Op, a.Existing, a.Summary = resource.Keep, b.group.ID, "The endpoints' security group exists"
		b.groupAt = resource.Lit(b.group.ID)
	}
	b.p.Changes = append(b.p.Changes, a)
	b.allowPorts([]catalog.Ports{catalog.HTTPS}, b.Ans.DNS() && slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool {
		return w.Needed && catalog.Lookup(w.Code).Type == catalog.Interface && catalog.UsesHTTPS(w.Code) && b.named(b.serviceName(w.Code))
	}))
}

// allowPorts plans the rules that allow ports to the endpoints' group: from the workload, or from the
// whole VPC if private DNS leads other clients to the endpoints too.
func (b *builder) allowPorts(ports []catalog.Ports, dns bool) {
	whole := dns && len(b.others) > 0
	var srcs []source
	switch {
	case whole:
		blocks := b.vpc.CIDRs
		if b.Ans.IPType() != answers.IPv4 {
			blocks = slices.Concat(blocks, b.vpc.IPv6)
		}
		for _, cidr := range blocks {
			srcs = append(srcs, source{cidr: cidr})
		}
	default:
		for _, src := range b.sources() {
			srcs = append(srcs, src.key())
		}
	}
	for _, p := range ports {
		for _, src := range srcs {
			b.planInboundRule(src, p, whole)
		}
	}
}

func (b *builder) groupNamed(name string) *inventory.SecurityGroup {
	for i := range b.Net.SecurityGroups {
		if b.Net.SecurityGroups[i].Name == name {
			return &b.Net.SecurityGroups[i]
		}
	}
	return nil
}

// planInboundRule plans the rule that allows ports from a source to the endpoints' group, unless it is
// planned already or existing rules allow them.
func (b *builder) planInboundRule(src source, ports catalog.Ports, whole bool) {
	group, peer, clients := b.p.Change(groupID), strings.Join(src.groups, ""), "the workload"
	if whole {
		clients = "the VPC"
	}
	r := resource.Change{
		ID: resource.ID("security-group-rule/endpoints/in/" + src.String()), Rules: []string{"G-SG443"}, After: []resource.ID{groupID},
		Spec: resource.GroupRule{Group: b.groupAt, CIDR: src.cidr, Peer: resource.Ref(peer), Description: "HTTPS from " + clients},
		Why:  "Endpoints listen on TCP 443, and a security group without rules allows no inbound traffic.",
	}
	if ports != catalog.HTTPS {
		r.ID, r.Rules = r.ID+resource.ID("/tcp-"+ports.String()), []string{"G-PORTS"}
		r.Spec = resource.GroupRule{Group: b.groupAt, CIDR: src.cidr, Peer: resource.Ref(peer), Port: ports.First, LastPort: ports.Last, Description: "From " + clients}
		r.Why = fmt.Sprintf("Clients of %s connect to TCP %s.", b.usersOf(ports), ports)
	}
	if b.p.Change(r.ID) != nil {
		return
	}
	tcp := "TCP " + ports.String()
	from := src.String()
	if g := b.Net.Group(peer); g != nil {
		from = "security group " + inventory.Label(g.Name, g.ID)
	}
	if whole {
		r.Rules = append(r.Rules, "G-SHUTOUT")
		r.Why += fmt.Sprintf(" Private DNS changes the path for the whole VPC. %s of other clients would be blocked without this rule, so it allows the whole VPC.",
			words.Count(len(b.others), "network interface"))
	}
	rule := inventory.GroupRule{Protocol: "tcp", From: ports.First, To: ports.Last, CIDR: src.cidr, Group: peer}
	have := b.allowingPorts(held(b.group, b.groupAt), src, ports)
	switch {
	case len(have) == 0 && group.Op == resource.Create:
		r.Op, r.Summary = resource.Create, "Allow "+tcp+" from "+from+" to the endpoints' group"
		b.added = append(b.added, rule)
	case len(have) == 0:
		r.Op, r.Existing, r.Summary = resource.Modify, group.Existing, "Allow "+tcp+" from "+from+" to the endpoints' group"
		r.Before = map[string]any{"ingress": ruleTexts(b.group.Rules)}
		b.added = append(b.added, rule)
	case slices.ContainsFunc(have, func(h heldRule) bool { h.ID = ""; return h.GroupRule == rule }):
		r.Op, r.Existing, r.Summary = resource.Keep, group.Existing, tcp+" from "+from+" is allowed"
	default: // a wider rule allows it: nothing to create, and nothing of ours to keep
		return
	}
	b.p.Changes = append(b.p.Changes, r)
}

// ruleTexts returns the ingress rules of a group as texts, for before and after.
func ruleTexts(rules []inventory.GroupRule) []string {
	out := []string{}
	for _, r := range rules {
		if !r.Egress {
			out = append(out, resource.RuleText(r))
		}
	}
	return out
}

var _ = matchAt(115, (*builder).noteRules)

// noteRules adds to each new rule which other rules of its group are known or planned, so that a run does not take them
// for a changed form of it.
func (b *builder) noteRules() {
	for i := range b.p.Changes {
		a := &b.p.Changes[i]
		s, ok := a.Spec.(resource.GroupRule)
		if !ok || a.Op == resource.Keep {
			continue
		}
		if g := b.Net.Group(s.Group.Lit); g != nil {
			for _, r := range g.Rules {
				if r.ID != "" {
					s.Known = append(s.Known, r.ID)
				}
			}
		}
		for _, other := range b.p.Changes {
			o, ok := other.Spec.(resource.GroupRule)
			if ok && other.ID != a.ID && o.Group == s.Group && o.Description == s.Description && o.Peer.From == "" {
				r := o.Rule()
				s.Beside = append(s.Beside, inventory.GroupRule{Egress: r.Egress, Protocol: r.Protocol, From: r.From, To: r.To, CIDR: r.CIDR, Group: r.Peer.Lit, PrefixList: r.PrefixList})
			}
		}
		a.Spec = s
	}
}
