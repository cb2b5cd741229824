//go:build !race

package run_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// phases plans endpoints for a workload with a certain choice of the phases.
func (a *account) phases(two bool) *plan.Plan {
	a.t.Helper()
	return plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, TwoPhases: &two})
}

// named returns how many endpoints of the account have private DNS.
func (a *account) named() (on, off int) {
	a.t.Helper()
	for _, e := range a.inventory().Network(a.vpc).Endpoints {
		switch {
		case e.Type != "Interface" || e.State != "available":
		case e.PrivateDNS:
			on++
		default:
			off++
		}
	}
	return on, off
}

// TestTwoPhases: private DNS of the first endpoint is turned on when all of them were created and verified, and the
// account is that of one phase.
func TestTwoPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var accounts []any
		for _, two := range []bool{false, true} {
			a := open(t, "closed")
			fixed := accounttest.IDs(a.dump())
			s, events := a.apply(t.Context(), a.phases(two), nil)
			if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
				t.Fatalf("%+v\n%v", s, events)
			}
			accounts = append(accounts, accounttest.Normal(a.dump(), fixed))
			order := []string{"CreateVpcEndpoint", "ModifyVpcEndpoint"}
			ops := slices.DeleteFunc(slices.Clone(a.ops), func(op string) bool { return !slices.Contains(order, op) })
			if want := map[bool]int{false: 0, true: 4}[two]; a.calls("ModifyVpcEndpoint") != want || !slices.IsSorted(ops) {
				t.Errorf("two phases %v: %v", two, ops)
			}
			var on []string // private DNS is turned on for one after the other
			for _, e := range events {
				if strings.HasPrefix(string(e.Change), "private-dns/") && (e.State == run.Started || e.State == run.Done) {
					on = append(on, string(e.Change)+" "+string(e.State))
				}
			}
			for i, line := range on {
				if i%2 == 1 && line != strings.Replace(on[i-1], "started", "done", 1) {
					t.Errorf("%v", on)
				}
			}
			if left := a.phases(two); left.ToApply() > 0 {
				t.Errorf("the next plan has %d changes", left.ToApply())
			}
		}
		if d := cmp.Diff(accounts[0], accounts[1]); d != "" {
			t.Errorf("one phase (-), two phases (+):\n%s", d)
		}
	})
}

// TestFirstPhaseThatIsNotVerified: if a check does not hold, or cannot be made, no private name leads to an endpoint. The
// next run continues.
func TestFirstPhaseThatIsNotVerified(t *testing.T) {
	for name, tt := range map[string]struct {
		harm, mend func(a *account, group string)
		says       string
	}{
		"a rule is deleted": {func(a *account, group string) {
			a.meddle("RevokeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
				"IpRanges": []any{map[string]any{"CidrIp": "10.0.0.0/16"}}}}})
		}, func(*account, string) {}, "allows traffic from"},
		"a read is denied": {func(a *account, _ string) { a.deny("ec2:DescribeNetworkAcls") }, func(a *account, _ string) { a.deny() }, "not measured"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				p, group := a.phases(true), ""
				var events []run.Event
				s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Emit: func(e run.Event) {
					events = append(events, e)
					if e.Change == "security-group/endpoints" && e.State == run.Done {
						group = e.Detail
					}
					if strings.HasPrefix(string(e.Change), "security-group-rule/") && e.State == run.Done {
						tt.harm(a, group)
					}
				}})
				stopped := find(events, "endpoint-check", run.Failed)
				if stopped == nil || !strings.Contains(stopped.Detail, tt.says) || !strings.Contains(stopped.Detail, "Private DNS stays off") {
					t.Fatalf("%+v\n%+v", s, stopped)
				}
				if on, off := a.named(); s.Failed != 1 || s.Skipped != 4 || on != 0 || off != 4 || a.calls("ModifyVpcEndpoint") > 0 {
					t.Errorf("%+v: %d with private DNS, %d without", s, on, off)
				}
				tt.mend(a, group)
				p = a.phases(true)
				if n := a.calls("CreateVpcEndpoint"); n != 5 {
					t.Errorf("%d endpoints created", n)
				}
				s, events = a.apply(t.Context(), p, nil)
				if on, off := a.named(); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || on != 4 || off > 0 || a.calls("CreateVpcEndpoint") != 5 {
					t.Errorf("%+v: %d with private DNS, %d without\n%+v", s, on, off, events)
				}
			})
		})
	}
}

// TestFirstPhaseIsStopped: a stop during the verification says so, as for every change, and no private name leads to an
// endpoint.
func TestFirstPhaseIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		stop := make(chan struct{})
		var events []run.Event
		s := run.Apply(t.Context(), a.phases(true), run.Options{Caller: a, RunID: "r", Now: time.Now, Stop: stop, Emit: func(e run.Event) {
			events = append(events, e)
			if e.Change == "endpoint-check" && e.State == run.Started {
				close(stop)
			}
		}})
		stopped := find(events, "endpoint-check", run.Skipped)
		if stopped == nil || stopped.Detail != "stopped before completion: stopped on request" {
			t.Errorf("%+v", stopped)
		}
		if on, off := a.named(); s.Failed > 0 || s.Skipped != 5 || on != 0 || off != 4 {
			t.Errorf("%+v: %d with private DNS, %d without", s, on, off)
		}
	})
}

// TestPhasesAreContinued: a run that ends at any call is continued by the next one, with the same account in the end.
func TestPhasesAreContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var want any
		for _, last := range []int{-1, 0, 1, 2, 3} { // private DNS of so many endpoints is turned on before the end
			a := open(t, "closed")
			fixed := accounttest.IDs(a.dump())
			ctx, end := context.WithCancel(t.Context())
			a.tap = func(op string) {
				if last >= 0 && op == "ModifyVpcEndpoint" && a.calls(op) > last {
					end()
				}
			}
			s, _ := a.apply(ctx, a.phases(true), nil)
			end()
			a.tap = nil
			if last >= 0 {
				if p := a.phases(true); s.Skipped == 0 || len(p.Stops(nil)) > 0 || p.Change("endpoint/logs").Op != resource.Keep {
					t.Errorf("%d: %+v %+v", last, s, p.Findings)
				}
				if s, events := a.apply(t.Context(), a.phases(true), nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
					t.Errorf("%d: %+v %v", last, s, events)
				}
			}
			got := accounttest.Normal(a.dump(), fixed)
			if want == nil {
				want = got
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%d:\n%s", last, d)
			}
		}
	})
}
