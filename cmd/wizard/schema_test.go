package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// TestSchemaOfTheScripts asserts that the schema accepts the answers files of the scripts that the
// wizard accepts.
func TestSchemaOfTheScripts(t *testing.T) {
	schema := schematest.Open(t, "answers")
	files, err := filepath.Glob("testdata/script/*.txtar")
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
			if _, _, err := answers.Load(f.Name, f.Data); err != nil {
				continue
			}
			read++
			if err := schema.ValidateYAML(f.Data); err != nil {
				t.Errorf("%s, %s: %v", file, f.Name, err)
			}
		}
	}
	if read < 10 {
		t.Errorf("read %d answers files", read)
	}
}

// TestSchemaOfPlanRefuses asserts that the schema of the plan lists its keys and values.
func TestSchemaOfPlanRefuses(t *testing.T) {
	schema := schematest.Open(t, "plan")
	data, err := os.ReadFile("testdata/plans/conflict-ecs-fargate.json")
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
	if err := schema.Validate(data); err != nil {
		t.Error(err)
	}
}
