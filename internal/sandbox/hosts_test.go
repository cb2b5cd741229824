package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// Ids of the container instances in the scenario "closed".
const (
	hostA      = "i-0a1b2c3d4e5f66001"
	legacyHost = "i-0a1b2c3d4e5f66011"
	hostGroup  = "sg-0a1b2c3d4e5f64003"
)

func batchOf(a *sandbox.Account) *batch.Client { return batch.NewFromConfig(config(a, "us-east-1")) }
func iamOf(a *sandbox.Account) *iam.Client     { return iam.NewFromConfig(config(a, "us-east-1")) }
func quotasOf(a *sandbox.Account) *servicequotas.Client {
	return servicequotas.NewFromConfig(config(a, "us-east-1"))
}

func TestHosts(t *testing.T) {
	c := ecsOf(open(t, named("")))
	prod := aws.String("prod")
	list := func(filter string) []string {
		in := &ecs.ListContainerInstancesInput{Cluster: prod}
		if filter != "" {
			in.Filter = &filter
		}
		return must(c.ListContainerInstances(ctx, in))(t).ContainerInstanceArns
	}
	all := list("")
	if len(all) != 4 {
		t.Fatalf("%q", all)
	}
	for filter, want := range map[string]int{
		"attribute:ecs.subnet-id == " + appA:                                                 2,
		"attribute:ecs.availability-zone == us-east-1c and attribute:ecs.os-type == linux":   1,
		"(attribute:ecs.vpc-id==" + vpcID + ") and (attribute:ecs.os-family == LINUX)":       4,
		"attribute:ecs.availability-zone == us-east-1d":                                      0,
		"attribute:ecs.availability-zone == us-east-1a and attribute:ecs.instance-type == x": 0,
	} {
		if got := list(filter); len(got) != want {
			t.Errorf("%s: %q, want %d", filter, got, want)
		}
	}
	for _, filter := range []string{"agentConnected == true", "attribute:ecs.os-type != linux", "attribute:ecs.os-type exists"} {
		_, err := c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: prod, Filter: &filter})
		wantCode(t, err, "InvalidParameterException")
	}
	pages := ecs.NewListContainerInstancesPaginator(c, &ecs.ListContainerInstancesInput{Cluster: prod, MaxResults: aws.Int32(3)})
	var paged []string
	for pages.HasMorePages() {
		paged = append(paged, must(pages.NextPage(ctx))(t).ContainerInstanceArns...)
	}
	if !slices.Equal(paged, all) {
		t.Errorf("pages gave %q", paged)
	}

	out := must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{
		Cluster: prod, ContainerInstances: []string{all[0], "nope"}, Include: []ecstypes.ContainerInstanceField{"CONTAINER_INSTANCE_HEALTH", "TAGS"},
	}))(t)
	i := out.ContainerInstances[0]
	if *i.Ec2InstanceId != hostA || *i.VersionInfo.AgentVersion != "1.86.2" || i.AgentConnected || *i.Status != "ACTIVE" || i.RegisteredAt.Year() != 2025 ||
		*i.VersionInfo.AgentHash == "" || i.HealthStatus.OverallStatus != "INSUFFICIENT_DATA" || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v", i)
	}
	attributes := map[string]string{}
	for _, a := range i.Attributes {
		attributes[*a.Name] = aws.ToString(a.Value)
	}
	for name, want := range map[string]string{
		"ecs.vpc-id": vpcID, "ecs.subnet-id": appA, "ecs.availability-zone": "us-east-1a", "ecs.os-type": "linux", "ecs.os-family": "LINUX",
		"ecs.ami-id": "ami-0a1b2c3d4e5f67001", "ecs.instance-type": "m6i.large", "ecs.capability.execution-role-ecr-pull": "", "ecs.capability.execute-command": "",
	} {
		if got, ok := attributes[name]; !ok || got != want {
			t.Errorf("attribute %s is %q, want %q", name, got, want)
		}
	}
	clusters := must(c.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"prod", "legacy"}}))(t).Clusters
	if clusters[0].RegisteredContainerInstancesCount != 4 || clusters[1].RegisteredContainerInstancesCount != 2 {
		t.Errorf("%+v", clusters)
	}
	// A cluster does not show the instances of another cluster.
	if got := must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: aws.String("legacy"), ContainerInstances: all[:1]}))(t); len(got.Failures) != 1 {
		t.Errorf("%+v", got.ContainerInstances)
	}

	drain := func(status ecstypes.ContainerInstanceStatus, ids ...string) (*ecs.UpdateContainerInstancesStateOutput, error) {
		return c.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{Cluster: prod, ContainerInstances: ids, Status: status})
	}
	drained := must(drain("DRAINING", all[0], "nope"))(t)
	if *drained.ContainerInstances[0].Status != "DRAINING" || len(drained.Failures) != 1 || len(list("")) != 4 {
		t.Errorf("%+v", drained)
	}
	draining := must(c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: prod, Status: "DRAINING"}))(t).ContainerInstanceArns
	if !slices.Equal(draining, all[:1]) {
		t.Errorf("draining %q", draining)
	}
	_, err := drain("DEREGISTERING", all[0])
	wantCode(t, err, "InvalidParameterException")
	_, err = drain("ACTIVE", make([]string, 11)...)
	wantCode(t, err, "InvalidParameterException")
	must(drain("ACTIVE", all[0]))(t)
}

func TestDeregisteredInstance(t *testing.T) {
	a := open(t, named(""))
	clock := newClock()
	a.SetNow(clock.now)
	c, prod := ecsOf(a), aws.String("prod")
	list := func() []string {
		return must(c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: prod}))(t).ContainerInstanceArns
	}
	all := list()
	deregister := func(force bool) error {
		_, err := c.DeregisterContainerInstance(ctx, &ecs.DeregisterContainerInstanceInput{Cluster: prod, ContainerInstance: &all[0], Force: &force})
		return err
	}
	describe := func() *ecs.DescribeContainerInstancesOutput {
		return must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: prod, ContainerInstances: all}))(t)
	}
	if describe().ContainerInstances[0].RunningTasksCount > 0 {
		wantCode(t, deregister(false), "InvalidParameterException")
	}
	wantCode(t, deregister(true), "")
	wantCode(t, deregister(true), "InvalidParameterException")
	if i := describe().ContainerInstances[0]; *i.Status != "INACTIVE" || i.AgentConnected || len(list()) != len(all)-1 {
		t.Errorf("%+v of %q", i, list())
	}
	if out := must(c.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{Cluster: prod, ContainerInstances: all[:1], Status: "DRAINING"}))(t); len(out.Failures) != 1 {
		t.Errorf("%+v", out)
	}
	clock.pass(2 * time.Hour)
	if out := describe(); len(out.ContainerInstances) != len(all)-1 || *out.Failures[0].Arn != all[0] {
		t.Errorf("%+v", out.Failures)
	}
}

func TestECSTags(t *testing.T) {
	c := ecsOf(open(t, named("")))
	arn := aws.String(must(c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: aws.String("prod")}))(t).ContainerInstanceArns[0])
	tag := func(arn *string, keyAndValue ...string) error {
		_, err := c.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: arn, Tags: []ecstypes.Tag{{Key: &keyAndValue[0], Value: &keyAndValue[1]}}})
		return err
	}
	get := func() []ecstypes.Tag {
		in := &ecs.DescribeContainerInstancesInput{Cluster: aws.String("prod"), ContainerInstances: []string{*arn}, Include: []ecstypes.ContainerInstanceField{"TAGS"}}
		return must(c.DescribeContainerInstances(ctx, in))(t).ContainerInstances[0].Tags
	}
	wantCode(t, tag(arn, "restarted-for", "vpce-1"), "")
	wantCode(t, tag(arn, "restarted-for", "vpce-2"), "")
	wantCode(t, tag(arn, "aws:restarted-for", "vpce-2"), "InvalidParameterException")
	wantCode(t, tag(aws.String(*arn+"0"), "a", "b"), "ResourceNotFoundException")
	wantCode(t, tag(aws.String("arn:aws:ecs:us-east-1:123456789012:cluster/prod"), "a", "b"), "")
	wantCode(t, tag(aws.String("arn:aws:ecs:us-east-1:123456789012:service/prod/web"), "a", "b"), "")
	if got := get(); len(got) != 1 || *got[0].Value != "vpce-2" {
		t.Errorf("%+v", got)
	}
}

const hosts = `
Region: us-east-1
VPC: vpc-0f000000000000001
Vpcs: [{VpcId: vpc-0f000000000000001, CidrBlock: 10.0.0.0/16, EnableDnsSupport: true}]
Subnets: [{SubnetId: subnet-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/24}]
Images:
  - {ImageId: ami-0f000000000000001, Name: al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64}
  - {ImageId: ami-0f000000000000002, Name: bottlerocket-aws-ecs-2-x86_64-v1.39.1}
  - {ImageId: ami-0f000000000000003, Name: Windows_Server-2022-English-Full-ECS_Optimized-2025.06.11}
  - {ImageId: ami-0f000000000000004, Name: own, OwnerId: "123456789012"}
Instances:
  - {InstanceId: i-0f000000000000001, ImageId: ami-0f000000000000001, SubnetId: subnet-0f000000000000001}
  - {InstanceId: i-0f000000000000002, ImageId: ami-0f000000000000002, SubnetId: subnet-0f000000000000001, PublicIpAddress: 203.0.113.7, State: stopped}
  - {InstanceId: i-0f000000000000003, ImageId: ami-0f000000000000003, SubnetId: subnet-0f000000000000001, State: {Name: running}}
  - {InstanceId: i-0f000000000000004, SubnetId: subnet-0f000000000000001, State: terminated}
ServiceQuotas: {L-29B6F2EB: 2}
ECS:
  clusters: [{clusterName: default}]
  containerInstances:
    - {ec2InstanceId: i-0f000000000000001, agentVersion: 1.62.0, agentConnected: true}
    - {ec2InstanceId: i-0f000000000000002, agentVersion: 1.62.0, agentConnected: true}
    - {ec2InstanceId: i-0f000000000000003, agentVersion: 1.62.0, agentConnected: true}
    - {containerInstanceArn: 0f0000000000000000000000000000cc, ec2InstanceId: mi-0f000000000000004, osFamily: UBUNTU, agentVersion: 1.98.0, tags: [{key: a, value: b}]}
`

func TestAgentUpdate(t *testing.T) {
	a := must(sandbox.OpenYAML(hosts))(t)
	clock := newClock()
	a.SetNow(clock.now)
	c := ecsOf(a)
	arns := must(c.ListContainerInstances(ctx, nil))(t).ContainerInstanceArns
	update := func(n int) error {
		_, err := c.UpdateContainerAgent(ctx, &ecs.UpdateContainerAgentInput{ContainerInstance: &arns[n]})
		return err
	}
	show := func(n int) ecstypes.ContainerInstance {
		return must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: arns[n : n+1]}))(t).ContainerInstances[0]
	}
	wantCode(t, update(0), "")
	wantCode(t, update(0), "UpdateInProgressException")
	wantCode(t, update(1), "InvalidParameterException") // Bottlerocket
	wantCode(t, update(2), "InvalidParameterException") // Windows
	if got := show(0).AgentUpdateStatus; got != "PENDING" {
		t.Errorf("at first %s", got)
	}
	clock.pass(10 * time.Second)
	if got := show(0).AgentUpdateStatus; got != "STAGING" {
		t.Errorf("then %s", got)
	}
	clock.pass(time.Minute)
	if got := show(0); got.AgentUpdateStatus != "UPDATED" || *got.VersionInfo.AgentVersion != "1.98.0" || got.Version <= show(1).Version {
		t.Errorf("at last %+v", got)
	}
	wantCode(t, update(0), "NoUpdateAvailableException")
	if got := *show(2).Attributes[0].Value; got != "ami-0f000000000000003" {
		t.Errorf("%q", got)
	}
	for n, want := range map[int]string{0: "LINUX", 1: "LINUX", 2: "WINDOWS_SERVER_2022_FULL"} {
		attributes := show(n).Attributes
		i := slices.IndexFunc(attributes, func(a ecstypes.Attribute) bool { return *a.Name == "ecs.os-family" })
		if i < 0 || *attributes[i].Value != want {
			t.Errorf("%d: %+v, want %s", n, attributes, want)
		}
	}
	if got := show(3); len(got.Attributes) != 1 || *got.Attributes[0].Name != "ecs.capability.external" {
		t.Errorf("a host outside EC2 has %+v", got.Attributes)
	}

	// An agent that is not connected updates itself only after it is back.
	a = open(t, clock.options())
	c = ecsOf(a)
	in := &ecs.ListContainerInstancesInput{Cluster: aws.String("prod")}
	away := must(c.ListContainerInstances(ctx, in))(t).ContainerInstanceArns[0]
	must(c.UpdateContainerAgent(ctx, &ecs.UpdateContainerAgentInput{Cluster: in.Cluster, ContainerInstance: &away}))(t)
	clock.pass(time.Hour)
	got := must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: in.Cluster, ContainerInstances: []string{away}}))(t).ContainerInstances[0]
	if got.AgentUpdateStatus != "PENDING" || *got.VersionInfo.AgentVersion != "1.86.2" {
		t.Errorf("%s with %s", got.AgentUpdateStatus, *got.VersionInfo.AgentVersion)
	}
}

func TestInstances(t *testing.T) {
	c := ec2Of(must(sandbox.OpenYAML(hosts))(t))
	get := func(in *ec2.DescribeInstancesInput) []types.Instance {
		var all []types.Instance
		for _, r := range must(c.DescribeInstances(ctx, in))(t).Reservations {
			all = append(all, r.Instances...)
		}
		return all
	}
	id := func(i types.Instance) *string { return i.InstanceId }
	all := get(nil)
	if len(all) != 4 {
		t.Fatalf("%q", ids(all, id))
	}
	first := all[0]
	if *first.PrivateIpAddress != "10.0.0.4" || *first.VpcId != "vpc-0f000000000000001" || first.State.Name != "running" || *first.State.Code != 16 ||
		*first.Placement.AvailabilityZone != "us-east-1a" || *first.SecurityGroups[0].GroupName != "default" || *first.PlatformDetails != "Linux/UNIX" ||
		len(first.NetworkInterfaces) != 1 || *first.NetworkInterfaces[0].Attachment.DeviceIndex != 0 {
		t.Errorf("%+v", first)
	}
	if all[1].State.Name != "stopped" || *all[1].PublicIpAddress != "203.0.113.7" || *all[1].NetworkInterfaces[0].Association.PublicIp != "203.0.113.7" {
		t.Errorf("%+v", all[1])
	}
	if all[2].Platform != "windows" || len(all[3].NetworkInterfaces) != 0 || all[3].VpcId != nil {
		t.Errorf("%+v %+v", all[2], all[3])
	}
	for want, in := range map[string]*ec2.DescribeInstancesInput{
		"i-0f000000000000001 i-0f000000000000003":                     {Filters: filters("instance-state-name", "running", "pending")},
		"i-0f000000000000002":                                         {InstanceIds: []string{"i-0f000000000000002"}},
		"i-0f000000000000004":                                         {Filters: filters("instance-id", "*4")},
		"i-0f000000000000001 i-0f000000000000002 i-0f000000000000003": {Filters: filters("vpc-id", "vpc-0f000000000000001")},
	} {
		if got := strings.Join(ids(get(in), id), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{"i-0f0000000000000ff"}})
	wantCode(t, err, "InvalidInstanceID.NotFound")
	_, err = c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{"i-1"}, MaxResults: aws.Int32(5)})
	wantCode(t, err, "InvalidParameterCombination")

	eni := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filters("attachment.instance-id", "i-0f000000000000002")}))(t).NetworkInterfaces[0]
	if *eni.Attachment.DeviceIndex != 0 || *eni.Attachment.InstanceOwnerId != "123456789012" || *eni.Association.PublicIp != "203.0.113.7" || aws.ToBool(eni.RequesterManaged) ||
		eni.Status != "in-use" || *eni.Association.IpOwnerId != "amazon" {
		t.Errorf("%+v", eni)
	}

	images := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{"ami-0f000000000000003", "ami-0f000000000000001"}}))(t).Images
	if images[0].Platform != "windows" || *images[1].Name != "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64" || *images[1].OwnerId == "" || images[1].State != "available" ||
		!aws.ToBool(images[1].Public) {
		t.Errorf("%+v", images)
	}
	own := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}}))(t).Images
	bottle := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: filters("name", "bottlerocket-*")}))(t).Images
	if len(own) != 1 || *own[0].Name != "own" || len(bottle) != 1 {
		t.Errorf("%+v %+v", own, bottle)
	}
	_, err = c.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{"ami-0f0000000000000ff"}})
	wantCode(t, err, "InvalidAMIID.NotFound")

	closed := ec2Of(open(t, named("")))
	_, err = closed.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(hostGroup)})
	wantCode(t, err, "DependencyViolation")
	host := must(closed.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{legacyHost}}))(t).Reservations[0].Instances[0]
	if *host.IamInstanceProfile.Arn != "arn:aws:iam::123456789012:instance-profile/legacyInstanceRole" {
		t.Errorf("%+v", host)
	}
	must(closed.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{legacyHost}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))(t)
}

// TestBatchClusters checks that the clusters of the environments exist, in a scenario that does not list them.
func TestBatchClusters(t *testing.T) {
	a := open(t, named("registry"))
	for _, e := range must(batchOf(a).DescribeComputeEnvironments(ctx, nil))(t).ComputeEnvironments {
		out := must(ecsOf(a).DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{*e.EcsClusterArn}}))(t)
		if len(out.Clusters) != 1 || *out.Clusters[0].Status != "ACTIVE" {
			t.Errorf("%s: %+v", *e.ComputeEnvironmentName, out)
		}
	}
}

func TestBatch(t *testing.T) {
	a := open(t, named(""))
	c := batchOf(a)
	environments := must(c.DescribeComputeEnvironments(ctx, nil))(t).ComputeEnvironments
	if len(environments) != 4 {
		t.Fatalf("%+v", environments)
	}
	one := must(c.DescribeComputeEnvironments(ctx, &batch.DescribeComputeEnvironmentsInput{ComputeEnvironments: []string{"batch-ec2", "nope"}}))(t).ComputeEnvironments
	if len(one) != 1 || one[0].Type != "MANAGED" || one[0].State != "ENABLED" || one[0].Status != "VALID" || one[0].ComputeResources.Type != "EC2" ||
		*one[0].ComputeResources.MinvCpus != 4 || !slices.Equal(one[0].ComputeResources.SecurityGroupIds, []string{hostGroup}) ||
		*one[0].ComputeResources.Ec2Configuration[0].ImageType != "ECS_AL2" || one[0].ContainerOrchestrationType != "ECS" ||
		*one[0].ComputeEnvironmentArn != "arn:aws:batch:us-east-1:123456789012:compute-environment/batch-ec2" {
		t.Errorf("%+v", one)
	}
	e := ecsOf(a)
	for _, environment := range environments {
		if environment.ContainerOrchestrationType == "EKS" {
			if environment.EcsClusterArn != nil || *environment.EksConfiguration.KubernetesNamespace != "batch" {
				t.Errorf("%+v", environment)
			}
			continue
		}
		got := must(e.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: environment.EcsClusterArn}))(t).ContainerInstanceArns
		want := 0
		if *environment.ComputeEnvironmentName == "batch-ec2" {
			want = 1
		}
		if len(got) != want {
			t.Errorf("%s has %q", *environment.ComputeEnvironmentName, got)
		}
	}
	pages := batch.NewDescribeComputeEnvironmentsPaginator(c, &batch.DescribeComputeEnvironmentsInput{MaxResults: aws.Int32(3)})
	count := 0
	for pages.HasMorePages() {
		count += len(must(pages.NextPage(ctx))(t).ComputeEnvironments)
	}
	if count != 4 {
		t.Errorf("pages gave %d", count)
	}
	_, err := c.DescribeJobQueues(ctx, &batch.DescribeJobQueuesInput{NextToken: aws.String("next")})
	wantCode(t, err, "ClientException")

	queues := must(c.DescribeJobQueues(ctx, &batch.DescribeJobQueuesInput{JobQueues: []string{"render"}}))(t).JobQueues
	if len(queues) != 1 || len(queues[0].ComputeEnvironmentOrder) != 2 || *queues[0].ComputeEnvironmentOrder[0].ComputeEnvironment != *one[0].ComputeEnvironmentArn {
		t.Errorf("%+v", queues)
	}

	definitions := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{Status: aws.String("ACTIVE")}))(t).JobDefinitions
	if len(definitions) != 4 {
		t.Errorf("%+v", definitions)
	}
	etl := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{"etl:4"}}))(t).JobDefinitions
	if len(etl) != 1 || etl[0].ContainerProperties.LogConfiguration != nil || len(etl[0].ContainerProperties.Secrets) != 1 || etl[0].PlatformCapabilities[0] != "FARGATE" {
		t.Errorf("%+v", etl)
	}
	if revisions := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitionName: aws.String("etl")}))(t).JobDefinitions; len(revisions) != 2 {
		t.Errorf("%+v", revisions)
	}
	report := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{"arn:aws:batch:us-east-1:123456789012:job-definition/report:1"}}))(t).JobDefinitions
	if len(report) != 1 || len(report[0].EcsProperties.TaskProperties[0].Containers) != 2 {
		t.Errorf("%+v", report)
	}
	_, err = c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{"etl:4"}, Status: aws.String("ACTIVE")})
	wantCode(t, err, "ClientException")
	_, err = c.CancelJob(ctx, &batch.CancelJobInput{JobId: aws.String("1"), Reason: aws.String("test")})
	wantCode(t, err, "NotImplemented")
}

func TestServiceQuotas(t *testing.T) {
	a := must(sandbox.OpenYAML(hosts))(t)
	c := quotasOf(a)
	vpc := aws.String("vpc")
	for size := int32(1); size <= 9; size++ {
		got, pages := map[string]float64{}, 0
		for p := servicequotas.NewListServiceQuotasPaginator(c, &servicequotas.ListServiceQuotasInput{ServiceCode: vpc, MaxResults: &size}); p.HasMorePages(); pages++ {
			for _, q := range must(p.NextPage(ctx))(t).Quotas {
				got[*q.QuotaCode] = *q.Value
				if *q.QuotaCode == "L-29B6F2EB" && (*q.QuotaName != "Interface VPC endpoints per VPC" || !q.Adjustable || *q.QuotaArn != "arn:aws:servicequotas:us-east-1:123456789012:vpc/L-29B6F2EB") {
					t.Errorf("%+v", q)
				}
			}
		}
		if want := map[string]float64{"L-29B6F2EB": 2, "L-1B52E74A": 20, "L-2AFB9258": 5, "L-0EA8095F": 60, "L-E79EC296": 2500, "L-F678F1CE": 5, "L-A4707A72": 5, "L-FE5A380F": 5}; !maps.Equal(got, want) || pages != (7+int(size))/int(size) {
			t.Errorf("%d on a page: %v on %d pages, want %v", size, got, pages, want)
		}
	}
	ofEC2 := must(c.ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("ec2")}))(t).Quotas
	if len(ofEC2) != 1 || *ofEC2[0].QuotaCode != "L-0263D0A3" || *ofEC2[0].Value != 5 || *ofEC2[0].QuotaArn != "arn:aws:servicequotas:us-east-1:123456789012:ec2/L-0263D0A3" {
		t.Errorf("%+v", ofEC2)
	}
	for code, in := range map[string]servicequotas.ListServiceQuotasInput{
		"NoSuchResourceException":         {ServiceCode: aws.String("ec3")},
		"IllegalArgumentException":        {ServiceCode: vpc, MaxResults: aws.Int32(101)},
		"InvalidPaginationTokenException": {ServiceCode: vpc, NextToken: aws.String("nonsense")},
	} {
		_, err := c.ListServiceQuotas(ctx, &in)
		wantCode(t, err, code)
	}
	_, err := c.ListServices(ctx, nil)
	wantCode(t, err, "NotImplemented")

	endpoint := func() error {
		_, err := ec2Of(a).CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: aws.String("vpc-0f000000000000001"), VpcEndpointType: "Interface",
			ServiceName: serviceName("logs"), PrivateDnsEnabled: aws.Bool(false)})
		return err
	}
	wantCode(t, endpoint(), "")
	wantCode(t, endpoint(), "")
	wantCode(t, endpoint(), "VpcEndpointLimitExceeded")
}

func TestIAM(t *testing.T) {
	a := open(t, named(""))
	c := iamOf(a)
	pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{MaxItems: aws.Int32(3)})
	var names []string
	for pages.HasMorePages() {
		for _, r := range must(pages.NextPage(ctx))(t).Roles {
			names = append(names, *r.RoleName)
		}
	}
	want := []string{"AWSServiceRoleForBatch", "ecsInstanceRole", "ecsTaskExecutionRole", "etl", "legacyInstanceRole", "web", "web-execution", "worker", "worker-execution"}
	if !slices.Equal(names, want) {
		t.Errorf("roles %q", names)
	}
	document := func(encoded *string) string {
		t.Helper()
		if strings.ContainsAny(*encoded, `{" `) {
			t.Errorf("%s is not encoded", *encoded)
		}
		text, err := url.PathUnescape(*encoded)
		if err != nil || !json.Valid([]byte(text)) {
			t.Errorf("%s: %v", text, err)
		}
		return text
	}
	worker := aws.String("worker-execution")
	role := must(c.GetRole(ctx, &iam.GetRoleInput{RoleName: worker}))(t).Role
	if *role.Arn != "arn:aws:iam::123456789012:role/worker-execution" || !strings.HasPrefix(*role.RoleId, "AROA") ||
		!strings.Contains(document(role.AssumeRolePolicyDocument), "ecs-tasks.amazonaws.com") {
		t.Errorf("%+v", role)
	}
	inline := must(c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: worker}))(t)
	if !slices.Equal(inline.PolicyNames, []string{"pull-from-inside", "read-secret"}) || inline.IsTruncated {
		t.Errorf("%+v", inline)
	}
	policy := must(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: worker, PolicyName: &inline.PolicyNames[0]}))(t)
	if text := document(policy.PolicyDocument); !strings.Contains(text, `"aws:SourceVpc":"vpc-0a1b2c3d4e5f60001"`) {
		t.Errorf("%s", text)
	}
	attached := must(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("ecsTaskExecutionRole")}))(t).AttachedPolicies
	if len(attached) != 1 || *attached[0].PolicyName != "AmazonECSTaskExecutionRolePolicy" ||
		*attached[0].PolicyArn != "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy" {
		t.Fatalf("%+v", attached)
	}
	managed := must(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: attached[0].PolicyArn}))(t).Policy
	if *managed.AttachmentCount != 2 || *managed.Path != "/service-role/" {
		t.Errorf("%+v", managed)
	}
	version := must(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: managed.Arn, VersionId: managed.DefaultVersionId}))(t).PolicyVersion
	if !strings.Contains(document(version.Document), "ecr:BatchGetImage") || !version.IsDefaultVersion {
		t.Errorf("%+v", version)
	}
	nope := aws.String("nope")
	for name, try := range map[string]func() error{
		"GetRole": func() error { _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: nope}); return err },
		"ListRolePolicies": func() error {
			_, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: nope})
			return err
		},
		"ListAttachedRolePolicies": func() error {
			_, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: nope})
			return err
		},
		"GetRolePolicy": func() error {
			_, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: worker, PolicyName: nope})
			return err
		},
		"GetPolicy": func() error {
			_, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/Nope")})
			return err
		},
		"GetPolicyVersion": func() error {
			_, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: managed.Arn, VersionId: aws.String("v9")})
			return err
		},
	} {
		if got := code(try()); got != "NoSuchEntity" {
			t.Errorf("%s: %s", name, got)
		}
	}
	_, err := c.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(1001)})
	wantCode(t, err, "ValidationError")
	_, err = c.ListUsers(ctx, nil)
	wantCode(t, err, "NotImplemented")

	// IAM is the same in all Regions of a partition. Another partition is another account.
	elsewhere := iam.NewFromConfig(config(a, "eu-west-1"))
	if got := must(elsewhere.ListRoles(ctx, nil))(t).Roles; len(got) != len(want) {
		t.Errorf("%d roles in eu-west-1", len(got))
	}
	china := iam.NewFromConfig(config(a, "cn-north-1"))
	if got := must(china.ListRoles(ctx, nil))(t).Roles; len(got) != 0 {
		t.Errorf("roles in China: %+v", got)
	}
	_, err = china.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")})
	wantCode(t, err, "")
}

// The roles in definitions must exist, in every scenario that has roles.
func TestRolesExist(t *testing.T) {
	for _, s := range sandbox.Scenarios() {
		a := open(t, named(s.Name))
		_, dump := own(t, a, "GET", "/_sandbox/account", "")
		for _, part := range []string{`"Instances"`, `"Images"`, `"containerInstances"`, `"computeEnvironments"`, `"jobDefinitions"`, `"Roles"`} {
			if s.Name == "closed" && !strings.Contains(dump, part) {
				t.Errorf("the dump has no %s", part)
			}
		}
		var account struct {
			IAM     map[string]struct{ Roles []struct{ Arn string } }
			Regions map[string]struct {
				ECS struct {
					TaskDefinitions []struct{ ExecutionRoleArn, TaskRoleArn string }
				}
				Batch struct {
					JobDefinitions []struct {
						ContainerProperties struct{ ExecutionRoleArn, JobRoleArn string }
						EcsProperties       struct {
							TaskProperties []struct{ ExecutionRoleArn, TaskRoleArn string }
						}
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(dump), &account); err != nil {
			t.Fatal(err)
		}
		roles := map[string]bool{"": true}
		for _, partition := range account.IAM {
			for _, r := range partition.Roles {
				roles[r.Arn] = true
			}
		}
		if len(roles) == 1 {
			continue
		}
		check := func(arns ...string) {
			for _, arn := range arns {
				if !roles[arn] {
					t.Errorf("%s: there is no role %s", s.Name, arn)
				}
			}
		}
		for _, r := range account.Regions {
			for _, d := range r.ECS.TaskDefinitions {
				check(d.ExecutionRoleArn, d.TaskRoleArn)
			}
			for _, d := range r.Batch.JobDefinitions {
				check(d.ContainerProperties.ExecutionRoleArn, d.ContainerProperties.JobRoleArn)
				for _, p := range d.EcsProperties.TaskProperties {
					check(p.ExecutionRoleArn, p.TaskRoleArn)
				}
			}
		}
	}
}

func TestDeniedElsewhere(t *testing.T) {
	a := open(t, named(""))
	status, body := own(t, a, "POST", "/_sandbox/deny",
		`{"operations":["batch:DescribeJobQueues","servicequotas:ListServiceQuotas","iam:GetRolePolicy","ecs:DescribeContainerInstances","ec2:DescribeInstances"]}`)
	if status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	_, err := batchOf(a).DescribeJobQueues(ctx, nil)
	wantCode(t, err, "AccessDeniedException")
	_, err = quotasOf(a).ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("vpc")})
	wantCode(t, err, "AccessDeniedException")
	_, err = iamOf(a).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("p")})
	wantCode(t, err, "AccessDenied")
	if !strings.Contains(message(err), "iam:GetRolePolicy") {
		t.Errorf("message %q", message(err))
	}
	_, err = ec2Of(a).DescribeInstances(ctx, nil)
	wantCode(t, err, "UnauthorizedOperation")
	_, err = batchOf(a).DescribeComputeEnvironments(ctx, nil)
	wantCode(t, err, "")

	// The service of an unsigned call is unknown. Calls with a REST path get a JSON answer.
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("POST", "http://sandbox/v1/describejobqueues", strings.NewReader("{}")))
	if w.Code != 403 || !strings.Contains(w.Body.String(), "MissingAuthenticationToken") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Agents come back after a restart only if all three endpoints exist and allow them.
func TestReboot(t *testing.T) {
	clock := newClock()
	fresh := func() *sandbox.Account {
		o := clock.options()
		o.Speed = 10
		return open(t, o)
	}
	connected := func(a *sandbox.Account, cluster string) int {
		c := ecsOf(a)
		arns := must(c.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: &cluster}))(t).ContainerInstanceArns
		n := 0
		for _, i := range must(c.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: arns}))(t).ContainerInstances {
			if i.AgentConnected {
				n++
			}
		}
		return n
	}
	reboot := func(a *sandbox.Account, ids ...string) {
		t.Helper()
		must(ec2Of(a).RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids}))(t)
		clock.pass(10 * time.Second)
	}
	endpoints := func(a *sandbox.Account, group string, services ...string) {
		t.Helper()
		for _, s := range services {
			in := wanted(s)
			in.SecurityGroupIds = []string{group}
			create(t, ec2Of(a), in)
			clock.pass(10 * time.Second)
		}
	}
	admit := func(a *sandbox.Account) {
		t.Helper()
		must(ec2Of(a).AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(dbGroup), IpPermissions: fromGroup(hostGroup)}))(t)
	}
	prod := []string{hostA, "i-0a1b2c3d4e5f66002", "i-0a1b2c3d4e5f66003", "i-0a1b2c3d4e5f66004"}

	a := fresh()
	admit(a)
	endpoints(a, dbGroup, "ecs-agent", "ecs-telemetry", "ecs")
	if got := connected(a, "prod"); got != 0 {
		t.Errorf("%d agents came back by themselves", got)
	}
	reboot(a, prod[:3]...)
	if got := connected(a, "prod"); got != 3 {
		t.Errorf("%d agents are back, want 3", got)
	}
	must(ec2Of(a).RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: prod[:1]}))(t)
	if got := connected(a, "prod"); got != 2 {
		t.Errorf("%d agents while one boots, want 2", got)
	}
	reboot(a, legacyHost)
	if got := connected(a, "legacy"); got != 0 {
		t.Error("an agent older than 1.25.1 used an endpoint")
	}

	a = fresh() // a group that does not allow the hosts
	endpoints(a, dbGroup, "ecs-agent", "ecs-telemetry", "ecs")
	reboot(a, prod...)
	if got := connected(a, "prod"); got != 0 {
		t.Errorf("%d agents connected without a group rule", got)
	}
	admit(a)
	if got := connected(a, "prod"); got != 4 {
		t.Errorf("%d agents are back after the rule was added, want 4: they keep trying", got)
	}

	a = fresh() // one endpoint is missing
	admit(a)
	endpoints(a, dbGroup, "ecs-agent", "ecs")
	reboot(a, prod...)
	if got := connected(a, "prod"); got != 0 {
		t.Errorf("%d agents connected without ecs-telemetry", got)
	}

	a = fresh() // an ACL that denies the responses
	admit(a)
	endpoints(a, dbGroup, "ecs-agent", "ecs-telemetry", "ecs")
	must(ec2Of(a).CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: aws.String(mainACL), RuleNumber: aws.Int32(90), Egress: aws.Bool(false), Protocol: aws.String("6"),
		RuleAction: "deny", CidrBlock: aws.String("10.0.0.0/16"), PortRange: &types.PortRange{From: aws.Int32(1024), To: aws.Int32(65535)}}))(t)
	reboot(a, prod...)
	if got := connected(a, "prod"); got != 3 { // ACLs do not apply within a subnet
		t.Errorf("%d agents connected with the ACL, want 3", got)
	}

	_, err := ec2Of(a).RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{"i-0f0000000000000ff"}})
	wantCode(t, err, "InvalidInstanceID.NotFound")
	stopped := ec2Of(must(sandbox.OpenYAML(hosts))(t))
	_, err = stopped.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{"i-0f000000000000002"}})
	wantCode(t, err, "IncorrectState")
}

// Without endpoints, agents use the internet route if it exists.
func TestRebootWithNAT(t *testing.T) {
	const routes = `
InternetGateways: [{InternetGatewayId: igw-0f000000000000001, Attachments: [{VpcId: vpc-0f000000000000001}]}]
NatGateways: [{NatGatewayId: nat-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityMode: regional, RouteTableId: rtb-0f000000000000002}]
RouteTables:
  - RouteTableId: rtb-0f000000000000002
    VpcId: vpc-0f000000000000001
    Routes: [{DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-0f000000000000001}]
  - RouteTableId: rtb-0f000000000000001
    VpcId: vpc-0f000000000000001
    Associations: [{Main: true}]
    Routes: [{DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-0f000000000000001}]
`
	for name, tt := range map[string]struct {
		source string
		want   bool
	}{
		"NAT": {hosts + routes, true}, "old agent": {strings.Replace(hosts+routes, "1.62.0", "1.24.0", 1), true}, "closed": {hosts, false},
		"NAT failed":          {hosts + strings.Replace(routes, "AvailabilityMode: regional", "AvailabilityMode: regional, State: failed", 1), false},
		"NAT without a route": {hosts + strings.Replace(routes, "GatewayId: igw-0f000000000000001}]", "TransitGatewayId: tgw-0f000000000000001}]", 1), false},
	} {
		a := must(sandbox.OpenYAML(tt.source))(t)
		clock := newClock()
		a.SetNow(clock.now)
		must(ec2Of(a).RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{"i-0f000000000000001"}}))(t)
		clock.pass(time.Minute)
		arns := must(ecsOf(a).ListContainerInstances(ctx, nil))(t).ContainerInstanceArns
		got := must(ecsOf(a).DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: arns[:1]}))(t).ContainerInstances[0]
		if got.AgentConnected != tt.want {
			t.Errorf("%s: connected %v, want %v", name, got.AgentConnected, tt.want)
		}
	}
}
