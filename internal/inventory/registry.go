package inventory

import (
	"slices"
	"strings"
)

// Secret is a secret of Secrets Manager, without its value.
type Secret struct {
	ARN         string `json:"arn"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	KMSKey      string `json:"kms_key,omitempty"` // as AWS returns it: an id, ARN or alias; empty: the default key
	Deleted     string `json:"deleted,omitempty"` // time of the deletion request, RFC 3339
	Rotates     bool   `json:"rotates,omitempty"`
	Version     string `json:"version,omitempty"` // id of the current one
}

// Key is a KMS key with its aliases.
type Key struct {
	ARN     string   `json:"arn"`
	Aliases []string `json:"aliases,omitempty"` // alias/NAME
	Manager string   `json:"manager,omitempty"` // CUSTOMER or AWS
	State   string   `json:"state,omitempty"`   // Enabled, Disabled, PendingDeletion, …
	Usage   string   `json:"usage,omitempty"`   // ENCRYPT_DECRYPT, …
}

// Secret returns a secret by name or ARN, with or without the six characters that AWS adds to the
// name, or nil if it is not loaded. It also returns secrets scheduled for deletion.
func (inv *Inventory) Secret(name string) *Secret {
	return find(inv.Secrets, func(s *Secret) bool { return s.is(name, inv.Account, inv.Region) })
}

// is reports whether a name or ARN, used in an account and Region, refers to the secret.
func (s *Secret) is(name, account, region string) bool {
	return s.ARN == name || s.Name == name && s.OfAccount(account, region) || len(s.ARN) > 7 && s.ARN[:len(s.ARN)-7] == name
}

// OfAccount reports whether a secret is in an account and Region.
func (s *Secret) OfAccount(account, region string) bool {
	part := strings.SplitN(s.ARN, ":", 6)
	return len(part) == 6 && part[3] == region && part[4] == account
}

// Key returns a key by ARN, id, alias or ARN of an alias, or nil if it is not loaded.
func (inv *Inventory) Key(name string) *Key {
	if i := strings.Index(name, ":alias/"); i >= 0 {
		name = name[i+1:]
	}
	return find(inv.Keys, func(k *Key) bool {
		return k.ARN == name || strings.HasSuffix(k.ARN, "/"+name) || slices.Contains(k.Aliases, name)
	})
}

var registryPart = part{
	name: PartRegistry, title: "the secrets, keys and roles for tasks",
	calls: []string{"secretsmanager:ListSecrets", "kms:ListAliases", "kms:DescribeKey", "iam:ListRoles"},
	// merge keeps the secrets that were requested by name. The account may still be unknown, so the name must
	// be enough.
	merge: func(inv, f *Inventory, _ Request) {
		asked := inv.askedFor(PartSecret)
		inv.Keys, inv.ExecutionRoles = f.Keys, f.ExecutionRoles
		inv.Secrets = join(f.Secrets, keep(inv.Secrets, func(s *Secret) bool {
			return slices.ContainsFunc(asked, func(name string) bool { return s.Name == name || s.is(name, "", "") })
		}), secretARN)
	},
	// prepare records the Sids of this program for secrets and keys.
	prepare: func(m *mask, inv *Inventory) {
		for _, s := range inv.Secrets {
			m.own[GrantSid("Secret", s.ARN)] = GrantSid("Secret", m.arn(s.ARN))
			if len(s.ARN) > 7 {
				pattern := s.ARN[:len(s.ARN)-7] + "-??????" // the secret did not exist then
				m.own[GrantSid("Secret", pattern)] = GrantSid("Secret", m.arn(pattern))
			}
		}
		for _, k := range inv.Keys {
			m.own[GrantSid("Key", k.ARN)] = GrantSid("Key", m.arn(k.ARN))
		}
	},
	mask: func(m *mask, inv *Inventory) {
		for s := range items(inv.Secrets) {
			m.str(&s.ARN, m.arn)
			m.str(&s.Name, m.path)
			m.str(&s.Description, m.text)
			m.str(&s.KMSKey, m.key)
			m.str(&s.Version, m.text)
		}
		for k := range items(inv.Keys) {
			m.str(&k.ARN, m.arn)
			m.all(k.Aliases, m.key)
		}
		m.all(inv.ExecutionRoles, m.arn)
	},
}

var secretPart = part{
	name: PartSecret, title: "the secret with the credentials", calls: []string{"secretsmanager:DescribeSecret"},
	named: func(*Inventory) []Request { return nil }, // another part has those that a snapshot needs
	// cut finds a secret of PartRegistry, too. That part lists all secrets of the account and Region, so one
	// that it does not list does not exist.
	cut: func(inv *Inventory, r Request, loaded bool) (*Inventory, bool) {
		s := inv.Secret(r.Name)
		own := !strings.HasPrefix(r.Name, "arn:") || (&Secret{ARN: r.Name}).OfAccount(inv.Account, inv.Region)
		_, denied := inv.Gap("secretsmanager:ListSecrets")
		return &Inventory{Secrets: single(s)}, s != nil || loaded || own && !denied && slices.Contains(inv.Loaded, Request{Part: PartRegistry})
	},
	// merge drops a secret that no longer exists.
	merge: func(inv, f *Inventory, r Request) {
		older := inv.Secrets
		if _, denied := f.Gap("secretsmanager:DescribeSecret"); !denied && len(f.Secrets) == 0 {
			older = keep(older, func(s *Secret) bool { return !s.is(r.Name, inv.Account, inv.Region) })
		}
		inv.Secrets = join(f.Secrets, older, secretARN)
	},
}

func secretARN(s *Secret) string { return s.ARN }
