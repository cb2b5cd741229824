package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Jobs of AWS Batch on Fargate. Each runs as a task in the ECS cluster of its compute environment.

// queueTime is how long a job waits in its queue.
const queueTime = 5 * time.Second

type batchJob struct {
	JobArn        string            `json:"jobArn"`
	JobId         string            `json:"jobId"`
	JobName       string            `json:"jobName"`
	JobQueue      string            `json:"jobQueue"`
	JobDefinition string            `json:"jobDefinition"`
	Status        string            `json:"status"`
	StatusReason  string            `json:"statusReason,omitempty"`
	CreatedAt     int64             `json:"createdAt,omitempty"`  // milliseconds, like the others
	CreatedAgo    string            `json:"createdAgo,omitempty"` // in a scenario instead of createdAt: a duration before the account was opened
	StartedAt     int64             `json:"startedAt,omitempty"`
	StoppedAt     int64             `json:"stoppedAt,omitempty"`
	Container     *jobDetail        `json:"container,omitempty"`
	Tags          map[string]string `json:"tags,omitempty"`

	task  *ecsTask // nil until it starts
	since time.Time
}

type jobDetail struct {
	Image    string   `json:"image,omitempty"`
	Command  []string `json:"command,omitempty"`
	TaskArn  string   `json:"taskArn,omitempty"`
	ExitCode *int     `json:"exitCode,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

// over reports whether the job has ended.
func (j *batchJob) over() bool { return j.Status == "SUCCEEDED" || j.Status == "FAILED" }

type submitJobIn struct {
	JobName       string            `json:"jobName"`
	JobQueue      string            `json:"jobQueue"`
	JobDefinition string            `json:"jobDefinition"`
	Tags          map[string]string `json:"tags"`
}

type submitJobOut struct {
	JobArn  string `json:"jobArn"`
	JobId   string `json:"jobId"`
	JobName string `json:"jobName"`
}

func (r *region) submitJob(in submitJobIn) (submitJobOut, *wire.Error) {
	q, d := r.queue(in.JobQueue), r.jobDefinition(in.JobDefinition)
	switch {
	case !jobDefinitionName().MatchString(in.JobName):
		return submitJobOut{}, r.batchRefusal("Job name should match valid pattern")
	case q == nil:
		return submitJobOut{}, r.batchRefusal("JobQueue %s not found", in.JobQueue)
	case q.State != "ENABLED" || q.Status != "VALID":
		return submitJobOut{}, r.batchRefusal("JobQueue %s is not ENABLED and VALID", in.JobQueue)
	case d == nil || d.Status != "ACTIVE":
		return submitJobOut{}, r.batchRefusal("JobDefinition %s not found or not ACTIVE", in.JobDefinition)
	case !slices.Contains(d.PlatformCapabilities, "FARGATE") || len(d.ContainerProperties) == 0:
		return submitJobOut{}, r.batchRefusal("The sandbox runs jobs with one container on Fargate only.")
	}
	j := &batchJob{JobId: store.UUID(fmt.Sprint("job", r.Counters.Next("job"))), JobName: in.JobName, JobQueue: q.JobQueueArn, JobDefinition: d.JobDefinitionArn, Status: "SUBMITTED",
		CreatedAt: r.Now().UnixMilli(), Container: &jobDetail{}, Tags: in.Tags, since: r.Now()}
	j.JobArn = r.ARN("batch", "job/"+j.JobId)
	r.Batch.Jobs = append(r.Batch.Jobs, j)
	return submitJobOut{j.JobArn, j.JobId, j.JobName}, nil
}

// jobDefinition finds a job definition: by ARN, by name and revision, or by name, which means its newest active revision.
func (r *region) jobDefinition(name string) *jobDefinition {
	var found *jobDefinition
	for _, d := range r.Batch.JobDefinitions {
		switch name {
		case d.JobDefinitionArn, fmt.Sprintf("%s:%d", d.JobDefinitionName, d.Revision):
			return d
		case d.JobDefinitionName:
			if d.Status == "ACTIVE" && (found == nil || found.Revision < d.Revision) {
				found = d
			}
		}
	}
	return found
}

// settleJob moves a job through its states. Its task shows whether it starts.
func (r *region) settleJob(j *batchJob) {
	switch {
	case j.over():
		return
	case j.task == nil:
		if !r.Passed(j.since, queueTime) {
			return
		}
		if j.Status = "RUNNABLE"; !r.startJob(j) {
			return
		}
	}
	t := j.task
	if !t.StartedAt.IsZero() && j.StartedAt == 0 {
		j.Status, j.StartedAt = "RUNNING", t.StartedAt.UnixMilli()
	}
	if t.LastStatus != "STOPPED" {
		return
	}
	j.StoppedAt, j.Status = t.StoppedAt.UnixMilli(), "FAILED"
	for _, c := range t.Containers {
		j.Container.ExitCode, j.Container.Reason = c.ExitCode, c.Reason
	}
	j.ends(t.StoppedReason)
	if j.Container.ExitCode != nil && *j.Container.ExitCode == 0 {
		j.Status = "SUCCEEDED"
	}
}

// startJob starts the task of a job in an enabled compute environment of its queue; false if none has space.
func (r *region) startJob(j *batchJob) bool {
	q, d := r.queue(j.JobQueue), r.jobDefinition(j.JobDefinition)
	if q == nil || d == nil {
		return false
	}
	var c containerDef
	var task jobTask
	_ = json.Unmarshal(d.ContainerProperties, &c)
	_ = json.Unmarshal(d.ContainerProperties, &task) // submitJob checked that it has this shape
	c.Name, c.Essential = "default", true
	for _, p := range q.ComputeEnvironmentOrder {
		e := r.environment(p.ComputeEnvironment)
		if e == nil || e.State != "ENABLED" || e.Status != "VALID" || e.ComputeResources == nil || !strings.HasPrefix(e.ComputeResources.Type, "FARGATE") {
			continue
		}
		of := &ecsTaskDefinition{TaskDefinitionArn: r.ARN("ecs", fmt.Sprintf("task-definition/%s:%d", d.JobDefinitionName, d.Revision)), Family: d.JobDefinitionName, ExecutionRoleArn: task.ExecutionRoleArn,
			ContainerDefinitions: []containerDef{c}}
		t := r.newTask(r.ECS.cluster(r, e.EcsClusterArn), of, "FARGATE")
		t.definition, t.ends, t.StartedBy = of, true, "AWSBatch-"+e.ComputeEnvironmentName
		if !r.addTask(t, e.ComputeResources.network()) {
			continue
		}
		j.task, j.Status = t, "STARTING"
		j.Container.TaskArn, j.Container.Image, j.Container.Command = t.TaskArn, c.Image, c.Command
		return true
	}
	return false
}

type describeJobsIn struct {
	Jobs []string `json:"jobs"`
}

type describeJobsOut struct {
	Jobs []batchJob `json:"jobs"`
}

func (r *region) describeJobs(in describeJobsIn) (describeJobsOut, *wire.Error) {
	if len(in.Jobs) == 0 {
		return describeJobsOut{}, r.batchRefusal("jobs must not be empty")
	}
	found, err := batchNamed(r.Batch.Jobs, in.Jobs, func(j *batchJob) []string { return []string{j.JobId, j.JobArn} })
	return describeJobsOut{store.Copies(found, nil)}, err
}

type listJobsIn struct {
	batchPage
	JobQueue  string `json:"jobQueue"`
	JobStatus string `json:"jobStatus"`
	Filters   []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	} `json:"filters"`
}

type listJobsOut struct {
	JobSummaryList []batchJob `json:"jobSummaryList"`
	NextToken      string     `json:"nextToken,omitempty"`
}

// listJobs lists the running jobs of a queue, or those that the filter for the name selects.
func (r *region) listJobs(in listJobsIn) (listJobsOut, *wire.Error) {
	q := r.queue(in.JobQueue)
	if q == nil {
		return listJobsOut{}, r.batchRefusal("JobQueue %s not found", in.JobQueue)
	}
	name := map[string]bool{}
	for _, f := range in.Filters {
		if f.Name != "JOB_NAME" {
			return listJobsOut{}, r.batchRefusal("The sandbox filters jobs by JOB_NAME only.")
		}
		for _, v := range f.Values {
			name[strings.ToLower(v)] = true
		}
	}
	found := slices.DeleteFunc(slices.Clone(r.Batch.Jobs), func(j *batchJob) bool {
		if len(name) > 0 {
			return j.JobQueue != q.JobQueueArn || !slices.Contains(slices.Collect(maps.Keys(name)), strings.ToLower(j.JobName))
		}
		return j.JobQueue != q.JobQueueArn || j.Status != cmp.Or(in.JobStatus, "RUNNING")
	})
	page, next, err := store.Page(&batchPages, found, in.MaxResults, in.NextToken)
	return listJobsOut{store.Copies(page, nil), next}, err
}

type terminateJobIn struct {
	JobId  string `json:"jobId"`
	Reason string `json:"reason"`
}

// terminateJob ends a job. It also succeeds for a job that has ended.
func (r *region) terminateJob(in terminateJobIn) (wire.Empty, *wire.Error) {
	if in.Reason == "" {
		return wire.Empty{}, r.batchRefusal("reason must not be null")
	}
	for _, j := range r.Batch.Jobs {
		if j.JobId == in.JobId || j.JobArn == in.JobId {
			r.terminate(j, in.Reason)
		}
	}
	return wire.Empty{}, nil
}

func (r *region) terminate(j *batchJob, reason string) {
	switch {
	case j.over():
	case j.task == nil:
		j.Status, j.StatusReason, j.StoppedAt = "FAILED", reason, r.Now().UnixMilli()
	default:
		j.task.stop(r.Now(), "UserInitiated", reason)
	}
}
