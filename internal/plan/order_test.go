package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestOrderOfChanges sorts changes by what they wait for, and reports those that wait for each other.
func TestOrderOfChanges(t *testing.T) {
	row := func(id resource.ID, after ...resource.ID) resource.Change {
		return resource.Change{ID: id, After: after, Spec: resource.SecurityGroup{}}
	}
	for name, tt := range map[string]struct {
		rows        []resource.Change
		want, cycle string
	}{
		"by id":             {[]resource.Change{row("b"), row("a")}, "a b", ""},
		"by what it needs":  {[]resource.Change{row("a", "b"), row("b", "c"), row("c")}, "c b a", ""},
		"of another plan":   {[]resource.Change{row("a", "z")}, "a", ""},
		"two":               {[]resource.Change{row("a", "b"), row("b", "a"), row("c")}, "c a b", "a b"},
		"itself":            {[]resource.Change{row("a", "a")}, "a", "a"},
		"what waits for it": {[]resource.Change{row("a", "b"), row("b", "b"), row("c", "a")}, "a b c", "b"},
	} {
		sorted, cycle := topological(slices.Clone(tt.rows))
		var ids, in []string
		for _, a := range sorted {
			ids = append(ids, string(a.ID))
		}
		for _, id := range cycle {
			in = append(in, string(id))
		}
		if strings.Join(ids, " ") != tt.want || strings.Join(in, " ") != tt.cycle {
			t.Errorf("%s: %v, cycle %v", name, ids, in)
		}
		if found := checkCycle(&builder{cycle: cycle}); (len(found) == 1 && found[0].Severity == Block) != (tt.cycle != "") {
			t.Errorf("%s: %v", name, found)
		}
	}
}
