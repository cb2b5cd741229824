package plantest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Case is a case that a rule must report, and a similar one that it must not report.
type Case struct {
	Rule     string
	Severity plan.Severity
	Caught   func(*World)
	Says     string // a part of the message
	Alone    func(*World)
	Fixed    bool // the finding's patch removes it
}

func off(w *World) { no := false; w.Ans.PrivateDNS = &no }

func only(needs ...string) func(*World) { return func(w *World) { w.Ans.Needs = &needs } }

func with(fs ...func(*World)) func(*World) {
	return func(w *World) {
		for _, f := range fs {
			f(w)
		}
	}
}

// extra adds a service to the Region, with its private names, and to the answers.
func extra(code string, names ...string) func(*World) {
	return func(w *World) {
		w.Ans.Extra = []string{code}
		w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface", PolicySupported: true,
			Zones: []string{Region + "a", Region + "b", Region + "c"}, PrivateNames: names, IPTypes: []string{"ipv4"}})
	}
}

func nat(w *World) {
	w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
	w.NAT()
}

func having(e inventory.Endpoint, change func(*inventory.Endpoint)) func(*World) {
	return func(w *World) {
		w.Group(Wide())
		if change != nil {
			change(&e)
		}
		w.Endpoint(e)
	}
}

// OnEC2 changes the workload to Amazon ECS on EC2: one container instance in each of two zones, in a
// group of their own, with the service.
func OnEC2(w *World) {
	w.Ans.Workload = answers.ECSEC2
	w.Service().LaunchType, w.Service().Subnets, w.Service().Groups = "EC2", nil, nil
	w.Hosts("prod", "sg-hosts", "1.86.2")
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartHosts, VPC: VPC})
}

// OnManaged changes the workload to Amazon ECS on Managed Instances. The instances are in one subnet,
// with a security group of their own.
func OnManaged(w *World) {
	w.Ans.Workload = answers.ECSManaged
	w.Service().LaunchType = "MANAGED_INSTANCES"
	w.Group(inventory.SecurityGroup{ID: "sg-managed", Name: "managed", VPC: VPC, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	w.Inv.Clusters[0].ManagedProviders = []inventory.ManagedProvider{{Name: "managed", VPC: VPC, Subnets: []string{"subnet-data"}, Groups: []string{"sg-managed"}}}
}

// Batch changes the workload to AWS Batch on Fargate.
func Batch(w *World) {
	w.Ans.Workload = answers.BatchFargate
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartBatch})
	w.Inv.Batch = inventory.Batch{
		Environments: []inventory.ComputeEnvironment{{ARN: "arn:ce", Name: "nightly", Type: "FARGATE", State: "ENABLED", Status: "VALID", Orchestration: "ECS", VPC: VPC,
			Subnets: []string{"subnet-a", "subnet-b", "subnet-c"}, Groups: []string{"sg-app"}}},
		Queues:      []inventory.JobQueue{{ARN: "arn:q", Name: "jobs", State: "ENABLED", Environments: []string{"arn:ce"}}},
		Definitions: []inventory.JobDefinition{{TaskDefinition: w.Inv.TaskDefinitions[0]}},
	}
	w.Inv.Batch.Definitions[0].Compatible = []string{"FARGATE"}
}

// BatchOnEC2 changes the workload to AWS Batch on container instances.
func BatchOnEC2(w *World) {
	Batch(w)
	w.Ans.Workload = answers.BatchEC2
	w.Hosts("AWSBatch-nightly", "sg-hosts", "1.86.2")
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartHosts, VPC: VPC})
	w.Environment().Type, w.Environment().Groups, w.Environment().Cluster = "EC2", []string{"sg-hosts"}, "arn:AWSBatch-nightly"
	w.Inv.Batch.Definitions[0].Compatible = []string{"EC2"}
}

// known adds the EC2 data of the container instances.
func known(w *World) {
	for _, i := range w.Inv.Clusters[0].ContainerInstances {
		w.Inv.Hosts = append(w.Inv.Hosts, inventory.Host{Instance: i.Instance, VPC: VPC, State: "running", AMIName: "amzn2-ami-ecs-hvm-2.0.20250610-x86_64-ebs"})
	}
}

func windows(w *World) { w.Def().OS = "WINDOWS_SERVER_2022_CORE" }

// policyFile gives one endpoint a policy from a file of the user.
func policyFile(code, doc string) func(*World) {
	return func(w *World) {
		w.Ans.EndpointPolicy.ByService = map[string]string{code: "own.json"}
		w.Files.Policies = map[string]string{"own.json": doc}
	}
}

// allowing returns a policy that allows actions to everybody.
func allowing(actions ...string) string {
	return `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": ["` + strings.Join(actions, `", "`) + `"]}]}`
}

// inRegion moves the account to another Region.
func inRegion(region string) func(*World) {
	return func(w *World) {
		w.Inv.Region, w.Ans.Region = region, region
		for i := range w.Inv.Services {
			w.Inv.Services[i].Name = strings.Replace(w.Inv.Services[i].Name, Region, region, 1)
		}
		w.Def().Containers[0].Image = strings.Replace(Image, Region, region, 1)
	}
}

// role adds an inline policy to the execution role of the service.
func role(document string) func(*World) {
	return func(w *World) {
		w.Def().ExecutionRole = "arn:aws:iam::" + Account + ":role/exec"
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRoles, Role: w.Def().ExecutionRole})
		w.Inv.Roles = []inventory.Role{{ARN: w.Def().ExecutionRole, Name: "exec", Policies: []inventory.RolePolicy{{Name: "pull", Document: document}}}}
	}
}

// groupsOf returns a role policy that allows an action on every log group.
func groupsOf(action string) string {
	return `{"Statement": [{"Effect": "Allow", "Action": ["` + action + `", "logs:PutLogEvents"], "Resource": "*"}]}`
}

// creating makes the log driver of the service's container create its log group.
func creating(w *World) {
	w.Def().Containers[0].LogGroup, w.Def().Containers[0].LogCreates = "/new", true
}

// logging sets where the service's container logs to.
func logging(driver, host string) func(*World) {
	return func(w *World) { w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogHost = driver, host }
}

// cached adds a pull-through cache rule and sets the repository of the service's image.
func cached(prefix, repository string) func(*World) {
	return func(w *World) {
		w.Inv.Caches = []inventory.Cache{{Prefix: prefix, Upstream: "quay.io"}, {Prefix: "other", Upstream: "ghcr.io"}}
		w.Def().Containers[0].Image = strings.Replace(Image, "/web", repository, 1)
	}
}

// pulls returns a role policy that allows pulls with a condition on the endpoint.
func pulls(actions, key, value string) string {
	return `{"Statement": [{"Effect": "Allow", "Resource": "*", "Action": ` + actions + `, "Condition": {"StringEquals": {"` + key + `": "` + value + `"}}}]}`
}

// ecrIf returns a role policy that allows all of Amazon ECR on a condition.
func ecrIf(condition string) string {
	return `{"Statement": [{"Effect": "Allow", "Resource": "*", "Action": "ecr:*", "Condition": {` + condition + `}}]}`
}

const pullActions = `["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]`

// allowingIf returns a policy that allows everything on a condition.
func allowingIf(condition string) string {
	return `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "*", "Condition": {` + condition + `}}]}`
}

// denyingIf returns a policy that allows everything, but denies it on a condition. resource is the
// Resource or NotResource of the Deny.
func denyingIf(resource, condition string) string {
	return `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "*", ` + resource + `, "Condition": {` + condition + `}}]}`
}

const (
	tagged    = `"StringEquals": {"aws:PrincipalTag/team": "payments"}`                // the wizard does not know the tags
	ofAccount = `"StringEquals": {"aws:PrincipalAccount": "` + Account + `"}`          // true
	ofOrg     = `"StringEquals": {"aws:ResourceOrgID": "o-exampleorgid"}`              // false for resources of AWS
	notOurs   = `"StringNotEquals": {"aws:ResourceAccount": "` + Account + `"}`        // true for resources of AWS
	layers    = `"NotResource": "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"` // all but the layers
)

func s3Gateway(policy string) func(*World) {
	return func(w *World) { w.Endpoint(gateway(policy)) }
}

func gateway(policy string) inventory.Endpoint {
	return inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app"}, Policy: policy}
}

func ownGroups(ids ...string) func(*World) {
	return func(w *World) { w.Group(Wide()); w.Ans.SecurityGroups = ids }
}

// Narrow adds a group that allows only the application.
func Narrow(w *World) {
	w.Group(inventory.SecurityGroup{ID: "sg-narrow", Name: "narrow", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-app"}}})
}

// Elsewhere adds a network interface of another client.
func Elsewhere(w *World) {
	w.Iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-data", Status: "in-use", Type: "interface", IP: "10.0.100.9", Groups: []string{"sg-default"}})
}

// unplaced makes the service run on container instances. The cluster has none yet.
func unplaced(w *World) {
	w.Ans.Workload, w.Ans.Service, w.Ans.Clients = answers.ECSEC2, "prod/web", []string{"subnet-a", "sg-app"}
	w.Service().LaunchType, w.Service().Subnets, w.Service().Groups = "EC2", nil, nil
}

// Deny adds a network ACL entry that denies TCP 443.
func Deny(n int, egress bool) func(*World) {
	return func(w *World) {
		w.Net().NetworkACLs[0].Entries = append(w.Net().NetworkACLs[0].Entries, inventory.ACLEntry{Number: n, Egress: egress, Protocol: "6", CIDR: "10.0.0.0/16", From: 443, To: 443})
	}
}

// listed adds the customer's prefix list pl-own, which was read, and a group sg-listed that allows it.
func listed(cidrs ...string) func(*World) {
	return func(w *World) {
		w.Net().PrefixLists = append(w.Net().PrefixLists, inventory.PrefixList{ID: "pl-own", CIDRs: cidrs})
		w.Group(inventory.SecurityGroup{ID: "sg-listed", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "6", From: 0, To: 65535, PrefixList: "pl-own"}}})
	}
}

// blocked sets the mode of VPC Block Public Access of all subnets.
func blocked(mode string) func(*World) {
	return func(w *World) {
		for i := range w.Net().Subnets {
			w.Net().Subnets[i].BlockPublicAccess = mode
		}
	}
}

// encrypted sets the mode of VPC Encryption Controls.
func encrypted(mode string, exclusions ...string) func(*World) {
	return func(w *World) {
		w.Net().Encryption = inventory.EncryptionControl{Mode: mode, State: "available", Exclusions: exclusions}
	}
}

// routed adds a route to the table of the workload's subnets.
func routed(r inventory.Route) func(*World) {
	return func(w *World) { w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, r) }
}

var cases = []Case{
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) { w.Gap("ec2:DescribeSecurityGroups") }, Says: "ec2:DescribeSecurityGroups was denied (UnauthorizedOperation, request req-1)", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) { w.Gap("ecs:ListClusters") }, Says: "where their images come from", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: with(only("ecr"), func(w *World) { w.Gap("ecs:ListClusters") }), Says: "ecs:ListClusters", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) {
		w.Ans.Service = "prod/web"
		w.Inv.TaskDefinitions = nil
		w.Gap("ecs:DescribeTaskDefinition")
	}, Says: "ecs:DescribeTaskDefinition",
		Alone: func(w *World) { w.Ans.Service = "prod/web"; w.Gap("ecs:ListServices") }}, // of a cluster of another team
	{Rule: "A-GAP", Severity: plan.Info, Caught: func(w *World) { w.Gap("ecs:DescribeClusters") }, Says: "ecs:DescribeClusters", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: with(role(ecrIf(ofAccount)), func(w *World) { w.Gap("iam:GetRolePolicy") }), Says: "conditions in the execution roles", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: func(w *World) {
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ec2:DescribeSecurityGroups", Code: inventory.NotOffered, RequestID: "req-1"})
	}, Says: "does not support ec2:DescribeSecurityGroups, request req-1", Alone: func(*World) {}},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // nothing of the workload runs yet
		w.Inv.Clusters[0].Services = nil
		w.Ans.Clients = []string{"subnet-a"}
	}, Says: "No service of Amazon ECS on Fargate was found in the VPC", Alone: func(w *World) {
		w.Inv.Clusters[0].Services = nil
		w.Ans.Clients, w.Ans.Needs = []string{"subnet-a"}, &[]string{}
	}},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // read before the service got its definition
		w.Inv.TaskDefinitions = nil
	}, Says: "The task definition of service web was not read", Alone: func(w *World) { w.Ans.Service = "prod/web" }},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // in an emulator
		w.Inv.Clusters[0].Services, w.Ans.Needs = nil, &[]string{"ecr"}
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ecs:ListServices", Code: inventory.NotOffered})
	}, Says: "The subnets of the workload are not known", Alone: func(w *World) { w.Ans.Needs = &[]string{"ecr"} }},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: with(Batch, func(w *World) { w.Inv.Batch.Definitions = nil }), Says: "no active job definition of AWS Batch on Fargate", Alone: Batch},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: with(unplaced, func(w *World) { w.Ans.Service, w.Ans.Agent.Clusters = "", nil }), Says: "Nothing shows where prod/web runs", Alone: unplaced},
	{Rule: "G-SHARED", Severity: plan.Block, Caught: func(w *World) { w.Net().Subnets[0].Owner = "999999999999" }, Says: "999999999999", Alone: func(w *World) { w.Net().Subnets[3].Owner = "999999999999" }},
	{Rule: "G-SVCEXISTS", Severity: plan.Block, Caught: func(w *World) {
		w.Ans.Extra = []string{"dynamodb"}
		w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1.dynamodb", Type: "Interface"})
	}, Says: "us-east-1 has no gateway endpoint service com.amazonaws.us-east-1.dynamodb", Alone: func(w *World) { w.Ans.Extra = []string{"sts"} }},
	{Rule: "G-SVCEXISTS", Severity: plan.Block, Caught: func(w *World) { w.Inv.Services = w.Inv.Services[1:] }, Says: "ecr.api", Alone: func(w *World) {
		w.Inv.Services = slices.DeleteFunc(w.Inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".batch") })
	}},
	{Rule: "G-OWNED", Severity: plan.Block, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged, e.Groups = true, []string{"sg-default"} }), Says: "only that service can change it",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged = true })},
	{Rule: "G-STATE", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.State, e.LastError = "failed", "InternalError: no" }), Says: "InternalError: no",
		Alone: having(Ready("kms"), func(e *inventory.Endpoint) { e.State = "failed" })},
	{Rule: "G-STATE", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "deleting" }), Says: "vpce-logs for logs is in state deleting", Alone: having(Ready("logs"), nil)},
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: with(having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "failed" }), func(w *World) {
		e := Ready("logs")
		e.ID, e.PrivateDNS = "vpce-2", false
		w.Endpoint(e)
	}), Says: "already has the private DNS name of logs",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.State = "failed" })}, // G-STATE reports it
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: having(Ready("other"), func(e *inventory.Endpoint) { e.DNSNames = []string{"logs.us-east-1.amazonaws.com"} }), Says: "logs", Alone: having(Ready("other"), nil)},
	{Rule: "G-DNSCONFLICT", Severity: plan.Error, Caught: func(w *World) {
		w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "logs.us-east-1.amazonaws.com", Owner: "999999999999"}}
	}, Says: "owned by 999999999999", Alone: func(w *World) {
		w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "kms.us-east-1.amazonaws.com"}, {ID: "Z2", Name: "shop.internal"}}
	}},
	{Rule: "G-DNSDKR", Severity: plan.Error, Caught: off, Says: "ecr.dkr", Alone: with(off, only("awslogs")), Fixed: true},
	{Rule: "G-DNSOFF", Severity: plan.Error, Caught: with(off, only("awslogs")), Says: "logs", Alone: func(*World) {}, Fixed: true},
	{Rule: "G-DNSOFF", Severity: plan.Info, Caught: with(off, only(), func(w *World) { w.Ans.Extra = []string{"batch"} }), Says: "--endpoint-url", Alone: func(*World) {}},
	{Rule: "G-R53DNS", Severity: plan.Warn, Caught: func(w *World) { w.Net().DomainServers = []string{"10.0.0.10"} }, Says: "10.0.0.10", Alone: func(w *World) { w.Net().DomainServers = []string{"10.0.0.10", "AmazonProvidedDNS"} }},
	{Rule: "G-NONAME", Severity: plan.Warn, Caught: extra("iot.data"), Says: "lists no private DNS name for iot.data", Alone: extra("iot", "iot.us-east-1.amazonaws.com")},
	{Rule: "G-NAMES", Severity: plan.Warn, Caught: extra("execute-api", "*.execute-api.us-east-1.amazonaws.com"), Says: "HTTP 403", Alone: with(extra("execute-api", "*.execute-api.us-east-1.amazonaws.com"), off, only())},
	{Rule: "G-NAMES", Severity: plan.Info, Caught: func(w *World) { w.Ans.Extra = []string{"sts"} }, Says: "stays public", Alone: extra("sns", "sns.us-east-1.amazonaws.com")},
	{Rule: "G-PORTS", Severity: plan.Error, Caught: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), ownGroups("sg-wide")), Says: "connect to TCP 9142",
		Alone: extra("cassandra", "cassandra.us-east-1.amazonaws.com")},
	{Rule: "G-PORTS", Severity: plan.Warn, Caught: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0"}, {Egress: true, Protocol: "tcp", From: 9142, To: 9142, PrefixList: "pl-own"}}
	}), Says: "cannot decide", Alone: with(extra("cassandra", "cassandra.us-east-1.amazonaws.com"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 9142, CIDR: "0.0.0.0/0"}}
	})},
	{Rule: "G-SG443", Severity: plan.Error, Caught: ownGroups("sg-default"), Says: "do not allow TCP 443 from sg-app", Alone: ownGroups("sg-wide"), Fixed: true},
	{Rule: "G-SG443", Severity: plan.Warn, Caught: with(ownGroups("sg-listed"), func(w *World) {
		w.Group(inventory.SecurityGroup{ID: "sg-listed", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-own"}}})
	}), Says: "by prefix list pl-own", Alone: with(ownGroups("sg-halves"), func(w *World) {
		w.Group(inventory.SecurityGroup{ID: "sg-halves", VPC: VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/17"}, {Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.128.0/17"},
			{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/25"}}})
	})},
	{Rule: "G-SG443", Severity: plan.Error, Caught: with(ownGroups("sg-listed"), listed("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/25")), Says: "do not allow TCP 443 from sg-app", Alone: with(ownGroups("sg-listed"), listed("10.0.0.0/23", "10.0.2.0/25", "10.0.2.128/25")), Fixed: true},
	{Rule: "G-SHUTOUT", Severity: plan.Error, Caught: with(Elsewhere, Narrow, ownGroups("sg-narrow")), Says: "eni-9 (10.0.100.9 in subnet-data)", Alone: with(Elsewhere, ownGroups("sg-wide")), Fixed: true},
	{Rule: "G-SHUTOUT", Severity: plan.Warn, Caught: with(Elsewhere, Narrow, having(Ready("logs"), func(e *inventory.Endpoint) { e.Groups = []string{"sg-narrow"} })), Says: "The security groups of the existing logs endpoint block", Alone: with(Elsewhere, having(Ready("logs"), nil))},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: func(w *World) { w.Net().SecurityGroups[0].Rules = nil }, Says: "does not allow outbound TCP 443", Alone: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}
	}, Says: "Amazon S3", Alone: func(*World) {}},
	{Rule: "G-SGEGRESS", Severity: plan.Warn, Caught: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}, Says: "by prefix list pl-own", Alone: func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}},
	{Rule: "G-SGEGRESS", Severity: plan.Error, Caught: with(listed("10.0.0.0/23"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 400, To: 500, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}), Says: "does not allow outbound TCP 443 to the ecr.api endpoint", Alone: with(listed("10.0.0.0/23", "10.0.2.0/24"), func(w *World) {
		w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 400, To: 500, PrefixList: "pl-own"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	})},
	{Rule: "G-NACL", Severity: plan.Error, Caught: Deny(50, true), Says: "entry 50", Alone: Deny(200, true)},
	{Rule: "G-NACL", Severity: plan.Warn, Caught: func(w *World) {
		w.denyACL(inventory.ACLEntry{Number: 50, Egress: true, Protocol: "6", CIDR: "10.0.1.0/25", From: 443, To: 443})
	}, Says: "a part of the addresses or ports", Alone: Deny(50, true)},
	{Rule: "G-NACL", Severity: plan.Error, Caught: Deny(50, false), Says: "into", Alone: func(w *World) {
		w.Ans.Clients, w.Ans.Subnets = []string{"subnet-a"}, []string{"subnet-a"}
		Deny(50, false)(w)
	}},
	{Rule: "G-ROUTE", Severity: plan.Error, Caught: routed(inventory.Route{CIDR: "10.0.1.0/24", Target: "eni-deleted", Blackhole: true}), Says: "Route table rtb-app sends traffic to 10.0.1.0/24 to eni-deleted, which does not exist",
		Alone: routed(inventory.Route{CIDR: "10.0.100.0/24", Target: "eni-deleted", Blackhole: true})},
	{Rule: "G-ROUTE", Severity: plan.Warn, Caught: with(listed("10.0.1.0/24"), routed(inventory.Route{PrefixList: "pl-own", Target: "tgw-1"})), Says: "sends traffic to prefix list pl-own to tgw-1", Alone: with(listed("10.0.0.0/8"), routed(inventory.Route{PrefixList: "pl-own", Target: "tgw-1"}))},
	{Rule: "G-ROUTE", Severity: plan.Warn, Caught: routed(inventory.Route{CIDR: "10.0.1.0/24", Target: "vpce-firewall"}), Says: "to vpce-firewall", Alone: routed(inventory.Route{CIDR: "0.0.0.0/0", Target: "vpce-firewall"})},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Sessions, encrypted("enforce")), Says: "type t3.micro", Alone: with(Sessions, encrypted("enforce"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "m7g.medium" })},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Bastioned, encrypted("enforce"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "c7i-flex.large" }), Says: "may not reach a bastion with SSH",
		Alone: with(Bastioned, encrypted("enforce", "InternetGateway"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "c7i-flex.large" })},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(internetFacing, encrypted("enforce")), Says: "may not reach a load balancer", Alone: with(internetFacing, encrypted("enforce", "InternetGateway"))},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Connected, encrypted("enforce")), Says: "does not list Client VPN", Alone: with(Connected, encrypted("monitor"))},
	{Rule: "G-ONESUBAZ", Severity: plan.Error, Caught: func(w *World) { w.Ans.Subnets = []string{"subnet-a", "subnet-data", "subnet-b"} }, Says: "both in Availability Zone us-east-1a", Alone: func(w *World) { w.Ans.Subnets = []string{"subnet-data", "subnet-b"} }, Fixed: true},
	{Rule: "G-AZSUP", Severity: plan.Error, Caught: func(w *World) {
		w.Ans.Subnets = []string{"subnet-a", "subnet-b"}
		w.EndpointService("logs").Zones = []string{Region + "b", Region + "c"}
	}, Says: "not available in Availability Zone us-east-1a", Alone: func(w *World) { w.EndpointService("logs").Zones = []string{Region + "b", Region + "c"} }, Fixed: true},
	{Rule: "G-AZSUP", Severity: plan.Error, Caught: func(w *World) { w.EndpointService("logs").Zones = []string{Region + "f"} }, Says: "not available in the Availability Zones of the workload", Alone: func(*World) {}},
	{Rule: "G-TWOAZ", Severity: plan.Warn, Caught: func(w *World) { w.Ans.Subnets = []string{"subnet-a"} }, Says: "One Availability Zone only", Alone: func(w *World) { w.Ans.Subnets = []string{"subnet-a", "subnet-b"} }},
	{Rule: "G-IPFREE", Severity: plan.Error, Caught: func(w *World) { w.Net().Subnets[0].Free = 3 }, Says: "has 3 free addresses left, and the plan needs 4", Alone: func(w *World) { w.Net().Subnets[0].Free = 4 }},
	{Rule: "G-IPTYPE", Severity: plan.Error, Caught: func(w *World) { w.Ans.IPAddressType = "dualstack" }, Says: "uses address type dualstack", Alone: func(w *World) { w.Ans.IPAddressType = "ipv4" }},
	{Rule: "G-GWDUP", Severity: plan.Error, Caught: func(w *World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-deleted", Blackhole: true})
	}, Says: "vpce-deleted", Alone: func(w *World) {
		w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-deleted"})
	}},
	{Rule: "G-GWCUT", Severity: plan.Warn, Caught: with(nat, func(w *World) {
		w.Iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}), Says: "Adding the route interrupts them", Alone: func(w *World) {
		w.Iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}},
	{Rule: "E-ECRHALF", Severity: plan.Error, Caught: with(only(), func(w *World) { w.Ans.Extra = []string{"ecr.dkr"} }), Says: "for ecr.dkr but none for ecr.api", Alone: only("ecr")},
	{Rule: "E-ECRHALF", Severity: plan.Warn, Caught: with(nat, only(), having(Ready("ecr.api"), nil)), Says: "for ecr.api but none for ecr.dkr", Alone: func(*World) {}},
	{Rule: "E-ECRXREGION", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = strings.Replace(Image, Region, "eu-west-1", 1) }, Says: "from eu-west-1", Alone: func(*World) {}},
	{Rule: "E-ECRPUBLIC", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = "public.ecr.aws/nginx/nginx" }, Says: "public.ecr.aws", Alone: with(nat, func(w *World) { w.Def().Containers[0].Image = "public.ecr.aws/nginx/nginx" })},
	{Rule: "E-DOCKERHUB", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = "nginx" }, Says: "web:7 pulls nginx from a registry outside AWS", Alone: with(nat, func(w *World) { w.Def().Containers[0].Image = "nginx" })},
	{Rule: "E-LOGS", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].LogRegion = "eu-west-1" }, Says: "logs to CloudWatch Logs in eu-west-1", Alone: func(w *World) { w.Def().Containers[0].LogRegion = Region }},
	{Rule: "E-FIRELENS", Severity: plan.Error, Caught: logging("awsfirelens:firehose", "firehose.eu-west-1.amazonaws.com"), Says: "logs to Amazon Data Firehose in eu-west-1", Alone: logging("awsfirelens:firehose", "firehose.us-east-1.amazonaws.com:443")},
	{Rule: "E-LOGS", Severity: plan.Warn, Caught: only("ecr", "secretsmanager"), Says: "The need awslogs is not selected", Alone: only("ecr", "secretsmanager", "awslogs")},
	{Rule: "E-ECRPAIR", Severity: plan.Warn, Caught: only("secretsmanager", "awslogs"), Says: "The need ecr is not selected", Alone: with(nat, only())},
	{Rule: "E-SECRETS", Severity: plan.Warn, Caught: only("ecr", "awslogs"), Says: "The need secretsmanager is not selected", Alone: func(*World) {}},

	{Rule: "G-BATCHREG", Severity: plan.Info, Caught: with(Batch, inRegion("ap-northeast-3"), only("workload-api")), Says: "follows the Region's list", Alone: with(Batch, only("workload-api"))},
	{Rule: "G-BATCHREG", Severity: plan.Block, Caught: with(Batch, inRegion("ap-southeast-3"), only("workload-api"), func(w *World) {
		w.Inv.Services = slices.DeleteFunc(w.Inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".batch") })
	}), Says: "no interface endpoint in ap-southeast-3", Alone: with(Batch, inRegion("ap-southeast-3"))},
	{Rule: "G-GWREACH", Severity: plan.Warn, Caught: func(w *World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "192.168.0.0/16", Target: "tgw-1"})
	}, Says: "transit gateway tgw-1", Alone: func(w *World) {
		w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{CIDR: "192.168.0.0/16", Target: "tgw-1"})
	}},
	{Rule: "G-GWDNS", Severity: plan.Warn, Caught: with(only("env-files"), func(w *World) { w.Net().DNSHostnames = false }), Says: "needs both", Alone: func(w *World) { w.Net().DNSHostnames = false }},
	{Rule: "G-S3IF", Severity: plan.Warn, Caught: having(Ready("s3"), nil), Says: "vpce-s3 uses the name of Amazon S3", Alone: having(Ready("s3"), func(e *inventory.Endpoint) { e.InboundOnly = true })},

	{Rule: "G-POLMAX", Severity: plan.Block, Caught: policyFile("logs", allowing("logs:*", strings.Repeat("logs:PutLogEvents\", \"", 1100)+"logs:*")), Says: "The policy for logs", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLPRIN", Severity: plan.Error, Caught: policyFile("logs", strings.Replace(allowing("logs:*"), `"Principal": "*", `, "", 1)), Says: "Principal", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLPRIN", Severity: plan.Error, Caught: policyFile("s3", strings.Replace(allowing("s3:*"), `"Principal": "*"`, `"Principal": {"AWS": "123456789012"}`, 1)), Says: "The policy for s3", Alone: policyFile("s3", allowing("s3:*"))},
	{Rule: "G-POLSHAPE", Severity: plan.Error, Caught: policyFile("logs", `{"Statement": [}`), Says: "cannot be used", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLSHAPE", Severity: plan.Error, Caught: policyFile("logs", allowing("ecr:BatchGetImage")), Says: "ecr:", Alone: policyFile("logs", allowing("*"))},
	{Rule: "G-POLWILD", Severity: plan.Error, Caught: policyFile("logs", strings.Replace(allowing("logs:*"), `"Action"`, `"Condition": {"StringLike": {"aws:PrincipalAccount": "12345*"}}, "Action"`, 1)), Says: "aws:PrincipalAccount",
		Alone: policyFile("logs", strings.Replace(allowing("logs:*"), `"Action"`, `"Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, "Action"`, 1))},
	{Rule: "G-POLSUP", Severity: plan.Error, Caught: with(policyFile("logs", allowing("logs:*")), func(w *World) { w.EndpointService("logs").PolicySupported = false }), Says: "does not support endpoint policies",
		Alone: func(w *World) {
			w.Ans.EndpointPolicy.Default = "least-privilege"
			w.EndpointService("logs").PolicySupported = false
		}},
	{Rule: "G-POLADD", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:GetLogEvents") }), Says: "logs:PutLogEvents", Fixed: true,
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:CreateLogStream", "logs:PutLogEvents") })},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(having(Ready("logs"), nil), policyFile("logs", allowing("logs:PutLogEvents", "logs:CreateLogStream"))), Says: "it stays unchanged",
		Alone: with(having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:Describe*") }), policyFile("logs", allowing("logs:PutLogEvents", "logs:CreateLogStream")))},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(nat, off, having(Ready("logs"), func(e *inventory.Endpoint) { e.PrivateDNS, e.Policy = false, allowing("logs:GetLogEvents") })), Says: "does not allow what this workload does",
		Alone: with(nat, having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:GetLogEvents") }))},
	{Rule: "G-POLAGENT", Severity: plan.Block, Caught: with(OnEC2, func(w *World) { w.Ans.EndpointPolicy.Default = "example" }), Says: "ecs:DiscoverPollEndpoint", Alone: with(OnEC2, func(w *World) { w.Ans.EndpointPolicy.Default = "least-privilege" }), Fixed: true},
	{Rule: "G-POLAGENT", Severity: plan.Block, Caught: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) { e.Policy = allowing("ecs:StartTelemetrySession") })), Says: "ecs:Poll", Alone: with(OnEC2, having(Ready("ecs-agent"), nil)), Fixed: true},
	{Rule: "G-POLAGENT", Severity: plan.Warn, Caught: with(only("workload-api"), func(w *World) { w.Ans.EndpointPolicy.Default = "example" }), Says: "lose their connection", Alone: only("workload-api")},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: func(w *World) { w.Endpoint(gateway(allowing("s3:ListBucket"))) }, Says: "prod-us-east-1-starport-layer-bucket", Fixed: true,
		Alone: func(w *World) { w.Endpoint(gateway(allowing("s3:GetObject"))) }},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: with(nat, func(w *World) { w.Endpoint(gateway(allowing("s3:ListBucket"))) }), Says: "image layers", Fixed: true, Alone: with(nat, func(w *World) { w.Endpoint(gateway("")) })},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: s3Gateway(allowingIf(ofOrg)), Says: "statement 1: StringEquals on aws:ResourceOrgID (the resource belongs to an account of AWS)", Fixed: true, Alone: s3Gateway(allowingIf(`"StringEquals": {"aws:SourceVpc": "` + VPC + `"}`))},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: s3Gateway(denyingIf(`"Resource": "*"`, notOurs)), Says: "statement 2: StringNotEquals on aws:ResourceAccount", Alone: s3Gateway(denyingIf(layers, notOurs))},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: s3Gateway(allowingIf(tagged)), Says: "cannot decide whether the policy of the s3 endpoint allows what this workload downloads", Fixed: true, Alone: s3Gateway("")},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: s3Gateway(`{"Statement": [}`), Says: "the document cannot be read", Alone: s3Gateway(allowing("s3:*"))},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: with(OnEC2, s3Gateway(denyingIf(layers, notOurs))), Says: "s3:GetObject on arn:aws:s3:::amazon-ecs-agent", Alone: s3Gateway(denyingIf(layers, notOurs))},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowingIf(tagged) }), Says: "StringEquals on aws:PrincipalTag/team (the wizard does not know its value)", Fixed: true,
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowingIf(ofAccount) })},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = denyingIf(`"Resource": "*"`, tagged) }), Says: "statement 2: StringEquals on aws:PrincipalTag/team",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) {
			e.Policy = denyingIf(`"Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:*"`, tagged)
		})},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(having(Ready("sts"), func(e *inventory.Endpoint) { e.Policy = allowing("sts:GetCallerIdentity") }), func(w *World) { w.Ans.Extra = []string{"sts"} }), Says: "allows what this workload does: sts:* on *",
		Alone: with(having(Ready("sts"), func(e *inventory.Endpoint) { e.Policy = allowing("sts:*") }), func(w *World) { w.Ans.Extra = []string{"sts"} })},
	{Rule: "G-POLAGENT", Severity: plan.Warn, Caught: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) {
		e.Policy = allowingIf(`"ArnLike": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/prod"}`)
	})), Says: "ArnLike on ecs:cluster", Fixed: true,
		Alone: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) { e.Policy = allowingIf(ofAccount) }))},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(ecrIf(`"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}`)), Says: "IpAddress on aws:SourceIp (calls through a VPC endpoint do not have this key)", Alone: role(ecrIf(ofAccount))},
	{Rule: "E-ECRCOND", Severity: plan.Warn, Caught: role(ecrIf(tagged)), Says: "cannot decide whether execution role exec allows pulls", Alone: role(ecrIf(ofAccount))},
	{Rule: "E-ECRCOND", Severity: plan.Warn, Caught: role(`{`), Says: "the document cannot be read", Alone: role(`{"Statement": []}`)},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(`"ecr:*"`, "aws:SourceVpc", VPC)), Says: "ecr:GetAuthorizationToken, which does not support it", Alone: role(pulls(pullActions, "aws:SourceVpc", VPC))},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(pullActions, "aws:SourceVpce", "vpce-old")), Says: "the id of the new ecr.api endpoint", Alone: with(role(pulls(pullActions, "aws:sourceVpc", VPC)))},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(pullActions, "aws:SourceVpc", "vpc-other")), Says: "vpc-other", Alone: role(pulls(`"s3:GetObject"`, "aws:SourceVpc", "vpc-other"))},

	{Rule: "Q-IF", Severity: plan.Block, Caught: func(w *World) { w.Inv.Quotas.InterfaceEndpoints = 3 }, Says: "The quota is 3 interface endpoints per VPC. 0 exist, and the plan needs 4 more", Alone: func(w *World) { w.Inv.Quotas.InterfaceEndpoints = 4 }},
	{Rule: "Q-IF", Severity: plan.Block, Caught: func(w *World) {
		for i := range 47 {
			w.Endpoint(inventory.Endpoint{ID: fmt.Sprint("vpce-", i), Type: "Interface", Service: "other", State: "available"})
		}
	}, Says: "AWS's default", Alone: func(w *World) {
		for i := range 47 {
			w.Endpoint(inventory.Endpoint{ID: fmt.Sprint("vpce-", i), Type: "Gateway", Service: "other", State: "available"})
		}
	}},
	{Rule: "Q-GW", Severity: plan.Block, Caught: func(w *World) { w.Inv.Quotas.UsedGateways = 20 }, Says: "20 gateway endpoints", Alone: func(w *World) { w.Inv.Quotas.UsedGateways, w.Inv.Quotas.GatewayEndpoints = 20, 21 }},
	{Rule: "Q-SG", Severity: plan.Error, Caught: func(w *World) {
		for i := range 6 {
			g := Wide()
			g.ID = fmt.Sprint("sg-wide-", i)
			w.Group(g)
			w.Ans.SecurityGroups = append(w.Ans.SecurityGroups, g.ID)
		}
	}, Says: "6 security groups", Alone: ownGroups("sg-wide")},
	{Rule: "Q-SG", Severity: plan.Error, Caught: func(w *World) { w.Inv.Quotas.RulesPerGroup = 2; w.Service().Groups = nil }, Says: "3 inbound rules", Alone: func(w *World) { w.Inv.Quotas.RulesPerGroup = 2 }},

	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, func(w *World) { w.Host().AgentVersion = "1.24.0" }), Says: "i-prod-0 (1.24.0)", Alone: with(OnEC2, func(w *World) { w.Host().AgentVersion = "1.25.1" })},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(BatchOnEC2, func(w *World) { w.Inv.Clusters[1].ContainerInstances[0].AgentVersion = "1.9.0" }), Says: "(1.9.0)", Alone: BatchOnEC2},
	{Rule: "E-AGENT1251", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Hosts("legacy", "sg-hosts", "1.24.0"); w.Ans.Agent.Clusters = []string{"prod"} }), Says: "Cluster legacy", Alone: OnEC2},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, known, func(w *World) { w.Host().AgentVersion = "1.24.0" }), Says: "(1.24.0)", Fixed: true,
		Alone: with(OnEC2, known, func(w *World) { w.Host().AgentVersion, w.Ans.Agent.Update = "1.24.0", true })},
	{Rule: "E-AGENT1251", Severity: plan.Block, Caught: with(OnEC2, known, func(w *World) {
		w.Host().AgentVersion, w.Host().Connected, w.Ans.Agent.Update = "1.24.0", false, true
	}), Says: "(1.24.0)", Alone: with(OnEC2, known)},
	{Rule: "E-AGENTOFF", Severity: plan.Warn, Caught: with(OnEC2, nat, func(w *World) { w.Host().Connected = false }), Says: "1 container instance in cluster prod are not connected", Alone: with(OnEC2, func(w *World) { w.Host().Connected = false })},
	{Rule: "E-RESTART", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Hosts("other", "sg-hosts", "1.86.2"); w.Ans.Agent.Clusters = []string{"prod"} }), Says: "Cluster other", Alone: OnEC2},
	{Rule: "E-RESTART", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) { w.Ans.Agent.Restart = "none" }), Says: "does not restart", Alone: OnEC2},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(OnEC2, func(w *World) {
		w.Service().LaunchType, w.Service().Subnets = "MANAGED_INSTANCES", []string{"subnet-a"}
	}), Says: "Service prod/web", Alone: OnEC2},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: OnManaged, Says: "does not document which endpoints", Alone: OnEC2},
	{Rule: "E-MANAGED", Severity: plan.Info, Caught: with(OnManaged, nat, func(w *World) { w.Inv.Clusters[0].ManagedProviders = nil }), Says: "does not document which endpoints", Alone: nat},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(BatchOnEC2, func(w *World) { w.Environment().Type = "ECS_MANAGED_INSTANCES" }), Says: "requires a NAT gateway", Alone: BatchOnEC2},
	{Rule: "E-MANAGED", Severity: plan.Warn, Caught: with(BatchOnEC2, func(w *World) { w.Environment().Type = "ECS_MANAGED_INSTANCES" }), Says: "nightly", Alone: BatchOnEC2},
	{Rule: "E-EKS", Severity: plan.Block, Caught: with(Batch, func(w *World) { w.Environment().Orchestration = "EKS"; w.Ans.ComputeEnvironment = "nightly" }), Says: "nightly runs on Amazon EKS", Alone: with(Batch, func(w *World) {
		w.Inv.Batch.Environments = append(w.Inv.Batch.Environments, inventory.ComputeEnvironment{ARN: "arn:eks", Name: "on-eks", Type: "EC2", Orchestration: "EKS"})
	})},
	{Rule: "E-ECRPTC", Severity: plan.Warn, Caught: cached("mirror/quay", "/mirror/quay/app"), Says: "The pull-through cache rule mirror/quay for quay.io applies", Alone: cached("mirror/quay", "/mirror/quay-copy")},
	{Rule: "E-ECRPTC", Severity: plan.Warn, Caught: cached("ROOT", "/any/app"), Says: "The pull-through cache rule ROOT", Alone: func(w *World) {
		w.Def().Containers[0].Image = strings.Replace(Image, "/web", "/docker-hub/library/nginx", 1)
	}},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("splunk", "hec.logs.example:8088"), Says: "logs with the driver splunk to hec.logs.example:8088, which is outside AWS", Alone: with(nat, logging("splunk", "hec.logs.example:8088"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:datadog", ""), Says: "to http-intake.logs.datadoghq.com (the default of the plug-in), which is outside AWS", Alone: with(logging("awsfirelens:datadog", ""), zones("datadoghq.com"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:sumologic", ""), Says: "to a service outside AWS", Alone: logging("awsfirelens:stdout", "")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: with(logging("splunk", "hec.corp.test:8088"), forwards("FORWARD", "other.test")), Says: "which is outside AWS", Alone: with(logging("splunk", "hec.corp.test:8088"), forwards("FORWARD", "corp.test"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens", ""), Says: "its log router decides where the logs go", Alone: logging("awsfirelens:kinesis_firehose", "")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:es", "search-a.us-east-1.es.amazonaws.com"), Says: "a name of AWS", Alone: logging("awsfirelens:es", "vpc-a.us-east-1.es.amazonaws.com")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:http", "sts.us-east-1.amazonaws.com"), Says: "the name of the service sts, which has no endpoint in the plan", Alone: with(logging("awsfirelens:http", "sts.us-east-1.amazonaws.com"), func(w *World) { w.Ans.Extra = []string{"sts"} })},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: func(w *World) {
		w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{Name: "Service Connect proxy", LogDriver: "gelf", LogHost: "203.0.113.5:12201"}
	}, Says: "The Service Connect proxy of service web", Alone: func(w *World) {
		w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{Name: "Service Connect proxy", LogDriver: "gelf", LogHost: "10.0.9.9:12201"}
	}},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(role(groupsOf("logs:CreateLogStream")), creating), Says: "The execution role exec does not allow it", Alone: with(role(groupsOf("logs:Create*")), creating)},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(role(`{"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}]}`), creating), Says: "log group /new", Alone: role(groupsOf("logs:CreateLogStream"))},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(func(w *World) { w.Def().ExecutionRole = "arn:aws:iam::" + Account + ":role/exec" }, creating), Says: "was not read", Alone: with(role(groupsOf("logs:CreateLogGroup")), creating)},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(OnEC2, creating), Says: "the role of the container instance creates it", Alone: with(OnEC2, role(groupsOf("logs:CreateLogGroup")), creating)},
	{Rule: "E-S3FILES", Severity: plan.Info, Caught: func(w *World) { w.Def().S3Files = true }, Says: "web:7 mounts an Amazon S3 Files file system", Alone: func(w *World) { w.Def().EFS = true }},
	{Rule: "E-BATCHINVALID", Severity: plan.Warn, Caught: with(Batch, func(w *World) { w.Environment().Status, w.Environment().Reason = "INVALID", "CLIENT_ERROR - no" }), Says: "Compute environment nightly is INVALID, so AWS Batch places no jobs in it. Endpoints do not change this. Reason: CLIENT_ERROR - no", Alone: with(Batch, func(w *World) { w.Environment().Status = "UPDATING" })},
	{Rule: "E-WINLAYER", Severity: plan.Warn, Caught: windows, Says: "web:7 runs on Windows", Alone: with(windows, nat)},
	{Rule: "E-PV", Severity: plan.Warn, Caught: func(w *World) { w.Service().PlatformVersion = "1.3.0" }, Says: "Service web asks for Fargate platform version 1.3.0", Alone: with(windows, func(w *World) { w.Service().PlatformVersion = "1.0.0" })},
	{Rule: "E-PV", Severity: plan.Warn, Caught: with(Batch, func(w *World) { w.Inv.Batch.Definitions[0].PlatformVersion = "1.2.0" }), Says: "Job definition web:7", Alone: with(Batch, func(w *World) { w.Inv.Batch.Definitions[0].PlatformVersion = "LATEST" })},
	{Rule: "E-IPV6ONLY", Severity: plan.Warn, Caught: func(w *World) { w.Net().Subnets[0].IPv6Only = true }, Says: "app-a", Alone: func(w *World) { w.Net().Subnets[3].IPv6Only = true }},
	{Rule: "E-GUARD", Severity: plan.Info, Caught: having(Ready("guardduty-data"), nil), Says: "GuardDuty did not create it", Alone: having(Ready("sts"), nil)},
	{Rule: "E-GUARD", Severity: plan.Info, Caught: having(Ready("guardduty-data"), func(e *inventory.Endpoint) { e.RequesterManaged = true }), Says: "GuardDuty created endpoint", Alone: having(Ready("sts"), nil)},
}
