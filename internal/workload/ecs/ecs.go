// Package ecs has the workloads of Amazon ECS: services on Fargate, on EC2 and on Managed Instances.
package ecs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Workloads are the workloads of the family in the order of the screens.
var Workloads = []*workload.Workload{fargate(), ec2(), managed()}

// Undecided is what applies before the user has chosen a workload.
var Undecided = service(family{platform: "Fargate", runs: (*inventory.Service).OnFargate, any: true}, workload.Workload{})

// reads show what tasks need and which registries they pull from.
var reads = []string{"ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"}

func nouns(client string) workload.Nouns {
	return workload.Nouns{One: "task", Many: "tasks", Definition: "task definition", Client: client}
}

// service completes a workload that consists of services.
func service(f family, w workload.Workload) *workload.Workload {
	w.Finder, w.Chooser, w.Reads, w.ReadsShow = f, f, reads, workload.UsesShow
	w.Locating = reads[:3]
	w.Runs, w.OwnHosts, w.AWSHosts = f.runs, f.onHosts, f.managed
	w.Label, w.Redeploys = w.Title, w.Name != ""
	if w.Client == "" {
		w.Nouns = nouns("task")
	}
	w.Service = "Amazon ECS"
	w.Parts = []inventory.Part{inventory.PartClusters}
	w.FromS3, w.S3Why = "image layers", "Amazon ECR needs it for image layers."
	n := &w.Named
	n.Key, n.Kind, n.Inner = "service", "cluster", "service"
	n.Of = func(a *answers.Answers) *string { return &a.Service }
	n.None = cmp.Or(n.None, "no service on "+f.platform+" runs")
	n.Lists, n.Call = "ECS clusters", "ecs:ListClusters"
	if n.Ask == "" {
		n.What = "ECS service"
		n.Ask = "Which ECS service needs endpoints?"
		n.Help = "The wizard reads the network and the AWS services from the service. It does not change the service now."
		n.NotCreated = "For a service that does not exist yet.\n\nYou choose the VPC, the subnets of its tasks, and the AWS services that the tasks will use. The endpoints are ready when the first task starts."
	}
	w.Uses = workload.ContainerUses(w.Nouns, workload.Use{Label: "Call the Amazon ECS API", Services: []string{"ecs"},
		Details: "For code in the VPC that starts or describes tasks. The tasks themselves do not need it."})
	return &w
}

func fargate() *workload.Workload {
	return service(family{platform: "Fargate", runs: (*inventory.Service).OnFargate}, workload.Workload{Name: answers.ECSFargate, Title: "Amazon ECS on Fargate", TestTask: true,
		Details: "Containers on AWS Fargate, without servers to manage.\n\nTo start, each task pulls its image, reads its secrets, and opens its log stream through the network of your VPC. In a subnet without an internet route, this needs VPC endpoints.",
	})
}

func ec2() *workload.Workload {
	return service(family{platform: "EC2", runs: (*inventory.Service).OnEC2, onHosts: true}, workload.Workload{Name: answers.ECSEC2, Title: "Amazon ECS on EC2", Nouns: nouns("container instance"),
		Details: "Containers on your own EC2 instances in an ECS cluster.\n\nEach instance runs the ECS agent, a program that gets work from Amazon ECS. In a subnet without an internet route, the agent needs three endpoints (ecs-agent, ecs-telemetry, ecs) in addition to those for images, secrets, and logs. The wizard creates them in this order and then restarts the agents that already run.",
		Named: workload.Named{What: "ECS cluster with container instances", None: "no container instance or service on EC2 runs",
			Ask:        "Which ECS cluster or service needs endpoints?",
			Help:       "The wizard reads the network and the AWS services from the cluster and its services. It does not change them now.",
			NotCreated: "For a cluster without container instances.\n\nYou choose the VPC, the subnets of the instances, and the AWS services that the tasks will use. The endpoints are ready when the first instance starts, so no ECS agent needs a restart."},
	})
}

func managed() *workload.Workload {
	return service(family{platform: "Managed Instances", runs: (*inventory.Service).OnManaged, managed: true}, workload.Workload{Name: answers.ECSManaged, Title: "Amazon ECS on Managed Instances",
		Details: "Containers on EC2 instances in your VPC that Amazon ECS launches, updates and replaces.\n\nAWS does not document which endpoints these instances need. The plan has what the tasks use, and the three endpoints of the ECS agent (ecs-agent, ecs-telemetry, ecs), as for other container instances. No agent needs a restart.",
	})
}

// family finds services on a platform.
type family struct {
	platform         string // as in texts
	runs             func(*inventory.Service) bool
	onHosts, managed bool // on container instances of the account, or on those of AWS
	any              bool // the workload is not chosen yet
}

func (f family) Find(s *workload.Scope) {
	f.findServices(s)
	seen := map[string]bool{}
	for _, svc := range s.Services {
		d := s.Inv.TaskDefinition(svc.TaskDefinition)
		if d != nil && !seen[d.ARN] {
			seen[d.ARN] = true
			s.Definitions = append(s.Definitions, d)
		}
		// Windows has its own version numbers, which are all recent.
		if !f.onHosts && (d == nil || !d.Windows()) {
			s.Platforms = append(s.Platforms, workload.Platform{Of: "service " + svc.Name, Resource: svc.ARN, Version: svc.PlatformVersion})
		}
	}
	switch {
	case f.onHosts:
		named, _, _ := strings.Cut(s.Ans.Service, "/")
		s.AddHosts(func(c *inventory.Cluster) bool { return named == "" || named == c.Name })
	case f.managed:
		findManaged(s)
	}
}

// findServices selects the services of the plan: the service or cluster in the answers, otherwise
// all of the workload that run in the VPC.
func (f family) findServices(s *workload.Scope) {
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for _, svc := range c.Services {
			switch {
			case !f.runs(&svc):
			case s.Ans.Service != "" && !slices.Contains([]string{c.Name, c.Name + "/" + svc.Name, svc.ARN}, s.Ans.Service):
			case s.Placed() && runsElsewhere(s, c, svc):
			case s.Placed() && !runsHere(s, c, svc) && !namesCluster(s, c):
				s.Unplaced = append(s.Unplaced, c.Name+"/"+svc.Name)
			default:
				s.Services = append(s.Services, svc)
				s.Runners = append(s.Runners, workload.Runner{Subnets: svc.Subnets, Groups: svc.Groups, Public: svc.PublicIP})
			}
		}
	}
}

// runsHere reports whether a service is known to run in the VPC. Tasks without a network of their own
// use the network of their cluster's container instances.
func runsHere(s *workload.Scope, c *inventory.Cluster, svc inventory.Service) bool {
	switch {
	case len(svc.Subnets) > 0:
		return s.Holds(svc.Subnets)
	case svc.OnManaged():
		return slices.ContainsFunc(c.ManagedProviders, func(p inventory.ManagedProvider) bool { return s.Holds(p.Subnets) })
	}
	return len(s.Hosts(c)) > 0
}

// runsElsewhere reports whether a service is known to run in other VPCs only. Without container
// instances, nothing shows where the tasks of a cluster will run.
func runsElsewhere(s *workload.Scope, c *inventory.Cluster, svc inventory.Service) bool {
	if runsHere(s, c, svc) {
		return false
	}
	if svc.OnManaged() {
		return len(svc.Subnets) > 0 || slices.ContainsFunc(c.ManagedProviders, func(p inventory.ManagedProvider) bool { return len(p.Subnets) > 0 })
	}
	return len(svc.Subnets) > 0 || slices.ContainsFunc(c.ContainerInstances, func(h inventory.ContainerInstance) bool { return h.Own() && (h.VPC != "" || h.Subnet != "") })
}

// namesCluster reports whether the answers name a cluster or a service in it.
func namesCluster(s *workload.Scope, c *inventory.Cluster) bool {
	cluster, _, _ := strings.Cut(s.Ans.Service, "/")
	return s.Ans.Service != "" && (cluster == c.Name || slices.ContainsFunc(c.Services, func(o inventory.Service) bool { return o.ARN == s.Ans.Service })) ||
		slices.Contains(s.Ans.Agent.Clusters, c.Name) || slices.Contains(s.Ans.Agent.Clusters, c.ARN)
}

// findManaged adds the instances that Amazon ECS launches for the services of the plan: those of the
// capacity providers of their clusters, or of the cluster in the answers. The instances have a network
// of their own besides that of the tasks (Amazon ECS API reference,
// ManagedInstancesNetworkConfiguration).
func findManaged(s *workload.Scope) {
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		used := slices.ContainsFunc(s.Services, func(svc inventory.Service) bool { return s.ClusterOf(svc) == c })
		if !used && !namesCluster(s, c) {
			continue
		}
		for _, p := range c.ManagedProviders {
			if s.Holds(p.Subnets) {
				// No page says whether the instances get public addresses.
				s.Runners = append(s.Runners, workload.Runner{Subnets: p.Subnets, Groups: p.Groups})
			}
		}
	}
}

// readWhole reports whether the answers give a service that was read completely with its task
// definition. Then it does not matter what other clusters hide.
func readWhole(s *workload.Scope) bool {
	return s.Ans.Service != "" && len(s.Services) == 1 && len(s.Definitions) == 1
}

func (family) Rest(s *workload.Scope, _ string) string {
	if readWhole(s) {
		return "services other than " + s.Ans.Service
	}
	return ""
}

func (f family) Unseen(s *workload.Scope) string {
	if f.any || readWhole(s) {
		return ""
	}
	if why := s.Unread(); why != "" {
		return why
	}
	for _, svc := range s.Services {
		if s.Inv.TaskDefinition(svc.TaskDefinition) == nil {
			return fmt.Sprintf("The task definition of service %s was not read.", svc.Name)
		}
	}
	switch {
	case len(s.Services) > 0:
		return ""
	case len(s.Unplaced) > 0:
		return fmt.Sprintf("Nothing shows where %s runs, because the cluster has no container instances. If it is in this VPC, name it as service.", words.UpTo(s.Unplaced, 3))
	}
	return "No service of " + s.Workload.Title + " was found in the VPC, so no task definition shows what the tasks use."
}

// Found does not count the container instances of AWS Batch. They belong to the workload of their compute environment.
func (f family) Found(s *workload.Scope) bool {
	return len(s.Services) > 0 || f.onHosts && slices.ContainsFunc(s.Inv.Clusters, func(c inventory.Cluster) bool { return !ofBatch(&c) && len(s.Hosts(&c)) > 0 })
}

func (f family) Unplaced(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.Clusters {
		c := &inv.Clusters[i]
		for j := range c.Services {
			name := workload.ServiceName(c, &c.Services[j])
			if p, ok := f.Locate(inv, name); ok && len(p.VPCs) == 0 {
				out = append(out, name)
			}
		}
	}
	return out
}

func (f family) Facts(_ *workload.Scope, facts *catalog.Facts) {
	facts.Instances, facts.Managed = f.onHosts, f.managed
}
