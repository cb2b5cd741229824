package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
)

// Spec is what a change creates, keeps or modifies: one of the kinds in this file.
type Spec interface {
	// Kind returns the contracted name of the kind.
	Kind() string
	// Properties returns the fields with AWS's names in snake_case.
	Properties() map[string]any
	// refs returns the changes with output that the spec uses.
	refs() []ID
}

// Kinds are all kinds of spec, for tables that must be exhaustive.
var Kinds = []Spec{Instance{}, InstanceProfile{}, VPCAttribute{}, SecurityGroup{}, GroupRule{}, InterfaceEndpoint{}, GatewayEndpoint{}, EndpointChange{}, AgentRestart{}, InsideLook{}, AgentUpdate{}, TaskLook{}, ServiceDeployment{}, Secret{}, Role{}, RolePolicy{}, Definition{}, EnvironmentWait{}, Certificate{}, TargetGroup{}, Targets{}, LoadBalancer{}, Listener{}, TargetHealth{}, Record{}, EnvironmentOption{}, ClientVPN{}, ClientVPNSubnet{}, ClientVPNAccess{}}

// VPCAttribute turns one DNS attribute of a VPC on. The API accepts one attribute per call and has
// no dry run.
type VPCAttribute struct {
	VPC       string
	Attribute string // enableDnsSupport or enableDnsHostnames
}

// TCP returns the port of a rule that does not allow all traffic.
func (s GroupRule) TCP() int { return cmp.Or(s.Port, port) }

// LastTCP returns the last port of the rule.
func (s GroupRule) LastTCP() int { return cmp.Or(s.LastPort, s.TCP()) }

// SecurityGroup is the group of the endpoints.
type SecurityGroup struct {
	VPC         string
	Name        string
	Description string
	Tags        map[string]string
}

// GroupRule allows TCP on one port, or all traffic, into (or out of) a group. One of CIDR, Peer and
// PrefixList is set.
type GroupRule struct {
	Group       Value
	Egress      bool
	CIDR        string
	Peer        Value // another group
	PrefixList  string
	Port        int  // 0 is 443
	LastPort    int  // of a range that begins with Port; 0 means that Port is the only one
	All         bool // all traffic
	Description string
}

// InterfaceEndpoint is an interface endpoint.
type InterfaceEndpoint struct {
	VPC        string
	Service    string
	Subnets    []string
	Groups     []Value
	PrivateDNS bool
	IPType     string
	Policy     string // JSON; empty means AWS's default, full access
	Tags       map[string]string
}

// GatewayEndpoint is a gateway endpoint.
type GatewayEndpoint struct {
	VPC         string
	Service     string
	RouteTables []string
	IPType      string // empty means AWS's default, ipv4
	Policy      string
	Tags        map[string]string
}

// EndpointChange adds to an existing endpoint; it never removes anything.
type EndpointChange struct {
	VPC            string
	Service        string
	Type           string // Interface or Gateway
	Endpoint       string
	AddSubnets     []string
	AddGroups      []Value
	AddRouteTables []string
	PrivateDNS     bool   // turn private DNS on
	Policy         string // JSON of the complete new policy; empty leaves it unchanged
}

// AgentRestart restarts the ECS agents of container instances.
type AgentRestart struct {
	Cluster   string           // name
	ARN       string           // of the cluster
	Hosts     []Host           // by zone
	Endpoints map[string]Value // ids of the three ECS endpoints, by service code
}

// Host is a container instance. Its agent is restarted.
type Host struct {
	ARN, Instance, Zone string
	Family              hosts.Family
	Hand                string // why it is a manual step; empty: Run Command restarts it
	Awaited             bool   // Systems Manager reaches it only after the plan's endpoints exist
	Reboot              bool   // the instance is drained and rebooted instead
}

// AgentUpdate lets Amazon ECS update agents that are too old for endpoints.
type AgentUpdate struct {
	Cluster string // name
	ARN     string // of the cluster
	Hosts   []Host
	Version map[string]string // of the agent now, by instance
}

// InsideLook resolves names and connects to TCP 443 from inside a container instance, with Run
// Command. It changes nothing there.
type InsideLook struct {
	Instance string
	Zone     string
	Names    []string
	Awaited  bool // as in Host
}

// Kind implements Spec.
func (VPCAttribute) Kind() string      { return "vpc-attribute" }
func (SecurityGroup) Kind() string     { return "security-group" }
func (GroupRule) Kind() string         { return "security-group-rule" }
func (InterfaceEndpoint) Kind() string { return "vpc-endpoint" }
func (GatewayEndpoint) Kind() string   { return "vpc-endpoint" }
func (EndpointChange) Kind() string    { return "vpc-endpoint" }
func (AgentRestart) Kind() string      { return "agent-restart" }
func (InsideLook) Kind() string        { return "inside-look" }
func (AgentUpdate) Kind() string       { return "agent-update" }

func (VPCAttribute) refs() []ID        { return nil }
func (SecurityGroup) refs() []ID       { return nil }
func (s GroupRule) refs() []ID         { return refsOf(s.Group, s.Peer) }
func (s InterfaceEndpoint) refs() []ID { return refsOf(s.Groups...) }
func (GatewayEndpoint) refs() []ID     { return nil }
func (s EndpointChange) refs() []ID    { return refsOf(s.AddGroups...) }
func (InsideLook) refs() []ID          { return nil }
func (AgentUpdate) refs() []ID         { return nil }
func (s AgentRestart) refs() []ID      { return refsOf(slices.Collect(maps.Values(s.Endpoints))...) }

func refsOf(vs ...Value) []ID {
	var out []ID
	for _, v := range vs {
		if v.From != "" {
			out = append(out, v.From)
		}
	}
	return out
}

// Deps returns all changes that must be done before this one, sorted.
func (a Change) Deps() []ID {
	out := append(slices.Clone(a.After), a.Spec.refs()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Properties implements Spec.
func (s VPCAttribute) Properties() map[string]any {
	return map[string]any{"vpc_id": s.VPC, snake(s.Attribute): true}
}

// Properties implements Spec.
func (s SecurityGroup) Properties() map[string]any {
	return props("vpc_id", s.VPC, "group_name", s.Name, "description", s.Description, "tags", s.Tags)
}

// Properties implements Spec.
func (s GroupRule) Properties() map[string]any {
	p := props("group_id", s.Group, "is_egress", s.Egress, "ip_protocol", "tcp", "from_port", s.TCP(), "to_port", s.LastTCP(), "description", s.Description)
	if s.All {
		p["ip_protocol"] = "-1"
		delete(p, "from_port")
		delete(p, "to_port")
	}
	switch {
	case strings.Contains(s.CIDR, ":"):
		p["cidr_ipv6"] = s.CIDR
	case s.CIDR != "":
		p["cidr_ipv4"] = s.CIDR
	}
	if s.Peer != (Value{}) {
		p["referenced_group_id"] = s.Peer
	}
	if s.PrefixList != "" {
		p["prefix_list_id"] = s.PrefixList
	}
	return p
}

// Properties implements Spec.
func (s InterfaceEndpoint) Properties() map[string]any {
	return props("vpc_id", s.VPC, "vpc_endpoint_type", "Interface", "service_name", s.Service, "subnet_ids", s.Subnets,
		"security_group_ids", s.Groups, "private_dns_enabled", s.PrivateDNS, "ip_address_type", s.IPType, "policy_document", s.Policy, "tags", s.Tags)
}

// Properties implements Spec.
func (s GatewayEndpoint) Properties() map[string]any {
	return props("vpc_id", s.VPC, "vpc_endpoint_type", "Gateway", "service_name", s.Service, "route_table_ids", s.RouteTables,
		"ip_address_type", s.IPType, "policy_document", s.Policy, "tags", s.Tags)
}

// Properties implements Spec.
func (s EndpointChange) Properties() map[string]any {
	p := props("vpc_id", s.VPC, "vpc_endpoint_type", s.Type, "service_name", s.Service, "vpc_endpoint_id", s.Endpoint,
		"add_subnet_ids", s.AddSubnets, "add_security_group_ids", s.AddGroups, "add_route_table_ids", s.AddRouteTables, "policy_document", s.Policy)
	if s.PrivateDNS {
		p["private_dns_enabled"] = true
	}
	return p
}

// Properties implements Spec.
func (s AgentRestart) Properties() map[string]any {
	var byCommand, manualRestart, reboot []string
	for _, h := range s.Hosts {
		if h.Reboot {
			reboot = append(reboot, h.Instance)
		} else if h.Hand == "" {
			byCommand = append(byCommand, h.Instance)
		} else {
			manualRestart = append(manualRestart, h.Instance)
		}
	}
	return props("cluster", s.Cluster, "run_command_instance_ids", byCommand, "by_hand_instance_ids", manualRestart, "reboot_instance_ids", reboot)
}

// Properties implements Spec.
func (s AgentUpdate) Properties() map[string]any {
	return props("cluster", s.Cluster, "agent_versions", s.Version)
}

// Properties implements Spec.
func (s InsideLook) Properties() map[string]any {
	return props("ec2_instance_id", s.Instance, "availability_zone", s.Zone, "names", s.Names)
}

// props returns a map from pairs, without empty strings, lists and maps.
func props(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		empty := false
		switch v := pairs[i+1].(type) {
		case string:
			empty = v == ""
		case []string:
			empty = len(v) == 0
		case []Value:
			empty = len(v) == 0
		case map[string]string:
			empty = len(v) == 0
		}
		if !empty {
			out[pairs[i].(string)] = pairs[i+1]
		}
	}
	return out
}

// snake converts enableDnsSupport to enable_dns_support.
func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
