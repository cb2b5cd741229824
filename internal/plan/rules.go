package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// Class is the class of a rule.
type Class string

// The classes of rules. Only gaps and checks are functions of the plan.
const (
	ClassGap   Class = "gap"   // creates a change
	ClassCheck Class = "check" // creates a finding
	ClassSay   Class = "say"   // a text on a change or screen
	ClassCode  Class = "code"  // holds for every request that is sent
	ClassLive  Class = "live"  // what an AWS response means while changes are applied
)

// RuleInfo describes one rule.
type RuleInfo struct {
	ID    string
	Class Class
	Says  string // what it checks, or its text
}

type check struct {
	id   string
	text string
	find func(*builder) []Finding
}

// gaps are the rules that create changes. Build's matching creates them.
var gaps = []RuleInfo{
	{"G-DNSATTR", ClassGap, "Private DNS needs both DNS attributes of the VPC."},
	{"G-GWROUTE", ClassGap, "The route table of every workload subnet must have a route to the gateway endpoint."},
	{"E-ALL3", ClassGap, "Container instances need all three ECS endpoints."},
	{"E-ECRPAIR", ClassGap, "Without internet access, private ECR images need both ECR endpoints and the S3 gateway endpoint."},
	{"E-SECRETS", ClassGap, "Secrets of Secrets Manager need its endpoint."},
	{"E-LOGS", ClassGap, "Logs to CloudWatch Logs need its endpoint."},
	{"E-FIRELENS", ClassGap, "Logs that FireLens sends to Amazon Data Firehose or Kinesis Data Streams need the endpoint of that service."},
	{"E-S3", ClassGap, "Objects in Amazon S3 that tasks read or write need the S3 gateway endpoint."},
	{"E-SSMPARAM", ClassGap, "Systems Manager parameters need its endpoint."},
	{"E-EXEC", ClassGap, "ECS Exec needs the ssmmessages endpoint."},
	{"E-EXECKMS", ClassGap, "ECS Exec with a KMS key needs the KMS endpoint."},
	{"E-SC-CLOSED", ClassGap, "Service Connect without internet access needs the ecs-agent endpoint."},
	{"V-NEW", ClassGap, "A new VPC needs private subnets, their route tables and a security group for the workload, and NAT gateways if it has an internet route."},
	{"E-NEWREGION", ClassGap, "Regions introduced on or after 2023-12-23 need all three ECS endpoints."},
	{"E-RESTART", ClassGap, "Agents that started before the endpoints existed must be restarted to use them."},
	{"R-PERM", ClassGap, "The execution role must allow reading the secret."},
	{"R-KMS", ClassGap, "A secret with a customer managed key needs kms:Decrypt on that key."},
	{"R-SMEP", ClassGap, "Reading the secret needs the Secrets Manager endpoint."},
}

// checks are the rules that create findings, one function each.
var checks = append([]check{
	{"A-CYCLE", "Changes must not wait for each other.", checkCycle},
	{"A-GAP", "AWS denied a read call, so the wizard could not check a rule that can stop the plan.", checkGap},
	{"A-UNSEEN", "If nothing shows what the workload uses or where it runs, the plan must not look complete.", checkUnseen},
	{"A-FIRST", "What has the name of a first workload must be what the plan would create.", checkFirstNames},
	{"G-SHARED", "Participants cannot create endpoints in shared subnets.", checkShared},
	{"G-SVCEXISTS", "The Region must list the endpoint service.", checkServiceExists},
	{"G-BATCHREG", "AWS Batch has no endpoint in some Regions.", checkBatchRegion},
	{"G-OWNED", "The wizard must not change endpoints that AWS services created.", checkOwned},
	{"G-STATE", "An endpoint that failed or was rejected cannot be used.", checkState},
	{"G-DNSCONFLICT", "Only one endpoint in the VPC can have a private DNS name.", checkDNSConflict},
	{"G-ZONE", "A private hosted zone must not answer names that the workload uses for the endpoints.", checkHostedZones},
	{"G-FWD", "A Resolver rule should not forward names of the endpoints to other DNS servers.", checkForwarding},
	{"G-R53MORE", "Parts of Route 53 that are not read can change the answers to names.", checkUnreadNames},
	{"G-DNSDKR", "The ecr.dkr and ecr-fips.dkr endpoints must have private DNS, because image names use the registry's default name.", checkDNSDKR},
	{"G-DNSOFF", "Without private DNS, clients that use default names do not find the endpoint.", checkDNSOff},
	{"G-NONAME", "Clients do not find an endpoint by the service's name if the service has no private DNS name.", checkNoName},
	{"G-NAMES", "Private DNS can redirect more names than the user needs, or leave some names of a service public.", checkNames},
	{"G-R53DNS", "Only the Amazon-provided DNS server resolves private DNS names.", checkResolver},
	{"G-SG443", "The endpoints' security groups must allow TCP 443 from the workload.", checkAdmits},
	{"G-PORTS", "Clients of some services use other ports, or more ports, than TCP 443. These must be allowed.", checkPorts},
	{"G-SHUTOUT", "Private DNS must not block other clients in the VPC.", checkShutOut},
	{"G-PHASES", "Private DNS should not redirect running workloads before the endpoints are verified. Where they may use another path, the plan creates the endpoints without private DNS, verifies them, and then turns private DNS on for one after the other.", checkPhases},
	{"G-SGEGRESS", "The workload's security groups must allow outbound TCP 443 to the endpoints and to Amazon S3.", checkEgress},
	{"G-NACL", "Network ACLs must allow TCP 443 and the response traffic.", checkACL},
	{"G-ROUTE", "Routes must lead the traffic between the workload and the endpoints inside the VPC.", checkRoutes},
	{"G-ENCRYPT", "In a VPC with VPC Encryption Controls in enforce mode, AWS refuses resources that allow cleartext traffic.", checkEncryption},
	{"G-ONESUBAZ", "An endpoint can use one subnet per Availability Zone.", checkOneSubnet},
	{"G-AZSUP", "The service must be available in the Availability Zone of each chosen subnet.", checkZone},
	{"G-TWOAZ", "Endpoints should be in two or more Availability Zones.", checkTwoZones},
	{"G-IPFREE", "Each network interface needs a free address in its subnet.", checkFree},
	{"G-IPTYPE", "Service and subnets must support the address type.", checkIPType},
	{"G-GWDUP", "A route table accepts one endpoint route per service.", checkGatewayRoute},
	{"G-GWCUT", "A new S3 route drops open connections to Amazon S3.", checkGatewayCut},
	{"G-GWREACH", "Gateway endpoints do not serve clients outside the VPC.", checkGatewayReach},
	{"G-GWDNS", "A gateway endpoint needs both DNS attributes of the VPC on.", checkGatewayDNS},
	{"G-S3IF", "An S3 interface endpoint does not replace the gateway endpoint for Amazon ECR.", checkS3Interface},
	{"G-POLMAX", "A policy must have at most 20,480 characters.", nil},
	{"G-POLPRIN", "Each statement of a policy must have a principal; in gateway policies it must be *.", nil},
	{"G-POLSHAPE", "A policy must be valid JSON with complete statements about the endpoint's service.", nil},
	{"G-POLWILD", "Some condition values must not have wildcards.", nil},
	{"G-POLSUP", "The service must support endpoint policies.", checkPolicySupport},
	{"G-POLADD", "An endpoint's policy must allow what the workload does.", checkPolicyAllows},
	{"G-POLAGENT", "A policy must allow what ECS agents need.", nil},
	{"Q-IF", "The interface endpoints must not exceed the quota of the VPC.", checkInterfaceQuota},
	{"Q-GW", "The gateway endpoints must not exceed the quota of the Region.", checkGatewayQuota},
	{"Q-SG", "Security groups and rules must not exceed their quotas.", checkGroupQuota},
	{"E-AGENT1251", "ECS agents must be at version 1.25.1 or later.", checkAgentVersion},
	{"E-AGENTOFF", "Agents should be connected before the change.", checkAgentOff},
	{"E-DRAINED", "Container instances that an interrupted run drained must be set to ACTIVE.", checkDrained},
	{"E-ECRHALF", "Without internet access, a pull needs both ECR endpoints.", checkECRHalf},
	{"E-ECRXREGION", "Pulls from Amazon ECR of another Region need a path to that Region, also to its Amazon S3.", checkECRRegion},
	{"E-ECRHOST", "An endpoint must have the registry host of each image as a private name.", checkImageHosts},
	{"E-ECRPUBLIC", "Public ECR images are not served by the ECR endpoints.", checkECRPublic},
	{"E-ECRPTC", "The first pull through a pull-through cache rule needs internet access.", checkPullThrough},
	{"E-ECRCOND", "Conditions on the execution role must match the endpoints.", checkRoleConditions},
	{"E-S3POL", "A policy of the S3 gateway endpoint must allow the image layers.", checkS3Policy},
	{"E-WINLAYER", "Layers of Windows images may come from outside AWS.", checkWindowsLayers},
	{"E-DOCKERHUB", "No VPC endpoint exists for registries outside AWS.", checkRegistry},
	{"E-LOGOUT", "Logs to a destination without a VPC endpoint need another network path.", checkLogHosts},
	{"E-LOGGROUP", "The log group of a container must exist, or its log driver must create it with a role that may.", checkLogGroups},
	{"E-S3FILES", "AWS does not document which endpoints a mount of Amazon S3 Files needs.", checkS3Files},
	{"E-BATCHINVALID", "An INVALID compute environment places no jobs.", checkInvalid},
	{"E-PV", "Fargate platform versions before 1.4.0 use other network paths.", checkPlatform},
	{"E-IPV6ONLY", "IPv6-only subnets lack some features.", checkIPv6Only},
	{"E-MANAGED", "AWS does not document the endpoints of instances that it manages.", checkManaged},
	{"E-EKS", "Compute environments on Amazon EKS are not supported.", checkEKS},
	{"E-GUARD", "The plan does not change the GuardDuty endpoint.", checkGuardDuty},
	{"", "Needs that the account shows should be in the answers.", checkLeftOut},                // reports for the gap rules
	{"", "Endpoints do not reach log destinations in another Region.", checkLogRegion},          // for E-LOGS, E-FIRELENS and E-S3
	{"", "Endpoints do not reach secrets and parameters in another Region.", checkSecretRegion}, // for E-SECRETS and E-SSMPARAM
	{"", "Workloads outside the given subnets must be among the clients.", checkClients},        // for G-GWROUTE
	{"", "Gateway endpoints should have the address type of the answers.", checkGatewayIPType},  // for G-IPTYPE
	{"", "Policies must have a valid structure and allow what is needed.", checkPolicyShape},    // for the G-POL rules without a function of their own
	{"", "Agents of other clusters in the VPC use the endpoints only later.", checkOtherAgents}, // for E-RESTART
}, registryRules...)

// textRules are the rules that are only a text, in addition to those of the catalog.
var textRules = map[string]string{
	"G-XREGIONNEW":     "Since late 2025, endpoints of a few services, such as Amazon ECR, can connect to another Region. That needs the permission vpce:AllowMultiRegion, and the wizard does not plan it.",
	"G-DNSALL":         "With private DNS, all clients in the VPC send this traffic to the endpoint. Clients that a security group or network ACL blocks lose access to the service.",
	"G-DNSDELAY":       "It can take minutes until the names resolve to the private addresses.",
	"G-POLDELAY":       "A policy change takes effect within minutes.",
	"Q-BW":             "Ping does not test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.",
	"C-COST":           "interface endpoints are billed per hour, Availability Zone and GB while they exist; gateway endpoints are free",
	"R-ROT":            "Rotation stays off: the rotation that AWS offers does not change the password at the registry.",
	"R-FARGATEONLYWAY": "On Fargate, only repositoryCredentials log in to a registry; ECS_ENGINE_AUTH_DATA and similar settings are for instances.",
	"E-PROXY":          "If an instance sets HTTP_PROXY for its agent, NO_PROXY must contain the private names of the ECS endpoints, 169.254.169.254, 169.254.170.2 and /var/run/docker.sock.",
}

// elsewhere are the rules that other packages implement.
var elsewhere = []RuleInfo{
	{"G-REGION", ClassCode, "Endpoints are created in the Region of the API calls: ServiceRegion is never sent, and each service name is of that Region."},
	{"G-TYPE", ClassCode, "The endpoint type is always sent, because AWS's default is Gateway."},
	{"E-ORDER", ClassCode, "With container instances, the endpoints get their private names in the order ecs-agent, ecs-telemetry, ecs. Each must be available before the next."},
	{"R-JSON", ClassCode, "The secret's value must be an object with a username and a password, both not empty."},
	{"R-NOLOG", ClassCode, "A password is never shown, logged or written to a file, and never passed to another program as an argument or in its environment."},
	{"Q-THROTTLE", ClassLive, "After RequestLimitExceeded the wizard waits and tries again."},
	{"R-NAME", ClassCheck, "Answers: a secret's name must have letters, digits and / _ + = . @ - only, at most 512 characters."},
	{"E-TEMPLATE", ClassCheck, "`wizard lint`: a template must not use endpoint services of another Region."},
}

// refusedByAWS are rules for errors that AWS itself rejects. To accept such an error only fails
// later.
var refusedByAWS = []string{"G-ONESUBAZ", "G-AZSUP", "G-IPFREE", "G-IPTYPE", "G-GWDUP", "G-DNSCONFLICT", "G-POLSUP", "G-POLSHAPE", "G-POLPRIN"}

// Refused reports whether AWS itself rejects what the finding is about.
func (f Finding) Refused() bool { return slices.Contains(refusedByAWS, f.Rule) }

// Rules returns every rule of the product, by class.
func Rules() []RuleInfo {
	out := append(slices.Clone(gaps), airflowRules...)
	for _, c := range slices.Concat(checks, airflowChecks, accessChecks, vpcChecks) {
		if c.id != "" {
			out = append(out, RuleInfo{c.id, ClassCheck, c.text})
		}
	}
	texts := maps.Clone(catalog.Says)
	maps.Copy(texts, textRules)
	maps.Copy(texts, airflowTexts)
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, RuleInfo{id, ClassSay, texts[id]})
	}
	out = append(out, elsewhere...)
	slices.SortStableFunc(out, func(a, b RuleInfo) int { return cmp.Compare(classOrder[a.Class], classOrder[b.Class]) })
	return out
}

var classOrder = map[Class]int{ClassGap: 0, ClassCheck: 1, ClassSay: 2, ClassCode: 3, ClassLive: 4}
