package compare_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/compare"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// base is an account with a private VPC, an ECS service and a container instance.
func base() *inventory.Inventory {
	inv := &inventory.Inventory{
		Version: 1, Account: "123456789012", Partition: "aws", Region: "us-east-1", Caller: "arn:aws:iam::123456789012:user/ops",
		Snapshot: &inventory.Origin{Taken: "2026-11-29T08:00:00Z", Program: "1.0.0"},
		VPCs:     []inventory.VPC{{ID: "vpc-1", Name: "app", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012"}},
		Networks: []inventory.Network{{
			VPC: "vpc-1", DNSSupport: true, DNSHostnames: true, DomainServers: []string{"AmazonProvidedDNS"},
			Subnets:     []inventory.Subnet{{ID: "subnet-1", Name: "private-a", VPC: "vpc-1", Zone: "us-east-1a", CIDR: "10.0.0.0/24", Free: 200}},
			RouteTables: []inventory.RouteTable{{ID: "rtb-1", Name: "app", Subnets: []string{"subnet-1"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "nat-1"}, {CIDR: "10.0.0.0/16", Target: "local"}}}},
			SecurityGroups: []inventory.SecurityGroup{{ID: "sg-1", Name: "web", Description: "web", VPC: "vpc-1", Rules: []inventory.GroupRule{
				{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}, {Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}}},
			Endpoints: []inventory.Endpoint{
				{ID: "vpce-1", Type: "Interface", Service: "com.amazonaws.us-east-1.ecr.api", State: "available", Subnets: []string{"subnet-1"}, Groups: []string{"sg-1"}, PrivateDNS: true, Policy: `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`},
				{ID: "vpce-2", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-1"}}},
			NetworkACLs: []inventory.NetworkACL{{ID: "acl-1", Default: true, Entries: []inventory.ACLEntry{{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 100, Egress: true, Allow: true, Protocol: "6", From: 443, To: 443, CIDR: "0.0.0.0/0"}}}},
			Interfaces:  []inventory.Interface{{ID: "eni-1", Subnet: "subnet-1"}},
		}},
		Clusters: []inventory.Cluster{{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/prod", Name: "prod", Instances: 1,
			Services: []inventory.Service{{ARN: "arn:aws:ecs:us-east-1:123456789012:service/prod/web", Name: "web", LaunchType: "FARGATE", TaskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3", VPC: "vpc-1", Subnets: []string{"subnet-1"}, Desired: 2, Running: 2}},
			ContainerInstances: []inventory.ContainerInstance{{ARN: "arn:aws:ecs:us-east-1:123456789012:container-instance/prod/1", Instance: "i-1", AgentVersion: "1.90.0", Connected: true, Status: "ACTIVE", VPC: "vpc-1",
				Tags: map[string]string{"team": "a"}}}}},
		TaskDefinitions: []inventory.TaskDefinition{{ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3", Family: "web", Revision: 3, ExecutionRole: "arn:aws:iam::123456789012:role/exec",
			Containers: []inventory.Container{{Name: "app", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"}}}},
		Batch: inventory.Batch{Environments: []inventory.ComputeEnvironment{{ARN: "arn:ce/a", Name: "a", State: "ENABLED", Status: "VALID"}, {ARN: "arn:ce/b", Name: "b", State: "ENABLED", Status: "VALID"}},
			Queues: []inventory.JobQueue{{ARN: "arn:jq/q", Name: "q", State: "ENABLED", Environments: []string{"arn:ce/a", "arn:ce/b"}}}},
		MWAA: []inventory.Airflow{{Name: "air", ARN: "arn:air", Status: "AVAILABLE", DNS: inventory.DNS{Name: "x", Addresses: []string{"10.0.0.9"}}}},
		Roles: []inventory.Role{{ARN: "arn:aws:iam::123456789012:role/exec", Name: "exec", Policies: []inventory.RolePolicy{
			{Name: "pull", Document: `{"Version":"2012-10-17","Statement":[{"Sid":"Pull","Effect":"Allow","Action":["ecr:GetAuthorizationToken"],"Resource":"*"}]}`}}}},
		Quotas: inventory.Quotas{InterfaceEndpoints: 50},
	}
	for _, p := range []inventory.Part{inventory.PartIdentity, inventory.PartVPCs, inventory.PartServices, inventory.PartClusters, inventory.PartBatch, inventory.PartMWAA, inventory.PartQuotas, inventory.PartCreation, inventory.PartRegistry, inventory.PartCaches} {
		inv.Loaded = append(inv.Loaded, inventory.Request{Part: p})
	}
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-1"}, inventory.Request{Part: inventory.PartRoles, Role: inv.Roles[0].ARN})
	return inv
}

// later is base, a day later.
func later() *inventory.Inventory {
	inv := base()
	inv.Snapshot.Taken = "2026-11-30T09:15:00Z"
	return inv
}

const firstLine = "From 2026-11-29 08:00 UTC to 2026-11-30 09:15 UTC, account 123456789012, us-east-1: "

func TestWhatChanged(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(a, b *inventory.Inventory)
		want string // without the first line; empty: no differences
	}{
		{"nothing", func(_, _ *inventory.Inventory) {}, ""},
		{"an endpoint", func(_, b *inventory.Inventory) {
			e := &b.Networks[0].Endpoints[0]
			e.State, e.PrivateDNS, e.Groups = "pending", false, nil
			e.Policy = `{"Statement":[{"Action":["ecr:*"],"Effect":"Allow","Principal":"*","Resource":"*"}]}`
			b.Networks[0].Endpoints[1].RouteTables = []string{"rtb-2"}
		}, `

Endpoints
  Endpoint ecr.api (vpce-1): state changed from available to pending.
  Endpoint ecr.api (vpce-1): security group web (sg-1) was removed.
  Endpoint ecr.api (vpce-1): private DNS was turned off.
  Endpoint ecr.api (vpce-1): the policy changed.
    - changed statement: now without Action *; with Action ecr:*
  Endpoint s3 (vpce-2): route table app (rtb-1) was removed.
  Endpoint s3 (vpce-2): route table rtb-2 was added.`},
		{"a policy that is written in another form", func(_, b *inventory.Inventory) {
			b.Networks[0].Endpoints[0].Policy = "{\n \"Statement\" : {\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\",\"Action\":[\"*\"]}}"
		}, ""},
		{"endpoints created and deleted", func(_, b *inventory.Inventory) {
			b.Networks[0].Endpoints[1] = inventory.Endpoint{ID: "vpce-3", Service: "com.amazonaws.us-east-1.logs", State: "pending"}
		}, `

Endpoints
  Endpoint logs (vpce-3) was created in VPC app (vpc-1), with state pending.
  Endpoint s3 (vpce-2) was deleted in VPC app (vpc-1).`},
		{"rules, routes and entries", func(_, b *inventory.Inventory) {
			n := &b.Networks[0]
			n.SecurityGroups[0].Rules = append(n.SecurityGroups[0].Rules[1:], inventory.GroupRule{Protocol: "tcp", From: 1024, To: 65535, Group: "sg-1"}, inventory.GroupRule{Protocol: "icmp", From: -1, To: -1, CIDR: "10.0.0.0/8"},
				inventory.GroupRule{ID: "sgr-1", Protocol: "udp", From: 53, To: 53, PrefixList: "pl-1"})
			n.RouteTables[0].Routes = n.RouteTables[0].Routes[1:]
			n.RouteTables[0].Main = true
			n.NetworkACLs[0].Entries[0].Allow = false
			n.NetworkACLs[0].Entries[1].To = 65535
		}, `

Security groups
  Security group web (sg-1): inbound rule TCP 443 from 10.0.0.0/16 was removed.
  Security group web (sg-1): inbound rule TCP 1024-65535 from web (sg-1) was added.
  Security group web (sg-1): inbound rule ICMP from 10.0.0.0/8 was added.
  Security group web (sg-1): inbound rule UDP 53 from pl-1 was added.

Routes
  Route table app (rtb-1): it is the main route table of the VPC now.
  Route table app (rtb-1): the route 0.0.0.0/0 to nat-1 was removed.

Network ACLs
  Network ACL acl-1: inbound entry 100 changed from "allow all traffic from 0.0.0.0/0" to "deny all traffic from 0.0.0.0/0".
  Network ACL acl-1: outbound entry 100 changed from "allow TCP 443 to 0.0.0.0/0" to "allow TCP 443-65535 to 0.0.0.0/0".`},
		{"a route that leads elsewhere", func(_, b *inventory.Inventory) {
			r := &b.Networks[0].RouteTables[0].Routes[0]
			r.Target, r.Blackhole = "nat-2", true
		}, `

Routes
  Route table app (rtb-1): the route 0.0.0.0/0 leads to nat-2 now, and no longer to nat-1.
  Route table app (rtb-1): the route 0.0.0.0/0 to nat-2 is a blackhole now: its target does not exist or does not work.`},
		{"DNS", func(_, b *inventory.Inventory) {
			b.Networks[0].DNSSupport, b.Networks[0].DNSHostnames = false, false
			b.Networks[0].DomainServers = []string{"10.0.0.5", "10.0.0.6"}
			b.Networks[0].HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "corp.example"}}
			b.Networks[0].Resolver.Rules = []inventory.ResolverRule{{ID: "rslvr-1", Domain: ".", Type: "FORWARD"}}
		}, `

DNS
  VPC app (vpc-1): DNS support was turned off.
  VPC app (vpc-1): DNS host names were turned off.
  VPC app (vpc-1): domain name server AmazonProvidedDNS was removed.
  VPC app (vpc-1): domain name servers 10.0.0.5, 10.0.0.6 were added.
  VPC app (vpc-1): private hosted zone corp.example (Z1) is associated with it now.
  VPC app (vpc-1): Resolver rule . (rslvr-1) is associated with it now.`},
		{"the order of lists", func(a, b *inventory.Inventory) {
			slices.Reverse(b.Batch.Queues[0].Environments)
			a.Networks[0].Endpoints[0].Subnets = []string{"subnet-1", "subnet-2"}
			b.Networks[0].Endpoints[0].Subnets = []string{"subnet-2", "subnet-1"}
		}, `

AWS Batch
  Job queue q: the order of the compute environments changed to b, a.`},
		{"an agent, a service and its definition", func(_, b *inventory.Inventory) {
			c := &b.Clusters[0]
			c.ContainerInstances[0].Connected, c.ContainerInstances[0].AgentVersion = false, "1.91.0"
			c.ContainerInstances[0].Tags = map[string]string{"team": "b", "env": ""}
			c.Services[0].Desired, c.Services[0].TaskDefinition = 3, "arn:aws:ecs:us-east-1:123456789012:task-definition/web:4"
			d := &b.TaskDefinitions[0]
			d.ARN, d.Revision, d.Containers[0].Image = c.Services[0].TaskDefinition, 4, "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:2"
		}, `

Amazon ECS
  ECS service prod/web: task definition changed from web:3 to web:4.
  ECS service prod/web: desired count changed from 2 to 3.
  Task definition web:4: revision changed from 3 to 4.
  Task definition web:4: container app: image changed from 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1 to 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:2.
  Container instance i-1 in cluster prod: agent version changed from 1.90.0 to 1.91.0.
  Container instance i-1 in cluster prod: the agent is not connected any more.
  Container instance i-1 in cluster prod: tag team changed from a to b.
  Container instance i-1 in cluster prod: tag env was added; it is empty.`},
		{"a role", func(_, b *inventory.Inventory) {
			b.Roles[0].Policies[0].Document = `{"Version":"2012-10-17","Statement":[{"Sid":"Logs","Effect":"Allow","Action":"logs:*","Resource":"*"}]}`
			b.Roles[0].Policies = append(b.Roles[0].Policies, inventory.RolePolicy{Name: "Admin", ARN: "arn:aws:iam::aws:policy/Admin", Document: "{}"})
		}, `

Roles
  Role exec: inline policy pull changed.
    - changed statement Pull: now without Sid Pull; without Action ecr:GetAuthorizationToken; with Sid Logs; with Action logs:*
  Role exec: attached policy Admin was added.`},
		{"roles with the same name in two accounts", func(_, b *inventory.Inventory) {
			b.TaskDefinitions[0].ExecutionRole = "arn:aws:iam::210987654321:role/exec"
		}, `

Amazon ECS
  Task definition web:3: execution role changed from exec to arn:aws:iam::210987654321:role/exec.`},
		{"a VPC that was deleted", func(_, b *inventory.Inventory) {
			b.VPCs, b.Networks = nil, nil
			b.Loaded = slices.DeleteFunc(b.Loaded, func(r inventory.Request) bool { return r.VPC != "" })
		}, `

VPCs and subnets
  VPC app (vpc-1) was deleted, with 1 subnet, 1 route table, 1 security group, 2 endpoints and 1 network ACL.`},
		{"a network that only one snapshot contains", func(_, b *inventory.Inventory) {
			b.Networks = nil
			b.Loaded = slices.DeleteFunc(b.Loaded, func(r inventory.Request) bool { return r.VPC != "" })
		}, `

Not compared
  VPC app (vpc-1), the network of the VPC: only the first snapshot contains that.`},
		{"a part that only one snapshot contains", func(a, b *inventory.Inventory) {
			b.Batch = inventory.Batch{}
			b.Loaded = slices.DeleteFunc(b.Loaded, func(r inventory.Request) bool { return r.Part == inventory.PartBatch })
			a.Loaded = slices.DeleteFunc(a.Loaded, func(r inventory.Request) bool { return r.Part == inventory.PartCaches })
			b.Loaded = slices.DeleteFunc(b.Loaded, func(r inventory.Request) bool { return r.Part == inventory.PartCaches })
		}, `

Not compared
  The compute environments and job definitions of AWS Batch: only the first snapshot contains that.
  The pull-through cache rules of Amazon ECR: neither snapshot contains that.`},
		{"a list that AWS denied", func(_, b *inventory.Inventory) {
			b.Clusters, b.TaskDefinitions = nil, nil
			b.Networks[0].Endpoints, b.Networks[0].DNSSupport = nil, false
			b.Gaps = []inventory.Gap{{Call: "ec2:DescribeVpcAttribute", Code: "UnauthorizedOperation"}, {Call: "ec2:DescribeVpcEndpoints", Code: "UnauthorizedOperation"}, {Call: "ecs:ListClusters", Code: "AccessDeniedException"}}
		}, `

What could be read
  Call ec2:DescribeVpcAttribute: it was read for the first snapshot, but not for the second snapshot: AWS denied it (UnauthorizedOperation).
  Call ec2:DescribeVpcEndpoints: it was read for the first snapshot, but not for the second snapshot: AWS denied it (UnauthorizedOperation).
  Call ecs:ListClusters: it was read for the first snapshot, but not for the second snapshot: AWS denied it (AccessDeniedException).

Not compared
  The network of the VPC, as far as only ec2:DescribeVpcAttribute shows that: in the second snapshot, AWS denied it (UnauthorizedOperation).
  The network of the VPC, as far as only ec2:DescribeVpcEndpoints shows that: in the second snapshot, AWS denied it (UnauthorizedOperation).
  The ECS clusters and services and the ECS container instances, as far as only ecs:ListClusters shows that: in the second snapshot, AWS denied it (AccessDeniedException).`},
		{"a list that was read in part", func(a, b *inventory.Inventory) {
			for _, inv := range []*inventory.Inventory{a, b} {
				inv.Gaps = []inventory.Gap{{Call: "batch:DescribeJobDefinitions", Code: inventory.NotAllRead}}
			}
			a.Batch.Definitions = []inventory.JobDefinition{{TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd/a:1", Family: "a", Revision: 1}}, {TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd/b:1", Family: "b", Revision: 1}}}
			b.Batch.Definitions = []inventory.JobDefinition{{TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd/b:2", Family: "b", Revision: 2}}}
		}, `

AWS Batch
  Job definition b:2: revision changed from 1 to 2.

Not compared
  The compute environments and job definitions of AWS Batch, as far as only batch:DescribeJobDefinitions shows that: in both snapshots, only a part was read.`},
		{"what only one has because it was in use", func(_, b *inventory.Inventory) {
			b.TaskDefinitions = nil
			b.Roles, b.Loaded = nil, b.Loaded[:len(b.Loaded)-1]
		}, `

Not compared
  Only in the first snapshot, because only what is in use is read: role exec.
  Only in the first snapshot, because only what is in use is read: task definition web:3.`},
		{"a role that was deleted", func(_, b *inventory.Inventory) { b.Roles = nil }, `

Roles
  Role exec was deleted, with 1 policy.`},
		{"a host name that was not looked up", func(_, b *inventory.Inventory) {
			b.MWAA[0].DNS = inventory.DNS{Error: inventory.DNSNotAsked}
		}, `

Not compared
  The addresses of the web server of air: it was not looked up for the second snapshot.`},
		{"numbers", func(a, b *inventory.Inventory) {
			b.Networks[0].Subnets[0].Free = 100
			a.Networks[0].Subnets = append(a.Networks[0].Subnets, inventory.Subnet{ID: "subnet-2", Free: 12})
			b.Networks[0].Subnets = append(b.Networks[0].Subnets, inventory.Subnet{ID: "subnet-2"})
			b.Quotas.InterfaceEndpoints = 0
			b.Networks[0].Interfaces = []inventory.Interface{{ID: "eni-2"}, {ID: "eni-3"}}
		}, `

VPCs and subnets
  Subnet subnet-2: 0 free IPv4 addresses, before: 12.

Account and Region
  Account 123456789012: quota of interface endpoints for each VPC is not set any more; it was 50.

Network interfaces
  VPC app (vpc-1): 2 network interfaces created: eni-2, eni-3.
  VPC app (vpc-1): 1 network interface deleted: eni-1.`},
		{"the other order", func(a, b *inventory.Inventory) {
			a.Snapshot, b.Snapshot = b.Snapshot, a.Snapshot
			b.Caller = "arn:aws:iam::123456789012:user/other"
		}, `
The second snapshot is older than the first, so the changes are those from the later state back to the earlier one.
Different callers took the snapshots: arn:aws:iam::123456789012:user/ops and arn:aws:iam::123456789012:user/other.`},
		{"text from a customer", func(_, b *inventory.Inventory) { b.VPCs[0].Name = "app\x1b[2J\nEndpoints" }, `

VPCs and subnets
  VPC app [2J Endpoints (vpc-1): name changed from app to app [2J Endpoints.`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := base(), later()
			tt.edit(a, b)
			if err := compare.Comparable(a, b); err != nil {
				t.Fatal(err)
			}
			before, _ := json.Marshal([]any{a, b})
			r := compare.Of(a, b)
			lines := r.Lines()
			first, result, _ := strings.Cut(lines[0], "us-east-1: ")
			if n := r.Count(); n == 0 && result != "no differences." || n == 1 && result != "1 change." || n > 1 && result != fmt.Sprintf("%d changes.", n) {
				t.Errorf("%d changes, but the first line is %s", n, lines[0])
			}
			if want, _, _ := strings.Cut(firstLine, "us-east-1: "); first != want && tt.name != "the other order" {
				t.Error(lines[0])
			}
			if got := "\n" + strings.Join(lines[1:], "\n"); strings.TrimSpace(got) != strings.TrimSpace(tt.want) || strings.HasPrefix(got, "\n\n") != strings.HasPrefix(tt.want, "\n\n") {
				t.Error(cmp.Diff(tt.want, got))
			}
			if after, _ := json.Marshal([]any{a, b}); string(after) != string(before) {
				t.Error("the comparison changed the inventories")
			}
			if same := compare.Of(b, b); same.Count() > 0 {
				t.Errorf("an inventory differs from itself: %q", same.Lines())
			}
		})
	}
}

// A snapshot of an earlier version does not record its time.
func TestSnapshotsWithoutOrigin(t *testing.T) {
	a, b := base(), later()
	a.Snapshot = nil
	b.VPCs[0].Name = "other"
	lines := compare.Of(a, b).Lines()
	if got, want := lines[0], "From a snapshot without a recorded time to 2026-11-30 09:15 UTC, account 123456789012, us-east-1: 1 change."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if want := "Different versions of this program took the snapshots (an unknown one and 1.0.0). What only one of them reads can appear as a change."; lines[1] != want {
		t.Errorf("%q, want %q", lines[1], want)
	}
}

// BenchmarkLarge compares an account of the size of the scenario large: 200 VPCs with 50 subnets and 25 security groups each, and
// 500 clusters with two services each.
func BenchmarkLarge(b *testing.B) {
	large := func(state string) *inventory.Inventory {
		inv := base()
		n := inv.Networks[0]
		inv.VPCs, inv.Networks, inv.Loaded = nil, nil, inv.Loaded[:len(inv.Loaded)-2]
		for v := range 200 {
			id := fmt.Sprint("vpc-", v)
			inv.VPCs = append(inv.VPCs, inventory.VPC{ID: id, Name: id})
			inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: id})
			m := n
			m.VPC, m.Subnets, m.SecurityGroups, m.Endpoints = id, nil, nil, slices.Clone(n.Endpoints)
			m.Endpoints[0].ID, m.Endpoints[0].State = fmt.Sprint("vpce-", v), state
			for i := range 50 {
				m.Subnets = append(m.Subnets, inventory.Subnet{ID: fmt.Sprint("subnet-", v, "-", i), Name: "app", VPC: id, Zone: "us-east-1a", CIDR: "10.0.0.0/24", Owner: "123456789012"})
			}
			for i := range 25 {
				g := n.SecurityGroups[0]
				g.ID = fmt.Sprint("sg-", v, "-", i)
				m.SecurityGroups = append(m.SecurityGroups, g)
			}
			inv.Networks = append(inv.Networks, m)
		}
		for i := range 500 {
			c := inventory.Cluster{ARN: fmt.Sprint("arn:cluster/", i), Name: fmt.Sprint("team-", i)}
			for s := range 2 {
				x := inv.Clusters[0].Services[0]
				x.ARN = fmt.Sprint(c.ARN, "/", s)
				c.Services = append(c.Services, x)
			}
			inv.Clusters = append(inv.Clusters, c)
		}
		return inv
	}
	x, y := large("available"), large("failed")
	b.ResetTimer()
	for b.Loop() {
		if r := compare.Of(x, y); r.Count() != 200 {
			b.Fatalf("%d changes", r.Count())
		}
	}
}

func TestComparable(t *testing.T) {
	masked := func(legend string) func(*inventory.Inventory) {
		return func(inv *inventory.Inventory) { inv.Snapshot.Mask = legend }
	}
	for _, tt := range []struct {
		name string
		a, b func(*inventory.Inventory)
		want string
	}{
		{"the same", nil, nil, ""},
		{"accounts", nil, func(b *inventory.Inventory) { b.Account = "210987654321" }, "these are snapshots of different accounts: 123456789012 and 210987654321"},
		{"an earlier version", func(a *inventory.Inventory) { a.Snapshot = nil }, func(b *inventory.Inventory) { b.Account = "210987654321" }, "different accounts: 123456789012 and 210987654321; the number also differs if one of them is masked"},
		{"an account that could not be read", nil, func(b *inventory.Inventory) { b.Account = "" }, ""},
		{"Regions", nil, func(b *inventory.Inventory) { b.Region = "eu-west-1" }, "different Regions: us-east-1 and eu-west-1"},
		{"one is masked", nil, masked("a"), "one snapshot is masked and the other is not"},
		{"legends", masked("a"), masked("b"), "so the names cannot be compared: take both with the same legend (--legend). The same legend"},
		{"one legend", masked("a"), masked("a"), ""},
	} {
		a, b := base(), later()
		for i, edit := range []func(*inventory.Inventory){tt.a, tt.b} {
			if edit != nil {
				edit([]*inventory.Inventory{a, b}[i])
			}
		}
		err := compare.Comparable(a, b)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
