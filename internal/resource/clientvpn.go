package resource

import (
	"path"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// ClientVPN is an AWS Client VPN endpoint with mutual authentication and a split tunnel.
type ClientVPN struct {
	Environment string            // its environment; part of the name of the client's file
	VPC         string            `aws:"VpcId"`
	CIDR        string            `aws:"ClientCidrBlock"` // addresses of its clients
	Groups      []Value           `aws:"SecurityGroupIds"`
	Server      Value             `aws:"ServerCertificateArn"`          // certificate in ACM
	Client      Value             `aws:"ClientRootCertificateChainArn"` // certificate in ACM
	Label       string            // for the names of its certificates; also in the client's file
	Keys        string            // folder of new certificates and keys, in the folder of the client's file
	Given       bool              // the answers name the certificates
	Tags        map[string]string `aws:"Tags"` // its Name tag identifies it in later runs
}

// Kind implements Spec.
func (ClientVPN) Kind() string { return "client-vpn" }

// Terms implements Spec.
func (ClientVPN) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer, terms.CIDR} }

func (ClientVPN) constants() []field {
	return []field{{"SplitTunnel", true}, {"TransportProtocol", "udp"}, {"VpnPort", 443}}
}

// Cells implements Spec.
func (s ClientVPN) Cells(p Names, _ Change) Cells {
	return Cells{"Client VPN", s.Environment, p.VPCText(), Joined("clients "+s.CIDR, p.GroupsText(s.Groups))}
}

// byScript says why a Client VPN is left to the script.
const byScript = "Its certificates and keys are created where the script runs, and the script writes the configuration file of the clients."

func (ClientVPN) terraform(Change) Declared { return cannot(byScript) }

// Steps creates the endpoint. It does not wait, because the endpoint becomes available only
// after a subnet is associated.
func (s ClientVPN) Steps(a Change) Steps {
	const list, id = "ClientVpnEndpoints", "ClientVpnEndpointId"
	which := expr("Status.Code!='deleting' && Status.Code!='deleted' && ", vpnEndpoint(a, s))
	var all []need
	if a.Op != Keep {
		all = append(needsAll("security groups", "SecurityGroupIds", s.Groups), needs(expr("ClientCidrBlock==", Lit(s.CIDR)), "'client addresses '", "ClientCidrBlock || ''", "' (plan: '", Lit(s.CIDR), "')'"),
			needs(expr("SplitTunnel"), "'split tunnel is off (plan: on)'"))
	}
	out := Steps{Save: s.save(a.ID)}
	find := ec2("DescribeClientVpnEndpoints", nil, nil)
	find.Out, out.Other = place(list, id, which, all...)
	out.Find = &find
	if a.Op == Keep {
		return out
	}
	in := map[string]any{"ClientCidrBlock": s.CIDR, "VpcId": s.VPC, "SecurityGroupIds": values(s.Groups), "SplitTunnel": true, "TransportProtocol": "udp", "VpnPort": 443,
		"ServerCertificateArn": value(s.Server), "ConnectionLogOptions": map[string]any{"Enabled": false}, "ClientToken": Token{},
		"AuthenticationOptions": []any{map[string]any{"Type": "certificate-authentication", "MutualAuthentication": map[string]any{"ClientRootCertificateChainArn": value(s.Client)}}}}
	tag(in, "client-vpn-endpoint", s.Tags)
	out.Do = []Call{ec2("CreateClientVpnEndpoint", in, expr("ClientVpnEndpointId"))}
	out.First = oldest(find, fitting(expr(list), which, all...), "CreationTime", id, a)
	out.Stays = "The file " + out.Save.Name + " stays on this computer. Delete it, because it does not work any more."
	out.Undo = []Call{vpn("DeleteClientVpnEndpoint", From(a.ID), nil, nil, "InvalidClientVpnEndpointId.NotFound")}
	return out
}

// save describes the file of its clients.
func (s ClientVPN) save(id ID) *Save {
	folder, earlier := path.Dir(s.Keys), "airflow-"+s.Environment+".ovpn"
	name := folder + "/" + earlier
	return &Save{Call: vpn("ExportClientVpnClientConfiguration", From(id), nil, expr("ClientConfiguration")), Name: name, Label: s.Label, Keys: s.Keys, Given: s.Given, Client: s.Client.From,
		Serial:     acm("DescribeCertificate", map[string]any{"CertificateArn": value(s.Client)}, expr("Certificate.Serial")),
		WithKey:    name + " contains a private key: anybody with the file can connect to the VPC.",
		WithoutKey: name + " is written, but the client's certificate and private key are not known here. Add them at the end of the file, between <cert> and </cert>, and <key> and </key>.",
		Kept:       name + " exists already and was not changed.",
		Earlier:    earlier + " in the current folder is the file of this Client VPN and was not changed. It contains a private key: move it to the folder " + folder + ".",
		Other:      name + " exists, but it is not a complete file of this Client VPN. It was not changed. Rename it and run again.",
		Lost: "The private key of the client certificate is not in the folder " + s.Keys + ", so " + name + " was not written. Use the file where the key was created. " +
			"If it is lost, replace the key: delete the Client VPN endpoint, if it exists, and then the client certificate in ACM, and run again.",
		Unfinished: name + " is not written yet. The certificates and keys for it are in the folder " + s.Keys + ": keep it, and run again.",
		Then:       "Connect with the AWS VPN Client (File, Manage Profiles), or run: sudo openvpn --config " + name}
}

// vpn is a call that reads or changes a part of a Client VPN endpoint.
func vpn(op string, endpoint Value, more map[string]any, out []Value, done ...string) Call {
	in := map[string]any{"ClientVpnEndpointId": value(endpoint)}
	for k, v := range more {
		in[k] = v
	}
	return ec2(op, in, out, done...)
}

// vpnEndpoint is the condition that a Client VPN endpoint is the one of a change.
func vpnEndpoint(a Change, s ClientVPN) []Value {
	if a.Op == Keep {
		return expr("ClientVpnEndpointId==", Lit(a.Existing))
	}
	return expr("VpcId==", Lit(s.VPC), " && Tags[?Key=='Name' && Value==", Lit(s.Tags["Name"]), "]")
}

// Serves claims that a part of a Client VPN is in the state that serves clients.
type Serves struct{}

// Kind implements Measure.
func (Serves) Kind() ClaimKind { return "client-vpn" }

func (Serves) check(_ Claim, a *Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	if s, ok := a.Spec.(ClientVPN); ok {
		return Check{Call: ec2("DescribeClientVpnEndpoints", nil, expr("ClientVpnEndpoints[?ClientVpnEndpointId==", From(a.ID), "] | [0].Status.Code")), Want: "available"}, s.VPC != ""
	}
	// The Until of the other parts returns pairs of an id and its state.
	u := *a.Steps().Until
	u.Call.Out = expr("(", u.Call.Out, ")[?[0]==", From(a.ID), "] | [0][1]")
	return Check{Call: u.Call, Want: u.Want}, true
}

func (s ClientVPN) cloudFormation(Change) Declared { return cannot(byScript) }
