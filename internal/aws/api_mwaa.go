package aws

import "github.com/aws/aws-sdk-go-v2/service/mwaa"

var mwaaClient = register("mwaa", mwaa.ServiceID, mwaa.NewFromConfig, traits{required: map[string][]string{
	"GetEnvironment":    {"Environment.Name"},
	"UpdateEnvironment": {"Arn"},
}}, plainHost)

var _ = operate("mwaa", func(reads, writes *mwaa.Client) operations {
	return operations{
		"GetEnvironment":    single(reads.GetEnvironment),
		"UpdateEnvironment": single(writes.UpdateEnvironment),
	}
})
