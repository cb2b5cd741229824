package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var ecsAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"ListClusters":               wire.JSONOp((*region).listClusters),
		"DescribeClusters":           wire.JSONOp((*region).describeClusters),
		"DescribeCapacityProviders":  wire.JSONOp((*region).describeCapacityProviders),
		"ListServices":               wire.JSONOp((*region).listServices),
		"DescribeServices":           wire.JSONOp((*region).describeServices),
		"CreateCluster":              wire.JSONOp((*region).createCluster),
		"DeleteCluster":              wire.JSONOp((*region).deleteCluster),
		"CreateService":              wire.JSONOp((*region).createService),
		"DeleteService":              wire.JSONOp((*region).deleteService),
		"DescribeTaskDefinition":     wire.JSONOp((*region).describeTaskDefinition),
		"ListContainerInstances":     wire.JSONOp((*region).listContainerInstances),
		"DescribeContainerInstances": wire.JSONOp((*region).describeContainerInstances),
		"ListTasks":                  wire.JSONOp((*region).listTasks),
		"DescribeTasks":              wire.JSONOp((*region).describeTasks),
		"RunTask":                    wire.JSONOp((*region).runTask),
		"StopTask":                   wire.JSONOp((*region).stopTask),
		"UpdateService":              wire.JSONOp((*region).updateService),
		"RegisterTaskDefinition":     wire.JSONOp((*region).registerTaskDefinition),
		"DeregisterTaskDefinition":   wire.JSONOp((*region).deregisterTaskDefinition),

		"UpdateContainerInstancesState": wire.JSONOp((*region).updateContainerInstancesState),
		"DeregisterContainerInstance":   wire.JSONOp((*region).deregisterContainerInstance),
		"UpdateContainerAgent":          wire.JSONOp((*region).updateContainerAgent),
		"TagResource":                   wire.JSONOp((*region).tagECS),
		"UntagResource":                 wire.JSONOp((*region).untagECS),
		"ListTagsForResource":           wire.JSONOp((*region).listTagsECS),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"ECS": r.ECS} },
}

// ecsState is the content of Amazon ECS in a Region, in the format of its API. A scenario
// contains names, and load creates the ARNs.
type ecsState struct {
	Clusters           []*ecsCluster           `json:"clusters,omitempty"`
	Services           []*ecsService           `json:"services,omitempty"`
	TaskDefinitions    []*ecsTaskDefinition    `json:"taskDefinitions,omitempty"`
	CapacityProviders  []*ecsCapacityProvider  `json:"capacityProviders,omitempty"`
	ContainerInstances []*ecsContainerInstance `json:"containerInstances,omitempty"`
	Tasks              []*ecsTask              `json:"tasks,omitempty"`
}

// ecsTags are tags with the member names of ECS.
type ecsTags store.Tags

// MarshalJSON writes the names in lower case.
func (t ecsTags) MarshalJSON() ([]byte, error) {
	all := make([]struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}, len(t))
	for i, tag := range t {
		all[i].Key, all[i].Value = tag.Key, tag.Value
	}
	return json.Marshal(all)
}

type ecsNameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type ecsCluster struct {
	ClusterArn                        string                `json:"clusterArn"`
	ClusterName                       string                `json:"clusterName"`
	Status                            string                `json:"status"`
	RegisteredContainerInstancesCount int                   `json:"registeredContainerInstancesCount"`
	RunningTasksCount                 int                   `json:"runningTasksCount"`
	PendingTasksCount                 int                   `json:"pendingTasksCount"`
	ActiveServicesCount               int                   `json:"activeServicesCount"`
	Statistics                        []ecsNameValue        `json:"statistics"`
	Tags                              ecsTags               `json:"tags"`
	Settings                          []ecsNameValue        `json:"settings"`
	Configuration                     *clusterConfiguration `json:"configuration,omitempty"`
	CapacityProviders                 []string              `json:"capacityProviders"`
	DefaultCapacityProviderStrategy   []capacityProvider    `json:"defaultCapacityProviderStrategy"`
	ServiceConnectDefaults            *namespaceOnly        `json:"serviceConnectDefaults,omitempty"`
}

type clusterConfiguration struct {
	ExecuteCommandConfiguration *executeCommandConfiguration `json:"executeCommandConfiguration,omitempty"`
}

type executeCommandConfiguration struct {
	KmsKeyId         string                   `json:"kmsKeyId,omitempty"`
	Logging          string                   `json:"logging,omitempty"`
	LogConfiguration *executeCommandLogTarget `json:"logConfiguration,omitempty"`
}

type executeCommandLogTarget struct {
	CloudWatchLogGroupName      string `json:"cloudWatchLogGroupName,omitempty"`
	CloudWatchEncryptionEnabled bool   `json:"cloudWatchEncryptionEnabled"`
	S3BucketName                string `json:"s3BucketName,omitempty"`
	S3EncryptionEnabled         bool   `json:"s3EncryptionEnabled"`
	S3KeyPrefix                 string `json:"s3KeyPrefix,omitempty"`
}

type capacityProvider struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int    `json:"weight"`
	Base             int    `json:"base"`
}

type namespaceOnly struct {
	Namespace string `json:"namespace"`
}

type ecsService struct {
	ServiceArn               string                `json:"serviceArn"`
	ServiceName              string                `json:"serviceName"`
	ClusterArn               string                `json:"clusterArn"`
	LoadBalancers            []ecsLoadBalancer     `json:"loadBalancers"`
	ServiceRegistries        []ecsRegistry         `json:"serviceRegistries"`
	Status                   string                `json:"status"`
	DesiredCount             int                   `json:"desiredCount"`
	RunningCount             int                   `json:"runningCount"`
	PendingCount             int                   `json:"pendingCount"`
	LaunchType               string                `json:"launchType,omitempty"`
	CapacityProviderStrategy []capacityProvider    `json:"capacityProviderStrategy,omitempty"`
	PlatformVersion          string                `json:"platformVersion,omitempty"`
	PlatformFamily           string                `json:"platformFamily,omitempty"`
	TaskDefinition           string                `json:"taskDefinition"`
	Deployments              []ecsDeployment       `json:"deployments"`
	RoleArn                  string                `json:"roleArn,omitempty"`
	Events                   []ecsEvent            `json:"events"`
	CreatedAt                wire.Epoch            `json:"createdAt,omitzero"`
	NetworkConfiguration     *networkConfiguration `json:"networkConfiguration,omitempty"`
	SchedulingStrategy       string                `json:"schedulingStrategy"`
	EnableECSManagedTags     bool                  `json:"enableECSManagedTags"`
	PropagateTags            string                `json:"propagateTags"`
	EnableExecuteCommand     bool                  `json:"enableExecuteCommand"`
	Tags                     ecsTags               `json:"tags,omitempty"`

	AvailabilityZoneRebalancing string                   `json:"availabilityZoneRebalancing,omitempty"`
	DeploymentController        *deploymentController    `json:"deploymentController,omitempty"`
	DeploymentConfiguration     *deploymentConfiguration `json:"deploymentConfiguration,omitempty"`

	kept     bool      // the sandbox simulates each of its tasks and replaces stopped ones
	failedAt time.Time // when one of its tasks last failed to start
}

type ecsLoadBalancer struct {
	TargetGroupArn string `json:"targetGroupArn,omitempty"`
	ContainerName  string `json:"containerName"`
	ContainerPort  int    `json:"containerPort"`
}

type ecsRegistry struct {
	RegistryArn string `json:"registryArn"`
}

type ecsDeployment struct {
	Id                          string                `json:"id"`
	Status                      string                `json:"status"`
	TaskDefinition              string                `json:"taskDefinition"`
	DesiredCount                int                   `json:"desiredCount"`
	PendingCount                int                   `json:"pendingCount"`
	RunningCount                int                   `json:"runningCount"`
	FailedTasks                 int                   `json:"failedTasks"`
	CreatedAt                   wire.Epoch            `json:"createdAt,omitzero"`
	UpdatedAt                   wire.Epoch            `json:"updatedAt,omitzero"`
	LaunchType                  string                `json:"launchType,omitempty"`
	CapacityProviderStrategy    []capacityProvider    `json:"capacityProviderStrategy,omitempty"`
	PlatformVersion             string                `json:"platformVersion,omitempty"`
	PlatformFamily              string                `json:"platformFamily,omitempty"`
	NetworkConfiguration        *networkConfiguration `json:"networkConfiguration,omitempty"`
	RolloutState                string                `json:"rolloutState,omitempty"`
	RolloutStateReason          string                `json:"rolloutStateReason,omitempty"`
	ServiceConnectConfiguration *serviceConnect       `json:"serviceConnectConfiguration,omitempty"`
}

type serviceConnect struct {
	Enabled   bool   `json:"enabled"`
	Namespace string `json:"namespace,omitempty"`
}

type ecsEvent struct {
	Id        string     `json:"id"`
	CreatedAt wire.Epoch `json:"createdAt,omitzero"`
	Message   string     `json:"message"`
	Ago       string     `json:"ago,omitempty"` // in a scenario instead of createdAt: a duration before the account was opened
}

type networkConfiguration struct {
	AwsvpcConfiguration awsvpcConfiguration `json:"awsvpcConfiguration"`
}

type awsvpcConfiguration struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIp string   `json:"assignPublicIp"`
}

type ecsTaskDefinition struct {
	TaskDefinitionArn       string           `json:"taskDefinitionArn"`
	ContainerDefinitions    []containerDef   `json:"containerDefinitions"`
	Family                  string           `json:"family"`
	TaskRoleArn             string           `json:"taskRoleArn,omitempty"`
	ExecutionRoleArn        string           `json:"executionRoleArn,omitempty"`
	NetworkMode             string           `json:"networkMode,omitempty"`
	Revision                int              `json:"revision"`
	Volumes                 []members        `json:"volumes"`
	Status                  string           `json:"status"`
	RequiresAttributes      []ecsAttribute   `json:"requiresAttributes"`
	PlacementConstraints    []constraint     `json:"placementConstraints"`
	Compatibilities         []string         `json:"compatibilities"`
	RuntimePlatform         *runtimePlatform `json:"runtimePlatform,omitempty"`
	RequiresCompatibilities []string         `json:"requiresCompatibilities"`
	Cpu                     string           `json:"cpu,omitempty"`
	Memory                  string           `json:"memory,omitempty"`
	RegisteredAt            wire.Epoch       `json:"registeredAt,omitzero"`
	RegisteredBy            string           `json:"registeredBy,omitempty"`
	DeregisteredAt          wire.Epoch       `json:"deregisteredAt,omitzero"`

	tags ecsTags // shown next to the definition, not inside it
	more members // members as the request sent them
}

// MarshalJSON returns what the request sent plus what ECS adds.
func (d ecsTaskDefinition) MarshalJSON() ([]byte, error) {
	type plain ecsTaskDefinition
	return joined(plain(d), d.more)
}

type ecsAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

type constraint struct {
	Type       string `json:"type"`
	Expression string `json:"expression,omitempty"`
}

type runtimePlatform struct {
	CpuArchitecture       string `json:"cpuArchitecture,omitempty"`
	OperatingSystemFamily string `json:"operatingSystemFamily,omitempty"`
}

// containerDef has the fields of a container definition that the sandbox uses, and everything
// that was sent.
type containerDef struct {
	Name                  string                 `json:"name"`
	Image                 string                 `json:"image"`
	RepositoryCredentials *repositoryCredentials `json:"repositoryCredentials,omitempty"`
	Cpu                   int                    `json:"cpu"`
	Memory                int                    `json:"memory,omitempty"`
	MemoryReservation     int                    `json:"memoryReservation,omitempty"`
	PortMappings          []portMapping          `json:"portMappings"`
	Essential             bool                   `json:"essential"`
	Command               []string               `json:"command,omitempty"`
	EntryPoint            []string               `json:"entryPoint,omitempty"`
	Environment           []ecsNameValue         `json:"environment"`
	EnvironmentFiles      []environmentFile      `json:"environmentFiles"`
	MountPoints           []mountPoint           `json:"mountPoints"`
	Secrets               []ecsSecret            `json:"secrets,omitempty"`
	LogConfiguration      *logConfiguration      `json:"logConfiguration,omitempty"`
	FirelensConfiguration *firelensConfiguration `json:"firelensConfiguration,omitempty"`

	sent members // nil: the sandbox created it, no request sent it
}

// containerDefaults are the defaults that ECS adds to a container definition.
const containerDefaults = `{"cpu":0,"portMappings":[],"essential":true,"environment":[],"mountPoints":[],"volumesFrom":[],"systemControls":[]}`

// UnmarshalJSON keeps everything that was sent.
func (c *containerDef) UnmarshalJSON(b []byte) error {
	type plain containerDef
	c.sent = readMembers(b)
	return json.Unmarshal(b, (*plain)(c))
}

// MarshalJSON returns what the request sent plus what ECS adds.
func (c containerDef) MarshalJSON() ([]byte, error) {
	type plain containerDef
	if c.sent == nil {
		return json.Marshal(plain(c))
	}
	return json.Marshal(maps.Clone(c.sent).with(containerDefaults))
}

type repositoryCredentials struct {
	CredentialsParameter string `json:"credentialsParameter"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
	Name          string `json:"name,omitempty"`
}

type environmentFile struct {
	Value string `json:"value"`
	Type  string `json:"type"`
}

type mountPoint struct {
	SourceVolume  string `json:"sourceVolume"`
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
}

type ecsSecret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type logConfiguration struct {
	LogDriver     string            `json:"logDriver"`
	Options       map[string]string `json:"options,omitempty"`
	SecretOptions []ecsSecret       `json:"secretOptions"`
}

type firelensConfiguration struct {
	Type    string            `json:"type"`
	Options map[string]string `json:"options,omitempty"`
}

type ecsTask struct {
	TaskArn              string          `json:"taskArn"`
	ClusterArn           string          `json:"clusterArn"`
	TaskDefinitionArn    string          `json:"taskDefinitionArn"`
	ContainerInstanceArn string          `json:"containerInstanceArn,omitempty"` // a scenario contains the id of the EC2 instance
	Group                string          `json:"group,omitempty"`
	LaunchType           string          `json:"launchType,omitempty"`
	PlatformVersion      string          `json:"platformVersion,omitempty"`
	PlatformFamily       string          `json:"platformFamily,omitempty"`
	AvailabilityZone     string          `json:"availabilityZone,omitempty"`
	Cpu                  string          `json:"cpu,omitempty"`
	Memory               string          `json:"memory,omitempty"`
	LastStatus           string          `json:"lastStatus"`
	DesiredStatus        string          `json:"desiredStatus"`
	Connectivity         string          `json:"connectivity,omitempty"`
	CreatedAt            wire.Epoch      `json:"createdAt,omitzero"`
	StartedAt            wire.Epoch      `json:"startedAt,omitzero"`
	StoppingAt           wire.Epoch      `json:"stoppingAt,omitzero"`
	StoppedAt            wire.Epoch      `json:"stoppedAt,omitzero"`
	StartedBy            string          `json:"startedBy,omitempty"`
	StopCode             string          `json:"stopCode,omitempty"`
	StoppedReason        string          `json:"stoppedReason,omitempty"`
	StoppedAgo           string          `json:"stoppedAgo,omitempty"` // in a scenario instead of stoppedAt: a duration before the account was opened
	EnableExecuteCommand bool            `json:"enableExecuteCommand"`
	Attachments          []ecsAttachment `json:"attachments"`
	Containers           []ecsContainer  `json:"containers"`
	Overrides            *taskOverride   `json:"overrides,omitempty"`
	Tags                 ecsTags         `json:"tags,omitempty"`

	eni  *networkInterface // its own interface; nil if it uses the interface of its host
	ends bool              // it runs a command and stops when that has ended

	counted bool // counted as a failed task of its deployment
	earlier bool // stopped before the account was opened, and follows from its service

	definition *ecsTaskDefinition // that AWS Batch made for a job; nil: the one with its ARN
}

type ecsAttachment struct {
	Id      string         `json:"id"`
	Type    string         `json:"type"`
	Status  string         `json:"status"`
	Details []ecsNameValue `json:"details"`
}

type ecsContainer struct {
	Name       string `json:"name"`
	ExitCode   *int   `json:"exitCode,omitempty"`
	Image      string `json:"image,omitempty"`
	LastStatus string `json:"lastStatus"`
	Reason     string `json:"reason,omitempty"`
}

type ecsFailure struct {
	Arn    string `json:"arn"`
	Reason string `json:"reason"`
}

// loadECS creates the ARNs that a scenario leaves out, and everything else that follows from
// other parts.
func (r *region) loadECS() {
	s := &r.ECS
	for _, c := range s.Clusters {
		c.ClusterArn = r.ARN("ecs", "cluster/"+c.ClusterName)
		c.Status = "ACTIVE"
	}
	for _, p := range s.CapacityProviders {
		p.complete(r, s)
	}
	for _, d := range s.TaskDefinitions {
		d.TaskDefinitionArn = r.ARN("ecs", fmt.Sprintf("task-definition/%s:%d", d.Family, d.Revision))
		if d.Status == "" {
			d.Status = "ACTIVE"
		}
	}
	for _, svc := range s.Services {
		c := s.cluster(r, svc.ClusterArn)
		svc.ClusterArn = c.ClusterArn
		svc.ServiceArn = r.ARN("ecs", "service/"+c.ClusterName+"/"+svc.ServiceName)
		svc.TaskDefinition = r.ARN("ecs", "task-definition/"+svc.TaskDefinition)
		svc.Status, svc.SchedulingStrategy, svc.PropagateTags = "ACTIVE", "REPLICA", "NONE"
		for i := range svc.Deployments {
			d := &svc.Deployments[i]
			d.Id = "ecs-svc/" + store.Hash(svc.ServiceArn, 19)
			d.Status, d.TaskDefinition, d.LaunchType = "PRIMARY", svc.TaskDefinition, svc.LaunchType
			d.PlatformVersion, d.PlatformFamily, d.NetworkConfiguration = svc.PlatformVersion, svc.PlatformFamily, svc.NetworkConfiguration
			d.DesiredCount, d.RunningCount, d.PendingCount = svc.DesiredCount, svc.RunningCount, svc.PendingCount
			d.CapacityProviderStrategy, d.CreatedAt, d.UpdatedAt = svc.CapacityProviderStrategy, svc.CreatedAt, svc.CreatedAt
		}
		c.ActiveServicesCount++
		c.RunningTasksCount += svc.RunningCount
		c.PendingTasksCount += svc.PendingCount
	}
	for _, i := range s.ContainerInstances {
		i.complete(r, s)
	}
	for _, t := range s.Tasks {
		c := s.cluster(r, t.ClusterArn)
		t.ClusterArn = c.ClusterArn
		t.TaskArn = r.ARN("ecs", "task/"+c.ClusterName+"/"+t.TaskArn)
		t.TaskDefinitionArn = r.ARN("ecs", "task-definition/"+t.TaskDefinitionArn)
		for _, i := range s.ContainerInstances {
			if t.ContainerInstanceArn != "" && i.Ec2InstanceId == t.ContainerInstanceArn {
				t.ContainerInstanceArn = i.ContainerInstanceArn
			}
		}
		if svc := s.serviceOf(t); svc != nil && t.DesiredStatus == "RUNNING" && len(svc.Deployments) > 0 {
			svc.kept, t.StartedBy = true, svc.Deployments[0].Id
		}
	}
}

// cluster finds a cluster by name or ARN; an empty name means the cluster "default".
func (s *ecsState) cluster(r *region, name string) *ecsCluster {
	if name == "" {
		name = "default"
	}
	name = strings.TrimPrefix(name, r.ARN("ecs", "cluster/"))
	for _, c := range s.Clusters {
		if name == c.ClusterName {
			return c
		}
	}
	return nil
}

func (r *region) findCluster(name string) (*ecsCluster, *wire.Error) {
	if c := r.ECS.cluster(r, name); c != nil && c.Status != "INACTIVE" { // no page says how AWS answers for a deleted cluster
		return c, nil
	}
	return nil, wire.Fail("ClusterNotFoundException", "Cluster not found.")
}

type ecsPage struct {
	MaxResults *int32 `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

// ecsPages returns the pager of a List operation.
func ecsPages(size, most int32) *store.Pager {
	return &store.Pager{
		Size: size, Least: 1, Most: most,
		BadSize: func(int32) *wire.Error {
			return wire.Fail("InvalidParameterException", "maxResults must be between 1 and %d.", most)
		},
		BadToken: func(string) *wire.Error { return wire.Fail("InvalidParameterException", "Invalid token.") },
	}
}

type listClustersOut struct {
	ClusterArns []string `json:"clusterArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func (r *region) listClusters(in ecsPage) (listClustersOut, *wire.Error) {
	var arns []string
	for _, c := range r.ECS.Clusters {
		if c.Status == "ACTIVE" {
			arns = append(arns, c.ClusterArn)
		}
	}
	page, next, err := store.Page(ecsPages(100, 100), arns, in.MaxResults, in.NextToken)
	return listClustersOut{page, next}, err
}

type describeClustersIn struct {
	Clusters []string `json:"clusters"`
	Include  []string `json:"include"`
}

type describeClustersOut struct {
	Clusters []ecsCluster `json:"clusters"`
	Failures []ecsFailure `json:"failures"`
}

func missing(arn string) ecsFailure { return ecsFailure{arn, "MISSING"} }

func (r *region) describeClusters(in describeClustersIn) (describeClustersOut, *wire.Error) {
	out := describeClustersOut{Clusters: []ecsCluster{}, Failures: []ecsFailure{}}
	if len(in.Clusters) > 100 {
		return out, wire.Fail("InvalidParameterException", "Clusters can have at most 100 items.")
	}
	if len(in.Clusters) == 0 {
		in.Clusters = []string{"default"}
	}
	for _, name := range in.Clusters {
		c := r.ECS.cluster(r, name)
		if c == nil {
			if !strings.HasPrefix(name, "arn:") {
				name = r.ARN("ecs", "cluster/"+name)
			}
			out.Failures = append(out.Failures, missing(name))
			continue
		}
		shown := *c
		shown.RegisteredContainerInstancesCount = r.registered(c)
		// Omit what the request does not include.
		if !slices.Contains(in.Include, "SETTINGS") {
			shown.Settings = nil
		}
		if !slices.Contains(in.Include, "CONFIGURATIONS") {
			shown.Configuration = nil
		}
		if !slices.Contains(in.Include, "TAGS") {
			shown.Tags = nil
		}
		if slices.Contains(in.Include, "STATISTICS") {
			shown.Statistics = r.statistics(c)
		}
		out.Clusters = append(out.Clusters, shown)
	}
	return out, nil
}

func (r *region) statistics(c *ecsCluster) []ecsNameValue {
	running, pending, services := map[string]int{}, map[string]int{}, map[string]int{}
	for _, s := range r.ECS.Services {
		if s.ClusterArn == c.ClusterArn {
			running[s.LaunchType] += s.RunningCount
			pending[s.LaunchType] += s.PendingCount
			services[s.LaunchType]++
		}
	}
	var all []ecsNameValue
	for _, t := range []struct{ launchType, name string }{{"EC2", "EC2"}, {"FARGATE", "Fargate"}} {
		all = append(all,
			ecsNameValue{"running" + t.name + "TasksCount", fmt.Sprint(running[t.launchType])},
			ecsNameValue{"pending" + t.name + "TasksCount", fmt.Sprint(pending[t.launchType])},
			ecsNameValue{"active" + t.name + "ServiceCount", fmt.Sprint(services[t.launchType])})
	}
	return all
}

type listServicesIn struct {
	ecsPage
	Cluster            string `json:"cluster"`
	LaunchType         string `json:"launchType"`
	SchedulingStrategy string `json:"schedulingStrategy"`
}

type listServicesOut struct {
	ServiceArns []string `json:"serviceArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func (r *region) listServices(in listServicesIn) (listServicesOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return listServicesOut{}, err
	}
	var arns []string
	for _, s := range r.ECS.Services {
		if s.ClusterArn == c.ClusterArn && s.Status != "INACTIVE" && (in.LaunchType == "" || in.LaunchType == s.LaunchType) &&
			(in.SchedulingStrategy == "" || in.SchedulingStrategy == s.SchedulingStrategy) {
			arns = append(arns, s.ServiceArn)
		}
	}
	page, next, err := store.Page(ecsPages(10, 100), arns, in.MaxResults, in.NextToken)
	return listServicesOut{page, next}, err
}

type describeServicesECSIn struct {
	Cluster  string   `json:"cluster"`
	Services []string `json:"services"`
	Include  []string `json:"include"`
}

type describeServicesECSOut struct {
	Services []ecsService `json:"services"`
	Failures []ecsFailure `json:"failures"`
}

func (r *region) describeServices(in describeServicesECSIn) (describeServicesECSOut, *wire.Error) {
	out := describeServicesECSOut{Services: []ecsService{}, Failures: []ecsFailure{}}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	if len(in.Services) == 0 {
		return out, wire.Fail("InvalidParameterException", "Services cannot be empty.")
	}
	if len(in.Services) > 10 {
		return out, wire.Fail("InvalidParameterException", "Services can have at most 10 items.")
	}
	for _, name := range in.Services {
		i := slices.IndexFunc(r.ECS.Services, func(s *ecsService) bool {
			return s.ClusterArn == c.ClusterArn && (s.ServiceName == name || s.ServiceArn == name)
		})
		if i < 0 {
			if !strings.HasPrefix(name, "arn:") {
				name = r.ARN("ecs", "service/"+c.ClusterName+"/"+name)
			}
			out.Failures = append(out.Failures, missing(name))
			continue
		}
		shown := *r.ECS.Services[i]
		if !slices.Contains(in.Include, "TAGS") {
			shown.Tags = nil
		}
		out.Services = append(out.Services, shown)
	}
	return out, nil
}

type describeTaskDefinitionIn struct {
	TaskDefinition string   `json:"taskDefinition"`
	Include        []string `json:"include"`
}

type describeTaskDefinitionOut struct {
	TaskDefinition *ecsTaskDefinition `json:"taskDefinition"`
	Tags           ecsTags            `json:"tags"`
}

// describeTaskDefinition accepts an ARN, a family with a revision, or a family, which means its
// newest active revision.
func (r *region) describeTaskDefinition(in describeTaskDefinitionIn) (describeTaskDefinitionOut, *wire.Error) {
	found := r.findDefinition(in.TaskDefinition)
	if found == nil {
		return describeTaskDefinitionOut{}, wire.Fail("ClientException", "Unable to describe task definition.")
	}
	out := describeTaskDefinitionOut{found, ecsTags{}}
	if slices.Contains(in.Include, "TAGS") {
		out.Tags = append(out.Tags, found.tags...)
	}
	return out, nil
}

// findDefinition finds a task definition; nil if it does not exist.
func (r *region) findDefinition(name string) *ecsTaskDefinition {
	var found *ecsTaskDefinition
	for _, d := range r.ECS.TaskDefinitions {
		switch name {
		case d.TaskDefinitionArn, fmt.Sprintf("%s:%d", d.Family, d.Revision):
			found = d
		case d.Family:
			if d.Status == "ACTIVE" && (found == nil || d.Revision > found.Revision) {
				found = d
			}
		}
	}
	return found
}

type describeTasksIn struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Include []string `json:"include"`
}

type describeTasksOut struct {
	Tasks    []ecsTask    `json:"tasks"`
	Failures []ecsFailure `json:"failures"`
}

func (r *region) describeTasks(in describeTasksIn) (describeTasksOut, *wire.Error) {
	out := describeTasksOut{Tasks: []ecsTask{}, Failures: []ecsFailure{}}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return out, wire.Fail("InvalidParameterException", "Tasks must have between 1 and 100 items.")
	}
	for _, id := range in.Tasks {
		if !strings.HasPrefix(id, "arn:") {
			id = r.ARN("ecs", "task/"+c.ClusterName+"/"+id)
		}
		i := slices.IndexFunc(r.ECS.Tasks, func(t *ecsTask) bool { return t.TaskArn == id })
		if i < 0 {
			out.Failures = append(out.Failures, missing(id))
			continue
		}
		shown := r.ECS.Tasks[i].shown()
		if !slices.Contains(in.Include, "TAGS") {
			shown.Tags = nil
		}
		out.Tasks = append(out.Tasks, shown)
	}
	return out, nil
}
