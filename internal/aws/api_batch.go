package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/batch"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

var batchClient = register("batch", batch.ServiceID, batch.NewFromConfig, traits{names: shape.Camel, required: map[string][]string{
	"CreateComputeEnvironment": {"ComputeEnvironmentArn"},
	"CreateJobQueue":           {"JobQueueArn"},
	"RegisterJobDefinition":    {"JobDefinitionArn"},
	"SubmitJob":                {"JobId"},
	"UpdateComputeEnvironment": {"ComputeEnvironmentArn"},
	"UpdateJobQueue":           {"JobQueueArn"},
}})

var _ = operate("batch", func(reads, writes *batch.Client) operations {
	return operations{
		"CreateComputeEnvironment":    single(writes.CreateComputeEnvironment),
		"CreateJobQueue":              single(writes.CreateJobQueue),
		"DeleteComputeEnvironment":    single(writes.DeleteComputeEnvironment),
		"DeleteJobQueue":              single(writes.DeleteJobQueue),
		"DeregisterJobDefinition":     single(writes.DeregisterJobDefinition),
		"DescribeComputeEnvironments": paged(batch.NewDescribeComputeEnvironmentsPaginator)(reads),
		"DescribeJobDefinitions":      paged(batch.NewDescribeJobDefinitionsPaginator)(reads),
		"DescribeJobQueues":           paged(batch.NewDescribeJobQueuesPaginator)(reads),
		"DescribeJobs":                single(reads.DescribeJobs),
		"ListJobs":                    paged(batch.NewListJobsPaginator)(reads),
		"RegisterJobDefinition":       single(writes.RegisterJobDefinition),
		"SubmitJob":                   single(writes.SubmitJob),
		"TerminateJob":                single(writes.TerminateJob),
		"UpdateComputeEnvironment":    single(writes.UpdateComputeEnvironment),
		"UpdateJobQueue":              single(writes.UpdateJobQueue),
	}
})
