package resource

import (
	"fmt"
	"strings"
)

// CheckFor returns the measurement for a claim. It returns false if AWS's API cannot measure the
// claim, only a host inside the VPC. Many claims share the answer of one call, see Call.Key.
func CheckFor(a *Change, c Claim) (Check, bool) {
	vpc := c.VPC
	this := []any{"VpcEndpoints[?VpcEndpointId==", From(c.Change)}
	endpoint := func(more ...any) []any { return append(append([]any{}, this...), more...) }
	switch c.Kind {
	case Available:
		return equals(endpoints(vpc, expr(endpoint("].State | [0]")...)), "available")
	case Interfaces:
		return equals(
			endpoints(vpc, expr(endpoint("].join('/', [join(',', sort([SubnetIds][])), to_string(length([NetworkInterfaceIds][]))]) | [0]")...)),
			fmt.Sprintf("%s/%d", strings.Join(c.Subnets, ","), len(c.Subnets)))
	case PrivateDNS:
		return yes(endpoints(vpc, holds(endpoint(" && PrivateDnsEnabled]")...)))
	case Policy:
		return yes(endpoints(vpc, holds(endpoint(" && ", marked(c.Mark), "]")...)))
	case PolicyAllows: // no API judges a policy, but it shows whether the policy is the same
		same := marked(c.Mark)
		if c.Mark == "" {
			same = expr("to_string(length(PolicyDocument || ''))==", Lit(fmt.Sprint(c.Length)))
		}
		return equals(endpoints(vpc, expr(expr(endpoint(" && ", same, "]")...), " && 'denied by the same policy' || '"+Undecided+": the policy changed after the plan'")), "allowed")
	case Attached:
		if c.Group == nil {
			return Check{}, false
		}
		return yes(endpoints(vpc, holds(endpoint(" && Groups[?GroupId==", *c.Group, "]]")...)))
	case DNSAttr:
		return yes(ec2("DescribeVpcAttribute", map[string]any{"VpcId": vpc, "Attribute": c.Attribute}, holds(upper(c.Attribute), ".Value")))
	case Admits:
		if c.Group == nil || c.Rule == nil {
			return Check{}, false
		}
		return yes(rules(*c.Group, holds("SecurityGroupRules[?", matches(*c.Rule), "]")))
	case Routed:
		return yes(ec2("DescribeRouteTables", filters("vpc-id", vpc),
			holds("RouteTables[?RouteTableId==", Lit(c.RouteTable), "].Routes[] | [?State=='active' && GatewayId==", From(c.Change), "]")))
	case Unblocked:
		to := Lit(c.Block)
		return yes(ec2("DescribeRouteTables", filters("vpc-id", vpc), expr("RouteTables[?RouteTableId==", Lit(c.RouteTable),
			"].Routes[] | [?State=='blackhole' && (DestinationCidrBlock==", to, " || DestinationIpv6CidrBlock==", to, " || DestinationPrefixListId==", to, ")] && 'no' || 'yes'")))
	case ACL:
		check, _ := equals(ec2("DescribeNetworkAcls", filters("vpc-id", vpc),
			expr("NetworkAcls[?Associations[?SubnetId==", Lit(c.Subnet), "]].join(' ', sort_by([Entries][], &RuleNumber)[].", aclEntry, ") | [0]")), ACLAllows)
		check.Traffic = c.Traffic
		return check, true
	case Seen:
		return yes(seen(c))
	case TaskStarts:
		return equals(describeTask(c.Cluster, c.Look, taskBegan()), "started")
	case Deployed:
		s := ServiceDeployment{Cluster: c.Cluster, Service: c.Service, After: c.After}
		return yes(services(s, holds("services[?", only(s), "]")))
	case SecretHeld:
		return checkSecret(c)
	case SecretRead:
		return yes(sm("GetSecretValue", map[string]any{"SecretId": From(c.Change)}, holds(readable)))
	case Issued:
		return equals(acm("DescribeCertificate", map[string]any{"CertificateArn": From(c.Change)}, expr("Certificate.Status")), "ISSUED")
	case Healthy:
		return yes(health(*c.Target, allHealthy(c.Addresses), " && 'yes' || 'no'"))
	case Running:
		return equals(instanceByID(From(c.Change), "Reservations[0].Instances[0].State.Name"), "running")
	case Online:
		return equals(information(From(c.Change), "InstanceInformationList[0].PingStatus"), "Online")
	case Serves:
		return serves(a)
	case RoleMay, LogsIn, WayIn:
		return found(a)
	case Updated:
		return yes(instances(c.Cluster, c.Instances, holds("containerInstances[?", newer(c.Version), "]")))
	case Agents:
		return equals(instances(c.Cluster, c.Instances, expr(allConnected(len(c.Instances)), " && 'connected' || join('', ['not connected: ', "+
			"join(', ', sort([containerInstances[?!agentConnected].ec2InstanceId, failures[].arn][]))])")), "connected")
	case AirflowStatus:
		return equals(environment(c.Environment, expr("Environment.Status")), "AVAILABLE")
	case Inside, Opened:
		return Check{}, false
	}
	panic(fmt.Sprintf("call: no check for claims of kind %q", c.Kind))
}

func yes(c Call) (Check, bool) { return equals(c, "yes") }

func equals(c Call, want string) (Check, bool) { return Check{Call: c, Want: want}, true }

// found measures a claim with the Find call of its change.
func found(a *Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	find := a.Steps().Find
	return yes(Call{Service: find.Service, Op: find.Op, In: find.In, Out: holds("(", find.Out, ")")})
}

// ClaimKind is the kind of a claim.
type ClaimKind string

// The kinds of claim. Inside can be verified only from inside the VPC.
const (
	Available  ClaimKind = "available"   // the endpoint's state
	Interfaces ClaimKind = "interfaces"  // one interface in each planned zone
	PrivateDNS ClaimKind = "private-dns" // the service's default names lead to the endpoint
	DNSAttr    ClaimKind = "dns-attribute"
	Attached   ClaimKind = "group-attached" // the endpoint has the security group that allows the traffic
	Admits     ClaimKind = "group-rule"     // the rule that allows the clients' traffic, in or out
	ACL        ClaimKind = "network-acl"    // the network ACL of a subnet allows the traffic
	Routed     ClaimKind = "route"
	Unblocked  ClaimKind = "no-blackhole" // a route table has no blackhole route to addresses on the path
	Policy     ClaimKind = "policy"       // the endpoint has the policy that was chosen
	// PolicyAllows is claimed only of a policy that does not allow what the workload does, so that an
	// accepted error fails the verification until the policy changes.
	PolicyAllows ClaimKind = "policy-allows"
	Agents       ClaimKind = "agents" // ECS agents are connected
	Updated      ClaimKind = "agent-updated"
	TaskStarts   ClaimKind = "task-starts"      // a one-off task starts to run
	Deployed     ClaimKind = "service-deployed" // the tasks of a service belong to a newer deployment
	SecretHeld   ClaimKind = "secret"
	SecretRead   ClaimKind = "secret-value" // it holds a username and a password; the value itself is not shown anywhere
	RoleMay      ClaimKind = "role-policy"
	LogsIn       ClaimKind = "repository-credentials"
	Seen         ClaimKind = "seen" // from inside: the name leads to the endpoint, and the endpoint answers
	Inside       ClaimKind = "inside"
	Opened       ClaimKind = "opened" // people open the web server, which a browser shows
	WayIn        ClaimKind = "way-in" // a resource of an access method exists
	Issued       ClaimKind = "certificate-issued"
	Healthy      ClaimKind = "target-health" // a load balancer reports its targets as healthy
	Running      ClaimKind = "instance-running"
	Online       ClaimKind = "instance-online" // Systems Manager reaches the instance
	Serves       ClaimKind = "client-vpn"      // a part of a Client VPN is in the state that serves clients
	// AirflowStatus means that an Amazon MWAA environment is AVAILABLE.
	AirflowStatus ClaimKind = "environment-status"
)

// Claim is one statement that must be true after the plan is applied. The fields other than Change,
// Kind and Says are for the verification; which of them are set depends on the kind.
type Claim struct {
	Change ID        `json:"action"`
	Kind   ClaimKind `json:"kind"`
	Says   string    `json:"says"` // the claim as a text
	// Asked means that the answers ask to verify this (proof). If it is not verified, the proof as a
	// whole is not proved.
	Asked bool `json:"asked,omitempty"`

	VPC         string    `json:"vpc,omitempty"`
	Subnets     []string  `json:"subnets,omitempty"`   // Interfaces: sorted
	Subnet      string    `json:"subnet,omitempty"`    // ACL
	Attribute   string    `json:"attribute,omitempty"` // DNSAttr
	Group       *Value    `json:"group,omitempty"`     // Attached, and rules of security groups
	Rule        *Rule     `json:"rule,omitempty"`      // of a security group
	RouteTable  string    `json:"route_table,omitempty"`
	Block       string    `json:"cidr,omitempty"` // Unblocked: destination of the route
	NetworkACL  string    `json:"network_acl,omitempty"`
	Traffic     []Traffic `json:"traffic,omitempty"`     // ACL: what it must allow
	Mark        string    `json:"mark,omitempty"`        // Policy, PolicyAllows: the Sid that identifies it
	Length      int       `json:"length,omitempty"`      // PolicyAllows: characters of a policy without a mark
	Version     string    `json:"version,omitempty"`     // Updated: the old version
	Service     string    `json:"service,omitempty"`     // Deployed: name
	After       string    `json:"after,omitempty"`       // Deployed: id of the previous deployment
	Look        ID        `json:"look,omitempty"`        // Seen, TaskStarts: the change that checked it
	Instance    string    `json:"instance,omitempty"`    // Seen: the instance that checked it
	Name        string    `json:"name,omitempty"`        // Seen: the private name
	Prefixes    []string  `json:"prefixes,omitempty"`    // Seen: prefixes of the endpoint's addresses
	Cluster     string    `json:"cluster,omitempty"`     // Agents, TaskStarts, Deployed: ARN
	Instances   []string  `json:"instances,omitempty"`   // Agents: ARNs of at most 100 container instances
	Environment string    `json:"environment,omitempty"` // AirflowStatus: name
	Target      *Value    `json:"target,omitempty"`      // Healthy: the target group
	Addresses   []string  `json:"addresses,omitempty"`   // Healthy
}

// Measurable reports whether the wizard can verify the claim without the user.
func (c Claim) Measurable() bool { return c.Kind != Inside && c.Kind != Opened }
