package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets test scripts, the pty tests and the tool tests run the program
// itself: the test binary acts as wizard when it is called by that name.
func TestMain(m *testing.M) {
	// Most tests wait for a program that waits itself, so that more of them than there are processors can run.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	if filepath.Base(os.Args[0]) != "wizard" { // the preferences of the developer change nothing
		if err := os.Setenv("XDG_CONFIG_HOME", filepath.Join(os.TempDir(), "no-preferences")); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"wizard": main})
}

// TestScripts runs testdata/script: the contract of commands, files and exit codes.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("AWS_CONFIG_FILE", e.WorkDir+"/none")
			e.Setenv("AWS_SHARED_CREDENTIALS_FILE", e.WorkDir+"/none")
			return nil
		},
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "serve": serveSandbox, "deny": deny, "compress": compress},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
