package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// LookCommand is the command of the check's containers: it ends immediately and successfully.
var LookCommand = []string{"true"}

// TaskLook starts one task like those of a Fargate service, with a command that does nothing, checks
// that it starts to run, and stops it.
type TaskLook struct {
	Cluster        string   `aws:"Cluster"` // ARN
	Service        string   // CLUSTER/NAME
	TaskDefinition Value    `aws:"TaskDefinition"`  // ARN
	Platform       string   `aws:"PlatformVersion"` // version; empty: the latest
	Subnets        []string `aws:"Subnets"`
	Groups         []string `aws:"SecurityGroups"`
	PublicIP       bool     `aws:"AssignPublicIp"`
	Containers     []string // names of the containers that run the command
}

// Kind implements Spec.
func (TaskLook) Kind() string { return "task-look" }

// Terms implements Spec.
func (TaskLook) Terms() []*terms.Term { return []*terms.Term{terms.Verification, terms.ExecutionRole} }

func (TaskLook) constants() []field {
	return []field{{"LaunchType", "FARGATE"}, {"Command", LookCommand}}
}

// Cells implements Spec.
func (s TaskLook) Cells(p Names, _ Change) Cells {
	return Cells{"test task", s.Service, p.ZonesText(s.Subnets), "started, then stopped"}
}

func (s TaskLook) claims(a Change) []Claim {
	return []Claim{{Asked: true, Says: fmt.Sprintf("a task of %s starts in its subnets with its images, secrets and log streams", s.Service), Measure: TaskStarts{Look: a.ID, Cluster: s.Cluster}}}
}

// Steps starts a task, waits until it is running or has ended, and stops it.
func (s TaskLook) Steps(a Change) Steps {
	network := map[string]any{"subnets": list(s.Subnets), "assignPublicIp": "DISABLED"}
	if len(s.Groups) > 0 {
		network["securityGroups"] = list(s.Groups)
	}
	if s.PublicIP {
		network["assignPublicIp"] = "ENABLED"
	}
	var overrides []any
	for _, name := range s.Containers {
		overrides = append(overrides, map[string]any{"name": name, "command": list(LookCommand)})
	}
	in := map[string]any{"cluster": s.Cluster, "taskDefinition": s.TaskDefinition, "launchType": "FARGATE", "startedBy": Owner, "clientToken": Token{Recent: true},
		"networkConfiguration": map[string]any{"awsvpcConfiguration": network}}
	if len(overrides) > 0 {
		in["overrides"] = map[string]any{"containerOverrides": overrides}
	}
	if s.Platform != "" {
		in["platformVersion"] = s.Platform
	}
	started := describeTask(s.Cluster, a.ID, expr("tasks[].[taskArn, (", taskBegan(), ")=='started' && 'ended' || lastStatus=='STOPPED' && 'ended' || 'starting']"))
	return Steps{Looks: true, Parts: []Part{
		{Label: "start a task of " + s.Service, Steps: Steps{
			Do:    []Call{{Service: "ecs", Op: "RunTask", In: in, Out: expr("tasks[0].taskArn")}},
			Until: &Until{Call: started, Want: "ended", Every: 5, Limit: 900}}},
		{Label: "stop the task of " + s.Service, Always: true, Steps: Steps{
			Do: []Call{{Service: "ecs", Op: "StopTask", In: map[string]any{"cluster": s.Cluster, "task": From(a.ID), "reason": "The test of PrivateLink Wizard is complete"}, Out: expr("task.taskArn")}}}},
	}}
}

// describeTask reads the task that a change started.
func describeTask(cluster string, row ID, out []Value) Call {
	return Call{Service: "ecs", Op: "DescribeTasks", In: map[string]any{"cluster": cluster, "tasks": []any{From(row)}}, Out: out}
}

// taskBegan is "started" if the task could get its images, secrets and log streams: it was
// running, or only its command failed to start. Otherwise it is the reason.
func taskBegan() []Value {
	const noCommand = "'CannotStartContainer'"
	return expr("tasks[?startedAt || contains(stoppedReason || '', "+noCommand+") || containers[?contains(reason || '', "+noCommand+")]] && 'started' || ",
		"join('. ', [tasks[].stoppedReason, tasks[].containers[].reason][]) || 'not started'")
}

// TaskStarts claims that the one-off task of a change started to run.
type TaskStarts struct {
	Look    ID     `json:"look"`
	Cluster string `json:"cluster"` // ARN
}

// Kind implements Measure.
func (TaskStarts) Kind() ClaimKind { return "task-starts" }

func (m TaskStarts) look() ID { return m.Look }

func (m TaskStarts) check(Claim, *Change) (Check, bool) {
	return equals(describeTask(m.Cluster, m.Look, taskBegan()), "started")
}
