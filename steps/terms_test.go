package steps

import "testing"

// TestStepsHaveTerms asserts that each question has a term that explains it.
func TestStepsHaveTerms(t *testing.T) {
	for _, s := range All() {
		if len(s.Terms) == 0 {
			t.Errorf("no term explains step %s", s.ID)
		}
		if len(s.Terms) > 4 {
			t.Errorf("step %s has %d terms, must have at most 4", s.ID, len(s.Terms))
		}
	}
}
