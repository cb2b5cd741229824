package steps

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// workloads are all workloads of the answers file in the order of the options.
var workloads = []struct {
	id            answers.Workload
	label, detail string
}{
	{answers.ECSFargate, "Amazon ECS on Fargate", "Containers on AWS Fargate, without servers to manage.\n\nTo start, each task pulls its image, reads its secrets, and opens its log stream through the network of your VPC. In a subnet without an internet route, this needs VPC endpoints."},
	{answers.ECSEC2, "Amazon ECS on EC2", "Containers on your own EC2 instances in an ECS cluster.\n\nEach instance runs the ECS agent, a program that gets work from Amazon ECS. In a subnet without an internet route, the agent needs three endpoints (ecs-agent, ecs-telemetry, ecs) in addition to those for images, secrets, and logs. The wizard creates them in this order and then restarts the agents that already run."},
	{answers.ECSManaged, "Amazon ECS on Managed Instances", "Containers on EC2 instances in your VPC that Amazon ECS launches, updates and replaces.\n\nAWS does not document which endpoints these instances need. The plan has what the tasks use, and the three endpoints of the ECS agent (ecs-agent, ecs-telemetry, ecs), as for other container instances. No agent needs a restart."},
	{answers.BatchFargate, "AWS Batch on Fargate", "Jobs from a queue that AWS Batch runs as containers on AWS Fargate, without servers to manage.\n\nTo start, each job pulls its image, reads its secrets, and opens its log stream through the network of your VPC. Jobs do not need the batch endpoint. It is for code in your VPC that submits jobs."},
	{answers.BatchEC2, "AWS Batch on EC2", "Jobs from a queue that AWS Batch runs as containers on EC2 instances. AWS Batch starts the instances in your VPC, in an ECS cluster that it manages.\n\nEach instance runs the ECS agent. In a subnet without an internet route, the agent needs three endpoints (ecs-agent, ecs-telemetry, ecs) in addition to those for images, secrets, and logs. Without them, jobs stay in the RUNNABLE state."},
	{answers.MWAA, "Amazon MWAA (Apache Airflow)", "Managed Apache Airflow: scheduler, workers, and web server, in two private subnets of your VPC.\n\nAmazon MWAA creates the endpoints for the metadata database and a private web server. In subnets without an internet route, you also need endpoints for DAGs (Amazon S3), logs, metrics, the queue (Amazon SQS), and encryption (AWS KMS)."},
}

func workloadStep() *Step {
	return &Step{
		ID: "workload", Title: "Workload", Kind: One,
		Ask:     text("What do you run in the VPC?"),
		Help:    text("Each workload calls different AWS services, so each needs different endpoints."),
		Applies: always,
		Needs:   func(State) []inventory.Request { return nil },
		Options: func(State) []Option {
			var out []Option
			for _, w := range workloads {
				out = append(out, Option{Value: string(w.id), Label: w.label, Details: w.detail})
			}
			return out
		},
		Selected: func(s State) []string {
			if s.Ans.Workload != "" {
				return []string{string(s.Ans.Workload)}
			}
			return []string{string(answers.Supported[0])}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("workload", One, workloadStep().Options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			var cleared []string
			if old := a.Workload; old != "" && old != answers.Workload(v[0]) {
				cleared = clearChosen(s, &a, true)
			}
			a.Workload = answers.Workload(v[0])
			if !a.Workload.EC2() {
				a.Agent = answers.Agent{}
			}
			if a.Workload.MWAA() { // Amazon MWAA pulls no images with a definition of the user
				cleared = append(cleared, clearRegistry(&a)...)
			} else {
				a.Airflow = answers.Airflow{}
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string { return string(s.Ans.Workload) },
	}
}
