package plan

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func checkPlatform(b *builder) []Finding {
	var out []Finding
	for _, p := range b.Platforms {
		if oldPlatform(p) {
			out = append(out, Finding{Severity: Warn, Resource: p.Resource,
				Message: fmt.Sprintf("%s asks for Fargate platform version %s. Before 1.4.0, secrets and the login to Amazon ECR use a network interface of AWS, not these endpoints.", strings.ToUpper(p.Of[:1])+p.Of[1:], p.Version),
				Fix:     "Use platform version LATEST."})
		}
	}
	return out
}

func checkIPv6Only(b *builder) []Finding {
	var only []string
	for _, c := range b.clients {
		if c.IPv6Only {
			only = append(only, inventory.Label(c.Name, c.ID))
		}
	}
	if len(only) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(only, ", "),
		Message: fmt.Sprintf("The workload runs in IPv6-only subnets: %s. ECS Exec is not supported there, and the AWS guides differ on whether Amazon ECR has endpoints with IPv6 addresses.", words.UpTo(only, 3)),
		Fix:     "If possible, use subnets that also have IPv4 addresses."}}
}
