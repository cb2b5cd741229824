package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// Tone is the meaning of a part of the text, for those who color it.
type Tone string

// The tones of the text form.
const (
	ToneHeading Tone = "heading"
	ToneCreate  Tone = "create"
	ToneModify  Tone = "modify"
	ToneRun     Tone = "run"
	ToneKeep    Tone = "keep"
	ToneError   Tone = "error"
	ToneWarning Tone = "warning"
	ToneGood    Tone = "good"
)

// TextOptions describe how a plan is written for people.
type TextOptions struct {
	Width    int      // columns; 0 means 80, and fewer than 40 are treated as 40
	Terminal bool     // shorten table cells to the width; in a pipe no text is cut
	Explain  bool     // add ids, rules, reasons and checks
	Accepted []string // rules with accepted errors
	Embedded bool     // the caller shows the verdict and what AWS denied
	Why      []string // why the workload does not start, see internal/cause; empty if it runs
	// Paint returns s with the color of a tone; nil means no color.
	Paint func(t Tone, s string) string
}

const (
	defaultWidth = 80
	minWidth     = 40
	manyKept     = 4 // more unchanged resources than this share one line
)

// Group is a part of the list of changes. Its mark has no other meaning in the program.
type Group struct {
	Title, Mark string
	Tone        Tone
	count       func(n int) string
	has         func(resource.Change) bool
}

// Groups are the parts of the list of changes, in their order. Each change is in one group.
var Groups = []Group{
	{"Create", "+", ToneCreate, counted("to create"), func(a resource.Change) bool { return a.Op == resource.Create }},
	{"Modify", "~", ToneModify, counted("to modify"), func(a resource.Change) bool { return a.Op == resource.Modify }},
	{"Run", ">", ToneRun, counted("to run"), func(a resource.Change) bool { return a.Op == resource.Run && !a.Manual() && !a.Waits() }},
	{"Wait", "@", ToneRun, counted("to wait for"), func(a resource.Change) bool { return a.Op == resource.Run && a.Waits() }},
	{"Manual steps", MarkManual, ToneWarning, func(n int) string { return words.Count(n, "manual step") }, func(a resource.Change) bool { return a.Op == resource.Run && a.Manual() }},
	{"Unchanged", "=", ToneKeep, counted("unchanged"), func(a resource.Change) bool { return a.Op == resource.Keep }},
}

// MarkManual is the mark of a manual step.
const MarkManual = "*"

// Of returns the changes of a plan in the group.
func (g Group) Of(p *Plan) []resource.Change {
	return slices.DeleteFunc(slices.Clone(p.Changes), func(a resource.Change) bool { return !g.has(a) })
}

func counted(what string) func(int) string {
	return func(n int) string { return fmt.Sprintf("%d %s", n, what) }
}

// severities are the severities from the worst to the mildest, with the text for them.
var severities = []struct {
	severity Severity
	text     string
	tone     Tone
}{{Block, "blocker", ToneError}, {Error, "error", ToneError}, {Warn, "warning", ToneWarning}, {Info, "note", ToneKeep}}

// Text returns the severity for people.
func (s Severity) Text() string {
	for _, x := range severities {
		if x.severity == s {
			return x.text
		}
	}
	return string(s)
}

// Text returns the plan for people with all explanations, uncolored and with no text cut.
func (p *Plan) Text() string { return p.Format(TextOptions{Explain: true}) }

// Format returns the plan for people: a summary with the verdict, the changes with one
// line each, and the findings. Control characters in names become spaces.
func (p *Plan) Format(o TextOptions) string {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	if o.Paint == nil {
		o.Paint = func(_ Tone, s string) string { return s }
	}
	t := &textForm{p: p, o: o}
	t.summary()
	t.why()
	t.changes()
	t.findings()
	if o.Explain {
		t.reasons()
		t.checks()
		t.price()
	}
	return t.b.String()
}

// textForm is the text of a plan while it is written.
type textForm struct {
	b strings.Builder
	p *Plan
	o TextOptions
}

func (t *textForm) summary() {
	p := t.p
	where := " (the VPC is not known)"
	if p.VPC != "" {
		where = " in VPC " + p.VPCLabel()
	}
	t.wrapped("", "", "Plan for "+p.WorkloadText()+where, ToneHeading)
	t.wrapped("", "", fmt.Sprintf("Account %s, Region %s", p.Account, p.Region), "")
	t.b.WriteByte('\n')
	for _, f := range p.Facts(t.o.Explain, t.o.Accepted) {
		t.field(f[0], f[1], "")
	}
	if t.o.Embedded {
		return
	}
	if len(p.Gaps) > 0 {
		var unread []string
		for _, g := range p.Gaps {
			unread = append(unread, g.String())
		}
		t.field("Not read", strings.Join(unread, "; "), ToneWarning)
	}
	tone := ToneGood
	if len(p.Stops(t.o.Accepted)) > 0 {
		tone = ToneError
	}
	t.field("Verdict", strings.Join(p.Verdict(t.o.Accepted), " "), tone)
}

// WorkloadText returns the kind of the workload for people: "Amazon ECS on Fargate".
func (p *Plan) WorkloadText() string {
	return cmp.Or(families.Of(p.Workload).Title, string(p.Workload))
}

// Facts are the lines of a summary: a label and a text each. With all, endpoints that are not needed are listed.
func (p *Plan) Facts(all bool, accepted []string) [][2]string {
	out := [][2]string{{"Endpoints", p.needsLine(all)}, {"Changes", p.Counts()}}
	out = append(append(out, p.costFields()...), [2]string{"Findings", p.findingCounts(accepted)})
	if line := p.checksLine(); line != "" {
		out = append(out, [2]string{"Checks", line})
	}
	return out
}

func (t *textForm) why() {
	for i, line := range t.o.Why {
		if i == 0 {
			t.b.WriteByte('\n')
			t.wrapped("", "", "Why it does not start", ToneHeading)
		}
		rest := "  "
		if _, _, numbered := strings.Cut(line, ". "); numbered && line[0] >= '0' && line[0] <= '9' {
			rest = "     "
		}
		t.wrapped("  ", rest, line, "")
	}
}

// VPCLabel returns the VPC for people: "prod (vpc-1)", or "prod (new)" before it exists.
func (p *Plan) VPCLabel() string {
	if p.VPCName != "" {
		if !exists(p.VPC) {
			return p.VPCName + " (new)"
		}
		return p.VPCName + " (" + p.VPC + ")"
	}
	return p.VPC
}

// VPCText is the VPC's name, or its id if it has none.
func (p *Plan) VPCText() string {
	if strings.TrimSpace(p.VPCName) != "" {
		return "VPC " + p.VPCName
	}
	return p.VPC
}

func (p *Plan) needsLine(all bool) string {
	codes := map[Verdict][]string{}
	for _, n := range p.Needs {
		codes[n.Verdict] = append(codes[n.Verdict], n.Service)
	}
	var out []string
	for _, v := range []struct {
		verdict Verdict
		text    string
	}{{Required, "required: "}, {Recommended, "recommended: "}} {
		if cs := codes[v.verdict]; len(cs) > 0 {
			out = append(out, v.text+strings.Join(cs, ", "))
		}
	}
	for _, v := range []struct {
		verdict Verdict
		text    string
	}{{Unknown, "not known: "}, {NotNeeded, "not needed: "}} {
		switch cs := codes[v.verdict]; {
		case len(cs) > 0 && (all || v.verdict == Unknown):
			out = append(out, v.text+strings.Join(cs, ", "))
		case len(cs) > 0:
			out = append(out, fmt.Sprintf("%s%d (--explain lists them)", v.text, len(cs)))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "; ")
}

// count returns the number of changes for that a condition is true.
func count(changes []resource.Change, is func(resource.Change) bool) int {
	n := 0
	for _, a := range changes {
		if is(a) {
			n++
		}
	}
	return n
}

// partlyManual reports whether the user does a part of a change that the wizard runs.
func partlyManual(a resource.Change) bool { return a.Op == resource.Run && a.PartlyManual() }

// Counts are the numbers of changes by what they do: "7 to create, 1 manual step, 2 unchanged".
func (p *Plan) Counts() string {
	var out []string
	for _, g := range Groups {
		in := g.Of(p)
		if len(in) == 0 {
			continue
		}
		text := g.count(len(in))
		if n := count(in, partlyManual); n > 0 {
			text += fmt.Sprintf(" (%d with a manual step)", n)
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "no changes"
	}
	return strings.Join(out, ", ")
}

// costFields are the lines of the summary about the cost, by label.
func (p *Plan) costFields() [][2]string {
	c := p.Cost
	line := c.Text()
	switch {
	case !c.Known && c.Source == "":
		line += " in " + c.Region
	case c.Monthly > 0:
		if use := c.Use(); use != "" {
			line += " plus " + use
		}
		line += fmt.Sprintf(" (prices of %s, %s)", c.Region, c.Date)
	}
	if c.Also != "" {
		line += ". " + c.Also
	}
	out := [][2]string{{"Cost", line}}
	if len(c.Existing.Items) > 0 {
		out = append(out, [2]string{"Existing", c.Existing.Text() + " for " + countItems(c.Existing.Items)})
	}
	if c.NAT != nil {
		out = append(out, [2]string{"NAT", c.NAT.Text()})
	}
	return out
}

// countItems says of what the cost is: "3 endpoint interfaces and 1 NAT gateway".
func countItems(items []CostItem) string {
	counts, order := map[price.Item]int{}, []price.Item(nil)
	for _, i := range items {
		if i.Item.Fixed() {
			if counts[i.Item] == 0 {
				order = append(order, i.Item)
			}
			counts[i.Item] += i.Count
		}
	}
	var out []string
	for _, item := range order {
		out = append(out, words.Count(counts[item], item.Text()))
	}
	return words.And(out)
}

func (p *Plan) findingCounts(accepted []string) string {
	var out []string
	for _, s := range severities {
		n, ok := 0, 0
		for _, f := range p.Findings {
			if f.Severity == s.severity {
				n++
				if f.Accepted(accepted) {
					ok++
				}
			}
		}
		if n == 0 {
			continue
		}
		text := words.Count(n, s.text)
		if ok > 0 {
			text += fmt.Sprintf(" (%d accepted)", ok)
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// Accepted reports whether the finding is an error of an accepted rule.
func (f Finding) Accepted(rules []string) bool {
	return f.Severity == Error && slices.Contains(rules, f.Rule)
}

// Line returns the finding on one line: "error G-STATE vpce-1: … " with the problem and what to do.
func (f Finding) Line() string {
	head := strings.Join(strings.Fields(f.Severity.Text()+" "+f.Rule+" "+f.Resource), " ")
	return printable.Line(strings.TrimSpace(head + ": " + f.Message + " " + f.Fix))
}

func (p *Plan) checksLine() string {
	n := 0
	for _, c := range p.Claims {
		if c.Measurable() {
			n++
		}
	}
	if len(p.Claims) == 0 {
		return ""
	}
	line := fmt.Sprintf("%d verified after apply", n)
	if rest := len(p.Claims) - n; rest > 0 {
		line += fmt.Sprintf("; %d cannot be verified from here", rest)
	}
	return line
}

// Verdict reports in sentences whether the plan can be applied. Errors of the accepted
// rules do not stop it.
func (p *Plan) Verdict(accepted []string) []string {
	stops := p.Stops(accepted)
	if len(stops) > 0 {
		return cannotApply(stops)
	}
	needed := slices.ContainsFunc(p.Needs, func(n Need) bool { return n.Verdict != NotNeeded })
	switch {
	case p.ToApply() > 0:
	case len(p.Changes) > 0:
		return []string{"Nothing to do: everything that the workload needs exists."}
	case needed:
		return []string{"The plan is empty: the VPC or the subnets of the workload are not known. Set vpc and clients in the answers file."}
	default:
		return []string{"Nothing to do: this workload needs no endpoints."}
	}
	out := []string{"Ready to apply."}
	ok := 0
	for _, f := range p.Findings {
		if f.Accepted(accepted) {
			ok++
		}
	}
	manual := count(p.Changes, func(a resource.Change) bool { return a.Op == resource.Run && (a.Manual() || a.PartlyManual()) })
	if manual > 0 {
		out = append(out, fmt.Sprintf("You do %s yourself.", words.Count(manual, "manual step")))
	}
	if ok > 0 {
		out = append(out, fmt.Sprintf("You accepted %s.", words.Count(ok, "error")))
	}
	return out
}

// cannotApply reports which findings stop the plan, and what helps against each.
func cannotApply(stops []Finding) []string {
	var rules, fix, errs []string
	for _, f := range stops {
		if slices.Contains(rules, f.Rule) {
			continue
		}
		rules = append(rules, f.Rule)
		switch {
		case f.Refused():
			fix = append(fix, f.Rule+" (AWS rejects the request)")
		case f.Severity == Block:
			fix = append(fix, f.Rule+" (a blocker cannot be accepted)")
		default:
			errs = append(errs, "--accept "+f.Rule)
		}
	}
	out := []string{fmt.Sprintf("Cannot apply or export: %s (%s).", words.Count(len(stops), "unresolved finding"), strings.Join(rules, ", "))}
	if len(fix) > 0 {
		out = append(out, fmt.Sprintf("Fix these first: %s.", strings.Join(fix, ", ")))
	}
	if len(errs) > 0 {
		out = append(out, fmt.Sprintf("You can accept at your own risk: %s.", strings.Join(errs, " ")))
	}
	return out
}

// changes writes the list of changes as a table with one line each.
func (t *textForm) changes() {
	rows := map[resource.ID][]string{}
	widths := make([]int, 4)
	for _, a := range t.p.Changes {
		row := t.p.Row(a)
		rows[a.ID] = row
		for i, cell := range row {
			if w := words.Width(cell); w <= widestCell || i == len(row)-1 {
				widths[i] = max(widths[i], w)
			}
		}
	}
	if t.o.Terminal {
		fit(widths, t.o.Width-4)
	}
	for _, g := range Groups {
		in := g.Of(t.p)
		if len(in) == 0 {
			continue
		}
		t.heading(g.Title)
		mark := "  " + t.o.Paint(g.Tone, g.Mark) + " "
		if g.Tone == ToneKeep && len(in) > manyKept && !t.o.Explain {
			var names []string
			for _, a := range in {
				names = append(names, t.p.Subject(a))
			}
			t.wrapped(mark, "    ", strings.Join(names, ", "), "")
			continue
		}
		for _, a := range in {
			t.b.WriteString(mark + t.row(rows[a.ID], widths) + "\n")
			for _, e := range t.p.edits(a, t.o.Explain) {
				t.wrapped("      ", "        ", e, "")
			}
			if t.o.Explain {
				t.details(a)
			}
		}
	}
}

// widestCell is the widest cell that makes its column wider. A wider one moves the rest of its line.
const widestCell = 24

// row joins cells in columns. Where the line is too wide for the terminal, cells are cut.
func (t *textForm) row(row []string, widths []int) string {
	out := ""
	start := 0
	for i, cell := range row {
		if widths[i] == 0 && t.o.Terminal || cell == "" {
			start += columnWidth(widths[i])
			continue
		}
		out += strings.Repeat(" ", max(0, start-words.Width(out)))
		if out != "" && !strings.HasSuffix(out, "  ") {
			out += "  "
		}
		out += cell
		start += columnWidth(widths[i])
	}
	if width := t.o.Width - 4; t.o.Terminal && words.Width(out) > width {
		out = ""
		for i, cell := range row {
			if widths[i] > 0 {
				cell = words.Cut(cell, widths[i])
				out += cell + strings.Repeat(" ", max(0, columnWidth(widths[i])-words.Width(cell)))
			}
		}
	}
	return strings.TrimRight(out, " ")
}

// columnWidth is the width of a column with the space behind it.
func columnWidth(width int) int {
	if width == 0 {
		return 0
	}
	return width + 2
}

// fit reduces the widths of columns, from the last, until they fit. A column that would
// become too narrow to read is left out, except the first two.
func fit(widths []int, width int) {
	const narrow = 8
	for i := len(widths) - 1; i >= 0; i-- {
		total := -2
		for _, w := range widths {
			total += columnWidth(w)
		}
		switch over := total - width; {
		case over <= 0:
			return
		case widths[i]-over >= narrow, i < 2:
			widths[i] = max(widths[i]-over, min(widths[i], narrow))
		default:
			widths[i] = 0
		}
	}
}

// details writes the summary, the id, the rules and the ids of resources of a change.
func (t *textForm) details(a resource.Change) {
	t.wrapped("      ", "        ", a.Summary, "")
	id := string(a.ID)
	if a.Existing != "" {
		id += " = " + a.Existing
	}
	if len(a.Rules) > 0 {
		id += "; rules: " + strings.Join(a.Rules, ", ")
	}
	t.wrapped("      ", "        ", id, "")
	props := resource.Properties(a.Spec)
	for _, k := range slices.Sorted(maps.Keys(props)) {
		if strings.HasSuffix(k, "_ids") || k == "subnets" || k == "names" {
			t.wrapped("      ", "        ", propertyText(k)+": "+t.p.idsText(props[k]), "")
		}
	}
}

// propertyText returns the name of a property for people. Properties with AWS's names keep them.
func propertyText(key string) string {
	switch key {
	case "by_hand_instance_ids":
		return "instances to restart manually"
	case "run_command_instance_ids":
		return "instances to restart with Run Command"
	case "reboot_instance_ids":
		return "instances to drain and reboot"
	}
	return key
}

// manyValues is the length of the longest list that is shown in full without --explain.
const manyValues = 3

// Edits are the properties that a change modifies, as "key: before → after" with all values.
func (p *Plan) Edits(a resource.Change) []string { return p.edits(a, true) }

// edits are the same. Of a long list only the number of values is shown, except with full.
func (p *Plan) edits(a resource.Change, full bool) []string {
	var out []string
	props := map[string]any{}
	if len(a.Before) > 0 {
		props = resource.Properties(a.Spec)
	}
	for _, k := range slices.Sorted(maps.Keys(a.Before)) {
		before := p.valueText(a.Before[k])
		if s, ok := a.Spec.(resource.Modifier); ok {
			if after := s.After(p, k); after != "" {
				out = append(out, fmt.Sprintf("%s: %s → %s", k, before, after))
				continue
			}
		}
		after, ok := props[k]
		added, adds := props["add_"+k]
		switch {
		case ok:
			out = append(out, fmt.Sprintf("%s: %s → %s", k, before, p.valueText(after)))
		case adds && before == resource.Nothing:
			out = append(out, fmt.Sprintf("%s: %s → %s", k, before, p.valueText(added)))
		case adds && !full && length(a.Before[k]) > manyValues:
			out = append(out, fmt.Sprintf("%s: %d → %d, added %s", k, length(a.Before[k]), length(a.Before[k])+length(added), p.valueText(added)))
		case adds:
			out = append(out, fmt.Sprintf("%s: %s → the same and %s", k, before, p.valueText(added)))
		default:
			out = append(out, fmt.Sprintf("%s: now %s", k, before))
		}
	}
	return out
}

// length is the number of values of a list, or 1 for another property.
func length(v any) int {
	switch v := v.(type) {
	case []string:
		return len(v)
	case []resource.Value:
		return len(v)
	}
	return 1
}

// idsText is a property's value as text, with the ids of existing security groups.
func (p *Plan) idsText(v any) string {
	vs, ok := v.([]resource.Value)
	if !ok {
		return p.valueText(v)
	}
	var out []string
	for _, x := range vs {
		text := p.ResourceName(x)
		if x.Lit != "" && text != x.Lit {
			text = inventory.Label(text, x.Lit)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// valueText is a property's value as text.
func (p *Plan) valueText(v any) string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []string:
		out = v
	case resource.Value:
		return p.ResourceName(v)
	case []resource.Value:
		for _, x := range v {
			out = append(out, p.ResourceName(x))
		}
	default:
		j, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(j)
	}
	if text := strings.Join(out, ", "); text != "" {
		return text
	}
	return resource.Nothing
}

// findings writes the findings from the worst to the mildest.
func (t *textForm) findings() {
	if len(t.p.Findings) == 0 {
		return
	}
	t.heading("Findings")
	for _, s := range severities {
		in := slices.DeleteFunc(slices.Clone(t.p.Findings), func(f Finding) bool { return f.Severity != s.severity })
		for i, f := range in {
			head := s.text
			if f.Accepted(t.o.Accepted) {
				head += " (accepted)"
			}
			t.wrapped("  "+t.o.Paint(s.tone, head)+" ", "    ", strings.TrimSpace(f.Rule+" "+f.Resource), "")
			t.wrapped("      ", "      ", f.Message, "")
			same := i+1 < len(in) && in[i+1].Rule == f.Rule && in[i+1].Fix == f.Fix
			if f.Fix != "" && !same { // one fix for several resources is printed after the last
				t.wrapped("      ", "      ", "Fix: "+f.Fix, "")
			}
		}
	}
}

// reasons writes why the needs and the changes exist. Each sentence is printed once,
// under all that share it.
func (t *textForm) reasons() {
	var all []Reason
	for _, n := range t.p.Needs {
		all = append(all, Reason{n.Service, n.Why})
	}
	for _, a := range t.p.Changes {
		all = append(all, Reason{t.p.Subject(a), a.Why})
	}
	for i, r := range Share(all) {
		if i == 0 {
			t.heading("Reasons")
		}
		t.wrapped("  ", "    ", r.Of, ToneHeading)
		t.wrapped("      ", "      ", r.Text, "")
	}
}

// Reason is a text with the names of what it is about.
type Reason struct{ Of, Text string }

// Share returns texts so that each of their sentences is in them once, with the names of all that share it.
func Share(all []Reason) []Reason {
	var sentences []string
	shared := map[string][]string{}
	for _, r := range all {
		for _, s := range Sentences(r.Text) {
			if shared[s] == nil {
				sentences = append(sentences, s)
			}
			if !slices.Contains(shared[s], r.Of) {
				shared[s] = append(shared[s], r.Of)
			}
		}
	}
	var out []Reason
	for _, s := range sentences {
		of := strings.Join(shared[s], ", ")
		if i := slices.IndexFunc(out, func(r Reason) bool { return r.Of == of }); i >= 0 {
			out[i].Text += " " + s
		} else {
			out = append(out, Reason{of, s})
		}
	}
	return out
}

// Sentences splits a text into its sentences.
func Sentences(text string) []string {
	var out []string
	fields := strings.Fields(printable.Line(text))
	from := 0
	for i, w := range fields {
		ends := strings.HasSuffix(w, ".") || strings.HasSuffix(w, ".)")
		if i == len(fields)-1 || ends && startsSentence(fields[i+1]) {
			out = append(out, strings.Join(fields[from:i+1], " "))
			from = i + 1
		}
	}
	return out
}

func startsSentence(word string) bool {
	r := []rune(strings.TrimPrefix(word, "("))
	return len(r) > 0 && unicode.IsUpper(r[0])
}

// checks writes what is verified after apply.
func (t *textForm) checks() {
	for _, part := range []struct {
		title      string
		measurable bool
	}{{"Verified after apply", true}, {"Cannot be verified from here", false}} {
		var texts []string
		for _, c := range t.p.Claims {
			if c.Measurable() == part.measurable && !slices.Contains(texts, c.Says) {
				texts = append(texts, c.Says)
			}
		}
		if len(texts) == 0 {
			continue
		}
		t.heading(part.title)
		for _, text := range texts {
			t.wrapped("  - ", "    ", text, "")
		}
	}
}

// price writes how the cost is calculated.
func (t *textForm) price() {
	if t.p.Cost.Basis == "" {
		return
	}
	t.heading("Cost")
	t.wrapped("  ", "  ", t.p.Cost.Basis, "")
}

func (t *textForm) heading(title string) {
	t.b.WriteString("\n" + t.o.Paint(ToneHeading, title) + "\n")
}

// field writes a line of the summary; what does not fit goes below its text.
func (t *textForm) field(label, text string, tone Tone) {
	const column = 11
	t.wrapped(fmt.Sprintf("%-*s", column, label), strings.Repeat(" ", column), text, tone)
}

// wrapped writes a text in lines that fit the width, the first behind first and the
// others behind rest. A longer word has a line of its own and is not cut.
func (t *textForm) wrapped(first, rest, text string, tone Tone) {
	prefix := first
	for _, l := range words.Lines(printable.Line(text), t.o.Width-words.Width(first), t.o.Width-words.Width(rest)) {
		if l != "" && tone != "" {
			l = t.o.Paint(tone, l)
		}
		t.b.WriteString(strings.TrimRight(prefix+l, " ") + "\n")
		prefix = rest
	}
}
