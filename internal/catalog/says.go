package catalog

// Says are the rules that are nothing but a text in its place, by id. The plan and
// the documentation read them here, so that no text stands twice.
var Says = map[string]string{
	"E-FARGATEOPT": "Tasks on Fargate do not need the ECS endpoints: AWS runs the agent. They are for container instances (EC2), and for code in the VPC that calls the Amazon ECS API.",
	"E-SC":         "Service Connect manages its proxies through the ecs-agent endpoint where there is one, and through the Region's public ecs-sc name otherwise.",
	"E-BATCHALL":   "All actions of the AWS Batch API work through it.",
	"W-WHEEL":      "There is no way to the Python Package Index, so pack Python dependencies as .whl files into the bucket or into plugins.zip.",
	"W-PERMS":      "An endpoint gives no permission: each service that DAGs use needs one in the environment's execution role, and in the policy of its endpoint.",
	"E-BATCHNEED":  "Jobs do not need it: AWS Batch reaches the compute environment by itself. It is for code inside the VPC that calls the AWS Batch API, such as one that submits jobs.",
}
