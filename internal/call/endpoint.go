package call

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// alive is the condition that an endpoint works or soon will; others stay listed
// for a while after they are deleted.
const alive = "(State=='available' || State=='pending')"

// endpoints reads all endpoints of a VPC. It is the same call for every row, so
// that one poll and one measurement serve them all.
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

// marked is the condition that an endpoint's policy holds a mark of ours.
func marked(mark string) []plan.Value {
	return expr("contains(PolicyDocument || '', ", plan.Lit(mark), ")")
}

// keepEndpoint finds an endpoint by its id.
func keepEndpoint(vpc, id string) Steps {
	find := endpoints(vpc, expr("VpcEndpoints[?VpcEndpointId==", plan.Lit(id), " && ", alive, "].VpcEndpointId | [0]"))
	return Steps{Find: &find, Until: ready(vpc)}
}

// makeEndpoint finds an endpoint by its service and type, or makes it with in,
// which lacks what both types have in common.
func makeEndpoint(a plan.Action, typ, vpc, service, policy string, tags map[string]string, in map[string]any) Steps {
	// One that AWS made for itself is not what the plan asks for, and neither is one
	// without the private names that the plan wants.
	names := ""
	if in["PrivateDnsEnabled"] == true {
		names = " && PrivateDnsEnabled"
	}
	find := ec2("DescribeVpcEndpoints", filters("vpc-id", vpc, "service-name", service),
		expr("VpcEndpoints[?VpcEndpointType==", plan.Lit(typ), " && ", alive, " && !RequesterManaged", names, "].VpcEndpointId | [0]"))
	// The type is always said: AWS's default is Gateway. The Region of the service
	// never is: endpoints are made where the calls are made.
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

func interfaceEndpoint(a plan.Action, s plan.InterfaceEndpoint) Steps {
	if a.Op == plan.Keep {
		return keepEndpoint(s.VPC, a.Existing)
	}
	groups := s.Groups
	if len(groups) == 0 {
		// Without this field AWS attaches the VPC's default group unasked; an empty
		// id is refused instead.
		groups = []plan.Value{{}}
	}
	in := map[string]any{"SubnetIds": list(s.Subnets), "SecurityGroupIds": values(groups), "PrivateDnsEnabled": s.PrivateDNS}
	if s.IPType != "" {
		in["IpAddressType"] = s.IPType
	}
	return makeEndpoint(a, "Interface", s.VPC, s.Service, s.Policy, s.Tags, in)
}

func gatewayEndpoint(a plan.Action, s plan.GatewayEndpoint) Steps {
	if a.Op == plan.Keep {
		return keepEndpoint(s.VPC, a.Existing)
	}
	return makeEndpoint(a, "Gateway", s.VPC, s.Service, s.Policy, s.Tags, map[string]any{"RouteTableIds": list(s.RouteTables)})
}

func endpointChange(a plan.Action, s plan.EndpointChange) Steps {
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
		// AWS may space a document its own way, so the find goes by the mark in it.
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
