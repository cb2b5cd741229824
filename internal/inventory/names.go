package inventory

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// Resolver is what Route 53 answers DNS queries of a VPC with, in addition to its private hosted zones
// and the private names of its endpoints.
type Resolver struct {
	Rules     []ResolverRule `json:"rules,omitempty"`
	Firewalls []string       `json:"firewalls,omitempty"` // DNS Firewall rule groups; their domain lists are not read
	Profiles  []DNSProfile   `json:"profiles,omitempty"`
}

// ResolverRule is a rule of Route 53 Resolver. Rules that Resolver creates itself are left out.
type ResolverRule struct {
	ID string `json:"id"`
	// Domain has no final dot; a dot alone means every name. It is empty if it was not read.
	Domain  string `json:"domain,omitempty"`
	Type    string `json:"type,omitempty"`    // FORWARD, SYSTEM or DELEGATE; empty if it was not read
	Profile string `json:"profile,omitempty"` // the profile with the rule; empty: the VPC itself has it
}

// DNSProfile is a Route 53 Profile of a VPC. Its Resolver rules are in Resolver.Rules, and its DNS
// Firewall rule groups in Resolver.Firewalls.
type DNSProfile struct {
	ID    string   `json:"id"`
	Zones []string `json:"zones,omitempty"` // ids of private hosted zones; their names are not read
	Other []string `json:"other,omitempty"` // what else it has, by id
}

var account = pattern.New(`^\d{12}$`)

// OfService reports whether a service of AWS created the zone for its own names, such as an endpoint
// of the VPC (Route 53 API reference, HostedZoneOwner).
func (z HostedZone) OfService() bool { return z.Owner != "" && !account().MatchString(z.Owner) }

// resolverCall is the call in the gap for Route 53 Resolver and Route 53 Profiles.
const resolverCall = "route53resolver:ListResolverRuleAssociations"

// addUnread adds a gap if an earlier version wrote the snapshot, which did not read Route 53 Resolver. A
// network without the key was not read. This version writes the key of an empty list too.
func (inv *Inventory) addUnread(data []byte) error {
	var written struct {
		Networks []struct {
			Resolver json.RawMessage `json:"resolver"`
		} `json:"networks"`
	}
	if err := json.Unmarshal(data, &written); err != nil {
		return err
	}
	for _, n := range written.Networks {
		if _, known := inv.Gap(resolverCall); len(n.Resolver) == 0 && !known {
			inv.Gaps = append(inv.Gaps, notInSnapshot(resolverCall))
		}
	}
	slices.SortFunc(inv.Gaps, func(a, b Gap) int { return cmp.Compare(a.Call, b.Call) })
	return nil
}
