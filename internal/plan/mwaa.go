package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// airflowPorts are those that an environment's own parts use among themselves: the
// web server's and that of the metadata database (Amazon MWAA user guide, Security in
// your VPC).
var airflowPorts = []int{port, 5432}

// findAirflow picks the environments of Amazon MWAA that the plan is for: the one that
// was named, else all in the VPC.
func (s *scope) findAirflow() {
	for i := range s.inv.MWAA {
		e := &s.inv.MWAA[i]
		named := s.ans.Airflow.Environment
		switch {
		case named != "" && named != e.Name && named != e.ARN:
		case len(s.net.Subnets) > 0 && len(e.Subnets) > 0 && !s.holds(e.Subnets), named == "" && len(e.Subnets) == 0:
		default:
			s.airflows = append(s.airflows, e)
			s.runners = append(s.runners, runner{subnets: e.Subnets, groups: e.Groups})
		}
	}
}

// airflowFacts are what the catalogue goes by; nil for other workloads. What is not
// there yet, or may not be seen, counts as private, which needs the most.
func (s *scope) airflowFacts() *catalog.Airflow {
	if !s.ans.Workload.MWAA() {
		return nil
	}
	private := func(e *inventory.Airflow) bool { return e.Private() || !e.Known() }
	f := &catalog.Airflow{Private: len(s.airflows) == 0 || slices.ContainsFunc(s.airflows, private), List23: s.ans.Airflow.Endpoints == answers.Endpoints2023, Sessions: s.sessions()}
	if _, denied := s.inv.Gap("ec2:DescribeVpcEndpointServices"); !denied && len(s.inv.Services) > 0 {
		f.Offers = func(code string) bool {
			e := catalog.Lookup(code)
			return s.inv.Service(e.ServiceName(s.partition(), s.ans.Region), e.Type) != nil
		}
	}
	return f
}

// airflowGroups are the groups that new endpoints of environments get: the
// environments' own, and the plan's own too where these would shut others out; none
// where they are not known.
func (b *builder) airflowGroups() []Value {
	var own []Value
	for _, e := range b.airflows {
		for _, v := range b.airflowOwnGroups(e) {
			if !slices.Contains(own, v) {
				own = append(own, v)
			}
		}
	}
	if len(own) == 0 || !b.ans.DNS() || len(b.shutOut(b.rulesOf(&end{groups: own}))) == 0 {
		return own
	}
	if b.group == nil {
		b.ownGroup()
	}
	return append(own, b.groupAt)
}

// matchAirflow plans what environments need besides endpoints of AWS services: rules
// by which their parts reach each other, and their own endpoints.
func (b *builder) matchAirflow() {
	for _, e := range b.airflows {
		if e.Known() {
			b.matchSelf(e)
		}
	}
}

// selfID is the row of the rule by which a group admits itself.
func selfID(group string) ID {
	return ID("security-group-rule/" + group + "/in/" + group)
}

// matchSelf plans the rule by which an environment's group admits itself, unless its
// groups let its parts reach each other already.
func (b *builder) matchSelf(e *inventory.Airflow) {
	var g *inventory.SecurityGroup
	for _, id := range e.Groups {
		if g == nil {
			g = b.net.Group(id)
		}
	}
	if g == nil || b.p.Action(selfID(g.ID)) != nil {
		return
	}
	rule := inventory.GroupRule{Protocol: "-1", From: -1, To: -1, Group: g.ID}
	label := inventory.Label(g.Name, g.ID)
	a := Action{ID: selfID(g.ID), Existing: g.ID, Rules: []string{"W-SG"}, Spec: GroupRule{Group: Lit(g.ID), Peer: Lit(g.ID), All: true, Description: "Parts of the Airflow environment, among themselves"},
		Why: "Scheduler, workers, web server, metadata database and endpoints of an Airflow environment share its security groups, and reach each other only if a group admits itself."}
	switch {
	case slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { r.ID = ""; return r == rule }):
		a.Op, a.Summary = Keep, "Security group "+label+" admits itself"
	case b.talks(e):
		return
	default:
		a.Op, a.Summary = Modify, "Admit all traffic of security group "+label+" to itself"
		a.Why += " The environment " + e.Name + " has no group that does. What the group lets out is left as it is."
		a.Before = map[string]any{"ingress": ruleTexts(g.Rules)}
		b.self = append(b.self, rule)
	}
	b.p.Actions = append(b.p.Actions, a)
}

// talks tells whether the groups of an environment let its parts reach each other.
func (b *builder) talks(e *inventory.Airflow) bool {
	var rules []inventory.GroupRule
	for _, id := range e.Groups {
		if g := b.net.Group(id); g != nil {
			rules = append(rules, g.Rules...)
		}
	}
	var blocks []string
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil {
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

// selfRows are the rows of rules of groups that an endpoint has, which it waits for.
func (b *builder) selfRows(e *end) []ID {
	var out []ID
	for _, v := range e.groups {
		if a := b.p.Action(selfID(v.Lit)); a != nil && a.Op != Keep {
			out = append(out, a.ID)
		}
	}
	return out
}

// ownEndpoint is one of the endpoints of an environment itself.
type ownEndpoint struct{ kind, service, carries string }

func ownEndpoints(e *inventory.Airflow) []ownEndpoint {
	out := []ownEndpoint{{"database", e.DatabaseService, "the metadata database, which scheduler and workers use all the time"}}
	if e.Private() {
		out = append(out, ownEndpoint{"webserver", e.WebserverService, "the web server, with the Airflow user interface and its API"})
	}
	return slices.DeleteFunc(out, func(o ownEndpoint) bool { return o.service == "" })
}

// ownID is the row of an environment's own endpoint.
func ownID(e *inventory.Airflow, kind string) ID { return ID("endpoint/" + e.Name + "-" + kind) }

// matchOwnEndpoints shows the endpoints that Amazon MWAA made for environments, and
// plans those that it waits for (Amazon MWAA user guide, Managing your own Amazon VPC
// endpoints).
func (b *builder) matchOwnEndpoints() {
	for _, e := range b.airflows {
		for _, o := range ownEndpoints(e) {
			b.matchOwn(e, o)
		}
		if b.waits(e) {
			b.p.Actions = append(b.p.Actions, Action{ID: ID("environment/" + e.Name), Op: Run, Existing: e.Name, Rules: []string{"W-CUSTOMER"},
				After:   []ID{ownID(e, "database")},
				Summary: "Wait until Amazon MWAA has created the environment " + e.Name,
				Why:     "Once its endpoints are available, Amazon MWAA goes on by itself, which takes 20 to 30 minutes as a rule. Whoever leaves before loses nothing: the environment is created all the same.",
				Spec:    EnvironmentWait{Environment: e.Name}})
			if e.Private() {
				a := &b.p.Actions[len(b.p.Actions)-1]
				a.After = append(a.After, ownID(e, "webserver"))
			}
		}
	}
}

// waits tells whether an environment waits for endpoints that the account makes.
func (b *builder) waits(e *inventory.Airflow) bool {
	return e.ByCustomer() && e.Status == inventory.AirflowPending && b.end(ownID(e, "database")) != nil
}

const madeByMWAA = "Amazon MWAA made it; it is neither yours to pay nor to change. "

func (b *builder) matchOwn(e *inventory.Airflow, o ownEndpoint) {
	t := &end{code: e.Name + "-" + o.kind, service: o.service, typ: catalog.Interface, id: ownID(e, o.kind), existing: b.existing(o.service, catalog.Interface), env: e}
	var home []*inventory.Subnet
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil {
			home = append(home, sub)
		}
	}
	a := Action{ID: t.id, Why: "It carries " + o.carries + ". "}
	switch x := t.existing; {
	case x != nil:
		a.Op, a.Existing, a.Spec = Keep, x.ID, InterfaceEndpoint{VPC: b.vpc.ID, Service: o.service, Subnets: x.Subnets, Groups: literalValues(x.Groups), PrivateDNS: x.PrivateDNS, IPType: x.IPType}
		a.Summary = fmt.Sprintf("The %s endpoint of environment %s is there", o.kind, e.Name)
		a.Rules = []string{"W-MODE"}
		t.owned, t.dns, t.groups = x.RequesterManaged, x.PrivateDNS, literalValues(x.Groups)
		for _, id := range x.Subnets {
			if sub := b.net.Subnet(id); sub != nil {
				t.subnets = append(t.subnets, sub)
			}
		}
		switch {
		case !x.RequesterManaged:
			a.Rules = []string{"W-CUSTOMER"}
			a.Why += "It is the account's own. "
			b.addHome(&a, t, home)
		case o.kind == "database":
			a.Why += madeByMWAA + airflowSays["W-MODE"]
		default:
			a.Why += madeByMWAA
		}
		a.Why = strings.TrimSpace(a.Why)
	case e.ByCustomer() && len(home) > 0:
		t.subnets, t.newPlace = home, home
		if t.groups = b.airflowOwnGroups(e); len(t.groups) == 0 {
			return
		}
		a.Op, a.Rules = Create, []string{"G-TYPE", "W-CUSTOMER"}
		a.Spec = InterfaceEndpoint{VPC: b.vpc.ID, Service: o.service, Subnets: ids(home), Groups: t.groups, IPType: b.ans.IPType(), Tags: b.tags("privatelink-wizard " + t.code)}
		a.Summary = fmt.Sprintf("Create the %s endpoint of environment %s in %s", o.kind, e.Name, zones(home))
		a.Why += "The environment leaves its endpoints to you, so Amazon MWAA waits for it in the environment's own subnets."
		if e.Status == inventory.AirflowPending {
			a.Why += fmt.Sprintf(" It waits for 72 hours at most, of which %d were left when the account was read; after that the creation fails.", max(e.HoursLeft(), 0))
		}
	default:
		return
	}
	b.add(a, t)
}

// addHome adds an interface in each of the environment's zones to an endpoint of the
// account's own that lacks it: Amazon MWAA wants the same subnets.
func (b *builder) addHome(a *Action, t *end, home []*inventory.Subnet) {
	have := map[string]bool{}
	for _, s := range t.subnets {
		have[s.Zone] = true
	}
	for _, s := range home {
		if !have[s.Zone] {
			t.newPlace, t.subnets = append(t.newPlace, s), append(t.subnets, s)
		}
	}
	if len(t.newPlace) == 0 {
		return
	}
	t.changed = true
	a.Op, a.Before = Modify, map[string]any{"subnet_ids": nonNil(t.existing.Subnets)}
	a.Spec = EndpointChange{VPC: b.vpc.ID, Service: t.service, Type: catalog.Interface, Endpoint: t.existing.ID, AddSubnets: ids(t.newPlace)}
	a.Summary = additions([]string{"an interface in " + zones(t.newPlace)}, "the "+t.code+" endpoint")
	a.Why += "It has no interface in every zone of the environment yet."
}

// airflowOwnGroups are the groups of the endpoints that an environment waits for.
func (b *builder) airflowOwnGroups(e *inventory.Airflow) []Value {
	var out []Value
	for _, id := range e.Groups {
		if b.net.Group(id) != nil {
			out = append(out, Lit(id))
		}
	}
	return out
}

func literalValues(ids []string) []Value {
	var out []Value
	for _, id := range ids {
		out = append(out, Lit(id))
	}
	return out
}

// proveAirflow claims what must be true of environments: that they are available, and
// that their parts reach each other.
func (b *builder) proveAirflow() {
	for _, e := range b.airflows {
		for _, id := range e.Groups {
			if a := b.p.Action(selfID(id)); a != nil {
				v := Lit(id)
				b.claim(Claim{Action: a.ID, Kind: Admits, Group: &v, Rule: &Rule{Protocol: "-1", From: -1, To: -1, Peer: Lit(id)}, Says: fmt.Sprintf("security group %s admits itself", id)})
			}
		}
		row := ID("environment/" + e.Name)
		switch {
		case b.p.Action(row) != nil:
		case e.Status != inventory.AirflowAvailable || len(b.ends) == 0:
			continue
		case b.end(ownID(e, "webserver")) != nil:
			row = ownID(e, "webserver")
		default:
			row = b.ends[len(b.ends)-1].id
		}
		b.claim(Claim{Action: row, Kind: AirflowStatus, Environment: e.Name, Says: fmt.Sprintf("environment %s is %s", e.Name, inventory.AirflowAvailable)})
	}
}

// label names an environment in findings.
func airflowLabel(e *inventory.Airflow) string { return cmp.Or(e.ARN, e.Name) }

// withSelf is a group with the rule that the plan adds to it.
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

// fromS3 says what the workload fetches from Amazon S3.
func (s *scope) fromS3() string {
	if s.ans.Workload.MWAA() {
		return "DAGs"
	}
	return "image layers"
}

// layers says for what the gateway endpoint is the one to have.
func (s *scope) layers() string {
	if s.ans.Workload.MWAA() {
		return "the guide of Amazon MWAA asks for"
	}
	return "Amazon ECR needs for layers"
}

// airflowHidden says what a refused read of Amazon MWAA hides, and how grave that is:
// with the network named, the plan does without.
func (b *builder) airflowHidden(call string) (hides string, severity Severity) {
	hides = "the environments of Amazon MWAA: their network, access mode and status (W-STATUS, W-SG, W-SUB2, W-CUSTOMER)"
	if !b.ans.Workload.MWAA() {
		return "the environments of Amazon MWAA", Info
	}
	if call == "airflow:GetEnvironment" && !slices.ContainsFunc(b.airflows, func(e *inventory.Airflow) bool { return !e.Known() }) && len(b.airflows) > 0 {
		return "other environments of Amazon MWAA", Info
	}
	return hides, Error
}

// EnvironmentWait waits until Amazon MWAA has created an environment.
type EnvironmentWait struct{ Environment string }

// Kind implements Spec.
func (EnvironmentWait) Kind() string { return "environment-wait" }

func (EnvironmentWait) refs() []ID { return nil }

// Properties implements Spec.
func (s EnvironmentWait) Properties() map[string]any { return props("name", s.Environment) }
