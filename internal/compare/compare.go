// Package compare finds what changed between two snapshots of one account and Region, and writes it as sentences. It is pure:
// the same two inventories give the same report.
//
// Every field of the inventory is compared, with three exceptions. What left lists says nothing about the account. What only one
// snapshot contains, or what AWS denied for one of them, is not compared, because it is not known. And network interfaces come and
// go with tasks, so they are counted, and come last.
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Version is the version of the JSON form of a report.
const Version = 1

// Op is what happened to a resource.
type Op string

// The operations.
const (
	Created  Op = "created"
	Deleted  Op = "deleted"
	Modified Op = "modified"
)

// Report is what changed between two snapshots.
type Report struct {
	// Version is the version of this format.
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	// From and To are the origins of the two snapshots; null if a snapshot does not record it.
	From *inventory.Origin `json:"from"`
	To   *inventory.Origin `json:"to"`
	// Notes are about the snapshots and not about the account.
	Notes []string `json:"notes"`
	// Changes are in the order of their subjects: what breaks networks is first.
	Changes []Change `json:"changes"`
	// NotCompared is what only one snapshot contains, or what could not be read for one of them.
	NotCompared []Unknown `json:"not_compared"`
}

// Change is what changed about one resource, within one subject.
type Change struct {
	// Subject is the group of the change: endpoints, security groups, routes, …
	Subject string `json:"subject"`
	// Kind is the kind of the resource: endpoint, security group, ECS service, …
	Kind string `json:"kind"`
	// ID is the id, ARN or name that identifies the resource.
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Op   Op     `json:"op"`
	// Texts are the differences, each a sentence of its own.
	Texts []Text `json:"texts"`
}

// Text is one difference as a sentence.
type Text struct {
	Text string `json:"text"`
	// Details are lines below it, such as the statements that were added to a policy.
	Details []string `json:"details,omitempty"`
}

// Unknown is what was not compared.
type Unknown struct {
	// Call is the AWS call that gave no result; empty if a part is not in a snapshot.
	Call string `json:"call,omitempty"`
	Text string `json:"text"`
}

// Comparable returns an error if two snapshots are not of the same account and Region, or if the names of resources in them
// cannot be compared.
func Comparable(a, b *inventory.Inventory) error {
	switch {
	case a.Masked() != b.Masked():
		return errors.New("one snapshot is masked and the other is not, so their names cannot be compared: take both with the same legend (--legend), or both without --mask")
	case a.Masked() && a.Snapshot.Mask != b.Snapshot.Mask:
		return errors.New("both snapshots are masked, but their names are replaced differently, so the names cannot be compared: take both with the same legend (--legend). The same legend also replaces names differently after a policy got a new wildcard")
	case a.Account != b.Account && a.Account != "" && b.Account != "":
		hint := ""
		if a.Snapshot == nil || b.Snapshot == nil { // they do not record whether they are masked
			hint = "; the number also differs if one of them is masked"
		}
		return fmt.Errorf("these are snapshots of different accounts: %s and %s%s", a.Account, b.Account, hint)
	case a.Region != b.Region:
		return fmt.Errorf("these are snapshots of different Regions: %s and %s", a.Region, b.Region)
	}
	return nil
}

// Of compares two snapshots, a with the later b. Comparable must have returned nil for them.
func Of(a, b *inventory.Inventory) Report {
	c := &comparison{inv: [2]*inventory.Inventory{a, b}, at: map[string]int{}, unused: map[string][]string{}}
	c.index()
	c.note()
	c.parts()
	c.gaps()
	c.account()
	c.networks()
	for _, what := range slices.Sorted(maps.Keys(c.unused)) {
		c.unknown = append(c.unknown, Unknown{Text: printable.Line(what + words.UpTo(c.unused[what], most) + ".")})
	}
	slices.SortStableFunc(c.changes, func(x, y found) int {
		return cmp.Or(cmp.Compare(x.subject, y.subject), cmp.Compare(x.rank, y.rank), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Op, y.Op))
	})
	r := Report{Version: Version, Account: cmp.Or(b.Account, a.Account), Region: b.Region, From: a.Snapshot, To: b.Snapshot, Notes: c.notes, Changes: []Change{}, NotCompared: c.unknown}
	for _, f := range c.changes {
		r.Changes = append(r.Changes, f.Change)
	}
	if r.Notes == nil { // lists in JSON, also without items
		r.Notes = []string{}
	}
	if r.NotCompared == nil {
		r.NotCompared = []Unknown{}
	}
	return r
}

// The two snapshots, as sentences name them.
var sides = [2]string{"the first snapshot", "the second snapshot"}

// comparison is the state of one comparison.
type comparison struct {
	inv     [2]*inventory.Inventory
	labels  map[string]string // of resources, by id or ARN
	gapped  [2]map[string]bool
	changes []found
	at      map[string]int      // the index in changes of a resource within a subject
	unused  map[string][]string // what is only in one snapshot because only what is in use is read
	notes   []string
	unknown []Unknown
}

// found is a change with its place in the report.
type found struct {
	Change
	subject subject
	rank    int
}

// owner is the resource that a difference is about.
type owner struct {
	subject subject
	rank    int
	noun    string
	id      string
	name    string
	label   string // after the noun
	prefix  string // of the texts: the part of the resource that differs
}

// String is the start of a sentence about the resource.
func (o owner) String() string {
	return strings.TrimSpace(strings.ToUpper(o.noun[:1]) + o.noun[1:] + " " + o.label)
}

// change returns the change of a resource in its subject, and adds it if it is new.
func (c *comparison) change(o owner, op Op) *Change {
	key := fmt.Sprintf("%d\x00%s\x00%s\x00%s", o.subject, o.noun, o.id, op)
	i, known := c.at[key]
	if !known {
		i = len(c.changes)
		c.at[key] = i
		c.changes = append(c.changes, found{Change{Subject: o.subject.String(), Kind: o.noun, ID: o.id, Name: o.name, Op: op}, o.subject, o.rank})
	}
	return &c.changes[i].Change
}

// add adds a sentence. What several VPCs list, such as the certificates of the Region, is added once.
func (c *comparison) add(o owner, op Op, text string, details ...string) {
	t := Text{Text: printable.Line(text) + "."}
	for _, d := range details {
		t.Details = append(t.Details, printable.Line(d))
	}
	x := c.change(o, op)
	if !slices.ContainsFunc(x.Texts, func(o Text) bool { return o.Text == t.Text && slices.Equal(o.Details, t.Details) }) {
		x.Texts = append(x.Texts, t)
	}
}

// say adds what differs about a resource that both snapshots have.
func (c *comparison) say(o owner, format string, args ...any) {
	c.add(o, Modified, o.String()+": "+o.prefix+fmt.Sprintf(format, args...))
}

// note adds what differs about the snapshots themselves.
func (c *comparison) note() {
	var taken, program [2]string
	for i, inv := range c.inv {
		if inv.Snapshot != nil {
			taken[i], program[i] = inv.Snapshot.Taken, inv.Snapshot.Program
		}
	}
	// Times in UTC and as RFC 3339 have the order of their texts.
	if taken[0] != "" && taken[1] != "" && taken[1] < taken[0] {
		c.notes = append(c.notes, "The second snapshot is older than the first, so the changes are those from the later state back to the earlier one.")
	}
	if program[0] != program[1] {
		c.notes = append(c.notes, printable.Line(fmt.Sprintf("Different versions of this program took the snapshots (%s and %s). What only one of them reads can appear as a change.", cmp.Or(program[0], "an unknown one"), cmp.Or(program[1], "an unknown one"))))
	}
	if a, b := c.inv[0].Caller, c.inv[1].Caller; a != b && a != "" && b != "" {
		c.notes = append(c.notes, printable.Line(fmt.Sprintf("Different callers took the snapshots: %s and %s.", a, b)))
	}
}

// gaps adds the calls that gave no result in one of the snapshots. The other one may have a result.
func (c *comparison) gaps() {
	titles := map[string][]string{}
	for _, p := range inventory.Parts() {
		for _, call := range inventory.Calls(p) {
			titles[call] = append(titles[call], p.Title())
		}
	}
	var calls []string
	for i, inv := range c.inv {
		c.gapped[i] = map[string]bool{}
		for _, g := range inv.Gaps {
			calls = append(calls, g.Call)
			c.gapped[i][g.Call] = true
		}
	}
	slices.Sort(calls)
	for _, call := range slices.Compact(calls) {
		var why [2]string
		var codes [2]string
		for i, inv := range c.inv {
			if g, ok := inv.Gap(call); ok {
				why[i], codes[i] = reason(g), g.Code
			}
		}
		what := "what " + call + " shows"
		if t := titles[call]; len(t) > 0 {
			what = words.And(t) + ", as far as only " + call + " shows that"
		}
		text := fmt.Sprintf("%s: in both snapshots, %s", what, why[0])
		switch {
		case why[0] == "":
			text = fmt.Sprintf("%s: in %s, %s", what, sides[1], why[1])
		case why[1] == "":
			text = fmt.Sprintf("%s: in %s, %s", what, sides[0], why[0])
		case why[0] != why[1]:
			text = fmt.Sprintf("%s: in %s, %s, and in %s, %s", what, sides[0], why[0], sides[1], why[1])
		}
		c.unknown = append(c.unknown, Unknown{call, printable.Line(strings.ToUpper(text[:1]) + text[1:] + ".")})
		c.reading(call, codes, why)
	}
}

// reason says why a call gave no result, as part of a sentence.
func reason(g inventory.Gap) string {
	switch g.Code {
	case inventory.NotAllRead:
		return "only a part was read"
	case inventory.NotInSnapshot:
		return "it is not contained"
	case inventory.NotOffered:
		return "the Region or the endpoint does not have the operation"
	}
	if g.Denied() {
		return "AWS denied it (" + g.Code + ")"
	}
	return "it gave no result (" + g.Code + ")"
}

// reading adds the change if a call gave a result in one snapshot and not in the other, or failed for another reason.
func (c *comparison) reading(call string, codes, why [2]string) {
	o := owner{subject: reads, noun: "call", id: call, label: call}
	switch {
	case codes[0] == codes[1] || slices.Contains(codes[:], inventory.NotInSnapshot):
	case codes[0] == "" && c.made(0, call):
		c.say(o, "it was read for %s, but not for %s: %s", sides[0], sides[1], why[1])
	case codes[1] == "" && c.made(1, call):
		c.say(o, "it was not read for %s, but for %s: before, %s", sides[0], sides[1], why[0])
	case codes[0] != "" && codes[1] != "":
		c.say(o, "the reason why it was not read changed: before, %s; now, %s", why[0], why[1])
	}
}

// made reports whether a snapshot contains a part that a call loads.
func (c *comparison) made(side int, call string) bool {
	return slices.ContainsFunc(c.inv[side].Loaded, func(r inventory.Request) bool { return slices.Contains(inventory.Calls(r.Part), call) })
}

// unread reports whether a call that a field depends on gave no result in a snapshot.
func (c *comparison) unread(side int, fields ...string) bool {
	for _, f := range fields {
		if slices.ContainsFunc(strings.Fields(readBy[f]), func(call string) bool { return c.gapped[side][call] }) {
			return true
		}
	}
	return false
}

// parts adds the parts of the whole Region that a snapshot does not contain.
func (c *comparison) parts() {
	for _, r := range (&inventory.Inventory{}).Requests(nil) {
		if !slices.Contains([]inventory.Part{inventory.PartIdentity, inventory.PartPrices, inventory.PartFailures}, r.Part) { // see left
			c.both(r, r.Part.Title())
		}
	}
}

// both reports whether both snapshots contain a part. Otherwise it adds that the part is not compared.
func (c *comparison) both(r inventory.Request, what string) bool {
	a, b := c.inv[0].Has(r), c.inv[1].Has(r)
	if a && b {
		return true
	}
	c.lacks(what, a, b)
	return false
}

// lacks adds what is not compared, because not both snapshots contain it.
func (c *comparison) lacks(what string, a, b bool) {
	text := what + ": neither snapshot contains that."
	switch {
	case a:
		text = what + ": only " + sides[0] + " contains that."
	case b:
		text = what + ": only " + sides[1] + " contains that."
	}
	c.unknown = append(c.unknown, Unknown{Text: printable.Line(strings.ToUpper(text[:1]) + text[1:])})
}

// account compares everything but what is loaded for one VPC.
func (c *comparison) account() {
	o := owner{subject: region, noun: "account", id: cmp.Or(c.inv[1].Account, c.inv[0].Account), label: cmp.Or(c.inv[1].Account, c.inv[0].Account)}
	a, b := *c.inv[0], *c.inv[1] // shallow copies without what only one of them was asked for
	for _, v := range []struct {
		part   inventory.Part
		fields []string
	}{
		{inventory.PartVPCs, []string{"VPCs"}}, {inventory.PartServices, []string{"Services"}}, {inventory.PartClusters, []string{"Clusters", "TaskDefinitions"}},
		{inventory.PartBatch, []string{"Batch"}}, {inventory.PartMWAA, []string{"MWAA"}}, {inventory.PartRegistry, []string{"Secrets", "Keys", "ExecutionRoles"}},
		{inventory.PartCaches, []string{"Caches"}}, {inventory.PartQuotas, []string{"Quotas"}}, {inventory.PartCreation, []string{"Creation"}},
	} {
		if a.Has(inventory.Request{Part: v.part}) && b.Has(inventory.Request{Part: v.part}) {
			continue
		}
		for _, f := range v.fields {
			for _, inv := range []*inventory.Inventory{&a, &b} {
				reflect.ValueOf(inv).Elem().FieldByName(f).SetZero()
			}
		}
	}
	c.asked(&a, &b)
	av, bv := reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()
	for _, f := range []string{"VPCs", "Services", "Clusters", "TaskDefinitions", "Batch", "MWAA", "Roles", "Secrets", "Keys", "ExecutionRoles", "Caches", "LogGroups", "Quotas", "Creation", "Hosts"} {
		sf, _ := av.Type().FieldByName(f)
		c.field(o, "", av.Type(), sf, av.FieldByName(f), bv.FieldByName(f))
	}
}

// asked removes the roles, log groups and instances that only one snapshot was asked for, and reports them as not compared.
func (c *comparison) asked(a, b *inventory.Inventory) {
	only := func(noun, name string, side int) {
		what := onlyIn(side, noun)
		c.unused[what] = append(c.unused[what], name)
	}
	invs := [2]*inventory.Inventory{a, b}
	names := [2]map[string]bool{{}, {}}
	for i, inv := range invs {
		for _, r := range inv.Loaded {
			if r.Part == inventory.PartLogGroups {
				for _, name := range r.Names() {
					names[i][name] = true
				}
			}
		}
	}
	for i, inv := range invs {
		has := func(r inventory.Request) bool { return a.Has(r) && b.Has(r) }
		inv.Roles = slices.DeleteFunc(slices.Clone(inv.Roles), func(r inventory.Role) bool {
			if has(inventory.Request{Part: inventory.PartRoles, Role: r.ARN}) {
				return false
			}
			only("role", r.Name, i)
			return true
		})
		inv.LogGroups = slices.DeleteFunc(slices.Clone(inv.LogGroups), func(name string) bool {
			if names[0][name] && names[1][name] {
				return false
			}
			only("log group", name, i)
			return true
		})
		inv.Hosts = slices.DeleteFunc(slices.Clone(inv.Hosts), func(h inventory.Host) bool {
			return !has(inventory.Request{Part: inventory.PartHosts, VPC: h.VPC})
		})
	}
}

// networks compares what is loaded for one VPC.
func (c *comparison) networks() {
	ids := map[inventory.Part][]string{}
	for _, inv := range c.inv {
		for _, r := range inv.Loaded {
			if r.VPC != "" && !slices.Contains(ids[r.Part], r.VPC) {
				ids[r.Part] = append(ids[r.Part], r.VPC)
			}
		}
		for _, v := range inv.VPCs {
			if !slices.Contains(ids[""], v.ID) {
				ids[""] = append(ids[""], v.ID)
			}
		}
	}
	var neither []string
	for _, id := range ids[""] {
		if !slices.Contains(ids[inventory.PartNetwork], id) {
			neither = append(neither, c.ref(id))
		}
	}
	if len(neither) > 0 {
		slices.Sort(neither)
		c.unknown = append(c.unknown, Unknown{Text: printable.Line(fmt.Sprintf("The networks of %s: neither snapshot contains them (%s).", words.Count(len(neither), "VPC"), words.UpTo(neither, most)))})
	}
	for _, part := range []inventory.Part{inventory.PartNetwork, inventory.PartAccess, inventory.PartHosts} {
		slices.Sort(ids[part])
		for _, id := range ids[part] {
			if c.exists(0, id) != c.exists(1, id) {
				continue // the VPC was created or deleted
			}
			if !c.both(inventory.Request{Part: part, VPC: id}, "VPC "+c.ref(id)+", "+part.Title()) {
				continue
			}
			o := owner{subject: vpcs, rank: 0, noun: "VPC", id: id, name: c.vpcName(id), label: c.ref(id)}
			switch a, b := c.inv[0], c.inv[1]; part {
			case inventory.PartNetwork:
				c.loaded(o, "Networks", part, reflect.ValueOf(a.Network(id)), reflect.ValueOf(b.Network(id)))
			case inventory.PartAccess:
				c.loaded(o, "Access", part, reflect.ValueOf(a.Way(id)), reflect.ValueOf(b.Way(id)))
			}
		}
	}
}

// loaded compares what was loaded for a VPC. A snapshot that was edited can lack what it lists as loaded.
func (c *comparison) loaded(o owner, path string, part inventory.Part, a, b reflect.Value) {
	if a.IsNil() || b.IsNil() {
		c.lacks(o.String()+", "+part.Title(), !a.IsNil(), !b.IsNil())
		return
	}
	c.fields(o, path, a.Elem(), b.Elem())
}

// exists reports whether a VPC exists, as far as a snapshot shows.
func (c *comparison) exists(side int, vpc string) bool {
	inv := c.inv[side]
	_, unread := inv.Gap("ec2:DescribeVpcs")
	return unread || !inv.Has(inventory.Request{Part: inventory.PartVPCs}) || inv.VPC(vpc) != nil
}
