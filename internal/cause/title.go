package cause

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// short are the texts of findings in a title, by rule: from long to short, as the end of a sentence. {resource} is the resource of the finding, and
// {service} the code of the first endpoint that it is about. A text is left out if the finding lacks what it needs. A rule without one has the first sentence of its message.
var short = map[string][]string{
	"E-BATCHINVALID": {"a compute environment is INVALID"},
	"E-DRAINED":      {"an interrupted run left container instances drained"},
	"E-AGENT1251":    {"ECS agents are older than 1.25.1", "ECS agents are too old"},
	"W-AF3PUB":       {"workers do not reach the public web server"},
	"G-SGEGRESS":     {"security group {resource} has no outbound rule to {service}", "its security group has no outbound rule to {service}", "its security group blocks outbound TCP 443"},
	"G-NACL":         {"network ACL {resource} blocks TCP 443", "a network ACL blocks TCP 443"},
	"W-NACL":         {"network ACL {resource} blocks its traffic", "a network ACL blocks its traffic"},
	"G-STATE":        {"the endpoint for {service} is not available", "an endpoint is not available"},
	"G-R53DNS":       {"its DNS servers do not resolve names to endpoints"},
	"G-ZONE":         {"a private hosted zone answers the names of {service}", "a private hosted zone answers its names"},
	"G-FWD":          {"a Resolver rule forwards the names of {service}", "a Resolver rule forwards its names"},
	"G-DNSCONFLICT":  {"another endpoint has the private name of {service}", "another endpoint has a private DNS name"},
	"G-ROUTE":        {"a route leads away from the endpoints"},
	"G-SG443":        {"the endpoint groups do not allow TCP 443 from it"},
	"G-POLADD":       {"the policy of endpoint {service} denies what it does", "an endpoint policy denies what it does"},
	"W-POLICY":       {"the policy of endpoint {service} denies what it does", "an endpoint policy denies what it does"},
	"G-POLAGENT":     {"the policy of endpoint {service} denies its ECS agents", "an endpoint policy denies its ECS agents"},
	"E-S3POL":        {"the policy of the S3 endpoint denies its downloads", "the S3 endpoint policy denies its downloads"},
	"E-ECRCOND":      {"a condition of its execution role denies Amazon ECR"},
	"R-PERM":         {"its execution role may not read the secret"},
	"R-KMS":          {"its secret has a key that it cannot use"},
	"R-DELNAME":      {"its secret is scheduled for deletion"},
	"R-EXECROLE":     {"it has no execution role to read the secret"},
	"E-DOCKERHUB":    {"no network path to its registry outside AWS", "no network path to its registry"},
	"E-ECRPUBLIC":    {"no network path to Amazon ECR Public"},
	"E-ECRXREGION":   {"no network path to Amazon ECR of another Region", "no network path to another Region"},
	"E-LOGGROUP":     {"a log group of it does not exist"},
	"E-LOGOUT":       {"no network path to its log destination"},
}

// kinds are the kinds of findings that prevent a start, by rule. Rules with the same kind have the same fix or the same way to check them.
var kinds = map[string]Kind{
	"W-STATUS": EnvironmentState, "W-SUB2": ZoneDuplicate, "E-BATCHINVALID": EnvironmentState, "E-EKS": EnvironmentState,
	"E-DRAINED": NoInstances, "E-AGENT1251": AgentOld,
	"G-SGEGRESS": EgressGroup, "G-NACL": NetworkACL, "W-NACL": NetworkACL,
	"G-STATE": EndpointMissing, "G-R53DNS": DNSResolver, "G-ZONE": DNSZone, "G-FWD": DNSResolver, "G-DNSCONFLICT": DNSConflict, "G-ROUTE": RouteMissing,
	"G-SG443": EndpointGroup, "G-POLADD": EndpointPolicy, "W-POLICY": EndpointPolicy, "G-POLAGENT": EndpointPolicy, "E-S3POL": EndpointPolicy,
	"E-ECRCOND": SourceCondition, "W-PERMS": RolePermission, "R-PERM": RolePermission, "R-KMS": KMSPermission, "R-DELNAME": SecretMissing, "R-EXECROLE": RolePermission,
	"E-DOCKERHUB": NoInternetPath, "E-ECRPUBLIC": NoInternetPath, "E-ECRXREGION": NoInternetPath, "E-LOGOUT": NoInternetPath, "E-LOGGROUP": LogGroupMissing,
}

// kindOf returns the kind of a finding. G-DNSCONFLICT reports endpoints and private hosted zones.
func kindOf(f *plan.Finding) Kind {
	if f.Rule == "G-DNSCONFLICT" && !strings.HasPrefix(f.Resource, "vpce-") {
		return DNSZone
	}
	return kinds[f.Rule]
}

// servicesOf returns the codes of the endpoint services that a finding is about.
func servicesOf(p *plan.Plan, f *plan.Finding) []string {
	var out []string
	for _, id := range f.Changes {
		if a := p.Change(id); a != nil && a.Code() != "" && !slices.Contains(out, a.Code()) {
			out = append(out, a.Code())
		}
	}
	return out
}

// leastTitle is the number of columns that a cut text has at least.
const leastTitle = 20

// Title returns the cause as the end of a sentence that fits in a width: "DNS hostnames is off in VPC prod".
func (c Cause) Title(p *plan.Plan, width int) string {
	if c.Finding != nil && len(c.short) == 0 {
		return TitleOf(p, c.Finding, width)
	}
	return fitting(slices.Concat(c.short, []string{c.Text}), width)
}

// TitleOf returns a finding as the end of a sentence that fits in a width.
func TitleOf(p *plan.Plan, f *plan.Finding, width int) string {
	service := ""
	if of := servicesOf(p, f); len(of) > 0 {
		service = of[0]
	}
	var texts []string
	for _, text := range short[f.Rule] {
		if strings.Contains(text, "{resource}") && f.Resource == "" || strings.Contains(text, "{service}") && service == "" {
			continue
		}
		texts = append(texts, strings.NewReplacer("{resource}", f.Resource, "{service}", service).Replace(text))
	}
	if len(texts) == 0 {
		texts = append(texts, sentences(f.Message, 1))
	}
	return fitting(texts, width)
}

// fitting returns the first text that fits, or the beginning of the shortest.
func fitting(texts []string, width int) string {
	width = max(width, leastTitle)
	shortest := ""
	for _, text := range texts {
		text = begun(strings.TrimSuffix(strings.Join(strings.Fields(text), " "), "."))
		if words.Width(text) <= width {
			return text
		}
		if shortest == "" || words.Width(text) < words.Width(shortest) {
			shortest = text
		}
	}
	out := words.Lines(shortest, width-1, width-1)[0]
	return words.Cut(strings.TrimRight(out, ",;:")+"…", width)
}

// begun returns a sentence as the end of another: its first word is lower case, unless it is a name.
func begun(text string) string {
	first, _, _ := strings.Cut(text, " ")
	_, n := utf8.DecodeRuneInString(first)
	if n == 0 || first[n:] != strings.ToLower(first[n:]) || strings.ContainsAny(first, "0123456789") || first == "Amazon" {
		return text
	}
	return strings.ToLower(first) + text[len(first):]
}

// Stop returns the finding that stops a plan and that a title references: the first that prevents a start of the workload, otherwise the first of all.
// It returns nil if no finding stops the plan.
func Stop(p *plan.Plan, accepted []string) *plan.Finding {
	stops := p.Stops(accepted)
	for _, rules := range [][]string{before, way, after} {
		for _, rule := range rules {
			for i := range stops {
				if stops[i].Rule == rule {
					return &stops[i]
				}
			}
		}
	}
	if len(stops) == 0 {
		return nil
	}
	return &stops[0]
}

// Title returns the first cause in one line that fits in a width, with the number of the others if it fits too: "prod/web does not start: DNS
// hostnames is off in VPC prod (and 1 more cause)".
func (a *Answer) Title(p *plan.Plan, width int) string {
	head := a.Who + " does not start: "
	if a.Many {
		head = a.Who + " do not start: "
	}
	if len(a.Causes) == 0 {
		return head + "no cause found"
	}
	title := head + a.Causes[0].Title(p, width-words.Width(head))
	if n := len(a.Causes) - 1; n > 0 {
		if with := title + fmt.Sprintf(" (and %s)", words.Count(n, "more cause")); words.Width(with) <= width {
			return with
		}
	}
	return title
}

// who returns the names of what does not start for the title.
func who(stopped []string) string {
	name := words.CutMiddle(stopped[0], mostName)
	if n := len(stopped) - 1; n > 0 {
		return fmt.Sprintf("%s and %d more", name, n)
	}
	return name
}

// mostName is the maximum number of columns of a name in a title.
const mostName = 22
