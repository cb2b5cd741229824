package plan

import (
	"encoding"
	"reflect"
	"slices"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// TestSchema writes docs/plan.schema.json from the fields of Plan and their comments.
func TestSchema(t *testing.T) {
	r := schematest.Reflector(t, "json", "internal/plan", "internal/resource", "internal/answers", "internal/inventory", "internal/price")
	enums := map[reflect.Type][]any{}
	for _, of := range []reflect.Type{reflect.TypeFor[resource.Op](), reflect.TypeFor[Verdict](), reflect.TypeFor[Severity](), reflect.TypeFor[answers.Workload](), reflect.TypeFor[Cheaper](), reflect.TypeFor[price.Unit]()} {
		enums[of] = schematest.Constants(t, of)
	}
	for _, m := range resource.Measures {
		enums[reflect.TypeFor[resource.ClaimKind]()] = append(enums[reflect.TypeFor[resource.ClaimKind]()], string(m.Kind()))
	}
	r.Mapper = func(of reflect.Type) *jsonschema.Schema {
		if of == reflect.TypeFor[resource.Value]() {
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, only("ref", "The id of another change."), only("input", "The name of a secret that is never written.")}}
		}
		if enums[of] != nil || of.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
			return &jsonschema.Schema{Type: "string", Enum: enums[of]}
		}
		return nil
	}
	of := func(v any) *jsonschema.Schema {
		s := r.Reflect(v)
		schematest.Walk(s, reflect.TypeOf(v), "json", nil)
		s.Version, s.Description = "", ""
		return s
	}

	change := of(resource.ChangeJSON{})
	kind, _ := change.Properties.Get("kind")
	for _, spec := range resource.Kinds {
		if !slices.Contains(kind.Enum, any(spec.Kind())) {
			kind.Enum = append(kind.Enum, spec.Kind())
		}
	}
	claim := of(resource.ClaimJSON{})
	for _, m := range resource.Measures {
		fields := of(m)
		for pair := fields.Properties.Oldest(); pair != nil; pair = pair.Next() {
			if old, ok := claim.Properties.Get(pair.Key); ok && old.Type != pair.Value.Type {
				t.Errorf("field %s of claims %s has several types: %s and %s", pair.Key, m.Kind(), old.Type, pair.Value.Type)
			} else if !ok {
				claim.Properties.Set(pair.Key, pair.Value)
			}
		}
	}

	s := r.Reflect(Plan{})
	s.Title, s.Description = "Plan of PrivateLink Wizard, version 1", ""
	schematest.Walk(s, reflect.TypeFor[Plan](), "json", nil)
	version, _ := s.Properties.Get("version")
	version.Const = Version
	for key, items := range map[string]*jsonschema.Schema{"actions": change, "claims": claim} {
		of, _ := s.Properties.Get(key)
		of.Items = items
	}
	schematest.Golden(t, "plan", s)
}

// only returns the schema of an object with one text.
func only(key, description string) *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set(key, &jsonschema.Schema{Type: "string", Description: description})
	return &jsonschema.Schema{Type: "object", Properties: properties, Required: []string{key}, AdditionalProperties: jsonschema.FalseSchema}
}
