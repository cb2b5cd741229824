package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Container instances: EC2 instances that are registered with a cluster, and their agents.

// newestAgent is the agent version after UpdateContainerAgent.
const newestAgent = "1.98.0"

const (
	maxInstancesDescribed = 100
	maxInstancesDrained   = 10
)

// inactiveTime is how long a deregistered instance can be described. Amazon ECS does not document it.
const inactiveTime = time.Hour

type ecsContainerInstance struct {
	ContainerInstanceArn string          `json:"containerInstanceArn"`
	Ec2InstanceId        string          `json:"ec2InstanceId"`
	CapacityProviderName string          `json:"capacityProviderName,omitempty"`
	Version              int64           `json:"version"`
	VersionInfo          agentVersion    `json:"versionInfo"`
	Status               string          `json:"status"`
	AgentConnected       bool            `json:"agentConnected"`
	RunningTasksCount    int             `json:"runningTasksCount"`
	PendingTasksCount    int             `json:"pendingTasksCount"`
	AgentUpdateStatus    string          `json:"agentUpdateStatus,omitempty"`
	Attributes           []ecsAttribute  `json:"attributes"`
	RegisteredAt         wire.Epoch      `json:"registeredAt,omitzero"`
	HealthStatus         *instanceHealth `json:"healthStatus,omitempty"`
	Tags                 ecsTags         `json:"tags"`

	cluster      string    // name of the cluster
	osFamily     string    // from the scenario; "" = derived from the image
	updateSince  time.Time // when its agent started to download a newer version; zero: no update
	connectsFrom time.Time // when its restarted agent starts to connect; zero: no restart
	byEndpoint   bool      // its agent is connected through VPC endpoints
	lostAt       time.Time // when its agent lost the network path; zero: the path exists
	stubborn     bool      // set by a scenario: after a restart, its agent never connects
	deregistered time.Time // zero: it is registered
}

type agentVersion struct {
	AgentVersion  string `json:"agentVersion"`
	AgentHash     string `json:"agentHash,omitempty"`
	DockerVersion string `json:"dockerVersion,omitempty"`
}

type instanceHealth struct {
	OverallStatus string        `json:"overallStatus"`
	Details       []healthCheck `json:"details"`
}

type healthCheck struct {
	Type             string     `json:"type"`
	Status           string     `json:"status"`
	LastUpdated      wire.Epoch `json:"lastUpdated,omitzero"`
	LastStatusChange wire.Epoch `json:"lastStatusChange,omitzero"`
}

// UnmarshalJSON also accepts the short forms of scenarios: the cluster's name instead of the ARN,
// the agent's version instead of versionInfo, and the operating system family instead of the
// attributes.
func (i *ecsContainerInstance) UnmarshalJSON(b []byte) error {
	type plain ecsContainerInstance
	in := struct {
		*plain
		ClusterArn   string `json:"clusterArn"`
		AgentVersion string `json:"agentVersion"`
		OsFamily     string `json:"osFamily"`
		Stubborn     bool   `json:"stubborn"`
	}{plain: (*plain)(i)}
	if err := wire.DecodeStrict(b, &in); err != nil {
		return err
	}
	i.cluster, i.osFamily, i.stubborn = in.ClusterArn, in.OsFamily, in.Stubborn
	i.VersionInfo.AgentVersion = cmp.Or(i.VersionInfo.AgentVersion, in.AgentVersion)
	return nil
}

// complete adds what follows from the cluster, from the EC2 instance and from its image.
func (i *ecsContainerInstance) complete(r *region, s *ecsState) {
	cluster, id, ok := strings.Cut(i.ContainerInstanceArn, "/")
	if !ok {
		cluster, id = i.cluster, cmp.Or(i.ContainerInstanceArn, store.Hash(i.Ec2InstanceId+" registered", 32))
	}
	i.cluster = s.cluster(r, cluster).ClusterName
	i.ContainerInstanceArn = r.ARN("ecs", "container-instance/"+i.cluster+"/"+id)
	i.Status = cmp.Or(i.Status, "ACTIVE")
	i.Version = cmp.Or(i.Version, 3)
	if i.RegisteredAt.IsZero() {
		i.RegisteredAt = wire.Epoch{Time: store.Loaded}
	}
	if v := &i.VersionInfo; v.AgentVersion != "" {
		v.AgentHash = cmp.Or(v.AgentHash, store.Hash(v.AgentVersion, 8))
		v.DockerVersion = cmp.Or(v.DockerVersion, "DockerVersion: 25.0.8")
	}
	i.addAttributes(r)
	// An agent that registered after the endpoints were created is connected through them.
	if host := r.instances.ByID[i.Ec2InstanceId]; host != nil && i.AgentConnected {
		i.byEndpoint = i.private() && slices.ContainsFunc(agentServices, func(s string) bool {
			e := r.lookUp(host.VpcId, r.nameOf(s)).endpoint
			return e != nil && e.CreationTimestamp.Before(i.RegisteredAt.Time)
		})
	}
}

// addAttributes adds the attributes that an agent registers for its host. Attributes of the
// scenario stay.
func (i *ecsContainerInstance) addAttributes(r *region) {
	add := func(name, value string) {
		if !slices.ContainsFunc(i.Attributes, func(a ecsAttribute) bool { return a.Name == name }) {
			i.Attributes = append(i.Attributes, ecsAttribute{name, value})
		}
	}
	if strings.HasPrefix(i.Ec2InstanceId, "mi-") {
		add("ecs.capability.external", "") // ECS Anywhere
	}
	host := r.instances.ByID[i.Ec2InstanceId]
	if host == nil {
		return
	}
	osType, osFamily := "linux", cmp.Or(i.osFamily, "LINUX")
	if im := r.images.ByID[host.ImageId]; im != nil && im.windows() {
		osType, osFamily = "windows", cmp.Or(i.osFamily, windowsFamily(im.Name))
	}
	add("ecs.ami-id", host.ImageId)
	add("ecs.availability-zone", host.Placement.AvailabilityZone)
	for _, c := range []string{"docker-plugin.local", "execution-role-awslogs", "execution-role-ecr-pull", "private-registry-authentication.secretsmanager",
		"secrets.asm.environment-variables", "secrets.ssm.environment-variables", "task-eni"} {
		add("ecs.capability."+c, "")
	}
	for _, c := range []string{"docker-remote-api.1.44", "ecr-auth", "logging-driver.awslogs", "logging-driver.json-file", "task-iam-role"} {
		add("com.amazonaws.ecs.capability."+c, "")
	}
	if compareVersions(i.VersionInfo.AgentVersion, "1.52.0") >= 0 {
		add("ecs.capability.execute-command", "")
	}
	add("ecs.cpu-architecture", host.Architecture)
	add("ecs.instance-type", host.InstanceType)
	add("ecs.os-family", osFamily)
	add("ecs.os-type", osType)
	add("ecs.subnet-id", host.SubnetId)
	add("ecs.vpc-id", host.VpcId)
}

var windowsName = pattern.New(`^Windows_Server-(\d+)-\w+-(Full|Core)`)

// windowsFamily derives a family such as WINDOWS_SERVER_2022_FULL from the name of an image.
func windowsFamily(image string) string {
	m := windowsName().FindStringSubmatch(image)
	if m == nil {
		return "WINDOWS"
	}
	return "WINDOWS_SERVER_" + m[1] + "_" + strings.ToUpper(m[2])
}

func compareVersions(a, b string) int {
	return slices.Compare(versionNumbers(a), versionNumbers(b))
}

func versionNumbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // a part that is not a number counts as 0
		all = append(all, n)
	}
	return all
}

// registered counts the registered instances. Like in ECS, draining instances count too.
func (r *region) registered(c *ecsCluster) int {
	n := 0
	for _, i := range r.ECS.ContainerInstances {
		if i.cluster == c.ClusterName && (i.Status == "ACTIVE" || i.Status == "DRAINING") {
			n++
		}
	}
	return n
}

func (i *ecsContainerInstance) attribute(name string) (string, bool) {
	for _, a := range i.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

var attributeTest = pattern.New(`^attribute:([\w.:/@-]+)\s*==\s*([\w.:/@-]+)$`)

// attributeFilter supports the part of the cluster query language that compares attributes for
// equality.
func attributeFilter(expression string) (func(*ecsContainerInstance) bool, *wire.Error) {
	wanted := map[string]string{}
	for part := range strings.SplitSeq(expression, " and ") {
		m := attributeTest().FindStringSubmatch(strings.Trim(strings.TrimSpace(part), "()"))
		if m == nil {
			return nil, wire.Fail("InvalidParameterException", "Invalid filter: %s. The sandbox understands attribute:NAME == VALUE, joined by and.", expression)
		}
		wanted[m[1]] = m[2]
	}
	return func(i *ecsContainerInstance) bool {
		for name, value := range wanted {
			if got, ok := i.attribute(name); !ok || got != value {
				return false
			}
		}
		return true
	}, nil
}

type listInstancesIn struct {
	ecsPage
	Cluster string `json:"cluster"`
	Filter  string `json:"filter"`
	Status  string `json:"status"`
}

type listInstancesOut struct {
	ContainerInstanceArns []string `json:"containerInstanceArns"`
	NextToken             string   `json:"nextToken,omitempty"`
}

// listContainerInstances returns active and draining instances unless a status is given.
func (r *region) listContainerInstances(in listInstancesIn) (listInstancesOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return listInstancesOut{}, err
	}
	wanted := []string{"ACTIVE", "DRAINING"}
	if in.Status != "" {
		wanted = []string{in.Status}
		if !slices.Contains([]string{"ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED"}, in.Status) {
			return listInstancesOut{}, wire.Fail("InvalidParameterException", "Invalid container instance status: %s.", in.Status)
		}
	}
	accept := func(*ecsContainerInstance) bool { return true }
	if in.Filter != "" {
		if accept, err = attributeFilter(in.Filter); err != nil {
			return listInstancesOut{}, err
		}
	}
	var arns []string
	for _, i := range r.ECS.ContainerInstances {
		if i.cluster == c.ClusterName && slices.Contains(wanted, i.Status) && accept(i) {
			arns = append(arns, i.ContainerInstanceArn)
		}
	}
	page, next, err := store.Page(ecsPages(100, 100), arns, in.MaxResults, in.NextToken)
	return listInstancesOut{page, next}, err
}

type describeInstancesIn struct {
	Cluster            string   `json:"cluster"`
	ContainerInstances []string `json:"containerInstances"`
	Include            []string `json:"include"`
}

type describeInstancesOut struct {
	ContainerInstances []ecsContainerInstance `json:"containerInstances"`
	Failures           []ecsFailure           `json:"failures"`
}

// pickInstances finds container instances of a cluster by id or ARN. Instances that do not exist
// are failures, not errors.
func (r *region) pickInstances(cluster string, ids []string, most int) ([]*ecsContainerInstance, []ecsFailure, *wire.Error) {
	c, err := r.findCluster(cluster)
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		return nil, nil, wire.Fail("InvalidParameterException", "Container instances cannot be empty.")
	}
	if len(ids) > most {
		return nil, nil, wire.Fail("InvalidParameterException", "Container instances can have at most %d items.", most)
	}
	var found []*ecsContainerInstance
	failures := []ecsFailure{}
	for _, id := range ids {
		if !strings.HasPrefix(id, "arn:") {
			id = r.ARN("ecs", "container-instance/"+c.ClusterName+"/"+id)
		}
		n := slices.IndexFunc(r.ECS.ContainerInstances, func(i *ecsContainerInstance) bool {
			return i.ContainerInstanceArn == id && i.cluster == c.ClusterName && (i.deregistered.IsZero() || !r.Passed(i.deregistered, inactiveTime))
		})
		if n < 0 {
			failures = append(failures, missing(id))
		} else {
			found = append(found, r.ECS.ContainerInstances[n])
		}
	}
	return found, failures, nil
}

func (r *region) describeContainerInstances(in describeInstancesIn) (describeInstancesOut, *wire.Error) {
	found, failures, err := r.pickInstances(in.Cluster, in.ContainerInstances, maxInstancesDescribed)
	if err != nil {
		return describeInstancesOut{}, err
	}
	return describeInstancesOut{r.shownInstances(found, in.Include), failures}, nil
}

// shownInstances omits the parts that the request does not include.
func (r *region) shownInstances(from []*ecsContainerInstance, include []string) []ecsContainerInstance {
	return store.Copies(from, func(i *ecsContainerInstance) {
		if !slices.Contains(include, "TAGS") {
			i.Tags = nil
		}
		if slices.Contains(include, "CONTAINER_INSTANCE_HEALTH") {
			i.HealthStatus = i.health(r)
		}
	})
}

// health returns the health status of a host. The host reports it through its agent, so it does
// not change while the agent is not connected.
func (i *ecsContainerInstance) health(r *region) *instanceHealth {
	status, updated := "OK", wire.Epoch{Time: r.Now()}
	if !i.AgentConnected {
		status, updated = "INSUFFICIENT_DATA", i.RegisteredAt
	}
	return &instanceHealth{status, []healthCheck{{"CONTAINER_RUNTIME", status, updated, i.RegisteredAt}}}
}

type updateInstancesStateIn struct {
	Cluster            string   `json:"cluster"`
	ContainerInstances []string `json:"containerInstances"`
	Status             string   `json:"status"`
}

func (r *region) updateContainerInstancesState(in updateInstancesStateIn) (describeInstancesOut, *wire.Error) {
	if in.Status != "ACTIVE" && in.Status != "DRAINING" {
		return describeInstancesOut{}, wire.Fail("InvalidParameterException", "Container instance status should be one of [ACTIVE, DRAINING].")
	}
	found, failures, err := r.pickInstances(in.Cluster, in.ContainerInstances, maxInstancesDrained)
	if err != nil {
		return describeInstancesOut{}, err
	}
	var changed []*ecsContainerInstance
	for _, i := range found {
		if i.Status != "ACTIVE" && i.Status != "DRAINING" {
			failures = append(failures, ecsFailure{i.ContainerInstanceArn, "INACTIVE"})
			continue
		}
		if i.Status != in.Status {
			i.Status = in.Status
			i.Version++
		}
		changed = append(changed, i)
	}
	return describeInstancesOut{r.shownInstances(changed, nil), failures}, nil
}

type deregisterIn struct {
	Cluster           string `json:"cluster"`
	ContainerInstance string `json:"containerInstance"`
	Force             bool   `json:"force"`
}

// deregisterContainerInstance removes an instance from its cluster. Amazon ECS no longer accounts for its tasks; the sandbox
// stops them.
func (r *region) deregisterContainerInstance(in deregisterIn) (updateAgentOut, *wire.Error) {
	found, failures, err := r.pickInstances(in.Cluster, []string{in.ContainerInstance}, 1)
	switch {
	case err != nil:
		return updateAgentOut{}, err
	case len(failures) > 0 || found[0].Status == "INACTIVE":
		return updateAgentOut{}, wire.Fail("InvalidParameterException", "Could not find a container instance for %s.", in.ContainerInstance)
	}
	i := found[0]
	if i.RunningTasksCount > 0 && !in.Force {
		return updateAgentOut{}, wire.Fail("InvalidParameterException", "Found running tasks on the instance.")
	}
	if host := r.instances.ByID[i.Ec2InstanceId]; host != nil {
		r.stopTasksOn(host, "The container instance was deregistered.")
	}
	i.Status, i.AgentConnected, i.connectsFrom, i.deregistered = "INACTIVE", false, time.Time{}, r.Now()
	i.Version++
	return updateAgentOut{r.shownInstances(found, nil)[0]}, nil
}

type updateAgentIn struct {
	Cluster           string `json:"cluster"`
	ContainerInstance string `json:"containerInstance"`
}

type updateAgentOut struct {
	ContainerInstance ecsContainerInstance `json:"containerInstance"`
}

// updateContainerAgent starts an update of the agent. The update takes time, and waits while the
// agent is not connected.
func (r *region) updateContainerAgent(in updateAgentIn) (updateAgentOut, *wire.Error) {
	found, failures, err := r.pickInstances(in.Cluster, []string{in.ContainerInstance}, 1)
	if err != nil {
		return updateAgentOut{}, err
	}
	if len(failures) > 0 {
		return updateAgentOut{}, wire.Fail("InvalidParameterException", "Could not find a container instance for %s.", failures[0].Arn)
	}
	i := found[0]
	switch {
	case !r.amazonLinux(i):
		return updateAgentOut{}, wire.Fail("InvalidParameterException",
			"The container agent of %s cannot be updated this way: only that of Amazon ECS-optimized Amazon Linux can.", i.Ec2InstanceId)
	case i.VersionInfo.AgentVersion == "":
		return updateAgentOut{}, wire.Fail("MissingVersionException", "The version of the container agent of %s is not known.", i.Ec2InstanceId)
	case !i.updateSince.IsZero():
		return updateAgentOut{}, wire.Fail("UpdateInProgressException", "There is already an update in progress for container instance %s.", i.ContainerInstanceArn)
	case compareVersions(i.VersionInfo.AgentVersion, newestAgent) >= 0:
		return updateAgentOut{}, wire.Fail("NoUpdateAvailableException", "There is no update available for your container agent.")
	}
	i.AgentUpdateStatus, i.updateSince = "PENDING", r.Now()
	i.Version++
	return updateAgentOut{r.shownInstances(found, nil)[0]}, nil
}

// amazonLinux decides by the name of the image, because there is no other source. Without an
// image the answer is no.
func (r *region) amazonLinux(i *ecsContainerInstance) bool {
	host := r.instances.ByID[i.Ec2InstanceId]
	if host == nil || r.images.ByID[host.ImageId] == nil {
		return false
	}
	name := r.images.ByID[host.ImageId].Name
	return strings.HasPrefix(name, "amzn") || strings.HasPrefix(name, "al2023-")
}

// agentUpdate lists the steps of an agent's update and their durations.
var agentUpdate = []struct {
	status string
	takes  time.Duration
}{{"PENDING", 5 * time.Second}, {"STAGING", 15 * time.Second}, {"STAGED", 5 * time.Second}, {"UPDATING", 20 * time.Second}}

// settleAgents connects agents and continues their updates. The update of an agent that is not
// connected waits.
func (r *region) settleAgents() {
	for _, i := range r.ECS.ContainerInstances {
		r.settleAgent(i)
		if i.updateSince.IsZero() {
			continue
		}
		if !i.AgentConnected {
			i.updateSince = r.Now()
			continue
		}
		done, end := true, time.Duration(0)
		for _, step := range agentUpdate {
			if end += step.takes; !r.Passed(i.updateSince, end) {
				i.AgentUpdateStatus, done = step.status, false
				break
			}
		}
		if done {
			i.AgentUpdateStatus, i.updateSince = "UPDATED", time.Time{}
			i.VersionInfo.AgentVersion, i.VersionInfo.AgentHash = newestAgent, store.Hash(newestAgent, 8)
			if host := r.instances.ByID[i.Ec2InstanceId]; host != nil {
				r.restartAgent(host, r.Now(), agentStartTime) // the new agent must connect again
			}
			i.Version++
		}
	}
}

type tagECSIn struct {
	ResourceArn string      `json:"resourceArn"`
	Tags        []store.Tag `json:"tags"`
}

var ecsTagCodes = store.TagCodes{Invalid: "InvalidParameterException", Duplicate: "InvalidParameterException", TooMany: "InvalidParameterException"}

// ecsTags finds the tags of a cluster, service, task definition or container instance.
func (r *region) ecsTags(arn string) (*ecsTags, *wire.Error) {
	if !strings.HasPrefix(arn, r.ARN("ecs", "")) {
		return nil, wire.Fail("InvalidParameterException", "Invalid identifier: %s.", arn)
	}
	for _, c := range r.ECS.Clusters {
		if c.ClusterArn == arn {
			return &c.Tags, nil
		}
	}
	for _, s := range r.ECS.Services {
		if s.ServiceArn == arn {
			return &s.Tags, nil
		}
	}
	for _, d := range r.ECS.TaskDefinitions {
		if d.TaskDefinitionArn == arn {
			return &d.tags, nil
		}
	}
	for _, i := range r.ECS.ContainerInstances {
		if i.ContainerInstanceArn == arn {
			return &i.Tags, nil
		}
	}
	return nil, wire.Fail("ResourceNotFoundException", "The specified resource could not be found: %s.", arn)
}

func (r *region) tagECS(in tagECSIn) (wire.Empty, *wire.Error) {
	kept, err := r.ecsTags(in.ResourceArn)
	if err != nil {
		return wire.Empty{}, err
	}
	return wire.Empty{}, ecsTagCodes.Add((*store.Tags)(kept), in.Tags)
}

type untagECSIn struct {
	ResourceArn string   `json:"resourceArn"`
	TagKeys     []string `json:"tagKeys"`
}

func (r *region) untagECS(in untagECSIn) (wire.Empty, *wire.Error) {
	kept, err := r.ecsTags(in.ResourceArn)
	if err == nil {
		(*store.Tags)(kept).Remove(in.TagKeys)
	}
	return wire.Empty{}, err
}

type listTagsECSIn struct {
	ResourceArn string `json:"resourceArn"`
}

type listTagsECSOut struct {
	Tags ecsTags `json:"tags"`
}

func (r *region) listTagsECS(in listTagsECSIn) (listTagsECSOut, *wire.Error) {
	kept, err := r.ecsTags(in.ResourceArn)
	if err != nil {
		return listTagsECSOut{}, err
	}
	return listTagsECSOut{*kept}, nil
}
