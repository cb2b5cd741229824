package answers

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// YAML returns the answers as a file that Load reads back unchanged. It returns an error if Load
// would reject them. Keys have the documented order.
func (a Answers) YAML() ([]byte, error) {
	if !a.Registry.On() {
		a.Registry = Registry{}
	}
	a.Version = Version
	var b strings.Builder
	write(&b, "", reflect.ValueOf(a))
	out := []byte(b.String())
	if _, _, err := Load("answers", out); err != nil {
		return nil, fmt.Errorf("cannot save these answers: %w", err)
	}
	return out, nil
}

// write writes the keys of a struct that have a value.
func write(b *strings.Builder, indent string, of reflect.Value) {
	for i, key := range keysOf(of.Type()) {
		v := of.Field(i)
		if a, ok := of.Interface().(Answers); ok && key == "vpc" && a.Creates() {
			v = reflect.ValueOf(network{*a.NewVPC})
		}
		if key = indent + key; !isSet(v) {
			continue
		}
		if p, ok := v.Interface().(Policy); ok && len(p.ByService) == 0 {
			v = reflect.ValueOf(p.Default)
		} else if ok {
			values := maps.Clone(p.ByService)
			if p.Default != "" {
				values[defaultPolicy] = p.Default
			}
			v = reflect.ValueOf(values)
		}
		v = reflect.Indirect(v)
		switch value := v.Interface().(type) {
		case []string:
			b.WriteString(key + ":" + strings.ReplaceAll(flowList(key, value), "\n", "\n"+indent) + "\n")
		case Zones:
			if len(value.Names) > 0 {
				b.WriteString(key + ":" + strings.ReplaceAll(flowList(key, value.Names), "\n", "\n"+indent) + "\n")
			} else {
				fmt.Fprintf(b, "%s: %d\n", key, value.Count)
			}
		case map[string]string:
			b.WriteString(key + ":\n")
			for _, k := range slices.Sorted(maps.Keys(value)) {
				fmt.Fprintf(b, "  %s: %s\n", flow(k), flow(value[k]))
			}
		default:
			switch v.Kind() {
			case reflect.Struct:
				b.WriteString(key + ":\n")
				write(b, indent+"  ", v)
			case reflect.String:
				fmt.Fprintf(b, "%s: %s\n", key, flow(v.String()))
			default:
				fmt.Fprintf(b, "%s: %v\n", key, value)
			}
		}
	}
}

// isSet reports whether a value is in the file: a text that is not empty, true, or a list or
// mapping with items. A pointer is set if it is not nil.
func isSet(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() > 0
	case reflect.Struct:
		for i := range v.NumField() {
			if isSet(v.Field(i)) {
				return true
			}
		}
		return false
	}
	return v.IsValid() && !v.IsZero()
}

// flowList writes a list after its key: on the same line, or one item per line if the line would be
// too long.
func flowList(key string, values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = flow(v)
	}
	if one := "[" + strings.Join(out, ", ") + "]"; len(key)+2+len(one) <= 100 {
		return " " + one
	}
	return "\n  - " + strings.Join(out, "\n  - ")
}

// plainText matches text that every YAML reader reads as the same text.
var plainText = pattern.New(`^[A-Za-z][A-Za-z0-9]*([._/-][A-Za-z0-9]+)*$`)

// notText are texts that some version of YAML does not read as text.
var notText = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}

// flow writes a text without quotes where that is safe, else with quotes.
func flow(s string) string {
	if plainText().MatchString(s) && !slices.Contains(notText, strings.ToLower(s)) {
		return s
	}
	return quote(s)
}

// quote writes a text in double quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]:
			b.WriteByte(s[i]) // not UTF-8: kept so that Load rejects it
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' && r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
