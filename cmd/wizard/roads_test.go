package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// Two roads, one result: applying a plan and running its exported script on two
// equal accounts leave equal accounts.

// tool finds a program, or skips the test; where tools are required it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is required: %v", name, err)
		}
		t.Skipf("%s is not here", name)
	}
	return path
}

// clis are the AWS CLIs of the machine: the first on PATH, and Debian's.
var clis = []string{"aws", "/usr/bin/aws"}

// site is an account served over HTTP, and a place to work in.
type site struct {
	t   *testing.T
	url string
	dir string
	env []string
}

func newSite(t *testing.T, url string) *site {
	dir := t.TempDir()
	return &site{t: t, url: url, dir: dir, env: []string{
		"HOME=" + dir, "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"), "PYENV_ROOT=" + os.Getenv("PYENV_ROOT"),
	}}
}

// run runs a program and returns its output; the exit code must be as told.
func (s *site) run(code int, path string, args ...string) (stdout, stderr string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), path, args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, s.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("%s %v: exit code %d, want %d (%v)\n%s\n%s", path, args, got, code, err, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// wizard runs this program.
func (s *site) wizard(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	exe, err := exec.LookPath("wizard") // put there by testscript.Main
	if err != nil {
		s.t.Fatal(err)
	}
	return s.run(code, exe, args...)
}

// script runs a script with one of the AWS CLIs.
func (s *site) script(cli string, code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	bin := s.t.TempDir()
	if err := os.Symlink(tool(s.t, cli), filepath.Join(bin, "aws")); err != nil {
		s.t.Fatal(err)
	}
	save := s.env
	defer func() { s.env = save }()
	s.env = append(slices.Clone(s.env), "PATH="+bin+":"+os.Getenv("PATH"))
	return s.run(code, tool(s.t, "bash"), args...)
}

func (s *site) write(name, text string) {
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// practice serves a scenario of the sandbox.
func practice(t *testing.T, scenario string) *site {
	acct, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: 100})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(acct)
	t.Cleanup(srv.Close)
	return newSite(t, srv.URL)
}

func (s *site) get(path string) any {
	s.t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v", path, resp.Status, err)
	}
	var out any
	if err := json.Unmarshal(body, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

var madeID = regexp.MustCompile(`\b(vpce|sg|sgr|eni)-[0-9a-f]{8,17}\b`)

// normal makes two accounts comparable: ids that were made get the name of what
// they stand for, and what depends on time or order of making is left out.
func normal(v any, fixed map[string]bool) any {
	names := map[string]string{}
	walk(v, func(o map[string]any) {
		for _, n := range [][2]string{{"VpcEndpointId", "ServiceName"}, {"GroupId", "GroupName"}, {"id", "service"}, {"id", "name"}} {
			id, _ := o[n[0]].(string)
			name, _ := o[n[1]].(string)
			if id != "" && name != "" && !fixed[id] {
				names[id] = "<" + name + ">"
			}
		}
	})
	return rewrite(v, func(s string) string {
		return madeID.ReplaceAllStringFunc(s, func(id string) string {
			switch name := names[id]; {
			case fixed[id]:
				return id
			case name != "":
				return name
			}
			return "<" + id[:strings.Index(id, "-")] + ">"
		})
	})
}

// volatile are fields that no two runs have in common.
var volatile = []string{"CreationTimestamp", "DnsEntries", "AttachTime", "AttachmentId", "MacAddress", "PrivateDnsName", "PrivateIpAddress", "PrivateIpAddresses", "dns_names", "ip", "loaded"}

func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, e := range v {
			walk(e, f)
		}
	case []any:
		for _, e := range v {
			walk(e, f)
		}
	}
}

func rewrite(v any, f func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if !slices.Contains(volatile, k) {
				out[k] = rewrite(e, f)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rewrite(e, f)
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	case string:
		return f(v)
	}
	return v
}

func idsIn(v any) map[string]bool {
	out := map[string]bool{}
	text, _ := json.Marshal(v)
	for _, id := range madeID.FindAllString(string(text), -1) {
		out[id] = true
	}
	return out
}

var scenarioAnswers = map[string]string{
	"closed":    "version: 1\nworkload: ecs-fargate\nservice: prod/web\n",
	"half-done": "version: 1\nworkload: ecs-fargate\nservice: prod/orders\n",
}

func TestApplyAndScriptLeaveEqualAccounts(t *testing.T) {
	tool(t, "bash")
	for scenario, text := range scenarioAnswers {
		for _, cli := range clis {
			t.Run(scenario+" "+cli, func(t *testing.T) {
				t.Parallel()
				tool(t, cli)
				applied, scripted := practice(t, scenario), practice(t, scenario)
				before := applied.get("/_sandbox/account")
				fixed := idsIn(before)
				for _, s := range []*site{applied, scripted} {
					s.write("answers.yaml", text)
				}
				applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
				scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
				scripted.script(cli, 0, "e.sh", "--dry-run")
				if d := cmp.Diff(before, scripted.get("/_sandbox/account")); d != "" {
					t.Fatal("the dry run changed the account", d)
				}
				scripted.script(cli, 0, "e.sh")
				want, got := normal(applied.get("/_sandbox/account"), fixed), normal(scripted.get("/_sandbox/account"), fixed)
				if d := cmp.Diff(want, got); d != "" {
					t.Error("apply and script differ (-apply +script)", d)
				}
				// Again: nothing is made. Then with something deleted in between: it is made again.
				first := scripted.get("/_sandbox/account")
				scripted.script(cli, 0, "e.sh")
				if d := cmp.Diff(first, scripted.get("/_sandbox/account")); d != "" {
					t.Error("the second run changed the account", d)
				}
				logs := endpointOf(t, first, "com.amazonaws.us-east-1.logs")
				scripted.run(0, tool(t, cli), "ec2", "delete-vpc-endpoints", "--vpc-endpoint-ids", logs, "--endpoint-url", scripted.url)
				eventually(t, func() bool { return !strings.Contains(fmt.Sprint(scripted.get("/_sandbox/account")), logs) })
				scripted.script(cli, 0, "e.sh")
				if d := cmp.Diff(want, normal(scripted.get("/_sandbox/account"), fixed)); d != "" {
					t.Error("the third run does not make what was deleted", d)
				}
				out, _ := scripted.wizard(0, "plan", "--answers", "answers.yaml")
				if !regexp.MustCompile(`What will be done: [0-9]+ to keep\n`).MatchString(out) {
					t.Error("the plan after the script is not only keep", out)
				}
			})
		}
	}
}

func endpointOf(t *testing.T, account any, service string) string {
	t.Helper()
	id := ""
	walk(account, func(o map[string]any) {
		if o["ServiceName"] == service && o["State"] == "available" {
			id, _ = o["VpcEndpointId"].(string)
		}
	})
	if id == "" {
		t.Fatalf("no endpoint for %s", service)
	}
	return id
}

// eventually waits for a condition.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not come true within 30 seconds")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestSameOnMoto runs both roads on an emulator that others wrote.
func TestSameOnMoto(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	cli := tool(t, clis[0])
	s := newSite(t, startMoto(t))
	results := map[string]any{}
	for _, road := range []string{"apply", "script"} {
		s.post("/moto-api/reset")
		s.post("/moto-api/seed?a=7") // the same ids for the same account
		vpc := s.furnish()
		s.write("answers.yaml", "version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/web\n")
		before := s.inventory(vpc)
		if road == "apply" {
			out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
			if !strings.Contains(out, "proof: proved") {
				t.Error(out)
			}
			again, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
			if !strings.Contains(again, "done 0, kept") {
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
		results[road] = normal(s.inventory(vpc), idsIn(before))
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

func (s *site) config() sdk.Config {
	return sdk.Config{Region: "us-east-1", BaseEndpoint: &s.url, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")}
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
