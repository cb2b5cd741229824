package policy

// EnvironmentGrants is what an environment of Amazon MWAA is known to do through the
// endpoint of a service code; empty where nothing is known. No guide lists all of it,
// and AWS advises full access: what a policy lacks of this is cut off, and what it
// has of this may not be enough. So policies are judged by it and none is composed
// from it.
//
// Sources: the Amazon MWAA user guide on the execution role and on VPC endpoint
// policies (which names the bucket of Amazon ECR's layers and that of the DAGs).
func EnvironmentGrants(code string, f Facts) []Grant {
	a := arns{or(f.Partition, "aws"), or(f.Region, "*"), or(f.Account, "*")}
	var out []Grant
	grant := func(why string, resources []string, actions ...string) *Grant {
		out = append(out, Grant{Actions: actions, Resources: resources, Why: why})
		return &out[len(out)-1]
	}
	everything := []string{"*"}
	switch code {
	case "s3":
		for _, bucket := range f.Buckets {
			grant("DAGs", []string{bucket + "/*"}, "s3:GetObject", "s3:GetObjectVersion")
			grant("DAGs", []string{bucket}, "s3:ListBucket")
		}
		grant("image layers of Amazon ECR", []string{a.object("prod-"+a.region+"-starport-layer-bucket", "*")}, "s3:GetObject").AnyPrincipal = true
	case "logs":
		for _, group := range sortedSet(f.LogGroups, func(g string) string { return g }) {
			grant("logs of Airflow", []string{group + ":*"}, "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents")
		}
	case "monitoring":
		grant("metrics", everything, "cloudwatch:PutMetricData")
	case "sqs":
		grant("the Celery queue", []string{"arn:" + a.partition + ":sqs:" + a.region + ":*:airflow-celery-*"}, "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
			"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage")
	case "kms":
		keys := f.Keys
		if len(keys) == 0 {
			keys = everything // of AWS's own account
		}
		grant("encryption", keys, "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
	case "airflow.api":
		grant("metrics of the environment", everything, "airflow:PublishMetrics").Optional = true
	}
	return out
}
