package run_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// account is a sandbox account with a real client on it, and a tap on its calls.
type account struct {
	*aws.Client
	t   *testing.T
	box *sandbox.Account
	mu  sync.Mutex
	ops []string
	tap func(op string) // called before each call
	// refuse is an operation that is denied.
	refuse string
	// lose is an operation with answers that are lost.
	lose string
	vpc  string
	runs int
}

func open(t *testing.T, scenario string) *account {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Scenario: scenario})
	if err != nil {
		t.Fatal(err)
	}
	a := &account{t: t, box: box}
	for _, s := range sandbox.Scenarios() {
		if s.Name == scenario {
			a.vpc = s.VPC
		}
	}
	a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: box})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Call implements run.Caller.
func (a *account) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.mu.Lock()
	a.ops = append(a.ops, op)
	tap := a.tap
	a.mu.Unlock()
	if tap != nil {
		tap(op)
	}
	if op == a.refuse {
		return nil, errors.New("denied " + op)
	}
	// The account has received the call, even if nobody waits for the answer any more.
	out, err := a.Client.Call(context.WithoutCancel(ctx), service, op, in)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if op == a.lose && err == nil {
		return nil, unsure{}
	}
	return out, err
}

// unsure is the error of a change that AWS may have applied.
type unsure struct{}

func (unsure) Error() string { return "no answer" }
func (unsure) Unsure() bool  { return true }

// TestLostAnswer tests that a change that AWS applied is found if its answer was lost, and that
// nothing is created twice.
func TestLostAnswer(t *testing.T) {
	for _, op := range []string{"CreateSecurityGroup", "CreateVpcEndpoint"} {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, "closed")
			a.lose = op
			p := a.plan()
			s, events := a.apply(t.Context(), p, nil)
			created := 0
			for _, c := range p.Changes {
				if c.Op == resource.Create {
					created++
				}
			}
			if s.Failed+s.Skipped > 0 || s.Done < created || a.calls(op) == 0 {
				t.Errorf("%s: %+v of %d changes\n%v", op, s, len(p.Changes), events)
			}
		})
	}
}

func (a *account) calls(op string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, o := range a.ops {
		if strings.HasPrefix(o, op) {
			n++
		}
	}
	return n
}

func (a *account) inventory() *inventory.Inventory {
	a.t.Helper()
	inv := &inventory.Inventory{}
	for _, r := range []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}, {Part: inventory.PartNetwork, VPC: a.vpc}} {
		f, err := a.Load(a.t.Context(), r)
		if err != nil {
			a.t.Fatal(err)
		}
		inv.Merge(f)
	}
	return inv
}

func (a *account) plan() *plan.Plan {
	a.t.Helper()
	p := plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc})
	if s := p.Stops(nil); len(s) > 0 {
		a.t.Fatalf("the plan stops: %+v", s)
	}
	return p
}

// apply carries a plan out and returns the summary and the events.
func (a *account) apply(ctx context.Context, p *plan.Plan, stop <-chan struct{}) (run.Summary, []run.Event) {
	var events []run.Event
	a.runs++
	s := run.Apply(ctx, p, run.Options{Caller: a, RunID: fmt.Sprintf("run-%d", a.runs), Now: time.Now, Stop: stop, Emit: func(e run.Event) { events = append(events, e) }})
	return s, events
}

// meddle makes a change that the run does not know of.
func (a *account) meddle(op string, in map[string]any) {
	a.t.Helper()
	if _, err := a.Client.Call(a.t.Context(), "ec2", op, in); err != nil {
		a.t.Error(err)
	}
}

func (a *account) dump() map[string]any {
	w := httptest.NewRecorder()
	a.box.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/_sandbox/account", nil))
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		a.t.Fatal(err)
	}
	return out
}

func (a *account) deny(ops ...string) {
	body, _ := json.Marshal(map[string]any{"operations": ops})
	w := httptest.NewRecorder()
	a.box.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/deny", bytes.NewReader(body)))
	if w.Code >= 300 {
		a.t.Fatal(w.Body.String())
	}
}

func find(events []run.Event, id resource.ID, s run.State) *run.Event {
	for i, e := range events {
		if e.Change == id && e.State == s {
			return &events[i]
		}
	}
	return nil
}

func TestApplyThenPlanGivesOnlyKeep(t *testing.T) {
	for _, scenario := range []string{"closed", "half-done"} {
		t.Run(scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, scenario)
				p := a.plan()
				start := time.Now()
				s, events := a.apply(t.Context(), p, nil)
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.Done != p.ToApply() {
					t.Fatalf("%+v\n%+v", s, events)
				}
				// Provisioning takes up to a minute, and all but the first four calls wait
				// for a token of 0.3 a second.
				made := a.calls("CreateVpcEndpoint")
				if took := time.Since(start); took > 70*time.Second+time.Duration(made)*time.Second {
					t.Errorf("took %s", took)
				}
				t.Logf("%s: %d rows in %s of AWS's time, %d calls", scenario, len(p.Changes), time.Since(start), len(a.ops))
				again := a.plan()
				for _, r := range again.Changes {
					if r.Op != resource.Keep {
						t.Errorf("second plan: %s %s: %s", r.Op, r.ID, r.Summary)
					}
				}
				before := a.dump()
				writes := len(a.ops)
				s, _ = a.apply(t.Context(), again, nil)
				if s.Done != 0 || s.Kept != len(again.Changes) || s.Proof != run.ProofProved {
					t.Errorf("second run: %+v", s)
				}
				for _, op := range a.ops[writes:] {
					if !strings.HasPrefix(op, "Describe") {
						t.Errorf("second run called %s", op)
					}
				}
				if d := cmp.Diff(before, a.dump()); d != "" {
					t.Error("second run changed the account", d)
				}
				// The first plan again finds all that it made.
				s, _ = a.apply(t.Context(), p, nil)
				if s.Done != 0 || s.Failed+s.Skipped > 0 {
					t.Errorf("same plan again: %+v", s)
				}
			})
		})
	}
}

// What waits says how long it may take, in a key that only such lines have.
// TestCallsAreEvents: each call that changes something is an event with its change and its result, if that is asked for.
func TestCallsAreEvents(t *testing.T) {
	for _, asked := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, "closed")
			a.deny("ec2:CreateTags")
			a.lose = "CreateSecurityGroup"
			var events []run.Event
			run.Apply(t.Context(), a.plan(), run.Options{Caller: a, RunID: "r", Now: time.Now, Calls: asked, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
			a.deny()
			run.Apply(t.Context(), a.plan(), run.Options{Caller: a, RunID: "r", Now: time.Now, Calls: asked, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
			got := map[string]int{}
			for _, e := range events {
				if e.State == run.Called {
					got[string(e.Change)+" "+e.Detail]++
				}
			}
			want := map[string]int{}
			if asked {
				want = map[string]int{"security-group/endpoints ec2:CreateSecurityGroup: no answer": 1, "security-group-rule/endpoints/in/10.0.0.0/16 ec2:AuthorizeSecurityGroupIngress: ok": 1}
				for _, code := range []string{"s3", "ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
					want["endpoint/"+code+" ec2:CreateVpcEndpoint: ok"] = 1
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("asked %v: %s", asked, d)
			}
		})
	}
}

func TestWaitingSaysHowLongAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		_, events := a.apply(t.Context(), a.plan(), nil)
		pending := slices.ContainsFunc(events, func(e run.Event) bool {
			return e.Change == "endpoint/logs" && e.State == run.Waiting && e.Limit == 600 && strings.HasSuffix(e.Detail, " is pending")
		})
		if !pending { // beside it there may be words on how fast AWS lets endpoints be made
			t.Fatalf("%+v", events)
		}
		for _, e := range events {
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if has := strings.Contains(string(line), `,"limit":600}`); has != (e.State == run.Waiting && strings.HasPrefix(string(e.Change), "endpoint/") && e.Limit > 0) || has != (e.Limit > 0) {
				t.Errorf("%s", line)
			}
		}
	})
}

func TestDeletedInBetweenIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		s, _ := a.apply(t.Context(), p, nil)
		a.meddle("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{s.IDs["endpoint/logs"]}})
		time.Sleep(time.Minute) // deleting takes a while
		again, events := a.apply(t.Context(), p, nil)
		if again.Done != 1 || again.Proof != run.ProofProved || again.IDs["endpoint/logs"] == s.IDs["endpoint/logs"] {
			t.Errorf("%+v %+v", again, events)
		}
	})
}

func TestSabotageBetweenApplyAndProofIsCaught(t *testing.T) {
	for name, tt := range map[string]struct {
		meddle func(a *account, ids map[string]string)
		names  string // the culprit
	}{
		"the ingress rule is revoked": {func(a *account, ids map[string]string) {
			a.meddle("RevokeSecurityGroupIngress", map[string]any{"GroupId": ids["group"], "IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
				"IpRanges": []any{map[string]any{"CidrIp": "10.0.0.0/16"}}}}})
		}, "allows traffic"},
		"private DNS is turned off": {func(a *account, ids map[string]string) {
			a.meddle("ModifyVpcEndpoint", map[string]any{"VpcEndpointId": ids["endpoint"], "PrivateDnsEnabled": false})
		}, "private DNS of endpoint logs"},
		"an interface is taken away": {func(a *account, ids map[string]string) {
			a.meddle("ModifyVpcEndpoint", map[string]any{"VpcEndpointId": ids["endpoint"], "RemoveSubnetIds": []any{ids["subnet"]}})
		}, "endpoint logs has an interface"},
		"the endpoint is deleted": {func(a *account, ids map[string]string) {
			a.meddle("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{ids["endpoint"]}})
		}, "endpoint logs is available"},
		"the VPC loses its DNS": {func(a *account, ids map[string]string) {
			a.meddle("ModifyVpcAttribute", map[string]any{"VpcId": a.vpc, "EnableDnsHostnames": map[string]any{"Value": false}})
		}, "DNS hostnames are enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				p := a.plan()
				ids := map[string]string{"subnet": "subnet-0a1b2c3d4e5f61001"}
				var events []run.Event
				ended := 0
				var later atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
				s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: now, Emit: func(e run.Event) {
					events = append(events, e)
					if e.State != run.Done && e.State != run.Kept {
						return
					}
					switch e.Change {
					case "security-group/endpoints":
						ids["group"] = e.Detail
					case "endpoint/logs":
						ids["endpoint"] = e.Detail
					}
					if ended++; ended == len(p.Changes) { // what was verified before is verified again a while later
						tt.meddle(a, ids)
						later.Store(int64(2 * time.Minute))
					}
				}})
				if s.Proof != run.ProofFailed || s.Failed != 0 {
					t.Fatalf("%+v", s)
				}
				if !slices.ContainsFunc(events, func(e run.Event) bool { return e.State == run.Failed && strings.Contains(e.Detail, tt.names) }) {
					t.Errorf("the culprit is not named: %+v", events[len(events)-12:])
				}
			})
		})
	}
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		stop := make(chan struct{})
		var once sync.Once
		a.tap = func(op string) {
			if op == "AuthorizeSecurityGroupIngress" {
				once.Do(func() { close(stop) })
			}
		}
		s, events := a.apply(t.Context(), p, stop)
		if find(events, "security-group-rule/endpoints/in/10.0.0.0/16", run.Done) == nil {
			t.Errorf("what was in flight was not finished: %+v", events)
		}
		for _, id := range []resource.ID{"endpoint/logs", "endpoint/ecr.api"} {
			if find(events, id, run.Skipped) == nil || find(events, id, run.Started) != nil {
				t.Errorf("%s was started after the stop", id)
			}
		}
		if s.IDs["security-group/endpoints"] == "" || s.Proof != run.ProofUnproven {
			t.Errorf("what was made is not told: %+v", s)
		}
		// The next run goes on from what the account holds.
		again := a.plan()
		if again.Change("security-group/endpoints").Op != resource.Keep {
			t.Error("the group is planned again")
		}
		s, _ = a.apply(t.Context(), again, nil)
		if s.Proof != run.ProofProved {
			t.Errorf("%+v", s)
		}
	})
}

func TestLeaveTellsWhatIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		ctx, cancel := context.WithCancel(t.Context())
		p := a.plan()
		var waiting sync.Once
		a.tap = func(op string) {
			if op == "CreateVpcEndpoint" {
				waiting.Do(func() { time.AfterFunc(20*time.Second, cancel) })
			}
		}
		s, events := a.apply(ctx, p, nil)
		e := find(events, "endpoint/ecr.api", run.Skipped)
		if e == nil || !strings.Contains(e.Detail, "was not ready") || s.IDs["endpoint/ecr.api"] == "" {
			t.Errorf("%+v %+v", s, events)
		}
	})
}

// TestStopEndsWaits: the first signal ends the wait for an endpoint, soon, and the summary says what it costs.
func TestStopEndsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		stop, p := make(chan struct{}), a.plan()
		var once sync.Once
		var at time.Time
		a.tap = func(op string) {
			if op == "CreateVpcEndpoint" {
				once.Do(func() { time.AfterFunc(20*time.Second, func() { at = time.Now(); close(stop) }) })
			}
		}
		s, events := a.apply(t.Context(), p, stop)
		if took := time.Since(at); took > time.Second {
			t.Errorf("the run ended %s after the signal", took)
		}
		e := find(events, "endpoint/ecr.api", run.Skipped)
		if e == nil || !strings.Contains(e.Detail, "was not ready") || s.Proof != run.ProofUnproven {
			t.Errorf("%+v %+v", e, s)
		}
		text := strings.Join(s.Remains(), "\n")
		for _, c := range p.Changes {
			if id := s.IDs[c.ID]; (c.Billed() && id != "") != strings.Contains(text, "  "+id+" ("+string(c.ID)+"): about $") {
				t.Errorf("%s: %s", c.ID, text)
			}
		}
		if len(s.Unknown) > 0 || len(s.Billed) == 0 || !strings.Contains(text, "exist and cost about $") {
			t.Errorf("%+v\n%s", s, text)
		}
		s, _ = a.apply(t.Context(), a.plan(), nil)
		if s.Proof != run.ProofProved || s.Billed != nil || s.Remains() != nil {
			t.Errorf("%+v", s)
		}
	})
}

// TestLeaveCutsCallsOff: the second signal does not wait for an answer, whatever the call is, and the summary says
// that the call may have been applied.
func TestLeaveCutsCallsOff(t *testing.T) {
	for op, id := range map[string]resource.ID{"CreateSecurityGroup": "security-group/endpoints", "CreateVpcEndpoint": "endpoint/s3", "AuthorizeSecurityGroupIngress": "security-group-rule/endpoints/in/10.0.0.0/16"} {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, "closed")
			ctx, leave := context.WithCancel(t.Context())
			p := a.plan()
			var once sync.Once
			blocked := callerFunc(func(ctx context.Context, service, o string, in map[string]any) (any, error) {
				out, err := a.Call(ctx, service, o, in)
				if o == op {
					once.Do(func() { time.AfterFunc(time.Second, leave) })
					<-ctx.Done() // the answer never arrives
					return nil, ctx.Err()
				}
				return out, err
			})
			begun := time.Now()
			s := run.Apply(ctx, p, run.Options{Caller: blocked, RunID: "r", Now: time.Now})
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("%s: the run ended after %s", op, took)
			}
			if !slices.Contains(s.Unknown, id) || !strings.Contains(strings.Join(s.Remains(), "\n"), "these may have been applied: ") || s.Failed > 0 {
				t.Errorf("%s: %+v", op, s)
			}
			s, _ = a.apply(t.Context(), a.plan(), nil)
			if s.Proof != run.ProofProved || a.calls("CreateSecurityGroup") != 1 {
				t.Errorf("%s: %+v", op, s)
			}
		})
	}
}

func TestDeniedWriteFailsItsRowAndSkipsItsDependants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		a.deny("ec2:CreateSecurityGroup")
		s, events := a.apply(t.Context(), p, nil)
		e := find(events, "security-group/endpoints", run.Failed)
		if e == nil || !strings.Contains(e.Detail, "UnauthorizedOperation") || !strings.Contains(e.Detail, "ec2:CreateSecurityGroup") {
			t.Errorf("%+v", e)
		}
		if e := find(events, "endpoint/logs", run.Skipped); e == nil || !strings.Contains(e.Detail, "was not applied") {
			t.Errorf("%+v", e)
		}
		if find(events, "endpoint/s3", run.Done) == nil {
			t.Error("what does not depend on it was not done")
		}
		if s.Failed != 1 || s.Proof != run.ProofUnproven {
			t.Errorf("%+v", s)
		}
	})
}

func TestKeptThingThatVanished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		s, _ := a.apply(t.Context(), a.plan(), nil)
		p := a.plan()
		a.meddle("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{s.IDs["endpoint/logs"]}})
		time.Sleep(time.Minute)
		s, events := a.apply(t.Context(), p, nil)
		if e := find(events, "endpoint/logs", run.Failed); e == nil || !strings.Contains(e.Detail, "create a new plan") {
			t.Errorf("%+v", e)
		}
		if s.Failed != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestOnePollForAllEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		start := time.Now()
		a.apply(t.Context(), p, nil)
		finds := len(p.Changes)
		// One poll every five seconds at the most, a few more at the start of each wait.
		if polls, most := a.calls("DescribeVpcEndpoints")-finds, int(time.Since(start)/(4*time.Second))+15; polls > most {
			t.Errorf("%d polls in %s", polls, time.Since(start))
		}
	})
}

func TestStopHoldsBackWhatIsQueued(t *testing.T) {
	for name, hard := range map[string]bool{"stop": false, "leave": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				p := plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Extra: []string{"sts", "sqs", "batch", "ssm", "kms", "ecs"}})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				stop := make(chan struct{})
				var once sync.Once
				var mu sync.Mutex
				after := 0
				a.tap = func(op string) {
					if op != "CreateVpcEndpoint" {
						return
					}
					time.Sleep(time.Second) // until all rows that can start have queued up
					mu.Lock()
					defer mu.Unlock()
					after++
					if after == 2 {
						once.Do(func() {
							if hard {
								leave()
							} else {
								close(stop)
							}
						})
					}
				}
				s, events := a.apply(ctx, p, stop)
				if n := a.calls("CreateVpcEndpoint"); n < 3 || n > 5 { // the gateway, and four at once
					t.Errorf("%d endpoints were asked for after the stop", n-2)
				}
				if s.Skipped < 5 || s.Failed > 0 {
					t.Errorf("%+v %+v", s, events)
				}
			})
		})
	}
}

// TestDeniedMeasurementIsUnproven: what may not be looked at is not refuted, and not
// called proved.
func TestDeniedMeasurementIsUnproven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		a.apply(t.Context(), a.plan(), nil)
		p := a.plan()
		a.deny("ec2:DescribeSecurityGroupRules")
		s, events := a.apply(t.Context(), p, nil)
		if s.Proof != run.ProofProved || s.Unproven < 5 {
			t.Errorf("%+v", s)
		}
		if !slices.ContainsFunc(events, func(e run.Event) bool {
			return e.State == run.Unproven && strings.Contains(e.Detail, "UnauthorizedOperation")
		}) {
			t.Error("why it was not looked at is not said")
		}
	})
}

// TestPollThatFailsOnce: one refused question is not the end of what is being made.
func TestPollThatFailsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		failed := false
		start := time.Now()
		flaky := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
			out, err := a.Call(ctx, service, op, in)
			if op == "DescribeVpcEndpoints" && !failed && time.Since(start) > 10*time.Second {
				failed = true
				return nil, errors.New("the connection broke")
			}
			return out, err
		})
		s := run.Apply(t.Context(), p, run.Options{Caller: flaky, RunID: "r", Now: time.Now})
		if !failed || s.Failed > 0 || s.Proof != run.ProofProved {
			t.Errorf("%+v", s)
		}
	})
}

type callerFunc func(ctx context.Context, service, op string, in map[string]any) (any, error)

func (f callerFunc) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	return f(ctx, service, op, in)
}
