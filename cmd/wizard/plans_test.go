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

var update = flag.Bool("update", false, "write the plans of the sandbox scenarios")

// TestPlansOfTheScenarios compares the plan for each workload in each sandbox scenario,
// as JSON and as text, with testdata/plans. A test of internal/plan validates
// the JSON with its schema. There is no plan, and no file, where nothing of the workload runs and the
// answers do not name its subnets.
func TestPlansOfTheScenarios(t *testing.T) {
	t.Parallel()
	for _, s := range sandbox.Scenarios() {
		for _, w := range answers.Supported {
			name := s.Name + "-" + string(w)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ans := filepath.Join(t.TempDir(), "answers.yaml")
				text := "version: 1\nworkload: " + string(w) + "\nvpc: " + s.VPC + "\n"
				if s.Name == "large" && w == answers.ECSFargate {
					text += "service: team-001/api\n" // the plan for all services is long and shows nothing more
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
					if n := strings.Count(out.String(), "\n"); name == "closed-ecs-fargate" && form.ending == ".txt" && n > 32 {
						t.Errorf("%d lines for 7 changes, want at most 32", n)
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
