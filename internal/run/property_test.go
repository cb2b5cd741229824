package run_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// TestWhateverIsAppliedIsKept: whatever was answered, a plan that nothing stops and
// that was applied leaves nothing to do.
func TestWhateverIsAppliedIsKept(t *testing.T) {
	applied := 0
	rapid.Check(t, func(rt *rapid.T) {
		scenario := rapid.SampledFrom([]string{"closed", "half-done"}).Draw(rt, "scenario")
		synctest.Test(t, func(t *testing.T) {
			a := open(t, scenario)
			inv := a.inventory()
			var subnets, groups []string
			for _, s := range inv.Network(a.vpc).Subnets {
				subnets = append(subnets, s.ID)
			}
			for _, g := range inv.Network(a.vpc).SecurityGroups {
				groups = append(groups, g.ID)
			}
			ans := answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc}
			ans.Clients = rapid.SliceOfNDistinct(rapid.SampledFrom(subnets), 0, 4, rapid.ID).Draw(rt, "clients")
			if len(ans.Clients) > 0 {
				ans.Clients = append(ans.Clients, rapid.SliceOfNDistinct(rapid.SampledFrom(groups), 0, 2, rapid.ID).Draw(rt, "client groups")...)
			}
			ans.Subnets = rapid.SliceOfNDistinct(rapid.SampledFrom(subnets), 0, 3, rapid.ID).Draw(rt, "subnets")
			if rapid.Bool().Draw(rt, "say needs") {
				n := rapid.SliceOfNDistinct(rapid.SampledFrom(answers.Needs), 0, 4, rapid.ID).Draw(rt, "needs")
				ans.Needs = &n
			}
			ans.Extra = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"sts", "batch", "sqs"}), 0, 2, rapid.ID).Draw(rt, "extra")
			p := plan.Build(inv, ans)
			if len(p.Stops(nil)) > 0 || len(p.Changes) == 0 {
				return
			}
			applied++
			s, events := a.apply(t.Context(), p, nil)
			if s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
				rt.Fatalf("%+v\n%+v\n%s", s, events, p.Text())
			}
			again := plan.Build(a.inventory(), ans)
			for _, r := range again.Changes {
				if r.Op != resource.Keep {
					rt.Fatalf("second plan: %s %s %s\n%s", r.Op, r.ID, r.Summary, p.Text())
				}
			}
		})
	})
	if applied < 10 {
		t.Errorf("only %d plans could be applied", applied)
	}
}

// TestUndoTakesBackExactlyTheAddition carries the undo of every row out, the last
// one first, and compares the account with what it was.
func TestUndoTakesBackExactlyTheAddition(t *testing.T) {
	for _, scenario := range []string{"closed", "half-done"} {
		t.Run(scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, scenario)
				before := a.dump()
				p := a.plan()
				s, _ := a.apply(t.Context(), p, nil)
				value := func(v resource.Value) (string, error) { return s.IDs[v.From], nil }
				for _, row := range slices.Backward(p.Changes) {
					steps := row.Steps()
					if row.Op == resource.Keep {
						if len(steps.Undo) > 0 {
							t.Errorf("%s was kept and has an undo", row.ID)
						}
						continue
					}
					if len(steps.Undo) == 0 {
						t.Errorf("%s has no undo", row.ID)
					}
					for _, u := range steps.Undo {
						in, _, err := u.Bind(value, "")
						if err != nil {
							t.Fatal(err)
						}
						if _, err := a.Client.Call(t.Context(), u.Service, u.Op, in); err != nil {
							t.Errorf("undo of %s: %v", row.ID, err)
						}
					}
					time.Sleep(time.Minute) // a deletion takes a while
				}
				if d := cmp.Diff(before, a.dump()); d != "" {
					t.Error("the account is not as it was (-before +after)", d)
				}
			})
		})
	}
}
