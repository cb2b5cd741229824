package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// JobQueue is a new job queue of AWS Batch with one compute environment.
type JobQueue struct {
	Name        string            `aws:"JobQueueName"`
	Environment Value             `aws:"ComputeEnvironment"` // ARN
	Tags        map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (JobQueue) Terms() []*terms.Term { return []*terms.Term{terms.Verification} }

// Kind implements Spec.
func (JobQueue) Kind() string { return "job-queue" }

func (JobQueue) constants() []field { return []field{{"State", "ENABLED"}} }

// Cells implements Spec.
func (s JobQueue) Cells(p Names, _ Change) Cells {
	return Cells{"job queue", s.Name, "", ""}
}

func (s JobQueue) claims(Change) []Claim {
	return []Claim{{Says: "job queue " + s.Name + " is enabled and valid", Measure: BatchReady{}}}
}

func (s JobQueue) describe(out []Value) Call {
	return batch("DescribeJobQueues", map[string]any{"jobQueues": []any{s.Name}}, out)
}

func (s JobQueue) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_batch_job_queue", "name", s.Name)
	}
	out := block("aws_batch_job_queue", []Attribute{{"name", s.Name}, {"state", "ENABLED"}, {"priority", 1},
		{"compute_environment_order", Nested{{"order", 1}, {"compute_environment", s.Environment}}}, {"tags", s.Tags}})
	out.Blocks[0].Output = "arn"
	return out
}

// Steps creates the queue as disabled, and then enables it. So its undo first disables it, which AWS Batch requires
// before it deletes a queue.
// Sources: https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html,
// https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html
func (s JobQueue) Steps(a Change) Steps {
	const list, id = "jobQueues", "jobQueueArn"
	var all []need
	if a.Op != Keep {
		all = needsAll("compute environments", "computeEnvironmentOrder[].computeEnvironment", []Value{s.Environment})
	}
	all = append(all, needs(expr("status!='INVALID'"), "'its status is INVALID: '", "statusReason || ''"))
	which, other := place(list, id, expr("status!='DELETED'"), all...)
	find := s.describe(which)
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	in := map[string]any{"jobQueueName": s.Name, "state": "DISABLED", "priority": 1,
		"computeEnvironmentOrder": []any{map[string]any{"order": 1, "computeEnvironment": value(s.Environment)}}}
	return switched(a, list, id, "job queue "+s.Name, find, other, s.describe, batch("CreateJobQueue", batchTags(in, s.Tags), expr(id)), "DeleteJobQueue", "UpdateJobQueue", "jobQueue")
}

func (s JobQueue) cloudFormation(a Change) Declared {
	return block("AWS::Batch::JobQueue", set(requested(a), "State", "ENABLED"))
}
