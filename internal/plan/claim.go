package plan

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

// Rule identifies a security group rule by the traffic that it allows.
type Rule struct {
	Egress     bool   `json:"egress,omitempty"`
	Protocol   string `json:"protocol"`
	From       int    `json:"from"`
	To         int    `json:"to"`
	CIDR       string `json:"cidr,omitempty"`
	Peer       Value  `json:"peer,omitzero"`
	PrefixList string `json:"prefix_list,omitempty"`
}
