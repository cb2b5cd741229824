package sandbox

import (
	"cmp"
	"slices"
)

// cacheRule is a pull-through cache rule of Amazon ECR.
type cacheRule struct {
	EcrRepositoryPrefix string `json:"ecrRepositoryPrefix"`
	UpstreamRegistryUrl string `json:"upstreamRegistryUrl"`
	CredentialArn       string `json:"credentialArn,omitempty"`
	RegistryId          string `json:"registryId"`
	CreatedAt           epoch  `json:"createdAt,omitzero"`
}

// createCacheRule creates a rule. A prefix has one rule at most.
func (r *region) createCacheRule(in cacheRule) (cacheRule, *apiError) {
	switch {
	case in.EcrRepositoryPrefix == "" || in.UpstreamRegistryUrl == "":
		return cacheRule{}, fail("InvalidParameterException", "ecrRepositoryPrefix and upstreamRegistryUrl must not be empty")
	case slices.ContainsFunc(r.caches, func(o *cacheRule) bool { return o.EcrRepositoryPrefix == in.EcrRepositoryPrefix }):
		return cacheRule{}, fail("PullThroughCacheRuleAlreadyExistsException", "A pull through cache rule with the prefix %q already exists", in.EcrRepositoryPrefix)
	}
	in.RegistryId, in.CreatedAt = accountID, epoch{r.now()}
	r.caches = append(r.caches, &in)
	slices.SortFunc(r.caches, func(a, b *cacheRule) int { return cmp.Compare(a.EcrRepositoryPrefix, b.EcrRepositoryPrefix) })
	return in, nil
}

type describeCacheRulesIn struct {
	EcrRepositoryPrefixes []string `json:"ecrRepositoryPrefixes"`
	MaxResults            int      `json:"maxResults"`
	NextToken             string   `json:"nextToken"`
	RegistryId            string   `json:"registryId"`
}

type describeCacheRulesOut struct {
	PullThroughCacheRules []*cacheRule `json:"pullThroughCacheRules"`
	NextToken             string       `json:"nextToken,omitempty"`
}

func (r *region) describeCacheRules(in describeCacheRulesIn) (describeCacheRulesOut, *apiError) {
	rules := []*cacheRule{}
	for _, c := range r.caches {
		if len(in.EcrRepositoryPrefixes) == 0 || slices.Contains(in.EcrRepositoryPrefixes, c.EcrRepositoryPrefix) {
			rules = append(rules, c)
		}
	}
	size := 100
	if in.MaxResults > 0 {
		size = in.MaxResults
	}
	page, next, ok := cut(rules, int32(size), in.NextToken)
	if !ok {
		return describeCacheRulesOut{}, fail("InvalidParameterException", "Invalid nextToken.")
	}
	return describeCacheRulesOut{page, next}, nil
}
