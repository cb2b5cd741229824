package aws

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cutOff at the end of an answer breaks the connection after it.
const cutOff = "\x00"

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

const answerTime = 120 * time.Millisecond

// stub answers instead of AWS. Every answer takes answerTime, so that with synctest the elapsed
// time shows the longest chain of calls.
type stub struct {
	mu    sync.Mutex
	calls map[string]int
	// answer returns the answer to the n-th call of an operation.
	answer func(op string, n int, in url.Values) (status int, body string, err error)
}

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	in, _ := url.ParseQuery(string(body))
	op := "ec2:" + in.Get("Action")
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") { // as an emulator of others answers
		return &http.Response{StatusCode: 404, Request: r, Body: io.NopCloser(strings.NewReader(`{"message":"not found"}`))}, nil
	}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		service, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		op, in = "ecs:"+name, url.Values{"json": {string(body)}}
		if strings.HasPrefix(service, "ServiceQuotas") {
			op = "servicequotas:" + name
		}
		if prefix, ok := map[string]string{"AmazonSSM": "ssm", "AmazonEC2ContainerRegistry_V20150921": "ecr", "secretsmanager": "secretsmanager", "TrentService": "kms", "CertificateManager": "acm", "Route53Resolver": "route53resolver", "Logs_20140328": "logs", "AWSPriceListService": "pricing"}[service]; ok {
			op = prefix + ":" + name
		}
	case strings.HasPrefix(r.URL.Host, "batch."):
		op, in = "batch:"+r.URL.Path, url.Values{"json": {string(body)}}
		for _, name := range []string{"DescribeComputeEnvironments", "DescribeJobQueues", "DescribeJobDefinitions", "ListJobs"} {
			if r.URL.Path == "/v1/"+strings.ToLower(name) {
				op = "batch:" + name
			}
		}
	case strings.HasPrefix(r.URL.Host, "api.airflow."):
		op, in = "airflow:ListEnvironments", r.URL.Query()
		if name, ok := strings.CutPrefix(r.URL.Path, "/environments/"); ok {
			op, in = "airflow:GetEnvironment", url.Values{"Name": {name}}
		}
	case strings.HasPrefix(r.URL.Host, "elasticloadbalancing."):
		op = "elasticloadbalancing:" + in.Get("Action")
	case strings.HasPrefix(r.URL.Host, "iam."):
		op = "iam:" + in.Get("Action")
	case strings.HasPrefix(r.URL.Host, "route53profiles."):
		op, in = "route53profiles:ListProfileAssociations", r.URL.Query()
		if strings.HasPrefix(r.URL.Path, "/profileresourceassociations/") {
			op = "route53profiles:ListProfileResourceAssociations"
		}
	case strings.HasPrefix(r.URL.Host, "route53.") && strings.HasSuffix(r.URL.Path, "/hostedzone"):
		op, in = "route53:ListHostedZones", r.URL.Query()
	case strings.HasPrefix(r.URL.Host, "route53.") && strings.HasSuffix(r.URL.Path, "/rrset"):
		op = "route53:ListResourceRecordSets"
	case strings.HasPrefix(r.URL.Host, "route53."):
		op = "route53:ListHostedZonesByVPC"
	case strings.HasPrefix(r.URL.Host, "sts."):
		op = "sts:" + in.Get("Action")
	}
	s.mu.Lock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[op]++
	n := s.calls[op]
	s.mu.Unlock()
	select {
	case <-time.After(answerTime):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	status, out, err := s.answer(op, n, in)
	if err != nil {
		return nil, err
	}
	resp := &http.Response{StatusCode: status, Request: r, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1}
	resp.Header.Set("X-Amzn-Requestid", "req-"+fmt.Sprint(n))
	resp.Body = io.NopCloser(bytes.NewBufferString(out))
	if before, ok := strings.CutSuffix(out, cutOff); ok {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(before), brokenReader{}))
	}
	return resp, nil
}

// refuse returns an error answer in the operation's protocol.
func refuse(op string, status int, code, message string) (int, string, error) {
	var m bytes.Buffer
	xml.EscapeText(&m, []byte(message))
	switch {
	case strings.HasPrefix(op, "ecs:"), strings.HasPrefix(op, "batch:"), strings.HasPrefix(op, "servicequotas:"), strings.HasPrefix(op, "pricing:"), strings.HasPrefix(op, "ssm:"),
		strings.HasPrefix(op, "secretsmanager:"), strings.HasPrefix(op, "kms:"), strings.HasPrefix(op, "logs:"), strings.HasPrefix(op, "ecr:"), strings.HasPrefix(op, "airflow:"), strings.HasPrefix(op, "acm:"), strings.HasPrefix(op, "route53resolver:"), strings.HasPrefix(op, "route53profiles:"):
		return status, fmt.Sprintf(`{"__type":"com.amazonaws.ecs#%s","message":%q}`, code, message), nil
	case strings.HasPrefix(op, "elasticloadbalancing:"), strings.HasPrefix(op, "sts:"), strings.HasPrefix(op, "iam:"), strings.HasPrefix(op, "route53:"):
		return status, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>req-x</RequestId></ErrorResponse>`, code, &m), nil
	}
	return status, fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>req-x</RequestID></Response>`, code, &m), nil
}

// canned is a small account: one VPC with little in it, one cluster with twelve
// services that share two task definitions, one compute environment with a queue and
// two job definitions, a role with two policies, three hosts in two pages, and in two
// pages each two secrets, three aliases that lead to two keys, and three roles.
func canned(op string, _ int, in url.Values) (int, string, error) {
	_, name, _ := strings.Cut(op, ":")
	ec2 := func(body string) (int, string, error) {
		return 200, fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>req-b</requestId>%s</%sResponse>`, name, body, name), nil
	}
	const arn = "arn:aws:ecs:us-east-1:123456789012:"
	switch op {
	case "airflow:ListEnvironments":
		return cannedNames(in)
	case "airflow:GetEnvironment":
		return 200, cannedAirflow(in.Get("Name")), nil
	case "sts:GetCallerIdentity":
		return 200, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws-cn:iam::123456789012:user/somebody</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>req-b</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, nil
	case "route53:ListHostedZonesByVPC":
		return 200, `<ListHostedZonesByVPCResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZoneSummaries><HostedZoneSummary><HostedZoneId>Z1</HostedZoneId><Name>shop.internal.</Name><Owner><OwningAccount>123456789012</OwningAccount></Owner></HostedZoneSummary></HostedZoneSummaries><MaxItems>100</MaxItems></ListHostedZonesByVPCResponse>`, nil
	case "route53resolver:ListResolverRules":
		return cannedRules(in)
	case "route53resolver:ListResolverRuleAssociations":
		return 200, cannedRuleAssociations, nil
	case "route53resolver:ListFirewallRuleGroupAssociations":
		return 200, cannedFirewalls, nil
	case "route53profiles:ListProfileAssociations":
		return 200, cannedProfiles, nil
	case "route53profiles:ListProfileResourceAssociations":
		return 200, cannedProfileResources, nil
	case "ec2:DescribeVpcs":
		return ec2(`<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><cidrBlock>10.1.0.0/16</cidrBlock><dhcpOptionsId>dopt-1</dhcpOptionsId>
<cidrBlockAssociationSet><item><cidrBlock>10.9.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>
<item><cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>
<item><cidrBlock>10.0.0.0/16</cidrBlock><cidrBlockState><state>disassociated</state></cidrBlockState></item></cidrBlockAssociationSet>
<tagSet><item><key>Name</key><value>closed</value></item></tagSet></item></vpcSet>`)
	case "ec2:CreateVpcEndpoint":
		return ec2(`<vpcEndpoint><vpcEndpointId>vpce-9</vpcEndpointId></vpcEndpoint>`)
	case "ec2:CreateSecurityGroup":
		return ec2(`<groupId>sg-9</groupId>`)
	case "ec2:DescribeVpcAttribute":
		if in.Get("Attribute") == "enableDnsSupport" {
			return ec2(`<vpcId>vpc-1</vpcId><enableDnsSupport><value>true</value></enableDnsSupport>`)
		}
		return ec2(`<vpcId>vpc-1</vpcId><enableDnsHostnames><value>false</value></enableDnsHostnames>`)
	case "ec2:DescribeDhcpOptions":
		return ec2(`<dhcpOptionsSet><item><dhcpOptionsId>dopt-1</dhcpOptionsId><dhcpConfigurationSet><item><key>domain-name-servers</key><valueSet><item><value>10.0.0.2</value></item><item><value>10.0.0.1</value></item></valueSet></item></dhcpConfigurationSet></item></dhcpOptionsSet>`)
	case "ec2:DescribeNatGateways":
		if in.Get("Filter.1.Name") == "" { // of the Region; one answer has no zone
			return ec2(`<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>available</state><subnetId>subnet-2</subnetId></item>
<item><natGatewayId>nat-2</natGatewayId><state>pending</state><natGatewayAddressSet><item><availabilityZone>us-east-1b</availabilityZone></item></natGatewayAddressSet></item>
<item><natGatewayId>nat-3</natGatewayId><state>deleted</state><subnetId>subnet-2</subnetId></item></natGatewaySet>`)
		}
	case "ec2:DescribeSubnets":
		// Two pages.
		if in.Get("NextToken") == "" {
			return ec2(`<subnetSet><item><subnetId>subnet-2</subnetId></item></subnetSet><nextToken>two</nextToken>`)
		}
		return ec2(`<subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet>`)
	case "ec2:DescribeSecurityGroups":
		return ec2(`<securityGroupInfo><item><groupId>sg-1</groupId><groupName>g</groupName><ipPermissions>
<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>10.2.0.0/16</cidrIp></item><item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges><groups><item><groupId>sg-2</groupId></item></groups><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item></ipPermissions>
<ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress></item></securityGroupInfo>`)
	case "ec2:GetManagedPrefixListEntries":
		return ec2(`<entrySet><item><cidr>10.8.0.0/16</cidr><description>hunter2</description></item><item><cidr>10.7.0.0/16</cidr></item></entrySet>`)
	case "ec2:DescribeVpcEndpoints":
		if in.Get("Filter.1.Value.1") == "Gateway" {
			return ec2(`<vpcEndpointSet><item><vpcEndpointId>vpce-3</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><state>available</state></item>
<item><vpcEndpointId>vpce-4</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><state>deleted</state></item></vpcEndpointSet>`)
		}
		return ec2(`<vpcEndpointSet><item><vpcEndpointId>vpce-2</vpcEndpointId><state>pendingAcceptance</state><creationTimestamp>2026-01-02T03:04:05.000Z</creationTimestamp><dnsOptions><privateDnsOnlyForInboundResolverEndpoint>true</privateDnsOnlyForInboundResolverEndpoint></dnsOptions></item>
<item><vpcEndpointId>vpce-1</vpcEndpointId><state>deleted</state></item></vpcEndpointSet>`)
	case "ec2:DescribeNetworkInterfaces":
		return ec2(`<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><attachment><instanceId>i-1</instanceId></attachment><association><publicIp>203.0.113.9</publicIp></association></item>
<item><networkInterfaceId>eni-2</networkInterfaceId></item></networkInterfaceSet>`)
	case "ec2:DescribeInstances":
		if in.Get("NextToken") == "" {
			return ec2(`<reservationSet><item><instancesSet><item><instanceId>i-0c</instanceId><imageId>ami-1</imageId><instanceState><name>stopped</name></instanceState></item></instancesSet></item></reservationSet><nextToken>two</nextToken>`)
		}
		return ec2(`<reservationSet><item><instancesSet><item><instanceId>i-0b</instanceId><imageId>ami-1</imageId><instanceState><name>running</name></instanceState></item>
<item><instanceId>i-0a</instanceId><imageId>ami-deleted</imageId><instanceState><name>running</name></instanceState><iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/ecs</arn></iamInstanceProfile></item></instancesSet></item></reservationSet>`)
	case "ec2:DescribeImages":
		if in.Get("Filter.1.Value.1") == "ami-deleted" {
			return ec2(`<imagesSet/>`)
		}
		return ec2(`<imagesSet><item><imageId>ami-1</imageId><name>amzn2-ami-ecs-hvm-2.0.20200902-x86_64-ebs</name></item></imagesSet>`)
	case "ssm:DescribeInstanceInformation":
		if !strings.Contains(in.Get("json"), "NextToken") {
			return 200, `{"InstanceInformationList":[{"InstanceId":"i-0a","PingStatus":"Online","AgentVersion":"3.2.0.0","PlatformType":"Linux","PlatformName":"Amazon Linux","PlatformVersion":"2","ComputerName":"hunter2"},
{"InstanceId":"mi-0b","PingStatus":"Online"}],"NextToken":"two"}`, nil
		}
		return 200, `{"InstanceInformationList":[{"InstanceId":"i-0c","PingStatus":"ConnectionLost","AgentVersion":"2.3.0.0"}]}`, nil
	case "ecs:ListContainerInstances":
		return 200, `{"containerInstanceArns":["` + arn + `container-instance/prod/c","` + arn + `container-instance/prod/a","` + arn + `container-instance/prod/b"]}`, nil
	case "ecs:DescribeContainerInstances":
		return 200, `{"containerInstances":[
{"containerInstanceArn":"` + arn + `container-instance/prod/c","ec2InstanceId":"i-0c","capacityProviderName":"ours","status":"ACTIVE","agentConnected":true,"registeredAt":1767323045.5},
{"containerInstanceArn":"` + arn + `container-instance/prod/b","ec2InstanceId":"mi-0b","versionInfo":{"agentVersion":"1.98.0"},"status":"ON_THE_MOON","attributes":[{"name":"ecs.capability.external"}]},
{"containerInstanceArn":"` + arn + `container-instance/prod/a","ec2InstanceId":"i-0a","capacityProviderName":"asg","versionInfo":{"agentVersion":"v1.39.0"},"status":"DRAINING","agentConnected":true,"runningTasksCount":2,"registeredAt":1767323045,
"tags":[{"key":"Name","value":"a"},{"key":"privatelink-wizard:endpoints","value":"x"}],
"attributes":[{"name":"ecs.vpc-id","value":"vpc-1"},{"name":"ecs.subnet-id","value":"subnet-1"},{"name":"ecs.availability-zone","value":"us-east-1a"},{"name":"ecs.os-type","value":"linux"},
{"name":"ecs.os-family","value":"LINUX"},{"name":"ecs.ami-id","value":"ami-1"},{"name":"ecs.capability.private-registry-authentication.secretsmanager"},{"name":"color","value":"green"}]}]}`, nil
	case "ecs:ListTasks":
		return 200, `{"taskArns":["` + arn + `task/prod/1","` + arn + `task/prod/2"]}`, nil
	case "ecs:DescribeTasks":
		return 200, cannedTasks, nil
	case "batch:ListJobs":
		return cannedJobs(in)
	case "batch:DescribeComputeEnvironments":
		return 200, `{"computeEnvironments":[{"computeEnvironmentArn":"arn:ce/ec2","computeEnvironmentName":"ec2","type":"MANAGED","state":"ENABLED","status":"VALID","ecsClusterArn":"arn:cluster","containerOrchestrationType":"ECS",
"computeResources":{"type":"SPOT","subnets":["subnet-2","subnet-1"],"securityGroupIds":["sg-1"],"instanceRole":"ecsInstanceRole","launchTemplate":{"launchTemplateId":"lt-1"}}},
{"computeEnvironmentArn":"arn:ce/by-hand","computeEnvironmentName":"by-hand","type":"UNMANAGED","state":"DISABLED","status":"VALID"}]}`, nil
	case "batch:DescribeJobQueues":
		if !strings.Contains(in.Get("json"), "nextToken") {
			return 200, `{"jobQueues":[{"jobQueueArn":"arn:q/two","jobQueueName":"two","state":"ENABLED","computeEnvironmentOrder":[{"order":2,"computeEnvironment":"arn:ce/by-hand"},{"order":1,"computeEnvironment":"arn:ce/ec2"}]}],"nextToken":"two"}`, nil
		}
		return 200, `{"jobQueues":[{"jobQueueArn":"arn:q/one","jobQueueName":"one","state":"DISABLED"}]}`, nil
	case "batch:DescribeJobDefinitions":
		return 200, `{"jobDefinitions":[
{"jobDefinitionArn":"arn:d/simple:2","jobDefinitionName":"simple","revision":2,"type":"container","status":"ACTIVE","parameters":{"p":"hunter2"},"platformCapabilities":["FARGATE"],
"containerProperties":{"image":"nginx","command":["hunter2"],"environment":[{"name":"PASSWORD","value":"hunter2"}],"executionRoleArn":"arn:execution","jobRoleArn":"arn:job","enableExecuteCommand":true,
"secrets":[{"name":"S","valueFrom":"arn:secret"}],"repositoryCredentials":{"credentialsParameter":"arn:registry"},"volumes":[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1"}}],
"fargatePlatformConfiguration":{"platformVersion":"1.4.0"},"networkConfiguration":{"assignPublicIp":"ENABLED"},"runtimePlatform":{"operatingSystemFamily":"LINUX"},
"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-region":"us-east-1","awslogs-group":"/jobs","token":"hunter2"},"secretOptions":[{"name":"x","valueFrom":"arn:log"}]}}},
{"jobDefinitionArn":"arn:d/simple:1","jobDefinitionName":"simple","revision":1,"type":"container","containerProperties":{"image":"old"}},
{"jobDefinitionArn":"arn:d/nodes:1","jobDefinitionName":"nodes","revision":1,"type":"multinode","nodeProperties":{"numNodes":2,"mainNode":0,"nodeRangeProperties":[
{"targetNodes":"0","container":{"image":"main","jobRoleArn":"arn:first"}},{"targetNodes":"1:","container":{"image":"other","jobRoleArn":"arn:second"}}]}},
{"jobDefinitionArn":"arn:d/several:1","jobDefinitionName":"several","revision":1,"type":"container","ecsProperties":{"taskProperties":[{"executionRoleArn":"arn:execution","taskRoleArn":"arn:task","platformVersion":"LATEST","enableExecuteCommand":true,
"containers":[{"name":"a","image":"a","secrets":[{"name":"S","valueFrom":"arn:a"}]},{"name":"b","image":"b","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"cloudwatch"}}}]}]}},
{"jobDefinitionArn":"arn:d/eks:1","jobDefinitionName":"eks","revision":1,"type":"container","eksProperties":{"podProperties":{}}}]}`, nil
	case "pricing:GetProducts":
		return 200, `{"FormatVersion":"aws_v1","PriceList":[]}`, nil
	case "servicequotas:ListServiceQuotas": // without L-2AFB9258
		if !strings.Contains(in.Get("json"), `"NextToken":"two"`) {
			return 200, `{"Quotas":[{"QuotaCode":"L-F678F1CE","Value":5.0},{"QuotaCode":"L-29B6F2EB","Value":50.0},{"QuotaCode":"L-0EA8095F","Value":60.0}],"NextToken":"two"}`, nil
		}
		return 200, `{"Quotas":[{"QuotaCode":"L-1B52E74A","Value":20.0},{"QuotaCode":"L-E79EC296","Value":2500.0}]}`, nil
	case "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListRoles":
		return 200, fmt.Sprintf(`<%sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%sResult>%s</%sResult><ResponseMetadata><RequestId>req-b</RequestId></ResponseMetadata></%sResponse>`, name, name, map[string]string{
			"ListRolePolicies":         `<IsTruncated>false</IsTruncated><PolicyNames><member>inline</member></PolicyNames>`,
			"GetRolePolicy":            `<RoleName>web</RoleName><PolicyName>inline</PolicyName><PolicyDocument>` + url.PathEscape(`{"Statement":[{"Sid":"a+b"}]}`) + `</PolicyDocument>`,
			"ListAttachedRolePolicies": `<IsTruncated>false</IsTruncated><AttachedPolicies><member><PolicyName>attached</PolicyName><PolicyArn>arn:aws:iam::aws:policy/attached</PolicyArn></member></AttachedPolicies>`,
			"ListRoles": map[string]string{
				"":    `<IsTruncated>true</IsTruncated><Marker>two</Marker><Roles>` + cannedRole("web", `{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`) + `</Roles>`,
				"two": `<IsTruncated>false</IsTruncated><Roles>` + cannedRole("lambda", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`) + cannedRole("jobs", `[{"Effect":"Allow","Principal":{"Service":["batch.amazonaws.com","ecs-tasks.amazonaws.com.cn"]},"Action":["sts:TagSession","sts:*"]}]`) + `</Roles>`,
			}[in.Get("Marker")],
			"GetPolicy":        `<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>`,
			"GetPolicyVersion": `<PolicyVersion><VersionId>` + in.Get("VersionId") + `</VersionId><Document>%7B%22Version%22%3A%20%22` + in.Get("VersionId") + `%22%7D</Document></PolicyVersion>`,
		}[name], name, name), nil
	case "secretsmanager:ListSecrets":
		if !strings.Contains(in.Get("json"), "NextToken") {
			return 200, `{"SecretList":[{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:b-AbCdEf","Name":"b","RotationEnabled":true,"DeletedDate":1767323045.5}],"NextToken":"two"}`, nil
		}
		return 200, `{"SecretList":[` + cannedSecret("SecretVersionsToStages") + `]}`, nil
	case "secretsmanager:DescribeSecret":
		return 200, cannedSecret("VersionIdsToStages"), nil
	case "ecr:DescribePullThroughCacheRules":
		return 200, `{"pullThroughCacheRules":[{"ecrRepositoryPrefix":"mirror","upstreamRegistryUrl":"quay.io"}]}`, nil
	case "logs:DescribeLogGroups":
		if !strings.Contains(in.Get("json"), "nextToken") {
			return 200, `{"logGroups":[{"logGroupName":"/ecs/t"}],"nextToken":"two"}`, nil
		}
		return 200, `{"logGroups":[{"logGroupName":"/ecs/t2"}]}`, nil
	case "kms:ListAliases":
		const key = "arn:aws:kms:us-east-1:123456789012:"
		if !strings.Contains(in.Get("json"), "Marker") {
			return 200, `{"Aliases":[{"AliasName":"alias/b","AliasArn":"` + key + `alias/b","TargetKeyId":"k-1"},{"AliasName":"alias/aws/ssm","AliasArn":"` + key + `alias/aws/ssm","TargetKeyId":"k-3"},{"AliasName":"alias/aws/dynamodb","AliasArn":"` + key + `alias/aws/dynamodb"}],"NextMarker":"two","Truncated":true}`, nil
		}
		return 200, `{"Aliases":[{"AliasName":"alias/a","AliasArn":"` + key + `alias/a","TargetKeyId":"k-1"},{"AliasName":"alias/aws/secretsmanager","AliasArn":"` + key + `alias/aws/secretsmanager","TargetKeyId":"k-0"}],"Truncated":false}`, nil
	case "kms:DescribeKey":
		return 200, `{"KeyMetadata":{"KeyId":"k-1","KeyManager":"CUSTOMER","KeyState":"Disabled","KeyUsage":"ENCRYPT_DECRYPT"}}`, nil
	case "ecs:ListClusters":
		return 200, `{"clusterArns":["` + arn + `cluster/prod"]}`, nil
	case "ecs:DescribeClusters":
		return 200, `{"clusters":[{"clusterArn":"` + arn + `cluster/prod","clusterName":"prod","registeredContainerInstancesCount":3,"capacityProviders":["FARGATE","managed"],"settings":[{"name":"containerInsights","value":"enhanced"}],"configuration":{"executeCommandConfiguration":{"kmsKeyId":"key-1"}}}]}`, nil
	case "ecs:DescribeCapacityProviders":
		return 200, `{"capacityProviders":[{"name":"managed","type":"MANAGED_INSTANCES","managedInstancesProvider":{"instanceLaunchTemplate":{"networkConfiguration":{"subnets":["subnet-hosts"],"securityGroups":["sg-hosts"]}}}},{"name":"own","type":"EC2_AUTOSCALING"}]}`, nil
	case "ecs:ListServices":
		var arns []string
		for i := range 12 {
			arns = append(arns, fmt.Sprintf(`"%sservice/prod/s%02d"`, arn, i))
		}
		return 200, `{"serviceArns":[` + strings.Join(arns, ",") + `]}`, nil
	case "ecs:DescribeServices":
		var out []string
		for i := range 12 {
			id := fmt.Sprintf("s%02d", i)
			if !strings.Contains(in.Get("json"), "/"+id+`"`) {
				continue
			}
			out = append(out, fmt.Sprintf(`{"serviceArn":"%sservice/prod/%s","serviceName":"%s","status":"ACTIVE","taskDefinition":"%stask-definition/t:%d",
"capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"}],"enableExecuteCommand":true,"desiredCount":2,"runningCount":1,
"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-2","subnet-1"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}},
"deployments":[{"status":"ACTIVE"},{"status":"PRIMARY","serviceConnectConfiguration":{"enabled":true}}]}`, arn, id, id, arn, i%2+1))
		}
		return 200, `{"services":[` + strings.Join(out, ",") + `]}`, nil
	case "ecs:DescribeTaskDefinition":
		rev := "1"
		if strings.Contains(in.Get("json"), "t:2") {
			rev = "2"
		}
		return 200, `{"taskDefinition":{"taskDefinitionArn":"` + arn + `task-definition/t:` + rev + `","family":"t","revision":` + rev + `,"requiresCompatibilities":["FARGATE"],
"runtimePlatform":{"operatingSystemFamily":"LINUX"},"volumes":[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1"}}],
"containerDefinitions":[{"name":"web","image":"nginx","environment":[{"name":"PASSWORD","value":"hunter2"}],"dockerLabels":{"Owner":"somebody"},
"secrets":[{"name":"S","valueFrom":"arn:secret"}],"repositoryCredentials":{"credentialsParameter":"arn:registry"},"environmentFiles":[{"type":"s3","value":"arn:file"}],
"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-region":"us-east-1","awslogs-group":"/ecs/t","token":"hunter2"},"secretOptions":[{"name":"x","valueFrom":"arn:log"}]}},
{"name":"router","image":"fluent","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"cloudwatch_logs"}}}]}}`, nil
	}
	return ec2("")
}

func cannedRole(name, statement string) string {
	return `<member><Arn>arn:aws:iam::123456789012:role/` + name + `</Arn><AssumeRolePolicyDocument>` + url.PathEscape(`{"Version":"2012-10-17","Statement":`+statement+`}`) + `</AssumeRolePolicyDocument></member>`
}

// cannedSecret has its stages under another name in a list.
func cannedSecret(stages string) string {
	return `{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf","Name":"a","Description":"d","KmsKeyId":"alias/a","` + stages + `":{"v1":["AWSPREVIOUS"],"v2":["AWSCURRENT","mine"]}}`
}

func open(t *testing.T, s *stub, more ...func(*Options)) *Client {
	t.Helper()
	if s.answer == nil {
		s.answer = canned
	}
	o := Options{Region: "us-east-1", Transport: s}
	for _, f := range more {
		f(&o)
	}
	c, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var errDial = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func (s *stub) answerOf() func(string) (int, string, error) {
	return func(op string) (int, string, error) { return s.answer(op, 1, nil) }
}
