// Package schematest creates the JSON Schemas in docs from the types that they describe, and
// validates documents with them. It is for tests only: the program prints the files of docs, so it
// contains neither the generator nor the comments of the source.
package schematest

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	generator "github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// Module is the import path of the module.
const Module = "github.com/privatelink-wizard/privatelink-wizard/"

// Reflector returns a generator of schemas. It reads the names of keys from a struct tag and the
// descriptions from the comments of packages, such as internal/plan.
func Reflector(t *testing.T, tag string, packages ...string) *generator.Reflector {
	t.Helper()
	r := &generator.Reflector{FieldNameTag: tag, Anonymous: true, DoNotReference: true}
	for _, name := range packages {
		if err := r.AddGoComments(Module+name, "../"+filepath.Base(name)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// Walk calls a function for the schema of each field of a struct, also in nested structs. Before that
// it replaces the name of the field or type in the description by the key, and removes a description
// that is not a sentence: it is a note for readers of the code.
func Walk(s *generator.Schema, of reflect.Type, tag string, visit func(key string, f reflect.StructField, s *generator.Schema)) {
	for i := range of.NumField() {
		f := of.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get(tag), ",")
		if f.Anonymous && f.Type.Kind() == reflect.Struct && key == "" { // its fields are those of the struct
			Walk(s, f.Type, tag, visit)
			continue
		}
		property, ok := s.Properties.Get(key)
		if !ok {
			continue
		}
		within, elem := property, f.Type
		for elem.Kind() == reflect.Pointer || elem.Kind() == reflect.Slice {
			if elem = elem.Elem(); within.Items != nil {
				within = within.Items
			}
		}
		text := strings.Join(strings.Fields(property.Description), " ")
		for _, name := range []string{f.Name, elem.Name()} {
			if rest, ok := strings.CutPrefix(text, name+" "); ok {
				text = key + " " + rest
			}
		}
		if !strings.HasSuffix(text, ".") {
			text = ""
		}
		property.Description = text
		if elem.Kind() == reflect.Struct && within.Properties != nil {
			Walk(within, elem, tag, visit)
		}
		if visit != nil {
			visit(key, f, property)
		}
	}
}

// Constants returns the values of the constants of a string type, in the order of its source files.
func Constants(t *testing.T, of reflect.Type) []any {
	t.Helper()
	files, err := filepath.Glob("../" + filepath.Base(of.PkgPath()) + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			name, named := v.Type.(*ast.Ident)
			value, literal := v.Values[0].(*ast.BasicLit)
			if !named || !literal || name.Name != of.Name() {
				return true
			}
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("no constant has the type %s", of)
	}
	return out
}

// file returns the path of a schema from the folder of a package, such as internal/plan or cmd/wizard.
func file(name string) string { return filepath.Join("..", "..", "docs", name+".schema.json") }

// Golden compares a schema with its file in docs, or writes the file if the test has the flag -update.
func Golden(t *testing.T, name string, s *generator.Schema) {
	t.Helper()
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file(name), got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file(name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs from the code; run scripts/docs.sh schemas", file(name))
	}
}

// Schema is a schema in docs.
type Schema struct{ of *validator.Schema }

// Open reads a schema in docs.
func Open(t testing.TB, name string) Schema {
	return open(t, name, func(any) {})
}

// OpenForEarlier reads a schema in docs as one for documents of earlier versions: these lack fields that were added since, but each of
// their fields exists and has a value that is still valid.
func OpenForEarlier(t testing.TB, name string) Schema {
	return open(t, name, optional)
}

// open reads a schema in docs, and changes its document.
func open(t testing.TB, name string, change func(node any)) Schema {
	t.Helper()
	text, err := os.ReadFile(file(name))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	change(doc)
	c := validator.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return Schema{s}
}

// optional removes the lists of required fields from a schema.
func optional(node any) {
	switch x := node.(type) {
	case map[string]any:
		if _, list := x["required"].([]any); list { // a field of this name has a schema instead
			delete(x, "required")
		}
		for _, v := range x {
			optional(v)
		}
	case []any:
		for _, v := range x {
			optional(v)
		}
	}
}

// Validate returns the first problem of a JSON document.
func (s Schema) Validate(data []byte) error {
	doc, err := validator.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.of.Validate(doc)
}

// ValidateYAML returns the first problem of a YAML document.
func (s Schema) ValidateYAML(text []byte) error {
	var doc any
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.AllowDuplicateMapKey()); err != nil {
		return err
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return s.Validate(data)
}
