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

// The workloads of the contract; Supported lists those that can be planned.
const (
	BatchFargate Workload = "batch-fargate"
	BatchEC2     Workload = "batch-ec2"
	ECSFargate   Workload = "ecs-fargate"
	ECSEC2       Workload = "ecs-ec2"
	MWAA         Workload = "mwaa"
)

// Supported are the workloads that this version plans.
var Supported = []Workload{ECSFargate}

// Needs are the words that `needs` takes: what the workload does that may want
// an endpoint.
var Needs = []string{"ecr", "secretsmanager", "awslogs", "ssm-parameters", "exec", "exec-kms", "service-connect", "env-files"}

// PolicyFull is the endpoint policy that AWS attaches by default.
const PolicyFull = "full"

// IP address types of endpoints.
const (
	IPv4      = "ipv4"
	DualStack = "dualstack"
	IPv6      = "ipv6"
)

// Answers is an answers file. The zero value is a user who was asked nothing
// yet. Pointers tell "not said" from "said to be empty or false".
type Answers struct {
	Version  int      `yaml:"version"`
	Account  string   `yaml:"account,omitempty"`
	Workload Workload `yaml:"workload,omitempty"`
	Region   string   `yaml:"region,omitempty"`
	// Service is the one ECS service that this is for, as CLUSTER/NAME; empty
	// means every service of the workload in the VPC.
	Service        string            `yaml:"service,omitempty"`
	VPC            string            `yaml:"vpc,omitempty"`
	Subnets        []string          `yaml:"subnets,omitempty"` // where endpoint interfaces go
	Clients        []string          `yaml:"clients,omitempty"` // subnets and groups that the workload runs in
	SecurityGroups []string          `yaml:"security_groups,omitempty"`
	Needs          *[]string         `yaml:"needs,omitempty"` // nil: what the account shows
	Extra          []string          `yaml:"extra,omitempty"` // further endpoints by service code
	PrivateDNS     *bool             `yaml:"private_dns,omitempty"`
	IPAddressType  string            `yaml:"ip_address_type,omitempty"`
	EndpointPolicy string            `yaml:"endpoint_policy,omitempty"`
	Tags           map[string]string `yaml:"tags,omitempty"`
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
	a.Tags = maps.Clone(a.Tags)
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
	AdmitVPC   bool     `json:"admit_vpc,omitempty"` // let the plan make a group that admits the whole VPC
	PrivateDNS *bool    `json:"private_dns,omitempty"`
}

// Apply returns the answers with the patch applied.
func (p Patch) Apply(a Answers) Answers {
	a = a.Clone()
	if p.Subnets != nil {
		a.Subnets = slices.Clone(p.Subnets)
	}
	if p.AdmitVPC {
		a.SecurityGroups = nil
	}
	if p.PrivateDNS != nil {
		b := *p.PrivateDNS
		a.PrivateDNS = &b
	}
	return a
}
