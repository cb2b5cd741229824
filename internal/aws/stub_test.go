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

// cutOff at the end of an answer breaks the connection there.
const cutOff = "\x00"

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

const answerTime = 120 * time.Millisecond

// stub answers in place of AWS. Every answer takes answerTime, so that in a
// bubble of synctest the time that passes tells the longest chain of calls.
type stub struct {
	mu    sync.Mutex
	calls map[string]int
	// answer says what to answer to the n-th call of an operation.
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
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		op, in = "ecs:"+name, url.Values{"json": {string(body)}}
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

// refuse makes the error answer of an operation's protocol.
func refuse(op string, status int, code, message string) (int, string, error) {
	var m bytes.Buffer
	xml.EscapeText(&m, []byte(message))
	switch {
	case strings.HasPrefix(op, "ecs:"):
		return status, fmt.Sprintf(`{"__type":"com.amazonaws.ecs#%s","message":%q}`, code, message), nil
	case strings.HasPrefix(op, "sts:"), strings.HasPrefix(op, "route53:"):
		return status, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>req-x</RequestId></ErrorResponse>`, code, &m), nil
	}
	return status, fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>req-x</RequestID></Response>`, code, &m), nil
}

// canned is a small account: one VPC with little in it, one cluster with twelve
// services that share two task definitions.
func canned(op string, _ int, in url.Values) (int, string, error) {
	_, name, _ := strings.Cut(op, ":")
	ec2 := func(body string) (int, string, error) {
		return 200, fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>req-b</requestId>%s</%sResponse>`, name, body, name), nil
	}
	const arn = "arn:aws:ecs:us-east-1:123456789012:"
	switch op {
	case "sts:GetCallerIdentity":
		return 200, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws-cn:iam::123456789012:user/somebody</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>req-b</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, nil
	case "route53:ListHostedZonesByVPC":
		return 200, `<ListHostedZonesByVPCResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZoneSummaries><HostedZoneSummary><HostedZoneId>Z1</HostedZoneId><Name>shop.internal.</Name><Owner><OwningAccount>123456789012</OwningAccount></Owner></HostedZoneSummary></HostedZoneSummaries><MaxItems>100</MaxItems></ListHostedZonesByVPCResponse>`, nil
	case "ec2:DescribeVpcs":
		return ec2(`<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><cidrBlock>10.1.0.0/16</cidrBlock><dhcpOptionsId>dopt-1</dhcpOptionsId>
<cidrBlockAssociationSet><item><cidrBlock>10.9.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>
<item><cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>
<item><cidrBlock>10.0.0.0/16</cidrBlock><cidrBlockState><state>disassociated</state></cidrBlockState></item></cidrBlockAssociationSet>
<tagSet><item><key>Name</key><value>closed</value></item></tagSet></item></vpcSet>`)
	case "ec2:DescribeVpcAttribute":
		if in.Get("Attribute") == "enableDnsSupport" {
			return ec2(`<vpcId>vpc-1</vpcId><enableDnsSupport><value>true</value></enableDnsSupport>`)
		}
		return ec2(`<vpcId>vpc-1</vpcId><enableDnsHostnames><value>false</value></enableDnsHostnames>`)
	case "ec2:DescribeDhcpOptions":
		return ec2(`<dhcpOptionsSet><item><dhcpOptionsId>dopt-1</dhcpOptionsId><dhcpConfigurationSet><item><key>domain-name-servers</key><valueSet><item><value>10.0.0.2</value></item><item><value>10.0.0.1</value></item></valueSet></item></dhcpConfigurationSet></item></dhcpOptionsSet>`)
	case "ec2:DescribeSubnets":
		// Two pages.
		if in.Get("NextToken") == "" {
			return ec2(`<subnetSet><item><subnetId>subnet-2</subnetId></item></subnetSet><nextToken>two</nextToken>`)
		}
		return ec2(`<subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet>`)
	case "ec2:DescribeSecurityGroups":
		return ec2(`<securityGroupInfo><item><groupId>sg-1</groupId><groupName>g</groupName><ipPermissions>
<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>10.2.0.0/16</cidrIp></item><item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges><groups><item><groupId>sg-2</groupId></item></groups></item></ipPermissions>
<ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress></item></securityGroupInfo>`)
	case "ec2:DescribeVpcEndpoints":
		return ec2(`<vpcEndpointSet><item><vpcEndpointId>vpce-2</vpcEndpointId><state>pendingAcceptance</state><creationTimestamp>2026-01-02T03:04:05.000Z</creationTimestamp></item>
<item><vpcEndpointId>vpce-1</vpcEndpointId><state>deleted</state></item></vpcEndpointSet>`)
	case "ecs:ListClusters":
		return 200, `{"clusterArns":["` + arn + `cluster/prod"]}`, nil
	case "ecs:DescribeClusters":
		return 200, `{"clusters":[{"clusterArn":"` + arn + `cluster/prod","clusterName":"prod","registeredContainerInstancesCount":3,"settings":[{"name":"containerInsights","value":"enhanced"}],"configuration":{"executeCommandConfiguration":{"kmsKeyId":"key-1"}}}]}`, nil
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
"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-region":"us-east-1","token":"hunter2"},"secretOptions":[{"name":"x","valueFrom":"arn:log"}]}},
{"name":"router","image":"fluent","logConfiguration":{"logDriver":"awsfirelens","options":{"Name":"cloudwatch_logs"}}}]}}`, nil
	}
	return ec2("")
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
