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

var _ = operate("secretsmanager", func(reads, repeats, once *secretsmanager.Client) operations {
	return operations{
		"CreateSecret":             tokened(repeats.CreateSecret, once.CreateSecret),
		"DeleteSecret":             single(repeats.DeleteSecret),
		"DescribeSecret":           single(reads.DescribeSecret),
		"GetSecretValue":           single(reads.GetSecretValue),
		"PutSecretValue":           tokened(repeats.PutSecretValue, once.PutSecretValue),
		"RestoreSecret":            single(repeats.RestoreSecret),
		"UpdateSecretVersionStage": single(repeats.UpdateSecretVersionStage),
	}
})
