package aws_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// options returns log options; each argument is KEY=VALUE.
func options(pairs ...string) map[string]any {
	out := map[string]any{}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		out[k] = v
	}
	return out
}

// TestLogDestinations registers a definition with each kind of log configuration and reads it. No token
// or password is in the result.
func TestLogDestinations(t *testing.T) {
	tests := []struct {
		driver  string
		options map[string]any
		want    inventory.Container
		to      string
	}{
		{"awslogs", options("awslogs-group=/a", "awslogs-region=eu-west-1", "awslogs-create-group=true"), inventory.Container{LogDriver: "awslogs", LogGroup: "/a", LogRegion: "eu-west-1", LogCreates: true}, inventory.ToLogs},
		{"awslogs", options("awslogs-group=/a", "awslogs-create-group=false"), inventory.Container{LogDriver: "awslogs", LogGroup: "/a"}, inventory.ToLogs},
		{"splunk", options("splunk-url=https://user:hunter2@hec.Example.com:8088/services?token=hunter2", "splunk-token=hunter2"), inventory.Container{LogDriver: "splunk", LogHost: "hec.example.com:8088"}, inventory.ToHost},
		{"splunk", options("splunk-url=https://${HOST}/hunter2"), inventory.Container{LogDriver: "splunk", LogHost: "?"}, inventory.ToHost},
		{"gelf", options("gelf-address=udp://10.1.2.3:12201", "tag=hunter2"), inventory.Container{LogDriver: "gelf", LogHost: "10.1.2.3:12201"}, inventory.ToHost},
		{"syslog", options("syslog-address=tcp+tls://logs.example.org:6514", "syslog-tls-key=hunter2"), inventory.Container{LogDriver: "syslog", LogHost: "logs.example.org:6514"}, inventory.ToHost},
		{"syslog", options("syslog-address=unixgram:///dev/log"), inventory.Container{LogDriver: "syslog"}, inventory.ToHost},
		{"syslog", nil, inventory.Container{LogDriver: "syslog"}, inventory.ToHost},
		{"fluentd", options("fluentd-address=[2001:db8::1]:24224"), inventory.Container{LogDriver: "fluentd", LogHost: "[2001:db8::1]:24224"}, inventory.ToHost},
		{"logentries", options("logentries-token=hunter2"), inventory.Container{LogDriver: "logentries", LogHost: "data.logentries.com"}, inventory.ToPartner},
		{"json-file", options("max-size=1m"), inventory.Container{LogDriver: "json-file"}, inventory.Local},
		{"journald", nil, inventory.Container{LogDriver: "journald"}, inventory.Local},
		{"awsfirelens", nil, inventory.Container{LogDriver: "awsfirelens"}, ""},
		{"awsfirelens", options("Name=cloudwatch_logs", "region=us-east-1", "log_group_name=/f", "auto_create_group=On"), inventory.Container{LogDriver: "awsfirelens:cloudwatch", LogGroup: "/f", LogRegion: "us-east-1", LogCreates: true}, inventory.ToLogs},
		{"awsfirelens", options("name=CloudWatch", "log_group_name=$(hunter2)"), inventory.Container{LogDriver: "awsfirelens:cloudwatch"}, inventory.ToLogs},
		{"awsfirelens", options("Name=firehose", "region=us-west-2", "delivery_stream=s"), inventory.Container{LogDriver: "awsfirelens:firehose", LogRegion: "us-west-2"}, inventory.ToFirehose},
		{"awsfirelens", options("@type=kinesis_firehose", "region=us-east-1"), inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogRegion: "us-east-1"}, inventory.ToFirehose},
		{"awsfirelens", options("Name=kinesis", "stream=s"), inventory.Container{LogDriver: "awsfirelens:kinesis"}, inventory.ToKinesis},
		{"awsfirelens", options("@type=kinesis_streams_aggregated"), inventory.Container{LogDriver: "awsfirelens:kinesis_streams_aggregated"}, inventory.ToKinesis},
		{"awsfirelens", options("Name=s3", "bucket=archive", "region=us-east-1"), inventory.Container{LogDriver: "awsfirelens:s3", LogBucket: "archive", LogRegion: "us-east-1"}, inventory.ToS3},
		{"awsfirelens", options("@type=s3", "s3_bucket=archive", "s3_region=us-east-2"), inventory.Container{LogDriver: "awsfirelens:s3", LogBucket: "archive", LogRegion: "us-east-2"}, inventory.ToS3},
		{"awsfirelens", options("Name=es", "Host=search-x.us-east-1.es.amazonaws.com", "AWS_Auth=On", "HTTP_Passwd=hunter2"), inventory.Container{LogDriver: "awsfirelens:es", LogHost: "search-x.us-east-1.es.amazonaws.com"}, inventory.ToHost},
		{"awsfirelens", options("Name=datadog", "apikey=hunter2", "Host=http-intake.logs.datadoghq.com"), inventory.Container{LogDriver: "awsfirelens:datadog", LogHost: "http-intake.logs.datadoghq.com"}, inventory.ToPartner},
		{"awsfirelens", options("Name=nrlogs", "base_uri=https://log-api.newrelic.com/log/v1?Api-Key=hunter2"), inventory.Container{LogDriver: "awsfirelens:nrlogs", LogHost: "log-api.newrelic.com"}, inventory.ToPartner},
		{"awsfirelens", options("Name=kafka", "brokers=b-1.example.com:9092,b-2.example.com:9092"), inventory.Container{LogDriver: "awsfirelens:kafka", LogHost: "b-1.example.com:9092"}, inventory.ToHost},
		{"awsfirelens", options("Name=stdout"), inventory.Container{LogDriver: "awsfirelens:stdout"}, inventory.Local},
		{"awsfirelens", options("Name=our_own", "secret=hunter2"), inventory.Container{LogDriver: "awsfirelens:our_own"}, ""},
		{"awsfirelens", options("Name=hunter2 with spaces"), inventory.Container{LogDriver: "awsfirelens"}, ""},
	}
	synctest.Test(t, func(t *testing.T) {
		_, c := practise(t, "us-east-1")
		var containers []any
		for i, tt := range tests {
			log := map[string]any{"logDriver": tt.driver}
			if tt.options != nil {
				log["options"] = tt.options
			}
			containers = append(containers, map[string]any{"name": fmt.Sprint("c", i), "image": "i", "memory": 64, "logConfiguration": log})
		}
		if _, err := c.Call(t.Context(), "ecs", "RegisterTaskDefinition", map[string]any{"family": "logs", "containerDefinitions": containers}); err != nil {
			t.Fatal(err)
		}
		inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartDefinition, Name: "logs"})
		if err != nil || len(inv.TaskDefinitions) != 1 {
			t.Fatal(err, inv.TaskDefinitions)
		}
		for i, tt := range tests {
			got := inv.TaskDefinitions[0].Containers[i]
			tt.want.Name, tt.want.Image = got.Name, got.Image
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%s %v:\n%s", tt.driver, tt.options, d)
			}
			if got.LogsTo() != tt.to {
				t.Errorf("%s %v: to %q, want %q", tt.driver, tt.options, got.LogsTo(), tt.to)
			}
		}
		if raw, _ := json.Marshal(inv); strings.Contains(string(raw), "hunter2") {
			t.Errorf("a secret is in the inventory: %s", raw)
		}
	})
}

// TestReferencesOfDefinitions reads everything that names a secret, a parameter or an object.
func TestReferencesOfDefinitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := practise(t, "us-east-1")
		if _, err := c.Call(t.Context(), "ecs", "RegisterTaskDefinition", map[string]any{"family": "refs", "containerDefinitions": []any{
			map[string]any{"name": "a", "image": "i", "memory": 64, "credentialSpecs": []any{"credentialspecdomainless:arn:aws:s3:::specs/a.json"}},
			map[string]any{"name": "b", "image": "i", "memory": 64, "dockerSecurityOptions": []any{"no-new-privileges", "credentialspec:arn:aws:ssm:us-east-1:123456789012:parameter/spec"}},
			map[string]any{"name": "c", "image": "i", "memory": 64, "dockerSecurityOptions": []any{"credentialspec:file://gmsa.json"}},
			map[string]any{"name": "d", "image": "i", "memory": 64, "firelensConfiguration": map[string]any{"type": "fluentd", "options": map[string]any{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::conf/extra.conf"}}},
			map[string]any{"name": "e", "image": "i", "memory": 64, "firelensConfiguration": map[string]any{"type": "fluentbit", "options": map[string]any{"config-file-type": "file", "config-file-value": "/extra.conf"}}},
		}, "volumes": []any{
			map[string]any{"name": "share", "fsxWindowsFileServerVolumeConfiguration": map[string]any{"fileSystemId": "fs-1", "rootDirectory": "share", "authorizationConfig": map[string]any{"credentialsParameter": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ad-AbCdEf", "domain": "corp.local"}}},
			map[string]any{"name": "files", "s3filesVolumeConfiguration": map[string]any{"fileSystemArn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-1"}},
		}}); err != nil {
			t.Fatal(err)
		}
		inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartDefinition, Name: "refs"})
		if err != nil || len(inv.TaskDefinitions) != 1 {
			t.Fatal(err, inv.TaskDefinitions)
		}
		d := inv.TaskDefinitions[0]
		want := []inventory.Container{
			{Name: "a", Image: "i", Files: []string{"arn:aws:s3:::specs/a.json"}, DomainSecret: true},
			{Name: "b", Image: "i", Secrets: []string{"arn:aws:ssm:us-east-1:123456789012:parameter/spec"}},
			{Name: "c", Image: "i"},
			{Name: "d", Image: "i", Files: []string{"arn:aws:s3:::conf/extra.conf"}},
			{Name: "e", Image: "i"},
		}
		if diff := cmp.Diff(want, d.Containers); diff != "" {
			t.Error(diff)
		}
		if !d.S3Files || len(d.VolumeSecrets) != 1 || !strings.Contains(d.VolumeSecrets[0], ":secret:ad-") {
			t.Errorf("volumes: %+v", d)
		}
	})
}

// createRule creates a pull-through cache rule with the client of the SDK.
func createRule(t *testing.T, a *sandbox.Account, prefix, upstream string) {
	t.Helper()
	client := ecr.New(ecr.Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: a}, Credentials: credentials.NewStaticCredentialsProvider("x", "x", "")})
	if _, err := client.CreatePullThroughCacheRule(t.Context(), &ecr.CreatePullThroughCacheRuleInput{EcrRepositoryPrefix: &prefix, UpstreamRegistryUrl: &upstream}); err != nil {
		t.Fatal(err)
	}
}

// TestCacheRules reads the pull-through cache rules of the account.
func TestCacheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, c := practise(t, "us-east-1")
		inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartCaches})
		if err != nil || len(inv.Caches) != 0 || len(inv.Gaps) != 0 {
			t.Fatal(err, inv.Caches, inv.Gaps)
		}
		for prefix, upstream := range map[string]string{"mirror": "registry-1.docker.io", "ROOT": "public.ecr.aws"} {
			createRule(t, a, prefix, upstream)
		}
		if inv, err = c.Load(t.Context(), inventory.Request{Part: inventory.PartCaches}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]inventory.Cache{{Prefix: "ROOT", Upstream: "public.ecr.aws"}, {Prefix: "mirror", Upstream: "registry-1.docker.io"}}, inv.Caches); d != "" {
			t.Error(d)
		}
	})
}
