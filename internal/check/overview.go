package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// OverviewVersion is the version of the JSON form of an overview.
const OverviewVersion = 1

// State is the state of a VPC or of a workload in it.
type State string

// The states, the worst first.
const (
	NotStarting State = "not_starting"
	Stopped     State = "findings"
	NoPlan      State = "no_plan"
	ToChange    State = "changes"
	Synced      State = "in_sync"
)

// states are the states, the worst first.
var states = []State{NotStarting, Stopped, NoPlan, ToChange, Synced}

// Overview is the result of a check of all VPCs in snapshots.
type Overview struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Snapshots is the number of snapshots that were read.
	Snapshots int `json:"snapshots"`
	// Result is findings if a finding stops a plan, if a plan cannot be made or if workloads can be hidden, otherwise changes
	// if there is a change, otherwise in_sync.
	Result Result `json:"result"`
	// VPCs are the VPCs with workloads, the worst first.
	VPCs []VPC `json:"vpcs"`
	// NotChecked are the VPCs without a check.
	NotChecked []NotChecked `json:"not_checked"`
	// Unplaced are workloads that belong to no VPC in the overview, because their snapshot does not show their VPC.
	Unplaced []Unplaced `json:"unplaced"`
	// Hidden are reads without a result that would have shown more workloads.
	Hidden []Hidden `json:"hidden"`
	// Unread are the files that could not be read.
	Unread []Unread `json:"unread"`
	// Cost is what the changes of all VPCs add to the monthly bill.
	Cost Cost `json:"cost"`
	// Exit is the exit code of the command.
	Exit int `json:"exit"`

	repeated []string // sentences about VPCs that are in several snapshots
}

// VPC is the check of all workloads in a VPC. Each workload has a plan, and the lists have each item of the plans once.
type VPC struct {
	// File is the file of the snapshot.
	File string `json:"file"`
	// Account is the account number.
	Account string `json:"account"`
	Region  string `json:"region"`
	// VPC is the id of the VPC.
	VPC string `json:"vpc"`
	// Name is the Name tag of the VPC.
	Name string `json:"name,omitempty"`
	// State is the worst state of its workloads.
	State State `json:"state"`
	// Stops is true if a finding stops a plan, or if a plan cannot be made. The state can be a worse one.
	Stops bool `json:"stops"`
	// Workloads are the workloads that the snapshot shows in the VPC.
	Workloads []InVPC `json:"workloads"`
	// Needed are the codes of the endpoints that the workloads require, or that are recommended for them.
	Needed []string `json:"needed"`
	// Changes are what is missing: what the plans would create or modify.
	Changes []Change `json:"changes"`
	// Findings are problems that the plans do not fix.
	Findings []Finding `json:"findings"`
	// ShutOut are those of the findings that are about other clients of the VPC, which endpoints block or would block.
	ShutOut []Finding `json:"shut_out"`
	// Cost is what the changes add to the monthly bill. It has an endpoint that several workloads need once.
	Cost Cost `json:"cost"`

	stopping []plan.Finding // those that stop a plan
}

// InVPC is a workload in a VPC.
type InVPC struct {
	// Workload is the workload as in an answers file.
	Workload answers.Workload `json:"workload"`
	State    State            `json:"state"`
	// Problem is why it has no plan.
	Problem string `json:"problem,omitempty"`
	// NotRunning is what does not run now, as sentences.
	NotRunning []string `json:"not_running,omitempty"`
	// Causes are why it does not run, in the order of a start. No cause means that the snapshot shows none.
	Causes []string `json:"causes,omitempty"`
	// Unsure is what may hide a cause.
	Unsure string `json:"unsure,omitempty"`
}

// Cost is what changes add to the monthly bill.
type Cost struct {
	Currency string `json:"currency"`
	// Monthly is the sum of the items with a known price, without those that depend on the traffic.
	Monthly float64 `json:"monthly"`
	// Known is false if the price of an item that monthly should contain is not known.
	Known bool `json:"known"`
}

// Reason is why a VPC was not checked.
type Reason string

// The reasons.
const (
	NoWorkload Reason = "no_workload"
	NoNetwork  Reason = "no_network"
)

// NotChecked is a VPC without a check.
type NotChecked struct {
	// File is the file of the snapshot.
	File string `json:"file"`
	// Account is the account number.
	Account string `json:"account"`
	Region  string `json:"region"`
	// VPC is the id of the VPC.
	VPC string `json:"vpc"`
	// Name is the Name tag of the VPC.
	Name string `json:"name,omitempty"`
	// Reason is no_workload if the snapshot shows no supported workload in it, and no_network if the snapshot lacks its network.
	Reason Reason `json:"reason"`
	// Workloads are those that are known to run in a VPC without a network.
	Workloads []answers.Workload `json:"workloads,omitempty"`
}

// Unplaced is a workload that nothing shows the VPC of.
type Unplaced struct {
	// File is the file of the snapshot.
	File string `json:"file"`
	// Account is the account number.
	Account string `json:"account"`
	Region  string `json:"region"`
	// Workload is the workload as in an answers file.
	Workload answers.Workload `json:"workload"`
	// Name is the name of the service, compute environment or Airflow environment.
	Name string `json:"name"`
}

// Hidden is a read without a result that would have shown workloads.
type Hidden struct {
	// File is the file of the snapshot.
	File string `json:"file"`
	// Account is the account number.
	Account string `json:"account"`
	Region  string `json:"region"`
	// Call is the AWS call.
	Call string `json:"call"`
	// Code is the error code of AWS, or NotInSnapshot.
	Code string `json:"code"`
	// Workloads are the workloads that it would have shown.
	Workloads []answers.Workload `json:"workloads"`
}

// Unread is a file that could not be read.
type Unread struct {
	// File is the file.
	File string `json:"file"`
	// Error is why it could not be read.
	Error string `json:"error"`
}

// Attempt is the plan for a workload of a VPC, or why it cannot be made.
type Attempt struct {
	Workload answers.Workload
	// Plan is nil if it cannot be made. Problem is the reason.
	Plan    *plan.Plan
	Problem string
	// Why is why the workload does not start; nil if it runs.
	Why *cause.Answer
}

// Snapshot is the part of an overview that one snapshot gives. It refers to nothing of the inventory.
type Snapshot struct {
	file       string
	taken      string               // when; empty if it is not known
	inv        *inventory.Inventory // until Done
	accepted   []string
	vpcs       []VPC
	notChecked []NotChecked
	unplaced   []Unplaced
	hidden     []Hidden
}

// NewSnapshot starts the check of a snapshot. Errors of the accepted rules do not stop its plans.
func NewSnapshot(file string, inv *inventory.Inventory, accepted []string) *Snapshot {
	s := &Snapshot{file: file, inv: inv, accepted: accepted}
	if inv.Snapshot != nil {
		s.taken = inv.Snapshot.Taken
	}
	return s
}

// Workloads returns the workloads that the snapshot shows in a VPC. If there are none, or if the network of the VPC is not in
// the snapshot, it records why the VPC is not checked.
func (s *Snapshot) Workloads(v inventory.VPC) []answers.Workload {
	skipped := NotChecked{File: s.file, Account: s.inv.Account, Region: s.inv.Region, VPC: v.ID, Name: v.Name, Reason: NoWorkload}
	if s.inv.CheckNetwork(v.ID) != nil {
		skipped.Reason = NoNetwork
		for _, w := range families.All {
			if slices.Contains(w.VPCs(s.inv), v.ID) {
				skipped.Workloads = append(skipped.Workloads, w.Name)
			}
		}
		s.notChecked = append(s.notChecked, skipped)
		return nil
	}
	var out []answers.Workload
	for _, w := range families.All {
		if w.Found(workload.NewScope(w, s.inv, answersFor(s.inv, w.Name, v.ID))) {
			out = append(out, w.Name)
		}
	}
	if len(out) == 0 {
		s.notChecked = append(s.notChecked, skipped)
	}
	return out
}

// answersFor are the answers of the plan for a workload of a VPC.
func answersFor(inv *inventory.Inventory, w answers.Workload, vpc string) answers.Answers {
	return answers.Answers{Version: 1, Workload: w, Region: inv.Region, VPC: vpc}
}

// Answers returns the answers of the plan for a workload that Workloads returned.
func (s *Snapshot) Answers(w answers.Workload, v inventory.VPC) answers.Answers {
	return answersFor(s.inv, w, v.ID)
}

// others are the rules of findings about other clients of a VPC that an endpoint blocks.
var others = []string{"G-SHUTOUT", "G-POLAGENT"}

// Add merges the plans for the workloads of a VPC.
func (s *Snapshot) Add(v inventory.VPC, attempts []Attempt) {
	out := VPC{File: s.file, Account: s.inv.Account, Region: s.inv.Region, VPC: v.ID, Name: v.Name, State: Synced,
		Workloads: []InVPC{}, Needed: []string{}, Changes: []Change{}, Findings: []Finding{}, ShutOut: []Finding{}}
	var plans []*plan.Plan
	for _, a := range attempts {
		w := InVPC{Workload: a.Workload, State: NoPlan, Problem: a.Problem}
		if a.Plan != nil {
			plans = append(plans, a.Plan)
			r := Of(a.Plan, s.accepted)
			w.State = map[Result]State{InSync: Synced, Changes: ToChange, Findings: Stopped}[r.Result]
			out.merge(r)
		}
		out.Stops = out.Stops || w.State == Stopped || w.State == NoPlan
		if a.Why != nil {
			w.State, w.NotRunning, w.Unsure = NotStarting, a.Why.State, a.Why.Unsure
			for _, c := range a.Why.Causes {
				w.Causes = append(w.Causes, c.Text)
			}
		}
		out.Workloads = append(out.Workloads, w)
		out.State = states[min(slices.Index(states, out.State), slices.Index(states, w.State))]
	}
	for _, f := range out.Findings {
		if slices.Contains(others, f.Rule) {
			out.ShutOut = append(out.ShutOut, f)
		}
	}
	out.Cost = s.cost(v, plans)
	s.vpcs = append(s.vpcs, out)
}

// merge adds what a report has and the others do not.
func (v *VPC) merge(r Report) {
	for _, n := range r.plan.Needs {
		if (n.Verdict == plan.Required || n.Verdict == plan.Recommended) && !slices.Contains(v.Needed, n.Service) {
			v.Needed = append(v.Needed, n.Service)
		}
	}
	for _, c := range r.Changes {
		i := slices.IndexFunc(v.Changes, func(o Change) bool { return o.ID == c.ID })
		switch {
		case i < 0:
			v.Changes = append(v.Changes, c)
		case v.Changes[i].Summary != c.Summary: // such as other zones
			v.Changes[i].Summary += "; " + c.Summary
		}
	}
	for _, f := range r.Findings {
		if !slices.ContainsFunc(v.Findings, func(o Finding) bool {
			return o.Rule == f.Rule && o.Severity == f.Severity && o.Resource == f.Resource && o.Message == f.Message
		}) {
			v.Findings = append(v.Findings, f)
		}
	}
	v.stopping = append(v.stopping, r.plan.Stops(r.accepted)...)
}

// cost adds what the changes of plans cost. Changes with the same id are one resource: an endpoint has one network interface in
// each zone that a plan needs (AWS PrivateLink guide, Access an AWS service using an interface VPC endpoint), and all other
// resources are counted as in the plan with most of them.
func (s *Snapshot) cost(v inventory.VPC, plans []*plan.Plan) Cost {
	type key struct {
		change resource.ID
		item   price.Item
	}
	counts, zones := map[key]int{}, map[key][]string{}
	var order []key
	out := Cost{Currency: "USD", Known: true}
	if len(plans) == 0 {
		return out
	}
	n := s.inv.Network(v.ID)
	for _, p := range plans {
		for _, i := range p.Cost.Items {
			k := key{i.Change, i.Item}
			if !i.Item.Fixed() {
				continue
			}
			if _, seen := counts[k]; !seen {
				order = append(order, k)
			}
			counts[k] = max(counts[k], i.Count)
			for _, id := range subnetsOf(p.Change(i.Change)) {
				zone := id
				if sub := n.Subnet(id); sub != nil {
					zone = sub.Zone
				}
				if !slices.Contains(zones[k], zone) {
					zones[k] = append(zones[k], zone)
				}
			}
			counts[k] = max(counts[k], len(zones[k]))
		}
	}
	prices := price.In(s.inv.Region, plans[0].Prices)
	for _, k := range order {
		out.add(Cost{Monthly: prices.Monthly(k.item, counts[k]), Known: prices.Known(k.item)})
	}
	return out
}

func (c *Cost) add(o Cost) {
	c.Monthly, c.Known = price.Sum(c.Monthly, o.Monthly), c.Known && o.Known
}

// subnetsOf returns the subnets where a change adds network interfaces of an endpoint.
func subnetsOf(c *resource.Change) []string {
	switch s := c.Spec.(type) {
	case resource.InterfaceEndpoint:
		return s.Subnets
	case resource.EndpointChange:
		return s.AddSubnets
	}
	return nil
}

// Done ends the check of a snapshot: it records what belongs to no VPC, and forgets the inventory.
func (s *Snapshot) Done() {
	for _, g := range s.inv.Fragment(inventory.Request{Part: inventory.PartVPCs}).Gaps {
		for _, w := range families.All {
			s.hide(g, w)
		}
	}
	for _, w := range families.All {
		for _, name := range w.Unplaced(s.inv) {
			s.unplaced = append(s.unplaced, Unplaced{s.file, s.inv.Account, s.inv.Region, w.Name, name})
		}
		found := func(v VPC) bool {
			return slices.ContainsFunc(v.Workloads, func(o InVPC) bool { return o.Workload == w.Name })
		}
		if slices.ContainsFunc(s.vpcs, found) { // the plan reports what is hidden
			continue
		}
		for _, g := range unreadFor(s.inv, w) {
			s.hide(g, w)
		}
	}
	s.inv = nil
}

// hide records that a read without a result would have shown a workload.
func (s *Snapshot) hide(g inventory.Gap, w *workload.Workload) {
	i := slices.IndexFunc(s.hidden, func(h Hidden) bool { return h.Call == g.Call })
	if i < 0 {
		i, s.hidden = len(s.hidden), append(s.hidden, Hidden{s.file, s.inv.Account, s.inv.Region, g.Call, g.Code, nil})
	}
	if !slices.Contains(s.hidden[i].Workloads, w.Name) { // two parts can have the same call
		s.hidden[i].Workloads = append(s.hidden[i].Workloads, w.Name)
	}
}

// unreadFor returns the reads without a result that would have shown where a workload runs. A service that the Region does
// not offer hides nothing.
func unreadFor(inv *inventory.Inventory, w *workload.Workload) []inventory.Gap {
	needed := w.Locating
	if w.OwnHosts {
		needed = slices.Concat(needed, workload.AgentReads)
	}
	var out []inventory.Gap
	for _, part := range w.Parts {
		for _, g := range inv.Fragment(inventory.Request{Part: part}).Gaps {
			if slices.Contains(needed, g.Call) && g.Code != inventory.NotOffered {
				out = append(out, g)
			}
		}
	}
	return out
}

// NewOverview merges what snapshots gave, in any order, and the files that could not be read. It sets no exit code.
func NewOverview(snapshots []*Snapshot, unread []Unread, accepted []string) Overview {
	o := Overview{Version: OverviewVersion, Snapshots: len(snapshots), Result: InSync, VPCs: []VPC{}, NotChecked: []NotChecked{}, Unplaced: []Unplaced{}, Hidden: []Hidden{},
		Unread: append([]Unread{}, unread...), Cost: Cost{Currency: "USD", Known: true}}
	taken := map[string]string{}
	for _, s := range snapshots {
		o.VPCs, o.NotChecked = append(o.VPCs, s.vpcs...), append(o.NotChecked, s.notChecked...)
		o.Unplaced, o.Hidden = append(o.Unplaced, s.unplaced...), append(o.Hidden, s.hidden...)
		taken[s.file] = s.taken
	}
	o.newest(taken)
	slices.SortStableFunc(o.VPCs, func(a, b VPC) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.VPC, b.VPC), cmp.Compare(a.File, b.File))
	})
	slices.SortStableFunc(o.NotChecked, func(a, b NotChecked) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.VPC, b.VPC), cmp.Compare(a.File, b.File))
	})
	for _, v := range o.VPCs {
		o.Cost.add(v.Cost)
		switch {
		case v.Stops:
			o.Result = Findings
		case len(v.Changes) > 0 && o.Result == InSync:
			o.Result = Changes
		}
	}
	if len(o.Hidden) > 0 && !slices.Contains(accepted, "A-GAP") {
		o.Result = Findings
	}
	return o
}

// newest keeps the newest of the rows of each VPC, by the time of its snapshot and then by the name of the file, and records the others.
func (o *Overview) newest(taken map[string]string) {
	type vpc struct{ account, region, id string }
	files, order := map[vpc][]string{}, []vpc(nil)
	add := func(k vpc, file string) {
		if files[k] == nil {
			order = append(order, k)
		}
		files[k] = append(files[k], file)
	}
	of := func(v VPC) vpc { return vpc{v.Account, v.Region, v.VPC} }
	not := func(n NotChecked) vpc { return vpc{n.Account, n.Region, n.VPC} }
	for _, v := range o.VPCs {
		add(of(v), v.File)
	}
	for _, n := range o.NotChecked {
		if n.Reason != NoNetwork { // another snapshot can have it
			add(not(n), n.File)
		}
	}
	for _, k := range order {
		slices.SortFunc(files[k], func(a, b string) int { return cmp.Or(cmp.Compare(taken[b], taken[a]), cmp.Compare(b, a)) })
		if older := files[k][1:]; len(older) > 0 {
			slices.Sort(older)
			o.repeated = append(o.repeated, fmt.Sprintf("VPC %s of account %s in %s is in several snapshots. The overview has that of %s, and not that of %s.", k.id, k.account, k.region, files[k][0], words.And(older)))
		}
	}
	older := func(k vpc, file string) bool { return len(files[k]) > 0 && files[k][0] != file }
	o.VPCs = slices.DeleteFunc(o.VPCs, func(v VPC) bool { return older(of(v), v.File) })
	o.NotChecked = slices.DeleteFunc(o.NotChecked, func(n NotChecked) bool { return older(not(n), n.File) })
}

// Repeated returns a sentence for each VPC that is in several snapshots. The overview has the newest of them.
func (o Overview) Repeated() []string { return o.repeated }
