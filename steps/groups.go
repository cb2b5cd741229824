package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// makeGroup is the value of "make a security group for me".
const makeGroup = "-"

func groupsStep() *Step {
	return &Step{
		ID: "groups", Title: "Security group", Kind: Many,
		Ask:     text("Which security group shall guard the endpoints?"),
		Help:    text("A security group says who may connect. Every endpoint listens on TCP 443, so its group must admit TCP 443 from where the workload runs."),
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
			switch {
			case len(s.Ans.SecurityGroups) > 0:
			case len(airflowGroups(s)) > 0:
				return "the environment's own"
			default:
				return "a new one"
			}
			return strings.Join(s.Ans.SecurityGroups, " ")
		},
	}
}

func groupOptions(s State) []Option {
	out := []Option{{Value: makeGroup, Label: "Make one for me", Recommended: true, Solo: true,
		Details: "A new group for these endpoints. It admits TCP 443 from where the workload runs, and from the whole VPC where other subnets hold something that would otherwise be shut out. It sends nothing out."}}
	if own := airflowGroups(s); len(own) > 0 {
		out[0].Label = "Those of the environment: " + strings.Join(own, ", ")
		out[0].Details = "The endpoints get the environment's own security groups, as AWS advises. A group that does not admit itself gets a rule that does, which the review shows; and where others in the VPC would be shut out, a new group that admits the whole VPC stands beside them."
	}
	n := s.network()
	if n == nil {
		return out
	}
	view := plan.Look(s.Inv, s.Ans)
	for _, g := range sortedGroups(n) {
		reach, all := reaches(s, n, view, g)
		o := Option{Value: g.ID, Label: inventory.Label(g.Name, g.ID), Hint: "lets every " + s.runner() + " in", Section: "Or use groups that exist", Details: reach + "\n\n" + groupDetails(g)}
		if !all {
			o.Hint = "does not let every " + s.runner() + " in"
			o.Details += "\n\nWith this group alone the review stops (G-SG443): nothing is ever added to a group that you name."
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
		if plan.LetsIn(r) {
			b.WriteString("\n  from " + r.CIDR + r.Group + r.PrefixList)
			n++
		}
	}
	if n == 0 {
		b.WriteString(" nobody")
	}
	return b.String()
}

// reaches says which of the clients a group lets in on TCP 443, and whether all.
func reaches(s State, n *inventory.Network, view plan.View, g *inventory.SecurityGroup) (words string, all bool) {
	missing := view.Unadmitted(g)
	for i, id := range missing {
		if c := n.Group(id); c != nil {
			missing[i] = inventory.Label(c.Name, c.ID)
		}
	}
	if len(missing) > 0 {
		return "Does not let in the " + s.runners() + " of " + strings.Join(missing, ", ") + ".", false
	}
	return "Lets every " + s.runner() + " in.", true
}
