package aws

import "github.com/aws/aws-sdk-go-v2/service/sts"

var _ = operate("sts", func(reads, _ *sts.Client) operations {
	return operations{
		"GetCallerIdentity": single(reads.GetCallerIdentity),
	}
})
