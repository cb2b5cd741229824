package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// notThere is the value of "my service does not exist yet".
const notThere = "-"

// VPCs are the VPCs that Fargate services run in, as far as that is known: the
// ones whose network is likely to be asked for.
func VPCs(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.Clusters {
		for j := range inv.Clusters[i].Services {
			svc := &inv.Clusters[i].Services[j]
			if onFargate(svc) && svc.VPC != "" && !slices.Contains(out, svc.VPC) {
				out = append(out, svc.VPC)
			}
		}
	}
	return out
}

// serviceName is how an ECS service is named everywhere: CLUSTER/NAME.
func serviceName(c *inventory.Cluster, s *inventory.Service) string { return c.Name + "/" + s.Name }

func onFargate(s *inventory.Service) bool { return strings.HasPrefix(s.LaunchType, "FARGATE") }

// findService finds a service by CLUSTER/NAME; nil if there is none.
func findService(inv *inventory.Inventory, name string) (*inventory.Cluster, *inventory.Service) {
	for i := range inv.Clusters {
		c := &inv.Clusters[i]
		for j := range c.Services {
			if serviceName(c, &c.Services[j]) == name {
				return c, &c.Services[j]
			}
		}
	}
	return nil, nil
}

// vpcOf finds the VPC of a service: as the account says, else by the subnets of
// the networks that are loaded; empty if neither tells. An account with one VPC
// leaves no doubt.
func vpcOf(inv *inventory.Inventory, svc *inventory.Service) string {
	if svc.VPC != "" {
		return svc.VPC
	}
	for _, n := range inv.Networks {
		for _, id := range svc.Subnets {
			if n.Subnet(id) != nil {
				return n.VPC
			}
		}
	}
	if len(inv.VPCs) == 1 {
		return inv.VPCs[0].ID
	}
	return ""
}

func serviceStep() *Step {
	return &Step{
		ID: Service, Title: "Which one", Kind: One,
		Ask:     "Which ECS service is it for?",
		Help:    "A service shows its network and what its tasks use, so most answers follow from it. Nothing about the service itself is changed.",
		Applies: always,
		Needs: func(State) []inventory.Request {
			return []inventory.Request{{Part: inventory.PartClusters}, {Part: inventory.PartVPCs}}
		},
		Options: serviceOptions,
		Selected: func(s State) []string {
			switch {
			case s.Ans.Service != "":
				return []string{s.Ans.Service}
			case s.Ans.VPC != "":
				return []string{notThere}
			}
			return first(serviceOptions(s))
		},
		Set: setService,
		Short: func(s State) string {
			if s.Ans.Service == "" && s.Ans.VPC != "" {
				return "not there yet"
			}
			return s.Ans.Service
		},
	}
}

func serviceOptions(s State) []Option {
	var can, cannot []Option
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		for j := range c.Services {
			svc := &c.Services[j]
			o := Option{Value: serviceName(c, svc), Label: serviceName(c, svc), Hint: fmt.Sprintf("%d of %d running", svc.Running, svc.Desired), Details: serviceDetails(s.Inv, c, svc)}
			if onFargate(svc) {
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
	out := append(can, Option{Value: notThere, Label: "Not there yet: I will choose the network myself",
		Details: "For a service that you have not made yet.\n\nYou choose the VPC, the subnets that its tasks will run in, and what the tasks will use. The endpoints are then ready when the service comes."})
	out = append(out, cannot...)
	if len(can)+len(cannot) == 0 {
		why := "There is no ECS service in " + s.Inv.Region + "."
		if g, denied := s.Inv.Gap("ecs:ListClusters"); denied {
			why = fmt.Sprintf("AWS refused to list the ECS clusters (%s: %s).", g.Call, g.Code)
		}
		out = append(out, Option{Info: true, Label: "no service to show", Details: why + " You can go on: choose the network yourself."})
	}
	return out
}

func serviceDetails(inv *inventory.Inventory, c *inventory.Cluster, svc *inventory.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Service %s in cluster %s.\n", svc.Name, c.Name)
	if svc.Running < svc.Desired {
		fmt.Fprintf(&b, "%d of %d tasks run. Tasks that cannot reach the services they need do not start: that is what endpoints put right.\n", svc.Running, svc.Desired)
	}
	b.WriteString("\n")
	if svc.VPC != "" {
		v := inv.VPC(svc.VPC)
		if v == nil {
			v = &inventory.VPC{ID: svc.VPC}
		}
		fmt.Fprintf(&b, "VPC: %s\n", inventory.Label(v.Name, v.ID))
	}
	fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", orNone(svc.Subnets), orNone(svc.Groups))
	if svc.PublicIP {
		b.WriteString("Its tasks get public addresses.\n")
	}
	if d := inv.TaskDefinition(svc.TaskDefinition); d != nil {
		fmt.Fprintf(&b, "Task definition: %s:%d\n", d.Family, d.Revision)
		for _, k := range d.Containers {
			fmt.Fprintf(&b, "Image of %s: %s\n", k.Name, k.Image)
		}
	}
	return b.String()
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

func setService(s State, v []string) (Change, error) {
	if err := pick("service", One, serviceOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	if v[0] == a.Service { // chosen again: what was changed since stays
		return Change{Answers: a}, nil
	}
	if v[0] == notThere {
		var cleared []string
		if a.Service != "" {
			cleared = clearService(&a, false)
		}
		return Change{a, cleared}, nil
	}
	_, svc := findService(s.Inv, v[0])
	cleared := clearService(&a, true)
	a.Service = v[0]
	a.VPC = vpcOf(s.Inv, svc)
	a.Clients = append(slices.Clone(svc.Subnets), svc.Groups...)
	return Change{a, cleared}, nil
}

// clearService forgets the service and all that followed from it; the VPC too if
// another one may follow.
func clearService(a *answers.Answers, vpc bool) []string {
	var out []string
	if a.Service != "" {
		out = append(out, "the service "+a.Service)
	}
	if vpc && a.VPC != "" {
		out = append(out, "the VPC "+a.VPC)
		a.VPC = ""
	}
	a.Service = ""
	if a.Needs != nil {
		out, a.Needs = append(out, "what the tasks use"), nil
	}
	return append(out, clearPlaces(a, vpc)...)
}

// clearPlaces forgets where the workload runs and where endpoints go; the security
// groups too if the VPC is another one.
func clearPlaces(a *answers.Answers, groups bool) []string {
	var out []string
	if len(a.Clients) > 0 {
		out, a.Clients = append(out, "where the tasks run"), nil
	}
	if len(a.Subnets) > 0 {
		out, a.Subnets = append(out, "where the endpoints go"), nil
	}
	if groups && len(a.SecurityGroups) > 0 {
		out, a.SecurityGroups = append(out, "the security groups"), nil
	}
	return out
}
