//go:build acceptance

package sandbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
)

// commandLines finds the AWS CLIs on this machine: the one on PATH, and the system's where that is another.
func commandLines(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"aws", "/usr/bin/aws"} {
		if path, err := exec.LookPath(name); err == nil && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatal("there is no AWS CLI")
		}
		t.Skip("there is no AWS CLI")
	}
	return found
}

// inPython returns a program that does what this AWS CLI does. A Python process holds its code, because a start takes it a
// second. Package cmd/wizard starts the real programs.
func inPython(t *testing.T, path string, env []string) string {
	t.Helper()
	python := "python3"
	if path == "/usr/bin/aws" {
		python = "/usr/bin/python3"
	}
	if !clitest.HasCLI(python) {
		return path
	}
	return filepath.Join(clitest.NewReal(t, python, append(env, "PYTHONUTF8=1")).Programs(t, &clitest.Clock{}).Dir, "aws")
}

func TestAcceptanceCommandLine(t *testing.T) {
	for _, path := range commandLines(t) {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			a := open(t, named(""))
			server := serve(t, a.Server(false, ""))
			home := t.TempDir()
			env := []string{
				"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1",
				"AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_CONFIG_FILE=" + filepath.Join(home, "none"),
			}
			path := inPython(t, path, env)
			aws := func(args string) (string, string) {
				t.Helper()
				cmd := exec.Command(path, append(strings.Fields(args), "--endpoint-url", server, "--output", "json")...)
				cmd.Env = env
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				_ = cmd.Run() // what it printed says more than how it ended
				return strings.TrimSpace(out.String()), errs.String()
			}
			refused := func(args, code string) {
				t.Helper()
				if out, errs := aws(args); !strings.Contains(errs, "("+code+")") {
					t.Errorf("aws %s: %s%s, want %s", args, out, errs, code)
				}
			}
			endpoint := "ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id " + vpcID + " --subnet-ids " + appA + " " + appB + " --query VpcEndpoint.VpcEndpointId"
			logs := endpoint + " --service-name com.amazonaws.us-east-1.logs --security-group-ids "

			_, before := own(t, a, "GET", "/_sandbox/account", "")
			refused(logs+appGroup+" --dry-run", "DryRunOperation")
			if _, after := own(t, a, "GET", "/_sandbox/account", ""); after != before {
				t.Error("a dry run wrote something")
			}

			group, _ := aws("ec2 create-security-group --group-name endpoints --description endpoints --query GroupId --vpc-id " + vpcID)
			group = strings.Trim(group, `"`)
			out, errs := aws("ec2 authorize-security-group-ingress --protocol tcp --port 443 --cidr 10.0.0.0/16 --query SecurityGroupRules[0].CidrIpv4 --group-id " + group)
			if out != `"10.0.0.0/16"` {
				t.Errorf("authorized %s%s", out, errs)
			}
			logs += group
			first, errs := aws(logs + " --client-token one")
			again, _ := aws(logs + " --client-token one")
			if !strings.HasPrefix(first, `"vpce-`) || again != first {
				t.Errorf("a client token gave %s%s and then %s", first, errs, again)
			}
			_, errs = aws(logs)
			if !strings.Contains(errs, "private-dns-enabled cannot be set because there is already a conflicting DNS domain for logs.us-east-1.amazonaws.com in the VPC "+vpcID) {
				t.Errorf("a second endpoint: %s", errs)
			}
			refused("ec2 delete-security-group --group-id "+group, "DependencyViolation")
			refused("ec2 describe-vpc-endpoint-services --service-names com.amazonaws.us-east-1.lgos", "InvalidServiceName")

			for _, page := range []string{"--page-size 5", "--max-items 7"} {
				out, errs := aws("ec2 describe-subnets " + page)
				var got struct {
					Subnets   []struct{ SubnetId string }
					NextToken string
				}
				if err := json.Unmarshal([]byte(out), &got); err != nil {
					t.Fatalf("%s%s", out, errs)
				}
				if page == "--page-size 5" && len(got.Subnets) != 12 || page == "--max-items 7" && (len(got.Subnets) != 7 || got.NextToken == "") {
					t.Errorf("%s: %d subnets, token %q", page, len(got.Subnets), got.NextToken)
				}
			}
			out, errs = aws("ecs describe-services --cluster prod --services web --query services[0].desiredCount")
			if out != "2" {
				t.Errorf("service %s%s", out, errs)
			}

			list, _ := aws("ecs list-container-instances --cluster prod --filter attribute:ecs.availability-zone==us-east-1c --query containerInstanceArns[0]")
			for args, want := range map[string]string{
				"ecs describe-container-instances --cluster prod --container-instances " + strings.Trim(list, `"`) + " --query containerInstances[0].versionInfo.agentVersion": `"1.62.0"`,
				"ec2 describe-instances --filters Name=vpc-id,Values=" + vpcID + " --query Reservations[0].Instances[0].NetworkInterfaces[0].Attachment.DeviceIndex":           "0",
				"ec2 describe-images --image-ids ami-0a1b2c3d4e5f67005 --query Images[0].Name":                                                                                 `"amzn-ami-2018.03.m-amazon-ecs-optimized"`,
				"batch describe-job-definitions --job-definition-name etl --status ACTIVE --query length(jobDefinitions)":                                                      "2",
				"service-quotas list-service-quotas --service-code vpc --page-size 2 --query Quotas[?QuotaCode=='L-0EA8095F']|[0].Value":                                       "60",
				"iam get-role-policy --role-name web-execution --policy-name read-secret --query PolicyDocument.Statement[0].Action":                                           `"secretsmanager:GetSecretValue"`,
			} {
				if out, errs := aws(args); out != want {
					t.Errorf("aws %s: %s%s, want %s", args, out, errs, want)
				}
			}
			refused("batch describe-jobs --jobs 1", "NotImplemented")

			refused("ssm send-command --document-name AWS-RunShellScript --parameters commands=true --instance-ids "+hostA, "InvalidInstanceId")
			server = serve(t, open(t, fast(named("registry"))).Server(false, ""))
			secret, errs := aws(`secretsmanager create-secret --name team/pull --kms-key-id alias/registry --tags Key=run,Value=1 --query ARN --secret-string {"username":"u","password":"p"}`)
			if secret != `"`+secretBase+`team/pull-AAAAAB"` {
				t.Errorf("%s%s", secret, errs)
			}
			refused("secretsmanager create-secret --name team/pull --secret-string x", "ResourceExistsException")
			refused("secretsmanager get-secret-value --secret-id old/registry", "InvalidRequestException")
			refused("batch register-job-definition --job-definition-name x --type container", "ClientException")
			for _, step := range [][2]string{
				{"secretsmanager get-secret-value --secret-id team/pull --query SecretString", `"{\"username\":\"u\",\"password\":\"p\"}"`},
				{"secretsmanager list-secrets --filters Key=name,Values=team/ --page-size 1 --query SecretList[].Name", "[\n    \"team/pull\"\n]"},
				{"kms list-aliases --page-size 2 --query length(Aliases)", "5"},
				{"iam create-role --role-name pulls --query Role.Arn --tags Key=run,Value=1 --assume-role-policy-document " + tasksTrust, `"arn:aws:iam::123456789012:role/pulls"`},
				{"iam put-role-policy --role-name pulls --policy-name read --policy-document " + readGoodSecret, ""},
				{"iam get-role --role-name pulls --query Role.AssumeRolePolicyDocument.Statement[0].Principal.Service", `"ecs-tasks.amazonaws.com"`},
				{`batch register-job-definition --job-definition-name nightly --type container --query revision --container-properties {"image":"a","executionRoleArn":"r","user":"nobody","resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"512"}]}`, "3"},
				{"batch describe-job-definitions --job-definitions nightly:3 --query jobDefinitions[0].containerProperties.user", `"nobody"`},
				{"batch deregister-job-definition --job-definition nightly:3", ""},
				{"ecs describe-task-definition --task-definition pair --include TAGS --query taskDefinition.containerDefinitions[1].image", `"registry.example.com/team/sidecar:5"`},
				{"secretsmanager delete-secret --secret-id team/pull --recovery-window-in-days 7 --query Name", `"team/pull"`},
			} {
				if out, errs := aws(step[0]); out != step[1] || errs != "" {
					t.Errorf("aws %s: %s%s, want %s", step[0], out, errs, step[1])
				}
			}

			server = serve(t, open(t, fast(named("stubborn"))).Server(false, ""))
			id, errs := aws("ssm send-command --document-name AWS-RunShellScript --instance-ids " + depotHostA + " --query Command.CommandId --max-errors 1 --timeout-seconds 30 --parameters " +
				`{"commands":["systemctl\u0020restart\u0020ecs","echo\u0020agent-restarted\u0020ecs.service"],"executionTimeout":["120"]}`)
			invocation := " --command-id " + strings.Trim(id, `"`) + " --instance-id " + depotHostA
			if out, more := aws("ssm wait command-executed" + invocation); out+more != "" {
				t.Errorf("%s%s: %s%s", id, errs, out, more)
			}
			for args, want := range map[string]string{
				"ssm get-command-invocation" + invocation + " --query StandardOutputContent":                                             `"agent-restarted ecs.service\n"`,
				"ssm list-command-invocations --details" + invocation + " --query CommandInvocations[0].CommandPlugins[0].Status":        `"Success"`,
				"ssm describe-instance-information --filters Key=PingStatus,Values=Online --query length(InstanceInformationList)":       "3",
				"ecs update-service --cluster depot --service sorter --force-new-deployment --query service.deployments[0].rolloutState": `"IN_PROGRESS"`,
				"ecs run-task --cluster depot --task-definition sorter --started-by me --query tasks[0].startedBy":                       `"me"`,
			} {
				if out, errs := aws(args); out != want {
					t.Errorf("aws %s: %s%s, want %s", args, out, errs, want)
				}
			}
		})
	}
}
