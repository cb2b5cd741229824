package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
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
		if e.env == nil && e.id == ID("endpoint/"+e.code) {
			add(e, b.privateNames(e.service, e.code, e.typ)...)
		}
	}
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			img := parseImage(c.Image)
			if e := b.endpoint(ID("endpoint/" + img.registryCode())); e != nil && img.region == b.ans.Region {
				add(e, img.host())
			}
		}
	}
	if e := b.endpoint(gatewayS3); e != nil {
		if len(b.ecrEndpoints()) > 0 { // the bucket of the image layers (Amazon ECR user guide, interface VPC endpoints)
			add(e, b.bucketHost("prod-"+b.ans.Region+"-starport-layer-bucket"))
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
	return bucket + ".s3." + b.ans.Region + "." + catalog.DNSSuffix(b.partition())
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
	for _, x := range b.net.Endpoints {
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
		if a := whoAnswers(u.name, zones, b.net.HostedZones, b.net.Resolver.Rules); a != (answerer{}) {
			out[u] = a
		}
	}
	return out
}

// ownZone reports whether private hosted zones of the customer answer the default names of an endpoint
// without private DNS. Their records can lead to the endpoint.
func (b *builder) ownZone(e *endpoint) bool {
	if e.typ != catalog.Interface || e.dns {
		return false
	}
	found := false
	for _, n := range b.privateNames(e.service, e.code, e.typ) {
		if catalog.DomainOf(n, b.partition()) != catalog.DNSSuffix(b.partition()) {
			continue
		}
		found = true
		if whoAnswers(strings.ToLower(n), b.endpointZones(), b.net.HostedZones, b.net.Resolver.Rules).zone == nil {
			return false
		}
	}
	return found
}

// taken are the names that one zone or rule answers.
type taken struct {
	names []string
	es    []*endpoint
}

// takenBy groups the answered names by what answers them, in the order of the names.
func takenBy[K comparable](b *builder, key func(usedName, answerer) (K, bool)) ([]K, map[K]*taken) {
	var order []K
	out := map[K]*taken{}
	answered := b.answered()
	for _, u := range b.usedNames() {
		a, ok := answered[u]
		if !ok {
			continue
		}
		k, ok := key(u, a)
		if !ok {
			continue
		}
		if out[k] == nil {
			out[k] = &taken{}
			order = append(order, k)
		}
		t := out[k]
		t.names = append(t.names, u.name)
		if !slices.Contains(t.es, u.e) {
			t.es = append(t.es, u.e)
		}
	}
	return order, out
}

// required reports whether the workload needs one of the endpoints to start.
func (b *builder) required(es []*endpoint) bool {
	return slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool {
		return w.Required && slices.ContainsFunc(es, func(e *endpoint) bool { return e.code == w.Code })
	})
}

// checkHostedZones reports private hosted zones of the customer that answer names of endpoints. A zone
// with exactly the private name of a new endpoint is G-DNSCONFLICT, because AWS refuses the endpoint.
func checkHostedZones(b *builder) []Finding {
	type key struct {
		zone *inventory.HostedZone
		off  bool // the endpoints have no private DNS, so the zone does not take anything from them
	}
	order, found := takenBy(b, func(u usedName, a answerer) (key, bool) {
		return key{a.zone, u.e.typ == catalog.Interface && !u.e.dns}, a.zone != nil
	})
	var out []Finding
	for _, k := range order {
		z, t := k.zone, found[k]
		at := fmt.Sprintf("Private hosted zone %s (%s, owned by %s)", z.ID, z.Name, cmp.Or(z.Owner, "an unknown account"))
		f := Finding{Severity: Warn, Resource: z.ID, Changes: idsOf(t.es)}
		if k.off {
			f.Message = fmt.Sprintf("Private DNS of %s is off. %s answers %s in this VPC. Clients use the endpoints only if its records lead there. The wizard has not read its records.", theCodes(t.es), at, upTo(t.names, 3))
			f.Fix = "Make sure that the zone has a record for each of these names that leads to the endpoint."
			out = append(out, f)
			continue
		}
		if b.required(t.es) {
			f.Severity = Error
		}
		f.Message = fmt.Sprintf("%s is the most specific zone in this VPC for %s. Clients get the addresses in its records, not those of %s, and a name without a record does not resolve. The wizard has not read its records.", at, upTo(t.names, 3), theCodes(t.es))
		if domain := b.ans.Region + "." + catalog.DNSSuffix(b.partition()); within(domain, strings.ToLower(z.Name)) {
			f.Message += fmt.Sprintf(" This applies to all other names in %s that no endpoint has.", z.Name)
		}
		f.Fix = "Make sure that the zone has records for these names that lead to an endpoint that the workload reaches, or remove this VPC from the zone."
		out = append(out, f)
	}
	return out
}

// checkForwarding reports rules of Route 53 Resolver that forward names of endpoints to other DNS
// servers, and rules with a domain that was not read.
func checkForwarding(b *builder) []Finding {
	order, found := takenBy(b, func(_ usedName, a answerer) (inventory.ResolverRule, bool) {
		if a.rule == nil {
			return inventory.ResolverRule{}, false
		}
		return *a.rule, true
	})
	var out []Finding
	for _, r := range order {
		t := found[r]
		out = append(out, Finding{Severity: Warn, Resource: r.ID, Changes: idsOf(t.es),
			Message: fmt.Sprintf("Resolver rule %s%s forwards %s to other DNS servers, so Route 53 does not answer %s. Whether those servers return the addresses of %s cannot be seen from the account.", r.ID, ofProfile(r), domainText(r.Domain), upTo(t.names, 3), theCodes(t.es)),
			Fix:     fmt.Sprintf("Create a system rule for %s and associate it with the VPC. Or make sure that the DNS servers forward these names to an inbound endpoint of Route 53 Resolver in this VPC.", b.domainsOf(t.names))})
	}
	if _, unread := b.inv.Gap("route53resolver:ListResolverRules"); unread || len(b.endpoints) == 0 {
		return out // A-GAP reports it
	}
	for _, r := range b.net.Resolver.Rules {
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

// domainsOf lists the domains of names.
func (b *builder) domainsOf(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, catalog.DomainOf(n, b.partition()))
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
	for _, p := range b.net.Resolver.Profiles {
		if len(p.Zones) > 0 {
			add(Warn, p.ID, fmt.Sprintf("Route 53 Profile %s of this VPC contains private hosted zones: %s. The wizard does not read their names. Such a zone can answer names of Amazon S3 or of the endpoints.", p.ID, upTo(p.Zones, 5)),
				"Make sure that none of these zones has a name such as "+catalog.DNSSuffix(b.partition())+" or a subdomain of it.")
		}
		if len(p.Other) > 0 {
			add(Info, p.ID, fmt.Sprintf("Route 53 Profile %s of this VPC contains resources that the wizard does not check: %s.", p.ID, upTo(p.Other, 5)), "")
		}
	}
	if fs := b.net.Resolver.Firewalls; len(fs) > 0 {
		add(Info, strings.Join(fs, ", "), fmt.Sprintf("DNS Firewall filters the DNS queries of this VPC (%s). The wizard does not read its domain lists.", upTo(fs, 5)),
			"Make sure that its rules do not block the names of the endpoints and of Amazon S3.")
	}
	for _, r := range b.net.Resolver.Rules {
		if r.Type == "DELEGATE" {
			add(Info, r.ID, fmt.Sprintf("Resolver rule %s%s delegates subdomains to other DNS servers. The wizard does not check which.", r.ID, ofProfile(r)), "")
		}
	}
	return out
}

// checkImageHosts reports images of this Region with a registry host that no private name of the
// endpoints has.
func checkImageHosts(b *builder) []Finding {
	var out []Finding
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			img := parseImage(c.Image)
			if img.region == "" || img.region != b.ans.Region {
				continue
			}
			code := img.registryCode()
			names := b.privateNames(b.serviceName(code), code, catalog.Interface)
			plain := img.host() == img.plainHost()
			if plain && !b.offers(code) { // G-SVCEXISTS reports it
				continue
			}
			has := b.offers(code) && slices.ContainsFunc(names, func(n string) bool { return within(img.host(), zoneOf(n)) })
			f := Finding{Severity: Warn, Resource: d.ARN}
			name := fmt.Sprintf("%s:%d pulls %s", d.Family, d.Revision, img.ref)
			switch {
			case has && !img.dualStack:
				continue
			case has:
				f.Message = fmt.Sprintf("%s. The private names of the %s endpoint include this dual-stack name, but AWS's pages disagree on it: the Amazon ECR user guide (Making requests to Amazon ECR registries) has said that AWS PrivateLink does not support the dual-stack names, and its page about VPC endpoints says that endpoints have IPv4 and IPv6 addresses.", name, code)
				f.Fix = "Use " + img.plainHost() + " as the host, or test a pull before other internet access is removed."
			default:
				f.Message = fmt.Sprintf("%s. No endpoint in %s has the private name %s, so this pull does not use the endpoints of the plan.", name, b.ans.Region, img.host())
				if f.Fix = "Use " + img.plainHost() + " as the host, which the ecr.dkr endpoint has."; plain {
					f.Fix = "Check the private names that `aws ec2 describe-vpc-endpoint-services` lists for " + b.serviceName(code) + "."
				}
				switch b.egress {
				case catalog.Closed:
					f.Message += fmt.Sprintf(" There is no internet access from %s.", b.noWayOut())
					if f.Severity = Error; b.ans.Workload.Batch() { // nothing shows which of them run here
						f.Severity = Warn
					}
				case catalog.Open:
					f.Severity = Info
				}
			}
			if !slices.ContainsFunc(out, func(o Finding) bool { return o.Message == f.Message }) {
				out = append(out, f)
			}
		}
	}
	return out
}

// plainHost returns the host of the same registry without the FIPS and dual-stack forms.
func (i image) plainHost() string {
	return i.account + ".dkr.ecr." + i.region + "." + catalog.DNSSuffix(catalog.PartitionID(i.region))
}

// forwarded lists the domains that other DNS servers must forward to Route 53: those of the private
// names of the endpoints. If the Region's list was not read, it has every domain that they can have.
func (b *builder) forwarded() string {
	names := []string{catalog.DNSSuffix(b.partition())}
	for _, e := range b.interfaces() {
		names = append(names, b.privateNames(e.service, e.code, e.typ)...)
		if b.inv.Service(e.service, catalog.Interface) == nil {
			names = append(names, catalog.Domains(b.partition())...)
		}
	}
	return b.domainsOf(names)
}
