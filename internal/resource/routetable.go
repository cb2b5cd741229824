package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// RouteTable is a new route table.
type RouteTable struct {
	VPC  string `aws:"VpcId,ref"`
	Name string
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (RouteTable) Terms() []*terms.Term { return []*terms.Term{terms.Routes} }

// Kind implements Spec.
func (RouteTable) Kind() string { return "route-table" }

// Cells implements Spec.
func (s RouteTable) Cells(p Names, _ Change) Cells {
	return Cells{"route table", s.Name, p.VPCText(), ""}
}

func (s RouteTable) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_route_table", "route_table_id", a.Existing)
	}
	return block("aws_route_table", snaked(s))
}

// Steps implements Spec.
func (s RouteTable) Steps(a Change) Steps {
	vpc := value(Ref(s.VPC))
	if a.Op == Keep {
		find := ec2("DescribeRouteTables", filters("route-table-id", a.Existing), expr("RouteTables[0].RouteTableId"))
		return Steps{Find: &find}
	}
	own := expr("RouteTables[?Tags[?Key=='Name' && Value==", Lit(s.Name), "] && Tags[?Key=='"+ManagedBy+"' && Value=='"+Owner+"']]")
	find := ec2("DescribeRouteTables", filters("vpc-id", vpc), expr("sort(", own, ".RouteTableId)[0]"))
	in := request(s)
	in["ClientToken"] = Token{Recent: true}
	tag(in, "route-table", s.Tags)
	now := ec2("DescribeRouteTables", filters("route-table-id", From(a.ID)), expr("RouteTables[0].{routes: Routes[?Origin=='CreateRoute'].[DestinationCidrBlock, DestinationPrefixListId]}"))
	return Steps{
		Find:  &find,
		First: lowest(find, own, "RouteTableId", a),
		Do:    []Call{ec2("CreateRouteTable", in, expr("RouteTable.RouteTableId"))},
		Undo:  []Call{ec2("DeleteRouteTable", map[string]any{"RouteTableId": From(a.ID)}, nil, "InvalidRouteTableID.NotFound")},
		Now:   &now,
	}
}

func (RouteTable) tagged(vpc string) Tagged {
	return Tagged{alike(RouteTable{VPC: vpc}), "route table", taggedTables(vpc, "RouteTables[].[RouteTableId, "+nameTag+"]")}
}

// taggedTables returns what an expression gives of the route tables of this program in a VPC.
func taggedTables(vpc, out string) Call { return ec2("DescribeRouteTables", byTag(vpc), expr(out)) }

// RouteTableAssociation gives a new subnet its route table. Without it, the subnet has the main route table of its VPC
// (Amazon VPC user guide, Subnet route tables).
type RouteTableAssociation struct {
	VPC    string
	Table  string `aws:"RouteTableId,ref"`
	Subnet string `aws:"SubnetId,ref"`
	Name   string // of the subnet
}

// Terms implements Spec.
func (RouteTableAssociation) Terms() []*terms.Term { return []*terms.Term{terms.Routes} }

// Kind implements Spec.
func (RouteTableAssociation) Kind() string { return "route-table-association" }

// Cells implements Spec.
func (s RouteTableAssociation) Cells(p Names, _ Change) Cells {
	return Cells{"association", s.Name, p.ResourceName(Ref(s.Table)), ""}
}

func (s RouteTableAssociation) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	return block("aws_route_table_association", snaked(s))
}

// Steps implements Spec.
func (s RouteTableAssociation) Steps(a Change) Steps {
	table, sub := Ref(s.Table), Ref(s.Subnet)
	find, other := place("RouteTables[].Associations[] | ", "RouteTableAssociationId", expr("SubnetId==", sub),
		needs(expr("RouteTableId==", table), "'the subnet has route table '", "RouteTableId", "' (plan: '", table, "')'"))
	call := ec2("DescribeRouteTables", filters("vpc-id", value(Ref(s.VPC))), find)
	if a.Op == Keep {
		return Steps{Find: &call, Other: other}
	}
	now := ec2("DescribeRouteTables", filters("association.route-table-association-id", From(a.ID)),
		expr("RouteTables[].Associations[] | [?RouteTableAssociationId==", From(a.ID), "] | [0].{subnet: SubnetId}"))
	return Steps{
		Find:  &call,
		Other: other,
		Do:    []Call{ec2("AssociateRouteTable", request(s), expr("AssociationId"))},
		Now:   &now,
		Undo:  []Call{ec2("DisassociateRouteTable", map[string]any{"AssociationId": From(a.ID)}, nil, "InvalidAssociationID.NotFound")},
	}
}

func (RouteTableAssociation) tagged(vpc string) Tagged {
	return Tagged{alike(RouteTableAssociation{VPC: vpc}), "association of a route table with", taggedTables(vpc, "RouteTables[].Associations[] | [?SubnetId].[RouteTableAssociationId, SubnetId]")}
}

func (s RouteTableAssociation) claims(Change) []Claim {
	return []Claim{{Says: "subnet " + s.Name + " has its route table", Measure: Exists{}}}
}

// Route is a default route of a new route table. One of Gateway and NAT is set.
type Route struct {
	VPC     string
	Name    string // of the table
	Table   string `aws:"RouteTableId,ref"`
	CIDR    string `aws:"DestinationCidrBlock"`
	Gateway string `aws:"GatewayId,ref"`
	NAT     string `aws:"NatGatewayId,ref"`
}

// Terms implements Spec.
func (Route) Terms() []*terms.Term { return []*terms.Term{terms.Routes} }

// Kind implements Spec.
func (Route) Kind() string { return "route" }

// Cells implements Spec.
func (s Route) Cells(p Names, _ Change) Cells {
	to := p.ResourceName(Ref(s.NAT + s.Gateway))
	return Cells{"route", s.Name, s.CIDR, "to " + to}
}

func (s Route) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	return block("aws_route", snaked(s))
}

// Steps implements Spec.
func (s Route) Steps(a Change) Steps {
	table, target, field := Ref(s.Table), Ref(s.Gateway), "GatewayId"
	if s.NAT != "" {
		target, field = Ref(s.NAT), "NatGatewayId"
	}
	to := expr("DestinationCidrBlock==", Lit(s.CIDR))
	routes := expr("RouteTables[?RouteTableId==", table, "].Routes[] | ")
	_, other := placeIn(routes, "DestinationCidrBlock", to,
		needs(expr(field+"==", target), "'the route leads to '", "GatewayId || NatGatewayId || TransitGatewayId || NetworkInterfaceId || 'another target'", "' (plan: '", target, "')'"))
	call := ec2("DescribeRouteTables", filters("vpc-id", value(Ref(s.VPC))), expr(routes, "[?", to, " && "+field+"==", target, "] && ", table))
	if a.Op == Keep {
		return Steps{Find: &call, Other: other}
	}
	return Steps{
		Find:  &call,
		Other: other,
		Do:    []Call{ec2("CreateRoute", request(s), expr(table))},
		Undo:  []Call{ec2("DeleteRoute", map[string]any{"RouteTableId": value(table), "DestinationCidrBlock": s.CIDR}, nil, "InvalidRoute.NotFound", "InvalidRouteTableID.NotFound")},
	}
}

func (s Route) claims(Change) []Claim {
	return []Claim{{Says: "the default route of " + s.Name + " leads to its gateway", Measure: Exists{}}}
}

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

func (s RouteTable) cloudFormation(Change) Declared { return block("AWS::EC2::RouteTable", named(s)) }

func (s RouteTableAssociation) cloudFormation(Change) Declared {
	return block("AWS::EC2::SubnetRouteTableAssociation", named(s))
}

func (s Route) cloudFormation(Change) Declared { return block("AWS::EC2::Route", named(s)) }
