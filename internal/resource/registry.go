package resource

// Kinds are all kinds of spec. A plan lists changes in this order if they do not depend on each
// other. Kinds that share a name are listed together.
var Kinds = []Spec{
	AgentUpdate{},
	VPC{},
	VPCAttribute{},
	Subnet{},
	InternetGateway{}, InternetGatewayAttachment{},
	ElasticIP{}, NATGateway{},
	RouteTable{}, RouteTableAssociation{}, Route{},
	FlowLog{},
	SecurityGroup{},
	GroupRule{},
	InterfaceEndpoint{}, GatewayEndpoint{}, EndpointChange{},
	EndpointCheck{},
	EndpointDNS{},
	LogGroup{},
	Secret{},
	Role{},
	RolePolicy{},
	InstanceProfile{},
	Definition{}, Definition{Batch: true}, TaskDefinition{},
	AgentRestart{},
	EnvironmentWait{},
	InsideLook{},
	TaskLook{},
	ServiceDeployment{},
	Certificate{},
	Instance{},
	TargetGroup{},
	Targets{},
	LoadBalancer{},
	Listener{},
	Record{},
	TargetHealth{},
	EnvironmentOption{},
	ClientVPN{},
	ClientVPNSubnet{},
	ClientVPNAccess{},
	ECSCluster{},
	ECSService{},
	ComputeEnvironment{},
	JobQueue{},
	FirstJob{},
}

// Measures are all kinds of measure.
var Measures = []Measure{
	Available{}, Interfaces{}, PrivateDNS{}, DNSAttr{}, Attached{}, Allows{}, ACL{}, Routed{}, Unblocked{}, Policy{}, PolicyAllows{},
	Agents{}, Updated{}, TaskStarts{}, Deployed{}, SecretHeld{}, SecretRead{}, RoleMay{}, LogsIn{}, Seen{}, Inside{}, Opened{}, WayIn{},
	Issued{}, Healthy{}, Running{}, Online{}, Serves{}, AirflowStatus{}, LogGroupExists{}, Exists{},
	ClusterActive{}, ServiceRuns{}, BatchReady{}, JobStarts{},
}

var places = func() map[string]int {
	out := map[string]int{}
	for i, s := range Kinds {
		if _, ok := out[s.Kind()]; !ok {
			out[s.Kind()] = i
		}
	}
	return out
}()

// Place returns the place of the change's kind in the order of a plan.
func (a Change) Place() int { return places[a.Spec.Kind()] }
