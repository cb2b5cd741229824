package call

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// For returns the calls of a change. This is the only switch over all kinds of changes.
func For(a plan.Change) Steps {
	switch s := a.Spec.(type) {
	case plan.VPCAttribute:
		return vpcAttribute(a, s)
	case plan.SecurityGroup:
		return securityGroup(a, s)
	case plan.GroupRule:
		return groupRule(a, s)
	case plan.InterfaceEndpoint:
		return interfaceEndpoint(a, s)
	case plan.GatewayEndpoint:
		return gatewayEndpoint(a, s)
	case plan.EndpointChange:
		return endpointChange(a, s)
	case plan.AgentRestart:
		return agentRestart(a, s)
	case plan.AgentUpdate:
		return agentUpdate(a, s)
	case plan.EnvironmentWait:
		return environmentWait(a, s)
	case plan.Certificate:
		return certificate(a, s)
	case plan.TargetGroup:
		return targetGroup(a, s)
	case plan.Targets:
		return targets(a, s)
	case plan.LoadBalancer:
		return loadBalancer(a, s)
	case plan.Listener:
		return listener(a, s)
	case plan.TargetHealth:
		return targetHealth(a, s)
	case plan.Record:
		return record(a, s)
	case plan.EnvironmentOption:
		return environmentOption(a, s)
	case plan.Instance:
		return instance(a, s)
	case plan.InstanceProfile:
		return instanceProfile(a, s)
	case plan.ClientVPN:
		return clientVPN(a, s)
	case plan.ClientVPNSubnet:
		return clientVPNSubnet(a, s)
	case plan.ClientVPNAccess:
		return clientVPNAccess(a, s)
	case plan.InsideLook:
		return insideLook(a, s)
	case plan.TaskLook:
		return taskLook(a, s)
	case plan.ServiceDeployment:
		return serviceDeployment(a, s)
	case plan.Secret:
		return secret(a, s)
	case plan.Role:
		return role(a, s)
	case plan.RolePolicy:
		return rolePolicy(a, s)
	case plan.Definition:
		return definition(a, s)
	}
	panic(fmt.Sprintf("call: no calls for %T", a.Spec))
}

func vpcAttribute(a plan.Change, s plan.VPCAttribute) Steps {
	field := upper(s.Attribute)
	set := func(on bool) Call {
		return ec2("ModifyVpcAttribute", map[string]any{"VpcId": s.VPC, field: map[string]any{"Value": on}}, expr(plan.Lit(s.VPC)))
	}
	find := ec2("DescribeVpcAttribute", map[string]any{"VpcId": s.VPC, "Attribute": s.Attribute}, expr(field, ".Value && ", plan.Lit(s.VPC)))
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	return Steps{Find: &find, Do: []Call{set(true)}, Undo: []Call{set(false)}}
}

func securityGroup(a plan.Change, s plan.SecurityGroup) Steps {
	out := expr("SecurityGroups[0].GroupId")
	if a.Op == plan.Keep {
		find := ec2("DescribeSecurityGroups", filters("group-id", a.Existing), out)
		return Steps{Find: &find}
	}
	find := ec2("DescribeSecurityGroups", filters("vpc-id", s.VPC, "group-name", s.Name), out)
	in := map[string]any{"VpcId": s.VPC, "GroupName": s.Name, "Description": s.Description}
	tag(in, "security-group", s.Tags)
	return Steps{
		Find: &find,
		Do:   []Call{ec2("CreateSecurityGroup", in, expr("GroupId"), "InvalidGroup.Duplicate")},
		Undo: []Call{ec2("DeleteSecurityGroup", map[string]any{"GroupId": plan.From(a.ID)}, nil, "InvalidGroup.NotFound")},
	}
}

func groupRule(a plan.Change, s plan.GroupRule) Steps {
	r := plan.Rule{Egress: s.Egress, Protocol: "tcp", From: s.TCP(), To: s.LastTCP(), CIDR: s.CIDR, Peer: s.Peer, PrefixList: s.PrefixList}
	if s.All {
		r.Protocol, r.From, r.To = "-1", -1, -1
	}
	which := matches(r)
	if a.Op == plan.Keep && !s.All {
		// An unchanged rule may allow more than the plan needs, so it is found by its id, or by
		// its source if the id is unknown.
		which = covers(r)
		if strings.HasPrefix(a.Existing, "sgr-") {
			which = expr("SecurityGroupRuleId==", plan.Lit(a.Existing))
		}
	}
	find := rules(s.Group, expr("SecurityGroupRules[?", which, "] | [0].SecurityGroupRuleId"))
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	direction := "Ingress"
	if s.Egress {
		direction = "Egress"
	}
	return Steps{
		Find: &find,
		Do: []Call{ec2("AuthorizeSecurityGroup"+direction, permission(s, s.Description),
			expr("SecurityGroupRules[0].SecurityGroupRuleId"), "InvalidPermission.Duplicate")},
		Undo: []Call{ec2("RevokeSecurityGroup"+direction, permission(s, ""), nil, "InvalidPermission.NotFound", "InvalidGroup.NotFound")},
	}
}

// permission is the request that adds or removes what a rule allows. AWS removes a rule by its
// content, whatever its description.
func permission(s plan.GroupRule, description string) map[string]any {
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
	case s.Peer != (plan.Value{}):
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
func rules(group plan.Value, out []plan.Value) Call {
	return ec2("DescribeSecurityGroupRules", filters("group-id", value(group)), out)
}

// matches is the condition that a rule equals this one.
func matches(r plan.Rule) []plan.Value {
	c := expr("IpProtocol==", plan.Lit(r.Protocol))
	if r.Protocol != "-1" { // -1 has no ports
		c = and(c, expr("to_string(FromPort)==", plan.Lit(fmt.Sprint(r.From))), expr("to_string(ToPort)==", plan.Lit(fmt.Sprint(r.To))))
	}
	return and(direction(r), c, source(r))
}

// covers is the condition that a rule from the same source allows at least this.
func covers(r plan.Rule) []plan.Value {
	ports := expr("(IpProtocol=='-1' || IpProtocol==", plan.Lit(r.Protocol), " && FromPort<=to_number(", plan.Lit(fmt.Sprint(r.From)),
		") && ToPort>=to_number(", plan.Lit(fmt.Sprint(r.To)), "))")
	return and(direction(r), ports, source(r))
}

func direction(r plan.Rule) []plan.Value {
	if r.Egress {
		return expr("IsEgress")
	}
	return expr("!IsEgress")
}

func source(r plan.Rule) []plan.Value {
	switch {
	case r.Peer != (plan.Value{}):
		return expr("ReferencedGroupInfo.GroupId==", r.Peer)
	case r.PrefixList != "":
		return expr("PrefixListId==", plan.Lit(r.PrefixList))
	case strings.Contains(r.CIDR, ":"):
		return expr("CidrIpv6==", plan.Lit(r.CIDR))
	}
	return expr("CidrIpv4==", plan.Lit(r.CIDR))
}
