package aws

import (
	"crypto/rand"
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// TestClientVPNAsData creates, loads and deletes a Client VPN endpoint with calls that are data.
// Their answers are the same as those of the SDK.
func TestClientVPNAsData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(sandbox.Options{Scenario: "mwaa-private"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Open(t.Context(), Options{Region: "us-west-2", Transport: box})
		if err != nil {
			t.Fatal(err)
		}
		const vpc, subnet = "vpc-0c1a2b3c4d5e60001", "subnet-0c1a2b3c4d5e61001"
		v, err := cert.MakeVPN("nightly", time.Now(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		blob := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
		arn := says(t, c, "acm", "ImportCertificate", map[string]any{"Certificate": blob(v.ServerCertificate), "PrivateKey": blob(v.ServerKey.Reveal()), "CertificateChain": blob(v.CA)}, "CertificateArn")
		create := map[string]any{"ClientCidrBlock": "172.16.0.0/22", "VpcId": vpc, "SecurityGroupIds": []any{"sg-0c1a2b3c4d5e64001"}, "SplitTunnel": true, "TransportProtocol": "udp", "VpnPort": 443,
			"ServerCertificateArn": arn, "ConnectionLogOptions": map[string]any{"Enabled": false}, "ClientToken": "one",
			"AuthenticationOptions": []any{map[string]any{"Type": "certificate-authentication", "MutualAuthentication": map[string]any{"ClientRootCertificateChainArn": arn}}},
			"TagSpecifications":     []any{map[string]any{"ResourceType": "client-vpn-endpoint", "Tags": []any{map[string]any{"Key": "Name", "Value": "airflow-nightly"}, map[string]any{"Key": "ManagedBy", "Value": "x"}}}}}
		id := says(t, c, "ec2", "CreateClientVpnEndpoint", create, "ClientVpnEndpointId")
		if again := says(t, c, "ec2", "CreateClientVpnEndpoint", create, "ClientVpnEndpointId"); again != id {
			t.Errorf("the token gave %s and %s", id, again)
		}
		with := func(more ...any) map[string]any {
			in := map[string]any{"ClientVpnEndpointId": id}
			for i := 0; i < len(more); i += 2 {
				in[more[i].(string)] = more[i+1]
			}
			return in
		}
		association := says(t, c, "ec2", "AssociateClientVpnTargetNetwork", with("SubnetId", subnet, "ClientToken", "two"), "AssociationId")
		for _, tt := range []struct {
			op   string
			in   map[string]any
			expr string
			want string
		}{
			{"AuthorizeClientVpnIngress", with("TargetNetworkCidr", "10.192.0.0/16", "AuthorizeAllGroups", true), "Status.Code", "authorizing"},
			{"AuthorizeClientVpnIngress", with("TargetNetworkCidr", "10.192.0.0/16", "AuthorizeAllGroups", true), "@", "InvalidClientVpnDuplicateAuthorizationRule"},
			{"DescribeClientVpnTargetNetworks", with(), "ClientVpnTargetNetworks[].[AssociationId, TargetNetworkId, Status.Code]", association + "\t" + subnet + "\tassociating"},
			{"DescribeClientVpnAuthorizationRules", with(), "AuthorizationRules[].[DestinationCidr, AccessAll, Status.Code]", "10.192.0.0/16\tTrue\tauthorizing"},
			{"ExportClientVpnClientConfiguration", with(), "ClientConfiguration && 'some'", "some"},
			{"DeleteClientVpnEndpoint", with(), "@", "DependencyViolation"},
		} {
			if got := says(t, c, "ec2", tt.op, tt.in, tt.expr); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.op, got, tt.want)
			}
		}
		time.Sleep(5 * time.Minute)

		got, err := c.Call(t.Context(), "ec2", "DescribeClientVpnEndpoints", nil)
		if err != nil {
			t.Fatal(err)
		}
		typed, err := ec2Client(c).DescribeClientVpnEndpoints(t.Context(), &ec2.DescribeClientVpnEndpointsInput{ClientVpnEndpointIds: []string{id}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(any(shape.Pascal.Plain(typed)), got); d != "" {
			t.Error("it reads something else than the SDK (-SDK +got)", d)
		}
		ways := loaded(t, c, inventory.Request{Part: inventory.PartAccess, VPC: vpc}).Access[0]
		found := []inventory.ClientVPN{{ID: id, Name: "airflow-nightly", CIDR: "172.16.0.0/22", State: "available", ServerCertificate: arn, ClientCertificate: arn,
			Associations: []inventory.Association{{ID: association, Subnet: subnet, State: "associated"}}, Authorized: []string{"10.192.0.0/16"}}}
		if d := cmp.Diff(found, ways.ClientVPNs); d != "" {
			t.Error(d)
		}
		if made := ways.CertificateFor("", arn); made == nil || made.Key != "RSA-2048" {
			t.Errorf("%+v", made)
		}

		for _, tt := range []struct {
			op   string
			in   map[string]any
			want string
		}{
			{"RevokeClientVpnIngress", with("TargetNetworkCidr", "10.192.0.0/16", "RevokeAllGroups", true), "revoking"},
			{"DisassociateClientVpnTargetNetwork", with("AssociationId", association), "disassociating"},
			{"DeleteClientVpnEndpoint", with(), "deleting"},
		} {
			if got := says(t, c, "ec2", tt.op, tt.in, "Status.Code"); got != tt.want {
				t.Errorf("%s: %s", tt.op, got)
			}
			time.Sleep(5 * time.Minute)
		}
		if got := loaded(t, c, inventory.Request{Part: inventory.PartAccess, VPC: vpc}).Access[0].ClientVPNs; len(got) > 0 {
			t.Errorf("%+v", got)
		}
		if got := says(t, c, "ec2", "DeleteClientVpnEndpoint", map[string]any{"ClientVpnEndpointId": sdk.String(id)}, "@"); got != "InvalidClientVpnEndpointId.NotFound" {
			t.Error(got)
		}
	})
}

// TestClientVPNsAreAGapWhereDenied verifies that a denied call is a gap and that nothing else
// fails.
func TestClientVPNsAreAGapWhereDenied(t *testing.T) {
	c := refusing(t, "ec2:DescribeClientVpnEndpoints")
	got := loaded(t, c, inventory.Request{Part: inventory.PartAccess, VPC: "vpc-1"})
	if _, ok := got.Gap("ec2:DescribeClientVpnEndpoints"); !ok {
		t.Errorf("%+v", got.Gaps)
	}
}
