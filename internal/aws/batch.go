package aws

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/order"
)

// definitionPages is how many pages of job definitions are read at most. AWS lists
// every active revision there ever was, and some accounts register one for each job.
const definitionPages = 10

// batch loads what AWS Batch holds. The three lists need nothing of each other;
// only the VPCs of the environments wait for an answer.
func (l *loading) batch(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	most := sdk.Int32(100)
	out := &l.out.Batch
	g.Go(func() error {
		in := batch.DescribeComputeEnvironmentsInput{MaxResults: most}
		return pages(ctx, l, "batch:DescribeComputeEnvironments", l.c.bat.DescribeComputeEnvironments, in, func(o *batch.DescribeComputeEnvironmentsOutput) {
			l.mu.Lock()
			defer l.mu.Unlock()
			var lost []string // subnets whose VPC is not known yet
			for _, e := range o.ComputeEnvironments {
				env := computeEnvironment(e)
				out.Environments = append(out.Environments, env)
				lost = append(lost, l.unasked(env.Subnets)...)
			}
			if len(lost) > 0 {
				g.Go(func() error { return l.home(ctx, lost) })
			}
		})
	})
	g.Go(func() error {
		in := batch.DescribeJobQueuesInput{MaxResults: most}
		return pages(ctx, l, "batch:DescribeJobQueues", l.c.bat.DescribeJobQueues, in, func(o *batch.DescribeJobQueuesOutput) {
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
		e.VPC = l.homeOf(e.Subnets)
	}
	by(out.Environments, func(e inventory.ComputeEnvironment) string { return e.ARN })
	by(out.Queues, func(q inventory.JobQueue) string { return q.ARN })
	return nil
}

// jobDefinitions loads the newest active revision of each definition, by name. If
// there are more than it reads, that is a gap.
func (l *loading) jobDefinitions(ctx context.Context) ([]inventory.JobDefinition, error) {
	const op = "batch:DescribeJobDefinitions"
	newest := map[string]types.JobDefinition{}
	read, page := 0, 0
	in := batch.DescribeJobDefinitionsInput{Status: sdk.String("ACTIVE"), MaxResults: sdk.Int32(100)}
	err := pages(ctx, l, op, l.c.bat.DescribeJobDefinitions, in, func(o *batch.DescribeJobDefinitionsOutput) {
		read += len(o.JobDefinitions)
		page++
		for _, d := range o.JobDefinitions {
			name := sdk.ToString(d.JobDefinitionName)
			if known, ok := newest[name]; !ok || sdk.ToInt32(known.Revision) < sdk.ToInt32(d.Revision) {
				newest[name] = d
			}
		}
		if page == definitionPages && sdk.ToString(o.NextToken) != "" {
			l.gap(&Error{Op: op, Code: inventory.NotAllRead, Message: fmt.Sprintf(
				"the first %d active job definitions were read, and there are more: of those not read nothing is known", read)})
			o.NextToken = nil
		}
	})
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
		ARN: sdk.ToString(e.ComputeEnvironmentArn), Name: sdk.ToString(e.ComputeEnvironmentName),
		State: string(e.State), Status: string(e.Status), Cluster: sdk.ToString(e.EcsClusterArn),
		Orchestration: cmp.Or(string(e.ContainerOrchestrationType), string(types.OrchestrationTypeEcs)),
	}
	// An unmanaged environment has none.
	if r := e.ComputeResources; r != nil {
		out.Type = string(r.Type)
		out.Subnets, out.Groups = sorted(r.Subnets), sorted(r.SecurityGroupIds)
		out.InstanceRole, out.LaunchTemplate = sdk.ToString(r.InstanceRole), r.LaunchTemplate != nil
	}
	return out
}

func jobQueue(q types.JobQueueDetail) inventory.JobQueue {
	out := inventory.JobQueue{ARN: sdk.ToString(q.JobQueueArn), Name: sdk.ToString(q.JobQueueName), State: string(q.State)}
	listed := slices.Clone(q.ComputeEnvironmentOrder)
	order.Stable(listed, func(a, b types.ComputeEnvironmentOrder) int {
		return cmp.Compare(sdk.ToInt32(a.Order), sdk.ToInt32(b.Order))
	})
	for _, o := range listed {
		out.Environments = append(out.Environments, sdk.ToString(o.ComputeEnvironment))
	}
	return out
}

// jobDefinition takes what tells of endpoints. Commands, parameters, environment
// variables and most log options are left behind here. ok is false for a definition
// whose jobs run on Amazon EKS.
func jobDefinition(d types.JobDefinition) (out inventory.JobDefinition, ok bool) {
	out.ARN, out.Family, out.Revision = sdk.ToString(d.JobDefinitionArn), sdk.ToString(d.JobDefinitionName), int(sdk.ToInt32(d.Revision))
	out.Containers = []inventory.Container{}
	for _, p := range d.PlatformCapabilities {
		out.Compatible = append(out.Compatible, string(p))
	}
	if out.Compatible = sorted(out.Compatible); out.Compatible == nil {
		out.Compatible = []string{string(types.PlatformCapabilityEc2)}
	}
	if d.EksProperties != nil || d.ContainerOrchestrationType == types.OrchestrationTypeEks {
		return out, false
	}
	single(&out, d.ContainerProperties)
	several(&out, d.EcsProperties)
	if d.NodeProperties != nil {
		for _, n := range d.NodeProperties.NodeRangeProperties {
			if n.EksProperties != nil {
				return out, false
			}
			single(&out, n.Container)
			several(&out, n.EcsProperties)
		}
	}
	switch {
	case d.NodeProperties != nil:
		out.Shape = "nodes"
	case d.EcsProperties != nil:
		out.Shape = "ecs"
	}
	out.Fields = fields(reflect.TypeFor[batch.RegisterJobDefinitionInput](), reflect.ValueOf(d))
	return out, true
}

// single adds the container of a job, or of a range of a job's nodes. AWS Batch
// names it "default".
func single(out *inventory.JobDefinition, p *types.ContainerProperties) {
	if p == nil {
		return
	}
	out.Containers = append(out.Containers, jobContainer(sdk.String("default"), p.Image, p.Secrets, p.LogConfiguration, p.RepositoryCredentials))
	shared(out, p.ExecutionRoleArn, p.JobRoleArn, p.RuntimePlatform, p.NetworkConfiguration, p.Volumes, p.EnableExecuteCommand)
	if p.FargatePlatformConfiguration != nil {
		out.PlatformVersion = cmp.Or(out.PlatformVersion, sdk.ToString(p.FargatePlatformConfiguration.PlatformVersion))
	}
}

// several adds the containers of a job that has more than one.
func several(out *inventory.JobDefinition, p *types.EcsProperties) {
	if p == nil {
		return
	}
	for _, t := range p.TaskProperties {
		for _, c := range t.Containers {
			out.Containers = append(out.Containers, jobContainer(c.Name, c.Image, c.Secrets, c.LogConfiguration, c.RepositoryCredentials))
		}
		shared(out, t.ExecutionRoleArn, t.TaskRoleArn, t.RuntimePlatform, t.NetworkConfiguration, t.Volumes, t.EnableExecuteCommand)
		out.PlatformVersion = cmp.Or(out.PlatformVersion, sdk.ToString(t.PlatformVersion))
	}
}

// shared takes what both shapes have outside their containers. Where the nodes of a
// job differ, the roles and the platform are those of the first one.
func shared(out *inventory.JobDefinition, execution, role *string, platform *types.RuntimePlatform, network *types.NetworkConfiguration, volumes []types.Volume, exec *bool) {
	out.ExecutionRole = cmp.Or(out.ExecutionRole, sdk.ToString(execution))
	out.TaskRole = cmp.Or(out.TaskRole, sdk.ToString(role))
	if platform != nil {
		out.OS = cmp.Or(out.OS, sdk.ToString(platform.OperatingSystemFamily))
	}
	out.PublicIP = out.PublicIP || network != nil && network.AssignPublicIp == types.AssignPublicIpEnabled
	out.EFS = out.EFS || slices.ContainsFunc(volumes, func(v types.Volume) bool { return v.EfsVolumeConfiguration != nil })
	out.Exec = out.Exec || sdk.ToBool(exec)
}

func jobContainer(name, image *string, secrets []types.Secret, log *types.LogConfiguration, credentials *types.RepositoryCredentials) inventory.Container {
	out := inventory.Container{Name: sdk.ToString(name), Image: sdk.ToString(image)}
	if log != nil {
		logsTo(&out, string(log.LogDriver), log.Options)
		secrets = slices.Concat(secrets, log.SecretOptions)
	}
	for _, s := range secrets {
		out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
	}
	out.Secrets = sorted(out.Secrets)
	if credentials != nil {
		out.Credentials = sdk.ToString(credentials.CredentialsParameter)
	}
	return out
}
