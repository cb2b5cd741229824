package lint

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// setting is what a declaration says about a property.
type setting int

const (
	absent setting = iota
	undecided
	off
	on
)

// format is a way to declare an endpoint, with its defaults and the words of its fixes.
type format struct {
	typ     string  // the type without a property for it; "" is Gateway with a property
	dns     setting // private DNS without a property
	setDNS  string
	setType string
	routes  string // what adds route tables
}

// The defaults are documented in: CloudFormation template reference, AWS::EC2::VPCEndpoint
// (PrivateDnsEnabled: false, VpcEndpointType: Gateway); Terraform AWS provider, aws_vpc_endpoint
// (private_dns_enabled: false, vpc_endpoint_type: Gateway); Amazon EC2 API reference,
// CreateVpcEndpoint (VpcEndpointType: Gateway; the newest page has no default of PrivateDnsEnabled);
// AWS CDK API reference, InterfaceVpcEndpointOptions (privateDnsEnabled: set by the service, true
// for those of AWS). Pulumi's resource is generated from Terraform's.
var (
	cloudFormation = format{dns: off, setDNS: "PrivateDnsEnabled: true", setType: "VpcEndpointType: Interface", routes: "RouteTableIds"}
	terraform      = format{dns: off, setDNS: "private_dns_enabled = true", setType: `vpc_endpoint_type = "Interface"`, routes: "route_table_ids, or an aws_vpc_endpoint_route_table_association"}
	construct      = format{dns: off, setDNS: "privateDnsEnabled to true", setType: "vpcEndpointType to Interface", routes: "routeTableIds"}
	cdkInterface   = format{typ: "interface", dns: on, setDNS: "privateDnsEnabled: true"}
	awsCLI         = format{dns: undecided, setDNS: "--private-dns-enabled", setType: "--vpc-endpoint-type Interface", routes: "--route-table-ids"}
	ansible        = format{dns: undecided, setType: "vpc_endpoint_type: Interface", routes: "route_table_ids"}
)

// endpoint is one declared endpoint of one service.
type endpoint struct {
	format
	start, end    int
	at            int    // of the service
	name          string // as the file has it
	code          string
	typ           string // gateway, interface, or "" if not decided
	noType        bool   // the declaration has no property for the type
	dns           setting
	dnsAbsent     bool
	tables        setting // absent, undecided or on
	serviceRegion bool    // cross-Region
}

// block is the text of one declaration.
type block struct {
	format
	start, end int
	whole      bool // the end was found
}

// anchors matches what begins a declaration or is inside of it.
var anchors = pattern.New(`\bresource\s+"aws_vpc_endpoint"\s+"[^"\n]*"\s*(\{)` + // 1
	`|"aws_vpc_endpoint"\s*:\s*([\{\[])` + // 2
	`|(["']?\b[Tt]ype["']?\s*:\s*["']?(?:AWS::EC2::VPCEndpoint|aws:ec2(?:/vpcEndpoint)?:VpcEndpoint)\b["']?)` + // 3
	`|\b(?:CfnVPCEndpoint|NewCfnVPCEndpoint|VPCEndpoint|VpcEndpoint|NewVpcEndpoint)(\()` + // 4
	`|\b(?:InterfaceVpcEndpoint|NewInterfaceVpcEndpoint|[aA]ddInterfaceEndpoint|add_interface_endpoint)(\()` + // 5
	`|(\bcreate-vpc-endpoint)[\s\\]` + // 6
	`|(?m:^[ \t]*(?:-[ \t]+)?((?:amazon\.aws\.|community\.aws\.)?ec2_vpc_endpoint:)[ \t]*$)`) // 7

var (
	dnsProperty    = pattern.New(`(?i)\bprivate_?dns_?enabled\b["']?(?:\s*[:=]\s*(?:\w+\.Bool\()?["']?([\w.!$]+))?|--(no-)?private-dns-enabled\b`)
	typeProperty   = pattern.New(`(?i)\bvpc_?endpoint_?type\b["']?\s*[:=]\s*(?:\w+\.String\(|\w+\.)*(?:vpc_?endpoint_?type[._])?["']?([\w.!$]+)|--vpc-endpoint-type[\s=]+["']?([\w$]+)`)
	tablesProperty = pattern.New(`(?i)\broute_?-?table_?-?ids?\b["']?(?:\s*[:=]\s*(\[\s*\]))?`)
	vpcProperty    = pattern.New(`(?i)\bvpc[_-]?id\b`)
	// spread matches what adds properties that the declaration does not show.
	spread = pattern.New(`\.\.\.\w|\*\*\w|<<:|Fn::Transform|\$@|\[@\]|--cli-input|(?i:\$\{?\w*(?:args|opts|options|flags|params)\b)`)

	dataService = pattern.New(`\bdata\s+"aws_vpc_endpoint_service"\s+"(\w+)"\s*\{[^{}]*?\bservice\s*=\s*"([a-z0-9.-]+)"`)
	dataUse     = pattern.New(`\bdata\.aws_vpc_endpoint_service\.(\w+)`)

	// reader matches what uses a name without creating an endpoint.
	reader = pattern.New(`\bdata\s+"aws_vpc_endpoint"\s+"[^"\n]*"\s*\{[^{}]*$|VpceServiceName[^\n]*$|describe-vpc-endpoint[^\n]*$`)
)

// facts are what one file decides for the endpoints of another one. Every match contains one of the
// words.
var facts = []struct {
	name  string
	words []string
	text  func() *regexp.Regexp
}{
	// Private zones and Resolver rules can hold the default names, as in a VPC with the endpoints of others.
	{"zones", []string{"oute53", "osted"}, pattern.New(`\baws_route53_(?:zone|record|resolver_rule|profiles)\w*|\bAWS::Route53(?:Resolver|Profiles)?::\w+|(?:\b[hH]|[A-Za-z]H)osted[_-]?[zZ]one|\baws\.route53\b`)},
	// A separate resource of Terraform and Pulumi turns private DNS on.
	{"private DNS", []string{"aws_vpc_endpoint_private_dns", "EndpointPrivateDns"}, pattern.New(`\baws_vpc_endpoint_private_dns\b|\bEndpointPrivateDns\b`)},
	{"associations", []string{"oute_table_association", "RouteTableAssociation", "dd-route-table-ids", "dd_route_table_ids", "AddRouteTableIds"},
		pattern.New(`\baws_vpc_endpoint_route_table_association\b|\bVpcEndpointRouteTableAssociation\b|--add-route-table-ids\b|\badd_route_table_ids\b|\bAddRouteTableIds\b`)},
}

// readEndpoints finds the declared endpoints. Blocks do not overlap, so the time grows with the
// size of the file only.
func (c *check) readEndpoints() {
	if !c.mentions("vpc_endpoint", "VPCEndpoint", "VpcEndpoint", "InterfaceEndpoint", "interface_endpoint", "vpc-endpoint") {
		return
	}
	found := anchors().FindAllSubmatchIndex(c.text, -1)
	data := map[string]string{}
	for _, m := range dataService().FindAllSubmatch(c.text, -1) {
		data[string(m[1])] = string(m[2])
	}
	var inJSON map[int]block
	if t := bytes.TrimLeft(c.text, " \t\r\n\uFEFF"); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		inJSON = c.objects(found)
	}
	floor, next := 0, 0
	for i, m := range found {
		stop := len(c.text)
		if i+1 < len(found) {
			stop = found[i+1][0]
		}
		if m[0] < floor || c.inComment(m[0]) {
			continue
		}
		var bs []block
		switch {
		case m[2] >= 0:
			bs = []block{c.brackets(terraform, m[2], stop)}
		case m[4] >= 0:
			bs = c.children(m[4], stop)
		case m[6] >= 0:
			b, ok := inJSON[m[0]]
			if !ok {
				b = c.mapping(m[6], floor, stop)
			}
			b.format = cloudFormation
			bs = []block{b}
		case m[8] >= 0:
			bs = []block{c.brackets(construct, m[8], stop)}
		case m[10] >= 0:
			bs = []block{c.brackets(cdkInterface, m[10], stop)}
		case m[12] >= 0:
			bs = []block{c.command(m[12], stop)}
		default:
			bs = []block{c.indented(m[14], stop)}
		}
		for _, b := range bs {
			floor = max(floor, b.end)
			for next < len(c.names) && c.names[next].end <= b.start {
				next++
			}
			c.endpoint(b, next, data)
		}
	}
}

// endpoint reads the properties of a declaration. A declaration with none or several services is
// left out, because its text does not decide which one it is.
func (c *check) endpoint(b block, next int, data map[string]string) {
	text := c.text[b.start:b.end]
	e := endpoint{format: b.format, start: b.start, end: b.end}
	service := func(at int, name, code string) bool {
		if e.code != "" && e.code != code {
			return false
		}
		if e.code == "" {
			e.at, e.name, e.code = at, name, code
		}
		return true
	}
	for ; next < len(c.names) && c.names[next].at < b.end; next++ {
		n := &c.names[next]
		if n.comment || n.at < b.start {
			continue
		}
		if n.private || n.code == "" || !service(n.at, n.String(), n.code) {
			return
		}
	}
	if e.format.typ == "interface" && bytes.Contains(text, []byte("InterfaceVpcEndpointService(")) {
		e.format.dns = off // aws-cdk: privateDnsDefault of a service by name is false
	}
	i, _ := slices.BinarySearchFunc(c.made, b.start, func(m made, at int) int { return m.at - at })
	for ; i < len(c.made) && c.made[i].at < b.end; i++ {
		if m := c.made[i]; m.typ != "" && !service(m.at, m.code, m.code) {
			return
		}
	}
	for _, m := range dataUse().FindAllSubmatchIndex(text, -1) {
		if code := data[string(text[m[2]:m[3]])]; code == "" || !service(b.start+m[0], code, code) {
			return
		}
	}
	if e.code == "" {
		return
	}
	// The VPC is required in every format. Without it, the text is a fragment, and other properties
	// can be missing from it too.
	missing := absent
	if !b.whole || spread().Match(text) || !vpcProperty().Match(text) {
		missing = undecided
	}
	e.typ, e.noType = c.endpointType(b, missing)
	e.dns, e.tables = missing, missing
	for _, m := range dnsProperty().FindAllSubmatchIndex(text, -1) {
		if c.commented(b.start + m[0]) {
			continue
		}
		e.dns = undecided
		switch {
		case m[2] >= 0:
			switch strings.ToLower(string(text[m[2]:m[3]])) {
			case "true", "yes":
				e.dns = on
			case "false", "no":
				e.dns = off
			}
		case bytes.HasPrefix(text[m[0]:], []byte("--no-")):
			e.dns = off
		case bytes.HasPrefix(text[m[0]:], []byte("--")):
			e.dns = on
		}
		break
	}
	if e.dnsAbsent = e.dns == absent; e.dnsAbsent {
		e.dns = e.format.dns
	}
	for _, m := range tablesProperty().FindAllSubmatchIndex(text, -1) {
		if c.commented(b.start + m[0]) {
			continue
		}
		if e.tables = on; m[2] >= 0 {
			e.tables = absent
		}
		break
	}
	e.serviceRegion = serviceRegion().Match(text)
	c.endpoints = append(c.endpoints, e)
}

// endpointType returns the type of a declaration, in lower case, and whether it has no property
// for it.
func (c *check) endpointType(b block, missing setting) (typ string, none bool) {
	if b.format.typ != "" {
		return b.format.typ, false
	}
	text := c.text[b.start:b.end]
	for _, m := range typeProperty().FindAllSubmatchIndex(text, -1) {
		if c.commented(b.start + m[0]) {
			continue
		}
		value := text[max(m[2], m[4]):max(m[3], m[5])]
		switch typ := strings.ToLower(string(value)); typ {
		case "gateway", "interface":
			return typ, false
		}
		return "", false
	}
	if missing == undecided || bytes.Contains(bytes.ToLower(text), []byte("vpcendpointtype")) {
		return "", false
	}
	return "gateway", true
}

// commented reports whether a position is in a comment, also after other text of a line.
func (c *check) commented(at int) bool {
	line := c.lineBefore(at)
	return c.inComment(at) || bytes.Contains(line, []byte(" #")) || bytes.Contains(line, []byte(" // "))
}

// endpointOf returns the declared endpoint that a name is in, or nil.
func (c *check) endpointOf(n *serviceRef) *endpoint {
	i, _ := slices.BinarySearchFunc(c.endpoints, n.at, func(e endpoint, at int) int { return e.end - at - 1 })
	if i < len(c.endpoints) && c.endpoints[i].start <= n.at && n.at < c.endpoints[i].end {
		return &c.endpoints[i]
	}
	return nil
}

// brackets returns the text from an opening bracket to the one that closes it, or to stop.
func (c *check) brackets(f format, open, stop int) block {
	depth := 0
	for i := open; i < stop; i++ {
		switch b := c.text[i]; b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return block{f, open, i + 1, true}
			}
		case '"', '\'', '`':
			i = c.quoted(i, stop)
		case '#':
			if i > 0 && (c.text[i-1] == ' ' || c.text[i-1] == '\t' || c.text[i-1] == '\n') {
				i = c.lineEnd(i, stop)
			}
		case '/':
			if bytes.HasPrefix(c.text[i:stop], []byte("//")) {
				i = c.lineEnd(i, stop)
			} else if bytes.HasPrefix(c.text[i:stop], []byte("/*")) {
				if n := bytes.Index(c.text[i+2:stop], []byte("*/")); n >= 0 {
					i += n + 3
				}
			}
		case '<':
			i = c.heredoc(i, stop)
		}
	}
	return block{f, open, stop, false}
}

// quoted returns the end of a string that begins at a position. Only a template literal can have
// several lines; a quote without an end on its line is not of a string.
func (c *check) quoted(at, stop int) int {
	quote := c.text[at]
	for i := at + 1; i < stop; i++ {
		switch c.text[i] {
		case '\\':
			i++
		case quote:
			return i
		case '\n':
			if quote != '`' {
				return at
			}
		}
	}
	return at
}

func (c *check) lineEnd(at, stop int) int {
	if n := bytes.IndexByte(c.text[at:stop], '\n'); n >= 0 {
		return at + n
	}
	return stop
}

var heredocStart = pattern.New(`^<<-?~?["']?([A-Za-z_]\w*)["']?[^\n]*\n`)

// heredoc returns the end of a heredoc that begins at a position, or the position.
func (c *check) heredoc(at, stop int) int {
	m := heredocStart().FindSubmatchIndex(c.text[at:min(stop, at+200)])
	if m == nil {
		return at
	}
	word := c.text[at+m[2] : at+m[3]]
	for i := at + m[1]; i < stop; {
		end := c.lineEnd(i, stop)
		if bytes.Equal(bytes.TrimSpace(c.text[i:end]), word) {
			return end - 1
		}
		i = end + 1
	}
	return at
}

// children returns the objects of an object or list of Terraform's JSON syntax, one for each
// endpoint.
func (c *check) children(open, stop int) []block {
	var out []block
	depth, start := 0, 0
	for i := open; i < stop; i++ {
		switch c.text[i] {
		case '{', '[':
			if depth++; depth == 2 {
				start = i
			}
		case '}', ']':
			if depth--; depth == 1 {
				out = append(out, block{terraform, start, i + 1, true})
			}
			if depth == 0 {
				return out
			}
		case '"':
			i = c.quoted(i, stop)
		}
	}
	return out
}

// objects returns the object around each anchor of a JSON text.
func (c *check) objects(found [][]int) map[int]block {
	out := map[int]block{}
	type level struct {
		start   int
		anchors []int
	}
	var stack []level
	next := 0
	for i := 0; i < len(c.text); i++ {
		for next < len(found) && found[next][0] <= i {
			if len(stack) > 0 {
				top := &stack[len(stack)-1]
				top.anchors = append(top.anchors, found[next][0])
			}
			next++
		}
		switch c.text[i] {
		case '{':
			stack = append(stack, level{start: i})
		case '}':
			if len(stack) == 0 {
				continue
			}
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, a := range top.anchors {
				out[a] = block{start: top.start, end: i + 1, whole: true}
			}
		case '"':
			i = c.quoted(i, len(c.text))
		}
	}
	return out
}

// mapping returns the mapping of YAML around a key: by braces on the same line, or the lines with
// at least the same indentation.
func (c *check) mapping(at, floor, stop int) block {
	line := bytes.LastIndexByte(c.text[floor:at], '\n') + 1 + floor
	if open := bytes.LastIndexByte(c.text[line:at], '{'); open >= 0 {
		return c.brackets(cloudFormation, line+open, stop)
	}
	indent := at - line
	start := line
	for start > floor {
		previous := bytes.LastIndexByte(c.text[floor:start-1], '\n') + 1 + floor
		if !c.inside(previous, start, indent) {
			break
		}
		start = previous
	}
	return c.lines(start, at, stop, indent)
}

// indented returns the lines below a key of YAML that have a larger indentation.
func (c *check) indented(at, stop int) block {
	line := bytes.LastIndexByte(c.text[:at], '\n') + 1
	b := c.lines(at, at, stop, at-line+1)
	b.format = ansible
	return b
}

// lines returns the text from start to the first line after at with a smaller indentation.
func (c *check) lines(start, at, stop, indent int) block {
	end := c.lineEnd(at, stop)
	for end < stop {
		next := c.lineEnd(end+1, len(c.text))
		if !c.inside(end+1, next, indent) {
			return block{start: start, end: end, whole: true}
		}
		end = next
	}
	return block{start: start, end: min(end, stop), whole: true}
}

// inside reports whether a line is blank, a comment, or has at least an indentation.
func (c *check) inside(from, to, indent int) bool {
	line := bytes.TrimRight(c.text[from:min(to, len(c.text))], " \t\r\n")
	rest := bytes.TrimLeft(line, " \t")
	return len(rest) == 0 || rest[0] == '#' || len(line)-len(rest) >= indent
}

// command returns a command of a shell with the lines that continue it.
func (c *check) command(at, stop int) block {
	for i := at; i < stop; i++ {
		switch c.text[i] {
		case '\\':
			if i++; i < stop && c.text[i] == '\r' {
				i++
			}
		case '\n', ';', '|':
			return block{awsCLI, at, i, true}
		}
	}
	return block{awsCLI, at, stop, true}
}
