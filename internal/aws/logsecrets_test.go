package aws

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestDestinationsInSecrets reads log options with values in a secret: in a container, in a job and in
// the Service Connect proxy. A destination in a secret is an unknown host, not the host of the task.
func TestDestinationsInSecrets(t *testing.T) { synctest.Test(t, testDestinationsInSecrets) }

func testDestinationsInSecrets(t *testing.T) {
	for _, tt := range []struct {
		driver, plain, secret string // plain is a pair KEY=VALUE or empty; secret is the name of the option
		host, group           string
	}{
		{"splunk", "splunk-index=main", "splunk-url", "?", ""},
		{"splunk", "splunk-url=https://hec.corp.example:8088", "splunk-token", "hec.corp.example:8088", ""},
		{"gelf", "", "gelf-address", "?", ""},
		{"syslog", "", "syslog-address", "?", ""},
		{"syslog", "", "syslog-tls-key", "", ""},
		{"fluentd", "", "fluentd-address", "?", ""},
		{"awsfirelens", "Name=http", "Host", "?", ""},
		{"awsfirelens", "Name=http", "host", "?", ""},
		{"awsfirelens", "Name=forward", "Shared_Key", "", ""},
		{"awsfirelens", "Name=kafka", "brokers", "?", ""},
		{"awsfirelens", "Name=nrlogs", "base_uri", "?", ""},
		{"awsfirelens", "Name=kinesis_firehose", "endpoint", "?", ""},
		{"awslogs", "awslogs-region=us-east-1", "awslogs-group", "", "*"},
		{"awslogs", "awslogs-group=/a", "awslogs-region", "", "/a"},
	} {
		options := map[string]string{}
		if k, v, ok := strings.Cut(tt.plain, "="); ok {
			options[k] = v
		}
		raw, err := json.Marshal(map[string]any{"logDriver": tt.driver, "options": options, "secretOptions": []any{map[string]any{"name": tt.secret, "valueFrom": "arn:hidden"}}})
		if err != nil {
			t.Fatal(err)
		}
		log := `"logConfiguration":` + string(raw)
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			status, body, err := canned(op, n, in)
			for _, old := range []string{
				`"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-region":"us-east-1","awslogs-group":"/ecs/t","token":"hunter2"},"secretOptions":[{"name":"x","valueFrom":"arn:log"}]}`,
				`"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-region":"us-east-1","awslogs-group":"/jobs","token":"hunter2"},"secretOptions":[{"name":"x","valueFrom":"arn:log"}]}`,
			} {
				body = strings.ReplaceAll(body, old, log)
			}
			return status, strings.ReplaceAll(body, `"serviceConnectConfiguration":{"enabled":true}`, `"serviceConnectConfiguration":{"enabled":true,`+log+`}`), err
		}}
		client := open(t, s)
		inv, err := client.Load(t.Context(), inventory.Request{Part: inventory.PartClusters})
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := client.Load(t.Context(), inventory.Request{Part: inventory.PartBatch})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]*inventory.Container{"container": &inv.TaskDefinitions[0].Containers[0], "proxy": inv.Clusters[0].Services[0].Proxy}
		for i := range jobs.Batch.Definitions {
			for j := range jobs.Batch.Definitions[i].Containers {
				if c := &jobs.Batch.Definitions[i].Containers[j]; strings.Contains(strings.Join(c.Secrets, " "), "arn:hidden") {
					found["job"] = c
				}
			}
		}
		for _, place := range []string{"container", "proxy", "job"} {
			switch c := found[place]; {
			case c == nil:
				t.Errorf("%s %s: no %s with it", tt.driver, tt.secret, place)
			case c.LogHost != tt.host || c.LogGroup != tt.group || !strings.HasPrefix(c.LogDriver, tt.driver) || !strings.Contains(strings.Join(c.Secrets, " "), "arn:hidden"):
				t.Errorf("%s with %s in a secret, %s: %+v", tt.driver, tt.secret, place, *c)
			}
		}
	}
}
