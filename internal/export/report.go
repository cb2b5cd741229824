package export

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// A report describes a plan for people who do not have the wizard. All formats write the same document, so they cannot differ in what they say.

// reported is a report without a format.
type reported struct {
	title    string
	lead     prose // what the document is, below the title
	sections []section
}

// section is a part of a document. Its id is a part of a URL.
type section struct {
	id, title string
	blocks    []node
}

// node is one of paragraph, heading, points, table, codeBlock and picture.
type node any

type (
	paragraph struct{ prose }
	// heading is the title of a part of a section.
	heading struct{ text string }
	points  struct {
		numbered bool
		items    []item
	}
	item struct {
		prose
		below []prose // lines of their own
	}
	table struct {
		head    []string
		rows    [][]string
		numbers []bool // the columns with numbers
	}
	codeBlock struct{ language, text string }
	picture   struct {
		mermaid string
		lines   []netmap.Line
		width   int // of the lines, in columns
		title   string
		text    string // the same for people who do not see it
	}
)

// prose is a text with parts in different styles.
type prose []span

type span struct {
	text  string
	style style
}

type style int

const (
	plainText style = iota
	strong
	literal // a command or a permission
	linked  // the URL of a page of AWS
)

func text(format string, args ...any) prose {
	return prose{{fmt.Sprintf(format, args...), plainText}}
}

// marked is a text with commands between backticks.
func marked(s string) prose {
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 {
		return text("%s", s)
	}
	var out prose
	for i, part := range parts {
		if part != "" {
			out = append(out, span{part, map[bool]style{true: literal, false: plainText}[i%2 == 1]})
		}
	}
	return out
}

// labeled is a text behind a label.
func labeled(label, text string) prose { return prose{{label, strong}, {" " + text, plainText}} }

// behind is the same for a text with parts in different styles.
func behind(label string, text prose) prose { return append(labeled(label, ""), text...) }

// reportTitle is the name of the program in a report. An earlier report is recognized by it.
const reportTitle = "Report of PrivateLink Wizard"

// titleWidth is the number of columns of a title.
const titleWidth = 78

// report is a document while it is written.
type report struct {
	reported
	plan *plan.Plan
	meta Meta
	name string // of the workload
}

// reportOf returns the report of a plan with a title that fits in a width.
func reportOf(p *plan.Plan, meta Meta, width int) (*reported, error) {
	r := &report{plan: p, meta: meta, name: p.WorkloadText()}
	if meta.Map != nil {
		r.name = meta.Map.Who
	}
	r.title = oneLine(r.headline(width))
	r.lead = text("%s %s. It describes a plan and changes nothing.", reportTitle, meta.Version)
	if r.stopped() {
		r.lead = append(r.lead, text(" %s", stopText)...)
	}
	r.summary()
	r.impact()
	r.causes()
	r.network()
	r.findings()
	r.changes()
	if err := r.commands(); err != nil {
		return nil, err
	}
	r.cost()
	r.verification()
	r.undo()
	r.unread()
	return &r.reported, nil
}

// stopText says in a report that findings stop its plan.
const stopText = "The plan cannot be applied yet: fix the findings first."

// stopped reports whether findings stop the plan.
func (r *report) stopped() bool { return len(r.plan.Stops(r.meta.Accepted)) > 0 }

// clean returns a text of the account without characters that move other text. They become spaces.
func clean(s string) string { return printable.Line(strings.ToValidUTF8(s, "\uFFFD")) }

// oneLine returns a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// add adds a section, unless it is empty.
func (r *report) add(id, title string, blocks ...node) {
	if len(blocks) > 0 {
		r.sections = append(r.sections, section{id, title, blocks})
	}
}

// headline returns the title: the first cause if something does not start, otherwise the finding that stops the plan, otherwise the state.
func (r *report) headline(width int) string {
	p := r.plan
	if r.meta.Why != nil {
		return r.meta.Why.Title(p, width)
	}
	head := words.CutMiddle(r.name, 30) + ": "
	if stop := cause.Stop(p, r.meta.Accepted); stop != nil {
		return head + cause.TitleOf(p, stop, width-words.Width(head))
	}
	switch {
	case p.ToApply() > 0:
		if said := head + p.Counts() + "; " + p.Cost.Text(); words.Width(said) <= width {
			return said
		}
		return words.Cut(head+p.Counts(), width)
	case len(p.Changes) > 0:
		return head + "in sync: everything that it needs exists"
	}
	return words.Cut(head+strings.ToLower(p.Verdict(r.meta.Accepted)[0][:1])+strings.TrimSuffix(p.Verdict(r.meta.Accepted)[0][1:], "."), width)
}

// origin says what was read.
func (r *report) origin() string {
	switch s := r.meta.Snapshot; {
	case s != nil && s.Taken == "":
		return "a snapshot that does not say when it was taken"
	case s != nil: // a report with stand-ins says so at its top, as long as it has them
		return fmt.Sprintf("a snapshot taken %s by version %s", s.Taken, s.Program)
	case r.meta.Sandbox != "":
		return "sandbox account " + r.meta.Sandbox + ", which is not an AWS account"
	}
	if r.meta.Caller != "" {
		return "the AWS account, with the permissions of " + r.meta.Caller
	}
	return "the AWS account"
}

func (r *report) summary() {
	p := r.plan
	vpc := p.VPCLabel()
	if vpc == "" {
		vpc = "not known"
	}
	workload := p.WorkloadText()
	if r.name != workload {
		workload += ", " + r.name
	}
	rows := [][2]string{{"Account", p.Account + ", Region " + p.Region}, {"VPC", vpc}, {"Workload", workload}, {"Read from", r.origin()}}
	for _, f := range p.Facts(true, r.meta.Accepted) {
		if f[0] != "Existing" && f[0] != "NAT" { // the section about the cost has them
			rows = append(rows, f)
		}
	}
	if len(r.meta.Accepted) > 0 {
		rows = append(rows, [2]string{"Accepted rules", strings.Join(r.meta.Accepted, ", ")})
	}
	rows = append(rows, [2]string{"Verdict", r.verdict()})
	var l points
	for _, row := range rows {
		l.items = append(l.items, item{prose: labeled(row[0]+":", sentence(row[1]))})
	}
	r.add("summary", "Summary", l)
}

// accepted matches the sentence of a verdict about accepted errors.
var accepted = pattern.New(`You accepted ([0-9]+) errors?\.`)

// verdict returns the verdict of the plan for people who cannot apply it themselves.
func (r *report) verdict() string {
	said := strings.Join(r.plan.Verdict(r.meta.Accepted), " ")
	said = strings.NewReplacer("Cannot apply or export:", "The plan cannot be applied:", "You can accept at your own risk:", "Errors can be accepted at your own risk:", "You do ", "People do ", " yourself.", ".").Replace(said)
	return accepted().ReplaceAllStringFunc(said, func(s string) string {
		n := accepted().FindStringSubmatch(s)[1]
		return map[bool]string{true: "1 error was", false: n + " errors were"}[n == "1"] + " accepted (--accept) by the author of this report."
	})
}

// mostImpact is the number of points about the impact, and mostImpactNames that of names in one of them.
const mostImpact, mostImpactNames = 5, 6

// interrupts matches a sentence about what a change interrupts, or how long it takes.
var interrupts = pattern.New(`\b(restarts|interrupts|interrupted|UPDATING|usually takes)\b`)

// impact lists what the plan does to others: clients of the VPC, connections, what runs, and access. It says nothing that the rest of the
// plan does not say.
func (r *report) impact() {
	p := r.plan
	var l points
	add := func(label, said string) {
		said = forReaders(said)
		if !slices.ContainsFunc(l.items, func(i item) bool { return i.prose[0].text == label && i.prose[1].text == " "+said }) {
			l.items = append(l.items, item{prose: labeled(label, said)})
		}
	}
	var private, open, runs []string
	for _, a := range p.Changes {
		if a.Op == resource.Keep {
			continue
		}
		properties := resource.Properties(a.Spec)
		if on, _ := properties["private_dns_enabled"].(bool); on {
			private = append(private, strings.TrimPrefix(p.Subject(a), "private DNS "))
		}
		if _, has := properties["policy_document"]; a.Op == resource.Create && a.Code() != "" && (!has || properties["policy_document"] == "") {
			open = append(open, p.Subject(a))
		}
		if steps := a.Steps(); a.Op == resource.Run && !a.Manual() && !a.Waits() && !steps.Looks && steps.Verify == nil {
			cells := p.Row(a)
			said := strings.Join(slices.DeleteFunc([]string{strings.TrimSpace(cells[0] + " " + cells[1]), cells[2], cells[3]}, func(s string) bool { return s == "" }), ", ")
			runs = append(runs, strings.TrimSpace(sentence(said)+" "+a.Progress().Meanwhile))
		}
	}
	if len(private) > 0 {
		add("Other clients:", fmt.Sprintf("All clients in %s then use the new endpoints of %s by their usual names.", p.VPCText(), words.UpTo(private, mostImpactNames)))
	}
	for _, f := range p.Findings {
		if f.Severity != plan.Info && (f.Rule == "G-SHUTOUT" || interrupts().MatchString(f.Message)) {
			add(f.Rule+":", sentence(f.Message))
		}
	}
	for _, said := range runs {
		add("Runs:", said)
	}
	for _, a := range p.Changes {
		for _, said := range plan.Sentences(a.Why) {
			if (a.Op == resource.Modify || a.Waits()) && interrupts().MatchString(said) {
				add(p.Subject(a)+":", said)
			}
		}
	}
	if len(open) > 0 {
		add("Access:", fmt.Sprintf("The full-access policy of %s allows everything that the permissions of a client allow.", words.UpTo(open, mostImpactNames)))
	}
	if typical := resource.Typical(p.Changes); typical[1] > 0 {
		add("Time:", fmt.Sprintf("AWS usually needs %d to %s for the slowest change.", typical[0]/60, words.Count(typical[1]/60, "minute")))
	}
	if len(l.items) > 0 {
		l.items = l.items[:min(len(l.items), mostImpact)]
		r.add("impact", "Impact", l)
	}
}

// screenTexts are the parts of texts that only users of the screens understand, with what a report has in their place. The answers file
// in parentheses sets the same as the screen.
var screenTexts = []struct {
	match func() *regexp.Regexp
	text  string
}{
	{pattern.New(`Press f on the review screen \(answers file: set ([^ )]+) to ([^)]+)\)`), "Set $1 to $2 in the answers file"},
	{pattern.New(`press f on the review screen to ([^(.]+) \(answers file: ([^)]+)\)`), "set $2 in the answers file to $1"},
	{pattern.New(` ?If f is offered, it does this on the screen\.`), ""},
	{pattern.New(` on the (?:screen|step) [A-Z][A-Za-z]*(?: [a-z]+)?`), ""},
	{pattern.New(` \(see the (?:screen|step) [^)]*\)`), ""},
	{pattern.New(`\(answers file: `), "(in the answers file: "},
	{pattern.New(`The details show the policy before and after`), "The policy before and after is below the changes"},
}

// forReaders returns a text of the program for people who do not have it.
func forReaders(s string) string {
	for _, one := range screenTexts {
		s = one.match().ReplaceAllString(s, one.text)
	}
	return strings.TrimSpace(s)
}

// fixText returns a fix for people who do not have the program.
func fixText(f *plan.Finding) string { return forReaders(f.Fix) }

// causes says why the workload does not start, and what removes each cause.
func (r *report) causes() {
	why := r.meta.Why
	if why == nil {
		return
	}
	blocks := []node{paragraph{text("%s", strings.Join(why.State, " "))}}
	l := points{numbered: true}
	fixed := "Fixed by the plan:"
	if r.stopped() {
		fixed = "The plan would fix this, after the findings are fixed:"
	}
	for _, c := range why.Causes {
		one := item{prose: text("%s", forReaders(c.Text))}
		switch {
		case len(c.Changes) > 0:
			one.below = append(one.below, labeled(fixed, sentence(r.subjects(c.Changes))))
		case c.Finding != nil && fixText(c.Finding) != "":
			one.below = append(one.below, behind("You need to fix this:", marked(sentence(fixText(c.Finding)))))
		default:
			one.below = append(one.below, prose{{"The plan does not fix this.", strong}})
		}
		l.items = append(l.items, one)
	}
	if len(l.items) > 0 {
		blocks = append(blocks, l)
	} else {
		blocks = append(blocks, paragraph{text("No cause was found in the network or in the definitions. The stopped reason of a task shows more.")})
	}
	if why.Unsure != "" {
		blocks = append(blocks, paragraph{text("%s", forReaders(why.Unsure))})
	}
	r.add("causes", "Causes", blocks...)
}

// subjects returns changes as texts by what they do: "create s3, ecr.api; modify logs".
func (r *report) subjects(ids []resource.ID) string {
	var order []string
	of := map[string][]string{}
	for _, id := range ids {
		if a := r.plan.Change(id); a != nil {
			do := string(a.Op)
			if of[do] == nil {
				order = append(order, do)
			}
			of[do] = append(of[do], r.plan.Subject(*a))
		}
	}
	var out []string
	for _, do := range order {
		out = append(out, do+" "+words.And(of[do]))
	}
	return strings.Join(out, "; ")
}

// Sizes of the picture of the network. A page in portrait format shows its width in columns. If it has more lines, it is a list, which has a line
// for each subnet.
const (
	mapWidth  = 84
	listWidth = 79
	mostLines = 120
)

func (r *report) network() {
	m := r.meta.Map
	if m == nil {
		return
	}
	l, width := m.Layout(mapWidth, true), mapWidth
	if l.Height > mostLines {
		width = listWidth
		l = m.Layout(width, true)
	}
	blocks := []node{
		paragraph{text("%s. ◆ exists, ◇ is planned, × is blocked, ● runs the workload, ○ does not run it, ? could not be decided.", m.Headline(10*mapWidth, false))},
		picture{m.Mermaid(), l.Lines(0, l.Height, netmap.View{After: true, Focus: -1}), width, "The network of " + r.plan.VPCText() + " after the plan", m.Text(mapWidth, false)},
	}
	r.add("map", "Map after the plan", blocks...)
}

// findings lists the findings by severity, those with the same fix together.
func (r *report) findings() {
	p := r.plan
	causes := map[string]int{} // by message, because a plan has no two findings with the same
	if r.meta.Why != nil {
		for i, c := range r.meta.Why.Causes {
			if c.Finding != nil {
				causes[c.Finding.Message] = i + 1
			}
		}
	}
	var blocks []node
	for i := 0; i < len(p.Findings); {
		severity := p.Findings[i].Severity
		var l points
		rules := map[string]bool{}
		from := i
		for ; i < len(p.Findings) && p.Findings[i].Severity == severity; i++ {
			f := &p.Findings[i]
			head, message := f.Rule, sentence(forReaders(f.Message))
			if f.Accepted(r.meta.Accepted) {
				head += " (accepted)"
			}
			above := causes[f.Message] // the number of the cause
			if above > 0 {
				rest := strings.TrimSpace(strings.TrimPrefix(f.Message, r.meta.Why.Causes[above-1].Text))
				message = strings.TrimSpace(fmt.Sprintf("see cause %d. ", above) + rest)
			}
			one := item{prose: labeled(head, f.Resource+": "+message)}
			if f.Resource == "" {
				one.prose = labeled(head+":", message)
			}
			rules[f.Rule+f.Fix] = true
			if same := i+1 < len(p.Findings) && p.Findings[i+1].Rule == f.Rule && p.Findings[i+1].Fix == f.Fix; !same { // once for several resources
				if fix := fixText(f); fix != "" && above == 0 {
					one.below = append(one.below, behind("Fix:", marked(sentence(fix))))
				}
				if page := (plan.RuleInfo{ID: f.Rule}).Page(); page != "" {
					one.below = append(one.below, labeled("Source:", page))
				}
				if link := pageOf(f.Rule); link != "" {
					one.below = append(one.below, append(labeled("Read more:", ""), span{link, linked}))
				}
			}
			l.items = append(l.items, one)
		}
		title := words.Count(i-from, severity.Text())
		if len(rules) < i-from {
			title += fmt.Sprintf(" from %s", words.Count(len(rules), "cause"))
		}
		blocks = append(blocks, heading{strings.ToUpper(title[:1]) + title[1:]}, l)
	}
	r.add("findings", "Findings", blocks...)
}

// pageOf returns the URL of the page of AWS about what a rule is about; empty if it is not a rule.
func pageOf(rule string) string {
	all := plan.Rules()
	if i := slices.IndexFunc(all, func(r plan.RuleInfo) bool { return r.ID == rule }); i >= 0 {
		return all[i].Terms()[0].Page
	}
	return ""
}

// longEdit is the length of a modification that gets a block of its own, such as a policy.
const longEdit = 240

// changes lists the changes in a table for each group.
func (r *report) changes() {
	p := r.plan
	var blocks []node
	var more []plan.Reason
	for _, g := range plan.Groups {
		in := g.Of(p)
		if len(in) == 0 {
			continue
		}
		t := table{head: []string{"Change", "Where", "Reason", "Rules"}}
		edits := points{}
		var long []node
		for _, a := range in {
			cells := p.Row(a)
			reason := plan.Sentences(forReaders(a.Why))
			first := ""
			if len(reason) > 0 {
				first = reason[0]
				if g.Tone != plan.ToneKeep {
					more = append(more, plan.Reason{Of: p.Subject(a), Text: strings.Join(briefly(reason[1:]), " ")})
				}
			}
			where := strings.Join(slices.DeleteFunc([]string{cells[2], cells[3]}, func(s string) bool { return s == "" }), "; ")
			t.rows = append(t.rows, []string{strings.TrimSpace(cells[0] + " " + cells[1]), where, first, strings.Join(a.Rules, ", ")})
			if document, ok := newPolicy(a); ok {
				long = append(long, paragraph{labeled(p.Subject(a)+":", "policy")}, codeBlock{"json", document})
			}
			for _, edit := range p.Edits(a) {
				if len(edit) > longEdit {
					before, after, _ := strings.Cut(edit, " → ")
					key, before, _ := strings.Cut(before, ": ")
					said := indented(before)
					if after != "" {
						said += "\n→\n" + indented(after)
					}
					long = append(long, paragraph{labeled(p.Subject(a)+":", key)}, codeBlock{"text", said})
					continue
				}
				edits.items = append(edits.items, item{prose: labeled(p.Subject(a)+":", edit)})
			}
		}
		t.trim()
		blocks = append(blocks, heading{g.Title}, t)
		if len(edits.items) > 0 {
			blocks = append(blocks, paragraph{text("Before → after:")}, edits)
		}
		blocks = append(blocks, long...)
	}
	l := points{}
	for _, shared := range plan.Share(more) {
		l.items = append(l.items, item{prose: behind(shared.Of+":", marked(shared.Text))})
	}
	if len(l.items) > 0 {
		blocks = append(blocks, heading{"More on these changes"}, l)
	}
	r.add("changes", "Changes", blocks...)
}

// newPolicy returns the policy of a new endpoint as lines; false if it has the full-access policy.
func newPolicy(a resource.Change) (string, bool) {
	said, _ := resource.Properties(a.Spec)["policy_document"].(string)
	if a.Op != resource.Create || a.Code() == "" || said == "" {
		return "", false
	}
	return document(said)
}

// mostFound is the number of definitions that a reason lists.
const mostFound = 3

// briefly shortens sentences that list everything that the wizard has found.
func briefly(sentences []string) []string {
	out := slices.Clone(sentences)
	for i, s := range out {
		if found, ok := strings.CutPrefix(s, "Found: "); ok {
			if all := strings.Split(strings.TrimSuffix(found, "."), "; "); len(all) > mostFound {
				out[i] = fmt.Sprintf("Found: %s; and %d more.", strings.Join(all[:mostFound], "; "), len(all)-mostFound)
			}
		}
	}
	return out
}

// trim removes the columns without values.
func (t *table) trim() {
	for i := len(t.head) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" }) {
			t.head = slices.Delete(t.head, i, i+1)
			for n := range t.rows {
				t.rows[n] = slices.Delete(t.rows[n], i, i+1)
			}
		}
	}
}

// indented returns a text with the JSON document at its end in lines.
func indented(s string) string {
	if at := strings.Index(s, "{"); at >= 0 {
		if lines, ok := document(s[at:]); ok {
			return clean(s[:at]) + strings.TrimSuffix(lines, "\n")
		}
	}
	return clean(s)
}

func (r *report) cost() {
	c := r.plan.Cost
	items := func(items []plan.CostItem, sum string) node {
		t := table{head: []string{"Resource", "Price", "Count", "Per month"}, numbers: []bool{false, false, true, true}}
		for _, i := range items {
			if !i.Item.Fixed() {
				continue
			}
			price, month := fmt.Sprintf("%s per %s", plan.Dollars(i.Price), i.Unit), fmt.Sprintf("$%.2f", i.Monthly)
			if !i.Known {
				price, month = "not known", "not known"
			}
			t.rows = append(t.rows, []string{i.What, price, words.Count(i.Count, i.Item.Text()), month})
		}
		t.rows = append(t.rows, []string{"Total", "", "", sum})
		return t
	}
	fixed := func(items []plan.CostItem) bool {
		return slices.ContainsFunc(items, func(i plan.CostItem) bool { return i.Item.Fixed() })
	}
	var blocks []node
	if fixed(c.Items) {
		blocks = append(blocks, heading{"Added by the plan"}, items(c.Items, c.Text()))
	} else if r.plan.ToApply() > 0 {
		blocks = append(blocks, paragraph{text("The plan adds %s.", cmp.Or(map[string]string{"no additional cost": "no cost"}[c.Text()], c.Text()))})
	}
	if fixed(c.Existing.Items) {
		blocks = append(blocks, heading{"Exists already and is used by the plan"}, items(c.Existing.Items, c.Existing.Text()))
	}
	var notes []string
	for _, i := range slices.Concat(c.Items, c.Existing.Items) {
		if f := "In addition: " + i.Formula() + "."; !i.Item.Fixed() && i.Known && !slices.Contains(notes, f) {
			notes = append(notes, f)
		}
	}
	if c.Also != "" {
		notes = append(notes, c.Also)
	}
	if from := c.PricesText(); from != "" && len(c.Items)+len(c.Existing.Items) > 0 {
		notes = append(notes, strings.ToUpper(from[:1])+from[1:]+", for 730 hours a month, without taxes and discounts.")
	}
	if len(notes) > 0 {
		blocks = append(blocks, paragraph{text("%s", strings.Join(notes, " "))})
	}
	if c.NAT != nil {
		blocks = append(blocks, paragraph{text("Compared with NAT gateways: %s", c.NAT.Text())})
	}
	r.add("cost", "Cost", blocks...)
}

// Limits of the list of checks: names in one line, and lines.
const (
	mostNames  = 12
	mostChecks = 30
)

// label matches a subnet or a security group with its name in a claim.
var label = pattern.New(`([^ ]+) \((subnet|sg)-[0-9a-z]+\)`)

// grouped returns claims as texts. Those that differ only in the endpoint, the subnet or the group are one: "endpoint … is available: s3, logs".
func (r *report) grouped(measurable bool) []item {
	var order []string
	of, only := map[string][]string{}, map[string]string{}
	for _, c := range r.plan.Claims {
		if c.Measurable() != measurable {
			continue
		}
		key, name := r.foldedClaim(c)
		if of[key] == nil {
			order = append(order, key)
			of[key], only[key] = []string{}, c.Says
		}
		if name != "" && !slices.Contains(of[key], name) {
			of[key] = append(of[key], name)
		}
	}
	similar := map[string]int{} // how many other checks a check represents
	if len(order) > mostChecks {
		first := map[string]string{}
		order = slices.DeleteFunc(order, func(key string) bool {
			kind := awsID().ReplaceAllString(key, "…") + strings.Join(of[key], " ")
			if first[kind] == "" {
				first[kind] = key
				return false
			}
			similar[first[kind]]++
			return true
		})
	}
	var out []item
	for _, key := range order {
		said := key
		switch names := of[key]; len(names) {
		case 0:
		case 1:
			said = only[key]
		default:
			said += ": " + words.UpTo(names, mostNames)
		}
		if len(out) == mostChecks {
			out = append(out, item{prose: text("%d more checks of these kinds.", len(order)-mostChecks)})
			break
		}
		said = sentence(said)
		if n := similar[key]; n > 0 {
			said += fmt.Sprintf(" The same for %d more of this kind.", n)
		}
		out = append(out, item{prose: text("%s", said)})
	}
	return out
}

// lookup matches a claim about a name that an instance looks up, and numbered matches a route table or an instance in a claim.
var (
	lookup   = pattern.New(`^(from [^:]+): ([^ ]+) resolves to the [^ ]+ endpoint(.*)$`)
	numbered = pattern.New(`\b(rtb|i)-[0-9a-z]+\b`)
)

// awsID matches an id of AWS, with the name before it, or a CIDR block.
var awsID = pattern.New(`([^ ]+ \()?\b(sg|i|subnet|rtb|eni|acl|vpce)-[0-9a-z]+\b|\b[0-9.]+/[0-9]+\b`)

// foldedClaim returns the text of a claim with "…" in place of its endpoint, route table, instance, subnet or group, and that name. The
// name is empty if the claim has none.
func (r *report) foldedClaim(c resource.Claim) (key, name string) {
	if m := lookup().FindStringSubmatch(c.Says); m != nil {
		return m[1] + ": … resolves to its endpoint" + m[3], m[2]
	}
	if id := numbered().FindString(c.Says); id != "" {
		return strings.Replace(c.Says, id, "…", 1), id
	}
	words := strings.Fields(c.Says)
	for _, w := range words {
		if r.codes()[w] {
			return strings.Join(replaceWord(words, w), " "), w
		}
	}
	if m := label().FindStringSubmatch(c.Says); m != nil {
		return strings.Replace(c.Says, m[0], "…", 1), m[1]
	}
	return c.Says, ""
}

// codes are the service codes of the endpoints of the plan, except words that texts contain with another meaning.
func (r *report) codes() map[string]bool {
	out := map[string]bool{}
	for _, a := range r.plan.Changes {
		if code := a.Code(); code != "" {
			out[code] = true
		}
	}
	return out
}

// replaceWord replaces a word in a text.
func replaceWord(in []string, word string) []string {
	for i := range in {
		if in[i] == word {
			in[i] = "…"
		}
	}
	return in
}

func (r *report) verification() {
	var blocks []node
	if items := r.grouped(true); len(items) > 0 {
		title := "Checked after apply:"
		if slices.ContainsFunc(items, func(i item) bool { return strings.Contains(i.prose[0].text, "…") }) {
			title = "Checked after apply (… is each of the names behind the colon):"
		}
		blocks = append(blocks, paragraph{text("%s", title)}, points{items: items})
	}
	if items := r.grouped(false); len(items) > 0 {
		blocks = append(blocks, paragraph{text("Cannot be verified from outside the VPC:")}, points{items: items})
	}
	if len(blocks) == 0 {
		return
	}
	r.add("verification", "Verification", append(blocks, r.use()...)...)
}

// use returns how the plan is applied: the commands of the program, or why none works yet.
func (r *report) use() []node {
	if r.stopped() {
		return []node{paragraph{text("%s", stopText)}}
	}
	with := " --answers " + quote(argument(cmp.Or(r.meta.Answers, "answers.yaml")))
	if r.meta.Sandbox != "" {
		with = " --sandbox=" + r.meta.Sandbox + with
	}
	for _, rule := range r.meta.Accepted {
		if slices.ContainsFunc(r.plan.Findings, func(f plan.Finding) bool { return f.Rule == rule && f.Accepted(r.meta.Accepted) }) {
			with += " --accept " + quote(rule)
		}
	}
	script := "wizard export" + with + " --format bash --out endpoints.sh"
	if r.meta.Snapshot != nil { // the answers can have the stand-ins of the snapshot, so that apply would not find their names
		return []node{paragraph{text("This command writes a script that applies the plan and verifies it. SNAPSHOT is the file of the snapshot.")}, codeBlock{"sh", strings.Replace(script, "wizard", "wizard --snapshot SNAPSHOT", 1)}}
	}
	apply := "wizard apply" + with + " --yes"
	what := "The first command applies the plan and verifies it."
	if r.plan.ToApply() == 0 {
		what = "The first command verifies what exists and changes nothing."
	}
	what += " The second one writes a script that does the same without the wizard."
	if slices.ContainsFunc(r.plan.Inputs(), func(in resource.Input) bool { return in.Name == resource.RegistryInput }) {
		apply += " --registry-password-stdin < PASSWORD_FILE"
		what += " PASSWORD_FILE is a file with the password of the registry."
	}
	return []node{paragraph{text("%s", what)}, codeBlock{"sh", apply + "\n" + script}}
}

// undo says how each change is reverted, what stays, and what that means for the workload.
func (r *report) undo() {
	var order []string
	of := map[string][]string{}
	var stays, kept []string
	for _, a := range slices.Backward(r.plan.Changes) {
		steps := a.Steps()
		if a.Op == resource.Keep || a.Manual() || steps.Looks || steps.Verify != nil { // the last two leave nothing
			continue
		}
		does, undone := false, false
		for _, one := range append([]resource.Part{{Steps: steps}}, steps.Parts...) {
			does = does || len(one.Do) > 0 && !one.Looks
			for _, c := range one.Undo {
				undone = true
				call := "aws " + c.Service + " " + kebab(c.Op)
				if of[call] == nil {
					order = append(order, call)
				}
				if name := r.plan.Subject(a); !slices.Contains(of[call], name) {
					of[call] = append(of[call], name)
				}
			}
		}
		rest := a.Stays()
		for _, one := range rest {
			if !slices.Contains(stays, one) {
				stays = append(stays, one)
			}
		}
		if does && !undone && len(rest) == 0 {
			kept = append(kept, r.plan.Subject(a))
		}
	}
	if len(order)+len(stays)+len(kept) == 0 {
		return
	}
	l := points{}
	for _, call := range order {
		l.items = append(l.items, item{prose: append(prose{{call, literal}}, text(": %s.", strings.Join(of[call], ", "))...)})
	}
	blocks := []node{paragraph{prose{{"wizard undo", literal}, {", or the script with ", plainText}, {"--undo", literal}, {", reverts what the run created or added, the last change first. What existed before stays.", plainText}}}}
	if len(l.items) > 0 {
		blocks = append(blocks, l)
	}
	if len(kept) > 0 {
		stays = append(stays, "Not reverted: "+strings.Join(kept, ", ")+".")
	}
	if len(stays) > 0 {
		blocks = append(blocks, paragraph{text("What stays: %s", strings.Join(stays, " "))})
	}
	if after := r.afterUndo(); len(order) > 0 && after != "" {
		blocks = append(blocks, paragraph{text("%s", after)})
	}
	r.add("undo", "Undo", blocks...)
}

// afterUndo says what an undo means for the workload.
func (r *report) afterUndo() string {
	said := "After undo, the workload has the network paths that it had before."
	if r.meta.Why != nil {
		said += " What does not start now then does not start again."
	}
	var waits []string // an environment in customer mode uses these endpoints and no others for the same
	for _, a := range r.plan.Changes {
		if a.Op == resource.Create && slices.Contains(a.Rules, "W-CUSTOMER") {
			waits = append(waits, r.plan.Subject(a))
		}
	}
	if len(waits) > 0 {
		said += fmt.Sprintf(" Warning: the MWAA environment waits for %s, and needs %s as long as it exists. If undo deletes %s, the creation of the environment fails, or the environment stops working.", words.And(waits), map[bool]string{true: "it", false: "them"}[len(waits) == 1], map[bool]string{true: "it", false: "them"}[len(waits) == 1])
	}
	return said
}

// unread lists the calls without a result, with the permission that each needs.
func (r *report) unread() {
	var l points
	var denied []string
	for _, g := range r.plan.Gaps {
		said := g.String()
		if g.Message != "" {
			said += ": " + g.Message
		}
		if g.RequestID != "" {
			said += " (request " + g.RequestID + ")"
		}
		l.items = append(l.items, item{prose: text("%s", sentence(said))})
		if g.Denied() && !slices.Contains(denied, g.Call) {
			denied = append(denied, g.Call)
		}
	}
	if len(l.items) == 0 {
		return
	}
	blocks := []node{l}
	if len(denied) > 0 {
		said := text("To read this, allow ")
		for i, call := range denied {
			if i > 0 {
				said = append(said, span{", ", plainText})
			}
			said = append(said, span{call, literal})
		}
		again := " and export the report again."
		if r.meta.Snapshot != nil {
			again = ", take a new snapshot, and export again."
		}
		blocks = append(blocks, paragraph{append(said, span{again, plainText})})
	}
	r.add("unread", "What was not read", blocks...)
}
