package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// balancerGroup returns the name of the security group of a load balancer. An existing load balancer
// keeps its group, because no other group affects its traffic.
func (b *builder) balancerGroup(w *accessMethod, lb *inventory.LoadBalancer) string {
	ours := inventory.AccessGroup(w.env.Name, inventory.BalancerGroup)
	if lb == nil || len(lb.Groups) == 0 {
		return ours
	}
	if there := b.groupNamed(ours); there != nil && slices.Contains(lb.Groups, there.ID) {
		return ours
	}
	if g := b.Net.Group(lb.Groups[0]); g != nil {
		return g.Name
	}
	return ours
}

// matchLoadBalancer plans an application load balancer in front of the web server's
// addresses (Amazon MWAA user guide, Managing access to service-specific Amazon VPC
// endpoints, and Setting up a custom domain for the web server).
func (b *builder) matchLoadBalancer(w *accessMethod) {
	l, name := b.Ans.Airflow.LoadBalancer, inventory.AccessName(w.env.Name)
	lb := w.seen.LoadBalancer(name)
	group, there := b.accessGroup("load-balancer", b.balancerGroup(w, lb), "HTTPS to the Airflow web server, made by PrivateLink Wizard")
	for _, src := range b.allowedSources() {
		b.allowInbound(accessRule{id: resource.ID("security-group-rule/load-balancer/in/" + src.name), group: group, there: there, named: "the load balancer", cidr: src.cidr, peer: src.peer, from: src.label, port: port,
			rule: "W-ACCESS", purpose: "Users of the Airflow web server", why: "Users of the Airflow user interface come from there. Airflow still asks them to log in."})
	}
	b.allowAccess(w, "load-balancer", group, "the load balancer's security group")
	certificate := b.matchCertificate(w, l)

	targets := resource.Change{ID: resource.ID("target-group/" + name), Op: resource.Create, Rules: []string{"W-MATCH", "W-LISTEN"}, Summary: "Create target group " + name + ", for IP addresses, HTTPS 443",
		Why:  "It contains the web server's addresses. The web server answers / with a redirect to its log-in page, so 302 counts as healthy in addition to 200. Otherwise the targets would be marked unhealthy.",
		Spec: resource.TargetGroup{VPC: b.vpc.ID, Name: name, Tags: b.tags(name)}}
	groupAt := resource.From(targets.ID)
	tg := w.seen.TargetGroup(name)
	if tg != nil {
		targets.Op, targets.Existing, targets.Summary = resource.Keep, tg.ARN, "Target group "+name+" exists"
	}
	b.p.Changes = append(b.p.Changes, targets)
	b.made(targets.ID, "target group "+name+" exists")

	b.matchTargets(w, name, tg, groupAt)
	balancer := resource.Change{ID: resource.ID("load-balancer/" + name), Op: resource.Create, Rules: []string{"W-ALBSCHEME"}, Spec: resource.LoadBalancer{Name: name, Scheme: cmp.Or(l.Scheme, answers.Internal), Subnets: b.balancerSubnets(w), Groups: []resource.Value{group}, Tags: b.tags(name)},
		Summary: fmt.Sprintf("Create %s load balancer %s in %s", cmp.Or(l.Scheme, answers.Internal), name, zones(b.subnetsOf(b.balancerSubnets(w)))),
		Why:     "The load balancer accepts HTTPS for your domain name and forwards the requests. Internal means private addresses only: clients in the VPC, or in a connected network, reach it.",
	}
	if l.Scheme == answers.InternetFacing {
		balancer.Why = "The load balancer accepts HTTPS for your domain name and forwards the requests. Internet-facing means public addresses: every client that its security group allows reaches it."
	}
	if lb != nil {
		balancer.Op, balancer.Existing, balancer.Summary = resource.Keep, lb.ARN, "Load balancer "+name+" exists"
	}
	b.p.Changes = append(b.p.Changes, balancer)
	b.made(balancer.ID, "load balancer "+name+" is active")

	listener := resource.Change{ID: resource.ID("listener/" + name), Op: resource.Create, Rules: []string{"W-LISTEN", "W-ACMDOM"}, Summary: "Listen on HTTPS 443 with the certificate of " + l.Domain,
		Why:  airflowTexts["W-ACMDOM"],
		Spec: resource.Listener{LoadBalancer: resource.From(balancer.ID), Certificate: certificate, TargetGroup: groupAt, Domain: l.Domain, Recorded: l.Zone != "", Tags: b.tags(name)}}
	if lb != nil && lb.Listener(port) != nil {
		listener.Op, listener.Existing, listener.Summary = resource.Keep, lb.Listener(port).ARN, "It listens on HTTPS 443"
	}
	b.p.Changes = append(b.p.Changes, listener)
	b.made(listener.ID, "the load balancer listens on HTTPS 443")

	health := resource.Change{ID: resource.ID("target-health/" + name), Op: resource.Run, After: []resource.ID{listener.ID, resource.ID("targets/" + name), resource.ID("security-group-rule/" + w.group.ID + "/in/load-balancer")}, Rules: []string{"W-IP2"},
		Summary: "Wait until the load balancer reports " + strings.Join(w.addresses, " and ") + " as healthy",
		Why:     "The load balancer requests a page from each address about every 30 seconds. Healthy means that the web server answers, so both security groups and the network ACLs allow the traffic.",
		Spec:    resource.TargetHealth{TargetGroup: groupAt, Addresses: w.addresses}}
	b.p.Changes = append(b.p.Changes, health)
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: health.ID, Says: "the load balancer reports " + strings.Join(w.addresses, " and ") + " as healthy", Measure: resource.Healthy{Target: groupAt, Addresses: w.addresses}})

	if l.Zone != "" {
		record := resource.Change{ID: resource.ID("record/" + l.Domain), Op: resource.Create, Rules: []string{"W-ACMDOM"}, Summary: "Point " + l.Domain + " at the load balancer", Why: "This alias record in hosted zone " + l.Zone + " sends browsers to the load balancer. An existing record is not changed. If it points to another target, AWS rejects a second record with the same name and the change fails.",
			Spec: resource.Record{Zone: l.Zone, Domain: l.Domain, Name: name, LoadBalancer: resource.From(balancer.ID)}}
		b.p.Changes = append(b.p.Changes, record)
		b.made(record.ID, l.Domain+" has a record that points to the load balancer")
	}
	if l.BaseURL {
		b.matchBaseURL(w, l.Domain, health.ID)
	}
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: listener.ID, Says: "an allowed user opens https://" + l.Domain + " in a browser and sees the log-in page of Airflow", Measure: resource.Opened{}})
}

// allowedSource is a source that may use an access method.
type allowedSource struct {
	name, cidr, label string
	peer              resource.Value
}

// allowedSources returns the sources that may reach the load balancer: those of the answers, otherwise the
// VPC.
func (b *builder) allowedSources() []allowedSource {
	var out []allowedSource
	for _, s := range b.Ans.Airflow.LoadBalancer.Admit {
		a := allowedSource{name: s, label: s}
		if strings.HasPrefix(s, "sg-") {
			a.peer = resource.Lit(s)
			if g := b.Net.Group(s); g != nil {
				a.label = "security group " + inventory.Label(g.Name, g.ID)
			}
		} else {
			a.cidr = s
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		for _, cidr := range b.vpc.CIDRs {
			out = append(out, allowedSource{name: cidr, cidr: cidr, label: cidr + " (the VPC)"})
		}
	}
	return out
}

func (b *builder) balancerSubnets(w *accessMethod) []string {
	if s := b.Ans.Airflow.LoadBalancer.Subnets; len(s) > 0 {
		return s
	}
	return ids(w.subnets)
}

// subnetsOf returns the subnets with these ids, as far as they are in the VPC.
func (b *builder) subnetsOf(ids []string) []*inventory.Subnet {
	var out []*inventory.Subnet
	for _, id := range ids {
		if sub := b.Net.Subnet(id); sub != nil {
			out = append(out, sub)
		}
	}
	return out
}

// matchTargets plans that both addresses are targets. Outdated targets are not removed; that is
// their owner's decision.
func (b *builder) matchTargets(w *accessMethod, name string, tg *inventory.TargetGroup, at resource.Value) {
	a := resource.Change{ID: resource.ID("targets/" + name), Op: resource.Create, Rules: []string{"W-IP2"}, Summary: "Register " + strings.Join(w.addresses, " and ") + " as targets", Spec: resource.Targets{TargetGroup: at, Addresses: w.addresses, Missing: w.addresses},
		Why: fmt.Sprintf("They are the addresses of endpoint %s to the web server, one in each Availability Zone. They stay the same while the endpoint exists. With only one target, access would fail when its zone fails.", w.endpoint.ID)}
	if tg != nil {
		have := tg.Addresses()
		missing := slices.DeleteFunc(slices.Clone(w.addresses), func(ip string) bool { return slices.Contains(have, ip) })
		a.Existing = tg.ARN
		switch {
		case len(missing) == 0:
			a.Op, a.Summary = resource.Keep, strings.Join(w.addresses, " and ")+" are targets"
		default:
			a.Op, a.Summary, a.Spec = resource.Modify, "Register "+strings.Join(missing, " and ")+", missing in the target group", resource.Targets{TargetGroup: at, Addresses: w.addresses, Missing: missing}
			a.Before = map[string]any{"addresses": nonNil(have)}
			a.Rules = append(a.Rules, "W-IPDRIFT")
			a.Why += " The target group does not contain all of them: the endpoint was replaced, or not all were registered."
		}
	}
	b.p.Changes = append(b.p.Changes, a)
}

// matchCertificate plans the certificate of the listener.
func (b *builder) matchCertificate(w *accessMethod, l answers.LoadBalancer) resource.Value {
	a := resource.Change{ID: resource.ID("certificate/" + l.Domain), Rules: []string{"W-ACMREG"}}
	there := w.seen.CertificateFor(l.Domain, l.Certificate)
	spec := resource.Certificate{Domain: l.Domain, Zone: l.Zone, Tags: b.tags(l.Domain)}
	if there != nil {
		spec.ARN = there.ARN
	}
	switch {
	case there != nil && there.Status == inventory.CertificateIssued || answers.IsARN(l.Certificate):
		spec.ARN = l.Certificate
		if there != nil {
			spec.ARN = there.ARN
		}
		a.Op, a.Existing, a.Summary = resource.Keep, spec.ARN, "The certificate of "+l.Domain+" exists"
		a.Why = "It is in ACM in the Region of the load balancer, as required."
		if there != nil && there.Type == "IMPORTED" && l.Certificate == answers.CertificateImport {
			a.Why += " It was imported before and is valid until " + there.Until + "; the files are not used."
		}
	case l.Certificate == answers.CertificateImport:
		spec.Body, spec.Key = resource.InputCertificate, resource.InputKey
		if l.ChainFile != "" {
			spec.Chain = resource.InputChain
		}
		for _, f := range [][2]string{{resource.InputCertificate, l.CertificateFile}, {resource.InputChain, l.ChainFile}, {resource.InputKey, l.KeyFile}} {
			if f[1] != "" {
				spec.Files = append(spec.Files, resource.Input{Name: f[0], File: f[1]})
			}
		}
		a.Op, a.Summary = resource.Create, "Import the certificate of "+l.Domain+" from "+l.CertificateFile
		a.Why = "The listener uses the certificate from ACM in its own Region. The private key is sent to ACM only. ACM does not renew imported certificates: import a new one before this one expires."
	default:
		a.Op, a.Summary = resource.Create, "Request a certificate for "+l.Domain
		a.Why = "ACM issues the certificate after a DNS record shows that you own the domain, and renews it while the record exists. It is free."
		if l.Zone != "" {
			a.Why += " The plan creates that record in hosted zone " + l.Zone + "."
		} else {
			a.Why += " You create that record. The run shows it and waits up to 30 minutes for it. Changes that do not need the certificate continue, and a later run does the rest."
		}
		if there != nil {
			a.Op, a.Summary = resource.Run, "Wait for the certificate of "+l.Domain+", requested before"
			a.Existing = there.ARN
		}
	}
	a.Spec = spec
	b.p.Changes = append(b.p.Changes, a)
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: a.ID, Says: "the certificate of " + l.Domain + " is issued", Measure: resource.Issued{}})
	return resource.From(a.ID)
}

// matchBaseURL plans that Airflow uses its new name.
func (b *builder) matchBaseURL(w *accessMethod, domain string, after resource.ID) {
	a := resource.Change{ID: resource.ID("environment/" + w.env.Name + "/base-url"), Op: resource.Modify, Existing: w.env.Name, After: []resource.ID{after}, Rules: []string{"W-BASEURL"}, Summary: "Set webserver.base_url of environment " + w.env.Name + " to " + domain,
		Why:    "Airflow uses this name in links and in the redirect after the log-in. Otherwise these contain its private host name. All other options of the environment stay the same. The environment is usually UPDATING for 20 to 30 minutes, and its web server restarts.",
		Before: map[string]any{"webserver.base_url": cmp.Or(w.env.BaseURL, "not set")}, Spec: resource.EnvironmentOption{Environment: w.env.Name, Option: "webserver.base_url", Value: domain}}
	if w.env.BaseURL == domain {
		a.Op, a.Before, a.Summary = resource.Keep, nil, "webserver.base_url of environment "+w.env.Name+" is "+domain
	}
	b.p.Changes = append(b.p.Changes, a)
	b.made(a.ID, "webserver.base_url of environment "+w.env.Name+" is "+domain)
}

// BalancerWords describes an existing load balancer for an environment's web server, and whether its
// targets are current; empty if none exists.
func BalancerWords(inv *inventory.Inventory, vpc string, e *inventory.Airflow) string {
	w, n := inv.Way(vpc), inv.Network(vpc)
	if w == nil || n == nil {
		return ""
	}
	lb, tg := w.LoadBalancer(inventory.AccessName(e.Name)), w.TargetGroup(inventory.AccessName(e.Name))
	if lb == nil || tg == nil {
		return ""
	}
	var now []string
	for i := range n.Endpoints {
		if x := &n.Endpoints[i]; x.Service == e.WebserverService && healthy(x) {
			if at, whole := workload.AddressesOf(n, x); whole {
				now = append(now, at...)
			}
		}
	}
	slices.Sort(now)
	have := tg.Addresses()
	if len(now) > 0 && !slices.Equal(now, have) {
		return fmt.Sprintf("out of date: its targets are %s, and the web server is at %s", strings.Join(have, " and "), strings.Join(now, " and "))
	}
	return lb.Name + " exists"
}
