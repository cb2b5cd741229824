package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// These tests apply a plan to one account and run its exported script in an equal one. Both
// accounts must be equal afterwards.

// tool finds a program, or skips the test; where tools are required it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is required: %v", name, err)
		}
		t.Skipf("%s is not here", name)
	}
	return path
}

// What tests call the AWS CLIs: the one of package clitest, where a script's sleep takes no time either, and
// that of Debian. The acceptance tests run the same scripts with the real ones.
const (
	standIn   = "stand-in"
	debianCLI = "/usr/bin/aws"
	inPython  = " in Python"
)

// pythons are the Pythons that hold the real AWS CLIs as packages. A script then waits for the CLI's answers, but not
// for its start.
var pythons = map[string]string{"aws" + inPython: "python3", debianCLI + inPython: "/usr/bin/python3"}

// site is an account served over HTTP, and a place to work in.
type site struct {
	t   *testing.T
	url string
	dir string
	env []string
	// speed is how much faster than AWS the account works.
	speed float64

	clock  *clitest.Clock
	real   map[string]*clitest.Programs // real AWS CLIs that a Python process holds
	breaks *breaks                      // what ends connections to the account; may be nil

	// Of a sandbox account:
	watched *watched
	standIn *clitest.Programs
}

func newSite(t *testing.T, url string) *site {
	dir := t.TempDir()
	return &site{t: t, url: url, dir: dir, speed: 1000, clock: &clitest.Clock{}, real: map[string]*clitest.Programs{}, env: []string{
		"HOME=" + dir, "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"), "PYENV_ROOT=" + os.Getenv("PYENV_ROOT"),
	}}
}

// run runs a program and returns its output; the exit code must be as told.
func (s *site) run(code int, path string, args ...string) (stdout, stderr string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), path, args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, s.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("%s %v: exit code %d, want %d (%v)\n%s\n%s", path, args, got, code, err, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// wizard runs this program.
func (s *site) wizard(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	exe, err := exec.LookPath("wizard") // put there by testscript.Main
	if err != nil {
		s.t.Fatal(err)
	}
	if args[0] == "apply" {
		args = append(args, "--speed", fmt.Sprint(s.speed))
	}
	return s.run(code, exe, args...)
}

// programs is a directory with one of the AWS CLIs, as aws.
func (s *site) programs(cli string) string {
	s.t.Helper()
	if cli == standIn {
		return s.standIn.Dir
	}
	if python := pythons[cli]; python != "" && clitest.HasCLI(python) {
		if s.real[cli] == nil {
			s.real[cli] = clitest.NewReal(s.t, python, append([]string{"PATH=" + os.Getenv("PATH"), "PYTHONUTF8=1"}, s.env...)).Programs(s.t, s.clock)
		}
		return s.real[cli].Dir
	}
	cli = strings.TrimSuffix(cli, inPython)
	bin := s.t.TempDir()
	if err := os.Symlink(tool(s.t, cli), filepath.Join(bin, "aws")); err != nil {
		s.t.Fatal(err)
	}
	return bin
}

// script runs a script with one of the AWS CLIs.
func (s *site) script(cli string, code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	bin := s.programs(cli)
	save := s.env
	defer func() { s.env = save }()
	s.env = append(slices.Clone(s.env), "PATH="+bin+":"+os.Getenv("PATH"))
	return s.run(code, tool(s.t, "bash"), args...)
}

// exported runs the script of the answers with one of the AWS CLIs.
func (s *site) exported(cli string) (stdout, stderr string) {
	s.t.Helper()
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	return s.script(cli, 0, "e.sh")
}

func (s *site) write(name, text string) {
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// practice serves a scenario of the sandbox.
func practice(t *testing.T, scenario string) *site { return practiceAt(t, scenario, 100) }

// hasty is practice where hardly anything has to be waited for.
func hasty(t *testing.T, scenario string) *site { return practiceAt(t, scenario, 20000) }

// scriptedAt returns a sandbox account for a script. With the stand-in, sleep takes no time: the account is then slow
// enough that the script has to wait several times in each place where it would wait for AWS.
func scriptedAt(t *testing.T, scenario, cli string, speed float64) *site {
	if python := pythons[cli]; cli == standIn || python != "" && clitest.HasCLI(python) {
		speed = 10
	}
	return practiceAt(t, scenario, speed)
}

func practiceAt(t *testing.T, scenario string, speed float64) *site {
	clock := &clitest.Clock{}
	acct, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: speed, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{Account: acct, calls: map[string]int{}, breaks: &breaks{}}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	s := newSite(t, srv.URL)
	s.speed = speed
	s.watched, s.breaks, s.clock, s.standIn = w, w.breaks, clock, clitest.Start(t, clock)
	return s
}

// rested is what the account holds once all that changes by itself has changed.
func (s *site) rested() any {
	s.t.Helper()
	s.clock.Advance(time.Hour)
	return s.get("/_sandbox/account")
}

func (s *site) get(path string) any {
	s.t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v", path, resp.Status, err)
	}
	var out any
	if err := json.Unmarshal(body, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

var madeID = regexp.MustCompile(`\b(vpce|sg|sgr|eni)-[0-9a-f]{8,17}\b`)

// normal makes two accounts comparable: created IDs are replaced by the name of their
// resource, and what depends on time or on the order of creation is left out.
func normal(v any, fixed map[string]bool) any {
	names := map[string]string{}
	walk(v, func(o map[string]any) {
		for _, n := range [][2]string{{"VpcEndpointId", "ServiceName"}, {"GroupId", "GroupName"}, {"id", "service"}, {"id", "name"}} {
			id, _ := o[n[0]].(string)
			name, _ := o[n[1]].(string)
			if id != "" && name != "" && !fixed[id] {
				names[id] = "<" + name + ">"
			}
		}
	})
	return rewrite(v, func(s string) string {
		if before, _, ok := strings.Cut(s, " check "); ok && before == "PrivateLink Wizard" { // the token of the run follows
			return before
		}
		return madeID.ReplaceAllStringFunc(s, func(id string) string {
			switch name := names[id]; {
			case fixed[id]:
				return id
			case name != "":
				return name
			}
			return "<" + id[:strings.Index(id, "-")] + ">"
		})
	})
}

// volatile are fields that no two runs have in common.
var volatile = []string{"CreationTimestamp", "DnsEntries", "AttachTime", "AttachmentId", "MacAddress", "PrivateDnsName", "PrivateIpAddress", "PrivateIpAddresses", "dns_names", "ip", "loaded", "created",
	"CommandId", "RequestedDateTime", "ExpiresAfter", "ResponseStartDateTime", "ResponseFinishDateTime", "LastPingDateTime", "Output", "version", "CreatedAt",
	"CreateDate", "LaunchTime", "ClientToken", "IPAddress", "ComputerName", "RegistrationDate", "createdAt", "stoppedAt"}

func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, e := range v {
			walk(e, f)
		}
	case []any:
		for _, e := range v {
			walk(e, f)
		}
	}
}

func rewrite(v any, f func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		run := v["key"] == "privatelink-wizard:restarting" // the value is the token of the run
		for k, e := range v {
			if !slices.Contains(volatile, k) && !(run && k == "value") {
				out[k] = rewrite(e, f)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rewrite(e, f)
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	case string:
		return f(accounttest.Document(v))
	}
	return v
}

func idsIn(v any) map[string]bool {
	out := map[string]bool{}
	text, _ := json.Marshal(v)
	for _, id := range madeID.FindAllString(string(text), -1) {
		out[id] = true
	}
	return out
}

var scenarioAnswers = map[string]string{
	"closed":    "version: 1\nworkload: ecs-fargate\nservice: prod/web\n",
	"half-done": "version: 1\nworkload: ecs-fargate\nservice: prod/orders\n",
}

// pathCase is what is done in equal accounts, by apply and by script.
type pathCase struct {
	scenario, answers string
	again             string         // the endpoint of this service is deleted between the runs of the script
	restarts          map[string]int // of agents, by instance
}

var pathCases = map[string]pathCase{
	"fargate":            {scenario: "closed", answers: scenarioAnswers["closed"], again: "logs"},
	"fargate, phases":    {scenario: "closed", answers: phased, again: "logs"},
	"fargate, half done": {scenario: "half-done", answers: scenarioAnswers["half-done"], again: "logs"},
	"ecs-ec2": {scenario: "closed", answers: ecsOnEC2, again: "ecs-telemetry",
		restarts: map[string]int{"i-0a1b2c3d4e5f66001": 1, "i-0a1b2c3d4e5f66002": 1, "i-0a1b2c3d4e5f66003": 1, "i-0a1b2c3d4e5f66004": 1}},
	"batch-ec2": {scenario: "closed", answers: "version: 1\nworkload: batch-ec2\ncompute_environment: batch-ec2\nagent: {clusters: [" + batchCluster + "], restart: ssm}\n",
		again: "ecs-telemetry", restarts: map[string]int{"i-0a1b2c3d4e5f66021": 1}},
}

var phased = scenarioAnswers["closed"] + "two_phases: true\n"

const (
	ecsOnEC2     = "version: 1\nworkload: ecs-ec2\nservice: prod\nagent: {clusters: [prod], restart: ssm}\n"
	batchCluster = "AWSBatch-batch-ec2-0a1b2c3d-4e5f-3002-8002-0a1b2c3d4e5f"
)

func TestApplyAndScriptLeaveEqualAccounts(t *testing.T) {
	t.Parallel()
	for name, tt := range pathCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.leavesEqualAccounts(t, standIn)
		})
	}
}

func (tt pathCase) leavesEqualAccounts(t *testing.T, cli string) {
	tool(t, "bash")
	applied, scripted := practice(t, tt.scenario), scriptedAt(t, tt.scenario, cli, 100)
	before := scripted.get("/_sandbox/account")
	fixed := idsIn(before)
	for _, s := range []*site{applied, scripted} {
		s.write("answers.yaml", tt.answers)
	}
	applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	scripted.script(cli, 0, "e.sh", "--dry-run")
	if d := cmp.Diff(before, scripted.get("/_sandbox/account")); d != "" {
		t.Fatal("the dry run changed the account", d)
	}
	scripted.script(cli, 0, "e.sh")
	want, first := applied.rested(), scripted.rested()
	if d := cmp.Diff(normal(want, fixed), normal(first, fixed)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	for _, s := range []*site{applied, scripted} {
		if d := cmp.Diff(tt.restarts, restarts(s.get("/_sandbox/account")), cmpopts.EquateEmpty()); d != "" {
			t.Error("agents restarted (-want +got)", d)
		}
		if d := cmp.Diff(inTurn, s.turns()); d != "" && tt.restarts != nil {
			t.Error("the three endpoints were not made one after the other (-want +got)", d)
		}
	}
	// Again: nothing is made. Then with something deleted in between: it is made
	// again, and agents are restarted for it.
	scripted.script(cli, 0, "e.sh")
	if d := cmp.Diff(withoutLooks(first), withoutLooks(scripted.rested())); d != "" {
		t.Error("the second run changed the account", d)
	}
	gone := endpointOf(t, first, "com.amazonaws.us-east-1."+tt.again)
	scripted.run(0, filepath.Join(scripted.programs(cli), "aws"), "ec2", "delete-vpc-endpoints", "--vpc-endpoint-ids", gone, "--endpoint-url", scripted.url)
	if holdsEndpoint(scripted.rested(), gone) {
		t.Fatal("the endpoint was not deleted")
	}
	scripted.script(cli, 0, "e.sh")
	last := scripted.rested()
	if d := cmp.Diff(withoutCommands(normal(want, fixed)), withoutCommands(normal(last, fixed))); d != "" {
		t.Error("the third run does not make what was deleted", d)
	}
	for id, n := range restarts(last) {
		if n != 2*tt.restarts[id] {
			t.Errorf("the agent of %s was restarted %d times, and not once for each endpoint that it was to find", id, n)
		}
	}
	for _, s := range []*site{applied, scripted} {
		s.keepsAll("answers.yaml")
	}
}

func TestStaleScript(t *testing.T) {
	t.Parallel()
	staleScript(t, standIn)
}

// staleScript tests that a script that runs again stops before it changes anything, if somebody turned private DNS of an
// endpoint off in the meantime, and that its dry run says the same.
func staleScript(t *testing.T, cli string) {
	s := hasty(t, "closed")
	s.write("answers.yaml", scenarioAnswers["closed"])
	s.exported(cli)
	endpoint := endpointOf(t, s.get("/_sandbox/account"), "com.amazonaws.us-east-1.logs")
	if _, err := ec2.NewFromConfig(s.config()).ModifyVpcEndpoint(t.Context(), &ec2.ModifyVpcEndpointInput{VpcEndpointId: &endpoint, PrivateDnsEnabled: sdk.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	before := s.rested()
	for _, args := range [][]string{{"e.sh", "--dry-run"}, {"e.sh"}} {
		_, said := s.script(cli, 1, args...)
		for _, want := range []string{"endpoint/logs: the account differs from the plan: " + endpoint + ": private DNS is off (plan: on). Create a new plan.", "Nothing was changed in this run."} {
			if !strings.Contains(said, want) {
				t.Errorf("%v: %q is missing:\n%s", args, want, said)
			}
		}
	}
	if d := cmp.Diff(before, s.rested()); d != "" {
		t.Error("the script changed the account", d)
	}
}

// revokeIngress removes the rule that allows traffic to the endpoints.
func revokeIngress(s *site) error {
	group := ""
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if o["GroupName"] == "privatelink-wizard-endpoints" && o["Rules"] != nil {
			group, _ = o["GroupId"].(string)
		}
	})
	_, err := ec2.NewFromConfig(s.config()).RevokeSecurityGroupIngress(s.t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(443), ToPort: sdk.Int32(443), IpRanges: []ec2types.IpRange{{CidrIp: sdk.String("10.0.0.0/16")}}}}})
	return err
}

// TestSabotageBeforeTheProof: what holds no more when it is proven is named, and the
// exit code is 1.
func TestSabotageBeforeTheProof(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		meddle  func(s *site) error
		culprit string
	}{
		"the ingress rule is revoked": {revokeIngress, "failed +endpoint/ecs-agent +privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64003 to ecs-agent .*: this does not hold"},
		"a network ACL entry is added": {func(s *site) error {
			_, err := ec2.NewFromConfig(s.config()).CreateNetworkAclEntry(s.t.Context(), &ec2.CreateNetworkAclEntryInput{NetworkAclId: sdk.String("acl-0a1b2c3d4e5f60001"),
				CidrBlock: sdk.String("10.0.0.0/16"), Egress: sdk.Bool(false), Protocol: sdk.String("-1"), RuleAction: ec2types.RuleActionDeny, RuleNumber: sdk.Int32(1)})
			return err
		}, "failed +endpoint/[a-z0-9.]+ +the network ACL of subnet .*: this does not hold. AWS shows .denied by entry 1: in 443-443"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := practice(t, "closed")
			s.write("answers.yaml", ecsOnEC2)
			s.watched.mu.Lock()
			s.watched.meddle = func(op string, nth int) {
				if op != "TagResource" || nth != 8 { // an announcement and a tag for each instance
					return
				}
				// The last agent is connected, and about to be marked.
				if err := tt.meddle(s); err != nil {
					t.Error(err)
				}
			}
			s.watched.mu.Unlock()
			out, said := s.wizard(1, "apply", "--answers", "answers.yaml", "--yes")
			if !strings.Contains(out, "0 failed, 0 not started") || !strings.Contains(out, "Verification: failed") {
				t.Error(out)
			}
			if !regexp.MustCompile(tt.culprit).MatchString(said) {
				t.Errorf("%s is not named\n%s", tt.culprit, said)
			}
		})
	}
}

// TestScriptVerifiesTheFirstPhase: if a check of the endpoints does not hold, the script ends before private DNS sends
// anything to them. The next run completes it.
func TestScriptVerifiesTheFirstPhase(t *testing.T) {
	t.Parallel()
	s := scriptedAt(t, "closed", standIn, 200)
	s.write("answers.yaml", phased)
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	s.watched.mu.Lock()
	s.watched.meddle = func(op string, nth int) {
		if op == "CreateVpcEndpoint" && nth == 2 {
			if err := revokeIngress(s); err != nil {
				t.Error(err)
			}
		}
	}
	s.watched.mu.Unlock()
	named := func() (n int) {
		walk(s.rested(), func(o map[string]any) {
			if o["PrivateDnsEnabled"] == true {
				n++
			}
		})
		return n
	}
	if _, said := s.script(standIn, 1, "e.sh"); !strings.Contains(said, "Private DNS stays off") || !strings.Contains(said, "FAILED        endpoint/logs: privatelink-wizard-endpoints allows traffic") {
		t.Error(said)
	}
	if n := named(); n > 0 {
		t.Errorf("%d endpoints have private DNS", n)
	}
	if s.script(standIn, 0, "e.sh"); named() != 4 {
		t.Errorf("%d endpoints have private DNS", named())
	}
	s.keepsAll("answers.yaml")
}

// keepsAll asserts that a plan has nothing left to do; only looks from inside are
// taken each time.
func (s *site) keepsAll(answers string) {
	s.t.Helper()
	out, _ := s.wizard(0, "plan", "--json", "--answers", answers)
	var p struct {
		Actions []struct{ ID, Op, Kind string }
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		s.t.Fatal(err)
	}
	for _, a := range p.Actions {
		if a.Op != "keep" && a.Kind != "inside-look" {
			s.t.Errorf("the plan afterwards has %s %s", a.Op, a.ID)
		}
	}
	if len(p.Actions) == 0 {
		s.t.Error("the plan afterwards holds nothing")
	}
}

// commandsOf are the commands that were sent by Run Command.
func commandsOf(account any) []map[string]any {
	var out []map[string]any
	walk(account, func(o map[string]any) {
		if o["Invocations"] != nil && o["DocumentName"] != nil {
			out = append(out, o)
		}
	})
	return out
}

func isRestart(command any) bool {
	o, _ := command.(map[string]any)
	comment, _ := o["Comment"].(string)
	return !strings.Contains(comment, " check ")
}

// restarts counts how often agents were restarted by Run Command, by instance.
func restarts(account any) map[string]int {
	out := map[string]int{}
	for _, c := range commandsOf(account) {
		ids, _ := c["InstanceIds"].([]any)
		for _, id := range ids {
			if isRestart(c) {
				out[fmt.Sprint(id)]++
			}
		}
	}
	return out
}

// withoutLooks leaves out the commands that change nothing on a host, and when hosts
// were last heard of.
func withoutLooks(v any) any {
	return leave(v, func(k string, e any) bool {
		o, command := e.(map[string]any)
		return k == "LastPingDateTime" || command && o["Invocations"] != nil && !isRestart(e)
	})
}

func withoutCommands(v any) any {
	return leave(v, func(k string, _ any) bool { return k == "Commands" })
}

// leave leaves out members of objects, by key, and items of lists.
func leave(v any, out func(key string, e any) bool) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for k, e := range v {
			if !out(k, e) {
				kept[k] = leave(e, out)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, e := range v {
			if !out("", e) {
				kept = append(kept, leave(e, out))
			}
		}
		return kept
	}
	return v
}

func holdsEndpoint(account any, id string) bool {
	found := false
	walk(account, func(o map[string]any) { found = found || o["VpcEndpointId"] == id })
	return found
}

// inTurn is how the three endpoints of ECS are to be made: what each found of the
// others when it was asked for.
var inTurn = []string{"ecs-agent", "ecs-telemetry ecs-agent=available", "ecs ecs-agent=available ecs-telemetry=available"}

// watched notes, whenever one of these three endpoints is asked for, in what state the
// others are just then.
type watched struct {
	*sandbox.Account
	mu    sync.Mutex
	turns []string
	calls map[string]int
	// meddle is told of each call before it is answered, and how often there was one.
	meddle func(op string, nth int)
	breaks *breaks
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // of other protocols: nothing that matters
	op := sandbox.Operation(r, body)
	w.mu.Lock()
	w.calls[op]++
	nth, meddle := w.calls[op], w.meddle
	w.mu.Unlock()
	if meddle != nil {
		meddle(op, nth)
	}
	_, code, _ := strings.Cut(form.Get("ServiceName"), "us-east-1.")
	if form.Get("Action") == "CreateVpcEndpoint" && form.Get("DryRun") != "true" && slices.Contains(catalog.ECSEndpoints, code) {
		dump := httptest.NewRecorder()
		w.Account.ServeHTTP(dump, httptest.NewRequest(http.MethodGet, "/_sandbox/account", nil))
		var account any
		_ = json.Unmarshal(dump.Body.Bytes(), &account)
		turn := []string{}
		walk(account, func(o map[string]any) {
			service, _ := o["ServiceName"].(string)
			if _, other, _ := strings.Cut(service, "us-east-1."); o["VpcEndpointId"] != nil && slices.Contains(catalog.ECSEndpoints, other) {
				turn = append(turn, fmt.Sprintf("%s=%s", other, o["State"]))
			}
		})
		slices.Sort(turn)
		w.mu.Lock()
		w.turns = append(w.turns, strings.Join(append([]string{code}, turn...), " "))
		w.mu.Unlock()
	}
	w.breaks.serve(w.Account, body, rw, r)
}

// turns tells in what order the three endpoints of ECS were made; what AWS refused for
// coming too fast, and was asked for again, counts once.
func (s *site) turns() []string {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	return slices.Compact(slices.Clone(s.watched.turns))
}

func endpointOf(t *testing.T, account any, service string) string {
	t.Helper()
	id := ""
	walk(account, func(o map[string]any) {
		if o["ServiceName"] == service && o["State"] == "available" {
			id, _ = o["VpcEndpointId"].(string)
		}
	})
	if id == "" {
		t.Fatalf("no endpoint for %s", service)
	}
	return id
}

// eventually waits for a condition.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not come true within 30 seconds")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *site) config() sdk.Config {
	return sdk.Config{Region: "us-east-1", BaseEndpoint: &s.url, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")}
}

// must is the result of a call that is to succeed.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
