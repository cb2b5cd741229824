package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
)

const registryAnswers = "version: 1\nworkload: ecs-fargate\nservice: registry/app\nregistry:\n  secret: team/registry\n  value: set\n  username: te\"am\n  description: Reads images\n" +
	"  kms_key: alias/registry\n  role: fresh\n  create_role: true\n  definition: app\n  update_service: true\n"

// passwords are those that are easily spoilt on the way.
var passwords = map[string]string{
	"signs": `ca"na$ry\🐤 'x' & %s ` + "`id`" + ` $(id) !! #`,
	"long":  strings.Repeat("canary line of 25 letters\n", 157) + "the end\tof 4096 or so",
}

// valueOf reads the secret back.
func (s *site) valueOf(name string) string {
	s.t.Helper()
	out, err := secretsmanager.NewFromConfig(s.config()).GetSecretValue(s.t.Context(), &secretsmanager.GetSecretValueInput{SecretId: sdk.String(name)})
	if err != nil {
		s.t.Fatal(err)
	}
	return *out.SecretString
}

func (s *site) holdsPassword(name, user, password string) {
	s.t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(s.valueOf(name)), &got); err != nil || len(got) != 2 || got["username"] != user || got["password"] != password {
		s.t.Errorf("the secret holds %q, not %q (%v)", got, password, err)
	}
}

// leaks greps what was written for a part of a password.
func (s *site) leaks(texts ...string) {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "password" {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			texts = append(texts, string(b))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, text := range texts {
		for _, part := range []string{"na$ry", "canary line", `na$ry\\`, "na%24ry", `canary`} {
			if strings.Contains(text, part) {
				s.t.Errorf("%q is in what was written: …%s", part, text[max(strings.Index(text, part)-60, 0):strings.Index(text, part)])
				return
			}
		}
	}
}

// watch notes the arguments and environments of the script's own children, which have
// the site as their home, while it runs. Its sleep is the real one, whatever AWS CLI the script has.
const watch = `(while command -p sleep 0.3; do for p in /proc/[0-9]*; do if grep -qzx "HOME=$PWD" $p/environ; then cat $p/cmdline $p/environ; fi; done 2>/dev/null; done > processes) & watch=$!; `

// TestCredentialsOnBothRoads: apply and script leave equal accounts, and the password as
// it was given, by every way in; it is in nothing that was written.
func TestCredentialsOnBothRoads(t *testing.T) {
	t.Parallel()
	for name, password := range passwords {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			credentialsOnBothRoads(t, standIn, password, name == "long")
		})
	}
}

// credentialsOnBothRoads gives apply the password in its environment, or through a pipe.
func credentialsOnBothRoads(t *testing.T, cli, password string, piped bool) {
	tool(t, "bash")
	applied, scripted := practice(t, "registry"), scriptedAt(t, "registry", cli, 100)
	fixed := idsIn(applied.get("/_sandbox/account"))
	for _, s := range []*site{applied, scripted} {
		s.write("answers.yaml", registryAnswers)
		s.write("password", password+"\n")
	}
	applied.wizard(2, "apply", "--answers", "answers.yaml", "--yes")
	var out, said string
	if piped {
		out, said = applied.run(0, tool(t, "bash"), "-c", "wizard apply --answers answers.yaml --yes --json --debug debug.log --audit audit.log --registry-password-stdin < password")
	} else {
		applied.env = append(applied.env, passwordVariable+"="+password)
		out, said = applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--debug", "debug.log", "--audit", "audit.log")
	}
	if len(applied.records()) != 1 {
		t.Error("there is no record of the run to search")
	}
	applied.leaks(out, said)
	// The check does not read the value, so that it cannot be a difference.
	if out, _ := applied.wizard(0, "check", "--answers", "answers.yaml"); !strings.HasPrefix(out, "not compared modify secret/registry: ") || !strings.Contains(out, "). A plan does not read the value of a secret.\nIn sync: ") ||
		!strings.Contains(out, ". 1 change was not compared. Plan: 1 to modify, ") {
		t.Error(out)
	}
	applied.holdsPassword("team/registry", `te"am`, password)

	plan, _ := scripted.wizard(0, "plan", "--answers", "answers.yaml", "--json")
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	before := scripted.get("/_sandbox/account")
	scripted.script(cli, 0, "e.sh", "--dry-run")
	if d := cmp.Diff(before, scripted.get("/_sandbox/account")); d != "" {
		t.Fatal("the dry run changed the account", d)
	}
	scripted.script(cli, 0, "-c", watch+"bash e.sh < password > out 2> err; code=$?; kill $watch; exit $code")
	scripted.leaks(append(scripted.standIn.Words(), plan)...)
	scripted.holdsPassword("team/registry", `te"am`, password)
	want, first := applied.rested(), scripted.rested()
	if d := cmp.Diff(registryState(normal(want, fixed)), registryState(normal(first, fixed))); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	// Again, and without a password: it is not asked for.
	scripted.script(cli, 0, "-c", "bash e.sh < /dev/null")
	if d := cmp.Diff(registryState(first), registryState(scripted.rested())); d != "" {
		t.Error("the second run changed the account", d)
	}
}

// registryState leaves out what no two runs have in common, and tasks, which come and go.
func registryState(v any) any {
	out := leave(v, func(k string, e any) bool {
		return slices.Contains([]string{"tasks", "deployments", "events", "pendingCount", "runningCount", "pendingTasksCount", "runningTasksCount", "registeredAt", "CreateDate", "CreatedDate", "LastChangedDate", "LastAccessedDate",
			"NetworkInterfaces", "AvailableIpAddressCount", "changed", "Changed"}, k)
	})
	return out
}

// TestPasswordIsInNoFrame: typed and pasted in a terminal, it makes its way into the
// secret and into nothing that the terminal, the debug and audit files or the saved answers hold.
func TestPasswordIsInNoFrame(t *testing.T) {
	practice := practice(t, "registry")
	x := start(t, 80, 24, practice.env, "--speed", "100", "--debug", "debug.log", "--audit", "audit.log")
	through := func(pairs ...string) { // what to wait for, and the key then
		for i := 0; i < len(pairs); i += 2 {
			x.wait(pairs[i])
			x.press(pairs[i+1])
		}
	}
	for _, option := range []string{"the account at " + practice.url, "ECS on Fargate"} {
		x.wait(option)
		x.choose(option)
	}
	through("registry/app", "/", "filter: ", "registry/app", "2 matches", enter) // the first; the other one is longer
	x.wait("every step")
	x.choose("every step")
	through("Which VPC", enter, "Which subnets do the tasks run in?", enter, "Which subnets should", enter, "Which AWS services do the tasks use?", enter, "Which security groups should", enter, "Which policy should", enter)
	x.wait("create a new secret")
	x.choose("create a new secret")
	through("> registry/registry.example.com", enter, "What is the user name", "team", "> team", enter, "What description should", enter, "Which key", enter,
		"Which task definition", enter, "Which execution role", enter, "Should the service", enter, "How should connectivity", enter, "Plan for registry", enter)
	password := passwords["signs"] + "\nand a line"
	through("What is the password of team", "\x1b[200~"+password+"\x1b[201~", "•••", enter, "Enter alone: Back", right, "[ Apply ]", enter, "Applied. ", "s")
	x.wait("answers.yaml")
	x.press(enter)
	through("✓ Written", enter, "Applied. ", "q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	practice.holdsPassword("registry/registry.example.com", "team", password)
	practice.dir = x.cmd.Dir // what it wrote: the debug and audit files and the answers
	practice.leaks(x.raw.String(), x.text())
}
