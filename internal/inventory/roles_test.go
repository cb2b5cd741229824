package inventory_test

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestRolesOfSnapshots includes the task roles that create log groups, in task and job definitions.
func TestRolesOfSnapshots(t *testing.T) {
	define := func(name string, creates bool) inventory.TaskDefinition {
		return inventory.TaskDefinition{ExecutionRole: "start-" + name, TaskRole: "tasks-" + name,
			Containers: []inventory.Container{{LogDriver: "awsfirelens:cloudwatch", LogCreates: creates}}}
	}
	inv := inventory.Inventory{TaskDefinitions: []inventory.TaskDefinition{define("a", true), define("b", false)}}
	inv.Batch.Definitions = []inventory.JobDefinition{{TaskDefinition: define("c", true)}}
	var got []string
	for _, r := range inv.Requests(nil) {
		if r.Part == inventory.PartRoles {
			got = append(got, r.Role)
		}
	}
	if want := []string{"start-a", "start-b", "start-c", "tasks-a", "tasks-c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
