package main

import (
	"bytes"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/recent"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/tui"
)

// ownAccountOf starts a sandbox account and makes it the AWS account of this process. It returns the directory of the state.
func ownAccountOf(t *testing.T, scenario string) string {
	t.Helper()
	account, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: 20000})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	home := t.TempDir()
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": filepath.Join(home, "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "none"), "AWS_EC2_METADATA_DISABLED": "true", "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
		"HOME": home, "XDG_STATE_HOME": home} {
		t.Setenv(k, v)
	}
	t.Chdir(home)
	return filepath.Join(home, "privatelink-wizard")
}

// typing runs the interactive wizard with lines.
func typing(t *testing.T, lines ...string) (code int, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(t.Context(), streams{In: strings.NewReader(strings.Join(lines, "\n") + "\n"), Out: &o, Err: &e}, []string{"--plain", "--speed", "20000"})
	return code, e.String()
}

// TestAnswersAreOfferedAgain applies a plan with a password, starts again, and continues with the same answers. The password is in no
// file and is asked for again.
func TestAnswersAreOfferedAgain(t *testing.T) {
	state := ownAccountOf(t, "registry")
	const password = "canary-of-the-registry"
	t.Setenv("WIZARD_REGISTRY_PASSWORD", password)
	code, errs := typing(t, "", "", "", "registry/app", "add registry credentials", "", "team", "apply the plan", "apply", "quit")
	if code != exitOK || !strings.Contains(errs, "14 checks verified") || strings.Contains(errs, "Not confirmed") || strings.Contains(errs, "not kept") {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	all, err := recent.List(state)
	if err != nil || len(all) != 1 || all[0].Answers.Registry.Username != "team" || all[0].Answers.Registry.Value != answers.RegistrySet || all[0].Answers.Account == "" || time.Since(all[0].Time) > time.Hour {
		t.Fatalf("%+v %v", all, err)
	}
	err = filepath.WalkDir(filepath.Dir(state), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if strings.Contains(string(text), password) {
			t.Errorf("%s contains the password", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}

	t.Setenv("WIZARD_REGISTRY_PASSWORD", "")
	code, errs = typing(t, "earlier answers", "", "apply the plan", "b", "q")
	if code != tui.Left || !strings.Contains(errs, "Continue with earlier answers - 1 plan on this computer") || !strings.Contains(errs, "Review\n") || !strings.Contains(errs, "assword") {
		t.Errorf("exit code %d\n%s", code, errs)
	}

	// A file that cannot be read is not overwritten, and the program says so once.
	file := filepath.Join(state, "answers.json")
	if err := os.WriteFile(file, []byte(`{"version":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, errs = typing(t, "plan endpoints", "", "", "registry/app", "review the plan now", "save the answers", "a.yaml", "save the answers", "b.yaml", "q")
	if code != exitOK || strings.Count(errs, "Note: the answers are not kept for the next start: "+file+": version 2") != 1 || !strings.Contains(errs, "Continue with earlier answers (cannot be chosen: "+file) {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != `{"version":2}` {
		t.Errorf("%s %v", text, err)
	}
}

// TestSandboxAnswersAreNotKept: those of a sandbox account in the program are about nothing that exists later.
func TestSandboxAnswersAreNotKept(t *testing.T) {
	state := ownAccountOf(t, "closed")
	var o, e bytes.Buffer
	in := strings.Join([]string{"", "", "review the plan now", "save the answers", "a.yaml", "q"}, "\n") + "\n"
	if code := Main(t.Context(), streams{In: strings.NewReader(in), Out: &o, Err: &e}, []string{"--plain", "--sandbox=closed"}); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, e.String())
	}
	if all, err := recent.List(state); err != nil || len(all) > 0 {
		t.Errorf("%+v %v", all, err)
	}
}

// TestEarlierAnswersKeepWhereFilesAre: the wizard can be started in another folder.
func TestEarlierAnswersKeepWhereFilesAre(t *testing.T) {
	state := ownAccountOf(t, "closed")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{of: tui.Account{Settings: &tui.Settings{Profile: "lab"}}, g: &globals{}}
	a := answers.Answers{Account: "123456789012", Region: "eu-west-1", Workload: answers.MWAA, VPC: "vpc-01", Airflow: answers.Airflow{Environment: "nightly", WayIn: answers.ByLoadBalancer,
		LoadBalancer: answers.LoadBalancer{Domain: "airflow.example.com", Certificate: answers.CertificateImport, CertificateFile: "cert.pem", KeyFile: "/keys/key.pem"}}}
	if err := s.Remember(a); err != nil {
		t.Fatal(err)
	}
	all, err := recent.List(state)
	if err != nil || len(all) != 1 || all[0].Profile != "lab" || all[0].Answers.Airflow.LoadBalancer.CertificateFile != filepath.Join(here, "cert.pem") || all[0].Answers.Airflow.LoadBalancer.KeyFile != "/keys/key.pem" {
		t.Errorf("%+v %v", all, err)
	}
	plans, err := (&backend{g: &globals{}}).Recent()
	if err != nil || len(plans) != 1 {
		t.Fatalf("%+v %v", plans, err)
	}
	if set := plans[0].Account.Settings; set.Flag != "lab" || set.Region != "eu-west-1" || !set.Chosen {
		t.Errorf("%+v", set)
	}
	if plans, err := (&backend{g: &globals{snapshot: "a.json"}}).Recent(); err != nil || len(plans) > 0 {
		t.Errorf("with a snapshot: %+v %v", plans, err)
	}
}

// TestHistory: without a history nothing is kept or offered, and a command deletes what was kept.
func TestHistory(t *testing.T) {
	prefers(t, "history: false\n")
	state := ownAccountOf(t, "closed")
	p := readPreferences()
	off, on := &globals{preferences: func() *preferences { return p }}, &globals{}
	a := answers.Answers{Account: "123456789012", Region: "eu-west-1", Workload: answers.ECSFargate, VPC: "vpc-01"}
	remember := func(g *globals) int {
		t.Helper()
		if err := (&session{of: tui.Account{Settings: &tui.Settings{}}, g: g}).Remember(a); err != nil {
			t.Fatal(err)
		}
		all, err := recent.List(state)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := remember(off); n != 0 {
		t.Errorf("%d plans are kept without a history", n)
	}
	if n := remember(on); n != 1 {
		t.Errorf("%d plans are kept", n)
	}
	if plans, err := (&backend{g: off}).Recent(); err != nil || len(plans) > 0 {
		t.Errorf("offered without a history: %+v %v", plans, err)
	}
	for _, want := range []string{"Deleted " + filepath.Join(state, "answers.json"), "No earlier answers are kept."} {
		if code, out, errs := wizard(t, "config", "clear-history"); code != exitOK || out != "" || !strings.Contains(errs, want) {
			t.Errorf("exit code %d: %s%s, want %s", code, out, errs, want)
		}
	}
	if all, err := recent.List(state); err != nil || len(all) > 0 {
		t.Errorf("%+v %v", all, err)
	}
}
