package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"net/http/httptest"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
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
	for _, args := range [][]string{{"plan"}, {"apply", "--yes"}, {"export", "--format", "bash"}} {
		out, errs := s.wizard(exitAWS, append(args, "--answers", "a.yaml")...)
		if out != "" || !strings.Contains(errs, "ExpiredToken") || !strings.Contains(errs, "The credentials are from the environment") || !strings.Contains(errs, "request id") {
			t.Errorf("%v: %q %q", args, out, errs)
		}
	}
}

// TestInterruptedApply: the first Ctrl-C starts nothing new, the second leaves; what
// was made is told, and the next run goes on from what the account holds.
func TestInterruptedApply(t *testing.T) {
	t.Parallel()
	acct, err := sandbox.New(sandbox.Options{Scenario: "closed", Speed: 1}) // endpoints take most of a minute
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(acct)
	t.Cleanup(srv.Close)
	s := newSite(t, srv.URL)
	s.write("a.yaml", scenarioAnswers["closed"])
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "apply", "--answers", "a.yaml", "--yes")
	cmd.Dir, cmd.Env = s.dir, s.env
	var out bytes.Buffer
	cmd.Stdout = &out
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	interrupts := 0
	var seen strings.Builder
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		line := lines.Text()
		seen.WriteString(line + "\n")
		if interrupts == 0 && strings.Contains(line, "is pending") || strings.Contains(line, "Press Ctrl-C again to quit immediately") {
			interrupts++
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || interrupts != 2 {
		t.Fatalf("exit code %d after %d interrupts\n%s", code, interrupts, seen.String())
	}
	if !strings.Contains(seen.String(), "not ready when the run was stopped") || !strings.Contains(out.String(), "security-group/endpoints\tsg-") || !strings.Contains(out.String(), "continue from the current state of the account") {
		t.Errorf("what was made is not told:\n%s\n%s", out.String(), seen.String())
	}
	fast := s.get("/_sandbox/account")
	if !strings.Contains(mustJSON(t, fast), "privatelink-wizard-endpoints") {
		t.Error("nothing was made")
	}
	plan, _ := s.wizard(0, "plan", "--answers", "a.yaml", "--explain")
	if !strings.Contains(plan, "The endpoints' security group exists") && !strings.Contains(plan, "exists and allows traffic from the workload") {
		t.Error("the next plan does not see what was made", plan)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
