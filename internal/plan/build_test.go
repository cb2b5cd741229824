package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// closedRows are the changes for a service with ECR, a secret and awslogs in a VPC without internet
// access and endpoints.
var closedRows = map[resource.ID]resource.Op{
	"vpc-attribute/dns-support": resource.Keep, "vpc-attribute/dns-hostnames": resource.Keep,
	"security-group/endpoints": resource.Create, "security-group-rule/endpoints/in/sg-app": resource.Create,
	"endpoint/s3": resource.Create, "endpoint/ecr.api": resource.Create, "endpoint/ecr.dkr": resource.Create, "endpoint/secretsmanager": resource.Create, "endpoint/logs": resource.Create,
}

func TestFreshAccountGivesRowsNotErrors(t *testing.T) {
	p := plantest.New().Plan()
	if d := cmp.Diff(closedRows, rows(p)); d != "" {
		t.Error(d)
	}
	noFindings(t, p)
	if p.Cost.Monthly != 87.6 { // 4 endpoints × 3 zones × 730 h × $0.01
		t.Errorf("cost %v", p.Cost.Monthly)
	}
	e := p.Change("endpoint/ecr.api").Spec.(resource.InterfaceEndpoint)
	if d := cmp.Diff([]string{"subnet-a", "subnet-b", "subnet-c"}, e.Subnets); d != "" || !e.PrivateDNS || e.Service != "com.amazonaws.us-east-1.ecr.api" {
		t.Errorf("%+v %s", e, d)
	}
	if g := p.Change("endpoint/s3").Spec.(resource.GatewayEndpoint); !slices.Equal(g.RouteTables, []string{"rtb-app"}) {
		t.Errorf("route tables %v", g.RouteTables)
	}
}

func TestOrder(t *testing.T) {
	w := plantest.New()
	w.Net().DNSSupport, w.Net().DNSHostnames = false, false
	p := w.Plan()
	at := map[resource.ID]int{}
	for i, a := range p.Changes {
		at[a.ID] = i
	}
	for _, a := range p.Changes {
		for _, d := range a.Deps() {
			if j, ok := at[d]; !ok || j >= at[a.ID] {
				t.Errorf("%s comes before %s, its dependency", a.ID, d)
			}
		}
	}
	for _, pair := range [][2]resource.ID{
		{"endpoint/ecr.api", "endpoint/s3"}, {"endpoint/ecr.dkr", "endpoint/s3"},
		{"endpoint/logs", "security-group-rule/endpoints/in/sg-app"}, // otherwise names lead to an endpoint that blocks its clients
		{"endpoint/logs", "vpc-attribute/dns-hostnames"}, {"vpc-attribute/dns-hostnames", "vpc-attribute/dns-support"},
	} {
		if !slices.Contains(p.Change(pair[0]).Deps(), pair[1]) {
			t.Errorf("%s does not wait for %s", pair[0], pair[1])
		}
	}
	if a := p.Change("vpc-attribute/dns-support"); a.Op != resource.Modify || a.Before["enable_dns_support"] != false {
		t.Errorf("G-DNSATTR: %+v", a)
	}
	if slices.Contains(p.Change("endpoint/logs").Deps(), "endpoint/s3") {
		t.Error("only Amazon ECR waits for Amazon S3")
	}
}

func TestNeedsFollowTheAccount(t *testing.T) {
	tests := []struct {
		name string
		set  func(*plantest.World)
		want map[string]plan.Verdict // absent: not in the list
	}{
		{"ECR, secret, awslogs", func(*plantest.World) {}, map[string]plan.Verdict{"s3": "required", "ecr.api": "required", "ecr.dkr": "required", "secretsmanager": "required",
			"logs": "required", "ssm": "not-needed", "ssmmessages": "not-needed", "kms": "not-needed", "ecs-agent": "not-needed", "ecs-telemetry": "not-needed", "ecs": "not-needed"}},
		{"splunk, another registry, no secrets", func(w *plantest.World) {
			w.Def().Containers[0] = inventory.Container{Name: "web", Image: "docker.io/library/nginx", LogDriver: "splunk"}
		}, map[string]plan.Verdict{"s3": "not-needed", "ecr.api": "not-needed", "ecr.dkr": "not-needed", "secretsmanager": "not-needed", "logs": "not-needed", "ssm": "not-needed"}},
		{"a name without a service is a parameter", func(w *plantest.World) { w.Def().Containers[0].Secrets = []string{"db-password"} },
			map[string]plan.Verdict{"ssm": "required", "secretsmanager": "not-needed"}},
		{"ECS Exec with a key", func(w *plantest.World) { w.Service().Exec = true; w.Inv.Clusters[0].ExecKMSKey = "key" },
			map[string]plan.Verdict{"ssmmessages": "required", "kms": "required"}},
		{"a key without ECS Exec is not needed", func(w *plantest.World) { w.Inv.Clusters[0].ExecKMSKey = "key" }, map[string]plan.Verdict{"kms": "not-needed"}},
		{"Service Connect", func(w *plantest.World) { w.Service().ServiceConnect = true }, map[string]plan.Verdict{"ecs-agent": "required", "ecs": "not-needed"}},
		{"with a NAT gateway", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
			w.NAT()
		}, map[string]plan.Verdict{"logs": "recommended", "ecr.api": "recommended"}},
		{"with a deleted NAT gateway", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1", Blackhole: true})
		}, map[string]plan.Verdict{"logs": "required"}},
		{"internet gateway without public addresses", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
		}, map[string]plan.Verdict{"logs": "required"}},
		{"internet gateway with public addresses", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
			w.Service().PublicIP = true
		}, map[string]plan.Verdict{"logs": "recommended"}},
		{"transit gateway: not known", func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "tgw-1"})
		}, map[string]plan.Verdict{"logs": "recommended"}},
		{"one closed subnet is enough", func(w *plantest.World) {
			w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: "rtb-nat", Subnets: []string{"subnet-a"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "nat-1"}}})
			w.Net().RouteTables[1].Subnets = []string{"subnet-b", "subnet-c"}
			w.NAT()
		}, map[string]plan.Verdict{"logs": "required"}},
		{"one closed subnet is enough, in any position", func(w *plantest.World) {
			w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: "rtb-nat", Subnets: []string{"subnet-c"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "nat-1"}}})
			w.Net().RouteTables[1].Subnets = []string{"subnet-a", "subnet-b"}
			w.NAT()
		}, map[string]plan.Verdict{"logs": "required"}},
		{"a new Region needs the three ECS endpoints", func(w *plantest.World) { w.Inv.Region, w.Ans.Region = "ca-west-1", "ca-west-1" },
			map[string]plan.Verdict{"ecs-agent": "required", "ecs-telemetry": "required", "ecs": "required"}},
		{"answers override the account", func(w *plantest.World) { w.Ans.Needs = &[]string{"ssm-parameters"} },
			map[string]plan.Verdict{"ssm": "required", "logs": "not-needed", "s3": "not-needed"}},
		{"none", func(w *plantest.World) { w.Ans.Needs = &[]string{} }, map[string]plan.Verdict{"logs": "not-needed"}},
		{"extra", func(w *plantest.World) { w.Ans.Extra = []string{"sts"} }, map[string]plan.Verdict{"sts": "recommended"}},
		{"another service of the cluster does not count", func(w *plantest.World) {
			w.Inv.Clusters[0].Services = append(w.Inv.Clusters[0].Services, inventory.Service{ARN: "arn:o", Name: "other", LaunchType: "FARGATE", TaskDefinition: "arn:o", Subnets: []string{"subnet-a"}, Exec: true})
			w.Ans.Service = "prod/web"
		}, map[string]plan.Verdict{"ssmmessages": "not-needed"}},
		{"a service on EC2 does not count", func(w *plantest.World) { w.Service().LaunchType = "EC2"; w.Ans.Subnets = []string{"subnet-a"} }, map[string]plan.Verdict{"logs": "unknown"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := plantest.New()
			tt.set(w)
			got := map[string]plan.Verdict{}
			for _, n := range w.Plan().Needs {
				got[n.Service] = n.Verdict
				if n.Why == "" {
					t.Errorf("%s has no why", n.Service)
				}
			}
			for code, v := range tt.want {
				if got[code] != v {
					t.Errorf("%s: %q, want %q", code, got[code], v)
				}
			}
		})
	}
}

func TestNamesOfPartitions(t *testing.T) {
	w := plantest.New()
	w.Inv.Region, w.Ans.Region, w.Inv.Partition = "cn-north-1", "cn-north-1", "aws-cn"
	for code, want := range map[string]string{"ecr.api": "cn.com.amazonaws.cn-north-1.ecr.api", "logs": "com.amazonaws.cn-north-1.logs", "s3": "com.amazonaws.cn-north-1.s3"} {
		w.Def().Containers[0].Image = strings.Replace(image, region+".amazonaws.com", "cn-north-1.amazonaws.com.cn", 1)
		a := w.Plan().Change(resource.ID("endpoint/" + code))
		if a == nil || resource.Properties(a.Spec)["service_name"] != want {
			t.Errorf("%s: %+v", code, a)
		}
	}
}

func TestExistingIsKept(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app", "rtb-main"}})
	p := w.Plan()
	for _, a := range p.Changes {
		if a.Op != resource.Keep {
			t.Errorf("%s %s", a.Op, a.ID)
		}
	}
	noFindings(t, p)
	if p.Cost.Monthly != 0 {
		t.Error("existing endpoints add no cost")
	}
	if p.Change("endpoint/ecr.api").Existing != "vpce-ecr.api" {
		t.Error("the text lacks the existing id")
	}
}

func TestExistingIsCompleted(t *testing.T) {
	tests := []struct {
		name   string
		change func(*plantest.World, *inventory.Endpoint)
		want   resource.EndpointChange
		before map[string]any
	}{
		{"a missing zone", func(_ *plantest.World, e *inventory.Endpoint) { e.Subnets = []string{"subnet-a"} },
			resource.EndpointChange{AddSubnets: []string{"subnet-b", "subnet-c"}}, map[string]any{"subnet_ids": []string{"subnet-a"}}},
		{"another subnet of the zone is as good", func(_ *plantest.World, e *inventory.Endpoint) {
			e.Subnets = []string{"subnet-data", "subnet-b", "subnet-c"}
		},
			resource.EndpointChange{}, nil},
		{"a group that allows too little", func(w *plantest.World, e *inventory.Endpoint) {
			w.Group(inventory.SecurityGroup{ID: "sg-narrow", Name: "narrow", VPC: vpc, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.9.0/24"}}})
			e.Groups = []string{"sg-narrow"}
		}, resource.EndpointChange{AddGroups: []resource.Value{resource.From("security-group/endpoints")}}, map[string]any{"security_group_ids": []string{"sg-narrow"}}},
		{"private DNS off", func(_ *plantest.World, e *inventory.Endpoint) { e.PrivateDNS = false }, resource.EndpointChange{PrivateDNS: true}, map[string]any{"private_dns_enabled": false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := plantest.New()
			w.Ans.Needs = &[]string{"awslogs"}
			w.Group(plantest.Wide())
			e := plantest.Ready("logs")
			tt.change(w, &e)
			w.Endpoint(e)
			a := w.Plan().Change("endpoint/logs")
			if tt.before == nil {
				if a.Op != resource.Keep {
					t.Errorf("%+v", a)
				}
				return
			}
			tt.want.VPC, tt.want.Service, tt.want.Type, tt.want.Endpoint = vpc, e.Service, "Interface", e.ID
			if d := cmp.Diff(tt.want, a.Spec); d != "" || a.Op != resource.Modify {
				t.Error(a.Op, d)
			}
			if d := cmp.Diff(tt.before, a.Before); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestGatewayRoutes(t *testing.T) {
	w := plantest.New()
	w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-main"}})
	a := w.Plan().Change("endpoint/s3")
	want := resource.EndpointChange{VPC: vpc, Service: "com.amazonaws.us-east-1.s3", Type: "Gateway", Endpoint: "vpce-s3", AddRouteTables: []string{"rtb-app"}}
	if d := cmp.Diff(want, a.Spec); d != "" || !slices.Contains(a.Rules, "G-GWROUTE") {
		t.Errorf("%s %v", d, a.Rules)
	}
	// Subnets without a route table association use the main table.
	w = plantest.New()
	w.Net().RouteTables[1].Subnets = []string{"subnet-a"}
	if g := w.Plan().Change("endpoint/s3").Spec.(resource.GatewayEndpoint); !slices.Equal(g.RouteTables, []string{"rtb-app", "rtb-main"}) {
		t.Errorf("%v", g.RouteTables)
	}
}

func TestWholeVPCIsAdmittedWhereOthersRun(t *testing.T) {
	tests := []struct {
		name  string
		iface inventory.Interface
		whole bool
	}{
		{"an instance elsewhere", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "in-use", Type: "interface", IP: "10.0.100.5"}, true},
		{"a Lambda function elsewhere", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "in-use", Type: "lambda", RequesterManaged: true, IP: "10.0.100.5"}, true},
		{"a task elsewhere", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "in-use", Type: "interface", RequesterManaged: true, Description: "arn:aws:ecs:us-east-1:1:attachment/x"}, true},
		{"a task of the workload", inventory.Interface{ID: "eni-1", Subnet: "subnet-a", Status: "in-use", Type: "interface", IP: "10.0.0.5", Groups: []string{"sg-app"}}, false},
		{"an instance of others in the same subnet", inventory.Interface{ID: "eni-1", Subnet: "subnet-a", Status: "in-use", Type: "interface", IP: "10.0.0.5", Groups: []string{"sg-default"}}, true},
		{"a database, managed by AWS", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "in-use", Type: "interface", RequesterManaged: true, Description: "RDSNetworkInterface"}, false},
		{"an endpoint", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "in-use", Type: "vpc_endpoint"}, false},
		{"one that is not in use", inventory.Interface{ID: "eni-1", Subnet: "subnet-data", Status: "available", Type: "interface"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := plantest.New()
			w.Iface(tt.iface)
			p := w.Plan()
			if got := p.Change("security-group-rule/endpoints/in/10.0.0.0/16") != nil; got != tt.whole {
				t.Errorf("whole VPC allowed: %v", got)
			}
			if got := p.Change("security-group-rule/endpoints/in/sg-app") != nil; got == tt.whole {
				t.Errorf("the workload's group allowed: %v", got)
			}
			noFindings(t, p)
		})
	}
}

func TestOwnGroupIsFoundAgain(t *testing.T) {
	w := plantest.New()
	w.Group(inventory.SecurityGroup{ID: "sg-own", Name: plan.GroupName, VPC: vpc, Tags: map[string]string{resource.ManagedBy: resource.Owner},
		Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-app"}}})
	p := w.Plan()
	if a := p.Change("security-group/endpoints"); a.Op != resource.Keep || a.Existing != "sg-own" {
		t.Errorf("%+v", a)
	}
	if a := p.Change("security-group-rule/endpoints/in/sg-app"); a.Op != resource.Keep {
		t.Errorf("%+v", a)
	}
	// Without its rule, a change adds the rule and shows before and after.
	w.Net().SecurityGroups[2].Rules = nil
	if a := w.Plan().Change("security-group-rule/endpoints/in/sg-app"); a.Op != resource.Modify || a.Before == nil {
		t.Errorf("%+v", a)
	}
	// A group of somebody else with that name is not changed.
	w.Net().SecurityGroups[2].Tags = nil
	if s := w.Plan().Change("security-group/endpoints").Spec.(resource.SecurityGroup); s.Name != plan.GroupName+"-2" {
		t.Errorf("%+v", s)
	}
}

func TestPartialAnswers(t *testing.T) {
	p := plan.Build(&inventory.Inventory{}, answers.Answers{})
	if len(p.Changes)+len(p.Findings) != 0 {
		t.Errorf("%+v", p)
	}
	w := plantest.New()
	w.Ans.VPC = ""
	p = w.Plan()
	for _, n := range p.Needs {
		if strings.Contains(n.Why, "reach the internet") {
			t.Errorf("it describes internet access before the subnets are known: %s", n.Why)
		}
	}
	if len(p.Changes) != 0 || len(p.Needs) == 0 {
		t.Errorf("without a VPC: %d changes, %d needs", len(p.Changes), len(p.Needs))
	}
}

func TestClaimsCoverTheRows(t *testing.T) {
	p := plantest.New().Plan()
	kinds := map[resource.ClaimKind]int{}
	for _, c := range p.Claims {
		kinds[c.Kind()]++
		if c.Says == "" || p.Change(c.Change) == nil {
			t.Errorf("claim without text or change: %+v", c)
		}
	}
	want := map[resource.ClaimKind]int{"dns-attribute": 2, "available": 5, "interfaces": 4, "private-dns": 4, "group-attached": 4, "group-rule": 9, "route": 1, "network-acl": 3, "inside": 1}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Error(d)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := plantest.New()
		if rapid.Bool().Draw(t, "dns") {
			w.Net().DNSSupport = false
		}
		w.Ans.Subnets = rapid.SliceOfN(rapid.SampledFrom([]string{"subnet-a", "subnet-b", "subnet-c", "subnet-data", "nonsense"}), 0, 4).Draw(t, "subnets")
		w.Ans.Clients = rapid.SliceOfN(rapid.SampledFrom([]string{"subnet-a", "subnet-b", "sg-app", "sg-default"}), 0, 4).Draw(t, "clients")
		if rapid.Bool().Draw(t, "say") {
			n := rapid.SliceOfN(rapid.SampledFrom(answers.Needs), 0, 4).Draw(t, "needs")
			w.Ans.Needs = &n
		}
		if rapid.Bool().Draw(t, "existing") {
			w.Endpoint(plantest.Ready(rapid.SampledFrom([]string{"logs", "ecr.api", "ecs"}).Draw(t, "which")))
		}
		w.Ans.Tags = rapid.MapOfN(rapid.StringMatching("[a-z]{1,4}"), rapid.String(), 0, 4).Draw(t, "tags")
		a, err := json.Marshal(w.Plan())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(w.Plan())
		if string(a) != string(b) {
			t.Fatalf("two plans of the same input differ:\n%s\n%s", a, b)
		}
		p := w.Plan()
		seen := map[resource.ID]bool{}
		for _, x := range p.Changes {
			if seen[x.ID] {
				t.Fatalf("two changes %s", x.ID)
			}
			seen[x.ID] = true
			for _, d := range x.Deps() {
				if p.Change(d) == nil || !seen[d] {
					t.Fatalf("%s waits for %s, which does not come before it", x.ID, d)
				}
			}
			if x.Op == resource.Modify && x.Before == nil {
				t.Fatalf("%s modifies an existing resource and does not show its present state", x.ID)
			}
			if x.Why == "" || x.Summary == "" {
				t.Fatalf("%s has no why", x.ID)
			}
		}
	})
}

func TestJSONIsAsContracted(t *testing.T) {
	j, err := json.Marshal(plantest.New().Plan())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(j, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"version", "account", "partition", "region", "vpc", "workload", "needs", "actions", "findings", "claims", "gaps", "cost"} {
		if got[key] == nil {
			t.Errorf("%s is missing or null", key)
		}
	}
	row := got["actions"].([]any)[len(got["actions"].([]any))-1].(map[string]any)
	for _, key := range []string{"id", "op", "kind", "after", "summary", "why", "rules", "properties"} {
		if row[key] == nil {
			t.Errorf("change: %s is missing or null: %v", key, row)
		}
	}
	refs := fmt.Sprint(row["properties"].(map[string]any)["security_group_ids"])
	if refs != "[map[ref:security-group/endpoints]]" {
		t.Errorf("a reference is written %s", refs)
	}
}

func BenchmarkBuild(b *testing.B) {
	w := plantest.New()
	for b.Loop() {
		_ = w.Plan()
	}
}

// TestListedNeedsClaimNothingAboutTheAccount: the answers decide what is not needed. The account may
// show the use all the same.
func TestListedNeedsClaimNothingAboutTheAccount(t *testing.T) {
	w := plantest.New()
	w.Ans.Needs = &[]string{}
	for _, n := range w.Plan().Needs {
		if n.Verdict == plan.NotNeeded && strings.HasPrefix(n.Why, "No task") {
			t.Errorf("%s: %s", n.Service, n.Why)
		}
	}
}
