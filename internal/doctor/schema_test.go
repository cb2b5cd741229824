package doctor_test

import (
	"flag"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

var _ = flag.Bool("update", false, "write the schema")

// TestSchema writes docs/doctor.schema.json from the fields of Report and their comments.
func TestSchema(t *testing.T) {
	r := schematest.Reflector(t, "json", "internal/doctor", "internal/cause", "internal/resource", "internal/answers")
	enums := map[reflect.Type][]any{}
	for _, of := range []reflect.Type{reflect.TypeFor[cause.Kind](), reflect.TypeFor[cause.Mark](), reflect.TypeFor[cause.State](), reflect.TypeFor[doctor.Certainty](), reflect.TypeFor[doctor.Where](), reflect.TypeFor[answers.Workload]()} {
		enums[of] = schematest.Constants(t, of)
	}
	r.Mapper = func(of reflect.Type) *jsonschema.Schema {
		switch {
		case enums[of] != nil:
			return &jsonschema.Schema{Type: "string", Enum: enums[of]}
		case of == reflect.TypeFor[[]doctor.Report]():
			return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Ref: "#"}}
		}
		return nil
	}
	s := r.Reflect(doctor.Report{})
	s.Title, s.Description = "Diagnosis of PrivateLink Wizard, version 1", ""
	schematest.Walk(s, reflect.TypeFor[doctor.Report](), "json", nil)
	version, _ := s.Properties.Get("version")
	version.Const = doctor.Version
	schematest.Golden(t, "doctor", s)
}
