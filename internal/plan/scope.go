package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// scope is what a plan is about: the answers and the inventory, read once, in the
// terms that matching and checks share.
type scope struct {
	inv *inventory.Inventory
	ans answers.Answers
	vpc *inventory.VPC
	net *inventory.Network // never nil: empty while it is not loaded

	services []inventory.Service // of the workload, in this VPC
	clients  []*inventory.Subnet
	groups   []string            // the clients' security groups
	places   []*inventory.Subnet // where endpoint interfaces go
	chosen   bool                // places were named by the user
	egress   catalog.Egress
}

func newScope(inv *inventory.Inventory, ans answers.Answers) *scope {
	if ans.Region == "" {
		ans.Region = inv.Region
	}
	s := &scope{inv: inv, ans: ans, vpc: inv.VPC(ans.VPC), net: inv.Network(ans.VPC)}
	if s.net == nil {
		s.net = &inventory.Network{VPC: ans.VPC}
	}
	s.findServices()
	s.findClients()
	s.findPlaces()
	for _, c := range s.clients {
		s.egress = max(s.egress, s.egressOf(c))
	}
	return s
}

// findServices picks the Fargate services that the plan is for: the one that was
// named, else all that run in the VPC.
func (s *scope) findServices() {
	for _, c := range s.inv.Clusters {
		for _, svc := range c.Services {
			name := c.Name + "/" + svc.Name
			switch {
			case svc.LaunchType != "FARGATE":
			case s.ans.Service != "" && s.ans.Service != name && s.ans.Service != svc.ARN:
			case s.ans.VPC != "" && len(s.net.Subnets) > 0 && !slices.ContainsFunc(svc.Subnets, func(id string) bool { return s.net.Subnet(id) != nil }):
			default:
				s.services = append(s.services, svc)
			}
		}
	}
}

// findClients resolves where the workload runs: as answered, else the endpoints'
// subnets, else where its services run.
func (s *scope) findClients() {
	ids := s.ans.Clients
	if len(ids) == 0 {
		ids = s.ans.Subnets
	}
	if len(ids) == 0 {
		for _, svc := range s.services {
			ids = append(append(ids, svc.Subnets...), svc.Groups...)
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
		s.clients = s.whereGroupsAre()
	}
}

// whereGroupsAre are the subnets of clients that are known by their groups alone:
// those of services and interfaces that carry one, else where the endpoints go.
func (s *scope) whereGroupsAre() []*inventory.Subnet {
	if len(s.groups) == 0 {
		return nil
	}
	carries := func(groups []string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(s.groups, g) })
	}
	var at []string
	for _, svc := range s.services {
		if carries(svc.Groups) {
			at = append(at, svc.Subnets...)
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

// findPlaces resolves where endpoint interfaces go: as answered, else one client
// subnet a zone, the one with the most free addresses.
func (s *scope) findPlaces() {
	if len(s.ans.Subnets) > 0 {
		s.chosen = true
		for _, id := range unique(s.ans.Subnets) {
			if sub := s.net.Subnet(id); sub != nil {
				s.places = append(s.places, sub)
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
			s.places = append(s.places, c)
		}
	}
	slices.SortFunc(s.places, func(a, b *inventory.Subnet) int { return strings.Compare(a.Zone, b.Zone) })
}

// egressOf tells whether the workload reaches the internet from a subnet: by the
// subnet's own route table, not by what the VPC has elsewhere.
func (s *scope) egressOf(sub *inventory.Subnet) catalog.Egress {
	words, e := WayOut(s.net, sub)
	if words == viaInternetGateway && !s.publicAddresses(sub) {
		return catalog.Closed
	}
	return e
}

// publicAddresses tells whether tasks in a subnet get public addresses, without
// which an internet gateway is of no use to them.
func (s *scope) publicAddresses(sub *inventory.Subnet) bool {
	runs := false
	for _, svc := range s.services {
		if slices.Contains(svc.Subnets, sub.ID) {
			runs = true
			if !svc.PublicIP {
				return false
			}
		}
	}
	return runs || sub.PublicIP
}

// closedClients are the client subnets without a way out, as labels.
func (s *scope) closedClients() []string {
	var out []string
	for _, c := range s.clients {
		if s.egressOf(c) == catalog.Closed {
			out = append(out, inventory.Label(c.Name, c.ID))
		}
	}
	return out
}

// definitions are the task definitions of the services in scope, each once.
func (s *scope) definitions() []*inventory.TaskDefinition {
	var out []*inventory.TaskDefinition
	seen := map[string]bool{}
	for _, svc := range s.services {
		if d := s.inv.TaskDefinition(svc.TaskDefinition); d != nil && !seen[d.ARN] {
			seen[d.ARN] = true
			out = append(out, d)
		}
	}
	return out
}

// ecrImage matches a private image of Amazon ECR; the groups are account and Region.
var ecrImage = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)/`)

// image is where a container's image comes from.
type image struct {
	ref    string
	region string // of the private ECR registry; empty for other registries
	public bool   // public.ecr.aws
}

func parseImage(ref string) image {
	m := ecrImage.FindStringSubmatch(ref)
	if m == nil {
		return image{ref: ref, public: strings.HasPrefix(ref, "public.ecr.aws/")}
	}
	return image{ref: ref, region: m[2]}
}

// secretKind tells which service holds a reference of a definition's secrets: in
// ECS a bare name is a Systems Manager parameter.
func secretKind(ref string) string {
	if strings.Contains(ref, ":secretsmanager:") {
		return "secretsmanager"
	}
	return "ssm-parameters"
}

// uses reads from the definitions what the workload does, with what shows it.
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
			if parseImage(c.Image).region == s.ans.Region && s.ans.Region != "" {
				see("ecr", "%s pulls %s", name, c.Image)
			}
			for _, ref := range c.Secrets {
				see(secretKind(ref), "%s reads %s", name, shortRef(ref))
			}
			if c.Credentials != "" {
				see("secretsmanager", "%s logs in to its registry with %s", name, shortRef(c.Credentials))
			}
			here := c.LogRegion == "" || c.LogRegion == s.ans.Region
			if here && (c.LogDriver == "awslogs" || c.LogDriver == "awsfirelens:cloudwatch") {
				see("awslogs", "container %s of %s", c.Name, name)
			}
			for _, f := range c.EnvFiles {
				see("env-files", "%s reads %s", name, shortRef(f))
			}
		}
	}
	for _, svc := range s.services {
		if svc.Exec {
			see("exec", "service %s has ECS Exec on", svc.Name)
			if c := s.clusterOf(svc); c != nil && c.ExecKMSKey != "" {
				see("exec-kms", "cluster %s encrypts sessions", c.Name)
			}
		}
		if svc.ServiceConnect {
			see("service-connect", "service %s", svc.Name)
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

// wants gives the verdicts, from the answer where there is one, else from the
// account.
func (s *scope) wants() []catalog.Want {
	shown := s.uses()
	uses := shown
	if s.ans.Needs != nil {
		uses = map[string][]string{}
		for _, w := range *s.ans.Needs {
			uses[w] = shown[w]
			if len(uses[w]) == 0 {
				uses[w] = []string{""} // named by the user; nothing in the account shows it
			}
		}
	}
	return catalog.Wants(catalog.Facts{Uses: uses, Egress: s.egress, Region: s.ans.Region, Extra: s.ans.Extra})
}

// shortRef leaves out what every ARN repeats.
func shortRef(ref string) string {
	if p := strings.SplitN(ref, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[2] + " " + p[5]
	}
	return ref
}

func unique(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !slices.Contains(out, id) {
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
