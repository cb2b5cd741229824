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
	// mostKeys is how many keys are asked about at most, and keysAtOnce how many side
	// by side: AWS allows few such calls a second, and shares them with whoever decrypts.
	mostKeys   = 50
	keysAtOnce = 8

	// defaultKey is the alias of the key for secrets that name none.
	defaultKey = "alias/aws/secretsmanager"

	// farTime is how long another Region is waited for. From inside a closed VPC it may
	// well be out of reach.
	farTime = 10 * time.Second
)

// registry loads what credentials of a private registry are made of: secrets, the keys
// that they may be encrypted with, and the roles that may read them for tasks. The
// three lists need nothing of each other.
func (l *loading) registry(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.secrets(ctx) })
	g.Go(func() error { return l.keys(ctx) })
	g.Go(func() error { return l.executionRoles(ctx) })
	return g.Wait()
}

// secrets lists the secrets of the Region. Those to be deleted are among them, since
// their names are not free.
func (l *loading) secrets(ctx context.Context) error {
	in := &secretsmanager.ListSecretsInput{IncludePlannedDeletion: sdk.Bool(true), MaxResults: sdk.Int32(100)}
	err := readAll(ctx, l, "secretsmanager:ListSecrets", secretsmanager.NewListSecretsPaginator(l.c.secretsmanager, in), func(o *secretsmanager.ListSecretsOutput) {
		for _, s := range o.SecretList {
			l.out.Secrets = append(l.out.Secrets, inventory.Secret{ARN: sdk.ToString(s.ARN), Name: sdk.ToString(s.Name), Description: sdk.ToString(s.Description), KMSKey: sdk.ToString(s.KmsKeyId),
				Deleted: moment(s.DeletedDate), Rotates: sdk.ToBool(s.RotationEnabled), Version: current(s.SecretVersionsToStages)})
		}
	})
	by(l.out.Secrets, func(s inventory.Secret) string { return s.ARN })
	return err
}

// current is the id of the version that is in use.
func current(stages map[string][]string) string {
	for id, s := range stages {
		if slices.Contains(s, "AWSCURRENT") {
			return id
		}
	}
	return ""
}

// keys finds keys by the aliases that lead to them, and then what each one is. Of the
// keys that AWS manages only the one for secrets is of interest, and its alias says all.
func (l *loading) keys(ctx context.Context) error {
	found := map[string]*inventory.Key{} // by ARN
	err := readAll(ctx, l, "kms:ListAliases", kms.NewListAliasesPaginator(l.c.kms, &kms.ListAliasesInput{Limit: sdk.Int32(100)}), func(o *kms.ListAliasesOutput) {
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

// addAlias notes an alias, of which AWS lists some for keys that do not exist yet. A
// key is of the account and Region of its aliases.
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

// describeKeys asks about the customer's keys. If there are more than it asks about,
// that is a gap.
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
				"of the keys with an alias %d were asked about, and there are more: of the others only the aliases are known", mostKeys)})
			break
		}
		g.Go(func() error { return l.describeKey(ctx, k) })
	}
	return g.Wait()
}

func (l *loading) describeKey(ctx context.Context, k *inventory.Key) error {
	err := read(ctx, l, "kms:DescribeKey", l.c.kms.DescribeKey, kms.DescribeKeyInput{KeyId: &k.ARN}, func(o *kms.DescribeKeyOutput) {
		if m := o.KeyMetadata; m != nil {
			k.Manager, k.State, k.Usage = string(m.KeyManager), string(m.KeyState), string(m.KeyUsage)
		}
	})
	return unless("NotFoundException", err) // deleted since its alias was listed
}

// executionRoles lists the roles that tasks can have.
func (l *loading) executionRoles(ctx context.Context) error {
	err := readAll(ctx, l, "iam:ListRoles", iam.NewListRolesPaginator(l.c.iam, &iam.ListRolesInput{MaxItems: sdk.Int32(1000)}), func(o *iam.ListRolesOutput) {
		for _, r := range o.Roles {
			if trustsTasks(document(r.AssumeRolePolicyDocument)) {
				l.out.ExecutionRoles = append(l.out.ExecutionRoles, sdk.ToString(r.Arn))
			}
		}
	})
	l.out.ExecutionRoles = sorted(l.out.ExecutionRoles)
	return err
}

// trustsTasks tells whether a trust policy lets the tasks of Amazon ECS, and so the
// jobs of AWS Batch, assume its role. Conditions are not looked at: those in use name
// the account, and so they hold.
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

// isTasks tells whether a principal is the tasks' service, whose name ends otherwise in
// other partitions.
func isTasks(v any) bool {
	s, _ := v.(string)
	return strings.HasPrefix(s, "ecs-tasks.")
}

// isAssumeRole tells whether an action, which may hold wildcards, is sts:AssumeRole.
func isAssumeRole(v any) bool {
	s, _ := v.(string)
	ok, _ := path.Match(strings.ToLower(s), "sts:assumerole")
	return ok
}

// list is what stands in a policy where one thing need not be in a list.
func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// secret loads one secret, by name or ARN. One that does not exist leaves nothing.
func (l *loading) secret(ctx context.Context, r inventory.Request) error {
	if a, err := arn.Parse(r.Name); err == nil && a.Region != l.c.region {
		return l.farSecret(ctx, r.Name, a.Region)
	}
	return l.settle(l.describeSecret(ctx, r.Name))
}

// farSecret loads a secret of another Region. Whether that Region can be reached from
// here is not sure, so whatever fails is a gap.
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
	l.spared(op, err)
	return nil
}

func (l *loading) describeSecret(ctx context.Context, name string, opts ...func(*secretsmanager.Options)) error {
	s, err := l.c.secretsmanager.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name}, opts...)
	if err != nil {
		return unless("ResourceNotFoundException", l.c.fail("secretsmanager:DescribeSecret", err))
	}
	l.out.Secrets = []inventory.Secret{{ARN: sdk.ToString(s.ARN), Name: sdk.ToString(s.Name), Description: sdk.ToString(s.Description), KMSKey: sdk.ToString(s.KmsKeyId),
		Deleted: moment(s.DeletedDate), Rotates: sdk.ToBool(s.RotationEnabled), Version: current(s.VersionIdsToStages)}}
	return nil
}

// unless leaves out an answer that is no failure here, by its code.
func unless(code string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code == code {
		return nil
	}
	return err
}
