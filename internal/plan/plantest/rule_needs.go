package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var needsCases = []Case{
	{Rule: "E-ECRPAIR", Severity: plan.Warn, Caught: only("secretsmanager", "awslogs"), Says: "The need ecr is not selected", Alone: with(nat, only())},
}
