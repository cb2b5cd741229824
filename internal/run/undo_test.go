//go:build !race

package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// kept are the steps of a run, as a later undo reads them.
type kept struct {
	steps []run.Step
	lines []string
}

// add keeps a step as JSON, as a file does.
func (k *kept) add(s run.Step) error {
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	k.lines = append(k.lines, string(line))
	var read run.Step
	if err := json.Unmarshal(line, &read); err != nil {
		return err
	}
	k.steps = run.Merge(k.steps, read)
	return nil
}

// undo reverts what was kept.
func (f *faultRun) undo(ctx context.Context, k *kept, resumed, changed bool) (run.Summary, []run.Left, []run.Event) {
	f.runs++
	var events []run.Event
	o := run.Options{Caller: f.Client, RunID: fmt.Sprintf("undo-%d", f.runs), Now: time.Now, Emit: func(e run.Event) { events = append(events, e) }}
	left := run.Choose(run.Compare(ctx, o, k.steps, resumed), changed)
	return run.Undo(ctx, plan.Plan{}, left, o), left, events
}

// lines returns the lines that differ between two accounts.
func lines(before, after any) string {
	text := func(v any) []string {
		b, _ := json.MarshalIndent(v, "", " ")
		return strings.Split(string(b), "\n")
	}
	var out []string
	for _, line := range strings.Split(cmp.Diff(text(before), text(after)), "\n") {
		if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// undone reverts what was kept and tests that the account is as before.
func (f *faultRun) undone(k *kept, before any, resumed, changed bool) {
	f.t.Helper()
	s, left, events := f.undo(f.t.Context(), k, resumed, changed)
	for _, l := range left {
		if l.Fate == run.Changed || l.Fate == run.Uncertain {
			f.t.Errorf("%s %s: %s %s", l.Change, l.ID, l.Fate, l.Detail)
		}
	}
	if s.Failed+s.Skipped > 0 {
		f.t.Error(failures(events))
	}
	time.Sleep(time.Hour)
	if d := lines(before, accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))); d != "" {
		f.t.Error("the account is not as it was (-before +after)", d)
	}
}

// TestUndoOfEveryRun applies a plan and reverts it. The account is as before, apart from what AWS keeps. Then each kind
// of changing call of the undo fails in several ways, and it runs again.
func TestUndoOfEveryRun(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(faultCases)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := map[string]secret.Text{}
			var calls []string
			applied := func(t *testing.T) (f *faultRun, k *kept, before any) {
				later()
				f = newFaultRun(t, name, made)
				before = accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
				k = &kept{}
				f.record = k.add
				if s, events := f.once(t.Context(), faultCases[name].accept); s.Failed+s.Skipped > 0 {
					t.Fatalf("%+v %s", s, failures(events))
				}
				f.net.writes = nil
				return f, k, before
			}
			synctest.Test(t, func(t *testing.T) {
				f, k, before := applied(t)
				f.undone(k, before, false, false)
				calls = f.net.writes
				f.undone(k, before, true, false) // again: there is nothing to revert
				if len(f.net.writes) != len(calls) {
					t.Errorf("undo of what is reverted changes something: %v", f.net.writes[len(calls):])
				}
			})
			for i, op := range calls {
				if count(calls[:i+1], op) != 1 {
					continue
				}
				for _, fault := range []string{"reset after", "cancelled"} {
					t.Run(op+" "+fault, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							f, k, before := applied(t)
							ctx, cancel := context.WithCancel(t.Context())
							defer cancel()
							f.net.op, f.net.at, f.net.fault, f.net.cancel = op, 1, fault, cancel
							f.undo(ctx, k, false, false)
							f.net.at = 0
							time.Sleep(time.Hour)
							f.undone(k, before, true, false)
						})
					})
				}
			}
		})
	}
}

// TestUndoAfterAnInterruptedRun ends a run at each kind of changing call and reverts what it created.
func TestUndoAfterAnInterruptedRun(t *testing.T) {
	for _, name := range []string{"registry, new role", "load balancer", "client VPN", "bastion"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := map[string]secret.Text{}
			var calls []string
			synctest.Test(t, func(t *testing.T) {
				later()
				f := newFaultRun(t, name, made)
				f.once(t.Context(), faultCases[name].accept)
				calls = f.net.writes
			})
			for i, op := range calls {
				if count(calls[:i+1], op) != 1 {
					continue
				}
				for _, fault := range []string{"cancelled", "no answer"} {
					t.Run(op+" "+fault, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							later()
							f := newFaultRun(t, name, made)
							before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
							k := &kept{}
							f.record = k.add
							ctx, cancel := context.WithCancel(t.Context())
							f.net.op, f.net.at, f.net.fault, f.net.cancel = op, 1, fault, cancel
							if fault == "no answer" {
								f.record = func(s run.Step) error { // the program is killed while it waits for the answer
									if s.ID == "" {
										return k.add(s)
									}
									if count(f.net.writes, op) > 0 {
										cancel()
										return errors.New("killed")
									}
									return k.add(s)
								}
							}
							f.once(ctx, faultCases[name].accept)
							cancel()
							f.net.at, f.record = 0, nil
							time.Sleep(time.Hour)
							f.undone(k, before, false, true)
						})
					})
				}
			}
		})
	}
}

// TestUndoKeepsWhatMayBeOfAnotherRun: what was found after a call without an answer stays, unless the user says otherwise.
func TestUndoKeepsWhatMayBeOfAnotherRun(t *testing.T) {
	const name = "client VPN"
	made := map[string]secret.Text{}
	synctest.Test(t, func(t *testing.T) {
		later()
		f := newFaultRun(t, name, made)
		k := &kept{}
		f.record = k.add
		f.net.op, f.net.at, f.net.fault = "CreateSecurityGroup", 1, "reset after"
		if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 {
			t.Fatal(failures(events))
		}
		f.net.at = 0
		_, left, _ := f.undo(t.Context(), k, false, false)
		for _, l := range left {
			if unsure := l.Change == "security-group/client-vpn"; unsure != (l.Fate == run.Uncertain) || unsure && !strings.Contains(l.Detail, "another run") {
				t.Errorf("%s: %s %s", l.Change, l.Fate, l.Detail)
			}
		}
	})
}

// TestUndoByTags: what runs created in a VPC is found by its tag if there is no record. It is reverted only on request,
// because nobody knows what somebody else has changed since.
func TestUndoByTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaultRun(t, "command", nil)
		before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
		if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 {
			t.Fatalf("%+v %s", s, failures(events))
		}
		o := run.Options{Caller: f.Client, RunID: "tags", Now: time.Now}
		steps, err := run.Tagged(t.Context(), o, f.vpc)
		if err != nil || len(steps) < 4 {
			t.Fatalf("%d steps, %v", len(steps), err)
		}
		left := run.Compare(t.Context(), o, steps, false)
		for _, l := range left {
			if l.Fate != run.Uncertain || l.ID == "" || !strings.Contains(l.Detail, "is not recorded") {
				t.Errorf("%+v", l)
			}
		}
		if n := len(run.Reverting(run.Choose(left, false))); n > 0 {
			t.Errorf("%d steps are reverted without a request", n)
		}
		s := run.Undo(t.Context(), plan.Plan{}, run.Choose(left, true), o)
		time.Sleep(time.Hour)
		if s.Failed+s.Skipped > 0 || s.Done != len(steps) {
			t.Errorf("%+v", s)
		}
		if d := lines(before, accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))); d != "" {
			t.Error("the account is not as it was (-before +after)", d)
		}
		if steps, err := run.Tagged(t.Context(), o, f.vpc); err != nil || len(steps) > 0 {
			t.Errorf("again: %+v, %v", steps, err)
		}
		if steps, err := run.Tagged(t.Context(), o, "vpc-0a1b2c3d4e5f60002"); err != nil || len(steps) > 0 {
			t.Errorf("another VPC: %+v, %v", steps, err)
		}
	})
}

// TestAffected says only what is known of the steps that are reverted.
func TestAffected(t *testing.T) {
	const lose, lead = "Workloads that use what is reverted lose it.", "These names no longer lead to the endpoints:"
	logs := run.Left{Fate: run.AsCreated, Names: []string{"logs", "b"}, Clients: []string{"eni-1"}}
	kms := run.Left{Fate: run.AsCreated, Names: []string{"kms"}, Clients: []string{"eni-1", "eni-2"}}
	stays, gateway, denied := kms, run.Left{Fate: run.AsCreated}, logs
	stays.Fate = run.Changed
	denied.Clients, denied.Unread = nil, "denied"
	for _, tt := range []struct {
		left []run.Left
		want []string
	}{
		{nil, nil},
		{[]run.Left{stays}, nil},
		{[]run.Left{gateway, stays}, []string{lose}},
		{[]run.Left{logs, stays}, []string{lose, lead, "  b", "  logs", "In the VPC, 1 network interface is not that of an endpoint. It may use these names."}},
		{[]run.Left{logs, kms, gateway}, []string{lose, lead, "  b", "  kms", "  logs", "In the VPC, 2 network interfaces are not those of endpoints. They may use these names."}},
		{[]run.Left{denied, kms}, []string{lose, lead, "  b", "  kms", "  logs", "Not known how many network interfaces in the VPC may use these names: denied"}},
	} {
		if d := cmp.Diff(tt.want, run.Affected(tt.left)); d != "" {
			t.Error(d)
		}
	}
}
