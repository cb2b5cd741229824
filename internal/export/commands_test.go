package export

import (
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestCommands: a shell reads each argument as one word, and the commands are those of the script.
func TestCommands(t *testing.T) {
	p := plantest.New().Plan()
	n := 0
	for _, c := range p.Changes {
		commands, err := Commands(p, c)
		if err != nil {
			t.Fatal(err)
		}
		if (c.Op == resource.Keep) != (len(commands) == 0) {
			t.Errorf("%s: %d commands", c.ID, len(commands))
		}
		for _, args := range commands {
			n++
			file, err := syntax.NewParser().Parse(strings.NewReader(strings.Join(args, " ")), "")
			if err != nil || len(file.Stmts) != 1 {
				t.Fatalf("%v: %v", args, err)
			}
			if got := len(file.Stmts[0].Cmd.(*syntax.CallExpr).Args); got != len(args) || args[0] != "aws" || !slices.Contains(args, "--region") {
				t.Errorf("%d arguments of %d: %q", got, len(args), args)
			}
			if strings.Contains(strings.Join(args, " "), "client-token") {
				t.Errorf("%q", args)
			}
		}
	}
	if n == 0 {
		t.Error("no command")
	}
}
