package aws

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// ecsLoad gathers clusters while their calls are under way.
type ecsLoad struct {
	*loading
	g *errgroup.Group

	// These are guarded by loading.mu.
	clusters    map[string]*inventory.Cluster // by ARN
	definitions map[string]bool               // ARNs that are asked for
	homes       map[string]string             // VPCs by subnet; empty while asked for
}

// clusters loads clusters, services and the task definitions that services use.
// Each answer starts the calls that need it and no others, so that the longest
// chain is list clusters, list services, describe services, describe definition.
func (l *loading) clusters(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	e := &ecsLoad{loading: l, g: g, clusters: map[string]*inventory.Cluster{}, definitions: map[string]bool{}, homes: map[string]string{}}
	g.Go(func() error {
		return pages(ctx, l, "ecs:ListClusters", l.c.ecs.ListClusters, ecs.ListClustersInput{MaxResults: sdk.Int32(100)}, func(o *ecs.ListClustersOutput) {
			for chunk := range slices.Chunk(o.ClusterArns, 100) {
				e.add(chunk)
				g.Go(func() error { return e.describe(ctx, chunk) })
				for _, arn := range chunk {
					g.Go(func() error { return e.list(ctx, arn) })
				}
			}
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for _, c := range e.clusters {
		for i := range c.Services {
			if s := &c.Services[i]; len(s.Subnets) > 0 {
				s.VPC = e.homes[s.Subnets[0]]
			}
		}
		by(c.Services, func(s inventory.Service) string { return s.ARN })
		l.out.Clusters = append(l.out.Clusters, *c)
	}
	by(l.out.Clusters, func(c inventory.Cluster) string { return c.ARN })
	by(l.out.TaskDefinitions, func(d inventory.TaskDefinition) string { return d.ARN })
	return nil
}

// add notes clusters by what their ARNs tell, which is all that is known of them
// if describing them is denied.
func (e *ecsLoad) add(arns []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, arn := range arns {
		e.clusters[arn] = &inventory.Cluster{ARN: arn, Name: arn[strings.LastIndex(arn, "/")+1:]}
	}
}

func (e *ecsLoad) describe(ctx context.Context, arns []string) error {
	in := ecs.DescribeClustersInput{Clusters: arns, Include: []types.ClusterField{types.ClusterFieldSettings, types.ClusterFieldConfigurations}}
	return pages(ctx, e.loading, "ecs:DescribeClusters", e.c.ecs.DescribeClusters, in, func(o *ecs.DescribeClustersOutput) {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, c := range o.Clusters {
			known := e.clusters[sdk.ToString(c.ClusterArn)]
			if known == nil {
				continue
			}
			known.Name = cmp.Or(sdk.ToString(c.ClusterName), known.Name)
			known.Instances = int(c.RegisteredContainerInstancesCount)
			if c.Configuration != nil && c.Configuration.ExecuteCommandConfiguration != nil {
				known.ExecKMSKey = sdk.ToString(c.Configuration.ExecuteCommandConfiguration.KmsKeyId)
			}
			for _, s := range c.Settings {
				if s.Name == types.ClusterSettingNameContainerInsights {
					known.Insights = sdk.ToString(s.Value) == "enabled" || sdk.ToString(s.Value) == "enhanced"
				}
			}
		}
	})
}

func (e *ecsLoad) list(ctx context.Context, cluster string) error {
	err := pages(ctx, e.loading, "ecs:ListServices", e.c.ecs.ListServices, ecs.ListServicesInput{Cluster: &cluster, MaxResults: sdk.Int32(100)}, func(o *ecs.ListServicesOutput) {
		// AWS describes no more than ten services at a time.
		for chunk := range slices.Chunk(o.ServiceArns, 10) {
			e.g.Go(func() error { return e.services(ctx, cluster, chunk) })
		}
	})
	return e.unlessGone(cluster, err)
}

func (e *ecsLoad) services(ctx context.Context, cluster string, arns []string) error {
	err := pages(ctx, e.loading, "ecs:DescribeServices", e.c.ecs.DescribeServices, ecs.DescribeServicesInput{Cluster: &cluster, Services: arns}, func(o *ecs.DescribeServicesOutput) {
		var lost []string // subnets whose VPC is not known yet
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, s := range o.Services {
			if sdk.ToString(s.Status) == "INACTIVE" {
				continue
			}
			out := service(s)
			if c := e.clusters[cluster]; c != nil {
				c.Services = append(c.Services, out)
			}
			if d := out.TaskDefinition; d != "" && !e.definitions[d] {
				e.definitions[d] = true
				e.g.Go(func() error { return e.definition(ctx, d) })
			}
			if len(out.Subnets) > 0 {
				if _, asked := e.homes[out.Subnets[0]]; !asked {
					e.homes[out.Subnets[0]] = ""
					lost = append(lost, out.Subnets[0])
				}
			}
		}
		if len(lost) > 0 {
			e.g.Go(func() error { return e.home(ctx, lost) })
		}
	})
	return e.unlessGone(cluster, err)
}

// home finds the VPCs of subnets, beside the task definitions. It filters, since
// asking by id fails altogether if one of the subnets is gone.
func (e *ecsLoad) home(ctx context.Context, subnets []string) error {
	in := ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{{Name: sdk.String("subnet-id"), Values: subnets}}}
	return pages(ctx, e.loading, "ec2:DescribeSubnets", e.c.ec2.DescribeSubnets, in, func(o *ec2.DescribeSubnetsOutput) {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, s := range o.Subnets {
			e.homes[sdk.ToString(s.SubnetId)] = sdk.ToString(s.VpcId)
		}
	})
}

// unlessGone drops a cluster that was deleted since it was listed.
func (e *ecsLoad) unlessGone(cluster string, err error) error {
	var gone *Error
	if !errors.As(err, &gone) || gone.Code != "ClusterNotFoundException" {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.clusters, cluster)
	return nil
}

func (e *ecsLoad) definition(ctx context.Context, arn string) error {
	err := pages(ctx, e.loading, "ecs:DescribeTaskDefinition", e.c.ecs.DescribeTaskDefinition, ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn}, func(o *ecs.DescribeTaskDefinitionOutput) {
		if o.TaskDefinition == nil {
			return
		}
		d := taskDefinition(*o.TaskDefinition)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.out.TaskDefinitions = append(e.out.TaskDefinitions, d)
	})
	// What a service uses but AWS no longer shows is as unknown as what it hides.
	var gone *Error
	if errors.As(err, &gone) && gone.Code == "ClientException" {
		e.gap(gone)
		return nil
	}
	return err
}

func service(s types.Service) inventory.Service {
	out := inventory.Service{
		ARN: sdk.ToString(s.ServiceArn), Name: sdk.ToString(s.ServiceName),
		LaunchType: launchType(s.LaunchType, s.CapacityProviderStrategy), PlatformVersion: sdk.ToString(s.PlatformVersion),
		TaskDefinition: sdk.ToString(s.TaskDefinition), Exec: s.EnableExecuteCommand, Desired: int(s.DesiredCount), Running: int(s.RunningCount),
	}
	network := s.NetworkConfiguration
	for _, t := range s.TaskSets {
		// Services that something else deploys keep these things in task sets.
		if sdk.ToString(t.Status) != "PRIMARY" || s.TaskDefinition != nil {
			continue
		}
		out.TaskDefinition, out.PlatformVersion, network = sdk.ToString(t.TaskDefinition), sdk.ToString(t.PlatformVersion), t.NetworkConfiguration
		out.LaunchType = launchType(t.LaunchType, t.CapacityProviderStrategy)
	}
	if network != nil && network.AwsvpcConfiguration != nil {
		v := network.AwsvpcConfiguration
		out.Subnets, out.Groups = sorted(v.Subnets), sorted(v.SecurityGroups)
		out.PublicIP = v.AssignPublicIp == types.AssignPublicIpEnabled
	}
	for _, d := range s.Deployments {
		if sdk.ToString(d.Status) == "PRIMARY" && d.ServiceConnectConfiguration != nil && d.ServiceConnectConfiguration.Enabled {
			out.ServiceConnect = true
		}
	}
	return out
}

// launchType follows the capacity providers where there is no launch type:
// those of Fargate have fixed names, any other stands for instances.
func launchType(t types.LaunchType, strategy []types.CapacityProviderStrategyItem) string {
	if t != "" || len(strategy) == 0 {
		return cmp.Or(string(t), string(types.LaunchTypeEc2))
	}
	for _, item := range strategy {
		if p := sdk.ToString(item.CapacityProvider); p != "FARGATE" && p != "FARGATE_SPOT" {
			return string(types.LaunchTypeEc2)
		}
	}
	return string(types.LaunchTypeFargate)
}

// taskDefinition takes what tells of endpoints. Environment variables and log
// options, which may hold secrets in clear, are left behind here.
func taskDefinition(d types.TaskDefinition) inventory.TaskDefinition {
	out := inventory.TaskDefinition{
		ARN: sdk.ToString(d.TaskDefinitionArn), Family: sdk.ToString(d.Family), Revision: int(d.Revision),
		ExecutionRole: sdk.ToString(d.ExecutionRoleArn), TaskRole: sdk.ToString(d.TaskRoleArn), Containers: []inventory.Container{},
	}
	requires := d.RequiresCompatibilities
	if len(requires) == 0 {
		requires = d.Compatibilities
	}
	for _, c := range requires {
		out.Compatible = append(out.Compatible, string(c))
	}
	out.Compatible = sorted(out.Compatible)
	if d.RuntimePlatform != nil {
		out.OS = string(d.RuntimePlatform.OperatingSystemFamily)
	}
	for _, v := range d.Volumes {
		out.EFS = out.EFS || v.EfsVolumeConfiguration != nil
	}
	for _, c := range d.ContainerDefinitions {
		out.Containers = append(out.Containers, container(c))
	}
	return out
}

func container(c types.ContainerDefinition) inventory.Container {
	out := inventory.Container{Name: sdk.ToString(c.Name), Image: sdk.ToString(c.Image)}
	for _, s := range c.Secrets {
		out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
	}
	if log := c.LogConfiguration; log != nil {
		out.LogDriver = string(log.LogDriver)
		out.LogRegion = log.Options["awslogs-region"]
		if log.LogDriver == types.LogDriverAwsfirelens {
			// Fluent Bit has two plug-ins that write to CloudWatch Logs.
			if plugin := log.Options["Name"]; plugin == "cloudwatch" || plugin == "cloudwatch_logs" {
				out.LogDriver += ":cloudwatch"
			}
		}
		for _, s := range log.SecretOptions {
			out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
		}
	}
	if c.RepositoryCredentials != nil {
		out.Credentials = sdk.ToString(c.RepositoryCredentials.CredentialsParameter)
	}
	out.Secrets = sorted(out.Secrets)
	for _, f := range c.EnvironmentFiles {
		out.EnvFiles = append(out.EnvFiles, sdk.ToString(f.Value))
	}
	return out
}
