package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
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
	text := "Give the subnets a route to a NAT gateway in a public subnet."
	if w.inv != nil && len(w.scope().Workload().Airflows) > 0 { // an environment has no images of its own
		return text
	}
	return text + " For an image, copying it to Amazon ECR is another fix."
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
		tables := w.unrouted()
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
	blocks := []string{"0.0.0.0/0"}
	if public := w.service == "s3" || w.service == "" && w.d.Host != ""; !public {
		blocks = w.vpcBlocks()
	}
	if w.allowACLs(blocks) {
		return "Allow TCP 443 and the response traffic (TCP 1024-65535) in the network ACLs. The numbers of the new entries are lower than those of the entries that deny the traffic."
	}
	acl := ""
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
	acl = w.or(acl, "NETWORK_ACL_ID")
	if len(blocks) == 0 {
		blocks = []string{w.or("", "VPC_CIDR_BLOCK")}
	}
	for _, block := range blocks {
		w.allowEntry(acl, 0, resource.Traffic{Egress: true, From: 443, To: 443}, block)
		w.allowEntry(acl, 0, resource.Traffic{From: 1024, To: 65535}, block)
	}
	return "Allow TCP 443 and the response traffic (TCP 1024-65535) in the network ACL, with a rule number lower than that of the entry that denies it."
}

// vpcBlocks returns the IPv4 blocks of the VPC.
func (w *writer) vpcBlocks() []string {
	if w.inv != nil {
		if x := w.inv.VPC(w.ans.VPC); x != nil {
			return x.CIDRs
		}
	}
	return nil
}

// allowEntry adds a command that creates an entry of a network ACL. The number 0 is not known.
func (w *writer) allowEntry(acl string, number int, t resource.Traffic, block string) {
	direction, n := "--ingress", ""
	if t.Egress {
		direction = "--egress"
	}
	if number > 0 {
		n = strconv.Itoa(number)
	}
	w.aws("ec2:CreateNetworkAclEntry", "ec2 create-network-acl-entry", "--network-acl-id", acl, direction, "--rule-number", w.or(n, "RULE_NUMBER"), "--protocol", "6",
		"--port-range", fmt.Sprintf("From=%d,To=%d", t.From, t.To), "--cidr-block", block, "--rule-action", "allow")
}

// allowACLs adds a command for each traffic that a network ACL on the path to the service denies: requests out of the subnets of the workload and
// responses back, and the same at the subnets of the endpoints. It reports whether there are any.
func (w *writer) allowACLs(blocks []string) bool {
	n := w.network()
	if n == nil {
		return false
	}
	clients, _ := w.clients()
	var ends []string
	for i := range n.Endpoints {
		if e := &n.Endpoints[i]; plan.Usable(e) && (w.service == "" || catalog.CodeOf(e.Service) == w.service) {
			ends = append(ends, e.Subnets...)
		}
	}
	type side struct {
		subnets []string
		traffic []resource.Traffic
	}
	before := len(w.commands)
	acls := map[string][]inventory.ACLEntry{} // with the entries that the commands create
	for _, s := range []side{
		{clients, []resource.Traffic{{Egress: true, From: 443, To: 443}, {From: 1024, To: 65535}}},
		{ends, []resource.Traffic{{From: 443, To: 443}, {Egress: true, From: 1024, To: 65535}}},
	} {
		for _, id := range s.subnets {
			acl := n.ACLOf(id)
			if acl == nil {
				continue
			}
			if _, known := acls[acl.ID]; !known {
				acls[acl.ID] = sortedEntries(acl.Entries)
			}
			for _, t := range s.traffic {
				for _, block := range blocks {
					t.Blocks = []string{block}
					number, entries := allowedAt(acls[acl.ID], t)
					if entries == nil {
						continue
					}
					acls[acl.ID] = entries
					w.allowEntry(acl.ID, number, t, block)
				}
			}
		}
	}
	return len(w.commands) > before
}

func sortedEntries(entries []inventory.ACLEntry) []inventory.ACLEntry {
	return slices.SortedStableFunc(slices.Values(entries), func(a, b inventory.ACLEntry) int { return a.Number - b.Number })
}

// allowedAt returns a free number for an entry that allows traffic which entries deny, and the entries with it. Without a free number it is 0. The
// entries are nil if nothing denies the traffic.
func allowedAt(entries []inventory.ACLEntry, t resource.Traffic) (int, []inventory.ACLEntry) {
	_, denied := resource.WeighACL(entries, t)
	if denied == 0 {
		return 0, nil
	}
	used := map[int]bool{}
	last := 0
	for _, e := range entries {
		if e.Egress == t.Egress {
			used[e.Number] = true
			if e.Number < resource.LastEntry {
				last = max(last, e.Number)
			}
		}
	}
	number := denied - 1
	if denied >= resource.LastEntry { // only the last entry denies it, so that a number after all others is enough
		number = min(last+10, resource.LastEntry-1)
	}
	for ; number > 0; number-- {
		if used[number] {
			continue
		}
		with := sortedEntries(append(slices.Clone(entries), inventory.ACLEntry{Number: number, Egress: t.Egress, Allow: true, Protocol: "6", CIDR: t.Blocks[0], From: t.From, To: t.To}))
		if _, still := resource.WeighACL(with, t); still == 0 {
			return number, with
		}
	}
	// An entry with number 0 keeps the same command from being added again for another subnet.
	return 0, append([]inventory.ACLEntry{{Egress: t.Egress, Allow: true, Protocol: "6", CIDR: t.Blocks[0], From: t.From, To: t.To}}, entries...)
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

// fixEndpointPolicy: Amazon EC2 API reference, DescribeVpcEndpoints and ModifyVpcEndpoint. A Deny statement overrides each Allow statement (IAM user
// guide, Policy evaluation logic).
func fixEndpointPolicy(w *writer) string {
	w.keep = true
	id := w.endpointID()
	w.aws("ec2:DescribeVpcEndpoints", "ec2 describe-vpc-endpoints", "--vpc-endpoint-ids", id, "--query", "VpcEndpoints[0].PolicyDocument", "--output", "text")
	w.aws("ec2:ModifyVpcEndpoint", "ec2 modify-vpc-endpoint", "--vpc-endpoint-id", id, "--policy-document", "file://policy.json")
	what := "what the workload does"
	if w.d.Action != "" {
		what = w.d.Action
	}
	if w.says(explicitDeny) {
		w.keep = false
		return "A Deny statement of the endpoint policy denies " + what + ", so another Allow statement does not help. Save the policy of the endpoint in policy.json, change or remove the Deny statement, and set the policy."
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
	if text := w.managed(action); text != "" {
		return text
	}
	w.putPolicy(action, w.or(w.d.Resource, "RESOURCE_ARN"))
	return fmt.Sprintf("Allow %s for role %s.", action, w.role())
}

// fixCaller: IAM API reference, PutRolePolicy and PutUserPolicy.
func fixCaller(w *writer) string {
	action := w.or(w.d.Action, "SERVICE:ACTION")
	if text := w.managed(action); text != "" {
		return text
	}
	w.putPolicy(action, w.or(w.d.Resource, "RESOURCE_ARN"))
	return "Ask an administrator to allow " + action + " for the principal in the message. If a policy of the organization denies it, only the organization can change this."
}

// managed returns the fix for a role with policies that IAM API calls cannot change: IAM refuses calls for roles of IAM Identity Center and for
// service-linked roles (IAM Identity Center user guide, Referencing permission sets in resource policies; IAM user guide, Service-linked roles). It is
// empty for another role.
func (w *writer) managed(action string) string {
	name := cause.RoleName(w.d.Principal)
	if rest, ok := strings.CutPrefix(name, "AWSReservedSSO_"); ok {
		if at := strings.LastIndex(rest, "_"); at > 0 {
			rest = rest[:at]
		}
		return fmt.Sprintf("Change the permission set %s in IAM Identity Center: allow %s in it. IAM does not change the policies of role %s.", rest, action, name)
	}
	if strings.HasPrefix(name, "AWSServiceRoleFor") {
		return fmt.Sprintf("AWS defines the policies of the service-linked role %s, so nobody can add %s to them. Check whether a policy of the resource or of the organization denies the call.", name, action)
	}
	return ""
}

// fixKey: AWS Secrets Manager user guide, Secret encryption and decryption in AWS Secrets Manager; AWS KMS developer guide, Allowing users in other
// accounts to use a KMS key.
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
	own, owner := w.callerAccount(), accountOf(key)
	foreign := own != "" && owner != "" && own != owner
	key = w.or(key, "KEY_ARN")
	text := w.managed(action)
	if byKey := w.says(noResourcePolicy); !byKey && text == "" {
		w.putPolicy(action, key)
		text = "Allow " + action + " on the key for the role. The policy of the key must allow it too, directly or through IAM policies of the account."
		if !foreign {
			w.aws("kms:GetKeyPolicy", "kms get-key-policy", "--key-id", key, "--policy-name", "default")
			return text
		}
	} else if text == "" {
		text = "Allow " + action + " for the role in the policy of the key."
	}
	w.aws("kms:GetKeyPolicy", "kms get-key-policy", "--key-id", key, "--policy-name", "default", "--query", "Policy", "--output", "text")
	w.aws("kms:PutKeyPolicy", "kms put-key-policy", "--key-id", key, "--policy-name", "default", "--policy", "file://key-policy.json")
	text += " Save the policy of the key in key-policy.json, add a statement for the role, and set it."
	if foreign {
		text += fmt.Sprintf(" Run the commands for the policy of the key in account %s, which owns it.", owner)
	}
	return text
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
		secret = secretName(secret)
	}
	w.aws("secretsmanager:ListSecrets", "secretsmanager list-secrets", "--include-planned-deletion", "--filters", asJSON([]map[string]any{{"Key": "name", "Values": []string{w.or(secret, "SECRET_NAME")}}}))
	return "Reference a secret that exists in this Region, by its full ARN if it is of another account, or create it."
}

// secretName returns the name in the ARN of a secret, without the key and the version of a value, and without the hyphen and the six characters that
// AWS Secrets Manager adds to it (AWS Secrets Manager user guide, What's in a Secrets Manager secret?).
func secretName(ref string) string {
	rest, ok := strings.CutPrefix(lastPart(ref), "secret:")
	if !ok {
		return ref
	}
	name, _, _ := strings.Cut(rest, ":")
	if at := len(name) - 7; at > 0 && name[at] == '-' && !strings.ContainsAny(name[at+1:], "-/_") {
		return name[:at]
	}
	return name
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
	if w.d.Image != "" && !w.privateImage() {
		return fmt.Sprintf("Check the name and the tag of %s at its registry: docker manifest inspect shows whether they exist. Then use an existing tag in the definition.", w.d.Image)
	}
	name, registry := w.repository()
	w.aws("ecr:DescribeImages", "ecr describe-images", "--registry-id", registry, "--repository-name", name, "--query", "imageDetails[].imageTags")
	return "Push the image with this tag, or use an existing tag in the definition."
}

// readOnly is a sentence about the fields that describe-task-definition returns and register-task-definition does not accept (Amazon ECS API reference,
// TaskDefinition and RegisterTaskDefinition).
const readOnly = " Save the definition in definition.json, remove taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt and registeredBy from it, change it, and register it."

// register adds commands that show a definition and register a revision of it from a file.
func (w *writer) register() {
	w.aws("ecs:DescribeTaskDefinition", "ecs describe-task-definition", "--task-definition", w.definition(), "--query", "taskDefinition")
	w.aws("ecs:RegisterTaskDefinition iam:PassRole", "ecs register-task-definition", "--cli-input-json", "file://definition.json")
}

// fixArchitecture: Amazon ECS API reference, RuntimePlatform. The platform in the message is that of the task.
func fixArchitecture(w *writer) string {
	w.register()
	text := "Build the image for the processor of the definition (docker build --platform), or set runtimePlatform.cpuArchitecture of the definition to that of the image: ARM64 or X86_64."
	for _, p := range []struct {
		is          sign
		task, other string
	}{{taskOnARM, "linux/arm64", "X86_64"}, {taskOnX86, "linux/amd64", "ARM64"}} {
		if w.says(p.is) {
			text = fmt.Sprintf("Build the image for %s, which the task runs on (docker build --platform %[1]s). Or set runtimePlatform.cpuArchitecture of the definition to %s, if the image is for that.", p.task, p.other)
		}
	}
	return text + readOnly
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
	w.register()
	return "Correct the options of the log driver (logConfiguration) in the definition." + readOnly
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
	for _, q := range quotas {
		if code == "" && w.says(q.is) {
			service, code = "vpc", q.code
		}
	}
	w.aws("servicequotas:RequestServiceQuotaIncrease", "service-quotas request-service-quota-increase", "--service-code", w.or(service, "SERVICE_CODE"), "--quota-code", w.or(code, "QUOTA_CODE"), "--desired-value", w.or("", "VALUE"))
	return "Request a higher quota, or delete what is not used."
}

// quotas are the codes of quotas of Amazon VPC (Amazon EC2 API reference, Error codes; Service Quotas).
var quotas = []struct {
	is   sign
	code string
}{{gatewayQuota, "L-1B52E74A"}, {interfaceQuota, "L-29B6F2EB"}}

// fixCapacity: AWS Batch API reference, UpdateComputeEnvironment.
func fixCapacity(w *writer) string {
	w.aws("batch:UpdateComputeEnvironment", "batch update-compute-environment", "--compute-environment", w.environment("COMPUTE_ENVIRONMENT"), "--compute-resources", "maxvCpus="+w.or("", "MAXIMUM"))
	return "Raise the maximum of vCPUs of the compute environment, and choose instance types that are large enough for the job. Or lower what the job requires."
}

// fixMemory: Amazon ECS API reference, RegisterTaskDefinition.
func fixMemory(w *writer) string {
	w.register()
	return "Raise memory of the task definition and of the container." + readOnly
}

// upstreams are registries that Amazon ECR can cache, with the upstream of a rule and whether it needs a secret with credentials (Amazon ECR user guide,
// Sync an upstream registry with an Amazon ECR private registry).
var upstreams = []struct {
	host, prefix, url string
	login             bool
}{
	{"public.ecr.aws", "ecr-public", "public.ecr.aws", false}, {"registry.k8s.io", "kubernetes", "registry.k8s.io", false}, {"quay.io", "quay", "quay.io", false},
	{"ghcr.io", "github", "ghcr.io", true}, {"registry.gitlab.com", "gitlab", "registry.gitlab.com", true}, {"docker.io", "docker-hub", "registry-1.docker.io", true},
}

// fixRateLimit: Amazon ECR API reference, CreatePullThroughCacheRule.
func fixRateLimit(w *writer) string {
	if w.d.Image == "" && w.d.Code != "" || w.privateImage() { // a quota of calls to an AWS service
		return "Repeat the call later, and make fewer calls at the same time. A quota of calls can be raised in Service Quotas."
	}
	host, _, ok := strings.Cut(w.d.Image, "/")
	if !ok || !strings.ContainsAny(host, ".:") { // Docker Hub is the default registry
		host = "docker.io"
	}
	for _, u := range upstreams {
		if host != u.host && !strings.HasSuffix(host, "."+u.host) {
			continue
		}
		args := []string{"ecr create-pull-through-cache-rule", "--ecr-repository-prefix", u.prefix, "--upstream-registry-url", u.url}
		if u.login {
			args = append(args, "--credential-arn", w.or("", "SECRET_ARN"))
		}
		w.aws("ecr:CreatePullThroughCacheRule", args...)
		return "Log in at the registry, or pull the image through a cache of Amazon ECR, or copy it to Amazon ECR."
	}
	return "Log in at the registry, or copy the image to Amazon ECR."
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

// fixOldAgent: Amazon ECS API reference, UpdateContainerAgent. An agent that is not connected does not receive the request.
func fixOldAgent(w *writer) string {
	w.keep = true
	const image = "Start instances from a current AMI."
	if w.inv == nil {
		w.aws("ecs:UpdateContainerAgent", "ecs update-container-agent", "--cluster", w.or("", "CLUSTER"), "--container-instance", w.or("", "CONTAINER_INSTANCE_ARN"))
		return "Update the agent, or start instances from a current AMI."
	}
	of, off := w.scope().Workload().Instances, 0
	for _, c := range w.inv.Clusters {
		for _, h := range c.ContainerInstances {
			switch {
			case !of[h.Instance] || !h.Own():
			case h.Connected:
				w.aws("ecs:UpdateContainerAgent", "ecs update-container-agent", "--cluster", c.Name, "--container-instance", h.ARN)
			default:
				off++
			}
		}
	}
	if len(w.commands) == 0 {
		return image + " An agent that is not connected cannot be updated with update-container-agent."
	}
	if off > 0 {
		return "Update the connected agents. For the others, start instances from a current AMI, because an agent that is not connected does not receive the request."
	}
	return "Update the agents, or start instances from a current AMI."
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
