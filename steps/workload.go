package steps

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// workloads are all workloads of the answers file, in the order in which they are offered.
var workloads = []struct {
	id            answers.Workload
	label, detail string
}{
	{answers.ECSFargate, "Amazon ECS on Fargate", "Containers that AWS runs for you, without servers of your own.\n\nTo start, each task fetches its image, its secrets and its log stream over the network of your VPC. In a private subnet that needs VPC endpoints (or a NAT gateway)."},
	{answers.ECSEC2, "Amazon ECS on EC2", "Containers on EC2 instances of your own, which are joined to an ECS cluster.\n\nOn each instance runs the ECS agent, a small program that asks Amazon ECS what to start. In a private subnet it needs three endpoints of its own (ecs-agent, ecs-telemetry, ecs), beside those for images, secrets and logs. They are made in that order, and agents that run already are restarted afterwards."},
	{answers.BatchFargate, "AWS Batch on Fargate", "Jobs that AWS Batch takes from a queue and runs as containers on Fargate, without servers of your own.\n\nTo start, each job fetches its image, its secrets and its log stream over the network of your VPC. AWS Batch itself needs no endpoint for that: the one called batch is for code in your VPC that submits jobs."},
	{answers.BatchEC2, "AWS Batch on EC2", "Jobs that AWS Batch takes from a queue and runs as containers on EC2 instances, which it starts in your VPC and joins to an ECS cluster that it keeps.\n\nOn each instance runs the ECS agent. In a private subnet it needs the three ECS endpoints (ecs-agent, ecs-telemetry, ecs), beside those for images, secrets and logs. Without them jobs stay in RUNNABLE."},
	{answers.MWAA, "Amazon MWAA (Apache Airflow)", "Apache Airflow that AWS runs for you: scheduler, workers and a web server, in two private subnets of your VPC.\n\nAmazon MWAA makes endpoints of its own, for the metadata database and a private web server. In subnets without a way out the environment also needs endpoints of yours: for its DAGs (Amazon S3), logs, metrics, its queue (Amazon SQS) and encryption (AWS KMS)."},
}

func workloadStep() *Step {
	return &Step{
		ID: "workload", Title: "Workload", Kind: One,
		Ask:     text("What do you run in the VPC?"),
		Help:    text("Each kind of workload talks to other AWS services, so each needs other endpoints."),
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
			if a.Workload.MWAA() { // which pulls no images by a definition of yours
				cleared = append(cleared, clearRegistry(a.Registry)...)
				a.Registry = answers.Registry{}
			} else {
				a.Airflow = answers.Airflow{}
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string { return string(s.Ans.Workload) },
	}
}
