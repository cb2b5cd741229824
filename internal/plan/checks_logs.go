package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// logNeeds are the needs of log destinations in AWS.
var logNeeds = map[string]string{inventory.ToLogs: "awslogs", inventory.ToFirehose: "firehose", inventory.ToKinesis: "kinesis", inventory.ToS3: "s3"}

// logsHere reports whether a container's logs go to this Region. An endpoint in the options is another
// path.
func (s *scope) logsHere(c *inventory.Container) bool {
	return (c.LogRegion == "" || c.LogRegion == s.ans.Region) && (c.LogHost == "" || inventory.OfAWS(c.LogHost))
}

// logger is a container with a log configuration. The Service Connect proxy of a service has one too.
type logger struct {
	*inventory.Container
	of, arn                 string // the definition or service, and its ARN
	executionRole, taskRole string
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
	for _, d := range s.definitions() {
		for i := range d.Containers {
			out = append(out, logger{&d.Containers[i], fmt.Sprintf("%s:%d", d.Family, d.Revision), d.ARN, d.ExecutionRole, d.TaskRole})
		}
	}
	for _, svc := range s.services {
		if d := s.inv.TaskDefinition(svc.TaskDefinition); d != nil && svc.Proxy != nil {
			out = append(out, logger{svc.Proxy, "service " + svc.Name, svc.ARN, d.ExecutionRole, d.TaskRole})
		}
	}
	return out
}

func checkLogRegion(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, l := range b.loggers() {
		need := logNeeds[l.LogsTo()]
		if need == "" || l.LogRegion == "" || l.LogRegion == b.ans.Region {
			continue
		}
		option := "awslogs-region"
		if strings.HasPrefix(l.LogDriver, "awsfirelens") {
			option = "the option region"
		}
		out = append(out, Finding{Rule: catalog.RuleOf(need), Severity: Error, Resource: l.arn,
			Message: fmt.Sprintf("%s logs to %s in %s. Endpoints serve their own Region only, and there is no internet access from %s.", l, l.LogsTo(), l.LogRegion, b.noWayOut()),
			Fix:     "Set " + option + " to " + b.ans.Region + " in the task definition."})
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
	const other = "Send the logs to CloudWatch Logs, or give the subnets a NAT gateway or a proxy. If a private network reaches the destination, nothing is needed."
	driver, plugin, _ := strings.Cut(l.LogDriver, ":")
	lost := fmt.Sprintf(", and there is no internet access from %s. The logs are lost.", b.noWayOut())
	if driver == "splunk" {
		lost = fmt.Sprintf(", and there is no internet access from %s. The driver verifies the connection when the container starts, so the task may not start.", b.noWayOut())
	}
	switch to := l.LogsTo(); {
	case driver == "" || to == inventory.Local, to == inventory.ToHost && l.LogHost == "", logNeeds[to] != "" && l.LogHost == "":
		return "", ""
	case to == "" && plugin == "" && driver == "awsfirelens":
		return fmt.Sprintf("and no output plug-in, so its log router decides where the logs go. The wizard cannot tell whether they have a network path from %s.", b.noWayOut()),
			"If the configuration of the log router sends to AWS, select that service on the screen AWS services (answers file: needs, or extra for other services)."
	case to == "" && (l.LogHost == "" || l.LogHost == inventory.UnknownHost):
		return fmt.Sprintf("which the wizard does not know. It cannot tell whether the logs have a network path from %s.", b.noWayOut()), other
	case l.LogHost == inventory.UnknownHost:
		return fmt.Sprintf("to an address that its options do not show in plain text. The wizard cannot tell whether the logs have a network path from %s.", b.noWayOut()), other
	case l.LogHost == "":
		return "to a service outside AWS" + lost, other
	}
	switch host, _ := cutPort(l.LogHost); {
	case b.private(host):
		return "", ""
	case inventory.OfAWS(host):
		if code := b.serviceOfName(host); code != "" {
			if b.endpoint(ID("endpoint/"+code)) != nil || b.existing(b.serviceName(code), catalog.Interface) != nil {
				return "", ""
			}
			return fmt.Sprintf("to %s, the name of the service %s, which has no endpoint in the plan", host, code) + lost, "Add " + code + " to extra in the answers file."
		}
		return fmt.Sprintf("to %s, a name of AWS. The wizard does not know whether it has private addresses, and there is no internet access from %s.", host, b.noWayOut()),
			"Check the resource behind the name: a domain of OpenSearch Service or a load balancer must be in a VPC that these subnets reach."
	}
	return "to " + l.LogHost + ", which is outside AWS" + lost, other
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
// private domains and private hosted zones, and names of endpoints. AWS does not document the prefixes
// of internal load balancers (internal-) and of OpenSearch domains in a VPC (vpc-) as a contract.
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
	return !strings.Contains(host, ".") ||
		slices.ContainsFunc(inventory.PrivateDomains, func(d string) bool { return strings.HasSuffix(host, d) }) ||
		slices.ContainsFunc(b.net.HostedZones, func(z inventory.HostedZone) bool { return within(z.Name) }) ||
		slices.ContainsFunc(b.net.Endpoints, func(e inventory.Endpoint) bool { return slices.ContainsFunc(e.DNSNames, within) }) ||
		inventory.OfAWS(host) && (strings.HasPrefix(host, "internal-") || strings.HasPrefix(host, "vpc-") || strings.Contains(host, ".vpce."))
}

// serviceOfName returns the code of the service with a private DNS name; empty if none has it.
func (b *builder) serviceOfName(host string) string {
	for _, s := range b.inv.Services {
		for _, name := range s.PrivateNames {
			domain, wild := strings.CutPrefix(name, "*.")
			if host == name || wild && strings.HasSuffix(host, "."+domain) {
				return catalog.CodeOf(s.Name)
			}
		}
	}
	return ""
}

// checkLogGroups reports log groups that a log driver creates although its role is not allowed to, or
// although nothing shows that it is. logs:CreateLogGroup is needed, and
// AmazonECSTaskExecutionRolePolicy does not allow it (Amazon ECS API reference, LogConfiguration). The
// awslogs driver uses the execution role; on container instances without one, the role of the instance
// (AWS re:Post knowledge center, Amazon ECS container logs in CloudWatch). FireLens uses the task role
// (Amazon ECS developer guide, FireLens).
func checkLogGroups(b *builder) []Finding {
	type asker struct{ arn, of, role, kind string }
	var order []asker
	groups := map[asker][]string{}
	for _, l := range b.loggers() {
		if !l.LogCreates || l.LogsTo() != inventory.ToLogs {
			continue
		}
		a := asker{l.arn, l.of, l.executionRole, "execution role"}
		if strings.HasPrefix(l.LogDriver, "awsfirelens") {
			a.role, a.kind = l.taskRole, "task role"
		}
		if groups[a] == nil {
			order = append(order, a)
		}
		groups[a] = append(groups[a], l.LogGroup)
	}
	var out []Finding
	for _, a := range order {
		names := unique(groups[a])
		find := func(format string, args ...any) {
			out = append(out, Finding{Severity: Warn, Resource: a.arn,
				Message: fmt.Sprintf("%s creates the log group %s if it does not exist, which needs logs:CreateLogGroup. ", strings.ToUpper(a.of[:1])+a.of[1:], upTo(names, 3)) + fmt.Sprintf(format, args...),
				Fix:     "Create the log group before the tasks start, or allow the role logs:CreateLogGroup on it."})
		}
		switch {
		case a.role == "" && a.kind == "execution role" && b.ans.Workload.EC2():
			find("It has no execution role, so the role of the container instance creates it. The wizard does not read that role.")
		case a.role == "":
			find("It has no %s.", a.kind)
		case b.inv.Role(a.role) == nil:
			find("The %s %s was not read.", a.kind, lastOf(a.role))
		default:
			switch lack, ok := b.createsGroups(a.role, names); {
			case ok:
			case lack.Unsure:
				find("The wizard cannot decide whether the %s %s allows it.%s", a.kind, lastOf(a.role), because([]policy.Lack{lack}))
			default:
				find("The %s %s does not allow it.%s", a.kind, lastOf(a.role), because([]policy.Lack{lack}))
			}
		}
	}
	return out
}

// createsGroups decides whether the policies of a role allow the creation of log groups, and returns what
// is lacking. AWS writes the ARN of a log group with and without :* at the end (Amazon CloudWatch Logs
// user guide, resources). If the policies allow only one of the two, it is not decided.
func (b *builder) createsGroups(arn string, groups []string) (lack policy.Lack, ok bool) {
	role := b.inv.Role(arn)
	caller := policy.Caller{Account: b.inv.Account, Region: b.ans.Region, Roles: []string{arn}}
	var unsure []policy.Lack
	for _, group := range groups {
		var both []policy.Lack
		for _, end := range []string{"", ":*"} {
			resource := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s%s", b.partition(), b.ans.Region, b.inv.Account, group, end)
			both = append(both, policy.RoleLacks([]policy.Grant{{Actions: []string{"logs:CreateLogGroup"}, Resources: []string{resource}}}, caller, named(role)...)...)
		}
		switch {
		case len(both) == 2 && !both[0].Unsure && !both[1].Unsure:
			if i := slices.IndexFunc(b.inv.Gaps, func(g inventory.Gap) bool { return strings.HasPrefix(g.Call, "iam:") }); i >= 0 && both[0].Because == "" {
				both[0].Unsure, both[0].Because = true, b.inv.Gaps[i].String()
			}
			return both[0], false
		case len(both) > 0 && !both[0].Unsure:
			both[0].Unsure, both[0].Because = true, "a policy allows only one of the two forms of the ARN, with and without :*"
			fallthrough
		case len(both) > 0:
			unsure = append(unsure, both[0])
		}
	}
	if len(unsure) > 0 {
		return unsure[0], false
	}
	return policy.Lack{}, true
}
