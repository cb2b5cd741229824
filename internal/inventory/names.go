package inventory

import "regexp"

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

var account = regexp.MustCompile(`^\d{12}$`)

// OfService reports whether a service of AWS created the zone for its own names, such as an endpoint
// of the VPC (Route 53 API reference, HostedZoneOwner).
func (z HostedZone) OfService() bool { return z.Owner != "" && !account.MatchString(z.Owner) }
