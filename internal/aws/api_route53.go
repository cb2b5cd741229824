package aws

import "github.com/aws/aws-sdk-go-v2/service/route53"

var route53Client = register("route53", route53.ServiceID, route53.NewFromConfig, traits{xml: true, required: map[string][]string{
	"ChangeResourceRecordSets": {"ChangeInfo.Id"},
}})

var _ = operate("route53", func(reads, writes *route53.Client) operations {
	return operations{
		"ChangeResourceRecordSets": single(writes.ChangeResourceRecordSets),
		"ListResourceRecordSets":   single(reads.ListResourceRecordSets), // the requested record is on the first page
	}
})
