package inventory_test

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestMaskKeepsUnknownDestinations masks containers with a destination that their options do not show.
func TestMaskKeepsUnknownDestinations(t *testing.T) {
	inv := inventory.Inventory{TaskDefinitions: []inventory.TaskDefinition{{Family: "web", Containers: []inventory.Container{{Name: "web", LogGroup: inventory.AnyGroup, LogHost: inventory.UnknownHost}}}}}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	if c := m.TaskDefinitions[0].Containers[0]; c.LogGroup != inventory.AnyGroup || c.LogHost != inventory.UnknownHost {
		t.Errorf("%+v", c)
	}
}
