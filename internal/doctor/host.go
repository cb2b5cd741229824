package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// hostKind is what a host is for a VPC.
type hostKind int

const (
	outside     hostKind = iota // not a service of AWS: a registry, a package index, a server of the user
	regional                    // a name of an AWS service in a Region, which its endpoint has with private DNS
	global                      // a name of an AWS service without a Region, or an old form of its name: its endpoint does not have it
	endpointDNS                 // a name that one endpoint has: vpce-….amazonaws.com
	webServer                   // the web server of an Amazon MWAA environment
	fileSystem                  // a file system of Amazon EFS: its mount targets have the addresses
	ownResource                 // a resource in AWS with a name of its own: a load balancer, a database
	page                        // a page to read on, which no program connects to
)

// host is a host name in a text.
type host struct {
	name      string
	at, end   int    // where it is in the text
	service   string // the code of its endpoint service; empty if it has none
	region    string
	partition string
	kind      hostKind
	private   bool // the web server has the private access mode
	numbered  bool // a public name of the ECS agent with a number, such as ecs-a-1. Source: Amazon ECS developer guide, Amazon ECS interface VPC endpoints (Endpoint naming patterns)
	registry  bool // it serves images
}

// longestHost is the maximum length of a host name (RFC 1035).
const longestHost = 253

func isHostByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '.' || c == '-' || c == '_' }

// domain is a domain of a partition's services.
type domain struct{ name, partition string }

// domains are those of all partitions, the longest first, so that amazonaws.com.cn is not taken for a part of another one.
var domains = sync.OnceValue(func() []domain {
	var out []domain
	for _, p := range catalog.Partitions {
		for _, d := range catalog.Domains(p.ID) {
			out = append(out, domain{d, p.ID})
		}
	}
	slices.SortStableFunc(out, func(a, b domain) int { return len(b.name) - len(a.name) })
	return out
})

// codes are the service codes by the labels before the Region, in the order of a host name. The catalog has the others.
var codes = map[string]string{
	"ecr": "ecr.api", "firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "ecs-sc": "ecs-agent", "queue": "sqs", "ecr-fips": "ecr-fips.api",
	"airflow": "airflow.api", "api.ecr-fips": "ecr-fips.api",
}

// byName are the codes of the services of the catalog by the labels before the Region.
var byName = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, e := range catalog.All() {
		for _, n := range e.PrivateNames("aws", "{R}") {
			labels, _, _ := strings.Cut(n, ".{R}")
			out[strings.TrimPrefix(labels, "*.")] = e.Code
		}
	}
	for labels, code := range codes {
		out[labels] = code
	}
	return out
})

// registries are hosts of images outside AWS. Their subdomains are too.
var registries = []string{
	"docker.io", "docker.com", "quay.io", "ghcr.io", "gcr.io", "pkg.dev", "k8s.io", "mcr.microsoft.com", "azurecr.io", "registry.gitlab.com", "nvcr.io", "jfrog.io", "docker.elastic.co", "public.ecr.aws", "registry.redhat.io",
}

// pages are hosts of documentation, forums and consoles.
var pages = []string{"docs.aws.amazon.com", "aws.amazon.com", "repost.aws", "github.com", "docs.docker.com", "www.docker.com", "stackoverflow.com", "docs.amazonaws.cn", "airflow.apache.org"}

// classify returns what a name of AWS is; false for any other name.
func classify(name string) (host, bool) {
	name = strings.ToLower(strings.Trim(name, "."))
	h := host{name: name}
	if len(name) > longestHost {
		return h, false
	}
	var labels []string
	for _, d := range domains() {
		if rest, ok := strings.CutSuffix(name, "."+d.name); ok {
			labels, h.partition = strings.Split(rest, "."), d.partition
			break
		}
	}
	if len(labels) == 0 || slices.Contains(labels, "") {
		return h, false
	}
	if labels[0] == "docs" || slices.Contains(labels, "console") || slices.Contains(labels, "signin") {
		h.kind = page
		return h, true
	}
	at := slices.IndexFunc(labels, isRegion)
	legacy := slices.IndexFunc(labels, func(s string) bool { return strings.HasPrefix(s, "s3-") && isRegion(s[3:]) })
	switch {
	case legacy >= 0: // s3-us-west-2, an old form of the name that leads to the same addresses
		h.service, h.region, h.kind = "s3", labels[legacy][3:], regional
	case at < 0:
		h.global(labels)
	default:
		h.region = labels[at]
		h.regional(labels[:at], labels[at+1:], labels)
	}
	if h.region != "" {
		h.partition = catalog.PartitionID(h.region)
	}
	h.registry = strings.HasPrefix(h.service, "ecr") && strings.HasSuffix(h.service, ".dkr")
	return h, true
}

// isRegion reports whether a label is the code of a Region, also of one that this version does not know.
func isRegion(label string) bool {
	if len(label) < 9 || !isDigit(label[len(label)-1]) || strings.Count(label, "-") < 2 {
		return false
	}
	_, ok := catalog.PartitionOf(label)
	return ok
}

// ownLabels are the labels of services in the names of resources of users.
var ownLabels = []string{"rds", "cache", "elb", "es", "aoss", "redshift", "docdb", "neptune", "dax", "compute", "compute-1", "on", "elasticbeanstalk", "memorydb", "kafka", "mq"}

// oneNameOnly are services that have only one name in a partition. Source: AWS General Reference, Service endpoints.
var oneNameOnly = []string{"iam", "route53", "organizations", "cloudfront", "globalaccelerator", "shield", "waf", "budgets", "ce", "account", "route53domains", "health", "support"}

// oneName reports whether the name is the only one that its service has.
func (h *host) oneName() bool { return h.kind == global && slices.Contains(oneNameOnly, h.service) }

// regional reads the labels before and after the Region.
func (h *host) regional(before, after, all []string) {
	h.kind = regional
	switch {
	case slices.Contains(after, "vpce"):
		h.kind = endpointDNS
		if i := slices.IndexFunc(before, func(s string) bool { return strings.HasPrefix(s, "vpce-") }); i >= 0 {
			before = before[i+1:]
		}
		if len(before) > 0 && !strings.HasPrefix(before[len(before)-1], "vpce-svc-") {
			h.service = codeOfLabels(before)
		}
	case slices.Contains(all, "airflow") && len(before) > 0 && !slices.Contains([]string{"api", "env", "ops", "airflow"}, before[0]):
		h.kind, h.private = webServer, strings.HasSuffix(before[0], "-vpce")
	case len(after) > 0 && after[0] == "queue": // an old form of the name
		h.kind, h.service = global, "sqs"
	case len(after) > 0 || len(before) == 0: // elb, rds, compute, …
		h.kind = ownResource
	case before[len(before)-1] == "efs":
		h.kind = fileSystem
	case slices.Contains(ownLabels, before[len(before)-1]) && len(before) > 1:
		h.kind = ownResource
	default:
		h.service = codeOfLabels(before)
		last := before[len(before)-1]
		for _, s := range []string{"ecs-a", "ecs-t"} {
			if number, ok := strings.CutPrefix(last, s+"-"); ok && allDigits(number) {
				h.numbered, h.service = true, byName()[s]
			}
		}
	}
}

// codeOfLabels returns the code of the service with these labels before the Region.
func codeOfLabels(labels []string) string {
	for i, s := range labels { // a bucket has its name before s3, and a registry its account before dkr
		if s == "s3" || strings.HasPrefix(s, "s3-") || strings.HasPrefix(s, "s3express") {
			return "s3"
		}
		for _, form := range []string{"dkr.ecr", "dkr.ecr-fips", "dkr-ecr", "dkr-ecr-fips"} {
			if strings.Join(labels[i:], ".") == form {
				return form[len("dkr."):] + ".dkr"
			}
		}
	}
	joined := strings.Join(labels, ".")
	if code, ok := byName()[joined]; ok {
		return code
	}
	reversed := slices.Clone(labels)
	slices.Reverse(reversed)
	return strings.Join(reversed, ".")
}

// global reads the labels of a name without a Region.
func (h *host) global(labels []string) {
	h.kind = global
	last := labels[len(labels)-1]
	switch {
	case len(labels) > 1 && slices.Contains(ownLabels, last): // also with a short code of a Region: use1
		h.kind = ownResource
	case last == "s3" && len(labels) > 1: // a bucket: its addresses are those of the Region of the bucket
		h.kind, h.service = regional, "s3"
	case last == "ecr-public" || last == "queue":
		h.service = codeOfLabels([]string{last})
	case len(labels) > 1 && (last == "airflow" || strings.HasSuffix(labels[0], "-vpce")):
		h.kind, h.private = webServer, strings.HasSuffix(labels[0], "-vpce")
	default:
		h.service = last
	}
}

// topDomains are the last labels of names that are hosts without a scheme before them. Names of packages, files and settings have others.
var topDomains = []string{"com", "net", "org", "io", "co", "dev", "ai", "cloud", "local", "internal", "lan", "corp", "aws", "eu", "cn", "gov", "uk", "de", "jp", "fr", "intra", "home", "example", "test", "app", "tech", "info", "biz"}

// hostsIn returns the host names of a text in their order.
func hostsIn(text string) []host {
	var out []host
	for i := 0; i < len(text); i++ {
		if !isHostByte(text[i]) {
			continue
		}
		n := tokenAfter(text[i:])
		token := text[i : i+n]
		if h, ok := hostOf(text, token, i); ok {
			out = append(out, h)
		}
		i += n
	}
	return out
}

// hostOf returns the host of a token at a position.
func hostOf(text, token string, at int) (host, bool) {
	name := strings.ToLower(strings.Trim(token, ".-_"))
	if strings.IndexByte(name, '.') < 0 && !strings.HasSuffix(text[max(0, at-3):at], "://") || len(name) > longestHost {
		return host{}, false
	}
	h, ok := classify(name)
	if !ok {
		cut := strings.HasSuffix(token, "..") || strings.HasPrefix(text[at+len(token):], removed)
		if cut || !looksLikeHost(text, name, at) {
			return host{}, false
		}
		h = host{name: name, kind: outside}
		h.registry = slices.ContainsFunc(registries, func(r string) bool { return name == r || strings.HasSuffix(name, "."+r) })
		if slices.ContainsFunc(pages, func(p string) bool { return name == p || strings.HasSuffix(name, "."+p) }) {
			h.kind = page
		}
	}
	h.at, h.end = at, at+len(token)
	return h, true
}

// looksLikeHost reports whether a name outside AWS is that of a host: after a scheme, or with a known last label.
func looksLikeHost(text, name string, at int) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if strings.Trim(last, "0123456789x*") == "" { // an address, maybe a masked one, or a version
		return false
	}
	if strings.HasSuffix(text[max(0, at-3):at], "://") {
		return true
	}
	first, _, _ := strings.Cut(name, ".")
	if slices.Contains([]string{"com", "org", "io", "software", "net", "java", "javax"}, first) || at > 0 && (text[at-1] == '/' || text[at-1] == '@' && !strings.HasSuffix(text[:at], removed+"@")) {
		return false
	}
	return slices.Contains(topDomains, last)
}
