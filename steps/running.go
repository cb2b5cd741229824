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

// running is what a plan can be for: a service, a cluster, a compute environment or an
// environment of Amazon MWAA.
type running struct {
	kind string   // "service", "cluster", "compute environment"
	name string   // as the answers name it
	vpcs []string // that it runs in, the likeliest first; empty while that is not known
	// cluster is the ECS cluster whose container instances it runs on; empty on Fargate.
	cluster string
}

// chosen is the name of what the answers are for; empty if it is not there yet.
func chosen(ans answers.Answers) string {
	switch {
	case ans.Workload.MWAA():
		return ans.Airflow.Environment
	case ans.Workload.Batch():
		return ans.ComputeEnvironment
	}
	return ans.Service
}

// kindOf says in words what a name of the workload stands for.
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

// find finds what the answers are for; false if nothing is named, if it is not
// known, or if it is of another workload.
func find(inv *inventory.Inventory, ans answers.Answers) (running, bool) {
	r := running{kind: kindOf(ans), name: chosen(ans)}
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
		// One on Amazon EKS is let through: the plan blocks it under its rule.
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
	case c == nil, svc == nil && strings.Contains(r.name, "/"), svc != nil && !runs(svc, ans.Workload):
		return r, false
	case svc != nil:
		r.vpcs = vpcsOf(inv, svc.VPC, svc.Subnets)
		if len(svc.Subnets) == 0 { // its tasks share the network of their instances
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

// runs tells whether a service is one of a workload of Amazon ECS.
func runs(svc *inventory.Service, w answers.Workload) bool {
	if w.EC2() {
		return svc.OnEC2()
	}
	return svc.OnFargate()
}

// serviceName is how an ECS service is named everywhere: CLUSTER/NAME.
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

// nameOf is the name at the end of an ARN.
func nameOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// hosts are the container instances of a cluster that endpoints are for.
func hosts(c *inventory.Cluster) []*inventory.ContainerInstance {
	var out []*inventory.ContainerInstance
	for i := range c.ContainerInstances {
		if h := &c.ContainerInstances[i]; h.Own() {
			out = append(out, h)
		}
	}
	return out
}

// vpcsOf is the VPC of something: as the account says, else by the subnets of the
// networks that are loaded; empty if neither tells. An account with one VPC leaves
// no doubt.
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

// instanceVPCs are the VPCs of a cluster's container instances, the one with most
// of them first.
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

// clusterVPCs are the VPCs that a workload runs in on a cluster.
func clusterVPCs(inv *inventory.Inventory, c *inventory.Cluster, w answers.Workload) []string {
	var out []string
	if w.EC2() {
		out = instanceVPCs(inv, c)
	}
	for i := range c.Services {
		if svc := &c.Services[i]; runs(svc, w) && len(svc.Subnets) > 0 {
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

// VPCs are the VPCs that the workload runs in, as far as that is known: the ones
// whose network is likely to be asked for. While the workload is not known, those
// of all services count.
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
				if svc := &c.Services[j]; w == "" || runs(svc, w) {
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

// runsIn are the subnets and groups that the chosen thing runs in, as the plan sees
// it; nil while the network is not known.
func runsIn(inv *inventory.Inventory, ans answers.Answers) []string {
	if inv.Network(ans.VPC) == nil {
		return nil
	}
	ans.Clients, ans.Subnets = nil, nil
	return plan.Look(inv, ans).RunsIn()
}
