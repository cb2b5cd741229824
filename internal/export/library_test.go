package export

import (
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// A script has exactly the functions of the library that it calls.
func TestScriptsHaveTheFunctionsThatTheyCall(t *testing.T) {
	all := map[string]bool{}
	for _, library := range []string{functions, credentials, vpn, acl, newCLI} {
		for _, b := range blocks(library) {
			if all[b.name] {
				t.Errorf("%s is defined twice", b.name)
			}
			all[b.name] = true
		}
	}
	unused := map[string]bool{}
	for name := range all {
		unused[name] = true
	}
	for name, text := range scripts(t) {
		f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		defined, called := map[string]bool{}, map[string]bool{}
		syntax.Walk(f, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				defined[n.Name.Value] = true
			case *syntax.CallExpr:
				if len(n.Args) == 0 {
					return true
				}
				first := n.Args[0].Lit()
				called[first] = true
				if (first == "trap" || first == "verify") && len(n.Args) > 1 { // they call their argument
					text := n.Args[1].Lit()
					if q, ok := n.Args[1].Parts[0].(*syntax.SglQuoted); ok {
						text, _, _ = strings.Cut(q.Value, " ")
					}
					called[text] = true
				}
			}
			return true
		})
		for f := range defined {
			delete(unused, f)
			if !called[f] && !strings.HasPrefix(f, "read_") { // list names are in variables
				t.Errorf("%s: nothing calls %s", name, f)
			}
		}
		for f := range called {
			if all[f] && !defined[f] {
				t.Errorf("%s: %s is missing", name, f)
			}
		}
	}
	for f := range unused {
		switch f {
		case "new_cli": // of plans that need a recent AWS CLI
		default:
			t.Errorf("no plan of these tests needs %s", f)
		}
	}
}
