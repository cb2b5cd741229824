package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// ComputeEnvironment is a new compute environment of AWS Batch on AWS Fargate. AWS Batch creates its service-linked role
// AWSServiceRoleForBatch if the request names no service role.
// Source: https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
type ComputeEnvironment struct {
	Name    string            `aws:"ComputeEnvironmentName"`
	MaxVCPU int               `aws:"MaxvCpus"`
	Subnets []Value           `aws:"Subnets"`
	Groups  []Value           `aws:"SecurityGroupIds"`
	Tags    map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (ComputeEnvironment) Terms() []*terms.Term { return []*terms.Term{terms.Verification, terms.VPC} }

// Kind implements Spec.
func (ComputeEnvironment) Kind() string { return "compute-environment" }

func (ComputeEnvironment) constants() []field {
	return []field{{"Type", "FARGATE"}, {"State", "ENABLED"}}
}

// Cells implements Spec.
func (s ComputeEnvironment) Cells(p Names, _ Change) Cells {
	return Cells{"compute environment", s.Name, "Fargate", p.GroupsText(s.Groups)}
}

func (s ComputeEnvironment) claims(Change) []Claim {
	return []Claim{{Says: "compute environment " + s.Name + " is enabled and valid", Measure: BatchReady{}}}
}

func (s ComputeEnvironment) describe(out []Value) Call {
	return batch("DescribeComputeEnvironments", map[string]any{"computeEnvironments": []any{s.Name}}, out)
}

func (s ComputeEnvironment) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_batch_compute_environment", "compute_environment_name", s.Name)
	}
	resources := Nested{{"type", "FARGATE"}, {"max_vcpus", s.MaxVCPU}, {"subnets", s.Subnets}}
	if len(s.Groups) > 0 {
		resources = append(resources, Attribute{"security_group_ids", s.Groups})
	}
	out := block("aws_batch_compute_environment", []Attribute{{"compute_environment_name", s.Name}, {"type", "MANAGED"}, {"compute_resources", resources}, {"tags", s.Tags}})
	out.Blocks[0].Output = "arn"
	return out
}

// Steps creates the environment as disabled, and then enables it. So its undo first disables it, which AWS Batch requires
// before it deletes an environment.
// Sources: https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html,
// https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteComputeEnvironment.html
func (s ComputeEnvironment) Steps(a Change) Steps {
	const list, id = "computeEnvironments", "computeEnvironmentArn"
	var all []need
	if a.Op != Keep {
		all = append(append([]need{is("type", "computeResources.type", "FARGATE")}, needsAll("subnets", "computeResources.subnets", s.Subnets)...),
			needsAll("security groups", "computeResources.securityGroupIds", s.Groups)...)
	}
	all = append(all, needs(expr("status!='INVALID'"), "'its status is INVALID: '", "statusReason || ''"))
	which, other := place(list, id, expr("status!='DELETED'"), all...)
	find := s.describe(which)
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	resources := map[string]any{"type": "FARGATE", "maxvCpus": s.MaxVCPU, "subnets": values(s.Subnets)}
	if len(s.Groups) > 0 {
		resources["securityGroupIds"] = values(s.Groups)
	}
	in := map[string]any{"computeEnvironmentName": s.Name, "type": "MANAGED", "state": "DISABLED", "computeResources": resources}
	return switched(a, list, id, "compute environment "+s.Name, find, other, s.describe, batch("CreateComputeEnvironment", batchTags(in, s.Tags), expr(id)),
		"DeleteComputeEnvironment", "UpdateComputeEnvironment", "computeEnvironment")
}

// switched returns the steps of something in AWS Batch that is created disabled, and then enabled.
func switched(a Change, list, id, what string, find Call, other []Value, describe func([]Value) Call, create Call, remove, update, key string) Steps {
	explain := list + "[].[" + id + ", statusReason]"
	change := func(state string) Call {
		return batch(update, map[string]any{key: From(a.ID), "state": state}, expr(id))
	}
	// The state of something that is being changed has its new state and another status than VALID.
	state := describe(expr(list + "[].[" + id + ", status=='VALID' && state || status]"))
	on := describe(expr(list + "[?state=='ENABLED']." + id + " | [0]"))
	return Steps{Parts: []Part{
		{Label: "create " + what, Steps: Steps{
			Find: &find, Other: other, Do: []Call{create},
			Until:   &Until{Call: describe(expr(list + "[].[" + id + ", status]")), Want: "VALID", Fail: []string{"INVALID", "DELETING", "DELETED"}, Every: 5, Limit: 600, What: explain},
			Undo:    []Call{batch(remove, map[string]any{key: From(a.ID)}, nil)},
			Deleted: &Until{Call: describe(expr(list + "[].[" + id + ", status]")), Want: "DELETED", Missing: "DELETED", Fail: []string{"INVALID"}, Every: 5, Limit: 900, What: explain}}},
		{Label: "enable " + what, Steps: Steps{
			Find: &on, Do: []Call{change("ENABLED")},
			Until:   &Until{Call: state, Want: "ENABLED", Fail: []string{"INVALID"}, Every: 5, Limit: 600, What: explain},
			Undo:    []Call{change("DISABLED")},
			Deleted: &Until{Call: state, Want: "DISABLED", Missing: "DISABLED", Fail: []string{"INVALID"}, Every: 5, Limit: 600, What: explain}}},
	}}
}

// BatchReady claims that a compute environment or job queue is enabled and valid.
type BatchReady struct{}

// Kind implements Measure.
func (BatchReady) Kind() ClaimKind { return "batch-ready" }

func (BatchReady) check(_ Claim, a *Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	const ready = "status=='VALID' && state=='ENABLED'"
	switch s := a.Spec.(type) {
	case ComputeEnvironment:
		return yes(s.describe(holds("computeEnvironments[?" + ready + "]")))
	case JobQueue:
		return yes(s.describe(holds("jobQueues[?" + ready + "]")))
	}
	return Check{}, false
}

func batch(op string, in map[string]any, out []Value) Call {
	return Call{Service: "batch", Op: op, In: in, Out: out}
}

// batchTags adds tags to a request of AWS Batch. Without tags it adds no field.
func batchTags(in map[string]any, tags map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range tags {
		out[k] = v
	}
	if len(out) > 0 {
		in["tags"] = out
	}
	return in
}

func (s ComputeEnvironment) cloudFormation(a Change) Declared {
	return block("AWS::Batch::ComputeEnvironment", set(requested(a), "State", "ENABLED"))
}
