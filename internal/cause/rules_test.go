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
