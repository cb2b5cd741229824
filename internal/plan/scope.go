package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// scope is the subject of a plan: the answers and the inventory, resolved once for matching and
// checks.
type scope struct {
	inv *inventory.Inventory
	ans answers.Answers
	vpc *inventory.VPC
	net *network // never nil: empty until it is loaded

	services        []inventory.Service             // of the workload, in this VPC
	environments    []*inventory.ComputeEnvironment // compute environments of AWS Batch, likewise
	airflows        []*inventory.Airflow            // environments of Amazon MWAA, likewise
	runners         []runner
	clients         []*inventory.Subnet
	groups          []string            // the clients' security groups
	endpointSubnets []*inventory.Subnet // subnets for endpoint network interfaces
	chosen          bool                // the user chose places
	egress          catalog.Egress
	inUse           []inventory.Interface // network interfaces that count as workloads
	others          []inventory.Interface // those of them that are not this workload's

	isClient map[string]bool                          // ids of clients and groups
	public   map[string]bool                          // cache of publicAddresses, by subnet
	exits    map[exitKey]exit                         // cache of exitOf
	here     map[string][]inventory.ContainerInstance // cache of hosts, by cluster
	machines map[string]*inventory.Host               // by instance
	registry *credentials                             // of a private registry; nil if the answers ask for none
	unplaced []string                                 // services that may run in the VPC: nothing shows where they run
}

// runner runs containers in the VPC: an ECS service, a compute environment of AWS Batch, or a
// container instance.
type runner struct {
	subnets, groups []string
	public          bool // its tasks have public addresses
	bySubnet        bool // the subnet decides whether they have
}

func newScope(inv *inventory.Inventory, ans answers.Answers) *scope {
	if ans.Region == "" {
		ans.Region = inv.Region
	}
	s := &scope{inv: inv, ans: ans, vpc: inv.VPC(ans.VPC)}
	if n := inv.Network(ans.VPC); n != nil {
		s.net = newNetwork(n)
	} else {
		s.net = newNetwork(&inventory.Network{VPC: ans.VPC})
	}
	s.exits = map[exitKey]exit{}
	s.isClient, s.public, s.here, s.machines = map[string]bool{}, map[string]bool{}, map[string][]inventory.ContainerInstance{}, map[string]*inventory.Host{}
	for i := range inv.Hosts {
		s.machines[inv.Hosts[i].Instance] = &inv.Hosts[i]
	}
	switch {
	case ans.Workload.MWAA():
		s.findAirflow()
	case ans.Workload.Batch():
		s.findEnvironments()
	default:
		s.findServices()
	}
	switch {
	case ans.Workload.EC2():
		s.findInstances()
	case ans.Workload.Managed():
		s.findManaged()
	}
	s.registry = s.readRegistry()
	s.findClients()
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

// findServices selects the services of the plan: the service or cluster in the answers, otherwise
// all of the workload that run in the VPC.
func (s *scope) findServices() {
	for i := range s.inv.Clusters {
		c := &s.inv.Clusters[i]
		for _, svc := range c.Services {
			switch {
			case !RunsAs(&svc, s.ans.Workload):
			case s.ans.Service != "" && !slices.Contains([]string{c.Name, c.Name + "/" + svc.Name, svc.ARN}, s.ans.Service):
			case s.ans.VPC != "" && len(s.net.Subnets) > 0 && s.runsElsewhere(c, svc):
			case s.ans.VPC != "" && len(s.net.Subnets) > 0 && !s.runsHere(c, svc) && !s.namesCluster(c):
				s.unplaced = append(s.unplaced, c.Name+"/"+svc.Name)
			default:
				s.services = append(s.services, svc)
				s.runners = append(s.runners, runner{subnets: svc.Subnets, groups: svc.Groups, public: svc.PublicIP})
			}
		}
	}
}

// RunsAs reports whether a service belongs to a workload of Amazon ECS.
func RunsAs(svc *inventory.Service, w answers.Workload) bool {
	switch {
	case w.EC2():
		return svc.OnEC2()
	case w.Managed():
		return svc.OnManaged()
	}
	return svc.OnFargate()
}

// runsHere reports whether a service is known to run in the VPC. Tasks without a network of their own
// use the network of their cluster's container instances.
func (s *scope) runsHere(c *inventory.Cluster, svc inventory.Service) bool {
	switch {
	case len(svc.Subnets) > 0:
		return s.holds(svc.Subnets)
	case svc.OnManaged():
		return slices.ContainsFunc(c.ManagedProviders, func(p inventory.ManagedProvider) bool { return s.holds(p.Subnets) })
	}
	return len(s.hosts(c)) > 0
}

// runsElsewhere reports whether a service is known to run in other VPCs only. Without container
// instances, nothing shows where the tasks of a cluster will run.
func (s *scope) runsElsewhere(c *inventory.Cluster, svc inventory.Service) bool {
	if s.runsHere(c, svc) {
		return false
	}
	if svc.OnManaged() {
		return len(svc.Subnets) > 0 || slices.ContainsFunc(c.ManagedProviders, func(p inventory.ManagedProvider) bool { return len(p.Subnets) > 0 })
	}
	return len(svc.Subnets) > 0 || slices.ContainsFunc(c.ContainerInstances, func(h inventory.ContainerInstance) bool { return h.Own() && (h.VPC != "" || h.Subnet != "") })
}

// namesCluster reports whether the answers name a cluster or a service in it.
func (s *scope) namesCluster(c *inventory.Cluster) bool {
	cluster, _, _ := strings.Cut(s.ans.Service, "/")
	return s.ans.Service != "" && (cluster == c.Name || slices.ContainsFunc(c.Services, func(o inventory.Service) bool { return o.ARN == s.ans.Service })) ||
		slices.Contains(s.ans.Agent.Clusters, c.Name) || slices.Contains(s.ans.Agent.Clusters, c.ARN)
}

func (s *scope) holds(subnets []string) bool {
	return slices.ContainsFunc(subnets, func(id string) bool { return s.net.Subnet(id) != nil })
}

// findEnvironments selects the compute environments of the plan: the one in the answers, otherwise
// all of the workload in the VPC.
func (s *scope) findEnvironments() {
	for i := range s.inv.Batch.Environments {
		e := &s.inv.Batch.Environments[i]
		switch {
		case s.ans.ComputeEnvironment != "" && s.ans.ComputeEnvironment != e.Name && s.ans.ComputeEnvironment != e.ARN:
		case s.ans.ComputeEnvironment == "" && (e.Orchestration == "EKS" || s.ans.Workload.EC2() == e.OnFargate()):
		case s.ans.VPC != "" && len(s.net.Subnets) > 0 && !s.holds(e.Subnets):
		default:
			s.environments = append(s.environments, e)
			jobs := s.jobs()
			r := runner{subnets: e.Subnets, groups: e.Groups, bySubnet: !e.OnFargate(), public: len(jobs) > 0}
			for _, d := range jobs {
				r.public = r.public && d.PublicIP
			}
			s.runners = append(s.runners, r)
		}
	}
}

// findInstances adds the container instances of the workload's clusters: those of the answers,
// otherwise of every cluster with instances in the VPC.
func (s *scope) findInstances() {
	attached := map[string][]inventory.Interface{}
	for _, i := range s.net.Interfaces {
		if i.Instance != "" {
			attached[i.Instance] = append(attached[i.Instance], i)
		}
	}
	for i := range s.inv.Clusters {
		c := &s.inv.Clusters[i]
		named, _, _ := strings.Cut(s.ans.Service, "/")
		switch {
		case s.ans.Workload.Batch() && !slices.ContainsFunc(s.environments, func(e *inventory.ComputeEnvironment) bool { return e.Cluster == c.ARN }):
			continue
		case named != "" && named != c.Name:
			continue
		}
		for _, h := range s.hosts(c) {
			r := runner{subnets: []string{h.Subnet}}
			for _, i := range attached[h.Instance] {
				r.groups, r.public = append(r.groups, i.Groups...), r.public || i.PublicIP
			}
			s.runners = append(s.runners, r)
		}
	}
}

// hosts returns the account's own container instances of a cluster in this VPC.
func (s *scope) hosts(c *inventory.Cluster) []inventory.ContainerInstance {
	out, known := s.here[c.ARN]
	if known {
		return out
	}
	for _, h := range c.ContainerInstances {
		if h.Own() && (h.VPC == s.ans.VPC || s.net.Subnet(h.Subnet) != nil) {
			out = append(out, h)
		}
	}
	s.here[c.ARN] = out
	return out
}

// cluster is a cluster with its container instances in this VPC.
type cluster struct {
	*inventory.Cluster
	hosts []inventory.ContainerInstance
}

// clusters returns the clusters with container instances in the VPC: first those with agents that
// the plan restarts (the clusters in the answers, otherwise all), then the others.
func (s *scope) clusters() (looked, others []cluster) {
	for i := range s.inv.Clusters {
		c := cluster{&s.inv.Clusters[i], nil}
		if c.hosts = s.hosts(c.Cluster); len(c.hosts) == 0 {
			continue
		}
		named := s.ans.Agent.Clusters
		if s.ans.Workload.EC2() && (len(named) == 0 || slices.Contains(named, c.Name) || slices.Contains(named, c.ARN)) {
			looked = append(looked, c)
		} else {
			others = append(others, c)
		}
	}
	return looked, others
}

// findClients resolves where the workload runs: the clients in the answers, otherwise the endpoints'
// subnets, otherwise the subnets and groups of its services.
func (s *scope) findClients() {
	ids := s.ans.Clients
	if len(ids) == 0 {
		ids = s.ans.Subnets
	}
	if len(ids) == 0 {
		for _, r := range s.runners {
			ids = append(append(ids, r.subnets...), r.groups...)
		}
	}
	for _, id := range unique(ids) {
		if sub := s.net.Subnet(id); sub != nil {
			s.clients = append(s.clients, sub)
		} else if s.net.Group(id) != nil {
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
	for _, r := range s.runners {
		if carries(r.groups) {
			at = append(at, r.subnets...)
		}
	}
	for _, i := range s.net.Interfaces {
		if carries(i.Groups) {
			at = append(at, i.Subnet)
		}
	}
	if len(at) == 0 {
		at = s.ans.Subnets
	}
	var out []*inventory.Subnet
	for _, id := range unique(at) {
		if sub := s.net.Subnet(id); sub != nil {
			out = append(out, sub)
		}
	}
	return out
}

// findEndpointSubnets resolves the subnets of endpoint network interfaces: those of the answers, otherwise
// the client subnet with the most free addresses in each Availability Zone.
func (s *scope) findEndpointSubnets() {
	if len(s.ans.Subnets) > 0 {
		s.chosen = true
		for _, id := range unique(s.ans.Subnets) {
			if sub := s.net.Subnet(id); sub != nil {
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
	key := exitKey{s.net.RouteTableOf(sub.ID), sub.BlockPublicAccess, sub.IPv6Only, sub.DNS64, len(sub.IPv6) > 0}
	x, known := s.exits[key]
	if !known {
		x = exitOf(s.inv, s.net.Network, s.net.RouteTableOf, sub)
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
	for _, r := range s.runners {
		if !r.bySubnet && slices.Contains(r.subnets, sub.ID) {
			runs, all = true, all && r.public
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

// jobs returns the job definitions of the workload's platform.
func (s *scope) jobs() []*inventory.JobDefinition {
	platform := "FARGATE"
	if s.ans.Workload.EC2() {
		platform = "EC2"
	}
	var out []*inventory.JobDefinition
	for i := range s.inv.Batch.Definitions {
		if d := &s.inv.Batch.Definitions[i]; slices.Contains(d.Compatible, platform) {
			out = append(out, d)
		}
	}
	return out
}

// definitions returns the task definitions of the services in scope, each once, or the job
// definitions.
func (s *scope) definitions() []*inventory.TaskDefinition {
	var out []*inventory.TaskDefinition
	if s.ans.Workload.Batch() {
		for _, d := range s.jobs() {
			out = append(out, &d.TaskDefinition)
		}
		return out
	}
	seen := map[string]bool{}
	for _, svc := range s.services {
		if d := s.inv.TaskDefinition(svc.TaskDefinition); d != nil && !seen[d.ARN] {
			seen[d.ARN] = true
			out = append(out, d)
		}
	}
	return out
}

// unseen returns why the account does not show everything that the workload uses; empty if it does.
// "No definition was found" does not mean that the workload uses nothing.
func (s *scope) unseen() string {
	switch {
	case s.ans.Workload.MWAA(), s.ans.Workload == "":
		return ""
	case s.readWhole():
		return ""
	}
	needed := s.workloadGaps()
	if s.ans.Workload.EC2() {
		needed = append(slices.Clone(needed), instanceGaps...)
	}
	for _, g := range s.inv.Gaps {
		if slices.Contains(needed, g.Call) {
			return fmt.Sprintf("%s could not be read completely (%s).", g.Call, g.Code)
		}
	}
	if s.ans.Workload.Batch() {
		if len(s.jobs()) == 0 {
			return "The account has no active job definition of " + workloadTitles[s.ans.Workload] + ", so nothing shows what the jobs use."
		}
		return ""
	}
	for _, svc := range s.services {
		if s.inv.TaskDefinition(svc.TaskDefinition) == nil {
			return fmt.Sprintf("The task definition of service %s was not read.", svc.Name)
		}
	}
	switch {
	case len(s.services) > 0:
		return ""
	case len(s.unplaced) > 0:
		return fmt.Sprintf("Nothing shows where %s runs, because the cluster has no container instances. If it is in this VPC, name it as service.", words.UpTo(s.unplaced, 3))
	}
	return "No service of " + workloadTitles[s.ans.Workload] + " was found in the VPC, so no task definition shows what the tasks use."
}

// readWhole reports whether the answers give a service that was read completely with its task
// definition. Then it does not matter what other clusters hide.
func (s *scope) readWhole() bool {
	return s.ans.Service != "" && len(s.services) == 1 && len(s.definitions()) == 1
}

// platform is a requested Fargate platform version.
type platform struct{ of, resource, version string }

// platforms returns the platform versions of the workload on Fargate. Windows has its own version
// numbers, which are all recent.
func (s *scope) platforms() []platform {
	var out []platform
	add := func(of, resource, version string, d *inventory.TaskDefinition) {
		if d == nil || !strings.HasPrefix(d.OS, "WINDOWS") {
			out = append(out, platform{of, resource, version})
		}
	}
	switch {
	case s.ans.Workload.EC2():
	case s.ans.Workload.Batch():
		for _, d := range s.jobs() {
			add(fmt.Sprintf("job definition %s:%d", d.Family, d.Revision), d.ARN, d.PlatformVersion, &d.TaskDefinition)
		}
	default:
		for _, svc := range s.services {
			add("service "+svc.Name, svc.ARN, svc.PlatformVersion, s.inv.TaskDefinition(svc.TaskDefinition))
		}
	}
	return out
}

// old reports whether a platform version is before 1.4.0. From 1.4.0 on, all traffic uses the task's
// own network interface (Amazon ECS developer guide).
func (p platform) old() bool { return p.version != "" && before(p.version, "1.4.0") }

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
	for _, d := range s.definitions() {
		name := fmt.Sprintf("%s:%d", d.Family, d.Revision)
		for _, c := range d.Containers {
			if img := parseImage(c.Image); img.region == s.ans.Region && s.ans.Region != "" {
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
			if c.LogDriver == "" && s.ans.Workload.Batch() {
				see("awslogs", "%s sets no log driver, so AWS Batch uses awslogs", name)
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
	if s.ans.Workload.Batch() {
		for _, d := range s.jobs() {
			if d.Exec {
				see("exec", "%s:%d has ECS Exec on", d.Family, d.Revision)
			}
		}
	}
	for _, svc := range s.services {
		if svc.Exec {
			see("exec", "service %s has ECS Exec on", svc.Name)
			if c := s.clusterOf(svc); c != nil {
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
		if c := s.clusterOf(svc); c != nil && c.Insights {
			see(catalog.Seen("insights"), "cluster %s", c.Name)
		}
	}
	return out
}

func (s *scope) clusterOf(svc inventory.Service) *inventory.Cluster {
	for i := range s.inv.Clusters {
		c := &s.inv.Clusters[i]
		if slices.ContainsFunc(c.Services, func(o inventory.Service) bool { return o.ARN == svc.ARN }) {
			return c
		}
	}
	return nil
}

// findVerdicts returns the verdicts, from the needs in the answers if set, otherwise from the account.
func (s *scope) findVerdicts() []catalog.Verdict {
	shown := s.uses()
	uses := shown
	if s.ans.Needs != nil {
		uses = map[string][]string{}
		for _, w := range answers.Needs {
			if seen := catalog.Seen(w); len(shown[seen]) > 0 {
				uses[seen] = shown[seen]
			}
		}
		for _, w := range *s.ans.Needs {
			uses[w] = shown[w]
			if by := shown[catalog.FIPS(w)]; len(by) > 0 {
				uses[catalog.FIPS(w)] = by
			}
			if len(shownAs(shown, w)) == 0 {
				uses[w] = []string{""} // set by the user; the account does not show it
			}
		}
	}
	versions := s.platforms()
	old := len(versions) > 0 && !slices.ContainsFunc(versions, func(p platform) bool { return !p.old() })
	return catalog.Verdicts(catalog.Facts{Uses: uses, Egress: s.egress, Doubt: s.doubt(), IPv6: s.sixOnly(), Region: s.ans.Region, Extra: s.ans.Extra, Airflow: s.airflowFacts(),
		Batch: s.ans.Workload.Batch(), Instances: s.ans.Workload.EC2(), Managed: s.ans.Workload.Managed(), OldPlatform: old,
		Listed: s.ans.Needs != nil, Unseen: s.unseen(),
		RunCommand: s.ans.Agent.Restart == answers.RestartSSM, OldSSMAgent: s.oldSSMAgent()})
}

// oldSSMAgent reports whether an instance runs a version of the SSM Agent that needs the ec2messages
// endpoint, if the Region has it (Systems Manager user guide, message APIs).
func (s *scope) oldSSMAgent() bool {
	has := slices.ContainsFunc(s.inv.Services, func(e inventory.EndpointService) bool { return catalog.CodeOf(e.Name) == "ec2messages" })
	return has && slices.ContainsFunc(s.inv.Hosts, func(h inventory.Host) bool {
		return h.VPC == s.ans.VPC && h.SSMAgent != "" && before(h.SSMAgent, "3.3.40.0")
	})
}

// shortRef removes the parts that all ARNs share.
func shortRef(ref string) string {
	if p := strings.SplitN(ref, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[2] + " " + p[5]
	}
	return ref
}

func unique[T comparable](ids []T) []T {
	var out []T
	seen := make(map[T]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func ids(subs []*inventory.Subnet) []string {
	out := []string{}
	for _, s := range subs {
		out = append(out, s.ID)
	}
	return out
}
