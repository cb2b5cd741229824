package inventory

import (
	"slices"
	"strings"
)

// Log destinations. ToHost is the host in the options; without one it is the host that runs the log
// router or the driver. ToPartner is a service outside AWS with a host of its own.
const (
	ToLogs     = "CloudWatch Logs"
	ToFirehose = "Amazon Data Firehose"
	ToKinesis  = "Amazon Kinesis Data Streams"
	ToS3       = "Amazon S3"
	ToHost     = "a host"
	ToPartner  = "a service outside AWS"
	Local      = "local"
)

// UnknownHost is the host of a log destination that the options do not show in plain text.
const UnknownHost = "?"

// AnyGroup is the log group of a container if its options do not show the name in plain text. It is a
// pattern that matches every name.
const AnyGroup = "*"

// DefaultHosts are the hosts of output plug-ins that send to a service outside AWS, if the options set
// none (Fluent Bit manual, outputs, Datadog and New Relic).
var DefaultHosts = map[string]string{"datadog": "http-intake.logs.datadoghq.com", "nrlogs": "log-api.newrelic.com"}

// LogRole returns the role that creates the log group of one of the definition's containers: the
// awslogs driver uses the execution role (Amazon ECS API reference, LogConfiguration), and FireLens
// the task role (Amazon ECS developer guide, FireLens).
func (d *TaskDefinition) LogRole(c *Container) string {
	if strings.HasPrefix(c.LogDriver, "awsfirelens") {
		return d.TaskRole
	}
	return d.ExecutionRole
}

// CreatesGroup reports whether the log driver creates its log group in CloudWatch Logs.
func (c *Container) CreatesGroup() bool { return c.LogCreates && c.LogsTo() == ToLogs }

// Outputs are the output plug-ins of Fluent Bit and Fluentd that rules know, and where each sends logs
// (Fluent Bit manual, outputs; README files of aws-for-fluent-bit and of the Fluentd plug-ins of AWS).
var Outputs = outputs(map[string]string{
	ToLogs:     "cloudwatch cloudwatch_logs",
	ToFirehose: "firehose kinesis_firehose",
	ToKinesis:  "kinesis kinesis_streams kinesis_streams_aggregated",
	ToS3:       "s3",
	ToHost: "aws-elasticsearch-service elasticsearch es forward gelf http influxdb kafka kafka-rest kafka2 loki nats opensearch opentelemetry prometheus_remote_write" +
		" skywalking splunk splunk_hec syslog tcp udp websocket",
	ToPartner: "azure azure_blob azure_kusto azure_logs_ingestion bigquery chronicle datadog logdna newrelic nrlogs slack stackdriver sumologic td",
	Local:     "counter exit file flowcounter null stdout",
})

func outputs(by map[string]string) map[string]string {
	out := map[string]string{}
	for destination, plugins := range by {
		for _, p := range strings.Fields(plugins) {
			out[p] = destination
		}
	}
	return out
}

// drivers are the log drivers other than awslogs and awsfirelens, and whether their logs leave the
// host (Amazon ECS API reference, LogConfiguration; Docker documentation, logging drivers).
// logentries is a driver of older versions of Docker.
var drivers = map[string]string{
	"splunk": ToHost, "gelf": ToHost, "syslog": ToHost, "fluentd": ToHost, "logentries": ToPartner,
	"json-file": Local, "journald": Local, "local": Local, "none": Local,
}

// OfAWS reports whether a host name is in a domain of AWS.
func OfAWS(host string) bool { return ofAWS(host) != "" }

// LogsTo returns where the container's logs go: one of the destinations above, or an empty text if the
// definition does not show it.
func (c *Container) LogsTo() string {
	driver, plugin, _ := strings.Cut(c.LogDriver, ":")
	switch driver {
	case "awslogs":
		return ToLogs
	case "awsfirelens":
		return Outputs[plugin]
	}
	return drivers[driver]
}

// PrivateDomains are endings of names that no public resolver answers (RFC 6762 for .local; ICANN
// reserved .internal for private use).
var PrivateDomains = []string{".local", ".internal"}

// collectors are parts of the names of images that send metrics, traces or logs of their own, with the
// needs of each: the X-Ray daemon sends traces (AWS X-Ray developer guide, daemon on Amazon ECS); the
// AWS Distro for OpenTelemetry sends traces to X-Ray, metrics to CloudWatch and, in the embedded metric
// format, logs (Amazon ECS developer guide, trace data and metrics); the CloudWatch agent sends metrics
// and logs, and traces if it is configured to (Amazon CloudWatch user guide, CloudWatch agent).
var collectors = map[string][]string{
	"xray-daemon":        {"xray"},
	"aws-otel-collector": {"xray", "insights", "collector-logs"},
	"cloudwatch-agent":   {"insights", "collector-logs", "xray"},
}

// Collects returns the needs of a container that sends metrics, traces or logs of its own, by its
// image.
func (c *Container) Collects() []string {
	for part, needs := range collectors {
		if strings.Contains(c.Image, part) {
			return slices.Clone(needs)
		}
	}
	return nil
}
