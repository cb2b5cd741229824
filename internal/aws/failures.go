package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// mostJobs is the maximum number of jobs of a queue in a status, and mostEvents that of events of a service. mostTasks is the
// number of stopped tasks of a cluster to read: as many as one call lists and one call describes.
const (
	mostTasks  = 100
	mostJobs   = 50
	mostEvents = 5
)

// listsAtOnce is the number of clusters and of queues to read in parallel, because accounts have hundreds of them and AWS limits the rate
// (Amazon ECS developer guide, Request throttling for the Amazon ECS API).
const listsAtOnce = 10

// optional records any failure of a call as a gap, because no plan depends on it.
func (l *loading) optional(ctx context.Context, op string, err error) error {
	err = l.gapIfUnread(ignoreCode("ClusterNotFoundException", l.c.fail(op, err))) // the cluster was deleted after it was listed
	var e *Error
	if ctx.Err() != nil || errors.As(err, &e) && e.Expired() {
		return err
	}
	l.gapOnFailure(op, err)
	return nil
}

// failures loads the reasons of stopped tasks and of jobs that wait or failed. The longest chain is: list clusters, list tasks,
// describe tasks. The lists of clusters and queues are those of other parts.
func (l *loading) failures(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	out, slots := &l.out.Failures, make(chan struct{}, listsAtOnce)
	limited := func(load func() error) func() error {
		return func() error {
			slots <- struct{}{}
			defer func() { <-slots }()
			return load()
		}
	}
	g.Go(func() error {
		return readAll(ctx, l, "ecs:ListClusters", ecs.NewListClustersPaginator(ecsClient(l.c), &ecs.ListClustersInput{MaxResults: sdk.Int32(100)}), func(o *ecs.ListClustersOutput) {
			for _, cluster := range o.ClusterArns {
				g.Go(limited(func() error { return l.stoppedTasks(ctx, cluster) }))
			}
		})
	})
	g.Go(func() error {
		return readAll(ctx, l, "batch:DescribeJobQueues", batch.NewDescribeJobQueuesPaginator(batchClient(l.c), &batch.DescribeJobQueuesInput{MaxResults: sdk.Int32(100)}), func(o *batch.DescribeJobQueuesOutput) {
			for _, q := range o.JobQueues {
				for _, status := range []batchtypes.JobStatus{batchtypes.JobStatusRunnable, batchtypes.JobStatusFailed} {
					g.Go(limited(func() error { return l.jobs(ctx, sdk.ToString(q.JobQueueArn), status) }))
				}
			}
		})
	})
	err := g.Wait()
	slices.SortFunc(out.Tasks, func(a, b inventory.StoppedTask) int {
		return cmp.Or(cmp.Compare(b.Stopped, a.Stopped), cmp.Compare(a.ARN, b.ARN))
	})
	slices.SortFunc(out.Jobs, func(a, b inventory.Job) int {
		return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.ID, b.ID))
	})
	return err
}

// stoppedTasks loads the stopped tasks of a cluster. If AWS lists more than one page of them, it records a gap.
func (l *loading) stoppedTasks(ctx context.Context, cluster string) error {
	in := ecs.ListTasksInput{Cluster: &cluster, DesiredStatus: types.DesiredStatusStopped, MaxResults: sdk.Int32(mostTasks)}
	listed, err := ecsClient(l.c).ListTasks(ctx, &in)
	if err != nil || len(listed.TaskArns) == 0 {
		return l.optional(ctx, "ecs:ListTasks", err)
	}
	if sdk.ToString(listed.NextToken) != "" {
		l.gap(&Error{Op: "ecs:ListTasks", Code: inventory.NotAllRead, Message: fmt.Sprintf("only the first %d stopped tasks of a cluster were read", len(listed.TaskArns))})
	}
	described, err := ecsClient(l.c).DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: listed.TaskArns})
	if err != nil {
		return l.optional(ctx, "ecs:DescribeTasks", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range described.Tasks {
		if out := stoppedTask(&t); failed(&out) {
			l.out.Failures.Tasks = append(l.out.Failures.Tasks, out)
		}
	}
	return nil
}

// stoppedTask drops overrides, which contain commands and environment variables.
func stoppedTask(t *types.Task) inventory.StoppedTask {
	out := inventory.StoppedTask{
		ARN: sdk.ToString(t.TaskArn), Cluster: sdk.ToString(t.ClusterArn), Group: sdk.ToString(t.Group), Definition: sdk.ToString(t.TaskDefinitionArn),
		LaunchType: string(t.LaunchType), PlatformVersion: sdk.ToString(t.PlatformVersion), StopCode: string(t.StopCode), Reason: messageOf(t.StoppedReason), Stopped: moment(t.StoppedAt),
	}
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if sdk.ToString(d.Name) == "subnetId" {
				out.Subnet = sdk.ToString(d.Value)
			}
		}
	}
	for _, c := range t.Containers {
		container := inventory.StoppedContainer{Name: sdk.ToString(c.Name), Reason: messageOf(c.Reason)}
		if c.ExitCode != nil {
			container.Exit = sdk.Int(int(*c.ExitCode))
		}
		if container.Reason != "" || container.Exit != nil && *container.Exit != 0 {
			out.Containers = append(out.Containers, container)
		}
	}
	return out
}

// failed reports whether a stopped task shows a problem. A task that a user or a deployment stopped does not, and neither does one
// that ended by itself with the exit code 0 (Amazon ECS developer guide, Viewing Amazon ECS stopped task errors).
func failed(t *inventory.StoppedTask) bool {
	switch types.TaskStopCode(t.StopCode) {
	case types.TaskStopCodeUserInitiated:
		return false
	case types.TaskStopCodeServiceSchedulerInitiated:
		return !strings.HasPrefix(t.Reason, "Scaling activity initiated by")
	case types.TaskStopCodeEssentialContainerExited:
		return len(t.Containers) > 0
	}
	return t.Reason != "" || len(t.Containers) > 0
}

// jobs loads the jobs of a queue in a status. AWS does not document an order without a filter (AWS Batch API reference, ListJobs),
// so that the newest are those of the first page. If there are more, it records a gap.
func (l *loading) jobs(ctx context.Context, queue string, status batchtypes.JobStatus) error {
	o, err := batchClient(l.c).ListJobs(ctx, &batch.ListJobsInput{JobQueue: &queue, JobStatus: status, MaxResults: sdk.Int32(100)})
	if err != nil {
		return l.optional(ctx, "batch:ListJobs", err)
	}
	var jobs []inventory.Job
	for _, j := range o.JobSummaryList {
		jobs = append(jobs, job(&j, queue))
	}
	slices.SortStableFunc(jobs, func(a, b inventory.Job) int { return cmp.Compare(b.Created, a.Created) })
	if len(jobs) > mostJobs || sdk.ToString(o.NextToken) != "" {
		jobs = jobs[:min(len(jobs), mostJobs)]
		l.gap(&Error{Op: "batch:ListJobs", Code: inventory.NotAllRead, Message: fmt.Sprintf("only %d jobs of a queue with the same status were read", len(jobs))})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Failures.Jobs = append(l.out.Failures.Jobs, jobs...)
	return nil
}

func job(j *batchtypes.JobSummary, queue string) inventory.Job {
	out := inventory.Job{ID: sdk.ToString(j.JobId), Name: sdk.ToString(j.JobName), Queue: queue, Status: string(j.Status), Reason: messageOf(j.StatusReason)}
	if j.Container != nil {
		out.Container = messageOf(j.Container.Reason)
	}
	if j.CreatedAt != nil {
		at := time.UnixMilli(*j.CreatedAt)
		out.Created = moment(&at)
	}
	return out
}

// goodNews matches the events of a service that report no problem, without the service, deployment and so on in brackets (Amazon ECS
// developer guide, Amazon ECS service event messages).
var (
	goodNews = pattern.New(`^(has (reached a steady state|started|stopped|begun draining)|(de)?registered |deployment completed|(has )?(updated|changed) |updated )`)
	subjects = pattern.New(`^(\([^)]*\) ?)+|^service \S+ `)
	progress = pattern.New(`^ECS deployment( \S+)? (in progress|completed)\.?$`)
)

// problems returns the newest events of a service that report a problem.
func problems(events []types.ServiceEvent) []inventory.Event {
	var out []inventory.Event
	for _, e := range events {
		if text := messageOf(e.Message); text != "" && !goodNews().MatchString(subjects().ReplaceAllString(text, "")) {
			out = append(out, inventory.Event{At: moment(e.CreatedAt), Message: text})
		}
	}
	slices.SortStableFunc(out, func(a, b inventory.Event) int { return cmp.Compare(b.At, a.At) })
	return out[:min(len(out), mostEvents)]
}

// rollout returns why AWS ended the newest deployment that ended badly.
func rollout(deployments []types.Deployment) string {
	for _, d := range deployments {
		if reason := messageOf(d.RolloutStateReason); reason != "" && !progress().MatchString(reason) {
			return reason
		}
	}
	return ""
}

// queryOfURL and userOfURL match what can be a credential in a URL: the query, such as that of a signed URL of Amazon S3, and a user with a
// password.
var (
	queryOfURL = pattern.New(`\?[\w.~%-]+=[^\s"'<>]*`)
	userOfURL  = pattern.New(`://[^/\s"'@]+@`)
)

// messageOf returns a message of AWS without credentials in URLs.
func messageOf(s *string) string {
	return userOfURL().ReplaceAllString(queryOfURL().ReplaceAllString(sdk.ToString(s), ""), "://")
}
