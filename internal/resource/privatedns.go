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
