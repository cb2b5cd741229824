package inventory_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// messages are messages of AWS in their forms. What is in {} is of a customer, all other text is of AWS. The sources are the Amazon ECS
// developer guide (Viewing Amazon ECS stopped task errors, Amazon ECS service event messages), the AWS Batch user guide (Jobs stuck in a
// RUNNABLE status, INVALID compute environment) and the Amazon MWAA user guide (Troubleshooting).
var messages = []string{
	`ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://api.ecr.eu-north-1.amazonaws.com/": dial tcp 13.53.180.123:443: i/o timeout.`,
	`ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:aws:secretsmanager:us-east-1:{123456789012}:secret:{zebra/db-AbCdEf} from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded.`,
	`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:{123456789012}:secret:{rds}!{db-0a1b2c3d} from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 2bf6cb29-04f9-43d0-b8a4-f1247cbe8c0b, api error AccessDeniedException: User: arn:aws:sts::{123456789012}:assumed-role/{zebraRole}/{a20b735e9bbc41598825b6f0269f6fef} is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:{123456789012}:secret:{rds}!{db-0a1b2c3d} because no identity-based policy allows the secretsmanager:GetSecretValue action.`,
	`Fetching secret data from SSM Parameter Store in us-west-2: AccessDeniedException: User: arn:aws:sts::{123456789012}:assumed-role/{zebra}/{zebra} is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-west-2:{123456789012}:parameter/{zebra/token} because no VPC endpoint policy allows the ssm:GetParameters action status code: 400, request id: 0a1b2c3d-214b-4704-ad1e-0a1b2c3d4e5f`,
	`ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration. RequestCanceled: request context canceled caused by: context deadline exceeded`,
	`ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed`,
	`ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1`,
	`ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve "fs-0123456789abcdef0.efs.eu-west-1.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail.`,
	`CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "{123456789012}.dkr.ecr.us-east-1.amazonaws.com/{zebra}/{api}:{v42}": failed to do request: Head "https://{123456789012}.dkr.ecr.us-east-1.amazonaws.com/v2/{zebra}/{api}/manifests/{v42}": dial tcp 10.0.3.17:443: i/o timeout`,
	`CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/{0a1b}/{0a1b}": dial tcp 52.219.199.138:443: i/o timeout`,
	`CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/{zebra}/{web}:{latest}: failed to do request: Head "https://registry-1.docker.io/v2/{zebra}/{web}/manifests/{latest}": dial tcp 54.227.20.253:443: i/o timeout`,
	`CannotPullContainerError: failed to resolve ref {registry}.{zebra}.{example}/{team}/{app}:{1}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
	`CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'`,
	`Task failed to start - CannotPullImageManifestError: Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
	`CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, https response error StatusCode: 400, RequestID: 2bf6cb29-04f9-43d0-b8a4-f1247cbe8c0b, AccessDeniedException`,
	`OutOfMemoryError: Container killed due to memory usage`,
	`Essential container in task exited`,
	`Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:{123456789012}:targetgroup/{zebra}/{0a1b2c3d4e5f6071})`,
	`ECS was unable to assume the role 'arn:aws:iam::{123456789012}:role/{zebra}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
	`Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0123456789abcdef0': InsufficientFreeAddressesInSubnet`,
	`(service {task}) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
	`(service {zebra-service}) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance {93574dd2626c67345c5c407cf1d7323e}) encountered error "AGENT". For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
	`(service {zebra}, taskSet {zebra}) (port 8080) is unhealthy in (target-group {zebra-tg}) due to (reason Health checks failed with these codes: [502])`,
	`(service {zebra}) (deployment ecs-svc/1234567890123456789) deployment failed: tasks failed to start.`,
	`service {zebra} was unable to place a task. Reason: CannotPullContainerError: i/o timeout`,
	`ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1234567890123456789.`,
	`CLIENT_ERROR - Invalid IamInstanceProfile: {ecsInstanceRole}`,
	`CLIENT_ERROR - {Zebra} is not authorized`,
	`Your compute environment has been INVALIDATED and scaled down because none of the instances joined the underlying ECS Cluster. Common issues preventing instances joining are the following: VPC/Subnet configuration preventing communication to ECS, incorrect Instance Profile policy preventing authorization to ECS, or customized AMI or LaunchTemplate configurations affecting ECS agent.`,
	`MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job.`,
	`MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.`,
	`MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue.`,
	`CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [{m6i}.{xlarge}]`,
	`ACTION_REQUIRED - CE(s) associated with the job queue are invalid.`,
	`UNDETERMINED - Batch job is blocked, root cause is undetermined.`,
	`Host EC2 (instance i-0123456789abcdef0) terminated.`,
	`Terminated by {Zebra} because {Payment} failed`,
	`You may need to check the execution role permissions policy for your environment, and that each of the VPC networking components required by the environment are configured to allow traffic. Troubleshooting: https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html`,
	`Error response from daemon: Get "https://{docker-ecr}.{zebra}.{example}/v2/": x509: certificate is valid for *.dkr.ecr.us-east-1.amazonaws.com, *.dkr.ecr.us-east-1.vpce.amazonaws.com, not {docker-ecr}.{zebra}.{example}`,
	`The VPC endpoint service com.amazonaws.us-east-1.lambda does not support the availability zone of the subnet: subnet-0123456789abcdef0.`,
	`Error: dial tcp: lookup ecs-a-3.us-east-1.amazonaws.com on 10.0.0.2:53: read udp 10.0.1.5:48234->10.0.0.2:53: i/o timeout`,
	`{ZEBRA_TOKEN}: {zebra.internal} and {/zebra/log} and {zebra}_{key} and {123456789012}, /aws/batch/job and AWSBatch-{zebra} in us-east-1a at 2026-01-02T03:04:05Z (1.5s, 87%)`,
}

// unbraced are the texts of customers in a message.
var unbraced = regexp.MustCompile(`\{([^}]*)\}`)

// masked returns a message after masking, by a field of an inventory.
func masked(t *testing.T, text string) string {
	t.Helper()
	inv := &inventory.Inventory{Partition: "aws", Region: "us-east-1", Failures: inventory.Failures{Tasks: []inventory.StoppedTask{{Reason: text}}}}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	return m.Failures.Tasks[0].Reason
}

// TestMaskOfMessages: what is of AWS stays, and every letter and digit of a name is replaced, so that a program reads the same from a masked
// message.
func TestMaskOfMessages(t *testing.T) {
	for _, m := range messages {
		text := strings.NewReplacer("{", "", "}", "").Replace(m)
		got := masked(t, text)
		var of []rune // for each letter: the text if it stays, or a space if it is of a customer
		inside := false
		for _, r := range m {
			switch {
			case r == '{', r == '}':
				inside = r == '{'
			case inside && (unicode.IsLetter(r) || unicode.IsDigit(r)):
				of = append(of, ' ')
			default:
				of = append(of, r)
			}
		}
		rest := []rune(got)
		if len(rest) != len(of) {
			t.Errorf("%s\nbecame %s", text, got)
			continue
		}
		for i, r := range of {
			if r == ' ' && []rune(text)[i] != ' ' {
				rest[i] = ' '
			}
		}
		if d := cmp.Diff(string(of), string(rest)); d != "" {
			t.Errorf("%s\nbecame %s\n%s", text, got, d)
		}
		for n, loc := range unbraced.FindAllStringSubmatchIndex(m, -1) {
			name, at := m[loc[2]:loc[3]], loc[2]-1-2*n // without the braces before
			if len(name) > 1 && len(got) == len(text) && got[at:at+len(name)] == name {
				t.Errorf("%s\nhas %s", got, name)
			}
		}
	}
}

// TestMaskOfMessagesAgrees: a name has the same stand-in in a message as in the fields of its resource, and the legend gives it back.
func TestMaskOfMessagesAgrees(t *testing.T) {
	const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/zebra/api:v42"
	inv := &inventory.Inventory{Partition: "aws", Region: "us-east-1", Account: "123456789012",
		TaskDefinitions: []inventory.TaskDefinition{{ExecutionRole: "arn:aws:iam::123456789012:role/zebra-execution", Containers: []inventory.Container{{
			Name: "web", Image: image, LogGroup: "/ecs/zebra", Secrets: []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:zebra/db-AbCdEf"}}}}},
		Clusters: []inventory.Cluster{{Name: "AWSBatch-zebra", Services: []inventory.Service{{Name: "zebra-service", Rollout: "ECS deployment circuit breaker: zebra", Events: []inventory.Event{
			{Message: "(service zebra-service) failed: role 'zebra-execution', log group /ecs/zebra, cluster AWSBatch-zebra, " + image}}}}}},
		Failures: inventory.Failures{Tasks: []inventory.StoppedTask{{Group: "service:zebra-service", Containers: []inventory.StoppedContainer{{Name: "web", Reason: "zebra"}},
			Reason: "failed to fetch secret arn:aws:secretsmanager:us-east-1:123456789012:secret:zebra/db-AbCdEf: " + image}},
			Jobs: []inventory.Job{{Name: "zebra", Reason: "Task failed to start", Container: "CannotPullContainerError: failed to resolve ref " + image}}},
		Batch: inventory.Batch{Environments: []inventory.ComputeEnvironment{{Reason: "CLIENT_ERROR - zebra-execution is not authorized"}}},
		MWAA:  []inventory.Airflow{{Name: "zebra", Failure: &inventory.UpdateError{Code: "INCORRECT_CONFIGURATION", Message: "Access denied to zebra"}}},
	}
	l := legend()
	m, err := inv.Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	d, c, task := m.TaskDefinitions[0], m.Clusters[0], m.Failures.Tasks[0]
	role := d.ExecutionRole[strings.LastIndex(d.ExecutionRole, "/")+1:]
	for text, want := range map[string]string{
		c.Services[0].Events[0].Message: "(service " + c.Services[0].Name + ") failed: role '" + role + "', log group " + d.Containers[0].LogGroup + ", cluster " + c.Name + ", " + d.Containers[0].Image,
		task.Reason:                     "failed to fetch secret " + d.Containers[0].Secrets[0] + ": " + d.Containers[0].Image,
		task.Group:                      "service:" + c.Services[0].Name,
		m.Failures.Jobs[0].Container:    "CannotPullContainerError: failed to resolve ref " + d.Containers[0].Image,
		m.Batch.Environments[0].Reason:  "CLIENT_ERROR - " + role + " is not authorized",
		m.MWAA[0].Failure.Message:       "Access denied to " + m.MWAA[0].Name,
		task.Containers[0].Name:         d.Containers[0].Name,
		strings.ToLower(m.MWAA[0].Name): m.MWAA[0].Name,
		c.Services[0].Rollout:           "ECS deployment circuit breaker: " + m.MWAA[0].Name,
		m.MWAA[0].Failure.Code:          "INCORRECT_CONFIGURATION",
		m.Failures.Jobs[0].Name:         m.MWAA[0].Name,
		m.Failures.Jobs[0].Reason:       "Task failed to start",
	} {
		if text != want {
			t.Errorf("%s\nwant %s", text, want)
		}
	}
	back, _, err := l.Unmask([]string{"service ‹" + strings.Replace(c.Services[0].Name, "-", "›-‹", 1) + "›"})
	if err != nil || back[0] != "service zebra-service" {
		t.Errorf("%q %v", back, err)
	}
}

// TestMaskHidesOwnAddress: the address of a NAT gateway in a message is of the customer.
func TestMaskHidesOwnAddress(t *testing.T) {
	const text = "toomanyrequests: Request exceeded pull rate limit for IP 203.0.113.10"
	if got := masked(t, text); got != strings.Replace(text, "203.0.113.10", "192.0.2.1", 1) {
		t.Error(got)
	}
}

// TestFailuresOfEarlierSnapshots: a snapshot of an earlier version does not contain the failures, which is not the same as none. Clusters and
// queues that it has stay known.
func TestFailuresOfEarlierSnapshots(t *testing.T) {
	inv := inventory.Inventory{Region: "us-east-1", Loaded: []inventory.Request{{Part: inventory.PartClusters}}}
	r := inventory.Request{Part: inventory.PartFailures}
	if inv.Has(r) {
		t.Error("it has the part")
	}
	inv.Merge(inv.Fragment(r))
	for _, call := range inventory.Calls(inventory.PartFailures) {
		if g, _ := inv.Gap(call); g.Code != inventory.NotInSnapshot {
			t.Errorf("%s: %+v", call, g)
		}
	}
	for _, call := range []string{"ecs:ListClusters", "batch:DescribeJobQueues"} {
		if g, ok := inv.Gap(call); ok {
			t.Errorf("%+v", g)
		}
	}
}
