package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// mapped plans for a sandbox scenario and returns its map; nil if nothing of the workload runs there.
func mapped(t *testing.T, s sandbox.Scenario, w answers.Workload) *netmap.Map {
	t.Helper()
	ans := filepath.Join(t.TempDir(), "answers.yaml")
	text := "version: 1\nworkload: " + string(w) + "\nvpc: " + s.VPC + "\n"
	if err := os.WriteFile(ans, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &globals{streams: streams{Out: io.Discard, Err: io.Discard}, sandbox: s.Name, speed: defaultSpeed}
	p, err := g.plan(t.Context(), ans)
	if err != nil {
		if strings.Contains(err.Error(), "clients: is missing") {
			return nil
		}
		t.Fatal(err)
	}
	return netmap.Of(p.inv, p.ans, p.plan)
}

// TestMapsOfTheScenarios draws each scenario at many widths. No line is wider. The pictures of some of them at three
// widths are in testdata/maps.
func TestMapsOfTheScenarios(t *testing.T) {
	t.Parallel()
	for _, s := range sandbox.Scenarios() {
		for _, w := range answers.Supported {
			name := s.Name + "-" + string(w)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := mapped(t, s, w)
				if m == nil {
					return
				}
				var shown strings.Builder
				for width := 40; width <= 200; width += 5 {
					for _, after := range []bool{false, true} {
						for focus := -1; focus < 2; focus++ {
							for _, l := range m.Lines(width, 60, netmap.View{After: after, Focus: focus}) {
								if n := words.Width(l.String()); n > width {
									t.Errorf("%d columns at a width of %d: %s", n, width, l)
								}
								if focus < 0 && (width == 80 || width == 120 || width == 40) {
									shown.WriteString(l.String() + "\n")
								}
							}
						}
					}
				}
				if !slices.Contains([]string{"closed-ecs-fargate", "half-done-ecs-fargate", "mwaa-private-mwaa", "shared-vpc-ecs-fargate", "old-agents-ecs-ec2"}, name) {
					return // it shows nothing more
				}
				file := filepath.Join("testdata", "maps", name+".txt")
				if *update {
					if err := os.WriteFile(file, []byte(shown.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), shown.String()); d != "" {
					t.Errorf("%s (-want +got):\n%s", file, d)
				}
			})
		}
	}
}
