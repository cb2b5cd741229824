package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// VPC is a new VPC.
type VPC struct {
	Name string
	CIDR string            `aws:"CidrBlock"`
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (VPC) Terms() []*terms.Term { return []*terms.Term{terms.VPC, terms.CIDR} }

// Kind implements Spec.
func (VPC) Kind() string { return "vpc" }

// Cells implements Spec.
func (s VPC) Cells(Names, Change) Cells { return Cells{"VPC", s.Name, s.CIDR, ""} }

func (s VPC) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_vpc", "id", a.Existing)
	}
	return block("aws_vpc", snaked(s))
}

// Steps implements Spec. AWS accepts several VPCs with the same block, so the tags show which one an earlier run created.
func (s VPC) Steps(a Change) Steps {
	find := ec2("DescribeVpcs", filters("cidr", s.CIDR, "tag:Name", s.Name, "tag:"+ManagedBy, Owner), expr("sort(Vpcs[].VpcId)[0]"))
	if a.Op == Keep {
		find = ec2("DescribeVpcs", filters("vpc-id", a.Existing), expr("Vpcs[0].VpcId"))
		return Steps{Find: &find}
	}
	in := request(s)
	tag(in, "vpc", s.Tags)
	now := ec2("DescribeVpcs", filters("vpc-id", From(a.ID)), expr("Vpcs[0].{cidr_blocks: CidrBlockAssociationSet[].CidrBlock}"))
	return Steps{
		Find:  &find,
		First: lowest(find, expr("Vpcs"), "VpcId", a),
		Do:    []Call{ec2("CreateVpc", in, expr("Vpc.VpcId"))},
		Until: &Until{Call: ec2("DescribeVpcs", filters("vpc-id", From(a.ID)), expr("Vpcs[].[VpcId,State]")), Want: "available", Every: 2, Limit: 120},
		Undo:  []Call{ec2("DeleteVpc", map[string]any{"VpcId": From(a.ID)}, nil, "InvalidVpcID.NotFound")},
		Now:   &now,
	}
}

func (VPC) tagged(vpc string) Tagged {
	return Tagged{alike(VPC{}), "VPC", ec2("DescribeVpcs", byTag(vpc), expr("Vpcs[].[VpcId, "+nameTag+"]"))}
}

func (s VPC) claims(Change) []Claim {
	return []Claim{{Says: "VPC " + s.Name + " exists with the block " + s.CIDR, Measure: Exists{}}}
}

// Exists claims that the resource of a change exists as the plan needs it. The Find call of the change measures it.
type Exists struct{}

// Kind implements Measure.
func (Exists) Kind() ClaimKind { return "exists" }

func (Exists) check(_ Claim, a *Change) (Check, bool) { return found(a) }

func (s VPC) cloudFormation(Change) Declared { return block("AWS::EC2::VPC", named(s)) }
