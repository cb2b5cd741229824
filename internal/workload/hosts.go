package workload

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// VPCLine lists the given VPCs by name; empty if there are none.
func VPCLine(inv *inventory.Inventory, ids []string) string {
	var names []string
	for _, id := range ids {
		v := inv.VPC(id)
		if v == nil {
			v = &inventory.VPC{ID: id}
		}
		names = append(names, inventory.Label(v.Name, v.ID))
	}
	if len(names) == 0 {
		return ""
	}
	return "VPC: " + strings.Join(names, ", ") + "\n"
}

// ServiceName returns the name of an ECS service in answers and texts: CLUSTER/NAME.
func ServiceName(c *inventory.Cluster, s *inventory.Service) string { return c.Name + "/" + s.Name }

// FindService finds a service by CLUSTER/NAME, or a cluster by its name.
func FindService(inv *inventory.Inventory, name string) (*inventory.Cluster, *inventory.Service) {
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

// OwnHosts returns the container instances of a cluster that need endpoints.
func OwnHosts(c *inventory.Cluster) []*inventory.ContainerInstance {
	var out []*inventory.ContainerInstance
	for i := range c.ContainerInstances {
		if h := &c.ContainerInstances[i]; h.Own() {
			out = append(out, h)
		}
	}
	return out
}

// VPCsOf returns vpc if it is set. Otherwise it searches the subnets in the networks that
// are loaded, and uses the VPC of an account that has only one. It returns nil if the VPC
// is not known.
func VPCsOf(inv *inventory.Inventory, vpc string, subnets []string) []string {
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

// InstanceVPCs returns the VPCs of a cluster's container instances, the VPC with most
// instances first.
func InstanceVPCs(inv *inventory.Inventory, c *inventory.Cluster) []string {
	n := map[string]int{}
	for _, h := range OwnHosts(c) {
		for _, vpc := range VPCsOf(inv, h.VPC, []string{h.Subnet}) {
			n[vpc]++
		}
	}
	if len(n) == 0 {
		return VPCsOf(inv, "", nil)
	}
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
}

// Instances counts the container instances that need endpoints. If AWS denied their list,
// it counts all registered instances.
func Instances(c *inventory.Cluster) int {
	if len(c.ContainerInstances) == 0 {
		return c.Instances
	}
	return len(OwnHosts(c))
}

// HostGroups returns the security groups of EC2 instances in the networks that are loaded,
// by instance id.
func HostGroups(inv *inventory.Inventory) map[string][]string {
	out := map[string][]string{}
	for _, n := range inv.Networks {
		for _, i := range n.Interfaces {
			if i.Instance != "" {
				out[i.Instance] = append(out[i.Instance], i.Groups...)
			}
		}
	}
	return out
}

// AgentDetails describes the network of the container instances and the state of their
// agents.
func AgentDetails(c *inventory.Cluster, groups map[string][]string) string {
	all := OwnHosts(c)
	if len(all) == 0 {
		if n := Instances(c); n > 0 {
			return fmt.Sprintf("Container instances: %d (AWS denied the list).\n", n)
		}
		return "Container instances: none. New ones use the endpoints when they start.\n"
	}
	connected := 0
	var versions, subnets, used []string
	for _, h := range all {
		if h.Connected {
			connected++
		}
		if h.AgentVersion != "" {
			versions = append(versions, h.AgentVersion)
		}
		if h.Subnet != "" {
			subnets = append(subnets, h.Subnet)
		}
		used = append(used, groups[h.Instance]...)
	}
	for _, l := range []*[]string{&versions, &subnets, &used} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Subnets of the instances: %s\n", OrNone(UpTo(subnets)))
	if len(used) > 0 {
		fmt.Fprintf(&b, "Security groups of the instances: %s\n", strings.Join(UpTo(used), ", "))
	}
	fmt.Fprintf(&b, "ECS agents: %d of %d connected\n", connected, len(all))
	if len(versions) > 0 {
		fmt.Fprintf(&b, "Agent versions: %s\n", strings.Join(UpTo(versions), ", "))
	}
	if connected < len(all) {
		b.WriteString("An agent that is not connected gets no work from Amazon ECS. If the cause is a missing network path, endpoints fix it.\n")
	}
	return b.String()
}

// ImageLines lists the images of a definition.
func ImageLines(d *inventory.TaskDefinition) []string {
	var out []string
	for _, k := range d.Containers {
		out = append(out, fmt.Sprintf("Image of %s: %s", k.Name, k.Image))
	}
	return out
}
