// Package inventory is the content of an account and Region as plain data. It reads and writes
// JSON, is loaded in parts, and records denied calls as gaps.
package inventory

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
)

// Version is the version of the JSON form that this package writes.
const Version = 1

// Request selects one part. VPC is set only for PartNetwork, PartHosts and PartAccess, Role only
// for PartRoles, Name only for PartSecret, PartDefinition and PartLogGroups, which has several names with
// spaces between them.
type Request struct {
	Part Part   `json:"part"`
	VPC  string `json:"vpc,omitempty"`
	Role string `json:"role,omitempty"` // ARN
	Name string `json:"name,omitempty"` // or ARN
}

// Inventory is the loaded content of one account in one Region.
type Inventory struct {
	Version   int    `json:"version"`
	Account   string `json:"account"`
	Partition string `json:"partition"` // aws, aws-cn, aws-us-gov
	Region    string `json:"region"`
	Caller    string `json:"caller"` // ARN of the caller
	// Snapshot is the origin of a snapshot; nil for an account that is read directly, and for snapshots of earlier versions.
	Snapshot *Origin `json:"snapshot,omitempty"`

	VPCs     []VPC             `json:"vpcs,omitempty"`
	Services []EndpointService `json:"services,omitempty"`
	Clusters []Cluster         `json:"clusters,omitempty"`
	// TaskDefinitions are those that services use and those that were requested by ARN.
	TaskDefinitions []TaskDefinition `json:"task_definitions,omitempty"`
	Batch           Batch            `json:"batch,omitzero"`
	MWAA            []Airflow        `json:"mwaa,omitempty"`
	Roles           []Role           `json:"roles,omitempty"` // those that were requested
	// Secrets have no values.
	Secrets []Secret `json:"secrets,omitempty"`
	Keys    []Key    `json:"keys,omitempty"` // KMS keys with an alias
	// ExecutionRoles are the ARNs of roles that ecs-tasks.amazonaws.com may assume.
	ExecutionRoles []string `json:"execution_roles,omitempty"`
	Caches         []Cache  `json:"caches,omitempty"`
	LogGroups      []string `json:"log_groups,omitempty"` // the existing ones of those that were requested
	Quotas         Quotas   `json:"quotas,omitzero"`
	// Creation is what a new VPC depends on.
	Creation Creation `json:"creation,omitzero"`
	// Prices are those of the AWS Price List API; empty if it gave no result or does not serve the partition.
	Prices price.List `json:"prices,omitzero"`
	// Networks are loaded only for the selected VPC.
	Networks []Network `json:"networks,omitempty"`
	// Hosts are loaded only for VPCs with agents to restart.
	Hosts []Host `json:"hosts,omitempty"`
	// Access are loaded only for VPCs with a private web server.
	Access []Access `json:"ways,omitempty"`
	// Failures are loaded only for snapshots and wizard doctor.
	Failures Failures `json:"failures,omitzero"`

	Loaded []Request `json:"loaded"`
	Gaps   []Gap     `json:"gaps,omitempty"`
}

// Origin is when and how a snapshot was taken.
type Origin struct {
	// Taken is the time at which reading ended, in UTC and as RFC 3339: "2026-11-30T09:15:00Z".
	Taken string `json:"taken"`
	// Program is the version of the program that took it.
	Program string `json:"program"`
	// Mask identifies the legend of a masked snapshot. Two masked snapshots can be compared if it is the same. It is empty if
	// the snapshot is not masked.
	Mask string `json:"mask,omitempty"`
}

// Masked reports whether names and account ids are replaced.
func (inv *Inventory) Masked() bool { return inv.Snapshot != nil && inv.Snapshot.Mask != "" }

// Gap is a call that gave no result, because AWS denied it or for another reason. What it would have
// shown is unknown, which is not the same as an empty list.
type Gap struct {
	Call      string `json:"call"` // "ecs:ListClusters"
	Code      string `json:"code"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Codes of gaps that are not an error code of AWS.
const (
	NotAllRead = "NotAllRead" // a list was too long to read all of it
	// NotOffered means that the endpoint does not have the operation: the Region or the partition
	// lacks the service, or the endpoint is an emulator.
	NotOffered = "NotOffered"
)

// Denials are the codes of AWS for a missing permission.
var Denials = []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "NotAuthorized", "AuthorizationError"}

// Denied reports whether the caller lacks the permission for the call.
func (g Gap) Denied() bool { return slices.Contains(Denials, g.Code) }

// String returns the call and the reason as part of a sentence: "AWS denied ec2:DescribeVpcs (AccessDenied)".
func (g Gap) String() string {
	if g.Denied() {
		return fmt.Sprintf("AWS denied %s (%s)", g.Call, g.Code)
	}
	return fmt.Sprintf("%s gave no result (%s)", g.Call, g.Code)
}

// Has reports whether a part was loaded, possibly with gaps.
func (inv *Inventory) Has(r Request) bool {
	whole := r.Part.lookup().within
	return slices.Contains(inv.Loaded, r) || whole != "" && slices.Contains(inv.Loaded, Request{Part: whole})
}

// Merge adds a loaded part. It replaces existing data of the same part, so a part can be loaded
// again.
func (inv *Inventory) Merge(f Inventory) {
	inv.Version = Version
	if f.Snapshot != nil {
		inv.Snapshot = f.Snapshot
	}
	for _, r := range f.Loaded {
		inv.drop(r)
		r.Part.lookup().merge(inv, &f, r)
		inv.Loaded = append(inv.Loaded, r)
	}
	for _, g := range f.Gaps {
		if _, known := inv.Gap(g.Call); !known {
			inv.Gaps = append(inv.Gaps, g)
		}
	}
	slices.SortFunc(inv.Loaded, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.VPC, b.VPC), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(inv.Gaps, func(a, b Gap) int { return cmp.Compare(a.Call, b.Call) })
}

// askedFor returns the names that a part was loaded with.
func (inv *Inventory) askedFor(p Part) []string {
	var out []string
	for _, r := range inv.Loaded {
		if r.Part == p {
			out = append(out, r.Name)
		}
	}
	return out
}

// join merges two lists by ARN or another key, and sorts by it. If both contain a key, the newer item
// wins.
func join[T any](newer, older []T, key func(*T) string) []T {
	loaded := map[string]bool{}
	for n := range items(newer) {
		loaded[key(n)] = true
	}
	out := append(slices.Clone(newer), keep(older, func(o *T) bool { return !loaded[key(o)] })...)
	sort.Slice(out, func(i, j int) bool { return key(&out[i]) < key(&out[j]) }) // without copies of the items
	return out
}

// keep returns a new list of the matching items.
func keep[T any](s []T, ok func(*T) bool) []T {
	var out []T
	for item := range items(s) {
		if ok(item) {
			out = append(out, *item)
		}
	}
	return out
}

// single returns a list of an item, or of none.
func single[T any](item *T) []T {
	if item == nil {
		return nil
	}
	return []T{*item}
}

// drop removes a part and the gaps of its calls. A part that was never loaded has no gaps: those
// of the same calls belong to another role, VPC or part.
func (inv *Inventory) drop(r Request) {
	if !slices.Contains(inv.Loaded, r) {
		return
	}
	inv.Loaded = slices.DeleteFunc(inv.Loaded, func(o Request) bool { return o == r })
	inv.Gaps = slices.DeleteFunc(inv.Gaps, func(g Gap) bool { return slices.Contains(Calls(r.Part), g.Call) })
}

// Gap returns the gap of a call, if it gave no result.
func (inv *Inventory) Gap(call string) (Gap, bool) {
	i := slices.IndexFunc(inv.Gaps, func(g Gap) bool { return g.Call == call })
	if i < 0 {
		return Gap{}, false
	}
	return inv.Gaps[i], true
}

// Label returns the displayed name of a resource with a Name tag: "name (id)", or the one of the
// two that is not empty.
func Label(name, id string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}

// find returns a pointer to the first matching item in s, or nil.
func find[T any](s []T, ok func(*T) bool) *T {
	for item := range items(s) {
		if ok(item) {
			return item
		}
	}
	return nil
}

// items yields a pointer to each item of s, so that nothing is copied.
func items[T any](s []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range s {
			if !yield(&s[i]) {
				return
			}
		}
	}
}
