//go:build !race

package run_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// TestExpiredAtEachCall applies each plan of the fault matrix and reverts it. At each operation in turn the credentials expire,
// until they are renewed. The accounts after both are those of a run without a pause.
func TestExpiredAtEachCall(t *testing.T) {
	var mu sync.Mutex
	tried := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(faultCases)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := map[string]secret.Text{}
			// applied returns the accounts after the run and after its undo.
			applied := func(t *testing.T, op string, at, attempts int) (accounts [2]any, l *lapsing) {
				later()
				f := newFaultRun(t, name, made)
				l = &lapsing{RoundTripper: f.net, renew: func(n int) error {
					if n < attempts {
						return lapse{true}
					}
					return nil
				}}
				p := plan.Build(f.known(f.ans), f.ans)
				var err error
				if f.Client, err = aws.Open(t.Context(), aws.Options{Region: faultCases[name].region, Transport: l}); err != nil {
					t.Fatal(err)
				}
				l.op, l.at = op, at
				k := &kept{}
				var events []run.Event
				o := run.Options{Caller: f.Client, RunID: "run", Now: time.Now, Inputs: inputsOf(t, p, made), Record: k.add, Save: func(run.File) ([]string, bool) { return nil, true },
					Renew: l.Renew, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }}
				if s := run.Apply(t.Context(), p, o); !s.Complete() {
					t.Fatalf("%+v%s", s, failures(events))
				}
				time.Sleep(4 * time.Hour)
				accounts[0] = accounttest.Normal(f.dump(), f.fixed)
				o.RunID, o.Record = "undo", nil
				left := run.Compare(t.Context(), o, k.steps, false)
				if s := run.Undo(t.Context(), plan.Plan{}, run.Choose(left, false), o); !s.Complete() {
					t.Fatalf("undo: %+v%s", s, failures(events))
				}
				for _, e := range left {
					if e.Doubtful() {
						t.Errorf("%+v", e)
					}
				}
				time.Sleep(4 * time.Hour)
				accounts[1] = accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
				return accounts, l
			}
			var clean [2]any
			var ops, writes []string
			synctest.Test(t, func(t *testing.T) {
				var l *lapsing
				clean, l = applied(t, "", 0, 0)
				ops, writes = l.ops, slices.Sorted(slices.Values(l.writes))
			})
			for i, op := range slices.Compact(slices.Sorted(slices.Values(ops))) {
				mu.Lock()
				again := tried[op]
				tried[op] = true
				mu.Unlock()
				if again {
					continue
				}
				at := 1
				if i%2 == 1 {
					at = count(ops, op) // the last one
				}
				t.Run(fmt.Sprintf("%s %d", op, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						got, l := applied(t, op, at, 1+i%3)
						if l.renewals == 0 && at == 1 { // the number of polls differs
							t.Error("the credentials did not expire")
						}
						if d := cmp.Diff(writes, slices.Sorted(slices.Values(l.writes))); d != "" {
							t.Error("the changing calls differ", d)
						}
						for i, after := range []string{"the run", "its undo"} {
							if d := lines(clean[i], got[i]); d != "" {
								t.Errorf("the account after %s differs (-clean +got) %s", after, d)
							}
						}
					})
				})
			}
		})
	}
}
