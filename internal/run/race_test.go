//go:build !race

package run_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"path"
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
	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

var races = flag.Int("races", 2, "how often two runs of each plan race")

// TestTwoRunsAtOnce applies one plan twice at the same time, with calls that take different times. Both runs succeed, and
// the account is the same as after one run.
func TestTwoRunsAtOnce(t *testing.T) {
	off := false
	for name, tt := range map[string]struct {
		scenario, region string
		answers          answers.Answers
	}{
		"endpoints without private names": {scenario: "closed", answers: answers.Answers{Workload: answers.ECSFargate, PrivateDNS: &off, Extra: []string{"sqs", "sts"}}},
		"endpoints with private names":    {scenario: "closed", answers: answers.Answers{Workload: answers.ECSFargate}},
		"existing endpoints":              {scenario: "half-done", answers: answers.Answers{Workload: answers.ECSFargate}},
		"Run Command":                     {scenario: "closed", answers: answers.Answers{Workload: answers.ECSEC2, Service: "prod", Agent: answers.Agent{Clusters: []string{"prod"}, Restart: answers.RestartSSM}}},
		"reboot":                          {scenario: "closed", answers: answers.Answers{Workload: answers.ECSEC2, Service: "prod", Agent: answers.Agent{Clusters: []string{"prod"}, Restart: answers.RestartReboot}}},
		"credentials": {scenario: "registry", answers: answers.Answers{Workload: answers.ECSFargate, Service: "registry/app", Needs: &[]string{"s3", "secretsmanager"},
			Registry: answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team", Role: "registry-reader"}}},
		"bastion":       {scenario: "mwaa-private", region: "us-west-2", answers: airflow(answers.Airflow{WayIn: answers.ByBastion, Bastion: bastions["sessions"].Bastion})},
		"Client VPN":    {scenario: "mwaa-private", region: "us-west-2", answers: airflow(answers.Airflow{WayIn: answers.ByClientVPN})},
		"load balancer": {scenario: "mwaa-private", region: "us-west-2", answers: airflow(answers.Airflow{WayIn: answers.ByLoadBalancer, LoadBalancer: answers.LoadBalancer{Domain: "airflow.example.com", Certificate: answers.CertificateRequest}})},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range *races {
				one, once := race(t, tt.scenario, tt.region, tt.answers, 1, uint64(seed))
				both, reboots := race(t, tt.scenario, tt.region, tt.answers, 2, uint64(seed))
				if d := cmp.Diff(one, both) + cmp.Diff(once, reboots); d != "" {
					t.Errorf("seed %d: the account after two runs (-one +two)%s", seed, d)
				}
			}
		})
	}
}

func airflow(a answers.Airflow) answers.Answers {
	a.Environment = "nightly"
	return answers.Answers{Workload: answers.MWAA, Airflow: a, EndpointPolicy: answers.Policy{ByService: map[string]string{"sqs": answers.PolicyFull}}}
}

// race applies a plan in several runs at the same time and returns the account without what differs in every run.
func race(t *testing.T, scenario, region string, ans answers.Answers, runs int, seed uint64) (account any, reboots []string) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, scenario)
		ans.Version, ans.VPC, ans.Region = 1, a.vpc, "us-east-1"
		if region != "" {
			ans.Region = region
		}
		var err error
		if a.Client, err = aws.Open(t.Context(), aws.Options{Region: ans.Region, Transport: a.box}); err != nil {
			t.Fatal(err)
		}
		fixed := accounttest.IDs(a.dump())
		p := plan.Build(a.known(ans), ans)
		if s := p.Stops([]string{"G-DNSDKR", "G-DNSOFF"}); len(s) > 0 {
			t.Fatalf("the plan stops: %+v", s)
		}
		random := mathrand.New(mathrand.NewPCG(seed, uint64(runs)))
		var mu sync.Mutex
		latency := func() {
			mu.Lock()
			d := time.Duration(20+random.IntN(400)) * time.Millisecond
			mu.Unlock()
			time.Sleep(d)
		}
		slowly := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
			latency()
			if strings.HasPrefix(op, "Register") || strings.HasSuffix(op, "Certificate") && accounttest.Changes(op) { // there is little time between the search and these
				latency()
				time.Sleep(2 * time.Second)
			}
			out, err := a.Call(ctx, service, op, in)
			if err == nil && op == "RebootInstances" {
				mu.Lock()
				reboots = append(reboots, fmt.Sprint(in))
				mu.Unlock()
			}
			latency()
			return out, err
		})
		var wg sync.WaitGroup
		for n := range runs {
			inputs := inputsOf(t, p, map[string]secret.Text{}) // each run creates its own certificates
			wg.Go(func() {
				latency()
				var events []run.Event
				s := run.Apply(t.Context(), p, run.Options{Caller: slowly, RunID: fmt.Sprintf("run-%d", n), Now: time.Now, Inputs: inputs, Emit: func(e run.Event) { events = append(events, e) }})
				if s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
					t.Errorf("seed %d, run %d: %+v%s", seed, n, s, failures(events))
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Hour) // what AWS deletes disappears
		account = accounttest.Normal(a.dump(), fixed)
	})
	slices.Sort(reboots)
	return account, reboots
}

// inputsOf are the secrets that a run needs. New certificates of a Client VPN are added to made, as a run saves them for
// the next one.
func inputsOf(t *testing.T, p *plan.Plan, made map[string]secret.Text) map[string]secret.Text {
	t.Helper()
	inputs := map[string]secret.Text{}
	for _, in := range p.Inputs() {
		if in.Made == "" {
			v, err := secret.Credentials(in.Username, secret.New("password"))
			if err != nil {
				t.Fatal(err)
			}
			inputs[in.Name] = v
			continue
		}
		if len(made) == 0 {
			v, err := cert.MakeVPN(in.Made, time.Now(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(made, v.Files())
		}
		inputs[in.Name] = made[path.Base(in.File)]
	}
	return inputs
}
