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
		effect := fmt.Sprintf("Without it, %s in %s%s.", b.without(word), b.noWayOut(), b.unless(codes))
		if there := b.endpointsThere(codes); len(there) > 0 {
			effect = fmt.Sprintf("The VPC has endpoints for it (%s), but the plan does not check whether the workload can use them.", strings.Join(there, ", "))
			if len(there) == 1 {
				effect = fmt.Sprintf("The VPC has endpoint %s for it, but the plan does not check whether the workload can use it.", there[0])
			}
		}
		out = append(out, Finding{Rule: rule, Severity: Warn, Resource: word,
			Message: fmt.Sprintf("The need %s is not selected, but this uses it: %s. %s", word, strings.Join(evidence, "; "), effect),
			Fix:     fmt.Sprintf("Select \"%s\" on the screen AWS services (answers file: add %s to needs).", b.Workload.LabelOf(word), word)})
	}
	return out
}

// endpointsThere returns the existing endpoints of services if the VPC has one for each of them. Names
// of the service lead to it: it is a gateway endpoint or has private DNS.
func (b *builder) endpointsThere(codes []string) []string {
	var out []string
	for _, code := range codes {
		typ := catalog.Lookup(code).Type
		e := b.existing(b.serviceName(code), typ)
		if e == nil || typ == catalog.Interface && !e.PrivateDNS {
			return nil
		}
		out = append(out, e.ID)
	}
	return out
}
