package resource

// Routed claims that a route table leads to a gateway endpoint.
type Routed struct {
	RouteTable Value `json:"route_table"`
}

// Kind implements Measure.
func (Routed) Kind() ClaimKind { return "route" }

func (m Routed) check(c Claim, _ *Change) (Check, bool) {
	return yes(ec2("DescribeRouteTables", filters("vpc-id", value(Ref(c.VPC))),
		holds("RouteTables[?RouteTableId==", m.RouteTable, "].Routes[] | [?State=='active' && GatewayId==", From(c.Change), "]")))
}

// Unblocked claims that a route table has no blackhole route to addresses on the path.
type Unblocked struct {
	RouteTable Value  `json:"route_table"`
	Block      string `json:"cidr"` // destination of the route
}

// Kind implements Measure.
func (Unblocked) Kind() ClaimKind { return "no-blackhole" }

func (m Unblocked) check(c Claim, _ *Change) (Check, bool) {
	to := Lit(m.Block)
	return yes(ec2("DescribeRouteTables", filters("vpc-id", value(Ref(c.VPC))), expr("RouteTables[?RouteTableId==", m.RouteTable,
		"].Routes[] | [?State=='blackhole' && (DestinationCidrBlock==", to, " || DestinationIpv6CidrBlock==", to, " || DestinationPrefixListId==", to, ")] && 'no' || 'yes'")))
}
