package inventory

import "strings"

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

// OnFargate reports whether the environment's jobs run on Fargate.
func (e *ComputeEnvironment) OnFargate() bool { return strings.HasPrefix(e.Type, "FARGATE") }

// OnEC2 reports whether the environment's jobs run on container instances of an ECS cluster.
// Those of an unmanaged environment do.
func (e *ComputeEnvironment) OnEC2() bool {
	return e.Orchestration != "EKS" && (e.Type == "EC2" || e.Type == "SPOT" || e.Type == "")
}

// Environment returns a compute environment by name or ARN, or nil.
func (inv *Inventory) Environment(name string) *ComputeEnvironment {
	return find(inv.Batch.Environments, func(e *ComputeEnvironment) bool { return e.Name == name || e.ARN == name })
}

var batchPart = part{
	name: PartBatch, title: "the compute environments and job definitions of AWS Batch",
	calls: []string{"batch:DescribeComputeEnvironments", "batch:DescribeJobQueues", "batch:DescribeJobDefinitions", "ec2:DescribeSubnets"},
	merge: func(inv, f *Inventory, _ Request) { inv.Batch = f.Batch },
	mask: func(m *mask, inv *Inventory) {
		for e := range items(inv.Batch.Environments) {
			m.str(&e.ARN, m.arn)
			m.str(&e.Name, m.path)
			m.str(&e.Cluster, m.arn)
			m.str(&e.InstanceRole, m.arn)
			m.str(&e.Reason, m.message)
		}
		for q := range items(inv.Batch.Queues) {
			m.str(&q.ARN, m.arn)
			m.str(&q.Name, m.path)
			m.all(q.Environments, m.arn)
		}
		for d := range items(inv.Batch.Definitions) {
			m.definition(&d.TaskDefinition)
		}
	},
}
