package plan_test

import (
	"fmt"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

const (
	account = "123456789012"
	region  = "us-east-1"
	vpc     = "vpc-1"
	image   = account + ".dkr.ecr." + region + ".amazonaws.com/web:1"
	secret  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
)

// world is an account with one closed VPC of three zones and one Fargate service,
// which nothing was made for yet. A test changes what it is about.
type world struct {
	inv inventory.Inventory
	ans answers.Answers
}

func (w *world) net() *inventory.Network        { return &w.inv.Networks[0] }
func (w *world) def() *inventory.TaskDefinition { return &w.inv.TaskDefinitions[0] }
func (w *world) service() *inventory.Service    { return &w.inv.Clusters[0].Services[0] }
func (w *world) plan() *plan.Plan               { return plan.Build(&w.inv, w.ans) }
func (w *world) endpoint(e inventory.Endpoint)  { w.net().Endpoints = append(w.net().Endpoints, e) }
func (w *world) iface(i inventory.Interface)    { w.net().Interfaces = append(w.net().Interfaces, i) }
func (w *world) group(g inventory.SecurityGroup) {
	w.net().SecurityGroups = append(w.net().SecurityGroups, g)
}
func (w *world) gap(call string) {
	w.inv.Gaps = append(w.inv.Gaps, inventory.Gap{Call: call, Code: "UnauthorizedOperation", RequestID: "req-1"})
}
func (w *world) endpointService(code string) *inventory.EndpointService {
	return w.inv.Service("com.amazonaws."+w.inv.Region+"."+code, "Interface")
}

func newWorld() *world {
	zones := []string{"a", "b", "c"}
	w := &world{ans: answers.Answers{Version: 1, Workload: answers.ECSFargate, Region: region, VPC: vpc}}
	w.inv = inventory.Inventory{Version: 1, Account: account, Partition: "aws", Region: region, Caller: "arn:aws:iam::" + account + ":role/Admin",
		VPCs: []inventory.VPC{{ID: vpc, Name: "prod", CIDRs: []string{"10.0.0.0/16"}, Owner: account}}}
	n := inventory.Network{VPC: vpc, DNSSupport: true, DNSHostnames: true, DomainServers: []string{"AmazonProvidedDNS"},
		RouteTables: []inventory.RouteTable{
			{ID: "rtb-main", Main: true, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}}},
			{ID: "rtb-app", Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}}},
		},
		SecurityGroups: []inventory.SecurityGroup{
			{ID: "sg-app", Name: "app", VPC: vpc, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}},
			{ID: "sg-default", Name: "default", VPC: vpc, Rules: []inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, Group: "sg-default"}}},
		},
		NetworkACLs: []inventory.NetworkACL{{ID: "acl-1", Default: true, Entries: []inventory.ACLEntry{
			{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 100, Egress: true, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"},
			{Number: 32767, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 32767, Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"},
		}}},
		PrefixLists: []inventory.PrefixList{{ID: "pl-s3", Name: "com.amazonaws.us-east-1.s3"}},
	}
	for i, z := range zones {
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-" + z, Name: "app-" + z, VPC: vpc, Zone: region + z, CIDR: fmt.Sprintf("10.0.%d.0/24", i), Free: 200, Owner: account})
	}
	n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-data", Name: "data", VPC: vpc, Zone: region + "a", CIDR: "10.0.100.0/24", Free: 200, Owner: account})
	w.inv.Networks = []inventory.Network{n}
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs", "ssm", "ssmmessages", "kms", "ecs-agent", "ecs-telemetry", "ecs", "sts", "batch"} {
		w.inv.Services = append(w.inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface", PolicySupported: true,
			Zones: []string{region + "a", region + "b", region + "c", region + "d"}, PrivateNames: []string{code + ".us-east-1.amazonaws.com"}, IPTypes: []string{"ipv4"}})
	}
	w.inv.Services = append(w.inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1.s3", Type: "Gateway", PolicySupported: true})
	w.inv.Clusters = []inventory.Cluster{{ARN: "arn:c", Name: "prod", Services: []inventory.Service{{ARN: "arn:s", Name: "web", LaunchType: "FARGATE",
		TaskDefinition: "arn:t", Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Groups: []string{"sg-app"}, Desired: 2}}}}
	w.inv.TaskDefinitions = []inventory.TaskDefinition{{ARN: "arn:t", Family: "web", Revision: 7,
		Containers: []inventory.Container{{Name: "web", Image: image, LogDriver: "awslogs", Secrets: []string{secret}}}}}
	for _, p := range []inventory.Part{inventory.PartIdentity, inventory.PartVPCs, inventory.PartServices, inventory.PartClusters} {
		w.inv.Loaded = append(w.inv.Loaded, inventory.Request{Part: p})
	}
	w.inv.Loaded = append(w.inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: vpc})
	return w
}

// ready is an interface endpoint that serves the workload.
func ready(code string) inventory.Endpoint {
	return inventory.Endpoint{ID: "vpce-" + code, Type: "Interface", Service: "com.amazonaws.us-east-1." + code, State: "available",
		Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Groups: []string{"sg-wide"}, PrivateDNS: true, DNSNames: []string{code + ".us-east-1.amazonaws.com"}, IPType: "ipv4"}
}

// wide is a group that admits the whole VPC.
func wide() inventory.SecurityGroup {
	return inventory.SecurityGroup{ID: "sg-wide", Name: "wide", VPC: vpc, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}}
}

func rows(p *plan.Plan) map[plan.ID]plan.Op {
	out := map[plan.ID]plan.Op{}
	for _, a := range p.Actions {
		out[a.ID] = a.Op
	}
	return out
}

func finding(p *plan.Plan, rule string) *plan.Finding {
	for i := range p.Findings {
		if p.Findings[i].Rule == rule {
			return &p.Findings[i]
		}
	}
	return nil
}

func noFindings(t *testing.T, p *plan.Plan) {
	t.Helper()
	for _, f := range p.Findings {
		t.Errorf("unexpected finding: %s %s %s: %s", f.Severity, f.Rule, f.Resource, f.Message)
	}
}
