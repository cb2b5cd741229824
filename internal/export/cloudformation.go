package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var _ = register(Format{Name: "cloudformation", Title: "CloudFormation", Text: "an AWS CloudFormation template, with a script for what it cannot express", Extension: ".yaml", Write: cloudFormation,
	Needs: "AWS CLI or console", Existing: "by its script",
	Details: "A template that creates what the plan creates, and a script that applies what a template cannot express and verifies the result. The script is beside the template.\n" +
		"Existing resources: only the script adds to them, because a stack changes only what it owns. Existing endpoints can be imported with files that are also written.\n" +
		"Secrets: none in the files. The script asks for them.\n" +
		"To run it: deploy the template with the AWS CLI or the console, then run the script. The comment at the top of the template has the commands. The script needs bash and the AWS CLI.",
	Run: func(p *plan.Plan) ([]string, string) {
		const script, more = "bash {script}", "This plan has further steps. The comment at the top of the template lists all of them."
		s, deploy := newStack(p, Meta{}), "aws cloudformation deploy --region {region} --stack-name {stack} --template-file {out} --no-fail-on-empty-changeset"
		if s.hasIAM() { // a stack without roles must not be allowed to create some
			deploy += " " + capability
		}
		switch {
		case len(s.elements) == 0:
			return []string{script}, ""
		case len(scriptFirst(p, s.has)) > 0:
			return []string{script}, more
		case s.later:
			return []string{deploy}, more
		}
		return []string{deploy, script}, ""
	}})

// The first lines of the files. A later export recognizes an earlier one by them.
const (
	firstTemplate = "# Private endpoints: a CloudFormation template made by PrivateLink Wizard.\n"
	firstImport   = "# Private endpoints: a CloudFormation template to import existing endpoints, made by PrivateLink Wizard.\n"
	firstImported = "[\n  {\n    \"ResourceType\": \"AWS::EC2::VPCEndpoint\",\n"
)

// cloudFormation writes the template of a plan, the import of its existing resources if it has some, and the script for the rest.
func cloudFormation(p *plan.Plan, meta Meta) ([]File, error) {
	s := newStack(p, meta)
	text, err := s.template()
	if err != nil {
		return nil, err
	}
	files := []File{{Text: text, Start: firstTemplate, Creates: stackResources}}
	if more := s.adoption(); len(more) > 0 {
		files = append(files, more...)
	}
	script, err := bash(p, meta, &others{tool: "CloudFormation", first: "Deploy the stack first: the header of " + s.file + " has the command.", does: s.does()})
	return append(files, File{Name: s.script(), Text: script, Start: firstLines, Run: true}), err
}

var stackResource = pattern.New(`(?m)^  (\w+):\n    Type: AWS::\w+::\w+\n`)

// stackResources returns the logical ids of the resources in a template. The types of parameters have another word.
func stackResources(text string) []string {
	var out []string
	for _, m := range stackResource().FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// StackName returns the name of a stack for an export with a name.
func StackName(name string) string {
	name = strings.Trim(noStackName().ReplaceAllString(name, "-"), "-")
	if name == "" || !unicode.IsLetter(rune(name[0])) {
		name = strings.Trim("wizard-"+name, "-")
	}
	return name
}

var noStackName = pattern.New(`[^A-Za-z0-9]+`)

// stack is the template of a plan.
type stack struct {
	plan     *plan.Plan
	meta     Meta
	file     string // the template
	declared map[resource.ID]resource.Declared
	why      map[resource.ID]string // creates and modifies that the template does not have
	elements []*element             // in the order of the plan
	existing []resource.Change      // what can be imported
	params   []*parameter
	taken    map[string]bool // logical ids
	later    bool            // private DNS is turned on after the endpoints are verified
	user     string          // logical id of the resource that is being written
}

// element is a resource of the template.
type element struct {
	key, kind, logical string
	output             string
	fields             []resource.Attribute
	changes            []resource.Change // the one that creates it first
	kept               bool
	without            string
	implied            []*element // references
	after              []*element // DependsOn
}

// parameter is a parameter of the template.
type parameter struct {
	name, kind, what string
	values           []string
	list             bool
	users            []string
}

// conditional is an attribute with one value after private DNS is asked for, and another before.
type conditional struct{ later, before any }

func newStack(p *plan.Plan, meta Meta) *stack {
	s := &stack{plan: p, meta: meta, declared: map[resource.ID]resource.Declared{}, why: map[resource.ID]string{}, taken: map[string]bool{"PrivateDns": true}}
	s.file = cmp.Or(meta.File, cmp.Or(meta.Name, "template")+".yaml")
	for _, a := range p.Changes {
		if _, ok := a.Importable(); ok {
			s.existing = append(s.existing, a)
		}
		switch d := a.CloudFormation(); {
		case d.Why != "":
			s.why[a.ID] = d.Why
		case len(d.Blocks) > 0:
			s.declared[a.ID] = d
		}
	}
	s.leaveOut()
	s.build()
	s.order()
	return s
}

// has reports whether the template has a change.
func (s *stack) has(id resource.ID) bool { _, ok := s.declared[id]; return ok }

// does returns the changes that the template applies.
func (s *stack) does() map[resource.ID]bool {
	out := map[resource.ID]bool{}
	for id := range s.declared {
		out[id] = true
	}
	return out
}

// leaveOut leaves out what needs something that the template does not have, until nothing else does.
func (s *stack) leaveOut() {
	for again := true; again; {
		again = false
		for _, a := range s.plan.Changes {
			if d, ok := s.declared[a.ID]; ok {
				if why := s.missing(a, d); why != "" {
					s.why[a.ID] = why
					delete(s.declared, a.ID)
					again = true
				}
			}
		}
	}
}

// missing returns why the template cannot have a change; empty if it can.
func (s *stack) missing(a resource.Change, d resource.Declared) string {
	for _, b := range d.Blocks {
		if id := resource.ID(b.Key); id != a.ID && b.Part == "" && !s.has(id) {
			return resource.Owned
		}
		why := ""
		references(b.Fields, func(key string, attribute bool) {
			id := resource.ID(key)
			switch c := s.plan.Change(id); {
			case s.has(id):
			case attribute:
				why = fmt.Sprintf("It uses an attribute of %s, which the stack does not create.", cmp.Or(key, "a resource that exists"))
			case c == nil || c.Op != resource.Keep || c.Existing == "":
				why = fmt.Sprintf("It uses %s, which the script applies.", id)
			}
		})
		if why != "" {
			return why
		}
		if b.Later {
			return ""
		}
	}
	for _, id := range ahead(s.plan, a.ID) {
		if !s.applied(id) && slices.ContainsFunc(ahead(s.plan, id), s.has) {
			return fmt.Sprintf("It comes after %s, which the script applies after the stack is deployed.", id)
		}
	}
	return ""
}

// applied reports whether nothing of a change is in the script.
func (s *stack) applied(id resource.ID) bool {
	c := s.plan.Change(id)
	return c == nil || c.Op == resource.Keep || s.has(id)
}

// build merges the declared blocks to resources.
func (s *stack) build() {
	for _, a := range s.plan.Changes {
		for _, b := range s.declared[a.ID].Blocks {
			e := s.element(b.Key)
			if e == nil {
				e = &element{key: b.Key, kind: b.Type, logical: s.logical(b.Key)}
				s.elements = append(s.elements, e)
			}
			if b.Later {
				s.later = true
			}
			e.output, e.kept, e.without = cmp.Or(e.output, b.Output), e.kept || b.Kept, cmp.Or(e.without, b.Without)
			for _, f := range b.Fields {
				e.merge(f, b.Later)
			}
			e.changes = append(e.changes, a)
		}
	}
}

func (s *stack) element(key string) *element {
	if i := slices.IndexFunc(s.elements, func(e *element) bool { return e.key == key }); i >= 0 {
		return s.elements[i]
	}
	return nil
}

// of returns the resource that a change creates or is a part of; nil if the template does not have it.
func (s *stack) of(id resource.ID) *element {
	for _, b := range s.declared[id].Blocks {
		return s.element(b.Key)
	}
	return nil
}

// merge adds an attribute. One of a later block has its value only after private DNS is asked for.
func (e *element) merge(f resource.Attribute, later bool) {
	if i := slices.IndexFunc(e.fields, func(o resource.Attribute) bool { return o.Name == f.Name }); i >= 0 && later {
		f.Value = conditional{f.Value, e.fields[i].Value}
	}
	e.fields = joined(e.fields, []resource.Attribute{f})
}

// order sets what must be created before each resource. An order that references imply is left out, and so is one between the parts of
// two resources that would depend on each other.
func (s *stack) order() {
	for _, e := range s.elements {
		references(e.fields, func(key string, _ bool) {
			if d := s.of(resource.ID(key)); d != nil {
				e.implied = append(e.implied, d)
			}
		})
	}
	for _, own := range []bool{true, false} {
		for _, e := range s.elements {
			for _, a := range e.changes {
				if (string(a.ID) == e.key) != own {
					continue
				}
				for _, d := range s.needs(a, own) {
					if d != e && !e.reaches(d) && !d.reaches(e) {
						e.after = append(e.after, d)
					}
				}
			}
		}
	}
	for _, e := range s.elements { // what another one of them implies
		all := e.after
		e.after = slices.DeleteFunc(slices.Clone(all), func(d *element) bool {
			return slices.ContainsFunc(slices.Concat(all, e.implied), func(o *element) bool { return o != d && o.reaches(d) })
		})
	}
}

// needs returns what must exist before a change. If the script applies one of them, through is whether those before it count.
func (s *stack) needs(a resource.Change, through bool) []*element {
	var out []*element
	var add func(resource.Change)
	seen := map[resource.ID]bool{}
	add = func(a resource.Change) {
		for _, id := range a.Deps() {
			c := s.plan.Change(id)
			if c == nil || seen[id] {
				continue
			}
			seen[id] = true
			if e := s.of(id); e != nil {
				out = append(out, e)
			} else if through {
				add(*c)
			}
		}
	}
	add(a)
	return out
}

// reaches reports whether a resource depends on another one.
func (e *element) reaches(other *element) bool {
	for _, d := range slices.Concat(e.implied, e.after) {
		if d == other || d.reaches(other) {
			return true
		}
	}
	return false
}

// logical returns a logical id: the words of an id, each with an upper-case first letter.
func (s *stack) logical(id string) string {
	name := ""
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return s.unique(cmp.Or(name, "Resource"))
}

// unique returns a name that nothing else in the template has.
func (s *stack) unique(base string) string {
	name := base
	for n := 2; s.taken[name]; n++ {
		name = fmt.Sprint(base, n)
	}
	s.taken[name] = true
	return name
}

// node returns an attribute as YAML.
func (s *stack) node(name string, v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int, json.Number:
		return v, nil
	case string:
		return s.text(name, v), nil
	case resource.Value:
		return s.value(name, v), nil
	case []string:
		return s.list(name, resource.Literals(v)), nil
	case []resource.Value:
		return s.list(name, v), nil
	case []any:
		return s.anyList(name, v)
	case map[string]string:
		var out []any
		for _, k := range sorted(v) {
			out = append(out, mapping{{key: "Key", value: k}, {key: "Value", value: v[k]}})
		}
		return out, nil
	case resource.Map:
		var out mapping
		for _, k := range sorted(v) {
			out = append(out, member{key: k, value: s.text(k, v[k])})
		}
		return out, nil
	case resource.Document:
		return s.document(v)
	case resource.Of:
		return reference(s.element(v.Key), v.Attribute), nil
	case resource.Nested:
		var out mapping
		for _, a := range v {
			one, err := s.node(a.Name, a.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, member{key: a.Name, value: one})
		}
		return out, nil
	case []resource.Nested:
		var out []any
		for _, n := range v {
			one, err := s.node(name, n)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	case conditional:
		on, err := s.node(name, v.later)
		if err != nil {
			return nil, err
		}
		off, err := s.node(name, v.before)
		return short{"!If", []any{"PrivateDnsIsOn", on, off}}, err
	}
	return nil, fmt.Errorf("%s: CloudFormation has no form for %T", name, v)
}

func sorted[M ~map[string]string](m M) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// anyList returns a list of texts or values.
func (s *stack) anyList(name string, in []any) (any, error) {
	var values []resource.Value
	for _, v := range in {
		switch v := v.(type) {
		case string:
			values = append(values, resource.Lit(v))
		case resource.Value:
			values = append(values, v)
		default:
			return nil, fmt.Errorf("%s: CloudFormation has no form for %T", name, v)
		}
	}
	return s.list(name, values), nil
}

// reference returns a reference to a resource or to one of its attributes.
func reference(e *element, attribute string) short {
	if attribute == "" {
		return short{"!Ref", e.logical}
	}
	return short{"!GetAtt", e.logical + "." + attribute}
}

// value returns a value or a reference to the resource that has it.
func (s *stack) value(name string, v resource.Value) any {
	if v.From == "" {
		return s.text(name, v.Lit)
	}
	if e := s.of(v.From); e != nil {
		return reference(e, e.output)
	}
	return s.text(name, s.plan.Change(v.From).Existing)
}

// list returns a list. A list of ids that exist is a parameter.
func (s *stack) list(name string, values []resource.Value) any {
	var ids []string
	var kind idKind
	for _, v := range values {
		text := v.Lit
		if c := s.plan.Change(v.From); v.From != "" && c != nil && !s.has(v.From) {
			text = c.Existing
		}
		k, ok := idOf(name, text)
		if !ok || k.list == "" {
			ids = nil
			break
		}
		kind, ids = k, append(ids, text)
	}
	if len(ids) > 0 {
		return short{"!Ref", s.parameter(kind.name+"s", kind.list, kind.what+"s", ids, true)}
	}
	var out []any
	for _, v := range values {
		out = append(out, s.value(name, v))
	}
	return out
}

// idKind is a kind of ids of what exists.
type idKind struct{ name, kind, list, what string }

// The kinds of ids, by their prefix. CloudFormation has no types for route tables and prefix lists.
var idKinds = map[string]idKind{
	"vpc-":    {"VpcId", "AWS::EC2::VPC::Id", "", "The existing VPC"},
	"subnet-": {"SubnetId", "AWS::EC2::Subnet::Id", "List<AWS::EC2::Subnet::Id>", "Existing subnet"},
	"sg-":     {"SecurityGroupId", "AWS::EC2::SecurityGroup::Id", "List<AWS::EC2::SecurityGroup::Id>", "Existing security group"},
	"rtb-":    {"RouteTableId", "String", "CommaDelimitedList", "Existing route table"},
	"pl-":     {"PrefixListId", "String", "", "Existing prefix list"},
	"igw-":    {"InternetGatewayId", "String", "", "Existing internet gateway"},
	"nat-":    {"NatGatewayId", "String", "", "Existing NAT gateway"},
}

// The kinds of values that differ between accounts, Regions and networks, by the attribute.
var valueKinds = map[string]idKind{
	"AvailabilityZone": {"AvailabilityZone", "AWS::EC2::AvailabilityZone::Name", "", "Availability Zone"},
	"HostedZoneId":     {"HostedZoneId", "AWS::Route53::HostedZone::Id", "", "Existing hosted zone"},
	"KeyName":          {"KeyName", "AWS::EC2::KeyPair::KeyName", "", "Existing key pair"},
	"CidrIp":           {"CidrIp", "String", "", "Addresses of clients"},
	"CidrIpv6":         {"CidrIpv6", "String", "", "Addresses of clients"},
	"LogDestination":   {"LogDestination", "String", "", "ARN of the existing bucket"},
}

// image finds the parameter of Systems Manager in a dynamic reference.
var image = pattern.New(`^\{\{resolve:ssm:([^}]+)\}\}$`)

// idOf returns the kind of a text that is a parameter; false for other texts.
func idOf(name, text string) (idKind, bool) {
	if k, ok := valueKinds[name]; ok && text != "0.0.0.0/0" && text != "::/0" {
		return k, true
	}
	prefix, rest, ok := strings.Cut(text, "-")
	if k, known := idKinds[prefix+"-"]; ok && known && !noName().MatchString(rest) {
		return k, true
	}
	if strings.HasPrefix(text, "arn:") && !strings.Contains(text, ":aws:policy/") {
		return idKind{name, "String", "", "Existing resource"}, true
	}
	return idKind{}, false
}

// text returns a text, or the parameter that has it as its default.
func (s *stack) text(name, text string) any {
	if k, ok := idOf(name, text); ok {
		return short{"!Ref", s.parameter(k.name, k.kind, k.what, []string{text}, false)}
	}
	if found := image().FindStringSubmatch(text); found != nil {
		p := s.parameter("ImageParameter", "String", "Parameter of Systems Manager with the id of the image", found[1:], false)
		return short{"!Sub", "{{resolve:ssm:${" + p + "}}}"}
	}
	if text == s.plan.Region {
		return short{"!Ref", "AWS::Region"}
	}
	if name == "ServiceName" && strings.Contains(text, "."+s.plan.Region+".") {
		return short{"!Sub", strings.ReplaceAll(escaped(text), "."+s.plan.Region+".", ".${AWS::Region}.")}
	}
	return text
}

// escaped returns a text for !Sub that contains no reference.
func escaped(text string) string { return strings.ReplaceAll(text, "${", "${!") }

// parameter returns the name of the parameter with values.
func (s *stack) parameter(name, kind, what string, values []string, list bool) string {
	i := slices.IndexFunc(s.params, func(p *parameter) bool { return p.kind == kind && slices.Equal(p.values, values) && p.list == list })
	if i < 0 {
		i, s.params = len(s.params), append(s.params, &parameter{name: s.unique(name), kind: kind, what: what, values: values, list: list})
	}
	p := s.params[i]
	if !slices.Contains(p.users, s.user) {
		p.users = append(p.users, s.user)
	}
	return p.name
}

// mark surrounds the id of a change in a document until its text is known.
const mark = "\x1a"

// document returns a JSON document as an object. Ids of the account and the Region are references, so that the document is right in
// other accounts and Regions.
func (s *stack) document(d resource.Document) (any, error) {
	var text strings.Builder
	for _, v := range d {
		if v.From != "" {
			quoted, err := json.Marshal(mark + string(v.From) + mark)
			if err != nil {
				return nil, err
			}
			text.Write(quoted[1 : len(quoted)-1])
			continue
		}
		text.WriteString(v.Lit)
	}
	out, err := ordered(text.String(), s.leaf)
	if err != nil {
		return nil, fmt.Errorf("a policy is not JSON: %w", err)
	}
	return out, nil
}

// leaf returns a text of a document.
func (s *stack) leaf(text string) any {
	pieces := strings.Split(text, mark)
	if len(pieces) == 3 && pieces[0] == "" && pieces[2] == "" {
		return s.value("ResourceArn", resource.From(resource.ID(pieces[1])))
	}
	places := strings.NewReplacer(s.plan.Account, "${AWS::AccountId}", s.plan.Region, "${AWS::Region}")
	out, refers := "", false
	for i, piece := range pieces {
		if i%2 == 0 {
			replaced := places.Replace(escaped(piece))
			refers = refers || replaced != escaped(piece)
			out += replaced
			continue
		}
		refers = true
		switch v := s.value("ResourceArn", resource.From(resource.ID(piece))).(type) {
		case short:
			out += "${" + v.value.(string) + "}"
		case string:
			out += escaped(v)
		}
	}
	switch {
	case out == "${AWS::AccountId}":
		return short{"!Ref", "AWS::AccountId"}
	case refers:
		return short{"!Sub", out}
	}
	return text
}

// template returns the template of what the plan creates.
func (s *stack) template() (string, error) {
	resources, err := s.resources()
	if err != nil {
		return "", err
	}
	outputs := mapping{}
	for _, e := range s.elements {
		a := e.changes[0]
		outputs = append(outputs, member{key: e.logical, value: mapping{{key: "Description", value: shown(string(a.ID) + ": " + a.Summary)}, {key: "Value", value: reference(e, e.output)}}})
	}
	var y yamlText
	y.WriteString("AWSTemplateFormatVersion: \"2010-09-09\"\n")
	y.object("", mapping{{key: "Description", value: shown("VPC endpoints for " + string(s.plan.Workload) + ", by PrivateLink Wizard " + s.meta.Version)}})
	y.sections(s.parameters(), s.conditions(), resources, outputs)
	var head strings.Builder
	head.WriteString(firstTemplate)
	s.header(&head, y.Len() > maxBody)
	return head.String() + y.String(), nil
}

// maxBody is the longest template, without room for its header, that CloudFormation takes without a bucket: 51,200 bytes.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxBody = 51200 - 12000

// sections writes the sections of a template.
func (y *yamlText) sections(parameters, conditions, resources, outputs mapping) {
	for _, section := range []struct {
		name string
		of   mapping
	}{{"Parameters", parameters}, {"Conditions", conditions}, {"Resources", resources}, {"Outputs", outputs}} {
		if len(section.of) == 0 {
			continue
		}
		y.WriteString("\n" + section.name + ":\n")
		for i, m := range section.of {
			if i > 0 {
				y.WriteString("\n")
			}
			y.object("  ", mapping{m})
		}
	}
}

// nothingToCreate is the only resource of a template that has nothing to create: CloudFormation accepts no template without a resource.
var nothingToCreate = mapping{{key: "NothingToCreate", comment: "CloudFormation accepts no template without a resource. This one creates nothing in the account.",
	value: mapping{{key: "Type", value: "AWS::CloudFormation::WaitConditionHandle"}}}}

// resources returns the resources of the template.
func (s *stack) resources() (mapping, error) {
	out := mapping{}
	for _, e := range s.elements {
		s.user = e.logical
		one := mapping{{key: "Type", value: e.kind}}
		if e.kept {
			one = append(one, member{key: "DeletionPolicy", value: "RetainExceptOnCreate", comment: "A deletion of the stack must not delete its data. A failed creation leaves nothing."}, member{key: "UpdateReplacePolicy", value: "Retain"})
		}
		if len(e.after) > 0 {
			var names []any
			for _, d := range e.after {
				names = append(names, d.logical)
			}
			one = append(one, member{key: "DependsOn", value: names})
		}
		properties, err := s.node("", resource.Nested(e.fields))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.key, err)
		}
		one = append(one, member{key: "Metadata", value: e.metadata()}, member{key: "Properties", value: properties})
		out = append(out, member{key: e.logical, value: one})
	}
	if len(out) == 0 {
		return nothingToCreate, nil
	}
	return out, nil
}

// metadata returns the reasons for a resource.
func (e *element) metadata() mapping {
	var changes, rules []any
	var why []string
	for _, a := range e.changes {
		changes = append(changes, string(a.ID))
		if text := sentence(shown(a.Why)); text != "" && !slices.Contains(why, text) {
			why = append(why, text)
		}
		for _, r := range a.Rules {
			if !slices.Contains(rules, any(r)) {
				rules = append(rules, r)
			}
		}
	}
	out := mapping{{key: "Changes", value: changes}}
	if len(why) > 0 {
		out = append(out, member{key: "Why", value: strings.Join(strings.Fields(strings.Join(why, " ")), " ")})
	}
	if len(rules) > 0 {
		out = append(out, member{key: "Rules", value: rules})
	}
	if e.without != "" {
		out = append(out, member{key: "Note", value: e.without})
	}
	return out
}

// parameters returns the parameters of the template, after its resources are known.
func (s *stack) parameters() mapping {
	out := mapping{}
	if s.later {
		out = append(out, member{key: "PrivateDns", value: mapping{{key: "Type", value: "String"},
			{key: "Description", value: "Whether private DNS of the new endpoints is on. Deploy with false, verify the endpoints, then deploy with true."},
			{key: "AllowedValues", value: []any{"true", "false"}}, {key: "Default", value: "false"}}})
	}
	for _, p := range s.params {
		what := p.what
		if len(p.users) > 0 {
			what += " of " + strings.Join(p.users[:min(3, len(p.users))], ", ")
		}
		if more := len(p.users) - 3; more > 0 {
			what += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, member{key: p.name, value: mapping{{key: "Type", value: p.kind}, {key: "Description", value: what}, {key: "Default", value: strings.Join(p.values, ",")}}})
	}
	return out
}

func (s *stack) conditions() mapping {
	if !s.later {
		return nil
	}
	return mapping{{key: "PrivateDnsIsOn", value: short{"!Equals", []any{short{"!Ref", "PrivateDns"}, "true"}}}}
}

// script returns the name of the script that completes the stack.
func (s *stack) script() string { return s.base() + "-finish.sh" }

// base is the name of the template without its extension.
func (s *stack) base() string { return strings.TrimSuffix(s.file, path.Ext(s.file)) }

// header writes the comment at the top of the template, after its first line. large means that the template needs a bucket.
func (s *stack) header(b *strings.Builder, large bool) {
	w := &script{plan: s.plan}
	w.origin(s.meta)
	w.rows("It creates or modifies:", s.has)
	s.inexpressible(w)
	w.rows("The script "+s.script()+" runs:", func(id resource.ID) bool { return s.plan.Change(id).Op == resource.Run })
	w.rows("It keeps what exists, and the script verifies it:", func(id resource.ID) bool { return s.plan.Change(id).Op == resource.Keep })
	if len(s.existing) > 0 {
		w.line("#")
		w.b.WriteString(comment("# ", "Existing endpoints can first be imported into a stack of their own: "+s.base()+"-import.yaml says how."))
	}
	w.line("#")
	w.b.WriteString(comment("# ", cost(s.plan)))
	w.findings()
	s.usage(w, large)
	b.WriteString(w.b.String())
}

// inexpressible lists the changes that the template does not have, with the reasons.
func (s *stack) inexpressible(w *script) {
	first := true
	for _, a := range s.plan.Changes {
		why, ok := s.why[a.ID]
		if !ok {
			continue
		}
		if first {
			w.line("#")
			w.b.WriteString(comment("# ", "Not expressible here, so the script "+s.script()+" does it:"))
			first = false
		}
		w.b.WriteString(wrap("#   - ", "#     ", string(a.ID)+": "+sentence(a.Summary)+" "+why))
	}
}

// usage writes how to deploy the stack.
func (s *stack) usage(w *script, large bool) {
	step := 0
	next := func(text string, commands ...string) {
		step++
		w.line("#")
		w.b.WriteString(wrap(fmt.Sprintf("#   %d. ", step), "#      ", text))
		for _, c := range commands {
			w.line("#        %s", c)
		}
	}
	w.line("#")
	if len(s.elements) == 0 {
		w.b.WriteString(comment("# ", "This template creates nothing. Do not deploy it: run the script."))
		next("Apply the changes and verify the result:", "bash "+quote(s.script()))
		w.line("#")
		return
	}
	w.line("# Usage:")
	if first := scriptFirst(s.plan, s.has); len(first) > 0 {
		next("Some resources need changes of the script first. It applies them and then ends with exit code 1, because the stack does not exist yet. The changes are "+joinedIDs(first)+".", "bash "+quote(s.script()))
	}
	if s.later {
		next("Create the endpoints without private DNS, so that the workloads keep their present path until the endpoints are verified:", s.deploy(large, "PrivateDns=false")...)
		next("Verify them. Exit code 4 means that they are verified, and that private DNS is still off. Exit code 1 means that the verification failed.", "bash "+quote(s.script())+" --check")
		next("Turn private DNS on:", s.deploy(large, "PrivateDns=true")...)
	} else {
		next("Deploy the stack, or update it:", s.deploy(large, "")...)
	}
	next("Apply what the template cannot express, and verify everything:", "bash "+quote(s.script()))
	if large {
		w.line("#")
		w.b.WriteString(comment("# ", "The template is longer than the 51,200 bytes that CloudFormation takes in a request, so the command copies it to a bucket of yours."))
	}
	w.line("#")
	w.b.WriteString(comment("# ", "A later plan keeps what this stack created, so its template does not contain it. Deploy such a template as another stack: this stack would delete its resources."))
	w.line("#")
	w.b.WriteString(comment("# ", "To revert: "+quote("bash "+s.script()+" --undo")+" reverts what the script did. Then delete the stack: aws cloudformation delete-stack --region "+s.plan.Region+" --stack-name "+StackName(s.base())+
		". It deletes what it created, except resources with a DeletionPolicy."))
	fleet := "For many accounts, use the template in a StackSet and override its parameters for each account and Region (aws cloudformation create-stack-instances " +
		"--parameter-overrides): their defaults are the ids of this account. Names, images, domains and addresses in the resources are also those of this account. The script is for this account only."
	if s.hasIAM() {
		fleet += " The names of IAM resources are fixed, so each account can have the stack in one Region only."
	}
	w.line("#")
	w.b.WriteString(comment("# ", fleet))
	w.line("#")
}

// capability allows a stack to create resources of IAM with names. Source: AWS CLI Command Reference, aws cloudformation deploy.
const capability = "--capabilities CAPABILITY_NAMED_IAM"

// hasIAM reports whether the template creates resources of IAM.
func (s *stack) hasIAM() bool {
	return slices.ContainsFunc(s.elements, func(e *element) bool { return strings.HasPrefix(e.kind, "AWS::IAM::") })
}

// deploy returns the command that deploys the stack.
func (s *stack) deploy(large bool, parameter string) []string {
	out := []string{"aws cloudformation deploy --region " + s.plan.Region + " --stack-name " + StackName(s.base()), "  --template-file " + quote(s.file) + " --no-fail-on-empty-changeset"}
	if s.hasIAM() {
		out = append(out, "  "+capability)
	}
	if large {
		out = append(out, "  --s3-bucket BUCKET")
	}
	if parameter != "" {
		out = append(out, "  --parameter-overrides "+parameter)
	}
	for i := range out[1:] {
		out[i] += ` \`
	}
	return out
}

func joinedIDs(ids []resource.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id))
	}
	return strings.Join(out, ", ")
}

// adoption returns the files to import existing resources into a stack; none if the plan keeps nothing that can be imported.
func (s *stack) adoption() []File {
	i := &stack{plan: s.plan, meta: s.meta, taken: map[string]bool{}}
	var resources mapping
	var list []mapping
	for _, a := range s.existing {
		b, _ := a.Importable()
		name := i.logical(string(a.ID))
		i.user = name
		properties, err := i.node("", resource.Nested(b.Fields))
		if err != nil { // an id has a form
			panic(err)
		}
		metadata := mapping{{key: "Changes", value: []any{string(a.ID)}}, {key: "Existing", value: b.Existing}}
		resources = append(resources, member{key: name, value: mapping{{key: "Type", value: b.Type}, {key: "DeletionPolicy", value: "Retain"}, {key: "UpdateReplacePolicy", value: "Retain"},
			{key: "Metadata", value: metadata}, {key: "Properties", value: properties}}})
		list = append(list, mapping{{key: "ResourceType", value: b.Type}, {key: "LogicalResourceId", value: name}, {key: "ResourceIdentifier", value: mapping{{key: "Id", value: b.Existing}}}})
	}
	if len(resources) == 0 {
		return nil
	}
	file, imported := s.base()+"-import.yaml", s.base()+"-import.json"
	var y yamlText
	y.WriteString(firstImport)
	w := &script{plan: s.plan}
	w.origin(s.meta)
	w.rows("It imports:", func(id resource.ID) bool {
		return slices.ContainsFunc(s.existing, func(a resource.Change) bool { return a.ID == id })
	})
	stack, set := StackName(s.base())+"-existing", "import"
	for _, text := range []string{
		"Adoption is optional: " + s.file + " does not need it. This template takes the endpoints into a stack of their own, so that " + s.file +
			" contains only what the plan creates, and an update of one stack never touches the resources of the other.",
		"An import changes no property of a resource. CloudFormation does not compare a resource with its template, and changes only properties that differ between two " +
			"templates. So this template has only the properties that never change: the plan does not know all others. Read the others with drift detection, and add those " +
			"that the stack should manage. The stack never deletes the endpoints: their DeletionPolicy is Retain. Leave out endpoints that another stack or an AWS service manages."} {
		w.line("#")
		w.b.WriteString(comment("# ", text))
	}
	w.line("#\n# Usage:\n#")
	for _, line := range []string{
		"aws cloudformation create-change-set --region " + s.plan.Region + " --stack-name " + stack + ` \`,
		"  --change-set-name " + set + ` --change-set-type IMPORT \`,
		"  --template-body file://" + file + " --resources-to-import file://" + imported,
		"aws cloudformation wait change-set-create-complete --region " + s.plan.Region + ` \`,
		"  --stack-name " + stack + " --change-set-name " + set,
		"aws cloudformation execute-change-set --region " + s.plan.Region + " --stack-name " + stack + ` \`,
		"  --change-set-name " + set,
		"aws cloudformation wait stack-import-complete --region " + s.plan.Region + " --stack-name " + stack} {
		w.line("#   %s", line)
	}
	w.line("#")
	y.WriteString(w.b.String())
	y.WriteString("AWSTemplateFormatVersion: \"2010-09-09\"\n")
	y.object("", mapping{{key: "Description", value: "Existing VPC endpoints, imported by PrivateLink Wizard " + shown(s.meta.Version)}})
	y.sections(i.parameters(), nil, resources, nil)
	return []File{{Name: file, Text: y.String(), Start: firstImport}, {Name: imported, Text: resourcesToImport(list), Start: firstImported}}
}

// resourcesToImport writes the file for the option of that name.
func resourcesToImport(list []mapping) string {
	var b strings.Builder
	b.WriteString("[\n")
	for i, o := range list {
		id := o[2].value.(mapping)[0]
		fmt.Fprintf(&b, "  {\n    %q: %q,\n    %q: %q,\n    %q: { %q: %q }\n  }", o[0].key, o[0].value, o[1].key, o[1].value, o[2].key, id.key, id.value)
		if i < len(list)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	return b.String() + "]\n"
}
