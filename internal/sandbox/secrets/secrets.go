// Package secrets is AWS Secrets Manager in the sandbox. A value leaves it only in the answer of
// GetSecretValue and when a task uses it (see TextAs). It is never in a message, the log or the dump.
package secrets

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/kms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// API is the service.
var API = store.API[*Region]{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]wire.Operation[*Region]{
		"CreateSecret":             wire.JSONOp((*Region).createSecret),
		"DescribeSecret":           wire.JSONOp((*Region).describeSecret),
		"ListSecrets":              wire.JSONOp((*Region).listSecrets),
		"GetSecretValue":           wire.JSONOp((*Region).getSecretValue),
		"PutSecretValue":           wire.JSONOp((*Region).putSecretValue),
		"UpdateSecretVersionStage": wire.JSONOp((*Region).updateSecretVersionStage),
		"DeleteSecret":             wire.JSONOp((*Region).deleteSecret),
		"RestoreSecret":            wire.JSONOp((*Region).restoreSecret),
		"UpdateSecret":             wire.JSONOp((*Region).updateSecret),
		"GetResourcePolicy":        wire.JSONOp((*Region).getResourcePolicy),
		"TagResource":              wire.JSONOp((*Region).tagSecret),
		"UntagResource":            wire.JSONOp((*Region).untagSecret),
	},
	Dump: func(r *Region) map[string]any { return map[string]any{"Secrets": r.dumps()} },
}

const (
	maxSecret     = 65536 // bytes of a value
	currentStage  = "AWSCURRENT"
	previousStage = "AWSPREVIOUS"

	noSuchSecret = "Secrets Manager can't find the specified secret."
)

// secret is a secret of the account, or of another account that allows this one to read it.
type secret struct {
	ARN              string
	Name             string
	Description      string `json:",omitempty"`
	KmsKeyId         string `json:",omitempty"` // as it was sent
	CreatedDate      wire.Epoch
	LastChangedDate  wire.Epoch
	LastAccessedDate wire.Epoch  `json:",omitzero"`
	DeletedDate      wire.Epoch  `json:",omitzero"` // when it is deleted; it can be restored until then
	Tags             []store.Tag `json:",omitempty"`

	versions []*version
	stays    bool // set by a scenario: it is never deleted, at any time of the clock
}

type version struct {
	id      string
	stages  []string
	created wire.Epoch
	value   secretValue
}

// secretValue is text or bytes. Its type prevents printing it by accident.
type secretValue struct {
	text   *string
	binary []byte
}

func (secretValue) String() string   { return "(a secret value)" }
func (secretValue) GoString() string { return "(a secret value)" }

func (v secretValue) empty() bool { return v.text == nil && v.binary == nil }

func (v secretValue) bytes() []byte {
	if v.text != nil {
		return []byte(*v.text)
	}
	return v.binary
}

func (v secretValue) equal(other secretValue) bool {
	return (v.text == nil) == (other.text == nil) && bytes.Equal(v.bytes(), other.bytes())
}

func (v secretValue) check() *wire.Error {
	switch {
	case v.text != nil && v.binary != nil:
		return wire.Fail("InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")
	case v.text != nil && len(*v.text) > maxSecret:
		return wire.Fail("ValidationException", "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to %d", maxSecret)
	case len(v.binary) > maxSecret:
		return wire.Fail("ValidationException", "1 validation error detected: Value at 'secretBinary' failed to satisfy constraint: Member must have length less than or equal to %d", maxSecret)
	case v.text != nil && *v.text == "", v.binary != nil && len(v.binary) == 0:
		return wire.Fail("ValidationException", "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	return nil
}

// Content is the format of a secret in a scenario. Suffix is the text that AWS adds to the name in
// the ARN.
type Content struct {
	Name, Suffix, Account string
	Description, KmsKeyId string
	SecretString          *string
	PreviousString        *string // of the previous version
	Created, Deleted      time.Time
	Tags                  store.Tags
}

// Region is the state of the service in an AWS Region.
type Region struct {
	*store.Region
	keys    *kms.Region
	secrets store.Table[secret] // by ARN
}

// New returns the state with the secrets of a scenario. They are encrypted with keys.
func New(region *store.Region, keys *kms.Region, content []*Content) *Region {
	r := &Region{Region: region, keys: keys}
	for _, in := range content {
		if in.Created.IsZero() {
			in.Created = store.Loaded
		}
		s := &secret{
			ARN: r.ARNOf(cmp.Or(in.Account, store.AccountID), "secretsmanager", "secret:"+in.Name+"-"+in.Suffix), Name: in.Name, Description: in.Description, KmsKeyId: in.KmsKeyId,
			CreatedDate: wire.Epoch{Time: in.Created}, LastChangedDate: wire.Epoch{Time: in.Created}, Tags: in.Tags,
		}
		if !in.Deleted.IsZero() {
			s.DeletedDate, s.stays = wire.Epoch{Time: in.Deleted}, true
		}
		for _, text := range []*string{in.PreviousString, in.SecretString} {
			if text != nil {
				id := store.UUID(s.ARN + fmt.Sprint(len(s.versions)))
				s.put(&version{id: id, created: s.CreatedDate, value: secretValue{text: text}}, []string{currentStage})
			}
		}
		r.secrets.Add(s.ARN, s)
	}
	return r
}

// Settle removes secrets with a recovery window that is over.
func (r *Region) Settle() {
	for _, s := range slices.Clone(r.secrets.List) {
		if s.deleted() && !s.stays && !r.Now().Before(s.DeletedDate.Time) {
			r.secrets.Remove(s.ARN)
		}
	}
}

func (s *secret) deleted() bool { return !s.DeletedDate.IsZero() }

func (s *secret) foreign() bool { return !strings.Contains(s.ARN, ":"+store.AccountID+":secret:") }

func (s *secret) version(match func(*version) bool) *version {
	if i := slices.IndexFunc(s.versions, match); i >= 0 {
		return s.versions[i]
	}
	return nil
}

func (s *secret) staged(stage string) *version {
	return s.version(func(v *version) bool { return slices.Contains(v.stages, stage) })
}

// put adds a version and moves stages to it.
func (s *secret) put(v *version, stages []string) {
	s.versions = append(s.versions, v)
	for _, stage := range stages {
		s.move(stage, v)
	}
}

// move moves a stage to a version, or removes it. The version that was current becomes the
// previous one.
func (s *secret) move(stage string, to *version) {
	from := s.staged(stage)
	if from == to {
		return
	}
	if from != nil {
		from.stages = slices.DeleteFunc(from.stages, func(other string) bool { return other == stage })
	}
	if to != nil {
		to.stages = append(to.stages, stage)
	}
	if stage == currentStage && from != nil {
		if to != nil {
			to.stages = slices.DeleteFunc(to.stages, func(other string) bool { return other == previousStage })
		}
		s.move(previousStage, from)
	}
}

func (s *secret) stages() map[string][]string {
	all := map[string][]string{}
	for _, v := range s.versions {
		if len(v.stages) > 0 { // the others are deprecated and not shown
			all[v.id] = slices.Clone(v.stages)
		}
	}
	return all
}

var arnSuffix = pattern.New(`-[A-Za-z0-9]{6}$`)

// find finds a secret by its name, its ARN, or its ARN without the suffix. Text at the end
// of an ARN that looks like a suffix is read as one, as AWS warns. A secret of another account is
// found only by its complete ARN.
func (r *Region) find(id, action string) (*secret, *wire.Error) {
	if id == "" {
		return nil, wire.Fail("ValidationException", "1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if s := r.secrets.ByID[id]; s != nil {
		if s.foreign() && action != "DescribeSecret" && action != "GetSecretValue" {
			return nil, r.deniedSecret(id, action)
		}
		return s, nil
	}
	for _, s := range r.secrets.List {
		if !s.foreign() && (s.Name == id || !arnSuffix().MatchString(id) && arnSuffix().ReplaceAllString(s.ARN, "") == id) {
			return s, nil
		}
	}
	if strings.HasPrefix(id, "arn:") && !strings.Contains(id, ":"+store.AccountID+":secret:") {
		return nil, r.deniedSecret(id, action)
	}
	return nil, wire.Fail("ResourceNotFoundException", noSuchSecret)
}

func (r *Region) deniedSecret(id, action string) *wire.Error {
	return wire.Fail("AccessDeniedException", "User: %s is not authorized to perform: secretsmanager:%s on resource: %s because no resource-based policy allows the secretsmanager:%s action",
		r.Caller(), action, id, action)
}

// usable is find for operations that fail if the secret is marked for deletion. It returns the
// secret then too.
func (r *Region) usable(id, action string) (*secret, *wire.Error) {
	s, err := r.find(id, action)
	if err == nil && s.deleted() {
		return s, wire.Fail("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	}
	return s, err
}

// keyProblem returns what is wrong with the key of a secret; nil for an AWS managed key or a
// usable key.
func (r *Region) keyProblem(id, code, verb string) *wire.Error {
	if id == "" {
		return nil
	}
	if k, err := r.keys.Find(id); err == nil && k.KeyState == "Enabled" {
		return nil
	} else if err != nil && err.Code == "AccessDeniedException" {
		return wire.Fail("AccessDeniedException", "Access to KMS is not allowed")
	}
	return wire.Fail(code, "Secrets Manager can't %s the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.", verb)
}

func checkToken(token string) *wire.Error {
	if token != "" && (len(token) < 32 || len(token) > 64) {
		return wire.Fail("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

// versionID returns the caller's token, or a new id from a counter.
func (r *Region) versionID(token string) string {
	if token == "" {
		token = fmt.Sprintf("00000000-0000-4000-8001-%012x", r.Counters.Next("Version"))
	}
	return token
}

// newSuffix returns a suffix from a counter, where AWS uses six random characters.
func (r *Region) newSuffix() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	suffix := []byte("AAAAAA")
	for n, i := r.Counters.Next("secret"), len(suffix)-1; n > 0 && i >= 0; n, i = n/len(letters), i-1 {
		suffix[i] = letters[n%len(letters)]
	}
	return string(suffix)
}

var secretName = pattern.New(`^[A-Za-z0-9/_+=.@-]+$`)

func checkSecretName(name string) *wire.Error {
	switch {
	case name == "" || len(name) > 512:
		return wire.Fail("ValidationException", "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length between 1 and 512")
	case !secretName().MatchString(name):
		return wire.Fail("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

var secretTags = store.TagCodes{Invalid: "InvalidParameterException", Duplicate: "InvalidParameterException", TooMany: "LimitExceededException"}

type createSecretIn struct {
	Name               string
	ClientRequestToken string
	Description        string
	KmsKeyId           string
	SecretString       *string
	SecretBinary       []byte
	Tags               []store.Tag
}

type createSecretOut struct {
	ARN       string
	Name      string
	VersionId string `json:",omitempty"`
}

// createSecret returns the existing secret if the token was used before with the same value.
func (r *Region) createSecret(in createSecretIn) (createSecretOut, *wire.Error) {
	value := secretValue{in.SecretString, in.SecretBinary}
	if err := cmp.Or(checkSecretName(in.Name), checkToken(in.ClientRequestToken), value.check(), secretTags.Check(in.Tags)); err != nil {
		return createSecretOut{}, err
	}
	for _, s := range r.secrets.List {
		if s.Name != in.Name || s.foreign() {
			continue
		}
		if s.deleted() {
			return createSecretOut{}, wire.Fail("InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
		}
		made := s.version(func(v *version) bool { return v.id == in.ClientRequestToken })
		switch {
		case made == nil:
			return createSecretOut{}, wire.Fail("ResourceExistsException", "The operation failed because the secret %s already exists.", in.Name)
		case !made.value.equal(value):
			return createSecretOut{}, wire.Fail("ResourceExistsException", "A resource with the ID you requested already exists.")
		}
		return createSecretOut{s.ARN, s.Name, made.id}, nil
	}
	if err := r.keyProblem(in.KmsKeyId, "EncryptionFailure", "encrypt"); err != nil {
		return createSecretOut{}, err
	}
	now := wire.Epoch{Time: r.Now()}
	s := &secret{
		ARN: r.ARN("secretsmanager", "secret:"+in.Name+"-"+r.newSuffix()), Name: in.Name, Description: in.Description, KmsKeyId: in.KmsKeyId, CreatedDate: now, LastChangedDate: now, Tags: in.Tags,
	}
	out := createSecretOut{ARN: s.ARN, Name: s.Name}
	if !value.empty() {
		out.VersionId = r.versionID(in.ClientRequestToken)
		s.put(&version{id: out.VersionId, created: now, value: value}, []string{currentStage})
	}
	r.secrets.Add(s.ARN, s)
	return out, nil
}

type secretIn struct{ SecretId string }

// secretOut is the answer of DescribeSecret. ListSecrets has another name for the stages.
type secretOut struct {
	secret
	VersionIdsToStages map[string][]string `json:",omitempty"`
}

func (r *Region) describeSecret(in secretIn) (secretOut, *wire.Error) {
	s, err := r.find(in.SecretId, "DescribeSecret")
	if err != nil {
		return secretOut{}, err
	}
	return secretOut{*s, s.stages()}, nil
}

type resourcePolicyOut struct{ ARN, Name string }

// getResourcePolicy returns no policy: no operation of the sandbox attaches one.
func (r *Region) getResourcePolicy(in secretIn) (resourcePolicyOut, *wire.Error) {
	s, err := r.usable(in.SecretId, "GetResourcePolicy")
	if err != nil {
		return resourcePolicyOut{}, err
	}
	return resourcePolicyOut{s.ARN, s.Name}, nil
}

type updateSecretIn struct {
	secretIn
	ClientRequestToken string
	Description        *string
	KmsKeyId           *string
	SecretString       *string
	SecretBinary       []byte
}

// updateSecret changes the description and the key, and stores a new version if the request has a value
// (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).
func (r *Region) updateSecret(in updateSecretIn) (createSecretOut, *wire.Error) {
	s, err := r.usable(in.SecretId, "UpdateSecret")
	if err != nil {
		return createSecretOut{}, err
	}
	if in.KmsKeyId != nil {
		if err := r.keyProblem(*in.KmsKeyId, "EncryptionFailure", "encrypt"); err != nil {
			return createSecretOut{}, err
		}
	}
	out := createSecretOut{ARN: s.ARN, Name: s.Name}
	if in.SecretString != nil || in.SecretBinary != nil {
		made, err := r.putSecretValue(putSecretValueIn{SecretId: in.SecretId, ClientRequestToken: in.ClientRequestToken, SecretString: in.SecretString, SecretBinary: in.SecretBinary})
		if err != nil {
			return createSecretOut{}, err
		}
		out.VersionId = made.VersionId
	}
	if in.Description != nil {
		s.Description = *in.Description
	}
	if in.KmsKeyId != nil {
		s.KmsKeyId = *in.KmsKeyId
	}
	s.LastChangedDate = wire.Epoch{Time: r.Now()}
	return out, nil
}

type tagSecretIn struct {
	secretIn
	Tags []store.Tag
}

func (r *Region) tagSecret(in tagSecretIn) (wire.Empty, *wire.Error) {
	s, err := r.usable(in.SecretId, "TagResource")
	if err == nil {
		err = secretTags.Add((*store.Tags)(&s.Tags), in.Tags)
	}
	return wire.Empty{}, err
}

type untagSecretIn struct {
	secretIn
	TagKeys []string
}

func (r *Region) untagSecret(in untagSecretIn) (wire.Empty, *wire.Error) {
	s, err := r.usable(in.SecretId, "UntagResource")
	if err == nil {
		(*store.Tags)(&s.Tags).Remove(in.TagKeys)
	}
	return wire.Empty{}, err
}

type listSecretsIn struct {
	IncludePlannedDeletion bool
	MaxResults             *int32
	NextToken              string
	Filters                []secretFilter
	SortOrder              string
}

type secretFilter struct {
	Key    string
	Values []string
}

type listSecretsOut struct {
	SecretList []secretEntry
	NextToken  string `json:",omitempty"`
}

type secretEntry struct {
	secret
	SecretVersionsToStages map[string][]string `json:",omitempty"`
}

// matches compares a filter's values with the beginnings of words. A value with a ! prefix must
// not match.
func (f secretFilter) matches(s *secret) bool {
	fields := map[string][]string{"name": {s.Name}, "description": {s.Description}}
	for _, t := range s.Tags {
		fields["tag-key"], fields["tag-value"] = append(fields["tag-key"], t.Key), append(fields["tag-value"], t.Value)
	}
	return slices.ContainsFunc(f.Values, func(value string) bool {
		value, not := strings.CutPrefix(value, "!")
		return not != slices.ContainsFunc(fields[f.Key], func(field string) bool { return strings.HasPrefix(field, value) })
	})
}

var secretPages = store.Pager{
	Size: 100, Least: 1, Most: 100,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100", size)
	},
	BadToken: func(string) *wire.Error {
		return wire.Fail("InvalidNextTokenException", "The NextToken value is invalid.")
	},
}

func (r *Region) listSecrets(in listSecretsIn) (listSecretsOut, *wire.Error) {
	for _, f := range in.Filters {
		if !slices.Contains([]string{"name", "description", "tag-key", "tag-value"}, f.Key) || len(f.Values) == 0 {
			return listSecretsOut{}, wire.Fail("InvalidParameterException", "The sandbox supports the filters name, description, tag-key and tag-value, with values, but not '%s'.", f.Key)
		}
	}
	found := slices.DeleteFunc(slices.Clone(r.secrets.List), func(s *secret) bool {
		return s.foreign() || s.deleted() && !in.IncludePlannedDeletion || slices.ContainsFunc(in.Filters, func(f secretFilter) bool { return !f.matches(s) })
	})
	if in.SortOrder == "desc" {
		slices.Reverse(found)
	}
	page, next, err := store.Page(&secretPages, found, in.MaxResults, in.NextToken)
	if err != nil {
		return listSecretsOut{}, err
	}
	out := listSecretsOut{[]secretEntry{}, next}
	for _, s := range page {
		out.SecretList = append(out.SecretList, secretEntry{*s, s.stages()})
	}
	return out, nil
}

type getSecretValueIn struct {
	SecretId     string
	VersionId    string
	VersionStage string
}

type getSecretValueOut struct {
	ARN           string
	Name          string
	VersionId     string
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"`
	VersionStages []string
	CreatedDate   wire.Epoch
}

func (r *Region) getSecretValue(in getSecretValueIn) (getSecretValueOut, *wire.Error) {
	s, err := r.usable(in.SecretId, "GetSecretValue")
	if err != nil {
		return getSecretValueOut{}, err
	}
	v, err := s.find(in)
	if err != nil {
		return getSecretValueOut{}, err
	}
	if !s.foreign() {
		if err := r.keyProblem(s.KmsKeyId, "DecryptionFailure", "decrypt"); err != nil {
			return getSecretValueOut{}, err
		}
	}
	s.LastAccessedDate = wire.Epoch{Time: r.Now().Truncate(24 * time.Hour)}
	return getSecretValueOut{s.ARN, s.Name, v.id, v.value.text, v.value.binary, slices.Clone(v.stages), v.created}, nil
}

// TextAs is GetSecretValue with the permissions of a role. caller is its ARN, and allows reports
// whether it allows an action on a resource.
func (r *Region) TextAs(caller, id string, allows func(action, resource string) bool) (*string, *wire.Error) {
	s, err := r.usable(id, "GetSecretValue")
	resource := id
	if s != nil {
		resource = s.ARN
	}
	if !allows("secretsmanager:GetSecretValue", resource) {
		return nil, wire.Fail("AccessDeniedException", "User: %s is not authorized to perform: secretsmanager:GetSecretValue on resource: %s because no identity-based policy allows the "+
			"secretsmanager:GetSecretValue action", caller, id)
	}
	if err == nil {
		err = r.decryptAs(s, allows)
	}
	if err != nil {
		return nil, err
	}
	v, err := s.find(getSecretValueIn{})
	if err != nil {
		return nil, err
	}
	return v.value.text, nil
}

// decryptAs checks the key of a secret. The key policy of a customer managed key must allow the
// role; an AWS managed key allows all roles of its account, and no others.
func (r *Region) decryptAs(s *secret, allows func(action, resource string) bool) *wire.Error {
	denied := wire.Fail("AccessDeniedException", "Access to KMS is not allowed")
	arn := s.KmsKeyId
	if !s.foreign() {
		if err := r.keyProblem(s.KmsKeyId, "DecryptionFailure", "decrypt"); err != nil {
			return err
		}
		k, err := r.keys.Find(cmp.Or(s.KmsKeyId, "alias/aws/secretsmanager"))
		if err != nil {
			return denied
		}
		if k.KeyManager == "AWS" {
			return nil
		}
		arn = k.Arn
	}
	if arn == "" || !allows("kms:Decrypt", arn) {
		return denied
	}
	return nil
}

// find finds the requested version; the default is the current one.
func (s *secret) find(in getSecretValueIn) (*version, *wire.Error) {
	if in.VersionId == "" {
		stage := cmp.Or(in.VersionStage, currentStage)
		if v := s.staged(stage); v != nil {
			return v, nil
		}
		return nil, wire.Fail("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", stage)
	}
	v := s.version(func(v *version) bool { return v.id == in.VersionId })
	switch {
	case v == nil:
		return nil, wire.Fail("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", in.VersionId)
	case in.VersionStage != "" && !slices.Contains(v.stages, in.VersionStage):
		return nil, wire.Fail("InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return v, nil
}

type putSecretValueIn struct {
	SecretId           string
	ClientRequestToken string
	SecretString       *string
	SecretBinary       []byte
	VersionStages      []string
}

type putSecretValueOut struct {
	ARN           string
	Name          string
	VersionId     string
	VersionStages []string
}

func (r *Region) putSecretValue(in putSecretValueIn) (putSecretValueOut, *wire.Error) {
	value := secretValue{in.SecretString, in.SecretBinary}
	if err := cmp.Or(checkToken(in.ClientRequestToken), value.check()); err != nil {
		return putSecretValueOut{}, err
	}
	s, err := r.usable(in.SecretId, "PutSecretValue")
	if err != nil {
		return putSecretValueOut{}, err
	}
	if value.empty() {
		return putSecretValueOut{}, wire.Fail("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	}
	if err := r.keyProblem(s.KmsKeyId, "EncryptionFailure", "encrypt"); err != nil {
		return putSecretValueOut{}, err
	}
	v := s.version(func(v *version) bool { return v.id == in.ClientRequestToken })
	switch {
	case v != nil && !v.value.equal(value):
		return putSecretValueOut{}, wire.Fail("ResourceExistsException", "You can't modify an existing version, you can only create a new version.")
	case v == nil:
		stages := in.VersionStages
		if len(stages) == 0 {
			stages = []string{currentStage}
		}
		v = &version{id: r.versionID(in.ClientRequestToken), created: wire.Epoch{Time: r.Now()}, value: value}
		s.put(v, stages)
		s.LastChangedDate = wire.Epoch{Time: r.Now()}
	}
	return putSecretValueOut{s.ARN, s.Name, v.id, slices.Clone(v.stages)}, nil
}

type updateStageIn struct {
	SecretId            string
	VersionStage        string
	RemoveFromVersionId string
	MoveToVersionId     string
}

type secretNamed struct{ ARN, Name string }

// updateSecretVersionStage requires the version that has the stage now.
func (r *Region) updateSecretVersionStage(in updateStageIn) (secretNamed, *wire.Error) {
	s, err := r.usable(in.SecretId, "UpdateSecretVersionStage")
	if err != nil {
		return secretNamed{}, err
	}
	var to *version
	if in.MoveToVersionId != "" {
		if to, err = s.find(getSecretValueIn{VersionId: in.MoveToVersionId}); err != nil {
			return secretNamed{}, err
		}
	}
	from := s.staged(in.VersionStage)
	switch {
	case in.VersionStage == currentStage && to == nil:
		return secretNamed{}, wire.Fail("InvalidParameterException", "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case from != nil && from != to && in.RemoveFromVersionId != from.id:
		return secretNamed{}, wire.Fail("InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, "+
			"so you must explicitly reference that version in RemoveFromVersionId.", in.VersionStage, from.id)
	}
	s.move(in.VersionStage, to)
	s.LastChangedDate = wire.Epoch{Time: r.Now()}
	return secretNamed{s.ARN, s.Name}, nil
}

type deleteSecretIn struct {
	SecretId                   string
	RecoveryWindowInDays       *int
	ForceDeleteWithoutRecovery bool
}

type deleteSecretOut struct {
	ARN          string
	Name         string
	DeletionDate wire.Epoch
}

const recoveryDays = 30 // default

// deleteSecret marks a secret for deletion when its recovery window is over. Its name stays in
// use until then.
func (r *Region) deleteSecret(in deleteSecretIn) (deleteSecretOut, *wire.Error) {
	days := recoveryDays
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	switch {
	case in.ForceDeleteWithoutRecovery && in.RecoveryWindowInDays != nil:
		return deleteSecretOut{}, wire.Fail("InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case days < 7 || days > 30:
		return deleteSecretOut{}, wire.Fail("InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	s, err := r.find(in.SecretId, "DeleteSecret")
	switch {
	case err != nil && in.ForceDeleteWithoutRecovery && err.Code == "ResourceNotFoundException":
		return deleteSecretOut{in.SecretId, in.SecretId, wire.Epoch{Time: r.Now()}}, nil
	case err != nil:
		return deleteSecretOut{}, err
	case in.ForceDeleteWithoutRecovery:
		r.secrets.Remove(s.ARN)
		return deleteSecretOut{s.ARN, s.Name, wire.Epoch{Time: r.Now()}}, nil
	case s.deleted():
		return deleteSecretOut{}, wire.Fail("InvalidRequestException", "You can't perform this operation on the secret because it was already scheduled for deletion.")
	}
	s.DeletedDate = wire.Epoch{Time: r.Now().Add(time.Duration(days) * 24 * time.Hour)}
	return deleteSecretOut{s.ARN, s.Name, s.DeletedDate}, nil
}

func (r *Region) restoreSecret(in secretIn) (secretNamed, *wire.Error) {
	s, err := r.find(in.SecretId, "RestoreSecret")
	if err != nil {
		return secretNamed{}, err
	}
	s.DeletedDate, s.stays = wire.Epoch{}, false
	return secretNamed{s.ARN, s.Name}, nil
}

// secretDump is a secret in the dump. For each value, it contains only a hash to compare it with
// others.
type secretDump struct {
	secret
	Versions []secretVersionDump
}

type secretVersionDump struct {
	VersionId     string
	VersionStages []string
	CreatedDate   wire.Epoch
	ValueSHA256   string
}

func (r *Region) dumps() []secretDump {
	var all []secretDump
	for _, s := range r.secrets.List {
		d := secretDump{secret: *s}
		for _, v := range s.versions {
			sum := sha256.Sum256(v.value.bytes())
			d.Versions = append(d.Versions, secretVersionDump{v.id, v.stages, v.created, hex.EncodeToString(sum[:])})
		}
		all = append(all, d)
	}
	return all
}
