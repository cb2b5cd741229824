// Package terms explains the terms of VPC endpoints to people who are new to them: one page for each term.
package terms

// Term is a page about one term.
type Term struct {
	// ID is the name of the page on the command line, such as private-dns.
	ID string
	// Title is the term.
	Title string
	// Text is the page in paragraphs. In lines of Width columns it has at most Lines lines.
	Text string
	// Page is the address of the page of the AWS documentation to read on. The facts of Text are from it, and from the pages
	// in the comment of the term.
	Page string
}

// The size of a page.
const (
	Width = 76
	Lines = 10
)

// The terms. The documentation of AWS was read in copies of 2025 and 2026.
var (
	// VPC: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html.
	VPC = &Term{"vpc", "VPC and subnets", `A VPC is a private network in one Region. Its subnets divide its addresses, and each subnet is in one Availability Zone.

A public subnet has a route to an internet gateway. A private subnet does not: from there, the internet is reachable only through NAT. An isolated subnet has no route out of the VPC.

The names of AWS services lead to public addresses by default. In an isolated subnet, a workload reaches AWS services only through endpoints. An endpoint belongs to one VPC.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html"}

	// CIDR: also https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html.
	CIDR = &Term{"cidr", "CIDR blocks and sizes", `A CIDR block is a range of addresses. The number after the slash is the size: 10.0.0.0/16 has 65,536 addresses, 10.0.0.0/24 has 256, 10.0.0.0/25 has 128.

An IPv4 block of a VPC or a subnet is between /16 and /28. Its size cannot be changed later. Subnets of a VPC must not overlap.

AWS reserves five addresses in each subnet: the first four and the last. A /24 has 251 for you, a /28 has 11. Each interface endpoint needs one address in each of its subnets.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"}

	// Routes: also https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html,
	// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html, and gateway-endpoints.html of the AWS
	// PrivateLink guide for the most specific route.
	Routes = &Term{"nat", "Route tables and NAT", `The route table of a subnet lists where traffic goes. The most specific route wins. The route for 0.0.0.0/0 leads to everything else: the internet.

If it leads to a NAT gateway, workloads in private subnets can connect to the internet and to all AWS services. Nobody can connect from outside. AWS bills each hour of a NAT gateway, and each GB that it processes.

Endpoints replace NAT only for the services that you choose. A workload that also needs the internet, such as Docker Hub, still needs NAT. With NAT, endpoints are optional, and can reduce its cost for data.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html"}

	// BlockPublicAccess: https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html. That endpoints keep
	// working follows from it: their traffic passes no internet gateway.
	BlockPublicAccess = &Term{"block-public-access", "VPC Block Public Access", `An account can block the internet for all its VPCs in a Region. A route to an internet gateway then exists, but does not work.

Bidirectional mode blocks internet gateways, NAT gateways and egress-only internet gateways. Ingress-only mode still allows NAT gateways and egress-only internet gateways, because they only connect outward.

VPCs and subnets can be excluded. Traffic to endpoints passes no internet gateway, so endpoints work in both modes.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html"}

	// InterfaceEndpoint: https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html and
	// create-interface-endpoint.html.
	InterfaceEndpoint = &Term{"interface-endpoint", "Interface endpoint", `An interface endpoint connects your VPC with one AWS service, such as Amazon ECR or CloudWatch Logs. It has a network interface with a private address in each subnet that you choose. The traffic needs no internet gateway and no NAT.

The workload starts each connection. The service cannot start one. The security group of the endpoint decides who can connect.

AWS bills each hour in each Availability Zone, also without traffic, and each GB of data.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html"}

	// GatewayEndpoint: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html, and vpc-endpoints-s3.html
	// for clients outside the VPC.
	GatewayEndpoint = &Term{"gateway-endpoint", "Gateway endpoint", `A gateway endpoint connects route tables of your VPC with Amazon S3 or DynamoDB. Other services do not have one. AWS adds a route to each table that you choose: from the prefix list of the service to the endpoint.

All subnets with these route tables use it. It has no security group. The service keeps its public addresses, so the security group of the workload must allow outbound TCP 443 to the prefix list.

It is free. Amazon ECR stores image layers in S3, so pulls need it too. Clients outside the VPC, such as those of a VPN, cannot use it.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"}

	// PrivateDNS: https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html and
	// interface-endpoints.html. AWS refuses a second endpoint with the name ("there is already a conflicting DNS domain").
	PrivateDNS = &Term{"private-dns", "Private DNS", `Programs find a service by its name, such as logs.us-east-1.amazonaws.com. With private DNS, this name leads to the private addresses of the endpoint, inside the VPC only. The programs do not change.

AWS creates a hidden hosted zone for this. It needs both DNS attributes of the VPC and the Amazon DNS server. It can take a few minutes.

It is for the whole VPC: also clients that the security group of the endpoint does not allow get its addresses, and lose the service. Only one endpoint of a VPC can have a name.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#interface-endpoint-private-dns"}

	// TwoPhases: the phases are the wizard's. The option can be changed at any time: "Enable private DNS names" of
	// https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html.
	TwoPhases = &Term{"two-phases", "Private DNS in two phases", `Private DNS moves all clients of the VPC to the endpoint, also those that run. If a security group or policy is wrong, they lose the service.

So the plan has two phases if running workloads may use another path. First it creates the endpoints with private DNS off: nobody uses them yet. The wizard verifies them. Then it turns private DNS on, for one endpoint after the other.

If a check fails, private DNS stays off, and the workloads keep their path. You can turn private DNS off again at any time.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html#enable-private-dns-names"}

	// DNSAttributes: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html.
	DNSAttributes = &Term{"dns-attributes", "DNS attributes of a VPC", `DNS support (enableDnsSupport): the Amazon DNS server answers in the VPC. It is on by default.

DNS hostnames (enableDnsHostnames): instances with a public address get a public DNS name. It is off by default, except in a default VPC.

Private DNS of endpoints needs both. The plan turns on what is off, as a separate change. If both are on for the first time, running instances with a public address also get a public DNS name.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-support"}

	// SecurityGroup: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html, and vpc-network-acls.html
	// for responses.
	SecurityGroup = &Term{"security-group", "Security group direction", `A security group lists the connections that a network interface accepts (inbound) and starts (outbound). Responses are always allowed, so each side needs one rule:

Workload group: outbound TCP 443. A new group allows all outbound traffic.
Endpoint group: inbound TCP 443. A new group allows nothing inbound.

The other side can be a CIDR block or a security group. With a group, the rule is for the network interfaces that have this group.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"}

	// NetworkACL: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html. The ports of responses are in
	// custom-network-acl.html, "Ephemeral ports".
	NetworkACL = &Term{"network-acl", "Network ACL", `A network ACL allows or denies traffic at the border of a subnet. Each subnet has one. The default network ACL allows everything until somebody changes it.

The rule with the lowest number that matches decides. Unlike a security group, it does not remember connections: the response needs a rule too. Requests go to TCP 443, and responses return to high ports, such as 1024 to 65535.

It is not used between two interfaces in the same subnet.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"}

	// EndpointPolicy: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html.
	EndpointPolicy = &Term{"endpoint-policy", "Endpoint policy", `An endpoint policy lists who can use an endpoint, and the actions and resources that they can use. It does not replace the IAM policies of the caller: both must allow a request.

The default policy allows everything. A narrow policy applies to all clients of the endpoint, so it can stop workloads that you did not think of. A change takes a few minutes.

Not all services support it. In a policy of a gateway endpoint, the principal must be *.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"}

	// Zones: "Subnets and Availability Zones" of
	// https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html.
	Zones = &Term{"zones", "Availability Zones", `A Region consists of isolated locations, the Availability Zones. An interface endpoint can use one subnet in each zone, and has a network interface there.

One network interface serves the whole VPC. But if its zone fails, workloads in all zones lose the service. AWS recommends at least two zones, and your workload in the same zones.

Each zone costs extra. Not every service supports every zone.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#aws-service-subnets-zones"}

	// AgentRestart: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html. The 12 hours are
	// defaultPollEndpointCacheTTL in the source of the agent, amazon-ecs-agent 1.105.1; no page of AWS has them.
	// That containers continue: manually_update_agent.html of the same guide, about updates of the agent.
	AgentRestart = &Term{"agent-restart", "Why ECS agents restart", `On EC2, an ECS agent runs on each container instance. It asks Amazon ECS where to connect, and keeps the answer for up to 12 hours. So an agent that runs does not use new endpoints yet.

After the endpoints ecs-agent, ecs-telemetry and ecs exist, restart each agent, or reboot its instance. Only new tasks use the new path.

A restart of the agent does not stop the containers. A reboot does. On Fargate you have no agent to restart.`,
		"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"}

	// ExecutionRole: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html.
	ExecutionRole = &Term{"execution-role", "Task execution role", `With this role, Amazon ECS prepares a task: it pulls the image, reads secrets, and sends logs. The code in the containers cannot use it. The code has the task role.

The managed policy AmazonECSTaskExecutionRolePolicy allows pulls from Amazon ECR and logs. A secret needs secretsmanager:GetSecretValue too, and kms:Decrypt if a customer managed key encrypts it.

A condition such as aws:SourceVpce can restrict pulls to some endpoints. Other endpoints then need a change of the role.`,
		"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"}

	// RegistrySecret: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html. No endpoint leads to a
	// registry outside AWS: aws-services-privatelink-support.html of the AWS PrivateLink guide lists AWS services.
	RegistrySecret = &Term{"registry-secret", "Registry secret", `A private registry outside AWS needs a user name and a password. Amazon ECS reads them from a secret in Secrets Manager, a JSON object with username and password. The container definition references the secret, and the execution role must be allowed to read it.

It is not for images in Amazon ECR. They use the permissions of the role.

The secretsmanager endpoint is only for reading the secret. No VPC endpoint leads to the registry: the pull needs an internet route.`,
		"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html"}

	// PullThroughCache: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html.
	PullThroughCache = &Term{"pull-through-cache", "Pull-through cache", `With a pull-through cache rule, Amazon ECR copies images of another registry, such as Docker Hub, into your private registry. You pull them by the name of your registry, so later pulls need only the endpoints of Amazon ECR and S3.

The first pull of an image can need an internet route of your VPC. When you pull it again, Amazon ECR updates the copy at least once in 24 hours.

Docker Hub needs a secret with a name that begins with ecr-pullthroughcache/.`,
		"https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html"}

	// Verification: https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html, and
	// create-interface-endpoint.html of the AWS PrivateLink guide for ping. The rest is what the wizard does.
	Verification = &Term{"verification", "What can be verified", `The AWS API shows how everything is configured: the state of endpoints, DNS, rules, routes and policies. The wizard verifies these after it applies the plan. The wizard itself does not connect to the endpoints.

What a program in the VPC really sees is only visible inside: the addresses that it gets for a name, or a proxy. Such checks are "not verified", unless a test task or a command on an instance runs.

To test it inside yourself, connect to TCP 443: interface endpoints do not answer ping. Reachability Analyzer of AWS also checks the configuration, for a fee.`,
		"https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html"}

	// FlowLogs: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html, flow-log-records.html (action) and
	// flow-logs-limitations.html. The wizard neither creates nor reads flow logs.
	FlowLogs = &Term{"flow-logs", "Flow logs", `A flow log records the traffic of network interfaces: addresses, ports, and whether it was accepted (ACCEPT) or rejected (REJECT). You can create one for a VPC, a subnet or a network interface. It does not slow the traffic. AWS bills the log data.

Look at the interfaces of the endpoint. REJECT for port 443: usually, a security group or network ACL blocks the client. No record: the traffic does not arrive, so check DNS and routes. Queries to the Amazon DNS server are not recorded.

The wizard does not create flow logs.`,
		"https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"}

	// Undo: what the wizard does, and https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html.
	Undo = &Term{"undo", "Undo", `Undo reverts one run: it deletes what the run created and restores what it changed, in reverse order. What existed before stays. It compares the account with the run first, and asks about what somebody else changed since.

Without the endpoints, clients use the public addresses of the services again, and need an internet route. Open connections through an endpoint end. AWS deletes the network interfaces of the endpoint, and its cost ends.

An interrupted undo can run again. It reverts what is left.`,
		"https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html"}

	// PrivateWebServer: https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html and vpc-vpe-access.html.
	PrivateWebServer = &Term{"private-web-server", "Private web server", `Amazon MWAA creates an endpoint for the web server of a private environment. It is reachable only from inside the VPC, so browsers need a path into it:

Load balancer: forwards HTTPS from your own domain name.
Bastion: an instance in the VPC. Each person opens a tunnel to it.
AWS Client VPN: connects a computer with the whole VPC.

Each needs a rule on the security group of the environment. People also need permission in IAM to log in to Airflow.`,
		"https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html"}
)

// All are the terms in the order of a list.
var All = []*Term{VPC, CIDR, Routes, BlockPublicAccess, InterfaceEndpoint, GatewayEndpoint, PrivateDNS, TwoPhases, DNSAttributes, SecurityGroup, NetworkACL,
	EndpointPolicy, Zones, AgentRestart, ExecutionRole, RegistrySecret, PullThroughCache, Verification, FlowLogs, Undo, PrivateWebServer}

// Find returns the term with an ID; nil if no term has it.
func Find(id string) *Term {
	for _, t := range All {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Join joins lists of terms. Each term is in the result once, at its first place.
func Join(lists ...[]*Term) []*Term {
	var out []*Term
	has := map[*Term]bool{}
	for _, l := range lists {
		for _, t := range l {
			if !has[t] {
				has[t] = true
				out = append(out, t)
			}
		}
	}
	return out
}
