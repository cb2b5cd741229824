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
)

// matchLooks plans a look from inside by one container instance of each zone, where
// Run Command reaches one. A plan that changes nothing looks at nothing anew.
func (b *builder) matchLooks() {
	if !b.ans.Agent.RunsCommands() || b.p.Changes() == 0 {
		return
	}
	var names []string
	var after []ID
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
		after = append(after, ID("agents/"+c.Name))
	}
	after = slices.DeleteFunc(after, func(id ID) bool { return b.p.Action(id) == nil })
	for _, h := range b.lookouts() {
		b.p.Actions = append(b.p.Actions, Action{
			ID: ID("inside/" + h.Zone), Op: Run, Existing: h.Instance, After: after,
			Summary: fmt.Sprintf("Look from inside %s, by container instance %s", h.Zone, h.Instance),
			Why:     "Only a host inside the VPC can show that the private names lead to the endpoints and that they answer. Run Command looks the names up there and tries TCP 443; it changes nothing.",
			Spec:    InsideLook{Instance: h.Instance, Zone: h.Zone, Names: names, Awaited: h.Awaited},
		})
	}
}

// lookouts are one container instance of each zone by which one can look from inside.
func (b *builder) lookouts() []Host {
	best := map[string]Host{}
	looked, _ := b.clusters()
	for _, c := range looked {
		for _, i := range c.hosts {
			h := b.host(i)
			switch h.Family { // the script is for a shell of Linux
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
	var out []Host
	for _, h := range best {
		out = append(out, h)
	}
	slices.SortFunc(out, func(x, y Host) int { return cmp.Compare(x.Zone, y.Zone) })
	return out
}

// privateName is a name that leads to an endpoint by private DNS; empty if there is
// none that can be looked up.
func (b *builder) privateName(e *end) string {
	svc := b.inv.Service(e.service, catalog.Interface)
	if !e.dns || svc == nil {
		return ""
	}
	for _, n := range svc.PrivateNames {
		n = strings.ToLower(n)
		if strings.HasSuffix(n, "."+catalog.DNSSuffix(b.partition())) {
			return strings.Replace(n, "*", b.inv.Account, 1) // of the registry of an account
		}
	}
	return ""
}

// proveLooks claims what the looks from inside must show, and says what is not
// looked at.
func (b *builder) proveLooks() {
	for _, a := range b.p.Actions {
		look, ok := a.Spec.(InsideLook)
		if !ok {
			continue
		}
		for _, e := range b.interfaces() {
			name := b.privateName(e)
			if !slices.Contains(look.Names, name) {
				continue
			}
			b.claim(Claim{Action: e.id, Kind: Seen, Look: a.ID, Instance: look.Instance, Name: name, Prefixes: prefixes(e.subnets),
				Says: fmt.Sprintf("seen from %s in %s: %s leads to the %s endpoint, and TCP 443 answers", look.Instance, look.Zone, name, e.code)})
		}
	}
	if len(b.ends) == 0 || slices.ContainsFunc(b.p.Actions, func(a Action) bool { return a.Spec.Kind() == InsideLook{}.Kind() }) {
		return
	}
	b.claim(Claim{Action: b.ends[len(b.ends)-1].id, Kind: Inside, Says: "seen from inside the VPC: the private names resolve to the endpoints' addresses, and TCP 443 answers. " + says["Q-BW"]})
}

// prefixes are what addresses in subnets begin with, to whole numbers: 10.0.16. for
// 10.0.16.0/24. Addresses of the internet begin otherwise.
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
