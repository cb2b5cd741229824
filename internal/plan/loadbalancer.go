package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Prices of Elastic Load Balancing in us-east-1, from memory: an application load
// balancer costs 2.25 cents an hour, before what goes through it.
const balancerMonthly = 0.0225 * hours

// The names under which a run is given the files of a certificate.
const (
	InputCertificate = "certificate"
	InputChain       = "certificate-chain"
	InputKey         = "private-key"
)

// balancerGroup is the name of the security group of a load balancer: of one that is
// there the one that it has, since no other lets anybody in.
func (b *builder) balancerGroup(w *way, lb *inventory.LoadBalancer) string {
	ours := "privatelink-wizard-" + w.env.Name + "-load-balancer"
	if lb == nil || len(lb.Groups) == 0 {
		return ours
	}
	if there := b.groupNamed(ours); there != nil && slices.Contains(lb.Groups, there.ID) {
		return ours
	}
	if g := b.net.Group(lb.Groups[0]); g != nil {
		return g.Name
	}
	return ours
}

// matchLoadBalancer plans an application load balancer in front of the web server's
// addresses (Amazon MWAA user guide, Managing access to service-specific Amazon VPC
// endpoints, and Setting up a custom domain for the web server).
func (b *builder) matchLoadBalancer(w *way) {
	l, name := b.ans.Airflow.LoadBalancer, wayName(w.env.Name)
	lb := w.seen.LoadBalancer(name)
	group, there := b.wayGroup("load-balancer", b.balancerGroup(w, lb), "HTTPS to the Airflow web server, made by PrivateLink Wizard")
	for _, src := range b.admitted() {
		b.letIn(wayRule{id: ID("security-group-rule/load-balancer/in/" + src.name), group: group, there: there, named: "the load balancer", cidr: src.cidr, peer: src.peer, from: src.words, port: port,
			rule: "W-ACCESS", purpose: "Users of the Airflow web server", why: "Whoever opens the Airflow user interface comes from there; Airflow itself still asks who they are."})
	}
	b.admitWay(w, "load-balancer", group, "the load balancer's security group")
	certificate := b.matchCertificate(w, l)

	targets := Action{ID: ID("target-group/" + name), Op: Create, Rules: []string{"W-MATCH", "W-LISTEN"}, Summary: "Create target group " + name + ", of addresses, HTTPS 443",
		Why:  "It holds the web server's addresses. The web server answers / with a redirect to its log-in page, so 302 counts as healthy beside 200: otherwise its targets would be marked unhealthy.",
		Spec: TargetGroup{VPC: b.vpc.ID, Name: name, Tags: b.tags(name)}}
	groupAt := From(targets.ID)
	tg := w.seen.TargetGroup(name)
	if tg != nil {
		targets.Op, targets.Existing, targets.Summary = Keep, tg.ARN, "Target group "+name+" is there"
	}
	b.p.Actions = append(b.p.Actions, targets)
	b.made(targets.ID, "target group "+name+" is there")

	b.matchTargets(w, name, tg, groupAt)
	balancer := Action{ID: ID("load-balancer/" + name), Op: Create, Rules: []string{"W-ALBSCHEME"}, Spec: LoadBalancer{Name: name, Scheme: cmp.Or(l.Scheme, answers.Internal), Subnets: b.balancerSubnets(w), Groups: []Value{group}, Tags: b.tags(name)},
		Summary: fmt.Sprintf("Create %s load balancer %s in %s", cmp.Or(l.Scheme, answers.Internal), name, zones(b.subnetsOf(b.balancerSubnets(w)))),
		Why:     "It takes HTTPS under a name of your own and passes it on. Internal means that it has private addresses only: who is in the VPC, or in a network that is connected to it, reaches it.",
	}
	if l.Scheme == answers.InternetFacing {
		balancer.Why = "It takes HTTPS under a name of your own and passes it on. Internet-facing means public addresses: whoever its security group admits reaches it from anywhere."
	}
	if lb != nil {
		balancer.Op, balancer.Existing, balancer.Summary = Keep, lb.ARN, "Load balancer "+name+" is there"
	} else {
		b.costs("the load balancer", balancerMonthly)
	}
	b.p.Actions = append(b.p.Actions, balancer)
	b.made(balancer.ID, "load balancer "+name+" is active")

	listener := Action{ID: ID("listener/" + name), Op: Create, Rules: []string{"W-LISTEN", "W-ACMDOM"}, Summary: "Listen on HTTPS 443 with the certificate of " + l.Domain,
		Why:  airflowSays["W-ACMDOM"],
		Spec: Listener{LoadBalancer: From(balancer.ID), Certificate: certificate, TargetGroup: groupAt, Domain: l.Domain, Recorded: l.Zone != "", Tags: b.tags(name)}}
	if lb != nil && lb.Listener(port) != nil {
		listener.Op, listener.Existing, listener.Summary = Keep, lb.Listener(port).ARN, "It listens on HTTPS 443"
	}
	b.p.Actions = append(b.p.Actions, listener)
	b.made(listener.ID, "the load balancer listens on HTTPS 443")

	health := Action{ID: ID("target-health/" + name), Op: Run, After: []ID{listener.ID, ID("targets/" + name), ID("security-group-rule/" + w.group.ID + "/in/load-balancer")}, Rules: []string{"W-IP2"},
		Summary: "Wait until the load balancer finds " + strings.Join(w.addresses, " and ") + " healthy",
		Why:     "It asks each address for a page every half minute or so. Healthy means that the web server answers it, so that the rules of both security groups and the network ACLs let it pass.",
		Spec:    TargetHealth{TargetGroup: groupAt, Addresses: w.addresses}}
	b.p.Actions = append(b.p.Actions, health)
	b.wayClaims = append(b.wayClaims, Claim{Action: health.ID, Kind: Healthy, Target: &groupAt, Addresses: w.addresses, Says: "the load balancer finds " + strings.Join(w.addresses, " and ") + " healthy"})

	if l.Zone != "" {
		record := Action{ID: ID("record/" + l.Domain), Op: Create, Rules: []string{"W-ACMDOM"}, Summary: "Point " + l.Domain + " at the load balancer", Why: "By this alias record in hosted zone " + l.Zone + " browsers find it. Where it is there it stays as it is; one that leads elsewhere is not touched either: AWS refuses a second one of the name, and the row fails.",
			Spec: Record{Zone: l.Zone, Domain: l.Domain, Name: name, LoadBalancer: From(balancer.ID)}}
		b.p.Actions = append(b.p.Actions, record)
		b.made(record.ID, l.Domain+" has a record that leads to the load balancer")
	}
	if l.BaseURL {
		b.matchBaseURL(w, l.Domain, health.ID)
	}
	b.wayClaims = append(b.wayClaims, Claim{Action: listener.ID, Kind: Opened, Says: "whoever is admitted opens https://" + l.Domain + " in a browser and sees the log-in page of Airflow"})
}

// admittedFrom is who may use a way in.
type admittedFrom struct {
	name, cidr, words string
	peer              Value
}

// admitted are those who may come to the load balancer: those named, else the VPC.
func (b *builder) admitted() []admittedFrom {
	var out []admittedFrom
	for _, s := range b.ans.Airflow.LoadBalancer.Admit {
		a := admittedFrom{name: s, words: s}
		if strings.HasPrefix(s, "sg-") {
			a.peer = Lit(s)
			if g := b.net.Group(s); g != nil {
				a.words = "security group " + inventory.Label(g.Name, g.ID)
			}
		} else {
			a.cidr = s
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		for _, cidr := range b.vpc.CIDRs {
			out = append(out, admittedFrom{name: cidr, cidr: cidr, words: cidr + " (the VPC)"})
		}
	}
	return out
}

func (b *builder) balancerSubnets(w *way) []string {
	if s := b.ans.Airflow.LoadBalancer.Subnets; len(s) > 0 {
		return s
	}
	return ids(w.subnets)
}

// subnetsOf are the subnets of these ids, as far as they are in the VPC.
func (b *builder) subnetsOf(ids []string) []*inventory.Subnet {
	var out []*inventory.Subnet
	for _, id := range ids {
		if sub := b.net.Subnet(id); sub != nil {
			out = append(out, sub)
		}
	}
	return out
}

// matchTargets plans that both addresses are targets. Those that are there and lead to
// nothing any more are for their owner to take away.
func (b *builder) matchTargets(w *way, name string, tg *inventory.TargetGroup, at Value) {
	a := Action{ID: ID("targets/" + name), Op: Create, Rules: []string{"W-IP2"}, Summary: "Register " + strings.Join(w.addresses, " and ") + " as targets", Spec: Targets{TargetGroup: at, Addresses: w.addresses, Missing: w.addresses},
		Why: fmt.Sprintf("They are the addresses of endpoint %s to the web server, one in each zone, and stay the same for as long as the endpoint lives. With only one of them, a zone that fails would take the way in with it.", w.endpoint.ID)}
	if tg != nil {
		have := tg.Addresses()
		missing := slices.DeleteFunc(slices.Clone(w.addresses), func(ip string) bool { return slices.Contains(have, ip) })
		a.Existing = tg.ARN
		switch {
		case len(missing) == 0:
			a.Op, a.Summary = Keep, strings.Join(w.addresses, " and ")+" are targets"
		default:
			a.Op, a.Summary, a.Spec = Modify, "Register "+strings.Join(missing, " and ")+", which the target group lacks", Targets{TargetGroup: at, Addresses: w.addresses, Missing: missing}
			a.Before = map[string]any{"addresses": nonNil(have)}
			a.Rules = append(a.Rules, "W-IPDRIFT")
			a.Why += " The target group does not hold all of them: the endpoint was replaced since, or not all were registered."
		}
	}
	b.p.Actions = append(b.p.Actions, a)
}

// matchCertificate plans the certificate of the listener.
func (b *builder) matchCertificate(w *way, l answers.LoadBalancer) Value {
	a := Action{ID: ID("certificate/" + l.Domain), Rules: []string{"W-ACMREG"}}
	there := w.seen.CertificateFor(l.Domain, l.Certificate)
	spec := Certificate{Domain: l.Domain, Zone: l.Zone, Tags: b.tags(l.Domain)}
	if there != nil {
		spec.ARN = there.ARN
	}
	switch {
	case there != nil && there.Status == inventory.CertificateIssued || answers.IsARN(l.Certificate):
		spec.ARN = l.Certificate
		if there != nil {
			spec.ARN = there.ARN
		}
		a.Op, a.Existing, a.Summary = Keep, spec.ARN, "The certificate of "+l.Domain+" is there"
		a.Why = "It is in ACM, in the Region of the load balancer, where it has to be."
		if there != nil && there.Type == "IMPORTED" && l.Certificate == answers.CertificateImport {
			a.Why += " It was imported before, and holds until " + there.Until + ": the files are not used."
		}
	case l.Certificate == answers.CertificateImport:
		spec.Body, spec.Key = InputCertificate, InputKey
		if l.ChainFile != "" {
			spec.Chain = InputChain
		}
		for _, f := range [][2]string{{InputCertificate, l.CertificateFile}, {InputChain, l.ChainFile}, {InputKey, l.KeyFile}} {
			if f[1] != "" {
				spec.inputs = append(spec.inputs, Input{Name: f[0], File: f[1]})
			}
		}
		a.Op, a.Summary = Create, "Import the certificate of "+l.Domain+" from "+l.CertificateFile
		a.Why = "The listener takes it from ACM, in its own Region. The private key goes there and nowhere else. ACM does not renew what was imported: import a new one before this one ends."
	default:
		a.Op, a.Summary = Create, "Request a certificate for "+l.Domain
		a.Why = "ACM issues it once a record in the DNS of the domain proves that it is yours, and renews it for as long as the record stays. It has no price."
		if l.Zone != "" {
			a.Why += " The plan makes that record in hosted zone " + l.Zone + "."
		} else {
			a.Why += " That record is for you to make: it is named while the run waits for it, for half an hour at most. What does not need the certificate is done meanwhile, and a later run goes on from there."
		}
		if there != nil {
			a.Op, a.Summary = Run, "Wait for the certificate of "+l.Domain+", which was requested before"
			a.Existing = there.ARN
		}
	}
	a.Spec = spec
	b.p.Actions = append(b.p.Actions, a)
	b.wayClaims = append(b.wayClaims, Claim{Action: a.ID, Kind: Issued, Says: "the certificate of " + l.Domain + " is issued"})
	return From(a.ID)
}

// matchBaseURL plans that Airflow is told its new name.
func (b *builder) matchBaseURL(w *way, domain string, after ID) {
	a := Action{ID: ID("environment/" + w.env.Name + "/base-url"), Op: Modify, Existing: w.env.Name, After: []ID{after}, Rules: []string{"W-BASEURL"}, Summary: "Set webserver.base_url of environment " + w.env.Name + " to " + domain,
		Why:    "Airflow puts this name into links, and into the redirect after the log-in; otherwise these lead to its private host name. All other options of the environment are sent back as they are. The environment is UPDATING for 20 to 30 minutes as a rule, and its web server starts anew.",
		Before: map[string]any{"webserver.base_url": cmp.Or(w.env.BaseURL, "not set")}, Spec: EnvironmentOption{Environment: w.env.Name, Option: "webserver.base_url", Value: domain}}
	if w.env.BaseURL == domain {
		a.Op, a.Before, a.Summary = Keep, nil, "webserver.base_url of environment "+w.env.Name+" is "+domain
	}
	b.p.Actions = append(b.p.Actions, a)
	b.made(a.ID, "webserver.base_url of environment "+w.env.Name+" is "+domain)
}

// BalancerWords say in a few words what load balancer is in front of an environment's web
// server already, and whether it still leads there; empty where there is none.
func BalancerWords(inv *inventory.Inventory, vpc string, e *inventory.Airflow) string {
	w, n := inv.Way(vpc), inv.Network(vpc)
	if w == nil || n == nil {
		return ""
	}
	lb, tg := w.LoadBalancer(wayName(e.Name)), w.TargetGroup(wayName(e.Name))
	if lb == nil || tg == nil {
		return ""
	}
	var now []string
	for i := range n.Endpoints {
		if x := &n.Endpoints[i]; x.Service == e.WebserverService && healthy(x) {
			if at, whole := addressesOf(n, x); whole {
				now = append(now, at...)
			}
		}
	}
	slices.Sort(now)
	have := tg.Addresses()
	if len(now) > 0 && !slices.Equal(now, have) {
		return fmt.Sprintf("out of date: it leads to %s, and the web server is at %s", strings.Join(have, " and "), strings.Join(now, " and "))
	}
	return lb.Name + " is there"
}
