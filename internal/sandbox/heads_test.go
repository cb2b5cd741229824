package sandbox

import (
	"bytes"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
)

// TestHeadsAreReadAsYAML: what is read of each file at every start is what it holds.
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
		if err := got.readHead(string(head)); err != nil || got.Order != want.Order || got.Region != want.Region || got.VPC != want.VPC || got.Shows != want.Shows || got.Shows == "" {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
	if err := new(scenario).readHead("Order: 1\nVpcs: []\n"); err == nil {
		t.Error("what is no head was taken for one")
	}
}
