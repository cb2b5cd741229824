package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const (
	// mostKeys is the maximum number of keys to describe, and keysAtOnce the number of parallel
	// calls. AWS allows few such calls per second and shares this limit with decryption.
	mostKeys   = 50
	keysAtOnce = 8

	// defaultKey is the alias of the key for secrets without a key of their own.
	defaultKey = "alias/aws/secretsmanager"

	// farTime is the time limit for a call to another Region. From inside a VPC without internet
	// access it may not be reachable.
	farTime = 10 * time.Second
)

var kmsClient = register("kms", kms.ServiceID, kms.NewFromConfig, traits{})

// registry loads the resources for credentials of a private registry: secrets, the keys that can
// encrypt them, and the roles that tasks can read them with. The three lists are independent.
func (l *loading) registry(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.secrets(ctx) })
	g.Go(func() error { return l.keys(ctx) })
	g.Go(func() error { return l.executionRoles(ctx) })
	return g.Wait()
}

// secrets lists the secrets of the Region, including those scheduled for deletion, because their
// names are still in use.
func (l *loading) secrets(ctx context.Context) error {
	in := &secretsmanager.ListSecretsInput{IncludePlannedDeletion: sdk.Bool(true), MaxResults: sdk.Int32(100)}
	err := readAll(ctx, l, "secretsmanager:ListSecrets", secretsmanager.NewListSecretsPaginator(secretsmanagerClient(l.c), in), func(o *secretsmanager.ListSecretsOutput) {
		for _, s := range o.SecretList {
			l.out.Secrets = append(l.out.Secrets, inventory.Secret{ARN: sdk.ToString(s.ARN), Name: sdk.ToString(s.Name), Description: sdk.ToString(s.Description), KMSKey: sdk.ToString(s.KmsKeyId),
				Deleted: moment(s.DeletedDate), Rotates: sdk.ToBool(s.RotationEnabled), Version: current(s.SecretVersionsToStages)})
		}
	})
	by(l.out.Secrets, func(s inventory.Secret) string { return s.ARN })
	return err
}

// current returns the id of the version with the stage AWSCURRENT.
func current(stages map[string][]string) string {
	for id, s := range stages {
		if slices.Contains(s, "AWSCURRENT") {
			return id
		}
	}
	return ""
}

// keys loads the aliases and then the keys that they refer to. Of the keys that AWS manages it
// needs only the alias of the one for secrets.
func (l *loading) keys(ctx context.Context) error {
	found := map[string]*inventory.Key{} // by ARN
	err := readAll(ctx, l, "kms:ListAliases", kms.NewListAliasesPaginator(kmsClient(l.c), &kms.ListAliasesInput{Limit: sdk.Int32(100)}), func(o *kms.ListAliasesOutput) {
		for _, a := range o.Aliases {
			addAlias(found, sdk.ToString(a.AliasName), sdk.ToString(a.AliasArn), sdk.ToString(a.TargetKeyId))
		}
	})
	if err != nil {
		return err
	}
	for _, k := range found {
		k.Aliases = sorted(k.Aliases)
		l.out.Keys = append(l.out.Keys, *k)
	}
	by(l.out.Keys, func(k inventory.Key) string { return k.ARN })
	return l.describeKeys(ctx)
}

// addAlias records an alias. AWS also lists aliases without a key yet. A key is in the account
// and Region of its aliases.
func addAlias(found map[string]*inventory.Key, name, aliasARN, id string) {
	if id == "" || strings.HasPrefix(name, "alias/aws/") && name != defaultKey {
		return
	}
	key := strings.TrimSuffix(aliasARN, name) + "key/" + id
	if found[key] == nil {
		found[key] = &inventory.Key{ARN: key}
	}
	found[key].Aliases = append(found[key].Aliases, name)
	if name == defaultKey {
		found[key].Manager = "AWS"
	}
}

// describeKeys describes the customer managed keys. If the account has more than the maximum, it
// records a gap.
func (l *loading) describeKeys(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(keysAtOnce)
	asked := 0
	for i := range l.out.Keys {
		k := &l.out.Keys[i]
		if k.Manager != "" {
			continue
		}
		if asked++; asked > mostKeys {
			l.gap(&Error{Op: "kms:DescribeKey", Code: inventory.NotAllRead, Message: fmt.Sprintf(
				"only %d of the keys with an alias were described; of the others only the aliases are known", mostKeys)})
			break
		}
		g.Go(func() error { return l.describeKey(ctx, k) })
	}
	return g.Wait()
}

func (l *loading) describeKey(ctx context.Context, k *inventory.Key) error {
	err := read(ctx, l, "kms:DescribeKey", kmsClient(l.c).DescribeKey, kms.DescribeKeyInput{KeyId: &k.ARN}, func(o *kms.DescribeKeyOutput) {
		if m := o.KeyMetadata; m != nil {
			k.Manager, k.State, k.Usage = string(m.KeyManager), string(m.KeyState), string(m.KeyUsage)
		}
	})
	return ignoreCode("NotFoundException", err) // deleted after its alias was listed
}

// executionRoles lists the roles that tasks can assume.
func (l *loading) executionRoles(ctx context.Context) error {
	err := readAll(ctx, l, "iam:ListRoles", iam.NewListRolesPaginator(iamClient(l.c), &iam.ListRolesInput{MaxItems: sdk.Int32(1000)}), func(o *iam.ListRolesOutput) {
		for _, r := range o.Roles {
			if trustsTasks(document(r.AssumeRolePolicyDocument)) {
				l.out.ExecutionRoles = append(l.out.ExecutionRoles, sdk.ToString(r.Arn))
			}
		}
	})
	l.out.ExecutionRoles = sorted(l.out.ExecutionRoles)
	return err
}

// trustsTasks reports whether a trust policy allows the tasks of Amazon ECS, and so the jobs of
// AWS Batch, to assume its role. It ignores conditions: the usual ones only limit the account,
// which is this one.
func trustsTasks(policy string) bool {
	var doc map[string]any
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	return slices.ContainsFunc(list(doc["Statement"]), func(v any) bool {
		s, _ := v.(map[string]any)
		who, _ := s["Principal"].(map[string]any)
		return s["Effect"] == "Allow" && slices.ContainsFunc(list(who["Service"]), isTasks) && slices.ContainsFunc(list(s["Action"]), isAssumeRole)
	})
}

// isTasks reports whether a principal is the service of Amazon ECS tasks. The end of its name
// differs between partitions.
func isTasks(v any) bool {
	s, _ := v.(string)
	return strings.HasPrefix(s, "ecs-tasks.")
}

// isAssumeRole reports whether an action, which may contain wildcards, includes sts:AssumeRole.
func isAssumeRole(v any) bool {
	s, _ := v.(string)
	ok, _ := path.Match(strings.ToLower(s), "sts:assumerole")
	return ok
}

// list returns a policy element as a list. A single value in a policy may be written without one.
func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// secret loads one secret by name or ARN. A secret that does not exist adds nothing.
func (l *loading) secret(ctx context.Context, r inventory.Request) error {
	if a, err := arn.Parse(r.Name); err == nil && a.Region != l.c.region {
		return l.farSecret(ctx, r.Name, a.Region)
	}
	return l.gapIfUnread(l.describeSecret(ctx, r.Name))
}

// farSecret loads a secret in another Region. This Region may not be reachable from here, so
// every failure is a gap.
func (l *loading) farSecret(ctx context.Context, name, region string) error {
	const op = "secretsmanager:DescribeSecret"
	if plausible(region) != nil {
		l.gap(&Error{Op: op, Code: CodeRequest, Message: fmt.Sprintf("%q is not the code of a Region", region)})
		return nil
	}
	farCtx, cancel := context.WithTimeout(ctx, farTime)
	defer cancel()
	err := l.describeSecret(farCtx, name, func(o *secretsmanager.Options) { o.Region = region })
	if ctx.Err() != nil {
		return l.c.fail(op, ctx.Err())
	}
	l.gapOnFailure(op, err)
	return nil
}

func (l *loading) describeSecret(ctx context.Context, name string, opts ...func(*secretsmanager.Options)) error {
	s, err := secretsmanagerClient(l.c).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name}, opts...)
	if err != nil {
		return ignoreCode("ResourceNotFoundException", l.c.fail("secretsmanager:DescribeSecret", err))
	}
	l.out.Secrets = []inventory.Secret{{ARN: sdk.ToString(s.ARN), Name: sdk.ToString(s.Name), Description: sdk.ToString(s.Description), KMSKey: sdk.ToString(s.KmsKeyId),
		Deleted: moment(s.DeletedDate), Rotates: sdk.ToBool(s.RotationEnabled), Version: current(s.VersionIdsToStages)}}
	return nil
}

// ignoreCode ignores an error with the given code.
func ignoreCode(code string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code == code {
		return nil
	}
	return err
}
