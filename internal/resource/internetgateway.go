package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// InternetGateway is a new internet gateway. Only a NAT gateway uses it: private subnets have no route to it.
type InternetGateway struct {
	Name string
	Tags map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (InternetGateway) Terms() []*terms.Term { return []*terms.Term{terms.Routes, terms.VPC} }

// Kind implements Spec.
func (InternetGateway) Kind() string { return "internet-gateway" }

// Cells implements Spec.
func (s InternetGateway) Cells(p Names, _ Change) Cells {
	return Cells{"internet gateway", s.Name, p.VPCText(), ""}
}

func (s InternetGateway) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_internet_gateway", "internet_gateway_id", a.Existing)
	}
	return block("aws_internet_gateway", snaked(s))
}

// Steps implements Spec.
func (s InternetGateway) Steps(a Change) Steps {
	if a.Op == Keep {
		find := ec2("DescribeInternetGateways", filters("internet-gateway-id", a.Existing), expr("InternetGateways[0].InternetGatewayId"))
		return Steps{Find: &find}
	}
	find := ec2("DescribeInternetGateways", filters("tag:Name", s.Name, "tag:"+ManagedBy, Owner), expr("sort(InternetGateways[].InternetGatewayId)[0]"))
	in := map[string]any{}
	tag(in, "internet-gateway", s.Tags)
	now := ec2("DescribeInternetGateways", filters("internet-gateway-id", From(a.ID)), expr("InternetGateways[0].{gateway: InternetGatewayId}"))
	return Steps{
		Find:  &find,
		First: lowest(find, expr("InternetGateways"), "InternetGatewayId", a),
		Do:    []Call{ec2("CreateInternetGateway", in, expr("InternetGateway.InternetGatewayId"))},
		Undo:  []Call{ec2("DeleteInternetGateway", map[string]any{"InternetGatewayId": From(a.ID)}, nil, "InvalidInternetGatewayID.NotFound")},
		Now:   &now,
	}
}

func (InternetGateway) tagged(vpc string) Tagged {
	return Tagged{alike(InternetGateway{}), "internet gateway", attachedGateways(vpc, nameTag)}
}

// attachedGateways returns the ids of the gateways of this program that are attached to a VPC, and a text about each.
func attachedGateways(vpc, about string) Call {
	return ec2("DescribeInternetGateways", filters("attachment.vpc-id", vpc, "tag:"+ManagedBy, Owner), expr("InternetGateways[].[InternetGatewayId, "+about+"]"))
}

// InternetGatewayAttachment attaches a new internet gateway to a new VPC.
type InternetGatewayAttachment struct {
	Name    string // of the gateway
	VPC     string `aws:"VpcId,ref"`
	Gateway string `aws:"InternetGatewayId,ref"`
}

// Terms implements Spec.
func (InternetGatewayAttachment) Terms() []*terms.Term { return []*terms.Term{terms.Routes, terms.VPC} }

// Kind implements Spec.
func (InternetGatewayAttachment) Kind() string { return "internet-gateway-attachment" }

// Cells implements Spec.
func (s InternetGatewayAttachment) Cells(p Names, _ Change) Cells {
	return Cells{"attachment", s.Name, p.VPCText(), ""}
}

func (s InternetGatewayAttachment) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	return block("aws_internet_gateway_attachment", snaked(s))
}

// Steps implements Spec.
func (s InternetGatewayAttachment) Steps(a Change) Steps {
	vpc, gateway := Ref(s.VPC), Ref(s.Gateway)
	find := ec2("DescribeInternetGateways", filters("internet-gateway-id", value(gateway)), expr("InternetGateways[?Attachments[?VpcId==", vpc, "]].InternetGatewayId | [0]"))
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	now := find
	now.Out = expr("InternetGateways[0].Attachments[?VpcId==", vpc, "] | [0].{vpc: VpcId}")
	return Steps{
		Find: &find,
		Do:   []Call{ec2("AttachInternetGateway", request(s), expr(gateway), "Resource.AlreadyAssociated")},
		Now:  &now,
		Undo: []Call{ec2("DetachInternetGateway", request(s), nil, "Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound")},
	}
}

func (InternetGatewayAttachment) tagged(vpc string) Tagged {
	return Tagged{func(id string) Spec { return InternetGatewayAttachment{VPC: vpc, Gateway: id} }, "attachment of internet gateway",
		attachedGateways(vpc, "InternetGatewayId")}
}

func (s InternetGateway) cloudFormation(Change) Declared {
	return block("AWS::EC2::InternetGateway", named(s))
}

func (s InternetGatewayAttachment) cloudFormation(Change) Declared {
	return block("AWS::EC2::VPCGatewayAttachment", named(s))
}
