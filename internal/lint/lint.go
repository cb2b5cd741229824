// Package lint reads templates, scripts and manifests as text and finds endpoint service names that
// are not valid in the Region of the files, and VPC endpoints that do not work as declared. It does
// not parse file formats, because a name is the same text in all of them.
package lint

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// Rules of the findings.
const (
	Template  = "E-TEMPLATE"  // a name with another Region or partition, or with a Region that does not exist
	Exists    = "G-SVCEXISTS" // a name with this Region that its partition does not use
	NewRegion = "E-NEWREGION" // a Region introduced on or after 2023-12-23 lacks ECS endpoints
	ECRPair   = "E-ECRPAIR"   // one of the two ECR endpoints
	DNSOff    = "G-DNSOFF"    // private DNS is off, and clients use the default name
	DNSECR    = "G-DNSDKR"    // the same for ecr.dkr, where AWS requires private DNS
	Routes    = "G-GWROUTE"   // a gateway endpoint without route tables
	Type      = "G-TYPE"      // a gateway endpoint of a service that has none
	S3        = "G-S3IF"      // Amazon ECR with an interface endpoint of Amazon S3 only
)

// Severities of the findings.
const (
	Error = "error"
	Note  = "note" // the text shows a risk but does not decide it, or has no effect, as in a comment
)

// Finding is one problem and its position. Columns count characters from 1.
type Finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Text     string `json:"text"` // the name, joined if the file has it in parts
	Message  string `json:"message"`
	Fix      string `json:"fix"`

	at     int
	settle func(*Run, *Finding) bool // completes a finding that depends on other files; false drops it
}

// String returns the finding on one line, in the format of compilers.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s %s: %s Fix: %s", f.File, f.Line, f.Column, f.Severity, f.Rule, f.Message, f.Fix)
}

var regionShape = pattern.New(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}$`)

// CheckRegion returns an error if the text does not have the format of a Region code or is a
// misspelled one. The note is for a code that this version does not know.
func CheckRegion(region string) (note string, err error) {
	if !regionShape().MatchString(region) {
		return "", fmt.Errorf("%q is not a Region; write its code, such as ca-west-1", region)
	}
	if near := catalog.MisspelledRegion(region); near != "" {
		return "", fmt.Errorf("%q is not a Region; did you mean %s?", region, near)
	}
	if !catalog.KnownRegion(region) {
		return region + " is not a known Region of this version. The rules for Regions introduced on or after 2023-12-23 apply to it.", nil
	}
	return "", nil
}

// serviceName returns the endpoint service name in a Region.
func serviceName(code, region string) string {
	return catalog.Lookup(code).ServiceName(catalog.PartitionID(region), region)
}

// ecsThree are the three ECS endpoints, in the order to create them (Amazon ECS developer guide,
// VPC endpoints).
var ecsThree = []string{"ecs-agent", "ecs-telemetry", "ecs"}

// Run reads files one after the other. What one of them lacks can be in another one.
type Run struct {
	region string
	files  int
	have   map[string]bool // services that the files name or create for the Region
	words  map[string]bool // codes in the text outside names, which loops use
	loop   bool            // a name takes its code from a variable
	facts  map[string]bool // what other files decide: private zones, route table associations
	s3     map[string]bool // kinds of endpoint of Amazon S3: Gateway, Interface, or "" if not decided
	found  []Finding
}

// New returns a run for a Region.
func New(region string) *Run {
	return &Run{region: region, have: map[string]bool{}, words: map[string]bool{}, facts: map[string]bool{}, s3: map[string]bool{}}
}

// Add reads one file.
func (r *Run) Add(name string, text []byte) {
	c := &check{run: r, text: text, region: r.region, open: map[string]bool{}, values: map[string]bool{}}
	c.read()
	for i := range c.names {
		c.judge(&c.names[i])
	}
	c.tables()
	c.misspelled()
	c.newRegion()
	c.judgeEndpoints()
	c.ecrPair()
	place(c.found, text)
	for i := range c.found {
		c.found[i].File = name
	}
	r.files++
	r.found = append(r.found, c.found...)
}

// Findings returns the findings of all files, in the order of the files and of their text.
func (r *Run) Findings() []Finding {
	var out []Finding
	for _, f := range r.found {
		if f.settle == nil || f.settle(r, &f) {
			f.settle = nil
			out = append(out, f)
		}
	}
	return out
}

// has reports whether a file of the run creates the endpoint.
func (r *Run) has(code string) bool { return r.have[code] || r.loop && r.words[code] }

// File finds the problems of one file.
func File(name string, text []byte, region string) []Finding {
	r := New(region)
	r.Add(name, text)
	return r.Findings()
}

// check is the state of reading one file.
type check struct {
	run       *Run
	text      []byte
	region    string
	comments  [][]int
	names     []serviceRef
	made      []made
	endpoints []endpoint
	open      map[string]bool // names with a variable as the Region
	values    map[string]bool // roots that are values of their own
	table     []*serviceRef   // names of a table by Region
	eks       bool            // AWS Batch runs on Amazon EKS
	found     []Finding
	lacks     *[]string // cached result of missing
}

// read collects what the checks use and what other files need to know.
func (c *check) read() {
	if bytes.Contains(c.text, []byte("*/")) {
		c.comments = blockComment().FindAllIndex(c.text, -1)
	}
	c.eks = c.mentions("ks") && onEKS().Match(c.text)
	c.readNames()
	c.resolve()
	c.readMade()
	c.readEndpoints()
	for i := range c.names {
		n := &c.names[i]
		if n.region == "" {
			c.open[n.String()] = true
		}
		if !c.counts(n) {
			continue
		}
		c.run.have[n.code] = true
		c.run.loop = c.run.loop || n.code == ""
	}
	for _, m := range c.made {
		c.run.have[m.code] = true
	}
	for _, w := range c.outside() {
		c.run.words[w] = true
	}
	for _, f := range facts {
		if c.mentions(f.words...) && slices.ContainsFunc(f.text().FindAllIndex(c.text, -1), func(m []int) bool { return !c.inComment(m[0]) }) {
			c.run.facts[f.name] = true
		}
	}
}

// mentions reports whether the text contains one of the words. It is much faster than a regular
// expression, and most files contain none of them.
func (c *check) mentions(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(c.text, []byte(w)) })
}

// counts reports whether a name is of an endpoint for the Region of the run.
func (c *check) counts(n *serviceRef) bool {
	return !n.comment && !n.private && (n.region == "" || n.region == c.region)
}

func (c *check) add(at int, severity, rule, text, message, fix string) *Finding {
	c.found = append(c.found, Finding{at: at, Severity: severity, Rule: rule, Text: text, Message: message, Fix: fix})
	return &c.found[len(c.found)-1]
}

var (
	// description matches a line with text for people.
	description = pattern.New(`(?i)\bdescription["']?\s*[:=]`)

	// serviceRegion matches the Region of a cross-Region endpoint in every format.
	serviceRegion = pattern.New(`(?i)\bservice_?-?region\b`)
)

// onlyIn lists services that AWS has in one Region (AWS PrivateLink guide, services that integrate;
// for ecr-public, Amazon ECR user guide, VPC endpoints).
var onlyIn = map[string]string{
	"ecr-public.api": "us-east-1", "pricingplanmanager": "us-east-1",
	"route53globalresolver": "us-east-2", "route53globalresolver-fips": "us-east-2",
}

// crossRegion lists the services that endpoints in other Regions can use (AWS PrivateLink guide,
// cross-Region enabled services).
var crossRegion = strings.Fields("s3 ecr.api ecr.dkr kms kms-fips ecs ecs-fips lambda kinesis-firehose kinesisanalytics kinesisanalytics-fips")

// judge reports the problem of one name.
func (c *check) judge(n *serviceRef) {
	severity := Error
	if c.commented(n.at) || description().Match(c.lineBefore(n.at)) {
		severity = Note
	}
	switch {
	case n.region != "" && n.region != c.region:
		if near := catalog.MisspelledRegion(n.region); near != "" {
			fix := fmt.Sprintf("Write %s instead of %s.", near, n.region)
			if near != c.region {
				fix = c.otherRegion(n)
			}
			c.add(n.at, severity, Template, n.String(), fmt.Sprintf("%s: %s is not a Region. Did you mean %s?", n, n.region, near), fix)
			return
		}
		if c.keyed(n) {
			c.table = append(c.table, n)
			return
		}
		message := fmt.Sprintf("%s is for %s, not %s.", n, n.region, c.region)
		if from, to := catalog.PartitionID(n.region), catalog.PartitionID(c.region); from != to {
			message = fmt.Sprintf("%s is for %s in partition %s, not %s in partition %s.", n, n.region, from, c.region, to)
		}
		if !catalog.KnownRegion(n.region) {
			message += fmt.Sprintf(" %s is not a known Region of this version.", n.region)
		}
		if e := c.endpointOf(n); e != nil && e.serviceRegion {
			if slices.Contains(crossRegion, n.code) {
				return
			}
			c.add(n.at, Note, Template, n.String(), message+" The endpoint has a service Region, but AWS does not list this service as cross-Region enabled.", c.otherRegion(n))
			return
		}
		c.add(n.at, severity, Template, n.String(), message, c.otherRegion(n))
	default:
		if n.region != "" && c.keyed(n) {
			c.table = append(c.table, n)
		}
		right := c.rootOf(n)
		if right == n.root || n.open || n.comment || n.region == "" && c.alternative(n, right) {
			return
		}
		message := fmt.Sprintf("%s: in %s (partition %s) the name of this service begins with %s.", n, c.region, catalog.PartitionID(c.region), right)
		c.add(n.at, severity, Exists, n.String(), message, fmt.Sprintf("Write %s instead of %s.", right, n.root))
	}
}

// key matches what follows the key of an entry in a table. A colon without a space is of an ARN.
var key = pattern.New(`^["']?[ \t]*(?:=[ \t]|=>|:[\s"'{\[])`)

// keyed reports whether the name is an entry of a table by Region, such as a mapping of
// CloudFormation: the key is the Region of the name.
func (c *check) keyed(n *serviceRef) bool {
	const near = 300
	before := c.text[max(0, n.start-near):n.start]
	at := bytes.LastIndex(before, []byte(n.region))
	if at < 0 || n.region == "" {
		return false
	}
	return (at == 0 || !wordByte(before[at-1]) && before[at-1] != ':') && key().Match(before[at+len(n.region):])
}

// tables reports tables by Region that have names for other Regions only.
func (c *check) tables() {
	var regions []string
	for _, n := range c.table {
		if n.region == c.region {
			return
		}
		if !slices.Contains(regions, n.region) {
			regions = append(regions, n.region)
		}
	}
	if len(regions) == 0 {
		return
	}
	slices.Sort(regions)
	n := c.table[0]
	c.add(n.at, Error, Template, n.String(), fmt.Sprintf("The table of names by Region has %s, not %s.", strings.Join(regions, ", "), c.region),
		fmt.Sprintf("Add %s to the table, or use a parameter for the Region.", c.region))
}

// regionValue matches a literal value of a setting or option for the Region.
var regionValue = pattern.New(`(?i)region["']?(?:\s*[:=]\s*|\s+)["']?([a-z]{2,5}(?:-[a-z]+){1,3}-[0-9]{1,2})\b`)

// misspelled reports settings for the Region with a value that is not a Region.
func (c *check) misspelled() {
	for _, m := range regionValue().FindAllSubmatchIndex(c.text, -1) {
		value := string(c.text[m[2]:m[3]])
		if near := catalog.MisspelledRegion(value); near != "" && !c.inComment(m[2]) {
			c.add(m[2], Error, Template, value, fmt.Sprintf("%s is not a Region. Did you mean %s?", value, near), fmt.Sprintf("Write %s.", near))
		}
	}
}

// otherRegion returns the fix for a name with another Region.
func (c *check) otherRegion(n *serviceRef) string {
	switch only := onlyIn[n.code]; {
	case n.private:
		return fmt.Sprintf("A service of another account has a different name in each Region. Ask its owner for the name in %s.", c.region)
	case n.code == "":
		return fmt.Sprintf("Write %s instead of %s, or use a parameter for the Region.", c.region, n.region)
	case only != "" && only != c.region:
		return fmt.Sprintf("AWS has this service in %s only. Delete the endpoint, or create it in a VPC in %s.", only, only)
	case !catalog.NewRegion(c.region) || catalog.NewRegion(n.region) || !slices.Contains(ecsThree, n.code):
		hint := ""
		if p := catalog.PartitionID(c.region); p != "aws" && p != "aws-us-gov" && !known(n.code) {
			hint = " Some names have a different prefix in that partition: `aws ec2 describe-vpc-endpoint-services` lists them."
		}
		return fmt.Sprintf("Write %s, or use a parameter for the Region.%s", c.rightName(n), hint)
	case len(c.missing()) == 0:
		return fmt.Sprintf("This file has the three ECS endpoints for %s. Delete this one, which was copied from the other Region.", c.region)
	}
	return fmt.Sprintf("Create all three ECS endpoints for %s (%s), then delete this one, which was copied from the other Region.", c.region, c.list(ecsThree))
}

// rightName returns the name of the same service in the Region of the run.
func (c *check) rightName(n *serviceRef) string {
	if catalog.RootPartitions(n.root) == nil && n.root != "com.amazonaws" {
		return n.root + "." + c.region + "." + n.code // of AWS's newer services
	}
	return serviceName(n.code, c.region)
}

// known reports whether the catalog knows the prefix of a service's name.
func known(code string) bool { return catalog.Rank(code) < len(catalog.All()) }

// rootOf returns the correct root of the name, or its own root if the correct one is unknown.
func (c *check) rootOf(n *serviceRef) string {
	p := catalog.PartitionID(c.region)
	owners := catalog.RootPartitions(n.root)
	foreign := owners != nil && !slices.Contains(owners, p)
	right, _, _ := strings.Cut(serviceName(n.code, c.region), "."+c.region+".")
	switch {
	case n.root != "com.amazonaws" && owners == nil:
		return n.root // AWS does not document the services and Regions of the newer roots
	case foreign && (n.private || n.code == ""):
		return "com.amazonaws"
	case foreign:
		return right
	case p == "aws" || p == "aws-us-gov":
		return "com.amazonaws"
	case strings.HasPrefix(p, "aws-iso") && !catalog.KnownRegion(c.region):
		return n.root // the roots differ between the Regions of these partitions
	case n.private || n.code == "" || strings.HasPrefix(n.code, "airflow.") || right == "com.amazonaws" && !known(n.code):
		return n.root // AWS has not published the prefixes of these services
	case n.code == "s3" && p == "aws-cn":
		// The interface endpoint has the prefix, the gateway endpoint does not.
		if c.gateway(n) {
			return "com.amazonaws"
		}
		return n.root
	}
	return right
}

// alternative reports whether the file also has the name with the correct root, or that root as a
// value. Then it selects one by a condition and supports both partitions.
func (c *check) alternative(n *serviceRef, root string) bool {
	o := *n
	o.root = root
	return c.open[o.String()] || c.values[root]
}

var endpointType = pattern.New(`\b(Gateway|Interface)\b`)

// gateway reports whether the nearest endpoint type in the text is gateway.
func (c *check) gateway(n *serviceRef) bool {
	const near = 400
	from := max(0, n.at-near)
	best, least := "", near
	for _, m := range endpointType().FindAllIndex(c.text[from:min(len(c.text), n.end+near)], -1) {
		if d := max(n.at-(from+m[1]), from+m[0]-n.end); d < least {
			best, least = string(c.text[from+m[0]:from+m[1]]), d
		}
	}
	return best == catalog.Gateway
}

// list joins the names of services in the Region.
func (c *check) list(codes []string) string { return c.run.list(codes) }

func (r *Run) list(codes []string) string {
	var out []string
	for _, code := range codes {
		out = append(out, serviceName(code, r.region))
	}
	return strings.Join(out, ", ")
}

// place sorts findings and sets their lines and columns in one pass, because a file may be one
// line of many megabytes.
func place(fs []Finding, text []byte) {
	slices.SortStableFunc(fs, func(a, b Finding) int { return cmp.Compare(a.at, b.at) })
	line, column, at := 1, 1, 0
	if bytes.HasPrefix(text, []byte("\uFEFF")) {
		at = len("\uFEFF") // editors do not count it
	}
	for i := range fs {
		if part := text[at:max(at, fs[i].at)]; len(part) > 0 {
			if n := bytes.Count(part, []byte("\n")); n > 0 {
				line, column = line+n, 1
				part = part[bytes.LastIndexByte(part, '\n')+1:]
			}
			column += utf8.RuneCount(part)
			at = fs[i].at
		}
		fs[i].Line, fs[i].Column = line, column
	}
}
