//go:build acceptance

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
)

const (
	motoPassword = `ca"na$ry\🐤 'x' & %s ` + "`id` $(id) !! #"

	// motoValue is the secret as it must be held, byte for byte.
	motoValue = `{"username":"te\"am","password":"ca\"na$ry\\🐤 'x' & %s ` + "`id` $(id) !! #" + `"}`
)

// TestAcceptanceCredentialsOnMoto carries credentials of a private registry out on an emulator that
// others wrote, by apply and by script, on an account each.
//
// What moto leaves out, and so is not tried here: of itself it starts no tasks of a
// service, so no service is given the new revision; it knows no requiresAttributes of task
// definitions; of job definitions it forgets ecsProperties, nodeProperties,
// schedulingPriority and consumableResourceProperties, so no job of several containers is
// tried, while containerProperties come back whole. It encrypts nothing and asks no policy
// whether a role may read.
func TestAcceptanceCredentialsOnMoto(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	cli := long[0]
	for name, tt := range map[string]struct {
		answers string
		furnish func(s *site, subnets []string, group, role string)
		read    func(s *site) []map[string]any
		logins  int
	}{
		"ecs":   {"version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/app\n", (*site).furnishService, (*site).taskDefinitions, 2},
		"batch": {"version: 1\nworkload: batch-fargate\nvpc: shop\ncompute_environment: jobs\n", (*site).furnishJobs, (*site).jobDefinitions, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := map[string]held{}
			for _, method := range []string{"apply", "script"} {
				s := newSite(t, startMoto(t))
				s.post("/moto-api/seed?a=7") // the same ids for the same account
				key := s.furnishRegistry(tt.furnish)
				keep := tt.answers + "registry:\n  secret: team/registry\n  definition: app\n"
				s.write("set.yaml", keep+"  value: set\n  username: te\"am\n  description: Reads images\n  kms_key: alias/registry\n")
				s.write("keep.yaml", keep)
				s.write("password", motoPassword+"\n")
				var out, said string
				// No endpoint leads to the registry, which is an error that the answers accept.
				if method == "apply" {
					out, said = s.run(0, tool(t, "bash"), "-c", "wizard apply --answers set.yaml --yes --accept R-NET --debug debug.log --registry-password-stdin < password")
					if !strings.Contains(out, "0 failed, 0 not started. Verification: passed") {
						t.Error(out, said)
					}
				} else {
					s.wizard(0, "export", "--answers", "set.yaml", "--accept", "R-NET", "--format", "bash", "--out", "e.sh")
					out, said = s.script(cli, 0, "-c", "bash e.sh < password")
				}
				s.leaks(out, said)
				first := s.held(tt.read)
				s.checkHeld(first, key, tt.logins)
				if method == "apply" {
					// The service still runs the revision without credentials.
					if out, said = s.wizard(0, "apply", "--answers", "keep.yaml", "--accept", "R-NET", "--accept", "E-DOCKERHUB", "--yes"); !strings.Contains(out, "0 changes applied, ") {
						t.Error("the second apply made something", out, said)
					}
				} else {
					s.script(cli, 0, "-c", "bash e.sh < /dev/null") // the password is not asked for
				}
				if d := cmp.Diff(first, s.held(tt.read)); d != "" {
					t.Errorf("the second %s changed something (-first +second) %s", method, d)
				}
				results[method] = first.renamed(t)
			}
			if d := cmp.Diff(results["apply"], results["script"]); d != "" {
				t.Error("apply and script differ on moto (-apply +script)", d)
			}
		})
	}
}

// held is what an account holds of credentials.
type held struct {
	Value, Key, ARN, Description string
	Tags                         map[string]string
	Versions                     map[string][]string
	Policies                     map[string]string
	Attached                     int
	Definitions                  []map[string]any // all revisions, in turn
}

// held reads back through the SDK, and not through the product.
func (s *site) held(definitions func(*site) []map[string]any) held {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	sm, roles := secretsmanager.NewFromConfig(s.config()), iam.NewFromConfig(s.config())
	secret := must(sm.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: sdk.String("team/registry")}))(t)
	out := held{Value: s.valueOf("team/registry"), Key: sdk.ToString(secret.KmsKeyId), ARN: *secret.ARN, Description: sdk.ToString(secret.Description),
		Tags: map[string]string{}, Versions: secret.VersionIdsToStages, Policies: map[string]string{}, Definitions: definitions(s)}
	for _, tag := range secret.Tags {
		out.Tags[*tag.Key] = *tag.Value
	}
	role := sdk.String("app-execution")
	for _, name := range must(roles.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: role}))(t).PolicyNames {
		policy := must(roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: &name}))(t)
		var document map[string]any // white space means nothing in it
		if err := json.Unmarshal([]byte(must(url.QueryUnescape(*policy.PolicyDocument))(t)), &document); err != nil {
			t.Fatal(err)
		}
		out.Policies[name] = string(must(json.Marshal(document))(t))
	}
	out.Attached = len(must(roles.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: role}))(t).AttachedPolicies)
	return out
}

// renamed leaves out what no two accounts have in common: the suffix of the secret's ARN
// and the ids of its versions.
func (h held) renamed(t *testing.T) held {
	t.Helper()
	text := strings.ReplaceAll(string(must(json.Marshal(h))(t)), h.ARN, "<secret>")
	for id := range h.Versions {
		text = strings.ReplaceAll(text, id, "<version>")
	}
	var out held
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *site) checkHeld(h held, key string, logins int) {
	t := s.t
	t.Helper()
	if h.Value != motoValue {
		t.Errorf("the secret holds %s, not %s", h.Value, motoValue)
	}
	// moto shows what was given, which is the alias; it must lead to the key.
	if led := must(kms.NewFromConfig(s.config()).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &h.Key}))(t).KeyMetadata; *led.Arn != key || len(h.Versions) != 1 {
		t.Errorf("key %q leads to %q, not %q; versions %v", h.Key, *led.Arn, key, h.Versions)
	}
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(h.Policies["privatelink-wizard-registry"]), &policy); err != nil || len(h.Policies) != 2 {
		t.Fatal(err, h.Policies)
	}
	for _, statement := range policy.Statement {
		delete(statement, "Sid")
	}
	want := []map[string]any{
		{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/registry-??????"},
		{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": map[string]any{"StringEquals": map[string]any{"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}},
	}
	if d := cmp.Diff(want, policy.Statement); d != "" {
		t.Error("the role's policy (-want +got)", d)
	}
	if len(h.Definitions) != 2 {
		t.Fatalf("%d revisions", len(h.Definitions))
	}
	before, after := copyOf(t, h.Definitions[0]), copyOf(t, h.Definitions[1])
	var named []any
	walk(after, func(o map[string]any) {
		if c, ok := o["RepositoryCredentials"].(map[string]any); ok {
			named = append(named, c["CredentialsParameter"])
			o["RepositoryCredentials"] = nil
		}
	})
	if d := cmp.Diff(before, after); d != "" {
		t.Error("the new revision differs in more (-old +new)", d)
	}
	if len(named) != logins || slices.ContainsFunc(named, func(v any) bool { return v != h.ARN }) {
		t.Errorf("the secret is named in %v, and not in %d", named, logins)
	}
}

// copyOf is an object as JSON holds it, without what no two revisions share.
func copyOf(t *testing.T, v any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(must(json.Marshal(v))(t), &out); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"TaskDefinitionArn", "JobDefinitionArn", "Revision", "RegisteredAt", "RequiresAttributes"} {
		delete(out, k)
	}
	return out
}

func (s *site) taskDefinitions() []map[string]any {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	c := ecs.NewFromConfig(s.config())
	var out []map[string]any
	for _, arn := range must(c.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{FamilyPrefix: sdk.String("app")}))(t).TaskDefinitionArns {
		d := must(c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn, Include: []ecstypes.TaskDefinitionField{"TAGS"}}))(t)
		out = append(out, copyOf(t, d.TaskDefinition))
		out[len(out)-1]["tags"] = fmt.Sprint(copyOf(t, map[string]any{"": d.Tags}))
	}
	return out
}

func (s *site) jobDefinitions() []map[string]any {
	t := s.t
	t.Helper()
	d := must(batch.NewFromConfig(s.config()).DescribeJobDefinitions(t.Context(), &batch.DescribeJobDefinitionsInput{JobDefinitionName: sdk.String("app")}))(t)
	slices.SortFunc(d.JobDefinitions, func(a, b batchtypes.JobDefinition) int { return int(*a.Revision - *b.Revision) })
	var out []map[string]any
	for _, one := range d.JobDefinitions {
		out = append(out, copyOf(t, one))
	}
	return out
}

// furnishRegistry makes a closed VPC in moto, an execution role and a customer's key,
// and what runs there. It returns the key's ARN.
func (s *site) furnishRegistry(furnish func(s *site, subnets []string, group, role string)) string {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	c := ec2.NewFromConfig(s.config())
	vpc := must(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.0.0.0/16"), TagSpecifications: []ec2types.TagSpecification{
		{ResourceType: "vpc", Tags: []ec2types.Tag{{Key: sdk.String("Name"), Value: sdk.String("shop")}}}}}))(t).Vpc.VpcId
	var subnets []string
	for i, z := range []string{"a", "b"} {
		sub := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: sdk.String(fmt.Sprintf("10.0.%d.0/24", i)), AvailabilityZone: sdk.String("us-east-1" + z)}))(t)
		subnets = append(subnets, *sub.Subnet.SubnetId)
	}
	group := must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc, GroupName: sdk.String("app"), Description: sdk.String("tasks")}))(t)
	roles := iam.NewFromConfig(s.config())
	role := must(roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: sdk.String("app-execution"),
		AssumeRolePolicyDocument: sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))(t)
	must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: sdk.String("app-execution"), PolicyName: sdk.String("theirs"),
		PolicyDocument: sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`)}))(t)
	keys := kms.NewFromConfig(s.config())
	key := must(keys.CreateKey(ctx, &kms.CreateKeyInput{}))(t).KeyMetadata
	must(keys.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: sdk.String("alias/registry"), TargetKeyId: key.KeyId}))(t)
	furnish(s, subnets, *group.GroupId, *role.Role.Arn)
	return *key.Arn
}

// furnishService creates a service on Fargate. Its definition has two containers from the
// registry and many other fields.
func (s *site) furnishService(subnets []string, group, role string) {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	c := ecs.NewFromConfig(s.config())
	must(c.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: sdk.String("shop")}))(t)
	def := must(c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: sdk.String("app"), RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, NetworkMode: "awsvpc",
		Cpu: sdk.String("512"), Memory: sdk.String("1024"), ExecutionRoleArn: &role, TaskRoleArn: &role, PidMode: "task",
		RuntimePlatform:  &ecstypes.RuntimePlatform{CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX"},
		EphemeralStorage: &ecstypes.EphemeralStorage{SizeInGiB: 30},
		Volumes:          []ecstypes.Volume{{Name: sdk.String("scratch")}},
		Tags:             []ecstypes.Tag{{Key: sdk.String("team"), Value: sdk.String("a & b")}},
		ContainerDefinitions: []ecstypes.ContainerDefinition{
			{Name: sdk.String("app"), Image: sdk.String("registry.example.com/team/app:1"), Cpu: 256, Essential: sdk.Bool(true), Command: []string{"sh", "-c", `echo "$HOME" 'q' \\ 🐤`},
				Environment:      []ecstypes.KeyValuePair{{Name: sdk.String("MODE"), Value: sdk.String(`a "b" $c`)}, {Name: sdk.String("EMPTY"), Value: sdk.String("")}},
				PortMappings:     []ecstypes.PortMapping{{ContainerPort: sdk.Int32(8080), HostPort: sdk.Int32(8080), Protocol: "tcp"}},
				MountPoints:      []ecstypes.MountPoint{{SourceVolume: sdk.String("scratch"), ContainerPath: sdk.String("/tmp"), ReadOnly: sdk.Bool(false)}},
				HealthCheck:      &ecstypes.HealthCheck{Command: []string{"CMD-SHELL", "curl -f http://localhost/ || exit 1"}, Interval: sdk.Int32(5)},
				LogConfiguration: &ecstypes.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{"awslogs-group": "/app"}},
				DockerLabels:     map[string]string{"com.example.owner": "team"}, StopTimeout: sdk.Int32(30)},
			{Name: sdk.String("sidecar"), Image: sdk.String("registry.example.com/team/sidecar:2"), Cpu: 64, Essential: sdk.Bool(false), ReadonlyRootFilesystem: sdk.Bool(true),
				DependsOn: []ecstypes.ContainerDependency{{ContainerName: sdk.String("app"), Condition: "START"}}},
		}}))(t)
	must(c.CreateService(ctx, &ecs.CreateServiceInput{Cluster: sdk.String("shop"), ServiceName: sdk.String("app"), TaskDefinition: def.TaskDefinition.TaskDefinitionArn, LaunchType: "FARGATE", DesiredCount: sdk.Int32(1),
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: subnets, SecurityGroups: []string{group}}}}))(t)
}

// furnishJobs makes a compute environment on Fargate and a job definition.
func (s *site) furnishJobs(subnets []string, group, role string) {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	c := batch.NewFromConfig(s.config())
	env := must(c.CreateComputeEnvironment(ctx, &batch.CreateComputeEnvironmentInput{ComputeEnvironmentName: sdk.String("jobs"), Type: batchtypes.CETypeManaged, State: batchtypes.CEStateEnabled, ServiceRole: &role,
		ComputeResources: &batchtypes.ComputeResource{Type: batchtypes.CRTypeFargate, MaxvCpus: sdk.Int32(4), Subnets: subnets, SecurityGroupIds: []string{group}}}))(t)
	must(c.CreateJobQueue(ctx, &batch.CreateJobQueueInput{JobQueueName: sdk.String("jobs"), State: batchtypes.JQStateEnabled, Priority: sdk.Int32(1),
		ComputeEnvironmentOrder: []batchtypes.ComputeEnvironmentOrder{{Order: sdk.Int32(1), ComputeEnvironment: env.ComputeEnvironmentArn}}}))(t)
	must(c.RegisterJobDefinition(ctx, &batch.RegisterJobDefinitionInput{JobDefinitionName: sdk.String("app"), Type: batchtypes.JobDefinitionTypeContainer,
		PlatformCapabilities: []batchtypes.PlatformCapability{batchtypes.PlatformCapabilityFargate}, PropagateTags: sdk.Bool(true),
		Parameters: map[string]string{"day": "today"}, Tags: map[string]string{"team": "a + b"},
		Timeout:       &batchtypes.JobTimeout{AttemptDurationSeconds: sdk.Int32(3600)},
		RetryStrategy: &batchtypes.RetryStrategy{Attempts: sdk.Int32(2), EvaluateOnExit: []batchtypes.EvaluateOnExit{{Action: "retry", OnReason: sdk.String("CannotPull*")}}},
		ContainerProperties: &batchtypes.ContainerProperties{Image: sdk.String("registry.example.com/team/app:1"), ExecutionRoleArn: &role, JobRoleArn: &role, Command: []string{"run", "Ref::day", `"$HOME" 'q' \\ 🐤`},
			ResourceRequirements:         []batchtypes.ResourceRequirement{{Type: batchtypes.ResourceTypeVcpu, Value: sdk.String("0.25")}, {Type: batchtypes.ResourceTypeMemory, Value: sdk.String("512")}},
			Environment:                  []batchtypes.KeyValuePair{{Name: sdk.String("MODE"), Value: sdk.String(`a "b" $c`)}},
			Volumes:                      []batchtypes.Volume{{Name: sdk.String("scratch"), Host: &batchtypes.Host{}}},
			MountPoints:                  []batchtypes.MountPoint{{SourceVolume: sdk.String("scratch"), ContainerPath: sdk.String("/tmp"), ReadOnly: sdk.Bool(false)}},
			LogConfiguration:             &batchtypes.LogConfiguration{LogDriver: batchtypes.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/jobs"}},
			NetworkConfiguration:         &batchtypes.NetworkConfiguration{AssignPublicIp: batchtypes.AssignPublicIpDisabled},
			FargatePlatformConfiguration: &batchtypes.FargatePlatformConfiguration{PlatformVersion: sdk.String("1.4.0")},
			EphemeralStorage:             &batchtypes.EphemeralStorage{SizeInGiB: sdk.Int32(30)},
			RuntimePlatform:              &batchtypes.RuntimePlatform{CpuArchitecture: sdk.String("ARM64"), OperatingSystemFamily: sdk.String("LINUX")},
		}}))(t)
}
