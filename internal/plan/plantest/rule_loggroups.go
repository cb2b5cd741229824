package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var loggroupsCases = []Case{
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(role(groupsOf("logs:CreateLogStream")), creating), Says: "The execution role exec does not allow it", Alone: with(role(groupsOf("logs:Create*")), creating)},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(role(`{"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}]}`), creating), Says: "log group /new", Alone: role(groupsOf("logs:CreateLogStream"))},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(func(w *World) { w.Def().ExecutionRole = "arn:aws:iam::" + Account + ":role/exec" }, creating), Says: "was not read", Alone: with(role(groupsOf("logs:CreateLogGroup")), creating)},
	{Rule: "E-LOGGROUP", Severity: plan.Warn, Caught: with(OnEC2, creating), Says: "the role of the container instance creates it", Alone: with(OnEC2, role(groupsOf("logs:CreateLogGroup")), creating)},
}
