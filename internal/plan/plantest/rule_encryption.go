package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var encryptionCases = []Case{
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Sessions, encrypted("enforce")), Says: "type t3.micro", Alone: with(Sessions, encrypted("enforce"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "m7g.medium" })},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Bastioned, encrypted("enforce"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "c7i-flex.large" }), Says: "may not reach a bastion with SSH",
		Alone: with(Bastioned, encrypted("enforce", "InternetGateway"), func(w *World) { w.Ans.Airflow.Bastion.InstanceType = "c7i-flex.large" })},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(internetFacing, encrypted("enforce")), Says: "may not reach a load balancer", Alone: with(internetFacing, encrypted("enforce", "InternetGateway"))},
	{Rule: "G-ENCRYPT", Severity: plan.Warn, Caught: with(Connected, encrypted("enforce")), Says: "does not list Client VPN", Alone: with(Connected, encrypted("monitor"))},
}
