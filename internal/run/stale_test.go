package run_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// quick is how much faster than AWS the account of a stale plan works.
const quick = 20000

// served is a sandbox account that scripts can call.
type served struct {
	*account
	url   string
	clock *clitest.Clock
	aws   *clitest.Programs
	still atomic.Pointer[time.Time] // where time stands still
}

// now returns the time in the account.
func (s *served) now() time.Time {
	if t := s.still.Load(); t != nil {
		return *t
	}
	return s.clock.Now()
}

func serve(t *testing.T, scenario string) *served {
	t.Helper()
	s := &served{account: open(t, scenario), clock: &clitest.Clock{}}
	box, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: quick, Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	s.box = box
	if s.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: box}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(box)
	t.Cleanup(srv.Close)
	s.url, s.aws = srv.URL, clitest.Start(t, s.clock)
	return s
}

// run applies a plan.
func (s *served) run(p *plan.Plan) (run.Summary, []run.Event) {
	var events []run.Event
	s.runs++
	return run.Apply(s.t.Context(), p, run.Options{Caller: s, RunID: fmt.Sprint("run-", s.runs), Now: time.Now, Speed: quick, Emit: func(e run.Event) { events = append(events, e) }}), events
}

// script runs the script of a plan and returns its exit code and what it says.
func (s *served) script(p *plan.Plan, args ...string) (int, string) {
	s.t.Helper()
	text, err := export.Bash(p, export.Meta{})
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), "script.sh")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), "bash", append([]string{file}, args...)...)
	cmd.Env = []string{"PATH=" + s.aws.Dir + ":" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + s.url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "TMPDIR=" + s.t.TempDir()}
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), said.String()
}

// narrow lets the endpoints' security group accept only a part of the VPC.
func narrow(s *served, sum run.Summary) {
	permission := func(cidr string) map[string]any {
		return map[string]any{"GroupId": sum.IDs["security-group/endpoints"], "IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
			"IpRanges": []any{map[string]any{"CidrIp": cidr, "Description": "HTTPS from the VPC"}}}}}
	}
	s.meddle("RevokeSecurityGroupIngress", permission("10.0.0.0/16"))
	s.meddle("AuthorizeSecurityGroupIngress", permission("10.0.1.0/24"))
}

// TestStalePlans tests that a plan stops where something differs from it since it was applied: before anything is
// written, with the difference, by apply and by the script, also in a dry run. What does not matter to the plan does not
// stop it.
func TestStalePlans(t *testing.T) {
	endpoint := func(more map[string]any) func(*served, run.Summary) {
		return func(s *served, sum run.Summary) {
			in := map[string]any{"VpcEndpointId": sum.IDs["endpoint/logs"]}
			for k, v := range more {
				in[k] = v
			}
			s.meddle("ModifyVpcEndpoint", in)
		}
	}
	for name, c := range map[string]struct {
		change  resource.ID
		meddle  func(*served, run.Summary)
		differs string // empty: the plan does not stop
	}{
		"nothing":         {"", func(*served, run.Summary) {}, ""},
		"private DNS off": {"endpoint/logs", endpoint(map[string]any{"PrivateDnsEnabled": false}), "private DNS is off (plan: on)"},
		"another subnet":  {"endpoint/logs", nil, "(plan: subnet-"},
		"another policy": {"endpoint/logs", endpoint(map[string]any{"PolicyDocument": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"logs:PutLogEvents","Resource":"*"}]}`}),
			"the policy restricts access (plan: full access)"},
		"deleting": {"endpoint/logs", func(s *served, sum run.Summary) {
			now := s.clock.Now()
			s.still.Store(&now)
			s.meddle("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{sum.IDs["endpoint/logs"]}})
		}, "state is deleting (plan: available)"},
		"another security group": {"endpoint/logs", func(s *served, sum run.Summary) {
			group, err := s.Client.Call(s.t.Context(), "ec2", "CreateSecurityGroup", map[string]any{"GroupName": "other", "Description": "other", "VpcId": s.vpc})
			if err != nil {
				s.t.Fatal(err)
			}
			endpoint(map[string]any{"AddSecurityGroupIds": []any{group.(map[string]any)["GroupId"]}, "RemoveSecurityGroupIds": []any{sum.IDs["security-group/endpoints"]}})(s, sum)
		}, "security groups sg-"},
		"a narrowed rule": {"security-group-rule/endpoints/in/10.0.0.0/16", narrow, "it allows tcp 443-443 for 10.0.1.0/24 (plan: tcp 443-443 for 10.0.0.0/16)"},
		"an unrelated rule": {"", func(s *served, sum run.Summary) {
			s.meddle("AuthorizeSecurityGroupIngress", map[string]any{"GroupId": sum.IDs["security-group/endpoints"], "IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": []any{map[string]any{"CidrIp": "10.0.2.0/24"}}}}})
		}, ""},
		"an unrelated entry of a network ACL": {"", func(s *served, _ run.Summary) {
			s.addToACL(mainACL, aclEntry{1, true, "deny", "6", "10.0.0.0/16", 22, 22})
		}, ""},
		"one more security group": {"", func(s *served, sum run.Summary) {
			group, err := s.Client.Call(s.t.Context(), "ec2", "CreateSecurityGroup", map[string]any{"GroupName": "other", "Description": "other", "VpcId": s.vpc})
			if err != nil {
				s.t.Fatal(err)
			}
			endpoint(map[string]any{"AddSecurityGroupIds": []any{group.(map[string]any)["GroupId"]}})(s, sum)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "closed")
			p := s.plan()
			sum, events := s.run(p)
			if sum.Failed+sum.Skipped > 0 {
				t.Fatalf("%+v %+v", sum, events)
			}
			subnets := p.Change("endpoint/logs").Spec.(resource.InterfaceEndpoint).Subnets
			if name == "another subnet" {
				c.meddle = endpoint(map[string]any{"RemoveSubnetIds": []any{subnets[0]}})
			}
			c.meddle(s, sum)
			before := s.dump()
			sum, events = s.run(p)
			dry, rehearsed := s.script(p, "--dry-run")
			code, said := s.script(p)
			if d := cmp.Diff(before, s.dump()); d != "" {
				t.Error("the account changed", d)
			}
			if c.differs == "" {
				if sum.Failed > 0 || dry != 0 || code != 0 {
					t.Errorf("stops: %+v %d %d\n%s\n%s", sum, dry, code, rehearsed, said)
				}
				return
			}
			e := find(events, c.change, run.Failed)
			if e == nil || !strings.Contains(e.Detail, c.differs) || !strings.Contains(e.Detail, "Create a new plan") {
				t.Fatalf("%+v", e)
			}
			difference := e.Detail[strings.Index(e.Detail, "the account differs"):]
			for _, text := range []string{rehearsed, said} {
				if !strings.Contains(text, difference) || !strings.Contains(text, "Nothing was changed in this run.") {
					t.Errorf("%s is not in\n%s", difference, text)
				}
			}
			if dry != 1 || code != 1 {
				t.Errorf("exit codes %d and %d", dry, code)
			}
		})
	}
}
