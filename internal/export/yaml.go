package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// member is a key of an object with its value: a string, bool, int, short, json.Number, nil, []any or mapping.
type member struct {
	key     string
	value   any
	comment string // above the key
}

// mapping is an object with keys in an order.
type mapping []member

// short is a value with a short-form tag of CloudFormation, such as !Ref VpcId.
type short struct {
	tag   string
	value any
}

// yamlText writes values as YAML.
type yamlText struct{ strings.Builder }

func (y *yamlText) object(indent string, o mapping) {
	for _, m := range o {
		if m.comment != "" {
			y.WriteString(comment(indent+"# ", m.comment))
		}
		y.WriteString(indent + scalar(m.key) + ":")
		y.value(indent, m.value)
	}
}

// value writes what follows a colon.
func (y *yamlText) value(indent string, v any) {
	switch v := v.(type) {
	case mapping:
		if len(v) == 0 {
			y.WriteString(" {}\n")
			return
		}
		y.WriteString("\n")
		y.object(indent+"  ", v)
	case []any:
		if len(v) == 0 {
			y.WriteString(" []\n")
			return
		}
		y.WriteString("\n")
		y.list(indent+"  ", v)
	case short:
		y.WriteString(" " + v.tag)
		y.value(indent, v.value)
	case string:
		if folded := strings.Join(strings.Fields(v), " "); utf8.RuneCountInString(v) > width && folded == v && v == shown(v) {
			y.WriteString(" >-\n" + wrapped(indent+"  ", v))
			return
		}
		y.WriteString(" " + scalar(v) + "\n")
	case nil:
		y.WriteString(" null\n")
	default:
		fmt.Fprintf(y, " %v\n", v)
	}
}

func (y *yamlText) list(indent string, all []any) {
	for _, v := range all {
		o, ok := v.(mapping)
		if !ok || len(o) == 0 {
			y.WriteString(indent + "-")
			y.value(indent, v)
			continue
		}
		var one yamlText
		one.object(indent+"  ", o)
		y.WriteString(indent + "- " + strings.TrimPrefix(one.String(), indent+"  "))
	}
}

// wrapped writes a text with single spaces as lines.
func wrapped(indent, text string) string {
	var b strings.Builder
	line := indent
	for _, w := range strings.Split(text, " ") {
		if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += w
	}
	return b.String() + line + "\n"
}

// plain are the texts that need no quotes: they begin with a letter or a slash and contain nothing that YAML could read as a comment, a
// key or an end of a list.
var plain = pattern.New(`^[A-Za-z/]([A-Za-z0-9 ./_()+=@;-]|:+[A-Za-z0-9./_()+=@;-])*$`)

// words of YAML that are not texts, in lower case.
var notText = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "null": true, "y": true, "n": true}

// scalar returns a text as YAML reads it.
func scalar(s string) string {
	if plain().MatchString(s) && !notText[strings.ToLower(s)] && strings.TrimSpace(s) == s && !strings.HasSuffix(s, ":") {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(strings.ToValidUTF8(s, "\uFFFD")); err != nil {
		panic(err) // a string can always be encoded
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r >= 0x7f && r <= 0x9f || r == '\ufeff' || r >= 0xfffe { // YAML reads these only escaped
			fmt.Fprintf(&out, `\U%08x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// ordered reads JSON and keeps the order of its keys. Each text passes through a function.
func ordered(text string, leaf func(string) any) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	out, err := orderedValue(d, leaf)
	if err == nil && d.More() {
		err = fmt.Errorf("the document is followed by something else")
	}
	return out, err
}

func orderedValue(d *json.Decoder, leaf func(string) any) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case string:
		return leaf(t), nil
	case json.Delim:
		var o mapping
		list := []any{}
		for d.More() {
			key := json.Token("")
			if t == '{' {
				if key, err = d.Token(); err != nil {
					return nil, err
				}
			}
			v, err := orderedValue(d, leaf)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			o, list = append(o, member{key: name, value: v}), append(list, v)
		}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
		if t == '{' {
			return o, nil
		}
		return list, nil
	}
	return t, nil
}
