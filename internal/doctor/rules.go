package doctor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
)

// suspect is a cause that a rule suspects.
type suspect struct {
	kind      cause.Kind
	certainty Certainty
	// service is the service of the cause, where it is not the one that was called. The value none means that the cause is about no service.
	service string
	// text and check replace those of the kind.
	text, check string
}

// none is the service of a cause that is about no service although a service was called.
const none = "-"

func certain(kinds ...cause.Kind) []suspect  { return suspects(Certain, kinds) }
func likely(kinds ...cause.Kind) []suspect   { return suspects(Likely, kinds) }
func possible(kinds ...cause.Kind) []suspect { return suspects(Possible, kinds) }

func suspects(c Certainty, kinds []cause.Kind) []suspect {
	var out []suspect
	for _, k := range kinds {
		out = append(out, suspect{kind: k, certainty: c})
	}
	return out
}

// about sets the service of suspects.
func about(service string, of []suspect) []suspect {
	for i := range of {
		of[i].service = service
	}
	return of
}

// rule says which causes signals point to. The first rule that matches decides.
type rule struct {
	when func(*signals) bool
	// causes are the causes with the likeliest first.
	causes func(*signals) []suspect
	// check is what tells the causes apart; empty if that is the check of the first cause.
	check string
	// what and failed are what failed, as the beginning and the end of a sentence. If what is empty, the step says it, and if failed is empty, the network does.
	what, failed string
	group        group
}

// group is what a rule is about.
type group int

const (
	stated  group = iota // the message states its cause
	setup                // a call that creates or changes endpoints, routes and network interfaces
	running              // health checks, agents, AWS Batch and Amazon MWAA
	refusal              // AWS denied a call
	absence              // something does not exist, or needs a login
	network              // a call had no answer
)

// in sets the group of rules.
func in(g group, rs []rule) []rule {
	for i := range rs {
		rs[i].group = g
	}
	return rs
}

// always returns the same causes for all signals.
func always(lists ...[]suspect) func(*signals) []suspect {
	all := slices.Concat(lists...)
	return func(*signals) []suspect { return all }
}

// has returns whether a message has any of the signs.
func has(signs ...sign) func(*signals) bool {
	return func(s *signals) bool { return s.has(signs...) }
}

// rules are the rules in their order: what the message says itself, then answers of AWS, then the network.
var rules = slices.Concat(in(stated, ruleStated), in(setup, ruleEndpoints), in(running, ruleWorkloads), in(refusal, ruleDenied), in(absence, ruleMissing), in(network, ruleNetwork))

// ruleStated are about messages that state their cause.
var ruleStated = []rule{
	{when: has(proxyFailed), causes: always(certain(cause.Proxy)), check: "The proxy settings of the task or the instance: whether the proxy exists and allows the host, and whether NO_PROXY lists the names of endpoints.", failed: "the proxy did not forward the request"},
	{when: func(s *signals) bool { return s.has(memory) && !s.has(insufficient) }, causes: always(certain(cause.OutOfMemory)), what: "The container stopped", failed: "it used more memory than it has"},
	{when: has(platform), causes: scripts, what: "The image cannot run", failed: "it is for another processor or operating system"},
	{when: has(rateLimited), causes: always(certain(cause.RateLimit), about(none, possible(cause.RegistryCredentials))), failed: "the registry refused the pull, because the limit of pulls is reached"},
	{when: func(s *signals) bool { return s.has(killed) && !s.callFailed() }, causes: kills, check: "The stopped reason and the memory of the container: exit code 137 means that it was killed, for memory, after a failed health check, or because it did not end within stopTimeout.", what: "The container stopped", failed: "the container was killed (exit code 137)"},
	{when: func(s *signals) bool { return s.has(crash) && s.step >= pull && s.step <= layers }, causes: always(about("s3", slices.Concat(likely(cause.EndpointMissing, cause.EgressGroup, cause.RouteMissing), possible(cause.NetworkACL, cause.AgentDefect)))), failed: "the pull ended before the layers were read"},
	{when: has(bucketRegion), causes: always(about("s3", likelyAs(cause.RegionMismatch, "The bucket is in another Region than the client uses.", "The Region of the bucket (aws s3api get-bucket-location), and the Region of the client."))), failed: "Amazon S3 answered that the bucket is in another Region"},
	{when: has(jsonKeyMissing), causes: always(about("secretsmanager", possibleAs(cause.SecretMissing, "The secret exists, but its value has no such JSON key.", "The JSON key after the ARN of the secret in the task definition, and the keys of the value of the secret."))), what: "The task cannot read a secret from AWS Secrets Manager", failed: "the secret has no such JSON key"},
	{when: has(tagPolicyDenied), causes: always(about(none, certain(cause.TagPolicy))), what: "The resource cannot be created", failed: "a tag policy of the organization refused the resource"},
}

// callFailed reports whether a call to an AWS service had no answer.
func (s *signals) callFailed() bool { return s.failing() && s.host != nil && s.host.service != "" }

// kills suspects the memory of a container that was killed. When a deployment or a person stops a task, a container that does not end in time is killed too.
// Source: Amazon ECS developer guide, Amazon ECS task definition parameters (stopTimeout).
func kills(s *signals) []suspect {
	if s.stopped {
		return possible(cause.OutOfMemory, cause.HealthCheck)
	}
	return slices.Concat(likely(cause.OutOfMemory), possible(cause.HealthCheck))
}

// scripts suspects the processor. Linux reports the same for a script without an interpreter in its first line.
func scripts(s *signals) []suspect {
	lower := strings.ToLower(s.text)
	if strings.Contains(lower, "exec format error") && slices.ContainsFunc([]string{".sh", ".py", ".rb", ".pl", ".bash"}, func(end string) bool {
		return strings.Contains(lower, end+":") || strings.Contains(lower, end+"\"") || strings.Contains(lower, end+"'") || strings.Contains(lower, end+" ")
	}) {
		return likelyAs(cause.Architecture, "The image is for another processor architecture, or the script has no interpreter in its first line.", "The first line of the script (#!/bin/sh), and the platforms of the image (docker manifest inspect) and runtimePlatform of the task definition.")
	}
	return certain(cause.Architecture)
}

// likelyAs returns a likely cause with texts of its own.
func likelyAs(kind cause.Kind, text, check string) []suspect {
	return []suspect{{kind: kind, certainty: Likely, text: text, check: check}}
}

// possibleAs returns a possible cause with texts of its own.
func possibleAs(kind cause.Kind, text, check string) []suspect {
	return []suspect{{kind: kind, certainty: Possible, text: text, check: check}}
}

// ruleEndpoints are about errors of calls that create or change endpoints, routes and network interfaces.
var ruleEndpoints = []rule{
	{when: has(multiRegion), causes: otherRegion, check: "The Region in the name of the service, and the Region of the VPC.", failed: "the endpoint is for a service of another Region"},
	{when: func(s *signals) bool { return s.step == createEndpoint && s.twoRegions() }, causes: otherRegion, check: "The Region in the name of the service, and the Region of the VPC.", failed: "the endpoint is for a service of another Region"},
	{when: has(zoneDuplicate), causes: always(about(none, certain(cause.ZoneDuplicate))), failed: "two of its subnets are in one Availability Zone"},
	{when: func(s *signals) bool { return s.has(zoneUnsupported) && s.step != mountVolume }, causes: always(certain(cause.ZoneUnsupported)), failed: "the service does not exist in the Availability Zone of the subnet"},
	{when: has(noFreeAddress), causes: always(about(none, certain(cause.NoFreeAddress))), failed: "the subnet has no free IP address"},
	{when: has(publicInterface), causes: always(about(none, likely(cause.NoFreeAddress)), about(none, possible(cause.Quota))), failed: "Amazon EC2 did not create the network interface"},
	{when: has(nameConflict), causes: always(likely(cause.DNSConflict, cause.DNSZone)), check: "The endpoints of the VPC with this service name; after that, the private hosted zones of the VPC with this name.", failed: "its private DNS name exists already in the VPC"},
	{when: has(zoneConflict), causes: always(likely(cause.DNSZone, cause.DNSConflict)), check: "The private hosted zones that are associated with the VPC; after that, its endpoints with private DNS.", what: "The private hosted zone or the endpoint cannot be created", failed: "a private hosted zone of the VPC has the same name"},
	{when: func(s *signals) bool { return s.has(dnsAttributes) && s.step == createEndpoint }, causes: always(about(none, certain(cause.VPCDNSOff))), failed: "DNS support or DNS hostnames is off in the VPC"},
	{when: has(routeExists), causes: always(certain(cause.RouteConflict)), failed: "the route table already has a route of a gateway endpoint"},
	{when: has(gatewayNeeded), causes: always(about("s3", certain(cause.GatewayFirst))), failed: "private DNS of an S3 interface endpoint needs a gateway endpoint first"},
	{when: has(wrongType), causes: always(certain(cause.EndpointType)), failed: "the service has no endpoints of this type"},
	{when: func(s *signals) bool {
		return s.has(unknownService) || s.has(notFound) && s.step == createEndpoint && len(s.names) > 0
	}, causes: always(likely(cause.RegionMismatch), possible(cause.EndpointType)), check: "The name of the service in describe-vpc-endpoint-services of the Region of the VPC.", failed: "the Region has no endpoint service with this name"},
	{when: has(quotaUsed), causes: always(about(none, certain(cause.Quota))), what: "The resource or the task cannot be created", failed: "a quota is used up"},
}

// otherRegion suspects the Region of a service name, and the caller's permission for endpoints of another Region.
func otherRegion(*signals) []suspect {
	return slices.Concat(likely(cause.RegionMismatch), about(none, likely(cause.CallerPermission)))
}

// twoRegions reports whether the name of an endpoint service has another Region than the ARNs of the message.
func (s *signals) twoRegions() bool {
	if len(s.names) == 0 {
		return false
	}
	for _, a := range arnsIn(s.text) {
		if isRegion(a.region) && a.region != s.names[0].region {
			return true
		}
	}
	return false
}

// joins are the causes of instances that do not register.
var joins = slices.Concat(about("ecs", likely(cause.EndpointMissing)), about(none, likely(cause.NoInternetPath, cause.EgressGroup)), about("ecs", possible(cause.EndpointGroup)),
	about(none, possible(cause.RolePermission, cause.CustomAMI, cause.InstanceProfile, cause.NoPublicAddress, cause.NetworkACL)))

// ruleWorkloads are about health checks, agents, Amazon ECS Exec, AWS Batch and Amazon MWAA.
var ruleWorkloads = []rule{
	{when: has(badProfile), causes: always(about(none, certain(cause.InstanceProfile))), check: "Whether an instance profile with this name exists in IAM, and whether it contains the role.", what: "The compute environment is INVALID", failed: "it has no valid instance profile"},
	{when: has(jobTooLarge), causes: always(about(none, certain(cause.CapacitySettings))), what: "The job stays in RUNNABLE", failed: "no compute environment of the queue has the capacity for the job"},
	{when: has(noCapacity), causes: always(about(none, possible(cause.CapacitySettings))), check: "The subnets of the workload, and for instances their types: more of them give AWS more capacity to choose from.", what: "The job or task cannot be placed", failed: "AWS has no capacity for the instance type at the moment"},
	{when: has(serviceRole), causes: always(about(none, certain(cause.RolePermission))), check: "The policies of the service role of the compute environment.", what: "AWS Batch cannot run the job", failed: "the service role lacks a permission"},
	{when: has(notJoined), causes: always(joins), check: "The log of the ECS agent of one instance, /var/log/ecs/ecs-agent.log: a timeout, a denied call, or no agent at all. After that, the endpoints ecs, ecs-agent and ecs-telemetry and the default route of its subnet.", what: "The compute environment is not usable", failed: "its instances did not join the ECS cluster"},
	{when: func(s *signals) bool { return s.has(environmentInvalid) && !s.has(denied) }, causes: always(about(none, likely(cause.EnvironmentState)), about(none, possible(cause.RolePermission, cause.InstanceProfile)), joins[:1]), check: "The status reason of each compute environment of the queue: aws batch describe-compute-environments.", what: "The job queue cannot run jobs", failed: "its compute environments are INVALID"},
	{when: func(s *signals) bool { return s.has(environmentPending) && s.has(airflow) }, causes: always(about(none, likely(cause.MWAAEndpoints))), what: "The Amazon MWAA environment is in PENDING", failed: "it waits for endpoints"},
	{when: has(environmentFailed), causes: always(about(none, likely(cause.EndpointMissing, cause.NoInternetPath, cause.MWAASelf)), about("s3", possible(cause.RouteMissing)), about(none, possible(cause.RolePermission, cause.EndpointPolicy, cause.NetworkACL))),
		check: "The two subnets of the environment: a route to a NAT gateway, or the endpoints s3, logs, monitoring, sqs and kms in both. After that, whether its security group allows itself, and its execution role.", failed: "the environment was not created"},
	{when: func(s *signals) bool {
		return s.has(requirements) && (s.host == nil || s.host.kind != outside || !s.has(timeout, noHost, noAnswer, resolverSilent))
	}, causes: always(about(none, likely(cause.MWAARequirements)), about(none, possible(cause.NoInternetPath))), check: "The log of the installation of requirements.txt: which package does not install, and whether its version matches the constraints of the Apache Airflow version.", what: "The Amazon MWAA environment is not complete", failed: "packages of requirements.txt do not install"},
	{when: func(s *signals) bool {
		return s.host != nil && s.host.kind == webServer && s.has(serverError, reset)
	}, causes: always(about(none, likely(cause.MWAASelf, cause.MWAARequirements))), check: "Whether the security group of the environment allows itself; after that, the log of the web server for packages of requirements.txt.", what: "The web server of the environment cannot be opened", failed: "the web server does not answer"},

	{when: func(s *signals) bool { return s.has(serviceConnect) && s.address.kind == loopback }, causes: always(about(none, likely(cause.AgentDefect, cause.HealthCheck)), about(none, possible(cause.HostOverload, cause.HostLocal))), check: "The version of the Service Connect agent, and the CPU and memory of the task.", what: "The task does not become healthy", failed: "the proxy of Service Connect in the task is not ready"},
	{when: func(s *signals) bool {
		return s.has(healthTimeout) && (s.has(unhealthyTarget) || s.step == healthCheck)
	}, causes: always(about(none, likely(cause.IngressGroup, cause.HealthCheck)), about(none, possible(cause.NetworkACL))), check: "The inbound rules of the security groups of the tasks: the port of the container from the security group of the load balancer. After that, whether the container listens on this port on all addresses.", failed: "the load balancer got no answer from the task"},
	{when: func(s *signals) bool { return s.has(unhealthyTarget) && !s.callFailed() }, causes: always(about(none, likely(cause.HealthCheck)), about(none, possible(cause.IngressGroup))), check: "The path, port and status codes of the health check, and what the container answers on them.", failed: "the health check of the load balancer failed"},
	{when: func(s *signals) bool { return s.has(unhealthyContainer) && !s.callFailed() }, causes: always(about(none, likely(cause.HealthCheck)), about(none, possible(cause.OutOfMemory, cause.HostOverload))), what: "The task is unhealthy", failed: "the container failed its health check"},

	{when: has(execOff), causes: always(about(none, likely(cause.AgentStopped)), about("ssmmessages", likely(cause.RolePermission, cause.EndpointMissing)), about("ssmmessages", possible(cause.EndpointGroup)), about(none, possible(cause.AgentOld))), check: "enableExecuteCommand and the managed agent ExecuteCommandAgent of the task in describe-tasks; after that, the task role and the ssmmessages endpoint.", failed: "the agent of ECS Exec does not run in the task"},
	{when: func(s *signals) bool { return s.has(execFailed) && !s.has(denied, keyDenied) }, causes: always(about("ssmmessages", likely(cause.RolePermission, cause.EndpointMissing)), about(none, likely(cause.AgentStopped)), about("ssmmessages", possible(cause.EndpointGroup, cause.EgressGroup)), about(none, possible(cause.AgentOld))),
		check: "The managed agent ExecuteCommandAgent of the task in describe-tasks: RUNNING or not. After that, the four ssmmessages actions of the task role, and the ssmmessages endpoint.", failed: "the agent in the task is not connected"},
	{when: func(s *signals) bool { return s.has(sessionLost) && s.step == execSession }, causes: always(about(none, likely(cause.AgentStopped)), about("ssmmessages", likely(cause.EndpointMissing, cause.RolePermission)), about("ssmmessages", possible(cause.EndpointGroup))), check: "Whether the SSM Agent runs, and whether the instance can reach the endpoints ssm and ssmmessages.", failed: "the SSM Agent is not connected"},

	{when: func(s *signals) bool { return s.has(attributeMissing) || s.has(agentTooOld) && !s.has(networkSigns...) }, causes: always(about(none, likely(cause.AgentOld)), about(none, possible(cause.NoInstances))), check: "The version of the ECS agent and the attributes of the container instances in describe-container-instances; after that, whether an instance is in the subnets of the service.", what: "The task cannot be placed", failed: "no container instance has what the task needs"},
	{when: func(s *signals) bool { return s.has(agentLost) && !s.has(timeout, noHost, refused, denied) }, causes: always(about(none, likely(cause.AgentStopped)), about("ecs-agent", likely(cause.EndpointMissing)), about("ecs-agent", possible(cause.EndpointGroup, cause.AgentRestart))), check: "Whether the ECS agent runs on the instance (systemctl status ecs); after that, the last lines of /var/log/ecs/ecs-agent.log.", what: "The container instance cannot run tasks", failed: "the agent is not connected"},
	{when: func(s *signals) bool { return s.has(noInstances, insufficient) }, causes: instances, check: "The container instances of the cluster: how many are registered, whether their agents are connected, and what CPU and memory is free.", what: "The task cannot be placed", failed: "no container instance can run the task"},
	{when: func(s *signals) bool { return s.has(customImage) && !s.has(denied) && !s.has(timeout, noHost) }, causes: always(about(none, likely(cause.CustomAMI)), about(none, possible(cause.AgentStopped))), what: "The container instance is not usable", failed: "the ECS agent did not start on the instance"},
	{when: has(diskFull), causes: always(about(none, likely(cause.HostOverload))), check: "The free space of the disks of the instance, and the size of the image.", what: "The image or the container cannot be stored", failed: "the disk is full"},
	{when: func(s *signals) bool { return s.has(slow) && s.host == nil }, causes: always(about(none, likely(cause.HostOverload)), about("logs", possible(cause.EndpointMissing)), about("logs", possible(cause.RolePermission))), check: "CPU, memory and disk of the instance at that time; after that, whether the log driver reaches CloudWatch Logs.", what: "The container does not start or stop", failed: "Docker did not finish in time"},
	{when: func(s *signals) bool { return s.has(assumeRole) && !s.has(byEndpoint) }, causes: assumes, check: "The trust policy of the role: the service that assumes it must be its principal.", what: "The workload cannot use its role", failed: "the role cannot be assumed"},
	{when: func(s *signals) bool {
		return s.has(noCredentials) || s.address.kind == linkLocal && (s.Status == 404 || s.has(notFound))
	}, causes: credentials, check: "Whether the instance has an instance profile, and whether NO_PROXY lists 169.254.169.254 and 169.254.170.2 if a proxy is set (/etc/ecs/ecs.config).", what: "The program cannot call AWS", failed: "it found no credentials"},
}

// instances suspects the container instances: a cluster without them, or with too little free capacity.
func instances(s *signals) []suspect {
	if s.has(insufficient) {
		return slices.Concat(about(none, likely(cause.NoInstances, cause.CapacitySettings)))
	}
	return slices.Concat(about(none, likely(cause.NoInstances)), about("ecs", possible(cause.EndpointMissing)), about(none, possible(cause.AgentStopped, cause.CustomAMI, cause.CapacitySettings)))
}

// assumes suspects the trust policy of a role, or who passes it.
func assumes(s *signals) []suspect {
	if s.byCaller() && s.Action != "sts:AssumeRole" {
		return about(none, likely(cause.CallerPermission, cause.RolePermission))
	}
	return about(none, slices.Concat(likely(cause.RolePermission), possible(cause.CallerPermission)))
}

// silentSeconds is how long a program waits for credentials if the metadata service does not answer. An instance without an instance profile gets an answer (HTTP 404)
// immediately. Source: Amazon EC2 user guide, Use the Instance Metadata Service to access instance metadata.
const silentSeconds = 10

// credentials suspects the instance profile if the metadata service answered, and a proxy if it did not.
func credentials(s *signals) []suspect {
	if s.has(proxySet) || s.waited >= silentSeconds || s.address.kind == linkLocal && s.has(timeout, noAnswer) && s.Status == 0 {
		return about(none, slices.Concat(likely(cause.Proxy, cause.InstanceProfile), possible(cause.HostLocal)))
	}
	return about(none, slices.Concat(likely(cause.InstanceProfile), possible(cause.Proxy, cause.RolePermission, cause.HostLocal)))
}

// ruleDenied are about calls that AWS denied. The network path works.
var ruleDenied = []rule{
	{when: func(s *signals) bool { return s.step == mountVolume && s.has(denied) }, causes: always(about("elasticfilesystem", likelyAs(cause.RolePermission, "The file system policy, the access point or the role of the task does not allow the mount.", "The file system policy and the policies of the task role: elasticfilesystem:ClientMount. After that, whether the volume uses IAM authorization and encryption in transit if the policy needs them."))), failed: "the file system denied the mount"},
	{when: func(s *signals) bool { return s.has(denied, keyDenied) && s.has(byEndpoint) }, causes: always(certain(cause.EndpointPolicy)), failed: "a VPC endpoint policy denied the call"},
	{when: func(s *signals) bool {
		return s.has(denied, keyDenied) && s.has(explicitDeny) && s.has(byResource, byResourceControl)
	}, causes: fromOutside, check: "The condition of the Deny statement, such as aws:SourceVpce or aws:SourceVpc, and the address that the name has where the call is made.", failed: "a policy of the resource denied the call"},
	{when: has(keyDenied), causes: keys, failed: "AWS KMS denied the use of the key"},
	{when: func(s *signals) bool { return s.refusedByAWS() && s.byCaller() }, causes: callers, failed: "AWS denied the call"},
	{when: func(s *signals) bool {
		return s.refusedByAWS() && (s.step == layers || s.step == envFile) && s.Action == "" && (s.Status == 403 || s.step == layers)
	}, causes: objects, check: "The policy of the S3 endpoint: s3:GetObject on the bucket with the layers of Amazon ECR, and on the buckets of the task.", failed: "Amazon S3 denied the download"},
	{when: func(s *signals) bool { return s.refusedByAWS() && s.service == "s3" && s.Action == "" && s.Code == "" }, causes: always(likely(cause.EndpointPolicy), possible(cause.SourceCondition, cause.RolePermission)), check: "The policy of the S3 endpoint: s3:GetObject on this bucket. The answer has no code of AWS, so the request had no signature of a role or a signed URL.", failed: "Amazon S3 denied the download"},
	{when: func(s *signals) bool { return s.refusedByAWS() && (s.host == nil || s.host.kind != outside) }, causes: roles, failed: "AWS denied the call"},
	{when: (*signals).refusedByAWS, causes: always(likely(cause.RegistryCredentials), possible(cause.Proxy, cause.ImageMissing)), failed: "the host denied the request"},
}

// refusedByAWS reports whether a call was denied. What registries deny without an IAM action is about their login.
func (s *signals) refusedByAWS() bool {
	return s.has(denied) && (s.Action != "" || !s.has(pullDenied))
}

// fromOutside suspects a policy that needs the call to come through an endpoint.
func fromOutside(s *signals) []suspect {
	out := slices.Concat(likely(cause.SourceCondition))
	if s.address.kind == public {
		return slices.Concat(out, likely(cause.PrivateDNSOff), possible(cause.DNSResolver))
	}
	return slices.Concat(out, possible(cause.PrivateDNSOff, cause.DNSResolver, cause.EndpointMissing))
}

// keys suspects the permission for a KMS key. It is certain if the message has the kind of policy, or if only the key was denied.
func keys(s *signals) []suspect {
	if s.has(byServiceControl, byResourceControl, byBoundary, bySession) {
		return s.policy(about("kms", likely(cause.KMSPermission)))
	}
	return s.policy(about("kms", certain(cause.KMSPermission)))
}

// callers suspects the permissions of the person or the pipeline that made a call.
func callers(s *signals) []suspect {
	if s.has(byIdentity) && !s.has(explicitDeny) {
		return about(none, certain(cause.CallerPermission))
	}
	if s.has(byServiceControl, byBoundary, bySession) {
		return s.policy(about(none, likely(cause.CallerPermission)))
	}
	return s.policy(about(none, slices.Concat(likely(cause.CallerPermission), possible(cause.SourceCondition))))
}

// objects suspects the policy of the S3 endpoint: the URL of a layer is signed, so no role is checked for it. A file needs the role as well.
func objects(s *signals) []suspect {
	if s.step == envFile {
		return about("s3", slices.Concat(likely(cause.RolePermission, cause.EndpointPolicy), possible(cause.FileMissing)))
	}
	return about("s3", slices.Concat(likely(cause.EndpointPolicy), possible(cause.SourceCondition)))
}

// roles suspects the permissions of the role of the workload.
func roles(s *signals) []suspect {
	switch {
	case s.has(byIdentity) && !s.has(explicitDeny):
		return about(none, certain(cause.RolePermission))
	case s.has(byServiceControl, byResourceControl, byBoundary, bySession):
		return s.policy(likely(cause.RolePermission))
	case s.has(byIdentity):
		return slices.Concat(likely(cause.RolePermission), possible(cause.SourceCondition))
	case s.has(byResource, byTrust):
		return s.policy(slices.Concat(likely(cause.RolePermission), possible(cause.SourceCondition)))
	}
	return slices.Concat(likely(cause.RolePermission), possible(cause.EndpointPolicy, cause.SourceCondition))
}

// policy gives the first suspect the texts of the kind of policy in the message: it is not a policy of the role.
func (s *signals) policy(of []suspect) []suspect {
	var name, check string
	switch {
	case s.has(byServiceControl):
		name, check = "service control policy of the organization", "The service control policies of the account and of its organizational units in AWS Organizations: the action, the resource and the conditions."
	case s.has(byResourceControl):
		name, check = "resource control policy of the organization", "The resource control policies of the account of the resource and of its organizational units in AWS Organizations: the action, the resource and the conditions."
	case s.has(byBoundary):
		name, check = "permissions boundary of the role or user", "The permissions boundary of the principal in the message: the action and the resource."
	case s.has(bySession):
		name, check = "session policy", "The session policies that were passed when the role was assumed: the action and the resource."
	case s.has(byResource) && s.service == "kms":
		name, check = "key policy of the KMS key", "The key policy of the KMS key in the account of the key: kms:Decrypt for the role. For a key of another account, the policies of the role need it too."
	case s.has(byResource) && strings.HasPrefix(s.Action, "ecr:"):
		name, check = "repository policy of the image", "The repository policy in the account of the repository: the action for the role or the account of the role. For a repository of another account, the policies of the role need it too."
	case s.has(byResource):
		name, check = "policy of the resource", "The policy of the resource in the message: the action and the principal. For a resource of another account, the policies of the role need the action too."
	default:
		return of
	}
	verb := " does not allow the call."
	if s.has(explicitDeny) {
		verb = " denies the call."
	}
	of[0].text, of[0].check = "The "+name+verb, check
	return of
}

// byCaller reports whether a person or a pipeline made the call, and not a workload: the action creates, changes or describes resources, or a tool that deploys made it.
func (s *signals) byCaller() bool {
	prefix, op, found := strings.Cut(s.Action, ":")
	if !found {
		return s.tool != ""
	}
	if s.tool != "" {
		return true
	}
	if s.where() == BatchReason { // the service role
		return false
	}
	begins := func(verbs ...string) bool {
		return slices.ContainsFunc(verbs, func(v string) bool { return strings.HasPrefix(op, v) })
	}
	switch prefix {
	case "ecs":
		return !begins("Poll", "StartTelemetrySession", "DiscoverPollEndpoint", "RegisterContainerInstance", "DeregisterContainerInstance", "Submit", "UpdateContainerInstancesState", "TagResource")
	case "secretsmanager", "ssm", "ecr", "kms":
		return begins("Create", "Delete", "Update", "Put", "Tag", "Set", "Schedule")
	case "airflow":
		return op != "PublishMetrics"
	case "ec2", "iam", "batch", "elasticloadbalancing", "route53", "cloudformation", "vpce", "organizations":
		return true
	}
	return false
}

// ruleMissing are about what does not exist, and about registries that need a login.
var ruleMissing = []rule{
	{when: func(s *signals) bool {
		return s.has(groupMissing) || s.step == logDriver && s.answered("ResourceNotFoundException")
	}, causes: always(about("logs", certain(cause.LogGroupMissing))), check: "awslogs-group and awslogs-region of the task definition, and the log groups of that Region; or set awslogs-create-group.", failed: "the log group does not exist"},
	{when: func(s *signals) bool { return s.has(groupOptions) && !s.has(timeout, noHost, noAnswer) }, causes: always(about(none, certain(cause.LogOptions))), failed: "an option of the log driver is not valid"},
	{when: func(s *signals) bool {
		return s.has(secretMissing) && !s.failing() || s.step == readSecret && s.answered("ResourceNotFoundException")
	}, causes: secrets, check: "Whether the secret exists in the Region and the account of its ARN, and whether it is scheduled for deletion.", failed: "the secret does not exist"},
	{when: func(s *signals) bool {
		return s.has(parameterMissing) || s.step == readParameter && s.answered("ParameterNotFound")
	}, causes: always(about("ssm", certain(cause.ParameterMissing))), failed: "the parameter does not exist"},
	{when: func(s *signals) bool {
		return s.has(fileMissing) || s.step == envFile && (s.Status == 404 || s.has(notFound)) && !s.has(noHost)
	}, causes: always(about("s3", certain(cause.FileMissing))), failed: "the file does not exist"},
	{when: func(s *signals) bool { return s.has(pullDenied) }, causes: always(about(none, likely(cause.RegistryCredentials)), likely(cause.ImageMissing)), check: "The name of the image; after that, whether the registry needs a login (repositoryCredentials of the container).", failed: "the registry denied the pull"},
	{when: has(imageMissing), causes: always(certain(cause.ImageMissing)), check: "The repository and the tag of the image, and the revision of the task definition that is in use.", failed: "the registry has no such image or tag"},
	{when: func(s *signals) bool {
		return s.has(notFound) && (s.step == manifest || s.step == pull) && !s.has(noHost)
	}, causes: always(certain(cause.ImageMissing)), check: "The repository and the tag of the image, and the revision of the task definition that is in use.", failed: "the registry has no such image or tag"},
	{when: has(loginNeeded), causes: logins, check: "repositoryCredentials of the container, and the user name and the password or token in its secret.", failed: "the registry needs a valid login"},
}

// answered reports whether AWS answered with a code.
func (s *signals) answered(code string) bool { return strings.Contains(s.Code, code) }

// secrets suspects a secret. It can exist in another Region if the message only says that it was not found.
func secrets(s *signals) []suspect {
	if s.answered("ResourceNotFoundException") {
		return about("secretsmanager", certain(cause.SecretMissing))
	}
	return slices.Concat(about("secretsmanager", likely(cause.SecretMissing)), about(none, possible(cause.RolePermission)))
}

// logins suspects the login of a registry. Amazon ECR needs permissions of a role in its place.
func logins(s *signals) []suspect {
	if s.host != nil && s.host.registry && s.host.service != "" {
		return slices.Concat(about(none, likely(cause.RegistryCredentials, cause.RolePermission)))
	}
	return about(none, slices.Concat(likely(cause.RegistryCredentials), possible(cause.ImageMissing)))
}

// ruleNetwork are about calls without an answer. They look at the layer that failed, the address and the host.
var ruleNetwork = []rule{
	{when: func(s *signals) bool {
		return s.failing() && s.address.kind == loopback || s.failing() && s.address.kind == unspecified
	}, causes: locals, check: "Whether the process in the task or on the instance listens on this port.", what: "A local connection failed", failed: "a process in the same task or on the same instance did not answer"},
	{when: func(s *signals) bool {
		return s.failing() && s.address.kind == linkLocal && !s.has(noHost, resolverSilent)
	}, causes: always(about(none, likely(cause.HostLocal, cause.Proxy)), about(none, possible(cause.InstanceProfile))), check: "Whether the metadata service is on and its hop limit allows containers, and whether NO_PROXY lists the address if a proxy is set."},

	{when: func(s *signals) bool { return s.step == mountVolume && s.has(reset) && !s.has(timeout) }, causes: always(about(none, likelyAs(cause.EFSMountTarget, "The mount target closed the connection: the security group of the mount target, the file system policy or the encryption in transit of the volume does not fit.", "The security groups of the mount targets (TCP 2049 from the task); after that, transitEncryption of the volume and the file system policy.")), about(none, possible(cause.RolePermission, cause.NetworkACL))), failed: "the mount target closed the connection"},
	{when: func(s *signals) bool { return s.step == mountVolume && s.has(noHost, resolverSilent) }, causes: always(about(none, likely(cause.VPCDNSOff, cause.EFSMountTarget, cause.DNSResolver))), check: "enableDnsSupport and enableDnsHostnames of the VPC; after that, the mount targets of the file system in the Availability Zones of the tasks."},
	{when: func(s *signals) bool {
		return s.step == mountVolume && s.has(mountTarget, notFound, timeout, refused, noAnswer)
	}, causes: always(about(none, likely(cause.EFSMountTarget)), about(none, possible(cause.EgressGroup, cause.NetworkACL))), check: "The mount targets of the file system: one in the Availability Zone of the task, and a security group that allows TCP 2049 from it.", failed: "the mount target did not answer"},
	{when: func(s *signals) bool { return s.has(noHost) && s.host != nil && s.host.kind == webServer }, causes: always(about(none, likely(cause.DNSResolver, cause.MWAAAccess))), check: "nslookup of the name of the web server where the browser runs."},
	{when: has(resolverSilent), causes: silentResolver, check: "DNS support of the VPC and the domain-name-servers of its DHCP options; after that, whether TCP and UDP 53 reach these servers."},
	{when: func(s *signals) bool { return s.has(noHost) && s.host != nil && s.host.kind == endpointDNS }, causes: always(likely(cause.EndpointMissing), about(none, possible(cause.DNSResolver))), check: "Whether the endpoint with this id exists."},
	{when: func(s *signals) bool {
		return s.has(noHost) && s.host != nil && s.host.region != "" && !catalog.KnownRegion(s.host.region)
	}, causes: always(likely(cause.RegionMismatch), about(none, possible(cause.DNSResolver))), check: "The Region in the name: its code does not exist in the lists of AWS."},
	{when: func(s *signals) bool {
		return s.has(noHost) && s.server != nil && s.server.amazon && s.host != nil && s.host.service != ""
	}, causes: always(about(none, likely(cause.DNSZone, cause.DNSResolver)), about(none, possible(cause.VPCDNSOff))), check: "Private hosted zones and Resolver rules of the VPC for the name or a part of it: the Amazon DNS server knows the public names of AWS otherwise."},
	{when: has(noHost), causes: always(about(none, likely(cause.DNSResolver, cause.DNSZone)), about(none, possible(cause.VPCDNSOff))), check: "nslookup of the name in the VPC with the DNS servers of its DHCP options; after that, private hosted zones and Resolver rules for its domain."},
	{when: has(noFamily), causes: always(about(none, likely(cause.IPFamily)), possible(cause.EndpointMissing), about(none, possible(cause.NoInternetPath))), check: "Which addresses the name has (A and AAAA), and whether the subnet has a path for them."},

	{when: has(wrongName), causes: names, check: "PrivateDnsEnabled of the endpoint, and the name that the client uses.", failed: "the certificate of the host is for other names"},
	{when: has(unknownIssuer), causes: always(about(none, likely(cause.Proxy)), about(none, possible(cause.NameMismatch))), check: "Who issued the certificate that the client gets: openssl s_client -connect HOST:443.", failed: "the client does not trust the certificate of the host"},
	{when: func(s *signals) bool { return s.has(handshake) }, causes: always(about(none, likely(cause.Proxy)), about(none, possible(cause.HostOverload, cause.NoInternetPath)), possible(cause.EndpointMissing)), check: "What is between the task and the host: a proxy, a firewall or a NAT instance. The TCP connection was opened, so the security groups allow it."},

	{when: func(s *signals) bool {
		return s.failing() && s.host != nil && s.host.kind == webServer && (s.host.private || s.address.kind == private)
	}, causes: always(about(none, likely(cause.MWAAAccess, cause.EndpointGroup)), about(none, possible(cause.DNSResolver))), check: "Whether the browser is in the VPC or in a network that is connected to it; after that, nslookup of the name of the web server, and the security group of the environment.", what: "The web server of the environment cannot be opened"},
	{when: (*signals).bare, causes: always(about(none, possible(cause.MWAAAccess, cause.NoInternetPath, cause.EgressGroup, cause.NetworkACL, cause.DNSResolver))), check: "Which host and address did not answer: the log of the program, or the address in the browser. A private Amazon MWAA web server answers only in its VPC."},
	{when: func(s *signals) bool {
		return s.failing() && s.has(database) && (s.has(airflow) || s.host != nil && s.host.kind == endpointDNS && s.host.service == "")
	}, causes: always(about(none, likely(cause.MWAASelf)), about(none, possible(cause.NetworkACL))), check: "Whether the security group of the environment allows TCP 5432 and 443 from itself."},
	{when: func(s *signals) bool { return s.has(refused) && s.host != nil && s.host.service != "" }, causes: always(about(none, likely(cause.DNSZone, cause.Proxy)), about(none, possible(cause.DNSResolver))), check: "The address that the name has where the call is made: a service of AWS does not refuse connections to TCP 443."},
	{when: func(s *signals) bool { return s.has(refused) && s.ownTarget() }, causes: (*signals).silentTarget, check: "Whether a process on the target listens on this port, on all addresses.", failed: "the target refused the connection"},
	{when: func(s *signals) bool { return s.has(refused) }, causes: always(about(none, likely(cause.HostLocal)), about(none, possible(cause.Proxy, cause.HealthCheck))), check: "Whether a process listens on this port at this address."},
	{when: func(s *signals) bool { return s.has(reset) && !s.has(timeout) }, causes: always(about(none, likely(cause.Proxy, cause.NetworkACL)), possible(cause.EndpointMissing)), check: "What is between the task and the host: a proxy or a firewall that closes connections."},
	{when: func(s *signals) bool { return s.has(unreachable) || s.address.ipv6 && s.failing() }, causes: addressFamilies, check: "Whether the subnet has a route for the family of the address: ::/0 for IPv6, 0.0.0.0/0 for IPv4."},
	{when: func(s *signals) bool { return s.has(noRoute) }, causes: always(likely(cause.RouteMissing, cause.NetworkACL), about(none, possible(cause.NoInternetPath)), possible(cause.EndpointMissing)), check: "The route table of the subnet: a route to this address, and where it leads."},
	{when: func(s *signals) bool {
		return s.failing() && s.ownTarget() && s.address.kind != public && s.has(timeout, noAnswer)
	}, causes: (*signals).silentTarget},
	{when: func(s *signals) bool { return s.failing() }, causes: (*signals).unanswered},

	{when: has(throttled), causes: always(about(none, possible(cause.Quota))), what: "A call to AWS failed", failed: "too many calls were made in a short time"},
	{when: has(mountTarget), causes: always(about(none, likely(cause.EFSMountTarget))), failed: "the file system has no mount target that the task can use"},
	{when: func(s *signals) bool { return s.has(crash) && s.step == agentStep }, causes: always(about(none, likely(cause.AgentDefect))), failed: "the agent stopped with an error in its program"},
}

// failing reports whether a call had no answer.
func (s *signals) failing() bool { return s.has(networkSigns...) }

// bare reports whether a message is only a timeout, as a browser shows it: no host, address, service, code or step. A program shows what it called.
func (s *signals) bare() bool {
	if lower := strings.ToLower(s.text); strings.Contains(lower, "i/o timeout") || strings.Contains(lower, "deadline") || strings.Contains(lower, "etimedout") || strings.Contains(lower, "killed") || strings.Contains(lower, "timeouterror") { // a program, and not a browser
		return false
	}
	return s.has(timeout) && !s.has(noAnswer, reset, refused, handshake) && s.address.kind == noAddress && s.host == nil && s.service == "" && s.step == noStep && s.Code == "" && s.stamp.date == "" && len(s.text) < 80
}

// locals suspects what runs in the same task or on the same instance.
func locals(s *signals) []suspect {
	if s.has(probe) {
		return about(none, slices.Concat(likely(cause.HealthCheck, cause.HostLocal), possible(cause.HostOverload)))
	}
	return about(none, slices.Concat(likely(cause.HostLocal), possible(cause.HealthCheck, cause.AgentStopped)))
}

// silentResolver suspects the VPC if the Amazon DNS server does not answer, and the server itself if it is another one. Network ACLs do not filter requests to the Amazon DNS server.
// Source: Amazon VPC user guide, Network ACL basics (Limitations).
func silentResolver(s *signals) []suspect {
	if s.server != nil && s.server.amazon {
		return about(none, slices.Concat(likely(cause.VPCDNSOff), possible(cause.DNSResolver)))
	}
	return about(none, slices.Concat(likely(cause.DNSResolver), possible(cause.VPCDNSOff, cause.NetworkACL, cause.EgressGroup)))
}

// silentTarget suspects the security groups between a workload and a server of the user, and the server.
func (s *signals) silentTarget() []suspect {
	port := "the port"
	if s.port != 0 {
		port = "TCP " + strconv.Itoa(s.port)
	}
	if s.has(refused) {
		return about(none, slices.Concat(likelyAs(cause.HostLocal, "The process on the target does not listen on "+port+".", "Whether a process on the target listens on "+port+"."), possible(cause.Proxy, cause.HealthCheck)))
	}
	out := slices.Concat(
		likelyAs(cause.EgressGroup, "The security group of the workload does not allow outbound "+port+" to the target.", "The outbound rules of the security groups of the workload: "+port+" to the target."),
		likelyAs(cause.IngressGroup, "The security group of the target does not allow "+port+" from the workload.", "The inbound rules of the security groups of the target: "+port+" from the security group or the subnets of the workload."),
		[]suspect{{kind: cause.NetworkACL, certainty: Likely, text: "A network ACL denies " + port + " to the target, or the answers on ports 1024-65535.", check: "The network ACLs of the subnets of the workload and of the target: " + port + " out, and 1024-65535 back."}},
		likelyAs(cause.RouteMissing, "The route table of the subnets has no route to the target.", "The route table of each subnet: a route to the address of the target."))
	if s.port == 2049 {
		out = slices.Concat(likely(cause.EFSMountTarget), out)
	}
	if s.port == 0 || s.port == 443 {
		out = slices.Concat(out, possible(cause.EndpointGroup))
	}
	return about(none, slices.Concat(out, possible(cause.DNSZone)))
}

// names suspects the name that the client uses. A name of AWS with a certificate that has no name of AWS leads to another host.
func names(s *signals) []suspect {
	if s.host != nil && s.host.service != "" && !slices.ContainsFunc(s.hosts, func(h host) bool { return h.service != "" && h.name != s.host.name }) {
		return about(none, slices.Concat(likely(cause.Proxy, cause.DNSZone), possible(cause.NameMismatch)))
	}
	if s.host != nil && s.host.kind == regional { // the default name leads to another endpoint or host
		return slices.Concat(likely(cause.DNSZone), about(none, likely(cause.Proxy)), likely(cause.NameMismatch), possible(cause.PrivateDNSOff))
	}
	return slices.Concat(certain(cause.NameMismatch), possible(cause.PrivateDNSOff))
}

// addressFamilies suspects the IP family: a host without a route for the family of an address reports it before it sends anything.
func addressFamilies(s *signals) []suspect {
	if s.host != nil && s.host.kind == outside || s.service == "" {
		return about(none, slices.Concat(likely(cause.IPFamily, cause.NoInternetPath), possible(cause.RouteMissing, cause.EgressGroup)))
	}
	return slices.Concat(likely(cause.IPFamily, cause.EndpointMissing), about(none, likely(cause.NoInternetPath)), possible(cause.EgressGroup, cause.EndpointGroup))
}

// unanswered are the causes of a connection without an answer: by where the address is, and by the type of endpoint that the service has.
func (s *signals) unanswered() []suspect {
	storage := catalog.Lookup(s.service).Type == catalog.Gateway
	switch {
	case s.host != nil && s.host.service != "" && s.address.kind == noAddress && catalog.MisspelledRegion(s.host.region) != "":
		return slices.Concat(likely(cause.RegionMismatch), possible(cause.EndpointMissing), about(none, possible(cause.NoInternetPath)))
	case s.host != nil && s.host.oneName():
		return slices.Concat(about(none, likely(cause.NoInternetPath, cause.EgressGroup)), possibleAs(cause.EndpointMissing, "The VPC has no endpoint for {service}. The service has one name for all Regions.", "Whether describe-vpc-endpoint-services lists {service} in the Region of the VPC."), about(none, possible(cause.RouteMissing, cause.NoPublicAddress, cause.Proxy)))
	case s.host != nil && s.host.kind == global:
		return slices.Concat(likely(cause.GlobalName, cause.EndpointMissing), about(none, likely(cause.NoInternetPath)))
	case s.host != nil && s.host.numbered:
		return slices.Concat(likely(cause.EndpointMissing, cause.AgentRestart), about(none, possible(cause.NoInternetPath, cause.Proxy, cause.EgressGroup)), possible(cause.PrivateDNSOff, cause.IPFamily))
	case s.isOutside() && s.address.kind == private:
		return about(none, slices.Concat(likely(cause.EgressGroup, cause.NetworkACL, cause.RouteMissing), possible(cause.DNSZone)))
	case s.isOutside():
		out := about(none, slices.Concat(likely(cause.NoInternetPath, cause.RouteMissing, cause.EgressGroup), possible(cause.NoPublicAddress, cause.NetworkACL, cause.Proxy)))
		if s.has(requirements) {
			out = append(out, about(none, possible(cause.MWAARequirements))...)
		}
		return out
	case s.address.kind == private || s.host != nil && s.host.kind == endpointDNS:
		return slices.Concat(likely(cause.EndpointGroup, cause.EgressGroup, cause.NetworkACL))
	case storage:
		return slices.Concat(likely(cause.EndpointMissing, cause.RouteMissing, cause.EgressGroup), possible(cause.NetworkACL), about(none, possible(cause.NoInternetPath)))
	case s.address.kind == public && s.service == "" && !s.address.hintsS3():
		return slices.Concat(about(none, likely(cause.NoInternetPath)), possible(cause.EndpointMissing, cause.EgressGroup, cause.RouteMissing))
	case s.address.kind == public && s.service == "":
		return about("s3", slices.Concat(likely(cause.EndpointMissing, cause.RouteMissing, cause.EgressGroup), possible(cause.NetworkACL)))
	case s.address.kind == public:
		return slices.Concat(likely(cause.EndpointMissing), about(none, likely(cause.NoInternetPath)), likely(cause.PrivateDNSOff), possible(cause.EgressGroup),
			about(none, possible(cause.RouteMissing, cause.NoPublicAddress)), possible(cause.IPFamily, cause.DNSResolver, cause.NetworkACL))
	case s.service == "" && s.step == noStep:
		return about(none, possible(cause.NoInternetPath, cause.EgressGroup, cause.NetworkACL, cause.MWAAAccess))
	}
	return slices.Concat(likely(cause.EndpointMissing), about(none, likely(cause.NoInternetPath)), likely(cause.EndpointGroup, cause.EgressGroup), about(none, possible(cause.RouteMissing, cause.NoPublicAddress)), possible(cause.NetworkACL, cause.PrivateDNSOff, cause.Proxy))
}

// isOutside reports whether the host that was called is not a service of AWS.
func (s *signals) isOutside() bool {
	return s.host != nil && (s.host.kind == outside || s.host.kind == ownResource || s.host.kind == webServer) && s.service == ""
}
