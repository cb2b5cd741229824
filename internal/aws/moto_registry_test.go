//go:build acceptance

package aws

import (
	"context"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func TestAcceptanceMotoRegistry(t *testing.T) {
	moto(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := Open(ctx, Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, secrets := kms.NewFromConfig(c.cfg), secretsmanager.NewFromConfig(c.cfg)
	made, err := keys.CreateKey(ctx, &kms.CreateKeyInput{KeyUsage: kmstypes.KeyUsageTypeEncryptDecrypt})
	must(err)
	_, err = keys.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: sdk.String("alias/registry"), TargetKeyId: made.KeyMetadata.KeyId})
	must(err)
	for _, name := range []string{"team/b", "team/a"} {
		_, err := secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: sdk.String("hunter2"), KmsKeyId: sdk.String("alias/registry")})
		must(err)
	}
	_, err = secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: sdk.String("team/b")})
	must(err)
	for name, service := range map[string]string{"tasks": "ecs-tasks.amazonaws.com", "functions": "lambda.amazonaws.com"} {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
		_, err := iamClient(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
		must(err)
	}
	for range 2 {
		_, err := ecsClient(c).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: sdk.String("web"), Tags: []ecstypes.Tag{{Key: sdk.String("k"), Value: sdk.String("v")}},
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: sdk.String("z"), Image: sdk.String("nginx"), Memory: sdk.Int32(128)}, {Name: sdk.String("a"), Image: sdk.String("nginx"), Memory: sdk.Int32(128)}}})
		must(err)
	}

	var inv inventory.Inventory
	for _, r := range []inventory.Request{{Part: inventory.PartIdentity}, registry, secretOf("team/a"), secretOf("none"), definitionOf("web"), definitionOf("none")} {
		inv.Merge(loaded(t, c, r))
	}
	if len(inv.Gaps) != 0 || len(inv.Secrets) != 2 {
		t.Fatalf("%+v", inv)
	}
	if a, b := inv.Secret("team/a"), inv.Secret("team/b"); a == nil || a.KMSKey == "" || a.Version == "" || a.Deleted != "" || b == nil || b.Deleted == "" {
		t.Errorf("%+v", inv.Secrets)
	}
	if k := inv.Key("alias/registry"); k == nil || k.ARN != *made.KeyMetadata.Arn || k.Manager != "CUSTOMER" || k.State != "Enabled" || k.Usage != "ENCRYPT_DECRYPT" {
		t.Errorf("%+v", inv.Keys)
	}
	if d := cmp.Diff([]string{"arn:aws:iam::123456789012:role/tasks"}, inv.ExecutionRoles); d != "" {
		t.Error(d)
	}
	web := inv.Definition("web")
	if web == nil || web.Revision != 2 || !slices.Contains(web.Fields, "tags") || !slices.Contains(web.Fields, "containerDefinitions") || web.Containers[0].Name != "z" {
		t.Errorf("%+v", inv.TaskDefinitions)
	}
}
