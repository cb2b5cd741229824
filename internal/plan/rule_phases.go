package plan

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// checkPhases reports workloads that private DNS redirects before the endpoints are verified.
func checkPhases(b *builder) []Finding {
	live, _ := b.redirects()
	if b.Ans.TwoPhases == nil || *b.Ans.TwoPhases || len(live) == 0 {
		return nil
	}
	var on []*endpoint
	for _, e := range b.interfaces() {
		if e.dns && (e.existing == nil || !e.existing.PrivateDNS) {
			on = append(on, e)
		}
	}
	if len(on) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.ID, Changes: idsOf(on), Patch: &answers.Patch{TwoPhases: new(true)},
		Message: fmt.Sprintf("Private DNS sends running workloads to %s before the endpoints are verified. %s may use another path now: %s.", theCodes(on), words.Count(len(live), "network interface"), some(live)),
		Fix:     "Turn private DNS on after the endpoints are verified (answers file: two_phases: true)."}}
}
