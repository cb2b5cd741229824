package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// way is the way in that the answers ask for, and the web server that it leads to.
type way struct {
	env *inventory.Airflow
	// seen is what of ways is there; empty, and not nil, where it was not to be seen.
	seen *inventory.Ways
	// endpoint is the one to the web server, addresses are those of its interfaces.
	endpoint  *inventory.Endpoint
	addresses []string
	subnets   []*inventory.Subnet // of the environment
	group     *inventory.SecurityGroup
}

// findWay finds what a way in needs; what is missing is for checks to say.
func (b *builder) findWay() {
	asked := b.ans.Airflow.WayIn
	if asked == "" || len(b.airflows) != 1 || !b.airflows[0].Known() {
		return
	}
	e := b.airflows[0]
	w := &way{env: e, seen: b.inv.Way(b.ans.VPC)}
	if w.seen == nil {
		w.seen = &inventory.Ways{}
	}
	if e.WebserverService != "" {
		w.endpoint = b.existing(e.WebserverService, "Interface")
	}
	if w.endpoint != nil {
		w.addresses, _ = addressesOf(b.net.Network, w.endpoint)
		slices.Sort(w.addresses)
	}
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil {
			w.subnets = append(w.subnets, sub)
		}
	}
	for _, id := range e.Groups {
		if w.group == nil {
			w.group = b.net.Group(id)
		}
	}
	b.way = w
}

// ready tells whether the web server is there to be led to.
func (w *way) ready() bool {
	return w != nil && w.env.Access == inventory.PrivateOnly && w.env.Status == inventory.AirflowAvailable && len(w.addresses) > 0 && w.group != nil
}

// matchWay plans the way in that the answers ask for.
func (b *builder) matchWay() {
	b.findWay()
	if !b.way.ready() || !b.ans.Airflow.WayWhole() {
		return
	}
	switch b.ans.Airflow.WayIn {
	case answers.ByLoadBalancer:
		b.matchLoadBalancer(b.way)
	case answers.ByBastion:
		b.matchBastion(b.way)
	case answers.ByClientVPN:
		b.matchClientVPN(b.way)
	}
}

// wayName is the name of what a way in is made of: as Elastic Load Balancing takes it,
// with letters, digits and hyphens, at most 32 of them.
func wayName(env string) string {
	name := "airflow-" + strings.ReplaceAll(env, "_", "-")
	if name == "airflow-"+env && len(name) <= 32 && !strings.HasSuffix(name, "-") {
		return name
	}
	// Two environments must not get the same one.
	sum := sha256.Sum256([]byte(env))
	return strings.TrimRight(name[:min(len(name), 23)], "-") + "-" + hex.EncodeToString(sum[:4])
}

// wayGroup plans the security group of a way in, and returns how rows refer to it and
// what is there of it.
func (b *builder) wayGroup(part, name, description string) (Value, *inventory.SecurityGroup) {
	a := Action{ID: ID("security-group/" + part), Rules: []string{"W-ACCESS"}, Why: "It says who may use this way in, and the environment's own security group admits it by name.",
		Spec: SecurityGroup{VPC: b.vpc.ID, Name: name, Description: description, Tags: b.tags(name)}}
	at, there := From(a.ID), b.groupNamed(name)
	a.Op, a.Summary = Create, "Create security group "+name
	if there != nil {
		a.Op, a.Existing, a.Summary = Keep, there.ID, "Security group "+inventory.Label(name, there.ID)+" is there"
		at = Lit(there.ID)
	}
	b.p.Actions = append(b.p.Actions, a)
	return at, there
}

// wayRule plans a rule that lets TCP on one port into a group.
type wayRule struct {
	id      ID // of the row
	group   Value
	there   *inventory.SecurityGroup // the group, where it is there
	named   string                   // the group, in words
	cidr    string
	peer    Value
	from    string // who is let in, in words
	port    int
	why     string
	rule    string
	purpose string // the rule's description
}

func (b *builder) letIn(r wayRule) {
	a := Action{ID: r.id, Rules: []string{r.rule}, Why: r.why, Op: Create,
		Spec: GroupRule{Group: r.group, CIDR: r.cidr, Peer: r.peer, Port: r.port, Description: r.purpose}}
	a.Summary = fmt.Sprintf("Admit TCP %d from %s to %s", r.port, r.from, r.named)
	if r.there != nil {
		a.Existing, a.Op = r.there.ID, Modify
		a.Before = map[string]any{"ingress": ruleTexts(r.there.Rules)}
		for _, have := range r.there.Rules {
			if have.Egress || have.Protocol != "tcp" || have.From != r.port || have.To != r.port || have.CIDR != r.cidr || have.Group != r.peer.Lit || r.peer.From != "" {
				continue
			}
			a.Op, a.Existing, a.Before = Keep, have.ID, nil
			a.Summary = fmt.Sprintf("TCP %d from %s is admitted to %s", r.port, r.from, r.named)
		}
	}
	b.p.Actions = append(b.p.Actions, a)
	v := r.group
	b.wayClaims = append(b.wayClaims, Claim{Action: a.ID, Kind: Admits, Group: &v, Rule: &Rule{Protocol: "tcp", From: r.port, To: r.port, CIDR: r.cidr, Peer: r.peer},
		Says: fmt.Sprintf("%s admits TCP %d from %s", r.named, r.port, r.from)})
}

// admitWay plans the rule on the environment's side.
func (b *builder) admitWay(w *way, part string, at Value, named string) {
	b.letIn(wayRule{id: ID("security-group-rule/" + w.group.ID + "/in/" + part), group: Lit(w.group.ID), there: w.group, named: "the environment's security group " + inventory.Label(w.group.Name, w.group.ID),
		peer: at, from: named, port: port, rule: "W-ALBSG", purpose: "Airflow web server, by the " + part,
		why: "The endpoint to the web server has the environment's security groups, which admit nobody else by themselves."})
}

// made claims that what a row makes is there, as its own search finds it.
func (b *builder) made(id ID, says string) {
	b.wayClaims = append(b.wayClaims, Claim{Action: id, Kind: WayIn, Says: says})
}

// costs notes what a row adds to the bill each month, in US dollars.
func (b *builder) costs(what string, monthly float64) {
	b.monthly = append(b.monthly, priced{what, monthly})
}

type priced struct {
	what    string
	monthly float64
}

// wide tells whether a block of addresses is the whole internet, or so much of it that
// nobody means it.
func wide(block string) bool {
	_, bits, _ := strings.Cut(block, "/")
	return len(bits) == 1 && bits < "8"
}
