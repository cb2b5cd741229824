package answers

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// schema returns the schema of a text.
func (c check) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range c.oneOf {
		s.Enum = append(s.Enum, v)
	}
	if c.number {
		s.Type = ""
		for _, v := range c.oneOf {
			if json.Valid([]byte(v)) {
				s.Enum = append(s.Enum, json.Number(v))
			}
		}
	}
	if most := uint64(c.most); most > 0 {
		s.MaxLength = &most
	}
	switch {
	case c.shape != nil && c.oneOf != nil:
		s.AnyOf = []*jsonschema.Schema{{Enum: s.Enum}, {Pattern: c.shape().String()}}
		s.Enum = nil
	case c.shape != nil:
		s.Pattern = c.shape().String()
	case c.oneOf == nil:
		s.Pattern = `\S`
	}
	return s
}

// TestSchema writes docs/answers.schema.json from the fields of Answers, their comments and checks.
func TestSchema(t *testing.T) {
	one := uint64(1)
	r := schematest.Reflector(t, "yaml", "internal/answers")
	s := r.Reflect(Answers{})
	s.Title, s.Description = "Answers file of PrivateLink Wizard, version 1", ""
	schematest.Walk(s, reflect.TypeFor[Answers](), "yaml", func(key string, f reflect.StructField, s *jsonschema.Schema) {
		text := checkOf(f).schema()
		switch value := reflect.New(f.Type).Interface().(type) {
		case *int:
			if key == "version" {
				s.Const = Version
				break
			}
			least, most := limitsOf(f)
			if least >= most {
				t.Errorf("%s has no limits", key)
			}
			s.Minimum, s.Maximum = json.Number(strconv.Itoa(least)), json.Number(strconv.Itoa(most))
		case *[]string, **[]string:
			s.Items, s.UniqueItems = text, f.Tag.Get("repeats") == ""
			if f.Type.Kind() != reflect.Pointer && f.Tag.Get("empty") == "" {
				s.MinItems = &one
			}
		case *Policy:
			code := checks["code"].schema()
			code.Type = ""
			of := &jsonschema.Schema{Type: "object", AdditionalProperties: text, PropertyNames: code, MinProperties: &one}
			*s = jsonschema.Schema{Description: s.Description, OneOf: []*jsonschema.Schema{text, of}}
		case *Zones:
			*s = zonesSchema(s.Description)
		case *map[string]string:
			most, key, text := uint64(maxTags), uint64(maxTagKey), uint64(maxTagValue)
			s.MaxProperties, s.PropertyNames, s.AdditionalProperties.MaxLength = &most, &jsonschema.Schema{Pattern: `\S`, MaxLength: &key}, &text
		case *bool, **bool:
		default:
			if reflect.ValueOf(value).Elem().Kind() == reflect.Struct {
				s.MinProperties = &one
				break
			}
			text.Description = s.Description
			*s = *text
			if key == "vpc" {
				*s = jsonschema.Schema{Description: s.Description, OneOf: []*jsonschema.Schema{checkOf(f).schema(), newVPCSchema(t)}}
			}
		}
	})
	schematest.Golden(t, "answers", s)
}

// newVPCSchema returns the schema of the value of vpc for a new VPC.
func newVPCSchema(t *testing.T) *jsonschema.Schema {
	s := schematest.Reflector(t, "yaml", "internal/answers").Reflect(network{})
	s.Version = ""
	schematest.Walk(s, reflect.TypeFor[network](), "yaml", func(_ string, f reflect.StructField, s *jsonschema.Schema) {
		switch reflect.New(f.Type).Interface().(type) {
		case *NewVPC:
		case *Zones:
			*s = zonesSchema(s.Description)
		default:
			text := checkOf(f).schema()
			text.Description = s.Description
			*s = *text
		}
	})
	return s
}

// zonesSchema returns the schema of a number of zones, or their names.
func zonesSchema(description string) jsonschema.Schema {
	one, most := uint64(1), uint64(MaxZones)
	return jsonschema.Schema{Description: description, OneOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: json.Number("1"), Maximum: json.Number(fmt.Sprint(MaxZones))},
		{Type: "array", Items: checks["zonename"].schema(), MinItems: &one, MaxItems: &most, UniqueItems: true},
	}}
}

// TestSchemaRefuses asserts that the schema rejects unknown keys, wrong types and values that are not
// in a list, as Load does. A schema cannot express combinations of keys.
func TestSchemaRefuses(t *testing.T) {
	s := schematest.Open(t, "answers")
	kinds := regexp.MustCompile(`is not a key of|must be (text|one text|a list|a mapping|true or false)|must not be|is not a version|not supported; this|has no value|is not read as text by YAML; put it|is in the list twice|the version is missing|; supported: `)
	seen := map[string]bool{}
	for _, text := range refused {
		_, _, err := Load("answers.yaml", []byte(text))
		var errs Errors
		if !errors.As(err, &errs) {
			t.Fatalf("%q was read", text)
		}
		for _, e := range errs {
			kind := kinds.FindString(e.Problem)
			switch {
			case kind == "", strings.Contains(e.Problem, "of the workload"), strings.Contains(text, "&a"):
				continue
			case e.Text == "01", e.Text == "1.0": // the same number as 1
				continue
			}
			seen[kind] = true
			if err := s.ValidateYAML([]byte(text)); err == nil {
				t.Errorf("the schema accepts %q: %s", text, e)
			}
		}
	}
	if len(seen) < 13 {
		t.Errorf("only these kinds of mistakes: %v", seen)
	}
}

// TestSchemaAccepts asserts that the schema accepts what Load accepts.
func TestSchemaAccepts(t *testing.T) {
	s := schematest.Open(t, "answers")
	for _, text := range append(examples(t), whole, onEC2, firstOnECS, "version: 1\nneeds: []\nextra: []\ntags: {}\nmwaa: {endpoints: 2023}\n") {
		if _, _, err := Load("f", []byte(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := s.ValidateYAML([]byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// TestSchemaOfTheScripts asserts that the schema accepts the answers files in the scripts of cmd/wizard
// that Load accepts.
func TestSchemaOfTheScripts(t *testing.T) {
	s := schematest.Open(t, "answers")
	files, err := filepath.Glob("../../cmd/wizard/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, file := range files {
		script, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range script.Files {
			if _, _, err := Load(f.Name, f.Data); err != nil {
				continue
			}
			read++
			if err := s.ValidateYAML(f.Data); err != nil {
				t.Errorf("%s, %s: %v", file, f.Name, err)
			}
		}
	}
	if read < 10 {
		t.Errorf("read %d answers files", read)
	}
}
