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
)

// maxSize is far above any answers file, and keeps a wrong path from being read
// for long.
const maxSize = 64 << 10

// keys are the keys of the contract, in its order.
var keys = []string{"version", "account", "workload", "region", "service", "compute_environment", "vpc", "subnets", "clients", "security_groups",
	"needs", "extra", "private_dns", "ip_address_type", "endpoint_policy", "agent", "mwaa", "registry", "proof", "redeploy", "tags"}

// agentKeys are the keys of the mapping that `agent` takes.
var agentKeys = []string{"clusters", "restart", "update"}

// registryKeys are those of `registry`, and jobKeys those of `registry.job`. There is none
// for a password.
var (
	registryKeys = []string{"secret", "value", "check", "restore", "username", "description", "kms_key", "role", "create_role", "ecr_condition", "definition", "containers", "update_service", "job"}
	jobKeys      = []string{"name", "image", "vcpu", "memory"}
)

// proofKeys are those of `proof`.
var proofKeys = []string{"task"}

// defaultPolicy is the key of a mapping of endpoint policies that stands for every
// service that it does not name. No service has this code.
const defaultPolicy = "default"

// Load reads an answers file. The error is of type Errors and holds all mistakes
// that could be seen at once; what was understood is returned beside it.
func Load(name string, data []byte) (Answers, *File, error) {
	l := &loader{file: &File{Name: name, places: map[string]place{}, names: map[string]place{}}}
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

// text checks that the file is text that YAML can be, and evens out the marks
// that editors leave.
func (l *loader) text(data []byte) ([]byte, bool) {
	if len(data) > maxSize {
		l.failAt(0, 0, "", fmt.Sprintf("the file has %d bytes; an answers file has at most %d", len(data), maxSize))
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
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
			l.failAt(i+1, tab+1, "", "this line is indented with a tab; YAML allows only spaces there")
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

// parse reads the one mapping that the file is.
func (l *loader) parse(data []byte) (root ast.MapNode, ok bool) {
	defer func() {
		// The parser is not ours, and the file is anybody's.
		if r := recover(); r != nil {
			l.failAt(0, 0, "", "the file is not YAML that can be read")
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
			l.fail(body.GetToken(), "", "", "directives are not allowed; the file begins with version: 1")
			return nil, false
		case nil, *ast.CommentGroupNode:
			if d.Start == nil || len(docs) == 0 {
				continue // comments before or after the document
			}
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 {
		l.failAt(1, 1, "", "the file is empty; it begins with version: 1")
		return nil, false
	}
	if len(docs) > 1 {
		at := docs[1].Start
		if at == nil {
			at = docs[1].Body.GetToken()
		}
		l.fail(at, "", "", "a second document begins here; an answers file holds one")
		return nil, false
	}
	node := docs[0].Body
	if !l.plain("", node) {
		return nil, false
	}
	if root, ok = node.(ast.MapNode); !ok {
		l.fail(node.GetToken(), "", scalarText(node), "is not key: value; the file begins with version: 1")
	}
	return root, ok
}

// explain adds to the parser's words what usually lies behind them.
func explain(message string) string {
	if strings.HasPrefix(message, "mapping value is not allowed") {
		return message + "; is a line indented that should not be, or a text with a colon not in quotes?"
	}
	return message
}

// plain refuses what makes a file mean something else than it shows.
func (l *loader) plain(key string, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		l.fail(n.GetToken(), key, "", "anchors and aliases are not allowed; write the value out")
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

// scalarText is the text of a node that can be shown on its own.
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
			// YAML takes a:b for one text, the parser inside braces for a key and a value.
			l.fail(at, parent, at.Value+":"+value.Value, "has no space after the colon; write key: value, or put a key that holds a colon in quotes")
			return "", false
		}
		return k.Value, true
	case *ast.MergeKeyNode:
		l.fail(k.GetToken(), parent, "<<", "merges another mapping, which is not allowed; write the keys out")
	case *ast.MappingKeyNode:
		l.fail(k.GetToken(), parent, "?", "makes a key of a whole value, which is not allowed; write key: value")
	default:
		if !l.plain(parent, kv.Key) {
			break
		}
		t := textOf(kv.Key.GetToken())
		l.fail(kv.Key.GetToken(), parent, t, fmt.Sprintf("is a key that YAML does not read as text; put it in quotes: %s", quote(t)))
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
		l.fail(tok, "", name, fmt.Sprintf("stands here for the second time; the first is in line %d", line))
		return
	}
	seen[name] = tok.Position.Line
	if !slices.Contains(keys, name) {
		l.fail(tok, "", name, "is not a key of an answers file"+suggest(name, keys)+"; allowed are "+words(keys))
		return
	}
	l.file.places[name] = place{line: tok.Position.Line, col: tok.Position.Column}
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
			problem := "is no version; write version: 1, without quotes"
			if kv.Value.Type() == ast.NullType {
				problem = "has no value; write version: 1"
			}
			l.fail(kv.Value.GetToken(), "version", scalarText(kv.Value), problem)
		}
		return
	}
	at := n.GetToken()
	l.file.places["version"] = place{at.Position.Line, at.Position.Column, at.Value}
	if at.Value != fmt.Sprint(Version) {
		l.fail(at, "version", at.Value, fmt.Sprintf("is a version that this program does not read; it reads version: %d", Version))
		return
	}
	l.ans.Version = Version
}

// scalar reads a text and checks it; empty means that it was refused.
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

// refuse tells what is wrong with a text that stands in the file.
func (l *loader) refuse(path string, n ast.Node, s, problem string) {
	if strings.TrimSpace(s) == "" {
		s, problem = "", "the text "+problem
	}
	l.fail(n.GetToken(), path, s, problem)
}

// value reads a text without judging it.
func (l *loader) value(key, path string, n ast.Node) (string, bool) {
	at := n.GetToken()
	switch v := n.(type) {
	case *ast.StringNode:
		if at.Type == token.StringType && numberShape.MatchString(v.Value) {
			// Our parser takes 089 for text, others for a number.
			l.fail(at, path, v.Value, fmt.Sprintf("is a number to some readers of YAML; put it in quotes: %s", quote(v.Value)))
			return "", false
		}
		l.file.places[path] = place{at.Position.Line, at.Position.Column, v.Value}
		return v.Value, true
	case *ast.LiteralNode:
		l.fail(v.GetToken(), path, "", "is a block of lines; write it on one line")
	case *ast.NullNode:
		l.fail(at, path, "", "has no value; "+advice(key))
	case ast.MapNode:
		l.fail(at, path, "", "is a mapping, where text is wanted")
	case *ast.SequenceNode:
		l.fail(at, path, "", "is a list, where one text is wanted")
	default:
		if l.plain(path, n) {
			// A number loses leading zeros and more on the way through other tools.
			l.fail(at, path, textOf(at), fmt.Sprintf("is not text to YAML; put it in quotes: %s", quote(textOf(at))))
		}
	}
	return "", false
}

var numberShape = regexp.MustCompile(`^[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)

// advice says what to write where a key has no value.
func advice(key string) string {
	if key == "needs" {
		return "write [] for none, or remove the key to take what the account shows"
	}
	return "write one, or remove the key"
}

// list reads a list of texts; nil means that it was refused.
func (l *loader) list(key string, n ast.Node) []string {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), key, "", "has no value; "+advice(key))
		case l.plain(key, n):
			t := textOf(n.GetToken())
			if _, isMap := n.(ast.MapNode); isMap {
				l.fail(n.GetToken(), key, "", "is a mapping, where a list is wanted; write it as in ["+example(key)+"]")
				break
			}
			item := flow(t)
			if key == "needs" && t == "none" {
				item = ""
			}
			l.fail(n.GetToken(), key, t, fmt.Sprintf("is not a list; write [%s]", item))
		}
		return nil
	}
	if len(seq.Values) == 0 && key != "needs" && key != "extra" {
		l.fail(seq.GetToken(), key, "", "the list is empty; remove the key to "+unsaid(key))
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
			l.fail(item.GetToken(), path, s, "stands in the list twice")
			continue
		}
		out = append(out, s)
	}
	return out
}

// unsaid says what happens where a key is left out.
func unsaid(key string) string {
	if key == clustersKey {
		return "take all clusters with instances in the VPC"
	}
	return "leave the choice to the plan"
}

// example is a list item as the contract shows it.
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
		l.file.places[key] = place{at.Position.Line, at.Position.Column, at.Value}
		return &b.Value
	}
	if n.Type() == ast.NullType {
		l.fail(n.GetToken(), key, "", "has no value; write true or false")
	} else if l.plain(key, n) {
		l.fail(n.GetToken(), key, scalarText(n), "is neither true nor false; write one of them, without quotes")
	}
	return nil
}

// policy reads one endpoint policy for all services, or a mapping with one for each.
func (l *loader) policy(key string, n ast.Node) Policy {
	m, ok := n.(ast.MapNode)
	if !ok {
		if _, isList := n.(*ast.SequenceNode); isList {
			l.fail(n.GetToken(), key, "", "is a list; write one policy, or a mapping as in {s3: least-privilege}")
			return Policy{}
		}
		return Policy{Default: l.scalar(key, n)}
	}
	p := Policy{ByService: map[string]string{}}
	if l.hollow(key, m) {
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
	if len(p.ByService) == 0 { // then it says no more than one policy without a mapping
		p.ByService = nil
		if at, ok := l.file.places[key+"."+defaultPolicy]; ok {
			l.file.places[key] = at
		}
	}
	return p
}

// clustersKey is the path of the one list that does not stand at the top.
const clustersKey = "agent.clusters"

func (l *loader) agent(key string, n ast.Node) Agent {
	var a Agent
	for _, kv := range l.fields(key, n, agentKeys, "{clusters: [prod], restart: commands}") {
		path := key + "." + kv.name
		switch kv.name {
		case "clusters":
			at := kv.key.GetToken().Position
			l.file.places[path] = place{line: at.Line, col: at.Column}
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

// registry reads how tasks or jobs log in at a private registry.
func (l *loader) registry(key string, n ast.Node) Registry {
	var r Registry
	texts := map[string]*string{"secret": &r.Secret, "value": &r.Value, "username": &r.Username, "description": &r.Description, "kms_key": &r.KMSKey, "role": &r.Role,
		"ecr_condition": &r.ECRCondition, "definition": &r.Definition}
	switches := map[string]*bool{"check": &r.Check, "restore": &r.Restore, "create_role": &r.CreateRole, "update_service": &r.UpdateService}
	for _, kv := range l.fields(key, n, registryKeys, "{secret: prod/registry, value: set, username: team}") {
		path := key + "." + kv.name
		at := kv.key.GetToken().Position
		l.file.places[path] = place{line: at.Line, col: at.Column}
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

// proof reads what is tried beyond what AWS's API shows.
func (l *loader) proof(key string, n ast.Node) Proof {
	var p Proof
	for _, kv := range l.fields(key, n, proofKeys, "{task: prod/web}") {
		p.Task = l.scalar(key+"."+kv.name, kv.value)
	}
	return p
}

// fields reads a mapping with fixed keys.
func (l *loader) fields(key string, n ast.Node, allowed []string, example string) []pair {
	m, ok := n.(ast.MapNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), key, "", "has no value; write it as in "+example+", or remove the key")
		case l.plain(key, n):
			l.fail(n.GetToken(), key, scalarText(n), "is no mapping; write it as in "+example)
		}
		return nil
	}
	if l.hollow(key, m) {
		return nil
	}
	return l.pairs(key, m, func(name string) string {
		if !slices.Contains(allowed, name) {
			return "is not a key of " + key + suggest(name, allowed) + "; allowed are " + words(allowed)
		}
		return ""
	})
}

// pair is a key of a mapping with its value.
type pair struct {
	name       string
	key, value ast.Node
}

// pairs reads the keys of a mapping that is the value of a key, and refuses those
// that stand there twice or that judge finds something wrong with.
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
			l.fail(at, parent, name, fmt.Sprintf("stands here for the second time; the first is in line %d", line))
			continue
		}
		seen[name] = at.Position.Line
		if problem := judge(name); problem != "" {
			l.refuse(parent, kv.Key, name, problem)
			continue
		}
		l.file.names[parent+"."+name] = place{at.Position.Line, at.Position.Column, name}
		out = append(out, pair{name, kv.Key, kv.Value})
	}
	return out
}

// hollow refuses a mapping that says nothing.
func (l *loader) hollow(key string, m ast.MapNode) bool {
	if m.MapRange().Next() {
		return false
	}
	l.fail(m.(ast.Node).GetToken(), key, "", "the mapping is empty; remove the key to leave the choice to the plan")
	return true
}

func (l *loader) tags(tok *token.Token, n ast.Node) map[string]string {
	m, ok := n.(ast.MapNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), "tags", "", "has no value; write key: value, or remove the key")
		case l.plain("tags", n):
			l.fail(n.GetToken(), "tags", scalarText(n), "is no mapping; write tags as in {team: payments}")
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
		l.fail(tok, "tags", "", fmt.Sprintf("there are %d tags; at most %d are allowed", len(pairs), maxTags))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
