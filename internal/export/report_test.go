package export

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// described is a plan with the Meta of its report.
type described struct {
	plan *plan.Plan
	meta Meta
}

// of returns the plan of a world with all that a report has.
func of(w *plantest.World) described {
	p := w.Plan()
	return described{p, Meta{Version: "1.0.0", Answers: "answers.yaml", Name: "report", Why: cause.Of(&w.Inv, w.Ans, p), Map: netmap.Of(&w.Inv, w.Ans, p), Snapshot: w.Inv.Snapshot}}
}

// stopped is a world with a service that runs no task.
func stopped() *plantest.World {
	w := plantest.New()
	w.Service().Desired, w.Service().Running = 2, 0
	return w
}

// withAll adds all endpoints of the workload.
func withAll(w *plantest.World) {
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app"}})
}

// reports are all plans of these tests with what is known of them.
func reports() map[string]described {
	out := map[string]described{"stopped": of(stopped())}
	for name, make := range plans {
		out[name] = described{make(fixed), Meta{Version: "1.0.0", Name: "report"}}
	}
	for _, c := range []struct {
		name string
		set  func(*plantest.World)
	}{
		{"in sync", func(w *plantest.World) { withAll(w); w.Service().Running = 2 }},
		{"running", func(w *plantest.World) { w.Service().Running = 2 }},
		{"denied", func(w *plantest.World) { w.Gap("ec2:DescribeNetworkAcls"); w.Gap("iam:GetRolePolicy") }},
		{"no outbound rule", func(w *plantest.World) { withAll(w); w.Net().Group("sg-app").Rules = nil }},
		{"quota", func(w *plantest.World) { w.Inv.Quotas.InterfaceEndpoints = 3; w.Service().Running = 2 }},
		{"snapshot", func(w *plantest.World) {
			w.Inv.Snapshot = &inventory.Origin{Taken: "2026-11-30T09:15:00Z", Program: "0.9.0", Mask: "abc"}
		}},
		{"hostile names", func(w *plantest.World) {
			w.Inv.VPCs[0].Name = markup
			w.Service().Name, w.Def().Family = markup, markup
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].Name = markup
			}
			for i := range w.Net().RouteTables {
				w.Net().RouteTables[i].Name = markup
			}
			w.Net().Group("sg-app").Name = markup
			w.Net().Group("sg-app").Rules = nil
			w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "iam:GetRolePolicy", Code: "AccessDenied", Message: markup})
		}},
		{"container instances", plantest.OnEC2},
		{"AWS Batch", plantest.Batch},
		{"new VPC", plantest.NewVPC},
	} {
		w := stopped()
		c.set(w)
		out[c.name] = of(w)
	}
	return out
}

// markup is a name that tries to become a part of the page.
const markup = "a|b <script>alert(1)</script> *x* __y__ `z` [l](https://evil.example) ![i](x) &lt; ``` --> ]]> \"q\" 'r' \x1b[31m\u202e # $m$ ~~s~~ www.evil.example %% ; end"

// rendered returns the Markdown and the HTML of a plan.
func rendered(t testing.TB, d described) (md, page string) {
	t.Helper()
	for _, f := range []Format{Markdown, HTML} {
		files, err := f.Write(d.plan, d.meta)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := f.Write(d.plan, d.meta); again[0].Text != files[0].Text {
			t.Errorf("%s: two exports of the same plan differ", f.Name)
		}
		if one := files[0]; !one.Replaces(one.Text) || one.Replaces(one.Start+" other text") {
			t.Errorf("%s: an earlier export is not recognized, or another file is", f.Name)
		}
		md, page = page, files[0].Text
	}
	return md, page
}

// TestReportGolden compares the reports of a plan in both formats.
func TestReportGolden(t *testing.T) {
	md, page := rendered(t, of(stopped()))
	for file, got := range map[string]string{"report.md": md, "report.html": page} {
		file = filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

// TestReportTitles: the first line is the first cause, the finding that stops the plan, or the state.
func TestReportTitles(t *testing.T) {
	all := reports()
	for name, want := range map[string]string{
		"stopped":          "# prod/web does not start: no network path to s3, ecr.api, ecr.dkr and 2 more",
		"no outbound rule": "# prod/web does not start: security group sg-app has no outbound rule to ecr.api",
		"quota":            "# Amazon ECS on Fargate: the quota is 3 interface endpoints per VPC",
		"running":          "# Amazon ECS on Fargate: 7 to create, 2 unchanged; about $87.60 per month",
		"in sync":          "# Amazon ECS on Fargate: in sync: everything that it needs exists",
	} {
		md, page := rendered(t, all[name])
		if first, _, _ := strings.Cut(md, "\n"); first != want {
			t.Errorf("%s: %q, want %q", name, first, want)
		}
		if !strings.Contains(page, "<h1>"+strings.TrimPrefix(want, "# ")+"</h1>") {
			t.Errorf("%s: HTML has another title", name)
		}
	}
}

// TestReportsAreNarrow: outside of tables and code, only a longer word is wider than a page.
func TestReportsAreNarrow(t *testing.T) {
	for name, d := range reports() {
		md, _ := rendered(t, d)
		fence := ""
		for i, line := range strings.Split(md, "\n") {
			if f := strings.TrimLeft(line, "`"); len(line)-len(f) >= 3 && (fence == "" || line == fence) {
				fence = map[bool]string{true: line[:len(line)-len(f)], false: ""}[fence == ""]
				continue
			}
			if fence == "" && !strings.HasPrefix(line, "|") && words.Width(line) > pageWidth && strings.Contains(strings.TrimLeft(line, " -"), " ") {
				t.Errorf("%s: line %d has %d columns: %s", name, i+1, words.Width(line), line)
			}
		}
		if fence != "" {
			t.Errorf("%s: a block of code does not end", name)
		}
	}
}

// TestPagesAreHTML: elements end in their order, nothing of a name is an element, and the page runs and loads nothing.
func TestPagesAreHTML(t *testing.T) {
	known := strings.Fields("html head meta title style body main h1 h2 h3 section p ul ol li strong code br table thead tbody tr th td pre div a svg text details summary")
	for name, d := range reports() {
		_, page := rendered(t, d)
		dec := xml.NewDecoder(strings.NewReader(void.ReplaceAllString(page, "<$1$2/>")))
		dec.Entity = xml.HTMLEntity
		ids := map[string]bool{}
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			start, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			if !slices.Contains(known, start.Name.Local) {
				t.Errorf("%s: element %s", name, start.Name.Local)
			}
			for _, a := range start.Attr {
				if a.Name.Local == "href" && start.Name.Local == "a" && strings.HasPrefix(a.Value, "https://docs.aws.amazon.com/") { // a page to read, which the page does not load
					continue
				}
				if strings.HasPrefix(a.Name.Local, "on") || slices.Contains([]string{"href", "src", "style"}, a.Name.Local) {
					t.Errorf("%s: attribute %s of %s", name, a.Name.Local, start.Name.Local)
				}
				if a.Name.Local == "id" && ids[a.Value] {
					t.Errorf("%s: id %s is not unique", name, a.Value)
				}
				ids[a.Value] = ids[a.Value] || a.Name.Local == "id"
			}
		}
		for _, bad := range []string{"\x1b", "\u202e"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: %q", name, bad)
			}
		}
	}
}

// void matches the elements without an end.
var void = regexp.MustCompile(`<(meta|br)([^>]*)>`)

// TestNamesAreHarmlessInMarkdown: a name does not end a table, a block of code or a heading, and does not become a link, HTML or a style.
func TestNamesAreHarmlessInMarkdown(t *testing.T) {
	all := reports()
	for _, name := range []string{"hostile", "hostile names"} {
		md, _ := rendered(t, all[name])
		table, fenced := 0, false
		for _, line := range strings.Split(md, "\n") {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			line = docsLink.ReplaceAllString(line, "")
			if fenced {
				continue
			}
			for _, bad := range []string{"<script", "](http", "![", "https://", " *x*", "__y__ ", "\x1b", "\u202e", "~~s", " &lt;", "$m$"} {
				if at := strings.Index(line, bad); at >= 0 && !strings.HasPrefix(line[max(0, at-1):], `\`) && !inCode(line, at) {
					t.Errorf("%s: %q in %q", name, bad, line)
				}
			}
			if !strings.HasPrefix(line, "|") {
				table = 0
				continue
			}
			columns := len(cell.FindAllString(line, -1))
			if table > 0 && columns != table {
				t.Errorf("%s: %d columns in place of %d: %s", name, columns, table, line)
			}
			table = columns
		}
	}
	for in, want := range map[string]string{
		"route_table_ids": "route_table_ids", "_x_": `\_x\_`, "a*b|c": `a\*b\|c`, "<b>": `\<b\>`, "[x](y)": `\[x\](y)`, "$5 $HOME": `$5 \$HOME`, "&amp; & b": `\&amp; & b`,
		"http://x": `http\://x`, "www.x": `www\.x`, "@team a@b": `\@team a\@b`, `\`: `\\`, "`c`": "\\`c\\`",
	} {
		if got := escapeMarkdown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"- x": `\- x`, "# x": `\# x`, "1. x": `1\. x`, "12) x": `12\) x`, "--- x": `\--- x`, "== x": `\== x`, "+": `\+`, "-x": "-x", "#1": "#1", "1.5 x": "1.5 x", "x": "x"} {
		if got := startOfLine(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "`a`", "a`b": "``a`b``", "`a`": "`` `a` ``"} {
		if got := literalMarkdown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// docsLink matches the links that a report has.
var docsLink = regexp.MustCompile(`<https://docs\.aws\.amazon\.com/[^<> ]+>`)

// cell matches the border of a cell of a table.
var cell = regexp.MustCompile(`(^|[^\\])\|`)

// inCode reports whether a part of a line is inside of code.
func inCode(line string, at int) bool {
	return strings.Count(line[:at], "`")-strings.Count(line[:at], "\\`") == 1
}

// TestFlowcharts: labels are quoted, parts end, ids are unique, and links lead to nodes that exist.
func TestFlowcharts(t *testing.T) {
	label := regexp.MustCompile(`^(subgraph )?([a-z0-9_]+)\["([^"]*)"\]$`)
	link := regexp.MustCompile(`^([a-z0-9_]+) (?:---|-->) ([a-z0-9_]+)$`)
	n := 0
	for name, d := range reports() {
		if d.meta.Map == nil {
			continue
		}
		n++
		lines := strings.Split(strings.TrimSuffix(d.meta.Map.Mermaid(), "\n"), "\n")
		if lines[0] != "flowchart LR" {
			t.Errorf("%s: %s", name, lines[0])
		}
		ids, depth := map[string]bool{}, 0
		var links []string
		for _, line := range lines[1:] {
			line = strings.TrimSpace(line)
			switch m, to := label.FindStringSubmatch(line), link.FindStringSubmatch(line); {
			case m != nil:
				if ids[m[2]] || m[2] == "end" {
					t.Errorf("%s: id %s is used twice", name, m[2])
				}
				ids[m[2]] = true
				if m[1] != "" {
					depth++
				}
				if text := strings.ReplaceAll(m[3], "<br/>", ""); strings.ContainsAny(text, "<>`%[]{}|\x1b\u202e") {
					t.Errorf("%s: label %s", name, m[3])
				}
			case to != nil:
				links = append(links, to[1:]...)
			case line == "end":
				depth--
			case strings.HasPrefix(line, "class "):
				links = append(links, strings.Split(strings.Fields(line)[1], ",")...)
			case !strings.HasPrefix(line, "classDef "):
				t.Errorf("%s: %s", name, line)
			}
		}
		for _, id := range links {
			if !ids[id] {
				t.Errorf("%s: %s does not exist", name, id)
			}
		}
		if depth != 0 {
			t.Errorf("%s: %d parts do not end", name, depth)
		}
	}
	if n < 9 {
		t.Errorf("%d maps", n)
	}
}

// TestReportsHaveTheSameContent: both formats show each change, finding, command and claim.
func TestReportsHaveTheSameContent(t *testing.T) {
	plain := regexp.MustCompile(`[^a-zA-Z0-9]+`)
	tags := regexp.MustCompile(`<[^>]*>`)
	letters := func(s string) string { return plain.ReplaceAllString(s, "") }
	for _, name := range []string{"stopped", "no outbound rule", "quota", "denied", "container instances"} {
		d := reports()[name]
		md, page := rendered(t, d)
		page = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(tags.ReplaceAllString(page, ""))
		mdText, pageText := letters(md), letters(page)
		var wants []string
		for _, f := range d.plan.Findings {
			wants = append(wants, f.Rule, f.Resource)
		}
		for _, a := range d.plan.Changes {
			wants = append(wants, d.plan.Subject(a))
			commands, err := Commands(d.plan, a)
			if err != nil {
				t.Fatal(err)
			}
			for _, args := range commands {
				if i := slices.Index(args, "--parameters"); i >= 0 { // a script, which is in a block of its own
					wants = append(wants, slices.Delete(args, i, i+2)...)
					continue
				}
				wants = append(wants, strings.Join(args, " "))
			}
		}
		for _, g := range d.plan.Gaps {
			wants = append(wants, g.Call, g.RequestID)
		}
		for _, want := range wants {
			for format, text := range map[string]string{"Markdown": mdText, "HTML": pageText} {
				if !strings.Contains(text, letters(want)) {
					t.Errorf("%s: %s lacks %q", name, format, want)
				}
			}
		}
	}
}

// TestReportsHaveNoSecrets: a password is an input of the plan, and no report has one.
func TestReportsHaveNoSecrets(t *testing.T) {
	w := stopped()
	plantest.Registry(w)
	w.Inv.Secrets[0].Version = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	w.Ans.Registry.Value, w.Ans.Registry.Username = "set", "team"
	d := of(w)
	if len(d.plan.Inputs()) == 0 {
		t.Fatal("the plan asks for no secret")
	}
	md, page := rendered(t, d)
	for _, text := range []string{md, page} {
		if !strings.Contains(text, "file:///dev/stdin") || regexp.MustCompile(`--secret-string [^f]`).MatchString(text) {
			t.Error("the value of the secret is not read from the input")
		}
	}
}

// TestPoliciesAreShownInLines: a long modification, such as a policy, has a block of its own.
func TestPoliciesAreShownInLines(t *testing.T) {
	p := mixed(fixed)
	before := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("x", 200) + `/*"}]}`
	p.Changes[4].Before = map[string]any{"policy_document": before}
	md, _ := rendered(t, described{p, Meta{Version: "1.0.0"}})
	if !strings.Contains(md, "\n```text\nnow {\n  \"Version\": \"2012-10-17\",\n") {
		t.Error(md)
	}
}

// TestAcceptedFindings: an accepted error is marked, and no longer is the title.
func TestAcceptedFindings(t *testing.T) {
	w := stopped()
	withAll(w)
	w.Service().Running = 2
	w.Net().Group("sg-app").Rules = nil
	d := of(w)
	d.meta.Accepted = []string{"G-SGEGRESS"}
	md, _ := rendered(t, d)
	if !strings.Contains(md, "- **G-SGEGRESS (accepted)**") || !strings.Contains(md, "**Accepted rules:** G-SGEGRESS.") || strings.Contains(strings.Split(md, "\n")[0], "outbound") {
		t.Error(md)
	}
}

// quota is a world with a finding that stops the plan, although the workload does not start.
func quota() *plantest.World {
	w := stopped()
	w.Inv.Quotas.InterfaceEndpoints = 3
	return w
}

// TestStoppedPlans: a report of a plan that findings stop says so at the top, promises no fix, and has no commands that cannot work.
func TestStoppedPlans(t *testing.T) {
	md, page := rendered(t, of(quota()))
	for format, doc := range map[string]string{"Markdown": md, "HTML": page} {
		doc = strings.Join(strings.Fields(doc), " ")
		if strings.Count(doc, stopText) != 2 || !strings.Contains(doc, "The plan cannot be applied: 1 unresolved finding") || !strings.Contains(doc, "The plan would fix this, after the findings are fixed:") {
			t.Errorf("%s does not say that the plan is stopped: %s", format, doc)
		}
		for _, bad := range []string{"wizard apply", "wizard export", "Fixed by the plan", "Cannot apply or export"} {
			if strings.Contains(doc, bad) {
				t.Errorf("%s: %q", format, bad)
			}
		}
	}
}

// TestCommandsOfUse: the commands of a report work with what the plan needs: the accepted rules, the password, and the snapshot.
func TestCommandsOfUse(t *testing.T) {
	accepted := stopped()
	withAll(accepted)
	accepted.Net().Group("sg-app").Rules = nil
	registry := stopped()
	plantest.Registry(registry)
	registry.Inv.Secrets[0].Version = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	registry.Ans.Registry.Value, registry.Ans.Registry.Username = "set", "team"
	snapshot := stopped()
	snapshot.Inv.Snapshot = &inventory.Origin{Taken: "2026-11-30T09:15:00Z", Program: "0.9.0"}
	for name, c := range map[string]struct {
		of       *plantest.World
		accepted []string
		want     string
	}{
		"plain":    {stopped(), []string{"G-SGEGRESS"}, "wizard apply --answers answers.yaml --yes\nwizard export --answers answers.yaml --format bash --out endpoints.sh\n"},
		"accepted": {accepted, []string{"G-SGEGRESS", "G-NACL"}, "wizard apply --answers answers.yaml --accept G-SGEGRESS --yes\nwizard export --answers answers.yaml --accept G-SGEGRESS --format bash --out endpoints.sh\n"},
		"password": {registry, nil, "wizard apply --answers answers.yaml --yes --registry-password-stdin < PASSWORD_FILE\n"},
		"snapshot": {snapshot, nil, "```sh\nwizard --snapshot SNAPSHOT export --answers answers.yaml --format bash --out endpoints.sh\n"},
	} {
		d := of(c.of)
		d.meta.Accepted = c.accepted
		if md, _ := rendered(t, d); !strings.Contains(md, c.want) {
			t.Errorf("%s: no %q in %s", name, c.want, md)
		}
	}
}

// TestVerdicts: the verdict is for people who did not create the plan.
func TestVerdicts(t *testing.T) {
	w := stopped()
	w.Net().Group("sg-app").Rules = nil
	d := of(w)
	d.meta.Accepted = []string{"G-SGEGRESS"}
	md, _ := rendered(t, d)
	if md = strings.Join(strings.Fields(md), " "); !strings.Contains(md, "**Verdict:** Ready to apply. 1 error was accepted (--accept) by the author of this report.") {
		t.Error(md)
	}
	for name, d := range reports() {
		md, _ := rendered(t, d)
		_, said, _ := strings.Cut(md, "**Verdict:**")
		if said, _, _ = strings.Cut(said, "\n\n"); regexp.MustCompile(`\b([Yy]ou|or export)\b`).MatchString(said) {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestVariablesOfCommands: each variable and file in a command is the output of another command, or explained.
func TestVariablesOfCommands(t *testing.T) {
	all := reports()
	registry := stopped()
	plantest.Registry(registry)
	registry.Inv.Secrets[0].Version = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	registry.Ans.Registry.Value, registry.Ans.Registry.Username = "set", "team"
	all["typed password"] = of(registry)
	used := map[string]bool{}
	for name, d := range all {
		if strings.HasPrefix(name, "hostile") { // its names look like variables
			continue
		}
		md, _ := rendered(t, d)
		_, section, _ := strings.Cut(md, "\n## Commands\n")
		section, _, _ = strings.Cut(section, "\n## ")
		explained, block, _ := strings.Cut(section, "```sh\n")
		block, _, _ = strings.Cut(block, "\n```")
		explained = strings.Join(strings.Fields(explained), " ")
		outputs := map[string]bool{}
		for _, a := range d.plan.Changes {
			if commands, _ := Commands(d.plan, a); len(commands) > 0 {
				outputs[variable(a.ID)] = true
			}
		}
		for _, m := range regexp.MustCompile(`\$\{?([a-z][a-z0-9_]*)|file://[^ "]+`).FindAllStringSubmatch(block, -1) {
			file := strings.TrimPrefix(m[0], "file://")
			switch {
			case m[1] != "" && outputs[m[1]]:
				used["output"] = true
			case m[1] != "":
				if used[m[1]] = true; !strings.Contains(explained, "- `$"+m[1]+"` is ") {
					t.Errorf("%s: $%s is not explained: %s", name, m[1], explained)
				}
			case strings.HasPrefix(file, "script-"):
				if used["script"] = true; !strings.Contains(strings.Join(strings.Fields(section), " "), "> "+file+"`.") {
					t.Errorf("%s: %s is not explained", name, file)
				}
			case file == draftedFile && strings.Contains(block, " > "+file), m[0] == "file:///dev/stdin":
				if used[file] = true; !strings.Contains(explained, "`"+strings.TrimSuffix(m[0], file)) && !strings.Contains(explained, "`"+file+"`") {
					t.Errorf("%s: %s is not explained: %s", name, file, explained)
				}
			default:
				t.Errorf("%s: %s", name, m[0])
			}
		}
	}
	for _, want := range []string{"output", "id_token", "script", draftedFile, "/dev/stdin", "vpn_ca_file"} {
		if !used[want] {
			t.Errorf("no report uses %s: %v", want, used)
		}
	}
}

// TestScriptsOfInstances: a script is printed once, in lines, with the instances that it runs on.
func TestScriptsOfInstances(t *testing.T) {
	d := reports()["agents"]
	md, _ := rendered(t, d)
	n := 0
	for _, a := range d.plan.Changes {
		for _, c := range changing(a.Steps()) {
			s, ok := hostScriptOf(c)
			if !ok {
				continue
			}
			n++
			if strings.Count(md, "\n"+strings.Split(s.text, "\n")[1]+"\n") != 1 || strings.Contains(md, `\"commands\"`) {
				t.Errorf("%s: the script is not printed once", a.ID)
			}
			for _, id := range s.on {
				if !strings.Contains(strings.Join(strings.Fields(md), " "), id) {
					t.Errorf("no instance %s", id)
				}
			}
		}
	}
	if n < 2 {
		t.Errorf("%d commands with scripts", n)
	}
}

// TestKnownIDs: a command contains the id of what exists, not a variable.
func TestKnownIDs(t *testing.T) {
	for name, d := range reports() {
		md, _ := rendered(t, d)
		for _, a := range d.plan.Changes {
			if a.Op == "keep" && a.Existing != "" && regexp.MustCompile(`\$\{?`+variable(a.ID)+`\b`).MatchString(md) {
				t.Errorf("%s: $%s exists", name, variable(a.ID))
			}
		}
	}
}

// TestUndoOfReports: the section speaks about the future, mentions what cannot be reverted once, and leaves out what leaves nothing.
func TestUndoOfReports(t *testing.T) {
	for name, d := range reports() {
		md, _ := rendered(t, d)
		_, undo, _ := strings.Cut(md, "\n## Undo\n")
		undo, _, _ = strings.Cut(undo, "\n## ")
		undo = strings.Join(strings.Fields(undo), " ")
		for _, bad := range []string{" was ", " were ", "Not reverted: check", "Not reverted: test", "Not reverted: verification", "ECS service"} {
			if strings.Contains(undo, bad) && !strings.HasPrefix(name, "hostile") {
				t.Errorf("%s: %q in %s", name, bad, undo)
			}
		}
		if strings.Contains(undo, "`aws ") != strings.Contains(undo, "After undo, the workload has the network paths that it had before.") ||
			strings.Contains(undo, "`aws ") && (d.meta.Why != nil) != strings.Contains(undo, "does not start again") {
			t.Errorf("%s: %s", name, undo)
		}
		if n := strings.Count(undo, "cannot be reverted"); name == "agents" && n != 1 {
			t.Errorf("%d texts about the restart: %s", n, undo)
		}
	}
}

// TestUndoOfCustomerEndpoints: a report warns that an environment needs the endpoints that it waits for.
func TestUndoOfCustomerEndpoints(t *testing.T) {
	w := plantest.New()
	plantest.Waiting(w)
	md, _ := rendered(t, of(w))
	if md = strings.Join(strings.Fields(md), " "); !strings.Contains(md, "Warning: the MWAA environment waits for ") {
		t.Error(md)
	}
}

// TestReportsNeedNoScreen: texts of a report mention no screen, no key and no details pane.
func TestReportsNeedNoScreen(t *testing.T) {
	for in, want := range map[string]string{
		"Press f on the review screen (answers file: set endpoint_policy.s3 to full), as AWS recommends.":                   "Set endpoint_policy.s3 to full in the answers file, as AWS recommends.",
		"Add it. If f is offered, it does this on the screen.":                                                              "Add it.",
		"Amazon ECS can update 2: press f on the review screen to add this to the plan (answers file: agent.update: true).": "Amazon ECS can update 2: set agent.update: true in the answers file to add this to the plan.",
		"Select fewer services on the screen AWS services (answers file: needs).":                                           "Select fewer services (in the answers file: needs).",
		"Other options on the screen ECS agents: Run Command.":                                                              "Other options: Run Command.",
		"The pull fails (see the step Registry secret).":                                                                    "The pull fails.",
		"The details show the policy before and after.":                                                                     "The policy before and after is below the changes.",
		"Choose another name (answers file: vpc.create.name).":                                                              "Choose another name (in the answers file: vpc.create.name).",
	} {
		if got := forReaders(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	jargon := regexp.MustCompile(`(?i)press f\b|on the (review )?screen|see the step|the details show`)
	worlds := reports()
	for _, c := range plantest.Cases {
		w := plantest.New()
		c.Caught(w)
		worlds[c.Rule] = of(w)
	}
	for name, d := range worlds {
		for _, f := range d.plan.Findings {
			if s := forReaders(f.Message) + " " + fixText(&f); jargon.MatchString(s) {
				t.Errorf("%s: %s", name, s)
			}
		}
		for _, a := range d.plan.Changes {
			if s := forReaders(a.Why); jargon.MatchString(s) {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
}

// TestUnreadOfSnapshots: a snapshot is taken again before it shows more.
func TestUnreadOfSnapshots(t *testing.T) {
	for _, of := range []described{reports()["denied"], func() described {
		d := reports()["denied"]
		d.meta.Snapshot = &inventory.Origin{}
		return d
	}()} {
		md, _ := rendered(t, of)
		if md = strings.Join(strings.Fields(md), " "); strings.Contains(md, "take a new snapshot, and export again.") != (of.meta.Snapshot != nil) || strings.Contains(md, "and export the report again.") != (of.meta.Snapshot == nil) {
			t.Error(md)
		}
	}
}

// TestOrigins: a report says what it was read from: the account with the caller, or the snapshot.
func TestOrigins(t *testing.T) {
	d := reports()["running"]
	d.meta.Caller = "arn:aws:iam::123456789012:user/ada"
	md, _ := rendered(t, d)
	if md = strings.Join(strings.Fields(md), " "); !strings.Contains(md, "the AWS account, with the permissions of arn:aws:iam::123456789012:user/ada.") {
		t.Error(md)
	}
}

// TestFoldedChecks: checks that differ in one name are one line.
func TestFoldedChecks(t *testing.T) {
	p := &plan.Plan{Changes: reports()["stopped"].plan.Changes}
	for _, says := range []string{"private DNS of endpoint ecr.api is on", "private DNS of endpoint logs is on", "route table rtb-1 sends s3 to the endpoint", "route table rtb-2 sends s3 to the endpoint",
		"from i-1 in us-east-1a: a.example resolves to the ecr.api endpoint, and TCP 443 answers", "from i-1 in us-east-1a: b.example resolves to the logs endpoint, and TCP 443 answers", "environment nightly is AVAILABLE"} {
		p.Claims = append(p.Claims, resource.Claim{Says: says, Measure: resource.ClusterActive{}})
	}
	var got []string
	for _, one := range (&report{plan: p}).grouped(true) {
		got = append(got, one.prose[0].text)
	}
	if d := cmp.Diff([]string{"private DNS of endpoint … is on: ecr.api, logs.", "route table … sends s3 to the endpoint: rtb-1, rtb-2.",
		"from i-1 in us-east-1a: … resolves to its endpoint, and TCP 443 answers: a.example, b.example.", "environment nightly is AVAILABLE."}, got); d != "" {
		t.Error(d)
	}
}

// TestManyChecks: of more checks than a list shows, those that differ only in ids are one line with their number.
func TestManyChecks(t *testing.T) {
	p := &plan.Plan{}
	for i := range 3 * mostChecks {
		p.Claims = append(p.Claims, resource.Claim{Says: fmt.Sprintf("endpoints allows traffic from sg-%d to logs (tcp 443 from 10.%d.0.0/16)", i, i), Measure: resource.ClusterActive{}})
	}
	got := (&report{plan: p}).grouped(true)
	if want := "endpoints allows traffic from sg-0 to logs (tcp 443 from 10.0.0.0/16). The same for 89 more of this kind."; len(got) != 1 || got[0].prose[0].text != want {
		t.Error(got)
	}
}

// TestNewPolicies: the policy of a new endpoint is a block, unless it is the full-access policy.
func TestNewPolicies(t *testing.T) {
	w := stopped()
	w.Ans.EndpointPolicy.Default = answers.PolicyLeast
	d := of(w)
	md, _ := rendered(t, d)
	if !strings.Contains(md, "**s3:** policy\n\n```json\n{\n  \"Version\"") {
		t.Error(md)
	}
	if md, _ := rendered(t, of(stopped())); strings.Contains(md, "```json") {
		t.Error("the full-access policy is a block")
	}
}

// TestImpact: the section says who notices the plan, in at most five points, and is left out if nothing changes.
func TestImpact(t *testing.T) {
	for name, want := range map[string]string{
		"stopped": "**Other clients:** All clients in VPC prod then use the new endpoints of", "agents": "**Runs:** ECS agents", "in sync": "", "AWS Batch": "**Time:** AWS usually needs 1 to 2 minutes",
	} {
		md, _ := rendered(t, reports()[name])
		_, impact, found := strings.Cut(md, "\n## Impact\n")
		impact, _, _ = strings.Cut(impact, "\n## ")
		if impact = strings.Join(strings.Fields(impact), " "); found != (want != "") || !strings.Contains(impact, want) || strings.Count(impact, "- **") > mostImpact {
			t.Errorf("%s: %q", name, impact)
		}
	}
}
