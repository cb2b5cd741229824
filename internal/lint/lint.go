// Package lint reads templates, scripts and manifests as text and finds endpoint service names
// that are not valid in the Region of the file. It does not parse file formats, because a name is
// the same text in all of them.
package lint

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// Rules of the findings.
const (
	Template  = "E-TEMPLATE"  // a name with another Region or partition
	Exists    = "G-SVCEXISTS" // a name with this Region that its partition does not use
	NewRegion = "E-NEWREGION" // a Region introduced on or after 2023-12-23 lacks ECS endpoints
)

// Finding is one problem and its position. Columns count characters from 1.
type Finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"` // always "error"
	Rule     string `json:"rule"`
	Text     string `json:"text"` // the name, joined if the file has it in parts
	Message  string `json:"message"`
	Fix      string `json:"fix"`

	at int
}

// String returns the finding on one line, in the format of compilers.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s %s: %s Fix: %s", f.File, f.Line, f.Column, f.Severity, f.Rule, f.Message, f.Fix)
}

var regionShape = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}$`)

// CheckRegion returns an error if the text does not have the format of a Region code.
func CheckRegion(region string) error {
	if !regionShape.MatchString(region) {
		return fmt.Errorf("%q is not a Region; write its code, such as ca-west-1", region)
	}
	return nil
}

// partition returns the partition of a Region code.
func partition(region string) string {
	for _, p := range [...]struct{ prefix, id string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"},
		{"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.id
		}
	}
	return "aws"
}

// The services that have the prefix "eu.amazonaws" in the partition aws-eusc
// (aws-cdk, vpc-endpoint.ts).
var european = []string{"ecr.api", "ecr.dkr", "execute-api", "securityhub"}

// serviceName returns the endpoint service name in a Region.
func serviceName(code, region string) string {
	p := partition(region)
	if p == "aws-eusc" && slices.Contains(european, code) {
		return "eu.amazonaws." + region + "." + code
	}
	return catalog.Lookup(code).ServiceName(p, region)
}

// ecsThree are the three ECS endpoints, in the order to create them (Amazon ECS developer guide,
// VPC endpoints).
var ecsThree = []string{"ecs-agent", "ecs-telemetry", "ecs"}

// File finds names that are not valid in the Region, in the order of the text.
func File(name string, text []byte, region string) []Finding {
	c := &check{text: text, region: region, names: names(text), open: map[string]bool{}}
	for i := range c.names {
		if n := &c.names[i]; n.region == "" {
			c.open[n.String()] = true
		}
	}
	for i := range c.names {
		c.judge(&c.names[i])
	}
	if catalog.NewRegion(region) {
		c.newRegion()
	}
	place(c.found, text)
	for i := range c.found {
		c.found[i].File, c.found[i].Severity = name, "error"
	}
	return c.found
}

// check is the state of reading one file.
type check struct {
	text   []byte
	region string
	names  []serviceRef
	open   map[string]bool // names with a variable as the Region
	found  []Finding
	lacks  *[]string // cached result of missing
}

func (c *check) add(at int, rule, text, message, fix string) {
	c.found = append(c.found, Finding{at: at, Rule: rule, Text: text, Message: message, Fix: fix})
}

// judge reports the problem of one name.
func (c *check) judge(n *serviceRef) {
	switch {
	case n.region != "" && n.region != c.region:
		message := fmt.Sprintf("%s is for %s, not %s.", n, n.region, c.region)
		if from, to := partition(n.region), partition(c.region); from != to {
			message = fmt.Sprintf("%s is for %s in partition %s, not %s in partition %s.", n, n.region, from, c.region, to)
		}
		c.add(n.at, Template, n.String(), message, c.otherRegion(n))
	default:
		right := c.owner(n)
		if right == n.owner || n.region == "" && c.alternative(n, right) {
			return
		}
		message := fmt.Sprintf("%s: in %s (partition %s) the name of this service begins with %s.", n, c.region, partition(c.region), right)
		c.add(n.at, Exists, n.String(), message, fmt.Sprintf("Write %s instead of %s.", right, n.owner))
	}
}

// otherRegion returns the fix for a name with another Region.
func (c *check) otherRegion(n *serviceRef) string {
	switch {
	case n.private:
		return fmt.Sprintf("A service of another account has a different name in each Region. Ask its owner for the name in %s.", c.region)
	case n.code == "":
		return fmt.Sprintf("Write %s instead of %s, or use a parameter for the Region.", c.region, n.region)
	case !catalog.NewRegion(c.region) || catalog.NewRegion(n.region) || !slices.Contains(ecsThree, n.code):
		hint := ""
		if p := partition(c.region); p != "aws" && p != "aws-us-gov" && !known(n.code) {
			hint = " Some names have a different prefix in that partition: `aws ec2 describe-vpc-endpoint-services` lists them."
		}
		return fmt.Sprintf("Write %s, or use a parameter for the Region.%s", serviceName(n.code, c.region), hint)
	case len(c.missing()) == 0:
		return fmt.Sprintf("This file has the three ECS endpoints for %s. Delete this one, which was copied from the other Region.", c.region)
	}
	return fmt.Sprintf("Create all three ECS endpoints for %s (%s), then delete this one, which was copied from the other Region.", c.region, c.list(ecsThree))
}

// known reports whether the catalog knows the prefix of a service's name.
func known(code string) bool { return catalog.Rank(code) < len(catalog.All()) }

// owner returns the correct prefix of the name, or its own prefix if the correct one is unknown.
func (c *check) owner(n *serviceRef) string {
	p := partition(c.region)
	switch {
	case p == "aws" || p == "aws-us-gov":
		return "com.amazonaws"
	case p != "aws-cn" && p != "aws-eusc":
		return n.owner
	case p == "aws-cn" && n.owner == "eu.amazonaws", p == "aws-eusc" && n.owner == "cn.com.amazonaws":
		// The prefix is wrong for every service. The correct one is decided below.
	case n.private || !known(n.code) || strings.HasPrefix(n.code, "airflow."):
		// AWS has not published the prefixes of these services.
		return n.owner
	case n.code == "s3" && p == "aws-cn" && (n.owner == "com.amazonaws" || !c.gateway(n)):
		// The interface endpoint has the prefix, the gateway endpoint does not.
		return n.owner
	}
	owner, _, _ := strings.Cut(serviceName(n.code, c.region), "."+c.region+".")
	return owner
}

// alternative reports whether the file also has the name with the correct prefix. Then it selects
// one by a condition and supports both partitions.
func (c *check) alternative(n *serviceRef, owner string) bool {
	o := *n
	o.owner = owner
	return c.open[o.String()]
}

var endpointType = regexp.MustCompile(`\b(Gateway|Interface)\b`)

// gateway reports whether the nearest endpoint type in the text is gateway.
func (c *check) gateway(n *serviceRef) bool {
	const near = 400
	from := max(0, n.at-near)
	best, least := "", near
	for _, m := range endpointType.FindAllIndex(c.text[from:min(len(c.text), n.end+near)], -1) {
		if d := max(n.at-(from+m[1]), from+m[0]-n.end); d < least {
			best, least = string(c.text[from+m[0]:from+m[1]]), d
		}
	}
	return best == catalog.Gateway
}

// list joins the names of services in the Region.
func (c *check) list(codes []string) string {
	var out []string
	for _, code := range codes {
		out = append(out, serviceName(code, c.region))
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
