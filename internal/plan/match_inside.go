package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var _ = matchAt(90, (*builder).matchLooks)

// matchLooks plans a check from inside the VPC on one container instance per Availability Zone,
// where Run Command reaches one. A plan without changes checks nothing.
func (b *builder) matchLooks() {
	if !b.Ans.Agent.RunsCommands() || b.p.ToApply() == 0 {
		return
	}
	var names []string
	var after []resource.ID
	for _, e := range b.interfaces() {
		after = append(after, e.id)
		if n := b.privateName(e); n != "" {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return
	}
	looked, _ := b.clusters()
	for _, c := range looked {
		after = append(after, resource.ID("agents/"+c.Name))
	}
	after = slices.DeleteFunc(after, func(id resource.ID) bool { return b.p.Change(id) == nil })
	for _, h := range b.insideHosts() {
		b.p.Changes = append(b.p.Changes, resource.Change{
			ID: resource.ID("inside/" + h.Zone), Op: resource.Run, Existing: h.Instance, After: after,
			Summary: fmt.Sprintf("Check from inside %s, on container instance %s", h.Zone, h.Instance),
			Why:     "Only a host inside the VPC can show that the private names resolve to the endpoints and that they answer. Run Command resolves the names there and connects to TCP 443; it changes nothing.",
			Spec:    resource.InsideLook{Instance: h.Instance, Zone: h.Zone, Names: names, Awaited: h.Awaited},
		})
	}
}

// insideHosts returns one container instance per Availability Zone that can run the check.
func (b *builder) insideHosts() []resource.Host {
	best := map[string]resource.Host{}
	looked, _ := b.clusters()
	for _, c := range looked {
		for _, i := range c.hosts {
			h := b.host(i)
			switch h.Family { // the script needs a Linux shell
			case hosts.Windows, hosts.Bottlerocket, hosts.Unknown, hosts.External, hosts.Managed:
				continue
			}
			known := b.machines[h.Instance]
			if h.Hand != "" || h.Zone == "" || h.Reboot && (known == nil || known.Ping != "Online") {
				continue
			}
			if o, ok := best[h.Zone]; !ok || o.Awaited && !h.Awaited || o.Awaited == h.Awaited && h.Instance < o.Instance {
				best[h.Zone] = h
			}
		}
	}
	var out []resource.Host
	for _, h := range best {
		out = append(out, h)
	}
	slices.SortFunc(out, func(x, y resource.Host) int { return cmp.Compare(x.Zone, y.Zone) })
	return out
}

// privateName returns a name that leads to an endpoint by private DNS; empty if no such name can be
// resolved.
func (b *builder) privateName(e *endpoint) string {
	svc := b.Inv.Service(e.service, catalog.Interface)
	if !e.dns || svc == nil || !plain(e) { // the check connects to TCP 443
		return ""
	}
	for _, n := range svc.PrivateNames {
		n = strings.ToLower(n)
		if strings.HasSuffix(n, "."+catalog.DNSSuffix(b.Partition())) {
			n = strings.Replace(n, "*", b.Inv.Account, 1) // the registry of an account
			if _, err := hosts.Inside([]string{n}); err != nil {
				return "" // a snapshot can contain other characters
			}
			return n
		}
	}
	return ""
}

// claimLooks adds the claims that the checks from inside must verify, and a claim for what is not
// checked.
func (b *builder) claimLooks() {
	for _, a := range b.p.Changes {
		look, ok := a.Spec.(resource.InsideLook)
		if !ok {
			continue
		}
		for _, e := range b.interfaces() {
			name := b.privateName(e)
			if !slices.Contains(look.Names, name) {
				continue
			}
			b.claim(resource.Claim{Change: e.id, Says: fmt.Sprintf("from %s in %s: %s resolves to the %s endpoint, and TCP 443 answers", look.Instance, look.Zone, name, e.code), Measure: resource.Seen{Look: a.ID, Instance: look.Instance, Name: name, Prefixes: prefixes(e.subnets)}})
		}
	}
	if len(b.endpoints) == 0 {
		return
	}
	last := b.endpoints[len(b.endpoints)-1].id
	if b.Workload.AWSHosts {
		b.claim(resource.Claim{Change: last, Says: "That a new Managed Instance registers: AWS does not document the endpoints that it needs. Start a task that needs a new instance.", Measure: resource.Inside{}})
	}
	looked := slices.ContainsFunc(b.p.Changes, func(a resource.Change) bool { return a.Spec.Kind() == resource.InsideLook{}.Kind() })
	var others []string // not tested by looks: they use other ports
	for _, e := range b.interfaces() {
		if e.dns && !plain(e) {
			others = append(others, e.code)
		}
	}
	switch {
	case !looked && len(others) == 0:
		b.claim(resource.Claim{Change: last, Says: "Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.", Measure: resource.Inside{}})
	case !looked:
		b.claim(resource.Claim{Change: last, Says: "Inside the VPC: that the private names resolve to the endpoint addresses and their ports answer. Only a client in the VPC can test this.", Measure: resource.Inside{}})
	case len(others) > 0:
		b.claim(resource.Claim{Change: last, Says: fmt.Sprintf("Inside the VPC: that the private names of %s resolve to the endpoint addresses and their ports answer. The check from inside tests TCP 443 only.", strings.Join(others, ", ")), Measure: resource.Inside{}})
	}
}

// prefixes returns the prefixes of the subnets' addresses, cut at a whole number: 10.0.16. for
// 10.0.16.0/24. Internet addresses have other prefixes.
func prefixes(subnets []*inventory.Subnet) []string {
	var out []string
	for _, s := range subnets {
		p, err := netip.ParsePrefix(s.CIDR)
		if err != nil || !p.Addr().Is4() || p.Bits() < 8 {
			continue
		}
		numbers := strings.Split(p.Addr().String(), ".")
		out = append(out, strings.Join(numbers[:min(p.Bits()/8, 3)], ".")+".")
	}
	slices.Sort(out)
	return slices.Compact(out)
}
