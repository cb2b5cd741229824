package plan_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var update = flag.Bool("update", false, "write the files that are generated from the code")

// TestRulesDoc checks that docs/rules.md is up to date. Each rule has a heading, so
// that a link such as docs/rules.md#e-ecrpair leads to it.
func TestRulesDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Rules\n\nA rule checks the account as it will be after the plan is applied. What the plan fixes is a change, not a finding.\n\n" +
		"Each rule has a source:\n\n- a page of the AWS documentation, as guide and title\n- `not documented by AWS`: what no page says. What the rule rests on instead is in parentheses.\n- `a rule of the wizard`: the rule follows from what the wizard does.\n\n" +
		"Severities:\n\n- `block` and `error` stop apply and export. `--accept RULE` accepts the errors of a rule, but never a block.\n- `warn` and `info` do not stop anything.\n")
	for _, class := range []struct {
		c     plan.Class
		title string
	}{{plan.ClassGap, "Rules that create changes"}, {plan.ClassCheck, "Rules that create findings"},
		{plan.ClassSay, "Rules that are notes on changes"}, {plan.ClassCode, "Rules for the requests to AWS"}, {plan.ClassLive, "Rules for the responses of AWS"}} {
		fmt.Fprintf(&b, "\n## %s\n", class.title)
		for _, r := range plan.Rules() {
			if r.Class == class.c {
				fmt.Fprintf(&b, "\n### %s\n\n%s\n\nSource: %s\n", r.ID, r.Says, r.Page())
			}
		}
	}
	const name = "../../docs/rules.md"
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil || string(have) != b.String() {
		t.Errorf("%s is out of date; run go test ./internal/plan -update (%v)", name, err)
	}
}

// TestRulesInDocs: each rule that a page names exists.
func TestRulesInDocs(t *testing.T) {
	known := map[string]bool{}
	families := map[string]bool{}
	for _, r := range plan.Rules() {
		known[r.ID] = true
		families[r.ID[:1]] = true
	}
	name := regexp.MustCompile(`[( ]([A-Z])-([A-Z][A-Z0-9-]*[A-Z0-9])\b`)
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range append(pages, "../../README.md", "../../CHANGELOG.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllStringSubmatch(string(data), -1) {
			n++
			if id := m[1] + "-" + m[2]; families[m[1]] && !known[id] {
				t.Errorf("%s names the rule %s, which does not exist", filepath.Base(page), id)
			}
		}
	}
	if n < 200 {
		t.Errorf("found %d rules, want at least 200", n)
	}
}
