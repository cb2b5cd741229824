package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// writers write the fix of a kind of cause that no change of the plan removes: the text, and commands of the AWS CLI. The operations and
// their options are those of the API references of the services.
var writers = map[cause.Kind]func(*writer) string{
	cause.EndpointMissing: fixEndpoint, cause.GatewayFirst: fixGateway, cause.NoInternetPath: fixInternet, cause.RouteMissing: fixRoute, cause.NoPublicAddress: fixAddress,
	cause.EndpointGroup: fixEndpointGroup, cause.EgressGroup: fixEgress, cause.IngressGroup: fixIngress, cause.NetworkACL: fixACL, cause.Proxy: fixProxy, cause.IPFamily: fixFamily,
	cause.HostLocal: fixLocal,

	cause.PrivateDNSOff: fixPrivateDNS, cause.VPCDNSOff: fixVPCDNS, cause.DNSResolver: fixResolver, cause.DNSConflict: fixConflict, cause.DNSZone: fixZone,
	cause.GlobalName: fixGlobalName, cause.NameMismatch: fixName,

	cause.EndpointPolicy: fixEndpointPolicy, cause.SourceCondition: fixCondition, cause.RolePermission: fixRole, cause.CallerPermission: fixCaller, cause.KMSPermission: fixKey,
	cause.InstanceProfile: fixProfile, cause.RegistryCredentials: fixCredentials, cause.TagPolicy: fixTags,

	cause.SecretMissing: fixSecret, cause.ParameterMissing: fixParameter, cause.FileMissing: fixFile, cause.ImageMissing: fixImage, cause.Architecture: fixArchitecture,
	cause.LogGroupMissing: fixLogGroup, cause.LogOptions: fixLogOptions, cause.EFSMountTarget: fixMountTarget, cause.HealthCheck: fixHealth, cause.NoInstances: fixInstances,

	cause.Quota: fixQuota, cause.CapacitySettings: fixCapacity, cause.OutOfMemory: fixMemory, cause.RateLimit: fixRateLimit, cause.NoFreeAddress: fixFree,
	cause.ZoneUnsupported: fixZones, cause.ZoneDuplicate: fixDuplicate, cause.RegionMismatch: fixRegion, cause.RouteConflict: fixRouteConflict, cause.EndpointType: fixType,

	cause.AgentStopped: fixAgent, cause.AgentOld: fixOldAgent, cause.AgentRestart: fixAgentRestart, cause.AgentDefect: fixDefect, cause.CustomAMI: fixAMI, cause.HostOverload: fixOverload,
	cause.EnvironmentState: fixEnvironment, cause.MWAASelf: fixSelf, cause.MWAAAccess: fixAccess, cause.MWAAEndpoints: fixOwnEndpoints, cause.MWAARequirements: fixRequirements,
}

// fixEndpoint: Amazon EC2 API reference, CreateVpcEndpoint.
func fixEndpoint(w *writer) string {
	if w.service != "" && catalog.Lookup(w.service).Type == catalog.Gateway {
		return fixGateway(w)
	}
	subnets, _ := w.clients()
	args := []string{"ec2 create-vpc-endpoint", "--vpc-id", w.vpc(), "--vpc-endpoint-type", "Interface", "--service-name", w.serviceName(), "--subnet-ids"}
	if len(subnets) == 0 {
		subnets = []string{w.or(w.id("subnet-"), "SUBNET_ID")}
	}
	args = append(append(args, subnets...), "--security-group-ids", w.or("", "ENDPOINT_GROUP_ID"), "--private-dns-enabled")
	w.aws("ec2:CreateVpcEndpoint", args...)
	if w.service == "" {
		return "Create the endpoint with private DNS, or give the subnets a NAT gateway."
	}
	return fmt.Sprintf("Create an interface endpoint for %[1]s with private DNS, or give the subnets a NAT gateway. To plan it, add %[1]s to extra in the answers file.", w.service)
}

// fixGateway: Amazon EC2 API reference, CreateVpcEndpoint.
func fixGateway(w *writer) string {
	if w.service == "" {
		w.service = "s3"
	}
	tables := w.tables()
	if len(tables) == 0 {
		tables = []string{w.or(w.id("rtb-"), "ROUTE_TABLE_ID")}
	}
	w.aws("ec2:CreateVpcEndpoint", append([]string{"ec2 create-vpc-endpoint", "--vpc-id", w.vpc(), "--vpc-endpoint-type", "Gateway", "--service-name", w.serviceName(), "--route-table-ids"}, tables...)...)
	return "Create the gateway endpoint for " + w.service + " with the route tables of the workload."
}

// fixInternet: Amazon EC2 API reference, CreateRoute.
func fixInternet(w *writer) string {
	w.keep = true
	w.defaultRoute("--nat-gateway-id", w.gateway("NAT_GATEWAY_ID"))
	if w.service != "" {
		return "Create the endpoint for " + w.service + ". Or give the subnets a route to a NAT gateway in a public subnet."
	}
	return "Give the subnets a route to a NAT gateway in a public subnet. For an image, copying it to Amazon ECR is another fix."
}

// gateway returns the id of an available public NAT gateway of the VPC.
func (w *writer) gateway(placeholder string) string {
	if n := w.network(); n != nil {
		for _, g := range n.NATGateways {
			if g.Public && g.State == "available" {
				return g.ID
			}
		}
	}
	return w.or("", placeholder)
}

// defaultRoute adds commands that create a default route in the tables of the subnets without an internet route. A table that has one, which
// leads nowhere, gets another target instead, because AWS refuses a second route to the same destination (Amazon EC2 API reference, CreateRoute
// and ReplaceRoute).
func (w *writer) defaultRoute(option, target string) {
	tables := w.tables()
	if len(tables) == 0 {
		tables = []string{w.or(w.id("rtb-"), "ROUTE_TABLE_ID")}
	}
	for _, t := range tables {
		if w.routed(t) {
			w.aws("ec2:ReplaceRoute", "ec2 replace-route", "--route-table-id", t, "--destination-cidr-block", "0.0.0.0/0", option, target)
			continue
		}
		w.aws("ec2:CreateRoute", "ec2 create-route", "--route-table-id", t, "--destination-cidr-block", "0.0.0.0/0", option, target)
	}
}

// routed reports whether a route table has a default route.
func (w *writer) routed(table string) bool {
	n := w.network()
	return n != nil && slices.ContainsFunc(n.RouteTables, func(t inventory.RouteTable) bool {
		return t.ID == table && slices.ContainsFunc(t.Routes, func(r inventory.Route) bool { return r.CIDR == "0.0.0.0/0" })
	})
}

// fixRoute: Amazon EC2 API reference, CreateRoute and ModifyVpcEndpoint.
func fixRoute(w *writer) string {
	if w.service != "" && catalog.Lookup(w.service).Type == catalog.Gateway {
		tables := w.tables()
		if len(tables) == 0 {
			tables = []string{w.or(w.id("rtb-"), "ROUTE_TABLE_ID")}
		}
		w.aws("ec2:ModifyVpcEndpoint", append([]string{"ec2 modify-vpc-endpoint", "--vpc-endpoint-id", w.endpointID(), "--add-route-table-ids"}, tables...)...)
		return "Add the route tables of the workload to the " + w.service + " gateway endpoint."
	}
	public := false
	if w.inv != nil {
		for _, r := range w.scope().Workload().Runners {
			public = public || r.Public
		}
	}
	if public {
		w.defaultRoute("--gateway-id", w.or("", "INTERNET_GATEWAY_ID"))
		return "Give the route tables a route to the internet gateway, because the workload has public addresses."
	}
	w.defaultRoute("--nat-gateway-id", w.gateway("NAT_GATEWAY_ID"))
	return "Give the route tables a route to a NAT gateway, or to an internet gateway if the workload has public addresses. The commands replace the target of a default route that leads nowhere."
}

// fixAddress: Amazon ECS API reference, UpdateService and AwsVpcConfiguration.
func fixAddress(w *writer) string {
	subnets, groups := w.clients()
	if len(subnets) == 0 {
		subnets = []string{w.or("", "SUBNET_ID")}
	}
	if len(groups) == 0 {
		groups = []string{w.or("", "WORKLOAD_GROUP_ID")}
	}
	cluster, service := w.of()
	w.aws("ecs:UpdateService", "ecs update-service", "--cluster", cluster, "--service", service, "--network-configuration",
		fmt.Sprintf("awsvpcConfiguration={subnets=[%s],securityGroups=[%s],assignPublicIp=ENABLED}", strings.Join(subnets, ","), strings.Join(groups, ",")))
	return "Give the tasks a public address, or move them to private subnets with endpoints or a NAT gateway."
}

// fixEndpointGroup: Amazon EC2 API reference, AuthorizeSecurityGroupIngress.
func fixEndpointGroup(w *writer) string {
	group := ""
	if e := w.endpoint(); e != nil {
		group = first(e.Groups)
	}
	w.aws("ec2:AuthorizeSecurityGroupIngress", "ec2 authorize-security-group-ingress", "--group-id", w.or(group, "ENDPOINT_GROUP_ID"),
		"--ip-permissions", "IpProtocol=tcp,FromPort=443,ToPort=443,UserIdGroupPairs=[{GroupId="+w.group()+"}]")
	return "Allow inbound TCP 443 from the workload in a security group of the endpoint."
}

// fixEgress: Amazon EC2 API reference, AuthorizeSecurityGroupEgress.
func fixEgress(w *writer) string {
	to, where := "", "the endpoint"
	switch e := w.endpoint(); {
	case w.service == "s3":
		where, to = "the prefix list of Amazon S3", "PrefixListIds=[{PrefixListId="+w.or(w.s3List(), "PREFIX_LIST_ID")+"}]"
	case e != nil && len(e.Groups) > 0:
		to = "UserIdGroupPairs=[{GroupId=" + e.Groups[0] + "}]"
	case w.service == "":
		where, to = "its destination", "IpRanges=[{CidrIp=0.0.0.0/0}]"
	case w.vpcBlock() != "":
		where, to = "the addresses of the VPC", "IpRanges=[{CidrIp="+w.vpcBlock()+"}]"
	default:
		to = "UserIdGroupPairs=[{GroupId=" + w.or("", "ENDPOINT_GROUP_ID") + "}]"
	}
	w.aws("ec2:AuthorizeSecurityGroupEgress", "ec2 authorize-security-group-egress", "--group-id", w.group(), "--ip-permissions", "IpProtocol=tcp,FromPort=443,ToPort=443,"+to)
	return "Allow outbound TCP 443 to " + where + " in a security group of the workload."
}

// s3List returns the prefix list of Amazon S3 in the Region.
func (w *writer) s3List() string {
	if n := w.network(); n != nil {
		for _, p := range n.PrefixLists {
			if strings.HasSuffix(p.Name, ".s3") {
				return p.ID
			}
		}
	}
	return ""
}

// vpcBlock returns the first IPv4 block of the VPC.
func (w *writer) vpcBlock() string {
	if w.inv != nil {
		if x := w.inv.VPC(w.ans.VPC); x != nil {
			return first(x.CIDRs)
		}
	}
	return ""
}

// fixIngress: Amazon EC2 API reference, AuthorizeSecurityGroupIngress.
func fixIngress(w *writer) string {
	w.aws("ec2:AuthorizeSecurityGroupIngress", "ec2 authorize-security-group-ingress", "--group-id", w.group(),
		"--ip-permissions", fmt.Sprintf("IpProtocol=tcp,FromPort=%[1]s,ToPort=%[1]s,UserIdGroupPairs=[{GroupId=%[2]s}]", w.or("", "CONTAINER_PORT"), w.or("", "LOAD_BALANCER_GROUP_ID")))
	return "Allow the port of the container from the security group of the load balancer."
}

// fixACL: Amazon EC2 API reference, CreateNetworkAclEntry. Responses use the ports 1024-65535 (Amazon VPC user guide, Network ACL rules).
func fixACL(w *writer) string {
	w.keep = true
	acl, block := "", w.vpcBlock()
	if n := w.network(); n != nil {
		subnets, _ := w.clients()
		for _, id := range subnets {
			if a := n.ACLOf(id); a != nil && acl == "" {
				acl = a.ID
			}
		}
	}
	if strings.HasPrefix(w.resource, "acl-") {
		acl = w.resource
	}
	if w.service == "s3" || w.service == "" && w.d.Host != "" { // public addresses
		block = "0.0.0.0/0"
	}
	acl, block = w.or(acl, "NETWORK_ACL_ID"), w.or(block, "VPC_CIDR_BLOCK")
	for _, e := range [][]string{{"--egress", "From=443,To=443"}, {"--ingress", "From=1024,To=65535"}} {
		w.aws("ec2:CreateNetworkAclEntry", "ec2 create-network-acl-entry", "--network-acl-id", acl, e[0], "--rule-number", w.or("", "RULE_NUMBER"), "--protocol", "6",
			"--port-range", e[1], "--cidr-block", block, "--rule-action", "allow")
	}
	return "Allow TCP 443 and the response traffic (TCP 1024-65535) in the network ACL, with a rule number lower than that of the entry that denies it."
}

// fixProxy: Amazon ECS developer guide, HTTP proxy configuration for Amazon ECS.
func fixProxy(*writer) string {
	return "Set NO_PROXY to 169.254.169.254,169.254.170.2,/var/run/docker.sock and the names of the services that have endpoints, in /etc/ecs/ecs.config of the instance or in the environment of the container. Then restart the agent or the task."
}

func fixFamily(w *writer) string {
	if w.service != "" {
		fixEndpoint(w)
		return "Create the endpoint for " + w.service + ", which has IPv4 addresses in the VPC. Or give the subnets an internet route for IPv4."
	}
	return "Give the subnets an internet route for IPv4, or use names of the service that have IPv6 addresses."
}

func fixLocal(*writer) string {
	return "The address is in the task or on the instance, so no endpoint or route changes this. Check the process that should answer there."
}

// fixPrivateDNS: Amazon EC2 API reference, ModifyVpcEndpoint.
func fixPrivateDNS(w *writer) string {
	w.aws("ec2:ModifyVpcEndpoint", "ec2 modify-vpc-endpoint", "--vpc-endpoint-id", w.endpointID(), "--private-dns-enabled")
	return "Turn on private DNS of the endpoint. All clients of the VPC then use it, so check its security groups first."
}

// fixVPCDNS: Amazon EC2 API reference, ModifyVpcAttribute.
func fixVPCDNS(w *writer) string {
	for _, option := range []string{"--enable-dns-support", "--enable-dns-hostnames"} {
		w.aws("ec2:ModifyVpcAttribute", "ec2 modify-vpc-attribute", "--vpc-id", w.vpc(), option, "Value=true")
	}
	return "Turn on DNS support and DNS hostnames of the VPC."
}

// fixResolver: Amazon EC2 API reference, DescribeDhcpOptions; Amazon Route 53 API reference, ListResolverRuleAssociations.
func fixResolver(w *writer) string {
	w.keep = true
	w.aws("ec2:DescribeVpcs", "ec2 describe-vpcs", "--vpc-ids", w.vpc(), "--query", "Vpcs[].DhcpOptionsId")
	w.aws("route53resolver:ListResolverRuleAssociations", "route53resolver list-resolver-rule-associations", "--filters", "Name=VPCId,Values="+w.vpc())
	return "Configure the DNS servers to forward names of AWS services to the Route 53 Resolver of the VPC, and remove Resolver rules that forward them elsewhere."
}

// fixConflict: Amazon EC2 API reference, DescribeVpcEndpoints.
func fixConflict(w *writer) string {
	w.keep = true
	args := []string{"ec2 describe-vpc-endpoints", "--filters", "Name=vpc-id,Values=" + w.vpc()}
	if w.service != "" {
		args = append(args, "Name=service-name,Values="+w.serviceName())
	}
	w.aws("ec2:DescribeVpcEndpoints", append(args, "--query", "VpcEndpoints[].[VpcEndpointId,State,PrivateDnsEnabled]")...)
	return "Use the endpoint that has the private DNS name, and do not create a second one."
}

// fixZone: Amazon Route 53 API reference, ListHostedZonesByVPC.
func fixZone(w *writer) string {
	w.keep = true
	w.aws("route53:ListHostedZonesByVPC", "route53 list-hosted-zones-by-vpc", "--vpc-id", w.vpc(), "--vpc-region", w.region())
	return "Remove the association of the private hosted zone with the VPC, or add records to the zone that lead to the endpoint."
}

// fixGlobalName: AWS SDKs and Tools reference guide, AWS STS Regional endpoints.
func fixGlobalName(w *writer) string {
	if w.service == "sts" {
		return "Set AWS_STS_REGIONAL_ENDPOINTS=regional in the environment of the container, or use a current version of the SDK. Then the name of the Region leads to the sts endpoint."
	}
	return "Use the name of the service in the Region, which leads to the endpoint."
}

func fixName(w *writer) string {
	return "Use the default name of the service with private DNS of the endpoint. The certificate has no other names."
}

// fixEndpointPolicy: Amazon EC2 API reference, DescribeVpcEndpoints and ModifyVpcEndpoint.
func fixEndpointPolicy(w *writer) string {
	w.keep = true
	id := w.endpointID()
	w.aws("ec2:DescribeVpcEndpoints", "ec2 describe-vpc-endpoints", "--vpc-endpoint-ids", id, "--query", "VpcEndpoints[].PolicyDocument")
	w.aws("ec2:ModifyVpcEndpoint", "ec2 modify-vpc-endpoint", "--vpc-endpoint-id", id, "--policy-document", "file://policy.json")
	what := "what the workload does"
	if w.d.Action != "" {
		what = w.d.Action
	}
	return "Save the policy of the endpoint in policy.json, add a statement that allows " + what + ", and set it."
}

// fixCondition: IAM API reference, GetRolePolicy; AWS KMS API reference, GetKeyPolicy; and the references of the other services.
func fixCondition(w *writer) string {
	w.keep = true
	switch {
	case strings.Contains(w.d.Resource, ":kms:"):
		w.aws("kms:GetKeyPolicy", "kms get-key-policy", "--key-id", w.d.Resource, "--policy-name", "default")
	case strings.Contains(w.d.Resource, ":secretsmanager:"):
		w.aws("secretsmanager:GetResourcePolicy", "secretsmanager get-resource-policy", "--secret-id", w.d.Resource)
	case strings.HasPrefix(w.d.Resource, "arn:") && strings.Contains(w.d.Resource, ":s3:::"):
		bucket, _, _ := strings.Cut(lastPart(w.d.Resource), "/")
		w.aws("s3:GetBucketPolicy", "s3api get-bucket-policy", "--bucket", bucket)
	case strings.Contains(w.d.Resource, ":ecr:"):
		w.aws("ecr:GetRepositoryPolicy", "ecr get-repository-policy", "--repository-name", strings.TrimPrefix(lastPart(w.d.Resource), "repository/"))
	default:
		w.aws("iam:ListRolePolicies", "iam list-role-policies", "--role-name", w.role())
		w.aws("iam:GetRolePolicy", "iam get-role-policy", "--role-name", w.role(), "--policy-name", w.or("", "POLICY_NAME"))
	}
	return "Compare the condition of the policy (aws:SourceVpce, aws:SourceVpc or aws:SourceIp) with the endpoint and the VPC, and add what it lacks. Calls must also use the endpoint, which needs private DNS."
}

// fixRole: IAM API reference, PutRolePolicy.
func fixRole(w *writer) string {
	action := w.or(w.d.Action, "SERVICE:ACTION")
	w.putPolicy(action, w.or(w.d.Resource, "RESOURCE_ARN"))
	return fmt.Sprintf("Allow %s for role %s.", action, w.role())
}

// fixCaller: IAM API reference, PutRolePolicy and PutUserPolicy.
func fixCaller(w *writer) string {
	action := w.or(w.d.Action, "SERVICE:ACTION")
	w.putPolicy(action, w.or(w.d.Resource, "RESOURCE_ARN"))
	return "Ask an administrator to allow " + action + " for the principal in the message. If a policy of the organization denies it, only the organization can change this."
}

// fixKey: AWS Secrets Manager user guide, Secret encryption and decryption in AWS Secrets Manager.
func fixKey(w *writer) string {
	key := ""
	if strings.Contains(w.d.Resource, ":kms:") {
		key = w.d.Resource
	}
	if w.inv != nil && w.d.Resource != "" {
		if s := w.inv.Secret(w.d.Resource); s != nil && s.KMSKey != "" {
			if k := w.inv.Key(s.KMSKey); k != nil {
				key = k.ARN
			}
		}
	}
	action := "kms:Decrypt"
	if strings.HasPrefix(w.d.Action, "kms:") {
		action = w.d.Action
	}
	key = w.or(key, "KEY_ARN")
	w.putPolicy(action, key)
	w.aws("kms:GetKeyPolicy", "kms get-key-policy", "--key-id", key, "--policy-name", "default")
	return "Allow " + action + " on the key for the role. The policy of the key must allow it too, directly or through IAM policies of the account."
}

// fixProfile: IAM API reference, CreateInstanceProfile and AddRoleToInstanceProfile; Amazon EC2 API reference, AssociateIamInstanceProfile.
func fixProfile(w *writer) string {
	w.keep = true
	name := w.or("", "INSTANCE_PROFILE_NAME")
	w.aws("iam:CreateInstanceProfile", "iam create-instance-profile", "--instance-profile-name", name)
	w.aws("iam:AddRoleToInstanceProfile iam:PassRole", "iam add-role-to-instance-profile", "--instance-profile-name", name, "--role-name", w.or(w.environmentRole(), "ROLE_NAME"))
	text := "Create an instance profile that contains the role, and use it."
	if _, instance, _ := w.instance(); instance != "" {
		w.aws("ec2:AssociateIamInstanceProfile", "ec2 associate-iam-instance-profile", "--instance-id", instance, "--iam-instance-profile", "Name="+name)
	} else {
		text += " A compute environment of AWS Batch references the instance profile and not the role."
	}
	return text
}

// environmentRole returns the role that a compute environment of the workload references in place of an instance profile.
func (w *writer) environmentRole() string {
	if w.inv != nil {
		for _, e := range w.scope().Workload().Environments {
			if name := cause.RoleName(e.InstanceRole); name != "" {
				return name
			}
		}
	}
	return ""
}

// fixCredentials: AWS Secrets Manager API reference, CreateSecret; Amazon ECS developer guide, Using non-AWS container images in Amazon ECS.
func fixCredentials(w *writer) string {
	w.aws("secretsmanager:CreateSecret", "secretsmanager create-secret", "--name", w.or("", "SECRET_NAME"), "--secret-string", "file://credentials.json")
	return `Store the user name and the password in a secret, as {"username": "…", "password": "…"} in credentials.json, and reference it in the definition. The wizard plans both (answers file: registry with secret and definition).`
}

// fixTags: AWS Organizations API reference, DescribeEffectivePolicy.
func fixTags(w *writer) string {
	w.aws("organizations:DescribeEffectivePolicy", "organizations describe-effective-policy", "--policy-type", "TAG_POLICY", "--target-id", w.account())
	return "Use tags that the tag policy of the organization accepts (answers file: tags)."
}

// fixSecret: AWS Secrets Manager API reference, RestoreSecret and ListSecrets.
func fixSecret(w *writer) string {
	secret := w.d.Resource
	if w.inv != nil && secret != "" {
		if s := w.inv.Secret(secret); s != nil && s.Deleted != "" {
			w.aws("secretsmanager:RestoreSecret", "secretsmanager restore-secret", "--secret-id", s.ARN)
			return "Restore the secret, which is scheduled for deletion."
		}
	}
	if secret != "" {
		secret = strings.TrimPrefix(lastPart(secret), "secret:")
	}
	w.aws("secretsmanager:ListSecrets", "secretsmanager list-secrets", "--include-planned-deletion", "--filters", asJSON([]map[string]any{{"Key": "name", "Values": []string{w.or(secret, "SECRET_NAME")}}}))
	return "Reference a secret that exists in this Region, by its full ARN if it is of another account, or create it."
}

// fixParameter: AWS Systems Manager API reference, DescribeParameters.
func fixParameter(w *writer) string {
	name := ""
	if w.d.Resource != "" {
		name = strings.TrimPrefix(lastPart(w.d.Resource), "parameter/")
	}
	w.aws("ssm:DescribeParameters", "ssm describe-parameters", "--parameter-filters", asJSON([]map[string]any{{"Key": "Name", "Option": "Contains", "Values": []string{w.or(name, "PARAMETER_NAME")}}}))
	return "Reference a parameter that exists in this Region, or create it."
}

// fixFile: Amazon S3 API reference, ListObjectsV2.
func fixFile(w *writer) string {
	bucket, key := "", ""
	if strings.Contains(w.d.Resource, ":s3:::") {
		bucket, key, _ = strings.Cut(lastPart(w.d.Resource), "/")
	}
	w.aws("s3:ListBucket", "s3api list-objects-v2", "--bucket", w.or(bucket, "BUCKET"), "--prefix", w.or(key, "KEY"))
	return "Upload the file, or correct its name in the definition."
}

// fixImage: Amazon ECR API reference, DescribeImages.
func fixImage(w *writer) string {
	name, registry := w.repository()
	w.aws("ecr:DescribeImages", "ecr describe-images", "--registry-id", registry, "--repository-name", name, "--query", "imageDetails[].imageTags")
	return "Push the image with this tag, or use an existing tag in the definition."
}

// register adds commands that show a part of a definition and register a revision of it.
func (w *writer) register(query string, options ...string) {
	family := w.definition()
	w.aws("ecs:DescribeTaskDefinition", "ecs describe-task-definition", "--task-definition", family, "--query", query)
	if len(options) > 0 {
		w.aws("ecs:RegisterTaskDefinition iam:PassRole", append([]string{"ecs register-task-definition", "--cli-input-json", "file://definition.json"}, options...)...)
	}
}

// fixArchitecture: Amazon ECS API reference, RuntimePlatform.
func fixArchitecture(w *writer) string {
	w.register("taskDefinition.runtimePlatform", "--runtime-platform", "cpuArchitecture=ARM64,operatingSystemFamily=LINUX")
	return "Build the image for the processor of the definition (docker build --platform), or set the runtime platform of the definition to that of the image: ARM64 or X86_64. Save the definition in definition.json first."
}

// fixLogGroup: Amazon CloudWatch Logs API reference, CreateLogGroup.
func fixLogGroup(w *writer) string {
	group := ""
	if w.inv != nil {
		for _, r := range w.scope().LogGroups() {
			for _, name := range r.Names() {
				if exists, known := w.inv.LogGroup(name); known && !exists {
					group = name
				}
			}
		}
	}
	w.aws("logs:CreateLogGroup", "logs create-log-group", "--log-group-name", w.or(group, "LOG_GROUP"))
	return "Create the log group in the Region of awslogs-region, or set awslogs-create-group and allow the execution role logs:CreateLogGroup."
}

// fixLogOptions: Amazon ECS API reference, LogConfiguration.
func fixLogOptions(w *writer) string {
	w.register("taskDefinition.containerDefinitions[].logConfiguration")
	return "Correct the options of the log driver in the definition."
}

// fixMountTarget: Amazon EFS API reference, DescribeMountTargets and CreateMountTarget.
func fixMountTarget(w *writer) string {
	fs := w.or(w.id("fs-"), "FILE_SYSTEM_ID")
	subnets, _ := w.clients()
	w.aws("elasticfilesystem:DescribeMountTargets", "efs describe-mount-targets", "--file-system-id", fs)
	w.aws("elasticfilesystem:CreateMountTarget", "efs create-mount-target", "--file-system-id", fs, "--subnet-id", w.or(first(subnets), "SUBNET_ID"), "--security-groups", w.or("", "FILE_SYSTEM_GROUP_ID"))
	return "Create a mount target in each Availability Zone of the workload, with a security group that allows TCP 2049 from it."
}

// fixHealth: Amazon ECS API reference, UpdateService.
func fixHealth(w *writer) string {
	cluster, service := w.of()
	w.aws("ecs:UpdateService", "ecs update-service", "--cluster", cluster, "--service", service, "--health-check-grace-period-seconds", w.or("", "SECONDS"))
	return "Make the container answer the check on its port and path, and give it enough time to start."
}

// fixInstances: Amazon ECS API reference, ListContainerInstances and UpdateContainerInstancesState.
func fixInstances(w *writer) string {
	w.keep = true
	cluster, _, arn := w.instance()
	if cluster == "" {
		cluster, _ = w.of()
		w.missing = slices.DeleteFunc(w.missing, func(s string) bool { return s == "SERVICE" })
	}
	w.aws("ecs:ListContainerInstances", "ecs list-container-instances", "--cluster", cluster)
	if arn != "" {
		w.aws("ecs:UpdateContainerInstancesState", "ecs update-container-instances-state", "--cluster", cluster, "--container-instances", arn, "--status", "ACTIVE")
	}
	return "Start container instances in the cluster, or set draining ones to ACTIVE."
}

// fixQuota: Service Quotas API reference, RequestServiceQuotaIncrease.
func fixQuota(w *writer) string {
	w.keep = true
	code, service := "", ""
	if w.plan != nil {
		for _, f := range w.plan.Findings {
			switch f.Rule {
			case "Q-IF", "Q-GW":
				service, code = "vpc", map[string]string{"Q-IF": "L-29B6F2EB", "Q-GW": "L-1B52E74A"}[f.Rule]
			}
		}
	}
	w.aws("servicequotas:RequestServiceQuotaIncrease", "service-quotas request-service-quota-increase", "--service-code", w.or(service, "SERVICE_CODE"), "--quota-code", w.or(code, "QUOTA_CODE"), "--desired-value", w.or("", "VALUE"))
	return "Request a higher quota, or delete what is not used."
}

// fixCapacity: AWS Batch API reference, UpdateComputeEnvironment.
func fixCapacity(w *writer) string {
	w.aws("batch:UpdateComputeEnvironment", "batch update-compute-environment", "--compute-environment", w.environment("COMPUTE_ENVIRONMENT"), "--compute-resources", "maxvCpus="+w.or("", "MAXIMUM"))
	return "Raise the maximum of vCPUs of the compute environment, and choose instance types that are large enough for the job. Or lower what the job requires."
}

// fixMemory: Amazon ECS API reference, RegisterTaskDefinition.
func fixMemory(w *writer) string {
	w.register("taskDefinition.[memory,containerDefinitions[].[name,memory,memoryReservation]]", "--memory", w.or("", "MEMORY_IN_MIB"))
	return "Raise the memory of the task definition and of the container. Save the definition in definition.json first."
}

// fixRateLimit: Amazon ECR API reference, CreatePullThroughCacheRule.
func fixRateLimit(w *writer) string {
	w.aws("ecr:CreatePullThroughCacheRule", "ecr create-pull-through-cache-rule", "--ecr-repository-prefix", "docker-hub", "--upstream-registry-url", "registry-1.docker.io", "--credential-arn", w.or("", "SECRET_ARN"))
	return "Log in at the registry, or pull the image through a cache of Amazon ECR, or copy it to Amazon ECR."
}

// fixFree: Amazon EC2 API reference, DescribeSubnets.
func fixFree(w *writer) string {
	w.keep = true
	w.aws("ec2:DescribeSubnets", "ec2 describe-subnets", "--filters", "Name=vpc-id,Values="+w.vpc(), "--query", "Subnets[].[SubnetId,AvailabilityZone,AvailableIpAddressCount]")
	return "Use another subnet of the zone with free addresses, or delete network interfaces that are not used."
}

// fixZones: Amazon EC2 API reference, DescribeVpcEndpointServices.
func fixZones(w *writer) string {
	w.keep = true
	w.aws("ec2:DescribeVpcEndpointServices", "ec2 describe-vpc-endpoint-services", "--service-names", w.serviceName(), "--query", "ServiceDetails[].AvailabilityZones")
	return "Leave out the subnet, or choose one in an Availability Zone that has the service. Clients of the other zone use the endpoint too."
}

// fixDuplicate: Amazon EC2 API reference, DescribeSubnets.
func fixDuplicate(w *writer) string {
	w.keep = true
	w.aws("ec2:DescribeSubnets", "ec2 describe-subnets", "--filters", "Name=vpc-id,Values="+w.vpc(), "--query", "Subnets[].[SubnetId,AvailabilityZone]")
	return "Choose one subnet per Availability Zone. Its network interface serves the whole zone."
}

// fixRegion: Amazon EC2 API reference, DescribeVpcEndpointServices.
func fixRegion(w *writer) string {
	w.aws("ec2:DescribeVpcEndpointServices", "ec2 describe-vpc-endpoint-services", "--filters", "Name=service-name,Values="+w.serviceName(), "--query", "ServiceDetails[].ServiceName")
	return "Use the service name of the Region of the VPC, and call the API of that Region."
}

// fixRouteConflict: Amazon EC2 API reference, DescribeRouteTables and ModifyVpcEndpoint.
func fixRouteConflict(w *writer) string {
	w.keep = true
	table := w.or(w.id("rtb-"), "ROUTE_TABLE_ID")
	w.aws("ec2:DescribeRouteTables", "ec2 describe-route-tables", "--route-table-ids", table, "--query", "RouteTables[].Routes[?DestinationPrefixListId]")
	return "Use the gateway endpoint that the route leads to, and add the route tables that it lacks. Do not create a second one for the same service."
}

// fixType: Amazon EC2 API reference, DescribeVpcEndpointServices.
func fixType(w *writer) string {
	w.aws("ec2:DescribeVpcEndpointServices", "ec2 describe-vpc-endpoint-services", "--service-names", w.serviceName(), "--query", "ServiceDetails[].ServiceType")
	return "Create an endpoint of a type that the service has."
}

// restart adds a command that restarts the ECS agent (Amazon ECS developer guide, Updating the Amazon ECS container agent; AWS Systems Manager API
// reference, SendCommand).
func (w *writer) restart() {
	_, instance, _ := w.instance()
	w.aws("ssm:SendCommand", "ssm send-command", "--document-name", "AWS-RunShellScript", "--instance-ids", w.or(instance, "INSTANCE_ID"), "--parameters", `{"commands":["systemctl restart ecs"]}`)
}

func fixAgent(w *writer) string {
	w.restart()
	return "Start the instance if it is stopped, and restart the agent (the command is for Amazon Linux). For ECS Exec, start a new task: the agent in a task starts only with the task."
}

// fixOldAgent: Amazon ECS API reference, UpdateContainerAgent.
func fixOldAgent(w *writer) string {
	w.keep = true
	cluster, _, arn := w.instance()
	w.aws("ecs:UpdateContainerAgent", "ecs update-container-agent", "--cluster", w.or(cluster, "CLUSTER"), "--container-instance", w.or(arn, "CONTAINER_INSTANCE_ARN"))
	return "Update the agent, or start instances from a current AMI."
}

func fixAgentRestart(w *writer) string {
	w.restart()
	return "Restart the agent, so that it asks for its addresses again and uses the endpoints. The command is for Amazon Linux."
}

// fixDefect: Amazon ECS API reference, UpdateService.
func fixDefect(w *writer) string {
	cluster, service := w.of()
	w.aws("ecs:UpdateService", "ecs update-service", "--cluster", cluster, "--service", service, "--force-new-deployment")
	return "Use a current version of the agent: a new deployment starts tasks with it. If the defect remains, change what it depends on."
}

// fixAMI: AWS Batch API reference, DescribeComputeEnvironments.
func fixAMI(w *writer) string {
	w.aws("batch:DescribeComputeEnvironments", "batch describe-compute-environments", "--compute-environments", w.environment("COMPUTE_ENVIRONMENT"), "--query", "computeEnvironments[].computeResources.[launchTemplate,ec2Configuration]")
	return "Use an Amazon ECS optimized AMI, and check that the user data of the launch template lets the ECS agent start. Then create the instances again."
}

func fixOverload(*writer) string {
	return "Use a larger instance type, or run fewer tasks on the instance."
}

// fixEnvironment: AWS Batch API reference, UpdateComputeEnvironment; Amazon MWAA API reference, GetEnvironment.
func fixEnvironment(w *writer) string {
	w.keep = true
	if w.inv != nil && len(w.scope().Workload().Airflows) > 0 {
		w.aws("airflow:GetEnvironment", "mwaa get-environment", "--name", w.environment("ENVIRONMENT"), "--query", "Environment.[Status,LastUpdate]")
		return "Find the reason in the last update of the environment, and wait until it is AVAILABLE."
	}
	name := w.environment("COMPUTE_ENVIRONMENT")
	w.aws("batch:DescribeComputeEnvironments", "batch describe-compute-environments", "--compute-environments", name, "--query", "computeEnvironments[].[status,statusReason]")
	w.aws("batch:UpdateComputeEnvironment", "batch update-compute-environment", "--compute-environment", name, "--state", "ENABLED")
	return "Correct what the reason of the status reports, then enable the compute environment again."
}

// fixSelf: Amazon EC2 API reference, AuthorizeSecurityGroupIngress.
func fixSelf(w *writer) string {
	w.keep = true
	group := w.or(w.airflowGroup(), "ENVIRONMENT_GROUP_ID")
	w.aws("ec2:AuthorizeSecurityGroupIngress", "ec2 authorize-security-group-ingress", "--group-id", group, "--ip-permissions", "IpProtocol=-1,UserIdGroupPairs=[{GroupId="+group+"}]")
	return "Allow all traffic of the security group of the environment to itself."
}

// airflowGroup returns a security group of the Airflow environment.
func (w *writer) airflowGroup() string {
	if w.inv != nil {
		for _, e := range w.scope().Workload().Airflows {
			return first(e.Groups)
		}
	}
	return ""
}

// fixAccess: Amazon MWAA API reference, GetEnvironment.
func fixAccess(w *writer) string {
	w.keep = true
	w.aws("airflow:GetEnvironment", "mwaa get-environment", "--name", w.environment("ENVIRONMENT"), "--query", "Environment.[WebserverAccessMode,WebserverUrl]")
	return "Choose an access method to the private web server: AWS Client VPN, a bastion, or a load balancer (answers file: mwaa.way_in). The wizard plans it."
}

// fixOwnEndpoints: Amazon MWAA API reference, GetEnvironment.
func fixOwnEndpoints(w *writer) string {
	w.aws("airflow:GetEnvironment", "mwaa get-environment", "--name", w.environment("ENVIRONMENT"), "--query", "Environment.[DatabaseVpcEndpointService,WebserverVpcEndpointService]")
	return "Create the interface endpoints that the environment waits for, in its subnets, within 72 hours. The wizard plans them."
}

// fixRequirements: Amazon MWAA API reference, GetEnvironment.
func fixRequirements(w *writer) string {
	w.aws("airflow:GetEnvironment", "mwaa get-environment", "--name", w.environment("ENVIRONMENT"), "--query", "Environment.[RequirementsS3Path,PluginsS3Path]")
	return "Correct requirements.txt. Without internet access, packages must come from the plugins file or a repository in the VPC."
}
