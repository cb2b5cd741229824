package resource

import (
	"cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// ElasticIP is a new public address for a NAT gateway.
type ElasticIP struct {
	Name string
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (ElasticIP) Terms() []*terms.Term { return []*terms.Term{terms.Routes} }

// Kind implements Spec.
func (ElasticIP) Kind() string { return "elastic-ip" }

func (ElasticIP) constants() []field { return []field{{"Domain", "vpc"}} }

// Cells implements Spec.
func (s ElasticIP) Cells(Names, Change) Cells { return Cells{"Elastic IP address", s.Name, "", ""} }

func (s ElasticIP) uses() []Use { return []Use{{price.AddressHour, 1}} }

func (s ElasticIP) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_eip", "id", a.Existing)
	}
	return block("aws_eip", snaked(s))
}

// Steps implements Spec.
func (s ElasticIP) Steps(a Change) Steps {
	if a.Op == Keep {
		find := ec2("DescribeAddresses", filters("allocation-id", a.Existing), expr("Addresses[0].AllocationId"))
		return Steps{Find: &find}
	}
	find := ec2("DescribeAddresses", filters("tag:Name", s.Name, "tag:"+ManagedBy, Owner), expr("sort(Addresses[].AllocationId)[0]"))
	in := request(s)
	tag(in, "elastic-ip", s.Tags)
	now := ec2("DescribeAddresses", filters("allocation-id", From(a.ID)), expr("Addresses[0].{address: PublicIp}"))
	return Steps{
		Find:  &find,
		First: lowest(find, expr("Addresses"), "AllocationId", a),
		Do:    []Call{ec2("AllocateAddress", in, expr("AllocationId"))},
		Undo:  []Call{ec2("ReleaseAddress", map[string]any{"AllocationId": From(a.ID)}, nil, "InvalidAllocationID.NotFound")},
		Now:   &now,
	}
}

// tagged finds the addresses of the NAT gateways that this program created, because an address belongs to no VPC. AWS manages
// those of a regional one, and somebody else may have added secondary ones. A deleted gateway is listed for about an hour
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html), so an undo that ended early finds
// its address.
func (ElasticIP) tagged(vpc string) Tagged {
	return Tagged{alike(ElasticIP{}), "Elastic IP address", taggedNATs(vpc, "NatGateways[?AvailabilityMode!='regional'].NatGatewayAddresses[] | [?AllocationId && IsPrimary!=`false`].[AllocationId, PublicIp]")}
}

// taggedNATs returns what an expression gives of the NAT gateways of this program in a VPC.
func taggedNATs(vpc, out string) Call {
	return ec2("DescribeNatGateways", map[string]any{"Filter": byTag(vpc)["Filters"]}, expr(out))
}

// NATGateway is a new public NAT gateway: in a public subnet with an Elastic IP address, or of the whole Region. A regional
// one needs no public subnet, and AWS manages its addresses (Amazon VPC user guide, Regional NAT gateways for automatic
// multi-AZ expansion, https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html).
type NATGateway struct {
	VPC      string
	Name     string
	Subnet   string            `aws:"SubnetId,ref"`
	Address  string            `aws:"AllocationId,ref"`
	Regional bool              // spans the zones of the VPC
	Spans    int               // zones with subnets of the workload, for a regional one
	Zone     string            // of the subnet
	Tags     map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (NATGateway) Terms() []*terms.Term { return []*terms.Term{terms.Routes, terms.Zones} }

// Kind implements Spec.
func (NATGateway) Kind() string { return "nat-gateway" }

func (s NATGateway) constants() []field {
	if s.Regional {
		return []field{{"AvailabilityMode", "regional"}, {"VpcId", Ref(s.VPC)}}
	}
	return nil
}

// cli returns the versions that the change logs list for regional NAT gateways
// (https://github.com/aws/aws-cli/blob/develop/CHANGELOG.rst, https://github.com/aws/aws-cli/blob/v2/CHANGELOG.rst).
func (s NATGateway) cli() *CLI {
	if !s.Regional {
		return nil
	}
	return &CLI{"Regional NAT gateways", "1.43.0", "2.32.0"}
}

// Cells implements Spec.
func (s NATGateway) Cells(Names, Change) Cells {
	return Cells{"NAT gateway", s.Name, cmp.Or(s.Zone, "all zones"), ""}
}

// uses assumes that AWS bills a regional gateway, and one address, for each zone with workloads. No page of AWS that could be
// read says so; the assumption never shows too little.
func (s NATGateway) uses() []Use {
	if !s.Regional {
		return []Use{{price.NATHour, 1}, {Item: price.NATGB}}
	}
	return []Use{{price.NATHour, s.Spans}, {price.AddressHour, s.Spans}, {Item: price.NATGB}}
}

// progress has an estimate of the time: the Amazon VPC user guide gives no figure.
func (NATGateway) progress() Progress { return Progress{Typical: [2]int{60, 180}} }

// terraform leaves regional gateways to the script: the schema of aws_nat_gateway in version 5.100 of the provider has no
// availability mode, and requires a subnet.
func (s NATGateway) terraform(a Change) Declared {
	switch {
	case a.Op == Keep:
		return data("aws_nat_gateway", "id", a.Existing)
	case s.Regional:
		return cannot("Version 5.100 of the provider hashicorp/aws has no regional NAT gateways.")
	}
	return block("aws_nat_gateway", snaked(s))
}

// Steps implements Spec.
func (s NATGateway) Steps(a Change) Steps {
	read := func(out []Value) Call {
		in := filters("vpc-id", value(Ref(s.VPC)))
		return ec2("DescribeNatGateways", map[string]any{"Filter": in["Filters"]}, out)
	}
	if a.Op == Keep {
		find := read(expr("NatGateways[?NatGatewayId==", Lit(a.Existing), " && State=='available'].NatGatewayId | [0]"))
		return Steps{Find: &find}
	}
	which := expr("(State=='available' || State=='pending') && Tags[?Key=='Name' && Value==", Lit(s.Name), "] && Tags[?Key=='"+ManagedBy+"' && Value=='"+Owner+"']")
	find := read(expr("sort_by(NatGateways[?", which, "], &join(' ', [to_string(CreateTime), NatGatewayId]))[0].NatGatewayId"))
	in := request(s)
	in["ClientToken"] = Token{}
	tag(in, "natgateway", s.Tags)
	state := read(expr("NatGateways[].[NatGatewayId,State]"))
	now := read(expr("NatGateways[?NatGatewayId==", From(a.ID), " && State=='available'] | [0].{subnet: SubnetId}"))
	return Steps{
		Find:    &find,
		First:   oldest(find, expr("NatGateways[?", which, "]"), "CreateTime", "NatGatewayId", a),
		Do:      []Call{ec2("CreateNatGateway", in, expr("NatGateway.NatGatewayId"))},
		Until:   &Until{Call: state, Want: "available", Fail: []string{"failed", "deleting", "deleted"}, Every: 5, Limit: 600, What: "NatGateways[?FailureMessage].[NatGatewayId,join(': ',[FailureCode || '',FailureMessage])]"},
		Undo:    []Call{ec2("DeleteNatGateway", map[string]any{"NatGatewayId": From(a.ID)}, nil, "NatGatewayNotFound")},
		Now:     &now,
		Deleted: &Until{Call: state, Want: "deleted", Missing: "deleted", Every: 5, Limit: 900},
	}
}

func (NATGateway) tagged(vpc string) Tagged {
	return Tagged{alike(NATGateway{VPC: vpc}), "NAT gateway", taggedNATs(vpc, "NatGateways[?State=='pending' || State=='available'].[NatGatewayId, "+nameTag+"]")}
}

func (s NATGateway) claims(Change) []Claim {
	return []Claim{{Says: "NAT gateway " + s.Name + " is available", Measure: Exists{}}}
}

func (s ElasticIP) cloudFormation(Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::EC2::EIP", Fields: named(s), Output: "AllocationId"}}}
}

func (s NATGateway) cloudFormation(Change) Declared { return block("AWS::EC2::NatGateway", named(s)) }
