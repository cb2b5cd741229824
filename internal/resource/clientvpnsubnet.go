package resource

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// ClientVPNSubnet associates a subnet with a Client VPN. Clients enter the VPC through it.
type ClientVPNSubnet struct {
	Endpoint Value  `aws:"ClientVpnEndpointId"`
	Subnet   string `aws:"SubnetId"`
}

// Kind implements Spec.
func (ClientVPNSubnet) Kind() string { return "client-vpn-subnet" }

// Terms implements Spec.
func (ClientVPNSubnet) Terms() []*terms.Term {
	return []*terms.Term{terms.PrivateWebServer, terms.Zones}
}

// Cells implements Spec.
func (s ClientVPNSubnet) Cells(p Names, _ Change) Cells {
	return Cells{"Client VPN subnet", s.Subnet, p.ZonesText([]string{s.Subnet}), ""}
}

func (ClientVPNSubnet) terraform(Change) Declared { return cannot(byScript) }

// Steps implements Spec.
func (s ClientVPNSubnet) Steps(a Change) Steps {
	read := func(out []Value) Call {
		return vpn("DescribeClientVpnTargetNetworks", s.Endpoint, nil, out)
	}
	find := read(expr("ClientVpnTargetNetworks[?TargetNetworkId==", Lit(s.Subnet), " && (Status.Code=='associating' || Status.Code=='associated')] | [0].AssociationId"))
	out := Steps{Find: &find, Until: &Until{Call: read(expr("ClientVpnTargetNetworks[].[AssociationId, Status.Code]")), Want: "associated", Fail: []string{"association-failed", "disassociating", "disassociated"},
		Every: 15, Limit: 1800, What: "ClientVpnTargetNetworks[].[AssociationId, Status.Message || '']"}}
	if a.Op == Keep {
		return out
	}
	out.Do = []Call{vpn("AssociateClientVpnTargetNetwork", s.Endpoint, map[string]any{"SubnetId": s.Subnet, "ClientToken": Token{}}, expr("AssociationId"), "InvalidClientVpnDuplicateAssociationException")}
	out.Undo = []Call{vpn("DisassociateClientVpnTargetNetwork", s.Endpoint, map[string]any{"AssociationId": From(a.ID)}, nil, "InvalidClientVpnAssociationIdNotFound", "InvalidClientVpnEndpointId.NotFound")}
	out.Deleted = &Until{Call: out.Until.Call, Want: "disassociated", Missing: "disassociated", Every: 15, Limit: 1800}
	return out
}

// uses implements billed. The Client VPN endpoint itself is free (https://aws.amazon.com/vpn/pricing/).
func (ClientVPNSubnet) uses() []Use {
	return []Use{{price.VPNSubnetHour, 1}, {Item: price.VPNClientHour}}
}

func (s ClientVPNSubnet) cloudFormation(Change) Declared { return cannot(byScript) }
