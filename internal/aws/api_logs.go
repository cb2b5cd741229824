package aws

import "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

var _ = operate("logs", func(reads, writes *cloudwatchlogs.Client) operations {
	return operations{
		"CreateLogGroup":    single(writes.CreateLogGroup),
		"DescribeLogGroups": paged(cloudwatchlogs.NewDescribeLogGroupsPaginator)(reads),
	}
})
