// Package answers holds what the user chose: plain data, YAML in and out, with
// the place of every mistake.
package answers

import (
	"maps"
	"slices"
)

// Version is the version of the answers file that this package reads and writes.
const Version = 1

// Workload is what the user runs.
type Workload string

// The workloads of the contract.
const (
	BatchFargate Workload = "batch-fargate"
	BatchEC2     Workload = "batch-ec2"
	ECSFargate   Workload = "ecs-fargate"
	ECSEC2       Workload = "ecs-ec2"
	MWAA         Workload = "mwaa"
)

// Supported are all of them, in the order in which they are offered.
var Supported = []Workload{ECSFargate, ECSEC2, BatchFargate, BatchEC2, MWAA}

// Batch tells whether the workload is one of AWS Batch.
func (w Workload) Batch() bool { return w == BatchFargate || w == BatchEC2 }

// EC2 tells whether the workload runs on container instances of the account's own.
func (w Workload) EC2() bool { return w == BatchEC2 || w == ECSEC2 }

// Needs are the words that `needs` takes: what the workload does that may want
// an endpoint.
var Needs = []string{"ecr", "secretsmanager", "awslogs", "ssm-parameters", "exec", "exec-kms", "service-connect", "env-files", "efs", "insights", "workload-api"}

// The endpoint policies that need no file.
const (
	PolicyFull    = "full" // what AWS attaches by default
	PolicyLeast   = "least-privilege"
	PolicyExample = "example" // of the user guides of AWS
)

// The ways in which ECS agents are restarted.
const (
	RestartSSM      = "ssm"      // by Run Command of Systems Manager
	RestartReboot   = "reboot"   // of the instance, once its tasks have left it
	RestartCommands = "commands" // shown, for somebody to run on each instance
	RestartNone     = "none"
)

// Policy says which policies endpoints get: Default for those that are made, and
// by service code where one differs or an endpoint that is there is to change. Each
// is one of the words above or the path of a file.
type Policy struct {
	Default   string
	ByService map[string]string
}

// For is the policy that was chosen for a service; empty if nothing was said.
func (p Policy) For(code string) string {
	if v, ok := p.ByService[code]; ok {
		return v
	}
	return p.Default
}

// Files are the paths that the policies name, sorted.
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

// Agent says what is done about the ECS agents of container instances.
type Agent struct {
	Clusters []string `yaml:"clusters,omitempty"` // names; empty means all with instances in the VPC
	Restart  string   `yaml:"restart,omitempty"`
	// Update lets agents that are too old be updated, where AWS can do it.
	Update bool `yaml:"update,omitempty"`
}

// Registry says how tasks or jobs log in at a private registry outside AWS. The password
// is never part of it.
type Registry struct {
	// Secret is the name of a secret, or the full ARN of one of another account or
	// Region; empty means that no registry wants credentials.
	Secret string `yaml:"secret,omitempty"`
	Value  string `yaml:"value,omitempty"` // RegistryKeep or RegistrySet
	// Check has the value looked at once, whether it holds what Amazon ECS wants.
	Check bool `yaml:"check,omitempty"`
	// Restore takes back that the secret is to be deleted.
	Restore     bool   `yaml:"restore,omitempty"`
	Username    string `yaml:"username,omitempty"` // goes with RegistrySet
	Description string `yaml:"description,omitempty"`
	KMSKey      string `yaml:"kms_key,omitempty"` // alias, id or ARN; empty is the default key
	// Role is the execution role, by name or ARN; empty means that of the definition.
	Role         string   `yaml:"role,omitempty"`
	CreateRole   bool     `yaml:"create_role,omitempty"`
	ECRCondition string   `yaml:"ecr_condition,omitempty"` // ByVPC or ByEndpoint, for a role that is made
	Definition   string   `yaml:"definition,omitempty"`    // task or job definition, NAME or NAME:REVISION
	Containers   []string `yaml:"containers,omitempty"`    // that log in; empty means all with images from outside AWS
	// UpdateService lets the service run the new revision.
	UpdateService bool `yaml:"update_service,omitempty"`
	Job           Job  `yaml:"job,omitempty"`

	// Ways are the options of the screens that lead to further questions. No file holds
	// them: it says the same by what it holds.
	Ways Ways `yaml:"-"`
}

// Ways are the ways on which a registry's credentials were answered.
type Ways struct{ Secret, Key, Definition, Role string }

// On tells whether credentials were asked for.
func (r Registry) On() bool { return r.Secret != "" }

// Sets tells whether the run is given the credentials.
func (r Registry) Sets() bool { return r.On() && r.Value == RegistrySet }

// Job is a small job definition to begin with, in place of one that is there.
type Job struct {
	Name   string `yaml:"name,omitempty"`
	Image  string `yaml:"image,omitempty"`
	VCPU   string `yaml:"vcpu,omitempty"`   // "0.25"
	Memory string `yaml:"memory,omitempty"` // MiB
}

// What becomes of the secret's value.
const (
	RegistryKeep = "keep"
	RegistrySet  = "set" // the user name and password are put in
)

// What the execution role's pulls from Amazon ECR are tied to.
const (
	ByVPC      = "vpc"
	ByEndpoint = "vpce"
)

// Proof says what is tried beyond what AWS's API shows.
type Proof struct {
	// Task is a service on Fargate, as CLUSTER/NAME, of which one task is started.
	Task string `yaml:"task,omitempty"`
}

// IP address types of endpoints.
const (
	IPv4      = "ipv4"
	DualStack = "dualstack"
	IPv6      = "ipv6"
)

// RunsCommands tells whether Run Command may be used on the instances; it may unless
// told otherwise.
func (a Agent) RunsCommands() bool { return a.Restart != RestartCommands && a.Restart != RestartNone }

// Answers is an answers file. The zero value is a user who was asked nothing
// yet. Pointers tell "not said" from "said to be empty or false".
type Answers struct {
	Version  int      `yaml:"version"`
	Account  string   `yaml:"account,omitempty"`
	Workload Workload `yaml:"workload,omitempty"`
	Region   string   `yaml:"region,omitempty"`
	// Service is the one ECS service that this is for, as CLUSTER/NAME, or CLUSTER
	// for all of one cluster; empty means every service of the workload in the VPC.
	Service string `yaml:"service,omitempty"`
	// ComputeEnvironment is the one compute environment of AWS Batch that this is
	// for, by name; empty means every one of the workload in the VPC.
	ComputeEnvironment string `yaml:"compute_environment,omitempty"`

	VPC            string            `yaml:"vpc,omitempty"`
	Subnets        []string          `yaml:"subnets,omitempty"` // where endpoint interfaces go
	Clients        []string          `yaml:"clients,omitempty"` // subnets and groups that the workload runs in
	SecurityGroups []string          `yaml:"security_groups,omitempty"`
	Needs          *[]string         `yaml:"needs,omitempty"` // nil: what the account shows
	Extra          []string          `yaml:"extra,omitempty"` // further endpoints by service code
	PrivateDNS     *bool             `yaml:"private_dns,omitempty"`
	IPAddressType  string            `yaml:"ip_address_type,omitempty"`
	EndpointPolicy Policy            `yaml:"endpoint_policy,omitempty"`
	Agent          Agent             `yaml:"agent,omitempty"`
	Airflow        Airflow           `yaml:"mwaa,omitempty"`
	Registry       Registry          `yaml:"registry,omitempty"`
	Proof          Proof             `yaml:"proof,omitempty"`
	Redeploy       []string          `yaml:"redeploy,omitempty"` // services whose tasks are replaced in the end, as CLUSTER/NAME
	Tags           map[string]string `yaml:"tags,omitempty"`

	// PolicyFiles are the contents of the files that EndpointPolicy names, by path.
	// Who reads the answers file reads them.
	PolicyFiles map[string]string `yaml:"-"`
	// FileProblems are what is wrong with the certificate and key that a load balancer's
	// certificate is imported from. Who reads the files judges them, since that takes the
	// key and the time.
	FileProblems []FileProblem `yaml:"-"`
}

// FileProblem is something wrong with a file.
type FileProblem struct {
	File, Message string
	Warn          bool
}

// DNS tells whether endpoints get private DNS names; yes unless told otherwise.
func (a Answers) DNS() bool { return a.PrivateDNS == nil || *a.PrivateDNS }

// IPType is the address type of the endpoints; ipv4 unless told otherwise.
func (a Answers) IPType() string {
	if a.IPAddressType == "" {
		return IPv4
	}
	return a.IPAddressType
}

// Clone copies the answers so that changing the copy leaves the original alone.
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

// Patch is a change of answers that a finding offers as its fix: what is set
// replaces the answer.
type Patch struct {
	Subnets    []string `json:"subnets,omitempty"`
	Clients    []string `json:"clients,omitempty"`
	AdmitVPC   bool     `json:"admit_vpc,omitempty"` // let the plan make a group that admits the whole VPC
	PrivateDNS *bool    `json:"private_dns,omitempty"`
	// EndpointPolicy names the policy of single endpoints, by service code.
	EndpointPolicy map[string]string `json:"endpoint_policy,omitempty"`
	AgentUpdate    bool              `json:"agent_update,omitempty"`
	RestoreSecret  bool              `json:"restore_secret,omitempty"`
}

// Apply returns the answers with the patch applied.
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
