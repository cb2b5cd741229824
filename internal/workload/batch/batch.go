// Package batch has the workloads of AWS Batch: jobs in compute environments on Fargate and on EC2.
package batch

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Workloads are the workloads of the family in the order of the screens.
var Workloads = []*workload.Workload{fargate(), ec2()}

// reads show what jobs need and which registries they pull from.
var reads = []string{"batch:DescribeComputeEnvironments", "batch:DescribeJobDefinitions"}

// jobs completes a workload that consists of jobs.
func jobs(f family, w workload.Workload) *workload.Workload {
	w.Finder, w.Chooser, w.Reads, w.ReadsShow = f, f, reads, workload.UsesShow
	w.Locating = reads[:1]
	w.Name, w.Label, w.Jobs, w.OwnHosts = f.name, w.Title, true, f.onHosts()
	w.One, w.Many, w.Definition = "job", "jobs", "job definition"
	w.Service = "AWS Batch"
	w.Parts = append(w.Parts, inventory.PartBatch)
	w.LogGroup = "/aws/batch/job" // AWS Batch API reference, ContainerDetail
	w.FromS3, w.S3Why = "image layers", "Amazon ECR needs it for image layers."
	w.AfterApply = "New jobs use the endpoints. Submit failed jobs again."
	n := &w.Named
	n.Key, n.Kind = "compute_environment", "compute environment"
	n.Of = func(a *answers.Answers) *string { return &a.ComputeEnvironment }
	n.What, n.Lists, n.Call = "compute environment", "compute environments", "batch:DescribeComputeEnvironments"
	n.None = "no compute environment of " + string(f.name) + " is"
	n.Ask = "Which compute environment needs endpoints?"
	n.Help = "The wizard reads the network and the AWS services from the compute environment and its job definitions. It does not change them now."
	w.Uses = slices.DeleteFunc(workload.ContainerUses(w.Nouns, workload.Use{Label: "Call the AWS Batch API", Services: []string{"batch"},
		Details: "For code in the VPC that submits or describes jobs. The jobs themselves do not need it."}), func(u workload.Use) bool { return u.ID == workload.ServiceConnect })
	return &w
}

func fargate() *workload.Workload {
	return jobs(family{answers.BatchFargate, fargatePlatform}, workload.Workload{Title: "AWS Batch on Fargate", Nouns: workload.Nouns{Client: "job"},
		Details: "Jobs from a queue that AWS Batch runs as containers on AWS Fargate, without servers to manage.\n\nTo start, each job pulls its image, reads its secrets, and opens its log stream through the network of your VPC. Jobs do not need the batch endpoint. It is for code in your VPC that submits jobs.",
		Named:   workload.Named{NotCreated: "For a compute environment that does not exist yet.\n\nYou choose the VPC, the subnets of the jobs, and the AWS services that they will use. The endpoints are ready when the first job starts."},
	})
}

func ec2() *workload.Workload {
	return jobs(family{answers.BatchEC2, ec2Platform}, workload.Workload{Title: "AWS Batch on EC2", Nouns: workload.Nouns{Client: "container instance"},
		Parts:   []inventory.Part{inventory.PartAgents},
		Details: "Jobs from a queue that AWS Batch runs as containers on EC2 instances. AWS Batch starts the instances in your VPC, in an ECS cluster that it manages.\n\nEach instance runs the ECS agent. In a subnet without an internet route, the agent needs three endpoints (ecs-agent, ecs-telemetry, ecs) in addition to those for images, secrets, and logs. Without them, jobs stay in the RUNNABLE state.",
		Named:   workload.Named{NotCreated: "For a compute environment that does not exist yet.\n\nYou choose the VPC, the subnets of its instances, and the AWS services that the jobs will use. The endpoints are ready when the first instance starts, so no ECS agent needs a restart."},
	})
}

// family finds compute environments and job definitions of a platform.
type family struct {
	name     answers.Workload
	platform string
}

// The platforms of job definitions (AWS Batch API reference, platformCapabilities).
const (
	fargatePlatform = "FARGATE"
	ec2Platform     = "EC2"
)

// onHosts reports whether jobs run on container instances of the account.
func (f family) onHosts() bool { return f.platform == ec2Platform }

func (f family) Find(s *workload.Scope) {
	public := true
	for i := range s.Inv.Batch.Definitions {
		d := &s.Inv.Batch.Definitions[i]
		if !slices.Contains(d.Compatible, f.platform) {
			continue
		}
		s.JobDefinitions = append(s.JobDefinitions, d)
		s.Definitions = append(s.Definitions, &d.TaskDefinition)
		public = public && d.PublicIP
		if !f.onHosts() && !d.Windows() {
			s.Platforms = append(s.Platforms, workload.Platform{Of: fmt.Sprintf("job definition %s:%d", d.Family, d.Revision), Resource: d.ARN, Version: d.PlatformVersion})
		}
	}
	public = public && len(s.JobDefinitions) > 0
	for i := range s.Inv.Batch.Environments {
		e := &s.Inv.Batch.Environments[i]
		switch named := s.Ans.ComputeEnvironment; {
		case named != "" && named != e.Name && named != e.ARN:
		case named == "" && (e.Orchestration == "EKS" || f.onHosts() == e.OnFargate()):
		case s.Placed() && !s.Holds(e.Subnets):
		default:
			s.Environments = append(s.Environments, e)
			s.Runners = append(s.Runners, workload.Runner{Subnets: e.Subnets, Groups: e.Groups, BySubnet: !e.OnFargate(), Public: public})
		}
	}
	if f.onHosts() {
		s.AddHosts(func(c *inventory.Cluster) bool {
			return slices.ContainsFunc(s.Environments, func(e *inventory.ComputeEnvironment) bool { return e.Cluster == c.ARN })
		})
	}
}

func (family) Rest(*workload.Scope, string) string { return "" }

func (family) Unseen(s *workload.Scope) string {
	if why := s.Unread(); why != "" || len(s.JobDefinitions) > 0 {
		return why
	}
	return "The account has no active job definition of " + s.Workload.Title + ", so nothing shows what the jobs use."
}

func (f family) Found(s *workload.Scope) bool {
	return slices.ContainsFunc(s.Environments, func(e *inventory.ComputeEnvironment) bool { return f.unfit(e) == "" })
}

func (f family) Unplaced(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.Batch.Environments {
		if e := &inv.Batch.Environments[i]; f.unfit(e) == "" && len(workload.VPCsOf(inv, e.VPC, e.Subnets)) == 0 {
			out = append(out, e.Name)
		}
	}
	return out
}

func (f family) Facts(_ *workload.Scope, facts *catalog.Facts) {
	facts.Nouns, facts.Instances = catalog.Jobs, f.onHosts()
	facts.API = catalog.API{Code: "batch", Why: "Code in the VPC calls the AWS Batch API. " + catalog.Says["E-BATCHALL"], Not: catalog.Says["E-BATCHNEED"]}
}
