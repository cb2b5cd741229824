// Package inventory is the content of an account and Region as plain data. It reads and writes
// JSON, is loaded in parts, and records denied calls as gaps.
package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Version is the version of the JSON form that this package writes.
const Version = 1

// Part is a piece of the inventory that is loaded on its own, so that no screen waits for data
// that it does not show.
type Part string

// The parts and the fields that each fills.
const (
	PartIdentity Part = "identity" // Account, Partition, Caller
	PartVPCs     Part = "vpcs"     // VPCs, without their network
	PartServices Part = "services" // Services
	PartClusters Part = "clusters" // Clusters, their services with the task definitions these use, and their container instances
	PartAgents   Part = "agents"   // Clusters with their container instances, without services; PartClusters has them too
	PartBatch    Part = "batch"    // Batch
	PartMWAA     Part = "mwaa"     // MWAA
	PartRoles    Part = "roles"    // Roles of the definitions in use
	PartQuotas   Part = "quotas"   // Quotas
	PartNetwork  Part = "network"  // Network of one VPC
	PartHosts    Part = "hosts"    // Hosts of one VPC
	PartRegistry Part = "registry" // Secrets of the Region, Keys, and the ExecutionRoles that tasks can assume
	PartSecret   Part = "secret"   // one of Secrets, possibly in another account or Region
	PartCaches   Part = "caches"   // Caches
	PartAccess   Part = "ways"     // access methods in one VPC
	// PartDefinition is one of TaskDefinitions, even if no service uses it.
	PartDefinition Part = "definition"
)

// Request selects one part. VPC is set only for PartNetwork, PartHosts and PartAccess, Role only
// for PartRoles, Name only for PartSecret and PartDefinition.
type Request struct {
	Part Part   `json:"part"`
	VPC  string `json:"vpc,omitempty"`
	Role string `json:"role,omitempty"` // ARN
	Name string `json:"name,omitempty"` // or ARN
}

// Inventory is the loaded content of one account in one Region.
type Inventory struct {
	Version   int    `json:"version"`
	Account   string `json:"account"`
	Partition string `json:"partition"` // aws, aws-cn, aws-us-gov
	Region    string `json:"region"`
	Caller    string `json:"caller"` // ARN of the caller

	VPCs     []VPC             `json:"vpcs,omitempty"`
	Services []EndpointService `json:"services,omitempty"`
	Clusters []Cluster         `json:"clusters,omitempty"`
	// TaskDefinitions are those that services use and those that were requested by ARN.
	TaskDefinitions []TaskDefinition `json:"task_definitions,omitempty"`
	Batch           Batch            `json:"batch,omitzero"`
	MWAA            []Airflow        `json:"mwaa,omitempty"`
	Roles           []Role           `json:"roles,omitempty"` // those that were requested
	// Secrets have no values.
	Secrets []Secret `json:"secrets,omitempty"`
	Keys    []Key    `json:"keys,omitempty"` // KMS keys with an alias
	// ExecutionRoles are the ARNs of roles that ecs-tasks.amazonaws.com may assume.
	ExecutionRoles []string `json:"execution_roles,omitempty"`
	Caches         []Cache  `json:"caches,omitempty"`
	Quotas         Quotas   `json:"quotas,omitzero"`
	// Networks are loaded only for the selected VPC.
	Networks []Network `json:"networks,omitempty"`
	// Hosts are loaded only for VPCs with agents to restart.
	Hosts []Host `json:"hosts,omitempty"`
	// Access are loaded only for VPCs with a private web server.
	Access []Access `json:"ways,omitempty"`

	Loaded []Request `json:"loaded"`
	Gaps   []Gap     `json:"gaps,omitempty"`
}

// Gap is a call that gave no result, because AWS denied it or for another reason. What it would have
// shown is unknown, which is not the same as an empty list.
type Gap struct {
	Call      string `json:"call"` // "ecs:ListClusters"
	Code      string `json:"code"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Codes of gaps that are not an error code of AWS.
const (
	NotAllRead = "NotAllRead" // a list was too long to read all of it
	// NotOffered means that the endpoint does not have the operation: the Region or the partition
	// lacks the service, or the endpoint is an emulator.
	NotOffered = "NotOffered"
)

// Denials are the codes of AWS for a missing permission.
var Denials = []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "NotAuthorized", "AuthorizationError"}

// Denied reports whether the caller lacks the permission for the call.
func (g Gap) Denied() bool { return slices.Contains(Denials, g.Code) }

// String returns the call and the reason as part of a sentence: "AWS denied ec2:DescribeVpcs (AccessDenied)".
func (g Gap) String() string {
	if g.Denied() {
		return fmt.Sprintf("AWS denied %s (%s)", g.Call, g.Code)
	}
	return fmt.Sprintf("%s gave no result (%s)", g.Call, g.Code)
}

// VPC is a virtual private cloud. Its content is in Network.
type VPC struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	CIDRs   []string `json:"cidrs"` // associated IPv4 blocks, the primary block first
	IPv6    []string `json:"ipv6,omitempty"`
	Default bool     `json:"default,omitempty"`
	Owner   string   `json:"owner"`
	DHCP    string   `json:"dhcp,omitempty"`
}

// Network is the content of one VPC.
type Network struct {
	VPC              string          `json:"vpc"`
	DNSSupport       bool            `json:"dns_support"`
	DNSHostnames     bool            `json:"dns_hostnames"`
	DomainServers    []string        `json:"domain_servers,omitempty"` // of the DHCP options
	Subnets          []Subnet        `json:"subnets,omitempty"`
	RouteTables      []RouteTable    `json:"route_tables,omitempty"`
	InternetGateways []string        `json:"internet_gateways,omitempty"` // in snapshots of earlier versions; nothing reads it
	NATGateways      []NATGateway    `json:"nat_gateways,omitempty"`
	SecurityGroups   []SecurityGroup `json:"security_groups,omitempty"`
	Endpoints        []Endpoint      `json:"endpoints,omitempty"`
	Interfaces       []Interface     `json:"interfaces,omitempty"`
	NetworkACLs      []NetworkACL    `json:"network_acls,omitempty"`
	// PrefixLists are those of AWS's services, and those of rules and routes that could be read.
	PrefixLists []PrefixList `json:"prefix_lists,omitempty"`
	// BlockPublicAccess is the mode of VPC Block Public Access of the VPC, as in Subnet.
	BlockPublicAccess string            `json:"block_public_access,omitempty"`
	Encryption        EncryptionControl `json:"encryption_control,omitzero"`
	HostedZones       []HostedZone      `json:"hosted_zones,omitempty"` // private ones associated with the VPC
	Resolver          Resolver          `json:"resolver"`               // what else answers its DNS queries
}

// Subnet is a subnet of a VPC.
type Subnet struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	VPC      string   `json:"vpc"`
	Zone     string   `json:"zone"`
	ZoneID   string   `json:"zone_id,omitempty"`
	CIDR     string   `json:"cidr,omitempty"`
	IPv6     []string `json:"ipv6,omitempty"`
	Free     int      `json:"free"` // free IPv4 addresses
	Owner    string   `json:"owner"`
	PublicIP bool     `json:"public_ip,omitempty"` // assigns public addresses at launch
	IPv6Only bool     `json:"ipv6_only,omitempty"`
	// DNS64 means that the Amazon-provided DNS server returns IPv6 addresses for names that have only
	// IPv4 addresses.
	DNS64 bool `json:"dns64,omitempty"`
	// BlockPublicAccess is the mode of VPC Block Public Access with its exclusions applied: empty or
	// off, block-bidirectional or block-ingress.
	BlockPublicAccess string `json:"block_public_access,omitempty"`
}

// EncryptionControl is the state of VPC Encryption Controls.
type EncryptionControl struct {
	Mode  string `json:"mode,omitempty"`  // monitor, enforce; empty: none
	State string `json:"state,omitempty"` // available, creating, …
	// Exclusions are the kinds of resource with an enabled exclusion, by AWS's names: InternetGateway,
	// NatGateway, …
	Exclusions []string `json:"exclusions,omitempty"`
}

// RouteTable is a route table with its explicitly associated subnets. Main is the table of all
// other subnets.
type RouteTable struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Main    bool     `json:"main,omitempty"`
	Subnets []string `json:"subnets,omitempty"`
	Routes  []Route  `json:"routes,omitempty"`
}

// Route is one route. Target is the id of its target of any kind ("local" for the VPC itself).
type Route struct {
	CIDR       string `json:"cidr,omitempty"` // IPv4 or IPv6
	PrefixList string `json:"prefix_list,omitempty"`
	Target     string `json:"target"`
	Blackhole  bool   `json:"blackhole,omitempty"`
	Propagated bool   `json:"propagated,omitempty"` // by a virtual private gateway
}

// NATGateway is a NAT gateway of a VPC. It is in a subnet, or it is regional and has a route table of
// its own.
type NATGateway struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	Public     bool   `json:"public"`
	Subnet     string `json:"subnet,omitempty"`
	Regional   bool   `json:"regional,omitempty"`
	RouteTable string `json:"route_table,omitempty"` // of a regional one
}

// SecurityGroup is a security group with its rules.
type SecurityGroup struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	VPC         string            `json:"vpc"`
	Owner       string            `json:"owner,omitempty"`
	Rules       []GroupRule       `json:"rules,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// GroupRule is one rule of a security group with exactly one source or
// destination: CIDR (IPv4 or IPv6), Group or PrefixList.
type GroupRule struct {
	ID         string `json:"id,omitempty"`
	Egress     bool   `json:"egress,omitempty"`
	Protocol   string `json:"protocol"` // tcp, udp, icmp, a number, or -1 for all
	From       int    `json:"from"`     // -1 with protocol -1
	To         int    `json:"to"`
	CIDR       string `json:"cidr,omitempty"`
	Group      string `json:"group,omitempty"`
	PrefixList string `json:"prefix_list,omitempty"`
}

// Endpoint is a VPC endpoint.
type Endpoint struct {
	ID               string   `json:"id"`
	Name             string   `json:"name,omitempty"`
	Type             string   `json:"type"` // Interface, Gateway, GatewayLoadBalancer, …
	Service          string   `json:"service"`
	State            string   `json:"state"` // lower case, as AWS returns it
	Subnets          []string `json:"subnets,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	RouteTables      []string `json:"route_tables,omitempty"`
	Interfaces       []string `json:"interfaces,omitempty"`
	PrivateDNS       bool     `json:"private_dns,omitempty"`
	DNSNames         []string `json:"dns_names,omitempty"`
	Policy           string   `json:"policy,omitempty"`
	IPType           string   `json:"ip_type,omitempty"`
	RequesterManaged bool     `json:"requester_managed,omitempty"`
	// InboundOnly means that private DNS answers only queries from outside the VPC
	// (PrivateDnsOnlyForInboundResolverEndpoint, for Amazon S3).
	InboundOnly bool              `json:"inbound_only,omitempty"`
	Created     string            `json:"created,omitempty"`    // RFC 3339, UTC
	LastError   string            `json:"last_error,omitempty"` // "code: message"
	Tags        map[string]string `json:"tags,omitempty"`
}

// EndpointService is a service with endpoints in the Region. Amazon S3 appears once for each
// type.
type EndpointService struct {
	Name            string   `json:"name"`
	Type            string   `json:"type"` // Interface or Gateway
	Zones           []string `json:"zones,omitempty"`
	PrivateNames    []string `json:"private_names,omitempty"`
	PolicySupported bool     `json:"policy_supported"`
	Managed         bool     `json:"managed,omitempty"` // the service creates its endpoints itself
	IPTypes         []string `json:"ip_types,omitempty"`
}

// Interface is an elastic network interface.
type Interface struct {
	ID               string   `json:"id"`
	Subnet           string   `json:"subnet"`
	Zone             string   `json:"zone,omitempty"`
	Type             string   `json:"type"`
	Status           string   `json:"status"`
	Description      string   `json:"description,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	IP               string   `json:"ip,omitempty"`
	PublicIP         bool     `json:"public_ip,omitempty"` // has a public address
	Instance         string   `json:"instance,omitempty"`  // attached EC2 instance
	RequesterManaged bool     `json:"requester_managed,omitempty"`
	RequesterID      string   `json:"requester_id,omitempty"`
}

// NetworkACL is a network ACL with its subnets.
type NetworkACL struct {
	ID      string     `json:"id"`
	Default bool       `json:"default,omitempty"`
	Subnets []string   `json:"subnets,omitempty"`
	Entries []ACLEntry `json:"entries"`
}

// ACLEntry is one entry. The matching entry with the lowest number decides.
type ACLEntry struct {
	Number   int    `json:"number"`
	Egress   bool   `json:"egress,omitempty"`
	Allow    bool   `json:"allow,omitempty"`
	Protocol string `json:"protocol"` // number as text, -1 for all
	CIDR     string `json:"cidr"`
	From     int    `json:"from,omitempty"`
	To       int    `json:"to,omitempty"`
}

// PrefixList is a managed prefix list with its entries: of a service of AWS, such as Amazon S3, or of
// a customer. The name is known only for those of the Region's services.
type PrefixList struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	CIDRs []string `json:"cidrs,omitempty"`
}

// HostedZone is a private hosted zone of Route 53.
type HostedZone struct {
	ID    string `json:"id"`
	Name  string `json:"name"`            // without the final dot
	Owner string `json:"owner,omitempty"` // an account, or a service of AWS
}

// Cluster is an ECS cluster.
type Cluster struct {
	ARN  string `json:"arn"`
	Name string `json:"name"`
	// ExecKMSKey encrypts ECS Exec sessions; empty means none.
	ExecKMSKey string `json:"exec_kms_key,omitempty"`
	// ExecLogGroup and ExecBucket receive the logs of ECS Exec sessions.
	ExecLogGroup string    `json:"exec_log_group,omitempty"`
	ExecBucket   string    `json:"exec_bucket,omitempty"`
	Insights     bool      `json:"insights,omitempty"` // Container Insights on
	Instances    int       `json:"instances"`          // registered container instances
	Services     []Service `json:"services,omitempty"`
	// ContainerInstances are the registered instances, as far as AWS allowed reading them.
	ContainerInstances []ContainerInstance `json:"container_instances,omitempty"`
	// ManagedProviders are the capacity providers of ECS Managed Instances.
	ManagedProviders []ManagedProvider `json:"managed_providers,omitempty"`
}

// ManagedProvider is a capacity provider of ECS Managed Instances. Amazon ECS launches its instances.
type ManagedProvider struct {
	Name    string   `json:"name"`
	VPC     string   `json:"vpc,omitempty"`
	Subnets []string `json:"subnets,omitempty"` // of the instances
	Groups  []string `json:"groups,omitempty"`  // of the instances; empty: the default group of the VPC
}

// ContainerInstance is an instance with an ECS agent.
type ContainerInstance struct {
	ARN          string            `json:"arn"`
	Instance     string            `json:"instance"`                // EC2 id, or mi-… of an external one
	AgentVersion string            `json:"agent_version,omitempty"` // without a leading v
	Connected    bool              `json:"connected,omitempty"`
	Status       string            `json:"status"` // ACTIVE, DRAINING, …
	VPC          string            `json:"vpc,omitempty"`
	Subnet       string            `json:"subnet,omitempty"`
	Zone         string            `json:"zone,omitempty"`
	OS           string            `json:"os,omitempty"`        // linux or windows
	OSFamily     string            `json:"os_family,omitempty"` // LINUX, WINDOWS_SERVER_2022_CORE, …
	AMI          string            `json:"ami,omitempty"`
	External     bool              `json:"external,omitempty"`     // ECS Anywhere
	Managed      bool              `json:"managed,omitempty"`      // ECS Managed Instances: AWS runs the agent
	PrivateAuth  bool              `json:"private_auth,omitempty"` // can pull with registry credentials
	Registered   string            `json:"registered,omitempty"`   // RFC 3339, UTC
	Tasks        int               `json:"tasks,omitempty"`        // running
	Tags         map[string]string `json:"tags,omitempty"`
}

// Host is the data of EC2 and Systems Manager about an instance.
type Host struct {
	Instance        string `json:"instance"`
	VPC             string `json:"vpc"`
	State           string `json:"state,omitempty"` // running, stopped, …
	AMIName         string `json:"ami_name,omitempty"`
	Profile         string `json:"profile,omitempty"` // ARN of the instance profile; empty: none
	Ping            string `json:"ping,omitempty"`    // Online, ConnectionLost, Inactive; empty: not known to Systems Manager
	SSMAgent        string `json:"ssm_agent,omitempty"`
	PlatformType    string `json:"platform_type,omitempty"` // Linux, Windows, MacOS
	PlatformName    string `json:"platform_name,omitempty"`
	PlatformVersion string `json:"platform_version,omitempty"`
}

// Batch is the content of AWS Batch: compute environments, their queues, and the newest active
// revision of each job definition.
type Batch struct {
	Environments []ComputeEnvironment `json:"environments,omitempty"`
	Queues       []JobQueue           `json:"queues,omitempty"`
	Definitions  []JobDefinition      `json:"definitions,omitempty"`
}

// ComputeEnvironment is a compute environment of AWS Batch.
type ComputeEnvironment struct {
	ARN           string   `json:"arn"`
	Name          string   `json:"name"`
	Type          string   `json:"type,omitempty"`    // FARGATE, FARGATE_SPOT, EC2, SPOT; empty for an unmanaged one
	State         string   `json:"state"`             // ENABLED or DISABLED
	Status        string   `json:"status"`            // VALID, INVALID, …
	Reason        string   `json:"reason,omitempty"`  // of the status, as AWS words it
	Orchestration string   `json:"orchestration"`     // ECS or EKS
	Cluster       string   `json:"cluster,omitempty"` // ARN of the ECS cluster that AWS Batch created for it
	VPC           string   `json:"vpc,omitempty"`     // of the subnets
	Subnets       []string `json:"subnets,omitempty"`
	Groups        []string `json:"groups,omitempty"`
	InstanceRole  string   `json:"instance_role,omitempty"` // instance profile
	// LaunchTemplate may contain further security groups, which are not read.
	LaunchTemplate bool `json:"launch_template,omitempty"`
}

// JobQueue is a job queue with its compute environments, by ARN, in their order.
type JobQueue struct {
	ARN          string   `json:"arn"`
	Name         string   `json:"name"`
	State        string   `json:"state"`
	Environments []string `json:"environments,omitempty"`
}

// JobDefinition is a job definition in the form of a task definition: Family is its name,
// TaskRole the job role, Compatible the platforms (EC2, FARGATE).
type JobDefinition struct {
	TaskDefinition
	PlatformVersion string `json:"platform_version,omitempty"` // on Fargate
	PublicIP        bool   `json:"public_ip,omitempty"`        // on Fargate
	Exec            bool   `json:"exec,omitempty"`
}

// Role is an IAM role with its policies.
type Role struct {
	ARN      string       `json:"arn"`
	Name     string       `json:"name"`
	Policies []RolePolicy `json:"policies,omitempty"`
}

// Documents returns the documents of its policies.
func (r *Role) Documents() []string {
	var out []string
	for _, p := range r.Policies {
		out = append(out, p.Document)
	}
	return out
}

// RolePolicy is a policy of a role, inline or attached.
type RolePolicy struct {
	Name     string `json:"name"`
	ARN      string `json:"arn,omitempty"` // of an attached one
	Document string `json:"document"`      // JSON
}

// Quotas are the applied limits of the account in the Region; 0 means unknown. The used number is
// included for limits that count beyond one VPC.
type Quotas struct {
	InterfaceEndpoints int `json:"interface_endpoints,omitempty"`  // for each VPC, L-29B6F2EB
	GatewayEndpoints   int `json:"gateway_endpoints,omitempty"`    // in the Region, L-1B52E74A
	GroupsPerInterface int `json:"groups_per_interface,omitempty"` // L-2AFB9258
	RulesPerGroup      int `json:"rules_per_group,omitempty"`      // for each direction and address family, L-0EA8095F
	// UsedGateways are the gateway endpoints of the whole Region.
	UsedGateways int `json:"used_gateways,omitempty"`
}

// Service is an ECS service.
type Service struct {
	ARN             string   `json:"arn"`
	Name            string   `json:"name"`
	LaunchType      string   `json:"launch_type"` // FARGATE, EC2, EXTERNAL, MANAGED_INSTANCES; from the capacity provider where that is used
	PlatformVersion string   `json:"platform_version,omitempty"`
	TaskDefinition  string   `json:"task_definition"` // ARN
	VPC             string   `json:"vpc,omitempty"`   // of the subnets
	Subnets         []string `json:"subnets,omitempty"`
	Groups          []string `json:"groups,omitempty"`
	PublicIP        bool     `json:"public_ip,omitempty"`
	Exec            bool     `json:"exec,omitempty"`
	ServiceConnect  bool     `json:"service_connect,omitempty"`
	// Proxy is the log configuration of the Service Connect proxy, in the form of a container.
	Proxy      *Container `json:"proxy,omitempty"`
	Deployment string     `json:"deployment,omitempty"` // id of the primary one
	Deployed   string     `json:"deployed,omitempty"`   // when it began, RFC 3339
	Desired    int        `json:"desired"`
	Running    int        `json:"running"`
}

// Secret is a secret of Secrets Manager, without its value.
type Secret struct {
	ARN         string `json:"arn"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	KMSKey      string `json:"kms_key,omitempty"` // as AWS returns it: an id, ARN or alias; empty: the default key
	Deleted     string `json:"deleted,omitempty"` // time of the deletion request, RFC 3339
	Rotates     bool   `json:"rotates,omitempty"`
	Version     string `json:"version,omitempty"` // id of the current one
}

// Key is a KMS key with its aliases.
type Key struct {
	ARN     string   `json:"arn"`
	Aliases []string `json:"aliases,omitempty"` // alias/NAME
	Manager string   `json:"manager,omitempty"` // CUSTOMER or AWS
	State   string   `json:"state,omitempty"`   // Enabled, Disabled, PendingDeletion, …
	Usage   string   `json:"usage,omitempty"`   // ENCRYPT_DECRYPT, …
}

// TaskDefinition is a task definition without the values of its environment variables.
type TaskDefinition struct {
	ARN           string      `json:"arn"`
	Family        string      `json:"family"`
	Revision      int         `json:"revision"`
	Compatible    []string    `json:"compatible,omitempty"` // EC2, FARGATE, …
	OS            string      `json:"os,omitempty"`         // operating system family
	ExecutionRole string      `json:"execution_role,omitempty"`
	TaskRole      string      `json:"task_role,omitempty"`
	Containers    []Container `json:"containers"` // in AWS's order
	EFS           bool        `json:"efs,omitempty"`
	S3Files       bool        `json:"s3_files,omitempty"` // mounts an Amazon S3 Files file system
	// VolumeSecrets are the references of the credentials for volumes of FSx for Windows File Server.
	VolumeSecrets []string `json:"volume_secrets,omitempty"`
	// Fields are the fields of the definition that can be registered again, by AWS's names.
	Fields []string `json:"fields,omitempty"`
	// Shape is ecs for a job definition with several containers, nodes for a job on several
	// nodes, and empty otherwise.
	Shape string `json:"shape,omitempty"`
}

// Container is one container of a task definition.
type Container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	// LogDriver is the log driver. For FireLens it continues with the plug-in: awsfirelens:s3.
	LogDriver string `json:"log_driver,omitempty"`
	// LogGroup is the name of the log group, or AnyGroup.
	LogGroup string `json:"log_group,omitempty"`
	// LogCreates means that the log driver creates its log group (awslogs-create-group).
	LogCreates bool `json:"log_creates,omitempty"`
	// LogRegion is the Region of the log destination.
	LogRegion string `json:"log_region,omitempty"`
	// LogHost is the host of the log destination, with its port: no user, path or query.
	LogHost   string `json:"log_host,omitempty"`
	LogBucket string `json:"log_bucket,omitempty"` // of FireLens, in Amazon S3
	// Secrets are the references (ARNs or names) of secrets, including those in log options,
	// without values.
	Secrets     []string `json:"secrets,omitempty"`
	Credentials string   `json:"credentials,omitempty"` // repositoryCredentials.credentialsParameter
	EnvFiles    []string `json:"env_files,omitempty"`   // ARNs of S3 objects
	// Files are the ARNs of other S3 objects: the configuration of FireLens and credential specs.
	Files []string `json:"files,omitempty"`
	// DomainSecret means that a credential spec references a secret of Secrets Manager.
	DomainSecret bool `json:"domain_secret,omitempty"`
}

// OnFargate reports whether the service's tasks run on Fargate.
func (s *Service) OnFargate() bool { return strings.HasPrefix(s.LaunchType, "FARGATE") }

// OnEC2 reports whether the service's tasks run on container instances in EC2.
func (s *Service) OnEC2() bool { return s.LaunchType == "EC2" }

// OnManaged reports whether the service's tasks run on ECS Managed Instances.
func (s *Service) OnManaged() bool { return s.LaunchType == "MANAGED_INSTANCES" }

// Own reports whether the account manages the instance's agent in a VPC. AWS manages the agents
// of its managed instances, and external instances are outside.
func (c *ContainerInstance) Own() bool { return !c.Managed && !c.External }

// OnFargate reports whether the environment's jobs run on Fargate.
func (e *ComputeEnvironment) OnFargate() bool { return strings.HasPrefix(e.Type, "FARGATE") }

// OnEC2 reports whether the environment's jobs run on container instances of an ECS cluster.
// Those of an unmanaged environment do.
func (e *ComputeEnvironment) OnEC2() bool {
	return e.Orchestration != "EKS" && (e.Type == "EC2" || e.Type == "SPOT" || e.Type == "")
}

// Has reports whether a part was loaded, possibly with gaps.
func (inv *Inventory) Has(r Request) bool {
	return slices.Contains(inv.Loaded, r) || r.Part == PartAgents && slices.Contains(inv.Loaded, Request{Part: PartClusters})
}

// Merge adds a loaded part. It replaces existing data of the same part, so a part can be loaded
// again.
func (inv *Inventory) Merge(f Inventory) {
	inv.Version = Version
	for _, r := range f.Loaded {
		inv.drop(r)
		switch r.Part {
		case PartIdentity:
			inv.Account, inv.Partition, inv.Region, inv.Caller = f.Account, f.Partition, f.Region, f.Caller
		case PartVPCs:
			inv.VPCs = f.VPCs
		case PartServices:
			inv.Services = f.Services
		case PartClusters:
			asked := inv.askedFor(PartDefinition)
			inv.Clusters = f.Clusters
			inv.TaskDefinitions = join(f.TaskDefinitions, keep(inv.TaskDefinitions, func(d *TaskDefinition) bool { return slices.ContainsFunc(asked, d.is) }), definitionARN)
		case PartAgents:
			for i := range f.Clusters { // services may be known already
				if old := inv.Cluster(f.Clusters[i].ARN); old != nil {
					f.Clusters[i].Services, f.Clusters[i].ManagedProviders = old.Services, old.ManagedProviders
				}
			}
			inv.Clusters = f.Clusters
		case PartBatch:
			inv.Batch = f.Batch
		case PartMWAA:
			inv.MWAA = f.MWAA
		case PartQuotas:
			inv.Quotas = f.Quotas
		case PartCaches:
			inv.Caches = f.Caches
		case PartRoles:
			for _, o := range f.Roles {
				inv.Roles = slices.DeleteFunc(inv.Roles, func(r Role) bool { return r.ARN == o.ARN })
				inv.Roles = append(inv.Roles, o)
			}
			slices.SortFunc(inv.Roles, func(a, b Role) int { return cmp.Compare(a.ARN, b.ARN) })
		case PartRegistry:
			asked := inv.askedFor(PartSecret)
			inv.Keys, inv.ExecutionRoles = f.Keys, f.ExecutionRoles
			inv.Secrets = join(f.Secrets, keep(inv.Secrets, func(s *Secret) bool {
				// The account may still be unknown, so the name must be enough.
				return slices.ContainsFunc(asked, func(name string) bool { return s.Name == name || s.is(name, "", "") })
			}), secretARN)
		case PartSecret:
			older := inv.Secrets
			if _, denied := f.Gap("secretsmanager:DescribeSecret"); !denied && len(f.Secrets) == 0 { // it no longer exists
				older = keep(older, func(s *Secret) bool { return !s.is(r.Name, inv.Account, inv.Region) })
			}
			inv.Secrets = join(f.Secrets, older, secretARN)
		case PartDefinition:
			inv.TaskDefinitions = join(f.TaskDefinitions, inv.TaskDefinitions, definitionARN)
		case PartNetwork:
			for _, n := range f.Networks {
				inv.Networks = slices.DeleteFunc(inv.Networks, func(o Network) bool { return o.VPC == n.VPC })
				inv.Networks = append(inv.Networks, n)
			}
			slices.SortFunc(inv.Networks, func(a, b Network) int { return cmp.Compare(a.VPC, b.VPC) })
		case PartAccess:
			inv.Access = append(slices.DeleteFunc(inv.Access, func(w Access) bool { return w.VPC == r.VPC }), f.Access...)
			slices.SortFunc(inv.Access, func(a, b Access) int { return cmp.Compare(a.VPC, b.VPC) })
		case PartHosts:
			inv.Hosts = slices.DeleteFunc(inv.Hosts, func(h Host) bool { return h.VPC == r.VPC })
			inv.Hosts = append(inv.Hosts, f.hostsOf(r.VPC)...)
			slices.SortFunc(inv.Hosts, func(a, b Host) int { return cmp.Compare(a.Instance, b.Instance) })
		}
		inv.Loaded = append(inv.Loaded, r)
	}
	for _, g := range f.Gaps {
		if _, known := inv.Gap(g.Call); !known {
			inv.Gaps = append(inv.Gaps, g)
		}
	}
	slices.SortFunc(inv.Loaded, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.VPC, b.VPC), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(inv.Gaps, func(a, b Gap) int { return cmp.Compare(a.Call, b.Call) })
}

// askedFor returns the names that a part was loaded with.
func (inv *Inventory) askedFor(p Part) []string {
	var out []string
	for _, r := range inv.Loaded {
		if r.Part == p {
			out = append(out, r.Name)
		}
	}
	return out
}

// join merges two lists by ARN. If both contain an ARN, the newer item wins.
func join[T any](newer, older []T, arn func(*T) string) []T {
	out := slices.Clone(newer)
	for i := range older {
		if find(newer, func(n *T) bool { return arn(n) == arn(&older[i]) }) == nil {
			out = append(out, older[i])
		}
	}
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(arn(&a), arn(&b)) })
	return out
}

// keep returns a new list of the matching items.
func keep[T any](s []T, ok func(*T) bool) []T {
	var out []T
	for i := range s {
		if ok(&s[i]) {
			out = append(out, s[i])
		}
	}
	return out
}

func secretARN(s *Secret) string             { return s.ARN }
func definitionARN(d *TaskDefinition) string { return d.ARN }

// drop removes a part and the gaps of its calls. A part that was never loaded has no gaps: those
// of the same calls belong to another role, VPC or part.
func (inv *Inventory) drop(r Request) {
	if !slices.Contains(inv.Loaded, r) {
		return
	}
	inv.Loaded = slices.DeleteFunc(inv.Loaded, func(o Request) bool { return o == r })
	inv.Gaps = slices.DeleteFunc(inv.Gaps, func(g Gap) bool { return slices.Contains(Calls(r.Part), g.Call) })
}

// Calls returns the AWS calls that load a part, as "service:Operation".
func Calls(p Part) []string {
	switch p {
	case PartIdentity:
		return []string{"sts:GetCallerIdentity"}
	case PartVPCs:
		return []string{"ec2:DescribeVpcs"}
	case PartServices:
		return []string{"ec2:DescribeVpcEndpointServices"}
	case PartClusters:
		return []string{"ecs:ListClusters", "ecs:DescribeClusters", "ecs:DescribeCapacityProviders", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition",
			"ecs:ListContainerInstances", "ecs:DescribeContainerInstances", "ec2:DescribeSubnets"}
	case PartAgents:
		return []string{"ecs:ListClusters", "ecs:DescribeClusters", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"}
	case PartBatch:
		return []string{"batch:DescribeComputeEnvironments", "batch:DescribeJobQueues", "batch:DescribeJobDefinitions", "ec2:DescribeSubnets"}
	case PartMWAA:
		return []string{"airflow:ListEnvironments", "airflow:GetEnvironment", "ec2:DescribeSubnets"}
	case PartRoles:
		return []string{"iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"}
	case PartRegistry:
		return []string{"secretsmanager:ListSecrets", "kms:ListAliases", "kms:DescribeKey", "iam:ListRoles"}
	case PartSecret:
		return []string{"secretsmanager:DescribeSecret"}
	case PartCaches:
		return []string{"ecr:DescribePullThroughCacheRules"}
	case PartDefinition:
		return []string{"ecs:DescribeTaskDefinition"}
	case PartQuotas:
		return []string{"servicequotas:ListServiceQuotas"}
	case PartNetwork:
		return []string{"ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeRouteTables",
			"ec2:DescribeNatGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcEndpoints",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeNetworkAcls", "ec2:DescribePrefixLists", "ec2:GetManagedPrefixListEntries", "route53:ListHostedZonesByVPC",
			"route53resolver:ListResolverRuleAssociations", "route53resolver:ListResolverRules", "route53resolver:ListFirewallRuleGroupAssociations",
			"route53profiles:ListProfileAssociations", "route53profiles:ListProfileResourceAssociations"}
	case PartAccess:
		return []string{"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeLoadBalancers",
			"ec2:DescribeKeyPairs", "iam:ListInstanceProfiles", "ec2:DescribeInstances",
			"elasticloadbalancing:DescribeListeners", "acm:ListCertificates", "route53:ListHostedZones",
			"ec2:DescribeClientVpnEndpoints", "ec2:DescribeClientVpnTargetNetworks", "ec2:DescribeClientVpnAuthorizationRules"}
	case PartHosts:
		return []string{"ec2:DescribeInstances", "ec2:DescribeImages", "ssm:DescribeInstanceInformation"}
	}
	return nil
}

// Gap returns the gap of a call, if it gave no result.
func (inv *Inventory) Gap(call string) (Gap, bool) {
	i := slices.IndexFunc(inv.Gaps, func(g Gap) bool { return g.Call == call })
	if i < 0 {
		return Gap{}, false
	}
	return inv.Gaps[i], true
}

// VPC returns a VPC by id, or nil.
func (inv *Inventory) VPC(id string) *VPC {
	return find(inv.VPCs, func(v *VPC) bool { return v.ID == id })
}

// Network returns the network of a VPC, or nil if it is not loaded.
func (inv *Inventory) Network(vpc string) *Network {
	return find(inv.Networks, func(n *Network) bool { return n.VPC == vpc })
}

// Host returns an instance by id, or nil if it is not loaded.
func (inv *Inventory) Host(instance string) *Host {
	return find(inv.Hosts, func(h *Host) bool { return h.Instance == instance })
}

// hostsOf returns a new list of the hosts in one VPC.
func (inv *Inventory) hostsOf(vpc string) []Host {
	var out []Host
	for _, h := range inv.Hosts {
		if h.VPC == vpc {
			out = append(out, h)
		}
	}
	return out
}

// Service returns an endpoint service by name and type, or nil if the Region does not list it.
func (inv *Inventory) Service(name, typ string) *EndpointService {
	return find(inv.Services, func(s *EndpointService) bool { return s.Name == name && s.Type == typ })
}

// Cluster returns a cluster by name or ARN, or nil.
func (inv *Inventory) Cluster(name string) *Cluster {
	return find(inv.Clusters, func(c *Cluster) bool { return c.Name == name || c.ARN == name })
}

// TaskDefinition returns a definition by ARN, or nil if it is not loaded.
func (inv *Inventory) TaskDefinition(arn string) *TaskDefinition {
	return find(inv.TaskDefinitions, func(d *TaskDefinition) bool { return d.ARN == arn })
}

// is reports whether a name matches the definition: its ARN, its family and revision, or its
// family alone, which matches every revision.
func (d *TaskDefinition) is(name string) bool {
	return name == d.ARN || name == fmt.Sprintf("%s:%d", d.Family, d.Revision) || name == d.Family
}

// Definition returns a task definition by ARN, FAMILY:REVISION or FAMILY, or nil. FAMILY means
// the newest loaded revision.
func (inv *Inventory) Definition(name string) *TaskDefinition {
	var newest *TaskDefinition
	for i := range inv.TaskDefinitions {
		if d := &inv.TaskDefinitions[i]; d.is(name) && (newest == nil || d.Revision > newest.Revision) {
			newest = d
		}
	}
	return newest
}

// Environment returns a compute environment by name or ARN, or nil.
func (inv *Inventory) Environment(name string) *ComputeEnvironment {
	return find(inv.Batch.Environments, func(e *ComputeEnvironment) bool { return e.Name == name || e.ARN == name })
}

// Role returns a role by ARN, or nil if it is not loaded.
func (inv *Inventory) Role(arn string) *Role {
	return find(inv.Roles, func(r *Role) bool { return r.ARN == arn })
}

// Secret returns a secret by name or ARN, with or without the six characters that AWS adds to the
// name, or nil if it is not loaded. It also returns secrets scheduled for deletion.
func (inv *Inventory) Secret(name string) *Secret {
	return find(inv.Secrets, func(s *Secret) bool { return s.is(name, inv.Account, inv.Region) })
}

// is reports whether a name or ARN, used in an account and Region, refers to the secret.
func (s *Secret) is(name, account, region string) bool {
	return s.ARN == name || s.Name == name && s.OfAccount(account, region) || len(s.ARN) > 7 && s.ARN[:len(s.ARN)-7] == name
}

// OfAccount reports whether a secret is in an account and Region.
func (s *Secret) OfAccount(account, region string) bool {
	part := strings.SplitN(s.ARN, ":", 6)
	return len(part) == 6 && part[3] == region && part[4] == account
}

// Key returns a key by ARN, id, alias or ARN of an alias, or nil if it is not loaded.
func (inv *Inventory) Key(name string) *Key {
	if i := strings.Index(name, ":alias/"); i >= 0 {
		name = name[i+1:]
	}
	return find(inv.Keys, func(k *Key) bool {
		return k.ARN == name || strings.HasSuffix(k.ARN, "/"+name) || slices.Contains(k.Aliases, name)
	})
}

// Subnet returns a subnet by id, or nil.
func (n *Network) Subnet(id string) *Subnet {
	return find(n.Subnets, func(s *Subnet) bool { return s.ID == id })
}

// Group returns a security group by id, or nil.
func (n *Network) Group(id string) *SecurityGroup {
	return find(n.SecurityGroups, func(g *SecurityGroup) bool { return g.ID == id })
}

// RouteTableOf returns the route table of a subnet: its associated one, else the VPC's main
// table, or nil if route tables are unknown.
func (n *Network) RouteTableOf(subnet string) *RouteTable {
	if t := find(n.RouteTables, func(t *RouteTable) bool { return slices.Contains(t.Subnets, subnet) }); t != nil {
		return t
	}
	return find(n.RouteTables, func(t *RouteTable) bool { return t.Main })
}

// ACLOf returns the network ACL of a subnet: its associated one, else the default one, or nil if
// network ACLs are unknown.
func (n *Network) ACLOf(subnet string) *NetworkACL {
	if a := find(n.NetworkACLs, func(a *NetworkACL) bool { return slices.Contains(a.Subnets, subnet) }); a != nil {
		return a
	}
	return find(n.NetworkACLs, func(a *NetworkACL) bool { return a.Default })
}

// Label returns the displayed name of a resource with a Name tag: "name (id)", or the one of the
// two that is not empty.
func Label(name, id string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}

// find returns a pointer into s, so that nothing is copied.
func find[T any](s []T, ok func(*T) bool) *T {
	for i := range s {
		if ok(&s[i]) {
			return &s[i]
		}
	}
	return nil
}
