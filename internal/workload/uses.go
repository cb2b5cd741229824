package workload

// Use describes one value of needs in the answers file. Services are the endpoints for this use; the
// first one is for this use only.
type Use struct {
	ID, Label, Details string
	Services           []string
}

// ServiceConnect is the only use that only services of Amazon ECS have.
const ServiceConnect = "service-connect"

// CallsAPI is the use of code in the VPC that calls the workload's own API.
const CallsAPI = "workload-api"

// ContainerUses returns the uses of containers, and calls of the workload's own API as the last.
func ContainerUses(n Nouns, api Use) []Use {
	api.ID = CallsAPI
	return []Use{
		{"ecr", "Pull images from Amazon ECR", "Each " + n.One + " pulls its images when it starts. Without internet access, this needs two interface endpoints, and the S3 gateway endpoint (free) because Amazon ECR stores image layers in Amazon S3.", []string{"ecr.dkr", "ecr.api", "s3"}},
		{"secretsmanager", "Read secrets from Secrets Manager", "Secrets of the " + n.Definition + " are read before the containers start. Without a network path, the " + n.One + " stops with ResourceInitializationError.", []string{"secretsmanager"}},
		{"awslogs", "Write logs to CloudWatch Logs", "The awslogs log driver opens its log stream when the container starts. Without a network path, the " + n.One + " may not start, or loses its logs.", []string{"logs"}},
		{"ssm-parameters", "Read Systems Manager parameters", "Parameters of the " + n.Definition + " are read before the containers start.", []string{"ssm"}},
		{"exec", "Open a shell with ECS Exec", "ECS Exec opens a channel from the " + n.One + " to Systems Manager.", []string{"ssmmessages"}},
		{"exec-kms", "Encrypt ECS Exec with a KMS key", "If the cluster sets a KMS key for ECS Exec, AWS KMS is needed too.", []string{"kms"}},
		{ServiceConnect, "Use ECS Service Connect", "The Service Connect proxy in each " + n.One + " gets the addresses of other services from Amazon ECS.", []string{"ecs-agent"}},
		{"env-files", "Read environment files from Amazon S3", "Files in environmentFiles are read from Amazon S3 when the " + n.One + " starts. The gateway endpoint is free.", []string{"s3"}},
		{"s3", "Read or write objects in Amazon S3", "For configuration files of FireLens, credential specs, logs, and code in the " + n.Many + ". The gateway endpoint is free.", []string{"s3"}},
		{"firehose", "Send logs to Amazon Data Firehose", "For FireLens with the plug-in kinesis_firehose or firehose.", []string{"kinesis-firehose"}},
		{"kinesis", "Send logs to Amazon Kinesis Data Streams", "For FireLens with the plug-in kinesis_streams or kinesis.", []string{"kinesis-streams"}},
		{"efs", "Call the Amazon EFS API", "For code in the " + n.Many + " that creates or lists file systems. Mounting a file system does not need it, because the mount targets are in the VPC.", []string{"elasticfilesystem"}},
		{"insights", "Send metrics to CloudWatch", "For a CloudWatch agent or another collector that runs as a container. Container Insights itself does not need it.", []string{"monitoring"}},
		{"collector-logs", "Send logs of a collector to CloudWatch Logs", "For a CloudWatch agent or the AWS Distro for OpenTelemetry that runs as a container.", []string{"logs"}},
		{"xray", "Send traces to AWS X-Ray", "For an X-Ray daemon or another collector that runs as a container.", []string{"xray"}},
		api,
	}
}
