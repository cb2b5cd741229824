package policy

// EnvironmentGrants returns the known calls of an Amazon MWAA environment through the endpoint of a
// service code. For a service without known calls it returns every call. No guide lists all of them, and AWS recommends full access:
// a call that the policy lacks is blocked, and a policy with all of these calls may still not be
// enough. So policies are checked against this list and never composed from it. Sources: the Amazon
// MWAA user guide on the execution role and on VPC endpoint policies (which lists the buckets of
// Amazon ECR's layers and of the DAGs).
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
		out = append(out, a.layers())
	case "logs":
		for _, group := range a.all("logs", "log-group:", "airflow-*", ":*", f.LogGroups) {
			grant("Airflow logs", []string{group}, "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents")
		}
	case "monitoring":
		grant("metrics", everything, "cloudwatch:PutMetricData")
	case "sqs":
		grant("the Celery queue", []string{"arn:" + a.partition + ":sqs:" + a.region + ":*:airflow-celery-*"}, "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
			"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage").AWSOwned = true
	case "kms":
		keys := f.Keys
		if len(keys) == 0 {
			keys = everything // in an account of AWS
		}
		grant("encryption", keys, "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
	case "secretsmanager":
		grant("the secrets backend", a.all("secretsmanager", "secret:", "*", "", f.Secrets), "secretsmanager:GetSecretValue")
	case "ssm":
		grant("the parameters backend", a.all("ssm", "parameter/", "*", "", f.Parameters), "ssm:GetParameter")
	case "ecr.api", "ecr.dkr":
		g := grant("images of the environment", everything, ecrPull...)
		g.AnyPrincipal, g.UnknownPrincipal = true, true // AWS does not document who pulls them
	default:
		return AnyCall(code)
	}
	return out
}
