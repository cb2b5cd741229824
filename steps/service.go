package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// notThere is the value of "what I run does not exist yet".
const notThere = "-"

// things are the parts that show what the workload runs on. The clusters of AWS
// Batch matter on EC2 only, where they hold the instances.
func things(s State) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	if s.Ans.Workload.MWAA() {
		return append(rs, inventory.Request{Part: inventory.PartMWAA})
	}
	if !s.Ans.Workload.Batch() || s.Ans.Workload.EC2() {
		rs = append(rs, inventory.Request{Part: inventory.PartClusters})
	}
	if s.Ans.Workload.Batch() {
		rs = append(rs, inventory.Request{Part: inventory.PartBatch})
	}
	return rs
}

func serviceStep() *Step {
	return &Step{
		ID: Service, Title: "Which one", Kind: One,
		Ask: func(s State) string {
			switch {
			case s.Ans.Workload.MWAA():
				return "Which environment of Amazon MWAA is it for?"
			case s.Ans.Workload.Batch():
				return "Which compute environment is it for?"
			case s.Ans.Workload.EC2():
				return "Which ECS cluster, or which service on it, is it for?"
			}
			return "Which ECS service is it for?"
		},
		Help: func(s State) string {
			switch {
			case s.Ans.Workload.MWAA():
				return "An environment shows its network and how its web server is reached, so most answers follow from it. Nothing about the environment itself is changed. The details show where its web server is."
			case s.Ans.Workload.Batch():
				return "A compute environment shows the network that its jobs run in, and the job definitions show what they use, so most answers follow from it. Nothing about it is changed."
			case s.Ans.Workload.EC2():
				return "A cluster shows where its container instances are, and its services what their tasks use, so most answers follow from it. Nothing about the cluster or its services is changed."
			}
			return "A service shows its network and what its tasks use, so most answers follow from it. Nothing about the service itself is changed."
		},
		Applies: always,
		Needs:   thingsShown,
		Options: serviceOptions,
		Selected: func(s State) []string {
			switch {
			case chosen(s.Ans) != "":
				return []string{chosen(s.Ans)}
			case s.Ans.VPC != "":
				return []string{notThere}
			}
			return first(serviceOptions(s))
		},
		Set: setService,
		Short: func(s State) string {
			if chosen(s.Ans) == "" && s.Ans.VPC != "" {
				return "not there yet"
			}
			return chosen(s.Ans)
		},
	}
}

func serviceOptions(s State) []Option {
	var can, cannot []Option
	var call, what string
	const clusters = "ecs:ListClusters"
	lists := "ECS clusters"
	switch {
	case s.Ans.Workload.MWAA():
		can, cannot = airflowOptions(s)
		call, what, lists = "airflow:ListEnvironments", "environment of Amazon MWAA", "environments of Amazon MWAA"
	case s.Ans.Workload.Batch():
		can, cannot = environmentOptions(s)
		call, what, lists = "batch:DescribeComputeEnvironments", "compute environment", "compute environments"
	case s.Ans.Workload.EC2():
		can, cannot = clusterOptions(s)
		call, what = clusters, "ECS cluster with container instances"
	default:
		can, cannot = fargateOptions(s)
		call, what = clusters, "ECS service"
	}
	out := append(can, absent(s))
	out = append(out, cannot...)
	if len(can)+len(cannot) == 0 {
		why := fmt.Sprintf("There is no %s in %s.", what, s.Inv.Region)
		if g, denied := s.Inv.Gap(call); denied {
			why = fmt.Sprintf("AWS refused to list the %s (%s: %s).", lists, g.Call, g.Code)
		}
		out = append(out, Option{Info: true, Label: "no " + what + " to show", Details: why + " You can go on: choose the network yourself."})
	}
	return out
}

// absent is the way for those who make the endpoints first.
func absent(s State) Option {
	o := Option{Value: notThere, Label: "Not there yet: I will choose the network myself"}
	switch {
	case s.Ans.Workload.MWAA():
		o.Details = airflowNotThere
	case s.Ans.Workload == answers.BatchEC2:
		o.Details = "For a compute environment that you have not made yet.\n\nYou choose the VPC, the subnets that its instances will run in, and what the jobs will use. The endpoints are then ready when the first instance starts, so no ECS agent has to be restarted."
	case s.Ans.Workload.Batch():
		o.Details = "For a compute environment that you have not made yet.\n\nYou choose the VPC, the subnets that the jobs will run in, and what they will use. The endpoints are then ready when the first job comes."
	case s.Ans.Workload.EC2():
		o.Details = "For a cluster that has no container instances yet.\n\nYou choose the VPC, the subnets that the instances will run in, and what the tasks will use. The endpoints are then ready when the first instance starts, so no ECS agent has to be restarted."
	default:
		o.Details = "For a service that you have not made yet.\n\nYou choose the VPC, the subnets that its tasks will run in, and what the tasks will use. The endpoints are then ready when the service comes."
	}
	return o
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

// vpcLine names the VPCs that something runs in, if they are known.
func vpcLine(inv *inventory.Inventory, ids []string) string {
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

// few of what may be many are shown in details, which are not the place to look
// for one among hundreds.
const few = 8

func upTo(lines []string) []string {
	if len(lines) <= few {
		return lines
	}
	return append(slices.Clone(lines[:few]), fmt.Sprintf("and %d more", len(lines)-few))
}

func setService(s State, v []string) (Change, error) {
	if err := pick("line", One, serviceOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	if v[0] == chosen(a) { // chosen again: what was changed since stays
		return Change{Answers: a}, nil
	}
	if v[0] == notThere {
		var cleared []string
		if chosen(a) != "" {
			cleared = clearChosen(s, &a, false)
		}
		return Change{Answers: a, Cleared: cleared}, nil
	}
	cleared := clearChosen(s, &a, true)
	switch {
	case a.Workload.MWAA():
		a.Airflow.Environment = v[0]
	case a.Workload.Batch():
		a.ComputeEnvironment = v[0]
	default:
		a.Service = v[0]
	}
	if r, ok := find(s.Inv, a); ok && r.cluster != "" {
		a.Agent.Clusters = []string{r.cluster}
	}
	s.Ans = a
	return Change{Answers: Settle(s), Cleared: cleared}, nil
}

// clearChosen forgets what the plan is for and all that followed from it; the VPC
// too if another one may follow.
func clearChosen(s State, a *answers.Answers, vpc bool) []string {
	var out []string
	if name := chosen(*a); name != "" {
		out = append(out, "the "+kindOf(*a)+" "+name)
	}
	if vpc && a.VPC != "" {
		out = append(out, "the VPC "+a.VPC)
		a.VPC = ""
	}
	a.Service, a.ComputeEnvironment, a.Airflow.Environment, a.Agent.Clusters = "", "", "", nil
	out = append(append(out, clearWay(&a.Airflow)...), clearRun(a)...)
	if a.Needs != nil {
		out, a.Needs = append(out, s.word("what the tasks use")), nil
	}
	out = append(out, clearLogin(&a.Registry)...)
	return append(out, clearPlaces(s, a, vpc)...)
}

// clearRun forgets what is done about agents and tasks: other instances may be reached
// in other ways, and other services have other tasks.
func clearRun(a *answers.Answers) []string {
	var out []string
	if a.Agent.Restart != "" {
		out, a.Agent.Restart = append(out, "how the ECS agents are restarted"), ""
	}
	if a.Agent.Update {
		out, a.Agent.Update = append(out, "that ECS agents are updated"), false
	}
	if a.Proof.Task != "" {
		out, a.Proof.Task = append(out, "the task that is started"), ""
	}
	if len(a.Redeploy) > 0 {
		out, a.Redeploy = append(out, "the services that replace their tasks"), nil
	}
	return out
}

// clearPlaces forgets where the workload runs and where endpoints go; the security
// groups too if the VPC is another one.
func clearPlaces(s State, a *answers.Answers, groups bool) []string {
	var out []string
	if len(a.Clients) > 0 {
		out, a.Clients = append(out, "where the "+s.runners()+" run"), nil
	}
	if len(a.Subnets) > 0 {
		out, a.Subnets = append(out, "where the endpoints go"), nil
	}
	if groups && len(a.SecurityGroups) > 0 {
		out, a.SecurityGroups = append(out, "the security groups"), nil
	}
	return out
}
