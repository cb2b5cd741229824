package aws

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var airflows = inventory.Request{Part: inventory.PartMWAA}

// cannedNames are nine environments, in two pages.
func cannedNames(in url.Values) (int, string, error) {
	if in.Get("NextToken") == "" {
		return 200, `{"Environments":["e1","e2","e3","e4","e5"],"NextToken":"more"}`, nil
	}
	return 200, `{"Environments":["e9","e8","e7","e6"]}`, nil
}

func cannedAirflow(name string) string {
	return fmt.Sprintf(`{"Environment":{"Name":%q,"Arn":"arn:e/%s","Status":"AVAILABLE","AirflowVersion":"2.10.3","WebserverAccessMode":"PRIVATE_ONLY","EndpointManagement":"SERVICE",
"WebserverUrl":"https://1-vpce.c10.us-east-1.airflow.amazonaws.com/","DatabaseVpcEndpointService":"svc-db","WebserverVpcEndpointService":"svc-web",
"NetworkConfiguration":{"SubnetIds":["subnet-2","subnet-1"],"SecurityGroupIds":["sg-1"]},"ExecutionRoleArn":"arn:role","KmsKey":"arn:key","SourceBucketArn":"arn:bucket",
"CeleryExecutorQueue":"arn:queue","AirflowConfigurationOptions":{"smtp.smtp_password":"hunter2"},"CreatedAt":1767603600.5,
"LoggingConfiguration":{"TaskLogs":{"Enabled":true,"LogLevel":"INFO","CloudWatchLogGroupArn":"arn:tasks"},"WorkerLogs":{"Enabled":false,"LogLevel":"INFO","CloudWatchLogGroupArn":"arn:workers"},
"DagProcessingLogs":{"Enabled":true,"LogLevel":"INFO","CloudWatchLogGroupArn":"arn:dags"}}}}`, name, name)
}

func TestLoadMWAA(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "ec2:DescribeSubnets" {
				return 200, `<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item></subnetSet></DescribeSubnetsResponse>`, nil
			}
			status, body, err := canned(op, n, in)
			if in.Get("Name") == "e2" {
				body = strings.NewReplacer("AVAILABLE", "PENDING", "1767603600.5", "946684800").Replace(body) // when bubbles begin
			}
			return status, body, err
		}}
		time.Sleep(5*time.Hour + 30*time.Minute)
		got, err := open(t, s).Load(t.Context(), airflows)
		if err != nil || len(got.MWAA) != 9 || got.MWAA[8].Name != "e9" {
			t.Fatalf("%v %+v", err, got)
		}
		want := inventory.Airflow{
			Name: "e1", ARN: "arn:e/e1", Status: "AVAILABLE", Version: "2.10.3", Access: "PRIVATE_ONLY", Management: "SERVICE", DatabaseService: "svc-db", WebserverService: "svc-web",
			WebserverURL: "1-vpce.c10.us-east-1.airflow.amazonaws.com", VPC: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"}, Groups: []string{"sg-1"}, ExecutionRole: "arn:role",
			KMSKey: "arn:key", Bucket: "arn:bucket", Queue: "arn:queue", LogGroups: []string{"arn:dags", "arn:tasks"}, Created: "2026-01-05T09:00:00Z",
		}
		if d := cmp.Diff(want, got.MWAA[0]); d != "" {
			t.Error(d)
		}
		if waited := got.MWAA[1].Waited; waited != 5 {
			t.Errorf("an environment has waited %d hours", waited)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), "hunter2") {
			t.Error("a value that may be secret is in the inventory")
		}
	})
}

// TestLoadMWAADenied: of an environment that may not be seen the name stays, and a
// Region without the service is a gap.
func TestLoadMWAADenied(t *testing.T) {
	for name, c := range map[string]struct {
		op     string
		answer func(in url.Values) (int, string, error)
		code   string
		known  int
	}{
		"list": {"airflow:ListEnvironments", func(url.Values) (int, string, error) {
			return refuse("airflow:", 403, "AccessDeniedException", "no")
		}, "AccessDeniedException", 0},
		"get": {"airflow:GetEnvironment", func(in url.Values) (int, string, error) {
			if in.Get("Name") == "e3" {
				return refuse("airflow:", 403, "AccessDeniedException", "no")
			}
			return 200, cannedAirflow(in.Get("Name")), nil
		}, "AccessDeniedException", 9},
		"no host": {"airflow:ListEnvironments", func(url.Values) (int, string, error) {
			return 0, "", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.airflow.us-east-1.amazonaws.com", IsNotFound: true}}
		}, NotOffered, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if op == c.op {
						return c.answer(in)
					}
					return canned(op, n, in)
				}}
				got, err := open(t, s).Load(t.Context(), airflows)
				if err != nil {
					t.Fatal(err)
				}
				if g, ok := got.Gap(c.op); !ok || g.Code != c.code || len(got.MWAA) != c.known {
					t.Errorf("%+v", got)
				}
				if a := got.Airflow("e3"); c.known > 0 && (a == nil || a.Known() || !got.Airflow("e4").Known()) {
					t.Errorf("%+v", a)
				}
			})
		})
	}
}
