package answers

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// ipTypes are the IP address types in the order of the screens.
var ipTypes = []string{IPv4, DualStack, IPv6}

// AWS limits for tags. A resource can have 50. The difference is for tags that the plan and AWS
// services add.
const (
	maxTags     = 45
	maxTagKey   = 128
	maxTagValue = 256
)

// policies are the predefined endpoint policies.
var policies = []string{PolicyFull, PolicyLeast, PolicyExample}

var (
	accountShape     = pattern.New(`^[0-9]{12}$`)
	regionShape      = pattern.New(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}$`)
	nameShape        = pattern.New(`^[A-Za-z0-9_-]+$`)
	serviceCodeShape = pattern.New(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
)

// check is what a text must be. Screens, the file and its JSON Schema use the same checks.
type check struct {
	// oneOf are the supported values, if there are few. A text may have the shape instead, if both
	// are set.
	oneOf []string
	shape func() *regexp.Regexp
	// most is the limit in bytes; 0 means none. It is not part of the shape: a counted repetition
	// would add a millisecond to every start.
	most int
	// valid is for what a shape cannot express.
	valid func(v string) bool
	// not is the problem of all other texts. The supported values are added to it.
	not string
	or  string // added to the supported values
	// judge returns another problem of a text.
	judge func(v string) string
	// number accepts a number, which every YAML reader reads as the same text.
	number bool
}

// checks are those that the fields of Answers reference by the tag check.
var checks = map[string]check{
	"account":     {shape: accountShape, not: "is not an account number; it must have exactly 12 digits, in quotes"},
	"workload":    {oneOf: texts(Supported), not: "is not a workload"},
	"region":      {shape: regionShape, not: "is not a Region; write its code, such as eu-central-1"},
	"service":     {valid: func(v string) bool { return isService(v) || named(v) }, not: "is not a service; write CLUSTER/NAME, such as prod/web, or CLUSTER for all services of a cluster"},
	"task":        {valid: isService, not: "is not a service; write CLUSTER/NAME, such as prod/web"},
	"environment": {shape: nameShape, most: 128, not: "is not the name of a compute environment; use at most 128 letters, digits, - and _"},
	"id":          {judge: invalidID},
	"need":        {oneOf: Needs, not: "is not a need"},
	"code":        {judge: regional, shape: serviceCodeShape, not: "is not a service code; write one such as sts or ecr.api"},
	"iptype":      {oneOf: ipTypes, not: "is not an IP address type"},
	// Every text with a dot or a slash is a path. The reader of the file detects whether it exists.
	"policy":  {oneOf: policies, shape: pattern.New(`[./]`), not: "is not an endpoint policy", or: ", or a file that has a dot or a slash in its path, such as ./s3.json"},
	"cluster": {shape: nameShape, most: 255, not: "is not the name of a cluster; use at most 255 letters, digits, - and _"},
	"restart": {oneOf: []string{RestartSSM, RestartReboot, RestartCommands, RestartNone}, not: "is not a method to restart agents"},
	"text":    {},
	"color":   {oneOf: []string{ColorAuto, ColorNever}, not: "is not a value of color"},

	"vpcname":    {shape: pattern.New(`^[A-Za-z0-9]([A-Za-z0-9 _.-]*[A-Za-z0-9])?$`), most: 64, not: "is not a name for a VPC; use at most 64 letters, digits, spaces, dots, - and _"},
	"vpcblock":   {judge: badBlock},
	"internet":   {oneOf: InternetRoutes, not: "is not an internet route"},
	"subnetsize": {oneOf: subnetSizes(), not: "is not the size of a subnet"},
	"zonename":   {shape: pattern.New(`^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}[a-z]$`), not: "is not an Availability Zone; write its name, such as us-east-1a"},
	"bucket":     {shape: pattern.New(`^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]+(/.*)?$`), not: "is not the ARN of a bucket; write one such as arn:aws:s3:::flow-logs"},
	"prefix":     {shape: pattern.New(`^[A-Za-z0-9]([A-Za-z0-9 _.-]*[A-Za-z0-9])?$`), most: 64, not: "is not a prefix for names; use at most 64 letters, digits, spaces, dots, - and _"},

	// The name has at most 80 characters (API reference of Amazon MWAA, Environment).
	"airflow":       {shape: pattern.New(`^[A-Za-z][A-Za-z0-9_-]*$`), most: 80, not: "is not the name of an environment of Amazon MWAA; it must begin with a letter and have at most 80 letters, digits, - and _"},
	"endpoints":     {oneOf: []string{EndpointsCurrent, Endpoints2023}, number: true, not: "is not a list of endpoints"},
	"way":           {oneOf: waysIn, not: "is not an access method"},
	"domain":        {shape: domainName, most: 253, not: "is not a domain name; write only the name, in lowercase letters, such as airflow.example.com"},
	"certificate":   {valid: isCertificate, not: "is not a certificate; write the ARN of a certificate in ACM, " + CertificateRequest + ", or " + CertificateImport},
	"acm":           {shape: certificateARN, not: "is not a certificate; write the ARN of a certificate in ACM"},
	"scheme":        {oneOf: []string{Internal, InternetFacing}, not: "is not a load balancer scheme"},
	"zone":          {shape: pattern.New(`^Z[A-Z0-9]+$`), not: "is not a hosted zone of Route 53; write its id, such as Z0123456789ABC"},
	"source":        {valid: func(v string) bool { return groupShape().MatchString(v) || isBlock(v) }, not: "must be a CIDR block or a security group, such as 10.0.0.0/16 or sg-01"},
	"block":         {valid: isBlock, not: "must be a CIDR block, such as 203.0.113.7/32 for a single address"},
	"clients":       {valid: isClientBlock, not: "is not a client CIDR block; it must be an IPv4 block between /12 and /22, such as 172.16.0.0/22"},
	"reach":         {oneOf: reaches, not: "is not a connection method"},
	"instance_type": {shape: pattern.New(`^[a-z0-9-]+[.][a-z0-9-]+$`), not: "is not an instance type; write one such as t3.micro"},

	"secret":      {judge: invalidSecret},
	"value":       {oneOf: []string{RegistryKeep, RegistrySet}, not: "is not an action for the value"},
	"description": {valid: func(v string) bool { return utf8.RuneCountInString(v) <= 2048 }, not: "is too long; the limit for a description is 2048 characters"}, // CreateSecret
	"key":         {shape: keyShape, not: "is not a KMS key; write its alias, such as alias/registry, its id or its ARN"},
	"role":        {valid: isRole, not: "is not a role; write its name, such as app-execution, or its ARN"},
	"condition":   {oneOf: []string{ByVPC, ByEndpoint}, not: "is not a condition for pulls"},
	"definition":  {shape: pattern.New(`^[A-Za-z0-9_-]+(:[0-9]+)?$`), not: "is not a task or job definition; write NAME or NAME:REVISION, such as web:7"},
	"container":   {shape: nameShape, most: 255, not: "is not the name of a container; use only letters, digits, - and _"},
	"jobname":     {shape: nameShape, most: 128, not: "is not the name of a job definition; use at most 128 letters, digits, - and _"},
	"image":       {valid: func(v string) bool { return !strings.ContainsAny(v, " \t") }, most: 255, not: "is not an image; write one such as registry.example.com/team/app:1"},
	"first":       {shape: pattern.New(`^[A-Za-z0-9][A-Za-z0-9_-]*$`), most: maxFirst, not: fmt.Sprintf("is not a name for a workload; begin with a letter or a digit, and use at most %d letters, digits, - and _", maxFirst)},
	"cpu":         {oneOf: cpus(), not: "is not a number of CPU units of AWS Fargate"},
	"mebibytes":   {shape: pattern.New(`^[1-9][0-9]*$`), most: 6, not: "must be a number of MiB in quotes, such as \"512\""},
	"amount":      {shape: pattern.New(`^[0-9]+([.][0-9]+)?$`), not: "must be a number in quotes, such as \"1\""},
}

// checkOf returns the check of a field. Every text is checked for unprintable characters.
func checkOf(f reflect.StructField) check { return checks[f.Tag.Get("check")] }

// limitsOf returns the least and the largest value of a field with a number, from its tags.
func limitsOf(f reflect.StructField) (least, most int) {
	least, _ = strconv.Atoi(f.Tag.Get("least")) // TestSchema reads both tags
	most, _ = strconv.Atoi(f.Tag.Get("most"))
	return least, most
}

// problem returns the problem of a text, or the empty string.
func (c check) problem(v string) string {
	if problem := unprintable(v); problem != "" {
		return problem
	}
	if strings.TrimSpace(v) == "" {
		return "is empty; write a value or remove it"
	}
	if c.judge != nil {
		if problem := c.judge(v); problem != "" {
			return problem
		}
	}
	switch {
	case slices.Contains(c.oneOf, v):
		return ""
	case c.oneOf != nil && (c.shape == nil || !c.shape().MatchString(v)):
		return c.not + suggest(v, c.oneOf) + "; supported: " + words(c.oneOf) + c.or
	case c.shape != nil && !c.shape().MatchString(v), c.most > 0 && len(v) > c.most, c.valid != nil && !c.valid(v):
		return c.not
	}
	return ""
}

// keysOf returns the keys of a mapping: the yaml tags of a struct, in the documented order.
func keysOf(of reflect.Type) []string {
	var out []string
	for i := range of.NumField() {
		key, _, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ",")
		if key == "-" { // the last field; the file has its value in another key
			break
		}
		out = append(out, key)
	}
	return out
}

// field returns the field of a key path, such as "mwaa.bastion.reach", and its value. The results
// are zero if no field has the path.
func field(v reflect.Value, path string) (f reflect.StructField, at reflect.Value) {
	for key := range strings.SplitSeq(path, ".") {
		if v.Kind() != reflect.Struct || !slices.Contains(keysOf(v.Type()), key) {
			return reflect.StructField{}, reflect.Value{}
		}
		i := slices.Index(keysOf(v.Type()), key)
		f, v = v.Type().Field(i), v.Field(i)
	}
	return f, v
}

// Valid returns the problem of one value of a key of the answers file, or of one item where the
// key takes a list. It returns nil if the value is valid. Screens and the file report the same
// messages.
func Valid(key, value string) error {
	f, _ := field(reflect.ValueOf(Answers{}), key)
	if problem := checkOf(f).problem(value); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// invalidID checks the id or Name tag of a resource. A Name tag may have any character that a tag
// value may have.
func invalidID(v string) string {
	if n := utf8.RuneCountInString(v); n > maxTagValue {
		return fmt.Sprintf("has %d characters; the limit for ids and Name tags is %d", n, maxTagValue)
	}
	return ""
}

func regional(v string) string {
	if strings.Contains(v, "amazonaws.") {
		return "is the service name of one Region; write only the service code, such as sts or ecr.api"
	}
	return ""
}

// Key returns the key of the answers file that selects this policy, as File.Error takes it. If
// several keys do, it returns the first.
func (p Policy) Key(v string) string {
	const all = "endpoint_policy"
	for _, code := range slices.Sorted(maps.Keys(p.ByService)) {
		if p.ByService[code] == v {
			return all + "." + code
		}
	}
	if len(p.ByService) > 0 {
		return all + "." + defaultPolicy
	}
	return all
}

// combinations reports answers that contradict each other. It checks only keys with a value,
// because a file may omit the workload.
func (f *File) combinations(a Answers) Errors {
	var out Errors
	fail := func(path, text, problem string) {
		e := f.Error(path, problem)
		e.Text = text
		out = append(out, e)
	}
	newVPCCombinations(a, fail)
	if a.Workload == "" {
		f.first(a, fail)
		return append(out, f.registry(a)...)
	}
	for _, l := range limits {
		keys := l.only
		if len(keys) == 0 {
			keys = []string{l.key}
		}
		set := slices.ContainsFunc(keys, func(key string) bool {
			_, v := field(reflect.ValueOf(a), key)
			return isSet(v)
		})
		if !set || slices.Contains(l.to, a.Workload) {
			continue
		}
		text, noun, fix := "", "workloads", "remove it"
		if _, v := field(reflect.ValueOf(a), l.key); v.Kind() == reflect.String {
			text = v.String()
		}
		if len(l.to) == 1 {
			noun = "workload"
		}
		if l.selects {
			fix = "use " + nameKey(a.Workload) + " or remove it"
		}
		fail(l.key, text, fmt.Sprintf("is supported only for the %s %s%s, not for %s; %s", noun, words(l.to), l.because, a.Workload, fix))
	}
	for path, at := range f.positions {
		switch {
		case !strings.HasPrefix(path, "needs["):
		case at.text == serviceConnect && slices.Contains(onBatch, a.Workload):
			fail(path, serviceConnect, fmt.Sprintf("is supported only for the workloads %s, not for %s; remove it", words(Services), a.Workload))
		case a.Workload == MWAA && !slices.Contains(AirflowNeeds, at.text):
			fail(path, at.text, fmt.Sprintf("is not a need of the workload %s; supported: %s. Endpoints that every environment needs are always in the plan", a.Workload, words(AirflowNeeds)))
		}
	}
	if a.Workload == MWAA {
		f.wayCombinations(a.Airflow, fail)
	}
	f.first(a, fail)
	return append(out, f.registry(a)...)
}

// FirstWorkloads are the workloads on AWS Fargate.
var FirstWorkloads = []Workload{ECSFargate, BatchFargate}

// onBatch are the workloads of AWS Batch.
var onBatch = []Workload{BatchFargate, BatchEC2}

// limits are the keys that only some workloads have.
var limits = []struct {
	key     string
	only    []string // the keys below it with the limit; empty: all
	to      []Workload
	because string
	selects bool // the key selects what the endpoints serve
}{
	{key: "service", to: Services, selects: true},
	{key: "compute_environment", to: onBatch, selects: true},
	{key: "mwaa", to: []Workload{MWAA}},
	{key: "first", to: FirstWorkloads, because: ", because only there no instance is needed to run it"},
	{key: "first.count", to: []Workload{ECSFargate}, because: ", because only a service keeps a number of tasks running"},
	{key: "proof.task", to: []Workload{ECSFargate}},
	{key: "redeploy", to: Services, because: ", because only their services keep running tasks"},
	{key: "agent", only: []string{"agent.restart", "agent.clusters"}, to: []Workload{ECSEC2, BatchEC2}, because: ", because only there you run the ECS agents"},
}

// nameKey returns the key that names what the endpoints serve, for messages.
func nameKey(w Workload) string {
	switch {
	case slices.Contains(onBatch, w):
		return "compute_environment"
	case w == MWAA:
		return "mwaa.environment"
	}
	return "a service"
}

// serviceConnect is the only need that only ECS services have.
const serviceConnect = "service-connect"

// named reports whether a text is a valid name of a cluster or service.
func named(v string) bool { return len(v) <= 255 && nameShape().MatchString(v) }

// isService reports whether a text is CLUSTER/NAME.
func isService(v string) bool {
	cluster, name, has := strings.Cut(v, "/")
	return has && named(cluster) && named(name)
}

func invalidTag(key, value string) string {
	if problem := cmp.Or(unprintable(key), unprintable(value)); problem != "" {
		return problem
	}
	switch {
	case strings.TrimSpace(key) == "":
		return "is empty; the key of a tag must not be empty"
	case utf8.RuneCountInString(key) > maxTagKey:
		return fmt.Sprintf("is too long; the limit for the key of a tag is %d characters", maxTagKey)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return "begins with aws:, which is reserved by AWS"
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Sprintf("has a value that is too long; the limit for the value of a tag is %d characters", maxTagValue)
	}
	return ""
}

// unprintable rejects characters that no id, name or tag has and that would disturb the terminal.
func unprintable(v string) string {
	if !utf8.ValidString(v) {
		return "is not UTF-8 text"
	}
	for _, r := range v {
		if printable.Unsafe(r) || r == '\uFEFF' {
			return fmt.Sprintf("contains the character U+%04X, which is not allowed; write it on one line", r)
		}
	}
	return ""
}

// texts returns values as texts.
func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = string(w)
	}
	return out
}

// words joins the supported values with commas.
func words[T ~string](in []T) string { return strings.Join(texts(in), ", ") }

// suggest returns the most similar supported value if it is similar enough to be a typing error.
func suggest(v string, among []string) string {
	best, at := "", len([]rune(v))/3+1
	for _, w := range among {
		if d := typo.Distance(strings.ToLower(v), w); d <= at && (best == "" || d < typo.Distance(strings.ToLower(v), best)) {
			best = w
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// Missing returns the keys that every plan requires and that have no value yet.
func (a Answers) Missing() []string {
	var out []string
	if a.Workload == "" {
		out = append(out, "workload")
	}
	if a.VPC == "" {
		out = append(out, "vpc")
	}
	return out
}
