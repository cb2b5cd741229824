package lint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

var (
	// resource matches what shows that a file is about Amazon ECS or AWS Batch: resources of
	// CloudFormation, Terraform (HCL and JSON), Pulumi and Ansible, constructs of the AWS CDK, and
	// commands of the AWS CLI. Endpoints of Amazon ECR do not show it, because Amazon EKS, Amazon
	// MWAA and others use them too.
	resource = pattern.New(`\bAWS::(?:ECS|Batch)::[A-Z]\w+|\bresource\s+"aws_(?:ecs|batch)_\w+"|"aws_(?:ecs|batch)_\w+"\s*:` +
		`|\bterraform-aws-modules/(?:ecs|batch)/aws\b|\baws\s+(?:ecs|batch)\s+(?:create|register|run|submit)-[a-z-]+` +
		`|\becs\.(?:(?:Ec2|Fargate|External)(?:Service|TaskDefinition)|Cluster)\b|\becs_?[pP]atterns\.\w+|\bawsecs\.New\w+` +
		`|\bbatch\.(?:Fargate|ManagedEc2Ecs|UnmanagedComputeEnvironment|Ecs)\w*|\bawsbatch\.New\w+` +
		`|\baws\.(?:ecs|batch)\.[A-Z]\w+|\bawsx\.ecs\.\w+|\baws:(?:ecs|batch)(?:/\w+)?:[A-Z]\w+|(?m:^[ \t]*(?:-[ \t]+)?(?:community\.aws\.)?ecs_(?:cluster|service|taskdefinition|task):)`)

	// onEKS matches AWS Batch on Amazon EKS, which does not run the ECS agent.
	onEKS = pattern.New(`(?i)\beks_?(?:configuration|properties)\b|\bEks(?:Compute|Job)\w*`)

	// built matches endpoints with names that a module or a library creates for the Region. It is
	// used only if the file mentions endpoints, because "service" has many meanings.
	built = pattern.New(`\bservice["']?\s*[=:]\s*["']?([a-z][a-z.-]*[a-z])\b|\b(Interface|Gateway)VpcEndpointAwsService[._]([A-Z][A-Z_0-9]*)\b` +
		`|\b(Interface|Gateway)VpcEndpointAwsService\(\s*["']([a-z][a-z0-9.-]*)["']`)

	// loopCode matches the codes that outside looks for.
	loopCode = pattern.New(`ecs-agent|ecs-telemetry|ecs|ecr\.api|ecr\.dkr`)
)

// constants are the names that aws-cdk gives to services of the catalog, where these are not the
// codes in upper case (packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts).
var constants = map[string]string{
	"ECR": "ecr.api", "ECR_DOCKER": "ecr.dkr", "CLOUDWATCH_LOGS": "logs", "CLOUDWATCH": "monitoring", "CLOUDWATCH_MONITORING": "monitoring",
	"SECRETS_MANAGER": "secretsmanager", "SSM_MESSAGES": "ssmmessages", "EC2_MESSAGES": "ec2messages", "STEP_FUNCTIONS": "states",
	"ELASTIC_FILESYSTEM": "elasticfilesystem", "AIRFLOW_API": "airflow.api", "AIRFLOW_ENV": "airflow.env", "AIRFLOW_OPS": "airflow.ops",
}

// made is an endpoint with a name that a module or a library creates for the Region.
type made struct {
	at   int
	code string
	typ  string // Gateway, Interface, or "" if not decided by the name
}

// readMade finds the endpoints that the file creates with a module or a library.
func (c *check) readMade() {
	if !c.mentions("ndpoint", "NDPOINT") {
		return
	}
	part := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return string(c.text[m[2*i]:m[2*i+1]])
	}
	for _, m := range built().FindAllSubmatchIndex(c.text, -1) {
		e := made{at: m[0], code: part(m, 1)}
		if constant := part(m, 3); constant != "" {
			e.typ, e.code = part(m, 2), constants[constant]
			if e.code == "" {
				e.code = strings.ToLower(strings.ReplaceAll(constant, "_", "-"))
			}
		} else if e.code == "" {
			e.typ, e.code = part(m, 4), part(m, 5)
		}
		if known(e.code) && !c.inComment(m[0]) {
			c.made = append(c.made, e)
		}
	}
}

// shows reports whether an endpoint shows that the file is about Amazon ECS or AWS Batch.
func (c *check) shows(code string) bool {
	return slices.Contains(ecsThree, code) || code == "batch" && !c.eks
}

// missing returns those of the three ECS endpoints that the file does not create for the Region.
func (c *check) missing() []string {
	if c.lacks != nil {
		return *c.lacks
	}
	have := map[string]bool{}
	for _, m := range c.made {
		have[m.code] = true
	}
	loop := false
	for i := range c.names {
		if n := &c.names[i]; c.counts(n) {
			have[n.code] = true
			loop = loop || n.code == ""
		}
	}
	if loop {
		// The codes are elsewhere, in a list that a loop uses.
		for _, m := range c.outside() {
			have[m] = true
		}
	}
	lacks := slices.DeleteFunc(slices.Clone(ecsThree), func(code string) bool { return have[code] })
	c.lacks = &lacks
	return lacks
}

// outside returns the codes of ECS and ECR endpoints in the text outside names and comments.
func (c *check) outside() []string {
	var out []string
	next, end := 0, 0
	for _, m := range loopCode().FindAllIndex(c.text, -1) {
		for next < len(c.names) && c.names[next].end <= m[0] {
			next++
		}
		if m[0] < end || next < len(c.names) && c.names[next].at <= m[0] {
			continue
		}
		const far = 64
		from, to := m[0], m[1]
		for from > 0 && m[0]-from < far && tokenByte(c.text[from-1]) {
			from--
		}
		for to < len(c.text) && to-m[1] < far && tokenByte(c.text[to]) {
			to++
		}
		end = to
		if w := strings.Trim(string(c.text[from:to]), ":."); loopCode().FindString(w) == w && !slices.Contains(out, w) && !c.inComment(m[0]) {
			out = append(out, w)
		}
	}
	return out
}

func tokenByte(b byte) bool { return wordByte(b) || b == '.' || b == ':' }

// newRegion checks for the three ECS endpoints that must exist in Regions introduced on or after
// 2023-12-23, according to the table in the Amazon ECS developer guide (VPC endpoints,
// considerations).
func (c *check) newRegion() {
	if !catalog.NewRegion(c.region) || len(c.missing()) == 0 {
		return
	}
	var names, copied []*serviceRef
	at, text := -1, ""
	first := func(where int, what string) {
		if at < 0 || where < at {
			at, text = where, what
		}
	}
	for i := range c.names {
		n := &c.names[i]
		if n.comment || n.private {
			continue
		}
		names = append(names, n)
		if c.shows(n.code) {
			first(n.at, n.String())
		}
		if n.region != "" && n.region != c.region && !catalog.NewRegion(n.region) {
			copied = append(copied, n)
		}
	}
	for _, m := range c.made {
		if c.shows(m.code) {
			first(m.at, m.code)
		}
	}
	// Only the first resource counts, and most files have none.
	for from := 0; c.mentions("ecs", "ECS", "batch", "Batch"); {
		m := resource().FindIndex(c.text[from:])
		if m == nil {
			break
		}
		what := strings.Join(strings.Fields(string(c.text[from+m[0]:from+m[1]])), " ")
		if !c.inComment(from+m[0]) && !(strings.Contains(strings.ToLower(what), "batch") && c.eks) {
			first(from+m[0], what)
			break
		}
		from += m[1]
	}
	if at < 0 {
		return
	}
	var sources []string
	for _, n := range copied {
		const shown = 3
		if len(sources) < shown && !slices.Contains(sources, n.region) {
			sources = append(sources, n.region)
		}
	}
	none := len(names) == 0 && len(c.made) == 0
	copies := slices.ContainsFunc(copied, func(n *serviceRef) bool { return slices.Contains(ecsThree, n.code) })
	c.add(at, Error, NewRegion, text, "", "").settle = func(r *Run, f *Finding) bool {
		lacks := slices.DeleteFunc(slices.Clone(ecsThree), r.has)
		if len(lacks) == 0 {
			return false
		}
		is := "is such a Region"
		switch {
		case strings.HasPrefix(catalog.PartitionID(r.region), "aws-iso"):
			// AWS does not document the dates of these Regions.
			f.Severity, is = Note, "can be such a Region: AWS does not document its date"
		case !catalog.KnownRegion(r.region):
			is = "is not a known Region of this version. If it exists, it is such a Region"
		}
		who, it := "The file does not create", "It"
		if r.files > 1 {
			who, it = "No file creates", "This file"
		}
		f.Message = fmt.Sprintf("Regions introduced on or after 2023-12-23 need all three ECS endpoints. %s %s. %s %s for it.", r.region, is, who, strings.Join(lacks, ", "))
		f.Fix = fmt.Sprintf("Create %s.", r.list(lacks))
		switch {
		case none:
			f.Message += " " + it + " creates no VPC endpoints."
			f.Fix = fmt.Sprintf("Create all three, here or where the VPC's endpoints are created: %s.", r.list(lacks))
			if len(lacks) < len(ecsThree) {
				f.Fix = fmt.Sprintf("Create %s, here or where the VPC's endpoints are created.", r.list(lacks))
			}
		case copies:
			f.Message += fmt.Sprintf(" It contains the ECS endpoints of %s.", strings.Join(sources, ", "))
			f.Fix = fmt.Sprintf("1. Create %s. 2. Then delete the copied ECS endpoints for %s.", r.list(lacks), strings.Join(sources, ", "))
		}
		return true
	}
}

// assignment matches a line that gives a name a value: shell, Terraform, Python, Go, JavaScript.
var assignment = pattern.New(`(?m)^[ \t]*(?:(?:export|readonly|local|declare|const|let|var|final|val|static)[ \t]+)*([A-Za-z_]\w*)(?:[ \t]*:[ \t]*[Ss]tring)?[ \t]*:?=[ \t]*([^\r\n]*)`)

var (
	constant  = pattern.New(`^(?:"([a-z0-9-]+)"|'([a-z0-9-]+)'|([a-z0-9-]+))[ \t]*;?[ \t]*(?:#.*|//.*)?$`)
	reference = pattern.New(`^(?:\$?\{+[ \t]*|\$)?((?:local\.)?[A-Za-z_]\w*)[ \t]*(?:\}+)?$`)
)

// resolve replaces variables for the Region with their values if the file gives them one value and
// no other: local values of Terraform, and constants. Parameters and settings of others stay.
func (c *check) resolve() {
	wanted := func(n *serviceRef) string {
		if m := reference().FindStringSubmatch(n.variable); n.region == "" && m != nil {
			return m[1]
		}
		return ""
	}
	if !slices.ContainsFunc(c.names, func(n serviceRef) bool { return wanted(&n) != "" }) {
		return
	}
	values := map[string]string{}
	for _, m := range assignment().FindAllSubmatchIndex(c.text, -1) {
		name, value := string(c.text[m[2]:m[3]]), ""
		if v := constant().FindSubmatch(c.text[m[4]:m[5]]); v != nil && regionShape().Match(bytes.Join(v[1:], nil)) {
			value = string(bytes.Join(v[1:], nil))
		}
		if before, has := values[name]; has && before != value {
			value = ""
		}
		values[name] = value
	}
	terraform := bytes.Contains(c.text, []byte("locals"))
	for i := range c.names {
		n := &c.names[i]
		name, local := strings.CutPrefix(wanted(n), "local.")
		if name == "" {
			continue
		}
		if local || !terraform {
			n.region = values[name]
		}
	}
}
