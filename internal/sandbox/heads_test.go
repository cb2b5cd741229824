package sandbox

import (
	"bytes"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
)

// TestHeadsAreReadAsYAML compares the first paragraph, which every start reads, with the YAML of
// the whole file.
func TestHeadsAreReadAsYAML(t *testing.T) {
	for _, name := range scenarioNames() {
		file, err := assets.Scenarios.ReadFile("scenarios/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := bytes.Cut(file, []byte("\n\n"))
		var want, got scenario
		if err := decodeYAML(head, &want); err != nil {
			t.Fatal(err)
		}
		if err := got.readHead(string(head)); err != nil || got.Order != want.Order || got.Region != want.Region || got.VPC != want.VPC || got.Shows != want.Shows || got.Workload != want.Workload || got.Learn != want.Learn || got.Shows == "" || got.Workload == "" || got.Learn == "" {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
	if err := new(scenario).readHead("Order: 1\nVpcs: []\n"); err == nil {
		t.Error("an invalid first paragraph was accepted")
	}
}
