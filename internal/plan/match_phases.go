package plan

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// endpointCheckID is the change that verifies the endpoints before private DNS sends the clients of the VPC to them.
const endpointCheckID resource.ID = "endpoint-check"

var _ = matchAt(45, (*builder).matchPhases)

// findRedirects returns the network interfaces in use that may reach AWS services without the endpoints, so that private DNS
// would change the path of something that works. It is unknown if AWS denied to read them.
func (b *builder) findRedirects() (live []inventory.Interface, unknown bool) {
	for _, i := range b.inUse {
		if sub := b.Net.Subnet(i.Subnet); sub == nil || b.exitOf(sub).egress != catalog.Closed {
			live = append(live, i)
		}
	}
	_, unknown = b.Inv.Gap("ec2:DescribeNetworkInterfaces")
	return live, unknown
}

// phased reports whether private DNS is turned on after the endpoints were verified, and not when they are created. The
// answers decide, otherwise it depends on running workloads.
func (b *builder) phased() bool {
	if b.Ans.TwoPhases != nil {
		return *b.Ans.TwoPhases
	}
	live, unknown := b.redirects()
	return len(live) > 0 || unknown
}

// dnsChangeID is the id of the change that turns private DNS of an endpoint on in the second phase.
func dnsChangeID(endpoint resource.ID) resource.ID {
	return "private-dns/" + resource.ID(resource.Change{ID: endpoint}.Code())
}

// leading returns the change after which the private name of an endpoint leads to it.
func (b *builder) leading(endpoint resource.ID) resource.ID {
	if id := dnsChangeID(endpoint); b.p.Change(id) != nil {
		return id
	}
	return endpoint
}

// matchPhases plans the verification of the endpoints, and then private DNS of one after the other.
func (b *builder) matchPhases() {
	var late []*endpoint // with private DNS in the second phase
	for _, e := range b.endpoints {
		if e.late && !slices.Contains(catalog.ECSEndpoints, e.code) {
			late = append(late, e)
		}
	}
	for _, code := range catalog.ECSEndpoints { // in the order of E-ORDER
		if e := b.endpoint(resource.ID("endpoint/" + code)); e != nil && e.late {
			late = append(late, e)
		}
	}
	if len(late) == 0 {
		return
	}
	var all []resource.Value
	for _, e := range late {
		all = append(all, resource.From(e.id))
	}
	b.p.Changes = append(b.p.Changes, resource.Change{ID: endpointCheckID, Op: resource.Run, Rules: []string{"G-PHASES"}, Spec: resource.EndpointCheck{Endpoints: all},
		Summary: fmt.Sprintf("Verify %s before private DNS is turned on", words.Count(len(late), "endpoint")),
		Why:     b.whyPhases() + " If a check does not hold, private DNS stays off and the workloads keep their present path."})
	before := endpointCheckID
	for _, e := range late {
		a := resource.Change{ID: dnsChangeID(e.id), Op: resource.Modify, After: append(b.dnsChanges(), before), Rules: []string{"G-PHASES"},
			Spec:    resource.EndpointDNS{VPC: b.vpc.ID, Endpoint: resource.From(e.id), Name: b.privateName(e)},
			Summary: fmt.Sprintf("Turn on private DNS of the %s endpoint", e.code),
			Why:     "From then on the whole VPC uses the endpoint. Private DNS is turned on for one endpoint after the other, so that a fault affects one service.",
			Before:  map[string]any{"private_dns_enabled": false}}
		if e.existing != nil {
			a.Existing = e.existing.ID
			a.Why = "The endpoint exists, but without private DNS no client finds it. " + a.Why
		}
		b.p.Changes = append(b.p.Changes, a)
		before = a.ID
	}
}

// whyPhases returns the reason for two phases.
func (b *builder) whyPhases() string {
	live, unknown := b.redirects()
	switch {
	case len(live) > 0:
		return fmt.Sprintf("Running workloads may use another path to these services: %s in subnets with a route to the internet or to another network, such as %s. Private DNS sends their requests to the endpoint of the service.", words.Count(len(live), "network interface"), some(live[:1]))
	case unknown:
		return "It is not known whether running workloads use another path to these services, because AWS denied ec2:DescribeNetworkInterfaces."
	}
	return "The answers ask for it (two_phases)."
}

// orderPhases makes what depends on an endpoint with private DNS wait until its name leads to it.
func (b *builder) orderPhases() {
	for i := range b.p.Changes {
		a := &b.p.Changes[i]
		switch a.Spec.(type) {
		case resource.InterfaceEndpoint, resource.EndpointChange, resource.EndpointCheck, resource.EndpointDNS:
			continue
		}
		for _, id := range a.Deps() {
			if on := b.leading(id); on != id {
				a.After = append(a.After, on)
			}
		}
	}
}
