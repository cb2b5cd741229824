package call

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Save writes the result of a call, the configuration of a Client VPN's clients, to a file after
// the run, unless that file exists.
type Save struct {
	Call
	Name  string // of the file
	Label string // prefix of the host in it
	// Made is the change that imports the client's certificate. If this run imported it, the file
	// also contains its certificate and key.
	Made plan.ID
}

// vpn is a call that reads or changes a part of a Client VPN endpoint.
func vpn(op string, endpoint plan.Value, more map[string]any, out []plan.Value, done ...string) Call {
	in := map[string]any{"ClientVpnEndpointId": value(endpoint)}
	for k, v := range more {
		in[k] = v
	}
	return ec2(op, in, out, done...)
}

// vpnEndpoint is the condition that a Client VPN endpoint is the one of a change.
func vpnEndpoint(a plan.Change, s plan.ClientVPN) []plan.Value {
	if a.Op == plan.Keep {
		return expr("ClientVpnEndpointId==", plan.Lit(a.Existing))
	}
	return expr("VpcId==", plan.Lit(s.VPC), " && Tags[?Key=='Name' && Value==", plan.Lit(s.Tags["Name"]), "]")
}

// clientVPN creates the endpoint. It does not wait, because the endpoint becomes available only
// after a subnet is associated.
func clientVPN(a plan.Change, s plan.ClientVPN) Steps {
	find := ec2("DescribeClientVpnEndpoints", nil, expr("ClientVpnEndpoints[?Status.Code!='deleting' && Status.Code!='deleted' && ", vpnEndpoint(a, s), "] | [0].ClientVpnEndpointId"))
	out := Steps{Find: &find, Save: &Save{Call: vpn("ExportClientVpnClientConfiguration", plan.From(a.ID), nil, expr("ClientConfiguration")), Name: "airflow-" + s.Environment + ".ovpn", Label: s.Label, Made: plan.ClientVPNCertificate}}
	if a.Op == plan.Keep {
		return out
	}
	in := map[string]any{"ClientCidrBlock": s.CIDR, "VpcId": s.VPC, "SecurityGroupIds": values(s.Groups), "SplitTunnel": true, "TransportProtocol": "udp", "VpnPort": 443,
		"ServerCertificateArn": value(s.Server), "ConnectionLogOptions": map[string]any{"Enabled": false}, "ClientToken": Token{},
		"AuthenticationOptions": []any{map[string]any{"Type": "certificate-authentication", "MutualAuthentication": map[string]any{"ClientRootCertificateChainArn": value(s.Client)}}}}
	tag(in, "client-vpn-endpoint", s.Tags)
	out.Do = []Call{ec2("CreateClientVpnEndpoint", in, expr("ClientVpnEndpointId"))}
	out.Undo = []Call{vpn("DeleteClientVpnEndpoint", plan.From(a.ID), nil, nil, "InvalidClientVpnEndpointId.NotFound")}
	return out
}

func clientVPNSubnet(a plan.Change, s plan.ClientVPNSubnet) Steps {
	read := func(out []plan.Value) Call {
		return vpn("DescribeClientVpnTargetNetworks", s.Endpoint, nil, out)
	}
	find := read(expr("ClientVpnTargetNetworks[?TargetNetworkId==", plan.Lit(s.Subnet), " && (Status.Code=='associating' || Status.Code=='associated')] | [0].AssociationId"))
	out := Steps{Find: &find, Until: &Until{Call: read(expr("ClientVpnTargetNetworks[].[AssociationId, Status.Code]")), Want: "associated", Fail: []string{"association-failed", "disassociating", "disassociated"},
		Every: 15, Limit: 1800, What: "ClientVpnTargetNetworks[].[AssociationId, Status.Message || '']"}}
	if a.Op == plan.Keep {
		return out
	}
	out.Do = []Call{vpn("AssociateClientVpnTargetNetwork", s.Endpoint, map[string]any{"SubnetId": s.Subnet, "ClientToken": Token{}}, expr("AssociationId"), "InvalidClientVpnDuplicateAssociationException")}
	out.Undo = []Call{vpn("DisassociateClientVpnTargetNetwork", s.Endpoint, map[string]any{"AssociationId": plan.From(a.ID)}, nil, "InvalidClientVpnAssociationIdNotFound")}
	return out
}

// clientVPNAccess authorizes access. A rule has no id, so the change puts out its CIDR block.
func clientVPNAccess(a plan.Change, s plan.ClientVPNAccess) Steps {
	read := func(out []plan.Value) Call {
		return vpn("DescribeClientVpnAuthorizationRules", s.Endpoint, nil, out)
	}
	find := read(expr("AuthorizationRules[?DestinationCidr==", plan.Lit(s.CIDR), " && AccessAll && (Status.Code=='authorizing' || Status.Code=='active')] | [0].DestinationCidr"))
	out := Steps{Find: &find, Until: &Until{Call: read(expr("AuthorizationRules[].[DestinationCidr, Status.Code]")), Want: "active", Fail: []string{"failed", "revoking"}, Every: 10, Limit: 600,
		What: "AuthorizationRules[].[DestinationCidr, Status.Message || '']"}}
	if a.Op == plan.Keep {
		return out
	}
	out.Do = []Call{vpn("AuthorizeClientVpnIngress", s.Endpoint, map[string]any{"TargetNetworkCidr": s.CIDR, "AuthorizeAllGroups": true, "ClientToken": Token{}}, expr(plan.Lit(s.CIDR)), "InvalidClientVpnDuplicateAuthorizationRule")}
	out.Undo = []Call{vpn("RevokeClientVpnIngress", s.Endpoint, map[string]any{"TargetNetworkCidr": s.CIDR, "RevokeAllGroups": true}, nil, "InvalidClientVpnEndpointAuthorizationRuleNotFound")}
	return out
}

// serves measures that a part of a Client VPN endpoint is available.
func serves(a *plan.Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	if s, ok := a.Spec.(plan.ClientVPN); ok {
		return Check{Call: ec2("DescribeClientVpnEndpoints", nil, expr("ClientVpnEndpoints[?ClientVpnEndpointId==", plan.From(a.ID), "] | [0].Status.Code")), Want: "available"}, s.VPC != ""
	}
	// The Until of the other parts returns pairs of an id and its state.
	u := *For(*a).Until
	u.Call.Out = expr("(", u.Call.Out, ")[?[0]==", plan.From(a.ID), "] | [0][1]")
	return Check{Call: u.Call, Want: u.Want}, true
}
