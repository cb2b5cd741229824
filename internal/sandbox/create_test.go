package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// connect creates what tasks need in the subnets of the scenario closed.
func (p fixture) connect(t *testing.T) {
	t.Helper()
	must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(dbGroup), IpPermissions: fromGroup(appGroup)}))(t)
	for _, code := range []string{"ecr.api", "secretsmanager", "logs", "ecr.dkr"} {
		e := wanted(code)
		e.SecurityGroupIds = []string{dbGroup}
		create(t, p.ec2, e)
		p.pass(time.Minute) // AWS limits the rate of this call
	}
	must(p.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: aws.String(vpcID), ServiceName: serviceName("s3"), RouteTableIds: []string{appTable}}))(t)
	p.pass(3 * time.Minute)
}

// TestServiceFromScratch tests that a new service starts tasks, that the circuit breaker ends a deployment that cannot,
// and that AWS deletes a cluster only without services and tasks.
func TestServiceFromScratch(t *testing.T) {
	p := newFixture(t, "")
	shop := aws.String("shop")
	cluster := must(p.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: shop}))(t).Cluster
	if *cluster.Status != "ACTIVE" || !strings.HasSuffix(*cluster.ClusterArn, ":cluster/shop") {
		t.Errorf("%+v", cluster)
	}
	in := &ecs.CreateServiceInput{Cluster: shop, ServiceName: shop, TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1), LaunchType: "FARGATE", ClientToken: aws.String("token"),
		NetworkConfiguration:    &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{appA}, SecurityGroups: []string{appGroup}}},
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true}}}
	show := func() ecstypes.Service {
		t.Helper()
		return must(p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: shop, Services: []string{"shop"}}))(t).Services[0]
	}
	remove := func() {
		t.Helper()
		_, err := p.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: shop, Service: shop})
		wantCode(t, err, "InvalidParameterException")
		must(p.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: shop, Service: shop, Force: aws.Bool(true)}))(t)
	}
	made := must(p.ecs.CreateService(ctx, in))(t).Service
	if again := must(p.ecs.CreateService(ctx, in))(t).Service; *again.ServiceArn != *made.ServiceArn {
		t.Errorf("a token created two services: %s", *again.ServiceArn)
	}
	in.ClientToken = nil
	_, err := p.ecs.CreateService(ctx, in)
	wantCode(t, err, "InvalidParameterException")

	// Without endpoints the deployment fails, and no more tasks start.
	for range 60 {
		p.pass(time.Minute)
		show()
	}
	if got := show(); got.Deployments[0].RolloutState != "FAILED" || got.Deployments[0].FailedTasks != 3 || got.RunningCount != 0 || !strings.Contains(*got.Events[0].Message, "tasks failed to start") {
		t.Errorf("%+v", got)
	}
	remove()
	p.pass(time.Minute)
	if got := show(); *got.Status != "INACTIVE" {
		t.Errorf("%+v", got)
	}
	_, err = p.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: shop, Service: shop})
	wantCode(t, err, "ServiceNotFoundException")

	p.connect(t)
	must(p.ecs.CreateService(ctx, in))(t)
	for range 3 {
		p.pass(time.Minute)
		show()
	}
	if got := show(); got.RunningCount != 1 || got.Deployments[0].RolloutState != "COMPLETED" || *got.Events[0].Message != "(service shop) has reached a steady state." {
		t.Errorf("%+v", got)
	}
	_, err = p.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: shop})
	wantCode(t, err, "ClusterContainsServicesException")
	remove()
	if got := show(); *got.Status != "DRAINING" {
		t.Errorf("%+v", got)
	}
	_, err = p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: shop, Service: shop})
	wantCode(t, err, "ServiceNotActiveException")
	_, err = p.ecs.CreateService(ctx, in)
	wantCode(t, err, "InvalidParameterException")
	p.pass(time.Minute)
	show()
	must(p.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: shop}))(t)
	if got := must(p.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"shop"}}))(t).Clusters; len(got) != 1 || *got[0].Status != "INACTIVE" {
		t.Errorf("%+v", got)
	}
	if got := must(p.ecs.ListClusters(ctx, &ecs.ListClustersInput{}))(t).ClusterArns; slices.Contains(got, *cluster.ClusterArn) {
		t.Errorf("a deleted cluster is listed: %v", got)
	}
	_, err = p.ecs.CreateService(ctx, in)
	wantCode(t, err, "ClusterNotFoundException")
}

// TestQueueFromScratch tests that a job starts in a new queue, and that AWS Batch deletes its resources in one order only.
func TestQueueFromScratch(t *testing.T) {
	p := newFixture(t, "")
	c := batchOf(p.a)
	shop := aws.String("shop")
	in := &batch.CreateComputeEnvironmentInput{ComputeEnvironmentName: shop, Type: "MANAGED", State: "DISABLED", ComputeResources: &batchtypes.ComputeResource{Type: "FARGATE", MaxvCpus: aws.Int32(4), Subnets: []string{appA}}}
	_, err := c.CreateComputeEnvironment(ctx, in)
	wantCode(t, err, "ClientException") // without a security group
	in.ComputeResources.SecurityGroupIds = []string{appGroup}
	environment := must(c.CreateComputeEnvironment(ctx, in))(t).ComputeEnvironmentArn
	_, err = c.CreateComputeEnvironment(ctx, in)
	wantCode(t, err, "ClientException")
	order := []batchtypes.ComputeEnvironmentOrder{{Order: aws.Int32(1), ComputeEnvironment: environment}}
	_, err = c.CreateJobQueue(ctx, &batch.CreateJobQueueInput{JobQueueName: shop, Priority: aws.Int32(1), ComputeEnvironmentOrder: order})
	wantCode(t, err, "ClientException") // before it is VALID
	p.pass(time.Minute)
	queue := must(c.CreateJobQueue(ctx, &batch.CreateJobQueueInput{JobQueueName: shop, Priority: aws.Int32(1), ComputeEnvironmentOrder: order}))(t).JobQueueArn
	definition := must(c.RegisterJobDefinition(ctx, &batch.RegisterJobDefinitionInput{JobDefinitionName: shop, Type: "container", PlatformCapabilities: []batchtypes.PlatformCapability{"FARGATE"},
		ContainerProperties: &batchtypes.ContainerProperties{Image: aws.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2"), ExecutionRoleArn: aws.String("arn:aws:iam::123456789012:role/web-execution"),
			ResourceRequirements: []batchtypes.ResourceRequirement{{Type: "VCPU", Value: aws.String("0.25")}, {Type: "MEMORY", Value: aws.String("512")}}}}))(t).JobDefinitionArn
	submit := &batch.SubmitJobInput{JobName: shop, JobQueue: queue, JobDefinition: definition}
	_, err = c.SubmitJob(ctx, submit)
	wantCode(t, err, "ClientException") // before the queue is VALID
	p.pass(time.Minute)
	show := func(id *string) batchtypes.JobDetail {
		t.Helper()
		return must(c.DescribeJobs(ctx, &batch.DescribeJobsInput{Jobs: []string{*id}}))(t).Jobs[0]
	}

	job := must(c.SubmitJob(ctx, submit))(t).JobId
	p.pass(10 * time.Second)
	if got := show(job); got.Status != "RUNNABLE" {
		t.Errorf("%s in a disabled environment", got.Status)
	}
	must(c.UpdateComputeEnvironment(ctx, &batch.UpdateComputeEnvironmentInput{ComputeEnvironment: shop, State: "ENABLED"}))(t)
	p.pass(time.Minute)
	show(job)
	p.pass(5 * time.Minute)
	if got := show(job); got.Status != "FAILED" || !strings.Contains(*got.StatusReason, "ResourceInitializationError") {
		t.Errorf("%+v", got)
	}

	p.connect(t)
	var seen []batchtypes.JobStatus
	job = must(c.SubmitJob(ctx, submit))(t).JobId
	for range 12 {
		if s := show(job).Status; !slices.Contains(seen, s) {
			seen = append(seen, s)
		}
		p.pass(5 * time.Second)
	}
	if want := []batchtypes.JobStatus{"SUBMITTED", "STARTING", "RUNNING", "SUCCEEDED"}; !slices.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
	if got := must(c.ListJobs(ctx, &batch.ListJobsInput{JobQueue: queue, Filters: []batchtypes.KeyValuesPair{{Name: aws.String("JOB_NAME"), Values: []string{"shop"}}}}))(t).JobSummaryList; len(got) != 2 || *got[0].JobDefinition != *definition {
		t.Errorf("%+v", got)
	}

	stopped := must(c.SubmitJob(ctx, submit))(t).JobId
	must(c.TerminateJob(ctx, &batch.TerminateJobInput{JobId: stopped, Reason: aws.String("enough")}))(t)
	if got := show(stopped); got.Status != "FAILED" || *got.StatusReason != "enough" {
		t.Errorf("%+v", got)
	}
	_, err = c.DeleteJobQueue(ctx, &batch.DeleteJobQueueInput{JobQueue: queue})
	wantCode(t, err, "ClientException") // enabled
	must(c.UpdateJobQueue(ctx, &batch.UpdateJobQueueInput{JobQueue: queue, State: "DISABLED"}))(t)
	_, err = c.DeleteJobQueue(ctx, &batch.DeleteJobQueueInput{JobQueue: queue})
	wantCode(t, err, "ClientException") // being changed
	p.pass(time.Minute)
	must(c.UpdateComputeEnvironment(ctx, &batch.UpdateComputeEnvironmentInput{ComputeEnvironment: environment, State: "DISABLED"}))(t)
	p.pass(time.Minute)
	_, err = c.DeleteComputeEnvironment(ctx, &batch.DeleteComputeEnvironmentInput{ComputeEnvironment: environment})
	wantCode(t, err, "ClientException") // a queue uses it
	must(c.DeleteJobQueue(ctx, &batch.DeleteJobQueueInput{JobQueue: queue}))(t)
	p.pass(time.Minute)
	must(c.DeleteComputeEnvironment(ctx, &batch.DeleteComputeEnvironmentInput{ComputeEnvironment: environment}))(t)
	p.pass(time.Minute)
	if got := must(c.DescribeComputeEnvironments(ctx, &batch.DescribeComputeEnvironmentsInput{ComputeEnvironments: []string{"shop"}}))(t).ComputeEnvironments; len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestServiceDefaultsAndTags(t *testing.T) {
	p := newFixture(t, "")
	in := func(name string) *ecs.CreateServiceInput {
		return &ecs.CreateServiceInput{Cluster: aws.String("prod"), ServiceName: &name, TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(0), LaunchType: "FARGATE",
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{appA}, SecurityGroups: []string{appGroup}}}}
	}
	s := must(p.ecs.CreateService(ctx, in("plain")))(t).Service
	if d := s.DeploymentConfiguration; *d.MaximumPercent != 200 || *d.MinimumHealthyPercent != 100 || s.AvailabilityZoneRebalancing != "ENABLED" || s.DeploymentController.Type != "ECS" || s.PropagateTags != "NONE" {
		t.Errorf("%+v %+v", s, d)
	}
	other := in("other")
	other.AvailabilityZoneRebalancing, other.PropagateTags, other.EnableECSManagedTags = "DISABLED", "SERVICE", true
	other.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(150)}
	s = must(p.ecs.CreateService(ctx, other))(t).Service
	if d := s.DeploymentConfiguration; *d.MaximumPercent != 150 || *d.MinimumHealthyPercent != 100 || s.AvailabilityZoneRebalancing != "DISABLED" || s.PropagateTags != "SERVICE" || !s.EnableECSManagedTags {
		t.Errorf("%+v %+v", s, d)
	}
	for _, change := range []func(*ecs.CreateServiceInput){
		func(in *ecs.CreateServiceInput) { in.SchedulingStrategy = "DAEMON" },
		func(in *ecs.CreateServiceInput) {
			in.DeploymentController = &ecstypes.DeploymentController{Type: "CODE_DEPLOY"}
		},
		func(in *ecs.CreateServiceInput) {
			in.LoadBalancers = []ecstypes.LoadBalancer{{ContainerName: aws.String("web"), ContainerPort: aws.Int32(80)}}
		},
	} {
		wrong := in("wrong")
		change(wrong)
		_, err := p.ecs.CreateService(ctx, wrong)
		wantCode(t, err, "NotImplemented")
	}
	must(p.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: s.ServiceArn, Tags: []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(p.ecs.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: s.ServiceArn, TagKeys: []string{"a"}}))(t)
	if got := must(p.ecs.ListTagsForResource(ctx, &ecs.ListTagsForResourceInput{ResourceArn: s.ServiceArn}))(t).Tags; len(got) != 1 || *got[0].Key != "b" {
		t.Errorf("%+v", got)
	}
}
