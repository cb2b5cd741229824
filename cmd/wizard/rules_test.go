package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// planJSON is a plan as the command prints it.
type planJSON struct {
	Actions []struct {
		ID, Op, Kind string
		Rules        []string
	}
	Findings []struct{ Rule, Severity, Message string }
}

// TestEveryRuleThroughTheCommand goes through the cases of every rule from files:
// an account that a snapshot remembers, and answers.
func TestEveryRuleThroughTheCommand(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, c := range plantest.Cases {
		t.Run(c.Rule, func(t *testing.T) {
			caught := plantest.New()
			c.Caught(caught)
			p, code := planOf(t, caught)
			found := slices.ContainsFunc(p.Findings, func(f struct{ Rule, Severity, Message string }) bool {
				return f.Rule == c.Rule && f.Severity == string(c.Severity) && strings.Contains(f.Message, c.Says)
			})
			if !found {
				t.Errorf("not caught: %+v", p.Findings)
			}
			stops := slices.ContainsFunc(p.Findings, func(f struct{ Rule, Severity, Message string }) bool {
				return f.Severity == "block" || f.Severity == "error"
			})
			if stops != (code == exitFindings) {
				t.Errorf("exit code %d with %+v", code, p.Findings)
			}
			alone := plantest.New()
			c.Alone(alone)
			p, _ = planOf(t, alone)
			for _, f := range p.Findings {
				if f.Rule == c.Rule && f.Severity == string(c.Severity) {
					t.Errorf("it speaks where it should not: %s", f.Message)
				}
			}
			counts[c.Rule]++
		})
	}
	t.Logf("%d rules by %d cases", len(counts), len(plantest.Cases))
}

// planOf runs `wizard plan --json` over the files of a world.
func planOf(t *testing.T, w *plantest.World) (planJSON, int) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	snapshot, err := w.Inv.Write()
	file := write("account.json", snapshot, err)
	for name, doc := range w.Files.Policies {
		write(name, []byte(doc), nil)
	}
	yaml, err := w.Ans.YAML()
	ans := write("answers.yaml", yaml, err)
	if _, _, err := answers.Load("answers.yaml", yaml); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := Main(t.Context(), streams{In: strings.NewReader(""), Out: &out, Err: &errs}, []string{"plan", "--json", "--snapshot", file, "--answers", ans})
	if code != exitOK && code != exitFindings {
		t.Fatalf("exit code %d: %s\n%s", code, errs.String(), yaml)
	}
	var p planJSON
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return p, code
}
