package aws

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// ecsLoad collects clusters while their calls are running.
type ecsLoad struct {
	*loading
	g      *errgroup.Group
	agents bool // without services

	// mu of loading protects these fields.
	clusters    map[string]*inventory.Cluster // by ARN
	definitions map[string]bool               // ARNs that were requested
	providers   map[string][]string           // capacity providers of services, by the service's ARN
	managed     map[string]bool               // capacity providers with instances that AWS manages, by cluster ARN and name
}

// clusters loads clusters with their container instances and services, and the task definitions
// of the services. Each answer starts only the calls that need it. The longest chains are: list
// clusters, list services, describe services, describe definition; and list clusters, describe
// clusters, list instances, describe instances. Capacity providers are described next to the instances.
func (l *loading) clusters(ctx context.Context, r inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	e := &ecsLoad{loading: l, g: g, agents: r.Part == inventory.PartAgents, clusters: map[string]*inventory.Cluster{}, definitions: map[string]bool{}, providers: map[string][]string{}, managed: map[string]bool{}}
	g.Go(func() error {
		return readAll(ctx, l, "ecs:ListClusters", ecs.NewListClustersPaginator(ecsClient(l.c), &ecs.ListClustersInput{MaxResults: sdk.Int32(100)}), func(o *ecs.ListClustersOutput) {
			for chunk := range slices.Chunk(o.ClusterArns, 100) {
				e.add(chunk)
				g.Go(func() error { return e.describe(ctx, chunk) })
				if e.agents {
					continue
				}
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
			s := &c.Services[i]
			s.VPC = e.vpcOf(s.Subnets)
			if e.onManaged(c, s) {
				s.LaunchType = string(types.LaunchTypeManagedInstances)
			}
		}
		for i := range c.ManagedProviders {
			p := &c.ManagedProviders[i]
			p.VPC = e.vpcOf(p.Subnets)
		}
		// If AWS denies ecs:DescribeClusters, the list is the only source of the number.
		c.Instances = max(c.Instances, len(c.ContainerInstances))
		by(c.Services, func(s inventory.Service) string { return s.ARN })
		by(c.ContainerInstances, func(i inventory.ContainerInstance) string { return i.ARN })
		by(c.ManagedProviders, func(p inventory.ManagedProvider) string { return p.Name })
		l.out.Clusters = append(l.out.Clusters, *c)
	}
	by(l.out.Clusters, func(c inventory.Cluster) string { return c.ARN })
	by(l.out.TaskDefinitions, func(d inventory.TaskDefinition) string { return d.ARN })
	return nil
}

// onManaged reports whether a service with capacity providers runs on instances that AWS manages.
// This is so if one of its capacity providers is known as managed, or if its task definition
// excludes the account's own instances.
func (e *ecsLoad) onManaged(c *inventory.Cluster, s *inventory.Service) bool {
	providers := e.providers[s.ARN]
	if s.LaunchType != string(types.LaunchTypeEc2) || len(providers) == 0 {
		return false
	}
	if slices.ContainsFunc(providers, func(p string) bool { return e.managed[c.ARN+" "+p] }) {
		return true
	}
	d := e.out.TaskDefinition(s.TaskDefinition)
	return d != nil && slices.Contains(d.Compatible, string(types.CompatibilityManagedInstances)) && !slices.Contains(d.Compatible, string(types.CompatibilityEc2))
}

// add records clusters with the data in their ARNs. If AWS denies describing them, no other data
// is available.
func (e *ecsLoad) add(arns []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, arn := range arns {
		e.clusters[arn] = &inventory.Cluster{ARN: arn, Name: arn[strings.LastIndex(arn, "/")+1:]}
	}
}

// describe completes the data of clusters and starts loading container instances where a cluster
// has any. Without any, it makes no further call. If AWS denies the call, every cluster may have
// instances.
func (e *ecsLoad) describe(ctx context.Context, arns []string) error {
	in := ecs.DescribeClustersInput{Clusters: arns, Include: []types.ClusterField{types.ClusterFieldSettings, types.ClusterFieldConfigurations}}
	out, err := ecsClient(e.c).DescribeClusters(ctx, &in)
	if err != nil {
		err = e.c.fail("ecs:DescribeClusters", err)
		var denied *Error
		if errors.As(err, &denied) && (denied.Denied() || denied.NotOffered()) {
			for _, arn := range arns {
				e.g.Go(func() error { return e.listInstances(ctx, arn) })
			}
		}
		return e.gapIfUnread(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range out.Clusters {
		known := e.clusters[sdk.ToString(c.ClusterArn)]
		if known == nil {
			continue
		}
		describeCluster(known, c)
		if !e.agents && slices.ContainsFunc(c.CapacityProviders, func(p string) bool { return p != "FARGATE" && p != "FARGATE_SPOT" }) {
			e.g.Go(func() error { return e.capacity(ctx, known.ARN) })
		}
		if known.Instances > 0 {
			e.g.Go(func() error { return e.listInstances(ctx, known.ARN) })
		}
	}
	return nil
}

// describeCluster copies the fields that matter for endpoints. The logs of ECS Exec sessions go to the
// log group and the bucket of the cluster only with the setting OVERRIDE (Amazon ECS API reference,
// ExecuteCommandConfiguration).
func describeCluster(known *inventory.Cluster, c types.Cluster) {
	known.Name = cmp.Or(sdk.ToString(c.ClusterName), known.Name)
	known.Instances = int(c.RegisteredContainerInstancesCount)
	if c.Configuration != nil && c.Configuration.ExecuteCommandConfiguration != nil {
		exec := c.Configuration.ExecuteCommandConfiguration
		known.ExecKMSKey = sdk.ToString(exec.KmsKeyId)
		if log := exec.LogConfiguration; log != nil && exec.Logging == types.ExecuteCommandLoggingOverride {
			known.ExecLogGroup, known.ExecBucket = sdk.ToString(log.CloudWatchLogGroupName), sdk.ToString(log.S3BucketName)
		}
	}
	for _, s := range c.Settings {
		if s.Name == types.ClusterSettingNameContainerInsights {
			known.Insights = sdk.ToString(s.Value) == "enabled" || sdk.ToString(s.Value) == "enhanced"
		}
	}
}

// listInstances sets no status, so that AWS lists instances in all states except INACTIVE.
func (e *ecsLoad) listInstances(ctx context.Context, cluster string) error {
	in := ecs.ListContainerInstancesInput{Cluster: &cluster, MaxResults: sdk.Int32(100)}
	err := readAll(ctx, e.loading, "ecs:ListContainerInstances", ecs.NewListContainerInstancesPaginator(ecsClient(e.c), &in), func(o *ecs.ListContainerInstancesOutput) {
		for chunk := range slices.Chunk(o.ContainerInstanceArns, 100) {
			e.g.Go(func() error { return e.instances(ctx, cluster, chunk) })
		}
	})
	return e.ignoreDeleted(cluster, err)
}

func (e *ecsLoad) instances(ctx context.Context, cluster string, arns []string) error {
	in := ecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: arns, Include: []types.ContainerInstanceField{types.ContainerInstanceFieldTags}}
	err := read(ctx, e.loading, "ecs:DescribeContainerInstances", ecsClient(e.c).DescribeContainerInstances, in, func(o *ecs.DescribeContainerInstancesOutput) {
		e.mu.Lock()
		defer e.mu.Unlock()
		c := e.clusters[cluster]
		if c == nil {
			return
		}
		for _, i := range o.ContainerInstances {
			out := containerInstance(i)
			if out.Managed {
				e.managed[cluster+" "+sdk.ToString(i.CapacityProviderName)] = true
			}
			c.ContainerInstances = append(c.ContainerInstances, out)
		}
	})
	return e.ignoreDeleted(cluster, err)
}

func (e *ecsLoad) list(ctx context.Context, cluster string) error {
	err := readAll(ctx, e.loading, "ecs:ListServices", ecs.NewListServicesPaginator(ecsClient(e.c), &ecs.ListServicesInput{Cluster: &cluster, MaxResults: sdk.Int32(100)}), func(o *ecs.ListServicesOutput) {
		// AWS describes at most ten services per call.
		for chunk := range slices.Chunk(o.ServiceArns, 10) {
			e.g.Go(func() error { return e.services(ctx, cluster, chunk) })
		}
	})
	return e.ignoreDeleted(cluster, err)
}

func (e *ecsLoad) services(ctx context.Context, cluster string, arns []string) error {
	err := read(ctx, e.loading, "ecs:DescribeServices", ecsClient(e.c).DescribeServices, ecs.DescribeServicesInput{Cluster: &cluster, Services: arns}, func(o *ecs.DescribeServicesOutput) {
		var lost []string // subnets with an unknown VPC
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
			for _, item := range s.CapacityProviderStrategy {
				e.providers[out.ARN] = append(e.providers[out.ARN], sdk.ToString(item.CapacityProvider))
			}
			lost = append(lost, e.claimSubnet(out.Subnets)...)
		}
		if len(lost) > 0 {
			e.g.Go(func() error { return e.subnetVPCs(ctx, lost) })
		}
	})
	return e.ignoreDeleted(cluster, err)
}

// ignoreDeleted ignores the error if the cluster was deleted after it was listed.
func (e *ecsLoad) ignoreDeleted(cluster string, err error) error {
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
	err := e.describeDefinition(ctx, arn)
	// A task definition that a service uses but that no longer exists is unknown, like one that
	// AWS denies to read.
	var gone *Error
	if errors.As(err, &gone) && gone.Code == "ClientException" {
		e.gap(gone)
		return nil
	}
	return err
}

// oneDefinition loads one task definition, even if no service uses it. The request contains an
// ARN, a family and revision, or a family for its newest active revision. A definition that does
// not exist adds nothing.
func (l *loading) oneDefinition(ctx context.Context, r inventory.Request) error {
	return ignoreCode("ClientException", l.describeDefinition(ctx, r.Name))
}

// describeDefinition requests tags too, because a further revision that is registered without
// them loses them.
func (l *loading) describeDefinition(ctx context.Context, name string) error {
	in := ecs.DescribeTaskDefinitionInput{TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}}
	return read(ctx, l, "ecs:DescribeTaskDefinition", ecsClient(l.c).DescribeTaskDefinition, in, func(o *ecs.DescribeTaskDefinitionOutput) {
		if o.TaskDefinition == nil {
			return
		}
		d := taskDefinition(*o.TaskDefinition, o.Tags)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.out.TaskDefinitions = append(l.out.TaskDefinitions, d)
	})
}

func containerInstance(i types.ContainerInstance) inventory.ContainerInstance {
	out := inventory.ContainerInstance{
		ARN: sdk.ToString(i.ContainerInstanceArn), Instance: sdk.ToString(i.Ec2InstanceId), Connected: i.AgentConnected,
		Status: sdk.ToString(i.Status), Registered: moment(i.RegisteredAt), Tasks: int(i.RunningTasksCount),
	}
	if i.VersionInfo != nil {
		out.AgentVersion = strings.TrimPrefix(sdk.ToString(i.VersionInfo.AgentVersion), "v")
	}
	for _, a := range i.Attributes {
		v := sdk.ToString(a.Value)
		switch sdk.ToString(a.Name) {
		case "ecs.vpc-id":
			out.VPC = v
		case "ecs.subnet-id":
			out.Subnet = v
		case "ecs.availability-zone":
			out.Zone = v
		case "ecs.os-type":
			out.OS = v
		case "ecs.os-family":
			out.OSFamily = v
		case "ecs.ami-id":
			out.AMI = v
		case "ecs.capability.external":
			out.External = true
		case "ecs.capability.private-registry-authentication.secretsmanager":
			out.PrivateAuth = true
		}
	}
	// No field reports this. An instance that AWS manages always has a capacity provider, and its
	// agent reports no version.
	out.Managed = out.AgentVersion == "" && sdk.ToString(i.CapacityProviderName) != "" && !out.External
	for _, t := range i.Tags {
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		out.Tags[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	return out
}

func service(s types.Service) inventory.Service {
	out := inventory.Service{
		ARN: sdk.ToString(s.ServiceArn), Name: sdk.ToString(s.ServiceName),
		LaunchType: launchType(s.LaunchType, s.CapacityProviderStrategy), PlatformVersion: sdk.ToString(s.PlatformVersion),
		TaskDefinition: sdk.ToString(s.TaskDefinition), Exec: s.EnableExecuteCommand, Desired: int(s.DesiredCount), Running: int(s.RunningCount),
		Rollout: rollout(s.Deployments), Events: problems(s.Events),
	}
	network := s.NetworkConfiguration
	for _, t := range s.TaskSets {
		// Services with an external deployment controller have these fields in their task sets.
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
		if sdk.ToString(d.Status) != "PRIMARY" {
			continue
		}
		out.Deployment, out.Deployed = sdk.ToString(d.Id), moment(d.CreatedAt)
		if c := d.ServiceConnectConfiguration; c != nil && c.Enabled {
			out.ServiceConnect, out.Proxy = true, proxy(c)
		}
	}
	return out
}

// proxy returns the log configuration of the container that Amazon ECS adds for Service Connect; nil if
// it sets none (Amazon ECS API reference, ServiceConnectConfiguration).
func proxy(c *types.ServiceConnectConfiguration) *inventory.Container {
	if c.LogConfiguration == nil {
		return nil
	}
	out := &inventory.Container{Name: "Service Connect proxy"}
	ecsLogs(out, c.LogConfiguration)
	out.Secrets = sorted(out.Secrets)
	return out
}

// launchType returns the launch type. Without one it depends on the capacity providers: those of
// Fargate have fixed names, all others mean container instances.
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

// taskDefinition converts the fields that matter for endpoints. It drops environment variables
// and most log options, which may contain secrets in plain text.
func taskDefinition(d types.TaskDefinition, tags []types.Tag) inventory.TaskDefinition {
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
		out.EFS, out.S3Files = out.EFS || v.EfsVolumeConfiguration != nil, out.S3Files || v.S3filesVolumeConfiguration != nil
		if f := v.FsxWindowsFileServerVolumeConfiguration; f != nil && f.AuthorizationConfig != nil {
			out.VolumeSecrets = append(out.VolumeSecrets, sdk.ToString(f.AuthorizationConfig.CredentialsParameter))
		}
	}
	out.VolumeSecrets = sorted(out.VolumeSecrets)
	for _, c := range d.ContainerDefinitions {
		out.Containers = append(out.Containers, container(c))
	}
	out.Fields = shape.Camel.Fields(d, ecs.RegisterTaskDefinitionInput{})
	if len(tags) > 0 { // separate from the definition in AWS's answer
		out.Fields = sorted(append(out.Fields, "tags"))
	}
	return out
}

func container(c types.ContainerDefinition) inventory.Container {
	out := inventory.Container{Name: sdk.ToString(c.Name), Image: sdk.ToString(c.Image)}
	for _, s := range c.Secrets {
		out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
	}
	ecsLogs(&out, c.LogConfiguration)
	if c.RepositoryCredentials != nil {
		out.Credentials = sdk.ToString(c.RepositoryCredentials.CredentialsParameter)
	}
	for _, f := range c.EnvironmentFiles {
		out.EnvFiles = append(out.EnvFiles, sdk.ToString(f.Value))
	}
	if c.FirelensConfiguration != nil {
		routerFile(&out, c.FirelensConfiguration.Options)
	}
	credentialSpecs(&out, append(c.CredentialSpecs, c.DockerSecurityOptions...))
	out.Secrets, out.Files = sorted(out.Secrets), sorted(out.Files)
	return out
}
