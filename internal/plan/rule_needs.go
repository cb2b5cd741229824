package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

func checkLeftOut(b *builder) []Finding {
	if b.Ans.Needs == nil || b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	shown := b.uses()
	for _, word := range answers.Needs {
		rule := catalog.RuleOf(word)
		evidence := shownAs(shown, word)
		if rule == "" || len(evidence) == 0 || slices.Contains(*b.Ans.Needs, word) {
			continue
		}
		var codes []string
		for _, need := range []string{word, catalog.FIPS(word)} {
			if len(shown[need]) > 0 {
				codes = append(codes, catalog.EndpointsOf(need)...)
			}
		}
		out = append(out, Finding{Rule: rule, Severity: Warn, Resource: word,
			Message: fmt.Sprintf("The need %s is not selected, but this uses it: %s. Without it, %s in %s%s.", word, strings.Join(evidence, "; "), b.without(word), b.noWayOut(), b.unless(codes)),
			Fix:     fmt.Sprintf("Select %s on the screen AWS services (answers file: add it to needs).", word)})
	}
	return out
}
