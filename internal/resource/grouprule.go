package resource

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Rule identifies a security group rule by the traffic that it allows.
type Rule struct {
	Egress     bool   `json:"egress,omitempty"`
	Protocol   string `json:"protocol"`
	From       int    `json:"from"`
	To         int    `json:"to"`
	CIDR       string `json:"cidr,omitempty"`
	Peer       Value  `json:"peer,omitzero"`
	PrefixList string `json:"prefix_list,omitempty"`
}

// GroupRule allows TCP on one port, or all traffic, into (or out of) a group. One of CIDR, Peer and
// PrefixList is set.
type GroupRule struct {
	Group       Value `aws:"GroupId"`
	Egress      bool  `aws:"IsEgress"`
	CIDR        string
	Peer        Value  `aws:"ReferencedGroupId"` // another group
	PrefixList  string `aws:"PrefixListId"`
	Port        int    // 0 is 443
	LastPort    int    // of a range that begins with Port; 0 means that Port is the only one
	All         bool   // all traffic
	Description string `aws:"Description"`
	// Known are the ids of rules of the group that the plan saw, and Beside are its other planned rules with the same
	// description.
	Known  []string
	Beside []inventory.GroupRule // without references
}

// Rule returns the traffic that the rule allows.
func (s GroupRule) Rule() Rule {
	if s.All {
		return Rule{Egress: s.Egress, Protocol: "-1", From: -1, To: -1, CIDR: s.CIDR, Peer: s.Peer, PrefixList: s.PrefixList}
	}
	return Rule{Egress: s.Egress, Protocol: "tcp", From: s.TCP(), To: s.LastTCP(), CIDR: s.CIDR, Peer: s.Peer, PrefixList: s.PrefixList}
}

// Kind implements Spec.
func (GroupRule) Kind() string { return "security-group-rule" }

// Terms implements Spec.
func (GroupRule) Terms() []*terms.Term {
	return []*terms.Term{terms.SecurityGroup, terms.NetworkACL, terms.CIDR}
}

func (s GroupRule) computed(p map[string]any) {
	p["ip_protocol"] = "-1"
	if !s.All {
		p["ip_protocol"], p["from_port"], p["to_port"] = "tcp", s.TCP(), s.LastTCP()
	}
	switch {
	case strings.Contains(s.CIDR, ":"):
		p["cidr_ipv6"] = s.CIDR
	case s.CIDR != "":
		p["cidr_ipv4"] = s.CIDR
	}
}

// Cells implements Spec.
func (s GroupRule) Cells(p Names, _ Change) Cells {
	kind, where := "inbound rule", "from "
	if s.Egress {
		kind, where = "outbound rule", "to "
	}
	name := "TCP " + catalog.Ports{First: s.TCP(), Last: s.LastTCP()}.String()
	if s.All {
		name = "all traffic"
	}
	if s.Peer != (Value{}) {
		where += p.ResourceName(s.Peer)
	} else {
		where += cmp.Or(s.CIDR, s.PrefixList)
	}
	return Cells{kind, name, where, p.GroupsText([]Value{s.Group})}
}

// After implements Modifier.
func (s GroupRule) After(n Names, key string) string {
	if key != "ingress" {
		return ""
	}
	r := inventory.GroupRule{Protocol: "tcp", From: s.TCP(), To: s.LastTCP(), CIDR: s.CIDR, Group: s.Peer.Lit, PrefixList: s.PrefixList}
	if s.Peer.From != "" {
		r.Group = n.ResourceName(s.Peer)
	}
	if s.All {
		r.Protocol = "-1"
	}
	return "the same and " + RuleText(r)
}

// TCP returns the port of a rule that does not allow all traffic.
func (s GroupRule) TCP() int { return cmp.Or(s.Port, 443) }

// LastTCP returns the last port of the rule.
func (s GroupRule) LastTCP() int { return cmp.Or(s.LastPort, s.TCP()) }

func (s GroupRule) terraform(a Change) Declared {
	if a.Op == Keep {
		if !strings.HasPrefix(a.Existing, "sgr-") {
			return Declared{}
		}
		return data("aws_vpc_security_group_rule", "security_group_rule_id", a.Existing)
	}
	fields := []Attribute{{"security_group_id", s.Group}}
	switch {
	case s.Peer != (Value{}):
		fields = append(fields, Attribute{"referenced_security_group_id", s.Peer})
	case s.PrefixList != "":
		fields = append(fields, Attribute{"prefix_list_id", s.PrefixList})
	case strings.Contains(s.CIDR, ":"):
		fields = append(fields, Attribute{"cidr_ipv6", s.CIDR})
	default:
		fields = append(fields, Attribute{"cidr_ipv4", s.CIDR})
	}
	if s.All {
		fields = append(fields, Attribute{"ip_protocol", "-1"})
	} else {
		fields = append(fields, Attribute{"ip_protocol", "tcp"}, Attribute{"from_port", s.TCP()}, Attribute{"to_port", s.LastTCP()})
	}
	kind := "aws_vpc_security_group_ingress_rule"
	if s.Egress {
		kind = "aws_vpc_security_group_egress_rule"
	}
	if s.Description != "" {
		fields = append(fields, Attribute{"description", s.Description})
	}
	return block(kind, fields)
}

// Steps implements Spec.
func (s GroupRule) Steps(a Change) Steps {
	r := s.Rule()
	which := matches(r)
	// A rule with the description of this one was this one, until somebody changed it.
	same := expr(direction(r), " && Description==", Lit(s.Description))
	if a.Op == Keep && !s.All {
		// An unchanged rule may allow more than the plan needs.
		which = covers(r)
		if strings.HasPrefix(a.Existing, "sgr-") {
			same = expr("SecurityGroupRuleId==", Lit(a.Existing))
		}
	}
	find := rules(s.Group, expr("SecurityGroupRules[?", which, "] | [0].SecurityGroupRuleId"))
	if a.Op != Keep {
		for _, id := range s.Known {
			same = expr(same, " && SecurityGroupRuleId!=", Lit(id))
		}
		for _, other := range s.Beside {
			same = expr(same, " && !(", matches(Rule{other.Egress, other.Protocol, other.From, other.To, other.CIDR, Lit(other.Group), other.PrefixList}), ")")
		}
	}
	_, other := place("SecurityGroupRules", "SecurityGroupRuleId", same, needs(which, append([]any{"'it allows '", "IpProtocol", "' '", "to_string(FromPort || '')", "'-'", "to_string(ToPort || '')", "' for '",
		"CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || ''", "' (plan: " + r.Protocol + " " + fmt.Sprint(r.From) + "-" + fmt.Sprint(r.To) + " for '"}, Lit(r.CIDR), Lit(r.PrefixList), r.Peer, "')'")...))
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	way := "Ingress"
	if s.Egress {
		way = "Egress"
	}
	return Steps{
		Find:  &find,
		Other: other,
		Do: []Call{ec2("AuthorizeSecurityGroup"+way, permission(s, s.Description),
			expr("SecurityGroupRules[0].SecurityGroupRuleId"), "InvalidPermission.Duplicate")},
		Undo: []Call{ec2("RevokeSecurityGroup"+way, permission(s, ""), nil, "InvalidPermission.NotFound", "InvalidGroup.NotFound")},
	}
}

// permission is the request that adds or removes what a rule allows. AWS removes a rule by its
// content, whatever its description.
func permission(s GroupRule, description string) map[string]any {
	p := map[string]any{"IpProtocol": "tcp", "FromPort": s.TCP(), "ToPort": s.LastTCP()}
	if s.All {
		p = map[string]any{"IpProtocol": "-1"}
	}
	add := func(field, key string, v any) {
		source := map[string]any{key: v}
		if description != "" {
			source["Description"] = description
		}
		p[field] = []any{source}
	}
	switch {
	case s.Peer != (Value{}):
		add("UserIdGroupPairs", "GroupId", value(s.Peer))
	case s.PrefixList != "":
		add("PrefixListIds", "PrefixListId", s.PrefixList)
	case strings.Contains(s.CIDR, ":"):
		add("Ipv6Ranges", "CidrIpv6", s.CIDR)
	default:
		add("IpRanges", "CidrIp", s.CIDR)
	}
	return map[string]any{"GroupId": value(s.Group), "IpPermissions": []any{p}}
}

// rules reads the rules of one security group.
func rules(group Value, out []Value) Call {
	return ec2("DescribeSecurityGroupRules", filters("group-id", value(group)), out)
}

// matches is the condition that a rule equals this one.
func matches(r Rule) []Value {
	c := expr("IpProtocol==", Lit(r.Protocol))
	if r.Protocol != "-1" { // -1 has no ports
		c = and(c, expr("to_string(FromPort)==", Lit(fmt.Sprint(r.From))), expr("to_string(ToPort)==", Lit(fmt.Sprint(r.To))))
	}
	return and(direction(r), c, source(r))
}

// covers is the condition that a rule from the same source allows at least this.
func covers(r Rule) []Value {
	ports := expr("(IpProtocol=='-1' || IpProtocol==", Lit(r.Protocol), " && FromPort<=to_number(", Lit(fmt.Sprint(r.From)),
		") && ToPort>=to_number(", Lit(fmt.Sprint(r.To)), "))")
	return and(direction(r), ports, source(r))
}

func direction(r Rule) []Value {
	if r.Egress {
		return expr("IsEgress")
	}
	return expr("!IsEgress")
}

func source(r Rule) []Value {
	switch {
	case r.Peer != (Value{}):
		return expr("ReferencedGroupInfo.GroupId==", r.Peer)
	case r.PrefixList != "":
		return expr("PrefixListId==", Lit(r.PrefixList))
	case strings.Contains(r.CIDR, ":"):
		return expr("CidrIpv6==", Lit(r.CIDR))
	}
	return expr("CidrIpv4==", Lit(r.CIDR))
}

// RuleText returns a rule as a text: "tcp 443 from 10.0.0.0/16".
func RuleText(r inventory.GroupRule) string {
	what := r.Protocol + " " + fmt.Sprint(r.From)
	if r.To != r.From {
		what += fmt.Sprintf("-%d", r.To)
	}
	if r.Protocol == "-1" {
		what = "all traffic"
	}
	return what + " from " + r.CIDR + r.Group + r.PrefixList
}

// Allows claims that a security group has the rule that allows the clients' traffic, in or out.
type Allows struct {
	Group Value `json:"group"`
	Rule  Rule  `json:"rule"`
}

// Kind implements Measure.
func (Allows) Kind() ClaimKind { return "group-rule" }

func (m Allows) check(Claim, *Change) (Check, bool) {
	return yes(rules(m.Group, holds("SecurityGroupRules[?", matches(m.Rule), "]")))
}

// A rule is a resource of its own, so the stack owns it in an existing group too.
func (s GroupRule) cloudFormation(Change) Declared {
	kind, peer := "AWS::EC2::SecurityGroupIngress", "Source"
	if s.Egress {
		kind, peer = "AWS::EC2::SecurityGroupEgress", "Destination"
	}
	fields := named(s, "IsEgress", "", "ReferencedGroupId", peer+"SecurityGroupId", "PrefixListId", peer+"PrefixListId")
	r := s.Rule()
	fields = append(fields, Attribute{"IpProtocol", r.Protocol})
	if !s.All { // all traffic has no ports
		fields = append(fields, Attribute{"FromPort", r.From}, Attribute{"ToPort", r.To})
	}
	switch {
	case strings.Contains(s.CIDR, ":"):
		fields = append(fields, Attribute{"CidrIpv6", s.CIDR})
	case s.CIDR != "":
		fields = append(fields, Attribute{"CidrIp", s.CIDR})
	}
	return block(kind, fields)
}
