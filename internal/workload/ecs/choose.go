package ecs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

func (f family) Choices(a workload.Account) (can, cannot []workload.Choice) {
	if f.onHosts {
		return f.clusters(a.Inventory)
	}
	for i := range a.Clusters {
		on, off := f.services(a.Inventory, &a.Clusters[i])
		can, cannot = append(can, on...), append(cannot, off...)
	}
	slices.SortFunc(can, workload.ByName)
	slices.SortFunc(cannot, workload.ByName)
	return can, cannot
}

// services returns the services of a cluster.
func (f family) services(inv *inventory.Inventory, c *inventory.Cluster) (can, cannot []workload.Choice) {
	for i := range c.Services {
		svc := &c.Services[i]
		o := workload.Choice{Name: workload.ServiceName(c, svc), Details: serviceDetails(inv, c, svc)}
		if f.runs(svc) {
			o.Hint = fmt.Sprintf("%d of %d running", svc.Running, svc.Desired)
			can = append(can, o)
		} else {
			o.Problem = "on " + svc.Platform() + ", not " + f.platform
			cannot = append(cannot, o)
		}
	}
	slices.SortFunc(can, workload.ByName)
	slices.SortFunc(cannot, workload.ByName)
	return can, cannot
}

// clusters returns the clusters with container instances or services on EC2, each
// followed by its services. The others have the reason why they cannot be chosen.
func (f family) clusters(inv *inventory.Inventory) (can, cannot []workload.Choice) {
	groups := workload.HostGroups(inv)
	clusters := make([]*inventory.Cluster, len(inv.Clusters))
	for i := range clusters {
		clusters[i] = &inv.Clusters[i]
	}
	slices.SortFunc(clusters, func(a, b *inventory.Cluster) int { // clusters with instances first
		return cmp.Or(workload.Later(ofBatch(a), ofBatch(b)), workload.Later(workload.Instances(a) == 0, workload.Instances(b) == 0), strings.Compare(a.Name, b.Name))
	})
	for _, c := range clusters {
		on, off := f.services(inv, c)
		o := workload.Choice{Name: c.Name, Hint: clusterHint(c, len(on)), Details: f.clusterDetails(inv, c, groups)}
		if ofBatch(c) {
			o.Hint = "managed by AWS Batch"
			o.Details = "AWS Batch manages this cluster for a compute environment. To see what its jobs use, choose the workload AWS Batch on EC2.\n\n" + o.Details
		}
		switch n := workload.Instances(c); {
		case n > 0 || len(on) > 0:
			can = append(append(can, o), on...)
		case len(c.ContainerInstances) > 0:
			o.Hint, o.Problem = "", "no self-managed instances in a VPC"
			o.Details += "\n" + otherInstances(c)
			cannot = append(cannot, o)
		}
		cannot = append(cannot, off...)
	}
	return can, cannot
}

// ofBatch reports whether AWS Batch created the cluster for a compute environment.
func ofBatch(c *inventory.Cluster) bool { return strings.HasPrefix(c.Name, "AWSBatch-") }

// otherInstances describes the instances that do not need endpoints.
func otherInstances(c *inventory.Cluster) string {
	managed, external := 0, 0
	for _, h := range c.ContainerInstances {
		if h.External {
			external++
		} else if h.Managed {
			managed++
		}
	}
	var out []string
	if managed > 0 {
		out = append(out, number(managed)+" managed by Amazon ECS, including the agent.")
	}
	if external > 0 {
		out = append(out, number(external)+" outside AWS (ECS Anywhere) and cannot use VPC endpoints.")
	}
	return strings.Join(out, " ")
}

// number starts a sentence about instances.
func number(n int) string {
	if n == 1 {
		return "1 instance is"
	}
	return fmt.Sprintf("%d instances are", n)
}

func clusterHint(c *inventory.Cluster, services int) string {
	return "whole cluster: " + words.Count(workload.Instances(c), "container instance") + ", " + words.Count(services, "service")
}

func (f family) clusterDetails(inv *inventory.Inventory, c *inventory.Cluster, groups map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Cluster %s: all container instances, and all services on EC2.\n\n", c.Name)
	b.WriteString(workload.VPCLine(inv, f.clusterVPCs(inv, c)))
	b.WriteString(workload.AgentDetails(c, groups))
	if rest := otherInstances(c); rest != "" && len(workload.OwnHosts(c)) > 0 {
		b.WriteString(rest + "\n")
	}
	var definitions []string
	for i := range c.Services {
		if c.Services[i].OnEC2() {
			definitions = append(definitions, c.Services[i].TaskDefinition)
		}
	}
	b.WriteString(images(inv, workload.Unique(definitions)))
	return b.String()
}

func serviceDetails(inv *inventory.Inventory, c *inventory.Cluster, svc *inventory.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Service %s in cluster %s.\n", svc.Name, c.Name)
	if svc.Running < svc.Desired {
		fmt.Fprintf(&b, "%d of %d tasks run. Tasks do not start if they cannot reach the AWS services that they need. The review says what is missing.\n", svc.Running, svc.Desired)
	}
	b.WriteString("\n")
	switch {
	case svc.OnEC2() && len(svc.Subnets) == 0:
		b.WriteString(workload.VPCLine(inv, workload.InstanceVPCs(inv, c)))
		b.WriteString("Its tasks use the network of the container instances.\n")
	case svc.OnManaged() && len(svc.Subnets) == 0:
		b.WriteString(workload.VPCLine(inv, managedVPCs(inv, c)))
		b.WriteString("Its tasks use the network of the instances.\n")
	default:
		if svc.VPC != "" {
			b.WriteString(workload.VPCLine(inv, []string{svc.VPC}))
		}
		fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", workload.OrNone(svc.Subnets), workload.OrNone(svc.Groups))
	}
	if svc.PublicIP {
		b.WriteString("Its tasks get public IP addresses.\n")
	}
	if svc.OnEC2() {
		fmt.Fprintf(&b, "Container instances of the cluster: %d\n", workload.Instances(c))
	}
	if svc.OnManaged() {
		for _, p := range c.ManagedProviders {
			fmt.Fprintf(&b, "Instances of capacity provider %s: subnets %s; security groups %s\n", p.Name, workload.OrNone(p.Subnets), workload.OrNone(p.Groups))
		}
	}
	b.WriteString(images(inv, []string{svc.TaskDefinition}))
	return b.String()
}

// images lists task definitions and the images of their containers.
func images(inv *inventory.Inventory, definitions []string) string {
	var out []string
	for _, arn := range definitions {
		if d := inv.TaskDefinition(arn); d != nil {
			out = append(out, fmt.Sprintf("Task definition: %s:%d", d.Family, d.Revision))
			out = append(out, workload.ImageLines(d)...)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(workload.UpTo(out), "\n") + "\n"
}

// managedVPCs returns the VPCs of the instances that Amazon ECS launches for a cluster.
func managedVPCs(inv *inventory.Inventory, c *inventory.Cluster) []string {
	var out []string
	for _, p := range c.ManagedProviders {
		out = append(out, workload.VPCsOf(inv, p.VPC, p.Subnets)...)
	}
	return workload.Unique(out)
}

// clusterVPCs returns the VPCs of the workload on a cluster.
func (f family) clusterVPCs(inv *inventory.Inventory, c *inventory.Cluster) []string {
	var out []string
	if f.onHosts {
		out = workload.InstanceVPCs(inv, c)
	}
	if f.managed {
		out = managedVPCs(inv, c)
	}
	for i := range c.Services {
		if svc := &c.Services[i]; f.runs(svc) && len(svc.Subnets) > 0 {
			out = append(out, workload.VPCsOf(inv, svc.VPC, svc.Subnets)...)
		}
	}
	return workload.Unique(out)
}

func (f family) Locate(inv *inventory.Inventory, name string) (workload.Place, bool) {
	var p workload.Place
	c, svc := workload.FindService(inv, name)
	switch {
	case c == nil, svc == nil && strings.Contains(name, "/"), svc != nil && !f.runs(svc):
		return p, false
	case svc != nil && len(svc.Subnets) == 0 && svc.OnManaged():
		p.VPCs = managedVPCs(inv, c)
	case svc != nil && len(svc.Subnets) == 0: // its tasks use the network of their instances
		p.VPCs = workload.InstanceVPCs(inv, c)
	case svc != nil:
		p.VPCs = workload.VPCsOf(inv, svc.VPC, svc.Subnets)
	default:
		p.VPCs = f.clusterVPCs(inv, c)
	}
	if f.onHosts {
		p.Cluster = c.Name
	}
	return p, true
}

func (f family) NotFound(a workload.Account, name string, denied bool) string {
	_, svc := workload.FindService(a.Inventory, name)
	can, _ := f.Choices(a)
	switch {
	case svc != nil && f.onHosts:
		return fmt.Sprintf("runs on %s; must be a cluster, or a service on EC2", svc.Platform())
	case svc != nil:
		return fmt.Sprintf("runs on %s; must be a service on %s", svc.Platform(), f.platform)
	case denied:
		return ""
	case f.onHosts:
		return fmt.Sprintf("this cluster or service does not exist in %s; the format is CLUSTER or CLUSTER/NAME; existing ones on EC2: %s", a.Region, workload.Names(can))
	}
	return fmt.Sprintf("this ECS service does not exist in %s; the format is CLUSTER/NAME; existing services on %s: %s", a.Region, f.platform, workload.Names(can))
}

func (f family) VPCs(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.Clusters {
		c := &inv.Clusters[i]
		if f.onHosts {
			for _, h := range workload.OwnHosts(c) {
				out = append(out, h.VPC)
			}
		}
		for j := range c.Services {
			if svc := &c.Services[j]; f.any || f.runs(svc) {
				out = append(out, svc.VPC)
			}
		}
	}
	return out
}
