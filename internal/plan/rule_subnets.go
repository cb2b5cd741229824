package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// placing reports whether an endpoint gets a new network interface. If none does, the chosen subnets
// need no check.
func (b *builder) placing() bool {
	return slices.ContainsFunc(b.endpoints, func(e *endpoint) bool { return len(e.newSubnets) > 0 })
}

func checkOneSubnet(b *builder) []Finding {
	if !b.placing() {
		return nil
	}
	var out []Finding
	var first []string
	by := map[string]*inventory.Subnet{}
	for _, s := range b.endpointSubnets {
		if o := by[s.Zone]; o != nil {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnets %s and %s are both in Availability Zone %s. An endpoint can use one subnet per zone.", inventory.Label(o.Name, o.ID), inventory.Label(s.Name, s.ID), s.Zone),
				Fix:     "Keep one of them; its network interface serves the whole zone."})
			continue
		}
		by[s.Zone] = s
		first = append(first, s.ID)
	}
	for i := range out {
		out[i].Patch = &answers.Patch{Subnets: first}
	}
	return out
}

// checkZone returns one finding for the endpoints that lack the same zones, of all subnets or of one
// chosen subnet.
func checkZone(b *builder) []Finding {
	type misfit struct {
		subnet *inventory.Subnet // nil: no subnet of the workload fits
		zones  []string          // of the service
		of     []*endpoint
	}
	var found []*misfit
	add := func(e *endpoint, subnet *inventory.Subnet, zones []string) {
		for _, m := range found {
			if m.subnet == subnet && slices.Equal(m.zones, zones) {
				m.of = append(m.of, e)
				return
			}
		}
		found = append(found, &misfit{subnet, zones, []*endpoint{e}})
	}
	for _, e := range b.interfaces() {
		svc := b.Inv.Service(e.service, catalog.Interface)
		if svc == nil || len(svc.Zones) == 0 || len(b.endpointSubnets) == 0 {
			continue
		}
		if len(e.newSubnets) == 0 && e.existing == nil {
			add(e, nil, svc.Zones)
		}
		for _, s := range e.newSubnets {
			if !slices.Contains(svc.Zones, s.Zone) {
				add(e, s, svc.Zones)
			}
		}
	}
	var out []Finding
	for _, m := range found {
		services, verb := []string{}, "is"
		for _, e := range m.of {
			services = append(services, e.service)
		}
		if len(services) > 1 {
			verb = "are"
		}
		names := strings.Join(services, ", ")
		f := Finding{Severity: Error, Resource: names, Changes: idsOf(m.of)}
		fit := slices.DeleteFunc(slices.Clone(b.endpointSubnets), func(s *inventory.Subnet) bool { return !slices.Contains(m.zones, s.Zone) })
		if m.subnet == nil {
			f.Message = fmt.Sprintf("%s %s not available in the Availability Zones of the workload (%s). Available in: %s.", names, verb, zones(b.endpointSubnets), strings.Join(m.zones, ", "))
		} else {
			f.Resource = m.subnet.ID
			f.Message = fmt.Sprintf("%s %s not available in Availability Zone %s of subnet %s. Available in: %s.", names, verb, m.subnet.Zone, inventory.Label(m.subnet.Name, m.subnet.ID), strings.Join(m.zones, ", "))
		}
		switch elsewhere := b.oneByZone(m.zones); {
		case len(fit) > 0:
			f.Patch = &answers.Patch{Subnets: ids(fit)}
			f.Fix = "Remove that subnet: its clients reach the endpoint in the other zones."
		case len(elsewhere) > 0:
			var names []string
			for _, s := range elsewhere {
				names = append(names, inventory.Label(s.Name, s.ID))
			}
			f.Patch = &answers.Patch{Subnets: ids(elsewhere), Clients: b.clientIDs()}
			f.Fix = fmt.Sprintf("Place the endpoints in other subnets of the VPC: list %s under subnets, and the subnets of the workload under clients.", strings.Join(names, ", "))
		default:
			f.Fix = "Create a subnet in one of those zones, and list it under subnets."
		}
		out = append(out, f)
	}
	return out
}

// oneByZone returns the subnet of the VPC with the most free addresses in each of the zones.
func (b *builder) oneByZone(zones []string) []*inventory.Subnet {
	var out []*inventory.Subnet
	for _, zone := range zones {
		var best *inventory.Subnet
		for i := range b.Net.Subnets {
			if s := &b.Net.Subnets[i]; s.Zone == zone && len(b.blocks(s)) > 0 && (best == nil || s.Free > best.Free) {
				best = s
			}
		}
		if best != nil {
			out = append(out, best)
		}
	}
	return out
}

// clientIDs returns the clients as the answers list them: those of the answers, otherwise the subnets
// and security groups of the workload.
func (b *builder) clientIDs() []string {
	if len(b.Ans.Clients) > 0 {
		return b.Ans.Clients
	}
	return append(ids(b.clients), b.groups...)
}

func checkTwoZones(b *builder) []Finding {
	var lone []string
	for _, e := range b.interfaces() {
		zs := map[string]bool{}
		for _, s := range e.subnets {
			zs[s.Zone] = true
		}
		if len(zs) == 1 {
			lone = append(lone, e.code)
		}
	}
	if len(lone) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.ID, Message: "One Availability Zone only: " + strings.Join(lone, ", ") + ". If that zone fails, every client loses the service. Traffic from other zones costs extra.",
		Fix: "Choose subnets in two or more Availability Zones."}}
}

func checkFree(b *builder) []Finding {
	want := map[string]int{}
	for _, e := range b.interfaces() {
		for _, s := range e.newSubnets {
			want[s.ID]++
		}
	}
	var out []Finding
	for _, s := range b.Net.Subnets {
		if n := want[s.ID]; n > 0 && s.Free < n && !s.IPv6Only {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnet %s has %s left, and the plan needs %d.", inventory.Label(s.Name, s.ID), words.Count(s.Free, "free address"), n),
				Fix:     "Choose another subnet of zone " + s.Zone + "."})
		}
	}
	return out
}
