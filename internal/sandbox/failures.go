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

// What failed before an account was opened: stopped tasks, events of services and jobs. A scenario can give them with durations, such as
// stoppedAgo, instead of times. What it does not give follows from its network, so that texts and state never disagree.

const (
	earlierTasks = 3               // stopped tasks of a service that cannot start its tasks
	earlierEvery = 7 * time.Minute // between them

	unstable = "(service %s) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	noHost   = "(service %s) was unable to place a task because no container instance met all of its requirements. %s For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
)

// ago returns the time that a scenario gives as a duration before the account was opened; the other time if it gives none.
func (r *region) ago(given *string, other wire.Epoch) wire.Epoch {
	d, err := time.ParseDuration(*given)
	*given = ""
	if err != nil {
		return other
	}
	return wire.Epoch{Time: r.Now().Add(-d)}
}

// loadFailures completes the stopped tasks and jobs of a scenario, and adds those that services without running tasks must have.
func (r *region) loadFailures() {
	s := &r.ECS
	given := map[*ecsService]int{}
	for _, t := range s.Tasks {
		t.StoppedAt = r.ago(&t.StoppedAgo, t.StoppedAt)
		if svc := s.serviceOf(t); svc != nil && t.LastStatus == "STOPPED" {
			r.completeStopped(t, svc, given[svc])
			given[svc]++
		}
	}
	for _, svc := range s.Services {
		for i := range svc.Events {
			svc.Events[i].CreatedAt = r.ago(&svc.Events[i].Ago, svc.Events[i].CreatedAt)
		}
		if len(svc.Deployments) == 0 || svc.Deployments[0].RolloutState != "IN_PROGRESS" {
			continue
		}
		if svc.LaunchType == "FARGATE" || r.hostFor(svc) != nil {
			r.addStopped(svc, given[svc])
		} else if svc.RunningCount < svc.DesiredCount {
			r.addUnplaced(svc)
		}
	}
	for _, j := range r.Batch.Jobs {
		r.loadJob(j)
	}
}

// hostFor returns a container instance that takes the tasks of a service; nil if none does.
func (r *region) hostFor(svc *ecsService) *ecsContainerInstance {
	for _, i := range r.ECS.ContainerInstances {
		if i.AgentConnected && i.Status == "ACTIVE" && r.ARN("ecs", "cluster/"+i.cluster) == svc.ClusterArn {
			return i
		}
	}
	return nil
}

// addStopped adds the tasks of a service that did not start, on Fargate one in each subnet, and the events about them.
func (r *region) addStopped(svc *ecsService, n int) {
	var newest *ecsTask
	for i := n; i < earlierTasks && svc.Deployments[0].FailedTasks > i; i++ {
		t := &ecsTask{TaskArn: r.ARN("ecs", "task/"+lastPart(svc.ClusterArn)+"/"+store.Hash(fmt.Sprint(svc.ServiceArn, "stopped", i), 32)), ClusterArn: svc.ClusterArn, TaskDefinitionArn: svc.TaskDefinition,
			Group: "service:" + svc.ServiceName, StopCode: "TaskFailedToStart", StoppedAt: wire.Epoch{Time: r.Now().Add(-time.Duration(i+1) * earlierEvery)}, earlier: true}
		r.completeStopped(t, svc, i)
		if t.StoppedReason == "" { // tasks start in this subnet
			continue
		}
		r.ECS.Tasks = append(r.ECS.Tasks, t)
	}
	for _, t := range r.ECS.Tasks {
		if r.ECS.serviceOf(t) == svc && t.LastStatus == "STOPPED" && (newest == nil || newest.StoppedAt.Before(t.StoppedAt.Time)) {
			newest = t
		}
	}
	if newest != nil && len(svc.Events) == 0 {
		at, id := newest.StoppedAt.Time, lastPart(newest.TaskArn)
		svc.Events = []ecsEvent{
			r.earlierEvent(svc, at.Add(10*time.Second), fmt.Sprintf(unstable, svc.ServiceName)),
			r.earlierEvent(svc, at, "(service "+svc.ServiceName+") was unable to place a task. Reason: "+strings.TrimSuffix(newest.StoppedReason, ".")+"."),
			r.earlierEvent(svc, newest.CreatedAt.Time, "(service "+svc.ServiceName+") has started 1 tasks: (task "+id+")."),
		}
	}
}

// addUnplaced adds the event of a service on container instances that finds none for its tasks.
func (r *region) addUnplaced(svc *ecsService) {
	why := "Reason: No Container Instances were found in your cluster."
	for _, i := range r.ECS.ContainerInstances {
		if r.ARN("ecs", "cluster/"+i.cluster) == svc.ClusterArn {
			why = fmt.Sprintf("The closest matching (container-instance %s) encountered error \"AGENT\".", lastPart(i.ContainerInstanceArn))
		}
	}
	if len(svc.Events) == 0 {
		svc.Events = []ecsEvent{r.earlierEvent(svc, r.Now().Add(-earlierEvery), fmt.Sprintf(noHost, svc.ServiceName, why))}
	}
}

func (r *region) earlierEvent(svc *ecsService, at time.Time, message string) ecsEvent {
	return ecsEvent{Id: store.UUID(svc.ServiceArn + message), CreatedAt: wire.Epoch{Time: at}, Message: message}
}

// lastPart returns the last part of an ARN.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// completeStopped adds to a stopped task of a service what follows from the service, and why it did not start in one of its subnets.
func (r *region) completeStopped(t *ecsTask, svc *ecsService, n int) {
	t.LastStatus, t.DesiredStatus, t.LaunchType = "STOPPED", "STOPPED", cmp.Or(t.LaunchType, svc.LaunchType)
	t.PlatformVersion, t.PlatformFamily = cmp.Or(t.PlatformVersion, svc.PlatformVersion), cmp.Or(t.PlatformFamily, svc.PlatformFamily)
	if t.CreatedAt.IsZero() {
		t.CreatedAt = wire.Epoch{Time: t.StoppedAt.Add(-placeTime - pullFailed)}
	}
	d := r.findDefinition(t.TaskDefinitionArn)
	if len(t.Containers) == 0 && d != nil {
		for _, c := range d.ContainerDefinitions {
			t.Containers = append(t.Containers, ecsContainer{Name: c.Name, Image: c.Image, LastStatus: "STOPPED"})
		}
	}
	if d == nil {
		return
	}
	if host := r.hostFor(svc); t.LaunchType == "EC2" && host != nil {
		t.ContainerInstanceArn = host.ContainerInstanceArn
		t.AvailabilityZone, _ = host.attribute("ecs.availability-zone")
		t.StoppedReason = cmp.Or(t.StoppedReason, r.taskProblem(t))
	}
	if svc.NetworkConfiguration == nil || t.LaunchType != "FARGATE" {
		return
	}
	v := svc.NetworkConfiguration.AwsvpcConfiguration
	s := r.subnets.ByID[v.Subnets[n%len(v.Subnets)]]
	t.AvailabilityZone = s.AvailabilityZone
	if len(t.Attachments) == 0 {
		t.Attachments = []ecsAttachment{{Id: store.UUID(t.TaskArn + " interface"), Type: "ElasticNetworkInterface", Status: "DELETED", Details: []ecsNameValue{{"subnetId", s.SubnetId}}}}
	}
	if t.StoppedReason == "" {
		t.StoppedReason = r.startProblem(t, v, s)
	}
}

// startProblem returns why a task does not start in a subnet.
func (r *region) startProblem(t *ecsTask, v awsvpcConfiguration, s *subnet) string {
	from := &networkInterface{SubnetId: s.SubnetId, VpcId: s.VpcId, PrivateIpAddress: r.freeAddress(s.SubnetId, s.CidrBlock)}
	for _, id := range v.SecurityGroups {
		from.Groups = append(from.Groups, groupIdentifier{GroupId: id})
	}
	if v.AssignPublicIp == "ENABLED" {
		from.Association = &interfaceAssociation{}
	}
	t.eni = from
	defer func() { t.eni = nil }()
	return r.taskProblem(t)
}

// loadJob completes a job of a scenario. It gives names, and a duration before the account was opened.
func (r *region) loadJob(j *batchJob) {
	j.JobId = cmp.Or(j.JobId, store.UUID(fmt.Sprint("earlier job", j.JobName, j.JobQueue, j.CreatedAgo)))
	created := r.ago(&j.CreatedAgo, wire.Epoch{Time: time.UnixMilli(j.CreatedAt)})
	q, d := r.queue(j.JobQueue), r.jobDefinition(j.JobDefinition)
	j.CreatedAt = created.UnixMilli()
	j.JobArn, j.JobQueue, j.JobDefinition = r.ARN("batch", "job/"+j.JobId), q.JobQueueArn, d.JobDefinitionArn
	if j.Container == nil {
		j.Container = &jobDetail{}
	}
	if j.Status != "FAILED" || j.StatusReason != "" {
		return
	}
	e := r.environment(q.ComputeEnvironmentOrder[0].ComputeEnvironment)
	if e == nil || e.ComputeResources == nil {
		return
	}
	var c containerDef
	var task jobTask
	_ = json.Unmarshal(d.ContainerProperties, &c)
	_ = json.Unmarshal(d.ContainerProperties, &task) // loading has checked the scenario
	n := e.ComputeResources.network()
	t := &ecsTask{TaskArn: j.JobArn, LaunchType: "FARGATE", CreatedAt: created, definition: &ecsTaskDefinition{ExecutionRoleArn: task.ExecutionRoleArn, ContainerDefinitions: []containerDef{c}}}
	j.ends(r.startProblem(t, n.AwsvpcConfiguration, r.subnets.ByID[n.AwsvpcConfiguration.Subnets[0]]))
	j.StoppedAt = created.Add(queueTime + placeTime + pullFailed).UnixMilli()
}

// ends sets the reasons of a job with a task that stopped, in the way of AWS Batch: a failed pull is a reason of the container.
func (j *batchJob) ends(reason string) {
	j.StatusReason = reason
	if strings.HasPrefix(reason, "CannotPull") {
		j.StatusReason, j.Container.Reason = "Task failed to start", reason
	}
}

type listTasksIn struct {
	ecsPage
	Cluster           string `json:"cluster"`
	ContainerInstance string `json:"containerInstance"`
	Family            string `json:"family"`
	ServiceName       string `json:"serviceName"`
	StartedBy         string `json:"startedBy"`
	DesiredStatus     string `json:"desiredStatus"`
	LaunchType        string `json:"launchType"`
}

type listTasksOut struct {
	TaskArns  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

// listTasks lists the tasks of a cluster with a desired status: RUNNING, or STOPPED for those that stop and stopped.
func (r *region) listTasks(in listTasksIn) (listTasksOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return listTasksOut{}, err
	}
	status := cmp.Or(in.DesiredStatus, "RUNNING")
	if !slices.Contains([]string{"RUNNING", "PENDING", "STOPPED"}, status) {
		return listTasksOut{}, wire.Fail("InvalidParameterException", "Invalid desired status %s.", status)
	}
	arns := []string{}
	for _, t := range r.ECS.Tasks {
		d := r.findDefinition(t.TaskDefinitionArn)
		switch {
		case t.ClusterArn != c.ClusterArn, t.DesiredStatus != status, in.LaunchType != "" && in.LaunchType != t.LaunchType, in.StartedBy != "" && in.StartedBy != t.StartedBy:
		case in.ServiceName != "" && t.Group != "service:"+lastPart(in.ServiceName):
		case in.Family != "" && (d == nil || d.Family != in.Family):
		case in.ContainerInstance != "" && lastPart(in.ContainerInstance) != lastPart(t.ContainerInstanceArn):
		default:
			arns = append(arns, t.TaskArn)
		}
	}
	page, next, err := store.Page(ecsPages(100, 100), arns, in.MaxResults, in.NextToken)
	return listTasksOut{page, next}, err
}
