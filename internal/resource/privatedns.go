package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// EndpointDNS turns private DNS of an endpoint on that was created, or exists, without it.
type EndpointDNS struct {
	VPC      string // of the endpoint
	Endpoint Value  `aws:"VpcEndpointId"`
	Name     string // that leads to the endpoint from then on; may be empty
}

// Kind implements Spec.
func (EndpointDNS) Kind() string { return "private-dns" }

// Terms implements Spec.
func (EndpointDNS) Terms() []*terms.Term { return []*terms.Term{terms.PrivateDNS, terms.TwoPhases} }

func (EndpointDNS) constants() []field { return []field{{"PrivateDnsEnabled", true}} }

// Cells implements Spec.
func (s EndpointDNS) Cells(p Names, _ Change) Cells {
	return Cells{"private DNS", p.ResourceName(s.Endpoint), "", s.Name}
}

// terraform turns private DNS on with a resource of its own. Its deletion changes nothing.
// Source: https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/vpc_endpoint_private_dns.html.markdown
func (s EndpointDNS) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	out := Declared{Blocks: []Block{{Type: "aws_vpc_endpoint_private_dns", Later: true, Output: "vpc_endpoint_id",
		Fields: []Attribute{{"vpc_endpoint_id", s.Endpoint}, {"private_dns_enabled", true}}}}}
	if s.Endpoint.From == "" {
		out.Stays = s.Steps(a).Undo
	}
	return out
}

// Steps implements Spec.
func (s EndpointDNS) Steps(a Change) Steps {
	itself := expr("VpcEndpointId==", s.Endpoint)
	find := endpoints(s.VPC, expr("VpcEndpoints[?", and(itself, expr(alive), expr("PrivateDnsEnabled")), "].VpcEndpointId | [0]"))
	_, other := place("VpcEndpoints", "VpcEndpointId", itself, living)
	set := func(on bool) Call {
		return ec2("ModifyVpcEndpoint", map[string]any{"VpcEndpointId": value(s.Endpoint), "PrivateDnsEnabled": on}, expr(s.Endpoint))
	}
	turn := set(true)
	turn.RetryOn = retryOnDNS(a)
	return Steps{Find: &find, Other: other, Do: []Call{turn}, Until: ready(s.VPC), Undo: []Call{set(false)}, Affects: clients(s.VPC, s.Endpoint)}
}

func (s EndpointDNS) cloudFormation(Change) Declared {
	if s.Endpoint.From == "" {
		return cannot(Owned)
	}
	return Declared{Blocks: []Block{{Type: "AWS::EC2::VPCEndpoint", Key: string(s.Endpoint.From), Fields: []Attribute{{"PrivateDnsEnabled", true}}, Later: true}}}
}
