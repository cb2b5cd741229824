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

// commandLine returns a function that runs a command of an AWS CLI against a server.
func commandLine(t *testing.T, path string) func(server, args string) (out, errs string) {
	home := t.TempDir()
	env := []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_CONFIG_FILE=" + filepath.Join(home, "none"),
	}
	path = inPython(t, path, env)
	return func(server, args string) (string, string) {
		cmd := exec.Command(path, append(strings.Fields(args), "--endpoint-url", server, "--output", "json")...)
		cmd.Env = env
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // what it printed says more than how it ended
		return strings.TrimSpace(out.String()), errs.String()
	}
}

// unknown reports whether an AWS CLI does not know a command or an option.
func unknown(errs string) bool {
	return strings.Contains(errs, "Unknown options") || strings.Contains(errs, "Invalid choice") || strings.Contains(errs, "arguments are required")
}

// TestAcceptanceNewVPC creates a VPC with everything in it, and deletes it in the reverse order. Then the
// account is as before. AWS CLI 2.9 does not know regional NAT gateways and VPC Block Public Access.
func TestAcceptanceNewVPC(t *testing.T) {
	for _, path := range commandLines(t) {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			a := open(t, fast(named("empty")))
			server := serve(t, a.Server(false, ""))
			run := commandLine(t, path)
			ids := strings.NewReplacer() // of names in braces
			var known []string
			_, before := own(t, a, "GET", "/_sandbox/account", "")
			call := func(args string) string {
				t.Helper()
				out, errs := run(server, ids.Replace(args))
				if errs != "" {
					t.Fatalf("aws %s: %s%s", args, out, errs)
				}
				return strings.Trim(out, `"`)
			}
			create := func(name, args string) {
				t.Helper()
				known = append(known, "{"+name+"}", call(args))
				ids = strings.NewReplacer(known...)
			}
			tags := func(kind string) string {
				return " --tag-specifications ResourceType=" + kind + ",Tags=[{Key=Name,Value=new}]"
			}
			create("vpc", "ec2 create-vpc --cidr-block 10.20.0.0/16 --query Vpc.VpcId"+tags("vpc"))
			call("ec2 wait vpc-available --vpc-ids {vpc}")
			call("ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-hostnames")
			for _, zone := range []string{"a", "b"} {
				create("public-"+zone, "ec2 create-subnet --vpc-id {vpc} --availability-zone us-east-1"+zone+" --cidr-block 10.20."+map[string]string{"a": "0", "b": "1"}[zone]+".0/24 --query Subnet.SubnetId"+tags("subnet"))
			}
			call("ec2 modify-subnet-attribute --subnet-id {public-a} --map-public-ip-on-launch")
			create("table", "ec2 create-route-table --vpc-id {vpc} --query RouteTable.RouteTableId"+tags("route-table"))
			create("association", "ec2 associate-route-table --route-table-id {table} --subnet-id {public-a} --query AssociationId")
			create("igw", "ec2 create-internet-gateway --query InternetGateway.InternetGatewayId"+tags("internet-gateway"))
			call("ec2 attach-internet-gateway --internet-gateway-id {igw} --vpc-id {vpc}")
			call("ec2 create-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --gateway-id {igw}")
			create("address", "ec2 allocate-address --domain vpc --query AllocationId"+tags("elastic-ip"))
			create("nat", "ec2 create-nat-gateway --subnet-id {public-a} --allocation-id {address} --client-token a --query NatGateway.NatGatewayId"+tags("natgateway"))
			call("ec2 wait nat-gateway-available --nat-gateway-ids {nat}")
			call("logs create-log-group --log-group-name /vpc/new")
			create("logs", "ec2 create-flow-logs --resource-ids {vpc} --resource-type VPC --traffic-type ALL --log-group-name /vpc/new --deliver-logs-permission-arn arn:aws:iam::123456789012:role/r --query FlowLogIds[0]"+tags("vpc-flow-log"))
			for args, want := range map[string]string{
				"ec2 describe-subnets --filters Name=vpc-id,Values={vpc} --query Subnets[0].MapPublicIpOnLaunch":                              "true",
				"ec2 describe-nat-gateways --filter Name=vpc-id,Values={vpc} --query NatGateways[0].NatGatewayAddresses[0].AllocationId":      ids.Replace("{address}"),
				"ec2 describe-addresses --filters Name=tag:Name,Values=new --query Addresses[0].AllocationId":                                 ids.Replace("{address}"),
				"ec2 describe-flow-logs --filter Name=resource-id,Values={vpc} --query FlowLogs[0].FlowLogId":                                 ids.Replace("{logs}"),
				"ec2 describe-route-tables --filters Name=association.subnet-id,Values={public-a} --query RouteTables[0].Routes[1].GatewayId": ids.Replace("{igw}"),
				"ec2 describe-internet-gateways --filters Name=attachment.vpc-id,Values={vpc} --query InternetGateways[0].Tags[0].Value":      "new",
				"ec2 describe-vpc-peering-connections --query length(VpcPeeringConnections)":                                                  "0",
				"service-quotas list-service-quotas --service-code ec2 --query Quotas[?QuotaCode=='L-0263D0A3']|[0].Value":                    "5.0",
				"service-quotas list-service-quotas --service-code vpc --query Quotas[?QuotaCode=='L-F678F1CE'].QuotaName|[0]":                "VPCs per Region",
				"ec2 describe-security-groups --filters Name=vpc-id,Values={vpc} --query SecurityGroups[0].IpPermissions[0].IpProtocol":       "-1",
				"ec2 describe-network-acls --filters Name=vpc-id,Values={vpc} --query length(NetworkAcls[0].Associations)":                    "2",
				"ec2 describe-vpcs --filters Name=tag:Name,Values=new --query Vpcs[0].DhcpOptionsId":                                          "dopt-0e4d5e6f7a8b90001",
				"ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc} --query NetworkInterfaces[0].InterfaceType":               "nat_gateway",
			} {
				if got := call(args); strings.TrimSuffix(got, ".0") != strings.TrimSuffix(want, ".0") {
					t.Errorf("aws %s: %s, want %s", args, got, want)
				}
			}
			if out, errs := run(server, ids.Replace("ec2 delete-vpc --vpc-id {vpc}")); !strings.Contains(errs, "(DependencyViolation)") {
				t.Errorf("%s%s", out, errs)
			}
			if out, errs := run(server, "ec2 describe-vpc-block-public-access-options --query VpcBlockPublicAccessOptions.InternetGatewayBlockMode"); out != `"off"` && !unknown(errs) {
				t.Errorf("%s%s", out, errs)
			}
			out, errs := run(server, ids.Replace("ec2 create-nat-gateway --availability-mode regional --vpc-id {vpc} --query NatGateway.NatGatewayId"))
			switch {
			case strings.HasPrefix(out, `"nat-`):
				regional := strings.Trim(out, `"`)
				call("ec2 wait nat-gateway-available --nat-gateway-ids " + regional)
				if got := call("ec2 describe-nat-gateways --nat-gateway-ids " + regional + " --query NatGateways[0].AvailabilityMode"); got != "regional" {
					t.Error(got)
				}
				call("ec2 delete-nat-gateway --nat-gateway-id " + regional)
				call("ec2 wait nat-gateway-deleted --nat-gateway-ids " + regional)
			case !unknown(errs) || path != "/usr/bin/aws":
				t.Errorf("%s%s", out, errs)
			}
			call("ec2 delete-flow-logs --flow-log-ids {logs}")
			call("logs delete-log-group --log-group-name /vpc/new")
			call("ec2 delete-nat-gateway --nat-gateway-id {nat}")
			call("ec2 wait nat-gateway-deleted --nat-gateway-ids {nat}")
			call("ec2 release-address --allocation-id {address}")
			call("ec2 delete-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0")
			call("ec2 detach-internet-gateway --internet-gateway-id {igw} --vpc-id {vpc}")
			call("ec2 delete-internet-gateway --internet-gateway-id {igw}")
			call("ec2 disassociate-route-table --association-id {association}")
			call("ec2 delete-route-table --route-table-id {table}")
			call("ec2 delete-subnet --subnet-id {public-a}")
			call("ec2 delete-subnet --subnet-id {public-b}")
			call("ec2 delete-vpc --vpc-id {vpc}")
			if _, after := own(t, a, "GET", "/_sandbox/account", ""); after != before {
				t.Error("the account is not as before")
			}
		})
	}
}

func TestAcceptanceCommandLine(t *testing.T) {
	for _, path := range commandLines(t) {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			a := open(t, named(""))
			server := serve(t, a.Server(false, ""))
			run := commandLine(t, path)
			aws := func(args string) (string, string) { t.Helper(); return run(server, args) }
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
			refused("batch list-scheduling-policies", "NotImplemented")

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
