package aws

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var parts = []inventory.Request{
	{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices},
	{Part: inventory.PartClusters}, {Part: inventory.PartNetwork, VPC: "vpc-1"},
	{Part: inventory.PartAgents}, {Part: inventory.PartBatch}, {Part: inventory.PartMWAA}, {Part: inventory.PartQuotas}, {Part: inventory.PartRoles, Role: "arn:aws:iam::123456789012:role/service-role/web"},
	{Part: inventory.PartHosts, VPC: "vpc-1"},
	{Part: inventory.PartRegistry}, {Part: inventory.PartSecret, Name: "a"}, {Part: inventory.PartDefinition, Name: "t:1"},
	{Part: inventory.PartCaches}, {Part: inventory.PartPrices}, {Part: inventory.PartLogGroups, Name: "/ecs/none /ecs/t"}, {Part: inventory.PartCreation},
	{Part: inventory.PartFailures},
}

func TestEveryPartHasALoader(t *testing.T) {
	for _, p := range inventory.Parts() {
		if loaders[p] == nil {
			t.Errorf("nothing loads %s", p)
		}
	}
	if len(loaders) != len(inventory.Parts()) {
		t.Errorf("%d loaders, %d parts", len(loaders), len(inventory.Parts()))
	}
}

func TestLoadCallsAndChain(t *testing.T) {
	want := map[inventory.Part]struct{ calls, chain int }{
		inventory.PartIdentity: {1, 1},
		inventory.PartVPCs:     {1, 1},
		inventory.PartServices: {1, 1},
		inventory.PartClusters: {1 + 1 + 1 + 1 + 2 + 2 + 2 + 2 + 2, 5}, // services in tens, each definition once, their subnets and those of capacity providers in two pages, and instances
		inventory.PartAgents:   {1 + 1 + 1 + 1, 4},
		inventory.PartNetwork:  {21, 4},            // two attributes, subnets and Resolver rules in two pages, and a prefix list of a rule
		inventory.PartBatch:    {1 + 2 + 1 + 2, 3}, // queues and subnets in two pages each
		inventory.PartMWAA:     {2 + 9 + 2, 7},     // names in two pages, nine environments in fours, and their subnets in two pages
		inventory.PartQuotas:   {2 + 1, 2},         // quotas in two pages
		inventory.PartRoles:    {5, 3},
		inventory.PartHosts:    {2 + 2 + 2, 3},     // all in two pages, and an AMI of each page of instances
		inventory.PartRegistry: {2 + 2 + 1 + 2, 3}, // all in two pages, and one key of the customer
		inventory.PartSecret:   {1, 1},
		inventory.PartCaches:   {1, 1},
		inventory.PartPrices:   {8, 1}, // in parallel

		inventory.PartLogGroups:  {2, 2},         // in two pages
		inventory.PartCreation:   {7 + 4 + 2, 4}, // quotas of two services in two pages each, and then the subnets of NAT gateways in two pages
		inventory.PartDefinition: {1, 1},
		inventory.PartFailures:   {1 + 1 + 1 + 2 + 4, 3}, // queues in two pages, and each for two statuses
	}
	for _, r := range parts {
		t.Run(string(r.Part), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{}
				c := open(t, s)
				start := time.Now()
				got, err := c.Load(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				if chain := time.Since(start) / answerTime; int(chain) != want[r.Part].chain {
					t.Errorf("the longest chain is %d calls, want %d", chain, want[r.Part].chain)
				}
				n := 0
				for _, v := range s.calls {
					n += v
				}
				if n != want[r.Part].calls {
					t.Errorf("%d calls, want %d: %v", n, want[r.Part].calls, s.calls)
				}
				ops := inventory.Calls(r.Part)
				if r.Part == inventory.PartQuotas { // counts gateways too, by a call that is the network's
					ops = append(ops, "ec2:DescribeVpcEndpoints")
				}
				if r.Part == inventory.PartCreation { // counts VPCs too
					ops = append(slices.Clone(ops), "ec2:DescribeVpcs")
				}
				if r.Part == inventory.PartFailures { // lists clusters and queues too
					ops = append(slices.Clone(ops), "ecs:ListClusters", "batch:DescribeJobQueues")
				}
				slices.Sort(ops)
				if d := cmp.Diff(ops, slices.Sorted(maps.Keys(s.calls))); d != "" {
					t.Errorf("operations differ from inventory.Calls (-want +got):\n%s", d)
				}
				if !slices.Contains(got.Loaded, r) || len(got.Gaps) != 0 {
					t.Errorf("loaded %v, gaps %v", got.Loaded, got.Gaps)
				}
			})
		})
	}
}

func TestLoadDeniedIsAGap(t *testing.T) {
	for _, r := range parts[1:] {
		for _, denied := range inventory.Calls(r.Part) {
			t.Run(string(r.Part)+"/"+denied, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					full, err := open(t, &stub{}).Load(t.Context(), r)
					if err != nil {
						t.Fatal(err)
					}
					s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
						if op != denied {
							return canned(op, n, in)
						}
						if !strings.HasPrefix(op, "ec2:") && !strings.HasPrefix(op, "route53:") {
							return refuse(op, 400, "AccessDeniedException", "no")
						}
						return refuse(op, 403, "UnauthorizedOperation", "no. Encoded authorization failure message: AAAA")
					}}
					got, err := open(t, s).Load(t.Context(), r)
					if err != nil {
						t.Fatal(err)
					}
					if len(got.Gaps) != 1 || got.Gaps[0].Call != denied || got.Gaps[0].RequestID == "" || strings.Contains(got.Gaps[0].Message, "AAAA") {
						t.Errorf("gaps: %+v", got.Gaps)
					}
					if s.calls[denied] > 2 && denied != "airflow:GetEnvironment" && denied != getProducts && denied != "batch:ListJobs" { // one for each environment, query, or queue and status
						t.Errorf("asked %d times", s.calls[denied])
					}
					// The results of other calls must remain: after adding the denied data, both
					// loads must be equal.
					if r.Part == inventory.PartNetwork && (len(got.Networks) != 1 || denied != "ec2:DescribeSubnets" && len(got.Networks[0].Subnets) != len(full.Networks[0].Subnets) ||
						denied != "ec2:DescribeSecurityGroups" && len(got.Networks[0].SecurityGroups) != len(full.Networks[0].SecurityGroups)) {
						t.Errorf("the results of other calls are missing: %+v", got.Networks)
					}
					if r.Part == inventory.PartClusters && denied != "ecs:ListClusters" && (len(got.Clusters) != 1 || got.Clusters[0].Name != "prod") {
						t.Errorf("clusters: %+v", got.Clusters)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, _ int, _ url.Values) (int, string, error) {
			return refuse(op, 403, "AccessDenied", "no")
		}}
		_, err := open(t, s).Load(t.Context(), parts[0])
		var e *Error
		if !errors.As(err, &e) || !e.Denied() {
			t.Errorf("a denied identity is an error, got %v", err)
		}
	})
}

func TestLoadContents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &stub{})
		inv := inventory.Inventory{}
		for _, r := range parts {
			f, err := c.Load(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			inv.Merge(f)
		}
		if inv.Account != "123456789012" || inv.Partition != "aws-cn" || inv.Region != "us-east-1" {
			t.Errorf("identity: %s %s %s", inv.Account, inv.Partition, inv.Region)
		}
		v := inv.VPCs[0]
		if d := cmp.Diff([]string{"10.1.0.0/16", "10.9.0.0/16"}, v.CIDRs); d != "" || v.Name != "closed" {
			t.Errorf("VPC: %+v", v)
		}
		n := inv.Network("vpc-1")
		if !n.DNSSupport || n.DNSHostnames || len(n.Subnets) != 2 || n.Subnets[0].ID != "subnet-1" {
			t.Errorf("network: %+v", n)
		}
		if d := cmp.Diff([]string{"10.0.0.2", "10.0.0.1"}, n.DomainServers); d != "" {
			t.Error(d)
		}
		rules := []inventory.GroupRule{
			{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-1"},
			{Protocol: "tcp", From: 443, To: 443, Group: "sg-2"},
			{Protocol: "tcp", From: 443, To: 443, CIDR: "10.1.0.0/16"},
			{Protocol: "tcp", From: 443, To: 443, CIDR: "10.2.0.0/16"},
			{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"},
		}
		if d := cmp.Diff(rules, n.SecurityGroups[0].Rules); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]inventory.PrefixList{{ID: "pl-1", CIDRs: []string{"10.7.0.0/16", "10.8.0.0/16"}}}, n.PrefixLists); d != "" {
			t.Error(d)
		}
		if len(n.Endpoints) != 1 || n.Endpoints[0].State != "pendingacceptance" || n.Endpoints[0].Created != "2026-01-02T03:04:05Z" || !n.Endpoints[0].InboundOnly {
			t.Errorf("endpoints: %+v", n.Endpoints)
		}
		if i := n.Interfaces; len(i) != 2 || !i[0].PublicIP || i[0].Instance != "i-1" || i[1].PublicIP || i[1].Instance != "" {
			t.Errorf("interfaces: %+v", i)
		}
		cl := inv.Clusters[0]
		if len(cl.Services) != 12 || cl.Instances != 3 || !cl.Insights || cl.ExecKMSKey != "key-1" {
			t.Errorf("cluster: %+v", cl)
		}
		s := cl.Services[0]
		if s.LaunchType != "FARGATE" || !s.ServiceConnect || !s.Exec || s.PublicIP || s.Subnets[0] != "subnet-1" {
			t.Errorf("service: %+v", s)
		}
		if len(inv.TaskDefinitions) != 2 {
			t.Fatalf("definitions: %+v", inv.TaskDefinitions)
		}
		want := []inventory.Container{
			{Name: "web", Image: "nginx", LogDriver: "awslogs", LogRegion: "us-east-1", LogGroup: "/ecs/t", Secrets: []string{"arn:log", "arn:secret"}, Credentials: "arn:registry", EnvFiles: []string{"arn:file"}},
			{Name: "router", Image: "fluent", LogDriver: "awsfirelens:cloudwatch"},
		}
		if d := cmp.Diff(want, inv.TaskDefinitions[0].Containers); d != "" {
			t.Error(d)
		}
		raw, _ := json.Marshal(inv)
		if strings.Contains(string(raw), "hunter2") {
			t.Error("a secret value is in the inventory")
		}
	})
}

func TestLoadVPCNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if strings.HasPrefix(op, "ec2:DescribeVpc") && op != "ec2:DescribeVpcEndpoints" {
				return refuse(op, 400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")
			}
			return canned(op, n, in)
		}}
		_, err := open(t, s).Load(t.Context(), parts[4])
		var e *Error
		if !errors.As(err, &e) || e.Code != "InvalidVpcID.NotFound" || !e.NotFound() || e.Op != "ec2:DescribeVpcs" {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadStopsWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime*3/2, cancel)
		_, err := open(t, &stub{}).Load(ctx, inventory.Request{Part: inventory.PartClusters})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadUnknownPart(t *testing.T) {
	if _, err := open(t, &stub{}).Load(t.Context(), inventory.Request{Part: "x"}); err == nil {
		t.Error("no error")
	}
}

func TestLaterPageDeniedKeepsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "ec2:DescribeSubnets" && in.Get("NextToken") != "" {
				return refuse(op, 403, "UnauthorizedOperation", "no")
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), parts[4])
		if err != nil || len(got.Networks[0].Subnets) != 1 || len(got.Gaps) != 1 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestClusterDeletedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, op := range []string{"ecs:ListServices", "ecs:DescribeServices", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"} {
			s := &stub{answer: func(o string, n int, in url.Values) (int, string, error) {
				if o == op {
					return refuse(o, 400, "ClusterNotFoundException", "Cluster not found.")
				}
				return canned(o, n, in)
			}}
			got, err := open(t, s).Load(t.Context(), parts[3])
			if err != nil || len(got.Clusters) != 0 || len(got.Gaps) != 0 {
				t.Errorf("%s: %+v %v", op, got, err)
			}
		}
		s := &stub{answer: func(o string, n int, in url.Values) (int, string, error) {
			switch o {
			case "ecs:DescribeTaskDefinition":
				return refuse(o, 400, "ClientException", "Unable to describe task definition.")
			case "ecs:DescribeClusters":
				return 500, "<html>oops</html>", nil
			}
			return canned(o, n, in)
		}}
		_, err := open(t, s).Load(t.Context(), parts[3])
		if err == nil || !strings.Contains(err.Error(), "ecs:DescribeClusters: the server at https://ecs.us-east-1.amazonaws.com did not answer like AWS: status 500") {
			t.Errorf("got %v", err)
		}
	})
}
