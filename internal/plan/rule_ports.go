package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// named reports whether a service has a private DNS name. The Region's list decides; without it the
// service is taken to have one, as almost all do. AWS rejects private DNS for a service without a
// name (Amazon VPC, AWS PrivateLink guide, Manage DNS names).
func (b *builder) named(service string) bool {
	svc := b.Inv.Service(service, catalog.Interface)
	return svc == nil || len(svc.PrivateNames) > 0
}

// plain reports whether clients of an endpoint use TCP 443. G-PORTS covers the other ports.
func plain(e *endpoint) bool { return catalog.UsesHTTPS(e.code) }

// otherPorts returns the ports of an endpoint's clients besides TCP 443, for endpoints of the plan
// that have some.
func otherPorts(e *endpoint) []catalog.Ports {
	return slices.DeleteFunc(slices.Clone(catalog.PortsOf(e.code)), func(p catalog.Ports) bool { return p == catalog.HTTPS })
}

// openPorts plans the rules of the endpoints' own group that an endpoint needs besides TCP 443.
func (b *builder) openPorts(e *endpoint) {
	if b.group != nil && slices.Contains(e.groups, b.groupAt) {
		b.allowPorts(slices.Concat(otherPorts(e), catalog.TraitsOf(e.code).Also), e.dns)
	}
}

// usersOf returns the needed services with clients that connect to ports: "email-smtp".
func (b *builder) usersOf(ports catalog.Ports) string {
	var out []string
	for _, w := range b.verdicts {
		if w.Needed && (slices.Contains(catalog.PortsOf(w.Code), ports) || slices.Contains(catalog.TraitsOf(w.Code).Also, ports)) {
			out = append(out, w.Code)
		}
	}
	return strings.Join(out, ", ")
}

// allowingPorts returns the rules that together allow a range of ports from a source; none if they
// do not.
func (s *scope) allowingPorts(rules []heldRule, src source, ports catalog.Ports) []heldRule {
	return everyPort(ports, func(p int) []heldRule { return s.allowingPort(rules, src, p) })
}

// leavesPorts returns the outbound rules of a client's groups that together allow a range of ports;
// none if they do not.
func (s *scope) leavesPorts(gs []*inventory.SecurityGroup, to, groups []string, ports catalog.Ports) []heldRule {
	return everyPort(ports, func(p int) []heldRule { return s.leavesPort(gs, to, groups, p) })
}

func everyPort(ports catalog.Ports, rules func(port int) []heldRule) []heldRule {
	var out []heldRule
	for p := ports.First; p <= ports.Last; p++ {
		some := rules(p)
		if len(some) == 0 {
			return nil
		}
		for _, r := range some {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// notAllowed returns the sources that the groups of an endpoint do not allow on the ports of its
// clients. One of the ports is enough if a client uses one of them.
func (b *builder) notAllowed(e *endpoint) []string {
	rules, oneOf := b.rulesOf(e), catalog.TraitsOf(e.code).OneOf
	var out []string
	for _, src := range b.sources() {
		closed := func(p catalog.Ports) bool { return len(b.allowingPorts(rules, src, p)) == 0 }
		ports := catalog.PortsOf(e.code)
		if n := len(slices.DeleteFunc(slices.Clone(ports), closed)); n < len(ports) && !(oneOf && n > 0) {
			out = append(out, src.String())
		}
	}
	return out
}

// obstacle is what keeps the clients of an endpoint from a range of ports.
type obstacle struct {
	where   string // "the security groups of the endpoint", …
	from    string
	unclear bool // it depends on a prefix list that was not read, or denies only a part
}

// obstacles returns what keeps a client from the ports of an endpoint.
func (b *builder) obstacles(e *endpoint, ports catalog.Ports) []obstacle {
	var out []obstacle
	unread := func(rules []heldRule) bool { return slices.ContainsFunc(rules, b.unread) }
	for _, src := range b.sources() {
		if rules := b.allowingPorts(b.rulesOf(e), src, ports); b.groupsKnown(e) && (len(rules) == 0 || unread(rules)) {
			out = append(out, obstacle{"the security groups of the endpoint", "from " + src.String(), len(rules) > 0})
		}
		gs, to := b.groupsOf(src), b.blocksOf(e.subnets)
		if len(gs) == 0 || len(to) == 0 {
			continue
		}
		if rules := b.leavesPorts(gs, to, literals(e.groups), ports); len(rules) == 0 || unread(rules) {
			out = append(out, obstacle{"security group " + labels(gs) + " of the workload", "outbound", len(rules) > 0})
		}
	}
	for _, from := range b.clients {
		for _, to := range e.subnets {
			if d := b.denies(b.legsTo(from, to, ports)); d != nil {
				out = append(out, obstacle{"network ACL " + d.acl.ID, "between " + from.ID + " and " + to.ID, !d.whole})
			}
		}
	}
	return out
}

// checkPorts reports ports that clients of an endpoint need and that security groups or network ACLs
// do not allow. catalog.Traits names the AWS page of each service.
func checkPorts(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		ports, traits := otherPorts(e), catalog.TraitsOf(e.code)
		if traits.OneOf {
			ports = traits.Ports
		}
		var closed []catalog.Ports
		var found []obstacle
		for _, p := range ports {
			if os := b.obstacles(e, p); len(os) > 0 {
				closed, found = append(closed, p), append(found, os...)
			}
		}
		for _, p := range traits.Also {
			if os := b.obstacles(e, p); len(os) > 0 {
				out = append(out, Finding{Severity: Warn, Resource: e.service, Changes: []resource.ID{e.id},
					Message: fmt.Sprintf("%s It is not allowed by %s (%s).", traits.AlsoBy, os[0].where, os[0].from), Fix: fmt.Sprintf("If the workload uses such a client, allow TCP %s there, from the workload to the endpoint.", p)})
			}
		}
		if len(otherPorts(e)) == 0 || len(closed) == 0 || traits.OneOf && len(closed) < len(ports) {
			continue
		}
		var texts []string
		unclear := true
		for _, o := range found {
			if text := o.where + " (" + o.from + ")"; !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
			unclear = unclear && o.unclear
		}
		f := Finding{Severity: Error, Resource: e.service, Changes: []resource.ID{e.id},
			Message: fmt.Sprintf("Clients of %s connect to TCP %s. It is not allowed by %s.", e.code, catalog.PortsText(closed, traits.OneOf), words.UpTo(texts, 3)),
			Fix:     fmt.Sprintf("Allow TCP %s there, from the workload to the endpoint.", catalog.PortsText(closed, traits.OneOf))}
		if unclear {
			f.Severity, f.Undecided = Warn, true
			f.Message = fmt.Sprintf("Clients of %s connect to TCP %s. The wizard cannot decide whether that is allowed by %s.", e.code, catalog.PortsText(closed, traits.OneOf), words.UpTo(texts, 3))
		}
		if traits.Page == "" {
			f.Message += " AWS does not document the ports of this endpoint."
		}
		out = append(out, f)
	}
	return out
}
