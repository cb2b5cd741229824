package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// printer converts calls to commands.
type printer struct {
	variable func(resource.ID) string
	known    func(resource.ID) string // the id of what exists already, if it is written in place of its variable; nil for none
	drafted  string                   // the file with the first part of a request, as a quoted word; empty: that of the script
	token    word
	texts    map[string]string // variables of long values, by value
	params   []param
}

// words returns the service, the operation and the options. Each option and its value are one
// entry.
func (p printer) words(c resource.Call) ([]string, error) {
	out := []string{c.Service + " " + kebab(c.Op)}
	if c.Base != nil {
		out = append(out, "--cli-input-json "+cmp.Or(p.drafted, `"file://$drafted"`))
	}
	for _, field := range slices.Sorted(maps.Keys(c.In)) {
		if field == "MinCount" || field == "MaxCount" { // the CLI has --count in their place, which is 1 unless it is given
			continue
		}
		if token, ok := c.In[field].(resource.Token); ok && token.Recent {
			continue
		}
		option, err := p.option(field, c.In[field])
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", c.Service, c.Op, err)
		}
		out = append(out, option)
	}
	return out, nil
}

// expression returns a JMESPath expression as one shell word.
func (p printer) expression(out []resource.Value) word {
	var w word
	for _, v := range out {
		w = append(w, p.value(v)...)
	}
	return w
}

func (p printer) value(v resource.Value) word {
	if v.From == "" {
		return lit(v.Lit)
	}
	if p.known != nil {
		if id := p.known(v.From); id != "" {
			return lit(id)
		}
	}
	return word{{variable: p.variable(v.From)}}
}

// external matches values that the CLI would read as the location of the value.
var external = pattern.New(`^(?i:fileb?|https?)://`)

// option returns a field of a request as an option of the CLI: lists of ids as several words,
// simple structures in the CLI's shorthand, everything else as JSON.
func (p printer) option(field string, v any) (string, error) {
	name := "--" + kebab(field)
	switch v := v.(type) {
	case bool:
		if v {
			return name, nil
		}
		return "--no-" + kebab(field), nil
	case int:
		return fmt.Sprintf("%s %d", name, v), nil
	case resource.Token:
		return name + " " + p.quote(p.token), nil
	case resource.Blob: // the CLI itself reads the file
		return name + ` "fileb://$` + noName().ReplaceAllString(v.Input, "_") + `_file"`, nil
	case resource.Value:
		if v.Input != "" { // read from what the script pipes in, never an argument
			return name + " file:///dev/stdin", nil
		}
		return name + " " + p.quote(p.value(v)), nil
	case resource.Pieces:
		if key, _, _, ok := p.long(v); ok && p.texts[key] != "" {
			return name + ` "$` + p.texts[key] + `"`, nil
		}
		return name + " " + p.quote(p.expression(v)), nil
	case string:
		if strings.Contains(v, "\x00") {
			return "", fmt.Errorf("%s holds a NUL character", field)
		}
		if external().MatchString(v) {
			return "", fmt.Errorf("%s: the AWS CLI would read %q from there", field, v)
		}
		if key, _, _, ok := p.long(v); ok && p.texts[key] != "" {
			return name + ` "$` + p.texts[key] + `"`, nil
		}
		if strings.HasPrefix(v, "-") {
			return name + "=" + quote(v), nil
		}
		return name + " " + p.quote(lit(v)), nil
	case []any:
		if len(v) == 0 {
			return "", fmt.Errorf("%s is empty", field)
		}
		if word, ok := p.whole(v); ok {
			return name + " " + word, nil
		}
		var words []string
		for _, item := range v {
			w, ok := p.shorthand(item, false)
			if !ok {
				return p.asJSON(name, v)
			}
			words = append(words, p.quote(w))
		}
		return name + " " + strings.Join(words, " "), nil
	case map[string]any:
		if w, ok := p.shorthand(v, false); ok {
			return name + " " + p.quote(w), nil
		}
		if key, _, _, ok := p.long(v); ok && p.texts[key] != "" {
			return name + ` "$` + p.texts[key] + `"`, nil
		}
		return p.asJSON(name, v)
	}
	return "", fmt.Errorf("%s is a %T", field, v)
}

// long returns a long value of a request as the text of a here-document, with its delimiter and a key that identifies it: a
// policy, indented, or a structure with a text of many lines. It returns false for other values.
func (p printer) long(v any) (key, text, delimiter string, ok bool) {
	switch v := v.(type) {
	case map[string]any:
		text, ok = longText(v)
		return text, text, "'TEXT'", ok
	case string:
		text, ok = document(v)
		return text, text, "'JSON'", ok
	case resource.Pieces:
		// Ids take the place of names that no document contains.
		var joined strings.Builder
		for i, piece := range v {
			if piece.From != "" {
				fmt.Fprintf(&joined, "\u00a7%d\u00a7", i)
			} else {
				joined.WriteString(piece.Lit)
			}
		}
		if text, ok = document(joined.String()); !ok {
			return "", "", "", false
		}
		text = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`").Replace(text)
		for i, piece := range v {
			if piece.From != "" {
				text = strings.ReplaceAll(text, fmt.Sprintf("\u00a7%d\u00a7", i), "${"+p.variable(piece.From)+"}")
			}
		}
		return text, text, "JSON", true
	}
	return "", "", "", false
}

// document returns a JSON object as an indented text. It returns false for other and for short texts.
func document(s string) (string, bool) {
	const short = 60
	var b bytes.Buffer
	if len(s) < short || !strings.HasPrefix(strings.TrimSpace(s), "{") || json.Indent(&b, []byte(s), "", "  ") != nil || !words.Showable(strings.ReplaceAll(b.String(), "\n", "")) {
		return "", false
	}
	return b.String() + "\n", true
}

// longText returns a structure with a text of many lines, such as a script, as JSON with one text
// line per line. It returns false for other structures. Nothing in it is escaped for a shell.
func longText(v map[string]any) (string, bool) {
	const many = 10
	long := false
	var fields []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		list, ok := v[k].([]any)
		if !ok {
			return "", false
		}
		var lines []string
		for _, item := range list {
			s, ok := item.(string)
			if !ok {
				return "", false
			}
			lines = append(lines, encoded(s, ""))
		}
		field := encoded(k, "") + ": [" + strings.Join(lines, ", ") + "]"
		if len(lines) > many {
			long = true
			field = encoded(k, "") + ": [\n  " + strings.Join(lines, ",\n  ") + "\n]"
		}
		fields = append(fields, field)
	}
	return "{\n" + strings.Join(fields, ",\n") + "\n}\n", long
}

// simple matches text that needs no quotes in the CLI's shorthand.
var simple = pattern.New(`^[\pL\pN][\pL\pN._/-]*$`)

// shorthand returns a value as in Name=vpc-id,Values=vpc-1. It returns false if the value is not
// simple enough.
func (p printer) shorthand(v any, nested bool) (word, bool) {
	switch v := v.(type) {
	case string:
		return lit(v), simple().MatchString(v)
	case int, bool:
		return lit(fmt.Sprint(v)), true
	case resource.Value:
		return p.value(v), v.From != "" || v.Input == "" && simple().MatchString(v.Lit)
	case []any:
		if !nested || len(v) == 0 {
			return nil, false
		}
		var w word
		for i, item := range v {
			if i > 0 {
				w = append(w, lit(",")...)
			}
			one, ok := p.shorthand(item, true)
			if !ok {
				return nil, false
			}
			w = append(w, one...)
		}
		if _, structure := v[0].(map[string]any); len(v) == 1 && !structure {
			return w, true
		}
		return append(append(lit("["), w...), lit("]")...), true
	case map[string]any:
		var w word
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				w = append(w, lit(",")...)
			}
			one, ok := p.shorthand(v[k], true)
			if !ok {
				return nil, false
			}
			w = append(append(w, lit(k+"=")...), one...)
		}
		if nested {
			w = append(append(lit("{"), w...), lit("}")...)
		}
		return w, len(v) > 0
	}
	return nil, false
}

// asJSON returns a value as JSON in ASCII.
func (p printer) asJSON(name string, v any) (string, error) {
	w, err := p.json(v)
	if err != nil {
		return "", err
	}
	return name + " " + p.quote(w), nil
}

func (p printer) json(v any) (word, error) {
	switch v := v.(type) {
	case resource.Value:
		if v.Input != "" {
			return nil, fmt.Errorf("a secret does not belong in a script")
		}
		if v.From != "" {
			// Ids are validated on input: letters, digits and dashes only.
			return append(append(lit(`"`), p.value(v)...), lit(`"`)...), nil
		}
		return p.json(v.Lit)
	case resource.Pieces:
		w := lit(`"`)
		for _, piece := range v {
			if piece.From != "" {
				w = append(w, p.value(piece)...)
				continue
			}
			text := ascii(piece.Lit)
			w = append(w, lit(text[1:len(text)-1])...)
		}
		return append(w, lit(`"`)...), nil
	case []any:
		w := lit("[")
		for i, item := range v {
			if i > 0 {
				w = append(w, lit(",")...)
			}
			one, err := p.json(item)
			if err != nil {
				return nil, err
			}
			w = append(w, one...)
		}
		return append(w, lit("]")...), nil
	case map[string]any:
		w := lit("{")
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				w = append(w, lit(",")...)
			}
			one, err := p.json(v[k])
			if err != nil {
				return nil, err
			}
			w = append(append(w, lit(ascii(k)+":")...), one...)
		}
		return append(w, lit("}")...), nil
	case string:
		return lit(ascii(v)), nil
	case int, bool:
		return lit(fmt.Sprint(v)), nil
	}
	return nil, fmt.Errorf("a %T cannot be written", v)
}

// ascii returns a text as JSON. It escapes characters that are not printable or special in a
// shell, so that the result is the same in single quotes.
func ascii(s string) string { return encoded(s, "'$`") }

// encoded returns a text as JSON. It escapes the given characters and those that
// are not printable.
func encoded(s, escaped string) string {
	var e strings.Builder
	enc := json.NewEncoder(&e)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // text can always be encoded
	var b strings.Builder
	for _, r := range strings.TrimSuffix(e.String(), "\n") {
		switch {
		case strings.ContainsRune(escaped, r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case words.Showable(string(r)):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// kebab turns CreateVpcEndpoint into create-vpc-endpoint.
func kebab(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// layout returns a command on one line if it is short enough, otherwise one option per line.
func layout(indent, command string, words []string) string {
	if one := indent + command + " " + strings.Join(words, " "); len(one) <= width {
		return one
	}
	return indent + command + " " + strings.Join(words, " \\\n"+indent+"  ")
}
