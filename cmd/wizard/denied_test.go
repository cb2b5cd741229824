package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

func (s *site) refuse(code string, operations ...string) {
	s.t.Helper()
	body, _ := json.Marshal(map[string]any{"operations": operations, "code": code})
	resp, err := http.Post(s.url+"/_sandbox/deny", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
}

func TestExpiredCredentials(t *testing.T) {
	t.Parallel()
	s := practice(t, "closed")
	s.write("a.yaml", scenarioAnswers["closed"])
	s.refuse("ExpiredToken", "sts:GetCallerIdentity", "ec2:DescribeVpcs", "ecs:ListClusters", "ec2:DescribeVpcEndpointServices")
	for _, args := range [][]string{{"plan"}, {"check"}, {"apply", "--yes"}, {"export", "--format", "bash"}} {
		out, errs := s.wizard(exitAWS, append(args, "--answers", "a.yaml")...)
		if out != "" || !strings.Contains(errs, "ExpiredToken") || !strings.Contains(errs, "The credentials are from the environment") || !strings.Contains(errs, "request id") {
			t.Errorf("%v: %q %q", args, out, errs)
		}
	}
}

// TestMissingPermissions tests that a run without permission for some of its changes lists all that are missing, with the
// command that prints the policy, and changes nothing.
func TestMissingPermissions(t *testing.T) {
	t.Parallel()
	s := practice(t, "closed")
	s.write("a.yaml", scenarioAnswers["closed"])
	s.refuse("", "ec2:CreateVpcEndpoint", "ec2:CreateSecurityGroup")
	before := s.get("/_sandbox/account")
	out, _ := s.wizard(exitAWS, "apply", "--answers", "a.yaml", "--yes", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if first := `"action":"permissions","state":"started","detail":"Check permissions"}`; !strings.HasSuffix(lines[0], first) {
		t.Errorf("%s", lines[0])
	}
	var last run.Summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if len(last.Missing) != 2 || last.Missing[0].Permission != "ec2:CreateSecurityGroup" || last.Missing[1].Permission != "ec2:CreateVpcEndpoint" || len(last.Missing[1].Changes) != 5 || last.Failed != 6 {
		t.Errorf("%+v", last)
	}
	out, errs := s.wizard(exitAWS, "apply", "--answers", "a.yaml", "--yes")
	for _, want := range []string{"failed       endpoint/logs  not started, because you do not have the permission ec2:CreateVpcEndpoint\n", "not started  security-group-rule/endpoints/in/10.0.0.0/16",
		"You do not have these permissions: ec2:CreateSecurityGroup, ec2:CreateVpcEndpoint. Nothing was changed. `wizard plan --iam-policy`"} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is missing:\n%s\n%s", want, out, errs)
		}
	}
	if d := cmp.Diff(before, s.get("/_sandbox/account")); d != "" {
		t.Error("the account was changed", d)
	}
	s.refuse("", "iam:SimulatePrincipalPolicy") // most is unknown then
	if _, errs = s.wizard(0, "apply", "--answers", "a.yaml", "--yes"); !strings.Contains(errs, "not verified permissions  Not known whether 3 operations are allowed: ") {
		t.Errorf("%s", errs)
	}
}

// TestInterruptedApply: the first signal ends the waits, the second one also the calls in flight. The summary says what
// exists and costs money and what may exist, and the next run continues from what the account contains.
func TestInterruptedApply(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signal  syscall.Signal
		json    bool
		blocked string // a call without an answer, so that a second signal is needed
		says    string
	}{
		"Ctrl-C":       {syscall.SIGINT, false, "", "Stopping. No new call starts. The calls in flight finish first. Press Ctrl-C again"},
		"SIGTERM":      {syscall.SIGTERM, true, "", "SIGTERM: stopping. "},
		"SIGHUP":       {syscall.SIGHUP, false, "", "SIGHUP: stopping. "},
		"Ctrl-C twice": {syscall.SIGINT, false, "AuthorizeSecurityGroupIngress", "Leaving without waiting for the calls in flight."},
		"SIGHUP twice": {syscall.SIGHUP, true, "AuthorizeSecurityGroupIngress", "SIGHUP: leaving without waiting for the calls in flight."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := practiceAt(t, "closed", 1) // endpoints take most of a minute
			s.write("a.yaml", scenarioAnswers["closed"])
			args := []string{"apply", "--answers", "a.yaml", "--yes"}
			if tt.json {
				args = append(args, "--json")
			}
			cmd := exec.CommandContext(t.Context(), tool(t, "wizard"), args...)
			cmd.Dir, cmd.Env = s.dir, s.env
			never, signals := make(chan struct{}), 0
			var signaled time.Time
			send := func(nth int) {
				if signals++; signals == nth {
					signaled = time.Now()
					_ = cmd.Process.Signal(tt.signal)
				} else {
					signals--
				}
			}
			var out, seen strings.Builder
			var mu sync.Mutex
			cmd.Stdout = writerFunc(func(b []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				out.Write(b)
				if strings.Contains(out.String(), "is not ready yet") {
					send(1)
				}
				return len(b), nil
			})
			cmd.Stderr = writerFunc(func(b []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				seen.Write(b)
				if strings.Contains(seen.String(), "is not ready yet") {
					send(1)
				}
				if tt.blocked != "" && strings.Contains(strings.ToLower(seen.String()), "stopping. ") {
					send(2)
				}
				return len(b), nil
			})
			s.watched.mu.Lock()
			s.watched.meddle = func(op string, _ int) {
				if tt.blocked != "" && op == tt.blocked {
					mu.Lock()
					send(1)
					mu.Unlock()
					<-never
				}
			}
			s.watched.mu.Unlock()
			t.Cleanup(func() { close(never) })
			_ = cmd.Run()
			said := out.String() + seen.String()
			if code, took := cmd.ProcessState.ExitCode(), time.Since(signaled); code != exitInterrupted || took > 20*time.Second {
				t.Fatalf("exit code %d, %s after the last signal\n%s", code, took, said)
			}
			if !strings.Contains(seen.String(), tt.says) {
				t.Errorf("%q is missing:\n%s", tt.says, said)
			}
			var sum run.Summary
			if tt.json {
				rows := strings.Split(strings.TrimSpace(out.String()), "\n")
				if err := json.Unmarshal([]byte(rows[len(rows)-1]), &sum); err != nil || sum.State != "summary" || sum.Skipped == 0 {
					t.Errorf("the last line is not the summary: %v\n%s", err, said)
				}
				out.WriteString(strings.Join(sum.Remains(), "\n"))
			} else if !strings.Contains(out.String(), "continue from the current state of the account") {
				t.Error(said)
			}
			if !strings.Contains(out.String(), "cost about $") && tt.blocked == "" {
				t.Errorf("the cost is missing:\n%s", said)
			}
			if strings.Contains(out.String(), "may have been applied: security-group-rule/endpoints/in/") != (tt.blocked != "") {
				t.Errorf("what is not known is not said:\n%s", said)
			}
			plan, _ := s.wizard(0, "plan", "--answers", "a.yaml", "--explain")
			if !strings.Contains(plan, "The endpoints' security group exists") && !strings.Contains(plan, "exists and allows traffic from the workload") {
				t.Error("the next plan does not see what was made", plan)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
