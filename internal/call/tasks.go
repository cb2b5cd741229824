package call

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// taskLook starts a task, waits until it is running or has ended, and stops it.
func taskLook(a plan.Change, s plan.TaskLook) Steps {
	network := map[string]any{"subnets": list(s.Subnets), "assignPublicIp": "DISABLED"}
	if len(s.Groups) > 0 {
		network["securityGroups"] = list(s.Groups)
	}
	if s.PublicIP {
		network["assignPublicIp"] = "ENABLED"
	}
	var overrides []any
	for _, name := range s.Containers {
		overrides = append(overrides, map[string]any{"name": name, "command": list(s.Command())})
	}
	in := map[string]any{"cluster": s.Cluster, "taskDefinition": s.TaskDefinition, "launchType": "FARGATE", "startedBy": plan.Owner,
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
			// If no task started, the output is AWS's reason, which is not an id and so is shown.
			Do:    []Call{{Service: "ecs", Op: "RunTask", In: in, Out: expr("tasks[0].taskArn || join(' ', ['AWS started no task:', failures[0].reason || 'no reason given'])")}},
			Until: &Until{Call: started, Want: "ended", Every: 5, Limit: 900}}},
		{Label: "stop the task of " + s.Service, Always: true, Steps: Steps{
			Do: []Call{{Service: "ecs", Op: "StopTask", In: map[string]any{"cluster": s.Cluster, "task": plan.From(a.ID), "reason": "PrivateLink Wizard has seen enough"}, Out: expr("task.taskArn")}}}},
	}}
}

// describeTask reads the task that a change started.
func describeTask(cluster string, row plan.ID, out []plan.Value) Call {
	return Call{Service: "ecs", Op: "DescribeTasks", In: map[string]any{"cluster": cluster, "tasks": []any{plan.From(row)}}, Out: out}
}

// taskBegan is "started" if the task could get its images, secrets and log streams: it was
// running, or only its command failed to start. Otherwise it is the reason.
func taskBegan() []plan.Value {
	const noCommand = "'CannotStartContainer'"
	return expr("tasks[?startedAt || contains(stoppedReason || '', "+noCommand+") || containers[?contains(reason || '', "+noCommand+")]] && 'started' || ",
		"join('. ', [tasks[].stoppedReason, tasks[].containers[].reason][]) || 'not started'")
}

// serviceDeployment forces a new deployment, unless one began after the plan was created, and
// waits until the old tasks have stopped.
func serviceDeployment(a plan.Change, s plan.ServiceDeployment) Steps {
	arn := plan.Lit(a.Existing)
	if a.Op == plan.Keep {
		find := services(s, expr("services[0].serviceArn"))
		return Steps{Find: &find}
	}
	find := services(s, expr("services[?deployments[?", later(s), "]].serviceArn | [0]"))
	in := map[string]any{"cluster": s.Cluster, "service": s.Service, "forceNewDeployment": true}
	if s.TaskDefinition != (plan.Value{}) {
		in["taskDefinition"] = s.TaskDefinition
	}
	state := expr("services[].[serviceArn, deployments[?", later(s), " && rolloutState=='FAILED'] && 'FAILED' || ", only(s), " && 'COMPLETED' || 'IN_PROGRESS']")
	return Steps{
		Find:  &find,
		Do:    []Call{{Service: "ecs", Op: "UpdateService", In: in, Out: expr(arn)}},
		Until: &Until{Call: services(s, state), Want: "COMPLETED", Fail: []string{"FAILED"}, Every: 10, Limit: 1800},
	}
}

// later is the condition that a deployment is newer than the one in the plan.
func later(s plan.ServiceDeployment) []plan.Value {
	out := expr("status=='PRIMARY' && id!=", plan.Lit(s.After))
	if s.TaskDefinition != (plan.Value{}) {
		out = expr(out, " && taskDefinition==", s.TaskDefinition)
	}
	return out
}

// only is the condition that the newer deployment is the only one. Amazon ECS removes an older
// one from the list when its last task has stopped.
func only(s plan.ServiceDeployment) []plan.Value {
	return expr("to_string(length(deployments))=='1' && deployments[?", later(s), " && (rolloutState || 'COMPLETED')=='COMPLETED']")
}

func services(s plan.ServiceDeployment, out []plan.Value) Call {
	return Call{Service: "ecs", Op: "DescribeServices", In: map[string]any{"cluster": s.Cluster, "services": []any{s.Service}}, Out: out}
}
