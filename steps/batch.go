package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// unfit explains why a compute environment does not fit the workload; empty if it fits.
func unfit(e *inventory.ComputeEnvironment, w answers.Workload) string {
	switch {
	case e.Orchestration == "EKS":
		return "on Amazon EKS, not Amazon ECS"
	case !e.OnEC2() && !e.OnFargate():
		return "on instances that AWS manages"
	case w.EC2() && !e.OnEC2():
		return "on Fargate, not EC2"
	case !w.EC2() && !e.OnFargate():
		return "on EC2, not Fargate"
	}
	return ""
}

// environmentOptions returns the compute environments of the workload, and the others with
// the reason why they cannot be chosen.
func environmentOptions(s State) (can, cannot []Option) {
	groups := hostGroups(s.Inv)
	for i := range s.Inv.Batch.Environments {
		e := &s.Inv.Batch.Environments[i]
		o := Option{Value: e.Name, Label: e.Name, Details: environmentDetails(s, e, groups)}
		if o.Problem = unfit(e, s.Ans.Workload); o.Problem != "" {
			cannot = append(cannot, o)
			continue
		}
		o.Hint = environmentHint(e)
		can = append(can, o)
	}
	byValue := func(a, b Option) int { return strings.Compare(a.Value, b.Value) }
	slices.SortFunc(can, func(a, b Option) int { // those that can start jobs first
		return cmp.Or(later(troubled(s.Inv.Environment(a.Value)), troubled(s.Inv.Environment(b.Value))), byValue(a, b))
	})
	slices.SortFunc(cannot, byValue)
	return can, cannot
}

// environmentType returns the type of AWS, or "unmanaged" if there is none.
func environmentType(e *inventory.ComputeEnvironment) string {
	if e.Type == "" {
		return "unmanaged"
	}
	return e.Type
}

// troubled reports whether an environment cannot start jobs in its current state.
func troubled(e *inventory.ComputeEnvironment) bool {
	return e.State == "DISABLED" || e.Status == "INVALID"
}

func environmentHint(e *inventory.ComputeEnvironment) string {
	hint := environmentType(e)
	if e.State == "DISABLED" {
		hint += "  disabled"
	}
	if e.Status != "" && e.Status != "VALID" {
		hint += "  " + strings.ToLower(e.Status)
	}
	return hint
}

func environmentDetails(s State, e *inventory.ComputeEnvironment, groups map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Compute environment %s (%s).\n", e.Name, environmentType(e))
	if e.State == "DISABLED" {
		b.WriteString("It is disabled: no new job starts on it before you enable it. You can create the endpoints now.\n")
	}
	if e.Status == "INVALID" {
		b.WriteString("Its status is INVALID: AWS Batch could not create or update it. See its status reason in AWS Batch. Endpoints help only if the cause is the network.\n")
	}
	b.WriteString("\n" + vpcLine(s.Inv, vpcsOf(s.Inv, e.VPC, e.Subnets)))
	fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", orNone(upTo(e.Subnets)), orNone(upTo(e.Groups)))
	if e.LaunchTemplate {
		b.WriteString("Its launch template can add security groups. The wizard does not read them.\n")
	}
	fmt.Fprintf(&b, "Job queues that use it: %s\n", orNone(upTo(queues(s.Inv, e))))
	if e.OnEC2() {
		if c := clusterOf(s.Inv, e); c != nil {
			fmt.Fprintf(&b, "ECS cluster: %s\n", c.Name)
			b.WriteString(agentDetails(c, groups))
		} else if e.Cluster != "" {
			fmt.Fprintf(&b, "ECS cluster: %s\n", nameOf(e.Cluster))
		}
	}
	platform := "EC2"
	if e.OnFargate() {
		platform = "FARGATE"
	}
	var lines []string
	for i := range s.Inv.Batch.Definitions {
		d := &s.Inv.Batch.Definitions[i].TaskDefinition
		if slices.Contains(d.Compatible, platform) {
			lines = append(lines, fmt.Sprintf("Job definition: %s:%d", d.Family, d.Revision))
			lines = append(lines, imageLines(d)...)
		}
	}
	if len(lines) > 0 {
		b.WriteString("\nJobs that can run on it:\n" + strings.Join(upTo(lines), "\n") + "\n")
	}
	return b.String()
}

// queues returns the job queues that send jobs to a compute environment.
func queues(inv *inventory.Inventory, e *inventory.ComputeEnvironment) []string {
	var out []string
	for _, q := range inv.Batch.Queues {
		if !slices.Contains(q.Environments, e.ARN) {
			continue
		}
		name := q.Name
		if q.State == "DISABLED" {
			name += " (disabled)"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// clusterOf returns the ECS cluster that AWS Batch manages for a compute environment.
func clusterOf(inv *inventory.Inventory, e *inventory.ComputeEnvironment) *inventory.Cluster {
	for i := range inv.Clusters {
		if e.Cluster != "" && inv.Clusters[i].ARN == e.Cluster {
			return &inv.Clusters[i]
		}
	}
	return nil
}
