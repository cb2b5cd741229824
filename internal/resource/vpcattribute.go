package resource

import (
	"cmp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// VPCAttribute turns one DNS attribute of a VPC on. The API accepts one attribute per call and has
// no dry run.
type VPCAttribute struct {
	VPC       string `aws:"VpcId,ref"`
	Attribute string // enableDnsSupport or enableDnsHostnames
}

// Kind implements Spec.
func (VPCAttribute) Kind() string { return "vpc-attribute" }

// Terms implements Spec.
func (VPCAttribute) Terms() []*terms.Term {
	return []*terms.Term{terms.DNSAttributes, terms.PrivateDNS}
}

func (s VPCAttribute) constants() []field { return []field{{s.Attribute, true}} }

// Cells implements Spec.
func (s VPCAttribute) Cells(p Names, a Change) Cells {
	kind := map[string]string{"enableDnsSupport": "DNS support", "enableDnsHostnames": "DNS hostnames"}[s.Attribute]
	state := "on"
	if a.Op == Modify {
		state = ""
	}
	return Cells{cmp.Or(kind, s.Attribute), p.VPCText(), state, ""}
}

// terraform sets the attribute of a new VPC where that is declared. An existing VPC has no resource for its attributes, so it is
// imported, and everything else about it stays as it is.
func (s VPCAttribute) terraform(a Change) Declared {
	name := Snake(s.Attribute)
	vpc := Ref(s.VPC)
	switch {
	case a.Op == Keep && vpc.From == "":
		return Declared{Blocks: []Block{{Type: "aws_vpc", Data: true, Key: s.VPC, Name: "vpc", Fields: []Attribute{{"id", s.VPC}},
			Conditions: []Condition{{"self." + name, "The VPC no longer has " + name + ". The endpoints need it for their private names. Create a new plan."}}}}}
	case a.Op == Keep:
		return Declared{}
	case vpc.From != "":
		return Declared{Blocks: []Block{{Type: "aws_vpc", Key: string(vpc.From), Fields: []Attribute{{name, true}}}}}
	}
	return Declared{Stays: s.Steps(a).Undo, Blocks: []Block{{Type: "aws_vpc", Key: "existing " + s.VPC, Name: "existing", Existing: s.VPC, Fields: []Attribute{{name, true}},
		// The provider has defaults for these, or removes what the code does not list.
		Ignored: []string{"tags", "tags_all", "instance_tenancy", "assign_generated_ipv6_cidr_block", "ipv4_ipam_pool_id", "ipv4_netmask_length",
			"ipv6_cidr_block", "ipv6_cidr_block_network_border_group", "ipv6_ipam_pool_id", "ipv6_netmask_length"}}}}
}

// Steps implements Spec.
func (s VPCAttribute) Steps(a Change) Steps {
	field, vpc := upper(s.Attribute), Ref(s.VPC)
	set := func(on bool) Call {
		c := ec2("ModifyVpcAttribute", map[string]any{"VpcId": value(vpc), field: map[string]any{"Value": on}}, expr(vpc))
		c.RetryOn = retryOnDNS(a)
		return c
	}
	find := ec2("DescribeVpcAttribute", map[string]any{"VpcId": value(vpc), "Attribute": s.Attribute}, expr(field, ".Value && ", vpc))
	if a.Op == Keep {
		_, other := place("[@]", "VpcId", expr("VpcId"), needs(expr(field+".Value"), "'"+s.Attribute+" is off (plan: on)'"))
		return Steps{Find: &find, Other: other}
	}
	return Steps{Find: &find, Do: []Call{set(true)}, Undo: []Call{set(false)}}
}

// retryOnDNS returns the text in the error of a change if AWS does not know yet that the DNS attributes
// before it are on; empty if the change does not depend on them.
func retryOnDNS(a Change) string {
	if slices.ContainsFunc(a.After, func(id ID) bool { return strings.HasPrefix(string(id), "vpc-attribute/") }) {
		return "enableDnsHostnames"
	}
	return ""
}

// DNSAttr claims that a DNS attribute of the VPC is on.
type DNSAttr struct {
	Attribute string `json:"attribute"`
}

// Kind implements Measure.
func (DNSAttr) Kind() ClaimKind { return "dns-attribute" }

func (m DNSAttr) check(c Claim, _ *Change) (Check, bool) {
	return yes(ec2("DescribeVpcAttribute", map[string]any{"VpcId": value(Ref(c.VPC)), "Attribute": m.Attribute}, holds(upper(m.Attribute), ".Value")))
}

func (s VPCAttribute) cloudFormation(Change) Declared {
	if Ref(s.VPC).From == "" {
		return cannot(Owned)
	}
	return Declared{Blocks: []Block{{Type: "AWS::EC2::VPC", Key: s.VPC, Fields: []Attribute{{upper(s.Attribute), true}}}}}
}
