package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kmsState is the content of AWS KMS in a Region: the customer's keys and their aliases. A
// scenario contains the ids of keys and the names of aliases; load creates the rest. AWS managed
// keys exist in every Region; see managedKeys.
type kmsState struct {
	Keys    []*kmsKey
	Aliases []*kmsAlias
}

type kmsKey struct {
	AWSAccountId          string
	KeyId                 string
	Arn                   string
	CreationDate          epoch
	Enabled               bool
	Description           string
	KeyUsage              string
	KeyState              string
	DeletionDate          epoch `json:",omitzero"`
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
	CreationDate    epoch
	LastUpdatedDate epoch
}

// managedAliases are the aliases of AWS managed keys, which AWS uses if the customer chooses no
// key.
var managedAliases = map[string]string{
	"alias/aws/secretsmanager": "Default key that protects my Secrets Manager data when no other key is defined",
	"alias/aws/ssm":            "Default key that protects my SSM parameters when no other key is defined",
}

func (r *region) kmsARN(resource string) string {
	return fmt.Sprintf("arn:%s:kms:%s:%s:%s", r.catalog.Partition, r.catalog.Name, accountID, resource)
}

// complete derives the values that a scenario leaves out.
func (k *kmsKey) complete(r *region) {
	k.AWSAccountId, k.Arn = accountID, r.kmsARN("key/"+k.KeyId)
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
		k.CreationDate = epoch{scenarioTime}
	}
}

func (a *kmsAlias) complete(r *region) {
	a.AliasArn = r.kmsARN(a.AliasName)
	a.CreationDate, a.LastUpdatedDate = epoch{scenarioTime}, epoch{scenarioTime}
}

func (s *kmsState) complete(r *region) {
	for _, k := range s.Keys {
		k.complete(r)
	}
	for _, a := range s.Aliases {
		a.complete(r)
	}
}

// uuidOf returns a UUID that is always the same for the same text.
func uuidOf(text string) string {
	h := hash(text, 32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "8" + h[17:20], h[20:]}, "-")
}

// allKeys returns the customer's and AWS's keys with their aliases, by name.
func (r *region) allKeys() (keys []*kmsKey, aliases []*kmsAlias) {
	keys, aliases = slices.Clone(r.kms.Keys), slices.Clone(r.kms.Aliases)
	for _, name := range []string{"alias/aws/secretsmanager", "alias/aws/ssm"} {
		k := &kmsKey{KeyId: uuidOf(r.kmsARN(name)), KeyManager: "AWS", Description: managedAliases[name]}
		a := &kmsAlias{AliasName: name, TargetKeyId: k.KeyId}
		k.complete(r)
		a.complete(r)
		keys, aliases = append(keys, k), append(aliases, a)
	}
	return keys, aliases
}

var kmsKeyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// findKey finds a key by its id or ARN, or by the name or ARN of an alias.
func (r *region) findKey(id string) (*kmsKey, *apiError) {
	keys, aliases := r.allKeys()
	name, ours := id, true
	if strings.HasPrefix(id, "arn:") {
		name, ours = strings.CutPrefix(id, r.kmsARN(""))
	}
	if !ours && !strings.Contains(id, ":"+accountID+":") {
		return nil, fail("AccessDeniedException", "User: %s is not authorized to perform: kms:DescribeKey on resource: %s because no resource-based policy allows the kms:DescribeKey action",
			callerARN(r), id)
	}
	if strings.HasPrefix(name, "alias/") {
		for _, a := range aliases {
			if a.AliasName == name {
				return r.findKey(a.TargetKeyId)
			}
		}
		return nil, fail("NotFoundException", "Alias %s is not found.", r.kmsARN(name))
	}
	name = strings.TrimPrefix(name, "key/")
	if !ours || !kmsKeyID.MatchString(name) {
		return nil, fail("NotFoundException", "Invalid keyId '%s'", id)
	}
	for _, k := range keys {
		if k.KeyId == name {
			return k, nil
		}
	}
	return nil, fail("NotFoundException", "Key '%s' does not exist", r.kmsARN("key/"+name))
}

type describeKeyIn struct {
	KeyId       string
	GrantTokens []string
}

type describeKeyOut struct{ KeyMetadata kmsKey }

func (r *region) describeKey(in describeKeyIn) (describeKeyOut, *apiError) {
	if in.KeyId == "" {
		return describeKeyOut{}, fail("ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
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

// kmsCut returns a page of a List operation.
func kmsCut[T any](all []*T, in kmsPage, size, most int32) (page []T, next string, err *apiError) {
	if in.Limit != nil {
		if size = *in.Limit; size < 1 || size > most {
			return nil, "", fail("ValidationException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", size, most)
		}
	}
	found, next, ok := cut(all, size, in.Marker)
	if !ok {
		return nil, "", fail("InvalidMarkerException", "Could not deserialize marker '%s'", in.Marker)
	}
	return copies(found, nil), next, nil
}

type listKeysOut struct {
	Keys       []kmsKeyEntry
	NextMarker string `json:",omitempty"`
	Truncated  bool
}

type kmsKeyEntry struct{ KeyId, KeyArn string }

func (r *region) listKeys(in kmsPage) (listKeysOut, *apiError) {
	keys, _ := r.allKeys()
	page, next, err := kmsCut(keys, in, 100, 1000)
	out := listKeysOut{Keys: []kmsKeyEntry{}, NextMarker: next, Truncated: next != ""}
	for _, k := range page {
		out.Keys = append(out.Keys, kmsKeyEntry{k.KeyId, k.Arn})
	}
	return out, err
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

func (r *region) listAliases(in listAliasesIn) (listAliasesOut, *apiError) {
	_, aliases := r.allKeys()
	if in.KeyId != "" {
		k, err := r.findKey(in.KeyId)
		if err != nil {
			return listAliasesOut{}, err
		}
		aliases = slices.DeleteFunc(aliases, func(a *kmsAlias) bool { return a.TargetKeyId != k.KeyId })
	}
	page, next, err := kmsCut(aliases, in.kmsPage, 50, 100)
	return listAliasesOut{page, next, next != ""}, err
}
