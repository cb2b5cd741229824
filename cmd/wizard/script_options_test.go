package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
)

// exitDiffers is the exit code of a script with --check if the script would change something or a check does not hold.
const exitDiffers = 4

// scripted exports the script e.sh of a plan in an account of a scenario.
func scripted(t *testing.T, scenario, answers string) *site {
	t.Helper()
	tool(t, "bash")
	s := scriptCase{scenario: scenario, answers: answers}.site(t, 200)
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	s.env = append(s.env, "PATH="+s.standIn.Dir+":"+os.Getenv("PATH"))
	return s
}

// sh runs the script with a password as its input, and fails if it ends with another exit code.
func (s *site) sh(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	got, stdout, stderr := s.try(lostPassword+"\n", append([]string{"bash", "e.sh"}, args...)...)
	if got != code {
		s.t.Fatalf("e.sh %v: exit code %d, want %d\n%s%s", args, got, code, stdout, stderr)
	}
	return stdout, stderr
}

// unchanged runs the script and fails if it changed the account, or made a call that changes something.
func (s *site) unchanged(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	before := s.rested()
	s.written()
	stdout, stderr = s.sh(code, args...)
	if writes := s.written(); len(writes) > 0 {
		s.t.Errorf("e.sh %v calls %v", args, writes)
	}
	fixed := accounttest.IDs(before)
	rest := func(v any) any { return accounttest.Normal(accounttest.WithoutKept(v), fixed) }
	if d := cmp.Diff(rest(before), rest(s.rested())); d != "" {
		s.t.Errorf("e.sh %v changed the account%s", args, d)
	}
	return stdout, stderr
}

// TestScriptHelp: the help names the account, the VPC, the cost and the changes.
func TestScriptHelp(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", scenarioAnswers["closed"])
	out, said := s.unchanged(0, "--help")
	contains(t, out+said, "123456789012", "vpc-0a1b2c3d4e5f60001", "us-east-1", "per month", "endpoint/logs", "endpoint/s3", "security-group/endpoints",
		"--dry-run", "--check", "--json", "--log", "--undo", "--help")
	if n := len(s.standIn.Calls()); n > 0 {
		t.Errorf("the help makes %d AWS CLI calls", n)
	}
}

// TestScriptDryRunPrintsCommands: a dry run prints the command of each change, quoted for a shell. It is the one that the run
// makes then, except for the ids of what does not exist yet.
func TestScriptDryRunPrintsCommands(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", scenarioAnswers["closed"]+"tags: {team: \"it's $HOME\"}\n")
	before := s.rested()
	_, said := s.sh(0, "--dry-run")
	if d := cmp.Diff(before, s.rested()); d != "" {
		t.Error("the dry run changed the account", d)
	}
	printed := map[string]int{} // operations
	for line := range strings.Lines(strings.ReplaceAll(said, "\\\n", " ")) {
		if !strings.HasPrefix(line, "  aws ") {
			continue
		}
		f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(line), "")
		if err != nil || len(f.Stmts) != 1 {
			t.Errorf("not one command: %v: %s", err, line)
			continue
		}
		call, ok := f.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) < 3 {
			t.Errorf("not a call: %s", line)
			continue
		}
		if op := call.Args[2].Lit(); !strings.HasPrefix(op, "describe-") {
			printed[op]++
		}
		contains(t, line, "--region us-east-1")
	}
	want := map[string]int{"create-security-group": 1, "authorize-security-group-ingress": 1, "create-vpc-endpoint": 5}
	if d := cmp.Diff(want, printed); d != "" {
		t.Errorf("commands (-want +got)%s\n%s", d, said)
	}
	contains(t, said, "--vpc-id vpc-0a1b2c3d4e5f60001")
}

// everyScript runs the script of every case. The fast suite runs some of them.
var everyScript bool

// TestScriptCheck: --check reports with its exit code whether the account is as the plan describes it, and changes nothing.
func TestScriptCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ scenario, answers string }{
		"fargate": {"closed", scenarioAnswers["closed"]}, "phases": {"closed", phased}, "ecs-ec2": {"closed", ecsOnEC2}, "modified": {"half-done", scenarioAnswers["half-done"]},
		"first": {"closed", firstAnswers["service"]}, "credentials": {"registry", registryAnswers}, "airflow": {"mwaa-private", airflowCases["sessions"].answers},
	} {
		if !everyScript && !slices.Contains([]string{"fargate", "ecs-ec2", "credentials"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, tt.scenario, tt.answers)
			s.unchanged(exitDiffers, "--check")
			s.sh(0)
			s.unchanged(0, "--check")
		})
	}
}

// TestScriptCheckFindsDrift: --check finds what changed since the run.
func TestScriptCheckFindsDrift(t *testing.T) {
	t.Parallel()
	for name, tt := range drifts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, "closed", scenarioAnswers["closed"])
			s.sh(0)
			if err := tt.drift(s); err != nil {
				t.Fatal(err)
			}
			code := exitDiffers
			if tt.code == exitOK && !tt.again {
				code = exitOK
			}
			out, said := s.unchanged(code, "--check")
			if code != exitOK {
				contains(t, out+said, tt.says...)
			}
		})
	}
}

// scriptResult is what a script with --json prints.
type scriptResult struct {
	Account, Region, VPC, Mode string
	Changes                    []struct{ ID, Result, Resource string }
	Checks                     []struct{ Change, Text, Result, Found string }
	Counts                     map[string]int
	Exit                       int
}

// result reads the output of a script with --json, which must be one object.
func (s *site) result(stdout string) scriptResult {
	s.t.Helper()
	var out scriptResult
	d := json.NewDecoder(strings.NewReader(stdout))
	if err := d.Decode(&out); err != nil {
		s.t.Fatalf("%v\n%s", err, stdout)
	}
	if d.More() {
		s.t.Errorf("more than one object:\n%s", stdout)
	}
	counts := map[string]int{}
	for _, c := range out.Changes {
		counts[c.Result]++
	}
	for _, c := range out.Checks {
		counts[strings.ReplaceAll(c.Result, " ", "_")]++
	}
	for _, result := range []string{"created", "exists", "failed", "verified", "not_verified"} {
		if n, ok := out.Counts[result]; !ok || n != counts[result] {
			s.t.Errorf("the count of %s is %d, and not %d", result, n, counts[result])
		}
	}
	return out
}

// lines returns the changes and resources that a script prints without --json.
func (r scriptResult) lines() string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s\t%s\n", c.ID, c.Resource)
	}
	return b.String()
}

// TestScriptJSON: --json has the same results as the text, in all modes.
func TestScriptJSON(t *testing.T) {
	t.Parallel()
	verified := regexp.MustCompile(`(?m)^ *verified +\S+: `)
	text, s := scripted(t, "half-done", scenarioAnswers["half-done"]), scripted(t, "half-done", scenarioAnswers["half-done"])
	for _, run := range []struct {
		mode   string
		args   []string
		code   int
		exists int // changes with the result exists; the others are made by the run, or would be
		made   []string
	}{
		{"dry-run", []string{"--dry-run"}, 0, 2, nil},
		{"check", []string{"--check"}, exitDiffers, 2, nil},
		{"apply", nil, 0, 2, []string{"changed", "created"}},
		{"check", []string{"--check"}, 0, 9, nil},
		{"apply", nil, 0, 9, nil},
	} {
		out, said := text.sh(run.code, run.args...)
		asJSON, _ := s.sh(run.code, append(run.args, "--json")...)
		r := s.result(asJSON)
		if r.Account != "123456789012" || r.Region != "us-east-1" || r.VPC != "vpc-0b2c3d4e5f6a70001" || r.Mode != run.mode || r.Exit != run.code {
			t.Errorf("%s: %+v", run.mode, r)
		}
		if run.mode == "apply" {
			if d := cmp.Diff(out, r.lines()); d != "" {
				t.Errorf("%s: changes (-text +JSON)%s", run.mode, d)
			}
		}
		if n := len(verified.FindAllString(said, -1)); n != r.Counts["verified"] {
			t.Errorf("%s: %d checks are verified in the text, %d in JSON\n%s", run.mode, n, r.Counts["verified"], said)
		}
		exists, made := 0, map[string]bool{}
		for _, c := range r.Changes {
			switch c.Result {
			case "exists":
				exists++
			case "created", "changed":
				made[c.Result] = true
			}
		}
		if len(r.Changes) != 9 || exists != run.exists {
			t.Errorf("%s: %d changes, %d of them exist, and not 9 and %d: %+v", run.mode, len(r.Changes), exists, run.exists, r.Changes)
		}
		if d := cmp.Diff(run.made, slices.Sorted(maps.Keys(made))); d != "" {
			t.Errorf("%s: results (-want +got)%s", run.mode, d)
		}
	}
}

// TestScriptJSONOfANewVPC: the id of the VPC is known only after a run.
func TestScriptJSONOfANewVPC(t *testing.T) {
	t.Parallel()
	s := scripted(t, "empty", "version: 1\nworkload: ecs-fargate\nvpc:\n  create: {name: shop, zones: [us-east-1a], internet: none}\nneeds: []\n")
	for _, run := range []struct {
		args  []string
		known bool
	}{{[]string{"--dry-run", "--json"}, false}, {[]string{"--json"}, true}} {
		out, _ := s.sh(0, run.args...)
		if r := s.result(out); strings.HasPrefix(r.VPC, "vpc-") != run.known {
			t.Errorf("%v: VPC %q", run.args, r.VPC)
		}
	}
}

// TestScriptJSONOfFailures: a check that does not hold has the result failed and what AWS shows, and a stopped run still
// prints one object.
func TestScriptJSONOfFailures(t *testing.T) {
	t.Parallel()
	for name, drift := range map[string]struct {
		of    string // in drifts
		check bool   // the difference is a check
	}{"check": {"ACL entry that denies", true}, "stopped": {"private DNS off", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, "closed", scenarioAnswers["closed"])
			s.sh(0)
			if err := drifts[drift.of].drift(s); err != nil {
				t.Fatal(err)
			}
			out, _ := s.sh(1, "--json")
			r := s.result(out)
			if r.Exit != 1 {
				t.Errorf("exit %d", r.Exit)
			}
			failed := 0
			for _, c := range r.Checks {
				if c.Result == "failed" {
					failed++
					if !strings.Contains(c.Found, "denied by entry 1") {
						t.Errorf("found: %q", c.Found)
					}
				}
			}
			if (failed > 0) != drift.check {
				t.Errorf("%d checks failed: %+v", failed, r)
			}
		})
	}
}

// TestScriptLog: the log has all messages and commands of all runs with their times, and nobody else may read it.
func TestScriptLog(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", scenarioAnswers["closed"])
	at := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ `)
	start, first := time.Now().UTC().Truncate(time.Second), ""
	for range 2 {
		before := len(s.standIn.Calls())
		_, said := s.sh(0, "--log", "run.log")
		log := s.read("run.log") // and its mode
		if !strings.HasPrefix(log, first) {
			t.Error("the log of the first run was changed")
		}
		added := strings.TrimPrefix(log, first)
		first = log
		stamped := "" // the lines with a time, without it; a command can have more lines
		for line := range strings.Lines(added) {
			stamp := at.FindString(line)
			if stamp == "" {
				continue
			}
			if then, err := time.Parse(time.RFC3339, strings.TrimSpace(stamp)); err != nil || then.Before(start) || then.After(time.Now().Add(time.Second)) {
				t.Errorf("not the time of the run: %s", line)
			}
			stamped += line
		}
		for line := range strings.Lines(said) {
			if text := strings.TrimSpace(line); text != "" && !strings.Contains(stamped, text) {
				t.Errorf("not in the log with a time: %s", text)
			}
		}
		commands := map[string]int{}
		for _, call := range s.standIn.Calls()[before:] {
			if words := slices.DeleteFunc(slices.Clone(call), func(w string) bool { return strings.HasPrefix(w, "-") }); len(words) > 1 {
				for _, w := range words {
					if strings.HasPrefix(w, "describe-") || strings.HasPrefix(w, "create-") || strings.HasPrefix(w, "authorize-") || w == "get-caller-identity" {
						commands[w]++
						break
					}
				}
			}
		}
		for op, n := range commands {
			if got := strings.Count(stamped, " "+op); got < n {
				t.Errorf("%s is in the log %d times, and was called %d times", op, got, n)
			}
		}
		if len(commands) == 0 {
			t.Error("no commands were called")
		}
	}
}

// undoCases are plans. Their scripts are run and reverted.
var undoCases = map[string]scriptCase{
	"fargate":       {scenario: "closed", answers: scenarioAnswers["closed"]},
	"phases":        {scenario: "closed", answers: phased},
	"modified":      {scenario: "half-done", answers: scenarioAnswers["half-done"]},
	"ecs-ec2":       {scenario: "closed", answers: ecsOnEC2},
	"first service": {scenario: "closed", answers: firstAnswers["service"]},
	"first job":     {scenario: "closed", answers: firstAnswers["job"]},
	"new VPC":       {scenario: "empty", answers: newVPCAnswers},
	"log group":     {scenario: "new-region", answers: lostCases["log group"].answers},
	"credentials":   {scenario: "registry", answers: registryAnswers},
	"bastion":       {scenario: "mwaa-private", answers: airflowCases["sessions"].answers},
	"ssh":           {scenario: "mwaa-private", answers: airflowCases["ssh"].answers},
	"load balancer": {scenario: "mwaa-private", answers: balancedCases["requested, with zone"].answers},
	"client VPN":    {scenario: "mwaa-private", answers: vpnAnswers},
}

// reverted returns a function that compares the account with what it is now, without what AWS keeps (-before +after).
func (s *site) reverted() func() string {
	before := s.rested()
	fixed := accounttest.IDs(before)
	return func() string {
		s.t.Helper()
		return cmp.Diff(accounttest.WithoutKept(accounttest.Normal(before, fixed)), accounttest.WithoutKept(accounttest.Normal(s.rested(), fixed)))
	}
}

// TestScriptUndo: --undo leaves the account as it was before the first run, and a second undo does nothing.
func TestScriptUndo(t *testing.T) {
	t.Parallel()
	for name, tt := range undoCases {
		if !everyScript && !slices.Contains([]string{"fargate", "modified", "first job", "client VPN"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, tt.scenario, tt.answers)
			differs := s.reverted()
			s.sh(0)
			if differs() == "" {
				t.Fatal("the script changed nothing")
			}
			s.read("e.sh.created") // and its mode
			s.sh(0)                // a run that creates nothing does not lose the record
			s.sh(0, "--undo")
			if d := differs(); d != "" {
				t.Error("the account is not as it was (-before +after)", d)
			}
			s.unchanged(0, "--undo")
		})
	}
}

// TestScriptUndoKeepsOthers: --undo does not touch what somebody else created or changed since.
func TestScriptUndoKeepsOthers(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", scenarioAnswers["closed"])
	s.sh(0)
	other := *must(s.ec2().CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: sdk.String("vpc-0a1b2c3d4e5f60001"), ServiceName: sdk.String("com.amazonaws.us-east-1.sts"),
		VpcEndpointType: "Interface", SubnetIds: []string{"subnet-0a1b2c3d4e5f61001"}, PrivateDnsEnabled: sdk.Bool(true)}))(t).VpcEndpoint.VpcEndpointId
	s.rested()
	s.sh(0, "--undo")
	account := s.rested()
	if !holdsEndpoint(account, other) {
		t.Error("the endpoint of somebody else was deleted")
	}
	walk(account, func(o map[string]any) {
		if id, _ := o["VpcEndpointId"].(string); id != "" && id != other && o["State"] == "available" && strings.Contains(fmt.Sprint(o["Tags"]), "privatelink-wizard") {
			t.Errorf("%s still exists", id)
		}
	})
	if found, _ := s.groupOf("privatelink-wizard-endpoints"); found {
		t.Error("the security group still exists")
	}
}

// TestScriptUndoWithoutRecord: without a record there is nothing to revert, which is an error of the caller.
func TestScriptUndoWithoutRecord(t *testing.T) {
	t.Parallel()
	s := scripted(t, "closed", scenarioAnswers["closed"])
	_, said := s.unchanged(2, "--undo")
	contains(t, said, "e.sh.created")
	s.sh(0)
	if err := os.Remove(filepath.Join(s.dir, "e.sh.created")); err != nil {
		t.Fatal(err)
	}
	_, said = s.unchanged(2, "--undo")
	contains(t, said, "e.sh.created")
}

// TestScriptUndoAfterInterruption: --undo reverts what a run created that did not end.
func TestScriptUndoAfterInterruption(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]kill{
		"between two calls": {"DescribeVpcEndpoints", 6, false},
		"request lost":      {"CreateVpcEndpoint", 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undoAfterKill(t, tt)
		})
	}
}

// TestScriptUndoAfterLostAnswer: --undo also reverts the result of a call without an answer.
func TestScriptUndoAfterLostAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []kill{{"CreateVpcEndpoint", 3, true}, {"CreateSecurityGroup", 1, true}, {"AuthorizeSecurityGroupIngress", 1, true}} {
		t.Run(tt.op, func(t *testing.T) {
			t.Parallel()
			undoAfterKill(t, tt)
		})
	}
}

// kill is where a run is killed.
type kill struct {
	op    string
	nth   int
	apply bool // AWS applies the call
}

func undoAfterKill(t *testing.T, tt kill) {
	s := scripted(t, "closed", scenarioAnswers["closed"])
	differs := s.reverted()
	var mu sync.Mutex
	n := 0
	s.breaks.set(func(op string, apply func()) bool {
		mu.Lock()
		defer mu.Unlock()
		if op != tt.op {
			return false
		}
		if n++; n != tt.nth {
			return false
		}
		if tt.apply {
			apply()
		}
		s.breaks.kill()
		return true
	})
	if code, said := s.attempt("bash", "e.sh"); code != killedCode {
		t.Fatalf("not killed: exit code %d\n%s", code, said)
	}
	s.breaks.set(nil)
	if differs() == "" {
		t.Fatal("the run changed nothing")
	}
	s.sh(0, "--undo")
	if d := differs(); d != "" {
		t.Error("the account is not as it was (-before +after)", d)
	}
}

// secretless fails during a run if a file has a part of a secret. Files of a folder that may have it are left out.
func (s *site) secretless(parts []string, but string) {
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || but != "" && strings.HasPrefix(path, filepath.Join(s.dir, but)) {
			return nil // the script deletes its temporary files
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for _, part := range parts {
			if strings.Contains(string(text), part) {
				s.t.Errorf("%s has %q during the run", path, part)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
}

// keepsPassword runs the script with a password, and looks for it in all files at each call, in the arguments and
// environments of all processes, and in the output.
func keepsPassword(t *testing.T, args ...string) {
	for _, name := range []string{"ecs-fargate credentials", "batch-fargate credentials"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, "registry", registryCases[name])
			s.watched.mu.Lock()
			s.watched.meddle = func(string, int) { s.secretless([]string{"na$ry", "canary"}, "") }
			s.watched.mu.Unlock()
			code, out, said := s.try(passwords["signs"]+"\n", append([]string{"bash", "-c", watch + `bash e.sh "$@"; code=$?; kill $watch; exit $code`, "bash"}, args...)...)
			if code != 0 {
				t.Fatalf("exit code %d\n%s%s", code, out, said)
			}
			s.leaks(append(s.standIn.Words(), out, said)...)
			written := false
			for _, call := range s.standIn.Calls() {
				written = written || strings.Contains(strings.Join(call, " "), "secret-string")
			}
			if !written {
				t.Error("no call wrote the secret")
			}
		})
	}
}

// TestScriptKeepsPassword: the password is in nothing that a run leaves or shows.
func TestScriptKeepsPassword(t *testing.T) {
	t.Parallel()
	keepsPassword(t)
}

// testScriptLogKeepsPassword is TestScriptKeepsPassword with a log and JSON.
func testScriptLogKeepsPassword(t *testing.T) {
	t.Parallel()
	keepsPassword(t, "--log", "run.log", "--json")
}

// keepsKeys runs the script of a Client VPN. Its keys are in their folder until the configuration of the client has them, and
// nowhere else.
func keepsKeys(t *testing.T, args ...string) {
	tool(t, "openssl")
	s := scripted(t, "mwaa-private", vpnAnswers)
	s.watched.mu.Lock()
	s.watched.meddle = func(string, int) { s.secretless([]string{"PRIVATE KEY"}, "airflow-nightly") }
	s.watched.mu.Unlock()
	out, said := s.sh(0, args...)
	file := filepath.Join("airflow-nightly-vpn", "airflow-nightly.ovpn")
	s.keyless([]string{filepath.Base(file)}, append(s.standIn.Words(), out, said)...)
	if !strings.Contains(s.read(file), "PRIVATE KEY") {
		t.Error("the configuration of the client has no key")
	}
}

// TestScriptKeepsKeys: no private key of a Client VPN is outside its folder and the configuration of the client.
func TestScriptKeepsKeys(t *testing.T) {
	t.Parallel()
	keepsKeys(t)
}

// testScriptLogKeepsKeys is TestScriptKeepsKeys with a log and JSON.
func testScriptLogKeepsKeys(t *testing.T) {
	t.Parallel()
	keepsKeys(t, "--log", "run.log", "--json")
}
