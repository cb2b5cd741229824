//go:build acceptance

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestAcceptanceSameOnMoto runs both methods on an emulator that others wrote.
func TestAcceptanceSameOnMoto(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	cli := long[0]
	s := newSite(t, startMoto(t))
	results := map[string]any{}
	for _, method := range []string{"apply", "script"} {
		s.post("/moto-api/reset")
		s.post("/moto-api/seed?a=7") // the same ids for the same account
		vpc := s.furnish()
		s.write("answers.yaml", "version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/web\n")
		before := s.inventory(vpc)
		if method == "apply" {
			out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
			if !strings.Contains(out, "Verification: passed") {
				t.Error(out)
			}
			again, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
			if !strings.Contains(again, "0 changes applied, ") {
				t.Error("the second apply made something", again)
			}
		} else {
			_ = os.Remove(filepath.Join(s.dir, "e.sh"))
			s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
			s.script(cli, 0, "e.sh")
			first := s.inventory(vpc)
			s.script(cli, 0, "e.sh")
			if d := cmp.Diff(first, s.inventory(vpc)); d != "" {
				t.Error("the second run of the script changed the account", d)
			}
		}
		results[method] = normal(s.inventory(vpc), idsIn(before))
	}
	if d := cmp.Diff(results["apply"], results["script"]); d != "" {
		t.Error("apply and script differ on moto (-apply +script)", d)
	}
}

// startMoto starts moto_server on a free port and waits until it answers.
func startMoto(t *testing.T) string {
	t.Helper()
	exe := tool(t, "moto_server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	cmd := exec.CommandContext(t.Context(), exe, "-H", "127.0.0.1", "-p", fmt.Sprint(addr.Port))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url := "http://" + addr.String()
	eventually(t, func() bool {
		resp, err := http.Get(url + "/moto-api/data.json")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	return url
}

func (s *site) post(path string) {
	s.t.Helper()
	resp, err := http.Post(s.url+path, "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
}

// furnish makes a closed VPC with a Fargate service in moto.
func (s *site) furnish() string {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	named := func(kind ec2types.ResourceType, name string) []ec2types.TagSpecification {
		return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: sdk.String("Name"), Value: &name}}}}
	}
	c := ec2.NewFromConfig(s.config())
	vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.0.0.0/16"), TagSpecifications: named("vpc", "shop")})
	must(err)
	id := vpc.Vpc.VpcId
	// moto's new VPCs have DNS hostnames off, as AWS's have, so the plan must turn them on.
	var subnets []string
	for i, z := range []string{"a", "b"} {
		sub, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: id, CidrBlock: sdk.String(fmt.Sprintf("10.0.%d.0/24", i)), AvailabilityZone: sdk.String("us-east-1" + z), TagSpecifications: named("subnet", "shop-"+z)})
		must(err)
		subnets = append(subnets, *sub.Subnet.SubnetId)
	}
	group, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: id, GroupName: sdk.String("web"), Description: sdk.String("tasks")})
	must(err)
	e := ecs.NewFromConfig(s.config())
	_, err = e.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: sdk.String("shop")})
	must(err)
	def, err := e.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: sdk.String("web"), RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, NetworkMode: "awsvpc", Cpu: sdk.String("256"), Memory: sdk.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: sdk.String("web"), Image: sdk.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"),
			Secrets:          []ecstypes.Secret{{Name: sdk.String("DB"), ValueFrom: sdk.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf")}},
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{"awslogs-group": "web"}}}}})
	must(err)
	_, err = e.CreateService(ctx, &ecs.CreateServiceInput{Cluster: sdk.String("shop"), ServiceName: sdk.String("web"), TaskDefinition: def.TaskDefinition.TaskDefinitionArn, LaunchType: "FARGATE", DesiredCount: sdk.Int32(1),
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: subnets, SecurityGroups: []string{*group.GroupId}}}})
	must(err)
	return *id
}

// inventory looks at the network through the product's own eyes.
func (s *site) inventory(vpc string) any {
	s.t.Helper()
	c, err := aws.Open(s.t.Context(), aws.Options{Region: "us-east-1", Transport: rewriteHost(s.url)})
	if err != nil {
		s.t.Fatal(err)
	}
	inv, err := c.Load(s.t.Context(), inventory.Request{Part: inventory.PartNetwork, VPC: vpc})
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := json.Marshal(inv)
	if err != nil {
		s.t.Fatal(err)
	}
	var out any
	_ = json.Unmarshal(b, &out)
	return out
}

// rewriteHost sends every request to one address, whatever host it is for.
type rewriteHost string

func (h rewriteHost) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(string(h), "http://")
	return http.DefaultTransport.RoundTrip(r)
}
