package sandbox

import (
	"cmp"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var ecrAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"CreatePullThroughCacheRule":    wire.JSONOp((*region).createCacheRule),
		"DescribePullThroughCacheRules": wire.JSONOp((*region).describeCacheRules),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"Caches": store.Copies(r.caches, nil)} },
}

type ecrState struct{ caches []*cacheRule }

// cacheRule is a pull-through cache rule of Amazon ECR.
type cacheRule struct {
	EcrRepositoryPrefix string     `json:"ecrRepositoryPrefix"`
	UpstreamRegistryUrl string     `json:"upstreamRegistryUrl"`
	CredentialArn       string     `json:"credentialArn,omitempty"`
	RegistryId          string     `json:"registryId"`
	CreatedAt           wire.Epoch `json:"createdAt,omitzero"`
}

// createCacheRule creates a rule. A prefix has one rule at most.
func (r *region) createCacheRule(in cacheRule) (cacheRule, *wire.Error) {
	switch {
	case in.EcrRepositoryPrefix == "" || in.UpstreamRegistryUrl == "":
		return cacheRule{}, wire.Fail("InvalidParameterException", "ecrRepositoryPrefix and upstreamRegistryUrl must not be empty")
	case slices.ContainsFunc(r.caches, func(o *cacheRule) bool { return o.EcrRepositoryPrefix == in.EcrRepositoryPrefix }):
		return cacheRule{}, wire.Fail("PullThroughCacheRuleAlreadyExistsException", "A pull through cache rule with the prefix %q already exists", in.EcrRepositoryPrefix)
	}
	in.RegistryId, in.CreatedAt = store.AccountID, wire.Epoch{Time: r.Now()}
	r.caches = append(r.caches, &in)
	slices.SortFunc(r.caches, func(a, b *cacheRule) int { return cmp.Compare(a.EcrRepositoryPrefix, b.EcrRepositoryPrefix) })
	return in, nil
}

type describeCacheRulesIn struct {
	EcrRepositoryPrefixes []string `json:"ecrRepositoryPrefixes"`
	MaxResults            *int32   `json:"maxResults"`
	NextToken             string   `json:"nextToken"`
	RegistryId            string   `json:"registryId"`
}

type describeCacheRulesOut struct {
	PullThroughCacheRules []*cacheRule `json:"pullThroughCacheRules"`
	NextToken             string       `json:"nextToken,omitempty"`
}

var cachePages = store.Pager{
	Size: 100, Least: 1, Most: 1000,
	BadToken: func(string) *wire.Error { return wire.Fail("InvalidParameterException", "Invalid nextToken.") },
}

func (r *region) describeCacheRules(in describeCacheRulesIn) (describeCacheRulesOut, *wire.Error) {
	var rules []*cacheRule
	for _, c := range r.caches {
		if len(in.EcrRepositoryPrefixes) == 0 || slices.Contains(in.EcrRepositoryPrefixes, c.EcrRepositoryPrefix) {
			rules = append(rules, c)
		}
	}
	page, next, err := store.Page(&cachePages, rules, in.MaxResults, in.NextToken)
	return describeCacheRulesOut{page, next}, err
}
