package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// notCreated is the value of the option for a workload that does not exist yet.
const notCreated = "-"

// agentsOf returns the part with the ECS clusters that a plan needs. Workloads without services need the
// container instances only, because endpoints affect every ECS agent in the VPC.
func agentsOf(w *workload.Workload) inventory.Part {
	if slices.Contains(w.Parts, inventory.PartClusters) {
		return inventory.PartClusters
	}
	return inventory.PartAgents
}

// workloadParts returns the parts of the inventory that show what the user can name.
func workloadParts(w *workload.Workload) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	for _, p := range w.Parts {
		rs = append(rs, inventory.Request{Part: p})
	}
	return rs
}

// mostNetworks is the maximum number of VPCs that are read for a list of choices.
const mostNetworks = 3

// serviceParts returns the parts that the service step shows. They include the networks if the details
// show the addresses of a web server.
func serviceParts(s State) []inventory.Request {
	rs := workloadParts(s.workload())
	if !s.workload().WebServer {
		return rs
	}
	vpcs := VPCs(s.Inv, s.Ans.Workload)
	for _, id := range vpcs[:min(len(vpcs), mostNetworks)] {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: id})
	}
	return rs
}

func serviceStep() *Step {
	return &Step{
		ID: Service, Title: "Service", Kind: One,
		Terms:   []*terms.Term{terms.InterfaceEndpoint, terms.VPC},
		Ask:     func(s State) string { return s.workload().Named.Ask },
		Help:    func(s State) string { return s.workload().Named.Help },
		Applies: always,
		Needs:   serviceParts,
		Options: serviceOptions,
		Selected: func(s State) []string {
			switch {
			case starts(s):
				return []string{createWorkload}
			case chosen(s.Ans.Answers) != "":
				return []string{chosen(s.Ans.Answers)}
			case s.Ans.VPC != "":
				return []string{notCreated}
			}
			return s.workable(serviceOptions(s))
		},
		Set: setService,
		Short: func(s State) string {
			if s.Ans.First.On() {
				return "new: " + s.Ans.First.Name
			}
			if chosen(s.Ans.Answers) == "" && s.Ans.VPC != "" {
				return "not created yet"
			}
			return chosen(s.Ans.Answers)
		},
	}
}

// mostTried is the maximum number of options that workable builds a plan for.
const mostTried = 4

// workable returns the first option with a plan that nothing blocks, or the first option.
func (s State) workable(opts []Option) []string {
	tried := 0
	for _, o := range opts {
		if !o.Choosable() || o.Value == notCreated || o.Value == createWorkload {
			continue
		}
		if tried++; tried > mostTried {
			break
		}
		c, err := setService(s, []string{o.Value})
		if err != nil {
			continue
		}
		if !slices.ContainsFunc(s.build(c.Answers).Findings, func(f plan.Finding) bool { return f.Severity == plan.Block }) {
			return []string{o.Value}
		}
	}
	return first(opts)
}

// account returns what the choices of a workload are made from.
func account(inv *inventory.Inventory) workload.Account {
	return workload.Account{Inventory: inv, WayOut: plan.WayOut}
}

func options(choices []workload.Choice) []Option {
	var out []Option
	for _, c := range choices {
		out = append(out, Option{Value: c.Name, Label: c.Name, Hint: c.Hint, Details: c.Details, Problem: c.Problem})
	}
	return out
}

func serviceOptions(s State) []Option {
	can, cannot := s.workload().Choices(account(s.Inv))
	named := s.workload().Named
	out := options(can)
	_, denied := s.Inv.Gap(named.Call)
	fresh := len(can) == 0 && !denied // nothing exists that the user could mean
	if s.startable() && fresh {
		out = append(out, s.firstOption(true))
	}
	out = append(out, Option{Value: notCreated, Label: "Not created yet (choose the network manually)", Details: named.NotCreated})
	if s.startable() && !fresh {
		out = append(out, s.firstOption(false))
	}
	out = append(out, options(cannot)...)
	if len(can)+len(cannot) == 0 {
		why := fmt.Sprintf("There is no %s in %s.", named.What, s.Inv.Region)
		if g, denied := s.Inv.Gap(named.Call); denied {
			why = fmt.Sprintf("Cannot list the %s: %s.", named.Lists, g)
		}
		out = append(out, Option{Info: true, Label: "no " + named.What + " found", Details: why + " To continue, choose the network manually."})
	}
	return out
}

func setService(s State, v []string) (Change, error) {
	if err := pick("option", One, serviceOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	if v[0] == createWorkload {
		var cleared []string
		if chosen(a.Answers) != "" {
			cleared = clearChosen(s, &a, true)
		}
		a.Ways.First = true
		return Change{Answers: a, Cleared: cleared}, nil
	}
	first := clearFirst(s, &a)
	if v[0] == chosen(a.Answers) { // the same choice keeps later changes
		return Change{Answers: a}, nil
	}
	if v[0] == notCreated {
		cleared := first
		if chosen(a.Answers) != "" {
			cleared = append(cleared, clearChosen(s, &a, false)...)
		}
		return Change{Answers: a, Cleared: cleared}, nil
	}
	cleared := append(first, clearChosen(s, &a, true)...)
	*s.workload().Named.Of(&a.Answers) = v[0]
	if r, ok := find(s.Inv, a.Answers); ok && r.Cluster != "" {
		a.Agent.Clusters = []string{r.Cluster}
	}
	s.Ans = a
	return Change{Answers: Settle(s), Cleared: cleared}, nil
}

// clearFirst removes the first workload that the plan creates.
func clearFirst(s State, a *Answers) []string {
	var out []string
	if a.First.Name != "" {
		out = []string{"the new " + s.firstKind() + " " + a.First.Name}
	}
	a.Ways.First, a.First = false, answers.First{}
	return out
}

// clearChosen removes the chosen service or environment and all answers that follow from
// it, and the VPC if vpc is true. It returns a description of each removed answer.
func clearChosen(s State, a *Answers, vpc bool) []string {
	var out []string
	if name := chosen(a.Answers); name != "" {
		out = append(out, "the "+kindOf(a.Answers)+" "+name)
	}
	if vpc && a.VPC != "" {
		if a.Creates() {
			out = append(out, strings.TrimSpace("the new VPC "+a.NewVPC.Name))
		} else {
			out = append(out, "the VPC "+a.VPC)
		}
		a.VPC, a.NewVPC = "", nil
	}
	a.Service, a.ComputeEnvironment, a.Airflow.Environment, a.Agent.Clusters = "", "", "", nil
	out = append(append(out, clearAccess(&a.Airflow)...), clearRun(&a.Answers)...)
	if a.Needs != nil {
		out, a.Needs = append(out, "the AWS services that the "+s.workload().Many+" use"), nil
	}
	out = append(out, clearLogin(a)...)
	return append(out, clearSubnets(s, &a.Answers, vpc)...)
}

// clearRun removes the answers about agents and tasks, because they are about the
// instances and tasks of the old choice.
func clearRun(a *answers.Answers) []string {
	var out []string
	if a.Agent.Restart != "" {
		out, a.Agent.Restart = append(out, "the restart of the ECS agents"), ""
	}
	if a.Agent.Update {
		out, a.Agent.Update = append(out, "the update of the ECS agents"), false
	}
	if a.Proof.Task != "" {
		out, a.Proof.Task = append(out, "the task that verifies the plan"), ""
	}
	if len(a.Redeploy) > 0 {
		out, a.Redeploy = append(out, "the replacement of running tasks"), nil
	}
	return out
}

// clearSubnets removes the subnets of the workload and of the endpoints, and the security
// groups if groups is true.
func clearSubnets(s State, a *answers.Answers, groups bool) []string {
	var out []string
	if len(a.Clients) > 0 {
		out, a.Clients = append(out, "the subnets and security groups of the "+s.workload().Clients()), nil
	}
	if len(a.Subnets) > 0 {
		out, a.Subnets = append(out, "the subnets of the endpoints"), nil
	}
	if groups && len(a.SecurityGroups) > 0 {
		out, a.SecurityGroups = append(out, "the security groups of the endpoints"), nil
	}
	return out
}
