package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var logsCases = []Case{
	{Rule: "E-LOGS", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].LogRegion = "eu-west-1" }, Says: "logs to CloudWatch Logs in eu-west-1", Alone: func(w *World) { w.Def().Containers[0].LogRegion = Region }},
	{Rule: "E-FIRELENS", Severity: plan.Error, Caught: logging("awsfirelens:firehose", "firehose.eu-west-1.amazonaws.com"), Says: "logs to Amazon Data Firehose in eu-west-1", Alone: logging("awsfirelens:firehose", "firehose.us-east-1.amazonaws.com:443")},
	{Rule: "E-LOGS", Severity: plan.Warn, Caught: only("ecr", "secretsmanager"), Says: "The need awslogs is not selected", Alone: only("ecr", "secretsmanager", "awslogs")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("splunk", "hec.logs.example:8088"), Says: "logs with the driver splunk to hec.logs.example:8088, which is outside AWS", Alone: with(nat, logging("splunk", "hec.logs.example:8088"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:datadog", ""), Says: "to http-intake.logs.datadoghq.com (the default of the plug-in), which is outside AWS", Alone: with(logging("awsfirelens:datadog", ""), zones("datadoghq.com"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:sumologic", ""), Says: "to a service outside AWS", Alone: logging("awsfirelens:stdout", "")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: with(logging("splunk", "hec.corp.test:8088"), forwards("FORWARD", "other.test")), Says: "which is outside AWS", Alone: with(logging("splunk", "hec.corp.test:8088"), forwards("FORWARD", "corp.test"))},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens", ""), Says: "its log router decides where the logs go", Alone: logging("awsfirelens:kinesis_firehose", "")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:es", "search-a.us-east-1.es.amazonaws.com"), Says: "a name of AWS", Alone: logging("awsfirelens:es", "vpc-a.us-east-1.es.amazonaws.com")},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: logging("awsfirelens:http", "sts.us-east-1.amazonaws.com"), Says: "the name of the service sts, which has no endpoint in the plan", Alone: with(logging("awsfirelens:http", "sts.us-east-1.amazonaws.com"), func(w *World) { w.Ans.Extra = []string{"sts"} })},
	{Rule: "E-LOGOUT", Severity: plan.Warn, Caught: func(w *World) {
		w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{Name: "Service Connect proxy", LogDriver: "gelf", LogHost: "203.0.113.5:12201"}
	}, Says: "The Service Connect proxy of service web", Alone: func(w *World) {
		w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{Name: "Service Connect proxy", LogDriver: "gelf", LogHost: "10.0.9.9:12201"}
	}},
}
