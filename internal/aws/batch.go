package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// definitionPages is how many pages of job definitions are read at most. AWS lists
// every active revision there ever was, and some accounts register one for each job.
const definitionPages = 10

// batch loads what AWS Batch holds. The three lists need nothing of each other;
// only the VPCs of the environments wait for an answer.
func (l *loading) batch(ctx context.Context, _ inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	in := map[string]any{"maxResults": 100}
	out := &l.out.Batch
	g.Go(func() error {
		var all struct{ ComputeEnvironments []computeEnvironment }
		if err := l.list(ctx, "batch", "DescribeComputeEnvironments", in, &all); err != nil {
			return err
		}
		var lost []string // subnets whose VPC is not known yet
		l.mu.Lock()
		for _, e := range all.ComputeEnvironments {
			env := e.known()
			out.Environments = append(out.Environments, env)
			lost = append(lost, l.unasked(env.Subnets)...)
		}
		l.mu.Unlock()
		for chunk := range slices.Chunk(lost, 200) { // a filter takes no more values
			g.Go(func() error { return l.home(ctx, chunk) })
		}
		return nil
	})
	g.Go(func() error {
		var all struct{ JobQueues []jobQueue }
		err := l.list(ctx, "batch", "DescribeJobQueues", in, &all)
		for _, q := range all.JobQueues {
			out.Queues = append(out.Queues, q.known())
		}
		return err
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
	s := untypedServices["batch"]
	s.pages = definitionPages
	answer, err := l.c.doUntyped(ctx, s, op, map[string]any{"status": "ACTIVE", "maxResults": 100}, reads)
	var all struct {
		JobDefinitions []jobDefinition
		NextToken      string
	}
	var sent struct{ JobDefinitions []map[string]any }
	err = l.settle(cmp.Or(err, l.c.decode(op, answer, &all), l.c.decode(op, answer, &sent)))
	if all.NextToken != "" {
		l.gap(&Error{Op: op, Code: inventory.NotAllRead, Message: fmt.Sprintf(
			"the first %d active job definitions were read, and there are more: of those not read nothing is known", len(all.JobDefinitions))})
	}
	newest := map[string]jobDefinition{}
	for i, d := range all.JobDefinitions {
		if known, ok := newest[d.JobDefinitionName]; !ok || known.Revision < d.Revision {
			d.sent = sent.JobDefinitions[i]
			newest[d.JobDefinitionName] = d
		}
	}
	var out []inventory.JobDefinition
	for _, d := range newest {
		if def, ok := d.known(); ok {
			out = append(out, def)
		}
	}
	by(out, func(d inventory.JobDefinition) string { return d.Family })
	return out, err
}

// What follows are AWS Batch's own structures, as far as they tell of endpoints.

type computeEnvironment struct {
	ComputeEnvironmentArn, ComputeEnvironmentName, State, Status, EcsClusterArn, ContainerOrchestrationType string

	ComputeResources struct { // an unmanaged environment has none
		Type, InstanceRole        string
		Subnets, SecurityGroupIds []string
		LaunchTemplate            *struct{}
	}
}

func (e computeEnvironment) known() inventory.ComputeEnvironment {
	r := e.ComputeResources
	return inventory.ComputeEnvironment{
		ARN: e.ComputeEnvironmentArn, Name: e.ComputeEnvironmentName, State: e.State, Status: e.Status, Cluster: e.EcsClusterArn, Orchestration: cmp.Or(e.ContainerOrchestrationType, "ECS"),
		Type: r.Type, Subnets: sorted(r.Subnets), Groups: sorted(r.SecurityGroupIds), InstanceRole: r.InstanceRole, LaunchTemplate: r.LaunchTemplate != nil,
	}
}

type jobQueue struct {
	JobQueueArn, JobQueueName, State string
	ComputeEnvironmentOrder          []queued
}

type queued struct {
	Order              int
	ComputeEnvironment string
}

func (q jobQueue) known() inventory.JobQueue {
	out := inventory.JobQueue{ARN: q.JobQueueArn, Name: q.JobQueueName, State: q.State}
	slices.SortStableFunc(q.ComputeEnvironmentOrder, func(a, b queued) int { return cmp.Compare(a.Order, b.Order) })
	for _, o := range q.ComputeEnvironmentOrder {
		out.Environments = append(out.Environments, o.ComputeEnvironment)
	}
	return out
}

type jobDefinition struct {
	JobDefinitionArn, JobDefinitionName, ContainerOrchestrationType string
	Revision                                                        int
	PlatformCapabilities                                            []string

	jobShapes
	NodeProperties *struct{ NodeRangeProperties []jobShapes }

	sent map[string]any // the whole of it
}

// jobShapes are the ways in which a job, or a range of a job's nodes, says what runs.
type jobShapes struct {
	ContainerProperties, Container *jobTask // of a job, and of nodes
	EcsProperties                  *struct{ TaskProperties []jobTask }
	EksProperties                  *struct{}
}

// jobTask is the one container of a job, or a task of several.
type jobTask struct {
	jobContainer
	Containers                                []jobContainer
	ExecutionRoleArn, JobRoleArn, TaskRoleArn string
	PlatformVersion                           string
	FargatePlatformConfiguration              struct{ PlatformVersion string }
	RuntimePlatform                           struct{ OperatingSystemFamily string }
	NetworkConfiguration                      struct{ AssignPublicIp string }
	Volumes                                   []struct{ EfsVolumeConfiguration *struct{} }
	EnableExecuteCommand                      bool
}

type jobContainer struct {
	Name, Image      string
	Secrets          []struct{ ValueFrom string }
	LogConfiguration struct {
		LogDriver     string
		Options       map[string]string
		SecretOptions []struct{ ValueFrom string }
	}
	RepositoryCredentials struct{ CredentialsParameter string }
}

// registered are the fields of a job definition that AWS takes again.
var registered = strings.Fields("jobDefinitionName type consumableResourceProperties containerProperties ecsProperties eksProperties nodeProperties parameters " +
	"platformCapabilities propagateTags retryStrategy schedulingPriority tags timeout")

// jobFields are what of a definition AWS sent and takes again. No tags are left out,
// since AWS refuses an empty list of them.
func jobFields(sent map[string]any) []string {
	var out []string
	for k, v := range sent {
		if tags, _ := v.(map[string]any); slices.Contains(registered, k) && v != "" && (k != "tags" || len(tags) > 0) {
			out = append(out, k)
		}
	}
	return sorted(out)
}

// known takes what tells of endpoints. Commands, parameters, environment variables and
// most log options are left behind here. ok is false for a definition whose jobs run
// on Amazon EKS.
func (d jobDefinition) known() (out inventory.JobDefinition, ok bool) {
	out.ARN, out.Family, out.Revision = d.JobDefinitionArn, d.JobDefinitionName, d.Revision
	out.Containers = []inventory.Container{}
	if out.Compatible = sorted(d.PlatformCapabilities); out.Compatible == nil {
		out.Compatible = []string{"EC2"}
	}
	if d.ContainerOrchestrationType == "EKS" {
		return out, false
	}
	shapes := []jobShapes{d.jobShapes}
	if d.NodeProperties != nil {
		shapes = append(shapes, d.NodeProperties.NodeRangeProperties...)
	}
	for _, s := range shapes {
		if s.EksProperties != nil {
			return out, false
		}
		for _, t := range []*jobTask{s.ContainerProperties, s.Container} {
			if t != nil {
				t.Name = "default" // AWS Batch names it so
				t.add(&out, t.jobContainer)
			}
		}
		if s.EcsProperties != nil {
			for _, t := range s.EcsProperties.TaskProperties {
				t.add(&out, t.Containers...)
			}
		}
	}
	switch {
	case d.NodeProperties != nil:
		out.Shape = "nodes"
	case d.EcsProperties != nil:
		out.Shape = "ecs"
	}
	out.Fields = jobFields(d.sent)
	return out, true
}

// add takes containers, and what both shapes have outside of these. Where the nodes of
// a job differ, the roles and the platform are those of the first one.
func (t jobTask) add(out *inventory.JobDefinition, containers ...jobContainer) {
	for _, c := range containers {
		out.Containers = append(out.Containers, c.known())
	}
	out.ExecutionRole = cmp.Or(out.ExecutionRole, t.ExecutionRoleArn)
	out.TaskRole = cmp.Or(out.TaskRole, t.JobRoleArn, t.TaskRoleArn)
	out.OS = cmp.Or(out.OS, t.RuntimePlatform.OperatingSystemFamily)
	out.PlatformVersion = cmp.Or(out.PlatformVersion, t.FargatePlatformConfiguration.PlatformVersion, t.PlatformVersion)
	out.PublicIP = out.PublicIP || t.NetworkConfiguration.AssignPublicIp == "ENABLED"
	for _, v := range t.Volumes {
		out.EFS = out.EFS || v.EfsVolumeConfiguration != nil
	}
	out.Exec = out.Exec || t.EnableExecuteCommand
}

func (c jobContainer) known() inventory.Container {
	out := inventory.Container{Name: c.Name, Image: c.Image, Credentials: c.RepositoryCredentials.CredentialsParameter}
	logsTo(&out, c.LogConfiguration.LogDriver, c.LogConfiguration.Options)
	for _, s := range slices.Concat(c.Secrets, c.LogConfiguration.SecretOptions) {
		out.Secrets = append(out.Secrets, s.ValueFrom)
	}
	out.Secrets = sorted(out.Secrets)
	return out
}
