package call

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// alive is the condition that an endpoint is available or will be soon. Deleted endpoints remain
// in the list for a while.
const alive = "(State=='available' || State=='pending')"

// endpoints reads all endpoints of a VPC. It is the same call for every change, so that they
// share one poll and one measurement.
func endpoints(vpc string, out []plan.Value) Call {
	return ec2("DescribeVpcEndpoints", filters("vpc-id", vpc), out)
}

// ready waits for an endpoint to become available.
func ready(vpc string) *Until {
	return &Until{
		Call:  endpoints(vpc, expr("VpcEndpoints[].[VpcEndpointId,State]")),
		Want:  "available",
		Fail:  []string{"failed", "rejected", "expired", "deleting", "deleted", "partial", "pendingAcceptance"},
		Every: 5,
		Limit: 600,
		What:  "VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])]",
	}
}

// marked is the condition that an endpoint's policy contains a mark of this program.
func marked(mark string) []plan.Value {
	return expr("contains(PolicyDocument || '', ", plan.Lit(mark), ")")
}

// keepEndpoint finds an endpoint by its id.
func keepEndpoint(vpc, id string) Steps {
	find := endpoints(vpc, expr("VpcEndpoints[?VpcEndpointId==", plan.Lit(id), " && ", alive, "].VpcEndpointId | [0]"))
	return Steps{Find: &find, Until: ready(vpc)}
}

// makeEndpoint finds an endpoint by its service and type, or creates it. in contains the fields
// that the two types do not have in common.
func makeEndpoint(a plan.Change, typ, vpc, service, policy string, tags map[string]string, in map[string]any) Steps {
	// Endpoints that AWS manages do not count, and neither do endpoints without private DNS names
	// if the plan needs them.
	names := ""
	if in["PrivateDnsEnabled"] == true {
		names = " && PrivateDnsEnabled"
	}
	find := ec2("DescribeVpcEndpoints", filters("vpc-id", vpc, "service-name", service),
		expr("VpcEndpoints[?VpcEndpointType==", plan.Lit(typ), " && ", alive, " && !RequesterManaged", names, "].VpcEndpointId | [0]"))
	// The type is always set, because AWS's default is Gateway. The Region of the service is
	// never set: the endpoint is in the Region of the call.
	in["VpcEndpointType"], in["VpcId"], in["ServiceName"], in["ClientToken"] = typ, vpc, service, Token{}
	if policy != "" {
		in["PolicyDocument"] = policy
	}
	tag(in, "vpc-endpoint", tags)
	return Steps{
		Find:  &find,
		Do:    []Call{ec2("CreateVpcEndpoint", in, expr("VpcEndpoint.VpcEndpointId"))},
		Until: ready(vpc),
		Undo:  []Call{ec2("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{plan.From(a.ID)}}, nil, "InvalidVpcEndpointId.NotFound")},
	}
}

func interfaceEndpoint(a plan.Change, s plan.InterfaceEndpoint) Steps {
	if a.Op == plan.Keep {
		return keepEndpoint(s.VPC, a.Existing)
	}
	groups := s.Groups
	if len(groups) == 0 {
		// Without this field AWS attaches the VPC's default security group. With an empty id it
		// rejects the call instead.
		groups = []plan.Value{{}}
	}
	in := map[string]any{"SubnetIds": list(s.Subnets), "SecurityGroupIds": values(groups), "PrivateDnsEnabled": s.PrivateDNS}
	if s.IPType != "" {
		in["IpAddressType"] = s.IPType
	}
	return makeEndpoint(a, "Interface", s.VPC, s.Service, s.Policy, s.Tags, in)
}

func gatewayEndpoint(a plan.Change, s plan.GatewayEndpoint) Steps {
	if a.Op == plan.Keep {
		return keepEndpoint(s.VPC, a.Existing)
	}
	in := map[string]any{"RouteTableIds": list(s.RouteTables)}
	if s.IPType != "" {
		in["IpAddressType"] = s.IPType
	}
	return makeEndpoint(a, "Gateway", s.VPC, s.Service, s.Policy, s.Tags, in)
}

func endpointChange(a plan.Change, s plan.EndpointChange) Steps {
	id := s.Endpoint
	if id == "" {
		id = a.Existing
	}
	if a.Op == plan.Keep {
		return keepEndpoint(s.VPC, id)
	}
	has := [][]plan.Value{expr("VpcEndpointId==", plan.Lit(id)), expr(alive)}
	add, remove := map[string]any{"VpcEndpointId": id}, map[string]any{"VpcEndpointId": id}
	if len(s.AddSubnets) > 0 {
		add["AddSubnetIds"], remove["RemoveSubnetIds"] = list(s.AddSubnets), list(s.AddSubnets)
		for _, v := range s.AddSubnets {
			has = append(has, expr("SubnetIds[?@==", plan.Lit(v), "]"))
		}
	}
	if len(s.AddGroups) > 0 {
		add["AddSecurityGroupIds"], remove["RemoveSecurityGroupIds"] = values(s.AddGroups), values(s.AddGroups)
		for _, v := range s.AddGroups {
			has = append(has, expr("Groups[?GroupId==", v, "]"))
		}
	}
	if len(s.AddRouteTables) > 0 {
		add["AddRouteTableIds"], remove["RemoveRouteTableIds"] = list(s.AddRouteTables), list(s.AddRouteTables)
		for _, v := range s.AddRouteTables {
			has = append(has, expr("RouteTableIds[?@==", plan.Lit(v), "]"))
		}
	}
	if s.PrivateDNS {
		add["PrivateDnsEnabled"], remove["PrivateDnsEnabled"] = true, false
		has = append(has, expr("PrivateDnsEnabled"))
	}
	if s.Policy != "" {
		// AWS may change the whitespace of a document, so Find looks for the mark in it.
		add["PolicyDocument"], remove["PolicyDocument"] = s.Policy, a.Before["policy_document"]
		has = append(has, marked(policy.Sid(s.Policy)))
	}
	find := ec2("DescribeVpcEndpoints", filters("vpc-id", s.VPC, "service-name", s.Service),
		expr("VpcEndpoints[?", and(has...), "].VpcEndpointId | [0]"))
	return Steps{
		Find:  &find,
		Do:    []Call{ec2("ModifyVpcEndpoint", add, expr(plan.Lit(id)))},
		Until: ready(s.VPC),
		Undo:  []Call{ec2("ModifyVpcEndpoint", remove, nil)},
	}
}
