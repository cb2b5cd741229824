package recent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/recent"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// answered returns the answers of one plan.
func answered(vpc string) answers.Answers {
	no := false
	return answers.Answers{Version: answers.Version, Account: "123456789012", Workload: answers.Supported[0], Region: "us-east-1", Service: "prod/web", VPC: vpc,
		Subnets: []string{"subnet-0a", "subnet-0b"}, PrivateDNS: &no}
}

func add(t *testing.T, dir string, e recent.Entry) {
	t.Helper()
	if err := recent.Add(dir, e); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, dir string) []recent.Entry {
	t.Helper()
	all, err := recent.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAddListClear(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "state")
	if all := list(t, dir); len(all) != 0 {
		t.Fatalf("without a file: %v", all)
	}
	if deleted, err := recent.Clear(dir); err != nil || deleted != "" {
		t.Errorf("clear without a file: %q %v", deleted, err)
	}
	first, second := recent.Entry{Time: noon, Profile: "lab", Answers: answered("vpc-01")}, recent.Entry{Time: noon.Add(time.Hour), Answers: answered("vpc-02")}
	add(t, dir, first)
	add(t, dir, second)
	if all := list(t, dir); !reflect.DeepEqual(all, []recent.Entry{second, first}) {
		t.Errorf("listed %+v", all)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, filepath.Join(dir, "answers.json"): 0o600} {
		if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("a temporary file is left: %v %v", files, err)
	}

	first.Time, first.Profile = noon.Add(2*time.Hour), "other"
	add(t, dir, first) // the same answers
	if all := list(t, dir); !reflect.DeepEqual(all, []recent.Entry{first, second}) {
		t.Errorf("listed %+v", all)
	}
	if deleted, err := recent.Clear(dir); err != nil || deleted != filepath.Join(dir, "answers.json") {
		t.Errorf("deleted %q %v", deleted, err)
	}
	if all := list(t, dir); len(all) != 0 {
		t.Errorf("after clear: %v", all)
	}
}

func TestOnlyTheNewestAreKept(t *testing.T) {
	dir := t.TempDir()
	for i := range recent.Most + 3 {
		add(t, dir, recent.Entry{Time: noon.Add(time.Duration(i) * time.Minute), Answers: answered(fmt.Sprintf("vpc-%02d", i))})
	}
	all := list(t, dir)
	if len(all) != recent.Most || all[0].Answers.VPC != "vpc-12" || all[recent.Most-1].Answers.VPC != "vpc-03" {
		t.Errorf("%d are kept: %+v", len(all), all)
	}
}

// TestFilesThatCannotBeRead: the error contains the name of the file, and the file stays as it is.
func TestFilesThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ text, why string }{
		"not JSON":      {`{"version":1,`, "not valid"},
		"empty":         {``, "not valid"},
		"newer":         {`{"version":2,"answers":[]}`, "version 2 of the format is not known to this program, which knows 1"},
		"no version":    {`{"answers":[]}`, "version 0"},
		"wrong answers": {`{"version":1,"answers":[{"time":"2026-11-21T12:00:00Z","answers":"version: 1\nworkload: x\n"}]}`, "entry 1:2:11: workload"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "answers.json")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := recent.List(dir); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "wrong answers" {
			continue // the other answers stay
		}
		if err := recent.Add(dir, recent.Entry{Time: noon, Answers: answered("vpc-01")}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: added: %v", name, err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != c.text {
			t.Errorf("%s: the file changed: %q %v", name, text, err)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "answers.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := recent.List(dir); err == nil || !strings.Contains(err.Error(), "answers.json") {
		t.Errorf("a folder: %v", err)
	}
}

// TestAnswersOfALaterProgram: answers that this program cannot read do not hide the others, and stay in the file.
func TestAnswersOfALaterProgram(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, recent.Entry{Time: noon, Answers: answered("vpc-01")})
	file := filepath.Join(dir, "answers.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	later := strings.Replace(string(text), `"answers": [`, `"answers": [{"time":"2026-11-21T12:00:00Z","answers":"version: 1\nworkload: later\n"},`, 1)
	if err := os.WriteFile(file, []byte(later), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := recent.List(dir)
	if len(all) != 1 || all[0].Answers.VPC != "vpc-01" || err == nil || !strings.Contains(err.Error(), file+": entry 1:2:11: workload") {
		t.Errorf("%+v %v", all, err)
	}
	add(t, dir, recent.Entry{Time: noon, Answers: answered("vpc-02")})
	if text, err = os.ReadFile(file); err != nil || !strings.Contains(string(text), "workload: later") {
		t.Errorf("%s %v", text, err)
	}
}

// TestAnswersThatCannotBeSaved: the file has only answers that can be read.
func TestAnswersThatCannotBeSaved(t *testing.T) {
	dir := t.TempDir()
	if err := recent.Add(dir, recent.Entry{Time: noon, Answers: answers.Answers{VPC: "vpc-01", Workload: "x"}}); err == nil {
		t.Error("answers that Load rejects were added")
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("files: %v", files)
	}
}

// TestADirectoryThatCannotBeWritten returns an error with its name.
func TestADirectoryThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := recent.Add(filepath.Join(dir, "state"), recent.Entry{Time: noon, Answers: answered("vpc-01")}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("added: %v", err)
	}
}

// TestSecretsAreNotKept: the user name of a registry is an answer, and its password is not.
func TestSecretsAreNotKept(t *testing.T) {
	dir := t.TempDir()
	a := answered("vpc-01")
	a.Registry = answers.Registry{Secret: "prod/registry", Value: answers.RegistrySet, Username: "team"}
	add(t, dir, recent.Entry{Time: noon, Answers: a})
	text, err := os.ReadFile(filepath.Join(dir, "answers.json"))
	if err != nil || !strings.Contains(string(text), "username: team") || strings.Contains(string(text), "password") {
		t.Errorf("%s %v", text, err)
	}
	if all := list(t, dir); !reflect.DeepEqual(all[0].Answers.Registry, a.Registry) {
		t.Errorf("listed %+v", all)
	}
}
