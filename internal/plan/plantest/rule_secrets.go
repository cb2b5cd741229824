package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var secretsCases = []Case{
	{Rule: "E-SECRETS", Severity: plan.Warn, Caught: only("ecr", "awslogs"), Says: "The need secretsmanager is not selected", Alone: func(*World) {}},
}
