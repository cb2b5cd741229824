package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// accessMethod is the access method of the answers, and its web server.
type accessMethod struct {
	env *inventory.Airflow
	// seen are the existing resources of access methods; empty, not nil, if they were not read.
	seen *inventory.Access
	// endpoint is the endpoint of the web server; addresses are those of its network interfaces.
	endpoint  *inventory.Endpoint
	addresses []string
	subnets   []*inventory.Subnet // of the environment
	group     *inventory.SecurityGroup
}

// findAccess resolves what an access method needs. Checks report what is missing.
func (b *builder) findAccess() {
	asked := b.Ans.Airflow.WayIn
	if asked == "" || len(b.Airflows) != 1 || !b.Airflows[0].Known() {
		return
	}
	e := b.Airflows[0]
	w := &accessMethod{env: e, seen: b.Inv.Way(b.Ans.VPC)}
	if w.seen == nil {
		w.seen = &inventory.Access{}
	}
	if e.WebserverService != "" {
		w.endpoint = b.existing(e.WebserverService, "Interface")
	}
	if w.endpoint != nil {
		w.addresses, _ = workload.AddressesOf(b.Net.Network, w.endpoint)
		slices.Sort(w.addresses)
	}
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil {
			w.subnets = append(w.subnets, sub)
		}
	}
	for _, id := range e.Groups {
		if w.group == nil {
			w.group = b.Net.Group(id)
		}
	}
	b.access = w
}

// ready reports whether the web server can be used.
func (w *accessMethod) ready() bool {
	return w != nil && w.env.Access == inventory.PrivateOnly && w.env.Status == inventory.AirflowAvailable && len(w.addresses) > 0 && w.group != nil
}

var _ = matchAt(50, (*builder).matchAccess)

// matchAccess plans the access method of the answers.
func (b *builder) matchAccess() {
	b.findAccess()
	if !b.access.ready() || !b.Ans.Airflow.WayWhole() {
		return
	}
	switch b.Ans.Airflow.WayIn {
	case answers.ByLoadBalancer:
		b.matchLoadBalancer(b.access)
	case answers.ByBastion:
		b.matchBastion(b.access)
	case answers.ByClientVPN:
		b.matchClientVPN(b.access)
	}
}

// accessGroup plans the security group of an access method. It returns how changes refer to the group,
// and the existing group.
func (b *builder) accessGroup(part, name, description string) (resource.Value, *inventory.SecurityGroup) {
	a := resource.Change{ID: resource.ID("security-group/" + part), Rules: []string{"W-ACCESS"}, Why: "It controls who may use this access method. The environment's security group allows traffic from this group.",
		Spec: resource.SecurityGroup{VPC: b.vpc.ID, Name: name, Description: description, Tags: b.tags(name)}}
	at, there := resource.From(a.ID), b.groupNamed(name)
	a.Op, a.Summary = resource.Create, "Create security group "+name
	if there != nil {
		a.Op, a.Existing, a.Summary = resource.Keep, there.ID, "Security group "+inventory.Label(name, there.ID)+" exists"
		at = resource.Lit(there.ID)
	}
	b.p.Changes = append(b.p.Changes, a)
	return at, there
}

// accessRule plans a rule that allows inbound TCP on one port.
type accessRule struct {
	id      resource.ID // of the change
	group   resource.Value
	there   *inventory.SecurityGroup // the existing group, if any
	named   string                   // the group as a text
	cidr    string
	peer    resource.Value
	from    string // the source as a text
	port    int
	why     string
	rule    string
	purpose string // the rule's description
}

func (b *builder) allowInbound(r accessRule) {
	a := resource.Change{ID: r.id, Rules: []string{r.rule}, Why: r.why, Op: resource.Create,
		Spec: resource.GroupRule{Group: r.group, CIDR: r.cidr, Peer: r.peer, Port: r.port, Description: r.purpose}}
	a.Summary = fmt.Sprintf("Allow TCP %d from %s to %s", r.port, r.from, r.named)
	if r.there != nil {
		a.Existing, a.Op = r.there.ID, resource.Modify
		a.Before = map[string]any{"ingress": ruleTexts(r.there.Rules)}
		for _, have := range r.there.Rules {
			if have.Egress || have.Protocol != "tcp" || have.From != r.port || have.To != r.port || have.CIDR != r.cidr || have.Group != r.peer.Lit || r.peer.From != "" {
				continue
			}
			a.Op, a.Existing, a.Before = resource.Keep, have.ID, nil
			a.Summary = fmt.Sprintf("TCP %d from %s is allowed to %s", r.port, r.from, r.named)
		}
	}
	b.p.Changes = append(b.p.Changes, a)
	v := r.group
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: a.ID, Says: fmt.Sprintf("%s allows TCP %d from %s", r.named, r.port, r.from), Measure: resource.Allows{Group: v, Rule: resource.Rule{Protocol: "tcp", From: r.port, To: r.port, CIDR: r.cidr, Peer: r.peer}}})
}

// allowAccess plans the rule in the environment's security group.
func (b *builder) allowAccess(w *accessMethod, part string, at resource.Value, named string) {
	b.allowInbound(accessRule{id: resource.ID("security-group-rule/" + w.group.ID + "/in/" + part), group: resource.Lit(w.group.ID), there: w.group, named: "the environment's security group " + inventory.Label(w.group.Name, w.group.ID),
		peer: at, from: named, port: port, rule: "W-ALBSG", purpose: "Airflow web server, by the " + part,
		why: "The endpoint to the web server has the environment's security groups, which do not allow other clients by default."})
}

// made claims that the resource of a change exists.
func (b *builder) made(id resource.ID, text string) {
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: id, Says: text, Measure: resource.WayIn{}})
}

// wide reports whether an address block is the whole internet, or a part of it that is too large to
// be intended.
func wide(block string) bool {
	_, bits, _ := strings.Cut(block, "/")
	return len(bits) == 1 && bits < "8"
}

// accessNoun returns the noun for a kind of access method.
func accessNoun(kind string) string {
	switch kind {
	case answers.ByLoadBalancer:
		return "load balancer"
	case answers.ByClientVPN:
		return "Client VPN"
	}
	return kind
}
