package plantest

import (
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

// Cases are the cases of all rules. Those of the rules in internal/plan/rule_NAME.go are in rule_NAME.go of
// this package, because the tests of the command use them too.
var Cases = slices.Concat(
	accessCases, aclCases, agentsCases, airflowCases(), bastionCases, batchCases, cachesCases, clientvpnCases,
	conditionsCases, dnsCases, encryptionCases, endpointsCases, firstCases, gatewaysCases, groupsCases, imagesCases,
	iptypeCases, loggroupsCases, logsCases, managedCases, namesCases, needsCases, platformsCases, policiesCases,
	portsCases, quotasCases, readsCases, registryCases, routesCases, secretsCases, servicesCases, subnetsCases,
	volumesCases, vpcCases,
)

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
