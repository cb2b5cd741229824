package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var ecrClient = register("ecr", ecr.ServiceID, ecr.NewFromConfig, traits{})

// caches loads the pull-through cache rules of the account's registry.
func (l *loading) caches(ctx context.Context, _ inventory.Request) error {
	in := &ecr.DescribePullThroughCacheRulesInput{MaxResults: sdk.Int32(1000)}
	err := l.elsewhere("The list of pull-through cache rules", readAll(ctx, l, "ecr:DescribePullThroughCacheRules", ecr.NewDescribePullThroughCacheRulesPaginator(ecrClient(l.c), in), func(o *ecr.DescribePullThroughCacheRulesOutput) {
		for _, r := range o.PullThroughCacheRules {
			l.out.Caches = append(l.out.Caches, inventory.Cache{Prefix: sdk.ToString(r.EcrRepositoryPrefix), Upstream: hostOf(sdk.ToString(r.UpstreamRegistryUrl))})
		}
	}))
	by(l.out.Caches, func(c inventory.Cache) string { return c.Prefix })
	return err
}
