package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// airflowPorts are the ports that components of an environment use among themselves: the web
// server's and the metadata database's (Amazon MWAA user guide, Security in your VPC).
var airflowPorts = []int{port, databasePort}

// airflowGroups returns the groups of new endpoints for environments: the environments' own groups,
// and also the plan's group if these would block other clients; none if they are not known.
func (b *builder) airflowGroups() []resource.Value {
	var own []resource.Value
	for _, e := range b.Airflows {
		for _, v := range b.airflowOwnGroups(e) {
			if !slices.Contains(own, v) {
				own = append(own, v)
			}
		}
	}
	if len(own) == 0 || !b.Ans.DNS() || len(b.blockedOthers(b.rulesOf(&endpoint{groups: own}))) == 0 {
		return own
	}
	if b.group == nil {
		b.ownGroup()
	}
	return append(own, b.groupAt)
}

var _ = matchAt(20, (*builder).matchAirflow)

// matchAirflow plans what environments need in addition to endpoints of AWS services: rules that
// connect their components, and their own endpoints.
func (b *builder) matchAirflow() {
	for _, e := range b.Airflows {
		if e.Known() {
			b.matchSelf(e)
		}
	}
}

// selfID is the change with the rule that allows a group's traffic to itself.
func selfID(group string) resource.ID {
	return resource.ID("security-group-rule/" + group + "/in/" + group)
}

// matchSelf plans the rule that allows traffic from an environment's group to itself, unless its
// groups already connect its components.
func (b *builder) matchSelf(e *inventory.Airflow) {
	var g *inventory.SecurityGroup
	for _, id := range e.Groups {
		if g == nil {
			g = b.Net.Group(id)
		}
	}
	if g == nil || b.p.Change(selfID(g.ID)) != nil {
		return
	}
	rule := inventory.GroupRule{Protocol: "-1", From: -1, To: -1, Group: g.ID}
	label := inventory.Label(g.Name, g.ID)
	a := resource.Change{ID: selfID(g.ID), Existing: g.ID, Rules: []string{"W-SG"}, Spec: resource.GroupRule{Group: resource.Lit(g.ID), Peer: resource.Lit(g.ID), All: true, Description: "Parts of the Airflow environment, among themselves"},
		Why: "Scheduler, workers, web server, metadata database and endpoints of an Airflow environment use its security groups. They reach each other only if a group allows traffic from itself."}
	switch {
	case slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { r.ID = ""; return r == rule }):
		a.Op, a.Summary = resource.Keep, "Security group "+label+" allows traffic from itself"
	case b.talks(e):
		return
	default:
		a.Op, a.Summary = resource.Modify, "Allow all traffic of security group "+label+" to itself"
		a.Why += " The environment " + e.Name + " has no group that does. The outbound rules of the group stay unchanged."
		a.Before = map[string]any{"ingress": ruleTexts(g.Rules)}
		b.self = append(b.self, rule)
	}
	b.p.Changes = append(b.p.Changes, a)
}

// talks reports whether the groups of an environment connect its components.
func (b *builder) talks(e *inventory.Airflow) bool {
	var rules []inventory.GroupRule
	for _, id := range e.Groups {
		if g := b.Net.Group(id); g != nil {
			rules = append(rules, g.Rules...)
		}
	}
	var blocks []string
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil {
			blocks = append(blocks, sub.CIDR)
		}
	}
	for _, p := range airflowPorts {
		lets := func(test func(inventory.GroupRule) bool) bool {
			return slices.ContainsFunc(rules, func(r inventory.GroupRule) bool {
				ports := r.Protocol == "-1" || (r.Protocol == "tcp" || r.Protocol == "6") && r.From <= p && p <= r.To
				return !r.Egress && ports && test(r)
			})
		}
		byGroup := lets(func(r inventory.GroupRule) bool { return slices.Contains(e.Groups, r.Group) })
		byBlock := len(blocks) > 0 && !slices.ContainsFunc(blocks, func(c string) bool { return !lets(func(r inventory.GroupRule) bool { return covers(r.CIDR, c) }) })
		if !byGroup && !byBlock {
			return false
		}
	}
	return true
}

// selfChanges returns the changes of such rules for the groups of an endpoint. The endpoint waits for
// them.
func (b *builder) selfChanges(e *endpoint) []resource.ID {
	var out []resource.ID
	for _, v := range e.groups {
		if a := b.p.Change(selfID(v.Lit)); a != nil && a.Op != resource.Keep {
			out = append(out, a.ID)
		}
	}
	return out
}

// ownEndpoint is an endpoint of an environment itself.
type ownEndpoint struct{ kind, service, carries string }

func ownEndpoints(e *inventory.Airflow) []ownEndpoint {
	out := []ownEndpoint{{"database", e.DatabaseService, "the metadata database, which scheduler and workers always use"}}
	if e.Private() {
		out = append(out, ownEndpoint{"webserver", e.WebserverService, "the web server, with the Airflow user interface and its API"})
	}
	return slices.DeleteFunc(out, func(o ownEndpoint) bool { return o.service == "" })
}

// ownID is the change of an environment's own endpoint.
func ownID(e *inventory.Airflow, kind string) resource.ID {
	return resource.ID("endpoint/" + e.Name + "-" + kind)
}

var _ = matchAt(40, (*builder).matchOwnEndpoints)

// matchOwnEndpoints shows the endpoints that Amazon MWAA created for environments, and plans those
// that environments wait for (Amazon MWAA user guide, Managing your own Amazon VPC endpoints).
func (b *builder) matchOwnEndpoints() {
	for _, e := range b.Airflows {
		for _, o := range ownEndpoints(e) {
			b.matchOwn(e, o)
		}
		if b.waits(e) {
			b.p.Changes = append(b.p.Changes, resource.Change{ID: resource.ID("environment/" + e.Name), Op: resource.Run, Existing: e.Name, Rules: []string{"W-CUSTOMER"},
				After:   []resource.ID{ownID(e, "database")},
				Summary: "Wait until Amazon MWAA has created the environment " + e.Name,
				Why:     "When its endpoints are available, Amazon MWAA continues, which usually takes 20 to 30 minutes. You can stop waiting: the environment is still created.",
				Spec:    resource.EnvironmentWait{Environment: e.Name}})
			if e.Private() {
				a := &b.p.Changes[len(b.p.Changes)-1]
				a.After = append(a.After, ownID(e, "webserver"))
			}
		}
	}
}

// waits reports whether an environment waits for endpoints that the account must create.
func (b *builder) waits(e *inventory.Airflow) bool {
	return e.ByCustomer() && e.Status == inventory.AirflowPending && b.endpoint(ownID(e, "database")) != nil
}

const madeByMWAA = "Amazon MWAA created it, and only Amazon MWAA can change it. "

func (b *builder) matchOwn(e *inventory.Airflow, o ownEndpoint) {
	t := &endpoint{code: e.Name + "-" + o.kind, service: o.service, typ: catalog.Interface, id: ownID(e, o.kind), existing: b.existing(o.service, catalog.Interface), env: e}
	var home []*inventory.Subnet
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil {
			home = append(home, sub)
		}
	}
	a := resource.Change{ID: t.id, Why: "It serves " + o.carries + ". "}
	switch x := t.existing; {
	case x != nil:
		a.Op, a.Existing, a.Spec = resource.Keep, x.ID, resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: o.service, Subnets: x.Subnets, Groups: resource.Literals(x.Groups), PrivateDNS: x.PrivateDNS, IPType: x.IPType, KeptPolicy: x.Policy}
		a.Summary = fmt.Sprintf("The %s endpoint of environment %s exists", o.kind, e.Name)
		a.Rules = []string{"W-MODE"}
		b.asIs(t)
		switch {
		case !x.RequesterManaged:
			a.Rules = []string{"W-CUSTOMER"}
			a.Why += "It belongs to the account. "
			b.addEnvironmentSubnets(&a, t, home)
		case o.kind == "database":
			a.Why += madeByMWAA + airflowTexts["W-MODE"]
		default:
			a.Why += madeByMWAA
		}
		a.Why = strings.TrimSpace(a.Why)
	case e.ByCustomer() && len(home) > 0:
		t.subnets, t.newSubnets = home, home
		if t.groups = b.airflowOwnGroups(e); len(t.groups) == 0 {
			return
		}
		a.Op, a.Rules = resource.Create, []string{"G-TYPE", "W-CUSTOMER"}
		a.Spec = resource.InterfaceEndpoint{VPC: b.vpc.ID, Service: o.service, Subnets: ids(home), Groups: t.groups, IPType: b.Ans.IPType(), Tags: b.tags(b.endpointName(t.code)), Others: b.beside(o.service, t.typ)}
		a.Summary = fmt.Sprintf("Create the %s endpoint of environment %s in %s", o.kind, e.Name, zones(home))
		a.Why += "The environment has customer-managed endpoints, so Amazon MWAA waits for this one in the environment's own subnets."
		if e.Status == inventory.AirflowPending {
			a.Why += fmt.Sprintf(" It waits for up to 72 hours; %d were left when the account was read. After that the creation fails.", max(e.HoursLeft(), 0))
		}
	default:
		return
	}
	b.add(a, t)
}

// addEnvironmentSubnets adds a network interface in each of the environment's zones to an endpoint of the account
// that lacks it: Amazon MWAA needs the same subnets.
func (b *builder) addEnvironmentSubnets(a *resource.Change, t *endpoint, home []*inventory.Subnet) {
	have := map[string]bool{}
	for _, s := range t.subnets {
		have[s.Zone] = true
	}
	for _, s := range home {
		if !have[s.Zone] {
			t.newSubnets, t.subnets = append(t.newSubnets, s), append(t.subnets, s)
		}
	}
	if len(t.newSubnets) == 0 {
		return
	}
	t.changed = true
	a.Op, a.Before = resource.Modify, map[string]any{"subnet_ids": nonNil(t.existing.Subnets)}
	a.Spec = resource.EndpointChange{VPC: b.vpc.ID, Service: t.service, Type: catalog.Interface, Endpoint: t.existing.ID, AddSubnets: ids(t.newSubnets)}
	a.Summary = additions([]string{"a network interface in " + zones(t.newSubnets)}, "the "+t.code+" endpoint")
	a.Why += "It does not have a network interface in every zone of the environment."
}

// airflowOwnGroups returns the groups of the endpoints that an environment waits for.
func (b *builder) airflowOwnGroups(e *inventory.Airflow) []resource.Value {
	var out []resource.Value
	for _, id := range e.Groups {
		if b.Net.Group(id) != nil {
			out = append(out, resource.Lit(id))
		}
	}
	return out
}

// claimAirflow claims that environments are available and that their components reach each other.
func (b *builder) claimAirflow() {
	for _, e := range b.Airflows {
		for _, id := range e.Groups {
			if a := b.p.Change(selfID(id)); a != nil {
				v := resource.Lit(id)
				b.claim(resource.Claim{Change: a.ID, Says: fmt.Sprintf("security group %s allows traffic from itself", id), Measure: resource.Allows{Group: v, Rule: resource.Rule{Protocol: "-1", From: -1, To: -1, Peer: resource.Lit(id)}}})
			}
		}
		row := resource.ID("environment/" + e.Name)
		switch {
		case b.p.Change(row) != nil:
		case e.Status != inventory.AirflowAvailable || len(b.endpoints) == 0:
			continue
		case b.endpoint(ownID(e, "webserver")) != nil:
			row = ownID(e, "webserver")
		default:
			row = b.endpoints[len(b.endpoints)-1].id
		}
		b.claim(resource.Claim{Change: row, Says: fmt.Sprintf("environment %s is %s", e.Name, inventory.AirflowAvailable), Measure: resource.AirflowStatus{Environment: e.Name}})
	}
}

// label returns an environment's label for findings.
func airflowLabel(e *inventory.Airflow) string { return cmp.Or(e.ARN, e.Name) }

// withSelf returns a group with the rule that the plan adds to it.
func (b *builder) withSelf(g *inventory.SecurityGroup) *inventory.SecurityGroup {
	for _, r := range b.self {
		if r.Group == g.ID {
			c := *g
			c.Rules = append(slices.Clone(g.Rules), r)
			return &c
		}
	}
	return g
}
