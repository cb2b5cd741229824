package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// TestDoctorPrintsItsSchema validates the JSON of each scenario, and of texts without an account.
func TestDoctorPrintsItsSchema(t *testing.T) {
	t.Parallel()
	schema := schematest.Open(t, "doctor")
	message := filepath.Join(t.TempDir(), "message.txt")
	if err := os.WriteFile(message, []byte(`operation error ECR: GetAuthorizationToken, Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.94.10.230:443: i/o timeout`), 0o600); err != nil {
		t.Fatal(err)
	}
	calls := [][]string{{message}}
	for _, s := range sandbox.Scenarios() {
		if s.Name != "large" { // its 500 services need a second
			calls = append(calls, []string{"--sandbox=" + s.Name})
		}
	}
	for _, args := range calls {
		code, out, errs := wizard(t, append([]string{"doctor", "--json"}, args...)...)
		if code != exitOK && code != exitAWS || errs != "" {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
		if err := schema.Validate([]byte(out)); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
