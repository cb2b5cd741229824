package plan_test

import (
	"fmt"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// crowd returns a VPC with n subnets. Each has a route table association and a network interface in
// use, and every two have a security group. The workload runs in a tenth of the subnets.
func crowd(n int) *plantest.World {
	w := plantest.New()
	net := w.Net()
	net.Subnets, net.RouteTables = nil, []inventory.RouteTable{{ID: "rtb-main", Main: true}}
	for i := range n {
		id := fmt.Sprintf("subnet-%05d", i)
		net.Subnets = append(net.Subnets, inventory.Subnet{ID: id, VPC: plantest.VPC, Zone: plantest.Region + string(rune('a'+i%3)), Owner: plantest.Account, Free: 10,
			CIDR: fmt.Sprintf("10.%d.%d.%d/28", i/4096, i/16%256, i%16*16)})
		if i%25 == 0 {
			net.RouteTables = append(net.RouteTables, inventory.RouteTable{ID: fmt.Sprintf("rtb-%05d", i), Routes: []inventory.Route{{CIDR: "10.0.0.0/8", Target: "local"}}})
		}
		t := &net.RouteTables[len(net.RouteTables)-1]
		t.Subnets = append(t.Subnets, id)
		net.Interfaces = append(net.Interfaces, inventory.Interface{ID: fmt.Sprintf("eni-%05d", i), Subnet: id, Status: "in-use", Type: "interface",
			IP: fmt.Sprintf("10.%d.%d.%d", i/4096, i/16%256, i%16*16+5), Groups: []string{"sg-default"}})
		if i%2 == 0 {
			net.SecurityGroups = append(net.SecurityGroups, inventory.SecurityGroup{ID: fmt.Sprintf("sg-%05d", i), Name: fmt.Sprint("g", i), VPC: plantest.VPC})
		}
	}
	w.Inv.VPCs[0].CIDRs = []string{"10.0.0.0/8"}
	w.Service().Subnets = nil
	for i := 0; i < n; i += 10 {
		w.Service().Subnets = append(w.Service().Subnets, net.Subnets[i].ID)
	}
	return w
}

// BenchmarkSubnets shows that planning time grows linearly with the number of subnets.
func BenchmarkSubnets(b *testing.B) {
	for _, n := range []int{1000, 3000, 10000} {
		w := crowd(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if p := w.Plan(); len(p.Changes) < 5 {
					b.Fatalf("%d changes", len(p.Changes))
				}
			}
		})
	}
}

// BenchmarkInstances plans for 500 services on container instances of one cluster.
func BenchmarkInstances(b *testing.B) {
	for _, n := range []int{500, 5000} {
		w := plantest.New()
		plantest.OnEC2(w)
		c := &w.Inv.Clusters[0]
		for i := range n {
			id := fmt.Sprintf("i-%05d", i)
			c.ContainerInstances = append(c.ContainerInstances, inventory.ContainerInstance{ARN: "arn:" + id, Instance: id, AgentVersion: "1.86.2", VPC: plantest.VPC,
				Subnet: "subnet-a", Zone: "us-east-1a", OS: "linux"})
			w.Inv.Hosts = append(w.Inv.Hosts, inventory.Host{Instance: id, VPC: plantest.VPC, State: "running", PlatformName: "Amazon Linux", PlatformVersion: "2023", Ping: "Online"})
			w.Iface(inventory.Interface{ID: "eni-" + id, Subnet: "subnet-a", Status: "in-use", Type: "interface", IP: fmt.Sprintf("10.0.%d.%d", i/250, i%250), Groups: []string{"sg-hosts"}, Instance: id})
		}
		for i := range 500 {
			s := *w.Service()
			s.ARN, s.Name = fmt.Sprint("arn:s", i), fmt.Sprint("s", i)
			c.Services = append(c.Services, s)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if p := w.Plan(); p.Change("agents/prod") == nil {
					b.Fatal("no agents")
				}
			}
		})
	}
}
