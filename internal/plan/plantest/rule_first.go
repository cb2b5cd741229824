package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// first asks for a first workload in the subnets and the group of the service.
func first(name, image string) func(*World) {
	return func(w *World) {
		w.Ans.First = answers.First{Name: name, Image: image}
		w.Ans.Service, w.Ans.ComputeEnvironment = "", ""
		w.Ans.Clients = []string{"subnet-a", "subnet-b", "sg-app"}
	}
}

// firstService is a service with the names of a first workload.
func firstService(w *World) {
	d := inventory.TaskDefinition{ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1", Family: "shop", Revision: 1, Compatible: []string{"FARGATE"},
		ExecutionRole: "arn:aws:iam::123456789012:role/shop-execution",
		Containers:    []inventory.Container{{Name: "shop", Image: Image, LogDriver: "awslogs", LogGroup: "/ecs/shop", LogRegion: Region}}}
	w.Inv.TaskDefinitions = append(w.Inv.TaskDefinitions, d)
	w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:shop", Name: "shop", Services: []inventory.Service{{ARN: "arn:shop/shop", Name: "shop", LaunchType: "FARGATE",
		TaskDefinition: d.ARN, VPC: VPC, Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-app"}, Desired: 1, Running: 1}}})
}

// lastService returns the service that firstService added.
func lastService(w *World) *inventory.Service {
	return &w.Inv.Clusters[len(w.Inv.Clusters)-1].Services[0]
}

var firstCases = []Case{
	{Rule: "A-FIRST", Severity: plan.Block, Caught: first("web", Image), Says: "Task definition web exists with other properties", Alone: first("shop", Image)},
	{Rule: "A-FIRST", Severity: plan.Block, Caught: with(firstService, first("shop", Image), func(w *World) { lastService(w).Subnets = []string{"subnet-a"} }), Says: "it is not in subnet",
		Alone: with(firstService, first("shop", Image))},
	{Rule: "A-FIRST", Severity: plan.Block, Caught: with(firstService, first("shop", Image), func(w *World) { lastService(w).LaunchType = "EC2" }), Says: "it runs on EC2",
		Alone: with(firstService, first("shop", Image))},
	{Rule: "A-FIRST", Severity: plan.Block, Caught: with(Batch, first("nightly", Image), func(w *World) { w.Ans.Clients = append(w.Ans.Clients, "subnet-data") }), Says: "Compute environment nightly",
		Alone: with(Batch, first("hourly", Image))},
	{Rule: "A-FIRST", Severity: plan.Block, Caught: with(Batch, first("jobs", Image)), Says: "Job queue jobs", Alone: with(Batch, first("hourly", Image))},
	{Rule: "E-DOCKERHUB", Severity: plan.Block, Caught: first("shop", "nginx"), Says: "shop:1 pulls nginx from a registry outside AWS", Alone: with(nat, first("shop", "nginx"))},
	{Rule: "E-DOCKERHUB", Severity: plan.Block, Caught: with(Batch, first("shop", "quay.io/team/app:1")), Says: "shop:1 pulls quay.io/team/app:1", Alone: with(Batch, first("shop", Image))},
	{Rule: "E-ECRPUBLIC", Severity: plan.Block, Caught: first("shop", "public.ecr.aws/nginx/nginx"), Says: "shop:1 pulls public.ecr.aws", Alone: with(nat, first("shop", "public.ecr.aws/nginx/nginx"))},
}
