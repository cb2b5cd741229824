package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var hostsOf = inventory.Request{Part: inventory.PartHosts, VPC: "vpc-1"}

// ec2Hosts are the hosts of canned without the data of Systems Manager.
func ec2Hosts() []inventory.Host {
	const name = "amzn2-ami-ecs-hvm-2.0.20200902-x86_64-ebs"
	return []inventory.Host{
		{Instance: "i-0a", VPC: "vpc-1", State: "running", Profile: "arn:aws:iam::123456789012:instance-profile/ecs"},
		{Instance: "i-0b", VPC: "vpc-1", State: "running", AMIName: name},
		{Instance: "i-0c", VPC: "vpc-1", State: "stopped", AMIName: name},
	}
}

func TestLoadHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			switch op {
			case "ec2:DescribeInstances":
				if in.Get("MaxResults") != "1000" || in.Get("Filter.1.Name") != "vpc-id" || in.Get("Filter.1.Value.1") != "vpc-1" || in.Get("Filter.2.Value.4") != "stopped" || in.Get("Filter.2.Value.5") != "" {
					t.Errorf("asks: %v", in)
				}
			case "ec2:DescribeImages":
				if in.Get("Filter.1.Name") != "image-id" || in.Get("IncludeDeprecated") != "true" || in.Get("Owner.1")+in.Get("ImageId.1") != "" {
					t.Errorf("asks: %v", in)
				}
			case "ssm:DescribeInstanceInformation":
				if !strings.Contains(in.Get("json"), `"MaxResults":50`) {
					t.Errorf("asks: %s", in.Get("json"))
				}
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), hostsOf)
		want := ec2Hosts()
		want[0].Ping, want[0].SSMAgent, want[0].PlatformType, want[0].PlatformName, want[0].PlatformVersion = "Online", "3.2.0.0", "Linux", "Amazon Linux", "2"
		want[2].Ping, want[2].SSMAgent = "ConnectionLost", "2.3.0.0"
		if d := cmp.Diff(want, got.Hosts); d != "" || err != nil || len(got.Gaps) != 0 {
			t.Errorf("%v %v\n%s", err, got.Gaps, d)
		}
	})
}

// Instances have pages of 1000 and AMIs chunks of 200, without additional calls in the longest
// chain.
func TestLoadManyHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			switch op {
			case "ec2:DescribeInstances":
				var b strings.Builder
				for i := range 1000 {
					fmt.Fprintf(&b, `<item><instancesSet><item><instanceId>i-%d-%03d</instanceId><imageId>ami-%d</imageId></item></instancesSet></item>`, n, i, i%250)
				}
				next := ""
				if n < 3 {
					next = fmt.Sprint(n)
				}
				return 200, `<DescribeInstancesResponse><reservationSet>` + b.String() + `</reservationSet><nextToken>` + next + `</nextToken></DescribeInstancesResponse>`, nil
			case "ec2:DescribeImages":
				if in.Get("Filter.1.Value.201") != "" {
					t.Error("asks for more than 200 AMIs")
				}
				var b strings.Builder
				for i := 1; in.Get(fmt.Sprintf("Filter.1.Value.%d", i)) != ""; i++ {
					id := in.Get(fmt.Sprintf("Filter.1.Value.%d", i))
					fmt.Fprintf(&b, `<item><imageId>%s</imageId><name>of %s</name></item>`, id, id)
				}
				return 200, `<DescribeImagesResponse><imagesSet>` + b.String() + `</imagesSet></DescribeImagesResponse>`, nil
			case "ssm:DescribeInstanceInformation":
				return 200, `{"InstanceInformationList":[]}`, nil
			}
			return canned(op, n, in)
		}}
		start := time.Now()
		got, err := open(t, s).Load(t.Context(), hostsOf)
		if err != nil || len(got.Hosts) != 3000 || s.calls["ec2:DescribeImages"] != 2 || got.Hosts[249].AMIName != "of ami-249" {
			t.Fatalf("%v %d hosts, %v", err, len(got.Hosts), s.calls)
		}
		if chain := time.Since(start) / answerTime; chain != 3 {
			t.Errorf("the longest chain is %d calls", chain)
		}
	})
}

// A failure of Systems Manager never stops loading, and there is only one attempt.
func TestLoadHostsWithoutSystemsManager(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(op string) (int, string, error)
		code   string
		asked  int
	}{
		"denied":    {func(op string) (int, string, error) { return refuse(op, 400, "AccessDeniedException", "no") }, "AccessDeniedException", 1},
		"500":       {func(string) (int, string, error) { return 500, "<html>oops</html>", nil }, "Status500", 1},
		"501":       {func(op string) (int, string, error) { return refuse(op, 501, "NotImplemented", "no") }, "NotImplemented", 1},
		"unread":    {func(string) (int, string, error) { return 200, "<html>sign in</html>", nil }, CodeUnreadable, 1},
		"no host":   {func(string) (int, string, error) { return 0, "", errDial }, CodeUnreachable, 1},
		"throttled": {func(op string) (int, string, error) { return refuse(op, 400, "ThrottlingException", "no") }, "", 6},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if strings.HasPrefix(op, "ssm:") {
						return c.answer(op)
					}
					return canned(op, n, in)
				}}
				start := time.Now()
				got, err := open(t, s).Load(t.Context(), hostsOf)
				if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Call != "ssm:DescribeInstanceInformation" || c.code != "" && got.Gaps[0].Code != c.code {
					t.Fatalf("%v %+v", err, got.Gaps)
				}
				if d := cmp.Diff(ec2Hosts(), got.Hosts); d != "" {
					t.Error(d)
				}
				if n := s.calls["ssm:DescribeInstanceInformation"]; n > c.asked || c.asked == 1 && time.Since(start) != 3*answerTime || time.Since(start) > pageTime {
					t.Errorf("asked %d times, %v", n, time.Since(start))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		// Throttling only costs time.
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "ssm:DescribeInstanceInformation" && n == 2 {
				return refuse(op, 400, "ThrottlingException", "Rate exceeded")
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), hostsOf)
		if err != nil || len(got.Gaps) != 0 || got.Hosts[2].Ping == "" {
			t.Errorf("%v %+v", err, got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := open(t, &stub{}, func(o *Options) { o.Transport = mute{o.Transport} }).Load(t.Context(), hostsOf)
		if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Code != CodeTimeout || time.Since(start) != pageTime || len(got.Hosts) != 3 {
			t.Errorf("%v %+v after %v", err, got.Gaps, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime*7/2, cancel) // only Systems Manager has not answered yet
		if _, err := open(t, &stub{}, func(o *Options) { o.Transport = mute{o.Transport} }).Load(ctx, hostsOf); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// Any failure except a denied call is an immediate error.
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "ec2:DescribeInstances" {
				return refuse(op, 400, "ExpiredToken", "no")
			}
			return canned(op, n, in)
		}}
		start := time.Now()
		_, err := open(t, s, func(o *Options) { o.Transport = mute{o.Transport} }).Load(t.Context(), hostsOf)
		var e *Error
		if !errors.As(err, &e) || e.Code != "ExpiredToken" || time.Since(start) != answerTime {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// mute is an account with a Systems Manager that never answers.
type mute struct{ http.RoundTripper }

func (m mute) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "ssm.") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return m.RoundTripper.RoundTrip(r)
}

func TestRunCommandAsSent(t *testing.T) {
	var sent any
	s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
		if err := json.Unmarshal([]byte(in.Get("json")), &sent); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		return 200, `{"Command":{"CommandId":"c-1","Parameters":{"commands":["a","b"]},"RequestedDateTime":1767323045.678,"ExpiresAfter":1767323045,"InstanceIds":["i-0a"],"Targets":[],"Status":"Pending","TargetCount":1}}`, nil
	}}
	in := map[string]any{
		"DocumentName": "AWS-RunShellScript", "InstanceIds": []string{"i-0a"}, "TimeoutSeconds": 60, "MaxConcurrency": "1", "MaxErrors": "0", "Comment": "Restart the ECS agent",
		"Parameters":             map[string]any{"commands": []any{"set -eu", "systemctl restart ecs"}, "executionTimeout": []string{"120"}},
		"CloudWatchOutputConfig": map[string]any{"CloudWatchOutputEnabled": true},
		"Targets":                []any{map[string]any{"Key": "tag:a", "Values": []string{"b"}}},
	}
	got, err := open(t, s).Call(t.Context(), "ssm", "SendCommand", in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(map[string]any{
		"DocumentName": "AWS-RunShellScript", "InstanceIds": []any{"i-0a"}, "TimeoutSeconds": 60., "MaxConcurrency": "1", "MaxErrors": "0", "Comment": "Restart the ECS agent",
		"Parameters":             map[string]any{"commands": []any{"set -eu", "systemctl restart ecs"}, "executionTimeout": []any{"120"}},
		"CloudWatchOutputConfig": map[string]any{"CloudWatchOutputEnabled": true},
		"Targets":                []any{map[string]any{"Key": "tag:a", "Values": []any{"b"}}},
	}), sent); d != "" {
		t.Error(d)
	}
	for expr, want := range map[string]string{
		"Command.CommandId":           "c-1",
		"Command.Parameters.commands": "a\tb",
		"Command.RequestedDateTime":   "2026-01-02T03:04:05.678000+00:00",
		"Command.ExpiresAfter":        "2026-01-02T03:04:05+00:00",
		"length(Command.Targets)":     "0",
		"Command.TargetCount":         "1",
	} {
		if v, err := resource.Query(expr, got); err != nil || resource.Text(v) != want {
			t.Errorf("%s: %q %v", expr, resource.Text(v), err)
		}
	}
}

func TestInvocationsAnswer(t *testing.T) {
	s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
		if op == "ssm:GetCommandInvocation" {
			return 200, `{"CommandId":"c-1","InstanceId":"i-0a","ResponseCode":-1,"Status":"InProgress","StatusDetails":"InProgress","ExecutionStartDateTime":"","StandardOutputContent":""}`, nil
		}
		if strings.Contains(in.Get("json"), "NextToken") {
			return 200, `{"CommandInvocations":[{"CommandId":"c-1","InstanceId":"i-0b","Status":"Pending","StatusDetails":"Pending","CommandPlugins":[]}],"NextToken":""}`, nil
		}
		return 200, `{"CommandInvocations":[{"CommandId":"c-1","InstanceId":"i-0a","RequestedDateTime":1767323045.123,"Status":"Failed","StatusDetails":"Failed","StandardOutputUrl":"",
"CommandPlugins":[{"Name":"aws:runShellScript","ResponseCode":3,"Output":"no ecs agent found\n","ResponseStartDateTime":1767323046.0,"Status":"Failed"}]}],"NextToken":"two"}`, nil
	}}
	c := open(t, s)
	got, err := c.Call(t.Context(), "ssm", "ListCommandInvocations", map[string]any{"CommandId": "c-1", "Details": true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(map[string]any{"CommandInvocations": []any{
		map[string]any{"CommandId": "c-1", "InstanceId": "i-0a", "RequestedDateTime": "2026-01-02T03:04:05.123000+00:00", "Status": "Failed", "StatusDetails": "Failed", "StandardOutputUrl": "",
			"CommandPlugins": []any{map[string]any{"Name": "aws:runShellScript", "ResponseCode": 3., "Output": "no ecs agent found\n", "ResponseStartDateTime": "2026-01-02T03:04:06+00:00", "Status": "Failed"}}},
		map[string]any{"CommandId": "c-1", "InstanceId": "i-0b", "Status": "Pending", "StatusDetails": "Pending", "CommandPlugins": []any{}},
	}}), got); d != "" {
		t.Error(d)
	}
	got, err = c.Call(t.Context(), "ssm", "GetCommandInvocation", map[string]any{"CommandId": "c-1", "InstanceId": "i-0a"})
	if d := cmp.Diff(any(map[string]any{"CommandId": "c-1", "InstanceId": "i-0a", "ResponseCode": -1., "Status": "InProgress", "StatusDetails": "InProgress", "ExecutionStartDateTime": "", "StandardOutputContent": ""}), got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// A command is never sent twice, except if the first one cannot have reached AWS.
func TestCommandsAreSentOnce(t *testing.T) {
	in := map[string]any{"DocumentName": "AWS-RunShellScript", "InstanceIds": []string{"i-0a"}}
	for name, c := range map[string]struct {
		first func() (int, string, error)
		asked int
	}{
		"fault":     {func() (int, string, error) { return refuse("ssm:SendCommand", 500, "InternalServerError", "oops") }, 1},
		"reset":     {func() (int, string, error) { return 0, "", errors.New("read: connection reset by peer") }, 1},
		"throttled": {func() (int, string, error) { return refuse("ssm:SendCommand", 400, "ThrottlingException", "slow down") }, 1},
		"no dial":   {func() (int, string, error) { return 0, "", errDial }, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, n int, _ url.Values) (int, string, error) {
				if n == 1 {
					return c.first()
				}
				return 200, `{"Command":{"CommandId":"c-1"}}`, nil
			}}
			if _, err := open(t, s).Call(t.Context(), "ssm", "SendCommand", in); s.calls["ssm:SendCommand"] != c.asked || (err == nil) != (c.asked > 1) {
				t.Errorf("%s: %v %v", name, s.calls, err)
			}
		})
	}
}

func TestAgentCallsAsSent(t *testing.T) {
	const cluster, instance = "arn:c", "arn:i"
	for _, c := range []struct {
		op   string
		in   map[string]any
		body string
	}{
		{"TagResource", map[string]any{"resourceArn": instance, "tags": []any{map[string]any{"key": "k", "value": "v"}}}, `{"resourceArn":"arn:i","tags":[{"key":"k","value":"v"}]}`},
		{"UpdateContainerAgent", map[string]any{"cluster": cluster, "containerInstance": instance}, `{"cluster":"arn:c","containerInstance":"arn:i"}`},
		{"UpdateContainerInstancesState", map[string]any{"cluster": cluster, "containerInstances": []string{instance}, "status": "DRAINING"}, `{"cluster":"arn:c","containerInstances":["arn:i"],"status":"DRAINING"}`},
		{"DescribeContainerInstances", map[string]any{"cluster": cluster, "containerInstances": []string{instance}, "include": []string{"TAGS"}}, `{"cluster":"arn:c","containerInstances":["arn:i"],"include":["TAGS"]}`},
	} {
		var sent, want any
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if err := json.Unmarshal([]byte(in.Get("json")), &sent); err != nil {
				t.Errorf("%s: %v", op, err)
			}
			return 200, `{"containerInstance":{"containerInstanceArn":"arn:i"},"containerInstances":[{"containerInstanceArn":"arn:i"}]}`, nil
		}}
		if _, err := open(t, s).Call(t.Context(), "ecs", c.op, c.in); err != nil {
			t.Errorf("%s: %v", c.op, err)
		}
		if err := json.Unmarshal([]byte(c.body), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, sent); d != "" {
			t.Errorf("%s:\n%s", c.op, d)
		}
	}
}

// An instance that no longer exists is not drained. Amazon ECS reports it in a successful answer.
func TestInstancesThatAreNotDrained(t *testing.T) {
	s := &stub{answer: func(string, int, url.Values) (int, string, error) {
		return 200, `{"containerInstances":[],"failures":[{"arn":"arn:i","reason":"MISSING"}]}`, nil
	}}
	_, err := open(t, s).Call(t.Context(), "ecs", "UpdateContainerInstancesState", map[string]any{"containerInstances": []string{"arn:i"}, "status": "DRAINING"})
	var e *Error
	if !errors.As(err, &e) || e.Code != "MISSING" || !e.NotFound() || !strings.Contains(e.Error(), "arn:i") {
		t.Errorf("got %v", err)
	}
}

func TestAgentErrorsInWords(t *testing.T) {
	send := map[string]any{"DocumentName": "AWS-RunShellScript", "InstanceIds": []string{"i-0a"}}
	for _, c := range []struct {
		service, op string
		in          map[string]any
		code, says  string
	}{
		{"ssm", "SendCommand", send, "InvalidInstanceId", "Run Command cannot use this instance"},
		{"ssm", "SendCommand", send, "UnsupportedPlatformType", "AWS-RunPowerShellScript"},
		{"ssm", "SendCommand", send, "InvalidDocument", "list-documents"},
		{"ssm", "SendCommand", send, "AccessDeniedException", "the permission ssm:SendCommand"},
		{"ssm", "GetCommandInvocation", map[string]any{"CommandId": "c", "InstanceId": "i-0a"}, "InvocationDoesNotExist", "try again in a few seconds"},
		{"ecs", "UpdateContainerAgent", map[string]any{"containerInstance": "i"}, "NoUpdateAvailableException", "already the newest version"},
		{"ecs", "UpdateContainerAgent", map[string]any{"containerInstance": "i"}, "UpdateInProgressException", "in progress"},
		{"ecs", "UpdateContainerAgent", map[string]any{"containerInstance": "i"}, "MissingVersionException", "ecs-init"},
	} {
		s := always(400, c.code, "")
		_, err := open(t, s).Call(t.Context(), c.service, c.op, c.in)
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || e.Op != c.service+":"+c.op || !strings.Contains(e.Error(), c.says) || s.calls[e.Op] != 1 {
			t.Errorf("%s: %v %v", c.code, err, s.calls)
		}
	}
}
