package record_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

var head = record.Head{ID: "plw-1", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Program: "v1", Account: "123456789012", Region: "us-east-1", VPC: "vpc-1", Workload: "mwaa"}

// write writes a record of one step, which was about to be made, was made and was read at the end.
func write(t *testing.T, dir string) *record.File {
	t.Helper()
	f, err := record.Create(dir, head)
	if err != nil {
		t.Fatal(err)
	}
	s := run.Step{Change: "endpoint/s3", Op: resource.Create, Summary: "Create it", After: []resource.ID{"x"}, Undo: &resource.Call{Service: "ec2", Op: "DeleteVpcEndpoints",
		In: map[string]any{"VpcEndpointIds": []any{run.Own}}, Out: []resource.Value{resource.Lit("")}}}
	for n, id := range []string{"", "vpce-1"} {
		if s.ID = id; f.Step(s) != nil {
			t.Fatal("not written")
		}
		if r, err := record.Read(dir, head.ID); err != nil || r.Made() != n || !r.Reverts() {
			t.Fatalf("%+v %v", r, err)
		}
	}
	if s.Was = []byte(`{"a":["b"]}`); f.Step(s) != nil {
		t.Fatal("not written")
	}
	return f
}

func TestRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "runs")
	if r, err := record.Latest(dir); r != nil || err != nil {
		t.Errorf("before the first run: %v %v", r, err)
	}
	f := write(t, dir)
	if r, err := record.Latest(dir); err != nil || r.ID != head.ID || r.Ended {
		t.Errorf("%v %v", r, err)
	}
	r, err := record.Read(dir, head.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := head
	want.Version = record.Version
	if d := cmp.Diff(want, r.Head); d != "" || r.State() != "ended early" || r.Made() != 1 {
		t.Errorf("%s %q %d", d, r.State(), r.Made())
	}
	if s := r.Steps[0]; s.ID != "vpce-1" || string(s.Was) != `{"a":["b"]}` || s.Undo.In["VpcEndpointIds"].([]any)[0] != run.Own || s.Undo.Out[0] != resource.Lit("") {
		t.Errorf("%+v", s)
	}
	state := func(want string) {
		t.Helper()
		if r, err := record.Read(dir, head.ID); err != nil || r.State() != want {
			t.Errorf("%v, %v; want %s", r.State(), err, want)
		}
	}
	if err := f.End(false, true); err != nil {
		t.Fatal(err)
	}
	state("complete")
	for _, complete := range []bool{false, true} {
		undo, err := record.Resume(dir, head.ID, record.Head{ID: "plw-2"})
		if err != nil {
			t.Fatal(err)
		}
		state("undo not complete")
		if err := undo.End(true, complete); err != nil {
			t.Fatal(err)
		}
	}
	state("undone")
	for name, mode := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "plw-1.jsonl"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	other := head
	other.ID = "plw-3"
	if f, err := record.Create(dir, other); err != nil || f.End(false, true) != nil {
		t.Error("a record without a step:", err)
	}
	if runs, unread := record.List(dir); len(runs) != 1 || len(unread) > 0 {
		t.Errorf("the record without a step stays: %v %v", runs, unread)
	}
	if _, err := record.Create(dir, head); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second record of the run: %v", err)
	}
}

// TestBrokenRecords: a cut last line is not a fault; everything else is named with file and line.
func TestBrokenRecords(t *testing.T) {
	dir := t.TempDir()
	if err := write(t, dir).End(false, false); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "plw-1.jsonl")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	for name, c := range map[string]struct{ text, want, err string }{
		"whole":           {string(whole), "not complete", ""},
		"last line cut":   {string(whole[:len(whole)-5]), "ended early", ""},
		"cut in the step": {lines[0] + lines[1][:20], "ended early", ""},
		"broken inside":   {lines[0] + "{\n" + lines[1], "", "plw-1.jsonl, line 2: "},
		"broken, ended":   {lines[0] + "{\n", "", "plw-1.jsonl, line 2: "},
		"first line cut":  {lines[0][:20], "", "plw-1.jsonl, line 1: "},
		"empty":           {"", "", "it is empty"},
		"something else":  {"{}\n", "", "this is not the record of a run"},
		"later version":   {strings.Replace(lines[0], `"version":1`, `"version":2`, 1), "", "version 2 of the format is not known"},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := record.Read(dir, "plw-1")
		switch {
		case c.err == "" && (err != nil || r.State() != c.want):
			t.Errorf("%s: %v", name, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v", name, err)
		}
		runs, unread := record.List(dir)
		if len(runs)+len(unread) != 1 || (len(unread) == 1) != (c.err != "") {
			t.Errorf("%s: %v %v", name, runs, unread)
		}
	}
	if _, err := record.Read(dir, "../plw-1"); err == nil {
		t.Error("a path is not an id")
	}
}

func TestDir(t *testing.T) {
	t.Setenv("HOME", "/home/someone")
	for state, want := range map[string]string{"": "/home/someone/.local/state/privatelink-wizard/runs", "relative": "/home/someone/.local/state/privatelink-wizard/runs", "/var/state": "/var/state/privatelink-wizard/runs"} {
		t.Setenv("XDG_STATE_HOME", state)
		if got, err := record.Dir(); err != nil || got != want {
			t.Errorf("%s: %s %v", state, got, err)
		}
	}
}

// TestInMemory: a record in memory has what the file of the same run has.
func TestInMemory(t *testing.T) {
	dir := t.TempDir()
	f := write(t, dir)
	m, err := record.Keep(head)
	if err != nil {
		t.Fatal(err)
	}
	same := func(state string) {
		t.Helper()
		want, err := record.Read(dir, head.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Read()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" || got.State() != state {
			t.Errorf("%s: %s", got.State(), d)
		}
	}
	r, err := record.Read(dir, head.ID)
	if err != nil || m.Step(r.Steps[0]) != nil {
		t.Fatal(err)
	}
	same("ended early")
	if f.End(false, false) != nil || m.End(false, false) != nil {
		t.Fatal("not ended")
	}
	same("not complete")
	undo, err := record.Resume(dir, head.ID, record.Head{ID: "plw-2"})
	if err != nil || m.Resume(record.Head{ID: "plw-2"}) != nil {
		t.Fatal(err)
	}
	same("undo not complete")
	if undo.End(true, true) != nil || m.End(true, true) != nil {
		t.Fatal("not ended")
	}
	same("undone")
}

// TestRecordOfANewVPC: the record shows the id of a VPC that the run creates, as soon as it exists.
func TestRecordOfANewVPC(t *testing.T) {
	h := head
	h.VPC = "vpc/new"
	f, err := record.Keep(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		step run.Step
		want string
	}{{run.Step{Change: "role/web"}, ""}, {run.Step{Change: "vpc/new"}, ""}, {run.Step{Change: "vpc/new", ID: "vpc-2"}, "vpc-2"}, {run.Step{Change: "subnet/a", ID: "subnet-1"}, "vpc-2"}} {
		if err := f.Step(tt.step); err != nil {
			t.Fatal(err)
		}
		if r, err := f.Read(); err != nil || r.VPC != tt.want {
			t.Errorf("after %s: %q %v", tt.step.Change, r.VPC, err)
		}
	}
}
