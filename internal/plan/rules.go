package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// Class says what a rule is.
type Class string

// The classes of rules. Only gaps and checks are functions of the plan.
const (
	ClassGap   Class = "gap"   // yields a row
	ClassCheck Class = "check" // yields a finding
	ClassSay   Class = "say"   // a text on a row or screen
	ClassCode  Class = "code"  // holds for every request that is sent
	ClassLive  Class = "live"  // what an answer of AWS means while rows are carried out
)

// RuleInfo is one rule.
type RuleInfo struct {
	ID    string
	Class Class
	Says  string // what it looks for, or its text
}

type check struct {
	id   string
	says string
	find func(*builder) []Finding
}

// gaps are the rules that yield rows; Build's matching makes them.
var gaps = []RuleInfo{
	{"G-DNSATTR", ClassGap, "Private DNS needs both DNS attributes of the VPC."},
	{"G-GWROUTE", ClassGap, "A gateway endpoint must be in the route table of every subnet of the workload."},
	{"E-ALL3", ClassGap, "Container instances need all three ECS endpoints."},
	{"E-ECRPAIR", ClassGap, "Private ECR images need both ECR endpoints and the S3 gateway endpoint."},
	{"E-SECRETS", ClassGap, "Secrets of Secrets Manager need its endpoint."},
	{"E-LOGS", ClassGap, "The awslogs driver needs the CloudWatch Logs endpoint."},
	{"E-SSMPARAM", ClassGap, "Systems Manager parameters need its endpoint."},
	{"E-EXEC", ClassGap, "ECS Exec needs the ssmmessages endpoint."},
	{"E-EXECKMS", ClassGap, "ECS Exec with a KMS key needs the KMS endpoint."},
	{"E-SC-CLOSED", ClassGap, "Service Connect without a way out needs the ecs-agent endpoint."},
	{"E-NEWREGION", ClassGap, "Regions introduced after 2023-12-23 want all three ECS endpoints."},
	{"E-RESTART", ClassGap, "Agents that ran before the endpoints must be restarted to use them."},
	{"R-PERM", ClassGap, "The execution role must be let read the secret."},
	{"R-KMS", ClassGap, "A secret under a key of the account's own needs kms:Decrypt on that key."},
	{"R-SMEP", ClassGap, "Reading the secret takes the Secrets Manager endpoint."},
}

// checks are the rules that yield findings, one function each.
var checks = append([]check{
	{"A-GAP", "A denied read hides what a rule that could stop apply needs.", checkGap},
	{"G-SHARED", "Participants cannot make endpoints in shared subnets.", checkShared},
	{"G-SVCEXISTS", "The Region must list the endpoint service.", checkServiceExists},
	{"G-BATCHREG", "AWS Batch has no endpoint in some Regions.", checkBatchRegion},
	{"G-OWNED", "Endpoints that AWS services made are not ours to change.", checkOwned},
	{"G-STATE", "An endpoint that failed or was rejected is of no use.", checkState},
	{"G-DNSCONFLICT", "Only one endpoint in the VPC can hold a private DNS name.", checkDNSConflict},
	{"G-DNSDKR", "The ecr.dkr endpoint must have private DNS.", checkDNSDKR},
	{"G-DNSOFF", "Without private DNS, clients that use default names do not find the endpoint.", checkDNSOff},
	{"G-R53DNS", "Only the Amazon resolver answers with private names.", checkResolver},
	{"G-SG443", "The endpoints' groups must admit TCP 443 from the workload.", checkAdmits},
	{"G-SHUTOUT", "Private DNS must not shut out what else runs in the VPC.", checkShutOut},
	{"G-SGEGRESS", "The workload's groups must let TCP 443 out to the endpoints and to Amazon S3.", checkEgress},
	{"G-NACL", "Network ACLs must let TCP 443 pass, and the answers back.", checkACL},
	{"G-ONESUBAZ", "An endpoint takes one subnet of a zone.", checkOneSubnet},
	{"G-AZSUP", "The service must be in the zone of each chosen subnet.", checkZone},
	{"G-TWOAZ", "Endpoints should be in two zones or more.", checkTwoZones},
	{"G-IPFREE", "Each interface takes an address of its subnet.", checkFree},
	{"G-IPTYPE", "Service and subnets must support the address type.", checkIPType},
	{"G-GWDUP", "A route table takes one endpoint route for a service.", checkGatewayRoute},
	{"G-GWCUT", "A new S3 route cuts open connections to Amazon S3.", checkGatewayCut},
	{"G-GWREACH", "Gateway endpoints serve nobody outside the VPC.", checkGatewayReach},
	{"G-GWDNS", "A gateway endpoint wants both DNS attributes of the VPC on.", checkGatewayDNS},
	{"G-S3IF", "An S3 interface endpoint does not take the place of the gateway for Amazon ECR.", checkS3Interface},
	{"G-POLMAX", "A policy has at most 20,480 characters.", nil},
	{"G-POLPRIN", "Each statement of a policy names a principal; in gateway policies it is *.", nil},
	{"G-POLSHAPE", "A policy is JSON, and its statements are whole and about the endpoint's service.", nil},
	{"G-POLWILD", "Some condition values take no wildcards.", nil},
	{"G-POLSUP", "The service must support endpoint policies.", checkPolicySupport},
	{"G-POLADD", "An endpoint's policy must allow what the workload does.", checkPolicyAllows},
	{"G-POLAGENT", "A policy must allow what ECS agents need.", nil},
	{"Q-IF", "The interface endpoints must fit the quota of the VPC.", checkInterfaceQuota},
	{"Q-GW", "The gateway endpoints must fit the quota of the Region.", checkGatewayQuota},
	{"Q-SG", "Groups and rules must fit their quotas.", checkGroupQuota},
	{"E-AGENT1251", "ECS agents must be at version 1.25.1 or later.", checkAgentVersion},
	{"E-AGENTOFF", "Agents should be connected before the change.", checkAgentOff},
	{"E-ECRHALF", "One ECR endpoint without the other does not pull.", checkECRHalf},
	{"E-ECRXREGION", "ECR endpoints serve their own Region only.", checkECRRegion},
	{"E-ECRPUBLIC", "Public ECR images are not served by the ECR endpoints.", checkECRPublic},
	{"E-ECRPTC", "The first pull through a cache rule needs a way out.", checkPullThrough},
	{"E-ECRCOND", "Conditions on the execution role must fit the endpoints.", checkRoleConditions},
	{"E-S3POL", "A policy of the S3 gateway must allow the image layers.", checkS3Policy},
	{"E-WINLAYER", "Layers of Windows images may come from outside AWS.", checkWindowsLayers},
	{"E-DOCKERHUB", "No endpoint leads to registries outside AWS.", checkRegistry},
	{"E-PV", "Fargate platform versions before 1.4.0 take other paths.", checkPlatform},
	{"E-IPV6ONLY", "IPv6-only subnets lack some features.", checkIPv6Only},
	{"E-MANAGED", "AWS runs the agents of managed instances.", checkManaged},
	{"E-EKS", "Compute environments on Amazon EKS are not planned.", checkEKS},
	{"E-GUARD", "The GuardDuty endpoint is left alone.", checkGuardDuty},
	{"", "What the account shows is needed was left out of the answers.", checkLeftOut},         // speaks for the gap rules
	{"", "Logs that go to another Region find no endpoint.", checkLogRegion},                    // for E-LOGS
	{"", "Secrets and parameters of another Region find no endpoint.", checkSecretRegion},       // for E-SECRETS and E-SSMPARAM
	{"", "What runs outside the named subnets must be among the clients.", checkClients},        // for G-GWROUTE
	{"", "Policies are judged by shape and by what they allow.", checkPolicyShape},              // for the G-POL rules without a function of their own
	{"", "Agents of other clusters in the VPC take the new path only later.", checkOtherAgents}, // for E-RESTART
}, registryRules...)

// says are the rules that are a text in its place, besides those of the catalogue.
var says = map[string]string{
	"G-XREGIONNEW":     "Since late 2025 endpoints of a few services, Amazon ECR among them, can lead to another Region; that takes the permission vpce:AllowMultiRegion and is not planned here.",
	"G-DNSALL":         "Private DNS changes the path for the whole VPC, also in subnets that security groups or network ACLs keep from the endpoints.",
	"G-DNSDELAY":       "It may take minutes until every name has switched.",
	"G-POLDELAY":       "A change of policy takes minutes to take effect.",
	"Q-BW":             "Endpoints answer TCP only, so ping tells nothing; each carries 10 Gbps a zone and scales to 100, with packets of up to 8500 bytes.",
	"C-COST":           "interface endpoints are billed by the hour and zone for as long as they exist, and by the GB; gateway endpoints are free",
	"R-ROT":            "Rotation stays off: what AWS offers for it does not change the password at the registry.",
	"R-FARGATEONLYWAY": "On Fargate a registry is logged in at by repositoryCredentials only; ECS_ENGINE_AUTH_DATA and its like are for instances.",
	"E-PROXY":          "Where an instance has HTTP_PROXY set for its agent, NO_PROXY must name the private names of the ECS endpoints, 169.254.169.254, 169.254.170.2 and /var/run/docker.sock.",
}

// elsewhere are the rules that hold in other rooms.
var elsewhere = []RuleInfo{
	{"G-REGION", ClassCode, "Endpoints are made in the Region where the calls are made: ServiceRegion is never sent, and each name is of the Region."},
	{"G-TYPE", ClassCode, "The endpoint type is always sent, since AWS's default is Gateway."},
	{"E-ORDER", ClassCode, "Where container instances run: ecs-agent, ecs-telemetry, ecs, each available before the next."},
	{"R-JSON", ClassCode, "What is put into the secret is an object with a user name and a password, both of them not empty."},
	{"R-NOLOG", ClassCode, "A password is never shown, logged or written, and no argument or environment of another program."},
	{"Q-THROTTLE", ClassLive, "RequestLimitExceeded is waited out."},
	{"R-NAME", ClassCheck, "Answers: a secret's name has letters, digits and / _ + = . @ - only, at most 512."},
	{"E-TEMPLATE", ClassCheck, "`wizard lint`: a template that names endpoint services of another Region."},
}

// refusedByAWS are rules whose error AWS itself answers with a refusal, so that
// accepting it only fails later.
var refusedByAWS = []string{"G-ONESUBAZ", "G-AZSUP", "G-IPFREE", "G-IPTYPE", "G-GWDUP", "G-DNSCONFLICT", "G-POLSUP", "G-POLSHAPE", "G-POLPRIN"}

// Refused tells whether AWS itself refuses what the finding is about.
func (f Finding) Refused() bool { return slices.Contains(refusedByAWS, f.Rule) }

// Rules lists every rule of the product, by class.
func Rules() []RuleInfo {
	out := append(slices.Clone(gaps), airflowRules...)
	for _, c := range slices.Concat(checks, airflowChecks, wayChecks) {
		if c.id != "" {
			out = append(out, RuleInfo{c.id, ClassCheck, c.says})
		}
	}
	texts := maps.Clone(catalog.Says)
	maps.Copy(texts, says)
	maps.Copy(texts, airflowSays)
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, RuleInfo{id, ClassSay, texts[id]})
	}
	out = append(out, elsewhere...)
	slices.SortStableFunc(out, func(a, b RuleInfo) int { return cmp.Compare(classOrder[a.Class], classOrder[b.Class]) })
	return out
}

var classOrder = map[Class]int{ClassGap: 0, ClassCheck: 1, ClassSay: 2, ClassCode: 3, ClassLive: 4}
