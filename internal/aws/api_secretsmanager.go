package aws

import "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

var secretsmanagerClient = register("secretsmanager", secretsmanager.ServiceID, secretsmanager.NewFromConfig, traits{private: true, required: map[string][]string{
	"CreateSecret":             {"ARN"},
	"DeleteSecret":             {"ARN"},
	"DescribeSecret":           {"ARN"},
	"GetSecretValue":           {"ARN"},
	"PutSecretValue":           {"ARN", "VersionId"},
	"RestoreSecret":            {"ARN"},
	"UpdateSecretVersionStage": {"ARN"},
}})

var _ = operate("secretsmanager", func(reads, writes *secretsmanager.Client) operations {
	return operations{
		"CreateSecret":             single(writes.CreateSecret),
		"DeleteSecret":             single(writes.DeleteSecret),
		"DescribeSecret":           single(reads.DescribeSecret),
		"GetSecretValue":           single(reads.GetSecretValue),
		"PutSecretValue":           single(writes.PutSecretValue),
		"RestoreSecret":            single(writes.RestoreSecret),
		"UpdateSecretVersionStage": single(writes.UpdateSecretVersionStage),
	}
})
