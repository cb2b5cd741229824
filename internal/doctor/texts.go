package doctor

import (
	"cmp"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
)

// docs is the address of the AWS documentation.
const docs = "https://docs.aws.amazon.com/"

// The pages of the AWS documentation about causes.
var (
	pageConnect   = Page{"Verifying Amazon ECS stopped task connectivity", docs + "AmazonECS/latest/developerguide/verify-connectivity.html"}
	pageInit      = Page{"Troubleshooting Amazon ECS ResourceInitializationError errors", docs + "AmazonECS/latest/developerguide/resource-initialization-error.html"}
	pagePull      = Page{"CannotPullContainer task errors in Amazon ECS", docs + "AmazonECS/latest/developerguide/task_cannot_pull_image.html"}
	pageExecution = Page{"Amazon ECS task execution IAM role", docs + "AmazonECS/latest/developerguide/task_execution_IAM_role.html"}
	pageEvents    = Page{"Amazon ECS service event messages", docs + "AmazonECS/latest/developerguide/service-event-messages-list.html"}
	pageBalancer  = Page{"Troubleshooting service load balancers in Amazon ECS", docs + "AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"}
	pageStart     = Page{"Troubleshooting Amazon ECS TaskFailedToStart errors", docs + "AmazonECS/latest/developerguide/failed-to-start-error.html"}
	pageECS       = Page{"Amazon ECS interface VPC endpoints (AWS PrivateLink)", docs + "AmazonECS/latest/developerguide/vpc-endpoints.html"}
	pageAgent     = Page{"Updating the Amazon ECS container agent on an Amazon ECS-optimized AMI", docs + "AmazonECS/latest/developerguide/agent-update-ecs-ami.html"}
	pageInterface = Page{"Access an AWS service using an interface VPC endpoint", docs + "vpc/latest/privatelink/create-interface-endpoint.html"}
	pageNames     = Page{"Access AWS services through AWS PrivateLink", docs + "vpc/latest/privatelink/privatelink-access-aws-services.html"}
	pageGateways  = Page{"Gateway endpoints", docs + "vpc/latest/privatelink/gateway-endpoints.html"}
	pageStorage   = Page{"Gateway endpoints for Amazon S3", docs + "vpc/latest/privatelink/vpc-endpoints-s3.html"}
	pagePolicies  = Page{"Control access to VPC endpoints using endpoint policies", docs + "vpc/latest/privatelink/vpc-endpoints-access.html"}
	pageDenied    = Page{"Troubleshoot access denied error messages", docs + "IAM/latest/UserGuide/troubleshoot_access-denied.html"}
	pageDNS       = Page{"DNS attributes for your VPC", docs + "vpc/latest/userguide/vpc-dns.html"}
	pageRunnable  = Page{"Jobs stuck in a RUNNABLE status", docs + "batch/latest/userguide/job_stuck_in_runnable.html"}
	pageInvalid   = Page{"INVALID compute environment", docs + "batch/latest/userguide/invalid_compute_environment.html"}
	pageMounting  = Page{"Troubleshooting mount issues", docs + "efs/latest/ug/troubleshooting-efs-mounting.html"}
)

// explanation is what people read about a kind of cause. {service} is the code of the endpoint service, {endpoint} the endpoint with it.
type explanation struct {
	text, check string
	page        Page
}

// explanations are the texts of all kinds.
var explanations = map[cause.Kind]explanation{
	cause.EndpointMissing: {"The VPC has no usable endpoint for {service}, and its subnets have no other path to {service}.", "Whether the VPC has {an endpoint} with private DNS; if not, the default route of the subnets.", pageConnect},
	cause.NoInternetPath:  {"The subnets have no internet route that works: no NAT gateway, and no internet gateway with a public address.", "The default route of the subnets: to a NAT gateway, to an internet gateway, or none.", Page{"NAT gateways", docs + "vpc/latest/userguide/vpc-nat-gateway.html"}},
	cause.RouteMissing:    {"The route table of the subnets lacks a route to {service}.", "The route table of each subnet: a default route, and for Amazon S3 a route to its prefix list.", pageGateways},
	cause.NoPublicAddress: {"The task or instance is in a public subnet and has no public address.", "assignPublicIp of the tasks, or the setting of the subnet that assigns public addresses.", pagePull},
	cause.EndpointGroup:   {"The security group of {endpoint} does not allow TCP 443 from the workload.", "The inbound rules of the security groups of {endpoint}: TCP 443 from the security group or the subnets of the workload.", pageInterface},
	cause.EgressGroup:     {"The security group of the workload does not allow outbound TCP 443 to {service}.", "The outbound rules of the security groups of the workload: TCP 443 to {service}.", pageConnect},
	cause.IngressGroup:    {"The security group of the tasks does not allow the load balancer on the port of the container.", "The inbound rules of the security groups of the tasks: the port of the container from the security group of the load balancer.", pageBalancer},
	cause.NetworkACL:      {"A network ACL denies TCP 443 to {service}, or the answers on ports 1024-65535.", "The network ACLs of the subnets: TCP 443 out, and 1024-65535 back.", Page{"Control subnet traffic with network access control lists", docs + "vpc/latest/userguide/vpc-network-acls.html"}},
	cause.Proxy:           {"A proxy setting sends the request to a proxy that does not forward it, or a proxy changes the connection.", "HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the agent, of Docker and of the container.", Page{"Using an HTTP proxy for Amazon ECS Linux container instances", docs + "AmazonECS/latest/developerguide/http_proxy_config.html"}},
	cause.IPFamily:        {"The address of {service} is of an IP family (IPv4 or IPv6) that the subnet has no path for.", "Whether the subnet has a path for IPv4 and for IPv6, and which addresses the name has.", Page{"Amazon ECS task networking options for Fargate", docs + "AmazonECS/latest/developerguide/fargate-task-networking.html"}},
	cause.HostLocal:       {"The address is in the task or on the instance itself, so the VPC does not matter.", "Whether the process that listens on this address runs.", Page{"Configure the instance metadata options", docs + "AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html"}},

	cause.PrivateDNSOff: {"An endpoint for {service} exists without private DNS, so the name still has public addresses.", "PrivateDnsEnabled of {endpoint}.", pageNames},
	cause.VPCDNSOff:     {"DNS support or DNS hostnames is off in the VPC.", "enableDnsSupport and enableDnsHostnames of the VPC.", pageDNS},
	cause.DNSResolver:   {"The DNS server that was asked does not answer, or does not know the name.", "domain-name-servers of the DHCP options of the VPC, and whether these servers forward the name to the Amazon DNS server.", pageECS},
	cause.DNSConflict:   {"Another endpoint of the VPC has the private DNS name of {service}.", "The endpoints of the VPC for {service}, and PrivateDnsEnabled of each.", pageInterface},
	cause.DNSZone:       {"A private hosted zone that is associated with the VPC answers for the name.", "The private hosted zones of the VPC with this name or a part of it.", Page{"Considerations when working with a private hosted zone", docs + "Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html"}},
	cause.GlobalName:    {"The client uses a global or old name of {service} that its endpoint does not have.", "Which name the client uses: the Regional name needs a setting or a newer SDK (AWS_STS_REGIONAL_ENDPOINTS=regional for AWS STS).", Page{"AWS STS Regional endpoints", docs + "sdkref/latest/guide/feature-sts-regionalized-endpoints.html"}},
	cause.NameMismatch:  {"The client uses a name that the certificate of {service} is not for.", "The name that the client uses, and PrivateDnsEnabled of {endpoint}.", pageNames},

	cause.EndpointPolicy:      {"The policy of {endpoint} does not allow the call.", "The policy document of {endpoint}: the action, the resource and the principal of the call.", pagePolicies},
	cause.SourceCondition:     {"A policy allows the call to {service} only through a certain endpoint or VPC, and the call came on another path.", "The conditions aws:SourceVpce and aws:SourceVpc of the policies of the resource and of the role.", pageDenied},
	cause.RolePermission:      {"The role of the workload lacks the permission for the call.", "The policies of the role in the message: the action and the resource.", pageExecution},
	cause.CallerPermission:    {"The person or pipeline that made the call lacks the permission.", "The policies of the principal in the message: the action and the resource.", pageDenied},
	cause.KMSPermission:       {"The role may not use the KMS key: kms:Decrypt is missing in its policy or in the key policy.", "The KMS key, and kms:Decrypt on it in the policies of the role and in the key policy.", pageExecution},
	cause.InstanceProfile:     {"The instance has no instance profile, or a role was given in place of an instance profile.", "The instance profile of the instances, and whether it contains the role.", Page{"Amazon ECS container instance IAM role", docs + "AmazonECS/latest/developerguide/instance_IAM_role.html"}},
	cause.RegistryCredentials: {"The registry needs a login, or it refused the one that it got.", "repositoryCredentials of the container, and the user name and the password or token in its secret.", Page{"Using non-AWS container images in Amazon ECS", docs + "AmazonECS/latest/developerguide/private-auth.html"}},
	cause.TagPolicy:           {"A tag policy of the organization refuses the tags of the resource.", "The tag policies of the account, and the keys and values of the tags of the resource.", Page{"Enforce tagging consistency", docs + "organizations/latest/userguide/orgs_manage_policies_tag-policies-enforcement.html"}},

	cause.SecretMissing:    {"The secret does not exist in this Region, or it is scheduled for deletion.", "Whether the secret exists in the Region and the account of its ARN.", pageInit},
	cause.ParameterMissing: {"The parameter does not exist in this Region.", "The names of the parameters in the task definition, and the parameters of the Region.", pageInit},
	cause.FileMissing:      {"The file does not exist in the bucket.", "The ARN of the file in the task definition, and the objects of the bucket.", Page{"Pass environment variables to an Amazon ECS container", docs + "AmazonECS/latest/developerguide/use-environment-file.html"}},
	cause.ImageMissing:     {"The registry has no such image or tag.", "The repository and the tag of the image.", pagePull},
	cause.Architecture:     {"The image is for another processor architecture or operating system than the task.", "The platforms of the image (docker manifest inspect) and runtimePlatform of the task definition.", pagePull},
	cause.LogGroupMissing:  {"The log group does not exist in the Region of the log driver.", "awslogs-group and awslogs-region of the task definition, and the log groups of that Region.", pageInit},
	cause.LogOptions:       {"An option of the log driver is missing or wrong.", "The options of logConfiguration in the task definition.", Page{"Send Amazon ECS logs to CloudWatch", docs + "AmazonECS/latest/developerguide/using_awslogs.html"}},
	cause.EFSMountTarget:   {"The file system has no mount target in the Availability Zone of the task, or its security group does not allow TCP 2049.", "The mount targets of the file system: their Availability Zones, states and security groups.", pageMounting},
	cause.HealthCheck:      {"The container does not answer its health check in time, on the port or with the status code that the check expects.", "The health check, and what the container answers on its port and path.", Page{"Determine Amazon ECS task health using container health checks", docs + "AmazonECS/latest/developerguide/healthcheck.html"}},
	cause.NoInstances:      {"The cluster has no container instance that can run the task.", "The registered container instances of the cluster, and their free CPU and memory.", pageEvents},

	cause.Quota:            {"A quota of the account is used up.", "The quota in Service Quotas, and what uses it.", Page{"Requesting a quota increase", docs + "servicequotas/latest/userguide/request-quota-increase.html"}},
	cause.CapacitySettings: {"The compute capacity is smaller than what the job or task asks for, or not available.", "The maximum vCPUs and the instance types of the compute environment, and vCPU and memory of the job.", pageRunnable},
	cause.OutOfMemory:      {"The container used more memory than it has.", "The memory of the task definition, and how much the container uses.", Page{"Troubleshooting Amazon ECS OutOfMemoryError errors", docs + "AmazonECS/latest/developerguide/out-of-memory.html"}},
	cause.RateLimit:        {"The registry refuses the pull, because too many were made from this address or account.", "Whether the pulls use a login, and how many tasks share the public address; or copy the image to Amazon ECR.", pagePull},
	cause.NoFreeAddress:    {"The subnet has no free IP address for another network interface.", "AvailableIpAddressCount of the subnets.", pageStart},
	cause.ZoneUnsupported:  {"The endpoint service for {service} does not exist in the Availability Zone of the subnet.", "AvailabilityZones of the service in describe-vpc-endpoint-services, and the Availability Zone of the subnet.", pageNames},
	cause.ZoneDuplicate:    {"Two subnets of the endpoint are in the same Availability Zone.", "The Availability Zone of each subnet in the list.", pageNames},
	cause.RegionMismatch:   {"The name of the service is of another Region than the VPC or the client.", "The Region in the name of the service, and the Region of the VPC.", Page{"Cross-Region enabled AWS services", docs + "vpc/latest/privatelink/aws-services-cross-region-privatelink-support.html"}},
	cause.RouteConflict:    {"The route table already has the route of another gateway endpoint for {service}.", "The gateway endpoints of the VPC and their route tables.", pageGateways},
	cause.GatewayFirst:     {"An interface endpoint for {service} with private DNS needs a gateway endpoint in the VPC first.", "Whether the VPC has a gateway endpoint for Amazon S3.", pageStorage},
	cause.EndpointType:     {"The service does not have endpoints of the type that was asked for.", "ServiceType of the service in describe-vpc-endpoint-services.", Page{"AWS services that integrate with AWS PrivateLink", docs + "vpc/latest/privatelink/aws-services-privatelink-support.html"}},

	cause.EnvironmentState: {"The compute environment, or the environment of Amazon MWAA, is in a state that runs nothing.", "The state, the status and the status reason of the environment.", pageInvalid},
	cause.AgentStopped:     {"The ECS agent or the SSM Agent does not run.", "Whether the agent runs, and the last lines of its log.", pageEvents},
	cause.AgentOld:         {"The ECS agent is too old for what the task asks for.", "The version of the ECS agent on the container instances.", pageAgent},
	cause.AgentRestart:     {"The ECS agent started before the endpoints existed, and still uses the names that it got then.", "When the agent started and when the endpoints were created; restart the agent.", pageECS},
	cause.AgentDefect:      {"The agent has a known defect.", "The version of the agent, and the fixes in newer versions.", pageAgent},
	cause.CustomAMI:        {"A launch template or an AMI of your own prevents the ECS agent from starting.", "The user data and the AMI of the instances; after that, /var/log/cloud-init-output.log.", pageInvalid},
	cause.HostOverload:     {"The instance or the task is too slow: CPU, memory or disk is used up.", "CPU, memory and disk of the instance at that time.", pageEvents},
	cause.MWAASelf:         {"The security group of the environment does not allow itself.", "The inbound rules of the security group of the environment: all traffic, or TCP 443 and 5432, from itself.", Page{"Security in your VPC on Amazon MWAA", docs + "mwaa/latest/userguide/vpc-security.html"}},
	cause.MWAAAccess:       {"The web server is private, and the browser is not in a network with a path to it.", "Whether the browser is in the VPC, or uses a VPN, a bastion or a load balancer in it.", Page{"Managing access to service-specific Amazon VPC endpoints on Amazon MWAA", docs + "mwaa/latest/userguide/vpc-vpe-access.html"}},
	cause.MWAAEndpoints:    {"The environment waits up to 72 hours for the endpoints that you manage: to its database, and to its web server if that is private.", "DatabaseVpcEndpointService and WebserverVpcEndpointService of the environment, and interface endpoints to both in its subnets.", Page{"Managing your own Amazon VPC endpoints on Amazon MWAA", docs + "mwaa/latest/userguide/vpc-endpoint-management.html"}},
	cause.MWAARequirements: {"Packages of requirements.txt do not install, or do not match the Apache Airflow version.", "The log of the installation, and the constraints in requirements.txt.", Page{"Installing Python dependencies", docs + "mwaa/latest/userguide/working-dags-dependencies.html"}},
}

// gatewayExplanations are the texts of kinds that differ for services with gateway endpoints.
var gatewayExplanations = map[cause.Kind]explanation{
	cause.EndpointMissing: {"The VPC has no gateway endpoint for {service}, and its subnets have no other path to {service}.", "Whether the route table of each subnet has a route to the prefix list of {service}; if not, its default route.", pageStorage},
	cause.RouteMissing:    {"The gateway endpoint for {service} is not in the route tables of the subnets.", "The route tables of the gateway endpoint for {service}, and the route table of each subnet.", pageGateways},
	cause.EgressGroup:     {"The security group of the workload does not allow outbound TCP 443 to the prefix list of {service}.", "The outbound rules of the security groups of the workload: TCP 443 to the prefix list of {service}.", pageGateways},
	cause.NetworkACL:      {"A network ACL denies TCP 443 to the public addresses of {service}, or the answers on ports 1024-65535.", "The network ACLs of the subnets: TCP 443 to the CIDR blocks of the prefix list of {service}, and 1024-65535 back.", pageGateways},
}

// fill sets the service in a text.
func fill(text, service string) string {
	if strings.IndexByte(text, '{') < 0 {
		return text
	}
	if service == "" {
		return strings.NewReplacer("an endpoint for {service}", "an endpoint", "endpoint for {service}", "endpoint for the service", "{service}", "the service", "{an endpoint}", "an endpoint for the service", "{endpoint}", "the endpoint").Replace(text)
	}
	article := "a "
	if strings.ContainsRune("aeio", rune(service[0])) {
		article = "an "
	}
	switch service { // their names are read letter by letter
	case "s3", "sqs", "sns", "ssm", "ssmmessages", "sts", "xray":
		article = "an "
	}
	return strings.NewReplacer("{service}", service, "{an endpoint}", article+service+" endpoint", "{endpoint}", "the "+service+" endpoint").Replace(text)
}

// causeOf returns a suspected cause with its texts.
func causeOf(x suspect, service string) Cause {
	switch {
	case x.service == none:
		service = ""
	case x.service != "":
		service = x.service
	}
	e := explanations[x.kind]
	if catalog.Lookup(service).Type == catalog.Gateway {
		if other, ok := gatewayExplanations[x.kind]; ok {
			e = other
		}
	}
	return Cause{Kind: x.kind, Service: service, Certainty: x.certainty, Text: fill(cmp.Or(x.text, e.text), service), Check: fill(cmp.Or(x.check, e.check), service), Page: e.page}
}
