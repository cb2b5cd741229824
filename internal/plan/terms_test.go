package plan

import (
	"slices"
	"strings"
	"testing"
)

// TestRulesHaveTerms asserts that each rule has a term that explains it, and that the table has no other rules.
func TestRulesHaveTerms(t *testing.T) {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
		if len(r.Terms()) == 0 {
			t.Errorf("no term explains %s", r.ID)
		}
	}
	for _, of := range termRules {
		for _, id := range strings.Fields(of.rules) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: rule %s does not exist", of.term.ID, id)
			}
		}
	}
}
