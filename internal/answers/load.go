package answers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// maxSize in bytes is far more than any answers file needs. It limits how much of a wrong file is
// read.
const maxSize = 64 << 10

// defaultPolicy is the key, in a mapping of endpoint policies, for all services that the mapping
// does not list. No service has this code.
const defaultPolicy = "default"

// Load reads an answers file. The error is of type Errors and contains all mistakes that one pass
// can find. The valid part of the file is returned with it.
func Load(name string, data []byte) (Answers, *File, error) {
	l := newLoader(name, "an answers file", "begin the file with version: 1")
	l.load(data)
	return l.ans, l.file, l.failed()
}

type loader struct {
	file  *File
	ans   Answers
	errs  Errors
	kind  string // of file, in messages
	start string // what the user must write, if the file is not a mapping
}

func newLoader(name, kind, start string) *loader {
	return &loader{file: &File{Name: name, positions: map[string]position{}, names: map[string]position{}}, kind: kind, start: start}
}

// failed returns all mistakes that were found, or nil.
func (l *loader) failed() error {
	if len(l.errs) == 0 {
		return nil
	}
	l.errs.sort()
	return l.errs
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
	if root == nil {
		l.failAt(1, 1, "", "the file is empty; begin it with version: 1")
		return
	}
	l.decode("", root, reflect.ValueOf(&l.ans).Elem())
	if _, ok := l.file.positions["version"]; !ok {
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

// parse reads the single mapping of the file. It is nil if the file is empty.
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
			l.fail(body.GetToken(), "", "", "directives are not allowed; "+l.start)
			return nil, false
		case nil, *ast.CommentGroupNode:
			if d.Start == nil || len(docs) == 0 {
				continue // comments before or after the document
			}
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 {
		return nil, true
	}
	if len(docs) > 1 {
		at := docs[1].Start
		if at == nil {
			at = docs[1].Body.GetToken()
		}
		l.fail(at, "", "", "a second document begins here; "+l.kind+" must be one document")
		return nil, false
	}
	node := docs[0].Body
	if !l.plain("", node) {
		return nil, false
	}
	if root, ok = node.(ast.MapNode); !ok {
		l.fail(node.GetToken(), "", scalarText(node), "must be key: value; "+l.start)
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

// decode reads a mapping into a struct. The yaml tags of its fields are the allowed keys. The
// decoder of the library ends at the first mistake, reads 12 and 0123 as text and [] as no value,
// and keeps no positions.
func (l *loader) decode(key string, m ast.MapNode, into reflect.Value) {
	allowed := keysOf(into.Type())
	pairs := l.pairs(key, m, func(name string) string {
		if !slices.Contains(allowed, name) {
			return "is not a key of " + cmp.Or(key, l.kind) + suggest(name, allowed) + "; supported: " + words(allowed)
		}
		return ""
	})
	for _, kv := range pairs {
		at := kv.key.GetToken().Position
		path := strings.TrimPrefix(key+"."+kv.name, ".")
		l.file.positions[path] = position{line: at.Line, col: at.Column}
		f, v := field(into, kv.name)
		l.set(path, kv, f, v)
	}
}

// set reads the value of a key into its field.
func (l *loader) set(path string, kv pair, f reflect.StructField, v reflect.Value) {
	of := checkOf(f)
	switch into := v.Addr().Interface().(type) {
	case *int:
		if path == "version" {
			l.version(kv.value)
			break
		}
		*into = l.number(path, kv.value, f)
	case *[]string:
		if items := l.list(path, kv.value, f, of); len(items) > 0 {
			*into = items
		}
	case **[]string:
		if items := l.list(path, kv.value, f, of); items != nil {
			*into = &items
		}
	case *bool:
		if b := l.boolean(path, kv.value); b != nil {
			*into = *b
		}
	case **bool:
		*into = l.boolean(path, kv.value)
	case *Policy:
		*into = l.policy(path, kv.value, of)
	case *Zones:
		*into = l.zones(path, kv.value)
	case *map[string]string:
		*into = l.tags(kv.key.GetToken(), kv.value, f.Tag.Get("example"))
	default:
		if m, ok := kv.value.(ast.MapNode); ok && path == "vpc" {
			l.newVPC(m)
		} else if v.Kind() == reflect.String {
			v.SetString(l.scalar(path, kv.value, of))
		} else if m, ok := l.mapping(path, kv.value, cmp.Or(f.Tag.Get("example"), "{"+keysOf(v.Type())[0]+": …}")); ok && !l.rejectEmpty(path, m) {
			l.decode(path, m, v)
		}
	}
}

// mapping returns a node as a mapping, and reports any other node.
func (l *loader) mapping(path string, n ast.Node, example string) (ast.MapNode, bool) {
	m, ok := n.(ast.MapNode)
	switch {
	case ok:
	case n.Type() == ast.NullType:
		l.fail(n.GetToken(), path, "", "has no value; write a mapping such as "+example+", or remove the key")
	case l.plain(path, n):
		l.fail(n.GetToken(), path, scalarText(n), "must be a mapping such as "+example)
	}
	return m, ok
}

// version reads the version, which is the only number.
func (l *loader) version(value ast.Node) {
	n, ok := value.(*ast.IntegerNode)
	if !ok {
		if l.plain("version", value) {
			problem := "is not a version; write version: 1, without quotes"
			if value.Type() == ast.NullType {
				problem = "has no value; write version: 1"
			}
			l.fail(value.GetToken(), "version", scalarText(value), problem)
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

// number reads a number between the limits of its field. It returns 0 if the number was rejected.
func (l *loader) number(path string, n ast.Node, f reflect.StructField) int {
	at := n.GetToken()
	problem := fmt.Sprintf("must be a number from %s to %s, without quotes", f.Tag.Get("least"), f.Tag.Get("most"))
	if _, ok := n.(*ast.IntegerNode); !ok {
		if l.plain(path, n) {
			if n.Type() == ast.NullType {
				problem = "has no value; write a number, or remove the key"
			}
			l.fail(at, path, scalarText(n), problem)
		}
		return 0
	}
	l.file.positions[path] = position{at.Position.Line, at.Position.Column, at.Value}
	least, most := limitsOf(f)
	v, err := strconv.Atoi(at.Value)
	if err != nil || v < least || v > most {
		l.fail(at, path, at.Value, problem)
		return 0
	}
	return v
}

// scalar reads and checks a text. It returns the empty string if the text was rejected.
func (l *loader) scalar(path string, n ast.Node, of check) string {
	at := n.GetToken()
	s := at.Value
	if _, number := n.(*ast.IntegerNode); number && of.number {
		l.file.positions[path] = position{at.Position.Line, at.Position.Column, s}
	} else if text, ok := l.value(path, n); ok {
		s = text
	} else {
		return ""
	}
	if problem := of.problem(s); problem != "" {
		l.refuse(path, n, s, problem)
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
func (l *loader) value(path string, n ast.Node) (string, bool) {
	at := n.GetToken()
	switch v := n.(type) {
	case *ast.StringNode:
		if at.Type == token.StringType && numberShape().MatchString(v.Value) {
			// The parser reads 089 as text, other parsers read it as a number.
			l.fail(at, path, v.Value, fmt.Sprintf("is a number in some YAML readers; put it in quotes: %s", quote(v.Value)))
			return "", false
		}
		l.file.positions[path] = position{at.Position.Line, at.Position.Column, v.Value}
		return v.Value, true
	case *ast.LiteralNode:
		l.fail(v.GetToken(), path, "", "is a text block; write it on one line")
	case *ast.NullNode:
		l.fail(at, path, "", "has no value; write a value, or remove the key")
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

var numberShape = pattern.New(`^[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)

// list reads a list of texts. It returns nil if the list was rejected. A pointer to a list
// distinguishes an empty list from a missing key.
func (l *loader) list(key string, n ast.Node, f reflect.StructField, of check) []string {
	none := f.Type.Kind() == reflect.Pointer
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		switch {
		case n.Type() == ast.NullType && none:
			l.fail(n.GetToken(), key, "", "has no value; write [] for none, or remove the key to detect them in the account")
		case n.Type() == ast.NullType:
			l.fail(n.GetToken(), key, "", "has no value; write a value, or remove the key")
		case l.plain(key, n):
			t := textOf(n.GetToken())
			if _, isMap := n.(ast.MapNode); isMap {
				l.fail(n.GetToken(), key, "", "must be a list, not a mapping; for example ["+f.Tag.Get("example")+"]")
				break
			}
			item := flow(t)
			if none && t == "none" {
				item = ""
			}
			l.fail(n.GetToken(), key, t, fmt.Sprintf("must be a list; write [%s]", item))
		}
		return nil
	}
	if len(seq.Values) == 0 && !none && f.Tag.Get("empty") == "" {
		l.fail(seq.GetToken(), key, "", "must not be empty; remove the key to "+cmp.Or(f.Tag.Get("omitted"), "use the plan's default"))
		return nil
	}
	out := []string{}
	for i, item := range seq.Values {
		path := fmt.Sprintf("%s[%d]", key, i)
		s, ok := l.value(path, item)
		if !ok {
			continue
		}
		if problem := of.problem(s); problem != "" {
			l.refuse(path, item, s, problem)
			continue
		}
		if first := slices.Index(out, s); first >= 0 && f.Tag.Get("repeats") == "" {
			l.fail(item.GetToken(), path, s, "is in the list twice")
			continue
		}
		out = append(out, s)
	}
	return out
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
func (l *loader) policy(key string, n ast.Node, of check) Policy {
	m, ok := n.(ast.MapNode)
	if !ok {
		if _, isList := n.(*ast.SequenceNode); isList {
			l.fail(n.GetToken(), key, "", "must not be a list; write one policy, or a mapping such as {s3: least-privilege}")
			return Policy{}
		}
		return Policy{Default: l.scalar(key, n, of)}
	}
	p := Policy{ByService: map[string]string{}}
	if l.rejectEmpty(key, m) {
		return Policy{}
	}
	pairs := l.pairs(key, m, func(name string) string {
		if name == defaultPolicy {
			return ""
		}
		return checks["code"].problem(name)
	})
	for _, kv := range pairs {
		path := key + "." + kv.name
		v, ok := l.value(path, kv.value)
		if !ok {
			continue
		}
		if problem := of.problem(v); problem != "" {
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
		if parent != "" { // a key of the program itself is not reported as wrong
			l.file.names[parent+"."+name] = position{at.Position.Line, at.Position.Column, name}
		}
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

// tags reads tags. The token is that of the key.
func (l *loader) tags(tok *token.Token, n ast.Node, example string) map[string]string {
	if n.Type() == ast.NullType {
		l.fail(n.GetToken(), "tags", "", "has no value; write key: value, or remove the key")
		return nil
	}
	m, ok := l.mapping("tags", n, example)
	if !ok {
		return nil
	}
	out := map[string]string{}
	pairs := l.pairs("tags", m, func(string) string { return "" })
	for _, kv := range pairs {
		v, ok := l.value("tags."+kv.name, kv.value)
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
