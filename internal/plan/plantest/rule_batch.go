package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var batchCases = []Case{
	{Rule: "E-EKS", Severity: plan.Block, Caught: with(Batch, func(w *World) { w.Environment().Orchestration = "EKS"; w.Ans.ComputeEnvironment = "nightly" }), Says: "nightly runs on Amazon EKS", Alone: with(Batch, func(w *World) {
		w.Inv.Batch.Environments = append(w.Inv.Batch.Environments, inventory.ComputeEnvironment{ARN: "arn:eks", Name: "on-eks", Type: "EC2", Orchestration: "EKS"})
	})},
	{Rule: "E-BATCHINVALID", Severity: plan.Warn, Caught: with(Batch, func(w *World) { w.Environment().Status, w.Environment().Reason = "INVALID", "CLIENT_ERROR - no" }), Says: "Compute environment nightly is INVALID, so AWS Batch places no jobs in it. Endpoints do not change this. Reason: CLIENT_ERROR - no", Alone: with(Batch, func(w *World) { w.Environment().Status = "UPDATING" })},
}
