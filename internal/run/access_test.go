package run_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// openAirflow opens a sandbox account with environments of Amazon MWAA, in its Region.
func openAirflow(t *testing.T, scenario string) *account {
	t.Helper()
	a := open(t, scenario)
	client, err := aws.Open(t.Context(), aws.Options{Region: "us-west-2", Transport: a.box})
	if err != nil {
		t.Fatal(err)
	}
	a.Client = client
	return a
}

// balanced plans a load balancer in front of nightly, and accepts the other findings.
func (a *account) balanced(l answers.LoadBalancer, accept ...string) *plan.Plan {
	a.t.Helper()
	ans := answers.Answers{Version: 1, Workload: answers.MWAA, Region: "us-west-2", VPC: a.vpc, EndpointPolicy: answers.Policy{ByService: map[string]string{"sqs": "full"}},
		Airflow: answers.Airflow{Environment: "nightly", WayIn: answers.ByLoadBalancer, LoadBalancer: l}}
	p := plan.Build(a.known(ans), ans)
	if stops := p.Stops(accept); len(stops) > 0 {
		a.t.Fatalf("%+v", stops)
	}
	return p
}

// endOf is how a row ended, and in what words.
// endOf returns the event that ended a change. Events about its claims follow.
func endOf(events []run.Event, id resource.ID) run.Event {
	for _, e := range events {
		if e.Change == id && slices.Contains([]run.State{run.Done, run.Kept, run.Failed, run.Skipped, run.Unproven}, e.State) {
			return e
		}
	}
	return run.Event{}
}

const issued = "arn:aws:acm:us-west-2:123456789012:certificate/0c1a2b3c-4d5e-4000-8000-000000000001"

// TestTargetsThatStayUnhealthy fail with an error that helps, and the next run continues once the
// cause is fixed.
func TestTargetsThatStayUnhealthy(t *testing.T) {
	for name, tt := range map[string]struct {
		scenario string
		spoil    func(a *account, p *plan.Plan)
		mend     func(a *account)
		says     []string
	}{
		"a security group is in the way": {"mwaa-private", func(_ *account, p *plan.Plan) {
			p.Changes = slices.DeleteFunc(p.Changes, func(x resource.Change) bool {
				return strings.HasSuffix(string(x.ID), "/in/load-balancer") && x.Op == resource.Modify
			})
		}, nil, []string{"10.192.20.7 unhealthy Target.Timeout", "10.192.21.7 unhealthy Target.Timeout", "security group or network ACL", "run again"}},
		"a health check of 200 only": {"mwaa-load-balancer", func(a *account, _ *plan.Plan) { a.matcher("200") }, func(a *account) { a.matcher("200,302") },
			[]string{"10.192.20.7 unhealthy Target.ResponseCodeMismatch", "expects other codes than 200,302"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := openAirflow(t, tt.scenario)
				l := answers.LoadBalancer{Domain: "airflow.example.com", Certificate: issued}
				p := a.balanced(l)
				tt.spoil(a, p)
				begun := time.Now()
				s, events := a.apply(t.Context(), p, nil)
				end := endOf(events, "target-health/airflow-nightly")
				if s.Failed != 1 || s.Skipped != 0 || end.State != run.Failed || len(s.Next) > 0 || s.Proof != run.ProofUnproven {
					t.Fatalf("%+v\n%+v", s, end)
				}
				for _, want := range tt.says {
					if !strings.Contains(end.Detail, want) {
						t.Errorf("%q does not say %q", end.Detail, want)
					}
				}
				if took := time.Since(begun); took < 10*time.Minute || took > 20*time.Minute {
					t.Errorf("it took %v", took)
				}
				if tt.mend != nil {
					tt.mend(a)
				}
				s, events = a.apply(t.Context(), a.balanced(l), nil)
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || len(s.Next) != 2 || !strings.HasPrefix(s.Next[0], "Create this record in the DNS of the domain: airflow.example.com CNAME internal-airflow-nightly-") {
					t.Errorf("%+v\n%+v", s, endOf(events, "target-health/airflow-nightly"))
				}
			})
		})
	}
}

// matcher changes the codes that the target group takes for healthy.
func (a *account) matcher(codes string) {
	a.t.Helper()
	arn := a.call("elbv2", "DescribeTargetGroups", map[string]any{"Names": []any{"airflow-nightly"}})["TargetGroups"].([]any)[0].(map[string]any)["TargetGroupArn"].(string)
	c := elb.New(elb.Options{Region: "us-west-2", Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""), HTTPClient: &http.Client{Transport: a.box}})
	if _, err := c.ModifyTargetGroup(a.t.Context(), &elb.ModifyTargetGroupInput{TargetGroupArn: &arn, Matcher: &types.Matcher{HttpCode: &codes}}); err != nil {
		a.t.Fatal(err)
	}
}

// TestCertificateThatIsNotProven: the run shows the record while it waits, applies the
// rest, and ends with what to do. A run that is stopped immediately can be continued too.
func TestCertificateThatIsNotProven(t *testing.T) {
	for name, leave := range map[string]bool{"waited for": false, "left": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := openAirflow(t, "mwaa-private")
				l := answers.LoadBalancer{Domain: "new.example.com", Certificate: answers.CertificateRequest}
				p := a.balanced(l)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stop := make(chan struct{})
				if leave { // Ctrl-C twice, five minutes after the beginning
					go func() {
						time.Sleep(5 * time.Minute)
						close(stop)
						time.Sleep(time.Second)
						cancel()
					}()
				}
				s, events := a.apply(ctx, p, stop)
				end := endOf(events, "certificate/new.example.com")
				record := "the DNS of the domain needs this record: _"
				if !slices.ContainsFunc(events, func(e run.Event) bool {
					return e.State == run.Waiting && strings.Contains(e.Detail, record) && strings.Contains(e.Detail, ".new.example.com. CNAME _")
				}) {
					t.Errorf("the record is not named: %+v", events)
				}
				if leave {
					if s.Failed != 0 || s.Stopped != 1 || s.Skipped <= s.Stopped || end.State != run.Skipped || end.Detail != "stopped at: wait until the certificate is issued" {
						t.Errorf("%+v\n%+v", s, end)
					}
				} else if s.Failed != 1 || end.State != run.Failed || !strings.Contains(end.Detail, record) || !strings.Contains(end.Detail, "Create the record in the DNS of the domain, then run again") {
					t.Errorf("%+v\n%+v", s, end)
				}
				if got := endOf(events, "load-balancer/airflow-nightly").State; got != run.Done {
					t.Errorf("what does not need the certificate is %s", got)
				}
				if got := endOf(events, "listener/airflow-nightly").State; got != run.Skipped {
					t.Errorf("the listener is %s", got)
				}
				// The same plan goes on, and so does a new one, once the record exists.
				l.Zone = "Z0C1A2B3C4D5E6F70001"
				next := a.balanced(l)
				if row := next.Change("certificate/new.example.com"); row.Op != resource.Run || !strings.Contains(row.Summary, "requested before") {
					t.Errorf("a new plan has %+v", row)
				}
				if s, events = a.apply(t.Context(), next, nil); s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || a.calls("RequestCertificate") != 1 {
					t.Errorf("%+v, %d requests\n%+v", s, a.calls("RequestCertificate"), events)
				}
				if s, _ = a.apply(t.Context(), p, nil); s.Failed+s.Skipped > 0 || a.calls("RequestCertificate") != 1 || a.calls("CreateL") != 2 {
					t.Errorf("the first plan again: %+v", s)
				}
			})
		})
	}
}

// TestKeyOfACertificateStaysUnsaid: it is in no event, summary, or plan, and refused files
// are not repeated.
func TestKeyOfACertificateStaysUnsaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := openAirflow(t, "mwaa-private")
		p := a.balanced(answers.LoadBalancer{Domain: "own.example.com", Certificate: answers.CertificateImport, CertificateFile: "cert.pem", KeyFile: "key.pem"})
		var events []run.Event
		s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Emit: func(e run.Event) { events = append(events, e) },
			Inputs: map[string]secret.Text{resource.InputCertificate: secret.New("no certificate"), resource.InputKey: secret.New(canary)}})
		if end := endOf(events, "certificate/own.example.com"); end.State != run.Failed || s.Failed != 1 {
			t.Fatalf("%+v\n%+v", s, end)
		}
		for _, v := range []any{events, s, p, p.Text()} {
			text, err := json.Marshal(v)
			if err != nil || strings.Contains(string(text), "ary$") || strings.Contains(string(text), "Y2FuImFyeS") {
				t.Errorf("the key is written: %v", err)
			}
		}
	})
}
