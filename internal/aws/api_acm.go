package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/acm"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

var acmClient = register("acm", acm.ServiceID, acm.NewFromConfig, traits{names: shape.Mixed, private: true, required: map[string][]string{
	"DescribeCertificate": {"Certificate.CertificateArn"},
	"ImportCertificate":   {"CertificateArn"},
	"RequestCertificate":  {"CertificateArn"},
}})

var _ = operate("acm", func(reads, writes *acm.Client) operations {
	return operations{
		"DeleteCertificate":   single(writes.DeleteCertificate),
		"DescribeCertificate": single(reads.DescribeCertificate),
		"ImportCertificate":   single(writes.ImportCertificate),
		"ListCertificates":    paged(acm.NewListCertificatesPaginator)(reads),
		"RequestCertificate":  single(writes.RequestCertificate),
	}
})
