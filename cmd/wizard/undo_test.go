package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// records returns the names of the records of a site.
func (s *site) records() []string {
	s.t.Helper()
	out, err := filepath.Glob(filepath.Join(s.dir, ".local", "state", "privatelink-wizard", "runs", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// since returns a function that compares the account with what it is now (-before +after).
func (s *site) since() func() string {
	fixed := idsIn(s.get("/_sandbox/account"))
	before := normal(s.rested(), fixed)
	return func() string { return cmp.Diff(before, normal(s.rested(), fixed)) }
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

// TestUndoByTag reverts what a script created, which has no record, by its tag.
func TestUndoByTag(t *testing.T) {
	t.Parallel()
	s := scriptedAt(t, "closed", standIn, 20000)
	s.write("answers.yaml", scenarioAnswers["closed"])
	differs := s.since()
	const vpc = "vpc-0a1b2c3d4e5f60001"
	if out, said := s.wizard(0, "undo", "--vpc", vpc); out != "" || !strings.Contains(said, "Nothing in "+vpc+" has the tag ManagedBy=privatelink-wizard.") {
		t.Error(out, said)
	}
	s.exported(standIn)
	changes := s.since()
	for _, args := range [][]string{{}, {"--yes"}, {"--changed"}} { // nothing shows what somebody else has changed, so two flags are needed
		out, said := s.wizard(0, append([]string{"undo", "--vpc", vpc}, args...)...)
		contains(t, out, "Resources with the tag ManagedBy=privatelink-wizard in "+vpc+", account 123456789012, us-east-1", "Create endpoint com.amazonaws.us-east-1.logs", "Create security group privatelink-wizard-endpoints")
		if len(args) == 1 && args[0] == "--changed" {
			contains(t, said, "To revert 6 steps: wizard undo --vpc "+vpc+" --changed --yes")
		} else {
			contains(t, out, "not known: its state at the end of the run is not recorded", "add --changed")
		}
		if d := changes(); d != "" {
			t.Errorf("%v changed the account: %s", args, d)
		}
	}
	if out, _ := s.wizard(0, "undo", "--vpc", vpc, "--changed", "--yes"); !strings.Contains(out, "6 steps reverted, 0 did not exist any more, 0 failed, 0 not started.") {
		t.Error(out)
	}
	if d := differs(); d != "" {
		t.Error("the account is not as it was (-before +after)", d)
	}
	for _, args := range [][]string{{"plw-1", "--vpc", vpc}, {"--region", "us-east-1"}} {
		s.wizard(2, append([]string{"undo"}, args...)...)
	}
	if _, said := s.wizard(2, "undo", "--vpc", "prod"); !strings.Contains(said, `--vpc "prod": must be the id of a VPC, such as vpc-`) {
		t.Error(said)
	}
	if len(s.records()) > 0 {
		t.Errorf("records: %v", s.records())
	}
}

// TestUndo applies a plan, lists the run, shows what an undo would do, and does it. What somebody else changed stays until
// --changed.
func TestUndo(t *testing.T) {
	t.Parallel()
	s := hasty(t, "closed")
	s.write("answers.yaml", scenarioAnswers["closed"])
	differs := s.since()
	if out, _ := s.wizard(2, "undo"); out != "" {
		t.Error(out)
	}
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"undo", "nonsense"}, `no run "nonsense" is recorded in `},
		{[]string{"undo", "../x"}, `"../x" is not the id of a run; `},
		{[]string{"undo", "a", "b"}, `wizard undo takes one RUN, got ["a" "b"]`},
	} {
		_, said := s.wizard(2, tt.args...)
		contains(t, said, tt.says)
	}
	_, said := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	id := regexp.MustCompile(`To revert this run: wizard undo (plw-[0-9a-f]{16})`).FindStringSubmatch(said)
	if id == nil {
		t.Fatal(said)
	}
	if got := s.records(); len(got) != 1 || filepath.Base(got[0]) != id[1]+".jsonl" {
		t.Fatal(got)
	}
	out, _ := s.wizard(0, "runs")
	contains(t, out, id[1], "\t123456789012\tus-east-1\tvpc-0a1b2c3d4e5f60001\tcomplete\t7 resources")

	// A second run with nothing to do is not recorded.
	s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	applied := s.rested()
	out, said = s.wizard(0, "undo")
	contains(t, out, "Run "+id[1]+" of ", "Reverts, in this order:", "Create the logs interface endpoint", "Create a security group", "Workloads that use what is reverted lose it.")
	contains(t, said, "Nothing was changed. To revert", "wizard undo "+id[1]+" --yes")
	others := map[any]bool{}
	walk(applied, func(o map[string]any) {
		if typ, _ := o["InterfaceType"].(string); typ != "" && typ != "vpc_endpoint" && o["VpcId"] == "vpc-0a1b2c3d4e5f60001" {
			others[o["NetworkInterfaceId"]] = true
		}
	})
	names := "These names no longer lead to the endpoints:\n  *.dkr-ecr.us-east-1.on.aws\n  *.dkr.ecr.us-east-1.amazonaws.com\n  api.ecr.us-east-1.amazonaws.com\n  ecr.us-east-1.api.aws\n  logs.us-east-1.amazonaws.com\n  secretsmanager.us-east-1.amazonaws.com\n"
	contains(t, out, names+fmt.Sprintf("In the VPC, %d network interfaces are not those of endpoints. They may use these names.\n", len(others)))
	s.refuse("UnauthorizedOperation", "ec2:DescribeNetworkInterfaces")
	out, _ = s.wizard(0, "undo")
	contains(t, out, names+"Not known how many network interfaces in the VPC may use these names: ", "UnauthorizedOperation")
	s.refuse("UnauthorizedOperation")
	if strings.Contains(out, "Stays:") || strings.Index(out, "the logs interface endpoint") > strings.Index(out, "Create a security group") {
		t.Error(out)
	}
	if d := cmp.Diff(applied, s.rested()); d != "" {
		t.Error("undo without --yes changed the account", d)
	}

	// Somebody adds a rule to the group: it stays.
	group := ""
	walk(applied, func(o map[string]any) {
		if o["GroupName"] == "privatelink-wizard-endpoints" {
			group, _ = o["GroupId"].(string)
		}
	})
	if _, err := ec2.NewFromConfig(s.config()).AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpProtocol: sdk.String("tcp"),
		FromPort: sdk.Int32(22), ToPort: sdk.Int32(22), CidrIp: sdk.String("10.9.0.0/16")}); err != nil {
		t.Fatal(err)
	}
	out, _ = s.wizard(0, "undo", id[1], "--yes")
	contains(t, out, "Stays:", "changed since: inbound rules: 1 added", "add --changed", " 0 failed, 0 not started.")
	out, _ = s.wizard(0, "runs")
	contains(t, out, "undo not complete")
	s.wizard(0, "undo", id[1], "--yes", "--changed")
	if d := differs(); d != "" {
		t.Error("the account is not as it was (-before +after)", d)
	}
	out, _ = s.wizard(0, "runs")
	contains(t, out, "undone")
	out, _ = s.wizard(0, "undo", id[1], "--yes")
	contains(t, out, "Does not exist any more:")
	s.env = append(s.env, "XDG_STATE_HOME=/dev/null") // where no record can be kept
	_, said = s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	contains(t, said, "The record of this run is not complete, so `wizard undo` cannot revert it: keep a record of the run: mkdir /dev/null")
	if out, _ := s.wizard(2, "undo"); out != "" {
		t.Error(out)
	}
}

// TestUndoOfASandboxRun applies a plan to an account that ends with the program, and reverts the run: it is kept in memory.
func TestUndoOfASandboxRun(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(sandbox.Options{Scenario: "closed"})
		if err != nil {
			t.Fatal(err)
		}
		client, err := aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: box})
		if err != nil {
			t.Fatal(err)
		}
		held := func() any {
			time.Sleep(time.Hour)
			w := httptest.NewRecorder()
			box.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/_sandbox/account", nil))
			var out any
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		s := &session{account: fast{client, 1, true}, g: &globals{}}
		fixed := accounttest.IDs(held())
		before := accounttest.Normal(held(), fixed)
		none := make(chan struct{})
		if s.Last() != nil {
			t.Error("there is a run before the first one")
		}
		apply := func(text string) (created int) {
			t.Helper()
			ans, _, _, err := readAnswers("-", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			inv := &inventory.Inventory{Region: "us-east-1"}
			ans, _, err = look(t.Context(), s.account, inv, ans)
			if err != nil {
				t.Fatal(err)
			}
			p := plan.Build(inv, ans)
			done, err := s.Apply(t.Context(), p, nil, none, func(run.Event) {})
			if err != nil || done.Failed+done.Skipped > 0 || strings.Contains(strings.Join(done.Next, " "), "wizard undo") {
				t.Fatalf("%+v %v", done, err)
			}
			return done.Done
		}
		if n := apply(scenarioAnswers["closed"]); n != 7 {
			t.Errorf("%d changes", n)
		}
		of := s.Last()
		if of == nil || of.Run.State() != "complete" || of.Run.Made() != 7 || of.Run.VPC == "" {
			t.Fatalf("%+v", of)
		}
		monthly := 0.0
		for _, s := range of.Run.Steps {
			monthly += s.Monthly
		}
		if monthly != 87.6 { // 4 endpoints in 3 zones, as the plan says
			t.Errorf("the run costs %.2f per month", monthly)
		}
		left, err := of.Compare(t.Context())
		if err != nil || len(run.Reverting(left)) != 7 {
			t.Fatalf("%+v %v", left, err)
		}
		stopped := make(chan struct{})
		stop := sync.OnceFunc(func() { close(stopped) })
		halfway, err := of.Undo(t.Context(), left, stopped, func(e run.Event) {
			if e.State == run.Done {
				stop()
			}
		})
		if err != nil || halfway.Done == 0 || halfway.Skipped == 0 || halfway.Failed > 0 {
			t.Errorf("%+v %v", halfway, err)
		}
		time.Sleep(time.Hour) // what the stopped undo began to delete
		if r := s.Last().Run; !r.Resumed || r.Undone {
			t.Errorf("%+v", r)
		}
		left, _ = of.Compare(t.Context())
		if done, err := of.Undo(t.Context(), left, none, nil); err != nil || done.Done == 0 || done.Failed+done.Skipped > 0 {
			t.Errorf("%+v %v", done, err)
		}
		if last := s.Last(); last != nil { // nothing of it is left to revert
			t.Errorf("%+v", last.Run)
		}
		if d := cmp.Diff(before, accounttest.Normal(held(), fixed)); d != "" {
			t.Error("the account is not as it was (-before +after)", d)
		}
		apply(scenarioAnswers["closed"])
		if r := s.Last().Run; r.ID == of.Run.ID || r.Resumed {
			t.Errorf("the last run is %+v", r)
		}
		if apply(scenarioAnswers["closed"]) != 0 || s.Last() != nil {
			t.Error("a run that changed nothing can be reverted")
		}
		if files, _ := os.ReadDir(state); len(files) > 0 {
			t.Errorf("%v is on the disk", files)
		}
	})
}

// TestUnfinishedRunIsOffered: the wizard says at its start that the latest run did not end.
func TestUnfinishedRunIsOffered(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	dir := filepath.Join(state, "privatelink-wizard", "runs")
	f, err := record.Create(dir, record.Head{ID: "plw-1f2e3d4c5b6a7988", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Account: "123456789012", Region: "us-east-1"})
	if err != nil || f.Step(run.Step{Change: "endpoint/s3"}) != nil {
		t.Fatal(err)
	}
	env := []string{"XDG_STATE_HOME=" + state}
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		x := start(t, size[0], size[1], env)
		x.wait("Run plw-1f2e3d4c5b6a7988 did not", "wizard undo")
		x.press("q")
	}
	x := start(t, 80, 100, env, "--plain")
	x.wait("Run plw-1f2e3d4c5b6a7988 did not end.", "wizard undo")
	if err := f.End(false, true); err != nil {
		t.Fatal(err)
	}
	x = start(t, 80, 24, env)
	x.wait("Try the sandbox")
	if strings.Contains(x.text(), "plw-1") {
		t.Error(x.text())
	}
}

// TestUndoOnTheScreens applies a plan and reverts the run: in an account inside the program, and in one with a record.
func TestUndoOnTheScreens(t *testing.T) {
	t.Parallel()
	apply := func(x *terminal) {
		for _, text := range []string{"Amazon ECS on Fargate", "prod/web", "Review the plan now", "Plan for prod"} {
			x.wait(text)
			x.press(enter)
		}
		x.wait("Enter alone: Back")
		x.press(right)
		x.press(enter)
		x.wait("Applied. ", "u undo")
		x.press("u")
		x.wait("Undo the run of ", "Deletes ", "about $87.60 per month less", "[ Back ]", "Create the ", "endpoint")
	}
	undo := func(x *terminal) {
		x.wait("Enter alone: Back")
		x.press(right)
		x.press(enter)
		x.wait("Undone. 7 steps reverted.", "r new plan")
	}
	x := start(t, 80, 24, nil, "--sandbox=closed", "--speed", "1000")
	apply(x)
	x.press(strings.Repeat(enter, 20) + right + enter) // typed ahead
	x.resize(40, 12)
	x.wait("About $87.60 per month less", "[ Back ]")
	x.resize(80, 24)
	undo(x)
	x.press("r")
	x.wait("Plan for prod", "7 to create")
	x.press(ctrlC)
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
	x.wait("7 steps reverted, 0 did not exist any more, 0 failed, 0 not started.")

	s := hasty(t, "closed")
	differs := s.since()
	x = start(t, 80, 24, []string{"XDG_STATE_HOME=" + s.dir, "AWS_ENDPOINT_URL=" + s.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1"}, "--speed", "20000")
	x.wait("the account at " + s.url)
	x.choose("the account at " + s.url)
	apply(x)
	undo(x)
	x.press("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if d := differs(); d != "" {
		t.Error("the account is not as it was (-before +after)", d)
	}
	if runs, unread := record.List(filepath.Join(s.dir, "privatelink-wizard", "runs")); len(runs) != 1 || !runs[0].Undone {
		t.Errorf("%+v %v", runs, unread)
	}
}

// TestUndoOfAnEarlierRun reverts the run of a command on the screen and line by line. The credentials must belong to its account.
func TestUndoOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	s := hasty(t, "closed")
	s.write("answers.yaml", scenarioAnswers["closed"])
	differs := s.since()
	state := filepath.Join(s.dir, ".local", "state")
	env := []string{"XDG_STATE_HOME=" + state, "AWS_ENDPOINT_URL=" + s.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1"}
	dir := filepath.Join(state, "privatelink-wizard", "runs")
	for _, plain := range []bool{false, true} {
		s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
		if differs() == "" {
			t.Fatal("nothing was applied")
		}
		if plain {
			x := start(t, 80, 200, env, "--plain", "--speed", "20000")
			for _, answer := range [][2]string{{"What should the wizard do?", "undo an earlier run"}, {"Which run should", "1"}, {"Type undo", "undo"}, {"Undone. 7 steps reverted.", "q"}} {
				x.wait(answer[0])
				x.press(answer[1] + "\r")
			}
			if code := x.exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		} else {
			x := start(t, 80, 24, env, "--speed", "20000", "--region", "eu-west-1")
			x.wait("Undo an earlier run", "1 run on this computer", "u undo")
			x.press("u")
			x.wait("Which run should the wizard undo?", "complete, 7 resources")
			x.press(enter)
			x.wait("Deletes    7 resources", "Enter alone: Back")
			x.press(right)
			x.press(enter)
			x.wait("Undone. 7 steps reverted.", "esc first screen")
			x.press(esc)
			x.wait("What should the wizard do?", "r read again")
			x.press(ctrlC)
			if code := x.exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			x.restored()
		}
		if d := differs(); d != "" {
			t.Error("the account is not as it was (-before +after)", d)
		}
	}
	f, err := record.Create(dir, record.Head{ID: "plw-1f2e3d4c5b6a7988", Time: time.Now(), Account: "210987654321", Region: "us-east-1"})
	if err != nil || f.Step(run.Step{Change: "endpoint/s3", Undo: &resource.Call{}}) != nil || f.End(false, true) != nil {
		t.Fatal(err)
	}
	x := start(t, 80, 24, env)
	x.wait("1 run on this computer")
	x.press("u")
	x.wait("Account    210987654321")
	x.press(enter)
	x.wait("cannot read what became of the run", "belong to account 123456789012", "r try again")
	x.press(ctrlC)
	x.exit()
	if out, _ := s.wizard(2, "undo"); out != "" {
		t.Error(out)
	}
}
