package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Scope is the account as Build sees it, for screens that suggest what the plan would choose.
type Scope struct{ s *scope }

// ScopeOf returns the view of an inventory with answers, which may be partial.
func ScopeOf(inv *inventory.Inventory, ans answers.Answers) Scope { return Scope{newScope(inv, ans)} }

// Shown returns the needs that the account shows, in their order.
func (v Scope) Shown() []string {
	uses := v.s.uses()
	return slices.DeleteFunc(slices.Clone(answers.Needs), func(w string) bool { return len(shownAs(uses, w)) == 0 })
}

// Unseen returns why the account does not show everything that the workload uses; empty if it does.
func (v Scope) Unseen() string { return v.s.Unseen() }

// mostRoles is the maximum number of roles of the workload that are read. One workload rarely has more.
const mostRoles = 20

// Roles returns the roles with policies that the plan reads: execution roles, roles that create log
// groups, and the role of a bastion.
func (v Scope) Roles() []string {
	roles := v.s.roles()
	roles = roles[:min(len(roles), mostRoles)]
	if role := v.s.bastionRole(); role != "" {
		roles = append(roles, role)
	}
	return roles
}

// Clients reports whether anything shows where the workload runs.
func (v Scope) Clients() bool { return len(v.s.clients) > 0 }

// Offline returns the names of the workload's subnets that do not reach the internet, how many subnets it has, and whether
// that could not be decided for one of them.
func (v Scope) Offline() (names []string, of int, unsure bool) {
	for _, c := range v.s.clients {
		switch v.s.egressOf(c) {
		case catalog.Closed:
			names = append(names, inventory.Label(c.Name, c.ID))
		case catalog.Open:
		default:
			unsure = true
		}
	}
	return names, len(v.s.clients), unsure
}

// mostNotRunning is the maximum number of services that NotRunning lists.
const mostNotRunning = 3

// NotRunning returns what of the workload does not run now, as sentences; nothing if the account shows nothing of this kind.
func (v Scope) NotRunning() []string {
	services, others := v.s.stopped()
	var out []string
	for i, x := range services {
		if i == mostNotRunning {
			out = append(out, fmt.Sprintf("%s not run all tasks.", words.Counted(len(services)-i, "more service does", "more services do")))
			break
		}
		out = append(out, x.says)
	}
	for _, x := range others {
		out = append(out, x.says)
	}
	return out
}

// Stopped returns the names of what NotRunning reports: services, or clusters and environments if all services run.
func (v Scope) Stopped() []string {
	services, others := v.s.stopped()
	if len(services) == 0 {
		services = others
	}
	var out []string
	for _, x := range services {
		out = append(out, x.name)
	}
	return workload.Unique(out) // a compute environment can be INVALID and have agents that are not connected
}

// Connected reports whether all ECS agents of the workload's own container instances are connected. It is true if the workload has none.
func (v Scope) Connected() bool {
	if !v.s.Workload.OwnHosts {
		return true
	}
	looked, _ := v.s.clusters()
	return !slices.ContainsFunc(looked, func(c cluster) bool { return c.disconnected() > 0 })
}

// stopped is something that does not run, with a sentence about it.
type stopped struct{ name, says string }

// stopped returns the services that do not run all tasks, by name, and other parts of the workload that do not run.
func (s *scope) stopped() (services, others []stopped) {
	for _, svc := range s.Services {
		if c := s.ClusterOf(svc); c != nil && svc.Running < svc.Desired {
			name := c.Name + "/" + svc.Name
			services = append(services, stopped{name, fmt.Sprintf("Service %s runs %d of %d tasks.", name, svc.Running, svc.Desired)})
		}
	}
	slices.SortFunc(services, func(x, y stopped) int { return strings.Compare(x.says, y.says) })
	if s.Workload.OwnHosts {
		looked, _ := s.clusters()
		for _, c := range looked {
			if off := c.disconnected(); off > 0 {
				name, where := "cluster "+c.Name, "cluster "+c.Name
				for _, e := range s.Environments { // people do not know the cluster that AWS Batch created
					if e.Cluster == c.ARN {
						name, where = e.Name, "compute environment "+e.Name
					}
				}
				others = append(others, stopped{name, fmt.Sprintf("In %s, %d of %s %s not connected.", where, off, words.Count(len(c.hosts), "ECS agent"), map[bool]string{true: "is", false: "are"}[off == 1])})
			}
		}
	}
	for _, e := range s.Environments {
		if e.Status == "INVALID" {
			others = append(others, stopped{e.Name, "Compute environment " + e.Name + " is INVALID."})
		}
	}
	for _, e := range s.Airflows {
		if e.Known() && e.Status != inventory.AirflowAvailable && !slices.Contains(passing, e.Status) {
			others = append(others, stopped{e.Name, "Environment " + e.Name + " is " + e.Status + "."})
		}
	}
	return services, others
}

// WithTasks returns the services of the plan that have running tasks, as CLUSTER/NAME.
func (v Scope) WithTasks() []string {
	return v.named(func(s inventory.Service) bool { return s.Running > 0 })
}

// Services returns the services of the plan, as CLUSTER/NAME.
func (v Scope) Services() []string { return v.named(func(inventory.Service) bool { return true }) }

func (v Scope) named(which func(inventory.Service) bool) []string {
	var out []string
	for _, svc := range v.s.Services {
		if c := v.s.ClusterOf(svc); c != nil && which(svc) {
			out = append(out, c.Name+"/"+svc.Name)
		}
	}
	slices.Sort(out)
	return out
}

// Caches returns the part of the inventory with pull-through cache rules; none if the workload pulls no
// private image of this account and Region without internet access.
func (v Scope) Caches() []inventory.Request {
	if v.s.egress == catalog.Closed && slices.ContainsFunc(v.s.Definitions, func(d *inventory.TaskDefinition) bool {
		return slices.ContainsFunc(d.Containers, func(k inventory.Container) bool { return v.s.ownImage(parseImage(k.Image)) })
	}) {
		return []inventory.Request{{Part: inventory.PartCaches}}
	}
	return nil
}

// LogGroups returns the part of the inventory with the log groups that the workload's definitions name.
func (v Scope) LogGroups() []inventory.Request {
	var names []string
	for _, l := range v.s.loggers() {
		if name := v.s.namedGroup(l.Container); name != "" {
			names = append(names, name)
		}
	}
	return inventory.LogGroupRequests(names)
}

// First returns the part of the inventory with the newest task definition that has the name of the first workload; none
// if the answers ask for none. Job definitions are always read.
func (v Scope) First() []inventory.Request {
	if v.s.first == nil || v.s.Workload.Jobs {
		return nil
	}
	return []inventory.Request{{Part: inventory.PartDefinition, Name: v.s.first.Name}}
}

// Registry returns the parts of the inventory that show whether credentials of a private registry
// are correct; none if the answers ask for no credentials.
func (v Scope) Registry() []inventory.Request {
	c := v.s.registry
	byName := slices.ContainsFunc(v.s.Definitions, func(d *inventory.TaskDefinition) bool {
		return slices.ContainsFunc(d.Containers, func(k inventory.Container) bool { return k.Credentials != "" && !answers.IsARN(k.Credentials) })
	})
	if c == nil && !byName {
		return nil
	}
	out := []inventory.Request{{Part: inventory.PartRegistry}}
	if c != nil && answers.IsARN(c.Secret) {
		out = append(out, inventory.Request{Part: inventory.PartSecret, Name: c.Secret})
	}
	if c != nil && c.Definition != "" && !v.s.Workload.Jobs {
		family, _, pinned := strings.Cut(c.Definition, ":")
		out = append(out, inventory.Request{Part: inventory.PartDefinition, Name: family}) // the newest revision
		if pinned {
			out = append(out, inventory.Request{Part: inventory.PartDefinition, Name: c.Definition})
		}
	}
	if c != nil && c.role != "" && !c.making {
		out = append(out, inventory.Request{Part: inventory.PartRoles, Role: c.role})
	}
	return out
}

// RunsIn returns the subnets and security groups of the workload.
func (v Scope) RunsIn() []string { return append(ids(v.s.clients), v.s.groups...) }

// EndpointSubnets returns the subnets for endpoint network interfaces.
func (v Scope) EndpointSubnets() []string { return ids(v.s.endpointSubnets) }

// NotAllowed returns the clients, by group or addresses, that a security group does not allow on TCP
// 443.
func (v Scope) NotAllowed(group *inventory.SecurityGroup) []string {
	var out []string
	for _, src := range v.s.sources() {
		if len(v.s.allowingRules(held(group, resource.Ref(group.ID)), src)) == 0 {
			out = append(out, src.String())
		}
	}
	return out
}

// Public returns subnets with a route to an internet gateway, one per Availability Zone.
func (v Scope) Public() []string {
	zones := map[string]bool{}
	var out []string
	for i := range v.s.Net.Subnets {
		if sub := &v.s.Net.Subnets[i]; !zones[sub.Zone] && v.s.facesInternet(sub) {
			zones[sub.Zone] = true
			out = append(out, sub.ID)
		}
	}
	return out
}

// LetsIn reports whether a rule allows inbound TCP 443.
func LetsIn(r inventory.GroupRule) bool { return opens(r, false) }

// Workload returns what runs in the VPC.
func (v Scope) Workload() *workload.Scope { return v.s.Scope }

// Internet returns a subnet's route to the internet as WayOut does, whether it leads through an internet gateway, and
// whether the workload reaches the internet from the subnet.
func (v Scope) Internet(sub *inventory.Subnet) (text string, public bool, e catalog.Egress) {
	x := v.s.exitOf(sub)
	return x.text, x.public, v.s.egressOf(sub)
}

// Interfaces returns the network interfaces in use that are the workload's.
func (v Scope) Interfaces() []inventory.Interface {
	other := map[string]bool{}
	for _, i := range v.s.others {
		other[i.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(v.s.inUse), func(i inventory.Interface) bool {
		return other[i.ID] || i.Instance != "" && !v.s.runsOn(i.Instance)
	})
}

// runsOn reports whether the workload runs on an EC2 instance. Instances with its security groups can belong to another cluster. If the
// container instances of the workload are not known, an instance counts that is not one of another cluster.
func (s *scope) runsOn(instance string) bool {
	switch {
	case !s.Workload.OwnHosts && !s.Workload.AWSHosts:
		return false
	case len(s.Instances) > 0:
		return s.Instances[instance]
	}
	return !slices.ContainsFunc(s.Inv.Clusters, func(c inventory.Cluster) bool {
		return slices.ContainsFunc(c.ContainerInstances, func(h inventory.ContainerInstance) bool { return h.Own() && h.Instance == instance })
	})
}

// Usable reports whether an endpoint can be used, now or soon.
func Usable(e *inventory.Endpoint) bool { return healthy(e) }

// OnlyIPv6 reports whether the subnets of the workload reach the internet with IPv6 and not with IPv4.
func (v Scope) OnlyIPv6() bool { return len(v.s.clients) > 0 && v.s.sixOnly() }

// ToInternet returns the security groups of the workload that allow no outbound TCP 443, and those that allow it to some destinations only.
// known is false if the groups of a client are not known.
func (v Scope) ToInternet() (none, some []string, known bool) {
	known = len(v.s.clients) > 0
	for _, src := range v.s.sources() {
		gs := v.s.groupsOf(src)
		if len(gs) == 0 || len(gs) < len(src.groups) {
			known = false
			continue
		}
		var rules []heldRule
		for _, g := range gs {
			rules = append(rules, slices.DeleteFunc(held(g, resource.Ref(g.ID)), func(r heldRule) bool { return !opens(r.GroupRule, true) })...)
		}
		switch {
		case len(rules) == 0:
			none = append(none, labels(gs))
		case len(v.s.covering(rules, []string{anywhere})) == 0:
			some = append(some, labels(gs))
		}
	}
	return none, some, known
}

// RoleAllows decides whether the policies of a role allow an action on a resource. If the resource is empty, one resource is enough. Policies of the
// organization and permissions boundaries are not read. If sure is false, why is what leaves it undecided: the role or one of its
// policies was not read, or a condition depends on the call.
func (v Scope) RoleAllows(arn, action, on string) (allowed, sure bool, why string) {
	role := v.s.Inv.Role(arn)
	if gap := v.s.unreadRoles(); role == nil || len(role.Policies) == 0 && gap != "" {
		return false, false, cmp.Or(gap, "the policies of role "+words.Last(arn)+" were not read")
	}
	caller := policy.Caller{Account: v.s.Inv.Account, Region: v.s.Ans.Region, Roles: []string{arn}}
	if on == "" {
		lack, ok := policy.RoleLacksEverywhere(action, caller, named(role)...)
		return ok, ok || !lack.Unsure, lack.Because
	}
	lacks := policy.RoleLacks([]policy.Grant{{Actions: []string{action}, Resources: []string{on}}}, caller, named(role)...)
	if len(lacks) == 0 {
		return true, true, ""
	}
	if gap := v.s.unreadRoles(); gap != "" && !lacks[0].Unsure && lacks[0].Because == "" {
		return false, false, gap
	}
	return false, !lacks[0].Unsure, lacks[0].Because
}

// PrivateNames returns the private DNS names of a service in the Region, as far as they are known.
func (v Scope) PrivateNames(code string) []string {
	return v.s.privateNames(v.s.serviceName(code), code, catalog.Interface)
}
