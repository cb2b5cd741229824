package main

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestServe: the URL is the only line on standard output, written once it answers; a
// line per call goes to standard error; SIGTERM ends it well.
func TestServe(t *testing.T) {
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "sandbox", "serve", "--scenario", "half-done", "--speed", "50")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("no URL:", errs.String())
	}
	s := newSite(t, lines.Text())
	who, err := sts.NewFromConfig(s.config()).GetCallerIdentity(context.Background(), nil)
	if err != nil || *who.Account != "123456789012" {
		t.Errorf("%+v %v", who, err)
	}
	s.write("a.yaml", scenarioAnswers["half-done"])
	if p, _ := s.wizard(0, "plan", "--answers", "a.yaml"); !strings.Contains(p, "Plan for Amazon ECS on Fargate in VPC orders") {
		t.Error(p)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if lines.Scan() {
		t.Errorf("more on standard output: %q", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, errs.String())
	}
	if !strings.Contains(errs.String(), "sts.GetCallerIdentity us-east-1 200 -") {
		t.Errorf("the log: %s", errs.String())
	}
}
