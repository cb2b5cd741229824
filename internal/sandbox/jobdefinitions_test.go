package sandbox_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const appExecution = "arn:aws:iam::123456789012:role/app-execution"

// signed sends a request without changes.
func signed(t *testing.T, a *sandbox.Account, service, path, body string) (int, string) {
	t.Helper()
	req := httptest.NewRequest("POST", "http://sandbox"+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

// fromJSON reads a request of the SDK. Its names differ from those in HTTP requests only in upper
// and lower case.
func fromJSON[T any](t *testing.T, text string) *T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return &v
}

// sameAs ignores the fields of the SDK's types that are not data, and empty lists that AWS adds.
var sameAs = []cmp.Option{
	cmpopts.EquateEmpty(),
	cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.Last().String(), "noSmithyDocumentSerde") }, cmp.Ignore()),
}

const fullContainer = `{"image":"registry.example.com/a:1","command":["a","Ref::x"],"jobRoleArn":"arn:aws:iam::123456789012:role/x","executionRoleArn":"` + appExecution + `",
"volumes":[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1","transitEncryption":"ENABLED","transitEncryptionPort":2999,"authorizationConfig":{"accessPointId":"fsap-1","iam":"ENABLED"}}}],
"environment":[{"name":"A","value":"b"}],"mountPoints":[{"containerPath":"/v","sourceVolume":"v","readOnly":true}],"readonlyRootFilesystem":true,"ulimits":[{"name":"nofile","hardLimit":10,"softLimit":5}],
"user":"nobody","resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"2048"}],"linuxParameters":{"initProcessEnabled":true,"tmpfs":[{"containerPath":"/t","size":5,"mountOptions":["ro"]}]},
"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/g"},"secretOptions":[{"name":"s","valueFrom":"arn:s"}]},"secrets":[{"name":"S","valueFrom":"arn:s"}],
"networkConfiguration":{"assignPublicIp":"DISABLED"},"fargatePlatformConfiguration":{"platformVersion":"1.4.0"},"ephemeralStorage":{"sizeInGiB":30},
"runtimePlatform":{"operatingSystemFamily":"LINUX","cpuArchitecture":"ARM64"},"repositoryCredentials":{"credentialsParameter":"` + goodSecret + `"}}`

func TestJobDefinitionIsShownAsItWasSent(t *testing.T) {
	c := batchOf(open(t, named("registry")))
	for name, text := range map[string]string{
		"single": `{"jobDefinitionName":"single","type":"container","parameters":{"x":"1"},"schedulingPriority":7,"containerProperties":` + fullContainer + `,
"retryStrategy":{"attempts":3,"evaluateOnExit":[{"onStatusReason":"Host EC2*","action":"RETRY"}]},"propagateTags":true,"timeout":{"attemptDurationSeconds":60},"tags":{"run":"1"},"platformCapabilities":["FARGATE"],
"consumableResourceProperties":{"consumableResourceList":[{"consumableResource":"licence","quantity":2}]}}`,
		"several": `{"jobDefinitionName":"several","type":"container","platformCapabilities":["EC2"],"ecsProperties":{"taskProperties":[{"executionRoleArn":"` + appExecution + `","taskRoleArn":"arn:t","ipcMode":"task","pidMode":"task",
"volumes":[{"name":"h","host":{"sourcePath":"/h"}}],"containers":[{"name":"a","image":"registry.example.com/a:1","command":["x"],"dependsOn":[{"containerName":"b","condition":"START"}],"essential":true,"privileged":true,
"firelensConfiguration":{"type":"fluentbit","options":{"k":"v"}},"repositoryCredentials":{"credentialsParameter":"dockerhub/readonly"},"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"1024"}],"ulimits":[{"name":"core","hardLimit":1,"softLimit":1}]},
{"name":"b","image":"busybox","essential":false,"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"1024"}]}]}]}}`,
		"nodes": `{"jobDefinitionName":"nodes","type":"multinode","nodeProperties":{"numNodes":2,"mainNode":0,"nodeRangeProperties":[{"targetNodes":"0:","instanceTypes":["p4d.24xlarge"],"container":{"image":"registry.example.com/a:1",
"vcpus":2,"memory":512,"instanceType":"p4d.24xlarge","executionRoleArn":"` + appExecution + `","repositoryCredentials":{"credentialsParameter":"x"}}}]}}`,
	} {
		in := fromJSON[batch.RegisterJobDefinitionInput](t, text)
		for revision := int32(1); revision <= 2; revision++ {
			out := must(c.RegisterJobDefinition(ctx, in))(t)
			if *out.Revision != revision || *out.JobDefinitionName != name || *out.JobDefinitionArn != "arn:aws:batch:us-east-1:123456789012:job-definition/"+name+":"+map[int32]string{1: "1", 2: "2"}[revision] {
				t.Errorf("%+v", out)
			}
		}
		shown := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{name + ":2"}}))(t).JobDefinitions[0]
		if *shown.Status != "ACTIVE" || *shown.Revision != 2 || shown.ContainerOrchestrationType != "ECS" {
			t.Errorf("%+v", shown)
		}
		if len(in.PlatformCapabilities) == 0 {
			in.PlatformCapabilities = []batchtypes.PlatformCapability{"EC2"}
		}
		if in.PropagateTags == nil {
			in.PropagateTags = aws.Bool(false)
		}
		again := &batch.RegisterJobDefinitionInput{ // what a program sends to register it again
			JobDefinitionName: shown.JobDefinitionName, Type: batchtypes.JobDefinitionType(*shown.Type), Parameters: shown.Parameters, SchedulingPriority: shown.SchedulingPriority,
			ContainerProperties: shown.ContainerProperties, NodeProperties: shown.NodeProperties, EcsProperties: shown.EcsProperties, RetryStrategy: shown.RetryStrategy, Timeout: shown.Timeout,
			PropagateTags: shown.PropagateTags, Tags: shown.Tags, PlatformCapabilities: shown.PlatformCapabilities, ConsumableResourceProperties: shown.ConsumableResourceProperties,
		}
		if d := cmp.Diff(in, again, append(sameAs, cmpopts.IgnoreUnexported(batch.RegisterJobDefinitionInput{}))...); d != "" {
			t.Errorf("%s (-sent +shown):\n%s", name, d)
		}
		if again := must(c.RegisterJobDefinition(ctx, again))(t); *again.Revision != 3 {
			t.Errorf("revision %d", *again.Revision)
		}
	}
}

func TestJobDefinitionsAreRefusedAsBatchDoes(t *testing.T) {
	c := batchOf(open(t, named("registry")))
	const requirements = `"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"2048"}]`
	single := func(container string) string {
		return `{"jobDefinitionName":"x","type":"container","platformCapabilities":["FARGATE"],"containerProperties":` + container + `}`
	}
	for what, text := range map[string]string{
		"nothing":               `{"jobDefinitionName":"x","type":"container"}`,
		"a bad name":            `{"jobDefinitionName":"x y","type":"container"}`,
		"no execution role":     single(`{"image":"a",` + requirements + `}`),
		"no image":              single(`{"executionRoleArn":"r",` + requirements + `}`),
		"no memory":             single(`{"image":"a","executionRoleArn":"r","resourceRequirements":[{"type":"VCPU","value":"1"}]}`),
		"no cpu":                single(`{"image":"a","executionRoleArn":"r","resourceRequirements":[{"type":"MEMORY","value":"1"}]}`),
		"privileged":            single(`{"image":"a","executionRoleArn":"r","privileged":true,` + requirements + `}`),
		"credentials, no role":  strings.Replace(single(`{"image":"a","repositoryCredentials":{"credentialsParameter":"s"},`+requirements+`}`), "FARGATE", "EC2", 1),
		"secrets, no role":      strings.Replace(single(`{"image":"a","secrets":[{"name":"s","valueFrom":"s"}],`+requirements+`}`), "FARGATE", "EC2", 1),
		"both platforms":        strings.Replace(single(`{"image":"a","executionRoleArn":"r",`+requirements+`}`), `"FARGATE"`, `"FARGATE","EC2"`, 1),
		"no nodes":              `{"jobDefinitionName":"x","type":"multinode"}`,
		"two tasks":             `{"jobDefinitionName":"x","type":"container","ecsProperties":{"taskProperties":[{"containers":[{"image":"a",` + requirements + `}]},{"containers":[{"image":"a",` + requirements + `}]}]}}`,
		"nothing essential":     `{"jobDefinitionName":"x","type":"container","ecsProperties":{"taskProperties":[{"containers":[{"image":"a","essential":false,` + requirements + `}]}]}}`,
		"one and several":       `{"jobDefinitionName":"x","type":"container","containerProperties":{"image":"a",` + requirements + `},"ecsProperties":{"taskProperties":[]}}`,
		"a priority too high":   `{"jobDefinitionName":"x","type":"container","schedulingPriority":10000,"containerProperties":{"image":"a",` + requirements + `}}`,
		"several, without role": `{"jobDefinitionName":"x","type":"container","platformCapabilities":["FARGATE"],"ecsProperties":{"taskProperties":[{"containers":[{"image":"a",` + requirements + `}]}]}}`,
	} {
		_, err := c.RegisterJobDefinition(ctx, fromJSON[batch.RegisterJobDefinitionInput](t, text))
		if code(err) != "ClientException" || !strings.HasPrefix(message(err), "Error executing request, Exception : ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The sandbox also rejects what the SDK rejects before sending.
	for _, body := range []string{`{"type":"container","containerProperties":{}}`, `{"jobDefinitionName":"x","containerProperties":{}}`} {
		if status, answer := signed(t, open(t, named("registry")), "batch", "/v1/registerjobdefinition", body); status != 400 || !strings.Contains(answer, "ClientException") {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
}

func TestDeregisteredJobDefinitionIsInactive(t *testing.T) {
	c := batchOf(open(t, named("registry")))
	for _, name := range []string{"nightly:2", "arn:aws:batch:us-east-1:123456789012:job-definition/bundle:1"} {
		must(c.DeregisterJobDefinition(ctx, &batch.DeregisterJobDefinitionInput{JobDefinition: &name}))(t)
		if d := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{name}}))(t).JobDefinitions; *d[0].Status != "INACTIVE" {
			t.Errorf("%s is %s", name, *d[0].Status)
		}
	}
	if d := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{Status: aws.String("ACTIVE")}))(t).JobDefinitions; len(d) != 2 {
		t.Errorf("%d are active", len(d))
	}
	_, err := c.DeregisterJobDefinition(ctx, &batch.DeregisterJobDefinitionInput{JobDefinition: aws.String("nightly:9")})
	wantCode(t, err, "ClientException")
}

func TestJobDefinitionsOfTheScenarioShowAllTheyHave(t *testing.T) {
	c := batchOf(open(t, named("registry")))
	d := must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{"nightly:2"}}))(t).JobDefinitions[0]
	if *d.Timeout.AttemptDurationSeconds != 3600 || *d.RetryStrategy.Attempts != 2 || d.Parameters["day"] != "today" || !*d.PropagateTags || d.Tags["team"] != "reports" ||
		*d.ContainerProperties.FargatePlatformConfiguration.PlatformVersion != "LATEST" || d.ContainerProperties.Volumes == nil {
		t.Errorf("%+v", d)
	}
	d = must(c.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitions: []string{"bundle-ec2:1"}}))(t).JobDefinitions[0]
	if task := d.EcsProperties.TaskProperties[0]; len(task.Containers) != 2 || *task.Containers[0].DependsOn[0].ContainerName != "helper" || task.Containers[1].Secrets == nil {
		t.Errorf("%+v", task)
	}
}

func TestTaskDefinitionIsShownAsItWasSent(t *testing.T) {
	c := ecsOf(open(t, named("registry")))
	in := fromJSON[ecs.RegisterTaskDefinitionInput](t, `{"family":"all","taskRoleArn":"arn:t","executionRoleArn":"`+appExecution+`","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
"pidMode":"task","ephemeralStorage":{"sizeInGiB":30},"enableFaultInjection":true,"proxyConfiguration":{"type":"APPMESH","containerName":"a","properties":[{"name":"k","value":"v"}]},
"runtimePlatform":{"cpuArchitecture":"ARM64","operatingSystemFamily":"LINUX"},"tags":[{"key":"run","value":"1"}],
"volumes":[{"name":"v","configuredAtLaunch":true},{"name":"e","efsVolumeConfiguration":{"fileSystemId":"fs-1","transitEncryptionPort":2999,"authorizationConfig":{"iam":"ENABLED"}}}],
"containerDefinitions":[{"name":"a","image":"registry.example.com/a:1","repositoryCredentials":{"credentialsParameter":"`+goodSecret+`"},"cpu":1,"essential":true,"startTimeout":5,"stopTimeout":6,"dockerLabels":{"k":"v"},
"portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp","appProtocol":"http2","name":"web"}],"healthCheck":{"command":["CMD","true"],"interval":7},"linuxParameters":{"initProcessEnabled":true},
"restartPolicy":{"enabled":true,"restartAttemptPeriod":60},"systemControls":[{"namespace":"net","value":"1"}],"volumesFrom":[{"sourceContainer":"b","readOnly":true}],"versionConsistency":"disabled",
"dependsOn":[{"containerName":"b","condition":"HEALTHY"}],"ulimits":[{"name":"nofile","hardLimit":10,"softLimit":5}],"firelensConfiguration":{"type":"fluentbit"},"mountPoints":[{"sourceVolume":"v","containerPath":"/v","readOnly":true}],
"environmentFiles":[{"value":"arn:f","type":"s3"}],"resourceRequirements":[{"type":"GPU","value":"1"}],"user":"nobody","readonlyRootFilesystem":true,"workingDirectory":"/w"},
{"name":"b","image":"busybox"}]}`)
	made := must(c.RegisterTaskDefinition(ctx, in))(t)
	shown := must(c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("all:1"), Include: []ecstypes.TaskDefinitionField{"TAGS"}}))(t)
	if d := cmp.Diff(made.TaskDefinition, shown.TaskDefinition, sameAs...); d != "" {
		t.Error(d)
	}
	again := &ecs.RegisterTaskDefinitionInput{
		Family: shown.TaskDefinition.Family, TaskRoleArn: shown.TaskDefinition.TaskRoleArn, ExecutionRoleArn: shown.TaskDefinition.ExecutionRoleArn, NetworkMode: shown.TaskDefinition.NetworkMode,
		RequiresCompatibilities: shown.TaskDefinition.RequiresCompatibilities, Cpu: shown.TaskDefinition.Cpu, Memory: shown.TaskDefinition.Memory, PidMode: shown.TaskDefinition.PidMode,
		EphemeralStorage: shown.TaskDefinition.EphemeralStorage, EnableFaultInjection: shown.TaskDefinition.EnableFaultInjection, ProxyConfiguration: shown.TaskDefinition.ProxyConfiguration,
		RuntimePlatform: shown.TaskDefinition.RuntimePlatform, Tags: shown.Tags, Volumes: shown.TaskDefinition.Volumes, ContainerDefinitions: shown.TaskDefinition.ContainerDefinitions,
		PlacementConstraints: shown.TaskDefinition.PlacementConstraints,
	}
	if b := again.ContainerDefinitions[1]; b.Essential == nil || !*b.Essential {
		t.Error("a container without the setting is not essential by default")
	}
	in.ContainerDefinitions[1].Essential = aws.Bool(true)
	if d := cmp.Diff(in, again, append(sameAs, cmpopts.IgnoreUnexported(ecs.RegisterTaskDefinitionInput{}))...); d != "" {
		t.Errorf("(-sent +shown):\n%s", d)
	}
	if out := must(c.RegisterTaskDefinition(ctx, again))(t); out.TaskDefinition.Revision != 2 {
		t.Errorf("revision %d", out.TaskDefinition.Revision)
	}
	if out := must(c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("all:1")}))(t); len(out.Tags) != 0 {
		t.Error("tags were shown without being requested")
	}
	in.ExecutionRoleArn = nil
	_, err := c.RegisterTaskDefinition(ctx, in)
	wantCode(t, err, "ClientException")
}
