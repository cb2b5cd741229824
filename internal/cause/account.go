package cause

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// Mark is the result of one check.
type Mark string

// The marks. Yes speaks for the cause and No against it. Unknown means that it could not be read or decided.
const (
	Yes     Mark = "yes"
	No      Mark = "no"
	Unknown Mark = "unknown"
)

// symbols are the marks as people see them.
var symbols = map[Mark]string{Yes: "✓", No: "×", Unknown: "?"}

// Symbol returns the mark as one character: ✓ × ?
func (m Mark) Symbol() string { return symbols[m] }

// Fact is one check: "address: 52.46.146.82 is public".
type Fact struct {
	Mark Mark `json:"mark"`
	// Name is what was checked, in one word: host, address, route, endpoint.
	Name string `json:"name"`
	Text string `json:"text"`
}

// State is what an account shows about a cause.
type State string

// The states. Undecided means that the account does not show it, or that it could not be read.
const (
	Confirmed State = "confirmed"
	Excluded  State = "ruled-out"
	Undecided State = "undecided"
)

// Query is a possible cause with what an error message says about it. Empty fields are not known.
type Query struct {
	Kind Kind
	// Service is the code of the endpoint service that a call was for.
	Service string
	// Region and Host are those in the message.
	Region, Host string
	// Action, Principal and Resource are those of a call that AWS denied or that found nothing: an IAM action, and two ARNs.
	Action, Principal, Resource string
	// IDs are the ids of resources in the message.
	IDs []string
}

// Result is what an account shows about a possible cause.
type Result struct {
	State State
	// Facts are what was checked.
	Facts []Fact
	// Causes are the causes of the account that it matches, as Find returns them.
	Causes []Cause
	// Changes are the changes of the plan that remove a confirmed cause; empty if the plan does not.
	Changes []resource.ID
	// Fix is what the rule that confirms it says to do, and Resource is what the rule is about; empty if no rule does.
	Fix, Resource string
	// Patch is the change to the answers that this rule offers as its fix; nil if it offers none.
	Patch *answers.Patch
}

// Account answers which causes an account confirms and which it rules out. It uses the plan for the same account, so that both agree.
type Account struct {
	inv    *inventory.Inventory
	ans    answers.Answers
	p      *plan.Plan
	scope  plan.Scope
	net    *inventory.Network
	many   string // tasks, jobs
	causes []Cause
	now    map[string][]plan.Finding // of the existing endpoints, by a service that is judged in addition
}

// NewAccount returns the account of an inventory with a plan for it.
func NewAccount(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) *Account {
	a := &Account{inv: inv, ans: ans, p: p, scope: plan.ScopeOf(inv, ans), many: families.Of(ans.Workload).Many, now: map[string][]plan.Finding{}}
	a.net = a.scope.Workload().Net.Network
	a.causes, _ = Find(inv, ans, p)
	return a
}

// Causes returns what prevents a start, as Find returns it.
func (a *Account) Causes() []Cause { return a.causes }

// Of returns what the account shows about one of its causes.
func (a *Account) Of(c Cause) Result {
	r := Result{State: Confirmed, Causes: []Cause{c}, Changes: c.Changes}
	if c.Undecided {
		r.State = Undecided
	}
	switch {
	case c.Finding != nil && !c.Undecided:
		r.Fix, r.Resource, r.Patch = c.Finding.Fix, c.Finding.Resource, c.Finding.Patch
		r.Facts = []Fact{yes("rule", "%s of the plan reports it", c.Finding.Rule)}
	case c.Kind == EndpointMissing:
		r.Facts = a.missing(c.Services).Facts
	case len(c.Services) == 1:
		r.Facts = a.Check(Query{Kind: c.Kind, Service: c.Services[0]}).Facts
	default:
		r.Facts = a.Check(Query{Kind: c.Kind}).Facts
	}
	return r
}

// Check returns what the account shows about a possible cause. What Find reports is always confirmed.
func (a *Account) Check(q Query) Result {
	if q.Kind == GatewayFirst && q.Service == "" {
		q.Service = "s3"
	}
	out := undecided(unknown("account", "The account does not show this."))
	if check := checks[q.Kind]; check != nil {
		out = check(a, q)
	}
	for _, c := range a.causes {
		if c.Kind == q.Kind && c.About(q.Service) {
			out.Causes = append(out.Causes, c)
		}
	}
	certain := slices.DeleteFunc(slices.Clone(out.Causes), func(c Cause) bool { return c.Undecided })
	if len(certain) > 0 && out.State != Confirmed {
		out.State = Confirmed
		out.Facts = slices.DeleteFunc(out.Facts, func(f Fact) bool { return f.Mark == No })
		for _, c := range certain {
			out.Facts = append(out.Facts, Fact{Yes, "plan", phrase(c.Text)})
		}
	}
	if out.State == Confirmed {
		for _, c := range certain {
			out.Changes = append(out.Changes, c.Changes...)
			if c.Finding != nil && out.Fix == "" {
				out.Fix, out.Resource, out.Patch = c.Finding.Fix, c.Finding.Resource, c.Finding.Patch
			}
		}
		if len(out.Changes) == 0 {
			out.Changes = a.changes(q)
		}
	}
	return out
}

// changes returns the changes of the plan that remove a cause that Find does not report, because something else prevents a start or
// because the workload starts without it.
func (a *Account) changes(q Query) []resource.ID {
	var out []resource.ID
	for _, c := range a.p.Changes {
		of := c.Op != resource.Keep && isEndpoint(c.ID, q.Service)
		removes := false
		switch spec := c.Spec.(type) {
		case resource.VPCAttribute:
			removes = q.Kind == VPCDNSOff
		case resource.LogGroup:
			removes = q.Kind == LogGroupMissing
		case resource.AgentUpdate:
			removes = q.Kind == AgentOld
		case resource.AgentRestart:
			removes = q.Kind == AgentRestart && len(spec.Hosts) > 0 || q.Kind == NoInstances && len(spec.Drained) > 0
		default:
			removes = of && (q.Kind == EndpointMissing && c.Op == resource.Create || q.Kind == GatewayFirst && c.Op == resource.Create)
			for property, kind := range extended {
				_, changed := c.Before[property]
				removes = removes || of && kind == q.Kind && changed
			}
		}
		if removes && c.Op != resource.Keep {
			out = append(out, c.ID)
		}
	}
	return out
}

// extended are the kinds of causes that the plan removes when it changes a property of an existing endpoint.
var extended = map[string]Kind{"route_table_ids": RouteMissing, "security_group_ids": EndpointGroup, "private_dns_enabled": PrivateDNSOff, "policy_document": EndpointPolicy}

// About reports whether the cause affects a service. A cause without services affects all, and no service means any.
func (c Cause) About(service string) bool {
	return service == "" || len(c.Services) == 0 || slices.Contains(c.Services, service)
}

// phrase returns the first sentence of a text for the text of a fact.
func phrase(text string) string { return begun(strings.TrimSuffix(sentences(text, 1), ".")) }

func confirmed(facts ...Fact) Result { return Result{State: Confirmed, Facts: facts} }
func excluded(facts ...Fact) Result  { return Result{State: Excluded, Facts: facts} }
func undecided(facts ...Fact) Result { return Result{State: Undecided, Facts: facts} }

func yes(name, format string, args ...any) Fact { return Fact{Yes, name, fmt.Sprintf(format, args...)} }
func no(name, format string, args ...any) Fact  { return Fact{No, name, fmt.Sprintf(format, args...)} }
func unknown(name, format string, args ...any) Fact {
	return Fact{Unknown, name, fmt.Sprintf(format, args...)}
}

// unread returns a fact for the first of the calls that gave no result, or for a VPC that was not read. ok is false if all were read.
func (a *Account) unread(name string, calls ...string) (f Fact, ok bool) {
	for _, call := range calls {
		if g, gap := a.inv.Gap(call); gap {
			return unknown(name, "not read: %s", g), true
		}
	}
	if a.inv.Network(a.ans.VPC) == nil {
		return unknown(name, "not read: the network of %s", a.vpc()), true
	}
	return Fact{}, false
}

func (a *Account) vpc() string {
	if a.ans.VPC == "" {
		return "the VPC"
	}
	return a.ans.VPC
}

// endpoint returns the endpoints of a service in the VPC: the one that can be used, and otherwise one that cannot. Both are nil if none exists.
func (a *Account) endpoint(service string) (usable, other *inventory.Endpoint) {
	typ := catalog.Lookup(service).Type
	for i := range a.net.Endpoints {
		e := &a.net.Endpoints[i]
		if catalog.CodeOf(e.Service) != service || !strings.EqualFold(e.Type, typ) {
			continue
		}
		switch {
		case !plan.Usable(e):
			other = e
		case usable == nil || e.PrivateDNS && !usable.PrivateDNS:
			usable = e
		}
	}
	return usable, other
}

// exists returns the usable endpoint of a service. If none is usable, the result says why a cause that needs one is ruled out or undecided.
func (a *Account) exists(service string) (*inventory.Endpoint, Result) {
	if f, hidden := a.unread("endpoint", "ec2:DescribeVpcEndpoints"); hidden {
		return nil, undecided(f)
	}
	if usable, _ := a.endpoint(service); usable != nil {
		return usable, Result{}
	}
	if f := a.shared(); f != nil {
		return nil, undecided(unknown("endpoint", "not visible: only the owner of %s sees its endpoints", a.vpc()))
	}
	return nil, excluded(no("endpoint", "%s has no %s endpoint that can be used", a.vpc(), service))
}

// anyExists returns the result of exists for all services that the workload needs: ok is true if an endpoint of one of them can be used.
func (a *Account) anyExists() (r Result, ok bool) {
	for _, e := range a.net.Endpoints {
		if plan.Usable(&e) { // also an endpoint of an Airflow environment
			return Result{}, true
		}
	}
	if _, r = a.exists(""); r.State == Excluded {
		r = excluded(no("endpoint", "%s has no endpoint that can be used", a.vpc()))
	}
	return r, false
}

// shared returns the finding that the account only participates in the VPC; nil if the VPC is its own.
func (a *Account) shared() *plan.Finding { return sharedIn(a.p) }

// findings returns what the rules report about the existing endpoints, also about that of a service that the workload does not need.
func (a *Account) findings(service string) []plan.Finding {
	out, known := a.now[service]
	if !known {
		ans := a.ans
		if service != "" && !slices.ContainsFunc(a.p.Needs, func(n plan.Need) bool { return n.Service == service && needed(n) }) {
			ans.Extra = append(slices.Clone(ans.Extra), service)
		}
		out = plan.Now(a.inv, ans)
		a.now[service] = out
	}
	return out
}

// judged returns the findings of rules about the endpoint of a service, or about any without one: those that are certain, and those that are not.
func judged(findings []plan.Finding, service string, rules ...string) (certain, unsure []plan.Finding) {
	for _, f := range findings {
		if !slices.Contains(rules, f.Rule) || service != "" && !slices.ContainsFunc(f.Changes, func(id resource.ID) bool { return isEndpoint(id, service) }) {
			continue
		}
		switch {
		case !f.Undecided && (f.Severity == plan.Error || f.Severity == plan.Block):
			certain = append(certain, f)
		case f.Severity != plan.Info:
			unsure = append(unsure, f)
		}
	}
	return certain, unsure
}

// endpointID is the change of the endpoint of a service.
func endpointID(service string) resource.ID { return resource.ID("endpoint/" + service) }

// isEndpoint reports whether a change is that of an endpoint of a service. The service can have several gateway endpoints.
func isEndpoint(id resource.ID, service string) bool {
	name, _, _ := strings.Cut(string(id), "@")
	return resource.ID(name) == endpointID(service)
}

// texts returns a fact for each different finding.
func texts(mark Mark, name string, findings []plan.Finding) []Fact {
	var out []Fact
	for _, f := range findings {
		if x := (Fact{mark, name, phrase(f.Message)}); !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// ruled returns the result of the findings of rules about the endpoint of a service, or about any without one. ok is false if there are none.
func ruled(name string, findings []plan.Finding, service string, rules ...string) (r Result, ok bool) {
	certain, unsure := judged(findings, service, rules...)
	return decided(name, certain, unsure)
}

// decided returns the result of findings: confirmed if one is certain, and undecided if one is not certain. Otherwise ok is false.
func decided(name string, certain, unsure []plan.Finding) (r Result, ok bool) {
	switch {
	case len(certain) > 0:
		r = confirmed(texts(Yes, name, certain)...)
		r.Fix, r.Resource, r.Patch = certain[0].Fix, certain[0].Resource, certain[0].Patch
		return r, true
	case len(unsure) > 0:
		return undecided(texts(Unknown, name, unsure)...), true
	}
	return Result{}, false
}

// route returns the fact about the internet route of the workload's subnets: Yes if some of them have none.
func (a *Account) route() Fact {
	if f, hidden := a.unread("route", "ec2:DescribeRouteTables", "ec2:DescribeSubnets"); hidden {
		return f
	}
	names, of, unsure := a.scope.Offline()
	switch {
	case of == 0:
		return unknown("route", "not decided: the subnets of the workload are not known")
	case len(names) == 1:
		return yes("route", "%s has no internet route", names[0])
	case len(names) > 0:
		return yes("route", "%s have no internet route", words.UpTo(names, mostSubnets))
	case unsure:
		return unknown("route", "not decided: whether all subnets have an internet route")
	}
	return no("route", "the subnets have an internet route")
}

// subnets returns the subnets of the workload.
func (a *Account) subnets() []*inventory.Subnet {
	var out []*inventory.Subnet
	for _, id := range a.scope.RunsIn() {
		if s := a.net.Subnet(id); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// named returns the subnets among the ids of a message, otherwise those of the workload. exact is false for the latter: the message can be about
// others.
func (a *Account) named(ids []string) (out []*inventory.Subnet, exact bool) {
	for _, id := range ids {
		if s := a.net.Subnet(id); s != nil {
			out = append(out, s)
		}
		exact = exact || strings.HasPrefix(id, "subnet-")
	}
	if exact {
		return out, true
	}
	return a.subnets(), false
}

// only returns facts against a cause as the result: ruled out if they are about what the message names.
func only(exact bool, name string, facts ...Fact) Result {
	if exact {
		return excluded(facts...)
	}
	return undecided(append(facts, unknown(name, "not decided: the message has no %s", name))...)
}

func label(s *inventory.Subnet) string { return inventory.Label(s.Name, s.ID) }
