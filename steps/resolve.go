package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Problem is an answer of a file that does not fit the account.
type Problem struct {
	Key     string // "subnets[1]"
	Text    string // what stands there
	Message string // what is wrong with it, and what is allowed
	OfKey   bool   // the last part of Key is what is wrong, and not what stands there
}

// Requests are the parts that a plan needs, given what is known so far. A VPC
// given by name becomes an id only in Resolve, so ask again after it, until
// nothing is missing.
func Requests(inv *inventory.Inventory, ans answers.Answers) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}, {Part: inventory.PartQuotas}}
	if ans.Workload.Batch() {
		rs = append(rs, inventory.Request{Part: inventory.PartBatch})
	}
	if ans.Workload.MWAA() {
		rs = append(rs, inventory.Request{Part: inventory.PartMWAA})
	}
	if strings.HasPrefix(ans.VPC, "vpc-") {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: ans.VPC})
		if ans.Workload.EC2() {
			rs = append(rs, inventory.Request{Part: inventory.PartHosts, VPC: ans.VPC})
		}
	}
	if len(Missing(inv, rs)) == 0 { // what runs is known, and so are the roles that start it
		look := plan.Look(inv, ans)
		for _, arn := range look.Roles() {
			rs = append(rs, inventory.Request{Part: inventory.PartRoles, Role: arn})
		}
		rs = append(rs, look.Registry()...)
		if ans.Airflow.WayIn != "" {
			rs = append(rs, inventory.Request{Part: inventory.PartWays, VPC: ans.VPC})
		}
	}
	return rs
}

// Elsewhere are the networks of other VPCs, if an id was not found in the VPC of
// the answers or if the VPC of what they are for is not known: with them, Resolve
// can say where the thing is.
func Elsewhere(inv *inventory.Inventory, ans answers.Answers) []inventory.Request {
	n := inv.Network(ans.VPC)
	lost := ans.VPC == "" && chosen(ans) != ""
	if n != nil {
		for _, id := range slices.Concat(ans.Subnets, ans.Clients, ans.SecurityGroups) {
			isID := strings.HasPrefix(id, "subnet-") || strings.HasPrefix(id, "sg-")
			lost = lost || isID && n.Subnet(id) == nil && n.Group(id) == nil
		}
	}
	if !lost {
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

// Resolve turns the unique Name tags of an answers file into ids and checks that
// what is named exists and belongs together. Where a denied read hides the list,
// an id is let through: the plan says what could not be checked.
func Resolve(inv *inventory.Inventory, ans answers.Answers) (answers.Answers, []Problem) {
	r := &resolver{inv: inv, ans: ans.Clone()}
	r.account()
	r.workload()
	r.vpc()
	r.chosen()
	r.clusters()
	r.tried()
	r.registry()
	r.network()
	r.words()
	r.clients()
	return r.ans, r.problems
}

// clients asks where the workload runs, if neither the file nor the account says.
func (r *resolver) clients() {
	if len(r.problems) > 0 || r.inv.Network(r.ans.VPC) == nil || !r.loaded() || plan.Look(r.inv, r.ans).Clients() {
		return
	}
	if r.hidden() {
		return // the plan says what could not be seen
	}
	who := State{Ans: r.ans}.runners()
	if len(r.ans.Clients)+len(r.ans.Subnets) > 0 {
		r.wrong("clients", strings.Join(r.ans.Clients, " "), "name no subnet; say which subnets the %s run in, beside their security groups", who)
		return
	}
	nothing := "no service on Fargate runs"
	switch {
	case r.ans.Workload.MWAA():
		nothing = "no environment of Amazon MWAA is"
	case r.ans.Workload.Batch():
		nothing = "no compute environment of " + string(r.ans.Workload) + " is"
	case r.ans.Workload.EC2():
		nothing = "no container instance or service on EC2 runs"
	}
	r.wrong("clients", "", "is missing, and %s in this VPC; say which subnets (and security groups) the %s will run in", nothing, who)
}

// hidden tells whether AWS refused to show something of what the workload runs on.
func (r *resolver) hidden() bool {
	for _, q := range things(State{Ans: r.ans}) {
		if slices.ContainsFunc(inventory.Calls(q.Part), r.denied) {
			return true
		}
	}
	return r.denied("ec2:DescribeSubnets")
}

// loaded tells whether all that shows what the workload runs on is known.
func (r *resolver) loaded() bool {
	return len(Missing(r.inv, things(State{Ans: r.ans}))) == 0
}

type resolver struct {
	inv      *inventory.Inventory
	ans      answers.Answers
	problems []Problem
}

func (r *resolver) wrong(key, text, format string, args ...any) {
	r.problems = append(r.problems, Problem{Key: key, Text: text, Message: fmt.Sprintf(format, args...)})
}

// denied tells whether a call was refused, so that its list proves nothing.
func (r *resolver) denied(call string) bool { _, ok := r.inv.Gap(call); return ok }

func (r *resolver) account() {
	if !r.inv.Has(inventory.Request{Part: inventory.PartIdentity}) {
		return
	}
	switch a := r.inv.Account; {
	case a == "": // the caller could not be asked
	case r.ans.Account != "" && r.ans.Account != a:
		r.wrong("account", r.ans.Account, "the credentials are for account %s. Use those of account %s, or leave `account` out", a, r.ans.Account)
	}
	switch g := r.inv.Region; {
	case g == "":
	case r.ans.Region == "":
		r.ans.Region = g
	case r.ans.Region != g:
		r.wrong("region", r.ans.Region, "the account was looked at in %s", g)
	}
}

func (r *resolver) workload() {
	if r.ans.Workload == "" {
		var can []string
		for _, w := range answers.Supported {
			can = append(can, string(w))
		}
		r.wrong("workload", "", "is missing; this version plans %s", strings.Join(can, ", "))
		return
	}
	r.valid("workload", "workload", string(r.ans.Workload))
}

// valid checks a value by the rules of the answers file itself.
func (r *resolver) valid(at, key, value string) {
	if err := answers.Valid(key, value); err != nil {
		r.wrong(at, value, "%s", err)
	}
}

// thing is what names are looked up among.
type thing struct{ id, name string }

// lookUp finds text among things, as an id or a unique name. The id comes back
// empty if there is none; several names are a problem of their own.
func (r *resolver) lookUp(key, text string, among []thing) (id string, ambiguous bool) {
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
	r.wrong(key, text, "this name stands for %d things: %s. Use the id", len(byName), strings.Join(byName, ", "))
	return "", true
}

// choices lists what there is, for messages; long lists are cut.
func choices(among []thing) string {
	const most = 8
	var out []string
	for _, t := range among {
		out = append(out, inventory.Label(t.name, t.id))
	}
	slices.Sort(out)
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more", len(out)-most))
	}
	return orNone(out)
}

func (r *resolver) vpc() {
	if r.ans.VPC == "" || !r.inv.Has(inventory.Request{Part: inventory.PartVPCs}) {
		return
	}
	var all []thing
	for _, v := range r.inv.VPCs {
		all = append(all, thing{v.ID, v.Name})
	}
	id, ambiguous := r.lookUp("vpc", r.ans.VPC, all)
	switch {
	case id != "":
		r.ans.VPC = id
	case ambiguous:
	case r.denied("ec2:DescribeVpcs"):
		if !strings.HasPrefix(r.ans.VPC, "vpc-") {
			r.wrong("vpc", r.ans.VPC, "AWS refused to list the VPCs, so a name cannot be looked up. Use the id")
		}
	default:
		r.wrong("vpc", r.ans.VPC, "there is no such VPC in %s. VPCs there: %s", r.inv.Region, choices(all))
	}
}

// chosen checks what the answers are for, and takes from it the VPC and where in it
// that runs.
func (r *resolver) chosen() {
	name := chosen(r.ans)
	if name == "" || !r.loaded() {
		return
	}
	key := "service"
	switch {
	case r.ans.Workload.MWAA():
		key = "mwaa.environment"
	case r.ans.Workload.Batch():
		key = "compute_environment"
	}
	found, ok := find(r.inv, r.ans)
	if !ok {
		r.notFound(key, name)
		return
	}
	switch vpcs := found.vpcs; {
	case len(vpcs) == 0 && r.ans.VPC == "" && !r.hidden():
		r.wrong("vpc", "", "is missing, and the account does not show where the %s %s runs; say which VPC", found.kind, name)
		return
	case len(vpcs) == 0:
	case r.ans.VPC == "" && len(vpcs) > 1:
		r.wrong("vpc", "", "is missing, and the %s %s runs in %s; say which of them", found.kind, name, strings.Join(vpcs, " and "))
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
	// Who names one cluster does not mean the agents of others.
	if len(r.ans.Agent.Clusters) == 0 && found.cluster != "" {
		r.ans.Agent.Clusters = []string{found.cluster}
	}
}

// notFound says why a name is nothing that the workload can run on.
func (r *resolver) notFound(key, name string) {
	all := func(options func(State) (can, cannot []Option)) string {
		var out []thing
		can, _ := options(State{Inv: r.inv, Ans: r.ans})
		for _, o := range can {
			out = append(out, thing{id: o.Value})
		}
		return choices(out)
	}
	allowed := "services on Fargate"
	switch {
	case r.ans.Workload.MWAA():
		if !r.hidden() { // else it may be among what AWS did not show
			r.wrong(key, name, "there is no such environment of Amazon MWAA in %s. There are: %s", r.inv.Region, all(airflowOptions))
		}
		return
	case r.ans.Workload.Batch():
		if e := r.inv.Environment(name); e != nil {
			r.wrong(key, name, "runs %s; allowed: compute environments of %s: %s", unfit(e, r.ans.Workload), r.ans.Workload, all(environmentOptions))
		} else if !r.hidden() { // else it may be among what AWS did not show
			r.wrong(key, name, "there is no such compute environment in %s. Those of %s: %s", r.inv.Region, r.ans.Workload, all(environmentOptions))
		}
		return
	case r.ans.Workload.EC2():
		allowed = "clusters, and services on EC2"
	}
	_, svc := findService(r.inv, name)
	switch {
	case svc != nil:
		r.wrong(key, name, "runs on %s; allowed: %s", svc.LaunchType, allowed)
	case r.hidden():
	case r.ans.Workload.EC2():
		r.wrong(key, name, "there is no such cluster or service in %s; it is written CLUSTER or CLUSTER/NAME. Those on EC2: %s", r.inv.Region, all(clusterOptions))
	default:
		r.wrong(key, name, "there is no such ECS service in %s; it is written CLUSTER/NAME. Services on Fargate: %s", r.inv.Region, all(fargateOptions))
	}
}

// clusters checks the clusters whose agents the plan looks after.
func (r *resolver) clusters() {
	if len(r.ans.Agent.Clusters) == 0 || !r.inv.Has(inventory.Request{Part: inventory.PartClusters}) || r.denied("ecs:ListClusters") || r.denied("ecs:DescribeClusters") {
		return
	}
	var all []thing
	for _, c := range r.inv.Clusters {
		all = append(all, thing{id: c.Name})
	}
	for i, name := range r.ans.Agent.Clusters {
		if !slices.Contains(all, thing{id: name}) {
			r.wrong(fmt.Sprintf("agent.clusters[%d]", i), name, "there is no such ECS cluster in %s. There are: %s", r.inv.Region, choices(all))
		}
	}
}

// tried checks the services of which a task is started or whose tasks are replaced.
func (r *resolver) tried() {
	if !r.loaded() || r.hidden() {
		return
	}
	check := func(key, name string) {
		_, svc := findService(r.inv, name)
		switch {
		case svc == nil:
			var all []thing
			for i := range r.inv.Clusters {
				c := &r.inv.Clusters[i]
				for j := range c.Services {
					if runs(&c.Services[j], r.ans.Workload) {
						all = append(all, thing{id: serviceName(c, &c.Services[j])})
					}
				}
			}
			r.wrong(key, name, "there is no such ECS service in %s. Those of %s: %s", r.inv.Region, r.ans.Workload, choices(all))
		case !runs(svc, r.ans.Workload):
			r.wrong(key, name, "runs on %s, and this plan is for %s", svc.LaunchType, r.ans.Workload)
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
	var subs, groups []thing
	for _, s := range n.Subnets {
		subs = append(subs, thing{s.ID, s.Name})
	}
	for _, g := range n.SecurityGroups {
		groups = append(groups, thing{g.ID, g.Name})
	}
	const lostSubs, lostGroups = "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"
	r.list("subnets", "subnet", r.ans.Subnets, subs, lostSubs)
	r.list("clients", "subnet or security group", r.ans.Clients, slices.Concat(subs, groups), lostSubs, lostGroups)
	r.list("security_groups", "security group", r.ans.SecurityGroups, groups, lostGroups)
	way := &r.ans.Airflow
	r.list("mwaa.load_balancer.subnets", "subnet", way.LoadBalancer.Subnets, subs, lostSubs)
	for key, subnet := range map[string]*string{"mwaa.bastion.subnet": &way.Bastion.Subnet, "mwaa.client_vpn.subnet": &way.ClientVPN.Subnet} {
		if *subnet != "" {
			one := []string{*subnet}
			r.list(key, "subnet", one, subs, lostSubs)
			*subnet = one[0]
		}
	}
	for i, text := range way.LoadBalancer.Admit {
		if strings.HasPrefix(text, "sg-") && !r.denied(lostGroups) && n.Group(text) == nil {
			r.wrong(fmt.Sprintf("mwaa.load_balancer.admit[%d]", i), text, "there is no such security group in %s. There are: %s", r.ans.VPC, choices(groups))
		}
	}
}

// list resolves one list of the file in place.
func (r *resolver) list(key, what string, values []string, among []thing, calls ...string) {
	seen := map[string]int{}
	for i, text := range values {
		at := fmt.Sprintf("%s[%d]", key, i)
		id, ambiguous := r.lookUp(at, text, among)
		switch {
		case ambiguous:
			continue
		case id == "" && slices.ContainsFunc(calls, r.denied) && (strings.HasPrefix(text, "subnet-") || strings.HasPrefix(text, "sg-")):
			continue
		case id == "":
			n := r.inv.Network(r.ans.VPC)
			if home := r.home(text); n.Subnet(text) != nil {
				r.wrong(at, text, "is a subnet; this takes a %s", what)
			} else if n.Group(text) != nil {
				r.wrong(at, text, "is a security group; this takes a %s", what)
			} else if home != "" {
				r.wrong(at, text, "belongs to %s, but `vpc` is %s", home, r.ans.VPC)
			} else {
				r.wrong(at, text, "there is no such %s in %s. There are: %s", what, r.ans.VPC, choices(among))
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

// home finds the VPC that holds a subnet or group, among the networks that are
// loaded.
func (r *resolver) home(id string) string {
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

// words checks what needs no account but a list: needs, policy, address type, and
// the codes under extra, which the Region's own list decides.
func (r *resolver) words() {
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
			r.wrong(key, code, "%s offers no endpoint service of the code %s; write what follows the Region in its name, such as sts or ecr.api", r.inv.Region, code)
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
