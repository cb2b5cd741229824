package doctor_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// failure is an error that users of private ECS, Batch and MWAA networking report, with an account that has its cause.
type failure struct {
	name string
	// text is the error in the form of AWS; empty if no text is known.
	text    string
	details doctor.Details
	// causes are those of the text, the likeliest first. The first that the account confirms must be kind.
	causes []doctor.Cause
	set    func(*plantest.World) // nil: no account shows it
	kind   cause.Kind
	// changes are the changes of the plan that fix it, and after is the account with them. Without changes the fix is a command that has the
	// parts of command.
	changes string
	after   func(*plantest.World)
	command []string
}

func (f failure) report() doctor.Report {
	return doctor.Report{Version: doctor.Version, Messages: []doctor.Message{{Text: f.text, Details: f.details}}, Causes: slices.Clone(f.causes)}
}

// likely returns causes of a text that does not decide.
func likely(service string, kinds ...cause.Kind) []doctor.Cause {
	var out []doctor.Cause
	for _, k := range kinds {
		out = append(out, doctor.Cause{Kind: k, Service: service, Certainty: doctor.Likely})
	}
	return out
}

// complete adds all endpoints of the service.
func complete(w *plantest.World) {
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	s3In("rtb-app")(w)
}

// s3In adds the gateway endpoint of Amazon S3 with route tables.
func s3In(tables ...string) func(*plantest.World) {
	return func(w *plantest.World) {
		w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: tables})
	}
}

func with(fs ...func(*plantest.World)) func(*plantest.World) {
	return func(w *plantest.World) {
		for _, f := range fs {
			f(w)
		}
	}
}

// having changes the endpoint of a service.
func having(code string, change func(*plantest.World, *inventory.Endpoint)) func(*plantest.World) {
	return func(w *plantest.World) {
		for i := range w.Net().Endpoints {
			if e := &w.Net().Endpoints[i]; strings.HasSuffix(e.Service, "."+code) {
				change(w, e)
			}
		}
	}
}

func policyOf(document string) func(*plantest.World, *inventory.Endpoint) {
	return func(_ *plantest.World, e *inventory.Endpoint) { e.Policy = document }
}

// agents makes the service run on container instances. The three ECS endpoints exist since 2026-06-01, and the first agent is not connected.
func agents(w *plantest.World) {
	plantest.OnEC2(w)
	complete(w)
	for _, code := range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
		e := plantest.Ready(code)
		e.Created = "2026-06-01T00:00:00Z"
		w.Endpoint(e)
	}
	w.Host().Connected = false
}

const (
	execution = "arn:aws:iam::" + plantest.Account + ":role/exec"
	session   = "arn:aws:sts::" + plantest.Account + ":assumed-role/exec/0123456789abcdef"
	keyARN    = "arn:aws:kms:us-east-1:" + plantest.Account + ":key/0a1b2c3d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"
)

// roled gives the service an execution role with a policy.
func roled(document string) func(*plantest.World) {
	return func(w *plantest.World) {
		w.Def().ExecutionRole = execution
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRoles, Role: execution}, inventory.Request{Part: inventory.PartRegistry})
		w.Inv.Roles = []inventory.Role{{ARN: execution, Name: "exec", Policies: []inventory.RolePolicy{{Name: "own", Document: document}}}}
		w.Inv.Secrets = []inventory.Secret{{ARN: plantest.Secret, Name: "db", KMSKey: keyARN}}
		w.Inv.Keys = []inventory.Key{{ARN: keyARN, Manager: "CUSTOMER", State: "Enabled", Usage: "ENCRYPT_DECRYPT"}}
	}
}

const (
	readsSecret = `{"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}`
	narrow      = `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "s3:ListBucket"}]}`
	noSecret    = `{"Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}`
)

// path are the causes of a call without an answer, to an address that the text does not have.
var path = []cause.Kind{cause.NoPublicAddress, cause.PrivateDNSOff, cause.EndpointMissing, cause.EndpointGroup, cause.EgressGroup, cause.NetworkACL}

// failures are the reported failures: what users see, in an account that has its cause. The first 25 are in the order of the list that this project
// collected from public issue threads.
var failures = []failure{
	{name: "1: registry login times out", details: doctor.Details{Service: "ecr.api", Region: "us-east-1", Address: "52.46.146.82"}, causes: likely("ecr.api", path...),
		text: `ResourceInitializationError: unable to pull secrets or registry auth: operation error ECR: GetAuthorizationToken, https response error StatusCode: 0, RequestID: , request send failed, Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.46.146.82:443: i/o timeout`,
		set:  func(*plantest.World) {}, kind: cause.EndpointMissing, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-app endpoint/s3 endpoint/ecr.api endpoint/ecr.dkr", after: complete},
	{name: "2: secrets after platform version 1.4.0", details: doctor.Details{Service: "secretsmanager", Region: "us-east-1"}, causes: likely("secretsmanager", path...),
		text: "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded",
		set:  func(w *plantest.World) { w.Service().PlatformVersion = "1.4.0" }, kind: cause.EndpointMissing, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-app endpoint/secretsmanager", after: complete},
	{name: "3: layers time out without a route to Amazon S3", details: doctor.Details{Service: "s3", Region: "us-east-1"}, causes: likely("s3", cause.EndpointMissing, cause.RouteMissing, cause.EgressGroup, cause.NetworkACL),
		text: "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1: dial tcp 52.219.199.138:443: i/o timeout",
		set:  with(complete, having("s3", func(_ *plantest.World, e *inventory.Endpoint) { e.RouteTables = []string{"rtb-main"} })), kind: cause.RouteMissing, changes: "endpoint/s3",
		after: with(complete)},
	{name: "4: outbound rules without the prefix list of Amazon S3", details: doctor.Details{Service: "s3", Region: "us-east-1"}, causes: likely("s3", cause.EndpointMissing, cause.RouteMissing, cause.EgressGroup, cause.NetworkACL),
		text: "CannotPullContainerError: failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/1\": dial tcp 52.216.1.1:443: i/o timeout",
		set: with(complete, func(w *plantest.World) {
			w.Net().Group("sg-app").Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}
		}),
		kind: cause.EgressGroup, command: []string{"authorize-security-group-egress --group-id sg-app", "PrefixListIds=[{PrefixListId=pl-s3}]"}},
	{name: "5: 403 from the bucket of the layers", details: doctor.Details{Service: "s3", Region: "us-east-1", Status: 403, Action: "s3:GetObject"}, causes: likely("s3", cause.EndpointPolicy, cause.RolePermission),
		text: "CannotPullContainerError: error pulling image configuration: download failed after attempts=1: unexpected status 403 Forbidden: https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/1",
		set:  with(complete, having("s3", policyOf(narrow))), kind: cause.EndpointPolicy, command: []string{"modify-vpc-endpoint --vpc-endpoint-id vpce-s3 --policy-document"}},
	{name: "6: conflicting DNS domain", details: doctor.Details{Service: "logs", Region: "us-east-1", IDs: []string{"vpc-1"}}, causes: likely("logs", cause.DNSConflict, cause.DNSZone),
		text: "InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for logs.us-east-1.amazonaws.com in the VPC vpc-1",
		set:  complete, kind: cause.DNSConflict, command: []string{"describe-vpc-endpoints", "Name=service-name,Values=com.amazonaws.us-east-1.logs"}},
	{name: "7: own private hosted zone", details: doctor.Details{Service: "ecr.api", Region: "us-east-1"}, causes: likely("ecr.api", cause.DNSConflict, cause.DNSZone),
		text: "ConflictingDomainExists: The VPC vpc-1 in region us-east-1 has already been associated with the hosted zone Z1 with the same domain name.",
		set: func(w *plantest.World) {
			w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "api.ecr.us-east-1.amazonaws.com", Owner: plantest.Account}}
		},
		kind: cause.DNSZone, command: []string{"list-hosted-zones-by-vpc --vpc-id vpc-1"}},
	{name: "8: zone without the service", details: doctor.Details{Service: "logs", Region: "us-east-1", IDs: []string{"subnet-a"}}, causes: likely("logs", cause.ZoneDuplicate, cause.ZoneUnsupported),
		text: "The VPC endpoint service com.amazonaws.us-east-1.logs does not support the availability zone of the subnet: subnet-a.",
		set: func(w *plantest.World) {
			w.EndpointService("logs").Zones = []string{"us-east-1b", "us-east-1c"}
			w.Net().Subnets = slices.DeleteFunc(w.Net().Subnets, func(s inventory.Subnet) bool { return s.ID == "subnet-data" })
		}, kind: cause.ZoneUnsupported, command: []string{"describe-vpc-endpoint-services --service-names com.amazonaws.us-east-1.logs"}},
	{name: "9: two subnets of one zone", details: doctor.Details{Region: "us-east-1", IDs: []string{"subnet-data"}}, causes: likely("", cause.ZoneUnsupported, cause.ZoneDuplicate),
		text: "DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of subnet-data. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.",
		set:  func(*plantest.World) {}, kind: cause.ZoneDuplicate, command: []string{"describe-subnets"}},
	{name: "10: the route exists", details: doctor.Details{Service: "s3", Region: "us-east-1", IDs: []string{"rtb-app", "pl-s3"}}, causes: likely("s3", cause.RouteConflict),
		text: "RouteAlreadyExists: route table rtb-app already has a route with destination-prefix-list-id pl-s3",
		set:  complete, kind: cause.RouteConflict, command: []string{"describe-route-tables --route-table-ids rtb-app"}},
	{name: "11: DNS attributes of the VPC", details: doctor.Details{Service: "ecr.api", Region: "us-east-1", IDs: []string{"vpc-1"}}, causes: likely("", cause.VPCDNSOff),
		text: "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for vpc-1",
		set:  with(complete, func(w *plantest.World) { w.Net().DNSHostnames = false }), kind: cause.VPCDNSOff, changes: "vpc-attribute/dns-hostnames", after: complete},
	{name: "12: the name of the service stays public", details: doctor.Details{Service: "ecr.api", Region: "us-east-1", Address: "52.46.146.82"}, causes: likely("ecr.api", cause.EndpointMissing, cause.NoInternetPath, cause.PrivateDNSOff),
		text: `Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.46.146.82:443: i/o timeout`,
		set:  with(complete, having("ecr.api", func(_ *plantest.World, e *inventory.Endpoint) { e.PrivateDNS = false })), kind: cause.PrivateDNSOff, changes: "endpoint/ecr.api", after: complete},
	{name: "13: security group of the endpoint", details: doctor.Details{Service: "ecr.api", Region: "us-east-1", Address: "10.0.1.7"}, causes: likely("ecr.api", cause.EgressGroup, cause.NetworkACL, cause.EndpointGroup),
		text: `Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 10.0.1.7:443: i/o timeout`,
		set:  with(complete, having("ecr.api", func(_ *plantest.World, e *inventory.Endpoint) { e.Groups = []string{"sg-default"} })), kind: cause.EndpointGroup, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-app endpoint/ecr.api", after: complete},
	{name: "14: another workload loses the service", details: doctor.Details{Service: "logs", Region: "us-east-1", Address: "10.0.1.9"}, causes: likely("logs", cause.EgressGroup, cause.NetworkACL, cause.EndpointGroup),
		text: `RequestError: send request failed caused by: Post "https://logs.us-east-1.amazonaws.com/": dial tcp 10.0.1.9:443: i/o timeout`,
		set: with(complete, func(w *plantest.World) {
			w.Group(inventory.SecurityGroup{ID: "sg-other", Name: "other", VPC: plantest.VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-default"}}})
		}, having("logs", func(_ *plantest.World, e *inventory.Endpoint) { e.Groups = []string{"sg-other"} })), kind: cause.EndpointGroup, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-app endpoint/logs", after: complete},
	{name: "15: network ACL", details: doctor.Details{Service: "ecr.dkr", Region: "us-east-1", Address: "10.0.1.7"}, causes: likely("ecr.dkr", cause.EndpointGroup, cause.EgressGroup, cause.NetworkACL),
		text: `CannotPullContainerError: failed to do request: Head "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/1": dial tcp 10.0.1.7:443: i/o timeout`,
		set:  with(complete, plantest.Deny(90, true)), kind: cause.NetworkACL, command: []string{"create-network-acl-entry --network-acl-id acl-1 --egress --rule-number 89", "From=443,To=443"}},
	{name: "16: no path to the logs", details: doctor.Details{Service: "logs", Region: "us-east-1"}, causes: likely("logs", cause.EndpointMissing, cause.NoInternetPath, cause.EndpointGroup),
		text: "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. signal: killed",
		set:  func(*plantest.World) {}, kind: cause.EndpointMissing, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-app endpoint/logs", after: complete},
	{name: "17: instances of AWS Batch do not join", details: doctor.Details{Region: "us-east-1"}, causes: append(likely("ecs", cause.EndpointMissing, cause.NoInternetPath, cause.EgressGroup, cause.EndpointGroup), likely("", cause.RolePermission, cause.CustomAMI)...),
		text: "CLIENT_ERROR - Your compute environment has been INVALIDATED and scaled down because none of the instances joined the underlying ECS Cluster.",
		set: func(w *plantest.World) {
			plantest.BatchOnEC2(w)
			w.Environment().Status, w.Environment().Reason = "INVALID", "CLIENT_ERROR - Your compute environment has been INVALIDATED"
		}, kind: cause.EndpointMissing, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-hosts endpoint/ecs-agent endpoint/ecs-telemetry endpoint/ecs",
		after: func(w *plantest.World) {
			plantest.BatchOnEC2(w)
			complete(w)
			for _, code := range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
				w.Endpoint(plantest.Ready(code))
			}
		}},
	{name: "18: agents with the addresses of before", details: doctor.Details{Service: "ecs-agent", Region: "us-east-1", Host: "ecs-a-1.us-east-1.amazonaws.com"}, causes: likely("ecs-agent", cause.EndpointMissing, cause.AgentRestart, cause.EndpointGroup),
		text: "Error connecting to ACS: dial tcp: lookup ecs-a-1.us-east-1.amazonaws.com: i/o timeout",
		set:  agents, kind: cause.AgentRestart, changes: "agents/prod",
		after: func(w *plantest.World) {
			agents(w)
			for i := range w.Inv.Clusters[0].ContainerInstances {
				h := &w.Inv.Clusters[0].ContainerInstances[i]
				h.Connected, h.Registered = true, "2026-07-01T00:00:00Z"
			}
		}},
	{name: "19: a part of the ECS endpoints", details: doctor.Details{Service: "ecs-telemetry", Region: "us-east-1"}, causes: likely("ecs-telemetry", cause.NoInternetPath, cause.EndpointMissing),
		text: "Error connecting to TCS: websocket client: unable to dial ecs-t-1.us-east-1.amazonaws.com response: : dial tcp 52.94.228.167:443: i/o timeout",
		set: func(w *plantest.World) {
			plantest.OnEC2(w)
			complete(w)
			w.Endpoint(plantest.Ready("ecs-agent"))
			w.Host().Connected = false
		}, kind: cause.EndpointMissing, changes: "security-group/endpoints security-group-rule/endpoints/in/sg-hosts endpoint/ecs-telemetry endpoint/ecs", after: agents},
	{name: "20: an environment does not start", details: doctor.Details{Region: "us-east-1"}, causes: append(likely("", cause.MWAASelf), append(likely("", cause.EndpointMissing, cause.NoInternetPath), likely("s3", cause.RouteMissing)...)...),
		text: "INCORRECT_CONFIGURATION: You may need to check the execution role permissions policy for your environment, and that each of the VPC networking components required by the environment are configured to allow traffic.",
		set: func(w *plantest.World) {
			plantest.Airflow(w)
			w.Env().Status = "CREATE_FAILED"
			w.Group(plantest.Wide())
			s3In("rtb-app")(w)
			for _, code := range []string{"logs", "monitoring", "sqs", "kms"} {
				w.Endpoint(plantest.Ready(code))
			}
			g := w.Net().Group("sg-airflow")
			g.Rules = g.Rules[1:]
		}, kind: cause.MWAASelf, changes: "security-group-rule/sg-airflow/in/sg-airflow", after: plantest.Airflow},
	{name: "21: an environment waits for endpoints", details: doctor.Details{Region: "us-east-1", Names: []string{"nightly"}}, causes: likely("", cause.MWAAEndpoints),
		text: "Error: waiting for MWAA Environment (nightly) create: unexpected state 'PENDING', wanted target 'AVAILABLE'",
		set:  plantest.Waiting, kind: cause.MWAAEndpoints, changes: "endpoint/nightly-database endpoint/nightly-webserver", after: plantest.Airflow},
	{name: "22: the caller may not create endpoints", details: doctor.Details{Region: "us-east-1", Action: "ec2:CreateVpcEndpoint", Principal: "arn:aws:sts::123456789012:assumed-role/pipeline/ci", Resource: "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"},
		text:   "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/pipeline/ci is not authorized to perform: ec2:CreateVpcEndpoint on resource: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1",
		causes: []doctor.Cause{{Kind: cause.CallerPermission, Certainty: doctor.Certain}}, kind: cause.CallerPermission, command: []string{"put-role-policy --role-name pipeline", "ec2:CreateVpcEndpoint"}},
	{name: "23: the key of the secret", details: doctor.Details{Service: "secretsmanager", Region: "us-east-1", Principal: session, Resource: plantest.Secret}, causes: likely("kms", cause.KMSPermission),
		text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret " + plantest.Secret + " from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: a87a66d9-f839-4353-b8c2-9984b1465695",
		set:  with(complete, roled(readsSecret)), kind: cause.KMSPermission, command: []string{"put-role-policy --role-name exec", "kms:Decrypt", keyARN}},
	{name: "23: the role may not read the secret", details: doctor.Details{Service: "secretsmanager", Region: "us-east-1", Action: "secretsmanager:GetSecretValue", Principal: session, Resource: plantest.Secret}, causes: likely("", cause.RolePermission),
		text: "AccessDeniedException: User: " + session + " is not authorized to perform: secretsmanager:GetSecretValue on resource: " + plantest.Secret + " because no identity-based policy allows the secretsmanager:GetSecretValue action.",
		set:  with(complete, roled(noSecret)), kind: cause.RolePermission, command: []string{"put-role-policy --role-name exec", "secretsmanager:GetSecretValue", plantest.Secret}},
	{name: "24: the secret is scheduled for deletion", details: doctor.Details{Service: "secretsmanager", Region: "us-east-1", Resource: plantest.Secret}, causes: likely("", cause.SecretMissing),
		text: "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.",
		set:  with(complete, roled(readsSecret), func(w *plantest.World) { w.Inv.Secrets[0].Deleted = "2026-11-01T00:00:00Z" }), kind: cause.SecretMissing, command: []string{"restore-secret --secret-id " + plantest.Secret}},
	{name: "25: PassRole", details: doctor.Details{Region: "us-east-1", Action: "iam:PassRole", Principal: "arn:aws:iam::123456789012:user/deployer", Resource: execution},
		text:   "AccessDeniedException: User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: iam:PassRole on resource: " + execution,
		causes: []doctor.Cause{{Kind: cause.CallerPermission, Certainty: doctor.Certain}}, kind: cause.CallerPermission, command: []string{"put-user-policy --user-name deployer", "iam:PassRole", execution}},

	// More that users report, and that an account shows.
	{name: "a NAT gateway and no route", details: doctor.Details{Region: "us-east-1", Host: "registry-1.docker.io"}, causes: likely("", cause.RouteMissing, cause.NoInternetPath),
		text: `CannotPullContainerError: failed to resolve ref docker.io/library/nginx:latest: failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/latest": dial tcp 54.227.20.253:443: i/o timeout`,
		set: func(w *plantest.World) {
			w.NAT()
			w.Service().PublicIP = true
		}, kind: cause.RouteMissing, command: []string{"create-route --route-table-id rtb-app --destination-cidr-block 0.0.0.0/0 --gateway-id INTERNET_GATEWAY_ID"}},
	{name: "no public address", details: doctor.Details{Region: "us-east-1", Host: "registry-1.docker.io"}, causes: likely("", cause.RouteMissing, cause.NoPublicAddress),
		text: `failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/latest": dial tcp 54.227.20.253:443: i/o timeout`,
		set: func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
		}, kind: cause.NoPublicAddress, command: []string{"update-service --cluster prod --service web", "assignPublicIp=ENABLED"}},
	{name: "a log group that does not exist", details: doctor.Details{Service: "logs", Region: "us-east-1"}, causes: likely("logs", cause.LogGroupMissing),
		text: "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
		set: with(complete, func(w *plantest.World) {
			w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartLogGroups, Name: "/ecs/web"})
			w.Def().Containers[0].LogGroup = "/ecs/web"
		}), kind: cause.LogGroupMissing, changes: "log-group//ecs/web", after: func(w *plantest.World) {
			complete(w)
			w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartLogGroups, Name: "/ecs/web"})
			w.Def().Containers[0].LogGroup, w.Inv.LogGroups = "/ecs/web", []string{"/ecs/web"}
		}},
	{name: "no free address", details: doctor.Details{Region: "us-east-1", IDs: []string{"subnet-a"}}, causes: likely("", cause.NoFreeAddress),
		text: "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet",
		set:  func(w *plantest.World) { w.Net().Subnets[0].Free = 0 }, kind: cause.NoFreeAddress, command: []string{"describe-subnets --filters Name=vpc-id,Values=vpc-1"}},
	{name: "a role in place of an instance profile", details: doctor.Details{Region: "us-east-1"}, causes: likely("", cause.InstanceProfile),
		text: "Operation failed, ComputeEnvironment went INVALID with error: CLIENT_ERROR - Invalid IamInstanceProfile: ecsInstanceRole",
		set: func(w *plantest.World) {
			plantest.BatchOnEC2(w)
			w.Environment().InstanceRole = "arn:aws:iam::" + plantest.Account + ":role/ecsInstanceRole"
		}, kind: cause.InstanceProfile, command: []string{"create-instance-profile", "add-role-to-instance-profile", "--role-name ecsInstanceRole"}},
	{name: "an old agent", details: doctor.Details{Service: "ecs-agent", Region: "us-east-1"}, causes: likely("", cause.AgentOld),
		set: with(agents, func(w *plantest.World) {
			for i := range w.Inv.Clusters[0].ContainerInstances {
				w.Inv.Clusters[0].ContainerInstances[i].AgentVersion = "1.20.0"
			}
		}), kind: cause.AgentOld, command: []string{"update-container-agent --cluster prod"}},
	{name: "a private web server", details: doctor.Details{Region: "us-east-1"}, causes: likely("", cause.MWAAAccess, cause.EndpointGroup),
		text: "Connection timed out", set: plantest.Airflow, kind: cause.MWAAAccess, command: []string{"mwaa get-environment --name nightly"}},
	{name: "a condition of the execution role", details: doctor.Details{Service: "ecr.api", Region: "us-east-1", Principal: session}, causes: likely("ecr.api", cause.SourceCondition),
		text: "AccessDeniedException: User: " + session + " is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:123456789012:repository/web",
		set:  with(complete, roled(`{"Statement": [{"Effect": "Allow", "Resource": "*", "Action": ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-old"}}}]}`)),
		kind: cause.SourceCondition, command: []string{"get-role-policy --role-name exec"}},
	{name: "registry credentials are not decided", details: doctor.Details{Region: "us-east-1"}, causes: likely("", cause.RegistryCredentials), text: "CannotPullContainerError: pull access denied, repository does not exist or may require authorization",
		set: func(w *plantest.World) { w.Def().Containers[0].Image = "registry.example.com/web:1" }},
}

// TestFailures: the account confirms the right cause, the fix removes it or is a command, and a snapshot gives the same report.
func TestFailures(t *testing.T) {
	for _, tt := range failures {
		t.Run(tt.name, func(t *testing.T) {
			if tt.set == nil { // the message alone decides
				r := tt.report()
				r.FixFromText()
				fixed(t, tt, r.Causes[0])
				return
			}
			w := plantest.New()
			tt.set(w)
			r := tt.report()
			r.Verify(&w.Inv, w.Ans, w.Plan())
			first := r.Causes[0]
			if tt.kind == "" {
				if first.State != doctor.Undecided || first.Fix != nil {
					t.Errorf("%+v", first)
				}
				return
			}
			if first.Kind != tt.kind || first.State != doctor.Confirmed {
				t.Errorf("the first cause is %s %s, want %s", first.Kind, first.State, tt.kind)
				for _, c := range r.Causes {
					t.Logf("%s %s %s %+v", c.Kind, c.Service, c.State, c.Facts)
				}
				return
			}
			for _, c := range r.Causes {
				if c.State == "" || len(c.Facts) == 0 || (c.State == doctor.Confirmed) != (c.Fix != nil) {
					t.Errorf("%+v", c)
				}
				for _, f := range c.Facts {
					if f.Text == "" || strings.HasSuffix(f.Text, ".") && f.Name != "account" || strings.Contains(f.Text, "  ") {
						t.Errorf("%s: fact %q", c.Kind, f.Text)
					}
				}
			}
			fixed(t, tt, first)

			// A snapshot needs no credentials and gives the same.
			data, err := w.Inv.Write()
			if err != nil {
				t.Fatal(err)
			}
			read, err := inventory.Read(data)
			if err != nil {
				t.Fatal(err)
			}
			again := tt.report()
			w.Inv = *read
			again.Verify(read, w.Ans, w.Plan())
			for i, c := range again.Causes {
				if c.Kind != r.Causes[i].Kind || c.State != r.Causes[i].State || !slices.Equal(c.Facts, r.Causes[i].Facts) {
					t.Errorf("a snapshot gives %+v, want %+v", c, r.Causes[i])
				}
			}

			if tt.after == nil {
				return
			}
			w = plantest.New()
			tt.after(w)
			after := tt.report()
			after.Verify(&w.Inv, w.Ans, w.Plan())
			for _, c := range after.Causes {
				if c.Kind == tt.kind && c.State != doctor.Excluded {
					t.Errorf("after the fix: %s %s %+v", c.Kind, c.State, c.Facts)
				}
			}
		})
	}
}

// fixed compares the fix of a cause with the expected one.
func fixed(t *testing.T, tt failure, c doctor.Cause) {
	t.Helper()
	if c.Fix == nil {
		t.Fatal("no fix")
	}
	var ids []string
	for _, id := range c.Fix.Changes {
		ids = append(ids, string(id))
	}
	if got := strings.Join(ids, " "); got != tt.changes {
		t.Errorf("changes %q, want %q", got, tt.changes)
	}
	all := strings.Join(c.Fix.Commands, "\n")
	for _, part := range tt.command {
		if !strings.Contains(all, part) {
			t.Errorf("the commands lack %q:\n%s", part, all)
		}
	}
	if (len(tt.changes) > 0) == (len(c.Fix.Commands) > 0) {
		t.Errorf("changes %q and commands %q", ids, all)
	}
}

// TestTroubleshootingPage: docs/troubleshooting.md has the failures above, and each of its messages has the cause.
func TestTroubleshootingPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n### ")[1:]
	for i, section := range sections {
		number, title, _ := strings.Cut(section, " ")
		if number != fmt.Sprintf("%d.", i+1) {
			t.Errorf("section %d is %s", i+1, number)
		}
		title, rest, _ := strings.Cut(title, "\n")
		_, message, _ := strings.Cut(rest, "```text\n")
		message, _, _ = strings.Cut(message, "\n```\n")
		r := doctor.Explain(doctor.Source{Text: message})
		of := func(f failure) bool { return strings.HasPrefix(f.name, strings.TrimSuffix(number, ".")+":") }
		if !slices.ContainsFunc(failures, of) {
			t.Errorf("%s is not a failure of the list", title)
		}
		if !slices.ContainsFunc(failures, func(f failure) bool {
			return of(f) && slices.ContainsFunc(r.Causes, func(c doctor.Cause) bool { return c.Kind == f.kind })
		}) {
			t.Errorf("%s: the causes of the message are %v", title, r.Causes)
		}
	}
	if len(sections) != 25 {
		t.Errorf("the page has %d failures", len(sections))
	}
}
