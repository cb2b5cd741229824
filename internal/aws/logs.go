package aws

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// notShown is the value of an option that is in a secret or parameter. It is neither a name nor an
// address.
const notShown = "${secret}"

// logsTo copies the log options that contain the destination of the logs. All other options may
// contain tokens and passwords. The last argument has the names of the options with values in Secrets
// Manager or Parameter Store, which can be any option (Amazon ECS developer guide, Pass secrets for Amazon
// ECS logging configuration).
func logsTo(out *inventory.Container, driver string, plain map[string]string, secret []string) {
	out.LogDriver = driver
	options := map[string]string{}
	maps.Copy(options, plain)
	for _, name := range secret {
		options[name] = notShown
	}
	switch driver {
	case string(types.LogDriverAwslogs):
		out.LogRegion, out.LogGroup = firstOf(options, "awslogs-region"), options["awslogs-group"]
		if out.LogGroup != "" && !literalOption().MatchString(out.LogGroup) {
			out.LogGroup = inventory.AnyGroup
		}
		out.LogCreates = strings.EqualFold(options["awslogs-create-group"], "true")
	case string(types.LogDriverAwsfirelens):
		firelensTo(out, options)
	case "logentries":
		out.LogHost = "data.logentries.com" // the driver has no option for it
	default:
		out.LogHost = hostOf(options[addressOptions[driver]])
	}
}

// ecsLogs copies a log configuration of Amazon ECS.
func ecsLogs(out *inventory.Container, c *types.LogConfiguration) {
	if c == nil {
		return
	}
	var secret []string
	for _, s := range c.SecretOptions {
		secret = append(secret, sdk.ToString(s.Name))
		out.Secrets = append(out.Secrets, sdk.ToString(s.ValueFrom))
	}
	logsTo(out, string(c.LogDriver), c.Options, secret)
}

// addressOptions are the options of log drivers with the address of the destination (Docker
// documentation, the page of each logging driver).
var addressOptions = map[string]string{"splunk": "splunk-url", "gelf": "gelf-address", "syslog": "syslog-address", "fluentd": "fluentd-address"}

// hostOptions are the options of output plug-ins with the destination, the most specific one first.
var hostOptions = []string{"endpoint", "host", "base_uri", "url", "endpoint_url", "brokers"}

// firelensTo copies the destination of a FireLens output. The plug-in is the option Name of Fluent Bit
// or @type of Fluentd. Amazon ECS writes the options into the configuration of the log router, where
// the case of a key does not matter (Amazon ECS developer guide, FireLens; Fluent Bit manual,
// configuration file).
func firelensTo(out *inventory.Container, options map[string]string) {
	lower := map[string]string{}
	for k, v := range options {
		lower[strings.ToLower(k)] = v
	}
	plugin := strings.ToLower(lower["name"])
	if plugin == "" {
		plugin = strings.ToLower(lower["@type"])
	}
	if plugin == "" || !pluginName().MatchString(plugin) {
		return
	}
	if plugin == "cloudwatch_logs" { // Fluent Bit has two plug-ins that write to CloudWatch Logs
		plugin = "cloudwatch"
	}
	out.LogDriver += ":" + plugin
	for _, k := range hostOptions {
		if out.LogHost = hostOf(lower[k]); out.LogHost != "" {
			break
		}
	}
	switch out.LogsTo() {
	case inventory.ToLogs:
		out.LogGroup = firstOf(lower, "log_group_name")
		out.LogCreates = slices.Contains([]string{"true", "on", "yes"}, strings.ToLower(lower["auto_create_group"]))
	case inventory.ToS3:
		out.LogBucket = firstOf(lower, "bucket", "s3_bucket")
	case inventory.ToFirehose, inventory.ToKinesis:
	default:
		return
	}
	out.LogRegion = firstOf(lower, "region", "aws_region", "s3_region")
}

// pluginName matches the names of output plug-ins.
var pluginName = pattern.New(`^[a-z0-9][a-z0-9_.-]*$`)

// literalOption matches values that are names. A log router replaces variables in other ones.
var literalOption = pattern.New(`^[A-Za-z0-9_./#-]+$`)

// firstOf returns the first of the options that is a name.
func firstOf(options map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := options[k]; literalOption().MatchString(v) {
			return v
		}
	}
	return ""
}

// hostName matches host names and IPv4 addresses with an optional port, and IPv6 addresses in
// brackets.
var hostName = pattern.New(`^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])\.?(?::\d{1,5})?$`)

// hostOf returns the host and port of an address, URL or list of addresses. It drops everything that
// may contain a secret: user, path and query. It returns an empty text for a local socket and
// for an empty address, and inventory.UnknownHost for a text that is not an address, such as a variable.
func hostOf(address string) string {
	address, _, _ = strings.Cut(strings.TrimSpace(address), ",")
	if address == "" {
		return ""
	}
	if !strings.Contains(address, "://") {
		address = "tcp://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return inventory.UnknownHost
	}
	switch host := strings.ToLower(u.Host); {
	case u.Scheme == "unix" || u.Scheme == "unixgram":
		return ""
	case hostName().MatchString(host):
		return host
	}
	return inventory.UnknownHost
}

// routerFile copies the ARN of a log router's configuration file in Amazon S3 (Amazon ECS API
// reference, FirelensConfiguration).
func routerFile(out *inventory.Container, options map[string]string) {
	if options["config-file-type"] == "s3" && strings.HasPrefix(options["config-file-value"], "arn:") {
		out.Files = append(out.Files, options["config-file-value"])
	}
}

// credentialSpecs copies the references of credential specs in Amazon S3 and Parameter Store. The
// older field dockerSecurityOptions has them too, between other options. A domainless spec references
// a secret that the definition does not contain (Amazon ECS API reference, ContainerDefinition).
func credentialSpecs(out *inventory.Container, specs []string) {
	for _, spec := range specs {
		kind, ref, _ := strings.Cut(spec, ":")
		if kind != "credentialspec" && kind != "credentialspecdomainless" || !strings.HasPrefix(ref, "arn:") {
			continue
		}
		out.DomainSecret = out.DomainSecret || kind == "credentialspecdomainless"
		if part := strings.SplitN(ref, ":", 6); len(part) == 6 && part[2] == "s3" {
			out.Files = append(out.Files, ref)
		} else {
			out.Secrets = append(out.Secrets, ref)
		}
	}
}
