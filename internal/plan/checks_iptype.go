package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

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
