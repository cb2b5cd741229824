package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/batch"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

var batchClient = register("batch", batch.ServiceID, batch.NewFromConfig, traits{names: shape.Camel, required: map[string][]string{
	"RegisterJobDefinition": {"JobDefinitionArn"},
}})

var _ = operate("batch", func(reads, writes *batch.Client) operations {
	return operations{
		"DeregisterJobDefinition": single(writes.DeregisterJobDefinition),
		"DescribeJobDefinitions":  paged(batch.NewDescribeJobDefinitionsPaginator)(reads),
		"RegisterJobDefinition":   single(writes.RegisterJobDefinition),
	}
})
