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
