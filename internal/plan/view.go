package plan

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// View is the account as Build sees it, for screens that propose what the plan
// would choose.
type View struct{ s *scope }

// Look reads an inventory with answers, which may be partial.
func Look(inv *inventory.Inventory, ans answers.Answers) View { return View{newScope(inv, ans)} }

// Shown are the words of the needs that the account shows, in their order.
func (v View) Shown() []string {
	uses := v.s.uses()
	return slices.DeleteFunc(slices.Clone(answers.Needs), func(w string) bool { return len(uses[w]) == 0 })
}

// mostRoles is how many execution roles are looked at; more are hardly one
// workload's.
const mostRoles = 20

// Roles are the roles whose policies the plan reads: execution roles, and that of a bastion.
func (v View) Roles() []string {
	roles := v.s.executionRoles()
	roles = roles[:min(len(roles), mostRoles)]
	if role := v.s.bastionRole(); role != "" {
		roles = append(roles, role)
	}
	return roles
}

// Clients tells whether anything says where the workload runs.
func (v View) Clients() bool { return len(v.s.clients) > 0 }

// WithTasks are the services that the plan is for which have running tasks, as
// CLUSTER/NAME.
func (v View) WithTasks() []string {
	return v.named(func(s inventory.Service) bool { return s.Running > 0 })
}

// Services are the services that the plan is for, as CLUSTER/NAME.
func (v View) Services() []string { return v.named(func(inventory.Service) bool { return true }) }

func (v View) named(which func(inventory.Service) bool) []string {
	var out []string
	for _, svc := range v.s.services {
		if c := v.s.clusterOf(svc); c != nil && which(svc) {
			out = append(out, c.Name+"/"+svc.Name)
		}
	}
	slices.Sort(out)
	return out
}

// Registry are the parts of the inventory that say of credentials of a private
// registry whether they are right: none where nothing asks for any.
func (v View) Registry() []inventory.Request {
	c := v.s.registry
	byName := slices.ContainsFunc(v.s.definitions(), func(d *inventory.TaskDefinition) bool {
		return slices.ContainsFunc(d.Containers, func(k inventory.Container) bool { return k.Credentials != "" && !answers.IsARN(k.Credentials) })
	})
	if c == nil && !byName {
		return nil
	}
	out := []inventory.Request{{Part: inventory.PartRegistry}}
	if c != nil && answers.IsARN(c.Secret) {
		out = append(out, inventory.Request{Part: inventory.PartSecret, Name: c.Secret})
	}
	if c != nil && c.Definition != "" && !v.s.ans.Workload.Batch() {
		family, _, pinned := strings.Cut(c.Definition, ":")
		out = append(out, inventory.Request{Part: inventory.PartDefinition, Name: family}) // the newest one
		if pinned {
			out = append(out, inventory.Request{Part: inventory.PartDefinition, Name: c.Definition})
		}
	}
	if c != nil && c.role != "" && !c.making {
		out = append(out, inventory.Request{Part: inventory.PartRoles, Role: c.role})
	}
	return out
}

// RunsIn are the subnets and security groups in which the workload runs.
func (v View) RunsIn() []string { return append(ids(v.s.clients), v.s.groups...) }

// Places are the subnets that endpoint interfaces go to.
func (v View) Places() []string { return ids(v.s.places) }

// Unadmitted are the clients, by group or addresses, that a security group does
// not let in on TCP 443.
func (v View) Unadmitted(group *inventory.SecurityGroup) []string {
	return v.s.unadmitted(held(group, Lit(group.ID)))
}

// Public are subnets with a route to an internet gateway, one a zone.
func (v View) Public() []string {
	zones := map[string]bool{}
	var out []string
	for i := range v.s.net.Subnets {
		if sub := &v.s.net.Subnets[i]; !zones[sub.Zone] && v.s.facesInternet(sub) {
			zones[sub.Zone] = true
			out = append(out, sub.ID)
		}
	}
	return out
}

// LetsIn tells whether a rule lets TCP 443 in.
func LetsIn(r inventory.GroupRule) bool { return opens(r, false) }

// WayOut says how a subnet's route table leads to the internet, in words, and
// whether it does. An internet gateway serves only what has public addresses.
func WayOut(n *inventory.Network, sub *inventory.Subnet) (words string, e catalog.Egress) {
	return wayOut(n.RouteTableOf(sub.ID), n.NATGateways)
}

func wayOut(table *inventory.RouteTable, nats []inventory.NATGateway) (words string, e catalog.Egress) {
	if table == nil {
		return "routes not known", catalog.Maybe
	}
	words, e = "no way out", catalog.Closed
	for _, r := range table.Routes {
		if r.CIDR != "0.0.0.0/0" || r.Target == "local" {
			continue
		}
		kind, _, _ := strings.Cut(r.Target, "-")
		switch {
		case r.Blackhole:
			words = "default route leads nowhere"
		case kind == "igw":
			return viaInternetGateway, catalog.Open
		case kind == "nat":
			works := slices.ContainsFunc(nats, func(g inventory.NATGateway) bool {
				return g.ID == r.Target && g.State == "available" && g.Public
			})
			if works {
				return "NAT gateway", catalog.Open
			}
			words = "NAT gateway that leads nowhere"
		default:
			words, e = "leaves by "+r.Target, catalog.Maybe
		}
	}
	return words, e
}

const viaInternetGateway = "internet gateway"
