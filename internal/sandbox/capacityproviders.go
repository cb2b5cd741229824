package sandbox

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// ecsCapacityProvider is a capacity provider of ECS Managed Instances.
type ecsCapacityProvider struct {
	CapacityProviderArn      string           `json:"capacityProviderArn"`
	Name                     string           `json:"name"`
	Cluster                  string           `json:"cluster"` // a scenario has its name
	Status                   string           `json:"status"`
	Type                     string           `json:"type"`
	ManagedInstancesProvider managedInstances `json:"managedInstancesProvider"`
	Tags                     ecsTags          `json:"tags,omitempty"`
}

type managedInstances struct {
	InfrastructureRoleArn  string                 `json:"infrastructureRoleArn"`
	InstanceLaunchTemplate instanceLaunchTemplate `json:"instanceLaunchTemplate"`
}

type instanceLaunchTemplate struct {
	Ec2InstanceProfileArn string           `json:"ec2InstanceProfileArn"`
	NetworkConfiguration  instancesNetwork `json:"networkConfiguration"`
}

type instancesNetwork struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
}

func (p *ecsCapacityProvider) complete(r *region, s *ecsState) {
	c := s.cluster(r, p.Cluster)
	p.Cluster, p.CapacityProviderArn = c.ClusterArn, r.ARN("ecs", "capacity-provider/"+c.ClusterName+"/"+p.Name)
	p.Status, p.Type = "ACTIVE", "MANAGED_INSTANCES"
}

type describeCapacityProvidersIn struct {
	ecsPage
	CapacityProviders []string `json:"capacityProviders"`
	Cluster           string   `json:"cluster"`
}

type describeCapacityProvidersOut struct {
	CapacityProviders []*ecsCapacityProvider `json:"capacityProviders"`
	Failures          []ecsFailure           `json:"failures"`
	NextToken         string                 `json:"nextToken,omitempty"`
}

// describeCapacityProviders lists the capacity providers of Managed Instances of a cluster. Without a
// cluster AWS lists those that belong to no cluster, and the sandbox has none.
func (r *region) describeCapacityProviders(in describeCapacityProvidersIn) (describeCapacityProvidersOut, *wire.Error) {
	out := describeCapacityProvidersOut{CapacityProviders: []*ecsCapacityProvider{}, Failures: []ecsFailure{}}
	if in.Cluster == "" {
		return out, nil
	}
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	var all []*ecsCapacityProvider
	for _, p := range r.ECS.CapacityProviders {
		if p.Cluster == c.ClusterArn && (len(in.CapacityProviders) == 0 || slices.Contains(in.CapacityProviders, p.Name) || slices.Contains(in.CapacityProviders, p.CapacityProviderArn)) {
			all = append(all, p)
		}
	}
	out.CapacityProviders, out.NextToken, err = store.Page(ecsPages(10, 10), all, in.MaxResults, in.NextToken)
	return out, err
}
