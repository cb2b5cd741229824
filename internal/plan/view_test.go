package plan_test

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

func TestWayOut(t *testing.T) {
	works := []inventory.NATGateway{{ID: "nat-1", State: "available", Public: true}}
	for name, tt := range map[string]struct {
		route inventory.Route
		nats  []inventory.NATGateway
		words string
		want  catalog.Egress
	}{
		"internet gateway": {inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"}, nil, "internet gateway", catalog.Open},
		"NAT":              {inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"}, works, "NAT gateway", catalog.Open},
		"private NAT":      {inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"}, []inventory.NATGateway{{ID: "nat-1", State: "available"}}, "NAT gateway that leads nowhere", catalog.Closed},
		"transit gateway":  {inventory.Route{CIDR: "0.0.0.0/0", Target: "tgw-1"}, nil, "leaves by tgw-1", catalog.Maybe},
		"blackhole":        {inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1", Blackhole: true}, works, "default route leads nowhere", catalog.Closed},
		"only local":       {inventory.Route{CIDR: "10.0.0.0/16", Target: "local"}, nil, "no way out", catalog.Closed},
		"only IPv6":        {inventory.Route{CIDR: "::/0", Target: "eigw-1"}, nil, "no way out", catalog.Closed},
	} {
		n := &inventory.Network{NATGateways: tt.nats, RouteTables: []inventory.RouteTable{{ID: "rtb", Main: true, Routes: []inventory.Route{tt.route}}}}
		if words, e := plan.WayOut(n, &inventory.Subnet{ID: "s"}); words != tt.words || e != tt.want {
			t.Errorf("%s: %q %v", name, words, e)
		}
	}
	if words, e := plan.WayOut(&inventory.Network{}, &inventory.Subnet{}); e != catalog.Maybe || words != "routes not known" {
		t.Errorf("unknown routes: %q %v", words, e)
	}
}
