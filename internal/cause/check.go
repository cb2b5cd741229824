package cause

// checks are the checks of the kinds that an account shows. A kind without one is never confirmed: no data of the account is about it.
var checks = map[Kind]func(*Account, Query) Result{
	EndpointMissing: (*Account).endpointMissing, NoInternetPath: (*Account).noInternetPath, RouteMissing: (*Account).routeMissing, NoPublicAddress: (*Account).noPublicAddress,
	EndpointGroup: (*Account).endpointGroup, EgressGroup: (*Account).egressGroup, IngressGroup: (*Account).ingressGroup, NetworkACL: (*Account).networkACL, IPFamily: (*Account).ipFamily,

	PrivateDNSOff: (*Account).privateDNSOff, VPCDNSOff: (*Account).vpcDNSOff, DNSResolver: (*Account).dnsResolver, DNSConflict: (*Account).dnsConflict, DNSZone: (*Account).dnsZone,

	EndpointPolicy: (*Account).endpointPolicy, SourceCondition: (*Account).sourceCondition, RolePermission: (*Account).rolePermission, KMSPermission: (*Account).kmsPermission,
	InstanceProfile: (*Account).instanceProfile, RegistryCredentials: (*Account).registryCredentials,

	SecretMissing: (*Account).secretMissing, LogGroupMissing: (*Account).logGroupMissing, NoInstances: (*Account).noInstances,

	Quota: (*Account).quota, CapacitySettings: (*Account).capacity, NoFreeAddress: (*Account).noFreeAddress, ZoneUnsupported: (*Account).zoneUnsupported, ZoneDuplicate: (*Account).zoneDuplicate,
	RegionMismatch: (*Account).regionMismatch, RouteConflict: (*Account).routeConflict, GatewayFirst: (*Account).gatewayFirst, EndpointType: (*Account).endpointType,

	AgentStopped: (*Account).agentStopped, AgentOld: (*Account).agentOld, AgentRestart: (*Account).agentRestart, CustomAMI: (*Account).customAMI,
	EnvironmentState: (*Account).environmentState, MWAASelf: (*Account).mwaaSelf, MWAAAccess: (*Account).mwaaAccess, MWAAEndpoints: (*Account).mwaaEndpoints,
}
