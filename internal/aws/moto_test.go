//go:build acceptance

package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// moto starts an emulator written by others and points the environment at it.
func moto(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil || exec.Command(path, "--help").Run() != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatal("moto_server is not installed")
		}
		t.Skip("moto_server is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	// A shim may start the server as a child: end its whole group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	url := "http://127.0.0.1:" + port
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(time.Minute); ; {
		if r, err := client.Get(url + "/moto-api/"); err == nil {
			r.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("moto_server does not answer")
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Setenv("AWS_ENDPOINT_URL", url)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

func TestAcceptanceMoto(t *testing.T) {
	moto(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := Open(ctx, Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	v, err := ec2Client(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.7.0.0/16")})
	must(err)
	vpcID := *v.Vpc.VpcId
	var subnets []string
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		s, err := ec2Client(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpcID, CidrBlock: sdk.String(fmt.Sprintf("10.7.%d.0/24", i)), AvailabilityZone: &zone})
		must(err)
		subnets = append(subnets, *s.Subnet.SubnetId)
	}
	_, err = ecsClient(c).CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: sdk.String("prod")})
	must(err)
	d, err := ecsClient(c).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: sdk.String("web"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate}, NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: sdk.String("256"), Memory: sdk.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: sdk.String("web"), Image: sdk.String("nginx"), Memory: sdk.Int32(128),
			Environment:      []ecstypes.KeyValuePair{{Name: sdk.String("P"), Value: sdk.String("hunter2")}},
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{"awslogs-region": "us-east-1"}},
			Secrets:          []ecstypes.Secret{{Name: sdk.String("S"), ValueFrom: sdk.String("arn:s")}}}}})
	must(err)
	g, err := ec2Client(c).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: sdk.String("app"), Description: sdk.String("d"), VpcId: &vpcID})
	must(err)
	for i := range 12 {
		_, err = ecsClient(c).CreateService(ctx, &ecs.CreateServiceInput{Cluster: sdk.String("prod"), ServiceName: sdk.String(fmt.Sprintf("s%02d", i)), TaskDefinition: d.TaskDefinition.TaskDefinitionArn,
			LaunchType: ecstypes.LaunchTypeFargate, DesiredCount: sdk.Int32(0), NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: subnets, SecurityGroups: []string{*g.GroupId}}}})
		must(err)
	}

	// Through Call: what a plan would do.
	call := func(op string, in map[string]any, out string) string {
		t.Helper()
		got, err := c.Call(ctx, "ec2", op, in)
		must(err)
		r, err := resource.Query(out, got)
		must(err)
		return resource.Text(r)
	}
	call("ModifyVpcAttribute", map[string]any{"VpcId": vpcID, "EnableDnsHostnames": map[string]any{"Value": true}}, "@")
	group := call("CreateSecurityGroup", map[string]any{"GroupName": "endpoints", "Description": "d", "VpcId": vpcID}, "GroupId")
	rule := call("AuthorizeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": []any{map[string]any{
		"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": []any{map[string]any{"CidrIp": "10.7.0.0/16"}}}}}, "SecurityGroupRules[0].SecurityGroupRuleId")
	if !strings.HasPrefix(rule, "sgr-") {
		t.Errorf("rule %q", rule)
	}
	id := call("CreateVpcEndpoint", map[string]any{"VpcId": vpcID, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ecr.api", "SubnetIds": subnets,
		"SecurityGroupIds": []string{group}, "PrivateDnsEnabled": true, "ClientToken": "t1"}, "VpcEndpoint.VpcEndpointId")
	if state := call("DescribeVpcEndpoints", map[string]any{"VpcEndpointIds": []string{id}}, "VpcEndpoints[].[VpcEndpointId, State]"); state != id+"\tavailable" {
		t.Errorf("state %q", state)
	}

	// A role with a policy of each sort, an instance that joins the cluster, and what AWS
	// Batch has for a job.
	trust := sdk.String(`{"Version":"2012-10-17","Statement":[]}`)
	role, err := iamClient(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: sdk.String("jobs"), Path: sdk.String("/service-role/"), AssumeRolePolicyDocument: trust})
	must(err)
	roleARN := *role.Role.Arn
	const allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`
	_, err = iamClient(c).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: sdk.String("jobs"), PolicyName: sdk.String("inline"), PolicyDocument: sdk.String(allow)})
	must(err)
	policy, err := iamClient(c).CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: sdk.String("attached"), PolicyDocument: sdk.String(allow)})
	must(err)
	_, err = iamClient(c).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: sdk.String("jobs"), PolicyArn: policy.Policy.Arn})
	must(err)
	profile, err := iamClient(c).CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: sdk.String("jobs")})
	must(err)
	images, err := ec2Client(c).DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}})
	must(err)
	instances, err := ec2Client(c).RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images.Images[0].ImageId, MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1), SubnetId: &subnets[0]})
	must(err)
	instanceID := *instances.Instances[0].InstanceId
	document := fmt.Sprintf(`{"accountId":%q,"architecture":"x86_64","availabilityZone":"us-east-1a","billingProducts":null,"devpayProductCodes":null,"imageId":"ami-1","instanceId":%q,
"instanceType":"t2.micro","kernelId":null,"pendingTime":"2026-01-02T03:04:05Z","privateIp":"10.7.0.9","ramdiskId":null,"region":"us-east-1","version":"2010-08-31"}`, "123456789012", instanceID)
	_, err = ecsClient(c).RegisterContainerInstance(ctx, &ecs.RegisterContainerInstanceInput{Cluster: sdk.String("prod"), InstanceIdentityDocument: &document})
	must(err)
	jobs := batch.NewFromConfig(c.cfg)
	env, err := jobs.CreateComputeEnvironment(ctx, &batch.CreateComputeEnvironmentInput{ComputeEnvironmentName: sdk.String("jobs"), Type: batchtypes.CETypeManaged, State: batchtypes.CEStateEnabled, ServiceRole: &roleARN,
		ComputeResources: &batchtypes.ComputeResource{Type: batchtypes.CRTypeEc2, MinvCpus: sdk.Int32(0), MaxvCpus: sdk.Int32(4), DesiredvCpus: sdk.Int32(0), InstanceTypes: []string{"t2.small"},
			Subnets: subnets, SecurityGroupIds: []string{*g.GroupId}, InstanceRole: profile.InstanceProfile.Arn}})
	must(err)
	_, err = jobs.CreateJobQueue(ctx, &batch.CreateJobQueueInput{JobQueueName: sdk.String("jobs"), State: batchtypes.JQStateEnabled, Priority: sdk.Int32(1),
		ComputeEnvironmentOrder: []batchtypes.ComputeEnvironmentOrder{{Order: sdk.Int32(1), ComputeEnvironment: env.ComputeEnvironmentArn}}})
	must(err)
	for range 2 {
		_, err = jobs.RegisterJobDefinition(ctx, &batch.RegisterJobDefinitionInput{JobDefinitionName: sdk.String("jobs"), Type: batchtypes.JobDefinitionTypeContainer,
			ContainerProperties: &batchtypes.ContainerProperties{Image: sdk.String("busybox"), JobRoleArn: &roleARN, Command: []string{"hunter2"},
				ResourceRequirements: []batchtypes.ResourceRequirement{{Type: batchtypes.ResourceTypeVcpu, Value: sdk.String("1")}, {Type: batchtypes.ResourceTypeMemory, Value: sdk.String("128")}},
				Secrets:              []batchtypes.Secret{{Name: sdk.String("S"), ValueFrom: sdk.String("arn:s")}},
				LogConfiguration:     &batchtypes.LogConfiguration{LogDriver: batchtypes.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/jobs"}}}})
		must(err)
	}
	call("CreateVpcEndpoint", map[string]any{"VpcId": vpcID, "VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.us-east-1.s3", "ClientToken": "t2"}, "@")

	load := func() inventory.Inventory {
		var inv inventory.Inventory
		for _, r := range []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}, {Part: inventory.PartNetwork, VPC: vpcID},
			{Part: inventory.PartBatch}, {Part: inventory.PartQuotas}, {Part: inventory.PartRoles, Role: roleARN}, {Part: inventory.PartHosts, VPC: vpcID}, {Part: inventory.PartCreation}, {Part: inventory.PartFailures}} {
			f, err := c.Load(ctx, r)
			if err != nil {
				t.Fatalf("%s: %v", r.Part, err)
			}
			inv.Merge(f)
		}
		return inv
	}
	inv := load()
	if d := cmp.Diff(inv, load()); d != "" {
		t.Errorf("two loads differ:\n%s", d)
	}
	// It does not know these operations, and that stops nothing.
	var gaps []string
	for _, g := range inv.Gaps {
		gaps = append(gaps, g.Call)
	}
	if !slices.Equal(gaps, []string{"ec2:DescribeVpcBlockPublicAccessOptions", "route53profiles:ListProfileAssociations", "route53resolver:ListFirewallRuleGroupAssociations", "servicequotas:ListServiceQuotas", "ssm:DescribeInstanceInformation"}) || inv.Account == "" || inv.Partition != "aws" || len(inv.VPCs) != 2 {
		t.Errorf("%s %s, gaps %v, VPCs %v", inv.Account, inv.Partition, inv.Gaps, inv.VPCs)
	}
	for _, want := range []struct{ name, typ string }{{"ecr.api", "Interface"}, {"s3", "Gateway"}, {"ecs-agent", "Interface"}} {
		s := inv.Service("com.amazonaws.us-east-1."+want.name, want.typ)
		if s == nil || len(s.Zones) == 0 {
			t.Errorf("service %v: %+v", want, s)
		}
	}
	n := inv.Network(vpcID)
	if !n.DNSHostnames || !n.DNSSupport || len(n.Subnets) != 2 || len(n.RouteTables) != 1 || !n.RouteTables[0].Main || len(n.NetworkACLs) != 1 || len(n.Endpoints) != 2 || len(n.PrefixLists) == 0 {
		t.Errorf("network: %+v", n)
	}
	if g := n.Group(group); g == nil || len(g.Rules) != 2 || g.Rules[0].CIDR != "10.7.0.0/16" || g.Rules[1].From != -1 {
		t.Errorf("group: %+v", g)
	}
	cl := inv.Cluster("prod")
	if cl == nil || len(cl.Services) != 12 || cl.Services[0].LaunchType != "FARGATE" || len(cl.Services[0].Subnets) != 2 {
		t.Fatalf("cluster: %+v", cl)
	}
	def := inv.TaskDefinition(cl.Services[0].TaskDefinition)
	if def == nil || def.Containers[0].LogDriver != "awslogs" || len(def.Containers[0].Secrets) != 1 || def.Compatible[0] != "FARGATE" {
		t.Errorf("definition: %+v", def)
	}
	if i := cl.ContainerInstances; cl.Instances != 1 || len(i) != 1 || i[0].Instance != instanceID || i[0].AgentVersion != "1.0.0" || !i[0].Connected || i[0].Status != "ACTIVE" || i[0].Managed || i[0].Registered == "" {
		t.Errorf("container instances: %d %+v", cl.Instances, i)
	}
	if h := inv.Host(instanceID); len(inv.Hosts) != 1 || h == nil || h.VPC != vpcID || h.State != "running" || h.AMIName != *images.Images[0].Name || h.Ping != "" {
		t.Errorf("hosts: %+v", inv.Hosts)
	}
	e := inv.Environment("jobs")
	if e == nil || e.Type != "EC2" || e.VPC != vpcID || len(e.Subnets) != 2 || e.InstanceRole == "" || e.Cluster == "" || e.Orchestration != "ECS" {
		t.Errorf("compute environment: %+v", e)
	}
	if q := inv.Batch.Queues; len(q) != 1 || len(q[0].Environments) != 1 || q[0].Environments[0] != e.ARN {
		t.Errorf("queues: %+v", q)
	}
	if d := inv.Batch.Definitions; len(d) != 1 || d[0].Family != "jobs" || d[0].Revision != 2 || d[0].TaskRole != roleARN || d[0].Compatible[0] != "EC2" || d[0].Containers[0].Image != "busybox" ||
		d[0].Containers[0].LogGroup != "/jobs" || len(d[0].Containers[0].Secrets) != 1 {
		t.Errorf("job definitions: %+v", d)
	}
	if r := inv.Role(roleARN); r == nil || r.Name != "jobs" || len(r.Policies) != 2 || r.Policies[0].Document != allow || r.Policies[1].Document != allow {
		t.Errorf("role: %+v", r)
	}
	if inv.Creation.VPCs.Used != 2 || inv.Creation.VPCs.Limit != 0 || len(inv.Creation.Zones) < 3 || inv.Creation.InternetGateways.Used != 0 {
		t.Errorf("creation: %+v", inv.Creation)
	}
	if inv.Quotas != (inventory.Quotas{UsedGateways: 1}) {
		t.Errorf("quotas: %+v", inv.Quotas)
	}
	if text := fmt.Sprintf("%+v", inv); strings.Contains(text, "hunter2") {
		t.Error("a value that may be secret is in the inventory")
	}
	none, err := c.Load(ctx, inventory.Request{Part: inventory.PartRoles, Role: "arn:aws:iam::123456789012:role/none"})
	if gap, ok := none.Gap("iam:ListRolePolicies"); err != nil || !ok || gap.Code != "NoSuchEntity" {
		t.Errorf("a role that is not: %+v %v", none, err)
	}
	t.Logf("%d services, %d prefix lists", len(inv.Services), len(n.PrefixLists))

	sent, err := c.Call(ctx, "ssm", "SendCommand", map[string]any{"DocumentName": "AWS-RunShellScript", "InstanceIds": []string{instanceID}, "TimeoutSeconds": 60,
		"Parameters": map[string]any{"commands": []string{"systemctl restart ecs"}, "executionTimeout": []string{"120"}}})
	must(err)
	command, _ := sent.(map[string]any)["Command"].(map[string]any)
	if d := cmp.Diff(any(map[string]any{"commands": []any{"systemctl restart ecs"}, "executionTimeout": []any{"120"}}), command["Parameters"]); d != "" {
		t.Errorf("%s\n%v", d, sent)
	}
	invocation, err := c.Call(ctx, "ssm", "GetCommandInvocation", map[string]any{"CommandId": command["CommandId"], "InstanceId": instanceID})
	if m, _ := invocation.(map[string]any); err != nil || m["InstanceId"] != instanceID || m["Status"] == nil {
		t.Errorf("invocation: %v %v", invocation, err)
	}

	call("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []string{id}}, "@")
	var failed *Error
	_, err = c.Load(ctx, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-0123456789abcdef0"})
	if !errors.As(err, &failed) || failed.Code != "InvalidVpcID.NotFound" {
		t.Errorf("unknown VPC: %v", err)
	}
	far, err := Open(ctx, Options{Region: "us-east-9"})
	must(err)
	if _, err := far.Load(ctx, inventory.Request{Part: inventory.PartIdentity}); !IsUnknownRegion(err) {
		t.Errorf("unknown Region: %v", err)
	}
	t.Log(err)
}
