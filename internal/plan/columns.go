package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// cells are a change in columns: what it is (kind and name), where it is, and a note
// about how it is set up.
type cells struct{ kind, name, where, note string }

// tabular is a spec that fits into columns. A change with another spec shows its summary.
type tabular interface {
	cells(p *Plan, a Change) cells
}

// modifier is a spec that knows the value of a modified property afterwards, if its
// properties do not have it; empty means that they do.
type modifier interface {
	after(key string) string
}

// names are the names of resources in the account, by id. They are not part of the JSON
// form of a plan.
type names struct {
	groups map[string]string // security groups
	zones  map[string]string // Availability Zones of subnets
}

func namesOf(n *network) names {
	out := names{groups: map[string]string{}, zones: map[string]string{}}
	if n == nil {
		return out
	}
	for _, g := range n.SecurityGroups {
		out.groups[g.ID] = g.Name
	}
	for _, s := range n.Subnets {
		out.zones[s.ID] = s.Zone
	}
	return out
}

// row returns the cells of a change without control characters; nil if it has none.
func (p *Plan) row(a Change) []string {
	s, ok := a.Spec.(tabular)
	if !ok {
		return nil
	}
	c := s.cells(p, a)
	if a.Existing != "" && a.Existing != p.VPC && a.Existing != c.name && !strings.HasPrefix(a.Existing, "arn:") {
		c.note = joined(c.note, a.Existing)
	}
	row := []string{c.kind, c.name, c.where, c.note}
	for i := range row {
		row[i] = strings.Join(strings.Fields(printable.Line(row[i])), " ")
	}
	return row
}

// subject names a change in a sentence: "ecr.api" for an endpoint, "security group X"
// for another resource.
func (p *Plan) subject(a Change) string {
	if code, ok := strings.CutPrefix(string(a.ID), "endpoint/"); ok {
		return code
	}
	s, ok := a.Spec.(tabular)
	if !ok {
		return string(a.ID)
	}
	c := s.cells(p, a)
	out := c.kind + " " + c.name
	if a.Existing == p.VPC { // the plan has one VPC only
		out = c.kind
	}
	if strings.HasPrefix(c.where, "from ") {
		out += " " + c.where
	}
	return out
}

// ResourceName is the name of the resource that a value refers to, or its id.
func (p *Plan) ResourceName(v Value) string {
	switch {
	case v.Input != "":
		return "(" + v.Input + ")"
	case v.From == "":
		return cmp.Or(p.names.groups[v.Lit], v.Lit)
	}
	if a := p.Change(v.From); a != nil {
		if s, ok := a.Spec.(tabular); ok {
			return s.cells(p, *a).name
		}
	}
	return string(v.From)
}

// zonesText is the short form of the zones of subnets: "zones 1a, 1b".
func (p *Plan) zonesText(subnets []string) string {
	var out []string
	for _, id := range subnets {
		z := p.names.zones[id]
		if z == "" {
			return count(len(subnets), "subnet")
		}
		if short, ok := strings.CutPrefix(z, p.Region); ok && len(short) == 1 {
			z = p.Region[strings.LastIndex(p.Region, "-")+1:] + short
		}
		out = append(out, z)
	}
	slices.Sort(out)
	switch len(out) {
	case 0:
		return "no zone"
	case 1:
		return "zone " + out[0]
	}
	return "zones " + strings.Join(out, ", ")
}

func (p *Plan) groupsText(groups []Value) string {
	var out []string
	for _, g := range groups {
		out = append(out, p.ResourceName(g))
	}
	switch len(out) {
	case 0:
		return ""
	case 1:
		return "group " + out[0]
	}
	return "groups " + strings.Join(out, ", ")
}

// joined joins the parts of a note that are not empty.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func policyText(a Change, policy string) string {
	switch {
	case policy != "":
		return "own policy"
	case a.Op == Create:
		return "full-access policy"
	}
	return ""
}

// endpointName is the service code of an endpoint's change, or environment and purpose
// for an endpoint of Amazon MWAA.
func endpointName(a Change) string { return strings.TrimPrefix(string(a.ID), "endpoint/") }

func (s VPCAttribute) cells(p *Plan, a Change) cells {
	kind := map[string]string{"enableDnsSupport": "DNS support", "enableDnsHostnames": "DNS hostnames"}[s.Attribute]
	state := "on"
	if a.Op == Modify {
		state = ""
	}
	return cells{cmp.Or(kind, s.Attribute), p.shortVPC(), state, ""}
}

func (s SecurityGroup) cells(p *Plan, _ Change) cells {
	return cells{"security group", s.Name, p.shortVPC(), ""}
}

func (s GroupRule) cells(p *Plan, _ Change) cells {
	kind, where := "inbound rule", "from "
	if s.Egress {
		kind, where = "outbound rule", "to "
	}
	name := "TCP " + catalog.Ports{First: s.TCP(), Last: s.LastTCP()}.String()
	if s.All {
		name = "all traffic"
	}
	if s.Peer != (Value{}) {
		where += p.ResourceName(s.Peer)
	} else {
		where += cmp.Or(s.CIDR, s.PrefixList)
	}
	return cells{kind, name, where, p.groupsText([]Value{s.Group})}
}

func (s GroupRule) after(key string) string {
	if key != "ingress" {
		return ""
	}
	r := inventory.GroupRule{Protocol: "tcp", From: s.TCP(), To: s.LastTCP(), CIDR: s.CIDR, Group: s.Peer.Lit + string(s.Peer.From), PrefixList: s.PrefixList}
	if s.All {
		r.Protocol = "-1"
	}
	return "the same and " + ruleText(r)
}

func (s InterfaceEndpoint) cells(p *Plan, a Change) cells {
	dns := "no private DNS"
	if s.PrivateDNS {
		dns = "private DNS"
	}
	return cells{"interface endpoint", endpointName(a), p.zonesText(s.Subnets), joined(dns, policyText(a, s.Policy), p.groupsText(s.Groups))}
}

func (s GatewayEndpoint) cells(_ *Plan, a Change) cells {
	return cells{"gateway endpoint", endpointName(a), count(len(s.RouteTables), "route table"), joined(s.IPType, policyText(a, s.Policy))}
}

func (s EndpointChange) cells(p *Plan, a Change) cells {
	var where, dns, pol, groups string
	switch {
	case len(s.AddSubnets) > 0:
		where = "add " + p.zonesText(s.AddSubnets)
	case len(s.AddRouteTables) > 0:
		where = "add " + count(len(s.AddRouteTables), "route table")
	}
	if s.PrivateDNS {
		dns = "turn on private DNS"
	}
	if s.Policy != "" {
		pol = "add to policy"
	}
	if len(s.AddGroups) > 0 {
		groups = "add " + p.groupsText(s.AddGroups)
	}
	return cells{strings.ToLower(s.Type) + " endpoint", endpointName(a), where, joined(dns, pol, groups)}
}

func (s AgentRestart) cells(_ *Plan, a Change) cells {
	command, reboot, manual := RestartMethods(s.Hosts)
	var note []string
	for _, how := range []struct {
		n    int
		text string
	}{{command, "restart %d by Run Command"}, {reboot, "drain and reboot %d"}, {manual, "restart %d manually"}} {
		if how.n > 0 && a.Op == Run {
			note = append(note, fmt.Sprintf(how.text, how.n))
		}
	}
	where := count(len(s.Hosts), "container instance")
	if len(s.Hosts) == 0 {
		where = ""
	}
	return cells{"ECS agents", "cluster " + s.Cluster, where, joined(note...)}
}

// manual reports whether all agents are restarted by the user.
func (s AgentRestart) manual() bool {
	return len(s.Hosts) > 0 && !slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Reboot || h.Hand == "" })
}

func (s AgentUpdate) cells(*Plan, Change) cells {
	return cells{"ECS agents", "cluster " + s.Cluster, count(len(s.Hosts), "container instance"), "update"}
}

func (s InsideLook) cells(*Plan, Change) cells {
	return cells{"check from inside", s.Instance, s.Zone, "look up " + count(len(s.Names), "name") + " by Run Command"}
}

func (s TaskLook) cells(p *Plan, _ Change) cells {
	return cells{"test task", s.Service, p.zonesText(s.Subnets), "started, then stopped"}
}

func (s ServiceDeployment) cells(_ *Plan, a Change) cells {
	note := ""
	if a.Op != Keep {
		note = "replace running tasks"
		if s.TaskDefinition != (Value{}) {
			note = "run the new revision"
		}
	}
	return cells{"ECS service", s.Service, "cluster " + lastOf(s.Cluster), note}
}

func (s Secret) cells(_ *Plan, a Change) cells {
	note := ""
	switch {
	case s.Restore:
		note = "cancel its deletion"
	case a.Op == Modify:
		note = "new version"
	}
	return cells{"secret", s.Name, "Secrets Manager", joined(note, s.KMSKey)}
}

func (s Secret) after(key string) string {
	switch key {
	case "deleted_date":
		return nothing
	case "version_id":
		return s.Version
	}
	return ""
}

func (s Role) cells(*Plan, Change) cells {
	return cells{"IAM role", s.Name, "", "for " + cmp.Or(s.Service, "ecs-tasks.amazonaws.com")}
}

func (s RolePolicy) cells(*Plan, Change) cells {
	kind, name := "inline policy", s.Name
	if s.Managed != "" {
		kind, name = "managed policy", lastOf(s.Managed)
	}
	return cells{kind, name, "role " + s.Role, ""}
}

func (s Definition) cells(_ *Plan, a Change) cells {
	kind, note := "task definition", ""
	if s.Batch {
		kind = "job definition"
	}
	if a.Op != Keep {
		note = "new revision with the secret"
	}
	return cells{kind, s.Family, count(len(s.Login), "container"), note}
}

func (EnvironmentWait) onlyWaits() {}

func (s EnvironmentWait) cells(*Plan, Change) cells {
	return cells{"MWAA environment", s.Environment, "", "wait until it is created"}
}

func (s Certificate) cells(_ *Plan, a Change) cells {
	note := ""
	switch {
	case s.Body != "":
		note = "import"
	case a.Op != Keep && s.Zone != "":
		note = "request; DNS record in zone " + s.Zone
	case a.Op != Keep:
		note = "request; you add its DNS record"
	}
	return cells{"certificate", s.Domain, "ACM", note}
}

func (s TargetGroup) cells(p *Plan, _ Change) cells {
	return cells{"target group", s.Name, p.shortVPC(), "HTTPS 443, IP addresses"}
}

func (s Targets) cells(p *Plan, _ Change) cells {
	return cells{"targets", strings.Join(s.Addresses, ", "), p.ResourceName(s.TargetGroup), ""}
}

func (s LoadBalancer) cells(p *Plan, _ Change) cells {
	return cells{"load balancer", s.Name, p.zonesText(s.Subnets), joined(s.Scheme, p.groupsText(s.Groups))}
}

func (s Listener) cells(p *Plan, _ Change) cells {
	return cells{"listener", "HTTPS 443", p.ResourceName(s.LoadBalancer), "certificate for " + s.Domain}
}

func (TargetHealth) onlyWaits() {}

func (s TargetHealth) cells(p *Plan, _ Change) cells {
	return cells{"health check", p.ResourceName(s.TargetGroup), "", "wait for " + strings.Join(s.Addresses, ", ")}
}

func (s Record) cells(*Plan, Change) cells {
	return cells{"DNS record", s.Domain, "hosted zone " + s.Zone, "alias of " + s.Name}
}

func (s EnvironmentOption) cells(*Plan, Change) cells {
	return cells{"MWAA option", s.Option, "environment " + s.Environment, s.Value}
}

func (s EnvironmentOption) after(string) string { return s.Value }

func (s Instance) cells(p *Plan, _ Change) cells {
	address := ""
	if s.Public {
		address = "public address"
	}
	return cells{"EC2 instance", s.Name, p.zonesText([]string{s.Subnet}), joined(s.Type, address, p.groupsText(s.Groups))}
}

func (s InstanceProfile) cells(*Plan, Change) cells {
	return cells{"instance profile", s.Name, "role " + s.Role, ""}
}

func (s ClientVPN) cells(p *Plan, _ Change) cells {
	return cells{"Client VPN", s.Environment, p.shortVPC(), joined("clients "+s.CIDR, p.groupsText(s.Groups))}
}

func (s ClientVPNSubnet) cells(p *Plan, _ Change) cells {
	return cells{"Client VPN subnet", s.Subnet, p.zonesText([]string{s.Subnet}), ""}
}

func (s ClientVPNAccess) cells(*Plan, Change) cells {
	return cells{"Client VPN rule", s.CIDR, "", "allow all clients"}
}
