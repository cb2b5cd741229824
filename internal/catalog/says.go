package catalog

// Says are the rules that are only a text, by id. The plan and the documentation read them here, so
// that each text exists once.
var Says = map[string]string{
	"E-FARGATEOPT": fargateOptional(Tasks),
	"E-SC":         "Service Connect manages its proxies through the ecs-agent endpoint if it exists, and otherwise through the Region's public ecs-sc name.",
	"E-BATCHALL":   "All actions of the AWS Batch API work through it.",
	"W-WHEEL":      "The Python Package Index cannot be reached, so package Python dependencies as .whl files in the bucket or in plugins.zip.",
	"W-PERMS":      "An endpoint gives no permissions: each service that DAGs use must be allowed in the environment's execution role and in the policy of its endpoint.",
	"E-BATCHNEED":  "Jobs do not need it: AWS Batch does not need it to reach the compute environment. It is for code in the VPC that calls the AWS Batch API, such as code that submits jobs.",
}
