//go:build !race

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
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// faultCase is an account and a plan for it.
type faultCase struct {
	scenario, region string
	ans              answers.Answers
	accept           []string
}

// faultCases are the runs of the fault matrix: each workload, access method and way to restart agents.
var faultCases = map[string]faultCase{
	"registry, new role": {"registry", "us-east-1", answers.Answers{Workload: answers.ECSFargate, Service: "registry/app", Proof: answers.Proof{Task: "registry/app"},
		Registry: answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team", Role: "fresh", CreateRole: true, Definition: "app", UpdateService: true}}, nil},
	"registry, restored secret": {"registry", "us-east-1", answers.Answers{Workload: answers.BatchFargate, ComputeEnvironment: "registry-fargate",
		Registry: answers.Registry{Secret: "old/registry", Restore: true, Value: answers.RegistrySet, Username: "new", Definition: "bundle"}}, nil},
	"command": {"closed", "us-east-1", answers.Answers{Workload: answers.ECSEC2, Service: "prod", Agent: answers.Agent{Clusters: []string{"prod"}, Restart: answers.RestartSSM}}, nil},
	"reboot":  {"closed", "us-east-1", answers.Answers{Workload: answers.ECSEC2, Service: "prod", Agent: answers.Agent{Clusters: []string{"prod"}, Restart: answers.RestartReboot}}, nil},
	"load balancer": {"mwaa-private", "us-west-2", airflow(answers.Airflow{WayIn: answers.ByLoadBalancer,
		LoadBalancer: answers.LoadBalancer{Certificate: "request", Domain: "new.example.com", Zone: "Z0C1A2B3C4D5E6F70001", BaseURL: true}}), []string{"W-ALBSG"}},
	"bastion":       {"mwaa-private", "us-west-2", airflow(answers.Airflow{WayIn: answers.ByBastion, Bastion: answers.Bastion{Reach: answers.BySessionManager}}), nil},
	"first service": {"closed", "us-east-1", answers.Answers{Workload: answers.ECSFargate, First: firstWorkload, Clients: firstClients}, nil},
	"first queue":   {"closed", "us-east-1", answers.Answers{Workload: answers.BatchFargate, First: firstWorkload, Clients: firstClients[:2]}, nil},
	"client VPN":    {"mwaa-private", "us-west-2", airflow(answers.Airflow{WayIn: answers.ByClientVPN}), nil},
}

// faults are what happens to one changing call.
var faults = []string{"throttled", "fault", "reset before", "reset after", "no answer", "denied", "expired", "cancelled"}

// faulty makes one changing call fail.
type faulty struct {
	http.RoundTripper
	op     string // the operation
	at     int    // which call of it fails; 0 is none
	fault  string
	cancel func()

	mu     sync.Mutex
	writes []string
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	op := sandbox.Operation(r, body)
	f.mu.Lock()
	now := false
	if accounttest.Changes(op) {
		f.writes = append(f.writes, op)
		now = op == f.op && count(f.writes, op) == f.at
	}
	f.mu.Unlock()
	if !now {
		return f.RoundTripper.RoundTrip(r)
	}
	switch f.fault {
	case "throttled":
		return accounttest.Refusal(r, http.StatusServiceUnavailable, "RequestLimitExceeded"), nil
	case "fault":
		return accounttest.Refusal(r, http.StatusInternalServerError, "InternalFailure"), nil
	case "denied":
		return accounttest.Refusal(r, http.StatusForbidden, "AccessDenied"), nil
	case "expired":
		return accounttest.Refusal(r, http.StatusForbidden, "ExpiredToken"), nil
	case "unsuccessful": // Amazon EC2 answers so with the status 200
		body := "<" + op + "Response><unsuccessful><item><resourceId>an item</resourceId><error><code>InternalError</code><message>not done</message></error></item></unsuccessful></" + op + "Response>"
		return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"text/xml"}}, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(body))}, nil
	case "reset before":
		return nil, errors.New("read: connection reset by peer")
	case "no answer": // AWS applies it and never answers
		_, _ = f.RoundTripper.RoundTrip(r)
		<-r.Context().Done()
		return nil, r.Context().Err()
	case "cancelled":
		f.cancel()
	}
	out, err := f.RoundTripper.RoundTrip(r)
	if f.fault == "reset after" {
		return nil, errors.New("read: connection reset by peer")
	}
	return out, err
}

// faultRun is one account of the matrix.
type faultRun struct {
	*account
	net    *faulty
	ans    answers.Answers
	made   map[string]secret.Text
	fixed  map[string]bool
	record func(run.Step) error
}

func newFaultRun(t *testing.T, name string, made map[string]secret.Text) *faultRun {
	return faultCases[name].open(t, made)
}

func (tt faultCase) open(t *testing.T, made map[string]secret.Text) *faultRun {
	t.Helper()
	a := open(t, tt.scenario)
	f := &faultRun{account: a, net: &faulty{RoundTripper: a.box}, ans: tt.ans, made: made}
	var err error
	if a.Client, err = aws.Open(t.Context(), aws.Options{Region: tt.region, Transport: f.net}); err != nil {
		t.Fatal(err)
	}
	f.ans.Version, f.ans.Region = 1, tt.region
	if !f.ans.Creates() {
		f.ans.VPC = a.vpc
	}
	f.fixed = accounttest.IDs(a.dump())
	return f
}

// plan plans, and fails the test if the plan stops.
func (f *faultRun) plan(accept []string) *plan.Plan {
	f.t.Helper()
	p := plan.Build(f.resolved(f.ans))
	if s := p.Stops(accept); len(s) > 0 {
		f.t.Fatalf("the plan stops: %+v", s)
	}
	return p
}

// once plans and applies.
func (f *faultRun) once(ctx context.Context, accept []string) (run.Summary, []run.Event) {
	f.t.Helper()
	p := f.plan(accept)
	inputs := inputsOf(f.t, p, f.made)
	var events []run.Event
	f.runs++
	s := run.Apply(ctx, p, run.Options{Caller: f.Client, RunID: fmt.Sprintf("run-%d", f.runs), Now: time.Now, Inputs: inputs, Record: f.record, Save: func(run.File) ([]string, bool) { return nil, true },
		Emit: func(e run.Event) { events = append(events, e) }})
	return s, events
}

// TestFaultMatrix makes each kind of changing call of each run fail in each way, and runs again. The account must be
// that of a run without a fault.
func TestFaultMatrix(t *testing.T) {
	var mu sync.Mutex
	cases := 0
	t.Cleanup(func() { t.Logf("%d cases", cases) })
	for name, tt := range faultCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var clean any
			var writes []string
			made := map[string]secret.Text{} // the same keys for all runs, because each takes a second
			synctest.Test(t, func(t *testing.T) {
				later()
				f := newFaultRun(t, name, made)
				s, events := f.once(t.Context(), tt.accept)
				if s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
					for _, e := range events {
						t.Log(e.Time.Format(time.TimeOnly), e.Change, e.State, e.Detail)
					}
					t.Fatalf("%+v\n%s", s, failures(events))
				}
				writes = f.net.writes
				time.Sleep(2 * time.Hour)
				clean = accounttest.Normal(f.dump(), f.fixed)
			})
			for i, op := range writes {
				nth := count(writes[:i+1], op)
				if nth != 1 { // the other calls of an operation are like the first one
					continue
				}
				for _, fault := range faults {
					mu.Lock()
					cases++
					mu.Unlock()
					t.Run(fmt.Sprintf("%s %d %s", op, nth, fault), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							later()
							f := newFaultRun(t, name, made)
							ctx, cancel := context.WithCancel(t.Context())
							defer cancel()
							f.net.op, f.net.at, f.net.fault, f.net.cancel = op, nth, fault, cancel
							first, _ := f.once(ctx, tt.accept)
							if count(f.net.writes, op) < nth {
								t.Fatal("the call was not made")
							}
							f.net.at = 0
							time.Sleep(2 * time.Hour)
							s, events := f.once(t.Context(), tt.accept)
							if s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
								t.Fatalf("the second run: %+v\n%s", s, failures(events))
							}
							if first.Failed+first.Skipped+first.Open == 0 && slices.Contains([]string{"denied", "expired", "cancelled"}, fault) && first.Proof != run.ProofUnproven {
								t.Errorf("the first run does not report the fault: %+v", first)
							}
							time.Sleep(2 * time.Hour)
							if d := cmp.Diff(clean, accounttest.Normal(f.dump(), f.fixed)); d != "" {
								t.Error("the account differs from that of a run without a fault (-clean +got)", d)
							}
						})
					})
				}
			}
		})
	}
}

// checked applies a plan of the fault matrix with the check of permissions.
func (f *faultRun) checked(p *plan.Plan) (run.Summary, []run.Event) {
	var events []run.Event
	s := run.Apply(f.t.Context(), p, run.Options{Caller: f.account, RunID: "r", Now: time.Now, Inputs: inputsOf(f.t, p, f.made), Save: func(run.File) ([]string, bool) { return nil, true },
		Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
	return s, events
}

// writesOf returns the IAM actions of the calls that change something in a plan, with the changes.
func writesOf(p *plan.Plan) map[string][]resource.ID {
	out := map[string][]resource.ID{}
	for _, a := range p.Changes {
		for _, c := range a.Steps().Writes() {
			if action := resource.Action(c.Service, c.Op); !resource.Reads(c.Op) && !slices.Contains(out[action], a.ID) {
				out[action] = append(out[action], a.ID)
			}
		}
	}
	return out
}

// TestMissingPermission denies each write of each plan in turn: exactly it is reported, with the changes that need it, and
// nothing is written.
func TestMissingPermission(t *testing.T) {
	tried := map[string]bool{}
	for name, tt := range faultCases {
		made := map[string]secret.Text{}
		synctest.Test(t, func(t *testing.T) {
			later()
			f := newFaultRun(t, name, made)
			p := plan.Build(f.known(f.ans), f.ans)
			if s := p.Stops(tt.accept); len(s) > 0 {
				t.Fatalf("the plan stops: %+v", s)
			}
			before := f.dump()
			for action, changes := range writesOf(p) {
				tried[action] = true
				f.deny(action)
				calls := len(f.ops)
				s, events := f.checked(p)
				want := []run.Missing{{Permission: action, Changes: changes}}
				if d := cmp.Diff(want, s.Missing); d != "" {
					t.Errorf("%s, %s: %s", name, action, d)
				}
				if s.Failed != len(changes) || s.Failed+s.Skipped != len(p.Changes) || s.Done+s.Kept > 0 || !strings.Contains(strings.Join(s.Next, "\n"), "these permissions: "+action+". Nothing was changed. `wizard plan --iam-policy`") {
					t.Errorf("%s, %s: %+v", name, action, s)
				}
				for _, id := range changes {
					if e := find(events, id, run.Failed); e == nil || !strings.HasSuffix(e.Detail, "you do not have the permission "+action) {
						t.Errorf("%s, %s: %+v", name, action, e)
					}
				}
				if n := len(f.ops) - calls; n > 5 { // the caller, and two simulations in each of two Regions
					t.Errorf("%s, %s: %d calls: %v", name, action, n, f.ops[calls:])
				}
			}
			if d := cmp.Diff(before, f.dump()); d != "" {
				t.Errorf("%s: something was written: %s", name, d)
			}
		})
	}
	for _, action := range []string{"ec2:CreateVpcEndpoint", "ec2:RunInstances", "iam:CreateRole", "airflow:UpdateEnvironment", "elasticloadbalancing:CreateListener", "route53:ChangeResourceRecordSets", "secretsmanager:PutSecretValue", "ssm:SendCommand"} {
		if !tried[action] {
			t.Errorf("%s was not tried: %v", action, tried)
		}
	}
}

// TestResourcesOfTheSimulation tests that each action that is denied on all resources is simulated on a resource of its
// service too, because a policy may allow it only there.
func TestResourcesOfTheSimulation(t *testing.T) {
	for name := range faultCases {
		made := map[string]secret.Text{}
		synctest.Test(t, func(t *testing.T) {
			later()
			f := newFaultRun(t, name, made)
			p := plan.Build(f.known(f.ans), f.ans)
			d := &dryRuns{account: f.account}
			services := map[string]bool{}
			d.simulate = func(in map[string]any) (any, error) {
				resources, _ := in["ResourceArns"].([]any)
				for _, arn := range resources {
					parts := strings.SplitN(arn.(string), ":", 6)
					if len(parts) < 6 || parts[0] != "arn" || parts[1] != p.Partition || strings.ContainsAny(arn.(string), "% ") || strings.Contains(arn.(string), "NAME") {
						t.Errorf("%s: %s", name, arn)
					}
					services[parts[2]] = true
				}
				var list []any
				for _, action := range in["ActionNames"].([]any) {
					list = append(list, map[string]any{"EvalActionName": action, "EvalDecision": "implicitDeny"})
				}
				return map[string]any{"EvaluationResults": list}, nil
			}
			s := run.Apply(t.Context(), p, run.Options{Caller: d, RunID: "r", Now: time.Now, Inputs: inputsOf(t, p, f.made), Preflight: true})
			for _, m := range s.Missing {
				if service, _, _ := strings.Cut(m.Permission, ":"); !services[service] {
					t.Errorf("%s: %s was simulated on no resource of its service: %v", name, m.Permission, services)
				}
			}
			if writes := writesOf(p); len(s.Missing) < len(writes) {
				t.Errorf("%s: %v of %v", name, s.Missing, writes)
			}
		})
	}
}
