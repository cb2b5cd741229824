package aws

import (
	"context"
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

// cannedNames are nine environments in two pages.
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
			WebserverURL: "1-vpce.c10.us-east-1.airflow.amazonaws.com", DNS: inventory.DNS{Error: inventory.DNSNotAsked}, VPC: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"}, Groups: []string{"sg-1"}, ExecutionRole: "arn:role",
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

// TestLoadMWAADenied verifies that the name of a denied environment is loaded, and that a Region
// without the service is a gap.
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
		}, inventory.NotOffered, 0},
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

// names is a resolver. Unknown names do not exist, and a nil entry never gets an answer.
type names map[string][]string

func (n names) LookupCNAME(ctx context.Context, host string) (string, error) {
	found, err := n.LookupHost(ctx, host)
	if err != nil || len(found) < 2 {
		return host, err
	}
	return "VPCE-1-a.vpce-svc-1.us-east-1.vpce.amazonaws.com.", nil
}

func (n names) LookupHost(ctx context.Context, host string) ([]string, error) {
	id, _, _ := strings.Cut(host, "-")
	found, ok := n[id]
	switch {
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: host, Server: "10.9.9.9:53", IsNotFound: true}
	case found == nil:
		<-ctx.Done()
		return nil, ctx.Err()
	case len(found) == 0:
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, Server: "10.9.9.9:53", IsTemporary: true}
	}
	return found, nil
}

// TestResolveWebservers verifies that every private environment has the DNS result of its host,
// and that DNS failures neither stop nor delay loading.
func TestResolveWebservers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			status, body, err := canned(op, n, in)
			change := []string{"//1-vpce", "//" + in.Get("Name") + "-vpce"}
			switch in.Get("Name") {
			case "e6":
				change = append(change, "PRIVATE_ONLY", "PUBLIC_ONLY")
			case "e7":
				change = append(change, "PRIVATE_ONLY", "PUBLIC_AND_PRIVATE")
			case "e8":
				change = []string{`"WebserverUrl":"https://1-vpce.c10.us-east-1.airflow.amazonaws.com/",`, ""}
			}
			return status, strings.NewReplacer(change...).Replace(body), err
		}})
		c.names = names{"e1": {"10.0.2.9", "10.0.1.9", "10.0.2.9"}, "e2": {"10.0.1.9"}, "e3": nil, "e5": {}, "e6": {"192.0.2.1"}, "e7": {"192.0.2.1"}, "e9": nil}
		began := time.Now()
		got, err := c.Load(t.Context(), airflows)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < resolveTimeout || took > resolveTimeout+time.Second {
			t.Errorf("it took %s", took) // the two that are not answered side by side
		}
		want := map[string]inventory.DNS{
			"e1": {Name: "vpce-1-a.vpce-svc-1.us-east-1.vpce.amazonaws.com", Addresses: []string{"10.0.1.9", "10.0.2.9"}},
			"e2": {Name: "e2-vpce.c10.us-east-1.airflow.amazonaws.com", Addresses: []string{"10.0.1.9"}},
			"e3": {Error: inventory.DNSTimedOut}, "e4": {Error: inventory.DNSNoHost}, "e5": {Error: inventory.DNSFailed}, "e9": {Error: inventory.DNSTimedOut},
			"e6": {}, "e7": {}, "e8": {},
		}
		have := map[string]inventory.DNS{}
		for _, a := range got.MWAA {
			have[a.Name] = a.DNS
		}
		if d := cmp.Diff(want, have); d != "" || len(got.Gaps) > 0 {
			t.Error(d, got.Gaps)
		}
	})
}

// TestResolverOfEndpoint verifies that the DNS of this computer is used only for AWS itself.
func TestResolverOfEndpoint(t *testing.T) {
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(k, v)
	}
	who := func() resolver {
		c, err := Open(t.Context(), Options{Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		return c.names
	}
	if n := who(); n != net.DefaultResolver {
		t.Errorf("for AWS: %T", n)
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")
	if n, ok := who().(sandboxResolver); !ok || n.base != "http://127.0.0.1:1" {
		t.Errorf("for another endpoint: %+v", n)
	}
	if found := open(t, &stub{}).resolve(t.Context(), "1-vpce"); found.Error != inventory.DNSNotAsked {
		t.Errorf("%+v", found)
	}
}
