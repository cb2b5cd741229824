package aws

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

func TestCallAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{}
		c := open(t, s)
		got, err := c.Call(t.Context(), "ec2", "DescribeInstances", map[string]any{"Filters": []any{map[string]any{"Name": "vpc-id", "Values": []string{"vpc-1"}}}})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := resource.Query("Reservations[].Instances[].InstanceId", got); err != nil || resource.Text(v) != "i-0c\ti-0b\ti-0a" {
			t.Errorf("of two pages: %q %v", resource.Text(v), err)
		}
		got, err = c.Call(t.Context(), "ec2", "DescribeVpcEndpoints", nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := resource.Query("VpcEndpoints[].[VpcEndpointId, CreationTimestamp, State, ServiceName]", got)
		if err != nil || resource.Text(text) != "vpce-2\t2026-01-02T03:04:05+00:00\tpendingAcceptance\tNone\nvpce-1\tNone\tdeleted\tNone" {
			t.Errorf("%q %v", resource.Text(text), err)
		}
		got, err = c.Call(t.Context(), "ec2", "DescribeNetworkAcls", nil)
		if d := cmp.Diff(any(map[string]any{"NetworkAcls": []any{}}), got); d != "" || err != nil {
			t.Error(d, err)
		}
		got, err = c.Call(t.Context(), "ecs", "DescribeTaskDefinition", map[string]any{"taskDefinition": "t:1"})
		if err != nil {
			t.Fatal(err)
		}
		for expr, want := range map[string]string{
			"taskDefinition.taskDefinitionArn":                                                      "arn:aws:ecs:us-east-1:123456789012:task-definition/t:1",
			"taskDefinition.containerDefinitions[0].dockerLabels.Owner":                             "somebody",
			"taskDefinition.containerDefinitions[1].logConfiguration.options.Name":                  "cloudwatch_logs",
			"taskDefinition.revision":                                                               "1",
			"taskDefinition.volumes[0].efsVolumeConfiguration.fileSystemId":                         "fs-1",
			"length(taskDefinition.containerDefinitions[?logConfiguration.logDriver == 'awslogs'])": "1",
		} {
			if v, err := resource.Query(expr, got); err != nil || resource.Text(v) != want {
				t.Errorf("%s: %q %v", expr, resource.Text(v), err)
			}
		}
	})
}

func TestCallRefusesWhatAWSDoesNotKnow(t *testing.T) {
	c := open(t, &stub{})
	for _, tc := range []struct {
		service, op string
		in          map[string]any
		says        string
	}{
		{"ec2", "DescribeUnicorns", nil, "does not support the operation"},
		{"ec2", "CreateVpcEndpoint", map[string]any{"VpcID": "vpc-1"}, `no field "VpcID"`},
		{"ec2", "CreateVpcEndpoint", map[string]any{"TagSpecifications": []any{map[string]any{"Tags": []any{map[string]any{"key": "x"}}}}}, `no field "TagSpecifications.Tags.key"`},
		{"ec2", "CreateVpcEndpoint", map[string]any{"SubnetIds": "subnet-1"}, "SubnetIds"},
		{"ecs", "DescribeTaskDefinition", map[string]any{"TaskDefinition": "t"}, `no field "TaskDefinition"`},
		{"ec2", "DeleteSecurityGroup", map[string]any{"ResultMetadata": "x"}, "no field"},
		{"ec2", "ModifyVpcAttribute", map[string]any{}, "VpcId"},
	} {
		_, err := c.Call(t.Context(), tc.service, tc.op, tc.in)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeRequest || !strings.Contains(e.Error(), tc.says) {
			t.Errorf("%s %v: %v", tc.op, tc.in, err)
		}
	}
}

// TestWritesAreSentOnce tests that a change is sent again only if AWS cannot have received it.
func TestWritesAreSentOnce(t *testing.T) {
	throttled := func(op string) (int, string, error) { return refuse(op, 503, "RequestLimitExceeded", "slow down") }
	fault := func(op string) (int, string, error) { return refuse(op, 500, "InternalError", "oops") }
	reset := func(string) (int, string, error) { return 0, "", errors.New("read: connection reset by peer") }
	token := map[string]any{"VpcId": "vpc-1", "ServiceName": "s", "ClientToken": "t"}
	plain := map[string]any{"VpcId": "vpc-1", "ServiceName": "s"}
	group := map[string]any{"GroupName": "g", "Description": "d"}
	for _, tc := range []struct {
		op    string
		in    map[string]any
		first func(string) (int, string, error)
		asked int
	}{
		{"CreateVpcEndpoint", token, throttled, 1},
		{"CreateVpcEndpoint", token, fault, 1},
		{"CreateVpcEndpoint", token, reset, 1},
		{"CreateVpcEndpoint", plain, fault, 1},
		{"CreateVpcEndpoint", plain, reset, 1},
		{"CreateSecurityGroup", group, reset, 1},
		{"CreateSecurityGroup", group, throttled, 1},
		{"CreateSecurityGroup", group, broken(errDial).answerOf(), 2},
		{"DeleteSecurityGroup", map[string]any{"GroupId": "sg-1"}, fault, 1},
		{"DescribeVpcEndpoints", nil, throttled, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
				if n == 1 {
					return tc.first(op)
				}
				return canned(op, n, in)
			}}
			start := time.Now()
			_, err := open(t, s).Call(t.Context(), "ec2", tc.op, tc.in)
			if n := s.calls["ec2:"+tc.op]; n != tc.asked || (err == nil) != (tc.asked > 1) {
				t.Errorf("%s %v: asked %d times, want %d: %v", tc.op, tc.in, n, tc.asked, err)
			}
			if tc.asked == 1 && time.Since(start) != answerTime {
				t.Errorf("%s waited %v", tc.op, time.Since(start))
			}
		})
	}
}

// TestUnsuccessful: what AWS did not do is an error, although it answers with the status 200. Its code is that of AWS.
func TestUnsuccessful(t *testing.T) {
	const items = `<unsuccessful><item><resourceId>fl-1</resourceId><error><code>%s</code><message>The message</message></error></item>` +
		`<item><resourceId>fl-2</resourceId><error><code>Other</code></error></item></unsuccessful>`
	for _, tt := range []struct{ service, op, answer, code, message string }{
		{"ec2", "DeleteVpcEndpoints", "<DeleteVpcEndpointsResponse>" + fmt.Sprintf(items, "InvalidVpcEndpointId.NotFound") + "</DeleteVpcEndpointsResponse>", "InvalidVpcEndpointId.NotFound", "fl-1: The message; fl-2"},
		{"ec2", "DeleteFlowLogs", "<DeleteFlowLogsResponse>" + fmt.Sprintf(items, "InvalidFlowLogId.NotFound") + "</DeleteFlowLogsResponse>", "InvalidFlowLogId.NotFound", "fl-1: The message; fl-2"},
		{"ec2", "CreateFlowLogs", "<CreateFlowLogsResponse><flowLogIdSet/>" + fmt.Sprintf(items, "400") + "</CreateFlowLogsResponse>", "400", "fl-1: The message; fl-2"},
		{"ec2", "CreateFlowLogs", "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item/></unsuccessful></CreateFlowLogsResponse>", "Unsuccessful", ""},
		{"ecs", "RunTask", `{"tasks":[],"failures":[{"arn":"arn:i","reason":"RESOURCE:MEMORY"}]}`, "RESOURCE:MEMORY", "arn:i"},
		{"ecs", "UpdateContainerInstancesState", `{"containerInstances":[],"failures":[{"arn":"arn:i","reason":"MISSING","detail":"unknown"}]}`, "MISSING", "arn:i: unknown"},
		{"ec2", "CreateFlowLogs", "<CreateFlowLogsResponse><flowLogIdSet><item>fl-1</item></flowLogIdSet><unsuccessful/></CreateFlowLogsResponse>", "", ""},
		{"ecs", "RunTask", `{"tasks":[{"taskArn":"arn:t"}],"failures":[]}`, "", ""},
	} {
		s := &stub{answer: func(string, int, url.Values) (int, string, error) { return 200, tt.answer, nil }}
		_, err := unchecked(open(t, s)).Call(t.Context(), tt.service, tt.op, nil)
		var e *Error
		if tt.code == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.op, err)
			}
			continue
		}
		if !errors.As(err, &e) || e.Code != tt.code || e.Message != tt.message || e.Unsure() || e.Op != tt.service+":"+tt.op || s.calls[e.Op] != 1 {
			t.Errorf("%s: %v, %+v", tt.op, err, e)
		}
	}
}

// TestPartialAnswers: each operation that changes something is known as one that AWS can answer with the status 200 although it did not
// do what was asked, if the SDK has a list of such errors in its answer.
func TestPartialAnswers(t *testing.T) {
	found := 0
	for name, o := range allOperations(nil, nil) {
		service, op, _ := strings.Cut(name, ".")
		list := ""
		for _, f := range reflect.VisibleFields(reflect.TypeOf(o.answer()).Elem()) {
			if f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct {
				continue
			}
			for _, text := range []string{"Unsuccessful", "Fail", "Error", "Unprocessed"} {
				if strings.Contains(f.Name+f.Type.Elem().Name(), text) {
					list = f.Name
				}
			}
		}
		if list != "" && !resource.Reads(op) {
			found++
		}
		if partial := resource.Unsuccessful(service, op); (partial != "") != (list != "" && !resource.Reads(op)) || partial != "" && !strings.EqualFold(strings.Split(partial, "[")[0], list) {
			t.Errorf("%s: %q, and the SDK has %q", name, partial, list)
		}
	}
	if found != 5 {
		t.Errorf("%d operations", found)
	}
}

func TestRequestAsSent(t *testing.T) {
	var sent url.Values
	s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) { sent = in; return canned(op, n, in) }}
	_, err := open(t, s).Call(t.Context(), "ec2", "AuthorizeSecurityGroupIngress", map[string]any{"GroupId": "sg-1", "DryRun": true,
		"IpPermissions": []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": []map[string]any{{"CidrIp": "10.0.0.0/8"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"GroupId": "sg-1", "DryRun": "true", "IpPermissions.1.FromPort": "443", "IpPermissions.1.IpRanges.1.CidrIp": "10.0.0.0/8"} {
		if sent.Get(k) != want {
			t.Errorf("%s=%q, want %q", k, sent.Get(k), want)
		}
	}
}

func TestEndlessPages(t *testing.T) {
	s := &stub{answer: func(string, int, url.Values) (int, string, error) {
		return 200, `<DescribeInstancesResponse><reservationSet/><nextToken>again</nextToken></DescribeInstancesResponse>`, nil
	}}
	_, err := open(t, s).Call(t.Context(), "ec2", "DescribeInstances", nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeUnreadable || e.Op != "ec2:DescribeInstances" || s.calls["ec2:DescribeInstances"] != 2 || !strings.Contains(e.Message, "endless list") {
		t.Errorf("got %v", err)
	}
}
