package aws

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const canary = "canary-7f3a"

// openSandbox opens the sandbox account with a private registry.
func openSandbox(t *testing.T, o Options) *Client {
	t.Helper()
	a, err := sandbox.New(sandbox.Options{Scenario: "registry"})
	if err != nil {
		t.Fatal(err)
	}
	if o.Transport == nil {
		o.Transport = a
	}
	o.Region = "us-east-1"
	c, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// says makes a call and returns the value of an expression over the answer, or the code of the
// error.
func says(t *testing.T, c *Client, service, op string, in map[string]any, expr string) string {
	t.Helper()
	out, err := c.Call(t.Context(), service, op, in)
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := resource.Query(expr, out)
	if err != nil {
		t.Fatal(err)
	}
	return resource.Text(v)
}

// TestOperationNames verifies the part of the table that the compiler cannot
// check.
func TestOperationNames(t *testing.T) {
	for name := range openSandbox(t, Options{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		of, _, _ := strings.Cut(fmt.Sprintf("%T", apis[service].client(sdk.Config{})), ".")
		if got, want := fmt.Sprintf("%T", NewRequest(service, op)), of+"."+op+"Input"; got != want {
			t.Errorf("%s takes a %s", name, got)
		}
	}
	if got := NewRequest("ec2", "DescribeUnicorns"); got != nil {
		t.Errorf("%T", got)
	}
}

func TestSecretsAreCalledAsData(t *testing.T) {
	c := openSandbox(t, Options{})
	const token = "11111111-1111-4111-8111-111111111111"
	create := map[string]any{"Name": "team/registry", "SecretString": `{"username":"u","password":"p"}`, "ClientRequestToken": token, "KmsKeyId": "alias/registry",
		"Tags": []any{map[string]any{"Key": "run", "Value": "1"}}}
	for range 2 { // a token makes one secret
		if got := says(t, c, "secretsmanager", "CreateSecret", create, "[ARN, VersionId]"); got != "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/registry-AAAAAB\t"+token {
			t.Error(got)
		}
	}
	binary := base64.StdEncoding.EncodeToString([]byte("\x00bytes"))
	for _, tc := range []struct {
		op   string
		in   map[string]any
		expr string
		want string
	}{
		{"CreateSecret", map[string]any{"Name": "team/registry", "SecretString": "x"}, "@", "ResourceExistsException"},
		{"DescribeSecret", map[string]any{"SecretId": "team/registry"}, "[KmsKeyId, Tags[0].Key, VersionIdsToStages.\"" + token + "\"[0], RotationEnabled]", "alias/registry\trun\tAWSCURRENT\tNone"},
		{"DescribeSecret", map[string]any{"SecretId": "old/registry"}, "DeletedDate", "2026-01-28T09:00:00+00:00"},
		{"PutSecretValue", map[string]any{"SecretId": "team/registry", "SecretBinary": binary}, "VersionStages[0]", "AWSCURRENT"},
		{"GetSecretValue", map[string]any{"SecretId": "team/registry"}, "[SecretBinary, SecretString]", binary + "\tNone"},
		{"GetSecretValue", map[string]any{"SecretId": "team/registry", "VersionId": token}, "SecretString", `{"username":"u","password":"p"}`},
		{"DeleteSecret", map[string]any{"SecretId": "team/registry", "RecoveryWindowInDays": 7}, "Name", "team/registry"},
		{"DeleteSecret", map[string]any{"SecretId": "team/registry", "RecoveryWindowInDays": 7}, "Name", "InvalidRequestException"},
		{"RestoreSecret", map[string]any{"SecretId": "team/registry"}, "Name", "team/registry"},
		{"GetSecretValue", map[string]any{"SecretId": "none"}, "@", "ResourceNotFoundException"},
		{"GetSecretValue", map[string]any{}, "@", CodeRequest},
	} {
		if got := says(t, c, "secretsmanager", tc.op, tc.in, tc.expr); got != tc.want {
			t.Errorf("%s %v: %q, want %q", tc.op, tc.in, got, tc.want)
		}
	}
}

func TestRolesAreCalledAsDataWithTheirPoliciesRead(t *testing.T) {
	c := openSandbox(t, Options{})
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`
	role, named := map[string]any{"RoleName": "pulls"}, map[string]any{"RoleName": "pulls", "PolicyName": "read"}
	for _, tc := range []struct {
		op         string
		in         map[string]any
		expr, want string
	}{
		{"CreateRole", map[string]any{"RoleName": "pulls", "AssumeRolePolicyDocument": trust, "Tags": []any{map[string]any{"Key": "run", "Value": "1"}}}, "Role.AssumeRolePolicyDocument.Statement[0].Principal.Service", "ecs-tasks.amazonaws.com"},
		{"CreateRole", map[string]any{"RoleName": "pulls", "AssumeRolePolicyDocument": trust}, "@", "EntityAlreadyExists"},
		{"GetRole", role, "Role.[Arn, Tags[0].Value, AssumeRolePolicyDocument.Version]", "arn:aws:iam::123456789012:role/pulls\t1\t2012-10-17"},
		{"PutRolePolicy", map[string]any{"RoleName": "pulls", "PolicyName": "read", "PolicyDocument": policy}, "length(keys(@))", "0"},
		{"GetRolePolicy", named, "[PolicyName, PolicyDocument.Statement[0].Action]", "read\tsecretsmanager:GetSecretValue"},
		{"DeleteRole", role, "@", "DeleteConflict"},
		{"DeleteRolePolicy", named, "length(keys(@))", "0"},
		{"DeleteRolePolicy", named, "@", "NoSuchEntity"},
		{"DeleteRole", role, "length(keys(@))", "0"},
		{"GetRole", role, "@", "NoSuchEntity"},
	} {
		if got := says(t, c, "iam", tc.op, tc.in, tc.expr); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.op, got, tc.want)
		}
	}
}

func TestDefinitionsAreCalledAsData(t *testing.T) {
	c := openSandbox(t, Options{})
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:dockerhub/readonly-Rd0nLy"
	credentials := map[string]any{"credentialsParameter": secret}
	shown, err := c.Call(t.Context(), "batch", "DescribeJobDefinitions", map[string]any{"jobDefinitions": []string{"nightly:2"}})
	if err != nil {
		t.Fatal(err)
	}
	// A described resource can be sent again, except for the fields that AWS sets on a revision.
	job := shown.(map[string]any)["jobDefinitions"].([]any)[0].(map[string]any)
	for _, k := range []string{"jobDefinitionArn", "revision", "status", "containerOrchestrationType"} {
		delete(job, k)
	}
	job["containerProperties"].(map[string]any)["repositoryCredentials"] = credentials
	job["tags"] = map[string]any{"A key of one's own": "x"}
	shown, err = c.Call(t.Context(), "ecs", "DescribeTaskDefinition", map[string]any{"taskDefinition": "app", "include": []string{"TAGS"}})
	if err != nil {
		t.Fatal(err)
	}
	task := shown.(map[string]any)["taskDefinition"].(map[string]any)
	for _, k := range []string{"taskDefinitionArn", "revision", "status", "compatibilities", "registeredAt", "registeredBy", "requiresAttributes"} {
		delete(task, k)
	}
	task["containerDefinitions"].([]any)[0].(map[string]any)["repositoryCredentials"] = credentials
	task["executionRoleArn"] = "arn:aws:iam::123456789012:role/registry-reader"
	task["tags"] = []any{map[string]any{"key": "run", "value": "1"}}
	arn := "arn:aws:ecs:us-east-1:123456789012:task-definition/app:4"
	run := map[string]any{"cluster": "registry", "taskDefinition": "app:4", "launchType": "FARGATE", "clientToken": "once", "startedBy": "probe", "networkConfiguration": map[string]any{
		"awsvpcConfiguration": map[string]any{"subnets": []string{"subnet-0c2d3e4f5a6b71001"}, "securityGroups": []string{"sg-0c2d3e4f5a6b74001"}, "assignPublicIp": "DISABLED"}}}
	const second = "arn:aws:ecs:us-east-1:123456789012:task/registry/00000000000000000000000000000002" // the first is the one of the service
	for _, tc := range []struct {
		service, op string
		in          map[string]any
		expr, want  string
	}{
		{"batch", "RegisterJobDefinition", job, "[jobDefinitionName, revision]", "nightly\t3"},
		{"batch", "DescribeJobDefinitions", map[string]any{"jobDefinitions": []string{"nightly:3"}}, "jobDefinitions[0].[containerProperties.repositoryCredentials.credentialsParameter, timeout.attemptDurationSeconds, " +
			"parameters.day, tags.\"A key of one's own\", platformCapabilities[0], propagateTags, retryStrategy.attempts]", secret + "\t3600\ttoday\tx\tFARGATE\tTrue\t2"},
		{"batch", "DeregisterJobDefinition", map[string]any{"jobDefinition": "nightly:3"}, "length(keys(@))", "0"},
		{"batch", "DescribeJobDefinitions", map[string]any{"jobDefinitionName": "nightly", "status": "ACTIVE"}, "jobDefinitions[].revision", "2"},
		{"batch", "RegisterJobDefinition", map[string]any{"jobDefinitionName": "x", "type": "container"}, "@", "ClientException"},
		{"batch", "RegisterJobDefinition", map[string]any{"JobDefinitionName": "x"}, "@", CodeRequest},
		{"ecs", "RegisterTaskDefinition", task, "[taskDefinition.taskDefinitionArn, taskDefinition.containerDefinitions[0].repositoryCredentials.credentialsParameter, tags[0].value]", arn + "\t" + secret + "\t1"},
		{"ecs", "UpdateService", map[string]any{"cluster": "registry", "service": "app", "taskDefinition": arn}, "service.deployments[0].rolloutState", "IN_PROGRESS"},
		{"ecs", "RunTask", run, "tasks[0].startedBy", "probe"},
		{"ecs", "RunTask", run, "length(tasks)", "1"},
		{"ecs", "DescribeTasks", map[string]any{"cluster": "registry", "tasks": []string{second}}, "tasks[0].[lastStatus, group]", "PROVISIONING\tfamily:app"},
		{"ecs", "StopTask", map[string]any{"cluster": "registry", "task": second, "reason": "enough"}, "task.stoppedReason", "enough"},
		{"ecs", "DeregisterTaskDefinition", map[string]any{"taskDefinition": arn}, "taskDefinition.status", "INACTIVE"},
	} {
		if got := says(t, c, tc.service, tc.op, tc.in, tc.expr); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.op, got, tc.want)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	c := openSandbox(t, Options{})
	for op, in := range map[string]map[string]any{
		"secretsmanager.DescribeSecret": {"SecretId": "none"}, "iam.GetRole": {"RoleName": "none"},
		"iam.GetRolePolicy": {"RoleName": "app-execution", "PolicyName": "none"},
	} {
		service, name, _ := strings.Cut(op, ".")
		_, err := c.Call(t.Context(), service, name, in)
		var e *Error
		if !errors.As(err, &e) || !e.NotFound() {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestSecretValuesStayOutOfTheLogsAndErrors(t *testing.T) {
	var log, audit bytes.Buffer
	c := openSandbox(t, Options{Debug: &log, Audit: &audit})
	const token = "11111111-1111-4111-8111-111111111111"
	var errs []error
	do := func(op string, in map[string]any) {
		t.Helper()
		_, err := c.Call(t.Context(), "secretsmanager", op, in)
		errs = append(errs, err)
	}
	do("CreateSecret", map[string]any{"Name": "s", "SecretString": canary, "ClientRequestToken": token})
	do("GetSecretValue", map[string]any{"SecretId": "s"})
	do("PutSecretValue", map[string]any{"SecretId": "s", "SecretBinary": base64.StdEncoding.EncodeToString([]byte(canary))})
	if d := cmp.Diff([]error{nil, nil, nil}, errs, cmp.Comparer(func(a, b error) bool { return (a == nil) == (b == nil) })); d != "" {
		t.Fatal(d)
	}
	do("CreateSecret", map[string]any{"Name": "s", "SecretString": canary})
	do("CreateSecret", map[string]any{"Name": "bad name", "SecretString": canary})
	do("PutSecretValue", map[string]any{"SecretId": "s", "SecretString": canary, "ClientRequestToken": token + "short-" + strings.Repeat("x", 64)})
	do("PutSecretValue", map[string]any{"SecretId": "s", "SecretString": canary + strings.Repeat("x", 70000)})
	do("PutSecretValue", map[string]any{"SecretId": "s", "SecretBinary": canary}) // no base64
	do("PutSecretValue", map[string]any{"SecretId": "s", "SecretString": map[string]any{"password": canary}})
	do("PutSecretValue", map[string]any{"SecretString": canary})
	for _, err := range errs[3:] {
		if err == nil {
			t.Error("a call was not rejected")
		}
	}
	// The SDK rejected the last three without sending them.
	if n := strings.Count(log.String(), "\n"); n != 7 || !strings.Contains(log.String(), " secretsmanager CreateSecret status=200 ") {
		t.Errorf("%d lines: %s", n, log.String())
	}
	if n := strings.Count(audit.String(), "\n"); n != 7 || !strings.Contains(audit.String(), `"service":"secretsmanager","operation":"PutSecretValue","resource":"s"`) {
		t.Errorf("%d lines: %s", n, audit.String())
	}
	if said := log.String() + audit.String() + fmt.Sprintf("%v %+v", errs, errs); strings.Contains(said, canary) || strings.Contains(said, base64.StdEncoding.EncodeToString([]byte(canary))) {
		t.Errorf("a value is in %s", said)
	}
}
