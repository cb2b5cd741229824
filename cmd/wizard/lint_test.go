package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
)

func TestReadTextRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00b":                         "binary",
		"\xff\xfea\x00":                  "UTF-16",
		strings.Repeat("x", lintLimit+1): "larger than the limit of 16 MB",
	} {
		if _, err := readText("-", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s: %v", want, err)
		}
	}
	if text, err := readText("-", strings.NewReader(strings.Repeat("x", lintLimit))); err != nil || len(text) != lintLimit {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// TestLintDirectory counts what a directory has: files that are read, and those that are skipped for
// each reason.
func TestLintDirectory(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.tf": "com.amazonaws.eu-west-1.sqs", "b/c.yaml": "", "b/deploy.yml.j2": "", "b/Makefile": "", "b/x.tf.json": "",
		"image.png": "x", "b/readme.md": "com.amazonaws.eu-west-1.sqs",
		"binary.json": "\x00", "utf16.json": "\xff\xfea\x00",
		".git/x.json": "com.amazonaws.eu-west-1.sqs", "b/node_modules/x.js": "com.amazonaws.eu-west-1.sqs", "b/.terraform/x.tf": "com.amazonaws.eu-west-1.sqs",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	large, err := os.Create(filepath.Join(dir, "large.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(lintLimit + 1); err != nil {
		t.Fatal(err)
	}
	if err := large.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a.tf"), filepath.Join(dir, "link.tf")); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	l := &linter{run: lint.New("us-east-1"), errs: &errs, seen: map[string]bool{}, skipped: map[string]int{}}
	for _, name := range []string{dir, filepath.Join(dir, "a.tf"), filepath.Join(dir, "b")} {
		if err := l.read(name); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{skipType: 4, skipBinary: 1, skipLarge: 1, skipUnread: 1}
	if diff := cmp.Diff(want, l.skipped); diff != "" || l.files != 5 {
		t.Errorf("%d files read, want 5; skipped (-want +got):\n%s", l.files, diff)
	}
	if found := l.run.Findings(); len(found) != 1 || found[0].File != filepath.Join(dir, "a.tf") {
		t.Errorf("%v", found)
	}
	if got := errs.String(); !strings.Contains(got, "utf16.json is UTF-16") || strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}
