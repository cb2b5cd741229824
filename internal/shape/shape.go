// Package shape converts between the AWS SDK's request and answer types and plain
// data: map[string]any, []any, string, float64 and bool, under the field names that the
// AWS CLI prints. It knows no service, so that one converter serves all of them.
package shape

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Names says how a service spells the names of its fields.
type Names int

const (
	// Pascal names begin with a capital letter, as in the SDK's types.
	Pascal Names = iota
	// Camel names begin with a small letter, as in Amazon ECS and AWS Batch.
	Camel
	// Mixed names begin with a capital letter, but for those of some structures in
	// requests, as in AWS Certificate Manager.
	Mixed
)

func (n Names) name(field string) string {
	if n == Camel {
		return lower(field)
	}
	return field
}

func (n Names) is(field, name string) bool {
	return n.name(field) == name || n == Mixed && lower(field) == name
}

func lower(field string) string {
	r, size := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(r)) + field[size:]
}

// Fill puts the data of a request into in, a pointer to one of the SDK's request types.
// A field name that the type does not have is an error, as with the AWS CLI.
func (n Names) Fill(in any, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	if err := n.check(reflect.TypeOf(in), plain, ""); err != nil {
		return err
	}
	return json.Unmarshal(raw, in)
}

// check compares the field names of a request with a type. encoding/json would accept
// any letter case, and ignore names that it does not find.
func (n Names) check(t reflect.Type, v any, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil // the keys of a map are free; other types are refused by encoding/json
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			field, ok := t.FieldByNameFunc(func(name string) bool { return n.is(name, key) })
			if !ok || !field.IsExported() || field.Name == metadata {
				return fmt.Errorf("the request has no field %q", path+key)
			}
			if err := n.check(field.Type, v[key], path+key+"."); err != nil {
				return err
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for _, item := range v {
			if err := n.check(t.Elem(), item, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// metadata is the field of each answer type that AWS does not send.
const metadata = "ResultMetadata"

// Plain returns the data of an answer, a pointer to one of the SDK's answer types. Lists
// of the answer itself are present even if they are empty, as the AWS CLI prints them, so
// that an expression can rely on them. Tokens of further pages are left out.
func (n Names) Plain(out any) map[string]any {
	v := reflect.ValueOf(out).Elem()
	m, _ := n.plain(v).(map[string]any)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Type.Kind() == reflect.Slice && v.Field(i).IsNil() {
			m[n.name(f.Name)] = []any{}
		}
	}
	for _, field := range []string{metadata, "NextToken", "NextMarker"} {
		delete(m, n.name(field))
	}
	return m
}

// Of returns the data of any value of the SDK's types; nil if AWS did not send it.
func (n Names) Of(v any) any { return n.plain(reflect.ValueOf(v)) }

func (n Names) plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if d, ok := v.Interface().(interface{ MarshalSmithyDocument() ([]byte, error) }); ok {
			var data any // of any shape
			if raw, err := d.MarshalSmithyDocument(); err != nil || json.Unmarshal(raw, &data) != nil {
				return nil
			}
			return data
		}
		if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.String {
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
					m[n.name(f.Name)] = item
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
			return nil // the SDK's enumerations have no other way to be absent
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

// item is plain of an item of a list or map, where an empty text was sent.
func (n Names) item(v reflect.Value) any {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return n.plain(v)
}

// timestamp writes a time as the AWS CLI does.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// Fields returns the names of those fields of v that AWS sent and that a value of the
// request's type accepts, sorted. An empty text was not sent, and AWS refuses an empty
// list of tags.
func (n Names) Fields(v, request any) []string {
	accepts, d := reflect.TypeOf(request), reflect.ValueOf(v)
	var out []string
	for i := range d.NumField() {
		f := d.Type().Field(i)
		if _, accepted := accepts.FieldByName(f.Name); accepted && f.IsExported() && sent(d.Field(i)) && (f.Name != "Tags" || d.Field(i).Len() > 0) {
			out = append(out, n.name(f.Name))
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
