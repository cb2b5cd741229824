//go:build !race

package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// newVPC is a plan that creates a VPC, with or without a first workload in it.
func newVPC(scenario, route string, w answers.Workload, first bool) faultCase {
	region := map[string]string{"empty": "us-east-1", "first-steps": "us-east-2"}[scenario]
	tt := faultCase{scenario: scenario, region: region, ans: answers.Answers{Workload: w, VPC: answers.PlannedVPC,
		NewVPC: &answers.NewVPC{Name: "shop", Internet: route}, Needs: &[]string{}}}
	if first {
		tt.ans.Needs = nil
		tt.ans.First = answers.First{Name: "web", Image: "123456789012.dkr.ecr." + region + ".amazonaws.com/web:1.4.2"}
	}
	return tt
}

// TestNewVPC applies a plan for a new VPC with each internet route. Then a plan keeps everything, applying it changes
// nothing, and an undo leaves the account as it was.
func TestNewVPC(t *testing.T) {
	for _, scenario := range []string{"empty", "first-steps"} {
		cases := map[string]faultCase{"batch, none, first workload": newVPC(scenario, answers.InternetNone, answers.BatchFargate, true)}
		for _, route := range answers.InternetRoutes {
			cases[route] = newVPC(scenario, route, answers.ECSFargate, false)
			cases[route+", first workload"] = newVPC(scenario, route, answers.ECSFargate, true)
		}
		for name, tt := range cases {
			t.Run(scenario+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, tt.appliesAndUndoes)
			})
		}
	}
}

func (tt faultCase) appliesAndUndoes(t *testing.T) {
	later()
	f := tt.open(t, nil)
	before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
	k := &kept{}
	f.record = k.add
	s, events := f.once(t.Context(), tt.accept)
	if s.Failed+s.Skipped+s.Open > 0 || s.Proof != run.ProofProved || s.Done == 0 {
		t.Fatalf("%+v\n%s", s, failures(events))
	}
	vpc := s.IDs["vpc/new"]
	time.Sleep(time.Hour)
	for _, c := range f.plan(tt.accept).Changes {
		if job := c.Spec.Kind() == "job"; c.Op != resource.Keep && !job {
			t.Errorf("the next plan has %s %s: %s", c.Op, c.ID, c.Summary)
		}
		if c.ID == "vpc/new" && c.Existing != vpc {
			t.Errorf("the next plan keeps %q, the run created %s", c.Existing, vpc)
		}
	}
	f.record, f.net.writes = nil, nil
	if s, events := f.once(t.Context(), tt.accept); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || len(f.net.writes) > 0 {
		t.Errorf("the second run calls %v: %+v\n%s", f.net.writes, s, failures(events))
	}
	f.undone(k, before, false, false)
}

// TestNewVPCInterrupted ends a run at each kind of changing call. Then either an undo leaves the account as it was, or a
// second run completes the account.
func TestNewVPCInterrupted(t *testing.T) {
	for name, tt := range map[string]faultCase{
		"zonal":    newVPC("empty", answers.InternetNATPerZone, answers.ECSFargate, true),
		"regional": newVPC("empty", answers.InternetRegional, answers.ECSFargate, false),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var clean any
			var calls []string
			synctest.Test(t, func(t *testing.T) {
				later()
				f := tt.open(t, nil)
				f.once(t.Context(), tt.accept)
				time.Sleep(2 * time.Hour)
				clean, calls = accounttest.Normal(f.dump(), f.fixed), f.net.writes
			})
			for i, op := range calls {
				if slices.Contains(calls[:i], op) {
					continue
				}
				// A call that is denied is certain to have had no effect. Without an answer, it has one.
				for fault, undo := range map[string]bool{"denied": false, "no answer": true} {
					t.Run(op+" "+fault, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { tt.interrupted(t, op, fault, undo, clean) })
					})
				}
			}
			for _, fault := range []string{"throttled", "reset after", "no answer"} {
				t.Run("CreateNatGateway "+fault+", second run", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { tt.interrupted(t, "CreateNatGateway", fault, false, clean) })
				})
			}
			t.Run("CreateNatGateway denied, undo", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { tt.interrupted(t, "CreateNatGateway", "denied", true, clean) })
			})
		})
	}
}

// interrupted makes the first call of an operation fail in one way. Then it undoes the run, or runs again.
func (tt faultCase) interrupted(t *testing.T, op, fault string, undo bool, clean any) {
	later()
	f := tt.open(t, nil)
	before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
	k := &kept{}
	f.record = k.add
	ctx, cancel := context.WithCancel(t.Context())
	f.net.op, f.net.at, f.net.fault, f.net.cancel = op, 1, fault, cancel
	if fault == "no answer" {
		f.record = func(s run.Step) error { // the program is killed while it waits for the answer
			if s.ID != "" && count(f.net.writes, op) > 0 {
				cancel()
				return errors.New("killed")
			}
			return k.add(s)
		}
	}
	s, _ := f.once(ctx, tt.accept)
	cancel()
	if ends := fault == "denied" || fault == "no answer"; ends != (s.Failed+s.Skipped > 0) {
		t.Errorf("the run with the fault: %+v", s)
	}
	f.net.at, f.record = 0, nil
	time.Sleep(2 * time.Hour)
	if undo {
		f.undone(k, before, false, fault == "no answer")
		return
	}
	if s, events := f.once(t.Context(), tt.accept); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
		t.Fatalf("the second run: %+v\n%s", s, failures(events))
	}
	time.Sleep(2 * time.Hour)
	if d := lines(clean, accounttest.Normal(f.dump(), f.fixed)); d != "" {
		t.Error("the account differs from that of a run without a fault (-clean +got)", d)
	}
}

// TestNewVPCWithAFailedNATGateway makes AWS report that a NAT gateway failed, because its address is in use. What needs the
// gateway is not created. An undo leaves the account as it was, and a second run creates another gateway.
func TestNewVPCWithAFailedNATGateway(t *testing.T) {
	tt := newVPC("empty", answers.InternetNAT, answers.ECSFargate, false)
	for _, undo := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			later()
			f := tt.open(t, nil)
			before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
			k := &kept{}
			f.record = func(s run.Step) error {
				if s.Change == "nat-gateway/us-east-1a" && s.ID == "" { // it is about to be created
					f.take(k.id("subnet/public-us-east-1a"), k.id("elastic-ip/us-east-1a"))
				}
				return k.add(s)
			}
			s, events := f.once(t.Context(), nil)
			if e := find(events, "nat-gateway/us-east-1a", run.Failed); e == nil || !strings.Contains(e.Detail, "Resource.AlreadyAssociated: Elastic IP address "+k.id("elastic-ip/us-east-1a")) {
				t.Errorf("%+v\n%s", s, failures(events))
			}
			if find(events, "route/private", run.Skipped) == nil {
				t.Error("the route to the NAT gateway is not skipped")
			}
			f.record = nil
			f.free()
			if undo {
				f.undone(k, before, false, false)
				return
			}
			if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
				t.Fatalf("%+v\n%s", s, failures(events))
			}
			for _, c := range f.plan(nil).Changes {
				if c.Op != resource.Keep {
					t.Errorf("the next plan has %s %s: %s", c.Op, c.ID, c.Summary)
				}
			}
		})
	}
}

// TestNewVPCWithAnInternetGateway: somebody attached an internet gateway to the VPC of an earlier run, and no route table uses it. A VPC
// has one at most, so a plan with an internet route keeps it. An undo does not touch it.
func TestNewVPCWithAnInternetGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		f := newVPC("empty", answers.InternetNone, answers.ECSFargate, false).open(t, nil)
		s, events := f.once(t.Context(), nil)
		if s.Failed+s.Skipped > 0 {
			t.Fatalf("%+v\n%s", s, failures(events))
		}
		gateway := f.call("ec2", "CreateInternetGateway", nil)["InternetGateway"].(map[string]any)["InternetGatewayId"].(string)
		f.call("ec2", "AttachInternetGateway", map[string]any{"InternetGatewayId": gateway, "VpcId": s.IDs["vpc/new"]})
		before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
		k := &kept{}
		f.record = k.add
		f.ans.NewVPC.Internet = answers.InternetNAT
		for _, id := range []resource.ID{"internet-gateway/new", "internet-gateway-attachment/new"} {
			if c := f.plan(nil).Change(id); c == nil || c.Op != resource.Keep || c.Existing != gateway {
				t.Errorf("%s: %+v", id, c)
			}
		}
		if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.IDs["internet-gateway/new"] != gateway {
			t.Errorf("%+v\n%s", s, failures(events))
		}
		f.undone(k, before, false, false)
	})
}

// TestNewVPCWithAnotherRoute applies a plan for a new VPC, and then one for the same VPC with another internet route. What exists stays, the
// next plan keeps everything, and an undo of the second run leaves what the first one created. Subnets that have a route table or a default
// route of another internet route keep it, so that the plan of the other combinations is blocked.
func TestNewVPCWithAnotherRoute(t *testing.T) {
	applies := map[string]bool{"none to nat": true, "none to regional-nat": true, "nat to none": true, "regional-nat to none": true}
	for _, from := range answers.InternetRoutes {
		for _, to := range answers.InternetRoutes {
			if from == to {
				continue
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					later()
					f := newVPC("empty", from, answers.ECSFargate, false).open(t, nil)
					if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 {
						t.Fatalf("%+v\n%s", s, failures(events))
					}
					before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
					f.ans.NewVPC.Internet = to
					seen := map[resource.ID]bool{}
					p := plan.Build(f.resolved(f.ans))
					blocked := slices.ContainsFunc(p.Findings, func(f plan.Finding) bool { return f.Rule == "V-ROUTES" && f.Severity == plan.Block })
					if blocked == applies[from+" to "+to] {
						t.Errorf("blocked: %v", blocked)
					}
					for _, c := range p.Changes {
						if seen[c.ID] {
							t.Fatalf("the plan has %s twice", c.ID)
						}
						seen[c.ID] = true
						if c.Op != resource.Keep && c.Spec.Kind() == "internet-gateway" && from != answers.InternetNone {
							t.Error("the plan has a second internet gateway")
						}
					}
					if !applies[from+" to "+to] {
						return
					}
					k := &kept{}
					f.record = k.add
					if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
						t.Fatalf("%+v\n%s", s, failures(events))
					}
					for _, c := range f.plan(nil).Changes {
						if c.Op != resource.Keep {
							t.Errorf("the next plan has %s %s: %s", c.Op, c.ID, c.Summary)
						}
					}
					f.undone(k, before, false, false)
				})
			})
		}
	}
}

// TestNewVPCWithADeniedBucket: AWS answers with the status 200 that it created no flow log. That is an error with its code and message,
// also in the next run. An undo leaves the account as it was.
func TestNewVPCWithADeniedBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		tt := newVPC("empty", answers.InternetNone, answers.ECSFargate, false)
		tt.ans.NewVPC.FlowLogs = "arn:aws:s3:::other-account-logs"
		f := tt.open(t, nil)
		before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
		k := &kept{}
		f.record = k.add
		for n := range 2 {
			f.net.writes = nil
			s, events := f.once(t.Context(), nil)
			if e := find(events, "flow-log/new", run.Failed); s.Failed != 1 || e == nil || !strings.Contains(e.Detail, "ec2:CreateFlowLogs: AWS answered 400: vpc-") ||
				!strings.Contains(e.Detail, ": Access Denied for LogDestination: other-account-logs. Please check LogDestination permission") || count(f.net.writes, "CreateFlowLogs") != 1 {
				t.Errorf("run %d: %+v, calls %v\n%s", n+1, s, f.net.writes, failures(events))
			}
		}
		f.undone(k, before, false, false)
	})
}

// TestUndoOfAFlowLogThatAWSKeeps: an answer with the status 200 that AWS did not delete the flow log is an error of the undo.
func TestUndoOfAFlowLogThatAWSKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		tt := newVPC("empty", answers.InternetNone, answers.ECSFargate, false)
		tt.ans.NewVPC.FlowLogs = "arn:aws:s3:::flow-logs"
		f := tt.open(t, nil)
		k := &kept{}
		f.record = k.add
		if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 {
			t.Fatalf("%+v\n%s", s, failures(events))
		}
		f.record = nil
		f.net.writes = nil
		f.net.op, f.net.at, f.net.fault = "DeleteFlowLogs", 1, "unsuccessful"
		s, _, events := f.undo(t.Context(), k, false, false)
		if e := find(events, "flow-log/new", run.Failed); e == nil || !strings.Contains(e.Detail, "ec2:DeleteFlowLogs: AWS answered InternalError: an item: not done") {
			t.Errorf("%+v\n%s", s, failures(events))
		}
	})
}

// id returns the id of what a change created.
func (k *kept) id(change resource.ID) string {
	for _, s := range k.steps {
		if s.Change == change {
			return s.ID
		}
	}
	return ""
}

// theirs is the Name tag of what somebody else creates.
const theirs = "of somebody else"

// take creates a NAT gateway of somebody else.
func (f *faultRun) take(subnet, address string) {
	f.t.Helper()
	f.call("ec2", "CreateNatGateway", map[string]any{"SubnetId": subnet, "AllocationId": address,
		"TagSpecifications": []any{map[string]any{"ResourceType": "natgateway", "Tags": []any{map[string]any{"Key": "Name", "Value": theirs}}}}})
}

// free deletes it, and waits until its record and that of a failed gateway are deleted.
func (f *faultRun) free() {
	f.t.Helper()
	out := f.call("ec2", "DescribeNatGateways", map[string]any{"Filter": []any{map[string]any{"Name": "tag:Name", "Values": []any{theirs}}}})
	for _, g := range out["NatGateways"].([]any) {
		f.call("ec2", "DeleteNatGateway", map[string]any{"NatGatewayId": g.(map[string]any)["NatGatewayId"]})
	}
	time.Sleep(2 * time.Hour)
}

// TestUndoOfAVPCThatOthersUse: AWS does not delete a VPC with a subnet of somebody else in it. The undo reports it, reverts
// the rest, and deletes the VPC when it runs again without the subnet.
func TestUndoOfAVPCThatOthersUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		f := newVPC("empty", answers.InternetNAT, answers.ECSFargate, false).open(t, nil)
		before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
		k := &kept{}
		f.record = k.add
		if s, events := f.once(t.Context(), nil); s.Failed+s.Skipped > 0 {
			t.Fatalf("%+v\n%s", s, failures(events))
		}
		out := f.call("ec2", "CreateSubnet", map[string]any{"VpcId": k.id("vpc/new"), "CidrBlock": "10.0.200.0/24"})
		s, _, events := f.undo(t.Context(), k, false, false)
		e := find(events, "vpc/new", run.Failed)
		if s.Failed != 1 || s.Skipped != 0 || e == nil || !strings.Contains(e.Detail, "DependencyViolation") {
			t.Errorf("%+v\n%s", s, failures(events))
		}
		f.call("ec2", "DeleteSubnet", map[string]any{"SubnetId": out["Subnet"].(map[string]any)["SubnetId"]})
		f.undone(k, before, true, false)
	})
}

// TestUndoOfANewVPCByTags: a VPC that a run created, and everything in it, is found by its tag if there is no record. If the
// undo ends early, it continues.
func TestUndoOfANewVPCByTags(t *testing.T) {
	for _, route := range answers.InternetRoutes {
		for _, interrupted := range []string{"", "DeleteVpcEndpoints", "DeleteNatGateway", "DeleteSubnet"} {
			t.Run(route+" "+interrupted, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					later()
					tt := newVPC("empty", route, answers.ECSFargate, false)
					tt.ans.NewVPC.FlowLogs = "arn:aws:s3:::flow-logs"
					f := tt.open(t, nil)
					before := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))
					s, events := f.once(t.Context(), nil)
					if s.Failed+s.Skipped > 0 {
						t.Fatalf("%+v\n%s", s, failures(events))
					}
					vpc := s.IDs["vpc/new"]
					o := run.Options{Caller: f.Client, RunID: "tags", Now: time.Now}
					f.net.writes = nil
					if interrupted != "" {
						ctx, cancel := context.WithCancel(t.Context())
						f.net.op, f.net.at, f.net.fault, f.net.cancel = interrupted, 1, "cancelled", cancel
						f.undoTagged(ctx, vpc, o)
						if count(f.net.writes, interrupted) > 0 {
							time.Sleep(10 * time.Minute) // what AWS deletes is deleted
						}
						f.net.at = 0
						cancel()
					}
					if s := f.undoTagged(t.Context(), vpc, o); s.Failed+s.Skipped > 0 {
						t.Errorf("%+v", s)
					}
					time.Sleep(2 * time.Hour)
					if d := lines(before, accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed))); d != "" {
						t.Error("the account is not as it was (-before +after)", d)
					}
					if steps, err := run.Tagged(t.Context(), o, vpc); err != nil || len(steps) > 0 {
						t.Errorf("again: %+v, %v", steps, err)
					}
				})
			})
		}
	}
}

// undoTagged reverts what has the tag of this program in a VPC.
func (f *faultRun) undoTagged(ctx context.Context, vpc string, o run.Options) run.Summary {
	f.t.Helper()
	steps, err := run.Tagged(f.t.Context(), o, vpc)
	if err != nil {
		f.t.Fatal(err)
	}
	left := run.Compare(f.t.Context(), o, steps, false)
	for _, l := range left {
		if l.Fate != run.Absent && (l.Fate != run.Uncertain || l.ID == "" || !strings.Contains(l.Detail, "is not recorded")) {
			f.t.Errorf("%+v", l)
		}
	}
	if n := len(run.Reverting(run.Choose(left, false))); n > 0 {
		f.t.Errorf("%d steps are reverted without a request", n)
	}
	return run.Undo(ctx, plan.Plan{}, run.Choose(left, true), o)
}
