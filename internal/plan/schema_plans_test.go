package plan_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// commandPlans is the folder of the plans that the command prints; a test of cmd/wizard compares them.
const commandPlans = "../../cmd/wizard/testdata/plans"

// TestSchemaAcceptsPlans asserts that the schema accepts the plans that the command prints for the
// scenarios, and the plan of each case of each rule.
func TestSchemaAcceptsPlans(t *testing.T) {
	schema := schematest.Open(t, "plan")
	files, err := filepath.Glob(commandPlans + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Errorf("%d plans of scenarios", len(files))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = schema.Validate(data)
		}
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	for _, c := range plantest.Cases {
		for _, change := range []func(*plantest.World){c.Caught, c.Alone} {
			w := plantest.New()
			change(w)
			data, err := json.Marshal(w.Plan())
			if err == nil {
				err = schema.Validate(data)
			}
			if err != nil {
				t.Errorf("%s: %v", c.Rule, err)
			}
		}
	}
}

// TestSchemaOfPlanRefuses asserts that the schema of the plan lists its keys and values.
func TestSchemaOfPlanRefuses(t *testing.T) {
	schema := schematest.Open(t, "plan")
	data, err := os.ReadFile(commandPlans + "/conflict-ecs-fargate.json")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{`"version": 1`: `"version": 2`, `"vpc":`: `"vpc_id":`, `"op": "create"`: `"op": "delete"`, `"kind": "vpc-endpoint"`: `"kind": "endpoint"`,
		`"severity": "`: `"severity": "very `, `"verdict": "required"`: `"verdict": true`, `"kind": "available"`: `"kind": "ready"`, `"account":`: `"extra": 1, "account":`, `"summary":`: `"extra": 1, "summary":`, `"rules": [`: `"rule": [`} {
		changed := strings.Replace(string(data), from, to, 1)
		if changed == string(data) {
			t.Errorf("the plan has no %s", from)
		} else if schema.Validate([]byte(changed)) == nil {
			t.Errorf("the schema accepts %s", to)
		}
	}
}
