package aws_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// creationOf loads what a new VPC depends on in a sandbox account.
func creationOf(t *testing.T, scenario, region string, identity bool) inventory.Inventory {
	t.Helper()
	a, err := sandbox.New(sandbox.Options{Scenario: scenario})
	if err != nil {
		t.Fatal(err)
	}
	c, err := aws.Open(t.Context(), aws.Options{Region: region, Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	if identity {
		if _, _, err := c.Caller(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartCreation})
	if err != nil || len(inv.Gaps) != 0 {
		t.Fatal(err, inv.Gaps)
	}
	return inv
}

func TestCreationOfTheSandbox(t *testing.T) {
	got := creationOf(t, "empty", "us-east-1", true).Creation
	var zones []string
	for _, z := range got.Zones {
		zones = append(zones, z.Name+" "+z.ID)
	}
	if want := []string{"us-east-1a use1-az6", "us-east-1b use1-az1", "us-east-1c use1-az2", "us-east-1d use1-az4", "us-east-1e use1-az3", "us-east-1f use1-az5"}; !slices.Equal(zones, want) {
		t.Errorf("%q", zones)
	}
	got.Zones = nil
	five := inventory.Quota{Limit: 5}
	want := inventory.Creation{VPCs: inventory.Quota{Limit: 5, Used: 1}, InternetGateways: inventory.Quota{Limit: 5, Used: 1}, NATGateways: five, Addresses: five,
		Gateways: []inventory.Gateway{{ID: "igw-0e4d5e6f7a8b90001", VPC: "vpc-0e4d5e6f7a8b90001"}}}
	want.NATGateways.ByZone = map[string]int{}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	nat := creationOf(t, "registry", "us-east-1", true).Creation
	if d := cmp.Diff(inventory.Quota{Limit: 5, Used: 1, ByZone: map[string]int{"us-east-1a": 1}}, nat.NATGateways); d != "" || nat.Addresses.Used != 1 {
		t.Errorf("%s%+v", d, nat.Addresses)
	}
}

// A VPC that another account shares does not count for the quota, also if the identity was not loaded.
func TestSharedVPCsDoNotCount(t *testing.T) {
	for _, identity := range []bool{true, false} {
		if got := creationOf(t, "shared-vpc", "us-east-1", identity).Creation.VPCs; got.Used != 0 || got.Limit != 5 {
			t.Errorf("%+v", got)
		}
	}
}

// A snapshot contains the part, and a part that is not in it is a gap.
func TestCreationInASnapshot(t *testing.T) {
	inv := creationOf(t, "empty", "us-east-1", true)
	if !slices.Contains(inv.Requests(nil), inventory.Request{Part: inventory.PartCreation}) {
		t.Error(inv.Requests(nil))
	}
	data, err := inv.Write()
	if err != nil {
		t.Fatal(err)
	}
	back, err := inventory.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	f := back.Fragment(inventory.Request{Part: inventory.PartCreation})
	if len(f.Gaps) != 0 || len(f.Creation.Zones) != 6 || f.Creation.VPCs.Limit != 5 {
		t.Errorf("%+v %+v", f.Gaps, f.Creation)
	}
	f = (&inventory.Inventory{Region: "us-east-1"}).Fragment(inventory.Request{Part: inventory.PartCreation})
	if g, ok := f.Gap("ec2:DescribeAvailabilityZones"); !ok || g.Code != inventory.NotInSnapshot {
		t.Errorf("%+v", f.Gaps)
	}
}
