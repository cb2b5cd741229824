package plan_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

func TestRules(t *testing.T) {
	for _, tt := range plantest.Cases {
		t.Run(tt.Rule, func(t *testing.T) {
			w := plantest.New()
			tt.Caught(w)
			p := w.Plan()
			f := finding(p, tt.Rule)
			if f == nil {
				t.Fatalf("not reported; findings: %+v", p.Findings)
			}
			if f.Severity != tt.Severity || !strings.Contains(f.Message, tt.Says) {
				t.Errorf("%s: %s\nwant %s and %q", f.Severity, f.Message, tt.Severity, tt.Says)
			}
			if f.Severity != plan.Info && f.Fix == "" {
				t.Error("it has no fix")
			}
			for _, id := range f.Changes {
				if p.Change(id) == nil {
					t.Errorf("it lists change %s, which does not exist", id)
				}
			}
			if tt.Fixed {
				if f.Patch == nil {
					t.Fatal("it has no patch")
				}
				w.Ans = f.Patch.Apply(w.Ans)
				if f := finding(w.Plan(), tt.Rule); f != nil && f.Severity == tt.Severity {
					t.Errorf("the fix does not help: %s", f.Message)
				}
			}
			w = plantest.New()
			tt.Alone(w)
			if f := finding(w.Plan(), tt.Rule); f != nil && f.Severity == tt.Severity {
				t.Errorf("it is reported where it must not be: %s", f.Message)
			}
		})
	}
}

func TestStops(t *testing.T) {
	p := &plan.Plan{Findings: []plan.Finding{{Rule: "A", Severity: plan.Block}, {Rule: "B", Severity: plan.Error}, {Rule: "C", Severity: plan.Warn}}}
	if n := len(p.Stops(nil)); n != 2 {
		t.Errorf("%d stops", n)
	}
	if n := len(p.Stops([]string{"A", "B"})); n != 1 {
		t.Errorf("a block was accepted, or an error was not: %d", n)
	}
}

// A policy file that was not read with the answers is a finding; it never becomes full access
// silently.
func TestPolicyFileThatWasNotRead(t *testing.T) {
	w := plantest.New()
	w.Ans.EndpointPolicy.Default = "lost.json"
	if f := finding(w.Plan(), "G-POLSHAPE"); f == nil || f.Severity != plan.Error || !strings.Contains(f.Message, "lost.json was not read") {
		t.Errorf("%+v", f)
	}
}
