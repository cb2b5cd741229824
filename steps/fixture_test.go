package steps

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

func requests(vpcs ...string) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartServices}, {Part: inventory.PartClusters}, {Part: inventory.PartBatch}, {Part: inventory.PartQuotas}}
	for _, v := range vpcs {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: v})
	}
	return rs
}

// shop is an account with two VPCs and a default VPC. The VPC shop has a Fargate service in
// its two private subnets.
func shop() *inventory.Inventory {
	return &inventory.Inventory{
		Account: "123456789012", Partition: "aws", Region: "us-east-1",
		VPCs: []inventory.VPC{
			{ID: "vpc-default", CIDRs: []string{"172.31.0.0/16"}, Default: true, Owner: "123456789012"},
			{ID: "vpc-shop", Name: "shop", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012"},
			{ID: "vpc-other", Name: "other", CIDRs: []string{"10.1.0.0/16"}, Owner: "999999999999"},
		},
		Services: []inventory.EndpointService{
			{Name: "com.amazonaws.us-east-1.ecr.api", Type: "Interface"}, {Name: "com.amazonaws.us-east-1.ecr.dkr", Type: "Interface"},
			{Name: "com.amazonaws.us-east-1.logs", Type: "Interface"}, {Name: "com.amazonaws.us-east-1.sts", Type: "Interface"},
			{Name: "com.amazonaws.us-east-1.s3", Type: "Gateway"},
		},
		Clusters: []inventory.Cluster{{ARN: "arn:c", Name: "prod", Services: []inventory.Service{
			{ARN: "arn:web", Name: "web", LaunchType: "FARGATE", TaskDefinition: "arn:td", Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-web"}, Desired: 2},
			{ARN: "arn:api", Name: "api", LaunchType: "FARGATE", TaskDefinition: "arn:td", VPC: "vpc-other", Subnets: []string{"subnet-o"}, Desired: 1, Running: 1},
			{ARN: "arn:old", Name: "old", LaunchType: "EC2"},
		}}},
		TaskDefinitions: []inventory.TaskDefinition{{ARN: "arn:td", Family: "web", Revision: 7, Containers: []inventory.Container{
			{Name: "app", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1", LogDriver: "awslogs"}}}},
		Networks: []inventory.Network{
			{VPC: "vpc-shop", Subnets: []inventory.Subnet{
				{ID: "subnet-a", Name: "private-a", Zone: "us-east-1a", CIDR: "10.0.1.0/24", Free: 10},
				{ID: "subnet-a2", Name: "private-a2", Zone: "us-east-1a", CIDR: "10.0.5.0/24", Free: 200},
				{ID: "subnet-b", Name: "private-b", Zone: "us-east-1b", CIDR: "10.0.2.0/24", Free: 20},
				{ID: "subnet-p", Name: "public", Zone: "us-east-1a", CIDR: "10.0.3.0/24", Free: 30},
				{ID: "subnet-x", Name: "twin", Zone: "us-east-1c", CIDR: "10.0.6.0/24"},
				{ID: "subnet-y", Name: "twin", Zone: "us-east-1c", CIDR: "10.0.7.0/24"},
			}, RouteTables: []inventory.RouteTable{
				{ID: "rtb-main", Main: true},
				{ID: "rtb-public", Subnets: []string{"subnet-p", "subnet-x", "subnet-y"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "igw-1"}}},
			}, SecurityGroups: []inventory.SecurityGroup{
				{ID: "sg-web", Name: "web-tasks"},
				{ID: "sg-vpc", Name: "from-vpc", Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}},
				{ID: "sg-half", Name: "from-a", Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.1.0/24"}}},
				{ID: "sg-peer", Name: "from-web", Rules: []inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, Group: "sg-web"}}},
				{ID: "sg-80", Name: "http", Rules: []inventory.GroupRule{{Protocol: "tcp", From: 80, To: 80, CIDR: "0.0.0.0/0"}, {Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"}}},
			}},
			{VPC: "vpc-other", Subnets: []inventory.Subnet{{ID: "subnet-o", Name: "other-a", Zone: "us-east-1a", CIDR: "10.1.1.0/24"}},
				SecurityGroups: []inventory.SecurityGroup{{ID: "sg-other", Name: "theirs"}}},
		},
		Loaded: requests("vpc-shop", "vpc-other"),
	}
}

// yard is the account of shop with clusters on EC2 and with compute environments of AWS
// Batch.
func yard() *inventory.Inventory {
	inv := shop()
	host := func(id, subnet, vpc string) inventory.ContainerInstance {
		return inventory.ContainerInstance{ARN: "arn:" + id, Instance: id, AgentVersion: "1.94.0", Connected: true, Status: "ACTIVE", VPC: vpc, Subnet: subnet, OS: "linux"}
	}
	old, managed, external := host("i-2", "subnet-b", "vpc-shop"), host("i-3", "subnet-a", "vpc-shop"), host("mi-4", "", "")
	old.AgentVersion, old.Connected = "1.80.0", false
	managed.Managed, external.External = true, true
	inv.Clusters = append(inv.Clusters,
		inventory.Cluster{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/workers", Name: "workers", Instances: 4,
			ContainerInstances: []inventory.ContainerInstance{host("i-1", "subnet-a", "vpc-shop"), old, managed, external},
			Services: []inventory.Service{
				{ARN: "arn:mail", Name: "mail", LaunchType: "EC2", TaskDefinition: "arn:td", Desired: 2, Running: 1},
				{ARN: "arn:own", Name: "own", LaunchType: "EC2", TaskDefinition: "arn:td", VPC: "vpc-shop", Subnets: []string{"subnet-p"}, Groups: []string{"sg-web"}, Desired: 1, Running: 1}}},
		inventory.Cluster{ARN: "arn:wide", Name: "wide", Instances: 3, ContainerInstances: []inventory.ContainerInstance{
			host("i-5", "subnet-o", "vpc-other"), host("i-6", "subnet-a", "vpc-shop"), host("i-7", "subnet-a", "vpc-shop")}},
		inventory.Cluster{ARN: "arn:away", Name: "away", Instances: 1, ContainerInstances: []inventory.ContainerInstance{external}},
		inventory.Cluster{ARN: "arn:empty", Name: "empty"},
		inventory.Cluster{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-nightly-1", Name: "AWSBatch-nightly-1", Instances: 1,
			ContainerInstances: []inventory.ContainerInstance{host("i-8", "subnet-b", "vpc-shop")}})
	for _, i := range []string{"i-1", "i-2", "i-6", "i-8"} {
		inv.Networks[0].Interfaces = append(inv.Networks[0].Interfaces, inventory.Interface{ID: "eni-" + i, Instance: i, Groups: []string{"sg-peer"}})
	}
	environment := func(name, typ string) inventory.ComputeEnvironment {
		return inventory.ComputeEnvironment{ARN: "arn:e:" + name, Name: name, Type: typ, State: "ENABLED", Status: "VALID", Orchestration: "ECS",
			VPC: "vpc-shop", Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-web"}}
	}
	nightly, off, eks, own := environment("nightly", "SPOT"), environment("bygone", "FARGATE"), environment("on-eks", "EC2"), environment("own", "")
	nightly.Cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-nightly-1"
	nightly.LaunchTemplate = true
	off.State, off.Status = "DISABLED", "INVALID"
	eks.Orchestration = "EKS"
	inv.Batch = inventory.Batch{
		Environments: []inventory.ComputeEnvironment{off, environment("reports", "FARGATE_SPOT"), nightly, eks, own},
		Queues: []inventory.JobQueue{{ARN: "arn:q1", Name: "urgent", State: "ENABLED", Environments: []string{"arn:e:nightly", "arn:e:own"}},
			{ARN: "arn:q2", Name: "slow", State: "DISABLED", Environments: []string{"arn:e:nightly"}}},
		Definitions: []inventory.JobDefinition{
			{TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd1", Family: "crunch", Revision: 4, Compatible: []string{"EC2"}, Containers: []inventory.Container{{Name: "default", Image: "crunch:1"}}}},
			{TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd2", Family: "report", Revision: 2, Compatible: []string{"FARGATE"}, Containers: []inventory.Container{{Name: "default", Image: "report:1"}}}}},
	}
	return inv
}

// verdicts replaces plan.Build: it returns verdicts for ECR and CloudWatch Logs.
func verdicts(_ *inventory.Inventory, ans answers.Answers) *plan.Plan {
	words := "ecr awslogs"
	if ans.Needs != nil {
		words = strings.Join(*ans.Needs, " ")
	}
	p := &plan.Plan{}
	for _, n := range []struct{ word, code string }{{"ecr", "ecr.api"}, {"ecr", "ecr.dkr"}, {"ecr", "s3"}, {"awslogs", "logs"}, {"secretsmanager", "secretsmanager"}} {
		v := plan.Need{Service: n.code, Verdict: plan.NotNeeded, Why: "nothing uses " + n.code}
		if strings.Contains(words, n.word) {
			v.Verdict, v.Why = plan.Required, "tasks use "+n.word
		}
		p.Needs = append(p.Needs, v)
	}
	three := plan.Need{Verdict: plan.NotNeeded, Why: "AWS runs the agent on Fargate"}
	if families.Of(ans.Workload).OwnHosts {
		three = plan.Need{Verdict: plan.Required, Why: "the agent needs all three"}
	}
	for _, three.Service = range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
		p.Needs = append(p.Needs, three)
	}
	p.Needs = append(p.Needs, plan.Need{Service: "elasticfilesystem", Verdict: plan.NotNeeded, Why: "web:7 mounts a file system, which goes another way."})
	return p
}

func state(inv *inventory.Inventory, ans answers.Answers) State {
	return State{Inv: inv, Ans: Answers{Answers: ans}, Build: verdicts}
}

func step(t *testing.T, id string) *Step {
	t.Helper()
	for _, s := range All() {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no step %s", id)
	return nil
}

// set answers a step and fails the test on an error.
func set(t *testing.T, s *State, id string, values ...string) []string {
	t.Helper()
	ch, err := step(t, id).Set(*s, values)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	s.Ans = ch.Answers
	return ch.Cleared
}

func option(t *testing.T, s State, id, value string) Option {
	t.Helper()
	for _, o := range step(t, id).Options(s) {
		if o.Value == value {
			return o
		}
	}
	t.Fatalf("%s has no option %s", id, value)
	return Option{}
}
