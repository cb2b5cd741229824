package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// maskedAs returns a plan as somebody makes it who has only the masked account.
func (p *planned) maskedAs(t *testing.T, l *inventory.Legend) *planned {
	t.Helper()
	inv, err := p.inv.Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	data, err := l.Write()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Masks []struct{ Names map[string]string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	standIns := map[string]string{}
	for masked, name := range file.Masks[len(file.Masks)-1].Names {
		standIns[name] = masked
	}
	word := regexp.MustCompile(`[\pL\pN]+`)
	rename := func(s string) string {
		return word.ReplaceAllStringFunc(s, func(w string) string {
			if masked, ok := standIns[w]; ok {
				return masked
			}
			return w
		})
	}
	out := &planned{inv: inv, files: p.files, ans: p.ans.Rename(func(s string) string {
		at := 0
		if account, rest, ok := strings.Cut(s, ".dkr.ecr."); ok { // the Region stays
			host, image, _ := strings.Cut(rest, "/")
			return rename(account) + ".dkr.ecr." + host + "/" + rename(image)
		}
		if parts := strings.SplitN(s, ":", 5); len(parts) == 5 && parts[0] == "arn" {
			at = len(s) - len(parts[4])
			if kind := strings.IndexAny(s, "/"); kind > 0 { // role/NAME
				account, _, _ := strings.Cut(parts[4], ":")
				return s[:at] + rename(account) + s[at+len(account):kind] + rename(s[kind:])
			}
		}
		return s[:at] + rename(s[at:])
	})}
	out.plan = plan.BuildWith(inv, out.ans, out.files)
	return out
}

// fromSnapshot returns a plan for a snapshot of its account, without the messages of AWS: a masked snapshot does not have them.
func (p *planned) fromSnapshot(t *testing.T) *planned {
	t.Helper()
	data, err := p.inv.Write()
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	inv.Snapshot = &inventory.Origin{Taken: "2026-11-30T09:15:00Z", Program: "1.0.0"}
	for _, n := range inv.Networks {
		for i := range n.Endpoints {
			n.Endpoints[i].LastError = ""
		}
	}
	for i := range inv.Batch.Environments {
		inv.Batch.Environments[i].Reason = ""
	}
	out := &planned{inv: inv, ans: p.ans, files: p.files, plan: plan.BuildWith(inv, p.ans, p.files)}
	return out
}

// TestUnmaskedExports exports plans of the matrix from the masked account and completes them: they are the exports from the account.
// Only the order of what is sorted by name can differ.
func TestUnmaskedExports(t *testing.T) {
	t.Parallel()
	n := 0
	for i, c := range exportMatrix(t) {
		if c.script == "" || !everyScript && i%12 != 0 {
			continue
		}
		l := legend()
		from := c.from.fromSnapshot(t)
		masked := from.maskedAs(t, l)
		named := masked.ans.Rename(func(s string) string { name, _ := l.Answer(s); return name })
		if d := cmp.Diff(from.ans, named); d != "" {
			t.Errorf("%s: answers (-given +completed):\n%s", c, d)
		}
		for _, f := range export.Formats() {
			meta := export.Meta{Version: "1.0.0", Answers: "answers.yaml"}
			want, err := exportTo("endpoints"+f.Extension, f, from, c.accepted, meta)
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			got, err := exportTo("endpoints"+f.Extension, f, masked, c.accepted, meta)
			if err != nil {
				t.Errorf("%s, %s: %v", c, f.Name, err)
				break
			}
			if len(got.unmask) < 4 || want.unmask != nil {
				t.Errorf("%s: %v and %v", f.Name, got.unmask, want.unmask)
			}
			var files []string
			for _, file := range got.files {
				files = append(files, file.Text)
			}
			completed, _, err := l.Unmask(files)
			if err != nil {
				t.Errorf("%s, %s: %v", c, f.Name, err)
				break
			}
			var wanted []string
			for _, file := range want.files {
				wanted = append(wanted, file.Text)
			}
			if d := cmp.Diff(inOrder(wanted), inOrder(completed)); d != "" {
				t.Errorf("%s, %s (-from the account +completed):\n%s", c, f.Name, d)
			}
			n++
		}
		if t.Failed() {
			return
		}
	}
	if n < 30 {
		t.Errorf("compared %d exports, want at least 30", n)
	}
}

// ownNames matches the names that an export gives to variables and resources, which can contain names of the account: variables of
// scripts, labels of Terraform and the lines that declare them; and tokens and Sids, which are hashes of names. logicalID matches the declaration of a logical id of CloudFormation,
// and aTag the tags and ids in a report.
var (
	ownNames  = regexp.MustCompile(`\bid_\w+|\baws_\w+\.\w+|\bw[0-9a-f]{39}\b|PrivateLinkWizard(Secret|Key)[0-9a-f]{8}|(?m)^\w+ "\w+" "\w+" \{$|^output "\w+" \{$`)
	aTag      = regexp.MustCompile(`<[^>]*>|table\d+|subnet\d+_\d+_\d+|endpoint\d+|zone\d+`)
	logicalID = regexp.MustCompile(`(?m)^  ([A-Z]\w+):$`)
)

// inOrder returns the words of files in alphabetical order, without such names, quotes and what continues a line.
func inOrder(files []string) []string {
	if report := files[0]; strings.HasPrefix(report, "# ") || strings.HasPrefix(report, "<") {
		files = []string{aTag.ReplaceAllString(report, " ")} // the places in a picture are in the order of the names
	}
	text := ownNames.ReplaceAllString(strings.Join(files, "\n"), "own")
	text = strings.NewReplacer("'", "", "&#39;", "", "&#34;", "", "&quot;", "", `"`, "", "\\", "", "::", "__", ",", "").Replace(text)
	var names []string
	for _, m := range logicalID.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	if len(names) > 0 {
		text = regexp.MustCompile(`\b(`+strings.Join(names, "|")+`)\b`).ReplaceAllString(text, "own")
	}
	return slices.Sorted(slices.Values(strings.Fields(text)))
}

// TestUnmaskedScriptRuns runs the script from a masked snapshot: it refuses to run before it is complete, and then does what a script
// from the account does.
func TestUnmaskedScriptRuns(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", "version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n")
	s.wizard(0, "snapshot", "--mask", "--out", "m.json.gz")
	s.wizard(0, "export", "--snapshot", "m.json.gz", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	if _, said := s.unchanged(2); !strings.Contains(said, "wizard unmask LEGEND FILE") || len(s.standIn.Calls()) > 0 {
		t.Errorf("%s\n%v", said, s.standIn.Calls())
	}
	s.wizard(0, "unmask", "wizard-legend.json", "e.sh")
	s.sh(0)
	s.unchanged(0, "--check")
	s.wizard(0, "check", "--answers", "answers.yaml")
}
