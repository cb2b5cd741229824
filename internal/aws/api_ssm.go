package aws

import "github.com/aws/aws-sdk-go-v2/service/ssm"

var ssmClient = register("ssm", ssm.ServiceID, ssm.NewFromConfig, traits{private: true, required: map[string][]string{
	"SendCommand":          {"Command.CommandId"},
	"GetCommandInvocation": {"CommandId"},
}})

var _ = operate("ssm", func(reads, writes *ssm.Client) operations {
	return operations{
		"DescribeInstanceInformation": paged(ssm.NewDescribeInstanceInformationPaginator)(reads),
		"GetCommandInvocation":        single(reads.GetCommandInvocation),
		"ListCommandInvocations":      paged(ssm.NewListCommandInvocationsPaginator)(reads),
		"SendCommand":                 single(writes.SendCommand),
	}
})
