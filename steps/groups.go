package steps

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// makeGroup is the value of "make a security group for me".
const makeGroup = "-"

func groupsStep() *Step {
	return &Step{
		ID: "groups", Title: "Security group", Kind: Many,
		Ask:     "Which security group shall guard the endpoints?",
		Help:    "A security group says who may connect. Every endpoint listens on TCP 443, so its group must admit TCP 443 from the tasks.",
		Applies: always,
		Needs:   network,
		Options: groupOptions,
		Selected: func(s State) []string {
			if len(s.Ans.SecurityGroups) > 0 {
				return s.Ans.SecurityGroups
			}
			return []string{makeGroup}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("security group", Many, groupOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			switch {
			case len(v) == 0 || len(v) == 1 && v[0] == makeGroup:
				a.SecurityGroups = nil
			case slices.Contains(v, makeGroup):
				return Change{}, fmt.Errorf("choose either a new group or groups that exist")
			default:
				a.SecurityGroups = slices.Clone(v)
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			if len(s.Ans.SecurityGroups) == 0 {
				return "a new one"
			}
			return strings.Join(s.Ans.SecurityGroups, " ")
		},
	}
}

func groupOptions(s State) []Option {
	out := []Option{{Value: makeGroup, Label: "Make one for me", Recommended: true, Solo: true,
		Details: "A new group for these endpoints. It admits TCP 443 from the tasks, and from the whole VPC where other subnets hold something that would otherwise be shut out. It sends nothing out."}}
	n := s.network()
	if n == nil {
		return out
	}
	for _, g := range sortedGroups(n) {
		reach, all := reaches(n, g, s.Ans.Clients)
		o := Option{Value: g.ID, Label: inventory.Label(g.Name, g.ID), Hint: "lets every task in", Section: "Or use groups that exist", Details: reach + "\n\n" + groupDetails(g)}
		if !all {
			o.Hint = "does not let every task in"
			o.Details += "\n\nIf you choose it, the plan shows the rule that it would add."
		}
		out = append(out, o)
	}
	return out
}

func groupDetails(g *inventory.SecurityGroup) string {
	var b strings.Builder
	b.WriteString(inventory.Label(g.Name, g.ID) + "\n")
	if g.Description != "" {
		b.WriteString(g.Description + "\n")
	}
	b.WriteString("Lets in on TCP 443:")
	n := 0
	for _, r := range g.Rules {
		if admits443(r) {
			b.WriteString("\n  from " + r.CIDR + r.Group + r.PrefixList)
			n++
		}
	}
	if n == 0 {
		b.WriteString(" nobody")
	}
	return b.String()
}

func admits443(r inventory.GroupRule) bool {
	tcp := r.Protocol == "tcp" || r.Protocol == "6"
	return !r.Egress && (r.Protocol == "-1" || tcp && r.From <= 443 && 443 <= r.To)
}

// reaches says which of the clients a group lets in on 443, and whether all. A
// client that is known by its group is let in by that group, or by the addresses
// of the subnets that it runs in.
func reaches(n *inventory.Network, g *inventory.SecurityGroup, clients []string) (words string, all bool) {
	subs, groups := splitClients(n, clients)
	var out []string
	for _, sub := range subs {
		if !slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { return admits443(r) && covers(r.CIDR, sub.CIDR) }) {
			out = append(out, inventory.Label(sub.Name, sub.ID))
		}
	}
	if len(out) == 0 {
		return "Lets every task in.", true
	}
	byGroup := len(groups) > 0
	for _, c := range groups {
		if !slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool { return admits443(r) && r.Group == c.ID }) {
			byGroup = false
		}
	}
	if byGroup {
		return "Lets every task in, by its security group.", true
	}
	return "Does not let in the tasks in " + strings.Join(out, ", ") + ".", false
}

func covers(outer, inner string) bool {
	o, err := netip.ParsePrefix(outer)
	if err != nil {
		return false
	}
	i, err := netip.ParsePrefix(inner)
	return err == nil && o.Bits() <= i.Bits() && o.Contains(i.Addr())
}
