//go:build !race

package run_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

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
			if strings.HasPrefix(op, "Register") || strings.HasSuffix(op, "Certificate") && changing(op) { // there is little time between the search and these
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
			inputs := inputsOf(t, p)
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
		account = normal(t, a.dump())
	})
	slices.Sort(reboots)
	return account, reboots
}

// inputsOf are the secrets that a run needs. Each run creates its own certificates.
func inputsOf(t *testing.T, p *plan.Plan) map[string]secret.Text {
	inputs := map[string]secret.Text{}
	var made map[string]secret.Text
	for _, in := range p.Inputs() {
		if in.Made == "" {
			v, err := secret.Credentials(in.Username, secret.New("password"))
			if err != nil {
				t.Fatal(err)
			}
			inputs[in.Name] = v
			continue
		}
		if made == nil {
			v, err := cert.MakeVPN(in.Made, time.Now(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			made = v.Files()
		}
		inputs[in.Name] = made[path.Base(in.File)]
	}
	return inputs
}

var (
	// differs are the names of fields that are not the same in two runs.
	differs = regexp.MustCompile(`(?i)(at|time|timestamp|date|token|since|created|serial|loaded|datetime|before|after|issuer|revision|output|version|comment|expires.*)$|^(DnsEntries|MacAddress|PrivateDnsName|PublicDnsName|DNSName|ip|dns_names|content|value|ClientConfiguration|reservation.*|NetworkInterfaces?|NetworkInterfaceIds|AvailableIpAddressCount|Parameters)$`)
	// made are ids, times and addresses.
	made = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+|[0-9a-f]{8,}|\b\d+\.\d+\.\d+\.\d+\b|:\d+$`)
)

// normal is an account without ids and times, and without what AWS keeps of deleted resources. Lists are sorted.
func normal(t *testing.T, account map[string]any) any {
	var text func(any) any
	text = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			state, _ := v["State"].(map[string]any)
			comment, _ := v["Comment"].(string)
			if state["Name"] == "terminated" || v["status"] == "INACTIVE" || v["Status"] == "INACTIVE" || strings.Contains(comment, " check ") { // each run checks the names
				return nil
			}
			out := map[string]any{}
			for k, e := range v {
				if e := text(e); !differs.MatchString(k) && e != nil {
					out[made.ReplaceAllString(k, "<id>")] = e
				}
			}
			return out
		case []any:
			list := []string{}
			for _, e := range v {
				if e := text(e); e != nil {
					b, err := json.Marshal(e)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, string(b))
				}
			}
			slices.Sort(list)
			return list
		case string:
			return made.ReplaceAllString(v, "<id>")
		}
		return v
	}
	return text(account)
}
