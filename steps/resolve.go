package steps

import (
	"fmt"
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
}

// Requests are the parts that a plan needs, given what is known so far. A VPC
// given by name becomes an id only in Resolve, so ask again after it, until
// nothing is missing.
func Requests(ans answers.Answers) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}}
	if strings.HasPrefix(ans.VPC, "vpc-") {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: ans.VPC})
	}
	return rs
}

// Elsewhere are the networks of other VPCs, if an id was not found in the VPC of
// the answers or if the service's VPC is not known: with them, Resolve can say
// where the thing is.
func Elsewhere(inv *inventory.Inventory, ans answers.Answers) []inventory.Request {
	n := inv.Network(ans.VPC)
	lost := ans.VPC == "" && ans.Service != ""
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
	r.service()
	r.network()
	r.words()
	r.clients()
	return r.ans, r.problems
}

// clients asks where the workload runs, if neither the file nor the account says.
func (r *resolver) clients() {
	if len(r.problems) > 0 || r.inv.Network(r.ans.VPC) == nil || !r.inv.Has(inventory.Request{Part: inventory.PartClusters}) ||
		plan.Look(r.inv, r.ans).Clients() {
		return
	}
	for _, call := range append(inventory.Calls(inventory.PartClusters), "ec2:DescribeSubnets") {
		if r.denied(call) {
			return // the plan says what could not be seen
		}
	}
	if len(r.ans.Clients)+len(r.ans.Subnets) > 0 {
		r.wrong("clients", strings.Join(r.ans.Clients, " "), "name no subnet; say which subnets the tasks run in, beside their security groups")
		return
	}
	r.wrong("clients", "", "is missing, and no service on Fargate runs in this VPC; say which subnets (and security groups) the tasks will run in")
}

type resolver struct {
	inv      *inventory.Inventory
	ans      answers.Answers
	problems []Problem
}

func (r *resolver) wrong(key, text, format string, args ...any) {
	r.problems = append(r.problems, Problem{key, text, fmt.Sprintf(format, args...)})
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

func (r *resolver) service() {
	name := r.ans.Service
	if name == "" || !r.inv.Has(inventory.Request{Part: inventory.PartClusters}) {
		return
	}
	_, svc := findService(r.inv, name)
	if svc == nil && slices.ContainsFunc(inventory.Calls(inventory.PartClusters), r.denied) {
		return // it may be among what AWS did not show
	}
	if svc == nil {
		var all []thing
		for i := range r.inv.Clusters {
			for j := range r.inv.Clusters[i].Services {
				if v := &r.inv.Clusters[i].Services[j]; onFargate(v) {
					all = append(all, thing{id: serviceName(&r.inv.Clusters[i], v)})
				}
			}
		}
		r.wrong("service", name, "there is no such ECS service in %s; it is written CLUSTER/NAME. Services on Fargate: %s", r.inv.Region, choices(all))
		return
	}
	if !onFargate(svc) {
		r.wrong("service", name, "runs on %s; allowed: services on Fargate", svc.LaunchType)
		return
	}
	switch home := vpcOf(r.inv, svc); {
	case home == "":
	case r.ans.VPC == "":
		r.ans.VPC = home
	case r.ans.VPC != home && r.inv.VPC(r.ans.VPC) != nil:
		r.wrong("service", name, "runs in %s, but `vpc` is %s", home, r.ans.VPC)
		return
	}
	if len(r.ans.Clients) == 0 {
		r.ans.Clients = append(slices.Clone(svc.Subnets), svc.Groups...)
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
	if p := r.ans.EndpointPolicy; p != "" {
		r.valid("endpoint_policy", "endpoint_policy", p)
	}
	r.valid("ip_address_type", "ip_address_type", r.ans.IPType())
	if !r.inv.Has(inventory.Request{Part: inventory.PartServices}) || r.denied("ec2:DescribeVpcEndpointServices") {
		return
	}
	for i, code := range r.ans.Extra {
		suffix := "." + r.inv.Region + "." + code
		if !slices.ContainsFunc(r.inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, suffix) }) {
			r.wrong(fmt.Sprintf("extra[%d]", i), code, "%s offers no endpoint service of this code; write what follows the Region in its name, such as sts or ecr.api", r.inv.Region)
		}
	}
}
