// Package architecture_test verifies the architecture and the documents of the repository.
package architecture_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/privatelink-wizard/privatelink-wizard/"

// allowedImports lists, for each package, the packages of this module that it may import.
// Tests may import more.
var allowedImports = map[string][]string{
	"cmd/wizard": {"docs", "tui", "steps", "internal/answers", "internal/aws", "internal/catalog", "internal/cert", "internal/export", "internal/inventory", "internal/lint", "internal/plan", "internal/printable", "internal/resource", "internal/run", "internal/sandbox", "internal/secret"},
	"tui":        {"steps", "internal/answers", "internal/inventory", "internal/plan", "internal/resource", "internal/run", "internal/secret"},
	"steps":      {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/resource", "internal/typo"},

	"internal/run":      {"internal/plan", "internal/resource", "internal/secret"},
	"internal/export":   {"internal/plan", "internal/resource"},
	"internal/plan":     {"internal/answers", "internal/catalog", "internal/hosts", "internal/inventory", "internal/policy", "internal/printable", "internal/resource", "internal/words"},
	"internal/resource": {"internal/catalog", "internal/hosts", "internal/inventory", "internal/policy", "internal/words"},
	"internal/policy":   {},
	"internal/hosts":    {},

	// For tests only.
	"internal/plan/plantest": {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan", "internal/resource"},
	"internal/clitest":       {"internal/aws"},
	"internal/schematest":    {},

	"internal/lint":      {"internal/catalog"},
	"internal/catalog":   {"assets", "internal/typo"},
	"internal/aws":       {"internal/resource", "internal/catalog", "internal/inventory", "internal/printable", "internal/shape"},
	"internal/answers":   {"internal/printable", "internal/typo"},
	"internal/secret":    {},
	"internal/cert":      {"internal/secret"},
	"internal/typo":      {},
	"internal/words":     {},
	"internal/printable": {},
	"internal/shape":     {},
	"internal/inventory": {"internal/hosts", "internal/policy", "internal/printable"},
	"assets":             {},
	"docs":               {},

	"internal/sandbox":       {"assets", "internal/sandbox/store", "internal/sandbox/wire"},
	"internal/sandbox/store": {"internal/sandbox/wire"},
	"internal/sandbox/wire":  {},
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
var pure = []string{"steps", "internal/plan", "internal/resource", "internal/words", "internal/catalog", "internal/export", "internal/inventory", "internal/lint", "internal/policy", "internal/hosts", "internal/cert"}

// mayUseTime lists the pure packages that may import time to calculate with dates. Their
// callers pass the current time in.
var mayUseTime = []string{"internal/cert"}

// impure lists the imports that a pure package must not have.
var impure = []string{"os", "net", "net/http", "time", "math/rand", "math/rand/v2", "crypto/rand", "os/exec", "syscall"}

// TestImports reads the imports of every file except tests and compares them with
// allowedImports, restricted and pure.
func TestImports(t *testing.T) {
	files := 0
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
		files++
		pkg := filepath.ToSlash(filepath.Dir(path))
		allowed, listed := allowedImports[pkg]
		if !listed {
			t.Errorf("%s: package %s is not in allowedImports", path, pkg)
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
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
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 40 {
		t.Errorf("read %d files, want at least 40", files)
	}
}
