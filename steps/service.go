package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// notCreated is the value of the option for a workload that does not exist yet.
const notCreated = "-"

// clustersFor returns the part with the ECS clusters that a workload needs. Their services show what
// tasks of Amazon ECS use. Other workloads need the container instances only, because endpoints affect
// every ECS agent in the VPC.
func clustersFor(w answers.Workload) inventory.Request {
	if w.Batch() || w.MWAA() {
		return inventory.Request{Part: inventory.PartAgents}
	}
	return inventory.Request{Part: inventory.PartClusters}
}

// workloadParts returns the parts of the inventory that list services, clusters and
// environments. AWS Batch needs the clusters on EC2 only, for the container instances.
func workloadParts(s State) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	if s.Ans.Workload.MWAA() {
		return append(rs, inventory.Request{Part: inventory.PartMWAA})
	}
	if !s.Ans.Workload.Batch() || s.Ans.Workload.EC2() {
		rs = append(rs, clustersFor(s.Ans.Workload))
	}
	if s.Ans.Workload.Batch() {
		rs = append(rs, inventory.Request{Part: inventory.PartBatch})
	}
	return rs
}

func serviceStep() *Step {
	return &Step{
		ID: Service, Title: "Service", Kind: One,
		Ask: func(s State) string {
			switch {
			case s.Ans.Workload.MWAA():
				return "Which Amazon MWAA environment needs endpoints?"
			case s.Ans.Workload.Batch():
				return "Which compute environment needs endpoints?"
			case s.Ans.Workload.EC2():
				return "Which ECS cluster or service needs endpoints?"
			}
			return "Which ECS service needs endpoints?"
		},
		Help: func(s State) string {
			switch {
			case s.Ans.Workload.MWAA():
				return "The wizard reads the network from the environment. It does not change the environment now. The details show its network and its web server."
			case s.Ans.Workload.Batch():
				return "The wizard reads the network and the AWS services from the compute environment and its job definitions. It does not change them now."
			case s.Ans.Workload.EC2():
				return "The wizard reads the network and the AWS services from the cluster and its services. It does not change them now."
			}
			return "The wizard reads the network and the AWS services from the service. It does not change the service now."
		},
		Applies: always,
		Needs:   serviceParts,
		Options: serviceOptions,
		Selected: func(s State) []string {
			switch {
			case chosen(s.Ans.Answers) != "":
				return []string{chosen(s.Ans.Answers)}
			case s.Ans.VPC != "":
				return []string{notCreated}
			}
			return first(serviceOptions(s))
		},
		Set: setService,
		Short: func(s State) string {
			if chosen(s.Ans.Answers) == "" && s.Ans.VPC != "" {
				return "not created yet"
			}
			return chosen(s.Ans.Answers)
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
		call, what, lists = "airflow:ListEnvironments", "Amazon MWAA environment", "Amazon MWAA environments"
	case s.Ans.Workload.Batch():
		can, cannot = environmentOptions(s)
		call, what, lists = "batch:DescribeComputeEnvironments", "compute environment", "compute environments"
	case s.Ans.Workload.EC2():
		can, cannot = clusterOptions(s)
		call, what = clusters, "ECS cluster with container instances"
	default:
		can, cannot = ecsServiceOptions(s)
		call, what = clusters, "ECS service"
	}
	out := append(can, notCreatedOption(s))
	out = append(out, cannot...)
	if len(can)+len(cannot) == 0 {
		why := fmt.Sprintf("There is no %s in %s.", what, s.Inv.Region)
		if g, denied := s.Inv.Gap(call); denied {
			why = fmt.Sprintf("Cannot list the %s: %s.", lists, g)
		}
		out = append(out, Option{Info: true, Label: "no " + what + " found", Details: why + " To continue, choose the network manually."})
	}
	return out
}

// notCreatedOption is the option for users who create the endpoints before the workload.
func notCreatedOption(s State) Option {
	o := Option{Value: notCreated, Label: "Not created yet (choose the network manually)"}
	switch {
	case s.Ans.Workload.MWAA():
		o.Details = airflowNotCreated
	case s.Ans.Workload == answers.BatchEC2:
		o.Details = "For a compute environment that does not exist yet.\n\nYou choose the VPC, the subnets of its instances, and the AWS services that the jobs will use. The endpoints are ready when the first instance starts, so no ECS agent needs a restart."
	case s.Ans.Workload.Batch():
		o.Details = "For a compute environment that does not exist yet.\n\nYou choose the VPC, the subnets of the jobs, and the AWS services that they will use. The endpoints are ready when the first job starts."
	case s.Ans.Workload.EC2():
		o.Details = "For a cluster without container instances.\n\nYou choose the VPC, the subnets of the instances, and the AWS services that the tasks will use. The endpoints are ready when the first instance starts, so no ECS agent needs a restart."
	default:
		o.Details = "For a service that does not exist yet.\n\nYou choose the VPC, the subnets of its tasks, and the AWS services that the tasks will use. The endpoints are ready when the first task starts."
	}
	return o
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

// vpcLine lists the given VPCs by name; empty if there are none.
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

// few is the maximum length of a list in the details, which have little space.
const few = 8

func upTo(lines []string) []string {
	if len(lines) <= few {
		return lines
	}
	return append(slices.Clone(lines[:few]), fmt.Sprintf("and %d more", len(lines)-few))
}

func setService(s State, v []string) (Change, error) {
	if err := pick("option", One, serviceOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	if v[0] == chosen(a.Answers) { // the same choice keeps later changes
		return Change{Answers: a}, nil
	}
	if v[0] == notCreated {
		var cleared []string
		if chosen(a.Answers) != "" {
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
	if r, ok := find(s.Inv, a.Answers); ok && r.cluster != "" {
		a.Agent.Clusters = []string{r.cluster}
	}
	s.Ans = a
	return Change{Answers: Settle(s), Cleared: cleared}, nil
}

// clearChosen removes the chosen service or environment and all answers that follow from
// it, and the VPC if vpc is true. It returns a description of each removed answer.
func clearChosen(s State, a *Answers, vpc bool) []string {
	var out []string
	if name := chosen(a.Answers); name != "" {
		out = append(out, "the "+kindOf(a.Answers)+" "+name)
	}
	if vpc && a.VPC != "" {
		out = append(out, "the VPC "+a.VPC)
		a.VPC = ""
	}
	a.Service, a.ComputeEnvironment, a.Airflow.Environment, a.Agent.Clusters = "", "", "", nil
	out = append(append(out, clearAccess(&a.Airflow)...), clearRun(&a.Answers)...)
	if a.Needs != nil {
		out, a.Needs = append(out, "the AWS services that the "+s.nouns().many+" use"), nil
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
		out, a.Clients = append(out, "the subnets and security groups of the "+s.clients()), nil
	}
	if len(a.Subnets) > 0 {
		out, a.Subnets = append(out, "the subnets of the endpoints"), nil
	}
	if groups && len(a.SecurityGroups) > 0 {
		out, a.SecurityGroups = append(out, "the security groups of the endpoints"), nil
	}
	return out
}
