package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Ids of the scenario "registry".
const (
	registryVPC    = "vpc-0c2d3e4f5a6b70001"
	natA           = "subnet-0c2d3e4f5a6b71001"
	closedA        = "subnet-0c2d3e4f5a6b72001"
	registryGroup  = "sg-0c2d3e4f5a6b74001"
	registryReader = "arn:aws:iam::123456789012:role/registry-reader"
	lambdaRole     = "arn:aws:iam::123456789012:role/registry-rotation"
	privateImage   = "registry.example.com/team/app:1"
)

// pull describes the image that a task pulls, and how.
type pull struct {
	image, secret, role string
	subnet              string // "" = on a container instance
}

// start runs a task. It returns the reason why the task stopped; "" if it runs.
func (p fixture) start(what pull) string {
	p.Helper()
	in := &ecs.RegisterTaskDefinitionInput{Family: aws.String("pull"), Memory: aws.String("512"), Cpu: aws.String("256"), ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("c"), Image: &what.image}}}
	run := &ecs.RunTaskInput{Cluster: aws.String("registry")}
	if what.secret != "" {
		in.ContainerDefinitions[0].RepositoryCredentials = &ecstypes.RepositoryCredentials{CredentialsParameter: &what.secret}
	}
	if what.role != "" {
		in.ExecutionRoleArn = &what.role
	}
	if what.subnet != "" {
		in.NetworkMode, in.RequiresCompatibilities = "awsvpc", []ecstypes.Compatibility{"FARGATE"}
		run.LaunchType = "FARGATE"
		run.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{what.subnet}, SecurityGroups: []string{registryGroup}}}
	}
	run.TaskDefinition = must(p.ecs.RegisterTaskDefinition(ctx, in))(p.T).TaskDefinition.TaskDefinitionArn
	task := must(p.ecs.RunTask(ctx, run))(p.T).Tasks[0]
	p.pass(3 * time.Minute)
	task = must(p.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: run.Cluster, Tasks: []string{*task.TaskArn}}))(p.T).Tasks[0]
	if *task.LastStatus == "RUNNING" {
		must(p.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: run.Cluster, Task: task.TaskArn}))(p.T)
		return ""
	}
	if *task.LastStatus != "STOPPED" || task.StopCode != "TaskFailedToStart" {
		p.Errorf("%+v: %s %s", what, *task.LastStatus, task.StopCode)
	}
	return *task.StoppedReason
}

const fromASM = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to get registry auth from asm: "

func TestTasksPullFromAPrivateRegistry(t *testing.T) {
	p := newFixture(t, "registry")
	must(smOf(p.a).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("empty")}))(t)
	must(smOf(p.a).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("bytes"), SecretBinary: []byte(`{"username":"u","password":"p"}`)}))(t)
	allow := func(role, resource string, more ...string) {
		policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"` + resource + `"}` + strings.Join(more, "") + `]}`
		must(iamOf(p.a).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("more"), PolicyDocument: &policy}))(t)
		p.pass(10 * time.Second)
	}
	reader := func(secret string) pull { return pull{privateImage, secret, registryReader, natA} }
	none := func(string, ...string) {}
	for _, tc := range []struct {
		name   string
		allow  func(string, ...string)
		what   pull
		reason []string // parts of the reason; nil: it runs
	}{
		{"no credentials", none, pull{privateImage, "", appExecution, natA}, []string{"CannotPullContainerError: ", privateImage + ": pull access denied"}},
		{"a public image", none, pull{"public.example.com/a:1", "", appExecution, natA}, nil},
		{"good credentials", none, reader(goodSecret), nil},
		{"good credentials, by name", none, reader("dockerhub/readonly"), nil},
		{"good credentials, on a host", none, pull{privateImage, goodSecret, registryReader, ""}, nil},
		{"no internet access", none, pull{privateImage, goodSecret, registryReader, closedA}, []string{fromASM, goodSecret + ": RequestError: send request failed", "https://secretsmanager.us-east-1.amazonaws.com/", "i/o timeout"}},
		{"a role that may not", none, pull{privateImage, goodSecret, appExecution, natA}, []string{fromASM, "asm fetching secret from the service for " + goodSecret + ": AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app-execution/", "secretsmanager:GetSecretValue"}},
		{"a role that may not, on a host", none, pull{privateImage, goodSecret, appExecution, ""}, []string{"asm fetching secret from the service for " + goodSecret + ": AccessDeniedException"}},
		{"a role for Lambda", none, pull{privateImage, goodSecret, lambdaRole, natA}, []string{"ECS was unable to assume the role '" + lambdaRole + "'"}},
		{"no such role", none, pull{privateImage, goodSecret, registryReader + "x", natA}, []string{"ECS was unable to assume the role"}},
		{"another Region's secret", none, reader(strings.Replace(goodSecret, "us-east-1", "us-west-2", 1)), []string{"AccessDeniedException"}},

		{"no such secret", func(role string, _ ...string) { allow(role, "*") }, reader(secretBase + "none-AbCdEf"), []string{fromASM, "ResourceNotFoundException: Secrets Manager can't find the specified secret."}},
		{"another Region's secret, allowed", none, reader(strings.Replace(goodSecret, "us-east-1", "us-west-2", 1)), []string{"ResourceNotFoundException"}},
		{"a secret that is to go", none, reader("old/registry"), []string{"InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."}},
		{"no password", none, reader("registry/no-password"), []string{fromASM, "asm fetching password: AuthorizationData is malformed, empty field"}},
		{"no JSON", none, reader("registry/not-json"), []string{"unable to unmarshal secret value, invalid schema"}},
		{"no value", none, reader("empty"), []string{"ResourceNotFoundException", "AWSCURRENT"}},
		{"bytes", none, reader("bytes"), []string{"asm fetching authorization data: empty secrets value"}},
		{"a key that it may not use", none, reader(keyedSecret), []string{"AccessDeniedException: Access to KMS is not allowed"}},
		{"a key that is disabled", none, reader("registry/key-disabled"), []string{"DecryptionFailure"}},
		{"another account's key", none, reader(sharedSecret), []string{"Access to KMS is not allowed"}},
		{"a key by way of Secrets Manager", func(role string, _ ...string) {
			allow(role, "*", `,{"Effect":"Allow","Action":"kms:Decrypt","Resource":"`+keyBase+registryKey+`","Condition":{"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com"}}}`)
		}, reader(keyedSecret), nil},
		{"a key by way of another service", func(role string, _ ...string) {
			allow(role, "*", `,{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}`)
		}, reader(keyedSecret), []string{"Access to KMS is not allowed"}},
		{"another account's secret", func(role string, _ ...string) {
			allow(role, "arn:aws:secretsmanager:*:210987654321:*", `,{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}`)
		}, reader(sharedSecret), nil},
		{"a denial", func(role string, _ ...string) {
			allow(role, "*", `,{"Effect":"Deny","Action":"secretsmanager:*","Resource":"`+secretBase+`dockerhub/*"}`)
		}, reader(goodSecret), []string{"AccessDeniedException"}},
	} {
		tc.allow("registry-reader")
		got := p.start(tc.what)
		if (got == "") != (tc.reason == nil) {
			t.Errorf("%s: %q", tc.name, got)
		}
		for _, want := range tc.reason {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", tc.name, got, want)
			}
		}
		if strings.Contains(got, "practice-password") {
			t.Errorf("%s: the reason contains a secret value", tc.name)
		}
	}
}

func TestEndpointIsNoWayToARegistry(t *testing.T) {
	p := newFixture(t, "registry")
	group := must(p.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("endpoints"), Description: aws.String("endpoints"), VpcId: aws.String(registryVPC)}))(t).GroupId
	must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, CidrIp: aws.String("10.80.0.0/16"), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443)}))(t)
	in := endpoint(registryVPC, "com.amazonaws.us-east-1.secretsmanager", true, closedA)
	in.SecurityGroupIds = []string{*group}
	must(p.ec2.CreateVpcEndpoint(ctx, in))(t)
	p.pass(5 * time.Minute)
	got := p.start(pull{privateImage, goodSecret, registryReader, closedA})
	if !strings.Contains(got, "CannotPullContainerError: ") || !strings.Contains(got, "dial tcp 198.51.100.") {
		t.Errorf("%q", got)
	}
}

func TestRolePolicyCountsAMomentLater(t *testing.T) {
	p := newFixture(t, "registry")
	put := func(document string) {
		must(iamOf(p.a).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("app-execution"), PolicyName: aws.String("read"), PolicyDocument: &document}))(t)
	}
	what := pull{privateImage, goodSecret, appExecution, natA}
	put(readGoodSecret)
	must(iamOf(p.a).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String("app-execution"), PolicyName: aws.String("read")}))(t)
	if got := p.start(what); !strings.Contains(got, "AccessDeniedException") { // the change needs time to apply
		t.Errorf("at once: %q", got)
	}
	if got := p.start(what); got != "" {
		t.Errorf("later: %q", got)
	}
	put(strings.Replace(readGoodSecret, goodSecret, keyedSecret, 1))
	if got := p.start(what); got != "" {
		t.Errorf("the old permissions must apply a moment longer: %q", got)
	}
	if got := p.start(what); !strings.Contains(got, "AccessDeniedException") {
		t.Errorf("changed: %q", got)
	}

	must(iamOf(p.a).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String(tasksTrust)}))(t)
	must(iamOf(p.a).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("new"), PolicyName: aws.String("read"), PolicyDocument: aws.String(readGoodSecret)}))(t)
	what.role = "arn:aws:iam::123456789012:role/new"
	if got := p.start(what); !strings.Contains(got, "unable to assume the role") {
		t.Errorf("a new role, at once: %q", got)
	}
	if got := p.start(what); got != "" {
		t.Errorf("a new role, later: %q", got)
	}
}

// TestServiceIsGivenCredentials makes the same changes as the wizard: secret, policy, task
// definition, service.
func TestServiceIsGivenCredentials(t *testing.T) {
	p := newFixture(t, "registry")
	made := must(smOf(p.a).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("team/pull"), SecretString: aws.String(`{"username":"u","password":"p"}`), KmsKeyId: aws.String("alias/registry")}))(t)
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"%s"},{"Effect":"Allow","Action":"kms:Decrypt","Resource":"%s"}]}`, *made.ARN, keyBase+registryKey)
	must(iamOf(p.a).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("app-execution"), PolicyName: aws.String("read-registry"), PolicyDocument: &policy}))(t)
	p.pass(10 * time.Second)
	d := must(p.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("app")}))(t).TaskDefinition
	d.ContainerDefinitions[0].RepositoryCredentials = &ecstypes.RepositoryCredentials{CredentialsParameter: made.ARN}
	next := must(p.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: d.ContainerDefinitions, Cpu: d.Cpu, Memory: d.Memory, ExecutionRoleArn: d.ExecutionRoleArn, NetworkMode: d.NetworkMode, RequiresCompatibilities: d.RequiresCompatibilities,
	}))(t).TaskDefinition
	for _, service := range []string{"app", "app-closed"} {
		must(p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("registry"), Service: &service, TaskDefinition: next.TaskDefinitionArn}))(t)
	}
	p.pass(time.Minute)
	must(p.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: aws.String("registry")}))(t) // every call updates the tasks in the sandbox
	p.pass(3 * time.Minute)
	services := must(p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("registry"), Services: []string{"app", "app-closed"}}))(t).Services
	if d := services[0].Deployments[0]; d.RolloutState != "COMPLETED" || d.RunningCount != 1 {
		t.Errorf("app: %+v", d)
	}
	if d := services[1].Deployments[0]; d.RolloutState != "IN_PROGRESS" || d.RunningCount != 0 || d.FailedTasks == 0 {
		t.Errorf("app-closed: %+v", d)
	}
}
