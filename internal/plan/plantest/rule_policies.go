package plantest

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var policiesCases = []Case{
	{Rule: "G-POLMAX", Severity: plan.Block, Caught: policyFile("logs", allowing("logs:*", strings.Repeat("logs:PutLogEvents\", \"", 1100)+"logs:*")), Says: "The policy for logs", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLPRIN", Severity: plan.Error, Caught: policyFile("logs", strings.Replace(allowing("logs:*"), `"Principal": "*", `, "", 1)), Says: "Principal", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLPRIN", Severity: plan.Error, Caught: policyFile("s3", strings.Replace(allowing("s3:*"), `"Principal": "*"`, `"Principal": {"AWS": "123456789012"}`, 1)), Says: "The policy for s3", Alone: policyFile("s3", allowing("s3:*"))},
	{Rule: "G-POLSHAPE", Severity: plan.Error, Caught: policyFile("logs", `{"Statement": [}`), Says: "cannot be used", Alone: policyFile("logs", allowing("logs:*"))},
	{Rule: "G-POLSHAPE", Severity: plan.Error, Caught: policyFile("logs", allowing("ecr:BatchGetImage")), Says: "ecr:", Alone: policyFile("logs", allowing("*"))},
	{Rule: "G-POLWILD", Severity: plan.Error, Caught: policyFile("logs", strings.Replace(allowing("logs:*"), `"Action"`, `"Condition": {"StringLike": {"aws:PrincipalAccount": "12345*"}}, "Action"`, 1)), Says: "aws:PrincipalAccount",
		Alone: policyFile("logs", strings.Replace(allowing("logs:*"), `"Action"`, `"Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, "Action"`, 1))},
	{Rule: "G-POLSUP", Severity: plan.Error, Caught: with(policyFile("logs", allowing("logs:*")), func(w *World) { w.EndpointService("logs").PolicySupported = false }), Says: "does not support endpoint policies",
		Alone: func(w *World) {
			w.Ans.EndpointPolicy.Default = "least-privilege"
			w.EndpointService("logs").PolicySupported = false
		}},
	{Rule: "G-POLADD", Severity: plan.Error, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:GetLogEvents") }), Says: "logs:PutLogEvents", Fixed: true,
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:CreateLogStream", "logs:PutLogEvents") })},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(having(Ready("logs"), nil), policyFile("logs", allowing("logs:PutLogEvents", "logs:CreateLogStream"))), Says: "it stays unchanged",
		Alone: with(having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:Describe*") }), policyFile("logs", allowing("logs:PutLogEvents", "logs:CreateLogStream")))},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(nat, off, having(Ready("logs"), func(e *inventory.Endpoint) { e.PrivateDNS, e.Policy = false, allowing("logs:GetLogEvents") })), Says: "does not allow what this workload does",
		Alone: with(nat, having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowing("logs:GetLogEvents") }))},
	{Rule: "G-POLAGENT", Severity: plan.Block, Caught: with(OnEC2, func(w *World) { w.Ans.EndpointPolicy.Default = "example" }), Says: "ecs:DiscoverPollEndpoint", Alone: with(OnEC2, func(w *World) { w.Ans.EndpointPolicy.Default = "least-privilege" }), Fixed: true},
	{Rule: "G-POLAGENT", Severity: plan.Block, Caught: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) { e.Policy = allowing("ecs:StartTelemetrySession") })), Says: "ecs:Poll", Alone: with(OnEC2, having(Ready("ecs-agent"), nil)), Fixed: true},
	{Rule: "G-POLAGENT", Severity: plan.Warn, Caught: with(only("workload-api"), func(w *World) { w.Ans.EndpointPolicy.Default = "example" }), Says: "lose their connection", Alone: only("workload-api")},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: func(w *World) { w.Endpoint(gateway(allowing("s3:ListBucket"))) }, Says: "prod-us-east-1-starport-layer-bucket", Fixed: true,
		Alone: func(w *World) { w.Endpoint(gateway(allowing("s3:GetObject"))) }},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: with(nat, func(w *World) { w.Endpoint(gateway(allowing("s3:ListBucket"))) }), Says: "image layers", Fixed: true, Alone: with(nat, func(w *World) { w.Endpoint(gateway("")) })},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: s3Gateway(allowingIf(ofOrg)), Says: "statement 1: StringEquals on aws:ResourceOrgID (the resource belongs to an account of AWS)", Fixed: true, Alone: s3Gateway(allowingIf(`"StringEquals": {"aws:SourceVpc": "` + VPC + `"}`))},
	{Rule: "E-S3POL", Severity: plan.Error, Caught: s3Gateway(denyingIf(`"Resource": "*"`, notOurs)), Says: "statement 2: StringNotEquals on aws:ResourceAccount", Alone: s3Gateway(denyingIf(layers, notOurs))},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: s3Gateway(allowingIf(tagged)), Says: "cannot decide whether the policy of the s3 endpoint allows what this workload downloads", Fixed: true, Alone: s3Gateway("")},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: s3Gateway(`{"Statement": [}`), Says: "the document cannot be read", Alone: s3Gateway(allowing("s3:*"))},
	{Rule: "E-S3POL", Severity: plan.Warn, Caught: with(OnEC2, s3Gateway(denyingIf(layers, notOurs))), Says: "s3:GetObject on arn:aws:s3:::amazon-ecs-agent", Alone: s3Gateway(denyingIf(layers, notOurs))},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowingIf(tagged) }), Says: "StringEquals on aws:PrincipalTag/team (the wizard does not know its value)", Fixed: true,
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = allowingIf(ofAccount) })},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: having(Ready("logs"), func(e *inventory.Endpoint) { e.Policy = denyingIf(`"Resource": "*"`, tagged) }), Says: "statement 2: StringEquals on aws:PrincipalTag/team",
		Alone: having(Ready("logs"), func(e *inventory.Endpoint) {
			e.Policy = denyingIf(`"Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:*"`, tagged)
		})},
	{Rule: "G-POLADD", Severity: plan.Warn, Caught: with(having(Ready("sts"), func(e *inventory.Endpoint) { e.Policy = allowing("sts:GetCallerIdentity") }), func(w *World) { w.Ans.Extra = []string{"sts"} }), Says: "allows what this workload does: sts:* on *",
		Alone: with(having(Ready("sts"), func(e *inventory.Endpoint) { e.Policy = allowing("sts:*") }), func(w *World) { w.Ans.Extra = []string{"sts"} })},
	{Rule: "G-POLAGENT", Severity: plan.Warn, Caught: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) {
		e.Policy = allowingIf(`"ArnLike": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/prod"}`)
	})), Says: "ArnLike on ecs:cluster", Fixed: true,
		Alone: with(OnEC2, having(Ready("ecs-agent"), func(e *inventory.Endpoint) { e.Policy = allowingIf(ofAccount) }))},
}
