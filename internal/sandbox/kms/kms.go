// Package kms is AWS KMS in the sandbox: keys and their aliases.
package kms

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// API is the service.
var API = store.API[*Region]{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]wire.Operation[*Region]{
		"DescribeKey": wire.JSONOp((*Region).describeKey),
		"ListAliases": wire.JSONOp((*Region).listAliases),
	},
	Dump: func(r *Region) map[string]any { return map[string]any{"KMS": r.Content} },
}

// Content are the customer's keys and their aliases. A scenario contains the ids of keys and the
// names of aliases; New creates the rest. AWS managed keys exist in every Region; see managedAliases.
type Content struct {
	Keys    []*Key
	Aliases []*alias
}

// Region is the state of the service in an AWS Region.
type Region struct {
	*store.Region
	Content
}

// Key is a key in the format of DescribeKey.
type Key struct {
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

type alias struct {
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
func (k *Key) complete(r *Region) {
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

func (a *alias) complete(r *Region) {
	a.AliasArn = r.ARN("kms", a.AliasName)
	a.CreationDate, a.LastUpdatedDate = wire.Epoch{Time: store.Loaded}, wire.Epoch{Time: store.Loaded}
}

// New returns the state with the content of a scenario.
func New(in *store.Region, content Content) *Region {
	r := &Region{in, content}
	for _, k := range r.Keys {
		k.complete(r)
	}
	for _, a := range r.Aliases {
		a.complete(r)
	}
	return r
}

// allKeys returns the customer's and AWS's keys with their aliases, by name.
func (r *Region) allKeys() (keys []*Key, aliases []*alias) {
	keys, aliases = slices.Clone(r.Keys), slices.Clone(r.Aliases)
	for _, name := range []string{"alias/aws/secretsmanager", "alias/aws/ssm"} {
		k := &Key{KeyId: store.UUID(r.ARN("kms", name)), KeyManager: "AWS", Description: managedAliases[name]}
		a := &alias{AliasName: name, TargetKeyId: k.KeyId}
		k.complete(r)
		a.complete(r)
		keys, aliases = append(keys, k), append(aliases, a)
	}
	return keys, aliases
}

var keyID = pattern.New(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// Find finds a key by its id or ARN, or by the name or ARN of an alias.
func (r *Region) Find(id string) (*Key, *wire.Error) {
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
				return r.Find(a.TargetKeyId)
			}
		}
		return nil, wire.Fail("NotFoundException", "Alias %s is not found.", r.ARN("kms", name))
	}
	name = strings.TrimPrefix(name, "key/")
	if !ours || !keyID().MatchString(name) {
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

type describeKeyOut struct{ KeyMetadata Key }

func (r *Region) describeKey(in describeKeyIn) (describeKeyOut, *wire.Error) {
	if in.KeyId == "" {
		return describeKeyOut{}, wire.Fail("ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
	}
	k, err := r.Find(in.KeyId)
	if err != nil {
		return describeKeyOut{}, err
	}
	return describeKeyOut{*k}, nil
}

var pages = store.Pager{
	Size: 50, Least: 1, Most: 100,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100", size)
	},
	BadToken: func(token string) *wire.Error {
		return wire.Fail("InvalidMarkerException", "Could not deserialize marker '%s'", token)
	},
}

type listAliasesIn struct {
	KeyId  string
	Limit  *int32
	Marker string
}

type listAliasesOut struct {
	Aliases    []alias
	NextMarker string `json:",omitempty"`
	Truncated  bool
}

func (r *Region) listAliases(in listAliasesIn) (listAliasesOut, *wire.Error) {
	_, aliases := r.allKeys()
	if in.KeyId != "" {
		k, err := r.Find(in.KeyId)
		if err != nil {
			return listAliasesOut{}, err
		}
		aliases = slices.DeleteFunc(aliases, func(a *alias) bool { return a.TargetKeyId != k.KeyId })
	}
	page, next, err := store.Page(&pages, aliases, in.Limit, in.Marker)
	return listAliasesOut{store.Copies(page, nil), next, next != ""}, err
}
