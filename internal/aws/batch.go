package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// definitionPages is the maximum number of pages of job definitions to read. AWS lists every
// active revision, and some accounts register one for each job.
const definitionPages = 10

// batch loads the resources of AWS Batch. The three lists are independent; only the VPCs of the
// compute environments depend on an earlier answer.
func (l *loading) batch(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	most := sdk.Int32(100)
	out := &l.out.Batch
	g.Go(func() error {
		in := &batch.DescribeComputeEnvironmentsInput{MaxResults: most}
		return readAll(ctx, l, "batch:DescribeComputeEnvironments", batch.NewDescribeComputeEnvironmentsPaginator(batchClient(l.c), in), func(o *batch.DescribeComputeEnvironmentsOutput) {
			var lost []string // subnets with an unknown VPC
			l.mu.Lock()
			for _, e := range o.ComputeEnvironments {
				env := computeEnvironment(e)
				out.Environments = append(out.Environments, env)
				lost = append(lost, l.claimSubnet(env.Subnets)...)
			}
			l.mu.Unlock()
			for chunk := range slices.Chunk(lost, 200) { // the maximum number of values of a filter
				g.Go(func() error { return l.subnetVPCs(ctx, chunk) })
			}
		})
	})
	g.Go(func() error {
		in := &batch.DescribeJobQueuesInput{MaxResults: most}
		return readAll(ctx, l, "batch:DescribeJobQueues", batch.NewDescribeJobQueuesPaginator(batchClient(l.c), in), func(o *batch.DescribeJobQueuesOutput) {
			for _, q := range o.JobQueues {
				out.Queues = append(out.Queues, jobQueue(q))
			}
		})
	})
	g.Go(func() error {
		definitions, err := l.jobDefinitions(ctx)
		out.Definitions = definitions
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range out.Environments {
		e := &out.Environments[i]
		e.VPC = l.vpcOf(e.Subnets)
	}
	by(out.Environments, func(e inventory.ComputeEnvironment) string { return e.ARN })
	by(out.Queues, func(q inventory.JobQueue) string { return q.ARN })
	return nil
}

// firstPages is a paginator that reads at most left pages of a list.
type firstPages[Out, O any] struct {
	pager[Out, O]
	left int
}

func (p *firstPages[Out, O]) HasMorePages() bool { return p.left > 0 && p.pager.HasMorePages() }

func (p *firstPages[Out, O]) NextPage(ctx context.Context, opts ...func(*O)) (*Out, error) {
	p.left--
	return p.pager.NextPage(ctx, opts...)
}

// jobDefinitions loads the newest active revision of each job definition, by name. If AWS has
// more pages than it reads, it records a gap.
func (l *loading) jobDefinitions(ctx context.Context) ([]inventory.JobDefinition, error) {
	const op = "batch:DescribeJobDefinitions"
	all := batch.NewDescribeJobDefinitionsPaginator(batchClient(l.c), &batch.DescribeJobDefinitionsInput{Status: sdk.String("ACTIVE"), MaxResults: sdk.Int32(100)})
	count := 0
	newest := map[string]types.JobDefinition{}
	err := readAll(ctx, l, op, &firstPages[batch.DescribeJobDefinitionsOutput, batch.Options]{all, definitionPages}, func(o *batch.DescribeJobDefinitionsOutput) {
		for _, d := range o.JobDefinitions {
			count++
			name := sdk.ToString(d.JobDefinitionName)
			if known, ok := newest[name]; !ok || sdk.ToInt32(known.Revision) < sdk.ToInt32(d.Revision) {
				newest[name] = d
			}
		}
	})
	if count > 0 && all.HasMorePages() {
		l.gap(&Error{Op: op, Code: inventory.NotAllRead, Message: fmt.Sprintf(
			"only the first %d active job definitions were read; the others are unknown", count)})
	}
	var out []inventory.JobDefinition
	for _, d := range newest {
		if def, ok := jobDefinition(d); ok {
			out = append(out, def)
		}
	}
	by(out, func(d inventory.JobDefinition) string { return d.Family })
	return out, err
}

func computeEnvironment(e types.ComputeEnvironmentDetail) inventory.ComputeEnvironment {
	out := inventory.ComputeEnvironment{
		ARN: sdk.ToString(e.ComputeEnvironmentArn), Name: sdk.ToString(e.ComputeEnvironmentName), State: string(e.State), Status: string(e.Status), Reason: messageOf(e.StatusReason),
		Cluster: sdk.ToString(e.EcsClusterArn), Orchestration: cmp.Or(string(e.ContainerOrchestrationType), "ECS"),
	}
	if r := e.ComputeResources; r != nil { // an unmanaged environment has none
		out.Type, out.Subnets, out.Groups = string(r.Type), sorted(r.Subnets), sorted(r.SecurityGroupIds)
		out.InstanceRole, out.LaunchTemplate = sdk.ToString(r.InstanceRole), r.LaunchTemplate != nil
	}
	return out
}

func jobQueue(q types.JobQueueDetail) inventory.JobQueue {
	out := inventory.JobQueue{ARN: sdk.ToString(q.JobQueueArn), Name: sdk.ToString(q.JobQueueName), State: string(q.State)}
	order := slices.SortedStableFunc(slices.Values(q.ComputeEnvironmentOrder), func(a, b types.ComputeEnvironmentOrder) int {
		return cmp.Compare(sdk.ToInt32(a.Order), sdk.ToInt32(b.Order))
	})
	for _, o := range order {
		out.Environments = append(out.Environments, sdk.ToString(o.ComputeEnvironment))
	}
	return out
}

// jobDefinition converts the fields that matter for endpoints. It drops commands, parameters,
// environment variables and most log options. ok is false if the jobs of the definition run on
// Amazon EKS. If the nodes of a job differ, the roles and the platform are those of the first
// node.
func jobDefinition(d types.JobDefinition) (out inventory.JobDefinition, ok bool) {
	out.ARN, out.Family, out.Revision = sdk.ToString(d.JobDefinitionArn), sdk.ToString(d.JobDefinitionName), int(sdk.ToInt32(d.Revision))
	out.Containers = []inventory.Container{}
	for _, c := range d.PlatformCapabilities {
		out.Compatible = append(out.Compatible, string(c))
	}
	if out.Compatible = sorted(out.Compatible); out.Compatible == nil {
		out.Compatible = []string{"EC2"}
	}
	if d.ContainerOrchestrationType == types.OrchestrationTypeEks || d.EksProperties != nil {
		return out, false
	}
	addContainer(&out, d.ContainerProperties)
	addTasks(&out, d.EcsProperties)
	if d.NodeProperties != nil {
		for _, n := range d.NodeProperties.NodeRangeProperties {
			if n.EksProperties != nil {
				return out, false
			}
			addContainer(&out, n.Container)
			addTasks(&out, n.EcsProperties)
		}
	}
	switch {
	case d.NodeProperties != nil:
		out.Shape = "nodes"
	case d.EcsProperties != nil:
		out.Shape = "ecs"
	}
	out.Fields = shape.Camel.Fields(d, batch.RegisterJobDefinitionInput{})
	return out, true
}

// addContainer adds the only container of a job. AWS Batch names it default.
func addContainer(out *inventory.JobDefinition, c *types.ContainerProperties) {
	if c == nil {
		return
	}
	out.Containers = append(out.Containers, jobContainer("default", c.Image, c.Secrets, c.LogConfiguration, c.RepositoryCredentials))
	out.ExecutionRole = cmp.Or(out.ExecutionRole, sdk.ToString(c.ExecutionRoleArn))
	out.TaskRole = cmp.Or(out.TaskRole, sdk.ToString(c.JobRoleArn))
	if c.FargatePlatformConfiguration != nil {
		out.PlatformVersion = cmp.Or(out.PlatformVersion, sdk.ToString(c.FargatePlatformConfiguration.PlatformVersion))
	}
	addPlatform(out, c.RuntimePlatform, c.NetworkConfiguration, c.Volumes)
	out.Exec = out.Exec || sdk.ToBool(c.EnableExecuteCommand)
}

// addTasks adds the containers of a job's task, which can have more than one.
func addTasks(out *inventory.JobDefinition, p *types.EcsProperties) {
	if p == nil {
		return
	}
	for _, t := range p.TaskProperties {
		for _, c := range t.Containers {
			k := jobContainer(sdk.ToString(c.Name), c.Image, c.Secrets, c.LogConfiguration, c.RepositoryCredentials)
			if c.FirelensConfiguration != nil {
				routerFile(&k, c.FirelensConfiguration.Options)
			}
			out.Containers = append(out.Containers, k)
		}
		out.ExecutionRole = cmp.Or(out.ExecutionRole, sdk.ToString(t.ExecutionRoleArn))
		out.TaskRole = cmp.Or(out.TaskRole, sdk.ToString(t.TaskRoleArn))
		out.PlatformVersion = cmp.Or(out.PlatformVersion, sdk.ToString(t.PlatformVersion))
		addPlatform(out, t.RuntimePlatform, t.NetworkConfiguration, t.Volumes)
		out.Exec = out.Exec || sdk.ToBool(t.EnableExecuteCommand)
	}
}

func addPlatform(out *inventory.JobDefinition, platform *types.RuntimePlatform, network *types.NetworkConfiguration, volumes []types.Volume) {
	if platform != nil {
		out.OS = cmp.Or(out.OS, sdk.ToString(platform.OperatingSystemFamily))
	}
	out.PublicIP = out.PublicIP || network != nil && network.AssignPublicIp == types.AssignPublicIpEnabled
	for _, v := range volumes {
		out.EFS, out.S3Files = out.EFS || v.EfsVolumeConfiguration != nil, out.S3Files || v.S3filesVolumeConfiguration != nil
	}
}

func jobContainer(name string, image *string, secrets []types.Secret, log *types.LogConfiguration, credentials *types.RepositoryCredentials) inventory.Container {
	out := inventory.Container{Name: name, Image: sdk.ToString(image)}
	if credentials != nil {
		out.Credentials = sdk.ToString(credentials.CredentialsParameter)
	}
	if log != nil {
		var secret []string
		for _, s := range log.SecretOptions {
			secret = append(secret, sdk.ToString(s.Name))
		}
		logsTo(&out, string(log.LogDriver), log.Options, secret)
		secrets = slices.Concat(secrets, log.SecretOptions)
	}
	for _, s := range secrets {
		out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
	}
	out.Secrets = sorted(out.Secrets)
	return out
}
