package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

func checkIPType(b *builder) []Finding {
	var out []Finding
	want := b.Ans.IPType()
	by := map[string]*Finding{} // by the types that services support
	for _, e := range b.interfaces() {
		svc := b.Inv.Service(e.service, catalog.Interface)
		if e.existing != nil || svc == nil || len(svc.IPTypes) == 0 || !slices.ContainsFunc(ipFamilies(want), func(f string) bool { return !slices.Contains(svc.IPTypes, f) }) {
			continue
		}
		supported := strings.Join(svc.IPTypes, ", ")
		if f := by[supported]; f != nil {
			f.Resource, f.Changes = f.Resource+", "+e.service, append(f.Changes, e.id)
			continue
		}
		by[supported] = &Finding{Severity: Error, Resource: e.service, Changes: []resource.ID{e.id}, Message: supported, Fix: "Set ip_address_type to a supported type."}
	}
	for _, supported := range slices.Sorted(maps.Keys(by)) {
		f := by[supported]
		f.Message = fmt.Sprintf("The plan uses address type %s, and these services support only %s: %s.", want, supported, f.Resource)
		out = append(out, *f)
	}
	if len(out) > 0 || !b.placing() {
		return out // the subnets may support the type that the services support
	}
	var unfit []string
	for _, s := range b.endpointSubnets {
		v4, v6 := s.CIDR != "" && !s.IPv6Only, len(s.IPv6) > 0
		if want != answers.IPv4 && !v6 || want != answers.IPv6 && !v4 || want == answers.IPv6 && v4 {
			unfit = append(unfit, inventory.Label(s.Name, s.ID))
		}
	}
	if len(unfit) > 0 {
		out = append(out, Finding{Severity: Error, Resource: strings.Join(unfit, ", "),
			Message: fmt.Sprintf("Address type %s is not possible in these subnets: %s.", want, strings.Join(unfit, ", ")),
			Fix:     "ipv4 needs subnets with IPv4 addresses, dualstack subnets with both, ipv6 IPv6-only subnets."})
	}
	return out
}

// ipFamilies are the address families that a service must support for an address type.
func ipFamilies(ipType string) []string {
	switch ipType {
	case answers.DualStack:
		return []string{"ipv4", "ipv6"}
	case answers.IPv6:
		return []string{"ipv6"}
	}
	return []string{"ipv4"}
}

// gatewayIPType returns the address type of a new gateway endpoint: that of the other endpoints. It is
// empty for IPv4, which is AWS's default, and if the Region's list shows that the service lacks the
// type. The type of DNS records is not set: then AWS returns the records of the service name that is
// asked for (AWS PrivateLink guide, Gateway endpoints, IP address type and DNS record IP type).
func (s *scope) gatewayIPType(service string) string {
	want := s.Ans.IPType()
	if want == answers.IPv4 || !supportsIPType(s.Inv.Service(service, catalog.Gateway), want) {
		return ""
	}
	return want
}

// supportsIPType reports whether a service supports an address type, as far as the Region lists it.
func supportsIPType(svc *inventory.EndpointService, want string) bool {
	return svc == nil || len(svc.IPTypes) == 0 || slices.Contains(svc.IPTypes, want) ||
		!slices.ContainsFunc(ipFamilies(want), func(f string) bool { return !slices.Contains(svc.IPTypes, f) })
}

// checkGatewayIPType reports gateway endpoints with another address type than that of the answers: the
// service does not support it, or the endpoint exists. Their route tables have no route for IPv6.
func checkGatewayIPType(b *builder) []Finding {
	want := b.Ans.IPType()
	if want == answers.IPv4 {
		return nil
	}
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway {
			continue
		}
		f := Finding{Rule: "G-IPTYPE", Severity: Warn, Resource: e.service, Changes: []resource.ID{e.id}}
		switch svc := b.Inv.Service(e.service, catalog.Gateway); {
		case e.existing != nil && e.existing.IPType != "" && e.existing.IPType != want && e.existing.IPType != answers.DualStack:
			f.Resource = e.existing.ID
			f.Message = fmt.Sprintf("The answers ask for address type %s, and the existing %s gateway endpoint %s has %s. The plan does not change it.", want, e.code, e.existing.ID, e.existing.IPType)
			f.Fix = "Change the address type of this endpoint if clients use IPv6 addresses of the service."
		case e.existing == nil && !supportsIPType(svc, want):
			f.Message = fmt.Sprintf("The answers ask for address type %s, and the %s gateway endpoint supports only %s in this Region. The plan creates it with IPv4.", want, e.code, strings.Join(svc.IPTypes, ", "))
			f.Fix = "Use subnets with IPv4 addresses, so that clients reach the service by IPv4."
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}
