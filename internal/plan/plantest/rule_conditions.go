package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var conditionsCases = []Case{
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(ecrIf(`"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}`)), Says: "IpAddress on aws:SourceIp (calls through a VPC endpoint do not have this key)", Alone: role(ecrIf(ofAccount))},
	{Rule: "E-ECRCOND", Severity: plan.Warn, Caught: role(ecrIf(tagged)), Says: "cannot decide whether execution role exec allows pulls", Alone: role(ecrIf(ofAccount))},
	{Rule: "E-ECRCOND", Severity: plan.Warn, Caught: role(`{`), Says: "the document cannot be read", Alone: role(`{"Statement": []}`)},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(`"ecr:*"`, "aws:SourceVpc", VPC)), Says: "ecr:GetAuthorizationToken, which does not support it", Alone: role(pulls(pullActions, "aws:SourceVpc", VPC))},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(pullActions, "aws:SourceVpce", "vpce-old")), Says: "the id of the new ecr.api endpoint", Alone: with(role(pulls(pullActions, "aws:sourceVpc", VPC)))},
	{Rule: "E-ECRCOND", Severity: plan.Error, Caught: role(pulls(pullActions, "aws:SourceVpc", "vpc-other")), Says: "vpc-other", Alone: role(pulls(`"s3:GetObject"`, "aws:SourceVpc", "vpc-other"))},
}
