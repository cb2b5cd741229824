// Package answers holds the user's choices as plain data. It reads and writes them as YAML and
// reports the line and column of every mistake.
package answers

import (
	"maps"
	"slices"
)

// Version is the version of the answers file that this package reads and writes.
const Version = 1

// Workload is the kind of workload that the endpoints serve.
type Workload string

// The supported workloads.
const (
	BatchFargate Workload = "batch-fargate"
	BatchEC2     Workload = "batch-ec2"
	ECSFargate   Workload = "ecs-fargate"
	ECSEC2       Workload = "ecs-ec2"
	ECSManaged   Workload = "ecs-managed-instances"
	MWAA         Workload = "mwaa"
)

// Supported lists all workloads in the order of the screens.
var Supported = []Workload{ECSFargate, ECSEC2, ECSManaged, BatchFargate, BatchEC2, MWAA}

// Services are the workloads of Amazon ECS, which have services.
var Services = []Workload{ECSFargate, ECSEC2, ECSManaged}

// Needs are the allowed values of `needs`: features of the workload that may need an endpoint.
var Needs = []string{"ecr", "secretsmanager", "awslogs", "ssm-parameters", "exec", "exec-kms", "service-connect", "env-files", "s3", "firehose", "kinesis", "efs", "insights", "collector-logs", "xray", "workload-api"}

// The predefined endpoint policies. Every other policy is a file.
const (
	PolicyFull    = "full" // AWS attaches this one by default
	PolicyLeast   = "least-privilege"
	PolicyExample = "example" // as in the AWS user guides
)

// The methods to restart ECS agents.
const (
	RestartSSM      = "ssm"      // with Systems Manager Run Command
	RestartReboot   = "reboot"   // drain the instance, then reboot it
	RestartCommands = "commands" // show the commands; the user runs them on each instance
	RestartNone     = "none"
)

// Policy selects the endpoint policies. Default is for new endpoints. ByService, by service code,
// is for services with a different policy and for existing endpoints that should change. Each
// value is one of the constants above or the path of a file.
type Policy struct {
	Default   string
	ByService map[string]string
}

// For returns the policy for a service, or the empty string if none was chosen.
func (p Policy) For(code string) string {
	if v, ok := p.ByService[code]; ok {
		return v
	}
	return p.Default
}

// Files returns the paths of the policy files, sorted.
func (p Policy) Files() []string {
	var out []string
	for _, v := range append(slices.Collect(maps.Values(p.ByService)), p.Default) {
		if v != "" && !slices.Contains([]string{PolicyFull, PolicyLeast, PolicyExample}, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Agent configures the restart of the ECS agents on container instances.
type Agent struct {
	// Clusters are the names of the ECS clusters with agents to restart. Without it, all clusters with instances in the VPC.
	Clusters []string `yaml:"clusters,omitempty" check:"cluster" example:"prod" omitted:"include all clusters with instances in the VPC"`
	// Restart is the method to restart the agents.
	Restart string `yaml:"restart,omitempty" check:"restart"`
	// Update allows AWS to update agents that are too old, where it can.
	Update bool `yaml:"update,omitempty"`
}

// Registry configures how tasks or jobs log in to a private registry outside AWS. It never
// contains the password.
type Registry struct {
	// Secret is the name of a secret, or the full ARN of a secret in another account or Region.
	// Without it, no registry needs credentials.
	Secret string `yaml:"secret,omitempty" check:"secret"`
	// Value is keep or set: whether the run writes the user name and password.
	Value string `yaml:"value,omitempty" check:"value"`
	// Check reads the value once and verifies that it has the format that Amazon ECS needs.
	Check bool `yaml:"check,omitempty"`
	// Restore cancels the scheduled deletion of the secret.
	Restore bool `yaml:"restore,omitempty"`
	// Username is the user name, only with value: set.
	Username string `yaml:"username,omitempty" check:"text"`
	// Description is that of a new secret, only with value: set.
	Description string `yaml:"description,omitempty" check:"description"`
	// KMSKey is the alias, id or ARN of the key of a new secret. Without it, the default key.
	KMSKey string `yaml:"kms_key,omitempty" check:"key"`
	// Role is the name or ARN of the execution role. Without it, the role of the definition.
	Role string `yaml:"role,omitempty" check:"role"`
	// CreateRole creates the role.
	CreateRole bool `yaml:"create_role,omitempty"`
	// ECRCondition limits the pulls of a new role from Amazon ECR to the VPC or the endpoint.
	ECRCondition string `yaml:"ecr_condition,omitempty" check:"condition"`
	// Definition is the task or job definition, as NAME or NAME:REVISION.
	Definition string `yaml:"definition,omitempty" check:"definition"`
	// Containers are those that log in. Without it, all containers with images from outside AWS.
	Containers []string `yaml:"containers,omitempty" check:"container" example:"app"`
	// UpdateService updates the service to the new revision.
	UpdateService bool `yaml:"update_service,omitempty"`
	Job           Job  `yaml:"job,omitempty" example:"{name: nightly, image: registry.example.com/team/nightly:1, vcpu: \"1\", memory: \"2048\"}"`
}

// On reports whether the plan includes credentials for a registry.
func (r Registry) On() bool { return r.Secret != "" }

// Sets reports whether the run receives the user name and password.
func (r Registry) Sets() bool { return r.On() && r.Value == RegistrySet }

// Job is a new, small job definition, used instead of an existing one.
type Job struct {
	// Name is the name of the job definition.
	Name string `yaml:"name,omitempty" check:"jobname"`
	// Image is the container image.
	Image string `yaml:"image,omitempty" check:"image"`
	// VCPU is the number of vCPUs in quotes, such as "0.25".
	VCPU string `yaml:"vcpu,omitempty" check:"amount"`
	// Memory is in MiB, in quotes.
	Memory string `yaml:"memory,omitempty" check:"amount"`
}

// The actions for the value of the secret.
const (
	RegistryKeep = "keep"
	RegistrySet  = "set" // write the user name and password
)

// The condition keys that can limit the execution role's pulls from Amazon ECR.
const (
	ByVPC      = "vpc"
	ByEndpoint = "vpce"
)

// Proof selects verification beyond what the AWS APIs show.
type Proof struct {
	// Task is a service on Fargate, as CLUSTER/NAME. The verification starts one task of it.
	Task string `yaml:"task,omitempty" check:"task"`
}

// IP address types of endpoints.
const (
	IPv4      = "ipv4"
	DualStack = "dualstack"
	IPv6      = "ipv6"
)

// RunsCommands reports whether Run Command may be used on the instances. This is the default.
func (a Agent) RunsCommands() bool { return a.Restart != RestartCommands && a.Restart != RestartNone }

// Answers is the content of an answers file. The zero value is a user who has not answered
// anything yet. A nil pointer means "not answered", which differs from "empty" and "false".
type Answers struct {
	// Version is the version of the file.
	Version int `yaml:"version"`
	// Account is the account number, in quotes. It must be that of the caller.
	Account string `yaml:"account,omitempty" check:"account"`
	// Workload is the kind of workload that the endpoints serve.
	Workload Workload `yaml:"workload,omitempty" check:"workload"`
	// Region is the code of the Region. Without it, the Region that the AWS CLI finds.
	Region string `yaml:"region,omitempty" check:"region"`
	// Service is one ECS service as CLUSTER/NAME, or CLUSTER for all services of one cluster.
	// Without it, every service of the workload in the VPC.
	Service string `yaml:"service,omitempty" check:"service"`
	// ComputeEnvironment is the name of one AWS Batch compute environment. Without it, every
	// compute environment of the workload in the VPC.
	ComputeEnvironment string `yaml:"compute_environment,omitempty" check:"environment"`

	First First `yaml:"first,omitempty" example:"{name: web, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.0}"`

	// VPC is the id or unique Name tag of the VPC, or a new VPC: {create: {name: prod}}. Without it, that of the
	// service or environment.
	VPC string `yaml:"vpc,omitempty" check:"id"`
	// Subnets are the subnets of the endpoint network interfaces, at most one per zone.
	Subnets []string `yaml:"subnets,omitempty" check:"id" example:"subnet-01"`
	// Clients are the subnets and security groups of the workload.
	Clients []string `yaml:"clients,omitempty" check:"id" example:"subnet-01"`
	// SecurityGroups are those of the endpoints.
	SecurityGroups []string `yaml:"security_groups,omitempty" check:"id" example:"sg-01"`
	// Needs are the features of the workload that may need an endpoint. Without it, they are
	// detected in the account. An empty list means none.
	Needs *[]string `yaml:"needs,omitempty" check:"need" example:"ecr, awslogs"`
	// Extra are the service codes of additional endpoints.
	Extra []string `yaml:"extra,omitempty" check:"code" example:"sts" empty:"allowed"`
	// PrivateDNS gives the endpoints private DNS names. The default is true.
	PrivateDNS *bool `yaml:"private_dns,omitempty"`
	// TwoPhases creates endpoints without private DNS, verifies them, and then turns private DNS on for one after the
	// other. The default is true if running workloads may use another path to the services.
	TwoPhases *bool `yaml:"two_phases,omitempty"`
	// IPAddressType is the IP address type of the endpoints. The default is ipv4.
	IPAddressType string `yaml:"ip_address_type,omitempty" check:"iptype"`
	// EndpointPolicy is one endpoint policy for all services, or a mapping from service code to
	// endpoint policy.
	EndpointPolicy Policy   `yaml:"endpoint_policy,omitempty" check:"policy"`
	Agent          Agent    `yaml:"agent,omitempty" example:"{clusters: [prod], restart: commands}"`
	Airflow        Airflow  `yaml:"mwaa,omitempty" example:"{environment: nightly, endpoints: current}"`
	Registry       Registry `yaml:"registry,omitempty" example:"{secret: prod/registry, value: set, username: team}"`
	Proof          Proof    `yaml:"proof,omitempty" example:"{task: prod/web}"`
	// Redeploy are services, as CLUSTER/NAME, that replace their running tasks at the end.
	Redeploy []string `yaml:"redeploy,omitempty" check:"task" example:"prod/web"`
	// Prefix is the beginning of the names of everything that is created. Without it, the name of a new VPC or
	// privatelink-wizard.
	Prefix string `yaml:"prefix,omitempty" check:"prefix"`
	// Tags are added to everything that is created.
	Tags map[string]string `yaml:"tags,omitempty" example:"{team: payments}"`

	// NewVPC is set if vpc asks for a new VPC. VPC is then PlannedVPC, or the id of the VPC that an earlier run created.
	NewVPC *NewVPC `yaml:"-"`
}

// DNS reports whether endpoints get private DNS names. The default is true.
func (a Answers) DNS() bool { return a.PrivateDNS == nil || *a.PrivateDNS }

// IPType returns the IP address type of the endpoints. The default is ipv4.
func (a Answers) IPType() string {
	if a.IPAddressType == "" {
		return IPv4
	}
	return a.IPAddressType
}

// Clone returns a deep copy of the answers.
func (a Answers) Clone() Answers {
	a.Subnets, a.Clients = slices.Clone(a.Subnets), slices.Clone(a.Clients)
	a.SecurityGroups, a.Extra = slices.Clone(a.SecurityGroups), slices.Clone(a.Extra)
	a.Tags, a.EndpointPolicy.ByService = maps.Clone(a.Tags), maps.Clone(a.EndpointPolicy.ByService)
	a.Agent.Clusters, a.Redeploy = slices.Clone(a.Agent.Clusters), slices.Clone(a.Redeploy)
	a.Registry.Containers, a.First.Command = slices.Clone(a.Registry.Containers), slices.Clone(a.First.Command)
	lb, bastion := &a.Airflow.LoadBalancer, &a.Airflow.Bastion
	lb.Subnets, lb.Admit, bastion.Admit = slices.Clone(lb.Subnets), slices.Clone(lb.Admit), slices.Clone(bastion.Admit)
	if a.NewVPC != nil {
		v := *a.NewVPC
		v.Zones.Names = slices.Clone(v.Zones.Names)
		a.NewVPC = &v
	}
	if a.Needs != nil {
		n := slices.Clone(*a.Needs)
		if n == nil {
			n = []string{}
		}
		a.Needs = &n
	}
	for _, p := range []**bool{&a.PrivateDNS, &a.TwoPhases} {
		if *p != nil {
			*p = new(**p)
		}
	}
	return a
}

// Patch is a change to the answers that a finding offers as its fix. Each field that is set
// replaces the answer.
type Patch struct {
	Subnets    []string `json:"subnets,omitempty"`
	Clients    []string `json:"clients,omitempty"`
	AdmitVPC   bool     `json:"admit_vpc,omitempty"` // let the plan create a security group that allows the whole VPC
	PrivateDNS *bool    `json:"private_dns,omitempty"`
	TwoPhases  *bool    `json:"two_phases,omitempty"`
	// EndpointPolicy sets the policies of single endpoints, by service code.
	EndpointPolicy map[string]string `json:"endpoint_policy,omitempty"`
	AgentUpdate    bool              `json:"agent_update,omitempty"`
	RestoreSecret  bool              `json:"restore_secret,omitempty"`
}

// Apply returns a copy of the answers with the patch applied.
func (p Patch) Apply(a Answers) Answers {
	a = a.Clone()
	if p.Subnets != nil {
		a.Subnets = slices.Clone(p.Subnets)
	}
	if p.Clients != nil {
		a.Clients = slices.Clone(p.Clients)
	}
	if p.AdmitVPC {
		a.SecurityGroups = nil
	}
	if p.PrivateDNS != nil {
		a.PrivateDNS = new(*p.PrivateDNS)
	}
	if p.TwoPhases != nil {
		a.TwoPhases = new(*p.TwoPhases)
	}
	for code, word := range p.EndpointPolicy {
		if a.EndpointPolicy.ByService == nil {
			a.EndpointPolicy.ByService = map[string]string{}
		}
		a.EndpointPolicy.ByService[code] = word
	}
	a.Agent.Update = a.Agent.Update || p.AgentUpdate
	a.Registry.Restore = a.Registry.Restore || p.RestoreSecret
	return a
}
