package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var readsCases = []Case{
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) { w.Gap("ec2:DescribeSecurityGroups") }, Says: "ec2:DescribeSecurityGroups was denied (UnauthorizedOperation, request req-1)", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) { w.Gap("ecs:ListClusters") }, Says: "where their images come from", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: with(only("ecr"), func(w *World) { w.Gap("ecs:ListClusters") }), Says: "ecs:ListClusters", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: func(w *World) {
		w.Ans.Service = "prod/web"
		w.Inv.TaskDefinitions = nil
		w.Gap("ecs:DescribeTaskDefinition")
	}, Says: "ecs:DescribeTaskDefinition",
		Alone: func(w *World) { w.Ans.Service = "prod/web"; w.Gap("ecs:ListServices") }}, // of a cluster of another team
	{Rule: "A-GAP", Severity: plan.Info, Caught: func(w *World) { w.Gap("ecs:DescribeClusters") }, Says: "ecs:DescribeClusters", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Error, Caught: with(role(ecrIf(ofAccount)), func(w *World) { w.Gap("iam:GetRolePolicy") }), Says: "conditions in the execution roles", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: func(w *World) {
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ec2:DescribeSecurityGroups", Code: inventory.NotOffered, RequestID: "req-1"})
	}, Says: "does not support ec2:DescribeSecurityGroups, request req-1", Alone: func(*World) {}},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // nothing of the workload runs yet
		w.Inv.Clusters[0].Services = nil
		w.Ans.Clients = []string{"subnet-a"}
	}, Says: "No service of Amazon ECS on Fargate was found in the VPC", Alone: func(w *World) {
		w.Inv.Clusters[0].Services = nil
		w.Ans.Clients, w.Ans.Needs = []string{"subnet-a"}, &[]string{}
	}},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // read before the service got its definition
		w.Inv.TaskDefinitions = nil
	}, Says: "The task definition of service web was not read", Alone: func(w *World) { w.Ans.Service = "prod/web" }},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: func(w *World) { // in an emulator
		w.Inv.Clusters[0].Services, w.Ans.Needs = nil, &[]string{"ecr"}
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ecs:ListServices", Code: inventory.NotOffered})
	}, Says: "The subnets of the workload are not known", Alone: func(w *World) { w.Ans.Needs = &[]string{"ecr"} }},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: with(Batch, func(w *World) { w.Inv.Batch.Definitions = nil }), Says: "no active job definition of AWS Batch on Fargate", Alone: Batch},
	{Rule: "A-UNSEEN", Severity: plan.Error, Caught: with(unplaced, func(w *World) { w.Ans.Service, w.Ans.Agent.Clusters = "", nil }), Says: "Nothing shows where prod/web runs", Alone: unplaced},
}
