package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// lapsing is an account with credentials that expire at one call, and are refused until they are renewed.
type lapsing struct {
	http.RoundTripper
	op string // the operation
	at int    // the call of it at which the credentials expire; 0 is none

	mu       sync.Mutex
	expired  bool
	ops      []string // that were answered
	writes   []string // that were applied
	refused  []string
	renewals int
	// renew is called by Renew with the number of the attempt. It returns nil when the user has logged in again.
	renew func(n int) error
}

func (l *lapsing) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	op := sandbox.Operation(r, body)
	l.mu.Lock()
	if op == l.op && count(l.ops, op)+1 == l.at {
		l.expired, l.at = true, 0
	}
	expired := l.expired
	if expired {
		l.refused = append(l.refused, op)
	} else {
		l.ops = append(l.ops, op)
	}
	l.mu.Unlock()
	if expired {
		return accounttest.Refusal(r, http.StatusForbidden, "ExpiredToken"), nil
	}
	out, err := l.RoundTripper.RoundTrip(r)
	if err == nil && out.StatusCode < 300 && accounttest.Changes(op) {
		l.mu.Lock()
		l.writes = append(l.writes, op)
		l.mu.Unlock()
	}
	return out, err
}

// Renew is for run.Options.
func (l *lapsing) Renew(ctx context.Context) error {
	l.mu.Lock()
	l.renewals++
	n := l.renewals
	l.mu.Unlock()
	if err := l.renew(n); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expired = false
	return ctx.Err()
}

func count(list []string, of string) int {
	n := 0
	for _, s := range list {
		if s == of {
			n++
		}
	}
	return n
}

// expiring is the account of a small plan, with credentials that can expire.
func expiring(t *testing.T) (*account, *lapsing, *plan.Plan) {
	t.Helper()
	a := open(t, "closed")
	l := &lapsing{RoundTripper: a.box, renew: func(int) error { return nil }}
	var err error
	if a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: l}); err != nil {
		t.Fatal(err)
	}
	p := a.plan()
	l.ops = nil
	return a, l, p
}

// once applies a plan. Watch may be nil.
func (l *lapsing) once(ctx context.Context, a *account, p *plan.Plan, o run.Options, watch func(run.Event)) (run.Summary, []run.Event) {
	var events []run.Event
	o.Caller, o.RunID, o.Now, o.Preflight = a.Client, "run", time.Now, true
	o.Emit = func(e run.Event) {
		events = append(events, e)
		if watch != nil {
			watch(e)
		}
	}
	return run.Apply(ctx, p, o), events
}

// about returns the events about the credentials.
func about(events []run.Event) (out []run.Event) {
	for _, e := range events {
		if e.Change == run.Credentials {
			out = append(out, e)
		}
	}
	return out
}

// stages are the operations of a run at which the credentials expire: the check of permissions, reads and writes of changes, a
// poll, and a measurement.
var stages = []struct {
	op string
	at int
}{{"GetCallerIdentity", 1}, {"SimulatePrincipalPolicy", 1}, {"DescribeSecurityGroups", 1}, {"CreateSecurityGroup", 1}, {"CreateVpcEndpoint", 2}, {"DescribeVpcEndpoints", 4}, {"DescribeSecurityGroupRules", 2}, {"DescribeNetworkAcls", 1}}

// TestExpiredIsRenewed pauses a run at each stage for 20 minutes, which is longer than any time limit of its calls and waits. The
// account is that of a run without a pause, nothing is created twice, and no call is made meanwhile.
func TestExpiredIsRenewed(t *testing.T) {
	var clean any
	var writes []string
	synctest.Test(t, func(t *testing.T) {
		a, l, p := expiring(t)
		fixed := accounttest.IDs(a.dump())
		if s, events := l.once(t.Context(), a, p, run.Options{}, nil); !s.Complete() {
			t.Fatal(failures(events))
		}
		writes = slices.Sorted(slices.Values(l.writes))
		time.Sleep(4 * time.Hour)
		clean = accounttest.Normal(a.dump(), fixed)
	})
	for _, stage := range stages {
		for _, attempts := range []int{1, 241} {
			t.Run(fmt.Sprintf("%s %d, renewed at attempt %d", stage.op, stage.at, attempts), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, l, p := expiring(t)
					fixed := accounttest.IDs(a.dump())
					l.op, l.at = stage.op, stage.at
					l.renew = func(n int) error {
						if n < attempts {
							_, err := a.Call(t.Context(), "sts", "GetCallerIdentity", map[string]any{})
							return err
						}
						return nil
					}
					begun := time.Now()
					s, events := l.once(t.Context(), a, p, run.Options{Renew: l.Renew}, nil)
					if !s.Complete() || s.Proof != run.ProofProved || s.Expired || s.Failed+s.Skipped > 0 {
						t.Errorf("%+v%s", s, failures(events))
					}
					if l.at != 0 || l.renewals != attempts {
						t.Errorf("the credentials expired: %v; %d attempts to renew them", l.at == 0, l.renewals)
					}
					if paused := time.Duration(attempts-1) * 5 * time.Second; time.Since(begun) < paused || time.Since(begun) > paused+10*time.Minute {
						t.Errorf("the run took %s", time.Since(begun))
					}
					var want []run.State
					if attempts > 1 {
						want = []run.State{run.Waiting, run.Done}
					}
					var got []run.State
					for _, e := range about(events) {
						got = append(got, e.State)
					}
					if !slices.Equal(got, want) {
						t.Errorf("got %v, want %v", about(events), want)
					}
					if d := cmp.Diff(writes, slices.Sorted(slices.Values(l.writes))); d != "" {
						t.Error("the changing calls differ", d)
					}
					if len(l.refused) > 25+attempts { // calls in flight, and those of the attempts to renew
						t.Errorf("%d refused calls", len(l.refused))
					}
					time.Sleep(4 * time.Hour)
					if d := cmp.Diff(clean, accounttest.Normal(a.dump(), fixed)); d != "" {
						t.Error("the account differs (-clean +got)", d)
					}
				})
			})
		}
	}
}

// TestExpiredStop stops a run during the pause. It ends without another attempt, and a later run completes it.
func TestExpiredStop(t *testing.T) {
	for _, how := range []string{"stop", "cancel"} {
		for _, stage := range stages {
			t.Run(how+" "+stage.op, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, l, p := expiring(t)
					l.op, l.at = stage.op, stage.at
					l.renew = func(int) error { return errors.New("not yet") }
					stop := make(chan struct{})
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					s, events := l.once(ctx, a, p, run.Options{Renew: l.Renew, Stop: stop, Record: (&memory{}).add}, func(e run.Event) {
						if e.Change == run.Credentials && how == "stop" {
							close(stop)
						} else if e.Change == run.Credentials {
							cancel()
						}
					})
					if !s.Expired || s.Complete() || s.Failed > 0 || s.Proof == run.ProofFailed || how == "stop" && len(s.Unknown) > 0 || len(about(events)) != 1 || l.renewals != 1 {
						t.Errorf("%+v\n%d renewals%s", s, l.renewals, failures(events))
					}
					if len(s.Next) == 0 || s.Next[0] != "The credentials have expired. Sign in again with `aws sso login`, or get new temporary credentials. Then run again: what exists is kept." {
						t.Errorf("%q", s.Next)
					}
					for _, e := range events {
						if how == "stop" && e.State == run.Skipped && !strings.Contains(e.Detail, "stopped") && !strings.Contains(e.Detail, "was not applied") {
							t.Errorf("%+v", e)
						}
					}
					l.expired = false
					if s, events := l.once(t.Context(), a, p, run.Options{}, nil); !s.Complete() || s.Proof != run.ProofProved {
						t.Errorf("the next run: %+v%s", s, failures(events))
					}
					if n := count(l.ops, "CreateSecurityGroup"); n != 1 {
						t.Errorf("%d security groups", n)
					}
				})
			})
		}
	}
}

// TestExpiredAtTheEnd: what only the record needs does not make a complete run incomplete.
func TestExpiredAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, l, p := expiring(t)
		l.op, l.at = "DescribeSecurityGroups", 2 // the first one searches for the group
		if s, events := l.once(t.Context(), a, p, run.Options{Record: (&memory{}).add}, nil); !s.Complete() || s.Expired || len(l.refused) == 0 {
			t.Errorf("%+v%s", s, failures(events))
		}
	})
}

// memory keeps the steps of a run.
type memory struct{ steps []run.Step }

func (m *memory) add(s run.Step) error {
	m.steps = run.Merge(m.steps, s)
	return nil
}

// TestExpiredWithNobody ends a run in order if nobody can log in: no more changes start, and the next step is said once.
func TestExpiredWithNobody(t *testing.T) {
	for _, stage := range stages {
		t.Run(stage.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, l, p := expiring(t)
				l.op, l.at = stage.op, stage.at
				s, events := l.once(t.Context(), a, p, run.Options{}, nil)
				if !s.Expired || s.Complete() || s.Proof == run.ProofFailed || l.renewals > 0 || len(about(events)) > 0 {
					t.Errorf("%+v%s", s, failures(events))
				}
				if sent := len(slices.DeleteFunc(slices.Clone(l.refused), func(op string) bool { return !accounttest.Changes(op) })); sent > 4 {
					t.Errorf("changing calls after the credentials have expired: %v", l.refused)
				}
				text := strings.Join(append(s.Next, s.Remains()...), "\n")
				started := map[resource.ID]bool{}
				for _, e := range events {
					text += "\n" + e.Detail
					started[e.Change] = started[e.Change] || e.State == run.Started
					if e.State == run.Skipped && !strings.Contains(e.Detail, "the credentials have expired") && !strings.Contains(e.Detail, "was not applied") && !strings.Contains(e.Detail, "was not ready when the run was stopped") || strings.Contains(e.Detail, "on request") {
						t.Errorf("%+v", e)
					}
				}
				if n := strings.Count(text, "Sign in again"); n != 1 {
					t.Errorf("the next step is said %d times: %s", n, text)
				}
				if s.Done > 3 && s.Failed+s.Skipped > 0 && len(s.Billed) == 0 {
					t.Errorf("what costs money is not listed: %+v", s)
				}
				l.expired = false
				if s, events := l.once(t.Context(), a, p, run.Options{}, nil); !s.Complete() || s.Proof != run.ProofProved {
					t.Errorf("the next run: %+v%s", s, failures(events))
				}
			})
		})
	}
}

// lapse is an error about credentials that the program cannot renew itself.
type lapse struct{ renewable bool }

func (lapse) Error() string                  { return "AWS answered ExpiredToken. Set new keys." }
func (lapse) Answer() string                 { return "AWS answered ExpiredToken" }
func (lapse) Expired() bool                  { return true }
func (e lapse) Renewable() bool              { return e.renewable }
func (lapse) SignIn() (step, command string) { return "Set new keys.", "login --profile dev" }

// many are changes that do not depend on each other.
func many() *plan.Plan {
	p := &plan.Plan{VPC: "vpc-1"}
	for i := range 12 {
		service := fmt.Sprintf("service%d", i)
		p.Changes = append(p.Changes, resource.Change{ID: resource.ID("endpoint/" + service), Op: resource.Create, Spec: resource.InterfaceEndpoint{VPC: "vpc-1", Service: service}})
	}
	return p
}

// TestExpiredHoldsBackWhatIsQueued makes no call for what is queued if nobody can log in, or if the keys are in the environment,
// which does not change.
func TestExpiredHoldsBackWhatIsQueued(t *testing.T) {
	for name, renewable := range map[string]bool{"nobody": true, "environment": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var writes atomic.Int32
				o := run.Options{RunID: "run", Now: time.Now, Caller: callerFunc(func(_ context.Context, _, op string, _ map[string]any) (any, error) {
					if op != "CreateVpcEndpoint" {
						return map[string]any{}, nil
					}
					writes.Add(1)
					time.Sleep(time.Second)
					return nil, lapse{renewable}
				})}
				if name == "environment" {
					o.Renew = func(context.Context) error { t.Error("renewed"); return nil }
				}
				held := 0
				o.Emit = func(e run.Event) {
					if e.State == run.Skipped && e.Detail == "stopped before completion: the credentials have expired" {
						held++
					}
				}
				s := run.Apply(t.Context(), many(), o)
				if n := int(writes.Load()); n > 4 || s.Failed != n || s.Skipped != 12-n || held != 12-n || !s.Expired || s.Next[0] != "The credentials have expired. Set new keys. Then run again: what exists is kept." {
					t.Errorf("%d calls, %d held back, %+v", n, held, s)
				}
			})
		})
	}
}

// TestExpiredInFlight stops a run during the pause while another call is in flight. AWS did not apply it either.
func TestExpiredInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		var writes atomic.Int32
		o := run.Options{RunID: "run", Now: time.Now, Stop: stop, Renew: func(context.Context) error { return lapse{true} },
			Caller: callerFunc(func(_ context.Context, _, op string, _ map[string]any) (any, error) {
				if op != "CreateVpcEndpoint" {
					return map[string]any{}, nil
				}
				if writes.Add(1) > 1 {
					<-stop
					time.Sleep(time.Second)
				}
				return nil, lapse{true}
			}),
			Emit: func(e run.Event) {
				if e.Change == run.Credentials {
					close(stop)
				}
			}}
		if s := run.Apply(t.Context(), many(), o); s.Failed > 0 || s.Skipped != 12 || len(s.Unknown) > 0 || !s.Expired {
			t.Errorf("%+v", s)
		}
	})
}

// TestExpiredDuringVerification lets the credentials expire when all changes are applied. What was not measured is not failed.
func TestExpiredDuringVerification(t *testing.T) {
	for _, how := range []string{"renewed", "stopped", "nobody"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, l, p := expiring(t)
				attempts, stop := 3, make(chan struct{})
				l.renew = func(n int) error {
					if n < attempts || how == "stopped" {
						return lapse{true}
					}
					return nil
				}
				o := run.Options{Renew: l.Renew, Stop: stop}
				if how == "nobody" {
					o.Renew = nil
				}
				over := 0
				s, events := l.once(t.Context(), a, p, o, func(e run.Event) {
					if p.Change(e.Change) != nil && (e.State == run.Done || e.State == run.Kept) {
						over++
					}
					if over == len(p.Changes) {
						over = 0
						time.Sleep(2 * time.Minute) // what was read before is too old then
						l.mu.Lock()
						defer l.mu.Unlock()
						l.expired = true
					}
					if e.Change == run.Credentials && how == "stopped" {
						close(stop)
					}
				})
				if s.Done+s.Kept != len(p.Changes) || s.Proof == run.ProofFailed || s.Complete() != (how == "renewed") || s.Expired == (how == "renewed") || len(l.refused) == 0 || find(events, p.Changes[0].ID, run.Failed) != nil {
					t.Errorf("%+v%s", s, failures(events))
				}
			})
		})
	}
}

// TestExpiredTexts shows each new reason during a pause once, with the command.
func TestExpiredTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, p := expiring(t)
		other := errors.New("the new credentials belong to account 2, but the wizard works in account 1")
		answers := []error{lapse{true}, lapse{true}, other, other, errors.New("no answer"), lapse{true}, nil}
		var expired atomic.Bool
		var renewals atomic.Int32
		var details []string
		var last *run.Pause
		o := run.Options{RunID: "run", Now: time.Now, Renew: func(context.Context) error {
			err := answers[renewals.Add(1)-1]
			expired.Store(err != nil)
			return err
		},
			Caller: callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
				if op == "CreateSecurityGroup" && renewals.Load() == 0 {
					expired.Store(true)
				}
				if expired.Load() {
					return nil, lapse{true}
				}
				return a.Client.Call(ctx, service, op, in)
			}),
			Emit: func(e run.Event) {
				if e.Change == run.Credentials {
					details = append(details, string(e.State)+": "+e.Detail)
					if e.Pause != nil {
						last = e.Pause
					}
				}
			}}
		if s := run.Apply(t.Context(), p, o); !s.Complete() {
			t.Errorf("%+v", s)
		}
		const todo = " Run in another terminal: `login --profile dev`. The run continues by itself after that. Ctrl-C stops it."
		want := []string{"waiting: The credentials have expired. AWS answered ExpiredToken." + todo,
			"waiting: The credentials have expired. Cannot renew them: the new credentials belong to account 2, but the wizard works in account 1." + todo,
			"waiting: The credentials have expired. Cannot renew them: no answer." + todo,
			"waiting: The credentials have expired. AWS answered ExpiredToken." + todo,
			"done: The credentials are valid again."}
		if d := cmp.Diff(want, details); d != "" {
			t.Error(d)
		}
		if want := (&run.Pause{Answer: "AWS answered ExpiredToken", Step: "Set new keys.", Command: "login --profile dev"}); !cmp.Equal(last, want) {
			t.Errorf("%+v", last)
		}
	})
}

// TestExpiredAgain gives up on a call that renewed credentials do not help. AWS may know new ones only after some time.
func TestExpiredAgain(t *testing.T) {
	for refusals, complete := range map[int]bool{6: true, 7: false} {
		synctest.Test(t, func(t *testing.T) {
			a, _, p := expiring(t)
			n, begun := 0, time.Time{}
			var took time.Duration
			o := run.Options{RunID: "run", Now: time.Now, Renew: func(context.Context) error { return nil },
				Caller: callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
					if op == "CreateSecurityGroup" && n < refusals {
						if n++; n == 1 {
							begun = time.Now()
						}
						took = time.Since(begun)
						return nil, lapse{true}
					}
					return a.Client.Call(ctx, service, op, in)
				})}
			if s := run.Apply(t.Context(), p, o); s.Complete() != complete || s.Expired == complete || n != refusals {
				t.Errorf("%d refusals: %d, %+v", refusals, n, s)
			}
			if want := time.Duration(refusals-2) * 5 * time.Second; took != want { // the first attempt is made at once
				t.Errorf("%d refusals took %s, want %s", refusals, took, want)
			}
		})
	}
}

// TestExpiredDuringAWait pauses a run during a wait for more than its limit. The rest of the limit is valid after that.
func TestExpiredDuringAWait(t *testing.T) {
	for _, ready := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := &plan.Plan{VPC: "vpc-1", Changes: []resource.Change{{ID: "endpoint/logs", Op: resource.Create, Spec: resource.InterfaceEndpoint{VPC: "vpc-1", Service: "logs"}}}}
			created, polls, paused := time.Time{}, 0, false
			o := run.Options{RunID: "run", Now: time.Now,
				Renew: func(ctx context.Context) error { // one that takes long, so that nothing reports progress
					time.Sleep(time.Hour)
					return ctx.Err()
				},
				Caller: callerFunc(func(_ context.Context, _, op string, _ map[string]any) (any, error) {
					endpoint := map[string]any{"VpcEndpointId": "vpce-1", "State": "pending"}
					switch {
					case op == "CreateVpcEndpoint":
						created = time.Now()
						return map[string]any{"VpcEndpoint": endpoint}, nil
					case op == "DescribeVpcEndpoints" && !created.IsZero():
						if polls++; polls == 8 && !paused {
							paused = true
							return nil, lapse{true}
						}
						if ready && polls > 8 {
							endpoint["State"] = "available"
						}
						return map[string]any{"VpcEndpoints": []any{endpoint}}, nil
					}
					return map[string]any{}, nil
				})}
			s := run.Apply(t.Context(), p, o)
			if took := time.Since(created); s.Done != 1 && ready || s.Failed != 1 && !ready || !paused || took < time.Hour || !ready && (took < time.Hour+600*time.Second || took > time.Hour+620*time.Second) {
				t.Errorf("ready %v: %+v after %s", ready, s, took)
			}
		})
	}
}
