package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	account "github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// exits is a VPC with each kind of route to the internet, and prefix lists of customers.
const exits = `
Region: us-east-1
VPC: vpc-0e000000000000001
Vpcs:
  - VpcId: vpc-0e000000000000001
    CidrBlock: 10.0.0.0/16
    BlockPublicAccessStates: {InternetGatewayBlockMode: block-ingress}
    EncryptionControl: {VpcId: vpc-0e000000000000001, Mode: enforce, State: available, ResourceExclusions: {NatGateway: {State: enabled}, InternetGateway: {State: enabled}, EgressOnlyInternetGateway: {State: disabled}}}
Subnets:
  - {SubnetId: subnet-0e000000000000001, VpcId: vpc-0e000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/24, BlockPublicAccessStates: {InternetGatewayBlockMode: block-ingress}}
  - {SubnetId: subnet-0e000000000000002, VpcId: vpc-0e000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.1.0/24, EnableDns64: true, BlockPublicAccessStates: {InternetGatewayBlockMode: block-bidirectional}}
  - {SubnetId: subnet-0e000000000000003, VpcId: vpc-0e000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.2.0/24}
InternetGateways:
  - {InternetGatewayId: igw-0e000000000000001, Attachments: [{VpcId: vpc-0e000000000000001}]}
NatGateways:
  - {NatGatewayId: nat-0e000000000000001, VpcId: vpc-0e000000000000001, SubnetId: subnet-0e000000000000003}
  - {NatGatewayId: nat-0e000000000000002, VpcId: vpc-0e000000000000001, AvailabilityMode: regional, RouteTableId: rtb-0e000000000000003}
  - {NatGatewayId: nat-0e000000000000003, VpcId: vpc-0e000000000000001, SubnetId: subnet-0e000000000000001, ConnectivityType: private}
PrefixLists:
  - {PrefixListId: pl-0e000000000000001, PrefixListName: all, Cidrs: [0.0.0.0/1, 128.0.0.0/1]}
  - {PrefixListId: pl-0e000000000000002, PrefixListName: many, OwnerId: "210987654321", Cidrs: [%s]}
  - {PrefixListId: pl-0e000000000000003, PrefixListName: no rule that matters uses it, Cidrs: [10.0.0.0/16]}
  - {PrefixListId: pl-0e000000000000004, PrefixListName: nobody uses it, Cidrs: [10.0.0.0/16]}
RouteTables:
  - RouteTableId: rtb-0e000000000000001
    VpcId: vpc-0e000000000000001
    Associations: [{SubnetId: subnet-0e000000000000001}]
    Routes: [{DestinationPrefixListId: pl-0e000000000000001, NatGatewayId: nat-0e000000000000001}]
  - RouteTableId: rtb-0e000000000000002
    VpcId: vpc-0e000000000000001
    Associations: [{SubnetId: subnet-0e000000000000002}]
    Routes: [{DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-0e000000000000002}]
  - RouteTableId: rtb-0e000000000000003
    VpcId: vpc-0e000000000000001
    Associations: [{SubnetId: subnet-0e000000000000003}]
    Routes: [{DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-0e000000000000001}]
SecurityGroups:
  - GroupId: sg-0e000000000000001
    GroupName: app
    VpcId: vpc-0e000000000000001
    Rules:
      - {IpProtocol: tcp, FromPort: 0, ToPort: 65535, PrefixListId: pl-0e000000000000002}
      - {IpProtocol: tcp, FromPort: 22, ToPort: 22, PrefixListId: pl-0e000000000000003}
`

func exitsAccount(t *testing.T) (*sandbox.Account, *account.Client) {
	t.Helper()
	var many []string
	for i := range 130 { // two pages
		many = append(many, fmt.Sprintf("10.%d.0.0/16", i))
	}
	a, err := sandbox.OpenYAML(fmt.Sprintf(exits, strings.Join(many, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	c, err := account.Open(t.Context(), account.Options{Region: "us-east-1", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

func TestRoutesAreRead(t *testing.T) {
	a, c := exitsAccount(t)
	request := inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-0e000000000000001"}
	inv, err := c.Load(t.Context(), request)
	if err != nil || len(inv.Gaps) > 0 {
		t.Fatal(err, inv.Gaps)
	}
	n := inv.Networks[0]
	want := []inventory.NATGateway{{ID: "nat-0e000000000000001", State: "available", Public: true, Subnet: "subnet-0e000000000000003"},
		{ID: "nat-0e000000000000002", State: "available", Public: true, Regional: true, RouteTable: "rtb-0e000000000000003"},
		{ID: "nat-0e000000000000003", State: "available", Subnet: "subnet-0e000000000000001"}}
	if d := cmp.Diff(want, n.NATGateways); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(inventory.EncryptionControl{Mode: "enforce", State: "available", Exclusions: []string{"InternetGateway", "NatGateway"}}, n.Encryption); d != "" || n.BlockPublicAccess != "block-ingress" {
		t.Errorf("%s%s", n.BlockPublicAccess, d)
	}
	for i, mode := range []string{"block-ingress", "block-bidirectional", ""} {
		if s := n.Subnets[i]; s.BlockPublicAccess != mode || s.DNS64 != (i == 1) {
			t.Errorf("%+v", s)
		}
	}
	lists := map[string]int{}
	for _, p := range n.PrefixLists {
		if p.Name == "" {
			lists[p.ID] = len(p.CIDRs)
		}
	}
	if d := cmp.Diff(map[string]int{"pl-0e000000000000001": 2, "pl-0e000000000000002": 130}, lists); d != "" {
		t.Error(d)
	}
	for id, want := range map[string]catalog.Egress{"subnet-0e000000000000001": catalog.Open, "subnet-0e000000000000002": catalog.Maybe, "subnet-0e000000000000003": catalog.Open} {
		if text, e := plan.WayOut(&inv, &n, n.Subnet(id)); e != want {
			t.Errorf("%s: %s", id, text)
		}
	}
	// A denied list is a gap, and the other lists and the rest of the network remain.
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/deny", strings.NewReader(`{"operations":["ec2:GetManagedPrefixListEntries"]}`)))
	inv, err = c.Load(t.Context(), request)
	if err != nil || len(inv.Gaps) != 1 || inv.Gaps[0].Call != "ec2:GetManagedPrefixListEntries" {
		t.Fatal(err, inv.Gaps)
	}
	n = inv.Networks[0]
	if slices.ContainsFunc(n.PrefixLists, func(p inventory.PrefixList) bool { return p.Name == "" }) || len(n.NATGateways) != 3 {
		t.Errorf("%+v", n.PrefixLists)
	}
	if text, e := plan.WayOut(&inv, &n, &n.Subnets[0]); e != catalog.Maybe || !strings.Contains(text, "prefix list not read") {
		t.Errorf("%v %s", e, text)
	}
}

// The product knows every mode that the SDK knows.
func TestModesOfTheSDK(t *testing.T) {
	for _, mode := range types.BlockPublicAccessModeOff.Values() {
		if mode != "off" && mode != "block-bidirectional" && mode != "block-ingress" {
			t.Errorf("mode %s of VPC Block Public Access is not judged", mode)
		}
	}
	for _, mode := range types.AvailabilityModeZonal.Values() {
		if mode != "zonal" && mode != "regional" {
			t.Errorf("NAT gateways that are %s are not judged", mode)
		}
	}
	for _, mode := range types.VpcEncryptionControlModeEnforce.Values() {
		if mode != "monitor" && mode != "enforce" {
			t.Errorf("mode %s of VPC Encryption Controls is not judged", mode)
		}
	}
}
