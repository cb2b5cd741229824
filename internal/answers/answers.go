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

// Managed reports whether the workload runs on instances that Amazon ECS manages in the account's VPC.
func (w Workload) Managed() bool { return w == ECSManaged }

// Batch reports whether the workload runs on AWS Batch.
func (w Workload) Batch() bool { return w == BatchFargate || w == BatchEC2 }

// EC2 reports whether the workload runs on container instances that the account manages.
func (w Workload) EC2() bool { return w == BatchEC2 || w == ECSEC2 }

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
	Clusters []string `yaml:"clusters,omitempty"` // names; empty: all clusters with instances in the VPC
	Restart  string   `yaml:"restart,omitempty"`
	// Update allows AWS to update agents that are too old, where it can.
	Update bool `yaml:"update,omitempty"`
}

// Registry configures how tasks or jobs log in to a private registry outside AWS. It never
// contains the password.
type Registry struct {
	// Secret is the name of a secret, or the full ARN of a secret in another account or Region.
	// Empty means that no registry needs credentials.
	Secret string `yaml:"secret,omitempty"`
	Value  string `yaml:"value,omitempty"` // RegistryKeep or RegistrySet
	// Check reads the value once and verifies that it has the format that Amazon ECS needs.
	Check bool `yaml:"check,omitempty"`
	// Restore cancels the scheduled deletion of the secret.
	Restore     bool   `yaml:"restore,omitempty"`
	Username    string `yaml:"username,omitempty"` // only with RegistrySet
	Description string `yaml:"description,omitempty"`
	KMSKey      string `yaml:"kms_key,omitempty"` // alias, id or ARN; empty: the default key
	// Role is the name or ARN of the execution role. Empty means the role of the definition.
	Role         string   `yaml:"role,omitempty"`
	CreateRole   bool     `yaml:"create_role,omitempty"`
	ECRCondition string   `yaml:"ecr_condition,omitempty"` // ByVPC or ByEndpoint, only for a new role
	Definition   string   `yaml:"definition,omitempty"`    // task or job definition, NAME or NAME:REVISION
	Containers   []string `yaml:"containers,omitempty"`    // that log in; empty: all with images from outside AWS
	// UpdateService updates the service to the new revision.
	UpdateService bool `yaml:"update_service,omitempty"`
	Job           Job  `yaml:"job,omitempty"`

	// Ways are the options chosen on screens that lead to further questions. They are not saved:
	// the saved answers imply them.
	Ways Ways `yaml:"-"`
}

// Ways are the options chosen for a registry's credentials.
type Ways struct{ Secret, Key, Definition, Role string }

// On reports whether the plan includes credentials for a registry.
func (r Registry) On() bool { return r.Secret != "" }

// Sets reports whether the run receives the user name and password.
func (r Registry) Sets() bool { return r.On() && r.Value == RegistrySet }

// Job is a new, small job definition, used instead of an existing one.
type Job struct {
	Name   string `yaml:"name,omitempty"`
	Image  string `yaml:"image,omitempty"`
	VCPU   string `yaml:"vcpu,omitempty"`   // "0.25"
	Memory string `yaml:"memory,omitempty"` // MiB
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
	Task string `yaml:"task,omitempty"`
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
	Version  int      `yaml:"version"`
	Account  string   `yaml:"account,omitempty"`
	Workload Workload `yaml:"workload,omitempty"`
	Region   string   `yaml:"region,omitempty"`
	// Service is one ECS service as CLUSTER/NAME, or CLUSTER for all services of one cluster.
	// Empty means every service of the workload in the VPC.
	Service string `yaml:"service,omitempty"`
	// ComputeEnvironment is the name of one AWS Batch compute environment. Empty means every
	// compute environment of the workload in the VPC.
	ComputeEnvironment string `yaml:"compute_environment,omitempty"`

	VPC            string            `yaml:"vpc,omitempty"`
	Subnets        []string          `yaml:"subnets,omitempty"` // subnets of the endpoint network interfaces
	Clients        []string          `yaml:"clients,omitempty"` // subnets and security groups of the workload
	SecurityGroups []string          `yaml:"security_groups,omitempty"`
	Needs          *[]string         `yaml:"needs,omitempty"` // nil: detected in the account
	Extra          []string          `yaml:"extra,omitempty"` // service codes of additional endpoints
	PrivateDNS     *bool             `yaml:"private_dns,omitempty"`
	IPAddressType  string            `yaml:"ip_address_type,omitempty"`
	EndpointPolicy Policy            `yaml:"endpoint_policy,omitempty"`
	Agent          Agent             `yaml:"agent,omitempty"`
	Airflow        Airflow           `yaml:"mwaa,omitempty"`
	Registry       Registry          `yaml:"registry,omitempty"`
	Proof          Proof             `yaml:"proof,omitempty"`
	Redeploy       []string          `yaml:"redeploy,omitempty"` // services, as CLUSTER/NAME, that get new tasks at the end
	Tags           map[string]string `yaml:"tags,omitempty"`

	// PolicyFiles are the contents of the files in EndpointPolicy, by path. The reader of the
	// answers file fills it.
	PolicyFiles map[string]string `yaml:"-"`
	// FileProblems are the problems of the certificate and key files of the load balancer. The
	// reader of the files checks them, because the check needs the key and the current time.
	FileProblems []FileProblem `yaml:"-"`
}

// FileProblem is a problem with a file.
type FileProblem struct {
	File, Message string
	Warn          bool
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
	a.Tags, a.PolicyFiles = maps.Clone(a.Tags), maps.Clone(a.PolicyFiles)
	a.EndpointPolicy.ByService = maps.Clone(a.EndpointPolicy.ByService)
	a.Agent.Clusters, a.Redeploy = slices.Clone(a.Agent.Clusters), slices.Clone(a.Redeploy)
	a.Registry.Containers = slices.Clone(a.Registry.Containers)
	for _, s := range a.Airflow.settings() {
		if s.list != nil {
			*s.list = slices.Clone(*s.list)
		}
	}
	if a.Needs != nil {
		n := slices.Clone(*a.Needs)
		if n == nil {
			n = []string{}
		}
		a.Needs = &n
	}
	if a.PrivateDNS != nil {
		b := *a.PrivateDNS
		a.PrivateDNS = &b
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
		b := *p.PrivateDNS
		a.PrivateDNS = &b
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
