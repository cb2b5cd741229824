package sandbox_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

const airflowBlock = "10.192.0.0/16"

// vpnCertificates imports what a VPN needs, once: again it gives the same.
func vpnCertificates(t *testing.T, a *sandbox.Account, now time.Time) (server, client string) {
	t.Helper()
	c := acm.NewFromConfig(config(a, "us-west-2"))
	for _, have := range must(c.ListCertificates(ctx, &acm.ListCertificatesInput{}))(t).CertificateSummaryList {
		switch *have.DomainName {
		case "server.practice":
			server = *have.CertificateArn
		case "client.practice":
			client = *have.CertificateArn
		}
	}
	if server != "" {
		return server, client
	}
	made := must(cert.MakeVPN("practice", now, rand.Reader))(t)
	put := func(certificate string, key secret.Text) string {
		return *must(c.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: []byte(certificate), PrivateKey: []byte(key.Reveal()), CertificateChain: []byte(made.CA)}))(t).CertificateArn
	}
	return put(made.ServerCertificate, made.ServerKey), put(made.ClientCertificate, made.ClientKey)
}

func (f airflow) clientVPN() *ec2.CreateClientVpnEndpointInput {
	f.Helper()
	serverCertificate, clientCertificate := vpnCertificates(f.T, f.a, f.now())
	return &ec2.CreateClientVpnEndpointInput{
		ClientCidrBlock: aws.String("172.16.0.0/22"), ServerCertificateArn: aws.String(serverCertificate), ConnectionLogOptions: &types.ConnectionLogOptions{Enabled: aws.Bool(false)},
		AuthenticationOptions: []types.ClientVpnAuthenticationRequest{{Type: "certificate-authentication",
			MutualAuthentication: &types.CertificateAuthenticationRequest{ClientRootCertificateChainArn: aws.String(clientCertificate)}}},
		SplitTunnel: aws.Bool(true), TransportProtocol: "udp", VpnPort: aws.Int32(443), VpcId: aws.String(airflowVPC), SecurityGroupIds: []string{airflowNightly},
	}
}

func (f airflow) vpn(id string) types.ClientVpnEndpoint {
	f.Helper()
	return must(f.ec2.DescribeClientVpnEndpoints(ctx, &ec2.DescribeClientVpnEndpointsInput{ClientVpnEndpointIds: []string{id}}))(f.T).ClientVpnEndpoints[0]
}

func (f airflow) makeVPN(in *ec2.CreateClientVpnEndpointInput) *string {
	f.Helper()
	return must(f.ec2.CreateClientVpnEndpoint(ctx, in))(f.T).ClientVpnEndpointId
}

func (f airflow) associate(id *string, subnet string) (*string, error) {
	out, err := f.ec2.AssociateClientVpnTargetNetwork(ctx, &ec2.AssociateClientVpnTargetNetworkInput{ClientVpnEndpointId: id, SubnetId: &subnet})
	if err != nil {
		return nil, err
	}
	if out.Status.Code != "associating" {
		f.Errorf("a new association is %s", out.Status.Code)
	}
	return out.AssociationId, nil
}

func (f airflow) authorize(id *string, cidr string) error {
	return must1(f.ec2.AuthorizeClientVpnIngress(ctx, &ec2.AuthorizeClientVpnIngressInput{ClientVpnEndpointId: id, TargetNetworkCidr: &cidr, AuthorizeAllGroups: aws.Bool(true)}))
}

// vpnParts is how far the networks and rules of an endpoint are.
func (f airflow) vpnParts(id *string) string {
	f.Helper()
	var all []string
	for _, n := range must(f.ec2.DescribeClientVpnTargetNetworks(ctx, &ec2.DescribeClientVpnTargetNetworksInput{ClientVpnEndpointId: id}))(f.T).ClientVpnTargetNetworks {
		all = append(all, *n.TargetNetworkId+" "+string(n.Status.Code))
	}
	for _, rule := range must(f.ec2.DescribeClientVpnAuthorizationRules(ctx, &ec2.DescribeClientVpnAuthorizationRulesInput{ClientVpnEndpointId: id}))(f.T).AuthorizationRules {
		all = append(all, *rule.DestinationCidr+" "+string(rule.Status.Code))
	}
	return strings.Join(all, ", ")
}

func TestClientVPNComesAndGoes(t *testing.T) {
	f := openAirflow(t)
	group := *must(f.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("vpn"), Description: aws.String("vpn"), VpcId: aws.String(airflowVPC)}))(t).GroupId
	in := f.clientVPN()
	in.SecurityGroupIds, in.ClientToken, in.DnsServers = []string{group}, aws.String("one"), []string{"10.192.0.2"}
	in.TagSpecifications = []types.TagSpecification{{ResourceType: "client-vpn-endpoint", Tags: []types.Tag{{Key: aws.String("run"), Value: aws.String("1")}}}}
	made := must(f.ec2.CreateClientVpnEndpoint(ctx, in))(t)
	id := made.ClientVpnEndpointId
	host := *id + ".prod.clientvpn.us-west-2.amazonaws.com"
	if made.Status.Code != "pending-associate" || *made.DnsName != "*."+host {
		t.Errorf("%+v", made)
	}
	if again := f.makeVPN(in); *again != *id {
		t.Errorf("the token gave %s, then %s", *id, *again)
	}
	in.VpnPort = aws.Int32(1194)
	wantCode(t, must1(f.ec2.CreateClientVpnEndpoint(ctx, in)), "IdempotentParameterMismatch")
	e := f.vpn(*id)
	serverCertificate, clientCertificate := vpnCertificates(t, f.a, f.now())
	if *e.ClientCidrBlock != "172.16.0.0/22" || !*e.SplitTunnel || *e.VpnPort != 443 || e.TransportProtocol != "udp" || *e.VpcId != airflowVPC || e.SecurityGroupIds[0] != group || e.DnsServers[0] != "10.192.0.2" ||
		*e.ServerCertificateArn != serverCertificate || *e.AuthenticationOptions[0].MutualAuthentication.ClientRootCertificateChain != clientCertificate || *e.Tags[0].Value != "1" ||
		e.ConnectionLogOptions.Enabled == nil || *e.ConnectionLogOptions.Enabled {
		t.Errorf("%+v", e)
	}

	a := must(f.associate(id, airflowA))(t)
	wantCode(t, must1(f.associate(id, airflowA)), "InvalidClientVpnDuplicateAssociationException")
	wantCode(t, must1(f.associate(id, airflowPublicA)), "InvalidClientVpnSubnetId.DuplicateAz")
	wantCode(t, must1(f.associate(id, "subnet-0123456789abcdef0")), "InvalidClientVpnSubnetId.NotFound")
	wantCode(t, f.authorize(id, airflowBlock), "")
	wantCode(t, f.authorize(id, "10.192.7.7/16"), "InvalidClientVpnDuplicateAuthorizationRule")
	if got := f.vpnParts(id); got != airflowA+" associating, "+airflowBlock+" authorizing" || f.vpn(*id).Status.Code != "pending-associate" {
		t.Errorf("%s: %s", f.vpn(*id).Status.Code, got)
	}
	n := must(f.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filters("group-id", group)}))(t).NetworkInterfaces
	if len(n) != 1 || *n[0].SubnetId != airflowA || !*n[0].RequesterManaged || n[0].InterfaceType != "interface" || *n[0].Groups[0].GroupName != "vpn" {
		t.Errorf("%+v", n)
	}
	f.pass(30 * time.Second)
	if got := f.vpnParts(id); !strings.Contains(got, airflowA+" associating, "+airflowBlock+" active") {
		t.Error(got)
	}
	f.pass(5 * time.Minute)
	if got := f.vpnParts(id); got != airflowA+" associated, "+airflowBlock+" active" || f.vpn(*id).Status.Code != "available" {
		t.Errorf("%s: %s", f.vpn(*id).Status.Code, got)
	}
	b := must(f.associate(id, airflowB))(t)
	for _, found := range [][]types.Filter{filters("endpoint-id", *id), filters("tag:run", "1")} {
		if all := must(f.ec2.DescribeClientVpnEndpoints(ctx, &ec2.DescribeClientVpnEndpointsInput{Filters: found}))(t).ClientVpnEndpoints; len(all) != 1 {
			t.Errorf("%s finds %+v", *found[0].Name, all)
		}
	}
	text := *must(f.ec2.ExportClientVpnClientConfiguration(ctx, &ec2.ExportClientVpnClientConfigurationInput{ClientVpnEndpointId: id}))(t).ClientConfiguration
	if !strings.HasPrefix(text, "client\ndev tun\nproto udp\nremote "+host+" 443\nremote-random-hostname\nresolv-retry infinite\nnobind\nremote-cert-tls server\ncipher AES-256-GCM\nverb 3\n<ca>\n-----BEGIN CERTIFICATE-----\n") ||
		!strings.Contains(text, "-----END CERTIFICATE-----\n\n</ca>\n\nreneg-sec 0\n\nverify-x509-name server.practice name\n") {
		t.Error(text)
	}
	certificates := acm.NewFromConfig(config(f.a, "us-west-2"))
	wantCode(t, must1(certificates.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &clientCertificate})), "ResourceInUseException")
	if users := certificate(t, certificates, serverCertificate).InUseBy; len(users) != 1 || !strings.HasSuffix(users[0], "client-vpn-endpoint/"+*id) {
		t.Error(users)
	}
	block, _ := pem.Decode([]byte(text[strings.Index(text, "-----BEGIN"):]))
	if ca := must(x509.ParseCertificate(block.Bytes))(t); ca.Subject.CommonName != "ca.practice" {
		t.Error(ca.Subject)
	}

	remove := func() error {
		return must1(f.ec2.DeleteClientVpnEndpoint(ctx, &ec2.DeleteClientVpnEndpointInput{ClientVpnEndpointId: id}))
	}
	removeGroup := func() error {
		return must1(f.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group}))
	}
	wantCode(t, remove(), "DependencyViolation")
	wantCode(t, removeGroup(), "DependencyViolation")
	revoke := &ec2.RevokeClientVpnIngressInput{ClientVpnEndpointId: id, TargetNetworkCidr: aws.String(airflowBlock), RevokeAllGroups: aws.Bool(true)}
	if out := must(f.ec2.RevokeClientVpnIngress(ctx, revoke))(t); out.Status.Code != "revoking" {
		t.Errorf("%+v", out.Status)
	}
	for _, association := range []*string{a, b} {
		out := must(f.ec2.DisassociateClientVpnTargetNetwork(ctx, &ec2.DisassociateClientVpnTargetNetworkInput{ClientVpnEndpointId: id, AssociationId: association}))(t)
		if out.Status.Code != "disassociating" {
			t.Errorf("%+v", out.Status)
		}
	}
	wantCode(t, remove(), "DependencyViolation")
	f.pass(5 * time.Minute)
	if got := f.vpnParts(id); got != "" || f.vpn(*id).Status.Code != "pending-associate" {
		t.Errorf("%s: %s", f.vpn(*id).Status.Code, got)
	}
	wantCode(t, must1(f.ec2.RevokeClientVpnIngress(ctx, revoke)), "InvalidClientVpnEndpointAuthorizationRuleNotFound")
	wantCode(t, must1(f.ec2.DisassociateClientVpnTargetNetwork(ctx, &ec2.DisassociateClientVpnTargetNetworkInput{ClientVpnEndpointId: id, AssociationId: a})), "InvalidClientVpnAssociationIdNotFound")
	wantCode(t, removeGroup(), "")
	wantCode(t, remove(), "")
	if got := f.vpn(*id).Status.Code; got != "deleting" {
		t.Error(got)
	}
	f.pass(time.Minute)
	wantCode(t, must1(f.ec2.DescribeClientVpnEndpoints(ctx, &ec2.DescribeClientVpnEndpointsInput{ClientVpnEndpointIds: []string{*id}})), "InvalidClientVpnEndpointId.NotFound")
	wantCode(t, remove(), "InvalidClientVpnEndpointId.NotFound")
	wantCode(t, must1(certificates.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &clientCertificate})), "")
}

func TestClientVPNIsRefusedAsAWSDoes(t *testing.T) {
	f := openAirflow(t)
	certificates := acm.NewFromConfig(config(f.a, "us-west-2"))
	elliptic := must(certificates.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("web.example.net"), ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1"}))(t).CertificateArn
	pending := must(certificates.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("web.example.com"), ValidationMethod: "DNS"}))(t).CertificateArn
	f.pass(time.Hour)
	serverCertificate, _ := vpnCertificates(t, f.a, f.now())
	_, before := own(t, f.a, "GET", "/_sandbox/account", "")
	for _, tt := range []struct {
		change func(*ec2.CreateClientVpnEndpointInput)
		want   string
	}{
		{func(in *ec2.CreateClientVpnEndpointInput) { in.DryRun = aws.Bool(true) }, "DryRunOperation"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ClientCidrBlock = aws.String("172.16.0.0/23") }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ClientCidrBlock = aws.String("10.0.0.0/11") }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ClientCidrBlock = aws.String("10.192.252.0/22") }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ClientCidrBlock = aws.String("everybody") }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.VpnPort = aws.Int32(80) }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.TransportProtocol = "icmp" }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.DnsServers = []string{"resolver"} }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ConnectionLogOptions.Enabled = aws.Bool(true) }, "MissingParameter"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.AuthenticationOptions[0].MutualAuthentication = nil }, "MissingParameter"},
		{func(in *ec2.CreateClientVpnEndpointInput) {
			in.AuthenticationOptions[0].Type = "federated-authentication"
		}, "NotImplemented"},
		{func(in *ec2.CreateClientVpnEndpointInput) {
			in.ServerCertificateArn = aws.String(strings.Replace(serverCertificate, "us-west-2", "us-east-1", 1))
		}, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ServerCertificateArn = elliptic }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.ServerCertificateArn = pending }, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) {
			in.AuthenticationOptions[0].MutualAuthentication.ClientRootCertificateChainArn = aws.String("arn:aws:iam::123456789012:server-certificate/a")
		}, "InvalidParameterValue"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.VpcId = aws.String("vpc-0123456789abcdef0") }, "InvalidVpcID.NotFound"},
		{func(in *ec2.CreateClientVpnEndpointInput) { in.VpcId = nil }, "MissingParameter"}, // with groups
		{func(in *ec2.CreateClientVpnEndpointInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} }, "InvalidGroup.NotFound"},
	} {
		in := f.clientVPN()
		tt.change(in)
		_, err := f.ec2.CreateClientVpnEndpoint(ctx, in)
		wantCode(t, err, tt.want)
	}
	none := aws.String("cvpn-endpoint-0123456789abcdef0")
	wantCode(t, must1(f.associate(none, airflowA)), "InvalidClientVpnEndpointId.NotFound")
	wantCode(t, f.authorize(none, airflowBlock), "InvalidClientVpnEndpointId.NotFound")
	if _, after := own(t, f.a, "GET", "/_sandbox/account", ""); after != before {
		t.Error("what was refused left something")
	}

	// Without a VPC, it is the first subnet that shows the overlap, and brings the VPC and its default group.
	in := f.clientVPN()
	in.VpcId, in.SecurityGroupIds, in.ClientCidrBlock = nil, nil, aws.String("10.192.252.0/22")
	wantCode(t, must1(f.associate(f.makeVPN(in), airflowA)), "InvalidClientVpnSubnetId.OverlappingCidr")
	in = f.clientVPN()
	in.VpcId, in.SecurityGroupIds = nil, nil
	id := f.makeVPN(in)
	must(f.associate(id, airflowA))(t)
	if e := f.vpn(*id); *e.VpcId != airflowVPC || len(e.SecurityGroupIds) != 1 {
		t.Errorf("%+v", e)
	}
	wantCode(t, must1(f.ec2.AuthorizeClientVpnIngress(ctx, &ec2.AuthorizeClientVpnIngressInput{ClientVpnEndpointId: id, TargetNetworkCidr: aws.String(airflowBlock)})), "MissingParameter")
	_, after := own(t, f.a, "GET", "/_sandbox/account", "")
	for _, want := range []string{`"ClientVpnEndpoints"`, `"TargetNetworks"`, `"KeyPairs"`, `"InstanceProfiles"`, `"associating"`} {
		if !strings.Contains(after, want) {
			t.Errorf("the account does not show %s", want)
		}
	}
}
