package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Tasks of Amazon ECS: how they start, fail to start and stop, and services that keep a number of
// them running.

const (
	placeTime   = 10 * time.Second // until a task has a host, and its interface on Fargate
	pullTime    = 15 * time.Second // until its images are pulled, if they can be
	pullFailed  = 90 * time.Second // until a failed pull ends the task
	commandTime = 10 * time.Second // of a task that runs a command
	stopTime    = 10 * time.Second
	retryTime   = 60 * time.Second // until a service tries again after a task failed to start

	maxRunTasks = 10
)

type taskOverride struct {
	ContainerOverrides []containerOverride `json:"containerOverrides"`
	Cpu                string              `json:"cpu,omitempty"`
	Memory             string              `json:"memory,omitempty"`
	ExecutionRoleArn   string              `json:"executionRoleArn,omitempty"`
	TaskRoleArn        string              `json:"taskRoleArn,omitempty"`
}

type containerOverride struct {
	Name        string         `json:"name"`
	Command     []string       `json:"command,omitempty"`
	Environment []ecsNameValue `json:"environment,omitempty"`
	Cpu         int            `json:"cpu,omitempty"`
	Memory      int            `json:"memory,omitempty"`
}

// shown returns a copy of a task for an answer, so that later changes do not affect it.
func (t *ecsTask) shown() ecsTask {
	shown := *t
	shown.Containers, shown.Attachments = slices.Clone(t.Containers), slices.Clone(t.Attachments)
	return shown
}

func (t *ecsTask) setStatus(status string) {
	t.LastStatus = status
	for i := range t.Containers {
		c := &t.Containers[i]
		switch status {
		case "PROVISIONING", "PENDING":
			c.LastStatus = "PENDING"
		case "RUNNING", "STOPPED":
			c.LastStatus = status
		}
	}
	for i := range t.Attachments {
		t.Attachments[i].Status = map[string]string{"PROVISIONING": "PRECREATED", "STOPPED": "DELETED"}[status]
		t.Attachments[i].Status = cmp.Or(t.Attachments[i].Status, "ATTACHED")
	}
}

// stop starts to stop a task.
func (t *ecsTask) stop(at time.Time, code, reason string) {
	if t.DesiredStatus != "STOPPED" {
		t.DesiredStatus, t.StoppingAt, t.StopCode, t.StoppedReason = "STOPPED", wire.Epoch{Time: at}, code, reason
	}
}

// stopped completes the stop of a task.
func (r *region) stopped(t *ecsTask, at time.Time) {
	t.StoppedAt, t.DesiredStatus = wire.Epoch{Time: at}, "STOPPED"
	t.setStatus("STOPPED")
	if t.eni != nil {
		r.removeInterface(t.eni)
		t.eni = nil
	}
}

func (r *region) instanceOf(t *ecsTask) *ecsContainerInstance {
	for _, i := range r.ECS.ContainerInstances {
		if t.ContainerInstanceArn != "" && i.ContainerInstanceArn == t.ContainerInstanceArn {
			return i
		}
	}
	return nil
}

func (r *region) stopTasksOn(host *instance, reason string) {
	for _, t := range r.ECS.Tasks {
		if i := r.instanceOf(t); i != nil && i.Ec2InstanceId == host.InstanceId && t.LastStatus != "STOPPED" {
			t.stop(r.Now(), "EssentialContainerExited", reason)
			r.stopped(t, r.Now())
		}
	}
}

// settleTasks updates all tasks and lets services replace stopped tasks.
func (r *region) settleTasks() {
	if r.placedTasks() == 0 && !slices.ContainsFunc(r.ECS.Services, func(s *ecsService) bool { return s.kept }) {
		return
	}
	for _, t := range r.ECS.Tasks {
		r.settleTask(t)
	}
	for _, s := range r.ECS.Services {
		if s.kept {
			r.settleService(s)
		}
	}
	r.countTasks()
}

// settleTask updates the state of a task. If the agent of a host is not connected, it receives no
// stop requests.
func (r *region) settleTask(t *ecsTask) {
	now := r.Now()
	host := r.instanceOf(t)
	switch {
	case t.LastStatus == "STOPPED":
		return
	case t.DesiredStatus == "STOPPED":
		if host != nil && !host.AgentConnected {
			return
		}
		if end := r.Plus(t.StoppingAt.Time, stopTime); !now.Before(end) {
			r.stopped(t, end)
		} else {
			t.setStatus("STOPPING")
		}
		return
	}
	if t.LastStatus != "RUNNING" {
		placed := r.Plus(t.CreatedAt.Time, placeTime)
		pulled := r.Plus(placed, pullTime)
		switch {
		case now.Before(placed) && host == nil:
			t.setStatus("PROVISIONING")
			return
		case now.Before(pulled):
			t.setStatus("PENDING")
			return
		}
		if problem := r.taskProblem(t); problem != "" {
			t.setStatus("PENDING")
			if given := r.Plus(placed, pullFailed); !now.Before(given) {
				t.stop(given, "TaskFailedToStart", problem)
				r.stopped(t, given)
			}
			return
		}
		t.StartedAt, t.Connectivity = wire.Epoch{Time: pulled}, "CONNECTED"
		t.setStatus("RUNNING")
	}
	if end := r.Plus(t.StartedAt.Time, commandTime); t.ends && !now.Before(end) {
		zero := 0
		for i := range t.Containers {
			t.Containers[i].ExitCode = &zero
		}
		t.stop(end, "EssentialContainerExited", "Essential container in task exited")
		r.stopped(t, end)
	}
}

// taskProblem returns why a task cannot start, in the order of Fargate's checks; "" if it can.
// Network paths begin at the interface of the task or of its host.
func (r *region) taskProblem(t *ecsTask) string {
	from := t.eni
	if from == nil {
		host := r.instanceOf(t)
		if host == nil || len(r.interfacesOf(host.Ec2InstanceId)) == 0 {
			return ""
		}
		from = r.interfacesOf(host.Ec2InstanceId)[0]
	}
	d := t.definition
	if d == nil {
		d = r.findDefinition(t.TaskDefinitionArn)
	}
	if why := r.roleProblem(t, d); why != "" {
		return why
	}
	dial := func(service string) string { return r.dial(from, service) }
	own := ".dkr.ecr." + r.Name + "." + r.catalog.suffix() + "/"
	for _, c := range d.ContainerDefinitions {
		if strings.Contains(c.Image, own) {
			if why := dial("ecr.api"); why != "" {
				return noSecrets + "The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. " +
					"operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, " +
					"Post \"https://api.ecr." + r.Name + "." + r.catalog.suffix() + "/\": " + why + "."
			}
		}
	}
	if why := r.registryProblem(t, d, from); why != "" {
		return why
	}
	for _, c := range d.ContainerDefinitions {
		secrets := slices.Clone(c.Secrets)
		if c.LogConfiguration != nil {
			secrets = append(secrets, c.LogConfiguration.SecretOptions...)
		}
		for _, s := range secrets {
			const late = ", https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded."
			switch manager := strings.Contains(s.ValueFrom, ":secretsmanager:"); {
			case manager && dial("secretsmanager") != "":
				return noSecrets + "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. " +
					"failed to fetch secret " + s.ValueFrom + " from secrets manager: operation error Secrets Manager: GetSecretValue" + late
			case !manager && dial("ssm") != "":
				return noSecrets + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and " +
					"AWS Systems Manager Parameter Store. Check your task network configuration. operation error SSM: GetParameters" + late
			}
		}
	}
	for _, c := range d.ContainerDefinitions {
		if c.LogConfiguration == nil || c.LogConfiguration.LogDriver != "awslogs" {
			continue
		}
		const failed = "ResourceInitializationError: failed to validate logger args: "
		if dial("logs") != "" {
			return failed + "The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. " +
				"Check your network configuration. : signal: killed"
		}
		if options := c.LogConfiguration.Options; options["awslogs-region"] == r.Name && options["awslogs-create-group"] != "true" && !r.hasLogGroup(options["awslogs-group"]) {
			return failed + "create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1"
		}
	}
	for _, c := range d.ContainerDefinitions {
		why := ""
		switch {
		case !strings.Contains(c.Image, own):
			why = r.pullProblem(&c, from)
		case dial("ecr.dkr") != "":
			why = "failed to do request: Head \"" + manifestURL(c.Image) + "\": " + dial("ecr.dkr")
		case dial("s3") != "":
			return "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: " +
				"Get \"https://prod-" + r.Name + "-starport-layer-bucket.s3." + r.Name + "." + r.catalog.suffix() + "/\": " + dial("s3")
		}
		if why != "" {
			return "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref " + c.Image + ": " + why
		}
	}
	return ""
}

// noSecrets is the beginning of what Fargate reports if a task cannot get its secrets or the credentials of a registry (Amazon ECS
// developer guide, Troubleshooting Amazon ECS ResourceInitializationError errors).
const noSecrets = "ResourceInitializationError: unable to pull secrets or registry auth: "

// manifestURL returns the URL of the manifest of an image.
func manifestURL(image string) string {
	host, path, _ := strings.Cut(image, "/")
	at := strings.LastIndexByte(path, ':')
	if at < 0 {
		path, at = path+":latest", len(path)
	}
	return "https://" + host + "/v2/" + path[:at] + "/manifests/" + path[at+1:]
}

// newTask returns a task that starts now.
func (r *region) newTask(c *ecsCluster, d *ecsTaskDefinition, launchType string) *ecsTask {
	t := &ecsTask{
		TaskArn:    r.ARN("ecs", fmt.Sprintf("task/%s/%032x", c.ClusterName, r.Counters.Next("task"))),
		ClusterArn: c.ClusterArn, TaskDefinitionArn: d.TaskDefinitionArn, LaunchType: launchType, Group: "family:" + d.Family, Cpu: d.Cpu, Memory: d.Memory,
		DesiredStatus: "RUNNING", CreatedAt: wire.Epoch{Time: r.Now()}, Attachments: []ecsAttachment{},
	}
	for _, c := range d.ContainerDefinitions {
		t.Containers = append(t.Containers, ecsContainer{Name: c.Name, Image: c.Image})
	}
	return t
}

// addTask places a task: on Fargate in a subnet, with its own interface; otherwise on the
// instance with the fewest tasks. It returns false if no instance has space for it.
func (r *region) addTask(t *ecsTask, network *networkConfiguration) bool {
	if t.LaunchType != "FARGATE" {
		host := r.freeHost(t.ClusterArn)
		if host == nil {
			return false
		}
		t.ContainerInstanceArn = host.ContainerInstanceArn
		t.AvailabilityZone, _ = host.attribute("ecs.availability-zone")
		t.setStatus("PENDING")
		r.ECS.Tasks = append(r.ECS.Tasks, t)
		host.RunningTasksCount++ // so that the next task goes to another host
		return true
	}
	if network == nil || len(network.AwsvpcConfiguration.Subnets) == 0 {
		return false
	}
	t.PlatformVersion, t.PlatformFamily = cmp.Or(t.PlatformVersion, "1.4.0"), "Linux"
	if t.PlatformVersion == "LATEST" {
		t.PlatformVersion = "1.4.0"
	}
	v := network.AwsvpcConfiguration
	n := r.placedTasks()
	s := r.subnets.ByID[v.Subnets[n%len(v.Subnets)]]
	if s == nil || r.freeAddresses(s) < 1 {
		return false
	}
	groups := slices.Clone(v.SecurityGroups)
	if len(groups) == 0 {
		groups = []string{r.defaultGroup(s.VpcId).GroupId}
	}
	attachment := store.Hash(t.TaskArn+" interface", 32)
	attachment = attachment[:8] + "-" + attachment[8:12] + "-" + attachment[12:16] + "-" + attachment[16:20] + "-" + attachment[20:]
	t.eni = &networkInterface{
		NetworkInterfaceId: r.Counters.ID("eni"), InterfaceType: "interface", Description: r.ARN("ecs", "attachment/"+attachment), Status: "in-use", SubnetId: s.SubnetId, VpcId: s.VpcId,
		AvailabilityZone: s.AvailabilityZone, AvailabilityZoneId: s.AvailabilityZoneId, OwnerId: store.AccountID, RequesterId: "578734482556", RequesterManaged: true,
		PrivateIpAddress: r.freeAddress(s.SubnetId, s.CidrBlock), SourceDestCheck: true,
		Attachment: &interfaceAttachment{AttachmentId: r.Counters.ID("eni-attach"), AttachTime: r.Now(), DeviceIndex: 1, InstanceOwnerId: "578734482556", Status: "attached"},
	}
	for _, id := range groups {
		t.eni.Groups = append(t.eni.Groups, groupIdentifier{GroupId: id})
	}
	r.nameGroups(t.eni.Groups)
	r.putInterface(t.eni)
	if v.AssignPublicIp == "ENABLED" {
		address := fmt.Sprintf("203.0.113.%d", 1+n%254)
		t.eni.Association = &interfaceAssociation{IpOwnerId: "amazon", PublicIp: address, PublicDnsName: r.publicDNSName(address)}
	}
	t.AvailabilityZone = s.AvailabilityZone
	t.Attachments = []ecsAttachment{{Id: attachment, Type: "ElasticNetworkInterface", Details: []ecsNameValue{
		{"subnetId", s.SubnetId}, {"networkInterfaceId", t.eni.NetworkInterfaceId}, {"macAddress", t.eni.MacAddress}, {"privateDnsName", t.eni.PrivateDnsName},
		{"privateIPv4Address", t.eni.PrivateIpAddress},
	}}}
	t.setStatus("PROVISIONING")
	r.ECS.Tasks = append(r.ECS.Tasks, t)
	return true
}

// placedTasks returns the number of tasks without those that stopped before the account was opened.
func (r *region) placedTasks() int {
	n := 0
	for _, t := range r.ECS.Tasks {
		if !t.earlier {
			n++
		}
	}
	return n
}

// freeHost returns the active instance of a cluster with the fewest tasks.
func (r *region) freeHost(clusterARN string) *ecsContainerInstance {
	var best *ecsContainerInstance
	for _, i := range r.ECS.ContainerInstances {
		if r.ARN("ecs", "cluster/"+i.cluster) == clusterARN && i.Status == "ACTIVE" && i.AgentConnected && (best == nil || i.RunningTasksCount+i.PendingTasksCount < best.RunningTasksCount+best.PendingTasksCount) {
			best = i
		}
	}
	return best
}

// serviceOf returns the service of a task; nil for a task without a service.
func (s *ecsState) serviceOf(t *ecsTask) *ecsService {
	name, ok := strings.CutPrefix(t.Group, "service:")
	if !ok {
		return nil
	}
	for _, svc := range s.Services {
		if svc.ServiceName == name && svc.ClusterArn == t.ClusterArn {
			return svc
		}
	}
	return nil
}

// settleService keeps the desired number of tasks running, from the newest deployment and on
// hosts that are not draining. Other tasks stop after the new ones run.
func (r *region) settleService(s *ecsService) {
	if s.Status == "DRAINING" {
		r.drain(s)
		return
	}
	now := r.Now()
	newest := &s.Deployments[0]
	var wanted, old []*ecsTask
	running := 0
	for _, t := range r.ECS.Tasks {
		if r.ECS.serviceOf(t) != s {
			continue
		}
		if t.LastStatus == "STOPPED" || t.DesiredStatus == "STOPPED" {
			if t.StopCode == "TaskFailedToStart" && t.StartedBy == newest.Id && !t.counted {
				s.failedAt, t.counted = t.StoppedAt.Time, true
				newest.FailedTasks++
				if s.breaks() && newest.RolloutState == "IN_PROGRESS" && newest.FailedTasks >= max(leastFailures, (s.DesiredCount+1)/2) {
					newest.RolloutState, newest.RolloutStateReason, newest.UpdatedAt = "FAILED", "ECS deployment circuit breaker: tasks failed to start.", t.StoppedAt
					r.report(s, t.StoppedAt.Time, "(deployment %s) deployment failed: tasks failed to start.", newest.Id)
				}
			}
			continue
		}
		if host := r.instanceOf(t); t.StartedBy != newest.Id || host != nil && host.Status == "DRAINING" {
			old = append(old, t)
			continue
		}
		wanted = append(wanted, t)
		if t.LastStatus == "RUNNING" {
			running++
		}
	}
	definition, cluster := r.findDefinition(s.TaskDefinition), r.ECS.cluster(r, s.ClusterArn)
	for len(wanted) < s.DesiredCount && newest.RolloutState != "FAILED" && (s.failedAt.IsZero() || !now.Before(r.Plus(s.failedAt, retryTime))) {
		t := r.newTask(cluster, definition, s.LaunchType)
		t.Group, t.StartedBy, t.PlatformVersion, t.EnableExecuteCommand = "service:"+s.ServiceName, newest.Id, s.PlatformVersion, s.EnableExecuteCommand
		if !r.addTask(t, s.NetworkConfiguration) {
			break
		}
		wanted = append(wanted, t)
		r.report(s, now, "has started 1 tasks: (task %s).", lastPart(t.TaskArn))
	}
	if running < s.DesiredCount {
		return
	}
	for _, t := range append(old, wanted[s.DesiredCount:]...) {
		t.stop(now, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment "+newest.Id+")")
	}
	if len(old) == 0 && newest.RolloutState == "IN_PROGRESS" {
		newest.RolloutState, newest.RolloutStateReason, newest.UpdatedAt = "COMPLETED", "ECS deployment "+newest.Id+" completed.", wire.Epoch{Time: now}
		s.Deployments = s.Deployments[:1]
		r.report(s, now, "has reached a steady state.")
	}
}

// countTasks counts the tasks of hosts, services and clusters.
func (r *region) countTasks() {
	for _, i := range r.ECS.ContainerInstances {
		i.RunningTasksCount, i.PendingTasksCount = 0, 0
	}
	for _, s := range r.ECS.Services {
		if s.kept {
			s.RunningCount, s.PendingCount = 0, 0
			for i := range s.Deployments {
				d := &s.Deployments[i]
				d.RunningCount, d.PendingCount, d.DesiredCount = 0, 0, s.DesiredCount
				if i > 0 {
					d.DesiredCount = 0
				}
			}
		}
	}
	clusters := map[string]*ecsCluster{}
	for _, c := range r.ECS.Clusters {
		c.RunningTasksCount, c.PendingTasksCount = 0, 0
		clusters[c.ClusterArn] = c
	}
	for _, s := range r.ECS.Services {
		if c := clusters[s.ClusterArn]; c != nil && !s.kept {
			c.RunningTasksCount += s.RunningCount
			c.PendingTasksCount += s.PendingCount
		}
	}
	for _, t := range r.ECS.Tasks {
		if t.LastStatus == "STOPPED" {
			continue
		}
		running, pending := 1, 0
		if t.LastStatus == "PROVISIONING" || t.LastStatus == "PENDING" {
			running, pending = 0, 1
		}
		if i := r.instanceOf(t); i != nil {
			i.RunningTasksCount += running
			i.PendingTasksCount += pending
		}
		if c := clusters[t.ClusterArn]; c != nil {
			c.RunningTasksCount += running
			c.PendingTasksCount += pending
		}
		s := r.ECS.serviceOf(t)
		if s == nil || !s.kept {
			continue
		}
		s.RunningCount += running
		s.PendingCount += pending
		for i := range s.Deployments {
			if s.Deployments[i].Id == t.StartedBy {
				s.Deployments[i].RunningCount += running
				s.Deployments[i].PendingCount += pending
			}
		}
	}
}

type runTaskIn struct {
	Cluster              string                `json:"cluster"`
	TaskDefinition       string                `json:"taskDefinition"`
	Count                *int                  `json:"count"`
	LaunchType           string                `json:"launchType"`
	PlatformVersion      string                `json:"platformVersion"`
	NetworkConfiguration *networkConfiguration `json:"networkConfiguration"`
	Overrides            *taskOverride         `json:"overrides"`
	StartedBy            string                `json:"startedBy"`
	Group                string                `json:"group"`
	ClientToken          string                `json:"clientToken"`
	PropagateTags        string                `json:"propagateTags"`
	EnableECSManagedTags bool                  `json:"enableECSManagedTags"`
	EnableExecuteCommand bool                  `json:"enableExecuteCommand"`
	ReferenceId          string                `json:"referenceId"`
	Tags                 ecsTags               `json:"tags"`
}

type runTaskOut struct {
	Tasks    []ecsTask    `json:"tasks"`
	Failures []ecsFailure `json:"failures"`
}

func (in *runTaskIn) check(r *region, d *ecsTaskDefinition) *wire.Error {
	switch {
	case d == nil:
		return wire.Fail("ClientException", "TaskDefinition not found.")
	case d.Status != "ACTIVE":
		return wire.Fail("ClientException", "TaskDefinition is inactive")
	case in.Count != nil && (*in.Count < 1 || *in.Count > maxRunTasks):
		return wire.Fail("InvalidParameterException", "Tasks cannot be started more than %d at a time, and at least one.", maxRunTasks)
	case in.LaunchType != "EC2" && in.LaunchType != "FARGATE":
		return wire.Fail("InvalidParameterException", "The sandbox runs tasks of launch type EC2 or FARGATE.")
	case !slices.Contains(d.Compatibilities, in.LaunchType):
		return wire.Fail("InvalidParameterException", "Task definition does not support launch_type %s.", in.LaunchType)
	case d.NetworkMode == "awsvpc" && in.NetworkConfiguration == nil:
		return wire.Fail("InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case d.NetworkMode != "awsvpc" && in.NetworkConfiguration != nil:
		return wire.Fail("InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition.")
	}
	if in.NetworkConfiguration == nil {
		return nil
	}
	v := in.NetworkConfiguration.AwsvpcConfiguration
	if len(v.Subnets) == 0 {
		return wire.Fail("InvalidParameterException", "subnets can not be empty.")
	}
	vpcID := ""
	for _, id := range v.Subnets {
		s, err := find(&r.subnets, idSubnet, id)
		if err != nil {
			return wire.Fail("InvalidParameterException", "Error retrieving subnet information for [%s]: %s (ErrorCode: %s)", id, err.Message, err.Code)
		}
		if vpcID = cmp.Or(vpcID, s.VpcId); vpcID != s.VpcId {
			return wire.Fail("InvalidParameterException", "The subnets must be in the same VPC.")
		}
	}
	for _, id := range v.SecurityGroups {
		g, err := find(&r.groups, idGroup, id)
		if err != nil {
			return wire.Fail("InvalidParameterException", "Error retrieving security group information for [%s]: %s (ErrorCode: %s)", id, err.Message, err.Code)
		}
		if g.VpcId != vpcID {
			return wire.Fail("InvalidParameterException", "Security group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
	}
	return nil
}

// runTask starts tasks without a service. If the client token was used before, it returns the
// existing tasks.
func (r *region) runTask(in runTaskIn) (runTaskOut, *wire.Error) {
	out := runTaskOut{Tasks: []ecsTask{}, Failures: []ecsFailure{}}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	d := r.findDefinition(in.TaskDefinition)
	in.LaunchType = cmp.Or(in.LaunchType, "EC2")
	if err := in.check(r, d); err != nil {
		return out, err
	}
	tasks, err := store.Once(r.tokens, "RunTask", in.ClientToken, nil, func() ([]*ecsTask, *wire.Error) {
		var tasks []*ecsTask
		tasks, out.Failures = r.startTasks(in, c, d)
		return tasks, nil
	})
	if len(tasks) == 0 {
		r.tokens.Free("RunTask", in.ClientToken) // a request that started nothing can be repeated
	}
	for _, t := range tasks {
		out.Tasks = append(out.Tasks, t.shown())
	}
	return out, err
}

func (r *region) startTasks(in runTaskIn, c *ecsCluster, d *ecsTaskDefinition) ([]*ecsTask, []ecsFailure) {
	count := 1
	if in.Count != nil {
		count = *in.Count
	}
	var made []*ecsTask
	failures := []ecsFailure{}
	for range count {
		t := r.newTask(c, d, in.LaunchType)
		t.Group, t.StartedBy, t.PlatformVersion, t.Tags = cmp.Or(in.Group, t.Group), in.StartedBy, in.PlatformVersion, in.Tags
		t.Overrides, t.EnableExecuteCommand = in.Overrides, in.EnableExecuteCommand
		t.ends = slices.ContainsFunc(d.ContainerDefinitions, func(c containerDef) bool { return len(c.Command) > 0 }) ||
			in.Overrides != nil && slices.ContainsFunc(in.Overrides.ContainerOverrides, func(o containerOverride) bool { return len(o.Command) > 0 })
		switch {
		case r.addTask(t, in.NetworkConfiguration):
			made = append(made, t)
		case in.LaunchType == "EC2":
			failures = append(failures, ecsFailure{c.ClusterArn, "No Container Instances were found in your cluster."})
		default:
			failures = append(failures, ecsFailure{c.ClusterArn, "RESOURCE:ENI"})
		}
	}
	return made, failures
}

type stopTaskIn struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

type stopTaskOut struct {
	Task ecsTask `json:"task"`
}

func (r *region) stopTask(in stopTaskIn) (stopTaskOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return stopTaskOut{}, err
	}
	if !strings.HasPrefix(in.Task, "arn:") {
		in.Task = r.ARN("ecs", "task/"+c.ClusterName+"/"+in.Task)
	}
	for _, t := range r.ECS.Tasks {
		if t.TaskArn == in.Task && t.ClusterArn == c.ClusterArn {
			t.stop(r.Now(), "UserInitiated", cmp.Or(in.Reason, "Task stopped by user"))
			return stopTaskOut{t.shown()}, nil
		}
	}
	return stopTaskOut{}, wire.Fail("InvalidParameterException", "The referenced task was not found.")
}

type updateServiceIn struct {
	Cluster              string `json:"cluster"`
	Service              string `json:"service"`
	DesiredCount         *int   `json:"desiredCount"`
	TaskDefinition       string `json:"taskDefinition"`
	ForceNewDeployment   bool   `json:"forceNewDeployment"`
	EnableExecuteCommand *bool  `json:"enableExecuteCommand"`
}

type updateServiceOut struct {
	Service ecsService `json:"service"`
}

// updateService starts a new deployment if the request asks for one. From then on the sandbox
// simulates each task of the service.
func (r *region) updateService(in updateServiceIn) (updateServiceOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return updateServiceOut{}, err
	}
	n := slices.IndexFunc(r.ECS.Services, func(s *ecsService) bool {
		return s.ClusterArn == c.ClusterArn && (s.ServiceName == in.Service || s.ServiceArn == in.Service)
	})
	if n < 0 {
		return updateServiceOut{}, wire.Fail("ServiceNotFoundException", "Service not found.")
	}
	s := r.ECS.Services[n]
	if s.Status != "ACTIVE" {
		return updateServiceOut{}, wire.Fail("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	redeploy := in.ForceNewDeployment
	if in.TaskDefinition != "" {
		d := r.findDefinition(in.TaskDefinition)
		if d == nil || d.Status != "ACTIVE" {
			return updateServiceOut{}, wire.Fail("ClientException", "TaskDefinition not found or inactive.")
		}
		redeploy = redeploy || s.TaskDefinition != d.TaskDefinitionArn
		s.TaskDefinition = d.TaskDefinitionArn
	}
	if in.DesiredCount != nil {
		if *in.DesiredCount < 0 {
			return updateServiceOut{}, wire.Fail("InvalidParameterException", "desiredCount cannot be negative.")
		}
		s.DesiredCount = *in.DesiredCount
	}
	if in.EnableExecuteCommand != nil {
		redeploy = redeploy || s.EnableExecuteCommand != *in.EnableExecuteCommand
		s.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if redeploy {
		d := ecsDeployment{
			Id: "ecs-svc/" + store.Hash(fmt.Sprint(s.ServiceArn, r.Counters.Next("deployment")), 19), Status: "PRIMARY", TaskDefinition: s.TaskDefinition, DesiredCount: s.DesiredCount,
			LaunchType: s.LaunchType, CapacityProviderStrategy: s.CapacityProviderStrategy, PlatformVersion: s.PlatformVersion, PlatformFamily: s.PlatformFamily,
			NetworkConfiguration: s.NetworkConfiguration, CreatedAt: wire.Epoch{Time: r.Now()}, UpdatedAt: wire.Epoch{Time: r.Now()}, RolloutState: "IN_PROGRESS",
		}
		d.RolloutStateReason = "ECS deployment " + d.Id + " in progress."
		for i := range s.Deployments {
			s.Deployments[i].Status = "ACTIVE"
		}
		s.Deployments = append([]ecsDeployment{d}, s.Deployments...)
		s.kept, s.failedAt = true, time.Time{}
	}
	shown := *s
	shown.Deployments = slices.Clone(s.Deployments)
	return updateServiceOut{shown}, nil
}

type registerDefinitionIn struct {
	Family                  string           `json:"family"`
	TaskRoleArn             string           `json:"taskRoleArn"`
	ExecutionRoleArn        string           `json:"executionRoleArn"`
	NetworkMode             string           `json:"networkMode"`
	ContainerDefinitions    []containerDef   `json:"containerDefinitions"`
	Volumes                 []members        `json:"volumes"`
	PlacementConstraints    []constraint     `json:"placementConstraints"`
	RequiresCompatibilities []string         `json:"requiresCompatibilities"`
	Cpu                     string           `json:"cpu"`
	Memory                  string           `json:"memory"`
	RuntimePlatform         *runtimePlatform `json:"runtimePlatform"`
	Tags                    ecsTags          `json:"tags"`

	more members
}

// UnmarshalJSON keeps members that have no field.
func (in *registerDefinitionIn) UnmarshalJSON(b []byte) error {
	type plain registerDefinitionIn
	in.more = beyond(b, *in)
	return json.Unmarshal(b, (*plain)(in))
}

type registerDefinitionOut struct {
	TaskDefinition ecsTaskDefinition `json:"taskDefinition"`
	Tags           ecsTags           `json:"tags"`
}

func (in *registerDefinitionIn) check() *wire.Error {
	fargate := slices.Contains(in.RequiresCompatibilities, "FARGATE")
	switch {
	case in.Family == "":
		return wire.Fail("ClientException", "Family should not be null or empty.")
	case len(in.ContainerDefinitions) == 0:
		return wire.Fail("ClientException", "Container list cannot be empty.")
	case fargate && in.NetworkMode != "awsvpc":
		return wire.Fail("ClientException", "Fargate only supports network mode 'awsvpc'.")
	case fargate && (in.Cpu == "" || in.Memory == ""):
		return wire.Fail("ClientException", "Fargate requires that 'cpu' and 'memory' be defined at the task level.")
	}
	for _, c := range in.ContainerDefinitions {
		switch {
		case c.Name == "":
			return wire.Fail("ClientException", "Container.name should not be null or empty.")
		case c.Image == "":
			return wire.Fail("ClientException", "Container.image should not be null or empty.")
		case in.Memory == "" && c.Memory == 0 && c.MemoryReservation == 0:
			return wire.Fail("ClientException", "Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", c.Name)
		case in.ExecutionRoleArn == "" && c.RepositoryCredentials != nil:
			return wire.Fail("ClientException", "When you are specifying repository credentials, you must also specify a value for 'executionRoleArn'.")
		case fargate && in.ExecutionRoleArn == "" && strings.Contains(c.Image, ".dkr.ecr."):
			return wire.Fail("ClientException", "Fargate requires task definition to have execution role ARN to support ECR images.")
		case fargate && in.ExecutionRoleArn == "" && c.LogConfiguration != nil && c.LogConfiguration.LogDriver == "awslogs":
			return wire.Fail("ClientException", "Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		}
	}
	return nil
}

// registerTaskDefinition creates the next revision of a family. A revision number is never used
// again.
func (r *region) registerTaskDefinition(in registerDefinitionIn) (registerDefinitionOut, *wire.Error) {
	if err := in.check(); err != nil {
		return registerDefinitionOut{}, err
	}
	d := &ecsTaskDefinition{
		Family: in.Family, TaskRoleArn: in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn, NetworkMode: in.NetworkMode, ContainerDefinitions: in.ContainerDefinitions,
		Volumes: append([]members{}, in.Volumes...), PlacementConstraints: append([]constraint{}, in.PlacementConstraints...), RequiresCompatibilities: in.RequiresCompatibilities,
		Cpu: in.Cpu, Memory: in.Memory, RuntimePlatform: in.RuntimePlatform, Status: "ACTIVE", Revision: 1, Compatibilities: []string{"EC2"}, RegisteredAt: wire.Epoch{Time: r.Now()},
		RegisteredBy: r.Caller(), tags: in.Tags, more: in.more,
	}
	if in.NetworkMode == "awsvpc" && in.Cpu != "" && in.Memory != "" {
		d.Compatibilities = append(d.Compatibilities, "FARGATE")
	}
	for _, other := range r.ECS.TaskDefinitions {
		if other.Family == d.Family {
			d.Revision = max(d.Revision, other.Revision+1)
		}
	}
	d.TaskDefinitionArn = r.ARN("ecs", fmt.Sprintf("task-definition/%s:%d", d.Family, d.Revision))
	r.ECS.TaskDefinitions = append(r.ECS.TaskDefinitions, d)
	return registerDefinitionOut{*d, append(ecsTags{}, in.Tags...)}, nil
}

type deregisterDefinitionIn struct {
	TaskDefinition string `json:"taskDefinition"`
}

type deregisterDefinitionOut struct {
	TaskDefinition ecsTaskDefinition `json:"taskDefinition"`
}

// deregisterTaskDefinition requires a revision; a family is not enough.
func (r *region) deregisterTaskDefinition(in deregisterDefinitionIn) (deregisterDefinitionOut, *wire.Error) {
	d := r.findDefinition(in.TaskDefinition)
	if d == nil || in.TaskDefinition == d.Family {
		return deregisterDefinitionOut{}, wire.Fail("ClientException", "The specified task definition does not exist, or its revision is missing: %s.", in.TaskDefinition)
	}
	if d.Status == "ACTIVE" {
		d.Status, d.DeregisteredAt = "INACTIVE", wire.Epoch{Time: r.Now()}
	}
	return deregisterDefinitionOut{*d}, nil
}
