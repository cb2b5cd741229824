package steps

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// target is the resource that the endpoints serve: a service, a cluster, a compute
// environment or an Amazon MWAA environment.
type target struct {
	kind string   // "service", "cluster", "compute environment"
	name string   // as in the answers
	vpcs []string // its VPCs, the most likely first; empty if not known
	// cluster is the ECS cluster of its container instances; empty on Fargate.
	cluster string
}

// chosen returns the name of the resource that the endpoints serve; empty if it does not
// exist yet.
func chosen(ans answers.Answers) string {
	switch {
	case ans.Workload.MWAA():
		return ans.Airflow.Environment
	case ans.Workload.Batch():
		return ans.ComputeEnvironment
	}
	return ans.Service
}

// kindOf returns the noun for the chosen resource.
func kindOf(ans answers.Answers) string {
	switch {
	case ans.Workload.MWAA():
		return "environment"
	case ans.Workload.Batch():
		return "compute environment"
	case strings.Contains(ans.Service, "/"):
		return "service"
	}
	return "cluster"
}

// find finds the chosen resource. It returns false without a name, for an unknown name,
// and for a resource of another workload.
func find(inv *inventory.Inventory, ans answers.Answers) (target, bool) {
	r := target{kind: kindOf(ans), name: chosen(ans)}
	switch {
	case r.name == "":
		return r, false
	case ans.Workload.MWAA():
		e := inv.Airflow(r.name)
		if e == nil {
			return r, false
		}
		r.vpcs = vpcsOf(inv, e.VPC, e.Subnets)
		return r, true
	case ans.Workload.Batch():
		e := inv.Environment(r.name)
		// An environment on Amazon EKS is accepted here: a rule of the plan blocks it.
		if e == nil || unfit(e, ans.Workload) != "" && e.Orchestration != "EKS" {
			return r, false
		}
		r.vpcs = vpcsOf(inv, e.VPC, e.Subnets)
		if ans.Workload.EC2() {
			r.cluster = nameOf(e.Cluster)
		}
		return r, true
	}
	c, svc := findService(inv, r.name)
	switch {
	case c == nil, svc == nil && strings.Contains(r.name, "/"), svc != nil && !plan.RunsAs(svc, ans.Workload):
		return r, false
	case svc != nil:
		r.vpcs = vpcsOf(inv, svc.VPC, svc.Subnets)
		if len(svc.Subnets) == 0 { // its tasks use the network of their instances
			r.vpcs = instanceVPCs(inv, c)
		}
	default:
		r.vpcs = clusterVPCs(inv, c, ans.Workload)
	}
	if ans.Workload.EC2() {
		r.cluster = c.Name
	}
	return r, true
}

// serviceName returns the name of an ECS service in answers and texts: CLUSTER/NAME.
func serviceName(c *inventory.Cluster, s *inventory.Service) string { return c.Name + "/" + s.Name }

// findService finds a service by CLUSTER/NAME, or a cluster by its name.
func findService(inv *inventory.Inventory, name string) (*inventory.Cluster, *inventory.Service) {
	cluster, service, _ := strings.Cut(name, "/")
	for i := range inv.Clusters {
		c := &inv.Clusters[i]
		if c.Name != cluster {
			continue
		}
		for j := range c.Services {
			if c.Services[j].Name == service {
				return c, &c.Services[j]
			}
		}
		return c, nil
	}
	return nil, nil
}

// nameOf returns the last part of an ARN.
func nameOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// hosts returns the container instances of a cluster that need endpoints.
func hosts(c *inventory.Cluster) []*inventory.ContainerInstance {
	var out []*inventory.ContainerInstance
	for i := range c.ContainerInstances {
		if h := &c.ContainerInstances[i]; h.Own() {
			out = append(out, h)
		}
	}
	return out
}

// vpcsOf returns vpc if it is set. Otherwise it searches the subnets in the networks that
// are loaded, and uses the VPC of an account that has only one. It returns nil if the VPC
// is not known.
func vpcsOf(inv *inventory.Inventory, vpc string, subnets []string) []string {
	if vpc != "" {
		return []string{vpc}
	}
	for _, n := range inv.Networks {
		for _, id := range subnets {
			if n.Subnet(id) != nil {
				return []string{n.VPC}
			}
		}
	}
	if len(inv.VPCs) == 1 {
		return []string{inv.VPCs[0].ID}
	}
	return nil
}

// instanceVPCs returns the VPCs of a cluster's container instances, the VPC with most
// instances first.
func instanceVPCs(inv *inventory.Inventory, c *inventory.Cluster) []string {
	n := map[string]int{}
	for _, h := range hosts(c) {
		for _, vpc := range vpcsOf(inv, h.VPC, []string{h.Subnet}) {
			n[vpc]++
		}
	}
	if len(n) == 0 {
		return vpcsOf(inv, "", nil)
	}
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
}

// clusterVPCs returns the VPCs of a workload on a cluster.
func clusterVPCs(inv *inventory.Inventory, c *inventory.Cluster, w answers.Workload) []string {
	var out []string
	if w.EC2() {
		out = instanceVPCs(inv, c)
	}
	if w.Managed() {
		for _, p := range c.ManagedProviders {
			out = append(out, vpcsOf(inv, p.VPC, p.Subnets)...)
		}
	}
	for i := range c.Services {
		if svc := &c.Services[i]; plan.RunsAs(svc, w) && len(svc.Subnets) > 0 {
			out = append(out, vpcsOf(inv, svc.VPC, svc.Subnets)...)
		}
	}
	return unique(out)
}

func unique[T comparable](ids []T) []T {
	var out []T
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// VPCs returns the known VPCs of the workload. Their networks are likely to be needed next.
// Without a workload it returns the VPCs of all services.
func VPCs(inv *inventory.Inventory, w answers.Workload) []string {
	var out []string
	switch {
	case w.MWAA():
		for i := range inv.MWAA {
			out = append(out, inv.MWAA[i].VPC)
		}
	case !w.Batch():
		for i := range inv.Clusters {
			c := &inv.Clusters[i]
			if w.EC2() {
				for _, h := range hosts(c) {
					out = append(out, h.VPC)
				}
			}
			for j := range c.Services {
				if svc := &c.Services[j]; w == "" || plan.RunsAs(svc, w) {
					out = append(out, svc.VPC)
				}
			}
		}
	default:
		for i := range inv.Batch.Environments {
			if e := &inv.Batch.Environments[i]; unfit(e, w) == "" {
				out = append(out, e.VPC)
			}
		}
	}
	return slices.DeleteFunc(unique(out), func(id string) bool { return id == "" })
}

// runsIn returns the subnets and security groups of the chosen resource according to the
// plan; nil if the network is not known.
func runsIn(inv *inventory.Inventory, ans answers.Answers) []string {
	if inv.Network(ans.VPC) == nil {
		return nil
	}
	ans.Clients, ans.Subnets = nil, nil
	return plan.ScopeOf(inv, ans).RunsIn()
}
