package aws_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

var accessRequest = inventory.Request{Part: inventory.PartAccess, VPC: "vpc-0c1a2b3c4d5e60001"}

// TestLoadBastion launches a bastion and loads it with the resources that it uses. A denied call
// is a gap.
func TestLoadBastion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(sandbox.Options{Scenario: "mwaa-private"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := aws.Open(t.Context(), aws.Options{Region: "us-west-2", Transport: box})
		if err != nil {
			t.Fatal(err)
		}
		load := func() inventory.Access {
			f, err := c.Load(t.Context(), accessRequest)
			if err != nil || len(f.Gaps) > 0 {
				t.Fatalf("%v %v", err, f.Gaps)
			}
			return f.Access[0]
		}
		w := load()
		if d := cmp.Diff([]string{"airflow-admins"}, w.KeyPairs); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]inventory.InstanceProfile{{Name: "session-manager", Role: "arn:aws:iam::123456789012:role/session-manager-host"}}, w.Profiles); d != "" {
			t.Error(d)
		}
		if len(w.Bastions) > 0 {
			t.Errorf("%+v", w.Bastions)
		}
		launch := func(key string, tags ...any) (any, error) {
			return c.Call(t.Context(), "ec2", "RunInstances", map[string]any{"ImageId": "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1,
				"KeyName": key, "IamInstanceProfile": map[string]any{"Name": "session-manager"}, "MetadataOptions": map[string]any{"HttpTokens": "required"}, "ClientToken": "t" + key + string(rune('0'+len(tags))),
				"NetworkInterfaces": []any{map[string]any{"DeviceIndex": 0, "SubnetId": "subnet-0c1a2b3c4d5e62001", "Groups": []any{"sg-0c1a2b3c4d5e64002", "sg-0c1a2b3c4d5e64001"}, "AssociatePublicIpAddress": true}},
				"TagSpecifications": []any{map[string]any{"ResourceType": "instance", "Tags": tags}}})
		}
		name, ours := map[string]any{"Key": "Name", "Value": "airflow-nightly-bastion"}, map[string]any{"Key": "ManagedBy", "Value": "privatelink-wizard"}
		if _, err := launch("airflow-admins", name); err != nil { // somebody else's
			t.Fatal(err)
		}
		out, err := launch("airflow-admins", name, ours)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := out.(map[string]any)["Instances"].([]any)[0].(map[string]any)["InstanceId"].(string)
		time.Sleep(time.Minute)
		want := []inventory.Bastion{{ID: id, Name: "airflow-nightly-bastion", State: "running", Subnet: "subnet-0c1a2b3c4d5e62001", Groups: []string{"sg-0c1a2b3c4d5e64001", "sg-0c1a2b3c4d5e64002"}, KeyPair: "airflow-admins",
			Profile: "arn:aws:iam::123456789012:instance-profile/session-manager", PrivateIP: "10.192.10.5", PublicIP: "203.0.113.2", PublicName: "ec2-203-0-113-2.us-west-2.compute.amazonaws.com"}}
		if d := cmp.Diff(want, load().Bastions); d != "" {
			t.Error(d)
		}
		var e *aws.Error
		if _, err := launch("other", name, ours); !errors.As(err, &e) || e.Code != "InvalidKeyPair.NotFound" || e.RequestID == "" {
			t.Errorf("%+v", err)
		}
		if _, err := c.Call(t.Context(), "ec2", "TerminateInstances", map[string]any{"InstanceIds": []any{id}}); err != nil {
			t.Error(err)
		}
		if b := load().Bastions; len(b) > 0 {
			t.Errorf("it is still there: %+v", b)
		}
		box.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/_sandbox/deny", strings.NewReader(`{"operations": ["ec2:DescribeKeyPairs", "iam:ListInstanceProfiles"]}`)))
		f, err := c.Load(t.Context(), accessRequest)
		if _, pairs := f.Gap("ec2:DescribeKeyPairs"); err != nil || !pairs || len(f.Gaps) != 2 {
			t.Errorf("%v %+v", err, f.Gaps)
		}
	})
}

// TestIAMHost verifies that IAM calls without the typed client use the same host as the typed
// client.
func TestIAMHost(t *testing.T) {
	for region, want := range map[string][2]string{"us-west-2": {"iam.amazonaws.com", "us-east-1"}, "cn-northwest-1": {"iam.cn-north-1.amazonaws.com.cn", "cn-north-1"}, "us-gov-east-1": {"iam.us-gov.amazonaws.com", "us-gov-west-1"}} {
		var hosts, scopes []string
		seen := roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Host, "iam") {
				_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "AKIASANDBOX/")
				hosts, scopes = append(hosts, r.URL.Host), append(scopes, strings.Split(scope, "/")[1])
			}
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusBadRequest)
			return w.Result(), nil
		})
		c, err := aws.Open(t.Context(), aws.Options{Region: region, Transport: seen})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range []string{"GetRole", "GetInstanceProfile"} {
			_, _ = c.Call(t.Context(), "iam", op, map[string]any{map[string]string{"GetRole": "RoleName", "GetInstanceProfile": "InstanceProfileName"}[op]: "x"})
		}
		if len(hosts) != 2 || hosts[0] != want[0] || hosts[1] != want[0] || scopes[0] != want[1] || scopes[1] != want[1] {
			t.Errorf("%s: %v %v, want %v", region, hosts, scopes, want)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
