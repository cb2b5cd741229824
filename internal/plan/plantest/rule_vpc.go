package plantest

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// NewVPC asks for a new VPC for a workload that does not exist yet.
func NewVPC(w *World) {
	w.Ans = answers.Answers{Version: 1, Region: w.Ans.Region, Workload: answers.ECSFargate, VPC: answers.PlannedVPC,
		NewVPC: &answers.NewVPC{Name: "orders", CIDR: "10.20.0.0/16"}, Needs: &[]string{"ecr", "awslogs"}}
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartCreation})
	for _, z := range []string{"a", "b", "c"} {
		w.Inv.Creation.Zones = append(w.Inv.Creation.Zones, inventory.Zone{Name: w.Inv.Region + z, ID: "use1-az" + z})
	}
}

// planned returns a change of a world with a new VPC.
func planned(change func(w *World, v *answers.NewVPC)) func(*World) {
	return func(w *World) {
		NewVPC(w)
		change(w, w.Ans.NewVPC)
	}
}

func internet(route string) func(w *World, v *answers.NewVPC) {
	return func(_ *World, v *answers.NewVPC) { v.Internet = route }
}

// earlier adds the VPC of an earlier run with one private subnet, which has a route table. Route table rtb-private has a default route
// if a target is given.
func earlier(w *World, table, target string) {
	w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2", Name: "orders", CIDRs: []string{"10.20.0.0/16"}, Owner: Account, Managed: true})
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-2"}, inventory.Request{Part: inventory.PartHosts, VPC: "vpc-2"})
	n := inventory.Network{VPC: "vpc-2", Subnets: []inventory.Subnet{{ID: "subnet-9", Name: "orders-private-us-east-1a", VPC: "vpc-2", Zone: "us-east-1a", CIDR: "10.20.0.0/20", Free: 4091, Owner: Account}}}
	for _, t := range []inventory.RouteTable{{ID: "rtb-private", Name: "orders-private"}, {ID: "rtb-other", Name: "orders-private-us-east-1a"}} {
		t.Routes = []inventory.Route{{CIDR: "10.20.0.0/16", Target: "local"}}
		if t.ID == table {
			t.Subnets = []string{"subnet-9"}
		}
		if t.ID == "rtb-private" && target != "" {
			t.Routes = append(t.Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: target})
		}
		n.RouteTables = append(n.RouteTables, t)
	}
	w.Inv.Networks = append(w.Inv.Networks, n)
}

func moreVPCs(w *World, n int) {
	for i := range n {
		w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: fmt.Sprint("vpc-more-", i), CIDRs: []string{fmt.Sprintf("10.%d.0.0/16", 100+i)}, Owner: Account})
	}
}

var vpcCases = []Case{
	{Rule: "V-NAME", Severity: plan.Block, Caught: planned(func(_ *World, v *answers.NewVPC) { v.Name = "prod" }), Says: "VPC vpc-1 has this name already", Alone: NewVPC},
	{Rule: "V-NAME", Severity: plan.Block, Caught: planned(func(w *World, _ *answers.NewVPC) {
		w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2", Name: "orders", CIDRs: []string{"10.30.0.0/16"}, Owner: Account, Managed: true})
	}), Says: "An earlier run created VPC vpc-2 with this name and the block 10.30.0.0/16", Alone: planned(func(w *World, _ *answers.NewVPC) {
		w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2", Name: "other", CIDRs: []string{"10.30.0.0/16"}, Owner: Account, Managed: true})
	})},
	{Rule: "V-CIDR", Severity: plan.Block, Caught: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "10.0.128.0/17" }), Says: "The block overlaps 10.0.0.0/16 of VPC prod (vpc-1)",
		Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "10.1.0.0/16" })},
	{Rule: "V-CIDR", Severity: plan.Block, Caught: planned(func(w *World, _ *answers.NewVPC) {
		w.Inv.Creation.Peers = []inventory.Peer{{VPC: "vpc-far", Account: "210987654321", CIDRs: []string{"10.20.4.0/24"}}}
	}), Says: "10.20.4.0/24 of VPC vpc-far of account 210987654321", Alone: planned(func(w *World, _ *answers.NewVPC) {
		w.Inv.Creation.Peers = []inventory.Peer{{VPC: "vpc-far", Account: "210987654321", CIDRs: []string{"10.21.4.0/24"}}}
	})},
	{Rule: "V-CIDR", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.CIDR = ""
		w.Inv.VPCs[0].CIDRs = []string{"10.0.0.0/8"}
	}), Says: "No block of 65,536 addresses in 10.0.0.0/8 is free", Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "" })},
	{Rule: "V-RANGE", Severity: plan.Error, Caught: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "203.0.0.0/16" }), Says: "public addresses", Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "100.64.0.0/16" })},
	{Rule: "V-RANGE", Severity: plan.Warn, Caught: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "172.17.0.0/16" }), Says: "172.17.0.0/16, which Docker", Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "172.18.0.0/16" })},
	{Rule: "V-SIZE", Severity: plan.Block, Caught: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "10.20.0.0/28" }), Says: "no place for the subnets of 2 zones", Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR = "10.20.0.0/26" })},
	{Rule: "V-SIZE", Severity: plan.Error, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.CIDR, w.Ans.Needs = "10.20.0.0/27", &[]string{"ecr", "awslogs", "secretsmanager"}
	}), Says: "The subnet 10.20.0.0/28 has 16 addresses: AWS reserves 5, and the endpoints use 4. 7 remain", Alone: planned(func(_ *World, v *answers.NewVPC) { v.CIDR, v.Zones.Count = "10.20.0.0/27", 1 })},
	{Rule: "V-ZONE", Severity: plan.Block, Caught: planned(func(_ *World, v *answers.NewVPC) { v.Zones.Names = []string{"us-east-1a", "us-east-1z"} }), Says: "us-east-1z is not an available zone of us-east-1", Alone: planned(func(_ *World, v *answers.NewVPC) { v.Zones.Names = []string{"us-east-1a", "us-east-1c"} })},
	{Rule: "V-ZONE", Severity: plan.Error, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Zones.Names = []string{"us-east-1a", "us-east-1b"}
		w.EndpointService("logs").Zones = []string{"us-east-1a", "us-east-1c"}
	}), Says: "The zone us-east-1b does not have the endpoint service of logs", Alone: planned(func(w *World, _ *answers.NewVPC) {
		w.EndpointService("logs").Zones = []string{"us-east-1a", "us-east-1c"}
	})},
	{Rule: "V-ZONE", Severity: plan.Block, Caught: planned(func(_ *World, v *answers.NewVPC) { v.Zones.Count = 4 }), Says: "The Region has 3 zones for this account, and the new VPC needs 4", Alone: planned(func(_ *World, v *answers.NewVPC) { v.Zones.Count = 3 })},
	{Rule: "V-QUOTA", Severity: plan.Block, Caught: planned(func(w *World, _ *answers.NewVPC) { moreVPCs(w, 4) }), Says: "The quota is 5 VPCs per Region", Alone: planned(func(w *World, _ *answers.NewVPC) { moreVPCs(w, 4); w.Inv.Creation.VPCs.Limit = 6 })},
	{Rule: "V-QUOTA", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNATPerZone
		w.Inv.Creation.Addresses.Used = 4
	}), Says: "The quota is 5 Elastic IP addresses per Region",
		Alone: planned(func(w *World, v *answers.NewVPC) { v.Internet = answers.InternetNAT; w.Inv.Creation.Addresses.Used = 4 })},
	{Rule: "V-QUOTA", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetRegional
		w.Inv.Creation.InternetGateways.Used = 5
	}), Says: "The quota is 5 internet gateways per Region", Alone: planned(func(w *World, _ *answers.NewVPC) { w.Inv.Creation.InternetGateways.Used = 5 })},
	{Rule: "V-QUOTA", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNAT
		w.Inv.Creation.NATGateways.ByZone = map[string]int{"us-east-1a": 5}
	}), Says: "The quota is 5 NAT gateways per Availability Zone", Alone: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNAT
		w.Inv.Creation.NATGateways.ByZone = map[string]int{"us-east-1b": 5}
	})},
	{Rule: "V-BPA", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNAT
		w.Inv.Creation.BlockPublicAccess = "block-bidirectional"
	}), Says: "in mode block-bidirectional", Alone: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNAT
		w.Inv.Creation.BlockPublicAccess = "block-ingress"
	})},
	{Rule: "V-BPA", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetRegional
		w.Inv.Creation.BlockPublicAccess = "block-bidirectional"
	}), Says: "in mode block-bidirectional", Alone: planned(func(w *World, _ *answers.NewVPC) { w.Inv.Creation.BlockPublicAccess = "block-bidirectional" })},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetNAT
		w.Gap("ec2:DescribeVpcBlockPublicAccessOptions")
	}), Says: "V-BPA", Alone: NewVPC},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: planned(func(w *World, _ *answers.NewVPC) { w.Gap("ec2:DescribeVpcPeeringConnections") }), Says: "V-CIDR", Alone: NewVPC},
	{Rule: "V-REGIONAL", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		v.Internet = answers.InternetRegional
		w.Inv.Partition = "aws-us-gov"
	}), Says: "do not exist in this partition", Alone: planned(internet(answers.InternetRegional))},
	{Rule: "V-ROUTES", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) { earlier(w, "rtb-other", "nat-1"); v.Internet = answers.InternetNAT }), Says: "Subnet orders-private-us-east-1a has route table rtb-other, and internet: nat needs another one",
		Alone: planned(func(w *World, _ *answers.NewVPC) { earlier(w, "rtb-private", "") })},
	{Rule: "V-ROUTES", Severity: plan.Block, Caught: planned(func(w *World, v *answers.NewVPC) {
		earlier(w, "rtb-private", "nat-1")
		v.Internet = answers.InternetNAT
	}), Says: "has a route 0.0.0.0/0 to nat-1, and internet: nat needs it to a new gateway",
		Alone: planned(func(w *World, v *answers.NewVPC) { earlier(w, "rtb-private", ""); v.Internet = answers.InternetNAT })},
	{Rule: "V-ONENAT", Severity: plan.Info, Caught: planned(internet(answers.InternetNAT)), Says: "If zone us-east-1a fails", Alone: planned(internet(answers.InternetNATPerZone))},
}
