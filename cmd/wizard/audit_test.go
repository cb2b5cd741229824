package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// auditedLine is one line of the audit file.
type auditedLine struct {
	Time, Service, Operation, Resource, Result string
	RequestID                                  string `json:"request_id"`
	Attempt                                    int
}

func audited(t *testing.T, file string) []auditedLine {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []auditedLine
	for text := range strings.Lines(string(data)) {
		var l auditedLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if l.Time == "" || l.Service == "" || l.Operation == "" || l.Result == "" || l.RequestID == "" || l.Attempt == 0 {
			t.Errorf("%s", text)
		}
		out = append(out, l)
	}
	return out
}

// TestAudit tests that the file has every call of a run, with the change of each call that changes something, and that the
// next run adds to it.
func TestAudit(t *testing.T) {
	dir := t.TempDir()
	ans, audit := filepath.Join(dir, "answers.yaml"), filepath.Join(dir, "audit.jsonl")
	s, err := sandbox.Find("closed")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ans, []byte("version: 1\nworkload: ecs-fargate\nvpc: "+s.VPC+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	apply := []string{"apply", "--sandbox=closed", "--speed", "100000", "--answers", ans, "--yes", "--audit"}
	if code, out, errs := wizard(t, append(apply, audit)...); code != exitOK {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	lines := audited(t, audit)
	changes := map[string]string{}
	for _, l := range lines {
		if strings.HasPrefix(l.Operation, "Create") && l.Result == "ok" {
			changes[l.Resource] = l.Service + ":" + l.Operation
		}
	}
	if changes["endpoint/logs"] != "ec2:CreateVpcEndpoint" || changes["security-group/endpoints"] != "ec2:CreateSecurityGroup" || len(lines) < 40 {
		t.Errorf("%d lines, %v", len(lines), changes)
	}
	if info, err := os.Stat(audit); err != nil || info.Mode() != privateMode {
		t.Errorf("%v %v", info, err)
	}
	if code, _, errs := wizard(t, "plan", "--sandbox=closed", "--answers", ans, "--audit", audit); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if more := audited(t, audit); len(more) <= len(lines) || more[0] != lines[0] {
		t.Errorf("%d lines after %d", len(more), len(lines))
	}

	// A file that cannot be written stops the program before the first call, or is reported at the end.
	debug := filepath.Join(dir, "debug.log")
	if code, _, errs := wizard(t, append(apply, filepath.Join(dir, "none", "audit"), "--debug", debug)...); code != exitUsage || !strings.Contains(errs, "--audit: open ") || !strings.Contains(errs, "no such file") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if data, err := os.ReadFile(debug); err != nil || len(data) > 0 {
		t.Errorf("%s %v", data, err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		return // not on every system
	}
	if code, _, errs := wizard(t, append(apply, "/dev/full")...); code != exitAWS || !strings.Contains(errs, "wizard: --audit: cannot write to /dev/full: no space left on device; the file is not complete") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
