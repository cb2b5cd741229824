// Package house_test keeps the house in order: which room may know which.
package house_test

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

// imports says what each room may import of the house. Tests may import more.
var imports = map[string][]string{
	"cmd/wizard": {"tui", "steps", "internal/answers", "internal/aws", "internal/catalog", "internal/cert", "internal/export", "internal/inventory", "internal/lint", "internal/plan", "internal/run", "internal/sandbox", "internal/secret"},
	"tui":        {"steps", "internal/answers", "internal/inventory", "internal/plan", "internal/run", "internal/secret"},
	"steps":      {"internal/answers", "internal/catalog", "internal/inventory", "internal/plan"},

	"internal/run":    {"internal/call", "internal/plan", "internal/secret"},
	"internal/export": {"internal/call", "internal/plan"},
	"internal/call":   {"internal/catalog", "internal/hosts", "internal/plan", "internal/policy"},
	"internal/plan":   {"internal/answers", "internal/catalog", "internal/hosts", "internal/inventory", "internal/policy"},
	"internal/policy": {},
	"internal/hosts":  {},

	"internal/plan/plantest": {"internal/answers", "internal/inventory", "internal/plan"},

	"internal/lint":      {"internal/catalog"},
	"internal/catalog":   {"assets"},
	"internal/aws":       {"internal/call", "internal/inventory", "internal/shape", "internal/typo"},
	"internal/sandbox":   {"assets"},
	"internal/answers":   {"internal/typo"},
	"internal/secret":    {},
	"internal/cert":      {"internal/secret"},
	"internal/typo":      {},
	"internal/shape":     {},
	"internal/inventory": {"internal/hosts"},
	"assets":             {},
}

// outside says which rooms alone may import modules of others that shape a program.
var outside = map[string][]string{
	"charm.land/":                     {"tui", "cmd/wizard"},
	"github.com/charmbracelet/":       {"tui", "cmd/wizard"},
	"github.com/aws/":                 {"internal/aws"},
	"github.com/spf13/cobra":          {"cmd/wizard"},
	"github.com/goccy/go-yaml":        {"internal/answers", "internal/sandbox"},
	"github.com/jmespath/go-jmespath": {"internal/call"},
	"mvdan.cc/sh":                     {"internal/export"},
	"text/template":                   {}, // keeps every method of every SDK client in the program
	"html/template":                   {},
}

// pure rooms have no I/O, no clock and no randomness: the same input gives the same
// bytes.
var pure = []string{"steps", "internal/plan", "internal/call", "internal/catalog", "internal/export", "internal/inventory", "internal/lint", "internal/policy", "internal/hosts", "internal/cert"}

// dates may be reckoned with by these of them: the clock is still looked at by others.
var dates = []string{"internal/cert"}

var impure = []string{"os", "net", "net/http", "time", "math/rand", "math/rand/v2", "crypto/rand", "os/exec", "syscall"}

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
		room := filepath.ToSlash(filepath.Dir(path))
		may, known := imports[room]
		if !known {
			t.Errorf("%s: room %s is not in the table", path, room)
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
			if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(may, own) {
				t.Errorf("%s imports %s, which is not its business", path, own)
			}
			if slices.Contains(pure, room) && slices.Contains(impure, name) && !(name == "time" && slices.Contains(dates, room)) {
				t.Errorf("%s imports %s, and %s is pure", path, name, room)
			}
			for prefix, rooms := range outside {
				if strings.HasPrefix(name, prefix) && !slices.Contains(rooms, room) {
					t.Errorf("%s imports %s, which only %v may", path, name, rooms)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 40 {
		t.Errorf("only %d files were looked at", files)
	}
}
