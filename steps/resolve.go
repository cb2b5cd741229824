package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// Problem is an answer of a file that does not fit the account.
type Problem struct {
	Key     string // "subnets[1]"
	Text    string // the value in the file
	Message string // the reason, and the valid values
	OfKey   bool   // the last part of Key is not valid, instead of the value
}

// Requests returns the parts of the inventory that a plan needs. Resolve changes the name
// of a VPC to its id, so call Requests again after Resolve until nothing is missing.
func Requests(inv *inventory.Inventory, ans answers.Answers) []inventory.Request {
	w := families.Of(ans.Workload)
	rs := []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: agentsOf(w)}, {Part: inventory.PartQuotas}, {Part: inventory.PartPrices}}
	for _, p := range w.Parts {
		if q := (inventory.Request{Part: p}); !slices.Contains(rs, q) {
			rs = append(rs, q)
		}
	}
	if ans.Creates() {
		rs = append(rs, inventory.Request{Part: inventory.PartCreation})
	}
	if strings.HasPrefix(ans.VPC, "vpc-") {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: ans.VPC})
		if w.OwnHosts {
			rs = append(rs, inventory.Request{Part: inventory.PartHosts, VPC: ans.VPC})
		}
	}
	if len(Missing(inv, rs)) == 0 { // the workload is known, so its execution roles are known too
		look := plan.ScopeOf(inv, ans)
		for _, arn := range look.Roles() {
			rs = append(rs, inventory.Request{Part: inventory.PartRoles, Role: arn})
		}
		rs = slices.Concat(rs, look.Registry(), look.Caches(), look.LogGroups(), look.First())
		if ans.Airflow.WayIn != "" {
			rs = append(rs, inventory.Request{Part: inventory.PartAccess, VPC: ans.VPC})
		}
	}
	return rs
}

// Elsewhere returns requests for the networks of other VPCs. They are needed if an id of
// the answers is not in their VPC, or if the VPC of the chosen resource is not known. With
// them, Resolve can report the VPC of that id or resource.
func Elsewhere(inv *inventory.Inventory, ans answers.Answers) []inventory.Request {
	n := inv.Network(ans.VPC)
	needed := ans.VPC == "" && chosen(ans) != ""
	if n != nil {
		for _, id := range slices.Concat(ans.Subnets, ans.Clients, ans.SecurityGroups) {
			isID := strings.HasPrefix(id, "subnet-") || strings.HasPrefix(id, "sg-")
			needed = needed || isID && n.Subnet(id) == nil && n.Group(id) == nil
		}
	}
	if !needed {
		return nil
	}
	var out []inventory.Request
	for _, v := range inv.VPCs {
		if inv.Network(v.ID) == nil {
			out = append(out, inventory.Request{Part: inventory.PartNetwork, VPC: v.ID})
		}
	}
	return out
}

// Check resolves answers as far as the inventory allows. While parts are missing, it returns their requests: load them, and call
// Check with the same answers again. absent reports whether AWS answered that what a part is about does not exist, such as a
// deleted VPC. Check does not request such a part again, unless no answer is the reason.
func Check(inv *inventory.Inventory, ans answers.Answers, absent func(inventory.Request) bool) (resolved answers.Answers, problems []Problem, missing []inventory.Request) {
	for {
		missing = Missing(inv, Requests(inv, ans))
		if unread := except(missing, absent); len(unread) > 0 {
			return ans, nil, unread
		}
		resolved, problems = Resolve(inv, ans)
		elsewhere := except(Missing(inv, Elsewhere(inv, resolved)), absent)
		switch {
		case len(problems) > 0 && len(elsewhere) > 0:
			return ans, nil, elsewhere
		case len(problems) > 0:
			return resolved, problems, nil
		case len(missing) > 0:
			return ans, nil, missing
		case len(Missing(inv, Requests(inv, resolved))) == 0:
			return resolved, nil, nil
		}
		ans = resolved
	}
}

// except returns the requests that a function does not report.
func except(rs []inventory.Request, reported func(inventory.Request) bool) []inventory.Request {
	return slices.DeleteFunc(slices.Clone(rs), reported)
}

// Resolve changes the unique Name tags of an answers file to ids. It checks that all
// resources exist and belong to the same VPC. If AWS denied the list of a resource, Resolve
// accepts any id, and the plan reports that it was not checked.
func Resolve(inv *inventory.Inventory, ans answers.Answers) (answers.Answers, []Problem) {
	r := &resolver{inv: inv, ans: ans.Clone(), w: families.Of(ans.Workload)}
	r.account()
	r.workload()
	r.vpc()
	r.chosen()
	r.clusters()
	r.services()
	r.registry()
	r.network()
	r.values()
	r.clients()
	return r.ans, r.problems
}

// clients reports missing subnets of the workload, if the file and the account do not
// contain them.
func (r *resolver) clients() {
	if len(r.problems) > 0 || r.inv.Network(r.ans.VPC) == nil || !r.loaded() || plan.ScopeOf(r.inv, r.ans).Clients() {
		return
	}
	if r.hidden() {
		return // the plan reports what AWS denied
	}
	who := r.w.Clients()
	if len(r.ans.Clients)+len(r.ans.Subnets) > 0 {
		r.wrong("clients", strings.Join(r.ans.Clients, " "), "contains no subnet; add the subnets of the %s to their security groups", who)
		return
	}
	r.wrong("clients", "", "is missing, and %s in this VPC; add the subnets (and security groups) of the %s", r.w.Named.None, who)
}

// hidden reports whether AWS denied a read of the workload or its subnets.
func (r *resolver) hidden() bool {
	for _, q := range workloadParts(r.w) {
		if slices.ContainsFunc(inventory.Calls(q.Part), r.denied) {
			return true
		}
	}
	return r.denied("ec2:DescribeSubnets")
}

// loaded reports whether all parts with workloads are loaded.
func (r *resolver) loaded() bool {
	return len(Missing(r.inv, workloadParts(r.w))) == 0
}

type resolver struct {
	inv      *inventory.Inventory
	ans      answers.Answers
	w        *workload.Workload
	problems []Problem
}

func (r *resolver) wrong(key, text, format string, args ...any) {
	r.problems = append(r.problems, Problem{Key: key, Text: text, Message: fmt.Sprintf(format, args...)})
}

// denied reports whether AWS denied a call, so that an empty list has no meaning.
func (r *resolver) denied(call string) bool { _, ok := r.inv.Gap(call); return ok }

func (r *resolver) account() {
	if !r.inv.Has(inventory.Request{Part: inventory.PartIdentity}) {
		return
	}
	switch a := r.inv.Account; {
	case a == "": // the account of the caller is not known
	case r.ans.Account != "" && r.ans.Account != a:
		r.wrong("account", r.ans.Account, "the credentials are for account %s; use credentials of account %s, or remove `account`", a, r.ans.Account)
	}
	switch g := r.inv.Region; {
	case g == "":
	case r.ans.Region == "":
		r.ans.Region = g
	case r.ans.Region != g:
		r.wrong("region", r.ans.Region, "the wizard read the account in %s", g)
	}
}

func (r *resolver) workload() {
	if r.ans.Workload == "" {
		var can []string
		for _, w := range answers.Supported {
			can = append(can, string(w))
		}
		r.wrong("workload", "", "is missing; supported: %s", strings.Join(can, ", "))
		return
	}
	r.valid("workload", "workload", string(r.ans.Workload))
}

// valid checks a value with the rules of the answers file.
func (r *resolver) valid(at, key, value string) {
	if err := answers.Valid(key, value); err != nil {
		r.wrong(at, value, "%s", err)
	}
}

// named is a resource with an id and an optional name.
type named struct{ id, name string }

// lookUp finds a resource by its id or its unique name. The id is empty if the resource
// does not exist. It adds a problem if several resources have the name.
func (r *resolver) lookUp(key, text string, among []named) (id string, ambiguous bool) {
	var byName []string
	for _, t := range among {
		if t.id == text {
			return t.id, false
		}
		if t.name == text {
			byName = append(byName, t.id)
		}
	}
	switch len(byName) {
	case 0:
		return "", false
	case 1:
		return byName[0], false
	}
	slices.Sort(byName)
	r.wrong(key, text, "%d resources have this name: %s; use the id", len(byName), strings.Join(byName, ", "))
	return "", true
}

// choices lists resources for messages, up to a maximum.
func choices(among []named) string {
	var out []string
	for _, t := range among {
		out = append(out, inventory.Label(t.name, t.id))
	}
	return workload.Listed(out)
}

func (r *resolver) vpc() {
	if r.ans.Creates() {
		r.ans.VPC = answers.PlannedVPC
		if v := plan.ManagedVPC(r.inv, *r.ans.NewVPC); v != nil { // of an earlier run
			r.ans.VPC = v.ID
		}
		return
	}
	if r.ans.VPC == "" || !r.inv.Has(inventory.Request{Part: inventory.PartVPCs}) {
		return
	}
	var all []named
	for _, v := range r.inv.VPCs {
		all = append(all, named{v.ID, v.Name})
	}
	id, ambiguous := r.lookUp("vpc", r.ans.VPC, all)
	switch {
	case id != "":
		r.ans.VPC = id
	case ambiguous:
	case r.denied("ec2:DescribeVpcs"):
		if !strings.HasPrefix(r.ans.VPC, "vpc-") {
			r.wrong("vpc", r.ans.VPC, "cannot look up this name: ec2:DescribeVpcs gave no result; use the id")
		}
	default:
		r.wrong("vpc", r.ans.VPC, "this VPC does not exist in %s; existing VPCs: %s", r.inv.Region, choices(all))
	}
}

// chosen checks the chosen resource. It takes missing answers from it: the VPC, the clients
// and the cluster.
func (r *resolver) chosen() {
	name := chosen(r.ans)
	if name == "" || !r.loaded() {
		return
	}
	key := r.w.Named.Key
	found, ok := find(r.inv, r.ans)
	if !ok {
		if why := r.w.NotFound(account(r.inv), name, r.hidden()); why != "" {
			r.wrong(key, name, "%s", why)
		}
		return
	}
	switch vpcs := found.VPCs; {
	case len(vpcs) == 0 && r.ans.VPC == "" && !r.hidden():
		r.wrong("vpc", "", "is missing, and the VPC of %s %s is not known; add the VPC", kindOf(r.ans), name)
		return
	case len(vpcs) == 0:
	case r.ans.VPC == "" && len(vpcs) > 1:
		r.wrong("vpc", "", "is missing, and %s %s runs in %s; add one of them", kindOf(r.ans), name, strings.Join(vpcs, " and "))
		return
	case r.ans.VPC == "":
		r.ans.VPC = vpcs[0]
	case !slices.Contains(vpcs, r.ans.VPC) && r.inv.VPC(r.ans.VPC) != nil:
		r.wrong(key, name, "runs in %s, but `vpc` is %s", strings.Join(vpcs, " and "), r.ans.VPC)
		return
	}
	if len(r.ans.Clients) == 0 {
		r.ans.Clients = runsIn(r.inv, r.ans)
	}
	// The plan restarts only agents of the chosen cluster.
	if len(r.ans.Agent.Clusters) == 0 && found.Cluster != "" {
		r.ans.Agent.Clusters = []string{found.Cluster}
	}
}

// clusters checks the clusters of the agents.
func (r *resolver) clusters() {
	if len(r.ans.Agent.Clusters) == 0 || !r.inv.Has(inventory.Request{Part: inventory.PartAgents}) || r.denied("ecs:ListClusters") || r.denied("ecs:DescribeClusters") {
		return
	}
	var all []named
	for _, c := range r.inv.Clusters {
		all = append(all, named{id: c.Name})
	}
	for i, name := range r.ans.Agent.Clusters {
		if !slices.Contains(all, named{id: name}) {
			r.wrong(fmt.Sprintf("agent.clusters[%d]", i), name, "this ECS cluster does not exist in %s; existing: %s", r.inv.Region, choices(all))
		}
	}
}

// services checks the service of the test task, and the services that replace their tasks.
func (r *resolver) services() {
	if r.w.Runs == nil || !r.loaded() || r.hidden() {
		return
	}
	check := func(key, name string) {
		_, svc := workload.FindService(r.inv, name)
		switch {
		case svc == nil:
			var all []named
			for i := range r.inv.Clusters {
				c := &r.inv.Clusters[i]
				for j := range c.Services {
					if r.w.Runs(&c.Services[j]) {
						all = append(all, named{id: workload.ServiceName(c, &c.Services[j])})
					}
				}
			}
			r.wrong(key, name, "this ECS service does not exist in %s; existing ones of %s: %s", r.inv.Region, r.ans.Workload, choices(all))
		case !r.w.Runs(svc):
			r.wrong(key, name, "runs on %s, but the workload of this plan is %s", svc.Platform(), r.ans.Workload)
		}
	}
	if r.ans.Proof.Task != "" {
		check("proof.task", r.ans.Proof.Task)
	}
	for i, name := range r.ans.Redeploy {
		check(fmt.Sprintf("redeploy[%d]", i), name)
	}
}

func (r *resolver) network() {
	n := r.inv.Network(r.ans.VPC)
	if n == nil {
		return
	}
	var subs, groups []named
	for _, s := range n.Subnets {
		subs = append(subs, named{s.ID, s.Name})
	}
	for _, g := range n.SecurityGroups {
		groups = append(groups, named{g.ID, g.Name})
	}
	const subnetsCall, groupsCall = "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"
	r.list("subnets", "subnet", r.ans.Subnets, subs, subnetsCall)
	r.list("clients", "subnet or security group", r.ans.Clients, slices.Concat(subs, groups), subnetsCall, groupsCall)
	r.list("security_groups", "security group", r.ans.SecurityGroups, groups, groupsCall)
	airflow := &r.ans.Airflow
	r.list("mwaa.load_balancer.subnets", "subnet", airflow.LoadBalancer.Subnets, subs, subnetsCall)
	for key, subnet := range map[string]*string{"mwaa.bastion.subnet": &airflow.Bastion.Subnet, "mwaa.client_vpn.subnet": &airflow.ClientVPN.Subnet} {
		if *subnet != "" {
			one := []string{*subnet}
			r.list(key, "subnet", one, subs, subnetsCall)
			*subnet = one[0]
		}
	}
	for i, text := range airflow.LoadBalancer.Admit {
		if strings.HasPrefix(text, "sg-") && !r.denied(groupsCall) && n.Group(text) == nil {
			r.wrong(fmt.Sprintf("mwaa.load_balancer.admit[%d]", i), text, "this security group does not exist in %s; existing: %s", r.ans.VPC, choices(groups))
		}
	}
}

// list resolves the values of one list of the file in place.
func (r *resolver) list(key, what string, values []string, among []named, calls ...string) {
	seen := map[string]int{}
	for i, text := range values {
		at := fmt.Sprintf("%s[%d]", key, i)
		id, ambiguous := r.lookUp(at, text, among)
		switch {
		case ambiguous:
			continue
		case id == "" && slices.ContainsFunc(calls, r.denied) && (strings.HasPrefix(text, "subnet-") || strings.HasPrefix(text, "sg-")):
			continue
		case id == "" && slices.ContainsFunc(calls, r.denied):
			r.wrong(at, text, "cannot look up this name: %s gave no result; use the id", calls[slices.IndexFunc(calls, r.denied)])
			continue
		case id == "":
			n := r.inv.Network(r.ans.VPC)
			if vpc := r.vpcOf(text); n.Subnet(text) != nil {
				r.wrong(at, text, "is a subnet; must be a %s", what)
			} else if n.Group(text) != nil {
				r.wrong(at, text, "is a security group; must be a %s", what)
			} else if vpc != "" {
				r.wrong(at, text, "belongs to %s, but `vpc` is %s", vpc, r.ans.VPC)
			} else {
				r.wrong(at, text, "this %s does not exist in %s; existing: %s", what, r.ans.VPC, choices(among))
			}
			continue
		}
		if j, twice := seen[id]; twice {
			r.wrong(at, text, "is the same as %s[%d]", key, j)
		}
		seen[id] = i
		values[i] = id
	}
}

// vpcOf finds the VPC of a subnet or security group in the networks that are loaded.
func (r *resolver) vpcOf(id string) string {
	for _, n := range r.inv.Networks {
		if n.Subnet(id) != nil || n.Group(id) != nil {
			if v := r.inv.VPC(n.VPC); v != nil {
				return inventory.Label(v.Name, v.ID)
			}
			return n.VPC
		}
	}
	return ""
}

// values checks values against fixed lists: needs, policy and address type. It checks
// service codes against the endpoint services of the Region.
func (r *resolver) values() {
	if r.ans.Needs != nil {
		for i, w := range *r.ans.Needs {
			r.valid(fmt.Sprintf("needs[%d]", i), "needs", w)
		}
	}
	policy := r.ans.EndpointPolicy
	if policy.Default != "" {
		r.valid("endpoint_policy", "endpoint_policy", policy.Default)
	}
	for _, code := range slices.Sorted(maps.Keys(policy.ByService)) {
		r.valid("endpoint_policy."+code, "endpoint_policy", policy.ByService[code])
	}
	r.valid("ip_address_type", "ip_address_type", r.ans.IPType())
	if !r.inv.Has(inventory.Request{Part: inventory.PartServices}) || r.denied("ec2:DescribeVpcEndpointServices") {
		return
	}
	offered := func(key, code string, ofKey bool) {
		suffix := "." + r.inv.Region + "." + code
		if !slices.ContainsFunc(r.inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, suffix) }) {
			hint := "use the part of the service name after the Region, such as sts or ecr.api"
			if near := r.nearCode(code); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.wrong(key, code, "%s has no endpoint service with the code %s; %s", r.inv.Region, code, hint)
			r.problems[len(r.problems)-1].OfKey = ofKey
		}
	}
	for i, code := range r.ans.Extra {
		offered(fmt.Sprintf("extra[%d]", i), code, false)
	}
	for _, code := range slices.Sorted(maps.Keys(policy.ByService)) {
		offered("endpoint_policy."+code, code, true)
	}
}

// nearCode returns the code of the Region's endpoint services that a text probably means; empty if none
// is near. Names of products often lack the beginning: firehose for kinesis-firehose.
func (r *resolver) nearCode(code string) string {
	best, least := "", 3
	for i := range r.inv.Services {
		c := catalog.CodeOf(r.inv.Services[i].Name)
		if strings.HasSuffix(c, "-"+code) || strings.HasSuffix(c, "."+code) {
			return c
		}
		if d := typo.Distance(code, c); d < least {
			best, least = c, d
		}
	}
	return best
}
