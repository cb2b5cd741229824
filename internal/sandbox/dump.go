package sandbox

import "encoding/json"

// regionDump is what GET /_sandbox/account shows of a Region: all that its reads would show, and the attributes of VPCs.
type regionDump struct {
	DhcpOptions                []dhcpOptions
	Vpcs                       []vpc
	Subnets                    []subnet
	RouteTables                []routeTable
	InternetGateways           []internetGateway
	EgressOnlyInternetGateways []egressOnlyInternetGateway
	NatGateways                []natGateway
	NetworkAcls                []networkACL
	SecurityGroups             []securityGroup
	NetworkInterfaces          []networkInterface
	VpcEndpoints               []vpcEndpoint
	ECS                        ecsState
}

// dump writes the account with its keys sorted and resources in the order in which they were made. Members without a value and
// Regions that hold nothing are left out.
func (a *Account) dump() []byte {
	regions := map[string]any{}
	for name, r := range a.regions {
		r.settle()
		for _, i := range r.interfaces.list {
			r.fillInterface(i)
		}
		groups := copies(r.groups.list, nil)
		d := prune(regionDump{
			DhcpOptions: copies(r.dhcpOptions.list, nil), Vpcs: copies(r.vpcs.list, nil), Subnets: copies(r.subnets.list, r.fillSubnet),
			RouteTables: copies(r.routeTables.list, nil), InternetGateways: copies(r.igws.list, nil),
			EgressOnlyInternetGateways: copies(r.eigws.list, nil), NatGateways: copies(r.nats.list, nil), NetworkAcls: copies(r.acls.list, nil),
			SecurityGroups: groups, NetworkInterfaces: copies(r.interfaces.list, nil),
			VpcEndpoints: copies(r.endpoints.list, func(e *vpcEndpoint) { e.State = r.endpointState(e) }), ECS: r.ecs,
		})
		if d != nil {
			regions[name] = d
		}
	}
	b, err := json.MarshalIndent(map[string]any{"Account": accountID, "Scenario": a.scenario.name, "Regions": regions}, "", "  ")
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append(b, '\n')
}

// prune turns a value into maps and lists, without the members that hold nothing.
func prune(v any) any {
	var plain any
	if err := json.Unmarshal(encodeJSON(v), &plain); err != nil {
		panic(err) // it was just encoded
	}
	return pruned(plain)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if member = pruned(member); member == nil {
				delete(v, k)
			} else {
				v[k] = member
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	}
	return v
}
