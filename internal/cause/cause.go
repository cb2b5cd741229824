// Package cause explains why a workload does not start: which parts of its network path or of its account are missing or wrong
// now. It is pure: the same input gives the same texts.
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

// Cause is one reason why a workload does not start.
type Cause struct {
	// Kind is the kind of the reason.
	Kind Kind
	// Services are the codes of the endpoint services that it is about; empty if it is about none, or about all.
	Services []string
	// Text is the reason in one sentence.
	Text string
	// Changes are the changes of the plan that remove it; empty if the plan does not.
	Changes []resource.ID
	// Finding is the finding of the plan that reports it; nil if none does.
	Finding *plan.Finding
	// Undecided means that the account does not show whether it is a reason.
	Undecided bool

	short []string // the reason for a title, from long to short
}

// Answer is why a workload does not start.
type Answer struct {
	// Who are the names of what does not start, shortened for a title. Many means that they are several.
	Who  string
	Many bool
	// State is what does not run, as sentences.
	State []string
	// Causes are in the order of a start: state, names, the internet route of the subnets, endpoints, permissions.
	Causes []Cause
	// Unsure is what could not be read or decided, so that a cause may be missing; empty if nothing is.
	Unsure string
}

// Of returns why the workload of the answers does not start; nil if the account shows nothing of it that does not run. The plan
// must be for the same inventory and answers.
func Of(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) *Answer {
	scope := plan.ScopeOf(inv, ans)
	state := scope.NotRunning()
	if len(state) == 0 {
		return nil
	}
	causes, unsure := find(scope, ans, p)
	stopped := scope.Stopped()
	return &Answer{Who: who(stopped), Many: len(stopped) > 1, State: state, Causes: causes, Unsure: unsure}
}

// Find returns what prevents a start of the workload of the answers, whether or not something of it does not run, in the order of a
// start. unsure is what could not be read or decided, as in Answer. The plan must be for the same inventory and answers.
func Find(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) (causes []Cause, unsure string) {
	return find(plan.ScopeOf(inv, ans), ans, p)
}

func find(scope plan.Scope, ans answers.Answers, p *plan.Plan) (causes []Cause, unsure string) {
	f := &finder{p: p, scope: scope, nouns: families.Of(ans.Workload).Many}
	names, of, unclear := scope.Offline()
	if f.unclear = unclear; len(names) > 0 {
		f.offline = "subnets " + words.UpTo(names, mostSubnets)
		switch {
		case len(names) == of:
			f.offline = "the subnets"
		case len(names) == 1:
			f.offline = "subnet " + names[0]
		}
	}
	f.findings(before)
	f.activation()
	f.self()
	first := f.resolves() // without an endpoint, the missing path comes first
	if first {
		f.names()
	}
	f.findings(way)
	f.paths()
	if !first {
		f.names()
	}
	f.changes()
	f.findings(after)
	f.logGroups()
	f.logins()
	return f.found, f.unsure()
}

// mostSubnets is the maximum number of listed subnets.
const mostSubnets = 3

// Rules of findings that prevent a start, in the order of a start. All others are about what the plan may create, or about
// other workloads.
var (
	before = []string{"W-STATUS", "W-SUB2", "E-BATCHINVALID", "E-EKS", "E-DRAINED", "E-AGENT1251"}
	// way are about the path from a task to the border of its subnet. What blocks there blocks with every endpoint, also with those that the plan creates.
	way   = []string{"G-SGEGRESS", "G-NACL", "W-NACL"}
	after = []string{"G-STATE", "G-R53DNS", "G-ZONE", "G-FWD", "G-DNSCONFLICT", "G-ROUTE", "G-SG443", "G-POLADD", "W-POLICY", "G-POLAGENT", "E-S3POL",
		"E-ECRCOND", "W-PERMS", "R-PERM", "R-KMS", "R-DELNAME", "R-EXECROLE", "E-DOCKERHUB", "E-ECRPUBLIC", "E-ECRXREGION", "E-LOGGROUP", "E-LOGOUT"}
)

type finder struct {
	p       *plan.Plan
	scope   plan.Scope
	nouns   string // tasks, jobs
	offline string // the subnets of the workload that do not reach the internet; empty if all do
	unclear bool   // whether some do
	found   []Cause
}

func (f *finder) add(kind Kind, services []string, changes []resource.ID, format string, args ...any) {
	f.found = append(f.found, Cause{Kind: kind, Services: services, Text: fmt.Sprintf(format, args...), Changes: changes})
}

// unlessRead marks the last cause as not decided if one of the calls gave no result: the account then does not show what its text says.
func (f *finder) unlessRead(calls ...string) {
	if slices.ContainsFunc(f.p.Gaps, func(g inventory.Gap) bool { return slices.Contains(calls, g.Call) }) {
		f.found[len(f.found)-1].Undecided = true
	}
}

// short adds texts for a title to the last cause.
func (f *finder) short(texts ...string) {
	last := &f.found[len(f.found)-1]
	last.short = append(last.short, texts...)
}

// findings adds the findings of rules. Warnings count only where they report a state, because other warnings are about what
// can be.
func (f *finder) findings(rules []string) {
	for _, rule := range rules {
		for i := range f.p.Findings {
			x := &f.p.Findings[i]
			state := x.Severity == plan.Warn && (rule == "W-STATUS" || rule == "E-BATCHINVALID")
			if x.Rule == rule && (state || x.Severity == plan.Error || x.Severity == plan.Block) {
				f.found = append(f.found, Cause{Kind: kindOf(x), Services: servicesOf(f.p, x), Text: sentences(x.Message, map[bool]int{true: 2, false: 1}[rule == "E-DOCKERHUB"]), Finding: x})
			}
		}
	}
}

// activation adds container instances that an interrupted run left drained and that the plan activates. Amazon ECS starts no tasks on them.
func (f *finder) activation() {
	for _, a := range f.p.Changes {
		if s, ok := a.Spec.(resource.AgentRestart); ok && a.Op == resource.Run && len(s.Drained) > 0 {
			f.add(kinds["E-DRAINED"], nil, []resource.ID{a.ID}, "An interrupted run left %s of cluster %s drained. Amazon ECS starts no tasks on a draining instance.", words.Count(len(s.Drained), "container instance"), s.Cluster)
			f.short(short["E-DRAINED"]...)
		}
	}
}

// self adds security groups of Airflow environments that do not allow traffic from themselves. The components of an environment then do not
// reach each other (Amazon MWAA user guide, Security in your VPC on Amazon MWAA).
func (f *finder) self() {
	for _, a := range f.p.Changes {
		if s, ok := a.Spec.(resource.GroupRule); ok && a.Op != resource.Keep && slices.Contains(a.Rules, "W-SG") {
			f.add(MWAASelf, nil, []resource.ID{a.ID}, "Security group %s of the environment does not allow traffic from itself, so its components do not reach each other.", s.Group.Lit)
			f.short("Its security group does not allow traffic from itself")
		}
	}
}

// dnsSupport is the attribute of a VPC that turns the DNS server of AWS on.
const dnsSupport = "enableDnsSupport"

// resolves reports whether the DNS attributes of the VPC decide if the workload starts: DNS support is off, or an interface endpoint that can be
// used exists for a service that the workload needs. DNS hostnames only matter to private names of endpoints.
func (f *finder) resolves() bool {
	existing := map[string]bool{}
	for _, e := range f.scope.Workload().Net.Endpoints {
		if plan.Usable(&e) && strings.EqualFold(e.Type, catalog.Interface) {
			existing[e.ID] = true
		}
	}
	return slices.ContainsFunc(f.p.Changes, func(a resource.Change) bool {
		if s, ok := a.Spec.(resource.VPCAttribute); ok {
			return s.Attribute == dnsSupport && a.Op == resource.Modify
		}
		return existing[a.Existing] && slices.ContainsFunc(f.p.Needs, func(n plan.Need) bool { return n.Service == a.Code() && needed(n) })
	})
}

// needed reports whether the workload uses the service.
func needed(n plan.Need) bool { return n.Verdict == plan.Required || n.Verdict == plan.Recommended }

// names adds the DNS attributes of the VPC that are off. Without them, the private names of endpoints do not resolve to their
// addresses (AWS PrivateLink guide, Access an AWS service using an interface VPC endpoint).
func (f *finder) names() {
	var off []string
	var ids []resource.ID
	for _, a := range f.p.Changes {
		if _, ok := a.Spec.(resource.VPCAttribute); ok && a.Op == resource.Modify {
			off, ids = append(off, a.Spec.Cells(f.p, a).Kind), append(ids, a.ID)
		}
	}
	if len(off) > 0 && f.offline != "" {
		isOff := fmt.Sprintf("%s %s off", strings.Join(off, " and "), plural(len(off), "is", "are"))
		f.add(VPCDNSOff, nil, ids, "%s in %s, so the names of AWS services do not resolve to endpoints.", isOff, f.p.VPCText())
		f.short(isOff+" in "+f.p.VPCText(), isOff)
		f.unlessRead("ec2:DescribeVpcAttribute")
		if x := f.shared(); x != nil { // only the owner of the VPC can change its attributes
			last := &f.found[len(f.found)-1]
			last.Changes, last.Finding = nil, x
		}
	}
}

// paths adds the services that the workload needs and that nothing leads to: no endpoint, and no internet route.
func (f *finder) paths() {
	var codes []string
	var ids []resource.ID
	for _, a := range f.p.Changes { // an environment of Amazon MWAA waits for the endpoints that its owner creates
		if a.Op == resource.Create && slices.Contains(a.Rules, "W-CUSTOMER") {
			codes, ids = append(codes, a.Code()), append(ids, a.ID)
		}
	}
	if len(codes) > 0 {
		waits := fmt.Sprintf("The environment waits for %s", words.Count(len(codes), "endpoint"))
		f.add(MWAAEndpoints, codes, ids, "%s that its owner creates: %s.", waits, words.And(codes))
		f.short(waits+" that its owner creates", waits)
	}
	codes, ids = nil, nil
	agents, ofAgents := []string(nil), []resource.ID(nil)
	for _, n := range f.p.Needs {
		if !needed(n) || f.offline == "" {
			continue
		}
		for _, a := range f.p.Changes {
			forRestart := len(a.Rules) > 0 && !slices.ContainsFunc(a.Rules, func(r string) bool { return r != "E-RESTART" && r != "G-TYPE" })
			if a.Code() != n.Service || a.Op != resource.Create || forRestart { // nothing needs Run Command to start
				continue
			}
			if slices.Contains(catalog.ECSEndpoints, n.Service) {
				agents, ofAgents = append(agents, n.Service), append(ofAgents, a.ID)
			} else {
				codes, ids = append(codes, n.Service), append(ids, a.ID)
			}
		}
	}
	if x := f.shared(); x != nil {
		f.unseen(x, slices.Concat(codes, agents))
		return
	}
	connected := f.scope.Connected()
	if !connected { // without its agent, an instance gets no tasks
		f.path("ECS agents", agents, ofAgents)
	}
	f.path(f.nouns, codes, ids)
	if connected {
		f.path("ECS agents", agents, ofAgents)
	}
}

// path adds the services that some clients need and that nothing leads to.
func (f *finder) path(clients string, codes []string, ids []resource.ID) {
	if len(codes) == 0 {
		return
	}
	f.add(EndpointMissing, codes, ids, "The %s have no network path to %s: the VPC has no %s for %s, and %s.",
		clients, words.And(codes), plural(len(codes), "endpoint", "endpoints"), plural(len(codes), "it", "them"), f.noRoute())
	f.unlessRead("ec2:DescribeVpcEndpoints", "ec2:DescribeRouteTables", "ec2:DescribeSubnets")
	if clients != f.nouns { // the services of the agents are always the same
		f.short("Its "+clients+" have no network path to "+words.And(codes), "Its "+clients+" have no network path")
		return
	}
	f.short(fmt.Sprintf("The %s have no network path to %s", clients, words.And(codes)), "No network path to "+words.And(codes))
	for n := min(len(codes)-1, mostSubnets); n > 0; n-- {
		f.short("No network path to " + words.UpTo(codes, n))
	}
	f.short("No network path to " + words.Count(len(codes), "service"))
}

// noRoute says that the subnets of the workload do not reach the internet, as part of a sentence.
func (f *finder) noRoute() string {
	return f.offline + " " + map[bool]string{true: "has", false: "have"}[strings.HasPrefix(f.offline, "subnet ")] + " no internet route"
}

// shared returns the finding that the account of the plan only participates in the VPC; nil if the VPC is its own.
func (f *finder) shared() *plan.Finding { return sharedIn(f.p) }

// sharedIn returns the same for a plan.
func sharedIn(p *plan.Plan) *plan.Finding {
	for i := range p.Findings {
		if p.Findings[i].Rule == "G-SHARED" {
			return &p.Findings[i]
		}
	}
	return nil
}

// unseen adds that the account cannot see the endpoints of a shared VPC. The plan cannot create them (Amazon VPC user guide, Share your
// VPC subnets with other accounts: participants cannot create, modify or view VPC endpoints that they do not own).
func (f *finder) unseen(x *plan.Finding, codes []string) {
	if len(codes) == 0 {
		return
	}
	owner, sees := "its owner", "only the owner of the VPC sees its endpoints"
	if sub := f.scope.Workload().Net.Subnet(x.Resource); sub != nil && sub.Owner != "" {
		owner, sees = "its owner, account "+sub.Owner, "only account "+sub.Owner+" sees the endpoints of the VPC"
	}
	f.found = append(f.found, Cause{Kind: EndpointMissing, Services: codes, Undecided: true, Finding: x, Text: fmt.Sprintf("Endpoints of this VPC are visible only to %s, so it is not known whether those for %s exist. Without them, the %s have no network path, because %s.",
		owner, words.And(codes), f.nouns, f.noRoute())})
	f.short(sees, "only the VPC owner sees its endpoints")
}

// changes adds what is wrong with existing endpoints that the plan extends.
func (f *finder) changes() {
	for _, a := range f.p.Changes {
		if a.Op != resource.Modify || a.Code() == "" {
			continue
		}
		for _, x := range []struct{ property, text, short string }{
			{"route_table_ids", "The subnets of the %[1]s have no route to endpoint %[3]s (%[2]s).", "Its subnets have no route to endpoint "},
			{"security_group_ids", "The security groups of endpoint %[3]s (%[2]s) do not allow TCP 443 from the %[1]s.", "TCP 443 is not allowed to endpoint "},
			{"private_dns_enabled", "Private DNS of endpoint %[3]s (%[2]s) is off, so the %[1]s do not find it.", "Private DNS is off for endpoint "},
			{"policy_document", "The policy of endpoint %[3]s (%[2]s) does not allow what the %[1]s need.", "The policy denies what it does at endpoint "},
		} {
			if _, changed := a.Before[x.property]; changed && f.offline != "" {
				f.add(extended[x.property], []string{a.Code()}, []resource.ID{a.ID}, x.text, f.nouns, a.Code(), a.Existing)
				f.short(x.short + a.Code())
			}
		}
	}
}

// logGroups adds log groups that do not exist and that the plan creates. A container with such a log group does not start.
func (f *finder) logGroups() {
	for _, a := range f.p.Changes {
		if s, ok := a.Spec.(resource.LogGroup); ok && a.Op == resource.Create {
			f.add(LogGroupMissing, []string{"logs"}, []resource.ID{a.ID}, "Log group %s does not exist, and the log driver does not create it. A container with the awslogs driver then does not start.", s.Name)
			f.short("Log group "+s.Name+" does not exist", "A log group of it does not exist")
		}
	}
}

// logins adds images of registries outside AWS that containers without credentials use. The account does not show whether the
// registry needs some.
func (f *finder) logins() {
	for _, d := range f.scope.Pullers() {
		for _, c := range d.Outside {
			if c.Credentials != "" {
				continue
			}
			host := plan.RegistryOf(c.Image)
			text := fmt.Sprintf("%s pulls %s without credentials. If %s needs a user name and password, the pull fails.", d.Name(), c.Image, host)
			changes, deployed := f.revisions(d, c.Name)
			switch {
			case len(changes) == 0:
				text += " In that case, store them in a secret of AWS Secrets Manager, and register a revision of the definition that references the secret (answers file: registry with secret and definition)."
			case !deployed:
				text += " A service uses the new revision only after you update it (answers file: registry.update_service)."
			}
			f.add(RegistryCredentials, nil, changes, "%s", text)
			f.found[len(f.found)-1].Undecided = true
			f.short(d.Name()+" may lack credentials for "+host, "it may lack credentials for "+host, "it may lack registry credentials")
		}
	}
}

// revisions returns the changes that let a container log in: the secret, the role that reads it, the revision that references it, and the
// deployment of the service. deployed is false if services run the definition and none of the changes deploys the revision.
func (f *finder) revisions(d plan.Puller, container string) (changes []resource.ID, deployed bool) {
	fixes := map[resource.ID]bool{}
	deployed = len(f.scope.ServicesOf(d.ARN)) == 0
	for _, a := range f.p.Changes {
		s, ok := a.Spec.(resource.Definition)
		if !ok || s.Family != d.Family || !slices.Contains(s.Login, container) {
			continue
		}
		for _, id := range append([]resource.ID{a.ID, s.Credentials.From, s.Role.From}, a.After...) {
			fixes[id] = true
		}
		for _, of := range f.p.Changes {
			if x, ok := of.Spec.(resource.ServiceDeployment); ok && x.TaskDefinition.From == a.ID {
				fixes[of.ID], deployed = true, true
			}
		}
	}
	for _, a := range f.p.Changes {
		if fixes[a.ID] && a.Op != resource.Keep {
			changes = append(changes, a.ID)
		}
	}
	return changes, deployed
}

// unsure returns what may hide a cause.
func (f *finder) unsure() string {
	var out []string
	if f.unclear {
		out = append(out, "The wizard cannot decide whether all subnets have an internet route.")
	}
	if n := len(f.p.Gaps); n > 0 {
		out = append(out, words.Count(n, "read")+" of the account was denied or failed, so a cause may be missing.")
	}
	return strings.Join(out, " ")
}

// sentences returns the first n sentences of a text.
func sentences(text string, n int) string {
	for i := range text {
		if rest, end := strings.CutPrefix(text[i:], ". "); end && strings.ToUpper(rest[:1]) == rest[:1] {
			if n--; n == 0 {
				return text[:i+1]
			}
		}
	}
	return text
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Lines returns the answer for people: the state, the causes with numbers, and what is not sure. It returns nothing for nil.
func (a *Answer) Lines() []string {
	if a == nil {
		return nil
	}
	out := slices.Clone(a.State)
	for i, c := range a.Causes {
		text := fmt.Sprintf("%d. %s", i+1, c.Text)
		if len(c.Changes) > 0 {
			text += " The plan contains the fix."
		} else {
			text += " The plan does not fix this."
		}
		out = append(out, text)
	}
	if len(a.Causes) == 0 {
		out = append(out, "The wizard found no cause in the network or in the definitions.")
	}
	if a.Unsure != "" {
		out = append(out, a.Unsure)
	}
	return out
}
