package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// ClientVPNAccess allows all clients of a Client VPN to reach an address block.
type ClientVPNAccess struct {
	Endpoint Value  `aws:"ClientVpnEndpointId"`
	CIDR     string `aws:"TargetNetworkCidr"`
}

// Kind implements Spec.
func (ClientVPNAccess) Kind() string { return "client-vpn-authorization" }

// Terms implements Spec.
func (ClientVPNAccess) Terms() []*terms.Term {
	return []*terms.Term{terms.PrivateWebServer, terms.CIDR}
}

func (ClientVPNAccess) constants() []field { return []field{{"AuthorizeAllGroups", true}} }

// Cells implements Spec.
func (s ClientVPNAccess) Cells(Names, Change) Cells {
	return Cells{"Client VPN rule", s.CIDR, "", "allow all clients"}
}

func (ClientVPNAccess) terraform(Change) Declared { return cannot(byScript) }

// Steps authorizes access. A rule has no id, so the change puts out its CIDR block.
func (s ClientVPNAccess) Steps(a Change) Steps {
	read := func(out []Value) Call {
		return vpn("DescribeClientVpnAuthorizationRules", s.Endpoint, nil, out)
	}
	find := read(expr("AuthorizationRules[?DestinationCidr==", Lit(s.CIDR), " && AccessAll && (Status.Code=='authorizing' || Status.Code=='active')] | [0].DestinationCidr"))
	out := Steps{Find: &find, Until: &Until{Call: read(expr("AuthorizationRules[].[DestinationCidr, Status.Code]")), Want: "active", Fail: []string{"failed", "revoking"}, Every: 10, Limit: 600,
		What: "AuthorizationRules[].[DestinationCidr, Status.Message || '']"}}
	if a.Op == Keep {
		return out
	}
	out.Do = []Call{vpn("AuthorizeClientVpnIngress", s.Endpoint, map[string]any{"TargetNetworkCidr": s.CIDR, "AuthorizeAllGroups": true, "ClientToken": Token{}}, expr(Lit(s.CIDR)), "InvalidClientVpnDuplicateAuthorizationRule")}
	out.Undo = []Call{vpn("RevokeClientVpnIngress", s.Endpoint, map[string]any{"TargetNetworkCidr": s.CIDR, "RevokeAllGroups": true}, nil, "InvalidClientVpnEndpointAuthorizationRuleNotFound")}
	return out
}

func (s ClientVPNAccess) cloudFormation(Change) Declared { return cannot(byScript) }
