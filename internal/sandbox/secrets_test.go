package sandbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// Ids of the scenario "registry".
const (
	secretBase    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
	goodSecret    = secretBase + "dockerhub/readonly-Rd0nLy"
	keyedSecret   = secretBase + "prod/registry-PrReg1"
	sharedSecret  = "arn:aws:secretsmanager:us-east-1:210987654321:secret:shared/registry-ShReg1"
	keyBase       = "arn:aws:kms:us-east-1:123456789012:key/"
	registryKey   = "0c2d3e4f-5a6b-4700-8000-000000000001"
	disabledKey   = "0c2d3e4f-5a6b-4700-8000-000000000002"
	mistakenKey   = "0c2d3e4f-5a6b-4700-8000-000000000003"
	unknownKey    = "0c2d3e4f-5a6b-4700-8000-0000000000ff"
	canary        = "canary-7f3a"
	firstToken    = "11111111-1111-4111-8111-111111111111"
	secondToken   = "22222222-2222-4222-8222-222222222222"
	kmsNotAllowed = "Access to KMS is not allowed"
)

func smOf(a *sandbox.Account) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(config(a, "us-east-1"))
}

func kmsOf(a *sandbox.Account) *kms.Client { return kms.NewFromConfig(config(a, "us-east-1")) }

func newSecret(name string) *secretsmanager.CreateSecretInput {
	return &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String(`{"username":"u","password":"` + canary + `"}`)}
}

func describeSecret(t *testing.T, c *secretsmanager.Client, id string) *secretsmanager.DescribeSecretOutput {
	t.Helper()
	return must(c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &id}))(t)
}

func valueOf(c *secretsmanager.Client, id string, more ...func(*secretsmanager.GetSecretValueInput)) (string, error) {
	in := &secretsmanager.GetSecretValueInput{SecretId: &id}
	for _, f := range more {
		f(in)
	}
	out, err := c.GetSecretValue(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString) + string(out.SecretBinary), nil
}

func TestSecretIsMadeAndFoundByNameAndARN(t *testing.T) {
	now := newClock()
	c := smOf(open(t, now.options()))
	in := newSecret("team/registry")
	in.Description, in.Tags = aws.String("for pulls"), []smtypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}}
	made := must(c.CreateSecret(ctx, in))(t)
	if *made.ARN != secretBase+"team/registry-AAAAAB" || *made.Name != "team/registry" || len(aws.ToString(made.VersionId)) < 32 {
		t.Errorf("made %s %s %s", *made.ARN, *made.Name, aws.ToString(made.VersionId))
	}
	for _, id := range []string{*made.ARN, "team/registry", secretBase + "team/registry"} {
		d := describeSecret(t, c, id)
		if *d.ARN != *made.ARN || *d.Description != "for pulls" || d.KmsKeyId != nil || *d.Tags[0].Value != "web" || !d.CreatedDate.Equal(now.t) ||
			!slices.Equal(d.VersionIdsToStages[*made.VersionId], []string{"AWSCURRENT"}) || d.LastAccessedDate != nil || d.DeletedDate != nil {
			t.Errorf("%s: %+v", id, d)
		}
	}
	for _, id := range []string{"team/regist", "TEAM/registry", secretBase + "team/registry-AAAAAC", strings.Replace(*made.ARN, "us-east-1", "us-east-2", 1)} {
		_, err := c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &id})
		wantCode(t, err, "ResourceNotFoundException")
	}
	if v := must(valueOf(c, "team/registry"))(t); !strings.Contains(v, canary) {
		t.Error(v)
	}
	if d := describeSecret(t, c, *made.ARN); d.LastAccessedDate == nil || d.LastAccessedDate.Hour() != 0 {
		t.Errorf("last accessed %v", d.LastAccessedDate)
	}
	other := secretsmanager.NewFromConfig(config(open(t, now.options()), "eu-west-1"))
	wantCode(t, must1(other.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: made.ARN})), "ResourceNotFoundException")
}

func must1[T any](_ T, err error) error { return err }

func TestCreateSecretIsRefusedAsAWSDoes(t *testing.T) {
	a := open(t, named("registry"))
	c := smOf(a)
	text := func(n int) *string { return aws.String(strings.Repeat("x", n)) }
	for name, tc := range map[string]struct {
		change     func(*secretsmanager.CreateSecretInput)
		code, says string
	}{
		"a name with a space":   {func(in *secretsmanager.CreateSecretInput) { in.Name = aws.String("two words") }, "ValidationException", "Invalid name"},
		"a name that is long":   {func(in *secretsmanager.CreateSecretInput) { in.Name = text(513) }, "ValidationException", "512"},
		"the longest name":      {func(in *secretsmanager.CreateSecretInput) { in.Name = text(512) }, "", ""},
		"a value that is large": {func(in *secretsmanager.CreateSecretInput) { in.SecretString = text(65537) }, "ValidationException", "65536"},
		"the largest value":     {func(in *secretsmanager.CreateSecretInput) { in.SecretString = text(65536) }, "", ""},
		"bytes that are many": {func(in *secretsmanager.CreateSecretInput) {
			in.SecretString, in.SecretBinary = nil, make([]byte, 65537)
		}, "ValidationException", "65536"},
		"text and bytes": {func(in *secretsmanager.CreateSecretInput) { in.SecretBinary = []byte("x") }, "InvalidParameterException", "both"},
		"a short token":  {func(in *secretsmanager.CreateSecretInput) { in.ClientRequestToken = aws.String("short") }, "InvalidParameterException", "32-64"},
		"a reserved tag": {func(in *secretsmanager.CreateSecretInput) {
			in.Tags = []smtypes.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}
		}, "InvalidParameterException", "aws:"},
		"a name that is taken": {func(in *secretsmanager.CreateSecretInput) { in.Name = aws.String("dockerhub/readonly") }, "ResourceExistsException", "dockerhub/readonly already exists"},
		"a name that is to go": {func(in *secretsmanager.CreateSecretInput) { in.Name = aws.String("old/registry") }, "InvalidRequestException", "already scheduled for deletion"},
		"a name of another's":  {func(in *secretsmanager.CreateSecretInput) { in.Name = aws.String("shared/registry") }, "", ""},
		"an unknown key":       {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String(unknownKey) }, "EncryptionFailure", "KMS key"},
		"an unknown alias":     {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String("alias/none") }, "EncryptionFailure", "KMS key"},
		"a disabled key":       {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String(keyBase + disabledKey) }, "EncryptionFailure", "enabled"},
		"a key that is to go":  {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String("alias/registry-mistake") }, "EncryptionFailure", "enabled"},
		"another account's key": {func(in *secretsmanager.CreateSecretInput) {
			in.KmsKeyId = aws.String("arn:aws:kms:us-east-1:210987654321:key/" + registryKey)
		}, "AccessDeniedException", kmsNotAllowed},
		"a key by its alias": {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String("alias/registry") }, "", ""},
		"a key by its id":    {func(in *secretsmanager.CreateSecretInput) { in.KmsKeyId = aws.String(registryKey) }, "", ""},
		"a key by its alias ARN": {func(in *secretsmanager.CreateSecretInput) {
			in.KmsKeyId = aws.String("arn:aws:kms:us-east-1:123456789012:alias/aws/secretsmanager")
		}, "", ""},
	} {
		in := newSecret(fmt.Sprintf("new/%x", sha256.Sum256([]byte(name))))
		tc.change(in)
		_, err := c.CreateSecret(ctx, in)
		if code(err) != tc.code || !strings.Contains(message(err), tc.says) || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v, want %s %q", name, err, tc.code, tc.says)
		}
		if tc.code == "" && in.KmsKeyId != nil {
			if d := describeSecret(t, c, *in.Name); aws.ToString(d.KmsKeyId) != *in.KmsKeyId {
				t.Errorf("%s: shown as %s", name, aws.ToString(d.KmsKeyId))
			}
		}
	}
}

func TestSecretTokenReplaysTheSameRequestOnly(t *testing.T) {
	c := smOf(open(t, named("")))
	in := newSecret("again")
	in.ClientRequestToken = aws.String(firstToken)
	made, again := must(c.CreateSecret(ctx, in))(t), must(c.CreateSecret(ctx, in))(t)
	if *made.ARN != *again.ARN || *again.VersionId != firstToken {
		t.Errorf("%s %s, then %s %s", *made.ARN, *made.VersionId, *again.ARN, *again.VersionId)
	}
	in.SecretString = aws.String("another " + canary)
	_, err := c.CreateSecret(ctx, in)
	wantCode(t, err, "ResourceExistsException")
	put := &secretsmanager.PutSecretValueInput{SecretId: in.Name, SecretString: in.SecretString, ClientRequestToken: aws.String(firstToken)}
	_, err = c.PutSecretValue(ctx, put)
	wantCode(t, err, "ResourceExistsException")
	put.ClientRequestToken = aws.String(secondToken)
	for range 2 {
		if out := must(c.PutSecretValue(ctx, put))(t); *out.VersionId != secondToken || !slices.Equal(out.VersionStages, []string{"AWSCURRENT"}) {
			t.Errorf("%+v", out)
		}
	}
	if n := len(describeSecret(t, c, "again").VersionIdsToStages); n != 2 {
		t.Errorf("%d versions", n)
	}
}

func TestSecretVersionsMoveTheirStages(t *testing.T) {
	now := newClock()
	c := smOf(open(t, now.options()))
	must(c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("s")}))(t)
	_, err := valueOf(c, "s")
	wantCode(t, err, "ResourceNotFoundException")
	tokens := []string{firstToken, secondToken, strings.ReplaceAll(firstToken, "1", "3")}
	for i, token := range tokens {
		now.pass(time.Hour)
		must(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("s"), SecretString: aws.String(fmt.Sprint("v", i+1)), ClientRequestToken: &token}))(t)
	}
	stage := func(name string) func(*secretsmanager.GetSecretValueInput) {
		return func(in *secretsmanager.GetSecretValueInput) { in.VersionStage = &name }
	}
	version := func(id string) func(*secretsmanager.GetSecretValueInput) {
		return func(in *secretsmanager.GetSecretValueInput) { in.VersionId = &id }
	}
	want := func(err error, got, value string) {
		t.Helper()
		if err != nil || got != value {
			t.Errorf("%q %v, want %q", got, err, value)
		}
	}
	v, err := valueOf(c, "s")
	want(err, v, "v3")
	v, err = valueOf(c, "s", stage("AWSPREVIOUS"))
	want(err, v, "v2")
	v, err = valueOf(c, "s", version(tokens[0]))
	want(err, v, "v1")
	v, err = valueOf(c, "s", version(tokens[1]), stage("AWSPREVIOUS"))
	want(err, v, "v2")
	_, err = valueOf(c, "s", version(tokens[0]), stage("AWSCURRENT"))
	wantCode(t, err, "InvalidRequestException")
	_, err = valueOf(c, "s", stage("none"))
	wantCode(t, err, "ResourceNotFoundException")
	d := describeSecret(t, c, "s")
	if !d.LastChangedDate.Equal(now.t) || len(d.VersionIdsToStages) != 2 {
		t.Errorf("changed %v, versions %v", d.LastChangedDate, d.VersionIdsToStages)
	}

	_, err = c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: aws.String("s"), VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &tokens[1]})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: aws.String("s"), VersionStage: aws.String("AWSCURRENT"), RemoveFromVersionId: &tokens[2]})
	wantCode(t, err, "InvalidParameterException")
	must(c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: aws.String("s"), VersionStage: aws.String("AWSCURRENT"), RemoveFromVersionId: &tokens[2], MoveToVersionId: &tokens[1]}))(t)
	v, err = valueOf(c, "s")
	want(err, v, "v2")
	v, err = valueOf(c, "s", stage("AWSPREVIOUS"))
	want(err, v, "v3")

	_, err = c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("s")})
	wantCode(t, err, "InvalidRequestException")
	must(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("s"), SecretBinary: []byte{0, 255}, VersionStages: []string{"TRY"}}))(t)
	v, err = valueOf(c, "s", stage("TRY"))
	want(err, v, "\x00\xff")
	v, err = valueOf(c, "s")
	want(err, v, "v2")
}

func TestDeletedSecretKeepsItsNameUntilItsWindowIsOver(t *testing.T) {
	now := newClock()
	c := smOf(open(t, now.options()))
	id := aws.String("s")
	first := must(c.CreateSecret(ctx, newSecret("s")))(t)
	_, err := c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: aws.Int64(6)})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)})
	wantCode(t, err, "InvalidParameterException")
	gone := must(c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: aws.Int64(7)}))(t)
	if !gone.DeletionDate.Equal(now.t.Add(7 * 24 * time.Hour)) {
		t.Errorf("goes on %v", gone.DeletionDate)
	}
	_, value := valueOf(c, "s")
	for what, err := range map[string]error{
		"create":  must1(c.CreateSecret(ctx, newSecret("s"))),
		"value":   value,
		"put":     must1(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: aws.String("x")})),
		"delete":  must1(c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id})),
		"restage": must1(c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: id, VersionStage: aws.String("X"), MoveToVersionId: first.VersionId})),
	} {
		if code(err) != "InvalidRequestException" || !strings.Contains(message(err), "deletion") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if d := describeSecret(t, c, "s"); d.DeletedDate == nil {
		t.Error("no date of deletion")
	}
	list := func(all bool) int {
		return len(must(c.ListSecrets(ctx, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: &all}))(t).SecretList)
	}
	if list(false) != 0 || list(true) != 1 {
		t.Errorf("%d and %d secrets", list(false), list(true))
	}
	must(c.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: id}))(t)
	must(valueOf(c, "s"))(t)
	must(c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id}))(t)
	now.pass(30*24*time.Hour - time.Second)
	describeSecret(t, c, "s")
	now.pass(time.Second)
	wantCode(t, must1(c.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: id})), "ResourceNotFoundException")
	second := must(c.CreateSecret(ctx, newSecret("s")))(t)
	if *second.ARN == *first.ARN {
		t.Errorf("both are %s", *first.ARN)
	}
	must(c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: second.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)}))(t)
	must(c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: second.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)}))(t) // as in AWS
	must(c.CreateSecret(ctx, newSecret("s")))(t)
}

func TestSecretsAreListedInPagesAndByFilter(t *testing.T) {
	c := smOf(open(t, named("registry")))
	names := func(in *secretsmanager.ListSecretsInput) []string {
		var all []string
		for p := secretsmanager.NewListSecretsPaginator(c, in); p.HasMorePages(); {
			page := must(p.NextPage(ctx))(t)
			if in.MaxResults != nil && len(page.SecretList) > int(*in.MaxResults) {
				t.Errorf("a page of %d", len(page.SecretList))
			}
			all = append(all, ids(page.SecretList, func(s smtypes.SecretListEntry) *string { return s.Name })...)
		}
		return all
	}
	filter := func(key string, values ...string) *secretsmanager.ListSecretsInput {
		return &secretsmanager.ListSecretsInput{Filters: []smtypes.Filter{{Key: smtypes.FilterNameStringType(key), Values: values}}}
	}
	all := []string{"dockerhub/readonly", "prod/registry", "registry/no-password", "registry/not-json", "registry/key-disabled"}
	for _, tc := range []struct {
		in   *secretsmanager.ListSecretsInput
		want []string
	}{
		{&secretsmanager.ListSecretsInput{}, all},
		{&secretsmanager.ListSecretsInput{MaxResults: aws.Int32(2)}, all},
		{&secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true), MaxResults: aws.Int32(4)}, append(slices.Clone(all), "old/registry")},
		{filter("name", "prod", "dockerhub/"), all[:2]},
		{filter("name", "!registry/"), all[:2]},
		{filter("tag-key", "team"), all[:1]},
		{filter("tag-value", "other"), nil},
	} {
		if got := names(tc.in); !slices.Equal(got, tc.want) {
			t.Errorf("%+v: %q, want %q", tc.in, got, tc.want)
		}
	}
	entry := must(c.ListSecrets(ctx, filter("name", "dockerhub")))(t).SecretList[0]
	if *entry.ARN != goodSecret || len(entry.SecretVersionsToStages) != 2 || *entry.Tags[0].Value != "platform" {
		t.Errorf("%+v", entry)
	}
	_, err := c.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: aws.String("nonsense")})
	wantCode(t, err, "InvalidNextTokenException")
	_, err = c.ListSecrets(ctx, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(101)})
	wantCode(t, err, "ValidationException")
}

func TestSecretTags(t *testing.T) {
	c := smOf(open(t, named("registry")))
	in := newSecret("s")
	in.Tags = []smtypes.Tag{{Key: aws.String("run"), Value: aws.String("1")}, {Key: aws.String("team"), Value: aws.String("web")}}
	must(c.CreateSecret(ctx, in))(t)
	if tags := describeSecret(t, c, "s").Tags; len(tags) != 2 || *tags[1].Value != "web" {
		t.Errorf("%+v", tags)
	}
	in = newSecret("other")
	for i := range 51 {
		in.Tags = append(in.Tags, smtypes.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")})
	}
	wantCode(t, must1(c.CreateSecret(ctx, in)), "LimitExceededException")
}

func TestSecretOfAnotherAccountIsReadByItsWholeARNOnly(t *testing.T) {
	c := smOf(open(t, named("registry")))
	if d := describeSecret(t, c, sharedSecret); *d.KmsKeyId != "arn:aws:kms:us-east-1:210987654321:key/0c2d3e4f-5a6b-4700-8000-000000000009" {
		t.Errorf("%+v", d)
	}
	must(valueOf(c, sharedSecret))(t)
	for id, want := range map[string]string{
		"shared/registry": "ResourceNotFoundException",
		strings.TrimSuffix(sharedSecret, "-ShReg1"):                "AccessDeniedException",
		strings.Replace(sharedSecret, "shared", "private", 1):      "AccessDeniedException",
		strings.Replace(sharedSecret, "us-east-1", "us-west-2", 1): "AccessDeniedException",
	} {
		_, err := valueOf(c, id)
		wantCode(t, err, want)
	}
	_, err := c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String(sharedSecret), SecretString: aws.String(canary)})
	wantCode(t, err, "AccessDeniedException")
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String(sharedSecret), ForceDeleteWithoutRecovery: aws.Bool(true)})
	wantCode(t, err, "AccessDeniedException")
	if strings.Contains(fmt.Sprint(err), canary) {
		t.Error(err)
	}
}

func TestSecretOfADisabledKeyCannotBeRead(t *testing.T) {
	c := smOf(open(t, named("registry")))
	_, err := valueOf(c, "registry/key-disabled")
	wantCode(t, err, "DecryptionFailure")
	_, err = c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("registry/key-disabled"), SecretString: aws.String("x")})
	wantCode(t, err, "EncryptionFailure")
	must(valueOf(c, "prod/registry"))(t)
}

// TestSecretValuesAreShownNowhere makes every kind of mistake with a value, and searches all
// output of the sandbox for it.
func TestSecretValuesAreShownNowhere(t *testing.T) {
	var log bytes.Buffer
	a := open(t, sandbox.Options{Scenario: "registry", Log: &log})
	c := smOf(a)
	in := newSecret("canary")
	in.ClientRequestToken = aws.String(firstToken)
	must(c.CreateSecret(ctx, in))(t)
	var said strings.Builder
	say := func(err error) { fmt.Fprintf(&said, "%v\n", err) }
	say(must1(c.CreateSecret(ctx, newSecret("canary"))))
	say(must1(c.CreateSecret(ctx, newSecret("bad name"))))
	say(must1(c.CreateSecret(ctx, newSecret("old/registry"))))
	long := aws.String(strings.Repeat(canary, 7000))
	say(must1(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: in.Name, SecretString: long})))
	say(must1(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: in.Name, SecretString: aws.String(canary), ClientRequestToken: aws.String(firstToken)})))
	say(must1(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: in.Name, SecretBinary: []byte(canary), SecretString: aws.String(canary)})))
	must(c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: in.Name, SecretBinary: []byte(canary)}))(t)
	if n := strings.Count(said.String(), "\n"); n != 6 || strings.Contains(said.String(), "<nil>") {
		t.Fatalf("not every request was rejected: %s", said.String())
	}
	_, dump := own(t, a, "GET", "/_sandbox/account", "")
	binary := sha256.Sum256([]byte(canary))
	text := sha256.Sum256([]byte(*in.SecretString))
	for _, sum := range [][32]byte{binary, text} {
		if !strings.Contains(dump, `"ValueSHA256": "`+hex.EncodeToString(sum[:])+`"`) {
			t.Error("the dump does not distinguish the values")
		}
	}
	for where, what := range map[string]string{"errors": said.String(), "log": log.String(), "dump": dump} {
		if strings.Contains(what, canary) || strings.Contains(what, "practice-password") || strings.Contains(what, "Y2FuYXJ5") {
			t.Errorf("a value is in the %s", where)
		}
	}
}

func TestKeysAreFoundByIdARNAndAlias(t *testing.T) {
	c := kmsOf(open(t, named("registry")))
	for id, want := range map[string]struct {
		key     string
		state   kmstypes.KeyState
		manager kmstypes.KeyManagerType
	}{
		registryKey:           {registryKey, "Enabled", "CUSTOMER"},
		keyBase + registryKey: {registryKey, "Enabled", "CUSTOMER"},
		"alias/registry":      {registryKey, "Enabled", "CUSTOMER"},
		"arn:aws:kms:us-east-1:123456789012:alias/registry": {registryKey, "Enabled", "CUSTOMER"},
		disabledKey:                {disabledKey, "Disabled", "CUSTOMER"},
		mistakenKey:                {mistakenKey, "PendingDeletion", "CUSTOMER"},
		"alias/aws/secretsmanager": {"", "Enabled", "AWS"},
		"alias/aws/ssm":            {"", "Enabled", "AWS"},
	} {
		k := must(c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id}))(t).KeyMetadata
		if want.key != "" && *k.KeyId != want.key || *k.Arn != keyBase+*k.KeyId || k.KeyState != want.state || k.KeyManager != want.manager || k.Enabled != (want.state == "Enabled") ||
			(k.DeletionDate != nil) != (want.state == "PendingDeletion") {
			t.Errorf("%s: %+v", id, k)
		}
	}
	for id, want := range map[string]string{
		unknownKey: "NotFoundException", "alias/none": "NotFoundException", "nonsense": "NotFoundException",
		"arn:aws:kms:us-east-1:210987654321:key/" + registryKey: "AccessDeniedException",
		"arn:aws:kms:us-west-2:123456789012:key/" + registryKey: "NotFoundException",
	} {
		_, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		wantCode(t, err, want)
	}
}

func TestAliasesAreListedInPages(t *testing.T) {
	c := kmsOf(open(t, named("registry")))
	var aliases []string
	for p := kms.NewListAliasesPaginator(c, &kms.ListAliasesInput{Limit: aws.Int32(2)}); p.HasMorePages(); {
		aliases = append(aliases, ids(must(p.NextPage(ctx))(t).Aliases, func(a kmstypes.AliasListEntry) *string { return a.AliasName })...)
	}
	if !slices.Equal(aliases, []string{"alias/registry", "alias/registry-disabled", "alias/registry-mistake", "alias/aws/secretsmanager", "alias/aws/ssm"}) {
		t.Errorf("%q", aliases)
	}
	one := must(c.ListAliases(ctx, &kms.ListAliasesInput{KeyId: aws.String(keyBase + disabledKey)}))(t).Aliases
	if len(one) != 1 || *one[0].TargetKeyId != disabledKey || *one[0].AliasArn != "arn:aws:kms:us-east-1:123456789012:alias/registry-disabled" {
		t.Errorf("%+v", one)
	}
	_, err := c.ListAliases(ctx, &kms.ListAliasesInput{Marker: aws.String("nonsense")})
	wantCode(t, err, "InvalidMarkerException")
	_, err = c.ListAliases(ctx, &kms.ListAliasesInput{Limit: aws.Int32(2000)})
	wantCode(t, err, "ValidationException")
	elsewhere := kms.NewFromConfig(config(open(t, named("")), "eu-west-1"))
	if n := len(must(elsewhere.ListAliases(context.Background(), nil))(t).Aliases); n != 2 {
		t.Errorf("%d aliases elsewhere, want AWS's own two", n)
	}
}

func TestUpdateSecret(t *testing.T) {
	c := smOf(open(t, named("registry")))
	in := newSecret("tf/one")
	in.Description = aws.String("before")
	id := must(c.CreateSecret(ctx, in))(t).ARN
	before := must(valueOf(c, *id))(t)
	if out := must(c.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: id, Description: aws.String("after")}))(t); out.VersionId != nil {
		t.Errorf("a new version %s", *out.VersionId)
	}
	if got := describeSecret(t, c, *id); *got.Description != "after" || must(valueOf(c, *id))(t) != before {
		t.Errorf("%+v", got)
	}
	out := must(c.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: id, SecretString: aws.String("next")}))(t)
	if got := must(valueOf(c, *id))(t); got != "next" || out.VersionId == nil {
		t.Errorf("%s %+v", got, out)
	}
	_, err := c.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: id, KmsKeyId: aws.String("alias/none")})
	wantCode(t, err, "EncryptionFailure")
	if p := must(c.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: id}))(t); p.ResourcePolicy != nil || *p.ARN != *id {
		t.Errorf("%+v", p)
	}
	must(c.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: id, Tags: []smtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.UntagResource(ctx, &secretsmanager.UntagResourceInput{SecretId: id, TagKeys: []string{"a"}}))(t)
	if got := describeSecret(t, c, *id).Tags; len(got) != 1 || *got[0].Key != "b" {
		t.Errorf("%+v", got)
	}
}
