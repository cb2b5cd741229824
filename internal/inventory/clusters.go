package inventory

import (
	"slices"
	"strings"
)

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
	// Rollout is why AWS ended a deployment; empty while a deployment is in progress or completed.
	Rollout string `json:"rollout,omitempty"`
	// Events are the newest messages about problems, the newest first.
	Events  []Event `json:"events,omitempty"`
	Desired int     `json:"desired"`
	Running int     `json:"running"`
}

// OnFargate reports whether the service's tasks run on Fargate.
func (s *Service) OnFargate() bool { return strings.HasPrefix(s.LaunchType, "FARGATE") }

// OnEC2 reports whether the service's tasks run on container instances in EC2.
func (s *Service) OnEC2() bool { return s.LaunchType == "EC2" }

// Platform returns where the service's tasks run, as texts name it.
func (s *Service) Platform() string {
	switch {
	case s.OnFargate():
		return "Fargate"
	case s.OnManaged():
		return "Managed Instances"
	case s.LaunchType == "EXTERNAL":
		return "external instances"
	}
	return s.LaunchType
}

// OnManaged reports whether the service's tasks run on ECS Managed Instances.
func (s *Service) OnManaged() bool { return s.LaunchType == "MANAGED_INSTANCES" }

// Own reports whether the account manages the instance's agent in a VPC. AWS manages the agents
// of its managed instances, and external instances are outside.
func (c *ContainerInstance) Own() bool { return !c.Managed && !c.External }

// Cluster returns a cluster by name or ARN, or nil.
func (inv *Inventory) Cluster(name string) *Cluster {
	return find(inv.Clusters, func(c *Cluster) bool { return c.Name == name || c.ARN == name })
}

var clustersPart = part{
	name: PartClusters, title: "the ECS clusters and services",
	calls: []string{
		"ecs:ListClusters", "ecs:DescribeClusters", "ecs:DescribeCapacityProviders", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition",
		"ecs:ListContainerInstances", "ecs:DescribeContainerInstances", "ec2:DescribeSubnets",
	},
	merge: func(inv, f *Inventory, _ Request) {
		asked := inv.askedFor(PartDefinition)
		inv.Clusters = f.Clusters
		inv.TaskDefinitions = join(f.TaskDefinitions, keep(inv.TaskDefinitions, func(d *TaskDefinition) bool { return slices.ContainsFunc(asked, d.is) }), definitionARN)
	},
	mask: func(m *mask, inv *Inventory) {
		for c := range items(inv.Clusters) {
			m.str(&c.ARN, m.arn)
			m.str(&c.Name, m.clusterName)
			m.str(&c.ExecKMSKey, m.key)
			m.str(&c.ExecLogGroup, m.logGroup)
			m.str(&c.ExecBucket, m.path)
			for s := range items(c.Services) {
				m.str(&s.ARN, m.arn)
				m.str(&s.Name, m.path)
				m.str(&s.TaskDefinition, m.reference)
				m.str(&s.Rollout, m.message)
				for e := range items(s.Events) {
					m.str(&e.Message, m.message)
				}
				if s.Proxy != nil {
					m.container(s.Proxy)
				}
			}
			for p := range items(c.ManagedProviders) {
				m.str(&p.Name, m.name)
			}
			for n := range items(c.ContainerInstances) {
				m.str(&n.ARN, m.arn)
				n.Tags = m.tags(n.Tags)
			}
		}
		for d := range items(inv.TaskDefinitions) {
			m.definition(d)
		}
	},
}

var agentsPart = part{
	name: PartAgents, title: "the ECS container instances",
	calls:  []string{"ecs:ListClusters", "ecs:DescribeClusters", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"},
	within: PartClusters,
	// merge keeps the services that are already known.
	merge: func(inv, f *Inventory, _ Request) {
		clusters := slices.Clone(f.Clusters)
		for c := range items(clusters) {
			if old := inv.Cluster(c.ARN); old != nil {
				c.Services, c.ManagedProviders = old.Services, old.ManagedProviders
			}
		}
		inv.Clusters = clusters
	},
}
