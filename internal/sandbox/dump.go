package sandbox

import "encoding/json"

// regionDump is the part of GET /_sandbox/account for one Region: everything that read operations
// show, and the attributes of VPCs.
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
	Images                     []image
	Instances                  []instance
	VpcEndpoints               []vpcEndpoint
	ServiceQuotas              map[string]float64
	ECS                        ecsState
	Batch                      batchState
	MWAA                       []*airflowEnvironment
	ManagedInstances           []managedInstance
	Commands                   []commandDump
	Secrets                    []secretDump
	KMS                        kmsState
	Caches                     []cacheRule `json:",omitempty"`
	KeyPairs                   []keyPair
	ClientVpnEndpoints         []clientVPN
	HostedZones                []*dnsZone
	Certificates               []certificate
	LoadBalancers              []loadBalancer
	TargetGroups               []targetGroup
	Listeners                  []listener
}

// commandDump is a command with its result on each host.
type commandDump struct {
	ssmCommand
	Invocations []commandInvocation
}

// dump writes the account with sorted keys. Resources are in order of creation. Empty members and
// empty Regions are left out.
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
			Images: copies(r.images.list, nil), Instances: copies(r.instances.list, r.fillInstance), ServiceQuotas: r.quotas, Batch: r.batch, MWAA: r.mwaa,
			ManagedInstances: copies(r.managed, nil), Commands: r.commandDumps(), Secrets: r.secretDumps(), KMS: r.kms, Caches: copies(r.caches, nil),
			VpcEndpoints: copies(r.endpoints.list, func(e *vpcEndpoint) { e.State = r.endpointState(e) }), ECS: r.ecs,
			KeyPairs: copies(r.keyPairs.list, nil), ClientVpnEndpoints: copies(r.vpns.list, nil),
			HostedZones: r.zones, Certificates: r.certificateDumps(), LoadBalancers: copies(r.elb.balancers.list, r.fillBalancer),
			TargetGroups: copies(r.elb.targetGroups.list, r.fillTargetGroup), Listeners: copies(r.elb.listeners.list, nil),
		})
		if d != nil {
			regions[name] = d
		}
	}
	all := map[string]any{"Account": accountID, "Scenario": a.scenario.name, "Regions": regions}
	if iam := prune(a.iam); iam != nil {
		all["IAM"] = iam
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // plain data can always be marshaled
	}
	return append(b, '\n')
}

func (r *region) commandDumps() []commandDump {
	var all []commandDump
	for _, c := range r.commands {
		d := commandDump{ssmCommand: *c}
		for _, i := range c.invocations {
			d.Invocations = append(d.Invocations, c.shown(i, r.now(), true))
		}
		all = append(all, d)
	}
	return all
}

// prune converts a value to maps and lists without empty members.
func prune(v any) any {
	var plain any
	if err := json.Unmarshal(encodeJSON(v), &plain); err != nil {
		panic(err) // it was encoded by this function
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
