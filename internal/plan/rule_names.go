package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// usedName is a name that clients use for an endpoint: a host, or a pattern of hosts that begins with
// "*.".
type usedName struct {
	name string
	e    *endpoint
}

// usedNames returns the names that the workload uses for the endpoints of the plan, as far as they are
// known. Endpoints that an environment finds without private DNS are left out.
func (b *builder) usedNames() []usedName {
	var out []usedName
	add := func(e *endpoint, names ...string) {
		for _, n := range names {
			u := usedName{strings.ToLower(n), e}
			if !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	for _, e := range b.endpoints {
		if e.env == nil && e.id == resource.ID("endpoint/"+e.code) {
			add(e, b.privateNames(e.service, e.code, e.typ)...)
		}
	}
	for _, d := range b.Definitions {
		for _, c := range d.Containers {
			img := parseImage(c.Image)
			if e := b.endpoint(resource.ID("endpoint/" + img.registryCode())); e != nil && img.region == b.Ans.Region {
				add(e, img.host())
			}
		}
	}
	if e := b.endpoint(gatewayS3); e != nil {
		if len(b.ecrEndpoints()) > 0 { // the bucket of the image layers (Amazon ECR user guide, interface VPC endpoints)
			add(e, b.bucketHost("prod-"+b.Ans.Region+"-starport-layer-bucket"))
		}
		f := b.policyFacts()
		for _, arn := range slices.Concat(f.Objects, f.Buckets) {
			bucket, _, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
			add(e, b.bucketHost(bucket))
		}
	}
	return out
}

// bucketHost returns the name of a bucket in the Region.
func (b *builder) bucketHost(bucket string) string {
	return bucket + ".s3." + b.Ans.Region + "." + catalog.DNSSuffix(b.Partition())
}

// within reports whether a domain contains a name; a dot alone contains every name.
func within(name, domain string) bool {
	return domain == "." || name == domain || strings.HasSuffix(name, "."+domain)
}

// zoneOf returns the domain of the private zone of an endpoint's name. AWS documents that private DNS
// creates a private hosted zone that AWS manages (AWS PrivateLink guide, Access an AWS service using
// an interface VPC endpoint). That each private name has a zone of its own is not documented; it
// follows from AWS's refusal of a second zone with the same name.
func zoneOf(name string) string { return strings.TrimPrefix(strings.ToLower(name), "*.") }

// endpointZones returns the domains that endpoints of the VPC have after the plan.
func (b *builder) endpointZones() []string {
	var out []string
	for _, e := range b.interfaces() {
		if e.dns {
			for _, n := range b.privateNames(e.service, e.code, e.typ) {
				out = append(out, zoneOf(n))
			}
		}
	}
	for _, x := range b.Net.Endpoints {
		if x.PrivateDNS && !x.InboundOnly && healthy(&x) {
			for _, n := range append(slices.Clone(x.DNSNames), b.privateNames(x.Service, catalog.CodeOf(x.Service), catalog.Interface)...) {
				out = append(out, zoneOf(n))
			}
		}
	}
	return out
}

// answerer is what Route 53 answers a name with in the VPC: a private hosted zone of the customer, or
// a forwarding rule. Without both it is an endpoint, or public DNS.
type answerer struct {
	zone *inventory.HostedZone
	rule *inventory.ResolverRule
}

// whoAnswers returns what Route 53 answers a name with. The most specific of the zones and rules decides,
// and a zone answers also if it has no record for the name (Route 53 developer guide, Considerations
// when working with a private hosted zone). Of a rule and a zone with the same name, the rule decides
// (same guide, Using rules to control which queries are forwarded to your network, and Domain names
// that Resolver creates autodefined system rules for). A system rule lets Resolver answer itself, which
// includes private hosted zones.
func whoAnswers(name string, endpoints []string, zones []inventory.HostedZone, rules []inventory.ResolverRule) answerer {
	var out answerer
	length := func(domain string) int { return len(strings.TrimPrefix(domain, ".")) }
	best := -1
	for _, d := range endpoints {
		if within(name, d) {
			best = max(best, length(d))
		}
	}
	for i := range zones {
		// A zone of a service of AWS is that of an endpoint, or has the names of one resource.
		if z := &zones[i]; !z.OfService() && within(name, strings.ToLower(z.Name)) && length(z.Name) > best {
			out.zone, best = z, length(z.Name)
		}
	}
	var rule *inventory.ResolverRule
	for i := range rules {
		r := &rules[i]
		if r.Domain == "" || r.Type == "DELEGATE" || !within(name, r.Domain) || length(r.Domain) < best {
			continue
		}
		rule, best = r, length(r.Domain)
	}
	if rule != nil && rule.Type == "FORWARD" {
		return answerer{rule: rule}
	}
	return out
}

// answered returns the names of endpoints that something else in the VPC answers.
func (b *builder) answered() map[usedName]answerer {
	out := map[usedName]answerer{}
	zones := b.endpointZones()
	for _, u := range b.usedNames() {
		if a := whoAnswers(u.name, zones, b.Net.HostedZones, b.Net.Resolver.Rules); a != (answerer{}) {
			out[u] = a
		}
	}
	return out
}

// unanswered returns the names in use of an endpoint without private DNS that nothing else in the VPC
// answers, and all names in use: the hosts of the known images for a registry, otherwise the default
// names. Records of a private hosted zone, and DNS servers of a forwarding rule, can lead to the endpoint.
func (b *builder) unanswered(e *endpoint) (left, all []string) {
	if isRegistry(e.code) {
		for _, u := range b.usedNames() {
			if u.e == e && !strings.HasPrefix(u.name, "*.") {
				all = append(all, u.name)
			}
		}
	}
	if len(all) == 0 {
		for _, n := range b.privateNames(e.service, e.code, e.typ) {
			if catalog.DomainOf(n, b.Partition()) == catalog.DNSSuffix(b.Partition()) {
				all = append(all, strings.ToLower(n))
			}
		}
	}
	zones := b.endpointZones()
	for _, n := range all {
		if whoAnswers(n, zones, b.Net.HostedZones, b.Net.Resolver.Rules) == (answerer{}) {
			left = append(left, n)
		}
	}
	return left, all
}

// answeredElsewhere reports whether something else in the VPC answers every name in use of an endpoint
// without private DNS.
func (b *builder) answeredElsewhere(e *endpoint) bool {
	left, all := b.unanswered(e)
	return len(all) > 0 && len(left) == 0
}

// unreadAnswers lists what can answer names in the VPC and was not read. A Route 53 Profile can have
// private hosted zones and interface endpoints (Route 53 developer guide, Associate interface VPC
// endpoints to a Route 53 Profile). A service that a Region does not have answers nothing.
func (b *builder) unreadAnswers() []string {
	var out []string
	for _, p := range b.Net.Resolver.Profiles {
		if len(p.Zones) > 0 {
			out = append(out, "the private hosted zones of Route 53 Profile "+p.ID)
		}
		if slices.ContainsFunc(p.Other, func(id string) bool { return strings.HasPrefix(id, "vpce-") }) {
			out = append(out, "the endpoints of Route 53 Profile "+p.ID)
		}
	}
	for _, r := range b.Net.Resolver.Rules {
		if r.Domain == "" && r.Type != "DELEGATE" {
			out = append(out, "the domain of Resolver rule "+r.ID)
		}
	}
	for _, call := range []string{"route53:ListHostedZonesByVPC", "route53resolver:ListResolverRuleAssociations", "route53profiles:ListProfileAssociations", "route53profiles:ListProfileResourceAssociations"} {
		if g, unread := b.Inv.Gap(call); unread && g.Code != inventory.NotOffered {
			out = append(out, "the result of "+call)
		}
	}
	return out
}

// unless ends a sentence about services without endpoints of the plan, if something else in the VPC
// answers all their names, or if that is not known.
func (b *builder) unless(codes []string) string {
	var by []string
	zones := b.endpointZones()
	for _, code := range codes {
		e := &endpoint{code: code, service: b.serviceName(code), typ: catalog.Lookup(code).Type}
		if b.endpoint(resource.ID("endpoint/"+code)) != nil {
			continue
		}
		left, all := b.unanswered(e)
		if len(left) > 0 || len(all) == 0 {
			if unread := b.unreadAnswers(); len(unread) > 0 {
				return ", unless its names lead to endpoints elsewhere by what the wizard has not read: " + words.UpTo(unread, 3)
			}
			return ""
		}
		for _, n := range all {
			if a := whoAnswers(n, zones, b.Net.HostedZones, b.Net.Resolver.Rules); a.rule != nil {
				by = append(by, "Resolver rule "+a.rule.ID)
			} else {
				by = append(by, "private hosted zone "+a.zone.ID)
			}
		}
	}
	switch by = workload.Unique(by); len(by) {
	case 0:
		return ""
	case 1:
		return ", unless " + by[0] + " leads to endpoints elsewhere"
	}
	return ", unless " + words.UpTo(by, 3) + " lead to endpoints elsewhere"
}

// sameZones returns the private hosted zones of the customer with exactly a private name of an endpoint.
func (b *builder) sameZones(e *endpoint) []*inventory.HostedZone {
	var out []*inventory.HostedZone
	for i := range b.Net.HostedZones {
		z := &b.Net.HostedZones[i]
		if !z.OfService() && slices.ContainsFunc(b.privateNames(e.service, e.code, e.typ), func(n string) bool { return zoneOf(n) == strings.ToLower(z.Name) }) {
			out = append(out, z)
		}
	}
	return out
}

// zoneConflicts reports private hosted zones that prevent private DNS, in one finding for the zones of
// an owner. They are usually the zones of central endpoints.
func zoneConflicts(b *builder) []Finding {
	var owners []string
	zones, es := map[string][]*inventory.HostedZone{}, map[string][]*endpoint{}
	for _, e := range b.interfaces() {
		if !e.dns || e.existing != nil && e.existing.PrivateDNS {
			continue
		}
		for _, z := range b.sameZones(e) {
			if !slices.Contains(owners, z.Owner) {
				owners = append(owners, z.Owner)
			}
			if !slices.Contains(zones[z.Owner], z) {
				zones[z.Owner] = append(zones[z.Owner], z)
			}
			if !slices.Contains(es[z.Owner], e) {
				es[z.Owner] = append(es[z.Owner], e)
			}
		}
	}
	var out []Finding
	for _, owner := range owners {
		zs := zones[owner]
		out = append(out, Finding{Severity: Error, Resource: zoneIDs(zs), Changes: idsOf(es[owner]),
			Message: fmt.Sprintf("%s already answer%s the names of %s in this VPC. AWS does not turn on private DNS for an endpoint if such a zone has its name. The wizard has not read the records. They may lead to endpoints in another VPC.", zonesText(zs), singular(zs), theCodes(es[owner])),
			Fix:     "If the records lead to endpoints that the workload uses, this plan needs no endpoints for these services: remove their needs (answers file: needs). To create them without private DNS, set private_dns: false. To use the new endpoints by their default names, remove this VPC from the zones first."})
	}
	return out
}

// zonesText begins a sentence about private hosted zones of one owner.
func zonesText(zs []*inventory.HostedZone) string {
	owner := cmp.Or(zs[0].Owner, "an unknown account")
	if len(zs) == 1 {
		return fmt.Sprintf("Private hosted zone %s (%s, owned by %s)", zs[0].ID, zs[0].Name, owner)
	}
	var out []string
	for _, z := range zs {
		out = append(out, z.Name+" ("+z.ID+")")
	}
	return fmt.Sprintf("The private hosted zones %s, owned by %s,", words.UpTo(out, 12), owner)
}

// singular returns the ending of a verb after zonesText.
func singular(zs []*inventory.HostedZone) string {
	if len(zs) == 1 {
		return "s"
	}
	return ""
}

func zoneIDs(zs []*inventory.HostedZone) string {
	var out []string
	for _, z := range zs {
		out = append(out, z.ID)
	}
	return strings.Join(out, ", ")
}

// taken are the names that zones or a rule answer.
type taken struct {
	zones []*inventory.HostedZone
	rule  inventory.ResolverRule
	names []string
	es    []*endpoint
}

// takenBy groups the answered names by a key of what answers them, in the order of the names. Names
// with an empty key are left out.
func takenBy(b *builder, key func(usedName, answerer) string) []*taken {
	var out []*taken
	groups := map[string]*taken{}
	answered := b.answered()
	for _, u := range b.usedNames() {
		a, ok := answered[u]
		if !ok || key(u, a) == "" {
			continue
		}
		t := groups[key(u, a)]
		if t == nil {
			t = &taken{}
			groups[key(u, a)] = t
			out = append(out, t)
		}
		if a.rule != nil {
			t.rule = *a.rule
		} else if !slices.Contains(t.zones, a.zone) {
			t.zones = append(t.zones, a.zone)
		}
		t.names = append(t.names, u.name)
		if !slices.Contains(t.es, u.e) {
			t.es = append(t.es, u.e)
		}
	}
	return out
}

// dnsOff reports whether an interface endpoint has no private DNS.
func dnsOff(e *endpoint) bool { return e.typ == catalog.Interface && !e.dns }

// isGateway reports whether an endpoint is a gateway. Its clients use the public addresses of the
// service (Amazon S3 user guide, AWS PrivateLink for Amazon S3, Types of VPC endpoints).
func isGateway(e *endpoint) bool { return e.typ == catalog.Gateway }

// divide returns the endpoints of a list that match, and those that do not.
func divide(es []*endpoint, match func(*endpoint) bool) (yes, no []*endpoint) {
	for _, e := range es {
		if match(e) {
			yes = append(yes, e)
		} else {
			no = append(no, e)
		}
	}
	return yes, no
}

// publicOf names the service of gateway endpoints in a text about its public addresses.
func publicOf(gateways []*endpoint) string {
	if len(gateways) == 1 && gateways[0].code == "s3" {
		return "Amazon S3"
	}
	return "the service"
}

// required reports whether the workload needs one of the endpoints to start.
func (b *builder) required(es []*endpoint) bool {
	return slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool {
		return w.Required && slices.ContainsFunc(es, func(e *endpoint) bool { return e.code == w.Code })
	})
}

// checkHostedZones reports private hosted zones of the customer that answer names of endpoints. A zone
// with exactly the private name of a new endpoint is G-DNSCONFLICT, because AWS refuses the endpoint.
// Zones of one owner that answer names of endpoints without private DNS are one finding: they take
// nothing from the endpoints.
func checkHostedZones(b *builder) []Finding {
	var out []Finding
	for _, t := range takenBy(b, func(u usedName, a answerer) string {
		switch {
		case a.zone == nil:
			return ""
		case dnsOff(u.e):
			return "off " + a.zone.Owner
		}
		return a.zone.ID
	}) {
		f := Finding{Severity: Warn, Undecided: true, Resource: zoneIDs(t.zones), Changes: idsOf(t.es)}
		zones, names := zonesText(t.zones), words.UpTo(t.names, 3)
		if dnsOff(t.es[0]) {
			if len(t.zones) > 1 {
				names = "their names"
			}
			f.Message = fmt.Sprintf("Private DNS of %s is off. %s answer%s %s in this VPC. Clients use the endpoints only if the records lead there. The wizard has not read the records.", theCodes(t.es), zones, singular(t.zones), names)
			f.Fix = "Make sure that each of these names has a record that leads to its endpoint."
			out = append(out, f)
			continue
		}
		gateways, others := divide(t.es, isGateway)
		notThose, reached := "", "such an endpoint"
		if len(others) > 0 {
			notThose = ", not those of " + theCodes(others) + ","
		} else {
			reached = "an interface endpoint of " + publicOf(gateways) + " that the VPC reaches"
		}
		f.Message = fmt.Sprintf("%s is the most specific zone in this VPC for %s. Clients get the addresses in its records%s and a name without a record does not resolve. The wizard has not read the records, so it does not know where they lead.", zones, names, cmp.Or(notThose, ","))
		if len(gateways) > 0 {
			f.Message += fmt.Sprintf(" Clients use %s only with the public addresses of %s.", theCodes(gateways), publicOf(gateways))
		}
		if z, domain := t.zones[0].Name, b.Ans.Region+"."+catalog.DNSSuffix(b.Partition()); within(domain, strings.ToLower(z)) {
			f.Message += fmt.Sprintf(" This applies to all other names in %s that no endpoint has.", z)
		}
		f.Fix = "Make sure that the zone has records for these names that lead to an endpoint that the workload reaches, or remove this VPC from the zone."
		if b.required(t.es) {
			f.Severity = Error
			f.Fix += " If the records lead to " + reached + ", accept the finding (--accept G-ZONE)."
		}
		out = append(out, f)
	}
	return out
}

// checkForwarding reports rules of Route 53 Resolver that forward names of endpoints to other DNS
// servers, and rules with a domain that was not read.
func checkForwarding(b *builder) []Finding {
	var out []Finding
	for _, t := range takenBy(b, func(_ usedName, a answerer) string {
		if a.rule == nil {
			return ""
		}
		return a.rule.ID + " " + a.rule.Profile
	}) {
		r := t.rule
		f := Finding{Severity: Warn, Undecided: true, Resource: r.ID, Changes: idsOf(t.es),
			Message: fmt.Sprintf("Resolver rule %s%s forwards %s to other DNS servers, so Route 53 does not answer %s.", r.ID, ofProfile(r), domainText(r.Domain), words.UpTo(t.names, 3))}
		gateways, others := divide(t.es, isGateway)
		off, on := divide(others, dnsOff)
		if len(on) > 0 {
			f.Message += fmt.Sprintf(" Whether those servers return the addresses of %s cannot be seen from the account.", theCodes(on))
			f.Fix = b.withoutForwarding(r, t.names) + " Or make sure that the DNS servers forward these names to an inbound endpoint of Route 53 Resolver in this VPC."
		}
		if len(off) > 0 { // Route 53 in this VPC does not know their addresses either
			f.Message += fmt.Sprintf(" Private DNS of %s is off. Clients use the endpoints only if those servers return the endpoints' addresses, which cannot be seen from the account.", theCodes(off))
			f.Fix = fmt.Sprintf("Make sure that the DNS servers return the addresses of %s for their names.", theCodes(others))
		}
		if len(gateways) > 0 {
			f.Message += fmt.Sprintf(" The gateway endpoint works with the public addresses of %s, so these servers must resolve its names as the internet does.", publicOf(gateways))
		}
		if len(others) == 0 {
			f.Severity, f.Undecided = Info, false
		}
		out = append(out, f)
	}
	if _, unread := b.Inv.Gap("route53resolver:ListResolverRules"); unread || len(b.endpoints) == 0 {
		return out // A-GAP reports it
	}
	for _, r := range b.Net.Resolver.Rules {
		if r.Domain == "" && r.Type != "DELEGATE" {
			out = append(out, Finding{Severity: Warn, Resource: r.ID,
				Message: fmt.Sprintf("Resolver rule %s%s applies to the VPC, but the account's list of rules does not contain it. The wizard does not know which names it forwards.", r.ID, ofProfile(r)),
				Fix:     "Ask the owner of the rule for its domain. If it contains names of the endpoints, create a system rule for them."})
		}
	}
	return out
}

func ofProfile(r inventory.ResolverRule) string {
	if r.Profile == "" {
		return ""
	}
	return " of Route 53 Profile " + r.Profile
}

func domainText(domain string) string {
	if domain == "." {
		return "all names"
	}
	return domain
}

// withoutForwarding returns what lets Route 53 answer names that a rule forwards. The rule with the most
// specific domain decides (Route 53 developer guide, Using rules to control which queries are forwarded
// to your network), so a system rule for a domain that is not more specific has no effect.
func (b *builder) withoutForwarding(r inventory.ResolverRule, names []string) string {
	var domains []string
	for _, n := range names {
		d := catalog.DomainOf(n, b.Partition())
		if !within(d, r.Domain) || d == r.Domain {
			d = zoneOf(n)
		}
		if d == r.Domain {
			from := "the VPC"
			if r.Profile != "" {
				from = "Route 53 Profile " + r.Profile
			}
			return "Disassociate the rule from " + from + ". No other rule takes precedence, because its domain is the name itself."
		}
		domains = append(domains, d)
	}
	return fmt.Sprintf("Create a system rule for %s and associate it with the VPC.", strings.Join(workload.Unique(domains), ", "))
}

// domainsOf lists the domains of names.
func (b *builder) domainsOf(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, catalog.DomainOf(n, b.Partition()))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// checkUnreadNames reports what can change the answers to names of endpoints and is not read: lists of
// DNS Firewall, private hosted zones of a Route 53 Profile, and delegation rules. A VPC uses the
// resources of its profile (Route 53 developer guide, What are Amazon Route 53 Profiles?).
func checkUnreadNames(b *builder) []Finding {
	if len(b.endpoints) == 0 {
		return nil
	}
	var out []Finding
	add := func(severity Severity, resource, message, fix string) {
		out = append(out, Finding{Severity: severity, Resource: resource, Message: message, Fix: fix})
	}
	for _, p := range b.Net.Resolver.Profiles {
		if len(p.Zones) > 0 {
			suffix := catalog.DNSSuffix(b.Partition())
			fix := "Make sure that none of these zones has a name such as " + suffix + " or a subdomain of it."
			if es := b.withoutDNS(); len(es) > 0 {
				fix = fmt.Sprintf("Private DNS of %s is off. If these zones have their names, make sure that the records lead to the endpoints. No other zone should have a name such as %s or a subdomain of it.", theCodes(es), suffix)
			}
			add(Warn, p.ID, fmt.Sprintf("Route 53 Profile %s of this VPC contains private hosted zones: %s. The wizard does not read their names. Such a zone can answer names of Amazon S3 or of the endpoints.", p.ID, words.UpTo(p.Zones, 5)), fix)
		}
		if len(p.Other) > 0 {
			add(Info, p.ID, fmt.Sprintf("Route 53 Profile %s of this VPC contains resources that the wizard does not check: %s.", p.ID, words.UpTo(p.Other, 5)),
				"Make sure that none of them changes the answers for names of AWS services.")
		}
	}
	if fs := b.Net.Resolver.Firewalls; len(fs) > 0 {
		add(Info, strings.Join(fs, ", "), fmt.Sprintf("DNS Firewall filters the DNS queries of this VPC (%s). The wizard does not read its domain lists.", words.UpTo(fs, 5)),
			"Make sure that its rules do not block the names of the endpoints and of Amazon S3.")
	}
	for _, r := range b.Net.Resolver.Rules {
		if r.Type == "DELEGATE" {
			add(Info, r.ID, fmt.Sprintf("Resolver rule %s%s delegates subdomains to other DNS servers. The wizard does not check which.", r.ID, ofProfile(r)),
				"Make sure that they are not names of AWS services.")
		}
	}
	return out
}
