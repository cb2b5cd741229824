package batch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// unfit explains why a compute environment does not fit the workload; empty if it fits.
func (f family) unfit(e *inventory.ComputeEnvironment) string {
	switch {
	case e.Orchestration == "EKS":
		return "on Amazon EKS, not Amazon ECS"
	case !e.OnEC2() && !e.OnFargate():
		return "on instances that AWS manages"
	case f.onHosts() && !e.OnEC2():
		return "on Fargate, not EC2"
	case !f.onHosts() && !e.OnFargate():
		return "on EC2, not Fargate"
	}
	return ""
}

func (f family) Choices(a workload.Account) (can, cannot []workload.Choice) {
	groups := workload.HostGroups(a.Inventory)
	for i := range a.Batch.Environments {
		e := &a.Batch.Environments[i]
		o := workload.Choice{Name: e.Name, Details: environmentDetails(a.Inventory, e, groups)}
		if o.Problem = f.unfit(e); o.Problem != "" {
			cannot = append(cannot, o)
			continue
		}
		o.Hint = environmentHint(e)
		can = append(can, o)
	}
	slices.SortFunc(can, func(x, y workload.Choice) int { // those that can start jobs first
		return cmp.Or(workload.Later(troubled(a.Environment(x.Name)), troubled(a.Environment(y.Name))), workload.ByName(x, y))
	})
	slices.SortFunc(cannot, workload.ByName)
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

func environmentDetails(inv *inventory.Inventory, e *inventory.ComputeEnvironment, groups map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Compute environment %s (%s).\n", e.Name, environmentType(e))
	if e.State == "DISABLED" {
		b.WriteString("It is disabled: no new job starts on it before you enable it. You can create the endpoints now.\n")
	}
	if e.Status == "INVALID" {
		b.WriteString("Its status is INVALID: AWS Batch could not create or update it. See its status reason in AWS Batch. Endpoints help only if the cause is the network.\n")
	}
	b.WriteString("\n" + workload.VPCLine(inv, workload.VPCsOf(inv, e.VPC, e.Subnets)))
	fmt.Fprintf(&b, "Subnets: %s\nSecurity groups: %s\n", workload.OrNone(workload.UpTo(e.Subnets)), workload.OrNone(workload.UpTo(e.Groups)))
	if e.LaunchTemplate {
		b.WriteString("Its launch template can add security groups. The wizard does not read them.\n")
	}
	fmt.Fprintf(&b, "Job queues that use it: %s\n", workload.OrNone(workload.UpTo(queues(inv, e))))
	if e.OnEC2() {
		if c := clusterOf(inv, e); c != nil {
			fmt.Fprintf(&b, "ECS cluster: %s\n", c.Name)
			b.WriteString(workload.AgentDetails(c, groups))
		} else if e.Cluster != "" {
			fmt.Fprintf(&b, "ECS cluster: %s\n", words.Last(e.Cluster))
		}
	}
	platform := ec2Platform
	if e.OnFargate() {
		platform = fargatePlatform
	}
	var lines []string
	for i := range inv.Batch.Definitions {
		d := &inv.Batch.Definitions[i].TaskDefinition
		if slices.Contains(d.Compatible, platform) {
			lines = append(lines, fmt.Sprintf("Job definition: %s:%d", d.Family, d.Revision))
			lines = append(lines, workload.ImageLines(d)...)
		}
	}
	if len(lines) > 0 {
		b.WriteString("\nJobs that can run on it:\n" + strings.Join(workload.UpTo(lines), "\n") + "\n")
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

func (f family) Locate(inv *inventory.Inventory, name string) (workload.Place, bool) {
	e := inv.Environment(name)
	// An environment on Amazon EKS is accepted here: a rule of the plan blocks it.
	if e == nil || f.unfit(e) != "" && e.Orchestration != "EKS" {
		return workload.Place{}, false
	}
	p := workload.Place{VPCs: workload.VPCsOf(inv, e.VPC, e.Subnets)}
	if f.onHosts() {
		p.Cluster = words.Last(e.Cluster)
	}
	return p, true
}

func (f family) NotFound(a workload.Account, name string, denied bool) string {
	can, _ := f.Choices(a)
	e := a.Environment(name)
	switch {
	case e != nil:
		return fmt.Sprintf("runs %s; must be a compute environment of %s: %s", f.unfit(e), f.name, workload.Names(can))
	case denied:
		return ""
	}
	return fmt.Sprintf("this compute environment does not exist in %s; existing ones of %s: %s", a.Region, f.name, workload.Names(can))
}

func (f family) VPCs(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.Batch.Environments {
		if e := &inv.Batch.Environments[i]; f.unfit(e) == "" {
			out = append(out, e.VPC)
		}
	}
	return out
}
