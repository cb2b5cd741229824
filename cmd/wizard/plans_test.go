package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

var update = flag.Bool("update", false, "write the plans of the practice accounts")

// TestPlansOfThePracticeAccounts holds the plan for each workload in each practice
// account, as JSON and as text, against testdata/plans. Where nothing of a workload
// runs and nothing says where it would, there is no plan, and that is held too.
func TestPlansOfThePracticeAccounts(t *testing.T) {
	for _, s := range sandbox.Scenarios() {
		for _, w := range answers.Supported {
			name := s.Name + "-" + string(w)
			t.Run(name, func(t *testing.T) {
				ans := filepath.Join(t.TempDir(), "answers.yaml")
				text := "version: 1\nworkload: " + string(w) + "\nvpc: " + s.VPC + "\n"
				if s.Name == "large" && w == answers.ECSFargate {
					text += "service: team-001/api\n" // the plan for all of them is long, and says nothing more
				}
				if err := os.WriteFile(ans, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				for _, form := range []struct{ ending, flag string }{{".json", "--json"}, {".txt", "--no-color"}} {
					var out, errs bytes.Buffer
					code := Main(t.Context(), streams{In: strings.NewReader(""), Out: &out, Err: &errs},
						[]string{"plan", form.flag, "--sandbox=" + s.Name, "--answers", ans})
					if code != exitOK && code != exitFindings && !(code == exitUsage && strings.Contains(errs.String(), "clients: is missing")) {
						t.Fatalf("exit code %d: %s", code, errs.String())
					}
					file := filepath.Join("testdata", "plans", name+form.ending)
					if *update && out.Len() > 0 {
						if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
							t.Fatal(err)
						}
					}
					want, err := os.ReadFile(file)
					if err != nil && out.Len() > 0 {
						t.Fatal(err)
					}
					if d := cmp.Diff(string(want), out.String()); d != "" {
						t.Errorf("%s (-want +got):\n%s", file, d)
					}
				}
			})
		}
	}
}
