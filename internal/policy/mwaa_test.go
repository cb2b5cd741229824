package policy

import (
	"strings"
	"testing"
)

func TestWhatEnvironmentsAreKnownToDo(t *testing.T) {
	f := Facts{Partition: "aws", Region: "us-west-2", Account: "123456789012", Buckets: []string{"arn:aws:s3:::dags"}, LogGroups: []string{"arn:aws:logs:us-west-2:123456789012:log-group:airflow-a-Task"}}
	for name, tt := range map[string]struct{ code, action, resource, lacks string }{
		"the whole queue":         {"sqs", `"sqs:*"`, "arn:aws:sqs:us-west-2:*:airflow-celery-*", ""},
		"messages out":            {"sqs", `"sqs:SendMessage"`, "*", "sqs:ReceiveMessage"},
		"the account's queues":    {"sqs", `"sqs:*"`, "arn:aws:sqs:us-west-2:123456789012:*", "sqs:SendMessage"}, // the queue is in another account
		"DAGs without the layers": {"s3", `"s3:*"`, "arn:aws:s3:::dags*", "prod-us-west-2-starport-layer-bucket"},
		"another bucket":          {"s3", `"s3:*"`, "arn:aws:s3:::other*", "arn:aws:s3:::dags/*"},
		"its log groups":          {"logs", `"logs:*"`, "arn:aws:logs:us-west-2:123456789012:log-group:airflow-a-*", ""},
		"metrics":                 {"monitoring", `"cloudwatch:PutMetricData"`, "*", ""},
		"keys":                    {"kms", `"kms:Decrypt"`, "*", "kms:GenerateDataKey"},
	} {
		doc, err := Parse(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":` + tt.action + `,"Resource":"` + tt.resource + `"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		var lacks []string
		for _, l := range doc.Lacks(EnvironmentGrants(tt.code, f), Caller{Account: f.Account}) {
			lacks = append(lacks, l.String())
		}
		all := strings.Join(lacks, ", ")
		if tt.lacks == "" && all != "" || !strings.Contains(all, tt.lacks) {
			t.Errorf("%s: lacks %q, want %q", name, all, tt.lacks)
		}
	}
}
