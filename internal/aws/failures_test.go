package aws

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// cannedTasks are a task that did not start, with a signed URL in its reason, and tasks that show no problem.
const cannedTasks = `{"tasks":[
{"taskArn":"arn:task/1","clusterArn":"arn:cluster/prod","taskDefinitionArn":"arn:d/web:7","group":"service:web","launchType":"FARGATE","platformVersion":"1.4.0","stopCode":"TaskFailedToStart","stoppedAt":1767323045,
"stoppedReason":"CannotPullContainerError: Get \"https://u:hunter2@layers.s3.us-east-1.amazonaws.com/x?X-Amz-Signature=hunter2&X-Amz-Date=1\": i/o timeout",
"attachments":[{"details":[{"name":"subnetId","value":"subnet-1"},{"name":"macAddress","value":"0a"}]}],
"overrides":{"containerOverrides":[{"name":"web","command":["hunter2"],"environment":[{"name":"P","value":"hunter2"}]}]},
"containers":[{"name":"web","exitCode":137,"reason":"OutOfMemoryError: Container killed due to memory usage"},{"name":"log","exitCode":0},{"name":"never"}]},
{"taskArn":"arn:task/2","clusterArn":"arn:cluster/prod","stopCode":"ServiceSchedulerInitiated","stoppedAt":1767323046,"stoppedReason":"Scaling activity initiated by (deployment ecs-svc/1)","containers":[{"name":"web","exitCode":143}]},
{"taskArn":"arn:task/3","clusterArn":"arn:cluster/prod","stopCode":"EssentialContainerExited","stoppedReason":"Essential container in task exited","containers":[{"name":"web","exitCode":0}]},
{"taskArn":"arn:task/4","clusterArn":"arn:cluster/prod","stopCode":"UserInitiated","stoppedReason":"Task stopped by user","containers":[{"name":"web","exitCode":1}]},
{"taskArn":"arn:task/5","clusterArn":"arn:cluster/prod","stopCode":"ServiceSchedulerInitiated","stoppedAt":1767323047,"stoppedReason":"Task failed ELB health checks in (target-group arn:t)"}]}`

func cannedJobs(in url.Values) (int, string, error) {
	switch text := in.Get("json"); {
	case !strings.Contains(text, "arn:q/two"):
		return 200, `{"jobSummaryList":[]}`, nil
	case strings.Contains(text, "RUNNABLE"):
		return 200, `{"jobSummaryList":[{"jobId":"1","jobName":"waits","status":"RUNNABLE","createdAt":1767323045000,"statusReason":"MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher."}]}`, nil
	}
	return 200, `{"jobSummaryList":[{"jobId":"2","jobName":"failed","status":"FAILED","createdAt":1767323047500,"statusReason":"Task failed to start","container":{"exitCode":1,"reason":"CannotPullContainerError: https://x?Signature=hunter2"}}]}`, nil
}

var failureRequest = inventory.Request{Part: inventory.PartFailures}

func TestLoadFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := open(t, &stub{}).Load(t.Context(), failureRequest)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(inventory.Failures{
			Tasks: []inventory.StoppedTask{
				{ARN: "arn:task/5", Cluster: "arn:cluster/prod", StopCode: "ServiceSchedulerInitiated", Reason: "Task failed ELB health checks in (target-group arn:t)", Stopped: "2026-01-02T03:04:07Z"},
				{ARN: "arn:task/1", Cluster: "arn:cluster/prod", Group: "service:web", Definition: "arn:d/web:7", LaunchType: "FARGATE", PlatformVersion: "1.4.0", StopCode: "TaskFailedToStart",
					Reason: `CannotPullContainerError: Get "https://layers.s3.us-east-1.amazonaws.com/x": i/o timeout`, Stopped: "2026-01-02T03:04:05Z", Subnet: "subnet-1",
					Containers: []inventory.StoppedContainer{{Name: "web", Reason: "OutOfMemoryError: Container killed due to memory usage", Exit: sdk.Int(137)}}},
			},
			Jobs: []inventory.Job{
				{ID: "2", Name: "failed", Queue: "arn:q/two", Status: "FAILED", Reason: "Task failed to start", Container: "CannotPullContainerError: https://x", Created: "2026-01-02T03:04:07Z"},
				{ID: "1", Name: "waits", Queue: "arn:q/two", Status: "RUNNABLE", Reason: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher.", Created: "2026-01-02T03:04:05Z"},
			},
		}, got.Failures); d != "" {
			t.Error(d)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), "hunter2") {
			t.Error("a value that may be secret is in the inventory")
		}
	})
}

// TestFailuresAreBounded: one page of tasks for each cluster, and the newest jobs of a page.
func TestFailuresAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			switch op {
			case "ecs:ListTasks":
				if !strings.Contains(in.Get("json"), `"desiredStatus":"STOPPED"`) || !strings.Contains(in.Get("json"), `"maxResults":100`) {
					t.Errorf("asks: %s", in.Get("json"))
				}
				return 200, `{"taskArns":["arn:task/1"],"nextToken":"x"}`, nil
			case "batch:ListJobs":
				var jobs []string
				for i := range 60 {
					jobs = append(jobs, fmt.Sprintf(`{"jobId":"%02d","jobName":"j","status":"FAILED","createdAt":%d}`, i, 1767323045000+i*1000))
				}
				return 200, `{"jobSummaryList":[` + strings.Join(jobs, ",") + `]}`, nil
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), failureRequest)
		if err != nil || s.calls["ecs:ListTasks"] != 1 || len(got.Failures.Jobs) != 4*50 || got.Failures.Jobs[0].ID != "59" || got.Failures.Jobs[199].ID != "10" {
			t.Errorf("%v %v %d jobs", err, s.calls, len(got.Failures.Jobs))
		}
		for call, text := range map[string]string{"ecs:ListTasks": "only the first 1 stopped tasks", "batch:ListJobs": "only 50 jobs"} {
			if g, _ := got.Gap(call); g.Code != inventory.NotAllRead || !strings.HasPrefix(g.Message, text) {
				t.Errorf("%+v", g)
			}
		}
	})
}

// TestFailuresNeverStopASnapshot: no plan depends on them. A cluster that was deleted meanwhile has none.
func TestFailuresNeverStopASnapshot(t *testing.T) {
	for code, gaps := range map[string]int{"ClusterNotFoundException": 0, "ClientException": 1, "AccessDeniedException": 1} {
		for _, failing := range inventory.Calls(inventory.PartFailures) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if op == failing {
						return refuse(op, 400, code, "no")
					}
					return canned(op, n, in)
				}}
				got, err := open(t, s).Load(t.Context(), failureRequest)
				if err != nil || len(got.Gaps) != gaps || gaps == 1 && got.Gaps[0].Call != failing {
					t.Errorf("%s %s: %v %+v", failing, code, err, got.Gaps)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "batch:ListJobs" {
				return refuse(op, 403, "ExpiredTokenException", "The security token included in the request is expired")
			}
			return canned(op, n, in)
		}}
		if _, err := open(t, s).Load(t.Context(), failureRequest); err == nil {
			t.Error("expired credentials are an error, not a gap")
		}
	})
}

func TestEventsAndRollout(t *testing.T) {
	const unable = `(service s) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`
	events := `"events":[{"createdAt":1767323045,"message":"(service s) has reached a steady state."},{"createdAt":1767323046,"message":"` + unable + `"},
{"createdAt":1767323040,"message":"(service s) has started 1 tasks: (task 1)."},{"createdAt":1767323041,"message":"(service s, taskSet 1) has stopped 1 running tasks: (task 1)."},
{"createdAt":1767323042,"message":"(service s) registered 1 targets in (target-group arn:t)"},{"createdAt":1767323043,"message":"(service s) deregistered 1 targets in (target-group arn:t)"},
{"createdAt":1767323044,"message":"(service s) (deployment ecs-svc/1) deployment completed."},{"createdAt":1767323044,"message":"(service s) has begun draining connections on 1 tasks."},
{"createdAt":1767323050,"message":"(service s) (port 80) is unhealthy in (target-group arn:t) due to (reason Request timed out)"},{"message":"(service s) (deployment ecs-svc/1) deployment failed: tasks failed to start."},
{"createdAt":1767323030,"message":"service s was unable to place a task. Reason: x"},{"createdAt":1767323020,"message":"(service s) failed to launch a task with (error ECS was unable to assume role 'r')."},{"createdAt":1767323010,"message":"(service s) operations are being throttled on elb."}],
"deployments":[{"status":"PRIMARY","rolloutState":"IN_PROGRESS","rolloutStateReason":"ECS deployment ecs-svc/2 in progress."},{"status":"ACTIVE","rolloutState":"FAILED","rolloutStateReason":"ECS deployment circuit breaker: tasks failed to start."}],"x":[`
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			status, body, err := canned(op, n, in)
			if op == "ecs:DescribeServices" {
				body = strings.ReplaceAll(body, `"deployments":[`, events)
			}
			return status, body, err
		}}
		got, err := open(t, s).Load(t.Context(), clusters)
		if err != nil {
			t.Fatal(err)
		}
		service := got.Clusters[0].Services[0]
		if d := cmp.Diff([]inventory.Event{
			{At: "2026-01-02T03:04:10Z", Message: "(service s) (port 80) is unhealthy in (target-group arn:t) due to (reason Request timed out)"},
			{At: "2026-01-02T03:04:06Z", Message: unable},
			{At: "2026-01-02T03:03:50Z", Message: "service s was unable to place a task. Reason: x"},
			{At: "2026-01-02T03:03:40Z", Message: "(service s) failed to launch a task with (error ECS was unable to assume role 'r')."},
			{At: "2026-01-02T03:03:30Z", Message: "(service s) operations are being throttled on elb."},
		}, service.Events); d != "" {
			t.Error(d)
		}
		if service.Rollout != "ECS deployment circuit breaker: tasks failed to start." {
			t.Error(service.Rollout)
		}
	})
}

// TestSandboxFailures loads the failures of a sandbox account, and the error of an Amazon MWAA environment.
func TestSandboxFailures(t *testing.T) {
	load := func(scenario string, part inventory.Part) inventory.Inventory {
		s, err := sandbox.Find(scenario)
		if err != nil {
			t.Fatal(err)
		}
		box, err := sandbox.New(sandbox.Options{Scenario: scenario})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Open(t.Context(), Options{Region: s.Region, Transport: box})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Load(t.Context(), inventory.Request{Part: part})
		if err != nil || len(got.Gaps) > 0 {
			t.Fatal(err, got.Gaps)
		}
		return got
	}
	got := load("closed", inventory.PartFailures).Failures
	if len(got.Tasks) != 3 || len(got.Jobs) != 3 || got.Tasks[0].Group != "service:web" || got.Tasks[0].Subnet == "" || got.Tasks[0].Stopped < got.Tasks[1].Stopped || got.Jobs[0].Name != "etl-hourly" {
		t.Errorf("%+v", got)
	}
	for _, a := range load("mwaa-private", inventory.PartMWAA).MWAA {
		if failed := a.Failure != nil; failed != (a.Name == "nightly") || failed && (a.Updated != "FAILED" || a.Failure.Code != "INCORRECT_CONFIGURATION" || a.Failure.At == "" || !strings.Contains(a.Failure.Message, "troubleshooting.html")) {
			t.Errorf("%s: %+v", a.Name, a.Failure)
		}
	}
	for _, c := range load("closed", inventory.PartClusters).Clusters {
		for _, s := range c.Services {
			if len(s.Events) == 0 || s.Rollout != "" {
				t.Errorf("%s: %+v %s", s.Name, s.Events, s.Rollout)
			}
		}
	}
}
