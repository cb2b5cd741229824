//go:build acceptance

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
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

// motoCase is a plan that apply runs on moto. furnish creates what is in the account, and returns a function that reads it.
type motoCase struct {
	answers string
	furnish func(*site) func() any
}

// withCredentials is a case with credentials of a registry.
func withCredentials(answers string, furnish func(s *site, subnets []string, group, role string), read func(*site) []map[string]any) motoCase {
	return motoCase{answers + "registry: {secret: team/registry, definition: app, value: set, username: team}\n", func(s *site) func() any {
		s.furnishRegistry(furnish)
		return func() any { return s.held(read).renamed(s.t) }
	}}
}

var motoCases = map[string]motoCase{
	"endpoints": {"version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/web\n", func(s *site) func() any {
		vpc := s.furnish()
		fixed := idsIn(s.inventory(vpc))
		return func() any { return normal(s.inventory(vpc), fixed) }
	}},
	"ECS credentials":   withCredentials("version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/app\n", (*site).furnishService, (*site).taskDefinitions),
	"Batch credentials": withCredentials("version: 1\nworkload: batch-fargate\nvpc: shop\ncompute_environment: jobs\n", (*site).furnishJobs, (*site).jobDefinitions),
}

// TestAcceptanceCallsOfMotoAreLost: the request or the answer of each kind of changing call is lost between apply and moto.
// The account is that of an apply without a lost call, after a second one if the first did not complete the plan.
//
// What moto leaves out, and so is not tried here: environments of Amazon MWAA, Client VPNs, and agents of container instances.
func TestAcceptanceCallsOfMotoAreLost(t *testing.T) {
	var lost atomic.Int64
	var done sync.Map // operations of another plan
	t.Cleanup(func() { t.Logf("%d calls lost", lost.Load()) })
	for name, tt := range motoCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &breaks{}
			proxy := httptest.NewServer(b.before(startMoto(t)))
			t.Cleanup(proxy.Close)
			s := newSite(t, proxy.URL)
			s.breaks = b
			s.env = append(s.env, passwordVariable+"="+lostPassword)
			s.write("answers.yaml", tt.answers)
			apply := []string{tool(t, "wizard"), "apply", "--answers", "answers.yaml", "--yes", "--accept", "R-NET", "--accept", "E-DOCKERHUB", "--speed", fmt.Sprint(s.speed)}
			// applied returns the account after apply, and the operations. One call is lost.
			applied := func(lose string, f fate) (account any, ops []string) {
				s.post("/moto-api/reset")
				s.post("/moto-api/seed?a=7") // the same ids for the same account
				state := tt.furnish(s)
				var mu sync.Mutex
				s.breaks.set(func(op string, apply func()) bool {
					mu.Lock()
					defer mu.Unlock()
					if !accounttest.Changes(op) || slices.Contains(ops, op) {
						return false
					}
					ops = append(ops, op)
					if op == lose && f == answerLost {
						apply()
					}
					return op == lose
				})
				code, said := s.attempt(apply...)
				s.breaks.set(nil)
				if code == 1 {
					code, said = s.attempt(apply...)
				}
				if code != 0 || !strings.Contains(said, "Verification: passed") {
					t.Errorf("%s: %s: exit code %d\n%s", lose, f, code, said)
				}
				return state(), ops
			}
			clean, ops := applied("", "")
			for _, op := range ops {
				if _, again := done.LoadOrStore(op, true); again {
					continue
				}
				for _, f := range []fate{requestLost, answerLost} {
					got, tried := applied(op, f)
					if d := cmp.Diff(clean, got); d != "" || !slices.Contains(tried, op) {
						t.Errorf("%s: %s: the account differs (-clean +got) %s\ncalls: %v", op, f, d, tried)
					}
					lost.Add(1)
				}
			}
		})
	}
}

// before returns a proxy of moto. moto answers calls that it does not know with a status after which clients try again.
func (b *breaks) before(moto string) http.Handler {
	to, err := url.Parse(moto)
	if err != nil {
		panic(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusInternalServerError {
			r.StatusCode = http.StatusNotImplemented
		}
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		b.serve(proxy, body, w, r)
	})
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
