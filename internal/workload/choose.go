package workload

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Chooser lists what the user can name. Each family implements it.
type Chooser interface {
	// Choices returns what the user can name, and the others with the reason why they cannot be chosen.
	Choices(Account) (can, cannot []Choice)
	// Locate finds a name. It returns false for an unknown name, and for a resource of another
	// workload.
	Locate(inv *inventory.Inventory, name string) (Place, bool)
	// NotFound returns why Locate does not find a name; empty if it can be in a part that AWS denied.
	NotFound(a Account, name string, denied bool) string
	// VPCs returns the VPCs of everything that the user can name. Those that are not known are empty.
	VPCs(*inventory.Inventory) []string
}

// Account is the input of Choices and NotFound.
type Account struct {
	*inventory.Inventory
	// WayOut returns a subnet's route to the internet as a text, and whether it works.
	WayOut func(*inventory.Inventory, *inventory.Network, *inventory.Subnet) (string, catalog.Egress)
}

// Choice is something that the user can name.
type Choice struct {
	Name          string
	Hint, Details string // short and long text
	Problem       string // why it cannot be chosen; empty if it can
}

// Place is where something that the user names runs.
type Place struct {
	VPCs    []string // the most likely first; empty if not known
	Cluster string   // the ECS cluster of its container instances; empty if it has none of the account's
}

// ByName compares choices by their names.
func ByName(a, b Choice) int { return strings.Compare(a.Name, b.Name) }

// Names lists the names of choices for messages.
func Names(choices []Choice) string {
	var names []string
	for _, c := range choices {
		names = append(names, c.Name)
	}
	return Listed(names)
}
