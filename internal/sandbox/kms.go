package sandbox

import (
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var kmsAPI = &service{
	name: "kms", Service: wire.Service{Protocol: wire.AWSJSON},
	operations: map[string]operation{
		"DescribeKey": wire.JSONOp((*region).describeKey),
		"ListAliases": wire.JSONOp((*region).listAliases),
	},
	load: (*region).loadKMS,
	dump: func(r *region) map[string]any { return map[string]any{"KMS": r.KMS} },
}

// kmsState is the content of AWS KMS in a Region: the customer's keys and their aliases. A
// scenario contains the ids of keys and the names of aliases; load creates the rest. AWS managed
// keys exist in every Region; see managedKeys.
type kmsContent struct{ KMS kmsState }

type kmsState struct {
	Keys    []*kmsKey
	Aliases []*kmsAlias
}

type kmsKey struct {
	AWSAccountId          string
	KeyId                 string
	Arn                   string
	CreationDate          wire.Epoch
	Enabled               bool
	Description           string
	KeyUsage              string
	KeyState              string
	DeletionDate          wire.Epoch `json:",omitzero"`
	Origin                string
	KeyManager            string
	CustomerMasterKeySpec string
	KeySpec               string
	EncryptionAlgorithms  []string
	MultiRegion           bool
}

type kmsAlias struct {
	AliasName       string
	AliasArn        string
	TargetKeyId     string
	CreationDate    wire.Epoch
	LastUpdatedDate wire.Epoch
}

// managedAliases are the aliases of AWS managed keys, which AWS uses if the customer chooses no
// key.
var managedAliases = map[string]string{
	"alias/aws/secretsmanager": "Default key that protects my Secrets Manager data when no other key is defined",
	"alias/aws/ssm":            "Default key that protects my SSM parameters when no other key is defined",
}

// complete derives the values that a scenario leaves out.
func (k *kmsKey) complete(r *region) {
	k.AWSAccountId, k.Arn = store.AccountID, r.ARN("kms", "key/"+k.KeyId)
	k.KeyUsage, k.Origin, k.KeySpec, k.CustomerMasterKeySpec = "ENCRYPT_DECRYPT", "AWS_KMS", "SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT"
	k.EncryptionAlgorithms = []string{"SYMMETRIC_DEFAULT"}
	if k.KeyManager == "" {
		k.KeyManager = "CUSTOMER"
	}
	if k.KeyState == "" {
		k.KeyState = "Enabled"
	}
	k.Enabled = k.KeyState == "Enabled"
	if k.CreationDate.IsZero() {
		k.CreationDate = wire.Epoch{Time: store.Loaded}
	}
}

func (a *kmsAlias) complete(r *region) {
	a.AliasArn = r.ARN("kms", a.AliasName)
	a.CreationDate, a.LastUpdatedDate = wire.Epoch{Time: store.Loaded}, wire.Epoch{Time: store.Loaded}
}

func (r *region) loadKMS(s *scenario) *wire.Error {
	r.kmsContent = s.kmsContent
	for _, k := range s.KMS.Keys {
		k.complete(r)
	}
	for _, a := range s.KMS.Aliases {
		a.complete(r)
	}
	return nil
}

// allKeys returns the customer's and AWS's keys with their aliases, by name.
func (r *region) allKeys() (keys []*kmsKey, aliases []*kmsAlias) {
	keys, aliases = slices.Clone(r.KMS.Keys), slices.Clone(r.KMS.Aliases)
	for _, name := range []string{"alias/aws/secretsmanager", "alias/aws/ssm"} {
		k := &kmsKey{KeyId: store.UUID(r.ARN("kms", name)), KeyManager: "AWS", Description: managedAliases[name]}
		a := &kmsAlias{AliasName: name, TargetKeyId: k.KeyId}
		k.complete(r)
		a.complete(r)
		keys, aliases = append(keys, k), append(aliases, a)
	}
	return keys, aliases
}

var kmsKeyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// findKey finds a key by its id or ARN, or by the name or ARN of an alias.
func (r *region) findKey(id string) (*kmsKey, *wire.Error) {
	keys, aliases := r.allKeys()
	name, ours := id, true
	if strings.HasPrefix(id, "arn:") {
		name, ours = strings.CutPrefix(id, r.ARN("kms", ""))
	}
	if !ours && !strings.Contains(id, ":"+store.AccountID+":") {
		return nil, wire.Fail("AccessDeniedException", "User: %s is not authorized to perform: kms:DescribeKey on resource: %s because no resource-based policy allows the kms:DescribeKey action",
			r.Caller(), id)
	}
	if strings.HasPrefix(name, "alias/") {
		for _, a := range aliases {
			if a.AliasName == name {
				return r.findKey(a.TargetKeyId)
			}
		}
		return nil, wire.Fail("NotFoundException", "Alias %s is not found.", r.ARN("kms", name))
	}
	name = strings.TrimPrefix(name, "key/")
	if !ours || !kmsKeyID.MatchString(name) {
		return nil, wire.Fail("NotFoundException", "Invalid keyId '%s'", id)
	}
	for _, k := range keys {
		if k.KeyId == name {
			return k, nil
		}
	}
	return nil, wire.Fail("NotFoundException", "Key '%s' does not exist", r.ARN("kms", "key/"+name))
}

type describeKeyIn struct {
	KeyId       string
	GrantTokens []string
}

type describeKeyOut struct{ KeyMetadata kmsKey }

func (r *region) describeKey(in describeKeyIn) (describeKeyOut, *wire.Error) {
	if in.KeyId == "" {
		return describeKeyOut{}, wire.Fail("ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
	}
	k, err := r.findKey(in.KeyId)
	if err != nil {
		return describeKeyOut{}, err
	}
	return describeKeyOut{*k}, nil
}

type kmsPage struct {
	Limit  *int32
	Marker string
}

var kmsPages = store.Pager{
	Size: 50, Least: 1, Most: 100,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100", size)
	},
	BadToken: func(token string) *wire.Error {
		return wire.Fail("InvalidMarkerException", "Could not deserialize marker '%s'", token)
	},
}

type listAliasesIn struct {
	kmsPage
	KeyId string
}

type listAliasesOut struct {
	Aliases    []kmsAlias
	NextMarker string `json:",omitempty"`
	Truncated  bool
}

func (r *region) listAliases(in listAliasesIn) (listAliasesOut, *wire.Error) {
	_, aliases := r.allKeys()
	if in.KeyId != "" {
		k, err := r.findKey(in.KeyId)
		if err != nil {
			return listAliasesOut{}, err
		}
		aliases = slices.DeleteFunc(aliases, func(a *kmsAlias) bool { return a.TargetKeyId != k.KeyId })
	}
	page, next, err := store.Page(&kmsPages, aliases, in.Limit, in.Marker)
	return listAliasesOut{store.Copies(page, nil), next, next != ""}, err
}
