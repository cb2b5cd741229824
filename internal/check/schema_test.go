package check

import (
	"encoding/json"
	"flag"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

var _ = flag.Bool("update", false, "write the schema")

// TestSchema writes docs/check.schema.json and docs/overview.schema.json from the fields of Report and Overview and their comments.
func TestSchema(t *testing.T) {
	r := schematest.Reflector(t, "json", "internal/check", "internal/plan", "internal/resource", "internal/answers")
	enums := map[reflect.Type][]any{reflect.TypeFor[resource.Op](): {string(resource.Create), string(resource.Modify)}}
	for _, of := range []reflect.Type{reflect.TypeFor[Result](), reflect.TypeFor[plan.Severity](), reflect.TypeFor[State](), reflect.TypeFor[Reason](), reflect.TypeFor[answers.Workload]()} {
		enums[of] = schematest.Constants(t, of)
	}
	r.Mapper = func(of reflect.Type) *jsonschema.Schema {
		if enums[of] != nil {
			return &jsonschema.Schema{Type: "string", Enum: enums[of]}
		}
		return nil
	}
	// Walk does not visit the fields of an embedded struct.
	finding, of := r.Reflect(plan.Finding{}), reflect.TypeFor[Finding]()
	schematest.Walk(finding, reflect.TypeFor[plan.Finding](), "json", nil)
	own := r.Reflect(Finding{})
	schematest.Walk(own, of, "json", nil)
	accepted, _ := own.Properties.Get("accepted")
	finding.Properties.Set("accepted", accepted)
	finding.Required = own.Required
	finding.Version, finding.Description = "", ""

	s := r.Reflect(Report{})
	s.Title, s.Description = "Check of PrivateLink Wizard, version 1", ""
	schematest.Walk(s, reflect.TypeFor[Report](), "json", nil)
	version, _ := s.Properties.Get("version")
	version.Const = Version
	findings, _ := s.Properties.Get("findings")
	findings.Items = finding
	schematest.Golden(t, "check", s)

	o := r.Reflect(Overview{})
	o.Title, o.Description = "Overview of VPCs of PrivateLink Wizard, version 1", ""
	schematest.Walk(o, reflect.TypeFor[Overview](), "json", nil)
	version, _ = o.Properties.Get("version")
	version.Const = OverviewVersion
	vpcs, _ := o.Properties.Get("vpcs")
	for _, key := range []string{"findings", "shut_out"} {
		findings, _ := vpcs.Items.Properties.Get(key)
		findings.Items = finding
	}
	schematest.Golden(t, "overview", o)
}

// TestReportsOfRules: the report of each case of each rule is valid, and what the plan only runs, waits for or leaves to the
// user is not a difference.
func TestReportsOfRules(t *testing.T) {
	schema := schematest.Open(t, "check")
	results := map[Result]int{}
	for _, c := range plantest.Cases {
		w := plantest.New()
		c.Caught(w)
		p := w.Plan()
		for _, accepted := range [][]string{nil, {c.Rule}} {
			r := Of(p, accepted)
			data, err := json.Marshal(r)
			if err == nil {
				err = schema.Validate(data)
			}
			if err != nil {
				t.Errorf("%s: %v", c.Rule, err)
			}
			results[r.Result]++
			if n := len(r.Lines()); n != len(r.Changes)+len(r.NotCompared)+len(p.Findings) {
				t.Errorf("%s: %d lines", c.Rule, n)
			}
			for _, d := range r.Changes {
				if a := *p.Change(d.ID); a.Manual() || a.Waits() || a.Steps().Looks {
					t.Errorf("%s: %s is a difference", c.Rule, d.ID)
				}
			}
			if _, err := json.Marshal(r.SARIF("", "answers.yaml", func(plan.Finding) int { return 1 })); err != nil {
				t.Errorf("%s: %v", c.Rule, err)
			}
		}
	}
	if results[InSync] == 0 || results[Changes] == 0 || results[Findings] == 0 {
		t.Errorf("%v: a result does not occur", results)
	}
}
