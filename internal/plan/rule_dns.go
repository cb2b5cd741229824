package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func checkDNSConflict(b *builder) []Finding {
	out := zoneConflicts(b)
	for _, e := range b.interfaces() {
		turns := e.dns && (e.existing == nil || !e.existing.PrivateDNS)
		svc := b.Inv.Service(e.service, catalog.Interface)
		if !turns {
			continue
		}
		for _, x := range b.Net.Endpoints {
			same := x.Service == e.service || svc != nil && slices.ContainsFunc(svc.PrivateNames, func(n string) bool { return slices.Contains(x.DNSNames, n) })
			if !x.PrivateDNS || !same || x.State == "deleted" || e.existing != nil && x.ID == e.existing.ID {
				continue
			}
			if x.Service == e.service && !healthy(&x) && e.existing == nil {
				continue // G-STATE reports it
			}
			f := Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("Endpoint %s (%s) already has the private DNS name of %s in this VPC. Only one endpoint can have it.", inventory.Label(x.Name, x.ID), x.State, e.code),
				Fix:     "Use that endpoint, or turn its private DNS off first. Without private DNS (answers file: private_dns: false), clients must use the endpoint's own address."}
			if x.State == "deleting" { // AWS frees the name soon; a plan without private DNS would be a lasting change
				f.Patch, f.Fix = nil, "Wait until it is deleted and its name is free, then plan again."
			}
			out = append(out, f)
		}
	}
	return out
}

func checkDNSDKR(b *builder) []Finding {
	on := true
	f := Finding{Severity: Error, Patch: &answers.Patch{PrivateDNS: &on}, Fix: "Turn private DNS on (answers file: private_dns: true)."}
	unread := b.unreadAnswers()
	var others []string
	for _, e := range b.withoutDNS() {
		f.Changes = append(f.Changes, e.id)
		if isRegistry(e.code) {
			f.Resource = e.service
			from := ""
			if left, all := b.unanswered(e); len(left) < len(all) { // G-ZONE and G-FWD report the other registries
				from = " from " + words.UpTo(left, 3)
			}
			f.Message = fmt.Sprintf("The %s endpoint has no private DNS. Image names use the registry's default name, so no pull%s would use the endpoint.", e.code, from)
			if len(unread) > 0 {
				f.Message = fmt.Sprintf("The %s endpoint has no private DNS. Image names use the registry's default name, so a pull%s uses the endpoint only if something else in the VPC leads this name to it.", e.code, from)
			}
		} else {
			others = append(others, e.code)
		}
	}
	if f.Resource == "" {
		return nil // G-DNSOFF reports the others
	}
	if len(others) > 0 {
		f.Message += " Without private DNS are also: " + strings.Join(others, ", ") + "."
	}
	f.lower(unread)
	return []Finding{f}
}

// withoutDNS returns the interface endpoints that could have private DNS and do not. An environment's
// own endpoints need none. If something else in the VPC answers the names, G-ZONE and G-FWD report it.
func (b *builder) withoutDNS() []*endpoint {
	return slices.DeleteFunc(b.interfaces(), func(e *endpoint) bool { return e.dns || e.env != nil || !b.named(e.service) || b.answeredElsewhere(e) })
}

func checkDNSOff(b *builder) []Finding {
	on := true
	var codes, services []string
	var changes []resource.ID
	needed := false
	for _, e := range b.withoutDNS() {
		if isRegistry(e.code) {
			return nil // G-DNSDKR reports all of them
		}
		codes, services, changes = append(codes, e.code), append(services, e.service), append(changes, e.id)
		needed = needed || catalog.Lookup(e.code).Clients
	}
	if len(codes) == 0 {
		return nil
	}
	f := Finding{Severity: Info, Resource: strings.Join(services, ", "), Changes: changes,
		Message: fmt.Sprintf("%s no private DNS: clients must use the endpoint's own address (--endpoint-url).", theEndpoints(codes, "has", "have"))}
	if needed {
		f.Severity, f.Patch = Error, &answers.Patch{PrivateDNS: &on}
		f.Fix = "Turn private DNS on (answers file: private_dns: true)."
		unread, says := b.unreadAnswers(), "so none would use the endpoints"
		if len(unread) > 0 {
			says = "so they use the endpoints only if something else in the VPC leads these names to them"
		}
		f.Message = fmt.Sprintf("%s no private DNS. Clients use the default names, %s.", theEndpoints(codes, "has", "have"), says)
		f.lower(unread)
	}
	return []Finding{f}
}

// theEndpoints begins a sentence about endpoints: "The logs endpoint has", "The ecr.api and logs
// endpoints have".
func theEndpoints(codes []string, one, more string) string {
	if len(codes) > 1 {
		one = more
	}
	return "The " + endpointNouns(codes) + " " + one
}

// endpointNouns names endpoints: "logs endpoint", "ecr.api and logs endpoints".
func endpointNouns(codes []string) string {
	if len(codes) == 1 {
		return codes[0] + " endpoint"
	}
	return words.And(codes) + " endpoints"
}

func checkResolver(b *builder) []Finding {
	if len(b.interfaces()) == 0 || len(b.Net.DomainServers) == 0 || slices.Contains(b.Net.DomainServers, "AmazonProvidedDNS") {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.DHCP,
		Message: fmt.Sprintf("The VPC's DHCP options use the DNS servers %s. Only the Amazon-provided DNS server returns the endpoints' private addresses.", strings.Join(b.Net.DomainServers, ", ")),
		Fix:     "Configure these DNS servers to forward " + b.forwarded() + " to the Route 53 Resolver of the VPC (the VPC base address + 2), or to a Route 53 Resolver inbound endpoint."}}
}

// checkNoName reports endpoints of services without a private DNS name. AWS does not offer private
// DNS for them, so clients do not find the endpoint by the service's own name (AWS PrivateLink guide,
// Access AWS services through AWS PrivateLink).
func checkNoName(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if b.named(e.service) || e.env != nil || !b.Ans.DNS() {
			continue
		}
		f := Finding{Severity: Warn, Undecided: true, Resource: e.service, Changes: []resource.ID{e.id},
			Message: fmt.Sprintf("The Region lists no private DNS name for %s, so its endpoint has none. Names of the service still resolve to public addresses.", e.code),
			Fix:     "Use the endpoint's own DNS name in the clients (aws ec2 describe-vpc-endpoints shows it after the change), or create a private hosted zone with records for it."}
		if e.existing != nil && len(e.existing.DNSNames) > 0 {
			f.Fix = fmt.Sprintf("Use the endpoint's own DNS name in the clients: %s. Or create a private hosted zone with records for it.", e.existing.DNSNames[0])
		}
		if text := catalog.TraitsOf(e.code).NoName; text != "" {
			f.Fix = text
		}
		out = append(out, f)
	}
	return out
}

// checkNames reports private names of additional endpoints that cover more than one name, or not all
// names of the service.
func checkNames(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		traits, svc := catalog.TraitsOf(e.code), b.Inv.Service(e.service, catalog.Interface)
		f := Finding{Resource: e.service, Changes: []resource.ID{e.id}}
		var wide []string
		if svc != nil && slices.Contains(b.Ans.Extra, e.code) {
			wide = slices.DeleteFunc(slices.Clone(svc.PrivateNames), func(n string) bool { return !strings.HasPrefix(n, "*.") })
		}
		switch {
		case traits.Takes != "" && e.dns:
			f.Severity, f.Message = Warn, traits.Takes
			f.Fix = "Make sure that no client in the VPC uses those public names, or create this endpoint without the wizard and without private DNS."
		case traits.Public != "" && e.dns:
			f.Severity, f.Message = Info, traits.Public
		case len(wide) > 0 && e.dns:
			f.Severity = Info
			f.Message = fmt.Sprintf("With private DNS, all names %s resolve to the %s endpoint for the whole VPC, also names that this workload does not use.", strings.Join(wide, ", "), e.code)
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}
