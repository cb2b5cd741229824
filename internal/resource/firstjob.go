package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// FirstJob is one job of AWS Batch, which shows that jobs start.
type FirstJob struct {
	Name       string            `aws:"JobName"`
	Queue      Value             `aws:"JobQueue"`      // ARN
	Definition Value             `aws:"JobDefinition"` // ARN
	Tags       map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (FirstJob) Terms() []*terms.Term { return []*terms.Term{terms.Verification} }

// Kind implements Spec.
func (FirstJob) Kind() string { return "job" }

// Cells implements Spec.
func (s FirstJob) Cells(Names, Change) Cells {
	return Cells{"job", s.Name, "job queue " + s.Name, "submitted once"}
}

func (s FirstJob) claims(a Change) []Claim {
	return []Claim{{Asked: true, Says: fmt.Sprintf("job %s runs or has succeeded", s.Name), Measure: JobStarts{Job: a.ID}}}
}

// Steps submits the job and waits until it runs. A job with the same name that has not failed is not submitted again. AWS
// Batch lists jobs of all states by name, with the definition of each.
// Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
func (s FirstJob) Steps(a Change) Steps {
	find := batch("ListJobs", map[string]any{"jobQueue": value(s.Queue), "filters": []any{map[string]any{"name": "JOB_NAME", "values": []any{s.Name}}}},
		expr("jobSummaryList[?status!='FAILED' && jobDefinition==", s.Definition, "].jobId | [0]"))
	find.Absent = []string{"ClientException"} // the queue does not exist
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	in := batchTags(map[string]any{"jobName": s.Name, "jobQueue": value(s.Queue), "jobDefinition": value(s.Definition)}, s.Tags)
	now := describeJob(a.ID, expr("jobs[?status!='FAILED' && status!='SUCCEEDED'] | [0].{job_definition: jobDefinition}"))
	return Steps{
		Find: &find, Now: &now,
		Do: []Call{batch("SubmitJob", in, expr("jobId"))},
		Until: &Until{Call: describeJob(a.ID, expr("jobs[].[jobId, ", jobBegan, " && 'STARTED' || status]")), Want: "STARTED", Fail: []string{"FAILED"}, Every: 5, Limit: 1800,
			What: "jobs[].[jobId, join('. ', [statusReason || '', container.reason || ''])]",
			Help: "A job that stays RUNNABLE waits for its compute environment. Run again to continue waiting."},
		Undo:    []Call{batch("TerminateJob", map[string]any{"jobId": From(a.ID), "reason": "Undone by PrivateLink Wizard"}, nil)},
		Deleted: &Until{Call: describeJob(a.ID, expr("jobs[].[jobId, (status=='FAILED' || status=='SUCCEEDED') && 'ENDED' || status]")), Want: "ENDED", Missing: "ENDED", Every: 5, Limit: 600},
		Stays:   "AWS Batch lists a job for some time after it has ended.",
	}
}

// jobBegan is the condition that a job runs or has succeeded.
const jobBegan = "(status=='RUNNING' || status=='SUCCEEDED')"

func describeJob(id ID, out []Value) Call {
	return batch("DescribeJobs", map[string]any{"jobs": []any{From(id)}}, out)
}

// JobStarts claims that the job of a change runs or has succeeded.
type JobStarts struct {
	Job ID `json:"job"`
}

// Kind implements Measure.
func (JobStarts) Kind() ClaimKind { return "job-starts" }

func (m JobStarts) check(Claim, *Change) (Check, bool) {
	return equals(describeJob(m.Job, expr("jobs[?"+jobBegan+"] && 'started' || join('. ', [jobs[].status, jobs[].statusReason, jobs[].container.reason][]) || 'no job'")), "started")
}
