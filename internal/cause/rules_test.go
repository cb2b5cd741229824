package cause

import (
	"maps"
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// TestRulesExist: a rule that was renamed would no longer be a cause.
func TestRulesExist(t *testing.T) {
	for _, id := range slices.Concat(before, way, after, slices.Sorted(maps.Keys(short))) {
		if !slices.ContainsFunc(plan.Rules(), func(r plan.RuleInfo) bool { return r.ID == id }) {
			t.Errorf("%s does not exist", id)
		}
	}
}

// TestRulesHaveKinds: doctor finds a cause by its kind, so a rule without one would be a cause that doctor never shows.
func TestRulesHaveKinds(t *testing.T) {
	for _, id := range slices.Concat(before, way, after) {
		if k := kinds[id]; k == "" || k.Title("") == "" {
			t.Errorf("%s has the kind %q", id, k)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(kinds)) {
		if !slices.Contains(slices.Concat(before, way, after), id) {
			t.Errorf("%s has a kind and is not a cause", id)
		}
	}
}
