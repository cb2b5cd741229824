package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func TestWhichNetworksASnapshotHolds(t *testing.T) {
	inv := &inventory.Inventory{
		Clusters: []inventory.Cluster{
			{Services: []inventory.Service{{VPC: "vpc-3"}, {VPC: "vpc-3"}, {}}},
			{ContainerInstances: []inventory.ContainerInstance{{VPC: "vpc-5"}, {VPC: "vpc-3"}, {External: true}}},
		},
		Batch: inventory.Batch{Environments: []inventory.ComputeEnvironment{{VPC: "vpc-9"}, {VPC: "vpc-5"}}},
	}
	for i := range allNetworks {
		inv.VPCs = append(inv.VPCs, inventory.VPC{ID: fmt.Sprint("vpc-", i)})
	}
	if got := worthLooking(inv); len(got) != allNetworks {
		t.Errorf("not all of %d: %v", allNetworks, got)
	}
	inv.VPCs = append(inv.VPCs, inventory.VPC{ID: "vpc-more"})
	if got := worthLooking(inv); !slices.Equal(got, []string{"vpc-3", "vpc-5", "vpc-9"}) {
		t.Errorf("%v", got)
	}
}
