package sandbox_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// stopped returns the stopped tasks of a cluster as a user reads them.
func (p fixture) stopped(cluster string, more ...func(*ecs.ListTasksInput)) []ecstypes.Task {
	p.Helper()
	in := &ecs.ListTasksInput{Cluster: &cluster, DesiredStatus: "STOPPED"}
	for _, change := range more {
		change(in)
	}
	arns := must(p.ecs.ListTasks(ctx, in))(p.T).TaskArns
	if len(arns) == 0 {
		return nil
	}
	return must(p.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: arns}))(p.T).Tasks
}

// TestStoppedTasks: the reasons of the tasks that stopped before the account was opened are those of the network. Where AWS reports an
// address, it is the one that the name resolves to.
func TestStoppedTasks(t *testing.T) {
	for _, tt := range []struct {
		scenario, cluster, service string
		n                          int
		reason                     string
	}{
		{"closed", "prod", "web", 3, `Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.94.`},       // public: the VPC has no endpoint
		{"half-done", "prod", "orders", 3, `Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 10.20.`}, // private: an endpoint with a security group that denies it
		{"conflict", "finance", "ledger", 3, `dial tcp 52.94.`},                                                // public: the DNS servers do not know private names
		{"registry", "registry", "app", 3, "pull access denied"},
		{"registry", "registry", "app-closed", 3, `Head "https://registry.example.com/v2/team/app/manifests/1": dial tcp 198.51.100.`},
		{"registry", "registry", "tools", 3, "pull access denied"}, // on EC2
		{"crowded", "prod", "shop", 3, "i/o timeout"},
		{"crowded", "prod", "reports", 0, ""},
		{"old-agents", "attic", "archive", 0, ""},
	} {
		p := newFixture(t, tt.scenario)
		got := p.stopped(tt.cluster, func(in *ecs.ListTasksInput) { in.ServiceName = &tt.service })
		if len(got) != tt.n {
			t.Errorf("%s: %d stopped tasks of %s, want %d", tt.scenario, len(got), tt.service, tt.n)
		}
		for _, task := range got {
			if !strings.Contains(aws.ToString(task.StoppedReason), tt.reason) || task.StopCode != "TaskFailedToStart" || *task.LastStatus != "STOPPED" || len(task.Containers) == 0 {
				t.Errorf("%s: %s %+v", tt.scenario, aws.ToString(task.StoppedReason), task)
			}
			if age := p.now().Sub(*task.StoppedAt); age < 0 || age > time.Hour {
				t.Errorf("%s: stopped %v ago", tt.scenario, age)
			}
		}
		if tt.n == 0 {
			continue
		}
		events := must(p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &tt.cluster, Services: []string{tt.service}}))(t).Services[0].Events
		if len(events) != 3 || !strings.Contains(*events[1].Message, "was unable to place a task. Reason: "+strings.TrimSuffix(*got[0].StoppedReason, ".")) || events[0].CreatedAt.Before(*events[2].CreatedAt) {
			t.Errorf("%s: %+v", tt.scenario, events)
		}
	}
}

func TestListTasks(t *testing.T) {
	p := newFixture(t, "")
	prod := aws.String("prod")
	made := must(p.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: prod, TaskDefinition: aws.String("web"), LaunchType: "FARGATE", StartedBy: aws.String("me"), NetworkConfiguration: &ecstypes.NetworkConfiguration{
		AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{appA}, SecurityGroups: []string{appGroup}}}}))(t).Tasks[0]
	for name, tt := range map[string]struct {
		in   ecs.ListTasksInput
		want int
	}{
		"running":       {ecs.ListTasksInput{}, 1},
		"stopped":       {ecs.ListTasksInput{DesiredStatus: "STOPPED"}, 3},
		"pending":       {ecs.ListTasksInput{DesiredStatus: "PENDING"}, 0},
		"family":        {ecs.ListTasksInput{Family: aws.String("web")}, 1},
		"other family":  {ecs.ListTasksInput{Family: aws.String("worker")}, 0},
		"started by me": {ecs.ListTasksInput{StartedBy: aws.String("me")}, 1},
		"on EC2":        {ecs.ListTasksInput{LaunchType: "EC2"}, 0},
		"a page":        {ecs.ListTasksInput{DesiredStatus: "STOPPED", MaxResults: aws.Int32(2)}, 2},
		"on a host":     {ecs.ListTasksInput{ContainerInstance: aws.String("none")}, 0},
	} {
		tt.in.Cluster = prod
		if got := must(p.ecs.ListTasks(ctx, &tt.in))(t); len(got.TaskArns) != tt.want || (got.NextToken != nil) != (name == "a page") {
			t.Errorf("%s: %v", name, got.TaskArns)
		}
	}
	_, err := p.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String("none")})
	wantCode(t, err, "ClusterNotFoundException")
	_, err = p.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: prod, DesiredStatus: "x"})
	wantCode(t, err, "InvalidParameterException")

	must(p.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: prod, Task: made.TaskArn}))(t)
	if got := p.stopped("prod"); len(got) != 4 {
		t.Errorf("%d stopped tasks", len(got))
	}
}

// A task that starts now does not change because of those that stopped before.
func TestStoppedTasksAreNoTasksOfNow(t *testing.T) {
	p := newFixture(t, "half-done")
	c := must(p.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"prod"}}))(t).Clusters[0]
	if c.RunningTasksCount != 0 || c.PendingTasksCount != 0 {
		t.Errorf("%+v", c)
	}
}

func TestEventsOfServicesWithoutHosts(t *testing.T) {
	for _, tt := range []struct{ scenario, cluster, service, want string }{
		{"closed", "prod", "worker", `encountered error "AGENT"`},
		{"managed-instances", "search", "query", "No Container Instances were found"},
	} {
		p := newFixture(t, tt.scenario)
		events := must(p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &tt.cluster, Services: []string{tt.service}}))(t).Services[0].Events
		if len(events) != 1 || !strings.HasPrefix(*events[0].Message, "(service "+tt.service+") was unable to place a task because ") || !strings.Contains(*events[0].Message, tt.want) {
			t.Errorf("%s: %+v", tt.scenario, events)
		}
	}
}

func TestJobsOfScenarios(t *testing.T) {
	list := func(scenario, queue, status string) []string {
		t.Helper()
		p := newFixture(t, scenario)
		var out []string
		for _, j := range must(batchOf(p.a).ListJobs(ctx, &batch.ListJobsInput{JobQueue: &queue, JobStatus: batchtypes.JobStatus(status)}))(t).JobSummaryList {
			if age := p.now().Sub(time.UnixMilli(*j.CreatedAt)); age <= 0 || age > 24*time.Hour {
				t.Errorf("%s: created %v ago", *j.JobName, age)
			}
			text := *j.JobName + ": " + aws.ToString(j.StatusReason)
			if j.Container != nil {
				text += " " + aws.ToString(j.Container.Reason)
			}
			out = append(out, text)
		}
		return out
	}
	for _, tt := range []struct {
		scenario, queue, status string
		want                    []string
	}{
		{"closed", "jobs", "FAILED", []string{"etl-nightly: ResourceInitializationError: unable to pull secrets or registry auth: ", "etl-hourly: ResourceInitializationError: "}},
		{"closed", "render", "RUNNABLE", []string{"render-title: UNDETERMINED - "}},
		{"closed", "render", "FAILED", nil},
		{"registry", "registry-fargate", "FAILED", []string{"nightly-report: Task failed to start CannotPullContainerError: "}},
		{"registry", "registry-ec2", "RUNNABLE", []string{"nightly-large: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - "}},
	} {
		if got := list(tt.scenario, tt.queue, tt.status); !slices.EqualFunc(got, tt.want, func(a, b string) bool { return strings.HasPrefix(a, b) }) {
			t.Errorf("%s %s %s: %q, want %q", tt.scenario, tt.queue, tt.status, got, tt.want)
		}
	}
}

// TestFailuresAfterAReset: a reset account has the same failures, at other times.
func TestFailuresAfterAReset(t *testing.T) {
	p := newFixture(t, "")
	before := p.stopped("prod")
	p.pass(2 * time.Hour)
	own(t, p.a, "POST", "/_sandbox/reset", "")
	after := p.stopped("prod")
	if len(before) != len(after) || *before[0].TaskArn != *after[0].TaskArn || after[0].StoppedAt.Sub(*before[0].StoppedAt) < time.Hour {
		t.Errorf("%v, %v", before, after)
	}
}

// TestGivenFailures: a scenario can give reasons, events and times itself.
func TestGivenFailures(t *testing.T) {
	var content any
	if err := json.Unmarshal(sandbox.Source("closed"), &content); err != nil {
		t.Fatal(err)
	}
	plain := string(must(json.Marshal(content))(t)) // each key once
	source := strings.NewReplacer(`"stoppedAgo":"4m"`, `"stoppedAgo":"4m","stoppedReason":"OutOfMemoryError: Container killed due to memory usage"`,
		`"serviceName":"mailer"`, `"serviceName":"mailer","events":[{"id":"1","ago":"90s","message":"(service mailer) has started 1 tasks."}]`).Replace(plain)
	a, err := sandbox.New(sandbox.Options{Source: []byte(source)})
	if err != nil {
		t.Fatal(err)
	}
	c := ecsOf(a)
	events := must(c.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("legacy"), Services: []string{"mailer"}}))(t).Services[0].Events
	if age := time.Since(*events[0].CreatedAt); len(events) != 1 || age < 80*time.Second || age > 10*time.Minute {
		t.Errorf("%v %+v", age, events)
	}
	arn := "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	if got := must(c.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: []string{arn}}))(t).Tasks[0]; !strings.HasPrefix(*got.StoppedReason, "OutOfMemoryError") {
		t.Errorf("%+v", got)
	}
}
