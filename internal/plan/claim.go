package plan

// ClaimKind says what is to be proven.
type ClaimKind string

// The kinds of claim. Inside is what only a look from inside the VPC can show.
const (
	Available  ClaimKind = "available"   // the endpoint's state
	Interfaces ClaimKind = "interfaces"  // one interface in each planned zone
	PrivateDNS ClaimKind = "private-dns" // the service's default names lead to the endpoint
	DNSAttr    ClaimKind = "dns-attribute"
	Attached   ClaimKind = "group-attached" // the admitting group is on the endpoint
	Admits     ClaimKind = "group-rule"     // the rule that lets the clients in, or out
	ACL        ClaimKind = "network-acl"
	Routed     ClaimKind = "route"
	Policy     ClaimKind = "policy" // the endpoint has the policy that was chosen
	Agents     ClaimKind = "agents" // ECS agents are connected
	Updated    ClaimKind = "agent-updated"
	TaskStarts ClaimKind = "task-starts"      // a one-off task comes to run
	Deployed   ClaimKind = "service-deployed" // a service's tasks are of a newer deployment
	SecretHeld ClaimKind = "secret"
	SecretRead ClaimKind = "secret-value" // it holds a user name and a password; the value itself goes nowhere
	RoleMay    ClaimKind = "role-policy"
	LogsIn     ClaimKind = "repository-credentials"
	Seen       ClaimKind = "seen" // from inside: the name leads to the endpoint, and it answers
	Inside     ClaimKind = "inside"
	Opened     ClaimKind = "opened" // people open the web server, which a browser shows
	WayIn      ClaimKind = "way-in" // what a way to a web server is made of is there
	Issued     ClaimKind = "certificate-issued"
	Healthy    ClaimKind = "target-health" // a load balancer finds its targets healthy
	Running    ClaimKind = "instance-running"
	Online     ClaimKind = "instance-online" // Systems Manager reaches the instance
	Serves     ClaimKind = "client-vpn"      // a part of a Client VPN is in the state in which it serves
	// AirflowStatus is that an environment of Amazon MWAA is AVAILABLE.
	AirflowStatus ClaimKind = "environment-status"
)

// Claim is one thing that must be true once the plan is carried out. The fields
// beside Action, Kind and Says are what a measurement needs; which are set
// depends on the kind.
type Claim struct {
	Action ID        `json:"action"`
	Kind   ClaimKind `json:"kind"`
	Says   string    `json:"says"` // the claim in words

	VPC         string   `json:"vpc,omitempty"`
	Subnets     []string `json:"subnets,omitempty"`   // Interfaces: sorted
	Attribute   string   `json:"attribute,omitempty"` // DNSAttr
	Group       *Value   `json:"group,omitempty"`     // Attached, Admits
	Rule        *Rule    `json:"rule,omitempty"`      // Admits
	RouteTable  string   `json:"route_table,omitempty"`
	NetworkACL  string   `json:"network_acl,omitempty"`
	Entries     string   `json:"entries,omitempty"`     // ACL: as ACLText prints them
	Mark        string   `json:"mark,omitempty"`        // Policy: the Sid by which it is known
	Version     string   `json:"version,omitempty"`     // Updated: the old one
	Service     string   `json:"service,omitempty"`     // Deployed: name
	After       string   `json:"after,omitempty"`       // Deployed: id of the deployment before
	Look        ID       `json:"look,omitempty"`        // Seen, TaskStarts: the row that looked
	Instance    string   `json:"instance,omitempty"`    // Seen: from where
	Name        string   `json:"name,omitempty"`        // Seen: the private name
	Prefixes    []string `json:"prefixes,omitempty"`    // Seen: what the endpoint's addresses begin with
	Cluster     string   `json:"cluster,omitempty"`     // Agents, TaskStarts, Deployed: ARN
	Instances   []string `json:"instances,omitempty"`   // Agents: ARNs of at most 100 container instances
	Environment string   `json:"environment,omitempty"` // AirflowStatus: name
	Target      *Value   `json:"target,omitempty"`      // Healthy: the target group
	Addresses   []string `json:"addresses,omitempty"`   // Healthy
}

// Rule identifies a security-group rule by what it admits.
type Rule struct {
	Egress     bool   `json:"egress,omitempty"`
	Protocol   string `json:"protocol"`
	From       int    `json:"from"`
	To         int    `json:"to"`
	CIDR       string `json:"cidr,omitempty"`
	Peer       Value  `json:"peer,omitzero"`
	PrefixList string `json:"prefix_list,omitempty"`
}
