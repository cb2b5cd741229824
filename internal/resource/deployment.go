package resource

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// ServiceDeployment lets Amazon ECS replace the running tasks of a service.
type ServiceDeployment struct {
	Cluster string `aws:"Cluster"`         // ARN
	Service string `aws:"Service"`         // name
	After   string `aws:"AfterDeployment"` // id of the deployment to replace; a later one also counts
	// TaskDefinition is the ARN of the revision that the service should run; zero if it keeps its
	// own.
	TaskDefinition Value `aws:"TaskDefinition"`
	// Before is the ARN of the revision that it runs now, if it should run another one.
	Before string
}

// Kind implements Spec.
func (ServiceDeployment) Kind() string { return "service" }

// Terms implements Spec.
func (ServiceDeployment) Terms() []*terms.Term { return []*terms.Term{terms.PrivateDNS} }

func (ServiceDeployment) constants() []field { return []field{{"ForceNewDeployment", true}} }

// Cells implements Spec.
func (s ServiceDeployment) Cells(_ Names, a Change) Cells {
	note := ""
	if a.Op != Keep {
		note = "replace running tasks"
		if s.TaskDefinition != (Value{}) {
			note = "run the new revision"
		}
	}
	return Cells{"ECS service", s.Service, "cluster " + words.Last(s.Cluster), note}
}

func (s ServiceDeployment) claims(a Change) []Claim {
	if a.Op != Run {
		return nil
	}
	return []Claim{{Says: fmt.Sprintf("service %s has a new deployment, and no task of an older one is running", strings.TrimPrefix(string(a.ID), "service/")),
		Measure: Deployed{Cluster: s.Cluster, Service: s.Service, After: s.After}}}
}

// stays implements stayer. A deployment with a new revision is reverted.
func (s ServiceDeployment) stays(a Change) []string {
	if a.Op != Run || s.Before != "" {
		return nil
	}
	return []string{fmt.Sprintf("The new deployment of service %s is not reverted.", strings.TrimPrefix(string(a.ID), "service/"))}
}

// Steps forces a new deployment, unless one began after the plan was created, and
// waits until the old tasks have stopped.
func (s ServiceDeployment) Steps(a Change) Steps {
	arn := Lit(a.Existing)
	if a.Op == Keep {
		find := services(s, expr("services[0].serviceArn"))
		return Steps{Find: &find}
	}
	find := services(s, expr("services[?deployments[?", later(s), "]].serviceArn | [0]"))
	in := map[string]any{"cluster": s.Cluster, "service": s.Service, "forceNewDeployment": true}
	if s.TaskDefinition != (Value{}) {
		in["taskDefinition"] = s.TaskDefinition
	}
	state := expr("services[].[serviceArn, deployments[?", later(s), " && rolloutState=='FAILED'] && 'FAILED' || ", only(s), " && 'COMPLETED' || 'IN_PROGRESS']")
	var other []Value
	if s.TaskDefinition != (Value{}) && s.After != "" { // somebody else's deployment must not be replaced by a revision of an older one
		_, other = place("services", "serviceArn", expr("serviceArn"), needs(expr("deployments[?status=='PRIMARY' && (id==", Lit(s.After), " || taskDefinition==", s.TaskDefinition, ")]"),
			"'its deployment is '", "join(', ', deployments[?status=='PRIMARY'].id)", "' (plan: '", Lit(s.After), "')'"))
	}
	var undo []Call
	var now *Call
	if s.Before != "" {
		now = new(services(s, expr("services[?deployments[?status=='PRIMARY' && taskDefinition==", s.TaskDefinition, "]] | [0].{task_definition: taskDefinition}")))
		undo = []Call{{Service: "ecs", Op: "UpdateService", In: map[string]any{"cluster": s.Cluster, "service": s.Service, "taskDefinition": s.Before}, Out: expr(arn)}}
	}
	return Steps{
		Find:  &find,
		Other: other,
		Undo:  undo,
		Now:   now,
		Do:    []Call{{Service: "ecs", Op: "UpdateService", In: in, Out: expr(arn)}},
		Until: &Until{Call: services(s, state), Want: "COMPLETED", Fail: []string{"FAILED"}, Every: 10, Limit: 1800},
	}
}

// later is the condition that a deployment is newer than the one in the plan.
func later(s ServiceDeployment) []Value {
	out := expr("status=='PRIMARY' && id!=", Lit(s.After))
	if s.TaskDefinition != (Value{}) {
		out = expr(out, " && taskDefinition==", s.TaskDefinition)
	}
	return out
}

// only is the condition that the newer deployment is the only one. Amazon ECS removes an older
// one from the list when its last task has stopped.
func only(s ServiceDeployment) []Value {
	return expr("to_string(length(deployments))=='1' && deployments[?", later(s), " && (rolloutState || 'COMPLETED')=='COMPLETED']")
}

func services(s ServiceDeployment, out []Value) Call {
	return Call{Service: "ecs", Op: "DescribeServices", In: map[string]any{"cluster": s.Cluster, "services": []any{s.Service}}, Out: out}
}

// Deployed claims that all tasks of a service belong to a newer deployment than After.
type Deployed struct {
	Service string `json:"service"`
	After   string `json:"after,omitempty"`
	Cluster string `json:"cluster"` // ARN
}

// Kind implements Measure.
func (Deployed) Kind() ClaimKind { return "service-deployed" }

func (m Deployed) check(Claim, *Change) (Check, bool) {
	s := ServiceDeployment{Cluster: m.Cluster, Service: m.Service, After: m.After}
	return yes(services(s, holds("services[?", only(s), "]")))
}
