package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// scope is the subject of a plan: the answers and the inventory, resolved once for matching and
// checks.
type scope struct {
	*workload.Scope
	vpc *inventory.VPC

	clients         []*inventory.Subnet
	groups          []string            // the clients' security groups
	endpointSubnets []*inventory.Subnet // subnets for endpoint network interfaces
	chosen          bool                // the user chose places
	egress          catalog.Egress
	inUse           []inventory.Interface // network interfaces that count as workloads
	others          []inventory.Interface // those of them that are not this workload's

	isClient map[string]bool            // ids of clients and groups
	public   map[string]bool            // cache of publicAddresses, by subnet
	exits    map[exitKey]exit           // cache of exitOf
	machines map[string]*inventory.Host // by instance
	registry *credentials               // of a private registry; nil if the answers ask for none
	first    *first                     // the workload that the plan creates; nil if the answers ask for none
	layout   *layout                    // of a new VPC; nil if the answers ask for none
}

func newScope(inv *inventory.Inventory, ans answers.Answers) *scope {
	return newScopeIn(ahead(inv, ans))
}

// newScopeIn is newScope for an account that has the new VPC of a layout.
func newScopeIn(inv *inventory.Inventory, ans answers.Answers, l *layout) *scope {
	s := &scope{layout: l, Scope: workload.NewScope(families.Of(ans.Workload), inv, withFirst(ans)), vpc: inv.VPC(ans.VPC),
		exits: map[exitKey]exit{}, isClient: map[string]bool{}, public: map[string]bool{}, machines: map[string]*inventory.Host{}}
	for i := range inv.Hosts {
		s.machines[inv.Hosts[i].Instance] = &inv.Hosts[i]
	}
	s.first = s.readFirst()
	s.registry = s.readRegistry()
	s.findClients()
	s.addFirst()
	for _, id := range append(ids(s.clients), s.groups...) {
		s.isClient[id] = true
	}
	s.findEndpointSubnets()
	s.inUse = s.findInUse()
	s.others = s.findOthers()
	for _, c := range s.clients {
		s.egress = max(s.egress, s.egressOf(c))
	}
	return s
}

// cluster is a cluster with its container instances in this VPC.
type cluster struct {
	*inventory.Cluster
	hosts []inventory.ContainerInstance
}

// clusters returns the clusters with container instances in the VPC: first those with agents that
// the plan restarts (the clusters in the answers, otherwise all), then the others.
func (s *scope) clusters() (looked, others []cluster) {
	for i := range s.Inv.Clusters {
		c := cluster{&s.Inv.Clusters[i], nil}
		if c.hosts = s.Hosts(c.Cluster); len(c.hosts) == 0 {
			continue
		}
		named := s.Ans.Agent.Clusters
		if s.Workload.OwnHosts && (len(named) == 0 || slices.Contains(named, c.Name) || slices.Contains(named, c.ARN)) {
			looked = append(looked, c)
		} else {
			others = append(others, c)
		}
	}
	return looked, others
}

// disconnected returns the number of container instances with an ECS agent that is not connected.
func (c cluster) disconnected() int {
	n := 0
	for _, h := range c.hosts {
		if !h.Connected {
			n++
		}
	}
	return n
}

// findClients resolves where the workload runs: the clients in the answers, otherwise the endpoints'
// subnets, otherwise the subnets and groups of its services.
func (s *scope) findClients() {
	ids := s.Ans.Clients
	if len(ids) == 0 {
		ids = s.Ans.Subnets
	}
	if len(ids) == 0 {
		for _, r := range s.Runners {
			ids = append(append(ids, r.Subnets...), r.Groups...)
		}
	}
	for _, id := range workload.Unique(ids) {
		if sub := s.Net.Subnet(id); sub != nil {
			s.clients = append(s.clients, sub)
		} else if s.Net.Group(id) != nil {
			s.groups = append(s.groups, id)
		}
	}
	if len(s.clients) == 0 {
		s.clients = s.groupSubnets()
	}
}

// groupSubnets returns the subnets of clients that are known only by their groups: the subnets of
// services and network interfaces with one of them, otherwise the endpoints' subnets.
func (s *scope) groupSubnets() []*inventory.Subnet {
	if len(s.groups) == 0 {
		return nil
	}
	carries := func(groups []string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(s.groups, g) })
	}
	var at []string
	for _, r := range s.Runners {
		if carries(r.Groups) {
			at = append(at, r.Subnets...)
		}
	}
	for _, i := range s.Net.Interfaces {
		if carries(i.Groups) {
			at = append(at, i.Subnet)
		}
	}
	if len(at) == 0 {
		at = s.Ans.Subnets
	}
	var out []*inventory.Subnet
	for _, id := range workload.Unique(at) {
		if sub := s.Net.Subnet(id); sub != nil {
			out = append(out, sub)
		}
	}
	return out
}

// findEndpointSubnets resolves the subnets of endpoint network interfaces: those of the answers, otherwise
// the client subnet with the most free addresses in each Availability Zone.
func (s *scope) findEndpointSubnets() {
	if len(s.Ans.Subnets) > 0 {
		s.chosen = true
		for _, id := range workload.Unique(s.Ans.Subnets) {
			if sub := s.Net.Subnet(id); sub != nil {
				s.endpointSubnets = append(s.endpointSubnets, sub)
			}
		}
		return
	}
	best := map[string]*inventory.Subnet{}
	for _, c := range s.clients {
		if b := best[c.Zone]; b == nil || c.Free > b.Free || c.Free == b.Free && c.ID < b.ID {
			best[c.Zone] = c
		}
	}
	for _, c := range s.clients {
		if best[c.Zone] == c {
			s.endpointSubnets = append(s.endpointSubnets, c)
		}
	}
	slices.SortFunc(s.endpointSubnets, func(a, b *inventory.Subnet) int { return strings.Compare(a.Zone, b.Zone) })
}

// egressOf returns whether the workload reaches the internet from a subnet.
func (s *scope) egressOf(sub *inventory.Subnet) catalog.Egress {
	x := s.exitOf(sub)
	if x.public && !s.publicAddresses(sub) {
		return catalog.Closed
	}
	return x.egress
}

// exitOf returns how a subnet reaches the internet. Subnets with the same properties are evaluated
// once.
func (s *scope) exitOf(sub *inventory.Subnet) exit {
	key := exitKey{s.Net.RouteTableOf(sub.ID), sub.BlockPublicAccess, sub.IPv6Only, sub.DNS64, len(sub.IPv6) > 0}
	x, known := s.exits[key]
	if !known {
		x = exitOf(s.Inv, s.Net.Network, s.Net.RouteTableOf, sub)
		s.exits[key] = x
	}
	return x
}

// exitKey is what the internet access of a subnet depends on.
type exitKey struct {
	table               *inventory.RouteTable
	block               string
	only6, dns64, with6 bool
}

// doubt returns why it is not known whether the subnets of the workload have internet access, if
// something else than the target of a default route is the reason.
func (s *scope) doubt() string {
	for _, c := range s.clients {
		if x := s.exitOf(c); x.egress == catalog.Maybe && x.doubt != "" {
			return x.doubt
		}
	}
	return ""
}

// sixOnly reports whether the subnets without internet access reach the internet with IPv6.
func (s *scope) sixOnly() bool {
	for _, c := range s.clients {
		if s.egressOf(c) == catalog.Closed && !s.exitOf(c).six {
			return false
		}
	}
	return s.egress == catalog.Closed
}

// publicAddresses reports whether workloads in a subnet get public addresses. Without them they
// cannot use an internet gateway.
func (s *scope) publicAddresses(sub *inventory.Subnet) bool {
	if found, known := s.public[sub.ID]; known {
		return found
	}
	runs, all := false, true
	for _, r := range s.Runners {
		if !r.BySubnet && slices.Contains(r.Subnets, sub.ID) {
			runs, all = true, all && r.Public
		}
	}
	s.public[sub.ID] = runs && all || !runs && sub.PublicIP
	return s.public[sub.ID]
}

// closedClients returns the labels of the client subnets without internet access.
func (s *scope) closedClients() []string {
	var out []string
	for _, c := range s.clients {
		if s.egressOf(c) == catalog.Closed {
			out = append(out, inventory.Label(c.Name, c.ID))
		}
	}
	return out
}

// oldPlatform reports whether a platform version is before 1.4.0. From 1.4.0 on, all traffic uses the task's
// own network interface (Amazon ECS developer guide).
func oldPlatform(p workload.Platform) bool {
	return p.Version != "" && before(p.Version, "1.4.0")
}

// before compares versions by their numbers. A text without numbers is not before any version.
func before(v, than string) bool {
	a, b := strings.Split(strings.TrimPrefix(v, "v"), "."), strings.Split(than, ".")
	for i := range b {
		n, m := 0, 0
		if i < len(a) {
			var err error
			if n, err = strconv.Atoi(a[i]); err != nil {
				return false
			}
		}
		if m, _ = strconv.Atoi(b[i]); n != m {
			return n < m
		}
	}
	return false
}

// secretKind returns the need for a reference in a definition's secrets: in ECS a name without a
// service is a Systems Manager parameter.
func secretKind(ref string) string {
	if strings.Contains(ref, ":secretsmanager:") {
		return "secretsmanager"
	}
	return "ssm-parameters"
}

// uses returns what the workload does according to its definitions, with the evidence.
func (s *scope) uses() map[string][]string {
	out := map[string][]string{}
	see := func(word, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if !slices.Contains(out[word], text) {
			out[word] = append(out[word], text)
		}
	}
	for _, d := range s.Definitions {
		name := fmt.Sprintf("%s:%d", d.Family, d.Revision)
		for _, c := range d.Containers {
			if img := parseImage(c.Image); img.region == s.Ans.Region && s.Ans.Region != "" {
				see(s.pullNeed(img), "%s pulls %s", name, c.Image)
			}
			for _, ref := range c.Secrets {
				see(secretKind(ref), "%s reads %s", name, shortRef(ref))
			}
			if c.Credentials != "" {
				see("secretsmanager", "%s logs in to its registry with %s", name, shortRef(c.Credentials))
			}
			if need := logNeeds[c.LogsTo()]; need != "" && s.logsHere(&c) {
				see(need, "container %s of %s", c.Name, name)
			}
			if s.Workload.LogsByDefault(&c) {
				see("awslogs", "%s sets no log driver, so %s uses awslogs", name, s.Workload.Service)
			}
			if c.DomainSecret {
				see("secretsmanager", "the credential spec of container %s of %s references a secret", c.Name, name)
			}
			for _, f := range c.Files {
				see("s3", "%s reads %s", name, shortRef(f))
			}
			for _, need := range c.Collects() {
				see(need, "container %s of %s", c.Name, name)
			}
			for _, f := range c.EnvFiles {
				see("env-files", "%s reads %s", name, shortRef(f))
			}
		}
		for _, ref := range d.VolumeSecrets {
			see(secretKind(ref), "a volume of %s reads %s", name, shortRef(ref))
		}
		if d.EFS {
			see(catalog.Seen("efs"), "%s mounts a file system", name)
		}
	}
	if c := s.registry; c != nil {
		see("secretsmanager", "the credentials of a private registry are read from %s", strings.TrimSuffix(shortRef(c.arn), "-??????"))
	}
	for _, d := range s.JobDefinitions {
		if d.Exec {
			see("exec", "%s:%d has ECS Exec on", d.Family, d.Revision)
		}
	}
	for _, svc := range s.Services {
		if svc.Exec {
			see("exec", "service %s has ECS Exec on", svc.Name)
			if c := s.ClusterOf(svc); c != nil {
				if c.ExecKMSKey != "" {
					see("exec-kms", "cluster %s encrypts sessions", c.Name)
				}
				if c.ExecLogGroup != "" {
					see("awslogs", "cluster %s logs ECS Exec sessions to %s", c.Name, c.ExecLogGroup)
				}
				if c.ExecBucket != "" {
					see("s3", "cluster %s logs ECS Exec sessions to bucket %s", c.Name, c.ExecBucket)
				}
			}
		}
		if svc.ServiceConnect {
			see("service-connect", "service %s", svc.Name)
		}
		if c := svc.Proxy; c != nil {
			if need := logNeeds[c.LogsTo()]; need != "" && s.logsHere(c) {
				see(need, "the Service Connect proxy of service %s", svc.Name)
			}
			for _, ref := range c.Secrets {
				see(secretKind(ref), "the Service Connect proxy of service %s reads %s", svc.Name, shortRef(ref))
			}
		}
		if c := s.ClusterOf(svc); c != nil && c.Insights {
			see(catalog.Seen("insights"), "cluster %s", c.Name)
		}
	}
	return out
}

// findVerdicts returns the verdicts, from the needs in the answers if set, otherwise from the account.
func (s *scope) findVerdicts() []catalog.Verdict {
	shown := s.uses()
	uses := shown
	if s.Ans.Needs != nil {
		uses = map[string][]string{}
		for _, w := range answers.Needs {
			if seen := catalog.Seen(w); len(shown[seen]) > 0 {
				uses[seen] = shown[seen]
			}
		}
		for _, w := range *s.Ans.Needs {
			uses[w] = shown[w]
			if by := shown[catalog.FIPS(w)]; len(by) > 0 {
				uses[catalog.FIPS(w)] = by
			}
			if len(shownAs(shown, w)) == 0 {
				uses[w] = []string{""} // set by the user; the account does not show it
			}
		}
	}
	old := len(s.Platforms) > 0 && !slices.ContainsFunc(s.Platforms, func(p workload.Platform) bool { return !oldPlatform(p) })
	f := catalog.Facts{Uses: uses, Egress: s.egress, Doubt: s.doubt(), IPv6: s.sixOnly(), Region: s.Ans.Region, Extra: s.Ans.Extra, OldPlatform: old,
		Listed: s.Ans.Needs != nil, Unseen: s.Unseen(), Sessions: s.sessions(),
		RunCommand: s.Ans.Agent.Restart == answers.RestartSSM, OldSSMAgent: s.oldSSMAgent()}
	s.Workload.Facts(s.Scope, &f)
	return catalog.Verdicts(f)
}

// oldSSMAgent reports whether an instance runs a version of the SSM Agent that needs the ec2messages
// endpoint, if the Region has it (Systems Manager user guide, message APIs).
func (s *scope) oldSSMAgent() bool {
	has := slices.ContainsFunc(s.Inv.Services, func(e inventory.EndpointService) bool { return catalog.CodeOf(e.Name) == "ec2messages" })
	return has && slices.ContainsFunc(s.Inv.Hosts, func(h inventory.Host) bool {
		return h.VPC == s.Ans.VPC && h.SSMAgent != "" && before(h.SSMAgent, "3.3.40.0")
	})
}

// shortRef removes the parts that all ARNs share.
func shortRef(ref string) string {
	if p := strings.SplitN(ref, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[2] + " " + p[5]
	}
	return ref
}

func ids(subs []*inventory.Subnet) []string {
	out := []string{}
	for _, s := range subs {
		out = append(out, s.ID)
	}
	return out
}
