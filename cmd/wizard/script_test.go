package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// exits runs a command and checks its exit code: exits CODE wizard ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var e *exec.ExitError
	if errors.As(err, &e) {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// serveSandbox serves a sandbox account and sets URL: serve SCENARIO
func serveSandbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve SCENARIO")
	}
	acct, err := sandbox.New(sandbox.Options{Scenario: args[0], Speed: 1000})
	ts.Check(err)
	srv := httptest.NewServer(acct)
	ts.Defer(srv.Close)
	ts.Setenv("URL", srv.URL)
}

// compress writes a file with gzip and removes the original: compress FILE
func compress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: compress FILE")
	}
	name := ts.MkAbs(args[0])
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(ts.ReadFile(name)))
	ts.Check(errors.Join(err, z.Close(), os.WriteFile(name+".gz", b.Bytes(), 0o600), os.Remove(name)))
}

// deny lets the served account refuse operations: deny OPERATION...
func deny(ts *testscript.TestScript, neg bool, args []string) {
	body, err := json.Marshal(map[string]any{"operations": args})
	ts.Check(err)
	resp, err := http.Post(ts.Getenv("URL")+"/_sandbox/deny", "application/json", bytes.NewReader(body))
	ts.Check(err)
	resp.Body.Close()
	if neg || resp.StatusCode >= 300 {
		ts.Fatalf("deny: %s", resp.Status)
	}
}
