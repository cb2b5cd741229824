package export

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jmespath/go-jmespath"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
)

// callers are the functions of a script that call the AWS CLI, each with the number of its arguments before those of
// the CLI.
var callers = map[string]int{"ask": 0, "look": 0, "draft": 0, "compare": 0, "holds": 0, "seek": 1, "list": 2, "change": 2, "revert": 2, "await": 8}

// callsOf are the arguments of every call that a script can make, on whatever path. Variables that only a run fills
// hold an id, as long as those that are the longest.
func callsOf(t *testing.T, script string) [][]string {
	t.Helper()
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file") // of an input
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{} // of variables that a long text is read into
	config := &expand.Config{Env: expand.FuncEnviron(func(name string) string {
		if text, ok := texts[name]; ok {
			return text
		}
		if strings.HasSuffix(name, "_file") {
			return file
		}
		return "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	})}
	var calls [][]string
	syntax.Walk(f, func(n syntax.Node) bool {
		if s, ok := n.(*syntax.Stmt); ok {
			for _, r := range s.Redirs {
				if c, ok := s.Cmd.(*syntax.CallExpr); ok && r.Hdoc != nil && len(c.Args) > 0 && c.Args[0].Lit() == "read" {
					texts[c.Args[len(c.Args)-1].Lit()] = r.Hdoc.Lit() // it is quoted
				}
			}
		}
		if d, ok := n.(*syntax.DeclClause); ok && len(d.Args) == 1 && d.Args[0].Value != nil && strings.HasPrefix(d.Args[0].Name.Value, "needs_") {
			text, err := expand.Literal(config, d.Args[0].Value)
			if err != nil {
				t.Fatal(err)
			}
			texts[d.Args[0].Name.Value] = text // a part of the query of the next call
		}
		c, ok := n.(*syntax.CallExpr)
		if ok && len(c.Args) == 0 && slices.Contains([]string{"unsuccessful", "failures"}, c.Assigns[0].Name.Value) { // a part of queries
			text, err := expand.Literal(config, c.Assigns[0].Value)
			if err != nil {
				t.Fatal(err)
			}
			texts[c.Assigns[0].Name.Value] = text
		}
		if !ok || len(c.Args) == 0 {
			return true
		}
		before, ok := callers[c.Args[0].Lit()]
		if !ok || len(c.Args) <= before+2 || c.Args[before+1].Lit() == "" { // the functions themselves pass "$@" on
			return true
		}
		words, err := expand.Fields(config, c.Args...)
		if err != nil {
			t.Fatal(err)
		}
		if query := slices.Index(words, "--query"); query >= 0 {
			if _, err := jmespath.Compile(words[query+1]); err != nil {
				t.Errorf("%q: %v", words, err)
			}
		}
		if slices.Contains(words, "--cli-input-json") {
			return true // only a run has the file with its input
		}
		for i, word := range words {
			if word == "file:///dev/stdin" {
				words[i] = "text"
			}
		}
		calls = append(calls, append([]string{"--region", region, "--output", "text"}, words[before+1:]...))
		return true
	})
	return calls
}

// callsFitModels checks every call of every golden script against the models of an AWS CLI. Some options are too new for it: the
// script then says so before its first call.
func callsFitModels(t *testing.T, python string, tooNew ...string) {
	models := clitest.OpenModels(t, python)
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		script := scriptOf(t, plans[name](fixed))
		calls := callsOf(t, script)
		if rows := strings.Count(script, "\nbegin ") + strings.Count(script, "\n  list "); len(calls) <= rows {
			t.Errorf("%s: found only %d calls for %d changes and lists", name, len(calls), rows)
		}
		for _, args := range calls {
			if slices.ContainsFunc(args, func(word string) bool { return slices.Contains(tooNew, word) }) {
				continue
			}
			if key := strings.Join(args, "\x00"); !seen[key] {
				seen[key] = true
				if err := models.Check(args); err != nil {
					t.Errorf("%s: %q: %v", name, args, err)
				}
			}
		}
	}
	t.Logf("%d calls", len(seen))
	for _, wrong := range [][]string{
		{"--region", region, "ec2", "describe-vpc-endpoints", "--filter", "Nam=x,Values=y"},
		{"--region", region, "ec2", "describe-vpc-endpointz"},
		{"--region", region, "ec2", "create-vpc-endpoint", "--service-name", "x"},
	} {
		if models.Check(wrong) == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

// Version 1 of the AWS CLI is a package of Python's. The acceptance tests ask version 2.
func TestCallsFitModels(t *testing.T) {
	t.Parallel()
	callsFitModels(t, "python3")
}
