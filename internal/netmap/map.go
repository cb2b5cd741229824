// Package netmap describes the network of a VPC as a picture: zones with subnets, what runs in them, endpoints, route
// tables and gateways, now and after a plan. The plan decides what is reachable and what will exist; this package only
// arranges it.
package netmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// State is what is known about the path from the workload to an endpoint.
type State int

// The states of an endpoint.
const (
	Absent    State = iota // it does not exist
	Unused                 // the workload does not use it
	Reachable              // nothing is in the way
	Warned                 // nothing is in the way, and a warning is about it
	Blocked                // a finding is in the way
	Broken                 // AWS reports a state that makes it unusable
	Undecided              // the account does not show whether something is in the way
)

// Status is a state with its reasons as sentences.
type Status struct {
	State State
	Why   []string
}

// Map is the network of a VPC, now and after a plan.
type Map struct {
	VPC, Name, CIDRs string
	// Who is the workload: "prod/web", or its kind.
	Who string
	// Zones are the Availability Zones with subnets, by name.
	Zones []*Zone
	// Tables are the route tables: those of the workload first.
	Tables []*Table
	// Endpoints are those that exist or are planned.
	Endpoints []*Endpoint
	// Regional are the regional NAT gateways, which are in no subnet.
	Regional []NAT
	// Needs are the services that the workload needs, each with a status now and after the plan.
	Needs []Need
	// Unread are sentences about what could not be read.
	Unread []string

	prefix      string          // of the names in a new VPC; empty for another
	planned     resource.ID     // the change that creates the VPC; empty if it exists
	now         *Map            // the VPC as it is, if the plan creates parts of it; otherwise nil
	absent      bool            // the VPC does not exist, and nothing else is known
	units, unit string          // the nouns of what runs in the subnets
	placed      bool            // its subnets are known
	named       bool            // it has names that are worth showing
	hidden      map[string]bool // reads without a result
}

// hides reports whether the result of a read is missing.
func (m *Map) hides(call string) bool { return m.hidden[call] }

// Zone is an Availability Zone with subnets.
type Zone struct {
	Name, ID string
	Subnets  []*Subnet
	Workload bool // the workload runs in it
}

// Short returns the end of the name: "1a".
func (z *Zone) Short() string { return z.Name[strings.LastIndex(z.Name, "-")+1:] }

// Subnet is a subnet with what is in it.
type Subnet struct {
	ID, Name, CIDR string      // a planned subnet has no id
	Change         resource.ID // that creates it; empty if it exists
	Free           int
	IPv6Only       bool
	Zone           *Zone
	Table          *Table // nil: not known
	// Internet is the route to the internet, and Egress whether the workload reaches the internet by it.
	Internet string
	Egress   catalog.Egress
	Public   bool // its route leads to an internet gateway
	// Workload means that the workload runs in it. Runs are the names of what does.
	Workload         bool
	Runs             []string
	Tasks, Instances int
	// Others are the network interfaces of others, except those of endpoints and NAT gateways.
	Others    []inventory.Interface
	NAT       []NAT
	Endpoints []*Interface
	// Planned are other resources that the plan creates in it.
	Planned []Resource
}

// Label returns the name, or the id of a subnet without a name.
func (s *Subnet) Label() string { return cmp.Or(s.Name, s.ID) }

// busy reports whether something is in the subnet in a view.
func (s *Subnet) busy(after bool) bool {
	return s.Workload || len(s.Others)+len(s.NAT) > 0 || len(s.shown(after)) > 0 || after && len(s.Planned) > 0
}

// shown returns the network interfaces of endpoints that exist in a view.
func (s *Subnet) shown(after bool) []*Interface {
	if after {
		return s.Endpoints
	}
	return slices.DeleteFunc(slices.Clone(s.Endpoints), func(i *Interface) bool { return i.Planned })
}

// Interface is the network interface of an endpoint in a subnet.
type Interface struct {
	*Endpoint
	ENI, IP string
	Planned bool // the plan creates it
}

// Endpoint is a VPC endpoint.
type Endpoint struct {
	// Code is the code of the service, or environment and purpose.
	Code, Service, ID, Type string
	// Change is the change of the plan about it; empty if the plan has none.
	Change resource.ID
	// Planned means that the plan creates it. Plan is what the plan does; empty if it leaves the endpoint as it is.
	Planned    bool
	Plan       string
	PrivateDNS bool
	TurnsOn    bool // the plan turns private DNS on
	Groups     []string
	Now, After Status
	// Tables are the route tables with its route: those that exist, and those that the plan adds.
	Tables, NewTables []string
	subnets           []string // the same for its network interfaces
	newSubnets        []string
}

// At returns the status in a view.
func (e *Endpoint) At(after bool) Status {
	if after {
		return e.After
	}
	return e.Now
}

// Resource is another resource of the plan.
type Resource struct {
	Kind, Name string
	Change     resource.ID
}

// Table is a route table.
type Table struct {
	ID, Name string      // a planned table has no id
	Change   resource.ID // that creates it; empty if it exists
	Main     bool
	Routes   []Route
	Subnets  []*Subnet
	Workload bool // a subnet of the workload has it
	// Internet are the routes to the internet of its subnets, each once.
	Internet []string
	Egress   catalog.Egress // the best of them
	Gateways []*Endpoint    // with a route in it, now or after the plan
	// Missing are the needed gateway endpoints without a route in it after the plan.
	Missing []string
	// MissingNow is the same as the account is.
	MissingNow []string
}

// Label returns the name, or the id of a table without a name.
func (t *Table) Label() string { return cmp.Or(t.Name, t.ID) }

// Route is a route of a route table.
type Route struct {
	inventory.Route
	To     string      // the target as texts show it
	Via    string      // what kind of gateway the target is: "NAT gateway in 1a"; empty for other targets
	Change resource.ID // that creates the route; empty if it exists
}

// Need is a service that the workload needs.
type Need struct {
	Service    string
	Required   bool // without an endpoint, the workload does not reach it
	Now, After Status
	Endpoint   *Endpoint // nil if it exists neither now nor after the plan
}

// At returns the status in a view.
func (n Need) At(after bool) Status {
	if after {
		return n.After
	}
	return n.Now
}

// decides are the reads without which the state of endpoints of a type is not known.
var decides = map[string][]string{
	catalog.Interface: {"ec2:DescribeSecurityGroups", "ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeVpcAttribute", "ec2:DescribeSubnets"},
	catalog.Gateway:   {"ec2:DescribeRouteTables", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups"},
}

// unread are the reads that hide a part of the picture, and what each would have shown.
var unread = []struct{ call, what string }{
	{"ec2:DescribeSubnets", "Subnets"},
	{"ec2:DescribeRouteTables", "Route tables"},
	{"ec2:DescribeNatGateways", "NAT gateways"},
	{"ec2:DescribeVpcEndpoints", "VPC endpoints"},
	{"ec2:DescribeNetworkInterfaces", "Network interfaces, which show running tasks and other clients,"},
	{"ec2:DescribeSecurityGroups", "Security groups"},
	{"ec2:DescribeNetworkAcls", "Network ACLs"},
	{"ec2:DescribeVpcAttribute", "DNS attributes of the VPC"},
}

// drawing is a map while it is made.
type drawing struct {
	*Map
	inv       *inventory.Inventory
	net       *workload.Network
	scope     plan.Scope
	plan      *plan.Plan
	now       []plan.Finding
	subnets   map[string]*Subnet
	tables    map[string]*Table
	endpoints map[string]*Endpoint // existing ones, by id
}

// Of returns the map of the VPC of the answers. The answers may be partial. For a new VPC, the account is the one without it.
func Of(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) *Map {
	m := of(inv, ans, p)
	if ans.Creates() {
		m.addNow(inv, ans, p)
	}
	return m
}

// of returns the map without the separate one of what exists now.
func of(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) *Map {
	with, then := plan.Ahead(inv, ans)
	d := &drawing{Map: &Map{VPC: then.VPC, hidden: map[string]bool{}}, inv: inv, scope: plan.ScopeOf(inv, ans), plan: p, now: plan.Now(inv, ans),
		subnets: map[string]*Subnet{}, tables: map[string]*Table{}, endpoints: map[string]*Endpoint{}}
	w := d.scope.Workload()
	d.net = w.Net
	d.units, d.unit, d.named = w.Workload.Many, w.Workload.One, w.Workload.ServiceCalls
	if len(d.scope.NotRunning()) > 0 { // a task has its interface before it runs, and after it failed
		d.unit += " interface"
	}
	d.Who = safe(cmp.Or(w.Workload.Named.NameIn(ans), w.Workload.Title, "The workload"))
	if v := with.VPC(then.VPC); v != nil {
		d.Name, d.CIDRs = safe(v.Name), safe(strings.Join(v.CIDRs, ", "))
	}
	if planned(d.VPC) {
		d.planned, d.VPC = resource.ID(d.VPC), ""
	}
	if ans.Creates() {
		d.prefix = safe(cmp.Or(ans.Prefix, ans.NewVPC.Name))
	}
	for _, u := range unread {
		if g, gap := inv.Gap(u.call); gap {
			d.hidden[u.call] = true
			d.Unread = append(d.Unread, fmt.Sprintf("%s could not be read: %s.", u.what, safe(g.String())))
		}
	}
	d.addSubnets()
	d.addInterfaces()
	d.addEndpoints()
	d.addPlanned()
	d.nameRoutes()
	d.judge()
	d.order()
	return d.Map
}

func (d *drawing) addSubnets() {
	runsIn := map[string]bool{}
	for _, id := range d.scope.RunsIn() {
		runsIn[id] = true
	}
	d.placed = d.scope.Clients()
	zones := map[string]*Zone{}
	for i := range d.net.RouteTables {
		t := &d.net.RouteTables[i]
		table := &Table{Name: safe(t.Name), Main: t.Main}
		table.ID, table.Change = idOrChange(t.ID)
		for _, r := range t.Routes {
			table.Routes = append(table.Routes, Route{Route: r})
		}
		d.tables[t.ID] = table
		d.Tables = append(d.Tables, table)
	}
	for i := range d.net.Subnets {
		in := &d.net.Subnets[i]
		z := zones[in.Zone]
		if z == nil {
			z = &Zone{Name: safe(in.Zone), ID: in.ZoneID}
			zones[in.Zone] = z
			d.Zones = append(d.Zones, z)
		}
		s := &Subnet{Name: safe(in.Name), CIDR: cmp.Or(in.CIDR, strings.Join(in.IPv6, ", ")), Free: in.Free, IPv6Only: in.IPv6Only, Zone: z, Workload: runsIn[in.ID]}
		s.ID, s.Change = idOrChange(in.ID)
		s.Internet, s.Public, s.Egress = d.scope.Internet(in)
		if t := d.net.RouteTableOf(in.ID); t != nil {
			s.Table = d.tables[t.ID]
			s.Table.Subnets = append(s.Table.Subnets, s)
			s.Table.Workload = s.Table.Workload || s.Workload
			if !slices.Contains(s.Table.Internet, s.Internet) {
				s.Table.Internet = append(s.Table.Internet, s.Internet)
			}
			if s.Table.Egress == catalog.Unknown || s.Egress < s.Table.Egress {
				s.Table.Egress = s.Egress
			}
		} else if d.hides("ec2:DescribeRouteTables") {
			s.Internet = "route tables could not be read"
		}
		z.Subnets, z.Workload = append(z.Subnets, s), z.Workload || s.Workload
		d.subnets[in.ID] = s
	}
	for _, g := range d.net.NATGateways {
		if g.State == "deleted" {
			continue
		}
		n := NAT{NATGateway: g}
		n.ID, n.Change = idOrChange(g.ID)
		if s := d.subnets[g.Subnet]; s != nil {
			s.NAT = append(s.NAT, n)
		} else if g.Regional {
			d.Regional = append(d.Regional, n)
		}
	}
}

// addInterfaces adds what runs in the subnets.
func (d *drawing) addInterfaces() {
	own := map[string]bool{}
	for _, i := range d.scope.Interfaces() {
		own[i.ID] = true
		s := d.subnets[i.Subnet]
		switch {
		case s == nil:
		case i.Instance != "":
			s.Instances++
		default:
			s.Tasks++
		}
	}
	for _, i := range d.net.Interfaces {
		if s := d.subnets[i.Subnet]; s != nil && !own[i.ID] && i.Type != "vpc_endpoint" && i.Type != "nat_gateway" {
			i.Description = safe(i.Description)
			s.Others = append(s.Others, i)
		}
	}
	runs := func(name string, subnets []string) {
		for _, id := range subnets {
			if s := d.subnets[id]; s != nil && s.Workload {
				s.Runs = append(s.Runs, safe(name))
			}
		}
	}
	w := d.scope.Workload()
	for _, svc := range w.Services {
		runs(svc.Name, svc.Subnets)
	}
	for _, e := range w.Environments {
		runs(e.Name, e.Subnets)
	}
	for _, e := range w.Airflows {
		runs(e.Name, e.Subnets)
	}
}

// addEndpoints adds the existing endpoints.
func (d *drawing) addEndpoints() {
	enis := map[string]*inventory.Interface{}
	for i := range d.net.Interfaces {
		enis[d.net.Interfaces[i].ID] = &d.net.Interfaces[i]
	}
	for _, x := range d.net.Endpoints {
		if x.State == "deleted" {
			continue
		}
		e := &Endpoint{Code: safe(catalog.CodeOf(x.Service)), Service: safe(x.Service), ID: x.ID, Type: x.Type, PrivateDNS: x.PrivateDNS, Groups: x.Groups,
			Tables: x.RouteTables, subnets: x.Subnets, Now: Status{State: Unused}}
		if !plan.Usable(&x) {
			e.Now = Status{Broken, []string{safe(x.State)}}
			if x.LastError != "" {
				e.Now.Why = append(e.Now.Why, "AWS reports: "+safe(x.LastError))
			}
		}
		e.After = e.Now
		d.endpoints[x.ID] = e
		d.Endpoints = append(d.Endpoints, e)
		for _, id := range x.Subnets {
			s := d.subnets[id]
			if s == nil {
				continue
			}
			i := &Interface{Endpoint: e}
			for _, eni := range x.Interfaces {
				if n := enis[eni]; n != nil && n.Subnet == id {
					i.ENI, i.IP = n.ID, n.IP
				}
			}
			s.Endpoints = append(s.Endpoints, i)
		}
		d.route(e, x.RouteTables)
	}
}

// route adds a gateway endpoint to its route tables.
func (d *drawing) route(e *Endpoint, tables []string) {
	for _, id := range tables {
		if t := d.tables[id]; t != nil {
			t.Gateways = append(t.Gateways, e)
		}
	}
}

// addPlanned adds what the plan creates and adds to.
func (d *drawing) addPlanned() {
	for i := range d.plan.Changes {
		a := &d.plan.Changes[i]
		e := d.endpoints[a.Existing]
		if e != nil && a.Code() != "" {
			e.Change = a.ID
			e.Code, _, _ = strings.Cut(safe(a.Code()), "@")
			if a.Op != resource.Keep {
				e.Plan = safe(a.Summary)
			}
		}
		switch s := a.Spec.(type) {
		case resource.InterfaceEndpoint:
			if a.Op == resource.Create {
				d.create(a, &Endpoint{Type: catalog.Interface, Service: s.Service, PrivateDNS: s.PrivateDNS || s.Later, Groups: d.groups(s.Groups), newSubnets: s.Subnets})
			}
		case resource.GatewayEndpoint:
			if a.Op == resource.Create {
				d.create(a, &Endpoint{Type: catalog.Gateway, Service: s.Service, NewTables: s.RouteTables})
			}
		case resource.EndpointChange:
			if e != nil && a.Op == resource.Modify {
				e.newSubnets, e.NewTables, e.TurnsOn = s.AddSubnets, s.AddRouteTables, e.TurnsOn || s.PrivateDNS
				d.place(e)
			}
		case resource.EndpointDNS:
			if e != nil {
				e.TurnsOn = true
			}
		case resource.Subnet, resource.RouteTableAssociation, resource.NATGateway: // the network of the account ahead has them
		case resource.Route:
			d.createRoute(a, s)
		default:
			d.createOther(a)
		}
	}
}

// create adds an endpoint that the plan creates.
func (d *drawing) create(a *resource.Change, e *Endpoint) {
	e.Code, e.Change, e.Planned, e.Plan = safe(a.Code()), a.ID, true, safe(a.Summary)
	d.Endpoints = append(d.Endpoints, e)
	d.place(e)
}

// groups returns the ids of security groups, and the names of those that the plan creates.
func (d *drawing) groups(vs []resource.Value) []string {
	var out []string
	for _, v := range vs {
		if v.Lit != "" {
			out = append(out, d.nameOf(v.Lit))
		} else {
			out = append(out, safe(d.plan.ResourceName(v)))
		}
	}
	return out
}

// place adds what the plan adds to an endpoint.
func (d *drawing) place(e *Endpoint) {
	for _, id := range e.newSubnets {
		if s := d.subnets[id]; s != nil {
			s.Endpoints = append(s.Endpoints, &Interface{Endpoint: e, Planned: true})
		}
	}
	d.route(e, e.NewTables)
	e.NewTables = slices.Clone(e.NewTables) // they are those of the plan
	for i, id := range e.NewTables {
		e.NewTables[i] = d.nameOf(id)
	}
}

// createOther adds a resource that the plan creates in subnets.
func (d *drawing) createOther(a *resource.Change) {
	if a.Op != resource.Create || a.Spec == nil {
		return
	}
	var subnets []string
	props := resource.Properties(a.Spec)
	for _, key := range []string{"subnet_id", "subnet_ids", "subnets"} {
		switch v := props[key].(type) {
		case string:
			subnets = append(subnets, v)
		case []string:
			subnets = append(subnets, v...)
		case resource.Value:
			subnets = append(subnets, cmp.Or(v.Lit, string(v.From)))
		case []resource.Value:
			for _, v := range v {
				subnets = append(subnets, cmp.Or(v.Lit, string(v.From)))
			}
		}
	}
	cells := a.Spec.Cells(d.plan, *a)
	for _, id := range subnets {
		if s := d.subnets[id]; s != nil {
			s.Planned = append(s.Planned, Resource{cells.Kind, safe(cells.Name), a.ID})
		}
	}
}

// order sorts all that the map shows.
func (d *drawing) order() {
	slices.SortStableFunc(d.Zones, func(x, y *Zone) int { return cmp.Compare(x.Name, y.Name) })
	byName := func(x, y *Subnet) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) }
	for _, z := range d.Zones {
		slices.SortFunc(z.Subnets, byName)
		for _, s := range z.Subnets {
			slices.SortStableFunc(s.Endpoints, func(x, y *Interface) int {
				return cmp.Or(workload.Later(x.Change == "", y.Change == ""), workload.Later(x.Planned, y.Planned), cmp.Compare(x.Code, y.Code))
			})
		}
	}
	for _, t := range d.Tables {
		slices.SortFunc(t.Subnets, byName)
	}
	rank := func(t *Table) int {
		switch {
		case t.Workload:
			return 0
		case slices.ContainsFunc(t.Subnets, func(s *Subnet) bool { return s.busy(true) }):
			return 1
		case len(t.Subnets) > 0:
			return 2
		}
		return 3
	}
	ranks := map[*Table]int{}
	for _, t := range d.Tables {
		ranks[t] = rank(t)
	}
	slices.SortStableFunc(d.Tables, func(x, y *Table) int {
		return cmp.Or(ranks[x]-ranks[y], len(y.Subnets)-len(x.Subnets), cmp.Compare(x.Label(), y.Label()))
	})
}

// safe returns foreign text as one line that moves nothing in a terminal.
func safe(s string) string { return strings.TrimSpace(printable.Line(s)) }

// workloadText returns what runs in a subnet.
func (m *Map) workloadText(s *Subnet) string {
	var parts []string
	if m.named {
		return strings.Join(s.Runs, ", ")
	}
	if s.Tasks > 0 {
		parts = append(parts, words.Count(s.Tasks, m.unit))
	}
	if s.Instances > 0 {
		parts = append(parts, words.Count(s.Instances, "instance"))
	}
	return strings.Join(parts, ", ")
}
