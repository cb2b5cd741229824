package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/call"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
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

func TestMoto(t *testing.T) {
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

	v, err := c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.7.0.0/16")})
	must(err)
	vpcID := *v.Vpc.VpcId
	var subnets []string
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		s, err := c.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpcID, CidrBlock: sdk.String(fmt.Sprintf("10.7.%d.0/24", i)), AvailabilityZone: &zone})
		must(err)
		subnets = append(subnets, *s.Subnet.SubnetId)
	}
	_, err = c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: sdk.String("prod")})
	must(err)
	d, err := c.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: sdk.String("web"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate}, NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: sdk.String("256"), Memory: sdk.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: sdk.String("web"), Image: sdk.String("nginx"), Memory: sdk.Int32(128),
			Environment:      []ecstypes.KeyValuePair{{Name: sdk.String("P"), Value: sdk.String("hunter2")}},
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{"awslogs-region": "us-east-1"}},
			Secrets:          []ecstypes.Secret{{Name: sdk.String("S"), ValueFrom: sdk.String("arn:s")}}}}})
	must(err)
	g, err := c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: sdk.String("app"), Description: sdk.String("d"), VpcId: &vpcID})
	must(err)
	for i := range 12 {
		_, err = c.ecs.CreateService(ctx, &ecs.CreateServiceInput{Cluster: sdk.String("prod"), ServiceName: sdk.String(fmt.Sprintf("s%02d", i)), TaskDefinition: d.TaskDefinition.TaskDefinitionArn,
			LaunchType: ecstypes.LaunchTypeFargate, DesiredCount: sdk.Int32(0), NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: subnets, SecurityGroups: []string{*g.GroupId}}}})
		must(err)
	}

	// Through Call: what a plan would do.
	call := func(op string, in map[string]any, out string) string {
		t.Helper()
		got, err := c.Call(ctx, "ec2", op, in)
		must(err)
		r, err := call.Query(out, got)
		must(err)
		return call.Text(r)
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

	load := func() inventory.Inventory {
		var inv inventory.Inventory
		for _, r := range []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}, {Part: inventory.PartNetwork, VPC: vpcID}} {
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
	if len(inv.Gaps) > 0 || inv.Account == "" || inv.Partition != "aws" || len(inv.VPCs) != 2 {
		t.Errorf("%s %s, gaps %v, VPCs %v", inv.Account, inv.Partition, inv.Gaps, inv.VPCs)
	}
	for _, want := range []struct{ name, typ string }{{"ecr.api", "Interface"}, {"s3", "Gateway"}, {"ecs-agent", "Interface"}} {
		s := inv.Service("com.amazonaws.us-east-1."+want.name, want.typ)
		if s == nil || len(s.Zones) == 0 {
			t.Errorf("service %v: %+v", want, s)
		}
	}
	n := inv.Network(vpcID)
	if !n.DNSHostnames || !n.DNSSupport || len(n.Subnets) != 2 || len(n.RouteTables) != 1 || !n.RouteTables[0].Main || len(n.NetworkACLs) != 1 || len(n.Endpoints) != 1 || len(n.PrefixLists) == 0 {
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
	t.Logf("%d services, %d prefix lists", len(inv.Services), len(n.PrefixLists))

	call("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []string{id}}, "@")
	var e *Error
	_, err = c.Load(ctx, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-0123456789abcdef0"})
	if !errors.As(err, &e) || e.Code != "InvalidVpcID.NotFound" {
		t.Errorf("unknown VPC: %v", err)
	}
	far, err := Open(ctx, Options{Region: "us-east-9"})
	must(err)
	if _, err := far.Load(ctx, inventory.Request{Part: inventory.PartIdentity}); !IsUnknownRegion(err) {
		t.Errorf("unknown Region: %v", err)
	}
	t.Log(err)
}
