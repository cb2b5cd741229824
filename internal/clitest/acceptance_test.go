//go:build acceptance

package clitest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines are command lines that the stand-in and the real AWS CLIs must answer alike, in turn, on equal accounts. A word
// {x} is what an earlier line printed that begins with x=.
var lines = []struct{ name, scenario, text string }{
	// Only the first CLI on PATH gets these: Debian's does not know members that are newer than it is.
	{"whole answers", "closed", `
ec2 describe-security-groups --output text
ec2 describe-security-group-rules --filters [{"Name":"group-id","Values":["sg-0a1b2c3d4e5f64003"]}] --output text
ec2 describe-instances --output text
`},
	{"reads", "closed", `
sts get-caller-identity --query Account --output text
sts get-caller-identity --output text
sts get-caller-identity
ec2 describe-vpc-attribute --vpc-id vpc-0a1b2c3d4e5f60001 --attribute enableDnsSupport --output text
ec2 describe-vpc-attribute --vpc-id vpc-0a1b2c3d4e5f60001 --attribute enableDnsSupport --output text --query EnableDnsSupport.Value
ec2 describe-vpc-attribute --vpc-id vpc-0a1b2c3d4e5f60001 --attribute enableDnsSupport --output text --query EnableDnsSupport.Value&&'vpc-1'
ec2 describe-vpc-endpoints --output text --query VpcEndpoints[0].VpcEndpointId
ec2 describe-vpc-endpoints --output text --query VpcEndpoints[].[VpcEndpointId,State]
ec2 describe-vpc-endpoints
ec2 describe-security-groups --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 Name=group-name,Values=web,default --output text --query SecurityGroups[].[GroupId,IpPermissions]
ec2 describe-route-tables --output text
ec2 describe-network-acls --output text --query NetworkAcls[].Entries[]
ecs describe-services --cluster prod --services web none --output text --query [services[].desiredCount,failures[]]
ecs describe-container-instances --cluster prod --container-instances none
ecs describe-task-definition --task-definition none
iam get-role --role-name web-execution
iam get-role-policy --role-name web-execution --policy-name read-secret --query PolicyDocument.Statement[0]
iam list-attached-role-policies --role-name none
batch describe-job-definitions --status ACTIVE --query jobDefinitions[].[jobDefinitionName,revision,timeout.attemptDurationSeconds] --output text
ssm describe-instance-information --filters Key=PingStatus,Values=Online --output text
`},
	{"writes", "closed", `
ec2 create-security-group --group-name endpoints --description d --vpc-id vpc-0a1b2c3d4e5f60001 --dry-run
group=ec2 create-security-group --group-name endpoints --description d --vpc-id vpc-0a1b2c3d4e5f60001 --output text --query GroupId --tag-specifications ResourceType=security-group,Tags=[{Key=run,Value=1},{Key=team,Value=a}]
ec2 create-security-group --group-name endpoints --description d --vpc-id vpc-0a1b2c3d4e5f60001
ec2 describe-security-groups --group-ids {group} --output text --query SecurityGroups[].[GroupName,Tags,IpPermissionsEgress]
ec2 authorize-security-group-ingress --group-id {group} --ip-permissions IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{CidrIp=10.0.0.0/16}] --query SecurityGroupRules[0].[FromPort,IsEgress,CidrIpv4] --output text
ec2 authorize-security-group-ingress --group-id {group} --ip-permissions [{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"10.0.0.0/16"}]}]
ec2 modify-vpc-attribute --vpc-id vpc-0a1b2c3d4e5f60001 --enable-dns-hostnames Value=true
ec2 modify-vpc-attribute --vpc-id vpc-0a1b2c3d4e5f60001 --enable-dns-hostnames {"Value":true} --output text --query 'vpc'
ec2 create-vpc-endpoint --vpc-id vpc-0a1b2c3d4e5f60001 --service-name com.amazonaws.us-east-1.logs --vpc-endpoint-type Interface --subnet-ids subnet-0a1b2c3d4e5f61001 --security-group-ids {group} --private-dns-enabled --dry-run
endpoint=ec2 create-vpc-endpoint --vpc-id vpc-0a1b2c3d4e5f60001 --service-name com.amazonaws.us-east-1.logs --vpc-endpoint-type Interface --subnet-ids subnet-0a1b2c3d4e5f61001 --security-group-ids {group} --private-dns-enabled --client-token a --query VpcEndpoint.VpcEndpointId --output text
ec2 create-vpc-endpoint --vpc-id vpc-0a1b2c3d4e5f60001 --service-name com.amazonaws.us-east-1.logs --vpc-endpoint-type Interface --subnet-ids subnet-0a1b2c3d4e5f61001 --security-group-ids {group} --no-private-dns-enabled --client-token b --query VpcEndpoint.PrivateDnsEnabled
ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --add-subnet-ids ["subnet-0a1b2c3d4e5f61002"] --output text
ec2 describe-vpc-endpoints --vpc-endpoint-ids {endpoint} --query VpcEndpoints[].[Tags,SubnetIds,Groups] --output text
ec2 delete-vpc-endpoints --vpc-endpoint-ids {endpoint}
ec2 delete-security-group --group-id {group}
ecs update-service --cluster prod --service web --force-new-deployment --query service.deployments[0].rolloutState --output text
ecs run-task --cluster prod --task-definition web --started-by me --network-configuration {"awsvpcConfiguration":{"subnets":["subnet-0a1b2c3d4e5f61001"]}} --launch-type FARGATE --query tasks[0].startedBy
ecs register-task-definition --cli-input-json file://definition.json --cpu 512 --query taskDefinition.[family,cpu,containerDefinitions[0].image] --output text
iam create-role --role-name pulls --assume-role-policy-document {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]} --query Role.Arn
iam create-role --role-name pulls --assume-role-policy-document {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}
iam get-role --role-name pulls --query Role.AssumeRolePolicyDocument
`},
	{"first workload", "closed", `
ecs create-cluster --cluster-name shop --tags key=a,value=b --query cluster.[clusterName,status] --output text
ecs create-service --cluster shop --service-name shop --task-definition web --desired-count 1 --launch-type FARGATE --platform-version LATEST --client-token t --deployment-configuration {"deploymentCircuitBreaker":{"enable":true,"rollback":false}} --network-configuration {"awsvpcConfiguration":{"assignPublicIp":"DISABLED","securityGroups":["sg-0a1b2c3d4e5f64001"],"subnets":["subnet-0a1b2c3d4e5f61001"]}} --query service.serviceName --output text
ecs create-service --cluster none --service-name shop --task-definition web
ecs delete-service --cluster shop --service shop --force --query service.status --output text
ecs delete-cluster --cluster shop
ecs describe-clusters --clusters shop none --query [clusters[].status,failures[].reason] --output text
batch create-compute-environment --compute-environment-name shop --type MANAGED --state DISABLED --compute-resources {"maxvCpus":4,"securityGroupIds":["sg-0a1b2c3d4e5f64001"],"subnets":["subnet-0a1b2c3d4e5f61001"],"type":"FARGATE"} --tags a=b --query computeEnvironmentName --output text
batch describe-compute-environments --compute-environments shop --query computeEnvironments[].[state,status,tags.a] --output text
batch create-job-queue --job-queue-name shop --state DISABLED --priority 1 --compute-environment-order [{"computeEnvironment":"shop","order":1}]
batch describe-job-queues --job-queues none --query jobQueues[]
batch submit-job --job-name shop --job-queue none --job-definition etl
batch list-jobs --job-queue none --filters [{"name":"JOB_NAME","values":["shop"]}]
batch terminate-job --job-id none --reason r
`},
	{"new VPC", "empty", `
vpc=ec2 create-vpc --cidr-block 10.0.0.0/16 --tag-specifications [{"ResourceType":"vpc","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"shop"}]}] --query Vpc.VpcId --output text
ec2 create-vpc --cidr-block 10.0.0.0/8
ec2 describe-vpcs --filters Name=cidr,Values=10.0.0.0/16 Name=tag:Name,Values=shop --query Vpcs[].[VpcId,CidrBlock] --output text
public=ec2 create-subnet --vpc-id {vpc} --cidr-block 10.0.0.0/24 --availability-zone us-east-1a --query Subnet.SubnetId --output text
ec2 create-subnet --vpc-id {vpc} --cidr-block 10.0.0.0/25 --availability-zone us-east-1a
igw=ec2 create-internet-gateway --tag-specifications [{"ResourceType":"internet-gateway","Tags":[{"Key":"Name","Value":"shop-igw"}]}] --query InternetGateway.InternetGatewayId --output text
ec2 attach-internet-gateway --internet-gateway-id {igw} --vpc-id {vpc} --query '{igw}' --output text
ec2 attach-internet-gateway --internet-gateway-id {igw} --vpc-id {vpc}
ec2 describe-internet-gateways --filters Name=attachment.vpc-id,Values={vpc} --query InternetGateways[].[InternetGatewayId,Attachments[0].VpcId] --output text
table=ec2 create-route-table --vpc-id {vpc} --query RouteTable.RouteTableId --output text
ec2 create-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --gateway-id {igw} --query '{table}' --output text
associated=ec2 associate-route-table --route-table-id {table} --subnet-id {public} --query AssociationId --output text
ec2 describe-route-tables --filters Name=vpc-id,Values={vpc} --query RouteTables[].[Associations[].SubnetId,Routes[].DestinationCidrBlock] --output text
address=ec2 allocate-address --domain vpc --query AllocationId --output text
nat=ec2 create-nat-gateway --subnet-id {public} --allocation-id {address} --client-token n --query NatGateway.NatGatewayId --output text
ec2 create-nat-gateway --subnet-id subnet-00000000000000000 --allocation-id {address}
ec2 describe-nat-gateways --filter Name=vpc-id,Values={vpc} --query NatGateways[].[NatGatewayId,NatGatewayAddresses[].AllocationId] --output text
ec2 release-address --allocation-id {address}
ec2 describe-addresses --filters Name=allocation-id,Values={address} --query Addresses[].AllocationId --output text
ec2 create-flow-logs --resource-ids {vpc} --resource-type VPC --traffic-type ALL --log-destination-type s3 --log-destination arn:aws:s3:::logs --client-token f --query length(FlowLogIds)
ec2 create-flow-logs --resource-ids {vpc} --resource-type VPC --traffic-type ALL --log-destination-type s3 --log-destination arn:aws:s3:::other-account-logs --client-token g
ec2 create-flow-logs --resource-ids {vpc} --resource-type VPC --traffic-type ALL --log-destination-type s3 --log-destination arn:aws:s3:::other-account-logs --query Unsuccessful[0]&&join(':',[Unsuccessful[0].Error.Code||'x',Unsuccessful[0].Error.None,Unsuccessful[0].Error.Message][?@])||(FlowLogIds[0]) --output text
ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-00000000000000000 --query Unsuccessful[0]&&join(':',[Unsuccessful[0].ResourceId,Unsuccessful[0].Error.Message][?@]) --output text
ec2 describe-flow-logs --filter Name=resource-id,Values={vpc} --query FlowLogs[].[LogDestinationType,LogDestination,TrafficType] --output text
ec2 delete-nat-gateway --nat-gateway-id {nat} --query NatGatewayId --output text
ec2 delete-nat-gateway --nat-gateway-id nat-00000000000000000
ec2 disassociate-route-table --association-id {associated}
ec2 delete-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0
ec2 delete-route-table --route-table-id {table}
ec2 delete-subnet --subnet-id {public}
ec2 detach-internet-gateway --internet-gateway-id {igw} --vpc-id {vpc}
ec2 delete-vpc --vpc-id {vpc}
ec2 delete-vpc --vpc-id vpc-00000000000000000
`},
	{"registry", "registry", `
secretsmanager create-secret --name team/pull --kms-key-id alias/registry --tags Key=run,Value=1 --secret-string file://piped.txt --query Name --output text
secretsmanager create-secret --name team/pull --secret-string x
secretsmanager get-secret-value --secret-id team/pull --query SecretString
secretsmanager get-secret-value --secret-id team/pull --query SecretString --output text
secretsmanager put-secret-value --secret-id team/pull --secret-string file://definition.json --version-stages AWSCURRENT extra --query VersionStages
secretsmanager get-secret-value --secret-id none
secretsmanager delete-secret --secret-id team/pull --recovery-window-in-days 7 --query Name
batch register-job-definition --job-definition-name nightly --type container --container-properties {"image":"a","executionRoleArn":"r","resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"512"}]} --query revision
batch register-job-definition --job-definition-name x --type container
batch deregister-job-definition --job-definition nightly:1
ecs describe-task-definition --task-definition pair --include TAGS --query taskDefinition.containerDefinitions[]
`},
	{"balancer", "mwaa-private", `
acm list-certificates --includes keyTypes=RSA_2048,EC_prime256v1 --query CertificateSummaryList[].[DomainName,Status] --output text
acm describe-certificate --certificate-arn arn:aws:acm:us-west-2:123456789012:certificate/0c1a2b3c-4d5e-4000-8000-000000000001 --query Certificate.[Status,InUseBy,DomainValidationOptions[].ResourceRecord]
acm request-certificate --domain-name x.example.com --validation-method DNS --idempotency-token a --tags Key=a,Value=b --query CertificateArn --output text
acm import-certificate --certificate fileb://none.pem --private-key fileb://none.pem
elbv2 describe-load-balancers --names none
target=elbv2 create-target-group --name web --protocol HTTPS --port 443 --target-type ip --health-check-path / --matcher {"HttpCode":"200,302"} --vpc-id vpc-0c1a2b3c4d5e60001 --query TargetGroups[0].TargetGroupArn --output text
elbv2 register-targets --target-group-arn {target} --targets Id=10.192.20.7 Id=10.192.21.7,Port=8443
elbv2 describe-target-health --target-group-arn {target} --query TargetHealthDescriptions[].Target --output text
elbv2 describe-target-groups --output text --query TargetGroups[].[TargetGroupName,Matcher.HttpCode,Port]
balancer=elbv2 create-load-balancer --name web --type application --scheme internal --subnets subnet-0c1a2b3c4d5e61001 subnet-0c1a2b3c4d5e61002 --security-groups sg-0c1a2b3c4d5e64001 --query LoadBalancers[0].LoadBalancerArn --output text
elbv2 create-listener --load-balancer-arn {balancer} --protocol HTTPS --port 443 --certificates CertificateArn=arn:aws:acm:us-west-2:123456789012:certificate/0c1a2b3c-4d5e-4000-8000-000000000001 --default-actions Type=forward,TargetGroupArn={target} --query Listeners[0].[Port,Protocol] --output text
route53 list-resource-record-sets --hosted-zone-id Z0C1A2B3C4D5E6F70001 --query ResourceRecordSets[].[Name,Type,TTL] --output text
route53 change-resource-record-sets --hosted-zone-id Z0C1A2B3C4D5E6F70001 --change-batch {"Changes":[{"Action":"CREATE","ResourceRecordSet":{"Name":"y.example.com","Type":"CNAME","TTL":300,"ResourceRecords":[{"Value":"x"}]}}]} --query ChangeInfo.Status
route53 change-resource-record-sets --hosted-zone-id Z0C1A2B3C4D5E6F70001 --change-batch {"Changes":[{"Action":"CREATE","ResourceRecordSet":{"Name":"y.example.com","Type":"CNAME","TTL":300,"ResourceRecords":[{"Value":"x"}]}}]}
instance=ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --subnet-id subnet-0c1a2b3c4d5e62001 --security-group-ids sg-0c1a2b3c4d5e64001 --metadata-options HttpTokens=required,HttpEndpoint=enabled --client-token t --query Instances[0].InstanceId --output text
ec2 describe-client-vpn-endpoints
iam create-instance-profile --instance-profile-name way --tags Key=run,Value=1 --query InstanceProfile.InstanceProfileName
iam get-instance-profile --instance-profile-name none
`},
	{"mistakes", "closed", `
ec2
s4 describe-security-groups
ec2 describe-security-groupz
ec2 describe-security-groups --groupids a
ec2 describe-security-groups x
ec2 describe-security-groups --no-group-ids
ec2 describe-security-groups --group-ids --query length(SecurityGroups)
ec2 describe-security-groups --dry-run x
ec2 describe-security-groups --query a[
ec2 describe-security-groups --filters Nam=a
ec2 describe-security-groups --filters Name
ec2 describe-security-groups --filters Name=a,Name=b
ec2 describe-security-groups --filters [{
ec2 describe-vpc-attribute --vpc-id a b --attribute enableDnsSupport
ec2 describe-vpc-attribute --vpc-id file://none --attribute enableDnsSupport
ec2 run-instances --min-count 1 --image-id ami-1
ecs describe-tasks --cluster prod --tasks t --cluster
ecs register-task-definition --cli-input-json {"Family":"x"}
ecs register-task-definition --family x --container-definitions [{"nam":"x"}]
ec2 create-vpc-endpoint --service-name x
ec2 create-security-group --group-name x
`},
}

// answer is what a line came to.
type answer struct {
	Out   any // JSON as data, else text
	Code  int
	Error string // the code of AWS's error
}

var errorCode = regexp.MustCompile(`An error occurred \(([A-Za-z.]+)\) when calling the ([A-Za-z]+) operation`)

// volatile are parts of answers that no two accounts have in common.
var volatile = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)|\d{10}\.\d+|/[0-9a-f]{32}`)

// A realCLI runs an AWS CLI on an account.
type realCLI func(t *testing.T, s site, args []string) (stdout, stderr string, code int)

// newCLI finds an AWS CLI: as a package of a Python, or as a program, which is how version 2 is installed where it is not
// a package of the system.
func newCLI(t *testing.T, python, program string) realCLI {
	t.Helper()
	if HasCLI(python) {
		env := []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"), "PYENV_ROOT=" + os.Getenv("PYENV_ROOT"), "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
			"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "PYTHONUTF8=1"}
		real := NewReal(t, python, env)
		return func(_ *testing.T, s site, args []string) (string, string, int) {
			return real.run(process{dir: s.dir, args: args, attempts: "1"})
		}
	}
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	return func(t *testing.T, s site, args []string) (string, string, int) { return s.run(t, path, "", args...) }
}

// transcript runs lines with one AWS CLI on a new account.
func transcript(t *testing.T, scenario, text string, run realCLI) map[string]answer {
	t.Helper()
	s := open(t, scenario, 1)
	for name, text := range map[string]string{
		"piped.txt":       "piped \"text\" 🐤",
		"definition.json": `{"family":"extra","cpu":"256","memory":"1024","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"containerDefinitions":[{"name":"a","image":"nginx"}]}`,
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	region := "us-east-1"
	if strings.HasPrefix(scenario, "mwaa") {
		region = "us-west-2"
	}
	out := map[string]answer{}
	known := []string{}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimSpace(line)
		name, rest, kept := strings.Cut(line, "=")
		if kept = kept && !strings.Contains(name, " "); !kept {
			rest = line
		}
		args := strings.Fields(strings.NewReplacer(known...).Replace(rest))
		if !slices.Contains(args, "--region") {
			args = append(args, "--region", region)
		}
		stdout, stderr, code := run(t, s, append(args, "--endpoint-url", s.url))
		a := answer{Code: code}
		if m := errorCode.FindStringSubmatch(stderr); m != nil {
			a.Error = m[1] + " of " + m[2]
		}
		if code != 0 && stderr == "" {
			t.Errorf("%s: exit code %d and nothing on standard error", line, code)
		}
		if kept && strings.TrimSpace(stdout) == "" {
			t.Errorf("%s printed nothing: %s", line, stderr)
		}
		if kept {
			known = append(known, "{"+name+"}", strings.TrimSpace(stdout))
		}
		stdout = volatile.ReplaceAllString(stdout, "<volatile>")
		if json.Unmarshal([]byte(stdout), &a.Out) != nil {
			a.Out = stdout
		}
		out[line] = a
	}
	return out
}

// firstVersion is the exit code of version 1 where version 2, and the stand-in, have this one: it has only 255 for what
// AWS refuses, and that or 2 for mistakes.
func (a answer) firstVersion(code int) int {
	switch {
	case code == exitService, code == exitUsage && a.Code != 2:
		return 255
	case code == exitUsage:
		return 2
	}
	return code
}

// TestAcceptanceSameAsRealCLIs: the stand-in prints and refuses what versions 1 and 2 of the AWS CLI do.
func TestAcceptanceSameAsRealCLIs(t *testing.T) {
	for version, cli := range map[int][2]string{1: {"python3", "aws"}, 2: {"/usr/bin/python3", "/usr/bin/aws"}} {
		for _, tt := range lines {
			if tt.name == "whole answers" && version == 2 {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", tt.name, version), func(t *testing.T) {
				t.Parallel()
				want := transcript(t, tt.scenario, tt.text, newCLI(t, cli[0], cli[1]))
				got := transcript(t, tt.scenario, tt.text, func(t *testing.T, s site, args []string) (string, string, int) { return s.aws(t, "", args...) })
				for line, a := range got {
					if version == 1 {
						a.Code = want[line].firstVersion(a.Code)
						got[line] = a
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("the stand-in differs (-version %d +stand-in)\n%s", version, d)
				}
			})
		}
	}
}
