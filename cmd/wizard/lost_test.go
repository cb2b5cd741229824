package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// lostCase is a plan. Its calls lose their answers, or its runs are killed.
type lostCase struct{ scenario, answers string }

var lostCases = map[string]lostCase{
	"fargate":     {"closed", withTask},
	"ecs-ec2":     {"closed", ecsOnEC2},
	"reboot":      {"closed", strings.Replace(pathCases["batch-ec2"].answers, "restart: ssm", "restart: reboot", 1)},
	"old agents":  {"old-agents", "version: 1\nworkload: ecs-ec2\nservice: attic\nagent: {restart: ssm, update: true}\n"},
	"batch-ec2":   {"closed", pathCases["batch-ec2"].answers},
	"log group":   {"new-region", "version: 1\nworkload: ecs-fargate\nservice: prod/booking\n"},
	"credentials": {"registry", registryAnswers},
	"restored secret": {"registry", "version: 1\nworkload: batch-fargate\ncompute_environment: registry-fargate\n" +
		"registry: {secret: old/registry, restore: true, value: set, username: new, definition: bundle}\n"},
	"load balancer":  {"mwaa-private", balanced("domain: new.example.com", "certificate: request", zoneLine, "base_url: true")},
	"bastion":        {"mwaa-private", airflowCases["sessions"].answers},
	"client VPN":     {"mwaa-private", vpnAnswers},
	"customer's VPC": {"mwaa-customer-pending", airflowCases["customer"].answers},
}

// account returns an account for the plan. For one with a script, the place has the script e.sh.
func (tt lostCase) account(t *testing.T, cli string) *site {
	t.Helper()
	s := practiceAt(t, tt.scenario, 200)
	tmp := filepath.Join(s.dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true", "TMPDIR="+tmp, passwordVariable+"="+lostPassword)
	if tt.scenario == "new-region" {
		s.env = append(s.env, "AWS_REGION=ca-west-1", "AWS_DEFAULT_REGION=ca-west-1")
	}
	s.write("answers.yaml", tt.answers)
	if cli != "" {
		s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
		s.env = append(s.env, "PATH="+s.programs(cli)+":"+os.Getenv("PATH"))
	}
	return s
}

const (
	lostPassword = "canary"
	killedCode   = -1 // of a program that a signal ended
)

// attempt runs a program with a password as its input, and returns its exit code and messages. No process remains.
func (s *site) attempt(program ...string) (code int, said string) {
	s.t.Helper()
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.SysProcAttr = s.dir, append([]string{"PATH=" + os.Getenv("PATH")}, s.env...), strings.NewReader(lostPassword), &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.breaks.mu.Lock()
	s.breaks.running = cmd.Process
	s.breaks.mu.Unlock()
	_ = cmd.Wait() // the exit code tells
	eventually(s.t, func() bool { return errors.Is(syscall.Kill(-cmd.Process.Pid, 0), syscall.ESRCH) })
	return cmd.ProcessState.ExitCode(), out.String()
}

// breaks ends connections to an account without an answer.
type breaks struct {
	mu      sync.Mutex
	at      func(op string, apply func()) bool
	running *os.Process // what attempt started last
}

// serve answers a call, unless the connection ends. It answers all dry runs.
func (b *breaks) serve(account http.Handler, body []byte, w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	at := b.at
	b.mu.Unlock()
	if at != nil && !bytes.Contains(body, []byte("DryRun=true")) && at(sandbox.Operation(r, body), func() { account.ServeHTTP(httptest.NewRecorder(), r) }) {
		panic(http.ErrAbortHandler)
	}
	account.ServeHTTP(w, r)
}

// set sets at which calls connections end. The function can apply the call first.
func (b *breaks) set(at func(op string, apply func()) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at
}

// kill kills what attempt started, and nothing that it started itself.
func (b *breaks) kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.running.Kill()
}

// fate is what happens to a call.
type fate string

const (
	requestLost fate = "the request is lost"
	answerLost  fate = "the answer is lost"
	runKilled   fate = "the run is killed"
)

// end runs a program until it is complete, and ends its first runs: each at the first call of one of the operations, or of
// all that change something, at which no run ended before. It returns the operations at which runs ended, in turn.
func (s *site) end(f fate, program, at []string) (ops []string) {
	s.t.Helper()
	for {
		var mu sync.Mutex
		ended := ""
		s.breaks.set(func(op string, apply func()) bool {
			mu.Lock()
			defer mu.Unlock()
			if ended != "" || !accounttest.Changes(op) || slices.Contains(ops, op) || at != nil && !slices.Contains(at, op) {
				return false
			}
			ended = op
			if f != requestLost {
				apply()
			}
			if f == runKilled {
				s.breaks.kill()
			}
			return true
		})
		code, said := s.attempt(program...)
		s.breaks.set(nil)
		s.later()
		switch {
		case ended == "":
			if code != 0 {
				s.t.Fatalf("after runs that ended at %v: exit code %d\n%s", ops, code, said)
			}
			return ops
		case f == runKilled && code != killedCode:
			s.t.Fatalf("%s: not killed: exit code %d\n%s", ended, code, said)
		case f != runKilled && (code != 1 || !strings.Contains(said, "may or may not have taken effect")):
			s.t.Errorf("%s: exit code %d\n%s", ended, code, said)
		}
		ops = append(ops, ended)
	}
}

// later moves the clock by two hours, and by two more for what begins then.
func (s *site) later() {
	s.t.Helper()
	for range 2 {
		s.clock.Advance(2 * time.Hour / time.Duration(s.speed))
		s.get("/_sandbox/account")
	}
}

// files are the names of the files in the place of a site.
func (s *site) files() (names []string) {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, must(filepath.Rel(s.dir, path))(s.t))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// lose ends runs of the plan at each kind of changing call, and returns how many it ended. The account must then be that
// of a run that nothing ended. The runs are those of a script, or of apply if there is no AWS CLI.
func (tt lostCase) lose(t *testing.T, cli string, fates ...fate) (n int) {
	tool(t, "bash")
	clean := tt.account(t, cli)
	fixed := accounttest.IDs(clean.get("/_sandbox/account"))
	program := []string{tool(t, "bash"), "e.sh"}
	if cli == "" {
		program = []string{tool(t, "wizard"), "apply", "--answers", "answers.yaml", "--yes", "--speed", fmt.Sprint(clean.speed)}
	}
	var ops []string
	clean.breaks.set(func(op string, _ func()) bool {
		if accounttest.Changes(op) && !slices.Contains(ops, op) {
			ops = append(ops, op)
		}
		return false
	})
	if code, said := clean.attempt(program...); code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	clean.later()
	want := accounttest.Normal(clean.get("/_sandbox/account"), fixed)
	// A script makes one call after the other, so that its runs can end at all kinds of calls in one account.
	each := [][]string{nil}
	if cli == "" {
		each = slices.Collect(slices.Chunk(ops, 1))
	}
	for _, f := range fates {
		var ended []string
		for _, at := range each {
			s := tt.account(t, cli)
			did := s.end(f, program, at)
			ended = append(ended, did...)
			if d := cmp.Diff(want, accounttest.Normal(s.get("/_sandbox/account"), fixed)); d != "" {
				t.Errorf("%s at %v: the account differs from that of a complete run (-complete +got)%s", f, did, d)
			}
			s.leftOf(f, len(did), clean.files())
		}
		for _, op := range ops {
			if !slices.Contains(ended, op) {
				t.Errorf("%s: no run ended at %s", f, op)
			}
		}
		n += len(ended)
	}
	return n
}

// leftOf fails if runs left more behind than complete ones, which left some files. Killed scripts leave temporary files, which
// contain no secret.
func (s *site) leftOf(f fate, runs int, files []string) {
	s.t.Helper()
	temporary := 0
	for _, name := range s.files() {
		switch {
		case slices.Contains(files, name), strings.HasPrefix(name, filepath.Join(".local", "state", "privatelink-wizard", "runs")): // leaks reads the records
		case f == runKilled && slices.Contains(files, "e.sh") && strings.HasPrefix(name, "tmp/privatelink-wizard."):
			temporary++
			s.read(name)
		default:
			s.t.Errorf("%s: left behind: %s", f, name)
		}
	}
	if temporary > 3*runs {
		s.t.Errorf("%s: %d temporary files of %d runs", f, temporary, runs)
	}
	s.leaks()
	s.keyless([]string{"airflow-nightly.ovpn"})
}

// TestScriptsLoseAnswers: whatever call has no answer, the script reports that the result is not known, and completes the
// plan when it runs again. The acceptance tests do the same with all plans.
func TestScriptsLoseAnswers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"credentials", "client VPN"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lostCases[name].lose(t, standIn, answerLost)
		})
	}
}
