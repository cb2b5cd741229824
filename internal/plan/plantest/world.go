// Package plantest contains an account to plan for. For every rule it has a case that the rule must
// report and a case that it must not report. The tests of the plan and of the whole program use the
// same cases.
package plantest

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Names of resources in the account.
const (
	Account = "123456789012"
	Region  = "us-east-1"
	VPC     = "vpc-1"
	Image   = Account + ".dkr.ecr." + Region + ".amazonaws.com/web:1"
	Secret  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
)

// World is an account with one VPC of three zones without internet access and one Fargate service,
// without endpoints. Tests change it as needed.
type World struct {
	Inv   inventory.Inventory
	Ans   answers.Answers
	Files plan.Files
}

func (w *World) Net() *inventory.Network        { return &w.Inv.Networks[0] }
func (w *World) Def() *inventory.TaskDefinition { return &w.Inv.TaskDefinitions[0] }
func (w *World) Service() *inventory.Service    { return &w.Inv.Clusters[0].Services[0] }
func (w *World) Plan() *plan.Plan               { return plan.BuildWith(&w.Inv, w.Ans, w.Files) }
func (w *World) Endpoint(e inventory.Endpoint)  { w.Net().Endpoints = append(w.Net().Endpoints, e) }
func (w *World) Iface(i inventory.Interface)    { w.Net().Interfaces = append(w.Net().Interfaces, i) }
func (w *World) Group(g inventory.SecurityGroup) {
	w.Net().SecurityGroups = append(w.Net().SecurityGroups, g)
}
func (w *World) Gap(call string) {
	w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: call, Code: "UnauthorizedOperation", RequestID: "req-1"})
}
func (w *World) EndpointService(code string) *inventory.EndpointService {
	return w.Inv.Service("com.amazonaws."+w.Inv.Region+"."+code, "Interface")
}

// NAT adds the NAT gateway nat-1 in a public subnet of its own. No route leads to it yet.
func (w *World) NAT() {
	n := w.Net()
	n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-nat", Name: "nat", VPC: VPC, Zone: Region + "a", CIDR: "10.0.250.0/28", Free: 9, Owner: Account})
	n.RouteTables = append(n.RouteTables, inventory.RouteTable{ID: "rtb-nat-1", Subnets: []string{"subnet-nat"}, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}, {CIDR: "0.0.0.0/0", Target: "igw-1"}}})
	n.NATGateways = append(n.NATGateways, inventory.NATGateway{ID: "nat-1", State: "available", Public: true, Subnet: "subnet-nat"})
}

// Environment is the compute environment of AWS Batch.
func (w *World) Environment() *inventory.ComputeEnvironment { return &w.Inv.Batch.Environments[0] }

// Host is the first container instance of the first cluster.
func (w *World) Host() *inventory.ContainerInstance { return &w.Inv.Clusters[0].ContainerInstances[0] }

// Hosts adds two container instances to a cluster and creates the cluster if needed. Their network
// interfaces use the group, which is created too.
func (w *World) Hosts(name, group, version string) {
	if w.Inv.Cluster(name) == nil {
		w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:" + name, Name: name})
	}
	if w.Net().Group(group) == nil {
		w.Group(inventory.SecurityGroup{ID: group, Name: "hosts", VPC: VPC, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	}
	c := w.Inv.Cluster(name)
	for i, zone := range []string{"a", "b"} {
		id := fmt.Sprintf("i-%s-%d", name, i)
		c.ContainerInstances = append(c.ContainerInstances, inventory.ContainerInstance{ARN: "arn:" + id, Instance: id, AgentVersion: version, Connected: true, Status: "ACTIVE",
			VPC: VPC, Subnet: "subnet-" + zone, Zone: Region + zone, OS: "linux", OSFamily: "LINUX", Registered: "2026-01-01T00:00:00Z"})
		w.Iface(inventory.Interface{ID: "eni-" + id, Subnet: "subnet-" + zone, Status: "in-use", Type: "interface", IP: fmt.Sprintf("10.0.%d.%d", i, 20+len(w.Net().Interfaces)), Groups: []string{group}, Instance: id})
	}
	c.Instances = len(c.ContainerInstances)
}

// New returns the initial account.
func New() *World {
	zones := []string{"a", "b", "c"}
	w := &World{Ans: answers.Answers{Version: 1, Workload: answers.ECSFargate, Region: Region, VPC: VPC}}
	w.Inv = inventory.Inventory{Version: 1, Account: Account, Partition: "aws", Region: Region, Caller: "arn:aws:iam::" + Account + ":role/Admin",
		VPCs: []inventory.VPC{{ID: VPC, Name: "prod", CIDRs: []string{"10.0.0.0/16"}, Owner: Account}}}
	n := inventory.Network{VPC: VPC, DNSSupport: true, DNSHostnames: true, DomainServers: []string{"AmazonProvidedDNS"},
		RouteTables: []inventory.RouteTable{
			{ID: "rtb-main", Main: true, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}}},
			{ID: "rtb-app", Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}}},
		},
		SecurityGroups: []inventory.SecurityGroup{
			{ID: "sg-app", Name: "app", VPC: VPC, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}},
			{ID: "sg-default", Name: "default", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, Group: "sg-default"}}},
		},
		NetworkACLs: []inventory.NetworkACL{{ID: "acl-1", Default: true, Entries: []inventory.ACLEntry{
			{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 100, Egress: true, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"},
			{Number: 32767, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 32767, Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"},
		}}},
		PrefixLists: []inventory.PrefixList{{ID: "pl-s3", Name: "com.amazonaws.us-east-1.s3"}},
	}
	for i, z := range zones {
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-" + z, Name: "app-" + z, VPC: VPC, Zone: Region + z, CIDR: fmt.Sprintf("10.0.%d.0/24", i), Free: 200, Owner: Account})
	}
	n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-data", Name: "data", VPC: VPC, Zone: Region + "a", CIDR: "10.0.100.0/24", Free: 200, Owner: Account})
	w.Inv.Networks = []inventory.Network{n}
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs", "ssm", "ssmmessages", "kms", "ecs-agent", "ecs-telemetry", "ecs", "sts", "batch", "monitoring", "elasticfilesystem", "xray", "kinesis-firehose", "kinesis-streams"} {
		w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface", PolicySupported: true,
			Zones: []string{Region + "a", Region + "b", Region + "c", Region + "d"}, PrivateNames: catalog.Lookup(code).PrivateNames("aws", Region), IPTypes: []string{"ipv4"}})
	}
	w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1.s3", Type: "Gateway", PolicySupported: true})
	w.Inv.Clusters = []inventory.Cluster{{ARN: "arn:c", Name: "prod", Services: []inventory.Service{{ARN: "arn:s", Name: "web", LaunchType: "FARGATE",
		TaskDefinition: "arn:t", Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Groups: []string{"sg-app"}, Desired: 2}}}}
	w.Inv.TaskDefinitions = []inventory.TaskDefinition{{ARN: "arn:t", Family: "web", Revision: 7,
		Containers: []inventory.Container{{Name: "web", Image: Image, LogDriver: "awslogs", Secrets: []string{Secret}}}}}
	for _, p := range []inventory.Part{inventory.PartIdentity, inventory.PartVPCs, inventory.PartServices, inventory.PartClusters, inventory.PartQuotas, inventory.PartPrices, inventory.PartCaches} {
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: p})
	}
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: VPC})
	return w
}

// Ready returns an interface endpoint that serves the workload.
func Ready(code string) inventory.Endpoint {
	return inventory.Endpoint{ID: "vpce-" + code, Type: "Interface", Service: "com.amazonaws.us-east-1." + code, State: "available",
		Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Groups: []string{"sg-wide"}, PrivateDNS: true, DNSNames: catalog.Lookup(code).PrivateNames("aws", Region), IPType: "ipv4"}
}

// Wide returns a group that allows the whole VPC.
func Wide() inventory.SecurityGroup {
	return inventory.SecurityGroup{ID: "sg-wide", Name: "wide", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}}
}
