package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// stateTexts are the states in the table.
var stateTexts = map[State]string{NotStarting: "no start", Stopped: "findings", NoPlan: "no plan", ToChange: "changes", Synced: "in sync"}

// Columns of the table.
const (
	columnAccount = iota
	columnRegion
	columnVPC
	columnWorkloads
	columnState
	columnNeeds // the first number
	columnMissing
	columnCost
	columnShutOut
)

var headings = []string{"Account", "Region", "VPC", "Workloads", "State", "Needs", "Missing", "Monthly", "Shut out"}

// Minimum widths of the columns that are cut in a narrow terminal. The VPC is cut first.
const (
	minVPC       = 8
	minWorkloads = 8
)

// Lines returns the overview for a terminal of a width: a row for each VPC, with indented lines about what does not work, then what
// was not checked, then the totals. Only the totals are never broken into several lines.
func (o Overview) Lines(width int) []string {
	var out []string
	t := o.layout(width)
	if len(o.VPCs) > 0 {
		out = append(out, t.row(headings[:len(t.widths)]))
	}
	for _, v := range o.VPCs {
		out = append(out, t.row(v.cells(t.widths[columnVPC], t.widths[columnWorkloads])))
		for _, text := range v.details() {
			for i, l := range words.Lines(printable.Line(text), width-2, width-4) {
				out = append(out, strings.Repeat(" ", 2+2*min(i, 1))+l)
			}
		}
	}
	for _, text := range o.rest() {
		out = append(out, words.Lines(printable.Line(text), width, width)...)
	}
	return append(out, o.Totals())
}

// table is the layout of the rows.
type table struct {
	widths []int
	gap    string // between columns
}

// layout fits the columns into a width. The number of blocked clients is left out if there are none or no space: the lines below a
// row have them.
func (o Overview) layout(width int) table {
	if slices.ContainsFunc(o.VPCs, func(v VPC) bool { return len(v.ShutOut) > 0 }) {
		if t := o.fit(columnShutOut+1, width); words.Width(t.row(headings)) <= width {
			return t
		}
	}
	return o.fit(columnShutOut, width)
}

// fit fits the first columns into a width.
func (o Overview) fit(columns, width int) table {
	t := table{make([]int, columns), "  "}
	total := len(t.gap) * (columns - 1)
	for i := range columns {
		t.widths[i] = words.Width(headings[i])
		for _, v := range o.VPCs {
			t.widths[i] = max(t.widths[i], words.Width(v.cells(width, width)[i]))
		}
		total += t.widths[i]
	}
	for _, c := range []struct{ column, min int }{{columnVPC, minVPC}, {columnWorkloads, minWorkloads}} {
		most := max(c.min, t.widths[c.column]-max(0, total-width))
		if most >= t.widths[c.column] {
			continue
		}
		total -= t.widths[c.column]
		t.widths[c.column] = words.Width(headings[c.column])
		for _, v := range o.VPCs { // a cut text can be shorter
			t.widths[c.column] = max(t.widths[c.column], words.Width(v.cells(most, most)[c.column]))
		}
		total += t.widths[c.column]
	}
	if total > width {
		t.gap = " "
		t.widths[columnWorkloads] += max(0, width-total+columns-1)
	}
	return t
}

// row is a row of the table.
func (t table) row(cells []string) string {
	var out []string
	for i, c := range cells[:len(t.widths)] {
		if i >= columnNeeds {
			c = strings.Repeat(" ", max(0, t.widths[i]-words.Width(c))) + c
		}
		out = append(out, words.Pad(c, t.widths[i]))
	}
	return strings.TrimRight(strings.Join(out, t.gap), " ")
}

// cells are the columns of a VPC. The VPC and the workloads have maximum widths.
func (v VPC) cells(vpc, workloads int) []string {
	label := printable.Line(inventory.Label(v.Name, v.VPC))
	switch name := printable.Line(strings.TrimSpace(v.Name)); {
	case words.Width(label) <= vpc:
	case name != "": // the lines below have the id
		label = words.Cut(name, vpc)
	default:
		label = words.CutMiddle(v.VPC, vpc)
	}
	var names []string
	for _, w := range v.Workloads {
		names = append(names, string(w.Workload))
	}
	list := strings.Join(names, ", ")
	if words.Width(list) > workloads {
		more := ""
		if len(names) > 1 {
			more = fmt.Sprintf(" +%d", len(names)-1)
		}
		list = words.Cut(names[0], workloads-len(more)) + more
	}
	return []string{v.Account, v.Region, label, list, stateTexts[v.State], fmt.Sprint(len(v.Needed)), fmt.Sprint(len(v.Changes)), v.Cost.cell(), fmt.Sprint(len(v.ShutOut))}
}

// cell is the cost as a number: "$87.60", "$87.60+" if a price is not known, and "-" for none.
func (c Cost) cell() string {
	switch {
	case !c.Known && c.Monthly == 0:
		return "?"
	case c.Monthly == 0:
		return "-"
	}
	return fmt.Sprintf("$%.2f", c.Monthly) + map[bool]string{false: "+"}[c.Known]
}

// text is the cost in a sentence.
func (c Cost) text() string {
	switch {
	case !c.Known && c.Monthly == 0:
		return "The price of what is missing is not known."
	case !c.Known:
		return fmt.Sprintf("What is missing costs about $%.2f per month, without items that have no known price.", c.Monthly)
	case c.Monthly == 0:
		return "The changes add no cost."
	}
	return fmt.Sprintf("What is missing costs about $%.2f per month.", c.Monthly)
}

// details are lines about what does not work: the first cause of each workload that does not start, if others do
// not have the same, why a workload has no plan, the
// rules that stop a plan with the first finding, and other clients that an endpoint blocks. The first line has the id of the VPC.
func (v VPC) details() []string {
	var out, causes []string
	for _, w := range v.Workloads {
		if w.State == NotStarting {
			text := w.NotRunning[0]
			switch {
			case len(w.Causes) > 0 && slices.Contains(causes, w.Causes[0]):
				text = ""
			case len(w.Causes) > 0:
				text, causes = text+" "+w.Causes[0], append(causes, w.Causes[0])
			case w.Unsure != "":
				text += " " + w.Unsure
			default:
				text += " The snapshot shows no cause."
			}
			if text != "" {
				out = append(out, text)
			}
		}
		if w.Problem != "" {
			out = append(out, fmt.Sprintf("No plan for %s: %s.", families.Of(w.Workload).Title, strings.TrimSuffix(w.Problem, ".")))
		}
	}
	if len(v.stopping) > 0 {
		var rules []string
		for _, f := range v.stopping {
			rules = append(rules, f.Rule)
		}
		text, first := "Stopped by "+words.And(workload.Unique(rules)), v.stopping[0]
		if slices.ContainsFunc(causes, func(c string) bool { return strings.HasPrefix(first.Message, c) }) { // a cause is the start of its message
			text += "."
		} else {
			text += ": " + first.Message
		}
		out = append(out, text)
	}
	for _, f := range v.ShutOut {
		if len(v.stopping) == 0 || f.Message != v.stopping[0].Message {
			out = append(out, "Other clients: "+f.Message)
		}
	}
	if len(out) > 0 {
		out[0] = v.VPC + ": " + out[0]
	}
	return out
}

// maxListed is the maximum number of names in a line.
const maxListed = 5

// rest are lines about what was not checked.
func (o Overview) rest() []string {
	var out, networks []string
	none := 0
	for _, n := range o.NotChecked {
		if n.Reason == NoWorkload {
			none++
			continue
		}
		text := strings.Join([]string{n.Account, n.Region, n.VPC}, " ")
		if len(n.Workloads) > 0 {
			text += " (" + names(n.Workloads) + ")"
		}
		networks = append(networks, text)
	}
	if none > 0 {
		out = append(out, words.Count(none, "VPC")+" without a supported workload: not checked.")
	}
	if len(networks) > 0 {
		out = append(out, fmt.Sprintf("%s without a network in the snapshot: not checked (%s). Write the snapshot again with --vpc ID.", words.Count(len(networks), "VPC"), words.UpTo(networks, maxListed)))
	}
	var unplaced []string
	for _, u := range o.Unplaced {
		unplaced = append(unplaced, fmt.Sprintf("%s %s %s", u.Account, u.Region, u.Name))
	}
	if len(unplaced) > 0 {
		out = append(out, fmt.Sprintf("%s with an unknown VPC: not checked (%s).", words.Count(len(unplaced), "workload"), words.UpTo(unplaced, maxListed)))
	}
	for _, h := range o.Hidden {
		out = append(out, fmt.Sprintf("%s: workloads can be missing (%s), because %s gave no result (%s). Accept this with --accept A-GAP.", h.File, names(h.Workloads), h.Call, h.Code))
	}
	return out
}

func names(workloads []answers.Workload) string {
	var out []string
	for _, w := range workloads {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// Totals is the last line: the number of VPCs in each state, and the cost.
func (o Overview) Totals() string {
	n := map[State]int{}
	for _, v := range o.VPCs {
		n[v.State]++
	}
	var counts []string
	for _, s := range []struct {
		state State
		text  string
	}{{NotStarting, "with a workload that does not start"}, {Stopped, "with findings that stop the plan"}, {NoPlan, "without a plan"}, {ToChange, "with changes to make"}, {Synced, "in sync"}} {
		if n[s.state] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n[s.state], s.text))
		}
	}
	text := fmt.Sprintf("Checked %s of %s", words.Count(len(o.VPCs), "VPC"), words.Count(o.Snapshots, "snapshot"))
	if len(counts) > 0 {
		text += ": " + strings.Join(counts, ", ")
	}
	text += "."
	if len(o.VPCs) > 0 {
		text += " " + o.Cost.text()
	}
	if len(o.Unread) > 0 {
		text += fmt.Sprintf(" %s could not be read.", words.Count(len(o.Unread), "file"))
	}
	return text
}
