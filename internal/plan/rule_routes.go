package plan

import (
	"cmp"
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// checkRoutes returns one finding for each route that does not lead inside the VPC.
func checkRoutes(b *builder) []Finding {
	var out []Finding
	for _, d := range b.detours() {
		what := cmp.Or(d.route.CIDR, "prefix list "+d.route.PrefixList)
		f := Finding{Severity: Warn, Undecided: !d.route.Blackhole, Resource: d.table.ID, Changes: d.to,
			Message: fmt.Sprintf("Route table %s sends traffic to %s to %s, not directly to the addresses in the VPC. Whether it arrives there cannot be seen from the account.", inventory.Label(d.table.Name, d.table.ID), what, d.route.Target),
			Fix:     "Make sure that the target allows TCP 443 between the workload and the endpoints and the responses, or remove the route."}
		if d.route.Blackhole {
			f.Severity = Error
			f.Message = fmt.Sprintf("Route table %s sends traffic to %s to %s, which does not exist or is not available (blackhole). Connections between the workload and the endpoints would time out.", inventory.Label(d.table.Name, d.table.ID), what, d.route.Target)
			f.Fix = "Remove that route, and the local route of the VPC takes effect. Or give it an existing target."
		}
		out = append(out, f)
	}
	return out
}
