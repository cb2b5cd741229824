package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// Subnet is a new subnet. It assigns no public addresses.
type Subnet struct {
	VPC  string `aws:"VpcId,ref"`
	Name string
	CIDR string            `aws:"CidrBlock"`
	Zone string            `aws:"AvailabilityZone"`
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (Subnet) Terms() []*terms.Term { return []*terms.Term{terms.VPC, terms.Zones, terms.CIDR} }

// Kind implements Spec.
func (Subnet) Kind() string { return "subnet" }

// Cells implements Spec.
func (s Subnet) Cells(Names, Change) Cells { return Cells{"subnet", s.Name, s.Zone, s.CIDR} }

func (s Subnet) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_subnet", "id", a.Existing)
	}
	return block("aws_subnet", snaked(s))
}

// Steps implements Spec.
func (s Subnet) Steps(a Change) Steps {
	vpc := value(Ref(s.VPC))
	if a.Op == Keep {
		find := ec2("DescribeSubnets", filters("subnet-id", a.Existing), expr("Subnets[0].SubnetId"))
		return Steps{Find: &find}
	}
	out, other := place("Subnets", "SubnetId", expr("CidrBlock==", Lit(s.CIDR)), needs(expr("AvailabilityZone==", Lit(s.Zone)), "'it is in '", "AvailabilityZone", "' (plan: "+s.Zone+")'"))
	find := ec2("DescribeSubnets", filters("vpc-id", vpc), out)
	in := request(s)
	tag(in, "subnet", s.Tags)
	now := ec2("DescribeSubnets", filters("subnet-id", From(a.ID)), expr("Subnets[0].{public_addresses: MapPublicIpOnLaunch}"))
	return Steps{
		Find:  &find,
		Other: other,
		Do:    []Call{ec2("CreateSubnet", in, expr("Subnet.SubnetId"))},
		Until: &Until{Call: ec2("DescribeSubnets", filters("vpc-id", vpc), expr("Subnets[].[SubnetId,State]")), Want: "available", Every: 2, Limit: 120},
		Undo:  []Call{ec2("DeleteSubnet", map[string]any{"SubnetId": From(a.ID)}, nil, "InvalidSubnetID.NotFound")},
		Now:   &now,
	}
}

func (Subnet) tagged(vpc string) Tagged {
	return Tagged{alike(Subnet{VPC: vpc}), "subnet", ec2("DescribeSubnets", byTag(vpc), expr("Subnets[].[SubnetId, "+nameTag+"]"))}
}

func (s Subnet) claims(Change) []Claim {
	return []Claim{{Says: "subnet " + s.Name + " exists in " + s.Zone, Measure: Exists{}}}
}

func (s Subnet) cloudFormation(Change) Declared { return block("AWS::EC2::Subnet", named(s)) }
