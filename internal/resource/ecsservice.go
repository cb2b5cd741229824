package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// ECSService is a new service of Amazon ECS on AWS Fargate, in subnets without public addresses.
type ECSService struct {
	Cluster        string            `aws:"Cluster"` // name
	Name           string            `aws:"ServiceName"`
	TaskDefinition Value             `aws:"TaskDefinition"` // ARN
	Count          int               `aws:"DesiredCount"`
	Subnets        []Value           `aws:"Subnets"`
	Groups         []Value           `aws:"SecurityGroups"`
	Tags           map[string]string `aws:"Tags"`
}

// fargatePlatform is the platform version of what this program runs on AWS Fargate. LATEST is 1.4.0 for Linux.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html
const fargatePlatform = "LATEST"

// Terms implements Spec.
func (ECSService) Terms() []*terms.Term { return []*terms.Term{terms.Verification, terms.VPC} }

// Kind implements Spec.
func (ECSService) Kind() string { return "ecs-service" }

func (ECSService) constants() []field {
	return []field{{"LaunchType", "FARGATE"}, {"PlatformVersion", fargatePlatform}, {"AssignPublicIp", "DISABLED"}}
}

// Cells implements Spec.
func (s ECSService) Cells(p Names, _ Change) Cells {
	tasks := "1 task"
	if s.Count != 1 {
		tasks = fmt.Sprintf("%d tasks", s.Count)
	}
	return Cells{"ECS service", s.Name, "cluster " + s.Cluster, Joined(tasks, p.GroupsText(s.Groups))}
}

func (s ECSService) claims(a Change) []Claim {
	tasks := "1 running task"
	if s.Count != 1 {
		tasks = fmt.Sprintf("%d running tasks", s.Count)
	}
	says := fmt.Sprintf("service %s has %s", s.Name, tasks)
	if a.Op == Keep { // its count may have changed since
		says = fmt.Sprintf("service %s has all its tasks running", s.Name)
	}
	return []Claim{{Asked: true, Says: says, Measure: ServiceRuns{Cluster: s.Cluster, Service: s.Name, Count: s.Count * map[bool]int{false: 1}[a.Op == Keep]}}}
}

// advice has no older tasks to replace.
func (s ECSService) advice(string, string, []Change) Advice {
	return Advice{Text: fmt.Sprintf("Service %s runs in cluster %s. Its tasks use the endpoints.", s.Name, s.Cluster)}
}

func (s ECSService) progress() Progress {
	return Progress{Doing: "starting tasks", Typical: [2]int{60, 300}}
}

// describe reads the service. Without its cluster AWS returns an error.
func (s ECSService) describe(out []Value) Call {
	return describeService(s.Cluster, s.Name, out)
}

func describeService(cluster, service string, out []Value) Call {
	c := ecs("DescribeServices", map[string]any{"cluster": cluster, "services": []any{service}}, out)
	c.Absent = []string{"ClusterNotFoundException"}
	return c
}

func (s ECSService) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	network := Nested{{"subnets", s.Subnets}}
	if len(s.Groups) > 0 {
		network = append(network, Attribute{"security_groups", s.Groups})
	}
	network = append(network, Attribute{"assign_public_ip", false})
	return block("aws_ecs_service", []Attribute{{"name", s.Name}, {"cluster", s.Cluster}, {"task_definition", s.TaskDefinition}, {"desired_count", s.Count},
		{"launch_type", "FARGATE"}, {"platform_version", fargatePlatform}, {"network_configuration", network},
		{"availability_zone_rebalancing", "ENABLED"}, // as AWS does for a new service; the provider sends DISABLED
		{"deployment_circuit_breaker", Nested{{"enable", true}, {"rollback", false}}}, {"tags", s.Tags}})
}

// Steps creates the service and waits until its tasks run. The deployment circuit breaker ends a deployment with tasks
// that fail to start again and again. Otherwise Amazon ECS would try for ever.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
func (s ECSService) Steps(a Change) Steps {
	const network = "networkConfiguration.awsvpcConfiguration."
	all := []need{needs(expr("status=='ACTIVE'"), "'its status is '", "status", "' (plan: ACTIVE)'")}
	if a.Op != Keep {
		all = append(all, needs(expr("launchType=='FARGATE'"), "'its launch type is '", "launchType || 'a capacity provider'", "' (plan: FARGATE)'"),
			needs(expr("taskDefinition==", s.TaskDefinition), "'it runs '", "taskDefinition", "' (plan: '", s.TaskDefinition, "')'"))
		all = append(append(all, needsAll("subnets", network+"subnets", s.Subnets)...), needsAll("security groups", network+"securityGroups", s.Groups)...)
	}
	id, other := place("services", "serviceArn", expr("status!='INACTIVE'"), all...)
	find := s.describe(id)
	until := &Until{
		Call: s.describe(expr("services[].[serviceArn, deployments[?rolloutState=='FAILED'] && 'FAILED' || ", allRun("desiredCount"), " && 'RUNNING' || 'STARTING']")),
		Want: "RUNNING", Fail: []string{"FAILED"}, Every: 10, Limit: 1800,
		What: "services[].[serviceArn, join(' ', [deployments[0].rolloutStateReason || '', events[0].message || ''])]",
		Help: fmt.Sprintf("See why its tasks stopped: aws ecs list-tasks --cluster %s --service-name %s --desired-status STOPPED, then aws ecs describe-tasks. Run again to continue waiting.", s.Cluster, s.Name),
	}
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	awsvpc := map[string]any{"subnets": values(s.Subnets), "assignPublicIp": "DISABLED"}
	if len(s.Groups) > 0 {
		awsvpc["securityGroups"] = values(s.Groups)
	}
	in := withTags(map[string]any{"cluster": s.Cluster, "serviceName": s.Name, "taskDefinition": value(s.TaskDefinition), "desiredCount": s.Count, "launchType": "FARGATE",
		"platformVersion": fargatePlatform, "networkConfiguration": map[string]any{"awsvpcConfiguration": awsvpc}, "clientToken": Token{},
		"deploymentConfiguration": map[string]any{"deploymentCircuitBreaker": map[string]any{"enable": true, "rollback": false}}}, s.Tags)
	return Steps{
		Find: &find, Other: other, Until: until,
		Do: []Call{ecs("CreateService", in, expr("service.serviceArn"))},
		// With force, Amazon ECS also stops the tasks of the service.
		Undo:    []Call{ecs("DeleteService", map[string]any{"cluster": s.Cluster, "service": s.Name, "force": true}, nil, "ServiceNotFoundException", "ClusterNotFoundException")},
		Deleted: &Until{Call: s.describe(expr("services[].[serviceArn, status=='INACTIVE' && to_string(runningCount)=='0' && 'INACTIVE' || 'DRAINING']")), Want: "INACTIVE", Missing: "INACTIVE", Every: 5, Limit: 900},
	}
}

// allRun is the condition that a service runs as many tasks as it should, and that its deployment is complete. A
// count is a number or the name of a field.
func allRun(count string) string {
	return "to_string(runningCount)==to_string(" + count + ") && !(deployments[?status=='PRIMARY' && (rolloutState || 'COMPLETED')!='COMPLETED'])"
}

// ServiceRuns claims that a service has a number of running tasks. If Count is 0, it is the number that the service
// should have now.
type ServiceRuns struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
	Count   int    `json:"count,omitempty"`
}

// Kind implements Measure.
func (ServiceRuns) Kind() ClaimKind { return "service-runs" }

func (m ServiceRuns) check(Claim, *Change) (Check, bool) {
	count := "desiredCount"
	if m.Count > 0 {
		count = fmt.Sprintf("'%d'", m.Count)
	}
	// Otherwise it returns the last event of the service, which says what fails.
	return equals(describeService(m.Cluster, m.Service, expr("services[?status=='ACTIVE' && "+allRun(count)+"] && 'running' || ",
		"(services[].join(' ', [to_string(runningCount), 'running of', to_string(desiredCount), events[0].message || '']))[0] || 'no service'")), "running")
}

func (s ECSService) cloudFormation(a Change) Declared {
	return block("AWS::ECS::Service", requested(a))
}
