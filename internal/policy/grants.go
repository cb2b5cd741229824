package policy

import (
	"slices"
	"strings"
)

// Facts are the known facts about a workload's use of its endpoints. An empty list for a service
// that is needed means the whole account.
type Facts struct {
	Partition, Region, Account string

	Instances      bool // container instances (EC2) use the endpoints
	ServiceConnect bool
	RunCommand     bool // instances are managed by Systems Manager
	Bottlerocket   bool // an instance runs Bottlerocket
	UnknownHosts   bool // the operating system of an instance is not known
	Callers        bool // code in the VPC calls the Amazon ECS API
	MWAA           bool // an Amazon MWAA environment uses the endpoints

	Repositories []string // names or ARNs
	Secrets      []string // names or ARNs, also in the form of task definitions, with key, stage and version
	Parameters   []string // names or ARNs
	LogGroups    []string // names or ARNs
	Objects      []string // ARNs of objects in Amazon S3 that tasks read when they start
	LogBuckets   []string // names of buckets that get logs; * if a name is not known
	Keys         []string // ids or ARNs of KMS keys
	Buckets      []string // ARNs of the buckets of Amazon MWAA environments
}

// Grants returns what the workload does through the endpoint of a service code; empty if that is not
// known. Sources: the client and the managed policy of the ECS agent (ecs*), the Amazon ECR user
// guide on VPC endpoints (ecr.*, s3), the Amazon ECS developer guide on the task execution role and
// ECS Exec (secretsmanager, ssm, logs, s3, ssmmessages, kms), the Systems Manager user guide on
// managed instances (ssm, ssmmessages, ec2messages, s3), the AWS Batch user guide on VPC endpoints
// (batch), the AWS managed policy AWSXRayDaemonWriteAccess (xray), the README files of the plug-ins of
// aws-for-fluent-bit (kinesis-firehose, kinesis-streams).
func Grants(code string, f Facts) []Grant {
	if f.MWAA {
		return nil // no guide lists all calls of an environment; AWS recommends full access
	}
	a := arns{or(f.Partition, "aws"), or(f.Region, "*"), or(f.Account, "*")}
	var out []Grant
	grant := func(why string, resources []string, actions ...string) *Grant {
		out = append(out, Grant{Actions: actions, Resources: resources, Why: why})
		return &out[len(out)-1]
	}
	everything := []string{"*"}

	switch code = strings.Replace(code, "-fips", "", 1); code {
	case "ecs-agent", "ecs-telemetry", "ecs":
		agents, instances, clusters, tasks := "container agents", []string{a.of("ecs", "container-instance/*")}, []string{a.of("ecs", "cluster/*")}, []string{a.of("ecs", "task/*")}
		if !f.Instances {
			// The agents of AWS Fargate belong to AWS: neither their principals nor their resources
			// are in the account.
			agents, instances, clusters, tasks = "the agents of AWS Fargate", everything, everything, everything
		}
		switch {
		case strings.HasSuffix(code, "-agent"):
			grant(agents, instances, "ecs:Poll")
		case strings.HasSuffix(code, "-telemetry"):
			grant(agents, instances, "ecs:Poll", "ecs:StartTelemetrySession")
		default:
			grant(agents, everything, "ecs:DiscoverPollEndpoint")
			grant(agents, clusters, "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance", "ecs:SubmitTaskStateChange",
				"ecs:SubmitContainerStateChange", "ecs:SubmitAttachmentStateChanges")
			grant(agents+", for tags and Spot interruptions", sortedSet(slices.Concat(instances, tasks), strings.TrimSpace),
				"ecs:UpdateContainerInstancesState", "ecs:TagResource", "ecs:ListTagsForResource").Optional = true
		}
		for i := range out {
			out[i].AnyPrincipal, out[i].UnknownPrincipal = !f.Instances, !f.Instances
		}
		if f.ServiceConnect && strings.HasSuffix(code, "-agent") {
			// AWS does not document which actions the proxies call, or which principal they use.
			g := grant("the proxies of Service Connect", everything, "ecs:*")
			g.AnyPrincipal, g.UnknownPrincipal = true, true
		}
		if f.Callers && !strings.Contains(code, "-") {
			grant("code in the VPC", everything, "ecs:Describe*", "ecs:List*", "ecs:RunTask", "ecs:StopTask", "ecs:UpdateService", "ecs:ExecuteCommand").Optional = true
		}
	case "ecr.api", "ecr.dkr":
		// The Docker registry accepts tokens but does not issue them: a policy for ecr.dkr works
		// without the first action.
		grant("image pulls", everything, "ecr:GetAuthorizationToken").Optional = strings.HasSuffix(code, ".dkr")
		grant("image pulls", a.all("ecr", "repository/", "*", "", f.Repositories), "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
		if f.Bottlerocket || f.UnknownHosts {
			// The SSM Agent of Bottlerocket runs in the control container. The host pulls its image from
			// a registry of AWS in the Region (README of github.com/bottlerocket-os/bottlerocket,
			// Control container).
			a := arns{a.partition, a.region, "*"}
			grant("the control and admin containers of Bottlerocket", []string{a.of("ecr", "repository/bottlerocket-control"), a.of("ecr", "repository/bottlerocket-admin")},
				"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage").Optional = !f.Bottlerocket || !f.RunCommand
		}
	case "s3":
		out = append(out, a.layers())
		if len(f.Objects) > 0 {
			objects := sortedSet(f.Objects, func(o string) string { return o })
			grant("environment files and configuration files", objects, "s3:GetObject")
			buckets := sortedSet(objects, func(o string) string { b, _, _ := strings.Cut(o, "/"); return b })
			grant("environment files and configuration files", buckets, "s3:GetBucketLocation")
		}
		if len(f.LogBuckets) > 0 {
			bucket := func(name string) string { return "arn:" + a.partition + ":s3:::" + name }
			grant("logs in Amazon S3", sortedSet(f.LogBuckets, func(b string) string { return a.object(b, "*") }), "s3:PutObject")
			grant("logs of ECS Exec sessions in Amazon S3", sortedSet(f.LogBuckets, bucket), "s3:GetEncryptionConfiguration").Optional = true
		}
		public := func(why string, buckets ...string) {
			var resources []string
			for _, b := range buckets {
				resources = append(resources, a.object(b, "*"))
			}
			g := grant(why, resources, "s3:GetObject")
			g.AnyPrincipal, g.AWSOwned, g.Optional = true, true, true // read without a signature
		}
		if f.Instances {
			public("updates of the ECS agent", "amazon-ecs-agent", "amazon-ecs-agent-"+a.region)
			public("package repositories of Amazon Linux", "al2023-repos-"+a.region+"-de612dc2", "amazonlinux-2-repos-"+a.region, "amazonlinux."+a.region+".amazonaws.com")
		}
		if f.RunCommand {
			public("Systems Manager", "aws-ssm-"+a.region, "amazon-ssm-"+a.region, "amazon-ssm-packages-"+a.region, a.region+"-birdwatcher-prod",
				"aws-ssm-distributor-file-"+a.region, "aws-ssm-document-attachments-"+a.region, "patch-baseline-snapshot-"+a.region)
		}
	case "logs":
		groups := a.all("logs", "log-group:", "*", ":*", sortedSet(f.LogGroups, func(g string) string { return strings.TrimSuffix(g, ":*") }))
		grant("the awslogs driver", groups, "logs:CreateLogStream", "logs:PutLogEvents")
		grant("log drivers that create their own group", groups, "logs:CreateLogGroup", "logs:DescribeLogStreams").Optional = true
	case "secretsmanager":
		secrets := sortedSet(f.Secrets, secretARN)
		for i, s := range secrets {
			// Secrets Manager adds a hyphen and six characters to every name.
			if !completeSecret(s) {
				secrets[i] += "-??????"
			}
		}
		grant("secrets of tasks and registry credentials", a.all("secretsmanager", "secret:", "*", "", secrets), "secretsmanager:GetSecretValue")
	case "ssm":
		if len(f.Parameters) > 0 || !f.RunCommand {
			parameters := sortedSet(f.Parameters, parameterName)
			grant("parameters of tasks", a.all("ssm", "parameter/", "*", "", parameters), "ssm:GetParameters")
		}
		if f.RunCommand {
			grant("the SSM Agent", everything, "ssm:UpdateInstanceInformation")
			grant("the SSM Agent", everything, "ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument",
				"ssm:GetManifest", "ssm:ListAssociations", "ssm:ListInstanceAssociations", "ssm:PutComplianceItems", "ssm:PutConfigurePackageResult",
				"ssm:PutInventory", "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus").Optional = true
		}
	case "ssmmessages":
		grant("ECS Exec and the SSM Agent", everything, "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
			"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel")
	case "ec2messages":
		grant("SSM Agents older than 3.3.40.0", everything, "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage",
			"ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply")
	case "kms":
		keys := a.all("kms", "key/", "*", "", sortedSet(f.Keys, func(k string) string {
			if strings.HasPrefix(k, "alias/") || strings.Contains(k, ":alias/") {
				return "*" // the policy needs the key, and an alias does not show its id
			}
			return k
		}))
		grant("ECS Exec sessions with a key", keys, "kms:Decrypt")
		grant("data that tasks encrypt", keys, "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey").Optional = true
	case "monitoring":
		grant("metrics of agents", everything, "cloudwatch:PutMetricData")
	case "xray":
		grant("traces of collectors", everything, "xray:PutTraceSegments", "xray:PutTelemetryRecords")
		grant("sampling rules of collectors", everything, "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries").Optional = true
	case "kinesis-firehose":
		grant("logs of FireLens", everything, "firehose:PutRecordBatch")
	case "kinesis-streams":
		grant("logs of FireLens", everything, "kinesis:PutRecords")
	case "batch":
		grant("submitters in the VPC", everything, "batch:SubmitJob", "batch:ListJobs", "batch:DescribeJobs")
	}
	return out
}

// AnyCall returns every call of the service behind the endpoint of a service code, for services with
// calls that are not known.
func AnyCall(code string) []Grant {
	actions := []string{"*"}
	if own := prefixes(code); len(own) > 0 {
		actions = nil
		for _, o := range own {
			actions = append(actions, o+":*")
		}
	}
	return []Grant{{Actions: actions, Resources: []string{"*"}, Why: "unknown calls"}}
}

// arns builds ARNs of a partition, Region and account.
type arns struct{ partition, region, account string }

func (a arns) of(service, resource string) string {
	return "arn:" + a.partition + ":" + service + ":" + a.region + ":" + a.account + ":" + resource
}

func (a arns) object(bucket, key string) string {
	return "arn:" + a.partition + ":s3:::" + bucket + "/" + key
}

// layers returns what image pulls from Amazon ECR do in Amazon S3. Layers are downloaded from a bucket
// of AWS with URLs that an account of Amazon ECR signed, so neither the caller nor the bucket belongs
// to the customer (Amazon ECR user guide, minimum Amazon S3 bucket permissions;
// aws-samples/data-perimeter-policy-examples, service-owned resources).
func (a arns) layers() Grant {
	return Grant{Actions: []string{"s3:GetObject"}, Resources: []string{a.object("prod-"+a.region+"-starport-layer-bucket", "*")},
		AnyPrincipal: true, AWSOwned: true, Why: "image layers of Amazon ECR"}
}

// all returns ARNs for names, or one for the whole account if the list is empty. ARNs stay unchanged
// except for the suffix.
func (a arns) all(service, kind, whole, suffix string, names []string) []string {
	if len(names) == 0 {
		names = []string{whole}
	}
	return sortedSet(names, func(n string) string {
		if strings.HasPrefix(n, "arn:") {
			return n + suffix
		}
		return a.of(service, kind+n+suffix)
	})
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// sortedSet returns the results of f for the values, each once.
func sortedSet(values []string, f func(string) string) []string {
	var out []string
	for _, v := range values {
		if v = f(strings.TrimSpace(v)); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// secretARN removes key, stage and version from the ARN of a secret, which task definitions may
// contain (Amazon ECS developer guide, secrets).
func secretARN(s string) string {
	if part := strings.Split(s, ":"); part[0] == "arn" && len(part) > 7 {
		return strings.Join(part[:7], ":")
	}
	return s
}

// completeSecret reports whether it is the ARN of a secret with the six characters that Secrets
// Manager adds to its name, or a pattern.
func completeSecret(s string) bool {
	if strings.HasSuffix(s, "*") || strings.HasSuffix(s, "?") {
		return true
	}
	at := strings.LastIndexByte(s, '-')
	if !strings.HasPrefix(s, "arn:") || at < 0 || len(s)-at != 7 {
		return false
	}
	return strings.Trim(s[at+1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// parameterName returns the ARN of a parameter without its version, or its name without the leading
// slash, which an ARN does not repeat.
func parameterName(p string) string {
	arn, name, ok := strings.Cut(p, ":parameter/")
	switch {
	case ok:
		arn += ":parameter/"
	case strings.HasPrefix(p, "arn:"):
		return p
	default:
		arn, name = "", strings.TrimPrefix(p, "/")
	}
	name, _, _ = strings.Cut(name, ":")
	return arn + name
}
