package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// fargateOptions are the services on Fargate, and the others with why not.
func fargateOptions(s State) (can, cannot []Option) {
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for j := range c.Services {
			svc := &c.Services[j]
			o := serviceOption(s, c, svc)
			if svc.OnFargate() {
				can = append(can, o)
				continue
			}
			o.Hint = ""
			o.Problem = "on " + svc.LaunchType + ", not Fargate"
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

// clusterOptions are the clusters with container instances or services on EC2, each
// with its services below it, and what runs elsewhere with why not.
func clusterOptions(s State) (can, cannot []Option) {
	groups := hostGroups(s.Inv)
	clusters := make([]*inventory.Cluster, len(s.Inv.Clusters))
	for i := range clusters {
		clusters[i] = &s.Inv.Clusters[i]
	}
	slices.SortFunc(clusters, func(a, b *inventory.Cluster) int { // those with instances first: one of them is it
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
			o.Problem = "on " + svc.LaunchType + ", not EC2"
			off = append(off, o)
		}
		byValue := func(a, b Option) int { return strings.Compare(a.Value, b.Value) }
		slices.SortFunc(on, byValue)
		slices.SortFunc(off, byValue)
		o := Option{Value: c.Name, Label: c.Name, Hint: clusterHint(c, len(on)), Details: clusterDetails(s.Inv, c, groups)}
		if ofBatch(c) {
			o.Hint = "of AWS Batch"
			o.Details = "AWS Batch keeps this cluster for one of its compute environments. What its jobs use shows where you choose AWS Batch on EC2 as the workload.\n\n" + o.Details
		}
		switch n := instances(c); {
		case n > 0 || len(on) > 0:
			can = append(append(can, o), on...)
		case len(c.ContainerInstances) > 0:
			o.Hint, o.Problem = "", "no instances of your own in a VPC"
			o.Details += "\n" + why(c)
			cannot = append(cannot, o)
		}
		cannot = append(cannot, off...)
	}
	return can, cannot
}

// ofBatch tells whether a cluster is one that AWS Batch made for itself.
func ofBatch(c *inventory.Cluster) bool { return strings.HasPrefix(c.Name, "AWSBatch-") }

// instances counts the container instances that endpoints are for; where AWS did
// not show them, all that are registered.
func instances(c *inventory.Cluster) int {
	if len(c.ContainerInstances) == 0 {
		return c.Instances
	}
	return len(hosts(c))
}

// why says what the instances are that endpoints are not for.
func why(c *inventory.Cluster) string {
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
		out = append(out, count(managed, "instance is", "instances are")+" managed by Amazon ECS, which runs the agent there.")
	}
	if external > 0 {
		out = append(out, count(external, "instance is", "instances are")+" outside of AWS (ECS Anywhere), where VPC endpoints are not at hand.")
	}
	return strings.Join(out, " ")
}

func clusterHint(c *inventory.Cluster, services int) string {
	return "all of it: " + count(instances(c), "container instance", "container instances") + ", " + count(services, "service", "services")
}

// hostGroups are the security groups of EC2 instances, as far as networks are
// loaded.
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
	fmt.Fprintf(&b, "Cluster %s: all of its container instances, and all of its services on EC2.\n\n", c.Name)
	b.WriteString(vpcLine(inv, clusterVPCs(inv, c, answers.ECSEC2)))
	b.WriteString(agentDetails(c, groups))
	if rest := why(c); rest != "" && len(hosts(c)) > 0 {
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

// agentDetails say where container instances are and how their agents do.
func agentDetails(c *inventory.Cluster, groups map[string][]string) string {
	all := hosts(c)
	if len(all) == 0 {
		if n := instances(c); n > 0 {
			return fmt.Sprintf("Container instances: %d, which AWS did not show.\n", n)
		}
		return "Container instances: none now. Those that come later find the endpoints as they start.\n"
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
		b.WriteString("An agent that is not connected gets no work from Amazon ECS. Where the reason is that it has no way there, endpoints put that right.\n")
	}
	return b.String()
}

func serviceDetails(inv *inventory.Inventory, c *inventory.Cluster, svc *inventory.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Service %s in cluster %s.\n", svc.Name, c.Name)
	if svc.Running < svc.Desired {
		fmt.Fprintf(&b, "%d of %d tasks run. Tasks that cannot reach the services they need do not start: that is what endpoints put right.\n", svc.Running, svc.Desired)
	}
	b.WriteString("\n")
	if svc.OnEC2() && len(svc.Subnets) == 0 {
		b.WriteString(vpcLine(inv, instanceVPCs(inv, c)))
		b.WriteString("Its tasks use the network of the container instances.\n")
	} else {
		if svc.VPC != "" {
			b.WriteString(vpcLine(inv, []string{svc.VPC}))
		}
		fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", orNone(svc.Subnets), orNone(svc.Groups))
	}
	if svc.PublicIP {
		b.WriteString("Its tasks get public addresses.\n")
	}
	if svc.OnEC2() {
		fmt.Fprintf(&b, "Container instances of the cluster: %d\n", instances(c))
	}
	b.WriteString(images(inv, []string{svc.TaskDefinition}))
	return b.String()
}

// images names task definitions with the images of their containers.
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
