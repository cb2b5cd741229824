package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// newGroup is the value of the option to create a security group.
const newGroup = "-"

func groupsStep() *Step {
	return &Step{
		ID: "groups", Title: "Security groups", Kind: Many,
		Terms:   []*terms.Term{terms.SecurityGroup, terms.NetworkACL},
		Ask:     text("Which security groups should the endpoints use?"),
		Help:    func(s State) string { return "They must allow TCP 443 from the " + s.workload().Clients() + "." },
		Applies: existing,
		Needs:   network,
		Options: groupOptions,
		Selected: func(s State) []string {
			if len(s.Ans.SecurityGroups) > 0 {
				return s.Ans.SecurityGroups
			}
			return []string{newGroup}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("security group", Many, groupOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			switch {
			case len(v) == 0 || len(v) == 1 && v[0] == newGroup:
				a.SecurityGroups = nil
			case slices.Contains(v, newGroup):
				return Change{}, fmt.Errorf("choose either a new security group or existing ones")
			default:
				a.SecurityGroups = slices.Clone(v)
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			switch {
			case len(s.Ans.SecurityGroups) > 0:
			case len(airflowGroups(s)) > 0:
				return "of the environment"
			default:
				return "new group"
			}
			return strings.Join(s.Ans.SecurityGroups, " ")
		},
	}
}

func groupOptions(s State) []Option {
	out := []Option{{Value: newGroup, Label: "Create a new security group", Recommended: true, Solo: true,
		Details: fmt.Sprintf("A new security group for these endpoints. It allows TCP 443 from the %s. If other clients of the VPC would lose access, it allows TCP 443 from the whole VPC. It has no outbound rules.", s.workload().Clients())}}
	if own := airflowGroups(s); len(own) > 0 {
		out[0].Label = "Use those of the environment: " + strings.Join(own, ", ")
		out[0].Details = "The endpoints use the security groups of the environment, as AWS recommends. If a group does not allow traffic from itself, the plan adds a rule. If other clients of the VPC would lose access, the endpoints also use a new security group that allows the whole VPC."
	}
	n := s.network()
	if n == nil {
		return out
	}
	if from := s.sources(); len(from) > 0 {
		out[0].Hint = "allows TCP 443 " + strings.Join(workload.UpTo(from), ", ")
	}
	view := plan.ScopeOf(s.Inv, s.Ans.Answers)
	for _, g := range sortedGroups(n) {
		reach, all := reaches(s, n, view, g)
		o := Option{Value: g.ID, Label: inventory.Label(g.Name, g.ID), Hint: "TCP 443 allowed", Section: "Use existing security groups", Details: reach + "\n\n" + groupDetails(g)}
		if !all {
			o.Hint = "TCP 443 not allowed"
			o.Details += "\n\nIf you choose only this group, the review blocks the plan (G-SG443). The plan does not add rules to a group that you choose."
		}
		out = append(out, o)
	}
	return out
}

// sources returns where the traffic comes from that the plan's own security group would allow.
func (s State) sources() []string {
	ans := s.Ans
	ans.SecurityGroups = nil
	p := s.build(ans)
	var out []string
	for _, a := range p.Changes {
		if a.Op == resource.Create && strings.HasPrefix(string(a.ID), "security-group-rule/endpoints/in/") {
			out = append(out, p.Row(a)[2])
		}
	}
	return out
}

func groupDetails(g *inventory.SecurityGroup) string {
	var b strings.Builder
	b.WriteString(inventory.Label(g.Name, g.ID) + "\n")
	if g.Description != "" {
		b.WriteString(g.Description + "\n")
	}
	b.WriteString("Allows TCP 443 from:")
	n := 0
	for _, r := range g.Rules {
		if plan.LetsIn(r) {
			b.WriteString("\n  " + r.CIDR + r.Group + r.PrefixList)
			n++
		}
	}
	if n == 0 {
		b.WriteString(" nothing")
	}
	return b.String()
}

// reaches describes which clients a group allows on TCP 443. all is true for all clients.
func reaches(s State, n *inventory.Network, view plan.Scope, g *inventory.SecurityGroup) (text string, all bool) {
	missing := view.NotAllowed(g)
	for i, id := range missing {
		if c := n.Group(id); c != nil {
			missing[i] = inventory.Label(c.Name, c.ID)
		}
	}
	if len(missing) > 0 {
		return "Does not allow the " + s.workload().Clients() + " of " + strings.Join(missing, ", ") + ".", false
	}
	return "Allows all " + s.workload().Clients() + ".", true
}

// airflowGroups returns the security groups of the chosen environment. They are the default
// for the endpoints.
func airflowGroups(s State) []string {
	if e := s.Inv.Airflow(s.Ans.Airflow.Environment); e != nil {
		return e.Groups
	}
	return nil
}
