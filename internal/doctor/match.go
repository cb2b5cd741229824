package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// Candidate is a workload of an account that a message can be about.
type Candidate struct {
	// Answers are those of a plan for it: workload, Region, VPC and its name.
	Answers answers.Answers
	// Name is what the user names.
	Name string
	// Score is how much of the message matches it; 0 means nothing does. Stopped means that it does not run now.
	Score   int
	Stopped bool
	// Runs is what runs of it, such as "9 of 9 tasks"; empty if something does not run or that is not known.
	Runs string
	// Matches are what of the message matches it, as parts of a sentence.
	Matches []string
}

// Workload returns the candidate as a part of a report.
func (c Candidate) Workload() *Workload {
	why := "It does not run."
	switch {
	case len(c.Matches) > 0:
		why = "The message matches " + words.And(c.Matches) + "."
		if c.Runs != "" {
			why += fmt.Sprintf(" It runs now (%s). The messages may be older.", c.Runs)
		}
	case !c.Stopped:
		why = "The message matches nothing of the account, and no workload is stopped."
	}
	return &Workload{Kind: c.Answers.Workload, Name: c.Name, VPC: c.Answers.VPC, Why: why}
}

// Title returns the workload for people: "prod/web (ECS on Fargate) in vpc-0a1b".
func (w *Workload) Title() string {
	out := families.Of(w.Kind).Title
	if w.Name != "" {
		out = w.Name + " (" + out + ")"
	}
	if w.VPC != "" {
		out += " in " + w.VPC
	}
	return out
}

// The scores of what a message and a workload have in common. A name that can only be the workload's own counts more than one that
// several workloads share.
const (
	scoreSubject = 100
	scoreName    = 40
	scoreUse     = 30 // a role, an image, a secret or a definition
	scorePlace   = 15 // a subnet, a VPC or a cluster
	scoreKind    = 5  // the kind of message
)

// Workloads are the workloads of an account with what messages are compared with.
type Workloads struct {
	inv *inventory.Inventory
	all []known
}

// known is a workload with what is the same for all messages.
type known struct {
	Candidate
	*workload.Workload
	scope       *workload.Scope
	place       workload.Place
	own, queues []string // names that only the workload has, and its job queues
}

// WorkloadsOf returns the workloads of an account. The parts of all workloads must be loaded.
func WorkloadsOf(inv *inventory.Inventory) Workloads {
	out := Workloads{inv: inv}
	for _, w := range families.All {
		can, _ := w.Choices(workload.Account{Inventory: inv, WayOut: plan.WayOut})
		for _, choice := range can {
			place, ok := w.Locate(inv, choice.Name)
			if !ok || choice.Name == place.Cluster && ofBatch(inv, choice.Name) {
				continue
			}
			c := Candidate{Name: choice.Name, Answers: answers.Answers{Version: answers.Version, Workload: w.Name, Region: inv.Region}}
			if len(place.VPCs) > 0 {
				c.Answers.VPC = place.VPCs[0]
			}
			*w.Named.Of(&c.Answers) = choice.Name
			out.all = append(out.all, knownOf(inv, w, c, place))
		}
	}
	return out
}

// Candidates returns the workloads, the best match of the messages first. Workloads that do not run come before others with the same score, and
// names before whole clusters.
func (w Workloads) Candidates(messages []Message) []Candidate {
	var out []Candidate
	for i := range w.all {
		out = append(out, w.all[i].compare(w.inv, messages))
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(b.Score-a.Score, workload.Later(!a.Stopped, !b.Stopped), workload.Later(!strings.Contains(a.Name, "/"), !strings.Contains(b.Name, "/")))
	})
	return out
}

// ofBatch reports whether AWS Batch created a cluster for a compute environment, which is a candidate of its own.
func ofBatch(inv *inventory.Inventory, cluster string) bool {
	return slices.ContainsFunc(inv.Batch.Environments, func(e inventory.ComputeEnvironment) bool { return words.Last(e.Cluster) == cluster })
}

// knownOf returns a workload with what is the same for all messages.
func knownOf(inv *inventory.Inventory, w *workload.Workload, c Candidate, place workload.Place) known {
	of := plan.ScopeOf(inv, c.Answers)
	c.Stopped = len(of.NotRunning()) > 0
	if !c.Stopped {
		c.Runs = runningOf(inv, c.Name)
	}
	k := known{Candidate: c, Workload: w, scope: of.Workload(), place: place, own: []string{c.Name}}
	if cluster, service, ok := strings.Cut(c.Name, "/"); ok {
		k.own = append(k.own, service)
		k.place.Cluster = cluster
	}
	for _, e := range k.scope.Environments {
		for _, q := range inv.Batch.Queues {
			if slices.Contains(q.Environments, e.ARN) {
				k.queues = append(k.queues, q.Name)
			}
		}
		k.place.Cluster = words.Last(e.Cluster)
	}
	return k
}

// compare compares a workload with the messages.
func (k *known) compare(inv *inventory.Inventory, messages []Message) Candidate {
	c, w, s, place, own, queues := k.Candidate, k.Workload, k.scope, k.place, k.own, k.queues
	fits := kindsOf(w)
	add := func(score int, kind, name string) {
		text := strings.TrimSpace(kind + " " + name)
		if !slices.Contains(c.Matches, text) {
			c.Matches = append(c.Matches, text)
			c.Score += score
		}
	}
	for _, m := range messages {
		if slices.Contains(fits, m.Where) && c.Score == 0 {
			c.Score = scoreKind
		}
		switch {
		case slices.Contains(own, m.Subject):
			add(scoreSubject, w.Named.KindOf(m.Subject), m.Subject)
		case slices.Contains(queues, m.Subject):
			add(scoreSubject, "job queue", m.Subject)
		}
		for _, name := range m.Details.Names {
			switch {
			case slices.Contains(own, name):
				add(scoreName, w.Named.KindOf(c.Name), name)
			case slices.Contains(queues, name):
				add(scoreName, "job queue", name)
			case place.Cluster != "" && name == place.Cluster:
				add(scorePlace, "cluster", name)
			}
		}
		for _, id := range m.Details.IDs {
			if slices.Contains(place.VPCs, id) {
				add(scorePlace, "VPC", id)
			}
			for _, r := range s.Runners {
				if slices.Contains(r.Subnets, id) {
					add(scoreUse, "subnet", id)
				}
				if slices.Contains(r.Groups, id) {
					add(scoreUse, "security group", id)
				}
			}
			if s.Instances[id] {
				add(scoreUse, "instance", id)
			}
			if vpc := holder(inv, id); slices.Contains(place.VPCs, vpc) {
				add(scorePlace, "VPC", vpc)
			}
		}
		uses(s, m.Details, add)
	}
	return c
}

// runningOf returns how many tasks of a service run: "9 of 9 tasks". It is empty if not all of them do.
func runningOf(inv *inventory.Inventory, name string) string {
	cluster, service, _ := strings.Cut(name, "/")
	for _, c := range inv.Clusters {
		for _, s := range c.Services {
			if c.Name == cluster && s.Name == service && s.Desired > 0 && s.Running >= s.Desired {
				return fmt.Sprintf("%d of %s", s.Running, words.Count(s.Desired, "task"))
			}
		}
	}
	return ""
}

// kindsOf returns where messages about a workload are shown.
func kindsOf(w *workload.Workload) []Where {
	var out []Where
	if w.Redeploys {
		out = append(out, StoppedReason, ServiceEvent)
	}
	if w.Jobs {
		out = append(out, BatchReason)
	}
	if w.OwnHosts {
		out = append(out, AgentLog)
	}
	if w.WebServer {
		out = append(out, AirflowError)
	}
	return out
}

// uses compares what the definitions of a workload use with a message.
func uses(s *workload.Scope, d Details, add func(score int, kind, name string)) {
	for _, e := range s.Airflows {
		if e.ExecutionRole != "" && roleOf(d.Principal) == words.Last(e.ExecutionRole) {
			add(scoreUse, "role", words.Last(e.ExecutionRole))
		}
	}
	for _, def := range s.Definitions {
		if slices.Contains(d.Names, def.Family) {
			add(scoreUse, "definition", def.Family)
		}
		for _, role := range []string{def.ExecutionRole, def.TaskRole} {
			if role != "" && roleOf(d.Principal) == words.Last(role) {
				add(scoreUse, "role", words.Last(role))
			}
		}
		for _, k := range def.Containers {
			if d.Image != "" && sameImage(k.Image, d.Image) {
				add(scoreUse, "image", k.Image)
			}
			for _, ref := range append(slices.Clone(k.Secrets), k.Credentials) {
				if ref != "" && d.Resource != "" && (strings.HasPrefix(ref, d.Resource) || strings.HasPrefix(d.Resource, ref)) {
					add(scoreUse, "secret or parameter", words.Last(ref))
				}
			}
		}
	}
}

// roleOf returns the name of the role in the ARN of a role or of its session.
func roleOf(principal string) string { return cmp.Or(cause.RoleName(principal), words.Last(principal)) }

// sameImage reports whether two images are of one repository. Messages add the host of Docker Hub, and leave out a tag.
func sameImage(a, b string) bool {
	repository := func(image string) string {
		image, _, _ = strings.Cut(image, "@")
		if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
			image = image[:at]
		}
		return strings.TrimPrefix(strings.TrimPrefix(image, "docker.io/"), "library/")
	}
	return repository(a) == repository(b)
}

// Elsewhere returns why the messages are not about an account: another VPC, Region, account or service, or a resource of a network that no VPC of
// the account has; empty if they can be. What an account itself reports is about it, and a message about a wrong Region lists two. Account ids and
// names of a masked inventory are stand-ins. What was not read is not missing.
func (r Report) Elsewhere(inv *inventory.Inventory) string {
	wrong := slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.Kind == cause.RegionMismatch })
	for _, m := range r.Messages {
		if m.Subject != "" {
			continue
		}
		for _, id := range m.Details.IDs {
			if strings.HasPrefix(id, "vpc-") && inv.VPC(id) == nil || absent(inv, id) {
				return fmt.Sprintf("The message is about %s, which does not exist in account %s in Region %s, so nothing was compared.", id, inv.Account, inv.Region)
			}
		}
		if region := m.Details.Region; region != "" && region != inv.Region && !wrong {
			return fmt.Sprintf("The message is from Region %s, but the account was read in Region %s, so nothing was compared. Use --region %s, or a snapshot of that Region.", region, inv.Region, region)
		}
		if inv.Masked() {
			continue
		}
		if account := ownerOf(m); account != "" && account != inv.Account {
			return fmt.Sprintf("The message is from account %s, but this is account %s, so nothing was compared. Use a profile of that account, or a snapshot of it.", account, inv.Account)
		}
		if name := serviceIn(m.Text); name != "" && lacksService(inv, name) {
			return fmt.Sprintf("The message is about service %s, which this account does not have in Region %s, so nothing was compared.", name, inv.Region)
		}
	}
	return ""
}

// ownerOf returns the account of the workload of a message: of the principal, or of a task, a cluster, a job or an environment. The account of a
// registry, a key or a secret can be another one.
func ownerOf(m Message) string {
	if parts := strings.Split(m.Details.Principal, ":"); len(parts) > 5 && parts[4] != "" {
		return parts[4]
	}
	for _, a := range arnsIn(m.Text) {
		if slices.Contains([]string{"ecs", "batch", "airflow"}, a.service) && len(a.account) == 12 && strings.Trim(a.account, "0123456789") == "" {
			return a.account
		}
	}
	return ""
}

// serviceIn returns the service that an event of Amazon ECS begins with: "(service NAME) was unable to…", without the parentheses too. It is empty
// without one.
func serviceIn(text string) string {
	for line := range strings.Lines(text) {
		_, rest, ok := strings.Cut(line, "(service ")
		end := ")"
		if !ok {
			if rest, ok = strings.CutPrefix(strings.TrimSpace(line), "service "); !ok {
				continue
			}
			end = " "
		}
		name, after, ok := strings.Cut(rest, end)
		if ok && name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" &&
			slices.ContainsFunc([]string{"was ", "has ", "is ", "("}, func(s string) bool { return strings.HasPrefix(strings.TrimSpace(after), s) }) {
			return name
		}
	}
	return ""
}

// lacksService reports whether all services of the account were read and none has the name.
func lacksService(inv *inventory.Inventory, name string) bool {
	for _, call := range []string{"ecs:ListClusters", "ecs:DescribeClusters", "ecs:ListServices", "ecs:DescribeServices"} {
		if _, gap := inv.Gap(call); gap {
			return false
		}
	}
	return inv.Has(inventory.Request{Part: inventory.PartClusters}) && !slices.ContainsFunc(inv.Clusters, func(c inventory.Cluster) bool {
		return slices.ContainsFunc(c.Services, func(s inventory.Service) bool { return s.Name == name })
	})
}

// mostNetworks is the maximum number of networks that are read to find a resource of a message.
const mostNetworks = 10

// ofNetworks are the prefixes of ids of resources that are in a network, with the calls that list them.
var ofNetworks = map[string]string{"subnet": "ec2:DescribeSubnets", "sg": "ec2:DescribeSecurityGroups", "rtb": "ec2:DescribeRouteTables", "vpce": "ec2:DescribeVpcEndpoints", "acl": "ec2:DescribeNetworkAcls"}

// listedBy returns the call that lists a resource of a network; empty for another id.
func listedBy(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	if strings.HasPrefix(id, "vpce-svc-") {
		return ""
	}
	return ofNetworks[prefix]
}

// Networks returns the networks that show whether the resources of the messages exist; none if the messages have none, or if the account has more
// than mostNetworks VPCs.
func (r Report) Networks(inv *inventory.Inventory) []inventory.Request {
	var out []inventory.Request
	if len(inv.VPCs) > mostNetworks || !slices.ContainsFunc(r.Messages, func(m Message) bool {
		return m.Subject == "" && slices.ContainsFunc(m.Details.IDs, func(id string) bool { return listedBy(id) != "" && holder(inv, id) == "" })
	}) {
		return nil
	}
	for _, v := range inv.VPCs {
		if n := (inventory.Request{Part: inventory.PartNetwork, VPC: v.ID}); !inv.Has(n) {
			out = append(out, n)
		}
	}
	return out
}

// holder returns the VPC of a resource of a network, among the networks that were read; empty if none of them has it.
func holder(inv *inventory.Inventory, id string) string {
	for _, n := range inv.Networks {
		if n.Subnet(id) != nil || n.Group(id) != nil ||
			slices.ContainsFunc(n.RouteTables, func(t inventory.RouteTable) bool { return t.ID == id }) ||
			slices.ContainsFunc(n.Endpoints, func(e inventory.Endpoint) bool { return e.ID == id }) ||
			slices.ContainsFunc(n.NetworkACLs, func(a inventory.NetworkACL) bool { return a.ID == id }) {
			return n.VPC
		}
	}
	return ""
}

// absent reports whether an id is of a resource of a network, and all networks of the account were read and have no such resource. A participant does not see
// all resources of a shared VPC (Amazon VPC user guide, Share your VPC subnets with other accounts).
func absent(inv *inventory.Inventory, id string) bool {
	call := listedBy(id)
	if _, gap := inv.Gap(call); call == "" || gap || holder(inv, id) != "" {
		return false
	}
	return len(inv.VPCs) > 0 && !slices.ContainsFunc(inv.VPCs, func(v inventory.VPC) bool {
		return !inv.Has(inventory.Request{Part: inventory.PartNetwork, VPC: v.ID}) || v.Owner != "" && v.Owner != inv.Account
	})
}

// Requests returns the parts of an inventory that show its workloads; with its messages, if these are to be explained.
func Requests(messages bool) []inventory.Request {
	out := []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}}
	for _, w := range families.All {
		for _, p := range w.Parts {
			if r := (inventory.Request{Part: p}); !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	if messages {
		out = append(out, inventory.Request{Part: inventory.PartFailures})
	}
	return out
}

// Choose returns the answers of a plan for the workload that the report is about, the workload, and what limits the choice. The workload is
// nil if nothing shows it. Given answers name it.
func (r Report) Choose(inv *inventory.Inventory, given *answers.Answers) (answers.Answers, *Workload, string) {
	if given != nil {
		return *given, &Workload{Kind: given.Workload, Name: families.Of(given.Workload).Named.NameIn(*given), VPC: given.VPC, Why: "The answers file names it."}, ""
	}
	all := WorkloadsOf(inv).Candidates(r.Messages)
	if len(all) == 0 {
		return answers.Answers{}, nil, "The account shows no supported workload in this Region, so nothing was compared."
	}
	best, same := all[0], 0
	if len(r.Messages) == 0 && !best.Stopped {
		return answers.Answers{}, nil, "The account has no error messages, and all of its workloads run. Amazon ECS lists stopped tasks for at least one hour."
	}
	for _, c := range all[1:] {
		if c.Score == best.Score && c.Stopped == best.Stopped {
			same++
		}
	}
	if best.Score < scorePlace && !best.Stopped {
		return answers.Answers{}, nil, "The message matches no workload of the account, and all workloads run, so nothing was compared. Name the workload with an answers file (--answers)."
	}
	note := ""
	switch another := " To compare with another one, use an answers file (--answers)."; {
	case same > 0 && best.Score < scorePlace:
		note = fmt.Sprintf("The message does not show which workload it is about, and %s not run either.%s", words.Counted(same, "other workload does", "other workloads do"), another)
	case same > 0:
		note = fmt.Sprintf("The message matches %s as well.%s", words.Count(same, "other workload"), another)
	}
	return best.Answers, best.Workload(), note
}
