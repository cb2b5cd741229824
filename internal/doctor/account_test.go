package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// load returns what Messages reads of a sandbox account.
func load(t *testing.T, scenario string) *inventory.Inventory {
	t.Helper()
	s, err := sandbox.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{Scenario: scenario})
	if err != nil {
		t.Fatal(err)
	}
	c, err := aws.Open(t.Context(), aws.Options{Region: s.Region, Transport: box})
	if err != nil {
		t.Fatal(err)
	}
	inv := &inventory.Inventory{}
	for _, r := range doctor.Requests(true) {
		f, err := c.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		inv.Merge(f)
	}
	return inv
}

// outline returns messages as lines: where, about what, how often, and the beginning of the text.
func outline(sources []doctor.Source) []string {
	var out []string
	for _, s := range sources {
		text := []rune(s.Text)
		out = append(out, strings.Join([]string{string(s.Where), s.Subject, strings.Repeat("x", s.Times), string(text[:min(len(text), 62)])}, "|"))
	}
	return out
}

func TestMessagesOfSandboxAccounts(t *testing.T) {
	const secrets = "ResourceInitializationError: unable to pull secrets or registr"
	for scenario, want := range map[string][]string{
		"closed": {
			"agent-log|batch-ec2|x|The ECS agents of 1 of 1 container instance of cluster AWSBatc",
			"agent-log|legacy|x|The ECS agents of 2 of 2 container instances of cluster legacy",
			"agent-log|prod|x|The ECS agents of 4 of 4 container instances of cluster prod a",
			"ecs-stopped-reason|prod/web|xxx|" + secrets,
			"ecs-service-event|legacy/mailer|x|(service mailer) was unable to place a task because no contain",
			"ecs-service-event|prod/worker|x|(service worker) was unable to place a task because no contain",
			"batch-status-reason|jobs|xx|" + secrets,
			"batch-status-reason|render|x|UNDETERMINED - Batch job is blocked, root cause is undetermine",
		},
		"half-done": {"ecs-stopped-reason|prod/orders|xxx|" + secrets},
		"registry": {
			"ecs-stopped-reason|registry/app|xxx|CannotPullContainerError: pull image manifest has been retried",
			"ecs-stopped-reason|registry/app-closed|xxx|CannotPullContainerError: pull image manifest has been retried",
			"ecs-stopped-reason|registry/tools|xxx|CannotPullContainerError: pull image manifest has been retried",
			"batch-status-reason|registry-ec2|x|MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) asso",
			"batch-status-reason|registry-fargate|x|Task failed to start\nCannotPullContainerError: pull image mani",
		},
		"managed-instances": {"ecs-service-event|search/query|x|(service query) was unable to place a task because no containe"},
		"mwaa-private":      {"mwaa-error|nightly|x|INCORRECT_CONFIGURATION: You may need to check the execution r"},
		"old-agents":        nil,
		"empty":             nil,
	} {
		inv := load(t, scenario)
		got := doctor.Messages(inv)
		if d := cmp.Diff(want, outline(got)); d != "" {
			t.Errorf("%s:\n%s", scenario, d)
		}
		// A masked account has the same messages with other names.
		masked, err := inv.Mask(inventory.NewLegend([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		other := doctor.Messages(masked)
		key := func(s doctor.Source) string {
			return strings.Join([]string{string(s.Where), strings.Repeat("x", s.Times), strings.Repeat("/", strings.Count(s.Subject, "/"))}, "|")
		}
		a, b := outlines(got, key), outlines(other, key)
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("%s, masked:\n%s", scenario, d)
		}
		if d := cmp.Diff(suspects(doctor.Explain(got...)), suspects(doctor.Explain(other...))); d != "" {
			t.Errorf("%s: masked messages have other causes:\n%s", scenario, d)
		}
	}
}

// suspects returns the causes of a report without their texts, which can have names.
func suspects(r doctor.Report) []string {
	var out []string
	for _, c := range r.Causes {
		out = append(out, strings.Join([]string{string(c.Kind), c.Service, string(c.Certainty)}, "|"))
	}
	return out
}

func outlines(sources []doctor.Source, key func(doctor.Source) string) []string {
	var out []string
	for _, s := range sources {
		out = append(out, key(s))
	}
	slices.Sort(out)
	return out
}

// TestMessagesAreMerged: ids, times and addresses of the same kind do not make another message; a private address is not like a public one.
func TestMessagesAreMerged(t *testing.T) {
	exit := 137
	const cluster, batchCluster = "arn:aws:ecs:us-east-1:123456789012:cluster/prod", "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-nightly-1"
	task := func(at, reason string) inventory.StoppedTask {
		return inventory.StoppedTask{Cluster: cluster, Group: "service:web", Reason: reason, Stopped: at}
	}
	inv := &inventory.Inventory{
		Clusters: []inventory.Cluster{{ARN: cluster, Name: "prod", ContainerInstances: []inventory.ContainerInstance{{Instance: "i-1"}, {Instance: "i-2", Connected: true}, {Instance: "i-3", Managed: true}, {Instance: "mi-4", External: true}},
			Services: []inventory.Service{
				{Name: "web", Rollout: "ECS deployment circuit breaker: tasks failed to start.", Deployed: "2026-01-02T03:00:00Z", Events: []inventory.Event{
					{At: "2026-01-02T03:04:05Z", Message: "(service web) was unable to place a task. Reason: dial tcp 52.94.1.9:443: i/o timeout."},
					{At: "2026-01-02T03:04:06Z", Message: "(service web) is unable to consistently start tasks successfully."}}},
				{Name: "quiet", Events: []inventory.Event{{At: "2026-01-02T03:04:06Z", Message: "(service quiet) is unable to consistently start tasks successfully."}}},
			}}},
		Batch: inventory.Batch{
			Environments: []inventory.ComputeEnvironment{{Name: "nightly", Cluster: batchCluster, Status: "INVALID", Reason: "CLIENT_ERROR - no"}, {Name: "fine", Reason: "ComputeEnvironment Healthy"}},
			Queues:       []inventory.JobQueue{{ARN: "arn:q", Name: "jobs"}}},
		MWAA: []inventory.Airflow{{Name: "air", Failure: &inventory.UpdateError{At: "2026-01-01T00:00:00Z", Code: "INCORRECT_CONFIGURATION", Message: "x"}}, {Name: "fine"}},
		Failures: inventory.Failures{
			Tasks: []inventory.StoppedTask{
				task("2026-01-02T03:04:05Z", "dial tcp 52.94.1.2:443: i/o timeout"), task("2026-01-02T03:05:05Z", "dial tcp 52.94.3.4:443: i/o timeout"), task("2026-01-02T03:03:05Z", "dial tcp 10.0.3.4:443: i/o timeout"),
				{Cluster: cluster, Group: "family:probe", Reason: "Essential container in task exited", Stopped: "2026-01-02T03:02:05Z", Containers: []inventory.StoppedContainer{{Name: "probe", Reason: "OutOfMemoryError: Container killed due to memory usage", Exit: &exit}}},
				{Cluster: batchCluster, Group: "family:job", Reason: "CannotPullContainerError: x", Stopped: "2026-01-02T03:01:05Z"},
			},
			Jobs: []inventory.Job{
				{Name: "a", Queue: "arn:q", Status: "FAILED", Reason: "Task failed to start", Container: "CannotPullContainerError: x", Created: "2026-01-02T03:00:05Z"},
				{Name: "b", Queue: "arn:q", Status: "FAILED", Reason: "Task failed to start", Container: "CannotPullContainerError: x", Created: "2026-01-02T02:00:05Z"},
				{Name: "c", Queue: "arn:q", Status: "RUNNABLE"},
			}},
	}
	if d := cmp.Diff([]doctor.Source{
		{Where: doctor.BatchReason, Subject: "nightly", Text: "CLIENT_ERROR - no", Times: 1},
		{Where: doctor.AgentLog, Subject: "prod", Text: "The ECS agents of 1 of 2 container instances of cluster prod are not connected (agentConnected: false): i-1", Times: 1},
		{Where: doctor.StoppedReason, Subject: "prod/web", Text: "dial tcp 52.94.3.4:443: i/o timeout", Times: 2},
		{Where: doctor.ServiceEvent, Subject: "prod/quiet", Text: "(service quiet) is unable to consistently start tasks successfully.", Times: 1},
		{Where: doctor.StoppedReason, Subject: "prod/web", Text: "dial tcp 10.0.3.4:443: i/o timeout", Times: 1},
		{Where: doctor.StoppedReason, Subject: "prod", Text: "Essential container in task exited\nprobe: OutOfMemoryError: Container killed due to memory usage (exit code 137)", Times: 1},
		{Where: doctor.BatchReason, Subject: "jobs", Text: "Task failed to start\nCannotPullContainerError: x", Times: 2},
		{Where: doctor.ServiceEvent, Subject: "prod/web", Text: "ECS deployment circuit breaker: tasks failed to start.", Times: 1},
		{Where: doctor.AirflowError, Subject: "air", Text: "INCORRECT_CONFIGURATION: x", Times: 1},
	}, doctor.Messages(inv)); d != "" {
		t.Error(d)
	}
	if got := doctor.Messages(&inventory.Inventory{}); len(got) != 0 {
		t.Error(got)
	}
}
