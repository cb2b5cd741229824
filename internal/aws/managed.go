package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// capacity loads the capacity providers of ECS Managed Instances of a cluster. They belong to one
// cluster, and AWS lists them only for that cluster (Amazon ECS API reference,
// DescribeCapacityProviders).
func (e *ecsLoad) capacity(ctx context.Context, cluster string) error {
	p := &tokens[ecs.DescribeCapacityProvidersInput, ecs.DescribeCapacityProvidersOutput, ecs.Options]{
		call: ecsClient(e.c).DescribeCapacityProviders, in: &ecs.DescribeCapacityProvidersInput{Cluster: &cluster},
		next: func(in *ecs.DescribeCapacityProvidersInput, out *ecs.DescribeCapacityProvidersOutput) *string {
			in.NextToken = out.NextToken
			return out.NextToken
		},
	}
	err := readAll(ctx, e.loading, "ecs:DescribeCapacityProviders", p, func(o *ecs.DescribeCapacityProvidersOutput) {
		var lost []string // subnets with an unknown VPC
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, c := range o.CapacityProviders {
			if c.ManagedInstancesProvider == nil && c.Type != types.CapacityProviderTypeManagedInstances {
				continue
			}
			out := inventory.ManagedProvider{Name: sdk.ToString(c.Name)}
			e.managed[cluster+" "+out.Name] = true
			if m := c.ManagedInstancesProvider; m != nil && m.InstanceLaunchTemplate != nil && m.InstanceLaunchTemplate.NetworkConfiguration != nil {
				n := m.InstanceLaunchTemplate.NetworkConfiguration
				out.Subnets, out.Groups = sorted(n.Subnets), sorted(n.SecurityGroups)
				lost = append(lost, e.claimSubnet(out.Subnets)...)
			}
			if known := e.clusters[cluster]; known != nil {
				known.ManagedProviders = append(known.ManagedProviders, out)
			}
		}
		if len(lost) > 0 {
			e.g.Go(func() error { return e.subnetVPCs(ctx, lost) })
		}
	})
	return e.ignoreDeleted(cluster, err)
}
