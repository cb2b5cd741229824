package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// How compute environments and job queues of AWS Batch are created, changed and deleted. AWS documents the code of its
// errors, ClientException, but not their messages.

// batchTime is how long AWS Batch takes for each of these changes.
const batchTime = 20 * time.Second

// batchChange is a change that AWS Batch is making.
type batchChange struct{ since time.Time }

// done reports whether the change is complete.
func (c batchChange) done(r *region) bool { return !c.since.IsZero() && r.Passed(c.since, batchTime) }

type createEnvironmentIn struct {
	ComputeEnvironmentName string            `json:"computeEnvironmentName"`
	Type                   string            `json:"type"`
	State                  string            `json:"state"`
	ComputeResources       *computeResources `json:"computeResources"`
	ServiceRole            string            `json:"serviceRole"`
	Tags                   map[string]string `json:"tags"`
}

type batchEnvironmentOut struct {
	ComputeEnvironmentName string `json:"computeEnvironmentName"`
	ComputeEnvironmentArn  string `json:"computeEnvironmentArn"`
}

func (in *createEnvironmentIn) check(r *region) *wire.Error {
	c := in.ComputeResources
	switch {
	case !jobDefinitionName().MatchString(in.ComputeEnvironmentName):
		return r.batchRefusal("Compute environment name should match valid pattern")
	case in.State != "ENABLED" && in.State != "DISABLED":
		return r.batchRefusal("State %s is not supported", in.State)
	case r.environment(in.ComputeEnvironmentName) != nil:
		return r.batchRefusal("Object already exists")
	case in.Type != "MANAGED" || c == nil || !strings.HasPrefix(c.Type, "FARGATE"):
		return r.batchRefusal("The sandbox creates managed compute environments on Fargate only.")
	case c.MaxvCpus < 1:
		return r.batchRefusal("maxvCpus must be greater than 0")
	case len(c.Subnets) == 0:
		return r.batchRefusal("subnets must not be empty")
	case len(c.SecurityGroupIds) == 0 || len(c.SecurityGroupIds) > 5: // API reference, ComputeResource
		return r.batchRefusal("securityGroupIds must have between 1 and 5 elements")
	}
	network := runTaskIn{LaunchType: "FARGATE", NetworkConfiguration: c.network()}
	fargate := &ecsTaskDefinition{Status: "ACTIVE", Compatibilities: []string{"FARGATE"}, NetworkMode: "awsvpc"}
	if err := network.check(r, fargate); err != nil {
		return r.batchRefusal("%s", err.Message)
	}
	return nil
}

// network is that of jobs on Fargate.
func (c *computeResources) network() *networkConfiguration {
	return &networkConfiguration{awsvpcConfiguration{Subnets: c.Subnets, SecurityGroups: c.SecurityGroupIds, AssignPublicIp: "DISABLED"}}
}

// createComputeEnvironment also creates the ECS cluster of the environment.
func (r *region) createComputeEnvironment(in createEnvironmentIn) (batchEnvironmentOut, *wire.Error) {
	in.State = cmp.Or(in.State, "ENABLED")
	if err := in.check(r); err != nil {
		return batchEnvironmentOut{}, err
	}
	e := &computeEnvironment{ComputeEnvironmentName: in.ComputeEnvironmentName, Tags: in.Tags, Type: in.Type, State: in.State, Status: "CREATING", StatusReason: "ComputeEnvironment Creating",
		ComputeResources: in.ComputeResources, ServiceRole: in.ServiceRole, change: batchChange{r.Now()}}
	e.complete(r)
	r.Batch.ComputeEnvironments = append(r.Batch.ComputeEnvironments, e)
	return batchEnvironmentOut{e.ComputeEnvironmentName, e.ComputeEnvironmentArn}, nil
}

// environment finds a compute environment by name or ARN.
func (r *region) environment(name string) *computeEnvironment {
	for _, e := range r.Batch.ComputeEnvironments {
		if e.ComputeEnvironmentName == name || e.ComputeEnvironmentArn == name {
			return e
		}
	}
	return nil
}

type updateEnvironmentIn struct {
	ComputeEnvironment string `json:"computeEnvironment"`
	State              string `json:"state"`
}

func (r *region) updateComputeEnvironment(in updateEnvironmentIn) (batchEnvironmentOut, *wire.Error) {
	e := r.environment(in.ComputeEnvironment)
	switch {
	case e == nil:
		return batchEnvironmentOut{}, r.batchRefusal("%s does not exist", in.ComputeEnvironment)
	case !e.change.since.IsZero():
		return batchEnvironmentOut{}, r.batchRefusal("Cannot update, resource is being modified.")
	}
	e.State = cmp.Or(in.State, e.State)
	e.Status, e.StatusReason, e.change = "UPDATING", "ComputeEnvironment Updating", batchChange{r.Now()}
	return batchEnvironmentOut{e.ComputeEnvironmentName, e.ComputeEnvironmentArn}, nil
}

type deleteEnvironmentIn struct {
	ComputeEnvironment string `json:"computeEnvironment"`
}

func (r *region) deleteComputeEnvironment(in deleteEnvironmentIn) (wire.Empty, *wire.Error) {
	e := r.environment(in.ComputeEnvironment)
	switch {
	case e == nil:
		return wire.Empty{}, nil // as AWS Batch does with what does not exist
	case !e.change.since.IsZero():
		return wire.Empty{}, r.batchRefusal("Cannot delete, resource is being modified.")
	case e.State != "DISABLED":
		return wire.Empty{}, r.batchRefusal("Cannot delete, the state must be DISABLED.")
	case slices.ContainsFunc(r.Batch.JobQueues, func(q *jobQueue) bool {
		return slices.ContainsFunc(q.ComputeEnvironmentOrder, func(p environmentPlace) bool { return p.ComputeEnvironment == e.ComputeEnvironmentArn })
	}):
		return wire.Empty{}, r.batchRefusal("Cannot delete, found existing JobQueue relationship")
	}
	e.Status, e.StatusReason, e.change = "DELETING", "ComputeEnvironment Deleting", batchChange{r.Now()}
	return wire.Empty{}, nil
}

type createQueueIn struct {
	JobQueueName            string             `json:"jobQueueName"`
	State                   string             `json:"state"`
	Priority                int                `json:"priority"`
	ComputeEnvironmentOrder []environmentPlace `json:"computeEnvironmentOrder"`
	Tags                    map[string]string  `json:"tags"`
}

type batchQueueOut struct {
	JobQueueName string `json:"jobQueueName"`
	JobQueueArn  string `json:"jobQueueArn"`
}

// queue finds a job queue by name or ARN.
func (r *region) queue(name string) *jobQueue {
	for _, q := range r.Batch.JobQueues {
		if q.JobQueueName == name || q.JobQueueArn == name {
			return q
		}
	}
	return nil
}

func (r *region) createJobQueue(in createQueueIn) (batchQueueOut, *wire.Error) {
	in.State = cmp.Or(in.State, "ENABLED")
	switch {
	case !jobDefinitionName().MatchString(in.JobQueueName):
		return batchQueueOut{}, r.batchRefusal("Job queue name should match valid pattern")
	case in.State != "ENABLED" && in.State != "DISABLED":
		return batchQueueOut{}, r.batchRefusal("State %s is not supported", in.State)
	case r.queue(in.JobQueueName) != nil:
		return batchQueueOut{}, r.batchRefusal("Object already exists")
	case len(in.ComputeEnvironmentOrder) == 0 || len(in.ComputeEnvironmentOrder) > 3: // API reference, CreateJobQueue
		return batchQueueOut{}, r.batchRefusal("computeEnvironmentOrder must have between 1 and 3 elements")
	}
	for i := range in.ComputeEnvironmentOrder {
		p := &in.ComputeEnvironmentOrder[i]
		e := r.environment(p.ComputeEnvironment)
		if e == nil || e.Status != "VALID" {
			return batchQueueOut{}, r.batchRefusal("%s is not VALID or does not exist", p.ComputeEnvironment)
		}
		p.ComputeEnvironment = e.ComputeEnvironmentArn
	}
	q := &jobQueue{JobQueueName: in.JobQueueName, JobQueueArn: r.ARN("batch", "job-queue/"+in.JobQueueName), State: in.State, Status: "CREATING", StatusReason: "JobQueue Creating",
		Priority: in.Priority, ComputeEnvironmentOrder: in.ComputeEnvironmentOrder, Tags: in.Tags, change: batchChange{r.Now()}}
	r.Batch.JobQueues = append(r.Batch.JobQueues, q)
	return batchQueueOut{q.JobQueueName, q.JobQueueArn}, nil
}

type updateQueueIn struct {
	JobQueue string `json:"jobQueue"`
	State    string `json:"state"`
}

func (r *region) updateJobQueue(in updateQueueIn) (batchQueueOut, *wire.Error) {
	q := r.queue(in.JobQueue)
	switch {
	case q == nil:
		return batchQueueOut{}, r.batchRefusal("%s does not exist", in.JobQueue)
	case !q.change.since.IsZero():
		return batchQueueOut{}, r.batchRefusal("Cannot update, resource is being modified.")
	}
	q.State = cmp.Or(in.State, q.State)
	q.Status, q.StatusReason, q.change = "UPDATING", "JobQueue Updating", batchChange{r.Now()}
	return batchQueueOut{q.JobQueueName, q.JobQueueArn}, nil
}

type deleteQueueIn struct {
	JobQueue string `json:"jobQueue"`
}

// deleteJobQueue also ends the jobs of the queue.
func (r *region) deleteJobQueue(in deleteQueueIn) (wire.Empty, *wire.Error) {
	q := r.queue(in.JobQueue)
	switch {
	case q == nil:
		return wire.Empty{}, nil
	case !q.change.since.IsZero():
		return wire.Empty{}, r.batchRefusal("Cannot delete, resource is being modified.")
	case q.State != "DISABLED":
		return wire.Empty{}, r.batchRefusal("Cannot delete, the state must be DISABLED.")
	}
	for _, j := range r.Batch.Jobs {
		if j.JobQueue == q.JobQueueArn {
			r.terminate(j, "JobQueue deleted")
		}
	}
	q.Status, q.StatusReason, q.change = "DELETING", "JobQueue Deleting", batchChange{r.Now()}
	return wire.Empty{}, nil
}

// settleBatch completes changes, and moves jobs on.
func (r *region) settleBatch() {
	s := &r.Batch
	for _, e := range slices.Clone(s.ComputeEnvironments) {
		if !e.change.done(r) {
			continue
		}
		e.change = batchChange{}
		if e.Status == "DELETING" {
			s.ComputeEnvironments = slices.DeleteFunc(s.ComputeEnvironments, func(o *computeEnvironment) bool { return o == e })
			r.ECS.Clusters = slices.DeleteFunc(r.ECS.Clusters, func(c *ecsCluster) bool { return c.ClusterArn == e.EcsClusterArn })
			continue
		}
		e.Status, e.StatusReason = "VALID", "ComputeEnvironment Healthy"
	}
	for _, q := range slices.Clone(s.JobQueues) {
		if !q.change.done(r) {
			continue
		}
		q.change = batchChange{}
		if q.Status == "DELETING" {
			s.JobQueues = slices.DeleteFunc(s.JobQueues, func(o *jobQueue) bool { return o == q })
			continue
		}
		q.Status, q.StatusReason = "VALID", "JobQueue Healthy"
	}
	for _, j := range s.Jobs {
		r.settleJob(j)
	}
}

// complete fills in what AWS Batch adds to an environment.
func (e *computeEnvironment) complete(r *region) {
	e.ComputeEnvironmentArn = r.ARN("batch", "compute-environment/"+e.ComputeEnvironmentName)
	e.Type, e.State, e.Status = cmp.Or(e.Type, "MANAGED"), cmp.Or(e.State, "ENABLED"), cmp.Or(e.Status, "VALID")
	e.StatusReason = cmp.Or(e.StatusReason, "ComputeEnvironment Healthy")
	e.ContainerOrchestrationType = cmp.Or(e.ContainerOrchestrationType, "ECS")
	h := store.Hash(e.ComputeEnvironmentArn, 32)
	e.Uuid = cmp.Or(e.Uuid, strings.Join([]string{h[:8], h[8:12], "3" + h[13:16], "8" + h[17:20], h[20:]}, "-"))
	if e.ServiceRole == "" {
		e.ServiceRole = r.ARN("iam", "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch")
	}
	if e.ContainerOrchestrationType == "EKS" {
		return
	}
	name := cmp.Or(e.EcsClusterArn, "AWSBatch-"+e.ComputeEnvironmentName+"-"+e.Uuid)
	if r.ECS.cluster(r, name) == nil {
		r.ECS.Clusters = append(r.ECS.Clusters, &ecsCluster{ClusterName: name, ClusterArn: r.ARN("ecs", "cluster/"+name), Status: "ACTIVE"})
	}
	e.EcsClusterArn = r.ARN("ecs", "cluster/"+name)
}
