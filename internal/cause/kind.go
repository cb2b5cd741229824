package cause

import (
	"slices"
	"strings"
)

// Kind is a kind of cause. Its text is part of the contract of wizard doctor --json.
type Kind string

// The kinds about the network path.
const (
	EndpointMissing Kind = "endpoint-missing"
	NoInternetPath  Kind = "no-internet-path"
	RouteMissing    Kind = "route-missing"
	NoPublicAddress Kind = "public-address-missing"
	EndpointGroup   Kind = "endpoint-sg"
	EgressGroup     Kind = "egress-sg"
	IngressGroup    Kind = "workload-ingress-sg"
	NetworkACL      Kind = "nacl"
	Proxy           Kind = "proxy"
	IPFamily        Kind = "ip-family"
	HostLocal       Kind = "host-local"
)

// The kinds about names.
const (
	PrivateDNSOff Kind = "private-dns-off"
	VPCDNSOff     Kind = "vpc-dns-off"
	DNSResolver   Kind = "dns-resolver"
	DNSConflict   Kind = "dns-conflict"
	DNSZone       Kind = "dns-zone"
	GlobalName    Kind = "global-name"
	NameMismatch  Kind = "name-mismatch"
)

// The kinds about permissions.
const (
	EndpointPolicy      Kind = "endpoint-policy"
	SourceCondition     Kind = "source-condition"
	RolePermission      Kind = "role-permission"
	CallerPermission    Kind = "caller-permission"
	KMSPermission       Kind = "kms-permission"
	InstanceProfile     Kind = "instance-profile"
	RegistryCredentials Kind = "registry-credentials"
	TagPolicy           Kind = "tag-policy"
)

// The kinds about what does not exist or does not match.
const (
	SecretMissing    Kind = "secret-missing"
	ParameterMissing Kind = "parameter-missing"
	FileMissing      Kind = "file-missing"
	ImageMissing     Kind = "image-missing"
	Architecture     Kind = "architecture"
	LogGroupMissing  Kind = "log-group-missing"
	LogOptions       Kind = "log-options"
	EFSMountTarget   Kind = "efs-mount-target"
	HealthCheck      Kind = "health-check"
	NoInstances      Kind = "no-instances"
)

// The kinds about limits and Availability Zones.
const (
	Quota            Kind = "quota"
	CapacitySettings Kind = "capacity-settings"
	OutOfMemory      Kind = "out-of-memory"
	RateLimit        Kind = "registry-rate-limit"
	NoFreeAddress    Kind = "no-free-address"
	ZoneUnsupported  Kind = "az-unsupported"
	ZoneDuplicate    Kind = "az-duplicate"
	RegionMismatch   Kind = "region-mismatch"
	RouteConflict    Kind = "route-conflict"
	GatewayFirst     Kind = "gateway-first"
	EndpointType     Kind = "endpoint-type"
)

// The kinds about agents and environments. An environment of AWS Batch or Amazon MWAA can be in a state that allows no work: that is
// EnvironmentState.
const (
	EnvironmentState Kind = "environment-state"
	AgentStopped     Kind = "agent-stopped"
	AgentOld         Kind = "agent-old"
	AgentRestart     Kind = "agent-restart"
	AgentDefect      Kind = "agent-defect"
	CustomAMI        Kind = "custom-ami"
	HostOverload     Kind = "host-overload"
	MWAASelf         Kind = "mwaa-sg-self"
	MWAAAccess       Kind = "mwaa-way-in"
	MWAAEndpoints    Kind = "mwaa-customer-endpoints"
	MWAARequirements Kind = "mwaa-requirements"
)

// names are the kinds with their names for people, as noun phrases. {service} is the endpoint service that the cause is about.
var names = map[Kind]string{
	EndpointMissing: "missing VPC endpoint for {service}", NoInternetPath: "no internet route", RouteMissing: "missing route", NoPublicAddress: "no public address",
	EndpointGroup: "security group of the {service} endpoint", EgressGroup: "outbound rules of the security group", IngressGroup: "inbound rules of the security group",
	NetworkACL: "network ACL", Proxy: "proxy settings", IPFamily: "IPv4 and IPv6", HostLocal: "address in the task or on the instance",
	PrivateDNSOff: "private DNS of the {service} endpoint", VPCDNSOff: "DNS attributes of the VPC", DNSResolver: "DNS servers of the VPC",
	DNSConflict: "private DNS name of another endpoint", DNSZone: "private hosted zone", GlobalName: "global name of {service}", NameMismatch: "name without a certificate",
	EndpointPolicy: "policy of the {service} endpoint", SourceCondition: "condition on the endpoint or VPC", RolePermission: "permissions of the role",
	CallerPermission: "permissions of the caller", KMSPermission: "permission for the KMS key", InstanceProfile: "instance profile",
	RegistryCredentials: "registry credentials", TagPolicy: "tag policy of the organization",
	SecretMissing: "secret does not exist", ParameterMissing: "parameter does not exist", FileMissing: "file does not exist", ImageMissing: "image does not exist",
	Architecture: "processor architecture of the image", LogGroupMissing: "log group does not exist", LogOptions: "options of the log driver",
	EFSMountTarget: "mount target of the file system", HealthCheck: "health check of the container", NoInstances: "no container instances",
	Quota: "service quota", CapacitySettings: "capacity of the compute environment", OutOfMemory: "memory of the container", RateLimit: "pull rate limit of the registry",
	NoFreeAddress: "no free address in the subnet", ZoneUnsupported: "Availability Zone without {service}", ZoneDuplicate: "two subnets of one Availability Zone",
	RegionMismatch: "service name of another Region", RouteConflict: "existing gateway endpoint", GatewayFirst: "gateway endpoint needed first", EndpointType: "endpoint type",
	EnvironmentState: "state of the environment", AgentStopped: "stopped agent", AgentOld: "old agent", AgentRestart: "agent restart", AgentDefect: "known defect of the agent", CustomAMI: "AMI or launch template",
	HostOverload: "overloaded instance", MWAASelf: "self-referencing rule of the security group", MWAAAccess: "access method to the private web server",
	MWAAEndpoints: "endpoints that the environment waits for", MWAARequirements: "packages of requirements.txt",
}

// Kinds returns all kinds, sorted.
func Kinds() []Kind {
	var out []Kind
	for k := range names {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Title returns the kind as a noun phrase for people. The service is the code of the endpoint service that it is about; it may be empty.
func (k Kind) Title(service string) string {
	text := strings.ReplaceAll(names[k], "{service}", service)
	if service == "" {
		text = strings.NewReplacer("for {service}", "for the service", "the {service} endpoint", "the endpoint", "without {service}", "without the service", "of {service}", "of the service").Replace(names[k])
	}
	return text
}

// symptoms are the kinds that can have the same symptom: a call without an answer, or an instance without a connection to Amazon ECS.
var symptoms = [][]Kind{
	{EndpointMissing, NoInternetPath, RouteMissing, NoPublicAddress, EndpointGroup, EgressGroup, NetworkACL, Proxy, IPFamily,
		PrivateDNSOff, VPCDNSOff, DNSResolver, DNSConflict, DNSZone, GlobalName},
	{InstanceProfile, NoInstances, AgentStopped, AgentOld, AgentRestart, AgentDefect, CustomAMI, HostOverload, EnvironmentState},
	{EndpointPolicy, SourceCondition, RolePermission, KMSPermission},
}

// Like reports whether two kinds of causes can have the same symptom.
func (k Kind) Like(other Kind) bool {
	return k == other || slices.ContainsFunc(symptoms, func(f []Kind) bool { return slices.Contains(f, k) && slices.Contains(f, other) })
}
