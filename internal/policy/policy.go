// Package policy handles policy documents. It reads, checks, composes and compares policies of VPC
// endpoints, and reads the statements about endpoints in policies of roles. It is pure: text in,
// text and findings out.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLength is the maximum number of characters in an endpoint policy, white space included (AWS
// PrivateLink guide, Control access to VPC endpoints).
const MaxLength = 20480

// Default is the policy that AWS attaches if none is given: full access.
const Default = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`

// Document is a parsed policy, of an endpoint or of a role.
type Document struct {
	raw        string
	root       *node
	statements []statement
}

// statement is one statement with its elements; a missing element is nil.
type statement struct {
	*node
	sid, effect                                                                  string
	principal, notPrincipal, action, notAction, resource, notResource, condition *node
}

// Parse reads a policy document. The error reports the problem and its position. Parse accepts any
// JSON text; Problems checks whether it has the structure of a policy.
func Parse(raw string) (*Document, error) {
	if strings.TrimSpace(raw) == "" {
		return nil, errors.New("the policy is empty; without a policy AWS gives full access")
	}
	if strings.HasPrefix(raw, "\ufeff") {
		return nil, errors.New("1:1: the policy starts with a byte order mark; save it without a byte order mark")
	}
	if err := json.Unmarshal([]byte(raw), new(any)); err != nil {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) {
			return nil, fmt.Errorf("not valid JSON: %w", err)
		}
		at := int(syntax.Offset)
		if !strings.HasPrefix(err.Error(), "unexpected end") {
			at-- // the offset includes the wrong character
		}
		return nil, fmt.Errorf("%s: not valid JSON: %w", place(raw, at), err)
	}
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	root, err := read(dec, raw)
	if err != nil {
		return nil, err
	}
	d := &Document{raw: raw, root: root}
	for _, n := range root.get("Statement").elements() {
		d.statements = append(d.statements, newStatement(n))
	}
	return d, nil
}

func newStatement(n *node) statement {
	return statement{node: n, sid: n.get("Sid").text(), effect: n.get("Effect").text(),
		principal: n.get("Principal"), notPrincipal: n.get("NotPrincipal"), action: n.get("Action"), notAction: n.get("NotAction"),
		resource: n.get("Resource"), notResource: n.get("NotResource"), condition: n.get("Condition")}
}

// place returns the position of a byte in a text as line:column, in characters.
func place(text string, at int) string {
	before := text[:min(max(at, 0), len(text))]
	line := strings.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("%d:%d", strings.Count(before, "\n")+1, utf8.RuneCountInString(before[line:])+1)
}

// Full reports whether a policy restricts nothing: an empty one, or one that allows everything to
// everybody and denies nothing.
func Full(raw string) bool {
	if strings.TrimSpace(raw) == "" {
		return true
	}
	d, err := Parse(raw)
	if err != nil {
		return false
	}
	all := false
	for _, s := range d.statements {
		if s.effect != "Allow" {
			return false
		}
		all = all || s.condition == nil && s.principal.anybody() &&
			slices.Contains(s.action.strings(), "*") && slices.Contains(s.resource.strings(), "*")
	}
	return all
}

// node is a JSON value that keeps the order of its keys, so that an addition to a document leaves
// the rest unchanged.
type node struct {
	kind  byte     // '{', '[', '"', or 0 for numbers, booleans and null
	keys  []string // of an object, in its order
	items []*node  // members of an object or a list
	value string   // of a string, or the text of a number, boolean or null
}

func str(s string) *node { return &node{kind: '"', value: s} }

// list returns a list of strings, or a single string, as policies usually write one item.
func list(values []string) *node {
	if len(values) == 1 {
		return str(values[0])
	}
	n := &node{kind: '['}
	for _, v := range values {
		n.items = append(n.items, str(v))
	}
	return n
}

// object returns an object with these keys and values, in this order.
func object(pairs ...any) *node {
	n := &node{kind: '{'}
	for i := 0; i < len(pairs); i += 2 {
		n.keys, n.items = append(n.keys, pairs[i].(string)), append(n.items, pairs[i+1].(*node))
	}
	return n
}

// read reads the next value. It rejects duplicate keys, as IAM does, because it cannot know which of
// the two counts (IAM user guide, policy grammar).
func read(dec *json.Decoder, raw string) (*node, error) {
	t, err := dec.Token()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: not valid JSON: %w", place(raw, int(dec.InputOffset())), err)
	}
	switch v := t.(type) {
	case json.Delim:
		n := &node{kind: byte(v)}
		for dec.More() {
			if v == '{' {
				k, err := dec.Token()
				if err != nil {
					return nil, err
				}
				key := k.(string)
				if slices.Contains(n.keys, key) {
					start := strings.LastIndexByte(raw[:max(int(dec.InputOffset())-1, 0)], '"')
					return nil, fmt.Errorf("%s: duplicate key %q in one object", place(raw, start), key)
				}
				n.keys = append(n.keys, key)
			}
			item, err := read(dec, raw)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		_, err := dec.Token() // the closing delimiter
		return n, err
	case string:
		return str(v), nil
	case json.Number:
		return &node{value: v.String()}, nil
	case bool:
		return &node{value: fmt.Sprint(v)}, nil
	}
	return &node{value: "null"}, nil
}

// get returns a member of an object; nil if it does not exist.
func (n *node) get(key string) *node {
	if n == nil || n.kind != '{' {
		return nil
	}
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.items[i]
	}
	return nil
}

// elements returns the items of a list, or the value itself: a policy may write a single item
// without brackets.
func (n *node) elements() []*node {
	switch {
	case n == nil:
		return nil
	case n.kind == '[':
		return n.items
	}
	return []*node{n}
}

func (n *node) text() string {
	if n == nil || n.kind != '"' {
		return ""
	}
	return n.value
}

// strings returns the scalars of a list, or the single scalar.
func (n *node) strings() []string {
	var out []string
	for _, e := range n.elements() {
		if e.kind == '"' || e.kind == 0 {
			out = append(out, e.value)
		}
	}
	return out
}

// onlyStrings reports whether it is a string or a list of strings, with at least one item.
func (n *node) onlyStrings() bool {
	es := n.elements()
	return len(es) > 0 && !slices.ContainsFunc(es, func(e *node) bool { return e.kind != '"' })
}

// anybody reports whether a Principal is "*" or {"AWS": "*"}.
func (n *node) anybody() bool {
	if n == nil {
		return false
	}
	if n.kind == '{' {
		return slices.Contains(n.get("AWS").strings(), "*")
	}
	return n.kind == '"' && n.value == "*"
}

// order is the usual order of a policy's elements; other elements follow by name.
var order = []string{"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// sorted returns the value with its keys in the usual order.
func (n *node) sorted() *node {
	out := &node{kind: n.kind, value: n.value}
	at := make([]int, len(n.items))
	for i := range at {
		at[i] = i
	}
	if n.kind == '{' {
		rank := func(key string) int {
			if i := slices.Index(order, key); i >= 0 {
				return i
			}
			return len(order)
		}
		slices.SortFunc(at, func(a, b int) int {
			if r := rank(n.keys[a]) - rank(n.keys[b]); r != 0 {
				return r
			}
			return strings.Compare(n.keys[a], n.keys[b])
		})
	}
	for _, i := range at {
		if n.kind == '{' {
			out.keys = append(out.keys, n.keys[i])
		}
		out.items = append(out.items, n.items[i].sorted())
	}
	return out
}

// print writes the value as JSON, compact or indented by two spaces.
func (n *node) print(compact bool) string {
	var b strings.Builder
	n.write(&b, "\n", compact)
	return b.String()
}

// fitted returns the indented value, or the compact form if the indented form exceeds the limit of
// an endpoint policy.
func (n *node) fitted() string {
	if out := n.print(false); utf8.RuneCountInString(out) <= MaxLength {
		return out
	}
	return n.print(true)
}

func (n *node) write(b *strings.Builder, line string, compact bool) {
	switch n.kind {
	case '"':
		b.WriteString(quote(n.value))
	case '{', '[':
		b.WriteByte(n.kind)
		inner := line + "  "
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if !compact {
				b.WriteString(inner)
			}
			if n.kind == '{' {
				b.WriteString(quote(n.keys[i]))
				b.WriteByte(':')
				if !compact {
					b.WriteByte(' ')
				}
			}
			item.write(b, inner, compact)
		}
		if len(n.items) > 0 && !compact {
			b.WriteString(line)
		}
		b.WriteByte(n.kind + 2) // '}' after '{', ']' after '['
	default:
		b.WriteString(n.value)
	}
}

// quote writes a string as JSON, with <, > and & as they are.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
