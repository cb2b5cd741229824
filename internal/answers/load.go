package answers

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// maxSize in bytes is far more than any answers file needs. It limits how much of a wrong file is
// read.
const maxSize = 64 << 10

// keys are all keys of the answers file, in the documented order.
var keys = []string{"version", "account", "workload", "region", "service", "compute_environment", "vpc", "subnets", "clients", "security_groups",
	"needs", "extra", "private_dns", "ip_address_type", "endpoint_policy", "agent", "mwaa", "registry", "proof", "redeploy", "tags"}

// agentKeys are the keys of the mapping that `agent` takes.
var agentKeys = []string{"clusters", "restart", "update"}

// registryKeys are the keys of `registry`, and jobKeys those of `registry.job`. No key takes a
// password.
var (
	registryKeys = []string{"secret", "value", "check", "restore", "username", "description", "kms_key", "role", "create_role", "ecr_condition", "definition", "containers", "update_service", "job"}
	jobKeys      = []string{"name", "image", "vcpu", "memory"}
)

// proofKeys are those of `proof`.
var proofKeys = []string{"task"}

// defaultPolicy is the key, in a mapping of endpoint policies, for all services that the mapping
// does not list. No service has this code.
const defaultPolicy = "default"

// Load reads an answers file. The error is of type Errors and contains all mistakes that one pass
// can find. The valid part of the file is returned with it.
func Load(name string, data []byte) (Answers, *File, error) {
	l := &loader{file: &File{Name: name, positions: map[string]position{}, names: map[string]position{}}}
	l.load(data)
	if len(l.errs) > 0 {
		l.errs.sort()
		return l.ans, l.file, l.errs
	}
	return l.ans, l.file, nil
}

type loader struct {
	file *File
	ans  Answers
	errs Errors
}

func (l *loader) fail(at *token.Token, key, text, problem string) {
	e := &Error{File: l.file.Name, Key: key, Text: text, Problem: problem}
	if at != nil && at.Position != nil {
		e.Line, e.Col = at.Position.Line, at.Position.Column
	}
	l.errs = append(l.errs, e)
}

func (l *loader) failAt(line, col int, text, problem string) {
	l.errs = append(l.errs, &Error{File: l.file.Name, Line: line, Col: col, Text: text, Problem: problem})
}

func (l *loader) load(data []byte) {
	data, ok := l.text(data)
	if !ok {
		return
	}
	root, ok := l.parse(data)
	if !ok {
		return
	}
	seen := map[string]int{}
	for iter := root.MapRange(); iter.Next(); {
		l.key(iter.KeyValue(), seen)
	}
	if _, ok := seen["version"]; !ok {
		l.failAt(1, 1, "", "the version is missing; write version: 1")
	}
	l.errs = append(l.errs, l.file.combinations(l.ans)...)
}

// text verifies that the file is text that YAML accepts, and removes byte order marks and
// carriage returns.
func (l *loader) text(data []byte) ([]byte, bool) {
	if len(data) > maxSize {
		l.failAt(0, 0, "", fmt.Sprintf("the file has %d bytes; the limit is %d", len(data), maxSize))
		return nil, false
	}
	data, err := printable.Decode(data)
	if err != nil {
		l.failAt(0, 0, "", "the file "+err.Error())
		return nil, false
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	good := true
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			l.failAt(i+1, 1, "", "this line is not UTF-8 text; save the file as UTF-8")
			good = false
			continue
		}
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(line) {
			l.failAt(i+1, tab+1, "", "this line is indented with a tab; YAML allows only spaces for indentation")
			good = false
		}
		for at, r := range []rune(string(line)) {
			if r != '\t' && unprintable(string(r)) != "" {
				l.failAt(i+1, at+1, "", fmt.Sprintf("the character U+%04X is not allowed here", r))
				good = false
				break
			}
		}
	}
	return data, good
}

// parse reads the single mapping of the file.
func (l *loader) parse(data []byte) (root ast.MapNode, ok bool) {
	defer func() {
		// The parser is a dependency and the input is not trusted, so a panic must not end the
		// program.
		if r := recover(); r != nil {
			l.failAt(0, 0, "", "cannot parse the file as YAML")
			root, ok = nil, false
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			l.fail(syntax.GetToken(), "", textOf(syntax.GetToken()), "is not YAML: "+explain(syntax.GetMessage()))
		} else {
			l.failAt(0, 0, "", "the file is not YAML: "+err.Error())
		}
		return nil, false
	}
	var docs []*ast.DocumentNode
	for _, d := range file.Docs {
		switch body := d.Body.(type) {
		case *ast.DirectiveNode:
			l.fail(body.GetToken(), "", "", "directives are not allowed; begin the file with version: 1")
			return nil, false
		case nil, *ast.CommentGroupNode:
			if d.Start == nil || len(docs) == 0 {
				continue // comments before or after the document
			}
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 {
		l.failAt(1, 1, "", "the file is empty; begin it with version: 1")
		return nil, false
	}
	if len(docs) > 1 {
		at := docs[1].Start
		if at == nil {
			at = docs[1].Body.GetToken()
		}
		l.fail(at, "", "", "a second document begins here; an answers file must be one document")
		return nil, false
	}
	node := docs[0].Body
	if !l.plain("", node) {
		return nil, false
	}
	if root, ok = node.(ast.MapNode); !ok {
		l.fail(node.GetToken(), "", scalarText(node), "must be key: value; begin the file with version: 1")
	}
	return root, ok
}

// explain adds the usual cause to the parser's message.
func explain(message string) string {
	if strings.HasPrefix(message, "mapping value is not allowed") {
		return message + "; check the indentation, and put text that contains a colon in quotes"
	}
	return message
}

// plain rejects YAML features that hide the real value: anchors, aliases and tags.
func (l *loader) plain(key string, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		l.fail(n.GetToken(), key, "", "anchors and aliases are not allowed; write the value itself")
		return false
	case *ast.TagNode:
		l.fail(n.GetToken(), key, textOf(n.GetToken()), "is a YAML tag, which is not allowed; put text in quotes instead")
		return false
	}
	return true
}

func textOf(t *token.Token) string {
	if t == nil {
		return ""
	}
	return strings.TrimSpace(t.Value)
}

// scalarText returns the text of a scalar node, or the empty string for other nodes.
func scalarText(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode, *ast.NullNode, ast.MapNode:
		return ""
	}
	return textOf(n.GetToken())
}

// name reads a key of a mapping.
func (l *loader) name(parent string, kv *ast.MappingValueNode) (string, bool) {
	switch k := kv.Key.(type) {
	case *ast.StringNode:
		at, value := k.GetToken(), kv.Value.GetToken()
		if at.Type == token.StringType && kv.Value.Type() != ast.NullType && kv.Start != nil && value != nil &&
			value.Position.Offset == kv.Start.Position.Offset+1 {
			// YAML reads a:b as one text. Inside braces the parser reads it as a key and a value.
			l.fail(at, parent, at.Value+":"+value.Value, "has no space after the colon; write key: value, or put a key that contains a colon in quotes")
			return "", false
		}
		return k.Value, true
	case *ast.MergeKeyNode:
		l.fail(k.GetToken(), parent, "<<", "merges another mapping, which is not allowed; write the keys themselves")
	case *ast.MappingKeyNode:
		l.fail(k.GetToken(), parent, "?", "is a complex key, which is not allowed; write key: value")
	default:
		if !l.plain(parent, kv.Key) {
			break
		}
		t := textOf(kv.Key.GetToken())
		l.fail(kv.Key.GetToken(), parent, t, fmt.Sprintf("is not read as text by YAML; put the key in quotes: %s", quote(t)))
	}
	return "", false
}

func (l *loader) key(kv *ast.MappingValueNode, seen map[string]int) {
	name, ok := l.name("", kv)
	if !ok {
		return
	}
	tok := kv.Key.GetToken()
	if line, twice := seen[name]; twice {
		l.fail(tok, "", name, fmt.Sprintf("is a duplicate key; first defined on line %d", line))
		return
	}
	seen[name] = tok.Position.Line
	if !slices.Contains(keys, name) {
		l.fail(tok, "", name, "is not a key of an answers file"+suggest(name, keys)+"; supported: "+words(keys))
		return
	}
	l.file.positions[name] = position{line: tok.Position.Line, col: tok.Position.Column}
	a := &l.ans
	switch name {
	case "version":
		l.version(kv)
	case "account":
		a.Account = l.scalar(name, kv.Value)
	case "workload":
		a.Workload = Workload(l.scalar(name, kv.Value))
	case "region":
		a.Region = l.scalar(name, kv.Value)
	case "service":
		a.Service = l.scalar(name, kv.Value)
	case "compute_environment":
		a.ComputeEnvironment = l.scalar(name, kv.Value)
	case "vpc":
		a.VPC = l.scalar(name, kv.Value)
	case "subnets":
		a.Subnets = l.list(name, kv.Value)
	case "clients":
		a.Clients = l.list(name, kv.Value)
	case "security_groups":
		a.SecurityGroups = l.list(name, kv.Value)
	case "needs":
		if items := l.list(name, kv.Value); items != nil {
			a.Needs = &items
		}
	case "extra":
		if a.Extra = l.list(name, kv.Value); len(a.Extra) == 0 {
			a.Extra = nil
		}
	case "private_dns":
		a.PrivateDNS = l.boolean(name, kv.Value)
	case "ip_address_type":
		a.IPAddressType = l.scalar(name, kv.Value)
	case "endpoint_policy":
		a.EndpointPolicy = l.policy(name, kv.Value)
	case "agent":
		a.Agent = l.agent(name, kv.Value)
	case "mwaa":
		a.Airflow = l.mwaa(name, kv.Value)
	case "registry":
		a.Registry = l.registry(name, kv.Value)
	case "proof":
		a.Proof = l.proof(name, kv.Value)
	case "redeploy":
		if a.Redeploy = l.list(name, kv.Value); len(a.Redeploy) == 0 {
			a.Redeploy = nil
		}
	case "tags":
		a.Tags = l.tags(tok, kv.Value)
	}
}

func (l *loader) version(kv *ast.MappingValueNode) {
	n, ok := kv.Value.(*ast.IntegerNode)
	if !ok {
		if l.plain("version", kv.Value) {
			problem := "is not a version; write version: 1, without quotes"
			if kv.Value.Type() == ast.NullType {
				problem = "has no value; write version: 1"
			}
			l.fail(kv.Value.GetToken(), "version", scalarText(kv.Value), problem)
		}
		return
	}
	at := n.GetToken()
	l.file.positions["version"] = position{at.Position.Line, at.Position.Column, at.Value}
	if at.Value != fmt.Sprint(Version) {
		l.fail(at, "version", at.Value, fmt.Sprintf("is not supported; this program reads version: %d", Version))
		return
	}
	l.ans.Version = Version
}

// scalar reads and checks a text. It returns the empty string if the text was rejected.
func (l *loader) scalar(key string, n ast.Node) string {
	s, ok := l.value(key, key, n)
	if !ok {
		return ""
	}
	if problem := invalid(key, s); problem != "" {
		l.refuse(key, n, s, problem)
		return ""
	}
	return s
}

// refuse reports the problem of a text in the file.
func (l *loader) refuse(path string, n ast.Node, s, problem string) {
	if strings.TrimSpace(s) == "" {
		s, problem = "", "the text "+problem
	}
	l.fail(n.GetToken(), path, s, problem)
}

// value reads a text without checking it.
func (l *loader) value(key, path string, n ast.Node) (string, bool) {
	at := n.GetToken()
	switch v := n.(type) {
	case *ast.StringNode:
		if at.Type == token.StringType && numberShape.MatchString(v.Value) {
			// The parser reads 089 as text, other parsers read it as a number.
			l.fail(at, path, v.Value, fmt.Sprintf("is a number in some YAML readers; put it in quotes: %s", quote(v.Value)))
			return "", false
		}
		l.file.positions[path] = position{at.Position.Line, at.Position.Column, v.Value}
		return v.Value, true
	case *ast.LiteralNode:
		l.fail(v.GetToken(), path, "", "is a text block; write it on one line")
	case *ast.NullNode:
		l.fail(at, path, "", "has no value; "+advice(key))
	case ast.MapNode:
		l.fail(at, path, "", "must be text, not a mapping")
	case *ast.SequenceNode:
		l.fail(at, path, "", "must be one text, not a list")
	default:
		if l.plain(path, n) {
			// Other tools may change a number, for example remove leading zeros.
			l.fail(at, path, textOf(at), fmt.Sprintf("is not read as text by YAML; put it in quotes: %s", quote(textOf(at))))
		}
	}
	return "", false
}

var numberShape = regexp.MustCompile(`^[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)

// advice returns what to write for a key without a value.
func advice(key string) string {
	if key == "needs" {
		return "write [] for none, or remove the key to detect them in the account"
	}
	return "write a value, or remove the key"
}

// list reads a list of texts. It returns nil if the list was rejected.
func (l *loader) list(key string, n ast.Node) []string {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), key, "", "has no value; "+advice(key))
		case l.plain(key, n):
			t := textOf(n.GetToken())
			if _, isMap := n.(ast.MapNode); isMap {
				l.fail(n.GetToken(), key, "", "must be a list, not a mapping; for example ["+example(key)+"]")
				break
			}
			item := flow(t)
			if key == "needs" && t == "none" {
				item = ""
			}
			l.fail(n.GetToken(), key, t, fmt.Sprintf("must be a list; write [%s]", item))
		}
		return nil
	}
	if len(seq.Values) == 0 && key != "needs" && key != "extra" {
		l.fail(seq.GetToken(), key, "", "must not be empty; remove the key to "+ifOmitted(key))
		return nil
	}
	out := []string{}
	for i, item := range seq.Values {
		path := fmt.Sprintf("%s[%d]", key, i)
		s, ok := l.value("", path, item)
		if !ok {
			continue
		}
		if problem := invalid(key, s); problem != "" {
			l.refuse(path, item, s, problem)
			continue
		}
		if first := slices.Index(out, s); first >= 0 {
			l.fail(item.GetToken(), path, s, "is in the list twice")
			continue
		}
		out = append(out, s)
	}
	return out
}

// ifOmitted returns what happens if the key is omitted.
func ifOmitted(key string) string {
	if key == clustersKey {
		return "include all clusters with instances in the VPC"
	}
	return "use the plan's default"
}

// example returns a list item as in the documentation.
func example(key string) string {
	switch key {
	case "needs":
		return "ecr, awslogs"
	case "extra":
		return "sts"
	case "security_groups":
		return "sg-01"
	case clustersKey:
		return "prod"
	}
	return "subnet-01"
}

func (l *loader) boolean(key string, n ast.Node) *bool {
	b, ok := n.(*ast.BoolNode)
	if ok {
		at := n.GetToken()
		l.file.positions[key] = position{at.Position.Line, at.Position.Column, at.Value}
		return &b.Value
	}
	if n.Type() == ast.NullType {
		l.fail(n.GetToken(), key, "", "has no value; write true or false")
	} else if l.plain(key, n) {
		l.fail(n.GetToken(), key, scalarText(n), "must be true or false, without quotes")
	}
	return nil
}

// policy reads one endpoint policy for all services, or a mapping with one for each.
func (l *loader) policy(key string, n ast.Node) Policy {
	m, ok := n.(ast.MapNode)
	if !ok {
		if _, isList := n.(*ast.SequenceNode); isList {
			l.fail(n.GetToken(), key, "", "must not be a list; write one policy, or a mapping such as {s3: least-privilege}")
			return Policy{}
		}
		return Policy{Default: l.scalar(key, n)}
	}
	p := Policy{ByService: map[string]string{}}
	if l.rejectEmpty(key, m) {
		return Policy{}
	}
	pairs := l.pairs(key, m, func(name string) string {
		if name == defaultPolicy {
			return ""
		}
		return invalid("extra", name)
	})
	for _, kv := range pairs {
		path := key + "." + kv.name
		v, ok := l.value("", path, kv.value)
		if !ok {
			continue
		}
		if problem := invalid(key, v); problem != "" {
			l.refuse(path, kv.value, v, problem)
		} else if kv.name == defaultPolicy {
			p.Default = v
		} else {
			p.ByService[kv.name] = v
		}
	}
	if len(p.ByService) == 0 { // same as one policy without a mapping
		p.ByService = nil
		if at, ok := l.file.positions[key+"."+defaultPolicy]; ok {
			l.file.positions[key] = at
		}
	}
	return p
}

// clustersKey is the path of the only list that is not at the top level.
const clustersKey = "agent.clusters"

func (l *loader) agent(key string, n ast.Node) Agent {
	var a Agent
	for _, kv := range l.fields(key, n, agentKeys, "{clusters: [prod], restart: commands}") {
		path := key + "." + kv.name
		switch kv.name {
		case "clusters":
			at := kv.key.GetToken().Position
			l.file.positions[path] = position{line: at.Line, col: at.Column}
			a.Clusters = l.list(path, kv.value)
		case "restart":
			a.Restart = l.scalar(path, kv.value)
		case "update":
			if b := l.boolean(path, kv.value); b != nil {
				a.Update = *b
			}
		}
	}
	return a
}

// registry reads the login of tasks or jobs to a private registry.
func (l *loader) registry(key string, n ast.Node) Registry {
	var r Registry
	texts := map[string]*string{"secret": &r.Secret, "value": &r.Value, "username": &r.Username, "description": &r.Description, "kms_key": &r.KMSKey, "role": &r.Role,
		"ecr_condition": &r.ECRCondition, "definition": &r.Definition}
	switches := map[string]*bool{"check": &r.Check, "restore": &r.Restore, "create_role": &r.CreateRole, "update_service": &r.UpdateService}
	for _, kv := range l.fields(key, n, registryKeys, "{secret: prod/registry, value: set, username: team}") {
		path := key + "." + kv.name
		at := kv.key.GetToken().Position
		l.file.positions[path] = position{line: at.Line, col: at.Column}
		switch {
		case texts[kv.name] != nil:
			*texts[kv.name] = l.scalar(path, kv.value)
		case switches[kv.name] != nil:
			if b := l.boolean(path, kv.value); b != nil {
				*switches[kv.name] = *b
			}
		case kv.name == "containers":
			r.Containers = l.list(path, kv.value)
		case kv.name == "job":
			job := map[string]*string{"name": &r.Job.Name, "image": &r.Job.Image, "vcpu": &r.Job.VCPU, "memory": &r.Job.Memory}
			for _, f := range l.fields(path, kv.value, jobKeys, `{name: nightly, image: registry.example.com/team/nightly:1, vcpu: "1", memory: "2048"}`) {
				*job[f.name] = l.scalar(path+"."+f.name, f.value)
			}
		}
	}
	return r
}

// proof reads the verification beyond what the AWS APIs show.
func (l *loader) proof(key string, n ast.Node) Proof {
	var p Proof
	for _, kv := range l.fields(key, n, proofKeys, "{task: prod/web}") {
		p.Task = l.scalar(key+"."+kv.name, kv.value)
	}
	return p
}

// fields reads a mapping with a fixed set of keys.
func (l *loader) fields(key string, n ast.Node, allowed []string, example string) []pair {
	m, ok := n.(ast.MapNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), key, "", "has no value; write a mapping such as "+example+", or remove the key")
		case l.plain(key, n):
			l.fail(n.GetToken(), key, scalarText(n), "must be a mapping such as "+example)
		}
		return nil
	}
	if l.rejectEmpty(key, m) {
		return nil
	}
	return l.pairs(key, m, func(name string) string {
		if !slices.Contains(allowed, name) {
			return "is not a key of " + key + suggest(name, allowed) + "; supported: " + words(allowed)
		}
		return ""
	})
}

// pair is a key of a mapping with its value.
type pair struct {
	name       string
	key, value ast.Node
}

// pairs reads the keys of a mapping. It rejects duplicate keys and every key that judge returns a
// problem for.
func (l *loader) pairs(parent string, m ast.MapNode, judge func(name string) string) []pair {
	seen, out := map[string]int{}, []pair{}
	for iter := m.MapRange(); iter.Next(); {
		kv := iter.KeyValue()
		name, ok := l.name(parent, kv)
		if !ok {
			continue
		}
		at := kv.Key.GetToken()
		if line, twice := seen[name]; twice {
			l.fail(at, parent, name, fmt.Sprintf("is a duplicate key; first defined on line %d", line))
			continue
		}
		seen[name] = at.Position.Line
		if problem := judge(name); problem != "" {
			l.refuse(parent, kv.Key, name, problem)
			continue
		}
		l.file.names[parent+"."+name] = position{at.Position.Line, at.Position.Column, name}
		out = append(out, pair{name, kv.Key, kv.Value})
	}
	return out
}

// rejectEmpty rejects an empty mapping.
func (l *loader) rejectEmpty(key string, m ast.MapNode) bool {
	if m.MapRange().Next() {
		return false
	}
	l.fail(m.(ast.Node).GetToken(), key, "", "must not be empty; remove the key to use the plan's default")
	return true
}

func (l *loader) tags(tok *token.Token, n ast.Node) map[string]string {
	m, ok := n.(ast.MapNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), "tags", "", "has no value; write key: value, or remove the key")
		case l.plain("tags", n):
			l.fail(n.GetToken(), "tags", scalarText(n), "must be a mapping such as {team: payments}")
		}
		return nil
	}
	out := map[string]string{}
	pairs := l.pairs("tags", m, func(string) string { return "" })
	for _, kv := range pairs {
		v, ok := l.value("", "tags."+kv.name, kv.value)
		if !ok {
			continue
		}
		if problem := invalidTag(kv.name, v); problem != "" {
			l.refuse("tags", kv.key, kv.name, problem)
			continue
		}
		out[kv.name] = v
	}
	if len(pairs) > maxTags {
		l.fail(tok, "tags", "", fmt.Sprintf("has %d tags; the limit is %d", len(pairs), maxTags))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
