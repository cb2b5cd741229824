package inventory

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// message masks a message of AWS. It keeps what messages are built from: words of AWS, codes of errors, operations, names of
// services, numbers, addresses, and ids that remain elsewhere too. Everything else can be a name of a customer, so it is masked,
// with the same stand-ins as in the other fields.
func (m *mask) message(s string) string {
	m = m.ofMessages()
	names := nameSlots(s)
	var b strings.Builder
	at := 0
	for _, loc := range aToken().FindAllStringIndex(s, -1) {
		b.WriteString(s[at:loc[0]])
		token := strings.TrimRightFunc(s[loc[0]:loc[1]], func(r rune) bool { return strings.ContainsRune(".:!?-–", r) })
		if slices.Contains(names, loc[0]) {
			b.WriteString(m.named(token))
		} else {
			b.WriteString(m.token(s[:loc[0]], token))
		}
		at = loc[0] + len(token)
	}
	b.WriteString(s[at:])
	return b.String()
}

// aToken matches a URL, or a text between white space, quotes, brackets and other signs that no name has.
var aToken = pattern.New("[a-z][a-z0-9+]*://[^\\s\"'<>()\\[\\]{}|`\\\\,;…“”‘’«»]+|[^\\s\"'<>()\\[\\]{}|`\\\\,;=…“”‘’«»]+")

// slots are the places of names in messages of AWS, even if such a name is also a word of AWS. The messages are those of the
// Amazon ECS developer guide (Amazon ECS service event messages, Viewing Amazon ECS stopped task errors) and of the AWS Batch user
// guide (INVALID compute environment).
var slots = []func() *regexp.Regexp{
	pattern.New(`\((?:service|taskSet|task|capacity-provider|target-group|container-instance|instance|cluster|container|job|role) ([^\s),]+)`),
	pattern.New(`^service (\S+) (?:was|is|has|failed) `),
	pattern.New(`, taskSet ([^\s),]+)`),
	pattern.New(`\b(?:IamInstanceProfile|json key|log group named|cluster named|service named): ?'?([^\s',]+)`),
	pattern.New(`\b(?:role|secret|user|cluster|container|repository|file|bucket|key) '([^\s',]+)'`),
}

// nameSlots returns where the tokens begin that must be names.
func nameSlots(s string) []int {
	var out []int
	for _, slot := range slots {
		for _, loc := range slot().FindAllStringSubmatchIndex(s, -1) {
			out = append(out, loc[2])
		}
	}
	return out
}

// ofMessages returns the mask with the parts of host names that messages have: also those of services without an endpoint
// service in this Region or snapshot, and of buckets of AWS.
func (m *mask) ofMessages() *mask {
	if m.messages == nil {
		k := *m
		k.labels = map[string]bool{}
		for label := range m.labels {
			k.labels[label] = true
		}
		for _, label := range messageLabels() {
			k.labels[label] = true
		}
		for _, bucket := range m.public {
			k.labels[strings.TrimSuffix(bucket, "*")] = true
		}
		m.messages = &k
	}
	return m.messages
}

// messageLabels are parts of host names of AWS in messages about tasks, jobs, agents and environments, also those of the ECS
// agent's connections (ecs-a-1, ecs-t-1) and of FIPS endpoints.
var messageLabels = sync.OnceValue(func() []string {
	var out []string
	for _, label := range strings.Fields("api autoscaling batch dkr-ecr ec2 ec2messages ecr-public ecs ecs-a ecs-t ecs-agent ecs-telemetry efs elasticfilesystem elasticloadbalancing env events fsx iam kms " +
		"lambda logs monitoring ops s3-accesspoint secretsmanager servicediscovery sns sqs ssm ssmmessages starport states sts xray dualstack") {
		out = append(out, label, label+"-fips")
	}
	for i := range 64 {
		out = append(out, "ecs-a-"+strconv.Itoa(i), "ecs-t-"+strconv.Itoa(i))
	}
	return out
})

// named masks a name in a message, or an ARN, an id or a part of them.
func (m *mask) named(s string) string {
	switch {
	case strings.HasPrefix(s, "arn:"):
		return m.arn(s)
	case anID().MatchString(s):
		return s
	case strings.HasPrefix(s, batchCluster):
		return m.clusterName(s)
	}
	return m.path(s)
}

// The forms of tokens that remain: ids, deployments of services, numbers with their units, times, zones, request ids and actions.
var (
	anID      = pattern.New(`^` + idPrefixes + `(?:[0-9a-f]{17}|[0-9a-f]{8})$|^ecs-svc/\d+$`)
	quantity  = pattern.New(`^[-+v~]?\d{1,11}(?:[.,/]\d{1,11})*(?:ms|us|µs|ns|s|m|h|d|%|[kKMGT]i?B|vCPU|x)?$`)
	clockTime = pattern.New(`^(?:\d{4}[/-]\d{2}[/-]\d{2}|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)$`)
	zoneID    = pattern.New(`^[a-z]{2,4}\d-az\d$`)
	requestID = pattern.New(`(?i)request ?id:? ?$`)
	uuid      = pattern.New(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	anAction  = pattern.New(`^[a-z][a-z0-9-]*:(?:` + verbs + `)[A-Za-z]*\*?$`)
	operator  = pattern.New(`^(?:` + verbs + `)[A-Z]`)
	ownIP     = pattern.New(`\b(?:for IP|IP address|from IP|your IP):? ?$`)
	someIP    = pattern.New(`^[0-9xX*]{1,3}(?:\.[0-9xX*]{1,3}){3}(?::\d{1,5})?$`)
	endpoints = pattern.New(`^(?:cn\.)?com\.amazonaws\.`)
)

// verbs are the beginnings of operations.
const verbs = `Assume|Attach|Authorize|Batch|Complete|Create|Decrypt|Delete|Deregister|Describe|Discover|Encrypt|Execute|Generate|Get|Initiate|Invoke|List|Modify|Open|Pass|Poll|Publish|Pull|Put|Register|Run|Send|Start|Stop|Submit|Tag|Terminate|Update|Upload|Allow`

// token masks a part of a message that comes after another one.
func (m *mask) token(before, s string) string {
	switch {
	case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return s
	case strings.Contains(s, "://"):
		return m.link(s)
	case strings.HasPrefix(s, "arn:"):
		return m.arn(s)
	case isAddress(s):
		if a, err := netip.ParseAddr(s); err == nil && !a.IsPrivate() && ownIP().MatchString(before) {
			return "192.0.2.1" // of the customer, such as that of a NAT gateway
		}
		return s
	case onlyAccount().MatchString(s):
		return m.text(s)
	case anID().MatchString(s), quantity().MatchString(s), clockTime().MatchString(s), date().MatchString(s), region().MatchString(s), zoneID().MatchString(s):
		return s
	case uuid().MatchString(s) && requestID().MatchString(before):
		return s // like those of denied calls
	case anAction().MatchString(s):
		if service, _, _ := strings.Cut(s, ":"); m.labels[service] || slices.Contains(keyServices, service) {
			return s
		}
	case endpoints().MatchString(s):
		return m.serviceName(s)
	case strings.HasPrefix(s, "/") && !vocabulary()[s]:
		return m.logGroup(s)
	case strings.HasPrefix(s, batchCluster):
		return m.clusterName(s)
	case isTerm(s):
		return s
	}
	if host, _, path := strings.Cut(s, "/"); path && strings.ContainsAny(host, ".:") {
		return m.image(s)
	}
	number := port().FindString(s)
	switch host := strings.TrimSuffix(s, number); {
	case ofAWS(host) != "":
		return m.host(host) + number
	case slices.Contains(publicRegistries, host):
		return s
	}
	return m.path(s)
}

// isAddress reports whether a token is an IP address or a block, possibly with a port or with hidden parts, or two of them with an
// arrow between.
func isAddress(s string) bool {
	for part := range strings.SplitSeq(s, "->") {
		_, err := netip.ParseAddr(part)
		_, withPort := netip.ParseAddrPort(part)
		_, block := netip.ParsePrefix(part)
		if strings.Contains(part, "%") || err != nil && withPort != nil && block != nil && !someIP().MatchString(part) {
			return false
		}
	}
	return true
}

// link masks a URL. Of the path it keeps the form of the API of registries (OCI Distribution Specification, Endpoints), and pages
// of the AWS documentation.
func (m *mask) link(s string) string {
	scheme, rest, _ := strings.Cut(s, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	number := port().FindString(host)
	name := strings.TrimSuffix(host, number)
	switch {
	case slices.Contains(awsPages, name):
		return s
	case isAddress(host), slices.Contains(publicRegistries, name), slices.Contains(publicHosts, name):
	default:
		host = m.host(name) + number
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !slices.Contains(pathTerms, part) {
			parts[i] = m.name(part)
		}
	}
	return scheme + "://" + host + strings.Join(parts, "/")
}

// awsPages are hosts of documentation, and publicHosts those that public registries use besides their own.
var (
	awsPages    = strings.Fields("docs.aws.amazon.com docs.amazonaws.cn repost.aws aws.amazon.com docs.docker.com www.docker.com")
	publicHosts = strings.Fields("auth.docker.io production.cloudflare.docker.com hub.docker.com")
	pathTerms   = strings.Fields("v1 v2 v3 v4 manifests blobs uploads tags list ready health credentials metadata meta-data")
)

// serviceName masks the name of an endpoint service, but not one of AWS.
func (m *mask) serviceName(s string) string {
	labels := strings.Split(s, ".")
	for i, label := range labels {
		if !slices.Contains([]string{"cn", "com", "amazonaws", "vpce"}, label) && !m.labels[label] && !region().MatchString(label) && !anID().MatchString(label) {
			labels[i] = m.text(label)
		}
	}
	return strings.Join(labels, ".")
}

// isTerm reports whether a token is a term of AWS: a word, one of the compounds, a code in capitals such as
// MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT, or an error or operation such as AccessDeniedException and GetSecretValue, built from such words.
func isTerm(s string) bool {
	if known := vocabulary(); known[s] || known[strings.ToLower(s)] && (s == strings.ToLower(s) || s == strings.ToUpper(s) || s[1:] == strings.ToLower(s[1:])) {
		return true
	}
	var parts []string
	switch {
	case s == strings.ToUpper(s) && strings.ContainsAny(s, "_:"):
		parts = strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ':' })
	case strings.HasSuffix(s, "Error"), strings.HasSuffix(s, "Errors"), strings.HasSuffix(s, "Exception"), operator().MatchString(s):
		parts = camelWords(s)
	}
	for _, part := range parts {
		if word := strings.ToLower(part); !vocabulary()[word] && !inCodes()[word] && !quantity().MatchString(part) {
			return false
		}
	}
	return len(parts) > 1
}

// camelWords splits ResourceInitializationError into its words, and KMSAccessDeniedException into KMS and the others.
func camelWords(s string) []string {
	var out []string
	runes := []rune(s)
	start := 0
	for i := 1; i < len(runes); i++ {
		upper, before := unicode.IsUpper(runes[i]), unicode.IsUpper(runes[i-1])
		if upper && !before || upper && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			out = append(out, string(runes[start:i]))
			start = i
		}
	}
	return append(out, string(runes[start:]))
}
