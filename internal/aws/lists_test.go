package aws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestListsToRead tests the order of prefix lists: those of routes decide about internet access, so the
// limit must not cut them off.
func TestListsToRead(t *testing.T) {
	n := &inventory.Network{
		RouteTables: []inventory.RouteTable{{Routes: []inventory.Route{{PrefixList: "pl-z", Target: "tgw-1"}, {PrefixList: "pl-s3", Target: "vpce-1"}, {CIDR: "0.0.0.0/0", Target: "nat-1"}, {PrefixList: "pl-known", Target: "tgw-1"}}}},
		Endpoints:   []inventory.Endpoint{{ID: "vpce-1"}},
		PrefixLists: []inventory.PrefixList{{ID: "pl-known"}},
	}
	for i := range mostLists + 1 {
		n.SecurityGroups = append(n.SecurityGroups, inventory.SecurityGroup{Rules: []inventory.GroupRule{
			{Protocol: "tcp", From: 443, To: 443, PrefixList: fmt.Sprintf("pl-%d", i)}, {Protocol: "tcp", From: 22, To: 22, PrefixList: "pl-ssh"}, {Protocol: "-1", From: -1, To: -1, PrefixList: "pl-z"}}})
	}
	got := listsToRead(n)
	if len(got) != mostLists+2 || got[0] != "pl-z" || !slices.IsSorted(got[1:]) {
		t.Error(got)
	}
}
