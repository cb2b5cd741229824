package run_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// slow answers each call after AWS's usual time, and counts the calls that AWS throttles.
type slow struct {
	http.RoundTripper
	throttled atomic.Int32
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(120 * time.Millisecond)
	out, err := s.RoundTripper.RoundTrip(r)
	if out != nil && out.StatusCode == http.StatusServiceUnavailable {
		s.throttled.Add(1)
	}
	return out, err
}

// paced returns an account that answers each call in 120 ms, provisions an endpoint in 20 s and has AWS's rate limit
// for CreateVpcEndpoint, with answers that need nine endpoints, a security group and a secret.
func paced(t *testing.T) (*account, *slow, answers.Answers) {
	a := open(t, "registry")
	var err error
	if a.box, err = sandbox.New(sandbox.Options{Scenario: "registry", Provisioning: 20 * time.Second}); err != nil {
		t.Fatal(err)
	}
	net := &slow{RoundTripper: a.box}
	if a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: net}); err != nil {
		t.Fatal(err)
	}
	return a, net, answers.Answers{Version: 1, Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Service: "registry/app",
		Needs: &[]string{"s3", "secretsmanager"}, Extra: []string{"ecr.api", "ecr.dkr", "logs", "ssm", "kms", "sts", "ssmmessages"},
		Registry: answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team", Role: "registry-reader"}}
}

// TestPace applies a plan and applies it again. The times are those of the bubble, so they do not depend on the
// machine: AWS's limit and the provisioning of the last endpoint take 36.7 s.
// The second phase adds two calls for each of eight endpoints, one after the other. The first one adds a call for each,
// after two seconds, because other runs may create endpoints without private DNS at the same time.
func TestPace(t *testing.T) {
	for _, two := range []bool{false, true} {
		pace(t, two)
	}
}

func pace(t *testing.T, two bool) {
	most, calls := 39*time.Second, 35
	if two {
		most, calls = most+2*time.Second+8*2*120*time.Millisecond, calls+8*3+2
	}
	synctest.Test(t, func(t *testing.T) {
		a, net, ans := paced(t)
		ans.TwoPhases = &two
		p := plan.Build(a.known(ans), ans)
		if s := p.Stops(nil); len(s) > 0 {
			t.Fatalf("the plan stops: %+v", s)
		}
		a.ops = nil
		start := time.Now()
		s, events := a.login(p, "password")
		took := time.Since(start)
		t.Logf("apply: %s, %d calls, %d throttled", took, len(a.ops), net.throttled.Load())
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || a.calls("CreateVpcEndpoint") != 9 {
			t.Errorf("%+v\n%+v", s, events)
		}
		if took > most || len(a.ops) > calls || net.throttled.Load() > 0 {
			t.Errorf("too slow, or too many calls: %v", a.ops)
		}
		// Each endpoint is verified as soon as it is available.
		done := map[resource.ID]time.Time{}
		for _, e := range events {
			switch ended, ok := done[e.Change]; {
			case e.State == run.Done:
				done[e.Change] = e.Time
			case e.State == run.Proved && ok && e.Time.Sub(ended) > time.Second:
				t.Errorf("%s is verified %s after its end: %s", e.Change, e.Time.Sub(ended), e.Detail)
			}
		}

		a.ops = nil
		start = time.Now()
		again := plan.Build(a.known(ans), ans)
		planned := time.Since(start)
		a.ops = nil
		s, _ = a.login(again, "password")
		took = time.Since(start)
		t.Logf("again: %s, of that %s for reading the account, and %d calls after that", took, planned, len(a.ops))
		if s.Done+s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || took-planned > time.Second || len(a.ops) > 9 {
			t.Errorf("%+v %v", s, a.ops)
		}
		for _, op := range a.ops {
			if !strings.HasPrefix(op, "Describe") && !strings.HasPrefix(op, "Get") {
				t.Errorf("the second run called %s", op)
			}
		}
		// Another value is a new version.
		if s, _ = a.login(again, "another"); s.Done != 1 || a.calls("PutSecretValue") != 1 {
			t.Errorf("another value: %+v", s)
		}
	})
}

// TestPaceOfOthers applies a plan while somebody else uses up AWS's rate limit. The changes say so.
func TestPaceOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, net, ans := paced(t)
		p := plan.Build(a.known(ans), ans)
		var used atomic.Int32
		a.tap = func(op string) {
			if op == "CreateVpcEndpoint" && used.Add(1) <= 4 { // the call of somebody else comes first
				_, _ = a.Client.Call(t.Context(), "ec2", op, map[string]any{"VpcId": a.vpc, "ServiceName": "com.amazonaws.us-east-1.none"})
			}
		}
		s, events := a.login(p, "password")
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || a.calls("CreateVpcEndpoint") < 9 {
			t.Errorf("%+v\n%+v", s, events)
		}
		said := 0
		for _, e := range events {
			if e.State == run.Waiting && strings.Contains(e.Detail, "for all users of the account together") {
				said++
			}
		}
		if net.throttled.Load() == 0 || said == 0 {
			t.Errorf("%d throttled, %d events say so: %+v", net.throttled.Load(), said, events)
		}
		t.Logf("%d calls throttled", net.throttled.Load())
	})
}
