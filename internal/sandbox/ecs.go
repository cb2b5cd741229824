package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

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

type ecsTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
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
	Tags                              []ecsTag              `json:"tags"`
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
	CreatedAt                epoch                 `json:"createdAt,omitzero"`
	NetworkConfiguration     *networkConfiguration `json:"networkConfiguration,omitempty"`
	SchedulingStrategy       string                `json:"schedulingStrategy"`
	EnableECSManagedTags     bool                  `json:"enableECSManagedTags"`
	PropagateTags            string                `json:"propagateTags"`
	EnableExecuteCommand     bool                  `json:"enableExecuteCommand"`
	Tags                     []ecsTag              `json:"tags,omitempty"`

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
	CreatedAt                   epoch                 `json:"createdAt,omitzero"`
	UpdatedAt                   epoch                 `json:"updatedAt,omitzero"`
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
	Id        string `json:"id"`
	CreatedAt epoch  `json:"createdAt,omitzero"`
	Message   string `json:"message"`
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
	RegisteredAt            epoch            `json:"registeredAt,omitzero"`
	RegisteredBy            string           `json:"registeredBy,omitempty"`
	DeregisteredAt          epoch            `json:"deregisteredAt,omitzero"`

	tags []ecsTag // shown next to the definition, not inside it
	more members  // members as the request sent them
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
	CreatedAt            epoch           `json:"createdAt,omitzero"`
	StartedAt            epoch           `json:"startedAt,omitzero"`
	StoppingAt           epoch           `json:"stoppingAt,omitzero"`
	StoppedAt            epoch           `json:"stoppedAt,omitzero"`
	StartedBy            string          `json:"startedBy,omitempty"`
	StopCode             string          `json:"stopCode,omitempty"`
	StoppedReason        string          `json:"stoppedReason,omitempty"`
	EnableExecuteCommand bool            `json:"enableExecuteCommand"`
	Attachments          []ecsAttachment `json:"attachments"`
	Containers           []ecsContainer  `json:"containers"`
	Overrides            *taskOverride   `json:"overrides,omitempty"`
	Tags                 []ecsTag        `json:"tags,omitempty"`

	eni  *networkInterface // its own interface; nil if it uses the interface of its host
	ends bool              // it runs a command and stops when that has ended

	counted bool // counted as a failed task of its deployment
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

func (r *region) ecsARN(resource string) string {
	return fmt.Sprintf("arn:%s:ecs:%s:%s:%s", r.catalog.Partition, r.catalog.Name, accountID, resource)
}

// complete creates the ARNs that a scenario leaves out, and everything else that follows from
// other parts.
func (s *ecsState) complete(r *region) {
	for _, c := range s.Clusters {
		c.ClusterArn = r.ecsARN("cluster/" + c.ClusterName)
		c.Status = "ACTIVE"
	}
	for _, p := range s.CapacityProviders {
		p.complete(r, s)
	}
	for _, d := range s.TaskDefinitions {
		d.TaskDefinitionArn = r.ecsARN(fmt.Sprintf("task-definition/%s:%d", d.Family, d.Revision))
		if d.Status == "" {
			d.Status = "ACTIVE"
		}
	}
	for _, svc := range s.Services {
		c := s.cluster(r, svc.ClusterArn)
		svc.ClusterArn = c.ClusterArn
		svc.ServiceArn = r.ecsARN("service/" + c.ClusterName + "/" + svc.ServiceName)
		svc.TaskDefinition = r.ecsARN("task-definition/" + svc.TaskDefinition)
		svc.Status, svc.SchedulingStrategy, svc.PropagateTags = "ACTIVE", "REPLICA", "NONE"
		for i := range svc.Deployments {
			d := &svc.Deployments[i]
			d.Id = "ecs-svc/" + hash(svc.ServiceArn, 19)
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
		t.TaskArn = r.ecsARN("task/" + c.ClusterName + "/" + t.TaskArn)
		t.TaskDefinitionArn = r.ecsARN("task-definition/" + t.TaskDefinitionArn)
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
	name = strings.TrimPrefix(name, r.ecsARN("cluster/"))
	for _, c := range s.Clusters {
		if name == c.ClusterName {
			return c
		}
	}
	return nil
}

func (r *region) findCluster(name string) (*ecsCluster, *apiError) {
	if c := r.ecs.cluster(r, name); c != nil {
		return c, nil
	}
	return nil, fail("ClusterNotFoundException", "Cluster not found.")
}

type ecsPage struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

// ecsCut returns a page of a List operation: at most 100 items, which is also the default.
func ecsCut[T any](all []T, in ecsPage, fallback int) ([]T, string, *apiError) {
	if in.MaxResults < 0 || in.MaxResults > 100 {
		return nil, "", fail("InvalidParameterException", "maxResults must be between 1 and 100.")
	}
	if in.MaxResults == 0 {
		in.MaxResults = fallback
	}
	page, next, ok := cut(all, int32(in.MaxResults), in.NextToken)
	if !ok {
		return nil, "", fail("InvalidParameterException", "Invalid token.")
	}
	if page == nil {
		page = []T{}
	}
	return page, next, nil
}

type listClustersOut struct {
	ClusterArns []string `json:"clusterArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func (r *region) listClusters(in ecsPage) (listClustersOut, *apiError) {
	var arns []string
	for _, c := range r.ecs.Clusters {
		arns = append(arns, c.ClusterArn)
	}
	page, next, err := ecsCut(arns, in, 100)
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

func (r *region) describeClusters(in describeClustersIn) (describeClustersOut, *apiError) {
	out := describeClustersOut{Clusters: []ecsCluster{}, Failures: []ecsFailure{}}
	if len(in.Clusters) > 100 {
		return out, fail("InvalidParameterException", "Clusters can have at most 100 items.")
	}
	if len(in.Clusters) == 0 {
		in.Clusters = []string{"default"}
	}
	for _, name := range in.Clusters {
		c := r.ecs.cluster(r, name)
		if c == nil {
			if !strings.HasPrefix(name, "arn:") {
				name = r.ecsARN("cluster/" + name)
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
	for _, s := range r.ecs.Services {
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

func (r *region) listServices(in listServicesIn) (listServicesOut, *apiError) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return listServicesOut{}, err
	}
	var arns []string
	for _, s := range r.ecs.Services {
		if s.ClusterArn == c.ClusterArn && (in.LaunchType == "" || in.LaunchType == s.LaunchType) &&
			(in.SchedulingStrategy == "" || in.SchedulingStrategy == s.SchedulingStrategy) {
			arns = append(arns, s.ServiceArn)
		}
	}
	page, next, err := ecsCut(arns, in.ecsPage, 10)
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

func (r *region) describeServices(in describeServicesECSIn) (describeServicesECSOut, *apiError) {
	out := describeServicesECSOut{Services: []ecsService{}, Failures: []ecsFailure{}}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	if len(in.Services) == 0 {
		return out, fail("InvalidParameterException", "Services cannot be empty.")
	}
	if len(in.Services) > 10 {
		return out, fail("InvalidParameterException", "Services can have at most 10 items.")
	}
	for _, name := range in.Services {
		i := slices.IndexFunc(r.ecs.Services, func(s *ecsService) bool {
			return s.ClusterArn == c.ClusterArn && (s.ServiceName == name || s.ServiceArn == name)
		})
		if i < 0 {
			if !strings.HasPrefix(name, "arn:") {
				name = r.ecsARN("service/" + c.ClusterName + "/" + name)
			}
			out.Failures = append(out.Failures, missing(name))
			continue
		}
		shown := *r.ecs.Services[i]
		if !slices.Contains(in.Include, "TAGS") {
			shown.Tags = nil
		}
		out.Services = append(out.Services, shown)
	}
	return out, nil
}

type listFamiliesIn struct {
	ecsPage
	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
}

type listFamiliesOut struct {
	Families  []string `json:"families"`
	NextToken string   `json:"nextToken,omitempty"`
}

// listTaskDefinitionFamilies lists a family as active if one of its revisions is active.
func (r *region) listTaskDefinitionFamilies(in listFamiliesIn) (listFamiliesOut, *apiError) {
	active := map[string]bool{}
	for _, d := range r.ecs.TaskDefinitions {
		active[d.Family] = active[d.Family] || d.Status == "ACTIVE"
	}
	var families []string
	for family, on := range active {
		wanted := in.Status == "ALL" || on == (in.Status != "INACTIVE")
		if wanted && strings.HasPrefix(family, in.FamilyPrefix) {
			families = append(families, family)
		}
	}
	slices.Sort(families)
	page, next, err := ecsCut(families, in.ecsPage, 100)
	return listFamiliesOut{page, next}, err
}

type listTaskDefinitionsIn struct {
	ecsPage
	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
	Sort         string `json:"sort"`
}

type listTaskDefinitionsOut struct {
	TaskDefinitionArns []string `json:"taskDefinitionArns"`
	NextToken          string   `json:"nextToken,omitempty"`
}

func (r *region) listTaskDefinitions(in listTaskDefinitionsIn) (listTaskDefinitionsOut, *apiError) {
	if in.Status == "" {
		in.Status = "ACTIVE"
	}
	found := slices.DeleteFunc(slices.Clone(r.ecs.TaskDefinitions), func(d *ecsTaskDefinition) bool {
		return d.Status != in.Status || in.FamilyPrefix != "" && d.Family != in.FamilyPrefix
	})
	slices.SortFunc(found, func(a, b *ecsTaskDefinition) int {
		order := strings.Compare(a.Family, b.Family)
		if order == 0 {
			order = a.Revision - b.Revision
		}
		if in.Sort == "DESC" {
			order = -order
		}
		return order
	})
	var arns []string
	for _, d := range found {
		arns = append(arns, d.TaskDefinitionArn)
	}
	page, next, err := ecsCut(arns, in.ecsPage, 100)
	return listTaskDefinitionsOut{page, next}, err
}

type describeTaskDefinitionIn struct {
	TaskDefinition string   `json:"taskDefinition"`
	Include        []string `json:"include"`
}

type describeTaskDefinitionOut struct {
	TaskDefinition *ecsTaskDefinition `json:"taskDefinition"`
	Tags           []ecsTag           `json:"tags"`
}

// describeTaskDefinition accepts an ARN, a family with a revision, or a family, which means its
// newest active revision.
func (r *region) describeTaskDefinition(in describeTaskDefinitionIn) (describeTaskDefinitionOut, *apiError) {
	found := r.findDefinition(in.TaskDefinition)
	if found == nil {
		return describeTaskDefinitionOut{}, fail("ClientException", "Unable to describe task definition.")
	}
	out := describeTaskDefinitionOut{found, []ecsTag{}}
	if slices.Contains(in.Include, "TAGS") {
		out.Tags = append(out.Tags, found.tags...)
	}
	return out, nil
}

// findDefinition finds a task definition; nil if it does not exist.
func (r *region) findDefinition(name string) *ecsTaskDefinition {
	var found *ecsTaskDefinition
	for _, d := range r.ecs.TaskDefinitions {
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

type listTasksIn struct {
	ecsPage
	Cluster           string `json:"cluster"`
	ContainerInstance string `json:"containerInstance"`
	Family            string `json:"family"`
	StartedBy         string `json:"startedBy"`
	ServiceName       string `json:"serviceName"`
	DesiredStatus     string `json:"desiredStatus"`
	LaunchType        string `json:"launchType"`
}

type listTasksOut struct {
	TaskArns  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (r *region) listTasks(in listTasksIn) (listTasksOut, *apiError) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return listTasksOut{}, err
	}
	if in.DesiredStatus == "" {
		in.DesiredStatus = "RUNNING"
	}
	var arns []string
	for _, t := range r.ecs.Tasks {
		if t.ClusterArn == c.ClusterArn && t.DesiredStatus == in.DesiredStatus &&
			(in.ServiceName == "" || t.Group == "service:"+in.ServiceName) &&
			(in.LaunchType == "" || t.LaunchType == in.LaunchType) &&
			(in.StartedBy == "" || t.StartedBy == in.StartedBy) &&
			(in.ContainerInstance == "" || t.ContainerInstanceArn == in.ContainerInstance || strings.HasSuffix(t.ContainerInstanceArn, "/"+in.ContainerInstance)) &&
			(in.Family == "" || strings.HasPrefix(t.TaskDefinitionArn, r.ecsARN("task-definition/"+in.Family+":"))) {
			arns = append(arns, t.TaskArn)
		}
	}
	page, next, err := ecsCut(arns, in.ecsPage, 100)
	return listTasksOut{page, next}, err
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

func (r *region) describeTasks(in describeTasksIn) (describeTasksOut, *apiError) {
	out := describeTasksOut{Tasks: []ecsTask{}, Failures: []ecsFailure{}}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return out, fail("InvalidParameterException", "Tasks must have between 1 and 100 items.")
	}
	for _, id := range in.Tasks {
		if !strings.HasPrefix(id, "arn:") {
			id = r.ecsARN("task/" + c.ClusterName + "/" + id)
		}
		i := slices.IndexFunc(r.ecs.Tasks, func(t *ecsTask) bool { return t.TaskArn == id })
		if i < 0 {
			out.Failures = append(out.Failures, missing(id))
			continue
		}
		shown := r.ecs.Tasks[i].shown()
		if !slices.Contains(in.Include, "TAGS") {
			shown.Tags = nil
		}
		out.Tasks = append(out.Tasks, shown)
	}
	return out, nil
}
