package aws_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const prod = "vpc-0a1b2c3d4e5f60001"

var all = []inventory.Request{
	{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices},
	{Part: inventory.PartClusters}, {Part: inventory.PartNetwork, VPC: prod},
	{Part: inventory.PartBatch}, {Part: inventory.PartMWAA}, {Part: inventory.PartQuotas}, {Part: inventory.PartRoles, Role: "arn:aws:iam::123456789012:role/web-execution"},
	{Part: inventory.PartHosts, VPC: prod},
}

func practise(t *testing.T, region string) (*sandbox.Account, *aws.Client) {
	t.Helper()
	a, err := sandbox.New(sandbox.Options{Scenario: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := aws.Open(t.Context(), aws.Options{Region: region, Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

func loadAll(t *testing.T, c *aws.Client) inventory.Inventory {
	t.Helper()
	var inv inventory.Inventory
	for _, r := range all {
		f, err := c.Load(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", r.Part, err)
		}
		inv.Merge(f)
	}
	return inv
}

func TestSandboxClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := practise(t, "us-east-1")
		inv := loadAll(t, c)
		if len(inv.Gaps) != 0 || inv.Account != "123456789012" || inv.Partition != "aws" {
			t.Errorf("account %s, partition %s, gaps %v", inv.Account, inv.Partition, inv.Gaps)
		}
		if d := cmp.Diff([]inventory.VPC{
			{ID: prod, Name: "prod", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012", DHCP: "dopt-0a1b2c3d4e5f60001"},
			{ID: "vpc-0a1b2c3d4e5f60002", Name: "default", CIDRs: []string{"172.31.0.0/16"}, Default: true, Owner: "123456789012", DHCP: "dopt-0a1b2c3d4e5f60001"},
		}, inv.VPCs); d != "" {
			t.Error(d)
		}
		for _, s := range []struct{ name, typ string }{{"s3", "Gateway"}, {"s3", "Interface"}, {"ecr.api", "Interface"}, {"ecs-agent", "Interface"}, {"secretsmanager", "Interface"}} {
			got := inv.Service("com.amazonaws.us-east-1."+s.name, s.typ)
			if got == nil || s.typ == "Interface" && (len(got.Zones) == 0 || len(got.IPTypes) == 0) || !got.PolicySupported {
				t.Errorf("service %v: %+v", s, got)
			}
		}
		if got := inv.Service("com.amazonaws.us-east-1.ecr.api", "Interface"); got != nil && (len(got.PrivateNames) == 0 || got.PrivateNames[0] != "api.ecr.us-east-1.amazonaws.com") {
			t.Errorf("private names: %v", got.PrivateNames)
		}
		web := slices.DeleteFunc(slices.Clone(inv.Cluster("prod").Services), func(s inventory.Service) bool { return s.Name != "web" })
		if len(web) != 1 || web[0].LaunchType != "FARGATE" || web[0].PlatformVersion != "1.4.0" || len(web[0].Subnets) != 3 || web[0].Desired != 2 || web[0].PublicIP {
			t.Fatalf("services: %+v", web)
		}
		if d := cmp.Diff(&inventory.TaskDefinition{
			ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7", Family: "web", Revision: 7, Compatible: []string{"FARGATE"},
			ExecutionRole: "arn:aws:iam::123456789012:role/web-execution", TaskRole: "arn:aws:iam::123456789012:role/web",
			Containers: []inventory.Container{{Name: "web", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2", LogDriver: "awslogs", LogRegion: "us-east-1", LogGroup: "/ecs/web",
				Secrets: []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/web/db-AbCdEf"}}},
			Fields: []string{"containerDefinitions", "cpu", "executionRoleArn", "family", "memory", "networkMode", "requiresCompatibilities", "taskRoleArn"},
		}, inv.TaskDefinition(web[0].TaskDefinition)); d != "" {
			t.Error(d)
		}
		n := inv.Network(prod)
		if !n.DNSSupport || !n.DNSHostnames || len(n.Subnets) != 6 || len(n.Endpoints) != 0 || len(n.Interfaces) < 3 || len(n.NetworkACLs) != 1 {
			t.Errorf("network: %+v", n)
		}
		if d := cmp.Diff([]string{"AmazonProvidedDNS"}, n.DomainServers); d != "" {
			t.Error(d)
		}
		if rt := n.RouteTableOf("subnet-0a1b2c3d4e5f61001"); rt == nil || rt.Name != "app" || rt.Main || len(rt.Routes) != 1 || rt.Routes[0].Target != "local" {
			t.Errorf("app table: %+v", rt)
		}
		if rt := n.RouteTableOf("subnet-0a1b2c3d4e5f62001"); rt == nil || !rt.Main {
			t.Errorf("main table: %+v", rt)
		}
		if d := cmp.Diff([]inventory.GroupRule{
			{Protocol: "tcp", From: 5432, To: 5432, Group: "sg-0a1b2c3d4e5f64001"},
			{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"},
		}, n.Group("sg-0a1b2c3d4e5f64002").Rules); d != "" {
			t.Error(d)
		}
		s3 := false
		for _, p := range n.PrefixLists {
			s3 = s3 || p.Name == "com.amazonaws.us-east-1.s3" && p.ID != ""
		}
		if !s3 {
			t.Errorf("prefix lists: %v", n.PrefixLists)
		}

		ran := map[string]inventory.ContainerInstance{}
		for _, i := range inv.Cluster("prod").ContainerInstances {
			ran[i.Instance] = i
			if !slices.ContainsFunc(n.Interfaces, func(x inventory.Interface) bool { return x.Instance == i.Instance && x.Subnet == i.Subnet }) {
				t.Errorf("%s has no interface in %s", i.Instance, i.Subnet)
			}
		}
		if i := ran["i-0a1b2c3d4e5f66001"]; len(ran) != inv.Cluster("prod").Instances || i.AgentVersion != "1.86.2" || i.VPC != prod || i.Zone != "us-east-1a" || i.OS != "linux" || i.OSFamily != "LINUX" ||
			i.AMI == "" || i.Registered == "" || !i.PrivateAuth || i.External || i.Managed {
			t.Errorf("container instances: %+v", ran)
		}
		if h := inv.Host("i-0a1b2c3d4e5f66001"); h == nil || h.VPC != prod || h.State != "running" || h.AMIName == "" || h.Profile == "" || h.Ping != "ConnectionLost" || h.PlatformName == "" || h.SSMAgent == "" {
			t.Errorf("hosts: %+v", inv.Hosts)
		}
		e := inv.Environment("batch-ec2")
		if e == nil || !e.OnEC2() || e.VPC != prod || inv.Cluster(e.Cluster) == nil || !inv.Environment("batch-fargate").OnFargate() || len(inv.Batch.Queues) == 0 || len(inv.Batch.Definitions) == 0 {
			t.Errorf("batch: %+v", inv.Batch)
		}
		for _, d := range inv.Batch.Definitions {
			if len(d.Containers) == 0 || d.Containers[0].Image == "" || len(d.Compatible) == 0 {
				t.Errorf("job definition: %+v", d)
			}
		}
		if d := cmp.Diff(inventory.Quotas{InterfaceEndpoints: 50, GatewayEndpoints: 20, GroupsPerInterface: 5, RulesPerGroup: 60}, inv.Quotas); d != "" {
			t.Error(d)
		}
		if r := inv.Role("arn:aws:iam::123456789012:role/web-execution"); r == nil || len(r.Policies) == 0 || !json.Valid([]byte(r.Policies[0].Document)) {
			t.Errorf("role: %+v", r)
		}

		_, again := practise(t, "us-east-1")
		one, _ := json.Marshal(inv)
		two, _ := json.Marshal(loadAll(t, again))
		if string(one) != string(two) {
			t.Error("equal accounts give different inventories")
		}
	})
}

// TestSandboxManagedInstances tests that the launch type of a service comes from its capacity provider.
func TestSandboxManagedInstances(t *testing.T) {
	a, err := sandbox.New(sandbox.Options{Scenario: "managed-instances"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartClusters})
	if err != nil || len(inv.Clusters) != 1 {
		t.Fatalf("%+v, %v", inv.Clusters, err)
	}
	got := inv.Clusters[0]
	want := []inventory.ManagedProvider{{Name: "search-managed", VPC: "vpc-0d3e4f5a6b7c80001", Subnets: []string{"subnet-0d3e4f5a6b7c82001", "subnet-0d3e4f5a6b7c82002"}, Groups: []string{"sg-0d3e4f5a6b7c84002"}}}
	if d := cmp.Diff(want, got.ManagedProviders); d != "" {
		t.Error(d)
	}
	if len(got.Services) != 1 || !got.Services[0].OnManaged() {
		t.Errorf("services: %+v", got.Services)
	}
}

// unasked are calls that depend on what the account has, with why the scenario closed does not need
// them. TestLoadDeniedIsAGap makes all of them.
var unasked = map[string]string{
	"ec2:GetManagedPrefixListEntries":                 "nothing references a list of a customer",
	"ecs:DescribeCapacityProviders":                   "no cluster has a capacity provider of its own",
	"route53resolver:ListResolverRules":               "the VPC has no rule of a customer",
	"route53profiles:ListProfileResourceAssociations": "the VPC has no profile",
}

func TestSandboxDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, c := practise(t, "us-east-1")
		deny := func(ops ...string) {
			body, _ := json.Marshal(map[string]any{"operations": ops})
			w := httptest.NewRecorder()
			a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/deny", strings.NewReader(string(body))))
			if w.Code/100 != 2 {
				t.Fatal(w.Code, w.Body)
			}
		}
		for _, r := range all[1:] {
			calls := inventory.Calls(r.Part)
			for _, op := range calls {
				deny(op)
				f, err := c.Load(t.Context(), r)
				if err != nil {
					t.Fatalf("%s: %v", op, err)
				}
				if _, ok := unasked[op]; ok && len(f.Gaps) == 0 {
					continue
				}
				if r.Part == inventory.PartMWAA && op != "airflow:ListEnvironments" && len(f.Gaps) == 0 {
					continue // there are no environments, so nobody asks
				}
				if len(f.Gaps) != 1 || f.Gaps[0].Call != op || f.Gaps[0].Code == "" || f.Gaps[0].RequestID == "" {
					t.Errorf("%s: gaps %+v", op, f.Gaps)
				}
			}
		}
		deny("sts:GetCallerIdentity")
		var e *aws.Error
		if _, err := c.Load(t.Context(), all[0]); !errors.As(err, &e) || !e.Denied() {
			t.Errorf("identity: %v", err)
		}
	})
}

// From an empty account to an available endpoint, and back.
func TestSandboxCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := practise(t, "us-east-1")
		do := func(op string, in map[string]any, out string) string {
			t.Helper()
			got, err := c.Call(t.Context(), "ec2", op, in)
			if err != nil {
				t.Fatal(err)
			}
			v, err := resource.Query(out, got)
			if err != nil {
				t.Fatal(err)
			}
			return resource.Text(v)
		}
		group := do("CreateSecurityGroup", map[string]any{"GroupName": "e", "Description": "d", "VpcId": prod}, "GroupId")
		https := []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": []any{map[string]any{"CidrIp": "10.0.0.0/16"}}}}
		rule := do("AuthorizeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": https}, "SecurityGroupRules[0].SecurityGroupRuleId")
		if got := do("DescribeSecurityGroupRules", map[string]any{"Filters": []any{map[string]any{"Name": "group-id", "Values": []string{group}}}}, "SecurityGroupRules[?!IsEgress].[SecurityGroupRuleId, FromPort]"); got != rule+"\t443" {
			t.Errorf("rules: %q", got)
		}
		var e *aws.Error
		if _, err := c.Call(t.Context(), "ec2", "AuthorizeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": https}); !errors.As(err, &e) || e.Code != "InvalidPermission.Duplicate" {
			t.Errorf("twice: %v", err)
		}
		in := map[string]any{"VpcId": prod, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ecr.api", "ClientToken": "t",
			"SubnetIds": []string{"subnet-0a1b2c3d4e5f61001"}, "SecurityGroupIds": []string{group}, "PrivateDnsEnabled": true}
		in["DryRun"] = true
		if _, err := c.Call(t.Context(), "ec2", "CreateVpcEndpoint", in); !errors.As(err, &e) || e.Code != "DryRunOperation" {
			t.Errorf("dry run: %v", err)
		}
		delete(in, "DryRun")
		id := do("CreateVpcEndpoint", in, "VpcEndpoint.VpcEndpointId")
		if again := do("CreateVpcEndpoint", in, "VpcEndpoint.VpcEndpointId"); again != id {
			t.Errorf("the token makes a second one: %s and %s", id, again)
		}
		state := "VpcEndpoints[0].State"
		ids := map[string]any{"VpcEndpointIds": []string{id}}
		if s := do("DescribeVpcEndpoints", ids, state); s != "pending" {
			t.Errorf("state %s", s)
		}
		time.Sleep(10 * time.Minute)
		if s := do("DescribeVpcEndpoints", ids, state); s != "available" {
			t.Errorf("state %s", s)
		}
		do("DeleteVpcEndpoints", ids, "@")
		time.Sleep(10 * time.Minute)
		if _, err := c.Call(t.Context(), "ec2", "DeleteVpcEndpoints", ids); !errors.As(err, &e) || !e.NotFound() {
			t.Errorf("delete twice: %v", err)
		}
		do("DeleteSecurityGroup", map[string]any{"GroupId": group}, "@")

		// The request limit of CreateVpcEndpoint is exhausted, and the answer is immediate.
		start := time.Now()
		var err error
		for range 10 {
			if _, err = c.Call(t.Context(), "ec2", "CreateVpcEndpoint", map[string]any{"VpcId": "vpc-0123456789abcdef0", "ServiceName": "x", "ClientToken": "u"}); errors.As(err, &e) && e.Throttled() {
				break
			}
		}
		if !e.Throttled() || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestSandboxWrongIDsAndRegions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := practise(t, "us-east-1")
		var e *aws.Error
		for id, code := range map[string]string{"vpc-0123456789abcdef0": "InvalidVpcID.NotFound", "vpc-x": "InvalidVpcID.Malformed"} {
			if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartNetwork, VPC: id}); !errors.As(err, &e) || e.Code != code || !e.NotFound() {
				t.Errorf("%s: %v", id, err)
			}
		}
		_, far := practise(t, "us-east-9")
		if _, err := far.Load(t.Context(), all[0]); !aws.IsUnknownRegion(err) {
			t.Errorf("us-east-9: %v", err)
		}
		_, empty := practise(t, "eu-west-1")
		if f, err := empty.Load(t.Context(), all[1]); err != nil || len(f.VPCs) != 0 {
			t.Errorf("eu-west-1: %v %v", f.VPCs, err)
		}
	})
}

// A served account is found through the environment, like any other endpoint.
func TestSandboxServed(t *testing.T) {
	a, err := sandbox.New(sandbox.Options{Scenario: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	c, err := aws.Open(t.Context(), aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, inProcess := practise(t, "us-east-1")
	if d := cmp.Diff(loadAll(t, inProcess), loadAll(t, c)); d != "" {
		t.Errorf("in process and over HTTP differ:\n%s", d)
	}
	far, err := aws.Open(t.Context(), aws.Options{Region: "us-east-9"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.Load(t.Context(), all[0]); !aws.IsUnknownRegion(err) {
		t.Errorf("us-east-9: %v", err)
	}
}

// TestSandboxAirflow reads environments in process and over HTTP. The HTTP address cannot have a
// host prefix.
func TestSandboxAirflow(t *testing.T) {
	a, err := sandbox.New(sandbox.Options{Scenario: "mwaa-private"})
	if err != nil {
		t.Fatal(err)
	}
	inside, err := aws.Open(t.Context(), aws.Options{Region: "us-west-2", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	defer server.Close()
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"} {
		t.Setenv(k, v)
	}
	over, err := aws.Open(t.Context(), aws.Options{Region: "us-west-2"})
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	for _, c := range []*aws.Client{inside, over} {
		f, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartMWAA})
		if err != nil {
			t.Fatal(err)
		}
		e := f.Airflow("nightly")
		if e == nil || !e.Private() || e.ByCustomer() || e.VPC != "vpc-0c1a2b3c4d5e60001" || len(e.Subnets) != 2 || len(e.LogGroups) != 5 || f.Airflow("ingest").Status != "UPDATING" {
			t.Errorf("%+v", f)
		}
		net, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartNetwork, VPC: e.VPC})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(net.Networks[0].Endpoints, func(x inventory.Endpoint) bool { return x.Service == e.WebserverService })
		x := net.Networks[0].Endpoints[i]
		addresses := []string{}
		for _, ni := range net.Networks[0].Interfaces {
			if slices.Contains(x.Interfaces, ni.ID) {
				addresses = append(addresses, ni.IP)
			}
		}
		slices.Sort(addresses)
		if e.DNS.Error != "" || !slices.Contains(x.DNSNames, e.DNS.Name) || !slices.Equal(e.DNS.Addresses, addresses) || len(addresses) != 2 {
			t.Errorf("DNS says %+v, and the endpoint is %+v with %v", e.DNS, x, addresses)
		}
		out, err := c.Call(t.Context(), "mwaa", "GetEnvironment", map[string]any{"Name": "reports"})
		if err != nil {
			t.Fatal(err)
		}
		if status, err := resource.Query("Environment.Status", out); err != nil || status != "AVAILABLE" {
			t.Errorf("%v %v", status, err)
		}
	}
}
