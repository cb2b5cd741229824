package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// ErrNoSubnet is the error of an answer without a subnet.
var ErrNoSubnet = errors.New("select at least one subnet")

func subnetOption(inv *inventory.Inventory, n *inventory.Network, sub *inventory.Subnet) Option {
	out, egress := plan.WayOut(inv, n, sub)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nZone %s, %s, %s.\n", inventory.Label(sub.Name, sub.ID), sub.Zone, sub.CIDR, words.Counted(sub.Free, "free address", "free addresses"))
	if t := n.RouteTableOf(sub.ID); t != nil {
		fmt.Fprintf(&b, "Route table: %s\n", inventory.Label(t.Name, t.ID))
	}
	if egress == catalog.Closed {
		route := ""
		if out != "no internet" {
			route = " (" + out + ")"
		}
		fmt.Fprintf(&b, "Internet access: none%s. Clients in this subnet need endpoints to reach AWS services.", route)
	} else {
		fmt.Fprintf(&b, "Internet access: %s.", out)
	}
	return Option{Value: sub.ID, Label: inventory.Label(sub.Name, sub.ID), Hint: sub.Zone + "  " + out, Details: b.String(), Section: "Subnets"}
}

func sortedSubnets(n *inventory.Network) []*inventory.Subnet {
	var out []*inventory.Subnet
	for i := range n.Subnets {
		out = append(out, &n.Subnets[i])
	}
	slices.SortStableFunc(out, func(a, b *inventory.Subnet) int { return byNameThenID(a.Name, a.ID, b.Name, b.ID) })
	return out
}

func sortedGroups(n *inventory.Network) []*inventory.SecurityGroup {
	var out []*inventory.SecurityGroup
	for i := range n.SecurityGroups {
		out = append(out, &n.SecurityGroups[i])
	}
	slices.SortStableFunc(out, func(a, b *inventory.SecurityGroup) int { return byNameThenID(a.Name, a.ID, b.Name, b.ID) })
	return out
}

func workloadSubnetsStep() *Step {
	return &Step{
		ID: "runs-in", Title: "Workload subnets", Kind: Many,
		Terms: []*terms.Term{terms.VPC, terms.Routes, terms.BlockPublicAccess, terms.SecurityGroup},
		Ask:   func(s State) string { return "Which subnets do the " + s.workload().Clients() + " run in?" },
		Help: func(s State) string {
			many := s.workload().Clients()
			if s.workload().OwnHosts {
				many = fmt.Sprintf("container instances, and of %s that use the awsvpc network mode", s.workload().Many)
			}
			return fmt.Sprintf("Select the subnets of the %s. Also select their security groups if you know them. The endpoint security group then allows these security groups, not the CIDR blocks of the subnets, unless other clients in the VPC would lose access.", many)
		},
		Applies: existing,
		Needs:   network,
		Options: workloadSubnetOptions,
		Selected: func(s State) []string {
			if len(s.Ans.Clients) > 0 {
				return s.Ans.Clients
			}
			return proposedClients(s)
		},
		Set: setWorkloadSubnets,
		Short: func(s State) string {
			n := s.network()
			if n == nil || len(s.Ans.Clients) == 0 {
				return ""
			}
			subs, groups := splitClients(n, s.Ans.Clients)
			text := words.Counted(len(subs), "subnet", "subnets")
			if len(groups) > 0 {
				text += ", " + words.Counted(len(groups), "group", "groups")
			}
			return text
		},
	}
}

func workloadSubnetOptions(s State) []Option {
	n := s.network()
	if n == nil {
		return nil
	}
	var out []Option
	for _, sub := range sortedSubnets(n) {
		out = append(out, subnetOption(s.Inv, n, sub))
	}
	for _, g := range sortedGroups(n) {
		o := Option{Value: g.ID, Label: inventory.Label(g.Name, g.ID), Hint: "security group", Details: groupDetails(g), Section: "Security groups of the " + s.workload().Clients() + " (not of the endpoints)"}
		out = append(out, o)
	}
	if len(n.Subnets) == 0 {
		out = append(out, noneFound(s, "ec2:DescribeSubnets", "subnet"))
	}
	return out
}

// noneFound explains why a list is empty.
func noneFound(s State, call, what string) Option {
	why := "There is no " + what + " in this VPC."
	if g, denied := s.Inv.Gap(call); denied {
		why = "Cannot list them: " + g.String() + "."
	}
	return Option{Info: true, Label: "no " + what + " found", Details: why}
}

// proposedClients returns the subnet of a VPC that has only one. In other VPCs there is no
// proposal, because a wrong one would allow traffic from too many subnets.
func proposedClients(s State) []string {
	n := s.network()
	if n == nil {
		return nil
	}
	if len(n.Subnets) == 1 {
		return []string{n.Subnets[0].ID}
	}
	return nil
}

func splitClients(n *inventory.Network, ids []string) (subs []*inventory.Subnet, groups []*inventory.SecurityGroup) {
	for _, id := range ids {
		if sub := n.Subnet(id); sub != nil {
			subs = append(subs, sub)
		} else if g := n.Group(id); g != nil {
			groups = append(groups, g)
		}
	}
	return subs, groups
}

func setWorkloadSubnets(s State, v []string) (Change, error) {
	if err := pick("subnet", Many, workloadSubnetOptions(s), v); err != nil {
		return Change{}, err
	}
	n := s.network()
	if n == nil {
		return Change{}, fmt.Errorf("the network of the VPC is not loaded yet")
	}
	if subs, _ := splitClients(n, v); len(subs) == 0 {
		return Change{}, ErrNoSubnet
	}
	a := s.Ans.Clone()
	var cleared []string
	if len(a.Clients) > 0 && !same(a.Clients, v) {
		a.Clients = nil
		cleared = clearSubnets(s, &a.Answers, false) // the zones of the endpoints follow from those of the clients
	}
	a.Clients = slices.Clone(v)
	return Change{Answers: a, Cleared: cleared}, nil
}

func endpointSubnetsStep() *Step {
	return &Step{
		ID: "endpoints-in", Title: "Endpoint subnets", Kind: Many,
		Terms:   []*terms.Term{terms.Zones, terms.CIDR, terms.InterfaceEndpoint, terms.NetworkACL},
		Ask:     text("Which subnets should the endpoints use? Choose one per zone."),
		Help:    text("An interface endpoint has a network interface in each of these subnets, with a cost per hour. With one in each zone, the endpoint works if a zone fails."),
		Applies: existing,
		Needs:   network,
		Options: endpointSubnetOptions,
		Selected: func(s State) []string {
			if len(s.Ans.Subnets) > 0 {
				return s.Ans.Subnets
			}
			return proposedEndpointSubnets(s)
		},
		Set: func(s State, v []string) (Change, error) {
			if err := checkEndpointSubnets(s, v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Subnets = slices.Clone(v)
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			if len(s.Ans.Subnets) == 0 {
				return ""
			}
			return words.Counted(len(s.Ans.Subnets), "zone", "zones")
		},
	}
}

func endpointSubnetOptions(s State) []Option {
	n := s.network()
	if n == nil {
		return nil
	}
	clients, _ := splitClients(n, s.Ans.Clients)
	var out []Option
	for _, sub := range sortedSubnets(n) {
		o := subnetOption(s.Inv, n, sub)
		o.Section, o.Exclusive = "", sub.Zone
		if slices.Contains(clients, sub) {
			o.Hint = sub.Zone + "  " + s.workload().Clients() + " here"
		}
		o.Details += fmt.Sprintf("\n\nAn endpoint uses one address here. A second subnet in %s is not needed: all clients of the zone can use the endpoint.", sub.Zone)
		out = append(out, o)
	}
	if len(out) == 0 {
		out = append(out, noneFound(s, "ec2:DescribeSubnets", "subnet"))
	}
	return out
}

// proposedEndpointSubnets returns the endpoint subnets of a plan without this answer.
func proposedEndpointSubnets(s State) []string {
	ans := s.Ans.Clone()
	ans.Subnets = nil
	if len(ans.Clients) == 0 {
		return nil
	}
	return plan.ScopeOf(s.Inv, ans.Answers).EndpointSubnets()
}

func checkEndpointSubnets(s State, v []string) error {
	if err := pick("subnet", Many, endpointSubnetOptions(s), v); err != nil {
		return err
	}
	n := s.network()
	if n == nil {
		return fmt.Errorf("the network of the VPC is not loaded yet")
	}
	if len(v) == 0 {
		return ErrNoSubnet
	}
	zones := map[string]string{}
	for _, id := range v {
		zone := n.Subnet(id).Zone
		if other := zones[zone]; other != "" {
			return fmt.Errorf("%s and %s are both in %s; choose one subnet per zone", other, id, zone)
		}
		zones[zone] = id
	}
	return nil
}
