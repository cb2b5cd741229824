package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// platformOf returns where the services of a workload run, as in texts.
func platformOf(w answers.Workload) string {
	switch {
	case w.EC2():
		return "EC2"
	case w.Managed():
		return "Managed Instances"
	}
	return "Fargate"
}

// launchTypes are the launch types with their names in texts.
var launchTypes = map[string]string{"MANAGED_INSTANCES": "Managed Instances"}

// ecsServiceOptions returns the services of the workload, and the others with the reason why they
// cannot be chosen.
func ecsServiceOptions(s State) (can, cannot []Option) {
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for j := range c.Services {
			svc := &c.Services[j]
			o := serviceOption(s, c, svc)
			if plan.RunsAs(svc, s.Ans.Workload) {
				can = append(can, o)
				continue
			}
			o.Hint = ""
			o.Problem = "on " + cmp.Or(launchTypes[svc.LaunchType], svc.LaunchType) + ", not " + platformOf(s.Ans.Workload)
			cannot = append(cannot, o)
		}
	}
	byValue := func(a, b Option) int { return strings.Compare(a.Value, b.Value) }
	slices.SortFunc(can, byValue)
	slices.SortFunc(cannot, byValue)
	return can, cannot
}

func serviceOption(s State, c *inventory.Cluster, svc *inventory.Service) Option {
	name := serviceName(c, svc)
	return Option{Value: name, Label: name, Hint: fmt.Sprintf("%d of %d running", svc.Running, svc.Desired), Details: serviceDetails(s.Inv, c, svc)}
}

// clusterOptions returns the clusters with container instances or services on EC2, each
// followed by its services. The others have the reason why they cannot be chosen.
func clusterOptions(s State) (can, cannot []Option) {
	groups := hostGroups(s.Inv)
	clusters := make([]*inventory.Cluster, len(s.Inv.Clusters))
	for i := range clusters {
		clusters[i] = &s.Inv.Clusters[i]
	}
	slices.SortFunc(clusters, func(a, b *inventory.Cluster) int { // clusters with instances first
		return cmp.Or(later(ofBatch(a), ofBatch(b)), later(instances(a) == 0, instances(b) == 0), strings.Compare(a.Name, b.Name))
	})
	for _, c := range clusters {
		var on, off []Option
		for i := range c.Services {
			svc := &c.Services[i]
			o := serviceOption(s, c, svc)
			if svc.OnEC2() {
				on = append(on, o)
				continue
			}
			o.Hint = ""
			o.Problem = "on " + cmp.Or(launchTypes[svc.LaunchType], svc.LaunchType) + ", not EC2"
			off = append(off, o)
		}
		byValue := func(a, b Option) int { return strings.Compare(a.Value, b.Value) }
		slices.SortFunc(on, byValue)
		slices.SortFunc(off, byValue)
		o := Option{Value: c.Name, Label: c.Name, Hint: clusterHint(c, len(on)), Details: clusterDetails(s.Inv, c, groups)}
		if ofBatch(c) {
			o.Hint = "managed by AWS Batch"
			o.Details = "AWS Batch manages this cluster for a compute environment. To see what its jobs use, choose the workload AWS Batch on EC2.\n\n" + o.Details
		}
		switch n := instances(c); {
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

// instances counts the container instances that need endpoints. If AWS denied their list,
// it counts all registered instances.
func instances(c *inventory.Cluster) int {
	if len(c.ContainerInstances) == 0 {
		return c.Instances
	}
	return len(hosts(c))
}

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
		out = append(out, count(managed, "instance is", "instances are")+" managed by Amazon ECS, including the agent.")
	}
	if external > 0 {
		out = append(out, count(external, "instance is", "instances are")+" outside AWS (ECS Anywhere) and cannot use VPC endpoints.")
	}
	return strings.Join(out, " ")
}

func clusterHint(c *inventory.Cluster, services int) string {
	return "whole cluster: " + count(instances(c), "container instance", "container instances") + ", " + count(services, "service", "services")
}

// hostGroups returns the security groups of EC2 instances in the networks that are loaded,
// by instance id.
func hostGroups(inv *inventory.Inventory) map[string][]string {
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

func clusterDetails(inv *inventory.Inventory, c *inventory.Cluster, groups map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Cluster %s: all container instances, and all services on EC2.\n\n", c.Name)
	b.WriteString(vpcLine(inv, clusterVPCs(inv, c, answers.ECSEC2)))
	b.WriteString(agentDetails(c, groups))
	if rest := otherInstances(c); rest != "" && len(hosts(c)) > 0 {
		b.WriteString(rest + "\n")
	}
	var definitions []string
	for i := range c.Services {
		if c.Services[i].OnEC2() {
			definitions = append(definitions, c.Services[i].TaskDefinition)
		}
	}
	b.WriteString(images(inv, unique(definitions)))
	return b.String()
}

// agentDetails describes the network of the container instances and the state of their
// agents.
func agentDetails(c *inventory.Cluster, groups map[string][]string) string {
	all := hosts(c)
	if len(all) == 0 {
		if n := instances(c); n > 0 {
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
	fmt.Fprintf(&b, "Subnets of the instances: %s\n", orNone(upTo(subnets)))
	if len(used) > 0 {
		fmt.Fprintf(&b, "Security groups of the instances: %s\n", strings.Join(upTo(used), ", "))
	}
	fmt.Fprintf(&b, "ECS agents: %d of %d connected\n", connected, len(all))
	if len(versions) > 0 {
		fmt.Fprintf(&b, "Agent versions: %s\n", strings.Join(upTo(versions), ", "))
	}
	if connected < len(all) {
		b.WriteString("An agent that is not connected gets no work from Amazon ECS. If the cause is a missing network path, endpoints fix it.\n")
	}
	return b.String()
}

func serviceDetails(inv *inventory.Inventory, c *inventory.Cluster, svc *inventory.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Service %s in cluster %s.\n", svc.Name, c.Name)
	if svc.Running < svc.Desired {
		fmt.Fprintf(&b, "%d of %d tasks run. Tasks do not start if they cannot reach the AWS services that they need. Endpoints fix this.\n", svc.Running, svc.Desired)
	}
	b.WriteString("\n")
	switch {
	case svc.OnEC2() && len(svc.Subnets) == 0:
		b.WriteString(vpcLine(inv, instanceVPCs(inv, c)))
		b.WriteString("Its tasks use the network of the container instances.\n")
	case svc.OnManaged() && len(svc.Subnets) == 0:
		b.WriteString("Its tasks use the network of the instances.\n")
	default:
		if svc.VPC != "" {
			b.WriteString(vpcLine(inv, []string{svc.VPC}))
		}
		fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", orNone(svc.Subnets), orNone(svc.Groups))
	}
	if svc.PublicIP {
		b.WriteString("Its tasks get public IP addresses.\n")
	}
	if svc.OnEC2() {
		fmt.Fprintf(&b, "Container instances of the cluster: %d\n", instances(c))
	}
	if svc.OnManaged() {
		for _, p := range c.ManagedProviders {
			fmt.Fprintf(&b, "Instances of capacity provider %s: subnets %s; security groups %s\n", p.Name, orNone(p.Subnets), orNone(p.Groups))
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
			out = append(out, imageLines(d)...)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(upTo(out), "\n") + "\n"
}

func imageLines(d *inventory.TaskDefinition) []string {
	var out []string
	for _, k := range d.Containers {
		out = append(out, fmt.Sprintf("Image of %s: %s", k.Name, k.Image))
	}
	return out
}
