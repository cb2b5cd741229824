package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

func TestPolicyFilesAreReadBesideTheAnswers(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s3 := write("policies/s3.json", `{"Statement":[]}`)
	write("here.json", "{}")
	write("big.json", strings.Repeat(" ", maxPolicy+1))
	const head = "version: 1\nworkload: batch-fargate\ncompute_environment: nightly\n"

	file := write("a.yaml", head+"endpoint_policy: {s3: policies/s3.json, logs: least-privilege, kms: "+s3+", sts: policies/../here.json}\n")
	_, files, _, err := readAnswers(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"policies/s3.json": `{"Statement":[]}`, s3: `{"Statement":[]}`, "policies/../here.json": "{}"}
	if d := cmp.Diff(want, files.Policies); d != "" {
		t.Error(d)
	}

	t.Chdir(filepath.Join(dir, "policies"))
	if _, files, _, err = readAnswers("-", strings.NewReader(head+"endpoint_policy: ./s3.json\n")); err != nil || files.Policies["./s3.json"] != `{"Statement":[]}` {
		t.Errorf("from standard input: %v, %v", files.Policies, err)
	}

	for text, says := range map[string][]string{
		"endpoint_policy: ./none.json\n":               {"a.yaml:4:18: endpoint_policy: \"./none.json\" cannot be read: ", "no such file"},
		"endpoint_policy: {s3: ./policies}\n":          {"a.yaml:4:23: endpoint_policy.s3: \"./policies\" cannot be read: ", "is not a file"},
		"endpoint_policy:\n  default: big.json\n":      {"a.yaml:5:12: endpoint_policy", "big.json is larger than the limit of 65536 bytes"},
		"endpoint_policy: {s3: a.json, sts: b/b.json}": {"a.yaml:4:23: endpoint_policy.s3: \"a.json\"", "a.yaml:4:36: endpoint_policy.sts: \"b/b.json\""},
	} {
		file := write("a.yaml", head+text)
		_, _, _, err := readAnswers(file, nil)
		if err == nil || exitCode(err) != exitUsage {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q is not in\n%v", text, s, err)
			}
		}
	}
}

// What the account does not have is quoted as the file has it, keys included.
func TestWhatDoesNotFitTheAccountIsQuoted(t *testing.T) {
	_, file, err := answers.Load("a.yaml", []byte("version: 1\nendpoint_policy: {s3: full, ecrapi: least-privilege}\nextra: [stss]\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := place(file, []steps.Problem{{Key: "endpoint_policy.ecrapi", Text: "ecrapi", Message: "is none", OfKey: true}, {Key: "extra[0]", Text: "stss", Message: "is none"}}).Error()
	want := "the answers do not match the account:\n" + `a.yaml:2:29: endpoint_policy: "ecrapi" is none` + "\n" + `a.yaml:3:9: extra[0]: "stss" is none`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
