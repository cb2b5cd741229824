package inventory

import (
	"slices"
	"strings"
)

// mostLogGroups is the maximum number of log groups of one request, as DescribeLogGroups filters for at
// most 50 (Amazon CloudWatch Logs API reference, DescribeLogGroups). mostLogCalls is the maximum number of
// requests.
const (
	mostLogGroups = 50
	mostLogCalls  = 2
)

// LogGroupRequests returns the requests for log groups of the account and Region, by name. Of more names
// than a few calls can read, it leaves out the last.
func LogGroupRequests(names []string) []Request {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	var out []Request
	for chunk := range slices.Chunk(names, mostLogGroups) {
		if len(out) < mostLogCalls {
			out = append(out, Request{Part: PartLogGroups, Name: strings.Join(chunk, " ")})
		}
	}
	return out
}

// Names returns the names of a request for log groups. Such a name has no space.
func (r Request) Names() []string { return strings.Fields(r.Name) }

// describeLogGroups is the call that reads log groups.
const describeLogGroups = "logs:DescribeLogGroups"

// LogGroup reports whether a log group exists in the account and Region, and whether that is known.
func (inv *Inventory) LogGroup(name string) (exists, known bool) {
	if slices.Contains(inv.LogGroups, name) {
		return true, true
	}
	_, unread := inv.Gap(describeLogGroups)
	return false, !unread && inv.askedForGroup(name)
}

func (inv *Inventory) askedForGroup(name string) bool {
	return slices.ContainsFunc(inv.askedFor(PartLogGroups), func(names string) bool { return slices.Contains(strings.Fields(names), name) })
}

var logGroupsPart = part{
	name: PartLogGroups, title: "the log groups of the workload", calls: []string{describeLogGroups},
	// named returns the log groups of all definitions, also those of other Regions, which then do not exist.
	named: func(inv *Inventory) []Request {
		var names []string
		add := func(c *Container) {
			if c.LogsTo() == ToLogs && c.LogGroup != "" && c.LogGroup != AnyGroup {
				names = append(names, c.LogGroup)
			}
		}
		for d := range items(inv.TaskDefinitions) {
			for c := range items(d.Containers) {
				add(c)
			}
		}
		for d := range items(inv.Batch.Definitions) {
			for c := range items(d.Containers) {
				add(c)
			}
		}
		for c := range items(inv.Clusters) {
			for s := range items(c.Services) {
				if s.Proxy != nil {
					add(s.Proxy)
				}
			}
		}
		return LogGroupRequests(names)
	},
	// cut finds log groups that other requests loaded, too.
	cut: func(inv *Inventory, r Request, _ bool) (*Inventory, bool) {
		out, all := &Inventory{}, true
		for _, name := range r.Names() {
			if slices.Contains(inv.LogGroups, name) {
				out.LogGroups = append(out.LogGroups, name)
			}
			all = all && inv.askedForGroup(name)
		}
		return out, all
	},
	// merge drops log groups that no longer exist.
	merge: func(inv, f *Inventory, r Request) {
		older := keep(inv.LogGroups, func(name *string) bool { return !slices.Contains(r.Names(), *name) })
		inv.LogGroups = join(f.LogGroups, older, func(name *string) string { return *name })
	},
	mask: func(m *mask, inv *Inventory) { m.all(inv.LogGroups, m.logGroup) },
	maskName: func(m *mask, names string) string {
		list := strings.Fields(names)
		m.all(list, m.logGroup)
		return strings.Join(list, " ")
	},
}
