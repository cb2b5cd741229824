package plan_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var update = flag.Bool("update", false, "write the files that are made from the code")

// TestRulesDoc keeps docs/rules.md what the code says.
func TestRulesDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Rules\n\nA rule judges the account as it will be once the plan is carried out: what the plan puts right is a row, not a finding.\n")
	for _, class := range []struct {
		c     plan.Class
		title string
	}{{plan.ClassGap, "Rules that yield rows"}, {plan.ClassCheck, "Rules that yield findings"},
		{plan.ClassSay, "Rules that are a text in its place"}, {plan.ClassCode, "Rules of the requests that are sent"}, {plan.ClassLive, "What an answer of AWS means"}} {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | says |\n|---|---|\n", class.title)
		for _, r := range plan.Rules() {
			if r.Class == class.c {
				fmt.Fprintf(&b, "| %s | %s |\n", r.ID, r.Says)
			}
		}
	}
	b.WriteString("\nSeverities: `block` and `error` stop apply and export; `--accept RULE` lets an error pass, never a block; `warn` and `info` only speak.\n")
	const name = "../../docs/rules.md"
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil || string(have) != b.String() {
		t.Errorf("%s is not what the code says; run go test ./internal/plan -update (%v)", name, err)
	}
}
