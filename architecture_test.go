// Package architecture_test verifies the architecture and the documents of the repository.
package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

const module = "github.com/privatelink-wizard/privatelink-wizard/"

// allowedImports lists, for each package, the packages of this module that it may import.
// Tests may import more.
var allowedImports = map[string][]string{
	"cmd/wizard": {"docs", "tui", "steps", "internal/answers", "internal/aws", "internal/catalog", "internal/cause", "internal/cert", "internal/check", "internal/compare", "internal/disk", "internal/doctor", "internal/export", "internal/inventory", "internal/lint", "internal/netmap", "internal/pattern", "internal/plan", "internal/printable", "internal/recent", "internal/record", "internal/resource", "internal/run", "internal/sandbox", "internal/secret", "internal/terms", "internal/words"},
	"tui":        {"steps", "internal/answers", "internal/cause", "internal/doctor", "internal/inventory", "internal/netmap", "internal/plan", "internal/record", "internal/resource", "internal/run", "internal/secret", "internal/terms", "internal/words", "internal/workload/families"},
	"steps":      {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/price", "internal/resource", "internal/terms", "internal/typo", "internal/words", "internal/workload", "internal/workload/families"},

	"internal/cause":    {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/policy", "internal/resource", "internal/words", "internal/workload/families"},
	"internal/check":    {"internal/answers", "internal/cause", "internal/inventory", "internal/plan", "internal/price", "internal/printable", "internal/resource", "internal/sarif", "internal/words", "internal/workload", "internal/workload/families"},
	"internal/run":      {"internal/plan", "internal/resource", "internal/secret"},
	"internal/record":   {"internal/run"},
	"internal/recent":   {"internal/answers", "internal/disk"},
	"internal/export":   {"internal/cause", "internal/doctor", "internal/inventory", "internal/netmap", "internal/pattern", "internal/plan", "internal/printable", "internal/resource", "internal/words"},
	"internal/plan":     {"internal/answers", "internal/catalog", "internal/hosts", "internal/inventory", "internal/pattern", "internal/policy", "internal/price", "internal/printable", "internal/resource", "internal/terms", "internal/words", "internal/workload", "internal/workload/families"},
	"internal/netmap":   {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/printable", "internal/resource", "internal/words", "internal/workload"},
	"internal/resource": {"internal/catalog", "internal/hosts", "internal/inventory", "internal/pattern", "internal/policy", "internal/price", "internal/terms", "internal/words"},
	"internal/policy":   {"internal/pattern", "internal/words"},
	"internal/compare":  {"internal/catalog", "internal/inventory", "internal/policy", "internal/printable", "internal/words"},
	"internal/doctor":   {"internal/answers", "internal/catalog", "internal/cause", "internal/inventory", "internal/pattern", "internal/plan", "internal/printable", "internal/resource", "internal/words", "internal/workload", "internal/workload/families"},
	"internal/hosts":    {"internal/pattern"},

	"internal/workload":          {"internal/answers", "internal/catalog", "internal/inventory", "internal/words"},
	"internal/workload/ecs":      {"internal/answers", "internal/catalog", "internal/inventory", "internal/words", "internal/workload"},
	"internal/workload/batch":    {"internal/answers", "internal/catalog", "internal/inventory", "internal/words", "internal/workload"},
	"internal/workload/mwaa":     {"internal/answers", "internal/catalog", "internal/inventory", "internal/words", "internal/workload"},
	"internal/workload/families": {"internal/answers", "internal/workload", "internal/workload/batch", "internal/workload/ecs", "internal/workload/mwaa"},

	// For tests only.
	"internal/accounttest":   {"internal/pattern", "internal/resource"},
	"internal/plan/plantest": {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/resource"},
	"internal/clitest":       {"internal/aws"},
	"internal/schematest":    {},

	"internal/lint":      {"internal/catalog", "internal/pattern", "internal/sarif"},
	"internal/sarif":     {},
	"internal/disk":      {},
	"internal/catalog":   {"assets", "internal/pattern", "internal/typo"},
	"internal/aws":       {"internal/pattern", "internal/price", "internal/resource", "internal/catalog", "internal/inventory", "internal/printable", "internal/shape", "internal/typo"},
	"internal/answers":   {"internal/pattern", "internal/printable", "internal/typo"},
	"internal/secret":    {},
	"internal/cert":      {"internal/secret"},
	"internal/terms":     {},
	"internal/typo":      {},
	"internal/words":     {},
	"internal/pattern":   {},
	"internal/printable": {},
	"internal/shape":     {},
	"internal/inventory": {"internal/hosts", "internal/pattern", "internal/policy", "internal/price", "internal/printable"},
	"internal/price":     {},
	"assets":             {},
	"docs":               {},

	"internal/sandbox":         {"assets", "internal/pattern", "internal/sandbox/iam", "internal/sandbox/kms", "internal/sandbox/secrets", "internal/sandbox/store", "internal/sandbox/wire"},
	"internal/sandbox/iam":     {"internal/pattern", "internal/sandbox/store", "internal/sandbox/wire"},
	"internal/sandbox/kms":     {"internal/pattern", "internal/sandbox/store", "internal/sandbox/wire"},
	"internal/sandbox/secrets": {"internal/pattern", "internal/sandbox/kms", "internal/sandbox/store", "internal/sandbox/wire"},
	"internal/sandbox/store":   {"internal/sandbox/wire"},
	"internal/sandbox/wire":    {"internal/pattern"},
}

// restricted lists, for each prefix of an external import path, the only packages that may
// import it. An empty list means that no package may.
var restricted = map[string][]string{
	"charm.land/":                     {"tui", "cmd/wizard"},
	"github.com/charmbracelet/":       {"tui", "cmd/wizard"},
	"github.com/aws/":                 {"internal/aws", "internal/clitest"},
	"github.com/spf13/cobra":          {"cmd/wizard"},
	"github.com/goccy/go-yaml":        {"internal/answers", "internal/sandbox", "internal/schematest"},
	"github.com/invopop/jsonschema":   {"internal/schematest"},
	"github.com/santhosh-tekuri/":     {"internal/schematest"},
	"github.com/jmespath/go-jmespath": {"internal/resource", "internal/clitest"},
	"mvdan.cc/sh":                     {"internal/export"},
	"text/template":                   {}, // the linker then keeps every method of every SDK client
	"html/template":                   {},
}

// pure lists the packages without I/O, clock and randomness: the same input gives the
// same output.
var pure = []string{"steps", "internal/cause", "internal/check", "internal/compare", "internal/doctor", "internal/netmap", "internal/plan", "internal/resource", "internal/words", "internal/catalog", "internal/export", "internal/inventory", "internal/lint", "internal/sarif", "internal/policy", "internal/price", "internal/hosts", "internal/cert", "internal/terms", "internal/workload", "internal/workload/ecs", "internal/workload/batch", "internal/workload/mwaa", "internal/workload/families"}

// mayUseTime lists the pure packages that may import time to calculate with dates. Their
// callers pass the current time in.
var mayUseTime = []string{"internal/cert"}

// impure lists the imports that a pure package must not have.
var impure = []string{"os", "net", "net/http", "time", "math/rand", "math/rand/v2", "crypto/rand", "os/exec", "syscall"}

// TestImports reads the imports of every file except tests and compares them with
// allowedImports, restricted and pure.
func TestImports(t *testing.T) {
	files := 0
	sources(t, parser.ImportsOnly, func(path, pkg string, f *ast.File) {
		files++
		allowed, listed := allowedImports[pkg]
		if !listed {
			t.Errorf("%s: package %s is not in allowedImports", path, pkg)
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s, and allowedImports does not allow it", path, own)
			}
			if slices.Contains(pure, pkg) && slices.Contains(impure, name) && !(name == "time" && slices.Contains(mayUseTime, pkg)) {
				t.Errorf("%s imports %s, but package %s must be pure", path, name, pkg)
			}
			for prefix, packages := range restricted {
				if strings.HasPrefix(name, prefix) && !slices.Contains(packages, pkg) {
					t.Errorf("%s imports %s; only %v may import it", path, name, packages)
				}
			}
		}
	})
	if files < 40 {
		t.Errorf("read %d files, want at least 40", files)
	}
}

// TestNoPatternDelaysTheStart asserts that no package compiles a regular expression when it is
// initialized: each command and the first screen would wait for it.
func TestNoPatternDelaysTheStart(t *testing.T) {
	sources(t, parser.SkipObjectResolution, func(path, _ string, f *ast.File) {
		for _, d := range f.Decls {
			if _, ok := d.(*ast.GenDecl); !ok {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncLit:
					return false
				case *ast.SelectorExpr:
					if of, ok := n.X.(*ast.Ident); ok && of.Name == "regexp" && n.Sel.Name == "MustCompile" {
						t.Errorf("%s: use pattern.New for a regular expression of a package", path)
					}
				}
				return true
			})
		}
	})
}

// kindless lists the packages that work with changes and claims of every kind and name none.
var kindless = []string{"cmd/wizard", "tui", "steps", "internal/run", "internal/export"}

// TestNoKindIsNamed reads the packages that must name no kind of change or claim.
func TestNoKindIsNamed(t *testing.T) {
	var names []string
	for _, s := range resource.Kinds {
		names = append(names, reflect.TypeOf(s).Name())
	}
	for _, m := range resource.Measures {
		names = append(names, reflect.TypeOf(m).Name())
	}
	sources(t, parser.SkipObjectResolution, func(path, pkg string, f *ast.File) {
		if !slices.Contains(kindless, pkg) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.Ident); ok && of.Name == "resource" && slices.Contains(names, n.Sel.Name) {
					t.Errorf("%s names the kind %s", path, n.Sel.Name)
				}
			case *ast.BinaryExpr:
				if isKind(n.X) || isKind(n.Y) {
					t.Errorf("%s compares the kind of a change or claim", path)
				}
			case *ast.SwitchStmt:
				if isKind(n.Tag) {
					t.Errorf("%s compares the kind of a change or claim", path)
				}
			}
			return true
		})
	})
}

// isKind reports whether an expression is a call of a method Kind.
func isKind(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	of, ok := call.Fun.(*ast.SelectorExpr)
	return ok && of.Sel.Name == "Kind"
}

// sources parses every file except tests, and calls a function with its path and package.
func sources(t *testing.T, mode parser.Mode, visit func(path, pkg string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
		if err != nil {
			return err
		}
		visit(path, filepath.ToSlash(filepath.Dir(path)), f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorkloadsAreNamedInTheirFamily checks that only the families name a workload. All other packages
// that read answers ask package families for what they need to know.
func TestWorkloadsAreNamedInTheirFamily(t *testing.T) {
	constants := []string{"Services"} // of package answers
	sources(t, parser.SkipObjectResolution, func(_, pkg string, f *ast.File) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST || pkg != "internal/answers" {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if of, ok := v.Type.(*ast.Ident); ok && of.Name == "Workload" {
					constants = append(constants, v.Names[0].Name)
				}
			}
		}
	})
	if len(constants) != len(answers.Supported)+1 {
		t.Fatalf("found the constants %v for %v", constants, answers.Supported)
	}
	sources(t, parser.SkipObjectResolution, func(path, pkg string, f *ast.File) {
		if strings.HasPrefix(pkg, "internal/workload/") || pkg == "internal/plan/plantest" || !slices.Contains(allowedImports[pkg], "internal/answers") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "answers" && slices.Contains(constants, n.Sel.Name) {
					t.Errorf("%s names answers.%s", path, n.Sel.Name)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && slices.Contains(answers.Supported, answers.Workload(text)) {
					t.Errorf("%s names %s", path, text)
				}
			}
			return true
		})
	})
}

// TestRulesAreInFilesOfTheirOwn checks that each function of a rule is in a file of internal/plan that is
// named after what it judges, and that the cases of each rule are in the file of plantest with that name.
func TestRulesAreInFilesOfTheirOwn(t *testing.T) {
	rules, cases := map[string]bool{}, map[string]bool{}
	sources(t, parser.SkipObjectResolution, func(path, pkg string, f *ast.File) {
		name := filepath.Base(path)
		rule := strings.HasPrefix(name, "rule_")
		switch pkg {
		case "internal/plan":
			rules[name] = rule
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "check") && !rule {
					t.Errorf("%s: rule %s is not in a file rule_….go", path, fn.Name.Name)
				}
			}
		case "internal/plan/plantest":
			cases[name] = rule
		}
	})
	for name, rule := range cases {
		if rule && !rules[name] {
			t.Errorf("plantest/%s has cases, but internal/plan has no %s", name, name)
		}
	}
}
