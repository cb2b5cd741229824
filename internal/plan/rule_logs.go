package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// logNeeds are the needs of log destinations in AWS.
var logNeeds = map[string]string{inventory.ToLogs: "awslogs", inventory.ToFirehose: "firehose", inventory.ToKinesis: "kinesis", inventory.ToS3: "s3"}

// logsHere reports whether a container's logs go to this Region. A host outside AWS in the options is
// another path.
func (s *scope) logsHere(c *inventory.Container) bool {
	host := logHost(c)
	return s.logRegion(c) == s.Ans.Region && (host == "" || inventory.OfAWS(host))
}

// logHost returns the host of a container's log destination without its port; empty if the options set
// none.
func logHost(c *inventory.Container) string {
	host, _ := cutPort(c.LogHost)
	return strings.TrimSuffix(host, ".")
}

// logRegion returns the Region of a log destination in AWS. A name of AWS in the options is where the
// requests go, so its Region counts before the option for the Region.
func (s *scope) logRegion(c *inventory.Container) string {
	if host := logHost(c); inventory.OfAWS(host) {
		for _, label := range slices.Backward(strings.Split(host, ".")) { // the first labels can be the name of a bucket
			if _, ok := catalog.PartitionOf(label); ok {
				return label
			}
		}
	}
	return cmp.Or(c.LogRegion, s.Ans.Region)
}

// logGroup returns the log group of a container that logs to CloudWatch Logs. AWS Batch has a group for
// jobs that set none (AWS Batch API reference, ContainerDetail).
func (s *scope) logGroup(c *inventory.Container) string {
	if c.LogDriver == "" || c.LogDriver == "awslogs" {
		return cmp.Or(c.LogGroup, s.Workload.LogGroup, inventory.AnyGroup)
	}
	return cmp.Or(c.LogGroup, inventory.AnyGroup)
}

// namedGroup returns the name of a container's log group in the Region; empty if the options do not show
// it, or if the container logs elsewhere.
func (s *scope) namedGroup(c *inventory.Container) string {
	if c.LogsTo() != inventory.ToLogs || c.LogGroup == inventory.AnyGroup || !s.logsHere(c) {
		return ""
	}
	return c.LogGroup
}

// logger is a container with a log configuration. The Service Connect proxy of a service has one too.
type logger struct {
	*inventory.Container
	of, arn string // the definition or service, and its ARN
	role    string // the role that creates the log group; empty if the definition has none
}

// String returns the container as the subject of a sentence.
func (l logger) String() string {
	if l.Image == "" { // Amazon ECS adds the container of the proxy
		return "The Service Connect proxy of " + l.of
	}
	return fmt.Sprintf("Container %s of %s", l.Name, l.of)
}

// loggers returns the containers in scope.
func (s *scope) loggers() []logger {
	var out []logger
	for _, d := range s.Definitions {
		for i := range d.Containers {
			out = append(out, logger{&d.Containers[i], fmt.Sprintf("%s:%d", d.Family, d.Revision), d.ARN, d.LogRole(&d.Containers[i])})
		}
	}
	for _, svc := range s.Services {
		if d := s.Inv.TaskDefinition(svc.TaskDefinition); d != nil && svc.Proxy != nil {
			out = append(out, logger{svc.Proxy, "service " + svc.Name, svc.ARN, d.LogRole(svc.Proxy)})
		}
	}
	return out
}

// withSix is about a destination with a name, if the subnets reach the internet with IPv6 only.
const withSix = "The subnets reach the internet with IPv6 only, and whether the destination has IPv6 addresses is not known."

func checkLogRegion(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, l := range b.loggers() {
		need, region := logNeeds[l.LogsTo()], b.logRegion(l.Container)
		if need == "" || region == b.Ans.Region || logHost(l.Container) != "" && (b.private(logHost(l.Container)) || !inventory.OfAWS(logHost(l.Container))) {
			continue
		}
		option := "Set awslogs-region to " + b.Ans.Region
		switch {
		case l.LogHost != "":
			option = "Send the logs to " + b.Ans.Region + ": change the host and the Region of the output"
		case strings.HasPrefix(l.LogDriver, "awsfirelens"):
			option = "Set the option region to " + b.Ans.Region
		}
		f := Finding{Rule: catalog.RuleOf(need), Severity: Error, Resource: l.arn,
			Message: fmt.Sprintf("%s logs to %s in %s. Endpoints serve their own Region only, and there is no internet access from %s.", l, l.LogsTo(), region, b.noWayOut()),
			Fix:     option + " in the task definition."}
		if b.sixOnly() {
			f.Severity, f.Message = Warn, fmt.Sprintf("%s logs to %s in %s. Endpoints serve their own Region only. %s", l, l.LogsTo(), region, withSix)
		}
		out = append(out, f)
	}
	return out
}

// checkLogHosts reports logs that leave the VPC without a path that the wizard knows: destinations
// outside AWS, hosts of AWS that may be public, and destinations that the options do not show. The
// splunk driver verifies the connection when a container starts, unless splunk-verify-connection is
// false (Docker documentation, Splunk logging driver). Fargate has no proxy for log drivers; the options
// of each driver are those of Docker (Amazon ECS API reference, LogConfiguration).
func checkLogHosts(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, l := range b.loggers() {
		what, fix := b.logPath(l)
		if what == "" {
			continue
		}
		out = append(out, Finding{Severity: Warn, Resource: l.arn, Message: fmt.Sprintf("%s logs with %s %s", l, driverText(l.LogDriver), what), Fix: fix})
	}
	return out
}

// driverText returns a log driver as a text: "awsfirelens (plug-in http)".
func driverText(driver string) string {
	name, plugin, ok := strings.Cut(driver, ":")
	if !ok {
		return "the driver " + name
	}
	return fmt.Sprintf("%s (plug-in %s)", name, plugin)
}

// logPath returns what is wrong with the destination of a container's logs, and what helps; empty if
// nothing is.
func (b *builder) logPath(l logger) (what, fix string) {
	const other = "Send the logs to CloudWatch Logs, or give the subnets a NAT gateway. If a private network reaches the destination, nothing is needed."
	driver, plugin, _ := strings.Cut(l.LogDriver, ":")
	host, to := logHost(l.Container), l.LogsTo()
	switch {
	case driver == "" || to == inventory.Local, to == inventory.ToHost && host == "", logNeeds[to] != "" && host == "":
		return "", ""
	case logNeeds[to] != "" && inventory.OfAWS(host) && b.logRegion(l.Container) != b.Ans.Region: // checkLogRegion reports it
		return "", ""
	case to == "" && plugin == "" && driver == "awsfirelens":
		return fmt.Sprintf("and no output plug-in, so its log router decides where the logs go. The wizard cannot tell whether they have a network path from %s.", b.noWayOut()),
			"If the configuration of the log router sends to AWS, select that service on the screen AWS services (answers file: needs, or extra for other services)."
	case to == "" && (host == "" || host == inventory.UnknownHost):
		return fmt.Sprintf("which the wizard does not know. It cannot tell whether the logs have a network path from %s.", b.noWayOut()), other
	case host == inventory.UnknownHost:
		return fmt.Sprintf("to an address that its options do not show in plain text. The wizard cannot tell whether the logs have a network path from %s.", b.noWayOut()), other
	}
	why, lost := fmt.Sprintf(", and there is no internet access from %s.", b.noWayOut()), " The logs are lost."
	if b.sixOnly() {
		switch a, err := netip.ParseAddr(host); {
		case err != nil:
			why, lost = ". "+withSix, " The logs may be lost."
		case !a.Unmap().Is4():
			return "", ""
		default:
			why = fmt.Sprintf(", and there is no internet access with IPv4 from %s.", b.noWayOut())
		}
	}
	if driver == "splunk" {
		lost = " The driver verifies the connection when the container starts, so the task may not start."
	}
	at := "to " + l.LogHost
	if host == "" { // the plug-in has a host of its own
		lost = " The logs may be lost."
		if host = inventory.DefaultHosts[plugin]; host == "" {
			return "to a service outside AWS" + why + lost, other
		}
		at = "to " + host + " (the default of the plug-in)"
	}
	switch {
	case b.private(host):
		return "", ""
	case inventory.OfAWS(host):
		if code := b.serviceOfName(host); code != "" {
			if b.endpoint(resource.ID("endpoint/"+code)) != nil || b.existing(b.serviceName(code), catalog.Interface) != nil {
				return "", ""
			}
			return fmt.Sprintf("to %s, the name of the service %s, which has no endpoint in the plan", host, code) + why + lost, "Add " + code + " to extra in the answers file."
		}
		return fmt.Sprintf("to %s, a name of AWS. The wizard does not know whether it has private addresses", host) + why,
			"Check the resource behind the name: a domain of OpenSearch Service or a load balancer must be in a VPC that these subnets reach."
	}
	return at + ", which is outside AWS" + why + lost, other
}

// cutPort splits the port off a host.
func cutPort(s string) (host, port string) {
	if at := strings.LastIndexByte(s, ':'); at >= 0 && (strings.HasPrefix(s, "[") == strings.HasSuffix(s[:at], "]")) && strings.Count(s, ":") >= 1 {
		return strings.Trim(s[:at], "[]"), s[at+1:]
	}
	return strings.Trim(s, "[]"), ""
}

// carrierNAT is address space that networks share and the internet does not route (RFC 6598).
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// private reports whether a host is in a private network, as far as its name or address shows: private
// addresses (RFC 1918, RFC 4193, RFC 6598) and those of the VPC, names without a domain, names in
// private domains and private hosted zones, names of endpoints, and names of a domain that a Resolver
// rule forwards to other DNS servers. A rule for all names says nothing about one of them. AWS does not
// document the prefixes of internal load balancers (internal-) and of OpenSearch domains in a VPC (vpc-)
// as a contract.
func (b *builder) private(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || carrierNAT.Contains(a) || b.vpc != nil && slices.ContainsFunc(slices.Concat(b.vpc.CIDRs, b.vpc.IPv6), func(cidr string) bool {
			p, err := netip.ParsePrefix(cidr)
			return err == nil && p.Contains(a)
		})
	}
	within := func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
	if r := whoAnswers(host, nil, b.Net.HostedZones, b.Net.Resolver.Rules).rule; r != nil && r.Domain != "." {
		return true
	}
	return !strings.Contains(host, ".") ||
		slices.ContainsFunc(inventory.PrivateDomains, func(d string) bool { return strings.HasSuffix(host, d) }) ||
		slices.ContainsFunc(b.Net.HostedZones, func(z inventory.HostedZone) bool { return within(z.Name) }) ||
		slices.ContainsFunc(b.Net.Endpoints, func(e inventory.Endpoint) bool { return slices.ContainsFunc(e.DNSNames, within) }) ||
		inventory.OfAWS(host) && (strings.HasPrefix(host, "internal-") || strings.HasPrefix(host, "vpc-") || strings.Contains(host, ".vpce."))
}

// serviceOfName returns the code of the service with a private DNS name; empty if none has it.
func (b *builder) serviceOfName(host string) string {
	for _, s := range b.Inv.Services {
		for _, name := range s.PrivateNames {
			domain, wild := strings.CutPrefix(name, "*.")
			if host == name || wild && strings.HasSuffix(host, "."+domain) {
				return catalog.CodeOf(s.Name)
			}
		}
	}
	return ""
}
