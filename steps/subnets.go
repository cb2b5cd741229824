package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

func subnetOption(n *inventory.Network, sub *inventory.Subnet) Option {
	out, egress := plan.WayOut(n, sub)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nZone %s, %s, %s.\n", inventory.Label(sub.Name, sub.ID), sub.Zone, sub.CIDR, count(sub.Free, "free address", "free addresses"))
	if t := n.RouteTableOf(sub.ID); t != nil {
		fmt.Fprintf(&b, "Route table: %s\n", inventory.Label(t.Name, t.ID))
	}
	if egress == catalog.Closed {
		fmt.Fprintf(&b, "Internet: %s. AWS services can be reached through endpoints only.", out)
	} else {
		fmt.Fprintf(&b, "Internet: %s.", out)
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

func runsInStep() *Step {
	return &Step{
		ID: "runs-in", Title: "Runs in", Kind: Many,
		Ask: func(s State) string {
			if s.Ans.Workload.EC2() {
				return "Where do the container instances run? Choose their subnets, and their security groups if you know them."
			}
			return s.word("Where do the tasks run? Choose their subnets, and their security groups if you know them.")
		},
		Help: func(s State) string {
			if s.Ans.Workload.EC2() {
				return s.word("The endpoints let exactly these clients in. On EC2 that is the instances, whose agents and images come this way, and tasks that have a network of their own (awsvpc): tick the subnets of both. With a security group the rule follows them; without one it names the addresses of the subnets.")
			}
			return s.word("The endpoints let exactly these clients in, so tick only where tasks run or will run. With a security group the rule follows the tasks; without one it names the addresses of the subnets.")
		},
		Applies: always,
		Needs:   network,
		Options: runsInOptions,
		Selected: func(s State) []string {
			if len(s.Ans.Clients) > 0 {
				return s.Ans.Clients
			}
			return proposedClients(s)
		},
		Set: setRunsIn,
		Short: func(s State) string {
			n := s.network()
			if n == nil || len(s.Ans.Clients) == 0 {
				return ""
			}
			subs, groups := splitClients(n, s.Ans.Clients)
			text := count(len(subs), "subnet", "subnets")
			if len(groups) > 0 {
				text += ", " + count(len(groups), "group", "groups")
			}
			return text
		},
	}
}

func runsInOptions(s State) []Option {
	n := s.network()
	if n == nil {
		return nil
	}
	var out []Option
	for _, sub := range sortedSubnets(n) {
		out = append(out, subnetOption(n, sub))
	}
	for _, g := range sortedGroups(n) {
		o := Option{Value: g.ID, Label: inventory.Label(g.Name, g.ID), Hint: "security group", Details: groupDetails(g), Section: "Security groups of the " + s.runners() + " (not of the endpoints)"}
		out = append(out, o)
	}
	if len(n.Subnets) == 0 {
		out = append(out, nothing(s, "ec2:DescribeSubnets", "subnet"))
	}
	return out
}

// nothing says why a list is empty.
func nothing(s State, call, what string) Option {
	why := "There is no " + what + " in this VPC."
	if g, denied := s.Inv.Gap(call); denied {
		why = fmt.Sprintf("AWS refused to list them (%s: %s).", g.Call, g.Code)
	}
	return Option{Info: true, Label: "no " + what + " to show", Details: why}
}

// proposedClients is the one subnet of a VPC that has no other; elsewhere only the
// user knows, and too many would let in more than is meant.
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

func setRunsIn(s State, v []string) (Change, error) {
	if err := pick("subnet", Many, runsInOptions(s), v); err != nil {
		return Change{}, err
	}
	n := s.network()
	if n == nil {
		return Change{}, fmt.Errorf("the VPC's network is not known yet")
	}
	if subs, _ := splitClients(n, v); len(subs) == 0 {
		return Change{}, fmt.Errorf("choose at least one subnet: the space bar ticks the line under the cursor")
	}
	a := s.Ans.Clone()
	var cleared []string
	if len(a.Clients) > 0 && !same(a.Clients, v) {
		a.Clients = nil
		cleared = clearPlaces(s, &a, false) // which zones endpoints go to follows from the clients
	}
	a.Clients = slices.Clone(v)
	return Change{Answers: a, Cleared: cleared}, nil
}

func placesStep() *Step {
	return &Step{
		ID: "endpoints-in", Title: "Endpoints go to", Kind: Many,
		Ask:     text("Which subnets shall the endpoints go to? One subnet per zone."),
		Help:    text("An interface endpoint is a network interface with a private address in each of these subnets. One per zone keeps traffic in its zone, and each costs by the hour."),
		Applies: always,
		Needs:   network,
		Options: placesOptions,
		Selected: func(s State) []string {
			if len(s.Ans.Subnets) > 0 {
				return s.Ans.Subnets
			}
			return proposedPlaces(s)
		},
		Set: func(s State, v []string) (Change, error) {
			if err := checkPlaces(s, v); err != nil {
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
			return count(len(s.Ans.Subnets), "zone", "zones")
		},
	}
}

func placesOptions(s State) []Option {
	n := s.network()
	if n == nil {
		return nil
	}
	clients, _ := splitClients(n, s.Ans.Clients)
	var out []Option
	for _, sub := range sortedSubnets(n) {
		o := subnetOption(n, sub)
		o.Section, o.Exclusive = "", sub.Zone
		if slices.Contains(clients, sub) {
			o.Hint = sub.Zone + "  " + s.runners() + " here"
		}
		o.Details += fmt.Sprintf("\n\nAn endpoint takes one address here. A second subnet of %s would add nothing: the endpoint is reached from all of the zone.", sub.Zone)
		out = append(out, o)
	}
	if len(out) == 0 {
		out = append(out, nothing(s, "ec2:DescribeSubnets", "subnet"))
	}
	return out
}

// proposedPlaces are where the plan puts endpoints where nothing is said.
func proposedPlaces(s State) []string {
	ans := s.Ans.Clone()
	ans.Subnets = nil
	if len(ans.Clients) == 0 {
		return nil
	}
	return plan.Look(s.Inv, ans).Places()
}

func checkPlaces(s State, v []string) error {
	if err := pick("subnet", Many, placesOptions(s), v); err != nil {
		return err
	}
	n := s.network()
	if n == nil {
		return fmt.Errorf("the VPC's network is not known yet")
	}
	if len(v) == 0 {
		return fmt.Errorf("choose at least one subnet: the space bar ticks the line under the cursor")
	}
	zones := map[string]string{}
	for _, id := range v {
		zone := n.Subnet(id).Zone
		if other := zones[zone]; other != "" {
			return fmt.Errorf("%s and %s are both in %s: AWS takes one subnet per zone", other, id, zone)
		}
		zones[zone] = id
	}
	return nil
}
