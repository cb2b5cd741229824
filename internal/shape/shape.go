// Package shape converts between the AWS SDK's request and answer types and plain data:
// map[string]any, []any, string, float64 and bool, with the field names of the AWS CLI. It
// contains no code for single services, so that one converter serves all of them.
package shape

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Names is the spelling of a service's field names.
type Names int

const (
	// Pascal names begin with a capital letter, as in the SDK's types.
	Pascal Names = iota
	// Camel names begin with a small letter, as in Amazon ECS and AWS Batch.
	Camel
	// Mixed names begin with a capital letter, except in some structures of requests, as in AWS
	// Certificate Manager.
	Mixed
)

// Name returns the spelling of a field of the SDK's types in most structures.
func (n Names) Name(field string) string {
	if n == Camel {
		return lower(field)
	}
	return field
}

func (n Names) is(field, name string) bool {
	return n.Name(field) == name || n == Mixed && lower(field) == name
}

func lower(field string) string {
	r, size := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(r)) + field[size:]
}

// Fill copies the data of a request to in, a pointer to one of the SDK's request types. It
// returns an error for a field name that the type does not have, as the AWS CLI does, and for a
// value of another type. members are pointers to the union members that a request may contain,
// because Go's reflection cannot find them by the union's interface.
func (n Names) Fill(in any, data map[string]any, members ...any) error {
	raw, err := json.Marshal(data) // the data may contain other Go types
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	return filler{n, members}.fill(reflect.ValueOf(in).Elem(), plain, "")
}

type filler struct {
	names   Names
	members []any
}

func (f filler) fill(v reflect.Value, data any, path string) error {
	if data == nil {
		return nil
	}
	wrong := func(want string) error { return fmt.Errorf("field %q must be %s", path, want) }
	switch t := v.Type(); v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return f.fill(v.Elem(), data, path)
	case reflect.Interface:
		return f.union(v, data, path)
	case reflect.Struct:
		fields, ok := data.(map[string]any)
		if !ok {
			return wrong("a structure")
		}
		return f.structure(v, fields, path)
	case reflect.Map:
		items, ok := data.(map[string]any)
		if !ok {
			return wrong("a map")
		}
		v.Set(reflect.MakeMapWithSize(t, len(items)))
		for _, key := range slices.Sorted(maps.Keys(items)) {
			item := reflect.New(t.Elem()).Elem()
			if err := f.fill(item, items[key], path+"."+key); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), item)
		}
	case reflect.Slice:
		if text, ok := data.(string); ok && t.Elem().Kind() == reflect.Uint8 {
			bytes, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return wrong("base64") // the text may be secret, so the error omits it
			}
			v.SetBytes(bytes)
			return nil
		}
		items, ok := data.([]any)
		if !ok {
			return wrong("a list")
		}
		v.Set(reflect.MakeSlice(t, len(items), len(items)))
		for i, item := range items {
			if err := f.fill(v.Index(i), item, path); err != nil {
				return err
			}
		}
	case reflect.String:
		text, ok := data.(string)
		if !ok {
			return wrong("text")
		}
		v.SetString(text)
	case reflect.Bool:
		yes, ok := data.(bool)
		if !ok {
			return wrong("true or false")
		}
		v.SetBool(yes)
	case reflect.Int32, reflect.Int64:
		number, ok := data.(float64)
		if !ok || number != math.Trunc(number) || v.OverflowInt(int64(number)) {
			return wrong("a whole number")
		}
		v.SetInt(int64(number))
	case reflect.Float32, reflect.Float64:
		number, ok := data.(float64)
		if !ok {
			return wrong("a number")
		}
		v.SetFloat(number)
	default:
		return fmt.Errorf("field %q has type %v, which is not supported", path, t)
	}
	return nil
}

func (f filler) structure(v reflect.Value, data map[string]any, path string) error {
	for _, key := range slices.Sorted(maps.Keys(data)) {
		at := strings.TrimPrefix(path+"."+key, ".")
		field, ok := v.Type().FieldByNameFunc(func(name string) bool { return f.names.is(name, key) })
		if !ok || !field.IsExported() || field.Name == metadata {
			return fmt.Errorf("the request has no field %q", at)
		}
		if err := f.fill(v.FieldByIndex(field.Index), data[key], at); err != nil {
			return err
		}
	}
	return nil
}

// union fills one of the given members. Its type name consists of the union's name, Member and
// the name of the field.
func (f filler) union(v reflect.Value, data any, path string) error {
	fields, _ := data.(map[string]any)
	if len(fields) != 1 {
		return fmt.Errorf("field %q must be a structure with one field", path)
	}
	for key, value := range fields {
		at := path + "." + key
		for _, m := range f.members {
			t := reflect.TypeOf(m)
			if t.Implements(v.Type()) && f.names.is(strings.TrimPrefix(t.Elem().Name(), v.Type().Name()+member), key) {
				filled := reflect.New(t.Elem())
				v.Set(filled)
				return f.fill(filled.Elem().FieldByName("Value"), value, at)
			}
		}
		return fmt.Errorf("the request has no field %q", at)
	}
	return nil
}

// member is part of the type names of union members.
const member = "Member"

// metadata is the field of each answer type that AWS does not send.
const metadata = "ResultMetadata"

// Plain returns the data of an answer, a pointer to one of the SDK's answer types. Top-level
// lists are present even if they are empty, as in the AWS CLI, so that an expression can rely on
// them. It omits page tokens.
func (n Names) Plain(out any) map[string]any {
	v := reflect.ValueOf(out).Elem()
	m, _ := n.plain(v).(map[string]any)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Type.Kind() == reflect.Slice && v.Field(i).IsNil() {
			m[n.Name(f.Name)] = []any{}
		}
	}
	for _, field := range []string{metadata, "NextToken", "NextMarker"} {
		delete(m, n.Name(field))
	}
	return m
}

// Of returns the data of any value of the SDK's types, or nil if AWS did not send it.
func (n Names) Of(v any) any { return n.plain(reflect.ValueOf(v)) }

func (n Names) plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if d, ok := v.Interface().(interface{ MarshalSmithyDocument() ([]byte, error) }); ok {
			var data any // any JSON type
			if raw, err := d.MarshalSmithyDocument(); err != nil || json.Unmarshal(raw, &data) != nil {
				return nil
			}
			return data
		}
		if v.Kind() == reflect.Interface {
			return n.member(v)
		}
		if v.Elem().Kind() == reflect.String {
			return v.Elem().String() // empty, but sent
		}
		return n.plain(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return timestamp(t)
		}
		m := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				if item := n.plain(v.Field(i)); item != nil {
					m[n.Name(f.Name)] = item
				}
			}
		}
		return m
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(v.Bytes())
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = n.item(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = n.item(it.Value())
		}
		return m
	case reflect.String:
		if v.String() == "" {
			return nil // an empty SDK enumeration means that it is absent
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return float64(v.Int())
	case reflect.Float32, reflect.Float64:
		return v.Float()
	}
	return nil
}

// member returns the data of a union: a structure with one field. An unknown member keeps its
// name, so that AWS rejects a request that repeats the answer instead of losing the field.
func (n Names) member(union reflect.Value) any {
	v := union.Elem().Elem()
	if tag := v.FieldByName("Tag"); tag.IsValid() && v.Type().Name() == "UnknownUnionMember" {
		return map[string]any{tag.String(): "unknown"}
	}
	return map[string]any{n.Name(strings.TrimPrefix(v.Type().Name(), union.Type().Name()+member)): n.plain(v.FieldByName("Value"))}
}

// item returns the data of an item of a list or map. Here an empty text was sent.
func (n Names) item(v reflect.Value) any {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return n.plain(v)
}

// timestamp formats a time as the AWS CLI does.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// Fields returns the names of the fields of v that AWS sent and that the request's type accepts,
// sorted. It omits empty texts, which AWS did not send, and empty lists of tags, which AWS
// rejects.
func (n Names) Fields(v, request any) []string {
	accepts, d := reflect.TypeOf(request), reflect.ValueOf(v)
	var out []string
	for i := range d.NumField() {
		f := d.Type().Field(i)
		if _, accepted := accepts.FieldByName(f.Name); accepted && f.IsExported() && sent(d.Field(i)) && (f.Name != "Tags" || d.Field(i).Len() > 0) {
			out = append(out, n.Name(f.Name))
		}
	}
	slices.Sort(out)
	return out
}

func sent(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.String {
		return !v.IsNil() && v.Elem().String() != ""
	}
	return !v.IsZero()
}
